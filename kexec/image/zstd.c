/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "bytes.h"
#include "kexec/image/inflate.h"

#define ZSTD_FRAME UINT32_C(0xfd2fb528)
#define ZSTD_SKIPPABLE UINT32_C(0x184d2a50) /* the low four bits are the user's: RFC 8878, 3.1.2 */

static uint32_t zstd_word(struct blob file)
{
	const struct le32 *magic = blob_at(file, 0, sizeof(*magic));

	return magic ? le32_get(*magic) : 0;
}

static bool is_skippable(struct blob file)
{
	return (zstd_word(file) & ~UINT32_C(15)) == ZSTD_SKIPPABLE;
}

/* Parallel packers put skippable frames first. Alone these prove nothing, for LZ4 has the same. */
static bool zstd_looks(struct blob file)
{
	struct blob rest = file;
	const struct le32 *size;

	while (is_skippable(rest) && (size = blob_at(rest, 4, sizeof(*size)))) {
		uint64_t whole = UINT64_C(8) + le32_get(*size);

		rest = whole < rest.size ? blob_part(rest, whole, rest.size - whole) : (struct blob){ NULL, 0 };
	}
	return zstd_word(rest) == ZSTD_FRAME;
}

#ifdef HAVE_ZSTD

#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

static bool is_any_frame(struct blob file)
{
	return zstd_word(file) == ZSTD_FRAME || is_skippable(file);
}

/*
 * The most bytes that the frame can yield, by its block headers (RFC 8878, 3.1.1): a frame packed from a
 * pipe, as kernel builds do, does not say. With that much room the library decodes into it at once, where it
 * would else hold a second copy of up to 128 MiB as its window.
 */
static uint64_t frame_bound(struct blob frame)
{
	static const uint8_t dictionary_id_size[] = { 0, 1, 2, 4 };
	static const uint8_t content_size[] = { 0, 2, 4, 8 };
	const uint8_t *descriptor = blob_at(frame, 4, 1);
	uint64_t bound = 0;

	if (!descriptor)
		return 0;

	bool single = *descriptor & 0x20;
	uint64_t at = 5u + (single ? 0u : 1u) + dictionary_id_size[*descriptor & 3] +
		      content_size[*descriptor >> 6];

	if (single && *descriptor >> 6 == 0)
		at++;

	for (;;) {
		const uint8_t *b = blob_at(frame, at, 3);

		if (!b)
			return bound;

		uint32_t header = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16;
		uint32_t type = header >> 1 & 3, size = header >> 3;

		bound += type == 2 ? ZSTD_BLOCKSIZE_MAX : size;
		at += 3u + (type == 1 ? 1u : size);
		if (header & 1)
			return bound;
	}
}

static bool failed(size_t result, size_t at, struct blob packed, struct err *err)
{
	switch (ZSTD_getErrorCode(result)) {
	case ZSTD_error_srcSize_wrong:
		return inflate_cut_short(err, packed);
	case ZSTD_error_memory_allocation:
		return err_system(err, ENOMEM, "libzstd");
	case ZSTD_error_dictionary_wrong:
		return err_set(err, ERR_UNSUPPORTED,
			       "the frame at byte %zu needs a dictionary that is not in the file", at);
	default:
		return err_set(err, ERR_BAD_IMAGE, "the frame at byte %zu of %zu is damaged: %s", at,
			       packed.size, ZSTD_getErrorName(result));
	}
}

static bool unpack_frame(ZSTD_DCtx *context, struct blob packed, size_t *at, struct growing *out,
			 struct err *err)
{
	size_t size = ZSTD_findFrameCompressedSize(packed.data + *at, packed.size - *at);

	if (ZSTD_isError(size))
		return failed(size, *at, packed, err);

	struct blob frame = blob_part(packed, *at, size);

	if (!is_skippable(frame)) {
		/* One byte more than the limit tells "too much" from "exactly full". */
		uint64_t bound = frame_bound(frame), most = out->limit - out->size + 1;
		uint64_t wanted = bound < most ? bound : most;
		size_t room = wanted == 0 ? 1 : wanted > SIZE_MAX ? SIZE_MAX : (size_t)wanted;

		if (!grow_room(out, room, err))
			return false;

		size_t produced = ZSTD_decompressDCtx(context, out->data + out->size, room, frame.data,
						      frame.size);

		if (ZSTD_isError(produced) && ZSTD_getErrorCode(produced) == ZSTD_error_dstSize_tooSmall &&
		    bound >= most)
			produced = (size_t)most;
		if (ZSTD_isError(produced))
			return failed(produced, *at, packed, err);
		if (!grow_commit(out, produced, err))
			return false;
	}
	*at += frame.size;
	return true;
}

static bool zstd_unpack(struct blob packed, struct growing *out, struct err *err)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();

	if (!context)
		return err_system(err, ENOMEM, "cannot start libzstd");

	enum tail tail = TAIL_MORE;
	size_t at = 0;

	while (tail == TAIL_MORE)
		tail = unpack_frame(context, packed, &at, out, err)
			       ? inflate_tail(packed, &at, out->size, is_any_frame, err)
			       : TAIL_BAD;
	ZSTD_freeDCtx(context);
	return tail == TAIL_END;
}

#else
#define zstd_unpack NULL
#endif

const struct unpacker zstd_unpacker = {
	.codec = CODEC_ZSTD,
	.name = "zstd",
	.library = "libzstd",
	.option = "--with-zstd",
	.tool = "zstd -d",
	.has_magic = true,
	.looks = zstd_looks,
	.unpack = zstd_unpack,
};
