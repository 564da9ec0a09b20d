/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/root_firmware.h"

#include <string.h>

#include "kexec/machine/platform.h"
#include "kexec/machine/scan.h"

#define MEMMAP "sys/firmware/memmap"
#define EFI "sys/firmware/efi"
#define RUNTIME_MAP EFI "/runtime-map"

#define TYPE_LIMIT 256
#define SYSTAB_LIMIT 65536

/* One number of an entry of a directory with numbered ones: DIRECTORY/NUMBER/NAME. */
struct field {
	const char *name;
	uint64_t *value;
};

/*
 * All fields of an entry. *found is false, and the call succeeds, where none of its files is there: it went away
 * since the directory was listed, as with memory that is unplugged.
 */
static bool read_fields(const struct root_files *files, const char *directory, uint64_t number,
			const struct field *fields, size_t count, bool *found, struct err *err)
{
	const char *missing = NULL;

	*found = false;
	for (size_t i = 0; i < count; i++) {
		const char *name = arena_printf(files->arena, "%s/%llu/%s", directory, (unsigned long long)number,
						fields[i].name);
		bool has;

		if (!root_files_number(files, name, ROOT_PREFIXED_HEX, fields[i].value, &has, err))
			return false;
		if (!has)
			missing = name;
		*found = *found || has;
	}
	if (*found && missing)
		return err_set(err, ERR_BAD_MACHINE, "%s is missing, though other files of its directory are there",
			       root_files_path(files, missing));
	return true;
}

static bool read_memmap(const struct root_files *files, struct machine *machine, struct err *err)
{
	uint64_t *numbers;
	size_t count;

	if (!root_files_numbered(files, MEMMAP, "", &numbers, &count, err))
		return false;
	machine->firmware = arena_array(&machine->arena, count, sizeof(*machine->firmware));
	for (size_t i = 0; i < count; i++) {
		struct arena scratch;
		uint64_t first, last;
		const char *type;
		bool found;

		/* Of one entry, for there may be a great many. */
		arena_init(&scratch);

		struct root_files entry = { &scratch, files->root };
		const char *name = arena_printf(&scratch, MEMMAP "/%llu/type", (unsigned long long)numbers[i]);
		bool ok = read_fields(&entry, MEMMAP, numbers[i],
				      (const struct field[]){ { "start", &first }, { "end", &last } }, 2, &found,
				      err) &&
			  root_files_text(&entry, name, TYPE_LIMIT, &type, err);

		if (ok && found && !type)
			ok = err_set(err, ERR_BAD_MACHINE,
				     "%s is missing, though other files of its directory are there",
				     root_files_path(&entry, name));
		if (ok && found && last < first)
			ok = err_set(err, ERR_BAD_MACHINE, "%s/" MEMMAP "/%llu: the end 0x%llx is below the start "
				     "0x%llx",
				     files->root, (unsigned long long)numbers[i], (unsigned long long)last,
				     (unsigned long long)first);
		if (ok && found)
			machine->firmware[machine->firmware_count++] = (struct machine_firmware_range){
				.range = range_from_inclusive(first, last),
				.type = arena_strdup(&machine->arena, type),
			};
		arena_release(&scratch);
		if (!ok)
			return false;
	}
	return true;
}

static bool read_boot_params(const struct root_files *files, struct machine *machine, struct err *err)
{
	struct err debugfs;
	bool found;

	if (machine->arch != ARCH_X86_64 && machine->arch != ARCH_I386)
		return true;
	if (!root_files_bytes(files, "sys/kernel/boot_params/data", PLATFORM_BOOT_PARAMS_SIZE, &machine->arena,
			      &machine->boot_params, &found, err))
		return false;
	if (found)
		return true;

	/* Kernels before 3.14 have them here only; with lockdown, nobody may read debugfs. */
	if (root_files_bytes(files, "sys/kernel/debug/boot_params/data", PLATFORM_BOOT_PARAMS_SIZE,
			     &machine->arena, &machine->boot_params, &found, &debugfs) ||
	    debugfs.code == ERR_DENIED)
		return true;
	*err = debugfs;
	return false;
}

/*
 * Lines of KEY=0xVALUE; keys of no concern here are passed over (systab_show() in Linux 6.12,
 * drivers/firmware/efi/efi.c).
 */
static bool read_systab(const struct root_files *files, const char *name, struct machine_efi *efi, bool *found,
			struct err *err)
{
	const struct {
		const char *key;
		uint64_t *value;
	} keys[] = {
		{ "ACPI20=", &efi->acpi20 },
		{ "ACPI=", &efi->acpi },
		{ "SMBIOS=", &efi->smbios },
	};
	const char *text;

	if (!root_files_text(files, name, SYSTAB_LIMIT, &text, err))
		return false;
	*found = text != NULL;
	if (!text)
		return true;

	struct scan scan = { .rest = { (const uint8_t *)text, strlen(text) } };
	struct blob line;

	while (scan_line(&scan, &line)) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			size_t length = strlen(keys[i].key);

			if (!blob_begins(line, keys[i].key, length))
				continue;
			if (!scan_prefixed_hex(blob_part(line, length, line.size - length), keys[i].value))
				return err_set(err, ERR_BAD_MACHINE,
					       "%s:%zu: \"%s\" found, expected a hexadecimal address behind %s",
					       root_files_path(files, name), scan.line, scan_show(line).text,
					       keys[i].key);
		}
	}
	return true;
}

static bool read_tables(const struct root_files *files, struct machine_efi *efi, struct err *err)
{
	const struct field tables[] = {
		{ EFI "/fw_vendor", &efi->fw_vendor },
		{ EFI "/runtime", &efi->runtime },
		{ EFI "/config_table", &efi->config_table },
	};
	bool all;

	if (!read_systab(files, EFI "/systab", efi, &all, err))
		return false;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		bool has;

		if (!root_files_number(files, tables[i].name, ROOT_PREFIXED_HEX, tables[i].value, &has, err))
			return false;
		all = all && has;
	}
	efi->has_systab = all;
	if (!all)
		efi->fw_vendor = efi->runtime = efi->config_table = 0;
	return true;
}

static bool read_runtime_map(const struct root_files *files, struct machine *machine, struct err *err)
{
	struct machine_efi *efi = &machine->efi;
	uint64_t *numbers;
	size_t count;

	if (!root_files_numbered(files, RUNTIME_MAP, "", &numbers, &count, err))
		return false;
	efi->map = arena_array(&machine->arena, count, sizeof(*efi->map));
	for (size_t i = 0; i < count; i++) {
		struct machine_efi_range range;
		uint64_t type;
		const struct field fields[] = {
			{ "type", &type },		{ "phys_addr", &range.physical },
			{ "virt_addr", &range.mapped }, { "num_pages", &range.pages },
			{ "attribute", &range.attribute },
		};
		bool found;

		if (!read_fields(files, RUNTIME_MAP, numbers[i], fields, sizeof(fields) / sizeof(fields[0]), &found,
				 err))
			return false;
		if (!found)
			continue;
		range.type = (uint32_t)type;
		if (type > UINT32_MAX || !platform_efi_range_fits(&range))
			return err_set(err, ERR_BAD_MACHINE,
				       "%s/" RUNTIME_MAP "/%llu: type 0x%llx, 0x%llx pages of %d bytes at 0x%llx: "
				       "expected a type of 32 bits and an end inside the 64-bit address space",
				       files->root, (unsigned long long)numbers[i], (unsigned long long)type,
				       (unsigned long long)range.pages, PLATFORM_EFI_PAGE,
				       (unsigned long long)range.physical);
		efi->map[efi->map_count++] = range;
	}
	return true;
}

static void keep_first(struct machine *machine, const struct err *problem)
{
	if (!machine->firmware_problem)
		machine->firmware_problem = arena_strdup(&machine->arena, problem->text);
}

void root_firmware_read(const struct root_files *files, struct machine *machine)
{
	struct err problem;

	if (!read_memmap(files, machine, &problem)) {
		machine->firmware_count = 0;
		keep_first(machine, &problem);
	}
	if (!read_boot_params(files, machine, &problem)) {
		machine->boot_params = (struct blob){ NULL, 0 };
		keep_first(machine, &problem);
	}
	machine->efi.present = root_files_has_directory(files, EFI);
	if (machine->efi.present &&
	    (!read_tables(files, &machine->efi, &problem) || !read_runtime_map(files, machine, &problem))) {
		machine->efi = (struct machine_efi){ .present = true };
		keep_first(machine, &problem);
	}
}
