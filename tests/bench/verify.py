#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Speed of the purgatory's verification against the reference's, over the same memory in the same run.

verify.py [--sha-ni] [--least=RATIO] BENCH_VERIFY REFERENCE_SOURCE WORKDIR

REFERENCE_SOURCE: the source of kexec-tools, of which the x86-64 purgatory's verification is compiled into WORKDIR, with
the options of its own makefile. Both programs verify the same 24 MiB in turns, many times; each turn gives a ratio of
two CPU times that were taken within a second, and the median of these counts: what else the machine does slows both
sides of most turns, and a turn in which it hit one side only is at an end of the row. With --sha-ni the figure for the
SHA instructions is looked at, else the best one without them. Exit code 1: less than RATIO.
"""
import argparse
import os
import statistics
import subprocess
import sys

ROUNDS = 31
MIB = 24
# purgatory/Makefile and purgatory/arch/x86_64/Makefile of kexec-tools.
OPTIONS = ["-mcmodel=large", "-Os", "-fno-builtin", "-ffreestanding", "-fno-zero-initialized-in-bss", "-fno-PIC", "-fno-PIE",
           "-fno-stack-protector", "-fno-tree-vectorize"]


def build_reference(source, work):
    includes = [f"-I{source}/{folder}" for folder in ("purgatory/include", "util_lib/include", "include")]
    here = os.path.dirname(os.path.abspath(__file__))
    objects = []
    for path, options in ((f"{source}/util_lib/sha256.c", OPTIONS + ["-O2"]), (f"{source}/purgatory/purgatory.c", OPTIONS)):
        objects.append(os.path.join(work, os.path.basename(path) + ".o"))
        subprocess.run(["gcc", "-w", *options, *includes, "-c", "-o", objects[-1], path], check=True)
    program = os.path.join(work, "reference_verify")
    # Its sha256.h, not the one of this tree.
    subprocess.run(["gcc", "-D_GNU_SOURCE", "-O2", "-no-pie", f"-I{source}/purgatory", *includes[1:2], "-o", program,
                    os.path.join(here, "reference_verify.c"), *objects], check=True)
    return program


def measure(process):
    """One turn: what the program prints, as a dictionary of seconds."""
    process.stdin.write("\n")
    process.stdin.flush()
    words = process.stdout.readline().split()
    if not words:
        sys.exit(f"verify: {process.args[0]} ended with {process.wait()}")
    return {name: float(seconds) for name, seconds in zip(words[::2], words[1::2])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sha-ni", action="store_true")
    parser.add_argument("--least", type=float, default=0)
    parser.add_argument("bench")
    parser.add_argument("source")
    parser.add_argument("work")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    programs = (args.bench, build_reference(args.source, args.work))
    processes = [subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                 for program in programs]
    turns = []
    for _ in range(ROUNDS):
        turns.append({})
        for process in processes:
            turns[-1].update(measure(process))
    for process in processes:
        process.stdin.close()
        if process.wait() != 0:
            sys.exit(f"verify: {process.args[0]} ended with {process.wait()}")
    ratio = {}
    for name in turns[0]:
        seconds = statistics.median(turn[name] for turn in turns)
        ratios = sorted(turn["reference"] / turn[name] for turn in turns)
        ratio[name] = statistics.median(ratios)
        print(f"{name}: {seconds:.3f} s, {MIB / seconds:.0f} MiB/s, reference / it = {ratio[name]:.3f}"
              f" (half of {ROUNDS} turns: {ratios[ROUNDS // 4]:.3f} to {ratios[-1 - ROUNDS // 4]:.3f})")
    ours = [name for name in ratio if name != "reference" and (name == "SHA-NI") == args.sha_ni]
    if not ours:
        print("SKIP: hardware: this CPU has no SHA instructions")
        return 77
    name = max(ours, key=ratio.get)
    print(f"verify: reference / {name} = {ratio[name]:.2f}, at least {args.least} wanted")
    return 0 if ratio[name] >= args.least else 1


if __name__ == "__main__":
    sys.exit(main())
