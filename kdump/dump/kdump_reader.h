/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of one kdump-compressed file, for one thread. Descriptors are read some at a time; the data of pages that lie
 * one after the other in the file is read at once, up to the window. The page of zeros that many share is read once.
 */
#ifndef KDUMP_DUMP_KDUMP_READER_H
#define KDUMP_DUMP_KDUMP_READER_H

#include "kdump/dump/kdump_state.h"

struct kdump_reader;

struct kdump_reader *kdump_reader_new(const struct kdump *kdump, struct arena *arena, uint64_t window);

/* As dump_reader_page(). */
enum dump_page_state kdump_reader_page(struct kdump_reader *reader, uint64_t pfn, const uint8_t **page,
				       struct err *err);

#endif
