/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 by FIPS 180-4, section 6.2. Freestanding: needs memcpy, memset and memcmp only.
 */
#include "sha256.h"

#include "bytes.h"
#include "purgatory/mem.h"
#include "purgatory/sha256_rounds.h"

static const uint32_t initial_state[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

const uint32_t sha256_round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

void sha256_blocks_portable(uint32_t state[8], const uint8_t *blocks, size_t count)
{
	sha256_rounds(state, blocks, count);
}

int sha256_known_answer(sha256_blocks_fn *blocks)
{
	/* FIPS 180-4's two-block example, as published in NIST's "SHA256.pdf" of example values. */
	static const char message[57] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	static const uint32_t answer[8] = {
		0x248d6a61, 0xd20638b8, 0xe5c02693, 0x0c3e6039, 0xa33ce459, 0x64ff2167, 0xf6ecedd4, 0x19db06c1,
	};
	uint8_t padded[2 * SHA256_BLOCK_SIZE];
	uint32_t state[8];

	memset(padded, 0, sizeof(padded));
	memcpy(padded, message, 56);
	padded[56] = 0x80;
	padded[126] = 56 * 8 >> 8;
	padded[127] = (uint8_t)(56 * 8);
	memcpy(state, initial_state, sizeof(state));
	blocks(state, padded, 2);
	return memcmp(state, answer, sizeof(state)) == 0;
}

void sha256_start(struct sha256 *sha, sha256_blocks_fn *blocks)
{
	memcpy(sha->state, initial_state, sizeof(sha->state));
	sha->length = 0;
	sha->blocks = blocks;
}

void sha256_add(struct sha256 *sha, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	size_t held = (size_t)(sha->length % SHA256_BLOCK_SIZE);

	if (!size)
		return;
	sha->length += size;
	if (held) {
		size_t missing = SHA256_BLOCK_SIZE - held;

		if (size < missing) {
			memcpy(sha->pending + held, bytes, size);
			return;
		}
		memcpy(sha->pending + held, bytes, missing);
		sha->blocks(sha->state, sha->pending, 1);
		bytes += missing;
		size -= missing;
	}
	if (size >= SHA256_BLOCK_SIZE) {
		sha->blocks(sha->state, bytes, size / SHA256_BLOCK_SIZE);
		bytes += size - size % SHA256_BLOCK_SIZE;
		size %= SHA256_BLOCK_SIZE;
	}
	memcpy(sha->pending, bytes, size);
}

void sha256_add_zeros(struct sha256 *sha, uint64_t size)
{
	static const uint8_t zeros[16 * SHA256_BLOCK_SIZE];

	while (size) {
		size_t part = size < sizeof(zeros) ? (size_t)size : sizeof(zeros);

		sha256_add(sha, zeros, part);
		size -= part;
	}
}

void sha256_finish(struct sha256 *sha, uint8_t digest[SHA256_DIGEST_SIZE])
{
	uint64_t bits = sha->length * 8;
	size_t held = (size_t)(sha->length % SHA256_BLOCK_SIZE);
	struct be64 length = be64_make(bits);

	sha->pending[held++] = 0x80;
	if (held > SHA256_BLOCK_SIZE - sizeof(length)) {
		memset(sha->pending + held, 0, SHA256_BLOCK_SIZE - held);
		sha->blocks(sha->state, sha->pending, 1);
		held = 0;
	}
	memset(sha->pending + held, 0, SHA256_BLOCK_SIZE - sizeof(length) - held);
	memcpy(sha->pending + SHA256_BLOCK_SIZE - sizeof(length), &length, sizeof(length));
	sha->blocks(sha->state, sha->pending, 1);
	for (unsigned int i = 0; i < 8; i++) {
		struct be32 word = be32_make(sha->state[i]);

		memcpy(digest + 4 * i, &word, sizeof(word));
	}
}
