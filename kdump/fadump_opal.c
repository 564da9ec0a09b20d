/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/fadump_opal.h"

#include <inttypes.h>

#include "bytes.h"

/* As of CPU state on pSeries: more threads than any machine has. */
#define MOST_THREADS 65536

/* Of missing registers; the others are counted. */
#define MOST_TOLD 8

#define INACTIVE 0x0f
#define TYPE_GPR 1
#define TYPE_SPR 2
#define NUMBER_NIP 2000
#define NUMBER_MSR 2001

struct wire_thread {
	struct be32 pir;
	uint8_t core_state;
	uint8_t reserved[3];
	struct be32 entries;
	struct be32 entry_count;
	struct be32 entry_size;
	struct be32 entry_used;
};

struct wire_entry {
	struct be32 type;
	struct be32 number;
	struct be64 value;
};

_Static_assert(sizeof(struct wire_thread) == 24, "header of a thread's CPU state");
_Static_assert(sizeof(struct wire_entry) == 16, "entry of a thread's CPU state");

/* The offset of the entries is counted from the field that has it. */
#define OFFSET_BASE 8

bool fadump_opal_read(struct fadump_opal_cpus *cpus, struct blob area, uint64_t thread_size, struct err *err)
{
	if (thread_size < sizeof(struct wire_thread) || thread_size > area.size)
		return err_set(err, ERR_BAD_IMAGE,
			       "CPU state of OPAL: %" PRIu64 " bytes for each thread, expected %zu to %zu, which is all there is",
			       thread_size, sizeof(struct wire_thread), area.size);

	if (area.size / thread_size > MOST_THREADS)
		return err_set(err, ERR_BAD_IMAGE,
			       "CPU state of OPAL: %zu bytes with %" PRIu64 " for each thread are %" PRIu64
			       " threads, at most %d expected",
			       area.size, thread_size, (uint64_t)(area.size / thread_size), MOST_THREADS);

	const struct wire_thread *first = (const void *)area.data;
	struct fadump_opal_cpus read = {
		.area = area,
		.thread_size = thread_size,
		.count = (size_t)(area.size / thread_size),
		.entry_size = be32_get(first->entry_size),
		.entry_count = be32_get(first->entry_count),
	};
	uint64_t from = OFFSET_BASE + (uint64_t)be32_get(first->entries);
	uint64_t size = (uint64_t)read.entry_count * read.entry_size;

	if (read.entry_size < sizeof(struct wire_entry))
		return err_set(err, ERR_BAD_IMAGE,
			       "CPU state of OPAL: entries of %" PRIu32 " bytes found, expected at least %zu", read.entry_size,
			       sizeof(struct wire_entry));
	if (from < sizeof(struct wire_thread) || from > thread_size || size > thread_size - from)
		return err_set(err, ERR_BAD_IMAGE,
			       "CPU state of OPAL: %" PRIu32 " entries of %" PRIu32 " bytes from byte %" PRIu64
			       " on found, which do not fit into the %" PRIu64 " bytes of a thread",
			       read.entry_count, read.entry_size, from, thread_size);
	read.entries_at = (uint32_t)from;
	*cpus = read;
	return true;
}

void fadump_opal_cpu(const struct fadump_opal_cpus *cpus, size_t index, struct fadump_opal_cpu *cpu)
{
	struct blob part = blob_part(cpus->area, index * cpus->thread_size, cpus->thread_size);
	const struct wire_thread *wire = (const void *)part.data;

	cpu->pir = be32_get(wire->pir);
	cpu->inactive = wire->core_state == INACTIVE;
	cpu->entries = blob_part(part, cpus->entries_at, (uint64_t)cpus->entry_count * cpus->entry_size);
}

bool fadump_opal_register(const struct fadump_opal_cpus *cpus, const struct fadump_opal_cpu *cpu, uint32_t type,
			  uint32_t number, uint64_t *value)
{
	for (uint32_t i = 0; i < cpus->entry_count; i++) {
		const struct wire_entry *entry =
			blob_at(cpu->entries, (uint64_t)i * cpus->entry_size, sizeof(struct wire_entry));

		if (!entry || be32_get(entry->type) != type || be32_get(entry->number) != number)
			continue;
		*value = be64_get(entry->value);
		return true;
	}
	return false;
}

void fadump_opal_check(const struct fadump_opal_cpus *cpus, struct findings *findings)
{
	struct finding *line = finding_begin(findings, "CPU state of OPAL");
	size_t active = 0;

	for (size_t i = 0; i < cpus->count; i++) {
		struct fadump_opal_cpu cpu;
		unsigned int missing = 0;
		uint64_t value;

		fadump_opal_cpu(cpus, i, &cpu);
		if (cpu.inactive)
			continue;
		active++;

		struct finding *thread = finding_begin(findings, "thread 0x%" PRIx32, cpu.pir);

		if (fadump_opal_register(cpus, &cpu, TYPE_SPR, NUMBER_NIP, &value))
			finding_good(findings, thread, "NIP 0x%016" PRIx64, value);
		else
			finding_bad(findings, thread, "register NIP is missing");
		if (fadump_opal_register(cpus, &cpu, TYPE_GPR, 1, &value))
			finding_good(findings, thread, "GPR 1 0x%016" PRIx64, value);
		if (!fadump_opal_register(cpus, &cpu, TYPE_SPR, NUMBER_MSR, &value))
			finding_bad(findings, thread, "register MSR is missing");
		for (uint32_t r = 0; r < 32; r++)
			if (!fadump_opal_register(cpus, &cpu, TYPE_GPR, r, &value) && missing++ < MOST_TOLD)
				finding_bad(findings, thread, "GPR %" PRIu32 " is missing", r);
		if (missing > MOST_TOLD)
			finding_bad(findings, thread, "%u more are missing", missing - MOST_TOLD);
	}
	finding_good(findings, line, "%zu threads, %zu of them active", cpus->count, active);
	if (active == 0)
		finding_bad(findings, line, "no active thread found, expected at least one");
	if (cpus->area.size % cpus->thread_size)
		finding_bad(findings, line, "%" PRIu64 " bytes are left behind the last thread",
			    (uint64_t)(cpus->area.size % cpus->thread_size));
}
