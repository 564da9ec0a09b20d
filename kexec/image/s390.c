/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Linux/s390 image has no length of its own: a file that was cut behind its command line area cannot be
 * told from a whole one here, only by the kernel that unpacks itself.
 */
#include "s390.h"

#include <inttypes.h>

#include "image.h"

enum probe s390_image_probe(struct s390_image *facts, struct blob data, struct err *err)
{
	/* The magic's NUL, and behind it the number of entries. */
	const uint8_t *table = blob_at(data, S390_ENTRY_TABLE, sizeof(S390_ENTRY_MAGIC) + 1);
	const struct be64 *command_line = blob_at(data, S390_MAX_COMMAND_LINE, sizeof(*command_line));

	if (!blob_matches(data, S390_ENTRY_TABLE, S390_ENTRY_MAGIC, sizeof(S390_ENTRY_MAGIC)))
		return PROBE_NOT_MINE;
	if (!table || !command_line || data.size <= S390_COMMAND_LINE) {
		err_set(err, ERR_BAD_IMAGE,
			"Linux/s390 image of %zu bytes, more than %d expected "
			"(the command line begins there): the file is cut short",
			data.size, S390_COMMAND_LINE);
		return PROBE_BAD;
	}

	struct s390_image read = {
		.size = data.size,
		.entry_count = table[sizeof(S390_ENTRY_MAGIC)],
		.max_command_line = be64_get(*command_line),
	};

	if (read.entry_count == 0) {
		err_set(err, ERR_BAD_IMAGE,
			"damaged Linux/s390 image: the entry table at 0x%x has 0 entries, "
			"expected at least 1 (the kdump entry)",
			S390_ENTRY_TABLE);
		return PROBE_BAD;
	}
	if (read.max_command_line == 0)
		read.max_command_line = S390_LEGACY_COMMAND_LINE;
	if (read.max_command_line > S390_COMMAND_LINE_MOST) {
		err_set(err, ERR_BAD_IMAGE,
			"damaged Linux/s390 image: the command line size at 0x%x is %" PRIu64
			", expected at most %d",
			S390_MAX_COMMAND_LINE, read.max_command_line, S390_COMMAND_LINE_MOST);
		return PROBE_BAD;
	}
	if (!blob_has(data, S390_COMMAND_LINE, read.max_command_line)) {
		err_set(err, ERR_BAD_IMAGE,
			"Linux/s390 image of %zu bytes, at least %" PRIu64
			" expected (a command line of %" PRIu64 " bytes at 0x%x): the file is cut short",
			data.size, S390_COMMAND_LINE + read.max_command_line, read.max_command_line,
			S390_COMMAND_LINE);
		return PROBE_BAD;
	}
	*facts = read;
	return PROBE_MINE;
}
