/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running machine. What of its memory user space may read differs: /proc/kcore shows all RAM, the crash range and
 * on s390 the absolute lowcore included (Linux 6.12 fs/proc/kcore.c, arch/s390/mm/maccess.c), unless the kernel has
 * none or is locked down; x86 only write-protects the range (arch_kexec_protect_crashkres()). /dev/mem shows the same
 * unless CONFIG_STRICT_DEVMEM is set. s390 kernels of 3.2 to 4.6 unmapped the crash range, and then both show nothing
 * there.
 */
#include <inttypes.h>

#include "kdump/verify_state.h"
#include "kexec/base/file.h"

/* Whether this source settled it. Where not, a note says why. */
static bool try_source(struct arena *arena, struct findings *notes, const char *path, bool device, const char *hint,
		       const struct machine *machine, const struct verify_arch *arch, struct verify *verify)
{
	struct memory *memory = arena_alloc(arena, sizeof(*memory));
	struct err err;

	*verify = (struct verify){
		.arena = arena, .memory = memory, .machine = machine, .arch = arch, .order = arch->order
	};
	findings_init(&verify->findings, arena);

	bool ok = device ? memory_open_device(memory, arena, path, &err)
			 : memory_open(memory, arena, path, arch->order, arch->elf_machine, &err);

	if (!ok || !arch->check(verify, &err)) {
		finding_note(notes, "%s does not help: %s%s", path, err.text, err.code == ERR_DENIED ? hint : "");
		return false;
	}
	if (verify->nothing) {
		finding_note(notes, "%s does not help: %s", path, verify->nothing);
		return false;
	}
	finding_note(notes, "memory is read through %s", path);
	return true;
}

static void append(struct findings *to, const struct findings *more)
{
	if (!more->first)
		return;
	if (to->last)
		to->last->next = more->first;
	else
		to->first = more->first;
	to->last = more->last;
}

/* False where the kernel's own files settle it. */
static bool look_at_status(struct verify *verify, const char *root)
{
	struct machine_status status;
	struct findings *notes = &verify->findings;

	machine_read_status(&status, root);
	if (status.has_crash_size)
		finding_note(notes, "memory reserved for a crash kernel: %" PRIu64 " bytes (kexec_crash_size)",
			     status.crash_size);
	if (status.has_crash_loaded)
		finding_note(notes, "a crash kernel is %s (kexec_crash_loaded)",
			     status.crash_loaded ? "loaded" : "not loaded");
	if (!status.has_crash_loaded || status.crash_loaded)
		return true;
	verify->nothing = "nothing loaded: the kernel says so (kexec_crash_loaded is 0)";
	return false;
}

static void look_at_memory(struct verify *verify, const char *root, const struct machine *machine,
			   const struct verify_arch *arch)
{
	struct arena *arena = verify->arena;
	struct findings *notes = &verify->findings;
	struct verify attempt;
	const char *kcore = file_below(arena, root, "proc/kcore");
	const char *mem = file_below(arena, root, "dev/mem");

	if (try_source(arena, notes, kcore, false, " (root is needed, and no kernel lockdown)", machine, arch, &attempt) ||
	    try_source(arena, notes, mem, true,
		       " (root is needed, no kernel lockdown, and a kernel without CONFIG_STRICT_DEVMEM)", machine, arch,
		       &attempt)) {
		append(notes, &attempt.findings);
		return;
	}
	verify->nothing = "not checkable: this machine does not let user space read the crash range; a memory image, "
			  "taken from outside, can be checked with --memory";
}

static void look(struct verify *verify, const char *root, enum arch_id id)
{
	const struct verify_arch *arch = verify_arch_by_id(id);
	struct machine machine;
	struct err err;

	if (!look_at_status(verify, root))
		return;
	if (!arch) {
		verify_nothing(verify, "not checkable: nothing is loaded with meminfo on %s so far",
			       machine_arch_name(id));
	} else if (!arch->by_machine) {
		look_at_memory(verify, root, NULL, arch);
	} else if (!machine_read_root(&machine, root, id, &err)) {
		verify_nothing(verify, "not checkable: where the crash range is cannot be found: %s", err.text);
	} else {
		look_at_memory(verify, root, &machine, arch);
		machine_release(&machine);
	}
}

bool verify_live(const char *root, enum arch_id arch, FILE *out, enum verify_result *result, struct err *err)
{
	struct arena arena;

	arena_init(&arena);

	struct verify verify = { .arena = &arena };

	findings_init(&verify.findings, &arena);
	look(&verify, root, arch);

	bool ok = verify_conclude(&verify, out, result, err);

	arena_release(&arena);
	return ok;
}
