/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a device tree and a kernel for Power, through planning: it ends in a plan that keeps the rules, with a tree
 * that can be read, or in a refusal. The first byte chooses what is asked for; two bytes, little endian, are the size of
 * the tree, and the kernel comes behind it.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <string.h>

#ifdef HAVE_LIBFDT
#include <libfdt.h>
#endif

#include "kexec/machine/power.h"
#include "tests/unit/made_ppc64.h"

#define MIB UINT64_C(0x100000)

enum {
	CHOOSE_CRASH = 1,
	CHOOSE_DTB = 2,
	CHOOSE_HOTPLUG = 4,
	CHOOSE_BIG = 8,
	CHOOSE_PENDING = 16,
	CHOOSE_SEED = 32,
	CHOOSE_CAPTURE = 64,
	CHOOSE_REUSE = 128,
};

#ifdef HAVE_LIBFDT
static void check_tree(const struct plan *plan, const struct segment *s)
{
	const void *fdt = s->data.data;
	int chosen, size;
	const char *line;
	uint64_t address, length;

	fuzz_demand(fdt_check_full(fdt, s->data.size) == 0);
	chosen = fdt_path_offset(fdt, "/chosen");
	fuzz_demand(chosen > 0);
	line = fdt_getprop(fdt, chosen, "bootargs", &size);
	fuzz_demand(line && (size_t)size == strlen(plan->cmdline) + 1 && strcmp(line, plan->cmdline) == 0);
	fuzz_demand(fdt_getprop(fdt, chosen, "linux,booted-from-kexec", NULL));
	fuzz_demand(!fdt_getprop(fdt, chosen, "linux,kernel-end", NULL));
	fuzz_demand(fdt_get_mem_rsv(fdt, 0, &address, &length) == 0);
	fuzz_demand(address == s->range.start && length == s->data.size && length == fdt_totalsize(fdt));
}

/* As whoever reads a tree has looked at its header before. */
static bool has_header(struct blob tree)
{
	return tree.size >= 40 && fdt_check_header(tree.data) == 0 && fdt_totalsize(tree.data) <= tree.size;
}
#else
static bool has_header(struct blob tree)
{
	return tree.size == 0;
}

static void check_tree(const struct plan *plan, const struct segment *s)
{
	fuzz_demand(!plan && !s);
}
#endif

static void check_plan(const struct plan *plan)
{
	const struct segment *tree = plan_segment(plan, SEGMENT_DEVICE_TREE);
	const struct segment *kernel = plan_segment(plan, SEGMENT_KERNEL);

	fuzz_demand(plan->sealed);
	fuzz_demand(plan->segment_count <= 16);
	fuzz_demand(tree && kernel);
	fuzz_demand(plan->purgatory.handoff[PURGATORY_PPC64_KERNEL] == kernel->range.start);
	fuzz_demand(plan->purgatory.handoff[PURGATORY_PPC64_DEVICE_TREE] == tree->range.start);
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		fuzz_demand(ranges_contain(&plan->usable, s->range));
		fuzz_demand(i == 0 || s[-1].range.end <= s->range.start);
		fuzz_demand(s->data.size <= range_size(s->range));
		fuzz_demand(plan->target == TARGET_CRASH || s == kernel || s->range.start >= kernel->range.end);
	}
	check_tree(plan, tree);
}

/* What the tree says, or where it says nothing, a small machine, so that loading goes on with the tree as it is. */
static void make_machine(struct machine *machine, struct blob tree, unsigned int choice)
{
	struct power_facts facts;
	struct ranges most, memory;
	struct err err;

	*machine = (struct machine){
		.origin = "made machine", .arch = choice & CHOOSE_BIG ? ARCH_PPC64 : ARCH_PPC64LE, .page_size = 65536,
		.release = "", .cmdline = choice & CHOOSE_CAPTURE ? "elfcorehdr=1M" : "", .devicetree = tree,
		.dump_pending = choice & CHOOSE_PENDING,
	};
	arena_init(&machine->arena);
	ranges_init(&most, &machine->arena);
	ranges_init(&machine->crash, &machine->arena);
	ranges_append(&most, (struct range){ 0, 1024 * MIB });
	machine->ram = machine->dumped = most;
	if (power_decode(&facts, tree, &machine->arena, &err)) {
		machine->power = facts.power;
		ranges_intersect(&memory, &machine->arena, &facts.memory, &most);
		if (memory.count)
			machine->ram = machine->dumped = memory;
		if (!range_is_empty(facts.crash))
			ranges_append(&machine->crash, facts.crash);
		machine->has_initrd = !range_is_empty(facts.initrd);
		machine->initrd = facts.initrd;
	}
	if (machine->crash.count == 0)
		ranges_append(&machine->crash, (struct range){ 128 * MIB, 384 * MIB });
	machine->power.present = true;
	ranges_init(&machine->offline, &machine->arena);
}

static void load(const struct machine *machine, const struct image *image, unsigned int choice)
{
	static struct err err;
	struct arch arch = made_ppc64_arch(choice & CHOOSE_BIG);
	struct request request = {
		.target = choice & CHOOSE_CRASH ? TARGET_CRASH : TARGET_NORMAL,
		.mem_max = UINT64_MAX,
		.cmdline = choice & CHOOSE_SEED ? "quiet" : "root=/dev/vda1",
		.meminfo = true,
		.skip_checks = true,
		.hotplug = choice & CHOOSE_HOTPLUG,
		.has_seed = choice & CHOOSE_SEED,
		.reuse_initrd = choice & CHOOSE_REUSE,
	};
	struct plan plan;

	err.code = ERR_NONE;
	if (plan_init(&plan, &request, machine, &arch, &err) &&
	    ppc64_elf_load(&request, machine, image, &plan, &err)) {
		fuzz_demand(err.code == ERR_NONE);
		check_plan(&plan);
	} else {
		fuzz_demand(err.code != ERR_NONE && err.code != ERR_INTERNAL && err.code != ERR_SYSTEM);
		fuzz_demand(err.text[0]);
	}
	plan_release(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct machine machine;
	struct image image;

	if (size < 3)
		return 0;

	size_t length = data[1] | (size_t)data[2] << 8;
	unsigned int choice = data[0];
	struct blob rest = { data + 3, size - 3 }, tree = blob_part(rest, 0, length < rest.size ? length : rest.size);
	uint8_t *copy = malloc(tree.size ? tree.size : 1);

	/* In memory of its own size, and aligned. */
	if (!copy)
		abort();
	if (tree.size)
		memcpy(copy, tree.data, tree.size);
	err.code = ERR_NONE;
	if (!has_header((struct blob){ copy, tree.size })) {
		free(copy);
		return 0;
	}
	if (image_from_blob(&image, "fuzz", blob_part(rest, tree.size, rest.size - tree.size), &err) &&
	    image.format == IMAGE_ELF && ppc64_elf_accepts(&image)) {
		make_machine(&machine, (struct blob){ copy, tree.size }, choice);
		if (choice & CHOOSE_DTB)
			image.dtb = machine.devicetree;
		if (!(choice & CHOOSE_REUSE) && !image.initrd.size)
			image.initrd = (struct blob){ (const uint8_t *)"initrd", 6 };
		load(&machine, &image, choice);
		arena_release(&machine.arena);
	}
	image_release(&image);
	free(copy);
	return 0;
}
