/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/fadump_notes.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "blob.h"

/* 8192 CPUs of a bit more than half a KiB each are 5 MiB. */
#define MAX_NOTES (UINT64_C(64) << 20)

struct wire_note {
	struct raw32 name_size;
	struct raw32 data_size;
	struct raw32 type;
};

_Static_assert(sizeof(struct wire_note) == 12, "ELF note header");

/* Of the key, up to the end of its line; printable, so that it can go to terminals and file names. */
static const char *value_of(struct arena *arena, const char *text, size_t size, const char *key)
{
	size_t length = strlen(key);

	for (size_t at = 0; at < size;) {
		const char *newline = memchr(text + at, '\n', size - at);
		size_t line = newline ? (size_t)(newline - (text + at)) : size - at;

		if (line > length && memcmp(text + at, key, length) == 0) {
			char *value = arena_strndup(arena, text + at + length, line - length);

			for (char *c = value; *c; c++)
				if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f)
					*c = '?';
			return *value ? value : NULL;
		}
		at += line + 1;
	}
	return NULL;
}

struct fadump_vmcoreinfo fadump_notes_vmcoreinfo(struct arena *arena, const char *text, size_t size)
{
	const char *end = memchr(text, 0, size);
	size_t length = end ? (size_t)(end - text) : size;
	struct fadump_vmcoreinfo info = {
		.size = (uint32_t)length,
		.osrelease = value_of(arena, text, length, "OSRELEASE="),
		.build_id = value_of(arena, text, length, "BUILD-ID="),
	};
	const char *time = value_of(arena, text, length, "CRASHTIME=");

	if (time) {
		char *rest;

		errno = 0;

		long long seconds = strtoll(time, &rest, 10);

		info.has_crash_time = errno == 0 && *rest == 0 && rest != time;
		info.crash_time = info.has_crash_time ? (int64_t)seconds : 0;
	}
	return info;
}

/* Names and data are padded to 4 bytes. */
static uint64_t padded(uint32_t size)
{
	return ((uint64_t)size + 3) & ~UINT64_C(3);
}

static bool is_named(struct blob name, const char *wanted)
{
	size_t length = strlen(wanted);

	return blob_begins(name, wanted, length) && (name.size == length || name.data[length] == 0);
}

static void take_note(struct fadump_elfcore *core, struct arena *arena, struct blob name, struct blob data,
		      uint32_t type)
{
	if (is_named(name, "CORE") && type == NT_PRSTATUS) {
		core->prstatus++;
		if (data.size != FADUMP_PRSTATUS_SIZE) {
			core->odd_prstatus++;
			core->odd_size = (uint32_t)data.size;
		}
	} else if (is_named(name, "VMCOREINFO") && type == 0) {
		if (core->vmcoreinfo_count++ == 0 && data.size)
			core->vmcoreinfo = fadump_notes_vmcoreinfo(arena, (const char *)data.data, data.size);
	}
}

bool fadump_notes_read(struct fadump_elfcore *core, struct sha256 *sha, struct arena *arena,
		       const struct fadump_source *source, uint64_t offset, uint64_t size, struct err *err)
{
	if (size == 0)
		return true;
	if (size > MAX_NOTES - core->notes_size)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: notes of 0x%" PRIx64 " bytes found, at most 0x%" PRIx64 " expected in all",
			       source->name, size + core->notes_size, MAX_NOTES);
	core->notes_size += size;
	if (offset > UINT64_MAX - size)
		return err_set(err, ERR_BAD_IMAGE, "%s: notes of 0x%" PRIx64 " bytes at 0x%" PRIx64 ", beyond 64 bits",
			       source->name, size, offset);

	/* A size that the file does not hold fails before it costs memory. */
	uint8_t last;

	if (!fadump_source_read(source, offset + size - 1, &last, 1, err))
		return err_prefix(err, "the notes");

	uint8_t *bytes = arena_alloc(arena, (size_t)size);
	struct blob notes = { bytes, (size_t)size };

	if (!fadump_source_read(source, offset, bytes, (size_t)size, err))
		return err_prefix(err, "the notes");
	if (sha)
		sha256_add(sha, bytes, (size_t)size);

	uint64_t at = 0;

	while (at < size) {
		const struct wire_note *wire = blob_at(notes, at, sizeof(*wire));

		if (!wire) {
			core->damage = arena_printf(arena, "%" PRIu64 " bytes are left for a note's header of %zu", size - at,
						    sizeof(*wire));
			break;
		}

		uint32_t name_size = raw32_get(wire->name_size, core->order);
		uint32_t data_size = raw32_get(wire->data_size, core->order);
		uint64_t name_at = at + sizeof(*wire), data_at = name_at + padded(name_size);

		if (name_size == 0)
			break;
		if (!blob_has(notes, name_at, name_size) || !blob_has(notes, data_at, data_size)) {
			core->damage = arena_printf(arena, "the note at byte %" PRIu64 " has a name of %" PRIu32 " bytes and %" PRIu32
							   " bytes of data, beyond the end of the notes at %" PRIu64,
						    at, name_size, data_size, size);
			break;
		}
		take_note(core, arena, blob_part(notes, name_at, name_size), blob_part(notes, data_at, data_size),
			  raw32_get(wire->type, core->order));
		at = data_at + padded(data_size);
	}
	return true;
}
