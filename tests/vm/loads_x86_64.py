# SPDX-License-Identifier: GPL-2.0-only
"""What an x86-64 kernel gets from a kexec_load or kexec_file_load, for compare_loads.py.

Segments are told apart by what is in them, not by where they lie: boot_params by the header's magic and its pointers
(Documentation/arch/x86/boot.rst), the core header by the address on the command line, purgatory by the entry.
"""
import re
import struct
import sys
import zlib

import purgatory_x86_64
from loaded import KIB, CoreHeader, core_header_address, merged, need, segments_of, text_of
from zero_page import SIZE, ZeroPage

MEMINFO_MAGIC = struct.pack("<Q", 0x4D454D494E464F01)
RAM, E820_EXT = 1, 1
NOTES_MAGIC = struct.pack("<I", 0x0E1FB007)
SETUP_NAMES = {1: "e820-ext", 2: "dtb", 4: "efi", 9: "rng-seed"}


def checksum_holds(content):
    """As in RFC 1071: the sum of all, the checksum among it, is all ones."""
    total = sum(struct.unpack(f"<{len(content) // 2}H", content))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total == 0xFFFF


class Load:
    """facts: what both calls have. by_address: what only kexec_load shows."""

    def __init__(self, call, crash_range, data, kernel):
        self.kernel = kernel
        self.facts = {"target": "crash" if call.crash else "normal"}
        self.by_address = {}
        self.crash_range = crash_range
        self.notes_address = None
        if call.kind == "kexec_load":
            self.machine = data("boot_params")
            self.take_segments(call, data)
        else:
            sha = call.part("initrd")
            self.facts["kernel"] = data(call.part("kernel"))
            self.facts["initrd"] = data(sha) if sha else b""
            self.facts["command line"] = re.search(r'cmdline "(.*)"$', call.line)[1]
            self.by_address["file flags"] = hex(call.flags)
            self.by_address["file cmdline-size"] = re.search(r"cmdline-size (\d+)", call.line)[1]

    def segment_at(self, address):
        for segment in self.segments:
            if segment.has(address):
                return segment
        return None

    def need(self, address, what, call):
        return need(self.segments, address, what, call)

    def take_segments(self, call, data):
        self.segments = segments_of(call, data)
        known = {}
        for segment in self.segments:
            if purgatory_x86_64.is_purgatory(segment.content):
                known[segment.start] = "purgatory"
        at_entry = self.segment_at(call.entry)
        self.by_address["entry"] = "purgatory" if at_entry and at_entry.start in known else hex(call.entry)
        self.by_address["flags"] = hex(call.flags)
        for segment in self.segments:
            if segment.content.startswith(MEMINFO_MAGIC):
                known[segment.start] = "meminfo"
        found, params = self.boot_params(known)
        self.facts["initrd"], self.facts["command line"] = b"", ""
        if params:
            self.take_boot_params(found, params, call, known)
        self.take_boot_notes(known)
        if not params:
            self.take_multiboot(known)
        for segment in self.segments:
            if not segment.content and segment.start not in known:
                known[segment.start] = "without data"
        rest = [s for s in self.segments if s.start not in known]
        self.facts["kernel"] = b"".join(s.content.rstrip(b"\0") for s in rest)
        self.by_address["kernel memory"] = " ".join(hex(s.end - s.start) for s in rest)
        self.by_address.update(purgatory_x86_64.values(self.segments, known, rest, self.notes_address))
        fields = self.by_address.get("boot_params")
        if fields and any(s.start == int(fields["code32_start"], 0) for s in rest):
            fields["code32_start"] = "the kernel"
        self.by_address["kernel in the low 4 GiB"] = str(all(s.end <= 1 << 32 for s in rest))
        self.by_address["without data"] = " ".join(
            hex(s.end - s.start) for s in self.segments if known.get(s.start) == "without data")

    def boot_params(self, known):
        for segment in self.segments:
            if segment.start in known or segment.content[0x202:0x206] != b"HdrS":
                continue
            params = ZeroPage(segment.content[:SIZE].ljust(SIZE, b"\0"), self.kernel)
            if self.segment_at(params.cmdline):
                known[segment.start] = "boot_params"
                return segment, params
        return None, None

    def take_boot_params(self, segment, params, call, known):
        at = params.cmdline
        text = self.need(at, "the command line", call)
        line = text.content[at - text.start:].split(b"\0")[0].decode("latin-1")
        known.setdefault(text.start, "command line")
        start, size = params.initrd
        if size:
            initrd = self.need(start, "the initrd", call)
            self.facts["initrd"] = initrd.get(start, size)
            known[initrd.start] = "initrd"
        self.by_address["initrd on a page"] = str(start % 4096 == 0)
        items, entries = self.setup_data(params, call, known)
        entries = list(params.memory()) + entries
        first = at - segment.start
        self.by_address["boot_params"] = dict(params.values(range(first, first + len(line) + 1), self.machine))
        start, size = params.efi_map
        if size:
            efi_map = self.need(start, "the EFI memory map", call)
            known.setdefault(efi_map.start, "EFI memory map")
            self.by_address["efi memmap"] = efi_map.get(start, size).hex()
        self.by_address["setup data"] = " ".join(sorted(items))
        own = self.take_core_header(line, call, known)
        line = re.sub(r"\b(elfcorehdr=)\S+", r"\1ADDRESS", line)
        line, mapped = self.take_memmap(line, own)
        self.facts["command line"] = line
        self.by_address["memory"] = self.memory_of(entries, own)
        self.by_address.update(mapped)

    def take_boot_notes(self, known):
        """The ELF boot notes proposal: magic, size, checksum and count, then notes."""
        for segment in self.segments:
            where = segment.content.find(NOTES_MAGIC) if known.get(segment.start) == "boot_params" else 0
            if where < 0 or segment.content[where:where + 4] != NOTES_MAGIC:
                continue
            size, _, count = struct.unpack_from("<IHH", segment.content, where + 4)
            if size % 2 or not checksum_holds(segment.content[where:where + size]):
                sys.exit(f"compare: boot notes with a wrong checksum: {segment.content[where:where + size].hex()}")
            at, notes = where + 12, []
            while at < where + size:
                name_size, size_of, kind = struct.unpack_from("<III", segment.content, at)
                name = segment.content[at + 12:at + 12 + name_size].rstrip(b"\0").decode("latin-1")
                at += 12 + (name_size + 3 & ~3)
                notes.append(f"{name}:{kind}:{segment.content[at:at + size_of].rstrip(bytes(1)).decode('latin-1')}")
                at += size_of + 3 & ~3
            self.by_address["boot notes"] = f"{count} " + " ".join(notes)
            known.setdefault(segment.start, "boot notes")
            self.notes_address = segment.start + where

    def text_at(self, address):
        segment = self.segment_at(address)
        return segment and segment.content[address - segment.start:].split(b"\0")[0].decode("latin-1")

    def take_multiboot(self, known):
        for segment in self.segments:
            if segment.start in known or len(segment.content) < 88:
                continue
            if self.is_information1(segment):
                known[segment.start] = "multiboot information"
                self.take_information1(segment, known)
            elif self.is_information2(segment):
                known[segment.start] = "multiboot information"
                self.take_information2(segment, known)

    def is_information1(self, segment):
        flags, = struct.unpack_from("<I", segment.content)
        line, = struct.unpack_from("<I", segment.content, 16)
        loader, = struct.unpack_from("<I", segment.content, 64)
        return flags & 0x245 == 0x245 and self.segment_at(line) and self.segment_at(loader)

    def module(self, start, end, text, known):
        segment = self.segment_at(start)
        if not segment:
            sys.exit(f"compare: module {text} at 0x{start:x} is in no segment")
        known[segment.start] = "module"
        return f"{text}({end - start} bytes {zlib.crc32(segment.get(start, end - start)):08x})"

    def take_information1(self, segment, known):
        flags, lower, upper, _, line, count, modules = struct.unpack_from("<7I", segment.content)
        length, at = struct.unpack_from("<II", segment.content, 44)
        self.facts["command line"] = self.text_at(line)
        self.by_address["boot loader"] = self.text_at(struct.unpack_from("<I", segment.content, 64)[0])
        self.by_address["multiboot flags"] = hex(flags)
        self.by_address["multiboot memory"] = f"{lower} {upper}"
        listed = []
        for i in range(count):
            table = self.segment_at(modules)
            start, end, text = struct.unpack("<III", table.get(modules + 16 * i, 12))
            listed.append(self.module(start, end, self.text_at(text), known))
        self.by_address["modules"] = " ".join(listed)
        memory = self.segment_at(at)
        known.setdefault(memory.start, "multiboot map")
        ranges, stop = [], at + length
        while at < stop:
            size, base, extent, kind = struct.unpack("<IQQI", memory.get(at, 24))
            ranges.append((base, extent, kind))
            at += 4 + size
        self.by_address["memory"] = self.memory_of(ranges, [])

    @staticmethod
    def is_information2(segment):
        """Tags that end exactly where the size says."""
        total, reserved = struct.unpack_from("<II", segment.content)
        if reserved or not 16 <= total <= len(segment.content):
            return False
        at = 8
        while at < total:
            kind, size = struct.unpack("<II", segment.get(segment.start + at, 8))
            if kind == 0:
                return size == 8
            if size < 8:
                return False
            at += size + 7 & ~7
        return False

    def take_information2(self, segment, known):
        total, = struct.unpack_from("<I", segment.content)
        at, tags, modules = 8, [], []
        while at < total:
            kind, size = struct.unpack("<II", segment.get(segment.start + at, 8))
            content = segment.content[at + 8:at + size]
            if kind == 0:
                break
            if kind == 1:
                self.facts["command line"] = content.rstrip(b"\0").decode("latin-1")
            elif kind == 3:
                start, end = struct.unpack_from("<II", content)
                modules.append(self.module(start, end, content[8:].split(b"\0")[0].decode("latin-1"), known))
            elif kind == 4:
                self.by_address["multiboot memory"] = "{} {}".format(*struct.unpack("<II", content))
            elif kind == 6:
                step, = struct.unpack_from("<I", content)
                ranges = [struct.unpack_from("<QQI", content, i) for i in range(8, len(content), step)]
                self.by_address["memory"] = self.memory_of(ranges, [])
            elif kind == 2:
                self.by_address["boot loader"] = content.rstrip(b"\0").decode("latin-1")
            else:
                tags.append(f"{kind}:{content.hex()}")
            at += size + 7 & ~7
        self.by_address["modules"] = " ".join(modules)
        self.by_address["tags"] = " ".join(sorted(tags))

    def setup_data(self, params, call, known):
        at, items, entries = params.number("setup_data"), [], []
        for _ in range(100):
            if not at:
                return items, entries
            segment = self.need(at, "setup data", call)
            known.setdefault(segment.start, "setup data")
            following, kind, length = struct.unpack("<QII", segment.get(at, 16))
            content = segment.get(at + 16, length)
            if kind == E820_EXT:
                entries += [struct.unpack_from("<QQI", content, i) for i in range(0, length - 19, 20)]
            else:
                shown = "" if kind == 9 else ":" + content.hex()
                items.append(f"{SETUP_NAMES.get(kind, kind)}({length}{shown})")
            at = following
        sys.exit(f"compare: setup data without end: {call.line}")

    def take_core_header(self, line, call, known):
        """The ranges of the reservation that the capture kernel is not given, because of what lies there."""
        own = [(s.start, s.end) for s in self.segments if known.get(s.start) == "meminfo"]
        address = core_header_address(line)
        if address is None:
            return own
        segment = self.need(address, "the core header", call)
        known[segment.start] = "elfcorehdr"
        header = CoreHeader(segment, self.segments, call)
        for backup in header.backups:
            known[backup.start] = "backup"
        own += [(s.start, s.end) for s in (segment, *header.backups)]
        self.by_address.update(header.facts)
        return own

    @staticmethod
    def take_memmap(line, own):
        words, ram, other = [], list(own), []
        for word in line.split(" "):
            found = re.fullmatch(r"memmap=(\d+)K([@#$!])(\d+)K", word)
            if found and found[2] == "@":
                ram.append((int(found[3]) * KIB, (int(found[3]) + int(found[1])) * KIB))
            elif found:
                other.append(f"{found[2]}{found[3]}K+{found[1]}K")
            else:
                words.append(word)
        if len(ram) == len(own):
            return line, {"memmap=": " ".join(other)}
        return " ".join(words), {"memmap=": " ".join(other), "memmap=, RAM": text_of(merged(ram))}

    def memory_of(self, entries, own):
        """By type, neighbours joined. To a capture kernel's RAM is added what lies in its reservation for others."""
        if not all(size for _, size, _ in entries):
            sys.exit(f"compare: memory map with an empty entry: {entries}")
        ram = [(start, start + size) for start, size, kind in entries if kind == RAM]
        if ram and self.facts["target"] == "crash":
            ram += own
        return {"memory, RAM": text_of(merged(ram))} | {
            f"memory, type {kind}": text_of(merged((s, s + n) for s, n, k in entries if k == kind))
            for kind in sorted({kind for _, _, kind in entries} - {RAM})}
