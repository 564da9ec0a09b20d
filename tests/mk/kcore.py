# SPDX-License-Identifier: GPL-2.0-only
"""
The beginnings of /proc/kcore of made kernels, and what must be found in them, below FIXTURES/kcore/:
  NAME.kcore    headers and notes
  NAME.expect   one line: arch stext direct text-start text-end text-physical sme-mask, hexadecimal; - = not known
and seeds for tests/fuzz/fuzz_kcore.c and fuzz_kallsyms.c below FIXTURES/corpus/.
"""
import os
import random
import struct
import sys

UNKNOWN = (1 << 64) - 1
NOTE, LOAD = 4, 1


class Kcore:
    """Segments are (virtual, physical, size); notes are (name, type, content)."""

    def __init__(self, arch="x86_64", notes=(), loads=(), note_segment=True):
        self.wide = arch == "x86_64"
        self.arch = arch
        self.loads = list(loads)
        self.notes = b"".join(self.note(*note) for note in notes)
        self.note_segment = note_segment

    @staticmethod
    def note(name, kind, content):
        name = name.encode() + b"\0"
        out = struct.pack("<III", len(name), len(content), kind) + name
        out += bytes(-len(out) % 4) + content
        return out + bytes(-len(out) % 4)

    def header(self, virtual, physical, size, kind=LOAD, offset=0):
        if self.wide:
            return struct.pack("<IIQQQQQQ", kind, 7, offset, virtual, physical, size, size, 4096)
        return struct.pack("<IIIIIIII", kind, offset, virtual, physical & 0xffffffff, size, size, 7, 4096)

    def bytes(self):
        count = len(self.loads) + self.note_segment
        ehsize, phsize = (64, 56) if self.wide else (52, 32)
        ident = b"\x7fELF" + bytes([2 if self.wide else 1, 1, 1]) + bytes(9)
        form = "<HHIQQQIHHHHHH" if self.wide else "<HHIIIIIHHHHHH"
        out = bytearray(ident)
        out += struct.pack(form, 4, 62 if self.wide else 3, 1, 0, ehsize, 0, 0, ehsize, phsize, count, 0, 0, 0)
        offset = ehsize + phsize * count
        if self.note_segment:
            out += self.header(0, 0, len(self.notes), NOTE, offset)
        for i, (virtual, physical, size) in enumerate(self.loads):
            out += self.header(virtual, physical, size, offset=(0x7fff00000000 + 0x1000 * i) & (UNKNOWN if self.wide else 0xffffffff))
        return bytes(out + self.notes)


def vmcoreinfo(text):
    return [("CORE", 1, bytes(336)), ("CORE", 3, bytes(136)), ("CORE", 4, bytes(1234)), ("VMCOREINFO", 0, text.encode())]


def modern(direct, kernel, base, ram, size=0x2c00000, extra="", stext=None):
    """As Linux 6.12 shows itself: kernel at virtual `kernel`, physical `base`; ram: physical (start, size)."""
    text = (f"OSRELEASE=6.12.48\nBUILD-ID=00ff\nPAGESIZE=4096\nSYMBOL(init_uts_ns)={kernel + 0x2000:x}\n"
            f"SYMBOL(_stext)={stext or kernel:x}\nNUMBER(phys_base)={base - (kernel - 0xffffffff80000000)}\n"
            f"KERNELOFFSET={kernel - 0xffffffff81000000:x}\nNUMBER(KERNEL_IMAGE_SIZE)=1073741824\n{extra}CRASHTIME=0\n")
    loads = [(0xffffffffff600000, UNKNOWN, 0x1000), (kernel, base, size), (direct + (1 << 45), UNKNOWN, 0x1fffffffffff),
             (0xffffffffc0000000, UNKNOWN, 0x3f000000)]
    for start, length in ram:
        loads += [(direct + start, start, length), (direct + (1 << 46) + start // 64, UNKNOWN, length // 64)]
    return Kcore(notes=vmcoreinfo(text), loads=loads)


def page_up(value):
    return (value + 4095) & ~4095


RAM = [(0x1000, 0x9e000), (0x100000, 0x3ff00000), (0x100000000, 0x37e800000)]


def fixtures():
    """(name, arch, bytes, stext, direct, text-start, text-end, text-physical, sme-mask)"""
    kernel, direct = 0xffffffff81000000, 0xffff888000000000
    yield ("plain", modern(direct, kernel, 0x1000000, RAM), 0, direct, kernel, kernel + 0x2c00000, 0x1000000, 0)
    kernel, direct = 0xffffffff9c400000, 0xffff96c8c0000000
    yield ("kaslr", modern(direct, kernel, 0x2ed000000, RAM, 0x2bff123), 0, direct, kernel,
           page_up(kernel + 0x2bff123), 0x2ed000000, 0)
    # Physically below what its virtual place would be: phys_base is negative.
    direct = 0xff2d3c8c80000000
    yield ("five-levels-encrypted", modern(direct, kernel, 0x4000000, RAM, extra="NUMBER(sme_mask)=2251799813685248\n"),
           0, direct, kernel, kernel + 0x2c00000, 0x4000000, 1 << 51)
    high = [(0x7f00000000 + 0x40000000 * i, 0x1000000) for i in range(20000)]
    many = modern(direct, kernel, 0x4000000, RAM + high)
    many.loads.reverse()
    yield ("many", many, 0, direct, kernel, kernel + 0x2c00000, 0x4000000, 0)
    # Linux 4.9: no vmcoreinfo, and 0 for physical addresses. The second piece of memory alone would mislead.
    kernel, direct = 0xffffffff91c00000, 0xffff9a1b40000000
    old = Kcore(notes=[("CORE", 1, bytes(336)), ("CORE", 3, bytes(136)), ("CORE", 4, bytes(9000))],
                loads=[(0xffffffffff600000, 0, 0x1000), (kernel, 0, 0x1e2a000), (direct + (1 << 45), 0, 1 << 44),
                       (0xffffffffc0000000, 0, 0x3f000000)] + [(direct + start, 0, size) for start, size in RAM])
    yield ("old", old, kernel, direct, kernel, kernel + 0x1e2a000, None, 0)
    # What is asked for lies in the second.
    two = Kcore(loads=[(0xffffffff81000000, 0x1000000, 0x1000), (0xffffffff88000000, 0x8000000, 0x2000),
                       (0xffff888000100000, 0x100000, 0x100000)])
    yield ("two-texts", two, 0xffffffff88001fff, 0xffff888000000000, 0xffffffff88000000, 0xffffffff88002000, 0x8000000, 0)
    yield ("two-texts-unknown", two, 0xffffffff88002000, 0xffff888000000000, 0xffffffff81000000, 0xffffffff81001000,
           0x1000000, 0)
    yield ("no-memory", Kcore(loads=[(0xffffffff81000000, 0x1000000, 0x1000)]), 0, None, 0xffffffff81000000,
           0xffffffff81001000, 0x1000000, 0)
    yield ("nothing", Kcore(loads=[]), 0, None, None, None, None, 0)
    yield ("no-notes", Kcore(loads=[(0xffff888000001000, 0x1000, 0x1000)], note_segment=False), 0, 0xffff888000000000,
           None, None, None, 0)
    yield ("odd-physical", Kcore(loads=[(0xffff93c080001000, 0x123000, 0x1000), (0xffff93c180000000, 1 << 60, 0x1000)]),
           0, 0xffff93c080000000, None, None, None, 0)
    yield ("i386", Kcore("i386", vmcoreinfo("NUMBER(sme_mask)=0\nSYMBOL(_stext)=c1000000\nKERNELOFFSET=0\n"),
                         [(0xc0001000, 0x1000, 0x2f7fe000), (0xf8000000, UNKNOWN, 0x7bfe000)]), 0, 0xc0000000,
           None, None, None, 0)
    yield ("i386-2g", Kcore("i386", [], [(0x78100000, 0x100000, 0x2f7fe000)]), 0, 0x78000000, None, None, None, 0)


def kallsyms():
    lines = [f"{i * 8:016x} A percpu_{i}" for i in range(40)]
    lines += ["ffffffff9c400000 T startup_64", "ffffffff9c400000 T _stext", "ffffffff9c400000 T _text",
              "ffffffffc0a01000 t stext_helper\t[nvme]", "ffffffffc0a02000 t _stext\t[other]"]
    yield "\n".join(lines) + "\n"
    yield "\n".join(line.replace("ffffffff9c400000", "0" * 16) for line in lines) + "\n"
    yield "c1000000 T _stext\n"
    yield "0 T " + "n" * 900 + "\n0 T _stext\n"


def bent(data, rng, changes):
    data = bytearray(data)
    for _ in range(changes):
        at = rng.randrange(len(data))
        what = rng.randrange(5)
        if what == 0:
            del data[at:]
        elif what == 1:
            data[at:at + 8] = rng.choice((bytes(8), b"\xff" * 8, b"\xff" * 7 + b"\x7f"))[:len(data) - at]
        else:
            data[at] = rng.choice((0, 1, 4, 0x0a, 0x20, 0x7f, 0x80, 0xff, data[at] ^ 1 << rng.randrange(8)))
        if not data:
            return b"\0"
    return bytes(data)


def seeds(folder, originals, rng):
    os.makedirs(folder, exist_ok=True)
    number = 0
    for original in originals:
        for data in [original] + [bent(original, rng, rng.randrange(1, 4)) for _ in range(50)]:
            with open(os.path.join(folder, "%04d" % number), "wb") as f:
                f.write(data)
            number += 1


def shown(value):
    return "-" if value is None else f"{value:x}"


def main():
    folder = os.path.join(sys.argv[1], "kcore")
    os.makedirs(folder, exist_ok=True)
    small = []
    for name, kcore, *expected in fixtures():
        data = kcore.bytes()
        with open(os.path.join(folder, name + ".kcore"), "wb") as f:
            f.write(data)
        with open(os.path.join(folder, name + ".expect"), "w", encoding="ascii") as f:
            f.write(" ".join([kcore.arch] + [shown(value) for value in expected]) + "\n")
        if len(data) < 8192:
            # The first byte says which architecture the fuzz program takes it for, the next eight are _stext.
            small.append(bytes([kcore.wide]) + struct.pack("<Q", expected[0]) + data)
    rng = random.Random(419)
    seeds(os.path.join(sys.argv[1], "corpus", "kcore"), small, rng)
    # The first byte is the size of the pieces.
    seeds(os.path.join(sys.argv[1], "corpus", "kallsyms"),
          [bytes([size]) + text.encode() for text in kallsyms() for size in (0, 1, 17, 255)], rng)


if __name__ == "__main__":
    main()
