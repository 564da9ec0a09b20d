/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unified kernel images; source: UAPI.5, Unified Kernel Image, with multiple profiles. Sections before the first
 * .profile are the base, those behind it profile 0, which is what starts when nobody chooses: its sections take the
 * place of the base's of the same name.
 */
#include "kexec/image/wrap.h"

#include <string.h>

#include "kexec/base/cmdline.h"
#include "kexec/image/pe.h"

/* Kernels take at most 64 KiB of command line, and most far less. */
#define CMDLINE_MOST 65536

enum part {
	PART_KERNEL,
	PART_INITRD,
	PART_CMDLINE,
	PART_UCODE,
	PART_DTB,
	PARTS,
};

static const char *const part_names[PARTS] = {
	[PART_KERNEL] = ".linux",
	[PART_INITRD] = ".initrd",
	[PART_CMDLINE] = ".cmdline",
	[PART_UCODE] = ".ucode",
	[PART_DTB] = ".dtb",
};

struct profile {
	bool has[PARTS];
	struct blob data[PARTS];
};

enum {
	PROFILE_BASE,
	PROFILE_FIRST,
	PROFILES, /* those behind are counted, no more */
};

static enum part find_part(const char *name)
{
	enum part part = PART_KERNEL;

	while (part < PARTS && strcmp(name, part_names[part]) != 0)
		part++;
	return part;
}

/* Of device trees there may be several, for the firmware to choose from; here is nothing to choose by. */
static bool put(struct profile *profile, enum part part, struct blob data, struct err *err)
{
	if (profile->has[part])
		return part == PART_DTB || err_set(err, ERR_BAD_IMAGE,
						   "there are two %s sections in one profile, expected at most one",
						   part_names[part]);
	profile->has[part] = true;
	profile->data[part] = data;
	return true;
}

static bool collect(const struct pe *pe, struct profile *profiles, unsigned int *count, struct err *err)
{
	*count = 0;
	for (size_t i = 0; i < pe->count; i++) {
		struct pe_section section = pe_section(pe, i);
		enum part part = find_part(section.name);

		if (strcmp(section.name, ".profile") == 0)
			++*count;
		if (part < PARTS && *count < PROFILES && !put(&profiles[*count], part, section.data, err))
			return false;
	}
	return true;
}

static bool holds_kernel(const struct pe *pe)
{
	for (size_t i = 0; i < pe->count; i++)
		if (strcmp(pe_section(pe, i).name, part_names[PART_KERNEL]) == 0)
			return true;
	return false;
}

/* As the stub does: blanks around it, and NULs behind it, are padding; line ends inside are blanks. */
static bool read_cmdline(struct uki *uki, struct blob text, struct arena *arena, struct err *err)
{
	size_t size = text.size, start = 0;

	while (size > 0 && text.data[size - 1] <= ' ')
		size--;
	while (start < size && text.data[start] && text.data[start] <= ' ')
		start++;
	text = blob_part(text, start, size - start);
	size = text.size;
	if (size > CMDLINE_MOST)
		return err_set(err, ERR_BAD_IMAGE, ".cmdline has %zu bytes, expected at most %d", size, CMDLINE_MOST);

	char *copy = arena_alloc(arena, size + 1);

	for (size_t i = 0; i < size; i++) {
		if (text.data[i] == 0)
			return err_set(err, ERR_BAD_IMAGE, ".cmdline has a NUL inside, at byte %zu of %zu", i, size);
		copy[i] = (char)(text.data[i] < ' ' ? ' ' : text.data[i]);
	}
	uki->cmdline = copy;
	return true;
}

static bool read_parts(struct uki *uki, struct blob *kernel, const struct profile *all, struct arena *arena,
		       struct err *err)
{
	if (!all->has[PART_KERNEL] || all->data[PART_KERNEL].size == 0)
		return err_set(err, ERR_BAD_IMAGE, "its .linux section %s",
			       all->has[PART_KERNEL] ? "is empty" : "belongs to another profile than the first");
	*kernel = all->data[PART_KERNEL];
	uki->initrd = all->data[PART_INITRD];
	uki->ucode = all->data[PART_UCODE];
	uki->dtb = all->data[PART_DTB];
	if (all->has[PART_CMDLINE] && !read_cmdline(uki, all->data[PART_CMDLINE], arena, err))
		return false;
	return uki->dtb.size == 0 || dtb_check(&uki->dtb, arena, err) || err_prefix(err, ".dtb");
}

enum probe uki_probe(struct uki *uki, struct blob *kernel, struct blob file, struct arena *arena, struct err *err)
{
	struct profile profiles[PROFILES] = { 0 };
	struct uki read = { .cmdline = NULL };
	struct pe pe;
	enum probe result = pe_probe(&pe, file, err);

	if (result != PROBE_MINE)
		return result;
	if (!holds_kernel(&pe))
		return PROBE_NOT_MINE;

	bool ok = collect(&pe, profiles, &read.profiles, err);

	for (enum part part = 0; ok && part < PARTS; part++)
		if (profiles[PROFILE_FIRST].has[part]) {
			profiles[PROFILE_BASE].has[part] = true;
			profiles[PROFILE_BASE].data[part] = profiles[PROFILE_FIRST].data[part];
		}
	if (!ok || !read_parts(&read, kernel, &profiles[PROFILE_BASE], arena, err)) {
		err_prefix(err, "unified kernel image");
		return PROBE_BAD;
	}
	*uki = read;
	return PROBE_MINE;
}

const char *uki_cmdline(const struct image *image, bool crash, struct arena *arena)
{
	static const char *const of_the_crashed[] = { "crashkernel", NULL };

	return crash ? cmdline_without(arena, image->uki.cmdline, of_the_crashed) : image->uki.cmdline;
}
