/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <stdlib.h>

#include "kdump/dump/kdump_state.h"
#include "kdump/dump/parts.h"
#include "kdump/vmcore-save/verify_state.h"

#define SHOWN 5

static int by_start(const void *a, const void *b)
{
	const struct verify_extent *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

void verify_extents(struct verify *verify, size_t part, struct verify_extent *extents, size_t count)
{
	const struct dump *dump = dump_part(verify->dump, part);
	const struct kdump *kdump = kdump_of(dump);
	struct finding *f = finding_begin(&verify->findings, "data of %s", dump->path);
	uint64_t shared = 0, end = kdump->data_start, size = kdump->file->size;
	const struct verify_extent *last = NULL; /* the one that reaches furthest */

	if (count)
		qsort(extents, count, sizeof(*extents), by_start);
	for (size_t i = 0; i < count; i++) {
		const struct verify_extent *e = &extents[i];

		if (last && e->start < last->end && shared++ < SHOWN)
			finding_bad(&verify->findings, f,
				    "pages from 0x%" PRIx64 " on have bytes 0x%" PRIx64 "-0x%" PRIx64
				    ", and pages from 0x%" PRIx64 " on 0x%" PRIx64 "-0x%" PRIx64,
				    last->pfn, last->start, last->end, e->pfn, e->start, e->end);
		if (!last || e->end > last->end)
			last = e;
	}
	if (shared > SHOWN)
		finding_bad(&verify->findings, f, "and %" PRIu64 " more that share bytes", shared - SHOWN);
	if (last && last->end > end)
		end = last->end;
	finding_good(&verify->findings, f, "no two pages share bytes, ends at 0x%" PRIx64, end);

	const struct kdump_part *erase = &kdump->layout.eraseinfo;

	if (erase->size && erase->size <= UINT64_MAX - erase->offset && erase->offset + erase->size > end)
		end = erase->offset + erase->size;
	if (size > end)
		finding_note(&verify->findings, "%s: 0x%" PRIx64 " bytes behind the data of pages belong to none",
			     dump->path, size - end);
}
