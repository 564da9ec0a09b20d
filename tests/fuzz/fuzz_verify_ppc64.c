/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of ppc64 and ppc64le with a crash kernel in it: a verdict or a reason, whatever meminfo and purgatory's table say. */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kdump/verify.h"

/* Where the seeds have their crash range. The first byte says whether the reader is told, and which order it is. */
static void make_machine(struct machine *machine, enum arch_id arch)
{
	*machine = (struct machine){ .origin = "machine", .arch = arch, .page_size = 4096 };
	arena_init(&machine->arena);
	ranges_init(&machine->ram, &machine->arena);
	ranges_append(&machine->ram, (struct range){ 0, 0x20000 });
	ranges_init(&machine->crash, &machine->arena);
	ranges_append(&machine->crash, (struct range){ 0x4000, 0x20000 });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct machine machine;
	enum verify_result result = VERIFY_INTACT;
	char path[64], *text = NULL;
	size_t length = 0;

	if (size < 2)
		return 0;

	int fd = memfd_create("input", MFD_CLOEXEC);
	FILE *out = open_memstream(&text, &length);

	fuzz_demand(fd >= 0 && out);
	fuzz_demand(write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);

	enum arch_id arch = data[0] & 2 ? ARCH_PPC64 : ARCH_PPC64LE;

	make_machine(&machine, arch);
	err.code = ERR_NONE;

	bool ok = verify_memory_file(path, arch, data[0] & 1 ? &machine : NULL, out, &result, &err);

	fclose(out);
	if (!ok) {
		fuzz_demand(err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED);
		fuzz_demand(strstr(err.text, path));
	} else {
		fuzz_demand(length && text[length - 1] == '\n');
		fuzz_demand((strstr(text, "BAD  ") != NULL) == (result == VERIFY_DAMAGED) || result == VERIFY_NOTHING);
	}
	free(text);
	arena_release(&machine.arena);
	close(fd);
	return 0;
}
