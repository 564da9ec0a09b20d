/* SPDX-License-Identifier: GPL-2.0-only */
/* Version 2 of the multiboot header; source: Multiboot2 Specification 2.0, section 3.1. */
#include "kexec/image/multiboot2.h"

#include <inttypes.h>

#include "bytes.h"
#include "range.h"

#define MAGIC UINT32_C(0xe85250d6)
#define SEARCH 32768
#define ALIGN 8
#define ARCHITECTURE_I386 0

struct multiboot2_header {
	struct le32 magic, architecture, length, checksum;
};

struct tag {
	struct le16 type, flags;
	struct le32 size; /* with this header, without the padding */
};

#define TAG_OPTIONAL 1

enum {
	TAG_END,
	TAG_REQUEST,
	TAG_ADDRESS,
	TAG_ENTRY,
	TAG_CONSOLE,
	TAG_FRAMEBUFFER,
	TAG_MODULE_ALIGN,
	TAG_EFI_BOOT_SERVICES,
	TAG_ENTRY_EFI32, /* these two count only where boot services are left running */
	TAG_ENTRY_EFI64,
	TAG_RELOCATABLE,
};

struct tag_address {
	struct le32 header, load, load_end, bss_end;
};

struct tag_framebuffer {
	struct le32 width, height, depth;
};

struct tag_relocatable {
	struct le32 min, max, align, preference;
};

/* Kinds of information that a kernel may ask for, section 3.6. Null: those this program never has. */
static const struct {
	const char *name;
	bool given;
} requests[] = {
	[1] = { "command line", true },
	[2] = { "boot loader name", true },
	[3] = { "modules", true },
	[4] = { "basic memory information", true },
	[5] = { "BIOS boot device", false },
	[6] = { "memory map", true },
	[7] = { "VBE information", false },
	[8] = { "framebuffer", true },
	[9] = { "ELF symbols", false },
	[10] = { "APM table", false },
	[11] = { "EFI 32-bit system table", false },
	[12] = { "EFI 64-bit system table", false },
	[13] = { "SMBIOS tables", false },
	[14] = { "old ACPI root pointer", false },
	[15] = { "new ACPI root pointer", false },
	[16] = { "network information", false },
	[17] = { "EFI memory map", false },
	[18] = { "EFI boot services", false },
	[19] = { "EFI 32-bit image handle", false },
	[20] = { "EFI 64-bit image handle", false },
	[21] = { "load base address", true },
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

struct reading {
	struct multiboot2 *m;
	struct blob file;
	size_t header_at;
};

/* Only the position of the tag and its number are left to say by the caller. */
static bool read_request(struct blob body, struct err *err)
{
	for (size_t at = 0; at + sizeof(struct le32) <= body.size; at += sizeof(struct le32)) {
		const struct le32 *wanted = blob_at(body, at, sizeof(*wanted));
		uint32_t type = le32_get(*wanted);

		if (type >= REQUESTS || !requests[type].name)
			return err_set(err, ERR_UNSUPPORTED,
				       "it demands information of type %" PRIu32
				       ", which this version of kexec does not know",
				       type);
		if (!requests[type].given)
			return err_set(err, ERR_UNSUPPORTED,
				       "it demands information of type %" PRIu32
				       " (%s), which this version of kexec cannot give",
				       type, requests[type].name);
	}
	return true;
}

static bool read_address(struct reading *r, struct blob body, struct err *err)
{
	const struct tag_address *a = blob_at(body, 0, sizeof(*a));
	struct multiboot_place place;
	const struct multiboot_span span = {
		.header_at = r->header_at,
		.whole_file = true,
		.header = le32_get(a->header),
		.load = le32_get(a->load),
		.load_end = le32_get(a->load_end),
		.bss_end = le32_get(a->bss_end),
	};

	if (!multiboot_place(&place, r->file, &span, err))
		return false;
	r->m->has_addresses = true;
	r->m->data = place.data;
	r->m->load_address = place.load_address;
	r->m->memory_size = place.memory_size;
	return true;
}

static bool read_relocatable(struct multiboot2 *m, struct blob body, struct err *err)
{
	const struct tag_relocatable *t = blob_at(body, 0, sizeof(*t));

	m->min_address = le32_get(t->min);
	m->max_address = le32_get(t->max);
	m->align = le32_get(t->align);
	m->preference = le32_get(t->preference);
	m->relocatable = true;
	if (m->min_address > m->max_address)
		return err_set(err, ERR_BAD_IMAGE,
			       "its lowest address 0x%" PRIx64 " is above the highest, 0x%" PRIx64, m->min_address,
			       m->max_address);
	if (!is_power_of_two(m->align))
		return err_set(err, ERR_BAD_IMAGE, "its alignment 0x%" PRIx64 " is not a power of two", m->align);
	if (m->preference > 2)
		return err_set(err, ERR_BAD_IMAGE, "its preference is %" PRIu32 ", expected 0, 1 or 2", m->preference);
	return true;
}

static bool read_framebuffer(struct multiboot2 *m, struct blob body)
{
	const struct tag_framebuffer *t = blob_at(body, 0, sizeof(*t));

	m->wants_framebuffer = true;
	m->width = le32_get(t->width);
	m->height = le32_get(t->height);
	m->depth = le32_get(t->depth);
	return true;
}

static bool read_entry(struct multiboot2 *m, struct blob body)
{
	const struct le32 *entry = blob_at(body, 0, sizeof(*entry));

	m->has_entry = true;
	m->entry = le32_get(*entry);
	return true;
}

static size_t least_body(unsigned int type)
{
	switch (type) {
	case TAG_ADDRESS:
		return sizeof(struct tag_address);
	case TAG_ENTRY:
		return sizeof(struct le32);
	case TAG_FRAMEBUFFER:
		return sizeof(struct tag_framebuffer);
	case TAG_RELOCATABLE:
		return sizeof(struct tag_relocatable);
	default:
		return 0;
	}
}

static bool read_tag(struct reading *r, unsigned int type, bool optional, struct blob body, struct err *err)
{
	if (body.size < least_body(type))
		return err_set(err, ERR_BAD_IMAGE, "its size is %zu, expected at least %zu",
			       body.size + sizeof(struct tag), least_body(type) + sizeof(struct tag));
	switch (type) {
	case TAG_REQUEST:
		return optional || read_request(body, err);
	case TAG_ADDRESS:
		return read_address(r, body, err);
	case TAG_ENTRY:
		return read_entry(r->m, body);
	case TAG_FRAMEBUFFER:
		return read_framebuffer(r->m, body);
	case TAG_MODULE_ALIGN:
		r->m->modules_page_aligned = true;
		return true;
	case TAG_RELOCATABLE:
		return read_relocatable(r->m, body, err);
	case TAG_CONSOLE:
	case TAG_ENTRY_EFI32:
	case TAG_ENTRY_EFI64:
		return true;
	case TAG_EFI_BOOT_SERVICES:
		return optional ||
		       err_set(err, ERR_UNSUPPORTED,
			       "it demands EFI boot services, which are gone once a kernel runs: "
			       "kexec cannot start it");
	default:
		return optional || err_set(err, ERR_UNSUPPORTED, "it is required, and of a type that is not known");
	}
}

static bool read_tags(struct reading *r, struct blob tags, struct err *err)
{
	size_t at = 0;

	for (;;) {
		const struct tag *t = blob_at(tags, at, sizeof(*t));

		if (!t)
			return err_set(err, ERR_BAD_IMAGE, "its %zu bytes of tags have no end tag", tags.size);

		unsigned int type = le16_get(t->type);
		uint32_t size = le32_get(t->size);

		if (type == TAG_END)
			return true;
		if (size < sizeof(*t) || !blob_has(tags, at, size))
			return err_set(err, ERR_BAD_IMAGE,
				       "the tag at byte %zu has a size of %" PRIu32 ", expected %zu to %zu", at,
				       size, sizeof(*t), tags.size - at);
		if (!read_tag(r, type, le16_get(t->flags) & TAG_OPTIONAL,
			      blob_part(tags, at + sizeof(*t), size - sizeof(*t)), err))
			return err_prefix(err, "the tag of type %u at byte %zu", type, at);
		at = (size_t)align_up((uint64_t)at + size, ALIGN);
	}
}

static bool find(struct blob data, size_t *at)
{
	for (*at = 0; *at + sizeof(struct multiboot2_header) <= SEARCH; *at += ALIGN) {
		const struct multiboot2_header *h = blob_at(data, *at, sizeof(*h));

		if (!h)
			return false;
		if (le32_get(h->magic) == MAGIC &&
		    MAGIC + le32_get(h->architecture) + le32_get(h->length) + le32_get(h->checksum) == 0)
			return true;
	}
	return false;
}

static bool read_header(struct reading *r, const struct elf *elf, struct err *err)
{
	const struct multiboot2_header *h = blob_at(r->file, r->header_at, sizeof(*h));
	uint32_t architecture = le32_get(h->architecture), length = le32_get(h->length);

	if (architecture != ARCHITECTURE_I386)
		return err_set(err, ERR_UNSUPPORTED, "its architecture is %" PRIu32 ", expected 0 (i386)",
			       architecture);
	if (length < sizeof(*h) || !blob_has(r->file, r->header_at, length))
		return err_set(err, ERR_BAD_IMAGE,
			       "its length is %" PRIu32 ", expected %zu to %zu, where the file ends", length,
			       sizeof(*h), r->file.size - r->header_at);
	if (!read_tags(r, blob_part(r->file, r->header_at + sizeof(*h), length - sizeof(*h)), err))
		return false;

	struct multiboot2 *m = r->m;
	const struct multiboot_place place = { m->data, m->load_address, m->memory_size };

	if (!m->has_addresses)
		return elf || multiboot_must_have_addresses(err);
	if (!elf && !m->has_entry)
		return err_set(err, ERR_BAD_IMAGE, "it gives addresses and no entry, and the file is no ELF file");
	return !m->has_entry || multiboot_check_entry(&place, m->entry, err);
}

enum probe multiboot2_probe(struct multiboot2 *facts, struct blob data, const struct elf *elf, struct err *err)
{
	struct reading r = { .m = facts, .file = data };

	*facts = (struct multiboot2){ .present = false };
	if (!find(data, &r.header_at))
		return PROBE_NOT_MINE;
	if (read_header(&r, elf, err)) {
		facts->present = true;
		return PROBE_MINE;
	}
	*facts = (struct multiboot2){ .present = false };
	err_prefix(err, "multiboot 2 header at byte %zu", r.header_at);
	return PROBE_BAD;
}
