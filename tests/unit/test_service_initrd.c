/* SPDX-License-Identifier: GPL-2.0-only */
/* What is found in initrds that are made here, whole and damaged in every way. */
#include "config.h"

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#include "check.h"
#include "arena.h"
#include "kdump/service/initrd.h"

#define LIMIT (UINT64_C(1) << 20)

struct made {
	uint8_t bytes[8192];
	size_t size;
};

static void add(struct made *made, const void *data, size_t size, size_t align)
{
	assert_true(made->size + size + align < sizeof(made->bytes));
	memcpy(made->bytes + made->size, data, size);
	made->size += size;
	while (align && made->size % align)
		made->bytes[made->size++] = 0;
}

static void add_entry(struct made *made, const char *name, unsigned int mode, const char *content)
{
	char header[111];
	unsigned int size = (unsigned int)strlen(content);

	snprintf(header, sizeof(header), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1u, mode, 0u, 0u, 1u,
		 0u, size, 0u, 0u, 0u, 0u, (unsigned int)strlen(name) + 1, 0u);
	add(made, header, 110, 0);
	add(made, name, strlen(name) + 1, 4);
	add(made, content, size, 4);
}

static void add_archive(struct made *made, const char *first, const char *second)
{
	add_entry(made, first, 0100755, "content");
	add_entry(made, second, 0120777, "usr/bin");
	add_entry(made, "TRAILER!!!", 0, "");
}

/* Every name with a blank behind it. */
static void note(void *context, const char *name, uint32_t mode, struct blob data)
{
	char *names = context;

	assert_true(mode == 0100755 || mode == 0120777);
	assert_int_equal(data.size, 7);
	assert_memory_equal(data.data, mode == 0100755 ? "content" : "usr/bin", 7);
	assert_true(strlen(names) + strlen(name) + 2 < 256);
	memcpy(names + strlen(names), name, strlen(name) + 1);
	memcpy(names + strlen(names), " ", 2);
}

/* In memory of exactly its size, so that a read behind its end is seen. */
static bool walk(const struct made *made, size_t size, char names[256], struct initrd_total *total, struct err *err)
{
	struct arena arena;
	uint8_t *copy = malloc(size ? size : 1);
	bool done;

	assert_non_null(copy);
	memcpy(copy, made->bytes, size);
	names[0] = '\0';
	arena_init(&arena);
	done = initrd_walk(total, &arena, (struct blob){ copy, size }, LIMIT, note, names, err);
	arena_release(&arena);
	free(copy);
	return done;
}

static void check_names(const struct made *made, const char *expected)
{
	char names[256];
	struct initrd_total total;
	struct err err;

	check_ok(walk(made, made->size, names, &total, &err), &err);
	assert_string_equal(names, expected);
}

#ifdef HAVE_ZLIB

static void add_packed(struct made *made, const struct made *inner)
{
	z_stream stream = { 0 };

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = (Bytef *)inner->bytes;
	stream.avail_in = (uInt)inner->size;
	stream.next_out = made->bytes + made->size;
	stream.avail_out = (uInt)(sizeof(made->bytes) - made->size);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	made->size += stream.total_out;
	deflateEnd(&stream);
}

#endif

TEST(archives_one_behind_the_other)
{
	struct made made = { .size = 0 };
	struct initrd_total total;
	char names[256];
	struct err err;

	BEGIN_TEST();
	add_archive(&made, "./usr/bin/vmcore-save", "/bin");
	made.size += 512 - made.size % 512;
	add_archive(&made, "init", "lib");
	check_names(&made, "usr/bin/vmcore-save bin init lib ");
	check_ok(walk(&made, made.size, names, &total, &err), &err);
	assert_int_equal(total.files, 4);
	assert_int_equal(total.size, 28);
}

/* What some programs write: checksums, which nobody checks, and no last entry. */
TEST(other_forms_of_archives)
{
	struct made made = { .size = 0 };

	BEGIN_TEST();
	add_entry(&made, "a", 0100755, "content");
	memcpy(made.bytes, "070702", 6);
	check_names(&made, "a ");
	made.size += 512 - made.size % 512;
	check_names(&made, "a ");
	add_archive(&made, "b", "c");
	check_names(&made, "a b c ");
}

#ifdef HAVE_ZLIB

TEST(what_follows_in_a_packed_one)
{
	struct made inner = { .size = 0 }, made = { .size = 0 };
	struct initrd_total total;
	char names[256];
	struct err err;

	BEGIN_TEST();
	add_archive(&inner, "main", "bin");
	inner.size += 16;
	add(&inner, "a text, and no archive", 22, 0);
	add_packed(&made, &inner);
	check_fails(walk(&made, made.size, names, &total, &err), &err, ERR_BAD_IMAGE, "unpacked, no cpio archive at byte");
}

TEST(zeros_that_are_packed)
{
	struct made inner = { .size = 512 }, made = { .size = 0 };
	struct initrd_total total;
	char names[256];
	struct err err;

	BEGIN_TEST();
	add_packed(&made, &inner);
	check_fails(walk(&made, made.size, names, &total, &err), &err, ERR_BAD_IMAGE, "unpacked, there is nothing in it");
}

TEST(a_packed_one_behind_a_plain_one)
{
	struct made inner = { .size = 0 }, made = { .size = 0 };

	BEGIN_TEST();
	add_archive(&inner, "main", "bin");
	add_packed(&made, &inner);
	check_names(&made, "main bin ");
	memset(&made, 0, sizeof(made));
	add_archive(&made, "kernel/x86/microcode/GenuineIntel.bin", "early");
	add_packed(&made, &inner);
	check_names(&made, "kernel/x86/microcode/GenuineIntel.bin early main bin ");
}

#else

TEST(a_packed_one_behind_a_plain_one)
{
	struct made made = { .size = 0 };
	struct initrd_total total;
	char names[256];
	struct err err;

	BEGIN_TEST();
	add_archive(&made, "early", "b");
	add(&made, "\037\213\010\0\0\0\0\0\002\003", 10, 0);
	check_fails(walk(&made, made.size, names, &total, &err), &err, ERR_UNSUPPORTED, "was built without");
}

#endif

TEST(what_is_no_initrd)
{
	struct made made = { .size = 0 };
	struct initrd_total total;
	char names[256];
	struct err err;

	BEGIN_TEST();
	check_fails(walk(&made, 0, names, &total, &err), &err, ERR_BAD_IMAGE, "nothing in it");
	check_fails(walk(&made, 4096, names, &total, &err), &err, ERR_BAD_IMAGE, "nothing in it");
	add(&made, "a text, and no archive", 22, 0);
	check_fails(walk(&made, made.size, names, &total, &err), &err, ERR_BAD_IMAGE, "neither a cpio archive nor packed");
}

TEST(wrong_numbers_are_refused)
{
	struct made whole = { .size = 0 }, made;
	struct initrd_total total;
	char names[256];
	struct err err;

	BEGIN_TEST();
	add_archive(&whole, "a", "b");
	/* File size, name size: the largest, none, and no number. */
	made = whole;
	memcpy(made.bytes + 6 + 6 * 8, "FFFFFFFF", 8);
	check_fails(walk(&made, made.size, names, &total, &err), &err, ERR_BAD_IMAGE, "the archive ends in a");
	made = whole;
	memcpy(made.bytes + 6 + 11 * 8, "FFFFFFFF", 8);
	check_fails(walk(&made, made.size, names, &total, &err), &err, ERR_BAD_IMAGE, "a name of 4294967295 bytes");
	memcpy(made.bytes + 6 + 11 * 8, "00000000", 8);
	check_fails(walk(&made, made.size, names, &total, &err), &err, ERR_BAD_IMAGE, "a name of 0 bytes");
	memcpy(made.bytes + 6 + 11 * 8, "0000001 ", 8);
	check_fails(walk(&made, made.size, names, &total, &err), &err, ERR_BAD_IMAGE, "no cpio header");
	memcpy(made.bytes + 6 + 11 * 8, "0000000g", 8);
	check_fails(walk(&made, made.size, names, &total, &err), &err, ERR_BAD_IMAGE, "no cpio header");
	made = whole;
	made.bytes[111] = 'x';
	check_fails(walk(&made, made.size, names, &total, &err), &err, ERR_BAD_IMAGE, "a name that does not end");
	made = whole;
	memcpy(made.bytes + 120, "070709", 6);
	check_fails(walk(&made, made.size, names, &total, &err), &err, ERR_BAD_IMAGE, "");
}

TEST(cut_at_every_byte)
{
	struct made made = { .size = 0 };
	struct initrd_total total;
	char names[256];
	struct err err;
	size_t plain;

	BEGIN_TEST();
	add_archive(&made, "early", "b");
	plain = made.size;
#ifdef HAVE_ZLIB
	struct made inner = { .size = 0 };

	add_archive(&inner, "main", "bin");
	add_packed(&made, &inner);
#endif
	for (size_t size = 0; size < made.size; size++) {
		if (walk(&made, size, names, &total, &err)) {
			/* The end of an entry is an end that the kernel takes, too. */
			if (size > plain)
				fail_msg("cut at %zu of %zu: no error", size, made.size);
			assert_true(total.files >= 1);
		} else {
			assert_int_equal(err.code, ERR_BAD_IMAGE);
		}
	}
}

CHECK_MAIN(cmocka_unit_test(archives_one_behind_the_other), cmocka_unit_test(other_forms_of_archives),
#ifdef HAVE_ZLIB
	   cmocka_unit_test(what_follows_in_a_packed_one),
	   cmocka_unit_test(zeros_that_are_packed),
#endif
	   cmocka_unit_test(a_packed_one_behind_a_plain_one),
	   cmocka_unit_test(what_is_no_initrd), cmocka_unit_test(wrong_numbers_are_refused),
	   cmocka_unit_test(cut_at_every_byte))
