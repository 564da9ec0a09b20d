/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines, sections, keys: the syntax of systemd.syntax(7). What a key's value may be is in conf_keys.c. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kdump/service/conf_parts.h"

/* A file of anything else than settings gives a mistake for each of its lines; nobody reads more of them. */
#define MISTAKES_MOST 100

/* Each may leave what it replaced behind in the arena. */
#define ASSIGNMENTS_MOST 4096

#define BLANKS " \t\r"

enum place {
	PLACE_NOWHERE, /* before the first section */
	PLACE_LOAD,
	PLACE_SAVE,
	PLACE_UNKNOWN, /* a section that was a mistake, which is said once */
	PLACE_IGNORED, /* [X-...], which is others' */
};

struct parser {
	struct conf *conf;
	struct conf_mistakes *mistakes;
	struct arena *arena;
	const char *file;
	unsigned int line; /* of what is being read, its first */
	enum place place;
	char logical[CONF_LINE_MOST + 1];
	size_t length;
	size_t told; /* mistakes in this file */
	size_t assignments;
};

/* The list doubles whenever it is as long as a power of two, from 8 on. */
void conf_add_mistake(struct conf_mistakes *mistakes, struct arena *arena, const char *file, unsigned int line,
		      const char *text)
{
	size_t count = mistakes->count, room = 8;

	while (room < count)
		room *= 2;

	struct conf_mistake *all = (struct conf_mistake *)mistakes->all;

	if (count == 0 || count == room) {
		all = arena_array(arena, count ? 2 * room : room, sizeof(*all));
		if (count)
			memcpy(all, mistakes->all, count * sizeof(*all));
	}
	all[count] = (struct conf_mistake){ .file = arena_strdup(arena, file), .line = line, .text = text };
	mistakes->all = all;
	mistakes->count = count + 1;
}

static void add(struct parser *parser, unsigned int line, const char *text)
{
	if (parser->told > MISTAKES_MOST)
		return;
	if (parser->told++ == MISTAKES_MOST) {
		text = "there are more mistakes in this file; they are not listed";
		line = 0;
	}
	conf_add_mistake(parser->mistakes, parser->arena, parser->file, line, text);
}

static void mistake(struct parser *parser, const char *format, ...) ERR_PRINTF(2, 3);

static void mistake(struct parser *parser, const char *format, ...)
{
	char text[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	add(parser, parser->line, arena_strdup(parser->arena, text));
}

static bool names_section(const char *name, size_t length, enum conf_section section)
{
	const char *known = conf_section_name(section);

	return strlen(known) == length && memcmp(known, name, length) == 0;
}

static void read_section(struct parser *parser, const char *line)
{
	static const char *const names[] = { "Load", "Save", NULL };
	size_t length = strcspn(line + 1, "]");
	const char *behind = line + 1 + length;

	parser->place = PLACE_UNKNOWN;
	if (!*behind || behind[1]) {
		mistake(parser,
			"\"%s\": expected [Load] or [Save], with nothing behind it; the lines up to the next "
			"section are passed over",
			conf_shown(parser->arena, line));
		return;
	}
	for (enum conf_section section = CONF_LOAD; section < CONF_SECTIONS; section++) {
		if (names_section(line + 1, length, section))
			parser->place = section == CONF_LOAD ? PLACE_LOAD : PLACE_SAVE;
	}
	if (strncmp(line + 1, "X-", 2) == 0)
		parser->place = PLACE_IGNORED;
	if (parser->place != PLACE_UNKNOWN)
		return;

	const char *meant = conf_nearest(arena_strndup(parser->arena, line + 1, length), names);

	mistake(parser,
		"section %s is not known: expected [Load] or [Save]%s%s%s; the lines up to the next section "
		"are passed over",
		conf_shown(parser->arena, line), meant ? " (did you mean [" : "", meant ? meant : "",
		meant ? "]?)" : "");
}

static const struct conf_key *find_key(enum conf_section section, const char *name)
{
	for (const struct conf_key *key = conf_keys; key->name; key++) {
		if (key->section == section && strcmp(key->name, name) == 0)
			return key;
	}
	return NULL;
}

static const char *const *key_names(struct parser *parser, enum conf_section section)
{
	size_t count = 0;
	const char **names;

	while (conf_keys[count].name)
		count++;
	names = arena_array(parser->arena, count + 1, sizeof(*names));
	count = 0;
	for (const struct conf_key *key = conf_keys; key->name; key++) {
		if (key->section == section)
			names[count++] = key->name;
	}
	return names;
}

static void unknown_key(struct parser *parser, enum conf_section section, const char *name)
{
	enum conf_section other = section == CONF_LOAD ? CONF_SAVE : CONF_LOAD;
	const char *const *here = key_names(parser, section);
	const char *const *there = key_names(parser, other);
	const char *shown = conf_shown(parser->arena, name);
	const char *meant = conf_nearest(name, here);
	const char *hint = "expected";

	if (find_key(other, name))
		hint = arena_printf(parser->arena, "it belongs to [%s]", conf_section_name(other));
	else if (meant)
		hint = arena_printf(parser->arena, "did you mean %s=?", meant);
	else if ((meant = conf_nearest(name, there)) != NULL)
		hint = arena_printf(parser->arena, "did you mean %s= of [%s]?", meant, conf_section_name(other));
	else
		for (size_t i = 0; here[i]; i++)
			hint = arena_printf(parser->arena, "%s%s %s=", hint, i ? "," : "", here[i]);
	mistake(parser, "%s= is not known in [%s]: %s; the line is passed over", shown, conf_section_name(section),
		hint);
}

static void wrong_value(struct parser *parser, const struct conf_key *key, const char *value, const struct err *err)
{
	const char *instead = "the line is passed over";

	if (!key->is_list)
		instead = arena_printf(parser->arena, "%s=%s holds instead", key->name,
				       conf_shown(parser->arena, key->write(parser->arena, parser->conf)));
	mistake(parser, "%s=%s: %s; %s", key->name, conf_shown(parser->arena, value), err->text, instead);
}

/* Whether it ends in a backslash that is not behind another one. */
static bool goes_on(const char *text, size_t length)
{
	size_t count = 0;

	while (count < length && text[length - 1 - count] == '\\')
		count++;
	return count % 2;
}

static void read_assignment(struct parser *parser, char *line)
{
	char *equals = strchr(line, '=');
	struct err err = { .code = ERR_NONE };

	if (parser->place == PLACE_UNKNOWN || parser->place == PLACE_IGNORED)
		return;
	if (!equals || equals == line) {
		mistake(parser, "\"%s\": expected KEY=VALUE, [SECTION] or a comment; the line is passed over",
			conf_shown(parser->arena, line));
		return;
	}
	if (parser->place == PLACE_NOWHERE) {
		mistake(parser,
			"\"%s\" stands before the first section: expected [Load] or [Save] above it; the line is "
			"passed over",
			conf_shown(parser->arena, line));
		return;
	}

	enum conf_section section = parser->place == PLACE_LOAD ? CONF_LOAD : CONF_SAVE;
	char *value = equals + 1 + strspn(equals + 1, BLANKS);

	while (equals > line && strchr(BLANKS, equals[-1]))
		equals--;
	*equals = 0;
	if (strncmp(line, "X-", 2) == 0)
		return;

	const struct conf_key *key = find_key(section, line);

	if (!key) {
		unknown_key(parser, section, line);
		return;
	}

	if (parser->assignments++ >= ASSIGNMENTS_MOST) {
		mistake(parser, "more than the %d settings expected at most in a file; the line is passed over",
			ASSIGNMENTS_MOST);
		return;
	}

	/* It would make conf_write()'s line go on in the next one. */
	if (goes_on(value, strlen(value)))
		err_set_text(&err, ERR_USAGE, "expected no single backslash at its end");
	if (err.code != ERR_NONE || !key->read(parser->conf, parser->arena, value, &err))
		wrong_value(parser, key, value, &err);
}

static void read_logical(struct parser *parser)
{
	char *line = parser->logical;
	size_t length = parser->length;

	while (length > 0 && strchr(BLANKS, line[length - 1]))
		length--;
	line[length] = 0;
	line += strspn(line, BLANKS);
	if (!*line)
		return;
	if (*line == '[')
		read_section(parser, line);
	else
		read_assignment(parser, line);
}

struct source {
	const char *at;
	size_t left;
	unsigned int line;
};

/* The next line of the file without its end. False where there is none. */
static bool take_line(struct source *source, const char **line, size_t *length)
{
	if (source->left == 0)
		return false;

	const char *end = memchr(source->at, '\n', source->left);

	*line = source->at;
	*length = end ? (size_t)(end - source->at) : source->left;

	size_t taken = *length + (end != NULL);

	source->at += taken;
	source->left -= taken;
	source->line++;
	if (*length > 0 && (*line)[*length - 1] == '\r')
		--*length;
	return true;
}

static bool is_comment(const char *line, size_t length)
{
	while (length > 0 && strchr(BLANKS, *line) && *line) {
		line++;
		length--;
	}
	return length > 0 && (*line == '#' || *line == ';');
}

/* What is wrong with the bytes of a line, or NULL. Messages name no text that is none. */
static const char *wrong_bytes(const char *line, size_t length)
{
	if (memchr(line, 0, length))
		return "a NUL byte, where text is expected; the line is passed over";
	if (!conf_is_text(line, length))
		return "bytes that are no text (control characters, or not UTF-8); the line is passed over";
	return NULL;
}

/* All the lines that make one. */
static void read_one(struct parser *parser, struct source *source)
{
	const char *line, *wrong = NULL;
	size_t length;
	bool more = true;

	parser->length = 0;
	parser->line = source->line + 1;
	for (bool first = true; more; first = false) {
		if (!take_line(source, &line, &length)) {
			if (!wrong)
				wrong = "a backslash at the end of the file, where a line is expected that goes on; "
					"the line is passed over";
			break;
		}
		if (is_comment(line, length)) {
			if (first)
				return;
			continue;
		}
		more = goes_on(line, length);
		if (!wrong)
			wrong = wrong_bytes(line, length);
		if (!wrong && length > CONF_LINE_MOST - parser->length)
			wrong = "a line of more than 16384 bytes, with all that continues it; it is passed over";
		if (wrong)
			continue;
		memcpy(parser->logical + parser->length, line, length);
		parser->length += length;
		if (more)
			parser->logical[parser->length - 1] = ' ';
	}
	if (wrong)
		mistake(parser, "%s", wrong);
	else
		read_logical(parser);
}

void conf_parse(struct conf *conf, struct conf_mistakes *mistakes, struct arena *arena, const char *file,
		const char *text, size_t size)
{
	struct arena own;

	arena_init(&own);

	struct parser *parser = arena_alloc(&own, sizeof(*parser));
	struct source source = { text, size, 0 };

	/* A byte order mark, which some editors write. */
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		source = (struct source){ text + 3, size - 3, 0 };
	*parser = (struct parser){ .conf = conf, .mistakes = mistakes, .arena = arena, .file = file };
	while (source.left > 0)
		read_one(parser, &source);
	arena_release(&own);
}
