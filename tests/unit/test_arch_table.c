/* SPDX-License-Identifier: GPL-2.0-only */
/* Which loader an image gets. */
#include "check.h"

#include "arch.h"

static bool is_one(const struct image *image)
{
	return image->multiboot.one.present;
}

static bool is_two(const struct image *image)
{
	return image->multiboot.two.present;
}

static const struct loader rows[] = {
	{ "two", "version 2", IMAGE_ELF, is_two, NULL },
	{ "two", NULL, IMAGE_MULTIBOOT, is_two, NULL },
	{ "elf", "any ELF file", IMAGE_ELF, NULL, NULL },
	{ "one", "version 1", IMAGE_ELF, is_one, NULL },
	{ "one", NULL, IMAGE_MULTIBOOT, is_one, NULL },
	{ NULL, NULL, IMAGE_UNKNOWN, NULL, NULL },
};

static const struct arch made = { .id = ARCH_X86_64, .loaders = rows };

static struct image image_of(enum image_format format, bool one, bool two)
{
	return (struct image){
		.path = "kernel",
		.format = format,
		.multiboot = { .one.present = one, .two.present = two },
	};
}

static const struct loader *find(enum image_format format, bool one, bool two, const char *type, struct err *err)
{
	const struct image image = image_of(format, one, two);
	const struct request request = { .type = type };

	*err = (struct err){ .code = ERR_NONE };
	return arch_find_loader(&made, &request, &image, err);
}

TEST(first_that_takes_it)
{
	struct err err;

	BEGIN_TEST();
	assert_ptr_equal(find(IMAGE_ELF, false, true, NULL, &err), &rows[0]);
	assert_ptr_equal(find(IMAGE_ELF, true, true, NULL, &err), &rows[0]);
	assert_ptr_equal(find(IMAGE_MULTIBOOT, true, true, NULL, &err), &rows[1]);
	assert_ptr_equal(find(IMAGE_ELF, true, false, NULL, &err), &rows[2]);
	assert_ptr_equal(find(IMAGE_MULTIBOOT, true, false, NULL, &err), &rows[4]);
}

TEST(named_row_of_the_image_s_format)
{
	struct err err;

	BEGIN_TEST();
	assert_ptr_equal(find(IMAGE_ELF, true, true, "one", &err), &rows[3]);
	assert_ptr_equal(find(IMAGE_MULTIBOOT, true, true, "one", &err), &rows[4]);
	assert_ptr_equal(find(IMAGE_MULTIBOOT, true, true, "two", &err), &rows[1]);
	assert_ptr_equal(find(IMAGE_ELF, true, true, "two", &err), &rows[0]);
	assert_ptr_equal(find(IMAGE_ELF, true, true, "elf", &err), &rows[2]);
}

TEST(refusals_name_each_type_once)
{
	struct err err;

	BEGIN_TEST();
	check_fails(find(IMAGE_ELF, true, true, "three", &err), &err, ERR_USAGE,
		    "Unsupported kernel type three: x86_64 knows two, elf, one");
	assert_null(strstr(err.text, "one, one"));
	check_fails(find(IMAGE_MULTIBOOT, true, false, "two", &err), &err, ERR_BAD_IMAGE,
		    "kernel is not of type two for x86_64: it is of type one");
	check_fails(find(IMAGE_MULTIBOOT, true, false, "elf", &err), &err, ERR_BAD_IMAGE, "it is of type one");
	check_fails(find(IMAGE_BZIMAGE, false, false, "elf", &err), &err, ERR_BAD_IMAGE,
		    "it is of type");
	check_fails(find(IMAGE_MULTIBOOT, false, false, NULL, &err), &err, ERR_BAD_IMAGE, "(there are: two, elf, one)");
}

TEST(every_architecture_is_found_by_its_id)
{
	BEGIN_TEST();
	for (const struct arch *const *arch = arch_table; *arch; arch++) {
		assert_ptr_equal(arch_by_id((*arch)->id), *arch);
		for (const struct loader *l = (*arch)->loaders; l->type; l++) {
			bool first = true;

			assert_non_null(l->load);
			for (const struct loader *k = (*arch)->loaders; k != l; k++)
				first = first && strcmp(k->type, l->type) != 0;
			/* Help shows each type once. */
			assert_true(first == (l->help != NULL));
		}
	}
	assert_null(arch_by_id(ARCH_NONE));
}

CHECK_MAIN(cmocka_unit_test(first_that_takes_it), cmocka_unit_test(named_row_of_the_image_s_format),
	   cmocka_unit_test(refusals_name_each_type_once), cmocka_unit_test(every_architecture_is_found_by_its_id))
