/* SPDX-License-Identifier: GPL-2.0-only */
/* Load modes: the stages in order, and which of the two system calls is used. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
	struct image image; /* format IMAGE_UNKNOWN where only the kernel can say what it is */
};

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

static uint64_t load_flags(const struct load *load)
{
	enum arch_id arch = load->machine->arch;
	uint64_t flags = load->request.preserve_context ? LOAD_PRESERVE_CONTEXT : 0;

	if (!load->request.hotplug)
		return flags;
	return flags | (arch == ARCH_X86_64 || arch == ARCH_I386 ? LOAD_UPDATE_ELFCOREHDR : LOAD_CRASH_HOTPLUG_SUPPORT);
}

/* Whether something is given to the kernel of this machine. */
static bool acts(const struct load *load)
{
	return !load->options->dry_run && !load->options->realmem;
}

static bool carry_out(const struct load *load, const struct plan *plan, struct err *err)
{
	const struct options *o = load->options;

	bool ok = true;

	say_plan_warnings(plan);
	if (o->debug)
		ok = plan_write_text(plan, stderr, err);
	if (ok && acts(load)) {
		ok = exec_load(plan, load_flags(load), err);
		if (!ok && err->errnum == EINVAL && load->request.preserve_context)
			err_prefix(err, "--load-preserve-context needs a kernel built with CONFIG_KEXEC_JUMP, and takes at most half of the "
				   "memory that it saves (--mem-max)");
		return ok;
	}
	if (ok)
		ok = o->dry_run ? plan_write_text(plan, stdout, err) : exec_realmem(plan, o->realmem, err);
	if (!ok)
		not_asked(err);
	return ok;
}

/* Files that only a plan of ours can load. */
static bool add_parts(struct load *load, struct err *err)
{
	struct options *o = load->options;
	enum arch_id arch = load->machine->arch;
	struct image *image = &load->image;

	if (!load->request.reuse_initrd && image->initrd.size == 0 &&
	    !image_add_initrds(image, (const char *const *)o->initrds, o->initrd_count, load->machine->page_size, err))
		return false;
	if (options_given(o, OPTION_DTB, arch) && !image_set_dtb(image, o->dtb, err))
		return false;
	if (!options_given(o, OPTION_MODULE, arch))
		return true;
	if (!image->multiboot.one.present && !image->multiboot.two.present)
		options_warn(o, "--module is ignored: %s is no multiboot kernel", o->kernel);
	for (size_t i = 0; i < o->module_count; i++)
		if (!image_add_module(image, o->modules[i], err))
			return false;
	return true;
}

static int plan_and_load(struct load *load, struct err *err)
{
	struct options *o = load->options;
	const struct image *image = &load->image;
	const struct loader *loader;
	struct plan plan = { .sealed = false };
	int code = EXIT_OK;

	if (!add_parts(load, err))
		return planning_failed(load, err);
	say_warnings(o);
	if (!plan_init(&plan, &load->request, load->machine, load->arch, err)) {
		code = planning_failed(load, err);
		plan_release(&plan);
		return code;
	}
	loader = arch_find_loader(load->arch, &load->request, image, err);
	if (loader)
		say_debug(o, "%s: loaded as type %s", o->kernel, loader->type);
	if (!loader || !loader->load(&load->request, load->machine, image, &plan, err)) {
		err_prefix(err, "Cannot load %s", o->kernel);
		code = planning_failed(load, err);
	} else if (!carry_out(load, &plan, err)) {
		code = EXIT_FAILED;
	}
	plan_release(&plan);
	return code;
}

static int load_file(struct load *load, struct err *err)
{
	const struct options *o = load->options;
	struct run_file file;
	int code = EXIT_OK;

	if (!run_file_open(load->run, load->machine, &load->request, &load->image, &file, err)) {
		not_asked(err);
		return EXIT_FAILED;
	}
	if (file.unwrapped)
		say_debug(o, "%s: %s, the kernel is given what is inside", o->kernel, file.unwrapped);
	if (load->image.dtb.size)
		say_debug(o, "%s: its device tree is left out, for kexec_file_load(2) takes none", o->kernel);
	if (o->dry_run)
		run_file_write_text(load->run, &file);
	else if (!exec_file_load(&file.plan, err))
		code = EXIT_FAILED;
	run_file_close(&file);
	return code;
}

static int take_way(struct load *load, enum options_way way, bool file_possible, struct err *err)
{
	const struct options *o = load->options;
	const struct image *image = &load->image;
	int code = way == WAY_FILE ? load_file(load, err) : plan_and_load(load, err);

	if (code == EXIT_OK)
		return code;
	run_explain_denial(&(struct run_denied){
				   .target = load->request.target,
				   .way = way,
				   .file_possible = file_possible,
				   .other_way_possible = load->arch && o->syscall == SYSCALL_AUTO,
				   .inside = image->wrap != WRAP_NONE || image->codec != CODEC_NONE ? o->kernel : NULL,
			   },
			   o->root, err);
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

static int take_second(struct load *load, enum options_way second, struct err *err)
{
	struct options *o = load->options;
	struct err before = *err;

	say_debug(o, "%s; trying %s", before.text, way_name(second));
	*err = (struct err){ .code = ERR_NONE };

	int code = take_way(load, second, true, err);

	if (code != EXIT_OK) {
		err_prefix(err, "%s, and %s did not help", before.text, way_name(second));
		return code;
	}
	say_note("%s was used: %s", way_name(second), before.text);
	if (second == WAY_FILE) {
		options_warn_of_file(o, load->machine->arch, "kexec_load(2) was refused");
		if (load->request.meminfo && load->arch->prefers_kexec_load_for_crash)
			say_debug(o, "there is no meminfo: only kexec_load(2) can carry it");
	}
	return code;
}

static int take_ways(struct load *load, const struct options_ways *ways, struct err *err)
{
	const struct options *o = load->options;

	say_debug(o, "%s: %s", way_name(ways->first), ways->why);

	int code = take_way(load, ways->first, ways->first == WAY_FILE || ways->has_second || !ways->detour, err);

	if (code != EXIT_OK)
		return options_may_retry(ways, err->errnum)
			       ? take_second(load, ways->first == WAY_FILE ? WAY_PLAN : WAY_FILE, err)
			       : only_way_failed(load, code, err);
	if (ways->detour && acts(load))
		say_note("%s was used: %s", way_name(ways->first), ways->why);
	if (ways->first == WAY_FILE && ways->has_second && o->no_checks)
		options_warn(load->options, "--no-checks had no effect: kexec_file_load(2) was used, "
					    "where the kernel always checks. -c uses kexec_load(2)");
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

	const char *problem = load->machine->devicetree_problem;

	err_set(err, ERR_BAD_MACHINE,
		"No crash kernel segment found in /proc/iomem, though the kernel has memory reserved for one "
		"(/sys/kernel/kexec_crash_size). %s%s%s -s leaves the search to the kernel",
		problem ? "The device tree does not help: " : "Was it read without privilege?", problem ? problem : "",
		problem ? "." : "");
	return EXIT_NO_CRASH_RANGE;
}

/* A file that is gone once it was read leaves nothing for a second try. Those that are not there are told of later. */
static bool reads_a_pipe(const struct options *o)
{
	struct stat st;

	for (size_t i = 0; i < o->initrd_count; i++)
		if (stat(o->initrds[i], &st) == 0 && !S_ISREG(st.st_mode))
			return true;
	return false;
}

/* Both ways pass it on, and which one can depends on its length. */
static void use_own_cmdline(struct load *load)
{
	bool crash = load->request.target == TARGET_CRASH;

	if (load->request.keep_cmdline && load->image.uki.cmdline)
		load->request.cmdline = uki_cmdline(&load->image, crash, &load->arena);
}

static const char *wrap_words(enum image_wrap wrap)
{
	switch (wrap) {
	case WRAP_NONE:
		break;
	case WRAP_UKI:
		return ", inside of a unified kernel image";
	case WRAP_ZIMAGE:
		return ", inside of a zImage";
	case WRAP_ZBOOT:
		return ", inside of EFI zboot";
	}
	return "";
}

/*
 * Where this version has no loader, the kernel may know files that it does not; those that can be read only once are
 * left to it unseen.
 */
static int open_image(struct load *load, struct err *err)
{
	const char *path = load->options->kernel;
	struct stat st;

	if (!load->arch && stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return EXIT_OK;
	if (!image_open(&load->image, path, err)) {
		if (load->arch || (err->code != ERR_BAD_IMAGE && err->code != ERR_UNSUPPORTED))
			return planning_failed(load, err);
		say_debug(load->options, "%s; it is left to the kernel to judge", err->text);
		*err = (struct err){ .code = ERR_NONE };
		return EXIT_OK;
	}

	const struct image *image = &load->image;

	say_debug(load->options, "%s: %s%s%s%s", path, image_format_name(image->format),
		  wrap_words(image->wrap),
		  image->codec == CODEC_NONE ? "" : ", packed with ",
		  image->codec == CODEC_NONE ? "" : codec_name(image->codec));
	use_own_cmdline(load);
	return EXIT_OK;
}

static int load_image(struct load *load, struct options_ways *ways, struct err *err)
{
	enum options_way before = ways->first;
	int code = open_image(load, err);

	if (code != EXIT_OK)
		return code;
	if (load->arch && !options_fit_image(load->options, load->machine->arch, &load->image, load->request.cmdline,
					     ways, err))
		return EXIT_FILE_UNAVAILABLE;
	if (ways->first != before) {
		code = check_reservation(load, ways, err);
		if (code != EXIT_OK)
			return code;
	}
	say_debug(load->options, "command line: %s", load->request.cmdline);
	return take_ways(load, ways, err);
}

static int load_for(struct load *load, struct err *err)
{
	struct options *o = load->options;
	enum arch_id arch = load->machine->arch;
	struct options_ways ways;

	load->arch = arch_by_id(arch);
	if (!options_check(o, arch, err))
		return EXIT_USAGE;
	if (!run_make_request(load->run, load->machine, &load->arena, &load->request, err))
		return EXIT_FAILED;
	if (acts(load) && !run_is_live(load->run, arch, "load a kernel", err))
		return EXIT_USAGE;
	if (!options_choose_ways(o, load->arch, arch, &ways, err))
		return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
	options_fit_machine(o, load->arch, load->machine, &ways);
	if (ways.has_second && reads_a_pipe(o)) {
		ways.first = WAY_PLAN;
		ways.has_second = false;
		ways.why = "what comes through a pipe can be read once";
	}
	say_warnings(o);

	int code = check_reservation(load, &ways, err);

	if (code != EXIT_OK)
		return code;
	if (!run_check_machine(load->run, &load->request, load->machine, err))
		return EXIT_USAGE;
	return load_image(load, &ways, err);
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

/* Whoever calls kexec -p without a kernel expects a firmware-assisted dump, and is told why it is not in use. */
static void note_without_kernel(const struct run *run)
{
	enum arch_id arch = run_arch(run);
	struct machine machine;
	struct err ignored;

	if (run->options->target != TARGET_CRASH || (arch != ARCH_PPC64 && arch != ARCH_PPC64LE) ||
	    !run_read_machine(run, &machine, &ignored))
		return;
	run_fadump_note(run, &machine);
	machine_release(&machine);
}

static int load_kernel(const struct run *run, struct err *err)
{
	struct machine machine;

	if (!run->options->kernel) {
		/* What this version cannot do at all needs no kernel to be refused. */
		if (!options_check(run->options, run_arch(run), err))
			return EXIT_USAGE;
		say_warnings(run->options);
		note_without_kernel(run);
		err_set(err, ERR_USAGE, "No kernel specified");
		return EXIT_FAILED;
	}
	if (!run_read_machine(run, &machine, err))
		return EXIT_USAGE;

	struct load load = { .run = run, .options = run->options, .machine = &machine, .image = { .fd = -1 } };

	arena_init(&load.arena);
	arena_init(&load.image.arena);

	int code = load_for(&load, err);

	say_warnings(run->options);
	if (load.options->target == TARGET_CRASH)
		run_fadump_note(run, &machine);
	image_release(&load.image);
	arena_release(&load.arena);
	machine_release(&machine);
	return code;
}

int run_load(const struct run *run, struct err *err)
{
	const struct options *o = run->options;
	struct arena arena;
	struct fadump fadump = { .present = false };
	int code;

	/* Not after all the work, where the start would be refused. */
	if ((o->execute || o->shutdown) && !run_fadump_allows_start(run, err))
		return EXIT_USAGE;
	arena_init(&arena);
	if (o->target == TARGET_CRASH && !o->realmem && !run_fadump_read(run, &arena, &fadump, err))
		code = EXIT_USAGE;
	else if (fadump.enabled)
		code = run_fadump_register(run, &fadump, &arena, err);
	else
		code = load_kernel(run, err);
	arena_release(&arena);
	return code == EXIT_OK ? start_what_was_loaded(run, err) : code;
}
