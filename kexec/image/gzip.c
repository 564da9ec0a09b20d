/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "kexec/image/inflate.h"

static bool gzip_looks(struct blob file)
{
	/* RFC 1952: the third byte is the method, and 8 (deflate) the only one there is. */
	return blob_begins(file, "\x1f\x8b", 2) && (file.size == 2 || file.data[2] == 8);
}

#ifdef HAVE_ZLIB

#include <errno.h>

#define ZLIB_CONST
#include <zlib.h>

/* zlib counts in unsigned int. */
#define MOST ((size_t)1 << 30)

static enum step gzip_step(void *state, struct step_io *io, struct err *err)
{
	z_stream *z = state;
	uInt in = (uInt)(io->in_size < MOST ? io->in_size : MOST);
	uInt out = (uInt)(io->out_size < MOST ? io->out_size : MOST);

	z->next_in = io->in;
	z->avail_in = in;
	z->next_out = io->out;
	z->avail_out = out;

	int result = inflate(z, Z_NO_FLUSH);

	io->consumed = in - z->avail_in;
	io->produced = out - z->avail_out;
	switch (result) {
	case Z_STREAM_END:
		return STEP_END;
	case Z_OK:
	case Z_BUF_ERROR:
		return STEP_GOING;
	case Z_MEM_ERROR:
		err_system(err, ENOMEM, "zlib");
		return STEP_BAD;
	default:
		err_set(err, ERR_BAD_IMAGE, "damaged: %s", z->msg ? z->msg : "unknown to zlib");
		return STEP_BAD;
	}
}

static bool gzip_restart(void *state, struct err *err)
{
	return inflateReset(state) == Z_OK || err_set(err, ERR_INTERNAL, "zlib does not restart");
}

static bool gzip_unpack(struct blob packed, struct growing *out, struct err *err)
{
	z_stream z = { 0 };

	/* 16: gzip's header and CRC are wanted, nothing else. */
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return err_system(err, ENOMEM, "cannot start zlib");

	const struct stepper stepper = { &z, gzip_step, gzip_restart, gzip_looks };
	bool ok = inflate_steps(packed, out, &stepper, err);

	inflateEnd(&z);
	return ok;
}

#else
#define gzip_unpack NULL
#endif

const struct unpacker gzip_unpacker = {
	.codec = CODEC_GZIP,
	.name = "gzip",
	.library = "zlib",
	.option = "--with-zlib",
	.tool = "gzip -d",
	.has_magic = true,
	.looks = gzip_looks,
	.unpack = gzip_unpack,
};
