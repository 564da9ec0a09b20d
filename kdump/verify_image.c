/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loaded image of an s390 capture kernel: what a two-stage dump tool needs to start it without purgatory, and what
 * the kernel itself reads when it starts.
 */
#include "kdump/verify_state.h"

#include <inttypes.h>
#include <string.h>

#include "plan.h"
#include "s390.h"

#define HEX64 "0x%" PRIx64

/* From the entry table to the end of the fields read here. */
#define FIRST S390_ENTRY_TABLE
#define LAST (S390_MAX_COMMAND_LINE + 8)

struct image_fields {
	uint8_t entry_magic[7];
	uint8_t entry_count;
	uint64_t initrd_start, initrd_size;
	uint64_t oldmem_base, oldmem_size;
};

static uint64_t field(const uint8_t *bytes, uint64_t offset)
{
	struct be64 value;

	memcpy(&value, bytes + (offset - FIRST), sizeof(value));
	return be64_get(value);
}

static bool read_fields(struct verify *verify, struct image_fields *f, struct err *err)
{
	uint8_t bytes[LAST - FIRST];

	if (!memory_read(verify->memory, verify->crash.start + FIRST, bytes, sizeof(bytes), err))
		return false;
	memcpy(f->entry_magic, bytes, sizeof(f->entry_magic));
	f->entry_count = bytes[sizeof(f->entry_magic)];
	f->initrd_start = field(bytes, S390_INITRD_START);
	f->initrd_size = field(bytes, S390_INITRD_SIZE);
	f->oldmem_base = field(bytes, S390_OLDMEM_BASE);
	f->oldmem_size = field(bytes, S390_OLDMEM_SIZE);
	return true;
}

/* The line of the segment in which the fields lie, so that one damaged byte gives one line. */
static struct finding *line_for(struct verify *verify)
{
	uint64_t first = verify->crash.start + FIRST, last = verify->crash.start + LAST;

	for (size_t i = 0; i < verify->segment_count; i++) {
		const struct verify_segment *s = &verify->segments[i];

		if (s->bounded && s->address <= first && last <= s->address + s->size)
			return s->finding;
	}
	return finding_begin(&verify->findings, "loaded image " HEX64 "-" HEX64, verify->crash.start + S390_IMAGE_START,
			     last);
}

static bool check_entry_table(struct verify *verify, struct finding *line, const struct image_fields *f)
{
	if (memcmp(f->entry_magic, S390_ENTRY_MAGIC, sizeof(f->entry_magic)) == 0 && f->entry_count >= 1)
		return true;

	uint64_t found = f->entry_count;

	for (size_t i = sizeof(f->entry_magic); i-- > 0;)
		found |= (uint64_t)f->entry_magic[i] << (8 * (sizeof(f->entry_magic) - i));
	finding_bad(&verify->findings, line, "entry table: found 0x%016" PRIx64 ", expected 0x5333393045500001 (\"S390EP\", "
					     "0, one entry or more)",
		    found);
	return false;
}

static bool check_oldmem(struct verify *verify, struct finding *line, const struct image_fields *f)
{
	if (f->oldmem_base == verify->crash.start && f->oldmem_size == range_size(verify->crash))
		return true;
	finding_bad(&verify->findings, line,
		    "old memory: found " HEX64 " bytes at " HEX64 ", expected the crash range, " HEX64 " at " HEX64,
		    f->oldmem_size, f->oldmem_base, range_size(verify->crash), verify->crash.start);
	return false;
}

/* The parameter area has the initrd where it will be after the swap: without the start of the crash range. */
static bool check_initrd(struct verify *verify, struct finding *line, const struct image_fields *f)
{
	const struct verify_segment *initrd = verify_segment_of_role(verify, SEGMENT_INITRD);
	uint64_t crash_size = range_size(verify->crash);

	if (f->initrd_size == 0 && f->initrd_start == 0 && !initrd)
		return true;
	if (f->initrd_start < S390_IMAGE_START || f->initrd_start > crash_size ||
	    f->initrd_size > crash_size - f->initrd_start) {
		finding_bad(&verify->findings, line,
			    "initrd: found " HEX64 " bytes at " HEX64 ", expected some inside 0x%x-" HEX64, f->initrd_size,
			    f->initrd_start, S390_IMAGE_START, crash_size);
		return false;
	}
	if (!initrd || !initrd->bounded)
		return true;

	uint64_t start = initrd->address - verify->crash.start;
	bool known = initrd->in_meminfo;

	if (f->initrd_start == start && f->initrd_size <= initrd->size &&
	    (!known || f->initrd_size == initrd->data_size))
		return true;
	finding_bad(&verify->findings, line, "initrd: found " HEX64 " bytes at " HEX64 ", expected %s" HEX64 " at " HEX64,
		    f->initrd_size, f->initrd_start, known ? "" : "at most ", known ? initrd->data_size : initrd->size,
		    start);
	return false;
}

bool verify_image_check(struct verify *verify, struct err *err)
{
	struct image_fields fields;

	if (!read_fields(verify, &fields, err))
		return err_prefix(err, "cannot check the loaded image");

	struct finding *line = line_for(verify);

	if (check_entry_table(verify, line, &fields))
		finding_good(&verify->findings, line, "entry table");
	if (check_oldmem(verify, line, &fields))
		finding_good(&verify->findings, line, "old memory");
	if (check_initrd(verify, line, &fields) && fields.initrd_size)
		finding_good(&verify->findings, line, "initrd " HEX64 "-" HEX64 " after the swap", fields.initrd_start,
			     fields.initrd_start + fields.initrd_size);
	return true;
}
