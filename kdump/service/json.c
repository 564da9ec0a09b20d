/* SPDX-License-Identifier: GPL-2.0-only */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "kdump/service/json.h"
#include "kdump/service/utf8.h"

void json_init(struct json *json, FILE *out)
{
	*json = (struct json){ .out = out };
}

static void write_text(FILE *out, const char *text)
{
	fputc('"', out);
	while (*text) {
		size_t length = utf8_length(text, strnlen(text, 4));
		unsigned char byte = (unsigned char)*text;

		if (!length)
			fputs("\\ufffd", out);
		else if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (byte < 0x20 || byte == 0x7f)
			fprintf(out, "\\u%04x", byte);
		else
			fwrite(text, 1, length, out);
		text += length ? length : 1;
	}
	fputc('"', out);
}

static void start(struct json *json, const char *key)
{
	if (json->has_member[json->depth])
		fputc(',', json->out);
	json->has_member[json->depth] = true;
	if (json->depth)
		fprintf(json->out, "\n%*s", (int)(2 * json->depth), "");
	if (!key)
		return;
	write_text(json->out, key);
	fputs(": ", json->out);
}

static void open_with(struct json *json, const char *key, char opening, char closing)
{
	start(json, key);
	fputc(opening, json->out);
	json->depth++;
	assert(json->depth < JSON_DEPTH);
	json->has_member[json->depth] = false;
	json->closing[json->depth] = closing;
}

void json_object(struct json *json, const char *key)
{
	open_with(json, key, '{', '}');
}

void json_array(struct json *json, const char *key)
{
	open_with(json, key, '[', ']');
}

void json_end(struct json *json)
{
	bool is_empty = !json->has_member[json->depth];
	char closing = json->closing[json->depth];

	assert(json->depth > 0);
	json->depth--;
	if (!is_empty)
		fprintf(json->out, "\n%*s", (int)(2 * json->depth), "");
	fputc(closing, json->out);
	if (!json->depth)
		fputc('\n', json->out);
}

void json_text(struct json *json, const char *key, const char *value)
{
	start(json, key);
	if (value)
		write_text(json->out, value);
	else
		fputs("null", json->out);
}

void json_number(struct json *json, const char *key, int64_t value)
{
	start(json, key);
	fprintf(json->out, "%" PRId64, value);
}

void json_size(struct json *json, const char *key, uint64_t value)
{
	start(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	start(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *key)
{
	start(json, key);
	fputs("null", json->out);
}
