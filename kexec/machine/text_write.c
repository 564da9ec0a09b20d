/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "kexec/base/quote.h"
#include "kexec/machine/text_devtree.h"
#include "kexec/machine/text_platform.h"

static void write_named(FILE *out, enum text_keyword keyword, const char *string)
{
	fprintf(out, "%s ", text_keywords[keyword].name);
	quote_write(out, string);
	fputc('\n', out);
}

static void write_range(FILE *out, enum text_keyword keyword, struct range range)
{
	fprintf(out, "%s 0x%" PRIx64 " 0x%" PRIx64 "\n", text_keywords[keyword].name, range.start, range.end);
}

bool machine_write_text(const struct machine *machine, FILE *out, struct err *err)
{
	fputs("machine 1\n# Addresses are start and end; the end is one past the last byte.\n", out);
	fprintf(out, "%s %s\n", text_keywords[TEXT_ARCH].name, machine_arch_name(machine->arch));
	fprintf(out, "%s %" PRIu64 "\n", text_keywords[TEXT_PAGE_SIZE].name, machine->page_size);
	write_named(out, TEXT_RELEASE, machine->release);
	write_named(out, TEXT_CMDLINE, machine->cmdline);
	for (size_t i = 0; i < machine->resource_count; i++) {
		const struct machine_resource *resource = &machine->resources[i];

		fprintf(out, "%s %u 0x%" PRIx64 " 0x%" PRIx64 " ", text_keywords[TEXT_RESOURCE].name,
			resource->depth, resource->range.start, resource->range.end);
		quote_write(out, resource->name);
		fputc('\n', out);
	}
	for (size_t i = 0; i < machine->offline.count; i++)
		write_range(out, TEXT_OFFLINE, machine->offline.v[i]);
	for (size_t i = 0; i < machine->cpu_count; i++)
		fprintf(out, "%s %u 0x%" PRIx64 " %" PRIu64 "\n", text_keywords[TEXT_CPU].name,
			machine->cpus[i].id, machine->cpus[i].notes, machine->cpus[i].notes_size);
	if (machine->has_vmcoreinfo)
		write_range(out, TEXT_VMCOREINFO, machine->vmcoreinfo);
	if (machine->has_elfcorehdr_size)
		fprintf(out, "%s %" PRIu64 "\n", text_keywords[TEXT_ELFCOREHDR_SIZE].name,
			machine->elfcorehdr_size);
	text_platform_write(out, machine);
	text_devtree_write(out, machine);
	fprintf(out, "%s\n", text_keywords[TEXT_END].name);

	errno = 0;
	if (fflush(out) != 0 || ferror(out))
		return err_system(err, errno ? errno : EIO, "cannot write the machine text");
	return true;
}
