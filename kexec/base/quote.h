/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts in double quotes, as machine texts and plan texts have them: doc/machine-text. */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include <stdio.h>

/* Everything but plain ASCII is written as an escape, so that a text survives mail and terminals. */
void quote_write(FILE *out, const char *text);

#endif
