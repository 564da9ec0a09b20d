/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of device trees in a build without libfdt: what is left to see is that it says so. */
#ifndef NO_LIBFDT_H
#define NO_LIBFDT_H

#include "check.h"

#include "kexec/plan/devtree.h"

TEST(without_libfdt_no_tree_is_made)
{
	struct arena arena;
	struct devtree out;
	struct err err;

	BEGIN_TEST();
	arena_init(&arena);
	check_fails(devtree_rewrite((struct blob){ NULL, 0 }, &(struct devtree_changes){ .slack = 0 }, &arena, &out, &err),
		    &err, ERR_UNSUPPORTED, "built without libfdt");
	assert_int_equal(devtree_find((struct blob){ NULL, 0 }, "/"), -1);
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(without_libfdt_no_tree_is_made))

#endif
