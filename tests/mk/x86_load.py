#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Loads of Linux/x86 kernels: the files that go in, and by the boot protocol's documents what must come out.

FIXTURES/x86_load/list has a line for each case: its name, and words of what is asked for (WORD or KEY=VALUE).
For a case NAME:
  NAME.txt     the machine
  NAME.kernel  the kernel file
  NAME.dtb     where the case says dtb
  NAME.expect  segments (role, start, end), hand-off values (number, value) and words of a warning
  NAME.boot    the bytes of the segment boot-params
and seeds for tests/fuzz/fuzz_x86_linux.c below FIXTURES/corpus/: a byte of choices, and a small kernel.
Sources: Linux Documentation/arch/x86/boot.rst, zero-page.rst; include/uapi/linux/screen_info.h, edd.h (6.12).
"""
import pathlib
import random
import struct
import sys

from corpus import bent
import x86_elf

PAGE = 4096
MIB = 1 << 20
GIB = 1 << 30
TOP = (1 << 64) - 1
CMDLINE = 'root=/dev/vda1 ro "a b" quiet'
SEED = bytes(range(100, 132))
PURGATORY = 4096 + 4096 + 16 * 56  # tests/unit/made_x86.h
RAM, RESERVED, ACPI, NVS, UNUSABLE, PMEM, PRAM, SOFT = 1, 2, 3, 4, 5, 7, 12, 0xefffffff
NAMES = {RAM: 'System RAM', RESERVED: 'Reserved', ACPI: 'ACPI Tables', NVS: 'ACPI Non-volatile Storage',
         UNUSABLE: 'Unusable memory', PMEM: 'Persistent Memory', PRAM: 'Persistent Memory (legacy)',
         SOFT: 'Soft Reserved'}


def up(value, align):
    return (value + align - 1) // align * align


def down(value, align):
    return value // align * align


def filler(size, seed):
    return bytes((i * 31 + (i >> 8) * 7 + seed) & 0xff for i in range(size))


def bzimage(version=0x20f, sectors=15, xloadflags=0x3f, relocatable=1, pref=16 * MIB, init_size=5 * MIB + 77,
            align=2 * MIB, cmdline_size=2047, initrd_max=0x7fffffff, payload=MIB + 333, loadflags=1, jump=0x6a):
    """A file, and the header as a loader takes it."""
    setup = bytearray((sectors + 1) * 512)
    setup[0x10:0x1f1] = filler(0x1e1, 3)
    setup[0x270:] = filler(len(setup) - 0x270, 9)

    def put(offset, form, *values, since=0x200):
        if version >= since:
            struct.pack_into('<' + form, setup, offset, *values)

    setup[0x1ef] = 0xff
    put(0x1f1, 'BHIHHHH', sectors, 1, up(payload, 16) // 16, 0, 0xffff, 0, 0xaa55)
    put(0x200, 'BB4sHIHHBBHIIII', 0xeb, jump, b'HdrS', version, 0, 0x1000, 0x3a0, 0, loadflags, 0x8000, MIB, 0, 0, 0)
    put(0x224, 'HBB', 0x5c40, 0, 0, since=0x201)
    put(0x228, 'I', 0, since=0x202)
    put(0x22c, 'I', initrd_max, since=0x203)
    put(0x230, 'IB', align, relocatable, since=0x205)
    put(0x235, 'B', 21, since=0x20a)
    put(0x236, 'H', xloadflags, since=0x20c)
    put(0x238, 'I', cmdline_size, since=0x206)
    put(0x23c, 'IQ', 0, 0, since=0x207)
    put(0x248, 'II', 0x2f8, payload - 0x200, since=0x208)
    put(0x250, 'Q', 0x1234567812345678 if version >= 0x209 else 0)  # what a careless loader would pass on
    put(0x258, 'QI', pref, init_size, since=0x20a)
    put(0x264, 'I', 0x1234, since=0x20b)
    put(0x268, 'I', 0x5678, since=0x20f)
    return bytes(setup) + filler(payload, 1)


class Machine:
    def __init__(self, ranges, extra=(), boot_params=None, firmware=True, cmdline='quiet'):
        self.ranges = ranges  # (start, end, type)
        self.extra = list(extra)
        self.boot_params = boot_params
        self.firmware = firmware
        self.cmdline = cmdline

    def text(self):
        out = ['machine 1', 'arch x86_64', 'page-size 4096', f'cmdline "{self.cmdline}"']
        out += [f'resource 0 {s:#x} {e:#x} "{NAMES[t]}"' for s, e, t in self.ranges]
        if self.firmware:
            out += [f'firmware {s:#x} {e:#x} "{NAMES[t]}"' for s, e, t in self.ranges]
        if self.boot_params:
            for at in range(0, 4096, 64):
                out.append(f'boot-params {at:#x} {self.boot_params[at:at + 64].hex()}')
        return '\n'.join(out + self.extra + ['end']) + '\n'

    def map(self):
        """Joined where two of one type touch; no fixture here overlaps."""
        result = []
        for start, end, kind in sorted(self.ranges):
            if result and result[-1][1] == start and result[-1][2] == kind:
                result[-1] = (result[-1][0], end, kind)
            else:
                result.append((start, end, kind))
        return result

    def pages(self):
        ram = [(up(s, PAGE), down(e, PAGE)) for s, e, t in self.map() if t == RAM]
        return [(s, e) for s, e in ram if e > s]


class Memory:
    def __init__(self, free):
        self.free = list(free)

    def take(self, start, size):
        """A segment of whole pages."""
        end = start + up(size, PAGE)
        rest = []
        for s, e in self.free:
            if s < start:
                rest.append((s, min(e, start)))
            if e > end:
                rest.append((max(s, end), e))
        self.free = rest
        return start, end

    def place(self, size, low, high, align=PAGE, top=True):
        size = up(size, PAGE)
        found = []
        for s, e in self.free:
            s, e = max(s, low), min(e, high)
            first, last = up(s, align), down(e - size, align) if e >= size else -1
            if last >= first:
                found.append(last if top else first)
        return self.take(max(found) if top else min(found), size)


def screen_text():
    page = bytearray(64)
    page[7], page[14], page[15] = 80, 25, 1
    page[16:18] = struct.pack('<H', 16)
    return page


def screen_of(kind, width, height, depth, base, units, pitch, colours):
    page = screen_text()
    page[15] = kind
    struct.pack_into('<HHHII', page, 0x12, width, height, depth, base & 0xffffffff, units)
    struct.pack_into('<H8B', page, 0x24, pitch, *colours)
    if base >> 32:
        struct.pack_into('<II', page, 0x36, 2, base >> 32)
    return page


class Case:
    def __init__(self, name, words, kernel, machine, mode=64, screen=None, initrd=0, dtb=b'', seed=False, efi=None,
                 rsdp=0, old=None, warning=None):
        self.__dict__.update(locals())
        self.version = struct.unpack_from('<H', kernel, 0x206)[0]
        self.sectors = kernel[0x1f1] or 4
        self.payload = kernel[(self.sectors + 1) * 512:]

    def field(self, offset, form, since, absent):
        return struct.unpack_from('<' + form, self.kernel, offset)[0] if self.version >= since else absent

    def lay_out(self):
        memory = Memory(self.machine.pages())
        reuse = getattr(self.machine, 'initrd', None) if 'reuse-initrd' in self.words else None
        if reuse:
            memory.take(down(reuse[0], PAGE), up(reuse[1], PAGE) - down(reuse[0], PAGE))
        xload = self.field(0x236, 'H', 0x20c, 0)
        above = self.mode == 64 and xload & 2
        kernel_end = TOP if above else 4 * GIB if xload & 1 else 0x38000000
        initrd_end = TOP if above else self.field(0x22c, 'I', 0x203, 0x37ffffff) + 1
        lowest = max(self.field(0x258, 'Q', 0x20a, MIB), MIB)
        size = max(self.field(0x260, 'I', 0x20a, 0), len(self.payload))
        align = self.field(0x230, 'I', 0x205, MIB)
        self.segments = {}
        fixed = not self.field(0x234, 'B', 0x205, 0)
        if fixed:
            self.segments['kernel'] = memory.take(lowest, size)
        self.segments['purgatory'] = memory.place(PURGATORY, 0x3000,
                                                  {64: TOP, 32: 4 * GIB, 16: 0xa0000}[self.mode])
        boot_size = len(self.boot(0, 0, (0, 0)))
        if self.version < 0x202:
            self.segments['boot-params'] = memory.take(0x90000, boot_size)
        else:
            self.segments['boot-params'] = memory.place(boot_size, 0x3000,
                                                        0xa0000 if self.mode == 16 else kernel_end)
        if not fixed:
            self.segments['kernel'] = memory.place(size, lowest, kernel_end, align, self.mode == 64)
        initrd = reuse or (0, 0)
        if self.initrd:
            self.segments['initrd'] = memory.place(self.initrd, MIB, initrd_end)
            initrd = (self.segments['initrd'][0], self.initrd)
        elif reuse:
            initrd = (reuse[0], reuse[1] - reuse[0])
        boot, kernel = self.segments['boot-params'][0], self.segments['kernel'][0]
        self.bytes = self.boot(boot, kernel, initrd)
        entry = {64: kernel + 0x200, 32: kernel, 16: boot}[self.mode]
        self.handoff = [self.mode, entry, 0, 0, 0 if self.mode == 16 else boot]

    def items(self):
        entries = self.machine.map()
        out = []
        if self.version < 0x209:
            return out
        if len(entries) > 128 and self.mode != 16:
            out.append((1, b''.join(struct.pack('<QQI', s, e - s, t) for s, e, t in entries[128:])))
        if self.seed:
            out.append((9, SEED))
        if self.dtb:
            out.append((2, self.dtb))
        if self.efi:
            out.append((4, struct.pack('<QQQQ64x', *self.efi['setup'])))
        return out

    def boot(self, base, kernel, initrd):
        real = self.mode == 16
        head = 0x10000 if real else 4096
        text = CMDLINE.encode() + b'\0'
        out = bytearray(head) + text
        out += bytes(-len(out) % 16)
        efi_map = 0
        if self.efi:
            efi_map = base + len(out)
            out += b''.join(struct.pack('<IIQQQQ', k, 0, p, v, n, a) for k, p, v, n, a in self.efi['map'])
            out += bytes(-len(out) % 16)
        first, items = len(out), self.items()
        for i, (kind, data) in enumerate(items):
            after = up(len(out) + 16 + len(data), 16)
            out += struct.pack('<QII', base + after if i + 1 < len(items) else 0, kind, len(data)) + data
            out += bytes(-len(out) % 16)
        if real:
            out[:(self.sectors + 1) * 512] = self.kernel[:(self.sectors + 1) * 512]
        else:
            self.zero_page(out, base, efi_map)
        self.header(out, base, head, kernel, initrd, base + first if items else 0)
        return bytes(out)

    def zero_page(self, page, base, efi_map):
        end = max(0x202 + self.kernel[0x201], {0x201: 0x228, 0x205: 0x238, 0x206: 0x23c, 0x208: 0x250}.get(self.version, 0))
        page[:64] = self.screen
        # The old machine's memory and the old kernel's command line, which lie among the fields of the screen.
        page[2:4], page[0x20:0x24] = bytes(2), bytes(4)
        page[0x1f1:end] = self.kernel[0x1f1:end]
        entries = self.machine.map()
        for start, stop, kind in entries:
            if kind == RAM and start <= MIB < stop:
                kib = (stop - MIB) >> 10
                struct.pack_into('<H', page, 2, min(kib, 0xfc00))
                struct.pack_into('<I', page, 0x1e0, min(kib, 0xffffffff))
        page[0x1e8] = min(len(entries), 128)
        for i, (start, stop, kind) in enumerate(entries[:128]):
            struct.pack_into('<QQI', page, 0x2d0 + 20 * i, start, stop - start, kind)
        struct.pack_into('<Q', page, 0x70, self.rsdp)
        if self.old:
            disks, signatures = min(self.old[0x1e9], 6), min(self.old[0x1ea], 16)
            page[0x1e9], page[0x1ea], page[0x1ec] = disks, signatures, self.old[0x1ec]
            page[0xd00:0xd00 + 82 * disks] = self.old[0xd00:0xd00 + 82 * disks]
            page[0x290:0x290 + 4 * signatures] = self.old[0x290:0x290 + 4 * signatures]
            if self.version >= 0x207:
                page[0x23c:0x240] = self.old[0x23c:0x240]
        if self.efi:
            size = 40 * len(self.efi['map'])
            page[0x1c0:0x1e0] = self.old[0x1c0:0x1e0]
            struct.pack_into('<I', page, 0x1c8, 40)
            struct.pack_into('<II', page, 0x1d0, efi_map & 0xffffffff, size)
            struct.pack_into('<I', page, 0x1dc, efi_map >> 32)
        if self.version < 0x202:
            struct.pack_into('<HH', page, 0x20, 0xa33f, 4096)

    def header(self, page, base, head, kernel, initrd, setup_data):
        line = base + head
        page[0x210] = 0xd0
        page[0x211] = 1 | (0x80 if self.mode == 16 else 0)
        if self.mode != 64:
            struct.pack_into('<I', page, 0x214, kernel)
        struct.pack_into('<II', page, 0x218, initrd[0] & 0xffffffff, initrd[1] & 0xffffffff)
        if self.version >= 0x202:
            struct.pack_into('<I', page, 0x228, line & 0xffffffff)
        if self.version >= 0x209:
            struct.pack_into('<Q', page, 0x250, setup_data)
        page[head:head + len(CMDLINE)] = CMDLINE.encode()
        if self.mode == 16:
            struct.pack_into('<H', page, 0x224, 0xde00)
            return
        struct.pack_into('<H', page, 0x1f2, 0xffff)
        struct.pack_into('<H', page, 0x1fc, 0x300)
        struct.pack_into('<III', page, 0xc0, initrd[0] >> 32, initrd[1] >> 32, line >> 32)

    def write(self, folder):
        self.lay_out()
        (folder / f'{self.name}.txt').write_text(self.machine.text())
        (folder / f'{self.name}.kernel').write_bytes(self.kernel)
        (folder / f'{self.name}.boot').write_bytes(self.bytes)
        if self.dtb:
            (folder / f'{self.name}.dtb').write_bytes(self.dtb)
        out = [f'segment {role} {start:#x} {end:#x}'
               for role, (start, end) in sorted(self.segments.items(), key=lambda s: s[1])]
        out += [f'handoff {i} {value:#x}' for i, value in enumerate(self.handoff)]
        out += [f'warning {self.warning}'] if self.warning else []
        (folder / f'{self.name}.expect').write_text('\n'.join(out) + '\n')
        return ' '.join([self.name, f'initrd={self.initrd}'] + self.words) + '\n'


LOW = [(0, 0x9fc00, RAM), (0x9fc00, 0xa0000, RESERVED), (0xf0000, MIB, RESERVED)]
SMALL = LOW + [(MIB, 0x3ffdf000, RAM), (0x3ffdf000, 0x40000000, RESERVED), (0xfffc0000, 4 * GIB, RESERVED)]
LARGE = SMALL[:3] + [(MIB, 0x7a87b000, RAM), (0x7a87b000, 0x7d35e000, RESERVED), (0x7d35e000, 0x7d4f5000, NVS),
                     (0x7d4f5000, 0x7d5ff000, ACPI), (0x7d5ff000, 0x7d600000, RAM),
                     (4 * GIB, 16 * GIB + 0x1234, RAM), (17 * GIB, 18 * GIB, PMEM), (18 * GIB, 19 * GIB, SOFT),
                     (19 * GIB, 20 * GIB, PRAM), (20 * GIB, 20 * GIB + 4096, UNUSABLE)]
EFI_MAP = [(5, 0x7a9fe000, 0xfffffffefe9fe000, 705, 0x800000000000000f), (11, 0xe0000000, 0xfffffffeee300000, 65536,
                                                                         0x8000000000000001)]


def old_params(efi=False, disks=2, signatures=1, rsdp=0, screen=None):
    page = bytearray(4096)
    page[:64] = screen or screen_of(0x70, 800, 600, 32, 0xc0000000, 800 * 600 * 4, 3200, (8, 16, 8, 8, 8, 0, 8, 24))
    struct.pack_into('<H', page, 2, 0x1234)
    struct.pack_into('<HH', page, 0x20, 0xa33f, 0x5678)
    struct.pack_into('<Q', page, 0x70, rsdp)
    if efi:
        struct.pack_into('<4s7I', page, 0x1c0, b'EL64', 0x7d5fe018, 48, 1, 0xd665018, 0xcc0, 1, 0)
    page[0x1e9], page[0x1ea], page[0x1ec] = disks, signatures, 3
    page[0x202:0x208] = b'HdrS\x0f\x02'
    struct.pack_into('<I', page, 0x23c, 4)
    struct.pack_into('<Q', page, 0x250, 0xdeadbeef)
    page[0x290:0x2d0] = filler(64, 77)
    page[0xd00:0xd00 + 492] = filler(492, 5)
    return bytes(page)


def fb_line(name, base, size, width, height, depth, pitch, bits):
    return f'framebuffer "{name}" {base:#x} {size} {width} {height} {depth} {pitch} ' + ' '.join(map(str, bits))


def many_ranges(count):
    out = LOW + [(MIB, GIB, RAM)]
    at = 4 * GIB
    while len(out) < count:
        out.append((at, at + 0x800000, (RAM, RESERVED, NVS)[len(out) % 3]))
        at += 0x900000
    return out


def cases():
    plain = bzimage()
    bits = (8, 16, 8, 8, 8, 0, 8, 24)
    efi = {'setup': (0x7cb8c018, 0x7d31ab98, 0x7cb8b018, 0x7cb88000), 'map': EFI_MAP}
    efi_lines = ['efi', 'efi-tables 0x7cb8c018 0x7d31ab98 0x7cb8b018', 'efi-smbios 0x7cb88000',
                 'efi-acpi20 0x7d5fe014', 'efi-acpi 0x7d5fe000']
    efi_lines += [f'efi-range {k} {p:#x} {v:#x} {n} {a:#x}' for k, p, v, n, a in EFI_MAP]
    tree = struct.pack('>II', 0xd00dfeed, 1000) + filler(992, 4)
    yield Case('plain', [], plain, Machine(SMALL), screen=screen_text(), initrd=5000)
    yield Case('no-initrd', ['seed'], plain, Machine(SMALL), screen=screen_text(), seed=True)
    old = old_params(efi=True, disks=9, signatures=17)
    lines = efi_lines + [fb_line('EFI VGA', 0x4c0000000, 0x7e9000, 1920, 1080, 32, 7680, bits)]
    screen = screen_of(0x70, 1920, 1080, 32, 0x4c0000000, 0x7e9000, 7680, bits)
    yield Case('rich', ['seed', 'dtb'], plain, Machine(LARGE, lines, old), screen=screen, initrd=3 * MIB, seed=True,
               dtb=tree, efi=efi, rsdp=0x7d5fe014, old=old)
    yield Case('noefi', ['noefi'], plain, Machine(LARGE, lines, old), screen=screen, initrd=1, rsdp=0x7d5fe014,
               old=old)
    no_efi_kexec = bzimage(xloadflags=0x2f)
    yield Case('kernel-without-efi', [], no_efi_kexec, Machine(LARGE, efi_lines, old), screen=old[:64],
               rsdp=0x7d5fe014, old=old)
    bios = old_params(rsdp=0xf5270)
    yield Case('efi-unknown', [], plain, Machine(LARGE, efi_lines, bios), screen=bios[:64], rsdp=0xf5270, old=bios,
               warning='boot parameters')
    lines = [fb_line('i915drmfb', 0, 0, 1920, 1080, 32, 7680, bits)]
    yield Case('many', [], plain, Machine(many_ranges(300), lines, bios), screen=bios[:64], initrd=9000, rsdp=0xf5270,
               old=bios)
    yield Case('exactly-128', [], plain, Machine(many_ranges(128)), screen=screen_text())
    yield Case('129-and-all', ['seed'], plain, Machine(many_ranges(129), efi_lines, old), screen=old[:64], seed=True,
               efi=efi, rsdp=0x7d5fe014, old=old)
    lines = [fb_line('VESA VGA', 0xfd000000, 0x300001, 1024, 768, 16, 2048, (5, 11, 6, 5, 5, 0, 0, 0))]
    yield Case('vesa', [], plain, Machine(SMALL, lines, bios), rsdp=0xf5270, old=bios,
               screen=screen_of(0x23, 1024, 768, 16, 0xfd000000, 0x31, 2048, (5, 11, 6, 5, 5, 0, 0, 0)))
    lines = [fb_line('simpledrmfb', 0xfd000000, 0x300000, 1024, 768, 32, 4096, bits)]
    yield Case('reuse-type', ['reuse-type'], plain, Machine(SMALL, lines, bios), rsdp=0xf5270, old=bios,
               screen=screen_of(0x70, 1024, 768, 32, 0xfd000000, 0x300000, 4096, bits))
    high = LOW + [(2 * MIB, 0x3ffdf000, RAM), (0x3ffdf000, 0x40000000, RESERVED)]
    yield Case('no-ram-at-1m', [], plain, Machine(high, [], bios), screen=bios[:64], rsdp=0xf5270, old=bios)
    yield Case('from-iomem', [], plain, Machine(SMALL, firmware=False), screen=screen_text())
    yield Case('below-4g', [], bzimage(xloadflags=0x3d), Machine(LARGE), screen=screen_text(), initrd=5 * MIB)
    yield Case('entry32', ['entry32'], plain, Machine(LARGE), mode=32, screen=screen_text(), initrd=5 * MIB)
    yield Case('entry32-efi', ['entry32'], plain, Machine(LARGE, efi_lines, old), mode=32, screen=old[:64],
               rsdp=0x7d5fe014, old=old)
    yield Case('fixed', [], bzimage(relocatable=0, pref=16 * MIB), Machine(LARGE), screen=screen_text(), initrd=7)
    yield Case('reuse-initrd', ['reuse-initrd'], plain, with_initrd(Machine(SMALL, ['initrd 0x3ff00123 0x3ffb7a2c'])),
               screen=screen_text())
    yield Case('real-mode', ['real', 'seed'], plain, Machine(SMALL), mode=16, screen=screen_text(), initrd=5000,
               seed=True)
    kernel32 = dict(xloadflags=0, init_size=0, pref=0, align=MIB)
    yield Case('i386-2.08', [], bzimage(version=0x208, jump=0x4e, **kernel32), Machine(SMALL, [], bios), mode=32,
               screen=bios[:64], initrd=5000, rsdp=0xf5270, old=bios)
    yield Case('i386-many', [], bzimage(version=0x208, jump=0x4e, **kernel32), Machine(many_ranges(200)), mode=32,
               screen=screen_text(), warning='the last 72')
    yield Case('i386-2.05', [], bzimage(version=0x205, jump=0x36, **kernel32), Machine(SMALL), mode=32,
               screen=screen_text(), initrd=5000)
    yield Case('i386-2.01', [], bzimage(version=0x201, jump=0x22, **kernel32), Machine(SMALL), mode=32,
               screen=screen_text(), initrd=5000)


def with_initrd(machine):
    machine.initrd = (0x3ff00123, 0x3ffb7a2c)
    return machine


def seeds():
    rng = random.Random(640)  # the same corpus on each machine
    small = {'payload': 700, 'sectors': 1}
    kernels = [bzimage(**small), bzimage(xloadflags=0, **small), bzimage(relocatable=0, **small),
               bzimage(version=0x208, jump=0x4e, xloadflags=0, init_size=0, pref=0, **small),
               bzimage(version=0x201, jump=0x22, xloadflags=0, init_size=0, pref=0, **small)]
    kernels += [old_params(efi=True)[:0x1f1] + kernel[0x1f1:] for kernel in kernels[:1]]
    kernels += [x86_elf.FILES[name] for name in ('moved', 'small32', 'virtual-entry')]
    for kernel in kernels:
        for choice in range(0, 256, 5):
            data = bytes([choice]) + kernel
            yield data
            yield data[:0x1f2] + bent(data[0x1f2:0x280], rng, 2) + data[0x280:]
            yield data[:1] + bent(data[1:], rng, 3)


def main():
    corpus = pathlib.Path(sys.argv[1]) / 'corpus' / 'x86_linux'
    corpus.mkdir(parents=True, exist_ok=True)
    for i, seed in enumerate(seeds()):
        (corpus / f'{i:04}').write_bytes(seed)

    folder = pathlib.Path(sys.argv[1]) / 'x86_load'
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'list').write_text(''.join(case.write(folder) for case in cases()))


if __name__ == '__main__':
    main()
