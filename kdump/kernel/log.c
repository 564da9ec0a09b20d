/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/kernel/log.h"

#include <inttypes.h>

#include "kdump/kernel/log_walk.h"
#include "range.h"

/* A dump may speak of a part of memory only, such as one of several files. */
#define HOLES_MAX (UINT64_C(64) << 20)

bool log_need(struct log_walk *walk, const char *key, uint64_t *out, struct err *err)
{
	if (kernel_info_decimal(&walk->kernel->info, key, out))
		return true;
	return log_fail(walk, LOG_NO_SYMBOLS, err, ERR_BAD_IMAGE,
			"VMCOREINFO of the crashed kernel lacks a number for %s, without which its log cannot be found", key);
}

bool log_need_symbol(struct log_walk *walk, const char *name, uint64_t *out, struct err *err)
{
	if (kernel_info_symbol(&walk->kernel->info, name, out) && *out)
		return true;
	return log_fail(walk, LOG_NO_SYMBOLS, err, ERR_BAD_IMAGE,
			"VMCOREINFO of the crashed kernel lacks SYMBOL(%s), without which its log cannot be found", name);
}

bool log_fits(struct log_walk *walk, const char *field, uint64_t offset, uint64_t width, uint64_t size, struct err *err)
{
	if (size <= LOG_STRUCT_MAX && offset <= size && width <= size - offset)
		return true;
	return log_fail(walk, LOG_BAD_SIZES, err, ERR_BAD_IMAGE,
			"VMCOREINFO says that %s lies at offset %" PRIu64 " of %" PRIu64
			" bytes, expected a structure of at most %u bytes that contains it",
			field, offset, size, LOG_STRUCT_MAX);
}

bool log_has_room(struct log_walk *walk, const char *what, uint64_t size, struct err *err)
{
	uint64_t memory = ranges_total(&walk->kernel->dump->memory);

	if (size <= memory || size - memory <= HOLES_MAX)
		return true;
	return log_fail(walk, LOG_BAD_SIZES, err, ERR_BAD_IMAGE,
			"%s of the kernel's log says that it takes 0x%" PRIx64 " bytes, and the dump speaks of 0x%" PRIx64
			" bytes of memory in all",
			what, size, memory);
}

bool log_must_read(struct log_walk *walk, const char *what, uint64_t vaddr, void *buffer, size_t size, struct err *err)
{
	if (kernel_read(walk->view, vaddr, buffer, size, err))
		return true;
	walk->problem = LOG_UNREADABLE;
	return err_prefix(err, "cannot read %s, where the kernel's log is described, at 0x%" PRIx64, what, vaddr);
}

bool log_must_read_pointer(struct log_walk *walk, const char *name, uint64_t *out, struct err *err)
{
	uint8_t bytes[8];
	uint64_t vaddr;

	if (!log_need_symbol(walk, name, &vaddr, err) ||
	    !log_must_read(walk, name, vaddr, bytes, walk->kernel->is64 ? 8 : 4, err))
		return false;
	*out = kernel_long(walk->kernel, bytes);
	return true;
}

bool log_must_read_u32(struct log_walk *walk, const char *name, uint32_t *out, struct err *err)
{
	uint8_t bytes[4];
	uint64_t vaddr;

	if (!log_need_symbol(walk, name, &vaddr, err) || !log_must_read(walk, name, vaddr, bytes, 4, err))
		return false;
	*out = kernel_u32(walk->kernel, bytes);
	return true;
}

uint64_t log_address(const struct log_walk *walk, uint64_t base, uint64_t offset)
{
	uint64_t sum = base + offset;

	return walk->kernel->is64 ? sum : sum & UINT32_MAX;
}

void log_loss(struct log_walk *walk, const struct err *why)
{
	if (walk->first_loss.code == ERR_NONE)
		walk->first_loss = *why;
}

static bool print(struct log_walk *walk, struct err *err)
{
	const struct kernel_info *info = &walk->kernel->info;
	uint64_t symbol;

	if (kernel_info_symbol(info, "prb", &symbol) && symbol)
		return log_prb_print(walk, err);
	if (kernel_info_symbol(info, "log_first_idx", &symbol) && symbol)
		return log_records_print(walk, err);
	if (kernel_info_symbol(info, "log_end", &symbol) && symbol)
		return log_ring_print(walk, err);
	return log_fail(walk, LOG_NO_SYMBOLS, err, ERR_BAD_IMAGE,
			"VMCOREINFO of the crashed kernel has none of SYMBOL(prb), SYMBOL(log_first_idx), SYMBOL(log_end): "
			"where its log lies is not known (a kernel without CONFIG_PRINTK has none)");
}

/* What is missing though the walk came to its end. */
static bool account(struct log_walk *walk, struct err *err)
{
	if (!walk->cut_records && !walk->lost_descriptors && !walk->lost_bytes)
		return true;
	walk->problem = walk->records || walk->read_bytes ? LOG_CUT : LOG_UNREADABLE;
	err_set(err, ERR_BAD_IMAGE,
		"part of the log cannot be read: %" PRIu64 " bytes, %" PRIu64 " descriptors (each of a record, or of none); "
		"%" PRIu64 " records were written, %" PRIu64 " of them not whole. The first reason: %s",
		walk->lost_bytes, walk->lost_descriptors, walk->records, walk->cut_records, walk->first_loss.text);
	return false;
}

bool log_print(struct kernel_view *view, const struct log_options *options, const struct log_output *output,
	       enum log_problem *problem, uint64_t *records, struct err *err)
{
	struct log_walk walk = {
		.view = view,
		.kernel = kernel_of_view(view),
		.options = options,
		.output = output,
		.first_loss.code = ERR_NONE,
	};
	struct err flush;
	bool ok = print(&walk, err);

	/* What was found before an error counts too. */
	if (walk.problem != LOG_WRITE_FAILED && !log_flush(&walk, ok ? err : &flush)) {
		if (!ok)
			*err = flush;
		ok = false;
	}
	if (ok)
		ok = account(&walk, err);
	*problem = walk.problem;
	if (records)
		*records = walk.records;
	return ok;
}

int log_exit_code(enum log_problem problem)
{
	switch (problem) {
	case LOG_FINE:
		return 0;
	case LOG_UNREADABLE:
		return 30;
	case LOG_NO_SYMBOLS:
		return 50;
	case LOG_WRITE_FAILED:
		return 54;
	case LOG_BAD_SIZES:
		return 69;
	case LOG_CUT:
		return 70;
	}
	return 70;
}
