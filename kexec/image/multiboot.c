/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both versions look for a header near the start of the file, valid by its checksum. One that is found and cannot be
 * satisfied only counts where there is no other that can.
 */
#include "image.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>

#include "kexec/image/multiboot2.h"

/* Multiboot Specification 0.6.96, 3.1: the header lies in the first 8192 bytes, at a multiple of 4. */
#define MAGIC UINT32_C(0x1badb002)
#define SEARCH 8192
#define ALIGN 4

/* Bits 0 to 15 must be understood: modules on pages, memory information, video mode. */
enum {
	FLAG_VIDEO = 1 << 2,
	FLAGS_KNOWN = 7,
	FLAGS_MUST = 0xffff,
	FLAG_ADDRESSES = 1 << 16,
};

struct multiboot_header {
	struct le32 magic, flags, checksum;
};

struct addresses {
	struct le32 header, load, load_end, bss_end, entry;
};

struct video {
	struct le32 mode, width, height, depth;
};

#define ADDRESSES_AT 12
#define VIDEO_AT 32

_Static_assert(sizeof(struct multiboot_header) == ADDRESSES_AT, "multiboot header layout");
_Static_assert(ADDRESSES_AT + sizeof(struct addresses) == VIDEO_AT, "multiboot header layout");

bool multiboot_place(struct multiboot_place *out, struct blob file, const struct multiboot_span *span, struct err *err)
{
	uint64_t load = span->load;
	bool from_start = span->load == UINT32_MAX && span->whole_file;

	if (from_start && span->header < span->header_at)
		return err_set(err, ERR_BAD_IMAGE,
			       "the file is to be loaded from its start with its header at 0x%" PRIx32
			       ", but the header is %zu bytes into it",
			       span->header, span->header_at);
	if (from_start)
		load = span->header - span->header_at;
	if (load > span->header || span->header - load > span->header_at)
		return err_set(err, ERR_BAD_IMAGE,
			       "load_addr 0x%" PRIx64 " and header_addr 0x%" PRIx32
			       " do not fit a header that is %zu bytes into the file",
			       load, span->header, span->header_at);

	size_t offset = span->header_at - (size_t)(span->header - load);
	uint64_t end = span->load_end ? span->load_end : load + (file.size - offset);

	if (end <= load || end > UINT64_C(1) << 32)
		return err_set(err, ERR_BAD_IMAGE, "it ends at 0x%" PRIx64 ", but begins at load_addr 0x%" PRIx64, end,
			       load);
	out->data = blob_part(file, offset, end - load);
	if (out->data.size == 0)
		return err_set(err, ERR_BAD_IMAGE,
			       "load_addr 0x%" PRIx64 " to load_end_addr 0x%" PRIx64 " are %" PRIu64
			       " bytes, but from offset %zu on the file has %zu: it is cut short",
			       load, end, end - load, offset, file.size - offset);
	if (span->bss_end && span->bss_end < end)
		return err_set(err, ERR_BAD_IMAGE,
			       "bss_end_addr 0x%" PRIx32 " is below the end of what is loaded, 0x%" PRIx64,
			       span->bss_end, end);
	out->load_address = load;
	out->memory_size = (span->bss_end ? span->bss_end : end) - load;
	return true;
}

bool multiboot_check_entry(const struct multiboot_place *place, uint64_t entry, struct err *err)
{
	if (entry >= place->load_address && entry - place->load_address < place->memory_size)
		return true;
	return err_set(err, ERR_BAD_IMAGE,
		       "the entry 0x%" PRIx64 " does not lie in what is loaded, %" PRIu64 " bytes at 0x%" PRIx64, entry,
		       place->memory_size, place->load_address);
}

/* A file of no other format is nothing without addresses. */
bool multiboot_must_have_addresses(struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED,
		       "it gives no load addresses, and the file is no ELF file: give the kernel's ELF file");
}

static bool find(struct blob data, size_t *at)
{
	for (*at = 0; *at + sizeof(struct multiboot_header) <= SEARCH; *at += ALIGN) {
		const struct multiboot_header *h = blob_at(data, *at, sizeof(*h));

		if (!h)
			return false;
		if (le32_get(h->magic) == MAGIC && MAGIC + le32_get(h->flags) + le32_get(h->checksum) == 0)
			return true;
	}
	return false;
}

static bool read_addresses(struct multiboot1 *m, struct blob data, size_t at, struct err *err)
{
	const struct addresses *a = blob_at(data, at + ADDRESSES_AT, sizeof(*a));
	struct multiboot_place place;

	if (!a)
		return err_set(err, ERR_BAD_IMAGE, "its addresses lie behind the end of the file, %zu", data.size);

	const struct multiboot_span span = {
		.header_at = at,
		.header = le32_get(a->header),
		.load = le32_get(a->load),
		.load_end = le32_get(a->load_end),
		.bss_end = le32_get(a->bss_end),
	};

	m->has_addresses = true;
	m->entry = le32_get(a->entry);
	if (!multiboot_place(&place, data, &span, err) || !multiboot_check_entry(&place, m->entry, err))
		return false;
	m->data = place.data;
	m->load_address = place.load_address;
	m->memory_size = place.memory_size;
	return true;
}

static bool read_header(struct multiboot1 *m, struct blob data, size_t at, const struct elf *elf, struct err *err)
{
	const struct multiboot_header *h = blob_at(data, at, sizeof(*h));

	m->flags = le32_get(h->flags);

	uint32_t unknown = m->flags & FLAGS_MUST & ~(uint32_t)FLAGS_KNOWN;

	if (unknown)
		return err_set(err, ERR_UNSUPPORTED,
			       "its flags 0x%" PRIx32
			       " demand features that no version of the specification has: 0x%" PRIx32,
			       m->flags, unknown);
	if (m->flags & FLAG_ADDRESSES) {
		if (!read_addresses(m, data, at, err))
			return false;
	} else if (!elf) {
		return multiboot_must_have_addresses(err);
	}
	if (m->flags & FLAG_VIDEO) {
		const struct video *v = blob_at(data, at + VIDEO_AT, sizeof(*v));

		if (!v)
			return err_set(err, ERR_BAD_IMAGE, "its video mode lies behind the end of the file, %zu",
				       data.size);
		m->wants_video = true;
		m->video_mode = le32_get(v->mode);
		m->width = le32_get(v->width);
		m->height = le32_get(v->height);
		m->depth = le32_get(v->depth);
	}
	m->present = true;
	return true;
}

static enum probe probe_first(struct multiboot1 *m, struct blob data, const struct elf *elf, struct err *err)
{
	size_t at;

	*m = (struct multiboot1){ .present = false };
	if (!find(data, &at))
		return PROBE_NOT_MINE;
	if (read_header(m, data, at, elf, err))
		return PROBE_MINE;
	*m = (struct multiboot1){ .present = false };
	err_prefix(err, "multiboot header at byte %zu", at);
	return PROBE_BAD;
}

enum probe multiboot_probe(struct multiboot *facts, struct blob data, const struct elf *elf, struct err *err)
{
	*facts = (struct multiboot){ .one = { .present = false } };

	/* In a file of another machine the magic would be chance: the specification is for the PC. */
	if (elf && (elf->order != ORDER_LITTLE || (elf->machine != EM_386 && elf->machine != EM_X86_64)))
		return PROBE_NOT_MINE;

	enum probe one = probe_first(&facts->one, data, elf, err);
	struct err second = { .code = ERR_NONE };
	enum probe two = multiboot2_probe(&facts->two, data, elf, &second);

	if (one == PROBE_MINE || two == PROBE_MINE) {
		*err = (struct err){ .code = ERR_NONE };
		return PROBE_MINE;
	}
	if (one == PROBE_BAD && two == PROBE_BAD)
		err_prefix(err, "%s, and", second.text);
	else if (two == PROBE_BAD)
		*err = second;
	return one == PROBE_BAD ? one : two;
}
