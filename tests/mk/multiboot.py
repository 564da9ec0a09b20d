# SPDX-License-Identifier: GPL-2.0-only
"""Files with multiboot headers of both versions, good and bad, in ELF files and without.

FIXTURES/multiboot/list has one line for each:

    NAME elf|flat good ONE / TWO      the facts of each version in the order of ONE and TWO below, or "none"
    NAME elf|flat bad|unsupported|unknown WORDS

Multiboot Specification 0.6.96, 3.1; Multiboot2 Specification 2.0, 3.1.
"""
import os
import struct
import sys

from elf import EM_386, EM_S390, EM_X86_64, PT_LOAD, Segment, make_elf

ALL = 0xFFFFFFFF
TEXT = bytes((at * 13 + 5) & 0xFF for at in range(512))

# Version 1: flags, has addresses, offset of data, its size, load, memory, entry, wants video, mode, width, height, depth
# Version 2: has addresses, offset, size, load, memory, has entry, entry, relocatable, min, max, align, preference,
#            wants framebuffer, width, height, depth, modules aligned


def header1(flags=3, addresses=None, video=None, checksum=None):
    data = struct.pack("<III", 0x1BADB002, flags, -(0x1BADB002 + flags) & ALL if checksum is None else checksum)
    if addresses or video:
        data += struct.pack("<5I", *(addresses or (7, 7, 7, 7, 7)))
    if video:
        data += struct.pack("<4I", *video)
    return data


def tag(kind, *numbers, optional=False, size=None):
    body = struct.pack("<%dI" % len(numbers), *numbers)
    data = struct.pack("<HHI", kind, int(optional), 8 + len(body) if size is None else size) + body
    return data + bytes(-len(data) % 8)


END = tag(0)


def header2(*tags, end=END, architecture=0, length=None, checksum=None):
    body = b"".join(tags) + end
    length = 16 + len(body) if length is None else length
    if checksum is None:
        checksum = -(0xE85250D6 + architecture + length) & ALL
    return struct.pack("<4I", 0xE85250D6, architecture, length, checksum) + body


def at(offset, data, behind=TEXT):
    return b"\x90" * offset + data + behind


def elf_with(data, bits=32, machine=EM_386, order="little"):
    """The header stands in the first segment, wherever that comes to lie: at a multiple of 8."""
    pad = 0x100 - (52 + 32 if bits == 32 else 64 + 56)
    file, facts = make_elf(bits, order, machine, 0x100000, [Segment(PT_LOAD, bytes(pad) + data + TEXT, 0x100000)])
    return file


def one(flags=3, place=None, video=None):
    place = place or (0, 0, 0, 0, 0)
    return "%d %d %d %d %d %d %d %d %d %d %d %d" % ((flags, int(place != (0,) * 5)) + place
                                                    + (int(video is not None),) + (video or (0, 0, 0, 0)))


def two(place=None, entry=None, moves=None, screen=None, aligned=0):
    place = place or (0, 0, 0, 0)
    return " ".join(str(n) for n in (int(place != (0,) * 4),) + place + (int(entry is not None), entry or 0)
                    + (int(moves is not None),) + (moves or (0, 0, 0, 0)) + (int(screen is not None),)
                    + (screen or (0, 0, 0)) + (aligned,))


def fixtures():
    """name, is ELF, file, expectation"""
    def good(name, file, first="none", second="none"):
        return name, file[:4] == b"\x7fELF", file, "good %s / %s" % (first, second)

    def bad(name, file, words, code="bad"):
        return name, file[:4] == b"\x7fELF", file, "%s %s" % (code, words)

    # Version 1.
    yield good("elf1", elf_with(header1()), one())
    yield good("elf1-64", elf_with(header1(), 64, EM_X86_64), one())
    yield good("elf1-optional", elf_with(header1(0xFFFE0003)), one(0xFFFE0003))
    yield good("elf1-video", elf_with(header1(7, video=(0, 1024, 768, 32))), one(7, video=(0, 1024, 768, 32)))
    yield good("elf-none", elf_with(b"\x02\xb0\xad\x1b\x00\x00\x00\x00\x00\x00\x00\x00"))
    yield good("elf-s390", elf_with(header1(4), 64, EM_S390, "big"))
    yield good("elf-other", elf_with(header1(0xFFFF), 64, 183))
    flat = (0x100010, 0x100000, 0x100000 + 560, 0x102000, 0x100020)
    flags = 0x10003
    file = at(16, header1(flags, flat))
    assert len(file) == 560
    yield good("flat1", file, one(flags, (0, 560, 0x100000, 0x2000, 0x100020)))
    yield good("flat1-part", at(16, header1(flags, (0x100010, 0x100008, 0x100100, 0, 0x100008))),
               one(flags, (8, 0xF8, 0x100008, 0xF8, 0x100008)))
    yield good("flat1-to-end", at(16, header1(flags, (0x100010, 0x100010, 0, 0, 0x100010))),
               one(flags, (16, 544, 0x100010, 544, 0x100010)))
    yield good("flat1-to-end-bss", at(16, header1(flags, (0x100010, 0x100010, 0, 0x200010, 0x200000))),
               one(flags, (16, 544, 0x100010, 0x100000, 0x200000)))
    yield good("flat1-video", at(16, header1(flags | 4, flat, (1, 80, 25, 0))[:48]),
               one(flags | 4, (0, 560, 0x100000, 0x2000, 0x100020), (1, 80, 25, 0)))
    yield good("flat1-lowest", at(0, header1(flags, (0, 0, 0, 0, 0))), one(flags, (0, 544, 0, 544, 0)))
    yield good("flat1-highest", at(0, header1(flags, (ALL - 543, ALL - 543, 0, 0, ALL))),
               one(flags, (0, 544, ALL - 543, 544, ALL)))
    yield good("flat1-last-place", at(8192 - 12, header1(flags, (0x10000, 0x10000, 0, 0, 0x10000))),
               one(flags, (8180, 544, 0x10000, 544, 0x10000)))
    yield good("elf1-addresses", elf_with(header1(flags, (0x300000, 0x300000, 0x300100, 0, 0x300000))),
               one(flags, (256, 256, 0x300000, 256, 0x300000)))
    yield good("flat1-second", at(16, header1(3, checksum=1) + header1(flags, (0x50, 0x50, 0, 0, 0x50))),
               one(flags, (28, 544, 0x50, 544, 0x50)))
    yield bad("flat1-behind", at(8192, header1(flags, flat)), "no kernel of a known format")
    yield bad("flat1-unaligned", at(18, header1(flags, flat)), "no kernel of a known format")
    yield bad("flat1-checksum", at(16, header1(flags, flat, checksum=0)), "no kernel of a known format")
    yield bad("flat1-no-addresses", at(16, header1()), "gives no load addresses, and the file is no ELF file",
              "unsupported")
    yield bad("flat1-unknown-flag", at(16, header1(flags | 8, flat)), "demand features that no version of the "
              "specification has: 0x8", "unsupported")
    yield bad("elf1-unknown-flag", elf_with(header1(0x8003)), "0x8000", "unsupported")
    yield bad("flat1-cut-addresses", at(16, header1(flags, flat))[:40], "its addresses lie behind the end of the file")
    yield bad("flat1-cut-video", at(16, header1(flags | 4, flat, (0, 0, 0, 0)), b"")[:60], "it is cut short")
    yield bad("flat1-cut-video-only", at(16, header1(flags | 4, (16, 0, 52, 0, 16), (0, 0, 0, 0)), b"")[:60],
              "its video mode lies behind the end of the file")
    yield bad("flat1-cut-data", file[:-1], "560 bytes, but from offset 0 on the file has 559: it is cut short")
    for name, addresses, words in (
            ("load-above", (0x1000, 0x1001, 0, 0, 0x1001), "do not fit a header"),
            ("load-too-low", (0x1011, 0x1000, 0, 0, 0x1000), "do not fit a header that is 16 bytes into the file"),
            ("load-ones", (0x1000, ALL, 0, 0, 0x1000), "do not fit a header"),
            ("end-below", (0x1000, 0x1000, 0xFFF, 0, 0x1000), "it ends at 0xfff, but begins at load_addr 0x1000"),
            ("end-same", (0x1000, 0x1000, 0x1000, 0, 0x1000), "it ends at 0x1000"),
            ("end-ones", (0x1000, 0x1000, ALL, 0, 0x1000), "it is cut short"),
            ("bss-below", (0x1000, 0x1000, 0x1100, 0x10FF, 0x1000), "bss_end_addr 0x10ff is below the end"),
            ("entry-below", (0x1000, 0x1000, 0x1100, 0, 0xFFF), "the entry 0xfff does not lie in what is loaded"),
            ("entry-behind", (0x1000, 0x1000, 0x1100, 0, 0x1100), "the entry 0x1100 does not lie"),
            ("entry-behind-bss", (0x1000, 0x1000, 0x1100, 0x2000, 0x2000), "the entry 0x2000 does not lie"),
            ("beyond-4g", (0xFFFFFF00, 0xFFFFFF00, 0, 0, 0xFFFFFF00), "it ends at 0x100000120")):
        yield bad("flat1-" + name, at(16, header1(flags, addresses)), words)

    # Version 2.
    info = tag(1, 4, 6, 8, 3, 2, 1, 21)
    yield good("elf2", elf_with(header2()), second=two())
    yield good("elf2-64", elf_with(header2(info), 64, EM_X86_64), second=two())
    yield good("elf2-empty-request", elf_with(header2(tag(1))), second=two())
    yield good("elf2-all", elf_with(header2(
        info, tag(3, 0x100010), tag(4, 1), tag(5, 800, 600, 24), tag(6), tag(7, optional=True), tag(8, 5), tag(9, 6),
        tag(10, 0x200000, 0x3FFFFFFF, 0x200000, 2), tag(99, 1, 2, 3, optional=True),
        tag(1, 5, 7, 9, 12, 15, 17, 20, 22, ALL, optional=True))),
        second=two(entry=0x100010, moves=(0x200000, 0x3FFFFFFF, 0x200000, 2), screen=(800, 600, 24), aligned=1))
    yield good("elf2-odd-sizes", elf_with(header2(tag(4, 1), tag(3, 0x100000), tag(3, 5))), second=two(entry=5))
    yield good("elf2-relocate-nowhere", elf_with(header2(tag(10, 0, 0, 1, 0))), second=two(moves=(0, 0, 1, 0)))
    yield good("both", elf_with(header1() + bytes(4) + header2(info)), one(), two())
    yield good("both-first-only", elf_with(header1() + bytes(4) + header2(tag(1, 15))), one())
    yield good("both-second-only", elf_with(header1(0x13) + bytes(4) + header2(info)), second=two())
    plain = header2(tag(2, 0x100010, 0x100000, 0, 0), tag(3, 0x100020))
    place = (0x100010, 0x100000, 0x100000 + len(at(16, plain)), 0x102000)
    file = at(16, header2(tag(2, *place), tag(3, 0x100020)))
    yield good("flat2", file, second=two((0, len(file), 0x100000, 0x2000), 0x100020))
    yield good("flat2-whole", at(16, header2(tag(2, 0x100010, ALL, 0, 0), tag(3, 0x100000))),
               second=two((0, len(file), 0x100000, len(file)), 0x100000))
    yield good("flat2-last-place", at(32768 - 16, header2(tag(2, 0x40000, 0x40000, 0, 0), tag(3, 0x40000))),
               second=two((32752, 576, 0x40000, 576), 0x40000))
    yield good("elf2-addresses", elf_with(header2(tag(2, 0x300000, 0x300000, 0x300100, 0))),
               second=two((256, 256, 0x300000, 256)))
    yield bad("flat2-behind", at(32768, plain), "no kernel of a known format")
    yield bad("flat2-unaligned", at(20, plain), "no kernel of a known format")
    yield bad("flat2-checksum", at(16, header2(checksum=0)), "no kernel of a known format")
    yield bad("flat2-no-addresses", at(16, header2(tag(3, 1))), "gives no load addresses", "unsupported")
    yield bad("flat2-no-entry", at(16, header2(tag(2, 0x100010, 0x100000, 0, 0))), "gives addresses and no entry")
    yield bad("flat2-entry-outside", at(16, header2(tag(2, 0x100010, 0x100000, 0, 0), tag(3, 5))),
              "the entry 0x5 does not lie")
    yield bad("flat2-whole-below", at(16, header2(tag(2, 15, ALL, 0, 0), tag(3, 0))),
              "loaded from its start with its header at 0xf, but the header is 16 bytes into it")
    yield bad("flat2-cut-data", file[:-1], "it is cut short")
    yield bad("elf2-mips", elf_with(header2(architecture=4)), "its architecture is 4, expected 0", "unsupported")
    yield bad("elf2-short", elf_with(header2(length=15)), "its length is 15, expected 16 to")
    yield bad("elf2-long", elf_with(header2(length=5000)), "its length is 5000, expected 16 to")
    yield bad("elf2-longest", elf_with(header2(length=ALL)), "its length is 4294967295, expected 16 to")
    yield bad("elf2-no-tags", elf_with(header2(end=b"")), "its 0 bytes of tags have no end tag")
    yield bad("elf2-no-end", elf_with(header2(tag(4, 0), end=b"")), "its 16 bytes of tags have no end tag")
    for size, shown in ((0, 0), (7, 7), (25, 25), (ALL, ALL), (0x80000000, 0x80000000)):
        yield bad("elf2-tag-size-%x" % size, elf_with(header2(tag(4, 0, size=size))),
                  "the tag at byte 0 has a size of %d, expected 8 to 24" % shown)
    for kind, least, name in ((2, 24, "address"), (3, 12, "entry"), (5, 20, "screen"), (10, 24, "relocate")):
        numbers = [0] * ((least - 8) // 4 - 1)
        yield bad("elf2-short-" + name, elf_with(header2(tag(kind, *numbers))),
                  "the tag of type %d at byte 0: its size is %d, expected at least %d" % (kind, least - 4, least))
    yield bad("elf2-boot-services", elf_with(header2(tag(7))), "it demands EFI boot services", "unsupported")
    yield bad("elf2-unknown", elf_with(header2(tag(11))), "it is required, and of a type that is not known",
              "unsupported")
    for kind, what in ((5, "BIOS boot device"), (9, "ELF symbols"), (12, "EFI 64-bit system table"),
                       (14, "old ACPI root pointer"), (15, "new ACPI root pointer"), (17, "EFI memory map"),
                       (20, "EFI 64-bit image handle")):
        yield bad("elf2-demands-%d" % kind, elf_with(header2(tag(1, 4, kind))),
                  "it demands information of type %d (%s), which this version of kexec cannot give" % (kind, what),
                  "unsupported")
    for kind in (0, 22, ALL):
        yield bad("elf2-demands-%d" % kind, elf_with(header2(tag(1, kind))),
                  "it demands information of type %d, which this version of kexec does not know" % kind, "unsupported")
    for name, numbers, words in (("order", (2, 1, 1, 0), "its lowest address 0x2 is above the highest, 0x1"),
                                 ("align-0", (0, ALL, 0, 0), "its alignment 0x0 is not a power of two"),
                                 ("align-odd", (0, ALL, 3, 0), "its alignment 0x3 is not a power of two"),
                                 ("align-ones", (0, ALL, ALL, 0), "is not a power of two"),
                                 ("preference", (0, ALL, 1, 3), "its preference is 3, expected 0, 1 or 2")):
        yield bad("elf2-relocate-" + name, elf_with(header2(tag(10, *numbers))), words)
    yield bad("both-bad", elf_with(header1(0x13) + bytes(4) + header2(tag(7))),
              "it demands EFI boot services, which are gone once a kernel runs: kexec cannot start it, and: "
              "multiboot header at byte 256: its flags 0x13", "unsupported")


def main():
    folder = os.path.join(sys.argv[1], "multiboot")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "list"), "w") as listing:
        for name, is_elf, file, expected in fixtures():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(file)
            listing.write("%s %s %s\n" % (name, "elf" if is_elf else "flat", expected))


if __name__ == "__main__":
    main()
