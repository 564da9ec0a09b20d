/* SPDX-License-Identifier: GPL-2.0-only */
/* What the options mean for one architecture and one mode. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/options.h"

static bool concerns(const struct option_row *row, enum arch_id arch)
{
	return row->archs == OPTION_ALL || (row->archs & UINT32_C(1) << arch);
}

bool options_given(const struct options *options, enum option_id id, enum arch_id arch)
{
	const struct option_row *row = options->seen[id];

	return row && concerns(row, arch);
}

static const char *mode_name(enum options_mode mode)
{
	switch (mode) {
	case MODE_UNLOAD:
		return "--unload";
	case MODE_EXEC:
		return "--exec";
	case MODE_STATUS:
		return "--status";
	case MODE_PRINT_CKR_SIZE:
		return "--print-ckr-size";
	case MODE_PRINT_MACHINE:
		return "--print-machine";
	case MODE_VERIFY:
		return "--verify";
	case MODE_JUMP_BACK_HELPER:
		return "--load-jump-back-helper";
	case MODE_LOAD:
	case MODE_HELP:
	case MODE_VERSION:
		break;
	}
	return "--load";
}

static bool means_nothing(const struct options *options, const struct option_row *row)
{
	if (!row->for_loading || options->mode == MODE_LOAD)
		return false;
	return options->mode != MODE_JUMP_BACK_HELPER || row->id != OPTION_ENTRY;
}

bool options_check(struct options *options, enum arch_id arch, struct err *err)
{
	for (unsigned int id = 0; id < OPTION_COUNT; id++) {
		const struct option_row *row = options->seen[id];

		if (!row)
			continue;
		if (!concerns(row, arch))
			options_warn(options, "--%s is for %s and ignored: the kernel is to be loaded on %s",
				     row->name, row->family, machine_arch_name(arch));
		else if (row->refusal && !(row->done & UINT32_C(1) << arch))
			return err_set(err, ERR_UNSUPPORTED, "--%s %s", row->name, row->refusal);
		else if (means_nothing(options, row))
			options_warn(options, "--%s has no effect with %s", row->name,
				     mode_name(options->mode));
	}
	if (options_given(options, OPTION_REAL_MODE, arch) && options_given(options, OPTION_ENTRY_32BIT, arch))
		return err_set(err, ERR_USAGE, "--real-mode and --entry-32bit contradict each other");
	if (options->kernel && options->mode != MODE_LOAD)
		options_warn(options, "%s is not looked at with %s", options->kernel,
			     mode_name(options->mode));
	return true;
}

/* Whole words only; false where it is no number of at most `most`. */
static bool read_small(const char *text, unsigned long most, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 0);
	return text[0] >= '0' && text[0] <= '9' && !*end && !errno && *number <= most;
}

static bool read_port(const char *text, uint16_t *port, struct err *err)
{
	unsigned long number;

	if (strcmp(text, "ttyS0") == 0)
		number = 0x3f8;
	else if (strcmp(text, "ttyS1") == 0)
		number = 0x2f8;
	else if (strncmp(text, "0x", 2) != 0 || !read_small(text, UINT16_MAX, &number))
		return err_set(err, ERR_USAGE,
			       "Bad serial port base in --serial=%s: expected ttyS0, ttyS1 or an I/O port such as 0x3f8, "
			       "below 0x10000",
			       text);
	*port = (uint16_t)number;
	return true;
}

/* A PC's serial port divides its clock of 115200 by a whole number. */
static bool read_baud(const char *text, uint32_t *baud, struct err *err)
{
	unsigned long number;

	if (!read_small(text, 115200, &number) || number < 9600 || 115200 % number)
		return err_set(err, ERR_USAGE,
			       "Bad serial port baud rate in --serial-baud=%s: expected 9600 to 115200, and a divisor of "
			       "115200, such as 9600, 19200, 38400, 57600 or 115200",
			       text);
	*baud = (uint32_t)number;
	return true;
}

bool options_console(const struct options *options, enum arch_id arch, struct request_console *console,
		     struct err *err)
{
	*console = (struct request_console){
		.vga = options_given(options, OPTION_CONSOLE_VGA, arch),
		.serial = options_given(options, OPTION_CONSOLE_SERIAL, arch),
		.reset_vga = options_given(options, OPTION_RESET_VGA, arch),
		.serial_port = 0x3f8,
	};
	if (options_given(options, OPTION_SERIAL, arch) && !read_port(options->serial, &console->serial_port, err))
		return false;
	return !options_given(options, OPTION_SERIAL_BAUD, arch) ||
	       read_baud(options->serial_baud, &console->serial_baud, err);
}
