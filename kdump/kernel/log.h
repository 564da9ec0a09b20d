/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's log in a dump. Three formats, told apart by the keys of VMCOREINFO, never by a version:
 *
 *   a ring of characters            before Linux 3.5: log_buf, log_end, log_buf_len, logged_chars
 *   records                         3.5 to 5.9: log_buf, log_first_idx, log_next_idx, struct printk_log (or log)
 *   a ring of descriptors and data  since 5.10: prb (Linux kernel/printk/printk_ringbuffer.h)
 *
 * Whatever is in memory: time and output are bounded by the sizes of the rings.
 */
#ifndef KDUMP_KERNEL_LOG_H
#define KDUMP_KERNEL_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "kdump/kernel/kernel.h"

struct log_options {
	bool indent; /* lines after the first of a record stand below its text */
	bool caller; /* "[    T123]" or "[      C0]" after the time, where the kernel keeps it */
};

/* Where the log is written: false with err set ends the walk. */
struct log_output {
	bool (*write)(void *data, const char *text, size_t size, struct err *err);
	void *data;
};

/* vmcore-dmesg's exit codes come from these; log_exit_code() has kexec-tools' numbers. */
enum log_problem {
	LOG_FINE,
	LOG_NO_SYMBOLS,	 /* no log format's keys are all there */
	LOG_UNREADABLE,	 /* an address of the log's structures is not mapped or not in the dump */
	LOG_BAD_SIZES,	 /* sizes or indexes that cannot be */
	LOG_CUT,	 /* some records could not be read; the rest was written */
	LOG_WRITE_FAILED,
};

/*
 * False where anything went wrong; with LOG_CUT all that could be read has been written. *records: how many were
 * written (a ring of characters has none), may be NULL.
 */
bool log_print(struct kernel_view *view, const struct log_options *options, const struct log_output *output,
	       enum log_problem *problem, uint64_t *records, struct err *err) ERR_CHECKED;

int log_exit_code(enum log_problem problem);

#endif
