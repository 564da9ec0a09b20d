/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be known of the running kernel on x86: where it is mapped, where its initrd lies, whether Xen is below. */
#ifndef MACHINE_ROOT_KERNEL_H
#define MACHINE_ROOT_KERNEL_H

#include "kexec/machine/root_files.h"
#include "machine.h"

/*
 * Fills kernel_map, memory_encryption, initrd and is_xen_dom0. What is not there or may not be read stays unset. Where
 * the first two make no sense, both stay unset, and kernel_map_problem says why. After resources, ram, cmdline and
 * boot_params were read.
 */
void root_kernel_read(const struct root_files *files, struct machine *machine);

/*
 * Whether a command line says so: as the kernel takes it, the word alone, and before "--" (retain_initrd_param() in
 * Linux 6.12, init/initramfs.c).
 */
bool root_kernel_retains_initrd(const char *cmdline);

#endif
