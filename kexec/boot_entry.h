/* SPDX-License-Identifier: GPL-2.0-only */
/* Which kernel the machine boots by default, where that can be seen without asking the boot loader. */
#ifndef BOOT_ENTRY_H
#define BOOT_ENTRY_H

#include "arena.h"

/*
 * The release ("6.12.0-1") of the kernel that the default boot entry below root starts, and which file says so; NULL
 * where it is not said as plainly as this: the entry that GRUB's environment block names as saved_entry, by the Boot
 * Loader Specification (/boot/loader/entries); or a link /boot/vmlinux or /boot/vmlinuz (or in /), which distributions
 * that have it boot.
 */
const char *boot_entry_release(struct arena *arena, const char *root, const char **source);

#endif
