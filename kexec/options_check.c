/* SPDX-License-Identifier: GPL-2.0-only */
/* What the options mean for one architecture and one mode, and which system call can do it. */
#include <errno.h>

#include "kexec/options.h"

static bool concerns(const struct option_row *row, enum arch_id arch)
{
	return row->archs == OPTION_ALL || (row->archs & UINT32_C(1) << arch);
}

static const char *mode_name(enum options_mode mode)
{
	switch (mode) {
	case MODE_UNLOAD:
		return "--unload";
	case MODE_EXEC:
		return "--exec";
	case MODE_STATUS:
		return "--status";
	case MODE_PRINT_CKR_SIZE:
		return "--print-ckr-size";
	case MODE_PRINT_MACHINE:
		return "--print-machine";
	case MODE_VERIFY:
		return "--verify";
	case MODE_LOAD:
	case MODE_HELP:
	case MODE_VERSION:
		break;
	}
	return "--load";
}

bool options_check(struct options *options, enum arch_id arch, struct err *err)
{
	bool loads = options->mode == MODE_LOAD;

	for (unsigned int id = 0; id < OPTION_COUNT; id++) {
		const struct option_row *row = options->seen[id];

		if (!row)
			continue;
		if (!concerns(row, arch))
			options_warn(options, "--%s is for %s and ignored: the kernel is to be loaded on %s",
				     row->name, row->family, machine_arch_name(arch));
		else if (row->refusal)
			return err_set(err, ERR_UNSUPPORTED, "--%s %s", row->name, row->refusal);
		else if (row->for_loading && !loads)
			options_warn(options, "--%s has no effect with %s", row->name,
				     mode_name(options->mode));
	}
	if (options->kernel && !loads)
		options_warn(options, "%s is not looked at with %s", options->kernel,
			     mode_name(options->mode));
	return true;
}

/* Of what only a plan of ours can do, the name of the first that was asked for, or NULL. */
static const char *needs_plan(const struct options *o)
{
	if (o->elf_headers == ELF_HEADERS_ALWAYS)
		return "--elf-headers=always";
	if (o->on_corruption == CORRUPTION_REBOOT)
		return "--on-corruption=reboot";
	if (o->realmem)
		return "--realmem";
	return NULL;
}

/* The same, where kexec-tools silently does without. */
static const char *wants_plan(const struct options *o)
{
	if (o->type)
		return "--type";
	if (o->has_entry)
		return "--entry";
	if (o->mem_min)
		return "--mem-min";
	if (o->mem_max != UINT64_MAX)
		return "--mem-max";
	return NULL;
}

static bool only_file(struct options *o, const char *why, struct options_ways *ways, struct err *err)
{
	const char *needed = needs_plan(o), *wanted = wants_plan(o);

	if (needed)
		return err_set(err, o->syscall == SYSCALL_FILE ? ERR_USAGE : ERR_UNSUPPORTED,
			       "%s needs kexec_load(2), and only kexec_file_load(2) can be used: %s", needed,
			       why);
	if (wanted)
		options_warn(o, "%s is ignored: with kexec_file_load(2) the kernel decides (%s)", wanted,
			     why);
	if (o->no_checks)
		options_warn(o,
			     "--no-checks is ignored: with kexec_file_load(2) the kernel always checks (%s)",
			     why);
	*ways = (struct options_ways){ .first = WAY_FILE, .why = why };
	return true;
}

bool options_choose_ways(struct options *o, const struct arch *arch, const char *arch_name,
			 struct options_ways *ways, struct err *err)
{
	if (o->syscall == SYSCALL_FILE)
		return only_file(o, "-s was given", ways, err);
	if (!arch && (o->syscall == SYSCALL_LOAD || o->dry_run))
		return err_set(err, ERR_UNSUPPORTED,
			       "this version of kexec has no loader for %s, so there is no plan and no "
			       "kexec_load(2); where "
			       "the kernel can do it, -s loads by kexec_file_load(2)",
			       arch_name);
	if (!arch)
		return only_file(o, "this version has no loader for the architecture", ways, err);

	bool planned = needs_plan(o) || wants_plan(o);

	if (o->syscall == SYSCALL_LOAD)
		*ways = (struct options_ways){ .first = WAY_PLAN, .why = "-c was given" };
	else if (planned)
		*ways = (struct options_ways){
			.first = WAY_PLAN, .why = "an option was given that kexec_file_load(2) cannot follow"
		};
	else if (o->dry_run)
		*ways = (struct options_ways){ .first = WAY_PLAN,
					       .why = "a dry run shows the plan for kexec_load(2)" };
	else if (o->target == TARGET_CRASH && arch->prefers_kexec_load_for_crash)
		*ways = (struct options_ways){ .first = WAY_PLAN,
					       .has_second = true,
					       .why = "crash loads by kexec_load(2) carry meminfo" };
	else
		*ways = (struct options_ways){ .first = WAY_FILE,
					       .has_second = true,
					       .why = "the kernel's own loader goes first" };
	return true;
}

bool options_may_retry(const struct options_ways *ways, int errnum)
{
	if (!ways->has_second)
		return false;
	if (ways->first == WAY_PLAN)
		return errnum == EPERM || errnum == EACCES || errnum == ENOSYS;

	/* As kexec-tools. What else the kernel says of a file (signatures above all) is its last word. */
	return errnum == ENOSYS || errnum == EINVAL || errnum == ENOEXEC || errnum == ENOTSUP;
}
