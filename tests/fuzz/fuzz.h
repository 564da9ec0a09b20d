/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One fuzz_*.c for each parser of foreign bytes. With clang: -fsanitize=fuzzer,address,undefined links its
 * own main; with any compiler, replay.c is the main and runs the function over files. A property that does
 * not hold ends the program, so that both see it.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define fuzz_demand(condition)                                                                         \
	do {                                                                                           \
		if (!(condition)) {                                                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                       \
		}                                                                                      \
	} while (0)

/* For rules that say what is wrong, or NULL: tests/unit/image_rules.h. */
#define fuzz_holds(rule)                                                                     \
	do {                                                                                 \
		const char *wrong_ = (rule);                                                 \
                                                                                             \
		if (wrong_) {                                                                \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, wrong_); \
			abort();                                                             \
		}                                                                            \
	} while (0)

#endif
