/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux/x86 bzImage; source: Linux Documentation/arch/x86/boot.rst (6.12).
 *
 * Mode 64: all as high as possible, entered at 0x200 behind the kernel's start. Mode 32: all below 4 GiB, entered at
 * the kernel's start. Mode 16: the setup code below 640 KiB, which asks the BIOS for everything, then does as mode 32.
 */
#include <inttypes.h>
#include <string.h>

#include "kexec/arch/x86/boot_params.h"
#include "kexec/arch/x86/x86_linux.h"

#define MIB UINT64_C(0x100000)
#define LIMIT32 (UINT64_C(1) << 32)
#define LIMIT16 UINT64_C(0xa0000)

/* Below are interrupt vectors and the BIOS's data, and what old firmware keeps behind them. */
#define LOWEST UINT64_C(0x3000)

/* A 32-bit kernel maps no more than this at fixed addresses, with the default split of address space. */
#define LOWMEM_END UINT64_C(0x38000000)

#define ENTRY_64 0x200

/* With four levels of page tables the kernel's half of address space begins here. */
#define FOUR_LEVELS UINT64_C(0xffff800000000000)

bool x86_bzimage64_accepts(const struct image *image)
{
	return image->bzimage.xloadflags & XLF_KERNEL_64;
}

static uint64_t kernel_end(const struct x86_linux *l, const struct bzimage *b)
{
	if (l->mode == 64)
		return b->xloadflags & XLF_ABOVE_4G ? UINT64_MAX : LIMIT32;
	return b->xloadflags & XLF_KERNEL_64 ? LIMIT32 : LOWMEM_END;
}

static uint64_t initrd_end(const struct x86_linux *l, const struct bzimage *b)
{
	if (l->mode == 64 && b->xloadflags & XLF_ABOVE_4G)
		return UINT64_MAX;
	return (uint64_t)b->initrd_addr_max + 1;
}

/* Page tables of five levels stay as they are on the way, and a kernel that does not know them takes them for four. */
static bool check_levels(const struct x86_linux *l, const struct bzimage *b, struct err *err)
{
	const struct machine_kernel_map *map = &l->machine->kernel_map;

	if (l->mode != 64 || b->xloadflags & XLF_5LEVEL || !map->has_direct || map->direct >= FOUR_LEVELS)
		return true;
	return err_set(err, ERR_UNSUPPORTED,
		       "%s cannot be started from a kernel that uses page tables of five levels (its xloadflags 0x%x have no "
		       "XLF_5LEVEL). Use --entry-32bit, or boot the running kernel with no5lvl",
		       l->image->path, b->xloadflags);
}

static bool place_kernel(struct x86_linux *l, const struct bzimage *b, uint64_t *address, struct err *err)
{
	uint64_t lowest = b->pref_address > MIB ? b->pref_address : MIB;
	struct placement what = {
		.role = SEGMENT_KERNEL,
		.data = b->kernel,
		.memory_size = b->init_size,
		.align = b->kernel_alignment,
		.window = { lowest, kernel_end(l, b) },
		.high = l->mode == 64,
		.why = l->mode == 64 ? "high, with the memory that it needs to unpack itself"
				     : "low, with the memory that it needs to unpack itself",
	};

	if (b->relocatable && lowest < what.window.end)
		return plan_place(l->plan, &what, address, err);
	*address = lowest;
	what.why = "it runs at this address only";
	if (lowest > what.window.end || b->init_size > what.window.end - lowest)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s runs at 0x%" PRIx64 " and needs 0x%" PRIx64 " bytes there, and entered in %u-bit code it must "
			       "end below 0x%" PRIx64 ". The file is damaged, or made for another kind of machine",
			       l->image->path, lowest, b->init_size, l->mode, what.window.end);
	if (l->plan->target == TARGET_CRASH && !ranges_contain(&l->plan->usable, (struct range){ lowest, lowest + 1 }))
		return err_set(err, ERR_BAD_IMAGE,
			       "%s is not relocatable: it runs at 0x%" PRIx64 " only, which lies outside of the crash reservation "
			       "0x%" PRIx64 "-0x%" PRIx64 ". Use a kernel built with CONFIG_RELOCATABLE",
			       l->image->path, lowest, l->plan->crash.start, l->plan->crash.end);
	return plan_put(l->plan, &what, lowest, err);
}

static bool place_all(struct x86_linux *l, const struct bzimage *b, uint64_t *kernel, struct err *err)
{
	if (!x86_linux_begin(l, err))
		return false;
	if (!b->relocatable && !place_kernel(l, b, kernel, err))
		return false;
	if (!x86_linux_place_handover(l, err))
		return false;
	if (b->relocatable && !place_kernel(l, b, kernel, err))
		return false;
	return x86_linux_place_initrd(l, err);
}

static bool load(struct x86_linux *l, struct err *err)
{
	const struct bzimage *b = &l->image->bzimage;
	struct x86_boot *boot = &l->boot;
	uint64_t kernel;

	boot->params = true;
	l->takes_efi = l->mode == 64 && b->xloadflags & XLF_EFI_KEXEC;
	l->initrd_end = initrd_end(l, b);
	boot->header = b->setup_header;
	boot->real_mode = b->real_mode;
	boot->version = b->version;
	boot->cmdline_most = b->cmdline_size;
	boot->window = (struct range){ LOWEST, l->mode == 16 ? LIMIT16 : kernel_end(l, b) };
	if (!check_levels(l, b, err) || !place_all(l, b, &kernel, err))
		return false;
	if (l->mode == 16 && l->machine->efi.present)
		plan_warn(l->plan,
			  "--real-mode: %s was started by EFI, and may have no BIOS that the setup code of %s could ask",
			  l->machine->origin, l->image->path);

	struct x86_start start = { .rsi = boot->address };

	if (l->mode == 16)
		start = (struct x86_start){ .entry = boot->address };
	else
		start.entry = l->mode == 64 ? kernel + ENTRY_64 : kernel;
	return x86_linux_finish(l, kernel, start, err);
}

static bool load_in(unsigned int mode, const struct request *request, const struct machine *machine,
		    const struct image *image, struct plan *plan, struct err *err)
{
	struct x86_linux l = { .request = request, .machine = machine, .image = image, .plan = plan, .mode = mode };

	return load(&l, err);
}

bool x86_bzimage64_load(const struct request *request, const struct machine *machine, const struct image *image,
			struct plan *plan, struct err *err)
{
	return load_in(request->real_mode ? 16 : request->entry_32bit ? 32 : 64, request, machine, image, plan, err);
}

bool x86_bzimage32_load(const struct request *request, const struct machine *machine, const struct image *image,
			struct plan *plan, struct err *err)
{
	return load_in(request->real_mode ? 16 : 32, request, machine, image, plan, err);
}
