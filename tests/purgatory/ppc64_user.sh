#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SHA-256 of the Power purgatories, which the program on Power hosts has too, as programs under user emulation in both
# byte orders: portable, by vshasigma, and which of them a CPU gets.
# shellcheck source-path=SCRIPTDIR source=common
. "$(dirname "$0")/common"
find_tool PPC64_CC powerpc64-linux-gnu-gcc
find_tool PPC64LE_CC powerpc64le-linux-gnu-gcc
find_tool QEMU_USER_PPC64LE qemu-ppc64le
if [ -z "${QEMU_USER_PPC64:-}" ] && [ -e "$SRCDIR/tests/setup/env" ]; then
	# One package has the emulators of both orders.
	beside=$(. "$SRCDIR/tests/setup/env" >/dev/null && printf '%s' "$KEXEC_TEST_CACHE/roots/qemu/usr/bin/qemu-ppc64")
	[ -x "$beside" ] && QEMU_USER_PPC64=$beside
fi
find_tool QEMU_USER_PPC64 qemu-ppc64

hosted=(-std=gnu17 -O2 -fno-strict-aliasing -Wall -Wextra -Werror -static -I"$SRCDIR/include" -I"$SRCDIR")
sources=("$SRCDIR/tests/purgatory/user_vshasigma.c" "$SRCDIR/purgatory/sha256.c" "$SRCDIR/kexec/base/sha256_select.c")

# check_sha256 PROGRAM CHOICE EMULATOR [ARGUMENT...]
check_sha256() {
	local program=$1 choice=$2 size expected found
	shift 2
	for size in 0 1 55 56 64 1013 1014 300000; do
		"$PYTHON" -c "open('$work/data', 'wb').write(bytes(i * i % 251 for i in range($size)))"
		expected=$(sha256sum <"$work/data" | cut -d' ' -f1)
		found=$("$@" "$work/$program" "$choice" <"$work/data")
		if [ "$found" != "$expected" ]; then
			echo "$program: SHA-256 of $size bytes by $choice: $found, expected $expected"
			exit 1
		fi
	done
	echo "ok $program by $choice"
}

# build PROGRAM CC FLAG...: only the one file with vectors is compiled for a CPU that has them.
build() {
	local program=$1 cc=$2
	shift 2
	# shellcheck disable=SC2086
	$cc "${hosted[@]}" "$@" -maltivec -c -o "$work/vshasigma.o" "$SRCDIR/purgatory/arch/ppc64/sha256_vshasigma.c"
	# shellcheck disable=SC2086
	$cc "${hosted[@]}" "$@" -o "$work/$program" "${sources[@]}" "$work/vshasigma.o"
}

build big "$PPC64_CC" -mcpu=powerpc64
check_sha256 big vshasigma "$QEMU_USER_PPC64" -cpu power9
check_sha256 big portable "$QEMU_USER_PPC64" -cpu power7
check_sha256 big portable "$QEMU_USER_PPC64" -cpu 970
build little "$PPC64LE_CC" -mcpu=power8
check_sha256 little vshasigma "$QEMU_USER_PPC64LE" -cpu power8
check_sha256 little vshasigma "$QEMU_USER_PPC64LE" -cpu power10
