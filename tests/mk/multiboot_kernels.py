# SPDX-License-Identifier: GPL-2.0-only
"""Multiboot kernels that are filler with a header, for the loaders' tests: FIXTURES/multiboot_kernels/NAME. They and
bent ones are the corpus of tests/fuzz/fuzz_x86_multiboot.c, too.

Layouts from the Multiboot Specifications 0.6.96 (3.1) and 2.0 (3.1), and the ELF specification.
"""
import os
import random
import struct
import sys

from corpus import bent

EM_386, EM_X86_64 = 3, 62


def filler(size, seed):
    return bytes((at * 7 + (at >> 8) + seed) & 0xFF for at in range(size))


def header1(flags=3, addresses=None, video=None):
    head = struct.pack("<III", 0x1BADB002, flags, -(0x1BADB002 + flags) & 0xFFFFFFFF)
    if addresses or video:
        head += struct.pack("<5I", *(addresses or (0, 0, 0, 0, 0)))
    if video:
        head += struct.pack("<4I", *video)
    return head


def header2(*tags):
    body = b""
    for kind, flags, data in tags + ((0, 0, b""),):
        body += struct.pack("<HHI", kind, flags, 8 + len(data)) + data
        body += bytes(-len(body) % 8)
    length = 16 + len(body)
    return struct.pack("<4I", 0xE85250D6, 0, length, -(0xE85250D6 + length) & 0xFFFFFFFF) + body


def relocatable(lowest, highest, align, preference):
    return 10, 0, struct.pack("<4I", lowest, highest, align, preference)


def framebuffer(width=0, height=0, depth=0):
    return 5, 1, struct.pack("<3I", width, height, depth)


def elf(header, segments, entry, bits=32):
    """segments: vaddr, paddr, data, memory size. The header lies at 0x200, in no segment."""
    ehsize, phsize = (52, 32) if bits == 32 else (64, 56)
    table, content, at = b"", b"", 0x1000
    for vaddr, paddr, data, memory in segments:
        offset = at + len(content)
        if bits == 32:
            table += struct.pack("<8I", 1, offset, vaddr, paddr, len(data), memory, 7, 0x1000)
        else:
            table += struct.pack("<2I6Q", 1, 7, offset, vaddr, paddr, len(data), memory, 0x1000)
        content += data + bytes(-len(data) % 0x1000)
    ident = b"\x7fELF" + bytes([1 if bits == 32 else 2, 1, 1]) + bytes(9)
    machine = EM_386 if bits == 32 else EM_X86_64
    word = "I" if bits == 32 else "Q"
    file = ident + struct.pack("<HHI3%sI6H" % word, 2, machine, 1, entry, ehsize, 0, 0, ehsize, phsize, len(segments),
                               0, 0, 0) + table
    file += bytes(0x200 - len(file)) + header
    return file + bytes(at - len(file)) + content


def kernels():
    text, data = filler(0x1800, 1), filler(0x100, 2)
    low = [(0x100000, 0x100000, text, 0x1800), (0x101800, 0x101800, data, 0x6800)]
    yield "one.elf", elf(header1(), low, 0x100010)
    high = [(0xC0000000 + vaddr, paddr, bytes_, memory) for vaddr, paddr, bytes_, memory in low]
    yield "one-high.elf", elf(header1(), high, 0xC0100010)
    yield "one-64.elf", elf(header1(), [(0xFFFFFFFF80000000 + v, p, b, m) for v, p, b, m in low],
                            0xFFFFFFFF80101810, bits=64)
    yield "one-lost.elf", elf(header1(), low, 0x900000)
    yield "one-video.elf", elf(header1(flags=7, video=(0, 800, 600, 32)), low, 0x100010)
    yield "one-crash.elf", elf(header1(), [(0x30000000, 0x30000000, text, 0x5000)], 0x30000010)
    yield "one-far.elf", elf(header1(), [(0x90000000, 0x90000000, text, 0x5000)], 0x90000010)

    where = (0x202000 + 0x20, 0x202000, 0x202000 + 0x1234, 0x208000, 0x202080)
    flat = filler(0x1234, 3)
    yield "one.flat", flat[:0x20] + header1(flags=0x10003, addresses=where) + flat[0x40:]

    moving = [(0x200000, 0x200000, text, 0x1800), (0x204000, 0x204000, data, 0x4000)]
    for name, tag in (("high", relocatable(0x200000, 0xFFFFFFFF, 0x200000, 2)),
                      ("low", relocatable(0x280000, 0xFFFFFFFF, 0x10000, 1)),
                      ("linked", relocatable(0x100000, 0xFFFFFFFF, 0x1000, 0)),
                      ("elsewhere", relocatable(0x1000000, 0x20FFFFF, 0x100000, 0)),
                      ("tight", relocatable(0x1800000, 0x1807FFF, 0x1000, 2)),
                      ("nowhere", relocatable(0x60000000, 0x7FFFFFFF, 0x1000, 1)),
                      ("bottom", relocatable(0, 0xFFFFF, 0x1000, 1))):
        yield "two-%s.elf" % name, elf(header2(tag), moving, 0x200010)
    yield "two-fixed.elf", elf(header2(framebuffer()), moving, 0x200010)
    entry = 3, 0, struct.pack("<I", 0x204010)
    yield "two-entry.elf", elf(header2(entry), moving, 0x200010)

    head = header2((2, 0, struct.pack("<4I", 0x400008, 0x400000, 0x401234, 0x406000)),
                   (3, 0, struct.pack("<I", 0x400100)), relocatable(0x100000, 0xFFFFFFFF, 0x1000, 2))
    yield "two.flat", filler(8, 4) + head + filler(0x1234 - 8 - len(head), 5)
    yield "both.elf", elf(header1() + bytes(4) + header2(framebuffer()), low, 0x100010)


def seeds():
    """Heads are bent, for there the numbers are."""
    rng = random.Random(386)  # the same on each machine
    for _, kernel in kernels():
        yield kernel
        for _ in range(30):
            yield bent(kernel[:0x300], rng, rng.randrange(1, 4)) + kernel[0x300:]


def write(room, files):
    room = os.path.join(sys.argv[1], room)
    os.makedirs(room, exist_ok=True)
    for name, content in files:
        with open(os.path.join(room, name), "wb") as file:
            file.write(content)


def main():
    write("multiboot_kernels", kernels())
    write(os.path.join("corpus", "x86_multiboot"), (("%04d" % i, seed) for i, seed in enumerate(seeds())))


if __name__ == "__main__":
    main()
