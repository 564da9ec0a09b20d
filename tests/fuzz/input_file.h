/* SPDX-License-Identifier: GPL-2.0-only */
/* The input under a name, for what opens files itself; and an arena for what is read of it. */
#ifndef FUZZ_INPUT_FILE_H
#define FUZZ_INPUT_FILE_H

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "err.h"
#include "tests/fuzz/fuzz.h"

struct input_file {
	struct arena arena;
	int fd;
	char path[64];
};

static inline void input_file_open(struct input_file *input, const uint8_t *data, size_t size)
{
	input->fd = memfd_create("input", MFD_CLOEXEC);
	fuzz_demand(input->fd >= 0);
	fuzz_demand(write(input->fd, data, size) == (ssize_t)size);
	snprintf(input->path, sizeof(input->path), "/proc/self/fd/%d", input->fd);
	arena_init(&input->arena);
}

/* Bad bytes, or bytes of a kind that is not read: nothing else is wrong with the input, and the error names it. */
static inline void input_file_refused(const struct err *err, const char *name)
{
	fuzz_demand(err->code == ERR_BAD_IMAGE || err->code == ERR_UNSUPPORTED);
	fuzz_demand(strstr(err->text, name));
}

static inline void input_file_close(struct input_file *input)
{
	arena_release(&input->arena);
	close(input->fd);
}

#endif
