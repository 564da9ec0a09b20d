# SPDX-License-Identifier: GPL-2.0-only
"""Cases in which the next kernel must not be started."""
import image
import machine_ppc64
import scene_ppc64 as scene
from cases import Cases
from refusing import HALT_REGION, Checks, region_said, span

CASES = Cases()
case = CASES.add
HALT_NO_REBOOT = 0x4b5804
RESETTING = "kexec purgatory: resetting the machine\n"
NOT_RESET = "kexec purgatory: firmware did not reset it\n"


def said_of(problems, s, said):
    problems.expect_in("the terminal", s.said(), "kexec purgatory: next kernel not started: " + said + "\n")


def check_halt(s, code, said, result, region=None):
    """Stays, recognisable by r3 to r5, and said why."""
    problems = scene.Problems()
    outcome = s.run()
    if outcome.how != "halt":
        problems.append(f"ended by {outcome}, expected halt; the terminal: {s.said()!r}")
        return problems
    problems.expect("r3", outcome.registers["r3"], code)
    problems.expect("r4 and r5", (outcome.registers["r4"], outcome.registers["r5"]),
                    span(region) if region else (0, 0))
    if result is not None:
        problems.expect("result", s.result(), result)
    if said:
        said_of(problems, s, said)
        problems.expect("the last line", s.said().splitlines()[-1], "kexec purgatory: halted")
    return problems


check = Checks(scene.Scene, check_halt)


@case
def damaged_kernel(tools):
    return check.region(tools, "kernel", lambda s: s.kernel, 0x12345)


@case
def damaged_kernel_on_power7(tools):
    return check.region(tools, "kernel", lambda s: s.kernel, 0x12345, cpu="power7")


@case
def damaged_kernel_above_4_gib(tools):
    return check.region(tools, "kernel", lambda s: s.kernel, 0, base=0x110000000, memory=6144)


@case
def damaged_initrd(tools):
    return check.region(tools, "initrd", lambda s: s.initrd, scene.INITRD_SIZE - 1)


@case
def damaged_device_tree(tools):
    return check.region(tools, "device-tree", lambda s: s.tree, scene.BOOT_CPUID_AT)


@case
def damaged_in_a_crash(tools):
    return check.region(tools, "kernel", lambda s: s.kernel, 0x222,
                        base=scene.CRASH[0] - scene.KERNEL, crash=scene.CRASH)


@case
def damaged_table(tools):
    return check.table(tools, 7)


@case
def damaged_digest(tools):
    return check.params(tools, image.DIGEST_OFFSET)


def check_damaged_handoff(tools, number):
    """Each of its bytes in turn would take long; the highest and the lowest in one go."""
    return check.params(tools, 48 + 8 * number, 48 + 8 * number + 7)


@case
def damaged_kind_of_console(tools):
    return check_damaged_handoff(tools, scene.CONSOLE)


@case
def damaged_terminal(tools):
    """The hypervisor does not know it, and is asked for its own choice."""
    return check_damaged_handoff(tools, scene.TERMINAL)


@case
def damaged_features(tools):
    return check_damaged_handoff(tools, scene.CPU_FEATURES)


@case
def damaged_header(tools):
    """params_offset beyond all memory, and memory_size."""
    return check.header(tools, 56, 63, 24, 31)


@case
def no_console(tools):
    s = scene.Scene(tools)
    s.set(scene.CONSOLE, scene.CONSOLE_NONE)
    s.place()
    s.flip(scene.KERNEL)
    problems = check_halt(s, HALT_REGION + image.KERNEL, "", image.REGION_DAMAGED, s.kernel)
    problems.expect("the terminal", s.said(), "")
    return problems


@case
def opal_console_below_a_hypervisor(tools):
    """Where there is no OPAL to call, nobody is called."""
    s = scene.Scene(tools)
    s.set(scene.CONSOLE, scene.CONSOLE_OPAL)
    s.set(scene.OPAL_BASE, 0x5000000)
    s.set(scene.OPAL_ENTRY, 0x5000000)
    s.place()
    s.flip(scene.KERNEL)
    problems = check_halt(s, HALT_REGION + image.KERNEL, "", image.REGION_DAMAGED, s.kernel)
    problems.expect("the terminal", s.said(), "")
    return problems


def reboot_scene(tools, **arguments):
    s = scene.Scene(tools, **arguments)
    s.purgatory.policy = image.REBOOT
    return s


def check_rtas_entered(problems, s, count):
    """32-bit big-endian real mode, and addresses that it can reach."""
    msr, arguments, base, back, left = s.rtas_seen()
    own = range(s.purgatory.start, s.purgatory.start + s.purgatory.memory_size)
    problems.expect("MSR in RTAS", msr, machine_ppc64.MSR_ME)
    problems.expect("the base that RTAS gets", base, scene.RTAS)
    problems.expect("arguments and return address lie in purgatory", (arguments in own, back in own), (True, True))
    problems.expect("answers that are left", left, count)


def check_reset(s):
    problems = scene.Problems()
    problems.expect("the end", str(s.run()), "reset")
    said_of(problems, s, region_said("kernel", s.kernel))
    problems.expect("the last line", s.said().splitlines()[-1] + "\n", RESETTING)
    problems.expect("result", s.result(), image.REGION_DAMAGED)
    check_rtas_entered(problems, s, 0)
    return problems


@case
def reboot(tools):
    s = reboot_scene(tools)
    s.have_rtas()
    s.place()
    s.flip(scene.KERNEL)
    return check_reset(s)


@case
def reboot_when_no_longer_busy(tools):
    s = reboot_scene(tools)
    s.have_rtas(answer=-2, count=3)
    s.place()
    s.flip(scene.KERNEL)
    return check_reset(s)


@case
def reboot_when_no_longer_busy_for_long(tools):
    s = reboot_scene(tools)
    s.have_rtas(answer=9901, count=2)
    s.place()
    s.flip(scene.KERNEL)
    return check_reset(s)


def check_not_reset(s):
    region = s.kernel
    s.place()
    s.flip(region.start)
    problems = check_halt(s, HALT_NO_REBOOT, region_said("kernel", region), image.REGION_DAMAGED, region)
    problems.expect_in("the terminal", s.said(), RESETTING + NOT_RESET)
    return problems


@case
def reboot_that_fails(tools):
    """RTAS comes back with an error, having kept the low halves of the registers alone."""
    s = reboot_scene(tools)
    s.have_rtas(answer=-1, count=2)
    problems = check_not_reset(s)
    check_rtas_entered(problems, s, 1)
    return problems


@case
def reboot_without_rtas(tools):
    return check_not_reset(reboot_scene(tools))


@case
def reboot_above_4_gib(tools):
    """RTAS could not come back there."""
    s = reboot_scene(tools, base=0x110000000, memory=6144)
    s.have_rtas()
    problems = check_not_reset(s)
    problems.expect("how RTAS was entered", s.rtas_seen()[:4], (0, 0, 0, 0))
    return problems


@case
def kernel_outside(tools):
    return check.malformed(tools, {scene.AT_KERNEL: scene.KERNEL + scene.KERNEL_SIZE})


@case
def backup_without_crash(tools):
    return check.malformed(tools, {scene.BACKUP_TARGET: scene.INITRD, scene.BACKUP_SIZE: 0x1000})


@case
def region_outside_reservation(tools):
    crash = (scene.CRASH[0], scene.CRASH[0] + scene.INITRD - scene.KERNEL + scene.INITRD_SIZE - 1)
    return check.malformed(tools, {}, base=scene.CRASH[0] - scene.KERNEL, crash=crash)
