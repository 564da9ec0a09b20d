/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/finding.h"

#include <errno.h>
#include <stdarg.h>

void findings_init(struct findings *findings, struct arena *arena)
{
	*findings = (struct findings){ .arena = arena };
}

static const char *format_text(struct arena *arena, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		return format;

	char *text = arena_alloc(arena, (size_t)length + 1);

	vsnprintf(text, (size_t)length + 1, format, args);
	return text;
}

static struct finding *add(struct findings *findings, bool note, const char *name)
{
	struct finding *finding = arena_alloc(findings->arena, sizeof(*finding));

	*finding = (struct finding){ .note = note, .name = name };
	if (findings->last)
		findings->last->next = finding;
	else
		findings->first = finding;
	findings->last = finding;
	return finding;
}

struct finding *finding_begin(struct findings *findings, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	const char *name = format_text(findings->arena, format, args);
	va_end(args);
	return add(findings, false, name);
}

void finding_note(struct findings *findings, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	const char *name = format_text(findings->arena, format, args);
	va_end(args);
	add(findings, true, name);
}

static void join(struct findings *findings, const char **facts, const char *between, const char *fact)
{
	*facts = *facts ? arena_printf(findings->arena, "%s%s%s", *facts, between, fact) : fact;
}

void finding_good(struct findings *findings, struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	join(findings, &finding->good, ", ", format_text(findings->arena, format, args));
	va_end(args);
}

void finding_bad(struct findings *findings, struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	join(findings, &finding->bad, "; ", format_text(findings->arena, format, args));
	va_end(args);
}

size_t findings_checked(const struct findings *findings)
{
	size_t count = 0;

	for (const struct finding *f = findings->first; f; f = f->next)
		count += !f->note;
	return count;
}

size_t findings_damaged(const struct findings *findings)
{
	size_t count = 0;

	for (const struct finding *f = findings->first; f; f = f->next)
		count += f->bad != NULL;
	return count;
}

bool findings_print(const struct findings *findings, FILE *out, struct err *err)
{
	for (const struct finding *f = findings->first; f; f = f->next) {
		if (f->note)
			fprintf(out, "note %s\n", f->name);
		else if (f->bad)
			fprintf(out, "BAD  %s: %s\n", f->name, f->bad);
		else
			fprintf(out, "ok   %s%s%s\n", f->name, f->good ? " " : "", f->good ? f->good : "");
	}
	if (fflush(out) != 0 || ferror(out))
		return err_system(err, errno ? errno : EIO, "cannot write what the verification found");
	return true;
}
