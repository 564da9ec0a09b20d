/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * denial ROOT ERRNO UID WAY(file|load|unload) [possible] [other] [inside=NAME]: what is said of a refusal on a system
 * whose files lie below ROOT. For denial.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kexec/run.h"

static uid_t uid;

/* In place of the C library's. */
uid_t geteuid(void)
{
	return uid;
}

int main(int argc, char **argv)
{
	struct run_denied denied = { .target = TARGET_NORMAL };
	struct err err;

	if (argc < 5)
		return 2;
	uid = (uid_t)atoi(argv[3]);
	denied.way = strcmp(argv[4], "file") == 0 ? WAY_FILE : WAY_PLAN;
	denied.unload = strcmp(argv[4], "unload") == 0;
	for (int i = 5; i < argc; i++) {
		denied.file_possible |= strcmp(argv[i], "possible") == 0;
		denied.other_way_possible |= strcmp(argv[i], "other") == 0;
		if (strcmp(argv[i], "crash") == 0)
			denied.target = TARGET_CRASH;
		if (strncmp(argv[i], "inside=", 7) == 0)
			denied.inside = argv[i] + 7;
	}
	err_set_text(&err, ERR_DENIED, "the call failed");
	err.errnum = atoi(argv[2]);
	run_explain_denial(&denied, argv[1], &err);
	printf("%s\n", err.text);
	return err.code == ERR_DENIED && err.errnum == atoi(argv[2]) ? 0 : 1;
}
