# SPDX-License-Identifier: GPL-2.0-only
"""Packed files of each codec: whole, in several members, with what may follow, and damaged.

FIXTURES/packed/list has one line for each:

    NAME CODEC SUM good PAYLOAD [LENGTH...]     unpacks to the file PAYLOAD; SUM: its checksum covers that (sum, nosum);
                                                cut to one of the LENGTHs, it is well formed and unpacks to less or all
    NAME CODEC - bad WORDS                      fails with an error that says so

gzip, bzip2 and xz come from Python's own modules. zstd and LZ4 files are built by hand, so that no tool is needed and
nothing of the libraries under test takes part: RFC 8878 and github.com/lz4/lz4 doc/lz4_Frame_format.md.
"""
import bz2
import lzma
import os
import struct
import sys
import zlib

from elf import EM_S390, PT_LOAD, Segment, kernel_like, make_elf
from s390_image import make_s390_image
from xxhash import xxh32, xxh64


def gzip_member(data, name=None, header_crc=False):
    flags = (8 if name else 0) | (2 if header_crc else 0)
    header = b"\x1f\x8b\x08" + bytes([flags]) + bytes(4) + b"\x02\x03" + (name or b"")
    if header_crc:
        header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    return header + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def zstd_block(kind, data, last, times=0):
    """kind 0: raw; 1: one byte repeated; 2: compressed, here with raw literals (one repeated literal where times is
    given) and no sequences."""
    if kind == 2 and times:
        body = struct.pack("<I", times << 4 | 13)[:3] + data[:1] + b"\0"
        size = len(body)
    elif kind == 1:
        body, size = data[:1], times
    elif kind == 2:
        n = len(data)
        head = bytes([n << 3]) if n < 32 else struct.pack("<H", n << 4 | 4) if n < 4096 else \
            struct.pack("<I", n << 4 | 12)[:3]
        body = head + data + b"\0"
        size = len(body)
    else:
        body, size = data, len(data)
    return struct.pack("<I", size << 3 | kind << 1 | last)[:3] + body


def zstd_frame(blocks, content=None, single=True, checksum=True, dictionary=0, window=0x58, promise=None, short=False):
    """content: all bytes, for the size and the checksum. single: one segment, with its size; else as from a pipe.
    short: the size takes one byte."""
    size = len(content) if promise is None else promise
    descriptor = (4 if checksum else 0) | (0x20 if short else 0xA0 if single else 0) | (3 if dictionary else 0)
    frame = struct.pack("<IB", 0xFD2FB528, descriptor)
    frame += b"" if single else bytes([window])
    frame += struct.pack("<I", dictionary) if dictionary else b""
    frame += struct.pack("<B" if short else "<I", size) if single else b""
    frame += b"".join(blocks)
    return frame + (struct.pack("<I", xxh64(content) & 0xFFFFFFFF) if checksum else b"")


def zstd_simple(data, **how):
    third = len(data) // 3
    return zstd_frame([zstd_block(0, data[:third], 0), zstd_block(2, data[third:2 * third], 0),
                       zstd_block(0, data[2 * third:], 1)], data, **how)


def zstd_skippable(data):
    return struct.pack("<II", 0x184D2A53, len(data)) + data


def lz4_literals(data):
    """A block that is one sequence of literals."""
    n = len(data)
    if n < 15:
        return bytes([n << 4]) + data
    rest, lengths = n - 15, b""
    while rest >= 255:
        lengths += b"\xff"
        rest -= 255
    return b"\xf0" + lengths + bytes([rest]) + data


def lz4_frame(data, checksum=True, block_checksum=False, size=False, packed=True, independent=True):
    flags = 0x40 | independent << 5 | block_checksum << 4 | size << 3 | checksum << 2
    descriptor = bytes([flags, 4 << 4]) + (struct.pack("<Q", len(data)) if size else b"")
    frame = b"\x04\x22\x4d\x18" + descriptor + bytes([xxh32(descriptor) >> 8 & 0xFF])
    for at in range(0, len(data), 65536):
        part = data[at:at + 65536]
        block = lz4_literals(part) if packed else part
        if len(block) > 65536:
            block, raw = part, 1
        else:
            raw = 0 if packed else 1
        frame += struct.pack("<I", len(block) | raw << 31) + block
        frame += struct.pack("<I", xxh32(block)) if block_checksum else b""
    return frame + bytes(4) + (struct.pack("<I", xxh32(data)) if checksum else b"")


def lz4_legacy(*blocks):
    return b"\x02\x21\x4c\x18" + b"".join(struct.pack("<I", len(b)) + b for b in map(lz4_literals, blocks))


def lzma_known_size(packed, size):
    """Python writes LZMA alone without the size and with an end marker; decoders take both together."""
    return packed[:5] + struct.pack("<Q", size) + packed[13:]


def xz(data, check=lzma.CHECK_CRC32):
    return lzma.compress(data, lzma.FORMAT_XZ, check)


def lzma_alone(data, dict_size=1 << 16):
    return lzma.compress(data, lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": dict_size}])


def packers(data):
    """Each codec's plainest file of this data."""
    return {"gzip": gzip_member(data), "bzip2": bz2.compress(data), "xz": xz(data), "lzma": lzma_alone(data),
            "zstd": zstd_simple(data), "lz4": lz4_frame(data)}


def appended_size(data):
    return struct.pack("<I", len(data) & 0xFFFFFFFF)


PAYLOADS = {"elf": kernel_like(64, "big", EM_S390)[0], "s390": make_s390_image(0x12000)}
SHORT = make_elf(64, "big", EM_S390, 0, [Segment(PT_LOAD, b"a")])[0]

# As one block its packed size is a multiple of 256.
ODD = next(data for data in (make_s390_image(0x11000 - n) for n in range(600)) if len(lz4_literals(data)) % 256 == 0)
GARBAGE = "the data ends at byte %d"


def good_fixtures():
    """name, codec, has checksum, payload's name, bytes, lengths at which a cut is well formed"""
    elf = PAYLOADS["elf"]
    half, rest = elf[:200], elf[200:]
    plain = packers(elf)
    for codec, packed in plain.items():
        yield codec, codec, codec != "lzma", "elf", packed, []
        yield codec + "-s390", codec, codec != "lzma", "s390", packers(PAYLOADS["s390"])[codec], None
        yield codec + "-zeros", codec, codec != "lzma", "elf", packed + bytes(9), \
            [len(packed) + n for n in range(9)]
        # The kernel's build appends the size; a cut inside it leaves bytes that are neither that nor zeros.
        yield codec + "-size", codec, codec != "lzma", "elf", packed + appended_size(elf), [len(packed)]
        yield codec + "-size-zeros", codec, codec != "lzma", "elf", packed + appended_size(elf) + bytes(5), \
            [len(packed)] + [len(packed) + 4 + n for n in range(5)]

    yield "gzip-name", "gzip", True, "elf", gzip_member(elf, b"vmlinux\0", True), []
    first = gzip_member(half)
    yield "gzip-members", "gzip", True, "elf", first + gzip_member(rest), [len(first)]
    yield "gzip-empty-member", "gzip", True, "elf", gzip_member(b"") + gzip_member(elf), []
    first = bz2.compress(half)
    yield "bzip2-members", "bzip2", True, "elf", first + bz2.compress(rest, 1), [len(first)]
    first = xz(half)
    yield "xz-streams", "xz", True, "elf", first + bytes(8) + xz(rest), [len(first) + n for n in range(9)]
    for name, check in (("none", lzma.CHECK_NONE), ("crc64", lzma.CHECK_CRC64), ("sha256", lzma.CHECK_SHA256)):
        yield "xz-" + name, "xz", name != "none", "elf", xz(elf, check), []
    yield "lzma-known-size", "lzma", False, "elf", lzma_known_size(plain["lzma"], len(elf)), None
    yield "lzma-dictionary", "lzma", False, "elf", lzma_alone(elf, 3 << 15), []
    for single in (False, True):
        for checksum in (False, True):
            yield "zstd-%d%d" % (single, checksum), "zstd", checksum, "elf", \
                zstd_simple(elf, single=single, checksum=checksum), []
    first = zstd_simple(half) + zstd_skippable(b"remark")
    yield "zstd-frames", "zstd", True, "elf", first + zstd_simple(rest), [len(zstd_simple(half)), len(first)]
    skipped = zstd_skippable(b"1234") + zstd_skippable(b"")
    yield "zstd-skippable-first", "zstd", True, "elf", skipped + zstd_simple(elf) + zstd_skippable(b"x"), \
        [len(skipped) + len(zstd_simple(elf))]
    zeros = bytes(300 * 1024)
    yield "zstd-repeated", "zstd", True, "zeros", zstd_frame(
        [zstd_block(1, b"\0", 0, 128 * 1024), zstd_block(1, b"\0", 0, 128 * 1024), zstd_block(1, b"\0", 1, 44 * 1024)],
        zeros, single=False), []
    yield "zstd-literals", "zstd", True, "zeros", zstd_frame(
        [zstd_block(2, b"\0", 0, 100 * 1024), zstd_block(2, b"\0", 0, 100 * 1024), zstd_block(2, b"\0", 1, 100 * 1024)],
        zeros, single=False), []
    yield "zstd-short", "zstd", True, "short", zstd_frame(
        [zstd_block(0, b"", 0), zstd_block(0, SHORT, 1)], SHORT, short=True), []
    for name, how in (("raw", {"packed": False}), ("bare", {"checksum": False}), ("sums", {"block_checksum": True}),
                      ("size", {"size": True}), ("linked", {"independent": False})):
        yield "lz4-" + name + "-frame", "lz4", how.get("checksum", True), "elf", lz4_frame(elf, **how), []
    first = lz4_frame(half)
    yield "lz4-frames", "lz4", True, "elf", first + lz4_frame(rest), [len(first)]
    legacy = lz4_legacy(half, rest)
    between = [len(lz4_legacy(half))]
    yield "lz4-legacy", "lz4", False, "elf", legacy, between
    # A size that begins with a zero byte in the file must not be taken for padding.
    yield "lz4-legacy-zero-byte", "lz4", False, "odd", lz4_legacy(ODD), None
    again = lz4_legacy(half) + lz4_legacy(rest)
    yield "lz4-legacy-twice", "lz4", False, "elf", again, [len(lz4_legacy(half)), len(lz4_legacy(half)) + 4]
    yield "lz4-legacy-size", "lz4", False, "elf", legacy + appended_size(elf), between + [len(legacy)]
    yield "lz4-legacy-zeros", "lz4", False, "elf", legacy + bytes(9), between + [len(legacy) + n for n in range(9)]


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def bad_fixtures():
    """name, codec, words, bytes"""
    elf = PAYLOADS["elf"]
    plain = packers(elf)
    for codec, packed in plain.items():
        yield codec + "-garbage", codec, GARBAGE % len(packed), packed + b"garbage"
        yield codec + "-garbage-after-zeros", codec, "from byte %d on" % (len(packed) + 3), packed + bytes(3) + b"x"
        yield codec + "-wrong-size", codec, GARBAGE % len(packed), packed + struct.pack("<I", len(elf) + 1)
        yield codec + "-nothing", codec, "nothing inside", packers(b"")[codec]
        yield codec + "-cut", codec, "cut short", packed[:-1] if codec != "lzma" else packed[:-6]
    yield "gzip-crc", "gzip", "incorrect data check", flip(plain["gzip"], -8)
    yield "gzip-isize", "gzip", "incorrect length check", flip(plain["gzip"], -1 + len(plain["gzip"]))
    yield "gzip-block-type", "gzip", "damaged", plain["gzip"][:10] + b"\xff" + plain["gzip"][11:]
    yield "bzip2-crc", "bzip2", "CRC does not match", flip(plain["bzip2"], 10)
    yield "xz-crc", "xz", "damaged", flip(plain["xz"], 8)
    yield "xz-body", "xz", "damaged", flip(plain["xz"], 40)
    huge = lzma_alone(elf)
    yield "lzma-dictionary-huge", "lzma", "its dictionary takes", huge[:1] + struct.pack("<I", 0xFFFFFFFF) + huge[5:]
    yield "zstd-sum", "zstd", "checksum", flip(plain["zstd"], len(plain["zstd"]) - 1)
    yield "zstd-promise", "zstd", "damaged", zstd_simple(elf, promise=len(elf) + 1)
    yield "zstd-promise-huge", "zstd", "damaged", zstd_simple(elf, promise=0xFFFFFFFF)
    yield "zstd-dictionary", "zstd", "dictionary", zstd_simple(elf, dictionary=77)
    yield "zstd-reserved-block", "zstd", "damaged", zstd_frame([zstd_block(3, b"", 1)], b"", checksum=False)
    yield "lz4-sum", "lz4", "hecksum", flip(plain["lz4"], len(plain["lz4"]) - 1)
    yield "lz4-header-sum", "lz4", "hecksum", flip(plain["lz4"], 6)
    yield "lz4-legacy-size-zero", "lz4", "expected 1 to", lz4_legacy(elf) + bytes(4) + b"x"
    yield "lz4-legacy-size-huge", "lz4", "expected 1 to", lz4_legacy(elf) + b"\xff\xff\xff\xff" + b"x"
    yield "lz4-legacy-block", "lz4", "is damaged", b"\x02\x21\x4c\x18" + struct.pack("<I", 5) + b"\xf0\xff\xff\xff\xff"
    yield "lz4-legacy-cut", "lz4", "cut short", lz4_legacy(elf)[:-1]
    yield "lz4-legacy-nothing", "lz4", "nothing inside", b"\x02\x21\x4c\x18"


def main():
    folder = os.path.join(sys.argv[1], "packed")
    os.makedirs(folder, exist_ok=True)

    def write(name, data):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)

    payloads = dict(PAYLOADS, zeros=bytes(300 * 1024), odd=ODD, short=SHORT)
    for name, data in payloads.items():
        write("payload-" + name, data)
    with open(os.path.join(folder, "list"), "w") as listing:
        for name, codec, has_sum, payload, data, lengths in good_fixtures():
            write(name, data)
            # No lengths at all: too large, or too lenient, to be cut everywhere.
            cuts = "uncut" if lengths is None else " ".join(["cut"] + [str(n) for n in lengths])
            listing.write("%s %s %s good payload-%s %s\n" % (name, codec, "sum" if has_sum else "nosum", payload, cuts))
        for name, codec, words, data in bad_fixtures():
            write(name, data)
            listing.write("%s %s - bad %s\n" % (name, codec, words))
    write("twice", gzip_member(xz(PAYLOADS["elf"])))
    write("stranger", gzip_member(b"no kernel at all"))
    write("stranger-known", gzip_member(b"070701 is how cpio archives begin"))
    write("inside-damaged", gzip_member(PAYLOADS["elf"][:-1]))
    write("loads", gzip_member(SHORT))


if __name__ == "__main__":
    main()
