/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cksm.h against the instruction that it stands for: CHECKSUM, z/Architecture Principles of Operation,
 * chapter 7.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cksm.h"

static uint32_t by_instruction(const void *data, size_t size, uint32_t seed)
{
	register uint64_t sum __asm__("1") = seed;
	register const void *address __asm__("2") = data;
	register uint64_t length __asm__("3") = size;

	__asm__ volatile("0: cksm %0,%1\n"
			 "jo 0b\n"
			 : "+d"(sum), "+a"(address), "+d"(length)
			 :
			 : "cc", "memory");
	return (uint32_t)sum;
}

int main(void)
{
	static const uint32_t seeds[] = { 0, 1, 0x7fffffff, 0xfffffffe, 0xffffffff };
	static uint8_t data[70000];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * i >> 3 ^ i);
	for (size_t i = 20000; i < 30000; i++)
		data[i] = 0xff;
	for (size_t size = 0; size <= sizeof(data); size += size < 600 ? 1 : 6007) {
		for (size_t from = 0; from < 8 && size + from <= sizeof(data); from++) {
			for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
				uint32_t expected = by_instruction(data + from, size, seeds[i]);
				uint32_t found = cksm(data + from, size, seeds[i]);

				if (found != expected) {
					printf("%zu bytes from %zu, seed %x: %x, the instruction says %x\n", size, from,
					       seeds[i], found, expected);
					return 1;
				}
			}
		}
	}
	return 0;
}
