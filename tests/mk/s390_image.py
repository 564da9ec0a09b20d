# SPDX-License-Identifier: GPL-2.0-only
"""Flat Linux/s390 images: what the loader looks at is in its place, the rest is filler that packs well.

FIXTURES/s390_image/list has one line for each: name, size, entries, largest command line, or "bad" and words of the
error expected. Offsets from Linux 6.12 arch/s390/boot/head.S and arch/s390/include/asm/setup.h.
"""
import os
import struct
import sys

ENTRY_TABLE, PARMAREA, MAX_COMMAND_LINE, COMMAND_LINE = 0x10008, 0x10400, 0x10430, 0x10480
IPL = bytes.fromhex("0008000080000200" "0200001860000050" "0200006860000050") + b"\x40" * 40


def make_s390_image(size=0x14000, entries=1, max_command_line=4096, ipl=True, magic=b"S390EP\0"):
    image = bytearray(max(size, 0x14000))
    for at in range(0x11000, len(image), 64):
        image[at:at + 8] = struct.pack(">Q", at * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
    if ipl:
        image[:len(IPL)] = IPL
    image[0x10000:0x10004] = bytes.fromhex("a7f40010")
    image[ENTRY_TABLE:ENTRY_TABLE + 7] = magic
    image[0x1000F] = entries
    image[0x10010:0x10014] = bytes.fromhex("a7f400d0")
    image[MAX_COMMAND_LINE:MAX_COMMAND_LINE + 8] = struct.pack(">Q", max_command_line)
    command_line = b"root=/dev/ram0 ro\0"
    image[COMMAND_LINE:COMMAND_LINE + len(command_line)] = command_line
    return bytes(image[:size])


def fixtures():
    """name, image, expectation"""
    def good(name, **how):
        image = make_s390_image(**how)
        limit = how.get("max_command_line", 4096) or 896
        return name, image, "good %d %d %d" % (len(image), how.get("entries", 1), limit)

    def bad(name, words, **how):
        return name, make_s390_image(**how), "bad " + words

    yield good("plain")
    yield good("old", max_command_line=0)
    yield good("no-ipl-record", ipl=False)
    yield good("more-entries", entries=255)
    yield good("smallest", size=COMMAND_LINE + 4096)
    yield good("smallest-old", size=COMMAND_LINE + 896, max_command_line=0)
    yield good("one-byte-line", size=COMMAND_LINE + 1, max_command_line=1)
    yield good("largest-line", size=COMMAND_LINE + (1 << 20), max_command_line=1 << 20)
    yield bad("no-entries", "0 entries", entries=0)
    yield bad("line-too-large", "expected at most 1048576", size=0x200000, max_command_line=(1 << 20) + 1)
    yield bad("line-sign-bit", "expected at most 1048576", max_command_line=1 << 63)
    yield bad("line-all-ones", "expected at most 1048576", max_command_line=(1 << 64) - 1)
    yield bad("line-outside", "cut short", size=COMMAND_LINE + 4095)
    yield bad("line-outside-old", "cut short", size=COMMAND_LINE + 895, max_command_line=0)
    yield bad("ends-at-line", "cut short", size=COMMAND_LINE)
    yield bad("ends-in-parmarea", "cut short", size=MAX_COMMAND_LINE + 7)
    yield bad("ends-at-parmarea", "cut short", size=PARMAREA)
    yield bad("ends-in-table", "cut short", size=0x1000F)
    yield bad("before-3.2", "since 3.2", magic=bytes(7))
    yield bad("magic-without-nul", "since 3.2", magic=b"S390EPX")
    yield bad("ends-in-magic", "since 3.2", size=0x1000E)
    yield bad("head-only", "since 3.2", size=0x200)
    yield bad("no-magic-no-ipl", "no kernel of a known format", magic=bytes(7), ipl=False)


def main():
    folder = os.path.join(sys.argv[1], "s390_image")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "list"), "w") as listing:
        for name, image, expected in fixtures():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(image)
            listing.write("%s %s\n" % (name, expected))


if __name__ == "__main__":
    main()
