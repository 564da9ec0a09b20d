#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""fadump_header.py RAM OFFSET CPUS: the crash info header at OFFSET of a guest's memory becomes one of a kernel that was
built for CPUS (NR_CPUS), by the one field that tells: the size of the CPU mask.

The header is little endian here: "FADMPSIG" as a number, version (4 bytes), crashing CPU (4), address (8) and size (8) of
vmcoreinfo, size of the registers (4) and of the CPU mask (4). A mask is whole words of 8 bytes.
"""
import struct
import sys

HEADER = "<QIIQQII"
MAGIC = 0x4641444d50534947


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    offset, mask = int(sys.argv[2]), (int(sys.argv[3]) + 63) // 64 * 8
    with open(sys.argv[1], "r+b", buffering=0) as ram:
        ram.seek(offset)
        fields = list(struct.unpack(HEADER, ram.read(struct.calcsize(HEADER))))
        if fields[0] != MAGIC or fields[1] != 1:
            sys.exit(f"fadump_header: no crash info header of version 1 at {offset:#x}: {fields[0]:#x}, {fields[1]}")
        if fields[6] == mask:
            sys.exit(f"fadump_header: the mask has {mask} bytes already")
        print(f"fadump_header: at {offset:#x}: mask of {fields[6]} bytes, now {mask}")
        fields[6] = mask
        ram.seek(offset)
        ram.write(struct.pack(HEADER, *fields))


main()
