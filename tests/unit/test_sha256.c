/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each SHA-256 of this CPU against FIPS 180-4's examples, against Python's hashlib, and against the portable
 * one.
 */
#include "check.h"

#include "sha256.h"

#define FIRST_LENGTHS 301

static void check_hex(const uint8_t digest[SHA256_DIGEST_SIZE], const char *expected)
{
	char text[2 * SHA256_DIGEST_SIZE + 1];

	for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(text, expected);
}

static void digest_of(sha256_blocks_fn *blocks, const void *data, size_t size, uint8_t digest[SHA256_DIGEST_SIZE])
{
	struct sha256 sha;

	sha256_start(&sha, blocks);
	sha256_add(&sha, data, size);
	sha256_finish(&sha, digest);
}

/* The whole of a file below FIXTURES/sha256, of exactly that size. */
static uint8_t *read_fixture(const char *name, size_t size)
{
	char path[4096];
	uint8_t *bytes = malloc(size + 1);
	FILE *file;

	snprintf(path, sizeof(path), "%s/sha256/%s", check_env("FIXTURES"), name);
	file = fopen(path, "rb");
	if (!file || !bytes)
		fail_msg("cannot open %s", path);
	assert_int_equal(fread(bytes, 1, size + 1, file), size);
	fclose(file);
	return bytes;
}

#define FOR_EACH_CHOICE(index, choice) \
	for (struct sha256_choice choice; (choice = sha256_choice(index)).blocks; (index)++)

TEST(fips_examples)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	unsigned int index = 0;
	char *million = malloc(1000000);

	BEGIN_TEST();
	assert_non_null(million);
	memset(million, 'a', 1000000);
	FOR_EACH_CHOICE(index, choice) {
		print_message("%s\n", choice.name);
		digest_of(choice.blocks, "abc", 3, digest);
		check_hex(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
		digest_of(choice.blocks, "", 0, digest);
		check_hex(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
		digest_of(choice.blocks,
			  "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
			  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
			  112, digest);
		check_hex(digest, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
		digest_of(choice.blocks, million, 1000000, digest);
		check_hex(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	}
	assert_true(index >= 1);
	free(million);
}

/* At each distance from an aligned address, for loads may be wider than a byte. */
TEST(all_short_lengths)
{
	uint8_t *expected = read_fixture("lengths", FIRST_LENGTHS * SHA256_DIGEST_SIZE);
	uint8_t digest[SHA256_DIGEST_SIZE];
	uint8_t message[FIRST_LENGTHS + 16];
	unsigned int index = 0;

	BEGIN_TEST();
	FOR_EACH_CHOICE(index, choice) {
		for (size_t length = 0; length < FIRST_LENGTHS; length++) {
			for (size_t shift = 0; shift < 16; shift += 5) {
				for (size_t i = 0; i < length; i++)
					message[shift + i] = (uint8_t)(i * 7 + length);
				digest_of(choice.blocks, message + shift, length, digest);
				assert_memory_equal(digest, expected + length * SHA256_DIGEST_SIZE, sizeof(digest));
			}
		}
	}
	free(expected);
}

TEST(parts_make_the_whole)
{
	uint8_t message[500], whole[SHA256_DIGEST_SIZE], digest[SHA256_DIGEST_SIZE];
	unsigned int index = 0;

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)(i * 31 >> 3);
	digest_of(sha256_blocks_portable, message, sizeof(message), whole);
	FOR_EACH_CHOICE(index, choice) {
		for (size_t part = 1; part <= sizeof(message); part++) {
			struct sha256 sha;

			sha256_start(&sha, choice.blocks);
			for (size_t at = 0; at < sizeof(message); at += part) {
				size_t left = sizeof(message) - at;

				sha256_add(&sha, message + at, left < part ? left : part);
			}
			sha256_finish(&sha, digest);
			assert_memory_equal(digest, whole, sizeof(digest));
		}
	}
}

TEST(zeros)
{
	static const uint64_t counts[] = {
		0, 1, 51, 52, 57, 58, 63, 64, 65, 1017, 1018, 1023, 1024, 1025, 4096, 65536, 1000003,
	};
	size_t number = sizeof(counts) / sizeof(counts[0]);
	uint8_t *expected = read_fixture("zeros", number * SHA256_DIGEST_SIZE);
	uint8_t digest[SHA256_DIGEST_SIZE];
	unsigned int index = 0;

	BEGIN_TEST();
	FOR_EACH_CHOICE(index, choice) {
		for (size_t i = 0; i < number; i++) {
			struct sha256 sha;

			sha256_start(&sha, choice.blocks);
			sha256_add(&sha, "before", 6);
			sha256_add_zeros(&sha, counts[i]);
			sha256_add(&sha, "after", 5);
			sha256_finish(&sha, digest);
			assert_memory_equal(digest, expected + i * SHA256_DIGEST_SIZE, sizeof(digest));
		}
	}
	free(expected);
}

/* The context holds no pointer into itself: both copies go on as if they had read everything. */
TEST(copied_context)
{
	uint8_t digest[SHA256_DIGEST_SIZE], expected[SHA256_DIGEST_SIZE];
	uint8_t message[150] = { 0 };
	struct sha256 first, second;

	BEGIN_TEST();
	sha256_start(&first, sha256_best());
	sha256_add(&first, message, 100);
	memcpy(&second, &first, sizeof(second));
	memset(message + 100, 1, 50);
	digest_of(sha256_blocks_portable, message, 150, expected);
	sha256_add(&first, message + 100, 50);
	sha256_finish(&first, digest);
	assert_memory_equal(digest, expected, sizeof(digest));

	memset(message + 100, 2, 50);
	digest_of(sha256_blocks_portable, message, 150, expected);
	memset(&first, 0xff, sizeof(first));
	sha256_add(&second, message + 100, 50);
	sha256_finish(&second, digest);
	assert_memory_equal(digest, expected, sizeof(digest));
}

static void does_nothing(uint32_t state[8], const uint8_t *blocks, size_t count)
{
	(void)state;
	(void)blocks;
	(void)count;
}

static void forgets_second_block(uint32_t state[8], const uint8_t *blocks, size_t count)
{
	sha256_blocks_portable(state, blocks, count ? 1 : 0);
}

static void one_bit_off(uint32_t state[8], const uint8_t *blocks, size_t count)
{
	sha256_blocks_portable(state, blocks, count);
	state[7] ^= 1;
}

TEST(known_answer)
{
	unsigned int index = 0;

	BEGIN_TEST();
	FOR_EACH_CHOICE(index, choice)
		assert_true(sha256_known_answer(choice.blocks));
	assert_false(sha256_known_answer(does_nothing));
	assert_false(sha256_known_answer(forgets_second_block));
	assert_false(sha256_known_answer(one_bit_off));
}

TEST(the_best_is_the_first_right_one)
{
	BEGIN_TEST();
	assert_true(sha256_best() == sha256_choice(0).blocks);
	for (unsigned int i = 0; i < 5; i++) {
		if (sha256_choice(i).blocks == sha256_blocks_portable) {
			assert_null(sha256_choice(i + 1).blocks);
			return;
		}
	}
	fail_msg("the portable one is not among the choices");
}

CHECK_MAIN(cmocka_unit_test(fips_examples), cmocka_unit_test(all_short_lengths), cmocka_unit_test(parts_make_the_whole),
	   cmocka_unit_test(zeros), cmocka_unit_test(copied_context), cmocka_unit_test(known_answer),
	   cmocka_unit_test(the_best_is_the_first_right_one))
