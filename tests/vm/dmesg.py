#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""dmesg.py FILE: prints the kernel log found in a saved /proc/vmcore.

Everything it needs is in the vmcoreinfo note: where the ring buffer is and how its structures are laid out
(Documentation/admin-guide/kdump/vmcoreinfo.rst of the kernel, "printk"). Descriptors say where a record's text lies;
an id of eight bytes stands before each text.
"""
import re
import struct
import sys

sys.dont_write_bytecode = True

from vmcore import PT_LOAD, Core, need

COMMITTED, FINALIZED = 1, 2


class Kernel:
    def __init__(self, path):
        self.core = Core(path)
        text = next((desc.decode() for name, _, desc in self.core.notes() if name == "VMCOREINFO"), None)
        need(text, "no VMCOREINFO note")
        self.info = dict(re.findall(r"^([^=\n]+)=(.*)$", text, re.M))

    def symbol(self, name):
        return int(self.info[f"SYMBOL({name})"], 16)

    def offset(self, name):
        return int(self.info[f"OFFSET({name})"])

    def size(self, name):
        return int(self.info[f"SIZE({name})"])

    def read(self, address, length):
        for kind, _, offset, vaddr, _, filesz, _, _ in self.core.headers:
            if kind == PT_LOAD and vaddr <= address and address + length <= vaddr + filesz:
                self.core.file.seek(offset + address - vaddr)
                return self.core.file.read(length)
        sys.exit(f"dmesg: virtual address {address:#x} is not in the dump")

    def number(self, address, form):
        return struct.unpack(self.core.order + form, self.read(address, struct.calcsize(form)))[0]


def records(kernel):
    ring = kernel.number(kernel.symbol("prb"), "Q")
    descs = ring + kernel.offset("printk_ringbuffer.desc_ring")
    texts = ring + kernel.offset("printk_ringbuffer.text_data_ring")
    counter = kernel.offset("atomic_long_t.counter")
    mask = (1 << kernel.number(descs + kernel.offset("prb_desc_ring.count_bits"), "I")) - 1
    table = kernel.number(descs + kernel.offset("prb_desc_ring.descs"), "Q")
    infos = kernel.number(descs + kernel.offset("prb_desc_ring.infos"), "Q")
    tail = kernel.number(descs + kernel.offset("prb_desc_ring.tail_id") + counter, "Q")
    head = kernel.number(descs + kernel.offset("prb_desc_ring.head_id") + counter, "Q")
    size = 1 << kernel.number(texts + kernel.offset("prb_data_ring.size_bits"), "I")
    data = kernel.number(texts + kernel.offset("prb_data_ring.data"), "Q")
    need(head - tail <= mask, f"the log's ids {tail}..{head} do not fit its {mask + 1} descriptors")
    for ident in range(tail, head + 1):
        desc = table + (ident & mask) * kernel.size("prb_desc")
        state = kernel.number(desc + kernel.offset("prb_desc.state_var") + counter, "Q")
        if state & ~(3 << 62) != ident or state >> 62 not in (COMMITTED, FINALIZED):
            continue
        block = desc + kernel.offset("prb_desc.text_blk_lpos")
        begin = kernel.number(block + kernel.offset("prb_data_blk_lpos.begin"), "Q")
        end = kernel.number(block + kernel.offset("prb_data_blk_lpos.next"), "Q")
        if begin & 1:
            continue  # a record without text
        info = infos + (ident & mask) * kernel.size("printk_info")
        length = kernel.number(info + kernel.offset("printk_info.text_len"), "H")
        stamp = kernel.number(info + kernel.offset("printk_info.ts_nsec"), "Q")
        # A text that would cross the end of the ring starts over at its beginning.
        start = begin % size if begin // size == (end - 1) // size else 0
        need(start + 8 + length <= size, f"record {ident} ends behind the ring")
        yield stamp, kernel.read(data + start + 8, length).decode("utf-8", "replace")


def main():
    need(len(sys.argv) == 2, __doc__)
    for stamp, text in records(Kernel(sys.argv[1])):
        for line in text.split("\n"):
            print(f"[{stamp // 10**9:5d}.{stamp // 1000 % 10**6:06d}] {line}")


main()
