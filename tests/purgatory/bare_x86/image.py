# SPDX-License-Identifier: GPL-2.0-only
"""A purgatory as a loader places it, from doc/purgatory-abi alone: a second opinion on every offset."""
import hashlib
import struct

HEADER, HEADER_SIZE = "8sIIQQQQQQQ", 72
PARAMS = "IIQIIQQQ16Q"
REGION, REGION_SIZE = "QQII32s", 56
RESULT_OFFSET = 176
DIGEST_OFFSET = 184
PARAMS_SIZE = 216

HASHED = 1
SKIP_CHECKS, CRASH = 1, 2
HALT, REBOOT = 0, 1
KERNEL, INITRD, BOOT_PARAMS, BACKUP = 1, 2, 7, 8
(MODE, ENTRY, RAX, RBX, RSI, CONSOLE, BAUD, BACKUP_SOURCE, BACKUP_TARGET, BACKUP_SIZE, JUMP_BACK,
 JUMP_BACK_ROOM) = range(12)
VGA, SERIAL, RESET_VGA = 1, 2, 4
CONSOLE_COM1 = 0x3f8 << 16

NOT_RUN, INTACT, TABLE_DAMAGED, REGION_DAMAGED, SKIPPED, MALFORMED = range(6)


class Region:
    def __init__(self, start, data, role, hashed=True):
        self.start, self.data, self.role, self.hashed = start, data, role, hashed

    def pack(self, order="<"):
        digest = hashlib.sha256(self.data).digest() if self.hashed else bytes(32)
        return struct.pack(order + REGION, self.start, len(self.data), self.role, HASHED if self.hashed else 0, digest)


class Purgatory:
    """Attributes may be changed until pack(). order: of the target, as struct names it."""

    def __init__(self, image, start, regions, order="<"):
        (magic, abi, header_size, self.file_size, self.memory_size, self.align, self.entry_crash, self.entry_normal,
         self.params_offset, params_size) = struct.unpack_from(order + HEADER, image)
        if magic != b"PURGATRY" or abi != 1 or header_size != HEADER_SIZE or params_size != PARAMS_SIZE:
            raise SystemExit("this is no purgatory of ABI 1")
        if len(image) != self.file_size or self.memory_size < self.file_size or start % self.align:
            raise SystemExit("the purgatory's header contradicts it")
        self.image, self.start, self.order = image, start, order
        self.regions = sorted(regions, key=lambda region: region.start)
        self.flags, self.policy = 0, HALT
        self.crash = (0, 0)
        self.handoff = [0] * 16

    def entry(self):
        return self.start + (self.entry_crash if self.flags & CRASH else self.entry_normal)

    def result_address(self):
        return self.start + self.params_offset + RESULT_OFFSET

    def regions_address(self):
        return self.start + self.memory_size

    def pack(self):
        table = b"".join(region.pack(self.order) for region in self.regions)
        params = struct.pack(self.order + PARAMS, self.flags, self.policy, self.memory_size, len(self.regions), REGION_SIZE,
                             self.memory_size + len(table), *self.crash, *self.handoff)
        digest = hashlib.sha256(params + table).digest()
        data = bytearray(self.image.ljust(self.memory_size, b"\0"))
        data[self.params_offset:self.params_offset + PARAMS_SIZE] = params + bytes(8) + digest
        return bytes(data) + table
