/* SPDX-License-Identifier: GPL-2.0-only */
/* --dump-dmesg: the kernel's log to a file or standard output, and VMCOREINFO to who asked for debug messages. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kdump/kernel/log.h"
#include "kdump/vmcore-save/save.h"
#include "kdump/write/sink.h"

#define BUFFER ((size_t)64 << 10)

struct output {
	struct sink *sink; /* NULL: standard output */
	uint64_t offset;   /* of the buffer in the file */
	char *buffer;
	size_t used;
};

static bool output_flush(struct output *output, struct err *err)
{
	const char *at = output->buffer;
	size_t left = output->used;

	if (output->sink && !sink_write(output->sink, output->offset, at, left, err))
		return false;
	while (!output->sink && left) {
		ssize_t done = write(STDOUT_FILENO, at, left);

		if (done < 0 && errno != EINTR)
			return err_system(err, errno, "cannot write the log to standard output");
		if (done > 0) {
			at += done;
			left -= (size_t)done;
		}
	}
	output->offset += output->used;
	output->used = 0;
	return true;
}

static bool output_write(void *data, const char *text, size_t size, struct err *err)
{
	struct output *output = data;

	while (size) {
		size_t part = BUFFER - output->used < size ? BUFFER - output->used : size;

		memcpy(output->buffer + output->used, text, part);
		output->used += part;
		text += part;
		size -= part;
		if (output->used == BUFFER && !output_flush(output, err))
			return false;
	}
	return true;
}

static bool write_log(const struct save_options *options, const struct tell *tell, struct arena *arena,
		      struct err *err)
{
	static const struct log_options form = { .indent = true, .caller = true };
	struct output output = { .buffer = arena_alloc(arena, BUFFER) };
	struct log_output to = { .write = output_write, .data = &output };
	enum log_problem problem = LOG_FINE;
	uint64_t records = 0;
	struct dump dump;
	struct kernel kernel;
	bool whole;

	if (!options->flattened &&
	    !target_check_paths(arena, options->targets[0], options->sources, options->source_count, err))
		return false;
	if (!dump_open(&dump, arena, options->sources[0], err))
		return false;
	subject_tell_vmcoreinfo(&dump, tell);
	if (!kernel_open(&kernel, arena, &dump, err))
		return false;
	if (!options->flattened) {
		struct sink_request request = {
			.path = options->targets[0], .replace = options->force, .max_size = options->max_size
		};

		if (!sink_open(&output.sink, arena, &request, err))
			return false;
	}
	whole = log_print(kernel_view_new(&kernel, arena), &form, &to, &problem, &records, err);

	struct err late;
	bool flushed = problem == LOG_WRITE_FAILED || output_flush(&output, whole ? err : &late);

	if (output.sink) {
		bool closed = sink_close(output.sink, whole && flushed, whole && flushed ? err : &late);

		whole = whole && closed;
	}
	return whole && flushed;
}

int log_run(const struct save_options *options, const struct tell *tell)
{
	struct arena arena;
	struct err err;
	bool done;

	arena_init(&arena);
	done = write_log(options, tell, &arena, &err);
	if (!done)
		tell_error(tell, "the log of %s: %s", options->sources[0], err.text);
	else if (!options->flattened)
		tell_common(tell, "the log of %s is saved to %s", options->sources[0], options->targets[0]);
	arena_release(&arena);
	return done ? SAVE_COMPLETE : SAVE_NOTHING;
}
