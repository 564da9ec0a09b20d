#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Why the kernel said no: lockdown, secure boot, sysctls, signatures, each on a system made of a few files.
set -u
. "$SRCDIR/tests/cli/helper"

${CC:-cc} -std=c17 -D_GNU_SOURCE -I"$BUILDDIR" -I"$SRCDIR/include" -I"$SRCDIR" -o "$work/denial" \
	"$SRCDIR/tests/cli/denial.c" "$SRCDIR/kexec/run_denial.c" "$SRCDIR/kexec/base/"{arena,blob,err,file}.c ||
	fail "the driver cannot be compiled"

EPERM=1 EACCES=13 ENOKEY=126 EKEYREJECTED=129
system() {
	rm -rf "$work/root"
	mkdir -p "$work/root/proc/sys/kernel" "$work/root/sys/kernel/security" "$work/root/sys/firmware/efi/efivars"
	[ -z "${1-}" ] || echo "$1" >"$work/root/sys/kernel/security/lockdown"
}

# told WORDS ARGUMENT...: the driver says words; "" = adds nothing.
told() {
	local words=$1 said
	shift
	said=$("$work/denial" "$work/root" "$@") || fail "denial $*: exit code $?"
	case "$words" in
	"") [ "$said" = "the call failed" ] || fail "denial $*: says \"$said\", expected nothing" ;;
	*) grep -qF -- "$words" <<<"$said" || fail "denial $*: \"$said\" does not say \"$words\"" ;;
	esac
}
not_told() {
	! "$work/denial" "$work/root" "${@:2}" | grep -qF -- "$1" || fail "denial ${*:2}: says \"$1\""
}

system "[none] integrity confidentiality"
told "CAP_SYS_BOOT" $EPERM 1000 file
told "security module" $EPERM 0 file
told "security module" $EACCES 0 load
told "" $EKEYREJECTED 0 file
told "-c loads by kexec_load(2)" $ENOKEY 0 file other
told "" 0 0 file other
told "signature of the kernel inside of /boot/uki" $ENOKEY 0 file inside=/boot/uki

for level in "none [integrity] confidentiality" "none integrity [confidentiality]"; do
	system "$level"
	told "locked down: only a kernel with a signature that it trusts" $EPERM 0 file
	told "inside of /boot/uki" $EPERM 0 file inside=/boot/uki
	told "only a signed kernel can be loaded, with -s" $EPERM 0 load possible
	not_told "cannot be done" $EPERM 0 load possible
	told "what was asked for cannot be done with that" $EPERM 0 load
	told "unloads by kexec_file_load(2) only" $EPERM 0 unload
	told "there is no other way" $EKEYREJECTED 0 file other
	not_told "-c loads" $EKEYREJECTED 0 file other
	not_told "secure boot" $EPERM 0 file
done
printf '\6\0\0\0\1' >"$work/root/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
told "locked down, and secure boot is on" $EPERM 0 file
told "locked down, and secure boot is on" $EPERM 0 load
printf '\6\0\0\0\0' >"$work/root/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
not_told "secure boot" $EPERM 0 file

# Power: PowerVM enforces from 2 on, bare metal says so by a property. There IMA refuses, without lockdown, too.
system "none [integrity] confidentiality"
mkdir -p "$work/root/proc/device-tree"
for number in 0 1; do
	printf "\0\0\0\\$number" >"$work/root/proc/device-tree/ibm,secure-boot"
	not_told "secure boot" $EPERM 0 file
done
printf '\0\2' >"$work/root/proc/device-tree/ibm,secure-boot"
not_told "secure boot" $EPERM 0 file
printf '\0\0\0\2' >"$work/root/proc/device-tree/ibm,secure-boot"
told "locked down, and secure boot is on" $EPERM 0 file
told "locked down, and secure boot is on" $EPERM 0 load
echo "[none] integrity confidentiality" >"$work/root/sys/kernel/security/lockdown"
told "Secure boot is on: only a kernel with a signature that it trusts can be loaded" $EACCES 0 file
told "inside of /boot/zImage" $EACCES 0 file inside=/boot/zImage
told "Secure boot is on: only a signed kernel can be loaded, with -s" $EACCES 0 load
told "security module" $EPERM 0 unload
rm "$work/root/proc/device-tree/ibm,secure-boot"
told "security module" $EACCES 0 file
mkdir "$work/root/proc/device-tree/ibm,secureboot"
told "security module" $EACCES 0 file
: >"$work/root/proc/device-tree/ibm,secureboot/os-secureboot-enforcing"
told "Secure boot is on" $EACCES 0 file

system
echo 1 >"$work/root/proc/sys/kernel/kexec_load_disabled"
told "kexec_load_disabled is 1" $EPERM 0 file
echo 0 >"$work/root/proc/sys/kernel/kexec_load_disabled"
not_told "kexec_load_disabled" $EPERM 0 file
echo 0 >"$work/root/proc/sys/kernel/kexec_load_limit_panic"
echo -1 >"$work/root/proc/sys/kernel/kexec_load_limit_reboot"
not_told "kexec_load_limit" $EPERM 0 load
told "kexec_load_limit_panic is 0" $EPERM 0 load crash

exit $bad
