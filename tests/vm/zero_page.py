# SPDX-License-Identifier: GPL-2.0-only
"""struct boot_params, field by field; sources: Linux Documentation/arch/x86/zero-page.rst and boot.rst (6.12).

Every byte is in a field or in "rest", so nothing that differs goes unseen. The pointers, which differ with each load,
and what lies behind them are read by loads_x86_64.py.
"""
import struct
import sys

SIZE = 4096
HEADER, HEADER_END = 0x1F1, 0x26C

# name: offset, size
FIELDS = {
    "screen cursor": (0x00, 2), "screen ext_mem_k": (0x02, 2), "screen page": (0x04, 2), "screen mode": (0x06, 1),
    "screen columns": (0x07, 1), "screen ega_bx": (0x0A, 2), "screen lines": (0x0E, 1), "screen isVGA": (0x0F, 1),
    "screen points": (0x10, 2), "screen lfb_width": (0x12, 2), "screen lfb_height": (0x14, 2),
    "screen lfb_depth": (0x16, 2), "screen lfb_base": (0x18, 4), "screen lfb_size": (0x1C, 4),
    "screen cl_magic": (0x20, 2), "screen cl_offset": (0x22, 2), "screen lfb_linelength": (0x24, 2),
    "screen colours": (0x26, 8), "screen vesapm": (0x2E, 4), "screen pages": (0x32, 2),
    "screen vesa_attributes": (0x34, 2), "screen capabilities": (0x36, 4), "screen ext_lfb_base": (0x3A, 4),
    "apm_bios_info": (0x40, 20), "tboot_addr": (0x58, 8), "ist_info": (0x60, 16), "acpi_rsdp_addr": (0x70, 8),
    "hd0_info": (0x80, 16), "hd1_info": (0x90, 16), "sys_desc_table": (0xA0, 16), "olpc_ofw_header": (0xB0, 16),
    "cc_blob_address": (0x13C, 4), "edid_info": (0x140, 128),
    "efi signature": (0x1C0, 4), "efi systab": (0x1C4, 4), "efi memdesc_size": (0x1C8, 4),
    "efi memdesc_version": (0x1CC, 4), "efi memmap_size": (0x1D4, 4), "efi systab_hi": (0x1D8, 4),
    "alt_mem_k": (0x1E0, 4), "scratch": (0x1E4, 4), "eddbuf_entries": (0x1E9, 1), "edd_mbr_sig_entries": (0x1EA, 1),
    "kbd_status": (0x1EB, 1), "secure_boot": (0x1EC, 1), "sentinel": (0x1EF, 1),
    "setup_sects": (0x1F1, 1), "root_flags": (0x1F2, 2), "syssize": (0x1F4, 4), "ram_size": (0x1F8, 2),
    "vid_mode": (0x1FA, 2), "root_dev": (0x1FC, 2), "boot_flag": (0x1FE, 2), "jump": (0x200, 2), "magic": (0x202, 4),
    "version": (0x206, 2), "realmode_swtch": (0x208, 4), "start_sys": (0x20C, 2), "kernel_version": (0x20E, 2),
    "type_of_loader": (0x210, 1), "loadflags": (0x211, 1), "setup_move_size": (0x212, 2), "code32_start": (0x214, 4),
    "bootsect_kludge": (0x220, 4), "heap_end_ptr": (0x224, 2), "ext_loader_ver": (0x226, 1),
    "ext_loader_type": (0x227, 1), "initrd_addr_max": (0x22C, 4), "kernel_alignment": (0x230, 4),
    "relocatable_kernel": (0x234, 1), "min_alignment": (0x235, 1), "xloadflags": (0x236, 2), "cmdline_size": (0x238, 4),
    "hardware_subarch": (0x23C, 4), "hardware_subarch_data": (0x240, 8), "payload_offset": (0x248, 4),
    "payload_length": (0x24C, 4), "pref_address": (0x258, 8), "init_size": (0x260, 4), "handover_offset": (0x264, 4),
    "kernel_info_offset": (0x268, 4), "EDD signatures": (0x290, 64), "EDD": (0xD00, 6 * 82),
}

# Read by other means.
ELSEWHERE = {
    "ext_ramdisk_image": (0xC0, 4), "ext_ramdisk_size": (0xC4, 4), "ext_cmd_line_ptr": (0xC8, 4),
    "efi memmap": (0x1D0, 4), "efi memmap_hi": (0x1DC, 4), "e820_entries": (0x1E8, 1), "ramdisk_image": (0x218, 4),
    "ramdisk_size": (0x21C, 4), "cmd_line_ptr": (0x228, 4), "setup_data": (0x250, 8), "e820": (0x2D0, 128 * 20),
}


class ZeroPage:
    def __init__(self, page, kernel):
        # In real mode it is the 16-bit setup code, which has a header but no other fields.
        self.is_code = page[0x38:0x60] == kernel[0x38:0x60]
        self.page = bytes(HEADER) + page[HEADER:HEADER_END] + bytes(SIZE - HEADER_END) if self.is_code else page

    def number(self, name):
        at, size = FIELDS.get(name) or ELSEWHERE[name]
        return int.from_bytes(self.page[at:at + size], "little")

    @property
    def cmdline(self):
        return self.number("cmd_line_ptr") | self.number("ext_cmd_line_ptr") << 32

    @property
    def initrd(self):
        return (self.number("ramdisk_image") | self.number("ext_ramdisk_image") << 32,
                self.number("ramdisk_size") | self.number("ext_ramdisk_size") << 32)

    @property
    def efi_map(self):
        return self.number("efi memmap") | self.number("efi memmap_hi") << 32, self.number("efi memmap_size")

    def memory(self):
        if self.number("e820_entries") > 128:
            sys.exit("compare: e820_entries is more than the table has")
        for i in range(self.number("e820_entries")):
            yield struct.unpack_from("<QQI", self.page, ELSEWHERE["e820"][0] + 20 * i)

    def values(self, line, machine):
        """name, text: short fields as numbers, others and what is in no field as hex. line is where the command line
        is, which may be here. machine: the running kernel's boot_params."""
        rest = bytearray(self.page)
        rest[line.start:line.stop] = bytes(len(rest[line.start:line.stop]))
        for name, (at, size) in FIELDS.items():
            rest[at:at + size] = bytes(size)
            content = self.page[at:at + size]
            if size <= 8:
                yield name, hex(self.number(name))
            elif any(content) and content == machine[at:at + size]:
                yield name, "the machine's"
            else:
                yield name, content.rstrip(b"\0").hex()
        for at, size in ELSEWHERE.values():
            rest[at:at + size] = bytes(size)
        yield "rest of boot_params", " ".join(f"0x{at:x}:{value:02x}" for at, value in enumerate(rest) if value)
