/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader of s390's os_info page (s390.h). Needs no C library beyond memcpy, so that a stand-alone dump tool can use it.
 */
#ifndef KDUMP_OS_INFO_READ_H
#define KDUMP_OS_INFO_READ_H

#include <stdint.h>

#include "blob.h"
#include "range.h"

/* In the order in which they are checked. */
enum os_info_result {
	OS_INFO_OK,
	OS_INFO_SHORT,	  /* fewer bytes than the structure has */
	OS_INFO_MAGIC,
	OS_INFO_CHECKSUM,
	OS_INFO_VERSION,  /* a major version that is not understood; the checksum is right */
};

struct os_info {
	uint16_t major, minor;
	uint32_t checksum;
	uint64_t crash_start; /* as found: not bounded by anything yet */
	uint64_t crash_size;  /* 0 = no crash memory is reserved */
};

/* What did not fit, for a message. */
struct os_info_fault {
	uint64_t found, expected;
};

/* page: at least S390_OS_INFO_SIZE bytes. info is set only on OS_INFO_OK. */
enum os_info_result os_info_read(struct os_info *info, struct blob page, struct os_info_fault *fault);

/* "magic", "checksum", ...: what a result is about. Never NULL. */
const char *os_info_result_name(enum os_info_result result);

#endif
