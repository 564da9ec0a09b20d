/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF core header of a crash dump, as the capture kernel reads it (Linux fs/proc/vmcore.c; elf(5)): notes of each
 * CPU, the vmcoreinfo note, one PT_LOAD for the crashed kernel's own mapping where it has one apart, then one PT_LOAD
 * for each range of its RAM. The bytes lie where p_offset says, in the crashed kernel's memory.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "arch.h"
#include "elf_wire.h"
#include "kexec/plan/internal.h"

/* What the capture kernel reads from 16 bits: it knows no PN_XNUM. */
#define PHDR_MOST 0xfffe

/* p_vaddr of what has no virtual address; dump tools know it from i386's high memory. */
#define NO_VADDR UINT64_MAX

#define LIMIT32 (UINT64_C(1) << 32)

/* One program header, of either class. */
struct part {
	uint32_t type, flags;
	struct range range; /* physical addresses in the crashed kernel */
	uint64_t offset;    /* where the bytes are when the capture kernel runs */
	uint64_t vaddr;
};

struct parts {
	struct part *v;
	size_t count;
};

static void add(struct parts *parts, uint32_t type, struct range range, uint64_t offset, uint64_t vaddr)
{
	parts->v[parts->count++] = (struct part){
		.type = type,
		.flags = type == PT_LOAD ? PF_R | PF_W | PF_X : 0,
		.range = range,
		.offset = offset,
		.vaddr = vaddr,
	};
}

static void add_ram(struct parts *parts, const struct plan *plan, const struct machine *machine, struct range range,
		    uint64_t offset)
{
	if (!range_is_empty(range))
		add(parts, PT_LOAD, range, offset,
		    plan->arch->core_vaddr ? plan->arch->core_vaddr(machine, range.start) : range.start);
}

/*
 * What is in a dump: no crash reservation but for the firmware in it, and not what a graphics aperture of old machines
 * lies over.
 */
static void find_dumped(struct ranges *dumped, struct plan *plan, const struct machine *machine)
{
	struct arena *arena = &plan->arena;
	struct ranges hidden, without;

	ranges_init(&hidden, arena);
	for (size_t i = 0; i < machine->crash.count; i++)
		ranges_append(&hidden, machine->crash.v[i]);
	for (size_t i = 0; i < machine->resource_count; i++)
		if (strcmp(machine->resources[i].name, "GART") == 0)
			ranges_append(&hidden, machine->resources[i].range);
	ranges_normalize(&hidden);
	ranges_subtract(&without, arena, &hidden, &plan->core_firmware);
	ranges_subtract(dumped, arena, &machine->dumped, &without);
}

static void collect(struct parts *parts, const struct ranges *dumped, struct plan *plan,
		    const struct machine *machine)
{
	const struct machine_kernel_map *map = &machine->kernel_map;

	/* A backup splits a range into three at most; CPUs, vmcoreinfo and text come to it. */
	parts->v = arena_array(&plan->arena, machine->cpu_count + dumped->count + 4, sizeof(*parts->v));
	for (size_t i = 0; i < machine->cpu_count; i++) {
		const struct machine_cpu *cpu = &machine->cpus[i];

		add(parts, PT_NOTE, (struct range){ cpu->notes, cpu->notes + cpu->notes_size }, cpu->notes, 0);
	}
	if (machine->has_vmcoreinfo)
		add(parts, PT_NOTE, machine->vmcoreinfo, machine->vmcoreinfo.start, 0);
	if (map->has_text)
		add(parts, PT_LOAD,
		    (struct range){ map->text_physical, map->text_physical + range_size(map->text) },
		    map->text_physical, map->text.start);
	for (size_t i = 0; i < dumped->count; i++) {
		struct range all = dumped->v[i], saved = { all.end, all.end };

		if (plan->backup.present && range_overlaps(all, plan->backup.source))
			saved = range_intersect(all, plan->backup.source);
		add_ram(parts, plan, machine, (struct range){ all.start, saved.start }, all.start);
		if (!range_is_empty(saved))
			add_ram(parts, plan, machine, saved,
				plan->backup.address + (saved.start - plan->backup.source.start));
		add_ram(parts, plan, machine, (struct range){ saved.end, all.end }, saved.end);
	}
}

static void warn_of_gaps(struct plan *plan, const struct machine *machine)
{
	if (machine->cpu_count == 0)
		plan_warn(plan, "%s has no crash notes of any CPU: the dump will have no registers", machine->origin);
	if (!machine->has_vmcoreinfo)
		plan_warn(plan, "%s has no vmcoreinfo: tools will not be able to filter the dump", machine->origin);

	/* Where the kernel has a map of its own, tools look for it in the header. plan_init() has told of a problem. */
	if (machine->kernel_map_problem || !plan->arch->core_vaddr)
		return;
	if (plan->arch->core_vaddr(machine, 0) == NO_VADDR)
		plan_warn(plan,
			  "%s does not tell where the kernel maps its memory (/proc/kcore): the core header has no virtual "
			  "addresses, and tools that read the dump must find them in another way",
			  machine->origin);
	/* Found out, so not the same on every machine; then the text may be anywhere, too. */
	else if (machine->kernel_map.has_direct && !machine->kernel_map.has_text)
		plan_warn(plan,
			  "%s does not tell where the kernel's text is (/proc/kcore, /proc/kallsyms): the core header is "
			  "without it",
			  machine->origin);
}

static bool fits32(const struct part *p)
{
	return p->range.end <= LIMIT32 && p->offset + range_size(p->range) <= LIMIT32;
}

static bool check_parts(const struct parts *parts, const struct plan *plan, const struct machine *machine,
			struct err *err)
{
	if (parts->count > PHDR_MOST)
		return err_set(err, ERR_NO_ROOM,
			       "the ELF core header needs %zu program headers (%zu of them for CPUs), and the capture kernel "
			       "reads at most %d",
			       parts->count, machine->cpu_count, PHDR_MOST);
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *p = &parts->v[i];

		if (p->range.end < p->range.start)
			return err_set(err, ERR_BAD_MACHINE,
				       "%s: what the dump is to show at 0x%" PRIx64 " runs over the end of the address space",
				       machine->origin, p->range.start);
		if (plan->core32 && !fits32(p))
			return err_set(err, ERR_NO_ROOM,
				       "a core header of 32 bits cannot describe 0x%" PRIx64 "-0x%" PRIx64 " of %s (%s at 0x%" PRIx64
				       "), which ends above 4 GiB",
				       p->range.start, p->range.end, machine->origin,
				       p->type == PT_NOTE ? "a note" : "memory", p->offset);
	}
	return true;
}

/* An option of old configurations must not cost the dump: kexec-tools on x86-64 takes no notice of it. */
static void choose_class(const struct parts *parts, struct plan *plan)
{
	for (size_t i = 0; plan->core32 && plan->arch->is64 && i < parts->count; i++) {
		const struct part *p = &parts->v[i];

		if (fits32(p))
			continue;
		plan->core32 = false;
		plan_warn(plan,
			  "--elf32-core-headers is not followed: a header of 32 bits cannot describe 0x%" PRIx64 "-0x%" PRIx64
			  ", which ends above 4 GiB. The header has 64 bits",
			  p->range.start, p->range.end);
	}
}

static struct blob encode64(struct arena *arena, const struct parts *parts, const struct arch *arch)
{
	enum order order = arch->order;
	size_t bytes = sizeof(struct elf64_header) + parts->count * sizeof(struct elf64_program);
	struct elf64_header *ehdr = arena_alloc(arena, bytes);
	struct elf64_program *phdr = (struct elf64_program *)(ehdr + 1);

	*ehdr = (struct elf64_header){
		.ident = { .magic = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3 },
			   .class = ELFCLASS64,
			   .data = order == ORDER_BIG ? ELFDATA2MSB : ELFDATA2LSB,
			   .version = EV_CURRENT },
		.type = raw16_make(ET_CORE, order),
		.machine = raw16_make(arch->elf_machine, order),
		.version = raw32_make(EV_CURRENT, order),
		.phoff = raw64_make(sizeof(*ehdr), order),
		.ehsize = raw16_make(sizeof(*ehdr), order),
		.phentsize = raw16_make(sizeof(*phdr), order),
		.phnum = raw16_make((uint16_t)parts->count, order),
	};
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *p = &parts->v[i];
		uint64_t size = range_size(p->range);

		phdr[i] = (struct elf64_program){
			.type = raw32_make(p->type, order),
			.flags = raw32_make(p->flags, order),
			.offset = raw64_make(p->offset, order),
			.vaddr = raw64_make(p->vaddr, order),
			.paddr = raw64_make(p->range.start, order),
			.filesz = raw64_make(size, order),
			.memsz = raw64_make(size, order),
		};
	}
	return (struct blob){ (const uint8_t *)ehdr, bytes };
}

/* check_parts() has seen to it that all but virtual addresses fit. */
static struct blob encode32(struct arena *arena, const struct parts *parts, const struct arch *arch)
{
	enum order order = arch->order;
	size_t bytes = sizeof(struct elf32_header) + parts->count * sizeof(struct elf32_program);
	struct elf32_header *ehdr = arena_alloc(arena, bytes);
	struct elf32_program *phdr = (struct elf32_program *)(ehdr + 1);

	*ehdr = (struct elf32_header){
		.ident = { .magic = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3 },
			   .class = ELFCLASS32,
			   .data = order == ORDER_BIG ? ELFDATA2MSB : ELFDATA2LSB,
			   .version = EV_CURRENT },
		.type = raw16_make(ET_CORE, order),
		.machine = raw16_make(arch->elf_machine, order),
		.version = raw32_make(EV_CURRENT, order),
		.phoff = raw32_make(sizeof(*ehdr), order),
		.ehsize = raw16_make(sizeof(*ehdr), order),
		.phentsize = raw16_make(sizeof(*phdr), order),
		.phnum = raw16_make((uint16_t)parts->count, order),
	};
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *p = &parts->v[i];
		uint32_t size = (uint32_t)range_size(p->range);
		/* High memory, and all that a 64-bit kernel maps, has no address in 32 bits. */
		uint64_t vaddr = p->vaddr > UINT32_MAX ? NO_VADDR : p->vaddr;

		phdr[i] = (struct elf32_program){
			.type = raw32_make(p->type, order),
			.offset = raw32_make((uint32_t)p->offset, order),
			.vaddr = raw32_make((uint32_t)vaddr, order),
			.paddr = raw32_make((uint32_t)p->range.start, order),
			.filesz = raw32_make(size, order),
			.memsz = raw32_make(size, order),
			.flags = raw32_make(p->flags, order),
		};
	}
	return (struct blob){ (const uint8_t *)ehdr, bytes };
}

bool plan_add_elfcorehdr(struct plan *plan, const struct machine *machine, const struct placement *where,
			 uint64_t *address, uint64_t *size, struct err *err)
{
	struct arena *arena = &plan->arena;
	struct ranges dumped;
	struct parts parts = { NULL, 0 };

	find_dumped(&dumped, plan, machine);
	collect(&parts, &dumped, plan, machine);
	choose_class(&parts, plan);
	if (!check_parts(&parts, plan, machine, err))
		return false;
	warn_of_gaps(plan, machine);

	struct placement what = *where;

	what.role = SEGMENT_ELFCOREHDR;
	what.data = plan->core32 ? encode32(arena, &parts, plan->arch) : encode64(arena, &parts, plan->arch);
	if (what.memory_size < what.data.size)
		what.memory_size = what.data.size;
	*size = align_up(what.memory_size, plan->page_size);
	if (!plan_place(plan, &what, address, err))
		return false;
	plan->elfcorehdr = true;
	return true;
}
