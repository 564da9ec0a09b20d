#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Crash loads on x86, a second opinion: machines, and what a crash load of each must contain: FIXTURES/crash_x86/.

NAME.txt       the machine: made here, or tests/machines/x86_64-*.txt
NAME.core      the ELF core header, byte for byte (elf(5), doc/plan-text); NAME.core32 the 32-bit one, where there is one
NAME.meminfo   the page of a load that has, beside its own parts, only a kernel; see meminfo_page()
NAME.expect    facts, one on a line: KEYWORD VALUES, see expect(); addresses hexadecimal
"""
import pathlib
import re
import struct
import sys

from meminfo import CHECKSUM, CRASHKERNEL, ELFCOREHDR, KERNEL, MEMINFO, SEGMENT, VMCOREINFO, meminfo, record
from os_info import cksm

BACKUP = 8
KERNEL_DATA, KERNEL_MEMORY = bytes((i * 13 + i // 4096) & 0xff for i in range(5001)), 0x3000
PAGE, KIB, GIB4 = 0x1000, 1024, 1 << 32
LOW_END = 0xa0000
ONES = (1 << 64) - 1
TYPES = {'acpi tables': 3, 'acpi non-volatile storage': 4, 'reserved': 2, 'unusable memory': 5, 'persistent memory': 7,
         'persistent memory (legacy)': 12}
HOTPLUG_SIZE = 0x9000
MANY = 20_000


class Machine:
    def __init__(self, text):
        self.named, self.cpus, self.offline = [], [], []
        self.vmcoreinfo = self.direct = self.text = self.rsdp = None
        params = bytearray(4096)
        efi = {}
        for line in text.splitlines():
            word, _, rest = line.partition(' ')
            if word == 'resource':
                start, end, name = re.fullmatch(r'\d+ (\S+) (\S+) "([^"\\]*)"', rest).groups()
                self.named.append((int(start, 16), int(end, 16), name))
            elif word == 'offline':
                self.offline.append(tuple(int(v, 16) for v in rest.split()))
            elif word == 'cpu':
                _, address, size = rest.split()
                self.cpus.append((int(address, 16), int(size, 0)))
            elif word == 'vmcoreinfo':
                self.vmcoreinfo = tuple(int(v, 16) for v in rest.split())
            elif word == 'direct-map':
                self.direct = int(rest, 16)
            elif word == 'kernel-text':
                self.text = tuple(int(v, 16) for v in rest.split())
            elif word == 'boot-params':
                offset, data = rest.split()
                params[int(offset, 16):int(offset, 16) + len(data) // 2] = bytes.fromhex(data)
            elif word in ('efi-acpi20', 'efi-acpi'):
                efi[word] = int(rest, 16)
            elif word == 'cmdline':
                found = re.search(r'(?:^"|\s)acpi_rsdp=(?:0x)?([0-9a-f]+)', rest)
                self.told = int(found.group(1), 16) if found else 0
        self.rsdp = struct.unpack_from('<Q', params, 0x70)[0] or efi.get('efi-acpi20') or efi.get('efi-acpi') or \
            getattr(self, 'told', 0)

    def of(self, *names):
        return [(s, e) for s, e, name in self.named if name in names]


def spans(*layers):
    """(start, end, (bool for each layer)) wherever the set of layers that cover an address changes."""
    edges = sorted([(s, 1, n) for n, layer in enumerate(layers) for s, e in layer if s < e] +
                   [(e, -1, n) for n, layer in enumerate(layers) for s, e in layer if s < e])
    depth, before = [0] * len(layers), 0
    for at, step, n in edges:
        if at > before:
            yield before, at, tuple(d > 0 for d in depth)
            before = at
        depth[n] += step


def join(pieces):
    out = []
    for s, e in pieces:
        if out and out[-1][1] == s:
            out[-1] = (out[-1][0], e)
        else:
            out.append((s, e))
    return out


class Crash:
    """Where a crash load's own parts lie, and what its header and its map are."""

    def __init__(self, machine, hotplug=False, meminfo=True):
        m = self.machine = machine
        self.reservations = join((s, e) for s, e, (c,) in spans(m.of('Crash kernel')) if c)
        start, end = self.reservations[-1]
        top = end & -PAGE
        self.meminfo = (top - PAGE, top) if meminfo else None
        top -= PAGE if meminfo else 0

        ram = join((s, e) for s, e, (r, off) in spans(m.of('System RAM'), m.offline) if r and not off)
        low = [(max(s, 0), min(e, LOW_END)) for s, e in ram if s < LOW_END]
        self.source = max(low, key=lambda r: (r[1] - r[0], -r[0])) if low else None
        self.backup = None
        if self.source:
            top -= -(-(self.source[1] - self.source[0]) // PAGE) * PAGE
            self.backup = top
        self.parts = list(self.phdrs())
        size = max(64 + 56 * len(self.parts), HOTPLUG_SIZE if hotplug else 0)
        size = -(-size // PAGE) * PAGE
        self.core = (top - size, top)
        assert self.core[0] >= start

    def phdrs(self):
        m = self.machine
        for address, size in m.cpus:
            yield 4, 0, address, 0, address, size
        if m.vmcoreinfo:
            s, e = m.vmcoreinfo
            yield 4, 0, s, 0, s, e - s
        if m.text:
            start, end, physical = m.text
            yield 1, 7, physical, start, physical, end - start
        wanted = [(s, e) for s, e, name in m.named if name == 'System RAM' or name.startswith('System RAM (')]
        hidden = m.offline + m.of('Crash kernel', 'GART')
        saved = [self.source] if self.source else []
        pieces = []
        for s, e, (want, hide, save) in spans(wanted, hidden, saved):
            if want and not hide:
                if pieces and pieces[-1][1] == s and pieces[-1][2] == save:
                    pieces[-1] = (pieces[-1][0], e, save)
                else:
                    pieces.append((s, e, save))
        for s, e, save in pieces:
            offset = self.backup + s - self.source[0] if save else s
            yield 1, 7, offset, ONES if m.direct is None else (s + m.direct) & ONES, s, e - s

    def header(self):
        out = b'\x7fELF\2\1\1' + bytes(9) + struct.pack('<HHIQQQIHHHHHH', 4, 62, 1, 0, 64, 0, 0, 64, 56,
                                                         len(self.parts), 0, 0, 0)
        for kind, flags, offset, vaddr, paddr, size in self.parts:
            out += struct.pack('<IIQQQQQQ', kind, flags, offset, vaddr, paddr, size, size, 0)
        return out

    def header32(self):
        if any(max(offset, paddr) + size > GIB4 for _, _, offset, _, paddr, size in self.parts):
            return None
        out = b'\x7fELF\1\1\1' + bytes(9) + struct.pack('<HHIIIIIHHHHHH', 4, 62, 1, 0, 52, 0, 0, 52, 32,
                                                         len(self.parts), 0, 0, 0)
        for kind, flags, offset, vaddr, paddr, size in self.parts:
            out += struct.pack('<8I', kind, offset, min(vaddr, 0xffffffff), paddr, size, size, flags, 0)
        return out

    def map(self):
        """The capture kernel's memory: every byte by the least usable thing that is said of it."""
        m = self.machine
        kept = [self.core] + [self.meminfo] * bool(self.meminfo)
        if self.source:
            kept.append((self.backup, self.backup - (self.source[0] - self.source[1]) + PAGE - 1 & -PAGE))
        ram = self.reservations + ([self.source] if self.source else [])
        others = [(s, e, TYPES[name.lower()]) for s, e, name in m.named if name.lower() in TYPES]
        free = join((s, e) for s, e, (r, k, o) in spans(ram, kept, [(s, e) for s, e, _ in others]) if r and not k and not o)
        entries = [(-(-s // KIB) * KIB, e // KIB * KIB, 1) for s, e in free]
        kinds = sorted({t for _, _, t in others}, key=RANK.index)
        pieces = []
        for s, e, covered in spans(*[[(a, b) for a, b, t in others if t == kind] for kind in kinds]):
            if any(covered):
                pieces.append((s, e, [k for k, c in zip(kinds, covered) if c][-1]))
        joined = []
        for s, e, t in pieces:
            if joined and joined[-1][1] == s and joined[-1][2] == t:
                joined[-1] = (joined[-1][0], e, t)
            else:
                joined.append((s, e, t))
        return sorted([entry for entry in entries if entry[0] < entry[1]] + joined)

    def memmap(self):
        words = ['memmap=exactmap']
        for s, e, t in self.map():
            if t == 1 and e - s < 100 * KIB:
                continue
            first, size = s // KIB, -(-e // KIB) - s // KIB
            words.append(f'memmap={size}K' + {1: f'@{first}K', 3: f'#{first}K', 4: f'#{first}K', 12: f'!{first}K',
                                              7: f'%{first}K+7'}.get(t, f'${first}K'))
        return ' '.join(words)


def meminfo_page(crash):
    """The kernel lies at the start of the reservation, and is entered there."""
    m = crash.machine
    start, end = -(-crash.reservations[-1][0] // PAGE) * PAGE, crash.reservations[-1][1] & -PAGE
    header = crash.header()
    records = [record(CRASHKERNEL, start, end - start),
               record(SEGMENT, start, KERNEL_MEMORY, KERNEL, cksm(KERNEL_DATA), CHECKSUM, len(KERNEL_DATA)),
               record(SEGMENT, crash.core[0], crash.core[1] - crash.core[0], ELFCOREHDR, cksm(header), CHECKSUM,
                      len(header))]
    if crash.source:
        size = -(-(crash.source[1] - crash.source[0]) // PAGE) * PAGE
        records.append(record(SEGMENT, crash.backup, size, BACKUP))
    records.append(record(SEGMENT, crash.meminfo[0], PAGE, MEMINFO, aux=PAGE))
    if m.vmcoreinfo:
        records.append(record(VMCOREINFO, m.vmcoreinfo[0], m.vmcoreinfo[1] - m.vmcoreinfo[0]))
    return meminfo(records, '<', crash=(start, end - start), entry=start, time=1795300000, flags=1).ljust(PAGE, b'\0')


# From the most usable to the least.
RANK = [1, 3, 4, 7, 12, 5, 2]


def expect(machine):
    crash, hot, bare = Crash(machine), Crash(machine, hotplug=True), Crash(machine, meminfo=False)
    yield f'meminfo {crash.meminfo[0]:x}'
    for name, c in ('plain', crash), ('hotplug', hot), ('bare', bare):
        source = c.source or (0, 0)
        yield f'{name} {c.core[0]:x} {c.core[1]:x} {source[0]:x} {source[1]:x} {c.backup or 0:x}'
    for s, e, t in crash.map():
        yield f'map {s:x} {e:x} {t}'
    rsdp = f'acpi_rsdp={machine.rsdp:#x} ' if machine.rsdp else ''
    core = f'elfcorehdr={crash.core[0] // KIB}K'
    yield f'cmdline quiet {rsdp}{core}'
    yield f'cmdline-efi quiet {core}'
    yield f'cmdline-memmap quiet {crash.memmap()} {rsdp}{core}'


def made(resources, cpus, direct=0xffff9a0340000000, kernel=True, rest='', ram_top=None):
    lines = ['machine 1', 'arch x86_64', 'page-size 4096', 'release "6.12.0"']
    lines += [f'resource {depth} {s:#x} {e:#x} "{name}"' for depth, s, e, name in resources]
    lines += [f'cpu {n} {0x3f000 + 0x1000 * n:#x} 368' for n in cpus]
    lines.append('vmcoreinfo 0x101000 0x102024')
    if direct is not None:
        lines.append(f'direct-map {direct:#x}')
    if kernel:
        lines.append('kernel-text 0xffffffffa5000000 0xffffffffa7a00000 0x12000000')
    return '\n'.join(lines + ([rest] if rest else []) + ['end']) + '\n'


def machines():
    ram, crash, bad = 'System RAM', 'Crash kernel', 'Reserved'
    kaslr = [(0, 0, 0x1000, bad), (0, 0x1000, 0x9fc00, ram), (0, 0x9fc00, 0x100000, bad),
             (0, 0x100000, 0x7ffd7abc, ram), (1, 0x60000000, 0x70000000, crash), (0, 0x7ffd7abc, 0x80000000, 'ACPI Tables'),
             (0, 0xfeffc123, 0xff000000, bad), (0, GIB4, 0x280000123, ram), (1, 0x240000000, 0x270000000, crash),
             (0, 0x280000200, 0x280001200, 'ACPI Non-volatile Storage'), (0, 0x300000000, 0x340000000, 'Persistent Memory'),
             (0, 0x340000000, 0x350000000, 'Persistent Memory (legacy)'), (0, 0x360000000, 0x370000000, 'Soft Reserved'),
             (0, 0x400000000, 0x440000000, 'dax0.0'), (1, 0x400000000, 0x440000000, 'System RAM (kmem)'),
             (0, 0x440000000, 0x450000000, 'Unusable memory')]
    yield 'kaslr', made(kaslr, (0, 5, 511))

    small = [(0, 0x1000, 0x9f000, ram), (0, 0x100000, 0x40000000, ram), (1, 0x20000000, 0x28000000, crash)]
    yield 'small', made(small, (0, 1), direct=0xc0000000, kernel=False)
    yield 'blind', made(small, (), direct=None, kernel=False)

    # One range from 0 on; the pieces of low memory are apart; there is none.
    yield 'whole', made([(0, 0, 0x40000000, ram), (1, 0x20000000, 0x28000000, crash)], (0,))
    yield 'pieces', made([(0, 0x1000, 0x3000, ram), (0, 0x5000, 0x58000, ram), (0, 0x58000, 0x59000, bad),
                          (0, 0x59000, 0x9d000, ram), *small[1:]], (3,))
    yield 'no-low', made(small[1:], (0,))
    yield 'gart', made([*small, (0, 0x3f000000, 0x40000000, 'GART')], (0,), rest='offline 0x8000000 0x10000000')

    # Something reserved inside the reservation, overlaps, odd ends, and 60 KiB of RAM between two.
    odd = [*small, (2, 0x20000123, 0x20000456, bad), (2, 0x21000000, 0x21001000, 'ACPI Tables'),
           (2, 0x21000800, 0x21001800, bad), (2, 0x22000000, 0x22000400, 'Unusable memory'),
           (2, 0x22000600, 0x22010000, 'reserved'), (2, 0x23000000, 0x23001000, bad),
           (2, 0x23010000, 0x23011000, bad)]
    yield 'odd', made(odd, (0, 1, 2))

    # From the top: 4 KiB of RAM, 4 KiB of something else, in turn.
    many = [(0, 0x1000, 0x9f000, ram), (0, 0x100000, 0x40000000, ram), (1, 0x20000000, 0x28000000, crash)]
    many += [(0, GIB4 + i * 0x2000, GIB4 + i * 0x2000 + 0x1000, ram) for i in range(MANY)]
    many += [(0, GIB4 + i * 0x2000 + 0x1000, GIB4 + i * 0x2000 + 0x1800, bad) for i in range(MANY)]
    yield 'many', made(sorted(many, key=lambda r: (r[1], -r[2])), range(512))


def main():
    top = pathlib.Path(__file__).resolve().parents[1]
    target = pathlib.Path(sys.argv[1]) / 'crash_x86'
    target.mkdir(parents=True, exist_ok=True)
    texts = dict(machines())
    for path in sorted((top / 'machines').glob('x86_64-*.txt')):
        texts[path.stem] = path.read_text()
    names = []
    for name, text in texts.items():
        machine = Machine(text)
        if not machine.of('Crash kernel'):
            continue
        names.append(name)
        crash = Crash(machine)
        (target / f'{name}.txt').write_text(text)
        (target / f'{name}.core').write_bytes(crash.header())
        (target / f'{name}.core32').write_bytes(crash.header32() or b'')
        (target / f'{name}.meminfo').write_bytes(meminfo_page(crash))
        (target / f'{name}.expect').write_text('\n'.join(expect(machine)) + '\n')
    (target / 'names').write_text('\n'.join(names) + '\n')


main()
