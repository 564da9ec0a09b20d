/* SPDX-License-Identifier: GPL-2.0-only */
/* Multiboot Specification 0.6.96. One segment: the structure, the modules' list, the map, the texts. */
#include <string.h>

#include "kexec/arch/x86/x86_multiboot.h"

/* Offsets in the segment. */
struct layout {
	size_t modules, map, cmdline, loader, texts, end;
};

bool x86_multiboot1_accepts(const struct image *image)
{
	return image->multiboot.one.present;
}

static struct layout lay_out(const struct x86_multiboot *mb)
{
	struct layout at = { .modules = sizeof(struct multiboot1_info) };

	at.map = at.modules + mb->module_count * sizeof(struct multiboot1_module);
	at.cmdline = at.map + mb->map.count * sizeof(struct multiboot1_map_entry);
	at.loader = at.cmdline + x86_multiboot_cmdline_size(mb);
	at.texts = at.loader + strlen(x86_multiboot_loader_name) + 1;
	at.end = at.texts;
	for (size_t i = 0; i < mb->module_count; i++)
		at.end += strlen(mb->modules[i].text) + 1;
	return at;
}

static void write_modules(const struct x86_multiboot *mb, const struct layout *at, uint8_t *bytes, uint32_t address)
{
	size_t text = at->texts;

	for (size_t i = 0; i < mb->module_count; i++) {
		const struct x86_multiboot_module *m = &mb->modules[i];
		struct multiboot1_module entry = {
			.start = le32_make(m->start),
			.end = le32_make(m->end),
			.text = le32_make(address + (uint32_t)text),
		};

		memcpy(bytes + at->modules + i * sizeof(entry), &entry, sizeof(entry));
		memcpy(bytes + text, m->text, strlen(m->text) + 1);
		text += strlen(m->text) + 1;
	}
}

static void write_map(const struct x86_multiboot *mb, uint8_t *bytes)
{
	for (size_t i = 0; i < mb->map.count; i++) {
		const struct x86_memory *m = &mb->map.v[i];
		struct multiboot1_map_entry entry = {
			.size = le32_make(sizeof(entry) - sizeof(entry.size)),
			.start = le64_make(m->range.start),
			.length = le64_make(range_size(m->range)),
			.type = le32_make(x86_multiboot_memory_type(m->type)),
		};

		memcpy(bytes + i * sizeof(entry), &entry, sizeof(entry));
	}
}

static void set_framebuffer(struct multiboot1_info *info, uint32_t *flags, const struct machine_framebuffer *fb)
{
	*flags |= MULTIBOOT1_HAS_FRAMEBUFFER;
	info->framebuffer = le64_make(fb->base);
	info->pitch = le32_make(fb->pitch);
	info->width = le32_make(fb->width);
	info->height = le32_make(fb->height);
	info->depth = (uint8_t)fb->depth;
	info->framebuffer_type = MULTIBOOT_FRAMEBUFFER_RGB;
	info->colours = x86_multiboot_colours(fb);
}

static void write_info(const struct x86_multiboot *mb, const struct layout *at, uint8_t *bytes, uint32_t address)
{
	const struct machine_framebuffer *fb = x86_multiboot_framebuffer(mb->machine);
	uint32_t flags = MULTIBOOT1_HAS_MEMORY | MULTIBOOT1_HAS_CMDLINE | MULTIBOOT1_HAS_MODULES | MULTIBOOT1_HAS_MAP |
			 MULTIBOOT1_HAS_LOADER;
	struct multiboot1_info info = {
		.mem_lower = le32_make(mb->lower),
		.mem_upper = le32_make(mb->upper),
		.cmdline = le32_make(address + (uint32_t)at->cmdline),
		.module_count = le32_make((uint32_t)mb->module_count),
		.modules = le32_make(address + (uint32_t)at->modules),
		.map_size = le32_make((uint32_t)(at->cmdline - at->map)),
		.map = le32_make(address + (uint32_t)at->map),
		.loader_name = le32_make(address + (uint32_t)at->loader),
	};

	if (fb && mb->image->multiboot.one.wants_video)
		set_framebuffer(&info, &flags, fb);
	info.flags = le32_make(flags);
	memcpy(bytes, &info, sizeof(info));
}

bool x86_multiboot1_load(const struct request *request, const struct machine *machine, const struct image *image,
			 struct plan *plan, struct err *err)
{
	const struct multiboot1 *header = &image->multiboot.one;
	struct x86_multiboot mb;

	if (!x86_multiboot_begin(&mb, request, machine, image, plan, err))
		return false;
	if (header->has_addresses) {
		if (!x86_multiboot_take_flat(&mb, header->data, header->load_address, header->memory_size, err))
			return false;
		mb.entry = header->entry;
	} else if (!x86_multiboot_take_elf(&mb, err)) {
		return false;
	}
	if (!x86_multiboot_place(&mb, NULL, err))
		return false;

	struct layout at = lay_out(&mb);
	uint8_t *bytes = arena_alloc(&plan->arena, at.end);
	uint64_t address;

	if (!x86_multiboot_place_info(&mb, bytes, at.end, &address, err))
		return false;
	write_info(&mb, &at, bytes, (uint32_t)address);
	write_modules(&mb, &at, bytes, (uint32_t)address);
	write_map(&mb, bytes + at.map);
	memcpy(bytes + at.cmdline, plan->cmdline, strlen(plan->cmdline));
	memcpy(bytes + at.loader, x86_multiboot_loader_name, strlen(x86_multiboot_loader_name));
	return x86_multiboot_finish(&mb, MULTIBOOT1_MAGIC, address, address + at.cmdline, err);
}
