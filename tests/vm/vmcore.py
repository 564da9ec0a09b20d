#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Judges a saved /proc/vmcore by the ELF format alone, sharing no code with the programs under test.

vmcore.py check FILE ARCH CPUS RELEASE CRASH [FIRMWARE]
                                            the ELF file is a sound core of ARCH (below) with notes for CPUS
                                            processors, made by kernel RELEASE, whose PT_LOADs are the memory outside
                                            CRASH (start-end, hex), and that part of it which is FIRMWARE
vmcore.py compare FILE SNAPSHOT CRASH MB [ran-on]
                                            every byte against a snapshot of the whole memory; see compare()
vmcore.py drgn FILE RELEASE                 drgn, which knows cores of Linux kernels, reads it too
vmcore.py pattern FILE PAGES                writes a file of PAGES 4 KiB pages that compare() recognises
"""
import os
import re
import struct
import sys

PAGE = 4096
PT_LOAD, PT_NOTE = 1, 4
NT_PRSTATUS, NT_S390_PREFIX = 1, 0x305
# ARCH: e_machine, EI_DATA, size of NT_PRSTATUS, where it has what must not be zero (a PSW, the RIP, the NIP)
ARCHES = {
    "s390x": (22, 2, 336, 112, 16),
    "x86_64": (62, 1, 336, 112 + 16 * 8, 8),
    "ppc64le": (21, 1, 504, 112 + 32 * 8, 8),
}
MAGIC = b"test-pattern-of-4096-bytes "


def need(condition, text):
    if not condition:
        sys.exit(f"vmcore: {text}")


class Core:
    def __init__(self, path):
        self.file = open(path, "rb")
        self.size = os.fstat(self.file.fileno()).st_size
        head = self.file.read(64)
        need(len(head) == 64 and head[:4] == b"\x7fELF", f"{path} is not an ELF file")
        need(head[4] == 2 and head[5] in (1, 2), f"class {head[4]}, data {head[5]}: not 64-bit of a known order")
        self.data, self.order = head[5], "<>"[head[5] - 1]
        fields = struct.unpack(self.order + "HHIQQQIHHHHHH", head[16:])
        self.type, self.machine, phoff, phentsize, self.phnum = fields[0], fields[1], fields[4], fields[8], fields[9]
        need(self.type == 4, f"e_type {self.type}, expected 4 (ET_CORE)")
        need(phentsize == 56 and 0 < self.phnum < 0xffff, f"{self.phnum} program headers of {phentsize} bytes")
        self.file.seek(phoff)
        table = self.file.read(56 * self.phnum)
        self.headers = [struct.unpack_from(self.order + "IIQQQQQQ", table, 56 * i) for i in range(self.phnum)]
        for kind, _, offset, _, _, filesz, memsz, _ in self.headers:
            need(offset + filesz <= self.size, f"a segment of type {kind} ends at {offset + filesz:#x}, behind the file")
            need(kind != PT_LOAD or filesz == memsz, "a PT_LOAD has no data for a part of its memory")

    def loads(self):
        """(physical start, end, file offset), without the second mapping of the kernel image."""
        out, seen = [], []
        for kind, _, offset, _, paddr, filesz, _, _ in sorted(self.headers, key=lambda h: (-h[5], h[4])):
            if kind == PT_LOAD:
                if any(start <= paddr and paddr + filesz <= end for start, end in seen):
                    continue
                seen.append((paddr, paddr + filesz))
                out.append((paddr, paddr + filesz, offset))
        return sorted(out)

    def notes(self):
        for kind, _, offset, _, _, filesz, _, _ in self.headers:
            if kind != PT_NOTE:
                continue
            self.file.seek(offset)
            data, at = self.file.read(filesz), 0
            while at + 12 <= len(data):
                namesz, descsz, ntype = struct.unpack_from(self.order + "III", data, at)
                if namesz == 0 and descsz == 0 and ntype == 0:
                    break
                name = data[at + 12:at + 12 + namesz].rstrip(b"\0").decode()
                start = at + 12 + (namesz + 3 & ~3)
                need(start + descsz <= len(data), f"note {name} {ntype:#x} ends behind its segment")
                yield name, ntype, data[start:start + descsz]
                at = start + (descsz + 3 & ~3)


def crash_range(text):
    start, end = (int(x, 16) for x in text.split("-", 1))
    return start, end + 1


def check(path, arch, cpus, release, crash, firmware="0--1"):
    core = Core(path)
    machine, data, prstatus, state, state_size = ARCHES[arch]
    need(core.machine == machine and core.data == data, f"e_machine {core.machine}, data {core.data}, which is not {arch}")
    crash_start, crash_end = crash_range(crash)
    firmware_start, firmware_end = crash_range(firmware)
    status = prefixes = 0
    info = None
    for name, ntype, desc in core.notes():
        if name == "CORE" and ntype == NT_PRSTATUS:
            need(len(desc) == prstatus, f"NT_PRSTATUS has {len(desc)} bytes, expected {prstatus}")
            # 112 bytes of process facts, then the registers. A stopped CPU was somewhere.
            need(any(desc[state:state + state_size]), "a CPU was nowhere: its registers were not stored")
            status += 1
        if name == "LINUX" and ntype == NT_S390_PREFIX:
            prefixes += any(desc)
        if name == "VMCOREINFO":
            info = desc.decode("ascii", "replace")
    need(status == int(cpus), f"{status} NT_PRSTATUS notes, expected {cpus}")
    need(arch != "s390x" or prefixes == int(cpus), f"{prefixes} CPUs with a prefix page, expected {cpus}")
    need(info is not None, "no VMCOREINFO note")
    match = re.search(r"^OSRELEASE=(.*)$", info, re.M)
    need(match and match[1] == release, f"vmcoreinfo says OSRELEASE={match and match[1]}, expected {release}")
    need(re.search(r"^CRASHTIME=\d+$", info, re.M), "vmcoreinfo has no CRASHTIME: it is not of a crash")
    loads = core.loads()
    need(loads, "no PT_LOAD")
    end = 0
    for start, stop, _ in loads:
        need(start >= end, f"PT_LOAD at {start:#x} overlaps the one before")
        end = stop
        low, high = max(start, crash_start), min(stop, crash_end)
        if low < high:
            need(firmware_start <= low and high <= firmware_end, f"PT_LOAD {start:#x}-{stop:#x} is in the crash reservation")
            firmware_start = high
    need(firmware_start == firmware_end, f"firmware's memory from {firmware_start:#x} to {firmware_end:#x} is missing")
    # Where the kernel of a PC makes the header, it leaves out the first MiB.
    need(loads[0][0] <= (1 << 20 if arch == "x86_64" else 0), f"the first PT_LOAD starts at {loads[0][0]:#x}")
    total = sum(stop - start for start, stop, _ in loads)
    print(f"vmcore: {status} CPUs, {len(loads)} memory ranges, {total >> 20} MiB, OSRELEASE={release}")


def pattern_page(index):
    head = MAGIC + b"%012d " % index
    return (head * (PAGE // len(head) + 1))[:PAGE]


def pattern(path, pages):
    with open(path, "wb") as file:
        for index in range(int(pages)):
            file.write(pattern_page(index))


def compare(path, snapshot, crash, megabytes, ran_on=None):
    """Every page of the dump against the memory as it was a moment before the crash.

    Pages of the known pattern must be there in every part of memory that is treated differently (below the size of
    the reservation, where they were swapped; between that and the reservation; behind it) and each must be
    identical. The kernel that crashes goes on writing for a moment (its log, its stacks, CPU state), and the 64 KiB
    from 0 without the lowcore are where purgatory lay; other pages must not differ.

    With "ran-on" the guest ran for a while after the snapshot: what was free may be something else by now, also where
    a copy of the pattern had been. Each page of the pattern must be there at an address where the snapshot has it.
    """
    core = Core(path)
    crash_start, crash_end = crash_range(crash)
    size = crash_end - crash_start
    ram = open(snapshot, "rb")
    memory = os.fstat(ram.fileno()).st_size
    parts = {"below the reservation's size": [0, size], "between": [size, crash_start], "behind": [crash_end, memory]}
    found = dict.fromkeys(parts, 0)
    differing, compared, damaged, indices, intact = [], 0, [], set(), set()
    loads = core.loads()
    covered = sum(end - start for start, end, _ in loads)
    need(covered == memory - size, f"the dump has {covered} bytes of memory, expected {memory - size}")
    for start, end, offset in loads:
        ram.seek(start)
        core.file.seek(offset)
        address = start
        while address < end:
            # A PT_LOAD of fadump starts within a page.
            length = min(PAGE - address % PAGE if address % PAGE else 1 << 20, end - address)
            old, new = ram.read(length), core.file.read(length)
            need(len(old) == length and len(new) == length, f"short read at {address:#x}")
            for at in range(0, length, PAGE):
                page, other = old[at:at + PAGE], new[at:at + PAGE]
                here = address + at
                compared += 1
                if page.startswith(MAGIC):
                    index = int(page[len(MAGIC):len(MAGIC) + 12])
                    if page == pattern_page(index):
                        indices.add(index)
                        for name, (low, high) in parts.items():
                            found[name] += low <= here < high
                        if other != page:
                            damaged.append(here)
                        else:
                            intact.add(index)
                        continue
                if page != other:
                    differing.append(here)
            address += length
    need(ran_on or not damaged, f"{len(damaged)} pattern pages differ, the first at {damaged[:5]}")
    need(intact == indices, f"{len(indices - intact)} pages of the pattern are nowhere what they were")
    pages = int(megabytes) * 256
    need(len(indices) == pages, f"{len(indices)} of {pages} pattern pages were in the snapshot")
    for name, (low, high) in parts.items():
        if high - low >= 64 << 20:
            need(found[name] >= 1000, f"only {found[name]} pattern pages lie {name} ({low:#x}-{high:#x})")
    low = [page for page in differing if page < 0x10000]
    high = [page for page in differing if page >= 0x10000]
    print(f"vmcore: {compared} pages compared; pattern pages " +
          ", ".join(f"{name}: {count}" for name, count in found.items()) + f", all identical but {len(damaged)}")
    print(f"vmcore: {len(low)} pages of the first 64 KiB and {len(high)} others differ: " +
          " ".join(f"{page:#x}" for page in high[:24]) + (" ..." if len(high) > 24 else ""))
    # Measured: a hundred or so. A wrong copy of any megabyte would show as more.
    need(ran_on or len(high) < 250, f"{len(high)} pages beyond the pattern differ, expected fewer than 250")


def by_drgn(path, release):
    import drgn  # only here: the other commands need nothing beyond Python itself

    program = drgn.Program()
    program.set_core_dump(path)
    core = Core(path)
    wanted = {21: drgn.Architecture.PPC64, 22: drgn.Architecture.S390X, 62: drgn.Architecture.X86_64}[core.machine]
    need(program.platform.arch == wanted, f"drgn takes it for {program.platform}")
    need(program.flags & drgn.ProgramFlags.IS_LINUX_KERNEL, "drgn does not take it for a Linux kernel")
    need(program["UTS_RELEASE"].string_().decode() == release, f"drgn reads release {program['UTS_RELEASE']}")
    for start, end, offset in core.loads():
        for address in (start, (start + end) // 2 & ~(PAGE - 1), end - PAGE):
            core.file.seek(offset + address - start)
            need(program.read(address, PAGE, True) == core.file.read(PAGE), f"drgn reads other bytes at {address:#x}")
    print(f"vmcore: drgn opens it as a Linux kernel of {program.platform.arch.name} and reads the same memory")


def main():
    commands = {"check": check, "compare": compare, "drgn": by_drgn, "pattern": pattern}
    need(len(sys.argv) > 2 and sys.argv[1] in commands, __doc__)
    commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
