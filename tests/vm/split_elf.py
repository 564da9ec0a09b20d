#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""split_elf.py IN OUT COUNT: the same ELF kernel (64-bit, big endian) with its PT_LOADs cut into COUNT in all."""
import struct
import sys

PAGE = 4096
PT_LOAD = 1


def main():
    source, target, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(source, "rb") as file:
        data = bytearray(file.read())
    if data[:6] != b"\x7fELF\x02\x02":
        sys.exit(f"split_elf: {source} is not a 64-bit big-endian ELF file")
    phoff, = struct.unpack_from(">Q", data, 32)
    phentsize, phnum = struct.unpack_from(">HH", data, 54)
    table = [struct.unpack_from(">IIQQQQQQ", data, phoff + i * phentsize) for i in range(phnum)]
    loads = [list(header) for header in table if header[0] == PT_LOAD]
    while len(loads) < count:
        # Halve the one with the most data, at a page; what has no data in the file stays with the second half.
        largest = max(loads, key=lambda load: load[5])
        cut = largest[5] // 2 & ~(PAGE - 1)
        if cut == 0:
            sys.exit(f"split_elf: {source} cannot be cut into {count} pieces")
        kind, flags, offset, vaddr, paddr, filesz, memsz, align = largest
        loads.append([kind, flags, offset + cut, vaddr + cut, paddr + cut, filesz - cut, memsz - cut, align])
        largest[5] = largest[6] = cut
    loads.sort(key=lambda load: load[4])
    # The longer table goes behind everything else; section headers are left out.
    data += bytes(-len(data) % 8)
    struct.pack_into(">Q", data, 32, len(data))
    struct.pack_into(">Q", data, 40, 0)
    struct.pack_into(">HHHHH", data, 54, 56, len(loads), 0, 0, 0)
    for load in loads:
        data += struct.pack(">IIQQQQQQ", *load)
    with open(target, "wb") as file:
        file.write(data)


main()
