/* SPDX-License-Identifier: GPL-2.0-only */
/* The section table, and the unified kernel images, EFI zboot images and flat Images that are read by way of it. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "kexec/image/pe.h"
#include "kexec/image/wrap.h"
#include "tests/unit/image_rules.h"

static struct err err;

static bool is_told(enum probe result)
{
	return (result == PROBE_BAD) == (err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED);
}

static void look_at_sections(struct blob file)
{
	struct pe pe;

	err.code = ERR_NONE;

	enum probe result = pe_probe(&pe, file, &err);

	fuzz_demand(is_told(result));
	for (size_t i = 0; result == PROBE_MINE && i < pe.count; i++) {
		struct pe_section section = pe_section(&pe, i);

		fuzz_demand(rule_inside(section.data, file));
		fuzz_demand(strlen(section.name) <= 8);
	}
}

static void look_at_parts(struct blob file)
{
	struct blob kernel;
	struct arena arena;
	struct uki uki;

	arena_init(&arena);
	err.code = ERR_NONE;

	enum probe result = uki_probe(&uki, &kernel, file, &arena, &err);

	fuzz_demand(is_told(result));
	if (result == PROBE_MINE) {
		fuzz_demand(kernel.size > 0 && rule_inside(kernel, file));
		fuzz_demand(rule_inside(uki.initrd, file) && rule_inside(uki.ucode, file));
		fuzz_demand(uki.dtb.size <= file.size);
		fuzz_demand(!uki.cmdline || strlen(uki.cmdline) <= file.size);
	}
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct blob file = { data, size };
	struct zboot zboot;

	look_at_sections(file);
	look_at_parts(file);

	err.code = ERR_NONE;

	enum probe result = zboot_probe(&zboot, file, &err);

	fuzz_demand(is_told(result));
	if (result == PROBE_MINE)
		fuzz_demand(zboot.payload.size > 0 && rule_inside(zboot.payload, file) && zboot.unpacker);

	err.code = ERR_NONE;
	fuzz_demand(is_told(linux_efi_probe(file, &err)));
	return 0;
}
