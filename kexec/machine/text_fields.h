/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fields of one line of a machine text, from left to right. Errors are ERR_BAD_MACHINE and say what was
 * expected and what was found; the caller adds file and line.
 */
#ifndef MACHINE_TEXT_FIELDS_H
#define MACHINE_TEXT_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "range.h"

struct text_fields {
	struct blob rest;
};

/* Whether nothing follows but blanks or a comment. */
bool text_fields_at_end(struct text_fields *fields);

/* The same as an error. */
bool text_fields_done(struct text_fields *fields, struct err *err) ERR_CHECKED;

/* wanted: for the error, with its article. */
bool text_fields_word(struct text_fields *fields, const char *wanted, struct blob *word,
		      struct err *err) ERR_CHECKED;

/* Decimal, or hexadecimal with 0x. */
bool text_fields_number(struct text_fields *fields, const char *wanted, uint64_t *value,
			struct err *err) ERR_CHECKED;

/* Hexadecimal with 0x only: an address copied without its prefix must not be taken for a decimal number. */
bool text_fields_address(struct text_fields *fields, const char *wanted, uint64_t *value,
			 struct err *err) ERR_CHECKED;

/*
 * Two addresses, the second one past the last byte. Empty only at the end of the address space, where a range
 * of its last byte becomes empty (range.h).
 */
bool text_fields_range(struct text_fields *fields, struct range *range, struct err *err) ERR_CHECKED;

/* A text in quotes, its escapes undone, in arena. */
bool text_fields_string(struct text_fields *fields, struct arena *arena, const char **string,
			struct err *err) ERR_CHECKED;

#endif
