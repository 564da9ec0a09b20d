# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What all guests have in common: the emulators, and the kexec-tools of this machine's architecture. What one
# architecture needs is in guest-NAME.sh, as function guest_NAME.

# runs_with_own_libraries SCRIPT ROOT PROGRAM [ARGUMENT...]: a command that runs a program of an unpacked root by the
# loader and the libraries there. ARGUMENT stands before those of the caller.
runs_with_own_libraries() {
	local script=$1 root=$2 program=$3
	shift 3
	setup_script "$script" <<-SCRIPT
		#!/bin/sh
		exec "$root/lib64/ld-linux-x86-64.so.2" --library-path \\
			"$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu" "$root/$program" $* "\$@"
	SCRIPT
}

# Debian 12's QEMU 7.2 crashes some guests at boot, so the emulators come from the backports of the next release. They
# bring their own C library; nothing of them is installed, and no binfmt handler is registered.
guests_emulators() {
	local root=$KEXEC_TEST_CACHE/roots/qemu packages=(qemu-user) target
	for target in $KEXEC_TEST_TARGETS; do
		case $target in
		s390x) packages+=(qemu-system-s390x) ;;
		x86_64) packages+=(qemu-system-x86 ovmf) ;;
		# In a root of its own: a change to this one takes the emulators away from tests that run beside.
		ppc64le) ;;
		*) setup_die "KEXEC_TEST_TARGETS names $target, for which guests.sh has no emulator" ;;
		esac
	done
	private_apt_unpack qemu amd64 'trixie backports' deps "${packages[@]}"
	for target in $KEXEC_TEST_TARGETS; do
		[ "$target" = ppc64le ] || guests_emulator "$root" "qemu-system-$target"
	done
}

# guests_emulator ROOT NAME: the command bin/NAME.
guests_emulator() {
	runs_with_own_libraries "$KEXEC_TEST_CACHE/bin/$2" "$1" "usr/bin/$2" \
		-L "\"$1/usr/share/qemu\"" -L "\"$1/usr/share/seabios\""
}

# guests_user_emulator NAME SYSROOT: the command bin/NAME, which runs a program of another architecture with the
# libraries of its sysroot.
guests_user_emulator() {
	local script=$KEXEC_TEST_CACHE/bin/$1 root=$KEXEC_TEST_CACHE/roots/qemu
	# A dynamic emulator needs its own loader; a static one is run as it is.
	if [ -n "$(readelf -lW "$root/usr/bin/$1" | grep INTERP)" ]; then
		runs_with_own_libraries "$script" "$root" "usr/bin/$1" -L "\"$2\""
	else
		setup_script "$script" <<-SCRIPT
			#!/bin/sh
			exec "$root/usr/bin/$1" -L "$2" "\$@"
		SCRIPT
	fi
}

# It links Xen's libraries, which nothing else here needs, so it runs with its own ones too. The one of trixie: since
# 2.0.27 the system call is chosen by default.
guests_amd64_reference() {
	private_apt_unpack amd64-kexec-tools-run amd64 'trixie backports' deps kexec-tools
	runs_with_own_libraries "$REF_KEXEC_AMD64" "$REF_KEXEC_AMD64_ROOT" sbin/kexec
}

# guests_module FROM TO NAME: unpacks a module and, before it, those it depends on; TO/order lists them. What a kernel
# has built in is not there as a file.
guests_module() {
	local from=$1 to=$2 name=$3 file
	file=$(find "$from" -name "$name.ko*")
	if [ -z "$file" ] || [ -e "$to/$name.ko" ]; then
		return
	fi
	case $file in
	*.xz) xz -dc "$file" >"$to/$name.ko" ;;
	*.zst) zstd -qdc "$file" >"$to/$name.ko" ;;
	*) cp "$file" "$to/$name.ko" ;;
	esac
	for name in $(tr '\0' '\n' <"$to/$name.ko" | sed -n 's/^depends=//p' | tr ',' ' '); do
		guests_module "$from" "$to" "$name"
	done
	basename "${file%%.ko*}.ko" >>"$to/order"
}

guests_all() {
	local target
	guests_emulators
	guests_amd64_reference
	guests_reference_source
	for target in $KEXEC_TEST_TARGETS; do
		"guest_$target"
	done
	kernels_wait
}
