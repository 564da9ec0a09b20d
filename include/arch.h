/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An architecture: mostly data. One const table (kexec/arch/table.c), no registration. All are compiled into every
 * build and work on every host.
 *
 * To add one: an id in machine.h and its names in kexec/machine/arch_names.c; a folder kexec/arch/<name>/ with a const
 * struct arch; a line in kexec/arch/table.c; its purgatory in purgatory/arch/<name>/ and a line in configure.ac; golden
 * plans from a captured and a made machine; a VM scenario.
 */
#ifndef ARCH_H
#define ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "bytes.h"
#include "err.h"
#include "image.h"
#include "machine.h"
#include "plan.h"
#include "request.h"

/* One way to load one kind of image on one architecture. */
struct loader {
	const char *type; /* the name for --type, as in kexec-tools */
	const char *help; /* one line for --help; NULL in further rows of one type, for files of other formats */
	enum image_format format;

	/* Whether this image is for this architecture, beyond its format (ELF machine, ...). NULL = always. */
	bool (*accepts)(const struct image *image);

	/* Pure. Fills a plan that plan_init() made and seals it. */
	bool (*load)(const struct request *request, const struct machine *machine, const struct image *image,
		     struct plan *plan, struct err *err);
};

struct arch {
	enum arch_id id;
	enum order order;
	bool is64;
	uint16_t elf_machine;
	uint64_t page_size;	 /* used where the machine does not say */
	uint32_t kexec_arch;	 /* KEXEC_ARCH_* of linux/kexec.h: bits 16-31 of the flags of kexec_load(2) */
	unsigned int max_segments; /* KEXEC_SEGMENT_MAX: 16 in every kernel so far */

	/* The capture kernel builds its ELF core header itself, from the hardware (s390). */
	bool capture_makes_elf_headers;

	/*
	 * For -a on crash loads: kexec_load(2) is tried before kexec_file_load(2), for only it can carry meminfo. On
	 * refusal (EPERM, ENOSYS) the other is used.
	 */
	bool prefers_kexec_load_for_crash;

	/*
	 * Virtual address in the ELF core header of a physical one (the kernel's direct map); UINT64_MAX where it is not
	 * known. NULL: the same.
	 */
	uint64_t (*core_vaddr)(const struct machine *machine, uint64_t physical);

	const struct loader *loaders; /* most specific first; ends with type NULL */

	/*
	 * The flattened purgatory (purgatory_abi.h), or size 0 where this build was made without a compiler for it:
	 * loading then fails with a message that says so.
	 */
	struct blob (*purgatory)(void);
};

/* NULL where there is none. */
const struct arch *arch_by_id(enum arch_id id);

/* All of them, for help and tests; ends with NULL. */
extern const struct arch *const arch_table[];

/*
 * The loader for this image: the first of those named request->type, or of all, that accepts it. Errors: ERR_USAGE for
 * an unknown type (the text lists the known ones), ERR_BAD_IMAGE where the named or all loaders refuse.
 */
const struct loader *arch_find_loader(const struct arch *arch, const struct request *request,
				      const struct image *image, struct err *err);

#endif
