#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vmcore-save --verify and --info over dumps that are sound (tests/mk/dump_kdump.py), cut, and damaged in one place each.
set -u
. "$SRCDIR/tests/cli/helper"

for library in ZLIB ZSTD LZO; do
	if ! grep -q "define HAVE_$library 1" "$BUILDDIR/config.h"; then
		echo "SKIP: built without $library, which the made dumps need"
		exit 77
	fi
done
base=$FIXTURES/dump_kdump

# verify CODE WORDS FILE...: exit code, and words in the report or the error ("-": anything), with 1 and with 3 threads.
verify() {
	local wanted=$1 words=$2 code threads
	shift 2
	for threads in 1 3; do
		timeout -k 5 120 "$VMCORE_SAVE" --verify --threads $threads "$@" >"$work/out.$threads" 2>"$work/err"
		code=$?
		[ $code -eq "$wanted" ] || fail "--verify $*: exit code $code, expected $wanted: $(cat "$work/err" "$work/out.$threads")"
		[ "$words" = - ] || cat "$work/out.$threads" "$work/err" | grep -qF -- "$words" ||
			fail "--verify $*: does not say \"$words\": $(cat "$work/err" "$work/out.$threads")"
		if grep -qE 'ERROR: (Address|Leak|Undefined|Thread)Sanitizer|runtime error' "$work/err"; then
			fail "--verify $*: $(grep -E -m1 'Sanitizer|runtime error' "$work/err")"
		fi
	done
	cmp -s "$work/out.1" "$work/out.3" || fail "--verify $*: the report depends on the number of threads"
}

# changed FILE OFFSET HEX...: a copy with these bytes in it, as $work/changed
changed() {
	"$PYTHON" - "$work/changed" "$@" <<'END'
import sys
out, name = sys.argv[1:3]
data = bytearray(open(name, "rb").read())
for at, text in zip(sys.argv[3::2], sys.argv[4::2]):
    at = int(at, 0)
    data[at:at + len(text) // 2] = bytes.fromhex(text)
open(out, "wb").write(data)
END
}

# Sound ones. The list says which are complete.
count=0
while read -r name files _ _ _ _ _ _ _ _ _ _ _ complete _; do
	[ "$name" = bad-pages ] && continue
	if [ "$files" -eq 1 ]; then
		paths=("$base-$name.dump")
	else
		paths=("$base-$name".[0-9])
	fi
	if [ "$complete" -eq 1 ]; then
		verify 0 "sound and complete" "${paths[@]}"
	else
		verify 3 "sound but incomplete" "${paths[@]}"
	fi
	count=$((count + 1))
done <"$base-list"
[ $count -gt 40 ] || fail "$count dumps verified, expected more than 40"
verify 3 "11 of 20 pages are there" "$base-killed.dump"
verify 3 "its header says so" "$base-lost.dump"
verify 3 "4 of 4 pages are there" "$base-split-one.dump"
verify 3 "the part with pages 12 to 4098 of 8200 is not there" "$base-split-gap.0" "$base-split-gap.1"

# Pages that do not unpack: one line for the first ones, and how many more.
verify 1 "and 13 more" "$base-bad-pages.dump"
verify 1 "damaged: 7 of 30 pages are there and sound" "$base-bad-pages.dump"
verify 1 "page 0xc (physical 0xc000): its zlib data is damaged" "$base-bad-pages.dump"

# One field of a header each. The second bitmap is at 0x3000, descriptors are at 0x4000, 24 bytes each.
good=$base-64le-v6.dump
changed "$good" 0 4b
verify 0 "sound and complete" "$work/changed"
changed "$good" 440 49000000
verify 1 "pages of the machine: the header has 73, the sub header 72" "$work/changed"
changed "$good" 460 03000000
verify 1 "3 CPUs found, and notes of 2" "$work/changed"
changed "$good" 460 00000000
verify 1 "0 CPUs found, expected at least 1" "$work/changed"
changed "$good" 424 41000000
verify 1 "status 0x41 has unknown bits" "$work/changed"
changed "$good" 4104 20000000
verify 1 "level 32 found, expected 0 to 31" "$work/changed"
changed "$good" 416 40420f0000000000
verify 1 "1000000 microseconds" "$work/changed"
changed "$good" 142 37
verify 1 "OSRELEASE is 6.12.1-test, and the header's release 7.12.1-test" "$work/changed"
changed "$good" 272 73333930780000
verify 1 "machine s390x, in a file of little byte order" "$work/changed"
changed "$good" 4144 0000000000000000
verify 1 "notes:" "$work/changed"
changed "$good" 4200 ffffffff
verify 1 "begins no note that ends" "$work/changed"

# The tables against each other.
changed "$good" 0x2000 fc
verify 1 "the machine has no such page, by the first bitmap" "$work/changed"
changed "$good" 0x4008 00000000
verify 1 "it is half empty" "$work/changed"
changed "$good" 0x4000 0010000000000000
verify 1 "its data lies inside the headers" "$work/changed"
changed "$good" 0x400c 00000040
verify 1 "its flags are unknown" "$work/changed"
changed "$good" 0x4008 01100000
verify 1 "its data is larger than a page" "$work/changed"
changed "$good" 0x4000 000000000000000000000000
verify 3 "12 of 13 pages are there" "$work/changed"
changed "$good" 0x4000 00000000ffff0000
verify 3 "12 of 13 pages are there" "$work/changed"

# Two pages with the same bytes: the first raw page's descriptor again in another one's place.
"$PYTHON" - "$good" "$work/changed" <<'END'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
descs = [struct.unpack_from("<QII", data, 0x4000 + 24 * i) for i in range(13)]
raw = next(i for i, (at, size, flags) in enumerate(descs) if flags == 0 and any(data[at:at + size]))
other = next(i for i, (at, size, flags) in enumerate(descs) if i not in (raw, raw + 1) and flags)
data[0x4000 + 24 * other:0x4000 + 24 * other + 24] = data[0x4000 + 24 * raw:0x4000 + 24 * raw + 24]
open(sys.argv[2], "wb").write(data)
END
verify 1 "and pages from" "$work/changed"

# What belongs to no page, and what is no dump.
cat "$good" - <<<"more" >"$work/changed"
verify 0 "bytes behind the data of pages belong to none" "$work/changed"
verify 1 "cannot open" "$work/no-such-file"
verify 1 "is no dump" "$0"
head -c 20 "$good" >"$work/changed"
verify 1 "$work/changed" "$work/changed"

# Cut: less and less is there, and it is never said to be complete.
size=$(stat -c %s "$good")
for at in $((size - 1)) $((size - 5000)) $((size / 2)) 17000 16384; do
	head -c $at "$good" >"$work/changed"
	verify 3 "sound but incomplete" "$work/changed"
done
flat=$base-flattened.dump
size=$(stat -c %s "$flat")
head -c $((size - 1)) "$flat" >"$work/changed"
verify 3 "the flattened stream ends" "$work/changed"

# With a device's zeros behind it, and with a record that cannot be and more behind it: not just cut.
record=$("$PYTHON" - "$flat" <<'END'
import struct, sys
data, at, found = open(sys.argv[1], "rb").read(), 4096, []
while True:
    found.append(at)
    offset, size = struct.unpack_from(">qq", data, at)
    if offset == -1:
        break
    at += 16 + size
print(found[-3])
END
)
head -c "$record" "$flat" >"$work/cut"
cat "$work/cut" <(head -c 100000 /dev/zero) >"$work/changed"
verify 3 "the flattened stream has zeros" "$work/changed"
changed "$flat" "$record" 8000000000000000
verify 1 "the flattened stream is damaged" "$work/changed"

# s390 stand-alone dumps: sound ones, smaller than the memory they stand for; cut; with a damaged segment.
for name in classic extended packed packed-512 packed-small zero-tail; do
	verify 0 "sound and complete" "$FIXTURES/dump_s390-$name"
done
for name in classic-cut packed-cut packed-cut-early extended-cut; do
	verify 3 "sound but incomplete" "$FIXTURES/dump_s390-$name"
done
verify 1 "the segment header at" "$FIXTURES/dump_s390-extended-damaged"
"$PYTHON" - "$FIXTURES/dump_s390-packed" "$work/changed" <<'END'
import struct, sys, zlib
old = open(sys.argv[1], "rb").read()
packed = zlib.compress(bytes(range(256)) * 4096)
packed += bytes(-len(packed) % 4096)
head = struct.pack(">QQQI", 0, 1 << 20, 1, len(packed) // 4096).ljust(0x30, b"\0") + struct.pack(">II", 1, 0)
open(sys.argv[2], "wb").write(old[:4096] + head.ljust(4096, b"\0") + packed + old[-4096:])
END
verify 0 "256 of 256 pages are there" "$work/changed"

# An ELF core: with its end, without, with notes that do not end.
core=$FIXTURES/vmcore_save-x86.vmcore
verify 0 "sound and complete" "$core"
size=$(stat -c %s "$core")
head -c $((size - 70000)) "$core" >"$work/changed"
verify 3 "point behind the end of the file" "$work/changed"
notes=$("$PYTHON" - "$core" <<'END'
import struct, sys
data = open(sys.argv[1], "rb").read(65536)
at, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
print(next(struct.unpack_from("<Q", data, at + 56 * i + 8)[0] for i in range(count) if data[at + 56 * i] == 4))
END
)
head -c $((notes + 100)) "$core" >"$work/changed"
verify 3 "the file ends before or in its notes" "$work/changed"
changed "$core" "$notes" ffffff7f
verify 1 "begins no note that ends" "$work/changed"

# --info: the lines of one dump, all of them.
"$VMCORE_SAVE" --info "$base-lost.dump" >"$work/out" || fail "--info: exit code $?"
cat >"$work/expected" <<END
file: $base-lost.dump
files: 1
format: kdump-compressed
header-version: 6
flattened: no
file-bytes: $(stat -c %s "$base-lost.dump")
machine: x86_64
byte-order: little
word-bits: 64
page-size: 4096
kernel-release: 6.12.1-test
build-id: 00112233445566778899aabbccddeeff00112233
node-name: crashed
kernel-version: #1 SMP
crash-time: 2025-10-09T08:53:20Z
cpus: 2
vmcoreinfo-bytes: 139
level: 31
packing: zlib
END
head -n 19 "$work/out" | cmp -s - "$work/expected" || fail "--info: $(diff "$work/expected" "$work/out")"
for line in "memory-pages: 20" "memory-bytes: 81920" "saved-pages: 17" "saved-bytes: 69632" "excluded-pages: 0" \
	"lost-pages: 3" "lost-bytes: 12288" "complete: no: its header says so: writing it was interrupted"; do
	says "$line"
done
"$VMCORE_SAVE" --info "$base-64be-v6.dump" >"$work/out" || fail "--info: exit code $?"
for line in "machine: s390x" "byte-order: big" "excluded-pages: 2" "complete: yes"; do
	says "$line"
done
"$VMCORE_SAVE" --info "$base"-split.[0-9] >"$work/out" || fail "--info of parts: exit code $?"
for line in "files: 3" "file-bytes: $(cat "$base"-split.[0-9] | wc -c)" "saved-pages: 10" "lost-pages: 0" "complete: yes"; do
	says "$line"
done
"$VMCORE_SAVE" --info "$work/no-such-file" >"$work/out" 2>"$work/err" && fail "--info of a missing file: exit code 0"
grep -q "cannot open" "$work/err" || fail "--info of a missing file: $(cat "$work/err")"
exit $bad
