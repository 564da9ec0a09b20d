/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is Power's own in the verification: purgatory's hand-off values, the block at which the other CPUs wait, and the
 * device tree's header. ppc64 and ppc64le differ in the order of all but the device tree.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "kdump/verify_state.h"
#include "plan.h"

#define HEX64 "0x%" PRIx64

/* The first 64 KiB are saved: kexec/arch/ppc64/ppc64_crash.c. */
#define BACKUP_SIZE UINT64_C(0x10000)

/* purgatory_abi.h: a copy of the kernel's first bytes, but for the first word. */
#define BLOCK_SIZE 0x100
#define BLOCK_FROM 4

/* Where purgatory tells the kernel that it is to run where it lies; so the word differs once it has run. */
#define RUN_AT_LOAD_AT 0x5c

/* Devicetree Specification 0.4, 5.2. */
#define TREE_MAGIC UINT32_C(0xd00dfeed)

struct tree_header {
	struct be32 magic, total_size, structs, strings, reserved, version, last_compatible;
	struct be32 boot_cpu, strings_size, structs_size;
};

static uint64_t handoff(const struct verify *verify, int index)
{
	return raw64_get(verify->purgatory.params.handoff[index], verify->order);
}

static void expect_most(struct verify *verify, const char *what, int index, uint64_t most)
{
	uint64_t value = handoff(verify, index);

	if (value > most)
		verify_purgatory_bad(verify, "%s: found " HEX64 ", expected at most " HEX64, what, value, most);
}

/* The entry is in what begins at the base, where there is one. */
static void expect_entry(struct verify *verify, const char *what, int base, int entry)
{
	uint64_t at = handoff(verify, base), call = handoff(verify, entry);

	if (call < at)
		verify_purgatory_bad(verify, "%s: found entry " HEX64 " with base " HEX64 ", expected one above it", what, call,
				     at);
}

static void check_handoff(struct verify *verify)
{
	uint64_t source = handoff(verify, PURGATORY_PPC64_BACKUP_SOURCE);
	uint64_t size = handoff(verify, PURGATORY_PPC64_BACKUP_SIZE);

	if (source || size != BACKUP_SIZE)
		verify_purgatory_bad(verify, "backup: found " HEX64 " bytes of " HEX64 ", expected " HEX64 " of 0x0", size, source,
				     BACKUP_SIZE);
	expect_most(verify, "run at load", PURGATORY_PPC64_RUN_AT_LOAD, 1);
	expect_most(verify, "console", PURGATORY_PPC64_CONSOLE, PURGATORY_PPC64_CONSOLE_OPAL);
	expect_most(verify, "terminal", PURGATORY_PPC64_TERMINAL, UINT32_MAX);
	expect_most(verify, "CPU features", PURGATORY_PPC64_CPU_FEATURES, PURGATORY_PPC64_CPU_VSHASIGMA);
	expect_most(verify, "token of RTAS system-reboot", PURGATORY_PPC64_RTAS_REBOOT, UINT32_MAX);
	expect_entry(verify, "OPAL", PURGATORY_PPC64_OPAL_BASE, PURGATORY_PPC64_OPAL_ENTRY);
	expect_entry(verify, "RTAS", PURGATORY_PPC64_RTAS_BASE, PURGATORY_PPC64_RTAS_ENTRY);
	for (int i = PURGATORY_PPC64_RTAS_REBOOT + 1; i < PURGATORY_HANDOFF; i++)
		if (handoff(verify, i))
			verify_purgatory_bad(verify, "hand-off value %d: found " HEX64 ", expected 0", i, handoff(verify, i));
}

/* The segment of that role in which [address, address + size) lies, or NULL. */
static const struct verify_segment *segment_at(const struct verify *verify, uint32_t role, uint64_t address,
					       uint64_t size)
{
	for (size_t i = 0; i < verify->segment_count; i++) {
		const struct verify_segment *s = &verify->segments[i];

		if (s->role == role && s->bounded && address >= s->address && address - s->address <= s->size &&
		    size <= s->size - (address - s->address))
			return s;
	}
	return NULL;
}

static const struct verify_segment *check_target(struct verify *verify, struct finding *line, const char *what,
						 int index, uint32_t role, uint64_t size)
{
	const struct verify_segment *segment = segment_at(verify, role, handoff(verify, index), size);

	if (!segment)
		finding_bad(&verify->findings, line, "%s: found " HEX64 ", expected an address in a segment %s", what,
			    handoff(verify, index), verify_role_name(role));
	return segment;
}

/* The other CPUs run these bytes in a copy at 0, where the kernel's own would be at a cold start. */
static bool check_block(struct verify *verify, struct finding *line, const struct verify_segment *kernel,
			struct err *err)
{
	const struct verify_purgatory *p = &verify->purgatory;
	const uint8_t *block = blob_at(p->bytes, p->entry_crash - p->start, BLOCK_SIZE);
	uint32_t result = raw32_get(p->params.result, verify->order);
	bool ran = result == PURGATORY_RESULT_INTACT || result == PURGATORY_RESULT_SKIPPED;
	uint8_t first[BLOCK_SIZE];

	if (p->entry_crash % BLOCK_SIZE || !block) {
		finding_bad(&verify->findings, line, "entry: found " HEX64 ", expected a multiple of 0x%x with as many bytes",
			    p->entry_crash, BLOCK_SIZE);
		return true;
	}
	/* Of a kernel that is damaged itself, its own line tells. */
	if (kernel->finding->bad)
		return true;
	if (!memory_read(verify->memory, handoff(verify, PURGATORY_PPC64_KERNEL), first, sizeof(first), err))
		return false;
	for (size_t i = BLOCK_FROM; i < BLOCK_SIZE; i++) {
		bool changed = ran && i >= RUN_AT_LOAD_AT && i < RUN_AT_LOAD_AT + 4;

		if (block[i] == first[i] || changed)
			continue;
		finding_bad(&verify->findings, line,
			    "block of the waiting CPUs, byte 0x%zx: found 0x%02x, expected 0x%02x as in the kernel", i, block[i],
			    first[i]);
		return true;
	}
	finding_good(&verify->findings, line, "block of the waiting CPUs");
	return true;
}

/* With --hotplug nobody has a checksum of the tree. */
static bool check_tree(struct verify *verify, const struct verify_segment *tree, struct err *err)
{
	struct tree_header header;

	if (tree->finding->bad)
		return true;
	if (!memory_read(verify->memory, tree->address, &header, sizeof(header), err))
		return false;

	uint32_t size = be32_get(header.total_size);

	if (be32_get(header.magic) != TREE_MAGIC || size < sizeof(header) || size > tree->size)
		finding_bad(&verify->findings, tree->finding,
			    "header: found magic 0x%08" PRIx32 " and 0x%" PRIx32 " bytes, expected 0x%08" PRIx32 " and at most " HEX64,
			    be32_get(header.magic), size, TREE_MAGIC, tree->size);
	else
		finding_good(&verify->findings, tree->finding, "header of 0x%" PRIx32 " bytes of device tree", size);
	return true;
}

static bool check_more(struct verify *verify, struct err *err)
{
	const struct verify_segment *purgatory = verify_segment_of_role(verify, SEGMENT_PURGATORY);

	if (!purgatory || !verify->purgatory.table_ok)
		return true;

	struct finding *line = purgatory->finding;
	const struct verify_segment *kernel =
		check_target(verify, line, "kernel", PURGATORY_PPC64_KERNEL, SEGMENT_KERNEL, BLOCK_SIZE);
	const struct verify_segment *tree = check_target(verify, line, "device tree", PURGATORY_PPC64_DEVICE_TREE,
							 SEGMENT_DEVICE_TREE, sizeof(struct tree_header));

	check_target(verify, line, "backup", PURGATORY_PPC64_BACKUP_TARGET, SEGMENT_BACKUP, BACKUP_SIZE);
	if (tree && tree->address != handoff(verify, PURGATORY_PPC64_DEVICE_TREE))
		finding_bad(&verify->findings, line, "device tree: found " HEX64 ", expected " HEX64 ", where its segment begins",
			    handoff(verify, PURGATORY_PPC64_DEVICE_TREE), tree->address);
	if (kernel && !check_block(verify, line, kernel, err))
		return false;
	return !tree || check_tree(verify, tree, err);
}

static bool meminfo_page(const struct verify *verify, struct range crash, uint64_t page_size, uint64_t *page)
{
	return machine_power_meminfo(verify->machine, crash, page_size, page);
}

/* Linux has one or the other: CONFIG_PPC_64K_PAGES, CONFIG_PPC_4K_PAGES. */
static const uint64_t pages[] = { 0x10000, 0x1000, 0 };

const struct verify_arch verify_ppc64 = {
	.id = ARCH_PPC64,
	.order = ORDER_BIG,
	.elf_machine = EM_PPC64,
	.by_machine = true,
	.purgatory_far = true,
	.note_align = 4,
	.pages = pages,
	.meminfo_page = meminfo_page,
	.check = verify_last_page_check,
	.check_more = check_more,
	.check_handoff = check_handoff,
};

const struct verify_arch verify_ppc64le = {
	.id = ARCH_PPC64LE,
	.order = ORDER_LITTLE,
	.elf_machine = EM_PPC64,
	.by_machine = true,
	.purgatory_far = true,
	.note_align = 4,
	.pages = pages,
	.meminfo_page = meminfo_page,
	.check = verify_last_page_check,
	.check_more = check_more,
	.check_handoff = check_handoff,
};
