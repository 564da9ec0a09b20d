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
import pathlib
import random
import struct
import sys

import power_trees
from loaded_memory import BACKUP, TREE, Loaded, noise, write, write_flips, write_seeds
from meminfo import ELFCOREHDR, INITRD, KERNEL, PURGATORY, elf_core, write_sparse

ORDERS = {'ppc64': '>', 'ppc64le': '<'}
ENTRY, BLOCK = 0x200, 0x100
LOW = 0x10000


class Machine(Loaded):
    size = 0x800000
    crash, crash_size = 0x400000, 0x200000
    note, kernel_pages = 0x30000, 3
    elf_machine, linux_page = 21, 65536
    entry, entry_normal, checked_code = ENTRY, ENTRY, [(ENTRY + 4, ENTRY + BLOCK)]
    kept_current = (ELFCOREHDR, TREE)
    # From the start of the crash range.
    kernel_at, backup_at, core_at, initrd_at, purgatory_at, tree_at = 0, 0x30000, 0x40000, 0x50000, 0x1a0000, 0x1c0000

    def __init__(self, arch, page=0x10000, handoff=None, ran=0, **how):
        self.arch, self.order, self.page, self.changes, self.ran = arch, ORDERS[arch], page, handoff or {}, ran
        self.meta_at, self.kernel_size = self.place(), self.kernel_pages * page
        self.kernel = noise('kernel', self.kernel_size - 0xcbb)
        super().__init__(**how)
        if ran:
            self.put(self.crash + self.kernel_at + 0x5c, struct.pack(self.order + 'I', 1))

    def place(self):
        """Of meminfo, in the reservation."""
        return self.crash_size - self.page

    def add_segments(self):
        self.add(KERNEL, self.kernel_at, self.kernel_size, self.kernel)
        self.add(BACKUP, self.backup_at, LOW, b'')
        self.add(ELFCOREHDR, self.core_at, self.page, self.core_header())
        self.add(INITRD, self.initrd_at, max(self.page, 0x2000), noise('initrd', 0x1234))
        self.add(PURGATORY, self.purgatory_at, max(self.page, 0x2000), b'')
        self.add(TREE, self.tree_at, self.page, self.device_tree())

    def loads(self):
        return [(offset, 0xc000000000000000 + start, start, end)
                for start, end, offset in ((0, LOW, self.crash + self.backup_at), (LOW, max(self.crash, 2 * LOW), LOW))]

    def device_tree(self):
        """Big endian on both."""
        return power_trees.flatten(power_trees.Node({'model': b'made\0'}, chosen=power_trees.Node({'bootargs': b'x\0'})))

    def handoff(self):
        values = [self.crash + self.kernel_at, self.crash + self.tree_at, 1, 0, self.crash + self.backup_at, LOW, 1,
                  0x71000000, 0, 0, 1, 0x2fff0000, 0x2fff0010, 0x200a, 0, 0]
        for index, value in self.changes.items():
            values[index] = value
        return values

    def fill_purgatory(self, at=None, crash=None):
        """With the block of the waiting CPUs."""
        super().fill_purgatory(at, crash)
        self.put(self.crash + self.purgatory_at + ENTRY + 4, self.kernel[4:BLOCK])

    def text(self, page=None):
        return '\n'.join(['machine 1', f'arch {self.arch}', f'page-size {page or self.page}',
                          f'resource 0 0x0 {self.size:#x} "System RAM"',
                          f'resource 1 {self.crash:#x} {self.crash + self.crash_size:#x} "Crash kernel"',
                          'cpu 0 0x3f000 552', f'vmcoreinfo {self.note:#x} {self.note + 0x1024:#x}', 'end']) + '\n'

    def facts(self, role, data):
        return {PURGATORY: ['block of the waiting CPUs'],
                TREE: [f'header of {len(data):#x} bytes of device tree']}.get(role, [])


class Moved(Machine):
    """Firmware has the end of the reservation, `below` bytes from meminfo's page on."""

    def __init__(self, arch, below=0x20000, crash_size=0x200000, **how):
        self.below, self.crash_size = below, crash_size
        self.size = self.crash + crash_size + 0x400000
        super().__init__(arch, **how)
        self.put(self.crash + crash_size - below, b'firmware')

    def place(self):
        return self.crash_size - self.below - self.page


class Small(Machine):
    """All in 128 KiB, for a fuzzer."""

    size = 0x20000
    crash, crash_size = 0x4000, 0x1c000
    note, kernel_pages = 0x3000, 1
    kernel_at, backup_at, core_at, initrd_at, purgatory_at, tree_at = 0, 0x1000, 0x11000, 0x12000, 0x15000, 0x18000

    def __init__(self, arch, **how):
        super().__init__(arch, page=0x1000, **how)


def corpus(fixtures):
    folder = fixtures / 'corpus' / 'verify_ppc64'
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(2107)
    for number, arch in enumerate(('ppc64le', 'ppc64')):
        for name, machine in [('intact', Small(arch)), ('hotplug', Small(arch, hotplug=True)),
                              ('ran', Small(arch, hashed=False, with_meminfo=False, ran=4))]:
            write_seeds(folder, f'{arch}-{name}', machine, rng, 12, pages=[machine.tree_at], kind=2 * number)


def root(machine, path, kernel=True, loaded=True, rtas=None):
    """/proc and /sys. Where the reservation is, the device tree says; kernel: there is one. rtas: (start, end)"""
    made = power_trees.made_machine('pseries')
    for name in [name for name in made.tree.nodes if name.startswith('memory@')]:
        del made.tree.nodes[name]
    power_trees.memory_node(made.tree, 0, machine.size)
    if rtas:
        made.tree.at('rtas').props.update({'linux,rtas-base': power_trees.u32(rtas[0]),
                                           'linux,rtas-entry': power_trees.u32(rtas[0]),
                                           'rtas-size': power_trees.u32(rtas[1] - rtas[0])})
    else:
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
                          ('ran', Machine(arch, hashed=False, with_meminfo=False, ran=4)),
                          ('moved', Moved(arch)), ('moved-small', Moved(arch, below=0x13000, page=0x1000))]:
        write(target, f'{arch}-{name}', machine)
    (target / f'{arch}-other-page.txt').write_text(intact.text(page=0x1000))
    write_flips(target / f'{arch}-flips', small)
    changes = {'kernel': {0: 0x430000}, 'tree': {1: 0x5c0010}, 'run': {2: 2}, 'source': {3: 0x1000}, 'target': {4: 0x420001},
               'size': {5: 0x8000}, 'console': {6: 3}, 'terminal': {7: 1 << 32}, 'opal': {8: 0x30000000, 9: 0x20000000},
               'features': {10: 2}, 'rtas': {12: 0x1000}, 'reboot': {13: 1 << 33}, 'rest': {15: 5}}
    for name, values in changes.items():
        write_sparse(target / f'{arch}-handoff-{name}.ram', Machine(arch, handoff=values).ram)

    # Two that are whole: one reservation was given back, and another made.
    twice = Machine(arch)
    twice.add_reservation(0x200000, 0x100000)
    write_sparse(target / f'{arch}-twice.ram', twice.ram)
    write_sparse(target / f'{arch}-intact.elf', elf_core(intact, intact.order, elf_machine=21))
    # The lowest place that is looked at, and the one below.
    for name, below in ('deep', 0x3ff0000), ('too-deep', 0x4000000):
        write_sparse(target / f'{arch}-{name}.ram', Moved(arch, below, 0x4400000).ram)
    (target / f'{arch}-deep.txt').write_text(Moved(arch, 0x3ff0000, 0x4400000).text())
    root(Moved(arch), target / f'{arch}-loaded-moved', rtas=(0x5e8765, 0x601234))
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
