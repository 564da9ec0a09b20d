#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The corpus of tests/fuzz/fuzz_service_initrd.c: cpio archives, alone and joined, packed and damaged."""
import gzip
import lzma
import os
import random
import sys


def entry(name, data, mode=0o100755):
    numbers = (1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % number for number in numbers) + name + b"\0"
    head += b"\0" * (-len(head) % 4)
    return head + data + b"\0" * (-len(data) % 4)


def archive(*files):
    return b"".join(entry(name, data) for name, data in files) + entry(b"TRAILER!!!", b"", 0)


def bent(data, rng):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data))
        kind = rng.randrange(3)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            data[at:at + 8] = rng.choice((b"FFFFFFFF", b"00000000", b"7fffffff", b"00001000"))
        else:
            del data[at:at + rng.randrange(1, 16)]
        if not data:
            return b"\0"
    return bytes(data)


def main():
    rng = random.Random(6)
    early = archive((b"kernel/x86/microcode/GenuineIntel.bin", b"\1" * 50))
    main_part = archive((b"./usr/sbin/vmcore-save", b"#!\n"), (b"/etc/kdump.conf", b"[Save]\n"), (b"empty", b""))
    packed = [gzip.compress(main_part, mtime=0), lzma.compress(main_part, check=lzma.CHECK_CRC32)]
    seeds = [b"", early, main_part, early + bytes(512) + main_part] + packed
    seeds += [early.ljust(1024, b"\0") + data for data in packed] + [early + b"text behind it", bytes(100)]
    seeds += [bent(data, rng) for data in seeds if data for _ in range(40)]
    folder = os.path.join(sys.argv[1], "corpus", "service_initrd")
    os.makedirs(folder, exist_ok=True)
    for i, data in enumerate(seeds):
        with open(os.path.join(folder, "%04d" % i), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
