/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing JSON (RFC 8259): indented, one member a line. Texts are made valid UTF-8: what is not becomes U+FFFD. */
#ifndef SERVICE_JSON_H
#define SERVICE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH 32

struct json {
	FILE *out;
	unsigned int depth;
	bool has_member[JSON_DEPTH]; /* at each depth: something stands before the next one */
	char closing[JSON_DEPTH];
};

void json_init(struct json *json, FILE *out);

/* key: NULL for members of arrays, and for the outermost value. */
void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);

/* Of the innermost object or array; behind the outermost one comes a newline. */
void json_end(struct json *json);

void json_text(struct json *json, const char *key, const char *value); /* NULL is null */
void json_number(struct json *json, const char *key, int64_t value);
void json_size(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

#endif
