/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --load-preserve-context: the new kernel may jump back to this one. Before it starts, the running kernel exchanges the
 * memory of every segment with pages of its own, so whatever the new kernel may write to must be a segment; what is in
 * none of them comes back changed. Source: Linux kernel/kexec_core.c, arch/x86/kernel/relocate_kernel_64.S (6.12).
 */
#include <inttypes.h>

#include "kexec/arch/x86/x86.h"

static bool check(const struct request *request, struct err *err)
{
	if (request->target == TARGET_CRASH)
		return err_set(err, ERR_USAGE,
			       "--load-preserve-context with --load-panic: a kernel that has crashed cannot be jumped back to");
	if (request->mem_max == UINT64_MAX)
		return err_set(err, ERR_USAGE,
			       "--load-preserve-context: all memory that the new kernel may use is kept for the jump back, in "
			       "as much memory again. Say with --mem-max=ADDRESS up to where it goes, at most half of all, and "
			       "keep the new kernel there with mem= on its command line");
	return true;
}

bool x86_add_preserved(const struct request *request, struct plan *plan, struct err *err)
{
	struct ranges room;

	if (!check(request, err))
		return false;
	plan_find_room(plan, &plan->arena, &room);

	unsigned int most = plan->arch->max_segments;

	if (room.count > most || plan->segment_count > most - room.count)
		return err_set(err, ERR_NO_ROOM,
			       "--load-preserve-context: between the %zu segments that are loaded lie %zu pieces of memory that "
			       "are to be kept, of 0x%" PRIx64 " bytes in all; that makes %zu segments, and the kernel takes at "
			       "most %u. Fewer are left with a lower --mem-max, a higher --mem-min, or fewer files",
			       plan->segment_count, room.count, ranges_total(&room), plan->segment_count + room.count, most);
	for (size_t i = 0; i < room.count; i++)
		if (!plan_put(plan,
			      &(struct placement){
				      .role = SEGMENT_PRESERVED,
				      .memory_size = range_size(room.v[i]),
				      .unhashed = true,
				      .why = "kept for the jump back: the new kernel may use it",
			      },
			      room.v[i].start, err))
			return false;
	return true;
}
