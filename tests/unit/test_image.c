/* SPDX-License-Identifier: GPL-2.0-only */
/* From a file's name to its format: opening, unpacking, telling one kind from another. */
#include "config.h"

#include "check.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_fixture.h"
#include "kexec/image/identify.h"
#include "kexec/image/inflate.h"

static struct arena arena;
static struct err err;

static const char *packed(const char *name)
{
	return fixture_path(&arena, "packed", name);
}

static bool can_unpack(const char *codec)
{
	for (size_t i = 0; i < inflate_count(); i++)
		if (strcmp(inflate_at(i)->name, codec) == 0)
			return inflate_at(i)->unpack != NULL;
	fail_msg("no codec %s", codec);
	return false;
}

TEST(a_plain_kernel_is_mapped_and_its_file_stays_open)
{
	const char *path = fixture_path(&arena, "s390_image", "plain");
	struct blob wanted = fixture(&arena, "s390_image", "plain");
	struct stat by_name, by_fd;
	struct image image;

	BEGIN_TEST();
	check_ok(image_open(&image, path, &err), &err);
	assert_int_equal(image.format, IMAGE_S390);
	assert_int_equal(image.codec, CODEC_NONE);
	assert_string_equal(image.path, path);
	assert_int_equal(image.data.size, wanted.size);
	assert_memory_equal(image.data.data, wanted.data, wanted.size);
	assert_ptr_equal(image.data.data, image.file.data);
	assert_int_equal(image.initrd.size, 0);
	assert_int_equal(stat(path, &by_name), 0);
	assert_int_equal(fstat(image.fd, &by_fd), 0);
	assert_int_equal(by_name.st_ino, by_fd.st_ino);

	int fd = image.fd;

	image_release(&image);
	assert_int_equal(image.fd, -1);
	assert_int_equal(fstat(fd, &by_fd), -1);
	image_release(&image); /* twice does no harm */
}

TEST(each_codec_and_format_together)
{
	static const struct {
		const char *name;
		enum codec codec;
	} files[] = {
		{ "gzip", CODEC_GZIP }, { "xz", CODEC_XZ },	  { "lzma", CODEC_LZMA },
		{ "zstd", CODEC_ZSTD }, { "bzip2", CODEC_BZIP2 }, { "lz4", CODEC_LZ4 },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *s390 = arena_printf(&arena, "%s-s390", files[i].name);
		struct image image;

		assert_string_equal(codec_name(files[i].codec), files[i].name);
		if (!can_unpack(files[i].name)) {
			check_fails(image_open(&image, packed(s390), &err), &err, ERR_UNSUPPORTED,
				    "built without");
			continue;
		}
		check_ok(image_open(&image, packed(s390), &err), &err);
		assert_int_equal(image.codec, files[i].codec);
		assert_int_equal(image.format, IMAGE_S390);
		assert_int_equal(image.s390.size, image.data.size);
		assert_true(image.file.data != image.data.data);
		image_release(&image);

		check_ok(image_open(&image, packed(files[i].name), &err), &err);
		assert_int_equal(image.codec, files[i].codec);
		assert_int_equal(image.format, IMAGE_ELF);
		assert_ptr_equal(image.elf.file.data, image.data.data);
		assert_int_equal(image.elf.segment_count, 6);
		image_release(&image);
	}
	assert_string_equal(codec_name(CODEC_NONE), "none");
	assert_string_equal(image_format_name(IMAGE_ELF), "ELF");
	assert_string_equal(image_format_name(IMAGE_S390), "Linux/s390 image");
	assert_string_equal(image_format_name(IMAGE_UNKNOWN), "unknown");
}

TEST(files_that_cannot_be_opened)
{
	struct image image;

	BEGIN_TEST();
	check_fails(image_open(&image, packed("no-such-file"), &err), &err, ERR_SYSTEM, "no-such-file");
	check_fails(image_open(&image, "/", &err), &err, ERR_SYSTEM, "/");
	check_fails(image_open(&image, "/dev/null", &err), &err, ERR_BAD_IMAGE, "/dev/null: is empty");
	assert_int_equal(image.fd, -1);
	image_release(&image);
}

static void fails_from(const char *bytes, size_t size, enum err_code code, const char *words)
{
	struct blob copy = exact_copy((struct blob){ (const uint8_t *)bytes, size });
	struct image image;

	check_fails(image_from_blob(&image, "boot/kernel", copy, &err), &err, code, words);
	check_fails(image_from_blob(&image, "boot/kernel", copy, &err), &err, code, "boot/kernel: ");
	free_copy(copy);
}

/* `bytes` at `at`, after `first` at 0, in 4096 bytes. */
static void strange(const char *first, size_t first_size, size_t at, const char *bytes, size_t size,
		    enum err_code code, const char *words)
{
	static char file[4096];

	memset(file, 0x90, sizeof(file));
	memcpy(file, first, first_size);
	memcpy(file + at, bytes, size);
	fails_from(file, sizeof(file), code, words);
}

TEST(known_strangers_are_named)
{
	BEGIN_TEST();
	strange("MZ", 2, 60, "\x80", 1, ERR_UNSUPPORTED, "a PE (EFI) program without a kernel inside");
	strange("\x36\x13\x03\x1b", 4, 100, "x", 1, ERR_UNSUPPORTED, "a network boot image (NBI)");
	strange("BeoB", 4, 100, "x", 1, ERR_UNSUPPORTED, "a beoboot image");
	strange("\x27\x05\x19\x56", 4, 100, "x", 1, ERR_UNSUPPORTED, "a U-Boot uImage");
	strange("ANDROID!", 8, 100, "x", 1, ERR_UNSUPPORTED, "an Android boot image");
	strange("\xd0\x0d\xfe\xed", 4, 100, "x", 1, ERR_UNSUPPORTED, "a device tree blob");
	strange("", 0, 0x24, "\x18\x28\x6f\x01", 4, ERR_UNSUPPORTED, "an arm zImage");
	strange("070701", 6, 100, "x", 1, ERR_BAD_IMAGE, "give it with --initrd");
	strange("\x89LZO\0\r\n\x1a\n", 9, 100, "x", 1, ERR_UNSUPPORTED, "lzop -d");

	strange("\0\x08\0\0\x80\0\x02\0\x02\0\0\x18\x60\0\0\x50", 16, 100, "x", 1, ERR_BAD_IMAGE, "since 3.2");
	strange("\0\x08\0\0\x81\0\x02\0\x02\0\0\x18\x60\0\0\x50", 16, 100, "x", 1, ERR_BAD_IMAGE,
		"no kernel of a known format");

	/* Both of bzImage's magics are needed. */
	char head[4096] = { 0 };

	memcpy(head + 0x202, "HdrS", 4);
	fails_from(head, sizeof(head), ERR_BAD_IMAGE, "no kernel of a known format");
	memcpy(head + 0x1fe, "\x55\xaa", 2);
	fails_from(head, sizeof(head), ERR_UNSUPPORTED, "x86 bzImage: boot protocol 0.00");

	static char disc[0x9000];

	memcpy(disc + 0x8001, "CD001", 5);
	fails_from(disc, sizeof(disc), ERR_BAD_IMAGE, "an ISO 9660 image");
}

TEST(the_unknown_is_described_with_what_was_looked_for)
{
	static const char zeros[8192];

	BEGIN_TEST();
	fails_from(zeros, sizeof(zeros), ERR_BAD_IMAGE,
		   "8192 bytes that begin with 00 00 00 00 00 00 00 00; ");
	fails_from(zeros, sizeof(zeros), ERR_BAD_IMAGE,
		   "looked for: ELF (\"\\177ELF\" at byte 0), x86 bzImage (\"HdrS\" at byte 0x202), "
		   "Linux Image of arm64, RISC-V or LoongArch (a magic at byte 56), "
		   "Linux/s390 image (\"S390EP\" at byte 0x10008), multiboot kernel (a header in its first 32768 "
		   "bytes), or any of these in a unified kernel image, or packed with gzip, xz, zstd, bzip2, lz4, lzma");
	fails_from("hello", 5, ERR_BAD_IMAGE, "5 bytes that begin with 68 65 6c 6c 6f; ");
	fails_from("x", 1, ERR_BAD_IMAGE, "1 bytes that begin with 78; ");
	fails_from("", 0, ERR_BAD_IMAGE, "is empty");
}

TEST(what_was_unpacked_is_judged_like_a_file)
{
	struct image image;

	BEGIN_TEST();
	if (!can_unpack("gzip"))
		skip();
	check_ok(image_open(&image, packed("loads"), &err), &err);
	image_release(&image);
	check_fails(image_open(&image, packed("twice"), &err), &err, ERR_UNSUPPORTED,
		    "unpacked from gzip: is packed again, with xz: unpack it first (xz -d)");
	check_fails(image_open(&image, packed("stranger"), &err), &err, ERR_BAD_IMAGE,
		    "unpacked from gzip: is no kernel of a known format: 16 bytes");
	check_fails(image_open(&image, packed("stranger-known"), &err), &err, ERR_BAD_IMAGE,
		    "unpacked from gzip: looks like a cpio archive");
	check_fails(image_open(&image, packed("inside-damaged"), &err), &err, ERR_BAD_IMAGE,
		    "unpacked from gzip: damaged ELF file: ");
	check_fails(image_open(&image, packed("gzip-crc"), &err), &err, ERR_BAD_IMAGE,
		    "gzip-crc: cannot unpack it with gzip: ");
}

TEST(a_format_is_preferred_to_a_codec)
{
	struct blob plain = exact_copy(fixture(&arena, "s390_image", "no-ipl-record"));
	struct image image;

	BEGIN_TEST();
	memcpy((uint8_t *)(uintptr_t)plain.data, "\x1f\x8b\x08", 3);
	check_ok(image_from_blob(&image, "image", plain, &err), &err);
	assert_int_equal(image.codec, CODEC_NONE);
	assert_int_equal(image.format, IMAGE_S390);
	assert_int_equal(image.fd, -1);
	image_release(&image);
	free_copy(plain);
}

TEST(the_limit_of_unpacking_reaches_the_user)
{
	struct image image = { .fd = -1, .path = "bomb", .file = fixture(&arena, "packed", "gzip-s390") };

	BEGIN_TEST();
	if (!can_unpack("gzip"))
		skip();
	arena_init(&image.arena);
	check_fails(image_identify(&image, 65536, &err), &err, ERR_NO_ROOM, "more than 65536 bytes");
	image_release(&image);
}

/* What the outer packing yields is no longer there for the inner one: a bomb has one limit for all its layers. */
TEST(the_limit_of_unpacking_is_one_for_all_layers)
{
	struct image image = { .fd = -1, .path = "bomb", .file = fixture(&arena, "wrap", "uki-both") };

	BEGIN_TEST();
	if (!can_unpack("gzip") || !can_unpack("xz"))
		skip();
	arena_init(&image.arena);
	check_ok(image_identify(&image, 65536, &err), &err);

	uint64_t inner = image.data.size, outer = 0;

	image_release(&image);
	for (uint64_t limit = inner; !outer; limit++) {
		image = (struct image){ .fd = -1, .path = "bomb", .file = fixture(&arena, "wrap", "uki-both") };
		arena_init(&image.arena);
		if (image_identify(&image, limit, &err))
			outer = limit - inner;
		else
			assert_int_equal(err.code, ERR_NO_ROOM);
		image_release(&image);
	}
	assert_true(outer > 1000);
}

/* A kernel from a pipe has no size beforehand and cannot be mapped. */
TEST(a_kernel_from_a_pipe)
{
	struct blob small = fixture(&arena, "packed", "payload-elf");
	struct image image;
	int ends[2];

	BEGIN_TEST();
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], small.data, small.size), (ssize_t)small.size);
	close(ends[1]);
	check_ok(image_open(&image, arena_printf(&arena, "/proc/self/fd/%d", ends[0]), &err), &err);
	assert_int_equal(image.format, IMAGE_ELF);
	assert_int_equal(image.file.size, small.size);
	image_release(&image);
	close(ends[0]);
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

CHECK_MAIN(CASE(a_plain_kernel_is_mapped_and_its_file_stays_open), CASE(each_codec_and_format_together),
	   CASE(files_that_cannot_be_opened), CASE(known_strangers_are_named),
	   CASE(the_unknown_is_described_with_what_was_looked_for),
	   CASE(what_was_unpacked_is_judged_like_a_file), CASE(a_format_is_preferred_to_a_codec),
	   CASE(the_limit_of_unpacking_reaches_the_user),
	   CASE(the_limit_of_unpacking_is_one_for_all_layers), CASE(a_kernel_from_a_pipe))
