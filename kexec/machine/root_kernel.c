/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/root_kernel.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "kexec/base/cmdline.h"
#include "kexec/machine/kallsyms.h"
#include "kexec/machine/kcore.h"
#include "kexec/machine/platform.h"
#include "kexec/machine/x86_addresses.h"

#define KCORE "proc/kcore"
#define KALLSYMS "proc/kallsyms"
#define PIECE 65536

/* The physical address of the kernel's first byte, and who says so. */
struct witness {
	const char *name;
	bool has;
	uint64_t address;
};

struct kcore_file {
	const char *path;
	int fd;
};

static bool read_kcore(void *context, uint64_t offset, void *bytes, size_t size, struct err *err)
{
	const struct kcore_file *file = context;
	size_t used = 0;

	while (used < size) {
		if (offset > INT64_MAX - size)
			break;

		ssize_t got = pread(file->fd, (uint8_t *)bytes + used, size - used, (off_t)(offset + used));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_system(err, errno, "cannot read %s", file->path);
		if (got == 0)
			break;
		used += (size_t)got;
	}
	if (used == size)
		return true;
	return err_set(err, ERR_BAD_MACHINE,
		       "%s ends before offset 0x%llx + %zu, where its headers should be: the file is cut off",
		       file->path, (unsigned long long)offset, size);
}

/* 0 where the file is not there or hides the address. */
static bool find_stext(const struct root_files *files, uint64_t *address, struct err *err)
{
	struct kallsyms kallsyms = { .name = root_files_path(files, KALLSYMS), .symbol = "_stext" };
	int fd = root_files_open(files, KALLSYMS);
	uint8_t *piece = arena_alloc(files->arena, PIECE);
	bool ok = true;

	*address = 0;
	if (fd < 0)
		return true;
	while (ok && !kallsyms.found) {
		ssize_t got = read(fd, piece, PIECE);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		ok = kallsyms_feed(&kallsyms, (struct blob){ piece, (size_t)got }, err);
	}
	close(fd);
	*address = kallsyms.address;
	return ok;
}

static void find_kernel_code(const struct machine *machine, struct witness *witness)
{
	for (size_t i = 0; i < machine->resource_count; i++) {
		const struct machine_resource *resource = &machine->resources[i];

		if (strcmp(resource->name, "Kernel code") != 0)
			continue;
		if (!witness->has || resource->range.start < witness->address)
			witness->address = resource->range.start;
		witness->has = true;
	}
}

/* All that know where the kernel lies must agree: a dump by a wrong address cannot be read. */
static bool agree(const struct witness *witnesses, size_t count, struct machine_kernel_map *map, struct err *err)
{
	const struct witness *first = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!witnesses[i].has)
			continue;
		if (!first)
			first = &witnesses[i];
		if (witnesses[i].address != first->address)
			return err_set(err, ERR_BAD_MACHINE,
				       "the kernel begins at physical address 0x%llx by %s, and at 0x%llx by %s: "
				       "these do not describe one running kernel",
				       (unsigned long long)first->address, first->name,
				       (unsigned long long)witnesses[i].address, witnesses[i].name);
	}
	map->has_text = first != NULL;
	if (first)
		map->text_physical = first->address;
	return true;
}

static bool place_text(const struct root_files *files, struct machine *machine, const struct kcore_map *shown,
		       const struct vmcoreinfo *info, struct err *err)
{
	struct machine_kernel_map *map = &machine->kernel_map;
	const char *kcore = root_files_path(files, KCORE);
	uint64_t offset = shown->text.start - X86_64_TEXT_BASE;
	struct witness witnesses[] = {
		{ kcore, shown->has_text_physical, shown->text_physical },
		{ arena_printf(files->arena, "the vmcoreinfo in %s", kcore), info->has_phys_base,
		  offset + info->phys_base },
		{ root_files_path(files, "proc/iomem"), false, 0 },
	};

	if (info->has_kernel_offset && info->kernel_offset > offset)
		return err_set(err, ERR_BAD_MACHINE,
			       "%s maps the kernel at 0x%llx, and its vmcoreinfo says that it was moved by 0x%llx, "
			       "which is beyond: these do not describe one running kernel",
			       kcore, (unsigned long long)shown->text.start,
			       (unsigned long long)info->kernel_offset);
	find_kernel_code(machine, &witnesses[2]);
	map->text = (struct range){ shown->text.start, align_up(shown->text.end, machine->page_size) };
	if (!agree(witnesses, sizeof(witnesses) / sizeof(witnesses[0]), map, err))
		return false;
	if (map->has_text && !platform_kernel_text_fits(map))
		return err_set(err, ERR_BAD_MACHINE, "%s: a kernel of 0x%llx bytes at 0x%llx is no range of memory",
			       kcore, (unsigned long long)range_size(map->text),
			       (unsigned long long)map->text_physical);
	if (!map->has_text)
		map->text = (struct range){ 0, 0 };
	return true;
}

static bool read_map(const struct root_files *files, struct machine *machine, const struct kcore_file *file,
		     struct err *err)
{
	struct kcore kcore = {
		.name = file->path,
		.arch = machine->arch,
		.read = read_kcore,
		.context = (void *)file,
	};
	struct kcore_map shown;
	struct vmcoreinfo info;
	uint64_t stext;

	if (!kcore_open(&kcore, err) || !kcore_vmcoreinfo(&kcore, &info, err))
		return false;
	stext = info.stext;
	if (!info.has_stext && machine->arch == ARCH_X86_64 && !find_stext(files, &stext, err))
		return false;
	if (!kcore_map(&kcore, stext, &shown, err))
		return false;
	machine->kernel_map.has_direct = shown.has_direct;
	machine->kernel_map.direct = shown.direct;
	machine->memory_encryption = info.sme_mask;
	return !shown.has_text || place_text(files, machine, &shown, &info, err);
}

/* Half a map would be worse than none: what is wrong in one place is not to be trusted in another. */
static void read_kernel_map(const struct root_files *files, struct machine *machine)
{
	struct kcore_file file = { root_files_path(files, KCORE), root_files_open(files, KCORE) };
	struct err failure;

	if (file.fd < 0)
		return;

	bool ok = read_map(files, machine, &file, &failure);

	close(file.fd);
	if (ok)
		return;
	machine->kernel_map = (struct machine_kernel_map){ .has_direct = false };
	machine->memory_encryption = 0;

	/* A kernel that is locked down, or a security module, may forbid reading too: that is no problem of the file. */
	if (failure.code != ERR_DENIED)
		machine->kernel_map_problem = arena_strdup(&machine->arena, failure.text);
}

bool root_kernel_retains_initrd(const char *cmdline)
{
	static const char wanted[] = "retain_initrd";
	struct cmdline_word word;

	while (cmdline_next(&cmdline, &word)) {
		if (word.length == 2 && strncmp(word.text, "--", 2) == 0)
			return false;
		if (word.length == strlen(wanted) && strncmp(word.text, wanted, word.length) == 0)
			return true;
	}
	return false;
}

/*
 * The boot loader's word for where the initrd lies. Linux moves an initrd that is not in memory it may use, without
 * correcting that, so one outside of RAM is not known.
 */
static void find_initrd(struct machine *machine)
{
	struct le32 bytes[4];
	uint64_t fields[4];
	static const uint16_t offsets[4] = { 0x218, 0x21c, 0xc0, 0xc4 }; /* ramdisk_image, _size, ext_ramdisk_image, _size */

	if (machine->boot_params.size == 0 || !root_kernel_retains_initrd(machine->cmdline))
		return;
	for (size_t i = 0; i < 4; i++) {
		memcpy(&bytes[i], blob_at(machine->boot_params, offsets[i], sizeof(bytes[i])), sizeof(bytes[i]));
		fields[i] = le32_get(bytes[i]);
	}

	uint64_t start = fields[0] | fields[2] << 32, size = fields[1] | fields[3] << 32;

	if (start == 0 || size == 0 || size > UINT64_MAX - start)
		return;
	machine->initrd = (struct range){ start, start + size };
	machine->has_initrd = ranges_contain(&machine->ram, machine->initrd);
	if (!machine->has_initrd)
		machine->initrd = (struct range){ 0, 0 };
}

/* Domain 0 alone has control of the hypervisor. */
static void find_xen(const struct root_files *files, struct machine *machine)
{
	const char *type, *capabilities;
	struct err ignored; /* what cannot be read is not Xen, or Xen without a way to load kernels */

	if (!root_files_text(files, "proc/xen/capabilities", 4096, &capabilities, &ignored) || !capabilities ||
	    !strstr(capabilities, "control_d"))
		return;
	machine->is_xen_dom0 = !root_files_text(files, "sys/hypervisor/type", 256, &type, &ignored) || !type ||
			       strcmp(type, "xen") == 0;
}

void root_kernel_read(const struct root_files *files, struct machine *machine)
{
	if (machine->arch != ARCH_X86_64 && machine->arch != ARCH_I386)
		return;
	find_initrd(machine);
	find_xen(files, machine);
	read_kernel_map(files, machine);
}
