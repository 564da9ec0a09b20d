/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/arch/x86/x86_params.h"

#include <string.h>

#define MIB UINT64_C(0x100000)

/* The running kernel's own, or NULL: of 4096 bytes or not there. */
static const struct x86_boot_params *original(const struct machine *machine)
{
	return blob_at(machine->boot_params, 0, sizeof(struct x86_boot_params));
}

/*
 * Drivers of these names leave the framebuffer as the firmware set it up, so that one of the next kernel's can go on
 * with it. Others have programmed the hardware: what boot_params said at first is then the best guess.
 */
static uint8_t video_type(const struct request *request, const struct machine *machine)
{
	const struct machine_framebuffer *fb = &machine->framebuffer;
	const struct x86_boot_params *old = original(machine);

	if (!fb->present || fb->width > UINT16_MAX || fb->height > UINT16_MAX || fb->pitch > UINT16_MAX ||
	    fb->depth > UINT16_MAX)
		return 0;
	if (strcmp(fb->id, "VESA VGA") == 0)
		return SCREEN_VESA;
	if (strcmp(fb->id, "EFI VGA") == 0)
		return SCREEN_EFI;
	return request->reuse_video_type && old ? old->screen.is_vga : 0;
}

static void set_framebuffer(struct x86_screen_info *screen, const struct machine_framebuffer *fb, uint8_t type)
{
	uint64_t units = type == SCREEN_VESA ? (fb->size + 0xffff) >> 16 : fb->size;

	screen->is_vga = type;
	screen->lfb_width = le16_make((uint16_t)fb->width);
	screen->lfb_height = le16_make((uint16_t)fb->height);
	screen->lfb_depth = le16_make((uint16_t)fb->depth);
	screen->lfb_base = le32_make((uint32_t)fb->base);
	screen->lfb_size = le32_make(units > UINT32_MAX ? UINT32_MAX : (uint32_t)units);
	screen->lfb_linelength = le16_make((uint16_t)fb->pitch);
	screen->red_size = fb->red_size;
	screen->red_pos = fb->red_shift;
	screen->green_size = fb->green_size;
	screen->green_pos = fb->green_shift;
	screen->blue_size = fb->blue_size;
	screen->blue_pos = fb->blue_shift;
	screen->rest_size = fb->rest_size;
	screen->rest_pos = fb->rest_shift;
	if (fb->base > UINT32_MAX) {
		screen->capabilities = le32_make(SCREEN_64BIT_BASE);
		screen->ext_lfb_base = le32_make((uint32_t)(fb->base >> 32));
	}
}

static void set_screen(struct x86_screen_info *screen, const struct request *request, const struct machine *machine)
{
	const struct x86_boot_params *old = original(machine);
	uint8_t type = video_type(request, machine);

	*screen = (struct x86_screen_info){ .columns = 80, .lines = 25, .points = le16_make(16) };
	screen->is_vga = SCREEN_VGA_TEXT;
	if (type)
		set_framebuffer(screen, &machine->framebuffer, type);
	else if (old)
		*screen = old->screen;
	/* The running kernel's memory, set_memory() knows the new one's; and a command line for protocols before 2.02. */
	screen->ext_mem_k = screen->cl_magic = screen->cl_offset = le16_make(0);
}

static struct x86_e820_entry e820_entry(const struct x86_memory *memory)
{
	return (struct x86_e820_entry){
		.start = le64_make(memory->range.start),
		.size = le64_make(range_size(memory->range)),
		.type = le32_make(memory->type),
	};
}

static void set_memory(struct x86_boot_params *params, const struct x86_map *map)
{
	size_t count = map->count < E820_MOST ? map->count : E820_MOST;

	params->e820_entries = (uint8_t)count;
	for (size_t i = 0; i < count; i++)
		params->e820[i] = e820_entry(&map->v[i]);

	/* For kernels that ask no more than the BIOS of 1990 told. */
	for (size_t i = 0; i < map->count; i++) {
		struct range r = map->v[i].range;

		if (map->v[i].type != X86_RAM || r.start > MIB || r.end <= MIB)
			continue;

		uint64_t kib = (r.end - MIB) / 1024;

		params->screen.ext_mem_k = le16_make(kib > 0xfc00 ? 0xfc00 : (uint16_t)kib);
		params->alt_mem_k = le32_make(kib > UINT32_MAX ? UINT32_MAX : (uint32_t)kib);
	}
}

struct blob x86_params_more_memory(const struct x86_map *map, struct arena *arena)
{
	if (map->count <= E820_MOST)
		return (struct blob){ NULL, 0 };

	size_t count = map->count - E820_MOST;
	struct x86_e820_entry *entries = arena_array(arena, count, sizeof(*entries));

	for (size_t i = 0; i < count; i++)
		entries[i] = e820_entry(&map->v[E820_MOST + i]);
	return (struct blob){ (const uint8_t *)entries, count * sizeof(*entries) };
}

/* Numbers of another kernel's boot_params are bounded like those of a file. */
static void set_disks(struct x86_boot_params *params, const struct x86_boot_params *old)
{
	uint8_t disks = old->eddbuf_entries < EDD_MOST ? old->eddbuf_entries : EDD_MOST;
	uint8_t signatures = old->edd_mbr_sig_entries < EDD_SIGNATURES_MOST ? old->edd_mbr_sig_entries
									     : EDD_SIGNATURES_MOST;

	params->eddbuf_entries = disks;
	memcpy(params->eddbuf, old->eddbuf, (size_t)disks * EDD_SIZE);
	params->edd_mbr_sig_entries = signatures;
	memcpy(params->edd_mbr_sig, old->edd_mbr_sig, signatures * sizeof(old->edd_mbr_sig[0]));
}

void x86_params_of_machine(struct x86_boot_params *params, const struct request *request, const struct machine *machine,
			   const struct x86_map *map)
{
	const struct x86_boot_params *old = original(machine);

	set_screen(&params->screen, request, machine);
	set_memory(params, map);
	params->acpi_rsdp_addr = le64_make(x86_rsdp(machine));
	if (!old)
		return;
	set_disks(params, old);
	params->secure_boot = old->secure_boot;
	if (le16_get(params->hdr.version) >= 0x0207 && le16_get(old->hdr.version) >= 0x0207)
		params->hdr.hardware_subarch = old->hdr.hardware_subarch;
}

bool x86_params_have_efi(const struct request *request, const struct machine *machine, struct plan *plan)
{
	const struct machine_efi *efi = &machine->efi;
	const struct x86_boot_params *old = original(machine);

	if (request->no_efi || !efi->present)
		return false;
	if (!old || memcmp(old->efi.signature, "EL64", 4) != 0 || le32_get(old->efi.memdesc_version) != 1)
		plan_warn(plan,
			  "the new kernel will run without EFI: %s has no boot parameters (/sys/kernel/boot_params/data) of a "
			  "start by 64-bit EFI",
			  machine->origin);
	else if (!efi->has_systab && !(efi->fw_vendor && efi->config_table))
		plan_warn(plan, "the new kernel will run without EFI: %s has not all of systab, fw_vendor, runtime and "
			  "config_table in /sys/firmware/efi",
			  machine->origin);
	else if (efi->map_count == 0)
		plan_warn(plan, "the new kernel will run without EFI: %s has no /sys/firmware/efi/runtime-map",
			  machine->origin);
	else
		return true;
	return false;
}

struct blob x86_params_efi_setup(const struct machine *machine, struct arena *arena)
{
	const struct machine_efi *efi = &machine->efi;
	struct x86_setup_efi *setup = arena_alloc(arena, sizeof(*setup));

	setup->fw_vendor = le64_make(efi->fw_vendor);
	setup->runtime = le64_make(efi->runtime);
	setup->tables = le64_make(efi->config_table);
	setup->smbios = le64_make(efi->smbios);
	return (struct blob){ (const uint8_t *)setup, sizeof(*setup) };
}

struct blob x86_params_efi_map(const struct machine *machine, struct arena *arena)
{
	const struct machine_efi *efi = &machine->efi;
	struct x86_efi_range *ranges = arena_array(arena, efi->map_count, sizeof(*ranges));

	for (size_t i = 0; i < efi->map_count; i++) {
		ranges[i].type = le32_make(efi->map[i].type);
		ranges[i].physical = le64_make(efi->map[i].physical);
		ranges[i].mapped = le64_make(efi->map[i].mapped);
		ranges[i].pages = le64_make(efi->map[i].pages);
		ranges[i].attribute = le64_make(efi->map[i].attribute);
	}
	return (struct blob){ (const uint8_t *)ranges, efi->map_count * sizeof(*ranges) };
}

void x86_params_set_efi(struct x86_boot_params *params, const struct machine *machine, uint64_t map, size_t map_size)
{
	params->efi = original(machine)->efi;
	params->efi.memdesc_size = le32_make(sizeof(struct x86_efi_range));
	params->efi.memmap = le32_make((uint32_t)map);
	params->efi.memmap_hi = le32_make((uint32_t)(map >> 32));
	params->efi.memmap_size = le32_make((uint32_t)map_size);
}
