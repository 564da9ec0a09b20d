/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes along with a kernel: initrds inside and beside it, modules, device trees. */
#include "config.h"

#include "check.h"

#include <errno.h>
#include <unistd.h>

#include "image.h"
#include "image_fixture.h"
#include "kexec/image/inflate.h"

static struct arena arena;
static struct err err;

static const char *wrap_path(const char *name)
{
	return fixture_path(&arena, "wrap", name);
}

static void check_at(struct blob found, size_t at, struct blob wanted)
{
	struct blob part = blob_part(found, at, wanted.size);

	assert_int_equal(part.size, wanted.size);
	assert_memory_equal(part.data, wanted.data, wanted.size);
}

static void check_zeros(struct blob found, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		assert_int_equal(found.data[i], 0);
}

static size_t up(size_t size, size_t pad)
{
	return (size + pad - 1) / pad * pad;
}

TEST(initrds_of_a_unified_kernel_image_go_first)
{
	static const uint64_t pads[] = { 4, 512, 4096, 65536 };
	struct blob ucode = fixture(&arena, "wrap", "part-ucode"), own = fixture(&arena, "wrap", "part-initrd");
	struct blob other = fixture(&arena, "wrap", "part-other");
	const char *const paths[] = { wrap_path("part-other"), wrap_path("part-ucode") };

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(pads) / sizeof(pads[0]); i++) {
		size_t pad = (size_t)pads[i];
		struct image image;

		check_ok(image_open(&image, wrap_path("uki-all"), &err), &err);
		check_ok(image_add_initrds(&image, paths, 2, pad, &err), &err);

		size_t second = up(ucode.size, pad), third = up(second + own.size, pad);
		size_t fourth = up(third + other.size, pad);

		check_at(image.initrd, 0, ucode);
		check_zeros(image.initrd, ucode.size, second);
		check_at(image.initrd, second, own);
		check_zeros(image.initrd, second + own.size, third);
		check_at(image.initrd, third, other);
		check_zeros(image.initrd, third + other.size, fourth);
		check_at(image.initrd, fourth, ucode);
		assert_int_equal(image.initrd.size, fourth + ucode.size);
		image_release(&image);

		check_ok(image_open(&image, wrap_path("uki-all"), &err), &err);
		check_ok(image_add_initrds(&image, NULL, 0, pad, &err), &err);
		check_at(image.initrd, 0, ucode);
		check_at(image.initrd, second, own);
		assert_int_equal(image.initrd.size, second + own.size);
		image_release(&image);
	}
}

TEST(a_single_initrd_of_a_unified_kernel_image_is_not_copied)
{
	struct image image;

	BEGIN_TEST();
	check_ok(image_open(&image, wrap_path("uki-profile"), &err), &err);
	check_ok(image_add_initrds(&image, NULL, 0, 4096, &err), &err);
	assert_ptr_equal(image.initrd.data, image.uki.initrd.data);
	assert_int_equal(image.initrd.size, image.uki.initrd.size);
	image_release(&image);

	check_ok(image_open(&image, wrap_path("uki-kernel"), &err), &err);
	check_ok(image_add_initrds(&image, NULL, 0, 4096, &err), &err);
	assert_int_equal(image.initrd.size, 0);
	image_release(&image);
}

static struct image start_image(void)
{
	struct image image = { .fd = -1 };

	arena_init(&image.arena);
	return image;
}

static const char *module_text(const char *folder, const char *name, const char *arguments)
{
	return arena_printf(&arena, "%s%s", fixture_path(&arena, folder, name), arguments);
}

TEST(modules_keep_their_order_and_whole_text)
{
	static const char *const arguments[] = { "", " ", " a b  c ", "\tx" };
	struct image image = start_image();
	struct blob wanted = fixture(&arena, "wrap", "part-other");

	BEGIN_TEST();
	for (size_t i = 0; i < 4; i++)
		check_ok(image_add_module(&image, module_text("wrap", "part-other", arguments[i]), &err), &err);
	assert_int_equal(image.module_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(image.modules[i].text, module_text("wrap", "part-other", arguments[i]));
		assert_int_equal(image.modules[i].data.size, wanted.size);
		check_at(image.modules[i].data, 0, wanted);
	}
	image_release(&image);
}

static bool has_codec(enum codec codec)
{
	for (size_t i = 0; i < inflate_count(); i++)
		if (inflate_at(i)->codec == codec)
			return inflate_at(i)->unpack != NULL;
	return false;
}

/* Of the codecs those that kexec-tools unpacks, and only what is packed to its end. */
TEST(packed_modules)
{
	static const struct {
		const char *name;
		enum codec codec;
		bool unpacked;
	} files[] = {
		{ "gzip", CODEC_GZIP, true },	     { "zstd", CODEC_ZSTD, true },
		{ "lzma", CODEC_LZMA, true },	     { "xz", CODEC_XZ, false },
		{ "bzip2", CODEC_BZIP2, false },     { "lz4", CODEC_LZ4, false },
		{ "gzip-members", CODEC_GZIP, true }, { "gzip-garbage", CODEC_GZIP, false },
		{ "gzip-crc", CODEC_GZIP, false },   { "zstd-cut", CODEC_ZSTD, false },
		{ "payload-elf", CODEC_NONE, false },
	};
	struct blob plain = fixture(&arena, "packed", "payload-elf");

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct image image = start_image();
		struct blob file = fixture(&arena, "packed", files[i].name);
		struct blob wanted = files[i].unpacked && has_codec(files[i].codec) ? plain : file;

		check_ok(image_add_module(&image, module_text("packed", files[i].name, " x"), &err), &err);
		if (image.modules[0].data.size != wanted.size)
			fail_msg("%s: %zu bytes, expected %zu", files[i].name, image.modules[0].data.size, wanted.size);
		check_at(image.modules[0].data, 0, wanted);
		image_release(&image);
	}
}

TEST(modules_that_cannot_be_read)
{
	struct image image = start_image();

	BEGIN_TEST();
	check_fails(image_add_module(&image, "", &err), &err, ERR_USAGE, "names no file");
	check_fails(image_add_module(&image, " /bin/true", &err), &err, ERR_USAGE, "--module=\" /bin/true\"");
	check_fails(image_add_module(&image, "/no/such/file with=this", &err), &err, ERR_SYSTEM,
		    "module: cannot open /no/such/file");
	assert_int_equal(err.errnum, ENOENT);
	check_fails(image_add_module(&image, "/dev/null", &err), &err, ERR_BAD_IMAGE, "module /dev/null: is empty");
	assert_int_equal(image.module_count, 0);
	image_release(&image);
}

#ifdef HAVE_LIBFDT
static const bool has_libfdt = true;
#else
static const bool has_libfdt = false;
#endif

static void dtb_row(char *line)
{
	char name[64], expected[16], words[256] = "";
	struct image image = start_image();

	if (sscanf(line, "%63s %15s %255[^\n]", name, expected, words) != 3)
		fail_msg("list: %s", line);

	const char *path = fixture_path(&arena, "dtb", name);

	if (strcmp(expected, "good") == 0) {
		struct blob file = fixture(&arena, "dtb", name);

		check_ok(image_set_dtb(&image, path, &err), &err);
		assert_int_equal(image.dtb.size, strtoul(words, NULL, 10));
		check_at(file, 0, image.dtb);
		assert_int_equal((uintptr_t)image.dtb.data % 8, 0);
	} else if (strcmp(expected, "old") == 0 && has_libfdt) {
		struct blob wanted = fixture(&arena, "dtb", words);

		check_ok(image_set_dtb(&image, path, &err), &err);
		assert_int_equal(image.dtb.size, wanted.size);
		assert_memory_equal(image.dtb.data, wanted.data, wanted.size);
		assert_int_equal((uintptr_t)image.dtb.data % 8, 0);
	} else if (strcmp(expected, "old") == 0) {
		check_fails(image_set_dtb(&image, path, &err), &err, ERR_UNSUPPORTED, "dtc -I dtb -O dtb -V 17");
	} else {
		check_fails(image_set_dtb(&image, path, &err), &err,
			    strcmp(expected, "bad") == 0 ? ERR_BAD_IMAGE : ERR_UNSUPPORTED, words);
		check_fails(!err.text[0], &err, err.code, arena_printf(&arena, "device tree %s: ", path));
		assert_int_equal(image.dtb.size, 0);
	}
	image_release(&image);
}

TEST(device_trees)
{
	struct image image = start_image();

	BEGIN_TEST();
	each_line("dtb", 21, dtb_row);
	check_fails(image_set_dtb(&image, "/no/such/file", &err), &err, ERR_SYSTEM, "/no/such/file");
	image_release(&image);
}

/* Each byte changed, under sanitizers: an error, or a tree no longer than the file but for the larger header. */
static void bend_tree(const char *name)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct blob whole = fixture(&arena, "dtb", name);
	char path[] = "/tmp/kexec-dtb.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);

	const char *open_path = arena_printf(&arena, "/proc/self/fd/%d", fd);

	for (size_t i = 0; i < whole.size * sizeof(values); i++) {
		struct image image = start_image();
		size_t at = i / sizeof(values);

		assert_int_equal(pwrite(fd, whole.data, whole.size, 0), (ssize_t)whole.size);
		assert_int_equal(pwrite(fd, &values[i % sizeof(values)], 1, (off_t)at), 1);
		if (image_set_dtb(&image, open_path, &err))
			assert_true(image.dtb.size > 0 && image.dtb.size <= whole.size + 8);
		else
			assert_true(err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED);
		image_release(&image);
	}
	close(fd);
}

TEST(bent_device_trees)
{
	BEGIN_TEST();
	bend_tree("plain");
	bend_tree("version-16-short");
	bend_tree("version-16-linux");
}

static int start(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

CHECK_MAIN(CASE(initrds_of_a_unified_kernel_image_go_first),
	   CASE(a_single_initrd_of_a_unified_kernel_image_is_not_copied), CASE(modules_keep_their_order_and_whole_text),
	   CASE(packed_modules), CASE(modules_that_cannot_be_read), CASE(device_trees), CASE(bent_device_trees))
