/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <string.h>

#include "kdump/verify_state.h"

#define HEX64 "0x%" PRIx64

/* The note begins with its name and the kernel's release; both are in place before anything can be loaded. */
static bool check_note(struct verify *verify, struct finding *line, uint64_t note, bool indirect, struct err *err)
{
	const char *what = indirect ? "pointer" : "address";
	static const char name[12] = "VMCOREINFO";
	static const char text[] = "OSRELEASE=";
	struct {
		struct raw32 name_size, text_size, type;
		char name[12];
		char text[sizeof(text) - 1];
	} wire;

	if (note % verify->arch->note_align || note > UINT64_MAX - sizeof(wire) ||
	    !memory_has(verify->memory, (struct range){ note, note + sizeof(wire) })) {
		finding_bad(&verify->findings, line,
			    "%s: found " HEX64 ", expected %s address in the memory, which ends at " HEX64, what, note,
			    verify->arch->note_align == 2 ? "an even" : "an aligned", memory_end(verify->memory));
		return true;
	}
	if (!memory_read(verify->memory, note, &wire, sizeof(wire), err))
		return false;
	if (raw32_get(wire.name_size, verify->order) != strlen(name) + 1 || raw32_get(wire.type, verify->order) != 0 ||
	    memcmp(wire.name, name, sizeof(name)) != 0)
		finding_bad(&verify->findings, line,
			    "%s: found " HEX64 ", where no ELF note of the name VMCOREINFO is, expected one", what, note);
	else if (memcmp(wire.text, text, sizeof(wire.text)) != 0)
		finding_bad(&verify->findings, line, "note at " HEX64 ": no OSRELEASE= found at its beginning, expected one",
			    note);
	else if (indirect)
		finding_good(&verify->findings, line, "note at " HEX64, note);
	return true;
}

static bool check_pointer(struct verify *verify, struct finding *line, uint64_t address, struct err *err)
{
	struct raw64 wire;

	if (address > UINT64_MAX - sizeof(wire) ||
	    !memory_has(verify->memory, (struct range){ address, address + sizeof(wire) })) {
		finding_bad(&verify->findings, line,
			    "address of the pointer: found " HEX64 ", expected one in the memory, which ends at " HEX64,
			    address, memory_end(verify->memory));
		return true;
	}
	if (!memory_read(verify->memory, address, &wire, sizeof(wire), err))
		return false;

	uint64_t note = raw64_get(wire, verify->order);

	if (note)
		return check_note(verify, line, note, true, err);
	finding_good(&verify->findings, line, "not set by this kernel");
	return true;
}

bool verify_vmcoreinfo_check(struct verify *verify, struct meminfo_item item, struct err *err)
{
	if (verify->meminfo_result == MEMINFO_OK) {
		struct meminfo_item record;

		for (uint32_t i = 0; meminfo_item(&verify->meminfo, i, &record); i++)
			if (record.type == MEMINFO_VMCOREINFO)
				item = record;
	}
	if (item.address == 0)
		return true;

	bool indirect = item.flags & MEMINFO_RECORD_INDIRECT;
	struct finding *line = finding_begin(&verify->findings, "vmcoreinfo %s " HEX64,
					     indirect ? "pointer at" : "note at", item.address);

	return indirect ? check_pointer(verify, line, item.address, err)
			: check_note(verify, line, item.address, false, err);
}
