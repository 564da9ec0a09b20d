#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The man page and --help name the same options, and groff takes the page without a warning.
set -u
. "$SRCDIR/tests/cli/helper"

page=$SRCDIR/doc/kexec.8
kexec --help
grep -oE -- '--[a-z0-9][a-z0-9-]+' "$work/out" | sort -u >"$work/help"
sed 's/\\-/-/g' "$page" | grep -v '^\.\\"' | grep -oE -- '--[a-z0-9][a-z0-9-]+' | sort -u >"$work/page"
[ "$(wc -l <"$work/help")" -gt 60 ] || fail "--help names only $(wc -l <"$work/help") options"
diff "$work/help" "$work/page" >"$work/diff" ||
	fail "--help (<) and doc/kexec.8 (>) differ: $(grep '^[<>]' "$work/diff" | tr '\n' ' ')"

if command -v groff >/dev/null; then
	groff -man -Tutf8 -ww -z "$page" 2>"$work/warnings"
	[ ! -s "$work/warnings" ] || fail "groff: $(head -5 "$work/warnings")"
fi
exit $bad
