#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes small files of the kernel format of Power, to be loaded and never started: small_power_kernels.py DIRECTORY

image     ELF file of little-endian ppc64, relocatable (ET_DYN)
imageexec the same as one with fixed addresses (ET_EXEC)
imagebe   the same of big-endian ppc64
elf32     a 32-bit one
elfother  one of another machine
"""
import os
import struct
import sys

KERNEL, MEMORY = 150001, 190000
VIRTUAL = 0xC000000000000000
PPC, PPC64, S390 = 20, 21, 22
RUN_AT_LOAD = 0x72756E30  # of a kernel that can run anywhere: arch/powerpc/kernel/head_64.S


def noise(size, seed):
    out, state = bytearray(), seed
    while len(out) < size:
        state = (state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        out += struct.pack("<I", state >> 32)
    return bytes(out[:size])


def elf(kind, machine=PPC64, order="<", wide=True):
    payload = bytearray(noise(KERNEL, 1))
    struct.pack_into(order + "I", payload, 0x5C, RUN_AT_LOAD)
    ident = b"\x7fELF" + bytes((2 if wide else 1, 1 if order == "<" else 2, 1)) + bytes(9)
    if wide:
        out = ident + struct.pack(order + "HHIQQQIHHHHHH", kind, machine, 1, VIRTUAL, 64, 0, 2, 64, 56, 1, 0, 0, 0)
        out += struct.pack(order + "IIQQQQQQ", 1, 7, 0x10000, VIRTUAL, 0, KERNEL, MEMORY, 0x10000)
    else:
        out = ident + struct.pack(order + "HHIIIIIHHHHHH", kind, machine, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
        out += struct.pack(order + "IIIIIIII", 1, 0x10000, 0, 0, KERNEL, MEMORY, 7, 0x10000)
    return out.ljust(0x10000, b"\0") + bytes(payload)


def main():
    files = {"image": elf(3), "imageexec": elf(2), "imagebe": elf(3, order=">"),
             "elf32": elf(2, PPC, ">", False), "elfother": elf(2, S390)}
    for name, content in files.items():
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(content)


main()
