/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From absolute address 0xe18 to the loaded segments, each step checked before the next one uses it (doc/meminfo).
 */
#include "kdump/verify_state.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "kdump/os_info_read.h"
#include "plan.h"
#include "s390.h"

#define PAGE UINT64_C(0x1000)

/* Purgatory lies above the copy of the lowcore and below meminfo: kexec/arch/s390. */
#define PURGATORY_FROM UINT64_C(0x2000)

#define HEX64 "0x%" PRIx64
#define HEX32 "0x%08" PRIx32

static bool read_pointer(struct verify *verify, uint64_t address, uint64_t *value, struct err *err)
{
	struct be64 wire;

	if (!memory_read(verify->memory, address, &wire, sizeof(wire), err))
		return false;
	*value = be64_get(wire);
	return true;
}

/* Steps 1 and 2. False in *go where the verdict is reached. */
static bool read_os_info(struct verify *verify, struct os_info *info, bool *go, struct err *err)
{
	struct findings *findings = &verify->findings;
	uint64_t pointer;

	*go = false;
	if (!memory_has(verify->memory, (struct range){ S390_LOWCORE_OS_INFO, S390_LOWCORE_OS_INFO + 8 }))
		return verify_nothing(verify, "not checkable: the os_info pointer at absolute 0x%x is not in %s",
			       S390_LOWCORE_OS_INFO, verify->memory->path);
	if (!read_pointer(verify, S390_LOWCORE_OS_INFO, &pointer, err))
		return false;
	if (pointer == 0)
		return verify_nothing(verify, "nothing loaded: the os_info pointer at absolute 0x%x is 0, so no Linux runs here "
				       "that could load a crash kernel",
			       S390_LOWCORE_OS_INFO);

	struct finding *line = finding_begin(findings, "os_info pointer 0x%x-0x%x", S390_LOWCORE_OS_INFO,
					     S390_LOWCORE_OS_INFO + 8);

	if (pointer % PAGE || pointer > UINT64_MAX - S390_OS_INFO_SIZE) {
		finding_bad(findings, line, "found " HEX64 ", expected a multiple of " HEX64, pointer, PAGE);
		return true;
	}

	struct range where = { pointer, pointer + S390_OS_INFO_SIZE };

	if (!memory_has(verify->memory, where)) {
		finding_bad(findings, line, "found " HEX64 ", expected an address in the memory, which ends at " HEX64,
			    pointer, memory_end(verify->memory));
		return true;
	}
	finding_good(findings, line, HEX64, pointer);

	uint8_t page[S390_OS_INFO_SIZE];
	struct os_info_fault fault;

	if (!memory_read(verify->memory, pointer, page, sizeof(page), err))
		return false;
	line = finding_begin(findings, "os_info " HEX64 "-" HEX64, where.start, where.end);

	enum os_info_result result = os_info_read(info, (struct blob){ page, sizeof(page) }, &fault);

	if (result == OS_INFO_VERSION)
		return verify_nothing(verify,
			       "not checkable: os_info at " HEX64 " is of major version %" PRIu64 ", and %" PRIu64
			       " is understood here",
			       pointer, fault.found, fault.expected);
	if (result != OS_INFO_OK) {
		finding_bad(findings, line, "%s: found " HEX64 ", expected " HEX64 "%s", os_info_result_name(result),
			    fault.found, fault.expected,
			    result == OS_INFO_MAGIC ? " (it, or the pointer to it, is damaged)" : "");
		return true;
	}
	finding_good(findings, line, "version %u.%u, checksum " HEX32, info->major, info->minor, info->checksum);
	*go = true;
	return true;
}

/* Step 3: the rules of Linux for a crash reservation on s390. */
static bool check_crash_range(struct verify *verify, const struct os_info *info, bool *go)
{
	struct findings *findings = &verify->findings;

	*go = false;
	if (info->crash_size == 0)
		return verify_nothing(verify, "nothing loaded: os_info says that no memory is reserved for a crash kernel "
				       "(crashkernel=)");

	bool fits = info->crash_size <= UINT64_MAX - info->crash_start;
	struct finding *line = finding_begin(findings, "crashkernel " HEX64 "%s" HEX64, info->crash_start,
					     fits ? "-" : "+",
					     fits ? info->crash_start + info->crash_size : info->crash_size);

	if (info->crash_start % S390_CRASH_ALIGN || info->crash_size % S390_CRASH_ALIGN)
		finding_bad(findings, line, "alignment: found " HEX64 " bytes at " HEX64 ", expected multiples of " HEX64,
			    info->crash_size, info->crash_start, S390_CRASH_ALIGN);
	if (!fits) {
		finding_bad(findings, line, "size: found " HEX64 ", more than 64 bits hold behind " HEX64,
			    info->crash_size, info->crash_start);
		return true;
	}
	verify->crash = (struct range){ info->crash_start, info->crash_start + info->crash_size };
	/* The swap exchanges [0, size) with it, so they must not overlap: Linux, reserve_crashkernel(). */
	if (info->crash_start < info->crash_size)
		finding_bad(findings, line, "place: found " HEX64 ", expected at or above its size " HEX64,
			    info->crash_start, info->crash_size);
	/* An ELF core leaves the crash range out by design; a flat image that ends before it is no memory of this machine. */
	if (verify->memory->kind == MEMORY_FLAT && verify->crash.end > memory_end(verify->memory))
		finding_bad(findings, line, "end: found " HEX64 ", expected at most the end of memory, " HEX64,
			    verify->crash.end, memory_end(verify->memory));
	if (line->bad)
		return true;
	finding_good(findings, line, "%" PRIu64 " MiB", info->crash_size >> 20);
	if (!memory_has(verify->memory, verify->crash))
		return verify_nothing(verify,
			       "not checkable: the crash range " HEX64 "-" HEX64 " is not in %s (a dump written by the crash "
			       "kernel leaves it out)",
			       verify->crash.start, verify->crash.end, verify->memory->path);
	*go = true;
	return true;
}

/* Whether anything is loaded that can be checked. */
static bool decide(struct verify *verify, bool *go, struct err *err)
{
	uint8_t table[7];

	*go = verify_loaded_known(verify);
	if (*go || verify->nothing)
		return true;
	if (!memory_read(verify->memory, verify->crash.start + S390_ENTRY_TABLE, table, sizeof(table), err))
		return false;
	if (memcmp(table, S390_ENTRY_MAGIC, sizeof(table)) == 0)
		return verify_nothing(verify,
				      "not checkable: a crash kernel is loaded at " HEX64 " without meminfo: by "
				      "kexec_file_load(2), or by another program",
				      verify->crash.start);
	return verify_nothing(verify,
			      "nothing loaded: the crash range " HEX64 "-" HEX64 " holds neither meminfo nor a kernel",
			      verify->crash.start, verify->crash.end);
}

/* Step 4: the page, and purgatory where the records or its magic say. */
static bool read_ours(struct verify *verify, struct err *err)
{
	struct range purgatory = { verify->crash.start + PURGATORY_FROM, verify->crash.start + MEMINFO_S390_OFFSET };

	return verify_loaded_read(verify, verify->crash.start + MEMINFO_S390_OFFSET, purgatory, err);
}

static void check_handoff(struct verify *verify)
{
	const struct purgatory_params *params = &verify->purgatory.params;

	for (int i = 0; i < PURGATORY_HANDOFF; i++) {
		uint64_t value = raw64_get(params->handoff[i], verify->order);
		uint64_t expected = i == PURGATORY_S390_ENTRY ? S390_KDUMP_ENTRY : 0;

		if (value == expected)
			continue;
		if (i == PURGATORY_S390_ENTRY)
			verify_purgatory_bad(verify,
					     "address of the capture kernel: found " HEX64 ", expected " HEX64, value,
					     expected);
		else
			verify_purgatory_bad(verify, "hand-off value %d: found " HEX64 ", expected 0", i, value);
	}
}

/* From the anchor chain on. */
static bool check(struct verify *verify, struct err *err)
{
	/* What holds on s390 where no record says it. */
	const struct meminfo_item vmcoreinfo = { .address = S390_LOWCORE_VMCOREINFO, .flags = MEMINFO_RECORD_INDIRECT };

	struct os_info info;
	bool go;

	if (!read_os_info(verify, &info, &go, err))
		return false;
	if (!go || !check_crash_range(verify, &info, &go) || !go)
		return true;
	if (!read_ours(verify, err) || !decide(verify, &go, err))
		return false;
	if (!go)
		return true;
	verify_segments_collect(verify);
	if (!verify_segments_check(verify, err) || !verify_image_check(verify, err) ||
	    !verify_vmcoreinfo_check(verify, vmcoreinfo, err))
		return false;
	if (!verify->meminfo_expected)
		finding_note(&verify->findings, "loaded without meminfo: checked by purgatory's digest alone");
	return true;
}

const struct verify_arch verify_s390 = {
	.id = ARCH_S390X,
	.order = ORDER_BIG,
	.elf_machine = EM_S390,
	.note_align = 2,
	.check = check,
	.check_handoff = check_handoff,
};
