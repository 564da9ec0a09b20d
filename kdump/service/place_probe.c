/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lies on a device, by the magic numbers in its first bytes. Sources: Linux fs/ext4/ext4.h,
 * fs/xfs/libxfs/xfs_format.h, include/uapi/linux/btrfs_tree.h, include/uapi/linux/magic.h, f2fs_fs.h, swap.h,
 * raid/md_p.h, drivers/md/bcache/bcache_ondisk.h, drivers/md/dm-vdo; the LUKS and LVM2 formats; ZFS's nvlist in XDR, at
 * byte 16384 of a label; the labels of Ceph's BlueStore and of Oracle's ASMLib; UEFI 2.10, 5.3 (partition tables).
 */
#include <stdio.h>
#include <string.h>

#include "kdump/service/place.h"

struct magic {
	const char *type;
	uint32_t offset;
	const char *bytes;
	uint32_t length;
	uint32_t uuid; /* offset, 0: not looked for */
};

/* A file system before what may surround it: some leave the first sectors to others. */
static const struct magic magics[] = {
	{ "xfs", 0, "XFSB", 4, 32 },
	{ "btrfs", 0x10040, "_BHRfS_M", 8, 0x10020 },
	{ "ext4", 0x438, "\x53\xef", 2, 0x468 },
	{ "f2fs", 0x400, "\x10\x20\xf5\xf2", 4, 0x46c },
	{ "jfs", 0x8000, "JFS1", 4, 0x8088 },
	{ "LUKS (encrypted)", 0, "LUKS\xba\xbe", 6, 0 },
	{ "squashfs", 0, "hsqs", 4, 0 },
	{ "erofs", 0x400, "\xe2\xe1\xf5\xe0", 4, 0 },
	{ "swap", 0xff6, "SWAPSPACE2", 10, 0 },
	{ "swap", 0xfff6, "SWAPSPACE2", 10, 0 },
	{ "LVM", 0, "LABELONE", 8, 0 },
	{ "LVM", 0x200, "LABELONE", 8, 0 },
	{ "LVM", 0x400, "LABELONE", 8, 0 },
	{ "LVM", 0x600, "LABELONE", 8, 0 },
	{ "RAID (md)", 0, "\xfc\x4e\x2b\xa9", 4, 0 },
	{ "RAID (md)", 0x1000, "\xfc\x4e\x2b\xa9", 4, 0 },
	{ "partition table (GPT)", 0x200, "EFI PART", 8, 0 },
	{ "partition table (GPT)", 0x1000, "EFI PART", 8, 0 },
	{ "iso9660", 0x8001, "CD001", 5, 0 },
	{ "reiserfs", 0x2034, "ReIsEr", 6, 0 },
	{ "reiserfs", 0x10034, "ReIsEr", 6, 0 },
	{ "bcache", 0x1018, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81", 16, 0 },
	{ "bcachefs", 0x1018, "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef", 16, 0 },
	{ "gfs2", 0x10000, "\x01\x16\x19\x70", 4, 0 },
	{ "ocfs2", 0x400, "OCFSV2", 6, 0 },
	{ "ocfs2", 0x800, "OCFSV2", 6, 0 },
	{ "ocfs2", 0x1000, "OCFSV2", 6, 0 },
	{ "ocfs2", 0x2000, "OCFSV2", 6, 0 },
	{ "zfs", 0x4000, "\x01\x01\0\0\0\0\0\0\0\0\0\x01", 12, 0 },
	{ "VDO", 0, "dmvdo001", 8, 0 },
	{ "Ceph", 0, "bluestore block device", 22, 0 },
	{ "Oracle ASM", 0x20, "ORCLDISK", 8, 0 },
	{ "partition table (DASD)", 0x2000, "\xe5\xd6\xd3\xf1", 4, 0 },
	/* FAT, NTFS, or a partition table of the old kind. */
	{ "boot sector or partition table", 0x1fe, "\x55\xaa", 2, 0 },
};

static const char flattened[] = "makedumpfile";

static void write_uuid(char *text, size_t size, const uint8_t *u)
{
	snprintf(text, size, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1], u[2], u[3],
		 u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

void place_probe(struct place_content *content, struct blob head)
{
	*content = (struct place_content){ 0 };
	/* First, for what was there before may still show through behind it. */
	if (blob_begins(head, flattened, sizeof(flattened))) {
		content->earlier_dump = true;
		return;
	}
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		const struct magic *magic = &magics[i];

		if (!blob_matches(head, magic->offset, magic->bytes, magic->length))
			continue;

		const uint8_t *uuid = magic->uuid ? blob_at(head, magic->uuid, 16) : NULL;

		content->type = magic->type;
		if (uuid)
			write_uuid(content->uuid, sizeof(content->uuid), uuid);
		return;
	}
}
