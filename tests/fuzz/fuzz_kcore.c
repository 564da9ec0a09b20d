/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The headers of /proc/kcore: the first byte says whose (odd x86_64, even i386), eight more are the address of _stext,
 * the rest is the file. What is found lies where kernels lie, and the file is read a bounded number of times.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "kexec/machine/kcore.h"
#include "kexec/machine/x86_addresses.h"

struct input {
	struct blob file;
	uint64_t read;
};

static bool read_input(void *context, uint64_t offset, void *bytes, size_t size, struct err *err)
{
	struct input *input = context;
	const void *from = blob_at(input->file, offset, size);

	if (!from && size)
		return err_set(err, ERR_BAD_MACHINE, "input is cut off");
	if (size)
		memcpy(bytes, from, size);
	input->read += size;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct vmcoreinfo info;
	struct kcore_map map;
	uint64_t stext = 0;

	if (size < 9)
		return 0;
	for (size_t i = 0; i < 8; i++)
		stext |= (uint64_t)data[1 + i] << 8 * i;

	struct input input = { .file = { data + 9, size - 9 } };
	struct kcore kcore = {
		.name = "input",
		.arch = data[0] % 2 ? ARCH_X86_64 : ARCH_I386,
		.read = read_input,
		.context = &input,
	};

	if (!kcore_open(&kcore, &err) || !kcore_vmcoreinfo(&kcore, &info, &err) ||
	    !kcore_map(&kcore, stext, &map, &err)) {
		fuzz_demand(err.code == ERR_BAD_MACHINE);
		fuzz_demand(strstr(err.text, "input") == err.text);
		return 0;
	}

	/* The header; then each program header twice at most, and notes that are part of the file. */
	fuzz_demand(input.read <= 64 + 3 * (uint64_t)size);
	if (map.has_direct)
		fuzz_demand(map.direct % (UINT64_C(1) << 27) == 0);
	if (map.has_text) {
		fuzz_demand(kcore.arch == ARCH_X86_64);
		fuzz_demand(map.text.start >= X86_64_TEXT_BASE && map.text.start < X86_64_TEXT_END);
		fuzz_demand(map.text.end > map.text.start);
	}
	if (map.has_text_physical)
		fuzz_demand(map.has_text && map.text_physical < X86_PHYSICAL_END);
	return 0;
}
