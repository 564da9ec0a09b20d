/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux/x86 bzImages made by tests/mk/bzimage.py. */
#include "check.h"

#include <inttypes.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "image.h"
#include "image_fixture.h"
#include "image_rules.h"

static struct err err;

#define FACTS 12

static void check_facts(const char *name, const struct bzimage *b, const uint64_t *wanted)
{
	const uint64_t found[FACTS] = {
		b->version,	 0x1f1 + b->setup_header.size, b->real_mode.size, b->kernel.size,
		b->loadflags,	 b->xloadflags,		       b->cmdline_size,	  b->initrd_addr_max,
		b->kernel_alignment, b->relocatable,	       b->pref_address,	  b->init_size,
	};

	for (size_t i = 0; i < FACTS; i++)
		if (found[i] != wanted[i])
			fail_msg("%s: fact %zu is %" PRIu64 ", expected %" PRIu64, name, i, found[i], wanted[i]);
}

static void check_good(const char *name, struct blob file, const char *words)
{
	uint64_t wanted[FACTS];
	struct image image;
	char *end;

	for (size_t i = 0; i < FACTS; i++) {
		wanted[i] = strtoull(words, &end, 10);
		assert_ptr_not_equal(end, words);
		words = end;
	}
	check_ok(image_from_blob(&image, name, file, &err), &err);
	assert_int_equal(image.format, IMAGE_BZIMAGE);
	assert_int_equal(image.codec, CODEC_NONE);
	assert_int_equal(image.wrap, WRAP_NONE);
	assert_ptr_equal(image.data.data, file.data);
	check_facts(name, &image.bzimage, wanted);
	if (rules_bzimage(&image.bzimage, file))
		fail_msg("%s: %s", name, rules_bzimage(&image.bzimage, file));
	image_release(&image);
}

static void check_row(char *line)
{
	char name[64], expected[16], words[512] = "";
	struct arena arena;
	struct image image;

	if (sscanf(line, "%63s %15s %511[^\n]", name, expected, words) != 3)
		fail_msg("list: %s", line);
	arena_init(&arena);

	struct blob file = exact_copy(fixture(&arena, "bzimage", name));

	if (strcmp(expected, "good") == 0)
		check_good(name, file, words);
	else
		check_fails(image_from_blob(&image, name, file, &err), &err,
			    strcmp(expected, "bad") == 0 ? ERR_BAD_IMAGE : ERR_UNSUPPORTED, words);
	free_copy(file);
	arena_release(&arena);
}

TEST(images_are_what_their_maker_says)
{
	BEGIN_TEST();
	each_line("bzimage", 50, check_row);
}

/* Up to 15 bytes may be missing where the last paragraph of the kernel was never complete. */
TEST(every_cut_is_refused)
{
	struct arena arena;
	struct image image;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob whole = fixture(&arena, "bzimage", "setup-one");

	for (size_t size = 1; size < whole.size; size++) {
		struct blob cut = exact_copy(blob_part(whole, 0, size));

		if (size > whole.size - 16) {
			check_ok(image_from_blob(&image, "cut", cut, &err), &err);
			assert_int_equal(image.bzimage.kernel.size, size - 1024);
			image_release(&image);
		} else {
			check_fails(image_from_blob(&image, "cut", cut, &err), &err, ERR_BAD_IMAGE,
				    size < 0x206 ? "cut: " : "cut short");
		}
		free_copy(cut);
	}
	arena_release(&arena);
}

/* All fields, in all sizes and at all offsets, whether they begin there or not. */
TEST(extremes_in_every_place_break_no_rule)
{
	static const uint64_t extremes[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, UINT32_MAX,
		INT64_MAX, UINT64_C(1) << 63, UINT64_MAX,
	};
	static const char *const names[] = { "v200", "v204", "v20f", "setup-one" };
	struct arena arena;
	size_t good = 0, bad = 0;

	BEGIN_TEST();
	arena_init(&arena);
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		struct blob whole = fixture(&arena, "bzimage", names[n]);

		for (size_t at = 0x1f1; at < 0x290; at++) {
			for (size_t i = 0; i < 4 * sizeof(extremes) / sizeof(extremes[0]); i++) {
				struct blob bent = exact_copy(whole);
				uint8_t *bytes = (uint8_t *)(uintptr_t)bent.data;
				struct bzimage facts;

				for (size_t b = 0; b < (size_t)1 << i % 4; b++)
					bytes[at + b] = (uint8_t)(extremes[i / 4] >> 8 * b);
				err.code = ERR_NONE;
				switch (bzimage_probe(&facts, bent, &err)) {
				case PROBE_MINE:
					good++;
					if (rules_bzimage(&facts, bent))
						fail_msg("%s with 0x%" PRIx64 " at 0x%zx: %s", names[n],
							 extremes[i / 4], at, rules_bzimage(&facts, bent));
					break;
				case PROBE_BAD:
					bad++;
					assert_true(err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED);
					assert_int_not_equal(err.text[0], 0);
					break;
				case PROBE_NOT_MINE:
					assert_int_equal(err.code, ERR_NONE);
				}
				free_copy(bent);
			}
		}
	}
	assert_true(good > 1000 && bad > 100);
	arena_release(&arena);
}

static long faults(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_minflt + usage.ru_majflt;
}

/* 80 MB of kernel: 20,000 pages, of which the headers take a few. */
TEST(a_large_kernel_is_not_read)
{
	const size_t size = 80 << 20;
	int fd = memfd_create("kernel", MFD_CLOEXEC);
	struct arena arena;
	struct image image;
	char path[64];

	BEGIN_TEST();
	arena_init(&arena);

	struct blob head = fixture(&arena, "bzimage", "v20f");

	assert_true(fd >= 0);
	assert_int_equal(write(fd, head.data, head.size), (ssize_t)head.size);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);

	long before = faults();

	check_ok(image_open(&image, path, &err), &err);

	long after = faults();

	assert_int_equal(image.format, IMAGE_BZIMAGE);
	assert_int_equal(image.bzimage.kernel.size, size - 2560);
	if (after - before > 100)
		fail_msg("%ld pages were touched", after - before);
	image_release(&image);
	close(fd);
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(images_are_what_their_maker_says), cmocka_unit_test(every_cut_is_refused),
	   cmocka_unit_test(extremes_in_every_place_break_no_rule), cmocka_unit_test(a_large_kernel_is_not_read))
