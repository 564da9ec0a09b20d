/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "kdump/dump/s390_pages.h"

#include <inttypes.h>
#include <string.h>

#include "kdump/dump/window.h"
#include "kdump/find.h"

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#define PACKED_WINDOW 65536u

struct reader_state {
	struct window window;
	struct arena *arena;
	const struct s390_segment *last;

	/* The entry that was unpacked last. */
	uint8_t *unpacked;
	const struct s390_entry *entry;
	uint64_t unpacked_size;
	struct err *failure; /* where it could not be unpacked: once is enough for all of its pages */
	bool failed;
};

static const uint8_t zeros[S390_DUMP_PAGE];

/* The segment that contains the address, or NULL. */
static const struct s390_segment *find(const struct s390_pages *s390, uint64_t address)
{
	size_t i = find_above(s390->segments, sizeof(*s390->segments), offsetof(struct s390_segment, end), s390->count,
			      address);

	return i < s390->count && s390->segments[i].start <= address ? &s390->segments[i] : NULL;
}

static bool is_in_file(const struct s390_pages *s390, uint64_t offset, uint64_t size)
{
	return s390->file->size == 0 || (offset <= s390->file->size && size <= s390->file->size - offset);
}

static const struct s390_entry *entry_of(const struct s390_pages *s390, const struct s390_segment *segment,
					 uint64_t address)
{
	return &segment->entries[(address - segment->start) / s390->entry_size];
}

static enum dump_page_state state_in(const struct s390_pages *s390, const struct s390_segment *segment,
				     uint64_t address)
{
	if (!segment)
		return address < s390->known ? DUMP_PAGE_HERE : DUMP_PAGE_LOST;

	uint64_t offset = segment->offset + (address - segment->start), size = S390_DUMP_PAGE;

	if (segment->entries) {
		const struct s390_entry *entry = entry_of(s390, segment, address);

		offset = entry->offset;
		size = entry->size;
		if (entry->is_plain) {
			offset += (address - segment->start) % s390->entry_size;
			size = S390_DUMP_PAGE;
		}
	}
	return is_in_file(s390, offset, size) ? DUMP_PAGE_HERE : DUMP_PAGE_LOST;
}

static enum dump_page_state page_state(const struct dump *dump, uint64_t pfn)
{
	const struct s390_pages *s390 = dump->state;

	if (pfn >= s390->memory_size / S390_DUMP_PAGE)
		return DUMP_PAGE_ABSENT;
	return state_in(s390, find(s390, pfn * S390_DUMP_PAGE), pfn * S390_DUMP_PAGE);
}

static void *reader_state(const struct dump *dump, struct arena *arena, uint64_t window)
{
	const struct s390_pages *s390 = dump->state;
	struct reader_state *reader = arena_alloc(arena, sizeof(*reader));

	reader->arena = arena;
	window_init(&reader->window, s390->file, arena, window > S390_DUMP_PAGE ? window : S390_DUMP_PAGE,
		    window > S390_DUMP_PAGE);
	return reader;
}

#ifdef HAVE_ZLIB
/* Blocks behind the stream's end are padding of the DASD's; a stream that ends early leaves the rest unreadable. */
static bool unpack(const struct s390_pages *s390, struct reader_state *reader, const struct s390_entry *entry,
		   struct err *err)
{
	uint8_t packed[PACKED_WINDOW];
	z_stream z = { 0 };
	int result = inflateInit(&z);
	uint64_t done = 0;
	bool ok = true;

	if (result != Z_OK)
		return err_set(err, ERR_SYSTEM, "cannot start zlib: out of memory");
	z.next_out = reader->unpacked;
	z.avail_out = (unsigned int)s390->entry_size;
	while (result == Z_OK && z.avail_out && done < entry->size) {
		size_t wanted = entry->size - done < sizeof(packed) ? (size_t)(entry->size - done) : sizeof(packed), got;

		ok = dump_file_read(s390->file, entry->offset + done, packed, wanted, &got, err);
		if (!ok || got == 0)
			break;
		done += got;
		z.next_in = packed;
		z.avail_in = (unsigned int)got;
		result = inflate(&z, Z_NO_FLUSH);
	}
	reader->unpacked_size = s390->entry_size - z.avail_out;
	inflateEnd(&z);
	if (ok && result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: the packed MiB at offset 0x%" PRIx64 " does not unpack (zlib's code %d)",
			       s390->file->path, entry->offset, result);
	return ok;
}
#else
static bool unpack(const struct s390_pages *s390, struct reader_state *reader, const struct s390_entry *entry,
		   struct err *err)
{
	(void)reader;
	(void)entry;
	return err_set(err, ERR_UNSUPPORTED,
		       "%s: packed with zlib, which this build lacks: build with --with-zlib", s390->file->path);
}
#endif

static enum dump_page_state packed_page(const struct s390_pages *s390, struct reader_state *reader,
					const struct s390_entry *entry, uint64_t within, const uint8_t **out,
					struct err *err)
{
	if (reader->entry != entry) {
		if (!reader->unpacked)
			reader->unpacked = arena_alloc(reader->arena, (size_t)s390->entry_size);
		if (!reader->failure)
			reader->failure = arena_alloc(reader->arena, sizeof(*reader->failure));
		reader->unpacked_size = 0;
		reader->failed = !unpack(s390, reader, entry, reader->failure);
		reader->entry = entry;
	}
	if (reader->unpacked_size < within + S390_DUMP_PAGE) {
		if (reader->failed) {
			*err = *reader->failure;
			return DUMP_PAGE_UNREADABLE;
		}
		err_set_text(err, ERR_BAD_IMAGE,
			     "%s: the packed MiB at offset 0x%" PRIx64 " unpacks to %" PRIu64 " bytes, expected at least %" PRIu64,
			     s390->file->path, entry->offset, reader->unpacked_size, within + S390_DUMP_PAGE);
		return DUMP_PAGE_UNREADABLE;
	}
	*out = reader->unpacked + within;
	return DUMP_PAGE_HERE;
}

static enum dump_page_state page(const struct dump *dump, void *state, uint64_t pfn, const uint8_t **out,
				 struct err *err)
{
	const struct s390_pages *s390 = dump->state;
	struct reader_state *reader = state;

	if (pfn >= s390->memory_size / S390_DUMP_PAGE)
		return DUMP_PAGE_ABSENT;

	uint64_t address = pfn * S390_DUMP_PAGE;
	const struct s390_segment *segment = reader->last;

	if (!segment || address < segment->start || address >= segment->end)
		segment = find(s390, address);
	if (state_in(s390, segment, address) == DUMP_PAGE_LOST)
		return DUMP_PAGE_LOST;
	if (!segment) {
		*out = zeros;
		return DUMP_PAGE_HERE;
	}
	reader->last = segment;

	uint64_t offset = segment->offset + (address - segment->start);

	if (segment->entries) {
		const struct s390_entry *entry = entry_of(s390, segment, address);
		uint64_t within = (address - segment->start) % s390->entry_size;

		if (!entry->is_plain)
			return packed_page(s390, reader, entry, within, out, err);
		offset = entry->offset + within;
	}
	return window_page_state(window_get(&reader->window, offset, S390_DUMP_PAGE, out, err));
}

const struct dump_ops s390_pages_ops = {
	.page_state = page_state,
	.reader_state = reader_state,
	.page = page,
};
