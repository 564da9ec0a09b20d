/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/fadump_crash_info.h"

#include <inttypes.h>
#include <stddef.h>

#define VERSION 1
#define HEX64 "0x%" PRIx64

struct wire_new {
	struct raw64 magic;
	struct raw32 version;
	struct raw32 crashing_cpu;
	struct raw64 vmcoreinfo;
	struct raw64 vmcoreinfo_size;
	struct raw32 registers_size;
	struct raw32 mask_size;
};

struct wire_old {
	struct raw64 magic;
	struct raw64 elfcorehdr;
	struct raw32 crashing_cpu;
	struct raw32 padding;
};

_Static_assert(sizeof(struct wire_new) == 40, "crash info header since Linux 6.10");
_Static_assert(sizeof(struct wire_new) == FADUMP_CRASH_INFO_FIXED, "what a search looks at");
_Static_assert(sizeof(struct wire_old) == 24, "crash info header before Linux 6.10");

/* struct pt_regs: 44 registers until it got more, 48 since; room for growth. */
#define MIN_REGISTERS 352
#define MAX_REGISTERS 4096

/* NR_CPUS is at most 8192 on Power; room for growth. */
#define MAX_MASK 8192

/* The note is a page and its headers (0x10024 bytes seen with pages of 64 KiB), and no page is larger than 256 KiB. */
#define MAX_VMCOREINFO (UINT64_C(1) << 20)

static bool find_magic(const uint8_t bytes[8], enum order *order, bool *old)
{
	struct raw64 raw;

	for (size_t i = 0; i < 8; i++)
		raw.b[i] = bytes[i];
	for (int i = 0; i < 2; i++) {
		*order = i ? ORDER_BIG : ORDER_LITTLE;

		uint64_t magic = raw64_get(raw, *order);

		*old = magic == FADUMP_OLD_MAGIC;
		if (*old || magic == FADUMP_MAGIC)
			return true;
	}
	return false;
}

bool fadump_crash_info_is_magic(const uint8_t bytes[8])
{
	enum order order;
	bool old;

	return find_magic(bytes, &order, &old);
}

static enum fadump_crash_info_result too_short(struct err *err, size_t found, uint64_t wanted)
{
	err_set(err, ERR_BAD_IMAGE, "crash info header: %zu bytes found, %" PRIu64 " expected", found, wanted);
	return FADUMP_CRASH_INFO_SHORT;
}

static void take_new(struct fadump_crash_info *info, const struct wire_new *wire)
{
	info->version = raw32_get(wire->version, info->order);
	info->crashing_cpu = raw32_get(wire->crashing_cpu, info->order);
	info->vmcoreinfo = raw64_get(wire->vmcoreinfo, info->order);
	info->vmcoreinfo_size = raw64_get(wire->vmcoreinfo_size, info->order);
	info->registers_size = raw32_get(wire->registers_size, info->order);
	info->mask_size = raw32_get(wire->mask_size, info->order);
}

static void take_old(struct fadump_crash_info *info, const struct wire_old *wire)
{
	info->elfcorehdr = raw64_get(wire->elfcorehdr, info->order);
	info->crashing_cpu = raw32_get(wire->crashing_cpu, info->order);
}

static enum fadump_crash_info_result read_new(struct fadump_crash_info *info, struct blob bytes, struct err *err)
{
	const struct wire_new *wire = blob_at(bytes, 0, sizeof(*wire));

	if (!wire)
		return too_short(err, bytes.size, sizeof(*wire));
	take_new(info, wire);

	uint64_t end = (uint64_t)sizeof(*wire) + info->registers_size + info->mask_size;

	if (end > bytes.size)
		return too_short(err, bytes.size, end);
	info->registers = blob_part(bytes, sizeof(*wire), info->registers_size);
	info->mask = blob_part(bytes, sizeof(*wire) + (uint64_t)info->registers_size, info->mask_size);
	return FADUMP_CRASH_INFO_OK;
}

static enum fadump_crash_info_result read_old(struct fadump_crash_info *info, struct blob bytes, struct err *err)
{
	const struct wire_old *wire = blob_at(bytes, 0, sizeof(*wire));

	if (!wire)
		return too_short(err, bytes.size, sizeof(*wire));
	take_old(info, wire);
	info->registers = blob_part(bytes, sizeof(*wire), bytes.size - sizeof(*wire));
	return FADUMP_CRASH_INFO_OK;
}

enum fadump_crash_info_result fadump_crash_info_read(struct fadump_crash_info *info, struct blob bytes,
						     struct err *err)
{
	struct fadump_crash_info read = { 0 };
	enum fadump_crash_info_result result;

	if (bytes.size < 8)
		return too_short(err, bytes.size, 8);
	if (!find_magic(bytes.data, &read.order, &read.old)) {
		struct be64 magic;

		for (size_t i = 0; i < 8; i++)
			magic.b[i] = bytes.data[i];
		err_set(err, ERR_BAD_IMAGE,
			"crash info header: magic 0x%016" PRIx64 " found, expected FADMPSIG (0x%016" PRIx64
			") or FADMPINF in either byte order: \"Fadump header is corrupted\"",
			be64_get(magic), FADUMP_MAGIC);
		return FADUMP_CRASH_INFO_CORRUPT;
	}
	result = read.old ? read_old(&read, bytes, err) : read_new(&read, bytes, err);
	if (result == FADUMP_CRASH_INFO_OK)
		*info = read;
	return result;
}

/* A mask of NR_CPUS bits takes whole 64-bit words. */
static uint64_t mask_size_for(uint32_t nr_cpus)
{
	return ((uint64_t)nr_cpus + 63) / 64 * 8;
}

const char *fadump_crash_info_refusal(const struct fadump_crash_info *info, const struct fadump_capture_kernel *kernel)
{
	bool swapped = kernel->has_order && kernel->order != info->order;

	/* The kernel knows the old magic in its own order only. */
	if (info->old)
		return swapped ? "Fadump header is corrupted." : "Old magic number, can't process the dump.";
	if (swapped)
		return "Endianness mismatch between the crashed and fadump kernels.";
	if ((kernel->registers_size && kernel->registers_size != info->registers_size) ||
	    (kernel->nr_cpus && mask_size_for(kernel->nr_cpus) != info->mask_size))
		return "Fadump header size mismatch.";
	return NULL;
}

static bool registers_possible(const struct fadump_crash_info *info)
{
	return info->registers_size >= MIN_REGISTERS && info->registers_size <= MAX_REGISTERS &&
	       info->registers_size % 8 == 0;
}

static bool mask_possible(const struct fadump_crash_info *info)
{
	return info->mask_size > 0 && info->mask_size <= MAX_MASK && info->mask_size % 8 == 0;
}

static bool vmcoreinfo_possible(const struct fadump_crash_info *info)
{
	return info->vmcoreinfo != 0 && info->vmcoreinfo_size != 0 && info->vmcoreinfo_size <= MAX_VMCOREINFO &&
	       info->vmcoreinfo <= UINT64_MAX - info->vmcoreinfo_size;
}

static bool cpu_possible(const struct fadump_crash_info *info)
{
	return info->crashing_cpu == FADUMP_CPU_UNKNOWN || info->mask_size > MAX_MASK ||
	       info->crashing_cpu < info->mask_size * 8;
}

#define OLD_LEAST ((uint64_t)sizeof(struct wire_old) + MIN_REGISTERS + 8)
#define OLD_MOST ((uint64_t)sizeof(struct wire_old) + MAX_REGISTERS + MAX_MASK)

static bool elfcorehdr_possible(const struct fadump_crash_info *info, uint64_t address)
{
	return info->elfcorehdr >= address && info->elfcorehdr - address >= OLD_LEAST &&
	       info->elfcorehdr - address <= OLD_MOST;
}

bool fadump_crash_info_may_begin(const uint8_t bytes[FADUMP_CRASH_INFO_FIXED], uint64_t address)
{
	struct blob all = { bytes, FADUMP_CRASH_INFO_FIXED };
	struct fadump_crash_info info = { 0 };

	if (!find_magic(bytes, &info.order, &info.old))
		return false;
	if (info.old) {
		take_old(&info, blob_at(all, 0, sizeof(struct wire_old)));
		return elfcorehdr_possible(&info, address);
	}
	take_new(&info, blob_at(all, 0, sizeof(struct wire_new)));
	return info.version >= VERSION && registers_possible(&info) && mask_possible(&info) &&
	       vmcoreinfo_possible(&info) && cpu_possible(&info);
}

static void check_sizes(const struct fadump_crash_info *info, struct findings *findings, struct finding *line)
{
	finding_good(findings, line, "registers of %" PRIu32 " bytes", info->registers_size);
	if (!registers_possible(info))
		finding_bad(findings, line, "registers: %" PRIu32 " bytes found, expected %d to %d, in whole 64-bit words",
			    info->registers_size, MIN_REGISTERS, MAX_REGISTERS);
	if (!mask_possible(info))
		finding_bad(findings, line, "CPU mask: %" PRIu32 " bytes found, expected 8 to %d, in whole 64-bit words",
			    info->mask_size, MAX_MASK);
	else
		finding_good(findings, line, "CPU mask of %" PRIu32 " bytes (NR_CPUS %" PRIu32 " to %" PRIu32 ")",
			     info->mask_size, info->mask_size * 8 - 63, info->mask_size * 8);
	if (!vmcoreinfo_possible(info))
		finding_bad(findings, line,
			    "vmcoreinfo: " HEX64 " bytes at " HEX64 " found, expected an address and at most " HEX64 " bytes",
			    info->vmcoreinfo_size, info->vmcoreinfo, MAX_VMCOREINFO);
	else
		finding_good(findings, line, "vmcoreinfo " HEX64 " bytes at " HEX64, info->vmcoreinfo_size,
			     info->vmcoreinfo);
	if (!cpu_possible(info))
		finding_bad(findings, line, "crashing CPU: found %" PRIu32 ", but the mask has %" PRIu32 " bits",
			    info->crashing_cpu, info->mask_size * 8);
}

static void check_old(const struct fadump_crash_info *info, uint64_t address, struct findings *findings,
		      struct finding *line)
{
	finding_good(findings, line, "ELF core header at " HEX64, info->elfcorehdr);
	if (address == UINT64_MAX)
		return;
	if (!elfcorehdr_possible(info, address))
		finding_bad(findings, line,
			    "ELF core header: found at " HEX64 ", expected behind this header of " HEX64 " to " HEX64
			    " bytes at " HEX64,
			    info->elfcorehdr, OLD_LEAST, OLD_MOST, address);
	else
		finding_good(findings, line, "header of " HEX64 " bytes", info->elfcorehdr - address);
}

void fadump_crash_info_check(const struct fadump_crash_info *info, uint64_t address,
			     const struct fadump_capture_kernel *kernel, struct findings *findings)
{
	struct finding *line = address == UINT64_MAX ? finding_begin(findings, "crash info header")
						     : finding_begin(findings, "crash info header at " HEX64, address);
	const char *refusal = fadump_crash_info_refusal(info, kernel);

	finding_good(findings, line, "%s (Linux %s), %s endian", info->old ? "FADMPINF" : "FADMPSIG",
		     info->old ? "3.4 to 6.9" : "6.10 or newer", info->order == ORDER_BIG ? "big" : "little");
	if (!info->old) {
		finding_good(findings, line, "version %" PRIu32, info->version);
		if (info->version < VERSION)
			finding_bad(findings, line, "version: found %" PRIu32 ", expected %d or more", info->version,
				    VERSION);
	}
	if (info->crashing_cpu == FADUMP_CPU_UNKNOWN)
		finding_good(findings, line, "ended by firmware, not by a CPU's panic");
	else
		finding_good(findings, line, "crashing CPU %" PRIu32, info->crashing_cpu);
	if (info->old)
		check_old(info, address, findings, line);
	else
		check_sizes(info, findings, line);

	/* For the kernels that wrote the old header, the old header is right. */
	if (refusal && info->old && !(kernel->has_order && kernel->order != info->order))
		finding_note(findings, "a capture kernel since Linux 6.10 would discard this dump, with \"%s\"; one before "
				       "takes it",
			     refusal);
	else if (refusal)
		finding_bad(findings, line, "the capture kernel discards this dump, with \"%s\"", refusal);
	if (!info->old && info->version > VERSION)
		finding_note(findings, "crash info header of version %" PRIu32 ": of what was appended since version %d "
				       "nothing is known here",
			     info->version, VERSION);
}
