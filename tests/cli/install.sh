#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make install and make uninstall of this build, below a folder: what is for others to read is there, filled in and with the
# mode that it needs; what an administrator wrote stays; nothing else is left.
set -u
. "$SRCDIR/tests/cli/helper"

root="$work/a root"
# What was built is what is installed; make check has made sure that it is up to date.
run_make() {
	env -u MAKEFLAGS -u MAKELEVEL make -C "$BUILDDIR" --no-print-directory -o all "$@" "DESTDIR=$root" >"$work/make.log" 2>&1 ||
		fail "make $1: exit code $?: $(tail -n 3 "$work/make.log")"
}
# What a variable of the Makefile comes to, and where that is.
folder() {
	printf 'include Makefile\nsay:\n\t@echo "$(%s)"\n' "$1" >"$work/say.mk"
	printf '%s%s\n' "$root" "$(cd "$BUILDDIR" && env -u MAKEFLAGS -u MAKELEVEL make -s --no-print-directory -f "$work/say.mk" say)"
}
# installed SOURCES-BELOW FOLDER: each file, by its place there, with nothing left to fill in, and executable as its source.
installed() {
	local from=$SRCDIR/$1 to=$2 file name count=0
	while read -r file; do
		name=${file%.in}
		count=$((count + 1))
		if [ ! -f "$to/$name" ]; then
			fail "$1/$file is not installed as $to/$name"
			continue
		fi
		if [ "$file" = "$name" ]; then
			cmp "$from/$file" "$to/$name" || fail "$1/$file was changed on its way"
		elif grep -q '@[a-z]*@' "$to/$name"; then
			fail "$to/$name is not filled in: $(grep -m1 '@[a-z]*@' "$to/$name")"
		fi
		[ -x "$from/$file" ] && [ ! -x "$to/$name" ] && fail "$to/$name is not executable"
	done < <(cd "$from" && find . -type f ! -name '.*' ! -name '*~' | sed 's,^\./,,')
	[ $count -gt 0 ] || fail "nothing below $1 is there to be installed"
}

units=$(folder systemdsystemunitdir) rules=$(folder udevrulesdir) sbin=$(folder sbindir) man=$(folder mandir)
conf=$(folder sysconfdir)/kdump.conf
run_make install
for program in kexec vmcore-save vmcore-dmesg fadump-capture kdump-service; do
	[ -x "$sbin/$program" ] || fail "$program is not in $sbin"
	[ -f "$man/man8/$program.8" ] || fail "$program.8 is not in $man/man8"
	[ -s "$(folder bashcompletiondir)/$program" ] || fail "no completion for bash is found by the name $program"
done
[ -f "$man/man5/kdump.conf.5" ] || fail "kdump.conf.5 is not in $man/man5"
[ -s "$(folder zshcompletiondir)/_kexec" ] || fail "the completion for zsh is not installed"
installed kdump/units "$units"
installed kdump/udev "$rules"
installed kdump/initrd/initramfs-tools "$(folder initramfstoolsdir)"
installed kdump/initrd/dracut "$(folder dracutmodulesdir)"
generator=$(dirname "$units")/system-generators/kdump-service-generator
[ "$root$(readlink "$generator")" = "$sbin/kdump-service" ] || fail "$generator is not kdump-service"
started=$(sed -n 's/^ExecStart=\(\/[^ ]*\).*/\1/p' "$units/kdump-load.service")
[ -x "$root$started" ] || fail "kdump-load.service starts $started, which is not installed"
cmp "$SRCDIR/kdump/kdump.conf" "$conf" || fail "kdump.conf is not installed"

echo 'OnSuccess=poweroff' >>"$conf"
run_make install
grep -q 'stays as it is' "$work/make.log" || fail "make install does not say that kdump.conf stays"
grep -qx 'OnSuccess=poweroff' "$conf" || fail "make install has replaced kdump.conf"
run_make uninstall
[ "$(find "$root" ! -type d)" = "$conf" ] || fail "make uninstall leaves: $(find "$root" ! -type d)"
cp "$SRCDIR/kdump/kdump.conf" "$conf"
run_make uninstall
[ -z "$(find "$root" ! -type d)" ] || fail "make uninstall leaves a kdump.conf that nobody has changed"
[ ! -e "$(folder datadir)/kdump" ] || fail "make uninstall leaves $(folder datadir)/kdump"
exit $bad
