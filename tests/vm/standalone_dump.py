#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""standalone_dump.py VMCORE OUT: the s390x dump VMCORE as a stand-alone dump tool would have written it.

That is memory as it was, with each CPU's registers in the save area of its prefix page: they are put there from the
dump's notes (Principles of Operation, "Store Status"; from 0x1200 on floating point, general registers, PSW, ...).
"""
import os
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mk"))

import dump_s390
from vmcore import Core, need

PRSTATUS, FPREGSET, TIMER, TODCMP, TODPREG, CTRS, PREFIX, VXRS_LOW, VXRS_HIGH = (
    1, 2, 0x301, 0x302, 0x303, 0x304, 0x305, 0x309, 0x30a)


def cpus(core):
    """For each CPU its notes by type; those of another name (VMCOREINFO) have types of their own."""
    out = []
    for name, kind, desc in core.notes():
        if name == "VMCOREINFO":
            continue
        if kind == PRSTATUS:
            out.append({})
        if out:
            out[-1][kind] = desc
    return [notes for notes in out if PREFIX in notes]


def store_status(memory, notes):
    prefix = struct.unpack(">I", notes[PREFIX])[0]
    status, floats = notes[PRSTATUS], notes[FPREGSET]
    area = (floats[8:136] + status[128:256] + status[112:128] + bytes(8) + notes[PREFIX] + floats[:4] + bytes(4) +
            notes[TODPREG] + notes[TIMER] + notes[TODCMP] + bytes(8) + status[256:320] + notes[CTRS])
    need(len(area) == 0x200, f"a save area of {len(area):#x} bytes")
    memory[prefix + 0x1200:prefix + 0x1400] = area
    vectors = struct.unpack_from(">Q", memory, prefix + 0x11b0)[0] & ~0x3ff
    if vectors and VXRS_LOW in notes:
        low, high = notes[VXRS_LOW], notes[VXRS_HIGH]
        for number in range(16):
            at = vectors + 16 * number
            memory[at:at + 16] = floats[8 + 8 * number:16 + 8 * number] + low[8 * number:8 * number + 8]
        memory[vectors + 256:vectors + 512] = high
    return prefix


def main():
    need(len(sys.argv) == 3, __doc__)
    core = Core(sys.argv[1])
    loads = core.loads()
    memory = bytearray(max(end for _, end, _ in loads))
    for start, end, offset in loads:
        core.file.seek(offset)
        memory[start:end] = core.file.read(end - start)
    found = [store_status(memory, notes) for notes in cpus(core)]
    need(found, "no CPU in the notes")
    dump_s390.prefixes = lambda size: found
    with open(sys.argv[2], "wb") as out:
        out.write(dump_s390.header(size=len(memory), cpus=len(found)))
        out.write(memory)
        out.write(dump_s390.end_marker())
    print(f"standalone_dump: {len(memory) >> 20} MiB, {len(found)} CPUs")


if __name__ == "__main__":
    main()
