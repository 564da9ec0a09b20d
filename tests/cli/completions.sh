#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What bash and zsh offer is what each program says of itself in --help: names, letters, values, words and texts. And what
# a user types gets what is meant.
set -u
. "$SRCDIR/tests/cli/helper"

programs="$KEXEC $VMCORE_SAVE $VMCORE_DMESG $CAPTURE $KDUMP_SERVICE"
table=$SRCDIR/completions/table

# The options in --help as "LETTER NAME VALUE TEXT", VALUE with "?" before what may be left out; verbs as ": NAME - TEXT".
said_by() {
	"$work/nokexec" 38 "$1" --help >"$work/help" 2>"$work/err" || fail "$1 --help gives exit code $?"
	# kexec's last part names what it does not do: that is not to be offered.
	"$PYTHON" - "$work/help" <<'SCRIPT'
import re
import sys

option = re.compile(r'\s+(?:-(\w), )?\s*--([a-z0-9-]+)(?:\[=(\S+)\]|=("[^"]*"|\S+))(?:\s+(.*))?$')
spaced = re.compile(r'\s+(?:-(\w), )?\s*--([a-z0-9-]+)( [A-Z]+)?\s\s+(.*)$')
verb = re.compile(r'  ([a-z]+)\s+(?:\[[A-Z]+\]\s+)?(\S.*)$')
lines = open(sys.argv[1]).read().split('\n')
for number, line in enumerate(lines):
    if line.startswith('Known from'):
        break
    found = option.match(line)
    apart = spaced.match(line)
    if found:
        letter, name, may, value, text = found.groups()
    elif apart:
        letter, name, value, text = apart.groups()
        may = None
    else:
        found = verb.match(line)
        if found:
            print(':', found.group(1), '-', found.group(2))
        continue
    value = '?' + may if may else (value or '-').strip().replace(' ', '_')
    print(letter or '-', name, value, text or lines[number + 1].strip())
SCRIPT
}

# What the completions may make of a value in --help. Words are in it, or in the text, or listed elsewhere.
fits() {
	local program=$1 name=$2 said=$3 offered=$4 text=$5 word
	case $said in
	- | \?*) [ "$offered" = "$said" ] ;;
	FILE | IMAGE | '"FILE_TEXT"') [ "$offered" = file ] ;;
	DIR) [ "$offered" = dir ] ;;
	TYPE)
		[ "$(tr '|' '\n' <<<"$offered" | LC_ALL=C sort)" = "$(sed -n '/^Types for/,$s/^  \([^ ]*\)  .*/\1/p' "$work/help" |
			LC_ALL=C sort -u)" ]
		;;
	NAME)
		"$work/nokexec" 38 "$program" --dry-run -l --arch=none x >/dev/null 2>"$work/err"
		grep -qF "expected one of ${offered//|/, }" "$work/err"
		;;
	*'|'*)
		[ "$offered" = "$(sed 's/\[[^]]*\]//g' <<<"$said" | tr '|' '\n' | grep -v '[A-Z][A-Z][A-Z]' | paste -s -d '|')" ]
		;;
	*)
		[ "$offered" = any ] && return
		for word in ${offered//|/ }; do
			[[ $text == *"$word"* ]] || return 1
		done
		;;
	esac
}

for program in $programs; do
	name=$(basename "$program")
	said_by "$program" >"$work/said"
	sed -n "s/^$name //p" "$table" >"$work/offered"
	[ "$(wc -l <"$work/said")" -ge 4 ] || fail "$name --help names only $(wc -l <"$work/said") options"
	diff <(cut -d ' ' -f 1,2,4- "$work/said") <(cut -d ' ' -f 1,2,4- "$work/offered") >"$work/diff" ||
		fail "$name --help (<) and completions/table (>) differ: $(grep '^[<>]' "$work/diff")"
	while read -r letter option value text <&3 && read -r _ _ offered _ <&4; do
		fits "$program" "$option" "$value" "$offered" "$text" ||
			fail "$name --$option: --help says $value, and what is offered is $offered"
	done 3<"$work/said" 4<"$work/offered"
done
[ "$(cut -d ' ' -f 1 "$table" | grep -v '^#' | LC_ALL=C sort -u | tr '\n' ' ')" = \
	"$(for program in $programs; do basename "$program"; done | LC_ALL=C sort | tr '\n' ' ')" ] ||
	fail "completions/table is of other programs"

# bash, without anything around it. compopt is for a shell in which somebody types.
compopt() {
	readline+="$* "
}
. "$BUILDDIR/installed/completions/kexec" || fail "the completion for bash cannot be read"

# typed WORD...: what is offered for the last one, in $offered.
typed() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	readline=
	_kexec "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	offered="${COMPREPLY[*]}"
}
# offers EXPECTED WORD...
offers() {
	local expected=$1
	shift
	typed "$@"
	[ "$offered" = "$expected" ] || fail "$*: bash is offered \"$offered\", expected \"$expected\""
}
mkdir -p "$work/files/folder"
touch "$work/files/first" "$work/files/a b"

offers --load-panic kexec --load-pa
offers --initrd= kexec -p --ini
[[ $readline == *nospace* ]] || fail "a blank is put behind --initrd="
offers "$work/files/first" kexec -p --initrd = "$work/files/f"\i
[[ $readline == *filenames* ]] || fail "file names are not offered as such"
offers "$work/files/first" kexec -p --initrd "$work/files/fi"
offers "--initrd=$work/files/first" kexec -p "--initrd=$work/files/fi"
offers "$work/files/folder" kexec --root = "$work/files/"
offers "$work/files/a b" kexec -p "$work/files/a"
offers "auto always never" kexec --elf-headers =
offers "ppc64 ppc64le" kexec --arch = pp
offers "--arch=ppc64 --arch=ppc64le" kexec --arch=pp
offers "elf-x86_64 elf-x86 elf-s390x elf-ppc64" kexec -t elf
offers verbose kexec -S --status = v
offers "$work/files/first" kexec --status "$work/files/fi"
offers "" kexec --append "$work/files/fi"
offers "" kexec --load = "$work/files/fi"
offers "" kexec --no-such-option
offers "zstd zlib" vmcore-save --compress = z
offers "zstd zlib" vmcore-save -c z
offers "big little" fadump-capture --endian ""
offers "" fadump-capture "$work/files/fi"
offers "--indent" vmcore-dmesg --i
offers "load unload status test build save print" kdump-service ""
offers "load unload status test build save print" /usr/sbin/kdump-service --quiet ""
offers "" kdump-service load ""
offers "--json" kdump-service status --j
offers "" kdump-service load --j
offers "--config= --root= --quiet --force --hotplug --help --version" kdump-service load --
offers "initramfs-tools dracut" kdump-service build --tool = ""
typed kexec --
[ "$(wc -w <<<"$offered")" -eq "$(grep -c '^kexec [^:]' "$table")" ] || fail "kexec --: not all options are offered"
complete -p kdump-service >/dev/null || fail "nothing is registered for kdump-service"

# zsh: its own way of saying the same. Here only _arguments, which is told, is replaced.
if ! command -v zsh >/dev/null; then
	echo "SKIP: zsh is not installed (tests/setup/all installs it); bash was looked at"
	[ $bad -eq 0 ] && exit 77
	exit 1
fi
zsh -n "$BUILDDIR/installed/completions/_kexec" || fail "zsh does not take the completion"
[ "$(head -n 1 "$BUILDDIR/installed/completions/_kexec")" = "#compdef $(for program in $programs; do basename "$program"; done |
	tr '\n' ' ' | sed 's/ $//')" ] || fail "the first line of the zsh completion does not name the programs"
# told PROGRAM WORD...: the specifications for the words before the last, with nothing of the user's own.
told() {
	# shellcheck disable=SC2016
	zsh -f -c '_arguments() { print -rl -- "$@" }
		file=$1 service=$2
		shift
		words=("$@") CURRENT=$#
		source "$file"' zsh "$BUILDDIR/installed/completions/_kexec" "$@" >"$work/told" 2>"$work/err"
	[ ! -s "$work/err" ] || fail "zsh says: $(cat "$work/err")"
}
tells() {
	grep -qxF -e "$1" "$work/told" || fail "zsh is not told $1"
}
for program in $programs; do
	name=$(basename "$program")
	told "$name" ""
	# "--name=[text]:..." and "-x[text]:..." back to what they were made of.
	sed -n 's/^\*\{0,1\}\(([^)]*)\)\{0,1\}--\([a-z0-9-]*\).*/\2/p' "$work/told" >"$work/names"
	diff <(sed -n "s/^$name [^:] \([^ ]*\) .*/\1/p" "$table") "$work/names" >"$work/diff" ||
		fail "$name: zsh is told other options (>) than there are (<): $(grep '^[<>]' "$work/diff")"
	diff <(sed -n "s/^$name \([A-Za-z]\) .*/\1/p" "$table") <(sed -n 's/^([^)]*)-\([A-Za-z]\)[[+].*/\1/p' "$work/told") \
		>"$work/diff" || fail "$name: zsh is told other letters (>) than there are (<): $(grep '^[<>]' "$work/diff")"
done
told kexec ""
tells '(-p --load-panic)-p[load KERNEL, to be started when the running kernel crashes]'
tells '--root=[read proc/ and sys/ below DIR]:folder:_files -/'
tells '*--initrd=[initial RAM disk; may be given several times]:file:_files'
tells '--on-corruption=[if what was loaded turns out to be damaged]:value:(halt reboot)'
tells '*:file:_files'
grep -q '^(-S --status)--status=-\[.*\]::value:(verbose)$' "$work/told" || fail "zsh: the value of --status is not optional"
told vmcore-dmesg ""
tells '--caller[after the time, the task \[T...\] or CPU \[C...\] that logged the record]'
told kdump-service save ""
tells '--no-action[save: neither OnSuccess= nor OnFailure=]'
grep -q -- '--json' "$work/told" && fail "zsh is told --json for save"
exit $bad
