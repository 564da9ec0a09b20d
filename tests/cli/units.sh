#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Units and udev rules, judged by systemd's own readers and by what they must not have: a shell, a name that is nowhere.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0
units=$SRCDIR/kdump/units
rules=$SRCDIR/kdump/udev/60-kdump.rules

fail() {
	echo "FAIL: $*"
	bad=1
}

# As they are installed, but with the programs that were built here.
mkdir "$work/units"
for unit in "$units"/*; do
	name=$(basename "$unit" .in)
	sed "s,@sbindir@,$BUILDDIR/sbin,g" "$unit" >"$work/units/$name"
	! grep -n '@[A-Za-z_]*@' "$work/units/$name" || fail "$unit: words that nobody fills in"
	[ "$unit" != "$units/$name" ] || ! grep -q "$BUILDDIR" "$work/units/$name" || fail "$unit has @sbindir@, and is no .in file"
	! grep -nE '^Exec[A-Za-z]*=.*(/(ba|da)?sh |[|;&`$])' "$work/units/$name" || fail "$name: a shell"
	! grep -nE '^Exec[A-Za-z]*=[-@:+!]*[^ ]*kdump-service' "$work/units/$name" | grep -v "$BUILDDIR/sbin/kdump-service" ||
		fail "$name: kdump-service without its folder"
	grep -q '^Description=.' "$work/units/$name" || fail "$name has no Description="
	grep -q '^Documentation=man:' "$work/units/$name" || fail "$name has no Documentation="
done

# What units and rules name is there, and the man page knows it.
grep -ohE '\bkdump-[a-z-]+\.(service|timer|path|target)\b|\bvmcore-save\.service\b' "$units"/* "$rules" | sort -u >"$work/named"
[ "$(wc -l <"$work/named")" -ge 5 ] || fail "only $(wc -l <"$work/named") units are named"
while read -r name; do
	[ -e "$work/units/$name" ] || fail "$name is named, and is not there"
done <"$work/named"
sed 's/\\-/-/g' "$SRCDIR/doc/kdump-load.service.8" >"$work/page"
for unit in "$work/units"/kdump-load*; do
	grep -qF "$(basename "$unit")" "$work/page" || fail "doc/kdump-load.service.8 does not name $(basename "$unit")"
done
# A path unit without Unit= starts the service of its name.
for path in "$work/units"/*.path; do
	grep -q '^Unit=' "$path" || [ -e "${path%.path}.service" ] || fail "$path starts nothing"
done
# udev leaves the file that is waited for.
word=$(sed -n 's/^PathExists=//p' "$work/units/kdump-load-changed.path")
grep -qF "RUN+=\"/usr/bin/touch $word\"" "$rules" || fail "60-kdump.rules does not touch $word"
grep -qxF "ExecStart=touch $word" "$work/units/kdump-load-settle.service" || fail "kdump-load-settle.service does not touch $word"
# A reload is waited for: where it fails, so has what asked for it. What ends that failure is another reload, and a stop.
changed=$work/units/kdump-load-changed.service load=$work/units/kdump-load.service
grep -qxF 'ExecStart=systemctl try-reload-or-restart kdump-load.service' "$changed" || fail "kdump-load-changed.service waits for no reload"
for key in ExecReload ExecStopPost; do
	grep -qxF "$key=-systemctl reset-failed $(basename "$changed")" "$load" || fail "kdump-load.service has no $key= that resets"
done
# To stop it ends a round that has begun, before it unloads.
for key in PartOf After; do
	grep -qxF "$key=kdump-load.service" "$changed" || fail "kdump-load-changed.service has no $key=kdump-load.service"
done

# verify FOLDER: systemd-analyze finds nothing to say about the units there.
verify() {
	(cd "$1" && SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no ./*) >"$work/said" 2>&1 && [ ! -s "$work/said" ]
}

if ! command -v systemd-analyze >/dev/null; then
	echo "SKIP: systemd-analyze is not installed (package systemd)"
	[ $bad -eq 0 ] && exit 77
	exit 1
fi
verify "$work/units" || fail "systemd-analyze verify: $(cat "$work/said")"
# It does see what is wrong.
for change in 's/^PathExists=.*/PathExists=run/' 's/^PathExists=/PathIsThere=/' 's/^\[Path\]/[Way]/'; do
	rm -rf "$work/damaged"
	cp -r "$work/units" "$work/damaged"
	sed -i "$change" "$work/damaged/kdump-load-changed.path"
	! verify "$work/damaged" || fail "systemd-analyze verify finds nothing wrong after $change"
done

# check_rules FILE: keys, operators and labels. systemd's own check is younger than Debian 12.
check_rules() {
	"$PYTHON" - "$1" <<'SCRIPT'
import re
import sys

# udev(7): keys that match, and keys that assign; with {} or without.
MATCH = {"ACTION", "DEVPATH", "KERNEL", "KERNELS", "NAME", "SYMLINK", "SUBSYSTEM", "SUBSYSTEMS", "DRIVER", "DRIVERS", "TAG",
         "TAGS", "TEST", "PROGRAM", "RESULT"}
MATCH_BRACED = {"ATTR", "ATTRS", "SYSCTL", "ENV", "CONST", "TEST", "IMPORT"}
ASSIGN = {"NAME", "SYMLINK", "OWNER", "GROUP", "MODE", "TAG", "RUN", "LABEL", "GOTO", "OPTIONS"}
ASSIGN_BRACED = {"ATTR", "ENV", "SYSCTL", "SECLABEL", "RUN", "IMPORT"}
pair = re.compile(r'\s*([A-Z]+)(\{[^}"]+\})?\s*(==|!=|=|\+=|-=|:=)\s*"((?:[^"\\]|\\.)*)"\s*(,|$)')
bad = []
labels, gotos = {}, []
number = 0
lines = 0
for number, line in enumerate(open(sys.argv[1]), 1):
    line = line.strip()
    if not line or line.startswith("#"):
        continue
    lines += 1
    at = 0
    while at < len(line):
        found = pair.match(line, at)
        if not found:
            bad.append("%d: not KEY OPERATOR \"VALUE\": %s" % (number, line[at:]))
            break
        key, brace, operator, value, comma = found.groups()
        at = found.end()
        if comma and at >= len(line):
            bad.append("%d: a comma at the end" % number)
        if operator in ("==", "!="):
            known = key in (MATCH_BRACED if brace else MATCH)
        else:
            known = key in (ASSIGN_BRACED if brace else ASSIGN)
        if not known:
            bad.append("%d: %s%s is nothing to %s" % (number, key, brace or "", "match" if operator[-2:] in ("==", "!=") else "assign"))
        if key == "LABEL":
            labels[value] = number
        if key == "GOTO":
            gotos.append((number, value))
        if key == "RUN" and not value.startswith("/"):
            bad.append("%d: RUN takes a program with its folder" % number)
        if key == "RUN" and re.search(r"[|;&`<>]|/(ba|da)?sh\b", value):
            bad.append("%d: a shell" % number)
for number, value in gotos:
    if labels.get(value, 0) <= number:
        bad.append("%d: GOTO to %s, which is not below" % (number, value))
for value in labels:
    if value not in [goto for _, goto in gotos]:
        bad.append("%d: nothing goes to %s" % (labels[value], value))
if not lines:
    bad.append("no rules")
print("\n".join(bad))
sys.exit(1 if bad else 0)
SCRIPT
}

check_rules "$rules" >"$work/said" || fail "60-kdump.rules: $(cat "$work/said")"
for change in 's/LABEL="kdump_end"/LABEL="kdump_over"/' 's/ACTION==/ACTIONS==/' 's/, GOTO/ GOTO/' 's/"memory"/"memory/'; do
	sed "$change" "$rules" >"$work/damaged.rules"
	! check_rules "$work/damaged.rules" >"$work/said" || fail "the rules are taken after $change"
done
udevadm=${UDEVADM:-udevadm}
if "$udevadm" verify --help >"$work/said" 2>&1; then
	"$udevadm" verify --resolve-names=never "$rules" >"$work/said" 2>&1 || fail "udevadm verify: $(cat "$work/said")"
	! "$udevadm" verify --resolve-names=never "$work/damaged.rules" >/dev/null 2>&1 || fail "udevadm verify takes anything"
fi
exit $bad
