#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Small kernels in small ELF cores: FIXTURES/kernel_paging-NAME.vmcore, one for each architecture and paging mode, and what
their virtual memory is, in FIXTURES/kernel_paging-expect.txt. The layouts are written down here a second time, from the
architecture manuals: Intel SDM volume 3A 4.5, z/Architecture Principles of Operation chapter 3, Power ISA 3.0 book III 6.7,
Arm DDI 0487 D8.3.

expect: blocks of lines, "dump NAME" to "end":
  arch NAME
  tables 0|1                   whether page tables are walked
  why WORDS                    what is said where they are not
  map VADDR PADDR CONTIGUOUS   hexadecimal
  data VADDR HEX               bytes there
  fail VADDR WORDS             no translation, and what is said
  unread VADDR WORDS           a translation, and no bytes

Seeds for the fuzzers: FIXTURES/corpus/kernel_info, FIXTURES/corpus/kernel_translate.
"""
import os
import random
import struct
import sys

EM_PPC64, EM_S390, EM_X86_64, EM_AARCH64, EM_386 = 21, 22, 62, 183, 3
UNKNOWN = 0xffffffffffffffff
GiB, MiB, KiB = 1 << 30, 1 << 20, 1 << 10


class Kernel:
    """Memory as a sparse set of pages, page tables of some kind in it, and VMCOREINFO."""

    def __init__(self, name, arch, machine, order, page_shift, tables):
        self.name, self.arch, self.machine, self.order = name, arch, machine, order
        self.page_shift, self.page = page_shift, 1 << page_shift
        self.pages, self.next = {}, tables
        self.info, self.lines, self.headers = [], [], None
        self.line("arch " + arch)

    def line(self, text):
        self.lines.append(text)

    def touch(self, paddr):
        return self.pages.setdefault(paddr >> self.page_shift, bytearray(self.page))

    def put(self, paddr, data):
        for i, byte in enumerate(data):
            self.touch(paddr + i)[(paddr + i) & (self.page - 1)] = byte

    def word(self, paddr, value, order=None):
        self.put(paddr, struct.pack((order or self.order) + "Q", value))

    def get(self, paddr, order):
        page = self.touch(paddr)
        at = paddr & (self.page - 1)
        return struct.unpack(order + "Q", page[at:at + 8])[0]

    def alloc(self, size, align=None):
        align = align or size
        self.next = (self.next + align - 1) & -align
        at, self.next = self.next, self.next + size
        for page in range(at, at + size, self.page):
            self.touch(page)
        return at

    def key(self, text, *values):
        self.info.append(text % values)

    def uts(self, vaddr, paddr):
        """init_uts_ns with the name 4 bytes in."""
        self.key("SYMBOL(init_uts_ns)=%x", vaddr)
        self.key("OFFSET(uts_namespace.name)=4")
        self.put(paddr + 4, b"Linux\0")
        self.line("data %x 4c696e757800" % (vaddr + 4))

    def expect(self, vaddr, paddr, contiguous, data=False):
        vaddr &= (1 << 64) - 1
        self.line("map %x %x %x" % (vaddr, paddr, contiguous))
        if data:
            mark = struct.pack(">Q", paddr * 0x9E3779B97F4A7C15 & UNKNOWN)
            self.put(paddr, mark)
            self.line("data %x %s" % (vaddr, mark.hex()))

    def check(self, vaddr, paddr, size):
        """What is mapped as one: its first byte, its middle, the last one of it."""
        self.expect(vaddr, paddr, size, data=True)
        self.expect(vaddr + size // 2 + 24, paddr + size // 2 + 24, size // 2 - 24, data=True)
        self.expect(vaddr + size - 1, paddr + size - 1, 1)

    def core(self):
        text = ("OSRELEASE=%s\nPAGESIZE=%d\n" % (self.release, self.page) + "\n".join(self.info) + "\n").encode()
        name = b"VMCOREINFO\0\0"
        note = struct.pack(self.order + "III", 11, len(text), 0) + name + text + bytes(-len(text) % 4)
        runs = []
        for pfn in sorted(self.pages):
            if runs and runs[-1][1] == pfn:
                runs[-1][1] += 1
            else:
                runs.append([pfn, pfn + 1])
        segments = [(a * self.page, b"".join(bytes(self.pages[p]) for p in range(a, b))) for a, b in runs]
        extra = self.headers or []
        count = 1 + len(segments) + len(extra)
        at = 64 + 56 * count
        programs = struct.pack(self.order + "IIQQQQQQ", 4, 0, at, 0, 0, len(note), len(note), 4)
        at += len(note)
        body = note
        for paddr, data in segments:
            vaddr = self.header_vaddr(paddr)
            programs += struct.pack(self.order + "IIQQQQQQ", 1, 7, at, vaddr, paddr, len(data), len(data), 0)
            body += data
            at += len(data)
        for vaddr, paddr, size in extra:
            programs += struct.pack(self.order + "IIQQQQQQ", 1, 7, 0, vaddr, paddr, 0, size, 0)
        ident = b"\x7fELF" + bytes((2, 2 if self.order == ">" else 1, 1)) + bytes(9)
        header = ident + struct.pack(self.order + "HHIQQQIHHHHHH", 4, self.machine, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0)
        return header + programs + body

    release = "6.12.0-fixture"

    @staticmethod
    def header_vaddr(_):
        return UNKNOWN


class X86(Kernel):
    BASE = 0xffffffff80000000

    def __init__(self, name, levels=4, sme=0, phys_base=0x2000000):
        super().__init__(name, "x86-64", EM_X86_64, "<", 12, 0x3000000)
        self.levels, self.sme, self.phys_base = levels, sme, phys_base
        self.root = self.alloc(4096)
        self.key("NUMBER(phys_base)=%d", phys_base)
        self.key("SYMBOL(swapper_pg_dir)=%x", self.root - phys_base + self.BASE)
        if sme:
            self.key("NUMBER(sme_mask)=%d", sme)
        if levels == 5:
            self.key("NUMBER(pgtable_l5_enabled)=1")
        # The image, by pages of 2 MiB.
        for at in range(0, 16 * MiB, 2 * MiB):
            self.map(self.BASE + 16 * MiB + at, phys_base + 16 * MiB + at, 21)
        self.uts(self.BASE + 17 * MiB + 0xffe, phys_base + 17 * MiB + 0xffe)

    def table(self, vaddr, leaf):
        """The address of the entry for vaddr in the table whose entries map 1 << leaf."""
        table = self.root
        for level in range(self.levels - 1, -1, -1):
            shift = 12 + 9 * level
            entry = table + (vaddr >> shift & 511) * 8
            if shift == leaf:
                return entry
            value = self.get(entry, "<")
            if not value & 1:
                value = self.alloc(4096) | 0x67 | self.sme
                self.word(entry, value)
            table = value & 0xffffffffff000
            table &= ~self.sme

    def map(self, vaddr, paddr, leaf, flags=0):
        large = 0x80 if leaf > 12 else 0
        # No-execute, and bits that are free for software.
        self.word(self.table(vaddr, leaf), paddr | 0x8000000000000e63 | large | flags | self.sme)


def x86_modes():
    for name, levels, sme in (("x86_64-4", 4, 0), ("x86_64-5", 5, 0), ("x86_64-sme", 4, 1 << 47), ("x86_64-sme5", 5, 1 << 51)):
        k = X86(name, levels, sme)
        direct = 0xff11000000000000 if levels == 5 else 0xffff888000000000
        vmemmap = 0xffd4000000000000 if levels == 5 else 0xffffea0000000000
        k.line("tables 1")
        k.map(direct + 4 * GiB, 4 * GiB, 30)
        k.check(direct + 4 * GiB, 4 * GiB, GiB)
        # The PAT bit of a large page is bit 12, and not part of the address.
        k.map(direct + 6 * MiB, 6 * MiB, 21, 0x1000)
        k.check(direct + 6 * MiB, 6 * MiB, 2 * MiB)
        for i, paddr in enumerate((0x7000, 0x123456789000, 0x5000)):
            k.map(vmemmap + i * 4096, paddr, 12)
            k.check(vmemmap + i * 4096, paddr, 4096)
        k.line("data %x %s" % (vmemmap + 0x2ffc - 0x1000, "00000000" + struct.pack(">Q", 0x5000 * 0x9E3779B97F4A7C15
                                                                                        & UNKNOWN).hex()[:8]))
        k.expect(k.BASE + 17 * MiB, k.phys_base + 17 * MiB, MiB)
        # Nothing on each level.
        k.line("fail %x of the page table" % (vmemmap + 0x5000))
        k.line("fail %x of the PMD table" % (vmemmap + 0x200000))
        k.line("fail %x of the PUD table" % (vmemmap + GiB))
        k.line("fail %x of the %s table" % (vmemmap + 512 * GiB, "P4D" if levels == 5 else "PGD"))
        k.line("fail 7fff00000000 of the %s table" % ("P4D" if levels == 5 else "PGD") if levels == 4 else
               "fail 7fff00000000 of the PGD table")
        k.line("fail 8000000000000000 is not canonical")
        # A table that is not in the dump, and a page.
        k.word(k.table(vmemmap + 0x400000, 21), 0x700000000 | 0x63 | k.sme)
        k.line("fail %x of the page table at physical 0x700000000: page at physical" % (vmemmap + 0x400000))
        k.map(vmemmap + 0x6000, 0x600000000, 12)
        k.expect(vmemmap + 0x6000, 0x600000000, 4096)
        k.line("unread %x is physical 0x600000000: page at physical" % (vmemmap + 0x6000))
        yield k


def x86_sources():
    """Who is believed."""
    k = X86("x86_64-headers-wrong")
    k.line("tables 1")
    k.headers = [(k.BASE + 16 * MiB, 0x100000, 16 * MiB), (0xffff888000000000, 0x100000, GiB)]
    k.map(0xffff888000000000, 0, 21)
    k.check(0xffff888000000000, 0, 2 * MiB)
    k.expect(k.BASE + 18 * MiB, k.phys_base + 18 * MiB, 2 * MiB)
    k.line("fail ffff888000400000 of the PMD table")
    yield k

    # phys_base is not known: the headers lead to the tables.
    k = X86("x86_64-headers-root")
    k.info = [line for line in k.info if "phys_base" not in line]
    k.line("tables 1")
    k.header_vaddr = lambda paddr: paddr - k.phys_base + k.BASE
    k.map(0xffff888000000000, 4 * MiB, 21)
    k.check(0xffff888000000000, 4 * MiB, 2 * MiB)
    yield k

    # phys_base is wrong, and the headers right.
    k = X86("x86_64-phys_base-wrong")
    k.info = [line.replace("=%d" % k.phys_base, "=4096") if "phys_base" in line else line for line in k.info]
    k.line("tables 1")
    k.header_vaddr = lambda paddr: paddr - k.phys_base + k.BASE
    k.map(0xffff888000000000, 4 * MiB, 21)
    k.check(0xffff888000000000, 4 * MiB, 2 * MiB)
    yield k

    # No word of where tables are: what headers say is all there is.
    k = X86("x86_64-headers-only")
    k.info = [line for line in k.info if "init_uts_ns" in line or "uts_namespace" in line]
    k.lines = ["arch x86-64", "tables 0", "why SYMBOL(swapper_pg_dir)"]
    uts = k.phys_base + 17 * MiB
    k.header_vaddr = lambda paddr: 0xffffffff91000000 + paddr - uts if uts <= paddr < uts + 8192 else UNKNOWN
    k.info[0] = "SYMBOL(init_uts_ns)=ffffffff91000ffe"
    k.line("map ffffffff91001000 %x 1000" % (uts + 4096))
    k.line("data ffffffff91001002 4c696e757800")
    k.line("fail ffffffff91002000 no program header")
    yield k

    # A table that is not in the dump: the headers stand in for it, though not for what is not mapped.
    k = X86("x86_64-table-lost")
    k.line("tables 1")
    k.headers = [(0xffff888000000000, 0, 64 * MiB)]
    k.map(0xffff888000000000, 4 * MiB, 21)
    k.check(0xffff888000000000, 4 * MiB, 2 * MiB)
    k.word(k.table(0xffff888000200000, 21), 0x700000063)
    k.expect(0xffff888000201000, 0x201000, 64 * MiB - 0x201000)
    k.line("fail ffff888000400000 of the PMD table")
    yield k

    # Neither tables nor headers to believe in.
    k = X86("x86_64-headers-lie")
    k.info = [line for line in k.info if "uts" in line]
    k.lines = ["arch x86-64", "tables 0", "why SYMBOL(swapper_pg_dir)",
               "fail %x the program headers of the dump are wrong" % (k.BASE + 17 * MiB + 0x1002)]
    k.touch(k.phys_base + 17 * MiB)
    k.header_vaddr = lambda paddr: paddr - k.phys_base + k.BASE + 4096
    yield k

    # phys_base is wrong, the headers are right, and tables are not known.
    k = X86("x86_64-rules-wrong")
    k.info = [line.replace("=%d" % k.phys_base, "=4096") for line in k.info if "swapper" not in line]
    k.line("tables 0")
    k.header_vaddr = lambda paddr: paddr - k.phys_base + k.BASE
    k.line("map %x %x 1000" % (k.BASE + 17 * MiB + 4096, k.phys_base + 17 * MiB + 4096))
    yield k

    # Tables that lead elsewhere are not used.
    k = X86("x86_64-tables-wrong")
    k.map(k.BASE + 16 * MiB, 0x7000000, 21)
    k.touch(0x7100000)
    k.lines = ["arch x86-64", "tables 0", "why cannot be right", "fail ffff888000000000 cannot be right"]
    k.expect(k.BASE + 17 * MiB, k.phys_base + 17 * MiB, 512 * MiB - 17 * MiB)
    yield k

    # No name to look for: the tables must map themselves.
    k = X86("x86_64-no-uts")
    k.info = [line for line in k.info if "uts" not in line]
    k.lines = ["arch x86-64", "tables 1"]
    k.map(0xffff888000000000, 4 * MiB, 21)
    k.check(0xffff888000000000, 4 * MiB, 2 * MiB)
    yield k


class S390(Kernel):
    SHIFTS = (20, 31, 42, 53)

    def __init__(self, name, top, image=None, identity=0):
        """top: 0 a segment table, 3 a region-first table. image: virtual and physical, where they differ."""
        super().__init__(name, "s390x", EM_S390, ">", 12, 0x400000)
        self.top, self.identity = top, identity
        self.image = image or (0, 0)
        self.touch(0)
        self.root = self.crst(top)
        self.key("SYMBOL(swapper_pg_dir)=%x", self.root - self.image[1] + self.image[0] if image else self.root + identity)
        physical = 0x500000
        virtual = physical - self.image[1] + self.image[0]
        self.map(virtual, physical, 20)
        self.map(self.image[0] + self.root - self.image[1], self.root, 12)
        self.uts(virtual + 0x108, physical + 0x108)

    def crst(self, kind):
        table = self.alloc(16384)
        for at in range(0, 16384, 8):
            self.word(table + at, 0x20 | kind << 2)
        return table

    def page_table(self):
        table = self.alloc(2048)
        for at in range(0, 2048, 8):
            self.word(table + at, 0x400)
        return table

    def entry(self, vaddr, leaf):
        table = self.root
        for level in range(self.top, -1, -1):
            shift = self.SHIFTS[level]
            entry = table + (vaddr >> shift & 2047) * 8
            if shift == leaf:
                return entry
            value = self.get(entry, ">")
            if value & 0x20:
                if level:
                    # Table length 3: all of its 4 blocks.
                    value = self.crst(level - 1) | level << 2 | 3
                else:
                    value = self.page_table()
                self.word(entry, value)
            table = value & (~0xfff if level else ~0x7ff)
        return table + (vaddr >> 12 & 255) * 8

    def map(self, vaddr, paddr, leaf):
        # Software's bits of young and dirty pages; protection.
        if leaf == 12:
            self.word(self.entry(vaddr, 12), paddr | 0x23d)
        else:
            self.word(self.entry(vaddr, leaf), paddr | 0x3603 | (1 << 2 if leaf == 31 else 0))


def s390_modes():
    for name, top in (("s390x-segment", 0), ("s390x-r3", 1), ("s390x-r2", 2), ("s390x-r1", 3)):
        k = S390(name, top)
        k.line("tables 1")
        base = (0x7f000000, 0x38000000000, 0x1c000000000000, 0xff40000000000000)[top]
        k.map(base, 0x700000, 20)
        k.check(base, 0x700000, MiB)
        k.map(base + 2 * MiB + 0x3000, 0x600000, 12)
        k.check(base + 2 * MiB + 0x3000, 0x600000, 4096)
        if top:
            large = base + (4 << 31)
            k.map(large, 0x180000000, 31)
            k.check(large, 0x180000000, 1 << 31)
            # A table that is too short: blocks 1 to 2 of the segment table only.
            short = large + (2 << 31)
            k.map(short + 512 * MiB, 0x600000, 12)
            k.word(k.entry(short, 31), k.get(k.entry(short, 31), ">") & ~0xc3 | 0x42)
            k.check(short + 512 * MiB, 0x600000, 4096)
            k.line("fail %x is too short" % short)
            k.line("fail %x is too short" % (short + 1536 * MiB))
            k.line("fail %x of the segment table" % (short + 1024 * MiB))
            k.word(k.entry(large + (6 << 31), 31), 0x600000 | 0x0b)
            k.line("fail %x another kind of table" % (large + (6 << 31)))
            k.line("fail %x of the region-third table" % (large + (8 << 31)))
        if top < 3:
            k.line("fail %x the top table reaches" % (1 << (31, 42, 53)[top]))
        k.line("fail %x of the page table" % (base + 2 * MiB + 0x4000))
        k.line("fail %x of the segment table" % (base + 3 * MiB))
        k.word(k.entry(base + 2 * MiB + 0x6000, 12), 0x600800)
        k.line("fail %x must be zero" % (base + 2 * MiB + 0x6000))
        # What lies one to one, up to the end of memory.
        end = max(k.pages) + 1 << 12
        k.line("map 9000 9000 %x" % (end - 0x9000))
        k.line("map 10 10 %x" % (end - 0x10))
        yield k


def s390_moved():
    """Since 6.10 neither the kernel nor the identity mapping is where physical memory is."""
    def make(name):
        k = S390(name, 1, image=(0x3ffe0000000, 0x300000), identity=0x10000000000)
        k.line("tables 1")
        k.map(0x37e00000000, 0x700000, 20)
        k.check(0x37e00000000, 0x700000, MiB)
        k.line("data %x %s" % (0x10000000000 + 0x700000, struct.pack(">Q", 0x700000 * 0x9E3779B97F4A7C15 & UNKNOWN).hex()))
        end = 0x1000000
        k.touch(end - 4096)
        k.expect(0x10000001000, 0x1000, end - 0x1000)
        k.expect(0x3ffe0000000, 0x300000, end - 0x300000)
        k.expect(0x7fff2000, 0x7fff2000, 0xe000)
        k.line("fail %x of the region-third table" % 0x20000000000)
        k.line("map 0 0 2000")
        return k

    k = make("s390x-moved")
    for line in ("IDENTITYBASE=10000000000", "KERNELOFFSET=3ffe0000000", "KERNELOFFPHYS=300000", "SAMODE31=7fff0000",
                 "EAMODE31=80000000"):
        k.info.append(line)
    # The headers of such a kernel, made by one that knows nothing of it.
    k.header_vaddr = lambda paddr: paddr
    yield k

    k = make("s390x-os_info")
    page = k.alloc(4096)
    body = struct.pack(">HHQQ", 1, 1, 0, 0)
    values = {4: 0x10000000000, 5: 0x3ffe0000000, 6: 0x300000, 7: 0x37e00000000, 8: 0x7fff0000, 9: 0x80000000}
    for number in range(10):
        body += struct.pack(">QQI", values.get(number, 0), 0, 0)
    body += bytes(4096 - 12 - len(body))
    total = 0
    for at in range(0, len(body), 4):
        total += struct.unpack(">I", body[at:at + 4])[0]
        total = (total & 0xffffffff) + (total >> 32)
    k.put(page, struct.pack(">QI", 0x4f53494e464f535a, total) + body)
    k.word(0xe18, page)
    yield k


class Power(Kernel):
    DIRECT = 0xc000000000000000

    def __init__(self, name, order, page_shift, bits, radix, release=None, whole=True):
        super().__init__(name, "ppc64", EM_PPC64, order, page_shift, 0x1000000)
        self.bits, self.radix = bits, radix
        self.release = release or self.release
        self.touch(0x7fff0000)
        self.root = self.alloc(8 << bits[3])
        self.key("SYMBOL(swapper_pg_dir)=%x", self.DIRECT + self.root)
        self.put(0x2000000, b"")
        if radix:
            if whole:
                self.map(self.DIRECT + 0x1000000, 0x1000000, 1)
            self.map(self.DIRECT + 0x2000000, 0x2000000, 1)
        self.uts(self.DIRECT + 0x2000008, 0x2000008)
        self.line("tables 1")
        self.line("map c000000000010000 10000 %x" % (0x7fff0000 + self.page - 0x10000))

    def shift(self, level):
        return self.page_shift + sum(self.bits[:level])

    def entry(self, vaddr, leaf):
        table = self.root
        for level in range(3, -1, -1):
            entry = table + (vaddr >> self.shift(level) & (1 << self.bits[level]) - 1) * 8
            if level == leaf:
                return entry
            value = self.get(entry, ">")
            if not value >> 63:
                # The low byte of a radix directory holds the size of the next table.
                value = self.alloc(8 << self.bits[level - 1], 4096) | 1 << 63
                value |= self.bits[level - 1] if self.radix else 0
                self.word(entry, value, ">")
            table = value & 0x0fffffffffffff00

    def map(self, vaddr, paddr, leaf, software=0):
        self.word(self.entry(vaddr, leaf), paddr | 0xc00000000000018e | software, ">")


RADIX_64K, RADIX_4K = (5, 9, 9, 13), (9, 9, 9, 13)


def power_radix():
    for name, order, page_shift, bits in (("ppc64le-radix64k", "<", 16, RADIX_64K), ("ppc64le-radix4k", "<", 12, RADIX_4K),
                                          ("ppc64-radix64k", ">", 16, RADIX_64K), ("ppc64-radix4k", ">", 12, RADIX_4K)):
        k = Power(name, order, page_shift, bits, True)
        if order == "<":
            k.key("NUMBER(RADIX_MMU)=1")
        # else: found out by walking
        vmemmap, vmalloc = 0xc00c000000000000, 0xc008000000000000
        k.map(vmemmap, 0x3000000, 1)
        k.check(vmemmap, 0x3000000, 1 << k.shift(1))
        k.map(vmalloc + (1 << 40), 0x40000000, 2)
        k.check(vmalloc + (1 << 40), 0x40000000, 1 << k.shift(2))
        for i, paddr in enumerate((0x5000000, 0x4000000)):
            k.map(vmalloc + 0x20000 + i * k.page, paddr, 0)
            k.check(vmalloc + 0x20000 + i * k.page, paddr, k.page)
        k.line("fail %x of the page table" % (vmalloc + 0x10000))
        k.line("fail %x of the PMD table" % (vmalloc + (1 << k.shift(1))))
        k.line("fail %x of the PUD table" % (vmalloc + (1 << k.shift(2))))
        k.line("fail %x of the PGD table" % (vmalloc + (1 << k.shift(3))))
        k.line("fail 10000 not one of the kernel's")
        yield k


    # What the CPU's features say holds, whatever the tree looks like.
    k = Power("ppc64-radix-features", ">", 12, RADIX_4K, True, whole=False)
    where = k.alloc(0x10000)
    k.key("SYMBOL(cur_cpu_spec)=%x", k.DIRECT + where)
    k.key("OFFSET(cpu_spec.mmu_features)=8")
    k.word(where, k.DIRECT + where + 0x20)
    k.put(where + 0x28, struct.pack(">I", 0x40))
    k.map(0xc00c000000000000, 0x3000000, 1)
    k.check(0xc00c000000000000, 0x3000000, 2 * MiB)
    yield k


def power_hash():
    for name, order, page_shift, bits, release in (
            ("ppc64le-hash64k", "<", 16, (8, 10, 10, 8), None), ("ppc64-hash64k", ">", 16, (8, 10, 10, 8), None),
            ("ppc64le-hash64k-412", "<", 16, (8, 10, 7, 8), "4.14.0-115.el7a"),
            ("ppc64le-hash64k-47", "<", 16, (8, 5, 5, 12), "4.10.0"),
            ("ppc64le-hash4k", "<", 12, (9, 7, 9, 9), None), ("ppc64-hash-310", ">", 16, (8, 10, 7, 8), "3.10.0-1160.el7")):
        k = Power(name, order, page_shift, bits, False, release)
        vmalloc = 0xd000000000000000 if release else 0xc0003d0000000000 if page_shift == 12 else 0xc008000000000000
        vmemmap = 0xf000000000000000 if release else 0xc0003f0000000000 if page_shift == 12 else 0xc00c000000000000
        where = k.alloc(0x10000, 0x10000)
        direct = k.DIRECT + where
        if release:
            # cpu_spec says which MMU
            k.key("SYMBOL(cur_cpu_spec)=%x", direct)
            k.key("OFFSET(cpu_spec.mmu_features)=12")
            k.word(where, direct + 0x20)
            k.put(where + 0x2c, struct.pack(order + "I", 0xffffffbf))
        else:
            k.key("NUMBER(RADIX_MMU)=0")
        k.key("SYMBOL(vmemmap_list)=%x", direct + 0x100)
        k.key("SYMBOL(mmu_vmemmap_psize)=%x", direct + 0x108)
        k.key("SYMBOL(mmu_psize_defs)=%x", direct + 0x200)
        k.key("SIZE(mmu_psize_def)=24")
        k.key("OFFSET(mmu_psize_def.shift)=4")
        k.key("SIZE(vmemmap_backing)=24")
        k.key("OFFSET(vmemmap_backing.list)=0")
        k.key("OFFSET(vmemmap_backing.phys)=8")
        k.key("OFFSET(vmemmap_backing.virt_addr)=16")
        k.put(where + 0x108, struct.pack(order + "I", 5))
        k.put(where + 0x200 + 5 * 24 + 4, struct.pack(order + "I", 24))
        element = where + 0x1000
        k.word(where + 0x100, k.DIRECT + element)
        # Newest first; a hole between the second and the third.
        for i, (vaddr, paddr) in enumerate(((vmemmap + 0x4000000, 0x9000000), (vmemmap + 0x1000000, 0x7000000),
                                            (vmemmap, 0x8000000))):
            last = i == 2
            k.word(element + i * 32, 0 if last else k.DIRECT + element + i * 32 + 32)
            k.word(element + i * 32 + 8, paddr)
            k.word(element + i * 32 + 16, vaddr)
            k.check(vaddr, paddr, 16 * MiB)
        if release == "3.10.0-1160.el7":
            k.line("fail %x before Linux 4.7" % (vmemmap + 0x2000000))
            yield k
            continue
        k.line("fail %x table" % (vmemmap + 0x2000000))
        for i, paddr in enumerate((0x5000000, 0x4000000)):
            # Hash kernels keep _PAGE_HASHPTE and its slot above the address: 64K at bits 55 and 56, 4K at 53 to 56.
            k.map(vmalloc + 0x20000 + i * k.page, paddr, 0, 0x0180000000000000 if page_shift == 16 else 0x01e0000000000000)
            k.check(vmalloc + 0x20000 + i * k.page, paddr, k.page)
        k.line("fail %x of the page table" % (vmalloc + 0x10000))
        k.line("fail %x of the PGD table" % (vmalloc + (1 << k.shift(3))))
        yield k

    # A list that ends in itself.
    k = Power("ppc64le-hash-ring", "<", 16, (8, 10, 10, 8), False)
    where = k.alloc(0x10000)
    direct = k.DIRECT + where
    for key in ("NUMBER(RADIX_MMU)=0", "SIZE(mmu_psize_def)=24", "OFFSET(mmu_psize_def.shift)=4",
                "OFFSET(vmemmap_backing.list)=0", "OFFSET(vmemmap_backing.phys)=8", "OFFSET(vmemmap_backing.virt_addr)=16"):
        k.info.append(key)
    k.key("SYMBOL(vmemmap_list)=%x", direct)
    k.key("SYMBOL(mmu_vmemmap_psize)=%x", direct + 0x40)
    k.key("SYMBOL(mmu_psize_defs)=%x", direct + 0x200)
    k.put(where + 0x204, struct.pack("<I", 24))
    k.word(where, direct + 0x100)
    k.word(where + 0x100, direct + 0x100)
    k.word(where + 0x108, 0x8000000)
    k.word(where + 0x110, 0xc00c000000000000)
    k.check(0xc00c000000000000, 0x8000000, 16 * MiB)
    yield k


class Arm(Kernel):
    def __init__(self, name, page_shift, bits, configured=None, wide=False, flipped=True, lpa2=False):
        super().__init__(name, "arm64", EM_AARCH64, "<", page_shift, 0x41000000)
        self.stride = page_shift - 3
        self.bits, self.wide, self.lpa2 = bits, wide, lpa2
        self.configured = configured = configured or bits
        count = lambda n: -(-(n - page_shift) // self.stride)
        self.levels = count(bits)
        top_bits = configured if count(configured) == self.levels else bits
        self.top = (1 << (top_bits - page_shift - self.stride * (self.levels - 1))) - 1
        shortest = min(configured, 47 if page_shift == 14 else 48)
        self.image = ((1 << 64) - (1 << shortest - 1) if flipped else (1 << 64) - (1 << configured)) + 0x8000000
        self.physical = 0x41000000
        self.root = self.alloc(65536)
        self.key("NUMBER(VA_BITS)=%d", configured)
        self.key("NUMBER(kimage_voffset)=0x%x", self.image - self.physical)
        self.key("NUMBER(PHYS_OFFSET)=0x%x", 0x40000000)
        if configured != bits or flipped:
            self.key("NUMBER(TCR_EL1_T1SZ)=0x%x", 64 - bits)
        self.key("SYMBOL(_stext)=%x", self.image)
        self.key("SYMBOL(swapper_pg_dir)=%x", self.image + self.root - self.physical)
        uts = self.physical + 0x100000
        for at in range(0, 0x10000, self.page):
            self.map(self.image + 0x100000 + at, uts + at, 0)
        self.uts(self.image + 0x100010, uts + 0x10)
        self.line("tables 1")
        self.line("map %x %x %x" % (self.image + 0x100000, uts, self.page))

    def descriptor(self, paddr, low):
        if self.lpa2:
            return paddr & (1 << 50) - 1 | paddr >> 50 << 8 | low
        if self.wide:
            return paddr & (1 << 48) - 1 | paddr >> 48 << 12 | low
        return paddr | low

    def address(self, descriptor):
        low = descriptor & (1 << (50 if self.lpa2 else 48)) - 1 & -self.page
        if self.lpa2:
            return low | (descriptor >> 8 & 3) << 50
        return low | (descriptor >> 12 & 15) << 48 if self.wide else low

    def shift(self, level):
        return self.page_shift + self.stride * level

    def entry(self, vaddr, leaf):
        table = self.root
        for level in range(self.levels - 1, -1, -1):
            mask = self.top if level == self.levels - 1 else (1 << self.stride) - 1
            entry = table + (vaddr >> self.shift(level) & mask) * 8
            if level == leaf:
                return entry
            value = self.get(entry, "<")
            if not value & 1:
                value = self.descriptor(self.alloc(self.page), 3)
                self.word(entry, value)
            table = self.address(value)

    def map(self, vaddr, paddr, leaf):
        # Access flag, no-execute; shareability is not there with LPA2.
        low = (3 if leaf == 0 else 1) | 0x60000000000400 | (0 if self.lpa2 else 0x300)
        self.word(self.entry(vaddr, leaf), self.descriptor(paddr, low))


def arm_modes():
    for name, page_shift, bits, more in (
            ("arm64-4k39", 12, 39, {}), ("arm64-4k48", 12, 48, {}), ("arm64-4k52", 12, 52, {"lpa2": True}),
            ("arm64-4k52on48", 12, 48, {"configured": 52}), ("arm64-16k36", 14, 36, {}), ("arm64-16k47", 14, 47, {}),
            ("arm64-16k48", 14, 48, {}), ("arm64-16k52", 14, 52, {"lpa2": True}), ("arm64-16k52on47", 14, 47,
                                                                                   {"configured": 52}),
            ("arm64-64k42", 16, 42, {}), ("arm64-64k48", 16, 48, {"wide": True}), ("arm64-64k52", 16, 52, {"wide": True}),
            ("arm64-64k52on48", 16, 48, {"configured": 52, "wide": True}), ("arm64-4k48-old", 12, 48, {"flipped": False})):
        k = Arm(name, page_shift, bits, **more)
        flipped = more.get("flipped", True)
        # The vmemmap, somewhere in the upper part; the direct map with blocks.
        vmemmap = (1 << 64) - (1 << k.shift(1) + 3)
        direct = (1 << 64) - (1 << bits) + (1 << 34) if flipped else (1 << 64) - (1 << bits - 1) + (1 << 34)
        far = 0xa000080000000 if k.lpa2 else 0xb000080000000 if k.wide else 0x80000000
        if k.wide:
            far &= -(1 << k.shift(1))
        k.map(vmemmap, far, 1)
        k.check(vmemmap, far, 1 << k.shift(1))
        if k.levels > 2 and k.shift(2) <= 42:
            k.map(direct, 0x40000000000, 2)
            k.check(direct & -(1 << k.shift(2)), 0x40000000000, 1 << k.shift(2))
        small = vmemmap + (2 << k.shift(1))
        for i, paddr in enumerate((0x42340000, 0x42300000, far | 0x70000)):
            k.map(small + i * k.page, paddr, 0)
            k.check(small + i * k.page, paddr, k.page)
        k.line("fail %x of the page table" % (small + 0x50000))
        k.line("fail %x of the %s table" % (vmemmap + (1 << k.shift(1)), "PMD" if k.levels > 2 else "PGD"))
        k.word(k.entry(small + 0x60000, 0), k.descriptor(0x42300000, 1))
        k.line("fail %x cannot be at the last level" % (small + 0x60000))
        k.word(k.entry(vmemmap + (4 << k.shift(1)), 1), k.descriptor(0x7ff00000000, 3))
        k.line("fail %x of the page table at physical 0x7ff00000000: page at physical" % (vmemmap + (4 << k.shift(1))))
        k.line("fail 1000 is none of a kernel")
        k.line("fail %x is none of a kernel" % ((1 << 64) - (1 << bits) - 4096))
        # A tag in the top byte, as with KASAN.
        k.line("map %x %x %x" % (vmemmap & ~(0xff << 56) | 0xf4 << 56, far, 1 << k.shift(1)))
        yield k

    # Without tables, what the rules say.
    for flipped in (True, False):
        k = Arm("arm64-rules" if flipped else "arm64-rules-old", 12, 48, flipped=flipped)
        k.lines = ["arch arm64", "tables 0", "why cannot be right"]
        for at in range(0, 4096, 8):
            k.word(k.root + at, 0)
        start = (1 << 64) - (1 << 48) if flipped else (1 << 64) - (1 << 47)
        end = max(k.pages) + 1 << 12
        k.line("map %x 40002000 %x" % (start + 0x2000, end - 0x40002000))
        k.line("fail %x cannot be right" % (start + end - 0x40000000))
        k.line("map %x 41100000 %x" % (k.image + 0x100000, 127 * MiB))
        yield k


def other():
    k = Kernel("i386", "none", EM_386, "<", 12, 0x100000)
    k.touch(0x200000)
    k.header_vaddr = lambda paddr: 0xc0000000 + paddr
    k.key("SYMBOL(init_uts_ns)=c0200000")
    k.key("OFFSET(uts_namespace.name)=0")
    k.put(0x200000, b"Linux\0")
    k.line("tables 0")
    k.line("why page tables of ELF machine 3")
    k.line("map c0200000 200000 1000")
    k.line("data c0200000 4c696e757800")
    k.line("fail d0000000 no program header")
    yield k


def all_kernels():
    for maker in (x86_modes, x86_sources, s390_modes, s390_moved, power_radix, power_hash, arm_modes, other):
        yield from maker()


def seeds(folder, kernels):
    rng = random.Random(5)
    os.makedirs(folder + "/corpus/kernel_info", exist_ok=True)
    os.makedirs(folder + "/corpus/kernel_translate", exist_ok=True)
    texts = ["\n".join(k.info).encode() for k in kernels]
    texts += [b"", b"=", b"a=\n=b\n\n", b"SYMBOL(x)=0x\nNUMBER(y)=-\nNUMBER(z)=-9223372036854775808\n",
              b"SIZE(x)=18446744073709551616\nSIZE(y)=18446744073709551615", b"KEY=1\nKEY=2\n", b"NUL=1\0NUL=2\0", bytes(64)]
    for i, text in enumerate(texts):
        with open("%s/corpus/kernel_info/%d" % (folder, i), "wb") as f:
            f.write(text)
    # For fuzz_kernel_translate: which architecture, then memory's words and addresses.
    for i in range(48):
        body = bytes((i % 4, i // 4 % 4)) + bytes(rng.choice((0, 1, 3, 0x67, 0xff, 0x80, 0xc0, rng.randrange(256)))
                                                for _ in range(rng.randrange(64, 2048)))
        with open("%s/corpus/kernel_translate/%d" % (folder, i), "wb") as f:
            f.write(body)


def main(folder):
    kernels = list(all_kernels())
    with open(folder + "/kernel_paging-expect.txt", "w", encoding="ascii") as f:
        for k in kernels:
            with open("%s/kernel_paging-%s.vmcore" % (folder, k.name), "wb") as core:
                core.write(k.core())
            f.write("dump %s\n%s\nend\n" % (k.name, "\n".join(k.lines)))
    seeds(folder, kernels)


if __name__ == "__main__":
    main(sys.argv[1])
