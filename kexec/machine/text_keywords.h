/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of a machine text (doc/machine-text): one list for the reader and the writer. */
#ifndef MACHINE_TEXT_KEYWORDS_H
#define MACHINE_TEXT_KEYWORDS_H

#include <stdbool.h>

#include "blob.h"

/* In the order in which they are written. */
enum text_keyword {
	TEXT_ARCH,
	TEXT_PAGE_SIZE,
	TEXT_RELEASE,
	TEXT_CMDLINE,
	TEXT_RESOURCE,
	TEXT_OFFLINE,
	TEXT_CPU,
	TEXT_VMCOREINFO,
	TEXT_ELFCOREHDR_SIZE,
	TEXT_FIRMWARE,
	TEXT_BOOT_PARAMS,
	TEXT_EFI,
	TEXT_EFI_TABLES,
	TEXT_EFI_SMBIOS,
	TEXT_EFI_ACPI20,
	TEXT_EFI_ACPI,
	TEXT_EFI_RANGE,
	TEXT_FRAMEBUFFER,
	TEXT_DIRECT_MAP,
	TEXT_KERNEL_TEXT,
	TEXT_INITRD,
	TEXT_MEMORY_ENCRYPTION,
	TEXT_XEN_DOM0,
	TEXT_DT_NODE,
	TEXT_DT_PROPERTY,
	TEXT_DT_MORE,
	TEXT_DUMP_PENDING,
	TEXT_END,
	TEXT_KEYWORD_COUNT,
};

struct text_keyword_info {
	const char *name;
	bool required; /* the last one, "end", is checked apart: without it the text is cut off */
	bool repeats;
};

extern const struct text_keyword_info text_keywords[TEXT_KEYWORD_COUNT];

bool text_keyword_by_name(struct blob name, enum text_keyword *keyword);

#endif
