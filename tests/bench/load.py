#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Loading with a large initrd: CPU time of this kexec against the reference, in the same run.

load.py KEXEC REFERENCE NOKEXEC MACHINE-TEXT WORKDIR

Both read a kernel and an initrd, hash everything and stop before the system call: ours by --dry-run for the machine of
the text (kexec -c -p; it needs a reservation of 400 MiB), the reference (the amd64 program of kexec-tools) because NOKEXEC
lets its system call fail (38 is ENOSYS on x86). The reference loads for -l: it reads the machine that it runs on, which
need not have a reservation; for -p it would have the same to hash, and more to do. Interleaved; the smallest of five
counts. Prints the ratio; the exit code only says whether it could be measured.
"""
import os
import struct
import subprocess
import sys

MIB = 1 << 20
INITRD = 300 * MIB
ROUNDS = 5


def make_initrd(path):
    block = bytes((i * 2654435761 >> 11) & 0xFF for i in range(1 << 16))
    with open(path, "wb") as out:
        for i in range(INITRD // len(block)):
            out.write(struct.pack(">Q", i) + block[8:])


def make_s390_image(path):
    image = bytearray(3 * MIB)
    image[0x10008:0x10010] = b"S390EP\0\1"
    image[0x10430:0x10438] = struct.pack(">Q", 4096)
    with open(path, "wb") as out:
        out.write(image)


def make_bzimage(path):
    """The least that the reference takes for a 64-bit bzImage (Linux x86 boot protocol 2.12)."""
    image = bytearray(3 * MIB)
    image[0x1F1] = 4
    image[0x1FE:0x200] = b"\x55\xaa"
    image[0x200:0x202] = b"\xeb\x6a"
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", image, 0x206, 0x020F)
    image[0x211] = 1
    struct.pack_into("<I", image, 0x22C, 0x7FFFFFFF)
    struct.pack_into("<I", image, 0x230, 0x200000)
    image[0x234] = 1
    struct.pack_into("<H", image, 0x236, 3)
    struct.pack_into("<I", image, 0x238, 2047)
    struct.pack_into("<Q", image, 0x258, 0x1000000)
    struct.pack_into("<I", image, 0x260, 0x400000)
    with open(path, "wb") as out:
        out.write(image)


def cpu_seconds(command, log):
    with open(log, "wb") as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_utime, child.returncode


def main():
    kexec, reference, nokexec, machine, work = sys.argv[1:]
    os.makedirs(work, exist_ok=True)
    initrd, s390, x86 = (os.path.join(work, name) for name in ("initrd", "image", "bzimage"))
    make_initrd(initrd)
    make_s390_image(s390)
    make_bzimage(x86)
    with open(machine, encoding="utf-8") as text:
        arch = next(line.split()[1] for line in text if line.startswith("arch "))
    # What the s390x machines of the tests have reserved is too small.
    kernel, mode = (x86, "-p") if arch == "x86_64" else (s390, "-l")
    ours = [nokexec, "38", kexec, "-c", mode, "--machine=" + machine, "--dry-run", kernel, "--initrd=" + initrd,
            "--append=x"]
    theirs = [nokexec, "38", reference, "-c", "-l", x86, "--initrd=" + initrd, "--append=x"]
    best = {}
    for _ in range(ROUNDS):
        for name, command in (("ours", ours), ("reference", theirs)):
            log = os.path.join(work, name + ".log")
            seconds, user, code = cpu_seconds(command, log)
            with open(log, "rb") as text:
                output = text.read()
            # The reference must have come as far as the system call, ours to a plan: else nothing was measured.
            reached = b"kexec_load failed" in output if name == "reference" else code == 0
            if not reached:
                print(f"SKIP: {name} did not reach the system call: {output[-300:]!r}")
                return 77
            if name not in best or seconds < best[name][0]:
                best[name] = (seconds, user)
    for name, (seconds, user) in best.items():
        print(f"{name}: {seconds:.2f} s of CPU ({user:.2f} user), {INITRD / MIB / seconds:.0f} MiB/s")
    print(f"load: reference / ours = {best['reference'][0] / best['ours'][0]:.2f}")
    for path in (initrd, s390, x86):
        os.unlink(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
