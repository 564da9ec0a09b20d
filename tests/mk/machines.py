#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Machine fixtures, and a second opinion on what the texts in tests/machines/ mean.

For each text NAME.txt, and for one of 100,000 lines made here, below FIXTURES/machines/:
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
    for name, text in texts.items():
        machine = Machine(text)
        (target / name).write_text(text)
        (target / name.replace('.txt', '.iomem')).write_text(machine.iomem())
        (target / name.replace('.txt', '.expect')).write_text(machine.expect())

    fixtures = target.parent
    small = [name for name, text in texts.items() if len(text) < 2000]
    corpus(fixtures, 'machine', {name: texts[name].encode() for name in small})
    corpus(fixtures, 'iomem', {name: Machine(texts[name]).iomem().encode() for name in small})


main()
