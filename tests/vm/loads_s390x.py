# SPDX-License-Identifier: GPL-2.0-only
"""What an s390x kernel gets from a kexec_load or kexec_file_load, for compare_loads.py."""
import re
import struct
import sys

PAGE = 4096
IMAGE, PARAMETERS, CMDLINE = 0x10000, 0x10400, 0x10480
FIELDS = {"initrd start": 0x10408, "initrd size": 0x10410, "oldmem base": 0x10418, "oldmem size": 0x10420}
PURGATORY = range(0x2000, 0x10000)  # purgatory and meminfo lie here, counted from where 0 will be
LEGACY_CMDLINE = 896


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

    def __init__(self, call, crash_range, data, kernel):
        area = struct.unpack_from(">Q", kernel, 0x10430)[0] or LEGACY_CMDLINE
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
