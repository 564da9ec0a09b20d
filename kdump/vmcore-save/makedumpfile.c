/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of makedumpfile, as its manual page (version 1.7) has it. What would only leave out more than is
 * left out here is passed over and said: a dump that is too large is better than none. What erases is refused.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config.h"

#include "kdump/vmcore-save/save.h"

/* As fast as lzo and snappy at level 1, and it packs harder. */
#define SUBSTITUTE_LEVEL (-3)

enum {
	OPTION_SPLIT = 256,
	OPTION_REASSEMBLE,
	OPTION_NUM_THREADS,
	OPTION_MESSAGE_LEVEL,
	OPTION_DUMP_DMESG,
	OPTION_PARTIAL_DMESG,
	OPTION_CHECK_PARAMS,
	OPTION_DRY_RUN,
	OPTION_SHOW_STATS,
	OPTION_MEM_USAGE,
	OPTION_SILENT,
	OPTION_PASSED_OVER,
	OPTION_XEN,
	OPTION_REFUSED,
};

static const char short_options[] = ":b:cDd:eEFfg:hi:L:lpRvXx:z";

static const struct option long_options[] = {
	{ "split", no_argument, NULL, OPTION_SPLIT },
	{ "reassemble", no_argument, NULL, OPTION_REASSEMBLE },
	{ "num-threads", required_argument, NULL, OPTION_NUM_THREADS },
	{ "message-level", required_argument, NULL, OPTION_MESSAGE_LEVEL },
	{ "dump-dmesg", no_argument, NULL, OPTION_DUMP_DMESG },
	{ "partial-dmesg", no_argument, NULL, OPTION_PARTIAL_DMESG },
	{ "check-params", no_argument, NULL, OPTION_CHECK_PARAMS },
	{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
	{ "show-stats", no_argument, NULL, OPTION_SHOW_STATS },
	{ "mem-usage", no_argument, NULL, OPTION_MEM_USAGE },
	{ "cyclic-buffer", required_argument, NULL, OPTION_SILENT },
	{ "splitblock-size", required_argument, NULL, OPTION_SILENT },
	{ "work-dir", required_argument, NULL, OPTION_SILENT },
	{ "non-mmap", no_argument, NULL, OPTION_SILENT },
	{ "vtop", required_argument, NULL, OPTION_PASSED_OVER },
	{ "exclude-unused-vm", no_argument, NULL, OPTION_PASSED_OVER },
	{ "extension", required_argument, NULL, OPTION_PASSED_OVER },
	{ "xen-syms", required_argument, NULL, OPTION_XEN },
	{ "xen-vmcoreinfo", required_argument, NULL, OPTION_XEN },
	{ "xen_phys_start", required_argument, NULL, OPTION_XEN },
	{ "config", required_argument, NULL, OPTION_REFUSED },
	{ "eppic", required_argument, NULL, OPTION_REFUSED },
	{ "diskset", required_argument, NULL, OPTION_REFUSED },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

void makedumpfile_version(void)
{
	printf("makedumpfile: version 1.7.9 is what these arguments are of; the program is vmcore-save %s\n", PACKAGE_VERSION);
}

void makedumpfile_help(void)
{
	puts("Usage: makedumpfile [OPTION]... VMCORE DUMPFILE\n"
	     "       makedumpfile -F [OPTION]... VMCORE\n"
	     "       makedumpfile --split [OPTION]... VMCORE DUMPFILE1 DUMPFILE2...\n"
	     "       makedumpfile --reassemble DUMPFILE1 DUMPFILE2... DUMPFILE\n"
	     "       makedumpfile -R DUMPFILE\n"
	     "       makedumpfile --dump-dmesg VMCORE LOGFILE, or -F VMCORE\n"
	     "This is vmcore-save, which takes makedumpfile's arguments; vmcore-save --help has more.\n\n"
	     " -c, -z                     pack pages with zlib, zstd\n"
	     " -l, -p                     in place of lzo, snappy: zstd, as fast and harder\n"
	     " -d LEVEL[,LEVEL...]        what to leave out (default 0)\n"
	     " -E                         an ELF core\n"
	     " -F                         flattened, to standard output\n"
	     " -f                         replace an existing DUMPFILE\n"
	     " -L SIZE                    of the file\n"
	     " -R                         make DUMPFILE of a flattened stream on standard input\n"
	     " --split, --reassemble      several files, and one of them\n"
	     " --num-threads N\n"
	     " --dump-dmesg               the kernel's log only\n"
	     " --message-level N, -D, --show-stats\n"
	     " --check-params, --dry-run\n"
	     " --mem-usage /proc/kcore    what a dump would hold\n"
	     " -b, --cyclic-buffer, --splitblock-size, --work-dir, --non-mmap: nothing to set\n"
	     " -x, -i, --vtop, -e, --exclude-unused-vm, --extension, --partial-dmesg: passed over\n"
	     " -X, --xen-syms, --xen-vmcoreinfo, --xen_phys_start: all pages are saved\n"
	     " -g, --config, --eppic, --diskset: refused");
}

static void note(struct save_options *options, const char *text)
{
	for (size_t i = 0; i < options->note_count; i++)
		if (options->notes[i] == text)
			return;
	if (options->note_count < sizeof(options->notes) / sizeof(options->notes[0]))
		options->notes[options->note_count++] = text;
}

/* What decides only when all options are known. */
struct reading {
	bool log, rearrange, reassemble, mem_usage, check, debug, packed, lzo, snappy;
};

static bool refuse(int option, int index, struct err *err)
{
	if (option == 'g')
		return err_set(err, ERR_UNSUPPORTED, "-g: VMCOREINFO is not made of a vmlinux here; every dump since Linux "
						     "2.6.24 has its own");
	if (strcmp(long_options[index].name, "diskset") == 0)
		return err_set(err, ERR_UNSUPPORTED, "--diskset: dumps of sadump are not read");
	return err_set(err, ERR_UNSUPPORTED,
		       "--%s: nothing is erased from dumps here, and a dump with all of it might go where it must not: take "
		       "the option out, or keep makedumpfile",
		       long_options[index].name);
}

static bool take(struct save_options *options, struct reading *reading, int option, int index, const char *value,
		 struct err *err)
{
	uint64_t number = 0;

	switch (option) {
	case 'c':
		reading->packed = true;
		options->packing = WRITE_ZLIB;
		options->packing_level = 1;
		return true;
	case 'z':
		reading->packed = true;
		options->packing = WRITE_ZSTD;
		options->packing_level = 1;
		return true;
	case 'l':
	case 'p':
		reading->packed = true;
		options->packing = WRITE_ZSTD;
		options->packing_level = SUBSTITUTE_LEVEL;
		reading->lzo |= option == 'l';
		reading->snappy |= option == 'p';
		return true;
	case 'd':
		return options_levels(options, value, err);
	case 'E':
		options->format = WRITE_ELF;
		return true;
	case 'F':
		options->flattened = true;
		return true;
	case 'f':
		options->force = true;
		return true;
	case 'L':
		return options_max_size(options, "-L", value, err);
	case 'R':
		reading->rearrange = true;
		return true;
	case 'D':
		reading->debug = true;
		return true;
	case 'h':
		options->mode = SAVE_HELP;
		return true;
	case 'v':
		options->mode = SAVE_VERSION;
		return true;
	case 'X':
	case OPTION_XEN:
		options->unfiltered = true;
		note(options, "dumps of Xen are not filtered: all pages are saved");
		return true;
	case 'x':
	case 'i':
		note(options, "-x and -i are not needed: the dump's own VMCOREINFO is what the filter goes by");
		return true;
	case 'e':
	case OPTION_PASSED_OVER:
		note(options, "-e, --exclude-unused-vm, --extension and --vtop are passed over: what they leave out is saved");
		return true;
	case 'b':
	case OPTION_SILENT:
		return true;
	case OPTION_SPLIT:
		options->split = true;
		return true;
	case OPTION_REASSEMBLE:
		reading->reassemble = true;
		return true;
	case OPTION_NUM_THREADS:
		if (!options_number("--num-threads", value, 0, SAVE_THREADS_MOST, &number, err))
			return false;
		options->threads = (unsigned int)number;
		return true;
	case OPTION_MESSAGE_LEVEL:
		if (!options_number("--message-level", value, 0, 31, &number, err))
			return false;
		options->messages = (unsigned int)number;
		return true;
	case OPTION_DUMP_DMESG:
		reading->log = true;
		return true;
	case OPTION_PARTIAL_DMESG:
		reading->log = true;
		note(options, "--partial-dmesg: the whole log is written, from before it was cleared too");
		return true;
	case OPTION_CHECK_PARAMS:
		reading->check = true;
		return true;
	case OPTION_DRY_RUN:
		options->dry_run = true;
		return true;
	case OPTION_SHOW_STATS:
		options->report = true;
		return true;
	case OPTION_MEM_USAGE:
		reading->mem_usage = true;
		return true;
	}
	return refuse(option, index, err);
}

static bool take_names(struct save_options *options, const char *const *names, size_t count, struct err *err)
{
	size_t targets = 1;

	options->sources = names;
	options->source_count = 1;
	switch (options->mode) {
	case SAVE_UNFLATTEN:
		return options_take_target(options, names, count) ||
		       err_set(err, ERR_USAGE, "-R: expected one DUMPFILE, found %zu", count);
	case SAVE_REASSEMBLE:
		return options_take_parts(options, names, count) ||
		       err_set(err, ERR_USAGE, "--reassemble: expected two parts or more, and a DUMPFILE, found %zu names",
			       count);
	case SAVE_ESTIMATE:
		if (count != 1)
			return err_set(err, ERR_USAGE, "--mem-usage: expected /proc/kcore, found %zu names", count);
		return true;
	default:
		break;
	}
	if (options->flattened)
		targets = 0;
	else if (options->split)
		targets = count > 2 ? count - 1 : 2;
	if (count != targets + 1 && !(options->dry_run && count == 1))
		return err_set(err, ERR_USAGE, "expected %s, found %zu name%s",
			       options->flattened ? "VMCORE alone (-F)"
			       : options->split	  ? "VMCORE and two DUMPFILEs or more"
			       : options->mode == SAVE_LOG ? "VMCORE LOGFILE"
							   : "VMCORE DUMPFILE",
			       count, count == 1 ? "" : "s");
	options->targets = names + 1;
	options->target_count = count - 1;
	for (size_t i = 0; i < options->target_count; i++)
		if (!*options->targets[i] || strcmp(options->targets[i], "-") == 0)
			return err_set(err, ERR_USAGE, "\"%s\": expected the name of a file; -F is for standard output",
				       options->targets[i]);
	if (options->flattened && options->mode == SAVE_DUMP) {
		static const char *const standard = "-";

		options->targets = &standard;
		options->target_count = 1;
	}
	return true;
}

static bool settle(struct save_options *options, const struct reading *reading, struct err *err)
{
	if (reading->rearrange + reading->reassemble + reading->log + reading->mem_usage > 1)
		return err_set(err, ERR_USAGE, "-R, --reassemble, --dump-dmesg and --mem-usage: only one of them can be done");
	if (options->format == WRITE_ELF && reading->packed)
		return err_set(err, ERR_USAGE, "-E: an ELF core has no packed pages: -c, -l, -p and -z do not go with it");
	if (options->split && (options->format == WRITE_ELF || options->flattened))
		return err_set(err, ERR_USAGE, "--split: only kdump-compressed files have parts: -E and -F do not go with it");
	if (options->dry_run && (reading->log || reading->rearrange || reading->reassemble))
		return err_set(err, ERR_USAGE, "--dry-run does not go with --dump-dmesg, -R and --reassemble");
	if ((options->split || options->flattened) && (reading->rearrange || reading->reassemble))
		return err_set(err, ERR_USAGE, "-R and --reassemble make one plain file: -F and --split do not go with them");
	if (reading->rearrange)
		options->mode = SAVE_UNFLATTEN;
	else if (reading->reassemble)
		options->mode = SAVE_REASSEMBLE;
	else if (reading->log)
		options->mode = SAVE_LOG;
	else if (reading->mem_usage)
		options->mode = SAVE_ESTIMATE;
	if (reading->lzo && options->packing_level == SUBSTITUTE_LEVEL)
		note(options, "-l: lzo is not written; zstd at level -3 is as fast, and packs harder");
	if (reading->snappy && options->packing_level == SUBSTITUTE_LEVEL)
		note(options, "-p: snappy is not written; zstd at level -3 is as fast, and packs harder");
	if (options->packing == WRITE_ZSTD && !write_packing_is_built(WRITE_ZSTD)) {
		options->packing = WRITE_ZLIB;
		options->packing_level = 1;
		note(options, "this build has no zstd: zlib is taken");
	}
	if (options->packing == WRITE_ZLIB && !write_packing_is_built(WRITE_ZLIB)) {
		options->packing = WRITE_PLAIN;
		note(options, "this build has no zlib: pages are not packed");
	}
	/* What a stream has been given cannot be taken back, and makedumpfile takes a list with -F. */
	if (options->flattened && options->level_count > 1) {
		options->level_count = 1;
		note(options, "-F: a stream has no second try; the first of the levels is taken");
	}
	/* Whatever --message-level says, before or behind them. */
	if (reading->debug)
		options->messages |= TELL_DEBUG;
	if (options->report)
		options->messages |= TELL_REPORT;
	else
		options->report = options->messages & TELL_REPORT;
	return true;
}

bool makedumpfile_read(struct save_options *options, int argc, char *const argv[], struct err *err)
{
	struct reading reading = { 0 };

	*options = (struct save_options){
		.makedumpfile = true,
		.level_count = 1,
		.packing = WRITE_PLAIN,
		.checkpoint = UINT64_C(64) << 20,
		.status_fd = -1,
		.messages = TELL_PROGRESS | TELL_COMMON | TELL_ERROR,
	};
	for (;;) {
		int index = 0, option = getopt_long(argc, argv, short_options, long_options, &index);

		if (option == -1)
			break;
		if (option == ':' || option == '?')
			return options_stray(option, short_options, argv, err);
		if (!take(options, &reading, option, index, optarg, err))
			return false;
	}
	if (options->mode == SAVE_HELP || options->mode == SAVE_VERSION)
		return true;
	if (!settle(options, &reading, err) ||
	    !take_names(options, (const char *const *)argv + optind, (size_t)(argc - optind), err))
		return false;
	if (reading.check)
		options->mode = SAVE_CHECK_PARAMS;
	return true;
}

void makedumpfile_report(const struct tell *tell, const struct page_map *pages, unsigned int level,
			 uint64_t zero_pages, uint64_t bytes_out)
{
	static const struct {
		enum page_class class;
		const char *name;
	} lines[] = {
		{ PAGE_CACHE, "Non-private cache pages" },
		{ PAGE_CACHE_PRIVATE, "Private cache pages    " },
		{ PAGE_USER, "User process data pages" },
		{ PAGE_FREE, "Free pages             " },
		{ PAGE_NEVER, "Hwpoison, offline pages" },
	};
	uint64_t excluded = zero_pages, remaining;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!page_level_keeps(level, lines[i].class))
			excluded += pages->totals[lines[i].class];
	remaining = pages->page_count > excluded ? pages->page_count - excluded : 0;
	tell_report(tell, "\nOriginal pages  : 0x%016" PRIx64, pages->page_count);
	tell_report(tell, "  Excluded pages   : 0x%016" PRIx64, excluded);
	tell_report(tell, "    Pages filled with zero  : 0x%016" PRIx64, zero_pages);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		tell_report(tell, "    %s : 0x%016" PRIx64, lines[i].name,
			    page_level_keeps(level, lines[i].class) ? 0 : pages->totals[lines[i].class]);
	tell_report(tell, "  Remaining pages  : 0x%016" PRIx64, remaining);
	if (pages->page_count)
		tell_report(tell, "  (The number of pages is reduced to %" PRIu64 "%%.)", remaining * 100 / pages->page_count);
	tell_report(tell, "Memory Hole     : 0x%016" PRIx64, pages->end_pfn - pages->page_count);
	tell_report(tell, "--------------------------------------------------");
	tell_report(tell, "Total pages     : 0x%016" PRIx64, pages->end_pfn);
	tell_report(tell, "Write bytes     : %" PRIu64 "\n", bytes_out);
}
