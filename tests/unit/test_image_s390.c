/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux/s390 images made by tests/mk/s390_image.py. */
#include "check.h"

#include <inttypes.h>

#include "image.h"
#include "image_fixture.h"
#include "s390.h"

static struct err err;

static void check_row(char *line)
{
	char name[64], expected[8], words[256] = "";
	struct arena arena;
	struct image image;

	if (sscanf(line, "%63s %7s %255[^\n]", name, expected, words) != 3)
		fail_msg("list: %s", line);
	arena_init(&arena);

	struct blob file = exact_copy(fixture(&arena, "s390_image", name));

	if (strcmp(expected, "good") == 0) {
		uint64_t size, limit;
		uint32_t entries;

		assert_int_equal(sscanf(words, "%" SCNu64 " %" SCNu32 " %" SCNu64, &size, &entries, &limit),
				 3);
		check_ok(image_from_blob(&image, name, file, &err), &err);
		assert_int_equal(image.format, IMAGE_S390);
		assert_int_equal(image.codec, CODEC_NONE);
		assert_ptr_equal(image.data.data, file.data);
		assert_int_equal(image.data.size, size);
		assert_int_equal(image.s390.size, size);
		assert_int_equal(image.s390.entry_count, entries);
		assert_int_equal(image.s390.max_command_line, limit);
		image_release(&image);
	} else {
		check_fails(image_from_blob(&image, name, file, &err), &err, ERR_BAD_IMAGE, words);
		if (strncmp(err.text, name, strlen(name)) != 0)
			fail_msg("\"%s\" does not begin with the file's name", err.text);
	}
	free_copy(file);
	arena_release(&arena);
}

TEST(images_are_what_their_maker_says)
{
	BEGIN_TEST();
	each_line("s390_image", 20, check_row);
}

/* A cut is refused up to the end of the command line area. Behind it the image has nothing to see it by. */
static void check_cut(struct blob whole, size_t size, size_t least)
{
	struct blob cut = exact_copy(blob_part(whole, 0, size));
	struct image image;

	if (size >= least) {
		check_ok(image_from_blob(&image, "cut", cut, &err), &err);
		assert_int_equal(image.s390.size, size);
		image_release(&image);
	} else if (size == 0) {
		check_fails(image_from_blob(&image, "cut", cut, &err), &err, ERR_BAD_IMAGE, "empty");
	} else if (size < S390_ENTRY_TABLE + 7) {
		check_fails(image_from_blob(&image, "cut", cut, &err), &err, ERR_BAD_IMAGE,
			    size < 16 ? "no kernel of a known format" : "cut short");
	} else {
		check_fails(image_from_blob(&image, "cut", cut, &err), &err, ERR_BAD_IMAGE,
			    "the file is cut short");
	}
	free_copy(cut);
}

TEST(cuts_are_refused)
{
	static const size_t borders[] = {
		0,
		8,
		16,
		S390_IMAGE_START,
		S390_ENTRY_TABLE,
		S390_ENTRY_TABLE + 7,
		S390_KDUMP_ENTRY,
		S390_PARMAREA,
		S390_INITRD_START,
		S390_OLDMEM_BASE,
		S390_MAX_COMMAND_LINE,
		S390_MAX_COMMAND_LINE + 8,
		S390_COMMAND_LINE,
		S390_COMMAND_LINE + 896,
		S390_COMMAND_LINE + 4096,
	};
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob whole = fixture(&arena, "s390_image", "plain");

	for (size_t i = 0; i < sizeof(borders) / sizeof(borders[0]); i++)
		for (size_t size = borders[i] < 9 ? 0 : borders[i] - 9; size <= borders[i] + 9; size++)
			check_cut(whole, size, S390_COMMAND_LINE + 4096);
	for (size_t size = 0; size <= whole.size; size += 61)
		check_cut(whole, size, S390_COMMAND_LINE + 4096);
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(images_are_what_their_maker_says), cmocka_unit_test(cuts_are_refused))
