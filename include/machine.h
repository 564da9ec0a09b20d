/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a computer is, as far as loading a kernel needs to know: read once, then const.
 *
 * Sources: a root directory (`/`, or a captured tree of /proc and /sys) or a machine text (doc/machine-text). The
 * text is lossless: reading what machine_write_text() wrote gives an equal machine. Only kexec/machine/ opens files
 * below the root.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "range.h"

/* Order does not matter; ppc64 and ppc64le are two, for their plans differ in byte order. */
enum arch_id {
	ARCH_NONE,
	ARCH_S390X,
	ARCH_X86_64,
	ARCH_I386,
	ARCH_PPC64,
	ARCH_PPC64LE,
	ARCH_ARM64,
	ARCH_RISCV64,
	ARCH_LOONGARCH64,
};

/* One line of /proc/iomem. */
struct machine_resource {
	struct range range;
	unsigned int depth; /* nesting, 0 = top level */
	const char *name;   /* "System RAM", "Crash kernel", "Kernel code", ... as the kernel spells it */
};

/* /sys/devices/system/cpu/cpuN/crash_notes and crash_notes_size. */
struct machine_cpu {
	unsigned int id;     /* N: ids may be sparse */
	uint64_t notes;	     /* physical address of this CPU's ELF notes */
	uint64_t notes_size; /* bytes */
};

/* One entry of /sys/firmware/memmap, which is the firmware's own map as the first kernel was given it. */
struct machine_firmware_range {
	struct range range;
	const char *type; /* "System RAM", "Reserved", "ACPI Tables", ... as the kernel spells it */
};

/* One entry of /sys/firmware/efi/runtime-map. */
struct machine_efi_range {
	uint32_t type; /* EFI memory type */
	uint64_t physical, mapped; /* mapped: virtual address */
	uint64_t pages;		 /* of 4 KiB */
	uint64_t attribute;
};

/* /sys/firmware/efi. Addresses are physical but for runtime, which may be virtual, as the kernel shows it. */
struct machine_efi {
	bool present;	     /* the running kernel uses EFI: the directory is there */
	bool has_systab;     /* /sys/firmware/efi/systab is there, and the next three are known */
	uint64_t fw_vendor, runtime, config_table;
	uint64_t smbios;     /* SMBIOS= of systab, which SETUP_EFI wants (not SMBIOS3=); 0 = none */
	uint64_t acpi20, acpi; /* ACPI20=, ACPI= of systab; 0 = none */
	struct machine_efi_range *map;
	size_t map_count;
};

/* /dev/fb0 of this machine (FBIOGET_FSCREENINFO, FBIOGET_VSCREENINFO); not in a captured tree, but in the text. */
struct machine_framebuffer {
	bool present;
	const char *id; /* "EFI VGA", "VESA VGA", "simple", ... */
	uint64_t base, size; /* physical, bytes */
	uint32_t width, height, depth, pitch; /* pixels, pixels, bits, bytes */
	uint8_t red_size, red_shift, green_size, green_shift, blue_size, blue_shift, rest_size, rest_shift;
};

/* Where the running kernel maps itself, from /proc/kcore and /proc/kallsyms. */
struct machine_kernel_map {
	bool has_direct;      /* the direct map: virtual = physical + direct */
	uint64_t direct;      /* PAGE_OFFSET, randomised on x86 */
	bool has_text;
	struct range text;    /* virtual addresses of the kernel image, as kcore shows it */
	uint64_t text_physical; /* of text.start */
};

/*
 * A Power machine, as its device tree describes it: decoded from machine.devicetree when the machine was made, and no
 * part of a machine text. Sources: Linux on Power Architecture Reference (LoPAR) 2.9 for RTAS, dynamic memory and TCE;
 * skiboot doc/device-tree for OPAL; Linux arch/powerpc/kernel/prom.c (7.2) for linux,*.
 */
struct machine_power {
	bool present;	     /* ppc64 or ppc64le with a device tree that could be decoded, else devicetree_problem */
	bool opal;	     /* bare metal: /ibm,opal. Else a partition, or a hypervisor's guest */
	struct range kernel; /* of the running kernel: from 0 to /chosen linux,kernel-end; empty = not known */
	bool radix;	     /* a partition that firmware was asked to give radix tables: nothing is limited by rma then */
	struct range rma;    /* the lowest range of a memory node: reachable with translation off */
	struct range rtas;   /* /rtas linux,rtas-base and rtas-size; empty = none */
	uint64_t rtas_entry; /* linux,rtas-entry: physical */
	bool has_rtas_reboot;
	uint32_t rtas_reboot; /* token of system-reboot */
	struct range opal_range; /* /ibm,opal opal-base-address and opal-runtime-size */
	uint64_t opal_entry;	 /* opal-entry-address */
	struct ranges tce;	 /* linux,tce-base, linux,tce-size of PCI host bridges */
	struct range htab;	 /* linux,htab-base, linux,htab-size; empty where a hypervisor has it, or with radix */
	struct ranges reserved;	 /* reserved-ranges, /reserved-memory, and the memory reservation block */
	uint64_t memory_limit;	 /* linux,memory-limit: bytes from the lowest memory on; 0 = none. ram has it applied */
	uint64_t lmb_size;	 /* of ibm,dynamic-reconfiguration-memory; 0 = none */
	bool has_terminal;	 /* /chosen stdout is a vty of the hypervisor: hvterm1 */
	uint32_t terminal;	 /* its unit number */
	unsigned int cpus_possible; /* "cpu" nodes and drc indexes without one, in threads */
	bool has_vector_crypto;	    /* every CPU: ISA 2.07 vshasigma, and Altivec is usable */
	bool dump_active;	/* /rtas/ibm,kernel-dump or /ibm,opal/dump/mpipl-boot is in the tree */
};

struct machine {
	struct arena arena;
	const char *origin; /* the root directory or text file, for messages */
	enum arch_id arch;
	uint64_t page_size;   /* of that machine, bytes */
	const char *release;  /* /proc/sys/kernel/osrelease, or "" where unknown */
	const char *cmdline;  /* /proc/cmdline without the newline, or "" */
	struct machine_resource *resources; /* in the order of /proc/iomem: parents before children, by address */
	size_t resource_count;

	/*
	 * Derived when the machine was made: from resources; on Power from the device tree, which knows more there (memory
	 * nodes, dynamic memory, /chosen linux,crashkernel-*), and from resources where it is not to be had. A reservation
	 * that resources show counts even there: the tree keeps its size from boot, though it may have shrunk since.
	 */
	struct ranges ram;     /* "System RAM" that is online: holes and offline blocks taken out. May contain crash */
	struct ranges dumped;  /* ram, and online memory that drivers manage: "System RAM (kmem)" and the like */
	struct ranges crash;   /* "Crash kernel" reservations, ascending; not one that fadump holds */

	struct ranges offline; /* memory blocks that are not online: /sys/devices/system/memory */
	struct machine_cpu *cpus; /* ascending id; those with crash notes */
	size_t cpu_count;
	bool has_vmcoreinfo;
	struct range vmcoreinfo; /* /sys/kernel/vmcoreinfo: physical address of the note, and its size */
	struct machine_kernel_map kernel_map;
	struct machine_firmware_range *firmware; /* in the order of the directory; none where it is not there */
	size_t firmware_count;
	struct blob boot_params; /* x86: /sys/kernel/boot_params/data (or debugfs), 4096 bytes, or size 0 */
	struct machine_efi efi;
	struct machine_framebuffer framebuffer;
	/*
	 * /proc/device-tree as one flattened tree (Devicetree Specification 0.4, version 17), checked; size 0 where the
	 * machine has none. What user space can see: a name that stands twice in one node has a "#N" behind it there.
	 */
	struct blob devicetree;
	struct machine_power power;

	/*
	 * A firmware-assisted dump waits to be saved: power.dump_active, and /proc/vmcore is there, or this kernel is a
	 * boot loader that hands it on (bare metal, and no /sys/kernel/fadump).
	 */
	bool dump_pending;

	bool has_initrd;      /* the running kernel's initrd is still in memory: retain_initrd, and its place is known */
	struct range initrd;
	uint64_t memory_encryption; /* bit mask in page tables (sme_mask of vmcoreinfo), 0 = none */
	bool is_xen_dom0;     /* kexec goes through a hypercall there */
	bool has_elfcorehdr_size;
	uint64_t elfcorehdr_size; /* /sys/kernel/crash_elfcorehdr_size: bytes the kernel wants for CPU/memory hotplug */

	/*
	 * What was found below the root that cannot be, or could not be read, and is therefore taken as not there;
	 * NULL = nothing. Most loads can do without, so it is for warnings, and no datum: a machine text has it as
	 * comments.
	 */
	const char *kernel_map_problem; /* kernel_map and memory_encryption are as if nothing were known */
	const char *firmware_problem;	/* the first of firmware, boot_params and efi; of efi only `present` remains */
	const char *devicetree_problem; /* devicetree is empty, or power is not present though there is one */
};

/*
 * Reads the machine below root ("/" for this one). arch: what uname says of the running machine, or what --arch says
 * for a captured tree. Errors: ERR_SYSTEM with the file's name, ERR_BAD_MACHINE with file and line; not for what is
 * kept as kernel_map_problem, firmware_problem and devicetree_problem.
 */
bool machine_read_root(struct machine *machine, const char *root, enum arch_id arch, struct err *err) ERR_CHECKED;

/* Reads a machine text. name is used in messages. Errors: ERR_BAD_MACHINE with name and line number. */
bool machine_read_text(struct machine *machine, const char *name, struct blob text, struct err *err) ERR_CHECKED;

/* Writes the machine as text; the problems as comments. False and ERR_SYSTEM where the stream fails. */
bool machine_write_text(const struct machine *machine, FILE *out, struct err *err) ERR_CHECKED;

void machine_release(struct machine *machine);

/*
 * On Power, of a crash reservation: what the running kernel and firmware use, in whole pages, normalized; what can be
 * reached with translation off (Linux mmu_early_init_devtree(): all, on bare metal and with radix tables); and the page
 * where meminfo belongs, which is the last one in reach that nobody uses. False where there is none. Loader and
 * verification share them.
 */
void machine_power_kept(const struct machine *machine, uint64_t page_size, struct arena *arena, struct ranges *kept);
struct range machine_power_crash_reach(const struct machine *machine);
bool machine_power_meminfo(const struct machine *machine, struct range crash, uint64_t page_size, uint64_t *address);

/* The architecture of an `uname -m` string or of --arch, or ARCH_NONE. */
enum arch_id machine_arch_by_name(const char *name);

/* "s390x", ... the spelling used in texts. Never NULL. */
const char *machine_arch_name(enum arch_id arch);

/* Which load targets hold a kernel now: /sys/kernel/kexec_loaded and kexec_crash_loaded below root. */
struct machine_status {
	bool has_loaded, loaded;	     /* has_: the file could be read */
	bool has_crash_loaded, crash_loaded;
	bool has_crash_size;
	uint64_t crash_size; /* /sys/kernel/kexec_crash_size, bytes */
};

void machine_read_status(struct machine_status *status, const char *root);

#endif
