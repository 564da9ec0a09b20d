#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Crash loads on Power, a second opinion: machines, and what a crash load of each must contain: FIXTURES/crash_ppc64/.

ARCH-NAME.txt      the machine: one of power_trees.py, changed; ARCH is ppc64 or ppc64le
ARCH-NAME.core     the ELF core header, byte for byte (elf(5), doc/plan-text)
ARCH-NAME.meminfo  the page of a load that has, beside its own parts, only a kernel
NAME.expect        facts, one on a line: KEYWORD VALUES, see expect(); addresses hexadecimal
names              the NAMEs
"""
import pathlib
import re
import struct
import sys

from meminfo import CHECKSUM, CRASHKERNEL, ELFCOREHDR, KERNEL, MEMINFO, SEGMENT, VMCOREINFO, meminfo, record
from os_info import cksm
from power_trees import GIB, KERNEL_END, MIB, made_machine, memory_node, u32, u64

BACKUP, LOW = 8, 0x10000
KERNEL_DATA, KERNEL_MEMORY = bytes((i * 13 + i // 4096) & 0xff for i in range(5001)), 0x30000
PAGE_OFFSET = 0xc000000000000000
HOTPLUG_SIZE = 0x29000
ORDERS = {'ppc64': '>', 'ppc64le': '<'}


def cut(ranges, holes):
    """What is left of the ranges: every address between two edges is in or out as one."""
    edges = sorted({edge for pair in [*ranges, *holes] for edge in pair})
    out = []
    for s, e in zip(edges, edges[1:]):
        if any(a <= s < b for a, b in ranges) and not any(a <= s < b for a, b in holes):
            if out and out[-1][1] == s:
                out[-1] = (out[-1][0], e)
            else:
                out.append((s, e))
    return out


class Scene:
    """ram: as given. rtas, opal: (start, end) or None. in_use: what else nobody may be loaded over."""

    def __init__(self, kind='pseries', page=0x10000, crash=(128 * MIB, 384 * MIB), ram=((0, 2 * GIB),), rtas=None, opal=None,
                 tce=(), cpus=((0, 0x7ff20c00), (1, 0x7ff60c00)), vmcoreinfo=True):
        m = made_machine(kind)
        for name in [name for name in m.tree.nodes if name.startswith('memory@')]:
            del m.tree.nodes[name]
        m.tree.nodes.pop('reserved-memory', None)
        for name in 'reserved-ranges', 'reserved-names':
            m.tree.props.pop(name, None)
        for name in 'linux,memory-limit', 'linux,htab-base', 'linux,htab-size', 'linux,initrd-start', 'linux,initrd-end':
            m.tree.at('chosen').props.pop(name, None)
        for node in m.tree.nodes.values():
            node.props.pop('linux,tce-base', None)
            node.props.pop('linux,tce-size', None)
        for start, end in ram:
            memory_node(m.tree, start, end - start)
        m.tree.at('chosen').props.update({'linux,crashkernel-base': u64(crash[0]),
                                          'linux,crashkernel-size': u64(crash[1] - crash[0])})
        if rtas:
            m.tree.at('rtas').props.update({'linux,rtas-base': u32(rtas[0]), 'linux,rtas-entry': u32(rtas[0]),
                                            'rtas-size': u32(rtas[1] - rtas[0])})
        elif 'rtas' in m.tree.nodes:
            del m.tree.nodes['rtas']
        if opal:
            m.tree.at('ibm,opal').props.update({'opal-base-address': u64(opal[0]), 'opal-entry-address': u64(opal[0] + 0x50c0),
                                                'opal-runtime-size': u64(opal[1] - opal[0])})
        for number, (start, end) in enumerate(tce):
            m.tree.add(f'pciex@{number:x}', {'device_type': b'pci\0', 'linux,tce-base': u64(start),
                                             'linux,tce-size': u32(end - start)})
        m.iomem = [(0, *pair, 'System RAM') for pair in ram] + [(1, *crash, 'Crash kernel')]
        m.iomem.sort(key=lambda line: (line[1], line[0]))
        m.cpus = list(cpus)
        m.cmdline = 'quiet'
        self.made, self.page, self.ram, self.rtas, self.opal, self.tce = m, page, ram, rtas, opal, tce
        self.has_vmcoreinfo = vmcoreinfo
        self.crash = (-(-crash[0] // page) * page, crash[1] // page * page)
        self.reservation = crash

    def text(self, arch):
        text = self.made.text(arch).replace('page-size 65536', f'page-size {self.page}')
        return text if self.has_vmcoreinfo else re.sub(r'vmcoreinfo .*\n', '', text)

    def pages(self, pair):
        return pair[0] // self.page * self.page, -(-pair[1] // self.page) * self.page

    def firmware(self):
        return [self.pages(pair) for pair in (self.rtas, self.opal) if pair]

    def usable(self):
        """For the capture kernel."""
        ranges = [(0, self.crash[1]), *self.firmware(), *map(self.pages, self.tce)]
        return cut(ranges, [])

    def room(self):
        """For what is loaded."""
        free = cut([self.crash], [self.pages((0, KERNEL_END)), *self.firmware(), *map(self.pages, self.tce)])
        end = 1 << 64 if self.opal else self.ram[0][1]
        return [(s, min(e, end)) for s, e in free if s < end]


class Load:
    def __init__(self, scene, with_meminfo=True, hotplug=False):
        self.scene, self.taken = scene, []
        page = scene.page
        self.kernel = self.take(KERNEL_MEMORY, LOW)
        self.meminfo = None
        if with_meminfo:
            # Firmware leaves it and it can be reached: the last such page of the reservation.
            self.meminfo = max(e // page * page - page for s, e in scene.room() if e // page * page - page >= s)
            self.taken.append((self.meminfo, self.meminfo + page))
        self.backup = self.take(LOW, LOW)
        self.parts = list(self.phdrs())
        size = max(64 + 56 * len(self.parts), HOTPLUG_SIZE if hotplug else 0)
        size = -(-size // page) * page
        start = self.take(size, page)
        self.core = (start, start + size)

    def take(self, size, align):
        size = -(-size // self.scene.page) * self.scene.page
        for s, e in cut(self.scene.room(), self.taken):
            at = -(-s // align) * align
            if at + size <= e:
                self.taken.append((at, at + size))
                return at
        raise AssertionError('no room')

    def phdrs(self):
        scene = self.scene
        for _, address in scene.made.cpus:
            yield 4, 0, address, 0, address, 552
        if scene.has_vmcoreinfo:
            s, e = scene.made.vmcoreinfo
            yield 4, 0, s, 0, s, e - s
        hidden = cut([scene.reservation], [(max(s, scene.crash[0]), min(e, scene.crash[1])) for s, e in scene.firmware()
                                           if s < scene.crash[1] and e > scene.crash[0]])
        for s, e in cut(scene.ram, hidden):
            if s < LOW:
                yield 1, 7, self.backup + s, PAGE_OFFSET + s, s, LOW - s
                s = LOW
            yield 1, 7, s, PAGE_OFFSET + s, s, e - s

    def header(self, order):
        out = b'\x7fELF' + bytes([2, 2 if order == '>' else 1, 1]) + bytes(9)
        out += struct.pack(order + 'HHIQQQIHHHHHH', 4, 21, 1, 0, 64, 0, 0, 64, 56, len(self.parts), 0, 0, 0)
        for kind, flags, offset, vaddr, paddr, size in self.parts:
            out += struct.pack(order + 'IIQQQQQQ', kind, flags, offset, vaddr, paddr, size, size, 0)
        return out

    def page(self, order):
        """The kernel is entered where it lies."""
        scene, header = self.scene, self.header(order)
        start, end = scene.crash
        segments = [record(SEGMENT, self.kernel, KERNEL_MEMORY, KERNEL, cksm(KERNEL_DATA), CHECKSUM, len(KERNEL_DATA)),
                    record(SEGMENT, self.core[0], self.core[1] - self.core[0], ELFCOREHDR, cksm(header), CHECKSUM, len(header)),
                    record(SEGMENT, self.backup, LOW, BACKUP),
                    record(SEGMENT, self.meminfo, scene.page, MEMINFO, aux=scene.page)]
        records = [record(CRASHKERNEL, start, end - start), *sorted(segments, key=lambda r: r[2])]
        if scene.has_vmcoreinfo:
            s, e = scene.made.vmcoreinfo
            records.append(record(VMCOREINFO, s, e - s))
        return meminfo(records, order, crash=(start, end - start), entry=self.kernel, time=1795300000,
                       flags=1).ljust(scene.page, b'\0')


def scenes():
    yield 'plain', Scene(rtas=(0x2fff0000, 0x30000000))
    yield 'small-pages', Scene(page=0x1000, rtas=(0x2fff0000, 0x30000000), cpus=((7, 0x7ff20c00),))
    # Ends that are no page's; in the way of backup and core header; over the last page.
    yield 'rtas-within', Scene(rtas=(0x8034321, 0x803a123))
    yield 'rtas-within-small', Scene(page=0x1000, rtas=(0x8034321, 0x803a123))
    yield 'rtas-at-end', Scene(rtas=(0x17ff8000, 0x18020000))
    yield 'rtas-at-end-small', Scene(page=0x1000, rtas=(0x17ff8123, 0x17fff001))
    # As QEMU has it: the end of the reservation is that of the first 768 MiB.
    yield 'rtas-below-768', Scene(crash=(512 * MIB, 768 * MIB), rtas=(0x2fff0000, 0x30000000))
    yield 'rtas-tables-at-end', Scene(rtas=(0x17ff8000, 0x18020000), tce=((0x17fc0000, 0x17fe0001), (0x17d00000, 0x17fb0000)))
    yield 'rtas-at-start', Scene(rtas=(0x7ff1000, 0x8000800))
    # The reservation reaches beyond what can be addressed with translation off.
    yield 'short-rma', Scene(ram=((0, 256 * MIB), (256 * MIB, 2 * GIB)), rtas=(0xf000000, 0xf010000))
    yield 'gap', Scene(ram=((0, GIB), (GIB + 256 * MIB, 3 * GIB), (1 << 42, (1 << 42) + GIB)), vmcoreinfo=False, cpus=())
    yield 'odd-ends', Scene(crash=(0x8001000, 0x17ffd000))
    yield 'powernv', Scene('powernv', ram=((0, 16 * GIB), (1 << 45, (1 << 45) + GIB)), opal=(0x30000000, 0x32c50000))
    yield 'opal-within', Scene('powernv', opal=(0x9000000, 0x9123456), tce=((0x8100000, 0x8200000), (0x40000000, 0x40010000)),
                               cpus=tuple((n, 0x7e000c00 + n * 0x40000) for n in range(8)))
    yield 'far-reservation', Scene('powernv', ram=((0, 256 * MIB), (256 * MIB, 4 * GIB)), crash=(GIB, 2 * GIB),
                                   opal=(0x30000000, 0x32c50000))


def expect(scene):
    for word, load in ('plain', Load(scene)), ('hotplug', Load(scene, hotplug=True)), ('bare', Load(scene, False)):
        yield f'{word} {load.core[0]:x} {load.core[1]:x} {load.backup:x} {load.meminfo or 0:x}'
    for s, e in scene.usable():
        yield f'usable {s:x} {e:x}'
    yield f'cmdline quiet elfcorehdr={Load(scene).core[0] // 1024}K'


def main():
    target = pathlib.Path(sys.argv[1]) / 'crash_ppc64'
    target.mkdir(parents=True, exist_ok=True)
    names = []
    for name, scene in scenes():
        names.append(name)
        (target / f'{name}.expect').write_text(''.join(line + '\n' for line in expect(scene)))
        load = Load(scene)
        for arch, order in ORDERS.items():
            (target / f'{arch}-{name}.txt').write_text(scene.text(arch))
            (target / f'{arch}-{name}.core').write_bytes(load.header(order))
            (target / f'{arch}-{name}.meminfo').write_bytes(load.page(order))
    (target / 'names').write_text(''.join(name + '\n' for name in names))


if __name__ == '__main__':
    main()
