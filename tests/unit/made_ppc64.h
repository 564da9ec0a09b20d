/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Made inputs for tests of plans for Power: the machines of tests/mk/power_trees.py, the kernels of
 * tests/mk/ppc64_load.py, and a purgatory that is only data, in either byte order.
 */
#ifndef MADE_PPC64_H
#define MADE_PPC64_H

#include "arch.h"
#include "kexec/arch/ppc64/ppc64.h"
#include "purgatory_abi.h"

#define MADE_PPC64_PARAMS 0x400
#define MADE_PPC64_SIZE 4096

static inline struct blob made_ppc64_bytes(uint8_t *bytes, enum order order)
{
	struct purgatory_header header = {
		.abi = raw32_make(PURGATORY_ABI, order),
		.header_size = raw32_make(sizeof(header), order),
		.file_size = raw64_make(MADE_PPC64_SIZE, order),
		.memory_size = raw64_make(MADE_PPC64_SIZE + 4096, order),
		.align = raw64_make(65536, order),
		.entry_crash = raw64_make(0x100, order),
		.entry_normal = raw64_make(0x100, order),
		.params_offset = raw64_make(MADE_PPC64_PARAMS, order),
		.params_size = raw64_make(sizeof(struct purgatory_params), order),
	};

	for (size_t i = 0; i < MADE_PPC64_SIZE; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	memcpy(header.magic, PURGATORY_MAGIC, sizeof(header.magic));
	memcpy(bytes, &header, sizeof(header));
	return (struct blob){ bytes, MADE_PPC64_SIZE };
}

static inline struct blob made_ppc64_purgatory(void)
{
	static uint8_t bytes[MADE_PPC64_SIZE];

	return made_ppc64_bytes(bytes, ORDER_BIG);
}

static inline struct blob made_ppc64le_purgatory(void)
{
	static uint8_t bytes[MADE_PPC64_SIZE];

	return made_ppc64_bytes(bytes, ORDER_LITTLE);
}

static inline struct arch made_ppc64_arch(bool big)
{
	struct arch arch = big ? ppc64_arch : ppc64le_arch;

	arch.purgatory = big ? made_ppc64_purgatory : made_ppc64le_purgatory;
	return arch;
}

#endif
