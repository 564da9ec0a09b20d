#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Machine fixtures, and a second opinion on what the texts in tests/machines/ mean.

For each text NAME.txt, and for two made here (100,000 lines; an x86_64 server), below FIXTURES/machines/:
  NAME.txt      the text
  NAME.iomem    its resources as /proc/iomem shows them
  NAME.expect   what a reader must find, one fact on a line
and seeds for tests/fuzz/fuzz_machine.c and fuzz_iomem.c below FIXTURES/corpus/: small ones, whole and bent.
"""
import pathlib
import random
import re
import sys

LARGE_LINES = 100_000
LARGE_SEED = 20110704
CORPUS_SEED = 3180
CORPUS_BENT = 40  # of each text


class Machine:
    def __init__(self, text):
        self.lines = text.splitlines()
        self.resources = []  # (depth, start, end, name)
        self.offline = []
        self.cpus = []
        self.firmware = []  # (start, end, type)
        self.boot_params = bytearray(4096)
        self.single = {}  # other lines by keyword: their fields
        self.efi_ranges = []
        for line in self.lines:
            word, _, rest = line.partition(' ')
            if word == 'resource':
                depth, start, end, name = re.fullmatch(r'(\d+) (\S+) (\S+) "([^"\\]*)"', rest).groups()
                self.resources.append((int(depth), int(start, 16), int(end, 16), name))
            elif word == 'offline':
                start, end = rest.split()
                self.offline.append((int(start, 16), int(end, 16)))
            elif word == 'cpu':
                number, address, size = rest.split()
                self.cpus.append((int(number), int(address, 16), int(size)))
            elif word == 'firmware':
                start, end, kind = re.fullmatch(r'(\S+) (\S+) "([^"\\]*)"', rest).groups()
                self.firmware.append((int(start, 16), int(end, 16), kind))
            elif word == 'boot-params':
                offset, data = rest.split()
                data = bytes.fromhex(data)
                self.boot_params[int(offset, 16):int(offset, 16) + len(data)] = data
            elif word == 'dt-property' and rest.startswith('"linux,initrd-'):
                name, *cells = rest.split()
                self.single[name.strip('"')] = [hex(int(''.join(cells), 16))]
            elif word == 'efi-range':
                self.efi_ranges.append([int(field, 0) for field in rest.split()])
            else:
                self.single[word] = rest.split()
        if 'linux,initrd-end' in self.single and 'retain_initrd' in ' '.join(self.single['cmdline']):
            self.single['initrd'] = self.single['linux,initrd-start'] + self.single['linux,initrd-end']

    def iomem(self):
        return ''.join(f'{"":{2 * depth}}{start:08x}-{end - 1:08x} : {name}\n'
                       for depth, start, end, name in self.resources)

    def named(self, name):
        return [(start, end) for _, start, end, found in self.resources if found == name]

    def expect(self):
        ram = sweep(self.named('System RAM'), self.offline)
        crash = sweep(self.named('Crash kernel'), [])
        out = [f'resources {len(self.resources)}', f'cpus {len(self.cpus)}',
               f'notes {sum(a for _, a, _ in self.cpus) & (1 << 64) - 1:#x}',
               f'ram-total {sum(e - s for s, e in ram):#x}']
        out += [f'ram {s:#x} {e:#x}' for s, e in ram]
        out += [f'crash {s:#x} {e:#x}' for s, e in crash]
        out += [f'firmware {len(self.firmware)} {sum(e - s for s, e, _ in self.firmware):#x}',
                f'firmware-types {sum(len(kind) for _, _, kind in self.firmware)}',
                f'boot-params {sum((i + 1) * b for i, b in enumerate(self.boot_params))}',
                f'efi-ranges {len(self.efi_ranges)} {sum(map(sum, self.efi_ranges)) & (1 << 64) - 1:#x}']
        for word in ('direct-map', 'kernel-text', 'initrd', 'efi-tables', 'efi-smbios', 'efi-acpi20', 'efi-acpi',
                     'memory-encryption'):
            fields = [int(field, 16) for field in self.single.get(word, [])]
            out.append(f'{word} {sum((i + 1) * value for i, value in enumerate(fields)) & (1 << 64) - 1:#x}')
        out.append(f'screen {sum(int(field, 0) for field in self.single.get("framebuffer", [])[-14:])}')
        out.append(f'present {int("efi" in self.single)}{int("framebuffer" in self.single)}'
                   f'{int("xen-dom0" in self.single)}{int("initrd" in self.single)}')
        return '\n'.join(out) + '\n'


def sweep(wanted, excluded):
    """What lies in any wanted range and in no excluded one, by walking over all ends."""
    edges = [(s, 0, 1) for s, _ in wanted] + [(e, 0, -1) for _, e in wanted]
    edges += [(s, 1, 1) for s, _ in excluded] + [(e, 1, -1) for _, e in excluded]
    edges.sort()
    depth = [0, 0]
    result = []
    open_at = None
    i = 0
    while i < len(edges):
        at = edges[i][0]
        while i < len(edges) and edges[i][0] == at:
            depth[edges[i][1]] += edges[i][2]
            i += 1
        inside = depth[0] > 0 and depth[1] == 0
        if inside and open_at is None:
            open_at = at
        elif not inside and open_at is not None:
            result.append((open_at, at))
            open_at = None
    return result


def large_text():
    """Small pieces of memory with holes between them, some nested, some offline."""
    rng = random.Random(LARGE_SEED)
    resources, offline = [], []
    at = 0
    while len(resources) < LARGE_LINES:
        at += rng.choice([0, 0x1000, 0x100000]) * rng.randrange(1, 5)
        size = 0x1000 * rng.randrange(4, 4096)
        kind = rng.choice(['System RAM', 'System RAM', 'System RAM', 'Reserved', 'System RAM (virtio_mem)'])
        resources.append((0, at, at + size, kind))
        if kind == 'System RAM':
            inner = at + 0x1000
            if rng.random() < 0.3:
                resources.append((1, inner, inner + 0x1000, 'Reserved'))
            if rng.random() < 0.01:
                resources.append((1, inner + 0x1000, inner + 0x2000, 'Crash kernel'))
        if rng.random() < 0.2:
            offline.append((at + size // 0x2000 * 0x1000, at + size))
        at += size
    del resources[LARGE_LINES:]
    out = ['machine 1', 'arch s390x', 'page-size 4096']
    out += [f'resource {d} {s:#x} {e:#x} "{n}"' for d, s, e, n in resources]
    out += [f'offline {s:#x} {e:#x}' for s, e in offline]
    out += [f'cpu {i} {0x10000 + 0x400 * i:#x} 368' for i in range(0, 4096, 3)]
    return '\n'.join(out + ['end']) + '\n'


SERVER_LINES = 20_000
SERVER_SEED = 6_120
GIB = 1 << 30


def server_text():
    """
    Two UEFI sockets of 256 cores and 3 TiB each. Firmware's map is long, for it reserves small pieces everywhere, and
    buses and devices make /proc/iomem longer. CPU numbers have gaps: each core has two, of which the second is off.
    """
    rng = random.Random(SERVER_SEED)
    firmware, resources = [], []

    def area(start, end, kind, children=()):
        firmware.append((start, end, kind))
        resources.append((0, start, end, kind))
        resources.extend(sorted((1, s, e, name) for s, e, name in children))

    area(0, 0x1000, 'Reserved')
    area(0x1000, 0x9f000, 'System RAM')
    area(0x9f000, 0x100000, 'Reserved', [(0xf0000, 0x100000, 'System ROM')])
    at = 0x100000
    while at < 0x6c000000:
        end = min(at + rng.randrange(1, 64) * 0x10000, 0x6c000000)
        if 0x2a000000 <= at < 0x3a000000 or at < 0x2a000000 < end:
            area(at, 0x3a100000, 'System RAM', [(0x2a000000, 0x3a000000, 'Crash kernel')])
            at = 0x3a100000
            continue
        kind = rng.choice(['System RAM'] * 5 + ['Reserved', 'ACPI Tables', 'ACPI Non-volatile Storage'])
        area(at, end, kind)
        at = end + rng.choice([0, 0, 0x1000])
    area(0x6c000000, 0x70000000, 'Reserved')
    firmware.append((0x80000000, 0x90000000, 'Reserved'))
    resources.append((0, 0x80000000, 0x90000000, 'PCI ECAM 0000 [bus 00-ff]'))
    resources.append((1, 0x80000000, 0x90000000, 'Reserved'))
    bus = 0x90000000
    while len(resources) < SERVER_LINES - 4000 and bus < 0xfc000000:
        resources.append((0, bus, bus + 0x40000, f'PCI Bus 0000:{bus >> 18 & 0xff:02x}'))
        for i in range(8):
            at = bus + 0x8000 * i
            resources.append((1, at, at + 0x8000, f'0000:{bus >> 18 & 0xff:02x}:{i:02x}.0'))
            resources.append((2, at, at + 0x4000, 'nvme'))
        bus += 0x40000
    firmware.append((0xfec00000, 0x100000000, 'Reserved'))
    resources.append((0, 0xfec00000, 0x100000000, 'Reserved'))
    left = SERVER_LINES - len(resources) - 8
    size = 3 * 1024 * GIB // (left // 2 + 1) & ~0x1fffff
    at = 0x100000000
    text = 0x3000000
    for i in range(left):
        if i == left // 2:
            at = 4096 * GIB
        start, end = at, at + size - 0x200000 * rng.randrange(2)
        if i == left - 1:
            end += 2 * GIB
        children = []
        if i == 0:
            kernel = 0x107e00000
            end = kernel + text
            children = [(kernel, kernel + 0x1402340, 'Kernel code'),
                        (kernel + 0x1600000, kernel + 0x1f54000, 'Kernel rodata'),
                        (kernel + 0x2000000, kernel + 0x2374fc0, 'Kernel data'),
                        (kernel + 0x28f6000, kernel + 0x2c00000, 'Kernel bss')]
        if i == left - 1:
            at = start + GIB - 1 & ~(GIB - 1)
            children = [(at, at + GIB, 'Crash kernel')]
        kind = rng.choice(['System RAM'] * 19 + ['Reserved']) if i not in (0, left - 1) else 'System RAM'
        area(start, end, kind, children)
        at = start + size
    at = end
    resources.append((0, at, at + 0x100000000, 'Persistent Memory'))
    resources.append((1, at, at + 0x80000000, 'namespace0.0'))
    resources.append((0, 0x380000000000, 0x380400000000, 'PCI Bus 0000:00'))
    assert len(resources) == SERVER_LINES

    runtime = [(s, e) for s, e, kind in firmware if kind == 'Reserved' and 0x100000 <= s < 0x6c000000][:64]
    out = ['machine 1', '# Addresses are start and end; the end is one past the last byte.', 'arch x86_64',
           'page-size 4096', 'release "6.12.48+deb13-amd64"',
           'cmdline "BOOT_IMAGE=/boot/vmlinuz root=UUID=0f3c ro crashkernel=1G,high crashkernel=256M,low nosmt"']
    out += [f'resource {d} {s:#x} {e:#x} "{n}"' for d, s, e, n in resources]
    out += [f'cpu {i * 2} {0x10_0000_0000 + 0x80000 * i + 0x31c00:#x} 368' for i in range(512)]
    out += ['vmcoreinfo 0x1ff8f6000 0x1ff8f7024', 'elfcorehdr-size 2097152']
    out += [f'firmware {s:#x} {e:#x} "{kind}"' for s, e, kind in firmware]
    out += ['boot-params 0x70 14e05f6f00000000', 'boot-params 0x1c0 454c36341800f86b30000000010000001800f06b80000000',
            'efi', 'efi-tables 0x6ff8c018 0x6ffcab98 0x6ff8b018', 'efi-smbios 0x6ff88000',
            'efi-acpi20 0x6f5fe014', 'efi-acpi 0x6f5fe000']
    virtual = 0xfffffffeff000000
    for i, (start, end) in enumerate(runtime):
        virtual -= end - start
        out.append(f'efi-range {5 + i % 2} {start:#x} {virtual:#x} {(end - start) // 4096} 0x800000000000000f')
    out += ['framebuffer "EFI VGA" 0x90000000 3145728 1024 768 32 4096 8 16 8 8 8 0 8 24',
            'direct-map 0xff2d3c8c80000000', 'kernel-text 0xffffffffa3e00000 0xffffffffa6a00000 0x107e00000',
            'memory-encryption 0x8000000000000']
    return '\n'.join(out + ['end']) + '\n'


def bent(rng, data):
    """Cut, or with a few bytes changed, doubled or taken away."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        if not data:
            break
        at = rng.randrange(len(data))
        kind = rng.randrange(4)
        if kind == 0:
            data[at] = rng.choice(b'\n\r\t "\\#-0x9f\xff\x00')
        elif kind == 1:
            data[at:at] = data[at:at + rng.randrange(20)]
        elif kind == 2:
            del data[at:at + rng.randrange(5)]
        elif rng.random() < 0.2:
            del data[at + 1:]
    return bytes(data)


def corpus(fixtures, name, texts):
    folder = fixtures / 'corpus' / name
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(CORPUS_SEED)
    for stem, text in texts.items():
        (folder / stem).write_bytes(text)
        for i in range(CORPUS_BENT):
            (folder / f'{stem}-bent{i}').write_bytes(bent(rng, text))


def main():
    target = pathlib.Path(sys.argv[1]) / 'machines'
    target.mkdir(parents=True, exist_ok=True)
    source = pathlib.Path(__file__).resolve().parent.parent / 'machines'
    texts = {path.name: path.read_text() for path in sorted(source.glob('*.txt'))}
    texts['large.txt'] = large_text()
    texts['x86_64-server.txt'] = server_text()
    for name, text in texts.items():
        machine = Machine(text)
        (target / name).write_text(text)
        (target / name.replace('.txt', '.iomem')).write_text(machine.iomem())
        (target / name.replace('.txt', '.expect')).write_text(machine.expect())

    fixtures = target.parent
    small = [name for name, text in texts.items() if len(text) < 4000]
    corpus(fixtures, 'machine', {name: texts[name].encode() for name in small})
    corpus(fixtures, 'iomem', {name: Machine(texts[name]).iomem().encode() for name in small})


main()
