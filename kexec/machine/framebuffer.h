/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MACHINE_FRAMEBUFFER_H
#define MACHINE_FRAMEBUFFER_H

#include "machine.h"

/*
 * Asks a framebuffer device what it shows. One that cannot be opened or asked is not present: a kernel is loaded
 * without a screen of its own then, and starts in text mode.
 */
void framebuffer_read(struct machine_framebuffer *framebuffer, struct arena *arena, const char *path);

#endif
