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
	IMAGE_ELF,
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
	struct blob data; /* the same, unpacked */
	enum codec codec;
	enum image_format format;
	struct s390_image s390; /* where format is IMAGE_S390 */
	struct elf elf;		/* where format is IMAGE_ELF */

	/*
	 * All initrd files in order, each but the last padded with zeros to a multiple of the pad that
	 * image_add_initrds() was given. Size 0 where there is none.
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

#endif
