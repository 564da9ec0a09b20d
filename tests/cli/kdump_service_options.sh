#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kdump-service's command line: verbs, what goes with which, exit codes, where messages go, and that the man page and
# --help say the same.
set -u
. "$SRCDIR/tests/cli/helper"

root=$work/root
mkdir -p "$root/proc" "$root/etc"

# service CODE WORDS ARGUMENT...: the exit code, and words on stderr ("" = nothing there).
service() {
	local wanted=$1 words=$2 code
	shift 2
	"$work/nokexec" 38 "$KDUMP_SERVICE" "$@" >"$work/out" 2>"$work/err"
	code=$?
	[ $code -eq "$wanted" ] || fail "$*: exit code $code, expected $wanted: $(head -3 "$work/err")"
	if [ -z "$words" ]; then
		[ ! -s "$work/err" ] || fail "$*: expected nothing on stderr: $(cat "$work/err")"
	else
		grep -qF -- "$words" "$work/err" || fail "$*: stderr does not say \"$words\": $(cat "$work/err")"
	fi
	if grep -qE 'Sanitizer|runtime error' "$work/err"; then
		fail "$*: $(grep -E -m1 'Sanitizer|runtime error' "$work/err")"
	fi
}

service 0 "" --help
grep -q '^Usage: kdump-service VERB' "$work/out" || fail "--help: $(head -1 "$work/out")"
for verb in load unload status test build save print; do
	grep -qE "^  $verb " "$work/out" || fail "--help does not name $verb"
done
service 0 "" -h
service 0 "" load --help
service 0 "" nonsense --help
service 0 "" --version
grep -qE '^kdump-service [0-9]+\.[0-9]' "$work/out" || fail "--version: $(cat "$work/out")"
service 0 "" status -v

service 2 "a verb is expected"
service 2 "nonsense: unknown verb; expected load, unload, status, test, build, save or print" nonsense
service 2 "unknown verb" Load
service 2 "unknown verb" ""
service 2 "more: nothing is expected behind status" status more
service 2 "two: nothing is expected behind build" build 6.12.0 two
service 2 "nothing is expected behind --" status -- x
service 2 "--nonsense is no option" status --nonsense
service 2 "-z is no option" status -z
service 2 "--config takes an argument" print --config
service 2 "--root=etc: an absolute path is expected" print --root=etc
service 2 "--config is followed by nothing" print --config=
service 2 "--root is followed by nothing" print --root=
service 2 "--root is followed by nothing" unload --root ""
service 2 "--vmcore is followed by nothing" save --root="$root" --vmcore=
service 2 "--output is followed by nothing" build --output=
service 2 "--tool=mkinitcpio: expected initramfs-tools or dracut" build --tool=mkinitcpio
service 2 "a kernel's release is expected" build ../../etc
service 2 "a kernel's release is expected" build ..
service 2 "a kernel's release is expected" build ""

# Each option with a verb that has no use for it.
while read -r option verbs; do
	for verb in load unload status test build save print; do
		case " $verbs " in *" $verb "*) continue ;; esac
		service 2 "${option%%=*} does not go with $verb" "$verb" "$option"
	done
done <<-END
	--json status
	--force load
	--hotplug load
	--tool=dracut build
	--output=x build
	--vmcore=x save
	--no-action save
END

# Options stand anywhere; / is no root.
service 0 "" --root="$root" print
service 0 "" print --root "$root" -q
POSIXLY_CORRECT=1 service 0 "" print --root "$root" -q
service 0 "" print --root=// --config="$work/none"

# What print prints is read as the same again; mistakes have file and line, in the order of the lines.
cp "$work/out" "$root/etc/kdump.conf"
service 0 "" print --root="$root"
cmp -s "$work/out" "$root/etc/kdump.conf" || fail "print is not read as it is written: $(diff "$work/out" "$root/etc/kdump.conf")"
printf '[Save]\nLevel=1\n\nNonsense=1\nKeep=-3\n' >"$root/etc/kdump.conf"
service 6 "kdump-service: " print --root="$root"
sed -E 's/^kdump-service: .*(kdump\.conf:[0-9]+): .*/\1/' "$work/err" >"$work/lines"
printf 'kdump.conf:4\nkdump.conf:5\n' | cmp -s - "$work/lines" || fail "mistakes: $(cat "$work/err")"
grep -qx 'Level=1' "$work/out" || fail "print: what is right beside a mistake does not hold: $(cat "$work/out")"

# The journal gets priorities, others do not.
exec 3>"$work/journal"
JOURNAL_STREAM=$(stat -L -c '%d:%i' /proc/self/fd/3) "$KDUMP_SERVICE" print --root="$root" >/dev/null 2>&3
exec 3>&-
[ "$(grep -c '^<3>kdump-service: ' "$work/journal")" = 2 ] || fail "no priorities in the journal: $(cat "$work/journal")"
JOURNAL_STREAM=1:2 service 6 "kdump-service: " print --root="$root"
! grep -q '^<' "$work/err" || fail "priorities where no journal reads: $(cat "$work/err")"
JOURNAL_STREAM=nonsense service 6 "kdump-service: " print --root="$root"
! grep -q '^<' "$work/err" || fail "priorities where no journal reads: $(cat "$work/err")"

# Descriptors that are closed do not become files of the program.
"$KDUMP_SERVICE" print --root="$root" >"$work/out" 2>"$work/err" 0<&-
[ $? -eq 6 ] || fail "without standard input: $(cat "$work/err")"
"$KDUMP_SERVICE" print --root="$root" >&- 2>"$work/err"
[ $? -eq 6 ] || fail "without standard output: $(cat "$work/err")"

"$KDUMP_SERVICE" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u >"$work/help"
sed 's/\\-/-/g' "$SRCDIR/doc/kdump-service.8" | grep -v '^\.\\"' | grep -oE -- '--[a-z][a-z-]+' | sort -u >"$work/page"
comm -23 "$work/help" "$work/page" >"$work/missing"
[ ! -s "$work/missing" ] || fail "doc/kdump-service.8 lacks $(tr '\n' ' ' <"$work/missing")"
for page in kdump-service.8 kdump-load.service.8; do
	command -v groff >/dev/null || break
	groff -man -Tutf8 -ww -z "$SRCDIR/doc/$page" 2>"$work/warnings"
	[ ! -s "$work/warnings" ] || fail "groff: $page: $(head -5 "$work/warnings")"
done
exit $bad
