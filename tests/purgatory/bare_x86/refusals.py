# SPDX-License-Identifier: GPL-2.0-only
"""Cases in which the next kernel must not be started."""
import subprocess

import image
import scene
from cases import Cases
from refusing import HALT_REGION, Checks, region_said, span

CASES = Cases()
case = CASES.add
HALT_EXCEPTION = 0x4b5801


def on_screen(outcome):
    return "".join(scene.screen_rows(outcome.text_memory))


def check_halt(s, code, said, result, region=None, console=True):
    """Halted, recognisable by rax to rcx, and said on both consoles why."""
    problems = scene.Problems()
    outcome = s.run()
    if outcome.how != "halt":
        problems.append(f"ended by {outcome}, expected halt; serial port: {s.machine.serial()!r}")
        return problems
    problems.expect("rax", outcome.registers["rax"], code)
    if region:
        problems.expect("rbx and rcx", (outcome.registers["rbx"], outcome.registers["rcx"]), span(region))
    if result is not None:
        problems.expect("result", s.result(), result)
    if console:
        problems.expect_in("the serial port", s.machine.serial(), "kexec purgatory: next kernel not started: " + said)
        problems.expect_in("the serial port", s.machine.serial(), "kexec purgatory: halted\n")
        # The screen has 80 columns and no hyphenation.
        problems.expect_in("the screen", on_screen(outcome), said)
        problems.expect_in("the screen", on_screen(outcome), "kexec purgatory: halted")
    return problems


check = Checks(scene.Scene, check_halt)


@case
def damaged_kernel(tools):
    return check.region(tools, "kernel", lambda s: s.kernel, 0x12345)


@case
def damaged_kernel_without_sha_instructions(tools):
    return check.region(tools, "kernel", lambda s: s.kernel, 0x12345, cpu="qemu64")


@case
def damaged_kernel_above_4_gib(tools):
    return check.region(tools, "kernel", lambda s: s.kernel, 0x12345, base=0x110000000, memory=5120)


@case
def damaged_initrd(tools):
    return check.region(tools, "initrd", lambda s: s.initrd, scene.INITRD_SIZE - 1)


@case
def damaged_boot_params(tools):
    return check.region(tools, "boot-params", lambda s: s.boot_params, 0)


@case
def damaged_in_a_crash(tools):
    return check.region(tools, "kernel", lambda s: s.kernel, 0x222, base=scene.CRASH[0], crash=scene.CRASH)


@case
def damaged_table(tools):
    return check.table(tools, 7)


@case
def damaged_count(tools):
    """Regions up to where nothing is mapped, if the number were followed."""
    return check.params(tools, 19)


@case
def damaged_digest(tools):
    return check.params(tools, image.DIGEST_OFFSET)


@case
def damaged_port(tools):
    """The number of the serial port itself: the customary one serves."""
    return check.params(tools, 48 + 8 * image.CONSOLE + 2)


@case
def damaged_header(tools):
    """params_offset beyond all memory."""
    return check.header(tools, 61)


def check_damaged_code(tools, dirty):
    lines = subprocess.run(["nm", tools.elf], check=True, capture_output=True, text=True).stdout.splitlines()
    verify = next(int(line.split()[0], 16) for line in lines if line.split()[-1] == "purgatory_verify")
    s = scene.Scene(tools)
    s.place()
    s.ram.write(s.purgatory.start + verify, b"\x0f\x0b" * 8)
    s.ram.write(s.purgatory.start + s.purgatory.file_size, dirty)
    return check_halt(s, HALT_EXCEPTION, f"exception 6 in purgatory itself, at {s.purgatory.start + verify:#x}",
                      image.NOT_RUN)


@case
def damaged_code(tools):
    """Instructions that no CPU has: told by purgatory's own exception handler."""
    return check_damaged_code(tools, b"")


@case
def damaged_code_and_bss(tools):
    """What the loader left as zeros was written over as well."""
    purgatory = image.Purgatory(tools.purgatory, 0, [])
    return check_damaged_code(tools, b"\xff" * (purgatory.memory_size - purgatory.file_size))


@case
def unmapped_region(tools):
    """A kernel of before that mapped less than it loaded."""
    s = scene.Scene(tools)
    s.unmapped = (scene.INITRD,)
    s.place()
    problems = check_halt(s, HALT_EXCEPTION, "exception 14 in purgatory itself, at ", image.NOT_RUN)
    problems.expect_in("the serial port", s.machine.serial(), f", which accessed {scene.INITRD:#x}\n")
    return problems


@case
def no_serial_port(tools):
    s = scene.Scene(tools, serial=())
    s.place()
    s.flip(scene.KERNEL)
    problems = scene.Problems()
    outcome = s.run()
    problems.expect("the end", outcome.how, "halt")
    if not problems:
        problems.expect("rax", outcome.registers["rax"], HALT_REGION + image.KERNEL)
        problems.expect_in("the screen", on_screen(outcome), region_said("kernel", s.kernel))
    return problems


@case
def no_vga(tools):
    s = scene.Scene(tools, vga=False)
    s.place()
    s.flip(scene.KERNEL)
    problems = check_halt(s, HALT_REGION + image.KERNEL, "", image.REGION_DAMAGED, console=False)
    problems.expect_in("the serial port", s.machine.serial(), region_said("kernel", s.kernel))
    return problems


@case
def no_console_at_all(tools):
    s = scene.Scene(tools, vga=False, serial=())
    s.set(image.BAUD, 115200)
    s.place()
    s.flip(scene.KERNEL)
    return check_halt(s, HALT_REGION + image.KERNEL, "", image.REGION_DAMAGED, console=False)


@case
def unmapped_vga(tools):
    """Text memory that the kernel of before did not map: an exception that is none."""
    s = scene.Scene(tools)
    s.unmapped = (0xb8000,)
    s.place()
    s.flip(scene.KERNEL)
    problems = check_halt(s, HALT_REGION + image.KERNEL, "", image.REGION_DAMAGED, console=False)
    problems.expect_in("the serial port", s.machine.serial(), region_said("kernel", s.kernel))
    problems.expect_in("the serial port", s.machine.serial(), "kexec purgatory: halted\n")
    return problems


@case
def other_serial_port(tools):
    s = scene.Scene(tools, serial=("file", "file"))
    s.set(image.CONSOLE, 0x2f8 << 16)
    s.set(image.BAUD, 57600)
    s.place()
    s.flip(scene.KERNEL)
    problems = check_halt(s, HALT_REGION + image.KERNEL, "", image.REGION_DAMAGED, console=False)
    problems.expect("the first port", s.machine.serial(0), "")
    problems.expect_in("the second port", s.machine.serial(1), region_said("kernel", s.kernel))
    return problems


@case
def reboot(tools):
    s = scene.Scene(tools)
    s.purgatory.policy = image.REBOOT
    s.place()
    s.flip(scene.KERNEL)
    problems = scene.Problems()
    problems.expect("the end", s.run().how, "reset")
    problems.expect_in("the serial port", s.machine.serial(), region_said("kernel", s.kernel))
    problems.expect_in("the serial port", s.machine.serial(), "kexec purgatory: resetting the machine\n")
    problems.expect("result", s.result(), image.REGION_DAMAGED)
    return problems


def indexed(port, *values):
    """Bytes for registers behind an index port, as ((index, value), ...)."""
    return [write for index, value in values for write in ((port, index), (port + 1, value))]


@case
def scrolled_screen(tools):
    """Linux scrolls by moving the window through the text memory; the cursor is in its last row."""
    s = scene.Scene(tools)
    origin, cursor = 0x640, 0x640 + 24 * 80 + 5
    s.ports = indexed(0x3d4, (0x0c, origin >> 8), (0x0d, origin & 0xff), (0x0e, cursor >> 8), (0x0f, cursor & 0xff))
    s.put(0xb8000 + 2 * (origin + 24 * 80), b"l\7a\7s\7t\7")
    s.place()
    s.flip(scene.KERNEL)
    problems = scene.Problems()
    outcome = s.run()
    problems.expect("the end", outcome.how, "halt")
    if not problems:
        rows = scene.screen_rows(outcome.text_memory, origin)
        last = next(i for i, row in enumerate(rows) if row.startswith("last"))
        problems.expect_in("the screen below what was there", "".join(rows[last + 1:]),
                           "kexec purgatory: next kernel not started: " + region_said("kernel", s.kernel))
        problems.expect("the last row", rows[24].strip(), "")
        problems.expect_in("the row before it", rows[23], "kexec purgatory: halted")
    return problems


@case
def reset_vga(tools):
    """A screen in a graphics mode shows the message, and begins with it."""
    s = scene.Scene(tools)
    # Chained memory at 0xa0000: nothing is at 0xb8000 then.
    s.ports = indexed(0x3ce, (6, 0x05)) + indexed(0x3c4, (4, 0x0e)) + indexed(0x3d4, (0x0c, 0x12), (0x01, 0x27))
    s.set(image.CONSOLE, image.CONSOLE_COM1 | image.RESET_VGA)
    s.place()
    s.flip(scene.KERNEL)
    problems = scene.Problems()
    outcome = s.run()
    problems.expect("the end", outcome.how, "halt")
    if not problems:
        problems.expect_in("the first row", scene.screen_rows(outcome.text_memory)[0], "kexec purgatory: next kernel")
        problems.expect("the last row", scene.screen_rows(outcome.text_memory)[24].strip(), "")
    return problems


@case
def graphics_mode(tools):
    """Without being asked for, the mode stays; the serial port tells."""
    s = scene.Scene(tools)
    s.ports = indexed(0x3ce, (6, 0x05))
    s.place()
    s.flip(scene.KERNEL)
    problems = check_halt(s, HALT_REGION + image.KERNEL, "", image.REGION_DAMAGED, console=False)
    problems.expect_in("the serial port", s.machine.serial(), region_said("kernel", s.kernel))
    return problems


@case
def unknown_mode(tools):
    return check.malformed(tools, {image.MODE: 48})


@case
def mode_32_above_4_gib(tools):
    """The kernel lies below, purgatory does not: it could not come back to itself without paging."""
    return check.malformed(tools, {}, mode=32, purgatory=0x110000000, memory=5120)


@case
def mode_16_above_1_mib(tools):
    return check.malformed(tools, {image.ENTRY: 0x10000}, mode=16)


@case
def entry_outside(tools):
    return check.malformed(tools, {image.ENTRY: scene.KERNEL + scene.KERNEL_SIZE})


@case
def baud_that_is_none(tools):
    return check.malformed(tools, {image.BAUD: 115201})


@case
def backup_without_crash(tools):
    return check.malformed(tools, {image.BACKUP_TARGET: scene.INITRD, image.BACKUP_SIZE: 0x1000})


@case
def backup_onto_nothing(tools):
    return check.malformed(tools, {image.BACKUP_TARGET: 0x7000000, image.BACKUP_SIZE: 0xa0000}, base=scene.CRASH[0],
                           crash=scene.CRASH)


@case
def no_room_for_jump_back(tools):
    return check.malformed(tools, {image.JUMP_BACK: scene.BOOT_PARAMS + 0x1010, image.JUMP_BACK_ROOM: 41})


@case
def region_outside_reservation(tools):
    crash = (scene.CRASH[0], scene.CRASH[0] + 0x3400000 - 0x1400001)
    return check.malformed(tools, {}, base=scene.CRASH[0], crash=crash)
