# SPDX-License-Identifier: GPL-2.0-only
"""What a ppc64le kernel gets from a kexec_load or kexec_file_load, for compare_loads.py.

Segments are told apart by what is in them or points to them: the device tree by its magic, the initrd and the core
header by what the tree says, purgatory by the entry.
"""
import re
import struct

import purgatory_ppc64le
import tree_source
from loaded import CoreHeader, core_header_address, merged, need, segments_of, text_of

MEMINFO_MAGIC = struct.pack("<Q", 0x4D454D494E464F01)


class Load:
    """facts: what both calls have. by_address: what only kexec_load shows."""

    def __init__(self, call, crash_range, data, kernel):
        self.facts = {"target": "crash" if call.crash else "normal"}
        self.by_address = {}
        self.crash_range = crash_range
        if call.kind == "kexec_load":
            self.take_segments(call, data)
            return
        sha = call.part("initrd")
        self.facts["kernel"] = data(call.part("kernel"))
        self.facts["initrd"] = data(sha) if sha else b""
        self.facts["command line"] = re.search(r'cmdline "(.*)"$', call.line)[1]
        self.by_address["file flags"] = hex(call.flags)
        self.by_address["file cmdline-size"] = re.search(r"cmdline-size (\d+)", call.line)[1]

    def take_segments(self, call, data):
        self.segments = segments_of(call, data)
        known = {}
        purgatory = next(s for s in self.segments if purgatory_ppc64le.is_purgatory(s.content))
        known[purgatory.start] = "purgatory"
        self.by_address["entry"] = "purgatory" if purgatory.has(call.entry) else hex(call.entry)
        for segment in self.segments:
            if segment.content.startswith(tree_source.MAGIC):
                known[segment.start] = "device tree"
                tree = tree_source.Tree(segment.content, call)
                place = segment
            elif segment.content.startswith(MEMINFO_MAGIC):
                known[segment.start] = "meminfo"
        self.take_initrd(tree, known, call)
        line = tree.text("/chosen/bootargs")
        address = core_header_address(line)
        if address is not None:
            segment = need(self.segments, address, "the core header", call)
            known[segment.start] = "elfcorehdr"
            header = CoreHeader(segment, self.segments, call)
            known.update((backup.start, "backup") for backup in header.backups)
            self.by_address.update(header.facts)
            self.by_address["elfcorehdr="] = re.search(r"elfcorehdr=\S+", line)[0].replace(str(address // 1024), "N")
        kernel = [s for s in self.segments if s.start not in known]
        self.facts["command line"] = re.sub(r"\b(elfcorehdr=)\S+", r"\1ADDRESS", line).strip(" ")
        self.by_address["blanks around the text"] = str(len(line) - len(line.strip(" ")))
        self.facts["kernel"] = b"".join(s.content.rstrip(b"\0") for s in kernel)
        self.by_address["flags"] = hex(call.flags)
        self.by_address["kernel memory"] = " ".join(hex(s.end - s.start) for s in kernel)
        others = [(known.get(s.start, "kernel"), s) for s in self.segments if s is not purgatory]
        self.by_address["purgatory"] = purgatory_ppc64le.values(
            purgatory, call.entry - purgatory.start, others, kernel[0])
        self.take_tree(tree, place, known)

    def take_initrd(self, tree, known, call):
        start, end = tree.number("/chosen/linux,initrd-start"), tree.number("/chosen/linux,initrd-end")
        self.facts["initrd"] = b""
        if start:
            segment = need(self.segments, start, "the initrd", call)
            known[segment.start] = "initrd"
            self.facts["initrd"] = segment.get(start, end - start)

    def take_tree(self, tree, place, known):
        """Property by property. Addresses of what this load brings are compared by what lies there."""
        properties = dict(tree.properties)
        for name in ("/chosen/bootargs", "/chosen/linux,initrd-start", "/chosen/linux,initrd-end"):
            properties.pop(name, None)
        for name in [name for name in properties if name.endswith("-seed")]:
            properties[name] = "random"
        self.by_address["device tree"] = properties
        self.by_address["nodes"] = " ".join(sorted(tree.nodes))
        self.by_address["tree version"] = str(tree.version)
        named, others = set(), []
        for start, end in tree.reserved:
            of = {known.get(s.start, "kernel") for s in self.segments if s.start <= start < s.end}
            named |= of
            if not of:
                others.append((start, end))
        self.by_address["reserves of this load"] = " ".join(sorted(named))
        self.by_address["reserves"] = text_of(merged(others))
        self.by_address["tree inside its segment"] = str(tree.size <= place.end - place.start)
