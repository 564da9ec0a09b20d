/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader of the meminfo segment (meminfo.h, doc/meminfo). Needs no C library beyond memcpy, so that a stand-alone dump
 * tool can use it. What it gives is bounded by the bytes it was given, and still only a claim: addresses in records
 * are to be compared with what is known from elsewhere before anything is done with them.
 */
#ifndef KDUMP_MEMINFO_READ_H
#define KDUMP_MEMINFO_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"
#include "bytes.h"
#include "meminfo.h"

/* In the order in which they are checked. */
enum meminfo_result {
	MEMINFO_OK,
	MEMINFO_SHORT,	 /* fewer bytes than the header has */
	MEMINFO_NOT_MINE, /* magic */
	MEMINFO_VERSION, /* a major version that is not understood */
	MEMINFO_SIZE,	 /* not 64 + 40 * record_count, or more than the bytes given */
	MEMINFO_DAMAGED, /* checksum */
};

struct meminfo {
	struct blob page;
	enum order order;
	uint16_t major, minor;
	uint32_t size; /* bytes of header and records: at most page.size */
	uint32_t record_count;
	uint32_t checksum;
	uint64_t crash_start, crash_size;
	uint64_t entry;
	uint64_t time;
	uint64_t flags;
};

struct meminfo_item {
	uint32_t type;
	uint32_t subtype;
	uint64_t address;
	uint64_t size;
	uint32_t checksum;
	uint32_t flags;
	uint64_t aux;
};

/* What did not fit, for a message. */
struct meminfo_fault {
	uint64_t found, expected;
};

/* meminfo is set only on MEMINFO_OK. */
enum meminfo_result meminfo_read(struct meminfo *meminfo, struct blob page, enum order order,
				 struct meminfo_fault *fault);

/* Record number `index`; false where there is none. */
bool meminfo_item(const struct meminfo *meminfo, uint32_t index, struct meminfo_item *item);

/*
 * Whether size and checksum agree, whatever magic and major version say: these two lie at the same place in all
 * versions. With it, damage in the magic or the version is told apart from memory where nobody wrote meminfo, and
 * from a meminfo of a later version.
 */
bool meminfo_sum_holds(struct blob page, enum order order);

/* "magic", "checksum", ...: what a result is about. Never NULL. */
const char *meminfo_result_name(enum meminfo_result result);

#endif
