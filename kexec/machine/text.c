/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "kexec/machine/arch_names.h"
#include "kexec/machine/derive.h"
#include "kexec/machine/text_devtree.h"
#include "kexec/machine/text_platform.h"
#include "kexec/machine/text_reader.h"

#define FIRST_LINE "machine 1"

/* Far above any real machine: 100,000 resources make 6 MB. */
#define TEXT_LIMIT (UINT64_C(256) << 20)

#define PAGE_SIZE_MIN 4096
#define PAGE_SIZE_MAX (1 << 20)

void *text_reader_grow(struct arena *scratch, void *list, size_t used, size_t *capacity, size_t size)
{
	if (used < *capacity)
		return list;
	*capacity = *capacity ? *capacity * 2 : 64;

	void *grown = arena_array(scratch, *capacity, size);

	if (used)
		memcpy(grown, list, used * size);
	return grown;
}

static void *keep(struct arena *arena, const void *list, size_t used, size_t size)
{
	void *copy = arena_array(arena, used, size);

	if (used)
		memcpy(copy, list, used * size);
	return copy;
}

static bool read_arch(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct blob word;

	if (!text_fields_word(fields, "an architecture", &word, err))
		return false;

	const char *name = arena_strndup(&reader->scratch, (const char *)word.data, word.size);

	reader->machine->arch = machine_arch_by_name(name);
	if (reader->machine->arch == ARCH_NONE)
		return err_set(err, ERR_BAD_MACHINE, "\"%s\" is no architecture that is known here",
			       scan_show(word).text);
	return true;
}

static bool read_page_size(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	uint64_t size;

	if (!text_fields_number(fields, "a page size", &size, err))
		return false;
	if (!is_power_of_two(size) || size < PAGE_SIZE_MIN || size > PAGE_SIZE_MAX)
		return err_set(err, ERR_BAD_MACHINE, "%llu found, expected a power of two from %d to %d",
			       (unsigned long long)size, PAGE_SIZE_MIN, PAGE_SIZE_MAX);
	reader->machine->page_size = size;
	return true;
}

static bool read_release(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	return text_fields_string(fields, &reader->machine->arena, &reader->machine->release, err);
}

static bool read_cmdline(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	return text_fields_string(fields, &reader->machine->arena, &reader->machine->cmdline, err);
}

static bool read_resource(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct machine *machine = reader->machine;
	struct machine_resource resource;
	uint64_t depth, allowed = 0;

	if (machine->resource_count)
		allowed = (uint64_t)machine->resources[machine->resource_count - 1].depth + 1;
	if (!text_fields_number(fields, "a level", &depth, err))
		return false;
	if (depth > allowed)
		return err_set(err, ERR_BAD_MACHINE,
			       "level %llu found, but at most %llu can follow the resource before",
			       (unsigned long long)depth, (unsigned long long)allowed);
	resource.depth = (unsigned int)depth;
	if (!text_fields_range(fields, &resource.range, err) ||
	    !text_fields_string(fields, &machine->arena, &resource.name, err))
		return false;
	machine->resources = text_reader_grow(&reader->scratch, machine->resources, machine->resource_count,
					      &reader->resource_capacity, sizeof(resource));
	machine->resources[machine->resource_count++] = resource;
	return true;
}

static bool read_offline(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct range range;

	if (!text_fields_range(fields, &range, err))
		return false;
	ranges_append(&reader->machine->offline, range);
	return true;
}

static bool read_cpu(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct machine *machine = reader->machine;
	struct machine_cpu cpu;
	uint64_t id;

	if (!text_fields_number(fields, "a CPU number", &id, err) ||
	    !text_fields_address(fields, "the address of its notes", &cpu.notes, err) ||
	    !text_fields_number(fields, "the size of its notes", &cpu.notes_size, err))
		return false;
	if (id > UINT32_MAX)
		return err_set(err, ERR_BAD_MACHINE, "%llu found, expected a CPU number of at most 32 bits",
			       (unsigned long long)id);
	cpu.id = (unsigned int)id;
	if (machine->cpu_count && cpu.id <= machine->cpus[machine->cpu_count - 1].id)
		return err_set(err, ERR_BAD_MACHINE, "CPU %u cannot follow CPU %u: the numbers ascend",
			       cpu.id, machine->cpus[machine->cpu_count - 1].id);
	if (cpu.notes_size == 0 || cpu.notes_size > UINT64_MAX - cpu.notes)
		return err_set(err, ERR_BAD_MACHINE, "0x%llx with a size of %llu bytes is no range of memory",
			       (unsigned long long)cpu.notes, (unsigned long long)cpu.notes_size);
	machine->cpus = text_reader_grow(&reader->scratch, machine->cpus, machine->cpu_count,
					 &reader->cpu_capacity, sizeof(cpu));
	machine->cpus[machine->cpu_count++] = cpu;
	return true;
}

static bool read_vmcoreinfo(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	reader->machine->has_vmcoreinfo = true;
	return text_fields_range(fields, &reader->machine->vmcoreinfo, err);
}

static bool read_elfcorehdr_size(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	reader->machine->has_elfcorehdr_size = true;
	return text_fields_number(fields, "a size", &reader->machine->elfcorehdr_size, err);
}

/* For `end`, whose line has nothing to read. */
static bool read_nothing(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	(void)reader;
	(void)fields;
	(void)err;
	return true;
}

static bool (*const readers[TEXT_KEYWORD_COUNT])(struct text_reader *, struct text_fields *, struct err *) = {
	[TEXT_ARCH] = read_arch,
	[TEXT_PAGE_SIZE] = read_page_size,
	[TEXT_RELEASE] = read_release,
	[TEXT_CMDLINE] = read_cmdline,
	[TEXT_RESOURCE] = read_resource,
	[TEXT_OFFLINE] = read_offline,
	[TEXT_CPU] = read_cpu,
	[TEXT_VMCOREINFO] = read_vmcoreinfo,
	[TEXT_ELFCOREHDR_SIZE] = read_elfcorehdr_size,
	[TEXT_FIRMWARE] = text_platform_firmware,
	[TEXT_BOOT_PARAMS] = text_platform_boot_params,
	[TEXT_EFI] = text_platform_efi,
	[TEXT_EFI_TABLES] = text_platform_efi_tables,
	[TEXT_EFI_SMBIOS] = text_platform_efi_smbios,
	[TEXT_EFI_ACPI20] = text_platform_efi_acpi20,
	[TEXT_EFI_ACPI] = text_platform_efi_acpi,
	[TEXT_EFI_RANGE] = text_platform_efi_range,
	[TEXT_FRAMEBUFFER] = text_platform_framebuffer,
	[TEXT_DIRECT_MAP] = text_platform_direct_map,
	[TEXT_KERNEL_TEXT] = text_platform_kernel_text,
	[TEXT_INITRD] = text_platform_initrd,
	[TEXT_MEMORY_ENCRYPTION] = text_platform_memory_encryption,
	[TEXT_XEN_DOM0] = text_platform_xen_dom0,
	[TEXT_DT_NODE] = text_devtree_node,
	[TEXT_DT_PROPERTY] = text_devtree_property,
	[TEXT_DT_MORE] = text_devtree_more,
	[TEXT_DUMP_PENDING] = text_devtree_dump_pending,
	[TEXT_END] = read_nothing,
};

static bool read_line(struct text_reader *reader, struct blob line, struct err *err)
{
	struct text_fields fields = { .rest = line };
	enum text_keyword keyword;
	struct blob word;

	if (line.size && memchr(line.data, 0, line.size))
		return err_set(err, ERR_BAD_MACHINE, "a NUL byte in \"%s\", where text is expected",
			       scan_show(line).text);
	if (text_fields_at_end(&fields))
		return true;
	if (!text_fields_word(&fields, "a keyword", &word, err))
		return false;
	if (!text_keyword_by_name(word, &keyword))
		return err_set(err, ERR_BAD_MACHINE, "the keyword \"%s\" is not known", scan_show(word).text);
	if (reader->first_seen[TEXT_END])
		return err_set(err, ERR_BAD_MACHINE, "\"%s\" found behind \"end\" in line %zu",
			       scan_show(word).text, reader->first_seen[TEXT_END]);
	if (!text_keywords[keyword].repeats && reader->first_seen[keyword])
		return err_set(err, ERR_BAD_MACHINE, "\"%s\" is given a second time, first in line %zu",
			       text_keywords[keyword].name, reader->first_seen[keyword]);
	reader->first_seen[keyword] = reader->scan.line;
	if (!readers[keyword](reader, &fields, err) || !text_fields_done(&fields, err))
		return err_prefix(err, "%s", text_keywords[keyword].name);
	return true;
}

static bool read_lines(struct text_reader *reader, struct err *err)
{
	struct blob line;

	if (!scan_line(&reader->scan, &line))
		return err_set(err, ERR_BAD_MACHINE, "%s is empty, a machine text expected", reader->name);
	if (line.size != strlen(FIRST_LINE) || !blob_begins(line, FIRST_LINE, strlen(FIRST_LINE)))
		return err_set(err, ERR_BAD_MACHINE,
			       "%s:1: \"%s\" found, expected the first line of a machine text: \"%s\"",
			       reader->name, scan_show(line).text, FIRST_LINE);
	while (scan_line(&reader->scan, &line)) {
		if (!read_line(reader, line, err))
			return err_prefix(err, "%s:%zu", reader->name, reader->scan.line);
	}
	return true;
}

static bool check_whole(const struct text_reader *reader, struct err *err)
{
	const struct machine *machine = reader->machine;

	if (!reader->first_seen[TEXT_END])
		return err_set(err, ERR_BAD_MACHINE,
			       "%s:%zu: the line \"end\" is missing: the text is cut off", reader->name,
			       reader->scan.line);
	for (int i = 0; i < TEXT_KEYWORD_COUNT; i++) {
		if (text_keywords[i].required && !reader->first_seen[i])
			return err_set(err, ERR_BAD_MACHINE, "%s: the line \"%s ...\" is missing",
				       reader->name, text_keywords[i].name);
	}
	for (int i = TEXT_EFI + 1; i <= TEXT_EFI_RANGE; i++) {
		if (reader->first_seen[i] && !machine->efi.present)
			return err_set(err, ERR_BAD_MACHINE, "%s:%zu: %s: the line \"%s\" is missing",
				       reader->name, reader->first_seen[i], text_keywords[i].name,
				       text_keywords[TEXT_EFI].name);
	}
	if (arch_names_page_size_is_fixed(machine->arch) &&
	    machine->page_size != arch_names_page_size(machine->arch))
		return err_set(err, ERR_BAD_MACHINE,
			       "%s:%zu: page-size: %llu found, but pages of %s have %llu bytes", reader->name,
			       reader->first_seen[TEXT_PAGE_SIZE], (unsigned long long)machine->page_size,
			       machine_arch_name(machine->arch),
			       (unsigned long long)arch_names_page_size(machine->arch));
	return true;
}

bool machine_read_text(struct machine *machine, const char *name, struct blob text, struct err *err)
{
	struct text_reader reader = { .machine = machine, .name = name, .scan = { .rest = text } };

	*machine = (struct machine){ .release = "", .cmdline = "" };
	arena_init(&machine->arena);
	if (text.size > TEXT_LIMIT)
		return err_set(err, ERR_BAD_MACHINE, "%s has %zu bytes; a machine text has at most %llu",
			       name, text.size, (unsigned long long)TEXT_LIMIT);
	arena_init(&reader.scratch);
	machine->origin = arena_strdup(&machine->arena, name);
	ranges_init(&machine->offline, &machine->arena);

	bool ok = read_lines(&reader, err) && check_whole(&reader, err) && text_devtree_finish(&reader, err);

	if (ok) {
		struct arena *arena = &machine->arena;

		machine->resources = keep(arena, machine->resources, machine->resource_count,
					  sizeof(*machine->resources));
		machine->cpus = keep(arena, machine->cpus, machine->cpu_count, sizeof(*machine->cpus));
		machine->firmware = keep(arena, machine->firmware, machine->firmware_count,
					 sizeof(*machine->firmware));
		machine->efi.map =
			keep(arena, machine->efi.map, machine->efi.map_count, sizeof(*machine->efi.map));
		ranges_normalize(&machine->offline);
		derive_memory(machine);
	} else {
		machine_release(machine);
	}
	arena_release(&reader.scratch);
	return ok;
}
