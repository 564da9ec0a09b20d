/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <inttypes.h>

#include "arch.h"
#include "kexec/base/quote.h"
#include "plan.h"

static void write_hex(FILE *out, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		fprintf(out, "%02x", bytes[i]);
}

static void write_segment(FILE *out, const struct segment *s)
{
	fprintf(out, "segment %s 0x%" PRIx64 " 0x%" PRIx64 " data %zu checksum ", segment_role_name(s->role),
		s->range.start, s->range.end, s->data.size);
	if (s->checksummed)
		fprintf(out, "0x%08" PRIx32, s->checksum);
	else
		fputc('-', out);
	fputs(" sha256 ", out);
	if (s->hashed)
		write_hex(out, s->sha256, sizeof(s->sha256));
	else
		fputc('-', out);
	fputs(" why ", out);
	quote_write(out, s->why);
	fputc('\n', out);
}

bool plan_write_text(const struct plan *plan, FILE *out, struct err *err)
{
	fprintf(out, "plan 1\narch %s\ntarget %s\npage-size %" PRIu64 "\n", machine_arch_name(plan->arch->id),
		plan->target == TARGET_CRASH ? "crash" : "normal", plan->page_size);
	if (plan->target == TARGET_CRASH)
		fprintf(out, "crash 0x%" PRIx64 " 0x%" PRIx64 "\n", plan->crash.start, plan->crash.end);
	fprintf(out, "entry 0x%" PRIx64 "\ncmdline ", plan->entry);
	quote_write(out, plan->cmdline);
	fputs("\n", out);
	if (plan->purgatory.present) {
		fputs("digest ", out);
		write_hex(out, plan->digest, sizeof(plan->digest));
		fputc('\n', out);
	}
	for (size_t i = 0; i < plan->segment_count; i++)
		write_segment(out, &plan->segments[i]);
	for (const struct plan_warning *w = plan->warnings; w; w = w->next) {
		fputs("warning ", out);
		quote_write(out, w->text);
		fputc('\n', out);
	}
	if (fflush(out) != 0 || ferror(out))
		return err_system(err, errno ? errno : EIO, "cannot write the plan");
	return true;
}
