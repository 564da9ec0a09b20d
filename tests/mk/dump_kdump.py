# SPDX-License-Identifier: GPL-2.0-only
"""
kdump-compressed dumps of all header versions, word sizes and byte orders, written from the description of the format and
not by the program's code: FIXTURES/dump_kdump-NAME.dump, with NAME.pages (a line "PFN STATE FLAGS" for each page that is
not absent; flags are its descriptor's) and NAME.mem (the content of the pages that are here and not zeros, one after the
other). FIXTURES/dump_kdump-list has a line for each, of which the words are

  NAME FILES VERSION BITS ORDER PAGE LEVEL CPUS MAX_MAPNR PHYS_BASE START END SPLIT COMPLETE PRSTATUS VMCOREINFO

FILES is a number: a dump in several has NAME.0, NAME.1, ... instead of NAME.dump. Seeds for tests/fuzz/fuzz_dump_kdump.c
and fuzz_dump_flattened.c go to FIXTURES/corpus.
"""
import os
import random
import struct
import sys
import zlib

ZLIB, LZO, SNAPPY, INCOMPLETE, ZSTD = 1, 2, 4, 8, 0x20
HERE, ZERO, EXCLUDED, LOST, UNREADABLE = "here", "zero", "excluded", "lost", "unreadable"


def tail(page):
    """How many bytes at the end of a page are one byte again and again."""
    return len(page) - len(page.rstrip(page[-1:]))


def zstd_mixed(page):
    """One frame, its content size in two bytes; a block as it is, and one of a byte many times. RFC 8878, 3.1.1."""
    rest = tail(page)
    head = page[:len(page) - rest]
    return (b"\x28\xb5\x2f\xfd\x60" + struct.pack("<H", len(page) - 256) + (len(head) << 3).to_bytes(3, "little") + head +
            (1 | 1 << 1 | rest << 3).to_bytes(3, "little") + page[-1:])


def zstd_repeated(page):
    """Two blocks, each one byte many times."""
    assert page == page[:1] * len(page)
    half = len(page) // 2
    blocks = b"".join((last | 1 << 1 | half << 3).to_bytes(3, "little") + page[:1] for last in (0, 1))
    return b"\x28\xb5\x2f\xfd\x60" + struct.pack("<H", len(page) - 256) + blocks


def lzo_length(rest):
    """A length beyond what an instruction holds: zeros count 255 each, the last byte is not 0."""
    zeros = (rest - 1) // 255
    return bytes(zeros) + bytes([rest - 255 * zeros])


LZO_END = b"\x11\0\0"


def lzo_mixed(page):
    """
    Linux Documentation/staging/lzo.rst: instruction 0, a literal of 18 bytes and more; then 001LLLLL, a match of what is
    left, one byte back.
    """
    rest = tail(page) - 4
    head = page[:len(page) - rest]
    return b"\0" + lzo_length(len(head) - 18) + head + b"\x20" + lzo_length(rest - 2 - 31) + struct.pack("<H", 0) + LZO_END


def lzo_repeated(page):
    """Four bytes, and a match of the rest four bytes back: instruction 001LLLLL with a length behind it."""
    assert page == page[:4] * (len(page) // 4)
    return bytes([17 + 4]) + page[:4] + b"\x20" + lzo_length(len(page) - 4 - 2 - 31) + struct.pack("<H", (4 - 1) << 2) + LZO_END


def varint(value):
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def snappy_mixed(page):
    """
    format_description.txt of snappy: a literal with its length in two bytes, one in the tag, one in four bytes, one in one,
    one in three; then copies of the last byte.
    """
    rest = tail(page) - 1
    head = page[:len(page) - rest]
    out, at = varint(len(page)), 0
    for size, form in ((300, 2), (60, 0), (500, 4), (200, 1), (len(head) - 1060, 3)):
        tag = bytes([59 + form << 2]) + (size - 1).to_bytes(form, "little") if form else bytes([size - 1 << 2])
        out += tag + head[at:at + size]
        at += size
    for at in range(0, rest, 64):
        out += bytes([2 | (min(64, rest - at) - 1) << 2]) + struct.pack("<H", 1)
    return out


def snappy_repeated(page):
    """Each kind of copy, all of them reaching into what they make."""
    assert page == page[:4] * (len(page) // 4)
    out, done = varint(len(page)) + bytes([3 << 2]) + page[:4], 4
    out += bytes([1 | (8 - 4) << 2, 4])
    done += 8
    while len(page) - done > 64:
        size = 64
        out += bytes([2 | (size - 1) << 2]) + struct.pack("<H", 4) if done % 128 else bytes([3 | (size - 1) << 2]) + struct.pack("<I", 4)
        done += size
    return out + bytes([2 | (len(page) - done - 1) << 2]) + struct.pack("<H", 4)


def note(order, name, kind, content):
    name = name.encode() + b"\0"
    out = struct.pack(order + "III", len(name), len(content), kind) + name
    out += bytes(-len(out) % 4) + content
    return out + bytes(-len(out) % 4)


class Page:
    def __init__(self, state, content=None, flags=0, data=None):
        self.state, self.content, self.flags, self.data = state, content, flags, data

    def word(self):
        return ZERO if self.state == HERE and not any(self.content) else self.state


def content(rng, page, kind):
    if kind == "random":
        return rng.randbytes(page)
    if kind == "word":
        return rng.randbytes(4) * (page // 4)
    if kind == "byte":
        return rng.randbytes(1) * page
    if kind == "half":
        return rng.randbytes(page // 2 - 1) + b"\x55" + bytes([rng.randrange(0x80, 0xff)]) * (page // 2)
    if kind == "text":
        words = [b"page ", b"kernel ", b"dump ", b"0123", b"\n", b"\0\0\0\0"]
        return b"".join(rng.choice(words) for _ in range(page))[:page]
    return bytes(page)


# How a page is stored: flags, kind of content, packing.
STORED = (
    (0, "random", bytes), (ZLIB, "text", lambda p: zlib.compress(p, 1)), (ZLIB, "word", lambda p: zlib.compress(p, 9)),
    (ZSTD, "half", zstd_mixed), (ZSTD, "byte", zstd_repeated), (SNAPPY, "half", snappy_mixed),
    (SNAPPY, "word", snappy_repeated), (LZO, "half", lzo_mixed), (LZO, "word", lzo_repeated), (0, "zero", None),
)


class Dump:
    def __init__(self, bits=64, order="<", version=6, machine=b"x86_64", page=4096, level=31, split=None, one_bitmap=False,
                 status=ZLIB, max_mapnr=None, cpus=2):
        self.bits, self.order, self.version, self.machine, self.page = bits, order, version, machine, page
        self.level, self.split, self.one_bitmap, self.status, self.cpus = level, split, one_bitmap, status, cpus
        self.phys_base = 0x1000000 if bits == 32 else 0x123400000
        self.pages = {}
        self.max_mapnr = max_mapnr
        self.order_of_data = lambda pfns: pfns
        self.vmcoreinfo = (f"OSRELEASE=6.12.1-test\nBUILD-ID=00112233445566778899aabbccddeeff00112233\nPAGESIZE={page}\n"
                           f"SYMBOL(_stext)=ffffffff81000000\nCRASHTIME=1760000000\n").encode()

    def fill(self, rng, pfns):
        for i, pfn in enumerate(pfns):
            flags, kind, pack = STORED[(i + rng.randrange(2)) % len(STORED)]
            body = content(rng, self.page, kind)
            self.pages[pfn] = Page(HERE, body, flags, pack(body) if pack else None)

    def limit(self):
        return self.max_mapnr if self.max_mapnr is not None else max(self.pages) + 1

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def notes(self):
        if self.version < 4:
            return b"", 0
        before = b"".join(note(self.order, "CORE", 1, bytes([cpu + 1]) * (336 if self.bits == 64 else 144)) for cpu in range(self.cpus))
        info = note(self.order, "VMCOREINFO", 0, self.vmcoreinfo)
        return before + info, len(before) + 12 + 12

    def header(self, sub_blocks, bitmap_blocks):
        out = b"KDUMP   " + self.pack("i", self.version)
        for field in (b"Linux", b"crashed", b"6.12.1-test", b"#1 SMP", self.machine, b"(none)"):
            out += field.ljust(65, b"\0")
        if self.bits == 64:
            out += bytes(6) + self.pack("qq", 1760000000, 123456)
        else:
            out += bytes(2) + self.pack("ii", 1760000000, 123456)
        return out + self.pack("Iiiiiiiiii", self.status, self.page, sub_blocks, bitmap_blocks,
                               *(struct.unpack("i", struct.pack("I", min(self.limit(), 0xffffffff)))), 0, 0, 0, 0, self.cpus)

    def sub_header(self, note_at, note_size, info_at, info_size, start, end):
        """Each version ends behind its fields; 64-bit integers are aligned to 8 but on 32-bit x86."""
        fields = [("w", self.phys_base), ("i", self.level)]
        if self.version >= 2:
            fields += [("i", int(self.split is not None)), ("w", start), ("w", end)]
        if self.version >= 3:
            fields += [("q", info_at), ("w", info_size)]
        if self.version >= 4:
            fields += [("q", note_at), ("w", note_size)]
        if self.version >= 5:
            fields += [("q", 0), ("w", 0)]
        if self.version >= 6:
            fields += [("Q", start), ("Q", end), ("Q", self.limit())]
        out = b""
        for kind, value in fields:
            if kind == "w":
                kind = "Q" if self.bits == 64 else "I"
            size = 4 if kind in "iI" else 8
            align = 4 if self.machine == b"i686" else size
            out += bytes(-len(out) % align) + self.pack(kind, value & ((1 << 32) - 1) if kind == "I" else value)
        return out

    def tables(self):
        bitmap = -(-(-(-self.limit() // 8)) // self.page) * self.page
        memory, dumped = bytearray(bitmap), bytearray(bitmap)
        for pfn, page in self.pages.items():
            memory[pfn >> 3] |= 1 << (pfn & 7)
            if page.state != EXCLUDED:
                dumped[pfn >> 3] |= 1 << (pfn & 7)
        return bytes(memory) if self.one_bitmap else bytes(memory + dumped)

    def bytes(self):
        start, end = self.split or (0, 0)
        notes, info_in = self.notes()
        size = len(self.sub_header(0, 0, 0, 0, 0, 0))
        info_at, info_size = self.page + size + info_in, len(self.vmcoreinfo)
        if self.version == 3:
            notes = self.vmcoreinfo
            info_at = self.page + size
        sub = self.sub_header(self.page + size, len(notes), info_at, info_size, start, end) + notes
        sub_blocks = -(-len(sub) // self.page)
        tables = self.tables()
        out = self.header(sub_blocks, len(tables) // self.page).ljust(self.page, b"\0")
        out += sub.ljust(sub_blocks * self.page, b"\0") + tables
        pfns = [pfn for pfn in sorted(self.pages) if self.pages[pfn].state != EXCLUDED and
                (self.split is None or start <= pfn < end)]
        at = len(out) + 24 * len(pfns)
        zero_at, data = at, [bytes(self.page)]
        at += self.page
        places = {}
        for pfn in self.order_of_data(pfns):
            page = self.pages[pfn]
            if page.state == LOST:
                places[pfn] = (0, 0, 0)
            elif page.data is None:
                places[pfn] = (zero_at, self.page, 0)
            else:
                places[pfn] = (at, len(page.data), page.flags)
                data.append(page.data)
                at += len(page.data)
        return out + b"".join(self.pack("QIIQ", *places[pfn], 0) for pfn in pfns) + b"".join(data)

    def line(self, name, files, complete):
        start, end = self.split if self.split and files == 1 else (0, 0)
        info = len(self.vmcoreinfo) if self.version >= 3 else 0
        return " ".join(str(word) for word in (
            name, files, self.version, self.bits, "little" if self.order == "<" else "big", self.page, self.level, self.cpus, self.limit(),
            hex(self.phys_base), start, end, int(self.split is not None and files == 1), int(complete),
            self.cpus if self.version >= 4 else 0, info))


def flatten(data, rng, cut=None):
    """Records of odd sizes in any order; none of them overlap."""
    records, at = [], 0
    while at < len(data):
        size = rng.choice((1, 24, 464, 4096, 4096, 10000))
        records.append((at, data[at:at + size]))
        at += size
    rng.shuffle(records)
    out = b"makedumpfile".ljust(16, b"\0") + struct.pack(">qq", 1, 1)
    out = out.ljust(4096, b"\0") + b"".join(struct.pack(">qq", offset, len(body)) + body for offset, body in records)
    return out[:cut] if cut is not None else out + struct.pack(">qq", -1, -1)


KINDS = (
    ("64le", 64, "<", b"x86_64"), ("64be", 64, ">", b"s390x"), ("i686", 32, "<", b"i686"), ("arm", 32, "<", b"armv7l"),
    ("ppc", 32, ">", b"ppc"), ("unknown", 64, ">", b"m68k64"),
)


def fixtures():
    """Yields (name, dump, files, complete): files is a list of bytes."""
    rng = random.Random(6)
    for name, bits, order, machine in KINDS:
        for version in range(1, 7):
            dump = Dump(bits, order, version, machine)
            dump.fill(rng, [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 13, 70, 71])
            dump.pages[5] = Page(EXCLUDED)
            dump.pages[12] = Page(EXCLUDED)
            yield f"{name}-v{version}", dump, [dump.bytes()], True

    # Groups of 4096 pages that are all there, none, and some.
    ranks = Dump()
    for pfn in range(4096, 8192):
        ranks.pages[pfn] = Page(HERE, bytes(4096))
    ranks.fill(rng, [0, 4095, 4096, 8191, 8192, 16383, 16384, 16385, 20479, 20481])
    yield "ranks", ranks, [ranks.bytes()], True

    # The last page is the last of a group.
    whole = Dump()
    for pfn in range(4096):
        whole.pages[pfn] = Page(HERE, bytes(4096))
    yield "whole-group", whole, [whole.bytes()], True

    large = Dump(page=65536, machine=b"ppc64le")
    large.fill(rng, [0, 1, 2, 3, 5, 6, 7, 8, 9])
    yield "large-pages", large, [large.bytes()], True

    single = Dump(one_bitmap=True, level=0)
    single.fill(rng, [0, 1, 2, 5, 6])
    yield "one-bitmap", single, [single.bytes()], True

    shuffled = Dump()
    shuffled.fill(rng, range(100, 400))
    shuffled.order_of_data = lambda pfns: sorted(pfns, key=lambda pfn: pfn * 7919 % 1009)
    yield "shuffled", shuffled, [shuffled.bytes()], True

    lost = Dump(status=ZLIB | INCOMPLETE)
    lost.fill(rng, range(10, 30))
    for pfn in (12, 20, 29):
        lost.pages[pfn] = Page(LOST)
    yield "lost", lost, [lost.bytes()], False

    # A writer that was killed: nothing in the header says so.
    killed = Dump()
    killed.fill(rng, range(10, 30))
    for pfn in range(21, 30):
        killed.pages[pfn] = Page(LOST)
    yield "killed", killed, [killed.bytes()], False

    bad = Dump()
    bad.fill(rng, range(10, 40))
    body = content(rng, 4096, "half")
    short = body[:-1]
    for pfn, (flags, data) in enumerate((
            (ZLIB, zlib.compress(body)[:-9]), (ZLIB, b"no zlib data at all"), (ZLIB, zlib.compress(body + b"x")), (ZLIB, zlib.compress(short)),
            (ZSTD, zstd_mixed(body)[:-1]), (ZSTD, zstd_mixed(short)), (ZSTD, b"no zstd data"), (SNAPPY, snappy_mixed(body)[:-1]),
            (SNAPPY, snappy_mixed(short)), (SNAPPY, varint(4096) + snappy_mixed(short)[2:]), (SNAPPY, varint(4095) + snappy_mixed(body)[2:]),
            (SNAPPY, varint(4096) + b"\0x\x0e\0\0"), (SNAPPY, varint(4096) + b"\x0f\x01\0\0\0"), (SNAPPY, b"\xff" * 20),
            (SNAPPY, snappy_mixed(body) + b"\0x"), (LZO, lzo_mixed(body)[:-1]), (LZO, lzo_mixed(short)), (LZO, b"\xff" * 50),
            (0, short), (8, body), (ZLIB | ZSTD, zlib.compress(body)), (0x80000000, body), (ZLIB, body + b"x")), 12):
        bad.pages[pfn] = Page(UNREADABLE, None, flags, data)
    yield "bad-pages", bad, [bad.bytes()], True

    parts = [Dump(split=(start, end)) for start, end in ((0, 12), (12, 4098), (4098, 8200))]
    parts[0].fill(rng, [1, 2, 11, 12, 13, 500, 4097, 4098, 4099, 8199])
    parts[0].pages[14] = Page(EXCLUDED)
    for part in parts:
        part.pages = parts[0].pages
    files = [part.bytes() for part in parts]
    yield "split", parts[0], files, True
    yield "split-one", only(parts[1]), files[1:2], False
    yield "split-gap", gap(parts), [files[2], files[0]], False

    flat = Dump()
    flat.fill(rng, range(20, 60))
    data = flat.bytes()
    yield "flattened", flat, [flatten(data, rng)], True


def only(part):
    """What one part by itself has: the other pages are lost."""
    dump = Dump(split=part.split)
    dump.pages = {pfn: page if part.split[0] <= pfn < part.split[1] or page.state == EXCLUDED else Page(LOST)
                  for pfn, page in part.pages.items()}
    return dump


def gap(parts):
    dump = Dump(split=(0, 0))
    start, end = parts[1].split
    dump.pages = {pfn: Page(LOST) if start <= pfn < end and page.state != EXCLUDED else page for pfn, page in parts[0].pages.items()}
    return dump


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def seeds(folder):
    small = Dump(max_mapnr=64)
    small.page = 4096
    rng = random.Random(7)
    small.fill(rng, [3, 4, 5, 6, 7, 8, 9, 10, 11])
    for pfn, page in small.pages.items():
        if page.flags == 0 and page.data:
            page.content, page.data = bytes(4096), None
    whole = small.bytes()
    old = Dump(32, ">", 4, b"ppc", max_mapnr=64)
    old.pages = {1: Page(HERE, bytes(4096))}
    kdumps = [whole, whole[:9000], whole[:-1], old.bytes(), b"KDUMP   " + bytes(600), b"DISKDUMP" + bytes(600)]
    for at in (8, 428, 432, 436, 440, 460, 4096 + 12, 4096 + 32, 4096 + 40, 4096 + 48, 4096 + 56, 4096 + 80, 4096 + 96):
        bent = bytearray(whole)
        bent[at:at + 4] = b"\xff\xff\xff\x7f"
        kdumps.append(bytes(bent))
    flat = [flatten(bytes(range(256)) * 40, rng), flatten(b"0123456789" * 500, rng, 6000), flatten(whole, rng)]
    flat.append(flat[0][:4096] + struct.pack(">qq", 100, 10) + b"0123456789" + struct.pack(">qq", 95, 10) + b"abcdefghij" + struct.pack(">qq", -1, -1))
    flat.append(flat[0][:4096] + struct.pack(">qq", 1 << 62, 10) + b"0123456789" + struct.pack(">qq", -5, 10))
    for name, files in (("dump_kdump", kdumps), ("dump_flattened", flat)):
        os.makedirs(os.path.join(folder, "corpus", name), exist_ok=True)
        for i, data in enumerate(files):
            write(os.path.join(folder, "corpus", name, f"made-{i}"), data)


def main():
    folder = sys.argv[1]
    lines = []
    for name, dump, files, complete in fixtures():
        base = os.path.join(folder, f"dump_kdump-{name}")
        for i, data in enumerate(files):
            write(base + (".dump" if len(files) == 1 else f".{i}"), data)
        shown = dump.pages
        write(base + ".pages", "".join(f"{pfn} {shown[pfn].word()} {shown[pfn].flags}\n" for pfn in sorted(shown)).encode())
        write(base + ".mem", b"".join(shown[pfn].content for pfn in sorted(shown) if shown[pfn].word() == HERE))
        lines.append(dump.line(name, len(files), complete))
    write(os.path.join(folder, "dump_kdump-list"), ("\n".join(lines) + "\n").encode())
    seeds(folder)


if __name__ == "__main__":
    main()
