/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both headers, in the input as it is and as the contents of an ELF file. Checksums are hard to find by chance, so the
 * first header of each version is given its own before the second look.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "bytes.h"
#include "tests/unit/image_rules.h"

#define MOST 65536

static void look(struct blob file)
{
	static struct err err;
	static const struct elf elf = { .machine = 3, .order = ORDER_LITTLE };
	struct multiboot facts;

	for (int is_elf = 0; is_elf < 2; is_elf++) {
		err.code = ERR_NONE;

		enum probe result = multiboot_probe(&facts, file, is_elf ? &elf : NULL, &err);

		fuzz_demand((result == PROBE_BAD) == (err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED));
		fuzz_demand((result == PROBE_MINE) == (facts.one.present || facts.two.present));
		fuzz_holds(rules_multiboot(&facts, is_elf, file));
	}
}

static void put(uint8_t *at, uint32_t value)
{
	struct le32 bytes = le32_make(value);

	memcpy(at, &bytes, sizeof(bytes));
}

static uint32_t get(const uint8_t *at)
{
	return le32_get(*(const struct le32 *)(const void *)at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	look((struct blob){ data, size });
	if (size < 16 || size > MOST)
		return 0;

	uint8_t *copy = malloc(size);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	for (size_t at = 0; at + 12 <= size; at += 4)
		if (get(copy + at) == UINT32_C(0x1badb002))
			put(copy + at + 8, 0 - get(copy + at) - get(copy + at + 4));
	for (size_t at = 0; at + 16 <= size; at += 8)
		if (get(copy + at) == UINT32_C(0xe85250d6))
			put(copy + at + 12, 0 - get(copy + at) - get(copy + at + 4) - get(copy + at + 8));
	look((struct blob){ copy, size });
	free(copy);
	return 0;
}
