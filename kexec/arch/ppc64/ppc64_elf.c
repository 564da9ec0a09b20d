/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmlinux, of either byte order. It is entered at its first byte, wherever it lies, and then moves itself to 0, or
 * to where it was linked to, unless told to run where it is (CONFIG_RELOCATABLE, the word at 0x5c). A normal load:
 *
 *	kernel       the lowest free place, which is above the running one
 *	initrd       behind it
 *	device tree  high
 *	purgatory    high
 *
 * A crash load has the same order in the reservation, with backup and elfcorehdr behind the kernel and meminfo at
 * the end.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/arch/ppc64/ppc64.h"

/* The kernel reads its own start in the two pages sizes it may have. */
#define KERNEL_ALIGN UINT64_C(0x10000)

#define HEAD 0x100

/* No kernel needs as much; files that ask for it would have all of that hashed, or copied. */
#define KERNEL_MOST (UINT64_C(1) << 30)

/* Linux arch/powerpc/kernel/head_64.S: __run_at_load, of a kernel that can; and with CONFIG_RELOCATABLE_TEST. */
#define RUN_AT_LOAD 0x5c
#define RUN_AT_LOAD_DEFAULT UINT32_C(0x72756e30) /* "run0" */
#define RUN_AT_LOAD_TEST UINT32_C(1)

/* The kernel's bytes, from the lowest address of all parts to the highest. */
struct kernel {
	struct range extent; /* physical addresses in the file */
	uint64_t align;
	size_t parts;
	struct blob data; /* of the whole, or with several parts of the first */
	bool relocatable;
};

bool ppc64_elf_accepts(const struct image *image)
{
	const struct elf *elf = &image->elf;

	return elf->is64 && elf->machine == EM_PPC64 && (elf->type == ET_EXEC || elf->type == ET_DYN);
}

static bool is_part(const struct elf_segment *s)
{
	return s->type == PT_LOAD && s->memory_size;
}

static bool find_extent(struct kernel *k, const struct image *image, struct err *err)
{
	const struct elf *elf = &image->elf;

	k->align = KERNEL_ALIGN;
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];

		if (s->type == PT_INTERP)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s is a program for an operating system (it has a PT_INTERP header), no kernel",
				       image->path);
		if (!is_part(s))
			continue;
		if (s->memory_size > UINT64_MAX - s->paddr)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s: 0x%" PRIx64 " bytes at 0x%" PRIx64 " run over the end of the address space. The file is "
				       "damaged",
				       image->path, s->memory_size, s->paddr);
		if (k->parts++ == 0 || s->paddr < k->extent.start) {
			k->extent.start = s->paddr;
			k->data = blob_part(elf->file, s->offset, s->file_size);
		}
		if (s->paddr + s->memory_size > k->extent.end)
			k->extent.end = s->paddr + s->memory_size;
		if (is_power_of_two(s->align) && s->align > k->align)
			k->align = s->align;
	}
	if (k->parts == 0)
		return err_set(err, ERR_BAD_IMAGE, "%s: an ELF file without a program header of type PT_LOAD", image->path);
	if (range_size(k->extent) > KERNEL_MOST)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s is to be loaded to 0x%" PRIx64 "-0x%" PRIx64 ", expected at most 0x%" PRIx64 " bytes in all. It "
			       "is no kernel, or damaged",
			       image->path, k->extent.start, k->extent.end, KERNEL_MOST);
	if (k->data.size < HEAD)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s has %zu bytes at its lowest address, expected at least %d: there a kernel has its entry, and "
			       "the code in which other CPUs wait. It is none, or damaged",
			       image->path, k->data.size, HEAD);

	struct raw32 word;

	memcpy(&word, k->data.data + RUN_AT_LOAD, sizeof(word));

	uint32_t value = raw32_get(word, elf->order);

	k->relocatable = value == RUN_AT_LOAD_DEFAULT || value == RUN_AT_LOAD_TEST;
	return true;
}

static int compare_address(const void *a, const void *b)
{
	const struct elf_segment *x = *(const struct elf_segment *const *)a, *y = *(const struct elf_segment *const *)b;

	return x->paddr < y->paddr ? -1 : x->paddr > y->paddr;
}

/* One piece of memory for all parts: they keep their distances, and gaps become zeros, as if they were loaded apart. */
static bool join(struct kernel *k, const struct image *image, struct arena *arena, struct err *err)
{
	const struct elf *elf = &image->elf;
	const struct elf_segment **parts = arena_array(arena, k->parts, sizeof(*parts));
	size_t count = 0;
	uint64_t end = 0;

	for (size_t i = 0; i < elf->segment_count; i++)
		if (is_part(&elf->segments[i]))
			parts[count++] = &elf->segments[i];
	qsort(parts, count, sizeof(*parts), compare_address);
	for (size_t i = 0; i < count; i++) {
		if (i && parts[i]->paddr - parts[i - 1]->paddr < parts[i - 1]->memory_size)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s: two program headers load to the same address 0x%" PRIx64 ". The file is damaged",
				       image->path, parts[i]->paddr);
		if (parts[i]->file_size)
			end = parts[i]->paddr + parts[i]->file_size;
	}

	uint8_t *bytes = arena_alloc(arena, (size_t)(end - k->extent.start));

	for (size_t i = 0; i < count; i++) {
		struct blob data = blob_part(elf->file, parts[i]->offset, parts[i]->file_size);

		if (data.size)
			memcpy(bytes + (parts[i]->paddr - k->extent.start), data.data, data.size);
	}
	k->data = (struct blob){ bytes, (size_t)(end - k->extent.start) };
	return true;
}

static bool put_kernel(struct kernel *k, const struct image *image, struct plan *plan, uint64_t *address,
		       struct err *err)
{
	struct placement what = {
		.role = SEGMENT_KERNEL,
		.memory_size = range_size(k->extent),
		.align = k->align,
		.why = plan->target == TARGET_CRASH ? "low in the reservation, where it runs"
						    : "the lowest place that is free: it moves to 0 itself",
	};
	bool fixed = plan->target == TARGET_CRASH && !k->relocatable;
	struct range where = { k->extent.start, align_up(k->extent.end, plan->page_size) };

	/* A kernel that cannot run elsewhere would move itself over what is to be dumped. */
	if (fixed && (!range_contains(plan->crash, where) || where.start % plan->page_size))
		return err_set(err, ERR_BAD_IMAGE,
			       "%s can run only at 0x%" PRIx64 "-0x%" PRIx64 ", and the crash reservation is 0x%" PRIx64 "-0x%" PRIx64
			       ". Use a kernel that was built with CONFIG_RELOCATABLE",
			       image->path, k->extent.start, k->extent.end, plan->crash.start, plan->crash.end);

	if (k->parts > 1 && !join(k, image, &plan->arena, err))
		return false;
	what.data = k->data;
	if (!fixed)
		return plan_place(plan, &what, address, err);
	what.why = "where it is linked to run, for it is not relocatable";
	*address = k->extent.start;
	return plan_put(plan, &what, *address, err);
}

static bool check_request(const struct request *request, const struct machine *machine, const struct image *image,
			  struct err *err)
{
	if (!request->reuse_initrd)
		return true;
	if (request->target == TARGET_CRASH)
		return err_set(err, ERR_USAGE,
			       "--reuseinitrd with --load-panic: a capture kernel finds nothing outside of the crash "
			       "reservation. Give its initrd with --initrd");
	if (image->initrd.size)
		return err_set(err, ERR_USAGE, "--reuseinitrd with --initrd, or with a kernel file that has one: which is it?");
	if (!machine->has_initrd)
		return err_set(err, ERR_BAD_MACHINE,
			       "--reuseinitrd: %s does not say where the running kernel's initrd is, or it was freed. It is kept "
			       "with retain_initrd on the running kernel's command line",
			       machine->origin);
	return true;
}

static bool place_initrd(const struct request *request, const struct machine *machine, struct blob data,
			 struct plan *plan, struct range *initrd, struct err *err)
{
	uint64_t address;

	*initrd = request->reuse_initrd ? machine->initrd : (struct range){ 0, 0 };
	if (data.size == 0)
		return true;
	if (!plan_place(plan,
			&(struct placement){
				.role = SEGMENT_INITRD,
				.data = data,
				.window = ppc64_above_kernel(plan),
				.why = "the lowest place above the kernel",
			},
			&address, err))
		return false;
	*initrd = (struct range){ address, address + data.size };
	return true;
}

bool ppc64_elf_load(const struct request *request, const struct machine *machine, const struct image *image,
		    struct plan *plan, struct err *err)
{
	bool is_crash = plan->target == TARGET_CRASH;
	struct kernel kernel = { .parts = 0 };
	struct ppc64_crash crash = { .backup = 0 };
	struct ppc64_start start = { .run_at_load = false };
	struct ppc64_tree tree = {
		.request = request,
		.machine = machine,
		.image = image,
		.crash = is_crash ? &crash : NULL,
	};
	struct blob base;

	if (!check_request(request, machine, image, err) || !ppc64_tree_base(image, machine, &base, err) ||
	    !find_extent(&kernel, image, err) || !ppc64_cmdline_begin(request, base, plan, err))
		return false;
	if (!ppc64_use_free_only(machine, plan, err) || !put_kernel(&kernel, image, plan, &start.kernel, err))
		return false;
	if (is_crash && (!ppc64_crash_place(&crash, request, machine, plan, err) ||
			 !ppc64_crash_cmdline(&crash, plan, err)))
		return false;
	if (!ppc64_add_purgatory(request, machine, tree.crash, blob_part(kernel.data, 0, HEAD), plan, err) ||
	    !place_initrd(request, machine, image->initrd, plan, &tree.initrd, err))
		return false;
	tree.cmdline = plan->cmdline;
	if (!ppc64_tree_place(&tree, plan, &start.device_tree, err))
		return false;
	start.run_at_load = is_crash && kernel.relocatable;
	ppc64_set_start(machine, tree.crash, &start, plan);
	return plan_seal(plan, err);
}
