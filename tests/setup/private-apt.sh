# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Packages of other architectures and of newer Debian releases, unpacked into the cache. The machine's own package
# database, its list of architectures and its sources stay as they are: apt gets a configuration, an empty database and
# a sources file of its own. Where packages come from, and which keys they are checked with, is what the machine's own
# Debian sources say; only the names of the suites are replaced.

private_apt_root() {
	printf '%s/apt/%s-%s\n' "$KEXEC_TEST_CACHE" "$1" "${2//[^a-z0-9]/-}"
}

# private_apt ARCH SUITES COMMAND...: apt-get or apt-cache under the private configuration.
private_apt() {
	local arch=$1 suites=$2 command=$3
	shift 3
	"$command" -c "$(private_apt_root "$arch" "$suites")/apt.conf" "$@"
}

# private_apt_prepare ARCH SUITES: SUITES is a release ("trixie"), plus what else of it is wanted ("trixie backports").
private_apt_prepare() {
	local arch=$1 suites=$2 root
	root=$(private_apt_root "$arch" "$suites")
	# Half a day: older lists name package files that the archive may no longer have.
	[ -n "$(find "$root/ready" -mmin -720 2>/dev/null)" ] && return
	rm -rf "$root"
	mkdir -p "$root/sources" "$root/lists/partial" "$root/archives/partial"
	: >"$root/status"
	cat >"$root/apt.conf" <<-CONF
		APT::Architecture "$arch";
		#clear APT::Architectures;
		APT::Architectures { "$arch"; };
		APT::Sandbox::User "root";
		APT::Install-Recommends "false";
		#clear APT::Update::Post-Invoke;
		#clear DPkg::Post-Invoke;
		Acquire::Retries "3";
		Acquire::Languages "none";
		Dir::State::Lists "$root/lists";
		Dir::State::status "$root/status";
		Dir::Cache "$root";
		Dir::Cache::archives "$root/archives";
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$root/sources";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
	CONF
	setup_say "reading the package lists of Debian $suites for $arch"
	setup_quiet "apt-update-$arch-${suites// /-}" private_apt_update "$arch" "$suites" "$root"
	: >"$root/ready"
}

# A mirror that is being updated, or a proxy before it, may have lists of the updates that do not fit their signed
# checksums. The release itself changes rarely and is enough.
private_apt_update() {
	local plain
	for plain in '' --plain; do
		# shellcheck disable=SC2086
		python3 "$SETUP_DIR/apt-sources.py" $plain $2 >"$3/sources/private.sources"
		if private_apt "$1" "$2" apt-get -q update; then
			return
		fi
	done
	return 1
}

# private_apt_dependency ARCH SUITES PACKAGE REGEX: the first package matching REGEX (of sed) that PACKAGE depends on: what
# a metapackage stands for.
private_apt_dependency() {
	local found
	private_apt_prepare "$1" "$2" >&2
	found=$(private_apt "$1" "$2" apt-cache depends "$3" | sed -n "s/^ *Depends: *\\($4\\)\$/\\1/p" | head -n 1)
	[ -n "$found" ] || setup_die "Debian's $3 ($1, $2) depends on no $4"
	printf '%s\n' "$found"
}

# private_apt_unpack NAME ARCH SUITES HOW PACKAGE...: unpacks packages into $KEXEC_TEST_CACHE/roots/NAME. HOW is "deps"
# (with everything they depend on, so that the root can run or link programs) or "only".
private_apt_unpack() {
	local name=$1 arch=$2 suites=$3 how=$4 root key dir debs work release=()
	shift 4
	dir=$KEXEC_TEST_CACHE/roots/$name
	key="$arch $suites $how $*"
	if [ -e "$dir/.key" ] && [ "$(cat "$dir/.key")" = "$key" ]; then
		return
	fi
	setup_say "fetching $* ($arch, Debian $suites) into $dir"
	private_apt_prepare "$arch" "$suites"
	root=$(private_apt_root "$arch" "$suites")
	case $suites in *' backports') release=(-t "${suites%% *}-backports") ;; esac
	work=$KEXEC_TEST_CACHE/roots/.$name.new
	rm -rf "$work" "$root/archives"
	mkdir -p "$work/usr" "$root/archives/partial"
	# Every Debian release since 12 has merged /usr; the links belong to no package.
	for debs in bin sbin lib lib64; do
		mkdir -p "$work/usr/$debs"
		ln -s "usr/$debs" "$work/$debs"
	done
	if [ "$how" = deps ]; then
		setup_quiet "fetch-$name" private_apt "$arch" "$suites" apt-get -q -y "${release[@]}" \
			--no-install-recommends --download-only install "$@"
		debs=$root/archives
	else
		debs=$work/.debs
		mkdir "$debs"
		(cd "$debs" && setup_quiet "fetch-$name" private_apt "$arch" "$suites" apt-get -q \
			"${release[@]}" download "$@")
	fi
	for debs in "$debs"/*.deb; do
		# dpkg -x replaces a link to a directory by the directory a package of before the merge still has.
		dpkg-deb --fsys-tarfile "$debs" | tar -C "$work" --keep-directory-symlink -xf -
		dpkg-deb --show --showformat '${Package} ${Version}\n' "$debs" >>"$work/.versions"
	done
	rm -rf "$work/.debs" "$root/archives"
	printf '%s\n' "$key" >"$work/.key"
	# Only now, and at once: tests may be running programs of the one before.
	rm -rf "$work.old"
	[ ! -e "$dir" ] || mv "$dir" "$work.old"
	mv "$work" "$dir"
	rm -rf "$work.old"
}
