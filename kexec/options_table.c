/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All options of kexec-tools 2.0.32 on all of its architectures, and ours. What another architecture's kexec
 * would have refused as unknown is a warning here, so that scripts can pass one set of options everywhere.
 */
#include "kexec/options.h"

#define BIT(id) (UINT32_C(1) << (id))
#define X86 (BIT(ARCH_X86_64) | BIT(ARCH_I386)), "x86"
#define X86_PPC64 (BIT(ARCH_X86_64) | BIT(ARCH_I386) | BIT(ARCH_PPC64) | BIT(ARCH_PPC64LE)), "x86 and ppc64"
#define X86_ARM64 (BIT(ARCH_X86_64) | BIT(ARCH_I386) | BIT(ARCH_ARM64)), "x86 and arm64"
#define PPC64_ARM (BIT(ARCH_PPC64) | BIT(ARCH_PPC64LE)), "ppc64 and arm"
#define DEVICE_TREE                                                                                          \
	(BIT(ARCH_X86_64) | BIT(ARCH_I386) | BIT(ARCH_PPC64) | BIT(ARCH_PPC64LE) | BIT(ARCH_ARM64) |         \
	 BIT(ARCH_RISCV64)),                                                                                 \
		"architectures with device trees"
#define POWER (BIT(ARCH_PPC64) | BIT(ARCH_PPC64LE)), "Power"
#define ALL OPTION_ALL, NULL

/* Machines that enum arch_id does not have. */
#define PPC 0, "ppc"
#define ARM 0, "arm"
#define M68K 0, "m68k"
#define SH 0, "sh"
#define IA64 0, "ia64"

#define ANY false, false
#define LOAD false, true
#define OWN true, false
#define OWN_LOAD true, true

/* Whether this version does it: why not, and where it does. */
#define DONE NULL, OPTION_ALL
#define REFUSED "is not supported by this version of kexec", 0
#define NO_XEN "is not supported by this version of kexec: it knows no Xen", 0
#define ON_X86_PPC64                                                                                 \
	"is not supported by this version of kexec but on x86 and ppc64",                                    \
		(BIT(ARCH_X86_64) | BIT(ARCH_I386) | BIT(ARCH_PPC64) | BIT(ARCH_PPC64LE))
#define ON_X86 "is not supported by this version of kexec but on x86", (BIT(ARCH_X86_64) | BIT(ARCH_I386))

const struct option_row options_table[] = {
	{ OPTION_HELP, 'h', "help", NULL, ALL, ANY, DONE, "print this text" },
	{ OPTION_VERSION, 'v', "version", NULL, ALL, ANY, DONE, "print the version" },
	{ OPTION_DEBUG, 'd', "debug", NULL, ALL, ANY, DONE,
	  "say on stderr what is done; changes nothing else" },

	{ OPTION_LOAD, 'l', "load", NULL, ALL, ANY, DONE, "load KERNEL, to be started by -e or by a reboot" },
	{ OPTION_LOAD_PANIC, 'p', "load-panic", NULL, ALL, ANY, DONE,
	  "load KERNEL, to be started when the running kernel crashes" },
	{ OPTION_FORCE, 'f', "force", NULL, ALL, ANY, DONE,
	  "load KERNEL and start it at once, without shutdown" },
	{ OPTION_EXEC, 'e', "exec", NULL, ALL, ANY, DONE, "start what is loaded, without shutdown" },
	{ OPTION_UNLOAD, 'u', "unload", NULL, ALL, ANY, DONE, "unload it; with -p, the crash kernel" },
	{ OPTION_STATUS, 'S', "status", NULL, ALL, ANY, DONE,
	  "exit code 1 if a crash is prepared for (-l: a kernel is loaded), 0 if not; verbose: in words" },

	{ OPTION_APPEND, 0, "append", "TEXT", ALL, LOAD, DONE, "command line of the new kernel" },
	{ OPTION_COMMAND_LINE, 0, "command-line", "TEXT", ALL, LOAD, DONE, "the same" },
	{ OPTION_REUSE_CMDLINE, 0, "reuse-cmdline", NULL, ALL, LOAD, DONE,
	  "begin it with the running kernel's command line" },
	{ OPTION_INITRD, 0, "initrd", "FILE", ALL, LOAD, DONE,
	  "initial RAM disk; may be given several times" },
	{ OPTION_INITRD, 0, "ramdisk", "FILE", ALL, LOAD, DONE, "the same" },
	{ OPTION_TYPE, 't', "type", "TYPE", ALL, LOAD, DONE, "KERNEL is of this type" },
	{ OPTION_ENTRY, 0, "entry", "ADDRESS", ALL, LOAD, DONE, "start at this address" },
	{ OPTION_MEM_MIN, 0, "mem-min", "ADDRESS", ALL, LOAD, DONE, "load nothing below it" },
	{ OPTION_MEM_MAX, 0, "mem-max", "ADDRESS", ALL, LOAD, DONE, "load nothing above it (its last byte)" },
	{ OPTION_NO_CHECKS, 'i', "no-checks", NULL, ALL, LOAD, DONE,
	  "do not verify what was loaded before it is started" },
	{ OPTION_ELF_HEADERS, 0, "elf-headers", "auto|always|never", ALL, OWN_LOAD, DONE,
	  "the ELF header for /proc/vmcore: made here, or by the capture kernel" },
	{ OPTION_ON_CORRUPTION, 0, "on-corruption", "halt|reboot", ALL, OWN_LOAD, DONE,
	  "if what was loaded turns out to be damaged" },
	{ OPTION_MEMINFO, 0, "meminfo", "auto|never", ALL, OWN_LOAD, DONE,
	  "checksummed records of what was loaded, for dump tools" },

	{ OPTION_AUTO_SYSCALL, 'a', "kexec-syscall-auto", NULL, ALL, ANY, DONE,
	  "use the system call that fits (default)" },
	{ OPTION_LOAD_SYSCALL, 'c', "kexec-syscall", NULL, ALL, ANY, DONE, "use kexec_load(2) only" },
	{ OPTION_FILE_SYSCALL, 's', "kexec-file-syscall", NULL, ALL, ANY, DONE,
	  "use kexec_file_load(2) only" },
	{ OPTION_HOTPLUG, 0, "hotplug", NULL, ALL, LOAD, DONE,
	  "let the kernel keep the ELF core header up to date (kexec_load)" },
	{ OPTION_NO_CMA, 0, "no-cma", NULL, ALL, LOAD, DONE, "do not use CMA memory (kexec_file_load)" },
	{ OPTION_FORCE_DTB, 0, "force-dtb", NULL, X86, LOAD, DONE,
	  "hand on the device tree (kexec_file_load)" },
	{ OPTION_REUSEINITRD, 0, "reuseinitrd", NULL, ALL, LOAD, ON_X86_PPC64,
	  "use the running kernel's initrd (x86, ppc64; it was booted with retain_initrd)" },
	{ OPTION_DTB, 0, "dtb", "FILE", DEVICE_TREE, LOAD, ON_X86_PPC64,
	  "device tree for the new kernel (x86, ppc64)" },
	{ OPTION_DTB, 0, "devicetreeblob", "FILE", DEVICE_TREE, LOAD, ON_X86_PPC64, "the same (x86, ppc64)" },
	{ OPTION_DT_NO_OLD_ROOT, 0, "dt-no-old-root", NULL, PPC64_ARM, LOAD, DONE,
	  "do not take over root= of the running kernel where none is given" },

	{ OPTION_ARGS_LINUX, 0, "args-linux", NULL, ALL, LOAD, DONE,
	  "an ELF KERNEL is Linux; so where nothing is said" },
	{ OPTION_ARGS_ELF, 0, "args-elf", NULL, X86, LOAD, DONE, "an ELF KERNEL reads ELF boot notes" },
	{ OPTION_ARGS_NONE, 0, "args-none", NULL, X86, LOAD, DONE, "an ELF KERNEL is given nothing" },
	{ OPTION_MODULE, 0, "module", "\"FILE TEXT\"", X86, LOAD, DONE,
	  "multiboot module and its text; may be given several times" },
	{ OPTION_ELF64_CORE_HEADERS, 0, "elf64-core-headers", NULL, X86_PPC64, LOAD, DONE,
	  "64-bit ELF core header; so where nothing is said" },
	{ OPTION_ELF32_CORE_HEADERS, 0, "elf32-core-headers", NULL, X86, LOAD, DONE, "32-bit ELF core header" },
	{ OPTION_PASS_MEMMAP_CMDLINE, 0, "pass-memmap-cmdline", NULL, X86, LOAD, DONE,
	  "with -p: the memory map goes with the command line, as memmap=" },
	{ OPTION_NOEFI, 0, "noefi", NULL, X86, LOAD, DONE, "do not hand on EFI" },
	{ OPTION_REUSE_VIDEO_TYPE, 0, "reuse-video-type", NULL, X86, LOAD, DONE,
	  "the screen is of the kind that this kernel was told of" },
	{ OPTION_REAL_MODE, 0, "real-mode", NULL, X86, LOAD, DONE, "enter a bzImage by its 16-bit setup code" },
	{ OPTION_ENTRY_32BIT, 0, "entry-32bit", NULL, X86, LOAD, DONE, "enter a bzImage in 32-bit mode" },
	{ OPTION_LOAD_PRESERVE_CONTEXT, 0, "load-preserve-context", NULL, ALL, ANY, ON_X86,
	  "load KERNEL so that it may jump back into this one (x86)" },
	{ OPTION_LOAD_JUMP_BACK_HELPER, 0, "load-jump-back-helper", NULL, ALL, ANY, ON_X86,
	  "load what jumps back to the address of --entry (x86)" },

	{ OPTION_RESET_VGA, 0, "reset-vga", NULL, X86, LOAD, DONE,
	  "have purgatory set the VGA adapter to text mode" },
	{ OPTION_CONSOLE_VGA, 0, "console-vga", NULL, X86, LOAD, DONE,
	  "have purgatory say on the screen what it does" },
	{ OPTION_CONSOLE_SERIAL, 0, "console-serial", NULL, X86, LOAD, DONE,
	  "have purgatory say on the serial port what it does" },
	{ OPTION_SERIAL, 0, "serial", "ttyS0|ttyS1|0xPORT", X86_ARM64, LOAD, ON_X86,
	  "the serial port; by default ttyS0, which is 0x3f8 (x86)" },
	{ OPTION_SERIAL_BAUD, 0, "serial-baud", "RATE", X86, LOAD, DONE, "its speed; by default as it is" },

	{ OPTION_NO_SYNC, 'y', "no-sync", NULL, ALL, ANY, DONE,
	  "no sync(2) before the new kernel is started" },
	{ OPTION_NO_IFDOWN, 'x', "no-ifdown", NULL, ALL, ANY, DONE,
	  "leave the network interfaces up before the new kernel is started" },

	{ OPTION_DISCARD_DUMP, 0, "discard-dump", NULL, POWER, OWN, DONE,
	  "with -e, -f: start the kernel though a firmware-assisted dump is not saved" },
	{ OPTION_FORCE_FADUMP, 0, "force-fadump", NULL, POWER, OWN_LOAD, DONE,
	  "with -p: register with firmware though memory of an earlier dump was freed" },

	{ OPTION_DRY_RUN, 0, "dry-run", NULL, ALL, OWN, DONE, "print the plan; load and start nothing" },
	{ OPTION_ARCH, 0, "arch", "NAME", ALL, OWN, DONE, "plan or verify for another architecture" },
	{ OPTION_ROOT, 0, "root", "DIR", ALL, OWN, DONE, "read proc/ and sys/ below DIR" },
	{ OPTION_MACHINE, 0, "machine", "FILE", ALL, OWN, DONE, "read the machine from a text instead" },
	{ OPTION_PRINT_MACHINE, 0, "print-machine", NULL, ALL, OWN, DONE,
	  "print this machine as such a text" },
	{ OPTION_REALMEM, 0, "realmem", "FILE", ALL, OWN_LOAD, DONE,
	  "with -p: write into this memory image instead of loading" },
	{ OPTION_VERIFY, 0, "verify", NULL, ALL, OWN, DONE,
	  "check the loaded crash kernel: exit code 0 intact, 1 damaged, 2 cannot tell" },
	{ OPTION_MEMORY, 0, "memory", "FILE", ALL, OWN, DONE, "with --verify: in this memory image" },
	{ OPTION_PRINT_CKR_SIZE, 0, "print-ckr-size", NULL, ALL, ANY, DONE,
	  "print the size of the crash kernel reservation in bytes" },

	{ OPTION_EXEC_LIVE_UPDATE, 0, "exec-live-update", NULL, ALL, ANY, NO_XEN, NULL },
	{ OPTION_LOAD_LIVE_UPDATE, 0, "load-live-update", NULL, ALL, ANY, NO_XEN, NULL },
	{ OPTION_GAMECUBE, 0, "gamecube", "0|1", PPC, LOAD, REFUSED, NULL },
	{ OPTION_REUSE_NODE, 0, "reuse-node", "NODE", PPC, LOAD, REFUSED, NULL },
	{ OPTION_ATAGS, 0, "atags", NULL, ARM, LOAD, REFUSED, NULL },
	{ OPTION_IMAGE_SIZE, 0, "image-size", "SIZE", ARM, LOAD, REFUSED, NULL },
	{ OPTION_PAGE_OFFSET, 0, "page-offset", "ADDRESS", ARM, LOAD, REFUSED, NULL },
	{ OPTION_BOOTINFO, 0, "bootinfo", "FILE", M68K, LOAD, REFUSED, NULL },
	{ OPTION_EMPTY_ZERO, 0, "empty-zero", "ADDRESS", SH, LOAD, REFUSED, NULL },
	{ OPTION_HOWTO, 0, "howto", "FLAGS", SH, LOAD, REFUSED, NULL },
	{ OPTION_MINIROOT, 0, "miniroot", "FILE", SH, LOAD, REFUSED, NULL },
	{ OPTION_NOIO, 0, "noio", NULL, IA64, LOAD, REFUSED, NULL },
	{ OPTION_VMM, 0, "vmm", "FILE", IA64, LOAD, REFUSED, NULL },
	{ .name = NULL },
};

const char *options_extra_value(const struct option_row *row)
{
	return row->id == OPTION_STATUS ? "verbose" : NULL;
}

static void write_row(const struct option_row *row, FILE *out)
{
	const char *extra = options_extra_value(row);
	char spelling[64], letter[8] = "    ";

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	snprintf(spelling, sizeof(spelling), "%s--%s%s%s%s", letter, row->name, extra ? "[=" : row->value ? "=" : "",
		 extra	      ? extra
		 : row->value ? row->value
			      : "",
		 extra ? "]" : "");
	if (row->archs != OPTION_ALL && row->done == OPTION_ALL)
		fprintf(out, "  %-36s %s (%s)\n", spelling, row->help, row->family);
	else
		fprintf(out, "  %-36s %s\n", spelling, row->help);
}

void options_write_help(FILE *out)
{
	fputs("Usage: kexec [OPTION]... KERNEL     load KERNEL, then shut down and start it\n"
	      "       kexec -l|-p|-f [OPTION]... KERNEL\n"
	      "       kexec -e|-u|-S [OPTION]...\n\n",
	      out);
	for (const struct option_row *row = options_table; row->name; row++) {
		if (row->help)
			write_row(row, out);
	}
	fputs("\nKnown from kexec-tools; a warning where they are for another architecture, an error "
	      "otherwise:\n ",
	      out);

	int column = 1;

	for (const struct option_row *row = options_table; row->name; row++) {
		if (row->help)
			continue;
		if (column > 70) {
			fputs("\n ", out);
			column = 1;
		}
		column += fprintf(out, " --%s", row->name);
	}
	fputs("\n", out);
}
