/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Before Linux 3.5: a ring of characters, with times and levels among them where the kernel was told so. log_end counts
 * all characters ever logged. The ring's size is a power of two, so the count may overflow.
 */
#include <inttypes.h>

#include "kdump/kernel/log_walk.h"

/* LOG_BUF_LEN_MAX of later kernels; log_buf_len is an int. */
#define RING_MAX (UINT32_C(1) << 31)

bool log_ring_print(struct log_walk *walk, struct err *err)
{
	uint64_t buffer;
	uint32_t end, size;

	if (!log_must_read_pointer(walk, "log_buf", &buffer, err) || !log_must_read_u32(walk, "log_end", &end, err) ||
	    !log_must_read_u32(walk, "log_buf_len", &size, err))
		return false;
	if (!size || size > RING_MAX)
		return log_fail(walk, LOG_BAD_SIZES, err, ERR_BAD_IMAGE,
				"log_buf_len is %" PRIu32 ", expected 1 to %" PRIu32, size, RING_MAX);
	if (!log_has_room(walk, "log_buf_len", size, err))
		return false;

	uint32_t at = end % size;

	/* As long as it is not full it begins at its start. */
	if (end >= size && !log_raw_text(walk, log_address(walk, buffer, at), size - at, err))
		return false;
	return log_raw_text(walk, buffer, at, err);
}
