# SPDX-License-Identifier: GPL-2.0-only
"""What all cases begin with: a kernel, its device tree and initrd, loaded in one of the byte orders."""
import os
import struct

import image
import machine_ppc64
from scene import Problems, noise, read

KERNEL, DEVICE_TREE, INITRD, PURGATORY, RTAS = 0x2000000, 0x2800000, 0x3000000, 0x4000000, 0x5000000
KERNEL_SIZE, DEVICE_TREE_SIZE, INITRD_SIZE = 0x30123, 0x3000, 0x23581
CRASH = (0x6000000, 0xa000000)
RUN_AT_LOAD_AT, BOOT_CPUID_AT = 0x5c, 28
DEVICE_TREE_ROLE = 12
(AT_KERNEL, AT_DEVICE_TREE, RUN_AT_LOAD, BACKUP_SOURCE, BACKUP_TARGET, BACKUP_SIZE, CONSOLE, TERMINAL, OPAL_BASE,
 OPAL_ENTRY, CPU_FEATURES, RTAS_BASE, RTAS_ENTRY, RTAS_REBOOT) = range(14)
CONSOLE_NONE, CONSOLE_HVTERM, CONSOLE_OPAL = range(3)
VSHASIGMA = 1
SYSTEM_REBOOT = 0x2004  # its token with QEMU
ENTRY_BLOCK = 0x100


class Tools:
    """order: of the purgatory and of the Linux before it, as struct names it. programs: folder of what is built."""

    def __init__(self, qemu, programs, purgatory, order, folder, skiboot=None):
        self.qemu, self.folder, self.order, self.skiboot = qemu, folder, order, skiboot
        self.program = os.path.join(programs, "start.bin")
        self.stub = read(os.path.join(programs, f"stub.{'le' if order == '<' else 'be'}.bin"))
        self.rtas = read(os.path.join(programs, "rtas.bin"))
        self.purgatory = read(purgatory)


class Scene:
    def __init__(self, tools, base=0, crash=None, kind=machine_ppc64.Machine, **machine_arguments):
        self.tools, self.order = tools, tools.order
        self.machine = kind(tools, **machine_arguments)
        self.ram = self.machine.ram
        kernel = bytearray(noise(KERNEL_SIZE, 1))
        kernel[:len(tools.stub)] = tools.stub
        tree = struct.pack(">10I", 0xd00dfeed, DEVICE_TREE_SIZE, 0x38, 0x100, 0x28, 17, 16, 0xffffffff, 0, 0)
        self.kernel = image.Region(base + KERNEL, bytes(kernel), image.KERNEL)
        self.tree = image.Region(base + DEVICE_TREE, tree + noise(DEVICE_TREE_SIZE - len(tree), 2), DEVICE_TREE_ROLE)
        self.initrd = image.Region(base + INITRD, noise(INITRD_SIZE, 3), image.INITRD)
        self.purgatory = image.Purgatory(tools.purgatory, base + PURGATORY, [self.kernel, self.tree, self.initrd],
                                         self.order)
        self.set(AT_KERNEL, self.kernel.start)
        self.set(AT_DEVICE_TREE, self.tree.start)
        self.set(CONSOLE, CONSOLE_HVTERM)
        self.set(TERMINAL, machine_ppc64.TERMINAL)
        self.set(CPU_FEATURES, VSHASIGMA)
        if crash:
            self.purgatory.flags = image.CRASH
            self.purgatory.crash = crash

    def set(self, number, value):
        self.purgatory.handoff[number] = value

    def add_region(self, region):
        self.purgatory.regions = sorted(self.purgatory.regions + [region], key=lambda r: r.start)

    def have_rtas(self, answer=0, count=0):
        """A firmware that gives that answer, so often, before it does what it is asked for."""
        self.ram.write(RTAS, self.tools.rtas)
        self.ram.write(RTAS + 0x200, struct.pack(">iI", answer, count))
        self.set(RTAS_BASE, RTAS)
        self.set(RTAS_ENTRY, RTAS)
        self.set(RTAS_REBOOT, SYSTEM_REBOOT)

    def rtas_seen(self):
        """How it was entered last: MSR, arguments, base, return address; and how often it may still be."""
        return struct.unpack(">4Q", self.ram.read(RTAS + 0x100, 32)) + struct.unpack(">I", self.ram.read(RTAS + 0x204, 4))

    def place(self):
        """Into the machine's memory, as a loader does it; what is written after that is damage."""
        for region in self.purgatory.regions:
            self.ram.write(region.start, region.data)
        packed = bytearray(self.purgatory.pack())
        block = self.purgatory.entry() - self.purgatory.start
        packed[block + 4:block + ENTRY_BLOCK] = self.kernel.data[4:ENTRY_BLOCK]
        self.ram.write(self.purgatory.start, bytes(packed))

    def flip(self, address):
        self.ram.write(address, bytes([self.ram.read(address, 1)[0] ^ 0x40]))

    def run(self):
        return self.machine.run(self.purgatory.entry())

    def said(self):
        return self.machine.said()

    def result(self):
        return struct.unpack(self.order + "I", self.ram.read(self.purgatory.result_address(), 4))[0]

    def arrival(self):
        return machine_ppc64.arrival(self.ram, self.order)


__all__ = ["Problems", "Scene", "Tools"]
