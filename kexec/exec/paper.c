/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/exec/paper.h"

#include <inttypes.h>
#include <string.h>

#include "arch.h"
#include "purgatory_abi.h"
#include "s390.h"

/* No machine has smaller pages. */
#define PIECE UINT64_C(0x1000)

/* From here on the swap exchanges memory; below lie the lowcore, purgatory and meminfo. */
#define SWAP_FROM ((uint64_t)S390_IMAGE_START)
#define LOWCORE_SIZE UINT64_C(0x2000)

static bool check_one(const struct plan *plan, const struct ranges *allowed, const struct segment *s, struct err *err)
{
	const char *name = segment_role_name(s->role);

	if (range_is_empty(s->range))
		return err_set(err, ERR_INTERNAL, "segment %s at 0x%" PRIx64 " is empty", name, s->range.start);
	if (s->range.start % plan->page_size || s->range.end % plan->page_size)
		return err_set(err, ERR_INTERNAL,
			       "segment %s 0x%" PRIx64 "-0x%" PRIx64 " is not made of pages of 0x%" PRIx64 " bytes", name,
			       s->range.start, s->range.end, plan->page_size);
	if (s->data.size > range_size(s->range))
		return err_set(err, ERR_INTERNAL,
			       "segment %s 0x%" PRIx64 "-0x%" PRIx64 " has 0x%zx bytes of data, more than its memory", name,
			       s->range.start, s->range.end, s->data.size);
	if (!ranges_contain(allowed, s->range))
		return err_set(err, ERR_NO_ROOM, "segment %s 0x%" PRIx64 "-0x%" PRIx64 " lies outside of %s", name,
			       s->range.start, s->range.end,
			       plan->target == TARGET_CRASH ? "the crash reservation" : "the machine's RAM");
	return true;
}

bool paper_check(const struct plan *plan, const struct ranges *allowed, struct err *err)
{
	bool entry = false;

	if (!plan->sealed)
		return err_set(err, ERR_INTERNAL, "the plan is not sealed");
	if (plan->segment_count == 0)
		return err_set(err, ERR_INTERNAL, "the plan has no segment");
	if (plan->segment_count > PAPER_SEGMENT_MAX)
		return err_set(err, ERR_NO_ROOM, "the plan has %zu segments, and the kernel takes at most %d",
			       plan->segment_count, PAPER_SEGMENT_MAX);
	if (!is_power_of_two(plan->page_size) || plan->page_size < PIECE)
		return err_set(err, ERR_INTERNAL, "the plan's page size 0x%" PRIx64 " is no power of two from 0x%" PRIx64 " on",
			       plan->page_size, PIECE);
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		if (!check_one(plan, allowed, s, err))
			return false;
		for (size_t k = 0; k < i; k++) {
			const struct segment *other = &plan->segments[k];

			if (range_overlaps(s->range, other->range))
				return err_set(err, ERR_INTERNAL,
					       "segments %s 0x%" PRIx64 "-0x%" PRIx64 " and %s 0x%" PRIx64 "-0x%" PRIx64
					       " overlap",
					       segment_role_name(other->role), other->range.start, other->range.end,
					       segment_role_name(s->role), s->range.start, s->range.end);
		}
		entry = entry || (plan->entry >= s->range.start && plan->entry - s->range.start < s->data.size);
	}
	if (!entry)
		return err_set(err, ERR_INTERNAL, "the entry 0x%" PRIx64 " lies in no segment's data", plan->entry);
	if (plan->purgatory.present && plan->entry != plan->purgatory.entry)
		return err_set(err, ERR_INTERNAL, "the entry is 0x%" PRIx64 ", and purgatory's is 0x%" PRIx64, plan->entry,
			       plan->purgatory.entry);
	return true;
}

/* The first piece that ends above the address, or count. */
static size_t find(const struct paper *paper, uint64_t address)
{
	size_t low = 0, high = paper->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (paper->pieces[middle].range.end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Memory for a range in which there is none yet. */
static struct paper_piece *add(struct paper *paper, struct range range)
{
	size_t at = find(paper, range.start);

	if (paper->count == paper->capacity) {
		size_t capacity = paper->capacity ? paper->capacity * 2 : 32;
		struct paper_piece *grown = arena_array(&paper->arena, capacity, sizeof(*grown));

		if (paper->count)
			memcpy(grown, paper->pieces, paper->count * sizeof(*grown));
		paper->pieces = grown;
		paper->capacity = capacity;
	}
	memmove(&paper->pieces[at + 1], &paper->pieces[at], (paper->count - at) * sizeof(*paper->pieces));
	paper->count++;
	paper->pieces[at] = (struct paper_piece){ range, arena_alloc(&paper->arena, (size_t)range_size(range)) };
	return &paper->pieces[at];
}

bool paper_load(struct paper *paper, const struct plan *plan, const struct machine *machine, struct err *err)
{
	struct ranges crash;
	const struct ranges *allowed = &machine->ram;

	*paper = (struct paper){ .plan = plan };
	arena_init(&paper->arena);
	if (plan->target == TARGET_CRASH) {
		if (machine->crash.count == 0)
			return err_set(err, ERR_BAD_MACHINE,
				       "%s has no memory reserved for a crash kernel, and the plan is one for a crash",
				       machine->origin);
		/* The kernel loads into the last one only: crashk_res of Linux kernel/crash_core.c. */
		paper->crash = machine->crash.v[machine->crash.count - 1];
		ranges_init(&crash, &paper->arena);
		ranges_append(&crash, paper->crash);
		ranges_normalize(&crash);
		allowed = &crash;
	}
	if (!paper_check(plan, allowed, err))
		return err_prefix(err, "the paper machine refuses the plan");
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		/* Zeros behind the data cost no memory here: a segment may be all RAM of a machine. */
		if (s->data.size == 0)
			continue;

		uint64_t end = align_up(s->range.start + s->data.size, PIECE);
		struct paper_piece *piece = add(paper, (struct range){ s->range.start, end });

		memcpy(piece->bytes, s->data.data, s->data.size);
	}
	return true;
}

void paper_release(struct paper *paper)
{
	arena_release(&paper->arena);
}

/* How far memory is alike from the address on, at most size; *bytes is NULL where it is all zeros. */
static size_t look(const struct paper *paper, uint64_t address, uint64_t size, uint8_t **bytes)
{
	size_t i = find(paper, address);
	uint64_t left;

	if (i < paper->count && paper->pieces[i].range.start <= address) {
		*bytes = paper->pieces[i].bytes + (address - paper->pieces[i].range.start);
		left = paper->pieces[i].range.end - address;
	} else {
		*bytes = NULL;
		left = i < paper->count ? paper->pieces[i].range.start - address : UINT64_MAX;
	}
	return (size_t)(left < size ? left : size);
}

void paper_read(const struct paper *paper, uint64_t address, void *buffer, size_t size)
{
	uint8_t *to = buffer;

	while (size) {
		uint8_t *bytes;
		size_t part = look(paper, address, size, &bytes);

		if (bytes)
			memcpy(to, bytes, part);
		else
			memset(to, 0, part);
		to += part;
		address += part;
		size -= part;
	}
}

void paper_write(struct paper *paper, uint64_t address, const void *bytes, size_t size)
{
	const uint8_t *from = bytes;

	while (size) {
		uint8_t *to;
		size_t part = look(paper, address, size, &to);

		if (!to) {
			uint64_t start = align_down(address, PIECE);

			/* Segments consist of pages of at least this size, so none begins inside. */
			add(paper, (struct range){ start, start + PIECE });
			continue;
		}
		memcpy(to, from, part);
		from += part;
		address += part;
		size -= part;
	}
}

void paper_flip(struct paper *paper, uint64_t address, uint8_t mask)
{
	uint8_t byte;

	paper_read(paper, address, &byte, 1);
	byte ^= mask;
	paper_write(paper, address, &byte, 1);
}

static const uint8_t *map(const void *cookie, uint64_t address, uint64_t *length)
{
	uint8_t *bytes;

	*length = look(cookie, address, *length, &bytes);
	return bytes;
}

bool paper_verify(struct paper *paper, struct purgatory_verdict *verdict, struct err *err)
{
	const struct segment *purgatory = plan_segment(paper->plan, SEGMENT_PURGATORY);

	if (!purgatory)
		return err_set(err, ERR_UNSUPPORTED, "the plan has no purgatory, so nothing is verified before it starts");

	struct purgatory_memory memory = { .order = paper->plan->arch->order, .map = map, .cookie = paper };
	struct paper_piece *piece = &paper->pieces[find(paper, purgatory->range.start)];

	*verdict = purgatory_verify(piece->bytes, range_size(piece->range), piece->range.start, &memory,
				    sha256_blocks_portable);
	return true;
}

/* Whether anything was loaded at an address of the crash range, from the image on. */
static bool was_loaded(const struct paper *paper, uint64_t address)
{
	for (size_t i = 0; i < paper->plan->segment_count; i++) {
		struct range r = paper->plan->segments[i].range;

		if (r.start <= address && address < r.end)
			return true;
	}
	return false;
}

/* Where the byte that is at an address afterwards was before. */
static uint64_t before_swap(const struct paper *paper, uint64_t address)
{
	uint64_t base = paper->crash.start, size = range_size(paper->crash);

	if (address >= SWAP_FROM && address < size && was_loaded(paper, base + address))
		return base + address;
	if (address < base || address >= paper->crash.end)
		return address;

	uint64_t low = address - base;

	/* The lowcore goes to the start of the crash range; purgatory and meminfo behind it stay where they are. */
	if (low < LOWCORE_SIZE || low >= SWAP_FROM)
		return low;
	return address;
}

void paper_read_after_swap(const struct paper *paper, uint64_t address, void *buffer, size_t size)
{
	uint8_t *to = buffer;

	/* No rule of before_swap() changes within a piece. */
	while (size) {
		uint64_t left = PIECE - address % PIECE;
		size_t part = left < size ? (size_t)left : size;

		paper_read(paper, before_swap(paper, address), to, part);
		to += part;
		address += part;
		size -= part;
	}
}

static uint64_t read_le64(const struct paper *paper, uint64_t address)
{
	struct le64 wire;

	paper_read(paper, address, &wire, sizeof(wire));
	return le64_get(wire);
}

/* The segment that has data at an address, or NULL. */
static const struct segment *segment_at(const struct paper *paper, uint64_t address)
{
	for (size_t i = 0; i < paper->plan->segment_count; i++) {
		const struct segment *s = &paper->plan->segments[i];

		if (address >= s->range.start && address - s->range.start < s->data.size)
			return s;
	}
	return NULL;
}

/* Low memory to where the core header says that it is. */
static bool save_low_memory(struct paper *paper, uint64_t handoff, struct err *err)
{
	uint64_t source = read_le64(paper, handoff + 8 * PURGATORY_X86_BACKUP_SOURCE);
	uint64_t target = read_le64(paper, handoff + 8 * PURGATORY_X86_BACKUP_TARGET);
	uint64_t size = read_le64(paper, handoff + 8 * PURGATORY_X86_BACKUP_SIZE);
	const struct segment *backup = plan_segment(paper->plan, SEGMENT_BACKUP);

	if (size == 0 && !backup)
		return true;
	if (size > UINT64_MAX - target || size > UINT64_MAX - source || !backup ||
	    !range_contains(backup->range, (struct range){ target, target + size }))
		return err_set(err, ERR_INTERNAL,
			       "purgatory is told to save 0x%" PRIx64 " bytes at 0x%" PRIx64 " to 0x%" PRIx64
			       ", and there is no backup segment of that place",
			       size, source, target);
	if (!paper->plan->backup.present || paper->plan->backup.source.start != source ||
	    range_size(paper->plan->backup.source) != size || paper->plan->backup.address != target)
		return err_set(err, ERR_INTERNAL,
			       "purgatory is told to save 0x%" PRIx64 " bytes at 0x%" PRIx64 " to 0x%" PRIx64
			       ", and the core header looks for others there",
			       size, source, target);
	while (size) {
		uint8_t bytes[PIECE];
		size_t part = size < sizeof(bytes) ? (size_t)size : sizeof(bytes);

		paper_read(paper, source, bytes, part);
		paper_write(paper, target, bytes, part);
		source += part;
		target += part;
		size -= part;
	}
	return true;
}

/* other: a second role that will do. */
static bool check_register(const struct paper *paper, const char *name, uint64_t value, enum segment_role role,
			   enum segment_role other, unsigned int mode, struct err *err)
{
	const struct segment *s = segment_at(paper, value);

	if (value == 0)
		return true;
	if (!s || (s->role != role && s->role != other))
		return err_set(err, ERR_INTERNAL, "%s is 0x%" PRIx64 ", and there is nothing of role %s", name, value,
			       segment_role_name(role));
	if (mode != 64 && value > UINT32_MAX)
		return err_set(err, ERR_INTERNAL, "%s is 0x%" PRIx64 ", which %u-bit code cannot reach", name, value, mode);
	return true;
}

bool paper_start_x86(struct paper *paper, struct paper_x86_start *start, struct err *err)
{
	const struct plan *plan = paper->plan;
	const struct segment *purgatory = plan_segment(plan, SEGMENT_PURGATORY);

	if (!purgatory || plan->arch->order != ORDER_LITTLE)
		return err_set(err, ERR_UNSUPPORTED, "the plan has no purgatory of x86, so there is no hand-over");

	uint64_t handoff = purgatory->range.start + plan->purgatory.params_offset +
			   offsetof(struct purgatory_params, handoff);

	*start = (struct paper_x86_start){
		.mode = (unsigned int)read_le64(paper, handoff + 8 * PURGATORY_X86_MODE),
		.entry = read_le64(paper, handoff + 8 * PURGATORY_X86_ENTRY),
		.rax = read_le64(paper, handoff + 8 * PURGATORY_X86_RAX),
		.rbx = read_le64(paper, handoff + 8 * PURGATORY_X86_RBX),
		.rsi = read_le64(paper, handoff + 8 * PURGATORY_X86_RSI),
	};
	if (start->mode != 64 && start->mode != 32 && start->mode != 16)
		return err_set(err, ERR_INTERNAL, "purgatory is told to start in a mode of %u bits", start->mode);

	enum segment_role role = start->mode == 16 ? SEGMENT_BOOT_PARAMS : SEGMENT_KERNEL;

	if (!segment_at(paper, start->entry))
		return err_set(err, ERR_INTERNAL, "the kernel's entry 0x%" PRIx64 " lies where nothing was loaded",
			       start->entry);
	/* rbx: what a multiboot kernel is told, or ELF boot notes, which lie with Linux's parameters. */
	return check_register(paper, "the entry", start->entry, role, role, start->mode, err) &&
	       check_register(paper, "rsi", start->rsi, SEGMENT_BOOT_PARAMS, SEGMENT_BOOT_PARAMS, start->mode, err) &&
	       check_register(paper, "rbx", start->rbx, SEGMENT_MULTIBOOT_INFO, SEGMENT_BOOT_PARAMS, start->mode, err) &&
	       save_low_memory(paper, handoff, err);
}
