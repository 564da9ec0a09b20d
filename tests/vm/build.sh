# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Builds kexec out of the tree. Sourced after tests/setup/env by what needs a build.

BUILD_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# build_kexec KIND DIRECTORY LOG [CONFIGURE-ARGUMENT...]: KIND is native or a target (static, and copies without debug
# information, DIRECTORY/kexec.guest and the like). The log is shown if the build fails.
build_kexec() {
	local kind=$1 dir=$2 log=$3 program
	shift 3
	case $kind in
	native) ;;
	x86_64) set -- --prefix=/usr --enable-static "$@" ;;
	s390x) set -- --prefix=/usr --host=s390x-linux-gnu --enable-static CC="$S390X_CC" "$@" ;;
	ppc64le) set -- --host=powerpc64le-linux-gnu --enable-static CC="$PPC64LE_CC" "$@" ;;
	# There is no guest that runs it, hence no libraries either: it must compile and link.
	ppc64) set -- --host=powerpc64-linux-gnu "$@" ;;
	*)
		echo "build: no compiler is known for $kind" >&2
		return 1
		;;
	esac
	if ! build_logged "$dir" "$@" >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		echo "build: building for $kind failed; the whole log is $log" >&2
		return 1
	fi
	if [ "$kind" != native ]; then
		for program in kexec fadump-capture vmcore-save vmcore-dmesg; do
			"${kind/ppc64/powerpc64}-linux-gnu-strip" -o "$dir/$program.guest" "$dir/sbin/$program"
		done
	fi
}

# ./configure is made from configure.ac and is not in the repository.
build_configure() {
	if [ ! -x "$BUILD_SRC/configure" ] || [ "$BUILD_SRC/configure.ac" -nt "$BUILD_SRC/configure" ]; then
		"$BUILD_SRC/autogen.sh"
	fi
}

build_logged() (
	local dir=$1
	shift
	mkdir -p "$dir" && build_configure && cd "$dir" &&
		"$BUILD_SRC/configure" --enable-werror "$@" && make -j"$(nproc)"
)
