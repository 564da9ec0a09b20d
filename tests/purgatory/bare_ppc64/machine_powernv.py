# SPDX-License-Identifier: GPL-2.0-only
"""An emulated PowerNV machine with OPAL (skiboot), whose memory is a file: written while start.S waits for it."""
import os
import struct
import subprocess
import time

import machine
import machine_ppc64
from machine_ppc64 import CONFIG, DUMP, HALTS

MSR_HV = 1 << 60
MEMORY = 2048
ENTRY = 0x200  # of start.S, after OPAL
READY, GO = 1, 2
DONE = DUMP + 296


def payload(program):
    """skiboot starts ELF files only, in place and in big-endian order, and takes the entry of a big-endian one for a
    pointer to it; so this file calls itself little endian. start.S leaves room for the headers."""
    with open(program, "rb") as file:
        code = bytearray(file.read())
    header = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 2, 21, 1, ENTRY, 64, 0, 2, 64, 56, 1, 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 7, 0, 0, 0, len(code), len(code), 0x10000)
    code[:len(header + segment)] = header + segment
    return bytes(code)


class Machine:
    def __init__(self, tools, cpu="power9"):
        self.folder = tools.folder
        self.ram = machine_ppc64.Ram(os.path.join(tools.folder, "ram"), MEMORY << 20)
        self.msr = machine_ppc64.MSR_SF | MSR_HV | machine_ppc64.MSR_ME | (1 if tools.order == "<" else 0)
        self.cpu_id = 0
        program = os.path.join(tools.folder, "payload")
        with open(program, "wb") as file:
            file.write(payload(tools.program))
        self.command = [
            tools.qemu, "-M", {"power9": "powernv9", "power8": "powernv8"}[cpu] + ",memory-backend=ram", "-accel", "tcg",
            "-smp", "1", "-m", str(MEMORY), "-object",
            f"memory-backend-file,id=ram,size={MEMORY}M,mem-path={self.ram.path},share=on", "-nodefaults",
            "-display", "none", "-no-reboot", "-qmp", "stdio", "-bios", tools.skiboot, "-kernel", program,
            "-serial", f"file:{self.terminal_path()}",
            "-device", "ipmi-bmc-sim,id=bmc0", "-device", "isa-ipmi-bt,bmc=bmc0,irq=10",
        ]

    def terminal_path(self):
        return os.path.join(self.folder, "terminal")

    def said(self):
        with open(self.terminal_path(), "rb") as file:
            return file.read().decode("ascii", "replace").replace("\r\n", "\n")

    def ready(self):
        return struct.unpack(">Q", self.ram.read(CONFIG + 40, 8))[0]

    def run(self, entry, place, timeout=60):
        """place(base, entry of OPAL) fills the memory, and says where purgatory is entered."""
        deadline = time.monotonic() + timeout
        with subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as qemu:
            try:
                monitor = machine.Monitor(qemu)
                monitor.ask("qmp_capabilities", deadline)
                while self.ready() != READY:
                    if time.monotonic() > deadline or qemu.poll() is not None:
                        return machine.Outcome("none")
                    time.sleep(0.1)
                place(*struct.unpack(">2Q", self.ram.read(CONFIG + 24, 16)))
                self.ram.write(CONFIG, struct.pack(">3Q", entry(), self.msr, self.cpu_id))
                self.ram.write(CONFIG + 40, struct.pack(">Q", GO))
                return self.watch(monitor, qemu, deadline)
            finally:
                qemu.kill()

    def watch(self, monitor, qemu, deadline):
        registers = {}
        while time.monotonic() < deadline:
            if any(self.ram.read(DONE, 8)):
                return machine.Outcome("off")
            registers = machine_ppc64.read_registers(monitor, deadline)
            if registers.get("r3", 0) >> 8 == HALTS:
                return machine.Outcome("halt", registers=registers)
            if monitor.ended:
                code = qemu.wait()
                return machine.Outcome("reset") if "guest-reset" in monitor.reasons else machine.Outcome("exit", code)
            time.sleep(0.2)
        return machine.Outcome("none", registers=registers)
