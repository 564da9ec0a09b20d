/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/fadump_scratch.h"

#include <inttypes.h>

#include "kdump/fadump_cpu_state.h"
#include "kdump/fadump_elfcore.h"
#include "kdump/fadump_notes.h"
#include "kdump/fadump_search.h"
#include "kdump/fadump_source.h"

#define HEX64 "0x%" PRIx64

/* 8192 CPUs of 79 entries are 10 MiB. */
#define CPU_STATE_LIMIT (UINT64_C(64) << 20)

#define HEADER_LIMIT (16 * 1024)

struct look {
	const struct memory *memory;
	const struct fadump_scratch_request *request;
	struct findings *findings;
	struct fadump_scratch *scratch;
	uint64_t cpu_state_size;
	struct fadump_cpu_state cpus;
	bool has_cpus;
};

static bool mask_has(struct blob mask, enum order order, uint32_t cpu)
{
	const struct raw64 *word = blob_at(mask, (uint64_t)(cpu / 64) * 8, 8);

	return word && raw64_get(*word, order) >> cpu % 64 & 1;
}

/* The kernel's own layout has its rules; a firmware that put things elsewhere would not be found again. */
static void check_places(const struct look *look)
{
	const struct fadump_kernel_dump *dump = look->request->kernel_dump;
	const struct fadump_section *cpu = fadump_kernel_dump_find(dump, FADUMP_CPU_STATE);
	const struct fadump_section *hpte = fadump_kernel_dump_find(dump, FADUMP_HPTE);
	const struct fadump_section *boot = fadump_kernel_dump_find(dump, FADUMP_BOOT_MEMORY);
	struct finding *line = finding_begin(look->findings, "reserved area at " HEX64, look->scratch->start);
	uint64_t end = cpu ? cpu->destination + cpu->length : 0;
	uint64_t next = boot ? boot->destination : 0;

	if (hpte && cpu) {
		if (hpte->destination != end)
			finding_bad(look->findings, line, "hashed page table: found at " HEX64 ", expected at " HEX64,
				    hpte->destination, end);
		end = hpte->destination + hpte->length;
	}
	if (cpu && boot) {
		if (next == end)
			finding_good(look->findings, line, "copy of boot memory right behind, at " HEX64, next);
		else if (next > end && next - end < 0x10000 && next % 0x1000 == 0)
			finding_good(look->findings, line, "copy of boot memory on the next page, at " HEX64, next);
		else
			finding_bad(look->findings, line,
				    "copy of boot memory: found at " HEX64 ", expected at " HEX64 " or on the next page",
				    next, end);
	}
	for (unsigned int i = 0; i < dump->count; i++) {
		const struct fadump_section *s = &dump->sections[i];

		if (s->type != FADUMP_BOOT_MEMORY)
			continue;
		if (s->destination != next)
			finding_bad(look->findings, line, "copy of section %u: found at " HEX64 ", expected at " HEX64, i,
				    s->destination, next);
		next = s->destination + s->length;
		if (!memory_has(look->memory, (struct range){ s->destination, next }))
			finding_bad(look->findings, line, "copy of section %u, " HEX64 " to " HEX64 ", is not in the image", i,
				    s->destination, next);
	}
}

static bool check_cpus(struct look *look, struct err *err)
{
	struct blob area;
	struct err reason;

	if (!fadump_search_bytes(&area, look->findings->arena, look->memory, look->scratch->start, look->cpu_state_size,
				 err))
		return false;
	look->has_cpus = fadump_cpu_state_read(&look->cpus, area, &reason);
	if (look->has_cpus)
		fadump_cpu_state_check(&look->cpus, look->findings);
	else
		finding_bad(look->findings, finding_begin(look->findings, "CPU state at " HEX64, look->scratch->start), "%s",
			    reason.text);
	return true;
}

/* Which of the CPUs the capture kernel makes a note of: those in the mask. */
static void check_mask(const struct look *look)
{
	const struct fadump_crash_info *info = &look->scratch->info;
	struct finding *line = finding_begin(look->findings, "CPUs");
	struct fadump_cpu cpu;
	size_t at = 0;
	uint64_t taken = 0;
	bool crashed = false;

	while (fadump_cpu_state_next(&look->cpus, &at, &cpu)) {
		crashed |= cpu.number == info->crashing_cpu;
		taken += info->old || mask_has(info->mask, info->order, cpu.number);
	}
	if (!info->old) {
		finding_good(look->findings, line, "%" PRIu64 " of %" PRIu32 " in the crash info header's mask", taken,
			     look->cpus.cpu_count);
		if (taken == 0)
			finding_bad(look->findings, line, "none is in the crash info header's mask, expected at least one");
	}
	if (info->crashing_cpu != FADUMP_CPU_UNKNOWN && !crashed)
		finding_bad(look->findings, line, "the crashing CPU %" PRIu32 " is not among those of the CPU state",
			    info->crashing_cpu);
	else if (crashed)
		finding_good(look->findings, line, "the crashing CPU %" PRIu32 " is among them", info->crashing_cpu);
}

/* Where a byte of the crashed system's memory is in the image now: boot memory was moved. */
static uint64_t moved(const struct fadump_kernel_dump *dump, uint64_t address)
{
	for (unsigned int i = 0; i < dump->count; i++) {
		const struct fadump_section *s = &dump->sections[i];

		if (s->type == FADUMP_BOOT_MEMORY && address >= s->source && address - s->source < s->length)
			return s->destination + (address - s->source);
	}
	return address;
}

static void check_loads(const struct look *look, const struct fadump_elfcore *core)
{
	struct finding *line = finding_begin(look->findings, "places of memory");
	size_t faults = 0;

	for (size_t i = 0; i < core->load_count; i++) {
		const struct fadump_load *load = &core->loads[i];
		uint64_t expected = look->request->kernel_dump ? moved(look->request->kernel_dump, load->address)
							       : load->offset;

		if (load->offset != expected && faults++ < 8)
			finding_bad(look->findings, line, "PT_LOAD %zu of " HEX64 ": found at " HEX64 ", expected at " HEX64, i,
				    load->address, load->offset, expected);
		if (!memory_has(look->memory, (struct range){ load->offset, load->offset + load->file_size }) &&
		    faults++ < 8)
			finding_bad(look->findings, line, "PT_LOAD %zu: " HEX64 " to " HEX64 " is not in the image", i,
				    load->offset, load->offset + load->file_size);
	}
	if (!faults)
		finding_good(look->findings, line, "%zu PT_LOADs lie where they are said to", core->load_count);
	else if (faults > 8)
		finding_bad(look->findings, line, "%zu faults more", faults - 8);
}

static bool check_elfcore(const struct look *look, struct err *err)
{
	const struct fadump_crash_info *info = &look->scratch->info;
	struct fadump_source source = fadump_source_memory(look->memory);
	struct fadump_elfcore core;
	struct err reason;

	if (!fadump_elfcore_read(&core, look->findings->arena, &source, info->elfcorehdr, true, &reason)) {
		if (reason.code != ERR_BAD_IMAGE) {
			*err = reason;
			return false;
		}
		finding_bad(look->findings, finding_begin(look->findings, "ELF core header at " HEX64, info->elfcorehdr),
			    "%s", reason.text);
		return true;
	}
	fadump_elfcore_check(&core, 0, look->findings);
	if (core.order != info->order)
		finding_bad(look->findings, finding_begin(look->findings, "byte order"),
			    "the ELF core header is %s endian, the crash info header is not",
			    core.order == ORDER_BIG ? "big" : "little");
	check_loads(look, &core);
	return true;
}

static bool check_vmcoreinfo(const struct look *look, struct err *err)
{
	const struct fadump_crash_info *info = &look->scratch->info;
	struct fadump_source source = fadump_source_memory(look->memory);
	struct fadump_elfcore core = { .in_memory = true, .order = info->order };
	struct finding *line = finding_begin(look->findings, "vmcoreinfo at " HEX64, info->vmcoreinfo);
	struct err reason;

	if (!fadump_notes_read(&core, NULL, look->findings->arena, &source, info->vmcoreinfo, info->vmcoreinfo_size,
			       &reason)) {
		if (reason.code != ERR_BAD_IMAGE) {
			*err = reason;
			return false;
		}
		finding_bad(look->findings, line, "%s", reason.text);
		return true;
	}
	if (core.vmcoreinfo_count != 1 || !core.vmcoreinfo.osrelease) {
		finding_bad(look->findings, line, "%zu notes of that name found, expected one, with OSRELEASE=",
			    core.vmcoreinfo_count);
		return true;
	}
	finding_good(look->findings, line, "OSRELEASE %s", core.vmcoreinfo.osrelease);
	if (core.vmcoreinfo.build_id)
		finding_good(look->findings, line, "BUILD-ID %s", core.vmcoreinfo.build_id);
	if (core.vmcoreinfo.has_crash_time)
		finding_good(look->findings, line, "CRASHTIME %" PRId64, core.vmcoreinfo.crash_time);
	return true;
}

static bool find_parts(struct look *look, bool *has_cpu_state, struct err *err)
{
	const struct fadump_scratch_request *request = look->request;
	bool found = true;

	look->cpu_state_size = CPU_STATE_LIMIT;
	*has_cpu_state = true;
	if (request->kernel_dump) {
		const struct fadump_section *cpu = fadump_kernel_dump_find(request->kernel_dump, FADUMP_CPU_STATE);
		const struct fadump_section *boot = fadump_kernel_dump_find(request->kernel_dump, FADUMP_BOOT_MEMORY);
		uint64_t size = fadump_kernel_dump_boot_size(request->kernel_dump);

		if (!boot || size > UINT64_MAX - boot->destination)
			return err_set(err, ERR_BAD_IMAGE,
				       "ibm,kernel-dump names no copy of boot memory: the crash info header lies behind one");
		*has_cpu_state = cpu != NULL;
		look->scratch->start = cpu ? cpu->destination : boot->destination;
		if (cpu && cpu->length < look->cpu_state_size)
			look->cpu_state_size = cpu->length;
		look->scratch->header = boot->destination + size;
		return true;
	}
	if (request->has_start) {
		look->scratch->start = request->start;
	} else {
		if (!fadump_search_cpu_state(&look->scratch->start, has_cpu_state, look->memory, 0, err))
			return false;
		if (!*has_cpu_state)
			look->scratch->start = 0;
	}
	if (!fadump_search_crash_info(&look->scratch->header, &found, look->findings->arena, look->memory,
				      look->scratch->start, err))
		return false;
	if (!found)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: no crash info header (FADMPSIG or FADMPINF) found from " HEX64 " on: it is no image of a "
			       "machine that made a firmware-assisted dump, or it is overwritten; with the property "
			       "ibm,kernel-dump the place where it has to be can be looked at",
			       look->memory->path, look->scratch->start);
	return true;
}

bool fadump_scratch_check(struct fadump_scratch *scratch, const struct memory *memory,
			  const struct fadump_scratch_request *request, struct findings *findings, struct err *err)
{
	struct look look = { .memory = memory, .request = request, .findings = findings, .scratch = scratch };
	struct blob bytes;
	bool has_cpu_state;

	*scratch = (struct fadump_scratch){ 0 };
	if (!find_parts(&look, &has_cpu_state, err))
		return false;
	if (request->kernel_dump)
		check_places(&look);
	if (has_cpu_state && !check_cpus(&look, err))
		return false;
	if (!has_cpu_state)
		finding_bad(findings, finding_begin(findings, "CPU state"), "none found, expected one");
	if (!fadump_search_bytes(&bytes, findings->arena, memory, scratch->header, HEADER_LIMIT, err))
		return false;
	if (fadump_crash_info_read(&scratch->info, bytes, err) != FADUMP_CRASH_INFO_OK)
		return err_prefix(err, "%s, " HEX64, memory->path, scratch->header);
	fadump_crash_info_check(&scratch->info, scratch->header, &request->kernel, findings);
	if (look.has_cpus)
		check_mask(&look);
	return scratch->info.old ? check_elfcore(&look, err) : check_vmcoreinfo(&look, err);
}
