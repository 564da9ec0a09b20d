/* SPDX-License-Identifier: GPL-2.0-only */
/* What firmware and boot loader told the running kernel, from /sys/firmware and /sys/kernel/boot_params. */
#ifndef MACHINE_ROOT_FIRMWARE_H
#define MACHINE_ROOT_FIRMWARE_H

#include "kexec/machine/root_files.h"
#include "machine.h"

/*
 * Fills firmware, boot_params (x86) and efi. What is not there stays empty. So does each of the three that cannot be
 * read or makes no sense (efi but for `present`), and firmware_problem says why of the first.
 */
void root_firmware_read(const struct root_files *files, struct machine *machine);

#endif
