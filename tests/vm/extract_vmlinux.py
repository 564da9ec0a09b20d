#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""extract_vmlinux.py BZIMAGE OUT: the ELF kernel that is packed in an x86 bzImage.

The boot header says where the packed kernel lies in the protected-mode part (payload_offset and payload_length, protocol
2.08; Documentation/arch/x86/boot.rst of the kernel). Its last four bytes are the length of what is unpacked, except where
the packer's own format ends with that anyway. The programs of the packers unpack it.
"""
import struct
import subprocess
import sys

# magic, command, whether the packer itself writes the length at the end
PACKERS = (
    (b"\x1f\x8b", ["gzip", "-dc"], True),
    (b"\x28\xb5\x2f\xfd", ["zstd", "-qdc"], False),
    (b"\x02\x21\x4c\x18", ["lz4", "-qdc"], False),
    (b"\xfd7zXZ\0", ["xz", "-dc"], False),
    (b"BZh", ["bzip2", "-dc"], False),
    (b"\x5d\0\0", ["xz", "--format=lzma", "-dc"], False),
)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    if data[0x202:0x206] != b"HdrS" or struct.unpack_from("<H", data, 0x206)[0] < 0x208:
        sys.exit(f"extract_vmlinux: {sys.argv[1]} is no bzImage of boot protocol 2.08 or later")
    start = (data[0x1f1] + 1) * 512
    offset, length = struct.unpack_from("<II", data, 0x248)
    packed = data[start + offset:start + offset + length]
    for magic, command, own_length in PACKERS:
        if packed.startswith(magic):
            kernel = subprocess.run(command, input=packed if own_length else packed[:-4], check=True,
                                    stdout=subprocess.PIPE).stdout
            break
    else:
        sys.exit(f"extract_vmlinux: packed by something unknown: {packed[:8].hex()}")
    wanted, = struct.unpack_from("<I", packed, length - 4)
    if len(kernel) != wanted or kernel[:4] != b"\x7fELF":
        sys.exit(f"extract_vmlinux: {len(kernel)} bytes instead of {wanted}, starting with {kernel[:4].hex()}")
    with open(sys.argv[2], "wb") as file:
        file.write(kernel)


main()
