/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same measurement as bench_verify.c's for the purgatory of kexec-tools: linked with objects that verify.py
 * compiles from its source, whose headers are in the include path then.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../kexec/kexec-sha256.h"

#include "sha256.h"

#define SIZE ((size_t)24 << 20)

extern struct sha256_region sha256_regions[SHA256_REGIONS];
extern sha256_digest_t sha256_digest;
int verify_sha256_digest(void);
void setup_arch(void);
void post_verification_setup_arch(void);

void setup_arch(void)
{
}

void post_verification_setup_arch(void)
{
}

static int verify(double *seconds)
{
	struct timespec begin, end;
	int result;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	result = verify_sha256_digest();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	*seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) * 1e-9;
	return result;
}

int main(void)
{
	uint8_t *data = malloc(SIZE);
	sha256_context context;
	double seconds;
	char line[16];

	if (!data)
		return 1;
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
	sha256_starts(&context);
	sha256_update(&context, data, SIZE);
	sha256_finish(&context, sha256_digest);
	sha256_regions[0].start = (uintptr_t)data;
	sha256_regions[0].len = SIZE;
	while (fgets(line, sizeof(line), stdin)) {
		if (verify(&seconds) != 0) {
			fprintf(stderr, "reference_verify: it takes for damaged what is not\n");
			return 1;
		}
		printf("reference %.6f\n", seconds);
		fflush(stdout);
	}
	free(data);
	return 0;
}
