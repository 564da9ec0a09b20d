/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/verify.h"

#include <elf.h>
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

bool verify_memory_file(const char *path, enum arch_id arch, FILE *out, enum verify_result *result,
			struct err *err)
{
	struct arena arena;
	struct memory memory;

	arena_init(&arena);

	struct verify verify = { .arena = &arena, .memory = &memory, .order = ORDER_BIG };

	findings_init(&verify.findings, &arena);

	bool ok;

	if (arch == ARCH_S390X) {
		ok = memory_open(&memory, &arena, path, ORDER_BIG, EM_S390, err) && verify_s390(&verify, err);
	} else {
		verify.nothing = arena_printf(&arena,
					      "not checkable: a memory image of %s has no fixed place that leads to what was "
					      "loaded; s390x has one",
					      machine_arch_name(arch));
		ok = true;
	}
	if (ok)
		ok = verify_conclude(&verify, out, result, err);
	if (!ok)
		err_prefix(err, "cannot verify %s", path);
	arena_release(&arena);
	return ok;
}
