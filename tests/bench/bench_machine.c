/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the cost of a memory map grows with its size: what a plan does with it (read it, derive memory, cut out
 * what is taken, find room) at 1,000 and at 100,000 lines, as a ratio of CPU time per line. Exit 1 where the
 * ratio is 2 or more, or more than --limit=N says.
 *
 * Both the machine text and the /proc/iomem form are measured. Each figure is the best of several runs, for
 * what else happens on the computer can only make one slower.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "arena.h"
#include "kexec/machine/derive.h"
#include "kexec/machine/iomem.h"
#include "machine.h"
#include "plan.h"

#define SMALL 1000
#define LARGE 100000
#define SEGMENTS 6
#define RUNS 25

struct map {
	struct blob text;
	struct blob iomem;
};

static void fail(const char *what, const struct err *err)
{
	fprintf(stderr, "bench_machine: %s: %s\n", what, err->text);
	exit(1);
}

/* Memory in pieces with holes between them, each third one with something nested. */
static struct map make_map(struct arena *arena, size_t lines)
{
	size_t size = lines * 100 + 1000, text = 0, iomem = 0;
	char *out = arena_alloc(arena, size), *out_iomem = arena_alloc(arena, size);
	uint64_t at = 0;

	text += (size_t)sprintf(out, "machine 1\narch s390x\npage-size 4096\n");
	for (size_t i = 0; i < lines; i++) {
		unsigned int depth = i % 3 == 1;
		uint64_t start = depth ? at - 0x8000 : at, end = start + (depth ? 0x1000 : 0x10000);
		const char *name = depth		    ? "Reserved"
				   : i == lines / 2 / 3 * 3 ? "Crash kernel"
							    : "System RAM";

		text += (size_t)sprintf(out + text, "resource %u 0x%" PRIx64 " 0x%" PRIx64 " \"%s\"\n", depth,
					start, end, name);
		iomem += (size_t)sprintf(out_iomem + iomem, "%*s%08" PRIx64 "-%08" PRIx64 " : %s\n",
					 (int)depth * 2, "", start, end - 1, name);
		if (!depth)
			at += 0x18000;
	}
	text += (size_t)sprintf(out + text, "end\n");
	return (struct map){ { (uint8_t *)out, text }, { (uint8_t *)out_iomem, iomem } };
}

/*
 * The part of a plan that depends on the size of the map: a normal load, with as many segments placed by
 * search as a load for x86 has. Sealing is left out: it hashes, at the same cost for any map, which would
 * only hide growth.
 */
static uint64_t place_segments(const struct machine *machine)
{
	static const struct arch arch = { .id = ARCH_S390X, .page_size = 4096, .max_segments = 16 };
	static const uint8_t data[4096];
	const struct request request = { .target = TARGET_NORMAL, .mem_max = UINT64_MAX, .cmdline = "" };
	struct plan plan;
	struct err err;
	uint64_t sum = 0;

	if (!plan_init(&plan, &request, machine, &arch, &err))
		fail("cannot begin a plan", &err);
	for (int i = 0; i < SEGMENTS; i++) {
		const struct placement what = {
			.role = SEGMENT_KERNEL,
			.data = { data, sizeof(data) },
			.memory_size = 0x4000,
			.high = i % 2,
		};
		uint64_t address;

		if (!plan_place(&plan, &what, &address, &err))
			fail("no room in a map that has some", &err);
		sum += address;
	}
	plan_release(&plan);
	return sum;
}

static uint64_t plan_from_text(const struct map *map)
{
	struct machine machine;
	struct err err;

	if (!machine_read_text(&machine, "made", map->text, &err))
		fail("cannot read the made machine text", &err);

	uint64_t sum = place_segments(&machine);

	machine_release(&machine);
	return sum;
}

static uint64_t plan_from_iomem(const struct map *map)
{
	struct machine machine = { .arch = ARCH_S390X };
	struct err err;

	arena_init(&machine.arena);
	ranges_init(&machine.offline, &machine.arena);
	if (!iomem_parse(&machine.arena, "made", map->iomem, &machine.resources, &machine.resource_count,
			 &err))
		fail("cannot read the made iomem", &err);
	derive_memory(&machine);

	uint64_t sum = place_segments(&machine);

	machine_release(&machine);
	return sum;
}

/* Nanoseconds of CPU time per line, in a process of its own: memory is as new to it as it is to kexec. */
static double measure(uint64_t (*work)(const struct map *), const struct map *map, size_t lines)
{
	double took = 0;
	int ends[2], status;

	if (pipe(ends) != 0) {
		perror("bench_machine: pipe");
		exit(1);
	}
	fflush(stdout);

	pid_t child = fork();

	if (child == 0) {
		struct timespec begin, end;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);

		static volatile uint64_t sink;

		sink = work(map);
		(void)sink;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
		took = (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
		_exit(write(ends[1], &took, sizeof(took)) == sizeof(took) ? 0 : 1);
	}
	close(ends[1]);
	if (child < 0 || read(ends[0], &took, sizeof(took)) != sizeof(took) ||
	    waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "bench_machine: a run for %zu lines failed\n", lines);
		exit(1);
	}
	close(ends[0]);
	return took / (double)lines;
}

static bool compare(const char *what, uint64_t (*work)(const struct map *), double limit)
{
	struct arena arena;
	double at_small = 0, at_large = 0;

	arena_init(&arena);

	struct map small = make_map(&arena, SMALL), large = make_map(&arena, LARGE);

	/* In turns, so that a busy moment of the computer meets both. */
	for (int run = 0; run < RUNS; run++) {
		double took_small = measure(work, &small, SMALL), took_large = measure(work, &large, LARGE);

		if (run == 0 || took_small < at_small)
			at_small = took_small;
		if (run == 0 || took_large < at_large)
			at_large = took_large;
	}

	double ratio = at_large / at_small;
	bool ok = ratio < limit;

	printf("%-26s %6d lines: %4.0f ns a line, %6d lines: %4.0f ns a line, ratio %.2f (limit %.2f)%s\n",
	       what, SMALL, at_small, LARGE, at_large, ratio, limit, ok ? "" : " FAILED");
	arena_release(&arena);
	return ok;
}

int main(int argc, char **argv)
{
	double limit = 2;

	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "--limit=%lf", &limit) != 1) {
			fprintf(stderr, "usage: bench_machine [--limit=RATIO]\n");
			return 2;
		}
	}

	bool text_ok = compare("plan from a machine text", plan_from_text, limit);
	bool iomem_ok = compare("plan from /proc/iomem", plan_from_iomem, limit);

	return text_ok && iomem_ok ? 0 : 1;
}
