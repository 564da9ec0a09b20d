/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flat images of arm64, RISC-V and LoongArch; sources: Linux Documentation/arch/arm64/booting.rst,
 * Documentation/arch/riscv/boot-image-header.rst, arch/loongarch/kernel/head.S (6.12).
 */
#include "image.h"

#include "bytes.h"
#include "kexec/image/pe.h"

#define MAGIC_AT 56
#define HEADER_SIZE 64
#define PE_MACHINE_LOONGARCH64 0x6264

/*
 * LoongArch has no magic of its own: that at 56 only says "an EFI program that is a Linux kernel", so that the machine
 * has to be asked for as well.
 */
static bool is_loongarch(struct blob data)
{
	const struct le32 *pe = blob_at(data, 0x3c, sizeof(*pe));

	if (!blob_begins(data, "MZ", 2) || !blob_matches(data, MAGIC_AT, "\xcd\x23\x82\x81", 4) || !pe)
		return false;

	uint64_t at = le32_get(*pe);
	const struct le16 *machine = blob_at(data, at + 4, sizeof(*machine));

	return blob_matches(data, at, "PE\0\0", 4) && machine && le16_get(*machine) == PE_MACHINE_LOONGARCH64;
}

enum probe linux_efi_probe(struct blob data, struct err *err)
{
	const char *name;
	struct pe pe;

	if (blob_matches(data, MAGIC_AT, "ARM\x64", 4))
		name = "arm64";
	else if (blob_matches(data, MAGIC_AT, "RSC\x05", 4))
		name = "RISC-V";
	else if (is_loongarch(data))
		name = "LoongArch";
	else
		return PROBE_NOT_MINE;

	if (data.size < HEADER_SIZE) {
		err_set(err, ERR_BAD_IMAGE, "%s Image of %zu bytes, its header alone takes %d: it is cut short", name,
			data.size, HEADER_SIZE);
		return PROBE_BAD;
	}

	/* Of the flat image itself only EFI's view, where it has one, tells whether it is whole. */
	switch (pe_probe(&pe, data, err)) {
	case PROBE_MINE:
		return PROBE_MINE;
	case PROBE_BAD:
		err_prefix(err, "%s Image", name);
		return PROBE_BAD;
	case PROBE_NOT_MINE:
		break;
	}
	if (!blob_begins(data, "MZ", 2))
		return PROBE_MINE;
	err_set(err, ERR_BAD_IMAGE,
		"%s Image of %zu bytes: it begins as an EFI program and has no PE header: "
		"it is damaged or cut short",
		name, data.size);
	return PROBE_BAD;
}
