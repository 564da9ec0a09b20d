/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/fadump_record.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kexec/base/file.h"

#define RECORD_LIMIT ((size_t)1 << 20)

static const char suffix[] = ".record";

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *digest_text(struct arena *arena, const uint8_t *digest)
{
	char *text = arena_alloc(arena, 2 * SHA256_DIGEST_SIZE + 1);

	for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

const char *fadump_record_text(struct arena *arena, const char *path, const struct fadump_elfcore *core,
			       const struct save_result *saved, int64_t saved_at, const struct findings *findings)
{
	const struct fadump_vmcoreinfo *info = &core->vmcoreinfo;
	bool whole = core->load_count && saved->bytes >= core->end && saved->unreadable == 0;
	const char *text = arena_printf(arena, "record=1\nfile=%s\nbytes=%" PRIu64 "\n", base_name(path), saved->bytes);

	if (info->osrelease)
		text = arena_printf(arena, "%sosrelease=%s\n", text, info->osrelease);
	if (info->build_id)
		text = arena_printf(arena, "%sbuild-id=%s\n", text, info->build_id);
	if (info->has_crash_time)
		text = arena_printf(arena, "%scrash-time=%" PRId64 "\n", text, info->crash_time);
	if (core->notes_size)
		text = arena_printf(arena, "%ssize=%" PRIu64 "\nnotes-sha256=%s\n", text, core->end,
				    digest_text(arena, core->notes_digest));
	text = arena_printf(arena, "%ssaved=%" PRId64 "\nunreadable=%" PRIu64 "\nwhole=%d\n", text, saved_at,
			    saved->unreadable, whole);
	for (size_t i = 0; i < saved->gap_count && i < SAVE_GAPS; i++)
		text = arena_printf(arena, "%sunreadable-at=0x%" PRIx64 "-0x%" PRIx64 "\n", text, saved->gaps[i].start,
				    saved->gaps[i].end);
	if (saved->verified)
		text = arena_printf(arena, "%ssha256=%s\n", text, digest_text(arena, saved->digest));

	/* A machine can have thousands of CPUs, and joining texts one by one is quadratic: through one buffer. */
	char *lines = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&lines, &size);

	if (!out)
		return text;
	for (const struct finding *f = findings->first; f; f = f->next) {
		const char *kind = f->note ? "note" : f->bad ? "BAD" : "ok";
		const char *facts = f->bad ? f->bad : f->good;

		fprintf(out, "check=%s %s%s%s\n", kind, f->name, facts ? ": " : "", facts ? facts : "");
	}
	if (fclose(out) == 0)
		text = arena_printf(arena, "%s%s", text, lines);
	free(lines);
	return text;
}

static bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno == 0 && *end == 0;
}

static void parse_line(struct fadump_record *record, struct arena *arena, const char *path, const char *line)
{
	const char *value = strchr(line, '=');

	if (!value)
		return;

	size_t length = (size_t)(value++ - line);
	uint64_t number;

#define IS(key) (length == sizeof(key) - 1 && memcmp(line, key, sizeof(key) - 1) == 0)
	/* A name in this folder, nothing else: the record is no way to other places. */
	if (IS("file") && *value && !strchr(value, '/'))
		record->file = arena_printf(arena, "%s/%s", save_folder(arena, path), value);
	else if (IS("osrelease") && *value)
		record->info.osrelease = arena_strdup(arena, value);
	else if (IS("build-id") && *value)
		record->info.build_id = arena_strdup(arena, value);
	else if (IS("bytes"))
		record->has_bytes = parse_number(value, &record->bytes);
	else if (IS("size"))
		record->has_size = parse_number(value, &record->size);
	else if (IS("notes-sha256") && *value)
		record->notes = arena_strdup(arena, value);
	else if (IS("whole"))
		record->whole = strcmp(value, "1") == 0;
	else if (IS("crash-time") && parse_number(value[0] == '-' ? value + 1 : value, &number) && number <= INT64_MAX) {
		record->info.has_crash_time = true;
		record->info.crash_time = value[0] == '-' ? -(int64_t)number : (int64_t)number;
	}
#undef IS
}

void fadump_record_parse(struct fadump_record *record, struct arena *arena, const char *path, const char *text)
{
	*record = (struct fadump_record){ 0 };
	while (*text) {
		size_t length = strcspn(text, "\n");

		parse_line(record, arena, path, arena_strndup(arena, text, length));
		text += length + (text[length] == '\n');
	}
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* All of it, or nothing is proved: one kernel can crash often, and at the same second of a clock without battery. */
static bool same_dump(const struct fadump_record *record, const struct fadump_elfcore *core, struct arena *arena)
{
	const struct fadump_vmcoreinfo *a = &record->info, *b = &core->vmcoreinfo;

	return a->has_crash_time && b->has_crash_time && a->crash_time == b->crash_time &&
	       same_text(a->build_id, b->build_id) && same_text(a->osrelease, b->osrelease) && record->has_size &&
	       record->size == core->end && record->notes && core->notes_size &&
	       strcmp(record->notes, digest_text(arena, core->notes_digest)) == 0;
}

static const char *look_at(struct arena *arena, const char *path, const struct fadump_elfcore *core,
			   struct findings *findings)
{
	struct fadump_record record;
	struct stat st;
	struct err err;
	char *text;

	if (!file_read_text(arena, path, RECORD_LIMIT, &text, &err)) {
		finding_note(findings, "the record of an earlier dump is skipped: %s", err.text);
		return NULL;
	}
	fadump_record_parse(&record, arena, path, text);
	if (!record.file || !record.has_bytes || !record.whole || !same_dump(&record, core, arena))
		return NULL;
	if (stat(record.file, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != record.bytes)
		return NULL;
	return record.file;
}

static const char *look_in(struct arena *arena, const char *folder, bool deeper, const struct fadump_elfcore *core,
			   struct findings *findings)
{
	DIR *dir = opendir(folder);
	const char *found = NULL;

	if (!dir) {
		if (errno != ENOENT && errno != ENOTDIR)
			finding_note(findings, "earlier dumps in %s cannot be looked at: %s", folder, strerror(errno));
		return NULL;
	}
	for (const struct dirent *entry; !found && (entry = readdir(dir));) {
		size_t length = strlen(entry->d_name);

		if (entry->d_name[0] == '.')
			continue;

		const char *path = arena_printf(arena, "%s/%s", folder, entry->d_name);

		if (length > sizeof(suffix) - 1 && strcmp(entry->d_name + length - (sizeof(suffix) - 1), suffix) == 0)
			found = look_at(arena, path, core, findings);
		else if (deeper && entry->d_type != DT_REG)
			found = look_in(arena, path, false, core, findings);
	}
	closedir(dir);
	return found;
}

const char *fadump_record_find(struct arena *arena, const char *folder, const struct fadump_elfcore *core,
			       struct findings *findings)
{
	return core->vmcoreinfo.has_crash_time ? look_in(arena, folder, true, core, findings) : NULL;
}
