/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a crash load on x86 has beyond a normal one. From the top of the reservation down:
 *
 *	meminfo     the last page
 *	backup      low memory of the crashed kernel: purgatory saves it there, for the capture kernel starts its other
 *	            CPUs from below 640 KiB
 *	elfcorehdr  where the crashed kernel's memory is; passed as elfcorehdr=
 *
 * None of the three is RAM in the capture kernel's map: it reads the second and third as the crashed kernel's memory,
 * and the first stays for whoever looks from outside.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/arch/x86/x86.h"
#include "kexec/base/cmdline.h"

/* Above it begin video memory and ROMs. */
#define LOW_END UINT64_C(0xa0000)

#define KIB UINT64_C(1024)

/* Smaller pieces of RAM are worth no place on a command line. */
#define MEMMAP_RAM_LEAST (100 * KIB)

/* The largest piece of RAM in low memory, the lower of equals: a start of CPUs needs some pages in one piece. */
static struct range find_backup_source(const struct machine *machine)
{
	struct range best = { 0, 0 };

	for (size_t i = 0; i < machine->ram.count && machine->ram.v[i].start < LOW_END; i++) {
		struct range low = range_intersect(machine->ram.v[i], (struct range){ 0, LOW_END });

		if (range_size(low) > range_size(best))
			best = low;
	}
	return best;
}

static bool place_meminfo(const struct machine *machine, struct plan *plan, struct err *err)
{
	uint64_t address = align_down(plan->crash.end - 1, plan->page_size);
	struct range vmcoreinfo = machine->has_vmcoreinfo ? machine->vmcoreinfo : (struct range){ 0, 0 };

	if (!ranges_contain(&plan->usable, (struct range){ address, plan->crash.end })) {
		plan_warn(plan,
			  "no meminfo is written: it belongs to 0x%" PRIx64 ", the last page of the crash reservation, which "
			  "--mem-min and --mem-max leave out",
			  address);
		return true;
	}
	return plan_add_meminfo(plan, address, vmcoreinfo, false, "fixed: the last page of the crash reservation", err);
}

static bool place_backup(struct x86_crash *crash, const struct machine *machine, struct plan *plan, struct err *err)
{
	crash->backup_source = find_backup_source(machine);
	if (range_is_empty(crash->backup_source))
		return true;
	if (!plan_place(plan,
			&(struct placement){
				.role = SEGMENT_BACKUP,
				.memory_size = range_size(crash->backup_source),
				.high = true,
				.unhashed = true,
				.why = "room for the low memory that the capture kernel uses",
			},
			&crash->backup, err))
		return false;
	plan->backup = (struct plan_backup){
		.present = true,
		.source = crash->backup_source,
		.address = crash->backup,
	};
	return true;
}

bool x86_crash_place(struct x86_crash *crash, const struct request *request, const struct machine *machine,
		     struct plan *plan, struct err *err)
{
	struct placement where = {
		.memory_size = request->hotplug && machine->has_elfcorehdr_size ? machine->elfcorehdr_size : 0,
		.unhashed = request->hotplug,
		.high = true,
		.why = request->hotplug ? "high, with room for what the kernel adds on CPU and memory hotplug"
					: "high, out of the way of what has to lie low",
	};
	uint64_t address, size;

	*crash = (struct x86_crash){ .backup = 0 };
	if (request->meminfo && !place_meminfo(machine, plan, err))
		return false;
	if (!place_backup(crash, machine, plan, err) ||
	    !plan_add_elfcorehdr(plan, machine, &where, &address, &size, err))
		return false;
	crash->elfcorehdr = (struct range){ address, address + size };
	return true;
}

/*
 * What the capture kernel must know of, and must not take for a gap where devices can be put. Soft-reserved memory is
 * left out, for a driver would offer it as RAM, with what the crashed kernel had in it.
 */
static bool type_of(const char *name, enum x86_memory_type *type)
{
	return x86_memory_type_by_name(name, type) && *type != X86_RAM && *type != X86_SOFT_RESERVED;
}

static void append_role(struct ranges *set, const struct plan *plan, enum segment_role role)
{
	const struct segment *segment = plan_segment(plan, role);

	if (segment)
		ranges_append(set, segment->range);
}

/* RAM that is left when what is not RAM, and what must stay as it is, are taken out; in whole KiB. */
static void find_ram(struct ranges *ram, struct ranges *taken, const struct x86_crash *crash,
		     const struct machine *machine, struct arena *scratch, const struct plan *plan)
{
	struct ranges all;

	append_role(taken, plan, SEGMENT_MEMINFO);
	append_role(taken, plan, SEGMENT_BACKUP);
	append_role(taken, plan, SEGMENT_ELFCOREHDR);
	ranges_normalize(taken);

	ranges_init(&all, scratch);
	ranges_append(&all, crash->backup_source);
	for (size_t i = 0; i < machine->crash.count; i++)
		ranges_append(&all, machine->crash.v[i]);
	ranges_normalize(&all);
	ranges_subtract(ram, scratch, &all, taken);
}

bool x86_crash_map(struct x86_map *map, const struct x86_crash *crash, const struct machine *machine,
		   struct plan *plan, struct err *err)
{
	struct arena scratch;
	struct ranges taken, ram;
	enum x86_memory_type type;
	uint64_t total = 0;

	arena_init(&scratch);
	ranges_init(&taken, &scratch);
	for (size_t i = 0; i < machine->resource_count; i++)
		if (type_of(machine->resources[i].name, &type))
			ranges_append(&taken, machine->resources[i].range);
	find_ram(&ram, &taken, crash, machine, &scratch, plan);

	*map = (struct x86_map){
		.v = arena_array(&plan->arena, ram.count + machine->resource_count, sizeof(*map->v)),
	};
	for (size_t i = 0; i < ram.count; i++) {
		struct range whole = range_shrink(ram.v[i], KIB);

		if (range_is_empty(whole))
			continue;
		total += range_size(whole);
		map->v[map->count++] = (struct x86_memory){ whole, X86_RAM };
	}
	for (size_t i = 0; i < machine->resource_count; i++)
		if (type_of(machine->resources[i].name, &type) && !range_is_empty(machine->resources[i].range))
			map->v[map->count++] = (struct x86_memory){ machine->resources[i].range, type };
	arena_release(&scratch);

	if (total == 0)
		return err_set(err, ERR_BAD_MACHINE,
			       "no RAM is left for the capture kernel: the memory map of %s says that all of the crash "
			       "reservation 0x%" PRIx64 "-0x%" PRIx64 " is reserved for something else",
			       machine->origin, plan->crash.start, plan->crash.end);
	x86_map_normalize(map, &plan->arena);
	return true;
}

/* A text that grows at its end. */
struct text {
	char *v;
	size_t length, size;
};

/* Room for the longest memmap=, acpi_rsdp= or elfcorehdr=, blank included. */
#define WORD_MOST 64

static void add_word(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_word(struct text *text, const char *format, ...)
{
	va_list args;

	if (text->length)
		text->v[text->length++] = ' ';
	va_start(args, format);
	text->length += (size_t)vsnprintf(text->v + text->length, text->size - text->length, format, args);
	va_end(args);
}

/*
 * One memmap= for each entry (Linux Documentation/admin-guide/kernel-parameters.txt, 6.12). '#' marks ACPI data, NVS
 * included, as loaders have always written it; what has no sign of its own is given by number behind '%'.
 */
static void add_memmap(struct text *text, const struct x86_map *map)
{
	add_word(text, "memmap=exactmap");
	for (size_t i = 0; i < map->count; i++) {
		const struct x86_memory *m = &map->v[i];
		/* RAM consists of whole KiB; of the others nothing may be lost. */
		uint64_t start = m->range.start / KIB, size = align_up(m->range.end, KIB) / KIB - start;
		const char *sign = "$", *type = "";

		switch (m->type) {
		case X86_RAM:
			if (range_size(m->range) < MEMMAP_RAM_LEAST)
				continue;
			sign = "@";
			break;
		case X86_ACPI:
		case X86_NVS:
			sign = "#";
			break;
		case X86_PRAM:
			sign = "!";
			break;
		case X86_PMEM:
			sign = "%";
			type = "+7";
			break;
		case X86_RESERVED:
		case X86_UNUSABLE:
		case X86_SOFT_RESERVED:
			break;
		}
		add_word(text, "memmap=%" PRIu64 "K%s%" PRIu64 "K%s", size, sign, start, type);
	}
}

static bool has_word(const char *cmdline, const char *key)
{
	const char *cursor = cmdline, *end = cmdline + cmdline_kernel_part(cmdline);
	struct cmdline_word word;

	while (cmdline_next(&cursor, &word) && word.text < end)
		if (cmdline_word_is(word, key))
			return true;
	return false;
}

/* Source: Linux Documentation/arch/x86/amd-memory-encryption.rst; fs/proc/vmcore.c reads as its own kernel does. */
static void warn_of_encryption(const struct machine *machine, struct plan *plan)
{
	if (machine->memory_encryption == 0 || strstr(plan->cmdline, "mem_encrypt=on"))
		return;
	plan_warn(plan,
		  "the running kernel encrypts its memory (mask 0x%" PRIx64 "): the capture kernel reads it only where it "
		  "encrypts, too. Guests with SEV do so by themselves; else add mem_encrypt=on to its command line",
		  machine->memory_encryption);
}

bool x86_crash_cmdline(const struct x86_crash *crash, const struct request *request, const struct machine *machine,
		       const struct x86_map *map, bool efi, struct plan *plan, struct err *err)
{
	uint64_t rsdp = x86_rsdp(machine);
	struct text text = { .size = (map->count + 4) * WORD_MOST };

	if (range_is_empty(crash->elfcorehdr) || crash->elfcorehdr.start % KIB)
		return err_set(err, ERR_INTERNAL, "the command line is to name an ELF core header at 0x%" PRIx64 "-0x%" PRIx64,
			       crash->elfcorehdr.start, crash->elfcorehdr.end);
	text.v = arena_alloc(&plan->arena, text.size);
	warn_of_encryption(machine, plan);
	if (request->pass_memmap)
		add_memmap(&text, map);
	if (!efi && rsdp && !has_word(plan->cmdline, "acpi_rsdp"))
		add_word(&text, "acpi_rsdp=0x%" PRIx64, rsdp);
	/* Of several the kernel takes the last one, so an old one in the user's text does no harm. */
	add_word(&text, "elfcorehdr=%" PRIu64 "K", crash->elfcorehdr.start / KIB);

	plan->cmdline = cmdline_insert(&plan->arena, plan->cmdline, text.v);
	return true;
}

/* boot_params.acpi_rsdp_addr; Linux arch/x86/include/uapi/asm/bootparam.h (5.0 and later). */
#define BOOT_PARAMS_RSDP 0x70

/*
 * boot_params come first: the start-up code of a kernel leaves there what it found, by whichever way. A zero, or an
 * older kernel, leaves EFI's table and what the running kernel was told.
 */
uint64_t x86_rsdp(const struct machine *machine)
{
	const struct le64 *field = blob_at(machine->boot_params, BOOT_PARAMS_RSDP, sizeof(*field));
	const char *cursor = machine->cmdline ? machine->cmdline : "";
	struct cmdline_word word;

	if (field && le64_get(*field))
		return le64_get(*field);
	if (machine->efi.acpi20 || machine->efi.acpi)
		return machine->efi.acpi20 ? machine->efi.acpi20 : machine->efi.acpi;
	while (cmdline_next(&cursor, &word)) {
		static const char key[] = "acpi_rsdp=";

		if (word.length >= sizeof(key) && memcmp(word.text, key, sizeof(key) - 1) == 0)
			/* Hexadecimal with or without 0x; Linux get_acpi_rsdp(). */
			return strtoull(word.text + sizeof(key) - 1, NULL, 16);
	}
	return 0;
}

uint64_t x86_core_vaddr(const struct machine *machine, uint64_t physical)
{
	return machine->kernel_map.has_direct ? physical + machine->kernel_map.direct : UINT64_MAX;
}
