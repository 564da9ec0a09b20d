/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/kallsyms.h"

#include <string.h>

#include "kexec/machine/scan.h"

/*
 * "ADDRESS TYPE NAME", and behind a tab "[MODULE]" (s_show() in Linux's kernel/kallsyms.c). The address has 16
 * digits, or 8 of a 32-bit kernel; only the line with the symbol is read to the last digit.
 */
static bool take_line(struct kallsyms *kallsyms, struct blob line, struct err *err)
{
	const uint8_t *space = line.size ? memchr(line.data, ' ', line.size) : NULL;
	size_t digits = space ? (size_t)(space - line.data) : 0;
	struct blob tail = blob_part(line, digits, line.size - digits);

	kallsyms->line++;
	if (digits == 0 || tail.size < 4 || tail.data[2] != ' ')
		return err_set(err, ERR_BAD_MACHINE, "%s:%zu: \"%s\" found, expected \"ADDRESS TYPE NAME\"",
			       kallsyms->name, kallsyms->line, scan_show(line).text);

	size_t length = strlen(kallsyms->symbol);

	if (tail.size != 3 + length || !blob_matches(tail, 3, kallsyms->symbol, length))
		return true;
	if (!scan_hex(blob_part(line, 0, digits), &kallsyms->address))
		return err_set(err, ERR_BAD_MACHINE,
			       "%s:%zu: \"%s\" found, expected a hexadecimal address of at most 64 bits",
			       kallsyms->name, kallsyms->line, scan_show(line).text);
	kallsyms->found = true;
	return true;
}

bool kallsyms_feed(struct kallsyms *kallsyms, struct blob piece, struct err *err)
{
	while (!kallsyms->found && piece.size) {
		const uint8_t *end = memchr(piece.data, '\n', piece.size);
		struct blob part = blob_part(piece, 0, end ? (size_t)(end - piece.data) : piece.size);
		size_t taken = end ? part.size + 1 : part.size;

		piece = blob_part(piece, taken, piece.size - taken);
		if (part.size >= sizeof(kallsyms->begun) - kallsyms->used)
			return err_set(err, ERR_BAD_MACHINE,
				       "%s:%zu: a line of more than %zu bytes: this is no list of symbols",
				       kallsyms->name, kallsyms->line + 1, sizeof(kallsyms->begun));
		if (!end || kallsyms->used) {
			if (part.size)
				memcpy(kallsyms->begun + kallsyms->used, part.data, part.size);
			kallsyms->used += part.size;
			part = (struct blob){ kallsyms->begun, kallsyms->used };
		}
		if (!end)
			return true;
		kallsyms->used = 0;
		if (!take_line(kallsyms, part, err))
			return false;
	}
	return true;
}
