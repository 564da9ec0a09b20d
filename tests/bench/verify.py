#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Speed of the purgatory's verification against the reference's, over the same 300 MB in the same run.

verify.py [--sha-ni] [--least=RATIO] BENCH_VERIFY REFERENCE_SOURCE WORKDIR

REFERENCE_SOURCE: the source of kexec-tools, of which the x86-64 purgatory's verification is compiled into WORKDIR, with
the options of its own makefile. Each program runs five times, in turns, and its smallest CPU time counts. With
--sha-ni the figure for the SHA instructions is looked at, else the best one without them. Exit code 1: less than RATIO.
"""
import argparse
import os
import subprocess
import sys

ROUNDS = 5
MIB = 300
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


def measure(program, best):
    output = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    for name, seconds in map(str.split, output.splitlines()):
        best[name] = min(best.get(name, float("inf")), float(seconds))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sha-ni", action="store_true")
    parser.add_argument("--least", type=float, default=0)
    parser.add_argument("bench")
    parser.add_argument("source")
    parser.add_argument("work")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    reference = build_reference(args.source, args.work)
    best = {}
    for _ in range(ROUNDS):
        measure(args.bench, best)
        measure(reference, best)
    for name, seconds in best.items():
        print(f"{name}: {seconds:.3f} s, {MIB / seconds:.0f} MiB/s, reference / it = {best['reference'] / seconds:.2f}")
    ours = {name: seconds for name, seconds in best.items() if name != "reference" and (name == "SHA-NI") == args.sha_ni}
    if not ours:
        print("SKIP: hardware: this CPU has no SHA instructions")
        return 77
    name = min(ours, key=ours.get)
    ratio = best["reference"] / ours[name]
    print(f"verify: reference / {name} = {ratio:.2f}, at least {args.least} wanted")
    return 0 if ratio >= args.least else 1


if __name__ == "__main__":
    sys.exit(main())
