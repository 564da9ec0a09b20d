# SPDX-License-Identifier: GPL-2.0-only
"""An emulated pseries machine whose memory is a file and whose firmware is start.S: it enters purgatory as Linux does."""
import mmap
import os
import re
import struct
import subprocess
import time

import machine

CONFIG = 0x100000
DUMP = 0x4000
TERMINAL = 0x30000001
MSR_LE, MSR_ME, MSR_FP, MSR_VEC, MSR_SF = 1, 0x1000, 1 << 13, 1 << 25, 1 << 63
HALTS = 0x4b58


class Ram(machine.Ram):
    def offset(self, address):
        return address


class Machine:
    def __init__(self, tools, memory=256, cpu="power9", terminal=TERMINAL, trace=None):
        self.folder = tools.folder
        self.ram = Ram(os.path.join(tools.folder, "ram"), memory << 20)
        self.msr = MSR_SF | MSR_ME | (MSR_LE if tools.order == "<" else 0)
        self.cpu_id = 0x1234
        self.command = [
            tools.qemu, "-M", "pseries,x-vof=on,memory-backend=ram,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,"
            "cap-ccf-assist=off", "-accel", "tcg", "-cpu", cpu, "-smp", "1", "-m", str(memory),
            "-object", f"memory-backend-file,id=ram,size={memory}M,mem-path={self.ram.path},share=on",
            "-nodefaults", "-display", "none", "-no-reboot", "-S", "-qmp", "stdio", "-bios", tools.program,
            "-chardev", f"file,id=terminal,path={self.terminal_path()}",
            "-device", f"spapr-vty,chardev=terminal,reg={terminal:#x}",
        ]
        if trace:
            self.command += ["-d", "in_asm", "-dfilter", f"{trace[0]:#x}+{trace[1]:#x}", "-D", self.trace_path()]

    def terminal_path(self):
        return os.path.join(self.folder, "terminal")

    def trace_path(self):
        return os.path.join(self.folder, "trace")

    def said(self):
        if not os.path.exists(self.terminal_path()):
            return ""
        with open(self.terminal_path(), "rb") as file:
            return file.read().decode("ascii", "replace").replace("\r\n", "\n")

    def trace(self):
        with open(self.trace_path(), encoding="ascii", errors="replace") as file:
            return file.read()

    def run(self, entry, timeout=60):
        self.ram.write(CONFIG, struct.pack(">3Q", entry, self.msr, self.cpu_id))
        self.ram.map.flush(0, mmap.PAGESIZE)
        with subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as qemu:
            try:
                return self.watch(machine.Monitor(qemu), qemu, time.monotonic() + timeout)
            finally:
                qemu.kill()

    @staticmethod
    def watch(monitor, qemu, deadline):
        registers = {}
        # Only then are events told, and a machine may end within milliseconds.
        monitor.ask("qmp_capabilities", deadline)
        monitor.ask("cont", deadline)
        while time.monotonic() < deadline:
            registers = read_registers(monitor, deadline)
            if registers.get("r3", 0) >> 8 == HALTS:
                time.sleep(0.2)
                again = read_registers(monitor, deadline)
                if again.get("r3") == registers["r3"] and abs(again["nip"] - registers["nip"]) <= 4:
                    return machine.Outcome("halt", registers=again)
            if monitor.ended:
                code = qemu.wait()
                for reason, how in (("guest-reset", "reset"), ("guest-shutdown", "off")):
                    if reason in monitor.reasons:
                        return machine.Outcome(how)
                return machine.Outcome("exit", code)
            time.sleep(0.1)
        return machine.Outcome("none", registers=registers)


def read_registers(monitor, deadline):
    answer = monitor.ask("human-monitor-command", deadline, **{"command-line": "info registers"})
    text = answer.get("return", "") if answer else ""
    registers = {}
    for first, values in re.findall(r"GPR(\d\d)((?: [0-9a-f]{16})+)", text):
        for i, value in enumerate(values.split()):
            registers[f"r{int(first) + i}"] = int(value, 16)
    for name, value in re.findall(r"\b(NIP|MSR)\s+([0-9a-f]{16})", text):
        registers[name.lower()] = int(value, 16)
    return registers


def arrival(ram, order):
    """The state that stub.S wrote down."""
    names = [f"r{i}" for i in range(32)] + ["msr", "ctr", "lr", "cr", "xer"]
    return dict(zip(names, struct.unpack(f"{order}{len(names)}Q", ram.read(DUMP, 8 * len(names)))))
