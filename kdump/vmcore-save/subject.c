/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "config.h"

#include "kdump/dump/kdump_wire.h"
#include "kdump/dump/unpack.h"
#include "kdump/vmcore-save/clock.h"
#include "kdump/vmcore-save/save.h"

/* Packed classes that are kept, so that they need not be found twice: 4 TB with 4 KiB pages take more. */
#define KEEP_MOST (UINT64_C(8) << 20)

static void tell_subject(const struct subject *subject, const struct tell *tell)
{
	const struct dump *dump = &subject->dump;
	const char *release = subject->has_kernel ? kernel_info_text(&subject->kernel.info, "OSRELEASE") : NULL;
	uint64_t crashed;
	char when[64] = "";

	if (subject->has_kernel && kernel_info_decimal(&subject->kernel.info, "CRASHTIME", &crashed) && crashed < INT32_MAX) {
		time_t seconds = (time_t)crashed;
		struct tm parts;

		if (gmtime_r(&seconds, &parts))
			strftime(when, sizeof(when), ", crashed %Y-%m-%d %H:%M:%S UTC", &parts);
	}
	tell_common(tell, "%s: %s%s%s%s, %" PRIu64 " MiB of memory in pages of %" PRIu64 " bytes", dump->path,
		    dump_format_name(dump), release ? ", Linux " : "", release ? release : "", when,
		    ranges_total(&dump->memory) >> 20, dump->page_size);
	if (dump->incomplete)
		tell_error(tell, "%s is not complete: %s", dump->path, dump->incomplete);
}

void subject_tell_vmcoreinfo(const struct dump *dump, const struct tell *tell)
{
	if (!dump->vmcoreinfo.size)
		return;

	const char *text = (const char *)dump->vmcoreinfo.data, *end = text + dump->vmcoreinfo.size;

	tell_debug(tell, "VMCOREINFO   :");
	while (text < end && *text) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((newline ? newline : end) - text);

		length = strnlen(text, length);
		tell_debug(tell, "  %.*s", (int)(length < 4096 ? length : 4096), text);
		if (!newline)
			return;
		text = newline + 1;
	}
}

/* What the header says is what the writer was asked for: pages that did not get smaller are plain nevertheless. */
static bool check_packing(const struct dump *dump, struct err *err)
{
	static const uint32_t packings[] = { KDUMP_PAGE_ZLIB, KDUMP_PAGE_LZO, KDUMP_PAGE_SNAPPY, KDUMP_PAGE_ZSTD };

	for (size_t i = 0; dump->format == DUMP_KDUMP && i < sizeof(packings) / sizeof(packings[0]); i++)
		if (dump->kdump.status & packings[i] && !unpack_is_built(packings[i]))
			return err_set(err, ERR_UNSUPPORTED,
				       "%s: its header says that its pages are packed with %s, for which this build has no library: "
				       "use a build with it",
				       dump->path, unpack_name(packings[i]));
	return true;
}

bool subject_open(struct subject *subject, struct arena *arena, const struct save_options *options,
		  const struct tell *tell, struct err *err)
{
	struct tell_event event;
	struct err why;

	*subject = (struct subject){ 0 };
	if (!dump_open(&subject->dump, arena, options->sources[0], err)) {
		if (err->errnum == ENOENT && strcmp(options->sources[0], "/proc/vmcore") == 0)
			err_set_text(err, ERR_SYSTEM, "there is no /proc/vmcore: this kernel was not started by a crash; name "
						      "the dump to read, or --estimate what one would hold");
		return false;
	}
	if (!check_packing(&subject->dump, err))
		return false;
	subject->has_kernel = kernel_open(&subject->kernel, arena, &subject->dump, &why);
	subject_tell_vmcoreinfo(&subject->dump, tell);
	tell_subject(subject, tell);
	if (!subject->has_kernel)
		tell_error(tell, "%s; what its pages were used for is not known, and all of them count as the kernel's",
			   why.text);
	else if (subject->kernel.translation)
		tell_common(tell, "page tables cannot be walked: %s", subject->kernel.translation);

	tell_event(&event, tell, "start");
	tell_text(&event, "version", PACKAGE_VERSION);
	tell_text(&event, "source", subject->dump.path);
	tell_text(&event, "format", dump_format_name(&subject->dump));
	if (subject->has_kernel && kernel_info_text(&subject->kernel.info, "OSRELEASE"))
		tell_text(&event, "osrelease", kernel_info_text(&subject->kernel.info, "OSRELEASE"));
	tell_number(&event, "page_size", (int64_t)subject->dump.page_size);
	tell_number(&event, "threads", options_threads(options));
	if (subject->dump.incomplete)
		tell_text(&event, "incomplete", subject->dump.incomplete);
	tell_event_end(&event);
	return true;
}

#define EVENT_SECONDS 1.0

struct scan_progress {
	const struct tell *tell;
	const struct page_map *pages;
	double told;
};

/* Where memory is large this takes minutes; who watches --status-fd sees that it gets on. */
static void tell_scan(void *data, uint64_t done)
{
	struct scan_progress *progress = data;
	struct tell_event event;
	double now = clock_now();

	if (now - progress->told < EVENT_SECONDS)
		return;
	progress->told = now;
	tell_event(&event, progress->tell, "scan");
	event.may_be_lost = true;
	tell_number(&event, "pages_done", (int64_t)done);
	tell_number(&event, "pages_total", (int64_t)progress->pages->page_count);
	tell_event_end(&event);
}

static bool scan(struct subject *subject, struct arena *arena, const struct save_options *options,
		 const struct kernel *kernel, const struct tell *tell, struct err *err)
{
	struct scan_progress progress = { .tell = tell, .pages = &subject->pages, .told = clock_now() };
	uint64_t keep = room_available() / 16;

	if (!keep || keep > KEEP_MOST)
		keep = KEEP_MOST;
	return page_map_open(&subject->pages, arena, &subject->dump, kernel, keep, err) &&
	       page_map_scan(&subject->pages, options_threads(options), tell_scan, &progress, err);
}

bool subject_scan(struct subject *subject, struct arena *arena, const struct save_options *options,
		  const struct tell *tell, struct err *err)
{
	static const char *const keys[PAGE_CLASSES] = {
		[PAGE_KERNEL] = "kernel", [PAGE_CACHE_PRIVATE] = "private_cache", [PAGE_CACHE] = "cache",
		[PAGE_USER] = "user",	  [PAGE_FREE] = "free",			  [PAGE_NEVER] = "unusable",
	};
	double begun = clock_now();
	struct tell_event event;

	/* Levels 0 and 1 keep all classes, and write them in their order nevertheless: a dump may be cut. */
	subject->filtered = subject->has_kernel && !options->unfiltered;
	if (subject->filtered && !scan(subject, arena, options, &subject->kernel, tell, err)) {
		tell_error(tell, "pages cannot be told apart, and all of them are kept: %s", err->text);
		subject->filtered = false;
	} else if (!subject->filtered) {
		*err = (struct err){ 0 };
	}
	if (!subject->filtered && !scan(subject, arena, options, NULL, tell, err))
		return false;
	subject->scan_seconds = clock_now() - begun;

	for (const struct page_map_problem *problem = subject->pages.problems; problem; problem = problem->next) {
		tell_error(tell, "%s", problem->text);
		tell_event(&event, tell, "problem");
		tell_text(&event, "text", problem->text);
		tell_event_end(&event);
	}
	tell_event(&event, tell, "pages");
	tell_text(&event, "filter", subject->filtered ? "yes" : "no");
	for (size_t i = 0; i < PAGE_CLASSES; i++)
		if (keys[i])
			tell_number(&event, keys[i], (int64_t)subject->pages.totals[i]);
	tell_event_end(&event);
	return true;
}

unsigned int subject_level(const struct subject *subject, unsigned int level)
{
	return subject->filtered ? level : level & 1;
}

uint64_t subject_kept(const struct subject *subject, unsigned int level)
{
	uint64_t pages = 0;

	for (unsigned int class = PAGE_KERNEL; class < PAGE_CLASSES; class++)
		if (page_level_keeps(subject_level(subject, level), (enum page_class)class))
			pages += subject->pages.totals[class];
	return pages;
}

void subject_table(const struct subject *subject, unsigned int level, void (*line)(const struct tell *, const char *),
		   const struct tell *tell)
{
	uint64_t mib = UINT64_C(1) << 20, size = subject->dump.page_size;
	char text[160];

	snprintf(text, sizeof(text), "%-14s %12s %12s   level %u", "class", "pages", "MiB", level);
	line(tell, text);
	for (unsigned int i = PAGE_KERNEL; i < PAGE_CLASSES; i++) {
		uint64_t pages = subject->pages.totals[i];

		if (!pages && i != PAGE_KERNEL)
			continue;
		snprintf(text, sizeof(text), "%-14s %12" PRIu64 " %12.1f   %s", page_class_name((enum page_class)i), pages,
			 (double)pages * (double)size / (double)mib,
			 page_level_keeps(subject_level(subject, level), (enum page_class)i) ? "saved" : "left out");
		line(tell, text);
	}
}
