# SPDX-License-Identifier: GPL-2.0-only
"""What purgatory was told, for loads_ppc64le.py: that of this kexec by include/purgatory_abi.h, that of the reference by
what can be found in it, for it is machine code with variables whose names are gone."""
import hashlib
import struct

MAGIC = b"PURGATRY"
OF_THE_REFERENCE = b"in purgatory"
PARAMS_OFFSET = 56  # of it in struct purgatory_header
SKIP_CHECKS = 1
HANDOFF = 48  # struct purgatory_params
KERNEL, DEVICE_TREE, RUN_AT_LOAD, BACKUP_SOURCE, BACKUP_TARGET, BACKUP_SIZE, CONSOLE = range(7)
SLAVE_BLOCK = 0x100


def is_purgatory(content):
    return content.startswith(MAGIC) or OF_THE_REFERENCE in content


def params_at(content):
    return struct.unpack_from("<Q", content, PARAMS_OFFSET)[0]


def handoff(content, number):
    return struct.unpack_from("<Q", content, params_at(content) + HANDOFF + 8 * number)[0]


def has_digests(content, others):
    """What it has the digests of, computed here. others: name, segment. The reference has one digest of all that it
    verifies, this kexec one of each segment."""
    if content.startswith(MAGIC):
        if struct.unpack_from("<I", content, params_at(content))[0] & SKIP_CHECKS:
            return "nothing"
        left = [name for name, segment in others if hashlib.sha256(segment.memory()).digest() not in content]
        return " ".join(["all", *(f"-{name}" for name in left)])
    for left in ([], ["elfcorehdr"], ["elfcorehdr", "device tree"]):
        digest = hashlib.sha256()
        for name, segment in others:
            if name not in left:
                digest.update(segment.memory())
        if digest.digest() in content:
            return " ".join(["all", *(f"-{name}" for name in left)])
    return "nothing"


def knows(content, address):
    return struct.pack("<Q", address) in content


def values(purgatory, entry, others, kernel):
    """entry: offset in it. others: name, segment. kernel: the first segment of the kernel"""
    content = purgatory.content
    # --entry may say anything.
    block = content[entry:entry + SLAVE_BLOCK] if 0 <= entry < len(content) else b""
    place = {name: segment.start for name, segment in others}
    out = {"hashed": has_digests(content, others),
           "slave block": "the kernel's" if block[4:] == kernel.content[4:SLAVE_BLOCK] else "another"}
    if content.startswith(MAGIC):
        out["starts"] = " ".join(name for name, number in (("kernel", KERNEL), ("device tree", DEVICE_TREE))
                                 if handoff(content, number) == place.get(name, kernel.start))
        if "backup" in place:
            out["saves to"] = "the backup" if handoff(content, BACKUP_TARGET) == place["backup"] else "elsewhere"
    else:
        out["starts"] = " ".join(name for name, address in (("kernel", kernel.start), ("device tree", place["device tree"]))
                                 if knows(content, address))
        if "backup" in place:
            out["saves to"] = "the backup" if knows(content, place["backup"]) else "elsewhere"
    return out
