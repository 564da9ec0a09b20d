/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/text_fields.h"

#include "kexec/machine/scan.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static void skip(struct text_fields *fields, size_t length)
{
	fields->rest = blob_part(fields->rest, length, fields->rest.size - length);
}

bool text_fields_at_end(struct text_fields *fields)
{
	size_t blanks = 0;

	while (blanks < fields->rest.size && is_blank(fields->rest.data[blanks]))
		blanks++;
	skip(fields, blanks);
	return fields->rest.size == 0 || fields->rest.data[0] == '#';
}

bool text_fields_done(struct text_fields *fields, struct err *err)
{
	if (text_fields_at_end(fields))
		return true;
	return err_set(err, ERR_BAD_MACHINE, "\"%s\" found where the line should end",
		       scan_show(fields->rest).text);
}

bool text_fields_word(struct text_fields *fields, const char *wanted, struct blob *word, struct err *err)
{
	size_t length = 0;

	if (text_fields_at_end(fields))
		return err_set(err, ERR_BAD_MACHINE, "the line ends where %s is expected", wanted);
	while (length < fields->rest.size && !is_blank(fields->rest.data[length]))
		length++;
	*word = blob_part(fields->rest, 0, length);
	skip(fields, length);
	return true;
}

static bool scan_with_0x(struct blob word, uint64_t *value)
{
	return blob_begins(word, "0x", 2) && scan_prefixed_hex(word, value);
}

bool text_fields_number(struct text_fields *fields, const char *wanted, uint64_t *value, struct err *err)
{
	struct blob word;

	if (!text_fields_word(fields, wanted, &word, err))
		return false;
	if (scan_with_0x(word, value) || scan_decimal(word, value))
		return true;
	return err_set(err, ERR_BAD_MACHINE,
		       "\"%s\" found, expected %s: a decimal number, or a hexadecimal one with 0x, of at "
		       "most 64 bits",
		       scan_show(word).text, wanted);
}

bool text_fields_address(struct text_fields *fields, const char *wanted, uint64_t *value, struct err *err)
{
	struct blob word;

	if (!text_fields_word(fields, wanted, &word, err))
		return false;
	if (scan_with_0x(word, value))
		return true;
	return err_set(err, ERR_BAD_MACHINE,
		       "\"%s\" found, expected %s: a hexadecimal number with 0x, of at most 64 bits",
		       scan_show(word).text, wanted);
}

bool text_fields_range(struct text_fields *fields, struct range *range, struct err *err)
{
	if (!text_fields_address(fields, "a start", &range->start, err) ||
	    !text_fields_address(fields, "an end", &range->end, err))
		return false;
	if (range->end > range->start || (range->end == range->start && range->end == UINT64_MAX))
		return true;
	return err_set(err, ERR_BAD_MACHINE,
		       "the end 0x%llx is not above the start 0x%llx (it is one past the last byte)",
		       (unsigned long long)range->end, (unsigned long long)range->start);
}

/* One escape at the start of rest, behind its backslash: its length, or 0 where it is none. */
static size_t unescape(struct blob rest, char *c)
{
	uint64_t value;

	switch (rest.size ? rest.data[0] : 0) {
	case '\\':
	case '"':
		*c = (char)rest.data[0];
		return 1;
	case 'n':
		*c = '\n';
		return 1;
	case 't':
		*c = '\t';
		return 1;
	case 'x':
		if (rest.size < 3 || !scan_hex(blob_part(rest, 1, 2), &value) || value == 0)
			return 0;
		*c = (char)value;
		return 3;
	default:
		return 0;
	}
}

bool text_fields_string(struct text_fields *fields, struct arena *arena, const char **string, struct err *err)
{
	if (text_fields_at_end(fields) || fields->rest.data[0] != '"')
		return err_set(err, ERR_BAD_MACHINE, "\"%s\" found, expected a text in double quotes",
			       scan_show(fields->rest).text);

	struct blob rest = fields->rest;
	size_t close = 1;

	while (close < rest.size && rest.data[close] != '"')
		close += rest.data[close] == '\\' ? 2 : 1;
	if (close >= rest.size)
		return err_set(err, ERR_BAD_MACHINE, "the text %s has no closing quote",
			       scan_show(rest).text);

	char *copy = arena_alloc(arena, close); /* at least the text between the quotes and a NUL */
	size_t used = 0;

	for (size_t i = 1; i < close; i++) {
		uint8_t byte = rest.data[i];

		if (byte < 0x20 || byte == 0x7f)
			return err_set(err, ERR_BAD_MACHINE,
				       "the byte 0x%02x in a text must be written as \\x%02x", byte, byte);
		if (byte != '\\') {
			copy[used++] = (char)byte;
			continue;
		}

		size_t length = unescape(blob_part(rest, i + 1, close - i - 1), &copy[used]);

		if (length == 0)
			return err_set(err, ERR_BAD_MACHINE,
				       "\"%s\" is no escape: \\\\ \\\" \\n \\t \\x01 to \\xff are known",
				       scan_show(blob_part(rest, i, close - i < 4 ? close - i : 4)).text);
		used++;
		i += length;
	}
	copy[used] = 0;
	*string = copy;
	skip(fields, close + 1);
	if (fields->rest.size && !is_blank(fields->rest.data[0]))
		return err_set(err, ERR_BAD_MACHINE, "\"%s\" found behind a closing quote, expected a blank",
			       scan_show(fields->rest).text);
	return true;
}
