/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "kexec/image/inflate.h"

static bool bzip2_looks(struct blob file)
{
	if (!blob_begins(file, "BZh", 3) || file.size < 4 || file.data[3] < '1' || file.data[3] > '9')
		return false;

	/* Then a block begins, with the digits of pi, or the stream ends, with those of its square root. */
	return file.size == 4 || file.data[4] == 0x31 || file.data[4] == 0x17;
}

#ifdef HAVE_BZIP2

#include <bzlib.h>
#include <errno.h>

/* libbz2 counts in unsigned int. */
#define MOST ((size_t)1 << 30)

static bool bzip2_start(bz_stream *bz, struct err *err)
{
	*bz = (bz_stream){ 0 };
	return BZ2_bzDecompressInit(bz, 0, 0) == BZ_OK || err_system(err, ENOMEM, "cannot start libbz2");
}

static enum step bzip2_step(void *state, struct step_io *io, struct err *err)
{
	bz_stream *bz = state;
	unsigned int in = (unsigned int)(io->in_size < MOST ? io->in_size : MOST);
	unsigned int out = (unsigned int)(io->out_size < MOST ? io->out_size : MOST);

	/* libbz2 writes nothing there, whatever its type says. */
	bz->next_in = (char *)(uintptr_t)io->in;
	bz->avail_in = in;
	bz->next_out = (char *)io->out;
	bz->avail_out = out;

	int result = BZ2_bzDecompress(bz);

	io->consumed = in - bz->avail_in;
	io->produced = out - bz->avail_out;
	switch (result) {
	case BZ_STREAM_END:
		return STEP_END;
	case BZ_OK:
		return STEP_GOING;
	case BZ_MEM_ERROR:
		err_system(err, ENOMEM, "libbz2");
		return STEP_BAD;
	case BZ_DATA_ERROR_MAGIC:
		err_set(err, ERR_BAD_IMAGE, "damaged: not a bzip2 header");
		return STEP_BAD;
	default:
		err_set(err, ERR_BAD_IMAGE, "damaged, or its CRC does not match");
		return STEP_BAD;
	}
}

static bool bzip2_restart(void *state, struct err *err)
{
	BZ2_bzDecompressEnd(state);
	return bzip2_start(state, err);
}

static bool bzip2_unpack(struct blob packed, struct growing *out, struct err *err)
{
	bz_stream bz;

	if (!bzip2_start(&bz, err))
		return false;

	const struct stepper stepper = { &bz, bzip2_step, bzip2_restart, bzip2_looks };
	bool ok = inflate_steps(packed, out, &stepper, err);

	BZ2_bzDecompressEnd(&bz);
	return ok;
}

#else
#define bzip2_unpack NULL
#endif

const struct unpacker bzip2_unpacker = {
	.codec = CODEC_BZIP2,
	.name = "bzip2",
	.library = "libbz2",
	.option = "--with-bzip2",
	.tool = "bzip2 -d",
	.has_magic = true,
	.looks = bzip2_looks,
	.unpack = bzip2_unpack,
};
