/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 by vshasigmaw, which computes the four sigma functions of FIPS 180-4, section 4.1.2, in each word of a vector
 * (Power ISA 2.07, book I, "Vector SHA-256 Sigma Word"). Four words of the message schedule are made at a time; of the
 * working variables all four words of a vector are the same.
 */
#include "sha256.h"

#include <altivec.h>
#undef vector
#undef bool
#undef pixel

#include "bytes.h"
#include "purgatory/sha256_rounds.h"

typedef __vector unsigned int words;

#if defined(__clang__)
#define SHUFFLE(x, y, a, b, c, d) __builtin_shufflevector(x, y, a, b, c, d)
#else
#define SHUFFLE(x, y, a, b, c, d) ((words)__builtin_shuffle(x, y, (words){ a, b, c, d }))
#endif

/*
 * By its number: assemblers want to be told of the CPU first, each in its own way. Upper case sigma has 1 as `upper`;
 * of `which`, each bit is a word: 0 for sigma 0, 1 for sigma 1.
 */
#define VSHASIGMAW(x, upper, which)                                                                     \
	__extension__({                                                                                 \
		words result_;                                                                          \
                                                                                                        \
		__asm__(".long 0x10000682 | %0 << 21 | %1 << 16 | %2 << 15 | %3 << 11"                  \
			: "=v"(result_)                                                                 \
			: "v"(x), "i"(upper), "i"(which));                                              \
		result_;                                                                                \
	})

#define SUM_A(x) VSHASIGMAW(x, 1, 0)
#define SUM_E(x) VSHASIGMAW(x, 1, 15)
#define SIGMA0(x) VSHASIGMAW(x, 0, 0)
#define SIGMA1(x) VSHASIGMAW(x, 0, 15)

/* Maj chooses c where a and b differ, else b. */
#define ROUND(a, b, c, d, e, f, g, h, prepared, i)                            \
	do {                                                                  \
		h += SUM_E(e) + vec_sel(g, f, e) + vec_splat(prepared, i);    \
		d += h;                                                       \
		h += SUM_A(a) + vec_sel(b, c, a ^ b);                         \
	} while (0)

/* Four rounds move each variable four names on; two such bring all back. */
#define FOUR_ROUNDS(a, b, c, d, e, f, g, h, prepared)                         \
	do {                                                                  \
		words prepared_ = prepared;                                   \
                                                                              \
		ROUND(a, b, c, d, e, f, g, h, prepared_, 0);                  \
		ROUND(h, a, b, c, d, e, f, g, prepared_, 1);                  \
		ROUND(g, h, a, b, c, d, e, f, prepared_, 2);                  \
		ROUND(f, g, h, a, b, c, d, e, prepared_, 3);                  \
	} while (0)

static inline words load_constants(unsigned int i)
{
	const uint32_t *k = sha256_round_constants + i;

	return (words){ k[0], k[1], k[2], k[3] };
}

static inline words load_block(const uint8_t *bytes)
{
	words w = { 0, 0, 0, 0 };

	for (unsigned int i = 0; i < 4; i++)
		w[i] = be32_get((struct be32){
			{ bytes[4 * i], bytes[4 * i + 1], bytes[4 * i + 2], bytes[4 * i + 3] } });
	return w;
}

/* The four words that follow those of a, b, c and d. The last two of them need the first two. */
static inline words next(words a, words b, words c, words d)
{
	words known = a + SIGMA0(SHUFFLE(a, b, 1, 2, 3, 4)) + SHUFFLE(c, d, 1, 2, 3, 4);
	words first = known + SIGMA1(SHUFFLE(d, d, 2, 3, 2, 3));
	words last = known + SIGMA1(SHUFFLE(first, first, 0, 1, 0, 1));

	return SHUFFLE(first, last, 0, 1, 6, 7);
}

void sha256_blocks_vshasigma(uint32_t state[8], const uint8_t *blocks, size_t count)
{
	words a = vec_splats(state[0]), b = vec_splats(state[1]), c = vec_splats(state[2]), d = vec_splats(state[3]);
	words e = vec_splats(state[4]), f = vec_splats(state[5]), g = vec_splats(state[6]), h = vec_splats(state[7]);

	for (; count; count--, blocks += SHA256_BLOCK_SIZE) {
		const words before[8] = { a, b, c, d, e, f, g, h };
		words w0 = load_block(blocks), w1 = load_block(blocks + 16);
		words w2 = load_block(blocks + 32), w3 = load_block(blocks + 48);

		for (unsigned int i = 0;; i += 16) {
			FOUR_ROUNDS(a, b, c, d, e, f, g, h, w0 + load_constants(i));
			FOUR_ROUNDS(e, f, g, h, a, b, c, d, w1 + load_constants(i + 4));
			FOUR_ROUNDS(a, b, c, d, e, f, g, h, w2 + load_constants(i + 8));
			FOUR_ROUNDS(e, f, g, h, a, b, c, d, w3 + load_constants(i + 12));
			if (i == 48)
				break;
			w0 = next(w0, w1, w2, w3);
			w1 = next(w1, w2, w3, w0);
			w2 = next(w2, w3, w0, w1);
			w3 = next(w3, w0, w1, w2);
		}
		a += before[0];
		b += before[1];
		c += before[2];
		d += before[3];
		e += before[4];
		f += before[5];
		g += before[6];
		h += before[7];
	}
	state[0] = a[0];
	state[1] = b[0];
	state[2] = c[0];
	state[3] = d[0];
	state[4] = e[0];
	state[5] = f[0];
	state[6] = g[0];
	state[7] = h[0];
}
