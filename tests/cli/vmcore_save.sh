#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vmcore-save over a made machine (tests/mk/vmcore_save.py): formats, levels, limits, mistakes, status lines, names.
set -u
. "$SRCDIR/tests/cli/helper"

source=$FIXTURES/vmcore_save-x86.vmcore
reader=$SRCDIR/tests/vm/kdump_file.py
pages() { # of a class, or of several
	local sum=0 class
	for class in "$@"; do
		sum=$((sum + $(sed -n "s/^$class=//p" "$FIXTURES/vmcore_save.txt")))
	done
	echo $sum
}

# save CODE WORDS ARGUMENT...: exit code, and words on stdout or stderr ("-": anything).
save() {
	local wanted=$1 words=$2 code
	shift 2
	timeout -k 5 120 "$VMCORE_SAVE" "$@" >"$work/out" 2>"$work/err"
	code=$?
	[ $code -eq "$wanted" ] ||
		fail "vmcore-save $*: exit code $code, expected $wanted: $(tail -n 3 "$work/err")"
	[ "$words" = - ] || cat "$work/out" "$work/err" | grep -aqF -- "$words" ||
		fail "vmcore-save $*: does not say \"$words\": $(head -n 5 "$work/err")"
	if grep -qE 'ERROR: (Address|Leak|Undefined|Thread)Sanitizer|runtime error' "$work/err"; then
		fail "vmcore-save $*: $(grep -E -m1 'Sanitizer|runtime error' "$work/err")"
	fi
}

# holds FILE KEY VALUE: a line of --info
holds() {
	"$VMCORE_SAVE" --info "$1" 2>&1 | grep -qx "$2: $3" ||
		fail "$1: expected $2: $3, found $("$VMCORE_SAVE" --info "$1" 2>&1 | grep -m1 "^$2:")"
}

whole() {
	[ -f "$1" ] && [ ! -e "$1.incomplete" ] || fail "$1 is not there under its own name"
	save 0 - --verify "$1"
}

partial() {
	[ -f "$1.incomplete" ] && [ ! -e "$1" ] || fail "$1.incomplete is not what is left: $(ls "$1"* 2>&1)"
}

# The command line.
save 1 "expected 1 TARGET, found 0"
save 1 "expected a SOURCE and 1 TARGET only" "$source" a b
save 1 "--frobnicate is no option" --frobnicate "$source" a
save 1 "-X is no option" -Xq "$source" a
save 1 "takes no argument" --quiet=1 "$source" a
save 1 "takes an argument" "$source" a --threads
save 1 "TARGET is empty" "$source" ""
save 1 "--dry-run: for saving only" --dry-run --unflatten "$work/a"
save 1 "--split: for saving only" --split 2 --verify "$source"
save 1 "--flatten: for saving only" --flatten --reassemble b c "$work/a"
save 1 "level 32: expected a number from 0 to 31" -d 32 "$source" a
save 1 "level 1,: expected" -d 1, "$source" a
save 1 "--threads 0: expected a number from 1 to 1024" --threads 0 "$source" a
save 1 "--compress lzo: expected zstd" --compress lzo "$source" a
save 1 "--compress zlib:10: expected" --compress zlib:10 "$source" a
save 1 "--format pe: expected kdump or elf" --format pe "$source" a
save 1 "--compress does not go with it" --format elf --compress zstd "$source" a
save 1 "--max-size 5X: expected" --max-size 5X "$source" a
save 1 "--max-size 0: nothing can be saved in that" --max-size 0 "$source" a
save 1 "--status-fd 77: no such descriptor" --status-fd 77 "$source" a
save 1 "--status-fd 1: standard output has the dump" --status-fd 1 "$source" -
save 1 "--status-fd 9: that descriptor is open for reading only" --status-fd 9 "$source" "$work/a" 9</dev/null
save 1 "expected one level, found 2" -d 1,31 "$source" -
save 1 "expected 2 TARGETs, found 1" --split 2 "$source"
save 1 "expected a different TARGET for each part" --split 2 "$source" "$work/a" "$work/a"
save 1 "another option says already what to do" --verify --info a
save 1 "expected two PARTs or more" --reassemble a b
save 1 "--as-makedumpfile: expected as the first argument" -d 1 --as-makedumpfile
save 1 "cannot" "$work/none" "$work/a"
save 1 "is no dump" "$SRCDIR/COPYING" "$work/a"
save 1 "cannot" "$source" "$work/none/a"
save 0 "Usage: vmcore-save" --help
save 0 "vmcore-save " --version
if ls "$work"/a* >/dev/null 2>&1; then
	fail "a mistake left something behind: $(ls "$work"/a*)"
fi

# Each format and packing; what is in it.
for packing in zstd zstd:-7 zstd:19 zlib zlib:9 none; do
	save 0 "complete" --compress=$packing "$source" "$work/d31"
	whole "$work/d31"
	holds "$work/d31" saved-pages "$(pages kernel)"
	holds "$work/d31" level 31
	case $packing in
	zlib* | none)
		"$PYTHON" "$reader" bytes "$work/d31" "$source" >"$work/said" 2>&1 || fail "$packing: $(tail -1 "$work/said")"
		"$PYTHON" "$reader" complete "$work/d31" >"$work/said" 2>&1 || fail "$packing: $(tail -1 "$work/said")"
		;;
	esac
	mv "$work/d31" "$work/d31-${packing%:*}"
done
save 0 "complete" --format=elf -d 31 "$source" "$work/elf31"
whole "$work/elf31"
save 0 "complete" --compress=zlib -d 0 "$work/elf31" "$work/again"
"$PYTHON" "$reader" bytes "$work/again" "$source" >"$work/said" 2>&1 || fail "by way of ELF: $(tail -1 "$work/said")"

# Levels keep what they say, whatever the number of threads, and from every kind of input.
while read -r level classes; do
	for threads in 1 3; do
		rm -f "$work/level"
		save 0 "complete" -d "$level" --threads $threads --compress=zlib "$source" "$work/level"
		# shellcheck disable=SC2086
		holds "$work/level" saved-pages "$(pages $classes)"
		"$PYTHON" "$reader" bytes "$work/level" "$source" >"$work/said" 2>&1 ||
			fail "level $level: $(tail -1 "$work/said")"
	done
	mv "$work/level" "$work/level-$level"
done <<'EOF'
0 kernel free user cache private_cache unusable
1 kernel free user cache private_cache unusable
2 kernel free user private_cache
4 kernel free user
8 kernel free cache private_cache
16 kernel user cache private_cache
23 kernel user
EOF
save 0 "complete" -d 31 --compress=zlib "$work/level-0" "$work/converted"
"$PYTHON" "$reader" bytes "$work/converted" "$source" >"$work/said" 2>&1 || fail "converted: $(tail -1 "$work/said")"
holds "$work/converted" saved-pages "$(pages kernel)"

# What the dump does not tell is kept, and said.
save 0 "what its pages were used for is not known" "$FIXTURES/vmcore_save-no-info.vmcore" "$work/no-info"
holds "$work/no-info" saved-pages 4096
holds "$work/no-info" level 1
save 0 "VMCOREINFO lacks OFFSET(page.mapping)" -d 31 "$FIXTURES/vmcore_save-no-user.vmcore" "$work/no-user"
[ "$("$VMCORE_SAVE" --info "$work/no-user" | sed -n 's/^saved-pages: //p')" -ge "$(pages kernel user)" ] ||
	fail "without the key for user pages, some of them are left out"

# Names: nothing is replaced unasked, and never by less than it was to be.
save 1 "it exists" "$source" "$work/d31-zlib"
cp "$work/d31-zlib" "$work/kept"
save 3 "not complete" --force -d 0 --max-size 4M --compress none "$source" "$work/kept"
cmp "$work/kept" "$work/d31-zlib" || fail "--force replaced a dump by a partial one"
rm -f "$work/kept.incomplete"
save 0 "complete" --force -d 0 "$source" "$work/kept"
holds "$work/kept" saved-pages 4096
echo earlier >"$work/earlier.incomplete"
save 0 "complete" "$source" "$work/earlier"
whole "$work/earlier"

# No room: partial is 3, and readable; the next level is tried; too little for anything is 1.
save 3 "not complete, readable as far as it goes" -d 23 --max-size 1M "$source" "$work/small"
partial "$work/small"
save 3 - --verify "$work/small.incomplete"
save 1 "is the source" "$work/small.incomplete" "$work/small"
save 3 "is not complete" "$work/small.incomplete" "$work/other"
partial "$work/other"
save 3 "incomplete" --verify "$work/other.incomplete"
save 0 "level 31 is tried in the place of 23" -d 23,31 --max-size 1M "$source" "$work/fallback"
whole "$work/fallback"
holds "$work/fallback" level 31
[ "$(stat -c %s "$work/fallback")" -le 1048576 ] || fail "--max-size 1M gave $(stat -c %s "$work/fallback") bytes"
save 1 "nothing was saved" --max-size 10K "$source" "$work/none"
[ ! -e "$work/none" ] || fail "a dump of nothing has its name"
(
	ulimit -f 1024
	timeout -k 5 120 "$VMCORE_SAVE" -d 23 "$source" "$work/limit" 2>"$work/err"
	[ $? -eq 3 ] || fail "a limit on file sizes: $(tail -n 2 "$work/err")"
	exit $bad
) || bad=1
partial "$work/limit"

# A source that is cut gives a dump that is not complete.
save 3 "the source is not complete" -d 0 "$FIXTURES/vmcore_save-cut.vmcore" "$work/cut"
partial "$work/cut"
save 3 - --verify "$work/cut.incomplete"

# So does one with damaged pages, and the reason is told.
cp "$work/d31-zlib" "$work/damaged"
size=$(stat -c %s "$work/damaged")
dd if=/dev/zero of="$work/damaged" bs=1 seek=$((size - 2000)) count=1500 conv=notrunc 2>"$work/dd"
save 3 "zlib data" -d 31 "$work/damaged" "$work/of-damaged"
grep -q 'pages of the source could not be read, the first of them at 0x[0-9a-f]*: ' "$work/err" ||
	fail "the reason why pages cannot be read is not told: $(tail -n 3 "$work/err")"
partial "$work/of-damaged"

# Flattened, to standard output and to a file, and back.
"$VMCORE_SAVE" -d 31 --compress=zlib "$source" - >"$work/flat" 2>"$work/err" || fail "to standard output: $(cat "$work/err")"
[ "$(head -c 12 "$work/flat")" = makedumpfile ] || fail "standard output is not flattened"
save 0 "complete" --flatten --compress=zlib "$source" "$work/flat-file"
save 0 - --verify "$work/flat"
save 0 - --verify "$work/flat-file"
"$VMCORE_SAVE" --unflatten "$work/unflattened" <"$work/flat" 2>"$work/err" || fail "--unflatten: $(cat "$work/err")"
whole "$work/unflattened"
"$PYTHON" "$reader" same "$work/unflattened" "$work/level-31" >"$work/said" 2>&1 ||
	"$PYTHON" "$reader" same "$work/unflattened" "$work/d31-zlib" >"$work/said" 2>&1 || fail "unflattened: $(tail -1 "$work/said")"
head -c 100000 "$work/flat" >"$work/flat-cut"
"$VMCORE_SAVE" --unflatten "$work/unflattened-cut" <"$work/flat-cut" 2>"$work/err"
[ $? -eq 3 ] || fail "--unflatten of a stream that is cut: $(cat "$work/err")"
partial "$work/unflattened-cut"
"$VMCORE_SAVE" --unflatten "$work/unflattened-none" <"$SRCDIR/COPYING" 2>"$work/err"
[ $? -eq 1 ] || fail "--unflatten of no stream: $(cat "$work/err")"


# What is read is not emptied to make room for what is written.
cp "$work/flat" "$work/read.incomplete"
"$VMCORE_SAVE" --unflatten "$work/read" <"$work/read.incomplete" 2>"$work/err"
[ $? -eq 1 ] || fail "--unflatten of TARGET.incomplete: $(cat "$work/err")"
cmp "$work/flat" "$work/read.incomplete" || fail "--unflatten destroyed what it was to read"

# Parts, and one of them.
save 0 "complete" -d 0 --compress=zlib --split=3 "$source" "$work/p1" "$work/p2" "$work/p3"
save 0 - --verify "$work/p1" "$work/p2" "$work/p3"
save 0 - --reassemble "$work/p3" "$work/p1" "$work/p2" "$work/joined"
whole "$work/joined"
cp "$work/p1" "$work/joined-again.incomplete"
save 1 "is the source" --reassemble "$work/joined-again.incomplete" "$work/p2" "$work/p3" "$work/joined-again"
cmp "$work/p1" "$work/joined-again.incomplete" || fail "--reassemble destroyed what it was to read"
"$PYTHON" "$reader" same "$work/joined" "$work/level-0" >"$work/said" 2>&1 || fail "reassembled: $(tail -1 "$work/said")"

# A dry run writes nothing, and sees what is in the way.
save 0 "nothing is written; at level 31" --dry-run "$source" "$work/dry"
[ ! -e "$work/dry" ] && [ ! -e "$work/dry.incomplete" ] || fail "a dry run wrote something"
save 1 "is there already" --dry-run "$source" "$work/kept"

# Quiet is quiet; lines for programs.
save 0 - --quiet "$source" "$work/quiet"
[ "$(grep -vc "VMCOREINFO lacks" "$work/err")" -eq 0 ] || fail "--quiet says: $(cat "$work/err")"
"$VMCORE_SAVE" --quiet --status-fd=3 -d 1,31 "$source" "$work/status" 3>"$work/lines" 2>"$work/err" ||
	fail "--status-fd: $(cat "$work/err")"
for line in \
	"event=start version=[^ ]* source=.* format=ELF%20core osrelease=4.4.0-vmcore-save page_size=4096 threads=[0-9]*" \
	"event=pages filter=yes kernel=$(pages kernel) private_cache=128 cache=256 user=512 free=1024 unusable=1" \
	"event=write target=$work/status.incomplete level=1" \
	"event=end outcome=complete exit=0 file=$work/status level=1 bytes_in=16777216 bytes_out=[0-9]* .*"; do
	grep -qx "$line" "$work/lines" || fail "no status line is $line: $(cat "$work/lines")"
done
grep -qvE '^event=[a-z]+( [a-z_]+=[^ ]*)*$' "$work/lines" && fail "a status line is malformed: $(cat "$work/lines")"
"$VMCORE_SAVE" --quiet --status-fd=3 --max-size=1M -d 0 "$source" "$work/status2" 3>"$work/lines" 2>"$work/err"
grep -q "^event=end outcome=partial exit=3 file=$work/status2.incomplete .*text=[^ ]*$" "$work/lines" ||
	fail "the end of a partial dump: $(tail -n 1 "$work/lines")"
"$VMCORE_SAVE" --quiet --status-fd=3 "$work/none" "$work/status3" 3>"$work/lines" 2>"$work/err"
grep -q "^event=end outcome=nothing exit=1 text=[^ ]*$" "$work/lines" || fail "the end of no dump: $(cat "$work/lines")"

# Closed descriptors must not become the dump's.
"$VMCORE_SAVE" "$source" "$work/closed" <&- >&- 2>&- || fail "with closed descriptors: exit code $?"
whole "$work/closed"

# A signal ends a dump in good order, though its reader is slow; a reader that goes away is an error.
mkfifo "$work/pipe"
"$VMCORE_SAVE" -d 0 --compress=none "$source" - >"$work/pipe" 2>"$work/err" &
saver=$!
exec 4<"$work/pipe"
sleep 1
kill -TERM $saver
sleep 1
cat <&4 >"$work/flat-ended"
exec 4<&-
wait $saver
[ $? -eq 3 ] || fail "SIGTERM: exit code is not 3: $(cat "$work/err")"
grep -q "ended by a signal" "$work/err" || fail "SIGTERM: $(cat "$work/err")"
save 3 - --verify "$work/flat-ended"
"$VMCORE_SAVE" -d 0 --compress=none "$source" - 2>"$work/err" | head -c 100000 >/dev/null
code=${PIPESTATUS[0]}
[ "$code" -eq 3 ] || [ "$code" -eq 1 ] || fail "a reader that went away: exit code $code: $(cat "$work/err")"
exit $bad
