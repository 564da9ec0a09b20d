/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a Linux/x86 kernel is handed; sources: Linux Documentation/arch/x86/zero-page.rst, boot.rst, and the structures
 * of arch/x86/include/uapi/asm/bootparam.h, include/uapi/linux/screen_info.h, linux/edd.h (6.12).
 */
#ifndef X86_BOOT_PARAMS_H
#define X86_BOOT_PARAMS_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

#define BOOT_PARAMS_SIZE 4096
#define BOOT_PARAMS_HEADER 0x1f1
#define BOOT_PARAMS_HEADER_END 0x290

struct x86_screen_info {
	uint8_t x, y;
	struct le16 ext_mem_k; /* KiB above 1 MiB, at most 0xfc00 */
	struct le16 page;
	uint8_t mode, columns, flags, unused2;
	struct le16 ega_bx, unused3;
	uint8_t lines, is_vga;
	struct le16 points;
	struct le16 lfb_width, lfb_height, lfb_depth;
	struct le32 lfb_base, lfb_size;
	struct le16 cl_magic, cl_offset; /* the command line of protocols before 2.02 */
	struct le16 lfb_linelength;
	uint8_t red_size, red_pos, green_size, green_pos, blue_size, blue_pos, rest_size, rest_pos;
	struct le16 vesapm_seg, vesapm_off, pages, vesa_attributes;
	struct le32 capabilities, ext_lfb_base;
	uint8_t reserved[2];
};

_Static_assert(offsetof(struct x86_screen_info, is_vga) == 0x0f, "screen_info layout");
_Static_assert(offsetof(struct x86_screen_info, lfb_base) == 0x18, "screen_info layout");
_Static_assert(offsetof(struct x86_screen_info, cl_magic) == 0x20, "screen_info layout");
_Static_assert(offsetof(struct x86_screen_info, capabilities) == 0x36, "screen_info layout");
_Static_assert(sizeof(struct x86_screen_info) == 64, "screen_info layout");

enum {
	SCREEN_VGA_TEXT = 1,
	SCREEN_VESA = 0x23, /* lfb_size counts 64 KiB */
	SCREEN_EFI = 0x70,  /* lfb_size counts bytes */
	SCREEN_64BIT_BASE = 2, /* capabilities: ext_lfb_base has bits 32 to 63 */
};

#define CL_MAGIC 0xa33f

struct x86_efi_info {
	uint8_t signature[4]; /* "EL64" */
	struct le32 systab, memdesc_size, memdesc_version, memmap, memmap_size, systab_hi, memmap_hi;
};

_Static_assert(sizeof(struct x86_efi_info) == 32, "efi_info layout");

struct x86_setup_header {
	uint8_t setup_sects;
	struct le16 root_flags;
	struct le32 syssize;
	struct le16 ram_size, vid_mode, root_dev, boot_flag, jump;
	uint8_t magic[4]; /* "HdrS" */
	struct le16 version;
	struct le32 realmode_swtch;
	struct le16 start_sys, kernel_version;
	uint8_t type_of_loader, loadflags;
	struct le16 setup_move_size;
	struct le32 code32_start, ramdisk_image, ramdisk_size, bootsect_kludge;
	struct le16 heap_end_ptr;
	uint8_t ext_loader_ver, ext_loader_type;
	struct le32 cmd_line_ptr, initrd_addr_max, kernel_alignment;
	uint8_t relocatable_kernel, min_alignment;
	struct le16 xloadflags;
	struct le32 cmdline_size, hardware_subarch;
	struct le64 hardware_subarch_data;
	struct le32 payload_offset, payload_length;
	struct le64 setup_data, pref_address;
	struct le32 init_size, handover_offset, kernel_info_offset;
};

_Static_assert(offsetof(struct x86_setup_header, magic) == 0x202 - BOOT_PARAMS_HEADER, "setup header layout");
_Static_assert(offsetof(struct x86_setup_header, ramdisk_image) == 0x218 - BOOT_PARAMS_HEADER, "setup header layout");
_Static_assert(offsetof(struct x86_setup_header, cmd_line_ptr) == 0x228 - BOOT_PARAMS_HEADER, "setup header layout");
_Static_assert(offsetof(struct x86_setup_header, setup_data) == 0x250 - BOOT_PARAMS_HEADER, "setup header layout");
_Static_assert(sizeof(struct x86_setup_header) == 0x26c - BOOT_PARAMS_HEADER, "setup header layout");

enum {
	LOADER_KEXEC = 0xd0, /* type_of_loader, as assigned in boot.rst */
	LOADFLAGS_LOADED_HIGH = 1,
	LOADFLAGS_CAN_USE_HEAP = 0x80,
	XLF_KERNEL_64 = 1,
	XLF_ABOVE_4G = 2,
	XLF_EFI_KEXEC = 0x10,
	XLF_5LEVEL = 0x20,
};

struct x86_e820_entry {
	struct le64 start, size;
	struct le32 type; /* enum x86_memory_type */
};

_Static_assert(sizeof(struct x86_e820_entry) == 20, "e820 layout");

#define E820_MOST 128

enum {
	EDD_MOST = 6,
	EDD_SIGNATURES_MOST = 16,
	EDD_SIZE = 82,
};

struct x86_boot_params {
	struct x86_screen_info screen;
	uint8_t apm_bios_info[20], pad2[4];
	struct le64 tboot_addr;
	uint8_t ist_info[16];
	struct le64 acpi_rsdp_addr;
	uint8_t pad3[8], hd0_info[16], hd1_info[16], sys_desc_table[16], olpc_ofw_header[16];
	struct le32 ext_ramdisk_image, ext_ramdisk_size, ext_cmd_line_ptr;
	uint8_t pad4[112];
	struct le32 cc_blob_address;
	uint8_t edid_info[128];
	struct x86_efi_info efi;
	struct le32 alt_mem_k, scratch;
	uint8_t e820_entries, eddbuf_entries, edd_mbr_sig_entries, kbd_status, secure_boot;
	uint8_t pad5[2], sentinel, pad6[1];
	struct x86_setup_header hdr;
	uint8_t pad7[BOOT_PARAMS_HEADER_END - BOOT_PARAMS_HEADER - sizeof(struct x86_setup_header)];
	struct le32 edd_mbr_sig[EDD_SIGNATURES_MOST];
	struct x86_e820_entry e820[E820_MOST];
	uint8_t pad8[48];
	uint8_t eddbuf[EDD_MOST][EDD_SIZE];
	uint8_t pad9[276];
};

_Static_assert(offsetof(struct x86_boot_params, acpi_rsdp_addr) == 0x70, "boot_params layout");
_Static_assert(offsetof(struct x86_boot_params, ext_ramdisk_image) == 0xc0, "boot_params layout");
_Static_assert(offsetof(struct x86_boot_params, edid_info) == 0x140, "boot_params layout");
_Static_assert(offsetof(struct x86_boot_params, efi) == 0x1c0, "boot_params layout");
_Static_assert(offsetof(struct x86_boot_params, e820_entries) == 0x1e8, "boot_params layout");
_Static_assert(offsetof(struct x86_boot_params, secure_boot) == 0x1ec, "boot_params layout");
_Static_assert(offsetof(struct x86_boot_params, sentinel) == 0x1ef, "boot_params layout");
_Static_assert(offsetof(struct x86_boot_params, hdr) == BOOT_PARAMS_HEADER, "boot_params layout");
_Static_assert(offsetof(struct x86_boot_params, edd_mbr_sig) == BOOT_PARAMS_HEADER_END, "boot_params layout");
_Static_assert(offsetof(struct x86_boot_params, e820) == 0x2d0, "boot_params layout");
_Static_assert(offsetof(struct x86_boot_params, eddbuf) == 0xd00, "boot_params layout");
_Static_assert(sizeof(struct x86_boot_params) == BOOT_PARAMS_SIZE, "boot_params layout");

/* An item of the list at hdr.setup_data; its data follow. */
struct x86_setup_data {
	struct le64 next; /* physical, 0 = last */
	struct le32 type, size;
};

enum {
	SETUP_E820_EXT = 1, /* of struct x86_e820_entry */
	SETUP_DTB = 2,
	SETUP_EFI = 4,
	SETUP_RNG_SEED = 9,
};

/* SETUP_EFI: what the firmware's table no longer says once its pointers are virtual. */
struct x86_setup_efi {
	struct le64 fw_vendor, runtime, tables, smbios, reserved[8];
};

_Static_assert(sizeof(struct x86_setup_efi) == 96, "efi_setup_data layout");

/* UEFI Specification 2.10, 7.2.3, EFI_MEMORY_DESCRIPTOR. */
struct x86_efi_range {
	struct le32 type, pad;
	struct le64 physical, mapped, pages, attribute;
};

_Static_assert(sizeof(struct x86_efi_range) == 40, "EFI memory descriptor layout");

#endif
