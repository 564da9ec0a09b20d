#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A file that may not be read is no refusal by the kernel to load: nothing is said of privileges for that, and no other
# system call is tried.
set -u
. "$SRCDIR/tests/cli/helper"

cp "$images/plain" "$work/kernel"
chmod 000 "$work/kernel"
cp "$machines/s390x-qemu.txt" "$work/machine"
chmod 644 "$work/machine"
: >"$work/ram"
chmod 000 "$work/ram"

# Root reads everything, so somebody else has to try, with a program that is not below a closed directory.
as=()
if [ "$(id -u)" = 0 ]; then
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	if ! "${as[@]}" true 2>/dev/null; then
		echo "SKIP: this is root, and setpriv cannot make it somebody else"
		exit 77
	fi
fi
chmod 755 "$work"
cp "$KEXEC" "$work/kexec"

# refused WORDS ARGUMENT...
refused() {
	local words=$1
	shift
	"${as[@]}" "$work/nokexec" 38 "$work/kexec" "$@" >"$work/out" 2>"$work/err" &&
		fail "kexec $*: exit code 0, though a file cannot be read"
	grep -qF -- "$words" "$work/err" || fail "kexec $*: does not say \"$words\": $(cat "$work/err")"
	! grep -qE 'CAP_SYS_BOOT|did not help|trying|lockdown|container' "$work/err" ||
		fail "kexec $*: takes it for a refusal to load: $(cat "$work/err")"
}

refused "cannot open $work/kernel: Permission denied" -d -p --dry-run --machine "$work/machine" "$work/kernel"
refused "cannot open $work/kernel: Permission denied" -d -l --dry-run --machine "$work/machine" "$work/kernel"
refused "cannot open $work/kernel: Permission denied" -d -s -l --dry-run --machine "$work/machine" "$work/kernel"

if kexec -p --dry-run --machine "$machines/s390x-qemu.txt" "$images/plain"; then
	cp "$images/plain" "$work/whole"
	chmod 644 "$work/whole"
	refused "cannot open $work/ram for writing: Permission denied" -p --machine "$work/machine" "$work/whole" \
		--realmem "$work/ram"
	refused "initrd $work/kernel: cannot open it: Permission denied" -p --dry-run --machine "$work/machine" \
		--initrd "$work/kernel" "$work/whole"
else
	grep -q "built without the purgatory" "$work/err" || fail "kexec -p --dry-run: $(cat "$work/err")"
fi

exit $bad
