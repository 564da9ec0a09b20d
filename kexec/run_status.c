/* SPDX-License-Identifier: GPL-2.0-only */
/* What is loaded, or registered with firmware: as an exit code for scripts, and in words. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kexec/base/file.h"
#include "kexec/run.h"
#include "kexec/say.h"

/* All that -S looks at. */
struct state {
	struct arena arena;
	struct machine_status status;
	struct fadump fadump;
	enum fadump_state dump;
	bool is_power; /* fadump is worth a word */
};

static void print_size(const char *label, uint64_t bytes, const char *rest)
{
	printf("%s %" PRIu64 " bytes (%" PRIu64 " MiB)%s\n", label, bytes, bytes >> 20, rest);
}

static bool reads_one(struct state *state, const char *root, const char *name)
{
	struct err ignored;
	char *text;

	return file_read_text(&state->arena, file_below(&state->arena, root, name), 16, &text, &ignored) &&
	       text[0] == '1' && (text[1] == 0 || text[1] == '\n');
}

static const char *meaning(enum fadump_state state)
{
	switch (state) {
	case FADUMP_UNSUPPORTED:
		return "firmware cannot do it, or the kernel was built without CONFIG_FA_DUMP";
	case FADUMP_OFF:
		return "supported, and the running kernel does not use it";
	case FADUMP_DISARMED:
		return "the kernel uses it, and nothing is registered with firmware: a crash will not be dumped; kexec -p registers";
	case FADUMP_ARMED:
		return "registered with firmware: a crash will be dumped by the default boot entry";
	case FADUMP_PENDING:
		return "this boot has a dump to save from /proc/vmcore; then reboot through firmware. Another crash will not be "
		       "dumped";
	case FADUMP_GONE:
		return "this boot began with a dump, which the kernel refused or which was released (dmesg says which: fadump:). "
		       "A crash will not be dumped; reboot through firmware";
	case FADUMP_RELEASED_ARMED:
		return "registered again after a dump was released: unsafe, for memory of the registration is in use for other "
		       "things. Reboot through firmware; kexec -p -u unregisters";
	}
	return "";
}

static void print_fadump(struct state *state)
{
	const struct fadump *f = &state->fadump;

	if (!state->is_power)
		return;
	printf("fadump: %s: %s\n", fadump_state_name(state->dump), meaning(state->dump));
	if (!f->present)
		return;
	if (f->has_mem_reserved && f->enabled)
		print_size("fadump reserve:", f->mem_reserved,
			   state->dump == FADUMP_PENDING ? ", the memory of the crashed kernel" : "");
	if (f->enabled && f->has_hotplug_ready)
		printf("fadump hotplug: %s\n", f->hotplug_ready
						       ? "ready, nothing to do when CPUs or memory are added or removed"
						       : "register again (kexec -p) when CPUs or memory were added or removed");
	/* Once the memory for it was released, anything may stand there. */
	if (f->bootargs_append && !f->has_release)
		printf("fadump appends: %s\n", f->bootargs_append);
	if (f->legacy_names)
		puts("fadump files: the names before Linux 5.7");
}

static void print_kdump(struct state *state, const char *root)
{
	const struct machine_status *s = &state->status;

	printf("kdump: %s\n", !s->has_crash_loaded ? "unknown: sys/kernel/kexec_crash_loaded cannot be read"
			      : s->crash_loaded	    ? "a crash kernel is loaded"
						    : "no crash kernel is loaded");
	if (s->has_crash_size && s->crash_size)
		print_size("kdump reserve:", s->crash_size, "");
	else if (s->has_crash_size)
		puts("kdump reserve: none");
	if (s->has_crash_loaded && s->crash_loaded) {
		bool cpus = reads_one(state, root, "sys/devices/system/cpu/crash_hotplug");
		bool memory = reads_one(state, root, "sys/devices/system/memory/crash_hotplug");

		printf("kdump hotplug: %s\n",
		       cpus && memory ? "the kernel keeps the loaded crash kernel up to date"
		       : cpus	      ? "the kernel follows CPUs only: load again when memory was added or removed"
		       : memory	      ? "the kernel follows memory only: load again when CPUs were added or removed"
				      : "load again when CPUs or memory were added or removed");
	}
}

/* What preflight would say, as long as it is about the machine and not about a request. */
static void print_findings(const struct run *run, struct state *state)
{
	struct machine machine;
	struct err err = { .code = ERR_NONE };

	if (!run_read_machine(run, &machine, &err)) {
		printf("note: %s\n", err.text);
		return;
	}
	if (state->fadump.enabled) {
		struct fadump_preflight result;

		run_fadump_check(run, &state->arena, &state->fadump, &machine, &result);
		if (result.boot_memory) {
			char label[64];

			snprintf(label, sizeof(label), "fadump boot memory (by %s):", result.boot_memory_source);
			print_size(label, result.boot_memory, "");
		}
		for (const struct fadump_finding *f = result.findings; f; f = f->next)
			printf("note: %s\n", f->text);
	} else {
		const char *why = fadump_preflight_why_off(&state->arena, &state->fadump, &machine);

		if (why)
			printf("note: %s\n", why);
	}
	machine_release(&machine);
}

static void print_words(const struct run *run, struct state *state, bool armed)
{
	const struct options *o = run->options;

	if (o->target != TARGET_CRASH) {
		printf("normal kernel: %s\n", armed ? "loaded" : "not loaded");
		return;
	}
	printf("crash: %s\n", !armed				? "not prepared for"
			      : !state->fadump.registered	? "prepared for, by kdump"
			      : state->status.crash_loaded	? "prepared for, by firmware-assisted dump and kdump"
								: "prepared for, by firmware-assisted dump");
	print_kdump(state, o->root);
	print_fadump(state);
	printf("capture: %s\n", state->dump == FADUMP_PENDING
				       ? "a firmware-assisted dump waits in /proc/vmcore"
				       : state->fadump.has_vmcore ? "this is a capture kernel: a dump waits in /proc/vmcore"
								  : "no dump waits to be saved");
	if (state->is_power && state->fadump.tree_active && state->dump != FADUMP_PENDING)
		puts("device tree: still has the dump that is over. kexec -l leaves it out by kexec_load(2); kexec -s -l does not");
	if (state->fadump.problem)
		printf("note: %s\n", state->fadump.problem);
	if (state->is_power)
		print_findings(run, state);
}

static int answer(const struct run *run, struct state *state, struct err *err)
{
	const struct options *o = run->options;
	bool crash = o->target == TARGET_CRASH;
	const struct machine_status *s = &state->status;
	/* A kernel without kexec can have firmware dump it nevertheless. */
	bool known = crash ? s->has_crash_loaded || state->fadump.enabled : s->has_loaded;
	bool loaded = crash ? s->crash_loaded || state->fadump.registered : s->loaded;

	if (crash && state->fadump.state_problem) {
		err_set(err, ERR_BAD_MACHINE, "cannot tell whether a crash would be dumped by firmware: %s",
			state->fadump.state_problem);
		return EXIT_FAILED;
	}
	if (!known) {
		err_set(err, ERR_SYSTEM,
			"cannot tell whether %s kernel is loaded: %s/sys/kernel/kexec_%sloaded cannot be "
			"read. Was the "
			"running kernel built without kexec?",
			crash ? "a crash" : "a", strcmp(o->root, "/") == 0 ? "" : o->root,
			crash ? "crash_" : "");
		return EXIT_FAILED;
	}
	if (o->verbose)
		print_words(run, state, loaded);
	say_debug(o, "%s kernel is %sloaded", crash ? "a crash" : "a normal",
		  (crash ? s->crash_loaded : s->loaded) ? "" : "not ");
	if (crash && state->is_power)
		say_debug(o, "firmware-assisted dump: %s", fadump_state_name(state->dump));
	return loaded ? EXIT_STATUS_LOADED : EXIT_OK;
}

int run_status(const struct run *run, struct err *err)
{
	enum arch_id arch = run_arch(run);
	struct state state = { .is_power = arch == ARCH_PPC64 || arch == ARCH_PPC64LE };

	arena_init(&state.arena);
	machine_read_status(&state.status, run->options->root);
	run_fadump_look(run, &state.arena, &state.fadump);
	state.dump = fadump_state(&state.fadump);
	state.is_power = state.is_power || state.fadump.present;

	int code = answer(run, &state, err);

	arena_release(&state.arena);
	return code;
}
