/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every image that a probe accepts promises to the loaders: for tests that bend files and for the fuzzers. Each
 * returns NULL or the rule that does not hold.
 */
#ifndef IMAGE_RULES_H
#define IMAGE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "image.h"
#include "range.h"

#define RULE(condition)               \
	do {                          \
		if (!(condition))     \
			return #condition; \
	} while (0)

/* Whether the part lies inside the whole, byte for byte. An empty one lies anywhere. */
static inline bool rule_inside(struct blob part, struct blob whole)
{
	return part.size == 0 || (part.data >= whole.data && part.size <= whole.size &&
				  (size_t)(part.data - whole.data) <= whole.size - part.size);
}

static inline const char *rules_bzimage(const struct bzimage *b, struct blob file)
{
	RULE(b->version >= 0x0200);
	RULE(b->loadflags & 1);
	RULE(rule_inside(b->setup_header, file) && rule_inside(b->real_mode, file) && rule_inside(b->kernel, file));
	RULE(b->setup_header.data == file.data + 0x1f1);
	RULE(b->setup_header.size >= 0x224 - 0x1f1 && b->setup_header.size <= 0x290 - 0x1f1);
	RULE(b->real_mode.data == file.data && b->real_mode.size % 512 == 0 && b->real_mode.size >= 1024);
	RULE(b->kernel.data == file.data + b->real_mode.size);
	RULE(b->kernel.size > 0 && b->real_mode.size + b->kernel.size == file.size);
	RULE(is_power_of_two(b->kernel_alignment));
	RULE(b->init_size >= b->kernel.size);
	RULE(b->init_size <= UINT64_MAX - b->pref_address);
	RULE(b->version >= 0x020c || b->xloadflags == 0);
	RULE(b->version >= 0x0206 || b->cmdline_size == 255);
	RULE(b->version >= 0x0205 || !b->relocatable);
	return NULL;
}

static inline const char *rules_place(struct blob data, uint64_t load, uint64_t memory, struct blob file)
{
	RULE(data.size > 0 && rule_inside(data, file));
	RULE(memory >= data.size);
	RULE(load < UINT64_C(1) << 32 && memory <= (UINT64_C(1) << 32) - load);
	return NULL;
}

static inline const char *rules_multiboot(const struct multiboot *m, bool is_elf, struct blob file)
{
	const struct multiboot1 *one = &m->one;
	const struct multiboot2 *two = &m->two;
	const char *wrong = NULL;

	if (one->present && one->has_addresses) {
		RULE(one->entry >= one->load_address && one->entry < one->load_address + one->memory_size);
		wrong = rules_place(one->data, one->load_address, one->memory_size, file);
	}
	if (!wrong && two->present && two->has_addresses)
		wrong = rules_place(two->data, two->load_address, two->memory_size, file);
	if (wrong)
		return wrong;
	RULE(!one->present || is_elf || one->has_addresses);
	RULE(!two->present || is_elf || (two->has_addresses && two->has_entry));
	RULE(!two->present || !two->relocatable || two->min_address <= two->max_address);
	RULE(!two->present || !two->relocatable || is_power_of_two(two->align));
	RULE(two->preference <= 2);
	RULE(one->present || !one->has_addresses);
	RULE(two->present || !two->has_addresses);
	return NULL;
}

#endif
