#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One command in several kernels in a row: the line that the plan has is the next machine's /proc/cmdline, and from the
# second kernel on it stays as it is.
set -u
. "$SRCDIR/tests/cli/helper"

bzimage "$work/kernel" 100000

# chain MACHINE FIRST-LINE WANTED ARGUMENT...
chain() {
	local machine=$1 line=$2 wanted=$3 i
	shift 3
	for i in 1 2 3 4; do
		LINE=$line awk '/^cmdline /{ print "cmdline \"" ENVIRON["LINE"] "\""; next } { print }' "$machine" >"$work/machine"
		if ! kexec -l --dry-run --machine "$work/machine" --reuse-cmdline "$@"; then
			grep -q "built without the purgatory" "$work/err" && return
			fail "kexec $*: $(head -3 "$work/err")"
			return
		fi
		line=$(sed -n 's/^cmdline "\(.*\)"$/\1/p' "$work/out")
		[ "$line" = "$wanted" ] || fail "kernel $i: \"$line\", expected \"$wanted\""
		chains=$((${chains-0} + 1))
	done
}

for kind in "x86_64-small $work/kernel" "s390x-qemu $images/plain"; do
	read -r machine kernel <<<"$kind"
	machine=$machines/$machine.txt
	chain "$machine" "BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro" "root=/dev/vda1 ro" "$kernel"
	chain "$machine" "BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet" "root=/dev/vda1 ro quiet console=ttyS0" \
		"$kernel" --append "quiet console=ttyS0"
	chain "$machine" "console=tty0 console=ttyS0" "console=ttyS0 console=tty0" "$kernel" --append console=tty0
done
if [ "${chains-0}" -eq 0 ]; then
	echo "SKIP: this build has no purgatory, so there are no plans to look at"
	exit 77
fi
exit $bad
