/* SPDX-License-Identifier: GPL-2.0-only */
/* Where distributions have kernels and initrds. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kdump/service/loading_parts.h"
#include "kexec/base/cmdline.h"
#include "kexec/base/file.h"

/* Each has the release once, and may have the machine's id before that: R and M stand for them. */
static const char *const kernels[] = {
	"/boot/vmlinuz-R",
	"/boot/image-R",   /* SUSE, s390x */
	"/boot/Image-R",   /* SUSE, aarch64 */
	"/boot/vmlinux-R", /* Power */
	"/boot/kernel-R",  /* Gentoo */
	"/usr/lib/modules/R/vmlinuz",
	"/usr/lib/modules/R/image",
	"/usr/lib/modules/R/Image",
	"/usr/lib/modules/R/vmlinux",
	"/lib/modules/R/vmlinuz",
	"/boot/M/R/linux", /* kernel-install(8), as the Boot Loader Specification has it */
	"/boot/efi/M/R/linux",
	"/efi/M/R/linux",
	"/boot/EFI/Linux/M-R.efi", /* unified kernel images */
	"/boot/efi/EFI/Linux/M-R.efi",
	"/efi/EFI/Linux/M-R.efi",
	NULL,
};

static const char *const initrds[] = {
	"/boot/initrd.img-R",	 /* Debian */
	"/boot/initramfs-R.img", /* Fedora */
	"/boot/initrd-R",	 /* SUSE */
	"/boot/initramfs-R",	 /* Gentoo */
	"/boot/M/R/initrd",
	"/boot/efi/M/R/initrd",
	"/efi/M/R/initrd",
	"/usr/lib/modules/R/initramfs.img", /* images of ostree */
	"/usr/lib/modules/R/initrd",
	NULL,
};

/* The same names, for what lies beside a kernel that was found elsewhere. */
static const char *const neighbours[] = {
	"initrd.img-R", "initramfs-R.img", "initrd-R", "initramfs-R", "initrd", NULL
};

const char *loading_file(struct arena *arena, const char *root, const char *name)
{
	const char *path = *root ? file_below(arena, root, name + strspn(name, "/")) : name;
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode) ? path : NULL;
}

/* NULL where the machine has no id and the pattern wants one. */
static const char *fill(struct arena *arena, const char *pattern, const char *release, const char *id)
{
	const char *text = "";

	for (; *pattern; pattern++) {
		if (*pattern == 'M' && !*id)
			return NULL;
		if (*pattern == 'M')
			text = arena_printf(arena, "%s%s", text, id);
		else if (*pattern == 'R')
			text = arena_printf(arena, "%s%s", text, release);
		else
			text = arena_printf(arena, "%s%c", text, *pattern);
	}
	return text;
}

static const char *machine_id(struct arena *arena, const char *root)
{
	const char *line = loading_line(arena, root, "etc/machine-id");

	return line && strlen(line) == 32 && strspn(line, "0123456789abcdef") == 32 ? line : "";
}

/* places: where it was looked for, for a message; grows. */
static const char *search(struct arena *arena, const struct loading_machine *machine, const char *const *patterns,
			  const char *folder, const char *release, const char **places)
{
	const char *id = machine_id(arena, machine->root);

	for (; *patterns; patterns++) {
		const char *name = fill(arena, *patterns, release, id);

		if (!name)
			continue;
		name = arena_printf(arena, "%s%s", folder, name);

		const char *found = loading_file(arena, machine->root, name);

		if (found)
			return found;
		*places = arena_printf(arena, "%s%s%s", *places, **places ? ", " : "", name);
	}
	return NULL;
}

/*
 * What the boot loader loaded: "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.8" of GRUB, or a path. It counts only where its name
 * has the release: a link such as /vmlinuz may lead to a newer kernel by now.
 */
static const char *booted(struct arena *arena, const struct loading_machine *machine)
{
	const char *line = machine->command_line;
	struct cmdline_word word;
	static const char key[] = "BOOT_IMAGE=";
	const size_t length = sizeof(key) - 1;

	while (cmdline_next(&line, &word)) {
		if (word.length <= length || memcmp(word.text, key, length) != 0)
			continue;

		const char *path = arena_strndup(arena, word.text + length, word.length - length);

		if (*path == '(' && strchr(path, ')'))
			path = strchr(path, ')') + 1;

		const char *name = strrchr(path, '/'), *end;

		if (!name || *path != '/' || strstr(path, "/../"))
			return NULL;
		end = strstr(name, machine->release);
		if (!end || end[strlen(machine->release)] || end[-1] != '-')
			return NULL;

		const char *found = loading_file(arena, machine->root, arena_printf(arena, "/boot%s", path));

		return found ? found : loading_file(arena, machine->root, path);
	}
	return NULL;
}

/* "vmlinuz-6.8.0" and ".../modules/6.8.0/vmlinuz" say it; NULL where the name does not. */
static const char *release_in(struct arena *arena, const char *kernel)
{
	static const char *const names[] = { "vmlinuz-", "vmlinux-", "image-", "Image-",
					     "bzImage-", "kernel-",  "linux-" };
	static const char modules[] = "/lib/modules/";
	const char *base = strrchr(kernel, '/') + 1, *at = strstr(kernel, modules);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i]);

		if (strncmp(base, names[i], length) == 0 && base[length])
			return arena_strdup(arena, base + length);
	}
	if (!at)
		return NULL;
	at += sizeof(modules) - 1;
	return arena_strndup(arena, at, strcspn(at, "/"));
}

/* A link such as /vmlinuz says it by where it leads, to a kernel that need not be the one that runs. */
static const char *release_of(struct arena *arena, const char *kernel, const char *path)
{
	char real[PATH_MAX];
	const char *release = realpath(path, real) ? release_in(arena, real) : NULL;

	return release ? release : release_in(arena, kernel);
}

bool loading_find_kernel(const char **kernel, const char **release, struct arena *arena, const struct conf *conf,
			 const struct loading_machine *machine, struct err *err)
{
	const char *places = "";

	*release = machine->release;
	if (conf->load.kernel) {
		const char *named = NULL;

		*kernel = loading_file(arena, machine->root, conf->load.kernel);
		if (*kernel)
			named = release_of(arena, conf->load.kernel, *kernel);
		if (named)
			*release = named;
		return *kernel ||
		       err_set(err, ERR_SYSTEM,
			       "Kernel=%s: there is no such file. Name one that is there, or set Kernel=auto for that of "
			       "the kernel that runs",
			       conf->load.kernel);
	}
	*kernel = search(arena, machine, kernels, "", machine->release, &places);
	if (!*kernel)
		*kernel = booted(arena, machine);
	return *kernel ||
	       err_set(err, ERR_SYSTEM,
		       "the file of the kernel that runs (%s) was not found; looked for %s. Was it removed by an update? "
		       "Then boot the new kernel; or name the file with Kernel= in [Load]",
		       machine->release, places);
}

static const char *beside(struct arena *arena, const struct loading_machine *machine, const char *kernel,
			  const char *release, const char **places)
{
	size_t root = *machine->root ? strlen(file_below(arena, machine->root, "")) - 1 : 0;
	const char *inside = kernel + root;
	size_t folder = (size_t)(strrchr(inside, '/') + 1 - inside);

	return search(arena, machine, neighbours, arena_strndup(arena, inside, folder), release, places);
}

bool loading_find_initrd(const char **initrd, bool *is_capture, struct arena *arena, const struct conf *conf,
			 const struct loading_machine *machine, const char *kernel, const char *release,
			 struct err *err)
{
	const char *places = "";
	const char *ours = arena_printf(arena, LOADING_INITRD_FOLDER "/initrd-%s.img", release);

	*initrd = NULL;
	*is_capture = false;
	switch (conf->load.initrd) {
	case CONF_INITRD_NONE:
		return true;
	case CONF_INITRD_FILE:
		*initrd = loading_file(arena, machine->root, conf->load.initrd_path);
		return *initrd ||
		       err_set(err, ERR_SYSTEM,
			       "Initrd=%s: there is no such file. Make it with kdump-service build --output=%s, or set "
			       "Initrd=auto",
			       conf->load.initrd_path, conf->load.initrd_path);
	case CONF_INITRD_AUTO:
		*initrd = loading_file(arena, machine->root, ours);
		*is_capture = *initrd;
		if (*initrd)
			return true;
		places = ours;
		break;
	case CONF_INITRD_NORMAL:
		break;
	}
	*initrd = search(arena, machine, initrds, "", release, &places);
	if (!*initrd)
		*initrd = beside(arena, machine, kernel, release, &places);
	return *initrd ||
	       err_set(err, ERR_SYSTEM,
		       "no initrd of kernel %s was found; looked for %s. Make a capture initrd with kdump-service build %s, "
		       "name one with Initrd= in [Load], or set Initrd=none where the kernel mounts root by itself",
		       release, places, release);
}
