/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Multiboot Specification 2.0. The tags for copies of the ACPI root pointer are left out, for the machine shows where
 * it is and not what it says; those of EFI too, for boot services have ended long ago.
 */
#include <string.h>

#include "kexec/arch/x86/x86_multiboot.h"

/* Of the information structure, as it grows. Without bytes it only counts. */
struct tags {
	uint8_t *bytes; /* or NULL */
	size_t size;
	size_t cmdline; /* offset of the text */
};

bool x86_multiboot2_accepts(const struct image *image)
{
	return image->multiboot.two.present;
}

/* The place of `size` bytes behind what is there, or NULL while counting. */
static uint8_t *grow(struct tags *tags, size_t size)
{
	uint8_t *at = tags->bytes ? tags->bytes + tags->size : NULL;

	tags->size += size;
	return at;
}

static void add(struct tags *tags, const void *data, size_t size)
{
	uint8_t *at = grow(tags, size);

	if (at && size)
		memcpy(at, data, size);
}

static void add_header(struct tags *tags, uint32_t type, size_t size)
{
	struct multiboot2_tag header = { le32_make(type), le32_make((uint32_t)(sizeof(header) + size)) };

	add(tags, &header, sizeof(header));
}

static void pad(struct tags *tags)
{
	tags->size = (tags->size + MULTIBOOT2_TAG_ALIGN - 1) / MULTIBOOT2_TAG_ALIGN * MULTIBOOT2_TAG_ALIGN;
}

static void add_tag(struct tags *tags, uint32_t type, const void *data, size_t size)
{
	add_header(tags, type, size);
	add(tags, data, size);
	pad(tags);
}

static void add_cmdline(struct tags *tags, const struct x86_multiboot *mb)
{
	size_t size = x86_multiboot_cmdline_size(mb);

	add_header(tags, MULTIBOOT2_TAG_CMDLINE, size);
	tags->cmdline = tags->size;
	add(tags, mb->plan->cmdline, strlen(mb->plan->cmdline));
	grow(tags, size - strlen(mb->plan->cmdline));
	pad(tags);
}

static void add_modules(struct tags *tags, const struct x86_multiboot *mb)
{
	for (size_t i = 0; i < mb->module_count; i++) {
		const struct x86_multiboot_module *m = &mb->modules[i];
		struct multiboot2_module module = { le32_make(m->start), le32_make(m->end) };
		size_t text = strlen(m->text) + 1;

		add_header(tags, MULTIBOOT2_TAG_MODULE, sizeof(module) + text);
		add(tags, &module, sizeof(module));
		add(tags, m->text, text);
		pad(tags);
	}
}

static void add_memory(struct tags *tags, const struct x86_multiboot *mb)
{
	struct multiboot2_memory memory = { le32_make(mb->lower), le32_make(mb->upper) };
	struct multiboot2_map map = { le32_make(sizeof(struct multiboot2_map_entry)), le32_make(0) };

	add_tag(tags, MULTIBOOT2_TAG_MEMORY, &memory, sizeof(memory));
	add_header(tags, MULTIBOOT2_TAG_MAP, sizeof(map) + mb->map.count * sizeof(struct multiboot2_map_entry));
	add(tags, &map, sizeof(map));
	for (size_t i = 0; i < mb->map.count; i++) {
		const struct x86_memory *m = &mb->map.v[i];
		struct multiboot2_map_entry entry = {
			.start = le64_make(m->range.start),
			.length = le64_make(range_size(m->range)),
			.type = le32_make(x86_multiboot_memory_type(m->type)),
		};

		add(tags, &entry, sizeof(entry));
	}
	pad(tags);
}

static void add_framebuffer(struct tags *tags, const struct x86_multiboot *mb)
{
	const struct machine_framebuffer *fb = x86_multiboot_framebuffer(mb->machine);

	if (!fb || !mb->image->multiboot.two.wants_framebuffer)
		return;

	struct multiboot2_framebuffer tag = {
		.address = le64_make(fb->base),
		.pitch = le32_make(fb->pitch),
		.width = le32_make(fb->width),
		.height = le32_make(fb->height),
		.depth = (uint8_t)fb->depth,
		.type = MULTIBOOT_FRAMEBUFFER_RGB,
		.colours = x86_multiboot_colours(fb),
	};

	add_tag(tags, MULTIBOOT2_TAG_FRAMEBUFFER, &tag, sizeof(tag));
}

static void add_all(struct tags *tags, const struct x86_multiboot *mb)
{
	grow(tags, sizeof(struct multiboot2_info));
	add_cmdline(tags, mb);
	add_tag(tags, MULTIBOOT2_TAG_LOADER_NAME, x86_multiboot_loader_name, strlen(x86_multiboot_loader_name) + 1);
	add_modules(tags, mb);
	add_memory(tags, mb);
	add_framebuffer(tags, mb);
	if (mb->image->multiboot.two.relocatable) {
		struct multiboot2_load_base base = { le32_make((uint32_t)mb->kernel.extent.start) };

		add_tag(tags, MULTIBOOT2_TAG_LOAD_BASE, &base, sizeof(base));
	}
	add_tag(tags, MULTIBOOT2_TAG_END, NULL, 0);
}

static bool take_kernel(struct x86_multiboot *mb, struct err *err)
{
	const struct multiboot2 *header = &mb->image->multiboot.two;

	if (header->has_addresses) {
		if (!x86_multiboot_take_flat(mb, header->data, header->load_address, header->memory_size, err))
			return false;
	} else if (!x86_multiboot_take_elf(mb, err)) {
		return false;
	}
	if (header->has_entry)
		mb->entry = header->entry;
	else if (header->has_addresses)
		mb->entry = mb->image->elf.entry;
	return true;
}

bool x86_multiboot2_load(const struct request *request, const struct machine *machine, const struct image *image,
			 struct plan *plan, struct err *err)
{
	const struct multiboot2 *header = &image->multiboot.two;
	const struct x86_multiboot_window window = {
		.min = header->min_address,
		.max = header->max_address,
		.align = header->align ? header->align : 1,
		.preference = header->preference,
	};
	struct x86_multiboot mb;

	if (!x86_multiboot_begin(&mb, request, machine, image, plan, err) || !take_kernel(&mb, err) ||
	    !x86_multiboot_place(&mb, header->relocatable ? &window : NULL, err))
		return false;

	struct tags counted = { .bytes = NULL }, tags = { .bytes = NULL };

	add_all(&counted, &mb);
	tags.bytes = arena_alloc(&plan->arena, counted.size);
	add_all(&tags, &mb);

	struct multiboot2_info info = { .size = le32_make((uint32_t)tags.size) };
	uint64_t address;

	memcpy(tags.bytes, &info, sizeof(info));
	if (!x86_multiboot_place_info(&mb, tags.bytes, tags.size, &address, err))
		return false;
	return x86_multiboot_finish(&mb, MULTIBOOT2_MAGIC, address, address + tags.cmdline, err);
}
