#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Memory images of x86-64 machines with a crash kernel loaded, built from the specifications alone (doc/meminfo,
doc/purgatory-abi): FIXTURES/verify_x86/.

NAME.ram       memory as a file: offset = physical address; gap.ram: as QEMU keeps it, without the gap below 4 GiB
NAME.txt       the machine as text
NAME.out       what --verify with that machine must print
NAME.alone     the same without the machine
intact.flips   as meminfo.py
intact.elf     the same memory as an ELF core; loaded/, unloaded/, unreadable/: the same as the /proc and /sys
               of a machine
and seeds for tests/fuzz/fuzz_verify_x86.c below FIXTURES/corpus/: a byte (1: with a machine), then memory.
"""
import hashlib
import pathlib
import random
import struct
import sys

from meminfo import (CHECKSUM, CRASHKERNEL, DIGEST, ELFCOREHDR, HEADER_SIZE, INITRD, KERNEL, MEMINFO, PAGE, PARAMS,
                     PARAMS_SIZE, PURGATORY, REGIONS, RESULT, SEGMENT, TIME, VMCOREINFO, elf_core, meminfo, noise,
                     record, write_sparse)
from os_info import cksm

BOOT_PARAMS, BACKUP = 7, 8
ROLES = {KERNEL: 'kernel', INITRD: 'initrd', PURGATORY: 'purgatory', ELFCOREHDR: 'elfcorehdr', MEMINFO: 'meminfo',
         BOOT_PARAMS: 'boot-params', BACKUP: 'backup'}
GIB4 = 1 << 32


class Machine:
    """below: bytes of RAM below the gap, where there is one."""

    size = 0x800000
    file_crash, crash_size = 0x400000, 0x200000     # the crash range's offset in the file
    note = 0x30000
    kernel_size = 0x3000
    low = (0x1000, 0x9f000)
    # From the start of the crash range.
    kernel_at, initrd_at, params_at, purgatory_at, core_at, backup_at = 0, 0x100000, 0x110000, 0x112000, 0x15f000, 0x160000

    def __init__(self, below=None, hotplug=False, with_meminfo=True, hashed=True, handoff=None):
        self.below, self.hotplug, self.with_meminfo, self.hashed = below, hotplug, with_meminfo, hashed
        self.crash = self.file_crash if below is None else GIB4 + self.file_crash - below
        self.meta_at = self.crash_size - PAGE
        self.ram = bytearray(self.size)
        self.segments = {}      # address: (role, memory size, data)
        text = b'OSRELEASE=6.12.0\nPAGESIZE=4096\n'
        self.put(self.note, struct.pack('<III', 11, len(text), 0) + b'VMCOREINFO\0\0' + text)
        self.add(KERNEL, self.kernel_at, self.kernel_size, noise('kernel', self.kernel_size - 0xcbb))
        self.add(INITRD, self.initrd_at, 0x2000, noise('initrd', 0x1234))
        self.add(BOOT_PARAMS, self.params_at, 0x1000, noise('boot params', 0x1000))
        self.add(PURGATORY, self.purgatory_at, 0x2000, b'')
        self.add(ELFCOREHDR, self.core_at, PAGE, self.core_header())
        self.add(BACKUP, self.backup_at, self.low[1] - self.low[0], b'')
        self.put(self.crash + self.backup_at + 0x177, b'what was there before')
        if with_meminfo:
            self.add(MEMINFO, self.meta_at, PAGE, b'')
            self.fill_meminfo()
        self.fill_purgatory(handoff=handoff)

    def offset(self, address):
        return address if address < GIB4 else address - GIB4 + self.below

    def put(self, address, data):
        at = self.offset(address)
        self.ram[at:at + len(data)] = data

    def get(self, address, size):
        at = self.offset(address)
        return bytes(self.ram[at:at + size])

    def add(self, role, offset, size, data):
        self.segments[self.crash + offset] = (role, size, data)
        self.put(self.crash + offset, data)

    def core_header(self):
        out = b'\x7fELF\2\1\1' + bytes(9) + struct.pack('<HHIQQQIHHHHHH', 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
        for start, end in (self.low, (self.note, self.file_crash)):
            out += struct.pack('<IIQQQQQQ', 1, 7, start, start, start, end - start, end - start, 0)
        return out

    def summed(self, role):
        return role not in (PURGATORY, MEMINFO, BACKUP) and not (role == ELFCOREHDR and self.hotplug)

    def digested(self, role):
        return self.hashed and role not in (PURGATORY, BACKUP) and not (role == ELFCOREHDR and self.hotplug)

    def records(self):
        out = [record(CRASHKERNEL, self.crash, self.crash_size)]
        for address in sorted(self.segments):
            role, size, data = self.segments[address]
            summed = self.summed(role)
            length = {PURGATORY: REGIONS + 16 * 56, MEMINFO: PAGE}.get(role, len(data))
            out.append(record(SEGMENT, address, size, role, cksm(self.get(address, size)) if summed else 0,
                              CHECKSUM if summed else 0, length))
        out.append(record(VMCOREINFO, self.note, 0x1024))
        out.append(record(DIGEST, self.crash + self.purgatory_at + PARAMS + PARAMS_SIZE - 32, 32))
        return out

    def fill_meminfo(self, **changes):
        values = {'entry': self.crash + self.purgatory_at + 0x200, 'time': TIME, 'flags': 1,
                  'crash': (self.crash, self.crash_size)} | changes
        page = meminfo(values.pop('records', self.records()), '<', **values)
        self.put(self.crash + self.meta_at, page.ljust(PAGE, b'\0'))

    def fill_purgatory(self, handoff=None, at=None, crash=None):
        start = self.crash + self.purgatory_at if at is None else at
        handoff = handoff or (64, self.crash + 0x200, 0, 0, self.crash + self.params_at, 0, 0, self.low[0],
                              self.crash + self.backup_at, self.low[1] - self.low[0])
        table = b''
        for address in sorted(self.segments):
            role, size, _ = self.segments[address]
            if role != PURGATORY:
                hashed = self.digested(role)
                digest = hashlib.sha256(self.get(address, size)).digest() if hashed else bytes(32)
                table += struct.pack('<QQII', address, size, role, int(hashed)) + digest
        self.regions = len(table) // 56
        params = struct.pack('<IIQIIQQQ', 2 if self.hashed else 3, 0, REGIONS, self.regions, 56, REGIONS + 16 * 56,
                             *(crash or (self.crash, self.crash + self.crash_size)))
        params += struct.pack('<16Q', *handoff, *[0] * (16 - len(handoff)))
        assert len(params) == RESULT
        params += struct.pack('<II', 0, 0) + hashlib.sha256(params + table).digest()
        header = b'PURGATRY' + struct.pack('<II7Q', 1, HEADER_SIZE, 0x800, REGIONS, 0x1000, 0x200, 0x280, PARAMS,
                                           PARAMS_SIZE)
        image = header.ljust(PARAMS, b'\0') + params
        image += noise('purgatory', 0x800 - len(image))
        self.put(start, image.ljust(REGIONS, b'\0') + table)

    def text(self):
        ram = [(0x100000, self.size)]
        if self.below is not None:
            ram = [(0x100000, self.below), (GIB4, GIB4 + self.size - self.below)]
        lines = ['machine 1', 'arch x86_64', 'page-size 4096', f'resource 0 {self.low[0]:#x} {self.low[1]:#x} "System RAM"']
        for start, end in ram:
            lines.append(f'resource 0 {start:#x} {end:#x} "System RAM"')
            if start <= self.crash < end:
                lines.append(f'resource 1 {self.crash:#x} {self.crash + self.crash_size:#x} "Crash kernel"')
        return '\n'.join([*lines, 'cpu 0 0x3f000 368', f'vmcoreinfo {self.note:#x} {self.note + 0x1024:#x}', 'end']) + '\n'

    def iomem(self):
        return (f'{self.low[0]:08x}-{self.low[1] - 1:08x} : System RAM\n{0x100000:08x}-{self.size - 1:08x} : System RAM\n'
                f'  {self.crash:08x}-{self.crash + self.crash_size - 1:08x} : Crash kernel\n')

    # What --verify must print. The path of the file stands as @ in it.

    def lines(self):
        yield f'ok   crashkernel {self.crash:#x}-{self.crash + self.crash_size:#x} {self.crash_size >> 20} MiB'
        for address in sorted(self.segments):
            role, size, _ = self.segments[address]
            facts = []
            if role == PURGATORY:
                facts.append(f'header, parameters, digest of {self.regions} regions (its code has no checksum)')
            elif self.summed(role) and self.with_meminfo:
                facts.append(f'checksum {cksm(self.get(address, size)):#010x}')
            if self.digested(role):
                facts.append('SHA-256 intact')
            elif role != PURGATORY and not (self.summed(role) and self.with_meminfo):
                facts.append('without checksum')
            if role == MEMINFO:
                used = self.get(address + 12, 52 + 40 * len(self.records()))
                facts.append(f'version 1.0, {len(self.records())} records, checksum of header and records '
                             f'{cksm(used):#010x}')
            if role == ELFCOREHDR:
                facts.append('2 program headers')
            yield f'ok   segment {ROLES[role]} {address:#x}-{address + size:#x} {", ".join(facts)}'

    def out(self, alone=False):
        gap = []
        if self.below is not None:
            gap = [f'note @ is taken for a file of all RAM without the gap below 4 GiB: {self.below:#x} bytes lie below it']
        first = ['note the crash range is what meminfo says: no machine was given'] if alone else []
        good = [*first, *gap, *self.lines()]
        if not self.hashed:
            good.append('note purgatory: told not to verify (--no-checks)')
        if self.with_meminfo:
            good += ['note meminfo: loaded at 2026-11-21 22:26:40 UTC', f'ok   vmcoreinfo note at {self.note:#x}']
        else:
            good.append("note loaded without meminfo: checked by purgatory's digest alone")
        count = sum(line.startswith('ok') for line in good)
        return ''.join(line + '\n' for line in [*good, f'intact: {count} of {count} found good'])


class Small(Machine):
    """All in 64 KiB, for a fuzzer."""

    size = 0x10000
    file_crash, crash_size = 0x4000, 0xc000
    note = 0x3000
    low = (0x1000, 0x2000)
    kernel_at, initrd_at, params_at, purgatory_at, core_at, backup_at = 0, 0x2000, 0x4000, 0x6000, 0x9000, 0xa000
    kernel_size = 0x1000


def flips(machine):
    """Every place whose damage must be told, and by which line."""
    purgatory = machine.crash + machine.purgatory_at
    yield machine.note, machine.note + 4, 'vmcoreinfo'          # size of the name
    yield machine.note + 8, machine.note + 24 + 10, 'vmcoreinfo'    # type, name, "OSRELEASE="
    yield purgatory, purgatory + 16, 'segment purgatory'    # magic, ABI, header size
    yield purgatory + 24, purgatory + 32, 'segment purgatory'    # memory size
    yield purgatory + 40, purgatory + 48, 'segment purgatory'    # entry after a crash
    yield purgatory + 56, purgatory + 72, 'segment purgatory'    # place and size of the parameters
    yield purgatory + PARAMS, purgatory + PARAMS + RESULT, 'segment purgatory'
    yield purgatory + PARAMS + RESULT + 8, purgatory + PARAMS + PARAMS_SIZE, 'segment purgatory'
    yield purgatory + REGIONS, purgatory + REGIONS + 56 * machine.regions, 'segment purgatory'
    for address, (role, size, _) in machine.segments.items():
        if role not in (PURGATORY, BACKUP):
            yield address, address + size, f'segment {ROLES[role]}'


def corpus(fixtures):
    folder = fixtures / 'corpus' / 'verify_x86'
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(2086)
    for name, machine in [('intact', Small()), ('hotplug', Small(hotplug=True)), ('unchecked', Small(hashed=False)),
                          ('no-meminfo', Small(with_meminfo=False)), ('gap', Small(below=0x3000))]:
        for given in 0, 1:
            (folder / f'{name}-{given}').write_bytes(bytes([given]) + machine.ram)
        for i in range(20):
            bent = bytearray(machine.ram)
            for _ in range(rng.randrange(1, 4)):
                page = rng.choice([machine.meta_at, machine.purgatory_at, machine.purgatory_at + 0x1000, machine.core_at])
                at = machine.file_crash + page + rng.randrange(0x200)
                bent[at] = rng.choice([0, 1, 0x7f, 0x80, 0xff, rng.randrange(256)])
            if i % 5 == 0:
                del bent[rng.randrange(len(bent)):]
            (folder / f'{name}-bent{i}').write_bytes(bytes([i & 1]) + bent)


def main():
    target = pathlib.Path(sys.argv[1]) / 'verify_x86'
    target.mkdir(parents=True, exist_ok=True)
    corpus(target.parent)
    intact = Machine()
    for name, machine in [('intact', intact), ('gap', Machine(below=0x300000)), ('hotplug', Machine(hotplug=True)),
                          ('unchecked', Machine(hashed=False)), ('no-meminfo', Machine(with_meminfo=False))]:
        write_sparse(target / f'{name}.ram', machine.ram)
        (target / f'{name}.txt').write_text(machine.text())
        (target / f'{name}.out').write_text(machine.out())
        (target / f'{name}.alone').write_text(machine.out(alone=True))
    (target / 'intact.flips').write_text(''.join(f'{s:x} {e:x} {n}\n' for s, e, n in flips(intact)))
    for name, handoff in [('mode', (65,)), ('backup', (64, 0, 0, 0, 0, 0, 0, 0, 0x1000, 0x1000)),
                          ('rest', (64, *[0] * 13, 5))]:
        write_sparse(target / f'handoff-{name}.ram', Machine(handoff=handoff).ram)

    # Another machine's purgatory lies before the right one, which meminfo does not name any more.
    stray = Machine()
    stray.fill_purgatory(at=stray.crash + 0x80000, crash=(0x10000000, 0x20000000))
    stray.ram[stray.file_crash + stray.meta_at] ^= 1
    write_sparse(target / 'stray.ram', stray.ram)

    # Two that are whole: one reservation was given back, and another made.
    twice = Machine()
    page = meminfo([record(CRASHKERNEL, 0x200000, 0x100000)], '<', crash=(0x200000, 0x100000))
    twice.put(0x300000 - PAGE, page)
    write_sparse(target / 'twice.ram', twice.ram)
    write_sparse(target / 'intact.elf', elf_core(intact, '<', elf_machine=62))
    for kind in 'loaded', 'unloaded', 'unreadable':
        root = target / kind
        (root / 'proc').mkdir(parents=True, exist_ok=True)
        (root / 'sys/kernel').mkdir(parents=True, exist_ok=True)
        write_sparse(root / 'proc/kcore', elf_core(intact, '<', elf_machine=62, note=False))
        zero = '00000000-00000000 : System RAM\n'
        (root / 'proc/iomem').write_text(zero if kind == 'unreadable' else intact.iomem())
        (root / 'sys/kernel/kexec_crash_loaded').write_text(f'{int(kind != "unloaded")}\n')


if __name__ == '__main__':
    main()
