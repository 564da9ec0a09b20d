/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of a machine text that tell of firmware, screen and running kernel. */
#ifndef MACHINE_TEXT_PLATFORM_H
#define MACHINE_TEXT_PLATFORM_H

#include "kexec/machine/text_reader.h"

text_reader_line text_platform_firmware;
text_reader_line text_platform_boot_params;
text_reader_line text_platform_efi;
text_reader_line text_platform_efi_tables;
text_reader_line text_platform_efi_smbios;
text_reader_line text_platform_efi_acpi20;
text_reader_line text_platform_efi_acpi;
text_reader_line text_platform_efi_range;
text_reader_line text_platform_framebuffer;
text_reader_line text_platform_direct_map;
text_reader_line text_platform_kernel_text;
text_reader_line text_platform_initrd;
text_reader_line text_platform_memory_encryption;
text_reader_line text_platform_xen_dom0;

/* Writes all of these lines of a machine. */
void text_platform_write(FILE *out, const struct machine *machine);

#endif
