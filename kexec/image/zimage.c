/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot wrapper of powerpc kernels ("zImage"): an ELF file of either class that unpacks the kernel in one of its
 * sections. Source: Linux arch/powerpc/boot/wrapper, zImage.lds.S (7.2). The device tree that it may hold is for boards
 * without firmware, and is left: kexec has that of the running machine.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "elf_wire.h"
#include "kexec/image/wrap.h"

static const char kernel_name[] = ".kernel:vmlinux.strip";
static const char initrd_name[] = ".kernel:initrd";

/* Of both classes. */
struct sections {
	struct blob file;
	enum order order;
	bool is64;
	uint64_t at, size; /* of the headers, and of each */
	uint32_t count, names;
};

struct section {
	uint32_t name, type;
	uint64_t offset, size;
};

static bool read_sections(struct sections *s, const struct elf *elf)
{
	enum order o = elf->order;

	*s = (struct sections){ .file = elf->file, .order = o, .is64 = elf->is64 };
	if (elf->is64) {
		const struct elf64_header *h = blob_at(elf->file, 0, sizeof(*h));

		if (!h)
			return false;
		s->at = raw64_get(h->shoff, o);
		s->size = raw16_get(h->shentsize, o);
		s->count = raw16_get(h->shnum, o);
		s->names = raw16_get(h->shstrndx, o);
	} else {
		const struct elf32_header *h = blob_at(elf->file, 0, sizeof(*h));

		if (!h)
			return false;
		s->at = raw32_get(h->shoff, o);
		s->size = raw16_get(h->shentsize, o);
		s->count = raw16_get(h->shnum, o);
		s->names = raw16_get(h->shstrndx, o);
	}
	return s->at && s->count && s->names < s->count &&
	       s->size == (s->is64 ? sizeof(struct elf64_section) : sizeof(struct elf32_section)) &&
	       blob_has(s->file, s->at, s->count * s->size);
}

/* index is below count, and all headers lie in the file. */
static struct section read_section(const struct sections *s, uint32_t index)
{
	enum order o = s->order;
	const void *at = s->file.data + s->at + index * s->size;

	if (s->is64) {
		const struct elf64_section *h = at;

		return (struct section){ raw32_get(h->name, o), raw32_get(h->type, o), raw64_get(h->offset, o),
					 raw64_get(h->size, o) };
	}

	const struct elf32_section *h = at;

	return (struct section){ raw32_get(h->name, o), raw32_get(h->type, o), raw32_get(h->offset, o),
				 raw32_get(h->size, o) };
}

static bool find_section(const struct sections *s, const char *name, struct section *found)
{
	struct section texts = read_section(s, s->names);
	struct blob names = blob_part(s->file, texts.offset, texts.size);

	for (uint32_t i = 0; i < s->count; i++) {
		*found = read_section(s, i);
		if (found->type != SHT_NOBITS && blob_matches(names, found->name, name, strlen(name) + 1))
			return true;
	}
	return false;
}

static bool bound(const struct sections *s, const char *name, struct section section, struct blob *data,
		  struct err *err)
{
	if (section.size && blob_has(s->file, section.offset, section.size)) {
		*data = blob_part(s->file, section.offset, section.size);
		return true;
	}
	return err_set(err, ERR_BAD_IMAGE,
		       "damaged zImage: its %s, %" PRIu64 " bytes at offset %" PRIu64 ", does not lie inside the file of %zu "
		       "bytes",
		       name, section.size, section.offset, s->file.size);
}

enum probe zimage_probe(struct zimage *zimage, const struct elf *elf, struct err *err)
{
	struct sections sections;
	struct section found;

	if ((elf->machine != EM_PPC && elf->machine != EM_PPC64) || !read_sections(&sections, elf) ||
	    !find_section(&sections, kernel_name, &found))
		return PROBE_NOT_MINE;
	*zimage = (struct zimage){ .initrd = { NULL, 0 } };
	if (!bound(&sections, kernel_name, found, &zimage->kernel, err))
		return PROBE_BAD;
	/* An empty one stands in wrappers that were made without. */
	if (find_section(&sections, initrd_name, &found) && found.size &&
	    !bound(&sections, initrd_name, found, &zimage->initrd, err))
		return PROBE_BAD;
	return PROBE_MINE;
}
