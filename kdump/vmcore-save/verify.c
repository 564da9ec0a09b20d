/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/vmcore-save/verify.h"

#include <inttypes.h>

#include "kdump/dump/parts.h"
#include "kdump/vmcore-save/verify_state.h"

static int conclude(struct verify *verify, const char *name, FILE *out, struct err *err)
{
	const struct dump *dump = verify->dump;
	size_t bad = findings_damaged(&verify->findings);

	if (dump->incomplete)
		finding_note(&verify->findings, "the dump is incomplete: %s", dump->incomplete);
	else if (verify->lost)
		finding_note(&verify->findings, "the dump is incomplete, and does not say so: it was cut");
	if (!findings_print(&verify->findings, out, err))
		return VERIFY_DAMAGED;
	fprintf(out, "%s: %s: %" PRIu64 " of %" PRIu64 " pages are there and sound\n", name,
		bad ? "damaged" : dump->incomplete || verify->lost ? "sound but incomplete" : "sound and complete",
		verify->here, verify->expected);
	if (fflush(out) != 0 || ferror(out)) {
		(void)err_set(err, ERR_SYSTEM, "cannot write what the verification of %s found", name);
		return VERIFY_DAMAGED;
	}
	if (bad)
		return VERIFY_DAMAGED;
	return dump->incomplete || verify->lost ? VERIFY_INCOMPLETE : VERIFY_SOUND;
}

static void check_damage(struct verify *verify)
{
	for (size_t i = 0; i < dump_part_count(verify->dump); i++) {
		const struct dump *dump = dump_part(verify->dump, i);

		if (dump->damaged)
			finding_bad(&verify->findings, finding_begin(&verify->findings, "%s", dump->path), "%s",
				    dump->incomplete);
	}
}

int verify_dump(const char *const *paths, size_t count, unsigned int threads, FILE *out, struct err *err)
{
	int result = VERIFY_DAMAGED;
	struct verify verify = { .threads = threads ? threads : 1 };
	struct arena arena;
	struct dump dump;

	err->code = ERR_NONE;
	arena_init(&arena);
	if (dump_open_parts(&dump, &arena, paths, count, err)) {
		verify.arena = &arena;
		verify.dump = &dump;
		findings_init(&verify.findings, &arena);
		survey_ranges(&verify.survey, &arena, &dump);
		check_damage(&verify);
		verify_headers(&verify);
		verify_pages(&verify);
		result = conclude(&verify, paths[0], out, err);
	}
	arena_release(&arena);
	return result;
}
