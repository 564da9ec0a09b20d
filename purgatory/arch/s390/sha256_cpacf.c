/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 by the message-security assist: KIMD, function code 2 (Principles of Operation, SA22-7832, chapter
 * 7, "COMPUTE INTERMEDIATE MESSAGE DIGEST"). Not privileged, and in a purgatory its addresses are real ones.
 */
#include "sha256.h"

#define FACILITY_MSA 17
#define FUNCTION_QUERY 0
#define FUNCTION_SHA_256 2

/* STORE FACILITY LIST EXTENDED: with z10, for which all this is built, it is always there. */
static int has_facility(unsigned int number)
{
	uint64_t list[2] = { 0, 0 };
	register uint64_t most __asm__("0") = sizeof(list) / sizeof(list[0]) - 1;

	__asm__ volatile(".insn s,0xb2b00000,%1" : "+d"(most), "=Q"(list) : : "cc", "memory");
	return (list[number / 64] >> (63 - number % 64) & 1) != 0;
}

int sha256_cpacf_present(void)
{
	uint8_t functions[16] = { 0 };

	if (!has_facility(FACILITY_MSA))
		return 0;

	register uint64_t function __asm__("0") = FUNCTION_QUERY;
	register uint8_t *block __asm__("1") = functions;

	__asm__ volatile(".insn rre,0xb93e0000,0,2" : : "d"(function), "a"(block) : "cc", "memory");
	return functions[FUNCTION_SHA_256 / 8] >> (7 - FUNCTION_SHA_256 % 8) & 1;
}

/* The parameter block is the state as it is: eight words, in the order of this machine. */
void sha256_blocks_cpacf(uint32_t state[8], const uint8_t *blocks, size_t count)
{
	register uint64_t function __asm__("0") = FUNCTION_SHA_256;
	register uint32_t *block __asm__("1") = state;
	register const uint8_t *data __asm__("2") = blocks;
	register uint64_t length __asm__("3") = (uint64_t)count * SHA256_BLOCK_SIZE;

	/* Condition code 3: interrupted, go on with what the registers say. */
	__asm__ volatile("0: .insn rre,0xb93e0000,0,2\n"
			 "brc 1,0b"
			 : "+a"(data), "+d"(length)
			 : "d"(function), "a"(block)
			 : "cc", "memory");
}
