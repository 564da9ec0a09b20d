# SPDX-License-Identifier: GPL-2.0-only
"""Cases without a hypervisor: messages and resets by OPAL."""
import re

import image
import machine_powernv
import refusals_ppc64 as refusals
import refusing
import scene_ppc64 as scene
import starts_ppc64 as starts
from cases import Cases

CASES = Cases("powernv-")
case = CASES.add

LINE_OF_OPAL = re.compile(r"^\[ *\d+\.\d+,\d\] .*\n", re.MULTILINE)


class Scene(scene.Scene):
    """What is placed and damaged, is so when OPAL has told where it is."""

    def __init__(self, tools, cpu="power9", **arguments):
        super().__init__(tools, kind=machine_powernv.Machine, cpu=cpu, **arguments)
        self.set(scene.CONSOLE, scene.CONSOLE_OPAL)
        self.set(scene.TERMINAL, 0)
        self.damaged = ()

    def run(self):
        def place(base, entry):
            self.set(scene.OPAL_BASE, base)
            self.set(scene.OPAL_ENTRY, entry)
            self.place()
            for address in self.damaged:
                self.flip(address)
        return self.machine.run(self.purgatory.entry, place)

    def said(self):
        """Without what OPAL tells about itself: before, and while it is polled."""
        said = LINE_OF_OPAL.sub("", self.machine.said())
        return said[said.index("kexec purgatory"):] if "kexec purgatory" in said else ""


@case
def start(tools):
    return starts.check_start(Scene(tools))


@case
def start_on_power8(tools):
    return starts.check_start(Scene(tools, cpu="power8"))


def check_damaged(s, region, name, role):
    return refusals.check_halt(s, refusing.HALT_REGION + role, refusing.region_said(name, region),
                               image.REGION_DAMAGED, region)


@case
def damaged_kernel(tools):
    s = Scene(tools)
    s.damaged = (s.kernel.start + 0x12345,)
    return check_damaged(s, s.kernel, "kernel", image.KERNEL)


@case
def damaged_initrd_on_power8(tools):
    s = Scene(tools, cpu="power8")
    s.damaged = (s.initrd.start,)
    return check_damaged(s, s.initrd, "initrd", image.INITRD)


@case
def damaged_table(tools):
    s = Scene(tools)
    s.damaged = (s.purgatory.regions_address() + 7,)
    return refusals.check_halt(s, refusing.HALT_TABLE, refusing.TABLE_SAID, image.TABLE_DAMAGED)


@case
def damaged_kind_of_console(tools):
    s = Scene(tools)
    s.damaged = (s.purgatory.start + s.purgatory.params_offset + 48 + 8 * scene.CONSOLE,)
    return refusals.check_halt(s, refusing.HALT_TABLE, refusing.TABLE_SAID, image.TABLE_DAMAGED)


@case
def hypervisors_terminal(tools):
    """A hypercall would come to a vector of a kernel that is gone; none is made."""
    s = Scene(tools)
    s.set(scene.CONSOLE, scene.CONSOLE_HVTERM)
    s.damaged = (s.kernel.start,)
    problems = refusals.check_halt(s, refusing.HALT_REGION + image.KERNEL, "", image.REGION_DAMAGED, s.kernel)
    problems.expect("the terminal", s.said(), "")
    return problems


@case
def reboot(tools):
    s = Scene(tools)
    s.purgatory.policy = image.REBOOT
    s.damaged = (s.kernel.start,)
    problems = scene.Problems()
    problems.expect("the end", str(s.run()), "reset")
    refusals.said_of(problems, s, refusing.region_said("kernel", s.kernel))
    problems.expect_in("the terminal", s.said(), refusals.RESETTING)
    problems.expect("that firmware did not do it is on the terminal", refusals.NOT_RESET in s.said(), False)
    problems.expect("result", s.result(), image.REGION_DAMAGED)
    return problems
