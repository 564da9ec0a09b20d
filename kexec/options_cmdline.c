/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/base/cmdline.h"
#include "kexec/options.h"

/*
 * What several --append and --command-line add up to differs between the architectures of kexec-tools, and
 * scripts rely on it.
 */
enum texts_rule {
	TEXTS_LAST,   /* one option of two names: the last one counts */
	TEXTS_JOINED, /* s390: each adds to the line */
	TEXTS_TWO,    /* riscv: the last --command-line, then the last --append */
};

static enum texts_rule rule_of(enum arch_id arch)
{
	if (arch == ARCH_S390X)
		return TEXTS_JOINED;
	return arch == ARCH_RISCV64 ? TEXTS_TWO : TEXTS_LAST;
}

static const char *last_of(const struct options *o, bool is_command_line)
{
	for (size_t i = o->text_count; i > 0; i--) {
		if (o->texts[i - 1].is_command_line == is_command_line)
			return o->texts[i - 1].text;
	}
	return "";
}

static const char *given_text(const struct options *o, struct arena *arena, enum arch_id arch)
{
	const char *text = "";

	switch (rule_of(arch)) {
	case TEXTS_LAST:
		return o->text_count ? o->texts[o->text_count - 1].text : "";
	case TEXTS_JOINED:
		for (size_t i = 0; i < o->text_count; i++)
			text = cmdline_join(arena, text, o->texts[i].text);
		return text;
	case TEXTS_TWO:
		break;
	}
	return cmdline_join(arena, last_of(o, true), last_of(o, false));
}

/*
 * What is not handed on. BOOT_IMAGE= names what the running kernel was booted from, elfcorehdr= is right for a capture
 * kernel only (the loader adds the new one), and kexec_jump_back_entry= for one that was jumped to. A capture kernel
 * that reserved crash memory of its own would have none left to run in. acpi_rsdp= stays: firmware tables do not move.
 * So does initrd=, which is for the EFI stub alone, but on LoongArch, where loaders write an address into it.
 */
const char *options_cmdline(const struct options *o, struct arena *arena, enum arch_id arch,
			    const char *running_line)
{
	static const char *const always[] = { "BOOT_IMAGE", "elfcorehdr", "kexec_jump_back_entry", NULL };
	static const char *const crash[] = { "crashkernel", NULL };
	static const char *const loongarch[] = { "initrd", NULL };
	const char *text = given_text(o, arena, arch);

	if (!o->reuse_cmdline)
		return text;

	const char *kept = cmdline_without(arena, running_line, always);

	if (o->target == TARGET_CRASH)
		kept = cmdline_without(arena, kept, crash);
	if (arch == ARCH_LOONGARCH64)
		kept = cmdline_without(arena, kept, loongarch);
	return cmdline_reuse(arena, cmdline_without_exactmap(arena, kept), text);
}
