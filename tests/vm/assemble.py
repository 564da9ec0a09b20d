#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""assemble.py BEGINNING SIZE RAM OUT: the whole of a /proc/vmcore whose BEGINNING was saved.

Memory is copied from RAM, the file behind the memory of an x86-64 guest, as long as the guest is stopped in its capture
kernel. Pages of zeros become holes.
"""
import mmap
import os
import sys

sys.dont_write_bytecode = True

from vmcore import PT_LOAD, Core, need

# QEMU's q35: the part below the hole, and where the rest goes on.
HOLE, LOW, HIGH = 0xB0000000, 0x80000000, 1 << 32
STEP = 1 << 20


def main():
    need(len(sys.argv) == 5, __doc__)
    beginning, size, ram_path, out_path = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    # With the second mapping of the kernel image, which has bytes of its own in the file.
    loads = [(paddr, paddr + filesz, offset)
             for kind, _, offset, _, paddr, filesz, _, _ in Core(beginning).headers if kind == PT_LOAD]
    head = min(offset for _, _, offset in loads)
    need(head <= os.path.getsize(beginning), f"{beginning} ends before the memory, at {head:#x}")
    with open(beginning, "rb") as file, open(ram_path, "rb") as ram_file, open(out_path, "wb") as out:
        out.write(file.read(head))
        ram = mmap.mmap(ram_file.fileno(), 0, access=mmap.ACCESS_READ)
        low = LOW if len(ram) > HOLE else HOLE
        for start, end, offset in loads:
            at = start if start < HIGH else start - HIGH + low
            for step in range(0, end - start, STEP):
                data = ram[at + step:at + min(step + STEP, end - start)]
                if data.count(0) != len(data):
                    out.seek(offset + step)
                    out.write(data)
        out.truncate(size)
    print(f"assemble: {len(loads)} parts, {size} bytes")


main()
