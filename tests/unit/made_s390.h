/* SPDX-License-Identifier: GPL-2.0-only */
/* Made inputs for tests of s390 plans: an image, a machine, and a purgatory that needs no cross compiler. */
#ifndef MADE_S390_H
#define MADE_S390_H

#include "arch.h"
#include "kexec/arch/s390/s390_arch.h"
#include "purgatory_abi.h"
#include "s390.h"

/* What one test of a load works on. */
struct scene {
	struct arena arena; /* of the made inputs */
	struct machine machine;
	struct request request;
	struct arch arch;
	struct image image;
	struct plan plan;
	struct err err;
};

/* Bytes that differ from page to page, the same on every host. */
static inline void made_fill(uint8_t *bytes, size_t size, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < size; i++) {
		x = x * 1664525u + 1013904223u;
		bytes[i] = (uint8_t)(x >> 24);
	}
}

static inline void made_be64(uint8_t *at, uint64_t value)
{
	struct be64 v = be64_make(value);

	memcpy(at, &v, sizeof(v));
}

/* A flat image of `size` bytes with an entry table. max_cmdline 0 = as old kernels have it. */
static inline struct blob made_s390_image(struct arena *arena, size_t size, uint64_t max_cmdline)
{
	uint8_t *bytes = arena_alloc(arena, size);

	made_fill(bytes, size, 1);
	if (size > S390_COMMAND_LINE) {
		memset(bytes + S390_PARMAREA, 0, S390_COMMAND_LINE - S390_PARMAREA);
		memcpy(bytes + S390_ENTRY_TABLE, "S390EP\0\1", 8);
		made_be64(bytes + S390_MAX_COMMAND_LINE, max_cmdline);
	}
	return (struct blob){ bytes, size };
}

/* A header, a params block and a little code that is none: enough for planning and for the paper machine. */
static inline struct blob made_purgatory(void)
{
	static uint8_t bytes[4096];
	struct purgatory_header header = {
		.abi = raw32_make(PURGATORY_ABI, ORDER_BIG),
		.header_size = raw32_make(sizeof(header), ORDER_BIG),
		.file_size = raw64_make(sizeof(bytes), ORDER_BIG),
		.memory_size = raw64_make(sizeof(bytes) + 4096, ORDER_BIG),
		.align = raw64_make(4096, ORDER_BIG),
		.entry_crash = raw64_make(0x100, ORDER_BIG),
		.entry_normal = raw64_make(0x200, ORDER_BIG),
		.params_offset = raw64_make(0x400, ORDER_BIG),
		.params_size = raw64_make(sizeof(struct purgatory_params), ORDER_BIG),
	};

	made_fill(bytes, sizeof(bytes), 7);
	memcpy(header.magic, PURGATORY_MAGIC, sizeof(header.magic));
	memcpy(bytes, &header, sizeof(header));
	return (struct blob){ bytes, sizeof(bytes) };
}

static inline struct arch made_s390_arch(void)
{
	struct arch arch = s390x_arch;

	arch.purgatory = made_purgatory;
	return arch;
}

/* RAM [0, size) with a crash reservation in it; crash_size 0 = none. */
static inline void made_machine(struct machine *machine, uint64_t size, struct range crash)
{
	*machine = (struct machine){ .origin = "made machine", .arch = ARCH_S390X, .page_size = 4096, .release = "",
				     .cmdline = "" };
	arena_init(&machine->arena);
	ranges_init(&machine->ram, &machine->arena);
	ranges_init(&machine->crash, &machine->arena);
	ranges_init(&machine->offline, &machine->arena);
	ranges_append(&machine->ram, (struct range){ 0, size });
	machine->dumped = machine->ram;
	ranges_append(&machine->crash, crash);
}

static inline struct request made_request(enum load_target target, const char *cmdline)
{
	return (struct request){ .target = target, .mem_max = UINT64_MAX, .cmdline = cmdline, .meminfo = true };
}

#endif
