#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Made Power machines: FIXTURES/power/NAME are root directories with a /proc and a /sys, FIXTURES/power/NAME.txt (where
it is of a bearable size) the text that a ppc64le machine of that kind has, and NAME.dtb its flattened device tree.

Device trees are big endian on every machine, so the same root serves ppc64 and ppc64le: --arch says which. Facts: LoPAR
2.9, skiboot doc/device-tree, Linux arch/powerpc and Documentation/arch/powerpc/firmware-assisted-dump.rst.

Other makers import it: made_machine(KIND) gives a Machine, whose tree can be changed before it is written.
"""
import os
import pathlib
import shutil
import struct
import sys

GIB = 1 << 30
MIB = 1 << 20
LMB = 256 * MIB
ASSIGNED, DRC_INVALID, AI_INVALID, LMB_RESERVED = 0x8, 0x20, 0x40, 0x80


def u32(*values):
    return b"".join(struct.pack(">I", value) for value in values)


def u64(*values):
    return b"".join(struct.pack(">Q", value) for value in values)


def strings(*texts):
    return b"".join(text.encode() + b"\0" for text in texts)


class Node:
    """A node of a device tree: properties by name, nodes below by name."""

    def __init__(self, _props=None, **nodes):
        self.props = dict(_props or {})
        self.nodes = dict(nodes)

    def add(self, name, props=None):
        return self.nodes.setdefault(name, Node(props))

    def at(self, path):
        node = self
        for name in filter(None, path.split("/")):
            node = node.nodes[name]
        return node

    @staticmethod
    def key(name):
        base, at, unit = name.partition("@")
        return base.encode(), len(at + unit), unit.encode()

    def sorted_props(self):
        return sorted(self.props.items(), key=lambda item: Node.key(item[0]))

    def sorted_nodes(self):
        return sorted(self.nodes.items(), key=lambda item: Node.key(item[0]))


def flatten(root, boot_cpu=0, reserved=()):
    """Version 17 of the format, the nodes in the order in which they are read from /proc."""
    names, where, out = bytearray(), {}, []

    def pad(data):
        return data + bytes(-len(data) % 4)

    def visit(name, node):
        out.append(u32(1) + pad(name.encode() + b"\0"))
        for prop, data in node.sorted_props():
            if prop not in where:
                where[prop] = len(names)
                names.extend(prop.encode() + b"\0")
            out.append(u32(3, len(data), where[prop]) + pad(data))
        for below, child in node.sorted_nodes():
            visit(below, child)
        out.append(u32(2))

    visit("", root)
    structure = b"".join(out) + u32(9)
    reservations = b"".join(u64(start, end - start) for start, end in reserved) + u64(0, 0)
    at = 40 + len(reservations)
    header = u32(0xd00dfeed, at + len(structure) + len(names), at, at + len(structure), 40, 17, 16, boot_cpu, len(names),
                 len(structure))
    return header + reservations + structure + bytes(names)


class Machine:
    def __init__(self, tree, cmdline, iomem, release="6.12.117"):
        self.tree = tree
        self.cmdline = cmdline
        self.iomem = iomem  # (depth, start, end, name)
        self.release = release
        self.cpus = []  # (id, address of notes)
        self.vmcoreinfo = (0x3370000, 0x3371024)
        self.files = {}  # more below the root: path -> text
        self.vmcore = False

    def dump_active(self):
        rtas, opal = self.tree.nodes.get("rtas"), self.tree.nodes.get("ibm,opal")
        return bool(rtas and "ibm,kernel-dump" in rtas.props or
                    opal and "dump" in opal.nodes and "mpipl-boot" in opal.nodes["dump"].props)

    def write(self, root):
        """A root directory. Equal properties are one file with many names: there may be tens of thousands."""
        root = pathlib.Path(root)
        if root.exists():
            shutil.rmtree(root)
        texts = {
            "proc/iomem": "".join(f'{"":{2 * depth}}{start:08x}-{end - 1:08x} : {name}\n'
                                  for depth, start, end, name in self.iomem),
            "proc/cmdline": self.cmdline + "\n",
            "proc/sys/kernel/osrelease": self.release + "\n",
            "sys/kernel/vmcoreinfo": f"{self.vmcoreinfo[0]:#x} {self.vmcoreinfo[1] - self.vmcoreinfo[0]:x}\n",
            "sys/kernel/kexec_loaded": "0\n", "sys/kernel/kexec_crash_loaded": "0\n",
        }
        crash = [end - start for _, start, end, name in self.iomem if name == "Crash kernel"]
        size = self.tree.at("chosen").props.get("linux,crashkernel-size")
        texts["sys/kernel/kexec_crash_size"] = f'{int.from_bytes(size, "big") if size else sum(crash)}\n'
        for number, address in self.cpus:
            texts[f"sys/devices/system/cpu/cpu{number}/crash_notes"] = f"{address:x}\n"
            texts[f"sys/devices/system/cpu/cpu{number}/crash_notes_size"] = "552\n"
        texts.update(self.files)
        if self.vmcore:
            texts["proc/vmcore"] = "not a dump\n"
        for path, text in texts.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        write_tree(self.tree, root / "proc/device-tree", {})

    def text(self, arch):
        """What kexec --print-machine has to write."""
        lines = ["machine 1", "# Addresses are start and end; the end is one past the last byte.", f"arch {arch}",
                 "page-size 65536", f'release "{self.release}"', f'cmdline "{self.cmdline}"']
        lines += [f'resource {depth} {start:#x} {end:#x} "{name}"' for depth, start, end, name in self.iomem]
        lines += [f"cpu {number} {address:#x} 552" for number, address in self.cpus]
        lines.append("vmcoreinfo {:#x} {:#x}".format(*self.vmcoreinfo))
        lines += tree_lines(0, "/", self.tree)
        if self.vmcore and self.dump_active():
            lines.append("dump-pending")
        return "\n".join(lines + ["end"]) + "\n"


ROW = 48  # bytes on a line


def is_text(data):
    parts = data.split(b"\0")
    return len(parts) > 1 and not parts.pop() and all(part and all(0x20 <= c < 0x7f for c in part) for part in parts)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def data_lines(data):
    """The fields of a property, by lines."""
    lines = [[]]
    if is_text(data):
        used = 0
        for part in data.decode().split("\0")[:-1]:
            if used and used + len(part) + 1 > ROW:
                lines.append([])
                used = 0
            lines[-1].append(quoted(part))
            used += len(part) + 1
    else:
        rows = [data[at:at + ROW] for at in range(0, len(data), ROW)]
        lines = [[row[at:at + 4].hex() for at in range(0, len(row), 4)] for row in rows] or [[]]
    return [" ".join(line) for line in lines]


def tree_lines(depth, name, node):
    yield f"dt-node {depth} {quoted(name)}"
    for prop, data in node.sorted_props():
        first, *more = data_lines(data)
        yield f"dt-property {quoted(prop)} {first}".rstrip()
        for line in more:
            yield f"dt-more {line}"
    for below, child in node.sorted_nodes():
        yield from tree_lines(depth + 1, below, child)


def write_tree(node, directory, seen):
    directory.mkdir(parents=True)
    name = directory.name.partition("@")[0] if directory.name != "device-tree" else ""
    for prop, data in {**node.props, "name": strings(name)}.items():
        path = directory / prop
        first = seen.get(data)
        if first is None or os.stat(first).st_nlink >= 1000:
            path.write_bytes(data)
            seen[data] = path
        else:
            os.link(first, path)
    for below, child in node.nodes.items():
        write_tree(child, directory / below, seen)


# Machines

KERNEL_END = 0x35b0000
CRASH = (128 * MIB, 384 * MIB)
RTAS = (0x2fff0000, 0x30000000)


def memory_node(tree, start, size, **props):
    node = tree.add(f"memory@{start:x}")
    node.props = {"device_type": strings("memory"), "reg": u64(start, size), "ibm,associativity": u32(4, 0, 0, 0, 0)}
    node.props.update(props)
    return node


def cpu_node(cpus, number, threads, props):
    base = {
        "device_type": strings("cpu"), "reg": u32(number * threads), "status": strings("okay"),
        "ibm,ppc-interrupt-server#s": u32(*range(number * threads, (number + 1) * threads)),
        "ibm,vmx": u32(2), "cpu-version": u32(0x004e1202), "timebase-frequency": u32(512000000),
        "clock-frequency": u32(1000000000), "ibm,pa-features": bytes([24, 0]) + bytes(24),
    }
    base.update(props)
    return cpus.add(f"PowerPC,POWER9@{number * threads:x}", base)


def common(model, compatible, crash):
    tree = Node({"#address-cells": u32(2), "#size-cells": u32(2), "model": strings(model),
                 "compatible": strings(*compatible), "device_type": strings("chrp")})
    tree.add("aliases", {})
    chosen = tree.add("chosen", {"linux,kernel-end": u64(KERNEL_END), "linux,memory-limit": u64(0)})
    tree.add("cpus", {"#address-cells": u32(1), "#size-cells": u32(0)})
    if crash:
        chosen.props["linux,crashkernel-base"] = u64(crash[0])
        chosen.props["linux,crashkernel-size"] = u64(crash[1] - crash[0])
    return tree


def pseries_tree(crash=CRASH, radix=False, cpus=2, threads=1):
    """As QEMU's pseries machine, without its memory nodes."""
    tree = common("IBM pSeries (emulated by qemu)", ("qemu,pseries",), crash)
    chosen = tree.at("chosen")
    chosen.props.update({"linux,stdout-path": strings("/vdevice/vty@71000000"),
                         "stdout-path": strings("/vdevice/vty@71000000"),
                         "bootargs": strings(""), "ibm,architecture-vec-5": bytes(24) + bytes([0x40 if radix else 0, 0])})
    tree.add("rtas", {
        "rtas-size": u32(RTAS[1] - RTAS[0]), "linux,rtas-base": u32(RTAS[0]), "linux,rtas-entry": u32(RTAS[0]),
        "system-reboot": u32(0x200a), "power-off": u32(0x2009), "ibm,os-term": u32(0x200b),
        "ibm,extended-os-term": b"", "ibm,max-associativity-depth": u32(4),
    })
    vdevice = tree.add("vdevice", {"device_type": strings("vdevice"), "#address-cells": u32(1), "#size-cells": u32(0)})
    vdevice.add("vty@71000000", {"device_type": strings("serial"), "compatible": strings("hvterm1"),
                                 "reg": u32(0x71000000)})
    phb = tree.add("pci@800000020000000", {"device_type": strings("pci"), "compatible": strings("IBM,Logical_PHB"),
                                           "reg": u64(0x800000020000000, 0)})
    phb.add("scsi@0", {"reg": u32(0, 0, 0, 0, 0), "class-code": u32(0x010000)})
    for number in range(cpus):
        cpu_node(tree.at("cpus"), number, threads, {})
    return tree


def chosen_of_fadump(machine):
    """With fadump there is no reservation for kdump."""
    for name in ("linux,crashkernel-base", "linux,crashkernel-size"):
        machine.tree.at("chosen").props.pop(name, None)
    machine.iomem = [line for line in machine.iomem if line[3] != "Crash kernel"]


def made_pseries(radix=False, size=2 * GIB, crash=CRASH):
    tree = pseries_tree(crash, radix)
    memory_node(tree, 0, size)
    iomem = [(0, 0, size, "System RAM")]
    if crash:
        iomem.append((1, *crash, "Crash kernel"))
    machine = Machine(tree, "console=hvc0 root=/dev/vda1 crashkernel=256M", iomem)
    machine.cpus = [(0, 0x7ff20c00), (1, 0x7ff60c00)]
    return machine


def made_powernv():
    """Bare metal with OPAL: two chips whose memory lies far apart, hash page table, TCE tables."""
    tree = common("8335-GTH", ("ibm,witherspoon", "ibm,powernv"), CRASH)
    chosen = tree.at("chosen")
    chosen.props.update({"linux,htab-base": u64(0x3f0000000), "linux,htab-size": u64(128 * MIB),
                         "linux,stdout-path": strings("/ibm,opal/consoles/serial@0"),
                         "linux,memory-limit": u64(48 * GIB)})
    far = 1 << 45
    memory_node(tree, 0, 16 * GIB, **{"ibm,chip-id": u32(0)})
    tree.add(f"memory@{far:x}", {"device_type": strings("memory"), "ibm,chip-id": u32(8),
                                 "reg": u64(far, 16 * GIB, far + 32 * GIB, 16 * GIB)})
    # Memory of a GPU: Linux is told to use nothing of it.
    tree.add("memory@242000000000", {"device_type": strings("memory"), "reg": u64(0x242000000000, 32 * GIB),
                                     "compatible": strings("ibm,coherent-device-memory"),
                                     "linux,usable-memory": u64(0x242000000000, 0)})
    opal = tree.add("ibm,opal", {
        "compatible": strings("ibm,opal-v2", "ibm,opal-v3"), "opal-base-address": u64(0x30000000),
        "opal-entry-address": u64(0x300050c0), "opal-runtime-size": u64(0x2c50000)})
    opal.add("consoles", {"#address-cells": u32(1), "#size-cells": u32(0)}).add("serial@0", {
        "compatible": strings("ibm,opal-console-raw"), "device_type": strings("serial"), "reg": u32(0)})
    opal.add("dump", {"compatible": strings("ibm,opal-dump"), "fw-load-area": u64(0x20000000, 0x10000000)})
    firmware = [("ibm,firmware-code@30000000", 0x30000000, 0x500000),
                ("ibm,firmware-heap@30300000", 0x30300000, 0x2950000),
                ("ibm,slw-image@3ffdc0000", 0x3ffdc0000, 0x100000)]
    reserved = tree.add("reserved-memory", {"#address-cells": u32(2), "#size-cells": u32(2), "ranges": b""})
    for name, start, size in firmware:
        reserved.add(name, {"reg": u64(start, size), "no-map": b""})
    reserved.add("pool", {"size": u64(64 * MIB), "reusable": b"", "compatible": strings("shared-dma-pool")})
    reserved.add("off@1000000", {"reg": u64(0x1000000, MIB), "status": strings("disabled")})
    tree.props["reserved-names"] = strings(*(name.partition("@")[0] for name, *_ in firmware))
    tree.props["reserved-ranges"] = b"".join(u64(start, size) for _, start, size in firmware)
    tree.add("pciex@600c3c0000000", {"device_type": strings("pci"), "compatible": strings("ibm,power9-pciex"),
                                     "reg": u64(0x600c3c0000000, 0x1000000), "linux,tce-base": u64(0x3e8000000),
                                     "linux,tce-size": u32(16 * MIB)})
    tree.add("pciex@600c3c0100000", {"device_type": strings("pci"), "compatible": strings("ibm,power9-pciex"),
                                     "reg": u64(0x600c3c0100000, 0x1000000)})
    for number in range(2):
        cpu_node(tree.at("cpus"), number, 4, {"ibm,chip-id": u32(8 * number)})
    features = tree.at("cpus").add("ibm,powerpc-cpu-features", {"compatible": strings("ibm,powerpc-cpu-features"),
                                                               "isa": u32(3000), "display-name": strings("POWER9")})
    for name in ("altivec", "vector-scalar", "vector-crypto"):
        features.add(name, {"isa": u32(2070), "usable-privilege": u32(7)})
    iomem = [(0, 0, 16 * GIB, "System RAM"), (1, *CRASH, "Crash kernel"),
             (0, far, far + 16 * GIB, "System RAM"), (0, far + 32 * GIB, far + 48 * GIB, "System RAM")]
    machine = Machine(tree, "root=/dev/nvme0n1p2 crashkernel=256M@128M retain_initrd", iomem)
    tree.at("chosen").props.update({"linux,initrd-start": u64(0x3ec000000), "linux,initrd-end": u64(0x3ed800000)})
    machine.cpus = [(number, 0x3e0000c00 + number * 0x40000) for number in range(8)]
    return machine


def drconf_node(tree, lmbs, version, lmb_size=LMB):
    """lmbs: (base, drc index, associativity index, flags)."""
    node = tree.add("ibm,dynamic-reconfiguration-memory", {
        "ibm,lmb-size": u64(lmb_size), "ibm,memory-flags-mask": u32(0xff), "ibm,memory-preservation-time": u32(0),
        "ibm,associativity-lookup-arrays": u32(1, 4, 0, 0, 0, 0)})
    if version == 1:
        node.props["ibm,dynamic-memory"] = u32(len(lmbs)) + b"".join(
            u64(base) + u32(drc, 0, aa, flags) for base, drc, aa, flags in lmbs)
        return node
    sets = []
    for base, drc, aa, flags in lmbs:
        if sets and (sets[-1][1] + sets[-1][0] * lmb_size, sets[-1][2] + sets[-1][0], *sets[-1][3:]) == (base, drc, aa, flags):
            sets[-1][0] += 1
        else:
            sets.append([1, base, drc, aa, flags])
    node.props["ibm,dynamic-memory-v2"] = u32(len(sets)) + b"".join(
        u32(count) + u64(base) + u32(drc, aa, flags) for count, base, drc, aa, flags in sets)
    return node


def lmb_list(size, first=1, absent=(), reserved=()):
    out = []
    for number in range(first, size // LMB):
        flags = ASSIGNED
        if number in absent:
            flags = DRC_INVALID | AI_INVALID
        elif number in reserved:
            flags = ASSIGNED | LMB_RESERVED
        out.append((number * LMB, 0x80000000 + number, 0xffffffff if number in absent else 0, flags))
    return out


def made_drconf(version):
    """8 GiB, of which the first block is a memory node, one block was taken away and one is reserved."""
    tree = pseries_tree(threads=8)
    memory_node(tree, 0, LMB)
    drconf_node(tree, lmb_list(8 * GIB, absent=(20,), reserved=(24,)), version)
    machine = Machine(tree, "console=hvc0 root=/dev/sda2 crashkernel=256M",
                      [(0, 0, 20 * LMB, "System RAM"), (1, *CRASH, "Crash kernel"),
                       (0, 21 * LMB, 24 * LMB, "System RAM"), (0, 25 * LMB, 32 * LMB, "System RAM")])
    machine.cpus = [(number, 0x1f8000c00 + number * 0x40000) for number in range(16)]
    return machine


def made_tb16():
    """16 TiB in blocks of 256 MiB."""
    tree = pseries_tree(threads=8)
    memory_node(tree, 0, LMB)
    drconf_node(tree, lmb_list(16 << 40), 1)
    tree.at("chosen").props["linux,memory-limit"] = u64(16 << 40)
    machine = Machine(tree, "console=hvc0 crashkernel=256M", [(0, 0, 16 << 40, "System RAM")])
    machine.cpus = [(0, 0x7ff20c00)]
    return machine


def made_cpus1500():
    """1,500 cores with 40 properties each, not all in use."""
    tree = pseries_tree(cpus=0)
    memory_node(tree, 0, 64 * GIB)
    many = {f"ibm,made-property-{i:02}": u32(*range(i)) for i in range(28)}
    for number in range(1500):
        cpu_node(tree.at("cpus"), number, 8, {**many, "ibm,my-drc-index": u32(0x10000000 + number),
                                             "phandle": u32(0x100 + number), "l2-cache": u32(0x2000)})
    tree.at("cpus").props["ibm,drc-indexes"] = u32(1536, *range(0x10000000, 0x10000000 + 1536))
    machine = Machine(tree, "console=hvc0 crashkernel=256M", [(0, 0, 64 * GIB, "System RAM")])
    machine.cpus = [(number, 0xf00000c00 + number * 0x400) for number in range(1500)]
    return machine


# Firmware-assisted dump

BOOT_MEMORY = 512 * MIB
CPU_STATE = 0xa00
FADUMP_RESERVED = 0x10000 + BOOT_MEMORY + 0x1b0


def kernel_dump(radix=False, boot_memory=BOOT_MEMORY, status=0xc000, errors=(0, 0, 0), dumped=None, version=1):
    """ibm,kernel-dump: a header of 40 bytes, and as many for each section."""
    param = (0x7ffff800, 0x800)
    sections = [(1, errors[0], 0, CPU_STATE, CPU_STATE, boot_memory),
                (2, errors[1], 0, 0, 0, boot_memory + CPU_STATE),
                (0x11, errors[2], 0, boot_memory, boot_memory if dumped is None else dumped, boot_memory + 0x10000)]
    if radix:
        sections.append((0x100, 0, param[0], param[1], param[1], param[0]))
    out = struct.pack(">IHHIIQQII", version, len(sections), status, 40, 0, 0, 0, 0, 0)
    for kind, error, source, length, done, destination in sections:
        out += struct.pack(">IHHQQQQ", 1, kind, error, source, length, done, destination)
    return out


def firmware_has_fadump(machine, active=None):
    """active: ibm,kernel-dump."""
    machine.tree.at("rtas").props.update({
        "ibm,configure-kernel-dump": u32(0x201f), "ibm,configure-kernel-dump-version": struct.pack(">H", 1),
        "ibm,configure-kernel-dump-sizes": u32(1) + u64(CPU_STATE) + u32(2) + u64(0)})
    if active:
        machine.tree.at("rtas").props["ibm,kernel-dump"] = active


def made_fadump(enabled, registered=0, release=False, vmcore=False, active=None, radix=False, legacy=False, crash=None):
    machine = made_pseries(radix, crash=crash)
    machine.cmdline = f"console=hvc0 root=/dev/vda1 fadump={'on' if enabled or crash else 'off'} crashkernel=512M"
    firmware_has_fadump(machine, active)
    if not crash:
        chosen_of_fadump(machine)
    if legacy:
        machine.files = {"sys/kernel/fadump_enabled": f"{enabled}\n", "sys/kernel/fadump_registered": f"{registered}\n"}
        if release:
            machine.files["sys/kernel/fadump_release_mem"] = ""
    else:
        machine.files = {
            "sys/kernel/fadump/enabled": f"{enabled}\n", "sys/kernel/fadump/registered": f"{registered}\n",
            "sys/kernel/fadump/mem_reserved": f"{FADUMP_RESERVED if enabled else 0}\n",
            "sys/kernel/fadump/hotplug_ready": "1\n"}
        if release:
            machine.files["sys/kernel/fadump/release_mem"] = ""
        if radix:
            machine.files["sys/kernel/fadump/bootargs_append"] = "nr_cpus=1 fadtest=1\n"
    machine.vmcore = vmcore
    return machine


def made_boot_loader_opal():
    """A kernel that starts the one which is to save the dump."""
    machine = made_powernv()
    machine.tree.at("ibm,opal/dump").props["mpipl-boot"] = b""
    return machine


def made_fadump_opal():
    machine = made_powernv()
    chosen_of_fadump(machine)
    machine.tree.at("ibm,opal/dump").props["mpipl-boot"] = b""
    machine.files = {"sys/kernel/fadump/enabled": "1\n", "sys/kernel/fadump/registered": "0\n",
                     "sys/kernel/fadump/mem_reserved": f"{FADUMP_RESERVED}\n", "sys/kernel/fadump/release_mem": ""}
    machine.vmcore = True
    return machine


KINDS = {
    "pseries": made_pseries,
    "pseries-radix": lambda: made_pseries(radix=True),
    "powernv": made_powernv,
    "drconf-v1": lambda: made_drconf(1),
    "drconf-v2": lambda: made_drconf(2),
    "tb16": made_tb16,
    "cpus1500": made_cpus1500,
    "fadump-unsupported": made_pseries,
    "fadump-off": lambda: made_fadump(0),
    "fadump-off-kdump": lambda: made_fadump(0, crash=CRASH),
    "fadump-armed": lambda: made_fadump(1, 1, radix=True),
    "fadump-disarmed": lambda: made_fadump(1, 0),
    "fadump-pending": lambda: made_fadump(1, 0, release=True, vmcore=True, active=kernel_dump()),
    "fadump-pending-radix": lambda: made_fadump(1, 0, True, True, kernel_dump(radix=True), radix=True),
    "fadump-gone": lambda: made_fadump(1, 0, release=True, active=kernel_dump()),
    "fadump-released-armed": lambda: made_fadump(1, 1, release=True, active=kernel_dump()),
    "fadump-legacy": lambda: made_fadump(1, 1, legacy=True),
    "fadump-legacy-pending": lambda: made_fadump(1, 0, True, True, kernel_dump(), legacy=True),
    "fadump-pending-opal": made_fadump_opal,
    "fadump-handed-on-opal": made_boot_loader_opal,
}
LARGE = ("tb16", "cpus1500")  # without a text


def made_machine(kind):
    return KINDS[kind]()


def made_tree(kind):
    return made_machine(kind).tree


# What tests/machines/ has, for plans: `power_trees.py --machines tests/machines` writes it again.
COMMITTED = [(arch, kind) for kind in ("pseries", "powernv") for arch in ("ppc64", "ppc64le")]


def main():
    if sys.argv[1] == "--machines":
        for arch, kind in COMMITTED:
            (pathlib.Path(sys.argv[2]) / f"{arch}-{kind}.txt").write_text(made_machine(kind).text(arch))
        return
    folder = pathlib.Path(sys.argv[1]) / "power"
    for kind in KINDS:
        machine = made_machine(kind)
        machine.write(folder / kind)
        (folder / f"{kind}.dtb").write_bytes(flatten(machine.tree))
        if kind not in LARGE:
            (folder / f"{kind}.txt").write_text(machine.text("ppc64le"))


if __name__ == "__main__":
    main()
