#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Kernels for tests of loads on Power: FIXTURES/ppc64_load/NAME, small ELF files that look like a vmlinux as far as a
loader looks. Facts: Linux arch/powerpc/kernel/head_64.S, vmlinux.lds.S; arch/powerpc/boot/zImage.lds.S for wrappers.
"""
import gzip
import lzma
import pathlib
import random
import struct
import sys

from corpus import bent
from elf import PT_LOAD, PT_NOTE, Segment, make_elf
from power_trees import flatten, made_tree

EM_PPC, EM_PPC64 = 20, 21
ET_EXEC, ET_DYN = 2, 3
PT_INTERP = 3
KERNEL_BASE = 0xC000000000000000
RUN0 = 0x72756E30


def filler(size, seed):
    out, x = bytearray(), seed * 2654435761 + 1
    while len(out) < size:
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(x >> 24)
    return bytes(out)


def head(order, run_at_load=RUN0, size=0x100, seed=1):
    """The entry, the word at 0x5c, and from 0x60 on the code in which other CPUs wait."""
    data = bytearray(filler(size, seed))
    struct.pack_into('<I' if order == 'little' else '>I', data, 0x5C, run_at_load)
    return bytes(data)


def kernel(order='little', size=0x48000, bss=0x31234, type_=ET_DYN, run_at_load=RUN0, paddr=0, align=0x10000, parts=1,
           machine=EM_PPC64, bits=64, more=()):
    """parts: PT_LOADs, each as large as the first, with gaps."""
    base = KERNEL_BASE if bits == 64 else 0
    segments = [Segment(PT_NOTE, b'note', paddr + 0x100, base + paddr + 0x100, align=4)]
    for number in range(parts):
        at = paddr + number * (size + bss + 0x5000 & ~0xFFF)
        content = head(order, run_at_load, size) if number == 0 else filler(size, number)
        segments.append(Segment(PT_LOAD, content, at, base + at, size + bss, flags=7, align=align))
    return make_elf(bits, order, machine, base + paddr, segments + list(more), type_)[0]


def with_sections(order, bits, sections, type_=ET_EXEC, machine=EM_PPC):
    """An ELF file with named sections and one PT_LOAD over them, as the boot wrapper is linked."""
    e = '<' if order == 'little' else '>'
    ehsize, phsize, shsize = (64, 56, 64) if bits == 64 else (52, 32, 40)
    names, body, table = bytearray(b'\0.shstrtab\0'), bytearray(), [(0, 0, 0, 0)]
    start = ehsize + phsize
    for name, data in sections:
        table.append((len(names), 1, start + len(body), len(data)))
        names += name.encode() + b'\0'
        body += data + bytes(-len(data) % 16)
    table.append((1, 3, start + len(body), len(names)))
    shoff = start + len(body) + len(names)
    ident = b'\x7fELF' + bytes([2 if bits == 64 else 1, 2 if order == 'big' else 1, 1]) + bytes(9)
    base = 0x4000000
    if bits == 64:
        header = struct.pack(e + '16sHHIQQQIHHHHHH', ident, type_, machine, 1, base, ehsize, shoff, 0, ehsize, phsize, 1,
                             shsize, len(table), len(table) - 1)
        program = struct.pack(e + 'IIQQQQQQ', PT_LOAD, 7, start, base, base, len(body), len(body), 16)
    else:
        header = struct.pack(e + '16sHHIIIIIHHHHHH', ident, type_, machine, 1, base, ehsize, shoff, 0, ehsize, phsize, 1,
                             shsize, len(table), len(table) - 1)
        program = struct.pack(e + 'IIIIIIII', PT_LOAD, start, base, base, len(body), len(body), 7, 16)
    rows = b''.join(struct.pack(e + ('IIQQQQIIQQ' if bits == 64 else 'IIIIIIIIII'), name, kind, 0, 0, offset, size, 0, 0,
                                1, 0) for name, kind, offset, size in table)
    return header + program + bytes(body) + bytes(names) + rows


def zimage(order='big', bits=32, payload=None, initrd=None, dtb=None, machine=EM_PPC):
    inner = gzip.compress(kernel('big'), mtime=0) if payload is None else payload
    sections = [('.text', filler(0x500, 9)), ('.kernel:vmlinux.strip', inner)]
    if dtb is not None:
        sections.append(('.kernel:dtb', dtb))
    if initrd is not None:
        sections.append(('.kernel:initrd', initrd))
    return with_sections(order, bits, sections, machine=machine)


def kernels():
    interp = [Segment(PT_INTERP, b'/lib/ld64.so.2\0', 0, align=1)]
    yield 'le', kernel('little')
    yield 'be', kernel('big')
    yield 'le-3-parts', kernel('little', parts=3)
    yield 'be-2-parts', kernel('big', parts=2, align=0x200000)
    yield 'le-linked', kernel('little', type_=ET_EXEC, run_at_load=0)
    yield 'be-linked-32m', kernel('big', type_=ET_EXEC, run_at_load=0, paddr=0x2000000)
    yield 'le-linked-inside', kernel('little', type_=ET_EXEC, run_at_load=0, paddr=0x10000000)
    yield 'le-test', kernel('little', run_at_load=1)
    yield 'ppc32', kernel('big', machine=EM_PPC, bits=32)
    yield 'short', kernel('little', size=0xFF)
    yield 'program', kernel('little', more=interp)
    yield 'overlapping', kernel('little', more=[Segment(PT_LOAD, b'twice' * 100, 0x1000, memsz=0x2000)])
    yield 'no-load', make_elf(64, 'little', EM_PPC64, 0, [Segment(PT_NOTE, b'note')], ET_DYN)[0]
    yield 'over-the-end', kernel('little', more=[Segment(PT_LOAD, b'x', (1 << 64) - 0x1000, memsz=0x2000)])
    yield 'large', kernel('little', bss=1 << 29)
    yield 'too-large', kernel('little', bss=1 << 45)
    yield 'too-large-2', kernel('little', more=[Segment(PT_LOAD, b'x', 1 << 46)])
    yield 'zimage-be', zimage(initrd=b'070701 initrd inside')
    yield 'zimage-le', zimage('little', 64, gzip.compress(kernel('little'), mtime=0), machine=EM_PPC64)
    yield 'zimage-xz', zimage(payload=lzma.compress(kernel('big'), check=lzma.CHECK_CRC32))
    yield 'zimage-plain', zimage(payload=kernel('big'))
    yield 'zimage-twice', zimage(payload=zimage())
    yield 'zimage-empty', zimage(payload=b'')
    yield 'zimage-garbage', zimage(payload=filler(5000, 3))
    outside = bytearray(zimage(payload=filler(500, 4)))
    at = len(outside) - 2 * 40 + 20  # size of the section before the last
    struct.pack_into('>I', outside, at, len(outside))
    yield 'zimage-outside', bytes(outside)
    yield 'zimage-cut', zimage()[:0x3000]


def seeds():
    """For fuzz_ppc64: a choice, the size of the tree, the tree, a kernel. Whole ones and bent ones."""
    rng = random.Random(2100)  # the same corpus on each machine
    small = [kernel(order, 0x140, 0x80, parts=parts, run_at_load=word)
             for order, parts, word in (('little', 1, RUN0), ('big', 2, RUN0), ('little', 1, 0))]
    small.append(zimage(payload=small[1]))
    for kind in ('pseries', 'powernv', 'drconf-v1', 'drconf-v2', 'fadump-pending', 'fadump-released-armed'):
        tree = flatten(made_tree(kind))
        for number, file in enumerate(small):
            for _ in range(12):
                choice = rng.choice((rng.randrange(16), rng.randrange(128), rng.randrange(256)))
                yield bytes([choice]) + struct.pack('<H', len(tree)) + tree + file
                other = bent(tree, rng, rng.randrange(1, 6))
                yield bytes([choice]) + struct.pack('<H', len(other)) + other + file
                yield bytes([choice]) + struct.pack('<H', len(tree)) + tree + bent(file[:200], rng, 2) + file[200:]


def main():
    corpus = pathlib.Path(sys.argv[1]) / 'corpus' / 'ppc64'
    corpus.mkdir(parents=True, exist_ok=True)
    for i, seed in enumerate(seeds()):
        (corpus / f'{i:04}').write_bytes(seed)

    folder = pathlib.Path(sys.argv[1]) / 'ppc64_load'
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in kernels():
        (folder / name).write_bytes(data)


if __name__ == '__main__':
    main()
