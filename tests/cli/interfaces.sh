#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Network interfaces go down for a start only: not where nothing is known to be loaded, and they come up again where the
# start fails. What changes interfaces runs in a network namespace of its own.
set -u
. "$SRCDIR/tests/cli/helper"

if ! command -v strace ip unshare >/dev/null || ! unshare -rn ip link add kx0 type veth peer name kx1 2>"$work/why"; then
	echo "SKIP: strace, ip and unshare with network namespaces are needed: $(cat "$work/why")"
	exit 77
fi

# This machine: nokexec lets no change through, and none may be tried.
if [ "$(cat /sys/kernel/kexec_loaded 2>/dev/null)" != 1 ]; then
	strace -f -o "$work/trace" -e trace=ioctl "$work/nokexec" 38 "$KEXEC" -e -y >"$work/out" 2>"$work/err"
	tried=$(grep SIOCSIFFLAGS "$work/trace" | grep -vc 'ioctl(-1,')
	[ "$tried" -eq 0 ] || fail "kexec -e with nothing loaded changed interfaces: $(cat "$work/trace")"
fi

${CC:-cc} -std=c17 -D_GNU_SOURCE -I"$SRCDIR/include" -I"$SRCDIR" -o "$work/interfaces" "$SRCDIR/tests/cli/interfaces.c" \
	"$SRCDIR/kexec/exec/interfaces.c" "$SRCDIR/kexec/base/arena.c" || fail "the driver cannot be compiled"
cat >"$work/inside" <<'SCRIPT'
set -eu
ip link add kx0 type veth peer name kx1
ip link add kx2 type veth peer name kx3
ip link set lo up
ip link set kx0 up
ip link set kx1 up
mkfifo "$1/go"
"$1/interfaces" <"$1/go" >"$1/said" &
exec 3>"$1/go"
while ! grep -q 'down kx' "$1/said"; do sleep 0.1; done
sleep 0.1
ip -o link show up >"$1/during"
echo go >&3
wait $!
ip -o link show up >"$1/after"
SCRIPT
timeout 30 unshare -rn bash "$work/inside" "$work" || fail "the driver failed: $(cat "$work/said")"
[ "$(sort "$work/said")" = "$(printf 'down kx0\ndown kx1\nup 1')" ] || fail "taken down: $(cat "$work/said")"
[ "$(grep -c kx "$work/during")" -eq 0 ] || fail "still up: $(cat "$work/during")"
grep -q ' lo:' "$work/during" || fail "lo went down"
[ "$(grep -c 'kx[01]@' "$work/after")" -eq 2 ] || fail "not up again: $(cat "$work/after")"
[ "$(grep -c 'kx[23]@' "$work/after")" -eq 0 ] || fail "up that was not: $(cat "$work/after")"
exit $bad
