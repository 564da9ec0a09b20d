/* SPDX-License-Identifier: GPL-2.0-only */
/* Source: RFC 3629. */
#ifndef SERVICE_UTF8_H
#define SERVICE_UTF8_H

#include <stddef.h>

/* Bytes (1 to 4) of the first character of text, which has size bytes; 0 where that is none, or is cut. */
size_t utf8_length(const char *text, size_t size);

#endif
