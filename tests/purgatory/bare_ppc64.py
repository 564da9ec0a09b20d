#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs a Power purgatory in emulated machines and judges what it leaves behind.

bare_ppc64.py --qemu Q --programs DIR --purgatory BIN --order big|little (--group GROUP | CASE...)
"""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# How a purgatory is packed, and QEMU's protocol, are those of the other machine's tests.
sys.path[:0] = [os.path.join(HERE, folder) for folder in ("bare_ppc64", "bare_x86", "bare_common")]
import cases  # noqa: E402 pylint: disable=wrong-import-position
import powernv  # noqa: E402 pylint: disable=wrong-import-position
import refusals_ppc64 as refusals  # noqa: E402 pylint: disable=wrong-import-position
import starts_ppc64 as starts  # noqa: E402 pylint: disable=wrong-import-position
from scene_ppc64 import Tools  # noqa: E402 pylint: disable=wrong-import-position

GROUPS = {"starts": starts.CASES, "refusals": refusals.CASES, "powernv": powernv.CASES}


def make_tools(args, folder):
    order = "<" if args.order == "little" else ">"
    return Tools(args.qemu, args.programs, args.purgatory, order, folder, args.skiboot)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--qemu", required=True)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--purgatory", required=True)
    parser.add_argument("--order", required=True, choices=("big", "little"))
    parser.add_argument("--skiboot", help="for the group powernv")
    return cases.run(parser, GROUPS, make_tools, lambda args: f" ({args.order} endian)")


sys.exit(main())
