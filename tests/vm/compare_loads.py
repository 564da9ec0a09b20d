#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares what two kexec programs did with the same arguments.

compare_loads.py TABLE OUT KERNEL CRASH

TABLE   a line for each argument list: NAME | LISTS BEFORE | ARGUMENTS; see tests/vm/guest/both, which makes
OUT     NAME.ref.* and NAME.our.*: result (exit code, kexec_loaded, kexec_crash_loaded), calls (tests/vm/guest/spy.c),
        stdout, stderr, shutdown (arguments of the shutdown program, if it was called); data/SHA-256: bytes loaded
KERNEL  the whole kernel image, for its command line area
CRASH   the crash reservation, start-end in hex, end inclusive

Each difference must be in DIFFERENCES, and each of those must occur: else the exit code is 1.
"""
import fnmatch
import os
import re
import struct
import sys

from reference_differences import DIFFERENCES

PAGE = 4096
IMAGE, PARAMETERS, CMDLINE = 0x10000, 0x10400, 0x10480
FIELDS = {"initrd start": 0x10408, "initrd size": 0x10410, "oldmem base": 0x10418, "oldmem size": 0x10420}
PURGATORY = range(0x2000, 0x10000)  # purgatory and meminfo lie here, counted from where 0 will be
LEGACY_CMDLINE = 896
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


class Memory:
    """What lies where after a kexec_load, counted from where address 0 of the new kernel will be."""

    def __init__(self, call, base, data):
        self.bytes, self.ranges = {}, []
        for mem, memsz, bufsz, sha in call.segments():
            content = data(sha)
            if len(content) != bufsz or bufsz > memsz:
                sys.exit(f"compare: a segment of {bufsz} bytes in {memsz} has a dump of {len(content)}: {call.line}")
            start = mem - base
            if start % PAGE or memsz % PAGE:
                sys.exit(f"compare: a segment that is not whole pages: {call.line}")
            content += bytes(memsz - bufsz)
            for at in range(0, memsz, PAGE):
                if start + at in self.bytes:
                    sys.exit(f"compare: two segments for 0x{start + at:x}: {call.line}")
                self.bytes[start + at] = content[at:at + PAGE]
        for page in sorted(self.bytes):
            if page in PURGATORY:
                continue
            if self.ranges and self.ranges[-1][1] == page:
                self.ranges[-1][1] += PAGE
            else:
                self.ranges.append([page, page + PAGE])

    def get(self, start, end):
        first = start - start % PAGE
        whole = b"".join(self.bytes.get(at, bytes(PAGE)) for at in range(first, end, PAGE))
        return whole[start - first:end - first]


def blank(image, area):
    """The image, from IMAGE on, without what a loader writes into it."""
    out = bytearray(image)
    for at in FIELDS.values():
        out[at - IMAGE:at - IMAGE + 8] = bytes(8)
    out[CMDLINE - IMAGE:CMDLINE - IMAGE + area] = bytes(area)
    return bytes(out)


class Load:
    """What the next kernel gets, whatever the call: aspect -> something comparable."""

    def __init__(self, call, crash_range, area, data):
        self.facts = {"target": "crash" if call.crash else "normal"}
        self.by_address = {}
        if call.kind == "kexec_load":
            self.take_memory(call, crash_range, area, data)
        else:
            self.take_files(call, area, data)

    def take_memory(self, call, crash_range, area, data):
        base = crash_range[0] if call.crash else 0
        memory = Memory(call, base, data)
        value = {name: struct.unpack(">Q", memory.get(at, at + 8))[0] for name, at in FIELDS.items()}
        last = max(memory.bytes) + PAGE
        start, size = value["initrd start"], value["initrd size"]
        if min(memory.bytes) < 0 or start + size > last:
            sys.exit(f"compare: loaded is {min(memory.bytes):#x}-{last:#x}, and that has no {size} bytes at {start:#x}: "
                     f"{call.line}")
        text = memory.get(CMDLINE, CMDLINE + area)
        self.facts["initrd"] = memory.get(start, start + size)
        self.facts["kernel"] = blank(memory.get(IMAGE, start if size else last), area).rstrip(b"\0")
        self.facts["command line"] = text.split(b"\0")[0].decode("latin-1")
        self.by_address.update({name: hex(number) for name, number in value.items()})
        self.by_address["memory"] = " ".join(f"0x{a:x}-0x{b:x}" for a, b in memory.ranges)
        self.by_address["behind the text"] = bytes(text[text.find(b"\0"):]).strip(b"\0").hex()
        last_page = memory.get(start, start + size + -size % PAGE)
        self.by_address["behind the initrd"] = last_page[size:].strip(b"\0").hex()
        self.by_address["flags"] = hex(call.flags)
        entry = call.entry - base
        if entry - entry % PAGE not in memory.bytes:
            sys.exit(f"compare: the entry is in no segment: {call.line}")
        self.by_address["entry"] = "purgatory" if entry in PURGATORY else hex(entry)

    def take_files(self, call, area, data):
        sha = call.part("initrd")
        self.facts["initrd"] = data(sha) if sha else b""
        self.facts["kernel"] = blank(data(call.part("kernel"))[IMAGE:], area).rstrip(b"\0")
        self.facts["command line"] = re.search(r'cmdline "(.*)"$', call.line)[1]


class Run:
    def __init__(self, out, name, who, crash_range, area):
        stem = os.path.join(out, f"{name}.{who}")
        self.code, self.normal, self.crash = (int(word) for word in read(f"{stem}.result").split())
        self.stdout, self.stderr = (read(f"{stem}.{what}").decode(errors="replace") for what in ("stdout", "stderr"))
        self.shutdown = read(f"{stem}.shutdown").decode().strip() if os.path.exists(f"{stem}.shutdown") else ""
        self.calls = parse_calls(f"{stem}.calls")
        self.load = None
        for call in self.calls:
            if call.kind != "reboot" and not call.unloads and call.result == "0":
                self.load = Load(call, crash_range, area, lambda sha: read(os.path.join(out, "data", sha)))


def show(value):
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    text = str(value).replace("\n", "\\n")
    return text if len(text) <= 90 else f"{text[:80]}... ({len(text)} characters)"


def differences(ref, our):
    """(aspect, the reference's, ours)"""
    aspects = [("exit code", ref.code, our.code), ("kexec_loaded", ref.normal, our.normal),
               ("kexec_crash_loaded", ref.crash, our.crash), ("shutdown", ref.shutdown, our.shutdown),
               ("stdout", ref.stdout, our.stdout),
               ("calls", "; ".join(map(str, ref.calls)), "; ".join(map(str, our.calls)))]
    if ref.load and our.load:
        aspects += [(name, ref.load.facts[name], our.load.facts[name]) for name in ref.load.facts]
        if ref.load.by_address and our.load.by_address:
            aspects += [(name, value, our.load.by_address[name]) for name, value in ref.load.by_address.items()]
    return [one for one in aspects if one[1] != one[2]]


def expected(name, aspect, ref, our):
    """(row, value) of DIFFERENCES, or None"""
    for rows, values, why in DIFFERENCES:
        if not any(fnmatch.fnmatchcase(name, row) for row in rows.split()):
            continue
        for value in values:
            patterns = zip((aspect, show(ref), show(our)), value)
            if all(fnmatch.fnmatchcase(text, pattern) for text, pattern in patterns):
                return rows, value, why
    return None


def own_faults(name, run):
    """What must hold without any reference."""
    if run.code not in (0, 137) and "status" not in name and not run.stderr + run.stdout:
        yield f"exit code {run.code} without a message"
    if run.code not in (0, 1, 137, 253, 254, 255):
        yield f"exit code {run.code}"
    if run.code == 0 and run.load and not (run.crash if run.load.facts["target"] == "crash" else run.normal):
        yield "a load that succeeded is not there afterwards"


def compare(name, arguments, ref, our, used):
    bad = [f"ours: {text}" for text in own_faults(name, our)]
    lines = []
    for aspect, of_ref, of_our in differences(ref, our):
        difference = expected(name, aspect, of_ref, of_our)
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
    table, out, kernel, crash = sys.argv[1:]
    low, high = (int(word, 16) for word in crash.split("-"))
    area = struct.unpack_from(">Q", read(kernel), 0x10430)[0] or LEGACY_CMDLINE
    rows = [[field.strip() for field in line.split("|", 2)] for line in read(table).decode().splitlines()
            if line.strip() and not line.startswith("#")]
    used, good, loads = set(), 0, 0
    for name, before, arguments in rows:
        ref, our = (Run(out, name, who, (low, high + 1), area) for who in ("ref", "our"))
        alike, both = compare(name, arguments + (f" (after: {before})" if before else ""), ref, our, used)
        good += alike
        loads += both
    unseen = [f"{rows}: {value}" for rows, values, _ in DIFFERENCES for value in values
              if not any((rows, value) == one[1:] for one in used)]
    for text in unseen:
        print(f"NOT SEEN any more, so to be taken from the list: {text}")
    print(f"{len(rows)} argument lists, {good} as expected, {loads} pairs of loads compared byte by byte, " +
          (f"{len(used)} differences, all listed" if good == len(rows) else "some differences are not listed"))
    sys.exit(1 if unseen or good != len(rows) or loads < 20 or len(rows) < 15 else 0)


main()
