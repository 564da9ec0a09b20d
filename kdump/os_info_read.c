/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/os_info_read.h"

#include "cksm.h"
#include "s390.h"

enum os_info_result os_info_read(struct os_info *info, struct blob page, struct os_info_fault *fault)
{
	const struct s390_os_info *wire = blob_at(page, 0, sizeof(*wire));

	if (!wire) {
		*fault = (struct os_info_fault){ page.size, S390_OS_INFO_SIZE };
		return OS_INFO_SHORT;
	}
	if (be64_get(wire->magic) != S390_OS_INFO_MAGIC) {
		*fault = (struct os_info_fault){ be64_get(wire->magic), S390_OS_INFO_MAGIC };
		return OS_INFO_MAGIC;
	}

	uint32_t sum = cksm(page.data + S390_OS_INFO_CHECKSUM_FROM, S390_OS_INFO_SIZE - S390_OS_INFO_CHECKSUM_FROM, 0);

	if (be32_get(wire->checksum) != sum) {
		*fault = (struct os_info_fault){ be32_get(wire->checksum), sum };
		return OS_INFO_CHECKSUM;
	}
	/* Later minor versions only use more of the page; so did all of them in the kernel so far. */
	if (be16_get(wire->major) != S390_OS_INFO_MAJOR) {
		*fault = (struct os_info_fault){ be16_get(wire->major), S390_OS_INFO_MAJOR };
		return OS_INFO_VERSION;
	}
	*info = (struct os_info){
		.major = be16_get(wire->major),
		.minor = be16_get(wire->minor),
		.checksum = sum,
		.crash_start = be64_get(wire->crashkernel_address),
		.crash_size = be64_get(wire->crashkernel_size),
	};
	return OS_INFO_OK;
}

const char *os_info_result_name(enum os_info_result result)
{
	switch (result) {
	case OS_INFO_OK:
		return "no fault";
	case OS_INFO_SHORT:
		return "size";
	case OS_INFO_MAGIC:
		return "magic";
	case OS_INFO_CHECKSUM:
		return "checksum";
	case OS_INFO_VERSION:
		return "major version";
	}
	return "unknown fault";
}
