/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a multiboot kernel finds in memory; sources: Multiboot Specification 0.6.96, section 3, and 2.0, section 3.6.
 * All addresses are physical and below 4 GiB.
 */
#ifndef X86_MULTIBOOT_WIRE_H
#define X86_MULTIBOOT_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

#define MULTIBOOT1_MAGIC UINT32_C(0x2badb002) /* in eax; ebx has the address of struct multiboot1_info */
#define MULTIBOOT2_MAGIC UINT32_C(0x36d76289) /* in eax; ebx has the address of struct multiboot2_info */

enum {
	MULTIBOOT1_HAS_MEMORY = 1 << 0,
	MULTIBOOT1_HAS_CMDLINE = 1 << 2,
	MULTIBOOT1_HAS_MODULES = 1 << 3,
	MULTIBOOT1_HAS_MAP = 1 << 6,
	MULTIBOOT1_HAS_LOADER = 1 << 9,
	MULTIBOOT1_HAS_FRAMEBUFFER = 1 << 12,
};

/* A framebuffer of direct colours: position of the lowest bit and number of bits of each. */
struct multiboot_colours {
	uint8_t red_position, red_size;
	uint8_t green_position, green_size;
	uint8_t blue_position, blue_size;
};

#define MULTIBOOT_FRAMEBUFFER_RGB 1

struct multiboot1_info {
	struct le32 flags;
	struct le32 mem_lower; /* KiB from 0 on, at most 640 */
	struct le32 mem_upper; /* KiB from 1 MiB on, up to the first hole */
	struct le32 boot_device;
	struct le32 cmdline;
	struct le32 module_count;
	struct le32 modules; /* of struct multiboot1_module */
	struct le32 symbols[4];
	struct le32 map_size; /* bytes */
	struct le32 map;      /* of struct multiboot1_map_entry */
	struct le32 drives_size, drives;
	struct le32 config_table;
	struct le32 loader_name;
	struct le32 apm_table;
	struct le32 vbe_control, vbe_mode;
	struct le16 vbe_number, vbe_segment, vbe_offset, vbe_length;
	struct le64 framebuffer;
	struct le32 pitch; /* bytes */
	struct le32 width, height; /* pixels */
	uint8_t depth; /* bits */
	uint8_t framebuffer_type;
	struct multiboot_colours colours;
};

_Static_assert(offsetof(struct multiboot1_info, map) == 48, "multiboot information layout");
_Static_assert(offsetof(struct multiboot1_info, framebuffer) == 88, "multiboot information layout");
_Static_assert(sizeof(struct multiboot1_info) == 116, "multiboot information layout");

struct multiboot1_module {
	struct le32 start;
	struct le32 end; /* one past the last byte */
	struct le32 text;
	struct le32 reserved;
};

_Static_assert(sizeof(struct multiboot1_module) == 16, "multiboot module layout");

struct multiboot1_map_entry {
	struct le32 size; /* of the rest of the entry */
	struct le64 start, length;
	struct le32 type; /* MULTIBOOT_MEMORY_* */
};

_Static_assert(sizeof(struct multiboot1_map_entry) == 24, "multiboot memory map layout");

enum {
	MULTIBOOT_MEMORY_RAM = 1,
	MULTIBOOT_MEMORY_RESERVED = 2,
	MULTIBOOT_MEMORY_ACPI = 3,
	MULTIBOOT_MEMORY_NVS = 4, /* to be preserved over hibernation */
	MULTIBOOT_MEMORY_BAD = 5,
};

struct multiboot2_info {
	struct le32 size; /* of it all, with the tags that follow */
	struct le32 reserved;
};

enum {
	MULTIBOOT2_TAG_END = 0,
	MULTIBOOT2_TAG_CMDLINE = 1,
	MULTIBOOT2_TAG_LOADER_NAME = 2,
	MULTIBOOT2_TAG_MODULE = 3,
	MULTIBOOT2_TAG_MEMORY = 4,
	MULTIBOOT2_TAG_MAP = 6,
	MULTIBOOT2_TAG_FRAMEBUFFER = 8,
	MULTIBOOT2_TAG_LOAD_BASE = 21,
};

/* Each tag starts at a multiple of this; its size does not count the padding. */
#define MULTIBOOT2_TAG_ALIGN 8

struct multiboot2_tag {
	struct le32 type;
	struct le32 size; /* with this header */
};

/* After its header: */
struct multiboot2_module {
	struct le32 start, end; /* as in version 1; the text follows */
};

struct multiboot2_memory {
	struct le32 lower, upper; /* as in version 1 */
};

struct multiboot2_map {
	struct le32 entry_size, entry_version; /* entries follow */
};

struct multiboot2_map_entry {
	struct le64 start, length;
	struct le32 type;
	struct le32 reserved;
};

_Static_assert(sizeof(struct multiboot2_map_entry) == 24, "multiboot 2 memory map layout");

struct multiboot2_framebuffer {
	struct le64 address;
	struct le32 pitch, width, height;
	uint8_t depth, type;
	struct le16 reserved; /* two bytes in the specification's header file, which is what loaders write */
	struct multiboot_colours colours;
};

_Static_assert(sizeof(struct multiboot2_framebuffer) == 30, "multiboot 2 framebuffer layout");

struct multiboot2_load_base {
	struct le32 address;
};

#endif
