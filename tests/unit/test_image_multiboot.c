/* SPDX-License-Identifier: GPL-2.0-only */
/* Multiboot headers made by tests/mk/multiboot.py. */
#include "check.h"

#include <inttypes.h>

#include "image.h"
#include "image_fixture.h"
#include "image_rules.h"

static struct err err;

#define NUMBERS 24

/* Numbers from text up to a slash or the end; returns how many, and where the next begin. */
static size_t read_numbers(const char **text, uint64_t *numbers)
{
	size_t count = 0;
	char *end;

	for (;;) {
		uint64_t n = strtoull(*text, &end, 10);

		if (end == *text)
			break;
		assert_in_range(count, 0, NUMBERS - 1);
		numbers[count++] = n;
		*text = end;
	}
	while (**text && **text != '/')
		++*text;
	if (**text)
		++*text;
	return count;
}

static void compare(const char *name, const uint64_t *found, const uint64_t *wanted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (found[i] != wanted[i])
			fail_msg("%s: fact %zu is %" PRIu64 ", expected %" PRIu64, name, i, found[i], wanted[i]);
}

static uint64_t offset_of(struct blob data, struct blob file)
{
	return data.data ? (uint64_t)(data.data - file.data) : 0;
}

static void check_one(const char *name, const struct multiboot1 *m, struct blob file, const uint64_t *wanted,
		      size_t count)
{
	const uint64_t found[] = { m->flags,	   m->has_addresses, offset_of(m->data, file), m->data.size,
				   m->load_address, m->memory_size,  m->entry,		       m->wants_video,
				   m->video_mode,  m->width,	     m->height,		       m->depth };

	assert_int_equal(m->present, count > 0);
	if (!count)
		return;
	assert_int_equal(count, sizeof(found) / sizeof(found[0]));
	compare(name, found, wanted, count);
}

static void check_two(const char *name, const struct multiboot2 *m, struct blob file, const uint64_t *wanted,
		      size_t count)
{
	const uint64_t found[] = { m->has_addresses, offset_of(m->data, file), m->data.size, m->load_address,
				   m->memory_size,   m->has_entry,	       m->entry,     m->relocatable,
				   m->min_address,   m->max_address,	       m->align,     m->preference,
				   m->wants_framebuffer, m->width,	       m->height,    m->depth,
				   m->modules_page_aligned };

	assert_int_equal(m->present, count > 0);
	if (!count)
		return;
	assert_int_equal(count, sizeof(found) / sizeof(found[0]));
	compare(name, found, wanted, count);
}

static void check_good(const char *name, bool is_elf, struct blob file, const char *words)
{
	uint64_t wanted[NUMBERS];
	struct image image;

	check_ok(image_from_blob(&image, name, file, &err), &err);
	assert_int_equal(image.format, is_elf ? IMAGE_ELF : IMAGE_MULTIBOOT);

	size_t count = read_numbers(&words, wanted);

	check_one(name, &image.multiboot.one, file, wanted, count);
	count = read_numbers(&words, wanted);
	check_two(name, &image.multiboot.two, file, wanted, count);

	const char *wrong = rules_multiboot(&image.multiboot, is_elf, file);

	if (wrong)
		fail_msg("%s: %s", name, wrong);
	image_release(&image);
}

static void check_row(char *line)
{
	char name[64], kind[8], expected[16], words[512] = "";
	struct arena arena;
	struct image image;

	if (sscanf(line, "%63s %7s %15s %511[^\n]", name, kind, expected, words) != 4)
		fail_msg("list: %s", line);
	arena_init(&arena);

	struct blob file = exact_copy(fixture(&arena, "multiboot", name));

	if (strcmp(expected, "good") == 0)
		check_good(name, strcmp(kind, "elf") == 0, file, words);
	else
		check_fails(image_from_blob(&image, name, file, &err), &err,
			    strcmp(expected, "bad") == 0 ? ERR_BAD_IMAGE : ERR_UNSUPPORTED, words);
	free_copy(file);
	arena_release(&arena);
}

TEST(headers_are_what_their_maker_says)
{
	BEGIN_TEST();
	each_line("multiboot", 90, check_row);
}

/* One file, cut and bent: never a crash, never a promise that does not hold. */
static void try_file(const char *what, struct blob file, size_t *good, size_t *bad)
{
	struct multiboot facts;
	struct arena arena;
	struct elf elf;

	arena_init(&arena);

	bool is_elf = elf_probe(&elf, file, &arena, &err) == PROBE_MINE;

	err.code = ERR_NONE;

	enum probe result = multiboot_probe(&facts, file, is_elf ? &elf : NULL, &err);
	const char *wrong = rules_multiboot(&facts, is_elf, file);

	if (wrong)
		fail_msg("%s: %s", what, wrong);
	assert_int_equal(result == PROBE_BAD, err.code != ERR_NONE);
	assert_int_equal(result == PROBE_MINE, facts.one.present || facts.two.present);
	*good += result == PROBE_MINE;
	*bad += result == PROBE_BAD;
	arena_release(&arena);
}

static uint32_t word(struct blob head, size_t at)
{
	return le32_get(*(const struct le32 *)blob_at(head, at, 4));
}

static uint32_t sum_of_first(struct blob head)
{
	return word(head, 0) + word(head, 4);
}

static uint32_t sum_of_second(struct blob head)
{
	return word(head, 0) + word(head, 4) + word(head, 8);
}

static void bend(struct blob whole, size_t header, uint32_t (*sum_of)(struct blob), size_t *good, size_t *bad)
{
	static const uint32_t extremes[] = { 0, 1, 7, 8, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, UINT32_MAX };

	for (size_t at = header + 4; at + 4 <= header + 80 && at + 4 <= whole.size; at += 2) {
		for (size_t i = 0; i < sizeof(extremes) / sizeof(extremes[0]); i++) {
			struct blob bent = exact_copy(whole);
			uint8_t *bytes = (uint8_t *)(uintptr_t)bent.data;
			struct blob head = { bytes + header, 16 };

			for (size_t b = 0; b < 4; b++)
				bytes[at + b] = (uint8_t)(extremes[i] >> 8 * b);

			/* With the checksum made good again: else nothing behind it would be looked at. */
			uint32_t sum = 0 - sum_of(head);
			size_t place = sum_of == sum_of_first ? 8 : 12;

			if (at < header + place || at >= header + place + 4)
				for (size_t b = 0; b < 4; b++)
					bytes[header + place + b] = (uint8_t)(sum >> 8 * b);
			try_file("bent", bent, good, bad);
			free_copy(bent);
		}
	}
}

TEST(cuts_and_extremes_break_no_rule)
{
	static const struct {
		const char *name;
		size_t header;
		uint32_t (*sum)(struct blob);
	} files[] = {
		{ "flat1", 16, sum_of_first },	  { "flat1-video", 16, sum_of_first },
		{ "elf1-addresses", 256, sum_of_first }, { "flat2", 16, sum_of_second },
		{ "flat2-whole", 16, sum_of_second },	  { "elf2-all", 256, sum_of_second },
	};
	struct arena arena;
	size_t good = 0, bad = 0;

	BEGIN_TEST();
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct blob whole = fixture(&arena, "multiboot", files[i].name);

		for (size_t size = 0; size < whole.size; size++) {
			struct blob cut = exact_copy(blob_part(whole, 0, size));

			try_file(files[i].name, cut, &good, &bad);
			free_copy(cut);
		}
		bend(whole, files[i].header, files[i].sum, &good, &bad);
	}
	if (good < 100 || bad < 1000)
		fail_msg("%zu good, %zu bad: the tests do not reach what they should", good, bad);
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(headers_are_what_their_maker_says), cmocka_unit_test(cuts_and_extremes_break_no_rule))
