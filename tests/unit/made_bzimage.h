/* SPDX-License-Identifier: GPL-2.0-only */
/* Made x86 kernels: what a loader looks at is in its place, the rest is filler. made_fill() must be there before. */
#ifndef MADE_BZIMAGE_H
#define MADE_BZIMAGE_H

#include <elf.h>
#include <string.h>

#include "arena.h"
#include "blob.h"
#include "elf_wire.h"
#include "kexec/arch/x86/boot_params.h"

#define MADE_SETUP_SIZE 0x2000

/* Protocol 2.15, relocatable, all of xloadflags, and needs `memory` bytes to run in. Setup and `payload` bytes. */
static inline struct blob made_bzimage(struct arena *arena, size_t payload, uint32_t memory)
{
	uint8_t *bytes = arena_alloc(arena, MADE_SETUP_SIZE + payload);
	struct x86_setup_header hdr = {
		.setup_sects = MADE_SETUP_SIZE / 512 - 1,
		.syssize = le32_make((uint32_t)((payload + 15) / 16)),
		.boot_flag = le16_make(0xaa55),
		.jump = le16_make(0x6aeb),
		.version = le16_make(0x020f),
		.loadflags = LOADFLAGS_LOADED_HIGH,
		.initrd_addr_max = le32_make(0x7fffffff),
		.kernel_alignment = le32_make(0x200000),
		.relocatable_kernel = 1,
		.xloadflags = le16_make(0x3f),
		.cmdline_size = le32_make(2047),
		.pref_address = le64_make(0x1000000),
		.init_size = le32_make(memory),
	};

	memcpy(hdr.magic, "HdrS", sizeof(hdr.magic));
	made_fill(bytes, MADE_SETUP_SIZE + payload, 11);
	memcpy(bytes + BOOT_PARAMS_HEADER, &hdr, sizeof(hdr));
	return (struct blob){ bytes, MADE_SETUP_SIZE + payload };
}

/* Two parts: `size` bytes at 16 MiB, entered at their start, and 2 MiB of zeros behind. */
static inline struct blob made_vmlinux(struct arena *arena, size_t size)
{
	size_t head = sizeof(struct elf64_header) + 2 * sizeof(struct elf64_program);
	uint8_t *bytes = arena_alloc(arena, head + size);
	struct elf64_header ehdr = {
		.ident = { .magic = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3 }, .class = ELFCLASS64, .data = ELFDATA2LSB,
			   .version = EV_CURRENT },
		.type = raw16_make(ET_EXEC, ORDER_LITTLE),
		.machine = raw16_make(EM_X86_64, ORDER_LITTLE),
		.version = raw32_make(EV_CURRENT, ORDER_LITTLE),
		.entry = raw64_make(0x1000000, ORDER_LITTLE),
		.phoff = raw64_make(sizeof(ehdr), ORDER_LITTLE),
		.ehsize = raw16_make(sizeof(ehdr), ORDER_LITTLE),
		.phentsize = raw16_make(sizeof(struct elf64_program), ORDER_LITTLE),
		.phnum = raw16_make(2, ORDER_LITTLE),
	};
	struct elf64_program parts[2] = {
		{ .type = raw32_make(PT_LOAD, ORDER_LITTLE),
		  .offset = raw64_make(head, ORDER_LITTLE),
		  .vaddr = raw64_make(UINT64_C(0xffffffff81000000), ORDER_LITTLE),
		  .paddr = raw64_make(0x1000000, ORDER_LITTLE),
		  .filesz = raw64_make(size, ORDER_LITTLE),
		  .memsz = raw64_make(size, ORDER_LITTLE) },
		{ .type = raw32_make(PT_LOAD, ORDER_LITTLE),
		  .offset = raw64_make(head, ORDER_LITTLE),
		  .vaddr = raw64_make(UINT64_C(0xffffffff82000000), ORDER_LITTLE),
		  .paddr = raw64_make(0x2000000, ORDER_LITTLE),
		  .memsz = raw64_make(0x200000, ORDER_LITTLE) },
	};

	made_fill(bytes, head + size, 12);
	memcpy(bytes, &ehdr, sizeof(ehdr));
	memcpy(bytes + sizeof(ehdr), parts, sizeof(parts));
	return (struct blob){ bytes, head + size };
}

#endif
