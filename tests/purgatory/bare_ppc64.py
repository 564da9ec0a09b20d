#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs a Power purgatory in emulated machines and judges what it leaves behind.

bare_ppc64.py --qemu Q --programs DIR --purgatory BIN --order big|little (--group GROUP | CASE...)
"""
import argparse
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# How a purgatory is packed, and QEMU's protocol, are those of the other machine's tests.
sys.path[:0] = [os.path.join(HERE, "bare_ppc64"), os.path.join(HERE, "bare_x86")]
import powernv  # noqa: E402 pylint: disable=wrong-import-position
import refusals_ppc64 as refusals  # noqa: E402 pylint: disable=wrong-import-position
import starts_ppc64 as starts  # noqa: E402 pylint: disable=wrong-import-position
from scene_ppc64 import Tools  # noqa: E402 pylint: disable=wrong-import-position

GROUPS = {"starts": starts.CASES, "refusals": refusals.CASES, "powernv": powernv.CASES}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--qemu", required=True)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--purgatory", required=True)
    parser.add_argument("--order", required=True, choices=("big", "little"))
    parser.add_argument("--skiboot", help="for the group powernv")
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
            order = "<" if args.order == "little" else ">"
            problems = cases[name](Tools(args.qemu, args.programs, args.purgatory, order, folder,
                                         args.skiboot))
        print(f"failed: {name} ({args.order} endian)" if problems else f"ok {name} ({args.order} endian)", flush=True)
        for problem in problems:
            print(f"    {problem}")
        failed += bool(problems)
    return 1 if failed else 0


sys.exit(main())
