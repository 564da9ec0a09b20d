/* SPDX-License-Identifier: GPL-2.0-only */
/* Target= of /etc/kdump.conf: what of it becomes a path, a host, a user and a port, and what is refused. */
#include "check.h"

#include "kdump/service/conf.h"

TEST(targets)
{
	static const struct {
		const char *text;
		enum conf_target_kind kind;
		const char *path, *host, *user;
		uint16_t port;
	} goods[] = {
		{ "/", CONF_TARGET_PATH, "/", NULL, NULL, 0 },
		{ "//a/./b//", CONF_TARGET_PATH, "/a/b", NULL, NULL, 0 },
		{ "/a/...", CONF_TARGET_PATH, "/a/...", NULL, NULL, 0 },
		{ "nfs://h/", CONF_TARGET_NFS, "/", "h", NULL, 0 },
		{ "nfs://10.0.0.1:65535/x/y", CONF_TARGET_NFS, "/x/y", "10.0.0.1", NULL, 65535 },
		{ "nfs://[::1]/x", CONF_TARGET_NFS, "/x", "::1", NULL, 0 },
		{ "nfs://[fe80::2%en-1]:1/x", CONF_TARGET_NFS, "/x", "fe80::2%en-1", NULL, 1 },
		{ "ssh://h/x", CONF_TARGET_SSH, "/x", "h", NULL, 0 },
		{ "ssh://u_1@h:22/x", CONF_TARGET_SSH, "/x", "h", "u_1", 22 },
		{ "ssh://u@[::1]:22/x", CONF_TARGET_SSH, "/x", "::1", "u", 22 },
		{ "raw:/dev//sdb1", CONF_TARGET_RAW, "/dev/sdb1", NULL, NULL, 0 },
	};
	static const struct {
		const char *text, *words;
	} bads[] = {
		{ "", "expected /FOLDER" },
		{ "var/crash", "expected /FOLDER" },
		{ "ftp://h/x", "expected /FOLDER" },
		{ "NFS://h/x", "expected /FOLDER" },
		{ "/a/../b", "without \"..\"" },
		{ "/..", "without \"..\"" },
		{ "/a\nb", "control characters" },
		{ "/a\xff", "UTF-8" },
		{ "nfs://h", "expected a path behind the host" },
		{ "nfs:///x", "expected a host name" },
		{ "nfs://u@h/x", "no user" },
		{ "nfs://h:/x", "expected a port" },
		{ "nfs://h:0/x", "expected a port" },
		{ "nfs://h:65536/x", "expected a port" },
		{ "nfs://h:+1/x", "expected a port" },
		{ "nfs://h:1a/x", "expected a port" },
		{ "nfs://-oops/x", "expected a host name" },
		{ "nfs://.h/x", "expected a host name" },
		{ "nfs://a,b/x", "expected a host name" },
		{ "nfs://a b/x", "expected a host name" },
		{ "nfs://::1/x", "expected a host name" },
		{ "nfs://[::1/x", "expected \"]\"" },
		{ "nfs://[]/x", "expected an IPv6 address" },
		{ "nfs://[1.2.3.4]/x", "expected an IPv6 address" },
		{ "nfs://[::1%]/x", "expected an IPv6 address" },
		{ "nfs://[::1%-e]/x", "expected an IPv6 address" },
		{ "nfs://[::1]x/x", "expected a colon" },
		{ "ssh://@h/x", "expected a user" },
		{ "ssh://-l@h/x", "expected a user" },
		{ "ssh://a;b@h/x", "expected a user" },
		{ "ssh://a@b@h/x", "expected a user" },
		{ "ssh://h/a/../b", "without \"..\"" },
		{ "raw:sdb", "absolute path" },
		{ "raw:/srv/x", "below /dev" },
		{ "raw:/dev", "below /dev" },
		{ "raw:/dev/../etc/passwd", "without \"..\"" },
	};
	struct conf_target target, before = { .kind = CONF_TARGET_RAW, .port = 77 };
	struct arena arena;
	struct err err;

	BEGIN_TEST();
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		check_ok(conf_target_read(&target, &arena, goods[i].text, &err), &err);
		assert_int_equal(target.kind, goods[i].kind);
		assert_string_equal(target.text, goods[i].text);
		assert_string_equal(target.path, goods[i].path);
		assert_string_equal(target.host ? target.host : "-", goods[i].host ? goods[i].host : "-");
		assert_string_equal(target.user ? target.user : "-", goods[i].user ? goods[i].user : "-");
		assert_int_equal(target.port, goods[i].port);
	}
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		target = before;
		check_fails(conf_target_read(&target, &arena, bads[i].text, &err), &err, ERR_USAGE, bads[i].words);
		assert_int_equal(target.port, 77);
	}
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(targets))
