/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4), one source for the tool, for its tests and for every purgatory. Freestanding; the
 * context holds no pointer into itself and may be copied.
 */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_DIGEST_SIZE 32
#define SHA256_BLOCK_SIZE 64

/* Consumes `count` whole blocks into the state (eight native words, FIPS 180-4 order). */
typedef void sha256_blocks_fn(uint32_t state[8], const uint8_t *blocks, size_t count);

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes so far */
	uint8_t pending[SHA256_BLOCK_SIZE];
	sha256_blocks_fn *blocks;
};

/* The portable one: right on every machine, and the reference of the tests. */
void sha256_blocks_portable(uint32_t state[8], const uint8_t *blocks, size_t count);

/*
 * The fastest one that this CPU has and that gave the right answer to a known question just now; else the
 * portable one. Implemented once for each environment (purgatory/arch/<arch>/sha256_select.c,
 * kexec/base/sha256_select.c).
 */
sha256_blocks_fn *sha256_best(void);

/* Whether `blocks` computes the FIPS 180-4 example over several blocks rightly. For sha256_best(). */
int sha256_known_answer(sha256_blocks_fn *blocks);

/*
 * Those for particular CPUs. Each exists in builds for that CPU alone, and only a selector knows whether it
 * may be called: the instructions may be missing.
 */
void sha256_blocks_bmi2(uint32_t state[8], const uint8_t *blocks, size_t count);   /* x86-64 */
void sha256_blocks_sha_ni(uint32_t state[8], const uint8_t *blocks, size_t count); /* x86-64 */
void sha256_blocks_cpacf(uint32_t state[8], const uint8_t *blocks, size_t count);  /* s390x */
int sha256_cpacf_present(void);							    /* s390x */
void sha256_blocks_vshasigma(uint32_t state[8], const uint8_t *blocks, size_t count); /* Power, both orders */

struct sha256_choice {
	const char *name;
	sha256_blocks_fn *blocks;
};

/*
 * Host only: number `index`, fastest first, of those that this CPU has; the last is the portable one, after
 * it comes { NULL, NULL }. For sha256_best() and tests; not yet asked for the known answer.
 */
struct sha256_choice sha256_choice(unsigned int index);

void sha256_start(struct sha256 *sha, sha256_blocks_fn *blocks);
void sha256_add(struct sha256 *sha, const void *data, size_t size);

/* As sha256_add of `size` zero bytes, without reading any. */
void sha256_add_zeros(struct sha256 *sha, uint64_t size);
void sha256_finish(struct sha256 *sha, uint8_t digest[SHA256_DIGEST_SIZE]);

#endif
