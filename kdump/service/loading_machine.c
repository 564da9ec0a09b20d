/* SPDX-License-Identifier: GPL-2.0-only */
/* The facts of a machine that decide what is loaded, all read below one root. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fadump.h"
#include "kdump/service/loading_parts.h"
#include "kexec/base/file.h"

/* The longest command line of any architecture is 64 KiB (s390, by CONFIG_COMMAND_LINE_SIZE); a page for the rest. */
#define COMMAND_LINE_MOST ((size_t)1 << 16)
#define LINE_MOST 4096

const char *loading_line(struct arena *arena, const char *root, const char *name)
{
	struct err ignored;
	char *text;

	if (!file_read_text(arena, file_below(arena, root, name), LINE_MOST, &text, &ignored))
		return NULL;
	text[strcspn(text, "\n")] = 0;
	return text;
}

static bool says_one(struct arena *arena, const char *root, const char *name)
{
	const char *line = loading_line(arena, root, name);

	return line && strcmp(line, "1") == 0;
}

static bool is_there(struct arena *arena, const char *root, const char *name)
{
	return access(file_below(arena, root, name), F_OK) == 0;
}

/* One that is not there counts for nothing: a kernel without memory hotplug has no folder for memory. */
static bool follows(struct arena *arena, const char *root)
{
	static const char *const folders[] = { "sys/devices/system/cpu", "sys/devices/system/memory" };
	bool any = false;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (!is_there(arena, root, folders[i]))
			continue;
		if (!says_one(arena, root, arena_printf(arena, "%s/crash_hotplug", folders[i])))
			return false;
		any = true;
	}
	return any;
}

static bool read_reserved(struct loading_machine *machine, struct arena *arena, const char *root, struct err *err)
{
	static const char name[] = "sys/kernel/kexec_crash_size";
	const char *line = loading_line(arena, root, name);
	char *end;

	/* Not there: a kernel without kexec, which loading_find() tells of. */
	if (!line)
		return true;
	machine->reserved = strtoull(line, &end, 10);
	if (*line < '0' || *line > '9' || *end)
		return err_set(err, ERR_BAD_MACHINE, "%s: found \"%.40s\", expected a number of bytes",
			       file_below(arena, root, name), line);
	return true;
}

bool loading_machine_read(struct loading_machine *machine, struct arena *arena, const char *root, struct err *err)
{
	const char *release = loading_line(arena, root, "proc/sys/kernel/osrelease");
	const char *name = loading_line(arena, root, "proc/sys/kernel/arch"); /* since Linux 6.1 */
	struct utsname running;
	struct fadump fadump;
	char *command_line;

	*machine = (struct loading_machine){ .root = root };
	if (uname(&running) != 0)
		return err_set(err, ERR_SYSTEM, "cannot ask the kernel for its name");
	machine->release = release && *release ? release : arena_strdup(arena, running.release);
	machine->machine = name && *name ? name : arena_strdup(arena, running.machine);
	if (strchr(machine->release, '/'))
		return err_set(err, ERR_BAD_MACHINE, "%s: found \"%s\", expected a release without a slash",
			       file_below(arena, root, "proc/sys/kernel/osrelease"), machine->release);
	if (!file_read_text(arena, file_below(arena, root, "proc/cmdline"), COMMAND_LINE_MOST, &command_line, err))
		return false;
	command_line[strcspn(command_line, "\n")] = 0;
	machine->command_line = command_line;
	machine->in_capture = is_there(arena, root, "proc/vmcore");
	fadump_read(&fadump, arena, root);
	machine->fadump = fadump.enabled;
	if (fadump.enabled) {
		machine->reserved = fadump.has_mem_reserved ? fadump.mem_reserved : 0;
		machine->loaded = fadump.registered;
		machine->hotplug_by_kernel = fadump.has_hotplug_ready && fadump.hotplug_ready;
		return true;
	}
	machine->loaded = says_one(arena, root, "sys/kernel/kexec_crash_loaded");
	machine->hotplug_by_kernel = follows(arena, root);
	return read_reserved(machine, arena, root, err);
}
