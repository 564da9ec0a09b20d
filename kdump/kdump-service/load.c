/* SPDX-License-Identifier: GPL-2.0-only */
/* kdump-service load: what is loaded for a crash is what the configuration says, and nothing is done where it is. */
#include "kdump/kdump-service/load.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kdump/kdump-service/service.h"
#include "kdump/service/loading.h"
#include "kexec/base/file.h"

struct load {
	struct service *service;
	struct arena *arena;
	const char *root;
	struct loading_machine machine;
	struct loading loading;
	const char *fingerprint_followed; /* where the kernel follows CPUs and memory by itself */
	const char *fingerprint_fixed;	  /* where it does not */
};

static int failed(const struct err *err)
{
	service_error("%s", err->text);
	return SERVICE_FAILED;
}

/*
 * A record and nothing loaded: an earlier try lost it, for the kernel frees the old one before it takes the new.
 * `unload` removes the record.
 */
static bool is_lost(const struct load *load)
{
	struct loading_record record;
	struct err ignored;

	return !load->machine.loaded && loading_record_read(&record, load->arena, load->root, &ignored) &&
	       record.fingerprint;
}

/* Whether there is nothing to do for CPUs or memory that came or went; says why. */
static bool is_followed(const struct load *load)
{
	const struct loading_machine *machine = &load->machine;

	if (is_lost(load))
		return false;
	if (!machine->loaded)
		service_say("nothing is loaded, so there is nothing to load again");
	else if (strncmp(machine->machine, "s390", 4) == 0)
		service_say("nothing to do: on s390 the capture kernel itself asks the machine for CPUs and memory");
	else if (machine->hotplug_by_kernel)
		service_say("nothing to do: the kernel itself follows CPUs and memory");
	else
		return false;
	return true;
}

/*
 * Whether the kernel follows is known only once it has loaded something. Both fingerprints are of the time before that:
 * what changes meanwhile is then seen by the next load.
 */
static bool find(struct load *load, struct err *err)
{
	struct loading_machine other = load->machine;
	struct loading unused;

	if (!loading_find(&load->loading, load->arena, &load->service->conf, &load->machine, err))
		return false;
	other.hotplug_by_kernel = !other.hotplug_by_kernel;
	if (!loading_find(&unused, load->arena, &load->service->conf, &other, err))
		return false;
	load->fingerprint_followed = (load->machine.hotplug_by_kernel ? load->loading : unused).fingerprint;
	load->fingerprint_fixed = (load->machine.hotplug_by_kernel ? unused : load->loading).fingerprint;
	return true;
}

static bool is_loaded_already(const struct load *load)
{
	struct loading_record record;
	struct err err;

	if (!load->machine.loaded || load->service->options->force)
		return false;
	if (!loading_record_read(&record, load->arena, load->root, &err)) {
		service_warning("%s; loading again", err.text);
		return false;
	}
	return record.fingerprint && strcmp(record.fingerprint, load->loading.fingerprint) == 0;
}

/* An initrd that saves by itself has a copy of the configuration, from when it was made. */
static void warn_of_old_initrd(const struct load *load)
{
	const char *config = load->service->options->config;
	const char *const files[] = { config, arena_printf(load->arena, "%s.d", config) };
	struct stat initrd, file;

	if (!load->loading.initrd_is_capture ||
	    stat(load->loading.initrd, &initrd) != 0)
		return;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (stat(file_below(load->arena, load->root, files[i] + strspn(files[i], "/")), &file) != 0 ||
		    file.st_mtime <= initrd.st_mtime)
			continue;
		service_warning("%s is newer than %s, which saves as its own copy of [Save] says: make it again with "
				"kdump-service build", files[i], load->loading.initrd);
	}
}

/* What a crash would find now, for the end of a message. */
static const char *what_stays(const struct load *load)
{
	struct loading_machine machine;
	struct err ignored;

	if (!loading_machine_read(&machine, load->arena, load->root, &ignored))
		return "whether anything is loaded cannot be seen";
	if (!machine.loaded)
		return machine.fadump ? "firmware is not registered with: a crash will not be saved"
				      : "nothing is loaded: a crash will not be saved";
	return machine.fadump ? "the registration with firmware that was there before is still there"
			      : "what was loaded before is still loaded";
}

/* Exit code 2 of kexec --verify says that it cannot tell. */
static int verify(const struct load *load, bool *verified)
{
	const char *arguments[3] = { "--verify", NULL, NULL };
	struct load_kexec result;
	struct err err;

	if (*load->root)
		arguments[1] = arena_printf(load->arena, "--root=%s", load->root);
	if (!load_kexec_run(&result, load->arena, arguments, false, &err))
		return failed(&err);
	*verified = WIFEXITED(result.status) && WEXITSTATUS(result.status) == 0;
	if (!WIFEXITED(result.status) || WEXITSTATUS(result.status) != 1)
		return SERVICE_DONE;
	service_error(
		"what was loaded is not what lies in memory now: kexec --verify says what differs. It will be loaded "
		"again by the next kdump-service load");
	return SERVICE_FAILED;
}

static int write_record(const struct load *load, const struct load_kexec *result)
{
	const struct loading *loading = &load->loading;
	struct loading_machine machine;
	struct loading_record record = {
		.syscall = loading->way == LOADING_FADUMP ? "fadump" : result->syscall,
		.kernel = loading->kernel,
		.initrd = loading->initrd,
		.command_line = loading->command_line,
		.time = time(NULL),
	};
	struct err err;

	if (!loading_machine_read(&machine, load->arena, load->root, &err))
		return failed(&err);
	if (!machine.loaded) {
		service_error("kexec ended without an error, but %s: the kernel says that nothing is",
			      loading->way == LOADING_FADUMP ? "registered nothing" : "loaded nothing");
		return SERVICE_FAILED;
	}
	record.fingerprint = machine.hotplug_by_kernel ? load->fingerprint_followed : load->fingerprint_fixed;

	/* Only kexec_load(2) carries the checksums that it needs. */
	if (loading->way != LOADING_FADUMP && !(record.syscall && strcmp(record.syscall, "kexec_file_load") == 0)) {
		int code = verify(load, &record.verified);

		if (code != SERVICE_DONE)
			return code;
	}
	if (!loading_record_write(&record, load->arena, load->root, &err))
		return failed(&err);
	if (loading->way == LOADING_FADUMP)
		service_say(
			"registered with firmware: after a crash it boots the default boot entry, which saves memory");
	else
		service_say("loaded %s with %s%s%s%s", loading->kernel,
			    loading->initrd ? loading->initrd : "no initrd", record.syscall ? ", by " : "",
			    record.syscall ? record.syscall : "", record.verified ? ", and verified it" : "");
	if (loading->way == LOADING_BY_TARGET && load->service->conf.load.initrd == CONF_INITRD_AUTO)
		service_say(
			"there is no capture initrd: after a crash the normal one boots, into kdump-capture.target, which takes "
			"more memory. kdump-service build makes one");
	return SERVICE_DONE;
}

static int load_it(struct load *load)
{
	struct load_kexec result;
	struct err err;

	if (!load_kexec_run(&result, load->arena, load->loading.arguments, true, &err)) {
		service_error("%s; %s", err.text, what_stays(load));
		return SERVICE_FAILED;
	}
	load_kexec_tell(&result);
	if (WIFEXITED(result.status) && WEXITSTATUS(result.status) == 0) {
		/* Should anything below fail, the next load must not take it for what an older record says. */
		if (!loading_record_remove(load->arena, load->root, &err))
			return failed(&err);
		return write_record(load, &result);
	}
	service_error("kexec %s; %s", load_kexec_end(load->arena, &result), what_stays(load));
	return SERVICE_FAILED;
}

static int load_locked(struct load *load)
{
	const struct service *service = load->service;
	struct err err;

	if (!loading_machine_read(&load->machine, load->arena, load->root, &err))
		return failed(&err);
	load->machine.kexec = service_program(load->arena, "kexec");
	if (load->machine.in_capture) {
		service_say("nothing to load: this is the kernel that saves a crash (/proc/vmcore is there)");
		return SERVICE_DONE;
	}
	if (service->options->hotplug && is_followed(load))
		return SERVICE_DONE;
	if (service->mistakes.count) {
		service_error("the configuration has %zu mistake%s: nothing was done, and %s",
			      service->mistakes.count, service->mistakes.count == 1 ? "" : "s", what_stays(load));
		return SERVICE_BAD_CONFIGURATION;
	}
	if (!find(load, &err)) {
		service_error("%s; %s", err.text, what_stays(load));
		return SERVICE_FAILED;
	}
	warn_of_old_initrd(load);
	if (is_loaded_already(load)) {
		service_say("nothing to do: the same is loaded already");
		return SERVICE_DONE;
	}
	return load_it(load);
}

int service_load(struct service *service)
{
	struct load load = { .service = service, .arena = service->arena, .root = service->options->root };
	struct err err;
	int lock;

	if (!loading_record_lock(&lock, load.arena, load.root, &err))
		return failed(&err);

	int code = load_locked(&load);

	close(lock);

	/*
	 * Also where the same is loaded already: a reload is often for what has just been installed. What is loaded is in
	 * memory and in the record by now, however long a disk takes.
	 */
	if (code == SERVICE_DONE && !*load.root && load.loading.arguments && load.loading.way != LOADING_BY_INITRD)
		load_sync(load.arena, service->options->config);
	return code;
}
