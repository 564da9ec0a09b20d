# SPDX-License-Identifier: GPL-2.0-only
"""What all cases begin with: a loaded kernel with all that belongs to it, and what can be said about the end."""
import os
import random

import image
import machine

KERNEL, BOOT_PARAMS, INITRD, PURGATORY = 0x1000000, 0x1f00000, 0x2000000, 0x3000000
KERNEL_SIZE, BOOT_PARAMS_SIZE, INITRD_SIZE = 0x30123, 0x3000, 0x23581
ENTRY_OFFSET = 0x200
STAGING = 0x9000000
CRASH = (0x4000000, 0x8000000)
EXIT_CODE = {64: 0x20, 32: 0x21, 16: 0x22}


class Tools:
    def __init__(self, qemu, program, stubs, purgatory, folder, linux=None):
        self.linux = linux
        self.qemu, self.program, self.folder = qemu, program, folder
        self.stubs = {mode: read(os.path.join(stubs, f"stub{mode}.bin")) for mode in (64, 32, 16)}
        self.purgatory = read(purgatory)
        self.elf = os.path.splitext(purgatory)[0] + ".elf"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def noise(size, seed):
    return random.Random(seed).randbytes(size)


class Scene:
    """A load in the given mode. base: added to all addresses, the crash reservation's start on a crash load."""

    def __init__(self, tools, mode=64, base=0, crash=None, purgatory=None, **machine_arguments):
        self.tools, self.mode = tools, mode
        self.machine = machine.Machine(tools.qemu, tools.program, tools.folder, **machine_arguments)
        self.ram = self.machine.ram
        kernel = bytearray(noise(KERNEL_SIZE, 1))
        kernel[ENTRY_OFFSET:ENTRY_OFFSET + len(tools.stubs[mode])] = tools.stubs[mode]
        boot_params = bytearray(noise(BOOT_PARAMS_SIZE, 2))
        boot_params[0x1000:0x2000] = b"console=ttyS0".ljust(0x1000, b"\0")
        self.kernel = image.Region(base + KERNEL, bytes(kernel), image.KERNEL)
        self.boot_params = image.Region(base + BOOT_PARAMS, bytes(boot_params), image.BOOT_PARAMS)
        self.initrd = image.Region(base + INITRD, noise(INITRD_SIZE, 3), image.INITRD)
        regions = [self.kernel, self.boot_params, self.initrd]
        self.purgatory = image.Purgatory(tools.purgatory, base + PURGATORY if purgatory is None else purgatory, regions)
        self.copies = []
        self.ports = []
        self.return_address = 0
        self.unmapped = ()
        self.set(image.MODE, mode)
        self.set(image.ENTRY, base + KERNEL + ENTRY_OFFSET)
        self.set(image.CONSOLE, image.CONSOLE_COM1)
        if crash:
            self.purgatory.flags = image.CRASH
            self.purgatory.crash = crash

    def set(self, number, value):
        self.purgatory.handoff[number] = value

    def get(self, number):
        return self.purgatory.handoff[number]

    def add_region(self, region):
        self.purgatory.regions = sorted(self.purgatory.regions + [region], key=lambda r: r.start)

    def place(self):
        """Into the machine's memory. What is written after that is damage."""
        for region in self.purgatory.regions:
            self.put(region.start, region.data)
        self.put(self.purgatory.start, self.purgatory.pack())
        machine.write_page_tables(self.ram, self.unmapped)

    def put(self, address, data):
        """The firmware uses what is below 1 MiB itself, so that comes there when the machine runs."""
        if address >= 1 << 20:
            self.ram.write(address, data)
            return
        staging = STAGING + address
        self.ram.write(staging, data)
        self.copies.append((staging, address, len(data)))

    def flip(self, address):
        self.ram.write(address, bytes([self.ram.read(address, 1)[0] ^ 0x40]))

    def run(self, until=None):
        self.machine.configure(self.purgatory.entry(), self.return_address, self.copies, self.ports)
        return self.machine.run(until=until)

    def said(self):
        return self.machine.serial()

    def result(self):
        return self.ram.read32(self.purgatory.result_address())


def show(value):
    text = hex(value) if isinstance(value, int) and not isinstance(value, bool) else repr(value)
    return text if len(text) < 400 else text[:400] + "..."


class Problems(list):
    def expect(self, what, found, expected):
        if found != expected:
            self.append(f"{what} is {show(found)}, expected {show(expected)}")

    def expect_in(self, what, text, expected):
        if expected not in text:
            self.append(f"{what} says {show(text)}, expected {expected!r} in it")


def screen_rows(text_memory, origin=0):
    """The 25 rows of a screen in text mode, without their attributes."""
    characters = text_memory[2 * origin:2 * (origin + 2000):2].decode("cp437")
    return [characters[i:i + 80] for i in range(0, 2000, 80)]
