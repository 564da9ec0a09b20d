/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/service/estimate.h"

#include <stdio.h>
#include <string.h>

bool estimate_find(uint64_t *size, const char *text, unsigned int level)
{
	bool in_levels = false;

	for (const char *line = text; *line;) {
		const char *end = strchr(line, '\n');
		unsigned int found;
		double packed;
		int behind = 0;

		/* Classes come first, and none of their lines is taken for a level. */
		if (strncmp(line, "level ", 6) == 0)
			in_levels = true;
		else if (in_levels && sscanf(line, "%u %*u %*f %lf MiB%n", &found, &packed, &behind) == 2 && behind &&
			 found == level && packed >= 0 && packed < 0x1p43) {
			*size = (uint64_t)(packed * 0x1p20);
			return true;
		}
		if (!end)
			return false;
		line = end + 1;
	}
	return false;
}
