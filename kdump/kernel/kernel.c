/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <string.h>

#include "kdump/kernel/translate.h"
#include "range.h"

#define PAGE_SIZE_MIN 4096
#define PAGE_SIZE_MAX (1u << 20)

/* Since Linux 4.13, since 2.6.30, and what every other architecture and VMCOREINFO_SYMBOL_ARRAY() say. */
static const char *const root_symbols[] = { "swapper_pg_dir", "init_top_pgt", "init_level4_pgt" };

enum check {
	CHECK_HOLDS,
	CHECK_FAILS,
	CHECK_UNKNOWN, /* the dump lacks what is needed to tell */
};

static uint64_t find_page_size(const struct kernel *kernel)
{
	uint64_t size;

	if (kernel_info_decimal(&kernel->info, "PAGESIZE", &size) && is_power_of_two(size) && size >= PAGE_SIZE_MIN &&
	    size <= PAGE_SIZE_MAX)
		return size;
	return kernel->dump->page_size;
}

/* init_uts_ns.name.sysname: the one text in every Linux that lies at a symbol of VMCOREINFO and is known beforehand. */
static bool uts_address(const struct kernel *kernel, uint64_t *vaddr)
{
	uint64_t symbol, offset;

	if (!kernel_info_symbol(&kernel->info, "init_uts_ns", &symbol) ||
	    !kernel_info_offset(&kernel->info, "uts_namespace.name", &offset) || symbol > UINT64_MAX - offset)
		return false;
	*vaddr = symbol + offset;
	return true;
}

static enum check check_uts(struct kernel_view *view, uint64_t physical)
{
	static const char expected[] = "Linux";
	const struct dump *dump = kernel_of_view(view)->dump;
	char found[sizeof(expected)];
	struct err err;

	if (!kernel_physical(view, physical, found, sizeof(found), &err))
		return dump_page_state(dump, physical / dump->page_size) == DUMP_PAGE_ABSENT ? CHECK_FAILS : CHECK_UNKNOWN;
	return memcmp(found, expected, sizeof(expected)) ? CHECK_FAILS : CHECK_HOLDS;
}

static enum check check_headers(const struct kernel_translation *translation, struct kernel_view *view)
{
	struct kernel_block block;
	uint64_t uts;

	if (!uts_address(kernel_of_view(view), &uts) || !kernel_headers_find(translation, uts, &block))
		return CHECK_UNKNOWN;
	return check_uts(view, block.physical + (uts - block.vaddr));
}

static enum check check_linear(const struct kernel_arch *arch, struct kernel_view *view)
{
	const struct kernel *kernel = kernel_of_view(view);
	struct kernel_block block;
	uint64_t uts;

	if (!uts_address(kernel, &uts) || !arch->linear(kernel, uts, &block))
		return CHECK_UNKNOWN;
	return check_uts(view, block.physical + (uts - block.vaddr));
}

/*
 * Without a utsname to look for, the tables must at least map themselves to where they are. why: set unless it holds.
 */
static enum check check_tables(const struct kernel_arch *arch, struct kernel_view *view, uint64_t root_vaddr,
			       uint64_t root, struct err *why)
{
	struct kernel_block block;
	uint64_t probe;
	bool by_uts = uts_address(kernel_of_view(view), &probe);

	if (!by_uts)
		probe = root_vaddr;
	switch (arch->walk(view, root, probe, &block, why)) {
	case KERNEL_WALK_MAPPED:
		break;
	case KERNEL_WALK_UNMAPPED:
		return CHECK_FAILS;
	case KERNEL_WALK_UNREADABLE:
		return CHECK_UNKNOWN;
	}

	uint64_t physical = block.physical + (probe - block.vaddr);
	enum check result = by_uts ? check_uts(view, physical) : physical == root ? CHECK_HOLDS : CHECK_FAILS;

	if (result != CHECK_HOLDS)
		err_set_text(why, ERR_BAD_IMAGE, "they lead from 0x%" PRIx64 " (%s) to physical 0x%" PRIx64 ", which is not it",
			     probe, by_uts ? "the name in init_uts_ns" : "swapper_pg_dir", physical);
	return result;
}

static bool find_root_symbol(const struct kernel *kernel, uint64_t *vaddr)
{
	for (size_t i = 0; i < sizeof(root_symbols) / sizeof(*root_symbols); i++) {
		if (kernel_info_symbol(&kernel->info, root_symbols[i], vaddr))
			return true;
	}
	return false;
}

/* Sets translation->root and tables, or gives the reason why not. */
static const char *find_tables(struct kernel_translation *translation, struct kernel_view *view, struct arena *arena)
{
	const struct kernel *kernel = kernel_of_view(view);
	const struct kernel_arch *arch = kernel->arch;
	struct kernel_block blocks[2];
	uint64_t vaddr, candidates[2];
	size_t count = 0;

	if (!find_root_symbol(kernel, &vaddr))
		return "VMCOREINFO has no SYMBOL(swapper_pg_dir)";
	if (translation->linear && arch->linear(kernel, vaddr, &blocks[0])) {
		candidates[count] = blocks[0].physical + (vaddr - blocks[0].vaddr);
		count++;
	}
	if (translation->headers && kernel_headers_find(translation, vaddr, &blocks[1])) {
		candidates[count] = blocks[1].physical + (vaddr - blocks[1].vaddr);
		count++;
	}
	if (!count)
		return arena_printf(arena,
				    "neither VMCOREINFO nor the program headers say where swapper_pg_dir (0x%" PRIx64
				    ") is in physical memory",
				    vaddr);

	const char *reason = NULL;

	for (size_t i = 0; i < count; i++) {
		struct err why;
		enum check result = check_tables(arch, view, vaddr, candidates[i], &why);

		/* The first whose failure has an innocent reason is better than none. */
		if (result == CHECK_HOLDS || (result == CHECK_UNKNOWN && !translation->tables)) {
			translation->tables = true;
			translation->root = candidates[i];
		}
		if (result == CHECK_HOLDS)
			return NULL;
		if (!reason)
			reason = arena_printf(arena, "the page tables at physical 0x%" PRIx64 " cannot be right: %s",
					      candidates[i], why.text);
	}
	return translation->tables ? NULL : reason;
}

static void find_sources(struct kernel *kernel, struct kernel_translation *translation, struct arena *arena)
{
	const struct kernel_arch *arch = kernel->arch;
	struct arena scratch;

	arena_init(&scratch);

	struct kernel_view *view = kernel_view_new(kernel, &scratch);

	/* s390x alone has kernel addresses in the lower half. */
	kernel_headers_index(translation, arena, kernel->dump, arch && arch != &kernel_arch_s390);
	translation->headers = check_headers(translation, view) != CHECK_FAILS;
	if (arch) {
		const char *why = NULL;

		translation->linear = true;
		arch->setup(translation, view, arena, &why);
		translation->linear = check_linear(arch, view) != CHECK_FAILS;
		kernel->translation = why ? why : find_tables(translation, view, arena);
	} else {
		kernel->translation = arena_printf(arena, "page tables of ELF machine %u (%s) are not known here",
						   kernel->dump->elf_machine, kernel->is64 ? "64 bits" : "32 bits");
	}
	arena_release(&scratch);
}

bool kernel_open(struct kernel *kernel, struct arena *arena, const struct dump *dump, struct err *err)
{
	if (!dump->vmcoreinfo.size)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: found no VMCOREINFO in the dump, expected it in a note or header: without it nothing is"
			       " known of the kernel. Was CONFIG_VMCORE_INFO (before 6.9: CONFIG_CRASH_CORE) set, and with"
			       " QEMU, was -device vmcoreinfo given?",
			       dump->path);

	*kernel = (struct kernel){ .dump = dump, .order = dump->order, .is64 = dump->is64 };
	kernel_info_read(&kernel->info, arena, dump->vmcoreinfo);
	kernel->page_size = find_page_size(kernel);
	while (UINT64_C(1) << kernel->page_shift < kernel->page_size)
		kernel->page_shift++;
	kernel->arch = kernel_arch_of(dump->elf_machine, dump->is64);

	struct kernel_translation *translation = arena_alloc(arena, sizeof(*translation));

	kernel->arch_state = translation;
	find_sources(kernel, translation, arena);
	return true;
}
