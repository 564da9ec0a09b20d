/* SPDX-License-Identifier: GPL-2.0-only */
#include <elf.h>

#include "kexec/arch/ppc64/ppc64.h"
#include "purgatory_blobs.h"

static const struct loader loaders[] = {
	{ "elf-ppc64", "64-bit ELF file: vmlinux, or the one in a zImage", IMAGE_ELF, ppc64_elf_accepts, ppc64_elf_load },
	{ NULL, NULL, IMAGE_UNKNOWN, NULL, NULL },
};

/* linux/kexec.h: KEXEC_ARCH_PPC64. */
#define KEXEC_ARCH (UINT32_C(21) << 16)

const struct arch ppc64_arch = {
	.id = ARCH_PPC64,
	.order = ORDER_BIG,
	.is64 = true,
	.elf_machine = EM_PPC64,
	.page_size = 65536,
	.kexec_arch = KEXEC_ARCH,
	.max_segments = 16,
	.prefers_kexec_load_for_crash = true,
	.core_vaddr = ppc64_core_vaddr,
	.loaders = loaders,
	.purgatory = purgatory_blob_ppc64,
};

const struct arch ppc64le_arch = {
	.id = ARCH_PPC64LE,
	.order = ORDER_LITTLE,
	.is64 = true,
	.elf_machine = EM_PPC64,
	.page_size = 65536,
	.kexec_arch = KEXEC_ARCH,
	.max_segments = 16,
	.prefers_kexec_load_for_crash = true,
	.core_vaddr = ppc64_core_vaddr,
	.loaders = loaders,
	.purgatory = purgatory_blob_ppc64le,
};
