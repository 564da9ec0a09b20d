/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/dump/unpack.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "kdump/dump/kdump_wire.h"
#include "kdump/dump/snappy.h"

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef HAVE_LZO
#include <lzo/lzo1x.h>
#endif

struct unpacker {
#ifdef HAVE_ZLIB
	bool zlib_ready;
	z_stream zlib;
#endif
#ifdef HAVE_ZSTD
	ZSTD_DCtx *zstd;
#endif
	char unused; /* a build without any of them */
};

static void release(void *data, size_t size)
{
	struct unpacker *unpacker = data;

	(void)size;
	(void)unpacker;
#ifdef HAVE_ZLIB
	if (unpacker->zlib_ready)
		inflateEnd(&unpacker->zlib);
#endif
#ifdef HAVE_ZSTD
	ZSTD_freeDCtx(unpacker->zstd);
#endif
}

struct unpacker *unpacker_new(struct arena *arena)
{
	struct unpacker *unpacker = arena_alloc(arena, sizeof(*unpacker));

	arena_defer(arena, release, unpacker, sizeof(*unpacker));
	return unpacker;
}

const char *unpack_name(uint32_t flags)
{
	switch (flags) {
	case 0:
		return "none";
	case KDUMP_PAGE_ZLIB:
		return "zlib";
	case KDUMP_PAGE_LZO:
		return "lzo";
	case KDUMP_PAGE_SNAPPY:
		return "snappy";
	case KDUMP_PAGE_ZSTD:
		return "zstd";
	default:
		return "unknown";
	}
}

bool unpack_is_built(uint32_t flags)
{
	switch (flags) {
	case 0:
	case KDUMP_PAGE_SNAPPY:
#ifdef HAVE_ZLIB
	case KDUMP_PAGE_ZLIB:
#endif
#ifdef HAVE_LZO
	case KDUMP_PAGE_LZO:
#endif
#ifdef HAVE_ZSTD
	case KDUMP_PAGE_ZSTD:
#endif
		return true;
	default:
		return false;
	}
}

#if defined(HAVE_ZLIB) || defined(HAVE_ZSTD) || defined(HAVE_LZO)
static bool check_size(size_t found, size_t page_size, const char *name, struct err *err)
{
	if (found != page_size)
		return err_set(err, ERR_BAD_IMAGE, "its %s data unpacks to %zu bytes, expected %zu", name, found,
			       page_size);
	return true;
}
#endif

#ifdef HAVE_ZLIB
static bool unpack_zlib(struct unpacker *unpacker, struct blob packed, uint8_t *page, size_t page_size, struct err *err)
{
	z_stream *z = &unpacker->zlib;

	if (!unpacker->zlib_ready) {
		if (inflateInit(z) != Z_OK)
			return err_set(err, ERR_SYSTEM, "zlib cannot begin: out of memory");
		unpacker->zlib_ready = true;
	} else if (inflateReset(z) != Z_OK) {
		return err_set(err, ERR_INTERNAL, "zlib cannot begin again");
	}
	z->next_in = (z_const Bytef *)(uintptr_t)packed.data;
	z->avail_in = (uInt)packed.size;
	z->next_out = page;
	z->avail_out = (uInt)page_size;

	int result = inflate(z, Z_FINISH);

	if (result == Z_BUF_ERROR && z->avail_out == 0)
		return err_set(err, ERR_BAD_IMAGE, "its zlib data unpacks to more than a page of %zu bytes", page_size);
	if (result != Z_STREAM_END)
		return err_set(err, ERR_BAD_IMAGE, "its zlib data is damaged: %s", z->msg ? z->msg : "it ends early");
	return check_size(page_size - z->avail_out, page_size, "zlib", err);
}
#endif

#ifdef HAVE_ZSTD
static bool unpack_zstd(struct unpacker *unpacker, struct blob packed, uint8_t *page, size_t page_size, struct err *err)
{
	if (!unpacker->zstd)
		unpacker->zstd = ZSTD_createDCtx();
	if (!unpacker->zstd)
		return err_set(err, ERR_SYSTEM, "zstd cannot begin: out of memory");

	size_t got = ZSTD_decompressDCtx(unpacker->zstd, page, page_size, packed.data, packed.size);

	if (ZSTD_isError(got))
		return err_set(err, ERR_BAD_IMAGE, "its zstd data is damaged: %s", ZSTD_getErrorName(got));
	return check_size(got, page_size, "zstd", err);
}
#endif

#ifdef HAVE_LZO
static bool unpack_lzo(struct blob packed, uint8_t *page, size_t page_size, struct err *err)
{
	lzo_uint got = page_size;

	/* Checks that the library was built with the types of the header; keeps no state. */
	if (lzo_init() != LZO_E_OK)
		return err_set(err, ERR_SYSTEM, "liblzo2 is not of the version that this program was built with");

	int result = lzo1x_decompress_safe(packed.data, packed.size, page, &got, NULL);

	if (result != LZO_E_OK)
		return err_set(err, ERR_BAD_IMAGE, "its lzo data is damaged: liblzo2 error %d", result);
	return check_size(got, page_size, "lzo", err);
}
#endif

bool unpack_page(struct unpacker *unpacker, uint32_t flags, struct blob packed, uint8_t *page, size_t page_size,
		 struct err *err)
{
	(void)unpacker;
	switch (flags) {
	case 0:
		if (packed.size != page_size)
			return err_set(err, ERR_BAD_IMAGE, "it is not packed and has %zu bytes, expected %zu",
				       packed.size, page_size);
		memcpy(page, packed.data, page_size);
		return true;
#ifdef HAVE_ZLIB
	case KDUMP_PAGE_ZLIB:
		return unpack_zlib(unpacker, packed, page, page_size, err);
#endif
#ifdef HAVE_ZSTD
	case KDUMP_PAGE_ZSTD:
		return unpack_zstd(unpacker, packed, page, page_size, err);
#endif
#ifdef HAVE_LZO
	case KDUMP_PAGE_LZO:
		return unpack_lzo(packed, page, page_size, err);
#endif
	case KDUMP_PAGE_SNAPPY:
		return snappy_unpack(packed, page, page_size, err);
	default:
		break;
	}
	if (!strcmp(unpack_name(flags), "unknown"))
		return err_set(err, ERR_UNSUPPORTED,
			       "its flags are 0x%" PRIx32 ", expected 0 or one of 0x1 (zlib), 0x2 (lzo), 0x4 (snappy), "
			       "0x20 (zstd): it is damaged, or of a newer format",
			       flags);
	return err_set(err, ERR_UNSUPPORTED,
		       "it is packed with %s, which this program was built without; use one that was built with it",
		       unpack_name(flags));
}
