/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/boot_entry.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "kexec/base/file.h"

/* GRUB's environment block is 1 KiB; entries are a few lines. */
#define LONGEST 65536

/* The rest of the line that begins with this key and, where it is a word of its own, white space; or NULL. */
static const char *value_of(struct arena *arena, const char *text, const char *key, bool is_word)
{
	size_t length = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) != 0)
			continue;

		const char *value = line + length;
		size_t blanks = strspn(value, " \t\v\f");

		if (is_word && !blanks)
			continue;
		value += blanks;
		return arena_strndup(arena, value, strcspn(value, "\r\n"));
	}
	return NULL;
}

/* The release in the name of an installed kernel: vmlinux-RELEASE, vmlinuz-RELEASE. NULL for other names. */
static const char *release_in(struct arena *arena, const char *path)
{
	static const char *const prefixes[] = { "vmlinux-", "vmlinuz-" };
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t length = strlen(prefixes[i]);

		if (strncmp(name, prefixes[i], length) == 0 && isdigit((unsigned char)name[length]))
			return arena_strndup(arena, name + length, strcspn(name + length, " \t"));
	}
	return NULL;
}

static const char *text_of(struct arena *arena, const char *root, const char *name)
{
	struct err ignored;
	char *text;

	return file_read_text(arena, file_below(arena, root, name), LONGEST, &text, &ignored) ? text : NULL;
}

static const char *by_grub(struct arena *arena, const char *root, const char **source)
{
	static const char *const blocks[] = { "boot/grub2/grubenv", "boot/grub/grubenv" };

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		const char *block = text_of(arena, root, blocks[i]);
		const char *saved = block ? value_of(arena, block, "saved_entry=", false) : NULL;

		/* A number counts menu entries, which only GRUB knows. */
		if (!saved || !*saved || strchr(saved, '/'))
			continue;

		const char *name = arena_printf(arena, "boot/loader/entries/%s.conf", saved);
		const char *entry = text_of(arena, root, name);
		const char *kernel = entry ? value_of(arena, entry, "linux", true) : NULL;

		if (!kernel || !release_in(arena, kernel))
			continue;
		*source = file_below(arena, root, name);
		return release_in(arena, kernel);
	}
	return NULL;
}

const char *boot_entry_release(struct arena *arena, const char *root, const char **source)
{
	static const char *const links[] = { "boot/vmlinux", "boot/vmlinuz", "vmlinux", "vmlinuz" };
	const char *release = by_grub(arena, root, source);
	char target[PATH_MAX];

	for (size_t i = 0; !release && i < sizeof(links) / sizeof(links[0]); i++) {
		const char *path = file_below(arena, root, links[i]);
		ssize_t length = readlink(path, target, sizeof(target) - 1);

		if (length <= 0)
			continue;
		target[length] = 0;
		release = release_in(arena, target);
		*source = path;
	}
	return release;
}
