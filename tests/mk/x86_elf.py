#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""ELF files as x86 kernels are: FIXTURES/x86_elf/NAME. Layout: elf(5); the addresses are those of a Linux vmlinux."""
import pathlib
import struct
import sys

ET_EXEC, ET_DYN, EM_386, EM_X86_64 = 2, 3, 3, 62
PT_LOAD, PT_INTERP = 1, 3
KERNEL = 0xffffffff80000000


def filler(size, seed):
    return bytes((i * 13 + (i >> 8) * 5 + seed) & 0xff for i in range(size))


def elf(is64, kind, machine, entry, parts):
    """parts: (type, vaddr, paddr, bytes, memory size, align)"""
    head, each = (64, 56) if is64 else (52, 32)
    at = head + each * len(parts)
    headers, data = b'', b''
    for i, (ptype, vaddr, paddr, content, memory, align) in enumerate(parts):
        if is64:
            headers += struct.pack('<IIQQQQQQ', ptype, 7, at, vaddr, paddr, len(content), memory, align)
        else:
            headers += struct.pack('<IIIIIIII', ptype, at, vaddr, paddr, len(content), memory, 7, align)
        data += content
        at += len(content)
    ident = b'\x7fELF' + bytes([2 if is64 else 1, 1, 1]) + bytes(9)
    form = '<HHIQQQIHHHHHH' if is64 else '<HHIIIIIHHHHHH'
    return ident + struct.pack(form, kind, machine, 1, entry, head, 0, 0, head, each, len(parts), 0, 0, 0) + \
        headers + data


def vmlinux(entry=0x1000040, extra=(), base=0x1000000):
    return elf(True, ET_EXEC, EM_X86_64, entry, [
        (PT_LOAD, KERNEL + base, base, filler(0x2345, 1), 0x2345, 0x200000),
        (PT_LOAD, KERNEL + base + 0x200000, base + 0x200000, filler(0x800, 2), 0x900, 0x200000),
        (PT_LOAD, 0, base + 0x201000, filler(0x100, 3), 0x100, 0x200000),
        (PT_LOAD, KERNEL + base + 0x202000, base + 0x202000, filler(0x1000, 4), 0x80000, 0x200000),
    ] + list(extra))


FILES = {
    'vmlinux': vmlinux(),
    'virtual-entry': vmlinux(entry=KERNEL + 0x1000040),
    'entry-nowhere': vmlinux(entry=0x5000),
    'entry-in-bss': vmlinux(entry=0x1000000 + 0x210000),
    'program': vmlinux(extra=[(PT_INTERP, 0, 0, b'/lib64/ld-linux-x86-64.so.2\0', 28, 1)]),
    'over-a-hole': vmlinux(entry=0x9f040, base=0x9f000),
    'in-reservation': vmlinux(entry=0x30000040, base=0x30000000),
    'moved': elf(True, ET_DYN, EM_X86_64, 0x1080, [
        (PT_LOAD, 0x1000, 0x1000, filler(0x300, 5), 0x300, 0x1000),
        (PT_LOAD, 0x3000, 0x3000, filler(0x300, 6), 0x3000, 0x200000),
    ]),
    'many': elf(True, ET_EXEC, EM_X86_64, 0x1000000, [
        (PT_LOAD, 0, 0x1000000 + i * 0x10000, filler(0x1000, i), 0x1000, 0x1000) for i in range(20)
    ]),
    'small32': elf(False, ET_EXEC, EM_386, 0x100010, [(PT_LOAD, 0xc0100000, 0x100000, filler(0x1234, 7), 0x8000, 4096)]),
    'old486': elf(False, ET_EXEC, 6, 0x100010, [(PT_LOAD, 0xc0100000, 0x100000, filler(0x1234, 7), 0x8000, 4096)]),
}


def main():
    folder = pathlib.Path(sys.argv[1]) / 'x86_elf'
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in FILES.items():
        (folder / name).write_bytes(data)


if __name__ == '__main__':
    main()
