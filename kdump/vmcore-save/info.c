/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/vmcore-save/info.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "kdump/dump/dump.h"
#include "kdump/dump/parts.h"
#include "kdump/kernel/info.h"
#include "kdump/vmcore-save/survey.h"

/* From 1900, which the clock of s390 counts from, to 1970: seconds. */
#define TOD_TO_UNIX INT64_C(2208988800)

/* What the file says is not trusted: a name may have control characters that would reach a terminal. */
static void line(FILE *out, const char *key, const char *value)
{
	fprintf(out, "%s: ", key);
	for (const char *c = value; *c; c++)
		fputc((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7f ? *c : '?', out);
	fputc('\n', out);
}

static void number(FILE *out, const char *key, uint64_t value)
{
	fprintf(out, "%s: %" PRIu64 "\n", key, value);
}

static void moment(FILE *out, const char *key, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;
	char text[64];

	if (seconds > 0 && gmtime_r(&when, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		line(out, key, text);
	else
		line(out, key, "unknown");
}

static const char *machine_name(const struct dump *dump)
{
	if (dump->format == DUMP_KDUMP && dump->kdump.uts[4][0])
		return dump->kdump.uts[4];
	switch (dump->elf_machine) {
	case EM_X86_64:
		return "x86_64";
	case EM_386:
		return "i386";
	case EM_S390:
		return dump->is64 ? "s390x" : "s390";
	case EM_PPC64:
		return dump->order == ORDER_BIG ? "ppc64" : "ppc64le";
	case EM_AARCH64:
		return "aarch64";
	case EM_ARM:
		return "arm";
	case EM_RISCV:
		return dump->is64 ? "riscv64" : "riscv32";
	default:
		return "unknown";
	}
}

static void say_kernel(FILE *out, const struct dump *dump, const struct kernel_info *info)
{
	const char *release = kernel_info_text(info, "OSRELEASE"), *build = kernel_info_text(info, "BUILD-ID");
	uint64_t seconds = 0;
	int64_t when = 0;

	if (!release && dump->format == DUMP_KDUMP)
		release = dump->kdump.uts[2];
	line(out, "kernel-release", release && *release ? release : "unknown");
	line(out, "build-id", build ? build : "unknown");
	if (dump->format == DUMP_KDUMP) {
		line(out, "node-name", dump->kdump.uts[1]);
		line(out, "kernel-version", dump->kdump.uts[3]);
	}
	if (kernel_info_decimal(info, "CRASHTIME", &seconds))
		when = (int64_t)seconds;
	else if (dump->format == DUMP_KDUMP)
		when = dump->kdump.seconds;
	else if (dump->format == DUMP_S390 && dump->s390.tod)
		when = (int64_t)((dump->s390.tod >> 12) / 1000000) - TOD_TO_UNIX;
	moment(out, "crash-time", when);
}

/* Of the pages that are there; the header's word only where there are none. */
static void say_packing(FILE *out, const struct dump *dump, const struct survey *survey)
{
	static const struct {
		uint32_t status;
		enum survey_packing packing;
	} bits[] = {
		{ DUMP_STATUS_ZLIB, SURVEY_ZLIB }, { DUMP_STATUS_LZO, SURVEY_LZO },
		{ DUMP_STATUS_SNAPPY, SURVEY_SNAPPY }, { DUMP_STATUS_ZSTD, SURVEY_ZSTD },
	};
	const char *name = "none";

	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		if (dump->kdump.status & bits[i].status)
			name = survey_packing_name(bits[i].packing);
	}
	line(out, "packing", name);
	for (int i = 0; i < SURVEY_PACKINGS; i++) {
		if (survey->packed[i])
			fprintf(out, "pages-packed-%s: %" PRIu64 "\n", survey_packing_name((enum survey_packing)i),
				survey->packed[i]);
	}
}

static void say_pages(FILE *out, const struct dump *dump, const struct survey *survey)
{
	uint64_t size = dump->page_size, memory = survey->memory_pages, claimed = survey->claimed_pages;
	uint64_t excluded = memory > claimed ? memory - claimed : 0;

	/* An s390 dump leaves out what is zero, and nothing else. */
	const char *left_out = dump->format == DUMP_S390 ? "zero" : "excluded";

	number(out, "memory-pages", memory);
	number(out, "memory-bytes", ranges_total(&dump->memory));
	number(out, "saved-pages", claimed - survey->lost_pages);
	number(out, "saved-bytes", (claimed - survey->lost_pages) * size);
	fprintf(out, "%s-pages: %" PRIu64 "\n%s-bytes: %" PRIu64 "\n", left_out, excluded, left_out, excluded * size);
	number(out, "lost-pages", survey->lost_pages);
	number(out, "lost-bytes", survey->lost_pages * size);
	number(out, "data-bytes", survey->data_bytes);
}

static void say_all(FILE *out, const struct dump *dump, const struct survey *survey, const struct kernel_info *info)
{
	line(out, "file", dump->path);
	number(out, "files", dump_part_count(dump));
	line(out, "format", dump_format_name(dump));
	if (dump->format == DUMP_KDUMP)
		fprintf(out, "header-version: %" PRId32 "\n", dump->kdump.header_version);
	if (dump->format == DUMP_S390)
		fprintf(out, "header-version: %" PRIu32 "\n", dump->s390.version);
	line(out, "flattened", dump->flattened ? "yes" : "no");
	if (dump->file_size)
		number(out, "file-bytes", dump->file_size);
	line(out, "machine", machine_name(dump));
	line(out, "byte-order", dump->order == ORDER_BIG ? "big" : "little");
	number(out, "word-bits", dump->is64 ? 64 : 32);
	number(out, "page-size", dump->page_size);
	say_kernel(out, dump, info);
	fprintf(out, "cpus: %zu\n", dump->prstatus_count ? dump->prstatus_count :
		dump->format == DUMP_KDUMP && dump->kdump.cpu_count > 0 ? (size_t)dump->kdump.cpu_count :
		dump->format == DUMP_S390 ? dump->s390.cpu_count : 0);
	number(out, "vmcoreinfo-bytes", dump->vmcoreinfo.size);
	if (dump->format == DUMP_KDUMP) {
		fprintf(out, "level: %" PRId32 "\n", dump->kdump.dump_level);
		say_packing(out, dump, survey);
	}
	if (dump->format == DUMP_KDUMP && dump->kdump.split)
		fprintf(out, "part-pages: %" PRIu64 " to %" PRIu64 "\n", dump->kdump.start_pfn, dump->kdump.end_pfn);
	say_pages(out, dump, survey);
	if (dump->incomplete)
		fprintf(out, "complete: no: %s\n", dump->incomplete);
	else if (survey->lost_pages)
		fprintf(out, "complete: no: %" PRIu64 " pages that are to be in it are not: it was cut\n",
			survey->lost_pages);
	else
		line(out, "complete", "yes");
}

int info_dump(const char *const *paths, size_t count, FILE *out, struct err *err)
{
	struct kernel_info info;
	struct survey survey;
	struct arena arena;
	struct dump dump;

	arena_init(&arena);

	bool fine = dump_open_parts(&dump, &arena, paths, count, err) && survey_dump(&survey, &arena, &dump, err);

	if (fine) {
		kernel_info_read(&info, &arena, dump.vmcoreinfo);
		say_all(out, &dump, &survey, &info);
		if (fflush(out) != 0 || ferror(out))
			fine = err_system(err, errno ? errno : EIO, "cannot write what is known of %s", paths[0]);
	}
	arena_release(&arena);
	return fine ? 0 : 1;
}
