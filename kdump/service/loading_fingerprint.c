/* SPDX-License-Identifier: GPL-2.0-only */
/* What decides about what is loaded, in one number: by which a second load sees that there is nothing to do. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "kdump/service/loading_parts.h"
#include "kexec/base/file.h"
#include "sha256.h"

#define IOMEM_MOST ((size_t)16 << 20)

/* With its length and a name before it, so that no two lists of parts are the same bytes. */
static void add(struct sha256 *sha, const char *name, const void *data, size_t size)
{
	char head[64];
	int length = snprintf(head, sizeof(head), "%s %zu:", name, size);

	sha256_add(sha, head, (size_t)length);
	sha256_add(sha, data, size);
}

static void add_text(struct sha256 *sha, const char *name, const char *text)
{
	add(sha, name, text, strlen(text));
}

/* A file that was written again in its place, or replaced, has another time or inode, whatever its size. */
static void add_file(struct sha256 *sha, const char *path)
{
	struct stat st;
	char text[160];

	if (stat(path, &st) != 0) {
		add_text(sha, "gone", path);
		return;
	}
	snprintf(text, sizeof(text), "%ju %ju %jd %jd.%09ld %jd.%09ld", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino,
		 (intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (intmax_t)st.st_ctim.tv_sec,
		 st.st_ctim.tv_nsec);
	add_text(sha, "file", text);
}

/* Top-level lines of RAM; others change while a machine runs, and say nothing of what a dump has in it. */
static void add_iomem(struct sha256 *sha, struct arena *arena, const char *root)
{
	struct err ignored;
	char *text;

	if (!file_read_text(arena, file_below(arena, root, "proc/iomem"), IOMEM_MOST, &text, &ignored))
		return;
	for (char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		if (*line != ' ' && memmem(line, length, "System RAM", 10))
			add(sha, "ram", line, length);
		line += length + (line[length] == '\n');
	}
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static bool is_online(int folder, const char *name)
{
	char path[300], state[16];
	ssize_t got = -1;

	snprintf(path, sizeof(path), "%s/state", name);

	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		got = read(fd, state, sizeof(state));
		close(fd);
	}
	return got >= 6 && memcmp(state, "online", 6) == 0;
}

/* Blocks of memory that are online, by number: large machines have some 100,000 of them. */
static void add_memory_blocks(struct sha256 *sha, struct arena *arena, const char *root)
{
	const char *path = file_below(arena, root, "sys/devices/system/memory");
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	size_t count = 0, room = 0;
	uint64_t *blocks = NULL;

	if (fd >= 0 && !folder)
		close(fd);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		const char *digits = entry->d_name + 6;
		char *end;

		if (strncmp(entry->d_name, "memory", 6) != 0 || *digits < '0' || *digits > '9')
			continue;

		uint64_t number = strtoull(digits, &end, 10);

		if (*end || !is_online(fd, entry->d_name))
			continue;
		if (count == room) {
			uint64_t *more = arena_array(arena, room ? 2 * room : 256, sizeof(*more));

			if (count)
				memcpy(more, blocks, count * sizeof(*more));
			blocks = more;
			room = room ? 2 * room : 256;
		}
		blocks[count++] = number;
	}
	if (folder)
		closedir(folder);
	if (count)
		qsort(blocks, count, sizeof(*blocks), by_number);
	for (size_t i = 0; i < count; i++) {
		char text[24];

		snprintf(text, sizeof(text), "%" PRIu64, blocks[i]);
		add_text(sha, "block", text);
	}
}

/* s390's ELF core header is made by the capture kernel, from the hardware: nothing that is loaded depends on these. */
static bool depends_on_topology(const struct loading_machine *machine)
{
	return !machine->hotplug_by_kernel && strncmp(machine->machine, "s390", 4) != 0;
}

const char *loading_fingerprint(struct arena *arena, const struct loading *loading,
				const struct loading_machine *machine)
{
	const char *boot = loading_line(arena, machine->root, "proc/sys/kernel/random/boot_id");
	const char *cpus = loading_line(arena, machine->root, "sys/devices/system/cpu/present");
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct arena scratch;
	struct sha256 sha;

	arena_init(&scratch);
	sha256_start(&sha, sha256_best());
	add_text(&sha, "boot", boot ? boot : "");

	/* It makes most of what is loaded beside the files, purgatory among that. */
	add_text(&sha, "version", PACKAGE_VERSION);
	if (machine->kexec)
		add_file(&sha, machine->kexec);
	for (const char *const *argument = loading->arguments; *argument; argument++)
		add_text(&sha, "argument", *argument);
	if (loading->kernel)
		add_file(&sha, loading->kernel);
	if (loading->initrd)
		add_file(&sha, loading->initrd);
	if (depends_on_topology(machine)) {
		add_text(&sha, "cpus", cpus ? cpus : "");
		add_iomem(&sha, &scratch, machine->root);
		add_memory_blocks(&sha, &scratch, machine->root);
	}
	sha256_finish(&sha, digest);
	arena_release(&scratch);

	char *text = arena_alloc(arena, 2 * sizeof(digest) + 1);

	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}
