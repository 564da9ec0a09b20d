#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# fadump-capture over made trees (tests/mk/fadump_images.py): what each state gives, copies, records, phantoms, release.
set -u
. "$SRCDIR/tests/cli/helper"

trees=$FIXTURES/fadump
parts=$FIXTURES/fadump

# capture CODE WORDS ARGUMENT...: exit code, and words on stdout or stderr. Everything goes through nokexec, and every
# call has a --root or looks at files: nothing here can start this machine again.
capture() {
	local wanted=$1 words=$2 code
	shift 2
	timeout -k 5 300 "$work/nokexec" 38 "$CAPTURE" "$@" >"$work/out" 2>"$work/err"
	code=$?
	[ $code -eq "$wanted" ] || fail "fadump-capture $*: exit code $code, expected $wanted: $(cat "$work/out" "$work/err" | tail -3)"
	cat "$work/out" "$work/err" >"$work/all"
	grep -qF -- "$words" "$work/all" || fail "fadump-capture $*: does not say \"$words\": $(head -5 "$work/all")"
	if grep -qE 'ERROR: (Address|Leak|Undefined)Sanitizer|runtime error' "$work/err"; then
		fail "fadump-capture $*: $(grep -E -m1 'Sanitizer|runtime error' "$work/err")"
	fi
}

# States without anything to save.
for mode in "--check" "--directory=$work/none"; do
	capture 3 'discarded the dump with "Fadump header size mismatch."' $mode --root "$trees/root-refused-size"
	capture 3 "CONFIG_NR_CPUS" $mode --root "$trees/root-refused-size"
	capture 3 "older than Linux 6.10" $mode --root "$trees/root-refused-old"
	capture 3 "byte order" $mode --root "$trees/root-refused-order"
	capture 3 "registered again after release_mem" $mode --root "$trees/root-refused-corrupt"
	capture 4 "released: this boot had a dump, and its memory was given back" $mode --root "$trees/root-released"
	capture 3 "the kernel's log says no more" $mode --root "$trees/root-gone"
	capture 3 "Which one only the kernel's log can say" $mode --root "$trees/root-gone-no-log"
	capture 4 "unsafe" $mode --root "$trees/root-released-armed"
	capture 2 "no dump: there is no /proc/vmcore; fadump: armed" $mode --root "$trees/root-armed"
	capture 2 "fadump: off" $mode --root "$trees/root-off"
	capture 2 "start the default boot entry with fadump=on" $mode --root "$trees/root-off-tree-active"
	capture 2 "this is a kdump boot, not one of fadump" $mode --root "$trees/root-kdump"
	capture 2 "fadump: not supported" $mode --root "$trees/root-unsupported"
done
[ ! -e "$work/none" ] || fail "a folder was made though there was nothing to save"

# Verdicts; --check changes nothing.
capture 0 "verdict: sound" --check --root "$trees/root-pending"
grep -qx 'ok   notes 2 CPUs' "$work/out" || fail "the number of CPUs is not told"
grep -q 'BUILD-ID 0123456789abcdef' "$work/out" || fail "the BUILD-ID is not told"
capture 0 "verdict: sound" --check --root "$trees/root-legacy"
capture 0 "firmware is OPAL" --check --root "$trees/root-opal"
capture 0 "in the future" --check --root "$trees/root-pending-future"
capture 0 "has no CRASHTIME" --check --root "$trees/root-pending-no-time"
capture 0 "verdict: sound" --check --any --root "$trees/root-kdump"
capture 6 "bytes dumped: found 0x1f000, expected 0x20000" --check --root "$trees/root-pending-incomplete"
capture 6 "no PT_LOAD of 0x0 with 0x40000 bytes" --check --root "$trees/root-pending-other-region"
capture 6 "expected below /rtas" --check --root "$trees/root-pending-no-property"
capture 6 "the program headers name" --check --root "$trees/root-pending-short"
capture 6 "where an ELF header" --check --root "$trees/root-pending-not-elf"

# Saved byte for byte, known again afterwards.
saved=$work/crash
capture 0 "saved $saved/2026-11-21-103000/vmcore" -d "$saved" --root "$trees/root-pending"
cmp "$trees/root-pending/proc/vmcore" "$saved/2026-11-21-103000/vmcore" || fail "the copy differs"
[ "$(stat -c %a "$saved/2026-11-21-103000/vmcore")" = 600 ] || fail "others may read the dump"
[ "$(ls -A "$saved/2026-11-21-103000" | tr '\n' ' ')" = "vmcore vmcore.record " ] || fail "$(ls -A "$saved/2026-11-21-103000")"
grep -qx "crash-time=1795257000" "$saved/2026-11-21-103000/vmcore.record" || fail "the record lacks the crash time"
grep -q "^sha256" "$saved/2026-11-21-103000/vmcore.record" && fail "a checksum without --verify"
grep -q "starting the machine" "$work/out" && fail "--root starts the machine again"
capture 5 "already saved: this is the dump that $saved/2026-11-21-103000/vmcore has" -d "$saved" --root "$trees/root-pending"
capture 5 "phantom or saved already" -c -d "$saved" --root "$trees/root-pending"
capture 5 "nothing was released" -m -d "$saved" --root "$trees/root-pending"
[ "$(ls "$saved" | wc -l)" = 1 ] || fail "a phantom was saved"
capture 0 "2026-11-21-103000-2/vmcore" --again --verify -d "$saved" --root "$trees/root-pending"
grep -qE '^sha256=[0-9a-f]{64}$' "$saved/2026-11-21-103000-2/vmcore.record" || fail "no checksum in spite of --verify"
[ "$(sed -n 's/^sha256=//p' "$saved/2026-11-21-103000-2/vmcore.record")" = \
	"$(sha256sum <"$trees/root-pending/proc/vmcore" | cut -d' ' -f1)" ] || fail "the checksum is another"
capture 0 "2026-11-21-103001/vmcore" -d "$saved" --root "$trees/root-pending-other-time"
# A clock without battery: the same second of the same kernel, and another dump.
capture 0 "2026-11-21-103000-3/vmcore" -d "$saved" --root "$trees/root-pending-same-second"
capture 5 "2026-11-21-103000-3/vmcore has" -d "$saved" --root "$trees/root-pending-same-second"
# A record that knows less proves nothing.
mkdir -p "$work/old/2026-11-21-103000"
cp "$saved/2026-11-21-103000/vmcore" "$work/old/2026-11-21-103000"
for key in size notes-sha256; do
	grep -v "^$key=" "$saved/2026-11-21-103000/vmcore.record" >"$work/old/2026-11-21-103000/vmcore.record"
	capture 0 "verdict: sound" -c -d "$work/old" --root "$trees/root-pending"
done
cp "$saved/2026-11-21-103000/vmcore.record" "$work/old/2026-11-21-103000"
capture 5 "phantom or saved already" -c -d "$work/old" --root "$trees/root-pending"
capture 0 "no-crash-time-" -d "$saved" --root "$trees/root-pending-no-time"
capture 0 "no-crash-time-" -d "$saved" --root "$trees/root-pending-no-time" -A
capture 0 "saved $work/kdump" --any -o "$work/kdump" --root "$trees/root-kdump"
cmp "$trees/root-kdump/proc/vmcore" "$work/kdump" || fail "the copy of a kdump's vmcore differs"
capture 5 "already saved" --any -o "$work/kdump2" --root "$trees/root-kdump"
capture 7 "cannot save as $work/kdump" --any --again -o "$work/kdump" --root "$trees/root-kdump"

# A report that cannot be written, and descriptors that are closed, cost no dump, and nothing that is printed goes into it.
for way in ">/dev/full" ">&-" "<&- >&- 2>&-" "| true"; do
	eval "\"$work/nokexec\" 38 \"$CAPTURE\" -A -o \"$work/unread\" --root \"$trees/root-pending\" $way" 2>"$work/err"
	cmp "$trees/root-pending/proc/vmcore" "$work/unread" || fail "$way: not saved, or not as it is: $(cat "$work/err")"
	rm -f "$work/unread" "$work/unread.record" "$work/unread.incomplete"
done
capture 7 "nothing was saved" -A -o "$work/empty" --root "$(cp -r "$trees/root-pending" "$work/no-bytes" &&
	: >"$work/no-bytes/proc/vmcore" && echo "$work/no-bytes")"
[ ! -e "$work/empty" ] || fail "an empty dump counts as saved"

# What is damaged is saved all the same: it is all that is left.
for name in incomplete no-property short not-elf; do
	capture 6 "saved $work/$name" -o "$work/$name.d" --root "$trees/root-pending-$name" -A
	cmp "$trees/root-pending-$name/proc/vmcore" "$work/$name.d" || fail "$name: the copy differs"
	grep -q '^check=BAD' "$work/$name.d.record" || fail "$name: the record does not say what is wrong"
done

# What is odd beside the dump is told, and the dump is saved.
capture 0 "saved $work/odd-beside" -o "$work/odd-beside" --root "$trees/root-pending-odd-beside" -A
cmp "$trees/root-pending-odd-beside/proc/vmcore" "$work/odd-beside" || fail "odd-beside: the copy differs"
for word in 'hotplug_ready: "maybe" found' 'mem_reserved: "-" found' 'rtas-size of the device tree has 3 bytes'; do
	grep -q "^check=note .*$word" "$work/odd-beside.record" || fail "the record does not say $word"
done
capture 10 "the address of RTAS" -m -o "$work/odd-rtas" --root "$trees/root-pending-odd-beside" -A
for name in odd-state odd-property; do
	capture 6 "saved $work/$name" -o "$work/$name" --root "$trees/root-pending-$name" -A
	cmp "$trees/root-pending-$name/proc/vmcore" "$work/$name" || fail "$name: the copy differs"
	capture 10 "nothing was released" -m -o "$work/$name-released" --root "$trees/root-pending-$name" -A
done
grep -q '^check=BAD state of fadump: .*enabled.*registered' "$work/odd-state.record" || fail "the state is not told"
capture 7 "cannot tell whether this boot has a dump" -o "$work/none" --root "$trees/root-gone-odd-state"

# No room: a limit on the size of files, then a full file system where one can be made.
(
	ulimit -f 100
	capture 8 "full.incomplete" -o "$work/full" --root "$trees/root-pending" -A
	exit $bad
) || bad=1
[ -s "$work/full.incomplete" ] && [ ! -e "$work/full" ] || fail "no incomplete copy is left, or a whole one"
mkdir "$work/small"
if mount -t tmpfs -o size=128k none "$work/small" 2>/dev/null; then
	capture 8 "No space left on device" -o "$work/small/vmcore" --root "$trees/root-pending"
	[ "$(ls "$work/small")" = vmcore.incomplete ] || fail "on a full file system: $(ls "$work/small")"
	umount "$work/small"
fi
capture 7 "cannot make the folder" -d "$work/out/x" --root "$trees/root-pending"

# Ended by a signal, the incomplete copy keeps its name.
cp -r "$trees/root-pending" "$work/slow"
"$PYTHON" - "$work/slow/proc/vmcore" <<'SCRIPT'
import sys
with open(sys.argv[1], "r+b") as f:
    f.truncate(1 << 36)
SCRIPT
mkdir "$work/end"
"$work/nokexec" 38 "$CAPTURE" -o "$work/end/ended" --root "$work/slow" >"$work/out" 2>&1 &
pid=$!
for _ in $(seq 100); do
	[ -e "$work/end/ended.incomplete" ] && break
	sleep 0.05
done
kill -TERM $pid
wait $pid
[ $? -eq 143 ] || fail "SIGTERM does not end it"
[ "$(ls "$work/end")" = ended.incomplete ] || fail "after SIGTERM: $(ls "$work/end")"
rm -rf "$work/slow" "$work/end"

# Releasing. The kernel takes /proc/vmcore away when 1 is written; a fifo and a reader stand for it.
release_tree() {
	rm -rf "$work/tree"
	cp -r "$trees/$1" "$work/tree"
	rm "$work/tree/sys/kernel/fadump/release_mem"
	mkfifo "$work/tree/sys/kernel/fadump/release_mem"
}
release_tree root-pending
mkdir "$work/gone"
# shellcheck disable=SC2016
work=$work timeout 60 bash -c '
	read -r -n 1 byte <"$work/tree/sys/kernel/fadump/release_mem"
	echo "$byte" >"$work/byte"
	ls "$work/gone" >"$work/saved-before"
	rm "$work/tree/proc/vmcore"' &
reader=$!
# RTAS is at 0x10000, below the end of boot memory at 0x20000.
capture 0 "fadump is NOT armed" -m -o "$work/gone/released" --root "$work/tree"
wait $reader
[ "$(cat "$work/byte")" = 1 ] || fail "not 1 was written to release_mem"
grep -qx released "$work/saved-before" || fail "the memory was given back before the dump was saved"
cmp "$trees/root-pending/proc/vmcore" "$work/gone/released" || fail "the copy differs"
grep -q '^sha256=' "$work/gone/released.record" || fail "released without a comparison"
for name in rtas-above rtas-across; do
	capture 10 "RTAS lies at" -m -o "$work/$name" --root "$trees/root-pending-$name" -A
	[ ! -s "$trees/root-pending-$name/sys/kernel/fadump/release_mem" ] || fail "$name: release_mem was written"
	cmp "$trees/root-pending-$name/proc/vmcore" "$work/$name" || fail "$name: not saved"
done
capture 10 "the dump has faults" -m -o "$work/faults" --root "$trees/root-pending-no-property" -A
[ ! -s "$trees/root-pending-no-property/sys/kernel/fadump/release_mem" ] || fail "a damaged dump was released"
# One whose kernel does not take it away.
cp -r "$trees/root-pending" "$work/stays"
capture 10 "is still there" -m -o "$work/stays.d" --root "$work/stays" -A
[ "$(cat "$work/stays/sys/kernel/fadump/release_mem")" = 1 ] || fail "release_mem was not written"

# Files by themselves.
capture 0 "verdict: sound" --kernel-dump "$parts/kernel_dump-radix"
capture 0 "CPU number 1" --cpu-state "$parts/cpu_state-two"
capture 0 "thread 0x14" --opal-cpu-state "$parts/opal-two" --thread-size 1024
capture 0 "NR_CPUS 1985 to 2048" --crash-info "$parts/crash_info-big"
capture 6 "Fadump header size mismatch." --crash-info "$parts/crash_info-big" --nr-cpus 1024
capture 6 "Endianness mismatch" --crash-info "$parts/crash_info-big" --endian little
capture 0 "Old magic number, can't process the dump." --crash-info "$parts/crash_info-big-old" --endian big
capture 0 "BUILD-ID" --elfcore "$parts/elfcore-big"
for order in little big; do
	for layout in old new; do
		image=$parts/scratch-$order-$layout
		capture 0 "verdict: sound" --decode "$image" --kernel-dump "$image.property"
		capture 0 "verdict: sound" --decode "$image"
		capture 0 "verdict: sound" --decode "$image" --at 0x80000
		capture 6 "REGSAVE" --decode "$image" --at 0x70000
		capture 6 "no crash info header" --decode "$image" --at 0xf0000
	done
done
capture 7 "cannot open" --decode "$work/nothing"
mkfifo "$work/fifo"
capture 7 "neither a file nor a block device" --elfcore "$work/fifo"
capture 6 "1 of 1 checks failed" --kernel-dump "$parts/kernel_dump-empty"

# Mistakes on the command line.
capture 1 "no arguments are expected" vmcore
capture 1 "takes an argument" --output
capture 1 "is no option" --reboot-now
capture 1 "expected a number" --decode x --at here
capture 1 "expected a number" --decode x --at 0x10000000000000000
capture 1 "expected big or little" --crash-info x --endian middle
capture 1 "do not go with" --check --kernel-dump x
capture 1 "takes --thread-size" --opal-cpu-state x
capture 1 "--no-reboot is too much" -m -n
capture 1 "only one can say where to save" -d "$work/x" -o "$work/y"
capture 1 "--any and --release-memory" -m -a
capture 1 "--at does not go with it" --decode x --kernel-dump y --at 0

# The page names the same options as --help, and its exit codes.
page=$SRCDIR/doc/fadump-capture.8
capture 0 "Usage:" --help
grep -oE -- '--[a-z0-9][a-z0-9-]+' "$work/out" | sort -u >"$work/help"
sed 's/\\-/-/g' "$page" | grep -v '^\.\\"' | grep -oE -- '--[a-z0-9][a-z0-9-]+' | sort -u >"$work/page"
[ "$(wc -l <"$work/help")" -gt 15 ] || fail "--help names only $(wc -l <"$work/help") options"
diff "$work/help" "$work/page" >"$work/diff" || fail "--help (<) and the page (>) differ: $(grep '^[<>]' "$work/diff" | tr '\n' ' ')"
if command -v groff >/dev/null; then
	groff -man -Tutf8 -ww -z "$page" 2>"$work/warnings"
	[ ! -s "$work/warnings" ] || fail "groff: $(head -5 "$work/warnings")"
fi
exit $bad
