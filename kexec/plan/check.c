/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "arch.h"
#include "kexec/plan/internal.h"

/* All findings of one plan, joined by "; ". What does not fit is counted. */
struct findings {
	char text[1600];
	size_t used;
	unsigned int count, untold;
};

static void __attribute__((format(printf, 2, 3))) find(struct findings *findings, const char *format, ...)
{
	char one[400];
	va_list args;

	va_start(args, format);
	int length = vsnprintf(one, sizeof(one), format, args);
	va_end(args);

	findings->count++;
	if (length < 0 || findings->used + (size_t)length + 3 > sizeof(findings->text)) {
		findings->untold++;
		return;
	}
	findings->used += (size_t)snprintf(findings->text + findings->used, sizeof(findings->text) - findings->used,
					   "%s%s", findings->used ? "; " : "", one);
}

static void check_segment(const struct plan *plan, const struct segment *s, struct findings *findings)
{
	const char *name = segment_role_name(s->role);

	if (s->range.start % plan->page_size || s->range.end % plan->page_size || range_is_empty(s->range))
		find(findings, "segment %s 0x%" PRIx64 "-0x%" PRIx64 " does not consist of pages of %" PRIu64 " bytes",
		     name, s->range.start, s->range.end, plan->page_size);
	if (s->data.size > range_size(s->range))
		find(findings, "segment %s has %zu bytes of data in 0x%" PRIx64 " bytes of memory", name, s->data.size,
		     range_size(s->range));
	if (!ranges_contain(&plan->usable, s->range)) {
		if (plan->target == TARGET_CRASH)
			find(findings,
			     "segment %s 0x%" PRIx64 "-0x%" PRIx64 " lies outside of what may be used of the crash "
			     "reservation 0x%" PRIx64 "-0x%" PRIx64,
			     name, s->range.start, s->range.end, plan->crash.start, plan->crash.end);
		else
			find(findings, "segment %s 0x%" PRIx64 "-0x%" PRIx64 " does not lie in usable RAM", name,
			     s->range.start, s->range.end);
	}
}

bool plan_check(const struct plan *plan, struct err *err)
{
	struct findings findings = { .used = 0 };
	bool entry_inside = false;

	if (plan->segment_count == 0)
		find(&findings, "there is no segment");
	if (plan->segment_count > plan->arch->max_segments)
		find(&findings, "%zu segments, and the kernel takes at most %u", plan->segment_count,
		     plan->arch->max_segments);
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		check_segment(plan, s, &findings);
		if (i && plan->segments[i - 1].range.end > s->range.start)
			find(&findings, "segments %s 0x%" PRIx64 "-0x%" PRIx64 " and %s 0x%" PRIx64 "-0x%" PRIx64 " overlap",
			     segment_role_name(s[-1].role), s[-1].range.start, s[-1].range.end,
			     segment_role_name(s->role), s->range.start, s->range.end);
		if (plan->entry >= s->range.start && plan->entry < s->range.end)
			entry_inside = true;
	}
	if (!entry_inside)
		find(&findings, "the entry 0x%" PRIx64 " lies in no segment", plan->entry);
	if (findings.count == 0)
		return true;
	if (findings.untold)
		return err_set(err, ERR_NO_ROOM, "the plan cannot be loaded: %s; and %u more", findings.text,
			       findings.untold);
	return err_set(err, ERR_NO_ROOM, "the plan cannot be loaded: %s", findings.text);
}
