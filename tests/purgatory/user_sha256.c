/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads standard input, writes its SHA-256 by the purgatory's own choice and by the portable code. For s390x
 * Linux.
 */
#include <stdio.h>
#include <string.h>

#include "sha256.h"

static void show(const uint8_t digest[SHA256_DIGEST_SIZE])
{
	for (int i = 0; i < SHA256_DIGEST_SIZE; i++)
		printf("%02x", digest[i]);
	putchar('\n');
}

int main(void)
{
	struct sha256 best, portable;
	uint8_t part[1013], digest[SHA256_DIGEST_SIZE];
	size_t size;

	sha256_start(&best, sha256_best());
	sha256_start(&portable, sha256_blocks_portable);
	while ((size = fread(part, 1, sizeof(part), stdin)) > 0) {
		sha256_add(&best, part, size);
		sha256_add(&portable, part, size);
	}
	sha256_finish(&best, digest);
	show(digest);
	sha256_finish(&portable, digest);
	show(digest);
	return 0;
}
