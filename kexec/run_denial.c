/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a kernel says no: the errno alone leaves everybody guessing. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "kexec/base/file.h"
#include "kexec/run.h"

/* What the system says of itself. What cannot be read explains nothing. */
struct reasons {
	bool is_root;
	bool disabled;	/* sysctl kernel.kexec_load_disabled */
	bool used_up;	/* sysctl kernel.kexec_load_limit_* */
	bool locked;	/* lockdown, either level */
	bool secure_boot;
};

static const char *line_of(struct arena *arena, const char *root, const char *name)
{
	struct err ignored;
	char *text;

	return file_read_text(arena, file_below(arena, root, name), 256, &text, &ignored) ? text : "";
}

/*
 * Power, by Linux arch/powerpc/kernel/secure_boot.c: PowerVM gives a number, from 2 on it is enforced; bare metal has a
 * property without a value.
 */
static bool secure_boot_power(struct arena *arena, const char *root)
{
	static const char enforcing[] = "proc/device-tree/ibm,secureboot/os-secureboot-enforcing";
	struct err ignored;
	struct blob bytes;

	if (access(file_below(arena, root, enforcing), F_OK) == 0)
		return true;
	return file_map(arena, file_below(arena, root, "proc/device-tree/ibm,secure-boot"), NULL, &bytes, &ignored) &&
	       bytes.size == sizeof(struct be32) && be32_get(*(const struct be32 *)bytes.data) >= 2;
}

/* Four bytes of attributes, then one that is 1: UEFI specification, global variable SecureBoot. */
static bool secure_boot_efi(struct arena *arena, const char *root)
{
	static const char name[] = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	struct err ignored;
	struct blob bytes;

	return file_map(arena, file_below(arena, root, name), NULL, &bytes, &ignored) && bytes.size == 5 &&
	       bytes.data[4] == 1;
}

static struct reasons read_reasons(const char *root, enum load_target target)
{
	struct arena arena;

	arena_init(&arena);

	const char *lockdown = line_of(&arena, root, "sys/kernel/security/lockdown");
	const char *limit =
		line_of(&arena, root,
			target == TARGET_CRASH ? "proc/sys/kernel/kexec_load_limit_panic"
					       : "proc/sys/kernel/kexec_load_limit_reboot");
	struct reasons reasons = {
		.is_root = geteuid() == 0,
		.disabled = line_of(&arena, root, "proc/sys/kernel/kexec_load_disabled")[0] == '1',
		.used_up = limit[0] == '0',
		.locked = strstr(lockdown, "[integrity]") || strstr(lockdown, "[confidentiality]"),
		.secure_boot = secure_boot_efi(&arena, root) || secure_boot_power(&arena, root),
	};

	arena_release(&arena);
	return reasons;
}

static void add(struct err *err, const char *format, ...) ERR_PRINTF(2, 3);

static void add(struct err *err, const char *format, ...)
{
	struct err plain = *err;
	char more[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(more, sizeof(more), format, args);
	va_end(args);
	err_set(err, plain.code, "%s. %s", plain.text, more);
	err->errnum = plain.errnum;
}

static void explain_lockdown(const struct run_denied *denied, const struct reasons *reasons, struct err *err)
{
	const char *because = reasons->secure_boot ? "The kernel is locked down, and secure boot is on"
						   : "The kernel is locked down";

	if (denied->unload)
		add(err, "%s: it unloads by kexec_file_load(2) only, that is with -s or -a", because);
	else if (denied->way == WAY_FILE)
		add(err, "%s: only a kernel with a signature that it trusts can be loaded%s%s", because,
		    denied->inside ? ". What counts is the signature of the kernel inside of " : "",
		    denied->inside ? denied->inside : "");
	else if (denied->file_possible)
		add(err, "%s: only a signed kernel can be loaded, with -s", because);
	else
		add(err,
		    "%s: only a signed kernel can be loaded, with -s, and what was asked for cannot be done with that",
		    because);
}

static void explain_signature(const struct run_denied *denied, const struct reasons *reasons, struct err *err)
{
	if (denied->inside)
		add(err, "What counts is the signature of the kernel inside of %s", denied->inside);
	if (reasons->locked)
		add(err, "The kernel is locked down%s: there is no other way than a signature that it trusts",
		    reasons->secure_boot ? ", and secure boot is on" : "");
	else if (denied->other_way_possible)
		add(err, "-c loads by kexec_load(2), which looks at no signature");
}

void run_explain_denial(const struct run_denied *denied, const char *root, struct err *err)
{
	/* Without an errno it is no answer to the call: a file that may not be read says so itself. */
	if (err->code != ERR_DENIED || !err->errnum)
		return;

	struct reasons reasons = read_reasons(root, denied->target);

	if (err->errnum != EPERM && err->errnum != EACCES)
		explain_signature(denied, &reasons, err);
	else if (!reasons.is_root)
		add(err, "It takes the capability CAP_SYS_BOOT: are you root?");
	else if (reasons.disabled)
		add(err,
		    "The sysctl kernel.kexec_load_disabled is 1: nothing can be loaded or unloaded until the next boot");
	else if (reasons.used_up)
		add(err, "The sysctl kernel.kexec_load_limit_%s is 0: no further load is allowed until the next boot",
		    denied->target == TARGET_CRASH ? "panic" : "reboot");
	else if (reasons.locked)
		explain_lockdown(denied, &reasons, err);
	else if (reasons.secure_boot && denied->way == WAY_FILE && !denied->unload)
		add(err, "Secure boot is on: only a kernel with a signature that it trusts can be loaded%s%s",
		    denied->inside ? ". What counts is the signature of the kernel inside of " : "",
		    denied->inside ? denied->inside : "");
	else if (reasons.secure_boot && !denied->unload)
		add(err, "Secure boot is on: only a signed kernel can be loaded, with -s");
	else
		add(err, "Is it a container, or does a security module forbid it?");
}
