# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian's source package of kexec-tools, as its authors released it, below $REF_KEXEC_SOURCE: benchmarks compile parts
# of it there and run them. Nothing of it comes into this tree.

REFERENCE_SOURCE_SUITES='trixie backports'

reference_source_fetch() {
	local root=$1 work=$2 options
	# The lists of sources, which nobody else needs, beside those of the programs and with the same keys.
	mkdir -p "$root/source-sources" "$root/source-lists/partial"
	sed 's/^Types: deb$/Types: deb-src/' "$root/sources/private.sources" >"$root/source-sources/private.sources"
	options=(-o "Dir::Etc::sourceparts=$root/source-sources" -o "Dir::State::Lists=$root/source-lists")
	private_apt amd64 "$REFERENCE_SOURCE_SUITES" apt-get -q "${options[@]}" update
	(cd "$work" && private_apt amd64 "$REFERENCE_SOURCE_SUITES" apt-get -q "${options[@]}" --download-only \
		source kexec-tools)
	mkdir "$work/tree"
	tar -C "$work/tree" --strip-components=1 -xf "$work"/kexec-tools_*.orig.tar.*
	[ -e "$work/tree/purgatory/purgatory.c" ]
}

guests_reference_source() {
	local root work=$KEXEC_TEST_CACHE/roots/.kexec-tools-source.new
	[ -e "$REF_KEXEC_SOURCE/purgatory/purgatory.c" ] && return
	private_apt_prepare amd64 "$REFERENCE_SOURCE_SUITES"
	root=$(private_apt_root amd64 "$REFERENCE_SOURCE_SUITES")
	setup_say "fetching the source of kexec-tools into $REF_KEXEC_SOURCE"
	rm -rf "$work"
	mkdir -p "$work"
	setup_quiet fetch-kexec-tools-source reference_source_fetch "$root" "$work"
	rm -rf "$REF_KEXEC_SOURCE"
	mv "$work/tree" "$REF_KEXEC_SOURCE"
	rm -rf "$work"
}
