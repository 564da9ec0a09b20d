#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes small files of each kernel format for x86, to be loaded and never started: small_kernels.py BZIMAGE DIRECTORY

image     the bzImage with a short kernel behind its header, which is otherwise as it was
image32   the same without a 64-bit entry
image206  the same as of boot protocol 2.06
elf64 elf32 elfrel   ELF files at 16 MiB; elfrel is relocatable (ET_DYN)
mb1 mb2   ELF files with a multiboot header
mb1flat   a multiboot file that is no ELF file
"""
import os
import struct
import sys

KERNEL = 150001
BASE = 0x1000000


def noise(size, seed):
    out, state = bytearray(), seed
    while len(out) < size:
        state = (state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        out += struct.pack("<I", state >> 32)
    return bytes(out[:size])


def image(whole, version=None, xloadflags=None):
    setup = ((whole[0x1F1] or 4) + 1) * 512
    out = bytearray(whole[:setup] + noise(KERNEL, 1))
    struct.pack_into("<I", out, 0x1F4, (KERNEL + 15) // 16)
    struct.pack_into("<I", out, 0x260, 0x400000)
    out += bytes(-KERNEL % 16)
    if version is not None:
        struct.pack_into("<H", out, 0x206, version)
    if xloadflags is not None:
        struct.pack_into("<H", out, 0x236, xloadflags)
    return bytes(out)


def elf(wide, kind, payload, entry=BASE):
    """Two loads, of which the second has memory without bytes."""
    first, second = payload[:len(payload) // 2], payload[len(payload) // 2:]
    parts = ((0x1000, BASE, first, len(first)), (0x1000 + len(first), BASE + 0x200000, second, len(second) + 0x5000))
    ident = b"\x7fELF" + bytes((2 if wide else 1, 1, 1)) + bytes(9)
    if wide:
        out = ident + struct.pack("<HHIQQQIHHHHHH", kind, 62, 1, entry, 64, 0, 0, 64, 56, 2, 0, 0, 0)
        for offset, at, data, memory in parts:
            out += struct.pack("<IIQQQQQQ", 1, 7, offset, at, at, len(data), memory, 0x1000)
    else:
        out = ident + struct.pack("<HHIIIIIHHHHHH", kind, 3, 1, entry, 52, 0, 0, 52, 32, 2, 0, 0, 0)
        for offset, at, data, memory in parts:
            out += struct.pack("<IIIIIIII", 1, offset, at, at, len(data), memory, 7, 0x1000)
    return out.ljust(0x1000, b"\0") + first + second


def multiboot1(addresses):
    magic, flags = 0x1BADB002, 0x3 | (0x10000 if addresses else 0)
    out = struct.pack("<III", magic, flags, -(magic + flags) & 0xFFFFFFFF)
    if addresses:
        out += struct.pack("<IIIII", BASE, BASE, BASE + 100032, BASE + 0x40000, BASE)
    return out


def multiboot2():
    magic, tags = 0xE85250D6, struct.pack("<HHI", 0, 0, 8)
    size = 16 + len(tags)
    return struct.pack("<IIII", magic, 0, size, -(magic + size) & 0xFFFFFFFF) + tags


def main():
    kernel, out = sys.argv[1:]
    with open(kernel, "rb") as file:
        whole = file.read()
    xloadflags = struct.unpack_from("<H", whole, 0x236)[0]
    payload = noise(100000, 7)
    files = {
        "image": image(whole),
        "image32": image(whole, xloadflags=xloadflags & ~0x3),
        "image206": image(whole, 0x206),
        "elf64": elf(True, 2, payload),
        "elf32": elf(False, 2, payload),
        "elfrel": elf(True, 3, payload),
        "mb1": elf(False, 2, multiboot1(False) + payload),
        "mb2": elf(False, 2, multiboot2() + payload),
        "mb1flat": multiboot1(True) + payload,
    }
    for name, content in files.items():
        with open(os.path.join(out, name), "wb") as file:
            file.write(content)


main()
