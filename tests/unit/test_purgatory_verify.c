/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * purgatory/verify.c over a model of memory, in both byte orders: what is intact passes, each single changed
 * byte is refused and named, and no number that a changed byte makes leads it out of what it may read.
 */
#include "check.h"

#include "plan.h"
#include "purgatory/env.h"
#include "purgatory/role_names.h"
#include "purgatory_abi.h"
#include "sha256.h"

#define START UINT64_C(0x7f002000)
#define CRASH_START UINT64_C(0x7f000000)
#define CRASH_END UINT64_C(0x80000000)
#define PARAMS_AT 0x88
#define MEMORY_SIZE 0x180
#define REGIONS 4
#define IMAGE_SIZE (MEMORY_SIZE + REGIONS * sizeof(struct purgatory_region))

#define ZEROS_FROM 100 /* of region 2: the bytes from here on are in no buffer */

struct scene {
	enum order order;
	uint8_t *image; /* exactly as large as what may be read, so that a sanitizer sees each byte too many */
	struct purgatory_params *params;
	struct purgatory_region *regions;
	uint8_t bytes[REGIONS][300];
	bool unreadable;
	struct purgatory_memory memory;
};

static const struct {
	uint64_t start, length;
	enum segment_role role;
	bool hashed;
} made[REGIONS] = {
	{ CRASH_START + 0xf000, 64, SEGMENT_MEMINFO, true },
	{ CRASH_START + 0x10000, 300, SEGMENT_PARMAREA, true },
	{ CRASH_START + 0x10000 + 300, 180, SEGMENT_KERNEL, true },
	{ CRASH_END - 77, 77, SEGMENT_ELFCOREHDR, false },
};

/* Hands memory out in small pieces. */
static const uint8_t *map(const void *cookie, uint64_t address, uint64_t *length)
{
	const struct scene *scene = cookie;

	for (size_t i = 0; i < REGIONS; i++) {
		uint64_t at = address - made[i].start;

		if (address < made[i].start || at >= made[i].length)
			continue;
		if (scene->unreadable)
			break;
		if (*length > 37)
			*length = 37;
		if (*length > made[i].length - at)
			*length = made[i].length - at;
		if (made[i].role == SEGMENT_KERNEL && at >= ZEROS_FROM)
			return NULL;
		if (made[i].role == SEGMENT_KERNEL && *length > ZEROS_FROM - at)
			*length = ZEROS_FROM - at;
		return scene->bytes[i] + at;
	}
	*length = 0;
	return NULL;
}

static struct purgatory_header *header_of(struct scene *scene)
{
	return (struct purgatory_header *)scene->image;
}

/* As a loader does last. */
static void sign(struct scene *scene)
{
	uint64_t size = raw32_get(scene->params->region_count, scene->order) * sizeof(struct purgatory_region);

	purgatory_digest(scene->params, scene->regions, size, sha256_blocks_portable, scene->params->digest);
}

static void set_up(struct scene *scene, enum order order)
{
	memset(scene, 0, sizeof(*scene));
	scene->order = order;
	scene->memory = (struct purgatory_memory){ .order = order, .map = map, .cookie = scene };
	scene->image = calloc(1, IMAGE_SIZE);
	assert_non_null(scene->image);
	scene->params = (struct purgatory_params *)(scene->image + PARAMS_AT);
	scene->regions = (struct purgatory_region *)(scene->image + MEMORY_SIZE);
	*header_of(scene) = (struct purgatory_header){
		.magic = PURGATORY_MAGIC,
		.abi = raw32_make(PURGATORY_ABI, order),
		.header_size = raw32_make(sizeof(struct purgatory_header), order),
		.file_size = raw64_make(0x170, order),
		.memory_size = raw64_make(MEMORY_SIZE, order),
		.align = raw64_make(4096, order),
		.params_offset = raw64_make(PARAMS_AT, order),
		.params_size = raw64_make(sizeof(struct purgatory_params), order),
	};
	*scene->params = (struct purgatory_params){
		.flags = raw32_make(PURGATORY_FLAG_CRASH, order),
		.regions_offset = raw64_make(MEMORY_SIZE, order),
		.region_count = raw32_make(REGIONS, order),
		.region_size = raw32_make(sizeof(struct purgatory_region), order),
		.segment_size = raw64_make(IMAGE_SIZE, order),
		.crash_start = raw64_make(CRASH_START, order),
		.crash_end = raw64_make(CRASH_END, order),
		.handoff = { raw64_make(0x10010, order) },
	};
	for (size_t i = 0; i < REGIONS; i++) {
		struct sha256 sha;
		bool kernel = made[i].role == SEGMENT_KERNEL;

		for (size_t j = 0; j < sizeof(scene->bytes[i]); j++)
			scene->bytes[i][j] = (uint8_t)(i * 50 + j);
		scene->regions[i] = (struct purgatory_region){
			.start = raw64_make(made[i].start, order),
			.length = raw64_make(made[i].length, order),
			.role = raw32_make(made[i].role, order),
			.flags = raw32_make(made[i].hashed ? PURGATORY_REGION_HASHED : 0, order),
		};
		if (!made[i].hashed)
			continue;
		sha256_start(&sha, sha256_blocks_portable);
		sha256_add(&sha, scene->bytes[i], kernel ? ZEROS_FROM : (size_t)made[i].length);
		if (kernel)
			sha256_add_zeros(&sha, made[i].length - ZEROS_FROM);
		sha256_finish(&sha, scene->regions[i].sha256);
	}
	sign(scene);
}

static void tear_down(struct scene *scene)
{
	free(scene->image);
}

static struct purgatory_verdict verify(struct scene *scene)
{
	return purgatory_verify(scene->image, IMAGE_SIZE, START, &scene->memory, sha256_best());
}

static void check_result(struct scene *scene, uint32_t expected)
{
	assert_int_equal(verify(scene).result, expected);
	assert_int_equal(raw32_get(scene->params->result, scene->order), expected);
}

#define FOR_BOTH_ORDERS(order) for (enum order order = ORDER_LITTLE; order <= ORDER_BIG; order++)

TEST(intact)
{
	BEGIN_TEST();
	FOR_BOTH_ORDERS(order) {
		struct scene scene;

		set_up(&scene, order);
		check_result(&scene, PURGATORY_RESULT_INTACT);
		assert_true(purgatory_may_start(verify(&scene)));

		/* A second look must not mind what the first one wrote. */
		check_result(&scene, PURGATORY_RESULT_INTACT);
		tear_down(&scene);
	}
}

/* Nothing but the two result fields is written, and the rest of the image as it was does not matter. */
TEST(writes_its_result_alone)
{
	struct scene scene;
	uint8_t before[IMAGE_SIZE];
	size_t result_at = PARAMS_AT + offsetof(struct purgatory_params, result);

	BEGIN_TEST();
	set_up(&scene, ORDER_BIG);
	memcpy(before, scene.image, IMAGE_SIZE);
	verify(&scene);
	assert_memory_equal(scene.image, before, result_at);
	assert_memory_equal(scene.image + result_at + 8, before + result_at + 8, IMAGE_SIZE - result_at - 8);
	tear_down(&scene);
}

TEST(each_byte_of_parameters_and_table)
{
	BEGIN_TEST();
	FOR_BOTH_ORDERS(order) {
		for (size_t at = PARAMS_AT; at < IMAGE_SIZE; at++) {
			size_t in_params = at - PARAMS_AT;
			struct scene scene;
			bool covered = in_params < offsetof(struct purgatory_params, result) || at >= MEMORY_SIZE ||
				       (in_params >= offsetof(struct purgatory_params, digest) &&
					in_params < sizeof(struct purgatory_params));

			for (unsigned int bit = 0; bit < 8; bit++) {
				set_up(&scene, order);
				scene.image[at] ^= (uint8_t)(1u << bit);
				check_result(&scene, covered ? PURGATORY_RESULT_TABLE_DAMAGED : PURGATORY_RESULT_INTACT);
				tear_down(&scene);
			}
		}
	}
}

TEST(each_byte_of_each_region)
{
	BEGIN_TEST();
	FOR_BOTH_ORDERS(order) {
		struct scene scene;

		set_up(&scene, order);
		for (uint32_t i = 0; i < REGIONS; i++) {
			size_t length = made[i].role == SEGMENT_KERNEL ? ZEROS_FROM : (size_t)made[i].length;

			for (size_t at = 0; at < length; at++) {
				struct purgatory_verdict verdict;

				scene.bytes[i][at] ^= 1;
				verdict = verify(&scene);
				scene.bytes[i][at] ^= 1;
				if (!made[i].hashed) {
					assert_int_equal(verdict.result, PURGATORY_RESULT_INTACT);
					continue;
				}
				assert_int_equal(verdict.result, PURGATORY_RESULT_REGION_DAMAGED);
				assert_false(purgatory_may_start(verdict));
				assert_int_equal(verdict.region, i);
				assert_int_equal(verdict.role, made[i].role);
				assert_int_equal(verdict.start, made[i].start);
				assert_int_equal(verdict.length, made[i].length);
				assert_int_equal(raw32_get(scene.params->result, order), PURGATORY_RESULT_REGION_DAMAGED);
				assert_int_equal(raw32_get(scene.params->result_region, order), i);
			}
		}
		check_result(&scene, PURGATORY_RESULT_INTACT);
		tear_down(&scene);
	}
}

TEST(unreadable_memory_is_damage)
{
	struct scene scene;

	BEGIN_TEST();
	set_up(&scene, ORDER_BIG);
	scene.unreadable = true;
	check_result(&scene, PURGATORY_RESULT_REGION_DAMAGED);
	tear_down(&scene);
}

/* With each possible end of what may be read, the image being no longer than that. */
TEST(no_byte_beyond_the_limit)
{
	struct scene scene;

	BEGIN_TEST();
	set_up(&scene, ORDER_BIG);
	for (uint64_t limit = 0; limit < IMAGE_SIZE; limit++) {
		uint8_t *part = malloc((size_t)limit + 1);
		uint8_t *exact = part + 1;

		assert_non_null(part);
		memcpy(exact, scene.image, (size_t)limit);
		assert_int_equal(
			purgatory_verify(exact, limit, START, &scene.memory, sha256_blocks_portable).result,
			PURGATORY_RESULT_TABLE_DAMAGED);
		free(part);
	}
	tear_down(&scene);
}

static const uint64_t extremes[] = {
	0, 1, IMAGE_SIZE - 1, IMAGE_SIZE, IMAGE_SIZE + 1, 0xfff, UINT32_MAX, UINT64_C(1) << 32, INT64_MAX,
	UINT64_MAX / sizeof(struct purgatory_region), UINT64_MAX - MEMORY_SIZE, UINT64_MAX - 15, UINT64_MAX,
};

static bool is_real(uint64_t value, struct raw64 real, enum order order)
{
	return value == raw64_get(real, order);
}

TEST(extreme_numbers)
{
	BEGIN_TEST();
	FOR_BOTH_ORDERS(order) {
		for (size_t i = 0; i < sizeof(extremes) / sizeof(extremes[0]); i++) {
			struct raw64 value64 = raw64_make(extremes[i], order);
			struct raw32 value32 = raw32_make((uint32_t)extremes[i], order);
			struct scene scene;

			set_up(&scene, order);
			struct purgatory_params params = *scene.params;
			struct purgatory_header header = *header_of(&scene);

			scene.params->regions_offset = value64;
			check_result(&scene, PURGATORY_RESULT_TABLE_DAMAGED);
			*scene.params = params;

			scene.params->region_count = value32;
			check_result(&scene, PURGATORY_RESULT_TABLE_DAMAGED);
			*scene.params = params;

			scene.params->region_size = value32;
			check_result(&scene, PURGATORY_RESULT_TABLE_DAMAGED);
			*scene.params = params;

			scene.params->segment_size = value64;
			check_result(&scene, is_real(extremes[i], params.segment_size, order)
						     ? PURGATORY_RESULT_INTACT
						     : PURGATORY_RESULT_TABLE_DAMAGED);
			*scene.params = params;

			/* Wherever these point, what is found there is no params: the result goes nowhere. */
			header_of(&scene)->params_offset = value64;
			assert_int_equal(verify(&scene).result, PURGATORY_RESULT_TABLE_DAMAGED);
			*header_of(&scene) = header;
			*scene.params = params;

			header_of(&scene)->params_size = value64;
			assert_int_equal(verify(&scene).result, PURGATORY_RESULT_TABLE_DAMAGED);
			*header_of(&scene) = header;
			check_result(&scene, PURGATORY_RESULT_INTACT);
			tear_down(&scene);
		}
	}
}

/* A table whose digest is right and which is wrong all the same. */
static void check_malformed(enum order order, size_t region, uint64_t start, uint64_t length, uint32_t expected)
{
	struct scene scene;

	set_up(&scene, order);
	scene.regions[region].start = raw64_make(start, order);
	scene.regions[region].length = raw64_make(length, order);
	scene.regions[region].flags = raw32_make(0, order);
	sign(&scene);
	check_result(&scene, expected);
	tear_down(&scene);
}

TEST(regions_that_cannot_be)
{
	const uint32_t malformed = PURGATORY_RESULT_MALFORMED;

	BEGIN_TEST();
	FOR_BOTH_ORDERS(order) {
		check_malformed(order, 3, CRASH_END - 77, 77, PURGATORY_RESULT_INTACT);
		check_malformed(order, 3, CRASH_END - 76, 77, malformed);
		check_malformed(order, 3, CRASH_END, 0, PURGATORY_RESULT_INTACT);
		check_malformed(order, 3, CRASH_END + 1, 0, malformed);
		check_malformed(order, 3, CRASH_END - 77, UINT64_MAX, malformed);
		check_malformed(order, 3, UINT64_MAX, UINT64_MAX, malformed);
		check_malformed(order, 0, CRASH_START - 1, 64, malformed);
		check_malformed(order, 0, CRASH_START, 64, PURGATORY_RESULT_INTACT);
		/* Overlapping purgatory: from before it, inside, around, touching. */
		check_malformed(order, 0, START - 10, 11, malformed);
		check_malformed(order, 0, START - 10, 10, PURGATORY_RESULT_INTACT);
		check_malformed(order, 0, START + 8, 8, malformed);
		check_malformed(order, 0, START + IMAGE_SIZE - 1, 8, malformed);
		check_malformed(order, 0, START + IMAGE_SIZE, 8, PURGATORY_RESULT_INTACT);
		check_malformed(order, 0, CRASH_START, 0x8000, malformed);
		/* Overlapping the next, and not ascending. */
		check_malformed(order, 0, CRASH_START + 0xf000, 0x1001, malformed);
		check_malformed(order, 0, CRASH_START + 0xf000, 0x1000, PURGATORY_RESULT_INTACT);
		check_malformed(order, 1, CRASH_END - 100, 10, malformed);
	}
}

TEST(reservation_that_cannot_be)
{
	struct scene scene;

	BEGIN_TEST();
	set_up(&scene, ORDER_BIG);
	scene.params->crash_end = raw64_make(CRASH_START - 1, ORDER_BIG);
	sign(&scene);
	check_result(&scene, PURGATORY_RESULT_MALFORMED);
	tear_down(&scene);

	/* Where no reservation is spoken of, none is held against the regions. */
	set_up(&scene, ORDER_BIG);
	scene.params->flags = raw32_make(0, ORDER_BIG);
	scene.params->crash_start = scene.params->crash_end = raw64_make(0, ORDER_BIG);
	sign(&scene);
	check_result(&scene, PURGATORY_RESULT_INTACT);

	/* Purgatory itself would wrap around the end of all addresses. */
	assert_int_equal(purgatory_verify(scene.image, IMAGE_SIZE, UINT64_MAX - 100, &scene.memory,
					  sha256_blocks_portable)
				 .result,
			 PURGATORY_RESULT_MALFORMED);
	tear_down(&scene);
}

TEST(skipped_checks)
{
	struct scene scene;

	BEGIN_TEST();
	set_up(&scene, ORDER_LITTLE);
	scene.params->flags = raw32_make(PURGATORY_FLAG_CRASH | PURGATORY_FLAG_SKIP_CHECKS, ORDER_LITTLE);
	sign(&scene);
	scene.bytes[1][0] ^= 1;
	check_result(&scene, PURGATORY_RESULT_SKIPPED);
	assert_true(purgatory_may_start(verify(&scene)));

	/* The table is what the memory swap obeys, so it is proved all the same. */
	scene.image[MEMORY_SIZE] ^= 1;
	check_result(&scene, PURGATORY_RESULT_TABLE_DAMAGED);
	tear_down(&scene);
}

TEST(no_regions_at_all)
{
	struct scene scene;

	BEGIN_TEST();
	set_up(&scene, ORDER_BIG);
	scene.params->region_count = raw32_make(0, ORDER_BIG);
	sign(&scene);
	check_result(&scene, PURGATORY_RESULT_INTACT);
	tear_down(&scene);
}

TEST(role_names)
{
	BEGIN_TEST();
	for (enum segment_role role = SEGMENT_KERNEL; role <= SEGMENT_DEVICE_TREE; role++)
		assert_string_equal(purgatory_role_name(role), segment_role_name(role));
	assert_string_equal(purgatory_role_name(0), "segment");
	assert_string_equal(purgatory_role_name(SEGMENT_DEVICE_TREE + 1), "segment");
	assert_string_equal(purgatory_role_name(UINT32_MAX), "segment");
}

CHECK_MAIN(cmocka_unit_test(intact), cmocka_unit_test(writes_its_result_alone),
	   cmocka_unit_test(each_byte_of_parameters_and_table), cmocka_unit_test(each_byte_of_each_region),
	   cmocka_unit_test(unreadable_memory_is_damage), cmocka_unit_test(no_byte_beyond_the_limit),
	   cmocka_unit_test(extreme_numbers), cmocka_unit_test(regions_that_cannot_be),
	   cmocka_unit_test(reservation_that_cannot_be), cmocka_unit_test(skipped_checks),
	   cmocka_unit_test(no_regions_at_all), cmocka_unit_test(role_names))
