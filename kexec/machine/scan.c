/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/scan.h"

#include <stdio.h>
#include <string.h>

bool scan_line(struct scan *scan, struct blob *line)
{
	if (scan->rest.size == 0)
		return false;

	const uint8_t *end = memchr(scan->rest.data, '\n', scan->rest.size);
	size_t length = end ? (size_t)(end - scan->rest.data) : scan->rest.size;
	size_t used = end ? length + 1 : length;

	*line = blob_part(scan->rest, 0, length);
	if (length && line->data[length - 1] == '\r')
		line->size--;
	scan->rest = blob_part(scan->rest, used, scan->rest.size - used);
	scan->cut = !end;
	scan->line++;
	return true;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool scan_hex(struct blob digits, uint64_t *value)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < digits.size; i++) {
		int digit = hex_digit(digits.data[i]);

		if (digit < 0 || sum >> 60)
			return false;
		sum = sum << 4 | (uint64_t)digit;
	}
	if (digits.size == 0)
		return false;
	*value = sum;
	return true;
}

bool scan_prefixed_hex(struct blob digits, uint64_t *value)
{
	if (blob_begins(digits, "0x", 2))
		digits = blob_part(digits, 2, digits.size - 2);
	return scan_hex(digits, value);
}

bool scan_decimal(struct blob digits, uint64_t *value)
{
	uint64_t sum = 0;

	if (digits.size == 0 || (digits.size > 1 && digits.data[0] == '0'))
		return false;
	for (size_t i = 0; i < digits.size; i++) {
		uint8_t c = digits.data[i];

		if (c < '0' || c > '9')
			return false;
		if (sum > (UINT64_MAX - (uint64_t)(c - '0')) / 10)
			return false;
		sum = sum * 10 + (uint64_t)(c - '0');
	}
	*value = sum;
	return true;
}

struct scan_shown scan_show(struct blob bytes)
{
	struct scan_shown shown = { "" };
	size_t used = 0;

	for (size_t i = 0; i < bytes.size; i++) {
		uint8_t c = bytes.data[i];
		bool plain = c >= 0x20 && c < 0x7f;

		/* Room for one more escape, "..." and the NUL. */
		if (used + 4 + 4 > sizeof(shown.text)) {
			memcpy(shown.text + used, "...", 4);
			break;
		}
		if (plain)
			shown.text[used++] = (char)c;
		else
			used += (size_t)snprintf(shown.text + used, sizeof(shown.text) - used, "\\x%02x", c);
	}
	return shown;
}
