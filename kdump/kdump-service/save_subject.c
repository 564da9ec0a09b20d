/* SPDX-License-Identifier: GPL-2.0-only */
/* What the dump says of itself: when the crash was, and whose it is. */
#include <string.h>
#include <time.h>

#include "kdump/dump/dump.h"
#include "kdump/kdump-service/save.h"
#include "kdump/kernel/kernel.h"

/* struct new_utsname: fields of 65 bytes, sysname first, nodename second (include/uapi/linux/utsname.h). */
#define UTS_FIELD 65

static const char *node_name(struct saving *saving, const struct dump *dump, struct err *err)
{
	char name[UTS_FIELD + 1] = "";
	uint64_t uts, offset;
	struct kernel kernel;

	if (!kernel_open(&kernel, saving->arena, dump, err))
		return NULL;
	if (!kernel_info_symbol(&kernel.info, "init_uts_ns", &uts) ||
	    !kernel_info_offset(&kernel.info, "uts_namespace.name", &offset))
		return NULL;
	if (!kernel_read(kernel_view_new(&kernel, saving->arena), uts + offset + UTS_FIELD, name, UTS_FIELD, err))
		return NULL;
	return place_host(saving->arena, name);
}

void save_subject(struct saving *saving)
{
	struct kernel_info info;
	struct dump dump;
	uint64_t seconds;
	struct err err;

	saving->time = (int64_t)time(NULL);
	if (!dump_open(&dump, saving->arena, saving->vmcore, &err)) {
		saving->unreadable = arena_strdup(saving->arena, err.text);
		return;
	}
	kernel_info_read(&info, saving->arena, dump.vmcoreinfo);
	saving->release = kernel_info_text(&info, "OSRELEASE");
	if (kernel_info_decimal(&info, "CRASHTIME", &seconds) && seconds <= INT64_MAX) {
		saving->has_time = true;
		saving->time = (int64_t)seconds;
	}
	saving->dump_host = node_name(saving, &dump, &err);
}
