/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "config.h"

#include "arch.h"
#include "kexec/run.h"
#include "kexec/say.h"

/* The version of kexec-tools whose command line this follows; second word, where scripts look for it. */
#define COMPATIBLE_WITH "2.0.32"

static enum arch_id running_arch(void)
{
	struct utsname name;

	return uname(&name) == 0 ? machine_arch_by_name(name.machine) : ARCH_NONE;
}

static int print_help(const struct options *options)
{
	options_write_help(stdout);
	for (const struct arch *const *arch = arch_table; *arch; arch++) {
		printf("\nTypes for %s:\n", machine_arch_name((*arch)->id));
		for (const struct loader *loader = (*arch)->loaders; loader->type; loader++)
			if (loader->help)
				printf("  %-36s %s\n", loader->type, loader->help);
	}
	return options->bad_help ? EXIT_USAGE : EXIT_OK;
}

/* Warnings of a load depend on the machine that it reads: run_load() says them. */
static bool check_options(const struct run *run, struct err *err)
{
	if (run->options->mode == MODE_LOAD)
		return true;

	bool ok = options_check(run->options, run_arch(run), err);

	say_warnings(run->options);
	return ok;
}

/* "Damaged" is an answer, and a mistake on the command line is none: --verify has a code of its own for that. */
static int usage_code(int argc, char *const argv[])
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--verify") == 0)
			return EXIT_VERIFY_NOTHING;
	return EXIT_USAGE;
}

static int run_mode(const struct run *run, struct err *err)
{
	if (run->options->mode == MODE_HELP)
		return print_help(run->options);
	if (run->options->mode == MODE_VERSION) {
		printf("kexec-tools %s compatible (kexec %s)\n", COMPATIBLE_WITH, PACKAGE_VERSION);
		return EXIT_OK;
	}
	if (!check_options(run, err))
		return run->options->mode == MODE_VERIFY ? EXIT_VERIFY_NOTHING : EXIT_USAGE;
	switch (run->options->mode) {
	case MODE_LOAD:
		return run_load(run, err);
	case MODE_UNLOAD:
		return run_unload(run, err);
	case MODE_EXEC:
		return run_exec(run, err);
	case MODE_JUMP_BACK_HELPER:
		return run_jump_back_helper(run, err);
	case MODE_STATUS:
		return run_status(run, err);
	case MODE_PRINT_CKR_SIZE:
		return run_print_ckr_size(run, err);
	case MODE_PRINT_MACHINE:
		return run_print_machine(run, err);
	case MODE_VERIFY:
		return run_verify(run, err);
	case MODE_HELP:
	case MODE_VERSION:
		break;
	}
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct err err = { .code = ERR_NONE };
	struct options options;
	struct run run = { .options = &options, .running = running_arch() };
	int code = usage_code(argc, argv);

	say_when_files_shrink();
	if (options_parse(&options, argc, argv, run.running, &err))
		code = run_mode(&run, &err);
	if (err.code == ERR_NONE && (fflush(stdout) != 0 || ferror(stdout))) {
		err_system(&err, errno ? errno : EIO, "cannot write to standard output");
		code = EXIT_FAILED;
	}
	if (err.code != ERR_NONE) {
		say_error(&err);
		if (err.code == ERR_USAGE)
			fputs("Try kexec --help.\n", stderr);
	}
	options_release(&options);
	return code;
}
