# SPDX-License-Identifier: GPL-2.0-only
"""Cases in which the next kernel is started."""
import struct

import image
import scene_ppc64 as scene
from cases import Cases
from machine_ppc64 import MSR_FP, MSR_VEC

CASES = Cases()
case = CASES.add


def check_start(s, result=image.INTACT, run_at_load=b"run0"):
    """Registers, machine state, and what purgatory changes in memory and what not."""
    problems = scene.Problems()
    outcome = s.run()
    problems.expect("the end", str(outcome), "off")
    if problems:
        problems.append(f"the terminal: {s.said()!r}")
        return problems
    found = s.arrival()
    expected = {f"r{i}": 0 for i in range(32)}
    expected.update(r3=s.tree.start, r4=s.kernel.start, r8=s.purgatory.handoff[scene.OPAL_BASE],
                    r9=s.purgatory.handoff[scene.OPAL_ENTRY], ctr=s.kernel.start, lr=0, cr=0, xer=0)
    for name, value in expected.items():
        problems.expect(name, found[name], value)
    problems.expect("MSR", found["msr"], s.machine.msr)
    problems.expect("result", s.result(), result)
    problems.expect("the terminal", s.said(), "")
    kernel, tree = bytearray(s.kernel.data), bytearray(s.tree.data)
    if run_at_load == b"run0" and s.order == "<":
        run_at_load = b"0nur"
    kernel[scene.RUN_AT_LOAD_AT:scene.RUN_AT_LOAD_AT + 4] = run_at_load
    tree[scene.BOOT_CPUID_AT:scene.BOOT_CPUID_AT + 4] = struct.pack(">I", s.machine.cpu_id)
    problems.expect("the kernel", s.ram.read(s.kernel.start, len(kernel)) == kernel, True)
    problems.expect("the device tree", s.ram.read(s.tree.start, len(tree)) == tree, True)
    problems.expect("the first 0x100 bytes of memory", s.ram.read(4, scene.ENTRY_BLOCK - 4),
                    s.kernel.data[4:scene.ENTRY_BLOCK])
    return problems


@case
def start(tools):
    s = scene.Scene(tools)
    s.place()
    return check_start(s)


@case
def start_with_opal_registers(tools):
    """They go to the next kernel, whatever this machine has."""
    s = scene.Scene(tools)
    s.set(scene.OPAL_BASE, 0x30000000)
    s.set(scene.OPAL_ENTRY, 0x30003008)
    s.place()
    return check_start(s)


@case
def start_with_vectors_on(tools):
    """Linux may leave the vector and floating-point units on; they stay as they were."""
    s = scene.Scene(tools)
    s.machine.msr |= MSR_VEC | MSR_FP
    s.place()
    return check_start(s)


@case
def start_with_dirty_bss(tools):
    s = scene.Scene(tools)
    s.place()
    s.ram.write(s.purgatory.start + s.purgatory.file_size, b"\xff" * (s.purgatory.memory_size - s.purgatory.file_size))
    return check_start(s)


@case
def start_crash(tools):
    """With the backup of low memory, as it is when purgatory comes, and the kernel told to stay."""
    s = scene.Scene(tools, base=scene.CRASH[0] - scene.KERNEL, crash=scene.CRASH)
    target, size, low = 0x9000000, 0x10000, scene.noise(0x2000, 7)
    s.add_region(image.Region(target, bytes(size), image.BACKUP, hashed=False))
    s.set(scene.RUN_AT_LOAD, 1)
    s.set(scene.BACKUP_TARGET, target)
    s.set(scene.BACKUP_SIZE, size)
    s.place()
    s.ram.write(0x8000, low)
    problems = check_start(s, run_at_load=struct.pack(s.order + "I", 1))
    backup = s.ram.read(target, size)
    problems.expect("the backup of 0x8000-0xa000", backup[0x8000:0xa000] == low, True)
    problems.expect("the backup of the other CPUs' code", backup[:0x100] == s.ram.read(0, 0x100), True)
    problems.expect("the backup of where the stub writes", backup[0x4000:0x6000], bytes(0x2000))
    problems.expect("what lies behind it", s.ram.read(target + size, 0x1000), bytes(0x1000))
    return problems


def check_run_at_load(tools, before, after):
    s = scene.Scene(tools)
    data = bytearray(s.kernel.data)
    data[scene.RUN_AT_LOAD_AT:scene.RUN_AT_LOAD_AT + 4] = before
    s.kernel.data = bytes(data)
    s.set(scene.RUN_AT_LOAD, 1)
    s.place()
    return check_start(s, run_at_load=after)


@case
def run_at_load_of_a_big_endian_kernel(tools):
    return check_run_at_load(tools, b"run0", b"\0\0\0\1")


@case
def run_at_load_of_a_little_endian_kernel(tools):
    return check_run_at_load(tools, b"0nur", b"\1\0\0\0")


@case
def run_at_load_of_another_kernel(tools):
    """A word that means something else stays."""
    return check_run_at_load(tools, b"abcd", b"abcd")


def executed(s):
    return {word for line in s.machine.trace().splitlines() for word in line.split()}


def check_instructions(tools, cpu, features, wanted, unwanted):
    s = scene.Scene(tools, cpu=cpu, trace=(scene.PURGATORY, 0x10000))
    s.set(scene.CPU_FEATURES, features)
    s.place()
    problems = check_start(s)
    if not problems:
        names = executed(s)
        for name in wanted:
            problems.expect(f"{name} executed by -cpu {cpu}", name in names, True)
        for name in unwanted:
            problems.expect(f"{name} executed by -cpu {cpu}", name in names, False)
    return problems


@case
def sha_by_vectors(tools):
    return check_instructions(tools, "power9", scene.VSHASIGMA, ("vshasigmaw", "mtmsrd"), ())


@case
def sha_portable(tools):
    """A loader that says that there is no vshasigma."""
    return check_instructions(tools, "power9", 0, ("rotlwi", "dcbst", "icbi"), ("vshasigmaw", "lvx", "stvx"))


@case
def sha_on_power7(tools):
    """A loader that is wrong about the CPU."""
    return check_instructions(tools, "power7", scene.VSHASIGMA, ("rotlwi",), ("vshasigmaw", "lvx", "stvx"))


@case
def skip_checks(tools):
    s = scene.Scene(tools)
    s.purgatory.flags = image.SKIP_CHECKS
    s.place()
    s.flip(scene.INITRD + 5)
    return check_start(s, result=image.SKIPPED)


@case
def unhashed_region(tools):
    s = scene.Scene(tools)
    s.initrd.hashed = False
    s.place()
    s.flip(scene.INITRD + 5)
    return check_start(s)


@case
def start_above_4_gib(tools):
    s = scene.Scene(tools, base=0x110000000, memory=6144)
    s.place()
    return check_start(s)
