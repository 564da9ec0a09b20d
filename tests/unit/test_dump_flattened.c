/* SPDX-License-Identifier: GPL-2.0-only */
/* Flattened streams against what putting them together record by record gives: unordered, overlapping, cut, damaged. */
#include "made_file.h"

#include <inttypes.h>
#include <unistd.h>

#include "kdump/dump/format.h"

#define START 4096
#define WHOLE 20000 /* bytes of the file that a stream stands for, at most */

static struct err err;

/* A stream, and the file that it stands for. */
struct stream {
	uint8_t bytes[1 << 20];
	size_t size;
	uint8_t file[WHOLE];
	bool written[WHOLE];
	size_t file_size;
};

static struct stream stream;

static void put64(uint8_t *at, uint64_t value)
{
	for (unsigned int i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> (56 - 8 * i));
}

static void begin(void)
{
	memset(&stream, 0, sizeof(stream));
	memcpy(stream.bytes, "makedumpfile", 12);
	put64(stream.bytes + 16, 1);
	put64(stream.bytes + 24, 1);
	stream.size = START;
}

static void header(uint64_t offset, uint64_t size)
{
	put64(stream.bytes + stream.size, offset);
	put64(stream.bytes + stream.size + 8, size);
	stream.size += 16;
}

/* A small generator of its own: the same numbers on each machine. */
static uint32_t seed;

static uint32_t number(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void record(size_t offset, size_t size)
{
	header(offset, size);
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)number(256);

		stream.bytes[stream.size + i] = byte;
		stream.file[offset + i] = byte;
		stream.written[offset + i] = true;
	}
	stream.size += size;
	if (size && offset + size > stream.file_size)
		stream.file_size = offset + size;
}

static void end(void)
{
	header(UINT64_MAX, UINT64_MAX);
}

struct opened {
	struct arena arena;
	const struct flattened *flattened;
	const char *cut;
	bool damaged;
	uint64_t size;
	int fd;
};

static bool open_stream(struct opened *o, size_t size)
{
	arena_init(&o->arena);
	o->cut = NULL;
	o->damaged = true;
	o->fd = made_file(stream.bytes, size, NULL, 0);
	err = (struct err){ .code = ERR_NONE };
	return flattened_open(&o->flattened, &o->arena, o->fd, "a stream", &o->size, &o->cut, &o->damaged, &err);
}

static void close_stream(struct opened *o)
{
	arena_release(&o->arena);
	close(o->fd);
}

/* Each byte that a read gives is right; where it stops, a cut stream has a hole, or the file ends. */
static void check_read(const struct opened *o, uint64_t offset, size_t size)
{
	uint8_t buffer[WHOLE];
	size_t got = 12345;

	assert_true(size <= sizeof(buffer));
	check_ok(flattened_read(o->flattened, o->fd, offset, buffer, size, &got, &err), &err);
	assert_true(got <= size);
	if (got)
		assert_memory_equal(buffer, stream.file + offset, got);
	if (got < size && offset + got < o->size)
		assert_true(o->cut && !stream.written[offset + got]);
	if (o->cut) {
		for (size_t i = 0; i < got; i++)
			assert_true(stream.written[offset + i]);
	}
}

static void check_all(const struct opened *o)
{
	assert_int_equal(o->size, stream.file_size);
	check_read(o, 0, WHOLE);
	check_read(o, o->size, 100);
	check_read(o, o->size + 1, 100);
	check_read(o, UINT64_MAX, 1);
	check_read(o, INT64_MAX, 100);
	for (unsigned int i = 0; i < 300; i++) {
		uint64_t offset = number(WHOLE);

		check_read(o, offset, number((uint32_t)(WHOLE - offset)));
	}
	for (uint64_t offset = 0; offset < o->size; offset += 37)
		check_read(o, offset, 1);
}

static void check_whole(void)
{
	struct opened o;

	check_ok(open_stream(&o, stream.size), &err);
	assert_null(o.cut);
	check_all(&o);
	close_stream(&o);
}

TEST(in_order)
{
	BEGIN_TEST();
	seed = 1;
	begin();
	for (size_t at = 0; at < 18000; at += 500)
		record(at, 500);
	record(18000, 77);
	end();
	check_whole();
}

/* As makedumpfile writes: descriptors and data in turns, each in records of one size that go on. */
TEST(two_sequences)
{
	BEGIN_TEST();
	seed = 2;
	begin();
	record(0, 464);
	for (size_t i = 0; i < 20; i++) {
		record(1000 + i * 100, 100);
		record(5000 + i * 512, 512);
		record(5000 + 20 * 512 + i * 16, 16);
	}
	end();
	check_whole();
}

TEST(holes_are_zeros)
{
	BEGIN_TEST();
	seed = 3;
	begin();
	record(15000, 10);
	record(100, 10);
	record(7000, 1);
	end();
	check_whole();
}

TEST(empty)
{
	BEGIN_TEST();
	begin();
	end();
	check_whole();
	begin();
	record(5, 0);
	record(5, 0);
	end();
	check_whole();
}

/* What comes later holds, however many lie above each other. */
TEST(overlaps)
{
	BEGIN_TEST();
	for (uint32_t round = 1; round < 400; round++) {
		seed = round;
		begin();

		uint32_t records = 1 + number(40), largest = 1 + number(3000);

		for (uint32_t i = 0; i < records; i++) {
			size_t offset = number(WHOLE - 2 * largest), size = number(largest + 1);

			record(offset, size);
			/* One that begins where the last one did, and one that goes on where it ended, smaller or larger. */
			if (number(3) == 0)
				record(offset, number(largest + 1));
			else if (number(3) == 0)
				record(offset + size, number(largest + 1));
		}
		end();
		check_whole();
	}
}

/* Runs of equal records that cover each other. */
TEST(overlapping_runs)
{
	BEGIN_TEST();
	for (uint32_t round = 1; round < 60; round++) {
		seed = 1000 + round;
		begin();
		for (uint32_t run = 0; run < 5; run++) {
			size_t size = 1 + number(200), at = number(3000);

			for (uint32_t i = 0; i < 20; i++, at += size)
				record(at, size);
		}
		end();
		check_whole();
	}
}

TEST(behind_the_end)
{
	BEGIN_TEST();
	seed = 4;
	begin();
	record(0, 100);
	end();

	size_t size = stream.size;

	/* A device that a stream was written to has its old content there. */
	memset(stream.bytes + size, 0xa5, 5000);
	stream.size += 5000;
	check_whole();
}

static void rebuild(size_t size)
{
	memset(stream.file, 0, sizeof(stream.file));
	memset(stream.written, 0, sizeof(stream.written));
	stream.file_size = 0;
	for (size_t at = START; at + 16 <= size;) {
		uint64_t offset = 0, length = 0;

		for (unsigned int i = 0; i < 8; i++) {
			offset = offset << 8 | stream.bytes[at + i];
			length = length << 8 | stream.bytes[at + 8 + i];
		}
		at += 16;
		if (offset == UINT64_MAX)
			return;
		for (uint64_t i = 0; i < length && at + i < size; i++) {
			stream.file[offset + i] = stream.bytes[at + i];
			stream.written[offset + i] = true;
			if (offset + i + 1 > stream.file_size)
				stream.file_size = offset + i + 1;
		}
		at += length;
	}
}

TEST(cut_anywhere)
{
	BEGIN_TEST();
	seed = 5;
	begin();
	for (uint32_t i = 0; i < 12; i++)
		record(number(3000), 1 + number(300));
	end();

	size_t whole = stream.size;

	for (size_t size = 0; size <= whole; size++) {
		struct opened o;

		if (size < 32) {
			check_fails(open_stream(&o, size), &err, ERR_BAD_IMAGE, "signature");
			close_stream(&o);
			continue;
		}
		rebuild(size);
		check_ok(open_stream(&o, size), &err);
		assert_false(o.damaged);
		if (size < whole) {
			assert_non_null(o.cut);
			assert_non_null(strstr(o.cut, "cut"));
		} else {
			assert_null(o.cut);
		}
		check_all(&o);
		close_stream(&o);
	}
}

/* Numbers that cannot be end the walk; what came before is there. */
TEST(damaged_records)
{
	static const uint64_t bad[][2] = {
		{ UINT64_MAX, 5 }, { 5, UINT64_MAX }, { UINT64_C(1) << 63, 5 }, { 5, UINT64_C(1) << 63 },
		{ INT64_MAX, 1 }, { INT64_MAX - 5, 100 }, { UINT64_MAX - 1, UINT64_MAX },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct opened o;

		seed = 6;
		begin();
		record(10, 200);
		header(bad[i][0], bad[i][1]);
		memset(stream.bytes + stream.size, 0xee, 300);
		stream.size += 300;
		check_ok(open_stream(&o, stream.size), &err);
		assert_non_null(o.cut);
		assert_non_null(strstr(o.cut, "damaged: record 2"));
		assert_true(o.damaged);
		check_all(&o);
		close_stream(&o);
	}
}

/* What a device, or room that was reserved, has behind a stream that was cut: not walked, however much it is. */
TEST(zeros_behind_a_cut)
{
	struct opened o;

	BEGIN_TEST();
	seed = 8;
	begin();
	record(10, 200);
	record(300, 0);
	record(400, 7);
	header(0, 0);
	record(50, 8);
	end();
	rebuild(stream.size - 16 - 8 - 16 - 16);
	check_ok(open_stream(&o, stream.size), &err);
	assert_int_equal(ftruncate(o.fd, INT64_C(1) << 43), 0);
	alarm(20);
	assert_non_null(strstr(o.cut, "has zeros from byte"));
	assert_false(o.damaged);
	assert_int_equal(o.size, 407);
	check_all(&o);
	close_stream(&o);

	begin();
	record(10, 200);
	check_ok(open_stream(&o, stream.size), &err);
	assert_int_equal(ftruncate(o.fd, INT64_C(1) << 43), 0);
	check_ok(flattened_open(&o.flattened, &o.arena, o.fd, "a stream", &o.size, &o.cut, &o.damaged, &err), &err);
	assert_non_null(strstr(o.cut, "has zeros from byte"));
	alarm(0);
	close_stream(&o);
}

/* A record that claims more than there is: what is there of it counts. */
TEST(claims)
{
	struct opened o;

	BEGIN_TEST();
	seed = 7;
	begin();
	record(0, 100);
	put64(stream.bytes + START + 8, INT64_MAX);
	check_ok(open_stream(&o, stream.size), &err);
	assert_non_null(strstr(o.cut, "inside record 1"));
	check_all(&o);
	close_stream(&o);
}

TEST(other_streams)
{
	struct opened o;

	BEGIN_TEST();
	begin();
	end();
	stream.bytes[3] = 'x';
	check_fails(open_stream(&o, stream.size), &err, ERR_BAD_IMAGE, "signature");
	close_stream(&o);
	begin();
	end();
	put64(stream.bytes + 16, 2);
	check_fails(open_stream(&o, stream.size), &err, ERR_UNSUPPORTED, "type 2 version 1");
	close_stream(&o);
	begin();
	end();
	put64(stream.bytes + 24, 3);
	check_fails(open_stream(&o, stream.size), &err, ERR_UNSUPPORTED, "type 1 version 3");
	close_stream(&o);
}

TEST(pipes)
{
	struct opened o;
	int ends[2];

	BEGIN_TEST();
	assert_int_equal(pipe(ends), 0);
	arena_init(&o.arena);
	err = (struct err){ .code = ERR_NONE };
	check_fails(flattened_open(&o.flattened, &o.arena, ends[0], "standard input", &o.size, &o.cut, &o.damaged, &err),
		    &err, ERR_UNSUPPORTED, "-R");
	arena_release(&o.arena);
	close(ends[0]);
	close(ends[1]);
}

CHECK_MAIN(cmocka_unit_test(in_order), cmocka_unit_test(two_sequences), cmocka_unit_test(holes_are_zeros),
	   cmocka_unit_test(empty), cmocka_unit_test(overlaps), cmocka_unit_test(overlapping_runs),
	   cmocka_unit_test(behind_the_end), cmocka_unit_test(cut_anywhere), cmocka_unit_test(damaged_records),
	   cmocka_unit_test(zeros_behind_a_cut),
	   cmocka_unit_test(claims), cmocka_unit_test(other_streams), cmocka_unit_test(pipes))
