/* SPDX-License-Identifier: GPL-2.0-only */
/* Which machine is meant, what it says of itself, and why it may refuse. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

/* With a machine text, of a machine whose memory is given: where its crash reservation is. */
static bool verify_file(const struct run *run, enum verify_result *result, struct err *err)
{
	const struct options *o = run->options;
	struct machine machine;

	if (!o->machine)
		return verify_memory_file(o->memory, run_arch(run), NULL, stdout, result, err);
	if (!read_text(o, &machine, err))
		return false;

	bool ok = verify_memory_file(o->memory, machine.arch, &machine, stdout, result, err);

	machine_release(&machine);
	return ok;
}

int run_verify(const struct run *run, struct err *err)
{
	const struct options *o = run->options;
	enum verify_result result = VERIFY_NOTHING;
	enum arch_id arch = run_arch(run);
	bool ok;

	if (o->memory)
		ok = verify_file(run, &result, err);
	else if (o->machine)
		ok = err_set(err, ERR_USAGE,
			     "--verify looks at memory, and %s only describes a machine: give --memory", o->machine);
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
