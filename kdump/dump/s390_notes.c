/* SPDX-License-Identifier: GPL-2.0-only */
#include <elf.h>
#include <string.h>

#include "kdump/dump/s390_pages.h"
#include "kdump/os_info_read.h"
#include "s390.h"

/* Principles of Operation, "Assigned Storage Locations"; Linux 6.12 arch/s390/include/asm/lowcore.h. */
#define LOWCORE_VECTOR_SAVE 0x11b0
#define LOWCORE_SAVE 0x1200

struct save_area {
	struct be64 fprs[16];
	struct be64 gprs[16];
	struct be64 psw[2];
	uint8_t pad1[8];
	struct be32 prefix;
	struct be32 fpc;
	uint8_t pad2[4];
	struct be32 tod_register;
	struct be64 timer;
	struct be64 tod_compare;
	uint8_t pad3[8];
	struct be32 acrs[16];
	struct be64 crs[16];
};

_Static_assert(sizeof(struct save_area) == 0x200, "s390 save area");
_Static_assert(offsetof(struct save_area, prefix) == 0x118, "s390 save area");
_Static_assert(offsetof(struct save_area, crs) == 0x180, "s390 save area");

/* The low 10 bits tell how long the area is, and belong not to its address. */
#define VECTOR_ORIGIN (~UINT64_C(0x3ff))

struct vector {
	struct be64 high, low;
};

/* NT_PRSTATUS and NT_FPREGSET as on s390x: Linux 6.12 arch/s390/include/asm/elf.h, include/linux/elfcore.h. */
struct prstatus {
	uint8_t pad1[32];
	struct be32 pid;
	uint8_t pad2[76];
	struct be64 psw[2];
	struct be64 gprs[16];
	struct be32 acrs[16];
	struct be64 orig_gpr2;
	struct be32 fpvalid;
	uint8_t pad3[4];
};

_Static_assert(offsetof(struct prstatus, psw) == 112, "s390x NT_PRSTATUS");
_Static_assert(sizeof(struct prstatus) == 336, "s390x NT_PRSTATUS");

struct fpregset {
	struct be32 fpc;
	uint8_t pad[4];
	struct be64 fprs[16];
};

/* NT_PRPSINFO, of which the kernel fills in two things. */
struct prpsinfo {
	char state, state_name, zombie, nice;
	uint8_t pad[36];
	char name[16];
	char arguments[80];
};

_Static_assert(offsetof(struct prpsinfo, name) == 40, "s390x NT_PRPSINFO");
_Static_assert(sizeof(struct prpsinfo) == 136, "s390x NT_PRPSINFO");

struct note_head {
	struct be32 name_size;
	struct be32 data_size;
	struct be32 type;
};

#define NAME_SIZE 12u /* the longest is "VMCOREINFO", with its NUL and padding */

/* Two lengths for each note; nine notes for a CPU, of which the vectors' 0-15 low halves and 16-31 are the largest. */
#define CPU_NOTES_SIZE                                                                                       \
	(9 * (sizeof(struct note_head) + 8) + sizeof(struct prstatus) + sizeof(struct fpregset) + 8 + 8 + 4 + \
	 16 * 8 + 4 + 16 * 8 + 16 * 16)

/* VMCOREINFO is one page of the kernel's; more than this is no VMCOREINFO. */
#define MAX_VMCOREINFO (UINT64_C(1) << 20)

struct making {
	uint8_t *bytes;
	size_t used, room;
};

static void add_note(struct making *making, const char *name, uint32_t type, const void *data, size_t size)
{
	size_t name_size = strlen(name) + 1;
	size_t name_room = (name_size + 3) & ~(size_t)3, room = (size + 3) & ~(size_t)3;
	struct note_head head = { be32_make((uint32_t)name_size), be32_make((uint32_t)size), be32_make(type) };
	uint8_t *to = making->bytes + making->used;

	/* room is the sum of all that is added: CPU_NOTES_SIZE. */
	if (making->room - making->used < sizeof(head) + name_room + room)
		return;
	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), name, name_size);
	memcpy(to + sizeof(head) + name_room, data, size);
	making->used += sizeof(head) + name_room + room;
}

static void add_vectors(struct making *making, struct dump_reader *reader, uint64_t lowcore, struct err *err)
{
	struct vector vectors[32];
	struct be64 low[16];
	struct be64 at;

	if (!dump_reader_bytes(reader, lowcore + LOWCORE_VECTOR_SAVE, &at, sizeof(at), err))
		return;

	uint64_t origin = be64_get(at) & VECTOR_ORIGIN;

	if (!origin || !dump_reader_bytes(reader, origin, vectors, sizeof(vectors), err))
		return;
	/* The high halves of the first 16 are the floating point registers. */
	for (size_t i = 0; i < 16; i++)
		low[i] = vectors[i].low;
	add_note(making, "LINUX", NT_S390_VXRS_HIGH, vectors + 16, 16 * sizeof(*vectors));
	add_note(making, "LINUX", NT_S390_VXRS_LOW, low, sizeof(low));
}

static void add_cpu(struct making *making, struct dump_reader *reader, uint64_t lowcore, uint32_t number,
		    struct err *err)
{
	struct save_area save;
	struct prstatus prstatus = { .pid = be32_make(number) };
	struct fpregset fpregset = { .pad = { 0 } };

	if (!dump_reader_bytes(reader, lowcore + LOWCORE_SAVE, &save, sizeof(save), err))
		return;
	memcpy(prstatus.psw, save.psw, sizeof(prstatus.psw));
	memcpy(prstatus.gprs, save.gprs, sizeof(prstatus.gprs));
	memcpy(prstatus.acrs, save.acrs, sizeof(prstatus.acrs));
	fpregset.fpc = save.fpc;
	memcpy(fpregset.fprs, save.fprs, sizeof(fpregset.fprs));
	add_note(making, "CORE", NT_PRSTATUS, &prstatus, sizeof(prstatus));
	add_note(making, "CORE", NT_FPREGSET, &fpregset, sizeof(fpregset));
	add_note(making, "LINUX", NT_S390_TIMER, &save.timer, sizeof(save.timer));
	add_note(making, "LINUX", NT_S390_TODCMP, &save.tod_compare, sizeof(save.tod_compare));
	add_note(making, "LINUX", NT_S390_TODPREG, &save.tod_register, sizeof(save.tod_register));
	add_note(making, "LINUX", NT_S390_CTRS, save.crs, sizeof(save.crs));
	add_note(making, "LINUX", NT_S390_PREFIX, &save.prefix, sizeof(save.prefix));
	add_vectors(making, reader, lowcore, err);
}

/* The note that absolute 0xe0c points to. */
static bool find_note(struct dump_reader *reader, uint64_t *text, uint64_t *size, struct err *err)
{
	struct be64 pointer;
	struct note_head head;
	char name[NAME_SIZE];

	if (!dump_reader_bytes(reader, S390_LOWCORE_VMCOREINFO, &pointer, sizeof(pointer), err))
		return false;

	uint64_t at = be64_get(pointer);

	/* Odd: the boot loader part of the kernel passes its offset there, before a note exists. */
	if (at == 0 || at & 1)
		return false;
	if (!dump_reader_bytes(reader, at, &head, sizeof(head), err) || be32_get(head.name_size) != sizeof("VMCOREINFO") ||
	    !dump_reader_bytes(reader, at + sizeof(head), name, sizeof(name), err) ||
	    memcmp(name, "VMCOREINFO", sizeof("VMCOREINFO")) != 0)
		return false;
	*text = at + sizeof(head) + NAME_SIZE;
	*size = be32_get(head.data_size);
	return *size > 0 && *size <= MAX_VMCOREINFO;
}

/* The text itself, as entry 0 of the os_info that absolute 0xe18 points to. */
static bool find_in_os_info(struct dump_reader *reader, uint64_t *text, uint64_t *size, struct err *err)
{
	struct be64 pointer;
	uint8_t page[S390_OS_INFO_SIZE];
	struct os_info info;
	struct os_info_fault fault;

	if (!dump_reader_bytes(reader, S390_LOWCORE_OS_INFO, &pointer, sizeof(pointer), err) ||
	    be64_get(pointer) == 0 || be64_get(pointer) % S390_DUMP_PAGE ||
	    !dump_reader_bytes(reader, be64_get(pointer), page, sizeof(page), err) ||
	    os_info_read(&info, (struct blob){ page, sizeof(page) }, &fault) != OS_INFO_OK)
		return false;

	const struct {
		struct be64 address, size;
	} *entry = (const void *)(page + offsetof(struct s390_os_info, rest));

	*text = be64_get(entry->address);
	*size = be64_get(entry->size);
	return *text > 0 && *size > 0 && *size <= MAX_VMCOREINFO;
}

void s390_notes_make(struct dump *dump, struct arena *arena, const struct s390_dump_header *header, unsigned int cpus)
{
	struct arena own;
	struct err ignored;
	uint64_t text = 0, size = 0;
	uint8_t *vmcoreinfo = NULL;

	arena_init(&own);

	struct dump_reader *reader = dump_reader_new(dump, &own, DUMP_WINDOW_JUMPING);

	if (find_note(reader, &text, &size, &ignored) || find_in_os_info(reader, &text, &size, &ignored)) {
		vmcoreinfo = arena_alloc(&own, (size_t)size);
		if (!dump_reader_bytes(reader, text, vmcoreinfo, (size_t)size, &ignored))
			vmcoreinfo = NULL;
	}

	const struct prpsinfo process = { .state_name = 'R', .name = "vmlinux" };
	struct making making = {
		.room = cpus * CPU_NOTES_SIZE + 2 * (sizeof(struct note_head) + NAME_SIZE) + sizeof(process) +
			(vmcoreinfo ? (size_t)size + 4 : 0),
	};

	making.bytes = arena_alloc(arena, making.room);
	/* In /proc/vmcore's order, where CPUs are counted from 1. */
	add_note(&making, "CORE", NT_PRPSINFO, &process, sizeof(process));
	for (unsigned int i = 0; i < cpus; i++)
		add_cpu(&making, reader, be32_get(header->lowcores[i]), i + 1, &ignored);
	if (vmcoreinfo)
		add_note(&making, "VMCOREINFO", 0, vmcoreinfo, (size_t)size);
	dump->notes = (struct blob){ making.bytes, making.used };
	arena_release(&own);
}
