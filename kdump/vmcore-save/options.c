/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kdump/vmcore-save/save.h"

#define DEFAULT_SOURCE "/proc/vmcore"
#define DEFAULT_LIVE "/proc/kcore"
#define DEFAULT_LEVEL 31
#define DEFAULT_CHECKPOINT (UINT64_C(64) << 20)

/* What a thread needs at most: windows of the source, a chunk packed, a packer's state. */
#define THREAD_BYTES (UINT64_C(4) << 20)

static const struct {
	struct option option;
	const char *argument;
	const char *help;
} table[] = {
	{ { "level", required_argument, NULL, 'd' }, "LEVEL[,LEVEL...]", "what to leave out; the next for want of room" },
	{ { "compress", required_argument, NULL, 'c' }, "zstd[:N]|zlib[:N]|none", "how to pack pages (default zstd:1)" },
	{ { "format", required_argument, NULL, 'm' }, "kdump|elf", "the format of the dump (default kdump)" },
	{ { "flatten", no_argument, NULL, 'F' }, NULL, "as a stream of records; TARGET - is standard output" },
	{ { "threads", required_argument, NULL, 't' }, "N", "default: one for each CPU, as memory allows" },
	{ { "max-size", required_argument, NULL, 'M' }, "SIZE", "of the file (K, M, G, T)" },
	{ { "force", no_argument, NULL, 'f' }, NULL, "replace an existing TARGET, once the new one is whole" },
	{ { "checkpoint", required_argument, NULL, 'k' }, "SIZE", "readable on disk each so many bytes (default 64M)" },
	{ { "dry-run", no_argument, NULL, 'n' }, NULL, "write nothing" },
	{ { "split", required_argument, NULL, 's' }, "N", "write N files, each with a part; N TARGETs" },
	{ { "status-fd", required_argument, NULL, 'S' }, "N", "lines of KEY=VALUE for programs" },
	{ { "quiet", no_argument, NULL, 'q' }, NULL, "print errors only" },
	{ { "estimate", no_argument, NULL, 'E' }, NULL, "say what a dump of the running kernel would hold and take" },
	{ { "verify", no_argument, NULL, 'V' }, NULL, "read a dump whole; several files are parts of one" },
	{ { "info", no_argument, NULL, 'I' }, NULL, "say what the headers of dumps say" },
	{ { "unflatten", no_argument, NULL, 'R' }, NULL, "make TARGET of a flattened stream on standard input" },
	{ { "reassemble", no_argument, NULL, 'r' }, NULL, "make TARGET of the parts that --split made" },
	{ { "as-makedumpfile", no_argument, NULL, 'A' }, NULL, "first: what follows are makedumpfile's arguments" },
	{ { "help", no_argument, NULL, 'h' }, NULL, "this text" },
	{ { "version", no_argument, NULL, 'v' }, NULL, "the version" },
};

#define OPTIONS (sizeof(table) / sizeof(table[0]))

void options_help(void)
{
	puts("Usage: vmcore-save [OPTION]... [SOURCE] TARGET\n"
	     "       vmcore-save --estimate [SOURCE]\n"
	     "       vmcore-save --verify|--info FILE...\n"
	     "       vmcore-save --unflatten TARGET < STREAM\n"
	     "       vmcore-save --reassemble PART PART... TARGET\n"
	     "Saves the memory of a crashed system from SOURCE (default " DEFAULT_SOURCE ") to TARGET.\n");
	for (size_t i = 0; i < OPTIONS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "--%s%s%s", table[i].option.name, table[i].argument ? "=" : "",
			 table[i].argument ? table[i].argument : "");
		if (strlen(name) <= 26)
			printf(" -%c, %-26s %s\n", table[i].option.val, name, table[i].help);
		else
			printf(" -%c, %s\n%32s%s\n", table[i].option.val, name, "", table[i].help);
	}
	puts("\nLevels are sums of 1 zero pages, 2 page cache without private data, 4 all page cache, 8 memory of\n"
	     "processes, 16 free pages (default 31). Exit codes: 0 complete, 3 partial but readable (TARGET.incomplete),\n"
	     "1 nothing saved, or a wrong command line.");
}

bool options_stray(int option, const char *shorts, char *const argv[], struct err *err)
{
	const char *word = argv[optind - 1];

	if (option == ':')
		return err_set(err, ERR_USAGE, "%s takes an argument: see --help", word);
	/* Until the last letter of a word, optind is still that of the word. */
	if (optopt && optopt <= UCHAR_MAX && !strchr(shorts, optopt))
		return err_set(err, ERR_USAGE, "-%c is no option: see --help", optopt);
	return err_set(err, ERR_USAGE, "%s is no option, not one alone, or takes no argument: see --help", word);
}

bool options_number(const char *what, const char *text, uint64_t least, uint64_t most, uint64_t *value,
		    struct err *err)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || *value < least || *value > most)
		return err_set(err, ERR_USAGE, "%s %s: expected a number from %" PRIu64 " to %" PRIu64, what, text, least,
			       most);
	return true;
}

bool options_size(const char *what, const char *text, uint64_t *size, struct err *err)
{
	static const char units[] = "KMGT";
	unsigned int shift = 0;
	char *end;

	errno = 0;
	*size = strtoull(text, &end, 10);

	const char *unit = *end ? strchr(units, *end >= 'a' && *end <= 'z' ? *end - 'a' + 'A' : *end) : NULL;

	if (unit) {
		shift = 10 * (unsigned int)(unit - units + 1);
		end++;
	}
	if (*text < '0' || *text > '9' || *end || errno || *size > UINT64_MAX >> shift)
		return err_set(err, ERR_USAGE, "%s %s: expected a number of bytes, or one with K, M, G or T", what, text);
	*size <<= shift;
	return true;
}

bool options_max_size(struct save_options *options, const char *what, const char *text, struct err *err)
{
	if (!options_size(what, text, &options->max_size, err))
		return false;
	return options->max_size || err_set(err, ERR_USAGE, "%s %s: nothing can be saved in that", what, text);
}

bool options_levels(struct save_options *options, const char *text, struct err *err)
{
	const char *at = text;

	options->level_count = 0;
	options->levels_given = true;
	for (;;) {
		char *end;
		unsigned long level = strtoul(at, &end, 10);

		if (*at < '0' || *at > '9' || (*end && *end != ',') || level > PAGE_LEVEL_MAX)
			return err_set(err, ERR_USAGE,
				       "level %s: expected a number from 0 to %d, or several with commas between them", text,
				       PAGE_LEVEL_MAX);
		if (options->level_count == SAVE_LEVELS)
			return err_set(err, ERR_USAGE, "level %s: no more than %d levels can be tried", text, SAVE_LEVELS);
		options->levels[options->level_count++] = (unsigned int)level;
		if (!*end)
			return true;
		at = end + 1;
	}
}

static bool read_packing(struct save_options *options, const char *text, struct err *err)
{
	static const struct {
		const char *name;
		enum write_packing packing;
		int least, most, usual;
	} kinds[] = {
		{ "zstd", WRITE_ZSTD, -7, 19, 1 },
		{ "zlib", WRITE_ZLIB, 1, 9, 1 },
		{ "none", WRITE_PLAIN, 0, 0, 0 },
	};
	size_t length = strcspn(text, ":");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		long level = kinds[i].usual;

		if (length != strlen(kinds[i].name) || strncmp(text, kinds[i].name, length) != 0)
			continue;
		if (text[length]) {
			const char *digits = text + length + 1;
			char *end;

			level = strtol(digits, &end, 10);
			if (end == digits || *end || level < kinds[i].least || level > kinds[i].most ||
			    kinds[i].packing == WRITE_PLAIN)
				break;
		}
		if (!write_packing_is_built(kinds[i].packing))
			return err_set(err, ERR_UNSUPPORTED,
				       "--compress %s: this build has no %s; configure found no library for it", text,
				       kinds[i].name);
		options->packing = kinds[i].packing;
		options->packing_level = (int)level;
		return true;
	}
	return err_set(err, ERR_USAGE, "--compress %s: expected zstd, zstd:N (-7 to 19), zlib, zlib:N (1 to 9), or none",
		       text);
}

const char *options_packing_name(struct arena *arena, const struct save_options *options)
{
	if (options->format == WRITE_ELF || options->packing == WRITE_PLAIN)
		return "plain";
	return arena_printf(arena, "%s:%d", options->packing == WRITE_ZSTD ? "zstd" : "zlib", options->packing_level);
}

unsigned int options_threads(const struct save_options *options)
{
	uint64_t available = room_available(), most = room_cpus();

	if (options->threads)
		return options->threads;
	if (available && most > available / 2 / THREAD_BYTES)
		most = available / 2 / THREAD_BYTES;
	if (most > SAVE_THREADS_MOST)
		most = SAVE_THREADS_MOST;
	return most ? (unsigned int)most : 1;
}

/* Modes exclude each other: asking twice for the same is no mistake. */
static bool set_mode(struct save_options *options, enum save_mode mode, const char *name, struct err *err)
{
	if (options->mode != SAVE_DUMP && options->mode != mode)
		return err_set(err, ERR_USAGE, "%s: another option says already what to do instead of saving", name);
	options->mode = mode;
	return true;
}

static bool take(struct save_options *options, int option, const char *value, uint64_t *parts, struct err *err)
{
	uint64_t number = 0;

	switch (option) {
	case 'd':
		return options_levels(options, value, err);
	case 'c':
		return read_packing(options, value, err);
	case 'm':
		if (strcmp(value, "kdump") != 0 && strcmp(value, "elf") != 0)
			return err_set(err, ERR_USAGE, "--format %s: expected kdump or elf", value);
		options->format = strcmp(value, "elf") == 0 ? WRITE_ELF : WRITE_KDUMP;
		return true;
	case 'F':
		options->flattened = true;
		return true;
	case 't':
		if (!options_number("--threads", value, 1, SAVE_THREADS_MOST, &number, err))
			return false;
		options->threads = (unsigned int)number;
		return true;
	case 'M':
		return options_max_size(options, "--max-size", value, err);
	case 'f':
		options->force = true;
		return true;
	case 'k':
		return options_size("--checkpoint", value, &options->checkpoint, err);
	case 'n':
		options->dry_run = true;
		return true;
	case 's':
		options->split = true;
		return options_number("--split", value, 2, SAVE_PARTS_MOST, parts, err);
	case 'S':
		if (!options_number("--status-fd", value, 0, INT32_MAX, &number, err))
			return false;
		options->status_fd = (int)number;
		return true;
	case 'q':
		options->messages = TELL_ERROR;
		return true;
	case 'E':
		return set_mode(options, SAVE_ESTIMATE, "--estimate", err);
	case 'V':
		return set_mode(options, SAVE_VERIFY, "--verify", err);
	case 'I':
		return set_mode(options, SAVE_INFO, "--info", err);
	case 'R':
		return set_mode(options, SAVE_UNFLATTEN, "--unflatten", err);
	case 'r':
		return set_mode(options, SAVE_REASSEMBLE, "--reassemble", err);
	case 'h':
		options->mode = SAVE_HELP;
		return true;
	case 'v':
		options->mode = SAVE_VERSION;
		return true;
	}
	return err_set(err, ERR_USAGE, "--as-makedumpfile: expected as the first argument only");
}

bool options_take_target(struct save_options *options, const char *const *names, size_t count)
{
	if (count != 1)
		return false;
	options->targets = names;
	options->target_count = 1;
	return true;
}

bool options_take_parts(struct save_options *options, const char *const *names, size_t count)
{
	if (count < 3)
		return false;
	options->sources = names;
	options->source_count = count - 1;
	options->targets = names + count - 1;
	options->target_count = 1;
	return true;
}

/* SOURCE, TARGET, where one or the other may be left out. */
static bool take_names(struct save_options *options, const char *const *names, size_t count, uint64_t parts,
		       struct err *err)
{
	static const char *const usual = DEFAULT_SOURCE, *const live = DEFAULT_LIVE;
	size_t targets = options->split ? (size_t)parts : 1;

	options->sources = names;
	switch (options->mode) {
	case SAVE_DUMP:
		if (count < targets)
			return err_set(err, ERR_USAGE, "expected %zu TARGET%s, found %zu: see --help", targets,
				       targets == 1 ? "" : "s", count);
		if (count > targets + 1)
			return err_set(err, ERR_USAGE, "%s: expected a SOURCE and %zu TARGET%s only: see --help",
				       names[targets + 1], targets, targets == 1 ? "" : "s");
		if (count == targets)
			options->sources = &usual;
		options->source_count = 1;
		options->targets = names + (count - targets);
		options->target_count = targets;
		return true;
	case SAVE_ESTIMATE:
		if (count > 1)
			return err_set(err, ERR_USAGE, "%s: --estimate takes one SOURCE", names[1]);
		if (!count)
			options->sources = &live;
		options->source_count = 1;
		return true;
	case SAVE_UNFLATTEN:
		return options_take_target(options, names, count) ||
		       err_set(err, ERR_USAGE, "--unflatten: expected one TARGET, found %zu: the stream is standard input",
			       count);
	case SAVE_REASSEMBLE:
		return options_take_parts(options, names, count) ||
		       err_set(err, ERR_USAGE, "--reassemble: expected two PARTs or more, and a TARGET, found %zu names", count);
	case SAVE_VERIFY:
	case SAVE_INFO:
		if (!count)
			return err_set(err, ERR_USAGE, "%s: expected a FILE", options->mode == SAVE_INFO ? "--info" : "--verify");
		options->source_count = count;
		return true;
	default:
		return true;
	}
}

static bool check(struct save_options *options, bool packing_given, struct err *err)
{
	if (options->mode != SAVE_DUMP && (options->dry_run || options->flattened || options->split))
		return err_set(err, ERR_USAGE, "--%s: for saving only, and another option says what to do instead of saving",
			       options->dry_run ? "dry-run" : options->flattened ? "flatten" : "split");
	if (options->format == WRITE_ELF && packing_given && options->packing != WRITE_PLAIN)
		return err_set(err, ERR_USAGE, "--format elf: an ELF core has no packed pages: --compress does not go with it");
	if (options->format == WRITE_ELF)
		options->packing = WRITE_PLAIN;
	if (options->split && options->format == WRITE_ELF)
		return err_set(err, ERR_USAGE, "--split: only kdump-compressed files have parts: --format elf does not go with it");
	for (size_t i = 0; i < options->target_count; i++) {
		if (!*options->targets[i])
			return err_set(err, ERR_USAGE, "TARGET is empty: expected the name of a file");
		if (strcmp(options->targets[i], "-") != 0)
			continue;
		if (options->split || options->mode == SAVE_REASSEMBLE || options->mode == SAVE_UNFLATTEN)
			return err_set(err, ERR_USAGE, "TARGET -: standard output is for one whole dump only");
		if (options->status_fd == 1)
			return err_set(err, ERR_USAGE, "--status-fd 1: standard output has the dump");
		if (options->level_count > 1)
			return err_set(err, ERR_USAGE, "TARGET -: what went to standard output cannot be taken back: expected "
						       "one level, found %zu",
				       options->level_count);
		options->flattened = true;
	}
	for (size_t i = 0; i < options->target_count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(options->targets[i], options->targets[j]) == 0)
				return err_set(err, ERR_USAGE, "%s: expected a different TARGET for each part", options->targets[i]);
	return true;
}

bool options_read(struct save_options *options, int argc, char *const argv[], struct err *err)
{
	struct option longs[OPTIONS + 1] = { 0 };
	char shorts[2 * OPTIONS + 2] = ":";
	size_t used = 1;
	bool packing_given = false;
	uint64_t parts = 0;

	*options = (struct save_options){
		.levels = { DEFAULT_LEVEL },
		.level_count = 1,
		.packing = WRITE_ZSTD,
		.packing_level = 1,
		.checkpoint = DEFAULT_CHECKPOINT,
		.status_fd = -1,
		.messages = TELL_PROGRESS | TELL_COMMON | TELL_ERROR,
	};
	if (!write_packing_is_built(WRITE_ZSTD))
		options->packing = write_packing_is_built(WRITE_ZLIB) ? WRITE_ZLIB : WRITE_PLAIN;
	for (size_t i = 0; i < OPTIONS; i++) {
		longs[i] = table[i].option;
		shorts[used++] = (char)table[i].option.val;
		if (table[i].argument)
			shorts[used++] = ':';
	}
	for (;;) {
		int option = getopt_long(argc, argv, shorts, longs, NULL);

		if (option == -1)
			break;
		if (option == ':' || option == '?')
			return options_stray(option, shorts, argv, err);
		packing_given |= option == 'c';
		if (!take(options, option, optarg, &parts, err))
			return false;
	}
	if (options->mode == SAVE_HELP || options->mode == SAVE_VERSION)
		return true;
	return take_names(options, (const char *const *)argv + optind, (size_t)(argc - optind), parts, err) &&
	       check(options, packing_given, err);
}
