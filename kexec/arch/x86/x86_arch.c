/* SPDX-License-Identifier: GPL-2.0-only */
#include <elf.h>

#include "kexec/arch/x86/x86.h"
#include "purgatory_blobs.h"

static bool uki_accepts(const struct image *image)
{
	return image->wrap == WRAP_UKI && x86_bzimage64_accepts(image);
}

/* In the order in which kexec-tools tries them: a file may be of several of these types. */
static const struct loader loaders[] = {
	{ "multiboot2-x86", "kernel with a multiboot 2 header", IMAGE_ELF, x86_multiboot2_accepts,
	  x86_multiboot2_load },
	{ "multiboot2-x86", NULL, IMAGE_MULTIBOOT, x86_multiboot2_accepts, x86_multiboot2_load },
	{ "elf-x86_64", "64-bit ELF file: vmlinux", IMAGE_ELF, x86_elf64_accepts, x86_elf_load },
	{ "multiboot-x86", "kernel with a multiboot 1 header", IMAGE_ELF, x86_multiboot1_accepts, x86_multiboot1_load },
	{ "multiboot-x86", NULL, IMAGE_MULTIBOOT, x86_multiboot1_accepts, x86_multiboot1_load },
	{ "elf-x86", "32-bit ELF file", IMAGE_ELF, x86_elf32_accepts, x86_elf_load },
	{ "bzImage64", "Linux/x86 bzImage with a 64-bit entry", IMAGE_BZIMAGE, x86_bzimage64_accepts,
	  x86_bzimage64_load },
	{ "bzImage", "Linux/x86 bzImage, entered in 32-bit mode", IMAGE_BZIMAGE, NULL, x86_bzimage32_load },
	{ "uki", "unified kernel image", IMAGE_BZIMAGE, uki_accepts, x86_bzimage64_load },
	{ NULL, NULL, IMAGE_UNKNOWN, NULL, NULL },
};

const struct arch x86_64_arch = {
	.id = ARCH_X86_64,
	.order = ORDER_LITTLE,
	.is64 = true,
	.elf_machine = EM_X86_64,
	.page_size = 4096,
	.kexec_arch = UINT32_C(62) << 16,
	.max_segments = 16,
	.core_vaddr = x86_core_vaddr,
	.loaders = loaders,
	.purgatory = purgatory_blob_x86_64,
};
