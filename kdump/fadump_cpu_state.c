/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/fadump_cpu_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

struct wire_header {
	struct be64 magic;
	struct be32 version;
	struct be32 count_offset;
};

struct wire_entry {
	char name[8];
	struct be64 value;
};

_Static_assert(sizeof(struct wire_header) == 16, "header of the register save area");
_Static_assert(sizeof(struct wire_entry) == 16, "entry of the register save area");

/* As --nr-cpus; far more than any machine has, and what is said of each costs memory. */
#define MOST_CPUS 65536

/* Of faults of one kind; the others are counted. */
#define MOST_TOLD 8

static const char start_name[8] = "CPUSTRT";
static const char end_name[8] = "CPUEND";

static const struct wire_entry *entry_at(struct blob entries, size_t index)
{
	return blob_at(entries, (uint64_t)index * sizeof(struct wire_entry), sizeof(struct wire_entry));
}

static bool named(const struct wire_entry *entry, const char name[8])
{
	return memcmp(entry->name, name, sizeof(entry->name)) == 0;
}

/* As it may stand in a message: foreign bytes are not for terminals. */
static void printable(const struct wire_entry *entry, char text[9])
{
	for (size_t i = 0; i < 8; i++) {
		unsigned char c = (unsigned char)entry->name[i];

		text[i] = c >= 0x20 && c < 0x7f ? (char)c : c ? '?' : '\0';
	}
	text[8] = 0;
}

static bool walk_cpu(struct blob entries, size_t *index, uint32_t number, struct err *err)
{
	const struct wire_entry *entry = entry_at(entries, *index);
	char text[9];

	if (!entry)
		return err_set(err, ERR_BAD_IMAGE,
			       "CPU state: the area ends after %zu entries, where CPU %" PRIu32 " should begin", *index,
			       number);
	if (!named(entry, start_name)) {
		printable(entry, text);
		return err_set(err, ERR_BAD_IMAGE,
			       "CPU state: entry %zu is \"%s\", expected \"CPUSTRT\" of CPU %" PRIu32 " (counted from 0)",
			       *index, text, number);
	}

	uint32_t cpu = (uint32_t)be64_get(entry->value);

	for (++*index;; ++*index) {
		entry = entry_at(entries, *index);
		if (!entry)
			return err_set(err, ERR_BAD_IMAGE,
				       "CPU state: the area ends after %zu entries, before the \"CPUEND\" of CPU number "
				       "%" PRIu32,
				       *index, cpu);
		if (named(entry, start_name))
			return err_set(err, ERR_BAD_IMAGE,
				       "CPU state: entry %zu is \"CPUSTRT\", before the \"CPUEND\" of CPU number %" PRIu32,
				       *index, cpu);
		if (named(entry, end_name))
			break;
	}
	if ((uint32_t)be64_get(entry->value) != cpu)
		return err_set(err, ERR_BAD_IMAGE,
			       "CPU state: entry %zu is \"CPUEND\" of CPU number %" PRIu32 ", expected that of %" PRIu32,
			       *index, (uint32_t)be64_get(entry->value), cpu);
	++*index;
	return true;
}

bool fadump_cpu_state_read(struct fadump_cpu_state *state, struct blob area, struct err *err)
{
	const struct wire_header *wire = blob_at(area, 0, sizeof(*wire));

	if (!wire)
		return err_set(err, ERR_BAD_IMAGE, "CPU state: %zu bytes found, its header takes %zu", area.size,
			       sizeof(*wire));
	if (be64_get(wire->magic) != FADUMP_CPU_STATE_MAGIC)
		return err_set(err, ERR_BAD_IMAGE,
			       "CPU state: 0x%016" PRIx64 " found where 0x%016" PRIx64
			       " (\"REGSAVE\") begins it: \"Unable to read register save area\"",
			       be64_get(wire->magic), FADUMP_CPU_STATE_MAGIC);

	uint32_t offset = be32_get(wire->count_offset);
	const struct be32 *count = blob_at(area, offset, sizeof(*count));

	if (offset < sizeof(*wire) || !count)
		return err_set(err, ERR_BAD_IMAGE,
			       "CPU state: the number of CPUs is said to be at byte %" PRIu32
			       ", expected one in 16 to %zu",
			       offset, area.size);

	struct fadump_cpu_state read = { .version = be32_get(wire->version), .cpu_count = be32_get(*count) };
	uint64_t from = (uint64_t)offset + sizeof(*count);
	struct blob entries = blob_part(area, from, area.size - from);
	size_t index = 0;

	/* A CPU takes two entries at least, so that the area bounds the number. */
	for (uint32_t i = 0; i < read.cpu_count; i++) {
		if (i == MOST_CPUS)
			return err_set(err, ERR_BAD_IMAGE, "CPU state: %" PRIu32 " CPUs found, at most %d expected",
				       read.cpu_count, MOST_CPUS);
		if (!walk_cpu(entries, &index, i, err))
			return false;
	}
	read.entries = blob_part(entries, 0, (uint64_t)index * sizeof(struct wire_entry));
	*state = read;
	return true;
}

bool fadump_cpu_state_next(const struct fadump_cpu_state *state, size_t *at, struct fadump_cpu *cpu)
{
	const struct wire_entry *entry = entry_at(state->entries, *at);

	if (!entry)
		return false;
	cpu->number = (uint32_t)be64_get(entry->value);

	size_t first = ++*at;

	while ((entry = entry_at(state->entries, *at)) && !named(entry, end_name))
		++*at;
	cpu->entries = blob_part(state->entries, (uint64_t)first * sizeof(*entry),
				 (uint64_t)(*at - first) * sizeof(*entry));
	++*at;
	return true;
}

bool fadump_cpu_register(const struct fadump_cpu *cpu, const char *name, uint64_t *value)
{
	char wanted[8] = { 0 };

	memcpy(wanted, name, strnlen(name, sizeof(wanted)));
	for (size_t i = 0;; i++) {
		const struct wire_entry *entry = entry_at(cpu->entries, i);

		if (!entry)
			return false;
		if (named(entry, wanted)) {
			*value = be64_get(entry->value);
			return true;
		}
	}
}

static void check_registers(const struct fadump_cpu *cpu, struct findings *findings, struct finding *line)
{
	static const char *const others[] = { "NIA", "MSR", "CTR", "LR", "XER", "CR", "DAR", "DSISR" };
	unsigned int missing = 0;
	uint64_t value;

	if (fadump_cpu_register(cpu, "NIA", &value))
		finding_good(findings, line, "NIA 0x%016" PRIx64, value);
	if (fadump_cpu_register(cpu, "GPR01", &value))
		finding_good(findings, line, "GPR01 0x%016" PRIx64, value);
	for (unsigned int i = 0; i < 32; i++) {
		char name[8];

		snprintf(name, sizeof(name), "GPR%02u", i);
		if (!fadump_cpu_register(cpu, name, &value) && missing++ < MOST_TOLD)
			finding_bad(findings, line, "register %s is missing", name);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!fadump_cpu_register(cpu, others[i], &value) && missing++ < MOST_TOLD)
			finding_bad(findings, line, "register %s is missing", others[i]);
	if (missing > MOST_TOLD)
		finding_bad(findings, line, "%u more are missing", missing - MOST_TOLD);
}

static int compare_numbers(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void fadump_cpu_state_check(const struct fadump_cpu_state *state, struct findings *findings)
{
	struct finding *line = finding_begin(findings, "CPU state");
	uint32_t *numbers = arena_array(findings->arena, state->cpu_count, sizeof(*numbers));
	struct fadump_cpu cpu;
	size_t at = 0, count = 0, twice = 0;

	finding_good(findings, line, "version %" PRIu32 ", %" PRIu32 " CPUs", state->version, state->cpu_count);
	while (fadump_cpu_state_next(state, &at, &cpu)) {
		numbers[count++] = cpu.number;
		check_registers(&cpu, findings, finding_begin(findings, "CPU number %" PRIu32, cpu.number));
	}
	if (count == 0)
		finding_bad(findings, line, "no CPU found, expected at least the one that crashed");
	qsort(numbers, count, sizeof(*numbers), compare_numbers);
	for (size_t i = 1; i < count; i++)
		if (numbers[i] == numbers[i - 1] && twice++ < MOST_TOLD)
			finding_bad(findings, line, "CPU number %" PRIu32 " comes twice", numbers[i]);
	if (twice > MOST_TOLD)
		finding_bad(findings, line, "%zu more come twice", twice - MOST_TOLD);
}
