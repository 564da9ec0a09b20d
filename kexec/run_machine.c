/* SPDX-License-Identifier: GPL-2.0-only */
/* Which machine is meant, what it says of itself, and why it may refuse. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kdump/verify.h"
#include "kexec/base/file.h"
#include "kexec/run.h"
#include "kexec/say.h"

enum arch_id run_arch(const struct run *run)
{
	return run->options->arch != ARCH_NONE ? run->options->arch : run->running;
}

static bool read_text(const struct options *o, struct machine *machine, struct err *err)
{
	struct arena arena;
	struct blob text;

	arena_init(&arena);

	bool ok = file_map(&arena, o->machine, NULL, &text, err) &&
		  machine_read_text(machine, o->machine, text, err);

	arena_release(&arena);
	if (!ok || o->arch == ARCH_NONE || o->arch == machine->arch)
		return ok;
	err_set(err, ERR_USAGE, "--arch is %s, and %s describes a machine of %s", machine_arch_name(o->arch),
		o->machine, machine_arch_name(machine->arch));
	machine_release(machine);
	return false;
}

bool run_read_machine(const struct run *run, struct machine *machine, struct err *err)
{
	const struct options *o = run->options;
	enum arch_id arch = run_arch(run);

	if (o->machine)
		return read_text(o, machine, err);
	if (arch == ARCH_NONE)
		return err_set(err, ERR_UNSUPPORTED,
			       "Unsupported machine type: this version of kexec does not know what uname -m "
			       "says here");
	return machine_read_root(machine, o->root, arch, err);
}

bool run_is_live(const struct run *run, enum arch_id arch, const char *doing, struct err *err)
{
	const struct options *o = run->options;
	const char *instead =
		"Only --dry-run, --realmem, --verify and --print-machine go with another machine";

	if (arch != run->running)
		return err_set(err, ERR_USAGE, "cannot %s for %s: this machine is %s. %s", doing,
			       machine_arch_name(arch),
			       run->running == ARCH_NONE ? "of an unknown kind"
							 : machine_arch_name(run->running),
			       instead);
	if (o->machine || strcmp(o->root, "/") != 0)
		return err_set(err, ERR_USAGE,
			       "cannot %s by what %s says of a machine: it need not be this one. %s", doing,
			       o->machine ? o->machine : o->root, instead);
	return true;
}

int run_status(const struct run *run, struct err *err)
{
	const struct options *o = run->options;
	bool crash = o->target == TARGET_CRASH;
	struct machine_status status;

	machine_read_status(&status, o->root);
	if (crash ? !status.has_crash_loaded : !status.has_loaded) {
		err_set(err, ERR_SYSTEM,
			"cannot tell whether %s kernel is loaded: %s/sys/kernel/kexec_%sloaded cannot be "
			"read. Was the "
			"running kernel built without kexec?",
			crash ? "a crash" : "a", strcmp(o->root, "/") == 0 ? "" : o->root,
			crash ? "crash_" : "");
		return EXIT_FAILED;
	}

	bool loaded = crash ? status.crash_loaded : status.loaded;

	say_debug(o, "%s kernel is %sloaded", crash ? "a crash" : "a normal", loaded ? "" : "not ");
	return loaded ? EXIT_STATUS_LOADED : EXIT_OK;
}

int run_print_ckr_size(const struct run *run, struct err *err)
{
	struct machine machine;
	uint64_t size = 0;

	if (!run_read_machine(run, &machine, err))
		return EXIT_USAGE;
	if (machine.crash.count)
		size = range_size(machine.crash.v[machine.crash.count - 1]);
	printf("%" PRIu64 "\n", size);
	machine_release(&machine);
	return EXIT_OK;
}

int run_print_machine(const struct run *run, struct err *err)
{
	struct machine machine;

	if (!run_read_machine(run, &machine, err))
		return EXIT_USAGE;

	bool ok = machine_write_text(&machine, stdout, err);

	machine_release(&machine);
	return ok ? EXIT_OK : EXIT_FAILED;
}

int run_verify(const struct run *run, struct err *err)
{
	const struct options *o = run->options;
	enum verify_result result = VERIFY_NOTHING;
	enum arch_id arch = run_arch(run);
	bool ok;

	if (o->machine) {
		err_set(err, ERR_USAGE,
			"--verify looks at memory, and %s only describes a machine: give --memory",
			o->machine);
		return EXIT_VERIFY_NOTHING;
	}
	if (o->memory)
		ok = verify_memory_file(o->memory, arch, stdout, &result, err);
	else if (arch != run->running)
		ok = err_set(err, ERR_USAGE, "this machine is no %s: give its memory with --memory",
			     machine_arch_name(arch));
	else
		ok = verify_live(o->root, arch, stdout, &result, err);

	if (!ok)
		return EXIT_VERIFY_NOTHING;
	switch (result) {
	case VERIFY_INTACT:
		return EXIT_OK;
	case VERIFY_DAMAGED:
		return EXIT_VERIFY_DAMAGED;
	case VERIFY_NOTHING:
		break;
	}
	return EXIT_VERIFY_NOTHING;
}

/* One line of /proc or /sys of this machine, or "". */
static const char *line_of(struct arena *arena, const char *path)
{
	struct err ignored; /* what cannot be read explains nothing */
	char *text;

	return file_read_text(arena, path, 256, &text, &ignored) ? text : "";
}

void run_explain_denial(enum load_target target, struct err *err)
{
	struct arena arena;
	struct err plain = *err;
	const char *why = NULL;

	/* Signatures are explained by their own errno. */
	if (err->errnum != EPERM && err->errnum != EACCES)
		return;
	arena_init(&arena);

	const char *lockdown = line_of(&arena, "/sys/kernel/security/lockdown");
	const char *limit =
		line_of(&arena, target == TARGET_CRASH ? "/proc/sys/kernel/kexec_load_limit_panic"
						       : "/proc/sys/kernel/kexec_load_limit_reboot");

	if (geteuid() != 0)
		why = "It takes the capability CAP_SYS_BOOT: are you root?";
	else if (line_of(&arena, "/proc/sys/kernel/kexec_load_disabled")[0] == '1')
		why = "The sysctl kernel.kexec_load_disabled is 1: nothing can be loaded until the next boot";
	else if (limit[0] == '0')
		why = "The sysctl kernel.kexec_load_limit_reboot (_panic for crash kernels) is 0: no further "
		      "load is allowed";
	else if (strstr(lockdown, "[integrity]") || strstr(lockdown, "[confidentiality]"))
		why = "The kernel is locked down, as with secure boot: only a signed kernel can be loaded, "
		      "with -s";
	else
		why = "Is it a container, or does a security module forbid it?";
	err_set(err, plain.code, "%s. %s", plain.text, why);
	err->errnum = plain.errnum;
	arena_release(&arena);
}
