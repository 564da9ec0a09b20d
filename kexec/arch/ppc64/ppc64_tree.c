/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree is the running machine's, or that of --dtb, with what was said to, or found out by, the kernel that it
 * was for taken out. Sources: Linux drivers/of/kexec.c, arch/powerpc/kexec/file_load_64.c (7.2), which make the
 * tree for kexec_file_load(2); doc/architecture has what differs.
 */
#include <inttypes.h>
#include <string.h>

#include "kexec/arch/ppc64/ppc64.h"
#include "kexec/arch/ppc64/ppc64_memory.h"
#include "kexec/base/cmdline.h"
#include "kexec/machine/power.h"
#include "kexec/plan/devtree.h"

#define CHOSEN "/chosen"
#define GIB (UINT64_C(1) << 30)

/* For what boot code adds before it unpacks the tree. */
#define SLACK 4096

/* Linux's own vectors and what it copies there: a capture kernel uses them, so purgatory saves them. */
#define VECTORS_END UINT64_C(0x10000)

/* Left out in each node: made by the running kernel for itself, and made again by the next. */
static const char *const everywhere[] = { "name", "linux,pci-domain", "linux,htab-base", "linux,htab-size" };

/* Left out in /chosen, or set below. */
static const char *const in_chosen[] = {
	"linux,kernel-end",	   "linux,memory-limit", "linux,crashkernel-base", "linux,crashkernel-size",
	"linux,elfcorehdr",	   "linux,initrd-start", "linux,initrd-end",	   "linux,usable-memory-range",
	"linux,booted-from-kexec", "bootargs",		 "linux,ima-kexec-buffer", "linux,kho-fdt",
	"linux,kho-scratch",	   "rng-seed",		 "kaslr-seed",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EDITS_MOST (COUNT(everywhere) + COUNT(in_chosen) + 4 + 8)

struct maker {
	const struct ppc64_tree *tree;
	struct plan *plan;
	struct blob base;
	struct ppc64_cells cells;
	bool capture; /* the running kernel is one itself, and its tree hides memory */
	struct devtree_edit edits[EDITS_MOST];
	size_t edit_count;
	struct range *reserved;
	size_t reserved_count;
};

bool ppc64_tree_base(const struct image *image, const struct machine *machine, struct blob *base, struct err *err)
{
	if (!machine->power.present)
		return err_set(err, ERR_BAD_MACHINE,
			       "%s has no device tree that makes sense%s%s. It alone says what memory firmware and the running "
			       "kernel use, so nothing can be loaded without it, with --dtb either",
			       machine->origin, machine->devicetree_problem ? ": " : "",
			       machine->devicetree_problem ? machine->devicetree_problem : " (/proc/device-tree)");
	*base = image->dtb.size ? image->dtb : machine->devicetree;
	return true;
}

static void edit(struct maker *m, const char *path, const char *name, const void *data, size_t size)
{
	m->edits[m->edit_count++] = (struct devtree_edit){ path, name, data, size };
}

static void set(struct maker *m, const char *name, const void *data, size_t size)
{
	uint8_t *copy = arena_alloc(&m->plan->arena, size);

	memcpy(copy, data, size);
	edit(m, CHOSEN, name, copy, size);
}

static void set_number(struct maker *m, const char *name, uint64_t number)
{
	struct be64 value = be64_make(number);

	set(m, name, &value, sizeof(value));
}

static void set_range(struct maker *m, const char *name, struct range range)
{
	uint8_t bytes[16];
	size_t used = 0;
	const uint64_t numbers[] = { range.start, range_size(range) };
	const unsigned int cells[] = { m->cells.address, m->cells.size };

	for (size_t i = 0; i < 2; i++) {
		struct be64 wide = be64_make(numbers[i]);
		size_t size = cells[i] * sizeof(struct be32);

		memcpy(bytes + used, wide.b + sizeof(wide) - size, size);
		used += size;
	}
	set(m, name, bytes, used);
}

/*
 * One that waits to be saved stays known to the next kernel, whose turn it is then. One that was saved is none any
 * more, and yet the running tree goes on saying that there is one: the next kernel would give up most of its
 * memory for it.
 */
static void edit_dump(struct maker *m)
{
	const struct machine *machine = m->tree->machine;

	if (machine->dump_pending) {
		plan_warn(m->plan,
			  "a firmware-assisted dump waits to be saved (/proc/vmcore): the next kernel is told of it, and uses only "
			  "the memory that it leaves. Save it first");
		return;
	}
	edit(m, "/rtas", "ibm,kernel-dump", NULL, 0);
	edit(m, "/ibm,opal/dump", "mpipl-boot", NULL, 0);
}

static void edit_chosen(struct maker *m)
{
	const struct ppc64_tree *t = m->tree;

	for (size_t i = 0; i < COUNT(in_chosen); i++)
		edit(m, CHOSEN, in_chosen[i], NULL, 0);
	set(m, "bootargs", t->cmdline, strlen(t->cmdline) + 1);
	if (!range_is_empty(t->initrd)) {
		set_number(m, "linux,initrd-start", t->initrd.start);
		set_number(m, "linux,initrd-end", t->initrd.end);
	}
	if (t->crash && !range_is_empty(t->crash->elfcorehdr))
		set_range(m, "linux,elfcorehdr", t->crash->elfcorehdr);
	if (t->request->has_seed) {
		/* The first eight bytes choose addresses, which become known; the others must not follow from them. */
		set(m, "kaslr-seed", t->request->seed, 8);
		set(m, "rng-seed", t->request->seed + 8, sizeof(t->request->seed) - 8);
	}
	set(m, "linux,booted-from-kexec", "", 0);
}

static bool is_capture(const struct maker *m)
{
	const char *cursor = m->tree->machine->cmdline;
	struct cmdline_word word;

	while (cursor && cmdline_next(&cursor, &word))
		if (cmdline_word_is(word, "elfcorehdr"))
			return true;
	return devtree_value(m->base, devtree_find(m->base, CHOSEN), "linux,elfcorehdr").data;
}

static bool add_to_node(void *context, const struct devtree_node *node, struct devtree_sink *sink, struct err *err)
{
	const struct maker *m = context;
	static const char usable[] = "linux,usable-memory";
	struct blob compatible, value;

	if (m->tree->crash)
		return ppc64_memory_add_usable(node, m->cells, &m->tree->crash->usable, sink, err);
	if (!m->capture)
		return true;

	/* Firmware's own word on a GPU's memory, which stays; what kdump said of the rest goes. */
	compatible = devtree_value(node->tree, node->offset, "compatible");
	value = devtree_value(node->tree, node->offset, usable);
	if (value.data && devtree_has_text(compatible, "ibm,coherent-device-memory"))
		devtree_add(sink, usable, value.data, value.size);
	return true;
}

static void reserve(struct maker *m, struct range range)
{
	if (!range_is_empty(range))
		m->reserved[m->reserved_count++] = range;
}

/* A capture kernel is given whole pages of it to look at: what else is in them is the crashed kernel's. */
static void reserve_firmware(struct maker *m, struct range range)
{
	if (m->tree->crash && !range_is_empty(range))
		range = (struct range){ align_down(range.start, m->plan->page_size), align_up(range.end, m->plan->page_size) };
	reserve(m, range);
}

/*
 * For the next kernel to leave alone. reserved-ranges and /reserved-memory are in the tree itself, and Linux
 * refuses a no-map range that was reserved here before.
 */
static void find_reserved(struct maker *m)
{
	const struct ppc64_tree *t = m->tree;
	const struct machine_power *power = &t->machine->power;
	const struct plan *plan = m->plan;

	m->reserved = arena_array(&m->plan->arena, power->tce.count + plan->segment_count + 4, sizeof(*m->reserved));
	if (t->crash)
		reserve(m, (struct range){ VECTORS_END, plan->crash.start });
	reserve_firmware(m, power->rtas);
	reserve_firmware(m, power->opal_range);
	for (size_t i = 0; i < power->tce.count; i++)
		reserve_firmware(m, power->tce.v[i]);
	reserve(m, t->initrd);
	for (size_t i = 0; i < plan->segment_count; i++)
		if (plan->segments[i].role == SEGMENT_BACKUP || plan->segments[i].role == SEGMENT_ELFCOREHDR ||
		    plan->segments[i].role == SEGMENT_MEMINFO)
			reserve(m, plan->segments[i].range);
}

/* Room for a node of each core that may come: the kernel writes all of them anew on CPU hotplug. */
static size_t hotplug_room(const struct maker *m)
{
	size_t largest = 0, nodes = 0, threads = 1;
	struct blob tree = m->base;
	int cpus = devtree_find(tree, "/cpus");

	if (cpus < 0)
		return 0;
	for (int node = devtree_first(tree, cpus); node >= 0; node = devtree_next(tree, node)) {
		size_t size, each = devtree_value(tree, node, "ibm,ppc-interrupt-server#s").size / 4;

		if (!devtree_has_text(devtree_value(tree, node, "device_type"), "cpu"))
			continue;
		size = devtree_size(tree, node);
		nodes++;
		largest = size > largest ? size : largest;
		threads = each > threads ? each : threads;
	}

	size_t possible = (m->tree->machine->power.cpus_possible + threads - 1) / threads;

	return possible > nodes ? (possible - nodes) * largest : 0;
}

static bool same(struct range a, struct range b)
{
	return (range_is_empty(a) && range_is_empty(b)) || (a.start == b.start && a.end == b.end);
}

/* The next kernel calls firmware where the tree says that it is. */
static bool check_firmware(const struct machine_power *given, const struct machine_power *own, struct err *err)
{
	if (given->opal != own->opal)
		return err_set(err, ERR_BAD_MACHINE,
			       "the device tree is that of a machine with%s OPAL, and this one has %s. Was it made for another one?",
			       given->opal ? "" : "out", own->opal ? "it" : "none");
	if (same(given->rtas, own->rtas) && same(given->opal_range, own->opal_range))
		return true;

	bool rtas = !same(given->rtas, own->rtas);
	const struct range there = rtas ? given->rtas : given->opal_range, here = rtas ? own->rtas : own->opal_range;

	return err_set(err, ERR_BAD_MACHINE,
		       "the device tree has %s at 0x%" PRIx64 "-0x%" PRIx64 ", and on this machine it is at 0x%" PRIx64 "-0x%" PRIx64
		       ". Make it from /proc/device-tree of the running kernel, which is where these addresses are (dtc -I fs)",
		       rtas ? "RTAS" : "OPAL", there.start, there.end, here.start, here.end);
}

/* A tree of --dtb is for this machine where it has its firmware, and memory at all that was chosen here. */
static bool check_given(const struct maker *m, struct err *err)
{
	struct arena scratch;
	struct power_facts facts;
	bool ok;

	arena_init(&scratch);
	ok = power_decode(&facts, m->base, &scratch, err);
	ok = ok && check_firmware(&facts.power, &m->tree->machine->power, err);
	if (ok && facts.power.cpus_possible == 0)
		ok = err_set(err, ERR_BAD_MACHINE, "the device tree has no CPU below /cpus");
	for (size_t i = 0; ok && i < m->plan->segment_count; i++) {
		const struct segment *s = &m->plan->segments[i];

		if (!ranges_contain(&facts.memory, s->range))
			ok = err_set(err, ERR_BAD_MACHINE,
				     "the device tree has no memory at 0x%" PRIx64 "-0x%" PRIx64 ", where %s is loaded on this "
				     "machine. Was it made for another one, or before memory was added?",
				     s->range.start, s->range.end, segment_role_name(s->role));
	}
	arena_release(&scratch);
	return ok;
}

static bool make(struct maker *m, struct devtree *out, struct err *err)
{
	struct devtree_changes changes = {
		.edits = m->edits,
		.node = add_to_node,
		.context = m,
		.restore_names = !m->tree->image->dtb.size,
		.slack = SLACK + (m->tree->request->hotplug ? hotplug_room(m) : 0),
	};
	static const char *const dump_nodes[] = { "/ibm,opal/dump/mpipl-boot", NULL };

	if (!ppc64_memory_cells(m->base, &m->cells, err) ||
	    (m->tree->image->dtb.size && !check_given(m, err)))
		return false;
	for (size_t i = 0; i < COUNT(everywhere); i++)
		edit(m, NULL, everywhere[i], NULL, 0);
	if (m->tree->crash || m->capture) {
		edit(m, NULL, "linux,usable-memory", NULL, 0);
		edit(m, NULL, "linux,drconf-usable-memory", NULL, 0);
	}
	edit_dump(m);
	edit_chosen(m);
	find_reserved(m);
	if (!m->tree->machine->dump_pending)
		changes.drop_nodes = dump_nodes;
	changes.edit_count = m->edit_count;
	changes.reserved = m->reserved;
	changes.reserved_count = m->reserved_count;
	return devtree_rewrite(m->base, &changes, &m->plan->arena, out, err);
}

/*
 * High, where boot code of all kernels looks: in a partition below 1 GiB, to which they clamp the real-mode area
 * (hash__setup_initial_memory_limit()). A crash reservation lies where it lies.
 */
static struct range window_of(const struct maker *m)
{
	struct range window = ppc64_above_kernel(m->plan);

	if (!m->tree->machine->power.opal && !m->tree->crash)
		window.end = GIB;
	return window;
}

bool ppc64_tree_place(const struct ppc64_tree *tree, struct plan *plan, uint64_t *address, struct err *err)
{
	bool hotplug = tree->request->hotplug, given = tree->image->dtb.size;
	struct maker m = { .tree = tree, .plan = plan };
	struct devtree made;

	if (!ppc64_tree_base(tree->image, tree->machine, &m.base, err))
		return false;
	m.capture = is_capture(&m);
	if (!make(&m, &made, err)) {
		if (!given)
			return err_prefix(err, "%s", tree->machine->origin);
		if (err->code == ERR_BAD_MACHINE)
			err->code = ERR_BAD_IMAGE;
		return err_prefix(err, "--dtb");
	}
	if (!plan_place(plan,
			&(struct placement){
				.role = SEGMENT_DEVICE_TREE,
				.data = { made.data, made.size },
				.window = window_of(&m),
				.high = true,
				.unhashed = hotplug,
				.why = hotplug ? "high, with room for the CPUs that may come"
					       : "high, in what boot code reaches with translation off",
			},
			address, err))
		return false;
	devtree_set_address(&made, *address);
	return true;
}
