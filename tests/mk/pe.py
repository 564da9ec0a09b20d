# SPDX-License-Identifier: GPL-2.0-only
"""PE programs and what is made of them: unified kernel images, EFI zboot images, Images of other machines.

FIXTURES/wrap/list has one line for each:

    NAME good FORMAT CODEC WRAP KERNEL INITRD UCODE DTB PROFILES CMDLINE
    NAME bad|unsupported WORDS

KERNEL ... DTB are files in the same folder that have the bytes expected, or "-"; CMDLINE is "none", the text behind
a colon, or its length behind a #; CODEC may be a list by commas, all of which must be there. Sources: Microsoft PE
Format; UAPI.5; Linux drivers/firmware/efi/libstub/zboot-header.S (6.12) and the Documentation of arm64 and RISC-V on
boot headers.
"""
import os
import struct
import sys

from bzimage import make_bzimage
from elf import EM_X86_64, kernel_like
from packed import gzip_member, lz4_legacy, packers, xz, zstd_simple

AMD64, ARM64, RISCV64, LOONGARCH64 = 0x8664, 0xAA64, 0x5064, 0x6264
MOST = 0xFFFFFFFF


class Section:
    def __init__(self, name, data, virtual=None, raw=None, offset=None, flags=0x40000040):
        self.name, self.data, self.virtual, self.raw, self.offset, self.flags = name, data, virtual, raw, offset, flags


def make_pe(sections, machine=AMD64, head=b"MZ", at=0x80, optional=0xF0, align=0x200, count=None, size=None):
    """size: of the optional header as the file says, where that is a lie."""
    out = bytearray(head.ljust(at, b"\0"))
    struct.pack_into("<I", out, 0x3C, at)
    table = at + 24 + optional
    end = table + 40 * len(sections)
    headers, body = b"", b""
    begin = (end + align - 1) // align * align
    for s in sections:
        assert len(s.name) <= 8
        raw = (len(s.data) + align - 1) // align * align if s.raw is None else s.raw
        offset = begin + len(body) if s.offset is None else s.offset
        headers += s.name.encode().ljust(8, b"\0") + struct.pack(
            "<6I2HI", len(s.data) if s.virtual is None else s.virtual, 0x10000 + len(body), raw, offset, 0, 0, 0, 0,
            s.flags)
        if s.offset is None:
            body += s.data.ljust(raw, b"\0")
    out += b"PE\0\0" + struct.pack("<2H3I2H", machine, len(sections) if count is None else count, 0, 0, 0,
                                   optional if size is None else size, 0x22F)
    out += struct.pack("<H", 0x20B).ljust(optional, b"\0")[:optional] + headers
    return bytes(out.ljust(begin, b"\0")) + body


STUB = [Section(".text", b"\x90" * 700),
        Section(".bss", b"", virtual=4096, raw=0x7000, offset=0x70000000, flags=0xC0000080)]


def make_uki(*sections, **how):
    return make_pe(STUB + [Section(*s) if isinstance(s, tuple) else s for s in sections], **how)


def make_zboot(payload, method=b"gzip", offset=None, size=None, behind=b"", machine=ARM64):
    """behind: what the header does not count, such as the unpacked size."""
    program = make_pe([Section(".text", payload + behind)], machine, at=64)
    out = bytearray(program)
    at = program.index(payload) if payload else len(program)
    out[0:4], out[4:8] = b"MZ\0\0", b"zimg"
    struct.pack_into("<4I", out, 8, at if offset is None else offset, len(payload) if size is None else size, 0, 0)
    out[24:56] = method.ljust(32, b"\0")
    out[56:60] = b"\xcd\x23\x82\x81"
    return bytes(out)


def make_image(kind, code=bytes(range(256)) * 3, pe=True):
    """A flat Image as such a kernel's build makes it."""
    magic, machine = {"arm64": (b"ARM\x64", ARM64), "riscv": (b"RSC\x05", RISCV64),
                      "loongarch": (b"\xcd\x23\x82\x81", LOONGARCH64)}[kind]
    head = struct.pack("<2sHI3Q", b"MZ", 0, 0, 0, 0x20000, 0xA).ljust(56, b"\0") + magic
    if not pe:
        return (b"\x1f\x20\x03\xd5" + head[4:]).ljust(64, b"\0") + code
    return make_pe([Section(".text", code), Section(".data", code[:100])], machine, head, at=64)


def make_dtb(size=None, magic=0xD00DFEED, version=17, compatible=16, structure=None, total=None):
    """A root node with one property; size: with zeros behind."""
    nodes = struct.pack(">II", 1, 0) + struct.pack(">III", 3, 4, 0) + b"abc\0" + struct.pack(">II", 2, 9)
    strings = b"model\0"
    reservations = bytes(16)
    at_nodes = 40 + len(reservations)
    at_strings = at_nodes + len(nodes)
    end = at_strings + len(strings)
    total = (size or end) if total is None else total
    head = struct.pack(">10I", magic, total, at_nodes if structure is None else structure, at_strings, 40, version,
                       compatible, 0, len(strings), len(nodes))
    return (head + reservations + nodes + strings).ljust(size or 0, b"\0")


def make_old_dtb(strings_first=False, header=36):
    """The same in version 16, which has no size of the structure block in its header; strings_first: as Linux makes it."""
    new = make_dtb()
    *_, size_strings, size_nodes = struct.unpack_from(">10I", new)
    nodes, strings = new[56:56 + size_nodes], new[56 + size_nodes:]
    blocks = [strings.ljust(8, b"\0"), nodes] if strings_first else [nodes, strings]
    first, second = 56, 56 + len(blocks[0])
    at_nodes, at_strings = (second, first) if strings_first else (first, second)
    head = struct.pack(">9I", 0xD00DFEED, second + len(blocks[1]), at_nodes, at_strings, 40, 16, 16, 0, size_strings)
    return head.ljust(header, b"\0").ljust(40, b"\xee") + bytes(16) + b"".join(blocks)


BZIMAGE = make_bzimage()
ELF = kernel_like(64, "little", EM_X86_64)[0]
IMAGES = {kind: make_image(kind) for kind in ("arm64", "riscv", "loongarch")}
INITRD = b"070701" + bytes(range(200)) * 5
UCODE = b"070701microcode" * 20
OTHER = b"another one"
DTB = make_dtb()
FILES = {"bzimage": BZIMAGE, "elf": ELF, "initrd": INITRD, "ucode": UCODE, "other": OTHER, "dtb": DTB,
         "arm64-flat": make_image("arm64", pe=False), **IMAGES}


def uki_fixtures():
    """Name, file, format, codec, kernel, and the parts as far as they are there."""
    kernel = (".linux", BZIMAGE)
    profile = (".profile", b"ID=x\n")
    yield "uki-kernel", make_uki(kernel), "BZIMAGE", "none", "bzimage", {}
    yield "uki-all", make_uki((".osrel", b"ID=test"), (".cmdline", b"root=/dev/sda quiet"), (".uname", b"6.12"),
                              (".initrd", INITRD), (".ucode", UCODE), (".dtb", DTB), (".sbat", b"sbat,1"), kernel), \
        "BZIMAGE", "none", "bzimage", \
        {"cmdline": ":root=/dev/sda quiet", "initrd": "initrd", "ucode": "ucode", "dtb": "dtb"}
    yield "uki-elf", make_uki((".linux", ELF)), "ELF", "none", "elf", {}
    yield "uki-arm64", make_uki((".linux", IMAGES["arm64"]), machine=ARM64), "LINUX_EFI", "none", "arm64", {}
    for name, text, line in (("newline", b"a b\n", "a b"), ("nul", b"a b\0", "a b"), ("both", b"a b \n\0\0\0", "a b"),
                             ("lines", b"a\nb\r\n\tc\n", "a b   c"), ("empty", b"", ""), ("leading",
                                 b"\n \ta b", "a b"),
                             ("blank", b" \n\0", "")):
        yield "uki-cmdline-" + name, make_uki(kernel, (".cmdline", text)), "BZIMAGE", "none", "bzimage", \
            {"cmdline": ":" + line}
    yield "uki-cmdline-longest", make_uki(kernel, (".cmdline", b"x" * 65536)), "BZIMAGE", "none", "bzimage", \
        {"cmdline": "#65536"}
    base = ((".cmdline", b"base"), (".initrd", INITRD), kernel)
    yield "uki-profile", make_uki(*base, profile), "BZIMAGE", "none", "bzimage", \
        {"cmdline": ":base", "initrd": "initrd", "profiles": 1}
    yield "uki-profile-override", make_uki(*base, profile, (".cmdline", b"zero"), (".initrd", OTHER), profile,
                                           (".cmdline", b"one"), (".ucode", UCODE), profile, (".cmdline", b"two")), \
        "BZIMAGE", "none", "bzimage", {"cmdline": ":zero", "initrd": "other", "profiles": 3}
    yield "uki-profile-empties", make_uki(*base, profile, (".initrd", b"")), "BZIMAGE", "none", "bzimage", \
        {"cmdline": ":base", "profiles": 1}
    yield "uki-profile-kernel", make_uki((".linux", ELF), profile, kernel, profile, (".linux", OTHER)), \
        "BZIMAGE", "none", "bzimage", {"profiles": 2}
    yield "uki-profile-only", make_uki(profile, *base), "BZIMAGE", "none", "bzimage", \
        {"cmdline": ":base", "initrd": "initrd", "profiles": 1}
    yield "uki-profiles-many", make_uki(*base, *([profile] * 200), (".initrd", OTHER)), "BZIMAGE", "none", "bzimage", \
        {"cmdline": ":base", "initrd": "initrd", "profiles": 200}
    yield "uki-later-damaged-profile", make_uki(*base, profile, profile, (".cmdline", b"a\0b"), (".cmdline", b"c")), \
        "BZIMAGE", "none", "bzimage", {"cmdline": ":base", "initrd": "initrd", "profiles": 2}
    yield "uki-dtbs", make_uki(kernel, (".dtb", DTB), (".dtb", OTHER), (".dtbauto", OTHER)), \
        "BZIMAGE", "none", "bzimage", {"dtb": "dtb"}
    yield "uki-dtb-padded", make_uki(kernel, Section(".dtb", DTB + bytes(300))), \
        "BZIMAGE", "none", "bzimage", {"dtb": "dtb"}
    yield "uki-dtb-unaligned", make_uki((".x", b"x"), (".dtb", DTB), kernel, align=1), "BZIMAGE", "none", "bzimage", \
        {"dtb": "dtb"}
    yield "uki-virtual-zero", make_uki(Section(".linux", BZIMAGE, virtual=0, raw=len(BZIMAGE))), \
        "BZIMAGE", "none", "bzimage", {}
    yield "uki-virtual-larger", make_uki(Section(".linux", BZIMAGE, virtual=MOST, raw=len(BZIMAGE))), \
        "BZIMAGE", "none", "bzimage", {}
    yield "uki-long-name", make_uki(kernel, (".linuxes", OTHER), (".initrdx", OTHER), (".cmdlin", OTHER)), \
        "BZIMAGE", "none", "bzimage", {}
    file = make_uki(kernel, (".initrd", INITRD))
    FILES["hdrs"] = file[file.index(b"HdrS"):][:11]
    yield "uki-overlap", make_uki(kernel, Section(".initrd", INITRD),
                                  Section(".ucode", b"", virtual=11, raw=11, offset=file.index(b"HdrS"))), \
        "BZIMAGE", "none", "bzimage", {"initrd": "initrd", "ucode": "hdrs"}
    yield "uki-header-far", make_uki(kernel, at=0x5000), "BZIMAGE", "none", "bzimage", {}
    yield "uki-no-optional-header", make_uki(kernel, optional=0), "BZIMAGE", "none", "bzimage", {}
    # Packed, in all places that are allowed.
    for codec, packed in packers(BZIMAGE).items():
        yield "uki-inside-" + codec, make_uki((".linux", packed)), "BZIMAGE", codec, "bzimage", {}
        yield "uki-whole-" + codec, packers(make_uki(kernel, (".initrd", INITRD)))[codec], "BZIMAGE", codec, "bzimage", \
            {"initrd": "initrd"}
    yield "uki-both", gzip_member(make_uki((".linux", xz(BZIMAGE)))), "BZIMAGE", "gzip,xz", "bzimage", {}
    yield "uki-zboot", make_uki((".linux", make_zboot(xz(IMAGES["arm64"]), b"xzkern")), machine=ARM64), \
        "LINUX_EFI", "xz", "arm64", {}
    yield "uki-packed-zboot", gzip_member(make_uki((".linux", make_zboot(xz(IMAGES["arm64"]), b"xzkern")))), \
        "LINUX_EFI", "gzip,xz", "arm64", {}


def zboot_fixtures():
    image = IMAGES["arm64"]
    size = struct.pack("<I", len(image))
    for method, codec, payload, behind in (
            (b"gzip", "gzip", gzip_member(image), b""), (b"zstd22", "zstd", zstd_simple(image), size),
            (b"zstd", "zstd", zstd_simple(image), size), (b"xzkern", "xz", xz(image), size),
            (b"xz", "xz", xz(image), size),
            (b"lz4", "lz4", lz4_legacy(image), size), (b"lzma", "lzma", packers(image)["lzma"], size),
            (b"bzip2", "bzip2", packers(image)["bzip2"], size)):
        yield "zboot-" + method.decode(), make_zboot(payload, method, behind=behind), "LINUX_EFI", codec, "arm64"
    yield "zboot-size-counted", make_zboot(xz(image) + size, b"xz"), "LINUX_EFI", "xz", "arm64"
    for kind in ("riscv", "loongarch"):
        yield "zboot-" + kind, make_zboot(gzip_member(IMAGES[kind])), "LINUX_EFI", "gzip", kind
    yield "zboot-bzimage", make_zboot(gzip_member(BZIMAGE), machine=AMD64), "BZIMAGE", "gzip", "bzimage"
    yield "zboot-whole-packed", packers(make_zboot(xz(image), b"xz"))["zstd"], "LINUX_EFI", "zstd,xz", "arm64"


def good_fixtures():
    for name, file, form, codec, kernel, parts in uki_fixtures():
        yield name, file, form, codec, "UKI", kernel, parts
    for name, file, form, codec, kernel in zboot_fixtures():
        yield name, file, form, codec, "ZBOOT", kernel, {}
    for kind in IMAGES:
        yield "image-" + kind, IMAGES[kind], "LINUX_EFI", "none", "NONE", kind, {}
    yield "image-arm64-flat", FILES["arm64-flat"], "LINUX_EFI", "none", "NONE", "arm64-flat", {}
    yield "image-arm64-gzip", gzip_member(IMAGES["arm64"]), "LINUX_EFI", "gzip", "NONE", "arm64", {}


def bad_fixtures():
    """name, file, error, words"""
    kernel = (".linux", BZIMAGE)
    size = len(make_uki(kernel))
    yield "pe-no-kernel", make_uki((".text", BZIMAGE)), "unsupported", "without a kernel inside"
    yield "pe-dos-only", b"MZ".ljust(4096, b"\0"), "unsupported", "without a kernel inside"
    yield "pe-offset-most", b"MZ".ljust(0x3C, b"\0") + b"\xff" * 4 + bytes(4096), \
        "unsupported", "without a kernel inside"
    yield "pe-cut-coff", make_uki(kernel)[:0x80 + 23], "bad", "cut short in its header at 132"
    yield "pe-cut-table", make_uki(kernel)[:0x80 + 24 + 0xF0 + 119], \
        "bad", "cut short in its table of 3 sections at 392"
    yield "pe-sections-most", make_uki(kernel, count=65535), "bad", "cut short in its table of 65535 sections"
    yield "pe-optional-most", make_uki(kernel, size=65535), "bad", "cut short in its table of 3 sections at 65687"
    yield "pe-no-sections", make_uki(kernel, count=0), "unsupported", "without a kernel inside"
    yield "pe-section-cut", make_uki(kernel)[:-1], "bad", \
        "section 2 (.linux), 3072 bytes at offset 1536, does not lie inside the file of %d bytes: it is cut short" % (
            size - 1)
    for name, raw, offset in (("size-most", MOST, 512), ("offset-most", 16, MOST), ("both-most", MOST, MOST),
                              ("size-sign", 0x80000000, 512), ("offset-sign", 1, 0x80000000),
                              ("one-too-many", size + 512, 1)):
        yield "pe-section-" + name, make_uki(kernel, Section(".x", b"", raw=raw, offset=offset)), \
            "bad", "section 3 (.x)"
    yield "pe-section-name", make_uki(kernel, Section("\x1b[31m\x7f!", b"", raw=1, offset=MOST)), \
        "bad", "section 3 (?[31m?!)"
    yield "uki-empty-kernel", make_uki((".linux", b"")), "bad", "its .linux section is empty"
    yield "uki-empty-kernel-in-profile", make_uki(kernel, (".profile", b""), (".linux", b"")), \
        "bad", ".linux section is empty"
    yield "uki-other-profile", make_uki((".profile", b""), (".profile", b""), kernel), "bad", \
        "its .linux section belongs to another profile than the first"
    for name in (".linux", ".initrd", ".cmdline", ".ucode"):
        yield "uki-two-" + name[1:], make_uki(kernel, (name, b"x"), (name, b"y")), \
            "bad", "there are two %s sections" % name
    yield "uki-two-in-profile", make_uki(kernel, (".profile", b""), (".initrd", b"x"), (".initrd", b"y")), "bad", \
        "there are two .initrd sections"
    yield "uki-cmdline-nul-inside", make_uki(kernel, (".cmdline", b"ab\0cd")), \
        "bad", ".cmdline has a NUL inside, at byte 2 of 5"
    yield "uki-cmdline-nul-first", make_uki(kernel, (".cmdline", b" \0ab")), "bad", "a NUL inside, at byte 0 of 3"
    yield "uki-cmdline-too-long", make_uki(kernel, (".cmdline", b"x" * 65537)), \
        "bad", ".cmdline has 65537 bytes, expected"
    yield "uki-dtb-damaged", make_uki(kernel, (".dtb", b"x" * 100)), \
        "bad", "unified kernel image: .dtb: is no flattened"
    yield "uki-dtb-short", make_uki(kernel, (".dtb", DTB[:39])), "bad", ".dtb: 39 bytes, and the header"
    yield "uki-garbage", make_uki((".linux", b"no kernel at all")), \
        "bad", ".linux of the unified kernel image: is no kernel"
    yield "uki-damaged", make_uki((".linux", BZIMAGE[:-40])), \
        "bad", ".linux of the unified kernel image: damaged x86 bzImage"
    yield "uki-inside-uki", make_uki((".linux", make_uki(kernel))), \
        "unsupported", "is a unified kernel image inside another"
    yield "uki-packed-uki", make_uki((".linux", gzip_member(make_uki(kernel)))), "unsupported", "inside another one"
    yield "uki-twice-packed", make_uki((".linux", gzip_member(xz(BZIMAGE)))), "unsupported", "is packed again, with xz"
    yield "uki-zboot-too-deep", make_uki((".linux", gzip_member(make_zboot(xz(IMAGES["arm64"]), b"xz")))), "unsupported", \
        "is an EFI zboot image, packed again"
    payload = gzip_member(IMAGES["arm64"])
    plain = make_zboot(payload)
    yield "zboot-lzo", make_zboot(payload, b"lzo"), "unsupported", "EFI zboot image packed with \"lzo\""
    yield "zboot-unnamed", make_zboot(payload, b""), "unsupported", "EFI zboot image packed with \"\""
    yield "zboot-name-longest", make_zboot(payload, b"gzip" * 8), "unsupported", "packed with \"" + "gzip" * 8 + "\""
    yield "zboot-name-strange", make_zboot(payload, b"\x1b[2J\xff"), "unsupported", "packed with \"?[2J?\""
    for name, offset, length in (("size-zero", 512, 0), ("size-most", 512, MOST), ("offset-most", MOST, 1),
                                 ("both-most", MOST, MOST), ("wrap", 0x80000000, 0x80000000), ("behind",
                                     len(plain), 1)):
        yield "zboot-" + name, make_zboot(payload, offset=offset, size=length), "bad", \
            "its payload, %d bytes at offset %d, does not lie inside the file of %d bytes" % (length, offset,
                len(plain))
    yield "zboot-payload-cut", make_zboot(payload, size=len(payload) - 1), \
        "bad", "payload of the EFI zboot image: cannot unpack"
    yield "zboot-payload-more", make_zboot(payload, size=len(payload) + 1, behind=b"x"), "bad", "neither more of it"
    yield "zboot-wrong-codec", make_zboot(payload, b"xz"), "bad", "cannot unpack it with xz"
    yield "zboot-head-only", plain[:55], "bad", "EFI zboot image of 55 bytes, its header alone takes 56"
    yield "zboot-garbage", make_zboot(gzip_member(b"no kernel at all")), \
        "bad", "payload of the EFI zboot image: is no kernel"
    yield "zboot-packed-again", make_zboot(gzip_member(xz(IMAGES["arm64"]))), "unsupported", "is packed again, with xz"
    yield "zboot-zboot", make_zboot(gzip_member(plain)), "unsupported", "is an EFI zboot image, packed again"
    yield "zboot-uki", make_zboot(gzip_member(make_uki(kernel))), "unsupported", "unified kernel image inside another"
    yield "image-cut-head", IMAGES["arm64"][:63], "bad", "arm64 Image of 63 bytes, its header alone takes 64"
    for kind, name in (("arm64", "arm64"), ("riscv", "RISC-V"), ("loongarch", "LoongArch")):
        yield "image-%s-cut" % kind, IMAGES[kind][:-1], \
            "bad", "%s Image: damaged PE (EFI) program: section 1 (.data)" % name


def main():
    folder = os.path.join(sys.argv[1], "wrap")
    os.makedirs(folder, exist_ok=True)

    def write(name, data):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)

    with open(os.path.join(folder, "list"), "w") as listing:
        for name, file, form, codec, wrap, kernel, parts in good_fixtures():
            write(name, file)
            listing.write("%s good %s %s %s part-%s %s %s %s %d %s\n" % (
                name, form, codec, wrap, kernel,
                *("part-" + parts[p] if p in parts else "-" for p in ("initrd", "ucode", "dtb")),
                parts.get("profiles", 0), parts.get("cmdline", "none")))
        for name, file, code, words in bad_fixtures():
            write(name, file)
            listing.write("%s %s %s\n" % (name, code, words))
    for name, data in FILES.items():
        write("part-" + name, data)

    # Device trees alone, for --dtb: NAME good|old|bad|unsupported WORDS; old: becomes the one that is named.
    folder = os.path.join(sys.argv[1], "dtb")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "list"), "w") as listing:
        for name, data, code, words in (
                ("plain", DTB, "good", "%d" % len(DTB)),
                ("padded", DTB + b"behind", "good", "%d" % len(DTB)),
                ("room", make_dtb(4096), "good", "4096"),
                ("largest", make_dtb(16 << 20), "good", "%d" % (16 << 20)),
                ("too-large", make_dtb((16 << 20) + 4), "bad", "expected at most 16777216"),
                ("size-most", make_dtb(total=MOST), "bad", "expected at most 16777216"),
                ("size-small", make_dtb(total=39), "bad", "says that it is a device tree of 39 bytes"),
                ("size-zero", make_dtb(total=0), "bad", "says that it is a device tree of 0 bytes"),
                ("cut", DTB[:-1], "bad", "it is cut short"),
                ("cut-head", DTB[:39], "bad", "39 bytes, and the header of a device tree takes 40"),
                ("empty", b"", "bad", "0 bytes, and the header of a device tree takes 40"),
                ("source", b"/dts-v1/;\n/ { };\n" * 5, "bad", "is no flattened device tree"),
                ("structure-head", make_dtb(structure=0), "bad", "the structure block"),
                ("structure-most", make_dtb(structure=MOST), "bad", "the structure block"),
                ("structure-end", make_dtb(structure=len(DTB)), "bad", "the structure block"),
                ("version-16", make_dtb(version=16), "old", "plain"),
                ("version-16-short", make_old_dtb(), "old", "plain"),
                ("version-16-strings", make_old_dtb(True), "old", "plain"),
                ("version-16-linux", make_old_dtb(True, 40), "old", "plain"),
                ("version-16-cut", make_old_dtb()[:-1], "bad", "it is cut short"),
                ("version-16-endless", make_old_dtb().replace(bytes([0, 0, 0, 2, 0, 0, 0, 9]), bytes([0, 0, 0, 4] * 2)), "bad",
                 "damaged device tree"),
                ("version-15", make_dtb(version=15, compatible=15), "unsupported", "a device tree of version 15"),
                ("version-newer", make_dtb(version=99, compatible=18), "unsupported", "version 99, readable as 18"),
                ("version-older", make_dtb(compatible=15), "unsupported", "readable as 15")):
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)
            listing.write("%s %s %s\n" % (name, code, words))


if __name__ == "__main__":
    main()
