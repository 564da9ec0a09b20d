/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux/s390 runs at address 0. A normal load puts it there. A crash load puts everything at the same distances from
 * the start of the crash reservation; purgatory (or the kdump entry itself, for an external trigger) exchanges that
 * with the memory at 0, so every address that the capture kernel reads is counted from 0.
 *
 *	0x02000  purgatory          Linux leaves the first 64 KiB alone but for the lowcore
 *	0x0f000  meminfo            crash loads
 *	0x10000  parmarea           entry table, parameter area, command line: a changed copy of the image's pages
 *	         kernel             the rest of the image, mapped from the file
 *	0x800000 or higher          initrd
 *	         elfcorehdr         if wanted
 */
#include <inttypes.h>
#include <string.h>

#include "kexec/arch/s390/s390_arch.h"
#include "meminfo.h"
#include "purgatory_abi.h"
#include "s390.h"

#define PURGATORY_START UINT64_C(0x2000)

/* Where loaders have always put it, so that a kernel may unpack itself below; higher behind a larger kernel. */
#define INITRD_LOWEST UINT64_C(0x800000)
#define INITRD_ALIGN UINT64_C(0x100000)

/* A bound for addresses that come from the file: no sum of two of them wraps, and no machine has that much memory. */
#define KERNEL_MOST (UINT64_C(1) << 62)

/* More pieces than this are made one, for the kernel takes 16 segments in all. */
#define PIECES_MOST 6

struct layout {
	uint64_t base;	     /* added to every address */
	uint64_t max_cmdline; /* bytes with the NUL */
	uint64_t head_end;   /* of the parmarea pages, from 0 */
	uint64_t kernel_end; /* from 0 */
	uint64_t initrd;     /* from 0 */
	uint64_t initrd_end;
};

/* Bytes of the pieces in [from, to), zeros where there are none. */
static void copy_pieces(const struct s390_piece *pieces, size_t count, uint64_t from, uint64_t to, uint8_t *out)
{
	for (size_t i = 0; i < count; i++) {
		struct range data = { pieces[i].address, pieces[i].address + pieces[i].data.size };
		struct range part = range_intersect(data, (struct range){ from, to });

		if (!range_is_empty(part))
			memcpy(out + (part.start - from), pieces[i].data.data + (part.start - data.start),
			       (size_t)range_size(part));
	}
}

static uint64_t read_be64(const uint8_t *head, uint64_t address)
{
	struct be64 v;

	memcpy(&v, head + (address - S390_IMAGE_START), sizeof(v));
	return be64_get(v);
}

static void write_be64(uint8_t *head, uint64_t address, uint64_t value)
{
	struct be64 v = be64_make(value);

	memcpy(head + (address - S390_IMAGE_START), &v, sizeof(v));
}

/* The entry table and the parameter area must be there, whatever the file format was. */
static bool read_head(const struct image *image, const struct s390_piece *pieces, size_t count, bool crash,
		      struct layout *layout, struct err *err)
{
	uint8_t head[S390_COMMAND_LINE - S390_IMAGE_START] = { 0 };
	const uint8_t *table = head + (S390_ENTRY_TABLE - S390_IMAGE_START);

	copy_pieces(pieces, count, S390_IMAGE_START, S390_COMMAND_LINE, head);
	if (memcmp(table, S390_ENTRY_MAGIC, sizeof(S390_ENTRY_MAGIC)) != 0)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s has no s390 entry table (\"S390EP\" at address 0x%x), so it cannot be started. The vmlinux "
			       "of newer kernels is only the inner part: use bzImage, or arch/s390/boot/vmlinux",
			       image->path, S390_ENTRY_TABLE);
	if (crash && table[sizeof(S390_ENTRY_MAGIC)] < 1)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s has no kdump entry: its entry table has %u entries, 1 is needed. Use a kernel built with "
			       "CONFIG_CRASH_DUMP",
			       image->path, table[sizeof(S390_ENTRY_MAGIC)]);

	layout->max_cmdline = read_be64(head, S390_MAX_COMMAND_LINE);
	if (layout->max_cmdline == 0)
		layout->max_cmdline = S390_LEGACY_COMMAND_LINE;
	layout->kernel_end = pieces[count - 1].address + pieces[count - 1].memory_size;
	if (layout->kernel_end > KERNEL_MOST)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s ends at 0x%" PRIx64 ", where no machine has memory. The file is damaged", image->path,
			       layout->kernel_end);
	if (layout->kernel_end < S390_COMMAND_LINE || layout->max_cmdline > S390_COMMAND_LINE_MOST ||
	    layout->max_cmdline > layout->kernel_end - S390_COMMAND_LINE)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s says that its command line area has %" PRIu64 " bytes at 0x%x; at most %d are plausible, and "
			       "the image ends at 0x%" PRIx64 ". The file is damaged",
			       image->path, layout->max_cmdline, S390_COMMAND_LINE, S390_COMMAND_LINE_MOST,
			       layout->kernel_end);
	return true;
}

static void lay_out(struct layout *layout, const struct image *image, uint64_t page_size)
{
	layout->head_end = align_up(S390_COMMAND_LINE + layout->max_cmdline, page_size);
	layout->initrd = align_up(layout->kernel_end, INITRD_ALIGN);
	if (layout->initrd < INITRD_LOWEST)
		layout->initrd = INITRD_LOWEST;
	layout->initrd_end = image->initrd.size ? layout->initrd + align_up(image->initrd.size, page_size)
						: align_up(layout->kernel_end, page_size);
}

/* The reservation as a whole, before any single segment is complained of. */
static bool check_reservation(const struct plan *plan, const struct image *image, const struct layout *layout,
			      struct err *err)
{
	uint64_t size = range_size(plan->crash);

	if (plan->crash.start < size)
		return err_set(err, ERR_BAD_MACHINE,
			       "the crash reservation 0x%" PRIx64 "-0x%" PRIx64 " lies below its own size: it cannot be exchanged "
			       "with the memory from 0 on. Reserve it higher, with crashkernel=SIZE@ADDRESS",
			       plan->crash.start, plan->crash.end);
	if (layout->initrd_end > size)
		return err_set(err, ERR_NO_ROOM,
			       "Not enough crashkernel memory to load segments: the kernel (%" PRIu64 " bytes) and the initrd "
			       "(%zu bytes at 0x%" PRIx64 ") need 0x%" PRIx64 " bytes and more to run in, and the crash "
			       "reservation has 0x%" PRIx64 ". Boot with a larger crashkernel=",
			       layout->kernel_end - S390_IMAGE_START, image->initrd.size, layout->initrd,
			       layout->initrd_end, size);
	return true;
}

/* Whether each piece begins on a page and ends before the page of the next, so that it can be a segment as it is. */
static bool can_stay_mapped(const struct s390_piece *pieces, size_t count, uint64_t from, uint64_t page)
{
	if (count > PIECES_MOST)
		return false;
	for (size_t i = 1; i < count; i++) {
		if (pieces[i].address <= from)
			continue;
		if (pieces[i].address % page ||
		    align_up(pieces[i - 1].address + pieces[i - 1].memory_size, page) > pieces[i].address)
			return false;
	}
	return true;
}

static bool make_whole(const struct s390_piece *pieces, size_t count, const struct layout *layout, struct plan *plan,
		       struct s390_piece *whole, struct err *err)
{
	struct range all = { layout->base + layout->head_end, layout->base + layout->kernel_end };

	*whole = (struct s390_piece){ .address = layout->head_end };
	if (range_is_empty(all))
		return true;

	/* Sizes come from the file: memory for it only if the machine has a place for it. */
	if (!ranges_contain(&plan->usable, all))
		return err_set(err, ERR_NO_ROOM,
			       "the kernel would lie at 0x%" PRIx64 "-0x%" PRIx64 ", and not all of that is usable memory",
			       all.start, all.end);

	uint8_t *bytes = arena_alloc(&plan->arena, (size_t)range_size(all));

	copy_pieces(pieces, count, layout->head_end, layout->kernel_end, bytes);
	whole->memory_size = range_size(all);
	whole->data = (struct blob){ bytes, (size_t)whole->memory_size };
	return true;
}

static bool put_kernel(const struct s390_piece *pieces, size_t count, const struct layout *layout, struct plan *plan,
		       uint8_t **head, struct err *err)
{
	size_t head_size = (size_t)(layout->head_end - S390_IMAGE_START);

	*head = arena_alloc(&plan->arena, head_size);
	copy_pieces(pieces, count, S390_IMAGE_START, layout->head_end, *head);
	if (!plan_put(plan,
		      &(struct placement){
			      .role = SEGMENT_PARMAREA,
			      .data = { *head, head_size },
			      .why = "start of the kernel image, with this load's parameters",
		      },
		      layout->base + S390_IMAGE_START, err))
		return false;

	struct s390_piece whole;

	if (!can_stay_mapped(pieces, count, layout->head_end, plan->page_size)) {
		if (!make_whole(pieces, count, layout, plan, &whole, err))
			return false;
		pieces = &whole;
		count = 1;
	}
	for (size_t i = 0; i < count; i++) {
		uint64_t skipped = pieces[i].address < layout->head_end ? layout->head_end - pieces[i].address : 0;

		if (pieces[i].memory_size <= skipped)
			continue;

		struct blob data = { NULL, 0 };

		if (pieces[i].data.size > skipped)
			data = blob_part(pieces[i].data, skipped, pieces[i].data.size - skipped);
		if (!plan_put(plan,
			      &(struct placement){
				      .role = SEGMENT_KERNEL,
				      .data = data,
				      .memory_size = pieces[i].memory_size - skipped,
				      .why = "the kernel image runs at its link address",
			      },
			      layout->base + pieces[i].address + skipped, err))
			return false;
	}
	return true;
}

static bool put_initrd(const struct image *image, const struct layout *layout, struct plan *plan, struct err *err)
{
	if (image->initrd.size == 0)
		return true;
	return plan_put(plan,
			&(struct placement){
				.role = SEGMENT_INITRD,
				.data = image->initrd,
				.why = "behind the kernel, at 8 MiB or the next MiB",
			},
			layout->base + layout->initrd, err);
}

static bool put_crash_parts(const struct request *request, const struct machine *machine, const struct layout *layout,
			    struct plan *plan, struct err *err)
{
	uint64_t lowcore = S390_LOWCORE_VMCOREINFO;

	if (request->meminfo &&
	    !plan_add_meminfo(plan, layout->base + MEMINFO_S390_OFFSET, (struct range){ lowcore, lowcore + 8 }, true,
			      "fixed: os_info's crash kernel address + 0xf000", err))
		return false;
	if (request->elf_headers != ELF_HEADERS_ALWAYS)
		return true;

	struct placement where = {
		.window = { layout->base + layout->initrd_end, plan->crash.end },
		.memory_size = request->hotplug && machine->has_elfcorehdr_size ? machine->elfcorehdr_size : 0,
		.unhashed = request->hotplug,
		.why = "behind the initrd: wanted by --elf-headers=always",
	};
	uint64_t address, size;

	if (!plan_add_elfcorehdr(plan, machine, &where, &address, &size, err))
		return false;

	/* An address of the crashed kernel's memory, where it lies before and after the exchange. */
	plan->cmdline = arena_printf(&plan->arena, "%s%selfcorehdr=0x%" PRIx64 "@0x%" PRIx64, plan->cmdline,
				     *plan->cmdline ? " " : "", size, address);
	return true;
}

static bool write_parameters(const struct image *image, const struct layout *layout, const struct plan *plan,
			     uint8_t *head, struct err *err)
{
	size_t length = strlen(plan->cmdline);
	bool crash = plan->target == TARGET_CRASH;

	if (length >= layout->max_cmdline)
		return err_set(err, ERR_USAGE,
			       "the command line has %zu characters, and %s takes at most %" PRIu64 ": \"%.60s...\"", length,
			       image->path, layout->max_cmdline - 1, plan->cmdline);
	write_be64(head, S390_INITRD_START, image->initrd.size ? layout->initrd : 0);
	write_be64(head, S390_INITRD_SIZE, image->initrd.size);
	write_be64(head, S390_OLDMEM_BASE, crash ? plan->crash.start : 0);
	write_be64(head, S390_OLDMEM_SIZE, crash ? range_size(plan->crash) : 0);

	uint8_t *cmdline = head + (S390_COMMAND_LINE - S390_IMAGE_START);

	memset(cmdline, 0, (size_t)layout->max_cmdline);
	memcpy(cmdline, plan->cmdline, length);
	return true;
}

/* Of Linux it is "root=/dev/ram0 ro" (arch/s390/boot/head.S, 6.12). */
static const char *own_cmdline(const struct s390_piece *pieces, size_t count, const struct layout *layout,
			       struct plan *plan)
{
	uint8_t *text = arena_alloc(&plan->arena, (size_t)layout->max_cmdline + 1);

	copy_pieces(pieces, count, S390_COMMAND_LINE, S390_COMMAND_LINE + layout->max_cmdline, text);
	return (const char *)text;
}

bool s390_load_pieces(const struct request *request, const struct machine *machine, const struct image *image,
		      const struct s390_piece *pieces, size_t count, struct plan *plan, struct err *err)
{
	bool crash = plan->target == TARGET_CRASH;
	struct layout layout = { .base = crash ? plan->crash.start : 0 };
	uint8_t *head;

	if (count == 0)
		return err_set(err, ERR_BAD_IMAGE, "%s loads nothing at or above 0x%x, where a Linux/s390 kernel begins",
			       image->path, S390_IMAGE_START);
	if (!read_head(image, pieces, count, crash, &layout, err))
		return false;
	lay_out(&layout, image, plan->page_size);
	if (request->keep_cmdline)
		plan->cmdline = own_cmdline(pieces, count, &layout, plan);
	if (crash && !check_reservation(plan, image, &layout, err))
		return false;
	if (!put_kernel(pieces, count, &layout, plan, &head, err) || !put_initrd(image, &layout, plan, err))
		return false;
	if (crash && !put_crash_parts(request, machine, &layout, plan, err))
		return false;
	if (!write_parameters(image, &layout, plan, head, err))
		return false;

	struct range low = { layout.base + PURGATORY_START,
			     layout.base + (crash ? MEMINFO_S390_OFFSET : S390_IMAGE_START) };

	if (!plan_add_purgatory(plan, low, true, "below the image, where Linux uses nothing and nothing is exchanged", err))
		return false;
	plan->purgatory.handoff[PURGATORY_S390_ENTRY] = crash ? S390_KDUMP_ENTRY : S390_IMAGE_START;
	plan->entry = request->has_entry ? request->entry : plan->purgatory.entry;
	if (plan->entry != plan->purgatory.entry)
		plan_warn(plan,
			  "--entry 0x%" PRIx64 " is not purgatory's 0x%" PRIx64 ": what was loaded is started without being "
			  "verified",
			  plan->entry, plan->purgatory.entry);
	return plan_seal(plan, err);
}
