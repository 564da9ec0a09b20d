#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the x86-64 purgatory in emulated PCs and judges what it leaves behind.

bare_x86.py --qemu Q --program P --stubs DIR --purgatory BIN (--group GROUP | CASE...)
"""
import argparse
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "bare_x86"))
import linux_starts  # noqa: E402 pylint: disable=wrong-import-position
import refusals  # noqa: E402 pylint: disable=wrong-import-position
import starts  # noqa: E402 pylint: disable=wrong-import-position
from scene import Tools  # noqa: E402 pylint: disable=wrong-import-position

GROUPS = {"starts": starts.CASES, "refusals": refusals.CASES, "linux": linux_starts.CASES}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--qemu", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--stubs", required=True)
    parser.add_argument("--purgatory", required=True)
    parser.add_argument("--linux", help="a bzImage, for the group of that name")
    parser.add_argument("--group", choices=sorted(GROUPS))
    parser.add_argument("cases", nargs="*")
    args = parser.parse_args()
    cases = {name: case for group in GROUPS.values() for name, case in group.items()}
    names = list(GROUPS[args.group]) if args.group else args.cases
    if not names or not cases.keys() >= set(names):
        parser.error("the cases are: " + " ".join(cases))
    failed = 0
    for name in names:
        with tempfile.TemporaryDirectory(dir=os.environ.get("BUILDDIR")) as folder:
            problems = cases[name](Tools(args.qemu, args.program, args.stubs, args.purgatory, folder, args.linux))
        print(f"failed: {name}" if problems else f"ok {name}", flush=True)
        for problem in problems:
            print(f"    {problem}")
        failed += bool(problems)
    return 1 if failed else 0


sys.exit(main())
