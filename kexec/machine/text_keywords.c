/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/text_keywords.h"

#include <string.h>

const struct text_keyword_info text_keywords[TEXT_KEYWORD_COUNT] = {
	[TEXT_ARCH] = { "arch", true, false },
	[TEXT_PAGE_SIZE] = { "page-size", true, false },
	[TEXT_RELEASE] = { "release", false, false },
	[TEXT_CMDLINE] = { "cmdline", false, false },
	[TEXT_RESOURCE] = { "resource", false, true },
	[TEXT_OFFLINE] = { "offline", false, true },
	[TEXT_CPU] = { "cpu", false, true },
	[TEXT_VMCOREINFO] = { "vmcoreinfo", false, false },
	[TEXT_ELFCOREHDR_SIZE] = { "elfcorehdr-size", false, false },
	[TEXT_FIRMWARE] = { "firmware", false, true },
	[TEXT_BOOT_PARAMS] = { "boot-params", false, true },
	[TEXT_EFI] = { "efi", false, false },
	[TEXT_EFI_TABLES] = { "efi-tables", false, false },
	[TEXT_EFI_SMBIOS] = { "efi-smbios", false, false },
	[TEXT_EFI_ACPI20] = { "efi-acpi20", false, false },
	[TEXT_EFI_ACPI] = { "efi-acpi", false, false },
	[TEXT_EFI_RANGE] = { "efi-range", false, true },
	[TEXT_FRAMEBUFFER] = { "framebuffer", false, false },
	[TEXT_DIRECT_MAP] = { "direct-map", false, false },
	[TEXT_KERNEL_TEXT] = { "kernel-text", false, false },
	[TEXT_INITRD] = { "initrd", false, false },
	[TEXT_MEMORY_ENCRYPTION] = { "memory-encryption", false, false },
	[TEXT_XEN_DOM0] = { "xen-dom0", false, false },
	[TEXT_DT_NODE] = { "dt-node", false, true },
	[TEXT_DT_PROPERTY] = { "dt-property", false, true },
	[TEXT_DT_MORE] = { "dt-more", false, true },
	[TEXT_DUMP_PENDING] = { "dump-pending", false, false },
	[TEXT_END] = { "end", false, false },
};

bool text_keyword_by_name(struct blob name, enum text_keyword *keyword)
{
	for (int i = 0; i < TEXT_KEYWORD_COUNT; i++) {
		if (name.size == strlen(text_keywords[i].name) &&
		    blob_begins(name, text_keywords[i].name, name.size)) {
			*keyword = (enum text_keyword)i;
			return true;
		}
	}
	return false;
}
