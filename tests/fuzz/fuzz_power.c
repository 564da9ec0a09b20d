/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flattened device tree is refused with a reason, or gives a machine that makes sense; and the text of that machine
 * reads as the same machine again. The tree must be aligned, as all others are.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "kexec/machine/power.h"

static void check_ranges(const struct ranges *set)
{
	for (size_t i = 0; i < set->count; i++) {
		fuzz_demand(set->v[i].start < set->v[i].end);
		fuzz_demand(i == 0 || set->v[i - 1].end < set->v[i].start);
	}
}

static void check_facts(const struct power_facts *facts)
{
	const struct machine_power *power = &facts->power;

	fuzz_demand(power->present && facts->memory.count > 0);
	check_ranges(&facts->memory);
	check_ranges(&power->tce);
	check_ranges(&power->reserved);
	fuzz_demand(!range_is_empty(power->rma) && ranges_contain(&facts->memory, power->rma));
	fuzz_demand(power->rtas.end >= power->rtas.start && power->opal_range.end >= power->opal_range.start);
	fuzz_demand(power->htab.end >= power->htab.start && facts->crash.end >= facts->crash.start);
	fuzz_demand(facts->initrd.end >= facts->initrd.start);
	fuzz_demand(power->has_terminal || power->terminal == 0);
}

/* With a text the tree goes through the reader and the writer, whether it makes sense or not. */
static void check_text(struct blob tree)
{
	static const char head[] = "machine 1\narch ppc64\npage-size 65536\nresource 0 0x0 0x1000000 \"System RAM\"\nend\n";
	static struct err err;
	struct machine machine, again;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fuzz_demand(out != NULL);
	fuzz_demand(machine_read_text(&machine, "head", (struct blob){ (const uint8_t *)head, sizeof(head) - 1 }, &err));
	machine.devicetree = tree;
	fuzz_demand(machine_write_text(&machine, out, &err));
	fuzz_demand(fclose(out) == 0);
	if (machine_read_text(&again, "again", (struct blob){ (uint8_t *)text, size }, &err)) {
		fuzz_demand(again.devicetree.size > 0);
		machine_release(&again);
	} else {
		/* Names that no directory can have. */
		fuzz_demand(err.code == ERR_BAD_MACHINE && strncmp(err.text, "again:", 6) == 0);
	}
	free(text);
	machine_release(&machine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct power_facts facts;
	struct arena arena;

	arena_init(&arena);

	uint8_t *copy = malloc(size ? size : 1); /* aligned, and not a byte more than there is */

	fuzz_demand(copy != NULL);
	if (size)
		memcpy(copy, data, size);

	bool ok = power_decode(&facts, (struct blob){ copy, size }, &arena, &err);

	if (!ok) {
#ifdef HAVE_LIBFDT
		fuzz_demand(err.code == ERR_BAD_MACHINE);
		fuzz_demand(strncmp(err.text, "device tree: ", 13) == 0);
#else
		fuzz_demand(err.code == ERR_UNSUPPORTED);
#endif
	} else {
		check_facts(&facts);
		check_text((struct blob){ copy, size });
	}
	free(copy);
	arena_release(&arena);
	return 0;
}
