/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of purgatory_region.role for messages; the same as segment_role_name() of kexec/plan, which a test
 * compares.
 */
#ifndef PURGATORY_ROLE_NAMES_H
#define PURGATORY_ROLE_NAMES_H

#include <stdint.h>

/* Not an array of pointers: those would need relocation. */
static inline const char *purgatory_role_name(uint32_t role)
{
	static const char names[][16] = {
		"segment", "kernel",	  "initrd", "purgatory", "elfcorehdr",	   "meminfo",
		"parmarea", "boot-params", "backup", "module",	 "multiboot-info", "preserved",
		"device-tree",
	};

	return names[role < sizeof(names) / sizeof(names[0]) ? role : 0];
}

#endif
