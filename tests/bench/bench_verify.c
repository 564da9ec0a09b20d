/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long the verification of a purgatory takes with each SHA-256 that this CPU has. For each line that is read, one
 * verification with each of them, and one line "NAME SECONDS NAME SECONDS..." of CPU time: verify.py measures another
 * program in turns with this one. A run counts only if it finds what is intact intact, and before all a flipped bit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "purgatory/env.h"
#include "purgatory_abi.h"

#define SIZE (UINT64_C(24) << 20) /* verify.py and reference_verify.c say the same */
#define FIRST_SIZE (UINT64_C(1) << 20) /* a region of its own: damage in it is found soon */
#define PARAMS_OFFSET 80
#define MEMORY_SIZE 304

struct loaded {
	uint8_t image[MEMORY_SIZE];
	struct purgatory_region regions[2];
};

static const uint8_t *map(const void *cookie, uint64_t address, uint64_t *length)
{
	(void)cookie;
	(void)length;
	return (const uint8_t *)(uintptr_t)address;
}

static struct purgatory_region describe(const uint8_t *data, uint64_t size)
{
	struct purgatory_region region = {
		.start = raw64_make((uintptr_t)data, ORDER_LITTLE),
		.length = raw64_make(size, ORDER_LITTLE),
		.flags = raw32_make(PURGATORY_REGION_HASHED, ORDER_LITTLE),
	};
	struct sha256 sha;

	sha256_start(&sha, sha256_best());
	sha256_add(&sha, data, (size_t)size);
	sha256_finish(&sha, region.sha256);
	return region;
}

static void load(struct loaded *loaded, const uint8_t *data)
{
	struct purgatory_header *header = (struct purgatory_header *)loaded->image;
	struct purgatory_params *params = (struct purgatory_params *)(loaded->image + PARAMS_OFFSET);

	memset(loaded, 0, sizeof(*loaded));
	header->memory_size = raw64_make(MEMORY_SIZE, ORDER_LITTLE);
	header->params_offset = raw64_make(PARAMS_OFFSET, ORDER_LITTLE);
	header->params_size = raw64_make(sizeof(*params), ORDER_LITTLE);
	loaded->regions[0] = describe(data, FIRST_SIZE);
	loaded->regions[1] = describe(data + FIRST_SIZE, SIZE - FIRST_SIZE);
	params->regions_offset = raw64_make(MEMORY_SIZE, ORDER_LITTLE);
	params->region_count = raw32_make(2, ORDER_LITTLE);
	params->region_size = raw32_make(sizeof(loaded->regions[0]), ORDER_LITTLE);
	params->segment_size = raw64_make(sizeof(*loaded), ORDER_LITTLE);
	purgatory_digest(params, loaded->regions, sizeof(loaded->regions), sha256_best(), params->digest);
}

/* Returns seconds, and ends the program where the result is not this one. */
static double verify(struct loaded *loaded, struct sha256_choice choice, uint32_t expected)
{
	const struct purgatory_memory memory = { .order = ORDER_LITTLE, .map = map };
	struct timespec begin, end;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);

	struct purgatory_verdict verdict = purgatory_verify(loaded->image, sizeof(*loaded),
							    (uint64_t)(uintptr_t)loaded, &memory, choice.blocks);

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	if (verdict.result != expected) {
		fprintf(stderr, "bench_verify: %s: result %u, expected %u\n", choice.name, verdict.result, expected);
		exit(1);
	}
	return (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) * 1e-9;
}

int main(void)
{
	uint8_t *data = malloc(SIZE);
	struct loaded loaded;
	char line[16];

	if (!data) {
		fprintf(stderr, "bench_verify: no memory for %llu bytes\n", (unsigned long long)SIZE);
		return 1;
	}
	for (uint64_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
	load(&loaded, data);
	for (unsigned int i = 0; sha256_choice(i).name; i++) {
		data[FIRST_SIZE / 2] ^= 1;
		verify(&loaded, sha256_choice(i), PURGATORY_RESULT_REGION_DAMAGED);
		data[FIRST_SIZE / 2] ^= 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		for (unsigned int i = 0; sha256_choice(i).name; i++)
			printf("%s%s %.6f", i ? " " : "", sha256_choice(i).name,
			       verify(&loaded, sha256_choice(i), PURGATORY_RESULT_INTACT));
		printf("\n");
		fflush(stdout);
	}
	free(data);
	return 0;
}
