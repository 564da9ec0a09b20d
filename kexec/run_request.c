/* SPDX-License-Identifier: GPL-2.0-only */
/* From options to what loaders are asked for, and whether the machine can do it. */
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "kexec/base/cmdline.h"
#include "kexec/run.h"

/* Not in a dry run, for equal input gives equal plans there. Where there is none yet, the next kernel does without. */
static void add_seed(struct request *request)
{
	ssize_t got = getrandom(request->seed, sizeof(request->seed), GRND_NONBLOCK);

	request->has_seed = got == (ssize_t)sizeof(request->seed);
	if (!request->has_seed)
		memset(request->seed, 0, sizeof(request->seed));
}

bool run_make_request(const struct run *run, const struct machine *machine, struct arena *arena,
		      struct request *request, struct err *err)
{
	const struct options *o = run->options;
	enum arch_id arch = machine->arch;

	*request = (struct request){
		.target = o->target,
		.type = o->type,
		.has_entry = o->has_entry,
		.entry = o->entry,
		.mem_min = o->mem_min,
		.mem_max = o->mem_max,
		.cmdline = options_cmdline(o, arena, arch, machine->cmdline),
		.keep_cmdline = o->text_count == 0 && !o->reuse_cmdline,
		.skip_checks = o->no_checks,
		.elf_headers = o->elf_headers,
		.meminfo = o->target == TARGET_CRASH && !o->no_meminfo,
		.on_corruption = o->on_corruption,
		.hotplug = o->hotplug,
		.core_class = o->core_class,
		.elf_args = o->elf_args,
		.no_efi = options_given(o, OPTION_NOEFI, arch),
		.pass_memmap = options_given(o, OPTION_PASS_MEMMAP_CMDLINE, arch),
		.reuse_video_type = options_given(o, OPTION_REUSE_VIDEO_TYPE, arch),
		.real_mode = options_given(o, OPTION_REAL_MODE, arch),
		.entry_32bit = options_given(o, OPTION_ENTRY_32BIT, arch),
		.no_old_root = options_given(o, OPTION_DT_NO_OLD_ROOT, arch),
		.preserve_context = o->preserve_context,
		.reuse_initrd = options_given(o, OPTION_REUSEINITRD, arch),
		.time = o->dry_run ? 0 : (uint64_t)time(NULL),
	};
	if (!o->dry_run)
		add_seed(request);
	return options_console(o, arch, &request->console, err);
}

static bool check_hotplug(const struct machine *machine, struct err *err)
{
	if (machine->has_elfcorehdr_size)
		return true;
	return err_set(err, ERR_UNSUPPORTED,
		       "--hotplug: the kernel of %s keeps no ELF core header up to date (it has no "
		       "/sys/kernel/crash_elfcorehdr_size). Leave the option out",
		       machine->origin);
}

static bool check_kept_initrd(const struct machine *machine, struct err *err)
{
	const char *line = machine->cmdline;
	struct cmdline_word word;

	if (machine->has_initrd)
		return true;
	while (cmdline_next(&line, &word))
		if (cmdline_word_is(word, "retain_initrd"))
			return err_set(err, ERR_UNSUPPORTED,
				       "--reuseinitrd: the initrd of %s is not known to be in memory: it was booted without "
				       "one, or its boot parameters cannot be read. Give the file with --initrd",
				       machine->origin);
	return err_set(err, ERR_USAGE,
		       "--reuseinitrd: the kernel of %s has freed its initrd, for it was booted without retain_initrd on "
		       "its command line. Give the file with --initrd",
		       machine->origin);
}

bool run_check_machine(const struct run *run, const struct request *request, const struct machine *machine,
		       struct err *err)
{
	if (machine->is_xen_dom0)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s is the control domain of a Xen hypervisor, where kernels are loaded through the "
			       "hypervisor, and this version of kexec does not know how. Use kexec-tools built with libxenctrl",
			       strcmp(run->options->machine ? "" : run->options->root, "/") == 0 ? "this machine"
												    : machine->origin);
	if (request->hotplug && !check_hotplug(machine, err))
		return false;
	return !request->reuse_initrd || check_kept_initrd(machine, err);
}
