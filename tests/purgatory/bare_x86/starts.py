# SPDX-License-Identifier: GPL-2.0-only
"""Cases in which the next kernel is started."""
import image
import scene
import state
from cases import Cases

CASES = Cases()
case = CASES.add
ZERO_64 = ("rcx", "rdx", "rdi", "rbp", *(f"r{i}" for i in range(8, 16)))


def check_arrival(problems, s, outcome, at=state.DUMP):
    """Registers and control registers as the boot protocols want them; returns the state."""
    problems.expect("the end", str(outcome), f"exit {scene.EXIT_CODE[s.mode]:#x}")
    if problems:
        problems.append(f"serial: {s.machine.serial()!r}")
        return None
    found = state.read(s.ram, at)
    for name, number in (("rax", image.RAX), ("rbx", image.RBX), ("rsi", image.RSI)):
        problems.expect(name, found[name], s.get(number))
    for name in ZERO_64:
        problems.expect(name, found[name], 0)
    # The arithmetic flags alone are anyone's: interrupts are off, strings go up, nothing is traced.
    problems.expect("rflags", found["rflags"] & ~0x8d5, 2)
    return found


def check_flat(problems, s, found, bits):
    problems.expect("cs", found["cs"], 0x10)
    for name in ("ds", "es", "fs", "gs", "ss"):
        problems.expect(name, found[name], 0x18)
    code, data = state.descriptor(s.ram, found, 0x10), state.descriptor(s.ram, found, 0x18)
    problems.expect("code segment", code, (0, 0xffffffff, 0x9b, int(bits == 64), int(bits == 32)))
    problems.expect("data segment", data, (0, 0xffffffff, 0x93, 0, 1))
    problems.expect("limit of the interrupt table", found["idt_limit"], 0)
    own = range(s.purgatory.start, s.purgatory.start + s.purgatory.memory_size + 1)
    if found["rsp"] not in own:
        problems.append(f"rsp is {found['rsp']:#x}, not in purgatory")


def check_64(s):
    problems = scene.Problems()
    s.place()
    found = check_arrival(problems, s, s.run())
    if found:
        check_flat(problems, s, found, 64)
        problems.expect("cr0", found["cr0"], 0x80000011)
        problems.expect("cr4", found["cr4"], 0x20)
        problems.expect("efer", found["efer"], 0xd01)
        problems.expect("fs_base", found["fs_base"], 0)
        problems.expect("gs_base", found["gs_base"], 0)
        problems.expect("cr3", found["cr3"], 0x300000)
        problems.expect("registers of SSE", state.xmm(s.ram, state.DUMP), state.expected_xmm())
        problems.expect("result", s.result(), image.INTACT)
        problems.expect("serial output", s.machine.serial(), "")
    return problems


@case
def start_64(tools):
    s = scene.Scene(tools)
    s.set(image.RSI, scene.BOOT_PARAMS)
    s.set(image.RAX, 0x1122334455667788)
    s.set(image.RBX, 0x99aabbccddeeff00)
    return check_64(s)


@case
def start_64_above_4_gib(tools):
    s = scene.Scene(tools, base=0x110000000, memory=5120)
    s.set(image.RSI, 0x110000000 + scene.BOOT_PARAMS)
    return check_64(s)


@case
def start_64_crash(tools):
    """With the backup of low memory, of which the first page is there too."""
    s = scene.Scene(tools, base=scene.CRASH[0], crash=(scene.CRASH[0], scene.CRASH[1]))
    target, size, low = 0x4100000, 0xa0000, scene.noise(0x3000, 7)
    s.add_region(image.Region(target, bytes(size), image.BACKUP))
    s.set(image.BACKUP_TARGET, target)
    s.set(image.BACKUP_SIZE, size)
    s.put(0x2000, low)
    problems = check_64(s)
    problems.expect("backup of 0x2000-0x5000", s.ram.read(target + 0x2000, len(low)), low)
    problems.expect("the backup", s.ram.read(target, size) == s.ram.read(0, size), True)
    problems.expect("what lies behind it", s.ram.read(target + size, 0x1000), bytes(0x1000))
    return problems


def instructions(s):
    """What purgatory executed at all: single instructions by their names in the translator's log."""
    return {word for line in s.machine.trace().splitlines() for word in line.split()}


def check_instructions(tools, cpu, wanted, unwanted):
    s = scene.Scene(tools, cpu=cpu, trace=(scene.PURGATORY, 0x10000))
    problems = check_64(s)
    executed = instructions(s)
    for name in wanted:
        problems.expect(f"{name} executed by -cpu {cpu}", name in executed, True)
    for name in unwanted:
        problems.expect(f"{name} executed by -cpu {cpu}", name in executed, False)
    return problems


@case
def sha_ni(tools):
    return check_instructions(tools, "max", ("sha256rnds2", "sha256msg1"), ("rorxl",))


@case
def sha_bmi2(tools):
    return check_instructions(tools, "max,-sha-ni", ("rorxl", "andnl"), ("sha256rnds2", "movups"))


@case
def sha_portable(tools):
    return check_instructions(tools, "qemu64", ("roll",), ("sha256rnds2", "rorxl", "movups"))


@case
def sha_ni_without_sse4_1(tools):
    """A CPU that contradicts itself, as hypervisors make them."""
    return check_instructions(tools, "max,-sse4.1", (), ("sha256rnds2",))


@case
def start_32(tools):
    s = scene.Scene(tools, mode=32)
    s.set(image.RAX, 0x2badb002)
    s.set(image.RBX, 0x1f00000)
    s.set(image.RSI, 0xfffff000)
    problems = scene.Problems()
    s.place()
    found = check_arrival(problems, s, s.run())
    if found:
        check_flat(problems, s, found, 32)
        problems.expect("cr0", found["cr0"], 0x11)
        problems.expect("cr4", found["cr4"], 0)
        problems.expect("efer", found["efer"], 0)
        problems.expect("result", s.result(), image.INTACT)
    return problems


@case
def start_16(tools):
    entry, size = 0x10000, 0x10000
    s = scene.Scene(tools, mode=16, purgatory=0x40000)
    setup = bytearray(scene.noise(size, 5))
    setup[0x200:0x200 + len(tools.stubs[16])] = tools.stubs[16]
    setup[0x200 + state.DUMP_16:] = bytes(size - 0x200 - state.DUMP_16)
    s.add_region(image.Region(entry, bytes(setup), image.BOOT_PARAMS))
    s.set(image.ENTRY, entry)
    problems = scene.Problems()
    s.place()
    found = check_arrival(problems, s, s.run(), entry + 0x200 + state.DUMP_16)
    if found:
        problems.expect("cs", found["cs"], (entry >> 4) + 0x20)
        for name in ("ds", "es", "fs", "gs", "ss"):
            problems.expect(name, found[name], entry >> 4)
        problems.expect("rsp", found["rsp"], 0xfffc)
        problems.expect("cr0", found["cr0"], 0x10)
        problems.expect("cr4", found["cr4"], 0)
        problems.expect("efer", found["efer"], 0)
        problems.expect("limit of the interrupt table", found["idt_limit"], 0x3ff)
        problems.expect("base of the interrupt table", found["idt_base"] & 0xffffffff, 0)
        kib = s.ram.read32(entry + 0x200 + state.DUMP_16 + 256) & 0xffff
        problems.expect("the BIOS names 600 to 640 KiB", 600 <= kib <= 640, True)
    return problems


@case
def jump_back(tools):
    s = scene.Scene(tools)
    s.return_address = 0xabcdef123
    text = scene.BOOT_PARAMS + 0x1000 + len("console=ttyS0")
    s.set(image.JUMP_BACK, text)
    s.set(image.JUMP_BACK_ROOM, 64)
    problems = check_64(s)
    problems.expect("command line", s.ram.read(scene.BOOT_PARAMS + 0x1000, 64),
                    b"console=ttyS0 kexec_jump_back_entry=0xabcdef123".ljust(64, b"\0"))
    return problems


@case
def no_jump_back(tools):
    """Where the kernel of before leaves no way back, the command line stays as it is."""
    s = scene.Scene(tools)
    s.set(image.JUMP_BACK, scene.BOOT_PARAMS + 0x1000 + len("console=ttyS0"))
    s.set(image.JUMP_BACK_ROOM, 64)
    problems = check_64(s)
    problems.expect("command line", s.ram.read(scene.BOOT_PARAMS + 0x1000, 64), b"console=ttyS0".ljust(64, b"\0"))
    return problems


@case
def skip_checks(tools):
    s = scene.Scene(tools)
    s.purgatory.flags = image.SKIP_CHECKS
    s.set(image.CONSOLE, image.CONSOLE_COM1 | image.SERIAL)
    problems = scene.Problems()
    s.place()
    s.flip(scene.INITRD + 5)
    check_arrival(problems, s, s.run())
    problems.expect("result", s.result(), image.SKIPPED)
    problems.expect_in("the serial port", s.machine.serial(), "nothing was verified, as asked for")
    return problems


@case
def unhashed_region(tools):
    s = scene.Scene(tools)
    s.initrd.hashed = False
    problems = scene.Problems()
    s.place()
    s.flip(scene.INITRD + 5)
    check_arrival(problems, s, s.run())
    problems.expect("result", s.result(), image.INTACT)
    return problems


@case
def tells_success(tools):
    s = scene.Scene(tools)
    s.set(image.CONSOLE, image.CONSOLE_COM1 | image.SERIAL)
    s.set(image.BAUD, 9600)
    problems = scene.Problems()
    s.place()
    check_arrival(problems, s, s.run())
    problems.expect("the serial port", s.machine.serial(),
                    "kexec purgatory: everything is as it was loaded; next kernel starts at 0x1000200, 64 bits\n")
    return problems
