#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Parts and whole images of firmware-assisted dumps, good and damaged: FIXTURES/fadump.

The layouts are written down here a second time, from PAPR and the kernel's headers, apart from any reader.

cases: lines KIND FILE RESULT WORDS. KIND is kernel_dump, cpu_state, opal, crash_info, elfcore or scratch; RESULT what
a reader must say: sound, damaged (it can be read, and WORDS are among what is bad) or refused (it cannot be read, and
WORDS are in the error). For scratch a file FILE.property beside it is the ibm,kernel-dump, where there is one.

root-*: trees for --root. FIXTURES/corpus/fadump_*: seeds for the fuzzers.
"""
import os
import pathlib
import random
import struct
import sys

CPU_STATE, HPTE, BOOT, PARAMETERS = 1, 2, 0x11, 0x100
THREAD_SIZE = 1024
CRASH_TIME = 1795257000
BUILD_ID = "0123456789abcdef0123456789abcdef01234567"

# The made machine: 1 MiB of memory, 128 KiB of them boot memory.
MEMORY = 0x100000
BOOT_SIZE = 0x20000
RESERVED = 0x80000
NOTE_AT = 0x11000


def section(kind, source, length, destination, dumped=None, errors=0, request=1):
    return struct.pack(">IHHQQQQ", request, kind, errors, source, length, length if dumped is None else dumped, destination)


def kernel_dump(sections, version=1, status=0xc000, first=40, count=None):
    return struct.pack(">IHHIIQQII", version, len(sections) if count is None else count, status, first,
                       0, 0, 0, 0, 0) + b"".join(sections)


def register(name, value):
    return struct.pack(">8sQ", name.encode(), value)


def cpu_registers(number, skip=()):
    names = ["GPR%02d" % i for i in range(32)] + ["NIA", "MSR", "CTR", "LR", "XER", "CR", "DAR", "DSISR", "CFAR", "PIR"]
    body = b"".join(register(name, 0xc000000000000000 + (number << 16) + i * 8) for i, name in enumerate(names)
                    if name not in skip)
    return register("CPUSTRT", number) + body + register("CPUEND", number)


def cpu_state(numbers, version=1, offset=16, count=None, between=b"", skip=(), tail=12):
    head = struct.pack(">8sII", b"REGSAVE", version, offset)
    head += between + struct.pack(">I", len(numbers) if count is None else count)
    return head + b"".join(cpu_registers(n, skip) for n in numbers) + bytes(tail)


def opal_thread(pir, inactive=False, entries=40, offset=16, size=16, skip=()):
    regs = [(1, i, 0xc000000000000000 + i) for i in range(32)] + [(2, n, n) for n in (2000, 2001, 2002, 8, 9, 1, 19, 18)]
    head = struct.pack(">IB3xIIII", pir, 15 if inactive else 0, offset, entries, size, 16)
    body = b"".join(struct.pack(">IIQ", *r).ljust(size, b"\0") for r in regs if r[:2] not in skip)
    return (head + bytes(offset + 8 - len(head)) + body).ljust(THREAD_SIZE, b"\0")


def crash_info(order, vmcoreinfo, vmcoreinfo_size, cpu=0, version=1, mask_size=256, regs=384, cpus=(0,), magic=None):
    mask = [0] * (mask_size // 8)
    for n in cpus:
        if n // 64 < len(mask):
            mask[n // 64] |= 1 << n % 64
    magic = int.from_bytes(b"FADMPSIG", "big") if magic is None else magic
    return (struct.pack(order + "QIIQQII", magic, version, cpu, vmcoreinfo, vmcoreinfo_size, regs, mask_size) +
            bytes(i & 0xff for i in range(regs)) + struct.pack(order + "%dQ" % len(mask), *mask) + bytes(mask_size % 8))


def old_crash_info(order, elfcorehdr, cpu=0, mask_size=256, regs=352):
    return (struct.pack(order + "QQI4x", int.from_bytes(b"FADMPINF", "big"), elfcorehdr, cpu) +
            bytes(i & 0xff for i in range(regs)) + b"\1".ljust(mask_size, b"\0"))


def note(order, name, kind, data):
    def pad(b):
        return b + bytes(-len(b) % 4)
    return struct.pack(order + "III", len(name) + 1, len(data), kind) + pad(name.encode() + b"\0") + pad(data)


def vmcoreinfo(crash_time=CRASH_TIME, build_id=BUILD_ID, release="6.12.0-test"):
    text = ""
    if release:
        text += f"OSRELEASE={release}\n"
    if build_id:
        text += f"BUILD-ID={build_id}\n"
    text += "PAGESIZE=65536\nSYMBOL(init_uts_ns)=c000000001000000\n"
    if crash_time is not None:
        text += f"CRASHTIME={crash_time}\n"
    return text.encode()


def prstatus(order, cpu, size=504, register=0):
    return note(order, "CORE", 1, bytes((cpu + i + (register if i == 300 else 0)) & 0xff for i in range(size)))


def elf_header(order, phnum, machine=21, flags=2, kind=4, size=2, phoff=64, phentsize=56, shoff=0):
    ident = b"\x7fELF" + bytes([size, 1 if order == "<" else 2, 1]) + bytes(9)
    return ident + struct.pack(order + "HHIQQQIHHHHHH", kind, machine, 1, 0, phoff, shoff, flags, 64, phentsize, phnum,
                               64 if shoff else 0, 0, 0)


def program(order, kind, offset, address, size, memory=None, flags=7):
    return struct.pack(order + "IIQQQQQQ", kind, flags, offset, 0xc000000000000000 + address, address, size,
                       size if memory is None else memory, 0)


def pattern(address, size):
    """Memory whose every 8 bytes say where they are, with a stretch of zeros."""
    words = b"".join(struct.pack(">Q", address + i) for i in range(0, size + 8, 8))[:size]
    hole = size // 4
    return words[:hole] + bytes(hole) + words[2 * hole:] if size >= 0x10000 else words


def vmcore(order="<", cpus=1, info=None, loads=((0, BOOT_SIZE), (0x400101b0, 0x11e50)), notes=None, register=0, **header):
    """As /proc/vmcore offers it. register: added to one byte of the registers of each CPU."""
    info = vmcoreinfo() if info is None else info
    if notes is None:
        notes = b"".join(prstatus(order, i, register=register) for i in range(cpus)) + note(order, "VMCOREINFO", 0, info)
    count = 1 + len(loads)
    notes_at = 64 + 56 * count
    at = (notes_at + len(notes) + 0xfff) & ~0xfff
    table, body = program(order, 4, notes_at, 0, len(notes), flags=0), b""
    for address, size in loads:
        table += program(order, 1, at, address, size)
        body += pattern(address, size)
        at += size
    head = elf_header(order, count, **header) + table + notes
    return head + bytes(-len(head) % 0x1000) + body


class Area:
    """A reserved area in a machine's memory."""

    def __init__(self, order="<", old=False, cpus=(0, 1), crashing=1, page=0x10000, hpte=0, **info):
        self.order, self.old = order, old
        self.cpu_state = cpu_state(cpus)
        self.hpte_at = RESERVED + len(self.cpu_state)
        end = self.hpte_at + hpte
        self.boot_at = end if old else (end + page - 1) & ~(page - 1)
        self.header_at = self.boot_at + BOOT_SIZE
        self.hpte = hpte
        note_bytes = note(order, "VMCOREINFO", 0, vmcoreinfo())
        memory = bytearray(MEMORY)
        crashed = bytearray(pattern(0, BOOT_SIZE))
        crashed[NOTE_AT:NOTE_AT + len(note_bytes)] = note_bytes
        crashed[NOTE_AT + len(note_bytes):NOTE_AT + 4096] = bytes(4096 - len(note_bytes))
        memory[0:BOOT_SIZE] = b"\xaa" * BOOT_SIZE          # the capture kernel is there now
        memory[RESERVED:RESERVED + len(self.cpu_state)] = self.cpu_state
        memory[self.boot_at:self.header_at] = crashed
        note_at = self.boot_at + NOTE_AT
        if old:
            self.info = old_crash_info(order, 0, cpu=crashing, **info)
            self.elfcore_at = self.header_at + len(self.info)
            self.info = old_crash_info(order, self.elfcore_at, cpu=crashing, **info)
            self.end = (self.elfcore_at + 0x1000 + 0xfff) & ~0xfff
            loads = [(self.boot_at, 0, BOOT_SIZE), (BOOT_SIZE, BOOT_SIZE, RESERVED - BOOT_SIZE),
                     (self.end, self.end, MEMORY - self.end)]
            core = elf_header(order, 2 + len(loads), flags=0 if order == ">" else 2)
            core += program(order, 4, 0, 0, 0, flags=0) + program(order, 4, note_at, note_at, 4096, flags=0)
            core += b"".join(program(order, 1, *load) for load in loads)
            memory[self.elfcore_at:self.elfcore_at + len(core)] = core
        else:
            self.info = crash_info(order, note_at, 4096, cpu=crashing, cpus=cpus, **info)
        memory[self.header_at:self.header_at + len(self.info)] = self.info
        self.memory = memory

    def sections(self):
        yield section(CPU_STATE, 0, len(self.cpu_state), RESERVED)
        yield section(HPTE, 0, self.hpte, self.hpte_at)
        yield section(BOOT, 0, BOOT_SIZE, self.boot_at)

    def property(self, **header):
        return kernel_dump(list(self.sections()), **header)


def kernel_dump_cases():
    cpu = section(CPU_STATE, 0, 0x510, 0x20000000)
    hpte = section(HPTE, 0, 0, 0x20000510)
    boot = section(BOOT, 0, 0x20000000, 0x20010000)
    append = section(PARAMETERS, 0x7ffff800, 0x800, 0x7ffff800)
    good = kernel_dump([cpu, hpte, boot])
    yield "hash", good, "sound", ""
    yield "radix", kernel_dump([cpu, hpte, boot, append]), "sound", ""
    yield "two-regions", kernel_dump([cpu, hpte, section(BOOT, 0, 0x10000000, 0x40000000),
                                      section(BOOT, 0x18000000, 0x10000000, 0x50000000)]), "sound", ""
    yield "trailing", good + b"\xff" * 16, "sound", ""
    yield "empty-inside", kernel_dump([cpu, section(HPTE, 0, 0, 0x20000100), boot,
                                       section(BOOT, 0x1000, 0, 0x20020000)]), "sound", ""
    yield "later-first", kernel_dump([cpu, hpte, boot], first=48)[:40] + bytes(8) + good[40:], "sound", ""
    yield "unknown-type", kernel_dump([cpu, boot, section(0x77, 0, 16, 0x60000000)]), "sound", ""
    yield "ten", kernel_dump([cpu, hpte] + [section(BOOT, i << 28, 1 << 28, 0x200000000 + (i << 28)) for i in range(8)]), \
        "sound", ""
    yield "eleven", kernel_dump([cpu, hpte] + [boot] * 9), "refused", "11 sections found, at most 10"
    yield "not-performed", kernel_dump([cpu, hpte, boot], status=0x8000), "damaged", "status: found 0x8000, expected 0xc000"
    yield "status-error", kernel_dump([cpu, hpte, boot], status=0xe000), "damaged", "bit 0x2000"
    yield "registered-only", kernel_dump([cpu, hpte, section(BOOT, 0, 0x20000000, 0x20010000, dumped=0)], status=0), \
        "damaged", "bytes dumped: found 0x0, expected 0x20000000"
    yield "short-dump", kernel_dump([cpu, hpte, section(BOOT, 0, 0x20000000, 0x20010000, dumped=0x1fffffff)]), \
        "damaged", "found 0x1fffffff, expected 0x20000000"
    yield "section-error", kernel_dump([cpu, hpte, section(BOOT, 0, 0x20000000, 0x20010000, errors=0x1000)]), \
        "damaged", "error 0x1000: the destination address is invalid"
    yield "odd-error", kernel_dump([section(CPU_STATE, 0, 0x510, 0x20000000, errors=3), hpte, boot]), \
        "damaged", "errors 0x0003, of unknown meaning"
    yield "no-cpu", kernel_dump([hpte, boot]), "damaged", "no section with the CPU state"
    yield "no-boot", kernel_dump([cpu, hpte]), "damaged", "no section with boot memory"
    yield "empty", kernel_dump([]), "damaged", "no section with boot memory"
    yield "same-place", kernel_dump([cpu, section(BOOT, 0, 0x20000000, 0x20000000)]), "damaged", "where section 0 is"
    yield "over-itself", kernel_dump([cpu, section(BOOT, 0, 0x20000000, 0x1fffffff)]), "damaged", "lies in the memory"
    yield "version-2", kernel_dump([cpu, hpte, boot], version=2), "refused", "version 2 found, expected 1"
    yield "little-endian", struct.pack("<IHH", 1, 3, 0xc000) + good[8:], "refused", "version 16777216 found"
    yield "first-inside", kernel_dump([cpu, hpte, boot], first=39), "refused", "inside the header"
    yield "first-beyond", kernel_dump([cpu, hpte, boot], first=0xffffffff), "refused", "do not fit"
    yield "wraps", kernel_dump([cpu, section(BOOT, 1, (1 << 64) - 1, 0)]), "refused", "beyond 64 bits"
    yield "nothing", b"", "refused", "0 bytes found"
    for size in (1, 39, 40, 79, 80, 119):
        yield f"cut-{size}", good[:size], "refused", "do not fit" if size >= 40 else f"{size} bytes found"


def cpu_state_cases():
    good = cpu_state([0, 1])
    yield "one", cpu_state([0]), "sound", ""
    yield "two", good, "sound", ""
    yield "no-tail", cpu_state([0, 8], tail=0), "sound", ""
    yield "offset-32", cpu_state([0], offset=32, between=bytes(16)), "sound", ""
    yield "many", cpu_state(range(0, 4096, 8)), "sound", ""
    yield "high-bits", good.replace(register("CPUSTRT", 1), register("CPUSTRT", 1 | 5 << 32)), "sound", ""
    yield "none", cpu_state([]), "damaged", "no CPU found"
    yield "twice", cpu_state([3, 3]), "damaged", "CPU number 3 comes twice"
    yield "no-nia", cpu_state([0], skip=("NIA",)), "damaged", "register NIA is missing"
    yield "no-gpr31", cpu_state([0, 1], skip=("GPR31",)), "damaged", "register GPR31 is missing"
    bare = register("CPUSTRT", 7) + register("CPUEND", 7)
    start = cpu_state([], tail=0)[:-4]
    yield "no-registers", start + struct.pack(">I", 1) + bare, "damaged", "register GPR07 is missing; 32 more are missing"
    yield "same-number", start + struct.pack(">I", 100) + bare * 100, "damaged", "91 more come twice"
    yield "too-many", start + struct.pack(">I", 65537) + bare * 65537, "refused", "65537 CPUs found, at most 65536"
    yield "magic", b"regsave\0" + good[8:], "refused", "REGSAVE"
    yield "swapped", bytes(reversed(good[:8])) + good[8:], "refused", "REGSAVE"
    yield "count-more", cpu_state([0, 1], count=3, tail=16), "refused", "expected \"CPUSTRT\" of CPU 2"
    yield "count-most", cpu_state([0, 1], count=0xffffffff, tail=16), "refused", "expected \"CPUSTRT\" of CPU 2"
    yield "count-most-no-tail", cpu_state([0, 1], count=0xffffffff, tail=0), "refused", "where CPU 2 should begin"
    yield "count-less", cpu_state([0, 1], count=1), "sound", ""
    yield "offset-0", cpu_state([0], offset=0), "refused", "number of CPUs is said to be at byte 0"
    yield "offset-most", cpu_state([0], offset=0xffffffff), "refused", "byte 4294967295"
    yield "offset-end", cpu_state([0], offset=len(cpu_state([0])) - 3), "refused", "number of CPUs"
    yield "no-start", good.replace(b"CPUSTRT", b"CPUSTOP"), "refused", "\"CPUSTOP\", expected \"CPUSTRT\""
    yield "no-end", good.replace(b"CPUEND\0", b"CPUENX\0"), "refused", "before the \"CPUEND\""
    yield "no-end-last", cpu_state([0]).replace(b"CPUEND\0", b"CPUENX\0"), "refused", "before the \"CPUEND\""
    yield "other-end", good.replace(register("CPUEND", 1), register("CPUEND", 2)), "refused", "\"CPUEND\" of CPU number 2"
    yield "terminal", good.replace(b"CPUSTRT", b"\x1b[31m\n\xff"), "refused", "?[31m??"
    yield "nothing", b"", "refused", "0 bytes found"
    for size in (7, 15, 16, 19, 20, 40, len(good) - 13):
        yield f"cut-{size}", good[:size], "refused", "CPU state"


def opal_cases():
    two = opal_thread(0x10) + opal_thread(0x14)
    yield "two", two, "sound", ""
    yield "inactive", opal_thread(0x10) + opal_thread(0x14, inactive=True), "sound", ""
    yield "larger-entries", opal_thread(1, size=24), "sound", ""
    yield "all-inactive", opal_thread(1, inactive=True), "damaged", "no active thread"
    yield "no-nip", opal_thread(1, skip=((2, 2000),)), "damaged", "register NIP is missing"
    yield "no-gprs", opal_thread(1, skip=tuple((1, r) for r in range(32))), "damaged", "GPR 7 is missing; 24 more are missing"
    yield "rest", two + b"x", "damaged", "1 bytes are left"
    yield "entry-0", opal_thread(1, size=16)[:16] + bytes(4) + opal_thread(1)[20:], "refused", "entries of 0 bytes"
    yield "count-most", opal_thread(1, entries=0xffffffff), "refused", "do not fit"
    yield "offset-most", opal_thread(1)[:8] + b"\xff" * 4 + opal_thread(1)[12:], "refused", "do not fit"
    yield "offset-inside", opal_thread(1)[:8] + bytes(4) + opal_thread(1)[12:], "refused", "do not fit"
    yield "nothing", b"", "refused", "0, which is all"
    yield "cut", opal_thread(1)[:-1], "refused", "1023, which is all"


def crash_info_cases():
    for order, name in (("<", "little"), (">", "big")):
        good = crash_info(order, 0x2f000000, 4096)
        yield f"{name}", good, "sound", ""
        yield f"{name}-64-cpus", crash_info(order, 0x2f000000, 4096, mask_size=8), "sound", ""
        yield f"{name}-firmware", crash_info(order, 0x2f000000, 4096, cpu=0xffffffff), "sound", ""
        yield f"{name}-version-2", crash_info(order, 0x2f000000, 4096, version=2), "sound", ""
        yield f"{name}-old", old_crash_info(order, 0x20001000), "sound", ""
        yield f"{name}-longer", good + b"\xff" * 64, "sound", ""
        yield f"{name}-version-0", crash_info(order, 0x2f000000, 4096, version=0), "damaged", "version: found 0"
        yield f"{name}-mask-0", crash_info(order, 0x2f000000, 4096, mask_size=0), "damaged", "CPU mask: 0 bytes"
        yield f"{name}-mask-odd", crash_info(order, 0x2f000000, 4096, mask_size=252), "damaged", "CPU mask: 252 bytes"
        yield f"{name}-regs-odd", crash_info(order, 0x2f000000, 4096, regs=356), "damaged", "registers: 356 bytes"
        yield f"{name}-regs-small", crash_info(order, 0x2f000000, 4096, regs=344), "damaged", "registers: 344 bytes"
        yield f"{name}-cpu-beyond", crash_info(order, 0x2f000000, 4096, cpu=2048), "damaged", "crashing CPU: found 2048"
        yield f"{name}-no-info", crash_info(order, 0, 4096), "damaged", "vmcoreinfo"
        yield f"{name}-info-large", crash_info(order, 0x2f000000, 1 << 40), "damaged", "vmcoreinfo"
        yield f"{name}-info-wraps", crash_info(order, (1 << 64) - 8, 4096), "damaged", "vmcoreinfo"
        yield f"{name}-corrupt", crash_info(order, 0x2f000000, 4096, magic=0x4641444d50534948), "refused", "corrupted"
        for size in (8, 39, 40, len(good) - 1):
            yield f"{name}-cut-{size}", good[:size], "refused", f"{size} bytes found"
        for at, what in ((32, "regs"), (36, "mask")):
            big = bytearray(good)
            big[at:at + 4] = b"\xff" * 4
            yield f"{name}-{what}-most", bytes(big), "refused", "expected"
        yield f"{name}-old-cut", old_crash_info(order, 0x20001000)[:23], "refused", "23 bytes found, 24 expected"
    yield "nothing", b"", "refused", "0 bytes found, 8 expected"
    yield "zeros", bytes(512), "refused", "Fadump header is corrupted"


def elfcore_cases():
    for order, name in (("<", "little"), (">", "big")):
        yield f"{name}", vmcore(order), "sound", ""
        yield f"{name}-4-cpus", vmcore(order, cpus=4, flags=1), "sound", ""
        yield f"{name}-no-time", vmcore(order, info=vmcoreinfo(crash_time=None)), "sound", ""
        yield f"{name}-no-build-id", vmcore(order, info=vmcoreinfo(build_id=None)), "sound", ""
        yield f"{name}-padding", vmcore(order, notes=prstatus(order, 0) + note(order, "VMCOREINFO", 0, vmcoreinfo()) +
                                        bytes(64)), "sound", ""
        yield f"{name}-machine", vmcore(order, machine=62), "damaged", "machine: found 62, expected 21"
        yield f"{name}-flags", vmcore(order, flags=3), "damaged", "e_flags: found 0x3"
        yield f"{name}-no-cpu", vmcore(order, cpus=0), "damaged", "no NT_PRSTATUS"
        yield f"{name}-short-prstatus", vmcore(order, notes=prstatus(order, 0, 336) +
                                               note(order, "VMCOREINFO", 0, vmcoreinfo())), "damaged", "(336 bytes)"
        yield f"{name}-no-info", vmcore(order, notes=prstatus(order, 0)), "damaged", "0 notes of this name"
        yield f"{name}-two-infos", vmcore(order, notes=prstatus(order, 0) + note(order, "VMCOREINFO", 0, vmcoreinfo()) * 2), \
            "damaged", "2 notes of this name"
        yield f"{name}-no-release", vmcore(order, info=vmcoreinfo(release=None)), "damaged", "no OSRELEASE="
        yield f"{name}-no-load", vmcore(order, loads=()), "damaged", "no PT_LOAD"
        yield f"{name}-overlap", vmcore(order, loads=((0, 0x2000), (0x1fff, 0x1000))), "damaged", "overlap"
        yield f"{name}-order", vmcore(order, loads=((0x4000, 0x1000), (0, 0x1000))), "damaged", "ascending"
        yield f"{name}-empty-load", vmcore(order, loads=((0, 0x1000), (0x2000, 0))), "damaged", "is empty"
        good = bytearray(vmcore(order))
        cut = bytearray(good)
        struct.pack_into(order + "I", cut, 64 + 56 * 3 + 4, 0xffffffff)
        yield f"{name}-note-most", bytes(cut), "damaged", "beyond the end of the notes"
        cut = bytearray(good)
        struct.pack_into(order + "Q", cut, 64 + 56 + 40, 0x1000)
        yield f"{name}-memsz", bytes(cut), "damaged", "bytes in the file found, expected"
        cut = bytearray(good)
        struct.pack_into(order + "Q", cut, 64 + 56 + 8, 0)
        yield f"{name}-over-headers", bytes(cut), "damaged", "lies over the headers"
        cut = bytearray(good)
        struct.pack_into(order + "Q", cut, 64 + 32, (1 << 64) - 1)
        yield f"{name}-notes-most", bytes(cut), "refused", "beyond what 64 bits hold"
        struct.pack_into(order + "Q", cut, 64 + 32, 1 << 40)
        yield f"{name}-notes-large", bytes(cut), "refused", "at most 0x4000000 expected"
        struct.pack_into(order + "Q", cut, 64 + 32, 1 << 25)
        yield f"{name}-notes-beyond", bytes(cut), "refused", "the notes"
        cut = bytearray(good)
        struct.pack_into(order + "Q", cut, 64 + 56 + 24, (1 << 64) - 1)
        yield f"{name}-address-most", bytes(cut), "refused", "beyond what 64 bits hold"
        yield f"{name}-program", vmcore(order, kind=2), "refused", "ELF type 2 found, expected 4"
        yield f"{name}-32", vmcore(order, size=1), "refused", "ELF class 1"
        yield f"{name}-phentsize", vmcore(order, phentsize=32), "refused", "program headers of 32 bytes"
        yield f"{name}-phoff-most", vmcore(order, phoff=(1 << 64) - 1), "refused", "program headers at"
        yield f"{name}-phoff-beyond", vmcore(order, phoff=1 << 40), "refused", "program header 0 of 3"
        extended = bytearray(vmcore(order, shoff=0x40000))
        struct.pack_into(order + "H", extended, 56, 0xffff)
        yield f"{name}-xnum-beyond", bytes(extended), "refused", "first section header"
        struct.pack_into(order + "Q", extended, 40, 0x300)
        struct.pack_into(order + "I", extended, 0x300 + 44, 0xffffffff)
        yield f"{name}-xnum-most", bytes(extended), "refused", "4294967295 ELF program headers"
        for size in (0, 3, 63, 64, 119, 231, 300):
            yield f"{name}-cut-{size}", bytes(good[:size]), "refused", \
                "the ELF core header" if size < 64 else "program header 0 of 3" if size < 120 else "the notes"
    yield "not-elf", b"KDUMP   " + bytes(100), "refused", "4b 44 55 4d found"


def scratch_cases():
    """Images with their property, or None."""
    for order, name in (("<", "little"), (">", "big")):
        for old, layout in ((False, "new"), (True, "old")):
            area = Area(order, old, hpte=0x400)
            yield f"{name}-{layout}", area.memory, area.property(), "sound", ""
            yield f"{name}-{layout}-searched", area.memory, None, "sound", ""
            damaged = Area(order, old)
            damaged.memory[RESERVED:RESERVED + 8] = bytes(8)
            yield f"{name}-{layout}-no-cpus", damaged.memory, damaged.property(), "damaged", "REGSAVE"
            damaged = Area(order, old)
            damaged.memory[damaged.header_at:damaged.header_at + 8] = bytes(8)
            yield f"{name}-{layout}-corrupt", damaged.memory, damaged.property(), "refused", "Fadump header is corrupted"
            yield f"{name}-{layout}-not-found", damaged.memory, None, "refused", "no crash info header"
            damaged = Area(order, old, crashing=5)
            yield f"{name}-{layout}-other-cpu", damaged.memory, damaged.property(), "damaged", "CPU 5 is not among"
            yield f"{name}-{layout}-cut", area.memory[:area.header_at + 16], area.property(), "refused", "16 bytes found"
            moved = list(area.sections())
            moved[1] = section(HPTE, 0, area.hpte, area.hpte_at + 8)
            yield f"{name}-{layout}-hpte-moved", area.memory, kernel_dump(moved), "damaged", "hashed page table: found"
        area = Area(order)
        note_at = area.boot_at + NOTE_AT
        area.memory[note_at:note_at + 4096] = bytes(4096)
        yield f"{name}-new-no-note", area.memory, area.property(), "damaged", "0 notes of that name"
        area = Area(order, page=0x1000)
        yield f"{name}-new-4k", area.memory, area.property(), "sound", ""
        area = Area(order)
        area.memory[area.header_at + 40 + 384:area.header_at + 40 + 384 + 256] = bytes(256)
        yield f"{name}-new-no-mask", area.memory, area.property(), "damaged", "none is in the crash info header's mask"
        area = Area(order, old=True)
        area.memory[area.elfcore_at:area.elfcore_at + 4] = b"ELF!"
        yield f"{name}-old-no-elf", area.memory, area.property(), "damaged", "where an ELF header"
        area = Area(order, old=True)
        struct.pack_into(order + "Q", area.memory, area.elfcore_at + 64 + 2 * 56 + 8, 0x1000)
        yield f"{name}-old-not-moved", area.memory, area.property(), "damaged", "PT_LOAD 0 of 0x0: found at 0x1000"
        area = Area(order, old=True)
        struct.pack_into(order + "Q", area.memory, area.header_at + 8, MEMORY + 0x1000)
        yield f"{name}-old-elf-beyond", area.memory, area.property(), "damaged", "ELF core header"
        area = Area(order, old=True)
        other = bytearray(Area(">" if order == "<" else "<", old=True).memory)
        area.memory[area.elfcore_at:area.elfcore_at + 0x400] = other[area.elfcore_at:area.elfcore_at + 0x400]
        yield f"{name}-old-mixed", area.memory, area.property(), "damaged", "the crash info header is not"


def write_sparse(path, data):
    with open(path, "wb") as out:
        for at in range(0, len(data), 4096):
            if any(data[at:at + 4096]):
                out.seek(at)
                out.write(data[at:at + 4096])
        out.truncate(len(data))


def write_tree(root, files):
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())


def roots():
    """Trees for --root; the machine of `vmcore()`: 1 GiB of memory and a bit, 128 KiB of boot memory."""
    def tree(enabled=1, registered=0, release=True, core=True, log="", rtas=0x10000, dump=True, **more):
        files = {"proc/device-tree/rtas/ibm,configure-kernel-dump": struct.pack(">I", 42),
                 "sys/kernel/fadump/enabled": f"{enabled}\n", "sys/kernel/fadump/registered": f"{registered}\n",
                 "sys/kernel/fadump/mem_reserved": "536936880\n", "sys/kernel/fadump/hotplug_ready": "1\n",
                 "proc/device-tree/rtas/linux,rtas-base": struct.pack(">I", rtas),
                 "proc/device-tree/rtas/rtas-size": struct.pack(">I", 0x1000)}
        if release:
            files["sys/kernel/fadump/release_mem"] = ""
        if core:
            files["proc/vmcore"] = core if isinstance(core, bytes) else vmcore(cpus=2)
        if dump:
            files["proc/device-tree/rtas/ibm,kernel-dump"] = dump if isinstance(dump, bytes) else kernel_dump(
                [section(CPU_STATE, 0, 0xa00, 0x20000000), section(HPTE, 0, 0, 0x20000a00),
                 section(BOOT, 0, BOOT_SIZE, 0x20010000)])
        if log:
            files["dev/kmsg"] = log
        files.update(more)
        return files

    active = "6,1,0,-;fadump: Firmware-assisted dump is active.\n"
    freeing = "6,900,0,-;fadump: freeing reserved memory (0x60010000 - 0x80000000)\n"
    forged = "13,950,0,-;fadump: Fadump header is corrupted.\n"
    yield "pending", tree()
    yield "pending-rtas-above", tree(rtas=0x2fff0000)
    yield "pending-rtas-across", tree(rtas=BOOT_SIZE - 0xfff)
    yield "pending-no-property", tree(dump=False)
    yield "pending-short", tree(core=vmcore(cpus=2)[:-4096])
    yield "pending-incomplete", tree(dump=kernel_dump([section(CPU_STATE, 0, 0xa00, 0x20000000),
                                                       section(BOOT, 0, BOOT_SIZE, 0x20010000, dumped=0x1f000)]))
    yield "pending-other-region", tree(dump=kernel_dump([section(CPU_STATE, 0, 0xa00, 0x20000000),
                                                         section(BOOT, 0, 2 * BOOT_SIZE, 0x20010000)]))
    yield "pending-future", tree(core=vmcore(info=vmcoreinfo(crash_time=99999999999)))
    yield "pending-other-time", tree(core=vmcore(info=vmcoreinfo(crash_time=CRASH_TIME + 1)))
    yield "pending-same-second", tree(core=vmcore(cpus=2, register=1))
    yield "pending-odd-beside", tree(**{"sys/kernel/fadump/hotplug_ready": "maybe\n",
                                        "sys/kernel/fadump/mem_reserved": "-\n",
                                        "proc/device-tree/rtas/rtas-size": b"abc"})
    yield "pending-odd-state", tree(**{"sys/kernel/fadump/registered": "?\n", "sys/kernel/fadump/enabled": "\n"})
    yield "pending-odd-property", tree(dump=b"\0\0\0\1")
    yield "gone-odd-state", tree(core=None, **{"sys/kernel/fadump/registered": "?\n"})
    yield "pending-no-time", tree(core=vmcore(info=vmcoreinfo(crash_time=None)))
    yield "pending-not-elf", tree(core=b"not a dump, and all that there is" * 100)
    for name, words in (("size", "Fadump header size mismatch."), ("old", "Old magic number, can't process the dump."),
                        ("order", "Endianness mismatch between the crashed and fadump kernels."),
                        ("corrupt", "Fadump header is corrupted.")):
        yield f"refused-{name}", tree(core=None, log=f"{active}3,7,0,-;fadump: {words}\n{freeing}")
    yield "released", tree(core=None, log=active + freeing + forged)
    yield "gone", tree(core=None, log=active)
    yield "gone-no-log", tree(core=None)
    yield "released-armed", tree(core=None, registered=1, log=active + freeing)
    yield "armed", tree(registered=1, release=False, core=None, dump=False)
    yield "off", tree(enabled=0, release=False, core=None, dump=False)
    yield "off-tree-active", tree(enabled=0, release=False, core=None)
    yield "kdump", tree(enabled=0, release=False, dump=False)
    yield "unsupported", {"proc/cmdline": "root=/dev/sda1\n"}
    yield "opal", {"proc/device-tree/ibm,opal/dump/mpipl-boot": b"", "sys/kernel/fadump/enabled": "1\n",
                   "sys/kernel/fadump/registered": "0\n", "sys/kernel/fadump/release_mem": "",
                   "proc/vmcore": vmcore(">")}
    yield "legacy", {name.replace("fadump/", "fadump_"): data for name, data in tree().items()
                     if "mem_reserved" not in name and "hotplug" not in name}


def bent(data, rng, changes):
    data = bytearray(data)
    for _ in range(changes):
        at = rng.randrange(len(data))
        if rng.randrange(3):
            data[at] = rng.choice((0, 1, 0x7f, 0x80, 0xff, data[at] ^ 1 << rng.randrange(8)))
        else:
            data[at:at + 8] = rng.choice((bytes(8), b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\x80" + bytes(7)))
    return bytes(data)


def extremes(data, fields, step=4):
    """Each field in turn at its extremes: `fields` bytes from the start on, in steps of 4, 32 and 64 bits wide."""
    for at in range(0, min(fields, len(data)), step):
        for value in (bytes(8), b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\x80" + bytes(7), b"\0\0\0\1\0\0\0\1", b"\xff" * 7 + b"\x7f"):
            for width in (4, 8):
                yield data[:at] + value[:width] + data[at + width:]


def corpora():
    rng = random.Random(2012)
    dump = kernel_dump(list(Area().sections()))
    yield "fadump_kernel_dump", [d for _, d, *_ in kernel_dump_cases()] + [dump[:i] for i in range(len(dump))] + \
        list(extremes(dump, len(dump))) + [bent(dump, rng, 3) for _ in range(100)]
    cpus = cpu_state([0, 1])
    yield "fadump_cpu_state", [d for n, d, *_ in cpu_state_cases() if n != "many"] + [cpus[:i] for i in range(len(cpus))] + \
        list(extremes(cpus, 64)) + [bent(cpus, rng, 3) for _ in range(100)]
    thread = opal_thread(1) + opal_thread(2)
    yield "fadump_opal", [d for _, d, *_ in opal_cases()] + [thread[:i] for i in range(0, len(thread), 7)] + \
        list(extremes(thread, 64)) + [bent(thread, rng, 3) for _ in range(100)]
    infos = [crash_info(o, 0x2f000000, 4096, mask_size=64) for o in "<>"] + [old_crash_info(o, 0x2000) for o in "<>"]
    yield "fadump_crash_info", [d for _, d, *_ in crash_info_cases()] + [i[:n] for i in infos for n in range(len(i))] + \
        [e for i in infos for e in extremes(i, 48)]
    heads = [vmcore(o, loads=((0, 64), (0x1001b0, 64))) for o in "<>"]
    yield "fadump_elfcore", heads + [h[:n] for h in heads for n in range(0, 1400, 5)] + \
        [e for h in heads for e in extremes(h, 320)] + [bent(h[:1500], rng, 4) + h[1500:] for h in heads for _ in range(100)]
    # Images are large, so only the bytes around the parts are bent: (property size, property, image).
    seeds = []
    for order in "<>":
        for old in (False, True):
            area = Area(order, old)
            prop = area.property()
            small = bytes(area.memory[RESERVED:area.header_at + 0x1000])
            seeds.append(struct.pack(">IQ", len(prop), RESERVED) + prop + small)
            seeds.append(struct.pack(">IQ", 0, RESERVED) + small)
            for _ in range(12):
                image = bytearray(small)
                at = rng.choice((0, area.header_at - RESERVED, area.header_at - RESERVED))
                image[at:at + 0x300] = bent(image[at:at + 0x300], rng, rng.randrange(1, 4))
                seeds.append(struct.pack(">IQ", len(prop), RESERVED) + bent(prop, rng, rng.randrange(0, 2)) + bytes(image))
    yield "fadump_scratch", seeds
    texts = [b"record=1\nfile=vmcore\nbytes=10\nosrelease=6.1\nbuild-id=00\ncrash-time=-5\n", b"", b"=\n==\n\n=", b"file=../x\n",
             b"bytes=18446744073709551616\ncrash-time=9223372036854775808\n", vmcoreinfo(), b"OSRELEASE=\x1b[1m\nCRASHTIME=x",
             b"6,1,0,-;fadump: Fadump header is corrupted.\n", b"9999999999999999999999,fadump: freeing reserved memory ("]
    yield "fadump_text", texts + [bent(t, rng, 2) for t in texts if t for _ in range(30)]


def main():
    top = pathlib.Path(sys.argv[1])
    target = top / "fadump"
    target.mkdir(parents=True, exist_ok=True)
    lines = []
    for kind, cases in (("kernel_dump", kernel_dump_cases()), ("cpu_state", cpu_state_cases()), ("opal", opal_cases()),
                        ("crash_info", crash_info_cases()), ("elfcore", elfcore_cases())):
        for name, data, result, words in cases:
            (target / f"{kind}-{name}").write_bytes(data)
            lines.append(f"{kind} {kind}-{name} {result} {words}\n")
    for name, memory, prop, result, words in scratch_cases():
        write_sparse(target / f"scratch-{name}", memory)
        if prop is not None:
            (target / f"scratch-{name}.property").write_bytes(prop)
        lines.append(f"scratch scratch-{name} {result} {words}\n")
    (target / "cases").write_text("".join(lines))
    for name, files in roots():
        write_tree(target / f"root-{name}", files)
    for name, seeds in corpora():
        folder = top / "corpus" / name
        folder.mkdir(parents=True, exist_ok=True)
        for i, data in enumerate(seeds):
            (folder / ("%05d" % i)).write_bytes(data)


if __name__ == "__main__":
    main()
