/* SPDX-License-Identifier: GPL-2.0-only */
/* Any file as a multiboot kernel, through planning: it ends in a plan that keeps the rules, or in a refusal. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "tests/unit/made_x86.h"

#define MIB UINT64_C(0x100000)

static void check_plan(const struct plan *plan, const struct image *image)
{
	const uint64_t *handoff = plan->purgatory.handoff;
	bool entry = false;

	fuzz_demand(plan->sealed);
	fuzz_demand(plan->segment_count <= 16);
	fuzz_demand(handoff[PURGATORY_X86_MODE] == 32);
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		fuzz_demand(ranges_contain(&plan->usable, s->range));
		fuzz_demand(s->range.end <= UINT64_C(1) << 32);
		fuzz_demand(i == 0 || s[-1].range.end <= s->range.start);
		fuzz_demand(s->data.size <= range_size(s->range));
		if (s->role == SEGMENT_KERNEL && handoff[PURGATORY_X86_ENTRY] >= s->range.start &&
		    handoff[PURGATORY_X86_ENTRY] < s->range.end)
			entry = true;
	}
	fuzz_demand(entry);
	fuzz_demand(plan_segment(plan, SEGMENT_MULTIBOOT_INFO)->range.start == handoff[PURGATORY_X86_RBX]);
	fuzz_demand(plan_segment(plan, SEGMENT_MODULE) || image->module_count == 0);
}

static void load(const struct machine *machine, const struct image *image, x86_load_fn *loader, enum load_target target,
		 bool preserve)
{
	static struct err err;
	const struct arch arch = made_x86_arch();
	const struct request request = {
		.target = target,
		.mem_max = preserve ? 24 * MIB - 1 : UINT64_MAX,
		.cmdline = "x",
		.skip_checks = true,
		.preserve_context = preserve,
	};
	struct plan plan;

	err.code = ERR_NONE;
	if (plan_init(&plan, &request, machine, &arch, &err) && loader(&request, machine, image, &plan, &err)) {
		fuzz_demand(err.code == ERR_NONE);
		check_plan(&plan, image);
	} else {
		fuzz_demand(err.code == ERR_BAD_IMAGE || err.code == ERR_NO_ROOM || err.code == ERR_UNSUPPORTED);
		fuzz_demand(err.text[0]);
	}
	plan_release(&plan);
}

static void make_machine(struct machine *machine)
{
	static struct machine_firmware_range firmware[] = {
		{ { 0x1000, 0x9f000 }, "System RAM" },
		{ { MIB, 64 * MIB }, "System RAM" },
	};

	*machine = (struct machine){
		.origin = "made machine", .arch = ARCH_X86_64, .page_size = 4096, .release = "", .cmdline = "",
		.firmware = firmware, .firmware_count = 2,
	};
	arena_init(&machine->arena);
	ranges_init(&machine->ram, &machine->arena);
	ranges_init(&machine->crash, &machine->arena);
	ranges_init(&machine->offline, &machine->arena);
	for (size_t i = 0; i < 2; i++)
		ranges_append(&machine->ram, firmware[i].range);
	machine->dumped = machine->ram;
	ranges_append(&machine->crash, (struct range){ 32 * MIB, 48 * MIB });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	static struct image_module modules[] = { { "a b", { (const uint8_t *)"data", 4 } }, { "", { NULL, 0 } } };
	x86_load_fn *const loaders[] = { x86_multiboot1_load, x86_multiboot2_load };
	struct machine machine;
	struct image image;

	err.code = ERR_NONE;
	if (!image_from_blob(&image, "fuzz", (struct blob){ data, size }, &err)) {
		image_release(&image);
		return 0;
	}
	make_machine(&machine);
	image.modules = modules;
	image.module_count = 2;
	for (size_t i = 0; i < 2; i++) {
		if (!(i ? x86_multiboot2_accepts(&image) : x86_multiboot1_accepts(&image)))
			continue;
		load(&machine, &image, loaders[i], TARGET_NORMAL, false);
		load(&machine, &image, loaders[i], TARGET_CRASH, false);
		load(&machine, &image, loaders[i], TARGET_NORMAL, true);
	}
	image_release(&image);
	arena_release(&machine.arena);
	return 0;
}
