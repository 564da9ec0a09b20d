/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF files: vmlinux, and other programs that run without an operating system. Nothing in such a file says which of the
 * two it is, so it is given both kinds of arguments unless the request says otherwise: boot_params in rsi, and ELF boot
 * notes by rax and rbx, where Linux looks at neither.
 */
#include <elf.h>
#include <inttypes.h>

#include "kexec/arch/x86/x86_linux.h"
#include "kexec/arch/x86/x86_notes.h"
#include "kexec/arch/x86/x86_pieces.h"

#define MIB UINT64_C(0x100000)
#define LIMIT32 (UINT64_C(1) << 32)
#define LOWEST UINT64_C(0x3000)

/* As for a bzImage without a field for it: what the oldest kernels map. */
#define INITRD_END32 UINT64_C(0x38000000)

/* A kernel has few; a file with many is joined, so that the other segments have their place among 16. */
#define PIECES_MOST 6

/* What EM_486 was before it was given to another processor. */
#define EM_OLD_486 6

static bool accepts(const struct image *image)
{
	return image->elf.order == ORDER_LITTLE && (image->elf.type == ET_EXEC || image->elf.type == ET_DYN);
}

bool x86_elf64_accepts(const struct image *image)
{
	return accepts(image) && image->elf.is64 && image->elf.machine == EM_X86_64;
}

bool x86_elf32_accepts(const struct image *image)
{
	return accepts(image) && !image->elf.is64 &&
	       (image->elf.machine == EM_386 || image->elf.machine == EM_OLD_486);
}

static bool check_request(const struct request *request, const struct image *image, struct err *err)
{
	if (request->real_mode || (request->entry_32bit && image->elf.is64))
		return err_set(err, ERR_USAGE, "%s: %s is for bzImages; this is an ELF file, which has one entry only",
			       image->path, request->real_mode ? "--real-mode" : "--entry-32bit");
	for (size_t i = 0; i < image->elf.segment_count; i++)
		if (image->elf.segments[i].type == PT_INTERP)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s is a program for an operating system (it has a PT_INTERP header), no kernel",
				       image->path);
	return true;
}

/*
 * e_entry of a vmlinux is a physical address; other linkers leave a virtual one there, which the program headers
 * translate.
 */
static bool find_entry(const struct elf *elf, const char *path, uint64_t *entry, struct err *err)
{
	for (unsigned int virtual = 0; virtual < 2; virtual++) {
		for (size_t i = 0; i < elf->segment_count; i++) {
			const struct elf_segment *s = &elf->segments[i];
			uint64_t start = virtual ? s->vaddr : s->paddr;

			if (s->type != PT_LOAD || elf->entry < start || elf->entry - start >= s->file_size)
				continue;
			*entry = s->paddr + (elf->entry - start);
			return true;
		}
	}
	return err_set(err, ERR_BAD_IMAGE,
		       "%s: its entry 0x%" PRIx64 " lies in no part of the file that is loaded. The file is damaged, or no kernel",
		       path, elf->entry);
}

static uint64_t alignment(const struct elf *elf, uint64_t page)
{
	uint64_t most = page;

	for (size_t i = 0; i < elf->segment_count; i++)
		if (elf->segments[i].type == PT_LOAD && is_power_of_two(elf->segments[i].align) &&
		    elf->segments[i].align > most)
			most = elf->segments[i].align;
	return most;
}

/* As a whole, for its parts keep their distances; at the lowest place, like what is linked to an address. */
static bool move(struct x86_linux *l, struct x86_pieces *pieces, uint64_t end, uint64_t *entry, struct err *err)
{
	struct plan *plan = l->plan;
	uint64_t align = alignment(&l->image->elf, plan->page_size), start;
	uint64_t skew = pieces->extent.start % align, size = skew + range_size(pieces->extent);
	struct ranges room;

	plan_find_room(plan, &plan->arena, &room);
	if (!ranges_find_low(&room, align_up(size, plan->page_size), align, (struct range){ MIB, end }, &start))
		return err_set(err, ERR_NO_ROOM,
			       "no room for %s: 0x%" PRIx64 " bytes aligned to 0x%" PRIx64 " wanted between 0x%" PRIx64
			       " and 0x%" PRIx64,
			       l->image->path, size, align, MIB, end);
	*entry = *entry - pieces->extent.start + start + skew;
	x86_pieces_move(pieces, start + skew);
	return true;
}

static bool put_kernel(struct x86_linux *l, struct x86_pieces *pieces, uint64_t *entry, struct err *err)
{
	const struct elf *elf = &l->image->elf;
	struct plan *plan = l->plan;
	/* Sums of addresses below must not wrap. */
	uint64_t limit = elf->is64 ? UINT64_C(1) << 52 : LIMIT32;

	if (!x86_pieces_of_elf(pieces, &plan->arena, l->image->path, elf, limit, err) ||
	    !find_entry(elf, l->image->path, entry, err))
		return false;
	if (elf->type == ET_DYN && !move(l, pieces, limit, entry, err))
		return false;
	if (elf->type == ET_EXEC && plan->target == TARGET_CRASH && !range_contains(plan->crash, pieces->extent))
		return err_set(err, ERR_BAD_IMAGE,
			       "%s is linked to run at 0x%" PRIx64 "-0x%" PRIx64 ", and the crash reservation is 0x%" PRIx64
			       "-0x%" PRIx64 ". Use its bzImage, which can be moved",
			       l->image->path, pieces->extent.start, pieces->extent.end, plan->crash.start,
			       plan->crash.end);
	return x86_pieces_put(pieces, PIECES_MOST, plan,
			      elf->type == ET_DYN ? "low: it can be moved" : "where it is linked to run", err);
}

bool x86_elf_load(const struct request *request, const struct machine *machine, const struct image *image,
		  struct plan *plan, struct err *err)
{
	enum elf_args args = request->elf_args;
	struct x86_linux l = {
		.request = request,
		.machine = machine,
		.image = image,
		.plan = plan,
		.mode = image->elf.is64 ? 64 : 32,
		.initrd_end = image->elf.is64 ? UINT64_MAX : INITRD_END32,
		.boot = {
			.header = x86_boot_made_header(&plan->arena),
			.version = X86_BOOT_MADE_VERSION,
			.cmdline_most = X86_BOOT_MADE_CMDLINE,
			.params = args == ELF_ARGS_AUTO || args == ELF_ARGS_LINUX,
			.notes = args == ELF_ARGS_AUTO || args == ELF_ARGS_NOTES,
			.window = { LOWEST, image->elf.is64 ? UINT64_MAX : LIMIT32 },
		},
	};
	struct x86_pieces pieces;
	uint64_t entry;

	if (!check_request(request, image, err) || !x86_linux_begin(&l, err) || !put_kernel(&l, &pieces, &entry, err) ||
	    !x86_linux_place_handover(&l, err) || (l.boot.params && !x86_linux_place_initrd(&l, err)))
		return false;
	if (!l.boot.params && (image->initrd.size || request->reuse_initrd))
		plan_warn(plan, "the initrd is left out: %s can tell %s nothing of it. Use --args-linux",
			  args == ELF_ARGS_NOTES ? "--args-elf" : "--args-none", image->path);

	const struct x86_start start = {
		.entry = entry,
		.rax = l.boot.notes ? X86_NOTES_MAGIC : 0,
		.rbx = l.boot.elf_notes,
		.rsi = l.boot.params ? l.boot.address : 0,
	};

	return x86_linux_finish(&l, pieces.extent.start, start, err);
}
