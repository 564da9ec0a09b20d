/* SPDX-License-Identifier: GPL-2.0-only */
/* What devices are made of, in folders made as sysfs is. */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "check.h"
#include "kdump/kdump-service/build_stack.c"

struct scene {
	struct arena arena;
	char sysfs[64];
};

static void begin(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	arena_init(&scene->arena);
	strcpy(scene->sysfs, "/tmp/test_build_stack.XXXXXX");
	assert_non_null(mkdtemp(scene->sysfs));
}

static void end(struct scene *scene)
{
	assert_int_equal(system(arena_printf(&scene->arena, "rm -rf %s", scene->sysfs)), 0);
	arena_release(&scene->arena);
}

/* A line of shell in the folder. */
static void shell(struct scene *scene, const char *line)
{
	assert_int_equal(system(arena_printf(&scene->arena, "cd %s && %s", scene->sysfs, line)), 0);
}

/* A device with its number and, after it, what it is made of. */
static void device(struct scene *scene, const char *name, unsigned int minor, const char *parts)
{
	shell(scene, arena_printf(&scene->arena,
				  "mkdir -p dev/block devices/%s/slaves && ln -s ../../devices/%s dev/block/254:%u && "
				  "for part in %s; do ln -s ../../$part devices/%s/slaves/${part##*/}; done",
				  name, name, minor, parts, name));
}

static void mapped(struct scene *scene, const char *name, const char *mapper, const char *uuid)
{
	shell(scene, arena_printf(&scene->arena,
				  "mkdir devices/%s/dm && echo %s >devices/%s/dm/name && echo %s >devices/%s/dm/uuid", name,
				  mapper, name, uuid, name));
}

static void partition(struct scene *scene, const char *disk, const char *name, unsigned int minor)
{
	shell(scene, arena_printf(&scene->arena, "mkdir devices/%s/%s && echo 1 >devices/%s/%s/partition && "
						 "ln -s ../../devices/%s/%s dev/block/254:%u",
				  disk, name, disk, name, disk, name, minor));
}

static bool is_encrypted(struct scene *scene, unsigned int minor)
{
	return build_stack_is_encrypted(&scene->arena, scene->sysfs, makedev(254, minor));
}

static const char *name_of(struct scene *scene, unsigned int minor, const char *node)
{
	const char *name = build_stack_name(&scene->arena, scene->sysfs, makedev(254, minor), node);

	return name ? name : "none";
}

TEST(a_plain_disk_is_neither)
{
	struct scene scene;

	BEGIN_TEST();
	begin(&scene);
	device(&scene, "vda", 0, "");
	partition(&scene, "vda", "vda1", 1);
	for (unsigned int minor = 0; minor < 3; minor++) {
		assert_false(is_encrypted(&scene, minor));
		assert_string_equal(name_of(&scene, minor, "/dev/vda"), "none");
	}
	end(&scene);
}

TEST(encryption_is_found_at_any_depth)
{
	struct scene scene;

	BEGIN_TEST();
	begin(&scene);
	device(&scene, "vda", 0, "");
	partition(&scene, "vda", "vda1", 1);
	device(&scene, "dm-0", 2, "vda/vda1");
	mapped(&scene, "dm-0", "crypt", "CRYPT-LUKS2-0123-crypt");
	device(&scene, "vdb", 3, "");
	device(&scene, "dm-1", 4, "vdb dm-0");
	mapped(&scene, "dm-1", "vg-dumps", "LVM-abcd");
	device(&scene, "dm-2", 5, "vdb");
	mapped(&scene, "dm-2", "vg-plain", "LVM-efgh");
	assert_true(is_encrypted(&scene, 2));
	assert_true(is_encrypted(&scene, 4));
	assert_false(is_encrypted(&scene, 1));
	assert_false(is_encrypted(&scene, 5));
	assert_string_equal(name_of(&scene, 5, "/dev/dm-2"), "/dev/mapper/vg-plain");
	end(&scene);
}

/* sysfs lists what a device is made of for the whole device only. */
TEST(a_partition_is_made_of_what_its_disk_is)
{
	struct scene scene;

	BEGIN_TEST();
	begin(&scene);
	device(&scene, "vda", 0, "");
	device(&scene, "dm-0", 1, "vda");
	mapped(&scene, "dm-0", "crypt", "CRYPT-PLAIN-crypt");
	device(&scene, "md0", 2, "dm-0");
	shell(&scene, "mkdir devices/md0/md");
	partition(&scene, "md0", "md0p1", 3);
	device(&scene, "dm-1", 4, "md0/md0p1");
	mapped(&scene, "dm-1", "vg-dumps", "LVM-abcd");
	assert_true(is_encrypted(&scene, 2));
	assert_true(is_encrypted(&scene, 3));
	assert_true(is_encrypted(&scene, 4));
	assert_string_equal(name_of(&scene, 2, "/dev/md0"), "/dev/md0");
	assert_string_equal(name_of(&scene, 3, "/dev/md0p1"), "/dev/md0p1");
	end(&scene);
}

TEST(all_devices_of_a_btrfs_are_looked_at)
{
	struct scene scene;

	BEGIN_TEST();
	begin(&scene);
	device(&scene, "vda", 0, "");
	device(&scene, "dm-0", 1, "vda");
	mapped(&scene, "dm-0", "crypt", "CRYPT-LUKS1-crypt");
	device(&scene, "vdb", 2, "");
	shell(&scene, "mkdir -p fs/btrfs/one/devices fs/btrfs/two/devices && "
		      "ln -s ../../../../devices/vdb fs/btrfs/one/devices/ && "
		      "ln -s ../../../../devices/vdb ../../../../devices/dm-0 fs/btrfs/two/devices/");
	assert_false(build_stack_btrfs_is_encrypted(&scene.arena, scene.sysfs, "one"));
	assert_true(build_stack_btrfs_is_encrypted(&scene.arena, scene.sysfs, "two"));
	assert_false(build_stack_btrfs_is_encrypted(&scene.arena, scene.sysfs, "three"));
	end(&scene);
}

TEST(a_loop_of_links_ends)
{
	struct scene scene;

	BEGIN_TEST();
	begin(&scene);
	device(&scene, "dm-0", 0, "dm-1");
	device(&scene, "dm-1", 1, "dm-0");
	assert_false(is_encrypted(&scene, 0));
	end(&scene);
}

CHECK_MAIN(cmocka_unit_test(a_plain_disk_is_neither), cmocka_unit_test(encryption_is_found_at_any_depth),
	   cmocka_unit_test(a_partition_is_made_of_what_its_disk_is),
	   cmocka_unit_test(all_devices_of_a_btrfs_are_looked_at), cmocka_unit_test(a_loop_of_links_ends))
