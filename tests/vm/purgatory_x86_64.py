# SPDX-License-Identifier: GPL-2.0-only
"""What purgatory was told, for loads_x86_64.py: that of this kexec by include/purgatory_abi.h, that of the reference by
what can be found in it, for it is machine code with variables whose names are gone."""
import hashlib
import struct

MAGIC = b"PURGATRY"
OF_THE_REFERENCE = b"in purgatory"
PARAMS_OFFSET = 56  # of it in struct purgatory_header
SKIP_CHECKS = 1
HANDOFF, CONSOLE, BAUD = 48, 5, 6  # struct purgatory_params

# Another serial line than the usual one must be this one: no purgatory of the reference has these numbers by itself.
OTHER_BAUD, OTHER_PORT, USUAL_PORT = 9600, 0x2F8, 0x3F8

HANDED_OVER = {"boot_params", "backup", "multiboot information"}


def is_purgatory(content):
    return content.startswith(MAGIC) or OF_THE_REFERENCE in content


def params_at(content):
    return struct.unpack_from("<Q", content, PARAMS_OFFSET)[0]


def serial_line(content):
    if content.startswith(MAGIC):
        at = params_at(content) + HANDOFF
        port = struct.unpack_from("<Q", content, at + 8 * CONSOLE)[0] >> 16
        baud = struct.unpack_from("<Q", content, at + 8 * BAUD)[0]
    else:
        shorts = {content[at:at + 2] for at in range(0, len(content), 2)}
        words = {content[at:at + 4] for at in range(0, len(content), 4)}
        port = OTHER_PORT if struct.pack("<H", OTHER_PORT) in shorts else USUAL_PORT
        baud = OTHER_BAUD if struct.pack("<I", OTHER_BAUD) in words else 0
    return f"0x{port:x}, {baud} baud"


def hashed(content, others):
    """What it has the digests of, computed here. others: name, segment. The reference has one digest of all that it
    verifies, this kexec one of each segment."""
    if content.startswith(MAGIC):
        if struct.unpack_from("<I", content, params_at(content))[0] & SKIP_CHECKS:
            return "nothing"
        left = [name for name, segment in others if hashlib.sha256(segment.memory()).digest() not in content]
    else:
        for left in ([], ["elfcorehdr"]):
            digest = hashlib.sha256()
            for name, segment in others:
                if name not in left:
                    digest.update(segment.memory())
            if digest.digest() in content:
                break
        else:
            return "nothing"
    return " ".join(["all", *(f"-{name}" for name in left)])


def starts(content, others, meant):
    """Which of the addresses it has for other uses than the digest: those of its hand-over. meant: name, address."""
    sizes = {segment.start: (segment.end - segment.start, len(segment.content)) for _, segment in others}
    for what, address in sorted(meant.items()):
        for at in range(0, len(content) - 16, 4):
            value, size = struct.unpack_from("<QQ", content, at)
            if address in (value, value & 0xFFFFFFFF) and size not in sizes.get(address, ()):
                yield what
                break


def values(segments, known, kernel, notes):
    """known: names of segments by address. kernel: its segments. notes: the address of boot notes or None"""
    content = next((s.content for s in segments if known.get(s.start) == "purgatory"), None)
    if content is None:
        return {"purgatory": "none"}
    others = [(known.get(s.start, "kernel"), s) for s in segments if known.get(s.start) != "purgatory"]
    meant = {f"kernel+0x{at:x}": kernel[0].start + at for at in (0, 0x200)} if kernel else {}
    meant |= {name: segment.start for name, segment in others if name in HANDED_OVER}
    if notes:
        meant["boot notes"] = notes
    return {"purgatory": {"hashed": hashed(content, others), "serial line": serial_line(content),
                          "starts": " ".join(starts(content, others, meant))}}
