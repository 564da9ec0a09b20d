#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Reads kdump-compressed files, as a second opinion on what vmcore-save writes and next to what makedumpfile writes.

usage: kdump_file.py same FILE OTHER      the same pages are in both, with the same bytes
       kdump_file.py bytes FILE VMCORE    every page in FILE has the bytes that the ELF core VMCORE has for it
       kdump_file.py complete FILE        the header says complete, and every page that is to be there is

The layout: one block of header; sub header and notes; a bitmap of RAM and one of the pages that are in the file; a
descriptor of 24 bytes for each of those, in order; data. Packed by zlib or not at all.
"""
import mmap
import os
import struct
import sys
import zlib

sys.dont_write_bytecode = True

from vmcore import Core, need

INCOMPLETE = 8
ZLIB = 1


class KdumpFile:
    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        need(self.data[:8] == b"KDUMP   ", f"{path}: not kdump-compressed: {self.data[:8]!r}")
        self.order = "<" if struct.unpack_from("<I", self.data, 8)[0] < 256 else ">"
        self.version = self.get("i", 8)
        need(self.version == 6, f"{path}: header version {self.version}")
        self.status, self.block, self.sub_blocks, self.bitmap_blocks = (
            self.get("I", 424), self.get("i", 428), self.get("i", 432), self.get("I", 436))
        self.max_pfn = self.get("Q", self.block + 96)
        half = self.bitmap_blocks // 2 * self.block
        start = self.block * (1 + self.sub_blocks)
        self.ram = self.data[start:start + half]
        self.there = self.data[start + half:start + 2 * half]
        self.descriptors = start + 2 * half

    def get(self, kind, offset):
        return struct.unpack_from(self.order + kind, self.data, offset)[0]

    @staticmethod
    def bits(bitmap):
        for index, byte in enumerate(bitmap):
            if byte:
                for bit in range(8):
                    if byte >> bit & 1:
                        yield index * 8 + bit

    def pages(self):
        """Pairs of page number and bytes; bytes are None where the descriptor is empty."""
        for rank, pfn in enumerate(self.bits(self.there)):
            need(pfn < self.max_pfn, f"{self.path}: page {pfn:#x} of {self.max_pfn:#x}")
            offset, size, flags = struct.unpack_from(self.order + "qII", self.data, self.descriptors + 24 * rank)
            if offset == 0 and size == 0:
                yield pfn, None
                continue
            packed = self.data[offset:offset + size]
            need(len(packed) == size, f"{self.path}: page {pfn:#x} lies beyond the end of the file")
            need(flags in (0, ZLIB), f"{self.path}: page {pfn:#x} has flags {flags:#x}")
            page = zlib.decompress(packed) if flags == ZLIB else packed
            need(len(page) == self.block, f"{self.path}: page {pfn:#x} unpacks to {len(page)} bytes")
            yield pfn, page


def same(path, other):
    ours, theirs = KdumpFile(path), KdumpFile(other)
    mine, wanted = set(ours.bits(ours.there)), set(theirs.bits(theirs.there))
    need(set(ours.bits(ours.ram)) == set(theirs.bits(theirs.ram)), "the bitmaps of RAM differ")
    need(mine == wanted, f"{len(mine - wanted)} pages are only in {path}, {len(wanted - mine)} only in {other}: "
         f"{sorted(mine ^ wanted)[:8]}")
    count = 0
    for (pfn, page), (_, wanted_page) in zip(ours.pages(), theirs.pages()):
        need(page is not None and page == wanted_page, f"page {pfn:#x} differs")
        count += 1
    print(f"kdump_file: the same {count} pages")


def with_core(path, core_path):
    file, core = KdumpFile(path), Core(core_path)
    loads, count = core.loads(), 0
    for pfn, page in file.pages():
        need(page is not None, f"page {pfn:#x} has an empty descriptor")
        address = pfn * file.block
        load = next((load for load in loads if load[0] <= address and address + file.block <= load[1]), None)
        need(load, f"page {pfn:#x} is not in {core_path}")
        core.file.seek(load[2] + address - load[0])
        need(core.file.read(file.block) == page, f"page {pfn:#x} differs")
        count += 1
    need(count, f"{path} has no pages")
    print(f"kdump_file: {count} pages have the bytes of {core_path}")


def complete(path):
    file = KdumpFile(path)
    need(not file.status & INCOMPLETE, f"{path}: says that it is incomplete")
    total = len(list(file.bits(file.there)))
    empty = sum(file.data[at:at + 12] == bytes(12)
                for at in range(file.descriptors, file.descriptors + 24 * total, 24))
    need(total and not empty, f"{path}: {empty} of {total} descriptors are empty")
    print(f"kdump_file: complete, {total} pages, {os.path.getsize(path)} bytes")


def main():
    commands = {"same": same, "bytes": with_core, "complete": complete}
    need(len(sys.argv) > 2 and sys.argv[1] in commands, __doc__)
    commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
