# SPDX-License-Identifier: GPL-2.0-only
"""The state of the CPU as stubs.S writes it down."""
import struct

DUMP = 0x400000
DUMP_16 = 0x8000
REGISTERS = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
             "rflags", "cs", "ds", "es", "fs", "gs", "ss", "cr0", "cr3", "cr4", "efer", "fs_base", "gs_base")


def read(ram, address):
    values = struct.unpack(f"<{len(REGISTERS)}Q", ram.read(address, 8 * len(REGISTERS)))
    state = dict(zip(REGISTERS, values))
    state["gdt_limit"], state["gdt_base"] = struct.unpack("<HQ", ram.read(address + 232, 10))
    state["idt_limit"], state["idt_base"] = struct.unpack("<HQ", ram.read(address + 248, 10))
    return state


def xmm(ram, address):
    return [ram.read(address + 264 + 16 * i, 16) for i in range(16)]


def expected_xmm():
    return [struct.pack("<I", 0x1234500 + i) * 4 for i in range(16)]


def descriptor(ram, state, selector):
    """(base, limit in bytes, access byte, L, D) of a segment."""
    raw, = struct.unpack("<Q", ram.read(state["gdt_base"] + selector, 8))
    base = (raw >> 16 & 0xffffff) | (raw >> 56 & 0xff) << 24
    limit = (raw & 0xffff) | (raw >> 48 & 0xf) << 16
    if raw >> 55 & 1:
        limit = limit << 12 | 0xfff
    return base, limit, raw >> 40 & 0xff, raw >> 53 & 1, raw >> 54 & 1
