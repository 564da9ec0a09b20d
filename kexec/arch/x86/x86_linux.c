/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/arch/x86/x86_linux.h"

#include <inttypes.h>

#include "kexec/arch/x86/x86_params.h"

#define MIB UINT64_C(0x100000)
#define LIMIT32 (UINT64_C(1) << 32)

static bool check_crash(const struct x86_linux *l, struct err *err)
{
	const struct range crash = l->plan->crash;

	if (l->mode == 16)
		return err_set(err, ERR_USAGE,
			       "--real-mode with --load-panic: real-mode code has to lie below 640 KiB, and a crash reservation "
			       "lies higher. Leave out --real-mode");
	if (l->request->reuse_initrd)
		return err_set(err, ERR_USAGE,
			       "--reuseinitrd with --load-panic: a capture kernel finds nothing outside of the crash "
			       "reservation. Give its initrd with --initrd");
	if (l->mode == 32 && crash.start >= LIMIT32)
		return err_set(err, ERR_NO_ROOM,
			       "the crash reservation 0x%" PRIx64 "-0x%" PRIx64 " lies above 4 GiB, where a kernel that is entered "
			       "in 32-bit mode cannot be. Boot with crashkernel=SIZE without \",high\"%s",
			       crash.start, crash.end, l->request->entry_32bit ? ", or leave out --entry-32bit" : "");
	return true;
}

static bool check_request(const struct x86_linux *l, struct err *err)
{
	if (l->plan->target == TARGET_CRASH && !check_crash(l, err))
		return false;
	if (!l->request->reuse_initrd)
		return true;
	if (l->image->initrd.size)
		return err_set(err, ERR_USAGE, "--reuseinitrd with --initrd, or with a kernel file that has one: which is it?");
	if (!l->machine->has_initrd)
		return err_set(err, ERR_BAD_MACHINE,
			       "--reuseinitrd: %s does not say where the running kernel's initrd is, or it was freed. It is kept "
			       "with retain_initrd on the running kernel's command line",
			       l->machine->origin);
	return true;
}

static void keep_free(struct plan *plan, struct range range)
{
	struct ranges kept, rest;
	uint64_t page = plan->page_size;

	ranges_init(&kept, &plan->arena);
	ranges_append(&kept, (struct range){ align_down(range.start, page), align_up(range.end, page) });
	ranges_normalize(&kept);
	ranges_subtract(&rest, &plan->arena, &plan->usable, &kept);
	plan->usable = rest;
}

bool x86_linux_begin(struct x86_linux *l, struct err *err)
{
	const struct request *request = l->request;
	struct plan *plan = l->plan;
	struct x86_boot *boot = &l->boot;
	bool crash = plan->target == TARGET_CRASH;
	struct x86_map capture = { .count = 0 };

	if (!check_request(l, err))
		return false;
	if (request->keep_cmdline && l->image->uki.cmdline)
		plan->cmdline = uki_cmdline(l->image, crash, &plan->arena);
	boot->efi = l->takes_efi && x86_params_have_efi(request, l->machine, plan);
	if (crash) {
		if (!x86_crash_place(&l->crash, request, l->machine, plan, err) ||
		    !x86_crash_map(&capture, &l->crash, l->machine, plan, err) ||
		    !x86_crash_cmdline(&l->crash, request, l->machine, &capture, boot->efi, plan, err))
			return false;
	}

	/* memmap=exactmap takes the place of whatever boot_params have. */
	if (crash && !request->pass_memmap)
		boot->map = capture;
	else if (!x86_map_normal(&boot->map, &plan->arena, l->machine, err))
		return false;
	if (!crash)
		x86_map_use_ram_only(plan, &boot->map);
	if (request->reuse_initrd)
		keep_free(plan, l->machine->initrd);

	boot->request = request;
	boot->machine = l->machine;
	boot->plan = plan;
	boot->mode = l->mode;
	boot->path = l->image->path;
	boot->dtb = l->image->dtb;
	return true;
}

bool x86_linux_place_handover(struct x86_linux *l, struct err *err)
{
	return x86_add_purgatory(l->request, &l->crash, l->mode, l->plan, err) &&
	       ((!l->boot.params && !l->boot.notes) || x86_boot_place(&l->boot, err));
}

bool x86_linux_place_initrd(struct x86_linux *l, struct err *err)
{
	struct blob data = l->image->initrd;
	uint64_t address;

	if (l->request->reuse_initrd) {
		l->initrd = l->machine->initrd;
		if (l->initrd.end > l->initrd_end)
			return err_set(err, ERR_NO_ROOM,
				       "--reuseinitrd: the running kernel's initrd lies at 0x%" PRIx64 "-0x%" PRIx64 ", and %s finds "
				       "one below 0x%" PRIx64 " only. Give the file with --initrd",
				       l->initrd.start, l->initrd.end, l->image->path, l->initrd_end);
		return true;
	}
	if (data.size == 0)
		return true;
	if (!plan_place(l->plan,
			&(struct placement){
				.role = SEGMENT_INITRD,
				.data = data,
				.window = { MIB, l->initrd_end },
				.high = true,
				.why = l->initrd_end == UINT64_MAX ? "high, anywhere: this kernel finds it above 4 GiB, too"
								   : "as high as this kernel finds it",
			},
			&address, err))
		return false;
	l->initrd = (struct range){ address, address + data.size };
	return true;
}

bool x86_linux_finish(struct x86_linux *l, uint64_t kernel, struct x86_start start, struct err *err)
{
	const struct request *request = l->request;

	start.mode = l->mode;
	if (l->boot.params) {
		x86_boot_set_loaded(&l->boot, kernel, l->initrd);
		start.jump_back = l->boot.cmdline_end;
		start.jump_back_room = request->preserve_context ? X86_JUMP_BACK_ROOM : 0;
	}
	if (!x86_set_start(request, &l->crash, &start, l->plan, err))
		return false;
	if (request->preserve_context && !x86_add_preserved(request, l->plan, err))
		return false;
	return plan_seal(l->plan, err);
}
