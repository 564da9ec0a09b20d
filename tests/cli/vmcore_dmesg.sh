#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vmcore-dmesg from outside, over the dumps of tests/mk/kernel_log.py: the log alone on stdout, errors alone on stderr,
# exit codes, memory.
set -u
. "$SRCDIR/tests/cli/helper"

dmesg() {
	timeout -k 5 120 "$work/nokexec" 38 "$VMCORE_DMESG" "$@" >"$work/out" 2>"$work/err"
}

# prints CODE WORDS EXPECTED ARGUMENT...: exit code, words on stderr ("" = nothing there), stdout ("" = nothing, "-" =
# anything, or a file).
prints() {
	local wanted=$1 words=$2 expected=$3 code
	shift 3
	dmesg "$@"
	code=$?
	[ $code -eq "$wanted" ] || fail "vmcore-dmesg $*: exit code $code, expected $wanted: $(head -c 500 "$work/err")"
	if [ -z "$words" ]; then
		[ ! -s "$work/err" ] || fail "vmcore-dmesg $*: expected nothing on stderr: $(head -c 500 "$work/err")"
	else
		grep -qF -- "$words" "$work/err" || fail "vmcore-dmesg $*: stderr does not say \"$words\": $(head -c 500 "$work/err")"
	fi
	case "$expected" in
	-) ;;
	"") [ ! -s "$work/out" ] || fail "vmcore-dmesg $*: expected nothing on stdout: $(head -c 200 "$work/out")" ;;
	*) cmp "$expected" "$work/out" || fail "vmcore-dmesg $*: stdout is not $expected" ;;
	esac
	sound "$*"
}

sound() {
	if grep -qE 'ERROR: (Address|Leak|Undefined)Sanitizer|runtime error' "$work/err"; then
		fail "vmcore-dmesg $1: $(grep -E -m1 'Sanitizer|runtime error' "$work/err")"
	fi
}

# As enum log_problem has them.
codes=(0 50 30 69 70)
count=0
while read -r name problem records words; do
	dump=$FIXTURES/kernel_log-$name
	[ "$words" != - ] || words=
	for option in expect indent caller; do
		expected=$dump.$option
		[ "$records" -ge 0 ] || expected=-
		case $option in
		expect) prints "${codes[problem]}" "$words" "$expected" "$dump.vmcore" ;;
		*) prints "${codes[problem]}" "$words" "$expected" "--$option" "$dump.vmcore" ;;
		esac
	done
	# One line what is wrong; before it, where the dump itself is not whole, that it is not.
	[ "$problem" -eq 0 ] || [ "$(grep -vc ' is incomplete: ' "$work/err")" -eq 1 ] || fail "$name: $(cat "$work/err")"
	count=$((count + 1))
done <"$FIXTURES/kernel_log-list"
[ $count -gt 150 ] || fail "only $count dumps were there"

# Options behind the file, and a file whose name looks like one.
sample=$FIXTURES/kernel_log-prb-le64
prints 0 "" "$sample.indent" "$sample.vmcore" --indent
cp "$sample.vmcore" "$work/--caller"
(cd "$work" && "$VMCORE_DMESG" -- --caller | cmp - "$sample.expect") || fail "no file may be named like an option"
prints 0 "" - --help
grep -q '^usage: vmcore-dmesg ' "$work/out" || fail "--help does not say how"
cp "$work/out" "$work/help"
prints 0 "" "$work/help" -h
prints 0 "" - --version
grep -qE '^vmcore-dmesg [0-9]' "$work/out" || fail "--version: $(cat "$work/out")"
cp "$work/out" "$work/version"
prints 0 "" "$work/version" -v
prints 1 "0 files are named" ""
prints 1 "2 files are named" "" "$sample.vmcore" "$sample.vmcore"
prints 1 "usage: vmcore-dmesg " "" --nothing "$sample.vmcore"
prints 1 "-x is no option" "" -x "$sample.vmcore"
prints 1 "-x is no option" "" -xh "$sample.vmcore"
prints 1 "is no option" "" --indent=4 "$sample.vmcore"

# Files that are no dumps.
prints 2 "$work/nowhere" "" "$work/nowhere"
: >"$work/empty"
prints 10 "$work/empty" "" "$work/empty"
printf 'no dump\n%.0s' {1..1000} >"$work/text"
prints 10 "$work/text" "" "$work/text"
"$PYTHON" - "$sample.vmcore" "$work" <<'PYTHON' || fail "no dumps were made"
import sys
data = open(sys.argv[1], "rb").read()
open(sys.argv[2] + "/no-vmcoreinfo", "wb").write(data.replace(b"VMCOREINFO\0", b"VMCOREINFA\0"))
for i in range(0, 8000, 61):
    open(f"{sys.argv[2]}/cut-{i}", "wb").write(data[:i])
for i in range(8192, len(data), 3001):
    open(f"{sys.argv[2]}/cut-{i}", "wb").write(data[:i])
PYTHON
prints 50 "VMCOREINFO" "" "$work/no-vmcoreinfo"

# Cut anywhere: nothing, a part with marks for what is missing, or all where the log lies before the cut.
for file in "$work"/cut-*; do
	dmesg "$file"
	code=$?
	case $code in
	0) cmp "$sample.expect" "$work/out" || fail "$file: exit code 0, and not the whole log" ;;
	70) grep -q '^\[ ' "$work/out" || fail "$file: nothing was written, in spite of exit code 70" ;;
	10 | 30 | 50) [ ! -s "$work/out" ] || fail "$file: exit code $code, and something was written" ;;
	*) fail "$file: exit code $code: $(head -c 500 "$work/err")" ;;
	esac
	[ $code -eq 0 ] || [ -s "$work/err" ] || fail "$file: exit code $code, and no word why"
	sound "$file"
done

# Output that cannot be written.
"$VMCORE_DMESG" "$sample.vmcore" >/dev/full 2>"$work/err"
code=$?
[ $code -eq 54 ] && grep -q "standard output" "$work/err" || fail "a full disk gives $code: $(cat "$work/err")"
"$VMCORE_DMESG" "$sample.vmcore" >&- 2>"$work/err"
code=$?
[ $code -eq 54 ] || fail "a closed standard output gives $code: $(cat "$work/err")"
"$VMCORE_DMESG" --help >/dev/full 2>"$work/err"
code=$?
[ $code -eq 54 ] || fail "--help on a full disk gives $code"

# A log of 32 MiB is not held in memory. What is measured is at least what the interpreter itself takes.
PYTHONPATH=$SRCDIR/tests/mk "$PYTHON" -B - "$work/large" <<'PYTHON' || fail "no large log was made"
import sys

import kernel_log

log = kernel_log.Prb(kernel_log.MACHINES[0], 16, 25, True)
for i in range(60000):
    log.add(b"%d " % i * 70, i)
with open(sys.argv[1], "wb") as f:
    f.write(log.finish().elf())
with open(sys.argv[1] + ".expect", "wb") as f:
    f.writelines(b"[    0.%06d] " % (i // 1000) + b"%d " % i * 70 + b"\n" for i in range(60000))
PYTHON
limit=24
grep -q __asan_init "$VMCORE_DMESG" && limit=512
"$PYTHON" -B - "$VMCORE_DMESG" "$work/large" $limit <<'PYTHON' || fail "a large log takes too much"
import resource
import subprocess
import sys

program, path, limit = sys.argv[1], sys.argv[2], int(sys.argv[3]) << 10
with open(path + ".out", "wb") as out:
    code = subprocess.call([program, path], stdout=out)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
if code or peak > limit:
    sys.exit(f"exit code {code}, {peak} KiB at the peak, expected at most {limit}")
PYTHON
cmp "$work/large.expect" "$work/large.out" || fail "a large log is not written as it is"
exit $bad
