/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Golden plans: a machine text, a made image and a request give exactly the text in tests/golden/. Every plan is then
 * executed on the paper machine, verified there, damaged there in each segment, and must be refused. REGOLD=1
 * rewrites the files (make regold).
 */
#include "check.h"

#include "image_fixture.h"
#include "kexec/base/file.h"
#include "kexec/exec/paper.h"
#include "made_s390.h"
#include "made_bzimage.h"
#include "made_x86.h"

#define KIB ((size_t)1024)
#define MIB (KIB * KIB)

static void entry_32bit(struct request *request)
{
	request->entry_32bit = true;
}

static void real_mode(struct request *request)
{
	request->real_mode = true;
}

static void memmap_text(struct request *request)
{
	request->pass_memmap = true;
}

static void hotplug(struct request *request)
{
	request->hotplug = true;
}

static void linux_args(struct request *request)
{
	request->elf_args = ELF_ARGS_LINUX;
}

/* And all that a request may carry along. */
static void consoles(struct request *request)
{
	request->no_efi = true;
	request->has_seed = true;
	memset(request->seed, 0x5e, sizeof(request->seed));
	request->on_corruption = CORRUPTION_REBOOT;
	request->console = (struct request_console){ .serial = true, .serial_port = 0x2f8, .serial_baud = 9600 };
}

static void way_back(struct request *request)
{
	request->preserve_context = true;
	request->mem_max = 0xfffffff;
}

enum made {
	MADE_S390,
	MADE_BZIMAGE,
	MADE_VMLINUX,
	MADE_MULTIBOOT,
};

static const struct golden {
	const char *name;
	enum made made;
	const char *machine; /* in tests/machines */
	const char *file;    /* of MADE_MULTIBOOT: in FIXTURES/multiboot_kernels */
	size_t modules;
	enum load_target target;
	size_t kernel, initrd; /* bytes */
	uint64_t max_cmdline;
	const char *cmdline;
	enum elf_headers elf_headers;
	bool no_meminfo, no_checks;
	void (*change)(struct request *request);
} goldens[] = {
	{ .name = "s390x-crash", .machine = "s390x-qemu.txt", .target = TARGET_CRASH, .kernel = 3 * MIB + 77,
	  .initrd = MIB + 5, .max_cmdline = 4096, .cmdline = "console=ttysclp0 rdinit=/init" },
	{ .name = "s390x-crash-no-initrd", .machine = "s390x-qemu.txt", .target = TARGET_CRASH, .kernel = 70 * KIB,
	  .max_cmdline = 896, .cmdline = "" },
	{ .name = "s390x-crash-elf-headers", .machine = "s390x-qemu.txt", .target = TARGET_CRASH, .kernel = 3 * MIB,
	  .initrd = 1, .max_cmdline = 4096, .cmdline = "quiet \"quoted\"", .elf_headers = ELF_HEADERS_ALWAYS },
	{ .name = "s390x-crash-plain", .machine = "s390x-qemu.txt", .target = TARGET_CRASH, .kernel = MIB, .initrd = MIB,
	  .max_cmdline = 4096, .cmdline = "x", .no_meminfo = true, .no_checks = true },
	{ .name = "s390x-normal", .machine = "s390x-qemu.txt", .target = TARGET_NORMAL, .kernel = 12 * MIB + 1,
	  .initrd = 2 * MIB, .max_cmdline = 4096, .cmdline = "root=/dev/vda1 ro" },
	{ .name = "s390x-normal-no-crash", .machine = "s390x-no-crash.txt", .target = TARGET_NORMAL, .kernel = MIB,
	  .initrd = 4097, .max_cmdline = 0, .cmdline = "root=/dev/vda1" },
	{ .name = "s390x-lpar-crash", .machine = "s390x-lpar.txt", .target = TARGET_CRASH, .kernel = 8 * MIB,
	  .initrd = 20 * MIB, .max_cmdline = 4096, .cmdline = "root=/dev/dasda1",
	  .elf_headers = ELF_HEADERS_ALWAYS },
	{ .name = "s390x-captured-crash", .machine = "s390x-captured.txt", .target = TARGET_CRASH, .kernel = 2 * MIB,
	  .initrd = MIB, .max_cmdline = 4096, .cmdline = "console=ttysclp0", .elf_headers = ELF_HEADERS_ALWAYS },
	{ .name = "x86_64-normal", .made = MADE_BZIMAGE, .machine = "x86_64-laptop.txt", .target = TARGET_NORMAL,
	  .kernel = 4 * MIB + 7, .initrd = 3 * MIB + 1, .cmdline = "root=/dev/vda1 ro quiet" },
	{ .name = "x86_64-normal-small", .made = MADE_BZIMAGE, .machine = "x86_64-small.txt", .target = TARGET_NORMAL,
	  .kernel = MIB, .cmdline = "" },
	{ .name = "x86_64-normal-options", .made = MADE_BZIMAGE, .machine = "x86_64-laptop.txt",
	  .target = TARGET_NORMAL, .kernel = MIB, .initrd = 1, .cmdline = "a", .change = consoles },
	{ .name = "x86_64-entry-32bit", .made = MADE_BZIMAGE, .machine = "x86_64-laptop.txt",
	  .target = TARGET_NORMAL, .kernel = MIB, .initrd = MIB, .cmdline = "quiet", .change = entry_32bit },
	{ .name = "x86_64-real-mode", .made = MADE_BZIMAGE, .machine = "x86_64-small.txt", .target = TARGET_NORMAL,
	  .kernel = MIB, .initrd = MIB, .cmdline = "quiet", .change = real_mode },
	{ .name = "x86_64-way-back", .made = MADE_BZIMAGE, .machine = "x86_64-small.txt", .target = TARGET_NORMAL,
	  .kernel = MIB, .cmdline = "quiet", .change = way_back },
	{ .name = "x86_64-vmlinux", .made = MADE_VMLINUX, .machine = "x86_64-small.txt", .target = TARGET_NORMAL,
	  .kernel = MIB, .initrd = MIB, .cmdline = "quiet", .change = linux_args },
	{ .name = "x86_64-crash", .made = MADE_BZIMAGE, .machine = "x86_64-laptop.txt", .target = TARGET_CRASH,
	  .kernel = 4 * MIB, .initrd = 3 * MIB, .cmdline = "root=/dev/vda1 nr_cpus=1" },
	{ .name = "x86_64-crash-memmap", .made = MADE_BZIMAGE, .machine = "x86_64-small.txt", .target = TARGET_CRASH,
	  .kernel = MIB, .initrd = MIB, .cmdline = "nr_cpus=1", .change = memmap_text },
	{ .name = "x86_64-crash-hotplug", .made = MADE_BZIMAGE, .machine = "x86_64-laptop.txt", .target = TARGET_CRASH,
	  .kernel = MIB, .initrd = MIB, .cmdline = "nr_cpus=1", .no_meminfo = true, .change = hotplug },
	{ .name = "x86_64-crash-unchecked", .made = MADE_BZIMAGE, .machine = "x86_64-small.txt",
	  .target = TARGET_CRASH, .kernel = MIB, .cmdline = "nr_cpus=1", .no_checks = true },
	{ .name = "s390x-lpar-normal", .machine = "s390x-lpar.txt", .target = TARGET_NORMAL, .kernel = 8 * MIB,
	  .initrd = 20 * MIB, .max_cmdline = 4096, .cmdline = "root=/dev/dasda1" },
	{ .name = "x86_64-multiboot1", .made = MADE_MULTIBOOT, .file = "one.elf", .machine = "x86_64-small.txt",
	  .modules = 3, .target = TARGET_NORMAL, .cmdline = "com1=115200" },
	{ .name = "x86_64-multiboot1-flat", .made = MADE_MULTIBOOT, .file = "one.flat",
	  .machine = "x86_64-laptop.txt", .target = TARGET_NORMAL, .cmdline = "" },
	{ .name = "x86_64-multiboot2", .made = MADE_MULTIBOOT, .file = "two-high.elf", .machine = "x86_64-laptop.txt",
	  .modules = 20, .target = TARGET_NORMAL, .cmdline = "com1=115200" },
	{ .name = "x86_64-multiboot2-crash", .made = MADE_MULTIBOOT, .file = "two-high.elf",
	  .machine = "x86_64-small.txt", .modules = 2, .target = TARGET_CRASH, .cmdline = "x" },
};

static void make_kernel(struct scene *s, const struct golden *g)
{
	struct blob file = { NULL, 0 };

	switch (g->made) {
	case MADE_S390:
		s->arch = made_s390_arch();
		file = made_s390_image(&s->arena, g->kernel, g->max_cmdline);
		break;
	case MADE_BZIMAGE:
		s->arch = x86_64_arch;
		s->arch.purgatory = made_x86_purgatory;
		file = made_bzimage(&s->arena, g->kernel, (uint32_t)g->kernel * 3);
		break;
	case MADE_VMLINUX:
		s->arch = x86_64_arch;
		s->arch.purgatory = made_x86_purgatory;
		file = made_vmlinux(&s->arena, g->kernel);
		break;
	case MADE_MULTIBOOT:
		s->arch = x86_64_arch;
		s->arch.purgatory = made_x86_purgatory;
		file = fixture(&s->arena, "multiboot_kernels", g->file);
		break;
	}
	check_ok(image_from_blob(&s->image, "made", file, &s->err), &s->err);
}

static void make_modules(struct scene *s, size_t count)
{
	s->image.modules = arena_array(&s->arena, count, sizeof(*s->image.modules));
	s->image.module_count = count;
	for (size_t i = 0; i < count; i++) {
		uint8_t *bytes = arena_alloc(&s->arena, 1000 * i);

		made_fill(bytes, 1000 * i, (uint32_t)i);
		s->image.modules[i] = (struct image_module){
			arena_printf(&s->arena, "module%zu with a text", i), { bytes, 1000 * i }
		};
	}
}

static void make_plan(struct scene *s, const struct golden *g)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);

	struct blob text;
	const char *path = arena_printf(&s->arena, "%s/tests/machines/%s", check_env("SRCDIR"), g->machine);

	check_ok(file_map(&s->arena, path, NULL, &text, &s->err), &s->err);
	check_ok(machine_read_text(&s->machine, g->machine, text, &s->err), &s->err);

	s->request = made_request(g->target, g->cmdline);
	s->request.elf_headers = g->elf_headers;
	s->request.meminfo = !g->no_meminfo;
	s->request.skip_checks = g->no_checks;
	if (g->change)
		g->change(&s->request);
	make_kernel(s, g);
	if (g->initrd) {
		uint8_t *bytes = arena_alloc(&s->arena, g->initrd);

		made_fill(bytes, g->initrd, 5);
		s->image.initrd = (struct blob){ bytes, g->initrd };
	}
	if (g->modules)
		make_modules(s, g->modules);
	check_ok(plan_init(&s->plan, &s->request, &s->machine, &s->arch, &s->err), &s->err);

	const struct loader *loader = arch_find_loader(&s->arch, &s->request, &s->image, &s->err);

	assert_non_null(loader);
	check_ok(loader->load(&s->request, &s->machine, &s->image, &s->plan, &s->err), &s->err);
}

static void release(struct scene *s)
{
	plan_release(&s->plan);
	image_release(&s->image);
	machine_release(&s->machine);
	arena_release(&s->arena);
}

static void compare(struct scene *s, const struct golden *g)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	const char *path = arena_printf(&s->arena, "%s/tests/golden/%s.plan", check_env("SRCDIR"), g->name);

	assert_non_null(out);
	check_ok(plan_write_text(&s->plan, out, &s->err), &s->err);
	fclose(out);

	const char *regold = getenv("REGOLD");

	if (regold && *regold == '1') {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		assert_int_equal(fwrite(text, 1, size, file), size);
		assert_int_equal(fclose(file), 0);
	} else {
		struct blob golden;

		check_ok(file_map(&s->arena, path, NULL, &golden, &s->err), &s->err);
		if (golden.size != size || memcmp(golden.data, text, size) != 0)
			fail_msg("%s.plan differs; the plan is now:\n%s", g->name, text);
	}
	free(text);
}

TEST(plans_are_as_recorded)
{
	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
		struct scene s;

		make_plan(&s, &goldens[i]);
		compare(&s, &goldens[i]);
		release(&s);
	}
}

static void refuse(struct scene *s, struct paper *paper, const struct segment *segment, uint64_t address)
{
	struct purgatory_verdict verdict;

	paper_flip(paper, address, 0x10);
	check_ok(paper_verify(paper, &verdict, &s->err), &s->err);
	if (purgatory_may_start(verdict) || verdict.role != (uint32_t)segment->role)
		fail_msg("a byte flipped at 0x%llx in segment %s: result %u, role %u", (unsigned long long)address,
			 segment_role_name(segment->role), verdict.result, verdict.role);
	paper_flip(paper, address, 0x10);
}

TEST(purgatory_takes_them_whole_and_refuses_them_damaged)
{
	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
		struct scene s;
		struct paper paper;
		struct purgatory_verdict verdict;

		make_plan(&s, &goldens[i]);
		check_ok(paper_load(&paper, &s.plan, &s.machine, &s.err), &s.err);
		check_ok(paper_verify(&paper, &verdict, &s.err), &s.err);
		assert_int_equal(verdict.result, goldens[i].no_checks ? PURGATORY_RESULT_SKIPPED
								      : PURGATORY_RESULT_INTACT);
		for (size_t j = 0; j < s.plan.segment_count; j++) {
			const struct segment *segment = &s.plan.segments[j];

			if (!segment->hashed)
				continue;

			const uint64_t places[] = { segment->range.start,
						    segment->range.start + range_size(segment->range) / 2,
						    segment->range.end - 1 };
			size_t step = check_stride(3);

			for (size_t k = (i + j) % step; k < 3; k += step)
				refuse(&s, &paper, segment, places[k]);
		}
		/* As it was, it is taken again: the refusals came from the flips. */
		check_ok(paper_verify(&paper, &verdict, &s.err), &s.err);
		assert_true(purgatory_may_start(verdict));
		if (s.arch.id == ARCH_X86_64) {
			struct paper_x86_start start;

			check_ok(paper_start_x86(&paper, &start, &s.err), &s.err);
		}
		paper_release(&paper);
		release(&s);
	}
}

CHECK_MAIN(cmocka_unit_test(plans_are_as_recorded),
	   cmocka_unit_test(purgatory_takes_them_whole_and_refuses_them_damaged))
