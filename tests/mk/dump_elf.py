#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""ELF cores of a made machine: FIXTURES/dump_elf-*, with what a reader must find in them in dump_elf-expect.txt.

Layouts are written down here a second time, from the System V ABI. The word of memory at physical address A (a multiple
of 8) is A * PRIME modulo 2**64, big endian, in every dump, so that each page tells where it is from.

expect: blocks of lines, "dump NAME" to "end":
  facts        KEY VALUE
  memory       START END           physical, hexadecimal
  state        WORD FIRST END      of pages [FIRST, END); pages not named are absent
  bytes        PFN START END       only these bytes of the page are in the dump, the rest reads as zeros
bad: lines NAME CODE WORDS: opening fails with this code, and says these words.

Seeds for the fuzzer: FIXTURES/corpus/dump_elf.
"""
import os
import random
import struct
import sys

PRIME = 0x9E3779B97F4A7C15
PT_LOAD, PT_NOTE = 1, 4
EM_386, EM_PPC, EM_PPC64, EM_S390, EM_X86_64, EM_AARCH64 = 3, 20, 21, 22, 62, 183
ET_CORE = 4
PN_XNUM = 0xffff


def memory(start, end):
    first = start & ~7
    words = b"".join(struct.pack(">Q", a * PRIME & 0xffffffffffffffff) for a in range(first, (end + 7) & ~7, 8))
    return words[start - first:end - first]


def note(order, name, kind, data):
    name += b"\0"
    return (struct.pack(order + "III", len(name), len(data), kind) + name + bytes(-len(name) % 4) +
            data + bytes(-len(data) % 4))


def cpu_notes(order, count, size=336):
    return b"".join(note(order, b"CORE", 1, bytes([i & 255]) * size) for i in range(count))


def vmcoreinfo(order, name, page_size):
    text = "OSRELEASE=fixture-%s\n" % name
    if page_size:
        text += "PAGESIZE=%d\n" % page_size
    return note(order, b"VMCOREINFO", 0, text.encode())


class Segment:
    """file: bytes of it in the file, from its start; alias: its bytes are there only once, at another's offset."""

    def __init__(self, paddr, size, file=None, vaddr=None, kind=PT_LOAD, data=None):
        self.paddr, self.size = paddr, size
        self.file = size if file is None else file
        self.vaddr = (paddr + 0xffff888000000000 if paddr is not None else 0) if vaddr is None else vaddr
        self.kind, self.data = kind, data


def build(segments, is64=True, order="<", machine=EM_X86_64, flags=0, align=4096, kind=ET_CORE, xnum=False, phentsize=None):
    """The file and the offsets of the segments' data in it."""
    ehdr, phdr = (64, 56) if is64 else (52, 32)
    shdr = (64 if is64 else 40) if xnum else 0
    at = ehdr + shdr + phdr * len(segments)
    offsets, body = [], []
    for segment in segments:
        data = segment.data if segment.data is not None else memory(segment.paddr or 0, (segment.paddr or 0) + segment.file)
        pad = -at % align
        body.append(bytes(pad) + data)
        offsets.append(at + pad)
        at += pad + len(data)
    programs = []
    mask = 0xffffffffffffffff if is64 else 0xffffffff
    for segment, offset in zip(segments, offsets):
        paddr = mask if segment.paddr is None else segment.paddr
        filesz = len(segment.data) if segment.data is not None else segment.file
        memsz = segment.size
        if is64:
            programs.append(struct.pack(order + "IIQQQQQQ", segment.kind, 7, offset, segment.vaddr & mask, paddr, filesz,
                                        memsz, 0))
        else:
            programs.append(struct.pack(order + "IIIIIIII", segment.kind, offset, segment.vaddr & mask, paddr, filesz,
                                        memsz, 7, 0))
    ident = b"\x7fELF" + bytes([2 if is64 else 1, 2 if order == ">" else 1, 1]) + bytes(9)
    header = ident + struct.pack(order + ("HHIQQQIHHHHHH" if is64 else "HHIIIIIHHHHHH"), kind, machine, 1, 0, ehdr + shdr,
                                 ehdr if xnum else 0, flags, ehdr, phentsize or phdr, PN_XNUM if xnum else len(segments),
                                 shdr, 1 if xnum else 0, 0)
    section = b""
    if xnum and is64:
        section = struct.pack(order + "IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, len(segments), 0, 0)
    elif xnum:
        section = struct.pack(order + "IIIIIIIIII", 0, 0, 0, 0, 0, 0, 0, len(segments), 0, 0)
    return header + section + b"".join(programs) + b"".join(body), offsets


def expectation(name, segments, offsets, size, page_size, facts):
    """What there is of each page, byte by byte where it matters: a set of pieces, no cleverness."""
    loads = [(s, o) for s, o in zip(segments, offsets) if s.kind == PT_LOAD and s.paddr is not None and s.size]
    lines = ["dump " + name]
    facts = dict(facts)
    facts.setdefault("page_size", page_size)
    lines += ["%s %s" % item for item in sorted(facts.items())]
    ranges = []
    for start, end in sorted((s.paddr, s.paddr + s.size) for s, _ in loads):
        if ranges and start <= ranges[-1][1]:
            ranges[-1][1] = max(ranges[-1][1], end)
        else:
            ranges.append([start, end])
    lines += ["memory %x %x" % (start, end) for start, end in ranges]
    pages = {}
    for segment, offset in loads:
        first, last = segment.paddr // page_size, (segment.paddr + segment.size - 1) // page_size
        for pfn in range(first, last + 1):
            page = pages.setdefault(pfn, {"bytes": set(), "lost": False})
            start = max(segment.paddr, pfn * page_size)
            end = min(segment.paddr + segment.file, (pfn + 1) * page_size)
            if start < end:
                page["bytes"].add((start - pfn * page_size, end - pfn * page_size))
                if offset + end - segment.paddr > size:
                    page["lost"] = True
    run = None
    extra = []
    for pfn in sorted(pages):
        page = pages[pfn]
        state = "lost" if page["lost"] else "here" if page["bytes"] else "excluded"
        if state == "here" and (0, page_size) not in page["bytes"]:
            extra += ["bytes %x %x %x" % (pfn, start, end) for start, end in sorted(page["bytes"])]
        if run and run[0] == state and run[2] == pfn:
            run[2] = pfn + 1
            continue
        if run:
            lines.append("state %s %x %x" % tuple(run))
        run = [state, pfn, pfn + 1]
    if run:
        lines.append("state %s %x %x" % tuple(run))
    return lines + extra + ["end"]


def notes_segment(order, name, cpus, page_size):
    return Segment(0, 0, kind=PT_NOTE, vaddr=0, data=cpu_notes(order, cpus) + vmcoreinfo(order, name, page_size))


def fixtures():
    """NAME, file, expectation's lines."""
    def made(name, segments, page_size=4096, cut=None, facts=None, **how):
        file, offsets = build(segments, **how)
        if cut is not None:
            file = file[:cut(offsets)]
        known = {"is64": 1, "order": "little", "machine": EM_X86_64, "known": 1, "prstatus": 0, "incomplete": 0,
                 "vmcoreinfo": 1}
        known.update(facts or {})
        return name, file, expectation(name, segments, offsets, len(file), page_size, known)

    def ram(order, name, cpus=2, page_size=4096):
        return [notes_segment(order, name, cpus, page_size),
                # The kernel's text, as its own segment and as a part of RAM.
                Segment(0x102000, 0x3000, vaddr=0xffffffff81000000),
                Segment(0x1000, 0x9f000), Segment(0x100000, 0x8000), Segment(0x200000, 0x3000)]

    yield made("le64", ram("<", "le64"), facts={"prstatus": 2})
    yield made("be64", [notes_segment(">", "be64", 3, 4096), Segment(0, 0x4000, vaddr=0), Segment(0x10000, 0x2000)],
               order=">", machine=EM_S390, facts={"prstatus": 3, "order": "big", "machine": EM_S390})
    yield made("le32", [notes_segment("<", "le32", 1, 4096), Segment(0, 0x3000, vaddr=0xc0000000),
                        Segment(0xfff00000, 0x2000, vaddr=0)], is64=False, machine=EM_386,
               facts={"prstatus": 1, "is64": 0, "machine": EM_386})
    yield made("be32", [notes_segment(">", "be32", 1, 4096), Segment(0, 0x3000, vaddr=0xc0000000)],
               is64=False, order=">", machine=EM_PPC, facts={"prstatus": 1, "is64": 0, "machine": EM_PPC, "order": "big"})
    # A 32-bit kernel's memory in 64-bit headers.
    yield made("i386-64", [notes_segment("<", "i386-64", 1, 4096), Segment(0x100000000, 0x2000)], machine=EM_386,
               facts={"prstatus": 1, "is64": 0, "machine": EM_386})
    yield made("64k", [notes_segment("<", "64k", 1, 65536), Segment(0, 0x20000, vaddr=0xc000000000000000),
                       Segment(0x50000, 0x10000)], page_size=65536, machine=EM_PPC64,
               facts={"prstatus": 1, "machine": EM_PPC64})
    yield made("usual", [Segment(0, 0x20000)], page_size=65536, machine=EM_PPC64,
               facts={"machine": EM_PPC64, "known": 0, "vmcoreinfo": 0})
    yield made("odd-page-size", [notes_segment("<", "odd-page-size", 0, 4097), Segment(0, 0x2000)],
               facts={"known": 0})
    yield made("holes", [notes_segment("<", "holes", 1, 4096), Segment(0x10000, 0x8000, 0x3000), Segment(0x18000, 0x4000, 0),
                         Segment(0x1c000, 0x2000), Segment(0x1e000, 0x1000, 0)], facts={"prstatus": 1})
    yield made("cut", ram("<", "cut"), cut=lambda offsets: offsets[3] + 0x4800, facts={"prstatus": 2, "incomplete": 1})
    yield made("cut-in-notes", ram("<", "cut-in-notes"), cut=lambda offsets: offsets[0] + 400,
               facts={"prstatus": 1, "incomplete": 1, "vmcoreinfo": 0, "known": 0})
    yield made("flag", ram("<", "flag"), flags=1, facts={"prstatus": 2, "incomplete": 1})
    yield made("unaligned", [notes_segment("<", "unaligned", 0, 4096), Segment(0x1234, 0x2000), Segment(0x3800, 0x100),
                             Segment(0x3c00, 0x400), Segment(0x4000, 0x1008), Segment(0x5ff8, 8), Segment(0x8100, 8)],
               align=8)
    yield made("overlap", [notes_segment("<", "overlap", 0, 4096), Segment(0x4000, 0x4000), Segment(0x6000, 0x4000),
                           Segment(0x4000, 0x1000), Segment(0x9000, 0x800), Segment(0x2000, 0x9000, 0x9000), Segment(0xa000, 0x4000),
                           Segment(0x2000, 0x10000, 0)])
    yield made("descending", [notes_segment("<", "descending", 0, 4096)] +
               [Segment(i * 0x3000, 0x1000 + 0x1000 * (i & 1)) for i in range(20, 0, -1)])
    yield made("kcore", [notes_segment("<", "kcore", 1, 4096), Segment(None, 0x2000, vaddr=0xffffc90000000000),
                         Segment(0x102000, 0x1000, vaddr=0xffffffff81000000), Segment(None, 0x1000, vaddr=0xffffea0000000000),
                         Segment(0x1000, 0x3000), Segment(0x100000, 0x4000)], facts={"prstatus": 1})
    yield made("kcore32", [notes_segment("<", "kcore32", 1, 4096), Segment(None, 0x2000, vaddr=0xf8000000),
                           Segment(0x1000, 0x3000, vaddr=0xc0001000)], is64=False, machine=EM_386,
               facts={"prstatus": 1, "is64": 0, "machine": EM_386})
    # Several PT_NOTEs, each of a fixed size with zeros behind its notes, as the headers made at load time have them.
    notes = [Segment(0, 0, kind=PT_NOTE, vaddr=0, data=cpu_notes("<", 1).ljust(1024, b"\0")) for _ in range(3)]
    notes.insert(1, Segment(0, 0, kind=PT_NOTE, vaddr=0, data=cpu_notes("<", 1)[:-1] + b"\1\2\3\4\5"))
    notes.append(Segment(0, 0, kind=PT_NOTE, vaddr=0, data=vmcoreinfo("<", "many-notes", 4096).ljust(4096, b"\0")))
    yield made("many-notes", notes + [Segment(0, 0x2000)], facts={"prstatus": 4}, align=4)
    yield made("many-cpus", [notes_segment("<", "many-cpus", 20000, 4096), Segment(0, 0x2000)], facts={"prstatus": 20000})
    # More headers than 16 bits count, which share pages.
    rng = random.Random(5)
    words = [Segment(0x100000 + 16 * i, 8) for i in range(0x10100)]
    rng.shuffle(words)
    yield made("xnum", [notes_segment("<", "xnum", 0, 4096)] + words, xnum=True, align=8)
    yield made("xnum32", [notes_segment(">", "xnum32", 0, 4096), Segment(0x1000, 0x2000, vaddr=0)], xnum=True, is64=False,
               order=">", machine=EM_PPC, facts={"is64": 0, "machine": EM_PPC, "order": "big"})


def patched(file, offset, data):
    return file[:offset] + data + file[offset + len(data):]


def bad():
    """NAME, file, code, words."""
    good, _ = build([Segment(0x1000, 0x1000)])
    yield "program", build([Segment(0x1000, 0x1000)], kind=2)[0], "image", "no dump of memory"
    yield "class", patched(good, 4, b"\3"), "image", "class 3"
    yield "order", patched(good, 5, b"\0"), "image", "byte order 0"
    yield "phentsize", build([Segment(0x1000, 0x1000)], phentsize=57)[0], "image", "57"
    yield "no-load", build([notes_segment("<", "x", 1, 4096)])[0], "image", "without any memory"
    yield "no-address", build([Segment(None, 0x1000)])[0], "image", "without any memory"
    yield "process", build([Segment(0, 0x1000, vaddr=0x400000), Segment(0, 0x1000, vaddr=0x600000)])[0], "image", "process"
    yield "xen", patched(good, 56, struct.pack("<HHH", 0, 64, 3)), "unsupported", "Xen"
    yield "beyond", patched(good, 64 + 24, struct.pack("<Q", 0xfffffffffffff800)), "image", "64 bits"
    yield "offset-beyond", patched(good, 64 + 8, struct.pack("<Q", 0xfffffffffffffff8)), "image", "64 bits"
    yield "xnum-many", patched(build([Segment(0x1000, 0x1000)], xnum=True)[0], 64 + 44, b"\xff\xff\xff\xff"), "image", \
        "program headers"
    yield "xnum-nowhere", patched(build([Segment(0x1000, 0x1000)], xnum=True)[0], 40, b"\0\0\0\0\0\0\0\1"), "image", "section"
    for name, start, words in (("gzip", b"\x1f\x8b\x08", "gzip -d"), ("xz", b"\xfd7zXZ\0", "xz -d"),
                               ("zstd", b"\x28\xb5\x2f\xfd", "zstd -d"), ("lzma", b"\x5d\0\0\x80", "lzma"),
                               ("bzip2", b"BZh9", "bzip2"), ("lz4", b"\x04\x22\x4d\x18", "lz4"),
                               ("lkcd", b"\xa8\x19\x01\x73\x61\x8f\x23\xed", "LKCD"), ("sadump", b"sadump\0\0", "sadump"),
                               ("dasd", bytes(12288) + b"XECKD64\2", "DASD"), ("tar", bytes(257) + b"ustar", "tar")):
        yield name, start + bytes(64), "unsupported", words
    yield "empty", b"", "image", "empty"
    yield "zeros", bytes(8192), "image", "no dump"
    yield "text", b"Kernel panic - not syncing\n", "image", "no dump"


def main():
    folder = sys.argv[1]
    expected, wrong, seeds = [], [], []
    for name, file, lines in fixtures():
        with open(os.path.join(folder, "dump_elf-" + name), "wb") as f:
            f.write(file)
        expected += lines
        if len(file) < 1 << 18:
            seeds.append(file)
        else:
            seeds.append(file[:0x4000])
    for name, file, code, words in bad():
        with open(os.path.join(folder, "dump_elf-bad-" + name), "wb") as f:
            f.write(file)
        wrong.append("%s %s %s" % (name, code, words))
        seeds.append(file)
    with open(os.path.join(folder, "dump_elf-expect.txt"), "w") as f:
        f.write("\n".join(expected) + "\n")
    with open(os.path.join(folder, "dump_elf-bad.txt"), "w") as f:
        f.write("\n".join(wrong) + "\n")
    corpus = os.path.join(folder, "corpus", "dump_elf")
    os.makedirs(corpus, exist_ok=True)
    rng = random.Random(64)
    number = 0
    for seed in seeds:
        for variant in range(12):
            data = bytearray(seed[:0x8000] if variant else seed)
            for _ in range(min(variant, 4)):
                if not data:
                    break
                at = rng.randrange(min(len(data), 0x300))
                change = rng.choice((bytes(8), b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\x80" + bytes(7), None))
                if change is None:
                    del data[at + 64:]
                else:
                    data[at:at + 8] = change
            with open(os.path.join(corpus, "%04d" % number), "wb") as f:
                f.write(data)
            number += 1


if __name__ == "__main__":
    main()
