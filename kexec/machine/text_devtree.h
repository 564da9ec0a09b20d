/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of a machine text that tell of the device tree, and of a dump that it says is there. */
#ifndef MACHINE_TEXT_DEVTREE_H
#define MACHINE_TEXT_DEVTREE_H

#include "kexec/machine/text_reader.h"

text_reader_line text_devtree_node;
text_reader_line text_devtree_property;
text_reader_line text_devtree_more;
text_reader_line text_devtree_dump_pending;

/* After the last line: makes the machine's tree of them. */
bool text_devtree_finish(struct text_reader *reader, struct err *err) ERR_CHECKED;

/* Writes all of these lines of a machine. */
void text_devtree_write(FILE *out, const struct machine *machine);

#endif
