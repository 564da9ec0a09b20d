/* SPDX-License-Identifier: GPL-2.0-only */
#include "fadump.h"

#include "bytes.h"
#include "kexec/machine/devtree.h"
#include "kexec/machine/root_files.h"

#define DIRECTORY "sys/kernel/fadump"

/* bootargs_append has 2048 bytes at most (COMMAND_LINE_SIZE); a region takes a line of some 100. */
#define APPEND_LIMIT 8192
#define REGION_LIMIT (64 * 1024)

const char *fadump_control(const struct fadump *fadump, struct arena *arena, const char *name)
{
	return arena_printf(arena, DIRECTORY "%c%s", fadump->legacy_names ? '_' : '/', name);
}

static void add_problem(const char **problem, struct arena *arena, const struct err *err)
{
	*problem = *problem ? arena_printf(arena, "%s; %s", *problem, err->text) : arena_strdup(arena, err->text);
}

/* 0 or 1 in a file that has to be there. */
static bool read_switch(const struct fadump *fadump, const struct root_files *files, const char *name, bool *on,
			struct err *err)
{
	const char *path = fadump_control(fadump, files->arena, name);
	uint64_t value;
	bool found;

	if (!root_files_number(files, path, ROOT_DECIMAL, &value, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_BAD_MACHINE, "%s is missing, though other files of fadump are there",
			       root_files_path(files, path));
	if (value > 1)
		return err_set(err, ERR_BAD_MACHINE, "%s: %llu found, expected 0 or 1", root_files_path(files, path),
			       (unsigned long long)value);
	*on = value == 1;
	return true;
}

static void read_number(struct fadump *fadump, const struct root_files *files, const char *path, uint64_t *value,
			bool *found)
{
	struct err err;

	if (!root_files_number(files, path, ROOT_DECIMAL, value, found, &err))
		add_problem(&fadump->problem, files->arena, &err);
}

static void read_controls(struct fadump *fadump, const struct root_files *files)
{
	struct arena *arena = files->arena;
	uint64_t ready = 0;
	struct err err;

	fadump->present = root_files_has_directory(files, DIRECTORY);
	if (!fadump->present)
		fadump->present = fadump->legacy_names = root_files_exists(files, DIRECTORY "_enabled");
	if (!fadump->present)
		return;
	fadump->has_release = root_files_exists(files, fadump_control(fadump, arena, "release_mem"));
	if (!read_switch(fadump, files, "enabled", &fadump->enabled, &err)) {
		/* The kernel makes release_mem only where it has this enabled. */
		fadump->enabled = fadump->has_release;
		add_problem(&fadump->state_problem, arena, &err);
	}
	if (!read_switch(fadump, files, "registered", &fadump->registered, &err))
		add_problem(&fadump->state_problem, arena, &err);
	read_number(fadump, files, fadump_control(fadump, arena, "mem_reserved"), &fadump->mem_reserved,
		    &fadump->has_mem_reserved);
	read_number(fadump, files, fadump_control(fadump, arena, "hotplug_ready"), &ready, &fadump->has_hotplug_ready);
	fadump->hotplug_ready = ready != 0;
	if (!root_files_text(files, fadump_control(fadump, arena, "bootargs_append"), APPEND_LIMIT,
			     &fadump->bootargs_append, &err)) {
		fadump->bootargs_append = NULL;
		add_problem(&fadump->problem, arena, &err);
	}
}

static void read_property(struct fadump *fadump, const struct root_files *files, const char *name, struct blob *data,
			  bool *found)
{
	struct err err;

	if (devtree_property(files, name, files->arena, data, found, &err))
		return;
	*data = (struct blob){ NULL, 0 };
	*found = false;
	add_problem(&fadump->problem, files->arena, &err);
}

/* A number of one or two cells, as Linux and firmware write it. */
static void read_cells(struct fadump *fadump, const struct root_files *files, const char *name, uint64_t *value,
		       bool *found)
{
	struct blob data = { NULL, 0 };
	struct err err;

	read_property(fadump, files, name, &data, found);
	if (!*found)
		return;

	const struct be32 *narrow = blob_at(data, 0, sizeof(*narrow));
	const struct be64 *wide = blob_at(data, 0, sizeof(*wide));

	if (data.size == sizeof(*wide) && wide) {
		*value = be64_get(*wide);
	} else if (data.size == sizeof(*narrow) && narrow) {
		*value = be32_get(*narrow);
	} else {
		*found = false;
		err_set(&err, ERR_BAD_MACHINE, "%s: %s of the device tree has %zu bytes, expected 4 or 8", files->root,
			name, data.size);
		add_problem(&fadump->problem, files->arena, &err);
	}
}

/* As Linux: only where both are there. */
static void read_rtas(struct fadump *fadump, const struct root_files *files)
{
	bool has_start, has_size;
	struct err err;

	read_cells(fadump, files, "rtas/linux,rtas-base", &fadump->rtas_start, &has_start);
	read_cells(fadump, files, "rtas/rtas-size", &fadump->rtas_size, &has_size);
	fadump->has_rtas = has_start && has_size;
	if (fadump->has_rtas && fadump->rtas_size > UINT64_MAX - fadump->rtas_start) {
		err_set(&err, ERR_BAD_MACHINE,
			"%s: rtas/rtas-size of the device tree: 0x%llx bytes at 0x%llx end beyond the 64-bit address space",
			files->root, (unsigned long long)fadump->rtas_size, (unsigned long long)fadump->rtas_start);
		add_problem(&fadump->problem, files->arena, &err);
		fadump->has_rtas = false;
	}
	if (!fadump->has_rtas)
		fadump->rtas_start = fadump->rtas_size = 0;
}

static void read_tree(struct fadump *fadump, const struct root_files *files)
{
	bool found;

	fadump->opal = devtree_has(files, "ibm,opal/dump");
	fadump->pseries = devtree_has(files, "rtas/ibm,configure-kernel-dump");
	fadump->tree_active = devtree_tells_of_dump(files);
	read_property(fadump, files, "rtas/ibm,kernel-dump", &fadump->kernel_dump, &found);
	read_property(fadump, files, "rtas/ibm,configure-kernel-dump-sizes", &fadump->section_sizes, &found);
	read_rtas(fadump, files);
}

void fadump_read(struct fadump *fadump, struct arena *arena, const char *root)
{
	const struct root_files files = { arena, root };
	struct err unread;

	*fadump = (struct fadump){ .present = false };
	fadump->has_vmcore = root_files_exists(&files, "proc/vmcore");
	read_controls(fadump, &files);
	read_number(fadump, &files, "sys/kernel/kexec_crash_size", &fadump->crash_size, &fadump->has_crash_size);
	read_tree(fadump, &files);

	/* For people only, and with lockdown nobody may read debugfs. */
	if (!root_files_text(&files, "sys/kernel/debug/powerpc/fadump_region", REGION_LIMIT, &fadump->region, &unread))
		fadump->region = NULL;
}

bool fadump_is_clear(const struct fadump *fadump, struct err *err)
{
	if (!fadump->state_problem && !fadump->problem)
		return true;
	return err_set(err, ERR_BAD_MACHINE, "%s%s%s", fadump->state_problem ? fadump->state_problem : "",
		       fadump->state_problem && fadump->problem ? "; " : "", fadump->problem ? fadump->problem : "");
}

enum fadump_state fadump_state(const struct fadump *fadump)
{
	if (!fadump->present)
		return FADUMP_UNSUPPORTED;
	if (!fadump->enabled)
		return FADUMP_OFF;
	if (!fadump->has_release)
		return fadump->registered ? FADUMP_ARMED : FADUMP_DISARMED;
	if (fadump->registered)
		return FADUMP_RELEASED_ARMED;
	return fadump->has_vmcore ? FADUMP_PENDING : FADUMP_GONE;
}

const char *fadump_state_name(enum fadump_state state)
{
	static const char *const names[] = {
		[FADUMP_UNSUPPORTED] = "not supported",
		[FADUMP_OFF] = "off",
		[FADUMP_DISARMED] = "disarmed",
		[FADUMP_ARMED] = "armed",
		[FADUMP_PENDING] = "capture pending",
		[FADUMP_GONE] = "dump gone",
		[FADUMP_RELEASED_ARMED] = "armed after release",
	};

	if ((size_t)state >= sizeof(names) / sizeof(names[0]))
		return "unknown";
	return names[state];
}
