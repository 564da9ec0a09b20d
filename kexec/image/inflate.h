/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unpacking: a table of codecs, one small file for each. To add one: an enum codec in image.h, a file here
 * that defines its struct unpacker, a line in inflate.c.
 *
 * What may follow the packed data is the same for all of them and decided in one place (inflate_tail): more
 * members of the same kind, zeros to the end, or the unpacked size as 32 bits little endian, which the
 * kernel's build appends for its own decompressors (Linux 6.12 scripts/Makefile.lib, size_append).
 */
#ifndef IMAGE_INFLATE_H
#define IMAGE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "err.h"
#include "image.h"
#include "kexec/image/grow.h"

struct unpacker {
	enum codec codec;
	const char *name;    /* of the format */
	const char *library; /* that unpacks it */
	const char *option;  /* of configure, that turns it on */
	const char *tool;    /* a command that unpacks it, for those whose kexec cannot */
	bool has_magic;	     /* or else is recognised by plausibility alone, and tried last of all */

	/* Whether the file begins as this format does. */
	bool (*looks)(struct blob file);

	/* NULL where the library was missing when this program was built. Errors name no file. */
	bool (*unpack)(struct blob packed, struct growing *out, struct err *err);
};

/* The unpacker for this file, or NULL. Those without a magic are asked only on request. */
const struct unpacker *inflate_find(struct blob file, bool has_magic);

/* All of them, by number below inflate_count(): for messages and tests. */
const struct unpacker *inflate_at(size_t index);
size_t inflate_count(void);

/*
 * Unpacks into memory that the arena owns. Errors: ERR_BAD_IMAGE for damaged data, data that ends early,
 * bytes behind it that do not belong there, or none at all inside; ERR_NO_ROOM for more than `limit` bytes;
 * ERR_UNSUPPORTED without the library.
 */
bool inflate_run(const struct unpacker *unpacker, struct blob packed, uint64_t limit, struct arena *arena,
		 struct blob *out, struct err *err) ERR_CHECKED;

/* For the codecs' own files. */

enum step {
	STEP_GOING,
	STEP_END, /* of this member; *consumed ends behind it */
	STEP_BAD, /* *err says how */
};

struct step_io {
	const uint8_t *in;
	size_t in_size;
	uint8_t *out;
	size_t out_size;
	size_t consumed; /* set by the step */
	size_t produced; /* set by the step */
};

/* A library's decoder as a step that turns some input into some output. */
struct stepper {
	void *state;
	enum step (*step)(void *state, struct step_io *io, struct err *err);
	bool (*restart)(void *state, struct err *err); /* for the next member */
	bool (*looks)(struct blob file); /* whether this begins another member; NULL = there is none */
};

/* Runs the steps over all members: ends, bounds and what follows the data are checked here. */
bool inflate_steps(struct blob packed, struct growing *out, const struct stepper *stepper,
		   struct err *err) ERR_CHECKED;

enum tail {
	TAIL_END,
	TAIL_MORE, /* another member begins at *offset */
	TAIL_BAD,  /* *err says how */
};

/* What follows at *offset, after `unpacked` bytes in all. */
enum tail inflate_tail(struct blob packed, size_t *offset, uint64_t unpacked, bool (*looks)(struct blob file),
		       struct err *err);

/* "ends early": for every codec the same words. Returns false. */
bool inflate_cut_short(struct err *err, struct blob packed);

extern const struct unpacker gzip_unpacker;
extern const struct unpacker xz_unpacker;
extern const struct unpacker lzma_unpacker;
extern const struct unpacker zstd_unpacker;
extern const struct unpacker bzip2_unpacker;
extern const struct unpacker lz4_unpacker;

#endif
