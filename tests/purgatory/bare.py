#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs a bare-metal s390x program in QEMU until its disabled wait, and judges that.

Exit code 0: the wait has the expected address, and what else was asked for holds.
"""
import argparse
import json
import mmap
import os
import selectors
import subprocess
import sys
import tempfile
import time

KEPT = 0x6000000
KEPT_SIZE = 0x3000


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--qemu", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--expect", required=True, type=lambda text: int(text, 0), help="PSW address of the wait")
    parser.add_argument("--memory", default=256, type=int, help="MiB")
    parser.add_argument("--console", default="ascii", choices=("ascii", "line", "none"))
    parser.add_argument("--says", help="the console must say this")
    parser.add_argument("--kept", action="store_true", help="absolute [0, 0x3000) must be as the program kept it")
    parser.add_argument("--resets", default=0, type=int, help="so many resets must have happened")
    parser.add_argument("--timeout", default=120, type=int)
    return parser.parse_args()


def machine(args, folder):
    ram = os.path.join(folder, "ram")
    size = args.memory << 20
    with open(ram, "wb") as file:
        file.truncate(size)
    command = [
        args.qemu, "-M", "s390-ccw-virtio,accel=tcg,memory-backend=ram", "-cpu", "max", "-smp", "1", "-m", str(args.memory),
        "-object", f"memory-backend-file,id=ram,size={size},mem-path={ram},share=on",
        "-nodefaults", "-display", "none", "-qmp", "stdio", "-action", "panic=pause",
        "-kernel", args.program,
    ]
    if args.console != "none":
        device = "sclpconsole" if args.console == "ascii" else "sclplmconsole"
        command += ["-chardev", f"file,id=console,path={folder}/console", "-device", f"{device},chardev=console"]
    return command


def run(args, folder):
    """The wait's PSW address (None: no wait in time) and the number of resets."""
    with subprocess.Popen(machine(args, folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as qemu:
        try:
            qemu.stdin.write(b'{"execute": "qmp_capabilities"}\n')
            qemu.stdin.flush()
            return wait(qemu, time.monotonic() + args.timeout)
        finally:
            qemu.kill()


def wait(qemu, deadline):
    selector = selectors.DefaultSelector()
    selector.register(qemu.stdout, selectors.EVENT_READ)
    text = b""
    resets = 0
    while selector.select(max(0, deadline - time.monotonic())):
        part = os.read(qemu.stdout.fileno(), 65536)
        if not part:
            print("QEMU ended by itself")
            return None, resets
        text += part
        *lines, text = text.split(b"\n")
        for event in map(json.loads, filter(None, map(bytes.strip, lines))):
            if event.get("event") == "RESET":
                resets += 1
            if event.get("event") == "GUEST_PANICKED":
                return event["data"]["info"]["psw-addr"], resets
    return None, resets


def describe(address):
    if address is None:
        return "no disabled wait in time"
    if address >> 16 == 0xbad:
        return f"check failed in line {address & 0xffff} of the program"
    return f"disabled wait at 0x{address:x}"


def changed_bytes(folder):
    with open(os.path.join(folder, "ram"), "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as ram:
        now, before = ram[:KEPT_SIZE], ram[KEPT:KEPT + KEPT_SIZE]
    if not any(before):
        return ["(nothing was kept)"]
    return [f"0x{i:x}" for i in range(KEPT_SIZE) if now[i] != before[i]]


def main():
    args = arguments()
    bad = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("BUILDDIR")) as folder:
        address, resets = run(args, folder)
        if address != args.expect:
            bad.append(f"{describe(address)}, expected 0x{args.expect:x}")
        if resets < args.resets:
            bad.append(f"{resets} resets, expected {args.resets}")
        if args.says:
            with open(os.path.join(folder, "console"), "rb") as file:
                said = file.read().decode("ascii", "replace")
            if args.says not in said:
                bad.append(f"the console says {said!r}, expected {args.says!r}")
        if args.kept:
            changed = changed_bytes(folder)
            if changed:
                bad.append("memory at absolute 0 changed: " + " ".join(changed[:20]))
    for line in bad:
        print(f"{os.path.basename(args.program)}: {line}")
    return 1 if bad else 0


sys.exit(main())
