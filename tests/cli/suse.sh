#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The command lines of openSUSE's kdump (as of April 2026): load.sh, unload.sh, kdump-save; and of perl-Bootloader's
# kexec-bootloader. Columns as in tests/cli/red_hat.sh.
set -u
. "$SRCDIR/tests/cli/helper"
. "$SRCDIR/tests/cli/contract"

EPERM=1 ENOEXEC=8 EACCES=13 EBUSY=16 EINVAL=22 ENOSYS=38 ENOPKG=65 EBADMSG=74 EOPNOTSUPP=95 ENOKEY=126 EKEYREJECTED=129

kernel=$work/vmlinuz initrd=--initrd=$work/initrd-kdump
bzimage "$kernel" 100000
head -c 5000 /dev/zero >"$work/initrd-kdump"
append='--append=root=/dev/sda2 console=ttyS0 sysrq=yes reset_devices acpi_no_memhotplug cgroup_disable=memory nokaslr numa=off
irqpoll nr_cpus=1 root=kdump rootflags=bind rd.udev.children-max=8 disable_cpu_apicid=0 panic=1'
append=${append//$'\n'/ }

# load.sh: options behind the kernel, KEXEC_OPTIONS (nothing by default), and -a last.
kexec_line 0:0 0 0 -p "$kernel" "$append" "$initrd" -a
kexec_line 0:0 0 0 -p "$kernel" "$append" "$initrd" -d -a
kexec_line 0:0 0 0 -p "$kernel" "$append" "$initrd" -s -a
for errno in $EPERM $EACCES $EBUSY $ENOPKG $EBADMSG $ENOKEY $EKEYREJECTED; do
	kexec_line $errno:$errno 255 255 -p "$kernel" "$append" "$initrd" -a
done
# What is no signature's matter goes on with kexec_load(2). The reference reads /proc/kcore for that, which not every
# machine has that this test runs on, and then fails.
for errno in $ENOEXEC $EINVAL $ENOSYS $EOPNOTSUPP; do
	kexec_line 0:$errno 0 - -p "$kernel" "$append" "$initrd" -a
done
# --noefi sends ours there at once, and the reference's file loader knows it, too.
kexec_line 0:0 0 0 -p "$kernel" "$append" "$initrd" --noefi -a

# 2.0.29 gave 1 for a kernel that is not there, later ones give 255.
kexec_line 0:0 255 255 -p "$kernel" "$append" "--initrd=$work/none" -a
kexec_line 0:0 255 1 -p "$work/none" "$append" "$initrd" -a
kexec_line 0:0 255 255 -p "$work/initrd-kdump" "$append" "$initrd" -a
# load.sh looks at kexec_crash_size first; kexec says it again.
without_reservation
kexec_line 0:0 1 1 -p "$kernel" "$append" "$initrd" -a
with_reservation

# unload.sh
kexec_line 0:0 0 0 -a -p -u
for errno in $EPERM $EBUSY; do
	kexec_line $errno:$errno 255 255 -a -p -u
done
# Without the one call, the other one is asked.
kexec_line 0:$ENOSYS 0 0 -a -p -u
kexec_line $ENOSYS:$ENOSYS 255 255 -a -p -u

# kexec-bootloader, before a reboot.
kexec_line 0:0 0 0 -a -l "$kernel" "$initrd" "$append"
kexec_line 0:0 0 0 -l "$kernel" "$initrd" "$append"
kexec_line 0:$ENOSYS 0 0 -a -l "$kernel" "$initrd" "$append"
kexec_line $EPERM:$EPERM 255 255 -a -l "$kernel" "$initrd" "$append"

# kdump-save: the log first. Of it, standard error is parsed for the dump's name. Recorded by hand on a dump of Debian 12's
# 6.1: the made one has less than the reference wants for a log.
source=$FIXTURES/vmcore_save-x86.vmcore
dump_line 0 - -F --message-level 8 --dump-dmesg "$source"
grep -q 'line 99 of the log' "$work/out" || fail "--dump-dmesg: no log on standard output: $(head -n 2 "$work/out")"
for key in OSRELEASE CRASHTIME; do
	[ "$(sed -n "s/^ *$key=//p" "$work/err" | wc -l)" -eq 1 ] || fail "--dump-dmesg: not one $key on standard error"
done
dump_line 1 1 -F --message-level 8 --dump-dmesg "$work/none"

# Then the dump, for each KDUMP_DUMPFORMAT, always flattened: the pages are there, and the reference's -R reads it.
for format in -E -c -l -p -z; do
	for threads in "" "--num-threads 2"; do
		# shellcheck disable=SC2086
		dump_line 0 - -F $format $threads --message-level 6 -d 31 "$source"
		for reader in "$work/makedumpfile" $their_makedumpfile; do
			rm -f "$work/vmcore"
			timeout -k 5 60 "$reader" -R "$work/vmcore" <"$work/out" >"$work/said" 2>&1 ||
				fail "$reader -R of $format: $(tail -n 2 "$work/said")"
			"$VMCORE_SAVE" --verify "$work/vmcore" >"$work/said" 2>&1 || fail "$format $threads, $reader -R: $(tail -n 1 "$work/said")"
		done
	done
done
# These formats were compiled into the recorded version, and take threads but for ELF.
for format in -c -l "-l --num-threads 2" -E; do
	# shellcheck disable=SC2086
	dump_line 0 0 -F $format --message-level 6 -d 31 "$source"
done
dump_line 1 1 -F -c --message-level 6 -d 31 "$work/none"
# The reference takes that for level 0.
dump_line 1 0 -F -c --message-level 6 -d x "$source"
# One level for each try, as KDUMP_DUMPLEVEL has it.
for level in 0 1 3 7 15 31; do
	dump_line 0 0 -F -c --message-level 6 -d $level "$source"
done
contract_end 40 25
