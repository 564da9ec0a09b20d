/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints over the first serial port what a multiboot loader handed over, a line for each thing, then powers a QEMU
 * machine off. Offsets are the specifications' (0.6.96 and 2.0), on purpose not the loader's own headers.
 */
#include <stdbool.h>
#include <stdint.h>

void kernel_main(uint32_t magic, uint32_t info);

extern char image_start[] __attribute__((visibility("hidden")));

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void put(char c)
{
	for (unsigned int tries = 0; tries < 1000000 && !(in8(0x3fd) & 0x20); tries++)
		;
	out8(0x3f8, (uint8_t)c);
}

static void text(const char *s)
{
	for (; *s; s++)
		put(*s);
}

static void hex(uint64_t value)
{
	int shift = 60;

	text(" 0x");
	while (shift > 0 && (value >> shift & 15) == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4) {
		uint32_t digit = (uint32_t)(value >> shift) & 15;

		put((char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
	}
}

static uint32_t get32(uint32_t address)
{
	return *(const volatile uint32_t *)(uintptr_t)address;
}

static uint64_t get64(uint32_t address)
{
	return get32(address) | (uint64_t)get32(address + 4) << 32;
}

static const char *string(uint32_t address)
{
	return (const char *)(uintptr_t)address;
}

/* As zlib's and gzip's. */
static uint32_t crc32(uint32_t start, uint32_t end)
{
	uint32_t crc = 0xffffffff;

	for (uint32_t at = start; at < end; at++) {
		crc ^= *(const volatile uint8_t *)(uintptr_t)at;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void say_text(const char *what, const char *value)
{
	text("multiboot: ");
	text(what);
	text(" <");
	text(value);
	text(">\n");
}

static void say_module(uint32_t start, uint32_t end, const char *name)
{
	text("multiboot: module");
	hex(start);
	hex(end);
	text(" crc");
	hex(crc32(start, end));
	text(" <");
	text(name);
	text(">\n");
}

static void say_memory(uint32_t lower, uint32_t upper)
{
	text("multiboot: lower");
	hex(lower);
	text(" upper");
	hex(upper);
	text("\n");
}

static void say_range(uint64_t start, uint64_t length, uint32_t type)
{
	text("multiboot: map");
	hex(start);
	hex(start + length);
	text(" type");
	hex(type);
	text("\n");
}

static void version1(uint32_t info)
{
	uint32_t flags = get32(info);

	text("multiboot: version 1 flags");
	hex(flags);
	text("\n");
	if (flags & 1 << 0)
		say_memory(get32(info + 4), get32(info + 8));
	if (flags & 1 << 2)
		say_text("cmdline", string(get32(info + 16)));
	if (flags & 1 << 3)
		for (uint32_t i = 0; i < get32(info + 20); i++) {
			uint32_t module = get32(info + 24) + 16 * i;

			say_module(get32(module), get32(module + 4), string(get32(module + 8)));
		}
	if (flags & 1 << 6) {
		uint32_t at = get32(info + 48), end = at + get32(info + 44);

		for (; at < end; at += get32(at) + 4)
			say_range(get64(at + 4), get64(at + 12), get32(at + 20));
	}
	if (flags & 1 << 9)
		say_text("loader", string(get32(info + 64)));
	if (flags & 1 << 12) {
		text("multiboot: framebuffer");
		hex(get64(info + 88));
		hex(get32(info + 100));
		hex(get32(info + 104));
		text("\n");
	}
}

static void tag2(uint32_t tag)
{
	uint32_t size = get32(tag + 4);

	switch (get32(tag)) {
	case 1:
		say_text("cmdline", string(tag + 8));
		break;
	case 2:
		say_text("loader", string(tag + 8));
		break;
	case 3:
		say_module(get32(tag + 8), get32(tag + 12), string(tag + 16));
		break;
	case 4:
		say_memory(get32(tag + 8), get32(tag + 12));
		break;
	case 6:
		for (uint32_t at = tag + 16; at < tag + size; at += get32(tag + 8))
			say_range(get64(at), get64(at + 8), get32(at + 16));
		break;
	case 8:
		text("multiboot: framebuffer");
		hex(get64(tag + 8));
		hex(get32(tag + 20));
		hex(get32(tag + 24));
		text("\n");
		break;
	case 21:
		text("multiboot: load-base");
		hex(get32(tag + 8));
		text("\n");
		break;
	default:
		text("multiboot: tag");
		hex(get32(tag));
		text("\n");
		break;
	}
}

static void version2(uint32_t info)
{
	uint32_t end = info + get32(info);
	uint32_t tag = info + 8;

	text("multiboot: version 2 size");
	hex(get32(info));
	text("\n");
	for (; tag < end && get32(tag) != 0; tag += (get32(tag + 4) + 7) & ~(uint32_t)7)
		tag2(tag);
	text("multiboot: end of tags");
	hex(end - tag);
	text("\n");
}

static void say_state(uint32_t magic, uint32_t info)
{
	uint32_t cr0, flags;

	__asm__ volatile("movl %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("pushfl; popl %0" : "=r"(flags));
	text("\nmultiboot: magic");
	hex(magic);
	text(" info");
	hex(info);
	text(" image");
	hex((uint32_t)(uintptr_t)image_start);
	text(" protection");
	hex(cr0 & 1);
	text(" paging");
	hex(cr0 >> 31);
	text(" interrupts");
	hex(flags >> 9 & 1);
	text("\n");
}

void kernel_main(uint32_t magic, uint32_t info)
{
	say_state(magic, info);
	if (magic == 0x2badb002)
		version1(info);
	else if (magic == 0x36d76289)
		version2(info);
	else
		text("multiboot: not a magic of multiboot\n");
	text("multiboot: done\n");

	/* QEMU's ACPI power management block: q35, then pc. */
	out16(0x604, 0x2000);
	out16(0xb004, 0x2000);
}
