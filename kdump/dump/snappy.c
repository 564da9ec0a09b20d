/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read here and not by libsnappy, which is C++: its run-time library would take 2 MB of a capture kernel's memory, and
 * would have to be linked into static programs.
 */
#include "kdump/dump/snappy.h"

#include <string.h>

enum {
	TAG_LITERAL,
	TAG_COPY1, /* length 4 to 11, offset of 11 bits */
	TAG_COPY2, /* length 1 to 64, offset of 16 bits */
	TAG_COPY4, /* length 1 to 64, offset of 32 bits */
};

/* Of a tag's upper six bits: 60 to 63 say that the length is in 1 to 4 bytes that follow. */
#define LITERAL_SHORT_MOST 60

struct cursor {
	const uint8_t *data;
	size_t left;
};

static bool take_number(struct cursor *in, unsigned int bytes, uint32_t *out)
{
	if (in->left < bytes)
		return false;
	*out = 0;
	for (unsigned int i = 0; i < bytes; i++)
		*out |= (uint32_t)in->data[i] << (8 * i);
	in->data += bytes;
	in->left -= bytes;
	return true;
}

/* Seven bits in each byte, the lowest first. */
static bool take_length(struct cursor *in, uint64_t *out)
{
	*out = 0;
	for (unsigned int shift = 0; shift < 35; shift += 7) {
		uint32_t byte;

		if (!take_number(in, 1, &byte))
			return false;
		*out |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

static bool ends_early(struct err *err)
{
	return err_set(err, ERR_BAD_IMAGE, "its snappy data is damaged: it ends early");
}

static bool too_long(size_t size, struct err *err)
{
	return err_set(err, ERR_BAD_IMAGE, "its snappy data unpacks to more than %zu bytes", size);
}

static bool copy_literal(struct cursor *in, uint32_t tag, uint8_t *out, size_t size, size_t *done, struct err *err)
{
	uint32_t length = tag >> 2;

	if (length >= LITERAL_SHORT_MOST && !take_number(in, length - LITERAL_SHORT_MOST + 1, &length))
		return ends_early(err);
	if (length >= in->left)
		return ends_early(err);
	if (length >= size - *done)
		return too_long(size, err);
	memcpy(out + *done, in->data, (size_t)length + 1);
	*done += (size_t)length + 1;
	in->data += (size_t)length + 1;
	in->left -= (size_t)length + 1;
	return true;
}

static bool copy_back(struct cursor *in, uint32_t tag, uint8_t *out, size_t size, size_t *done, struct err *err)
{
	unsigned int kind = tag & 3;
	uint32_t length = (tag >> 2) + 1, offset;

	if (!take_number(in, kind == TAG_COPY1 ? 1 : kind == TAG_COPY2 ? 2 : 4, &offset))
		return ends_early(err);
	if (kind == TAG_COPY1) {
		length = 4 + (tag >> 2 & 7);
		offset |= tag >> 5 << 8;
	}
	if (offset == 0 || offset > *done)
		return err_set(err, ERR_BAD_IMAGE,
			       "its snappy data is damaged: a copy from %u bytes back, where there are %zu", offset,
			       *done);
	if (length > size - *done)
		return too_long(size, err);
	/* Byte by byte: a copy may reach into what it makes. */
	for (uint32_t i = 0; i < length; i++, ++*done)
		out[*done] = out[*done - offset];
	return true;
}

bool snappy_unpack(struct blob packed, uint8_t *out, size_t size, struct err *err)
{
	struct cursor in = { packed.data, packed.size };
	uint64_t length;
	size_t done = 0;

	if (!take_length(&in, &length))
		return err_set(err, ERR_BAD_IMAGE, "its snappy data is damaged: it does not begin with a length");
	if (length != size)
		return err_set(err, ERR_BAD_IMAGE, "its snappy data unpacks to %llu bytes, expected %zu",
			       (unsigned long long)length, size);
	while (in.left) {
		uint32_t tag = *in.data;

		in.data++;
		in.left--;
		if ((tag & 3) == TAG_LITERAL) {
			if (!copy_literal(&in, tag, out, size, &done, err))
				return false;
		} else if (!copy_back(&in, tag, out, size, &done, err)) {
			return false;
		}
	}
	return done == size || ends_early(err);
}
