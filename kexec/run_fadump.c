/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Firmware-assisted dump as a mode of -p and -u, and what it means for starting kernels. Chosen by what the running
 * kernel does (enabled), not by its command line: it falls back to kdump where sizes do not suffice.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "exec.h"
#include "kexec/boot_entry.h"
#include "kexec/fadump_preflight.h"
#include "kexec/run.h"
#include "kexec/say.h"

void run_fadump_look(const struct run *run, struct arena *arena, struct fadump *fadump)
{
	/* A machine text describes memory, and says nothing of dumps. */
	*fadump = (struct fadump){ .present = false };
	if (!run->options->machine)
		fadump_read(fadump, arena, run->options->root);
}

bool run_fadump_read(const struct run *run, struct arena *arena, struct fadump *fadump, struct err *err)
{
	run_fadump_look(run, arena, fadump);
	return fadump_is_clear(fadump, err);
}

static const char *last_append(const struct options *o, bool *command_line)
{
	const char *text = NULL;

	*command_line = false;
	for (size_t i = 0; i < o->text_count; i++) {
		if (o->texts[i].is_command_line)
			*command_line = true;
		else
			text = o->texts[i].text;
	}
	return text;
}

void run_fadump_check(const struct run *run, struct arena *arena, const struct fadump *fadump,
		      const struct machine *machine, struct fadump_preflight *result)
{
	const struct options *o = run->options;
	struct fadump_wish wish = { .kernel = o->kernel, .force = o->seen[OPTION_FORCE_FADUMP] };

	wish.append = last_append(o, &wish.command_line);
	wish.entry_release = boot_entry_release(arena, o->root, &wish.entry_source);
	fadump_preflight(result, arena, fadump, machine, &wish);
}

/* Says what was found, and whether to go on. */
static bool heed(const struct options *o, const struct fadump_preflight *result, struct err *err)
{
	const char *refused = NULL;

	for (const struct fadump_finding *f = result->findings; f; f = f->next) {
		if (f->grade == FADUMP_WARNING)
			say_note("warning: %s", f->text);
		else if (f->grade == FADUMP_NOTE && o->dry_run)
			say_note("%s", f->text);
		else if (f->grade == FADUMP_NOTE)
			say_debug(o, "%s", f->text);
		else if (!refused)
			refused = f->text;
	}
	return !refused || err_set(err, ERR_UNSUPPORTED, "Not registered for a firmware-assisted dump: %s", refused);
}

static void write_plan(const struct fadump *fadump, struct arena *arena, const struct fadump_preflight *result)
{
	printf("fadump-plan 1\nstate %s\n", fadump_state_name(fadump_state(fadump)));
	if (result->boot_memory)
		printf("boot-memory 0x%" PRIx64 " by %s\n", result->boot_memory, result->boot_memory_source);
	if (fadump->has_mem_reserved)
		printf("reserved 0x%" PRIx64 "\n", fadump->mem_reserved);
	if (result->bootargs)
		printf("write /%s %s\n", fadump_control(fadump, arena, "bootargs_append"), result->bootargs);
	printf("write /%s 1\n", fadump_control(fadump, arena, "registered"));
}

static int do_register(const struct run *run, struct arena *arena, const struct fadump *fadump,
		       const struct machine *machine, struct err *err)
{
	struct options *o = run->options;
	struct fadump_preflight result;

	if (!options_check(o, machine->arch, err))
		return EXIT_USAGE;
	say_warnings(o);
	run_fadump_check(run, arena, fadump, machine, &result);
	if (!heed(o, &result, err))
		return EXIT_USAGE;
	if (o->dry_run) {
		write_plan(fadump, arena, &result);
		return EXIT_OK;
	}
	if (!run_is_live(run, machine->arch, "register with firmware", err))
		return EXIT_USAGE;
	if (!exec_fadump_register(fadump, o->root, result.bootargs, err))
		return EXIT_FAILED;
	say_debug(o, "registered with firmware: after a crash it keeps memory and boots the default boot entry");
	return EXIT_OK;
}

int run_fadump_register(const struct run *run, const struct fadump *fadump, struct arena *arena, struct err *err)
{
	struct machine machine;

	if (!run_read_machine(run, &machine, err))
		return EXIT_USAGE;

	int code = do_register(run, arena, fadump, &machine, err);

	machine_release(&machine);
	return code;
}

bool run_fadump_unregister(const struct run *run, bool *in_use, struct err *err)
{
	const struct options *o = run->options;
	struct arena arena;
	struct fadump fadump;

	arena_init(&arena);

	bool ok = run_fadump_read(run, &arena, &fadump, err);

	*in_use = ok && fadump.enabled;
	if (*in_use && o->dry_run)
		printf("write /%s 0%s\n", fadump_control(&fadump, &arena, "registered"),
		       fadump.registered ? "" : ": not needed, nothing is registered");
	else if (*in_use && fadump.registered)
		ok = run_is_live(run, run_arch(run), "unregister from firmware", err) &&
		     exec_fadump_unregister(&fadump, o->root, err);
	arena_release(&arena);
	return ok;
}

bool run_fadump_allows_start(const struct run *run, struct err *err)
{
	struct arena arena;
	struct fadump fadump;

	if (run->options->seen[OPTION_DISCARD_DUMP])
		return true;
	arena_init(&arena);

	bool ok = run_fadump_read(run, &arena, &fadump, err);

	if (!ok)
		err_prefix(err, "cannot tell whether a firmware-assisted dump waits to be saved (--discard-dump does not ask)");
	else if (fadump_state(&fadump) == FADUMP_PENDING)
		ok = err_set(err, ERR_UNSUPPORTED,
			     "A firmware-assisted dump waits in /proc/vmcore, and would be lost: save it first, then reboot "
			     "through firmware. --discard-dump starts the kernel nevertheless");
	arena_release(&arena);
	return ok;
}

void run_fadump_note(const struct run *run, const struct machine *machine)
{
	struct arena arena;
	struct fadump fadump;
	struct err ignored;

	arena_init(&arena);

	const char *why = run_fadump_read(run, &arena, &fadump, &ignored)
				  ? fadump_preflight_why_off(&arena, &fadump, machine)
				  : NULL;

	if (why)
		say_note("%s", why);
	arena_release(&arena);
}
