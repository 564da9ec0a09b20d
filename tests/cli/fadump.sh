#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Firmware-assisted dump of Power machines in every state that the kernel shows, below made roots: -p, -p -u, -S,
# --status=verbose, -e, -f and -l. Nothing below a root may ever change.
set -u
. "$SRCDIR/tests/cli/helper"

root=$work/root
kernel=$work/kernel
head -c 100000 /dev/zero | tr '\0' k >"$kernel"

# control NAME TEXT
control() {
	echo "$2" >"$root/sys/kernel/$fadump$1"
}

# state NAME [old]: the machine of 2 GiB in that state of doc/kexec.8, by the names from Linux 5.7 on or by the older ones
state() {
	rm -rf "$root"
	make_root "$root" "00000000-7fffffff : System RAM"
	echo "BOOT_IMAGE=/vmlinux root=/dev/sda2 fadump=on crashkernel=512M" >"$root/proc/cmdline"
	mkdir -p "$root/proc/device-tree/rtas"
	printf '\0\0\0\x2a' >"$root/proc/device-tree/rtas/ibm,configure-kernel-dump"
	echo 0 >"$root/sys/kernel/kexec_loaded"
	echo 0 >"$root/sys/kernel/kexec_crash_loaded"
	echo 0 >"$root/sys/kernel/kexec_crash_size"
	[ "$1" = unsupported ] && return
	fadump=fadump/
	if [ "${2-}" = old ]; then
		fadump=fadump_
	else
		mkdir "$root/sys/kernel/fadump"
	fi
	control enabled 1
	control registered 0
	if [ "$fadump" = fadump/ ]; then
		control mem_reserved 536936880
		control hotplug_ready 1
		control bootargs_append ""
	fi
	case $1 in
	off) control enabled 0 ;;
	disarmed) ;;
	armed) control registered 1 ;;
	pending)
		control release_mem ""
		echo core >"$root/proc/vmcore"
		;;
	gone) control release_mem "" ;;
	released-armed)
		control registered 1
		control release_mem ""
		;;
	*) fail "no state $1" ;;
	esac
	case $1 in
	pending | gone | released-armed) printf '\0\0\0\1' >"$root/proc/device-tree/rtas/ibm,kernel-dump" ;;
	esac
}

# on CODE WORDS ARGUMENT...: gives, for that machine, which stays as it is
on() {
	local before
	before=$(cd "$root" && find . -type f -exec sha256sum {} + | sort)
	gives "$1" "$2" --arch ppc64le --root "$root" "${@:3}"
	[ "$before" = "$(cd "$root" && find . -type f -exec sha256sum {} + | sort)" ] ||
		fail "kexec ${*:3} has changed the root"
}
words() {
	grep -qF -- "$1" "$work/out" || fail "stdout does not say \"$1\": $(cat "$work/out")"
}
no_words() {
	! grep -qF -- "$1" "$work/out" || fail "stdout says \"$1\""
}

# Exit codes of -S, quiet; and the words.
# looks STATE CODE WORDS-OF-VERBOSE
looks() {
	for names in new old; do
		state "$1" $names
		on "$2" "" -S
		[ ! -s "$work/out" ] || fail "-S says something: $(head -2 "$work/out")"
		on "$2" "" -p -S
		on "$2" "" --status --load-panic
		on 0 "" -l -S
		on "$2" "" --status=verbose
		words "$3"
		words "kdump: no crash kernel is loaded"
	done
	state "$1"
	echo 1 >"$root/sys/kernel/kexec_crash_loaded"
	on 1 "" -S
	on 1 "" --status=verbose
	words "kdump: a crash kernel is loaded"
	rm "$root/sys/kernel/kexec_crash_loaded"
	case $1 in
	unsupported | off)
		on 255 "kexec_crash_loaded cannot be read" -S
		on 255 "kexec_crash_loaded cannot be read" --status=verbose
		;;
	*) on "$2" "" -S ;;
	esac
}
looks unsupported 0 "fadump: not supported"
looks off 0 "fadump: off: supported, and the running kernel does not use it"
looks disarmed 0 "fadump: disarmed: the kernel uses it, and nothing is registered with firmware"
looks armed 1 "fadump: armed: registered with firmware: a crash will be dumped"
looks pending 0 "fadump: capture pending: this boot has a dump to save from /proc/vmcore"
looks gone 0 "refused or which was released"
looks released-armed 1 "unsafe, for memory of the registration is in use"

state armed
on 1 "" --status=verbose
words "crash: prepared for, by firmware-assisted dump"
words "fadump reserve: 536936880 bytes (512 MiB)"
words "fadump boot memory (by mem_reserved): 536870912 bytes (512 MiB)"
words "fadump hotplug: ready"
words "capture: no dump waits"
words "note: which kernel the default boot entry starts could not be seen"
on 0 "" -l --status=verbose
words "normal kernel: not loaded"
state pending
on 0 "" --status=verbose
words "crash: not prepared for"
words "capture: a firmware-assisted dump waits in /proc/vmcore"
state gone
on 0 "" --status=verbose
words "device tree: still has the dump that is over"
gives 1 "expected verbose, or no value" --status=more
gives 1 "expected verbose, or no value" --status=verbose=1

# What cannot be understood is told by the status, and keeps from acting; where it is the state, it is no status.
state armed
control hotplug_ready maybe
on 1 "" -S
on 1 "" --status=verbose
words 'hotplug_ready: "maybe" found'
on 1 'hotplug_ready: "maybe" found' -p --dry-run
on 255 'hotplug_ready: "maybe" found' -p -u --dry-run
state armed
control registered maybe
on 255 'would be dumped by firmware: ' -S
on 1 'registered: "maybe" found' -p --dry-run
on 0 "" -l -S

# Registering: a plan below a made root, with a kernel image or without, by any system call.
for names in new old; do
	[ $names = new ] && path=/sys/kernel/fadump/ || path=/sys/kernel/fadump_
	for mode in "" -s -c -a; do
		for now in disarmed armed; do
			state $now $names
			on 0 - -p $mode --dry-run
			says "fadump-plan 1"
			says "write ${path}registered 1"
			no_words bootargs_append
			on 0 "firmware boots the default boot entry, not $kernel" -p $mode --dry-run "$kernel" --initrd "$work/none"
			[ "$(grep -c "not $kernel" "$work/err")" -eq 1 ] || fail "the warning does not come once"
			says "write ${path}registered 1"
			on 1 "cannot register with firmware" -p $mode
		done
		state off $names
		on 255 "No kernel specified" -p $mode --dry-run
		grep -qF "and the kernel turned it off" "$work/err" || fail "-p alone does not say why there is none"
		state pending $names
		on 1 "a dump waits in /proc/vmcore: save it" -p $mode --dry-run "$kernel"
		on 1 "a dump waits in /proc/vmcore: save it" -p $mode --dry-run --force-fadump
		for now in gone released-armed; do
			state $now $names
			on 1 "--force-fadump registers nevertheless" -p $mode --dry-run "$kernel"
			on 0 "warning: registering though memory of an earlier dump was freed" -p $mode --dry-run --force-fadump
			says "write ${path}registered 1"
		done
	done
done

# What is passed to the capture boot.
state armed
on 0 - -p --dry-run --append "nr_cpus=1 reset_devices"
says "write /sys/kernel/fadump/bootargs_append nr_cpus=1 reset_devices"
on 0 - -p --dry-run --append "nr_cpus=1" --append "root=/dev/sda2 fadump=on nr_cpus=2"
says "write /sys/kernel/fadump/bootargs_append nr_cpus=2"
on 0 "of --append, BOOT_IMAGE=, elfcorehdr=, crashkernel= and fadump= are left out" -p --dry-run --append "x crashkernel=1M"
says "write /sys/kernel/fadump/bootargs_append x"
on 0 - -p --dry-run --append ""
says "write /sys/kernel/fadump/bootargs_append "
on 0 "the text of --command-line is not used" -p --dry-run --command-line "root=/dev/sda2 nr_cpus=1"
no_words bootargs_append
on 1 "control characters" -p --dry-run --append "a
b"
line=$(cat "$root/proc/cmdline")
fits=$(printf "%0$((2046 - ${#line}))d" 0)
on 0 - -p --dry-run --append "$fits"
says "write /sys/kernel/fadump/bootargs_append $fits"
on 1 "would have 2047 characters: ${#line} of the running kernel" -p --dry-run --append "${fits}x"
rm "$root/sys/kernel/fadump/bootargs_append"
on 0 "\"nr_cpus=1\" is not passed to the capture boot: the running kernel has no bootargs_append" -p --dry-run --append nr_cpus=1
no_words bootargs_append
state gone
on 0 "\"nr_cpus=1\" is not passed to the capture boot: the memory for it was freed" -p --dry-run --force-fadump \
	--append nr_cpus=1
no_words bootargs_append

# Sizes, the firmware's code, and the default boot entry.
state armed
control mem_reserved $(((256 << 20) + 66000))
on 0 "boot memory is 256 MiB, and the capture kernel needs at least 320 MiB" -p --dry-run
state armed
echo "fadump=on crashkernel=1G" >"$root/proc/cmdline"
on 0 "crashkernel=1G asks for 1024 MiB, and firmware-assisted dump gets at most a quarter of the 2048 MiB" -p --dry-run
echo "fadump=on crashkernel=1G-2G:256M,2G-4G:1G,4G-:2G@32M" >"$root/proc/cmdline"
on 0 "asks for 1024 MiB" -p --dry-run
printf '\x2f\xff\0\0' >"$root/proc/device-tree/rtas/linux,rtas-base"
printf '\0\0\x10\0' >"$root/proc/device-tree/rtas/rtas-size"
on 0 "RTAS ends at 0x2fff1000, above the 512 MiB of boot memory" -p --dry-run
state gone
printf '\x2f\xff\0\0' >"$root/proc/device-tree/rtas/linux,rtas-base"
printf '\0\0\x10\0' >"$root/proc/device-tree/rtas/rtas-size"
on 1 "the firmware code that registering calls" -p --dry-run --force-fadump
printf '\x0f\xff\0\0' >"$root/proc/device-tree/rtas/linux,rtas-base"
on 0 "warning: registering though" -p --dry-run --force-fadump
state armed
mkdir -p "$root/boot/loader/entries" "$root/boot/grub2"
on 0 "could not be seen" -p --dry-run
ln -s vmlinux-6.12.0 "$root/boot/vmlinux"
on 0 "by $root/boot/vmlinux the default boot entry starts 6.12.0, which is running" -p --dry-run
printf 'saved_entry=abc\n' >"$root/boot/grub2/grubenv"
printf 'title x\nlinux /vmlinuz-6.11.0 quiet\n' >"$root/boot/loader/entries/abc.conf"
on 0 "warning: by $root/boot/loader/entries/abc.conf the default boot entry starts 6.11.0, and 6.12.0 is running" -p --dry-run

# Why there is none.
state off
echo "fadump=on crashkernel=256M" >"$root/proc/cmdline"
echo 268435456 >"$root/sys/kernel/kexec_crash_size"
on 254 - -p --dry-run -c "$kernel"
grep -qF "it reserved 256 MiB for kdump instead: crashkernel=256M gives 256 MiB of boot memory, and this platform needs 320 MiB" \
	"$work/err" || fail "too small a crashkernel= is not explained: $(cat "$work/err")"
on 0 "" --status=verbose
words "this platform needs 320 MiB. Boot with crashkernel=320M or more"

# Unregistering.
for now in unsupported off; do
	state $now
	on 0 "" -p -u --dry-run
	says "unload crash"
done
for now in disarmed pending gone; do
	state $now
	on 0 "" -p -u --dry-run
	says "write /sys/kernel/fadump/registered 0: not needed, nothing is registered"
	no_words unload
	on 0 "" -p -u
done
for now in armed released-armed; do
	state $now
	on 0 "" -p -u --dry-run
	says "write /sys/kernel/fadump/registered 0"
	no_words unload
	on 1 "cannot unregister from firmware" -p -u
	on 0 "" -u --dry-run
	says "unload normal"
	echo 1 >"$root/sys/kernel/kexec_crash_loaded"
	on 0 "" -p -u --dry-run
	says "unload crash"
done

# Starting a kernel loses a dump that is not saved.
for now in unsupported off disarmed armed gone released-armed; do
	state $now
	on 0 "" -e --dry-run
	says execute
done
state pending
on 1 "A firmware-assisted dump waits in /proc/vmcore, and would be lost" -e --dry-run
on 1 "would be lost" -e
on 1 "would be lost" -e -f --dry-run
on 1 "would be lost" -f --dry-run "$kernel"
on 1 "would be lost" --dry-run "$kernel"
on 0 "" -e --dry-run --discard-dump
says execute
on 1 "cannot start a kernel" -e --discard-dump

# The made machines of tests/mk/power_trees.py, whose device trees are whole.
# known STATE CODE-OF-S WORDS
known() {
	rm -rf "$root"
	cp -a "$FIXTURES/power/fadump-$1" "$root"
	on "$2" "" -S
	on "$2" "" --status=verbose
	words "fadump: $3:"
}
image=$FIXTURES/ppc64_load/le
over="this boot began with a firmware-assisted dump, which is gone"
for now in unsupported:0:not_supported off:0:off off-kdump:0:off armed:1:armed disarmed:0:disarmed \
	pending:0:capture_pending pending-radix:0:capture_pending gone:0:dump_gone released-armed:1:armed_after_release \
	legacy:1:armed legacy-pending:0:capture_pending pending-opal:0:capture_pending; do
	IFS=: read -r name code what <<<"$now"
	known "$name" "$code" "${what//_/ }"

	# Loading: by a plan of ours, whose tree lacks what is over; or by the kernel, which hands it on.
	case $name in
	pending-opal)
		on 1 "a firmware-assisted dump waits to be saved" -l --dry-run "$image"
		on 0 "a firmware-assisted dump waits to be saved" -s -l --dry-run "$image"
		;;
	gone | released-armed)
		on 0 "" -l --dry-run "$image"
		on 0 "warning: $over" -s -l --dry-run "$image"
		grep -qF "Without -s, kexec_load(2) is used" "$work/err" || fail "-s -l: no way out is named"
		on 0 "" -c -l --dry-run "$image"
		;;
	*pending*)
		on 0 "a firmware-assisted dump waits to be saved" -s -l --dry-run "$image"
		on 0 "a firmware-assisted dump waits to be saved" -c -l --dry-run "$image"
		on 0 "a firmware-assisted dump waits to be saved" -l --dry-run "$image"
		;;
	*)
		on 0 "" -s -l --dry-run "$image"
		on 0 "" -c -l --dry-run "$image"
		;;
	esac
	case $name in
	*pending*)
		on 1 "would be lost" -e --dry-run
		on 1 "a dump waits in /proc/vmcore" -p --dry-run "$image"
		;;
	gone | released-armed)
		on 0 "" -e --dry-run
		on 1 "Not registered" -p --dry-run "$image"
		;;
	armed | disarmed | legacy)
		on 0 "" -e --dry-run
		on 0 "boots the default boot entry, not $image" -p --dry-run "$image"
		;;
	off-kdump)
		on 0 "fadump=on is on the command line, and the kernel turned it off; it reserved" -p --dry-run "$image"
		;;
	unsupported) on 0 "" -p --dry-run "$image" ;;
	*) on 1 "Memory for crashkernel is not reserved" -p --dry-run "$image" ;;
	esac
done

# What cannot be read is no state.
state armed
echo maybe >"$root/sys/kernel/fadump/registered"
for what in -S --status=verbose; do
	on 255 "sys/kernel/fadump/registered" $what
done
on 1 "sys/kernel/fadump/registered" -p --dry-run
on 1 "cannot tell whether a firmware-assisted dump waits" -e --dry-run
on 255 "sys/kernel/fadump/registered" -p -u --dry-run
rm "$root/sys/kernel/fadump/registered"
on 255 "registered is missing" -S

exit $bad
