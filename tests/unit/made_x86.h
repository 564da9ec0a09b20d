/* SPDX-License-Identifier: GPL-2.0-only */
/* Made inputs for tests of x86 plans that need no kernel image: the architecture, and a purgatory that is only data. */
#ifndef MADE_X86_H
#define MADE_X86_H

#include "arch.h"
#include "kexec/arch/x86/x86.h"
#include "purgatory_abi.h"

#define MADE_X86_PARAMS 0x400

static inline struct blob made_x86_purgatory(void)
{
	static uint8_t bytes[4096];
	struct purgatory_header header = {
		.abi = raw32_make(PURGATORY_ABI, ORDER_LITTLE),
		.header_size = raw32_make(sizeof(header), ORDER_LITTLE),
		.file_size = raw64_make(sizeof(bytes), ORDER_LITTLE),
		.memory_size = raw64_make(sizeof(bytes) + 4096, ORDER_LITTLE),
		.align = raw64_make(4096, ORDER_LITTLE),
		.entry_crash = raw64_make(0x100, ORDER_LITTLE),
		.entry_normal = raw64_make(0x200, ORDER_LITTLE),
		.params_offset = raw64_make(MADE_X86_PARAMS, ORDER_LITTLE),
		.params_size = raw64_make(sizeof(struct purgatory_params), ORDER_LITTLE),
	};

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	memcpy(header.magic, PURGATORY_MAGIC, sizeof(header.magic));
	memcpy(bytes, &header, sizeof(header));
	return (struct blob){ bytes, sizeof(bytes) };
}

static inline struct arch made_x86_arch(void)
{
	return (struct arch){
		.id = ARCH_X86_64,
		.order = ORDER_LITTLE,
		.is64 = true,
		.elf_machine = 62,
		.page_size = 4096,
		.max_segments = 16,
		.core_vaddr = x86_core_vaddr,
		.purgatory = made_x86_purgatory,
	};
}

#endif
