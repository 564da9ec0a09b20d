/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/fadump_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kexec/base/file.h"

/* A record has at most about a KiB of text, and as much again for its dictionary. */
#define RECORD 8192

/* No kernel's log is larger: CONFIG_LOG_BUF_SHIFT is at most 25, and records take more in the buffer than as text. */
#define LOG_LIMIT ((size_t)64 << 20)

static const struct {
	const char *says;
	const char *advice;
} refusals[] = {
	{ "Old magic number, can't process the dump",
	  "the crashed kernel was older than Linux 6.10 and this one is not: make the default boot entry the kernel that "
	  "is in use" },
	{ "Endianness mismatch between the crashed and fadump kernels",
	  "the crashed kernel and this one differ in byte order: make the default boot entry the kernel that is in use" },
	{ "Fadump header size mismatch",
	  "the crashed kernel and this one were built with another CONFIG_NR_CPUS, or registers of another size: make the "
	  "default boot entry the kernel that is in use" },
	{ "Fadump header is corrupted",
	  "memory of the reserved area was overwritten before the crash; that happens where fadump is registered again after "
	  "release_mem: start the system through firmware after each dump" },
	{ "Crash info header is empty", "firmware gave no address of the crash info header" },
	{ "Crash info header is not valid",
	  "the crashed kernel and this one differ, or the reserved area was overwritten: make the default boot entry the "
	  "kernel that is in use" },
	{ "Dump taken by platform is not valid", "firmware reports errors for a section of ibm,kernel-dump" },
	{ "Dump taken by platform is incomplete", "firmware saved less than it was asked for" },
	{ "Unable to read register save area", "the CPU state that firmware saved does not begin with REGSAVE" },
	{ "Unable to read CPU state data", "the CPU state that firmware saved is damaged" },
};

static void parse_line(struct fadump_log *log, struct arena *arena, const char *line, size_t length)
{
	const char *text = arena_strndup(arena, line, length);

	log->active |= strstr(text, "Firmware-assisted dump is active") != NULL;
	log->freed |= strstr(text, "freeing reserved memory (") != NULL;
	for (size_t i = 0; !log->refusal && i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const char *found = strstr(text, refusals[i].says);

		if (!found)
			continue;
		log->refusal = found;
		log->advice = refusals[i].advice;
	}
}

/* Only the kernel's own lines count: a program may write others to the log, and those have another facility. */
static bool is_kernels(const char *line, size_t length)
{
	char *end;

	if (length == 0 || line[0] < '0' || line[0] > '9')
		return true;

	unsigned long priority = strtoul(line, &end, 10);

	return *end != ',' || priority < 8;
}

void fadump_log_parse(struct fadump_log *log, struct arena *arena, const char *text)
{
	*log = (struct fadump_log){ 0 };
	while (*text) {
		size_t length = strcspn(text, "\n");
		const char *line = text;

		text += length + (text[length] == '\n');
		if (!is_kernels(line, length) || !memmem(line, length, "ump", 3))
			continue;
		parse_line(log, arena, line, length);
	}
}

/* A record for each read(2) of the device; EPIPE says that one was overwritten before it was read. */
static bool read_records(int fd, const char *path, char **text, struct err *err)
{
	size_t used = 0, capacity = 256 * 1024;
	char *bytes = malloc(capacity);

	while (bytes && used < LOG_LIMIT) {
		if (capacity - used < RECORD + 1) {
			char *grown = realloc(bytes, capacity *= 2);

			if (!grown)
				free(bytes);
			bytes = grown;
			continue;
		}

		ssize_t n = read(fd, bytes + used, RECORD);

		if (n < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (n == 0 || (n < 0 && errno == EAGAIN))
			break;
		if (n < 0) {
			err_system(err, errno, "cannot read %s", path);
			free(bytes);
			return false;
		}
		used += (size_t)n;
	}
	if (!bytes)
		return err_set(err, ERR_SYSTEM, "cannot get memory to read %s", path);
	for (size_t i = 0; i < used; i++)
		if (bytes[i] == 0)
			bytes[i] = ' ';
	bytes[used] = 0;
	*text = bytes;
	return true;
}

bool fadump_log_read(struct fadump_log *log, struct arena *arena, const char *root, struct err *err)
{
	const char *path = file_below(arena, root, "dev/kmsg");
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char *text;

	*log = (struct fadump_log){ 0 };
	if (fd < 0)
		return err_system(err, errno, "cannot open %s", path);

	bool ok = read_records(fd, path, &text, err);

	close(fd);
	if (ok) {
		fadump_log_parse(log, arena, text);
		free(text);
	}
	return ok;
}
