/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF core header of a crash dump, as the capture kernel reads it (Linux fs/proc/vmcore.c; elf(5)): notes of each
 * CPU, the vmcoreinfo note, then one PT_LOAD for each range of the crashed kernel's RAM. The bytes of the notes lie
 * where the headers say, in the crashed kernel's memory.
 */
#include <elf.h>
#include <inttypes.h>

#include "arch.h"
#include "elf_wire.h"
#include "kexec/plan/internal.h"

/* What the capture kernel reads from 16 bits: it knows no PN_XNUM. */
#define PHDR_MOST 0xfffe

static void put_phdr(struct elf64_program *phdr, enum order order, uint32_t type, uint32_t flags, struct range range,
		     uint64_t vaddr)
{
	uint64_t size = range_size(range);

	*phdr = (struct elf64_program){
		.type = raw32_make(type, order),
		.flags = raw32_make(flags, order),
		.offset = raw64_make(range.start, order),
		.vaddr = raw64_make(vaddr, order),
		.paddr = raw64_make(range.start, order),
		.filesz = raw64_make(size, order),
		.memsz = raw64_make(size, order),
	};
}

static void put_ehdr(struct elf64_header *ehdr, const struct arch *arch, size_t count)
{
	enum order order = arch->order;

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
		.phentsize = raw16_make(sizeof(struct elf64_program), order),
		.phnum = raw16_make((uint16_t)count, order),
	};
}

bool plan_add_elfcorehdr(struct plan *plan, const struct machine *machine, const struct placement *where,
			 uint64_t *address, uint64_t *size, struct err *err)
{
	struct ranges dumped;

	ranges_subtract(&dumped, &plan->arena, &machine->dumped, &machine->crash);

	size_t count = machine->cpu_count + (machine->has_vmcoreinfo ? 1 : 0) + dumped.count;

	if (count > PHDR_MOST)
		return err_set(err, ERR_NO_ROOM,
			       "the ELF core header needs %zu program headers (%zu CPUs, %zu ranges of RAM), and the capture "
			       "kernel reads at most %d",
			       count, machine->cpu_count, dumped.count, PHDR_MOST);
	if (machine->cpu_count == 0)
		plan_warn(plan, "%s has no crash notes of any CPU: the dump will have no registers", machine->origin);
	if (!machine->has_vmcoreinfo)
		plan_warn(plan, "%s has no vmcoreinfo: tools will not be able to filter the dump", machine->origin);

	enum order order = plan->arch->order;
	size_t bytes = sizeof(struct elf64_header) + count * sizeof(struct elf64_program);
	struct elf64_header *ehdr = arena_alloc(&plan->arena, bytes);
	struct elf64_program *phdr = (struct elf64_program *)(ehdr + 1);

	put_ehdr(ehdr, plan->arch, count);
	for (size_t i = 0; i < machine->cpu_count; i++) {
		const struct machine_cpu *cpu = &machine->cpus[i];

		put_phdr(phdr++, order, PT_NOTE, 0, (struct range){ cpu->notes, cpu->notes + cpu->notes_size }, 0);
	}
	if (machine->has_vmcoreinfo)
		put_phdr(phdr++, order, PT_NOTE, 0, machine->vmcoreinfo, 0);
	for (size_t i = 0; i < dumped.count; i++) {
		uint64_t start = dumped.v[i].start;

		put_phdr(phdr++, order, PT_LOAD, PF_R | PF_W | PF_X, dumped.v[i],
			 plan->arch->core_vaddr ? plan->arch->core_vaddr(machine, start) : start);
	}

	struct placement what = *where;

	what.role = SEGMENT_ELFCOREHDR;
	what.data = (struct blob){ (const uint8_t *)ehdr, bytes };
	if (what.memory_size < bytes)
		what.memory_size = bytes;
	*size = align_up(what.memory_size, plan->page_size);
	if (!plan_place(plan, &what, address, err))
		return false;
	plan->elfcorehdr = true;
	return true;
}
