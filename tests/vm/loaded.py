# SPDX-License-Identifier: GPL-2.0-only
"""Segments of a kexec_load and the ELF core header among them, for loads_*.py."""
import re
import struct
import sys

KIB = 1024
PT_LOAD, PT_NOTE = 1, 4


class Segment:
    def __init__(self, mem, memsz, content):
        self.start, self.end, self.content = mem, mem + memsz, content

    def has(self, address):
        return self.start <= address < self.end

    def memory(self):
        return self.content + bytes(self.end - self.start - len(self.content))

    def get(self, address, size):
        at = address - self.start
        return (self.content[at:at + size] + bytes(size))[:size]


def segments_of(call, data):
    return [Segment(mem, memsz, data(sha) if bufsz else b"") for mem, memsz, bufsz, sha in call.segments()]


def need(segments, address, what, call):
    for segment in segments:
        if segment.has(address):
            return segment
    sys.exit(f"compare: {what} at 0x{address:x} is in no segment: {call.line}")


def merged(ranges):
    out = []
    for start, end in sorted(ranges):
        if out and start <= out[-1][1]:
            out[-1][1] = max(end, out[-1][1])
        elif end > start:
            out.append([start, end])
    return out


def text_of(ranges):
    return " ".join(f"0x{a:x}-0x{b:x}" for a, b in ranges)


def core_header_address(cmdline):
    """What elfcorehdr= says, or None."""
    found = re.search(r"\belfcorehdr=(0x[0-9a-f]+|\d+)(K?)", cmdline)
    return found and int(found[1], 0) * (KIB if found[2] else 1)


class CoreHeader:
    """backups: segments that memory was moved to, by address of the segment. facts: what there is to compare."""

    def __init__(self, segment, segments, call):
        content = segment.content
        wide, order = content[4] == 2, "<>"[content[5] - 1]
        layout, at = (order + "Q8xI2xHH", 32) if wide else (order + "I4xI2xHH", 28)
        offset, flags, size, count = struct.unpack_from(layout, content, at)
        notes, loads, mapped = [], [], []
        self.backups = []
        for i in range(count):
            kind, rights, where, virtual, physical, length, extent, align = self.program_header(
                content, offset + i * size, wide, order)
            if extent != length or align or rights != (7 if kind == PT_LOAD else 0) or \
                    kind == PT_NOTE and where != physical:
                sys.exit(f"compare: core header: program header {i} of type {kind} is odd: {call.line}")
            if kind == PT_NOTE:
                notes.append(f"0x{physical:x}+{length}")
                continue
            moved = ""
            if where != physical:
                backup = need(segments, where, "the backup", call)
                self.backups.append(backup)
                moved = f"(backup+0x{where - backup.start:x})"
            loads.append(f"0x{physical:x}+0x{length:x}{moved}")
            mapped.append(hex(virtual))
        self.facts = {"core identification": content[:20].hex(), "core flags": hex(flags), "core notes": " ".join(notes),
                      "core loads": " ".join(loads), "core loads are mapped at": " ".join(mapped)}

    @staticmethod
    def program_header(content, at, wide, order):
        """type, flags, offset, virtual and physical address, size in file and memory, alignment"""
        if wide:
            return struct.unpack_from(order + "IIQQQQQQ", content, at)
        kind, where, virtual, physical, length, extent, flags, align = struct.unpack_from(order + "8I", content, at)
        return kind, flags, where, virtual, physical, length, extent, align
