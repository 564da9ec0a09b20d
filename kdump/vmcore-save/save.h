/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the program vmcore-save. */
#ifndef VMCORE_SAVE_SAVE_H
#define VMCORE_SAVE_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "arena.h"
#include "err.h"
#include "kdump/dump/dump.h"
#include "kdump/kernel/kernel.h"
#include "kdump/kernel/page_map.h"
#include "kdump/vmcore-save/tell.h"
#include "kdump/write/write.h"

/* doc/vmcore-save.8 has them too: scripts depend on them. */
enum save_exit {
	SAVE_COMPLETE = 0,
	SAVE_NOTHING = 1, /* a wrong command line too */
	SAVE_PARTIAL = 3,
};

enum save_mode {
	SAVE_DUMP,
	SAVE_ESTIMATE,
	SAVE_VERIFY,
	SAVE_INFO,
	SAVE_UNFLATTEN,
	SAVE_REASSEMBLE,
	SAVE_LOG,
	SAVE_CHECK_PARAMS,
	SAVE_HELP,
	SAVE_VERSION,
};

#define SAVE_LEVELS 32
#define SAVE_THREADS_MOST 1024
#define SAVE_PARTS_MOST 256

struct save_options {
	enum save_mode mode;
	bool makedumpfile; /* its spellings, defaults and exit codes */
	unsigned int levels[SAVE_LEVELS];
	size_t level_count;
	bool levels_given;
	enum write_format format;
	enum write_packing packing;
	int packing_level;
	bool flattened;
	unsigned int threads; /* 0: options_threads() says */
	uint64_t max_size;    /* 0: no limit */
	uint64_t checkpoint;
	bool force, dry_run, report, unfiltered;
	int status_fd; /* -1: none */
	unsigned int messages; /* TELL_* */
	bool split;

	/* What is positional. Sources of SAVE_VERIFY, SAVE_INFO and SAVE_REASSEMBLE may be several. */
	const char *const *sources;
	size_t source_count;
	const char *const *targets;
	size_t target_count;

	/* What was taken differently, or not at all: to be said, one line each. */
	const char *notes[16];
	size_t note_count;
};

/* The command line of this program: argv[0] is passed over. ERR_USAGE. */
bool options_read(struct save_options *options, int argc, char *const argv[], struct err *err) ERR_CHECKED;
void options_help(void);

/* "11,31". ERR_USAGE. */
bool options_levels(struct save_options *options, const char *text, struct err *err) ERR_CHECKED;

/* What getopt_long(3) gave '?' or ':' for. ERR_USAGE. */
bool options_stray(int option, const char *shorts, char *const argv[], struct err *err) ERR_CHECKED;

/* "2G": what names the option, for the message. ERR_USAGE. */
bool options_size(const char *what, const char *text, uint64_t *size, struct err *err) ERR_CHECKED;

/* The most that a dump may take: not nothing. ERR_USAGE. */
bool options_max_size(struct save_options *options, const char *what, const char *text, struct err *err) ERR_CHECKED;

bool options_number(const char *what, const char *text, uint64_t least, uint64_t most, uint64_t *value,
		    struct err *err) ERR_CHECKED;

/* Names behind the options, as these modes take them. False, and nothing is taken, where there are more or fewer. */
bool options_take_target(struct save_options *options, const char *const *names, size_t count);
bool options_take_parts(struct save_options *options, const char *const *names, size_t count);

/* "--threads", or as many as CPUs and memory allow. */
unsigned int options_threads(const struct save_options *options);

/* "zstd:1", in the arena. */
const char *options_packing_name(struct arena *arena, const struct save_options *options);

/* Of makedumpfile: argv[0] is passed over. ERR_USAGE. */
bool makedumpfile_read(struct save_options *options, int argc, char *const argv[], struct err *err) ERR_CHECKED;
void makedumpfile_help(void);
void makedumpfile_version(void);

/* Its report (--show-stats). */
void makedumpfile_report(const struct tell *tell, const struct page_map *pages, unsigned int level,
			 uint64_t zero_pages, uint64_t bytes_out);

/* Whether target can be written while the sources are read. ERR_USAGE. */
bool target_check(struct arena *arena, const char *target, const struct stat *source, struct err *err) ERR_CHECKED;
bool target_check_paths(struct arena *arena, const char *target, const char *const *sources, size_t count,
			struct err *err) ERR_CHECKED;

/* Bytes of MemAvailable, or 0. */
uint64_t room_available(void);

/* CPUs that this process may use. */
unsigned int room_cpus(void);

/* A capture kernel should end anything but this. */
void room_last_to_be_killed(const struct tell *tell);

/* The source, looked at: what all that reads a dump begins with. */
struct subject {
	struct dump dump;
	struct kernel kernel;
	bool has_kernel;
	bool filtered; /* pages were told apart */
	struct page_map pages;
	double scan_seconds;
};

/* Opens the dump and its kernel, and says what they are. */
bool subject_open(struct subject *subject, struct arena *arena, const struct save_options *options,
		  const struct tell *tell, struct err *err) ERR_CHECKED;

/* Lines of VMCOREINFO as they stand in the dump, as debug messages: scripts look for OSRELEASE= and CRASHTIME=. */
void subject_tell_vmcoreinfo(const struct dump *dump, const struct tell *tell);

/* Finds the class of each page. What cannot be told apart is said, and kept. */
bool subject_scan(struct subject *subject, struct arena *arena, const struct save_options *options,
		  const struct tell *tell, struct err *err) ERR_CHECKED;

/* The level as far as the filter knew anything: what the header of the dump says. */
unsigned int subject_level(const struct subject *subject, unsigned int level);

/* Pages that a level keeps. */
uint64_t subject_kept(const struct subject *subject, unsigned int level);

/* A table: class, pages, MiB, and what becomes of them. */
void subject_table(const struct subject *subject, unsigned int level, void (*line)(const struct tell *, const char *),
		   const struct tell *tell);

/* What a sample of the pages packs to. */
struct estimate {
	struct estimate_class {
		uint64_t sampled, zero, unreadable;
		uint64_t packed_pages, packed_bytes; /* of those that are neither */
	} classes[PAGE_CLASSES];
	double seconds; /* that reading and packing the sample took one thread */
	uint64_t bytes;	/* of the sample */
};

bool estimate_sample(struct estimate *estimate, struct arena *arena, const struct save_options *options,
		     const struct subject *subject, struct err *err) ERR_CHECKED;

/* Bytes of the file, and seconds that reading and packing takes so many threads. */
uint64_t estimate_size(const struct estimate *estimate, const struct save_options *options,
		       const struct subject *subject, unsigned int level);
double estimate_seconds(const struct estimate *estimate, const struct subject *subject, unsigned int level,
			unsigned int threads);

int estimate_run(const struct save_options *options, const struct tell *tell);

int save_run(const struct save_options *options, const struct tell *tell);

int log_run(const struct save_options *options, const struct tell *tell);

#endif
