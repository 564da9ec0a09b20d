/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a record looks. Without options this is what kexec-tools' vmcore-dmesg writes, byte for byte: the time, the text
 * with its own line feeds, bytes that are neither printable nor white space in ASCII as \xNN. With both options it is
 * what makedumpfile --dump-dmesg writes, blanks in empty lines included.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kdump/kernel/log_walk.h"

/* No architecture's pages are smaller: what lies in one such piece is there or missing together. */
#define PIECE 4096u

bool log_flush(struct log_walk *walk, struct err *err)
{
	size_t size = walk->used;

	walk->used = 0;
	if (size && !walk->output->write(walk->output->data, walk->buffer, size, err)) {
		walk->problem = LOG_WRITE_FAILED;
		return false;
	}
	return true;
}

static bool put(struct log_walk *walk, const char *text, size_t size, struct err *err)
{
	if (size > sizeof(walk->buffer) - walk->used && !log_flush(walk, err))
		return false;
	memcpy(walk->buffer + walk->used, text, size);
	walk->used += size;
	return true;
}

static bool put_character(struct log_walk *walk, uint8_t c, struct err *err)
{
	static const char digits[] = "0123456789abcdef";
	bool space = c == ' ' || (c >= '\t' && c <= '\r');

	if (!space && (c < ' ' || c > '~'))
		return put(walk, (char[]){ '\\', 'x', digits[c >> 4], digits[c & 15] }, 4, err);
	if (!put(walk, (char[]){ (char)c }, 1, err))
		return false;
	for (unsigned int i = 0; c == '\n' && i < walk->indent; i++)
		if (!put(walk, " ", 1, err))
			return false;
	return true;
}

bool log_record_begin(struct log_walk *walk, const uint64_t *nanoseconds, const uint32_t *caller, struct err *err)
{
	char prefix[64];
	int size;

	if (nanoseconds)
		size = snprintf(prefix, sizeof(prefix), "[%5" PRIu64 ".%06" PRIu64 "] ", *nanoseconds / 1000000000,
				*nanoseconds % 1000000000 / 1000);
	else
		size = snprintf(prefix, sizeof(prefix), "[%5s.%s] ", "?", "??????");
	if (caller && walk->options->caller) {
		/*
		 * The top bit tells a CPU from a task: print_caller() in Linux's kernel/printk/printk.c. The width is that of
		 * makedumpfile --dump-dmesg, in which the largest task numbers stand straight.
		 */
		char id[16];

		snprintf(id, sizeof(id), "%c%" PRIu32, *caller >> 31 ? 'C' : 'T', *caller & 0x7fffffff);
		size += snprintf(prefix + size, sizeof(prefix) - (size_t)size, "[%8s] ", id);
	}
	walk->indent = walk->options->indent ? (unsigned int)size : 0;
	return put(walk, prefix, (size_t)size, err);
}

bool log_record_end(struct log_walk *walk, struct err *err)
{
	walk->records++;
	walk->cut_records += walk->record_cut;
	walk->record_cut = false;
	return put(walk, "\n", 1, err);
}

static bool put_missing(struct log_walk *walk, uint64_t size, struct err *err)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "<%" PRIu64 " bytes missing>", size);

	walk->record_cut = true;
	for (int i = 0; i < length; i++)
		if (!put_character(walk, (uint8_t)text[i], err))
			return false;
	return true;
}

static bool put_memory(struct log_walk *walk, uint64_t vaddr, uint64_t size, bool raw, struct err *err)
{
	uint8_t piece[PIECE];
	uint64_t missing = 0;

	while (size) {
		uint64_t rest = PIECE - vaddr % PIECE;
		size_t length = (size_t)(size < rest ? size : rest);
		struct err why;

		if (!kernel_read(walk->view, vaddr, piece, length, &why)) {
			log_loss(walk, &why);
			walk->lost_bytes += length;
			missing += length;
		} else {
			if (missing && !put_missing(walk, missing, err))
				return false;
			missing = 0;
			walk->read_bytes += length;
			if (raw && !put(walk, (const char *)piece, length, err))
				return false;
			for (size_t i = 0; !raw && i < length; i++)
				if (!put_character(walk, piece[i], err))
					return false;
		}
		vaddr = log_address(walk, vaddr, length);
		size -= length;
	}
	return !missing || put_missing(walk, missing, err);
}

bool log_record_text(struct log_walk *walk, uint64_t vaddr, uint64_t size, struct err *err)
{
	return put_memory(walk, vaddr, size, false, err);
}

bool log_raw_text(struct log_walk *walk, uint64_t vaddr, uint64_t size, struct err *err)
{
	return put_memory(walk, vaddr, size, true, err);
}
