/* SPDX-License-Identifier: GPL-2.0-only */
/* From a source to one file, or to several, each with a part of the memory. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kdump/vmcore-save/clock.h"
#include "kdump/vmcore-save/progress.h"
#include "kdump/vmcore-save/save.h"

struct part {
	struct arena arena; /* of one try */
	struct write_request request;
	struct write_result result;
	struct sink *sink;
	const char *target;
	const char *name; /* that the file has while it is written */
	bool begun;	  /* the result is set */
	bool whole;	  /* closed under its own name */
	struct err err;	  /* where it was not begun, or not closed */
	pthread_t thread;
	bool threaded;
};

struct saving {
	const struct save_options *options;
	const struct tell *tell;
	struct arena *arena;
	struct subject subject;
	struct progress progress;
	struct part *parts;
	size_t count;
	unsigned int level;
	double begun;
};

static bool is_standard_output(const char *target)
{
	return strcmp(target, "-") == 0;
}

static bool check_target(const struct saving *saving, const char *target, struct err *err)
{
	struct stat there;

	if (!target_check_paths(saving->arena, target, saving->options->sources, 1, err))
		return false;
	if (saving->options->dry_run && !saving->options->force && stat(target, &there) == 0 && S_ISREG(there.st_mode))
		return err_set(err, ERR_USAGE, "%s is there already: %s replaces it", target,
			       saving->options->makedumpfile ? "-f" : "--force");
	return true;
}

static bool open_sinks(struct saving *saving, struct err *err)
{
	for (size_t i = 0; i < saving->count; i++) {
		struct part *part = &saving->parts[i];
		struct sink_request request = {
			.path = part->target,
			.fd = STDOUT_FILENO,
			.name = "standard output",
			.flattened = saving->options->flattened,
			.replace = saving->options->force,
			.max_size = saving->options->max_size,
		};

		if (is_standard_output(part->target)) {
			request.path = NULL;
			if (isatty(STDOUT_FILENO))
				return err_set(err, ERR_USAGE, "standard output is a terminal, which is no place for a dump: expected "
							       "a pipe or a file");
		}
		if (!sink_open(&part->sink, saving->arena, &request, err))
			return false;
		part->name = sink_name(part->sink);
	}
	return true;
}

/* Parts of about as many kept pages each, cut between blocks. */
static void share_out(struct saving *saving, unsigned int level)
{
	const struct page_map *pages = &saving->subject.pages;
	uint64_t all = subject_kept(&saving->subject, level), before = 0, start = 0;
	size_t part = 0;

	for (uint64_t block = 0; block < pages->block_count && part + 1 < saving->count; block++) {
		for (unsigned int class = PAGE_KERNEL; class < PAGE_CLASSES; class++)
			if (page_level_keeps(subject_level(&saving->subject, level), (enum page_class)class))
				before += pages->blocks[block].pages[class];

		/* Small memories have fewer blocks than parts: the parts at the end are then empty. */
		while (part + 1 < saving->count && before >= all / saving->count * (part + 1)) {
			saving->parts[part].request.start_pfn = start;
			start = (block + 1) * PAGE_BLOCK;
			if (start > pages->end_pfn)
				start = pages->end_pfn;
			saving->parts[part++].request.end_pfn = start;
		}
	}
	for (; part < saving->count; part++) {
		saving->parts[part].request.start_pfn = start;
		saving->parts[part].request.end_pfn = pages->end_pfn;
		start = pages->end_pfn;
	}
}

static void fill_requests(struct saving *saving, unsigned int level)
{
	const struct save_options *options = saving->options;
	unsigned int threads = options_threads(options) / (unsigned int)saving->count;

	for (size_t i = 0; i < saving->count; i++)
		saving->parts[i].request = (struct write_request){
			.dump = &saving->subject.dump,
			.kernel = saving->subject.has_kernel ? &saving->subject.kernel : NULL,
			.pages = &saving->subject.pages,
			.level = subject_level(&saving->subject, level),
			.format = options->format,
			.packing = options->packing,
			.packing_level = options->packing_level,
			.threads = threads ? threads : 1,
			.checkpoint = options->checkpoint,
			.end_pfn = UINT64_MAX,
			.split = options->split,
			.progress = progress_tell,
			.progress_data = &saving->progress.parts[i],
			.stop = &saving->progress.stop,
		};
	if (options->split)
		share_out(saving, level);
}

static void *write_part(void *data)
{
	struct part *part = data;

	part->begun = write_dump(&part->result, &part->arena, &part->request, part->sink, &part->err);
	return NULL;
}

static bool is_out_of_room(const struct part *part)
{
	return part->begun ? part->result.cut && part->result.stop.code == ERR_NO_ROOM : part->err.code == ERR_NO_ROOM;
}

static void write_parts(struct saving *saving, unsigned int level)
{
	struct tell_event event;

	saving->level = level;
	fill_requests(saving, level);
	progress_begin(&saving->progress);
	for (size_t i = 0; i < saving->count; i++) {
		tell_event(&event, saving->tell, "write");
		tell_text(&event, "target", saving->parts[i].name);
		tell_number(&event, "level", level);
		tell_event_end(&event);
		saving->parts[i].begun = false;
	}
	for (size_t i = 1; i < saving->count; i++)
		saving->parts[i].threaded =
			pthread_create(&saving->parts[i].thread, NULL, write_part, &saving->parts[i]) == 0;
	write_part(&saving->parts[0]);
	for (size_t i = 1; i < saving->count; i++) {
		if (saving->parts[i].threaded)
			pthread_join(saving->parts[i].thread, NULL);
		else
			write_part(&saving->parts[i]);
	}
	progress_end(&saving->progress);
}

/* Whether there is something to try again, and all is as before the first try. */
static bool try_again(struct saving *saving, unsigned int next)
{
	const struct part *full = NULL;
	struct err err;

	for (size_t i = 0; i < saving->count; i++)
		if (is_out_of_room(&saving->parts[i]))
			full = &saving->parts[i];
	if (!full || atomic_load(&saving->progress.stop))
		return false;
	tell_error(saving->tell, "%s; level %u is tried in the place of %u",
		   full->begun ? full->result.stop.text : full->err.text, next, saving->level);
	for (size_t i = 0; i < saving->count; i++) {
		if (!sink_restart(saving->parts[i].sink, &err)) {
			tell_error(saving->tell, "%s: there is no second try: %s", saving->parts[i].name, err.text);
			return false;
		}
		arena_release(&saving->parts[i].arena);
	}
	return true;
}

/* Only what is all that was asked for gets its name: see the manual page, "WHAT CAN BE RELIED ON". */
static bool is_whole(const struct saving *saving, const struct part *part)
{
	return part->begun && part->result.outcome == WRITE_COMPLETE && !saving->subject.dump.incomplete;
}

static void close_parts(struct saving *saving)
{
	for (size_t i = 0; i < saving->count; i++) {
		struct part *part = &saving->parts[i];
		bool whole = is_whole(saving, part);
		struct err err;

		if (sink_close(part->sink, whole, &err)) {
			part->whole = whole;
			continue;
		}
		tell_error(saving->tell, "%s", err.text);
		if (part->begun && !part->result.cut) {
			part->result.cut = true;
			part->result.stop = err;
		}
	}
}

/* The writer counts such pages, and goes on: the first of them is asked once more for the reason. */
static void say_unreadable(const struct saving *saving, const struct part *part)
{
	const struct write_result *result = &part->result;
	const struct dump *dump = &saving->subject.dump;
	struct dump_reader *reader = dump_reader_new(dump, saving->arena, DUMP_WINDOW_JUMPING);
	const uint8_t *page;
	struct err why;
	bool known = dump_reader_page(reader, result->first_unreadable / dump->page_size, &page, &why) ==
		     DUMP_PAGE_UNREADABLE;

	tell_error(saving->tell,
		   "%s: %" PRIu64 " pages of the source could not be read, the first of them at 0x%" PRIx64 "%s%s", part->name,
		   result->unreadable_pages, result->first_unreadable, known ? ": " : "", known ? why.text : "");
}

static void say_part(const struct saving *saving, const struct part *part, const char **why)
{
	const struct tell *tell = saving->tell;
	const struct write_result *result = &part->result;
	double seconds = clock_now() - saving->begun;

	if (!part->begun) {
		*why = part->err.text;
		tell_error(tell, "nothing was saved to %s: %s", part->name, part->err.text);
		return;
	}
	if (result->cut) {
		*why = saving->progress.signal ? "ended by a signal" : result->stop.text;
		if (saving->progress.signal)
			tell_error(tell, "%s: ended by a signal (%s)", part->name, strsignal(saving->progress.signal));
		else
			tell_error(tell, "%s: cut: %s", part->name, result->stop.text);
	}
	if (result->unreadable_pages) {
		*why = "pages of the source could not be read";
		say_unreadable(saving, part);
	}
	if (result->lost_pages || saving->subject.dump.incomplete) {
		if (!*why)
			*why = "the source is not complete";
		tell_error(tell, "%s: the source is not complete; %" PRIu64 " of the pages that the level keeps are not in it",
			   part->name, result->lost_pages);
	}
	if (result->outcome == WRITE_NOTHING) {
		tell_error(tell, "nothing was saved to %s", part->name);
		return;
	}
	if (part->whole)
		tell_common(tell, "%s: complete", is_standard_output(part->target) ? part->name : part->target);
	else
		tell_error(tell, "%s: not complete, readable as far as it goes", part->name);
	tell_common(tell,
		    "level %u, %.1f MiB of %.1f MiB of memory in %.1f s (%.0f MB/s); %" PRIu64 " pages of zeros; %.1f MiB for "
		    "each of %u threads",
		    saving->level, (double)result->bytes_out / 0x1p20, (double)result->bytes_in / 0x1p20, seconds,
		    seconds > 0 ? (double)result->bytes_in / 1e6 / seconds : 0, result->zero_pages,
		    (double)result->thread_memory / 0x1p20, part->request.threads);
}

static int finish(struct saving *saving)
{
	struct write_result sum = { 0 };
	const char *why = NULL;
	size_t whole = 0, something = 0;
	struct tell_event event;
	int code;

	for (size_t i = 0; i < saving->count; i++) {
		const struct part *part = &saving->parts[i];

		say_part(saving, part, &why);
		whole += part->whole;
		something += part->begun && part->result.outcome != WRITE_NOTHING;
		sum.bytes_in += part->begun ? part->result.bytes_in : 0;
		sum.bytes_out += part->begun ? part->result.bytes_out : 0;
		sum.zero_pages += part->begun ? part->result.zero_pages : 0;
		sum.unreadable_pages += part->begun ? part->result.unreadable_pages : 0;
		sum.lost_pages += part->begun ? part->result.lost_pages : 0;
		if (part->begun && part->result.thread_memory > sum.thread_memory)
			sum.thread_memory = part->result.thread_memory;
	}
	code = whole == saving->count ? SAVE_COMPLETE : something ? SAVE_PARTIAL : SAVE_NOTHING;
	if (saving->options->makedumpfile) {
		makedumpfile_report(saving->tell, &saving->subject.pages, subject_level(&saving->subject, saving->level),
				    sum.zero_pages, sum.bytes_out);
		if (code == SAVE_PARTIAL)
			code = SAVE_NOTHING;
	}

	const struct part *first = &saving->parts[0];

	tell_event(&event, saving->tell, "end");
	tell_text(&event, "outcome", whole == saving->count ? "complete" : something ? "partial" : "nothing");
	tell_number(&event, "exit", code);
	tell_text(&event, "file", first->whole && !is_standard_output(first->target) ? first->target : first->name);
	tell_number(&event, "level", saving->level);
	tell_number(&event, "bytes_in", (int64_t)sum.bytes_in);
	tell_number(&event, "bytes_out", (int64_t)sum.bytes_out);
	tell_number(&event, "zero_pages", (int64_t)sum.zero_pages);
	tell_number(&event, "unreadable_pages", (int64_t)sum.unreadable_pages);
	tell_number(&event, "lost_pages", (int64_t)sum.lost_pages);
	tell_number(&event, "seconds", (int64_t)(clock_now() - saving->begun + 0.5));
	tell_number(&event, "thread_memory", (int64_t)sum.thread_memory);
	if (why)
		tell_text(&event, "text", why);
	tell_event_end(&event);
	return code;
}

static void table_line(const struct tell *tell, const char *line)
{
	tell_common(tell, "%s", line);
}

static bool dry_run(struct saving *saving, struct err *err)
{
	unsigned int level = saving->options->levels[0];
	struct estimate estimate;
	const char *target = saving->count ? saving->parts[0].target : "the dump";
	uint64_t size;

	if (!estimate_sample(&estimate, saving->arena, saving->options, &saving->subject, err))
		return false;
	size = estimate_size(&estimate, saving->options, &saving->subject, level);
	tell_common(saving->tell, "nothing is written; at level %u, %s would take about %.1f MiB (%s)", level,
		    is_standard_output(target) ? "the stream" : target, (double)size / 0x1p20,
		    options_packing_name(saving->arena, saving->options));
	if (saving->options->makedumpfile)
		makedumpfile_report(saving->tell, &saving->subject.pages, subject_level(&saving->subject, level), 0, size);
	return true;
}

static bool prepare(struct saving *saving, struct err *err)
{
	const struct save_options *options = saving->options;

	for (size_t i = 0; i < saving->count; i++) {
		saving->parts[i].target = options->targets[i];
		saving->parts[i].name = options->targets[i];
		arena_init(&saving->parts[i].arena);
		if (!is_standard_output(options->targets[i]) && !check_target(saving, options->targets[i], err))
			return false;
	}
	if (strcmp(options->sources[0], "/proc/vmcore") == 0)
		room_last_to_be_killed(saving->tell);
	if (!subject_open(&saving->subject, saving->arena, options, saving->tell, err) ||
	    (!options->dry_run && !open_sinks(saving, err)) ||
	    !subject_scan(&saving->subject, saving->arena, options, saving->tell, err))
		return false;
	subject_table(&saving->subject, options->levels[0], table_line, saving->tell);
	return true;
}

int save_run(const struct save_options *options, const struct tell *tell)
{
	struct arena arena;
	struct saving saving = {
		.options = options, .tell = tell, .arena = &arena, .count = options->target_count, .begun = clock_now()
	};
	struct tell_event event;
	int code = SAVE_NOTHING;
	struct err err;

	arena_init(&arena);
	saving.parts = arena_array(&arena, saving.count, sizeof(*saving.parts));
	if (prepare(&saving, &err)) {
		if (options->dry_run) {
			code = dry_run(&saving, &err) ? SAVE_COMPLETE : SAVE_NOTHING;
		} else {
			progress_init(&saving.progress, &arena, tell, saving.count, saving.subject.dump.page_size);
			for (size_t i = 0; i < options->level_count; i++) {
				write_parts(&saving, options->levels[i]);
				if (i + 1 == options->level_count || !try_again(&saving, options->levels[i + 1]))
					break;
			}
			close_parts(&saving);
			code = finish(&saving);
			err = (struct err){ 0 };
		}
	}
	if (code == SAVE_NOTHING && err.code != ERR_NONE) {
		tell_error(tell, "%s", err.text);
		tell_event(&event, tell, "end");
		tell_text(&event, "outcome", "nothing");
		tell_number(&event, "exit", code);
		tell_text(&event, "text", err.text);
		tell_event_end(&event);
	}
	for (size_t i = 0; i < saving.count; i++)
		arena_release(&saving.parts[i].arena);
	arena_release(&arena);
	return code;
}
