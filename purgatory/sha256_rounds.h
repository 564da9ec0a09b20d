/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The compression function of SHA-256 in C, to be instantiated: once as it is, and again where the same C
 * becomes faster for CPUs with further instructions.
 */
#ifndef SHA256_ROUNDS_H
#define SHA256_ROUNDS_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "sha256.h"

/* FIPS 180-4, section 4.2.2. In sha256.c. */
extern const uint32_t sha256_round_constants[64];

static inline uint32_t sha256_rotate(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

/*
 * FIPS 180-4 names three rotations of the same word for each of these. Nested, each rotates in place: one
 * register and one copy less on two-operand machines.
 */
static inline uint32_t sha256_sum_a(uint32_t x)
{
	return sha256_rotate(sha256_rotate(sha256_rotate(x, 9) ^ x, 11) ^ x, 2);
}

static inline uint32_t sha256_sum_e(uint32_t x)
{
	return sha256_rotate(sha256_rotate(sha256_rotate(x, 14) ^ x, 5) ^ x, 6);
}

static inline uint32_t sha256_sigma0(uint32_t x)
{
	return sha256_rotate(sha256_rotate(x, 11) ^ x, 7) ^ x >> 3;
}

static inline uint32_t sha256_sigma1(uint32_t x)
{
	return sha256_rotate(sha256_rotate(x, 2) ^ x, 17) ^ x >> 10;
}

/* Maj as b ^ ((a ^ b) & (b ^ c)): the next round's b ^ c is this round's a ^ b. */
#define SHA256_ROUND(a, b, c, d, e, f, g, h, word, constant)                             \
	do {                                                                             \
		uint32_t a_b = a ^ b;                                                    \
                                                                                         \
		h += sha256_sum_e(e) + (g ^ (e & (f ^ g))) + (constant) + (word);        \
		d += h;                                                                  \
		h += sha256_sum_a(a) + (b ^ (a_b & b_c));                                \
		b_c = a_b;                                                               \
	} while (0)

#define SHA256_FIRST(i) \
	(w[i] = be32_get((struct be32){ { blocks[4 * (i)], blocks[4 * (i) + 1], blocks[4 * (i) + 2], \
					  blocks[4 * (i) + 3] } }))

#define SHA256_NEXT(i) \
	(w[i] += sha256_sigma0(w[((i) + 1) & 15]) + w[((i) + 9) & 15] + sha256_sigma1(w[((i) + 14) & 15]))

/* Eight rounds bring each variable back to its name. */
#define SHA256_EIGHT_ROUNDS(WORD, i, k)                                       \
	do {                                                                  \
		SHA256_ROUND(a, b, c, d, e, f, g, h, WORD((i) + 0), (k)[0]);  \
		SHA256_ROUND(h, a, b, c, d, e, f, g, WORD((i) + 1), (k)[1]);  \
		SHA256_ROUND(g, h, a, b, c, d, e, f, WORD((i) + 2), (k)[2]);  \
		SHA256_ROUND(f, g, h, a, b, c, d, e, WORD((i) + 3), (k)[3]);  \
		SHA256_ROUND(e, f, g, h, a, b, c, d, WORD((i) + 4), (k)[4]);  \
		SHA256_ROUND(d, e, f, g, h, a, b, c, WORD((i) + 5), (k)[5]);  \
		SHA256_ROUND(c, d, e, f, g, h, a, b, WORD((i) + 6), (k)[6]);  \
		SHA256_ROUND(b, c, d, e, f, g, h, a, WORD((i) + 7), (k)[7]);  \
	} while (0)

static inline __attribute__((always_inline)) void sha256_rounds(uint32_t state[8], const uint8_t *blocks,
								size_t count)
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

	for (; count; count--, blocks += SHA256_BLOCK_SIZE) {
		uint32_t w[16];
		uint32_t b_c = b ^ c;

		SHA256_EIGHT_ROUNDS(SHA256_FIRST, 0, sha256_round_constants);
		SHA256_EIGHT_ROUNDS(SHA256_FIRST, 8, sha256_round_constants + 8);
		for (unsigned int i = 16; i < 64; i += 16) {
			SHA256_EIGHT_ROUNDS(SHA256_NEXT, 0, sha256_round_constants + i);
			SHA256_EIGHT_ROUNDS(SHA256_NEXT, 8, sha256_round_constants + i + 8);
		}
		a = state[0] += a;
		b = state[1] += b;
		c = state[2] += c;
		d = state[3] += d;
		e = state[4] += e;
		f = state[5] += f;
		g = state[6] += g;
		h = state[7] += h;
	}
}

#endif
