/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/arch/x86/x86_boot.h"

#include <inttypes.h>
#include <string.h>

#include "kexec/arch/x86/boot_params.h"
#include "kexec/arch/x86/x86_notes.h"
#include "kexec/arch/x86/x86_params.h"

/*
 * Real mode: all of the segment that ss can reach, for purgatory sets sp to 0xfffc. The heap ends where boot.rst
 * ("Sample Boot Configuration") has it.
 */
#define REAL_MODE_SIZE UINT64_C(0x10000)
#define REAL_MODE_HEAP_END 0xe000
#define REAL_MODE_CODE_MOST 0x8000

/* Where protocols before 2.02 look for the command line: at an offset from here. */
#define OLD_ADDRESS UINT64_C(0x90000)

#define ITEM_ALIGN 16

/* setup_data, as many as there are types of it. */
struct item {
	uint32_t type;
	struct blob data;
	uint64_t offset; /* of its header in the segment */
};

struct layout {
	uint64_t cmdline, efi_map, notes, size; /* offsets */
	struct blob efi_map_data, notes_data;
	struct item items[4];
	size_t item_count;
};

static bool check_cmdline(const struct x86_boot *boot, struct err *err)
{
	size_t length = strlen(boot->plan->cmdline);
	uint64_t most = boot->cmdline_most;

	if (length > most)
		return err_set(err, ERR_USAGE,
			       "the command line has %zu characters%s, and %s takes at most %" PRIu64 ": \"%.60s...\". Leave out "
			       "what the kernel does not need",
			       length, boot->plan->target == TARGET_CRASH ? " with what a crash load adds" : "", boot->path,
			       most, boot->plan->cmdline);
	if (boot->request->preserve_context && length + X86_JUMP_BACK_ROOM > most + 1)
		return err_set(err, ERR_USAGE,
			       "the command line has %zu characters, and %s takes at most %" PRIu64 ", with the %d that "
			       "--load-preserve-context needs for the way back. Shorten it",
			       length, boot->path, most, X86_JUMP_BACK_ROOM);
	return true;
}

static void add_item(struct layout *layout, uint32_t type, struct blob data)
{
	if (data.size == 0)
		return;
	layout->items[layout->item_count++] = (struct item){ type, data, layout->size };
	layout->size = align_up(layout->size + sizeof(struct x86_setup_data) + data.size, ITEM_ALIGN);
}

static void add_notes(struct layout *layout, const struct x86_boot *boot)
{
	if (!boot->notes)
		return;
	layout->notes_data = x86_notes_make(&boot->plan->arena, boot->plan->cmdline);
	layout->notes = layout->size;
	layout->size += layout->notes_data.size;
}

static void lay_out(struct layout *layout, const struct x86_boot *boot)
{
	const struct request *request = boot->request;
	struct arena *arena = &boot->plan->arena;
	bool bios = boot->mode == 16; /* the setup code asks the BIOS itself */

	*layout = (struct layout){ .cmdline = bios ? REAL_MODE_SIZE : BOOT_PARAMS_SIZE };
	if (!boot->params) {
		add_notes(layout, boot);
		return;
	}
	layout->size = layout->cmdline + strlen(boot->plan->cmdline) + 1 +
		       (request->preserve_context ? X86_JUMP_BACK_ROOM : 0);
	layout->size = align_up(layout->size, ITEM_ALIGN);
	if (boot->efi) {
		layout->efi_map_data = x86_params_efi_map(boot->machine, arena);
		layout->efi_map = layout->size;
		layout->size = align_up(layout->size + layout->efi_map_data.size, ITEM_ALIGN);
	}
	/* The list came with 2.09. */
	if (boot->version >= 0x0209) {
		if (!bios)
			add_item(layout, SETUP_E820_EXT, x86_params_more_memory(&boot->map, arena));
		if (request->has_seed)
			add_item(layout, SETUP_RNG_SEED, (struct blob){ request->seed, sizeof(request->seed) });
		add_item(layout, SETUP_DTB, boot->dtb);
		if (boot->efi)
			add_item(layout, SETUP_EFI, x86_params_efi_setup(boot->machine, arena));
	}
	add_notes(layout, boot);
}

static bool check_items(const struct x86_boot *boot, struct err *err)
{
	if (boot->version >= 0x0209)
		return true;
	if (boot->dtb.size)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s is of boot protocol %u.%02u, which has no place for a device tree (2.09 has). Leave out --dtb",
			       boot->path, boot->version >> 8, boot->version & 0xffu);
	if (boot->map.count > E820_MOST)
		plan_warn(boot->plan,
			  "%s is of boot protocol %u.%02u, which takes %d entries of the memory map: it will not know of the "
			  "last %zu",
			  boot->path, boot->version >> 8, boot->version & 0xffu, E820_MOST, boot->map.count - E820_MOST);
	return true;
}

static bool find_place(struct x86_boot *boot, const struct layout *layout, struct err *err)
{
	struct placement what = {
		.role = SEGMENT_BOOT_PARAMS,
		.data = { boot->bytes, (size_t)layout->size },
		.window = boot->window,
		.high = true,
		.why = "high, out of the way of a kernel that unpacks itself",
	};

	if (boot->mode == 16) {
		what.why = "below 640 KiB, for it begins with real-mode code";
	} else if (boot->version < 0x0202) {
		what.why = "at the only address where a kernel of this age looks for its command line";
		boot->address = OLD_ADDRESS;
		return plan_put(boot->plan, &what, boot->address, err);
	}
	return plan_place(boot->plan, &what, &boot->address, err);
}

static struct x86_setup_header *header_of(const struct x86_boot *boot)
{
	return (struct x86_setup_header *)(boot->bytes + BOOT_PARAMS_HEADER);
}

static void write_header(const struct x86_boot *boot, const struct layout *layout)
{
	struct x86_setup_header *hdr = header_of(boot);

	hdr->type_of_loader = LOADER_KEXEC;
	hdr->loadflags &= LOADFLAGS_LOADED_HIGH;
	if (boot->mode == 16)
		hdr->loadflags |= LOADFLAGS_CAN_USE_HEAP;
	if (boot->version >= 0x0202)
		hdr->cmd_line_ptr = le32_make((uint32_t)boot->cmdline);
	if (boot->version >= 0x0209)
		hdr->setup_data = le64_make(layout->item_count ? boot->address + layout->items[0].offset : 0);
}

static void write_real_mode(const struct x86_boot *boot)
{
	struct x86_setup_header *hdr = header_of(boot);

	memcpy(boot->bytes, boot->real_mode.data, boot->real_mode.size);
	hdr->heap_end_ptr = le16_make(REAL_MODE_HEAP_END - 0x200);
}

static void write_params(const struct x86_boot *boot, const struct layout *layout)
{
	struct x86_boot_params *params = (struct x86_boot_params *)boot->bytes;
	size_t most = BOOT_PARAMS_HEADER_END - BOOT_PARAMS_HEADER;

	memcpy(&params->hdr, boot->header.data, boot->header.size < most ? boot->header.size : most);

	/* As other loaders leave it to the command line: read-only, and no root device that anyone has. */
	params->hdr.root_flags = le16_make(0xffff);
	params->hdr.root_dev = le16_make(0x300);
	x86_params_of_machine(params, boot->request, boot->machine, &boot->map);
	params->ext_cmd_line_ptr = le32_make((uint32_t)(boot->cmdline >> 32));
	if (boot->version < 0x0202) {
		params->screen.cl_magic = le16_make(CL_MAGIC);
		params->screen.cl_offset = le16_make((uint16_t)layout->cmdline);
	}
	if (boot->efi)
		x86_params_set_efi(params, boot->machine, boot->address + layout->efi_map, layout->efi_map_data.size);
}

static void write_items(const struct x86_boot *boot, const struct layout *layout)
{
	for (size_t i = 0; i < layout->item_count; i++) {
		const struct item *item = &layout->items[i];
		struct x86_setup_data *header = (struct x86_setup_data *)(boot->bytes + item->offset);
		uint64_t next = i + 1 < layout->item_count ? boot->address + layout->items[i + 1].offset : 0;

		*header = (struct x86_setup_data){
			.next = le64_make(next),
			.type = le32_make(item->type),
			.size = le32_make((uint32_t)item->data.size),
		};
		memcpy(header + 1, item->data.data, item->data.size);
	}
}

static void write_all(struct x86_boot *boot, const struct layout *layout)
{
	size_t length = strlen(boot->plan->cmdline);

	boot->cmdline = boot->address + layout->cmdline;
	boot->cmdline_end = boot->cmdline + length;
	if (boot->mode == 16)
		write_real_mode(boot);
	else
		write_params(boot, layout);
	write_header(boot, layout);
	memcpy(boot->bytes + layout->cmdline, boot->plan->cmdline, length);
	if (layout->efi_map_data.size)
		memcpy(boot->bytes + layout->efi_map, layout->efi_map_data.data, layout->efi_map_data.size);
	write_items(boot, layout);
}

bool x86_boot_place(struct x86_boot *boot, struct err *err)
{
	struct layout layout;

	if (boot->mode == 16 && (boot->version < 0x0202 || boot->real_mode.size > REAL_MODE_CODE_MOST))
		return err_set(err, ERR_UNSUPPORTED,
			       "%s cannot be entered in real mode: that takes boot protocol 2.02 or newer and at most %d bytes "
			       "of setup code; it is of %u.%02u and has %zu. Leave out --real-mode",
			       boot->path, REAL_MODE_CODE_MOST, boot->version >> 8, boot->version & 0xffu,
			       boot->real_mode.size);
	if (boot->params && (!check_cmdline(boot, err) || !check_items(boot, err)))
		return false;
	lay_out(&layout, boot);
	boot->bytes = arena_alloc(&boot->plan->arena, (size_t)layout.size);
	if (!find_place(boot, &layout, err))
		return false;
	if (boot->params)
		write_all(boot, &layout);
	if (boot->notes) {
		boot->elf_notes = boot->address + layout.notes;
		memcpy(boot->bytes + layout.notes, layout.notes_data.data, layout.notes_data.size);
	}
	return true;
}

void x86_boot_set_loaded(struct x86_boot *boot, uint64_t kernel, struct range initrd)
{
	struct x86_setup_header *hdr = header_of(boot);
	uint64_t size = range_size(initrd), start = size ? initrd.start : 0;

	if (boot->mode != 64)
		hdr->code32_start = le32_make((uint32_t)kernel);
	hdr->ramdisk_image = le32_make((uint32_t)start);
	hdr->ramdisk_size = le32_make((uint32_t)size);
	if (boot->mode == 16)
		return;

	struct x86_boot_params *params = (struct x86_boot_params *)boot->bytes;

	params->ext_ramdisk_image = le32_make((uint32_t)(start >> 32));
	params->ext_ramdisk_size = le32_make((uint32_t)(size >> 32));
}

struct blob x86_boot_made_header(struct arena *arena)
{
	struct x86_setup_header *hdr = arena_alloc(arena, sizeof(*hdr));

	memcpy(hdr->magic, "HdrS", sizeof(hdr->magic));
	hdr->boot_flag = le16_make(0xaa55);
	hdr->version = le16_make(X86_BOOT_MADE_VERSION);
	hdr->loadflags = LOADFLAGS_LOADED_HIGH;
	hdr->cmdline_size = le32_make(X86_BOOT_MADE_CMDLINE);
	hdr->initrd_addr_max = le32_make(0x37ffffff);
	return (struct blob){ (const uint8_t *)hdr, sizeof(*hdr) };
}
