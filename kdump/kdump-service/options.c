/* SPDX-License-Identifier: GPL-2.0-only */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "kdump/kdump-service/service.h"

#define ALL_VERBS ~0u
#define FOR(verb) (1u << (verb))

static const struct {
	const char *name;
	enum service_verb verb;
	const char *argument;
	const char *help;
} verbs[] = {
	{ "load", SERVICE_LOAD, NULL, "load what runs after a crash, unless the same is loaded" },
	{ "unload", SERVICE_UNLOAD, NULL, "unload it" },
	{ "status", SERVICE_STATUS, NULL, "say what is loaded, and what a crash would find" },
	{ "test", SERVICE_TEST, NULL, "check all that can be checked without a crash" },
	{ "build", SERVICE_BUILD, "[RELEASE]", "make the initrd that saves a dump" },
	{ "save", SERVICE_SAVE, NULL, "after a crash: save the dump, then do as configured" },
	{ "print", SERVICE_PRINT, NULL, "print the configuration, with what holds by default" },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

enum {
	OPTION_ROOT = 256,
	OPTION_CONFIG,
	OPTION_JSON,
	OPTION_FORCE,
	OPTION_HOTPLUG,
	OPTION_NO_ACTION,
	OPTION_VMCORE,
	OPTION_TOOL,
	OPTION_OUTPUT,
};

static const struct {
	struct option option;
	unsigned int verbs;
	const char *argument;
	const char *help;
} table[] = {
	{ { "config", required_argument, NULL, OPTION_CONFIG },
	  ALL_VERBS,
	  "FILE",
	  "read FILE, not " CONF_PATH " (and FILE.d, not " CONF_PATH ".d)" },
	{ { "root", required_argument, NULL, OPTION_ROOT },
	  ALL_VERBS,
	  "DIR",
	  "read everything below DIR, and start nothing" },
	{ { "quiet", no_argument, NULL, 'q' }, ALL_VERBS, NULL, "errors and warnings only" },
	{ { "json", no_argument, NULL, OPTION_JSON }, FOR(SERVICE_STATUS), NULL, "status: one JSON object" },
	{ { "force", no_argument, NULL, OPTION_FORCE },
	  FOR(SERVICE_LOAD),
	  NULL,
	  "load: also where the same is loaded" },
	{ { "hotplug", no_argument, NULL, OPTION_HOTPLUG },
	  FOR(SERVICE_LOAD),
	  NULL,
	  "load: because CPUs or memory came or went; only what is loaded is loaded again" },
	{ { "tool", required_argument, NULL, OPTION_TOOL },
	  FOR(SERVICE_BUILD),
	  "TOOL",
	  "build: initramfs-tools or dracut" },
	{ { "output", required_argument, NULL, OPTION_OUTPUT }, FOR(SERVICE_BUILD), "FILE", "build: where to write" },
	{ { "vmcore", required_argument, NULL, OPTION_VMCORE }, FOR(SERVICE_SAVE), "FILE", "save: not /proc/vmcore" },
	{ { "no-action", no_argument, NULL, OPTION_NO_ACTION },
	  FOR(SERVICE_SAVE),
	  NULL,
	  "save: neither OnSuccess= nor OnFailure=" },
	{ { "help", no_argument, NULL, 'h' }, ALL_VERBS, NULL, "this text" },
	{ { "version", no_argument, NULL, 'v' }, ALL_VERBS, NULL, "the version" },
};

#define OPTIONS (sizeof(table) / sizeof(table[0]))

void service_options_help(void)
{
	puts("Usage: kdump-service VERB [OPTION]...\n"
	     "Keeps a kernel loaded that saves the memory of this one if it crashes.\n");
	for (size_t i = 0; i < VERBS; i++)
		printf("  %-7s%-18s %s\n", verbs[i].name, verbs[i].argument ? verbs[i].argument : "", verbs[i].help);
	puts("");
	for (size_t i = 0; i < OPTIONS; i++) {
		char name[32], letter[4] = "   ";

		snprintf(name, sizeof(name), "--%s%s%s", table[i].option.name, table[i].argument ? "=" : "",
			 table[i].argument ? table[i].argument : "");
		if (table[i].option.val < 256)
			snprintf(letter, sizeof(letter), "-%c,", (char)table[i].option.val);
		printf("  %s %-21s %s\n", letter, name, table[i].help);
	}
	puts("\nExit codes: 0 done, 1 failed, 2 usage, 3 status: not loaded, 4 status: not possible here, 5 save: not all of\n"
	     "the dump, 6 mistakes in the configuration, 7 save: no dump.");
}

static void take(struct service_options *options, int option, const char *value)
{
	switch (option) {
	case OPTION_ROOT:
		/* "" is how the rest of the program knows that this is the machine itself. */
		options->root = value[strspn(value, "/")] ? value : "";
		break;
	case OPTION_CONFIG:
		options->config = value;
		break;
	case OPTION_JSON:
		options->json = true;
		break;
	case OPTION_FORCE:
		options->force = true;
		break;
	case OPTION_HOTPLUG:
		options->hotplug = true;
		break;
	case OPTION_NO_ACTION:
		options->no_action = true;
		break;
	case OPTION_VMCORE:
		options->vmcore = value;
		break;
	case OPTION_TOOL:
		options->tool = value;
		break;
	case OPTION_OUTPUT:
		options->output = value;
		break;
	case 'q':
		options->quiet = true;
		break;
	}
}

static bool find_verb(struct service_options *options, const char *name, struct err *err)
{
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].name, name) == 0) {
			options->verb = verbs[i].verb;
			return true;
		}
	}
	return err_set(err, ERR_USAGE,
		       "%s: unknown verb; expected load, unload, status, test, build, save or print: see --help",
		       name);
}

static const char *verb_name(enum service_verb verb)
{
	for (size_t i = 0; i < VERBS; i++)
		if (verbs[i].verb == verb)
			return verbs[i].name;
	return "";
}

/* getopt takes an empty word for a value; as a path it would be the current folder or this machine. */
static const char empty[] = "--%s is followed by nothing: a %s is expected";

static bool check_values(const struct service_options *options, struct err *err)
{
	if (options->root[0] && options->root[0] != '/')
		return err_set(err, ERR_USAGE, "--root=%s: an absolute path is expected", options->root);
	if (!options->config[0])
		return err_set(err, ERR_USAGE, empty, "config", "file");
	if (!options->vmcore[0])
		return err_set(err, ERR_USAGE, empty, "vmcore", "file");
	if (options->output && !options->output[0])
		return err_set(err, ERR_USAGE, empty, "output", "file");
	if (options->tool && strcmp(options->tool, "initramfs-tools") != 0 && strcmp(options->tool, "dracut") != 0)
		return err_set(err, ERR_USAGE, "--tool=%s: expected initramfs-tools or dracut", options->tool);
	/* A release becomes part of file names. */
	if (options->release && (!options->release[0] || options->release[0] == '.' || strchr(options->release, '/')))
		return err_set(err, ERR_USAGE, "build %s: a kernel's release is expected, as uname -r prints it",
			       options->release);
	return true;
}

bool service_options_read(struct service_options *options, int argc, char *const argv[], struct err *err)
{
	struct option longs[OPTIONS + 1] = { 0 };
	const char *verb = NULL;
	bool given[OPTIONS] = { false };
	enum service_verb instead = SERVICE_LOAD;

	*options = (struct service_options){ .root = "", .config = CONF_PATH, .vmcore = "/proc/vmcore" };
	for (size_t i = 0; i < OPTIONS; i++)
		longs[i] = table[i].option;
	for (;;) {
		/* "-": words between options come as an option of value 1, in their order, whatever POSIXLY_CORRECT is. */
		int option = getopt_long(argc, argv, "-:qhv", longs, NULL);

		if (option == -1)
			break;
		if (option == ':')
			return err_set(err, ERR_USAGE, "%s takes an argument: see --help", argv[optind - 1]);
		if (option == '?')
			return err_set(err, ERR_USAGE, "%s is no option, or not one alone: see --help",
				       argv[optind - 1]);
		if (option == 'h' || option == 'v') {
			instead = option == 'h' ? SERVICE_HELP : SERVICE_VERSION;
			continue;
		}
		if (option == OPTION_ROOT && !optarg[0])
			return err_set(err, ERR_USAGE, empty, "root", "folder");
		if (option != 1) {
			for (size_t i = 0; i < OPTIONS; i++)
				given[i] |= table[i].option.val == option;
			take(options, option, optarg);
		} else if (!verb) {
			verb = optarg;
		} else if (strcmp(verb, "build") == 0 && !options->release) {
			options->release = optarg;
		} else {
			return err_set(err, ERR_USAGE, "%s: nothing is expected behind %s: see --help", optarg, verb);
		}
	}
	if (instead != SERVICE_LOAD) {
		options->verb = instead;
		return true;
	}
	if (optind < argc)
		return err_set(err, ERR_USAGE, "%s: nothing is expected behind --: see --help", argv[optind]);
	if (!verb)
		return err_set(err, ERR_USAGE,
			       "a verb is expected: load, unload, status, test, build, save or print; see --help");
	if (!find_verb(options, verb, err))
		return false;
	for (size_t i = 0; i < OPTIONS; i++)
		if (given[i] && !(table[i].verbs & FOR(options->verb)))
			return err_set(err, ERR_USAGE, "--%s does not go with %s: see --help", table[i].option.name,
				       verb_name(options->verb));
	return check_values(options, err);
}
