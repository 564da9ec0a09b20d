#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vmcore-save is killed (SIGKILL) at 50 moments that are spread over its whole run, in both formats. Whatever it leaves:
# NAME is there only when it is complete, NAME.incomplete opens, says so, and all that it points to is sound.
# KILL_SEED: repeats the moments of a run.
set -u
. "$SRCDIR/tests/cli/helper"

"$PYTHON" -B - "$work" "$VMCORE_SAVE" "${KILL_SEED:-}" <<'END' || bad=1
import os
import random
import signal
import struct
import subprocess
import sys
import time

work, program, seed = sys.argv[1:]
seed = int(seed) if seed else random.SystemRandom().randrange(1 << 32)
print(f"seed {seed}")
rng = random.Random(seed)
MOMENTS = 50
SIZE, PAGE = 64 << 20, 4096
source, name = os.path.join(work, "source"), os.path.join(work, "vmcore")
bad = 0


def fail(text):
    global bad
    bad += 1
    print("FAIL:", text)


def make():
    """An ELF core of two pieces of memory: noise, text, and zeros, a page of each in turn."""
    half = SIZE // 2
    with open(source, "wb") as out:
        out.write(struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0))
        for i in range(2):
            at = (i + 1) << 32
            out.write(struct.pack("<IIQQQQQQ", 1, 7, PAGE + i * half, 0xFFFF888000000000 + at, at, half, half, 0))
        out.write(bytes(PAGE - out.tell()))
        for i in range(SIZE // PAGE):
            line = b"page %d of a machine that crashed %d times\n" % (i, i * 2654435761 % 1000003)
            text = (line * (PAGE // len(line) + 1))[:PAGE]
            out.write((rng.randbytes(PAGE // 2) + text[: PAGE // 2], text, bytes(PAGE))[i % 3])


def arguments(way):
    fast = ["--format", "elf"] if way == "elf" else ["-d", "0", "--compress", packing]
    return [program, "-q", "--threads", "2", "--checkpoint", "2M", *fast, source, name]


def clean():
    for path in (name, name + ".incomplete"):
        if os.path.exists(path):
            os.unlink(path)


def run(way):
    clean()
    start = time.monotonic()
    done = subprocess.run(arguments(way), capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stderr)
        sys.exit(f"FAIL: a run that is not disturbed ends with {done.returncode}")
    return time.monotonic() - start


def ask(what, path):
    done = subprocess.run([program, what, path], capture_output=True, text=True, timeout=120)
    if done.returncode < 0 or "Sanitizer" in done.stderr or "runtime error" in done.stderr:
        fail(f"{what}: {done.returncode}: {done.stderr[-500:]}")
    return done.returncode, done.stdout + done.stderr


def headers_end(path):
    """Where what must be there to open the file ends, or None where the file has no header yet."""
    with open(path, "rb") as file:
        head = file.read(464)
    if len(head) < 464 or head[:8] != b"KDUMP   ":
        return None
    block, sub, bitmaps = struct.unpack_from("<III", head, 428)
    return block * (1 + sub + bitmaps)


def elf_headers_end(path):
    with open(path, "rb") as file:
        head = file.read(64)
    if len(head) < 64 or head[:4] != b"\x7fELF":
        return None
    offset, count = struct.unpack_from("<Q", head, 32)[0], struct.unpack_from("<H", head, 56)[0]
    return offset + 56 * count


def look(way, moment, killed):
    where = f"{way}, killed after {moment:.4f} s"
    partial = name + ".incomplete"
    if os.path.exists(name):
        code, text = ask("--verify", name)
        if code != 0:
            fail(f"{where}: {name} is there, and --verify says {code}: {text[-300:]}")
        if os.path.exists(partial):
            fail(f"{where}: both names are there")
        return "complete"
    if not killed:
        fail(f"{where}: it ended by itself, and {name} is not there")
    if not os.path.exists(partial):
        return "nothing"
    end = elf_headers_end(partial) if way == "elf" else headers_end(partial)
    if end is None or os.path.getsize(partial) < end:
        return "no header"
    code, text = ask("--verify", partial)
    if code not in (0, 3):
        fail(f"{where}: {partial} is not sound, --verify says {code}: {text[-300:]}")
    code, text = ask("--info", partial)
    if code not in (0, 3):
        fail(f"{where}: {partial} does not open, --info says {code}: {text[-300:]}")
    with open(partial, "rb") as file:
        head = file.read(464)
    marked = struct.unpack_from("<I", head, 48)[0] & 1 if way == "elf" else struct.unpack_from("<I", head, 424)[0] & 8
    if not marked and ask("--verify", partial)[0] != 0:
        fail(f"{where}: {partial} does not say that it is incomplete")
    return "incomplete" if marked else "whole, not named yet"


make()
packing = "zlib:1"
clean()
if "zlib" in subprocess.run(arguments("kdump"), capture_output=True, text=True).stderr:
    packing = "zstd:9"
length = {way: sorted(run(way) for _ in range(3))[1] for way in ("kdump", "elf")}
print("a full run takes", ", ".join(f"{way} {value:.3f} s" for way, value in length.items()))
found = {}
for i in range(MOMENTS):
    way = "elf" if i % 5 == 4 else "kdump"
    part = (i + rng.random()) / MOMENTS
    # Other work on the machine comes and goes, and with it the length of a run.
    if i and i % 10 == 0:
        length = {key: run(key) for key in length}
    for _ in range(3):
        moment = length[way] * part
        clean()
        start = time.monotonic()
        child = subprocess.Popen(arguments(way), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            child.wait(moment)
            length[way] = time.monotonic() - start
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
        killed = child.wait() == -signal.SIGKILL
        state = look(way, moment, killed)
        if killed:
            break
    found[state] = found.get(state, 0) + 1
print(found)
if found.get("incomplete", 0) < MOMENTS // 2:
    fail(f"too few of {MOMENTS} moments were in the middle: {found}")
# What is left is not in the way of the next one.
done = subprocess.run(arguments("kdump"), capture_output=True, text=True)
if done.returncode != 0 or ask("--verify", name)[0] != 0:
    if not (os.path.exists(name) and "exists" in done.stderr):
        fail(f"after a killed run: {done.returncode}: {done.stderr[-300:]}")
print("bad:", bad)
sys.exit(bad > 0)
END
exit $bad
