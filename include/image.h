/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files are that are to be loaded: format and facts, no choices. A kernel file is opened once, mapped,
 * unpacked at most once into memory that the image owns, then probed. No address is chosen here.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "bytes.h"
#include "err.h"

enum image_format {
	IMAGE_UNKNOWN,
	IMAGE_S390, /* Linux/s390 image or bzImage: flat, entry table at 0x10008 */
	IMAGE_ELF,  /* may have a multiboot header, too: image.multiboot */
	IMAGE_BZIMAGE,	 /* Linux/x86 boot protocol: "HdrS" at 0x202 */
	IMAGE_MULTIBOOT, /* a multiboot header in a file that is no ELF file */
	IMAGE_LINUX_EFI, /* Image of arm64, RISC-V, LoongArch: flat, magic at 56; for kexec_file_load(2) only so far */
};

/* What was wrapped around the kernel, and taken off. */
enum image_wrap {
	WRAP_NONE,
	WRAP_UKI,   /* unified kernel image: a PE file with sections .linux, .initrd, .cmdline, ... */
	WRAP_ZIMAGE, /* boot wrapper of powerpc: an ELF file with a section .kernel:vmlinux.strip */
	WRAP_ZBOOT, /* EFI zboot: a PE file that unpacks itself ("MZ", "zimg" at 4) */
};

/* How the file was packed. */
enum codec {
	CODEC_NONE,
	CODEC_GZIP,
	CODEC_XZ,
	CODEC_LZMA,
	CODEC_ZSTD,
	CODEC_BZIP2,
	CODEC_LZ4,
};

/* Facts of a Linux/s390 image; source: Linux arch/s390/boot/head.S, Documentation/arch/s390 (6.12). */
struct s390_image {
	uint64_t size;		    /* bytes of the flat image, which lies at address 0 */
	uint32_t entry_count;	    /* entries of the table at 0x10008; 1 = has the kdump entry at 0x10010 */
	uint64_t max_command_line;  /* bytes with the final NUL: parmarea 0x10430, 896 where that is 0 */
};

/*
 * Facts of a Linux/x86 bzImage; source: Linux Documentation/arch/x86/boot.rst (6.12). Fields that are newer than the
 * protocol version have the value that the document gives for their absence.
 */
struct bzimage {
	uint16_t version;	     /* 0x020c = 2.12 */
	struct blob setup_header;    /* from 0x1f1 to its end by the byte at 0x201, bounded: goes into boot_params as it is */
	struct blob real_mode;	     /* boot sector and setup: (setup_sects + 1) * 512 bytes */
	struct blob kernel;	     /* the protected-mode kernel behind it, syssize bounded by the file */
	uint8_t loadflags;	     /* 1 = LOADED_HIGH */
	uint16_t xloadflags;	     /* 1 KERNEL_64, 2 CAN_BE_LOADED_ABOVE_4G, 8 EFI_HANDOVER_64, 0x10 EFI_KEXEC */
	uint32_t cmdline_size;	     /* most bytes without the NUL; 255 before 2.06 */
	uint32_t initrd_addr_max;    /* highest address of an initrd byte; 0x37ffffff before 2.03 */
	uint32_t kernel_alignment;   /* power of two */
	bool relocatable;
	uint64_t pref_address;	     /* 0x100000 before 2.10 */
	uint64_t init_size;	     /* memory needed from the load address on; at least kernel.size */
};

/* Facts of multiboot headers; sources: Multiboot Specification 0.6.96 and 2.0. Version 1 and 2 may both be there. */
struct multiboot1 {
	bool present;
	uint32_t flags;
	bool has_addresses; /* flag 16: the file is flat, and these say where it goes */
	struct blob data;   /* then: what is to be loaded at load_address */
	uint64_t load_address, memory_size, entry;
	bool wants_video;
	uint32_t video_mode, width, height, depth;
};

struct multiboot2 {
	bool present;
	bool has_addresses;
	struct blob data;
	uint64_t load_address, memory_size;
	bool has_entry; /* of the entry address tag, else the ELF entry */
	uint64_t entry;
	bool relocatable;
	uint64_t min_address, max_address, align; /* max: highest byte */
	uint32_t preference; /* 0 none, 1 lowest, 2 highest */
	bool wants_framebuffer;
	uint32_t width, height, depth;
	bool modules_page_aligned;
};

struct multiboot {
	struct multiboot1 one;
	struct multiboot2 two;
};

/* Parts of a unified kernel image (UAPI group specification), those of profile 0 where it has profiles. */
struct uki {
	const char *cmdline; /* NUL-terminated copy, or NULL */
	struct blob initrd;  /* sizes 0 where there is none */
	struct blob ucode;   /* an early initrd: goes before the other */
	struct blob dtb;
	unsigned int profiles; /* number of .profile sections */
};

/* A multiboot module or the like: --module="FILE ARGUMENTS". */
struct image_module {
	const char *text; /* the whole value, as the kernel gets it */
	struct blob data; /* unpacked as in kexec-tools, where it is packed */
};

/* One program header, read and bounded: the file part lies inside the blob. */
struct elf_segment {
	uint32_t type;	/* PT_* */
	uint32_t flags; /* PF_* */
	uint64_t offset;
	uint64_t file_size;
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t memory_size; /* >= file_size for PT_LOAD */
	uint64_t align;
};

/* Facts of an ELF file of either class and order. */
struct elf {
	struct blob file;
	bool is64;
	enum order order;
	uint16_t type;	  /* ET_* */
	uint16_t machine; /* EM_* */
	uint64_t entry;
	struct elf_segment *segments; /* in file order; PN_XNUM handled */
	size_t segment_count;
};

struct image {
	struct arena arena;
	const char *path; /* for messages */
	int fd;		  /* the kernel file itself, open for reading, or -1; closed by image_release() */
	struct blob file; /* the kernel file as it is on disk */
	struct blob data; /* the kernel itself: the same, unpacked and unwrapped */
	enum codec codec; /* of the outermost packing that was undone, or CODEC_NONE */
	enum image_format format;
	struct s390_image s390; /* where format is IMAGE_S390 */
	struct elf elf;		/* where format is IMAGE_ELF */
	struct bzimage bzimage; /* where format is IMAGE_BZIMAGE */
	struct multiboot multiboot; /* where format is IMAGE_ELF or IMAGE_MULTIBOOT */
	enum image_wrap wrap;
	struct uki uki;	   /* where wrap is WRAP_UKI; of WRAP_ZIMAGE its initrd */
	struct blob dtb;   /* --dtb, else of the UKI; size 0 where there is none */
	struct image_module *modules;
	size_t module_count;

	/*
	 * All initrd files in order, each but the last padded with zeros to a multiple of the pad that
	 * image_add_initrds() was given. Those of a UKI go first: .ucode, .initrd. Size 0 where there is none.
	 */
	struct blob initrd;
};

/*
 * Opens, maps, unpacks and probes the kernel. Errors: ERR_SYSTEM (file), ERR_BAD_IMAGE (damaged, or of no known
 * format: the text lists what was looked for), ERR_UNSUPPORTED (packed in a way that this build cannot unpack).
 */
bool image_open(struct image *image, const char *path, struct err *err) ERR_CHECKED;

/* The same over bytes in memory, which must outlive the image. path is for messages. */
bool image_from_blob(struct image *image, const char *path, struct blob file, struct err *err) ERR_CHECKED;

/*
 * Maps the initrd files, without unpacking, one behind the other. pad: multiple (power of two, at least 4) at which
 * each further one starts; Linux skips zeros between archives when the next begins at a multiple of 4. Page-sized
 * pads are mapped, smaller ones copied.
 */
bool image_add_initrds(struct image *image, const char *const *paths, size_t count, uint64_t pad,
		       struct err *err) ERR_CHECKED;

/* --module: TEXT begins with a file name, up to the first blank. */
bool image_add_module(struct image *image, const char *text, struct err *err) ERR_CHECKED;

/* --dtb: checked to be a flattened device tree of at most 2 MiB. */
bool image_set_dtb(struct image *image, const char *path, struct err *err) ERR_CHECKED;

void image_release(struct image *image);

const char *image_format_name(enum image_format format);
const char *codec_name(enum codec codec);

/* The most bytes that unpacking may yield: a kernel of 4 GiB would fit no boot protocol known here. */
#define IMAGE_UNPACK_LIMIT (UINT64_C(4) << 30)

/* "Not mine" is no error: the next format is tried. */
enum probe {
	PROBE_NOT_MINE,
	PROBE_MINE,
	PROBE_BAD, /* the magic is there and the rest is damaged: *err says how */
};

/* Reads an ELF header and all program headers; arena owns the segments. Bounded, no alignment needed. */
enum probe elf_probe(struct elf *elf, struct blob file, struct arena *arena, struct err *err);
enum probe s390_image_probe(struct s390_image *facts, struct blob data, struct err *err);

/*
 * The command line that a unified kernel image brings along; uki.cmdline must be there. crash: without crashkernel=,
 * for a capture kernel must not set memory aside for yet another one. In arena, or the image's.
 */
const char *uki_cmdline(const struct image *image, bool crash, struct arena *arena);

enum probe bzimage_probe(struct bzimage *facts, struct blob data, struct err *err);
enum probe linux_efi_probe(struct blob data, struct err *err);

/* elf: NULL where the file is none. A header that asks for what no loader can do is PROBE_BAD. */
enum probe multiboot_probe(struct multiboot *facts, struct blob data, const struct elf *elf, struct err *err);

#endif
