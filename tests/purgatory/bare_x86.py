#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the x86-64 purgatory in emulated PCs and judges what it leaves behind.

bare_x86.py --qemu Q --program P --stubs DIR --purgatory BIN (--group GROUP | CASE...)
"""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "bare_x86"), os.path.join(HERE, "bare_common")]
import cases  # noqa: E402 pylint: disable=wrong-import-position
import linux_starts  # noqa: E402 pylint: disable=wrong-import-position
import refusals  # noqa: E402 pylint: disable=wrong-import-position
import starts  # noqa: E402 pylint: disable=wrong-import-position
from scene import Tools  # noqa: E402 pylint: disable=wrong-import-position

GROUPS = {"starts": starts.CASES, "refusals": refusals.CASES, "linux": linux_starts.CASES}


def make_tools(args, folder):
    return Tools(args.qemu, args.program, args.stubs, args.purgatory, folder, args.linux)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--qemu", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--stubs", required=True)
    parser.add_argument("--purgatory", required=True)
    parser.add_argument("--linux", help="a bzImage, for the group of that name")
    return cases.run(parser, GROUPS, make_tools)


sys.exit(main())
