#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# doc/kdump.conf.5 and the file that is installed have every key that the program has, no other one, and its defaults.
set -u
. "$SRCDIR/tests/cli/helper"

mkdir -p "$work/root/proc/sys/kernel"
page=$SRCDIR/doc/kdump.conf.5
sed 's/\\-/-/g' "$page" >"$work/page"
for machine in x86_64 s390x ppc64le aarch64 riscv64; do
	echo $machine >"$work/root/proc/sys/kernel/arch"
	"$work/nokexec" 38 "$KDUMP_SERVICE" print --root="$work/root" >"$work/print" 2>"$work/err" ||
		fail "print gives exit code $?: $(head -2 "$work/err")"
	# Each word that is added or left out has a reason.
	words=$(sed -n 's/^CommandLine\(Append\|Remove\)=//p' "$work/print")
	[ "$(echo "$words" | wc -w)" -gt 18 ] || fail "$machine: no default words: $words"
	for word in $words; do
		grep -qE "^\\.(B|BR) (.* )?$word( |\$)" "$work/page" || fail "$machine: doc/kdump.conf.5 gives no reason for $word"
	done
done
grep -oE '^[A-Za-z]+=' "$work/print" | sort -u >"$work/keys"
[ "$(wc -l <"$work/keys")" -ge 22 ] || fail "print shows only $(wc -l <"$work/keys") keys"
grep -oE '^\.BI [A-Z][A-Za-z]+=' "$work/page" | sed 's/.* //' | sort -u >"$work/described"
diff "$work/keys" "$work/described" >"$work/diff" ||
	fail "the program (<) and doc/kdump.conf.5 (>): $(grep '^[<>]' "$work/diff" | tr '\n' ' ')"
grep -oE '^#[A-Za-z]+=' "$SRCDIR/kdump/kdump.conf" | tr -d '#' | sort -u >"$work/sample"
diff "$work/keys" "$work/sample" >"$work/diff" ||
	fail "the program (<) and kdump/kdump.conf (>): $(grep '^[<>]' "$work/diff" | tr '\n' ' ')"
grep -v '^#' "$SRCDIR/kdump/kdump.conf" | grep -vE '^(\[(Load|Save)\]|)$' >"$work/set" && fail "kdump/kdump.conf sets $(cat "$work/set")"

if command -v groff >/dev/null; then
	groff -man -Tutf8 -ww -z "$page" 2>"$work/warnings"
	[ ! -s "$work/warnings" ] || fail "groff: $(head -5 "$work/warnings")"
fi
exit $bad
