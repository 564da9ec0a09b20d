/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/verify.h"

#include <inttypes.h>

#include "kdump/verify_state.h"

bool verify_conclude(struct verify *verify, FILE *out, enum verify_result *result, struct err *err)
{
	size_t checked = findings_checked(&verify->findings), damaged = findings_damaged(&verify->findings);

	if (!findings_print(&verify->findings, out, err))
		return false;
	if (verify->nothing) {
		*result = VERIFY_NOTHING;
		fprintf(out, "%s\n", verify->nothing);
	} else if (damaged) {
		*result = VERIFY_DAMAGED;
		fprintf(out, "damaged: %zu of %zu found bad\n", damaged, checked);
	} else {
		*result = VERIFY_INTACT;
		fprintf(out, "intact: %zu of %zu found good\n", checked, checked);
	}
	/* Prints no line of its own: it is there for its check of the stream. */
	struct findings none = { 0 };

	return findings_print(&none, out, err);
}

static const struct verify_arch *const archs[] = { &verify_s390, &verify_x86, &verify_ppc64, &verify_ppc64le };

const struct verify_arch *verify_arch_by_id(enum arch_id id)
{
	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		if (archs[i]->id == id)
			return archs[i];
	return NULL;
}

bool verify_memory_file(const char *path, enum arch_id id, const struct machine *machine, FILE *out,
			enum verify_result *result, struct err *err)
{
	const struct verify_arch *arch = verify_arch_by_id(id);
	struct arena arena;
	struct memory memory;

	arena_init(&arena);

	struct verify verify = { .arena = &arena, .memory = &memory, .machine = machine, .arch = arch };
	bool ok = true;

	findings_init(&verify.findings, &arena);
	if (arch) {
		verify.order = arch->order;
		ok = memory_open(&memory, &arena, path, arch->order, arch->elf_machine, err) && arch->check(&verify, err);
	} else {
		verify_nothing(&verify, "not checkable: nothing is loaded with meminfo on %s so far",
			       machine_arch_name(id));
	}
	if (ok)
		ok = verify_conclude(&verify, out, result, err);
	if (!ok)
		err_prefix(err, "cannot verify %s", path);
	arena_release(&arena);
	return ok;
}
