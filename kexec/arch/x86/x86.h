/* SPDX-License-Identifier: GPL-2.0-only */
/* What the x86 loaders share. */
#ifndef X86_H
#define X86_H

#include "arch.h"

/* Types of the boot protocol's memory map; source: Linux arch/x86/include/asm/e820/types.h (6.12). */
enum x86_memory_type {
	X86_RAM = 1,
	X86_RESERVED = 2,
	X86_ACPI = 3,
	X86_NVS = 4,
	X86_UNUSABLE = 5,
	X86_PMEM = 7,
	X86_PRAM = 12,
	X86_SOFT_RESERVED = 0xefffffff,
};

struct x86_memory {
	struct range range;
	enum x86_memory_type type;
};

/* Of a resource of /proc/iomem or a range of /sys/firmware/memmap. False for other names. */
bool x86_memory_type_by_name(const char *name, enum x86_memory_type *type);

/* Ascending, disjoint; neighbours of one type joined. Any length. */
struct x86_map {
	struct x86_memory *v;
	size_t count;
};

/*
 * The memory map that a kernel is given on a normal load: the firmware's, or /proc/iomem's where the firmware's is not
 * there or is known not to be all (add_efi_memmap on the running kernel's command line). Where entries overlap the
 * less usable type wins.
 */
bool x86_map_normal(struct x86_map *map, struct arena *arena, const struct machine *machine,
		    struct err *err) ERR_CHECKED;

/* Of any list, as x86_map promises it. Sorts v. */
void x86_map_normalize(struct x86_map *map, struct arena *arena);

/*
 * Leaves of plan->usable what is RAM in the map that the next kernel is given: only there does it find itself, its
 * initrd or its modules.
 */
void x86_map_use_ram_only(struct plan *plan, const struct x86_map *map);

/* What a crash load adds. */
struct x86_crash {
	struct range backup_source; /* low memory that the capture kernel uses; empty = none */
	uint64_t backup;
	struct range elfcorehdr;
};

/*
 * Fixed and early parts of a crash load: meminfo (last page of the reservation), backup, elfcorehdr. Before anything
 * else is placed.
 */
bool x86_crash_place(struct x86_crash *crash, const struct request *request, const struct machine *machine,
		     struct plan *plan, struct err *err) ERR_CHECKED;

/* The map of the memory that the capture kernel may use: for boot_params, or for memmap= (request->pass_memmap). */
bool x86_crash_map(struct x86_map *map, const struct x86_crash *crash, const struct machine *machine,
		   struct plan *plan, struct err *err) ERR_CHECKED;

/*
 * Adds to plan->cmdline what the capture kernel must be told: elfcorehdr=, memmap= where asked for, acpi_rsdp= where
 * EFI is not handed over and the RSDP is known. efi: whether boot_params hand EFI over.
 */
bool x86_crash_cmdline(const struct x86_crash *crash, const struct request *request, const struct machine *machine,
		       const struct x86_map *map, bool efi, struct plan *plan, struct err *err) ERR_CHECKED;

/* Physical address of the ACPI root pointer from boot_params, EFI or the command line; 0 = not known. */
uint64_t x86_rsdp(const struct machine *machine);

/*
 * For arch.core_vaddr. All ones, "none", where the direct map is not known: a guess would mislead tools, which take it
 * for randomised or not by vmcoreinfo, and otherwise have a table of their own by kernel version.
 */
uint64_t x86_core_vaddr(const struct machine *machine, uint64_t physical);

/* What x86_start.jump_back takes: " kexec_jump_back_entry=0x", 16 digits and NUL, rounded up. */
#define X86_JUMP_BACK_ROOM 64

/*
 * Adds purgatory where this mode (64, 32, 16: PURGATORY_X86_MODE) can run it. plan->entry is set from it, or from
 * --entry with a warning. Later x86_set_start() tells it what to do: console, backup, and how the next kernel is
 * entered.
 */
struct x86_start {
	unsigned int mode;
	uint64_t entry, rax, rbx, rsi;
	uint64_t jump_back; /* end of the command line text, where room is left; 0 = none */
	uint64_t jump_back_room;
};

bool x86_add_purgatory(const struct request *request, const struct x86_crash *crash, unsigned int mode,
		       struct plan *plan, struct err *err) ERR_CHECKED;
bool x86_set_start(const struct request *request, const struct x86_crash *crash, const struct x86_start *start,
		   struct plan *plan, struct err *err) ERR_CHECKED;

/* --load-preserve-context: segments without data over all usable RAM that no other segment takes. Before sealing. */
bool x86_add_preserved(const struct request *request, struct plan *plan, struct err *err) ERR_CHECKED;

/* Loaders: x86_bzimage.c, x86_elf.c, x86_multiboot.c. */
typedef bool x86_load_fn(const struct request *request, const struct machine *machine, const struct image *image,
			 struct plan *plan, struct err *err);

bool x86_bzimage64_accepts(const struct image *image);
x86_load_fn x86_bzimage64_load; /* and --entry-32bit, --real-mode */
x86_load_fn x86_bzimage32_load; /* kernels without a 64-bit entry */
bool x86_elf64_accepts(const struct image *image);
bool x86_elf32_accepts(const struct image *image);
x86_load_fn x86_elf_load;
bool x86_multiboot1_accepts(const struct image *image);
bool x86_multiboot2_accepts(const struct image *image);
x86_load_fn x86_multiboot1_load;
x86_load_fn x86_multiboot2_load;

extern const struct arch x86_64_arch;

#endif
