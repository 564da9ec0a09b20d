/* SPDX-License-Identifier: GPL-2.0-only */
/* A flattened stream: a reason, or the bytes that putting it together record by record gives. */
#include "tests/fuzz/input_file.h"

#include "kdump/dump/format.h"

#define MODEL 65536

static uint8_t model[MODEL];
static bool written[MODEL];

static uint64_t get64(const uint8_t *at)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < 8; i++)
		value = value << 8 | at[i];
	return value;
}

/* The first bytes of the file, as the records say, up to one that cannot be. */
static void put_together(const uint8_t *data, size_t size)
{
	memset(model, 0, sizeof(model));
	memset(written, 0, sizeof(written));
	for (size_t at = 4096; size >= 16 && at <= size - 16;) {
		uint64_t offset = get64(data + at), length = get64(data + at + 8);

		at += 16;
		if (offset > INT64_MAX || length > INT64_MAX || offset > INT64_MAX - length || (!offset && !length))
			return;
		for (uint64_t i = 0; i < length && i < size - at && offset + i < MODEL; i++) {
			model[offset + i] = data[at + i];
			written[offset + i] = true;
		}
		if (length > size - at)
			return;
		at += (size_t)length;
	}
}

static void look(const struct flattened *flattened, int fd, uint64_t size, const char *cut)
{
	static const size_t sizes[] = { 1, 7, 4096, MODEL };
	static uint8_t buffer[MODEL];
	static struct err err;

	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		for (uint64_t offset = 0; offset < MODEL && offset <= size; offset += sizes[s] * 3 + 500) {
			size_t wanted = offset + sizes[s] > MODEL ? (size_t)(MODEL - offset) : sizes[s], got;

			fuzz_demand(flattened_read(flattened, fd, offset, buffer, wanted, &got, &err));
			fuzz_demand(got <= wanted && (got == 0 || memcmp(buffer, model + offset, got) == 0));
			if (got < wanted && offset + got < size)
				fuzz_demand(cut && !written[offset + got]);
		}
	}
	size_t got;

	fuzz_demand(flattened_read(flattened, fd, UINT64_MAX - 3, buffer, 100, &got, &err) && got == 0);
	fuzz_demand(flattened_read(flattened, fd, size, buffer, 100, &got, &err) && got == 0);
	if (size)
		fuzz_demand(flattened_read(flattened, fd, size - 1, buffer, 100, &got, &err) && got == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	const struct flattened *flattened;
	const char *cut = NULL;
	struct input_file input;
	bool damaged;
	uint64_t whole;

	input_file_open(&input, data, size);
	err.code = ERR_NONE;
	if (flattened_open(&flattened, &input.arena, input.fd, "the input", &whole, &cut, &damaged, &err)) {
		put_together(data, size);
		fuzz_demand(!damaged || cut);
		look(flattened, input.fd, whole, cut);
	} else {
		input_file_refused(&err, "the input");
	}
	input_file_close(&input);
	return 0;
}
