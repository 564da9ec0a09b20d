/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of any content as page tables of every architecture: the first byte chooses the architecture, the second what
 * VMCOREINFO says, and the rest is what lies in memory, over and over. Whatever is there, an answer comes after a fixed
 * number of steps, and asking again gives the same.
 */
#include "tests/fuzz/fuzz.h"

#include <elf.h>
#include <string.h>

#include "kdump/dump/format.h"
#include "kdump/kernel/translate.h"

#define PAGES 64
#define PAGE_MAX 65536

struct memory {
	uint8_t *bytes; /* of one page */
	uint64_t page_size;
};

static enum dump_page_state page_state(const struct dump *dump, uint64_t pfn)
{
	(void)dump;
	return pfn < PAGES ? DUMP_PAGE_HERE : pfn % 3 ? DUMP_PAGE_ABSENT : DUMP_PAGE_EXCLUDED;
}

static void *reader_state(const struct dump *dump, struct arena *arena, uint64_t window)
{
	(void)window;
	return arena_alloc(arena, (size_t)dump->page_size);
}

/* Each page begins with its own number, so that they differ. */
static enum dump_page_state read_page(const struct dump *dump, void *reader, uint64_t pfn, const uint8_t **page,
				      struct err *err)
{
	const struct memory *memory = dump->state;

	(void)err;
	if (page_state(dump, pfn) != DUMP_PAGE_HERE)
		return page_state(dump, pfn);
	memcpy(reader, memory->bytes, (size_t)memory->page_size);
	((uint8_t *)reader)[0] ^= (uint8_t)pfn;
	*page = reader;
	return DUMP_PAGE_HERE;
}

static const struct dump_ops ops = { .page_state = page_state, .reader_state = reader_state, .page = read_page };

struct variant {
	uint16_t elf_machine;
	enum order order;
	uint64_t page_size;
	const char *info;
};

#define X86 "SYMBOL(swapper_pg_dir)=ffffffff80001000\nNUMBER(phys_base)=0\n"
#define ARM                                                                                                          \
	"SYMBOL(swapper_pg_dir)=ffff800008001000\nNUMBER(kimage_voffset)=0xffff800008000000\nNUMBER(PHYS_OFFSET)=0x0\n"
#define POWER "SYMBOL(swapper_pg_dir)=c000000000001000\n"
#define LIST                                                                                                         \
	"SYMBOL(vmemmap_list)=c000000000002008\nSYMBOL(mmu_vmemmap_psize)=c000000000002010\n"                         \
	"SYMBOL(mmu_psize_defs)=c000000000002018\nSIZE(mmu_psize_def)=24\nOFFSET(mmu_psize_def.shift)=4\n"            \
	"OFFSET(vmemmap_backing.list)=0\nOFFSET(vmemmap_backing.phys)=8\nOFFSET(vmemmap_backing.virt_addr)=16\n"
#define UTS(address) "SYMBOL(init_uts_ns)=" address "\nOFFSET(uts_namespace.name)=0\n"

static const struct variant variants[4][4] = {
	{ { EM_X86_64, ORDER_LITTLE, 4096, X86 },
	  { EM_X86_64, ORDER_LITTLE, 4096, X86 "NUMBER(pgtable_l5_enabled)=1\n" },
	  { EM_X86_64, ORDER_LITTLE, 4096, X86 "NUMBER(sme_mask)=140737488355328\n" UTS("ffffffff80003010") },
	  { EM_X86_64, ORDER_LITTLE, 4096, "NUMBER(KERNEL_IMAGE_SIZE)=-1\n" X86 } },
	{ { EM_S390, ORDER_BIG, 4096, "SYMBOL(swapper_pg_dir)=1000\n" },
	  { EM_S390, ORDER_BIG, 4096,
	    "SYMBOL(swapper_pg_dir)=3ffe0001000\nIDENTITYBASE=10000000000\nKERNELOFFSET=3ffe0000000\nKERNELOFFPHYS=0\n" },
	  { EM_S390, ORDER_BIG, 4096, "IDENTITYBASE=ffffffffffffffff\nSAMODE31=5\nEAMODE31=4\nSYMBOL(swapper_pg_dir)=0\n" },
	  { EM_S390, ORDER_BIG, 4096, "SYMBOL(swapper_pg_dir)=1000\n" UTS("3010") } },
	{ { EM_PPC64, ORDER_LITTLE, 65536, POWER "NUMBER(RADIX_MMU)=1\n" },
	  { EM_PPC64, ORDER_BIG, 4096, POWER "NUMBER(RADIX_MMU)=0\nOSRELEASE=6.1\n" LIST },
	  { EM_PPC64, ORDER_LITTLE, 4096,
	    POWER LIST "SYMBOL(cur_cpu_spec)=c000000000003000\nOFFSET(cpu_spec.mmu_features)=8\n" },
	  { EM_PPC64, ORDER_BIG, 65536, POWER LIST "OSRELEASE=4.14\n" } },
	{ { EM_AARCH64, ORDER_LITTLE, 4096, ARM "NUMBER(VA_BITS)=48\n" },
	  { EM_AARCH64, ORDER_LITTLE, 4096, ARM "NUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0xc\n" },
	  { EM_AARCH64, ORDER_LITTLE, 16384, ARM "NUMBER(VA_BITS)=47\n" },
	  { EM_AARCH64, ORDER_LITTLE, 65536, ARM "NUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x10\n" } },
};

static void ask(struct kernel_view *view, uint64_t vaddr)
{
	const struct kernel *kernel = kernel_of_view(view);
	uint64_t first, again, contiguous;
	struct kernel_block block;
	struct err err = { .code = ERR_NONE };
	uint8_t bytes[24];

	if (kernel_translate(view, vaddr, &first, &contiguous, &err)) {
		fuzz_demand(contiguous > 0);
		fuzz_demand(kernel_translate(view, vaddr, &again, NULL, &err) && again == first);
	} else {
		fuzz_demand(err.code != ERR_NONE && err.text[0]);
	}
	if (!kernel_read(view, vaddr, bytes, sizeof(bytes), &err))
		fuzz_demand(err.code != ERR_NONE && err.text[0]);

	/* Tables that were not found to be right are walked here all the same. */
	if (!kernel->translation || kernel_translation(kernel)->facts) {
		err.code = ERR_NONE;
		if (kernel->arch->walk(view, 0x1000, vaddr, &block, &err) == KERNEL_WALK_MAPPED)
			fuzz_demand(vaddr - block.vaddr < block.size);
		else
			fuzz_demand(err.code != ERR_NONE && err.text[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t bases[] = { 0, 0xc000000000000000, 0xc008000000000000, 0xc00c000000000000, 0xf000000000000000,
					  0xffff800000000000, 0xffffffff80000000, 0xff11000000000000, 0x3ffe0000000 };

	if (size < 3)
		return 0;

	const struct variant *variant = &variants[data[0] % 4][data[1] % 4];
	struct memory memory = { malloc(PAGE_MAX), variant->page_size };
	struct arena arena;
	struct kernel kernel;
	struct err err;

	arena_init(&arena);
	for (size_t i = 0; i < PAGE_MAX; i++)
		memory.bytes[i] = data[2 + i % (size - 2)];

	struct dump dump = { .path = "fuzz", .fd = -1, .order = variant->order, .is64 = true, .format = DUMP_ELF,
			     .elf_machine = variant->elf_machine, .page_size = variant->page_size, .page_size_known = true,
			     .ops = &ops, .state = &memory,
			     .vmcoreinfo = { (const uint8_t *)variant->info, strlen(variant->info) } };

	ranges_init(&dump.memory, &arena);
	ranges_append(&dump.memory, (struct range){ 0, PAGES * variant->page_size });
	ranges_normalize(&dump.memory);
	fuzz_demand(kernel_open(&kernel, &arena, &dump, &err));

	struct kernel_view *view = kernel_view_new(&kernel, &arena);

	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		uint64_t offset = 0;

		memcpy(&offset, data + 2, size - 2 < 6 ? size - 2 : 6);
		ask(view, bases[i]);
		ask(view, bases[i] + 0x2ffc);
		ask(view, bases[i] | offset);
		ask(view, bases[i] ^ offset << 16);
	}
	ask(view, UINT64_MAX);
	arena_release(&arena);
	free(memory.bytes);
	return 0;
}
