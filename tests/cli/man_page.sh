#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A man page and its program's --help name the same options, and groff takes the page without a warning.
set -u
. "$SRCDIR/tests/cli/helper"

# same_options PROGRAM PAGE LEAST [ARGUMENT...]: so many options at least. With these arguments it has another --help, which
# counts too.
same_options() {
	local program=$1 page=$SRCDIR/doc/$2
	"$work/nokexec" 38 "$program" --help >"$work/out" 2>&1 || fail "$2: --help gives exit code $?"
	if [ $# -gt 3 ]; then
		"$work/nokexec" 38 "$program" "${@:4}" --help >>"$work/out" 2>&1 || fail "$2: ${*:4} --help gives exit code $?"
	fi
	grep -oE -- '--[a-z0-9][a-z0-9-]+' "$work/out" | sort -u >"$work/help"
	sed 's/\\-/-/g' "$page" | grep -v '^\.\\"' | grep -oE -- '--[a-z0-9][a-z0-9-]+' | sort -u >"$work/page"
	[ "$(wc -l <"$work/help")" -ge "$3" ] || fail "$2: --help names only $(wc -l <"$work/help") options"
	diff "$work/help" "$work/page" >"$work/diff" ||
		fail "--help (<) and doc/$2 (>) differ: $(grep '^[<>]' "$work/diff" | tr '\n' ' ')"

	if command -v groff >/dev/null; then
		groff -man -Tutf8 -ww -z "$page" 2>"$work/warnings"
		[ ! -s "$work/warnings" ] || fail "groff: $(head -5 "$work/warnings")"
	fi
}

same_options "$KEXEC" kexec.8 60
same_options "$VMCORE_DMESG" vmcore-dmesg.8 4
same_options "$VMCORE_SAVE" vmcore-save.8 40 --as-makedumpfile
exit $bad
