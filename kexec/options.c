/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One pass over argv. Not getopt_long(3): it keeps its place in global variables, prints, obeys
 * POSIXLY_CORRECT (which would turn options behind the kernel into operands) and knows no difference between
 * abbreviations of old and of new options.
 */
#include "kexec/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where the pass stands. */
struct reading {
	struct options *options;
	enum arch_id running;
	int argc;
	char *const *argv;
	int next; /* index in argv */
	bool stop;
};

void options_warn(struct options *options, const char *format, ...)
{
	struct options_warning *warning = arena_alloc(&options->arena, sizeof(*warning));
	struct options_warning **last = &options->warnings;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	warning->text = arena_strdup(&options->arena, text);
	while (*last)
		last = &(*last)->next;
	*last = warning;
}

const char *options_spelling(struct options *options, const struct option_row *row)
{
	return arena_printf(&options->arena, "--%s", row->name);
}

/* As strtoul(3) with base 0, but whole words only, no sign, and what does not fit is an error. */
static bool read_number(const char *name, const char *text, uint64_t *number, struct err *err)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno || value > UINT64_MAX)
		return err_set(
			err, ERR_USAGE,
			"Bad option value in --%s=%s: expected a number of 64 bits, such as 4096 or 0x1000",
			name, text);
	*number = value;
	return true;
}

static bool read_word(const struct option_row *row, const char *text, const char *const *words,
		      unsigned int *index, struct err *err)
{
	for (unsigned int i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0) {
			*index = i;
			return true;
		}
	}
	return err_set(err, ERR_USAGE, "Bad option value in --%s=%s: expected %s", row->name, text,
		       row->value);
}

static const char *arch_names(struct options *options)
{
	const char *names = "";

	for (unsigned int id = ARCH_NONE + 1; strcmp(machine_arch_name(id), "none") != 0; id++)
		names = arena_printf(&options->arena, "%s%s%s", names, *names ? ", " : "",
				     machine_arch_name(id));
	return names;
}

static bool take_value(struct options *o, const struct option_row *row, const char *value, struct err *err)
{
	static const char *const headers[] = { "auto", "always", "never", NULL };
	static const char *const corruption[] = { "halt", "reboot", NULL };
	static const char *const meminfo[] = { "auto", "never", NULL };
	unsigned int index = 0;

	/* An empty command line is one; an empty name never is. */
	if (!*value && row->id != OPTION_APPEND && row->id != OPTION_COMMAND_LINE)
		return err_set(err, ERR_USAGE, "option --%s: the value is empty, expected %s", row->name,
			       row->value);

	switch (row->id) {
	case OPTION_APPEND:
	case OPTION_COMMAND_LINE:
		o->texts[o->text_count++] = (struct options_text){ row->id == OPTION_COMMAND_LINE, value };
		return true;
	case OPTION_INITRD:
		o->initrds[o->initrd_count++] = value;
		return true;
	case OPTION_TYPE:
		o->type = value;
		return true;
	case OPTION_ENTRY:
		o->has_entry = true;
		return read_number(row->name, value, &o->entry, err);
	case OPTION_MEM_MIN:
		return read_number(row->name, value, &o->mem_min, err);
	case OPTION_MEM_MAX:
		return read_number(row->name, value, &o->mem_max, err);
	case OPTION_ARCH:
		o->arch = machine_arch_by_name(value);
		if (o->arch == ARCH_NONE)
			return err_set(err, ERR_USAGE, "Bad option value in --arch=%s: expected one of %s",
				       value, arch_names(o));
		return true;
	case OPTION_ROOT:
		o->root = value;
		return true;
	case OPTION_MACHINE:
		o->machine = value;
		return true;
	case OPTION_MEMORY:
		o->memory = value;
		return true;
	case OPTION_REALMEM:
		o->realmem = value;
		return true;
	case OPTION_ELF_HEADERS:
		if (!read_word(row, value, headers, &index, err))
			return false;
		o->elf_headers = (enum elf_headers)index;
		return true;
	case OPTION_ON_CORRUPTION:
		if (!read_word(row, value, corruption, &index, err))
			return false;
		o->on_corruption = (enum corruption_policy)index;
		return true;
	case OPTION_MEMINFO:
		if (!read_word(row, value, meminfo, &index, err))
			return false;
		o->no_meminfo = index == 1;
		return true;
	case OPTION_SERIAL:
		o->serial = value;
		return true;
	case OPTION_SERIAL_BAUD:
		o->serial_baud = value;
		return true;
	case OPTION_MODULE:
		o->modules[o->module_count++] = value;
		return true;
	case OPTION_DTB:
		o->dtb = value;
		return true;
	default:
		return true; /* refused or warned of by options_check() */
	}
}

static void take_flag(struct options *o, const struct option_row *row)
{
	switch (row->id) {
	case OPTION_DEBUG:
		o->debug = true;
		break;
	case OPTION_NO_IFDOWN:
		o->no_ifdown = true;
		break;
	case OPTION_NO_SYNC:
		o->no_sync = true;
		break;
	case OPTION_NO_CHECKS:
		o->no_checks = true;
		break;
	case OPTION_AUTO_SYSCALL:
		o->syscall = SYSCALL_AUTO;
		break;
	case OPTION_LOAD_SYSCALL:
		o->syscall = SYSCALL_LOAD;
		break;
	case OPTION_FILE_SYSCALL:
		o->syscall = SYSCALL_FILE;
		break;
	case OPTION_REUSE_CMDLINE:
		o->reuse_cmdline = true;
		break;
	case OPTION_HOTPLUG:
		o->hotplug = true;
		break;
	case OPTION_NO_CMA:
		o->no_cma = true;
		break;
	case OPTION_FORCE_DTB:
		o->force_dtb = true;
		break;
	case OPTION_DRY_RUN:
		o->dry_run = true;
		break;
	case OPTION_ELF32_CORE_HEADERS:
		o->core_class = CORE_32;
		break;
	case OPTION_ELF64_CORE_HEADERS:
		o->core_class = CORE_64;
		break;
	case OPTION_ARGS_ELF:
		o->elf_args = ELF_ARGS_NOTES;
		break;
	case OPTION_ARGS_LINUX:
		o->elf_args = ELF_ARGS_LINUX;
		break;
	case OPTION_ARGS_NONE:
		o->elf_args = ELF_ARGS_NONE;
		break;
	default:
		break; /* modes and plain flags are made of o->seen */
	}
}

/* spelled: as on the command line, for messages. attached: the value that came with the option, or NULL. */
static bool take(struct reading *r, const struct option_row *row, const char *spelled, const char *attached,
		 struct err *err)
{
	struct options *o = r->options;

	if (attached && options_extra_value(row)) {
		if (strcmp(attached, options_extra_value(row)) != 0)
			return err_set(err, ERR_USAGE, "Bad option value in --%s=%s: expected %s, or no value", row->name,
				       attached, options_extra_value(row));
	} else if (!row->value && attached) {
		return err_set(err, ERR_USAGE, "option %s takes no value, and \"%s\" was given", spelled,
			       attached);
	}
	if (row->id == OPTION_STATUS)
		o->verbose = attached;
	if (row->value && !attached) {
		if (r->next >= r->argc)
			return err_set(err, ERR_USAGE, "option %s requires an argument: %s", spelled,
				       row->value);
		attached = r->argv[r->next++];
	}
	o->seen[row->id] = row;
	if (row->id == OPTION_HELP || row->id == OPTION_VERSION) {
		o->mode = row->id == OPTION_HELP ? MODE_HELP : MODE_VERSION;
		r->stop = true;
		return true;
	}
	if (row->value)
		return take_value(o, row, attached, err);
	take_flag(o, row);
	return true;
}

static bool known_there(const struct option_row *row, enum arch_id running)
{
	return !row->own && (row->archs == OPTION_ALL || (row->archs & UINT32_C(1) << running));
}

/*
 * The row that `word` (without dashes and value) means: the one of that name, the only one that begins so
 * among the options that kexec-tools has on this machine, or the only one of all. Two spellings of one option
 * count as one.
 */
static const struct option_row *find_long(const struct reading *r, const char *word, size_t length,
					  struct err *err)
{
	const struct option_row *found[2] = { NULL, NULL };
	const struct option_row *other[2] = { NULL, NULL };

	for (const struct option_row *row = options_table; row->name; row++) {
		if (strncmp(row->name, word, length) != 0)
			continue;
		if (strlen(row->name) == length)
			return row;

		for (int native = 0; native < 2; native++) {
			if (native && !known_there(row, r->running))
				continue;
			if (!found[native])
				found[native] = row;
			else if (found[native]->id != row->id && !other[native])
				other[native] = row;
		}
	}

	int use = found[1] ? 1 : 0;

	if (found[use] && !other[use])
		return found[use];
	if (found[use])
		err_set(err, ERR_USAGE, "option --%.*s is ambiguous: --%s or --%s?", (int)length, word,
			found[use]->name, other[use]->name);
	else
		err_set(err, ERR_USAGE, "unrecognized option --%.*s", (int)length, word);
	return NULL;
}

static bool take_long(struct reading *r, const char *word, struct err *err)
{
	size_t length = strcspn(word + 2, "=");
	const char *attached = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;
	const struct option_row *row = find_long(r, word + 2, length, err);

	return row && take(r, row, options_spelling(r->options, row), attached, err);
}

static const struct option_row *find_letter(char letter)
{
	for (const struct option_row *row = options_table; row->name; row++) {
		if (row->letter && row->letter == letter)
			return row;
	}
	return NULL;
}

/* A cluster of letters; the rest of it is the value of the first letter that takes one. */
static bool take_letters(struct reading *r, const char *word, struct err *err)
{
	for (const char *at = word + 1; *at && !r->stop; at++) {
		const struct option_row *row = find_letter(*at);
		char spelled[3] = { '-', *at, 0 };

		if (*at == '?') {
			row = find_letter('h');
			r->options->bad_help = true;
		}
		if (!row)
			return err_set(err, ERR_USAGE, "unrecognized option -%c in \"%s\"", *at, word);

		const char *attached = row->value && at[1] ? at + 1 : NULL;

		if (!take(r, row, spelled, attached, err))
			return false;
		if (attached)
			return true;
	}
	return true;
}

static bool take_operand(struct reading *r, const char *word, struct err *err)
{
	struct options *o = r->options;

	if (!*word)
		return err_set(err, ERR_USAGE, "an argument is empty; expected the kernel's file name");
	if (o->kernel)
		return err_set(err, ERR_USAGE,
			       "one kernel expected, found \"%s\" and \"%s\". Is a command line with blanks "
			       "not quoted?",
			       o->kernel, word);
	o->kernel = word;
	return true;
}

static bool read_all(struct reading *r, struct err *err)
{
	bool options_end = false;

	while (r->next < r->argc && !r->stop) {
		const char *word = r->argv[r->next++];
		bool ok;

		if (options_end || word[0] != '-' || !word[1]) {
			ok = take_operand(r, word, err);
		} else if (strcmp(word, "--") == 0) {
			options_end = true;
			ok = true;
		} else if (word[1] == '-') {
			ok = take_long(r, word, err);
		} else {
			ok = take_letters(r, word, err);
		}
		if (!ok)
			return false;
	}
	return true;
}

static bool contradict(const struct options *o, enum option_id a, enum option_id b, const char *instead,
		       struct err *err)
{
	return err_set(err, ERR_USAGE, "--%s and --%s contradict each other%s%s", o->seen[a]->name,
		       o->seen[b]->name, *instead ? ": " : "", instead);
}

/* At most one of the questions; they go before what would act, as --status does in kexec-tools. */
static bool choose_question(struct options *o, bool *found, struct err *err)
{
	static const struct {
		enum option_id id;
		enum options_mode mode;
	} questions[] = {
		{ OPTION_STATUS, MODE_STATUS },
		{ OPTION_PRINT_CKR_SIZE, MODE_PRINT_CKR_SIZE },
		{ OPTION_PRINT_MACHINE, MODE_PRINT_MACHINE },
		{ OPTION_VERIFY, MODE_VERIFY },
	};
	static const enum option_id acts[] = { OPTION_UNLOAD, OPTION_EXEC, OPTION_FORCE,
					       OPTION_LOAD_PRESERVE_CONTEXT, OPTION_LOAD_JUMP_BACK_HELPER };
	const struct option_row *asked = NULL;

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		if (!o->seen[questions[i].id])
			continue;
		if (asked)
			return contradict(o, asked->id, questions[i].id, "", err);
		asked = o->seen[questions[i].id];
		o->mode = questions[i].mode;
	}
	for (size_t i = 0; asked && i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (o->seen[acts[i]])
			options_warn(o, "--%s is ignored: --%s only looks", o->seen[acts[i]]->name,
				     asked->name);
	}
	*found = asked;
	return true;
}

/* Pairs that make no mode together, and what to do instead. */
static bool check_pairs(const struct options *o, struct err *err)
{
	static const struct {
		enum option_id a, b;
		const char *instead;
	} pairs[] = {
		{ OPTION_UNLOAD, OPTION_EXEC, "" },
		{ OPTION_UNLOAD, OPTION_FORCE, "" },
		{ OPTION_EXEC, OPTION_LOAD, "-f alone loads and starts at once" },
		{ OPTION_EXEC, OPTION_LOAD_PANIC, "a crash kernel starts on a crash" },
		{ OPTION_FORCE, OPTION_LOAD_PANIC, "a crash kernel starts on a crash" },
		{ OPTION_LOAD_PRESERVE_CONTEXT, OPTION_LOAD_PANIC, "nobody goes back into a crashed kernel" },
		{ OPTION_LOAD_PRESERVE_CONTEXT, OPTION_UNLOAD, "" },
		{ OPTION_LOAD_PRESERVE_CONTEXT, OPTION_EXEC, "-f alone loads and starts at once" },
		{ OPTION_LOAD_JUMP_BACK_HELPER, OPTION_LOAD_PRESERVE_CONTEXT, "the helper is the way back" },
		{ OPTION_LOAD_JUMP_BACK_HELPER, OPTION_LOAD_PANIC, "" },
		{ OPTION_LOAD_JUMP_BACK_HELPER, OPTION_UNLOAD, "" },
		{ OPTION_LOAD_JUMP_BACK_HELPER, OPTION_EXEC, "load it, then jump with -e" },
		{ OPTION_LOAD_JUMP_BACK_HELPER, OPTION_FORCE, "load it, then jump with -e" },
		{ OPTION_REUSEINITRD, OPTION_INITRD, "" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (o->seen[pairs[i].a] && o->seen[pairs[i].b])
			return contradict(o, pairs[i].a, pairs[i].b, pairs[i].instead, err);
	return true;
}

static bool choose_action(struct options *o, struct err *err)
{
	const struct option_row *const *seen = o->seen;

	if (!check_pairs(o, err))
		return false;
	if (seen[OPTION_LOAD_JUMP_BACK_HELPER]) {
		o->mode = MODE_JUMP_BACK_HELPER;
		return true;
	}
	if (seen[OPTION_UNLOAD]) {
		o->mode = MODE_UNLOAD;
		return true;
	}
	if (seen[OPTION_EXEC] && (!seen[OPTION_FORCE] || !o->kernel)) {
		o->mode = MODE_EXEC;
		return true;
	}
	o->mode = MODE_LOAD;
	o->preserve_context = seen[OPTION_LOAD_PRESERVE_CONTEXT];
	o->execute = seen[OPTION_FORCE];
	o->shutdown = !seen[OPTION_FORCE] && !seen[OPTION_LOAD] && !seen[OPTION_LOAD_PANIC] && !o->preserve_context;
	return true;
}

static bool choose_mode(struct options *o, struct err *err)
{
	bool question = false;

	if (!choose_question(o, &question, err))
		return false;
	if (!question && !choose_action(o, err))
		return false;

	o->target = o->seen[OPTION_LOAD_PANIC] ? TARGET_CRASH : TARGET_NORMAL;
	if (o->mode == MODE_STATUS && !o->seen[OPTION_LOAD])
		o->target = TARGET_CRASH;
	return true;
}

static bool check_values(const struct options *o, struct err *err)
{
	if (o->mem_min > o->mem_max)
		return err_set(err, ERR_USAGE, "--mem-min 0x%llx lies above --mem-max 0x%llx",
			       (unsigned long long)o->mem_min, (unsigned long long)o->mem_max);
	if (o->memory && o->mode != MODE_VERIFY)
		return err_set(err, ERR_USAGE, "--memory belongs to --verify, which was not given");
	if (o->realmem && (o->mode != MODE_LOAD || o->target != TARGET_CRASH))
		return err_set(err, ERR_USAGE, "--realmem is for crash kernels: give it with -p");
	if (o->realmem && o->has_entry)
		return err_set(err, ERR_USAGE,
			       "--realmem and --entry contradict each other: whoever starts a copy in memory enters at "
			       "the address that meminfo has, purgatory's");
	if (o->preserve_context && !o->seen[OPTION_MEM_MAX])
		return err_set(err, ERR_USAGE,
			       "--load-preserve-context needs --mem-max: the kernel saves all memory up to that address "
			       "that nothing is loaded to, and needs as much free memory above it");
	if (o->mode == MODE_JUMP_BACK_HELPER && !o->has_entry)
		return err_set(err, ERR_USAGE,
			       "--load-jump-back-helper needs --entry: the address that the kernel to go back to has put as "
			       "kexec_jump_back_entry= on this one's command line");
	if (o->machine && o->seen[OPTION_ROOT])
		return err_set(err, ERR_USAGE,
			       "--machine and --root both say where the machine is read: give one of them");
	return true;
}

bool options_parse(struct options *options, int argc, char *const argv[], enum arch_id running,
		   struct err *err)
{
	struct reading reading = {
		.options = options, .running = running, .argc = argc, .argv = argv, .next = 1
	};
	size_t most = argc > 0 ? (size_t)argc : 1;

	*options = (struct options){ .mem_max = UINT64_MAX, .root = "/" };
	arena_init(&options->arena);
	options->initrds = arena_array(&options->arena, most, sizeof(*options->initrds));
	options->modules = arena_array(&options->arena, most, sizeof(*options->modules));
	options->texts = arena_array(&options->arena, most, sizeof(*options->texts));

	if (!read_all(&reading, err))
		return false;
	if (options->mode == MODE_HELP || options->mode == MODE_VERSION)
		return true;
	return choose_mode(options, err) && check_values(options, err);
}

void options_release(struct options *options)
{
	arena_release(&options->arena);
}
