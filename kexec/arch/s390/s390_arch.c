/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/arch/s390/s390_arch.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>

#include "purgatory_blobs.h"
#include "s390.h"

static bool load_flat(const struct request *request, const struct machine *machine, const struct image *image,
		      struct plan *plan, struct err *err)
{
	/* What lies below is the boot record for other loaders (Linux arch/s390/boot/head.S): never loaded. */
	struct s390_piece piece = {
		.address = S390_IMAGE_START,
		.memory_size = image->data.size - S390_IMAGE_START,
		.data = blob_part(image->data, S390_IMAGE_START, image->data.size - S390_IMAGE_START),
	};

	return s390_load_pieces(request, machine, image, &piece, 1, plan, err);
}

static bool accepts_elf(const struct image *image)
{
	const struct elf *elf = &image->elf;

	return elf->is64 && elf->order == ORDER_BIG && elf->machine == EM_S390 &&
	       (elf->type == ET_EXEC || elf->type == ET_DYN);
}

static int compare_address(const void *a, const void *b)
{
	const struct s390_piece *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static bool load_elf(const struct request *request, const struct machine *machine, const struct image *image,
		     struct plan *plan, struct err *err)
{
	const struct elf *elf = &image->elf;
	struct s390_piece *pieces = arena_array(&plan->arena, elf->segment_count, sizeof(*pieces));
	size_t count = 0;

	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];
		uint64_t skipped = s->paddr < S390_IMAGE_START ? S390_IMAGE_START - s->paddr : 0;

		if (s->type != PT_LOAD || s->memory_size <= skipped)
			continue;
		pieces[count++] = (struct s390_piece){
			.address = s->paddr + skipped,
			.memory_size = s->memory_size - skipped,
			.data = s->file_size > skipped
				? blob_part(elf->file, s->offset + skipped, s->file_size - skipped)
				: (struct blob){ NULL, 0 },
		};
	}
	qsort(pieces, count, sizeof(*pieces), compare_address);
	for (size_t i = 1; i < count; i++)
		if (pieces[i].address - pieces[i - 1].address < pieces[i - 1].memory_size)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s: two program headers load to the same address 0x%" PRIx64 ". The file is damaged",
				       image->path, pieces[i].address);
	return s390_load_pieces(request, machine, image, pieces, count, plan, err);
}

static const struct loader loaders[] = {
	{ "image", "Linux/s390 image or bzImage", IMAGE_S390, NULL, load_flat },
	{ "elf-s390x", "ELF file of such an image (arch/s390/boot/vmlinux)", IMAGE_ELF, accepts_elf, load_elf },
	{ NULL, NULL, IMAGE_UNKNOWN, NULL, NULL },
};

const struct arch s390x_arch = {
	.id = ARCH_S390X,
	.order = ORDER_BIG,
	.is64 = true,
	.elf_machine = EM_S390,
	.page_size = 4096,
	.kexec_arch = UINT32_C(22) << 16,
	.max_segments = 16,
	.capture_makes_elf_headers = true,
	.prefers_kexec_load_for_crash = true,
	.loaders = loaders,
	.purgatory = purgatory_blob_s390x,
};
