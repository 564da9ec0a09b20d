/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sources: Linux drivers/of/kobj.c (7.2): a file for each property, a directory for each node. The order of the
 * flattened tree that firmware gave is lost there.
 */
#include "kexec/machine/devtree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kexec/base/fdt_write.h"

/*
 * On a machine that runs, the first is an absolute link to the second: in a captured tree it would lead out of
 * that.
 */
static const char *const bases[] = { "proc/device-tree", "sys/firmware/devicetree/base" };

#define BASES (sizeof(bases) / sizeof(bases[0]))

struct flatten {
	struct fdt_writer writer;
	struct arena *scratch;
	uint8_t *buffer; /* of the property that was read last */
	size_t capacity;
	bool lost; /* something that was listed went away before it was read */
};

/*
 * Linux changes a property (memory and CPUs that come and go) by taking its file away and making it anew. Reading once
 * more finds it; where things go away for good or all the time, the last reading counts.
 */
#define READINGS 3

bool devtree_is_read(enum arch_id arch)
{
	return arch == ARCH_PPC64 || arch == ARCH_PPC64LE;
}

static const char *find_base(const struct root_files *files)
{
	struct stat st;

	for (size_t i = 0; i < BASES; i++) {
		const char *path = root_files_path(files, bases[i]);

		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return path;
	}
	return NULL;
}

/* ENODEV: kernfs says so of a file that was open when it went away. */
static bool is_gone(int code)
{
	return code == ENOENT || code == ENODEV;
}

/*
 * Names in the order in which Linux numbers CPUs and hosts of devices: cpu@8 before cpu@10. Without a unit
 * address, by bytes.
 */
static int compare_names(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	size_t x_base = strcspn(x, "@"), y_base = strcspn(y, "@");
	size_t shorter = x_base < y_base ? x_base : y_base;
	int order = memcmp(x, y, shorter);

	if (order != 0)
		return order;
	if (x_base != y_base)
		return x_base < y_base ? -1 : 1;

	size_t x_size = strlen(x), y_size = strlen(y);

	if (x_size != y_size)
		return x_size < y_size ? -1 : 1;
	return strcmp(x, y);
}

struct names {
	const char **v;
	size_t count, capacity;
};

static void add_name(struct arena *arena, struct names *names, const char *name)
{
	if (names->count == names->capacity) {
		names->capacity = names->capacity ? names->capacity * 2 : 64;

		const char **grown = arena_array(arena, names->capacity, sizeof(*grown));

		if (names->count)
			memcpy(grown, names->v, names->count * sizeof(*grown));
		names->v = grown;
	}
	names->v[names->count++] = arena_strdup(arena, name);
}

/* The kind of a directory entry: DT_DIR, DT_REG, or another that has no place in a device tree. */
static unsigned char kind_of(int directory, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	if (fstatat(directory, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return DT_UNKNOWN;
	return S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_UNKNOWN;
}

/* 0, or errno. `name` is not among the properties: it repeats the node's. */
static int list(struct arena *arena, DIR *directory, struct names *properties, struct names *nodes)
{
	for (;;) {
		errno = 0;

		const struct dirent *entry = readdir(directory);

		if (!entry)
			return errno;

		unsigned char kind = kind_of(dirfd(directory), entry);

		if (kind == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			add_name(arena, nodes, entry->d_name);
		else if (kind == DT_REG && strcmp(entry->d_name, "name") != 0)
			add_name(arena, properties, entry->d_name);
	}
}

static void sort(struct names *names)
{
	if (names->count)
		qsort(names->v, names->count, sizeof(*names->v), compare_names);
}

/* The bytes of an open file into the buffer: 0, errno, or E2BIG where it is larger than a property can be. */
static int read_bytes(struct flatten *flatten, int fd, struct blob *data)
{
	size_t used = 0;

	for (;;) {
		if (used == flatten->capacity) {
			if (used > FDT_WRITE_PROPERTY_MOST)
				return E2BIG;
			flatten->capacity = flatten->capacity ? flatten->capacity * 2 : 4096;

			uint8_t *grown = arena_alloc(flatten->scratch, flatten->capacity);

			if (used)
				memcpy(grown, flatten->buffer, used);
			flatten->buffer = grown;
		}

		ssize_t got = read(fd, flatten->buffer + used, flatten->capacity - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	*data = (struct blob){ flatten->buffer, used };
	return 0;
}

/* *found: it is still there. path: of the directory, for messages. */
static bool read_property(struct flatten *flatten, int directory, const char *path, const char *name,
			  struct blob *data, bool *found, struct err *err)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int code = fd < 0 ? errno : 0;

	*found = false;
	if (fd >= 0) {
		code = read_bytes(flatten, fd, data);
		close(fd);
	}
	if (is_gone(code)) {
		flatten->lost = true;
		return true;
	}
	if (code == E2BIG)
		return err_set(err, ERR_BAD_MACHINE, "%s/%s has more than the %u bytes expected of a property", path,
			       name, FDT_WRITE_PROPERTY_MOST);
	if (code != 0)
		return err_system(err, code, "cannot read the property %s/%s", path, name);
	*found = true;
	return true;
}

static bool flatten_node(struct flatten *flatten, int parent, const char *path, const char *file, const char *name,
			 struct err *err);

static bool flatten_entries(struct flatten *flatten, struct arena *arena, DIR *opened, const char *path,
			    struct err *err)
{
	struct names properties = { .count = 0 }, nodes = { .count = 0 };
	int code = list(arena, opened, &properties, &nodes);
	int directory = dirfd(opened);

	if (code != 0 && !is_gone(code))
		return err_system(err, code, "cannot list the device tree node %s", path);
	sort(&properties);
	sort(&nodes);
	for (size_t i = 0; i < properties.count; i++) {
		struct blob data;
		bool found;

		if (!read_property(flatten, directory, path, properties.v[i], &data, &found, err) ||
		    (found && !fdt_write_property(&flatten->writer, properties.v[i], data, err)))
			return false;
	}
	for (size_t i = 0; i < nodes.count; i++) {
		const char *below = arena_printf(arena, "%s/%s", path, nodes.v[i]);

		if (!flatten_node(flatten, directory, below, nodes.v[i], nodes.v[i], err))
			return false;
	}
	return true;
}

/* As deep as the writer allows. path: for messages; file: below parent. */
static bool flatten_node(struct flatten *flatten, int parent, const char *path, const char *file, const char *name,
			 struct err *err)
{
	int fd = openat(parent, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY);
	DIR *opened = fd < 0 ? NULL : fdopendir(fd);
	int code = opened ? 0 : errno;

	if (!opened) {
		if (fd >= 0)
			close(fd);
		if (is_gone(code) && flatten->writer.depth > 0) {
			flatten->lost = true;
			return true;
		}
		return err_system(err, code, "cannot open the device tree node %s", path);
	}

	struct arena arena; /* of this level only: there may be many beside it */

	arena_init(&arena);

	bool ok = fdt_write_node(&flatten->writer, name, err) &&
		  flatten_entries(flatten, &arena, opened, path, err) &&
		  fdt_write_end_node(&flatten->writer, err);

	arena_release(&arena);
	closedir(opened);
	return ok;
}

/* *lost: it may lack something that is there now. */
static bool flatten_once(const char *base, struct arena *arena, bool keep, struct blob *tree, bool *lost,
			 struct err *err)
{
	struct arena scratch;

	arena_init(&scratch);

	struct flatten flatten = { .scratch = &scratch };
	struct fdt_written written = { NULL, 0 };
	bool ok = fdt_write_begin(&flatten.writer, NULL, 0, &scratch, err) &&
		  flatten_node(&flatten, AT_FDCWD, base, base, "", err);

	*lost = flatten.lost;
	if (ok && (keep || !*lost))
		ok = fdt_write_finish(&flatten.writer, 0, arena, &written, err);
	if (written.data)
		*tree = (struct blob){ written.data, written.size };
	arena_release(&scratch);
	return ok;
}

static bool flatten_base(const struct root_files *files, struct machine *machine, struct err *err)
{
	const char *base = find_base(files);
	bool ok = true, lost = true;

	if (!base)
		return err_set(err, ERR_BAD_MACHINE, "there is no device tree: neither %s nor %s is a directory",
			       root_files_path(files, bases[0]), root_files_path(files, bases[1]));
	for (int i = 1; ok && lost && i <= READINGS; i++)
		ok = flatten_once(base, &machine->arena, i == READINGS, &machine->devicetree, &lost, err);
	return ok;
}

void devtree_read(const struct root_files *files, struct machine *machine)
{
	struct err problem;

	if (devtree_is_read(machine->arch) && !flatten_base(files, machine, &problem))
		machine->devicetree_problem = arena_strdup(&machine->arena, problem.text);
}

bool devtree_has(const struct root_files *files, const char *name)
{
	const char *base = find_base(files);
	struct stat st;

	return base && stat(arena_printf(files->arena, "%s/%s", base, name), &st) == 0;
}

bool devtree_tells_of_dump(const struct root_files *files)
{
	return devtree_has(files, "rtas/ibm,kernel-dump") || devtree_has(files, "ibm,opal/dump/mpipl-boot");
}

bool devtree_property(const struct root_files *files, const char *name, struct arena *arena, struct blob *data,
		      bool *found, struct err *err)
{
	struct flatten flatten = { .scratch = arena };
	const char *base = find_base(files);
	int directory = base ? open(base, O_RDONLY | O_CLOEXEC | O_DIRECTORY) : -1;

	*found = false;
	if (!base || (directory < 0 && is_gone(errno)))
		return true;
	if (directory < 0)
		return err_system(err, errno, "cannot open the device tree %s", base);

	bool ok = read_property(&flatten, directory, base, name, data, found, err);

	close(directory);
	return ok;
}
