#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""os_info pages, good and bad: FIXTURES/os_info/{pages,cases}.

A line of cases: NAME OFFSET LENGTH RESULT MAJOR MINOR CRASH_START CRASH_SIZE, numbers hexadecimal. RESULT is what a
reader must say: ok, size, magic, checksum, version. The numbers behind it are meant for ok only.
"""
import pathlib
import struct
import sys

SIZE = 4096
MAGIC = 0x4f53494e464f535a
FIELDS = [  # name, offset, format
    ('magic', 0, '>Q'), ('checksum', 8, '>I'), ('major', 12, '>H'), ('minor', 14, '>H'),
    ('crash_start', 16, '>Q'), ('crash_size', 24, '>Q'), ('entry', 32, '>Q'), ('last', SIZE - 8, '>Q'),
]
EXTREMES = {'>H': [0, 1, 2, 0x7fff, 0x8000, 0xffff],
            '>I': [0, 1, 0x7fffffff, 0x80000000, 0xffffffff],
            '>Q': [0, 1, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff]}


def cksm(data):
    """32-bit ones' complement sum of big-endian words: addition modulo 2^32 - 1, where only nothing sums up to 0."""
    data += bytes(-len(data) % 4)
    total = sum(struct.unpack(f'>{len(data) // 4}I', data))
    return total and (total - 1) % 0xffffffff + 1


def os_info(crash_start, crash_size, major=1, minor=1, entries=b''):
    body = struct.pack('>HHQQ', major, minor, crash_start, crash_size) + entries
    body += bytes(SIZE - 12 - len(body))
    return struct.pack('>QI', MAGIC, cksm(body)) + body


def resum(page):
    return page[:8] + struct.pack('>I', cksm(page[12:])) + page[12:]


def expected(page):
    """Written down apart from any reader: the order of the checks, and what each one is about."""
    if len(page) < SIZE:
        return 'size'
    magic, checksum, major = struct.unpack_from('>QIH', page)
    if magic != MAGIC:
        return 'magic'
    if checksum != cksm(page[12:SIZE]):
        return 'checksum'
    return 'ok' if major == 1 else 'version'


def cases():
    good = os_info(0x2f600000, 0x10000000, entries=struct.pack('>QQI', 0x1000, 0x400, 0x12345678))
    yield 'good', good
    yield 'longer', good + b'\xff' * 64
    yield 'zeros', bytes(SIZE)
    yield 'ones', b'\xff' * SIZE
    for name, offset, kind in FIELDS:
        for value in EXTREMES[kind]:
            page = bytearray(good)
            struct.pack_into(kind, page, offset, value)
            yield f'{name}={value:#x}', bytes(page)
            if name != 'checksum':
                yield f'{name}={value:#x},summed', resum(bytes(page))


def main():
    target = pathlib.Path(sys.argv[1]) / 'os_info'
    target.mkdir(parents=True, exist_ok=True)
    pages, lines = b'', []
    for name, page in cases():
        start, size = struct.unpack_from('>QQ', page, 16)
        major, minor = struct.unpack_from('>HH', page, 12)
        lines.append(f'{name} {len(pages):x} {len(page):x} {expected(page)} {major:x} {minor:x} {start:x} {size:x}\n')
        pages += page
    (target / 'pages').write_bytes(pages)
    (target / 'cases').write_text(''.join(lines))


if __name__ == '__main__':
    main()
