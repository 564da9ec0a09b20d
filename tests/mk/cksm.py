#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checksums of pieces of one file, computed with Python's own integers: FIXTURES/cksm/{data,cases}.

A line of cases: OFFSET LENGTH SEED RESULT, all hexadecimal.
"""
import pathlib
import random
import sys

SEED = 4084


def cksm(data, seed):
    """Ones' complement sum: the sum of all words, its carries added back until none is left."""
    padded = data + bytes(-len(data) % 4)
    total = seed + sum(int.from_bytes(padded[i:i + 4], 'big') for i in range(0, len(padded), 4))
    while total >> 32:
        total = (total & 0xffffffff) + (total >> 32)
    return total


def main():
    target = pathlib.Path(sys.argv[1]) / 'cksm'
    target.mkdir(parents=True, exist_ok=True)
    rng = random.Random(SEED)
    data = rng.randbytes(20000) + b'\xff' * 20000 + bytes(4096) + b'\xff\xff\xff\xfe\0\0\0\1' * 100
    cases = [(0, length, 0) for length in range(70)]
    cases += [(20000, length, seed) for length in range(40) for seed in (0, 1, 0xffffffff)]
    cases += [(0, len(data), seed) for seed in (0, 1, 0x80000000, 0xfffffffe, 0xffffffff)]
    for _ in range(2000):
        offset = rng.randrange(len(data))
        length = rng.randrange(min(5000, len(data) - offset) + 1)
        cases.append((offset, length, rng.choice([0, rng.getrandbits(32)])))
    (target / 'data').write_bytes(data)
    (target / 'cases').write_text(
        ''.join(f'{o:x} {n:x} {s:x} {cksm(data[o:o + n], s):x}\n' for o, n, s in cases))


if __name__ == "__main__":
    main()
