# SPDX-License-Identifier: GPL-2.0-only
"""ELF files of both classes and orders, and beside each what a reader must find in it.

FIXTURES/elf/list names them; NAME.facts has one line for the file and one for each program header.
Written with struct from the System V ABI; shares nothing with kexec/image/elf.c.
"""
import os
import struct
import sys

PT_NULL, PT_LOAD, PT_NOTE, PT_GNU_STACK = 0, 1, 4, 0x6474E551
ET_EXEC = 2
EM_386, EM_PPC, EM_S390, EM_X86_64 = 3, 20, 22, 62
PN_XNUM = 0xFFFF


class Segment:
    def __init__(self, type_, content=b"", paddr=0, vaddr=None, memsz=None, flags=5, align=1, offset=None):
        self.type, self.content, self.paddr, self.flags, self.align = type_, content, paddr, flags, align
        self.vaddr = paddr if vaddr is None else vaddr
        self.memsz = len(content) if memsz is None else memsz
        self.offset = offset  # None: where its content is put


def make_elf(bits, order, machine, entry, segments, type_=ET_EXEC, shared_content=False):
    """The bytes of the file, and the facts: a list of tuples for each segment.

    shared_content: all segments without an offset of their own use one copy at the end (for very many)."""
    e = {"little": "<", "big": ">"}[order]
    if bits == 64:
        ehdr, phdr, ehsize, phsize, shsize = e + "16sHHIQQQIHHHHHH", e + "IIQQQQQQ", 64, 56, 64
    else:
        ehdr, phdr, ehsize, phsize, shsize = e + "16sHHIIIIIHHHHHH", e + "IIIIIIII", 52, 32, 40
    many = len(segments) >= PN_XNUM
    shoff = ehsize if many else 0
    phoff = ehsize + (shsize if many else 0)
    at = phoff + phsize * len(segments)
    content, table, facts = b"", [], []
    if shared_content:
        content = segments[0].content
    for s in segments:
        if s.offset is not None:
            offset = s.offset
        elif shared_content:
            offset = at
        else:
            offset = at + len(content)
            content += s.content
        fact = (s.type, s.flags, offset, len(s.content), s.vaddr, s.paddr, s.memsz, s.align)
        facts.append(fact)
        type_of, flags, offset, filesz, vaddr, paddr, memsz, align = fact
        if bits == 64:
            table.append(struct.pack(phdr, type_of, flags, offset, vaddr, paddr, filesz, memsz, align))
        else:
            table.append(struct.pack(phdr, type_of, offset, vaddr, paddr, filesz, memsz, flags, align))
    ident = b"\x7fELF" + bytes([2 if bits == 64 else 1, 2 if order == "big" else 1, 1]) + bytes(9)
    header = struct.pack(ehdr, ident, type_, machine, 1, entry, phoff, shoff, 0, ehsize, phsize,
                         PN_XNUM if many else len(segments), shsize if many else 0, 1 if many else 0, 0)
    section = b""
    if many:
        # sh_info is the eighth field in both classes.
        section = struct.pack(e + ("IIQQQQIIQQ" if bits == 64 else "IIIIIIIIII"), 0, 0, 0, 0, 0, 0, 0,
                              len(segments), 0, 0)
    return header + section + b"".join(table) + content, facts


def kernel_like(bits, order, machine):
    """A few segments of all kinds that matter; small enough to be cut at every length."""
    high = 0xFFFFFFFF80000000 if bits == 64 else 0xC0000000
    return make_elf(bits, order, machine, 0x100040, [
        Segment(PT_LOAD, bytes(range(64)), 0x100000, high + 0x100000, align=0x1000),
        Segment(PT_LOAD, b"data and bss" * 3, 0x200000, high + 0x200000, memsz=0x9000, flags=6, align=0x1000),
        Segment(PT_LOAD, b"", 0x300000, high + 0x300000, memsz=0x10, flags=6, align=0x10),
        Segment(PT_NULL, b"", 0xFFFFFFFF, memsz=0xFFFFFFFF, align=3, offset=0xFFFFFFFF),
        Segment(PT_NOTE, struct.pack("<III", 4, 0, 1) + b"abc\0", 0, flags=4, align=4),
        Segment(PT_GNU_STACK, b"", 0, offset=0, flags=6, align=16),
    ])


def fixtures():
    for bits, order, machine, name in ((64, "big", EM_S390, "s390x"), (64, "little", EM_X86_64, "x86_64"),
                                       (32, "big", EM_PPC, "ppc"), (32, "little", EM_386, "i386")):
        yield name, bits, order, machine, 0x100040, kernel_like(bits, order, machine)
    for bits, order, machine, count in ((64, "big", EM_S390, 65536), (32, "little", EM_386, 65535),
                                        (64, "little", EM_X86_64, 65534), (32, "big", EM_PPC, 70000)):
        load = [Segment(PT_LOAD, b"shared", 0x1000 * i, memsz=0x800, align=8) for i in range(count)]
        yield "many%d%s" % (bits, order), bits, order, machine, 0x1000, make_elf(
            bits, order, machine, 0x1000, load, shared_content=True)
    yield "empty", 64, "big", EM_S390, 0, make_elf(64, "big", EM_S390, 0, [], type_=1)
    outside = [Segment(PT_LOAD, b"", 0x1000, memsz=0x1000, offset=0x7FFFFFFF)]
    yield "nofile", 64, "big", EM_S390, 0, make_elf(64, "big", EM_S390, 0, outside)
    top = [Segment(PT_LOAD, b"x", (1 << 32) - 0x1000, memsz=0x1000)]
    yield "top32", 32, "big", EM_PPC, 0, make_elf(32, "big", EM_PPC, 0, top)
    top = [Segment(PT_LOAD, b"x", (1 << 64) - 0x1001, memsz=0x1000)]
    yield "top64", 64, "little", EM_X86_64, 0, make_elf(64, "little", EM_X86_64, 0, top)


def main():
    folder = os.path.join(sys.argv[1], "elf")
    os.makedirs(folder, exist_ok=True)
    names = []
    for name, bits, order, machine, entry, (data, facts) in fixtures():
        type_ = 1 if name == "empty" else ET_EXEC
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
        with open(os.path.join(folder, name + ".facts"), "w") as f:
            f.write("%d %s %d %d %d %d\n" % (bits, order, type_, machine, entry, len(facts)))
            for fact in facts:
                f.write(" ".join(str(n) for n in fact) + "\n")
        names.append(name)
    with open(os.path.join(folder, "list"), "w") as f:
        f.write("\n".join(names) + "\n")


if __name__ == "__main__":
    main()
