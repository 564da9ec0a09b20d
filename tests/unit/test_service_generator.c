/* SPDX-License-Identifier: GPL-2.0-only */
/* When a boot goes to kdump-capture.target: after a firmware-assisted dump, where saving is enabled, and not else. */
#include <unistd.h>

#include "check.h"
#include "machine_tree.h"

#include "kdump/kdump-service/generator.c"

void service_error(const char *format, ...)
{
	(void)format;
}

static void make_link(const struct machine_tree *tree, const char *name, const char *to)
{
	char path[512];

	/* Its folders come with a file beside it. */
	machine_tree_write(tree, name, "");
	machine_tree_path(tree, name, path, sizeof(path));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(to, path), 0);
}

/* A Power machine that boots after a crash, with vmcore-save.service enabled. */
static void make(struct machine_tree *tree)
{
	machine_tree_make(tree);
	machine_tree_write(tree, "proc/vmcore", "");
	machine_tree_write(tree, "sys/kernel/fadump/enabled", "1\n");
	machine_tree_write(tree, "sys/kernel/fadump/registered", "0\n");
	machine_tree_write(tree, "sys/kernel/fadump/release_mem", "");
	machine_tree_write(tree, "usr/lib/systemd/system/kdump-capture.target", "[Unit]\n");
	machine_tree_write(tree, "usr/lib/systemd/system/vmcore-save.service", "[Unit]\n");
	make_link(tree, "etc/systemd/system/multi-user.target.wants/vmcore-save.service",
		  "/usr/lib/systemd/system/vmcore-save.service");
	machine_tree_write(tree, "run/early/beside", "");
}

/* What default.target is made to be; "" where it is left alone. */
static void goes_to(const struct machine_tree *tree, const char *wanted)
{
	char early[512], path[1024], to[512] = "";
	struct arena arena;
	struct err err;

	machine_tree_path(tree, "run/early", early, sizeof(early));
	snprintf(path, sizeof(path), "%s/default.target", early);
	arena_init(&arena);
	check_ok(generate(&arena, tree->root, CONF_PATH, "ppc64le", early, &err), &err);
	if (readlink(path, to, sizeof(to) - 1) < 0)
		assert_int_equal(errno, ENOENT);
	else
		assert_int_equal(unlink(path), 0);
	assert_string_equal(to, wanted);
	arena_release(&arena);
}

#define TARGET "/usr/lib/systemd/system/kdump-capture.target"

TEST(a_boot_after_a_dump)
{
	struct machine_tree tree;

	BEGIN_TEST();
	make(&tree);
	goes_to(&tree, TARGET);
	/* Wherever the unit is, and whatever wants the other. */
	machine_tree_write(&tree, "etc/systemd/system/kdump-capture.target", "[Unit]\n");
	goes_to(&tree, "/etc/systemd/system/kdump-capture.target");
	machine_tree_drop(&tree, "etc/systemd/system/kdump-capture.target");
	machine_tree_drop(&tree, "etc/systemd/system/multi-user.target.wants/vmcore-save.service");
	goes_to(&tree, "");
	make_link(&tree, "usr/lib/systemd/system/basic.target.requires/vmcore-save.service", "../vmcore-save.service");
	goes_to(&tree, TARGET);
	machine_tree_remove(&tree);
}

TEST(other_boots_stay_as_they_are)
{
	struct machine_tree tree;

	BEGIN_TEST();
	make(&tree);
	machine_tree_drop(&tree, "proc/vmcore");
	goes_to(&tree, "");
	machine_tree_write(&tree, "proc/vmcore", "");
	goes_to(&tree, TARGET);
	/* kdump's capture kernel has its own command line. */
	machine_tree_drop(&tree, "sys/kernel/fadump/release_mem");
	machine_tree_write(&tree, "sys/kernel/fadump/enabled", "0\n");
	goes_to(&tree, "");
	machine_tree_drop(&tree, "sys/kernel/fadump/enabled");
	machine_tree_drop(&tree, "sys/kernel/fadump/registered");
	goes_to(&tree, "");
	machine_tree_remove(&tree);
}

TEST(what_an_administrator_says_counts)
{
	struct machine_tree tree;

	BEGIN_TEST();
	make(&tree);
	machine_tree_write(&tree, "etc/kdump.conf", "[Save]\nOnSuccess=continue\n");
	goes_to(&tree, "");
	machine_tree_write(&tree, "etc/kdump.conf", "[Save]\nOnFailure=continue\n");
	goes_to(&tree, "");
	machine_tree_write(&tree, "etc/kdump.conf", "[Save]\nOnFailure=shell\nNonsense=1\n");
	goes_to(&tree, TARGET);
	make_link(&tree, "etc/systemd/system/vmcore-save.service", "/dev/null");
	goes_to(&tree, "");
	machine_tree_drop(&tree, "etc/systemd/system/vmcore-save.service");
	make_link(&tree, "etc/systemd/system/kdump-capture.target", "/dev/null");
	goes_to(&tree, "");
	machine_tree_drop(&tree, "etc/systemd/system/kdump-capture.target");
	machine_tree_write(&tree, "etc/initrd-release", "");
	goes_to(&tree, "");
	machine_tree_remove(&tree);
}

TEST(a_folder_that_is_not_there_is_said)
{
	struct machine_tree tree;
	struct arena arena;
	struct err err;

	BEGIN_TEST();
	make(&tree);
	arena_init(&arena);
	check_fails(generate(&arena, tree.root, CONF_PATH, "ppc64le", "/nowhere/at/all", &err), &err, ERR_SYSTEM,
		    "/nowhere/at/all/default.target");
	arena_release(&arena);
	machine_tree_remove(&tree);
}

CHECK_MAIN(cmocka_unit_test(a_boot_after_a_dump), cmocka_unit_test(other_boots_stay_as_they_are),
	   cmocka_unit_test(what_an_administrator_says_counts), cmocka_unit_test(a_folder_that_is_not_there_is_said))
