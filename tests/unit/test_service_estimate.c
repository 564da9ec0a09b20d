/* SPDX-License-Identifier: GPL-2.0-only */
#include "check.h"
#include "kdump/service/estimate.h"

/* As vmcore-save prints it; tests/cli/vmcore_estimate.sh holds the form of its lines. */
static const char printed[] =
	"31             4096         16.0     10%       40%   the kernel\n"
	"\n"
	"level         pages          MiB             zstd       1 thread               \n"
	"1             60000        234.4        100.5 MiB          1.1 s               \n"
	"3             50000        195.3       1000.0 MiB          1.0 s               \n"
	"31            20025         78.2         17.2 MiB          0.3 s   0.2 s with 2\n"
	"\n"
	"Times are for reading and packing here, and longer where the target is slower.\n";

static uint64_t found(const char *text, unsigned int level)
{
	uint64_t size = 0;

	assert_true(estimate_find(&size, text, level));
	return size;
}

TEST(the_line_of_a_level)
{
	BEGIN_TEST();
	assert_int_equal(found(printed, 31), (uint64_t)(17.2 * 1048576));
	assert_int_equal(found(printed, 1), (uint64_t)(100.5 * 1048576));
	assert_int_equal(found(printed, 3), UINT64_C(1000) << 20);
}

TEST(what_is_not_there_is_not_found)
{
	static const char *const texts[] = {
		"",
		"level pages MiB zstd\n",
		"level pages MiB zstd",
		"31 20025 78.2 17.2 MiB 0.3 s\n",
		"level pages MiB zstd\n31 20025 78.2",
		"level pages MiB zstd\n31 20025 78.2 much MiB\n",
		"level pages MiB zstd\n31 20025 78.2 17.2 GiB\n",
		"level pages MiB zstd\n31 20025 78.2 -5.0 MiB\n",
		"level pages MiB zstd\n31 20025 78.2 nan MiB\n",
		"level pages MiB zstd\n31 20025 78.2 1e300 MiB\n",
		"level pages MiB zstd\n311 20025 78.2 17.2 MiB\n",
	};
	uint64_t size;

	BEGIN_TEST();
	assert_false(estimate_find(&size, printed, 2));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (estimate_find(&size, texts[i], 31))
			fail_msg("found %llu in: %s", (unsigned long long)size, texts[i]);
}

CHECK_MAIN(cmocka_unit_test(the_line_of_a_level), cmocka_unit_test(what_is_not_there_is_not_found))
