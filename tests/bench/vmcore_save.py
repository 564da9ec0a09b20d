#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Saving a dump: vmcore-save against makedumpfile, and against zstd alone, on the same memory in the same run.

vmcore_save.py [--level=N] [--close-level=N] [--check] [--rounds=N] VMCORE_SAVE MAKEDUMPFILE BENCH_ZSTD WORKDIR [VMCORE]

VMCORE: a copy of /proc/vmcore. Without it one is made in WORKDIR, of programs and libraries of this system and as many
zeros: for level 1 alone, and it says nothing about the page filter. All dumps are written to WORKDIR, and are on disk
before the clock is stopped (makedumpfile does not see to that itself: its file is synced for it). Programs run in turns;
the fastest of the rounds counts. With zstd alone it is compared at the close level, which should keep more, so that the
beginning and the end of a run count less. Prints "NAME = VALUE (at least|most LIMIT)"; with --check the exit code is 1 where a limit is not kept.
"""
import argparse
import glob
import os
import struct
import subprocess
import sys
import time

MIB = 1 << 20
PAGE = 4096
MADE_SIZE = 768 * MIB
TIB = 1 << 40
DIRECT_MAP = 0xFFFF888000000000

CLOSE_ROUNDS = 6

# The page filter, scaled from the memory of the dump: below this its fixed part would be counted many times.
FILTER_MEMORY = 3 << 30


def note(name, kind, desc):
    padded = name + b"\0" * (-len(name) % 4)
    return struct.pack("<III", len(name), len(desc), kind) + padded + desc + b"\0" * (-len(desc) % 4)


def make_vmcore(path):
    """The least that makedumpfile takes at level 1, which is less than with VMCOREINFO."""
    notes = note(b"CORE\0", 1, bytes(336))
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = ident + struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    header += struct.pack("<IIQQQQQQ", 4, 0, PAGE, 0, 0, len(notes), len(notes), 4)
    header += struct.pack("<IIQQQQQQ", 1, 7, 2 * PAGE, DIRECT_MAP, 0, MADE_SIZE, MADE_SIZE, PAGE)
    sources = sorted(glob.glob("/usr/lib/*/lib*.so*") + glob.glob("/usr/bin/*") + glob.glob("/usr/lib/python3/**/*.py"))
    with open(path, "wb") as out:
        out.write(header.ljust(PAGE, b"\0"))
        out.write(notes.ljust(PAGE, b"\0"))
        end = 2 * PAGE + MADE_SIZE
        while out.tell() < end:
            before = out.tell()
            for source in sources:
                if out.tell() >= end or os.path.islink(source) or not os.path.isfile(source):
                    continue
                with open(source, "rb") as data:
                    block = data.read(4 * MIB)
                block += b"\0" * (-len(block) % PAGE)
                out.write(block[:end - out.tell()])
                out.seek(min(len(block), end - out.tell()), 1)
            if out.tell() == before:
                raise SystemExit("nothing on this system to fill a dump with")
        out.truncate(end)


def peak_of(pid, peak):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    return max(peak, int(line.split()[1]))
    except OSError:
        pass
    return peak


class Run:
    """One way of saving: its command, and the best that was seen of it."""

    def __init__(self, name, command, target):
        self.name = name
        self.command = command
        self.target = target
        self.seconds = float("inf")
        self.size = 0
        self.peak = 0

    def once(self, watch):
        if os.path.exists(self.target):
            os.unlink(self.target)
        with open(self.target + ".log", "wb") as log:
            start = time.monotonic()
            with subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL) as child:
                while watch and child.poll() is None:
                    self.peak = peak_of(child.pid, self.peak)
                    time.sleep(0.002)
                child.wait()
            if child.returncode == 0:
                with open(self.target, "rb") as written:
                    os.fsync(written.fileno())
            seconds = time.monotonic() - start
        if child.returncode != 0:
            with open(self.target + ".log", "rb") as log:
                raise SystemExit(f"{self.name}: exit code {child.returncode}: {log.read()[-500:]!r}")
        if not watch:
            self.seconds = min(self.seconds, seconds)
        self.size = os.path.getsize(self.target)
        os.unlink(self.target)


def bench_zstd(program, vmcore, level, threads):
    output = subprocess.run([program, vmcore, str(level), "1", str(threads)], check=True, capture_output=True,
                            text=True).stdout
    return {name: float(value) for name, value in map(str.split, output.splitlines())}


class Limits:
    def __init__(self):
        self.broken = []

    def show(self, name, value, least=None, most=None):
        kept = (least is None or value >= least) and (most is None or value <= most)
        limit = f"at least {least:.2f}" if least is not None else f"at most {most}"
        print(f"{name} = {value:.2f} ({limit}){'' if kept else '  NOT KEPT'}")
        if not kept:
            self.broken.append(name)


def runs_of(options, vmcore):
    ours, theirs, level, work = options.vmcore_save, options.makedumpfile, str(options.level), options.workdir
    runs = {}

    def add(name, command):
        target = os.path.join(work, "vmcore_save-" + name)
        runs[name] = Run(name, command + [vmcore, target], target)

    for name, packing in (("zstd1", "zstd:1"), ("light", "zstd:-3"), ("plain", "none")):
        for threads in ("1", "2"):
            add(f"{name}-{threads}", [ours, "-q", "-f", "-d", level, "-c", packing, "-t", threads])
    for threads in ("1", "2"):
        add(f"close-{threads}", [ours, "-q", "-f", "-d", str(options.close_level), "-c", "zstd:1", "-t", threads])
    for name, option in (("c", ["-c"]), ("l", ["-l"]), ("plain", [])):
        add(f"their-{name}", [theirs, *option, "-d", level])
        if option:
            add(f"their-{name}-2", [theirs, *option, "-d", level, "--num-threads", "2"])
    return runs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--level", type=int, default=1)
    parser.add_argument("--close-level", type=int, default=1)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    for name in ("vmcore_save", "makedumpfile", "bench_zstd", "workdir"):
        parser.add_argument(name)
    parser.add_argument("vmcore", nargs="?")
    options = parser.parse_args()
    os.makedirs(options.workdir, exist_ok=True)
    vmcore = options.vmcore
    if not vmcore:
        vmcore = os.path.join(options.workdir, "vmcore_save-made")
        make_vmcore(vmcore)
    runs = runs_of(options, vmcore)
    alone = {1: float("inf"), 2: float("inf")}
    for _ in range(options.rounds):
        for name, run in runs.items():
            if not name.startswith("close"):
                run.once(False)
    # What is compared closely is measured more often, each as often as the other.
    for _ in range(CLOSE_ROUNDS):
        for threads, best in alone.items():
            runs[f"close-{threads}"].once(False)
            measured = bench_zstd(options.bench_zstd, vmcore, options.close_level, threads)
            alone[threads] = min(best, measured["seconds"])
    runs["zstd1-2"].once(True)
    for run in runs.values():
        print(f"{run.name}: {run.seconds:.3f} s, {run.size / 1e6:.1f} MB")
    print(f"zstd level 1 alone, of {measured['bytes'] / 1e6:.0f} MB: {alone[1]:.3f} s, two threads {alone[2]:.3f} s")

    limits = Limits()
    least_l = min(runs["their-l"].seconds, runs["their-l-2"].seconds)
    limits.show("makedumpfile -c --num-threads 2 / ours", runs["their-c-2"].seconds / runs["zstd1-2"].seconds, least=3)
    limits.show("makedumpfile -c / ours", runs["their-c"].seconds / runs["zstd1-1"].seconds, least=1)
    limits.show("makedumpfile -l / ours", least_l / runs["light-2"].seconds, least=1)
    limits.show("makedumpfile / ours, plain", runs["their-plain"].seconds / runs["plain-2"].seconds, least=1)
    limits.show("size to makedumpfile -l", runs["light-2"].size / runs["their-l"].size, most=1)
    limits.show("size to makedumpfile, plain", runs["plain-2"].size / runs["their-plain"].size, most=1)
    # Two CPUs that share a core, or a busy machine, give zstd itself less than that.
    ideal = alone[1] / alone[2]
    print(f"zstd alone, one thread / two = {ideal:.2f}")
    limits.show("one thread / two", runs["close-1"].seconds / runs["close-2"].seconds, least=min(1.8, 0.95 * ideal))
    limits.show("zstd alone / ours, one thread", alone[1] / runs["close-1"].seconds, least=0.85)
    limits.show("zstd alone / ours, two threads", alone[2] / runs["close-2"].seconds, least=0.85)
    limits.show("anonymous memory of two threads, MB", runs["zstd1-2"].peak / 1024, most=40)
    if options.vmcore:
        measured = bench_zstd(options.bench_zstd, vmcore, 31, 1)
        print(f"filter: {measured['filter'] * 1e3:.1f} ms for {measured['memory'] / MIB:.0f} MiB")
        if measured["memory"] >= FILTER_MEMORY:
            limits.show("filter of a TiB, seconds", measured["filter"] * TIB / measured["memory"], most=20)
    else:
        os.unlink(vmcore)
    return 1 if options.check and limits.broken else 0


if __name__ == "__main__":
    sys.exit(main())
