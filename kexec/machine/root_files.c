/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/root_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kexec/base/file.h"
#include "kexec/machine/scan.h"

/* Longer than the longest 64-bit number with its line end; more is no number. */
#define NUMBER_LIMIT 64

const char *root_files_path(const struct root_files *files, const char *name)
{
	return file_below(files->arena, files->root, name);
}

static bool is_absent(const struct err *err)
{
	return err->code == ERR_SYSTEM && (err->errnum == ENOENT || err->errnum == ENOTDIR);
}

bool root_files_text(const struct root_files *files, const char *name, size_t limit, const char **text,
		     struct err *err)
{
	struct err failure;
	char *bytes;

	*text = NULL;
	if (!file_read_text(files->arena, root_files_path(files, name), limit, &bytes, &failure)) {
		if (is_absent(&failure))
			return true;
		*err = failure;
		return false;
	}

	size_t length = strlen(bytes);

	if (length && bytes[length - 1] == '\n')
		bytes[length - 1] = 0;
	*text = bytes;
	return true;
}

bool root_files_bytes(const struct root_files *files, const char *name, size_t size, struct arena *arena,
		      struct blob *bytes, bool *found, struct err *err)
{
	const char *path = root_files_path(files, name);
	struct err failure;
	struct blob read;

	*found = false;
	if (!file_map(files->arena, path, NULL, &read, &failure)) {
		if (is_absent(&failure))
			return true;
		*err = failure;
		return false;
	}
	if (read.size != size)
		return err_set(err, ERR_BAD_MACHINE, "%s has %zu bytes, expected %zu", path, read.size, size);

	uint8_t *copy = arena_alloc(arena, size);

	memcpy(copy, read.data, size);
	*bytes = (struct blob){ copy, size };
	*found = true;
	return true;
}

int root_files_open(const struct root_files *files, const char *name)
{
	return open(root_files_path(files, name), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

bool root_files_exists(const struct root_files *files, const char *name)
{
	struct stat st;

	return stat(root_files_path(files, name), &st) == 0;
}

bool root_files_has_directory(const struct root_files *files, const char *name)
{
	struct stat st;

	return stat(root_files_path(files, name), &st) == 0 && S_ISDIR(st.st_mode);
}

static struct blob text_blob(const char *text)
{
	return (struct blob){ (const uint8_t *)text, strlen(text) };
}

bool root_files_number(const struct root_files *files, const char *name, enum root_base base, uint64_t *value,
		       bool *found, struct err *err)
{
	static const struct {
		bool (*scan)(struct blob digits, uint64_t *value);
		const char *wanted;
	} bases[] = {
		[ROOT_HEX] = { scan_hex, "one hexadecimal number" },
		[ROOT_PREFIXED_HEX] = { scan_prefixed_hex, "one hexadecimal number" },
		[ROOT_DECIMAL] = { scan_decimal, "one decimal number" },
	};
	const char *text;

	*found = false;
	if (!root_files_text(files, name, NUMBER_LIMIT, &text, err))
		return false;
	if (!text)
		return true;
	if (!bases[base].scan(text_blob(text), value))
		return err_set(err, ERR_BAD_MACHINE, "%s: \"%s\" found, expected %s of at most 64 bits",
			       root_files_path(files, name), scan_show(text_blob(text)).text,
			       bases[base].wanted);
	*found = true;
	return true;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* 0, or the errno of readdir. */
static int collect(struct arena *arena, DIR *directory, const char *prefix, uint64_t **numbers, size_t *count)
{
	size_t capacity = 0, length = strlen(prefix);

	for (;;) {
		errno = 0;

		struct dirent *entry = readdir(directory);
		uint64_t number;

		if (!entry)
			return errno;
		if (strncmp(entry->d_name, prefix, length) != 0 ||
		    !scan_decimal(text_blob(entry->d_name + length), &number))
			continue;
		if (*count == capacity) {
			capacity = capacity ? capacity * 2 : 64;

			uint64_t *grown = arena_array(arena, capacity, sizeof(*grown));

			if (*count)
				memcpy(grown, *numbers, *count * sizeof(*grown));
			*numbers = grown;
		}
		(*numbers)[(*count)++] = number;
	}
}

bool root_files_numbered(const struct root_files *files, const char *directory, const char *prefix,
			 uint64_t **numbers, size_t *count, struct err *err)
{
	const char *path = root_files_path(files, directory);
	DIR *opened = opendir(path);

	*numbers = NULL;
	*count = 0;
	if (!opened && (errno == ENOENT || errno == ENOTDIR))
		return true;
	if (!opened)
		return err_system(err, errno, "cannot open the directory %s", path);

	int failure = collect(files->arena, opened, prefix, numbers, count);

	closedir(opened);
	if (failure)
		return err_system(err, failure, "cannot list the directory %s", path);
	if (*count)
		qsort(*numbers, *count, sizeof(**numbers), compare);
	return true;
}
