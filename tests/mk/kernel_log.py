# SPDX-License-Identifier: GPL-2.0-only
"""
Small ELF dumps of made kernels, each with a log, and what must be read from it:
  FIXTURES/kernel_log-NAME.vmcore
  FIXTURES/kernel_log-NAME.expect, .indent, .caller   what is written without options, and with one
  FIXTURES/kernel_log-list                            lines: NAME problem-number records; words of the error, or -
  FIXTURES/corpus/kernel_log/                         seeds for tests/fuzz/fuzz_kernel_log.c
The logs are written by models of the kernel's writers: what was overwritten is gone from the expectation, too.
"""
import os
import random
import struct
import sys

PAGE = 4096
BASE = 0x100000
FINE, NO_SYMBOLS, UNREADABLE, BAD_SIZES, CUT = range(5)
GARBAGE = b"\xa5"


class Machine:
    """64 or 32 bits, '<' or '>', and where physical memory is mapped."""

    def __init__(self, name, bits, order, machine, virtual, elf_bits=None):
        self.name, self.bits, self.order, self.machine, self.virtual = name, bits, order, machine, virtual
        self.elf_bits = elf_bits or bits
        self.long = bits // 8
        self.mask = (1 << bits) - 1

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def ulong(self, value):
        return (value & self.mask).to_bytes(self.long, "little" if self.order == "<" else "big")


MACHINES = [
    Machine("le64", 64, "<", 62, 0xffff888000000000),
    Machine("be64", 64, ">", 21, 0xc000000000000000),
    Machine("le32", 32, "<", 3, 0xc0000000),
    Machine("be32", 32, ">", 20, 0xc0000000),
]
I386_ELF64 = Machine("i386-elf64", 32, "<", 3, 0xc0000000, 64)
S390 = Machine("s390", 64, ">", 22, 0)


class Memory:
    """Parts at page boundaries, one after the other; pages may be absent."""

    def __init__(self, machine):
        self.machine = machine
        self.bytes = bytearray()
        self.keys = ["OSRELEASE=1.2.3-made", "PAGESIZE=4096"]
        self.absent = set()  # page numbers from BASE on
        self.cut = None      # size of what is left of the file's memory

    def part(self, size, fill=GARBAGE):
        """Gives the offset."""
        at = len(self.bytes)
        self.bytes += fill * (-(-size // PAGE) * PAGE)
        return at

    def virtual(self, at):
        return self.machine.virtual + BASE + at

    def put(self, at, data):
        self.bytes[at:at + len(data)] = data

    def symbol(self, name, at):
        self.keys.append(f"SYMBOL({name})={self.virtual(at):x}")

    def lose(self, at, size=1):
        self.absent.update(range(at // PAGE, (at + size - 1) // PAGE + 1))

    def there(self, at, size=1):
        end = len(self.bytes) if self.cut is None else self.cut
        pages = range(at // PAGE, (at + size - 1) // PAGE + 1)
        return at + size <= end and all(page not in self.absent for page in pages)

    def read(self, at, size):
        """Bytes, None for each one that is not there."""
        return [self.bytes[i] if self.there(i) else None for i in range(at, at + size)]

    def elf(self):
        m = self.machine
        text = ("\n".join(self.keys) + "\n").encode()
        note = m.pack("III", 11, len(text), 0) + b"VMCOREINFO\0\0" + text + bytes(-len(text) % 4)
        runs, page, pages = [], 0, len(self.bytes) // PAGE
        while page < pages:
            if page in self.absent:
                page += 1
                continue
            first = page
            while page < pages and page not in self.absent:
                page += 1
            runs.append((first * PAGE, page * PAGE))
        wide = m.elf_bits == 64
        ehsize, phsize = (64, 56) if wide else (52, 32)
        start = -(-(ehsize + phsize * (1 + len(runs)) + len(note)) // PAGE) * PAGE
        headers = [(4, ehsize + phsize * (1 + len(runs)), 0, 0, len(note), 4)]
        offset = start
        for first, end in runs:
            headers.append((1, offset, self.virtual(first), BASE + first, end - first, PAGE))
            offset += end - first
        out = b"\x7fELF" + bytes([2 if wide else 1, 1 if m.order == "<" else 2, 1]) + bytes(9)
        out += m.pack("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH", 4, m.machine, 1, 0, ehsize, 0, 0, ehsize, phsize,
                      len(headers), 0, 0, 0)
        for kind, at, virtual, physical, size, align in headers:
            if wide:
                out += m.pack("IIQQQQQQ", kind, 7, at, virtual, physical, size, size, align)
            else:
                out += m.pack("IIIIIIII", kind, at, virtual, physical, size, size, 7, align)
        out = (out + note).ljust(start, b"\0") + b"".join(self.bytes[first:end] for first, end in runs)
        return out if self.cut is None else out[:start + self.cut]


def escaped(codes, indent=0):
    """As it is to be written: None for what is missing."""
    out, i = "", 0
    while i < len(codes):
        if codes[i] is None:
            count = next((n for n, c in enumerate(codes[i:]) if c is not None), len(codes) - i)
            piece = f"<{count} bytes missing>"
            i += count
        else:
            c = codes[i]
            piece = chr(c) if 32 <= c < 127 or 9 <= c <= 13 else f"\\x{c:02x}"
            i += 1
        out += piece
        if piece == "\n":
            out += " " * indent
    return out


class Expected:
    def __init__(self):
        self.out = {"expect": "", "indent": "", "caller": ""}
        self.records = 0
        self.cut = False

    def add(self, time, codes, caller=None):
        stamp = f"[{time // 10**9:5d}.{time % 10**9 // 1000:06d}] " if time is not None else "[    ?.??????] "
        who = "" if caller is None else f"[{'TC'[caller >> 31] + str(caller & 0x7fffffff):>8}] "
        self.out["expect"] += stamp + escaped(codes) + "\n"
        self.out["indent"] += stamp + escaped(codes, len(stamp)) + "\n"
        self.out["caller"] += stamp + who + escaped(codes) + "\n"
        self.records += 1
        self.cut |= None in codes or time is None

    def raw(self, codes):
        text = "".join(chr(c) if c is not None else "\0?" for c in codes)
        while "\0?" in text:
            at = text.index("\0?")
            count = 0
            while text.startswith("\0?", at + 2 * count):
                count += 1
            text = text[:at] + f"<{count} bytes missing>" + text[at + 2 * count:]
            self.cut = True
        for name in self.out:
            self.out[name] += text


class Prb:
    """The printk ring buffer: kernel/printk/printk_ringbuffer.c. fits: a block may end where the ring does."""

    def __init__(self, machine, count_bits, size_bits, fits, shift=0):
        m = self.machine = machine
        self.memory = Memory(machine)
        self.count, self.size, self.fits = 1 << count_bits, 1 << size_bits, fits
        self.ids = m.mask >> 2
        self.desc_size = 3 * m.long + shift
        self.info_size = 88 + shift
        self.shift = shift
        self.symbols = self.memory.part(PAGE)
        self.descs = self.memory.part(self.count * self.desc_size, b"\0") + (shift and 8)
        self.infos = self.memory.part(self.count * self.info_size)
        self.data = self.memory.part(self.size)
        self.count_bits, self.size_bits = count_bits, size_bits
        self.head = self.tail = -(self.count + 1) & self.ids
        self.head_lpos = self.tail_lpos = -self.size & m.mask
        self.live = {}  # id -> [state, begin, next, time, caller, text]
        self.set_state(self.head, 3)

    def set_state(self, id, state, begin=1, next=1):
        m = self.machine
        self.memory.put(self.descs + id % self.count * self.desc_size + self.shift,
                        m.ulong(id | state << (m.bits - 2)) + m.ulong(begin) + m.ulong(next))

    def release(self, id):
        if id in self.live:
            _, begin, next, *_ = self.live.pop(id)
            self.set_state(id, 3, begin, next)

    def block(self, length):
        return -(-(self.machine.long + length) // self.machine.long) * self.machine.long

    def free(self, end):
        """Blocks up to end, less one lap, are given up."""
        while 0 < (end - self.size - self.tail_lpos) & self.machine.mask < 1 << (self.machine.bits - 1):
            id = next(id for id, record in self.live.items() if record[1] == self.tail_lpos)
            self.tail_lpos = self.live[id][2]
            self.release(id)

    def add(self, text, time, caller=0, state=2, lpos=None):
        """lpos 1: there was no room for the text; 3: an empty line."""
        m = self.machine
        id = (self.head + 1) & self.ids
        if (id - self.count) & self.ids == self.tail:
            if self.tail in self.live:
                _, begin, next, *_ = self.live[self.tail]
                if not begin & 1:
                    self.tail_lpos = next
            self.release(self.tail)
            self.tail = (self.tail + 1) & self.ids
        self.head = id
        if not text and lpos is None:
            lpos = 3
        if lpos:
            begin = next = lpos
        else:
            size, begin = self.block(len(text)), self.head_lpos
            next = (begin + size) & m.mask
            last = (next - 1) & m.mask if self.fits else next
            wraps = begin // self.size != last // self.size
            if wraps:
                next = ((last // self.size * self.size) + size) & m.mask
            self.free(next)
            at = self.data + (0 if wraps else begin % self.size)
            self.memory.put(self.data + begin % self.size, m.ulong(id))
            self.memory.put(at, m.ulong(id) + text)
            self.head_lpos = next
        self.live[id] = [state, begin, next, time, caller, text]
        self.set_state(id, state, begin, next)
        self.put_info(id, time, len(text), caller)

    def put_info(self, id, time, length, caller):
        m = self.machine
        self.memory.put(self.infos + id % self.count * self.info_size + self.shift,
                        m.pack("QQHBBI", id, time, length, 3, 0xc0, caller) + bytes(64))

    def fill_lap(self, time):
        """A record whose block ends exactly where the ring does."""
        def left():
            return self.size - self.head_lpos % self.size

        # No block is larger than half of the ring.
        while not 2 * self.machine.long <= left() <= self.size // 2:
            self.add(b"before the end of a lap", time)
        self.add(bytes(65 + i % 26 for i in range(left() - self.machine.long - 1)), time)

    def finish(self, over=None, head=None, tail=None):
        m, memory, at = self.machine, self.memory, self.symbols + 64
        long, s = m.long, self.shift
        text = s + 6 * long
        ring = {s: m.pack("I", self.count_bits), s + long: m.ulong(memory.virtual(self.descs)),
                s + 2 * long: m.ulong(memory.virtual(self.infos)),
                s + 3 * long: m.ulong(self.head if head is None else head),
                s + 4 * long: m.ulong(self.tail if tail is None else tail), text: m.pack("I", self.size_bits),
                text + long: m.ulong(memory.virtual(self.data)), text + 2 * long: m.ulong(self.head_lpos),
                text + 3 * long: m.ulong(self.tail_lpos)}
        for offset, data in ring.items():
            memory.put(at + offset, data)
        memory.put(self.symbols, m.ulong(memory.virtual(at)))
        memory.symbol("prb", self.symbols)
        keys = {"SIZE(printk_ringbuffer)": text + 5 * long, "OFFSET(printk_ringbuffer.desc_ring)": s,
                "OFFSET(printk_ringbuffer.text_data_ring)": text, "OFFSET(prb_desc_ring.count_bits)": 0,
                "OFFSET(prb_desc_ring.descs)": long, "OFFSET(prb_desc_ring.infos)": 2 * long,
                "OFFSET(prb_desc_ring.head_id)": 3 * long, "OFFSET(prb_desc_ring.tail_id)": 4 * long,
                "OFFSET(prb_data_ring.size_bits)": 0, "OFFSET(prb_data_ring.data)": long,
                "OFFSET(atomic_long_t.counter)": 0, "SIZE(prb_desc)": self.desc_size, "OFFSET(prb_desc.state_var)": s,
                "OFFSET(prb_desc.text_blk_lpos)": s + long,
                "OFFSET(prb_data_blk_lpos.begin)": 0, "OFFSET(prb_data_blk_lpos.next)": long,
                "SIZE(printk_info)": self.info_size, "OFFSET(printk_info.ts_nsec)": s + 8,
                "OFFSET(printk_info.text_len)": s + 16, "OFFSET(printk_info.caller_id)": s + 20}
        keys.update(over or {})
        memory.keys += [f"{key}={value}" for key, value in keys.items() if value is not None]
        return memory

    def expected(self):
        out = Expected()
        for id, (state, begin, next, time, caller, text) in self.live.items():
            desc = self.descs + id % self.count * self.desc_size
            if not self.memory.there(desc, self.desc_size):
                out.cut = True
                continue
            if state not in (1, 2):
                continue
            wrapped = begin // self.size != (next - 1 & self.machine.mask) // self.size
            at = self.data + (0 if wrapped else begin % self.size) + self.machine.long
            length = len(text)
            if not self.memory.there(self.infos + id % self.count * self.info_size, self.info_size):
                out.add(None, self.memory.read(at, self.block(length) - self.machine.long) if begin != next else [])
                continue
            out.add(time, self.memory.read(at, length) if begin != next else [], caller)
        return out


class Records:
    """log_store() of Linux 3.5 to 5.9."""

    def __init__(self, machine, size, name="printk_log", caller=False):
        self.machine, self.size, self.name, self.has_caller = machine, size, name, caller
        self.header = 24 if caller else 16
        self.memory = Memory(machine)
        self.symbols = self.memory.part(PAGE)
        self.buffer = self.memory.part(size)
        self.next = 0
        self.live = []  # [index, length, time, caller, text]; text None for the header that ends a lap

    def first(self):
        return self.live[0][0] if self.live else self.next

    def room(self, size):
        first = self.first()
        free = max(self.size - self.next, first) if self.next > first or not self.live else first - self.next
        return free >= size + self.header

    def put(self, length, time, caller, text, dictionary):
        m = self.machine
        data = m.pack("QHHHBB", time, length, len(text), len(dictionary), 0, 0xc0)
        if self.has_caller:
            data += m.pack("II", caller, 0)
        self.memory.put(self.buffer + self.next, (data + text + dictionary).ljust(length, b"\0"))

    def add(self, text, time, caller=0, dictionary=b""):
        length = -(-(self.header + len(text) + len(dictionary)) // 8) * 8
        while self.live and not self.room(length):
            self.live.pop(0)
        if self.next + length + self.header > self.size:
            self.memory.put(self.buffer + self.next, bytes(self.header))
            self.live.append([self.next, 0, 0, 0, None])
            self.next = 0
        self.put(length, time, caller, text, dictionary)
        self.live.append([self.next, length, time, caller, text])
        self.next += length

    def finish(self, first=None, next=None, length=None, over=None):
        m, memory = self.machine, self.memory
        values = {"log_buf": m.ulong(memory.virtual(self.buffer)),
                  "log_buf_len": m.pack("I", self.size if length is None else length),
                  "log_first_idx": m.pack("I", self.first() if first is None else first),
                  "log_next_idx": m.pack("I", self.next if next is None else next)}
        for i, (name, value) in enumerate(values.items()):
            memory.put(self.symbols + 16 * i, value)
            memory.symbol(name, self.symbols + 16 * i)
        n = self.name
        keys = {f"SIZE({n})": self.header, f"OFFSET({n}.ts_nsec)": 0, f"OFFSET({n}.len)": 8,
                f"OFFSET({n}.text_len)": 10, f"OFFSET({n}.dict_len)": 12}
        if self.has_caller:
            keys[f"OFFSET({n}.caller_id)"] = 16
        keys.update(over or {})
        memory.keys += [f"{key}={value}" for key, value in keys.items() if value is not None]
        return memory

    def expected(self):
        out = Expected()
        for index, _, time, caller, text in self.live:
            if not self.memory.there(self.buffer + index, self.header):
                out.cut = True
                continue
            if text is not None:
                codes = self.memory.read(self.buffer + index + self.header, len(text))
                out.add(time, codes, caller if self.has_caller else None)
        return out


def character_ring(machine, text, size, end=None, length=None):
    """Before Linux 3.5. text: all that was ever logged."""
    memory = Memory(machine)
    symbols, buffer = memory.part(PAGE), memory.part(size)
    for i, c in enumerate(text):
        memory.bytes[buffer + i % size] = c
    values = {"log_buf": machine.ulong(memory.virtual(buffer)),
              "log_end": machine.pack("I", len(text) if end is None else end),
              "log_buf_len": machine.pack("I", size if length is None else length),
              "logged_chars": machine.pack("I", len(text))}
    for i, (name, value) in enumerate(values.items()):
        memory.put(symbols + 16 * i, value)
        memory.symbol(name, symbols + 16 * i)
    return memory, buffer


def ring_expected(memory, buffer, text, size):
    out = Expected()
    kept = range(max(0, len(text) - size), len(text))
    out.raw([memory.read(buffer + i % size, 1)[0] for i in kept])
    return out


TEXTS = [b"Linux version 1.2.3-made (nobody@nowhere) #1 SMP", b"", b"first line\nsecond line\n\nfourth line",
         b"tab\tand\rand\x0b\x0c", b"bell\x07 escape\x1b[31m delete\x7f nul\x00 high\xff",
         "umlaut \u00e4, snowman \u2603".encode(), b"ends in a line feed\n",
         b"backslash \\x41", b"x" * 5000 + b"\n" + b"y" * 9000, b" leading and trailing blanks  ", b"%s %n %d", b"z"]
TIMES = [0, 999, 1000, 999999999, 1000000000, 99999 * 10**9 + 123456789, 100000 * 10**9,
         2**63 - 1]
CALLERS = [0, 1, 123, 4242, 99999, 1234567, 0x80000000, 0x80000001, 0x80000fff, 0x7fffffff]


def add_samples(log):
    for i, text in enumerate(TEXTS):
        log.add(text, TIMES[i % len(TIMES)], CALLERS[i % len(CALLERS)])


def add_many(log, rng, count, most=60):
    for i in range(count):
        text = bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz  \n") for _ in range(rng.randrange(most)))
        log.add(text, i * 1234567890, rng.choice(CALLERS))


def good():
    rng = random.Random(510)
    for m in MACHINES + [S390, I386_ELF64]:
        log = Prb(m, 6, 15, True)
        add_samples(log)
        log.add(b"lost for want of room", 5, lpos=1)
        log.add(b"being written", 6, state=0)
        log.add(b"may still grow", 7, state=1)
        yield f"prb-{m.name}", log.finish(), log.expected()
    log = Prb(MACHINES[0], 3, 9, True)
    for time in 2**63 - 1, 2**63, 2**64 - 1:
        log.add(b"late", time)
    yield "prb-late", log.finish(), log.expected()
    for m in MACHINES:
        for fits in False, True:
            for bits in 4, 7:
                log = Prb(m, bits, 11, fits)
                add_many(log, rng, 37 if bits == 4 else 150)
                log.fill_lap(10**9)
                add_many(log, rng, 5)
                yield f"prb-{m.name}-{'fits' if fits else 'wraps'}-{bits}", log.finish(), log.expected()
        log = Prb(m, 5, 10, True)
        log.fill_lap(1)
        yield f"prb-{m.name}-one-block", log.finish(), log.expected()
        log = Prb(m, 5, 10, True)
        for i in range(3):
            # The second begins at 520 and takes 520 bytes from the start: begin and next are the same place.
            log.add(b"m" * (520 - m.long), i)
        yield f"prb-{m.name}-full-circle", log.finish(), log.expected()
        log = Prb(m, 5, 12, True, shift=16)
        add_many(log, rng, 50)
        yield f"prb-{m.name}-shifted", log.finish(), log.expected()
        log = Prb(m, 3, 9, True)
        yield f"prb-{m.name}-empty", log.finish(), log.expected()
        for name, caller in ("log", False), ("printk_log", False), ("printk_log", True):
            log = Records(m, 32768, name, caller)
            add_samples(log)
            log.add(b"with a dictionary", 77, 5, b"SUBSYSTEM=made\0DEVICE=+made:0")
            yield f"records-{m.name}-{name}{'-caller' if caller else ''}", log.finish(), log.expected()
        for count in 60, 61, 62, 63, 64:
            log = Records(m, 2048)
            add_many(log, rng, count, 80)
            yield f"records-{m.name}-wrapped-{count}", log.finish(), log.expected()
        log = Records(m, 2048)
        yield f"records-{m.name}-empty", log.finish(), log.expected()
        text = b"".join(b"<6>[%5d.000000] line %d \xff\x01\n" % (i, i) for i in range(700))
        for name, length in ("part", 5000), ("full", 8192), ("wrapped", 20001), ("empty", 0):
            memory, buffer = character_ring(m, text[:length], 8192)
            yield f"ring-{m.name}-{name}", memory, ring_expected(memory, buffer, text[:length], 8192)


def partly():
    """(name, memory, expected, problem): parts are missing."""
    rng = random.Random(59)
    for m in MACHINES:
        def prb():
            log = Prb(m, 9, 15, True)
            add_many(log, rng, 400)
            log.add(bytes(97 + i % 26 for i in range(5000)), 8)
            return log
        log = prb()
        log.memory.lose(log.data + PAGE)
        log.memory.lose(log.data + 3 * PAGE, 2 * PAGE)
        yield f"cut-{m.name}-text", log.finish(), log.expected(), CUT
        log = prb()
        log.memory.lose(log.descs + PAGE)
        yield f"cut-{m.name}-descriptors", log.finish(), log.expected(), CUT
        log = prb()
        log.memory.lose(log.infos + 2 * PAGE)
        yield f"cut-{m.name}-infos", log.finish(), log.expected(), CUT
        log = prb()
        log.memory.cut = log.data + 2 * PAGE + 100 - (log.data + 100) % PAGE
        yield f"cut-{m.name}-end", log.finish(), log.expected(), CUT
        log = prb()
        log.memory.lose(log.descs, log.count * log.desc_size)
        yield f"cut-{m.name}-all-descriptors", log.finish(), log.expected(), UNREADABLE
        log = prb()
        log.memory.lose(log.symbols)
        yield f"cut-{m.name}-ring", log.finish(), Expected(), UNREADABLE
        for laps, count in (0, 300), (1, 900):
            log = Records(m, 32768)
            add_many(log, rng, count, 80)
            log.memory.lose(log.buffer + 2 * PAGE, PAGE)
            if laps:
                log.memory.lose(log.buffer + 7 * PAGE, PAGE)
            yield f"cut-{m.name}-records-{laps}", log.finish(), log.expected(), CUT
        text = bytes(32 + i % 90 for i in range(20001))
        memory, buffer = character_ring(m, text, 16384)
        memory.lose(buffer + PAGE, 2 * PAGE)
        yield f"cut-{m.name}-characters", memory, ring_expected(memory, buffer, text, 16384), CUT


def bad():
    """(name, memory, expected or None for "anything", problem, words)"""
    m = MACHINES[0]

    def prb(**finish):
        log = Prb(m, 5, 12, True)
        add_many(log, random.Random(1), 20)
        return log.finish(**finish), log

    def records(size=2048, **finish):
        log = Records(m, size)
        add_many(log, random.Random(2), 20, 40)
        return log.finish(**finish), log

    none = Expected()
    for name, at, value, words in (("count-bits", 0, 31, "count_bits"), ("count-bits-huge", 0, 2**32 - 1, "count_bits"),
                                   ("size-bits", 48, 31, "size_bits"), ("size-bits-small", 48, 3, "size_bits"),
                                   ("count-bits-room", 0, 30, "count_bits of the kernel's log says that it takes"),
                                   ("size-bits-room", 48, 30, "size_bits of the kernel's log says that it takes")):
        memory, log = prb()
        memory.put(log.symbols + 64 + at, m.pack("I", value))
        yield f"bad-{name}", memory, none, BAD_SIZES, words
    memory, log = prb(tail=5)
    yield "bad-tail", memory, log.expected(), BAD_SIZES, "descriptors go from"
    memory, log = prb()
    memory.put(log.symbols + 64 + 8, m.ulong(0xffff888012345000))
    yield "bad-descriptors-nowhere", memory, none, UNREADABLE, "part of the log cannot be read"
    memory, log = prb()
    memory.put(log.symbols, m.ulong(3))
    yield "bad-prb-nowhere", memory, none, UNREADABLE, "cannot read struct printk_ringbuffer"
    log = Prb(m, 5, 9, True)
    for i in range(20):
        log.add(b"a", i)
    for id in log.live:
        log.set_state(id, 2, 0, 256)
        log.put_info(id, 0, 248, 0)
    yield "bad-overlap", log.finish(), None, BAD_SIZES, "overlap"
    memory, log = prb()
    id = list(log.live)[3]
    log.set_state(id, 2, 0x1000, 0x100000)
    log.live[id][1:3] = log.live[id][2:3] * 2
    log.live[id][5] = b""
    yield "bad-block", memory, log.expected(), CUT, "which is no block"
    for key in ("SIZE(printk_ringbuffer)", "OFFSET(prb_desc.state_var)", "OFFSET(printk_info.text_len)",
                "SIZE(prb_desc)"):
        short = key.split("(")[1][:-1]
        yield f"bad-no-{short}", prb(over={key: None})[0], none, NO_SYMBOLS, key
        yield f"bad-text-{short}", prb(over={key: "many"})[0], none, NO_SYMBOLS, key
        yield f"bad-large-{short}", prb(over={key: 2**64 - 1})[0], none, BAD_SIZES, "expected a structure"
    yield "bad-size-zero", prb(over={"SIZE(printk_info)": 0})[0], none, BAD_SIZES, "expected a structure"
    yield "bad-caller", prb(over={"OFFSET(printk_info.caller_id)": 86})[0], none, BAD_SIZES, "caller_id"
    yield "bad-counter", prb(over={"OFFSET(atomic_long_t.counter)": 2**64 - 8})[0], none, BAD_SIZES, "head_id"
    memory = Memory(m)
    memory.part(PAGE)
    yield "bad-no-log", memory, none, NO_SYMBOLS, "none of SYMBOL(prb)"
    for name, finish, words in (("first", {"first": 2047}, "log_first_idx"), ("next", {"next": 5000}, "log_next_idx"),
                                ("length-zero", {"length": 0}, "log_buf_len"),
                                ("length-huge", {"length": 2**32 - 1}, "log_buf_len")):
        yield f"bad-records-{name}", records(**finish)[0], none, BAD_SIZES, words
    memory, log = records()
    memory.put(log.buffer + log.live[4][0] + 8, m.pack("H", 8))
    log.live = log.live[:4]
    yield "bad-records-short", memory, log.expected(), BAD_SIZES, "damaged from there on"
    memory, log = records()
    memory.put(log.buffer + log.live[4][0] + 8, m.pack("H", 0))
    log.live = log.live[:4]
    yield "bad-records-cycle", memory, log.expected(), BAD_SIZES, "has length 0"
    memory, log = records(size=4096, next=4090)
    yield "bad-records-end", memory, None, BAD_SIZES, "damaged from there on"
    key = "OFFSET(printk_log.len)"
    yield "bad-records-key", records(over={key: None})[0], none, NO_SYMBOLS, key
    yield "bad-records-field", records(over={key: 15})[0], none, BAD_SIZES, "printk_log.len"
    for name, length in ("zero", 0), ("huge", 2**31 + 1), ("room", 2**31):
        memory, _ = character_ring(m, b"text\n", 4096, length=length)
        yield f"bad-ring-{name}", memory, none, BAD_SIZES, "log_buf_len"
    yield "bad-records-room", records(length=2**31)[0], none, BAD_SIZES, "bytes of memory in all"


def main():
    root = sys.argv[1]
    corpus = os.path.join(root, "corpus", "kernel_log")
    os.makedirs(corpus, exist_ok=True)
    cases = [(name, memory, expected, FINE, "-") for name, memory, expected in good()]
    cases += [(name, memory, expected, problem, "part of the log cannot be read" if expected.cut else "cannot read prb")
              for name, memory, expected, problem in partly()]
    cases += list(bad())
    lines = []
    for name, memory, expected, problem, words in cases:
        data = memory.elf()
        with open(os.path.join(root, f"kernel_log-{name}.vmcore"), "wb") as f:
            f.write(data)
        if len(data) < 32768 and ("le64" in name or "be32" in name or "bad" in name):
            with open(os.path.join(corpus, name), "wb") as f:
                f.write(data)
        for suffix, text in (expected or Expected()).out.items():
            with open(os.path.join(root, f"kernel_log-{name}.{suffix}"), "wb") as f:
                f.write(text.encode("latin-1"))
        lines.append(f"{name} {problem} {expected.records if expected else -1} {words}\n")
        assert problem in (FINE, CUT, UNREADABLE) or name.startswith("bad"), name
        assert not expected or expected.cut == (problem == CUT) or name.startswith("bad") or problem == UNREADABLE, name
    with open(os.path.join(root, "kernel_log-list"), "w", encoding="ascii") as f:
        f.writelines(lines)


if __name__ == "__main__":
    main()
