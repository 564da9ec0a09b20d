#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a capture kernel would be told of CPUs and memory: the ELF core header in a guest's crash reservation.

core_header.py RAM-FILE OFFSET SIZE     prints "notes N" and a line "START-END" (hex) for each range of memory

The header begins a page, and there must be one only. N counts CPUs and vmcoreinfo.
"""
import mmap
import struct
import sys

PAGE, ET_CORE, PT_LOAD, PT_NOTE = 4096, 4, 1, 4


def headers(ram, start, size):
    at = ram.find(b"\x7fELF\x02\x01", start, start + size)
    while at >= 0:
        if (at - start) % PAGE == 0 and struct.unpack_from("<H", ram, at + 16)[0] == ET_CORE:
            yield at
        at = ram.find(b"\x7fELF\x02\x01", at + 1, start + size)


def main(path, offset, size):
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as ram:
        found = list(headers(ram, int(offset, 0), int(size, 0)))
        if len(found) != 1:
            sys.exit(f"core_header: {len(found)} ELF core headers in the reservation, expected one")
        table, entry, count = struct.unpack_from("<Q", ram, found[0] + 32)[0], *struct.unpack_from("<HH", ram, found[0] + 54)
        rows = [struct.unpack_from("<IIQQQQQQ", ram, found[0] + table + i * entry) for i in range(count)]
    print("notes", sum(row[0] == PT_NOTE for row in rows))
    for start, length in sorted((row[4], row[6]) for row in rows if row[0] == PT_LOAD):
        print(f"{start:x}-{start + length:x}")


main(*sys.argv[1:])
