#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The command lines of Red Hat's kdump-utils (as of March 2026): kdumpctl, 99earlykdump, mkdumprd and kdump.sh. They look at
# exit codes alone. Columns: what the kernel answers (nokexec), our exit code, that of Debian's programs of the versions in
# tests/cli/contract.
set -u
. "$SRCDIR/tests/cli/helper"
. "$SRCDIR/tests/cli/contract"

EPERM=1 ENOENT=2 EIO=5 ENOEXEC=8 ENOMEM=12 EACCES=13 EBUSY=16 EINVAL=22 ENOSYS=38 ENODATA=61 ENOPKG=65 EBADMSG=74 ELIBBAD=80
EMSGSIZE=90 EOPNOTSUPP=95 EADDRNOTAVAIL=99 ENOKEY=126 EKEYREJECTED=129

kernel=$work/vmlinuz initrd=--initrd=$work/initramfskdump.img
bzimage "$kernel" 100000
head -c 5000 /dev/zero >"$work/initramfskdump.img"
cmdline='--command-line=ro root=/dev/mapper/rhel-root irqpoll nr_cpus=1 reset_devices cgroup_disable=memory mce=off numa=off
udev.children-max=2 panic=10 acpi_no_memhotplug transparent_hugepage=never nokaslr hest_disable novmcoredd cma=0 hugetlb_cma=0'
cmdline=${cmdline//$'\n'/ }

# load_kdump_kernel: KEXEC_ARGS is "-s" by default, and with secure boot -s comes once more. kdumpctl -d adds -d.
kexec_line 0:0 0 0 -s -p "$cmdline" "$initrd" "$kernel"
kexec_line 0:0 0 0 -s -s -p "$cmdline" "$initrd" "$kernel"
kexec_line 0:0 0 0 -d -s -p "$cmdline" "$initrd" "$kernel"
kexec_line 0:0 0 0 -p "$cmdline" "$initrd" "$kernel"
kexec_line 0:0 0 0 --elf64-core-headers -p "$cmdline" "$initrd" "$kernel"
kexec_line 0:0 0 0 --elf32-core-headers -s -p "$cmdline" "$initrd" "$kernel"
# 99earlykdump: a kernel of another name, in the initrd that the machine boots with.
cp "$kernel" "$work/kernel-earlykdump"
kexec_line 0:0 0 0 -s -p "$cmdline" "$initrd" "$work/kernel-earlykdump"
# An option of ppc64's kexec, there without -s: a warning here, unknown there.
kexec_line 0:0 0 1 --dt-no-old-root -p "$cmdline" "$initrd" "$kernel"
kexec_line 0:0 0 1 --dt-no-old-root -s -p "$cmdline" "$initrd" "$kernel"
grep -q '^kexec: warning: --dt-no-old-root is for ppc64' "$work/err" || fail "--dt-no-old-root: $(cat "$work/err")"

# What the kernel says to -s. 253: "the call is not there", the rest is final.
for errno in $EPERM $ENOENT $EIO $ENOMEM $EACCES $EBUSY $ENODATA $ENOPKG $EBADMSG $ELIBBAD $EMSGSIZE $EADDRNOTAVAIL $ENOKEY \
	$EKEYREJECTED; do
	kexec_line $errno:$errno 255 255 -s -p "$cmdline" "$initrd" "$kernel"
done
for errno in $ENOEXEC $EINVAL $ENOSYS $EOPNOTSUPP; do
	kexec_line $errno:$errno 253 253 -s -p "$cmdline" "$initrd" "$kernel"
done

# Files that are not there, or are no kernel. The reference gave 1 for a kernel that is not there until 2.0.29, and gives
# 255 from 2.0.30 on.
kexec_line 0:0 255 255 -s -p "$cmdline" "--initrd=$work/none" "$kernel"
kexec_line 0:0 255 1 -s -p "$cmdline" "$initrd" "$work/none"
kexec_line 0:0 255 255 -s -p "$cmdline" "$initrd" "$work/initramfskdump.img"
# No reservation.
without_reservation
kexec_line 0:0 1 1 -s -p "$cmdline" "$initrd" "$kernel"
with_reservation

# stop_kdump: with secure boot, and without. What the kernel says to an unload is final, but for a call that is not there.
kexec_line 0:0 0 0 -s -p -u
kexec_line 0:0 0 0 -p -u
for errno in $EPERM $EBUSY $EINVAL $ENOEXEC $EOPNOTSUPP; do
	kexec_line $errno:$errno 255 255 -s -p -u
	kexec_line $errno:$errno 255 255 -p -u
done
kexec_line $ENOSYS:$ENOSYS 253 253 -s -p -u
kexec_line $ENOSYS:$ENOSYS 255 255 -p -u

# mkdumprd, check_dump_options: core_collector for a file, for ssh and raw, and mistakes in it.
dump_line 0 0 --check-params -l --message-level 7 -d 31 vmcore "$work/dump/x"
dump_line 0 0 --check-params -l --message-level 7 -d 31 -F vmcore
dump_line 0 0 --check-params -c --message-level 1 -d 31 vmcore "$work/dump/x"
dump_line 0 0 --check-params -z -d 31 --num-threads=4 vmcore "$work/dump/x"
dump_line 1 1 --check-params -l --message-level 7 -d 31 vmcore
dump_line 1 1 --check-params -l --message-level 7 -d 31 -F vmcore "$work/dump/x"
dump_line 1 1 --check-params -l --message-level 7 -d 32 vmcore "$work/dump/x"
dump_line 1 1 --check-params -l --message-level 7 --no-such-option -d 31 vmcore "$work/dump/x"
dump_line 1 1 --check-params -l --message-level 99 -d 31 vmcore "$work/dump/x"

# kdump.sh, save_vmcore_dmesg_fs: 0 and a log, or a number and nothing that is kept.
log=$FIXTURES/kernel_log-prb-le64.vmcore
dmesg_line 0 0 "$log"
[ -s "$work/out" ] || fail "vmcore-dmesg writes nothing"
dmesg_line 2 2 "$work/none"
dmesg_line 1 1
dmesg_line 1 1 "$log" "$log"

# dump_fs. Each is followed by sync -f and mv in kdump.sh.
source=$FIXTURES/vmcore_save-x86.vmcore
for threads in "" --num-threads=2; do
	# shellcheck disable=SC2086
	dump_line 0 0 -l --message-level 7 -d 31 $threads "$source" "$work/dump/vmcore-incomplete"
	"$VMCORE_SAVE" --verify "$work/dump/vmcore-incomplete" >"$work/said" 2>&1 || fail "-l $threads: $(cat "$work/said")"
done
dump_line 1 1 -l --message-level 7 -d 31 "$work/none" "$work/dump/vmcore-incomplete"
dump_line 1 1 -l --message-level 7 -d 31 "$source" "$work/dump/no-folder/vmcore-incomplete"
dump_line 0 0 -c --message-level 1 -d 31 "$source" "$work/dump/vmcore-incomplete"
dump_line 0 0 -E --message-level 1 -d 31 "$source" "$work/dump/vmcore-incomplete"

# dump_raw, and what is done with it after the reboot: each program reads what the other one wrote.
dump_line 0 0 -l --message-level 7 -d 31 -F "$source"
for writer in "$work/makedumpfile" $their_makedumpfile; do
	timeout -k 5 60 "$writer" -l --message-level 7 -d 31 -F "$source" 2>"$work/err" | dd of="$work/raw" bs=512 2>"$work/dd"
	[ "${PIPESTATUS[0]}" -eq 0 ] || fail "$writer -F: $(tail -n 2 "$work/err")"
	for reader in "$work/makedumpfile" $their_makedumpfile; do
		rm -f "$work/vmcore"
		# The reference reads on for ever where a stream was cut.
		timeout -k 5 60 "$reader" -R "$work/vmcore" <"$work/raw" >"$work/out" 2>"$work/err" ||
			fail "$reader -R: exit code $?: $(tail -n 2 "$work/err")"
		"$VMCORE_SAVE" --verify "$work/vmcore" >"$work/said" 2>&1 || fail "$writer -F, $reader -R: $(tail -n 1 "$work/said")"
	done
done
contract_end 50 40
