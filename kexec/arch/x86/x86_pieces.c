/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/arch/x86/x86_pieces.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Neighbouring pieces that become one segment. */
struct group {
	size_t first, count;
	struct range pages;
};

static int compare_address(const void *a, const void *b)
{
	const struct x86_piece *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* Sorts, bounds, and computes the extent. */
static bool check(struct x86_pieces *pieces, uint64_t limit, struct err *err)
{
	struct x86_piece *v = pieces->v;
	size_t count = pieces->count;

	for (size_t i = 0; i < count; i++)
		if (v[i].memory_size > limit || v[i].address > limit - v[i].memory_size)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s: 0x%" PRIx64 " bytes are to be loaded at 0x%" PRIx64
				       ", and the kernel must end below 0x%" PRIx64,
				       pieces->path, v[i].memory_size, v[i].address, limit);
	qsort(v, count, sizeof(*v), compare_address);
	for (size_t i = 1; i < count; i++)
		if (v[i].address - v[i - 1].address < v[i - 1].memory_size)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s: two program headers load to the same address 0x%" PRIx64
				       ". The file is damaged",
				       pieces->path, v[i].address);
	pieces->extent = (struct range){ v[0].address, v[count - 1].address + v[count - 1].memory_size };
	return true;
}

bool x86_pieces_of_elf(struct x86_pieces *pieces, struct arena *arena, const char *path, const struct elf *elf,
		       uint64_t limit, struct err *err)
{
	*pieces = (struct x86_pieces){ .path = path };
	pieces->v = arena_array(arena, elf->segment_count, sizeof(*pieces->v));
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];

		if (s->type != PT_LOAD || s->memory_size == 0)
			continue;
		pieces->v[pieces->count++] = (struct x86_piece){
			.address = s->paddr,
			.memory_size = s->memory_size,
			.data = blob_part(elf->file, s->offset, s->file_size),
		};
	}
	if (pieces->count == 0)
		return err_set(err, ERR_BAD_IMAGE, "%s: an ELF file without a program header of type PT_LOAD", path);
	return check(pieces, limit, err);
}

bool x86_pieces_of_flat(struct x86_pieces *pieces, struct arena *arena, const char *path, struct x86_piece piece,
			uint64_t limit, struct err *err)
{
	*pieces = (struct x86_pieces){ .path = path, .count = 1 };
	pieces->v = arena_array(arena, 1, sizeof(*pieces->v));
	pieces->v[0] = piece;
	if (piece.memory_size == 0)
		return err_set(err, ERR_BAD_IMAGE, "%s: no byte of it is to be loaded", path);
	return check(pieces, limit, err);
}

void x86_pieces_move(struct x86_pieces *pieces, uint64_t start)
{
	uint64_t old = pieces->extent.start;

	for (size_t i = 0; i < pieces->count; i++)
		pieces->v[i].address = pieces->v[i].address - old + start;
	pieces->extent = (struct range){ start, start + range_size(pieces->extent) };
}

static struct range pages_of(const struct x86_piece *piece, uint64_t page)
{
	return (struct range){ align_down(piece->address, page), align_up(piece->address + piece->memory_size, page) };
}

/* The number of groups, none of which shares a page with another. */
static size_t group_by_page(const struct x86_pieces *pieces, uint64_t page, struct group *groups)
{
	size_t count = 0;

	for (size_t i = 0; i < pieces->count; i++) {
		struct range pages = pages_of(&pieces->v[i], page);

		if (count && pages.start < groups[count - 1].pages.end) {
			groups[count - 1].count++;
			groups[count - 1].pages.end = pages.end;
		} else {
			groups[count++] = (struct group){ i, 1, pages };
		}
	}
	return count;
}

/* Leaves `most` groups, divided at the widest gaps. */
static size_t join(struct group *groups, size_t count, size_t most, struct arena *arena)
{
	bool *divided = arena_array(arena, count, sizeof(*divided));
	size_t left = 0;

	for (size_t k = 1; k < most; k++) {
		size_t widest = 0;
		uint64_t width = 0;

		for (size_t i = 1; i < count; i++) {
			uint64_t gap = groups[i].pages.start - groups[i - 1].pages.end;

			if (!divided[i] && (widest == 0 || gap > width)) {
				widest = i;
				width = gap;
			}
		}
		divided[widest] = true;
	}
	for (size_t i = 1; i < count; i++) {
		if (divided[i]) {
			groups[++left] = groups[i];
			continue;
		}
		groups[left].count += groups[i].count;
		groups[left].pages.end = groups[i].pages.end;
	}
	return left + 1;
}

static bool copy_group(const struct x86_piece *v, const struct group *group, struct plan *plan, struct blob *data,
		       struct err *err)
{
	uint64_t end = group->pages.start;

	/* Sizes come from the file: memory for a copy only where the machine has a place for it. */
	if (!ranges_contain(&plan->usable, group->pages))
		return err_set(err, ERR_NO_ROOM,
			       "the kernel would lie at 0x%" PRIx64 "-0x%" PRIx64 ", and not all of that is usable memory",
			       group->pages.start, group->pages.end);
	for (size_t i = 0; i < group->count; i++)
		if (v[i].data.size)
			end = v[i].address + v[i].data.size;

	uint8_t *bytes = arena_alloc(&plan->arena, (size_t)(end - group->pages.start));

	for (size_t i = 0; i < group->count; i++)
		if (v[i].data.size)
			memcpy(bytes + (v[i].address - group->pages.start), v[i].data.data, v[i].data.size);
	*data = (struct blob){ bytes, (size_t)(end - group->pages.start) };
	return true;
}

bool x86_pieces_put(const struct x86_pieces *pieces, size_t most, struct plan *plan, const char *why, struct err *err)
{
	struct group *groups = arena_array(&plan->arena, pieces->count, sizeof(*groups));
	size_t count = group_by_page(pieces, plan->page_size, groups);

	if (count > most)
		count = join(groups, count, most, &plan->arena);
	for (size_t i = 0; i < count; i++) {
		const struct x86_piece *first = &pieces->v[groups[i].first];
		struct blob data = first->data;

		if ((groups[i].count > 1 || first->address != groups[i].pages.start) &&
		    !copy_group(first, &groups[i], plan, &data, err))
			return false;
		if (!plan_put(plan,
			      &(struct placement){
				      .role = SEGMENT_KERNEL,
				      .data = data,
				      .memory_size = range_size(groups[i].pages),
				      .why = why,
			      },
			      groups[i].pages.start, err))
			return err_prefix(err, "%s", pieces->path);
	}
	return true;
}
