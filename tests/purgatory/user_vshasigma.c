/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vshasigma against the portable code: each number of blocks, at each place that a block may lie at, from a state that is
 * no SHA-256's own; then the digest of standard input by the choice of a host program. For Linux on Power.
 */
#include <stdio.h>
#include <string.h>

#include "sha256.h"

#define BLOCKS 40

static int compare(void)
{
	static uint8_t data[BLOCKS * SHA256_BLOCK_SIZE + 16];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 >> 2);
	for (size_t count = 0; count <= BLOCKS; count++) {
		uint32_t expected[8] = { 1, 0x80000002, 3, 0xfffffffc, 5, 6, 7, 8 }, found[8];
		size_t place = count % 16;

		memcpy(found, expected, sizeof(found));
		sha256_blocks_portable(expected, data + place, count);
		sha256_blocks_vshasigma(found, data + place, count);
		if (memcmp(expected, found, sizeof(found)) != 0) {
			fprintf(stderr, "%zu blocks at %zu: wrong\n", count, place);
			return 1;
		}
	}
	if (!sha256_known_answer(sha256_blocks_vshasigma)) {
		fprintf(stderr, "the known answer is not given\n");
		return 1;
	}
	return 0;
}

/* The argument is the name of the choice that this CPU is expected to get. */
int main(int argc, char **argv)
{
	struct sha256_choice choice = sha256_choice(0);
	uint8_t part[1013], digest[SHA256_DIGEST_SIZE];
	struct sha256 sha;
	size_t size;

	if (argc != 2 || strcmp(choice.name, argv[1]) != 0) {
		fprintf(stderr, "the choice is %s\n", choice.name);
		return 1;
	}
	if (choice.blocks == sha256_blocks_vshasigma && compare() != 0)
		return 1;
	if (sha256_best() != choice.blocks) {
		fprintf(stderr, "%s is not taken\n", choice.name);
		return 1;
	}
	sha256_start(&sha, choice.blocks);
	while ((size = fread(part, 1, sizeof(part), stdin)) > 0)
		sha256_add(&sha, part, size);
	sha256_finish(&sha, digest);
	for (int i = 0; i < SHA256_DIGEST_SIZE; i++)
		printf("%02x", digest[i]);
	putchar('\n');
	return 0;
}
