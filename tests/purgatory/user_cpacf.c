/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our side of KIMD: what sha256_blocks_cpacf() hands to the instruction, and that it goes on where that was interrupted.
 * Where the CPU has no SHA-256 (emulators), the exception's handler does the instruction's work, by its definition:
 * block by block from the registers of the interrupted program, with condition code 3 while blocks are left.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "sha256.h"

#define CONDITION_CODE_AT 44
#define BLOCKS_AT_ONCE 3

static volatile sig_atomic_t emulated;

static int is_kimd(const uint8_t *instruction)
{
	return instruction[0] == 0xb9 && instruction[1] == 0x3e;
}

static void do_kimd(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	unsigned long *r = (unsigned long *)u->uc_mcontext.gregs;
	const uint8_t *instruction = (const uint8_t *)u->uc_mcontext.psw.addr;
	size_t blocks = r[3] / SHA256_BLOCK_SIZE;

	(void)number;
	(void)info;
	/* The address is that of the instruction or of the next one, as the exception nullifies or suppresses. */
	if (is_kimd(instruction))
		u->uc_mcontext.psw.addr += 4;
	else if (!is_kimd(instruction - 4))
		_Exit(3);
	if (r[0] != 2 || r[3] % SHA256_BLOCK_SIZE)
		_Exit(4);
	if (blocks > BLOCKS_AT_ONCE)
		blocks = BLOCKS_AT_ONCE;
	sha256_blocks_portable((uint32_t *)r[1], (const uint8_t *)r[2], blocks);
	r[2] += blocks * SHA256_BLOCK_SIZE;
	r[3] -= blocks * SHA256_BLOCK_SIZE;
	u->uc_mcontext.psw.mask &= ~(3ul << CONDITION_CODE_AT);
	if (r[3])
		u->uc_mcontext.psw.mask |= 3ul << CONDITION_CODE_AT;
	emulated++;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = do_kimd, .sa_flags = SA_SIGINFO };
	static uint8_t data[40 * SHA256_BLOCK_SIZE];
	int present = sha256_cpacf_present();

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 >> 2);
	sigaction(SIGILL, &action, NULL);
	for (size_t count = 0; count <= 40; count++) {
		uint32_t expected[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, found[8];

		memcpy(found, expected, sizeof(found));
		sha256_blocks_portable(expected, data, count);
		sha256_blocks_cpacf(found, data, count);
		if (memcmp(expected, found, sizeof(found)) != 0) {
			printf("%zu blocks: wrong\n", count);
			return 1;
		}
	}
	if (!sha256_known_answer(sha256_blocks_cpacf)) {
		printf("the known answer is not given\n");
		return 1;
	}
	if (present == (emulated > 0)) {
		printf("the query says %d, yet %d instructions were not there\n", present, (int)emulated);
		return 1;
	}
	printf("%s\n", present ? "by the CPU" : "instruction emulated by the test");
	return 0;
}
