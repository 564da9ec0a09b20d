# SPDX-License-Identifier: GPL-2.0-only
"""Seeds for the fuzzers, into FIXTURES/corpus/NAME for tests/fuzz/fuzz_NAME.c: small, of all kinds, some bent."""
import os
import random
import sys

import bzimage
import elf
import meminfo
import multiboot
import os_info
import packed
import pe
import power_trees
import s390_image


def bent(data, rng, changes):
    """A copy with some bytes at their extremes, parts doubled, or its end lost."""
    data = bytearray(data)
    for _ in range(changes):
        at = rng.randrange(len(data))
        what = rng.randrange(6)
        if what == 0:
            del data[at:]
        elif what == 1:
            data[at:at] = data[at:at + rng.randrange(1, 64)]
        elif what == 2:
            data[at:at + 8] = rng.choice((bytes(8), b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\x80" + bytes(7)))[:len(data) - at]
        else:
            data[at] = rng.choice((0, 1, 0x7f, 0x80, 0xff, data[at] ^ 1 << rng.randrange(8)))
        if not data:
            return b"\0"
    return bytes(data)


def cores():
    """The headers of ELF cores: the reader of memory looks at nothing else, and misses the rest when asked for it."""
    core = bytearray(meminfo.elf_core(meminfo.Machine())[:0x1000])
    yield bytes(core)
    yield bytes(core[:0x200])
    core[56:58], core[40:48] = b"\xff\xff", bytes(6) + b"\x04\0"      # PN_XNUM: the number is in section header 0
    core[0x400 + 44:0x400 + 48] = bytes(3) + b"\4"
    yield bytes(core)
    yield from (magic.ljust(64, b"\0") for magic in (b"KDUMP   ", b"DISKDUMP", b"makedumpfile", b"\xa8\x19\x01\x73"))


def main():
    rng = random.Random(390)  # the same corpus on each machine
    elves = [data for name, *_, (data, _) in elf.fixtures() if not name.startswith("many")]
    # Of the many segments of PN_XNUM the first kilobytes do.
    elves += [data[:4096] for name, *_, (data, _) in elf.fixtures() if name.startswith("many")]
    images = [image for name, image, _ in s390_image.fixtures() if len(image) < 0x20000]
    files = [data for name, *_, data, _ in packed.good_fixtures() if len(data) < 8192]
    files += [data for *_, data in packed.bad_fixtures() if len(data) < 8192]
    corpora = {
        "elf": elves + [bent(data, rng, rng.randrange(1, 6)) for data in elves for _ in range(40)],
        "s390_image": images + [bent(data[:0x10480], rng, 1) + data[0x10480:] for data in images],
        "inflate": files + [bent(data, rng, rng.randrange(1, 4)) for data in files for _ in range(4)],
    }
    kernels = [image for _, image, _ in bzimage.fixtures() if len(image) < 8192]
    headers = [file for _, _, file, _ in multiboot.fixtures() if len(file) < 8192]
    programs = [file for _, file, *_ in pe.good_fixtures() if len(file) < 16384]
    programs += [file for _, file, *_ in pe.bad_fixtures() if len(file) < 16384]
    trees = [pe.make_dtb(), pe.make_dtb(256), pe.make_dtb(structure=60), pe.make_dtb(version=18),
             pe.make_dtb(version=16), pe.make_old_dtb(), pe.make_old_dtb(strings_first=True)]
    corpora["bzimage"] = kernels + [bent(data[:0x290], rng, rng.randrange(1, 5)) + data[0x290:]
                                    for data in kernels for _ in range(4)]
    corpora["multiboot"] = headers + [bent(data, rng, rng.randrange(1, 4)) for data in headers for _ in range(4)]
    corpora["pe"] = programs + [bent(data[:0x400], rng, rng.randrange(1, 4)) + data[0x400:]
                                for data in programs for _ in range(4)]
    corpora["dtb"] = trees + [bent(data, rng, rng.randrange(1, 4)) for data in trees for _ in range(40)]
    corpora["image"] = elves + images[:4] + files + [bent(data, rng, 2) for data in elves + files for _ in range(4)]
    corpora["image"] += kernels[::3] + headers[::3] + programs[::2]
    pages = [page for i, (_, _, page) in enumerate(meminfo.page_cases(meminfo.Machine().records())) if i % 5 == 0]
    corpora["meminfo"] = [page for page in pages if page] + [bent(page, rng, 2) for page in pages if page]
    corpora["os_info"] = [page for _, page in os_info.cases()] + [bent(page, rng, 2) for _, page in os_info.cases()]
    machines = [power_trees.flatten(power_trees.made_tree(kind)) for kind in (
        "pseries", "powernv", "drconf-v1", "drconf-v2", "fadump-pending-radix", "fadump-pending-opal")]
    corpora["power"] = machines + [bent(data, rng, rng.randrange(1, 4)) for data in machines for _ in range(60)]
    corpora["memory_elf"] = [b""] + list(cores()) + [bent(core[:0x120], rng, rng.randrange(1, 4)) + core[0x120:]
                                                      for core in cores() for _ in range(60)]
    for name, seeds in corpora.items():
        folder = os.path.join(sys.argv[1], "corpus", name)
        os.makedirs(folder, exist_ok=True)
        for i, data in enumerate(seeds):
            with open(os.path.join(folder, "%04d" % i), "wb") as f:
                f.write(data)


if __name__ == "__main__":
    main()
