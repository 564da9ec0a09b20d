/* SPDX-License-Identifier: GPL-2.0-only */
/* Packed files made by tests/mk/packed.py: good and damaged ones, every cut and every flipped byte. */
#include "config.h"

#include "check.h"

#include <inttypes.h>

#include "image_fixture.h"
#include "kexec/image/inflate.h"

#define LIMIT (UINT64_C(1) << 20)

static struct err err;

struct row {
	char name[64];
	char codec[16];
	char sum[8];
	char expected[8];
	char rest[2048];
};

static struct row read_row(const char *line)
{
	struct row r = { .rest = "" };

	if (sscanf(line, "%63s %15s %7s %7s %2047[^\n]", r.name, r.codec, r.sum, r.expected, r.rest) != 5)
		fail_msg("list: %s", line);
	return r;
}

static const struct unpacker *find(struct blob file)
{
	const struct unpacker *unpacker = inflate_find(file, true);

	return unpacker ? unpacker : inflate_find(file, false);
}

static const struct unpacker *by_name(const char *codec)
{
	for (size_t i = 0; i < inflate_count(); i++)
		if (strcmp(inflate_at(i)->name, codec) == 0)
			return inflate_at(i);
	fail_msg("no codec %s", codec);
	return NULL;
}

static void check_row(char *line)
{
	struct row r = read_row(line);
	struct arena arena;
	struct blob out;

	arena_init(&arena);

	struct blob file = exact_copy(fixture(&arena, "packed", r.name));
	const struct unpacker *unpacker = find(file);

	/* What is damaged in its header need not be recognised where there is no magic. */
	if (!unpacker)
		unpacker = by_name("lzma");
	assert_string_equal(unpacker->name, r.codec);

	if (!unpacker->unpack) {
		check_fails(inflate_run(unpacker, file, LIMIT, &arena, &out, &err), &err, ERR_UNSUPPORTED,
			    unpacker->option);
	} else if (strcmp(r.expected, "good") == 0) {
		char payload[64];

		assert_int_equal(sscanf(r.rest, "%63s", payload), 1);

		struct blob wanted = fixture(&arena, "packed", payload);

		if (!inflate_run(unpacker, file, LIMIT, &arena, &out, &err))
			fail_msg("%s: %s", r.name, err.text);
		if (out.size != wanted.size || memcmp(out.data, wanted.data, out.size) != 0)
			fail_msg("%s: %zu bytes that are not those packed", r.name, out.size);

		/* The limit is held to the byte. */
		check_ok(inflate_run(unpacker, file, wanted.size, &arena, &out, &err), &err);
		if (inflate_run(unpacker, file, wanted.size - 1, &arena, &out, &err))
			fail_msg("%s: unpacked beyond its limit", r.name);
		if (err.code != ERR_NO_ROOM || !strstr(err.text, "the most that is accepted"))
			fail_msg("%s: %s", r.name, err.text);
	} else {
		if (inflate_run(unpacker, file, LIMIT, &arena, &out, &err))
			fail_msg("%s: unpacked, should have failed", r.name);
		if (!strstr(err.text, r.rest))
			fail_msg("%s: \"%s\" does not say \"%s\"", r.name, err.text, r.rest);
		assert_true(err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED ||
			    err.code == ERR_NO_ROOM);
	}
	free_copy(file);
	arena_release(&arena);
}

TEST(packed_files_are_what_their_maker_says)
{
	BEGIN_TEST();
	each_line("packed", 100, check_row);
}

static bool listed(const char *lengths, size_t length)
{
	for (char *end; *lengths; lengths = end) {
		if (strtoul(lengths, &end, 10) == length && end != lengths)
			return true;
		if (end == lengths)
			return false;
	}
	return false;
}

static void cut_row(char *line)
{
	struct row r = read_row(line);
	const char *cut = strstr(r.rest, " cut");

	if (strcmp(r.expected, "good") != 0 || !cut || !by_name(r.codec)->unpack || strstr(r.name, "-s390"))
		return;

	const char *lengths = cut + 4;
	struct arena arena;

	arena_init(&arena);

	struct blob whole = fixture(&arena, "packed", r.name);

	for (size_t size = 1; size < whole.size; size++) {
		if (size % check_stride(7) != 0 && !listed(lengths, size))
			continue;

		struct blob part = exact_copy(blob_part(whole, 0, size));
		struct blob out;
		struct arena local;

		arena_init(&local);
		err.text[0] = 0;

		bool ok = inflate_run(by_name(r.codec), part, LIMIT, &local, &out, &err);

		if (ok != listed(lengths, size))
			fail_msg("%s cut to %zu of %zu bytes: %s", r.name, size, whole.size,
				 ok ? "accepted" : err.text);
		if (!ok && (err.code != ERR_BAD_IMAGE || !err.text[0]))
			fail_msg("%s cut to %zu bytes: code %d, \"%s\"", r.name, size, (int)err.code,
				 err.text);
		free_copy(part);
		arena_release(&local);
	}
	arena_release(&arena);
}

TEST(every_cut_is_refused_but_between_members)
{
	BEGIN_TEST();
	each_line("packed", 100, cut_row);
}

/* Each byte changed, in several ways: an error, or what was packed where there is a checksum over it. */
static void flip_row(char *line)
{
	static const uint8_t changes[] = { 0x01, 0x80 };
	struct row r = read_row(line);
	char payload[64];
	struct arena arena;

	if (strcmp(r.expected, "good") != 0 || !by_name(r.codec)->unpack ||
	    sscanf(r.rest, "%63s", payload) != 1)
		return;
	arena_init(&arena);

	struct blob whole = fixture(&arena, "packed", r.name), wanted = fixture(&arena, "packed", payload);

	for (size_t i = 0; i < whole.size * sizeof(changes) && whole.size < 4096; i += check_stride(7)) {
		struct blob bent = exact_copy(whole), out;
		struct arena local;
		size_t at = i / sizeof(changes);

		arena_init(&local);
		((uint8_t *)(uintptr_t)bent.data)[at] ^= changes[i % sizeof(changes)];
		err.text[0] = 0;
		if (inflate_run(by_name(r.codec), bent, LIMIT, &local, &out, &err)) {
			if (strcmp(r.sum, "sum") == 0 &&
			    (out.size != wanted.size || memcmp(out.data, wanted.data, out.size) != 0) &&
			    !strstr(r.name, "members") && !strstr(r.name, "frames") &&
			    !strstr(r.name, "streams"))
				fail_msg("%s with byte %zu changed: other bytes, and no error", r.name, at);
		} else {
			assert_int_not_equal(err.text[0], 0);
			assert_int_not_equal(err.code, ERR_INTERNAL);
		}
		free_copy(bent);
		arena_release(&local);
	}
	arena_release(&arena);
}

TEST(no_changed_byte_goes_unnoticed_where_there_is_a_checksum)
{
	BEGIN_TEST();
	each_line("packed", 100, flip_row);
}

static struct blob text(const char *bytes, size_t size)
{
	return (struct blob){ (const uint8_t *)bytes, size };
}

TEST(lzma_is_recognised_by_all_that_must_hold)
{
	static const char good[] = "\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0";
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {
		{ 0, 225 },  /* properties beyond 9 * 5 * 5 */
		{ 0, 0x0d }, /* lc 4, lp 1: a sum of 5 */
		{ 2, 1 },    /* a dictionary of no power of two */
		{ 3, 0 },    /* of no size at all */
		{ 12, 0 },   /* a size beyond all limits */
		{ 13, 1 },   /* the range coder does not begin with 0 */
	};
	char bent[15];

	BEGIN_TEST();
	assert_non_null(inflate_find(text(good, 14), false));
	assert_null(inflate_find(text(good, 14), true));
	assert_null(inflate_find(text(good, 13), false));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memcpy(bent, good, sizeof(bent));
		bent[wrong[i].at] = (char)wrong[i].value;
		if (inflate_find(text(bent, 14), false))
			fail_msg("wrong header %zu is taken for LZMA", i);
	}

	/* The reference takes this for an empty LZMA file and loads nothing. */
	static const uint8_t zeros[4096];

	assert_null(find((struct blob){ zeros, sizeof(zeros) }));
}

TEST(magics_are_looked_at_to_their_end)
{
	BEGIN_TEST();
	assert_non_null(inflate_find(text("\x1f\x8b", 2), true));
	assert_null(inflate_find(text("\x1f\x8b\x07", 3), true));
	assert_non_null(inflate_find(text("BZh1", 4), true));
	assert_null(inflate_find(text("BZh0", 4), true));
	assert_null(inflate_find(text("BZh1 is text", 12), true));
	assert_null(inflate_find(text("\xfd\x37zXZ", 5), true));
	assert_null(inflate_find(text("\xfd\x37zXZ\1", 6), true));
	assert_null(inflate_find(text("\x50\x2a\x4d\x18\0\0\0\0", 8), true));
	assert_null(inflate_find(text("\x50\x2a\x4d\x18\xff\xff\xff\xff", 8), true));
}

TEST(a_codec_that_was_left_out_says_what_to_do)
{
	struct unpacker without = *by_name("zstd");
	struct arena arena;
	struct blob out;

	BEGIN_TEST();
	arena_init(&arena);
	without.unpack = NULL;
	check_fails(inflate_run(&without, text("x", 1), LIMIT, &arena, &out, &err), &err, ERR_UNSUPPORTED,
		    "without libzstd: unpack it first (zstd -d), or build kexec with --with-zstd");
	arena_release(&arena);
}

#define CASE(name) cmocka_unit_test(name)

CHECK_MAIN(CASE(packed_files_are_what_their_maker_says), CASE(every_cut_is_refused_but_between_members),
	   CASE(no_changed_byte_goes_unnoticed_where_there_is_a_checksum),
	   CASE(lzma_is_recognised_by_all_that_must_hold), CASE(magics_are_looked_at_to_their_end),
	   CASE(a_codec_that_was_left_out_says_what_to_do))
