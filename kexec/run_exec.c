/* SPDX-License-Identifier: GPL-2.0-only */
/* Starting and unloading what is loaded. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "arch.h"
#include "kexec/run.h"
#include "kexec/say.h"

/* Returns if the kernel did not start, or came back. */
static bool start(const struct run *run, bool interfaces, struct err *err)
{
	struct arena arena;
	struct exec_interfaces taken = { .count = 0 };

	arena_init(&arena);
	if (interfaces)
		exec_interfaces_down(&taken, &arena);
	say_debug(run->options, "starting what is loaded, with %zu network interfaces taken down", taken.count);

	bool ok = exec_reboot(err);
	bool up = exec_interfaces_up(&taken);

	if (!ok && taken.count) {
		struct err failed = *err;

		err_set(err, failed.code, "%s. The network interfaces that were taken down %s; look at their routes",
			failed.text, up ? "are up again" : "did not all come up again");
		err->errnum = failed.errnum;
	}
	if (ok)
		say_note("the kernel that was started jumped back%s",
			 taken.count ? "; look at the network's routes, for the interfaces were down" : "");
	arena_release(&arena);
	return ok;
}

int run_exec(const struct run *run, struct err *err)
{
	const struct options *o = run->options;
	struct machine_status status;

	if (!run_fadump_allows_start(run, err))
		return EXIT_USAGE;
	if (o->dry_run) {
		puts("execute");
		return EXIT_OK;
	}
	if (!run_is_live(run, run_arch(run), "start a kernel", err))
		return EXIT_USAGE;
	machine_read_status(&status, o->root);
	if (status.has_loaded && !status.loaded) {
		err_set(err, ERR_USAGE, "Nothing has been loaded! Load a kernel first, with -l");
		return EXIT_USAGE;
	}
	if (!o->no_sync)
		sync();

	/* Where nothing says that a kernel is loaded, the start will fail, and must not cost the network. */
	return start(run, !o->no_ifdown && status.has_loaded, err) ? EXIT_OK : EXIT_FAILED;
}

int run_jump_back_helper(const struct run *run, struct err *err)
{
	const struct options *o = run->options;

	if (o->syscall == SYSCALL_FILE) {
		err_set(err, ERR_USAGE, "--load-jump-back-helper needs kexec_load(2), and -s was given");
		return EXIT_USAGE;
	}
	if (o->dry_run) {
		printf("jump-back-helper entry 0x%llx\n", (unsigned long long)o->entry);
		return EXIT_OK;
	}
	if (!run_is_live(run, run_arch(run), "load a way back", err))
		return EXIT_USAGE;
	if (exec_load_jump_back(o->entry, err))
		return EXIT_OK;
	run_explain_denial(&(struct run_denied){ .way = WAY_PLAN }, o->root, err);
	if (err->errnum == EINVAL)
		err_prefix(err, "this kernel can jump back only if it was built with CONFIG_KEXEC_JUMP");
	return EXIT_FAILED;
}

/*
 * Both system calls unload the same kernel. That for files goes first: it is the one that a locked down
 * kernel still allows.
 */
static bool unload(const struct run *run, uint32_t kexec_arch, struct err *err)
{
	const struct options *o = run->options;

	if (o->syscall == SYSCALL_LOAD)
		return exec_unload(o->target, kexec_arch, false, err);
	if (exec_unload(o->target, kexec_arch, true, err))
		return true;
	if (o->syscall == SYSCALL_FILE || (err->errnum != ENOSYS && err->errnum != EINVAL))
		return false;
	say_debug(o, "%s; trying kexec_load(2)", err->text);
	*err = (struct err){ .code = ERR_NONE };
	return exec_unload(o->target, kexec_arch, false, err);
}

/* Where the kernel uses firmware-assisted dump, it has no reservation that a crash kernel could be in. */
static bool holds_crash_kernel(const struct options *o)
{
	struct machine_status status;

	machine_read_status(&status, o->root);
	return status.has_crash_loaded && status.crash_loaded;
}

int run_unload(const struct run *run, struct err *err)
{
	const struct options *o = run->options;
	enum arch_id id = run_arch(run);
	const struct arch *arch = arch_by_id(id);
	bool by_firmware = false;

	if (o->target == TARGET_CRASH && !run_fadump_unregister(run, &by_firmware, err))
		return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
	if (by_firmware && !holds_crash_kernel(o))
		return EXIT_OK;
	if (o->dry_run) {
		printf("unload %s\n", o->target == TARGET_CRASH ? "crash" : "normal");
		return EXIT_OK;
	}
	if (!run_is_live(run, id, "unload a kernel", err))
		return EXIT_USAGE;

	/* 0 is the kernel's own architecture (KEXEC_ARCH_DEFAULT). */
	if (unload(run, arch ? arch->kexec_arch : 0, err))
		return EXIT_OK;
	/* -s alone would not try the other call; kexec-tools gives the same code and the same words. */
	if (o->syscall == SYSCALL_FILE && err->errnum == ENOSYS) {
		err_prefix(err, "syscall kexec_file_load not available");
		return EXIT_FILE_UNAVAILABLE;
	}
	run_explain_denial(&(struct run_denied){ .target = o->target, .unload = true }, o->root, err);
	return EXIT_FAILED;
}
