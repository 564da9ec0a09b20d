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
import pathlib
import random
import sys

from loaded_memory import BACKUP, BOOT_PARAMS, Loaded, noise, write, write_flips, write_seeds
from meminfo import ELFCOREHDR, INITRD, KERNEL, PAGE, PURGATORY, elf_core, write_sparse

GIB4 = 1 << 32


class Machine(Loaded):
    """below: bytes of RAM below the gap, where there is one."""

    size = 0x800000
    file_crash, crash_size = 0x400000, 0x200000     # the crash range's offset in the file
    note = 0x30000
    elf_machine = 62
    kernel_size = 0x3000
    low = (0x1000, 0x9f000)
    # From the start of the crash range.
    kernel_at, initrd_at, params_at, purgatory_at, core_at, backup_at = 0, 0x100000, 0x110000, 0x112000, 0x15f000, 0x160000

    def __init__(self, below=None, handoff=None, **how):
        self.below, self.given = below, handoff
        self.crash = self.file_crash if below is None else GIB4 + self.file_crash - below
        self.meta_at = self.crash_size - PAGE
        super().__init__(**how)

    def add_segments(self):
        self.add(KERNEL, self.kernel_at, self.kernel_size, noise('kernel', self.kernel_size - 0xcbb))
        self.add(INITRD, self.initrd_at, 0x2000, noise('initrd', 0x1234))
        self.add(BOOT_PARAMS, self.params_at, 0x1000, noise('boot params', 0x1000))
        self.add(PURGATORY, self.purgatory_at, 0x2000, b'')
        self.add(ELFCOREHDR, self.core_at, PAGE, self.core_header())
        self.add(BACKUP, self.backup_at, self.low[1] - self.low[0], b'')

    def offset(self, address):
        return address if address < GIB4 else address - GIB4 + self.below

    def loads(self):
        return [(start, start, start, end) for start, end in (self.low, (self.note, self.file_crash))]

    def handoff(self):
        return self.given or (64, self.crash + 0x200, 0, 0, self.crash + self.params_at, 0, 0, self.low[0],
                              self.crash + self.backup_at, self.low[1] - self.low[0])

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

    def first_notes(self):
        if self.below is None:
            return []
        return [f'note @ is taken for a file of all RAM without the gap below 4 GiB: {self.below:#x} bytes lie below it']


class Small(Machine):
    """All in 64 KiB, for a fuzzer."""

    size = 0x10000
    file_crash, crash_size = 0x4000, 0xc000
    note = 0x3000
    low = (0x1000, 0x2000)
    kernel_at, initrd_at, params_at, purgatory_at, core_at, backup_at = 0, 0x2000, 0x4000, 0x6000, 0x9000, 0xa000
    kernel_size = 0x1000


def corpus(fixtures):
    folder = fixtures / 'corpus' / 'verify_x86'
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(2086)
    for name, machine in [('intact', Small()), ('hotplug', Small(hotplug=True)), ('unchecked', Small(hashed=False)),
                          ('no-meminfo', Small(with_meminfo=False)), ('gap', Small(below=0x3000))]:
        write_seeds(folder, name, machine, rng, 20)


def main():
    target = pathlib.Path(sys.argv[1]) / 'verify_x86'
    target.mkdir(parents=True, exist_ok=True)
    corpus(target.parent)
    intact = Machine()
    for name, machine in [('intact', intact), ('gap', Machine(below=0x300000)), ('hotplug', Machine(hotplug=True)),
                          ('unchecked', Machine(hashed=False)), ('no-meminfo', Machine(with_meminfo=False))]:
        write(target, name, machine)
    write_flips(target / 'intact.flips', intact)
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
    twice.add_reservation(0x200000, 0x100000)
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
