#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Exit codes and well-known words, as kexec-tools has them: scripts depend on both.
set -u
. "$SRCDIR/tests/cli/helper"

printf 'no kernel at all, but long enough to be looked at\n' >"$work/text"
here=$(uname -m)

gives 0 "" --help
grep -q -- '--load-panic' "$work/out" || fail "--help lists no options"
gives 0 "" -h
gives 1 "" '-?'
grep -q -- '--load-panic' "$work/out" || fail "-? prints no help"
gives 0 "" -v
grep -qE '^kexec-tools 2\.0\.32 compatible \(kexec [0-9.]+\)$' "$work/out" ||
	fail "-v prints $(cat "$work/out")"
gives 0 "" --version --nonsense

gives 255 "No kernel specified"
gives 255 "No kernel specified" -l
gives 255 "No kernel specified" -p
gives 255 "No kernel specified" -d

gives 1 "unrecognized option --nonsense" --nonsense
gives 1 "unrecognized option -Z" -lZ
gives 1 "--initrd requires an argument" -l "$work/text" --initrd
gives 1 "Bad option value in --mem-min=x" -l "$work/text" --mem-min=x
gives 1 "contradict" -u -e
gives 1 "one kernel expected" -l "$work/text" "$work/text"
gives 1 "needs --mem-max" --load-preserve-context "$work/text"
gives 1 "needs --entry" --load-jump-back-helper
gives 1 "not supported" --exec-live-update

gives 255 "cannot open $work/missing: No such file or directory" -l "$work/missing"
gives 255 "cannot open $work/missing: No such file or directory" -s -l "$work/missing"

# A kernel without the calls: its own words first, as in kexec-tools, then what to do.
without="$(errno_text 38) (the running kernel was built without CONFIG_KEXEC: use one with it"
gives 255 "kexec failed: $without, or reboot)" -e -y -x
gives 255 "kexec_load(unload) failed: $without)" -u
gives 255 "kexec_load(unload) failed: $without)" -u -p
gives 255 "kexec_load(unload) failed: $without)" -p -u
gives 255 "kexec_load(unload) failed: $without)" -u -c
for target in '' -p; do
	# shellcheck disable=SC2086
	gives 253 "kexec_file_load(unload) failed: $(errno_text 38) (the running kernel has no such call: -a tries" -s $target -u
	grep -q '^kexec: syscall kexec_file_load not available' "$work/err" || fail "-s $target -u says: $(cat "$work/err")"
done

# Another machine than this one is only ever planned for.
other=s390x
[ "$here" != s390x ] || other=x86_64
gives 1 "this machine is" -l --arch "$other" "$work/text"
gives 1 "this machine is" -u --arch "$other"
gives 1 "this machine is" -e --arch "$other"
gives 1 "need not be this one" -u --root "$work"
gives 1 "need not be this one" -e --root "$work"
gives 1 "cannot open $work/none" -l --machine "$work/none" --dry-run "$work/text"
gives 1 "--arch is x86_64" -l --arch x86_64 --machine "$machines/s390x-qemu.txt" --dry-run "$work/text"

# Nothing is silently ignored.
gives 255 "warning: --append has no effect with --unload" -u --append=x
gives 255 "warning: $work/text is not looked at with --exec" -e -x -y "$work/text"
gives 255 "warning: --atags is for arm" -l --atags "$work/missing"

# A mistake is not the answer "damaged", which is 1.
gives 2 "unrecognized option --bogus" --verify --bogus
gives 2 "unrecognized option --bogus" --bogus --verify
gives 2 - --verify --memory "$work/text" --arch s390x
gives 2 "No such file or directory" --verify --memory "$work/missing" --arch s390x
gives 2 "give its memory with --memory" --verify --arch "$other"

# A disk that is full is not success.
"$work/nokexec" 38 "$KEXEC" --help >/dev/full 2>"$work/err"
code=$?
[ $code -eq 255 ] || fail "--help into a full device: exit code $code"
grep -q "cannot write to standard output" "$work/err" ||
	fail "--help into a full device says $(cat "$work/err")"

exit $bad
