/* SPDX-License-Identifier: GPL-2.0-only */
/* Load modes: the stages in order, and which of the two system calls is used. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "arch.h"
#include "kexec/exec/kexec_flags.h"
#include "kexec/run.h"
#include "kexec/say.h"
#include "plan.h"

/* What all further steps of one load have in common. */
struct load {
	const struct run *run;
	struct options *options;
	const struct machine *machine;
	const struct arch *arch; /* NULL: no loader of ours */
	struct request request;
	struct arena arena; /* of the request's texts */
};

static void make_request(struct load *load)
{
	const struct options *o = load->options;

	arena_init(&load->arena);
	load->request = (struct request){
		.target = o->target,
		.type = o->type,
		.has_entry = o->has_entry,
		.entry = o->entry,
		.mem_min = o->mem_min,
		.mem_max = o->mem_max,
		.cmdline = options_cmdline(o, &load->arena, load->machine->arch, load->machine->cmdline),
		.keep_cmdline = o->text_count == 0 && !o->reuse_cmdline,
		.skip_checks = o->no_checks,
		.elf_headers = o->elf_headers,
		.meminfo = o->target == TARGET_CRASH && !o->no_meminfo,
		.on_corruption = o->on_corruption,
		.hotplug = o->hotplug,
		.time = o->dry_run ? 0 : (uint64_t)time(NULL),
	};
}

/*
 * For what failed before any system call for loading was tried. From then on an errno is that call's answer, by which
 * the other one is tried and refusals are explained: one of a file that cannot be opened must not be taken for it.
 */
static void not_asked(struct err *err)
{
	err->errnum = 0;
}

/* Where planning failed: what kexec-tools ends with die() gives 1, what its loaders return gives 255. */
static int planning_failed(const struct load *load, struct err *err)
{
	not_asked(err);
	switch (err->code) {
	case ERR_NO_ROOM:
	case ERR_BAD_MACHINE:
	case ERR_INTERNAL:
		return EXIT_USAGE;
	case ERR_SYSTEM:
	case ERR_DENIED:
		return load->options->syscall == SYSCALL_LOAD ? EXIT_USAGE : EXIT_FAILED;
	case ERR_NONE:
	case ERR_USAGE:
	case ERR_BAD_IMAGE:
	case ERR_UNSUPPORTED:
		break;
	}
	return EXIT_FAILED;
}

static uint64_t hotplug_flag(const struct load *load)
{
	enum arch_id arch = load->machine->arch;

	if (!load->request.hotplug)
		return 0;
	return arch == ARCH_X86_64 || arch == ARCH_I386 ? LOAD_UPDATE_ELFCOREHDR : LOAD_CRASH_HOTPLUG_SUPPORT;
}

static bool carry_out(const struct load *load, const struct plan *plan, struct err *err)
{
	const struct options *o = load->options;

	bool ok = true;

	say_plan_warnings(plan);
	if (o->debug)
		ok = plan_write_text(plan, stderr, err);
	if (ok && !o->dry_run && !o->realmem)
		return exec_load(plan, hotplug_flag(load), err);
	if (ok)
		ok = o->dry_run ? plan_write_text(plan, stdout, err) : exec_realmem(plan, o->realmem, err);
	if (!ok)
		not_asked(err);
	return ok;
}

static int plan_and_load(const struct load *load, struct err *err)
{
	const struct options *o = load->options;
	const struct loader *loader;
	struct image image;
	struct plan plan = { .sealed = false };
	int code = EXIT_OK;

	if (!image_open(&image, o->kernel, err))
		return planning_failed(load, err);

	bool ready = image_add_initrds(&image, (const char *const *)o->initrds, o->initrd_count,
				       load->machine->page_size, err);

	if (!ready || !plan_init(&plan, &load->request, load->machine, load->arch, err)) {
		code = planning_failed(load, err);
		plan_release(&plan);
		image_release(&image);
		return code;
	}
	loader = arch_find_loader(load->arch, &load->request, &image, err);
	if (loader)
		say_debug(o, "%s: %s%s%s, loaded as type %s", o->kernel, image_format_name(image.format),
			  image.codec == CODEC_NONE ? "" : " packed with ",
			  image.codec == CODEC_NONE ? "" : codec_name(image.codec), loader->type);
	if (!loader || !loader->load(&load->request, load->machine, &image, &plan, err)) {
		err_prefix(err, "Cannot load %s", o->kernel);
		code = planning_failed(load, err);
	} else if (!carry_out(load, &plan, err)) {
		code = EXIT_FAILED;
	}
	plan_release(&plan);
	image_release(&image);
	return code;
}

static int load_file(const struct load *load, struct err *err)
{
	struct run_file file;
	int code = EXIT_OK;

	if (!run_file_open(load->run, load->machine, &load->request, &file, err)) {
		not_asked(err);
		return EXIT_FAILED;
	}
	if (file.codec)
		say_debug(load->options, "%s: packed with %s, given to the kernel unpacked",
			  load->options->kernel, file.codec);
	if (load->options->dry_run)
		run_file_write_text(load->run, &file);
	else if (!exec_file_load(&file.plan, err))
		code = EXIT_FAILED;
	run_file_close(&file);
	return code;
}

static int take_way(const struct load *load, enum options_way way, struct err *err)
{
	int code = way == WAY_FILE ? load_file(load, err) : plan_and_load(load, err);

	if (err->code == ERR_DENIED)
		run_explain_denial(load->request.target, err);
	return code;
}

static const char *way_name(enum options_way way)
{
	return way == WAY_FILE ? "kexec_file_load(2)" : "kexec_load(2)";
}

static bool other_way_might_help(int errnum)
{
	return errnum == ENOSYS || errnum == EINVAL || errnum == ENOEXEC || errnum == EOPNOTSUPP;
}

/* With -s 253, as in kexec-tools, says that without it the load might have worked. */
static int only_way_failed(const struct load *load, int code, struct err *err)
{
	if (!other_way_might_help(err->errnum))
		return code;

	bool file_only = load->options->syscall == SYSCALL_FILE;
	struct err failed = *err;

	if (!load->arch)
		err_set(err, failed.code, "%s. Of kexec_load(2), this version of kexec knows nothing for %s",
			failed.text, machine_arch_name(load->machine->arch));
	else if (file_only)
		err_set(err, failed.code, "%s. Without -s, kexec_load(2) is used", failed.text);
	err->errnum = failed.errnum;
	if (file_only && failed.errnum == ENOSYS)
		err_prefix(err, "syscall kexec_file_load not available");
	return file_only ? EXIT_FILE_UNAVAILABLE : code;
}

static int take_ways(const struct load *load, const struct options_ways *ways, struct err *err)
{
	const struct options *o = load->options;

	say_debug(o, "%s: %s", way_name(ways->first), ways->why);

	int code = take_way(load, ways->first, err);

	if (code == EXIT_OK) {
		if (ways->first == WAY_FILE && ways->has_second && o->no_checks)
			options_warn(load->options, "--no-checks had no effect: kexec_file_load(2) was used, "
						    "where the kernel always checks. -c uses kexec_load(2)");
		return code;
	}
	if (!options_may_retry(ways, err->errnum))
		return only_way_failed(load, code, err);

	enum options_way second = ways->first == WAY_FILE ? WAY_PLAN : WAY_FILE;
	struct err before = *err;

	say_debug(o, "%s; trying %s", before.text, way_name(second));
	*err = (struct err){ .code = ERR_NONE };
	code = take_way(load, second, err);
	if (code != EXIT_OK)
		err_prefix(err, "%s, and %s did not help", before.text, way_name(second));
	else if (second == WAY_FILE && load->request.meminfo)
		say_debug(o, "there is no meminfo: only kexec_load(2) can carry it");
	return code;
}

/*
 * The kernel's own word, for memory maps that do not show the reservation: powerpc keeps it in the device
 * tree alone, and a map read without privilege has no addresses.
 */
static bool reserved_unseen(const struct load *load)
{
	struct machine_status status;

	if (load->options->machine)
		return false;
	machine_read_status(&status, load->options->root);
	return status.has_crash_size && status.crash_size > 0;
}

static int check_reservation(const struct load *load, const struct options_ways *ways, struct err *err)
{
	if (load->request.target != TARGET_CRASH || load->machine->crash.count > 0)
		return EXIT_OK;
	if (!reserved_unseen(load)) {
		err_set(err, ERR_BAD_MACHINE,
			"Memory for crashkernel is not reserved: no \"Crash kernel\" range in the memory map "
			"of %s. Boot the "
			"running kernel with crashkernel=SIZE on its command line",
			strcmp(load->machine->origin, "/") == 0 ? "this machine" : load->machine->origin);
		return EXIT_USAGE;
	}
	if (ways->first == WAY_FILE)
		return EXIT_OK;
	err_set(err, ERR_BAD_MACHINE,
		"No crash kernel segment found in /proc/iomem, though the kernel has memory reserved for one "
		"(/sys/kernel/kexec_crash_size). Was it read without privilege? -s leaves the search to the "
		"kernel");
	return EXIT_NO_CRASH_RANGE;
}

static bool check_hotplug(const struct load *load, struct err *err)
{
	if (!load->request.hotplug || load->machine->has_elfcorehdr_size)
		return true;
	return err_set(err, ERR_UNSUPPORTED,
		       "--hotplug: the kernel of %s keeps no ELF core header up to date (it has no "
		       "/sys/kernel/crash_elfcorehdr_size). Leave the option out",
		       load->machine->origin);
}

/* A file that is gone once it was read leaves nothing for a second try. Files that are not there are told of later. */
static bool reads_a_pipe(const struct options *o)
{
	struct stat st;

	if (stat(o->kernel, &st) == 0 && !S_ISREG(st.st_mode))
		return true;
	for (size_t i = 0; i < o->initrd_count; i++)
		if (stat(o->initrds[i], &st) == 0 && !S_ISREG(st.st_mode))
			return true;
	return false;
}

static int load_for(struct load *load, struct err *err)
{
	struct options *o = load->options;
	enum arch_id arch = load->machine->arch;
	const char *name = machine_arch_name(arch);
	struct options_ways ways;

	load->arch = arch_by_id(arch);
	if (!options_check(o, arch, err))
		return EXIT_USAGE;
	if (!o->dry_run && !o->realmem && !run_is_live(load->run, arch, "load a kernel", err))
		return EXIT_USAGE;
	if (!options_choose_ways(o, load->arch, name, &ways, err))
		return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
	if (ways.has_second && reads_a_pipe(o))
		ways = (struct options_ways){ .first = WAY_PLAN, .why = "what comes through a pipe can be read once" };
	say_warnings(o);

	int code = check_reservation(load, &ways, err);

	if (code != EXIT_OK)
		return code;
	if (!check_hotplug(load, err))
		return EXIT_USAGE;
	say_debug(o, "command line: %s", load->request.cmdline);
	return take_ways(load, &ways, err);
}

static int start_what_was_loaded(const struct run *run, struct err *err)
{
	if (run->options->dry_run || run->options->target == TARGET_CRASH)
		return EXIT_OK;
	if (run->options->execute)
		return run_exec(run, err);
	if (run->options->shutdown && !exec_shutdown(err))
		return EXIT_FAILED;
	return EXIT_OK;
}

int run_load(const struct run *run, struct err *err)
{
	struct machine machine;

	if (!run->options->kernel) {
		/* What this version cannot do at all needs no kernel to be refused. */
		if (!options_check(run->options, run_arch(run), err))
			return EXIT_USAGE;
		say_warnings(run->options);
		err_set(err, ERR_USAGE, "No kernel specified");
		return EXIT_FAILED;
	}
	if (!run_read_machine(run, &machine, err))
		return EXIT_USAGE;

	struct load load = { .run = run, .options = run->options, .machine = &machine };

	make_request(&load);

	int code = load_for(&load, err);

	say_warnings(run->options);
	arena_release(&load.arena);
	machine_release(&machine);
	return code == EXIT_OK ? start_what_was_loaded(run, err) : code;
}
