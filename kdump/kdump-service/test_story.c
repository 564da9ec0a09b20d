/* SPDX-License-Identifier: GPL-2.0-only */
/* What a crash would lead to, in sentences. */
#include <stdio.h>

#include "kdump/kdump-service/test.h"

static const char *action(enum conf_action action)
{
	switch (action) {
	case CONF_REBOOT:
		return "the machine starts again";
	case CONF_POWEROFF:
		return "the machine is switched off";
	case CONF_HALT:
		return "the machine is halted";
	case CONF_SHELL:
		return "there is a shell on the console, and when that ends the machine starts again";
	case CONF_CONTINUE:
		return "the boot goes on";
	}
	return "";
}

static const char *where(const struct status *status)
{
	const struct conf_target *target = &status->service->conf.save.target;
	struct arena *arena = status->service->arena;

	switch (target->kind) {
	case CONF_TARGET_PATH:
		return arena_printf(arena, "as %s/TIME-OF-THE-CRASH/vmcore", target->path);
	case CONF_TARGET_RAW:
		return arena_printf(arena, "to the device %s, over what is there", target->path);
	case CONF_TARGET_NFS:
	case CONF_TARGET_SSH:
		return arena_printf(arena, "below %s, in a folder named by the time of the crash and this machine",
				    target->text);
	}
	return "";
}

static const char *levels(const struct status *status)
{
	const struct conf *conf = &status->service->conf;
	struct arena *arena = status->service->arena;
	const char *text = arena_printf(arena, "%u", conf->save.levels[0]);

	for (size_t i = 1; i < conf->save.level_count; i++)
		text = arena_printf(arena, "%s, then %u if there is no room", text, conf->save.levels[i]);
	return text;
}

static void say_start(const struct status *status)
{
	const struct loading_record *record = &status->record;
	bool recorded = record->fingerprint && record->kernel;
	const char *kernel = recorded ? record->kernel : "what is loaded";
	const char *initrd = recorded && record->initrd && record->initrd[0] ? record->initrd : NULL;

	if (status->machine.fadump) {
		printf("If this machine crashed now, firmware would keep its memory and start it again, and the kernel of that boot\n"
		       "would save the memory");
		return;
	}
	printf("If this machine crashed now, %s would start in %s%s%s.\nIt would save the memory", kernel,
	       status_size(status->service->arena, status->machine.reserved), initrd ? ", with " : "",
	       initrd ? initrd : "");
}

void test_say_story(struct test *test)
{
	const struct status *status = &test->status;
	const struct conf *conf = &status->service->conf;

	putchar('\n');
	if (!status_is_loaded(status)) {
		printf("If this machine crashed now, nothing would be saved: no kernel is loaded for that.\n");
		return;
	}
	say_start(status);
	printf(" %s,\nat level %s", where(status), levels(status));
	if (conf->save.dmesg && conf->save.target.kind != CONF_TARGET_RAW)
		printf(", and the kernel's log beside it");
	printf(". Then %s.\n", action(conf->save.on_success));
	printf("If saving fails, %s.\n", action(conf->save.on_failure));
	if (test->failures)
		printf("What is said after FAIL may keep it from that.\n");
}
