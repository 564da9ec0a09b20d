/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/image/foreign.h"

#include <stddef.h>
#include <string.h>

struct magic {
	uint32_t offset;
	uint32_t length; /* 0 = none */
	const char *bytes;
};

struct foreign {
	const char *what;
	const char *advice;
	enum err_code code;
	struct magic magic[2]; /* both must be there */
};

#define LATER "this version of kexec cannot load it"
#define INITRD "give it with --initrd, and a kernel as the last argument"
#define PARTS "give the kernel and the initrd that it was made of, the second with --initrd"

static const struct foreign foreigners[] = {
	{ "an arm zImage", LATER, ERR_UNSUPPORTED, { { 0x24, 4, "\x18\x28\x6f\x01" } } },
	{ "a U-Boot uImage", LATER, ERR_UNSUPPORTED, { { 0, 4, "\x27\x05\x19\x56" } } },
	{ "an Android boot image", LATER, ERR_UNSUPPORTED, { { 0, 8, "ANDROID!" } } },
	{ "a device tree blob or FIT image", LATER, ERR_UNSUPPORTED, { { 0, 4, "\xd0\x0d\xfe\xed" } } },
	{ "a network boot image (NBI)", PARTS, ERR_UNSUPPORTED, { { 0, 4, "\x36\x13\x03\x1b" } } },
	{ "a beoboot image", PARTS, ERR_UNSUPPORTED, { { 0, 4, "BeoB" } } },
	{ "a PE (EFI) program without a kernel inside (no .linux section)",
	  "only EFI firmware can start it. Of Xen, give the ELF file (xen.gz)",
	  ERR_UNSUPPORTED,
	  { { 0, 2, "MZ" } } },
	{ "packed with lzop",
	  "unpack it first (lzop -d)",
	  ERR_UNSUPPORTED,
	  { { 0, 9, "\x89LZO\0\r\n\x1a\n" } } },
	{ "an ISO 9660 image",
	  "mount it, and give the kernel that is in it",
	  ERR_BAD_IMAGE,
	  { { 0x8001, 5, "CD001" } } },
	{ "a cpio archive", INITRD, ERR_BAD_IMAGE, { { 0, 5, "07070" } } },

	/* The IPL program status word and the first channel command of all kernels since 2.2. */
	{ "a Linux/s390 image without the entry table that kernels have at 0x10008 since 3.2",
	  "it is older, or cut short, or damaged",
	  ERR_BAD_IMAGE,
	  { { 0, 6, "\0\x08\0\0\x80\0" }, { 8, 8, "\x02\0\0\x18\x60\0\0\x50" } } },
};

static bool matches(struct blob data, const struct foreign *f)
{
	for (size_t i = 0; i < sizeof(f->magic) / sizeof(f->magic[0]); i++)
		if (f->magic[i].length &&
		    !blob_matches(data, f->magic[i].offset, f->magic[i].bytes, f->magic[i].length))
			return false;
	return true;
}

bool foreign_explain(struct blob data, struct err *err)
{
	for (size_t i = 0; i < sizeof(foreigners) / sizeof(foreigners[0]); i++) {
		const struct foreign *f = &foreigners[i];

		if (!matches(data, f))
			continue;
		err_set(err, f->code, "looks like %s (%zu bytes): %s", f->what, data.size, f->advice);
		return true;
	}
	return false;
}
