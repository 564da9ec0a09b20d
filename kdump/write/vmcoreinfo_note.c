/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/vmcoreinfo_note.h"

#include <string.h>

#include "range.h"

/* Linux kernel/vmcore_info.c; its type is 0. */
#define NAME "VMCOREINFO"
#define NOTE_ALIGN 4

static bool is_inside(struct blob outer, struct blob inner, uint64_t *at)
{
	uintptr_t start = (uintptr_t)outer.data, found = (uintptr_t)inner.data;

	if (found < start || found - start > outer.size || inner.size > outer.size - (found - start))
		return false;
	*at = found - start;
	return true;
}

struct vmcoreinfo_note vmcoreinfo_note_make(struct arena *arena, const struct dump *dump)
{
	struct blob text = dump->vmcoreinfo;
	struct vmcoreinfo_note made = { .notes = dump->notes };

	if (!text.size || is_inside(dump->notes, text, &made.text_at))
		return made;

	struct raw32 head[3] = {
		raw32_make(sizeof(NAME), dump->order),
		raw32_make((uint32_t)text.size, dump->order),
		raw32_make(0, dump->order),
	};
	size_t before = (size_t)align_up(dump->notes.size, NOTE_ALIGN);
	size_t name_size = (size_t)align_up(sizeof(NAME), NOTE_ALIGN);
	size_t size = before + sizeof(head) + name_size + (size_t)align_up(text.size, NOTE_ALIGN);
	uint8_t *bytes = arena_alloc(arena, size);

	made.text_at = before + sizeof(head) + name_size;
	made.notes = (struct blob){ bytes, size };
	if (dump->notes.size)
		memcpy(bytes, dump->notes.data, dump->notes.size);
	memcpy(bytes + before, head, sizeof(head));
	memcpy(bytes + before + sizeof(head), NAME, sizeof(NAME));
	memcpy(bytes + made.text_at, text.data, text.size);
	return made;
}
