/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/pack.h"

#include <string.h>

#include "config.h"

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#define ZLIB_LEVEL_MIN 1
#define ZLIB_LEVEL_MAX 9
#define ZLIB_WINDOW_MIN 9
#define ZLIB_WINDOW_MAX 15
#define ZLIB_MEMORY 8

/* Faster levels than this pack worse than they save. */
#define ZSTD_LEVEL_MIN (-7)
#define ZSTD_LEVEL_MAX 19
#define ZSTD_WINDOW_MIN 10

struct packer {
	enum write_packing packing;
	size_t page_size;
	size_t bound;
	size_t memory;
#ifdef HAVE_ZLIB
	z_stream zlib;
#endif
#ifdef HAVE_ZSTD
	ZSTD_CCtx *zstd;
#endif
};

bool write_packing_is_built(enum write_packing packing)
{
	switch (packing) {
	case WRITE_PLAIN:
		return true;
	case WRITE_ZLIB:
#ifdef HAVE_ZLIB
		return true;
#else
		return false;
#endif
	case WRITE_ZSTD:
#ifdef HAVE_ZSTD
		return true;
#else
		return false;
#endif
	}
	return false;
}

uint32_t pack_flag(enum write_packing packing)
{
	switch (packing) {
	case WRITE_PLAIN:
		break;
	case WRITE_ZLIB:
		return DUMP_STATUS_ZLIB;
	case WRITE_ZSTD:
		return DUMP_STATUS_ZSTD;
	}
	return 0;
}

bool pack_check(enum write_packing packing, int level, struct err *err)
{
	const char *name = packing == WRITE_ZLIB ? "zlib" : "zstd";
	int min = packing == WRITE_ZLIB ? ZLIB_LEVEL_MIN : ZSTD_LEVEL_MIN;
	int max = packing == WRITE_ZLIB ? ZLIB_LEVEL_MAX : ZSTD_LEVEL_MAX;

	if (packing == WRITE_PLAIN)
		return true;
	if (!write_packing_is_built(packing))
		return err_set(err, ERR_UNSUPPORTED,
			       "this program was built without %s: choose another packing, or none", name);
	if (level < min || level > max || (packing == WRITE_ZSTD && level == 0))
		return err_set(err, ERR_USAGE, "%s has no level %d here: %d to %d%s", name, level, min, max,
			       packing == WRITE_ZSTD ? ", without 0" : "");
	return true;
}

#ifdef HAVE_ZLIB
static void close_zlib(void *data, size_t size)
{
	(void)size;
	deflateEnd(data);
}

static bool open_zlib(struct packer *packer, struct arena *arena, int level, unsigned int shift, struct err *err)
{
	int window = shift < ZLIB_WINDOW_MIN ? ZLIB_WINDOW_MIN : shift > ZLIB_WINDOW_MAX ? ZLIB_WINDOW_MAX : (int)shift;

	if (deflateInit2(&packer->zlib, level, Z_DEFLATED, window, ZLIB_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(err, ERR_SYSTEM, "cannot get memory for zlib");
	/* What its manual gives as the need of these two numbers. */
	packer->memory = ((size_t)1 << (window + 2)) + ((size_t)1 << (ZLIB_MEMORY + 9));
	arena_defer(arena, close_zlib, &packer->zlib, 0);
	return true;
}

static size_t zlib_page(struct packer *packer, const uint8_t *page, uint8_t *out)
{
	z_stream *zlib = &packer->zlib;

	if (deflateReset(zlib) != Z_OK)
		return 0;
	zlib->next_in = (z_const Bytef *)page;
	zlib->avail_in = (uInt)packer->page_size;
	zlib->next_out = out;
	zlib->avail_out = (uInt)packer->bound;
	return deflate(zlib, Z_FINISH) == Z_STREAM_END ? packer->bound - zlib->avail_out : 0;
}
#endif

#ifdef HAVE_ZSTD
static void close_zstd(void *data, size_t size)
{
	(void)size;
	ZSTD_freeCCtx(data);
}

/* A window of one page: without it, a context takes eight times the memory. */
static bool open_zstd(struct packer *packer, struct arena *arena, int level, unsigned int shift, struct err *err)
{
	int window = shift < ZSTD_WINDOW_MIN ? ZSTD_WINDOW_MIN : (int)shift;

	packer->zstd = ZSTD_createCCtx();
	if (!packer->zstd)
		return err_set(err, ERR_SYSTEM, "cannot get memory for zstd");
	arena_defer(arena, close_zstd, packer->zstd, 0);
	if (ZSTD_isError(ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_compressionLevel, level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_windowLog, window)))
		return err_set(err, ERR_UNSUPPORTED, "this zstd library refuses level %d with a window of 2^%d bytes", level,
			       window);
	return true;
}

static size_t zstd_page(struct packer *packer, const uint8_t *page, uint8_t *out)
{
	size_t size = ZSTD_compress2(packer->zstd, out, packer->bound, page, packer->page_size);

	return ZSTD_isError(size) ? 0 : size;
}
#endif

bool pack_open(struct packer **out, struct arena *arena, enum write_packing packing, int level, size_t page_size,
	       struct err *err)
{
	struct packer *packer = arena_alloc(arena, sizeof(*packer));
	unsigned int shift = (unsigned int)__builtin_ctzll(page_size);

	*packer = (struct packer){ .packing = packing, .page_size = page_size };
	packer->bound = pack_bound(packing, page_size);
	*out = packer;
#ifdef HAVE_ZLIB
	if (packing == WRITE_ZLIB)
		return open_zlib(packer, arena, level, shift, err);
#endif
#ifdef HAVE_ZSTD
	if (packing == WRITE_ZSTD)
		return open_zstd(packer, arena, level, shift, err);
#endif
	(void)level;
	(void)shift;
	(void)err;
	return true;
}

/* With room for their worst case, both libraries take faster ways. */
size_t pack_bound(enum write_packing packing, size_t page_size)
{
#ifdef HAVE_ZLIB
	if (packing == WRITE_ZLIB)
		return compressBound((uLong)page_size);
#endif
#ifdef HAVE_ZSTD
	if (packing == WRITE_ZSTD)
		return ZSTD_compressBound(page_size);
#endif
	(void)packing;
	return page_size;
}

size_t pack_page(struct packer *packer, const uint8_t *page, uint8_t *out)
{
	size_t size = 0;

#ifdef HAVE_ZLIB
	if (packer->packing == WRITE_ZLIB)
		size = zlib_page(packer, page, out);
#endif
#ifdef HAVE_ZSTD
	if (packer->packing == WRITE_ZSTD)
		size = zstd_page(packer, page, out);
#endif
	if (size && size < packer->page_size)
		return size;
	memcpy(out, page, packer->page_size);
	return packer->page_size;
}

size_t pack_memory(const struct packer *packer)
{
#ifdef HAVE_ZSTD
	if (packer->packing == WRITE_ZSTD)
		return ZSTD_sizeof_CCtx(packer->zstd);
#endif
	return packer->memory;
}

/* Most pages that are not zero show it in their first bytes; for the others memcmp(3) is the fastest loop there is. */
bool pack_is_zero(const uint8_t *page, size_t page_size)
{
	static const uint8_t zeros[64];

	return memcmp(page, zeros, sizeof(zeros)) == 0 && memcmp(page, page + 64, page_size - 64) == 0;
}
