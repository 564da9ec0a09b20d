#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""meminfo pages, and memory images of s390x machines with a crash kernel loaded, built from the specifications alone
(doc/meminfo, doc/purgatory-abi): FIXTURES/meminfo/.

pages, cases   as os_info.py; a line: NAME OFFSET LENGTH ORDER RESULT RECORD_COUNT, ORDER big or little
example        the page that doc/meminfo shows
records        its records as a reader must give them: TYPE SUBTYPE ADDRESS SIZE CHECKSUM FLAGS AUX, hexadecimal
*.ram          memory images, offset = absolute address; NAME.out is what --verify must print, without the verdict of
               the last line, and NAME.verdict the result: intact, damaged, nothing
intact.flips   START END NAME: which line must name a byte turned over anywhere in [START, END)
intact.elf     the same memory as an ELF core; kcore/: the same as the /proc and /sys of a machine
"""
import hashlib
import pathlib
import struct
import sys

from os_info import cksm, os_info

PAGE = 0x1000
MAGIC = 0x4d454d494e464f01
KERNEL, INITRD, PURGATORY, ELFCOREHDR, MEMINFO, PARMAREA = range(1, 7)
ROLES = {KERNEL: 'kernel', INITRD: 'initrd', PURGATORY: 'purgatory', ELFCOREHDR: 'elfcorehdr', MEMINFO: 'meminfo',
         PARMAREA: 'parmarea'}
CRASHKERNEL, SEGMENT, VMCOREINFO, DIGEST = range(1, 5)
CHECKSUM, INDIRECT = 1, 2

MEMORY = 0x800000
CRASH, CRASH_SIZE = 0x400000, 0x200000
OS_INFO, NOTE = 0x21000, 0x30010
TIME = 1795300000
PARAMS = 0x100              # offset of the parameters in the made purgatory
PARAMS_SIZE, RESULT, HEADER_SIZE = 216, 176, 72
REGIONS = 0x1000


def noise(label, size):
    """Bytes that are the same everywhere and look like none of the structures."""
    out = b''
    for block in range((size + 31) // 32):
        out += hashlib.sha256(f'{label} {block}'.encode()).digest()
    return out[:size]


def record(kind, address, size, subtype=0, checksum=0, flags=0, aux=0):
    return (kind, subtype, address, size, checksum, flags, aux)


def meminfo(records, order='>', crash=(CRASH, CRASH_SIZE), entry=0, time=0, flags=0, major=1, minor=0, size=None,
            count=None):
    body = b''.join(struct.pack(order + 'IIQQIIQ', *r) for r in records)
    count = len(records) if count is None else count
    size = 64 + len(body) if size is None else size
    tail = struct.pack(order + 'HHII5Q', major, minor, size, count, *crash, entry, time, flags) + body
    return struct.pack(order + 'QI', MAGIC, cksm(tail[:max(0, size - 12)])) + tail


class Machine:
    """A memory image and what was loaded into it."""

    def __init__(self, initrd=True, elfcorehdr=False, with_meminfo=True, hashed=True, purgatory=True):
        self.ram = bytearray(MEMORY)
        self.segments = {}      # address: (role, memory size, data)
        self.initrd = noise('initrd', 0x1234) if initrd else b''
        self.with_meminfo, self.hashed, self.elfcorehdr = with_meminfo, hashed, elfcorehdr
        self.running_system()
        if purgatory:
            self.add(PURGATORY, 0x2000, 0x2000, b'')
        if with_meminfo:
            self.add(MEMINFO, 0xf000, PAGE, b'')
        self.add(PARMAREA, 0x10000, 0x2000, self.parmarea())
        self.add(KERNEL, 0x12000, 0x3000, noise('kernel', 0x2345))
        if initrd:
            self.add(INITRD, 0x100000, 0x2000, self.initrd)
        if elfcorehdr:
            self.add(ELFCOREHDR, 0x110000, 0x1000, noise('elfcorehdr', 0x400))
        if with_meminfo:
            self.fill_meminfo()
        if purgatory:
            self.fill_purgatory()

    def put(self, address, data):
        self.ram[address:address + len(data)] = data

    def running_system(self):
        self.put(0xe18, struct.pack('>Q', OS_INFO))
        self.put(0xe0c, struct.pack('>Q', NOTE))
        self.put(OS_INFO, os_info(CRASH, CRASH_SIZE))
        text = b'OSRELEASE=6.12.0\nPAGESIZE=4096\n'
        self.put(NOTE, struct.pack('>III', 11, len(text), 0) + b'VMCOREINFO\0\0' + text)

    def add(self, role, offset, size, data):
        self.segments[CRASH + offset] = (role, size, data)
        self.put(CRASH + offset, data)

    def parmarea(self):
        data = bytearray(noise('parmarea', 0x2000))
        data[8:16] = b'S390EP\0\1'
        struct.pack_into('>4Q', data, 0x408, 0x100000 if self.initrd else 0, len(self.initrd), CRASH, CRASH_SIZE)
        struct.pack_into('>Q', data, 0x430, 4096)
        data[0x480:0x480 + 4096] = b'console=ttysclp0'.ljust(4096, b'\0')
        return bytes(data)

    def memory_of(self, address):
        return bytes(self.ram[address:address + self.segments[address][1]])

    def records(self):
        out = [record(CRASHKERNEL, CRASH, CRASH_SIZE)]
        for address in sorted(self.segments):
            role, size, data = self.segments[address]
            summed = role not in (PURGATORY, MEMINFO)
            length = {PURGATORY: REGIONS + 16 * 56, MEMINFO: PAGE}.get(role, len(data))
            out.append(record(SEGMENT, address, size, role, cksm(self.memory_of(address)) if summed else 0,
                              CHECKSUM if summed else 0, length))
        out.append(record(VMCOREINFO, 0xe0c, 8, flags=INDIRECT))
        out.append(record(DIGEST, CRASH + 0x2000 + PARAMS + PARAMS_SIZE - 32, 32))
        return out

    def fill_meminfo(self, **changes):
        values = {'entry': CRASH + 0x2200, 'time': TIME, 'flags': int(self.elfcorehdr)} | changes
        page = meminfo(values.pop('records', self.records()), **values)
        self.put(CRASH + 0xf000, page.ljust(PAGE, b'\0'))

    def fill_purgatory(self, flags=None, policy=0, crash=(CRASH, CRASH + CRASH_SIZE), handoff=(0x10010,)):
        flags = (2 if self.hashed else 3) if flags is None else flags
        table = b''
        for address in sorted(self.segments):
            role, size, _ = self.segments[address]
            if role != PURGATORY:
                digest = hashlib.sha256(self.memory_of(address)).digest() if self.hashed else bytes(32)
                table += struct.pack('>QQII', address, size, role, int(self.hashed)) + digest
        self.regions = len(table) // 56
        params = struct.pack('>IIQIIQQQ', flags, policy, REGIONS, self.regions, 56, REGIONS + 16 * 56, *crash)
        params += struct.pack('>16Q', *handoff, *[0] * (16 - len(handoff)))
        assert len(params) == RESULT
        params += struct.pack('>II', 0, 0) + hashlib.sha256(params + table).digest()
        header = b'PURGATRY' + struct.pack('>II7Q', 1, HEADER_SIZE, 0x800, REGIONS, 0x1000, 0x200, 0x280, PARAMS,
                                           PARAMS_SIZE)
        image = header.ljust(PARAMS, b'\0') + params
        image += noise('purgatory', 0x800 - len(image))
        self.put(CRASH + 0x2000, image.ljust(REGIONS, b'\0') + table)

    # What --verify must print.

    def lines(self):
        page = bytes(self.ram[OS_INFO:OS_INFO + PAGE])
        yield f'ok   os_info pointer 0xe18-0xe20 {OS_INFO:#x}'
        yield f'ok   os_info {OS_INFO:#x}-{OS_INFO + PAGE:#x} version 1.1, checksum {cksm(page[12:]):#010x}'
        yield f'ok   crashkernel {CRASH:#x}-{CRASH + CRASH_SIZE:#x} {CRASH_SIZE >> 20} MiB'
        for address in sorted(self.segments):
            role, size, _ = self.segments[address]
            facts = []
            if role == PURGATORY:
                facts.append(f'header, parameters, digest of {self.regions} regions (its code has no checksum)')
            elif role != MEMINFO and self.with_meminfo:
                facts.append(f'checksum {cksm(self.memory_of(address)):#010x}')
            if role != PURGATORY and self.hashed:
                facts.append('SHA-256 intact')
            elif role == MEMINFO:
                facts.append('without checksum')
            if role == MEMINFO:
                used = bytes(self.ram[address + 12:address + 64 + 40 * len(self.records())])
                facts.append(f'version 1.0, {len(self.records())} records, checksum of header and records '
                             f'{cksm(used):#010x}')
            if role == PARMAREA:
                facts += ['entry table', 'old memory']
                if self.initrd:
                    facts.append(f'initrd 0x100000-{0x100000 + len(self.initrd):#x} after the swap')
            yield f'ok   segment {ROLES[role]} {address:#x}-{address + size:#x} {", ".join(facts)}'

    def notes(self):
        if not self.hashed:
            yield 'note purgatory: told not to verify (--no-checks)'
        if self.with_meminfo:
            yield 'note meminfo: loaded at 2026-11-21 22:26:40 UTC'

    def out(self):
        good = [*self.lines(), *self.notes(), f'ok   vmcoreinfo pointer at 0xe0c note at {NOTE:#x}']
        if not self.with_meminfo:
            good.append("note loaded without meminfo: checked by purgatory's digest alone")
        count = sum(line.startswith('ok') for line in good)
        return ''.join(line + '\n' for line in [*good, f'intact: {count} of {count} found good'])


def flips(machine):
    """Every place whose damage must be told, and by which line."""
    purgatory = CRASH + 0x2000
    yield 0xe18, 0xe20, 'os_info'     # the pointer's own line, or that of what it points to
    yield OS_INFO, OS_INFO + PAGE, 'os_info 0x'
    yield 0xe0c, 0xe14, 'vmcoreinfo'
    yield NOTE, NOTE + 4, 'vmcoreinfo'          # size of the name
    yield NOTE + 8, NOTE + 24 + 10, 'vmcoreinfo'    # type, name, "OSRELEASE="
    yield purgatory, purgatory + 16, 'segment purgatory'    # magic, ABI, header size
    yield purgatory + 24, purgatory + 32, 'segment purgatory'    # memory size
    yield purgatory + 40, purgatory + 48, 'segment purgatory'    # entry after a crash
    yield purgatory + 56, purgatory + 72, 'segment purgatory'    # place and size of the parameters
    yield purgatory + PARAMS, purgatory + PARAMS + RESULT, 'segment purgatory'
    yield purgatory + PARAMS + RESULT + 8, purgatory + PARAMS + PARAMS_SIZE, 'segment purgatory'
    yield purgatory + REGIONS, purgatory + REGIONS + 56 * machine.regions, 'segment purgatory'
    for address, (role, size, _) in machine.segments.items():
        if role != PURGATORY:
            yield address, address + size, f'segment {ROLES[role]}'


def elf_core(machine, order='>', kind=4, elf_machine=22, split=CRASH, note=True):
    """An ELF core: a header without physical address first, then two overlapping pieces, the higher one first."""
    parts = [(split, machine.ram[split:]), (0, machine.ram[:split + PAGE])]
    headers, data = [], b''
    base = 0x1000
    headers.append((1, 7, base, 0xffff000000000000, 0xffffffffffffffff, 0x1000, 0x1000, PAGE))
    if note:
        headers.append((4, 0, base, 0, 0, 0x20, 0, 4))
    for start, content in parts:
        headers.append((1, 7, base + len(data), 0x1000000000 + start, start, len(content), len(content), PAGE))
        data += bytes(content)
    ident = b'\x7fELF' + bytes([2, 2 if order == '>' else 1, 1]) + bytes(9)
    ehdr = ident + struct.pack(order + 'HHIQQQIHHHHHH', kind, elf_machine, 1, 0, 64, 0, 0, 64, 56, len(headers), 64, 0, 0)
    phdrs = b''.join(struct.pack(order + 'IIQQQQQQ', *h) for h in headers)
    return (ehdr + phdrs).ljust(base, b'\0') + data


def expected(page, order):
    """The order of a reader's checks, as doc/meminfo prescribes it."""
    if len(page) < 64:
        return 'bytes'
    magic, checksum, major, _, size, count = struct.unpack_from(order + 'QIHHII', page)
    if magic != MAGIC:
        return 'magic'
    if major != 1:
        return 'version'
    if size != 64 + 40 * count or size > len(page):
        return 'size'
    return 'ok' if checksum == cksm(page[12:size]) else 'checksum'


FIELDS = [('magic', 0, 'Q'), ('checksum', 8, 'I'), ('major', 12, 'H'), ('minor', 14, 'H'), ('size', 16, 'I'),
          ('count', 20, 'I'), ('crash_start', 24, 'Q'), ('crash_size', 32, 'Q'), ('entry', 40, 'Q'), ('time', 48, 'Q'),
          ('flags', 56, 'Q'), ('type', 64, 'I'), ('subtype', 68, 'I'), ('address', 72, 'Q'), ('length', 80, 'Q'),
          ('sum', 88, 'I'), ('recflags', 92, 'I'), ('aux', 96, 'Q')]


def page_cases(records):
    for order in '><':
        good = meminfo(records, order, entry=0x402200, time=TIME)
        used = len(good)
        yield 'good', order, good
        yield 'page', order, good.ljust(PAGE, b'\0')
        yield 'empty', order, meminfo([], order)
        yield 'full', order, meminfo([record(9, i, i) for i in range((PAGE - 64) // 40)], order).ljust(PAGE, b'\0')
        yield 'zeros', order, bytes(PAGE)
        yield 'ones', order, b'\xff' * PAGE
        yield 'one-too-many', order, meminfo(records, order, count=len(records) + 1)
        yield 'one-too-few', order, meminfo(records, order, count=len(records) - 1)
        yield 'count-wraps', order, meminfo(records, order, size=64 + 40, count=0x66666667)
        for length in range(used):
            yield f'cut-{length:#x}', order, good[:length]
        for name, offset, kind in FIELDS:
            bits = 8 * struct.calcsize(kind)
            for value in (0, 1, 11, 12, 63, 64, 65, 103, 104, 4096, 4097, 2 ** (bits - 1) - 1, 2 ** (bits - 1),
                          2 ** bits - 1):
                page = bytearray(good.ljust(PAGE, b'\0'))
                struct.pack_into(order + kind, page, offset, value)
                yield f'{name}={value:#x}', order, bytes(page)
                size = struct.unpack_from(order + 'I', page, 16)[0]
                if name != 'checksum' and 12 <= size <= PAGE:
                    struct.pack_into(order + 'I', page, 8, cksm(bytes(page[12:size])))
                    yield f'{name}={value:#x},summed', order, bytes(page)


def write_pages(target, records):
    pages, lines = bytearray(), []
    for name, order, page in page_cases(records):
        count = struct.unpack_from(order + 'I', page, 20)[0] if len(page) >= 24 else 0
        lines.append(f'{name} {len(pages):x} {len(page):x} {"big" if order == ">" else "little"} '
                     f'{expected(page, order)} {count:x}\n')
        pages += page
    (target / 'pages').write_bytes(pages)
    (target / 'cases').write_text(''.join(lines))
    (target / 'records').write_text(''.join(' '.join(f'{v:x}' for v in r) + '\n' for r in records))


def write_sparse(path, content):
    with open(path, 'wb') as file:
        for at in range(0, len(content), PAGE):
            page = content[at:at + PAGE]
            if page != bytes(len(page)):
                file.seek(at)
                file.write(page)
        file.truncate(len(content))


def write_ram(target, name, machine):
    write_sparse(target / f'{name}.ram', machine.ram)


def damaged_records(machine):
    """Images in which meminfo is whole and says what cannot be: NAME, line that must be bad, words in it."""
    good = machine.records()

    def change(index, **fields):
        names = ['kind', 'subtype', 'address', 'size', 'checksum', 'flags', 'aux']
        values = list(good[index])
        for name, value in fields.items():
            values[names.index(name)] = value
        return [*good[:index], tuple(values), *good[index + 1:]]

    kernel = 4
    assert good[kernel][1] == KERNEL
    yield 'crash-record', {'records': change(0, size=CRASH_SIZE - PAGE)}, 'segment meminfo', 'crashkernel record'
    yield 'no-crash-record', {'records': good[1:]}, 'segment meminfo', 'crashkernel records: found 0'
    yield 'header-range', {'crash': (CRASH, 2 * CRASH_SIZE)}, 'segment meminfo', 'crash range size'
    yield 'outside', {'records': change(kernel, address=CRASH + CRASH_SIZE)}, 'segment kernel', 'inside the crash range'
    yield 'below', {'records': change(kernel, address=0)}, 'segment kernel', 'inside the crash range'
    yield 'too-long', {'records': change(kernel, size=2 ** 64 - 1)}, 'segment kernel', 'inside the crash range'
    yield 'wraps', {'records': change(kernel, address=2 ** 64 - PAGE, size=2 * PAGE)}, 'segment kernel', 'place: found'
    yield 'no-size', {'records': change(kernel, size=0)}, 'segment kernel', 'place: found 0x0 bytes'
    yield 'unaligned', {'records': change(kernel, address=CRASH + 0x12800)}, 'segment kernel', 'alignment'
    yield 'ragged', {'records': change(kernel, size=0x2345)}, 'segment kernel', 'alignment'
    yield 'overlap', {'records': change(kernel, address=CRASH + 0x11000)}, 'segment kernel', 'overlap'
    yield 'data', {'records': change(kernel, aux=0x3001)}, 'segment kernel', 'data: found 0x3001'
    yield 'order', {'records': [*good[:4], good[5], good[4], *good[6:]]}, 'segment initrd', 'ascending'
    yield 'role', {'records': change(kernel, subtype=77)}, 'segment of unknown role 77', 'role 77'
    yield 'no-purgatory', {'records': [good[0], *good[2:]]}, 'segment meminfo', 'purgatory segment: found 0'
    yield 'no-self', {'records': [*good[:2], *good[3:]]}, 'segment meminfo', 'meminfo segment: found 0'
    yield 'no-digest', {'records': good[:-1]}, 'segment purgatory', 'digest: no record'
    yield 'digest-place', {'records': change(7, address=CRASH)}, 'segment purgatory', 'digest by meminfo record 7'
    yield 'entry', {'entry': CRASH + 0x2201}, 'segment purgatory', 'entry: found'
    yield 'flags', {'flags': 1}, 'segment meminfo', 'does not fit the 0 elfcorehdr'
    yield 'pointer-far', {'records': change(6, address=2 ** 64 - 4)}, 'vmcoreinfo', 'address of the pointer'


def wrong_purgatories():
    """The same for purgatory's parameters, with a right digest."""
    yield 'start', {'handoff': (0x10000,)}, 'address of the capture kernel: found 0x10000'
    yield 'handoff', {'handoff': (0x10010, 0, 5)}, 'hand-off value 2: found 0x5'
    yield 'range-start', {'crash': (CRASH - PAGE, CRASH + CRASH_SIZE)}, 'crash range start: found 0x3ff000'
    yield 'range-end', {'crash': (CRASH, MEMORY)}, 'crash range end: found 0x800000'
    yield 'not-crash', {'flags': 0}, 'flags: found 0x0'
    yield 'flags', {'flags': 6}, 'flags: found 0x6'
    yield 'policy', {'policy': 2}, 'policy on corruption: found 2'


def main():
    target = pathlib.Path(sys.argv[1]) / 'meminfo'
    target.mkdir(parents=True, exist_ok=True)
    intact = Machine()
    write_pages(target, intact.records())
    (target / 'example').write_bytes(intact.ram[CRASH + 0xf000:CRASH + 0xf000 + 64 + 40 * len(intact.records())])
    (target / 'intact.flips').write_text(''.join(f'{s:x} {e:x} {n}\n' for s, e, n in flips(intact)))
    for name, machine in [('intact', intact), ('no-initrd', Machine(initrd=False)),
                          ('elfcorehdr', Machine(elfcorehdr=True)), ('unchecked', Machine(hashed=False)),
                          ('no-meminfo', Machine(with_meminfo=False))]:
        write_ram(target, name, machine)
        (target / f'{name}.out').write_text(machine.out())
    write_ram(target, 'foreign', Machine(with_meminfo=False, purgatory=False))
    lines = []
    for name, changes, line, words in damaged_records(intact):
        machine = Machine()
        machine.fill_meminfo(**changes)
        machine.fill_purgatory()
        write_ram(target, f'record-{name}', machine)
        lines.append(f'record-{name}\t{line}\t{words}\n')
    for name, changes, words in wrong_purgatories():
        machine = Machine()
        machine.fill_purgatory(**changes)
        write_ram(target, f'purgatory-{name}', machine)
        lines.append(f'purgatory-{name}\tsegment purgatory\t{words}\n')
    later = Machine()
    later.fill_meminfo(major=2)
    write_ram(target, 'record-later', later)
    (target / 'records.bad').write_text(''.join(lines))
    write_sparse(target / 'intact.elf', elf_core(intact))
    for loaded in (0, 1):
        root = target / f'kcore-{loaded}'
        (root / 'proc').mkdir(parents=True, exist_ok=True)
        (root / 'sys/kernel').mkdir(parents=True, exist_ok=True)
        write_sparse(root / 'proc/kcore', elf_core(intact))
        (root / 'sys/kernel/kexec_crash_loaded').write_text(f'{loaded}\n')
        (root / 'sys/kernel/kexec_loaded').write_text('0\n')
        (root / 'sys/kernel/kexec_crash_size').write_text(f'{CRASH_SIZE}\n')


if __name__ == '__main__':
    main()
