/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 by the SHA extensions: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2,
 * SHA256RNDS2, SHA256MSG1, SHA256MSG2. The two registers of SHA256RNDS2 hold A B E F and C D G H, highest
 * word first; each use computes two rounds and gives the new A B E F, and the old one is the new C D G H.
 */
#include "sha256.h"

#include <immintrin.h>

#include "purgatory/sha256_rounds.h"

#define FOUR_ROUNDS(words, i)                                                                             \
	do {                                                                                              \
		__m128i sum = _mm_add_epi32(words, _mm_loadu_si128((const __m128i *)(const void *)        \
								   &sha256_round_constants[4 * (i)]));    \
                                                                                                          \
		cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);                                            \
		abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));                   \
	} while (0)

/* Four words of the message, in the order of their index from the lowest lane up. */
#define FIRST(words, i)                                                                                   \
	do {                                                                                              \
		words = _mm_loadu_si128((const __m128i *)(const void *)(blocks + 16 * (i)));              \
		words = _mm_shuffle_epi8(words, swap_bytes);                                              \
		FOUR_ROUNDS(words, i);                                                                    \
	} while (0)

/* a becomes the four words that follow a, b, c and d. */
#define NEXT(a, b, c, d, i)                                                                               \
	do {                                                                                              \
		a = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));                  \
		a = _mm_sha256msg2_epu32(a, d);                                                           \
		FOUR_ROUNDS(a, i);                                                                        \
	} while (0)

__attribute__((target("sha,sse4.1"))) void sha256_blocks_sha_ni(uint32_t state[8], const uint8_t *blocks,
								size_t count)
{
	const __m128i swap_bytes = _mm_set_epi64x(INT64_C(0x0c0d0e0f08090a0b), INT64_C(0x0405060700010203));
	__m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)&state[0]), 0xb1);
	__m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)&state[4]), 0x1b);
	__m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
	__m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);

	for (; count; count--, blocks += SHA256_BLOCK_SIZE) {
		const __m128i abef_before = abef, cdgh_before = cdgh;
		__m128i a, b, c, d;

		FIRST(a, 0);
		FIRST(b, 1);
		FIRST(c, 2);
		FIRST(d, 3);
		NEXT(a, b, c, d, 4);
		NEXT(b, c, d, a, 5);
		NEXT(c, d, a, b, 6);
		NEXT(d, a, b, c, 7);
		NEXT(a, b, c, d, 8);
		NEXT(b, c, d, a, 9);
		NEXT(c, d, a, b, 10);
		NEXT(d, a, b, c, 11);
		NEXT(a, b, c, d, 12);
		NEXT(b, c, d, a, 13);
		NEXT(c, d, a, b, 14);
		NEXT(d, a, b, c, 15);
		abef = _mm_add_epi32(abef, abef_before);
		cdgh = _mm_add_epi32(cdgh, cdgh_before);
	}

	__m128i feba = _mm_shuffle_epi32(abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);

	_mm_storeu_si128((__m128i *)(void *)&state[0], _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)&state[4], _mm_alignr_epi8(dchg, feba, 8));
}
