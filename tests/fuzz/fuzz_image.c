/* SPDX-License-Identifier: GPL-2.0-only */
/* image_from_blob(), with a limit of unpacking that small machines can bear. */
#include "tests/fuzz/fuzz.h"

#include "kexec/image/identify.h"
#include "tests/unit/image_rules.h"

#define LIMIT (UINT64_C(4) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct image image = { .fd = -1, .path = "fuzz", .file = { data, size } };

	arena_init(&image.arena);
	err.code = ERR_NONE;
	if (image_identify(&image, LIMIT, &err)) {
		fuzz_demand(image.format != IMAGE_UNKNOWN);
		fuzz_demand(image.data.size > 0);
		fuzz_demand(image.codec != CODEC_NONE || rule_inside(image.data, image.file));
		fuzz_demand(image.wrap != WRAP_NONE || image.codec != CODEC_NONE || image.data.data == data);
		fuzz_demand(image.data.size <= LIMIT + size);
		if (image.format == IMAGE_BZIMAGE)
			fuzz_holds(rules_bzimage(&image.bzimage, image.data));
		if (image.format == IMAGE_ELF || image.format == IMAGE_MULTIBOOT)
			fuzz_holds(rules_multiboot(&image.multiboot, image.format == IMAGE_ELF, image.data));
	} else {
		fuzz_demand(err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED ||
			    err.code == ERR_NO_ROOM);
		fuzz_demand(err.text[0]);
	}
	image_release(&image);
	return 0;
}
