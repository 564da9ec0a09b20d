/* SPDX-License-Identifier: GPL-2.0-only */
#include <elf.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kdump/dump/s390_pages.h"

/* What an address of z/Architecture's real machines has, and more than any has of memory. */
#define MAX_MEMORY (UINT64_C(1) << 52)

/* 1 MiB so far. The header names it, so a later tool may choose. */
#define MAX_ENTRY_SIZE (UINT32_C(16) << 20)

struct walk {
	struct dump *dump;
	struct arena *arena;
	struct s390_pages *s390;
	struct s390_segment *segments;
	size_t capacity;
	uint64_t offset;     /* of the next header in the file */
	uint32_t block_size; /* 0 = not found out yet */
	const char *stopped; /* why no more segments can be read */
	bool damaged;	     /* it is not that the file ends */
};

static bool check_header(const struct dump_file *file, const struct s390_dump_header *h, bool extended,
			 struct err *err)
{
	uint32_t arch = be32_get(h->arch), header_size = be32_get(h->header_size), page_size = be32_get(h->page_size);
	uint64_t memory = be64_get(h->memory_size);

	if (h->is_multi_volume)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s is one of several volumes of an s390 dump: not supported. Join them with "
			       "\"zgetdump DEVICE > FILE\" on s390",
			       file->path);
	if (arch == 1)
		return err_set(err, ERR_UNSUPPORTED, "%s: an s390 dump of a 31-bit system: not supported", file->path);
	if (arch != S390_DUMP_ARCH_64)
		return err_set(err, ERR_BAD_IMAGE, "%s: s390 dump header: architecture %" PRIu32 " found, expected %u",
			       file->path, arch, S390_DUMP_ARCH_64);
	if (header_size != S390_DUMP_HEADER_SIZE || page_size != S390_DUMP_PAGE)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: s390 dump header: size %" PRIu32 " and pages of %" PRIu32 " bytes found, expected %u and %u",
			       file->path, header_size, page_size, S390_DUMP_HEADER_SIZE, S390_DUMP_PAGE);
	if (memory < S390_DUMP_PAGE || memory > MAX_MEMORY || memory % S390_DUMP_PAGE)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: s390 dump header: memory of 0x%" PRIx64 " bytes found, expected whole pages, at most 0x%" PRIx64,
			       file->path, memory, MAX_MEMORY);
	if (be64_get(h->memory_start) != 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s: s390 dump header: memory from 0x%" PRIx64 " on found, expected from 0 on: such dumps are "
			       "not supported",
			       file->path, be64_get(h->memory_start));
	if (be16_get(h->cpu_count) > S390_DUMP_MAX_CPUS)
		return err_set(err, ERR_BAD_IMAGE, "%s: s390 dump header: %u CPUs found, at most %u expected", file->path,
			       be16_get(h->cpu_count), S390_DUMP_MAX_CPUS);
	if (!extended || !h->zlib_version)
		return true;

	uint32_t entry = be32_get(h->zlib_entry_size);

	if (entry < S390_DUMP_PAGE || entry > MAX_ENTRY_SIZE || entry % S390_DUMP_PAGE)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: s390 dump header: packed pieces of %" PRIu32 " bytes found, expected whole pages, at most "
			       "%" PRIu32,
			       file->path, entry, MAX_ENTRY_SIZE);
	return true;
}

static bool read_whole(const struct dump_file *file, uint64_t offset, void *buffer, size_t size, struct err *err)
{
	size_t got;

	return dump_file_read(file, offset, buffer, size, &got, err) && got == size;
}

static bool is_end_marker(const struct dump_file *file, uint64_t offset, uint64_t tod, struct err *err)
{
	struct s390_dump_end end;

	return read_whole(file, offset, &end, sizeof(end), err) && be64_get(end.magic) == S390_DUMP_END_MAGIC &&
	       be64_get(end.tod) >= tod;
}

/* Whether this can be a segment's header, where memory up to `known` is done with. */
static bool is_sound(const struct s390_pages *s390, const struct s390_dump_segment *wire, uint64_t known)
{
	uint64_t start = be64_get(wire->start), size = be64_get(wire->size);
	uint32_t blocks = be32_get(wire->blocks), count = be32_get(wire->entry_count);

	/* A dump whose rest is zeros ends in a segment of nothing. */
	if (size == 0)
		return be64_get(wire->is_last) != 0;
	if (start < known || start >= s390->memory_size || size > s390->memory_size - start ||
	    start % S390_DUMP_PAGE || size % S390_DUMP_PAGE)
		return false;
	if (!blocks)
		return true;
	if (!s390->entry_size || count > S390_DUMP_ENTRIES || count != (size + s390->entry_size - 1) / s390->entry_size)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = be32_get(wire->entries[i]) & ~S390_DUMP_ENTRY_PLAIN;

		if (at >= blocks || (i && at <= (be32_get(wire->entries[i - 1]) & ~S390_DUMP_ENTRY_PLAIN)))
			return false;
	}
	return true;
}

/* A stream of zlib's begins with its method, 8, and a check of two bytes: RFC 1950. */
static bool begins_packed(const struct dump_file *file, uint64_t offset, struct err *err)
{
	uint8_t b[2];

	return read_whole(file, offset, b, sizeof(b), err) && (b[0] & 15) == 8 && (b[0] << 8 | b[1]) % 31 == 0;
}

/* Whether the first packed entries, but the one at block 0, begin as such; at least one does. */
static bool entries_begin(const struct dump_file *file, uint64_t data, const struct s390_dump_segment *wire,
			  uint32_t block_size)
{
	unsigned int found = 0;
	struct err ignored;

	for (uint32_t k = 1; k < be32_get(wire->entry_count) && k < 16; k++) {
		uint32_t entry = be32_get(wire->entries[k]);
		uint64_t at = data + (uint64_t)entry * block_size;

		if (entry & S390_DUMP_ENTRY_PLAIN)
			continue;
		if (file->size && at + 2 > file->size)
			break;
		if (!begins_packed(file, at, &ignored))
			return false;
		found++;
	}
	return found > 0;
}

/*
 * Offsets are counted in blocks of the DASD, and nothing in the dump says how large they are. A block device does; of a
 * copy in a file it is found out from what lies where the next header, or the second entry, would be.
 */
static uint32_t find_block_size(const struct walk *walk, const struct s390_dump_segment *wire)
{
	static const uint32_t sizes[] = { 4096, 2048, 1024, 512 };
	const struct dump_file *file = walk->s390->file;
	uint64_t data = walk->offset + sizeof(*wire), end = be64_get(wire->start) + be64_get(wire->size);
	struct err ignored;
	int of_device = 0;

	if (!file->flattened && ioctl(file->fd, BLKSSZGET, &of_device) == 0 && of_device >= 512 && of_device <= 65536)
		return (uint32_t)of_device;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint64_t next = data + (uint64_t)be32_get(wire->blocks) * sizes[i];
		struct s390_dump_segment following;

		if (be64_get(wire->is_last)) {
			if (is_end_marker(file, next, 0, &ignored))
				return sizes[i];
		} else if (read_whole(file, next, &following, sizeof(following), &ignored) &&
			   is_sound(walk->s390, &following, end)) {
			return sizes[i];
		}
	}
	/* Cut before that. Upwards: a size that is too large finds every second entry where it looks for each. */
	for (size_t i = sizeof(sizes) / sizeof(*sizes); i-- > 0;)
		if (entries_begin(file, data, wire, sizes[i]))
			return sizes[i];
	return sizes[0];
}

static struct s390_entry *read_entries(const struct walk *walk, const struct s390_dump_segment *wire, uint64_t data)
{
	uint32_t count = be32_get(wire->entry_count), blocks = be32_get(wire->blocks);
	struct s390_entry *entries = arena_array(walk->arena, count, sizeof(*entries));

	for (uint32_t i = 0; i < count; i++) {
		uint32_t value = be32_get(wire->entries[i]), at = value & ~S390_DUMP_ENTRY_PLAIN;
		uint32_t next = i + 1 < count ? be32_get(wire->entries[i + 1]) & ~S390_DUMP_ENTRY_PLAIN : blocks;

		entries[i] = (struct s390_entry){
			.offset = data + (uint64_t)at * walk->block_size,
			.size = (uint64_t)(next - at) * walk->block_size,
			.is_plain = value & S390_DUMP_ENTRY_PLAIN,
		};
	}
	return entries;
}

static void add_segment(struct walk *walk, const struct s390_dump_segment *wire)
{
	struct s390_pages *s390 = walk->s390;
	uint64_t start = be64_get(wire->start), size = be64_get(wire->size), data = walk->offset + sizeof(*wire);
	struct s390_segment segment = { start, start + size, data, NULL };

	if (be32_get(wire->blocks)) {
		if (!walk->block_size)
			walk->block_size = find_block_size(walk, wire);
		segment.entries = read_entries(walk, wire, data);
		walk->offset = data + (uint64_t)be32_get(wire->blocks) * walk->block_size;
	} else {
		walk->offset = data + size;
	}
	if (s390->count == walk->capacity) {
		walk->capacity = walk->capacity ? walk->capacity * 2 : 64;

		struct s390_segment *larger = arena_array(walk->arena, walk->capacity, sizeof(*larger));

		if (s390->count)
			memcpy(larger, walk->segments, s390->count * sizeof(*larger));
		walk->segments = larger;
		s390->segments = larger;
	}
	walk->segments[s390->count++] = segment;
	s390->known = segment.end;
}

static bool read_segments(struct walk *walk, struct err *err)
{
	struct s390_pages *s390 = walk->s390;

	for (;;) {
		struct s390_dump_segment wire;
		size_t got;

		if (!dump_file_read(s390->file, walk->offset, &wire, sizeof(wire), &got, err))
			return err_prefix(err, "the header of a segment of the s390 dump");
		if (got < sizeof(wire)) {
			walk->stopped = arena_printf(walk->arena, "it ends before the segment header at 0x%" PRIx64,
						     walk->offset);
			return true;
		}
		if (!is_sound(s390, &wire, s390->known)) {
			walk->stopped = arena_printf(walk->arena, "the segment header at 0x%" PRIx64 " is damaged (address 0x%" PRIx64
								  ", 0x%" PRIx64 " bytes)",
						     walk->offset, be64_get(wire.start), be64_get(wire.size));
			walk->damaged = true;
			return true;
		}
		if (be64_get(wire.size) == 0)
			walk->offset += sizeof(wire);
		else
			add_segment(walk, &wire);
		if (be64_get(wire.is_last)) {
			s390->known = s390->memory_size;
			return true;
		}
	}
}

static void read_classic(struct walk *walk)
{
	walk->segments = arena_alloc(walk->arena, sizeof(*walk->segments));
	walk->segments[0] = (struct s390_segment){ 0, walk->s390->memory_size, walk->offset, NULL };
	walk->s390->segments = walk->segments;
	walk->s390->count = 1;
	walk->s390->known = walk->s390->memory_size;
	walk->offset += walk->s390->memory_size;
}

bool dump_s390_open(struct dump *dump, struct arena *arena, const struct dump_file *file, struct blob head,
		    struct err *err)
{
	const struct be64 *magic = blob_at(head, 0, sizeof(*magic));
	bool extended = magic && be64_get(*magic) == S390_DUMP_MAGIC_EXTENDED;

	if (!extended && (!magic || be64_get(*magic) != S390_DUMP_MAGIC)) {
		err->code = ERR_NONE;
		return false;
	}

	const struct s390_dump_header *header = blob_at(head, 0, sizeof(*header));

	if (!header)
		return err_set(err, ERR_BAD_IMAGE, "%s ends after %zu bytes, inside its s390 dump header of %u", file->path,
			       head.size, S390_DUMP_HEADER_SIZE);
	if (!check_header(file, header, extended, err))
		return false;

	uint32_t version = be32_get(header->version);
	struct s390_pages *s390 = arena_alloc(arena, sizeof(*s390));
	struct walk walk = { .dump = dump, .arena = arena, .s390 = s390, .offset = S390_DUMP_HEADER_SIZE };

	*s390 = (struct s390_pages){
		.file = file,
		.memory_size = be64_get(header->memory_size),
		.entry_size = extended && header->zlib_version ? be32_get(header->zlib_entry_size) : 0,
	};
	dump->format = DUMP_S390;
	dump->order = ORDER_BIG;
	dump->is64 = true;
	dump->elf_machine = EM_S390;
	dump->page_size = S390_DUMP_PAGE;
	dump->page_size_known = true;
	dump->s390 = (struct dump_s390_facts){
		.version = version,
		.extended = extended,
		/* Before version 5 the classic header said nothing of CPUs. */
		.cpu_count = extended || version >= 5 ? be16_get(header->cpu_count) : 0,
		.tod = be64_get(header->tod),
	};
	dump->ops = &s390_pages_ops;
	dump->state = s390;
	ranges_init(&dump->memory, arena);
	ranges_append(&dump->memory, (struct range){ 0, s390->memory_size });
	if (!extended)
		read_classic(&walk);
	else if (!read_segments(&walk, err))
		return false;
	dump->damaged = walk.damaged;
	if (walk.stopped)
		dump->incomplete = walk.stopped;
	else if (!is_end_marker(file, walk.offset, dump->s390.tod, err))
		dump->incomplete = arena_printf(arena, "its end marker is missing at 0x%" PRIx64, walk.offset);
	err->code = ERR_NONE;
	s390_notes_make(dump, arena, header, dump->s390.cpu_count);
	dump_notes_walk(dump);
	return true;
}
