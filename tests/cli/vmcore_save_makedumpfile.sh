#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vmcore-save called as makedumpfile: the command lines of distributions, word for word, and what they parse.
set -u
. "$SRCDIR/tests/cli/helper"

source=$FIXTURES/vmcore_save-x86.vmcore
reader=$SRCDIR/tests/vm/kdump_file.py
ln -s "$VMCORE_SAVE" "$work/makedumpfile"
kernel_pages=$(sed -n 's/^kernel=//p' "$FIXTURES/vmcore_save.txt")

# make CODE ARGUMENT...
make() {
	local wanted=$1 code
	shift
	timeout -k 5 120 "$work/makedumpfile" "$@" >"$work/out" 2>"$work/err"
	code=$?
	[ $code -eq "$wanted" ] || fail "makedumpfile $*: exit code $code, expected $wanted: $(tail -n 3 "$work/err")"
	if grep -qE 'ERROR: (Address|Leak|Undefined|Thread)Sanitizer|runtime error' "$work/err"; then
		fail "makedumpfile $*: $(grep -E -m1 'Sanitizer|runtime error' "$work/err")"
	fi
}

# out WORDS, err WORDS: what the last run said there
out() {
	grep -aqF -- "$1" "$work/out" || fail "standard output lacks \"$1\": $(head -n 3 "$work/out")"
}
err() {
	grep -qF -- "$1" "$work/err" || fail "standard error lacks \"$1\": $(head -n 3 "$work/err")"
}

holds() {
	"$VMCORE_SAVE" --info "$1" 2>&1 | grep -qx "$2: $3" ||
		fail "$1: expected $2: $3, found $("$VMCORE_SAVE" --info "$1" 2>&1 | grep -m1 "^$2:")"
}

sound() {
	"$VMCORE_SAVE" --verify "$1" >"$work/said" 2>&1 || fail "$1: $(tail -n 1 "$work/said")"
}

# What a log must be: line 7 of 100, and the last one.
is_log() {
	grep -q 'line 7 of the log' "$1" && grep -q 'line 99 of the log' "$1" || fail "$1 is not the log: $(head -n 2 "$1")"
}

cd "$work" || exit 1

# Debian, kdump-config (kdump-tools 1.8.1): save_vmcore with its default MAKEDUMP_ARGS.
make 0 --dump-dmesg "$source" "$work/dmesg.202611211414"
is_log "$work/dmesg.202611211414"
[ ! -s "$work/err" ] || fail "--dump-dmesg: $(cat "$work/err")"
timeout 120 "$work/makedumpfile" -F -c -d 31 "$source" 2>"$work/err" | cat >"$work/dump.flat"
[ "${PIPESTATUS[0]}" -eq 0 ] || fail "-F -c -d 31: $(cat "$work/err")"
err "makedumpfile Completed."
make 0 -R "$work/dump" <"$work/dump.flat"
out "makedumpfile Completed."
sound "$work/dump"
holds "$work/dump" level 31
holds "$work/dump" packing zlib
holds "$work/dump" saved-pages "$kernel_pages"
"$PYTHON" "$reader" bytes "$work/dump" "$source" >"$work/said" 2>&1 || fail "-F -c -d 31: $(tail -n 1 "$work/said")"

# Red Hat, mkdumprd's check and kdump.sh (kdump-utils 2026-03): core_collector as it is by default, and for ssh and raw.
make 0 --check-params -l --message-level 7 -d 31 vmcore dumpfile
make 0 --check-params -l --message-level 7 -d 31 -F vmcore
make 0 -l --message-level 7 -d 31 --num-threads=2 "$source" "$work/vmcore-incomplete"
sound "$work/vmcore-incomplete"
holds "$work/vmcore-incomplete" packing zstd
[ "$(cat out err | grep -c 'lzo is not written')" -eq 1 ] || fail "-l: the substitute is not announced in one line"
out "The dumpfile is saved to $work/vmcore-incomplete."
timeout 120 "$work/makedumpfile" -l --message-level 7 -d 31 -F "$source" 2>"$work/err" | dd of="$work/raw" bs=512 2>"$work/dd"
[ "${PIPESTATUS[0]}" -eq 0 ] || fail "-F into dd: $(cat "$work/err")"
err "lzo is not written"
make 0 -R "$work/vmcore" <"$work/raw"
sound "$work/vmcore"

# openSUSE, kdump-save (2026-04): OSRELEASE and CRASHTIME from standard error, then each KDUMP_DUMPFORMAT.
make 0 -F --message-level 8 --dump-dmesg "$source"
is_log "$work/out"
CRASHTIME='' OSRELEASE=''
while IFS=" =" read -r key value; do
	[ CRASHTIME != "$key" ] || CRASHTIME=$value
	[ OSRELEASE != "$key" ] || OSRELEASE=$value
done <"$work/err"
[ "$OSRELEASE" = 4.4.0-vmcore-save ] || fail "OSRELEASE is \"$OSRELEASE\""
[ "$CRASHTIME" = 1795270462 ] || fail "CRASHTIME is \"$CRASHTIME\""
for format in -E -c -l -p -z; do
	for threads in "" "--num-threads 2"; do
		rm -f "$work/suse"
		# shellcheck disable=SC2086
		timeout 120 "$work/makedumpfile" -F $format $threads --message-level 6 -d 31 "$source" 2>"$work/err" >"$work/suse.flat" ||
			fail "-F $format $threads: $(cat "$work/err")"
		make 0 -R "$work/suse" <"$work/suse.flat"
		sound "$work/suse"
		[ $format = -E ] || holds "$work/suse" saved-pages "$kernel_pages"
	done
done

# Defaults: level 0, no packing, nothing is replaced without -f.
make 0 "$source" "$work/plain"
holds "$work/plain" level 0
holds "$work/plain" packing none
holds "$work/plain" saved-pages 4096
make 1 "$source" "$work/plain"
err "it exists"
out "makedumpfile Failed."
make 0 -f -d 1 "$source" "$work/plain"
holds "$work/plain" level 1

# A list of levels with -L; a partial dump is a failure.
make 0 -c -d 23,31 -L 1048576 "$source" "$work/list"
holds "$work/list" level 31
make 1 -c -d 23 -L 1048576 "$source" "$work/part"
[ -e "$work/part.incomplete" ] && [ ! -e "$work/part" ] || fail "a partial dump has the name of a whole one"

# Parts.
make 0 --split -c -d 31 "$source" "$work/s1" "$work/s2"
make 0 --reassemble "$work/s1" "$work/s2" "$work/s"
sound "$work/s"
holds "$work/s" saved-pages "$kernel_pages"

# The report, and trying without writing.
make 0 --show-stats -d 31 --dry-run "$source" "$work/dry"
[ ! -e "$work/dry" ] || fail "--dry-run wrote a dump"
out "Original pages  : 0x0000000000001000"
out "    Non-private cache pages : 0x0000000000000100"
out "    Private cache pages     : 0x0000000000000080"
out "    User process data pages : 0x0000000000000200"
out "    Free pages              : 0x0000000000000400"
out "Total pages     : 0x0000000000001000"
make 0 -d 31 --message-level 16 "$source" "$work/report"
out "  Remaining pages  : 0x"
[ ! -s "$work/err" ] || fail "--message-level 16 says: $(cat "$work/err")"
make 0 -d 31 --message-level 0 "$source" "$work/silent"
[ ! -s "$work/out" ] && [ ! -s "$work/err" ] || fail "--message-level 0 says: $(cat "$work/out" "$work/err")"
for order in "-D --message-level 7" "--message-level 7 -D"; do
	# shellcheck disable=SC2086
	make 0 -f -d 31 $order "$source" "$work/debug"
	err "OSRELEASE=4.4.0-vmcore-save"
done

# What has nothing to set, what is passed over with a word, what is refused.
make 0 -c -d 31 -b 8 --cyclic-buffer 1024 --splitblock-size 1024 --work-dir /tmp --non-mmap "$source" "$work/ignored"
make 0 -c -d 31 -x vmlinux -i vmcoreinfo --vtop 0xffff888000000000 -e "$source" "$work/passed"
out "are not needed"
out "are passed over"
holds "$work/passed" saved-pages "$kernel_pages"
make 0 -X -d 31 "$source" "$work/xen"
out "dumps of Xen are not filtered"
holds "$work/xen" saved-pages 4096
make 0 --partial-dmesg --dump-dmesg "$source" "$work/partial-dmesg"
out "the whole log is written"
make 1 -d 31 --config erase.conf -x vmlinux "$source" "$work/refused"
err "nothing is erased"
make 1 -d 31 --eppic macros -x vmlinux "$source" "$work/refused"
make 1 -g vmcoreinfo -x vmlinux
make 1 --diskset=a --diskset=b "$work/refused"
[ ! -e "$work/refused" ] || fail "what is refused was done"

# Mistakes, the same with --check-params.
for words in "-c -E vmcore dump" "-d 32 vmcore dump" "vmcore" "vmcore dump more" "-F vmcore dump" "--frobnicate vmcore dump" \
	"--num-threads x vmcore dump" "--message-level 32 vmcore dump" "--split vmcore dump" "--split -E vmcore a b" \
	"--reassemble a b" "-R" "-F -R dump" "--dry-run -R dump" "--split --reassemble a b c" "--dump-dmesg vmcore" \
	"--dry-run --dump-dmesg vmcore log" "-L x vmcore dump" "-d"; do
	# shellcheck disable=SC2086
	make 1 $words
	# shellcheck disable=SC2086
	make 1 --check-params $words
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail "makedumpfile --check-params $words: $(cat "$work/err")"
done
make 1 "$source" ""
make 1 "$source" -
err "-F is for standard output"
cp "$source" "$work/log.incomplete"
make 1 --dump-dmesg "$work/log.incomplete" "$work/log"
cmp "$source" "$work/log.incomplete" || fail "--dump-dmesg destroyed what it was to read"
make 0 -h
out "Usage: makedumpfile"
make 0 -v
out "makedumpfile: version"
make 0 --mem-usage "$source"
out "free"

# The other way to say that these are makedumpfile's arguments.
"$VMCORE_SAVE" --as-makedumpfile -c -d 31 "$source" "$work/as" >"$work/out" 2>"$work/err" || fail "--as-makedumpfile: $(cat "$work/err")"
out "makedumpfile Completed."
exit $bad
