# SPDX-License-Identifier: GPL-2.0-only
"""XXH32 and XXH64, as LZ4 and zstd frames use them (github.com/Cyan4973/xxHash, doc/xxhash_spec.md).

Run as a maker, it makes nothing, but checks itself against answers known from elsewhere.
"""
import struct
import sys

P32 = (2654435761, 2246822519, 3266489917, 668265263, 374761393)
P64 = (11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579,
       2870177450012600261)


def rotate(x, by, bits):
    return (x << by | x >> (bits - by)) & ((1 << bits) - 1)


def xxh32(data, seed=0):
    m = 0xFFFFFFFF
    p1, p2, p3, p4, p5 = P32
    at = 0
    if len(data) >= 16:
        lanes = [seed + p1 + p2 & m, seed + p2 & m, seed, seed - p1 & m]
        while at + 16 <= len(data):
            for i, word in enumerate(struct.unpack_from("<4I", data, at)):
                lanes[i] = rotate(lanes[i] + word * p2 & m, 13, 32) * p1 & m
            at += 16
        h = sum(rotate(lane, by, 32) for lane, by in zip(lanes, (1, 7, 12, 18))) & m
    else:
        h = seed + p5 & m
    h = h + len(data) & m
    while at + 4 <= len(data):
        h = rotate(h + struct.unpack_from("<I", data, at)[0] * p3 & m, 17, 32) * p4 & m
        at += 4
    for byte in data[at:]:
        h = rotate(h + byte * p5 & m, 11, 32) * p1 & m
    h = (h ^ h >> 15) * p2 & m
    h = (h ^ h >> 13) * p3 & m
    return h ^ h >> 16


def xxh64(data, seed=0):
    m = 0xFFFFFFFFFFFFFFFF
    p1, p2, p3, p4, p5 = P64

    def turn(lane, word):
        return rotate(lane + word * p2 & m, 31, 64) * p1 & m

    at = 0
    if len(data) >= 32:
        lanes = [seed + p1 + p2 & m, seed + p2 & m, seed, seed - p1 & m]
        while at + 32 <= len(data):
            lanes = [turn(lane, word) for lane, word in zip(lanes, struct.unpack_from("<4Q", data, at))]
            at += 32
        h = sum(rotate(lane, by, 64) for lane, by in zip(lanes, (1, 7, 12, 18))) & m
        for lane in lanes:
            h = ((h ^ turn(0, lane)) * p1 + p4) & m
    else:
        h = seed + p5 & m
    h = h + len(data) & m
    while at + 8 <= len(data):
        h = (rotate(h ^ turn(0, struct.unpack_from("<Q", data, at)[0]), 27, 64) * p1 + p4) & m
        at += 8
    if at + 4 <= len(data):
        h = (rotate(h ^ struct.unpack_from("<I", data, at)[0] * p1 & m, 23, 64) * p2 + p3) & m
        at += 4
    for byte in data[at:]:
        h = rotate(h ^ byte * p5 & m, 11, 64) * p1 & m
    h = (h ^ h >> 33) * p2 & m
    h = (h ^ h >> 29) * p3 & m
    return h ^ h >> 32


if __name__ == "__main__":
    known = ((xxh32, b"", 0x02CC5D05), (xxh32, b"abc", 0x32D153FF), (xxh64, b"", 0xEF46DB3751D8E999),
             (xxh64, b"abc", 0x44BC2CF5AD770999))
    for function, data, answer in known:
        if function(data) != answer:
            sys.exit("xxhash.py: %s(%r) is not %x" % (function.__name__, data, answer))
