/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both formats of LZ4: frames, and the legacy one that kernel builds make (lz4 -l): a magic, then blocks that
 * each hold 8 MiB and begin with their packed size. It has no end, no checksum, and so no way to see that it
 * was cut between two blocks, unless the kernel's build appended the unpacked size.
 */
#include "config.h"

#include "bytes.h"
#include "kexec/image/inflate.h"

static bool is_frame(struct blob file)
{
	return blob_begins(file, "\x04\x22\x4d\x18", 4);
}

static bool is_legacy(struct blob file)
{
	return blob_begins(file, "\x02\x21\x4c\x18", 4);
}

static bool lz4_looks(struct blob file)
{
	return is_frame(file) || is_legacy(file);
}

#ifdef HAVE_LZ4

#include <errno.h>
#include <lz4.h>
#include <lz4frame.h>

#define LEGACY_BLOCK (8 << 20)

static enum step frame_step(void *state, struct step_io *io, struct err *err)
{
	size_t in = io->in_size, out = io->out_size;
	size_t result = LZ4F_decompress(state, io->out, &out, io->in, &in, NULL);

	if (LZ4F_isError(result)) {
		err_set(err, ERR_BAD_IMAGE, "damaged: %s", LZ4F_getErrorName(result));
		return STEP_BAD;
	}
	io->consumed = in;
	io->produced = out;
	return result == 0 ? STEP_END : STEP_GOING;
}

static bool frame_restart(void *state, struct err *err)
{
	(void)err;
	LZ4F_resetDecompressionContext(state);
	return true;
}

static bool unpack_frames(struct blob packed, struct growing *out, struct err *err)
{
	LZ4F_dctx *context;

	if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
		return err_system(err, ENOMEM, "cannot start liblz4");

	const struct stepper stepper = { context, frame_step, frame_restart, is_frame };
	bool ok = inflate_steps(packed, out, &stepper, err);

	LZ4F_freeDecompressionContext(context);
	return ok;
}

static bool unpack_block(struct blob packed, size_t *at, struct growing *out, struct err *err)
{
	const struct le32 *header = blob_at(packed, *at, sizeof(*header));

	if (!header)
		return inflate_cut_short(err, packed);

	uint32_t size = le32_get(*header);

	if (size == 0 || size > (uint32_t)LZ4_COMPRESSBOUND(LEGACY_BLOCK))
		return err_set(err, ERR_BAD_IMAGE,
			       "the block at byte %zu of %zu is damaged: a size of %u, expected 1 to %u", *at,
			       packed.size, size, (unsigned int)LZ4_COMPRESSBOUND(LEGACY_BLOCK));

	struct blob block = blob_part(packed, *at + sizeof(*header), size);

	if (block.size == 0)
		return inflate_cut_short(err, packed);
	if (!grow_room(out, LEGACY_BLOCK, err))
		return false;

	int produced = LZ4_decompress_safe((const char *)block.data, (char *)out->data + out->size,
					   (int)block.size, LEGACY_BLOCK);

	if (produced < 0)
		return err_set(err, ERR_BAD_IMAGE, "the block at byte %zu of %zu is damaged", *at,
			       packed.size);
	*at += sizeof(*header) + block.size;
	return grow_commit(out, (size_t)produced, err);
}

/* Whatever is no end is the next block: there is no mark to tell it by. */
static bool anything(struct blob file)
{
	return file.size > 0;
}

static bool unpack_legacy(struct blob packed, struct growing *out, struct err *err)
{
	size_t at = 4;

	for (;;) {
		/* A copy, for zeros that do not reach the end are part of a block's size. */
		size_t end = at;

		if (inflate_tail(packed, &end, out->size, anything, err) == TAIL_END)
			return true;
		if (is_legacy(blob_part(packed, at, packed.size - at)))
			at += 4;
		else if (!unpack_block(packed, &at, out, err))
			return false;
	}
}

static bool lz4_unpack(struct blob packed, struct growing *out, struct err *err)
{
	return is_legacy(packed) ? unpack_legacy(packed, out, err) : unpack_frames(packed, out, err);
}

#else
#define lz4_unpack NULL
#endif

const struct unpacker lz4_unpacker = {
	.codec = CODEC_LZ4,
	.name = "lz4",
	.library = "liblz4",
	.option = "--with-lz4",
	.tool = "lz4 -d",
	.has_magic = true,
	.looks = lz4_looks,
	.unpack = lz4_unpack,
};
