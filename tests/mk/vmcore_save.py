#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A small crashed x86-64 machine for vmcore-save: 16 MiB with pages of every class, a log, and all that the filter asks.

vmcore_save-x86.vmcore         ELF core; addresses are translated by its program headers
vmcore_save-no-info.vmcore     the same without VMCOREINFO
vmcore_save-no-user.vmcore     the same without the key that tells user pages
vmcore_save-cut.vmcore         the first 9 MiB of the file
vmcore_save.txt                NAME=pages of each class
"""

import random
import struct
import sys
import zlib

PAGE = 4096
SIZE = 16 << 20
DIRECT = 0xFFFF888000000000
TEXT = 0xFFFFFFFF80000000
MEM_SECTION = 0x100000
SECTIONS = 0x104000
MEM_MAP = 0x200000
LOG = 0x1000
LOG_VARIABLES = 0x3000
UTS = 0x4000
PGD, PUD, PMD = 0x5000, 0x6000, 0x7000
PAGE_STRUCT = 64

# struct page: flags 0, compound_head and lru 8, mapping 24, private 40, _mapcount 48, _refcount 52
FREE, USER, CACHE, PRIVATE, POISON = 2048, 3072, 3584, 3840, 3968
ZEROS = range(1024, 1152)
PG_LRU, PG_PRIVATE, PG_HWPOISON, PG_HEAD, PG_SWAPBACKED, PG_SLAB = 4, 12, 22, 16, 19, 9
BUDDY = -129  # before 6.12: ~PG_buddy
NO_TYPE = -1


def pages():
    memory = bytearray(SIZE)
    rng = random.Random(42)
    for pfn in range(SIZE // PAGE):
        at = pfn * PAGE
        if pfn in ZEROS or FREE <= pfn < FREE + 1000:
            continue
        if USER <= pfn < CACHE:
            memory[at : at + PAGE] = rng.randbytes(PAGE)
        else:
            line = b"page %d of a machine that crashed, %d\n" % (pfn, pfn * 2654435761 % 1000003)
            memory[at : at + PAGE] = (line * (PAGE // len(line) + 1))[:PAGE]
    return memory


def struct_page(flags=0, mapping=0, private=0, mapcount=NO_TYPE):
    return struct.pack("<QQQQQQiiQ", flags, 0, 0, mapping, 0, private, mapcount, 1, 0)


def mem_map(memory):
    for pfn in range(SIZE // PAGE):
        if pfn == FREE:
            page = struct_page(private=10, mapcount=BUDDY)
        elif USER <= pfn < CACHE:
            page = struct_page(flags=1 << PG_LRU | 1 << PG_SWAPBACKED, mapping=DIRECT | 0x5001, mapcount=0)
        elif CACHE <= pfn < PRIVATE:
            page = struct_page(flags=1 << PG_LRU, mapping=DIRECT | 0x6000)
        elif PRIVATE <= pfn < POISON:
            page = struct_page(flags=1 << PG_LRU | 1 << PG_PRIVATE, mapping=DIRECT | 0x6000)
        elif pfn == POISON:
            page = struct_page(flags=1 << PG_HWPOISON)
        else:
            page = struct_page()
        assert len(page) == PAGE_STRUCT
        at = MEM_MAP + pfn * PAGE_STRUCT
        memory[at : at + PAGE_STRUCT] = page


def page_tables(memory):
    """The direct map, and the kernel's own over the same memory, in pages of 2 MiB."""
    memory[PGD : PMD + PAGE] = bytes(PMD + PAGE - PGD)
    for address in (DIRECT, TEXT):
        struct.pack_into("<Q", memory, PGD + 8 * (address >> 39 & 511), PUD | 0x63)
        struct.pack_into("<Q", memory, PUD + 8 * (address >> 30 & 511), PMD | 0x63)
    for i in range(SIZE >> 21):
        struct.pack_into("<Q", memory, PMD + 8 * i, i << 21 | 0xE3)


def kernel(memory):
    log = b"".join(b"<6>[    0.%06d] line %d of the log\n" % (i, i) for i in range(100))
    memory[LOG : LOG + 8192] = log.ljust(8192, b"\0")
    struct.pack_into("<QIII", memory, LOG_VARIABLES, DIRECT + LOG, len(log), 8192, len(log))
    names = [b"Linux", b"crashed", b"4.4.0-vmcore-save", b"#1 SMP", b"x86_64", b"(none)"]
    memory[UTS : UTS + 4] = bytes(4)
    for i, name in enumerate(names):
        memory[UTS + 4 + i * 65 : UTS + 4 + i * 65 + 65] = name.ljust(65, b"\0")
    memory[MEM_SECTION : MEM_SECTION + 0x8000] = bytes(0x8000)
    struct.pack_into("<Q", memory, MEM_SECTION, DIRECT + SECTIONS)
    struct.pack_into("<QQ", memory, SECTIONS, DIRECT + MEM_MAP | 7, 0)
    page_tables(memory)
    mem_map(memory)


def vmcoreinfo():
    fields = {"flags": 0, "_refcount": 52, "mapping": 24, "lru": 8, "_mapcount": 48, "private": 40, "compound_head": 8}
    lines = [
        "OSRELEASE=4.4.0-vmcore-save",
        "PAGESIZE=4096",
        f"SYMBOL(init_uts_ns)={TEXT + UTS:x}",
        "OFFSET(uts_namespace.name)=4",
        f"SYMBOL(_stext)={TEXT:x}",
        f"SYMBOL(swapper_pg_dir)={TEXT + PGD:x}",
        f"SYMBOL(init_top_pgt)={TEXT + PGD:x}",
        f"SYMBOL(mem_section)={DIRECT + MEM_SECTION:x}",
        "LENGTH(mem_section)=2048",
        "SIZE(mem_section)=16",
        "OFFSET(mem_section.section_mem_map)=0",
        "NUMBER(SECTION_SIZE_BITS)=27",
        "NUMBER(MAX_PHYSMEM_BITS)=46",
        f"SIZE(page)={PAGE_STRUCT}",
        *[f"OFFSET(page.{name})={at}" for name, at in fields.items()],
        "OFFSET(page.compound_order)=17",
        "OFFSET(page.compound_dtor)=16",
        "SIZE(zone)=1664",
        "OFFSET(zone.free_area)=192",
        "LENGTH(zone.free_area)=11",
        "SIZE(free_area)=104",
        f"NUMBER(PG_lru)={PG_LRU}",
        f"NUMBER(PG_private)={PG_PRIVATE}",
        "NUMBER(PG_swapcache)=10",
        f"NUMBER(PG_swapbacked)={PG_SWAPBACKED}",
        f"NUMBER(PG_slab)={PG_SLAB}",
        f"NUMBER(PG_hwpoison)={PG_HWPOISON}",
        f"NUMBER(PG_head_mask)={1 << PG_HEAD}",
        f"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)={BUDDY}",
        "NUMBER(HUGETLB_PAGE_DTOR)=2",
        "NUMBER(phys_base)=0",
        f"SYMBOL(log_buf)={DIRECT + LOG_VARIABLES:x}",
        f"SYMBOL(log_end)={DIRECT + LOG_VARIABLES + 8:x}",
        f"SYMBOL(log_buf_len)={DIRECT + LOG_VARIABLES + 12:x}",
        f"SYMBOL(logged_chars)={DIRECT + LOG_VARIABLES + 16:x}",
        "KERNELOFFSET=0",
        "CRASHTIME=1795270462",
    ]
    return "".join(line + "\n" for line in lines).encode()


def note(name, kind, data):
    name += b"\0"
    return b"".join(
        [struct.pack("<III", len(name), len(data), kind), name.ljust(-(-len(name) // 4) * 4, b"\0")]
        + [data.ljust(-(-len(data) // 4) * 4, b"\0")]
    )


def elf(memory, info):
    notes = note(b"CORE", 1, struct.pack("<I", 7) * 84)
    if info:
        notes += note(b"VMCOREINFO", 0, info)
    start = 0x2000
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0
    )
    headers = struct.pack("<IIQQQQQQ", 4, 0, 0x1000 - 0x800, 0, 0, len(notes), len(notes), 4)
    headers += struct.pack("<IIQQQQQQ", 1, 7, start, DIRECT, 0, SIZE, SIZE, PAGE)
    out = bytearray(start)
    out[: len(header)] = header
    out[64 : 64 + len(headers)] = headers
    assert 0x800 + len(notes) <= start
    out[0x800 : 0x800 + len(notes)] = notes
    return out + memory


def main(folder):
    memory = pages()
    kernel(memory)
    info = vmcoreinfo()
    whole = elf(memory, info)
    without = b"".join(line for line in info.splitlines(True) if b"page.mapping" not in line)
    for name, data in (
        ("x86", whole),
        ("no-info", elf(memory, None)),
        ("no-user", elf(memory, without)),
        ("cut", whole[: 9 << 20]),
    ):
        with open(f"{folder}/vmcore_save-{name}.vmcore", "wb") as out:
            out.write(data)
    counts = {"free": 1024, "user": CACHE - USER, "cache": PRIVATE - CACHE, "private_cache": POISON - PRIVATE, "unusable": 1}
    counts["kernel"] = SIZE // PAGE - sum(counts.values())
    with open(f"{folder}/vmcore_save.txt", "w") as out:
        for name, count in counts.items():
            out.write(f"{name}={count}\n")
        out.write(f"crc={zlib.crc32(memory)}\n")


main(sys.argv[1])
