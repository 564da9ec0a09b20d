/* SPDX-License-Identifier: GPL-2.0-only */
#include "purgatory/refusal.h"

#include "purgatory/role_names.h"

void refusal_add_reason(struct line *line, const struct purgatory_verdict *verdict)
{
	line_add(line, "kexec purgatory: next kernel not started: ");
	switch (verdict->result) {
	case PURGATORY_RESULT_REGION_DAMAGED:
		line_add(line, purgatory_role_name(verdict->role));
		line_add(line, " (");
		line_add_hex(line, verdict->start);
		line_add(line, "-");
		line_add_hex(line, verdict->start + verdict->length);
		line_add(line, ") was changed after it was loaded");
		break;
	case PURGATORY_RESULT_TABLE_DAMAGED:
		line_add(line, "purgatory's own parameters were changed after it was loaded");
		break;
	default:
		line_add(line, "it was loaded with parameters that contradict each other");
		break;
	}
}

void refusal_add_expected(struct line *line, const struct purgatory_region *region)
{
	line_add(line, "kexec purgatory: expected SHA-256 ");
	line_add_bytes(line, region->sha256, sizeof(region->sha256));
}
