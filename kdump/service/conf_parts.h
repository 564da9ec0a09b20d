/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of conf*.c share: texts to values and back, and the table of keys. */
#ifndef SERVICE_CONF_PARTS_H
#define SERVICE_CONF_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/service/conf.h"

/*
 * A line with what continues it. systemd has 1 MiB; no kernel takes a command line of more than some KiB, and what is
 * collected from several lines must fit into one again when conf_write() writes it.
 */
#define CONF_LINE_MOST 16384
#define CONF_TEXT_MOST 8192 /* of a command line or a list, all its lines together */
#define CONF_WORDS_MOST 256 /* of a list */

enum conf_section {
	CONF_LOAD,
	CONF_SAVE,
	CONF_SECTIONS, /* how many there are */
};

/*
 * read: ERR_USAGE with "expected ...", and conf is unchanged then. An empty value empties a list, and gives other keys
 * their default. write: what read takes, on one line.
 */
struct conf_key {
	enum conf_section section;
	const char *name;
	bool is_list;
	bool (*read)(struct conf *conf, struct arena *arena, const char *value, struct err *err);
	const char *(*write)(struct arena *arena, const struct conf *conf);
};

/* Ends with name NULL. */
extern const struct conf_key conf_keys[];
const char *conf_section_name(enum conf_section section);

/* text is kept as it is. */
void conf_add_mistake(struct conf_mistakes *mistakes, struct arena *arena, const char *file, unsigned int line,
		      const char *text);

/* For messages: what is not plain text becomes \xNN, and what is long is cut. */
const char *conf_shown(struct arena *arena, const char *text);

/* The name that was probably meant, or NULL. names ends with NULL. */
const char *conf_nearest(const char *found, const char *const *names);

/* Whether bytes are UTF-8 without control characters but tab: what may be printed, and put into JSON. */
bool conf_is_text(const char *text, size_t size);

/* Texts to values: ERR_USAGE with "expected ...". */
bool conf_read_choice(unsigned int *choice, const char *value, const char *const *names, struct err *err) ERR_CHECKED;
bool conf_read_bool(bool *out, const char *value, struct err *err) ERR_CHECKED;
bool conf_read_number(unsigned int *out, const char *value, unsigned int most, struct err *err) ERR_CHECKED;
bool conf_read_size(uint64_t *out, const char *value, struct err *err) ERR_CHECKED;
bool conf_read_seconds(uint64_t *out, const char *value, uint64_t most, struct err *err) ERR_CHECKED;
bool conf_read_path(const char **out, struct arena *arena, const char *value, struct err *err) ERR_CHECKED;

/* Words in quotes or not, as systemd.syntax(7) has them: doc/kdump.conf.5. words ends with NULL. */
bool conf_read_words(const char *const **words, struct arena *arena, const char *value, struct err *err) ERR_CHECKED;
const char *conf_write_words(struct arena *arena, const char *const *words);

/* Both lists; of what is in both, the first one's is left out. */
const char *const *conf_join_words(struct arena *arena, const char *const *first, const char *const *second);

#endif
