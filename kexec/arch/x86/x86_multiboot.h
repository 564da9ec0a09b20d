/* SPDX-License-Identifier: GPL-2.0-only */
/* What the loaders of both versions of multiboot share: all but the information structure itself. */
#ifndef X86_MULTIBOOT_H
#define X86_MULTIBOOT_H

#include "kexec/arch/x86/multiboot_wire.h"
#include "kexec/arch/x86/x86.h"
#include "kexec/arch/x86/x86_pieces.h"

struct x86_multiboot_module {
	uint32_t start, end; /* physical; end: one past the last byte */
	const char *text;
};

struct x86_multiboot {
	const struct request *request;
	const struct machine *machine;
	const struct image *image;
	struct plan *plan;
	struct x86_crash crash;
	struct x86_map map; /* for the kernel */
	uint32_t lower, upper; /* KiB of RAM from 0 on and from 1 MiB on */
	struct x86_pieces kernel; /* to be filled in between begin and place */
	uint64_t entry;		  /* likewise */
	struct x86_multiboot_module *modules;
	size_t module_count;
};

/* Where a relocatable kernel may go. */
struct x86_multiboot_window {
	uint64_t min, max; /* max: highest byte */
	uint64_t align;
	uint32_t preference; /* as in struct multiboot2 */
};

/* First: checks the request, takes the fixed places of a crash load, makes the map and the command line. */
bool x86_multiboot_begin(struct x86_multiboot *mb, const struct request *request, const struct machine *machine,
			 const struct image *image, struct plan *plan, struct err *err) ERR_CHECKED;

/* The kernel from the ELF file, at its physical addresses, and the physical address of the ELF entry. */
bool x86_multiboot_take_elf(struct x86_multiboot *mb, struct err *err) ERR_CHECKED;

/* The kernel from the header's address fields. */
bool x86_multiboot_take_flat(struct x86_multiboot *mb, struct blob data, uint64_t address, uint64_t memory_size,
			     struct err *err) ERR_CHECKED;

/* Places the kernel, which window (NULL: it cannot) allows to be moved, and the modules behind it. */
bool x86_multiboot_place(struct x86_multiboot *mb, const struct x86_multiboot_window *window,
			 struct err *err) ERR_CHECKED;

uint32_t x86_multiboot_memory_type(enum x86_memory_type type);

/* The loader's name, as the kernel is told it. */
extern const char x86_multiboot_loader_name[];

/* Of the machine, where a kernel can draw on it without knowing the device; else NULL. */
const struct machine_framebuffer *x86_multiboot_framebuffer(const struct machine *machine);
struct multiboot_colours x86_multiboot_colours(const struct machine_framebuffer *fb);

/* Bytes of the command line as it is stored: with its NUL and room for what purgatory appends for a jump back. */
size_t x86_multiboot_cmdline_size(const struct x86_multiboot *mb);

/* Finds the information structure's place. The bytes may still be written until sealing. */
bool x86_multiboot_place_info(struct x86_multiboot *mb, const uint8_t *bytes, uint64_t size, uint64_t *address,
			      struct err *err) ERR_CHECKED;

/* Last: purgatory and the hand-off; seals. cmdline: the physical address of the command line. */
bool x86_multiboot_finish(struct x86_multiboot *mb, uint32_t magic, uint64_t info, uint64_t cmdline,
			  struct err *err) ERR_CHECKED;

#endif
