/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/vmcoreinfo.h"

#include <string.h>

#include "kexec/machine/scan.h"

/* NUMBER() lines are written with %ld, whatever the type is (Linux 6.12, include/linux/vmcore_info.h). */
static bool scan_signed(struct blob digits, uint64_t *value)
{
	if (!blob_begins(digits, "-", 1))
		return scan_decimal(digits, value);
	if (!scan_decimal(blob_part(digits, 1, digits.size - 1), value) || *value > UINT64_C(1) << 63)
		return false;
	*value = -*value;
	return true;
}

bool vmcoreinfo_parse(struct vmcoreinfo *info, const char *name, struct blob text, struct err *err)
{
	bool has_sme_mask = false;

	*info = (struct vmcoreinfo){ .has_stext = false };

	const struct {
		const char *key;
		bool (*scan)(struct blob digits, uint64_t *value);
		const char *wanted;
		bool *has;
		uint64_t *value;
	} keys[] = {
		{ "NUMBER(phys_base)=", scan_signed, "decimal", &info->has_phys_base, &info->phys_base },
		{ "KERNELOFFSET=", scan_hex, "hexadecimal", &info->has_kernel_offset, &info->kernel_offset },
		{ "SYMBOL(_stext)=", scan_hex, "hexadecimal", &info->has_stext, &info->stext },
		{ "NUMBER(sme_mask)=", scan_signed, "decimal", &has_sme_mask, &info->sme_mask },
	};
	struct scan scan = { .rest = text };
	struct blob line;

	while (scan_line(&scan, &line)) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			size_t length = strlen(keys[i].key);

			if (!blob_begins(line, keys[i].key, length))
				continue;
			if (!keys[i].scan(blob_part(line, length, line.size - length), keys[i].value))
				return err_set(err, ERR_BAD_MACHINE,
					       "%s: \"%s\" found in its vmcoreinfo, expected a %s number of "
					       "at most 64 bits",
					       name, scan_show(line).text, keys[i].wanted);
			*keys[i].has = true;
		}
	}
	return true;
}
