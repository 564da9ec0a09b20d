/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernels inside the boot wrapper of powerpc: tests/mk/ppc64_load.py. */
#include "config.h"

#include "check.h"

#include "image.h"
#include "image_fixture.h"

static struct err err;

static struct blob of(struct arena *arena, const char *name)
{
	return fixture(arena, "ppc64_load", name);
}

TEST(the_kernel_inside_is_found)
{
	static const struct {
		const char *file, *inside;
		enum codec codec;
		size_t initrd;
	} rows[] = {
#ifdef HAVE_ZLIB
		{ "zimage-be", "be", CODEC_GZIP, 20 },
		{ "zimage-le", "le", CODEC_GZIP, 0 },
#endif
#ifdef HAVE_LZMA
		{ "zimage-xz", "be", CODEC_XZ, 0 },
#endif
		{ "zimage-plain", "be", CODEC_NONE, 0 },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena arena;
		struct image image;

		arena_init(&arena);

		struct blob file = exact_copy(of(&arena, rows[i].file)), inside = of(&arena, rows[i].inside);

		check_ok(image_from_blob(&image, rows[i].file, file, &err), &err);
		assert_int_equal(image.wrap, WRAP_ZIMAGE);
		assert_int_equal(image.format, IMAGE_ELF);
		assert_int_equal(image.codec, rows[i].codec);
		assert_int_equal(image.data.size, inside.size);
		assert_memory_equal(image.data.data, inside.data, inside.size);
		assert_int_equal(image.elf.machine, 21);
		check_ok(image_add_initrds(&image, NULL, 0, 65536, &err), &err);
		assert_int_equal(image.initrd.size, rows[i].initrd);
		if (rows[i].initrd)
			assert_memory_equal(image.initrd.data, "070701 initrd inside", rows[i].initrd);
		image_release(&image);
		free_copy(file);
		arena_release(&arena);
	}
}

TEST(a_wrapper_without_a_kernel_is_refused)
{
	static const struct {
		const char *file;
		enum err_code code;
		const char *words;
	} rows[] = {
		{ "zimage-empty", ERR_BAD_IMAGE, "damaged zImage: its .kernel:vmlinux.strip, 0 bytes at offset" },
		{ "zimage-garbage", ERR_BAD_IMAGE, "kernel of the zImage: is no kernel of a known format" },
		{ "zimage-outside", ERR_BAD_IMAGE, "does not lie inside the file of" },
#ifdef HAVE_ZLIB
		{ "zimage-twice", ERR_UNSUPPORTED, "a zImage inside another one" },
#endif
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena arena;
		struct image image;

		arena_init(&arena);
		check_fails(image_from_blob(&image, rows[i].file, of(&arena, rows[i].file), &err), &err, rows[i].code,
			    rows[i].words);
		arena_release(&arena);
	}
}

/* Each length, and each byte of both tables: found, or not, and never read beyond. */
TEST(damage_is_an_error_or_another_file)
{
	struct arena arena;
	uint8_t *bytes;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob whole = of(&arena, "zimage-garbage");
	const size_t tail = 6 * 40, step = 7;

	for (size_t size = 0; size < whole.size; size += size < 100 || size > whole.size - tail - 50 ? 1 : step) {
		struct blob cut = exact_copy(blob_part(whole, 0, size));
		struct image image;

		if (image_from_blob(&image, "cut", cut, &err))
			image_release(&image);
		free_copy(cut);
	}
	bytes = arena_alloc(&arena, whole.size);
	for (size_t at = 0; at < whole.size; at = at == 99 ? whole.size - tail : at + 1)
		for (unsigned int i = 0; i < 4; i++) {
			static const uint8_t values[] = { 0, 1, 0x7f, 0xff };
			struct image image;

			memcpy(bytes, whole.data, whole.size);
			bytes[at] = values[i];

			struct blob copy = exact_copy((struct blob){ bytes, whole.size });

			if (image_from_blob(&image, "bent", copy, &err))
				image_release(&image);
			free_copy(copy);
		}
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(the_kernel_inside_is_found), cmocka_unit_test(a_wrapper_without_a_kernel_is_refused),
	   cmocka_unit_test(damage_is_an_error_or_another_file))
