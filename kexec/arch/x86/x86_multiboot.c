/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Order in memory, all below 4 GiB: the kernel where it is linked or wants to be, behind it the modules, each on pages
 * of its own, and the information structure. Kernels that use what lies at their end, without looking, are known to
 * survive this order, for it is what boot loaders have always done.
 */
#include "kexec/arch/x86/x86_multiboot.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "purgatory_abi.h"

#define LIMIT (UINT64_C(1) << 32)
#define MIB UINT64_C(0x100000)

/* Real-mode interrupt vectors, BIOS data and what else the firmware may look for in the first page. */
#define LOWEST UINT64_C(0x1000)

/* A kernel of more pieces, or what is left for modules, is joined: the kernel of the system takes few segments. */
#define PIECES_MOST 8

const char x86_multiboot_loader_name[] = "kexec";

uint32_t x86_multiboot_memory_type(enum x86_memory_type type)
{
	switch (type) {
	case X86_RAM:
		return MULTIBOOT_MEMORY_RAM;
	case X86_ACPI:
		return MULTIBOOT_MEMORY_ACPI;
	case X86_NVS:
		return MULTIBOOT_MEMORY_NVS;
	case X86_UNUSABLE:
		return MULTIBOOT_MEMORY_BAD;
	case X86_RESERVED:
	case X86_PMEM:
	case X86_PRAM:
	case X86_SOFT_RESERVED:
		break;
	}
	return MULTIBOOT_MEMORY_RESERVED;
}

const struct machine_framebuffer *x86_multiboot_framebuffer(const struct machine *machine)
{
	const struct machine_framebuffer *fb = &machine->framebuffer;

	/* A driver of the graphics hardware gives no address. */
	return fb->present && fb->base && fb->pitch && fb->width && fb->height && fb->depth && fb->depth <= UINT8_MAX &&
			       fb->red_size
		       ? fb
		       : NULL;
}

struct multiboot_colours x86_multiboot_colours(const struct machine_framebuffer *fb)
{
	return (struct multiboot_colours){
		.red_position = fb->red_shift,
		.red_size = fb->red_size,
		.green_position = fb->green_shift,
		.green_size = fb->green_size,
		.blue_position = fb->blue_shift,
		.blue_size = fb->blue_size,
	};
}

/* The sums of old, from which a kernel without a map takes its memory. */
static void sum_memory(struct x86_multiboot *mb)
{
	const struct x86_map *map = &mb->map;

	for (size_t i = 0; i < map->count; i++) {
		struct range r = map->v[i].range;

		if (map->v[i].type != X86_RAM)
			continue;
		/* The first page may be left out of the map, and is there all the same. */
		if (r.start <= LOWEST)
			mb->lower = (uint32_t)((r.end < 640 * 1024 ? r.end : 640 * 1024) / 1024);
		if (r.start <= MIB && r.end > MIB) {
			uint64_t upper = (r.end - MIB) / 1024;

			mb->upper = upper < UINT32_MAX ? (uint32_t)upper : UINT32_MAX;
		}
	}
}

static bool make_map(struct x86_multiboot *mb, struct err *err)
{
	struct plan *plan = mb->plan;

	if (mb->request->target == TARGET_NORMAL) {
		if (!x86_map_normal(&mb->map, &plan->arena, mb->machine, err))
			return false;
		x86_map_use_ram_only(plan, &mb->map);
		return true;
	}
	return x86_crash_place(&mb->crash, mb->request, mb->machine, plan, err) &&
	       x86_crash_map(&mb->map, &mb->crash, mb->machine, plan, err) &&
	       x86_crash_cmdline(&mb->crash, mb->request, mb->machine, &mb->map, false, plan, err);
}

bool x86_multiboot_begin(struct x86_multiboot *mb, const struct request *request, const struct machine *machine,
			 const struct image *image, struct plan *plan, struct err *err)
{
	*mb = (struct x86_multiboot){
		.request = request, .machine = machine, .image = image, .plan = plan, .module_count = image->module_count,
	};
	if (image->initrd.size)
		return err_set(err, ERR_USAGE,
			       "%s is a multiboot kernel, which takes no --initrd: give the file as --module=\"FILE "
			       "ARGUMENTS\", in the order that this kernel wants its modules in",
			       image->path);
	if (!make_map(mb, err))
		return false;
	sum_memory(mb);

	/* Kernels skip the first word, for boot loaders write their own name of the kernel file there. */
	plan->cmdline = arena_printf(&plan->arena, "%s%s%s", image->path, *plan->cmdline ? " " : "", plan->cmdline);
	if (machine->efi.present && x86_rsdp(machine))
		plan_warn(plan,
			  "%s is a multiboot kernel: it is not told where the ACPI tables are (0x%" PRIx64
			  "), nor of EFI. It may not find them on this machine, which was started by EFI",
			  image->path, x86_rsdp(machine));
	return true;
}

static bool holds(uint64_t start, uint64_t size, uint64_t address)
{
	return address >= start && address - start < size;
}

bool x86_multiboot_take_elf(struct x86_multiboot *mb, struct err *err)
{
	const struct elf *elf = &mb->image->elf;

	if (!x86_pieces_of_elf(&mb->kernel, &mb->plan->arena, mb->image->path, elf, LIMIT, err))
		return false;
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];

		if (s->type == PT_LOAD && holds(s->paddr, s->memory_size, elf->entry)) {
			mb->entry = elf->entry;
			return true;
		}
	}
	/* Kernels that are linked to a high virtual address often give their entry as such a one. */
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];

		if (s->type == PT_LOAD && holds(s->vaddr, s->memory_size, elf->entry)) {
			mb->entry = elf->entry - s->vaddr + s->paddr;
			return true;
		}
	}
	return err_set(err, ERR_BAD_IMAGE, "%s: the entry 0x%" PRIx64 " lies in none of its program headers",
		       mb->image->path, elf->entry);
}

bool x86_multiboot_take_flat(struct x86_multiboot *mb, struct blob data, uint64_t address, uint64_t memory_size,
			     struct err *err)
{
	struct x86_piece piece = { address, memory_size, data };

	return x86_pieces_of_flat(&mb->kernel, &mb->plan->arena, mb->image->path, piece, LIMIT, err);
}

static bool find(const struct ranges *room, uint64_t size, uint64_t align, struct range window, bool high,
		 uint64_t *start)
{
	return high ? ranges_find_high(room, size, align, window, start)
		    : ranges_find_low(room, size, align, window, start);
}

/* Preferences: 1 as low as possible, 2 as high as possible, 0 none: then as linked where that is possible. */
static bool choose(const struct x86_multiboot_window *w, const struct ranges *room, struct range linked,
		   uint64_t page, uint64_t *start)
{
	uint64_t size = align_up(range_size(linked), page);
	uint64_t align = w->align > page ? w->align : page;
	uint64_t end = w->max < LIMIT ? w->max + 1 : LIMIT;
	struct range pages = { linked.start, linked.start + size };

	if (w->preference == 0 && linked.start % align == 0 && linked.start >= w->min && pages.end <= end &&
	    ranges_contain(room, pages)) {
		*start = linked.start;
		return true;
	}

	/* What the firmware has below 1 MiB is not all in the map. */
	struct range above = { w->min > MIB ? w->min : MIB, end };
	struct range all = { w->min > LOWEST ? w->min : LOWEST, end };

	return find(room, size, align, above, w->preference == 2, start) ||
	       find(room, size, align, all, w->preference == 2, start);
}

static bool move(struct x86_multiboot *mb, const struct x86_multiboot_window *w, struct err *err)
{
	struct plan *plan = mb->plan;
	struct range linked = mb->kernel.extent;
	struct ranges room;
	uint64_t start;

	if (!is_power_of_two(w->align))
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: its multiboot header wants an alignment of 0x%" PRIx64 ", which is no power of two",
			       mb->image->path, w->align);
	plan_find_room(plan, &plan->arena, &room);
	if (!choose(w, &room, linked, plan->page_size, &start))
		return err_set(err, ERR_NO_ROOM,
			       "no room for the kernel of %s: it takes 0x%" PRIx64 " bytes, and its multiboot header wants "
			       "them between 0x%" PRIx64 " and 0x%" PRIx64 ", aligned to 0x%" PRIx64,
			       mb->image->path, range_size(linked), w->min, w->max, w->align);
	x86_pieces_move(&mb->kernel, start);
	mb->entry = mb->entry - linked.start + start;
	return true;
}

static bool place_kernel(struct x86_multiboot *mb, const struct x86_multiboot_window *window, struct err *err)
{
	struct plan *plan = mb->plan;
	struct range linked = mb->kernel.extent;

	if (mb->entry < linked.start || mb->entry >= linked.end)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: the entry 0x%" PRIx64 " lies outside of the kernel, 0x%" PRIx64 "-0x%" PRIx64,
			       mb->image->path, mb->entry, linked.start, linked.end);
	if (window && !move(mb, window, err))
		return false;
	if (!window && plan->target == TARGET_CRASH && !range_contains(plan->crash, linked))
		return err_set(err, ERR_UNSUPPORTED,
			       "%s runs at 0x%" PRIx64 "-0x%" PRIx64 " alone, and a capture kernel must run inside the crash "
			       "reservation 0x%" PRIx64 "-0x%" PRIx64 ". A multiboot 2 kernel with a relocatable header tag can",
			       mb->image->path, linked.start, linked.end, plan->crash.start, plan->crash.end);
	return x86_pieces_put(&mb->kernel, mb->request->preserve_context ? 2 : PIECES_MOST, plan,
			      window ? "where the multiboot header allows and prefers" : "at its link address", err);
}

/* Behind the kernel; else above 1 MiB; else where there is room at all. */
static bool place(struct x86_multiboot *mb, struct placement *what, uint64_t *address, struct err *err)
{
	const uint64_t from[] = { mb->kernel.extent.end > MIB ? mb->kernel.extent.end : MIB, MIB, LOWEST };

	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		*err = (struct err){ .code = ERR_NONE };
		what->window = (struct range){ from[i], LIMIT };
		if (plan_place(mb->plan, what, address, err))
			return true;
	}
	return false;
}

static void module_is_at(struct x86_multiboot *mb, size_t i, uint64_t address)
{
	const struct image_module *from = &mb->image->modules[i];

	mb->modules[i] = (struct x86_multiboot_module){
		.start = (uint32_t)address,
		.end = (uint32_t)(address + from->data.size),
		.text = from->text,
	};
}

/* One segment with all modules, on a page each as before. */
static bool join_modules(struct x86_multiboot *mb, struct err *err)
{
	struct plan *plan = mb->plan;
	const struct image_module *from = mb->image->modules;
	uint64_t size = 0, address, at = 0;

	for (size_t i = 0; i < mb->module_count; i++)
		size += align_up(from[i].data.size, plan->page_size);

	uint64_t least = size ? size : plan->page_size;

	/* No copy is made of what has no place. */
	if (least > LIMIT || least > ranges_total(&plan->usable))
		return err_set(err, ERR_NO_ROOM, "%zu modules take 0x%" PRIx64 " bytes, more than there is memory for",
			       mb->module_count, least);

	uint8_t *bytes = arena_alloc(&plan->arena, (size_t)least);
	struct placement what = {
		.role = SEGMENT_MODULE,
		.data = { bytes, (size_t)least },
		.why = "all modules, for each alone there are too few segments",
	};

	if (!place(mb, &what, &address, err))
		return false;
	for (size_t i = 0; i < mb->module_count; i++) {
		if (from[i].data.size)
			memcpy(bytes + at, from[i].data.data, from[i].data.size);
		module_is_at(mb, i, address + at);
		at += align_up(from[i].data.size, plan->page_size);
	}
	return true;
}

static bool place_modules(struct x86_multiboot *mb, struct err *err)
{
	struct plan *plan = mb->plan;

	/* Still to come: the information structure and purgatory. */
	size_t taken = plan->segment_count + 2;
	size_t slots = plan->arch->max_segments > taken ? plan->arch->max_segments - taken : 0;

	mb->modules = arena_array(&plan->arena, mb->module_count, sizeof(*mb->modules));
	if (mb->module_count > slots || (mb->module_count > 1 && mb->request->preserve_context))
		return join_modules(mb, err);
	for (size_t i = 0; i < mb->module_count; i++) {
		const struct image_module *from = &mb->image->modules[i];
		struct placement what = {
			.role = SEGMENT_MODULE,
			.data = from->data,
			.memory_size = from->data.size ? from->data.size : plan->page_size,
			.why = "behind the kernel, where there is room",
		};
		uint64_t address;

		if (!place(mb, &what, &address, err))
			return err_prefix(err, "module \"%s\"", from->text);
		module_is_at(mb, i, address);
	}
	return true;
}

bool x86_multiboot_place(struct x86_multiboot *mb, const struct x86_multiboot_window *window, struct err *err)
{
	return place_kernel(mb, window, err) && place_modules(mb, err);
}

size_t x86_multiboot_cmdline_size(const struct x86_multiboot *mb)
{
	return strlen(mb->plan->cmdline) + 1 + (mb->request->preserve_context ? X86_JUMP_BACK_ROOM : 0);
}

bool x86_multiboot_place_info(struct x86_multiboot *mb, const uint8_t *bytes, uint64_t size, uint64_t *address,
			      struct err *err)
{
	struct placement what = {
		.role = SEGMENT_MULTIBOOT_INFO,
		.data = { bytes, (size_t)size },
		.why = "behind the kernel and the modules, where there is room",
	};

	return place(mb, &what, address, err);
}

bool x86_multiboot_finish(struct x86_multiboot *mb, uint32_t magic, uint64_t info, uint64_t cmdline, struct err *err)
{
	bool jump_back = mb->request->preserve_context;
	const struct x86_start start = {
		.mode = 32,
		.entry = mb->entry,
		.rax = magic,
		.rbx = info,
		.jump_back = jump_back ? cmdline + strlen(mb->plan->cmdline) : 0,
		.jump_back_room = jump_back ? X86_JUMP_BACK_ROOM : 0,
	};

	if (!x86_add_purgatory(mb->request, &mb->crash, start.mode, mb->plan, err) ||
	    !x86_set_start(mb->request, &mb->crash, &start, mb->plan, err))
		return false;
	if (jump_back && !x86_add_preserved(mb->request, mb->plan, err))
		return false;
	return plan_seal(mb->plan, err);
}
