/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The setup header of Linux/x86; source: Linux Documentation/arch/x86/boot.rst (6.12). What a kernel older than a
 * field has at the field's place is code, so each is read only where the protocol version has it.
 */
#include "image.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "range.h"

#define HEADER_START 0x1f1
#define HEADER_MAGIC 0x202
#define HEADER_MOST 0x290 /* where the next field of boot_params begins */
#define SHORT_JUMP 0xeb
#define SECTOR 512
#define SETUP_SECTORS_DEFAULT 4
#define PARAGRAPH 16

struct setup_header {
	uint8_t setup_sects;
	struct le16 root_flags;
	struct le32 syssize; /* paragraphs; 16 bits before 2.04 */
	struct le16 ram_size, vid_mode, root_dev;
	struct le16 boot_flag;
	uint8_t jump, jump_distance;
	uint8_t magic[4];
	struct le16 version;
	struct le32 realmode_swtch;
	struct le16 start_sys, kernel_version;
	uint8_t type_of_loader, loadflags;
	struct le16 setup_move_size;
	struct le32 code32_start, ramdisk_image, ramdisk_size, bootsect_kludge;
	struct le16 heap_end;
	uint8_t ext_loader_ver, ext_loader_type;
	struct le32 cmd_line;
	struct le32 initrd_addr_max;  /* 2.03 */
	struct le32 kernel_alignment; /* 2.05 */
	uint8_t relocatable;	      /* 2.05 */
	uint8_t min_alignment;
	struct le16 xloadflags;	  /* 2.12 */
	struct le32 cmdline_size; /* 2.06 */
	struct le32 hardware_subarch;
	struct le64 hardware_subarch_data;
	struct le32 payload_offset, payload_length;
	struct le64 setup_data;
	struct le64 pref_address; /* 2.10 */
	struct le32 init_size;	  /* 2.10 */
	struct le32 handover_offset, kernel_info_offset;
};

_Static_assert(offsetof(struct setup_header, magic) + HEADER_START == HEADER_MAGIC, "setup header layout");
_Static_assert(offsetof(struct setup_header, initrd_addr_max) + HEADER_START == 0x22c, "setup header layout");
_Static_assert(offsetof(struct setup_header, pref_address) + HEADER_START == 0x258, "setup header layout");
_Static_assert(sizeof(struct setup_header) + HEADER_START == 0x26c, "setup header layout");

enum {
	LOADED_HIGH = 1,
};

static enum probe bad(struct err *err, enum err_code code, const char *format, ...) ERR_PRINTF(3, 4);

static enum probe bad(struct err *err, enum err_code code, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	err_set(err, code, "%s x86 bzImage: %s", code == ERR_UNSUPPORTED ? "unsupported" : "damaged", text);
	return PROBE_BAD;
}

/* The first byte behind the last field that a version has. */
static uint32_t end_by_version(uint16_t version)
{
	static const struct {
		uint16_t version;
		uint16_t end;
	} ends[] = {
		{ 0x020f, 0x26c }, { 0x020b, 0x268 }, { 0x020a, 0x264 }, { 0x0209, 0x258 }, { 0x0208, 0x250 },
		{ 0x0207, 0x248 }, { 0x0206, 0x23c }, { 0x0205, 0x235 }, { 0x0203, 0x230 }, { 0x0202, 0x22c },
		{ 0x0201, 0x226 },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (version >= ends[i].version)
			return ends[i].end;
	return 0x224;
}

/*
 * The end is told by the jump over the header. Loaders go by the version as well, and some kernels that are not Linux
 * say less by the first than by the second: then the second counts.
 */
static enum probe find_header(struct bzimage *b, const struct setup_header *h, struct blob data, struct err *err)
{
	uint32_t by_jump = h->jump == SHORT_JUMP ? HEADER_MAGIC + h->jump_distance : 0;
	uint32_t by_version = end_by_version(b->version);
	uint32_t end = by_jump > by_version ? by_jump : by_version;

	if (end > HEADER_MOST)
		return bad(err, ERR_BAD_IMAGE,
			   "the byte at 0x201 makes the setup header end at 0x%x, expected at most 0x%x, where "
			   "boot parameters have other fields",
			   end, HEADER_MOST);
	b->setup_header = blob_part(data, HEADER_START, end - HEADER_START);
	if (b->setup_header.size == 0)
		return bad(err, ERR_BAD_IMAGE,
			   "%zu bytes, and the setup header alone ends at 0x%x: the file is cut short", data.size, end);
	return PROBE_MINE;
}

static enum probe find_parts(struct bzimage *b, const struct setup_header *h, struct blob data, struct err *err)
{
	unsigned int sectors = h->setup_sects ? h->setup_sects : SETUP_SECTORS_DEFAULT;
	size_t setup = (size_t)(sectors + 1) * SECTOR;

	if (data.size <= setup)
		return bad(err, ERR_BAD_IMAGE,
			   "%zu bytes, but boot sector and %u sectors of setup take %zu, with the kernel behind them: "
			   "the file is cut short",
			   data.size, sectors, setup);
	b->real_mode = blob_part(data, 0, setup);

	/* To the end of the file, as all loaders take it: a syssize that is too small has always worked. */
	b->kernel = blob_part(data, setup, data.size - setup);

	/* Two bytes only, and not to be trusted, before 2.04. Old builds left the last paragraph incomplete. */
	uint64_t promised = b->version >= 0x0204 ? (uint64_t)le32_get(h->syssize) * PARAGRAPH : 0;

	if (promised >= b->kernel.size + (uint64_t)PARAGRAPH)
		return bad(err, ERR_BAD_IMAGE,
			   "syssize promises a kernel of %" PRIu64 " bytes behind the first %zu, and there are %zu: "
			   "the file is cut short",
			   promised, setup, b->kernel.size);
	return PROBE_MINE;
}

static enum probe read_placement(struct bzimage *b, const struct setup_header *h, struct err *err)
{
	b->initrd_addr_max = b->version >= 0x0203 ? le32_get(h->initrd_addr_max) : UINT32_C(0x37ffffff);
	b->relocatable = b->version >= 0x0205 && h->relocatable;
	b->kernel_alignment = b->version >= 0x0205 ? le32_get(h->kernel_alignment) : 0;
	b->pref_address = b->version >= 0x020a ? le64_get(h->pref_address) : UINT64_C(0x100000);
	b->init_size = b->version >= 0x020a ? le32_get(h->init_size) : 0;
	if (b->init_size < b->kernel.size)
		b->init_size = b->kernel.size;

	/* Where all kernels of that time are loaded, which says how they are aligned. */
	if (!b->relocatable && !is_power_of_two(b->kernel_alignment))
		b->kernel_alignment = UINT32_C(0x100000);
	if (!is_power_of_two(b->kernel_alignment))
		return bad(err, ERR_BAD_IMAGE,
			   "it is relocatable by kernel_alignment 0x%" PRIx32 ", which is not a power of two",
			   b->kernel_alignment);
	if (b->init_size > UINT64_MAX - b->pref_address)
		return bad(err, ERR_BAD_IMAGE,
			   "init_size 0x%" PRIx64 " at pref_address 0x%" PRIx64 " reaches beyond the end of the "
			   "address space",
			   b->init_size, b->pref_address);
	return PROBE_MINE;
}

enum probe bzimage_probe(struct bzimage *facts, struct blob data, struct err *err)
{
	if (!blob_matches(data, 0x1fe, "\x55\xaa", 2) || !blob_matches(data, HEADER_MAGIC, "HdrS", 4))
		return PROBE_NOT_MINE;

	/* A file that ends inside the header is shorter than its setup, which is told with more meaning. */
	const struct setup_header *h = blob_at(data, HEADER_START, sizeof(*h));
	struct setup_header cut = { 0 };

	if (!h) {
		memcpy(&cut, data.data + HEADER_START, data.size - HEADER_START);
		h = &cut;
	}

	struct bzimage b = { .version = le16_get(h->version), .loadflags = h->loadflags };
	enum probe result = find_parts(&b, h, data, err);

	if (result != PROBE_MINE)
		return result;
	if (b.version < 0x0200)
		return bad(err, ERR_UNSUPPORTED, "boot protocol %u.%02u, expected 2.00 or newer",
			   b.version >> 8, b.version & 0xffu);
	if (!(b.loadflags & LOADED_HIGH))
		return bad(err, ERR_UNSUPPORTED,
			   "it is a zImage: its loadflags 0x%02x have no LOADED_HIGH (1). Build it as bzImage",
			   b.loadflags);

	result = find_header(&b, h, data, err);
	if (result == PROBE_MINE)
		result = read_placement(&b, h, err);
	if (result != PROBE_MINE)
		return result;
	b.xloadflags = b.version >= 0x020c ? le16_get(h->xloadflags) : 0;
	b.cmdline_size = b.version >= 0x0206 ? le32_get(h->cmdline_size) : 255;
	*facts = b;
	return PROBE_MINE;
}
