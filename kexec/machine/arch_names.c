/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/arch_names.h"

#include <stddef.h>
#include <string.h>

struct arch_entry {
	enum arch_id id;
	const char *name; /* what a 64-bit kernel's uname says, and texts */
	uint64_t page_size;
	bool page_size_is_fixed;
};

static const struct arch_entry entries[] = {
	{ ARCH_S390X, "s390x", 4096, true },
	{ ARCH_X86_64, "x86_64", 4096, true },
	{ ARCH_I386, "i386", 4096, true },
	{ ARCH_PPC64, "ppc64", 65536, false },
	{ ARCH_PPC64LE, "ppc64le", 65536, false },
	{ ARCH_ARM64, "arm64", 4096, false },
	{ ARCH_RISCV64, "riscv64", 4096, true },
	{ ARCH_LOONGARCH64, "loongarch64", 16384, false },
};

/*
 * Other spellings. "s390" and "armv8l" are what a 64-bit kernel says to a process under the 32-bit
 * personality (COMPAT_UTS_MACHINE in asm/compat.h of Linux 6.12); Linux 4.1 dropped 31-bit s390 kernels, and
 * 32-bit Arm kernels say armv7l at most. "ppc" and "i686" may be true 32-bit kernels: the first is no
 * architecture of ours, the second means i386.
 */
static const struct {
	const char *name;
	enum arch_id id;
} aliases[] = {
	{ "s390", ARCH_S390X },
	{ "amd64", ARCH_X86_64 },
	{ "x86-64", ARCH_X86_64 },
	{ "i486", ARCH_I386 },
	{ "i586", ARCH_I386 },
	{ "i686", ARCH_I386 },
	{ "powerpc64", ARCH_PPC64 },
	{ "powerpc64le", ARCH_PPC64LE },
	{ "ppc64el", ARCH_PPC64LE },
	{ "aarch64", ARCH_ARM64 },
	{ "armv8l", ARCH_ARM64 },
	{ "loong64", ARCH_LOONGARCH64 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct arch_entry *find(enum arch_id arch)
{
	for (size_t i = 0; i < COUNT(entries); i++) {
		if (entries[i].id == arch)
			return &entries[i];
	}
	return NULL;
}

enum arch_id machine_arch_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT(entries); i++) {
		if (strcmp(entries[i].name, name) == 0)
			return entries[i].id;
	}
	for (size_t i = 0; i < COUNT(aliases); i++) {
		if (strcmp(aliases[i].name, name) == 0)
			return aliases[i].id;
	}
	return ARCH_NONE;
}

const char *machine_arch_name(enum arch_id arch)
{
	const struct arch_entry *entry = find(arch);

	return entry ? entry->name : "none";
}

uint64_t arch_names_page_size(enum arch_id arch)
{
	const struct arch_entry *entry = find(arch);

	return entry ? entry->page_size : 0;
}

bool arch_names_page_size_is_fixed(enum arch_id arch)
{
	const struct arch_entry *entry = find(arch);

	return entry && entry->page_size_is_fixed;
}
