/* SPDX-License-Identifier: GPL-2.0-only */
/* Size of the property, address of the image, property, image: a memory of one part, by way of a file in memory. */
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "bytes.h"
#include "kdump/fadump_scratch.h"

struct head {
	struct be32 property;
	struct be64 address;
};

static void look(const struct memory *memory, const struct fadump_scratch_request *request)
{
	struct fadump_scratch scratch;
	struct findings findings;
	struct arena arena;
	struct err err = { .code = ERR_NONE };

	arena_init(&arena);
	findings_init(&findings, &arena);
	if (!fadump_scratch_check(&scratch, memory, request, &findings, &err))
		fuzz_demand(err.code == ERR_BAD_IMAGE && err.text[0]);
	else
		fuzz_demand(findings_checked(&findings) >= 2);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct blob all = { data, size };
	const struct head *head = blob_at(all, 0, sizeof(*head));

	if (!head)
		return 0;

	uint64_t address = be64_get(head->address);
	struct blob property = blob_part(all, sizeof(*head), be32_get(head->property));
	uint64_t from = sizeof(*head) + property.size;
	struct blob image = blob_part(all, from, size - from);
	struct fadump_kernel_dump dump;
	struct err err;
	int fd = memfd_create("image", MFD_CLOEXEC);

	if (image.size == 0 || image.size > UINT64_MAX - address) {
		close(fd);
		return 0;
	}
	fuzz_demand(fd >= 0 && write(fd, image.data, image.size) == (ssize_t)image.size);

	struct memory_part part = { .range = { address, address + image.size } };
	struct memory memory = { .path = "image", .fd = fd, .kind = MEMORY_FLAT, .parts = &part, .part_count = 1 };
	struct fadump_scratch_request request = { .kernel_dump = NULL };

	look(&memory, &request);
	request.has_start = true;
	request.start = address;
	look(&memory, &request);
	if (fadump_kernel_dump_read(&dump, property, &err)) {
		request.kernel_dump = &dump;
		look(&memory, &request);
	}
	close(fd);
	return 0;
}
