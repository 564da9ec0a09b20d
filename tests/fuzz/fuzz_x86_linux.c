/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any file as a Linux/x86 kernel, bzImage or ELF, through planning, on a machine whose boot_params are bytes of the same
 * file: it ends in a plan that keeps the rules, or in a refusal. The first byte chooses what is asked for.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "tests/unit/made_x86.h"

#define MIB UINT64_C(0x100000)
#define LIMIT32 (UINT64_C(1) << 32)

enum {
	CHOOSE_CRASH = 1,
	CHOOSE_32 = 2,
	CHOOSE_16 = 4,
	CHOOSE_PRESERVE = 8,
	CHOOSE_NOTES = 16,
	CHOOSE_LINUX = 32,
	CHOOSE_EFI = 64,
	CHOOSE_DTB = 128,
};

static uint64_t number(const struct segment *s, uint64_t offset, unsigned int size)
{
	uint64_t value = 0;

	fuzz_demand(blob_has(s->data, offset, size));
	while (size--)
		value = value << 8 | s->data.data[offset + size];
	return value;
}

/* What the kernel will find in real mode or as boot_params: pointers into the segment itself, and lists that end. */
static void check_boot_params(const struct plan *plan, const struct segment *s, unsigned int mode)
{
	uint64_t version = number(s, 0x206, 2), line = number(s, 0x228, 4);
	uint64_t high = mode == 16 ? 0 : number(s, 0xc8, 4) << 32;

	fuzz_demand(number(s, 0x202, 4) == 0x53726448);
	fuzz_demand(number(s, 0x210, 1) == 0xd0);
	if (version >= 0x202) {
		fuzz_demand((line | high) >= s->range.start);
		fuzz_demand(blob_has(s->data, (line | high) - s->range.start, strlen(plan->cmdline) + 1));
		fuzz_demand(strcmp((const char *)s->data.data + ((line | high) - s->range.start), plan->cmdline) == 0);
	}
	if (mode != 16) {
		fuzz_demand(number(s, 0x1e8, 1) <= 128);
		fuzz_demand(number(s, 0x1e9, 1) <= 6);
		fuzz_demand(number(s, 0x1ea, 1) <= 16);
		fuzz_demand(number(s, 0x1ef, 1) == 0);
	}
	if (version < 0x209)
		return;

	uint64_t item = number(s, 0x250, 8), items = 0;

	while (item) {
		fuzz_demand(++items <= 4);
		fuzz_demand(item >= s->range.start && item % 16 == 0);

		uint64_t offset = item - s->range.start, size = number(s, offset + 12, 4);

		fuzz_demand(blob_has(s->data, offset, 16 + size));
		item = number(s, offset, 8);
	}
}

static void check_plan(const struct plan *plan, const struct request *request)
{
	const uint64_t *handoff = plan->purgatory.handoff;
	const struct segment *boot = plan_segment(plan, SEGMENT_BOOT_PARAMS);
	unsigned int mode = (unsigned int)handoff[PURGATORY_X86_MODE];
	uint64_t entry = handoff[PURGATORY_X86_ENTRY];
	bool found = false;

	fuzz_demand(plan->sealed);
	fuzz_demand(plan->segment_count <= 16);
	fuzz_demand(mode == 64 || mode == 32 || mode == 16);
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		fuzz_demand(ranges_contain(&plan->usable, s->range));
		fuzz_demand(mode == 64 || s->role == SEGMENT_PRESERVED || plan->target == TARGET_CRASH ||
			    s->range.end <= LIMIT32);
		fuzz_demand(i == 0 || s[-1].range.end <= s->range.start);
		fuzz_demand(s->data.size <= range_size(s->range));
		if (s->role == (mode == 16 ? SEGMENT_BOOT_PARAMS : SEGMENT_KERNEL) && entry >= s->range.start &&
		    entry < s->range.end)
			found = true;
	}
	fuzz_demand(found);
	if (boot && (mode == 16 || handoff[PURGATORY_X86_RSI]))
		check_boot_params(plan, boot, mode);
	fuzz_demand(mode != 16 || request->real_mode);
}

static void make_machine(struct machine *machine, const uint8_t *data, size_t size, unsigned int choice)
{
	static struct machine_firmware_range firmware[] = {
		{ { 0, 0x9fc00 }, "System RAM" },
		{ { MIB, 96 * MIB }, "System RAM" },
		{ { LIMIT32, LIMIT32 + 64 * MIB }, "System RAM" },
	};
	static struct machine_efi_range efi_map[] = { { 5, 0x1000, 0xffff000000001000, 1, 15 } };

	*machine = (struct machine){
		.origin = "made machine", .arch = ARCH_X86_64, .page_size = 4096, .release = "", .cmdline = "",
		.firmware = firmware, .firmware_count = 3,
	};
	arena_init(&machine->arena);
	ranges_init(&machine->ram, &machine->arena);
	ranges_init(&machine->crash, &machine->arena);
	ranges_init(&machine->offline, &machine->arena);
	for (size_t i = 0; i < 3; i++)
		ranges_append(&machine->ram, range_shrink(firmware[i].range, 4096));
	machine->dumped = machine->ram;
	ranges_append(&machine->crash, (struct range){ 32 * MIB, 80 * MIB });
	if (!(choice & CHOOSE_EFI))
		return;

	uint8_t *params = arena_alloc(&machine->arena, 4096);

	memcpy(params, data, size < 4096 ? size : 4096);
	machine->boot_params = (struct blob){ params, 4096 };
	machine->efi = (struct machine_efi){
		.present = true, .has_systab = true, .config_table = 0x1000, .map = efi_map, .map_count = 1,
	};
}

static void load(const struct machine *machine, struct image *image, unsigned int choice)
{
	static struct err err;
	struct arch arch = x86_64_arch;
	struct request request = {
		.target = choice & CHOOSE_CRASH ? TARGET_CRASH : TARGET_NORMAL,
		.mem_max = choice & CHOOSE_PRESERVE ? 64 * MIB - 1 : UINT64_MAX,
		.cmdline = "root=/dev/vda1 quiet",
		.skip_checks = true,
		.preserve_context = choice & CHOOSE_PRESERVE,
		.entry_32bit = choice & CHOOSE_32,
		.real_mode = choice & CHOOSE_16,
		.elf_args = choice & CHOOSE_NOTES   ? choice & CHOOSE_LINUX ? ELF_ARGS_NONE : ELF_ARGS_NOTES
			    : choice & CHOOSE_LINUX ? ELF_ARGS_LINUX
						    : ELF_ARGS_AUTO,
		.has_seed = true,
	};
	bool elf = image->format == IMAGE_ELF;
	struct plan plan;
	x86_load_fn *loader = elf ? x86_elf_load : x86_bzimage32_load;

	arch.purgatory = made_x86_purgatory;
	if (!elf && x86_bzimage64_accepts(image))
		loader = x86_bzimage64_load;
	err.code = ERR_NONE;
	if (plan_init(&plan, &request, machine, &arch, &err) && loader(&request, machine, image, &plan, &err)) {
		fuzz_demand(err.code == ERR_NONE);
		check_plan(&plan, &request);
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

	if (size == 0)
		return 0;

	unsigned int choice = data[0];
	struct blob file = { data + 1, size - 1 };

	err.code = ERR_NONE;
	if (image_from_blob(&image, "fuzz", file, &err) &&
	    (image.format == IMAGE_BZIMAGE ||
	     (image.format == IMAGE_ELF && (x86_elf64_accepts(&image) || x86_elf32_accepts(&image))))) {
		make_machine(&machine, file.data, file.size, choice);
		if (choice & CHOOSE_DTB)
			image.dtb = blob_part(file, 0, file.size < 100 ? file.size : 100);
		image.initrd = (struct blob){ (const uint8_t *)"initrd", 6 };
		load(&machine, &image, choice);
		arena_release(&machine.arena);
	}
	image_release(&image);
	return 0;
}
