/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/unflatten.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "elf_wire.h"
#include "kdump/dump/flattened_wire.h"
#include "kdump/dump/format.h"
#include "kdump/dump/kdump_wire.h"
#include "kdump/write/elf_header.h"
#include "kdump/zeros.h"

#define BLOCK ((size_t)1 << 20)

/* Zeros shorter than this are not worth a hole. */
#define PIECE ((size_t)64 << 10)

/* What is needed of the file's beginning to mark it: the fixed part of either format's header. */
#define HEAD_SIZE sizeof(struct kdump_header64)

struct stream {
	struct unflatten_result *result;
	struct sink *sink;
	const char *name;
	int fd;
	uint64_t at; /* in the stream */
	uint8_t *block;
	uint64_t highest; /* end of what was written of the file */
	uint8_t head[HEAD_SIZE];
	bool has[HEAD_SIZE];
};

/* A descriptor that somebody else made non-blocking, as some shells do. */
static bool wait_readable(const struct stream *stream)
{
	struct pollfd one = { .fd = stream->fd, .events = POLLIN };

	return poll(&one, 1, -1) >= 0 || errno == EINTR;
}

/* Fewer bytes than asked for only at the end. */
static bool read_some(struct stream *stream, void *buffer, size_t size, size_t *got, struct err *err)
{
	*got = 0;
	while (*got < size) {
		ssize_t n = read(stream->fd, (uint8_t *)buffer + *got, size - *got);

		if (n < 0 && (errno == EINTR || ((errno == EAGAIN || errno == EWOULDBLOCK) && wait_readable(stream))))
			continue;
		if (n < 0)
			return err_system(err, errno, "cannot read %s at offset %" PRIu64, stream->name, stream->at);
		if (n == 0)
			break;
		*got += (size_t)n;
		stream->at += (uint64_t)n;
	}
	return true;
}

static bool read_all(struct stream *stream, void *buffer, size_t size, const char *what, struct err *err)
{
	size_t got;

	if (!read_some(stream, buffer, size, &got, err))
		return false;
	return got == size || err_set(err, ERR_BAD_IMAGE, "%s ends after %" PRIu64 " bytes, in the middle of %s: it was cut",
				      stream->name, stream->at, what);
}

static bool read_signature(struct stream *stream, struct err *err)
{
	struct flattened_header header;
	size_t got;

	if (!read_some(stream, stream->block, FLATTENED_HEADER_SIZE, &got, err))
		return false;
	memcpy(&header, stream->block, sizeof(header));
	if (got < sizeof(header) ||
	    strncmp((const char *)header.signature, FLATTENED_SIGNATURE, sizeof(header.signature)) != 0)
		return err_set(err, ERR_BAD_IMAGE, "%s is no flattened dump: it does not begin with \"%s\" (%zu bytes found)",
			       stream->name, FLATTENED_SIGNATURE, got);
	if (got < FLATTENED_HEADER_SIZE)
		return err_set(err, ERR_BAD_IMAGE, "%s is a flattened dump that was cut after %zu bytes: nothing of it is there",
			       stream->name, got);
	if (be64_get(header.type) != FLATTENED_TYPE || be64_get(header.version) != FLATTENED_VERSION)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s is a flattened dump of type %" PRIu64 ", version %" PRIu64 "; expected type %d, version %d",
			       stream->name, be64_get(header.type), be64_get(header.version), FLATTENED_TYPE, FLATTENED_VERSION);
	return true;
}

/* The beginning of the file is kept, record by record: it says later where the mark belongs. */
static void keep_head(struct stream *stream, uint64_t offset, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size && offset + i < HEAD_SIZE; i++) {
		stream->head[offset + i] = bytes[i];
		stream->has[offset + i] = true;
	}
}

/*
 * Zeros become holes only beyond all that was written: below they may be meant to cover something. Pieces end at
 * multiples of their size, as the file's blocks do.
 */
static bool write_block(struct stream *stream, uint64_t offset, size_t size, struct err *err)
{
	keep_head(stream, offset, stream->block, size);
	for (size_t at = 0; at < size;) {
		size_t piece = PIECE - (size_t)((offset + at) % PIECE);

		if (piece > size - at)
			piece = size - at;
		if (offset + at >= stream->highest && piece == PIECE && zeros_only(stream->block + at, piece)) {
			stream->highest = offset + at + piece;
		} else {
			if (!sink_write(stream->sink, offset + at, stream->block + at, piece, err))
				return false;
			if (offset + at + piece > stream->highest)
				stream->highest = offset + at + piece;
		}
		at += piece;
	}
	stream->result->bytes += size;
	return true;
}

static bool copy_record(struct stream *stream, uint64_t offset, uint64_t size, struct err *err)
{
	while (size) {
		size_t piece = size < BLOCK ? (size_t)size : BLOCK, got;

		if (!read_some(stream, stream->block, piece, &got, err) ||
		    (got && !write_block(stream, offset, got, err)))
			return false;
		if (got < piece)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s ends after %" PRIu64 " bytes, in the middle of a record: it was cut", stream->name,
				       stream->at);
		offset += piece;
		size -= piece;
	}
	return true;
}

static bool copy_records(struct stream *stream, struct err *err)
{
	for (;;) {
		struct flattened_record record;
		uint64_t start = stream->at;

		if (!read_all(stream, &record, sizeof(record), "its records, without an end record", err))
			return false;

		uint64_t offset = be64_get(record.offset), size = be64_get(record.size);

		if (offset == FLATTENED_END && size == FLATTENED_END)
			return true;
		if (flattened_is_nothing(offset, size))
			return err_set(err, ERR_BAD_IMAGE,
				       "%s has zeros from byte %" PRIu64 " on, and no end record: it was cut", stream->name,
				       start);
		if (!flattened_is_possible(offset, size))
			return err_set(err, ERR_BAD_IMAGE,
				       "%s: the record at %" PRIu64 " is for %" PRIu64 " bytes at offset %" PRIu64
				       ", which no file can have: what follows cannot be read",
				       stream->name, start, size, offset);
		if (!copy_record(stream, offset, size, err))
			return false;
		stream->result->records++;
	}
}

static bool has_all(const struct stream *stream, size_t offset, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!stream->has[offset + i])
			return false;
	}
	return true;
}

/* Offset and new value of the word that says that a dump is incomplete. False where the header did not come. */
static bool find_mark(const struct stream *stream, size_t *offset, struct raw32 *word)
{
	const struct kdump_header_start *start = (const struct kdump_header_start *)stream->head;
	const struct elf_ident *ident = (const struct elf_ident *)stream->head;
	enum order order;
	uint32_t bit;

	if (has_all(stream, 0, sizeof(*start)) && memcmp(start->signature, KDUMP_SIGNATURE, KDUMP_SIGNATURE_SIZE) == 0) {
		char machine[KDUMP_UTS_LENGTH + 1] = "";
		bool is64;

		memcpy(machine, start->uts[KDUMP_UTS_MACHINE], KDUMP_UTS_LENGTH);
		if (dump_machine_of_uts(machine, &order, &is64) == EM_NONE)
			return false;
		*offset = is64 ? offsetof(struct kdump_header64, rest) : offsetof(struct kdump_header32, rest);
		bit = DUMP_STATUS_INCOMPLETE;
	} else if (has_all(stream, 0, sizeof(*ident)) && memcmp(ident->magic, ELFMAG, SELFMAG) == 0) {
		struct elf_form form = { .is64 = ident->class == ELFCLASS64 };

		order = ident->data == ELFDATA2MSB ? ORDER_BIG : ORDER_LITTLE;
		*offset = elf_header_flags_offset(&form);
		bit = ELF_FLAG_INCOMPLETE;
	} else {
		return false;
	}
	memcpy(word, stream->head + *offset, sizeof(*word));
	*word = raw32_make(raw32_get(*word, order) | bit, order);
	return true;
}

static void mark(struct stream *stream)
{
	struct err err;
	struct raw32 word;
	size_t offset;

	stream->result->marked = find_mark(stream, &offset, &word) &&
				 sink_write(stream->sink, offset, &word, sizeof(word), &err);
}

bool unflatten(struct unflatten_result *result, struct arena *arena, int fd, const char *name, struct sink *sink,
	       struct err *err)
{
	struct stream *stream = arena_alloc(arena, sizeof(*stream));

	*result = (struct unflatten_result){ .outcome = WRITE_NOTHING };
	if (sink_is_stream(sink))
		return err_set(err, ERR_UNSUPPORTED, "%s: a flattened dump can be put together in a plain file only",
			       sink_name(sink));
	*stream = (struct stream){ .result = result, .sink = sink, .name = name, .fd = fd };
	stream->block = arena_alloc(arena, BLOCK);
	if (!read_signature(stream, err))
		return false;

	bool whole = copy_records(stream, &result->stop);
	struct err late;

	/* Zeros at its end were not written. */
	if (!sink_set_size(sink, stream->highest, whole ? &result->stop : &late))
		whole = false;
	if (whole) {
		result->outcome = WRITE_COMPLETE;
		return true;
	}
	mark(stream);
	result->outcome = result->bytes ? WRITE_PARTIAL : WRITE_NOTHING;
	return true;
}
