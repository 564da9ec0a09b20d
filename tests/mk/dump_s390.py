#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Dumps of s390's stand-alone dump tools, of a made machine: FIXTURES/dump_s390-*.

Layouts are written down here a second time, from s390-tools' headers and the Principles of Operation.

memory*, notes*: what is in the machine's memory, and the notes that a reader must make of it.
expect: lines "dump NAME MEMORY NOTES INCOMPLETE VERSION EXTENDED CPUS", each followed by lines "lost FIRST END" of
pages that are not in the file, and "end".
bad: lines NAME CODE WORDS: opening fails with this code, and says these words.

Seeds for the fuzzer: FIXTURES/corpus/dump_s390.
"""
import os
import random
import struct
import sys
import zlib

import cksm

MIB = 1 << 20
SIZE = 4 * MIB
TOD = 0xdd5f01b9d1f50000
SMALL = MIB // 4  # of the dumps that have no megabytes
VECTORS = 0x24000
NOTE_AT = 0x30010
TEXT_AT = 0x31000
OS_INFO_AT = 0x32000
TEXT = b"OSRELEASE=fixture-s390\nPAGESIZE=4096\nKERNELOFFSET=0\n"
TEXT_OS_INFO = b"OSRELEASE=fixture-os-info\nPAGESIZE=4096\n"


def note(name, kind, data):
    name += b"\0"
    return struct.pack(">III", len(name), len(data), kind) + name + bytes(-len(name) % 4) + data + bytes(-len(data) % 4)


PROCESS = note(b"CORE", 3, (b"\0R" + bytes(38) + b"vmlinux").ljust(136, b"\0"))


def prefixes(size):
    return 0x20000, size - 0x10000


class Cpu:
    def __init__(self, number, vectors, size):
        base = (number + 1) << 32
        self.fprs = [base | 0x100 | i for i in range(16)]
        self.gprs = [base | 0x200 | i for i in range(16)]
        self.psw = [0x0404c00180000000, base | 0x300]
        self.prefix = prefixes(size)[number]
        self.fpc, self.todpreg, self.timer, self.todcmp = 0x400 + number, 0x500 + number, base | 0x600, base | 0x700
        self.acrs = [0x800 + 16 * number + i for i in range(16)]
        self.crs = [base | 0x900 | i for i in range(16)]
        self.vectors = [(self.fprs[i] if i < 16 else base | 0xa00 | i, base | 0xb00 | i) for i in range(32)] if vectors else None
        self.number = number

    def save(self, memory):
        at = self.prefix + 0x1200
        area = struct.pack(">16Q16Q2Q", *self.fprs, *self.gprs, *self.psw)
        area += bytes(8) + struct.pack(">II", self.prefix, self.fpc) + bytes(4) + struct.pack(">I", self.todpreg)
        area += struct.pack(">QQ", self.timer, self.todcmp) + bytes(8) + struct.pack(">16I16Q", *self.acrs, *self.crs)
        memory[at:at + len(area)] = area
        memory[self.prefix + 0x11b0:self.prefix + 0x11b8] = struct.pack(">Q", VECTORS | 0xb if self.vectors else 0)
        if self.vectors:
            memory[VECTORS:VECTORS + 512] = b"".join(struct.pack(">QQ", *v) for v in self.vectors)

    def notes(self):
        prstatus = bytes(32) + struct.pack(">I", self.number + 1) + bytes(76) + struct.pack(">2Q16Q16I", *self.psw,
                                                                                             *self.gprs, *self.acrs)
        out = note(b"CORE", 1, prstatus + bytes(16))
        out += note(b"CORE", 2, struct.pack(">I4x16Q", self.fpc, *self.fprs))
        out += note(b"LINUX", 0x301, struct.pack(">Q", self.timer)) + note(b"LINUX", 0x302, struct.pack(">Q", self.todcmp))
        out += note(b"LINUX", 0x303, struct.pack(">I", self.todpreg)) + note(b"LINUX", 0x304, struct.pack(">16Q", *self.crs))
        out += note(b"LINUX", 0x305, struct.pack(">I", self.prefix))
        if self.vectors:
            out += note(b"LINUX", 0x30a, b"".join(struct.pack(">QQ", *v) for v in self.vectors[16:]))
            out += note(b"LINUX", 0x309, b"".join(struct.pack(">Q", low) for _, low in self.vectors[:16]))
        return out


def make_memory(vmcoreinfo, size):
    """MiB 0 and 2 pack well, 1 is zeros, 3 does not pack."""
    memory = bytearray(size)
    for start in (0, 2 * MIB):
        end = min(size, start + MIB)
        memory[start:end] = b"".join(struct.pack(">Q", a >> 6) for a in range(start, end, 8))
    if size > 3 * MIB:
        memory[3 * MIB:] = random.Random(7).randbytes(MIB)
    cpus = [Cpu(0, True, size), Cpu(1, False, size)]
    for cpu in cpus:
        cpu.save(memory)
    memory[0xe0c:0xe14] = struct.pack(">Q", {"note": NOTE_AT, "os_info": 0, "none": 0x1001}[vmcoreinfo])
    memory[0xe18:0xe20] = bytes(8)
    notes = PROCESS + b"".join(cpu.notes() for cpu in cpus)
    text = note(b"VMCOREINFO", 0, TEXT)
    memory[NOTE_AT:NOTE_AT + len(text)] = text
    if vmcoreinfo == "note":
        notes += text
    if vmcoreinfo == "os_info":
        body = struct.pack(">HHQQQQI", 1, 1, 0, 0, TEXT_AT, len(TEXT_OS_INFO), 0).ljust(4096 - 12, b"\0")
        page = b"OSINFOSZ" + struct.pack(">I", cksm.cksm(body, 0)) + body
        memory[OS_INFO_AT:OS_INFO_AT + 4096] = page
        memory[TEXT_AT:TEXT_AT + len(TEXT_OS_INFO)] = TEXT_OS_INFO
        memory[0xe18:0xe20] = struct.pack(">Q", OS_INFO_AT)
        notes += note(b"VMCOREINFO", 0, TEXT_OS_INFO)
    return bytes(memory), notes


def header(extended=False, version=None, size=SMALL, cpus=2, entry=0, **fields):
    f = {"magic": 0xa8190173618f23fe if extended else 0xa8190173618f23fd, "header": 4096, "level": 4, "page": 4096, "start": 0,
         "arch": 2, "volume": 0, "mv": 0}
    f.update(fields)
    version = version if version is not None else (2 if entry else 1) if extended else 5
    out = struct.pack(">QIIIIQQQIIQQIII", f["magic"], version, f["header"], f["level"], f["page"], size, f["start"], size,
                      size >> 12 & 0xffffffff, 0, TOD, 0xff12345680000000, f["arch"], f["volume"], 2)
    out += struct.pack(">QBHHBI", size, f["mv"], cpus, cpus, 1 if entry else 0, entry)
    out = out.ljust(0x800, b"\0") + b"".join(struct.pack(">I", p & 0xffffffff) for p in prefixes(size))
    return out.ljust(4096, b"\0")


def end_marker(tod=TOD + 4096):
    return (b"DUMP_END" + struct.pack(">Q", tod)).ljust(4096, b"\0")


def segment(memory, start, size, last=False, entry=0, block=4096):
    data = memory[start:start + size]
    if not entry:
        return struct.pack(">QQQ", start, size, 0xffffffffffffffff if last else 0).ljust(4096, b"\0") + data
    body, entries = b"", []
    for at in range(0, size, entry):
        piece = data[at:at + entry]
        packed = zlib.compress(piece)
        plain = len(packed) >= len(piece)
        entries.append(len(body) // block | (0x80000000 if plain else 0))
        # The tool writes whole pages, whatever the block size.
        piece = piece if plain else packed
        body += piece + bytes(-len(piece) % 4096)
    head = struct.pack(">QQQI", start, size, 0xffffffffffffffff if last else 0, len(body) // block).ljust(0x30, b"\0")
    head += struct.pack(">I", len(entries)) + b"".join(struct.pack(">I", e) for e in entries)
    return head.ljust(4096, b"\0") + body


def extended(memory, entry=0, block=4096, zero_tail=False):
    out = header(True, size=SIZE, entry=entry) + segment(memory, 0, MIB)
    out += segment(memory, 2 * MIB, 2 * MIB, not zero_tail, entry, block)
    if zero_tail:
        out += segment(memory, 0, 0, True)
    return out + end_marker()


def fixtures(images):
    """NAME, file, memory, incomplete, version, extended, CPUs, lost pages."""
    memory = images["small"][0]
    classic = header() + memory + end_marker()
    yield "classic", classic, "small", 0, 5, 0, 2, []
    yield "classic-short-marker", classic[:-4080], "small", 0, 5, 0, 2, []
    yield "classic-v4", header(version=4) + memory + end_marker(), "no-cpus", 0, 4, 0, 0, []
    yield "classic-no-marker", header() + memory + bytes(4096), "small", 1, 5, 0, 2, []
    yield "classic-old-marker", header() + memory + end_marker(TOD - 1), "small", 1, 5, 0, 2, []
    yield "classic-cut", classic[:4096 + 0x30000 + 100], "small-cut", 1, 5, 0, 2, [(0x30, 0x40)]
    yield "classic-header", classic[:4096], "nothing", 1, 5, 0, 2, [(0, 0x40)]
    yield "os-info", header() + images["os_info"][0] + end_marker(), "os_info", 0, 5, 0, 2, []
    yield "no-vmcoreinfo", header() + images["none"][0] + end_marker(), "none", 0, 5, 0, 2, []
    memory = images["note"][0]
    yield "extended", extended(memory), "note", 0, 1, 1, 2, []
    yield "packed", extended(memory, MIB), "note", 0, 2, 1, 2, []
    yield "packed-512", extended(memory, MIB, 512), "note", 0, 2, 1, 2, []
    yield "packed-1024", extended(memory, MIB, 1024, True), "note", 0, 2, 1, 2, []
    yield "packed-small", extended(memory, 0x10000, 2048), "note", 0, 2, 1, 2, []
    yield "zero-tail", extended(memory, zero_tail=True), "note", 0, 1, 1, 2, []
    # Of MiB 2 and 3, the file ends in MiB 3, which is not packed; in MiB 2, which is.
    whole = extended(memory, MIB)
    yield "packed-cut", whole[:-4096 - MIB // 2], "cut", 1, 2, 1, 2, [(0x380, 0x400)]
    small = extended(memory, 0x10000, 512)
    yield "packed-cut-early", small[:4096 + 4096 + MIB + 4096 + 3 * 4096 + 100], "cut", 1, 2, 1, 2, None
    yield "extended-cut", extended(memory)[:4096 + 4096 + MIB + 2000], "cut", 1, 1, 1, 2, [(0x100, 0x400)]
    # The second segment's header says that it begins before the first one ends.
    damaged = bytearray(extended(memory))
    damaged[8192 + MIB:8192 + MIB + 8] = struct.pack(">Q", MIB - 4096)
    yield "extended-damaged", bytes(damaged), "cut", 1, 1, 1, 2, [(0x100, 0x400)]


def bad(memory):
    yield "multi-volume", header(mv=1) + memory[:8192], "unsupported", "volumes"
    yield "31-bit", header(arch=1) + memory[:8192], "unsupported", "31-bit"
    yield "arch", header(arch=3) + memory[:8192], "image", "architecture 3"
    yield "header-size", header(header=8192) + memory[:8192], "image", "8192"
    yield "page-size", header(page=65536) + memory[:8192], "image", "65536"
    yield "memory-size", header(size=0xfffffffffffff000) + memory[:8192], "image", "0xfffffffffffff000"
    yield "no-memory", header(size=0) + memory[:8192], "image", "memory"
    yield "half-page", header(size=SIZE + 1) + memory[:8192], "image", "whole pages"
    yield "start", header(start=4096) + memory[:8192], "unsupported", "0x1000"
    yield "cpus", header(cpus=513) + memory[:8192], "image", "513 CPUs"
    yield "entry", header(True, entry=4097) + memory[:8192], "image", "4097"
    yield "short", header()[:4095], "image", "4095"


def main():
    folder = sys.argv[1]
    images = {kind: make_memory("note" if kind == "small" else kind, SIZE if kind == "note" else SMALL)
              for kind in ("note", "small", "os_info", "none")}
    for kind, (memory, _) in images.items():
        with open(os.path.join(folder, "dump_s390-memory-" + kind), "wb") as f:
            f.write(memory)
    text = note(b"VMCOREINFO", 0, TEXT)
    notes = {kind: made for kind, (_, made) in images.items()}
    notes.update({"no-cpus": PROCESS + text, "nothing": PROCESS, "cut": PROCESS + Cpu(0, True, SIZE).notes() + text,
                  "small-cut": PROCESS + Cpu(0, True, SMALL).notes()})
    for name, data in notes.items():
        with open(os.path.join(folder, "dump_s390-notes-" + name), "wb") as f:
            f.write(data)
    lines, seeds = [], []
    for name, file, kind, incomplete, version, is_extended, cpus, lost in fixtures(images):
        with open(os.path.join(folder, "dump_s390-" + name), "wb") as f:
            f.write(file)
        memory = kind if kind in images else "note" if is_extended else "small"
        lines.append("dump %s %s %s %d %d %d %d" % (name, memory, kind, incomplete, version, is_extended, cpus))
        if lost is None:
            lost = [(0x200 + 0x10 * whole_entries(file), 0x400)]
        lines += ["lost %x %x" % run for run in lost] + ["end"]
        seeds.append(file)
    with open(os.path.join(folder, "dump_s390-expect.txt"), "w") as f:
        f.write("\n".join(lines) + "\n")
    lines = []
    for name, file, code, words in bad(images["small"][0]):
        with open(os.path.join(folder, "dump_s390-bad-" + name), "wb") as f:
            f.write(file)
        lines.append("%s %s %s" % (name, code, words))
        seeds.append(file)
    with open(os.path.join(folder, "dump_s390-bad.txt"), "w") as f:
        f.write("\n".join(lines) + "\n")
    corpus(folder, images["note"][0], seeds)


def whole_entries(file):
    """Of the second segment's, how many are all in the file."""
    at = 8192 + MIB
    count, = struct.unpack_from(">I", file, at + 0x30)
    offsets = [e & 0x7fffffff for e in struct.unpack_from(">%dI" % count, file, at + 0x34)] + [
        struct.unpack_from(">I", file, at + 0x18)[0]]
    return sum(at + 4096 + end * 512 <= len(file) for end in offsets[1:])


def corpus(folder, memory, seeds):
    folder = os.path.join(folder, "corpus", "dump_s390")
    os.makedirs(folder, exist_ok=True)
    rng = random.Random(308)
    # A small machine, so that headers of segments are near the start.
    little = memory[:0x40000]
    files = [header(size=len(little)) + little + end_marker(), seeds[0][:0x9000]]
    for entry, block in ((0, 4096), (0x8000, 512), (0x8000, 4096)):
        files.append(header(True, size=len(little), entry=entry) + segment(little, 0, 0x10000) +
                     segment(little, 0x20000, 0x18000, True, entry, block) + end_marker())
        files.append(header(True, size=len(little), entry=entry) + segment(little, 0x10000, 0x8000, False, entry, block) +
                     segment(little, 0, 0, True) + end_marker())
    files += [seed for seed in seeds if len(seed) < 0x4000]
    number = 0
    for seed in files:
        for variant in range(16):
            data = bytearray(seed)
            for _ in range(min(variant, 4)):
                # Headers are at starts of pages, and early in them.
                at = (rng.randrange(len(data)) & ~0xfff) + rng.randrange(0x80)
                change = rng.choice((bytes(8), b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\x80" + bytes(7), None))
                if change is None:
                    del data[max(at, 64):]
                else:
                    data[at:at + 8] = change
            with open(os.path.join(folder, "%04d" % number), "wb") as f:
                f.write(data)
            number += 1


if __name__ == "__main__":
    main()
