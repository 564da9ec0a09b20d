/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kdump/capture/capture.h"

#define DEFAULT_DIRECTORY "/var/crash"

enum {
	OPTION_AT = 256,
	OPTION_ENDIAN,
	OPTION_NR_CPUS,
	OPTION_THREAD_SIZE,
};

static const struct {
	struct option option;
	const char *argument;
	const char *help;
} table[] = {
	{ { "check", no_argument, NULL, 'c' }, NULL, "look at the dump and say what it is; change nothing" },
	{ { "directory", required_argument, NULL, 'd' }, "DIR",
	  "save as DIR/<time of the crash>/vmcore (default " DEFAULT_DIRECTORY ")" },
	{ { "output", required_argument, NULL, 'o' }, "FILE", "save as FILE" },
	{ { "verify", no_argument, NULL, 'V' }, NULL, "read the copy again from the disk and compare" },
	{ { "no-reboot", no_argument, NULL, 'n' }, NULL, "do not start the machine again after saving" },
	{ { "release-memory", no_argument, NULL, 'm' }, NULL,
	  "instead of that, give the memory of the dump back and go on; with --verify" },
	{ { "any", no_argument, NULL, 'a' }, NULL, "save what a kdump kernel offers, too" },
	{ { "again", no_argument, NULL, 'A' }, NULL, "save also what is saved already" },
	{ { "root", required_argument, NULL, 'r' }, "DIR", "read proc, sys and dev below DIR; never start again" },
	{ { "decode", required_argument, NULL, 'D' }, "IMAGE", "look at an image of the machine's memory" },
	{ { "at", required_argument, NULL, OPTION_AT }, "ADDRESS", "where in it the area reserved for dumps begins" },
	{ { "kernel-dump", required_argument, NULL, 'k' }, "FILE", "look at a property ibm,kernel-dump" },
	{ { "cpu-state", required_argument, NULL, 's' }, "FILE", "look at CPU state data (REGSAVE)" },
	{ { "opal-cpu-state", required_argument, NULL, 'p' }, "FILE", "look at CPU state data of PowerNV firmware" },
	{ { "thread-size", required_argument, NULL, OPTION_THREAD_SIZE }, "BYTES", "of each CPU in it" },
	{ { "crash-info", required_argument, NULL, 'i' }, "FILE", "look at a crash info header" },
	{ { "elfcore", required_argument, NULL, 'e' }, "FILE", "look at the headers of an ELF dump" },
	{ { "nr-cpus", required_argument, NULL, OPTION_NR_CPUS }, "N", "CONFIG_NR_CPUS of the capture kernel" },
	{ { "endian", required_argument, NULL, OPTION_ENDIAN }, "ORDER", "big or little: of the capture kernel" },
	{ { "help", no_argument, NULL, 'h' }, NULL, "this text" },
	{ { "version", no_argument, NULL, 'v' }, NULL, "the version" },
};

#define OPTIONS (sizeof(table) / sizeof(table[0]))

void capture_options_help(void)
{
	puts("Usage: fadump-capture [OPTION]...\n"
	     "Saves the dump that firmware of a Power machine has kept (fadump), and starts the machine again.\n");
	for (size_t i = 0; i < OPTIONS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "--%s%s%s", table[i].option.name, table[i].argument ? " " : "",
			 table[i].argument ? table[i].argument : "");
		if (table[i].option.val < 256)
			printf(" -%c, %-24s %s\n", table[i].option.val, name, table[i].help);
		else
			printf("     %-24s %s\n", name, table[i].help);
	}
	puts("\nExit codes: 0 saved (or, with --check and the options that look at files, sound), 1 usage, 2 no dump of\n"
	     "fadump, 3 refused by the kernel, 4 released, 5 saved already, 6 damaged, 7 failed, 8 no room, 9 saved with\n"
	     "zeros for what could not be read, 10 saved (as with 0, 6 or 9), and neither started again nor released.");
}

static bool parse_number(const char *name, const char *text, uint64_t most, uint64_t *value, struct err *err)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno || *value > most)
		return err_set(err, ERR_USAGE, "--%s %s: expected a number from 0 to %llu, decimal or with 0x", name, text,
			       (unsigned long long)most);
	return true;
}

static bool take(struct capture_options *options, int option, const char *value, struct err *err)
{
	uint64_t number;

	switch (option) {
	case 'c':
		options->mode = CAPTURE_CHECK;
		break;
	case 'd':
		options->directory = value;
		break;
	case 'o':
		options->output = value;
		break;
	case 'V':
		options->verify = true;
		break;
	case 'n':
		options->reboot = false;
		break;
	case 'm':
		options->release = true;
		break;
	case 'a':
		options->any = true;
		break;
	case 'A':
		options->again = true;
		break;
	case 'r':
		options->root = value;
		break;
	case 'D':
		options->image = value;
		break;
	case 'k':
		options->kernel_dump = value;
		break;
	case 's':
		options->cpu_state = value;
		break;
	case 'p':
		options->opal_cpu_state = value;
		break;
	case 'i':
		options->crash_info = value;
		break;
	case 'e':
		options->elfcore = value;
		break;
	case 'h':
		options->mode = CAPTURE_HELP;
		break;
	case 'v':
		options->mode = CAPTURE_VERSION;
		break;
	case OPTION_AT:
		options->has_at = true;
		return parse_number("at", value, UINT64_MAX, &options->at, err);
	case OPTION_THREAD_SIZE:
		return parse_number("thread-size", value, UINT32_MAX, &options->thread_size, err);
	case OPTION_NR_CPUS:
		if (!parse_number("nr-cpus", value, 65536, &number, err))
			return false;
		options->kernel.nr_cpus = (uint32_t)number;
		break;
	case OPTION_ENDIAN:
		if (strcmp(value, "big") != 0 && strcmp(value, "little") != 0)
			return err_set(err, ERR_USAGE, "--endian %s: expected big or little", value);
		options->kernel.has_order = true;
		options->kernel.order = strcmp(value, "big") == 0 ? ORDER_BIG : ORDER_LITTLE;
		break;
	}
	return true;
}

static bool check(struct capture_options *options, struct err *err)
{
	bool files = options->image || options->kernel_dump || options->cpu_state || options->crash_info ||
		     options->elfcore || options->opal_cpu_state;

	if (files && (options->mode == CAPTURE_CHECK || options->output || options->release || options->verify))
		return err_set(err, ERR_USAGE, "--check, --output, --verify and --release-memory are about the dump of this "
					       "boot, and do not go with the options that look at files");
	if (files)
		options->mode = CAPTURE_DECODE;
	if (options->directory && options->output)
		return err_set(err, ERR_USAGE, "--directory %s and --output %s: only one can say where to save",
			       options->directory, options->output);
	if (!options->directory)
		options->directory = DEFAULT_DIRECTORY;
	if (options->has_at && !options->image)
		return err_set(err, ERR_USAGE, "--at is a place in the memory image that --decode names");
	if (options->has_at && options->kernel_dump)
		return err_set(err, ERR_USAGE, "--kernel-dump says where everything is: --at does not go with it");
	if (options->opal_cpu_state && !options->thread_size)
		return err_set(err, ERR_USAGE, "--opal-cpu-state takes --thread-size: the data does not say how large a "
					       "CPU's part is (firmware's metadata do, as cpu_data_size)");
	if (options->release && !options->reboot)
		return err_set(err, ERR_USAGE, "--release-memory means that the machine is not started again: --no-reboot "
					       "is too much");
	if (options->release && options->any)
		return err_set(err, ERR_USAGE, "a kdump kernel has no memory to give back: --any and --release-memory do not "
					       "go together");
	/* Memory is given back only after a copy that was compared. */
	options->verify |= options->release;
	return true;
}

bool capture_ends_boot(const struct capture_options *options)
{
	return options->mode == CAPTURE_SAVE && (options->reboot || options->release) && strcmp(options->root, "/") == 0;
}

bool capture_options_read(struct capture_options *options, int argc, char *const argv[], struct err *err)
{
	struct option longs[OPTIONS + 1] = { 0 };
	char shorts[2 * OPTIONS + 2] = ":";
	size_t used = 1;

	*options = (struct capture_options){ .root = "/", .reboot = true };
	for (size_t i = 0; i < OPTIONS; i++) {
		longs[i] = table[i].option;
		if (table[i].option.val >= 256)
			continue;
		shorts[used++] = (char)table[i].option.val;
		if (table[i].argument)
			shorts[used++] = ':';
	}
	for (;;) {
		int option = getopt_long(argc, argv, shorts, longs, NULL);

		if (option == -1)
			break;
		if (option == ':')
			return err_set(err, ERR_USAGE, "%s takes an argument: see --help", argv[optind - 1]);
		if (option == '?')
			return err_set(err, ERR_USAGE, "%s is no option, or not one alone: see --help", argv[optind - 1]);
		if (!take(options, option, optarg, err))
			return false;
	}
	if (optind < argc)
		return err_set(err, ERR_USAGE, "%s: no arguments are expected behind the options: see --help", argv[optind]);
	return options->mode == CAPTURE_HELP || options->mode == CAPTURE_VERSION || check(options, err);
}
