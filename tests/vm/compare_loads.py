#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares what two kexec programs did with the same arguments.

compare_loads.py ARCH TABLE OUT KERNEL CRASH

ARCH    loads_ARCH.py says what a load gives to the next kernel, differences_ARCH.py what may differ

TABLE   a line for each argument list: NAME | LISTS BEFORE | ARGUMENTS; see tests/vm/guest/both, which makes
OUT     NAME.ref.* and NAME.our.*: result (exit code, kexec_loaded, kexec_crash_loaded), calls (tests/vm/guest/spy.c),
        stdout, stderr, shutdown (arguments of the shutdown program, if it was called); data/SHA-256: bytes loaded;
        data/boot_params: the running kernel's, on x86
KERNEL  the whole kernel image
CRASH   the crash reservation, start-end in hex, end inclusive

Each difference must be in DIFFERENCES, and each of those must occur: else the exit code is 1.
"""
import fnmatch
import importlib
import os
import re
import sys

FLAG_CRASH, FLAG_FILE_UNLOAD, FLAG_FILE_CRASH = 0x1, 0x1, 0x2


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Call:
    """One system call of the record, with what came of it."""

    def __init__(self, line):
        self.kind = line.split()[0]
        self.line, self.parts, self.result = line, [], None
        self.flags = int(m[1], 16) if (m := re.search(r"\bflags (0x[0-9a-f]+)", line)) else 0
        self.entry = int(m[1], 16) if (m := re.search(r"\bentry (0x[0-9a-f]+)", line)) else 0

    def part(self, name):
        """SHA-256 of the kernel or initrd of a kexec_file_load, or None."""
        for words in self.parts:
            if words[0] == name:
                return None if words[1] == "none" else words[-1]
        sys.exit(f"compare: no {name} in the record of: {self.line}")

    def segments(self):
        """start, size, size of data, digest of data; none for a kexec_file_load"""
        if self.kind != "kexec_load":
            return
        for words in self.parts:
            fields = dict(zip(words[1::2], words[2::2]))
            yield int(fields["mem"], 16), int(fields["memsz"], 16), int(fields["bufsz"], 16), fields["sha256"]

    @property
    def crash(self):
        return bool(self.flags & (FLAG_CRASH if self.kind == "kexec_load" else FLAG_FILE_CRASH))

    @property
    def unloads(self):
        if self.kind == "kexec_load":
            return not self.parts
        return self.kind == "kexec_file_load" and bool(self.flags & FLAG_FILE_UNLOAD)

    def __str__(self):
        if self.kind == "reboot":
            return self.line
        what = "unload" if self.unloads else "load"
        return f"{self.kind} {what} {'crash' if self.crash else 'normal'} {self.result}"


def parse_calls(path):
    calls = []
    for line in read(path).decode().splitlines():
        word = line.split()[0]
        if word in ("kexec_load", "kexec_file_load", "reboot"):
            calls.append(Call(line))
        elif word in ("result", "ended"):
            calls[-1].result = line.split()[-1]
        else:
            calls[-1].parts.append(line.split())
    for call in calls:
        if call.result is None:
            sys.exit(f"compare: {path}: what came of a call is not recorded: {call.line}")
    return calls


class Run:
    def __init__(self, out, name, who, make_load):
        stem = os.path.join(out, f"{name}.{who}")
        self.code, self.normal, self.crash = (int(word) for word in read(f"{stem}.result").split())
        self.stdout, self.stderr = (read(f"{stem}.{what}").decode(errors="replace") for what in ("stdout", "stderr"))
        self.shutdown = read(f"{stem}.shutdown").decode().strip() if os.path.exists(f"{stem}.shutdown") else ""
        self.calls = parse_calls(f"{stem}.calls")
        self.load, self.extent = None, []
        for call in self.calls:
            if call.kind != "reboot" and not call.unloads and call.result == "0":
                self.extent = [(mem, mem + memsz) for mem, memsz, _, _ in call.segments()]
                self.load = make_load(call, lambda sha: read(os.path.join(out, "data", sha)))


def whole(value):
    if isinstance(value, dict):
        return f"{len(value)} fields"
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value).replace("\n", "\\n")


def show(value):
    text = whole(value)
    return text if len(text) <= 90 else f"{text[:80]}... ({len(text)} characters)"


def pairs(ref, our):
    """(aspect, the reference's, ours), "" where one has none; of structures that both have, each field"""
    for name in ref | our:
        one, other = ref.get(name, ""), our.get(name, "")
        if isinstance(one, dict) and isinstance(other, dict):
            yield from pairs(one, other)
        else:
            yield name, one, other


def differences(ref, our):
    """(aspect, the reference's, ours)"""
    aspects = [("exit code", ref.code, our.code), ("kexec_loaded", ref.normal, our.normal),
               ("kexec_crash_loaded", ref.crash, our.crash), ("shutdown", ref.shutdown, our.shutdown),
               ("stdout", ref.stdout, our.stdout),
               ("calls", "; ".join(map(str, ref.calls)), "; ".join(map(str, our.calls)))]
    if ref.load and our.load:
        aspects += [(name, ref.load.facts[name], our.load.facts[name]) for name in ref.load.facts]
        if ref.load.by_address and our.load.by_address:
            aspects += pairs(ref.load.by_address, our.load.by_address)
    return [one for one in aspects if one[1] != one[2]]


def expected(listed, name, aspect, ref, our):
    """(row, value, reason) of the listed differences, or None"""
    for rows, values, why in listed:
        if not any(fnmatch.fnmatchcase(name, row) for row in rows.split()):
            continue
        for value in values:
            patterns = zip((aspect, whole(ref), whole(our)), value)
            if all(fnmatch.fnmatchcase(text, pattern) for text, pattern in patterns):
                return rows, value, why
    return None


def outside(run, arguments):
    """Segments beyond --mem-min or --mem-max."""
    for option, is_bad in (("min", lambda start, end, at: start < at), ("max", lambda start, end, at: end - 1 > at)):
        if found := re.search(rf"--mem-{option}=(0x[0-9a-f]+|[0-9]+)( |$)", arguments):
            for start, end in run.extent:
                if is_bad(start, end, int(found[1], 0)):
                    yield f"0x{start:x}-0x{end:x} is loaded in spite of {found[0].strip()}"


def own_faults(name, run, arguments):
    """What must hold without any reference."""
    yield from outside(run, arguments)
    if run.code not in (0, 137) and "status" not in name and not run.stderr + run.stdout:
        yield f"exit code {run.code} without a message"
    if run.code not in (0, 1, 137, 253, 254, 255):
        yield f"exit code {run.code}"
    if run.code == 0 and run.load and not (run.crash if run.load.facts["target"] == "crash" else run.normal):
        yield "a load that succeeded is not there afterwards"


def compare(name, arguments, ref, our, listed, used):
    bad = [f"ours: {text}" for text in own_faults(name, our, arguments)]
    lines = []
    for aspect, of_ref, of_our in differences(ref, our):
        difference = expected(listed, name, aspect, of_ref, of_our)
        text = f"{aspect}: {show(of_ref)} -> {show(of_our)}"
        if difference:
            used.add((name, *difference[:2]))
            lines.append(f"    {text}\n      because {difference[2]}")
        else:
            bad.append(text)
    loaded = "loads compared" if ref.load and our.load else "no load by both"
    print(f"{'DIFFERS' if bad else 'ok'}  {name}: kexec {arguments}: exit code {our.code}, {loaded}")
    print("".join(f"{line}\n" for line in lines), end="")
    for text in bad:
        print(f"    NOT LISTED {text}")
    if bad:
        print(f"    reference said: {ref.stderr.strip()[:600]}\n    ours said:      {our.stderr.strip()[:600]}")
    return not bad, bool(ref.load and our.load)


def main():
    arch, table, out, kernel, crash = sys.argv[1:]
    low, high = (int(word, 16) for word in crash.split("-"))
    loads = importlib.import_module(f"loads_{arch}")
    listed = importlib.import_module(f"differences_{arch}").DIFFERENCES
    image = read(kernel)
    rows = [[field.strip() for field in line.split("|", 2)] for line in read(table).decode().splitlines()
            if line.strip() and not line.startswith("#")]
    used, good, pairs = set(), 0, 0
    for name, before, arguments in rows:
        ref, our = (Run(out, name, who, lambda call, data: loads.Load(call, (low, high + 1), data, image))
                    for who in ("ref", "our"))
        alike, both = compare(name, arguments + (f" (after: {before})" if before else ""), ref, our, listed, used)
        good += alike
        pairs += both
    unseen = [f"{rows}: {value}" for rows, values, _ in listed for value in values
              if not any((rows, value) == one[1:] for one in used)]
    for text in unseen:
        print(f"NOT SEEN any more, so to be taken from the list: {text}")
    print(f"{len(rows)} argument lists, {good} as expected, {pairs} pairs of loads compared byte by byte, " +
          (f"{len(used)} differences, all listed" if good == len(rows) else "some differences are not listed"))
    sys.exit(1 if unseen or good != len(rows) or pairs < 20 or len(rows) < 25 else 0)


main()
