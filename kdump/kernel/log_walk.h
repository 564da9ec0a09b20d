/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the readers of the log formats share: keys of VMCOREINFO, the making of output, and the account of what could
 * not be read.
 */
#ifndef KDUMP_KERNEL_LOG_WALK_H
#define KDUMP_KERNEL_LOG_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "kdump/kernel/kernel.h"
#include "kdump/kernel/log.h"

/* No structure of the log that is read as a whole is larger; the largest known one has 88 bytes. */
#define LOG_STRUCT_MAX 1024u

struct log_walk {
	struct kernel_view *view;
	const struct kernel *kernel;
	const struct log_options *options;
	const struct log_output *output;
	enum log_problem problem; /* why a reader gave up */

	/* Of what was written, and of what was not. */
	uint64_t records;
	uint64_t read_bytes; /* of text */
	uint64_t cut_records;
	uint64_t lost_descriptors;
	uint64_t lost_bytes;
	struct err first_loss;

	/* The record being written. */
	unsigned int indent;
	bool record_cut;

	size_t used;
	char buffer[4096];
};

/* Readers. On false walk->problem says what kind of error err is. */
bool log_ring_print(struct log_walk *walk, struct err *err) ERR_CHECKED;
bool log_records_print(struct log_walk *walk, struct err *err) ERR_CHECKED;
bool log_prb_print(struct log_walk *walk, struct err *err) ERR_CHECKED;

/* Sets problem and err; gives false. */
#define log_fail(walk, what, ...) ((walk)->problem = (what), err_set(__VA_ARGS__))

/* A key that must be there: whole, as in "OFFSET(prb_desc.state_var)". log_need_symbol() refuses 0 too. */
bool log_need(struct log_walk *walk, const char *key, uint64_t *out, struct err *err) ERR_CHECKED;
bool log_need_symbol(struct log_walk *walk, const char *name, uint64_t *out, struct err *err) ERR_CHECKED;

/* Whether a field lies in a structure of that size. */
bool log_fits(struct log_walk *walk, const char *field, uint64_t offset, uint64_t width, uint64_t size,
	      struct err *err) ERR_CHECKED;

/* Whether the machine had so much memory: what is far larger is no ring, and would be looked for page by page. */
bool log_has_room(struct log_walk *walk, const char *what, uint64_t size, struct err *err) ERR_CHECKED;

/* For what nothing can be written without. */
bool log_must_read(struct log_walk *walk, const char *what, uint64_t vaddr, void *buffer, size_t size,
		   struct err *err) ERR_CHECKED;
bool log_must_read_pointer(struct log_walk *walk, const char *name, uint64_t *out, struct err *err) ERR_CHECKED;
bool log_must_read_u32(struct log_walk *walk, const char *name, uint32_t *out, struct err *err) ERR_CHECKED;

/* An address in the kernel's memory: where long has 32 bits, it wraps there. */
uint64_t log_address(const struct log_walk *walk, uint64_t base, uint64_t offset);

/* Remembers the first reason why something is missing. */
void log_loss(struct log_walk *walk, const struct err *why);

/*
 * Output: log_text.c. nanoseconds or caller NULL: not known (shown by question marks), or not kept (not shown).
 * A part of a text that cannot be read is replaced by its size; the record then counts as cut.
 */
bool log_record_begin(struct log_walk *walk, const uint64_t *nanoseconds, const uint32_t *caller,
		      struct err *err) ERR_CHECKED;
bool log_record_text(struct log_walk *walk, uint64_t vaddr, uint64_t size, struct err *err) ERR_CHECKED;
bool log_record_end(struct log_walk *walk, struct err *err) ERR_CHECKED;

/* Bytes as they are. */
bool log_raw_text(struct log_walk *walk, uint64_t vaddr, uint64_t size, struct err *err) ERR_CHECKED;
bool log_flush(struct log_walk *walk, struct err *err) ERR_CHECKED;

#endif
