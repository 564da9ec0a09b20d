# SPDX-License-Identifier: GPL-2.0-only
"""Small vmcores of made kernels of several ages, and beside each what every page of them was used for.

page_map-list names them. page_map-NAME.vmcore is an ELF core whose program headers translate the memory that holds
mem_section and the struct pages. page_map-NAME.classes has lines "PFN COUNT CLASS", ascending; other pages are absent.

The class of a page is what it was made as: nothing here reads a struct page back. Layouts and numbers are those of
include/linux/mm_types.h, page-flags.h and kernel/vmcore_info.c (crash_core.c) of the Linux that a shape is named after.
"""
import os
import random
import struct
import sys

PAGE = 4096
SECTION = 32768  # pages; 1 << 27 bytes
VMEMMAP = {8: 0xFFFFEA0000000000, 4: 0xE0000000}
DATA = {8: 0xFFFF888000000000, 4: 0xC0000000}
EM_386, EM_MIPS, EM_PPC, EM_X86_64, EM_RISCV = 3, 8, 20, 62, 243
STORE = SECTION + 256  # first page of what the dump's reader has to find
GIANT, GIANT_ORDER = 2 * SECTION, 16


class Shape:
    """How one kernel does it. Bits are numbers in flags; types are values of _mapcount."""

    def __init__(self, name, machine=EM_MIPS, order="<", word=8, size=64, model="two", hugetlb="dtor", dtor=1,
                 link="compound_head", mask=False, slab_type=None, buddy=-129, offline=-257, unaccepted=None,
                 hugetlb_type=None, swapbacked=19, hwpoison=22, section_bits=27, orders=11, private=13):
        self.__dict__.update(locals())
        w = word
        self.at = {"flags": 0, "link": w, "mapping": 3 * w, "private": 5 * w, "mapcount": 6 * w,
                   "refcount": 6 * w + 4, "dtor": 2 * w}
        if size < 6 * w + 8:
            raise ValueError(name)
        self.lru, self.swapcache, self.slab, self.head, self.active = 5, 10, 9, 16, 6
        self.hugetlb_bit = 8
        self.top = slab_type is not None and slab_type & 0xFFFFFF == 0


def top(number):
    """A type as Linux 6.12 and up has it, printed as its int."""
    value = number << 24
    return value - (1 << 32)


SHAPES = [
    Shape("4.9", machine=EM_X86_64, dtor=4, buddy=-128, offline=None, swapbacked=None, section_bits=None),
    Shape("4.19", model="pointer", offline=None),
    Shape("5.10", machine=EM_X86_64),
    Shape("5.10-array", model="one"),
    Shape("6.1", machine=EM_X86_64, private=14),
    Shape("6.1-be", order=">"),
    Shape("6.3", hugetlb="folio"),
    Shape("6.6", machine=EM_RISCV, hugetlb="flag", order=">"),
    Shape("6.10", hugetlb="type", hugetlb_type=-4097, slab_type=-2049),
    Shape("6.12", machine=EM_X86_64, hugetlb="type", hugetlb_type=top(0xF4), slab_type=top(0xF5), buddy=top(0xF0),
          offline=top(0xF1)),
    Shape("6.16-odd", size=56, hugetlb="type", hugetlb_type=top(0xF4), slab_type=top(0xF5), buddy=top(0xF0),
          offline=top(0xF1), unaccepted=top(0xF7)),
    Shape("7.1", machine=EM_X86_64, link="compound_info", mask=True, hugetlb="type", hugetlb_type=top(0xF4),
          slab_type=top(0xF5), buddy=top(0xF0), offline=top(0xF1), unaccepted=top(0xF7)),
    Shape("7.1-be", link="compound_info", order=">", hugetlb="type", hugetlb_type=top(0xF4), slab_type=top(0xF5),
          buddy=top(0xF0), offline=top(0xF1)),
    Shape("many-orders", orders=19, model="pointer", unaccepted=-3073),
    Shape("contig", machine=EM_386, word=4, size=32, model="contig"),
    Shape("nodes", model="nodes"),
    Shape("flat", machine=EM_PPC, order=">", word=4, size=32, model="flat", dtor=2),
]


class Machine:
    def __init__(self, shape):
        self.s = shape
        self.random = random.Random(shape.name)
        self.classes = {}  # pfn: name
        self.structs = {}  # pfn: bytes, where not the usual
        self.ram = []  # (first pfn, end pfn)
        self.usual = self.page()

    def vmemmap(self, pfn):
        return VMEMMAP[self.s.word] + pfn * self.s.size

    def page(self, flags=0, link=0, mapping=0, private=0, mapcount=-1, refcount=1, second=None):
        s = self.s
        out = bytearray(s.size)
        word = s.order + ("Q" if s.word == 8 else "I")
        cut = (1 << 8 * s.word) - 1
        for name, value in (("flags", flags), ("link", link), ("mapping", mapping), ("private", private)):
            struct.pack_into(word, out, s.at[name], value & cut)
        struct.pack_into(s.order + "I", out, s.at["mapcount"], mapcount & 0xFFFFFFFF)
        struct.pack_into(s.order + "I", out, s.at["refcount"], refcount)
        if second is not None:
            code = {1: "B", 2: "H", 4: "I"}[s.dtor]
            struct.pack_into(s.order + 2 * code, out, s.at["dtor"], *second)
        return bytes(out)

    def set(self, pfn, kind, **fields):
        self.structs[pfn] = self.page(**fields)
        self.classes[pfn] = kind

    def tail_link(self, head, pfn, order):
        if self.s.mask:
            return ((1 << 64) - (self.s.size << order)) | 1
        return self.vmemmap(head) | 1

    def compound(self, pfn, order, kind, hugetlb=False, poisoned=(), hvo=False, **fields):
        s = self.s
        flags = fields.pop("flags", 0) | 1 << s.head
        if hugetlb and s.hugetlb == "type":
            # The rest of the word is the type's own since 6.12.
            fields["mapcount"] = s.hugetlb_type | (0x1234 if s.top else 0)
        self.set(pfn, kind, flags=flags, **fields)
        plain = None
        for i in range(1, 1 << order):
            tail = {"link": self.tail_link(pfn, pfn + i, order), "mapping": 0xDEAD000000000400, "mapcount": -1,
                    "refcount": 0}
            if i == 1:
                tail["mapping"] = 0x300000003  # counters, here odd
                tail["mapcount"] = 0x7FF
                if s.hugetlb in ("dtor", "folio"):
                    tail["second"] = (2 if hugetlb else 1, order)
                if s.hugetlb in ("flag", "type"):
                    tail["flags"] = order | (1 << s.hugetlb_bit if hugetlb and s.hugetlb == "flag" else 0)
            if pfn + i in poisoned:
                tail["flags"] = tail.get("flags", 0) | 1 << s.hwpoison
                self.set(pfn + i, "unusable", **tail)
                continue
            if i == 1:
                self.structs[pfn + i] = self.page(**tail)
            else:
                plain = plain or self.page(**tail)
                self.structs[pfn + i] = plain
            self.classes[pfn + i] = kind
        if hvo:
            # The struct pages of tails are those of the head's page of memory once more: the first of each looks like a
            # head (Documentation/mm/vmemmap_dedup.rst; Linux 5.18 to 7.0).
            each = PAGE // s.size
            for i in range(each, 1 << order, each):
                for j in range(each):
                    self.structs[pfn + i + j] = self.structs[pfn + j]

    def free(self, pfn, order, kind="free"):
        self.set(pfn, kind, mapcount=self.s.buddy, private=order, refcount=0)
        behind = self.page(refcount=0)
        for i in range(1, 1 << order):
            self.structs[pfn + i] = behind
            self.classes[pfn + i] = kind


def kinds(m):
    """Functions of a page number, and to what order that must be aligned."""
    s = m.s
    lru, private = 1 << s.lru, 1 << s.private
    swap = 1 << s.swapcache | (1 << s.swapbacked if s.swapbacked is not None else 0)
    slab = {"flags": 1 << s.slab} if s.slab_type is None else {"mapcount": s.slab_type}
    swap_class = "cache" if s.swapbacked is not None else "kernel"
    out = [
        (0, lambda p: m.set(p, "kernel", flags=1 << 12)),
        (0, lambda p: m.set(p, "kernel", mapping=0xFFFF888012345678)),
        (0, lambda p: m.set(p, "kernel", mapping=0x11, **slab)),
        (2, lambda p: m.compound(p, 2, "kernel", mapping=0x11, **slab)),
        (3, lambda p: m.compound(p, 3, "kernel")),
        (0, lambda p: m.set(p, "cache", flags=lru | 1 << s.active, mapping=0xFFFF888012345678, mapcount=0)),
        (0, lambda p: m.set(p, "cache", flags=lru, mapping=0x1002)),
        (0, lambda p: m.set(p, "private cache", flags=lru | private, mapping=0x1000)),
        (0, lambda p: m.set(p, swap_class, flags=swap)),
        (0, lambda p: m.set(p, "private " + swap_class if s.swapbacked is not None else "kernel", flags=swap | private)),
        (0, lambda p: m.set(p, "kernel", flags=1 << s.swapcache)),
        (0, lambda p: m.set(p, "user", flags=lru, mapping=0xFFFF888000001001, mapcount=3)),
        (0, lambda p: m.set(p, "user", flags=lru | swap | private, mapping=0xFFFF888000001001)),
        (0, lambda p: m.set(p, "user", mapping=0xFFFF888000001003)),
        (2, lambda p: m.compound(p, 2, "cache", flags=lru, mapping=0x1000)),
        (4, lambda p: m.compound(p, 4, "private cache", flags=lru | private, mapping=0x1000)),
        (9, lambda p: m.compound(p, 9, "user", flags=lru, mapping=0x1001)),
        (1, lambda p: m.compound(p, 1, "user", flags=lru, mapping=0x1001)),
        (9, lambda p: m.compound(p, 9, "user", hugetlb=True, mapping=0x1000)),
        (5, lambda p: m.compound(p, 5, "user", flags=lru, mapping=0x1001, poisoned=(p + 1, p + 17))),
        (0, lambda p: m.set(p, "unusable", flags=1 << s.hwpoison | lru, mapping=0x1000)),
        (0, lambda p: m.set(p, "unusable", flags=1 << s.hwpoison)),
        (0, lambda p: m.set(p, "kernel", mapcount=s.buddy, private=70)),
        (0, lambda p: m.set(p, "kernel", mapcount=s.buddy, private=s.orders)),
        (0, lambda p: m.set(p, "kernel", mapcount=s.buddy, private=(1 << 64) - 1)),
        (1, lambda p: (m.set(p, "kernel"), m.set(p + 1, "kernel", mapcount=s.buddy, private=3))),
        (0, lambda p: m.set(p, "kernel", mapping=0x1001, link=0xFFFFFFFFFFFFFFF1)),
        (0, lambda p: m.set(p, "kernel", mapping=0x1001, link=m.vmemmap(p) | 1)),
        (0, lambda p: m.set(p, "kernel", mapping=0x1001, link=m.vmemmap(17) + 3)),
        (0, lambda p: m.set(p, "kernel", flags=(1 << 64) - 1, link=(1 << 64) - 1, mapping=(1 << 64) - 1)),
    ]
    out += [(o, lambda p, o=o: m.free(p, o)) for o in (0, 0, 1, 2, 3, 5, 8, 10)]
    if s.slab_type is None:
        out.append((0, lambda p: m.set(p, "kernel", flags=1 << s.slab, mapcount=s.buddy, private=0)))
        if s.offline is not None:
            out.append((0, lambda p: m.set(p, "kernel", flags=1 << s.slab, mapcount=s.offline)))
    if s.offline is not None:
        out.append((0, lambda p: m.set(p, "unusable", mapcount=s.offline)))
    if s.unaccepted is not None and s.orders < 16:
        out.append((s.orders - 1, lambda p: (m.free(p, s.orders - 1), m.set(p, "free", mapcount=s.unaccepted))))
    return out


def fill(m, start, end, plain=0.2):
    """Every kind at least once if there is room, then any, with the usual page between."""
    makers = kinds(m)
    left = sorted(makers, key=lambda k: -k[0])
    at = start
    while at < end:
        order, make = left.pop(0) if left else m.random.choice(makers)
        first = at + (-at % (1 << order))
        if first + (1 << order) > end:
            if order == 0:
                break
            at = at if left else at + 1
            continue
        make(first)
        at = first + (1 << order)
        if m.random.random() < plain:
            at += m.random.randrange(1, 7)


def vmcoreinfo(m, table, extra):
    s = m.s
    lines = ["OSRELEASE=%s" % s.name, "PAGESIZE=%d" % PAGE]
    lines += extra
    if table is not None:
        lines.append("SYMBOL(mem_section)=%x" % table)
    lines.append("SIZE(page)=%d" % s.size)
    for key, field in (("flags", "flags"), ("_refcount", "refcount"), ("mapping", "mapping"), ("lru", "link"),
                       ("_mapcount", "mapcount"), ("private", "private"), (s.link, "link")):
        lines.append("OFFSET(page.%s)=%d" % (key, s.at[field]))
    lines.append("LENGTH(zone.free_area)=%d" % s.orders)
    numbers = [("PG_lru", s.lru), ("PG_private", s.private), ("PG_swapcache", s.swapcache),
               ("PG_swapbacked", s.swapbacked), ("PG_slab", s.slab if s.slab_type is None else None),
               ("PAGE_SLAB_MAPCOUNT_VALUE", s.slab_type), ("PG_hwpoison", s.hwpoison), ("PG_head_mask", 1 << s.head),
               ("PAGE_BUDDY_MAPCOUNT_VALUE", s.buddy), ("PAGE_HUGETLB_MAPCOUNT_VALUE", s.hugetlb_type),
               ("PAGE_OFFLINE_MAPCOUNT_VALUE", s.offline), ("PAGE_UNACCEPTED_MAPCOUNT_VALUE", s.unaccepted)]
    if s.hugetlb in ("dtor", "folio"):
        names = ("page.compound_dtor", "page.compound_order") if s.hugetlb == "dtor" else (
            "folio._folio_dtor", "folio._folio_order")
        lines += ["OFFSET(%s)=%d" % (names[0], s.at["dtor"]), "OFFSET(%s)=%d" % (names[1], s.at["dtor"] + s.dtor)]
        numbers.append(("HUGETLB_PAGE_DTOR", 2))
    if s.hugetlb == "flag":
        numbers.append(("PG_hugetlb", s.hugetlb_bit))
    lines += ["NUMBER(%s)=%d" % n for n in numbers if n[1] is not None]
    return ("\n".join(lines) + "\n").encode()


class Core:
    """An ELF core put together from pages of memory, each kept once, that may be mapped many times."""

    def __init__(self, shape):
        self.s = shape
        self.loads = []  # vaddr, paddr, index of page, bytes
        self.pages, self.index = [], {}

    def keep(self, content):
        if content not in self.index:
            self.index[content] = len(self.pages)
            self.pages.append(content)
        return self.index[content]

    def map(self, vaddr, content):
        page = self.keep(content)
        self.loads.append((vaddr, (STORE + page) * PAGE, page, PAGE))

    def write(self, path, ram, info):
        s = self.s
        blank = 256 * PAGE  # what RAM without a known content reads as, again and again
        loads = [(v, p, i * PAGE, n) for v, p, i, n in self.loads]
        store_end = len(self.pages) * PAGE
        for start, end in ram:
            for at in range(start, end, blank):
                size = min(blank, end - at)
                loads.append((DATA[s.word] + at, at, store_end, size))
        note = struct.pack(s.order + "III", 11, len(info), 0) + b"VMCOREINFO\0\0" + info + bytes(-len(info) % 4)
        ident = b"\x7fELF" + bytes([2 if s.word == 8 else 1, 1 if s.order == "<" else 2, 1]) + bytes(9)
        ehdr, phdr = (64, 56) if s.word == 8 else (52, 32)
        base = (ehdr + phdr * (len(loads) + 1) + len(note) + PAGE - 1) // PAGE * PAGE
        note_at = ehdr + phdr * (len(loads) + 1)
        if s.word == 8:
            head = struct.pack(s.order + "16sHHIQQQIHHHHHH", ident, 4, s.machine, 1, 0, ehdr, 0, 0, ehdr, phdr,
                               len(loads) + 1, 0, 0, 0)
            table = [struct.pack(s.order + "IIQQQQQQ", 4, 0, note_at, 0, 0, len(note), len(note), 4)]
            table += [struct.pack(s.order + "IIQQQQQQ", 1, 7, base + o, v, p, n, n, 0) for v, p, o, n in loads]
        else:
            head = struct.pack(s.order + "16sHHIIIIIHHHHHH", ident, 4, s.machine, 1, 0, ehdr, 0, 0, ehdr, phdr,
                               len(loads) + 1, 0, 0, 0)
            table = [struct.pack(s.order + "IIIIIIII", 4, note_at, 0, 0, len(note), len(note), 0, 4)]
            table += [struct.pack(s.order + "IIIIIIII", 1, base + o, v, p, n, n, 7, 0) for v, p, o, n in loads]
        with open(path, "wb") as f:
            f.write(head + b"".join(table) + note)
            f.seek(base)
            f.write(b"".join(self.pages))
            f.truncate(base + store_end + blank)


def map_structs(m, core, first, end):
    """The struct pages of [first, end), a whole number of pages of memory."""
    s = m.s
    run = b"".join(m.structs.get(p, m.usual) for p in range(first, end))
    for at in range(0, len(run), PAGE):
        core.map(m.vmemmap(first) + at, run[at:at + PAGE])


def models(m, core, sections):
    """Maps what leads to the struct pages; gives mem_section and lines of VMCOREINFO."""
    s = m.s
    long = s.order + ("Q" if s.word == 8 else "I")
    data = DATA[s.word] + (1 << (31 if s.word == 8 else 28))  # beyond all RAM

    if s.model in ("contig", "nodes", "flat"):
        end = (max(sections) + 1) * SECTION
        half = 2 * SECTION
        pglist = bytearray(PAGE)

        def node(at, start, stop):
            for i, value in enumerate((m.vmemmap(start), start, stop - start)):
                struct.pack_into(long, pglist, at + i * s.word, value)

        offsets = ["OFFSET(pglist_data.node_mem_map)=0", "OFFSET(pglist_data.node_start_pfn)=%d" % s.word,
                   "OFFSET(pglist_data.node_spanned_pages)=%d" % (2 * s.word)]
        if s.model == "contig":
            node(64, 0, end)
            lines = ["SYMBOL(contig_page_data)=%x" % (data + 64)] + offsets
        elif s.model == "nodes":
            node(64, 0, half)
            node(128, half, end)
            for i, value in enumerate((data + 64, 0, data + 128, 0)):
                struct.pack_into(long, pglist, i * s.word, value)
            lines = ["SYMBOL(node_data)=%x" % data, "LENGTH(node_data)=4"] + offsets
        else:
            struct.pack_into(long, pglist, 8, m.vmemmap(0))
            lines = ["SYMBOL(mem_map)=%x" % (data + 8)]
        core.map(data, bytes(pglist))
        return None, lines

    size = 16
    part = bytearray(PAGE)
    for n in sections:
        struct.pack_into(long, part, n * size, VMEMMAP[s.word] | 0x3F & (0xB if n % 2 else 0x2F))
    lines = ["SIZE(mem_section)=%d" % size, "OFFSET(mem_section.section_mem_map)=0"]
    if s.section_bits:
        lines += ["NUMBER(SECTION_SIZE_BITS)=%d" % s.section_bits, "NUMBER(MAX_PHYSMEM_BITS)=46"]
    core.map(data + PAGE, bytes(part))
    if s.model == "one":
        return data + PAGE, lines + ["LENGTH(mem_section)=64"]
    roots = bytearray(PAGE)
    struct.pack_into(long, roots, 0, data + PAGE)
    core.map(data, bytes(roots))
    lines.append("LENGTH(mem_section)=2048")
    if s.model == "two":
        return data, lines
    pointer = bytearray(PAGE)
    struct.pack_into(long, pointer, 0x128, data)
    core.map(data + 2 * PAGE, bytes(pointer))
    return data + 2 * PAGE + 0x128, lines


def make(folder, s):
    m, core = Machine(s), Core(s)
    small = s.word == 4
    fill(m, 16, SECTION)
    hvo = s.name in ("6.1", "6.6", "6.12")
    m.compound(GIANT, GIANT_ORDER, "user", hugetlb=True, mapping=0x1000, hvo=hvo)
    if s.orders > 16:
        # Free blocks that are larger than what is looked at at once.
        m.free(4 * SECTION, 17)
    else:
        fill(m, 4 * SECTION, 4 * SECTION + 500, plain=0.5)
        m.free(4 * SECTION + 512, 9)
        m.compound(4 * SECTION + 1024, 9, "cache", flags=1 << s.lru, mapping=0x1000)
        fill(m, 4 * SECTION + 1536, 4 * SECTION + 4000, plain=0.5)
    end = 8 * SECTION if s.orders > 16 else 4 * SECTION + 4096
    # Pages that are only partly there do not count; odd edges; holes in a free block, and over the head of a huge page.
    ram = [(16 * PAGE + 0x800, SECTION * PAGE - PAGE), (GIANT * PAGE, 4 * SECTION * PAGE),
           (4 * SECTION * PAGE, (4 * SECTION + 601) * PAGE), ((4 * SECTION + 704) * PAGE + 0x10,
                                                              (4 * SECTION + 1000) * PAGE),
           ((4 * SECTION + 1025) * PAGE, end * PAGE)]
    sections = sorted({0, 1, 2, 3} | {p // SECTION for p in range(4 * SECTION, end, 1024)})
    if small:
        ram, sections = ram[:1], [0, 1]
    for n in sections:
        map_structs(m, core, n * SECTION, (n + 1) * SECTION)
    table, lines = models(m, core, sections)
    info = vmcoreinfo(m, table, lines)
    base = os.path.join(folder, "page_map-" + s.name)
    core.write(base + ".vmcore", ram, info)
    with open(base + ".classes", "w", encoding="ascii") as f:
        runs = []
        store = (STORE * PAGE, (STORE + len(core.pages)) * PAGE)
        for start, stop in sorted(ram + [store]):
            for pfn in range(-(-start // PAGE), stop // PAGE):
                name = m.classes.get(pfn, "kernel")
                if runs and runs[-1][2] == name and runs[-1][0] + runs[-1][1] == pfn:
                    runs[-1][1] += 1
                else:
                    runs.append([pfn, 1, name])
        for run in runs:
            f.write("%d %d %s\n" % tuple(run))


def seeds(folder):
    """For fuzz_page_map: order and word size, what memory, VMCOREINFO, a zero, and memory: one array of struct pages."""
    corpus = os.path.join(folder, "corpus", "page_map")
    os.makedirs(corpus, exist_ok=True)
    for number, s in enumerate(SHAPES):
        m = Machine(s)
        # The table at 0 is a node, and so is a part of sections; both lead to struct pages from page 1 of memory on.
        long = s.order + ("Q" if s.word == 8 else "I")
        table = bytearray(PAGE)
        base = DATA[8] + PAGE if s.word == 8 else PAGE
        table[:5 * s.word] = struct.pack(long[0] + 5 * long[1], base, 0, 32800, base, base | 0xB)
        lines = ["SYMBOL(contig_page_data)=%x" % (base - PAGE), "OFFSET(pglist_data.node_mem_map)=0",
                 "OFFSET(pglist_data.node_start_pfn)=%d" % s.word,
                 "OFFSET(pglist_data.node_spanned_pages)=%d" % (2 * s.word)]
        if number % 2 and s.word == 8:
            table[0:16] = struct.pack(long[0] + 2 * long[1], base - 192 * PAGE, (base & ~0xFF) | 0x3)
            table[16:32] = struct.pack(long[0] + 2 * long[1], 0x3 | base, 0x3)
            lines = ["SIZE(mem_section)=16", "OFFSET(mem_section.section_mem_map)=0", "LENGTH(mem_section)=4",
                     "NUMBER(SECTION_SIZE_BITS)=27"]
        fill(m, 64, 320, plain=0.1)
        run = b"".join(m.structs.get(p, m.usual) for p in range(320))
        info = vmcoreinfo(m, base - PAGE + (16 if number % 2 else 0) if len(lines) > 3 and "mem_section" in lines[0]
                          else None, lines)
        choice = bytes([(s.order == ">") | 2 * (s.word == 8), number])
        with open(os.path.join(corpus, s.name), "wb") as f:
            f.write(choice + info + b"\0" + bytes(table) + run)


def main(folder):
    for s in SHAPES:
        make(folder, s)
    seeds(folder)
    with open(os.path.join(folder, "page_map-list"), "w", encoding="ascii") as f:
        f.write("".join(s.name + "\n" for s in SHAPES))


main(sys.argv[1])
