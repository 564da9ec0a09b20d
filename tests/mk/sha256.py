#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""SHA-256 digests by Python's hashlib, of messages that the test makes again by the same rule.

lengths    for each length from 0 to 300: 32 bytes, the digest of byte i = (i * 7 + length) mod 256
zeros      for each line of zeros.txt (a number of zero bytes): 32 bytes, the digest of "before", the zeros, "after"
"""
import hashlib
import os
import sys

ZEROS = (0, 1, 51, 52, 57, 58, 63, 64, 65, 1017, 1018, 1023, 1024, 1025, 4096, 65536, 1000003)


def main():
    folder = os.path.join(sys.argv[1], "sha256")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lengths"), "wb") as out:
        for length in range(301):
            out.write(hashlib.sha256(bytes((i * 7 + length) % 256 for i in range(length))).digest())
    with open(os.path.join(folder, "zeros"), "wb") as out:
        for count in ZEROS:
            out.write(hashlib.sha256(b"before" + bytes(count) + b"after").digest())
    with open(os.path.join(folder, "zeros.txt"), "w", encoding="ascii") as out:
        out.writelines(f"{count}\n" for count in ZEROS)


main()
