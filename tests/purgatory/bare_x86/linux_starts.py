# SPDX-License-Identifier: GPL-2.0-only
"""Linux itself, entered by purgatory as its boot protocol says (Documentation/arch/x86/boot.rst), in all three modes."""
import struct

import image
import scene
from cases import Cases

CASES = Cases()
case = CASES.add
KERNEL_AT, BOOT_PARAMS_AT, SETUP_AT, CMDLINE_AT = 0x1000000, 0x8000000, 0x10000, 0x21000
CMDLINE = b"console=ttyS0,115200 handed.over=by-purgatory"
MEMORY_MIB = 512


class Linux:
    def __init__(self, path):
        data = scene.read(path)
        sectors = data[0x1f1] or 4
        self.setup, self.payload = bytearray(data[:(sectors + 1) * 512]), data[(sectors + 1) * 512:]
        self.init_size, = struct.unpack_from("<I", data, 0x260)
        struct.pack_into("<B", self.setup, 0x210, 0xff)
        struct.pack_into("<I", self.setup, 0x214, KERNEL_AT)

    def boot_params(self):
        """The header, and the memory map that the firmware would give."""
        params = bytearray(0x3000)
        end = 0x202 + self.setup[0x201]
        params[0x1f1:end] = self.setup[0x1f1:end]
        struct.pack_into("<I", params, 0x228, BOOT_PARAMS_AT + 0x1000)
        ranges = ((0, 0x9f000, 1), (0x100000, MEMORY_MIB << 20, 1))
        params[0x1e8] = len(ranges)
        for i, (start, stop, kind) in enumerate(ranges):
            struct.pack_into("<QQI", params, 0x2d0 + 20 * i, start, stop - start, kind)
        params[0x1000:0x1000 + len(CMDLINE)] = CMDLINE
        return bytes(params)


def check(tools, mode, purgatory, entry, extra):
    linux = Linux(tools.linux)
    s = scene.Scene(tools, mode=mode, purgatory=purgatory, memory=MEMORY_MIB)
    s.purgatory.regions = [image.Region(KERNEL_AT, linux.payload.ljust(linux.init_size, b"\0"), image.KERNEL)]
    for region in extra(linux):
        s.add_region(region)
    s.set(image.CONSOLE, image.CONSOLE_COM1 | image.SERIAL)
    s.set(image.ENTRY, entry)
    s.set(image.RSI, BOOT_PARAMS_AT if mode != 16 else 0)
    s.place()
    problems = scene.Problems()
    outcome = s.run(until="ommand line: " + CMDLINE.decode())
    problems.expect("the end", str(outcome), "said")
    problems.expect_in("the serial port", s.machine.serial(),
                       f"next kernel starts at {entry:#x}, {mode} bits\n[    0.000000] Linux version")
    return problems


def high(linux):
    return [image.Region(BOOT_PARAMS_AT, linux.boot_params(), image.BOOT_PARAMS)]


def low(linux):
    setup = linux.setup.ljust(0x10000, b"\0")
    setup[0x211] |= 0x80
    struct.pack_into("<H", setup, 0x224, 0xde00)
    struct.pack_into("<I", setup, 0x228, CMDLINE_AT)
    return [image.Region(SETUP_AT, bytes(setup), image.BOOT_PARAMS),
            image.Region(CMDLINE_AT, CMDLINE.ljust(0x1000, b"\0"), image.BOOT_PARAMS)]


@case
def linux_64(tools):
    return check(tools, 64, scene.PURGATORY + 0x10000000, KERNEL_AT + 0x200, high)


@case
def linux_32(tools):
    return check(tools, 32, scene.PURGATORY + 0x10000000, KERNEL_AT, high)


@case
def linux_16(tools):
    return check(tools, 16, 0x40000, SETUP_AT, low)
