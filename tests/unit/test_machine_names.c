/* SPDX-License-Identifier: GPL-2.0-only */
#include "check.h"
#include "machine.h"

TEST(every_spelling)
{
	static const struct {
		const char *name;
		enum arch_id arch;
	} spellings[] = {
		{ "s390x", ARCH_S390X },
		{ "s390", ARCH_S390X },
		{ "x86_64", ARCH_X86_64 },
		{ "amd64", ARCH_X86_64 },
		{ "x86-64", ARCH_X86_64 },
		{ "i386", ARCH_I386 },
		{ "i486", ARCH_I386 },
		{ "i586", ARCH_I386 },
		{ "i686", ARCH_I386 },
		{ "ppc64", ARCH_PPC64 },
		{ "powerpc64", ARCH_PPC64 },
		{ "ppc64le", ARCH_PPC64LE },
		{ "ppc64el", ARCH_PPC64LE },
		{ "powerpc64le", ARCH_PPC64LE },
		{ "aarch64", ARCH_ARM64 },
		{ "arm64", ARCH_ARM64 },
		{ "armv8l", ARCH_ARM64 },
		{ "riscv64", ARCH_RISCV64 },
		{ "loongarch64", ARCH_LOONGARCH64 },
		{ "loong64", ARCH_LOONGARCH64 },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		if (machine_arch_by_name(spellings[i].name) != spellings[i].arch)
			fail_msg("%s is not recognised", spellings[i].name);
	}
}

TEST(others_are_none)
{
	static const char *const others[] = { "",      "s390x ", "S390X", "none",    "ppc",	   "ppcle",
					      "riscv", "armv7l", "i286",  "riscv32", "aarch64_be", "x86" };

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (machine_arch_by_name(others[i]) != ARCH_NONE)
			fail_msg("\"%s\" is taken for an architecture", others[i]);
	}
}

TEST(each_name_means_itself)
{
	BEGIN_TEST();
	for (int arch = ARCH_S390X; arch <= ARCH_LOONGARCH64; arch++)
		assert_int_equal(machine_arch_by_name(machine_arch_name((enum arch_id)arch)), arch);
	assert_non_null(machine_arch_name(ARCH_NONE));
}

CHECK_MAIN(cmocka_unit_test(every_spelling), cmocka_unit_test(others_are_none),
	   cmocka_unit_test(each_name_means_itself))
