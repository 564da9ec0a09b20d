/* SPDX-License-Identifier: GPL-2.0-only */
/* Both formats of liblzma: .xz, and the older .lzma ("LZMA alone"), which has neither magic nor checksum. */
#include "config.h"

#include "bytes.h"
#include "kexec/image/inflate.h"

static bool xz_looks(struct blob file)
{
	return blob_begins(file, "\xfd\x37zXZ", 6);
}

/* Properties, dictionary size and unpacked size: 13 bytes. A range coder's data begins with 0. */
struct lzma_header {
	uint8_t properties;
	struct le32 dictionary;
	struct le64 size;
	uint8_t first;
};

_Static_assert(sizeof(struct lzma_header) == 14, "LZMA header layout");

/* Encoders choose 2^n or 2^n + 2^(n-1), and so do all that recognise this format (xz, file). */
static bool plausible_dictionary(uint32_t size)
{
	for (unsigned int bit = 12; bit < 32; bit++)
		if (size == (UINT32_C(1) << bit) || size == (UINT32_C(3) << (bit - 1)))
			return true;
	return size == UINT32_MAX;
}

static bool lzma_looks(struct blob file)
{
	const struct lzma_header *header = blob_at(file, 0, sizeof(*header));

	if (!header || header->first != 0 || header->properties >= 9 * 5 * 5)
		return false;

	/* liblzma decodes no sum above 4, nor does any encoder make one. */
	unsigned int lc = header->properties % 9, lp = header->properties / 9 % 5;

	if (lc + lp > 4 || !plausible_dictionary(le32_get(header->dictionary)))
		return false;

	uint64_t size = le64_get(header->size);

	return size == UINT64_MAX || (size > 0 && size <= IMAGE_UNPACK_LIMIT);
}

#ifdef HAVE_LZMA

#include <errno.h>
#include <inttypes.h>
#include <lzma.h>

/*
 * For the decoder's dictionary, of which no more is touched than there is output. Kernel builds use 128 MiB
 * (Linux 6.12 scripts/xz_wrap.sh), xz at most 1.5 GiB, and then only when asked.
 */
#define MEMORY_LIMIT (UINT64_C(1600) << 20)

struct decoder {
	lzma_stream stream;
	bool alone;
};

static bool start(struct decoder *d, struct err *err)
{
	lzma_ret result = d->alone ? lzma_alone_decoder(&d->stream, MEMORY_LIMIT)
				   : lzma_stream_decoder(&d->stream, MEMORY_LIMIT,
							 LZMA_TELL_UNSUPPORTED_CHECK);

	return result == LZMA_OK || err_system(err, ENOMEM, "cannot start liblzma");
}

static bool restart(void *state, struct err *err)
{
	return start(state, err);
}

static enum step step(void *state, struct step_io *io, struct err *err)
{
	struct decoder *d = state;

	d->stream.next_in = io->in;
	d->stream.avail_in = io->in_size;
	d->stream.next_out = io->out;
	d->stream.avail_out = io->out_size;

	lzma_ret result = lzma_code(&d->stream, LZMA_RUN);

	io->consumed = io->in_size - d->stream.avail_in;
	io->produced = io->out_size - d->stream.avail_out;
	switch (result) {
	case LZMA_STREAM_END:
		return STEP_END;
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return STEP_GOING;
	case LZMA_MEM_ERROR:
		err_system(err, ENOMEM, "liblzma");
		return STEP_BAD;
	case LZMA_MEMLIMIT_ERROR:
		err_set(err, ERR_UNSUPPORTED,
			"its dictionary takes %" PRIu64 " bytes of memory, more than the %" PRIu64
			" accepted: pack it again with a smaller one",
			lzma_memusage(&d->stream), MEMORY_LIMIT);
		return STEP_BAD;
	case LZMA_OPTIONS_ERROR:
		err_set(err, ERR_UNSUPPORTED, "packed with options or filters that liblzma %s does not know",
			lzma_version_string());
		return STEP_BAD;
	case LZMA_UNSUPPORTED_CHECK:
		err_set(err, ERR_UNSUPPORTED, "packed with a checksum that liblzma %s does not know",
			lzma_version_string());
		return STEP_BAD;
	default:
		err_set(err, ERR_BAD_IMAGE, "damaged%s", d->alone ? "" : ", or its checksum does not match");
		return STEP_BAD;
	}
}

static bool unpack(struct blob packed, struct growing *out, bool alone, struct err *err)
{
	struct decoder d = { .stream = LZMA_STREAM_INIT, .alone = alone };

	if (!start(&d, err))
		return false;

	/* LZMA alone has no members: it cannot be told where one begins. */
	const struct stepper stepper = { &d, step, restart, alone ? NULL : xz_looks };
	bool ok = inflate_steps(packed, out, &stepper, err);

	lzma_end(&d.stream);
	return ok;
}

static bool xz_unpack(struct blob packed, struct growing *out, struct err *err)
{
	return unpack(packed, out, false, err);
}

static bool lzma_unpack(struct blob packed, struct growing *out, struct err *err)
{
	return unpack(packed, out, true, err);
}

#else
#define xz_unpack NULL
#define lzma_unpack NULL
#endif

const struct unpacker xz_unpacker = {
	.codec = CODEC_XZ,
	.name = "xz",
	.library = "liblzma",
	.option = "--with-lzma",
	.tool = "xz -d",
	.has_magic = true,
	.looks = xz_looks,
	.unpack = xz_unpack,
};

const struct unpacker lzma_unpacker = {
	.codec = CODEC_LZMA,
	.name = "lzma",
	.library = "liblzma",
	.option = "--with-lzma",
	.tool = "xz -d --format=lzma",
	.has_magic = false,
	.looks = lzma_looks,
	.unpack = lzma_unpack,
};
