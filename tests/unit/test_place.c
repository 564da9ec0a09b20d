/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a dump goes: mounts, what a capture initrd is told, names, and what is on a device. */
#include "check.h"

#include "arena.h"
#include "kdump/service/place.h"

static const char mountinfo[] =
	"22 27 0:21 / /proc rw,relatime - proc proc rw\n"
	"27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n"
	"30 27 254:16 / /var rw,noatime shared:2 master:1 - xfs /dev/vdb rw,attr2\n"
	"31 30 0:40 /@crash /var/crash rw,relatime - btrfs /dev/sda2 rw,subvolid=257,subvol=/@crash\n"
	"32 30 254:33 /srv/dumps /var/dumps\\040of\\011mine rw - ext4 /dev/vdc1 rw\n"
	"33 27 0:41 / /net rw,relatime - nfs4 server:/export rw,vers=4.2\n"
	"34 30 0:50 / /var/log rw - tmpfs tmpfs rw\n"
	"35 30 254:64 / /var/log rw - ext4 /dev/vde rw\n"
	"this is no line\n"
	"36 27 254:80 / /half\n"
	"38 27 254 / /half rw - ext4 /dev/half rw\n"
	"39 27 0:4 net:[4026531840] /run/netns/a rw - nsfs nsfs rw\n"
	"40 27 254:112 / /odd\\777 rw -x - ext4 /dev/vdf rw\n"
	"37 27 254:96 / /none rw - f2fs";

static void find(struct place_mount *mount, struct arena *arena, const char *path, const char *source)
{
	assert_true(place_mount_find(mount, arena, mountinfo, path));
	assert_string_equal(mount->source, source);
}

TEST(test_mounts)
{
	struct place_mount mount;
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);
	find(&mount, &arena, "/", "/dev/vda");
	assert_int_equal(mount.major, 254);
	assert_int_equal(mount.minor, 0);
	assert_string_equal(mount.type, "ext4");
	assert_string_equal(place_inside(&arena, &mount, "/"), "/");
	find(&mount, &arena, "/srv/crash", "/dev/vda");
	assert_string_equal(place_inside(&arena, &mount, "/srv/crash"), "/srv/crash");

	find(&mount, &arena, "/var", "/dev/vdb");
	assert_int_equal(mount.minor, 16);
	assert_string_equal(mount.options, "rw,noatime");
	assert_string_equal(place_inside(&arena, &mount, "/var"), "/");
	/* Not below /var/crash. */
	find(&mount, &arena, "/var/crashes/x", "/dev/vdb");
	assert_string_equal(place_inside(&arena, &mount, "/var/crashes/x"), "/crashes/x");

	/* A subvolume, and a folder that is mounted elsewhere. */
	find(&mount, &arena, "/var/crash", "/dev/sda2");
	assert_string_equal(place_inside(&arena, &mount, "/var/crash"), "/@crash");
	assert_string_equal(place_inside(&arena, &mount, "/var/crash/a/b"), "/@crash/a/b");
	find(&mount, &arena, "/var/dumps of\tmine/2", "/dev/vdc1");
	assert_string_equal(place_inside(&arena, &mount, "/var/dumps of\tmine/2"), "/srv/dumps/2");

	/* What was mounted later hides what was there. */
	find(&mount, &arena, "/var/log/x", "/dev/vde");
	find(&mount, &arena, "/net/x", "server:/export");
	assert_string_equal(mount.type, "nfs4");
	/* Lines that are none are passed over; one without a source has none. */
	find(&mount, &arena, "/half", "/dev/vda");
	/* A name space, which is no folder. */
	find(&mount, &arena, "/run/netns/a", "/dev/vda");
	find(&mount, &arena, "/odd\\777", "/dev/vdf");
	find(&mount, &arena, "/none", "");
	assert_string_equal(mount.type, "f2fs");
	assert_false(place_mount_find(&mount, &arena, "", "/"));
	assert_false(place_mount_find(&mount, &arena, "22 27 0:21 / /proc rw - proc proc rw\n", "/"));
	arena_release(&arena);
}

/* Every prefix of the text: nothing is read behind its end. */
TEST(test_mounts_cut)
{
	struct place_mount mount;
	struct arena arena;

	BEGIN_TEST();
	for (size_t size = 0; size < sizeof(mountinfo); size++) {
		char *cut = malloc(size + 1);

		assert_non_null(cut);
		memcpy(cut, mountinfo, size);
		cut[size] = 0;
		arena_init(&arena);
		if (place_mount_find(&mount, &arena, cut, "/var/crash/x"))
			assert_int_equal(*place_inside(&arena, &mount, "/var/crash/x"), '/');
		arena_release(&arena);
		free(cut);
	}
}

TEST(test_place)
{
	const struct place written = {
		.host = "db1", .uuid = "4a87d388-282f-4b4d-af05-6a99e1530416", .device = "/dev/mapper/vg-crash", .stacked = true,
		.type = "ext4", .options = "subvolid=5", .path = "/a folder/x",
	};
	struct arena arena;
	struct place place;
	struct err err;
	const char *text;

	BEGIN_TEST();
	arena_init(&arena);
	text = place_write(&arena, &written);
	check_ok(place_read(&place, &arena, "p", text, &err), &err);
	assert_string_equal(place.host, written.host);
	assert_string_equal(place.uuid, written.uuid);
	assert_string_equal(place.device, written.device);
	assert_string_equal(place.type, written.type);
	assert_string_equal(place.options, written.options);
	assert_string_equal(place.path, written.path);
	assert_true(place.stacked);

	check_ok(place_read(&place, &arena, "p", "type xfs\nlater thing\n", &err), &err);
	assert_string_equal(place.type, "xfs");
	assert_null(place.uuid);
	assert_false(place.stacked);
	check_ok(place_read(&place, &arena, "p", "stacked no\n", &err), &err);
	assert_false(place.stacked);
	assert_string_equal(place_write(&arena, &(struct place){ 0 }), "");
	check_ok(place_read(&place, &arena, "p", "", &err), &err);
	check_fails(place_read(&place, &arena, "p", "type xfs\nuuid\n", &err), &err, ERR_BAD_IMAGE,
		    "p, line 2: found \"uuid\"");
	check_fails(place_read(&place, &arena, "p", "uuid \n", &err), &err, ERR_BAD_IMAGE, "line 1");
	check_fails(place_read(&place, &arena, "p", " x\n", &err), &err, ERR_BAD_IMAGE, "line 1");
	check_fails(place_read(&place, &arena, "p", "\n", &err), &err, ERR_BAD_IMAGE, "line 1");
	arena_release(&arena);
}

TEST(test_names)
{
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);
	assert_string_equal(place_name(&arena, 0, ""), "1970-01-01T000000Z");
	assert_string_equal(place_name(&arena, 1795286728, "db1"), "2026-11-21T184528Z-db1");
	assert_string_equal(place_name(&arena, INT64_C(253402300799), ""), "9999-12-31T235959Z");
	assert_string_equal(place_name(&arena, INT64_C(253402300800), ""), "0000-00-00T000000Z");
	assert_string_equal(place_name(&arena, INT64_MAX, ""), "0000-00-00T000000Z");
	assert_string_equal(place_name(&arena, -1, "x"), "0000-00-00T000000Z-x");

	assert_true(place_name_is("2026-11-21T184528Z", ""));
	assert_true(place_name_is("2026-11-21T184528Z-db1", "db1"));
	assert_false(place_name_is("2026-11-21T184528Z", "db1"));
	assert_false(place_name_is("2026-11-21T184528Z-db1", ""));
	assert_false(place_name_is("2026-11-21T184528Z-db10", "db1"));
	assert_false(place_name_is("2026-11-21T184528Zdb1", "db1"));
	assert_false(place_name_is("2026-11-21T184528Z_db1", "db1"));
	assert_false(place_name_is("2026-11-21T18452", ""));
	assert_false(place_name_is("2026-11-21t184528Z", ""));
	assert_false(place_name_is("", ""));
	assert_false(place_name_is("..", ""));

	assert_string_equal(place_host(&arena, "db1.example.org"), "db1.example.org");
	assert_string_equal(place_host(&arena, "a/../b c'$\n"), "a_.._b_c___");
	assert_null(place_host(&arena, ""));
	assert_null(place_host(&arena, "(none)"));
	assert_null(place_host(&arena, "localhost.localdomain"));
	assert_int_equal(
		strlen(place_host(&arena, "0123456789012345678901234567890123456789012345678901234567890123456789")), 64);
	arena_release(&arena);
}

static void check_old(const char *host, const char *newest, unsigned int keep, const char *expected)
{
	static const char *const names[] = {
		"2026-03-01T000000Z", "2026-01-01T000000Z", "notes", "2026-02-01T000000Z", "2026-01-02T000000Z-db1",
		"2026-04-01T000000Z", "2026-01-01T000000Z.old",
	};
	struct arena arena;

	arena_init(&arena);

	const char *found = "";

	const char *const *old = place_old(&arena, names, sizeof(names) / sizeof(names[0]), host, newest, keep);

	for (; *old; old++)
		found = arena_printf(&arena, "%s%.7s ", found, *old);
	assert_string_equal(found, expected);
	arena_release(&arena);
}

TEST(test_old)
{
	struct arena arena;

	BEGIN_TEST();
	check_old("", "2026-04-01T000000Z", 0, "");
	check_old("", "2026-04-01T000000Z", 1, "2026-01 2026-02 2026-03 ");
	check_old("", "2026-04-01T000000Z", 2, "2026-01 2026-02 ");
	check_old("", "2026-04-01T000000Z", 4, "");
	check_old("", "2026-04-01T000000Z", 4000000000, "");
	/* A clock that went back: what was saved just now stays. */
	check_old("", "2026-01-01T000000Z", 1, "2026-02 2026-03 2026-04 ");
	check_old("db1", "2026-04-01T000000Z-db1", 1, "2026-01 ");
	check_old("db2", "2026-04-01T000000Z-db2", 1, "");
	arena_init(&arena);
	assert_null(*place_old(&arena, NULL, 0, "", "x", 1));
	arena_release(&arena);
}

static const char *probe(uint8_t *head, size_t size, uint32_t offset, const char *bytes, size_t length)
{
	static struct place_content content;

	memset(head, 0, size);
	if (bytes)
		memcpy(head + offset, bytes, length);
	place_probe(&content, (struct blob){ head, size });
	return content.type;
}

/* The UUID by which the capture kernel looks for the file system again. */
static void check_uuid(uint8_t *head, uint32_t magic, const char *bytes, uint32_t uuid, const char *type)
{
	struct place_content content;

	memset(head, 0, PLACE_PROBE_SIZE);
	memcpy(head + magic, bytes, strlen(bytes));
	for (unsigned int i = 0; i < 16; i++)
		head[uuid + i] = (uint8_t)(0xa0 + i);
	place_probe(&content, (struct blob){ head, PLACE_PROBE_SIZE });
	assert_string_equal(content.type, type);
	assert_string_equal(content.uuid, "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf");
}

TEST(test_probe)
{
	uint8_t *head = malloc(PLACE_PROBE_SIZE);
	struct place_content content;

	BEGIN_TEST();
	assert_non_null(head);
	assert_null(probe(head, PLACE_PROBE_SIZE, 0, NULL, 0));
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x438, "\x53\xef", 2), "ext4");
	check_uuid(head, 0, "XFSB", 32, "xfs");
	check_uuid(head, 0x10040, "_BHRfS_M", 0x10020, "btrfs");
	check_uuid(head, 0x400, "\x10\x20\xf5\xf2", 0x400 + 108, "f2fs");
	check_uuid(head, 0x8000, "JFS1", 0x8000 + 136, "jfs");
	check_uuid(head, 0x438, "\x53\xef", 0x468, "ext4");
	/* Cut before the UUID, and before the magic number. */
	place_probe(&content, (struct blob){ head, 0x470 });
	assert_string_equal(content.type, "ext4");
	assert_string_equal(content.uuid, "");
	place_probe(&content, (struct blob){ head, 0x439 });
	assert_null(content.type);
	place_probe(&content, (struct blob){ NULL, 0 });
	assert_null(content.type);

	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0, "XFSB", 4), "xfs");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x10040, "_BHRfS_M", 8), "btrfs");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0xff6, "SWAPSPACE2", 10), "swap");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0, "LUKS\xba\xbe", 6), "LUKS (encrypted)");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x200, "LABELONE", 8), "LVM");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x1000, "\xfc\x4e\x2b\xa9", 4), "RAID (md)");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x200, "EFI PART", 8), "partition table (GPT)");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x1fe, "\x55\xaa", 2), "boot sector or partition table");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x10034, "ReIsEr2Fs", 9), "reiserfs");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x4000, "\x01\x01\0\0\0\0\0\0\0\0\0\x01", 12), "zfs");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x20, "ORCLDISK", 8), "Oracle ASM");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0xfff6, "SWAPSPACE2", 10), "swap");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x400, "OCFSV2", 6), "ocfs2");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x8001, "CD001", 5), "iso9660");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x1000, "EFI PART", 8), "partition table (GPT)");
	assert_string_equal(probe(head, PLACE_PROBE_SIZE, 0x2000, "\xe5\xd6\xd3\xf1", 4), "partition table (DASD)");
	assert_null(probe(head, PLACE_PROBE_SIZE, 0, "makedumpfiles are these", 23));
	/* An earlier dump, whatever else shows through behind its header. */
	memcpy(head, "makedumpfile\0\0\0", 16);
	place_probe(&content, (struct blob){ head, PLACE_PROBE_SIZE });
	assert_null(content.type);
	assert_true(content.earlier_dump);
	memcpy(head, "makedumpfiles", 13);
	place_probe(&content, (struct blob){ head, PLACE_PROBE_SIZE });
	assert_false(content.earlier_dump);
	free(head);
}

TEST(test_fstab)
{
	static const char fstab[] = "# /dev/sda9 /commented ext4 defaults\n"
				    "\n"
				    "UUID=1 / ext4 errors=remount-ro 0 1\n"
				    "  UUID=2\t/var/crash/ xfs nofail,x-systemd.device-timeout=5\n"
				    "LABEL=d /dumps\\040of\\011mine ext4 defaults 0 2\n"
				    "s:/e /net nfs _netdev,noauto\n"
				    "s:/e /auto nfs noauto,x-systemd.automount\n"
				    "s:/e /bare nfs\n"
				    "s:/e /typeless\n"
				    "UUID=3 none swap sw 0 0\n"
				    "/dev/sdb1 /last ext4 noautomatic";
	const char *options = "none";
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);
	assert_true(place_in_fstab(&arena, fstab, "/var/crash", &options));
	assert_string_equal(options, "nofail,x-systemd.device-timeout=5");
	assert_true(place_in_fstab(&arena, fstab, "/dumps of\tmine", NULL));
	assert_true(place_in_fstab(&arena, fstab, "/", NULL));
	assert_false(place_in_fstab(&arena, fstab, "/var", NULL));
	assert_false(place_in_fstab(&arena, fstab, "/commented", NULL));
	assert_false(place_in_fstab(&arena, fstab, "/net", NULL));
	assert_true(place_in_fstab(&arena, fstab, "/auto", NULL));
	assert_true(place_in_fstab(&arena, fstab, "/bare", &options));
	assert_string_equal(options, "");
	assert_false(place_in_fstab(&arena, fstab, "/typeless", NULL));
	assert_true(place_in_fstab(&arena, fstab, "/last", NULL));
	assert_false(place_in_fstab(&arena, "", "/", NULL));
	arena_release(&arena);
}

static void check_above(struct arena *arena, const char *path, const char *wanted)
{
	const char *text = "";

	for (const char *const *folder = place_above(arena, path); *folder; folder++)
		text = arena_printf(arena, "%s[%s]", text, *folder);
	assert_string_equal(text, wanted);
}

TEST(test_aside)
{
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);
	check_above(&arena, "/var/crash", "[/var][/var/crash]");
	check_above(&arena, "/a/b/", "[/a][/a/b]");
	check_above(&arena, "/", "");
	check_above(&arena, "", "");
	assert_string_equal(place_aside(&arena, "/var/crash", "/var/crash"), "/var/crash.not-mounted");
	assert_string_equal(place_aside(&arena, "/var", "/var/crash"), "/var.not-mounted/crash");
	/* As systemd-escape --path --suffix=mount prints them. */
	assert_string_equal(place_unit(&arena, "/var/crash"), "var-crash.mount");
	assert_string_equal(place_unit(&arena, "/srv/my-dumps"), "srv-my\\x2ddumps.mount");
	assert_string_equal(place_unit(&arena, "/.hidden/a.b"), "\\x2ehidden-a.b.mount");
	assert_string_equal(place_unit(&arena, "/d\303\244/_:"), "d\\xc3\\xa4-_:.mount");
	assert_string_equal(place_unit(&arena, "/"), "-.mount");
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(test_fstab), cmocka_unit_test(test_aside),
	   cmocka_unit_test(test_mounts), cmocka_unit_test(test_mounts_cut), cmocka_unit_test(test_place),
	   cmocka_unit_test(test_names), cmocka_unit_test(test_old), cmocka_unit_test(test_probe))
