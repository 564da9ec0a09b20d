#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vmcore-dmesg and Debian's, of kexec-tools, over the dumps of tests/mk/kernel_log.py: the same bytes and exit code for
# every log that is sound and whole. Where doc/vmcore-dmesg.8 says that they differ, they do, and in this alone.
set -u
. "$SRCDIR/tests/cli/helper"

root=$(. "$SRCDIR/tests/setup/env" >/dev/null && printf '%s' "$REF_KEXEC_AMD64_ROOT")
if [ "$(uname -m)" != x86_64 ]; then
	echo "SKIP: hardware: Debian's kexec-tools, as set-up fetches it, is for x86-64"
	exit 77
fi
if [ ! -x "$root/sbin/vmcore-dmesg" ]; then
	echo "SKIP: $root/sbin/vmcore-dmesg not found (tests/setup/all fetches it)"
	exit 77
fi
libraries=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu

# both DUMP: into $work/ours and $work/theirs.
both() {
	"$VMCORE_DMESG" "$1" >"$work/ours" 2>"$work/err" || fail "$1: exit code $?: $(head -c 300 "$work/err")"
	timeout -k 5 60 "$root/lib64/ld-linux-x86-64.so.2" --library-path "$libraries" "$root/sbin/vmcore-dmesg" "$1" \
		>"$work/theirs" 2>"$work/err"
	code=$?
}

same=0 differ=0
while read -r name problem _; do
	[ "$problem" -eq 0 ] || continue
	both "$FIXTURES/kernel_log-$name.vmcore"
	case "$name" in
	prb-*-fits-* | prb-*-one-block | prb-*-full-circle | prb-late | prb-*-shifted)
		cmp -s "$work/ours" "$work/theirs" && fail "$name: both are the same, though the man page says otherwise"
		differ=$((differ + 1))
		;;
	records-*-wrapped-*)
		[ $code -eq 0 ] || fail "$name: theirs gives $code"
		more=$(diff -a "$work/ours" "$work/theirs" | grep -a '^[<>]')
		case "$more" in
		"") same=$((same + 1)) ;;
		"> [    0.000000] ") differ=$((differ + 1)) ;;
		*) fail "$name: theirs has more than a line for the end of the buffer: $more" ;;
		esac
		;;
	*)
		[ $code -eq 0 ] || fail "$name: theirs gives $code: $(head -c 300 "$work/err")"
		cmp "$work/ours" "$work/theirs" || fail "$name: the output differs from theirs"
		same=$((same + 1))
		;;
	esac
done <"$FIXTURES/kernel_log-list"
[ $same -ge 40 ] && [ $differ -ge 20 ] || fail "only $same same and $differ different logs were compared"

# Exit codes that a script may look at.
for arguments in "" "$work/nowhere" "$FIXTURES/kernel_log-bad-no-log.vmcore" "$FIXTURES/kernel_log-cut-le64-ring.vmcore"; do
	"$VMCORE_DMESG" ${arguments:+"$arguments"} >/dev/null 2>&1
	ours=$?
	"$root/lib64/ld-linux-x86-64.so.2" --library-path "$libraries" "$root/sbin/vmcore-dmesg" ${arguments:+"$arguments"} \
		>/dev/null 2>&1
	theirs=$?
	[ $ours -eq $theirs ] || fail "$arguments: exit code $ours, theirs $theirs"
done
exit $bad
