/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "kexec/arch/ppc64/ppc64.h"
#include "kexec/arch/ppc64/ppc64_memory.h"
#include "kexec/base/cmdline.h"

static const char *old_root(struct blob base, struct arena *arena)
{
	struct blob old = devtree_value(base, devtree_find(base, "/chosen"), "bootargs");
	const char *cursor = old.size && old.data[old.size - 1] == 0 ? (const char *)old.data : "";
	struct cmdline_word word;

	while (cmdline_next(&cursor, &word))
		if (cmdline_word_is(word, "root"))
			return arena_strndup(arena, word.text, word.length);
	return NULL;
}

bool ppc64_cmdline_begin(const struct request *request, struct blob base, struct plan *plan, struct err *err)
{
	/* Anywhere, as in kexec-tools: who gives nfsroot= does not want the old root=. */
	if (!request->no_old_root && !strstr(plan->cmdline, "root=")) {
		const char *root = old_root(base, &plan->arena);

		if (root)
			plan->cmdline = cmdline_insert(&plan->arena, plan->cmdline, root);
	}

	size_t length = strlen(plan->cmdline);

	if (length >= PPC64_COMMAND_LINE_SIZE)
		return err_set(err, ERR_USAGE,
			       "the command line has %zu characters, and a kernel on Power reads at most %d: what is behind them "
			       "would be lost. Shorten it",
			       length, PPC64_COMMAND_LINE_SIZE - 1);
	return true;
}
