#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Memory with a crash kernel loaded into it as the specifications say (doc/meminfo, doc/purgatory-abi), for the makers
of the architectures whose memory --verify reads alike: verify_x86.py, verify_ppc64.py. Makes no fixture itself.
"""
import functools
import hashlib
import struct

from meminfo import (CHECKSUM, CRASHKERNEL, DIGEST, ELFCOREHDR, HEADER_SIZE, INITRD, KERNEL, MEMINFO, PAGE, PARAMS,
                     PARAMS_SIZE, PURGATORY, REGIONS, RESULT, SEGMENT, TIME, VMCOREINFO, meminfo, record, write_sparse)
from meminfo import noise as slow_noise
from os_info import cksm as slow_cksm

BOOT_PARAMS, BACKUP, TREE = 7, 8, 12
ROLES = {KERNEL: 'kernel', INITRD: 'initrd', PURGATORY: 'purgatory', ELFCOREHDR: 'elfcorehdr', MEMINFO: 'meminfo',
         BOOT_PARAMS: 'boot-params', BACKUP: 'backup', TREE: 'device-tree'}
noise, cksm = functools.cache(slow_noise), functools.cache(slow_cksm)


class Loaded:
    """What an architecture gives: size of the memory; crash, crash_size, note; of places from the start of the crash
    range backup_at, purgatory_at, meta_at; what stands below; and the functions add_segments, handoff, loads, text."""

    order, page, linux_page = '<', PAGE, 4096
    elf_machine = 0
    entry, entry_normal = 0x200, 0x280      # in purgatory
    checked_code = ()       # (start, end) in purgatory: what a reader compares of its code
    kept_current = (ELFCOREHDR,)    # roles that the kernel itself changes where CPUs and memory come and go
    ran = 0     # what purgatory found

    def __init__(self, hotplug=False, with_meminfo=True, hashed=True):
        self.hotplug, self.with_meminfo, self.hashed = hotplug, with_meminfo, hashed
        self.ram = bytearray(self.size)
        self.segments = {}      # address: (role, memory size, data)
        text = f'OSRELEASE=6.12.0\nPAGESIZE={self.linux_page}\n'.encode()
        self.put(self.note, struct.pack(self.order + 'III', 11, len(text), 0) + b'VMCOREINFO\0\0' + text)
        self.add_segments()
        self.put(self.crash + self.backup_at + 0x177, b'what was there before')
        if with_meminfo:
            self.add(MEMINFO, self.meta_at, self.page, b'')
            self.fill_meminfo()
        self.fill_purgatory()

    def offset(self, address):
        """In the file."""
        return address

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
        """loads() are (offset, virtual address, start, end) of program headers."""
        loads = self.loads()
        out = b'\x7fELF' + bytes([2, 2 if self.order == '>' else 1, 1]) + bytes(9)
        out += struct.pack(self.order + 'HHIQQQIHHHHHH', 4, self.elf_machine, 1, 0, 64, 0, 0, 64, 56, len(loads),
                           0, 0, 0)
        for offset, virtual, start, end in loads:
            out += struct.pack(self.order + 'IIQQQQQQ', 1, 7, offset, virtual, start, end - start, end - start, 0)
        return out

    def plain(self, role):
        return role in (PURGATORY, BACKUP) or (self.hotplug and role in self.kept_current)

    def summed(self, role):
        return not self.plain(role) and role != MEMINFO

    def digested(self, role):
        return self.hashed and not self.plain(role)

    def records(self):
        out = [record(CRASHKERNEL, self.crash, self.crash_size)]
        for address in sorted(self.segments):
            role, size, data = self.segments[address]
            summed = self.summed(role)
            length = {PURGATORY: REGIONS + 16 * 56, MEMINFO: self.page}.get(role, len(data))
            out.append(record(SEGMENT, address, size, role, cksm(self.get(address, size)) if summed else 0,
                              CHECKSUM if summed else 0, length))
        out.append(record(VMCOREINFO, self.note, 0x1024))
        out.append(record(DIGEST, self.crash + self.purgatory_at + PARAMS + PARAMS_SIZE - 32, 32))
        return out

    def fill_meminfo(self):
        page = meminfo(self.records(), self.order, entry=self.crash + self.purgatory_at + self.entry, time=TIME,
                       flags=1, crash=(self.crash, self.crash_size))
        self.put(self.crash + self.meta_at, page.ljust(self.page, b'\0'))

    def add_reservation(self, start, size):
        """Another one, with nothing in it but a meminfo that is whole."""
        page = meminfo([record(CRASHKERNEL, start, size)], self.order, crash=(start, size))
        self.put(start + size - self.page, page)

    def fill_purgatory(self, at=None, crash=None):
        """at, crash: where it lies, and the crash range that it is told of, if not this machine's."""
        start, order = self.crash + self.purgatory_at if at is None else at, self.order
        handoff = self.handoff()
        table = b''
        for address in sorted(self.segments):
            role, size, _ = self.segments[address]
            if role != PURGATORY:
                hashed = self.digested(role)
                digest = hashlib.sha256(self.get(address, size)).digest() if hashed else bytes(32)
                table += struct.pack(order + 'QQII', address, size, role, int(hashed)) + digest
        self.regions = len(table) // 56
        params = struct.pack(order + 'IIQIIQQQ', 2 if self.hashed else 3, 0, REGIONS, self.regions, 56,
                             REGIONS + 16 * 56, *(crash or (self.crash, self.crash + self.crash_size)))
        params += struct.pack(order + '16Q', *handoff, *[0] * (16 - len(handoff)))
        assert len(params) == RESULT
        params += struct.pack(order + 'II', self.ran, 0) + hashlib.sha256(params + table).digest()
        header = b'PURGATRY' + struct.pack(order + 'II7Q', 1, HEADER_SIZE, 0x800, REGIONS, 0x1000, self.entry,
                                           self.entry_normal, PARAMS, PARAMS_SIZE)
        image = header.ljust(PARAMS, b'\0') + params
        image += noise('purgatory', 0x800 - len(image))
        self.put(start, image.ljust(REGIONS, b'\0') + table)

    # What --verify must print. The path of the file stands as @ in it.

    def facts(self, role, data):
        """What is told of a segment of this architecture alone."""
        del role, data
        return []

    def first_notes(self):
        return []

    def lines(self):
        yield f'ok   crashkernel {self.crash:#x}-{self.crash + self.crash_size:#x} {self.crash_size >> 20} MiB'
        for address in sorted(self.segments):
            role, size, data = self.segments[address]
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
                facts.append(f'{len(self.loads())} program headers')
            facts += self.facts(role, data)
            yield f'ok   segment {ROLES[role]} {address:#x}-{address + size:#x} {", ".join(facts)}'

    def out(self, alone=False):
        good = ['note the crash range is what meminfo says: no machine was given'] if alone else []
        good += [*self.first_notes(), *self.lines()]
        if not self.hashed:
            good.append('note purgatory: told not to verify (--no-checks)')
        if self.ran:
            good.append('note purgatory: it has run without checking')
        if self.with_meminfo:
            good += ['note meminfo: loaded at 2026-11-21 22:26:40 UTC', f'ok   vmcoreinfo note at {self.note:#x}']
        else:
            good.append("note loaded without meminfo: checked by purgatory's digest alone")
        count = sum(line.startswith('ok') for line in good)
        return ''.join(line + '\n' for line in [*good, f'intact: {count} of {count} found good'])

    def flips(self):
        """Every place whose damage must be told, and by which line."""
        purgatory = self.crash + self.purgatory_at
        yield self.note, self.note + 4, 'vmcoreinfo'          # size of the name
        yield self.note + 8, self.note + 24 + 10, 'vmcoreinfo'    # type, name, "OSRELEASE="
        yield purgatory, purgatory + 16, 'segment purgatory'    # magic, ABI, header size
        yield purgatory + 24, purgatory + 32, 'segment purgatory'    # memory size
        yield purgatory + 40, purgatory + 48, 'segment purgatory'    # entry after a crash
        yield purgatory + 56, purgatory + 72, 'segment purgatory'    # place and size of the parameters
        yield purgatory + PARAMS, purgatory + PARAMS + RESULT, 'segment purgatory'
        yield purgatory + PARAMS + RESULT + 8, purgatory + PARAMS + PARAMS_SIZE, 'segment purgatory'
        for start, end in self.checked_code:
            yield purgatory + start, purgatory + end, 'segment purgatory'
        yield purgatory + REGIONS, purgatory + REGIONS + 56 * self.regions, 'segment purgatory'
        for address, (role, size, _) in self.segments.items():
            if role not in (PURGATORY, BACKUP):
                yield address, address + size, f'segment {ROLES[role]}'


def write(target, name, machine):
    """The files of that name that both makers list."""
    write_sparse(target / f'{name}.ram', machine.ram)
    (target / f'{name}.txt').write_text(machine.text())
    (target / f'{name}.out').write_text(machine.out())
    (target / f'{name}.alone').write_text(machine.out(alone=True))


def write_flips(path, machine):
    path.write_text(''.join(f'{s:x} {e:x} {n}\n' for s, e, n in machine.flips()))


def write_seeds(folder, name, machine, rng, count, pages=(), kind=0):
    """For a fuzzer: its memory as it is, and `count` times with some bytes changed, of those pages of the crash range
    and the ones that every architecture has. The byte before it: kind, and 1 where the reader is told the machine."""
    pages = [machine.meta_at, machine.purgatory_at, machine.purgatory_at + 0x1000, machine.core_at, *pages]
    for given in 0, 1:
        (folder / f'{name}-{given}').write_bytes(bytes([kind | given]) + machine.ram)
    for i in range(count):
        bent = bytearray(machine.ram)
        for _ in range(rng.randrange(1, 4)):
            at = machine.offset(machine.crash) + rng.choice(pages) + rng.randrange(0x200)
            bent[at] = rng.choice([0, 1, 0x7f, 0x80, 0xff, rng.randrange(256)])
        if i % 5 == 0:
            del bent[rng.randrange(len(bent)):]
        (folder / f'{name}-bent{i}').write_bytes(bytes([kind | i & 1]) + bent)
