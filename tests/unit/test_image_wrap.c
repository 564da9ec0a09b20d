/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernels inside unified kernel images and EFI zboot images, and Images of other machines: tests/mk/pe.py. */
#include "config.h"

#include "check.h"

#include <inttypes.h>

#include "image.h"
#include "image_fixture.h"
#include "image_rules.h"
#include "kexec/image/inflate.h"

static struct err err;

/* Whether all codecs of a list by commas are there. "none" is none. */
static bool can_unpack(const char *codecs)
{
	char list[64];

	snprintf(list, sizeof(list), "%s", codecs);
	for (char *codec = strtok(list, ","); codec; codec = strtok(NULL, ",")) {
		bool known = strcmp(codec, "none") == 0, there = known;

		for (size_t i = 0; i < inflate_count(); i++)
			if (strcmp(inflate_at(i)->name, codec) == 0) {
				known = true;
				there = inflate_at(i)->unpack != NULL;
			}
		assert_true(known);
		if (!there)
			return false;
	}
	return true;
}

static enum image_format format_of(const char *name)
{
	static const struct {
		const char *name;
		enum image_format format;
	} formats[] = {
		{ "BZIMAGE", IMAGE_BZIMAGE },
		{ "ELF", IMAGE_ELF },
		{ "LINUX_EFI", IMAGE_LINUX_EFI },
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].format;
	fail_msg("list: format %s", name);
	return IMAGE_UNKNOWN;
}

static enum image_wrap wrap_of(const char *name)
{
	return strcmp(name, "UKI") == 0 ? WRAP_UKI : strcmp(name, "ZBOOT") == 0 ? WRAP_ZBOOT : WRAP_NONE;
}

static void check_bytes(struct arena *arena, const char *name, const char *what, struct blob found, const char *part)
{
	if (strcmp(part, "-") == 0) {
		if (found.size)
			fail_msg("%s: %s has %zu bytes, expected none", name, what, found.size);
		return;
	}

	struct blob wanted = fixture(arena, "wrap", part);

	if (found.size != wanted.size || memcmp(found.data, wanted.data, wanted.size) != 0)
		fail_msg("%s: %s has %zu bytes, which are not the %zu of %s", name, what, found.size, wanted.size, part);
}

static void check_cmdline(const char *name, const char *found, const char *wanted)
{
	if (strcmp(wanted, "none") == 0) {
		assert_null(found);
	} else if (*wanted == '#') {
		assert_int_equal(strlen(found), strtoul(wanted + 1, NULL, 10));
	} else if (!found || strcmp(found, wanted + 1) != 0) {
		fail_msg("%s: command line \"%s\", expected \"%s\"", name, found ? found : "(none)", wanted + 1);
	}
}

static void check_good(struct arena *arena, const char *name, struct blob file, const char *words)
{
	char format[16], codec[32], wrap[8], kernel[32], initrd[32], ucode[32], dtb[32], cmdline[256] = "";
	unsigned int profiles;
	struct image image;

	if (sscanf(words, "%15s %31s %7s %31s %31s %31s %31s %u %255[^\n]", format, codec, wrap, kernel, initrd, ucode, dtb,
		   &profiles, cmdline) != 9)
		fail_msg("list: %s %s", name, words);
	if (!can_unpack(codec)) {
		check_fails(image_from_blob(&image, name, file, &err), &err, ERR_UNSUPPORTED, "built without");
		return;
	}
	if (!image_from_blob(&image, name, file, &err))
		fail_msg("%s: %s", name, err.text);
	assert_int_equal(image.format, format_of(format));
	assert_int_equal(image.wrap, wrap_of(wrap));
	codec[strcspn(codec, ",")] = 0;
	assert_string_equal(codec_name(image.codec), codec);
	if (image.codec == CODEC_NONE)
		assert_null(rule_inside(image.data, file) ? NULL : name);
	check_bytes(arena, name, "the kernel", image.data, kernel);
	if (image.wrap == WRAP_UKI) {
		check_bytes(arena, name, ".initrd", image.uki.initrd, initrd);
		check_bytes(arena, name, ".ucode", image.uki.ucode, ucode);
		check_bytes(arena, name, ".dtb", image.uki.dtb, dtb);
		check_bytes(arena, name, "the device tree", image.dtb, dtb);
		assert_int_equal(image.uki.profiles, profiles);
		check_cmdline(name, image.uki.cmdline, cmdline);
	}
	if (image.format == IMAGE_BZIMAGE && rules_bzimage(&image.bzimage, image.data))
		fail_msg("%s: %s", name, rules_bzimage(&image.bzimage, image.data));
	image_release(&image);
}

static void check_row(char *line)
{
	char name[64], expected[16], words[1024] = "";
	struct arena arena;
	struct image image;

	if (sscanf(line, "%63s %15s %1023[^\n]", name, expected, words) != 3)
		fail_msg("list: %s", line);
	arena_init(&arena);

	struct blob file = exact_copy(fixture(&arena, "wrap", name));

	if (strcmp(expected, "good") == 0)
		check_good(&arena, name, file, words);
	else if (image_from_blob(&image, name, file, &err))
		fail_msg("%s: accepted, expected \"%s\"", name, words);
	else if (strstr(err.text, "built without"))
		assert_int_equal(err.code, ERR_UNSUPPORTED);
	else
		check_fails(image_from_blob(&image, name, file, &err), &err,
			    strcmp(expected, "bad") == 0 ? ERR_BAD_IMAGE : ERR_UNSUPPORTED, words);
	free_copy(file);
	arena_release(&arena);
}

TEST(files_are_what_their_maker_says)
{
	BEGIN_TEST();
	each_line("wrap", 110, check_row);
}

/* What is given back lies where it should, whatever was bent. */
static bool try_file(struct blob file)
{
	struct image image;

	err.code = ERR_NONE;
	err.text[0] = 0;
	if (!image_from_blob(&image, "bent", file, &err)) {
		assert_true(err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED);
		assert_int_not_equal(err.text[0], 0);
		return false;
	}
	if (image.codec == CODEC_NONE)
		assert_true(rule_inside(image.data, file));
	assert_true(rule_inside(image.uki.initrd, file) && rule_inside(image.uki.ucode, file));
	assert_true(image.format != IMAGE_BZIMAGE || !rules_bzimage(&image.bzimage, image.data));
	image_release(&image);
	return true;
}

/* All lengths of what is small, and some of the padding that a length may lose unseen. */
static void cut_all(const char *name, size_t unseen)
{
	struct arena arena;

	arena_init(&arena);

	struct blob whole = fixture(&arena, "wrap", name);

	for (size_t size = 1; size < whole.size; size++) {
		struct blob cut = exact_copy(blob_part(whole, 0, size));

		if (try_file(cut) && size + unseen < whole.size)
			fail_msg("%s cut to %zu of %zu bytes: accepted", name, size, whole.size);
		free_copy(cut);
	}
	arena_release(&arena);
}

TEST(every_cut_is_refused)
{
	BEGIN_TEST();
	cut_all("uki-all", 0);
	cut_all("uki-profile-override", 0);
	cut_all("image-arm64", 0);
	cut_all("image-loongarch", 0);
	if (!can_unpack("gzip,xz")) {
		print_message("SKIP: no gzip and xz in this build\n");
		return;
	}

	/* Padding of the section that the payload lies in. */
	cut_all("zboot-gzip", 512);
	cut_all("zboot-xz", 512);
}

static void bend_all(const char *name, size_t from, size_t to, size_t step, size_t *accepted, size_t *refused)
{
	static const uint32_t extremes[] = { 0, 1, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffe00, UINT32_MAX };
	struct arena arena;

	arena_init(&arena);

	struct blob whole = fixture(&arena, "wrap", name);

	for (size_t at = from; at < to; at += step) {
		for (size_t i = 0; i < 2 * sizeof(extremes) / sizeof(extremes[0]); i++) {
			struct blob bent = exact_copy(whole);
			uint8_t *bytes = (uint8_t *)(uintptr_t)bent.data;

			for (size_t b = 0; b < (i % 2 ? 4 : 2); b++)
				bytes[at + b] = (uint8_t)(extremes[i / 2] >> 8 * b);
			++*(try_file(bent) ? accepted : refused);
			free_copy(bent);
		}
	}
	arena_release(&arena);
}

TEST(extremes_in_every_place_break_no_rule)
{
	size_t accepted = 0, refused = 0;

	BEGIN_TEST();
	bend_all("uki-all", 0, 0x80 + 24, 1, &accepted, &refused);
	bend_all("uki-all", 0x80 + 24 + 0xf0, 0x80 + 24 + 0xf0 + 9 * 40, 1, &accepted, &refused);
	bend_all("uki-profile-override", 0x80 + 24 + 0xf0, 0x80 + 24 + 0xf0 + 12 * 40, 4, &accepted, &refused);
	bend_all("image-arm64", 0, 0x200, 1, &accepted, &refused);
	if (can_unpack("gzip"))
		bend_all("zboot-gzip", 0, 64, 1, &accepted, &refused);
	if (accepted < 1000 || refused < 1000)
		fail_msg("%zu accepted, %zu refused: the test does not reach what it should", accepted, refused);
}

CHECK_MAIN(cmocka_unit_test(files_are_what_their_maker_says), cmocka_unit_test(every_cut_is_refused),
	   cmocka_unit_test(extremes_in_every_place_break_no_rule))
