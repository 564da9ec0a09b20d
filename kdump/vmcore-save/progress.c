/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kdump/vmcore-save/clock.h"
#include "kdump/vmcore-save/progress.h"

#define LINE_SECONDS 10.0     /* between lines that stay */
#define TERMINAL_SECONDS 0.5  /* between lines that are written over */
#define EVENT_SECONDS 1.0
#define SAMPLE_SECONDS 0.25
#define MEMORY_SECONDS 10.0   /* how far back speeds reach */
#define STUCK_SECONDS 10.0    /* that a dump which is told to end may take for it */

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

void progress_hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction now;

		/* nohup(1) and shells without job control have them ignored: that stays. */
		if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	}
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int progress_signal(void)
{
	sigset_t waiting;

	if (sigpending(&waiting) != 0)
		return 0;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigismember(&waiting, signals[i]) == 1)
			return signals[i];
	return 0;
}

/* The console is a terminal too, often a slow one, and what is on it is kept: lines are not written over there. */
static bool is_terminal(int fd)
{
	struct stat facts;

	return isatty(fd) && fstat(fd, &facts) == 0 && facts.st_rdev != makedev(5, 1);
}

void progress_init(struct progress *progress, struct arena *arena, const struct tell *tell, size_t parts,
		   uint64_t page_size)
{
	*progress = (struct progress){ .tell = tell, .part_count = parts, .page_size = page_size };
	progress->parts = arena_array(arena, parts, sizeof(*progress->parts));
	for (size_t i = 0; i < parts; i++)
		progress->parts[i].progress = progress;
	progress->terminal = is_terminal(STDERR_FILENO);
	pthread_mutex_init(&progress->lock, NULL);
	atomic_init(&progress->stop, false);
}

void progress_begin(struct progress *progress)
{
	for (size_t i = 0; i < progress->part_count; i++)
		progress->parts[i].last = (struct write_progress){ 0 };
	progress->begun = progress->told = progress->reported = progress->sampled = clock_now();
	progress->sampled_pages = progress->sampled_in = progress->sampled_out = 0;
	progress->pages_rate = progress->in_rate = progress->out_rate = 0;
}

static void weigh(double *rate, double now, double seconds)
{
	*rate = *rate > 0 ? *rate + (now - *rate) * seconds / (MEMORY_SECONDS + seconds) : now;
}

static void sample(struct progress *progress, const struct write_progress *sum, double now)
{
	double seconds = now - progress->sampled;

	if (seconds < SAMPLE_SECONDS)
		return;
	weigh(&progress->pages_rate, (double)(sum->pages_done - progress->sampled_pages) / seconds, seconds);
	weigh(&progress->in_rate, (double)(sum->bytes_in - progress->sampled_in) / seconds, seconds);
	weigh(&progress->out_rate, (double)(sum->bytes_out - progress->sampled_out) / seconds, seconds);
	progress->sampled = now;
	progress->sampled_pages = sum->pages_done;
	progress->sampled_in = sum->bytes_in;
	progress->sampled_out = sum->bytes_out;
}

static void line(struct progress *progress, const struct write_progress *sum, double percent, int64_t left)
{
	char time[32] = "";

	if (left >= 0)
		snprintf(time, sizeof(time), ", %" PRId64 ":%02" PRId64 " left", left / 60, left % 60);
	fprintf(stderr, "%s%s: %5.1f %% of %" PRIu64 " MiB, %.0f MB/s in, %.0f MB/s out%s, %s%s",
		progress->terminal ? "\r" : "", progress->tell->program, percent,
		(sum->pages_total * progress->page_size) >> 20, progress->in_rate / 1e6, progress->out_rate / 1e6, time,
		page_class_name(sum->class), progress->terminal ? "\033[K" : "\n");
	fflush(stderr);
	progress->shown = progress->terminal;
}

static void event(struct progress *progress, const struct write_progress *sum, double percent, int64_t left)
{
	struct tell_event event;
	char text[32];

	tell_event(&event, progress->tell, "progress");
	event.may_be_lost = true;
	snprintf(text, sizeof(text), "%.1f", percent);
	tell_text(&event, "percent", text);
	tell_number(&event, "pages_done", (int64_t)sum->pages_done);
	tell_number(&event, "pages_total", (int64_t)sum->pages_total);
	tell_number(&event, "bytes_in", (int64_t)sum->bytes_in);
	tell_number(&event, "bytes_out", (int64_t)sum->bytes_out);
	tell_number(&event, "rate_in", (int64_t)progress->in_rate);
	tell_number(&event, "rate_out", (int64_t)progress->out_rate);
	tell_number(&event, "seconds_left", left);
	tell_text(&event, "class", page_class_name(sum->class));
	tell_event_end(&event);
}

static void heed_signals(struct progress *progress, double now)
{
	sigset_t set;

	if (!atomic_load(&progress->stop)) {
		progress->signal = progress_signal();
		if (!progress->signal)
			return;
		progress->stopped = now;
		atomic_store(&progress->stop, true);
	} else if (now - progress->stopped > STUCK_SECONDS) {
		/* A disk or a reader that hangs. The signal does what it does to others; what is on disk is readable. */
		sigemptyset(&set);
		sigaddset(&set, progress->signal);
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	}
}

void progress_tell(void *data, const struct write_progress *last)
{
	struct progress_part *part = data;
	struct progress *progress = part->progress;
	struct write_progress sum = { .class = PAGE_CLASSES };
	double now = clock_now();

	pthread_mutex_lock(&progress->lock);
	part->last = *last;
	for (size_t i = 0; i < progress->part_count; i++) {
		const struct write_progress *one = &progress->parts[i].last;

		sum.pages_done += one->pages_done;
		sum.pages_total += one->pages_total;
		sum.bytes_in += one->bytes_in;
		sum.bytes_out += one->bytes_out;
		if (one->pages_total && one->class < sum.class)
			sum.class = one->class;
	}
	if (sum.class == PAGE_CLASSES)
		sum.class = last->class;
	sample(progress, &sum, now);

	double percent = sum.pages_total ? 100 * (double)sum.pages_done / (double)sum.pages_total : 100;
	double left = progress->pages_rate > 0 ? (double)(sum.pages_total - sum.pages_done) / progress->pages_rate : -1;
	int64_t seconds = left >= 0 && left < 1e9 ? (int64_t)(left + 0.5) : -1;

	if (now - progress->told >= (progress->terminal ? TERMINAL_SECONDS : LINE_SECONDS) &&
	    progress->tell->messages & TELL_PROGRESS) {
		progress->told = now;
		line(progress, &sum, percent, seconds);
	}
	if (now - progress->reported >= EVENT_SECONDS) {
		progress->reported = now;
		event(progress, &sum, percent, seconds);
	}
	heed_signals(progress, now);
	pthread_mutex_unlock(&progress->lock);
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputc('\n', stderr);
	progress->shown = false;
}
