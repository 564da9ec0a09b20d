/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>

#include "kexec/base/file.h"
#include "kexec/machine/arch_names.h"
#include "kexec/machine/derive.h"
#include "kexec/machine/devtree.h"
#include "kexec/machine/framebuffer.h"
#include "kexec/machine/iomem.h"
#include "kexec/machine/root_files.h"
#include "kexec/machine/root_firmware.h"
#include "kexec/machine/root_kernel.h"
#include "kexec/machine/scan.h"
#include "machine.h"

/* s390 allows the most: CONFIG_COMMAND_LINE_SIZE up to 1 MiB. */
#define CMDLINE_LIMIT ((1 << 20) + 1)
#define RELEASE_LIMIT 1024
#define STATE_LIMIT 64

/*
 * Kernels before 3.9 have crash_notes without crash_notes_size; there the notes of a CPU have this much room
 * (MAX_NOTE_BYTES).
 */
#define OLD_NOTES_SIZE 1024

static bool read_iomem(const struct root_files *files, struct machine *machine, struct err *err)
{
	const char *path = root_files_path(files, "proc/iomem");
	struct blob text;

	return file_map(files->arena, path, NULL, &text, err) &&
	       iomem_parse(&machine->arena, path, text, &machine->resources, &machine->resource_count, err);
}

static bool read_string(const struct root_files *files, struct machine *machine, const char *name,
			size_t limit, const char **string, struct err *err)
{
	const char *text;

	if (!root_files_text(files, name, limit, &text, err))
		return false;
	*string = arena_strdup(&machine->arena, text ? text : "");
	return true;
}

/* The strings of state_show() in Linux's drivers/base/memory.c. */
static bool read_block_state(const struct root_files *files, const char *name, bool *online, struct err *err)
{
	const char *state;

	if (!root_files_text(files, name, STATE_LIMIT, &state, err))
		return false;

	/* A block without a state was taken away since the directory was listed. */
	*online = state && strcmp(state, "online") == 0;
	if (!state || *online || strcmp(state, "offline") == 0 || strcmp(state, "going-offline") == 0)
		return true;
	return err_set(err, ERR_BAD_MACHINE, "%s: \"%s\" found, expected online, offline or going-offline",
		       root_files_path(files, name),
		       scan_show((struct blob){ (const uint8_t *)state, strlen(state) }).text);
}

static bool read_offline(const struct root_files *files, struct machine *machine, struct err *err)
{
	static const char directory[] = "sys/devices/system/memory";
	static const char size_name[] = "sys/devices/system/memory/block_size_bytes";
	uint64_t *blocks, size;
	size_t count;
	bool found;

	ranges_init(&machine->offline, &machine->arena);
	if (!root_files_numbered(files, directory, "memory", &blocks, &count, err))
		return false;
	if (count == 0)
		return true;
	if (!root_files_number(files, size_name, ROOT_PREFIXED_HEX, &size, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_BAD_MACHINE, "%s is missing, though %s has %zu memory blocks",
			       root_files_path(files, size_name), root_files_path(files, directory), count);
	if (!is_power_of_two(size) || size < machine->page_size)
		return err_set(err, ERR_BAD_MACHINE,
			       "%s: 0x%llx found, expected a power of two of at least one page (%llu bytes)",
			       root_files_path(files, size_name), (unsigned long long)size,
			       (unsigned long long)machine->page_size);

	for (size_t i = 0; i < count; i++) {
		const char *name = arena_printf(files->arena, "%s/memory%llu/state", directory,
						(unsigned long long)blocks[i]);
		bool online;

		if (!read_block_state(files, name, &online, err))
			return false;
		if (blocks[i] > (UINT64_MAX - size) / size)
			return err_set(err, ERR_BAD_MACHINE,
				       "%s: block %llu of 0x%llx bytes lies beyond the 64-bit address space",
				       root_files_path(files, name), (unsigned long long)blocks[i],
				       (unsigned long long)size);
		if (!online)
			ranges_append(&machine->offline,
				      (struct range){ blocks[i] * size, (blocks[i] + 1) * size });
	}
	ranges_normalize(&machine->offline);
	return true;
}

static bool read_cpu(const struct root_files *files, unsigned int id, struct machine_cpu *cpu, bool *found,
		     struct err *err)
{
	const char *notes = arena_printf(files->arena, "sys/devices/system/cpu/cpu%u/crash_notes", id);
	const char *size = arena_printf(files->arena, "%s_size", notes);
	bool has_size;

	cpu->id = id;
	if (!root_files_number(files, notes, ROOT_PREFIXED_HEX, &cpu->notes, found, err))
		return false;
	if (!*found)
		return true;
	if (!root_files_number(files, size, ROOT_DECIMAL, &cpu->notes_size, &has_size, err))
		return false;
	if (!has_size)
		cpu->notes_size = OLD_NOTES_SIZE;
	if (cpu->notes_size == 0 || cpu->notes_size > UINT64_MAX - cpu->notes)
		return err_set(err, ERR_BAD_MACHINE,
			       "%s: 0x%llx with a size of %llu bytes is no range of memory",
			       root_files_path(files, notes), (unsigned long long)cpu->notes,
			       (unsigned long long)cpu->notes_size);
	return true;
}

static bool read_cpus(const struct root_files *files, struct machine *machine, struct err *err)
{
	uint64_t *ids;
	size_t count;

	if (!root_files_numbered(files, "sys/devices/system/cpu", "cpu", &ids, &count, err))
		return false;
	machine->cpus = arena_array(&machine->arena, count, sizeof(*machine->cpus));
	for (size_t i = 0; i < count; i++) {
		bool found;

		if (ids[i] > UINT32_MAX)
			return err_set(
				err, ERR_BAD_MACHINE, "%s/cpu%llu: expected a CPU number of at most 32 bits",
				root_files_path(files, "sys/devices/system/cpu"), (unsigned long long)ids[i]);
		if (!read_cpu(files, (unsigned int)ids[i], &machine->cpus[machine->cpu_count], &found, err))
			return false;
		if (found)
			machine->cpu_count++;
	}
	return true;
}

/* "ADDRESS SIZE", both hexadecimal, "0x" before the address since Linux 4.13 (vmcoreinfo_show()). */
static bool read_vmcoreinfo(const struct root_files *files, struct machine *machine, struct err *err)
{
	static const char name[] = "sys/kernel/vmcoreinfo";
	const char *text;

	if (!root_files_text(files, name, STATE_LIMIT, &text, err))
		return false;
	if (!text)
		return true;

	struct blob whole = { (const uint8_t *)text, strlen(text) };
	size_t space = strcspn(text, " ");
	struct blob last = blob_part(whole, space + 1, whole.size - space - 1);
	uint64_t address, size;

	if (space == whole.size || !scan_prefixed_hex(blob_part(whole, 0, space), &address) ||
	    !scan_prefixed_hex(last, &size) || size == 0 || size > UINT64_MAX - address)
		return err_set(err, ERR_BAD_MACHINE,
			       "%s: \"%s\" found, expected a hexadecimal address and size",
			       root_files_path(files, name), scan_show(whole).text);
	machine->has_vmcoreinfo = true;
	machine->vmcoreinfo = (struct range){ address, address + size };
	return true;
}

/* Whether it is this computer that is read, not a captured tree. */
static bool is_running(const char *root, enum arch_id arch)
{
	struct utsname running;

	return root[strspn(root, "/")] == 0 && uname(&running) == 0 && machine_arch_by_name(running.machine) == arch;
}

/*
 * Only the running kernel tells its page size (AT_PAGESZ); neither /proc nor /sys has it as a fact of their
 * own. For a captured tree of an architecture with several, the usual one is taken; the machine text can be
 * corrected by hand.
 */
static uint64_t page_size(const char *root, enum arch_id arch)
{
	uint64_t usual = arch_names_page_size(arch);

	if (arch_names_page_size_is_fixed(arch) || !is_running(root, arch))
		return usual;

	uint64_t size = getauxval(AT_PAGESZ);

	return is_power_of_two(size) ? size : usual;
}

/*
 * On bare metal the boot loader is a Linux, too, which is not to know of dumps, only to hand one on to the kernel that
 * it starts (CONFIG_PRESERVE_FA_DUMP): it has no /proc/vmcore, and none of the control files either.
 */
static bool dump_is_pending(const struct root_files *files, const struct machine *machine)
{
	if (!devtree_is_read(machine->arch) || !devtree_tells_of_dump(files))
		return false;
	return root_files_exists(files, "proc/vmcore") ||
	       (machine->power.opal && !root_files_exists(files, "sys/kernel/fadump") &&
		!root_files_exists(files, "sys/kernel/fadump_enabled"));
}

static bool read_all(const struct root_files *files, struct machine *machine, struct err *err)
{
	bool ok = read_iomem(files, machine, err) &&
		  read_string(files, machine, "proc/sys/kernel/osrelease", RELEASE_LIMIT, &machine->release,
			      err) &&
		  read_string(files, machine, "proc/cmdline", CMDLINE_LIMIT, &machine->cmdline, err) &&
		  read_offline(files, machine, err) && read_cpus(files, machine, err) &&
		  read_vmcoreinfo(files, machine, err) &&
		  root_files_number(files, "sys/kernel/crash_elfcorehdr_size", ROOT_DECIMAL,
				    &machine->elfcorehdr_size, &machine->has_elfcorehdr_size, err);

	if (!ok)
		return false;
	devtree_read(files, machine);
	derive_memory(machine);
	machine->dump_pending = dump_is_pending(files, machine);
	if (machine->ram.count == 0)
		return err_set(err, ERR_BAD_MACHINE, "%s has no \"System RAM\" that is online",
			       root_files_path(files, "proc/iomem"));
	root_firmware_read(files, machine);
	root_kernel_read(files, machine);

	/* A device cannot be captured: the screen is that of this computer or of none. */
	if (is_running(files->root, machine->arch) &&
	    (machine->arch == ARCH_X86_64 || machine->arch == ARCH_I386))
		framebuffer_read(&machine->framebuffer, &machine->arena, "/dev/fb0");
	return true;
}

bool machine_read_root(struct machine *machine, const char *root, enum arch_id arch, struct err *err)
{
	struct arena scratch;

	*machine = (struct machine){ .arch = arch };
	arena_init(&machine->arena);
	if (arch == ARCH_NONE)
		return err_set(err, ERR_UNSUPPORTED,
			       "cannot read the machine below \"%s\": its architecture is not known; name it "
			       "with --arch",
			       root);
	if (!*root)
		return err_set(err, ERR_USAGE,
			       "cannot read a machine: the name of its root directory is empty");
	machine->origin = arena_strdup(&machine->arena, root);
	machine->page_size = page_size(root, arch);
	arena_init(&scratch);

	bool ok = read_all(&(struct root_files){ &scratch, root }, machine, err);

	arena_release(&scratch);
	if (!ok)
		machine_release(machine);
	return ok;
}

void machine_release(struct machine *machine)
{
	arena_release(&machine->arena);
	*machine = (struct machine){ .arch = ARCH_NONE };
}
