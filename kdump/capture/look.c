/* SPDX-License-Identifier: GPL-2.0-only */
/* What this boot is, and what it offers. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "kdump/capture/capture.h"
#include "kdump/fadump_log.h"
#include "kdump/fadump_record.h"
#include "kexec/base/file.h"

#define HEX64 "0x%" PRIx64

static bool fail(const struct err *err, int *code, int with)
{
	fflush(stdout);
	fprintf(stderr, "fadump-capture: %s\n", err->text);
	*code = with;
	return false;
}

/* A dump that was here. sysfs does not say what became of it; the kernel's log does. */
static bool say_gone(const struct capture *capture, int *code)
{
	struct fadump_log log;
	struct err err;

	*code = CAPTURE_GONE;
	if (!fadump_log_read(&log, capture->arena, capture->options->root, &err)) {
		printf("gone: this boot began with a dump, and there is none now: the kernel refused it, or it was released. "
		       "Which one only the kernel's log can say: %s\n",
		       err.text);
	} else if (log.refusal) {
		printf("refused: the kernel discarded the dump with \"%s\": %s\n", log.refusal, log.advice);
	} else if (log.freed) {
		printf("released: this boot had a dump, and its memory was given back\n");
		*code = CAPTURE_RELEASED;
	} else {
		printf("gone: this boot began with a dump, and there is none now; the kernel's log says no more whether it was "
		       "refused or released\n");
	}
	printf("fadump is not armed: a crash now is not dumped. Start the machine through firmware to arm it\n");
	return false;
}

/* What is odd beside a dump does not keep it from being saved. Where none is to be saved, the state has to be known. */
static bool note_problems(struct capture *capture, struct err *err)
{
	const struct fadump *fadump = &capture->fadump;
	bool has_dump = capture->state == FADUMP_PENDING || (capture->options->any && fadump->has_vmcore);

	if (fadump->problem)
		finding_note(&capture->findings, "%s", fadump->problem);
	if (!fadump->state_problem)
		return true;
	if (!has_dump)
		return err_set(err, ERR_BAD_MACHINE, "cannot tell whether this boot has a dump: %s", fadump->state_problem);
	finding_bad(&capture->findings, finding_begin(&capture->findings, "state of fadump"), "%s", fadump->state_problem);
	return true;
}

static bool look_at_state(struct capture *capture, int *code)
{
	const struct fadump *fadump = &capture->fadump;

	switch (capture->state) {
	case FADUMP_PENDING:
		printf("capture pending: this boot has a dump that firmware kept\n");
		return true;
	case FADUMP_GONE:
		return say_gone(capture, code);
	case FADUMP_RELEASED_ARMED:
		printf("released: this boot had a dump, its memory was given back, and fadump was registered again. That is "
		       "unsafe: freed memory will be written to, and the next dump may be lost. Start the machine through "
		       "firmware\n");
		*code = CAPTURE_RELEASED;
		return false;
	case FADUMP_UNSUPPORTED:
	case FADUMP_OFF:
	case FADUMP_DISARMED:
	case FADUMP_ARMED:
		break;
	}
	*code = CAPTURE_NO_DUMP;
	if (!fadump->has_vmcore) {
		printf("no dump: there is no /proc/vmcore; fadump: %s\n", fadump_state_name(capture->state));
		if (fadump->tree_active)
			printf("The device tree says that firmware kept a dump, and the kernel does not take part in that (fadump: "
			       "%s): start the default boot entry with fadump=on to have it\n",
			       fadump_state_name(capture->state));
		return false;
	}
	if (!capture->options->any) {
		printf("this is a kdump boot, not one of fadump (fadump: %s): --any saves its dump as well\n",
		       fadump_state_name(capture->state));
		return false;
	}
	printf("this is a kdump boot, not one of fadump (fadump: %s)\n", fadump_state_name(capture->state));
	return true;
}

static void look_at_kernel_dump(struct capture *capture)
{
	const struct fadump *fadump = &capture->fadump;
	struct err err;

	if (capture->state != FADUMP_PENDING)
		return;
	if (fadump->kernel_dump.size == 0) {
		if (fadump->opal)
			finding_note(&capture->findings, "firmware is OPAL, whose account of the dump is not in the device tree: "
							 "only the ELF core header is checked");
		else
			finding_bad(&capture->findings, finding_begin(&capture->findings, "ibm,kernel-dump"),
				    "%s, expected below /rtas of the device tree",
				    fadump->tree_active ? "empty or not readable" : "not there");
		return;
	}
	capture->has_kernel_dump = fadump_kernel_dump_read(&capture->kernel_dump, fadump->kernel_dump, &err);
	if (capture->has_kernel_dump)
		fadump_kernel_dump_check(&capture->kernel_dump, &capture->findings);
	else
		finding_bad(&capture->findings, finding_begin(&capture->findings, "ibm,kernel-dump"), "%s", err.text);
}

/* The kernel makes a PT_LOAD of each region of boot memory. */
static void compare_regions(struct capture *capture)
{
	struct finding *line = finding_begin(&capture->findings, "boot memory in the ELF core");
	unsigned int seen = 0;

	for (unsigned int i = 0; i < capture->kernel_dump.count; i++) {
		const struct fadump_section *s = &capture->kernel_dump.sections[i];
		bool found = false;

		if (s->type != FADUMP_BOOT_MEMORY || s->length == 0)
			continue;
		for (size_t k = 0; k < capture->core.load_count; k++)
			found |= capture->core.loads[k].address == s->source &&
				 capture->core.loads[k].memory_size == s->length;
		seen += found;
		if (!found)
			finding_bad(&capture->findings, line,
				    "section %u: no PT_LOAD of " HEX64 " with " HEX64 " bytes found, expected one", i, s->source,
				    s->length);
	}
	finding_good(&capture->findings, line, "%u sections", seen);
}

static void look_at_time(struct capture *capture)
{
	const struct fadump_vmcoreinfo *info = &capture->core.vmcoreinfo;
	int64_t now = (int64_t)time(NULL);

	if (info->has_crash_time && info->crash_time > now)
		finding_note(&capture->findings, "the crash was %" PRId64 " seconds from now in the future: the clock of this "
						 "boot, or that of the crashed system, was wrong",
			     info->crash_time - now);
}

static bool look_at_core(struct capture *capture, int *code)
{
	struct fadump_source source;
	struct stat st;
	struct err err;

	capture->fd = open(capture->vmcore, O_RDONLY | O_CLOEXEC);
	if (capture->fd < 0 || fstat(capture->fd, &st) != 0) {
		err_system(&err, errno, "cannot open %s", capture->vmcore);
		return fail(&err, code, CAPTURE_FAILED);
	}
	source = fadump_source_file(capture->vmcore, capture->fd);
	capture->has_core = fadump_elfcore_read(&capture->core, capture->arena, &source, 0, false, &err);
	if (!capture->has_core) {
		/* Whatever it is, it is all that is left of the crashed system. */
		finding_bad(&capture->findings, finding_begin(&capture->findings, "ELF core header"), "%s", err.text);
		return true;
	}
	fadump_elfcore_check(&capture->core, 0, &capture->findings);
	if ((uint64_t)st.st_size < capture->core.end)
		finding_bad(&capture->findings, finding_begin(&capture->findings, "size"),
			    "%" PRIu64 " bytes found, the program headers name " "%" PRIu64, (uint64_t)st.st_size,
			    capture->core.end);
	if (capture->has_kernel_dump)
		compare_regions(capture);
	look_at_time(capture);
	return true;
}

/* Where an earlier copy would be: all of the directory, or beside the file that was named. */
static void look_for_earlier(struct capture *capture)
{
	const struct capture_options *options = capture->options;
	const char *folder = options->output ? save_folder(capture->arena, options->output) : options->directory;

	if (capture->has_core)
		capture->earlier = fadump_record_find(capture->arena, folder, &capture->core, &capture->findings);
}

static void say_verdict(const struct capture *capture)
{
	size_t damaged = findings_damaged(&capture->findings);

	if (capture->earlier)
		printf("verdict: phantom or saved already: %s is this dump (BUILD-ID, release, CRASHTIME, size and the registers "
		       "of all CPUs are the same)\n",
		       capture->earlier);
	else if (damaged)
		printf("verdict: damaged: %zu of %zu checks failed\n", damaged, findings_checked(&capture->findings));
	else
		printf("verdict: sound\n");
}

bool capture_look(struct capture *capture, int *code)
{
	struct err err;

	fadump_read(&capture->fadump, capture->arena, capture->options->root);
	capture->state = fadump_state(&capture->fadump);
	if (!note_problems(capture, &err))
		return fail(&err, code, CAPTURE_FAILED);
	capture->vmcore = file_below(capture->arena, capture->options->root, "proc/vmcore");
	if (!look_at_state(capture, code))
		return false;
	look_at_kernel_dump(capture);
	if (!look_at_core(capture, code))
		return false;
	look_for_earlier(capture);
	/* The dump counts more than the report. */
	if (!findings_print(&capture->findings, stdout, &err) && capture->options->mode != CAPTURE_SAVE)
		return fail(&err, code, CAPTURE_FAILED);
	say_verdict(capture);
	return true;
}
