# SPDX-License-Identifier: GPL-2.0-only
"""What the purgatories of all machines refuse alike: the codes of doc/purgatory-abi, and the words."""
import hashlib

import image

HALT_MALFORMED, HALT_TABLE, HALT_REGION = 0x4b5802, 0x4b5803, 0x4b5840
TABLE_SAID = "purgatory's own parameters were changed after it was loaded"
MALFORMED_SAID = "it was loaded with parameters that contradict each other"


def span(region):
    return region.start, region.start + len(region.data)


def region_said(name, region):
    start, end = span(region)
    return f"{name} ({start:#x}-{end:#x}) was changed after it was loaded"


class Checks:
    """make_scene(tools, ...): what a case begins with. check_halt(s, code, said, result, region=None): runs it; the
    problems with how it ended. region: the one that is damaged."""

    def __init__(self, make_scene, check_halt):
        self.make_scene, self.check_halt = make_scene, check_halt

    def region(self, tools, name, region_of, offset, **arguments):
        """A damaged byte of what is loaded."""
        s = self.make_scene(tools, **arguments)
        region = region_of(s)
        s.place()
        s.flip(region.start + offset)
        problems = self.check_halt(s, HALT_REGION + region.role, region_said(name, region), image.REGION_DAMAGED,
                                   region)
        problems.expect_in("the console", s.said(),
                           "kexec purgatory: expected SHA-256 " + hashlib.sha256(region.data).hexdigest() + "\n")
        return problems

    def own(self, tools, start_of, offsets, result=image.TABLE_DAMAGED):
        """Damaged bytes of what purgatory itself was given."""
        s = self.make_scene(tools)
        s.place()
        for offset in offsets:
            s.flip(start_of(s.purgatory) + offset)
        return self.check_halt(s, HALT_TABLE, TABLE_SAID, result)

    def table(self, tools, *offsets):
        return self.own(tools, lambda purgatory: purgatory.regions_address(), offsets)

    def params(self, tools, *offsets):
        return self.own(tools, lambda purgatory: purgatory.start + purgatory.params_offset, offsets)

    def header(self, tools, *offsets):
        """Where the result would be is not known then."""
        return self.own(tools, lambda purgatory: purgatory.start, offsets, None)

    def malformed(self, tools, handoff, **arguments):
        """Values of the hand-off that cannot be, by their numbers."""
        s = self.make_scene(tools, **arguments)
        for number, value in handoff.items():
            s.set(number, value)
        s.place()
        return self.check_halt(s, HALT_MALFORMED, MALFORMED_SAID, image.MALFORMED)
