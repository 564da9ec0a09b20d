# SPDX-License-Identifier: GPL-2.0-only
"""An emulated PC whose memory is a file: written before it starts, read after it has ended or halted."""
import json
import mmap
import os
import re
import selectors
import struct
import subprocess
import time

CONFIG = 0x200000
PAGE_TABLES = 0x300000
CONTROL_PAGE_END = 0x500000
LOW_END = 0x80000000

PRESENT_WRITABLE = 3
LARGE = 0x80


class Ram:
    """The guest's memory, by its physical addresses: what does not fit below 2 GiB continues at 4 GiB."""

    def __init__(self, path, size):
        self.path, self.size = path, size
        with open(path, "wb") as file:
            file.truncate(size)
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), size)

    def offset(self, address):
        return address - (1 << 32) + LOW_END if address >= 1 << 32 else address

    def read(self, address, size):
        offset = self.offset(address)
        return self.map[offset:offset + size]

    def write(self, address, data):
        offset = self.offset(address)
        self.map[offset:offset + len(data)] = data

    def read64(self, address):
        return struct.unpack("<Q", self.read(address, 8))[0]

    def read32(self, address):
        return struct.unpack("<I", self.read(address, 4))[0]


def write_page_tables(ram, unmapped=()):
    """Identity, 6 GiB by pages of 2 MiB; the first 2 MiB by small ones, so that single ones can be left out."""
    pml4, pdpt, directory, table = (PAGE_TABLES + i * 0x1000 for i in (0, 1, 2, 8))
    ram.write(pml4, struct.pack("<Q", pdpt | PRESENT_WRITABLE))
    for gib in range(6):
        page = directory + gib * 0x1000
        ram.write(pdpt + 8 * gib, struct.pack("<Q", page | PRESENT_WRITABLE))
        entries = [((gib << 30) + (i << 21)) | PRESENT_WRITABLE | LARGE for i in range(512)]
        for i, entry in enumerate(entries):
            if any(gib << 30 | i << 21 == address & ~0x1fffff and address >= 0x200000 for address in unmapped):
                entries[i] = 0
        if gib == 0:
            entries[0] = table | PRESENT_WRITABLE
        ram.write(page, struct.pack("<512Q", *entries))
    ram.write(table, struct.pack("<512Q", *(0 if i << 12 in unmapped else i << 12 | PRESENT_WRITABLE
                                            for i in range(512))))


class Outcome:
    """how: "exit" (with the code a stub gave), "reset", "halt" (with the registers), "said" (what was waited for), "none"."""

    def __init__(self, how, code=None, registers=None, text_memory=None):
        self.how, self.code, self.registers, self.text_memory = how, code, registers or {}, text_memory

    def __str__(self):
        if self.how == "halt":
            return "halt with " + ", ".join(f"{name}=0x{value:x}" for name, value in self.registers.items())
        return self.how if self.code is None else f"{self.how} {self.code:#x}"


class Machine:
    def __init__(self, qemu, program, folder, memory=256, cpu="max", serial=("file",), vga=True, trace=None):
        self.folder = folder
        self.ram = Ram(os.path.join(folder, "ram"), memory << 20)
        self.command = [
            qemu, "-M", f"q35,accel=tcg,memory-backend=ram,max-ram-below-4g={LOW_END}", "-cpu", cpu, "-smp", "1",
            "-m", str(memory), "-object", f"memory-backend-file,id=ram,size={memory}M,mem-path={self.ram.path},share=on",
            "-nodefaults", "-display", "none", "-vga", "std" if vga else "none", "-no-reboot", "-qmp", "stdio",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", program,
        ]
        for i, kind in enumerate(serial):
            self.command += ["-serial", f"file:{self.serial_path(i)}" if kind == "file" else kind]
        if trace:
            self.command += ["-d", "in_asm", "-dfilter", f"{trace[0]:#x}+{trace[1]:#x}", "-D", self.trace_path()]

    def serial_path(self, number=0):
        return os.path.join(self.folder, f"serial{number}")

    def trace_path(self):
        return os.path.join(self.folder, "trace")

    def serial(self, number=0):
        if not os.path.exists(self.serial_path(number)):
            return ""
        with open(self.serial_path(number), "rb") as file:
            return file.read().decode("ascii", "replace").replace("\r\n", "\n")

    def trace(self):
        with open(self.trace_path(), encoding="ascii", errors="replace") as file:
            return file.read()

    def configure(self, entry, return_address, copies, ports):
        config = struct.pack("<5Q", entry, return_address, PAGE_TABLES, CONTROL_PAGE_END, len(copies))
        config += b"".join(struct.pack("<3Q", *copy) for copy in copies)
        config += struct.pack("<Q", len(ports)) + b"".join(struct.pack("<2Q", *write) for write in ports)
        self.ram.write(CONFIG, config)

    def run(self, timeout=90, until=None):
        """until: words on the first serial port that end the run."""
        with subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as qemu:
            try:
                return self.watch(Monitor(qemu), qemu, time.monotonic() + timeout, until)
            finally:
                qemu.kill()

    def watch(self, monitor, qemu, deadline, until):
        monitor.ask("qmp_capabilities", deadline)
        while time.monotonic() < deadline:
            registers = monitor.halted(deadline)
            if until and until in self.serial():
                return Outcome("said")
            if registers and registers["rax"] >> 16 == 0x4b:
                return Outcome("halt", registers=registers, text_memory=self.text_memory(monitor, deadline))
            if monitor.ended:
                code = qemu.wait()
                return Outcome("reset") if "guest-reset" in monitor.reasons else Outcome("exit", code >> 1)
            time.sleep(0.1)
        return Outcome("none", registers=registers)

    def text_memory(self, monitor, deadline):
        path = os.path.join(self.folder, "text")
        monitor.ask("pmemsave", deadline, val=0xb8000, size=0x8000, filename=path)
        if not os.path.exists(path):
            return b""
        with open(path, "rb") as file:
            return file.read()


class Monitor:
    """QEMU's machine protocol, as far as is needed."""

    def __init__(self, qemu):
        self.qemu, self.buffer, self.reasons, self.ended = qemu, b"", [], False
        self.selector = selectors.DefaultSelector()
        self.selector.register(qemu.stdout, selectors.EVENT_READ)

    def ask(self, command, deadline, **arguments):
        try:
            self.qemu.stdin.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
            self.qemu.stdin.flush()
        except BrokenPipeError:
            pass  # what it said before it ended is still to be read
        while not self.ended:
            while b"\n" in self.buffer:
                line, self.buffer = self.buffer.split(b"\n", 1)
                event = json.loads(line)
                if event.get("event") == "SHUTDOWN":
                    self.reasons.append(event["data"]["reason"])
                if "return" in event or "error" in event:
                    return event
            if not self.selector.select(max(0, deadline - time.monotonic())):
                return None
            part = os.read(self.qemu.stdout.fileno(), 65536)
            self.ended = not part
            self.buffer += part
        return None

    def halted(self, deadline):
        """The registers of the CPU where it has halted with interrupts off."""
        answer = self.ask("human-monitor-command", deadline, **{"command-line": "info registers"})
        text = answer.get("return", "") if answer else ""
        flags = re.search(r"RFL=([0-9a-f]+).*HLT=1", text)
        if not flags or int(flags.group(1), 16) & 0x200:
            return None
        return {name.lower(): int(value, 16) for name, value in re.findall(r"\b(R[ABC]X|RIP)=([0-9a-f]+)", text)}
