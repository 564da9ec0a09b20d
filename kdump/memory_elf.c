/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/memory_elf.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "elf_wire.h"

/* Far beyond any core file's: one for each piece of memory. */
#define MAX_HEADERS (UINT32_C(1) << 20)

static bool read_exactly(const struct memory *memory, uint64_t offset, void *buffer, size_t size, const char *what,
			 struct err *err)
{
	uint8_t *bytes = buffer;

	while (size) {
		if (offset > INT64_MAX)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s: the ELF header says that the %s is at 0x%" PRIx64
				       ", beyond what a file can have",
				       memory->path, what, offset);

		ssize_t n = pread(memory->fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_system(err, errno, "cannot read the %s of %s", what, memory->path);
		if (n == 0)
			return err_set(err, ERR_BAD_IMAGE, "%s ends at 0x%" PRIx64 ", inside its %s", memory->path,
				       offset, what);
		bytes += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

static bool check_header(const struct memory *memory, const struct elf64_header *ehdr, enum order order,
			 uint16_t elf_machine, struct err *err)
{
	uint8_t data = order == ORDER_BIG ? ELFDATA2MSB : ELFDATA2LSB;

	if (ehdr->ident.class != ELFCLASS64 || ehdr->ident.data != data)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: ELF class %u and byte order %u found, expected %u and %u: it is of another "
			       "architecture, or damaged",
			       memory->path, ehdr->ident.class, ehdr->ident.data, ELFCLASS64, data);
	if (raw16_get(ehdr->type, order) != ET_CORE)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: ELF type %u found, expected %u (core): it is a program or kernel, not memory",
			       memory->path, raw16_get(ehdr->type, order), ET_CORE);
	if (raw16_get(ehdr->machine, order) != elf_machine)
		return err_set(err, ERR_BAD_IMAGE, "%s: ELF machine %u found, expected %u: it is of another architecture",
			       memory->path, raw16_get(ehdr->machine, order), elf_machine);
	if (raw16_get(ehdr->phentsize, order) != sizeof(struct elf64_program))
		return err_set(err, ERR_BAD_IMAGE, "%s: ELF program headers of %u bytes found, expected %zu",
			       memory->path, raw16_get(ehdr->phentsize, order), sizeof(struct elf64_program));
	return true;
}

static bool header_count(const struct memory *memory, const struct elf64_header *ehdr,
			 enum order order, uint32_t *count,
			 struct err *err)
{
	*count = raw16_get(ehdr->phnum, order);
	if (*count == PN_XNUM) {
		struct elf64_section first;

		if (!read_exactly(memory, raw64_get(ehdr->shoff, order), &first, sizeof(first), "first section header",
				  err))
			return false;
		*count = raw32_get(first.info, order);
	}
	if (*count > MAX_HEADERS)
		return err_set(err, ERR_BAD_IMAGE, "%s: %" PRIu32 " ELF program headers found, at most %" PRIu32 " expected",
			       memory->path, *count, MAX_HEADERS);
	return true;
}

static int compare_start(const void *a, const void *b)
{
	const struct memory_part *x = a, *y = b;

	if (x->range.start != y->range.start)
		return x->range.start < y->range.start ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* A core may show the same memory twice, and need not ascend; each byte is then found by halving, in one part. */
static void sort_parts(struct memory *memory)
{
	size_t kept = 0;

	qsort(memory->parts, memory->part_count, sizeof(*memory->parts), compare_start);
	for (size_t i = 0; i < memory->part_count; i++) {
		struct memory_part part = memory->parts[i];
		uint64_t taken = kept ? memory->parts[kept - 1].range.end : 0;

		if (part.range.end <= taken)
			continue;
		if (part.range.start < taken) {
			part.offset += taken - part.range.start;
			part.range.start = taken;
		}
		memory->parts[kept++] = part;
	}
	memory->part_count = kept;
}

bool memory_elf_parts(struct memory *memory, struct arena *arena, struct blob head, enum order order,
		      uint16_t elf_machine, struct err *err)
{
	const struct elf64_header *ehdr = blob_at(head, 0, sizeof(*ehdr));
	uint32_t count;

	if (!ehdr)
		return err_set(err, ERR_BAD_IMAGE, "%s ends after %zu bytes, inside its ELF header", memory->path,
			       head.size);
	if (!check_header(memory, ehdr, order, elf_machine, err) ||
	    !header_count(memory, ehdr, order, &count, err))
		return false;

	/* One by one: a count that the file does not hold ends at the first missing header, before it costs memory. */
	size_t capacity = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct elf64_program phdr;

		uint64_t at = raw64_get(ehdr->phoff, order);

		if (at > INT64_MAX)
			return err_set(err, ERR_BAD_IMAGE, "%s: ELF program headers at 0x%" PRIx64
							   ", beyond what a file can have",
				       memory->path, at);
		if (!read_exactly(memory, at + (uint64_t)i * sizeof(phdr), &phdr, sizeof(phdr), "program headers", err))
			return false;
		if (raw32_get(phdr.type, order) != PT_LOAD)
			continue;

		uint64_t start = raw64_get(phdr.paddr, order), size = raw64_get(phdr.filesz, order);
		uint64_t offset = raw64_get(phdr.offset, order);

		/* /proc/kcore gives -1 as the physical address of what has none. */
		if (start == UINT64_MAX || size == 0)
			continue;
		if (size > UINT64_MAX - start || size > UINT64_MAX - offset)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s: program header %" PRIu32 " has offset 0x%" PRIx64 ", address 0x%" PRIx64
				       " and 0x%" PRIx64 " bytes, beyond what 64 bits hold",
				       memory->path, i, offset, start, size);
		if (memory->part_count == capacity) {
			capacity = capacity ? capacity * 2 : 64;

			struct memory_part *grown = arena_array(arena, capacity, sizeof(*grown));

			for (size_t k = 0; k < memory->part_count; k++)
				grown[k] = memory->parts[k];
			memory->parts = grown;
		}
		memory->parts[memory->part_count++] =
			(struct memory_part){ .range = { start, start + size }, .offset = offset };
	}
	if (memory->part_count == 0)
		return err_set(err, ERR_BAD_IMAGE, "%s is an ELF core without any memory in it (%" PRIu32
						   " program headers, none a PT_LOAD with a physical address)",
			       memory->path, count);
	sort_parts(memory);
	return true;
}
