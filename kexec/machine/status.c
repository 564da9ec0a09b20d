/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/root_files.h"
#include "machine.h"

static void read_flag(const struct root_files *files, const char *name, bool *has, bool *flag)
{
	struct err ignored; /* the status says only whether it could be read */
	uint64_t value;
	bool found;

	if (root_files_number(files, name, ROOT_DECIMAL, &value, &found, &ignored) && found && value <= 1) {
		*has = true;
		*flag = value == 1;
	}
}

void machine_read_status(struct machine_status *status, const char *root)
{
	struct arena scratch;
	struct err ignored;

	*status = (struct machine_status){ .has_loaded = false };
	arena_init(&scratch);

	struct root_files files = { &scratch, root };

	read_flag(&files, "sys/kernel/kexec_loaded", &status->has_loaded, &status->loaded);
	read_flag(&files, "sys/kernel/kexec_crash_loaded", &status->has_crash_loaded, &status->crash_loaded);
	if (!root_files_number(&files, "sys/kernel/kexec_crash_size", ROOT_DECIMAL, &status->crash_size,
			       &status->has_crash_size, &ignored))
		status->has_crash_size = false;
	arena_release(&scratch);
}
