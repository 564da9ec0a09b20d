/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking at files: a memory image, or the parts of a dump one by one. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kdump/capture/capture.h"
#include "kdump/fadump_cpu_state.h"
#include "kdump/fadump_opal.h"
#include "kdump/fadump_scratch.h"
#include "kexec/base/file.h"

struct decode {
	const struct capture_options *options;
	struct arena *arena;
	struct findings *findings;
	bool has_kernel_dump;
	struct fadump_kernel_dump kernel_dump;
	bool has_info;
	struct fadump_crash_info info;
};

static bool of_file(bool ok, const char *path, struct err *err)
{
	return ok || err_prefix(err, "%s", path);
}

static bool decode_kernel_dump(struct decode *decode, const char *path, struct err *err)
{
	struct blob bytes;

	if (!file_map(decode->arena, path, NULL, &bytes, err) ||
	    !of_file(fadump_kernel_dump_read(&decode->kernel_dump, bytes, err), path, err))
		return false;
	decode->has_kernel_dump = true;
	fadump_kernel_dump_check(&decode->kernel_dump, decode->findings);
	return true;
}

static bool decode_cpu_state(const struct decode *decode, const char *path, struct err *err)
{
	struct fadump_cpu_state state;
	struct blob bytes;

	if (!file_map(decode->arena, path, NULL, &bytes, err) ||
	    !of_file(fadump_cpu_state_read(&state, bytes, err), path, err))
		return false;
	fadump_cpu_state_check(&state, decode->findings);
	return true;
}

static bool decode_opal(const struct decode *decode, const char *path, struct err *err)
{
	struct fadump_opal_cpus cpus;
	struct blob bytes;

	if (!file_map(decode->arena, path, NULL, &bytes, err) ||
	    !of_file(fadump_opal_read(&cpus, bytes, decode->options->thread_size, err), path, err))
		return false;
	fadump_opal_check(&cpus, decode->findings);
	return true;
}

static bool decode_crash_info(struct decode *decode, const char *path, struct err *err)
{
	struct blob bytes;

	if (!file_map(decode->arena, path, NULL, &bytes, err) ||
	    !of_file(fadump_crash_info_read(&decode->info, bytes, err) == FADUMP_CRASH_INFO_OK, path, err))
		return false;
	decode->has_info = true;
	fadump_crash_info_check(&decode->info, UINT64_MAX, &decode->options->kernel, decode->findings);
	return true;
}

static void close_fd(void *data, size_t size)
{
	(void)size;
	close((int)(intptr_t)data);
}

static bool decode_elfcore(const struct decode *decode, const char *path, struct err *err)
{
	struct fadump_elfcore core;
	struct stat st;
	/* Opening a fifo would wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_system(err, errno, "cannot open %s", path);
	arena_defer(decode->arena, close_fd, (void *)(intptr_t)fd, 0);
	if (fstat(fd, &st) != 0)
		return err_system(err, errno, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(err, ERR_UNSUPPORTED,
			       "%s is neither a file nor a block device: an ELF core must be one, so that it can be read at any "
			       "place",
			       path);

	struct fadump_source source = fadump_source_file(path, fd);

	if (!fadump_elfcore_read(&core, decode->arena, &source, 0, false, err))
		return false;
	fadump_elfcore_check(&core, 0, decode->findings);
	return true;
}

/* An ELF core says its order itself; of a flat image the crash info header does. */
static bool open_image(struct memory *memory, struct arena *arena, const char *path, struct err *err)
{
	uint8_t ident[EI_NIDENT] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0) {
		if (pread(fd, ident, sizeof(ident), 0) < 0)
			ident[EI_DATA] = 0;
		close(fd);
	}
	return memory_open(memory, arena, path, ident[EI_DATA] == ELFDATA2MSB ? ORDER_BIG : ORDER_LITTLE, EM_PPC64, err);
}

static bool decode_image(struct decode *decode, const char *path, struct err *err)
{
	struct fadump_scratch_request request = {
		.kernel_dump = decode->has_kernel_dump ? &decode->kernel_dump : NULL,
		.has_start = decode->options->has_at,
		.start = decode->options->at,
		.kernel = decode->options->kernel,
	};
	struct fadump_scratch scratch;
	struct memory memory;

	if (!open_image(&memory, decode->arena, path, err) ||
	    !fadump_scratch_check(&scratch, &memory, &request, decode->findings, err))
		return false;
	decode->has_info = true;
	decode->info = scratch.info;
	return true;
}

static bool decode_all(struct decode *decode, struct err *err)
{
	const struct capture_options *o = decode->options;

	return (!o->kernel_dump || decode_kernel_dump(decode, o->kernel_dump, err)) &&
	       (!o->cpu_state || decode_cpu_state(decode, o->cpu_state, err)) &&
	       (!o->opal_cpu_state || decode_opal(decode, o->opal_cpu_state, err)) &&
	       (!o->crash_info || decode_crash_info(decode, o->crash_info, err)) &&
	       (!o->elfcore || decode_elfcore(decode, o->elfcore, err)) &&
	       (!o->image || decode_image(decode, o->image, err));
}

static void say_verdict(const struct decode *decode)
{
	size_t damaged = findings_damaged(decode->findings);

	if (damaged)
		printf("verdict: damaged: %zu of %zu checks failed\n", damaged, findings_checked(decode->findings));
	else
		printf("verdict: sound\n");
	if (!decode->has_info)
		return;

	const char *refusal = fadump_crash_info_refusal(&decode->info, &decode->options->kernel);

	if (refusal && decode->info.old)
		printf("a capture kernel since Linux 6.10 discards it: \"%s\"\n", refusal);
	else if (refusal)
		printf("the capture kernel discards it: \"%s\"\n", refusal);
	else
		printf("a capture kernel of the same byte order, NR_CPUS and registers takes it\n");
}

int capture_decode(const struct capture_options *options)
{
	struct arena arena;
	struct findings findings;
	struct decode decode = { .options = options, .arena = &arena, .findings = &findings };
	struct err err, printing;
	int code = CAPTURE_DAMAGED;

	arena_init(&arena);
	findings_init(&findings, &arena);

	bool ok = decode_all(&decode, &err);

	/* What was found before the end of looking is worth as much. */
	if (!findings_print(&findings, stdout, &printing)) {
		fprintf(stderr, "fadump-capture: %s\n", printing.text);
		code = CAPTURE_FAILED;
	} else if (!ok) {
		fprintf(stderr, "fadump-capture: %s\n", err.text);
		if (err.code != ERR_BAD_IMAGE && err.code != ERR_BAD_MACHINE)
			code = CAPTURE_FAILED;
	} else {
		say_verdict(&decode);
		if (findings_damaged(&findings) == 0)
			code = CAPTURE_DONE;
	}
	arena_release(&arena);
	return code;
}
