/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/image/inflate.h"

#include "bytes.h"

/* In order of trial. LZMA comes last: it has no magic, so every other explanation of a file is better. */
static const struct unpacker *const unpackers[] = {
	&gzip_unpacker, &xz_unpacker, &zstd_unpacker, &bzip2_unpacker, &lz4_unpacker, &lzma_unpacker,
};

#define UNPACKERS (sizeof(unpackers) / sizeof(unpackers[0]))

/* So little room that a decoder would be called often for few bytes. */
#define LEAST_ROOM (64 * 1024)

const struct unpacker *inflate_find(struct blob file, bool has_magic)
{
	for (size_t i = 0; i < UNPACKERS; i++)
		if (unpackers[i]->has_magic == has_magic && unpackers[i]->looks(file))
			return unpackers[i];
	return NULL;
}

const struct unpacker *inflate_at(size_t index)
{
	return unpackers[index];
}

size_t inflate_count(void)
{
	return UNPACKERS;
}

bool inflate_run(const struct unpacker *unpacker, struct blob packed, uint64_t limit, struct arena *arena,
		 struct blob *out, struct err *err)
{
	if (!unpacker->unpack)
		return err_set(err, ERR_UNSUPPORTED,
			       "is packed with %s, and this kexec was built without %s: "
			       "unpack it first (%s), or build kexec with %s",
			       unpacker->name, unpacker->library, unpacker->tool, unpacker->option);

	struct growing room;

	grow_start(&room, limit);
	if (!unpacker->unpack(packed, &room, err)) {
		grow_drop(&room);
		return err_prefix(err, "cannot unpack it with %s", unpacker->name);
	}
	if (room.size == 0) {
		grow_drop(&room);
		return err_set(err, ERR_BAD_IMAGE, "is packed with %s and has nothing inside",
			       unpacker->name);
	}
	*out = grow_finish(&room, arena);
	return true;
}

bool inflate_cut_short(struct err *err, struct blob packed)
{
	return err_set(err, ERR_BAD_IMAGE, "the data ends early, at byte %zu: the file is cut short",
		       packed.size);
}

static bool all_zeros(struct blob bytes)
{
	for (size_t i = 0; i < bytes.size; i++)
		if (bytes.data[i])
			return false;
	return true;
}

static bool is_appended_size(struct blob rest, uint64_t unpacked)
{
	const struct le32 *size = blob_at(rest, 0, sizeof(*size));

	return size && le32_get(*size) == (uint32_t)unpacked &&
	       all_zeros(blob_part(rest, sizeof(*size), rest.size - sizeof(*size)));
}

enum tail inflate_tail(struct blob packed, size_t *offset, uint64_t unpacked, bool (*looks)(struct blob file),
		       struct err *err)
{
	size_t at = *offset;
	struct blob rest = blob_part(packed, at, packed.size - at);

	if (rest.size == 0 || is_appended_size(rest, unpacked))
		return TAIL_END;

	while (at < packed.size && packed.data[at] == 0)
		at++;
	rest = blob_part(packed, at, packed.size - at);
	if (rest.size == 0)
		return TAIL_END;
	if (looks && looks(rest)) {
		*offset = at;
		return TAIL_MORE;
	}
	err_set(err, ERR_BAD_IMAGE,
		"the data ends at byte %zu, and of the %zu bytes behind it those from byte %zu on are neither "
		"more of it, nor zeros, nor its unpacked size: the file is damaged, or is not a kernel alone",
		*offset, packed.size - *offset, at);
	return TAIL_BAD;
}

bool inflate_steps(struct blob packed, struct growing *out, const struct stepper *stepper, struct err *err)
{
	size_t at = 0;

	for (;;) {
		if (!grow_room(out, LEAST_ROOM, err))
			return false;

		struct step_io io = {
			.in = packed.data + at,
			.in_size = packed.size - at,
			.out = out->data + out->size,
			.out_size = out->capacity - out->size,
		};
		enum step step = stepper->step(stepper->state, &io, err);

		at += io.consumed;
		if (step == STEP_BAD)
			return err_prefix(err, "near byte %zu of %zu", at, packed.size);
		if (!grow_commit(out, io.produced, err))
			return false;
		if (step == STEP_GOING) {
			if (io.consumed || io.produced)
				continue;
			if (at == packed.size)
				return inflate_cut_short(err, packed);
			return err_set(err, ERR_BAD_IMAGE, "damaged near byte %zu of %zu", at, packed.size);
		}

		switch (inflate_tail(packed, &at, out->size, stepper->looks, err)) {
		case TAIL_END:
			return true;
		case TAIL_BAD:
			return false;
		case TAIL_MORE:
			if (!stepper->restart(stepper->state, err))
				return false;
		}
	}
}
