# SPDX-License-Identifier: GPL-2.0-only
"""Linux/x86 bzImages of every protocol version: boot sector, setup with its header, and filler for a kernel.

FIXTURES/bzimage/list has one line for each: NAME good and the facts that a reader must find (in the order of FACTS), or
NAME bad CODE WORDS. Offsets and the version of each field: Linux Documentation/arch/x86/boot.rst (6.12).
"""
import os
import struct
import sys

# name: offset, struct code, first protocol version
FIELDS = {
    "setup_sects": (0x1F1, "B", 0), "root_flags": (0x1F2, "H", 0), "syssize": (0x1F4, "I", 0),
    "ram_size": (0x1F8, "H", 0),
    "vid_mode": (0x1FA, "H", 0), "root_dev": (0x1FC, "H", 0), "boot_flag": (0x1FE, "H", 0), "jump": (0x200, "H", 0),
    "header": (0x202, "4s", 0), "version": (0x206, "H", 0), "realmode_swtch": (0x208, "I", 0),
    "start_sys_seg": (0x20C, "H", 0), "kernel_version": (0x20E, "H", 0), "type_of_loader": (0x210, "B", 0),
    "loadflags": (0x211, "B", 0), "setup_move_size": (0x212, "H", 0), "code32_start": (0x214, "I", 0),
    "ramdisk_image": (0x218, "I", 0), "ramdisk_size": (0x21C, "I", 0), "bootsect_kludge": (0x220, "I", 0),
    "heap_end_ptr": (0x224, "H", 0x201), "ext_loader_ver": (0x226, "B", 0x202), "ext_loader_type": (0x227, "B", 0x202),
    "cmd_line_ptr": (0x228, "I", 0x202), "initrd_addr_max": (0x22C, "I", 0x203),
    "kernel_alignment": (0x230, "I", 0x205),
    "relocatable_kernel": (0x234, "B", 0x205), "min_alignment": (0x235, "B", 0x20A), "xloadflags": (0x236, "H", 0x20C),
    "cmdline_size": (0x238, "I", 0x206), "hardware_subarch": (0x23C, "I", 0x207),
    "hardware_subarch_data": (0x240, "Q", 0x207), "payload_offset": (0x248, "I", 0x208),
    "payload_length": (0x24C, "I", 0x208), "setup_data": (0x250, "Q", 0x209), "pref_address": (0x258, "Q", 0x20A),
    "init_size": (0x260, "I", 0x20A), "handover_offset": (0x264, "I", 0x20B), "kernel_info_offset": (0x268, "I", 0x20F),
}
VALUES = {
    "boot_flag": 0xAA55, "header": b"HdrS", "loadflags": 1, "initrd_addr_max": 0x7FFFFFFF, "kernel_alignment": 0x200000,
    "relocatable_kernel": 1, "min_alignment": 21, "xloadflags": 0x3F, "cmdline_size": 2047, "pref_address": 0x1000000,
    "init_size": 0x2000000, "code32_start": 0x100000,
}
FACTS = ("version", "header_end", "real_mode", "kernel", "loadflags", "xloadflags", "cmdline_size", "initrd_addr_max",
         "kernel_alignment", "relocatable", "pref_address", "init_size")
VERSIONS = (0x200, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, 0x207, 0x208, 0x209, 0x20A, 0x20B, 0x20C, 0x20D, 0x20E,
            0x20F)


def end_of(version):
    """The first byte behind the last field that the version has."""
    return max(at + struct.calcsize("<" + code) for at, code, since in FIELDS.values() if since <= version)


def make_bzimage(version=0x20F, kernel=bytes(range(256)), setup_sects=4, syssize=None, end=None, behind=b"", **values):
    """end: what the jump says. behind: bytes after the kernel that no field counts, such as a signature."""
    sectors = setup_sects or 4
    image = bytearray((b"\xf4CODE" * 1000)[:(sectors + 1) * 512].ljust((sectors + 1) * 512, b"\xf4"))
    end = end_of(version) if end is None else end
    fields = dict(VALUES, version=version, setup_sects=setup_sects, jump=0xEB | end - 0x202 << 8,
                  syssize=(len(kernel) + 15) // 16 if syssize is None else syssize)
    fields.update(values)
    for name, (at, code, since) in FIELDS.items():
        # What is newer than the version is code there.
        if since <= version:
            struct.pack_into("<" + code, image, at, fields.get(name, 0))
    if version < 0x204:
        struct.pack_into("<H", image, 0x1F6, 0xFFFF)     # swap_dev: no part of syssize then
    return bytes(image) + kernel + behind


def facts_of(image, **known):
    """From the table above, and not by any reader's rules."""
    def get(name, absent):
        at, code, since = FIELDS[name]
        return struct.unpack_from("<" + code, image, at)[0] if since <= version else absent

    version, = struct.unpack_from("<H", image, 0x206)
    real = ((image[0x1F1] or 4) + 1) * 512
    rest = len(image) - real
    facts = {"version": version, "header_end": end_of(version), "real_mode": real, "kernel": rest,
             "loadflags": image[0x211], "xloadflags": get("xloadflags", 0), "cmdline_size": get("cmdline_size", 255),
             "initrd_addr_max": get("initrd_addr_max", 0x37FFFFFF),
             "kernel_alignment": get("kernel_alignment", 0x100000),
             "relocatable": int(get("relocatable_kernel", 0) != 0), "pref_address": get("pref_address", 0x100000),
             "init_size": max(get("init_size", 0), rest)}
    facts.update(known)
    return facts


def fixtures():
    """name, image, expectation"""
    def good(name, known=None, **how):
        image = make_bzimage(**how)
        facts = facts_of(image, **(known or {}))
        return name, image, "good " + " ".join(str(facts[fact]) for fact in FACTS)

    def bad(name, words, code="bad", cut=None, **how):
        return name, make_bzimage(**how)[:cut], "%s %s" % (code, words)

    for version in VERSIONS:
        yield good("v%x" % version, version=version)
    yield good("future", version=0x2FF)
    yield good("longer-header", end=0x280, known={"header_end": 0x280})
    yield good("shorter-header", end=0x268, known={"header_end": 0x26C})
    yield good("no-jump", jump=0x90FF, syssize=16)
    yield good("memtest", version=0x20C, end=0x268, known={"header_end": 0x268}, relocatable_kernel=0,
               kernel_alignment=0x1000, xloadflags=9, cmdline_size=255, initrd_addr_max=0xFFFFFFFF, pref_address=0x100000)
    yield good("setup-default", setup_sects=0)
    yield good("setup-one", setup_sects=1)
    yield good("setup-most", setup_sects=255)
    yield good("signed", behind=b"signature" * 9)
    yield good("odd-kernel", kernel=bytes(97))
    yield good("kernel-of-one-byte", kernel=b"x")
    yield good("syssize-zero", syssize=0)
    yield good("syssize-small", syssize=1)
    yield good("syssize-not-trusted", version=0x203, syssize=0xFFFF)
    yield good("init-size-zero", init_size=0)
    yield good("init-size-most", init_size=0xFFFFFFFF)
    yield good("init-size-less", init_size=255)
    yield good("alignment-of-fixed", relocatable_kernel=0, kernel_alignment=0, known={"kernel_alignment": 0x100000})
    yield good("alignment-odd-of-fixed", relocatable_kernel=0, kernel_alignment=3, known={"kernel_alignment": 0x100000})
    yield good("alignment-of-one", kernel_alignment=1)
    yield good("alignment-most", kernel_alignment=0x80000000)
    yield good("relocatable-255", relocatable_kernel=255)
    yield good("cmdline-most", cmdline_size=0xFFFFFFFF)
    yield good("cmdline-zero", cmdline_size=0)
    yield good("initrd-max-zero", initrd_addr_max=0)
    yield good("flags-most", loadflags=0xFF, xloadflags=0xFFFF)
    yield good("pref-highest", pref_address=(1 << 64) - 0x2000000 - 1)

    yield bad("zimage", "it is a zImage", code="unsupported", loadflags=0xFE)
    yield bad("v1ff", "boot protocol 1.255, expected 2.00", code="unsupported", version=0x1FF)
    yield bad("v0", "boot protocol 0.00, expected 2.00", code="unsupported", version=0)
    yield bad("header-too-long", "makes the setup header end at 0x291, expected at most 0x290", end=0x291)
    yield bad("header-longest", "makes the setup header end at 0x301", end=0x301)
    yield bad("syssize-plus",
              "syssize promises a kernel of 272 bytes behind the first 2560, and there are 256", syssize=17)
    yield bad("syssize-most", "syssize promises a kernel of 68719476720 bytes", syssize=0xFFFFFFFF)
    yield bad("no-kernel", "with the kernel behind them", kernel=b"")
    yield bad("setup-beyond", "and 255 sectors of setup take 131072", setup_sects=255, cut=131072)
    yield bad("alignment-zero", "kernel_alignment 0x0", kernel_alignment=0)
    yield bad("alignment-odd", "kernel_alignment 0x300000", kernel_alignment=0x300000)
    yield bad("alignment-ones", "kernel_alignment 0xffffffff", kernel_alignment=0xFFFFFFFF)
    yield bad("pref-too-high", "reaches beyond the end", pref_address=(1 << 64) - 0x2000000 + 1)
    yield bad("pref-ones", "reaches beyond the end", pref_address=(1 << 64) - 1)
    yield bad("cut-in-kernel", "the file is cut short", cut=-17)
    yield bad("cut-in-setup", "the file is cut short", cut=1000)
    yield bad("cut-in-header", "the file is cut short", cut=0x210)
    yield bad("no-magic", "no kernel of a known format", header=b"HdrT")
    yield bad("no-boot-flag", "no kernel of a known format", boot_flag=0xAA54)


def main():
    folder = os.path.join(sys.argv[1], "bzimage")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "list"), "w") as listing:
        for name, image, expected in fixtures():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(image)
            listing.write("%s %s\n" % (name, expected))


if __name__ == "__main__":
    main()
