# SPDX-License-Identifier: GPL-2.0-only
"""A flattened device tree by the eyes of dtc, for loads_ppc64le.py."""
import re
import struct
import subprocess
import sys

MAGIC = b"\xd0\x0d\xfe\xed"


class Tree:
    """properties: text of each value as dtc writes it, by path. reserved: (start, end) of the reservation block."""

    def __init__(self, content, call):
        self.size = struct.unpack_from(">I", content, 4)[0]
        self.version, _, self.boot_cpu = struct.unpack_from(">III", content, 20)
        ran = subprocess.run(["dtc", "-q", "-s", "-I", "dtb", "-O", "dts"], input=content[:self.size],
                             capture_output=True)
        if ran.returncode:
            sys.exit(f"compare: dtc does not read a device tree: {ran.stderr.decode()}: {call.line}")
        self.properties, self.reserved, self.nodes = {}, [], []
        path = []
        for line in ran.stdout.decode("latin-1").splitlines():
            line = line.strip()
            if found := re.fullmatch(r"/memreserve/\s+(0x[0-9a-f]+) (0x[0-9a-f]+);", line):
                start = int(found[1], 16)
                self.reserved.append((start, start + int(found[2], 16)))
            elif line.endswith("{"):
                path.append(line[:-1].strip().strip("/"))
                self.nodes.append(self.name(path))
            elif line == "};":
                path.pop()
            elif found := re.fullmatch(r"([^ =]+)(?: = (.*))?;", line):
                self.properties[self.name(path) + ("" if len(path) == 1 else "/") + found[1]] = found[2] or ""
        if path or not self.nodes:
            sys.exit(f"compare: what dtc wrote of a device tree is not understood: {call.line}")

    @staticmethod
    def name(path):
        return "/" + "/".join(path[1:])

    def number(self, name):
        """Of a property of one or two cells; None where it is not there."""
        text = self.properties.get(name)
        if text is None:
            return None
        if found := re.fullmatch(r"<(0x[0-9a-f]+)(?: (0x[0-9a-f]+))?>", text):
            high = int(found[1], 16)
            return (high << 32) + int(found[2], 16) if found[2] else high
        sys.exit(f"compare: {name} of a device tree is no number: {text}")

    def text(self, name):
        value = self.properties.get(name, '""')
        # An empty text.
        found = re.fullmatch(r'"(.*)"', '""' if value == "[00]" else value)
        if not found:
            sys.exit(f"compare: {name} of a device tree is no text: {self.properties[name]}")
        return re.sub(r"\\(.)", r"\1", found[1])
