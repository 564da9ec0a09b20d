/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a crash load on Power has beyond a normal one:
 *
 *	meminfo     the last page of the reservation that can be used: firmware often has some at its end
 *	backup      the crashed kernel's first 64 KiB: purgatory saves them there, for a kernel that runs where it was
 *	            loaded still copies its interrupt vectors to 0
 *	elfcorehdr  where the crashed kernel's memory is; passed as elfcorehdr=
 *
 * The last two lie low, above the kernel, where Linux' own loader puts them (arch/powerpc/kexec/file_load_64.c, 7.2).
 */
#include <inttypes.h>
#include <string.h>

#include "kexec/arch/ppc64/ppc64.h"
#include "kexec/base/cmdline.h"

/* Linux arch/powerpc/include/asm/crashdump-ppc64.h: BACKUP_SRC_*. */
#define BACKUP_SIZE UINT64_C(0x10000)

/* Where the kernel maps physical memory, by hash and by radix tables alike; Linux arch/powerpc/Kconfig, PAGE_OFFSET. */
#define PAGE_OFFSET UINT64_C(0xc000000000000000)

#define KIB UINT64_C(1024)

/* The pages that firmware's ranges touch: the ends are not aligned, and dump tools read whole pages. */
static struct range pages(struct range r, const struct plan *plan)
{
	if (range_is_empty(r))
		return (struct range){ 0, 0 };
	return (struct range){ align_down(r.start, plan->page_size), align_up(r.end, plan->page_size) };
}

static void append_each(struct ranges *set, const struct ranges *more, const struct plan *plan)
{
	for (size_t i = 0; i < more->count; i++)
		ranges_append(set, pages(more->v[i], plan));
}

/* RTAS and OPAL go on running under the capture kernel, inside the reservation too, and are worth seeing in a dump. */
static void find_firmware(const struct machine *machine, struct plan *plan)
{
	ranges_init(&plan->core_firmware, &plan->arena);
	ranges_append(&plan->core_firmware, range_intersect(pages(machine->power.rtas, plan), plan->crash));
	ranges_append(&plan->core_firmware, range_intersect(pages(machine->power.opal_range, plan), plan->crash));
	ranges_normalize(&plan->core_firmware);
}

/*
 * The capture kernel gets memory from 0 on, for it is said to fail early without its first block; what lies below the
 * reservation is then reserved in the device tree. Source: Linux get_usable_memory_ranges().
 */
static void find_usable(struct ppc64_crash *crash, const struct machine *machine, struct plan *plan)
{
	ranges_init(&crash->usable, &plan->arena);
	ranges_append(&crash->usable, (struct range){ 0, plan->crash.end });
	ranges_append(&crash->usable, pages(machine->power.rtas, plan));
	ranges_append(&crash->usable, pages(machine->power.opal_range, plan));
	append_each(&crash->usable, &machine->power.tce, plan);
	ranges_normalize(&crash->usable);
}

static bool place_meminfo(const struct machine *machine, struct plan *plan, struct err *err)
{
	struct range vmcoreinfo = machine->has_vmcoreinfo ? machine->vmcoreinfo : (struct range){ 0, 0 };
	uint64_t address;

	if (!machine_power_meminfo(machine, plan->crash, plan->page_size, &address)) {
		plan_warn(plan, "no meminfo is written: firmware uses all of the crash reservation that can be reached");
		return true;
	}

	struct range page = { address, address + plan->page_size };
	bool last = page.end == plan->crash.end;
	struct ranges room;

	plan_find_room(plan, &plan->arena, &room);
	if (!ranges_contain(&room, page)) {
		plan_warn(plan,
			  "no meminfo is written: it belongs to 0x%" PRIx64 ", the last page of the crash reservation%s, which "
			  "--mem-min and --mem-max leave out, or the kernel takes, or a dump that waits",
			  address, last ? "" : " that firmware leaves free and purgatory can reach");
		return true;
	}
	return plan_add_meminfo(plan, address, vmcoreinfo, false,
				last ? "fixed: the last page of the crash reservation"
				     : "fixed: the last page of the crash reservation that firmware leaves free",
				err);
}

static bool place_backup(struct ppc64_crash *crash, const struct machine *machine, struct plan *plan,
			 struct err *err)
{
	crash->backup_source = (struct range){ 0, BACKUP_SIZE };
	if (plan->crash.start < BACKUP_SIZE)
		return err_set(err, ERR_BAD_MACHINE,
			       "%s: the crash reservation begins at 0x%" PRIx64 ", inside the first 0x%" PRIx64
			       " bytes, where the running kernel has its interrupt vectors",
			       machine->origin, plan->crash.start, BACKUP_SIZE);
	if (!plan_place(plan,
			&(struct placement){
				.role = SEGMENT_BACKUP,
				.memory_size = BACKUP_SIZE,
				/* Whole pages of the capture kernel, whichever of the two sizes it has. */
				.align = BACKUP_SIZE,
				.unhashed = true,
				.why = "room for the first 64 KiB, which the capture kernel uses",
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

bool ppc64_crash_place(struct ppc64_crash *crash, const struct request *request, const struct machine *machine,
		       struct plan *plan, struct err *err)
{
	struct placement where = {
		.memory_size = request->hotplug && machine->has_elfcorehdr_size ? machine->elfcorehdr_size : 0,
		.unhashed = request->hotplug,
		.why = request->hotplug ? "low, with room for what the kernel adds on CPU and memory hotplug"
					: "the lowest free place in the reservation",
	};
	uint64_t address, size;

	*crash = (struct ppc64_crash){ .backup = 0 };
	find_firmware(machine, plan);
	find_usable(crash, machine, plan);
	if (request->meminfo && !place_meminfo(machine, plan, err))
		return false;
	if (!place_backup(crash, machine, plan, err) ||
	    !plan_add_elfcorehdr(plan, machine, &where, &address, &size, err))
		return false;
	crash->elfcorehdr = (struct range){ address, address + size };
	return true;
}

bool ppc64_crash_cmdline(const struct ppc64_crash *crash, struct plan *plan, struct err *err)
{
	if (range_is_empty(crash->elfcorehdr) || crash->elfcorehdr.start % KIB)
		return err_set(err, ERR_INTERNAL, "the command line is to name an ELF core header at 0x%" PRIx64 "-0x%" PRIx64,
			       crash->elfcorehdr.start, crash->elfcorehdr.end);

	/* Of several the kernel takes the last one, so an old one in the user's text does no harm. */
	plan->cmdline = cmdline_insert(&plan->arena, plan->cmdline,
				       arena_printf(&plan->arena, "elfcorehdr=%" PRIu64 "K",
						    crash->elfcorehdr.start / KIB));

	size_t length = strlen(plan->cmdline);

	if (length >= PPC64_COMMAND_LINE_SIZE)
		return err_set(err, ERR_USAGE,
			       "the command line has %zu characters with elfcorehdr=, and a kernel on Power reads at most %d: what "
			       "is behind them would be lost. Shorten it",
			       length, PPC64_COMMAND_LINE_SIZE - 1);
	return true;
}

uint64_t ppc64_core_vaddr(const struct machine *machine, uint64_t physical)
{
	(void)machine;
	return PAGE_OFFSET + physical;
}
