/* SPDX-License-Identifier: GPL-2.0-only */
/* kexec_load(2). */
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "exec.h"
#include "kexec/exec/kexec_flags.h"
#include "kexec/exec/refused.h"

/* struct kexec_segment of include/uapi/linux/kexec.h. */
struct segment_argument {
	const void *buf;
	size_t bufsz;
	const void *mem;
	size_t memsz;
};

/* Several times what any kernel takes so far (KEXEC_SEGMENT_MAX, 16); what is too many for it, it says
 * itself. */
#define MOST_SEGMENTS 64

static const struct refusal refusals[] = {
	{ EPERM, "the kernel forbids it" },
	{ EACCES, "a security policy of the kernel forbids it" },
	{ ENOSYS, "the running kernel was built without CONFIG_KEXEC: use one with it" },
	{ EBUSY, "another kexec is loading or unloading now: try again" },
	{ EADDRNOTAVAIL,
	  "a segment lies where the running kernel lets nothing be loaded: has the crash reservation changed "
	  "since it was read?" },
	{ EINVAL, "the running kernel accepts no such segments or flags; -d shows them" },
	{ ENOMEM, "there is not enough free memory for a copy of everything that is loaded" },
	{ EFAULT, "a file was shortened while it was loaded" },
};

static const struct refusal unload_refusals[] = {
	{ EPERM, "the kernel forbids it" },
	{ EACCES, "a security policy of the kernel forbids it" },
	{ ENOSYS, "the running kernel has no such call: -a tries kexec_load(2), too" },
	{ EBUSY, "another kexec is loading or unloading now: try again" },
};

static bool call_load(uint64_t entry, const struct segment_argument *segments, size_t count, uint64_t flags)
{
	return syscall(SYS_kexec_load, (unsigned long)entry, (unsigned long)count, segments,
		       (unsigned long)flags) == 0;
}

/* The program may be a 32-bit one on a 64-bit machine: what it cannot name it cannot load. */
static bool fits(const struct plan *plan, const struct segment *segment)
{
	return segment->range.end <= UINTPTR_MAX && range_size(segment->range) <= SIZE_MAX &&
	       plan->entry <= UINTPTR_MAX;
}

bool exec_load(const struct plan *plan, uint64_t flags, struct err *err)
{
	struct segment_argument arguments[MOST_SEGMENTS];

	if (!plan->sealed)
		return err_set(err, ERR_INTERNAL, "a plan that was not sealed came to be loaded");
	if (plan->segment_count > MOST_SEGMENTS)
		return err_set(err, ERR_INTERNAL, "a sealed plan has %zu segments, more than %d",
			       plan->segment_count, MOST_SEGMENTS);
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *segment = &plan->segments[i];

		if (!fits(plan, segment))
			return err_set(err, ERR_UNSUPPORTED,
				       "segment %s lies at 0x%llx, which this program, built for %zu bits, "
				       "cannot name",
				       segment_role_name(segment->role),
				       (unsigned long long)segment->range.start, sizeof(void *) * 8);
		arguments[i] = (struct segment_argument){
			.buf = segment->data.size ? segment->data.data : NULL,
			.bufsz = segment->data.size,
			.mem = (const void *)(uintptr_t)segment->range.start,
			.memsz = (size_t)range_size(segment->range),
		};
	}
	flags |= plan->arch->kexec_arch;
	if (plan->target == TARGET_CRASH)
		flags |= LOAD_ON_CRASH;
	if (call_load(plan->entry, arguments, plan->segment_count, flags))
		return true;
	return refused_set(err, errno, "kexec_load", refusals, REFUSED_COUNT(refusals));
}

bool exec_load_jump_back(uint64_t entry, struct err *err)
{
	/* No segments at all would mean to unload. */
	static const struct segment_argument nothing = { .buf = NULL };

	if (entry > UINTPTR_MAX)
		return err_set(err, ERR_USAGE, "--entry 0x%llx: this program, built for %zu bits, cannot name it",
			       (unsigned long long)entry, sizeof(void *) * 8);
	if (call_load(entry, &nothing, 1, LOAD_PRESERVE_CONTEXT))
		return true;
	return refused_set(err, errno, "kexec_load", refusals, REFUSED_COUNT(refusals));
}

bool exec_unload(enum load_target target, uint32_t kexec_arch, bool by_file, struct err *err)
{
	bool crash = target == TARGET_CRASH;

	if (by_file) {
#ifdef SYS_kexec_file_load
		uint64_t flags = FILE_LOAD_UNLOAD | (crash ? FILE_LOAD_ON_CRASH : 0);

		if (syscall(SYS_kexec_file_load, -1, -1, 0UL, NULL, (unsigned long)flags) == 0)
			return true;
#else
		errno = ENOSYS;
#endif
		return refused_set(err, errno, "kexec_file_load(unload)", unload_refusals,
				   REFUSED_COUNT(unload_refusals));
	}
	if (call_load(0, NULL, 0, kexec_arch | (crash ? LOAD_ON_CRASH : 0)))
		return true;
	return refused_set(err, errno, "kexec_load(unload)", refusals, REFUSED_COUNT(refusals));
}
