/* SPDX-License-Identifier: GPL-2.0-only */
/* What was loaded, as it was when it was: lines "key value". */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kdump/save.h"
#include "kdump/service/loading_parts.h"
#include "kexec/base/file.h"

#define RECORD_MOST ((size_t)256 << 10)

static const char *record_path(struct arena *arena, const char *root)
{
	return file_below(arena, root, &LOADING_RECORD[1]);
}

static void set(struct loading_record *record, struct arena *arena, const char *key, const char *value)
{
	const char **text = strcmp(key, "fingerprint") == 0    ? &record->fingerprint
			    : strcmp(key, "syscall") == 0      ? &record->syscall
			    : strcmp(key, "kernel") == 0       ? &record->kernel
			    : strcmp(key, "initrd") == 0       ? &record->initrd
			    : strcmp(key, "command-line") == 0 ? &record->command_line
							       : NULL;
	char *end;

	if (text) {
		*text = arena_strdup(arena, value);
	} else if (strcmp(key, "time") == 0) {
		errno = 0;

		long long time = strtoll(value, &end, 10);

		record->time = *value >= '0' && *value <= '9' && !*end && errno == 0 ? time : 0;
	} else if (strcmp(key, "verified") == 0) {
		record->verified = strcmp(value, "yes") == 0;
	}
}

/* Keys that are not known are a later version's. */
bool loading_record_read(struct loading_record *record, struct arena *arena, const char *root, struct err *err)
{
	const char *path = record_path(arena, root);
	char *text;

	*record = (struct loading_record){ .fingerprint = NULL };
	if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return true;
	if (!file_read_text(arena, path, RECORD_MOST, &text, err))
		return err_prefix(err, "what was loaded is not known");
	while (*text) {
		char *line = text, *value;
		size_t length = strcspn(line, "\n");

		text += length + (line[length] == '\n');
		line[length] = 0;
		value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = 0;
		set(record, arena, line, value);
	}
	return true;
}

/* The folder is systemd's RuntimeDirectory= where a unit runs us, and nobody's else. */
static bool make_folder(struct arena *arena, const char *path, struct err *err)
{
	const char *folder = save_folder(arena, path);

	if (mkdir(folder, 0755) == 0 || errno == EEXIST)
		return true;
	if (errno == ENOENT) {
		const char *above = save_folder(arena, folder);

		if ((mkdir(above, 0755) == 0 || errno == EEXIST) &&
		    (mkdir(folder, 0755) == 0 || errno == EEXIST))
			return true;
	}
	return err_system(err, errno, "cannot make the folder %s, for the record of what is loaded", folder);
}

bool loading_record_lock(int *fd, struct arena *arena, const char *root, struct err *err)
{
	const char *path = arena_printf(arena, "%s.lock", record_path(arena, root));

	if (!make_folder(arena, path, err))
		return false;
	*fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return err_system(err, errno, "cannot open %s, by which loads wait for each other", path);
	while (flock(*fd, LOCK_EX) != 0) {
		int errnum = errno;

		if (errnum == EINTR)
			continue;
		close(*fd);
		return err_system(err, errnum, "cannot lock %s", path);
	}
	return true;
}

bool loading_record_remove(struct arena *arena, const char *root, struct err *err)
{
	const char *path = record_path(arena, root);

	return unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR ||
	       err_system(err, errno, "cannot remove %s", path);
}

bool loading_record_write(const struct loading_record *record, struct arena *arena, const char *root, struct err *err)
{
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "fingerprint", record->fingerprint },
		{ "syscall", record->syscall },
		{ "kernel", record->kernel },
		{ "initrd", record->initrd },
		{ "command-line", record->command_line },
	};
	const char *path = record_path(arena, root), *text = "";

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!texts[i].value)
			continue;
		if (strchr(texts[i].value, '\n'))
			return err_set(err, ERR_INTERNAL, "cannot write %s: the %s has more than one line", path,
				       texts[i].key);
		text = arena_printf(arena, "%s%s %s\n", text, texts[i].key, texts[i].value);
	}
	if (record->time)
		text = arena_printf(arena, "%stime %" PRId64 "\n", text, record->time);
	text = arena_printf(arena, "%sverified %s\n", text, record->verified ? "yes" : "no");
	return make_folder(arena, path, err) && save_text(arena, path, text, strlen(text), err);
}
