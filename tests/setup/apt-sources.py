#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prints the machine's own Debian sources with the suites of another release.

usage: apt-sources.py [--plain] RELEASE [EXTRA...]

Every source of the running release (say bookworm, bookworm-security) appears with RELEASE in its place; for each
EXTRA ("backports") the archive that has the plain release also gets RELEASE-EXTRA. Unstable (sid) has no other suites.
--plain leaves out the suites that change the release (updates, security).
"""
import glob
import os
import re
import sys


def own_release():
    with open("/etc/os-release", encoding="utf-8") as file:
        for line in file:
            name, _, value = line.strip().partition("=")
            if name == "VERSION_CODENAME":
                return value.strip('"')
    sys.exit("apt-sources: /etc/os-release has no VERSION_CODENAME: the set-up needs a Debian release")


def stanzas_of_sources(text):
    for block in re.split(r"\n\s*\n", text):
        fields, last = {}, None
        for line in block.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0] in " \t" and last:
                fields[last] += "\n" + line
            else:
                last, _, value = line.partition(":")
                last = last.strip().lower()
                fields[last] = value.strip()
        if "uris" in fields and fields.get("enabled", "yes").lower() not in ("no", "false", "0"):
            yield fields


def stanzas_of_list(text):
    pattern = re.compile(r"^\s*deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$")
    for line in text.splitlines():
        match = pattern.match(line.split("#")[0])
        if match:
            options, uri, suite, components = match.groups()
            fields = {"types": "deb", "uris": uri, "suites": suite, "components": components.strip()}
            for option in (options or "").split():
                name, _, value = option.partition("=")
                if name.lower() == "signed-by":
                    fields["signed-by"] = value
            yield fields


def all_stanzas():
    if os.path.exists("/etc/apt/sources.list"):
        with open("/etc/apt/sources.list", encoding="utf-8") as file:
            yield from stanzas_of_list(file.read())
    for path in sorted(glob.glob("/etc/apt/sources.list.d/*.list")):
        with open(path, encoding="utf-8") as file:
            yield from stanzas_of_list(file.read())
    for path in sorted(glob.glob("/etc/apt/sources.list.d/*.sources")):
        with open(path, encoding="utf-8") as file:
            yield from stanzas_of_sources(file.read())


def main():
    arguments = sys.argv[1:]
    plain = arguments[:1] == ["--plain"]
    if plain:
        del arguments[0]
    if not arguments:
        sys.exit(__doc__)
    release, extras = arguments[0], arguments[1:]
    own = own_release()
    found = False
    for fields in all_stanzas():
        suites = [s for s in fields.get("suites", "").split() if s == own or s.startswith(own + "-")]
        if plain or release == "sid":
            suites = [s for s in suites if s == own]
        if not suites or "deb" not in fields.get("types", "").split():
            continue
        new = [release + s[len(own):] for s in suites]
        if own in suites:
            found = True
            new += [f"{release}-{extra}" for extra in extras if f"{release}-{extra}" not in new]
        print(f"Types: deb\nURIs: {fields['uris']}\nSuites: {' '.join(new)}\nComponents: main")
        if "signed-by" in fields:
            print(f"Signed-By: {fields['signed-by']}")
        print()
    if not found:
        sys.exit(f"apt-sources: no source of Debian {own} below /etc/apt: nothing to derive {release} from")


main()
