/* SPDX-License-Identifier: GPL-2.0-only */
/* kdump-service unload: nothing is loaded for a crash, and no record says so. */
#include <sys/wait.h>
#include <unistd.h>

#include "kdump/kdump-service/load.h"
#include "kdump/kdump-service/service.h"
#include "kdump/service/loading.h"

static int failed(const struct err *err)
{
	service_error("%s", err->text);
	return SERVICE_FAILED;
}

static int unload(struct service *service)
{
	const char *root = service->options->root;
	const char *arguments[4] = { "-p", "-u", NULL, NULL };
	struct loading_machine machine;
	struct load_kexec result;
	struct err err;

	if (!loading_machine_read(&machine, service->arena, root, &err))
		return failed(&err);
	if (machine.in_capture) {
		service_say("nothing to unload: this is the kernel that saves a crash (/proc/vmcore is there)");
		return SERVICE_DONE;
	}
	if (machine.loaded) {
		if (*root)
			arguments[2] = arena_printf(service->arena, "--root=%s", root);
		if (!load_kexec_run(&result, service->arena, arguments, false, &err))
			return failed(&err);
		load_kexec_tell(&result);
		if (!WIFEXITED(result.status) || WEXITSTATUS(result.status) != 0) {
			service_error("kexec -p -u %s: what was loaded is still loaded",
				      load_kexec_end(service->arena, &result));
			return SERVICE_FAILED;
		}
	}
	if (!loading_record_remove(service->arena, root, &err))
		return failed(&err);
	service_say("%s", machine.loaded ? "unloaded: a crash will not be saved" : "nothing was loaded");
	return SERVICE_DONE;
}

int service_unload(struct service *service)
{
	struct err err;
	int lock;

	if (!loading_record_lock(&lock, service->arena, service->options->root, &err))
		return failed(&err);

	int code = unload(service);

	close(lock);
	return code;
}
