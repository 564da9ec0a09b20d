#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Memory images of Power machines with a crash kernel loaded, built from the specifications alone (doc/meminfo,
doc/purgatory-abi): FIXTURES/verify_ppc64/. ARCH is ppc64 or ppc64le.

ARCH-NAME.ram     memory as a file: offset = physical address
ARCH-NAME.txt     the machine as text
ARCH-NAME.out     what --verify with that machine must print; the path of the file stands as @ in it
ARCH-NAME.alone   the same without the machine
ARCH-flips        as meminfo.py, of small
ARCH-intact.elf   the same memory as an ELF core; ARCH-loaded/, ARCH-loaded-small/, ARCH-unloaded/, ARCH-bare/: the
                  same as the /proc and /sys of a machine
and seeds for tests/fuzz/fuzz_verify_ppc64.c below FIXTURES/corpus/: a byte (1: with a machine, 2: ppc64), then memory.
"""
import functools
import hashlib
import pathlib
import random
import struct
import sys

import power_trees
from meminfo import (CHECKSUM, CRASHKERNEL, DIGEST, ELFCOREHDR, HEADER_SIZE, INITRD, KERNEL, MEMINFO, PARAMS, PARAMS_SIZE,
                     PURGATORY, REGIONS, RESULT, SEGMENT, TIME, VMCOREINFO, elf_core, meminfo, record, write_sparse)
from meminfo import noise as slow_noise
from os_info import cksm as slow_cksm

BACKUP, TREE = 8, 12
ROLES = {KERNEL: 'kernel', INITRD: 'initrd', PURGATORY: 'purgatory', ELFCOREHDR: 'elfcorehdr', MEMINFO: 'meminfo',
         BACKUP: 'backup', TREE: 'device-tree'}
ORDERS = {'ppc64': '>', 'ppc64le': '<'}
ENTRY, BLOCK = 0x200, 0x100
noise, cksm = functools.cache(slow_noise), functools.cache(slow_cksm)
LOW = 0x10000


class Machine:
    size = 0x800000
    crash, crash_size = 0x400000, 0x200000
    note, kernel_pages = 0x30000, 3
    # From the start of the crash range.
    kernel_at, backup_at, core_at, initrd_at, purgatory_at, tree_at = 0, 0x30000, 0x40000, 0x50000, 0x1a0000, 0x1c0000

    def __init__(self, arch, page=0x10000, hotplug=False, with_meminfo=True, hashed=True, handoff=None, ran=0):
        self.arch, self.order, self.page = arch, ORDERS[arch], page
        self.hotplug, self.with_meminfo, self.hashed, self.ran = hotplug, with_meminfo, hashed, ran
        self.meta_at, self.kernel_size = self.crash_size - page, self.kernel_pages * page
        self.ram = bytearray(self.size)
        self.segments = {}      # address: (role, memory size, data)
        text = b'OSRELEASE=6.12.0\nPAGESIZE=65536\n'
        self.put(self.note, struct.pack(self.order + 'III', 11, len(text), 0) + b'VMCOREINFO\0\0' + text)
        self.kernel = noise('kernel', self.kernel_size - 0xcbb)
        self.add(KERNEL, self.kernel_at, self.kernel_size, self.kernel)
        self.add(BACKUP, self.backup_at, LOW, b'')
        self.put(self.crash + self.backup_at + 0x177, b'what was there before')
        self.add(ELFCOREHDR, self.core_at, page, self.core_header())
        self.add(INITRD, self.initrd_at, max(page, 0x2000), noise('initrd', 0x1234))
        self.add(PURGATORY, self.purgatory_at, max(page, 0x2000), b'')
        self.add(TREE, self.tree_at, page, self.device_tree())
        if with_meminfo:
            self.add(MEMINFO, self.meta_at, page, b'')
            self.fill_meminfo()
        self.fill_purgatory(handoff or {})
        if ran:
            self.put(self.crash + self.kernel_at + 0x5c, struct.pack(self.order + 'I', 1))

    def put(self, address, data):
        self.ram[address:address + len(data)] = data

    def get(self, address, size):
        return bytes(self.ram[address:address + size])

    def add(self, role, offset, size, data):
        self.segments[self.crash + offset] = (role, size, data)
        self.put(self.crash + offset, data)

    def core_header(self):
        out = b'\x7fELF' + bytes([2, 2 if self.order == '>' else 1, 1]) + bytes(9)
        out += struct.pack(self.order + 'HHIQQQIHHHHHH', 4, 21, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
        for start, end, offset in (0, LOW, self.crash + self.backup_at), (LOW, max(self.crash, 2 * LOW), LOW):
            out += struct.pack(self.order + 'IIQQQQQQ', 1, 7, offset, 0xc000000000000000 + start, start, end - start,
                               end - start, 0)
        return out

    def device_tree(self):
        """Big endian on both."""
        return power_trees.flatten(power_trees.Node({'model': b'made\0'}, chosen=power_trees.Node({'bootargs': b'x\0'})))

    def plain(self, role):
        return role in (PURGATORY, BACKUP) or (self.hotplug and role in (ELFCOREHDR, TREE))

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
        page = meminfo(self.records(), self.order, entry=self.crash + self.purgatory_at + ENTRY, time=TIME, flags=1,
                       crash=(self.crash, self.crash_size))
        self.put(self.crash + self.meta_at, page.ljust(self.page, b'\0'))

    def fill_purgatory(self, changes):
        start, order = self.crash + self.purgatory_at, self.order
        handoff = [self.crash + self.kernel_at, self.crash + self.tree_at, 1, 0, self.crash + self.backup_at, LOW, 1, 0x71000000,
                   0, 0, 1, 0x2fff0000, 0x2fff0010, 0x200a, 0, 0]
        for index, value in changes.items():
            handoff[index] = value
        table = b''
        for address in sorted(self.segments):
            role, size, _ = self.segments[address]
            if role != PURGATORY:
                hashed = self.digested(role)
                digest = hashlib.sha256(self.get(address, size)).digest() if hashed else bytes(32)
                table += struct.pack(order + 'QQII', address, size, role, int(hashed)) + digest
        self.regions = len(table) // 56
        params = struct.pack(order + 'IIQIIQQQ', 2 if self.hashed else 3, 0, REGIONS, self.regions, 56, REGIONS + 16 * 56,
                             self.crash, self.crash + self.crash_size)
        params += struct.pack(order + '16Q', *handoff)
        assert len(params) == RESULT
        params += struct.pack(order + 'II', self.ran, 0) + hashlib.sha256(params + table).digest()
        header = b'PURGATRY' + struct.pack(order + 'II7Q', 1, HEADER_SIZE, 0x800, REGIONS, 0x1000, ENTRY, ENTRY, PARAMS,
                                           PARAMS_SIZE)
        image = bytearray(header.ljust(PARAMS, b'\0') + params)
        image += noise('purgatory', 0x800 - len(image))
        image[ENTRY + 4:ENTRY + BLOCK] = self.kernel[4:BLOCK]
        self.put(start, image.ljust(REGIONS, b'\0') + table)

    def text(self, page=None):
        return '\n'.join(['machine 1', f'arch {self.arch}', f'page-size {page or self.page}',
                          f'resource 0 0x0 {self.size:#x} "System RAM"',
                          f'resource 1 {self.crash:#x} {self.crash + self.crash_size:#x} "Crash kernel"',
                          'cpu 0 0x3f000 552', f'vmcoreinfo {self.note:#x} {self.note + 0x1024:#x}', 'end']) + '\n'

    # What --verify must print.

    def lines(self):
        yield f'ok   crashkernel {self.crash:#x}-{self.crash + self.crash_size:#x} {self.crash_size >> 20} MiB'
        for address in sorted(self.segments):
            role, size, data = self.segments[address]
            facts = []
            if role == PURGATORY:
                facts.append(f'header, parameters, digest of {self.regions} regions (its code has no checksum)')
                facts.append('block of the waiting CPUs')
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
            if role == TREE:
                facts.append(f'header of {len(data):#x} bytes of device tree')
            yield f'ok   segment {ROLES[role]} {address:#x}-{address + size:#x} {", ".join(facts)}'

    def out(self, alone=False):
        good = ['note the crash range is what meminfo says: no machine was given'] if alone else []
        good += self.lines()
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


class Small(Machine):
    """All in 128 KiB, for a fuzzer."""

    size = 0x20000
    crash, crash_size = 0x4000, 0x1c000
    note, kernel_pages = 0x3000, 1
    kernel_at, backup_at, core_at, initrd_at, purgatory_at, tree_at = 0, 0x1000, 0x11000, 0x12000, 0x15000, 0x18000

    def __init__(self, arch, **how):
        super().__init__(arch, page=0x1000, **how)


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
    yield purgatory + ENTRY + 4, purgatory + ENTRY + BLOCK, 'segment purgatory'
    yield purgatory + REGIONS, purgatory + REGIONS + 56 * machine.regions, 'segment purgatory'
    for address, (role, size, _) in machine.segments.items():
        if role not in (PURGATORY, BACKUP):
            yield address, address + size, f'segment {ROLES[role]}'


def corpus(fixtures):
    folder = fixtures / 'corpus' / 'verify_ppc64'
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(2107)
    for number, arch in enumerate(('ppc64le', 'ppc64')):
        for name, machine in [('intact', Small(arch)), ('hotplug', Small(arch, hotplug=True)),
                              ('ran', Small(arch, hashed=False, with_meminfo=False, ran=4))]:
            for given in 0, 1:
                (folder / f'{arch}-{name}-{given}').write_bytes(bytes([2 * number + given]) + machine.ram)
            for i in range(12):
                bent = bytearray(machine.ram)
                for _ in range(rng.randrange(1, 4)):
                    page = rng.choice([machine.meta_at, machine.purgatory_at, machine.purgatory_at + 0x1000, machine.core_at,
                                       machine.tree_at])
                    bent[machine.crash + page + rng.randrange(0x200)] = rng.choice([0, 1, 0x7f, 0x80, 0xff, rng.randrange(256)])
                if i % 5 == 0:
                    del bent[rng.randrange(len(bent)):]
                (folder / f'{arch}-{name}-bent{i}').write_bytes(bytes([2 * number + (i & 1)]) + bent)


def root(machine, path, kernel=True, loaded=True):
    """/proc and /sys. Where the reservation is, the device tree says; kernel: there is one."""
    made = power_trees.made_machine('pseries')
    for name in [name for name in made.tree.nodes if name.startswith('memory@')]:
        del made.tree.nodes[name]
    power_trees.memory_node(made.tree, 0, machine.size)
    del made.tree.nodes['rtas']
    made.tree.at('chosen').props.update({'linux,crashkernel-base': power_trees.u64(machine.crash),
                                         'linux,crashkernel-size': power_trees.u64(machine.crash_size),
                                         'linux,kernel-end': power_trees.u64(0x200000)})
    if not kernel:
        del made.tree.at('chosen').props['linux,crashkernel-base'], made.tree.at('chosen').props['linux,crashkernel-size']
    made.iomem, made.cpus = [(0, 0, machine.size, 'System RAM')], []
    made.write(path)
    (path / 'sys/kernel/kexec_crash_loaded').write_text(f'{int(loaded)}\n')
    write_sparse(path / 'proc/kcore', elf_core(machine, machine.order, elf_machine=21, note=False))


def make(target, arch):
    intact, small = Machine(arch), Machine(arch, page=0x1000)
    for name, machine in [('intact', intact), ('small', small), ('hotplug', Machine(arch, hotplug=True)),
                          ('unchecked', Machine(arch, hashed=False)), ('no-meminfo', Machine(arch, with_meminfo=False)),
                          ('ran', Machine(arch, hashed=False, with_meminfo=False, ran=4))]:
        write_sparse(target / f'{arch}-{name}.ram', machine.ram)
        (target / f'{arch}-{name}.txt').write_text(machine.text())
        (target / f'{arch}-{name}.out').write_text(machine.out())
        (target / f'{arch}-{name}.alone').write_text(machine.out(alone=True))
    (target / f'{arch}-other-page.txt').write_text(intact.text(page=0x1000))
    (target / f'{arch}-flips').write_text(''.join(f'{s:x} {e:x} {n}\n' for s, e, n in flips(small)))
    changes = {'kernel': {0: 0x430000}, 'tree': {1: 0x5c0010}, 'run': {2: 2}, 'source': {3: 0x1000}, 'target': {4: 0x420001},
               'size': {5: 0x8000}, 'console': {6: 3}, 'terminal': {7: 1 << 32}, 'opal': {8: 0x30000000, 9: 0x20000000},
               'features': {10: 2}, 'rtas': {12: 0x1000}, 'reboot': {13: 1 << 33}, 'rest': {15: 5}}
    for name, values in changes.items():
        write_sparse(target / f'{arch}-handoff-{name}.ram', Machine(arch, handoff=values).ram)

    # Two that are whole: one reservation was given back, and another made.
    twice = Machine(arch)
    twice.put(0x2f0000, meminfo([record(CRASHKERNEL, 0x200000, 0x100000)], twice.order, crash=(0x200000, 0x100000)))
    write_sparse(target / f'{arch}-twice.ram', twice.ram)
    write_sparse(target / f'{arch}-intact.elf', elf_core(intact, intact.order, elf_machine=21))
    root(intact, target / f'{arch}-loaded')
    root(small, target / f'{arch}-loaded-small')
    root(intact, target / f'{arch}-unloaded', loaded=False)
    root(intact, target / f'{arch}-bare', kernel=False)


def main():
    target = pathlib.Path(sys.argv[1]) / 'verify_ppc64'
    target.mkdir(parents=True, exist_ok=True)
    corpus(target.parent)
    for arch in ORDERS:
        make(target, arch)


if __name__ == '__main__':
    main()
