# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The groups of tests, in the order in which they run, and what each needs. Builds are shared: whoever needs one calls
# need_build, which makes it once and counts it as a test.

declare -A built

group_names() {
	local kind
	echo setup
	echo lint/shell
	for kind in gcc clang sanitizers; do
		echo "check/$kind"
	done
	echo check/s390x
	echo build/ppc64le
	echo build/ppc64
	echo dist
	echo package
	# The longest of what runs side by side comes first, and the short scenarios fill the time until the last of it ends.
	echo bench/dump
	for kind in $KEXEC_TEST_TARGETS; do
		echo "demo/$kind"
	done
	vm_names
	echo bench/machine
	echo bench/load
	echo bench/verify
	echo bench/verify-sha-ni
	echo bench/vmcore-save
	echo no-traces
}

# vm/TARGET/NAME or vm/TARGET/NAME:VARIANT, from the scenario files themselves.
vm_names() {
	local target file variants variant
	for target in $KEXEC_TEST_TARGETS; do
		for file in "$TESTS/vm/scenarios/$target"/*; do
			variants=$(sed -n 's/^# variants: //p' "$file")
			if [ -z "$variants" ]; then
				echo "vm/$target/$(basename "$file")"
			fi
			for variant in $variants; do
				echo "vm/$target/$(basename "$file"):$variant"
			done
		done
	done
}

is_wanted() {
	local word
	# Set-up is cheap when all is there, and nothing works without; what it leaves behind is looked at in any case.
	[ "$1" = setup ] || [ "$1" = no-traces ] || [ "${#wanted[@]}" -eq 0 ] && return
	for word in "${wanted[@]}"; do
		case $1 in *"$word"*) return 0 ;; esac
	done
	return 1
}

run_group() {
	local kind words=
	# The others take all CPUs, or measure.
	case $1 in vm/* | demo/* | bench/dump) ;; *) beside_end ;; esac
	case $1 in
	setup)
		architectures_before=$(dpkg --print-foreign-architectures)
		one setup "$TESTS/setup/all"
		;;
	lint/shell) one lint/shell lint_shell ;;
	check/*)
		kind=${1#check/}
		# What another compiler makes is seen by plans and purgatories; it makes the build with sanitizers, too, which
		# look at all that reads files. Time is short: set-up and all of this have 70 minutes.
		case $kind in
		clang) words='unit/test_golden golden/ purgatory/' ;;
		sanitizers) words='unit/ cli/ corrupt/ fuzz/' ;;
		esac
		need_build "$kind"
		share_fixtures "$kind"
		has_build "$kind" && many "$1" make -C "$LOGS/build/$kind" --no-print-directory -j"$(nproc)" check CHECK="$words"
		;;
	build/*) need_build "${1#build/}" ;;
	dist) one dist dist_round_trip ;;
	package)
		need_packages
		case " $KEXEC_TEST_TARGETS " in *' x86_64 '*) need_installed ;; esac
		;;
	demo/* | vm/*) run_scenario "$1" ;;
	bench/dump) need_dump ;;
	bench/*)
		need_build gcc
		if [ "$1" = bench/vmcore-save ]; then
			need_dump
			beside_end
		fi
		has_build gcc && one "$1" "${1/\//_}"
		;;
	no-traces) one no-traces no_traces ;;
	*) report FAIL "$1" 0 "no such group" ;;
	esac
	return 0
}

# How many machines run at a time: one for each CPU, as far as memory goes (3 GiB each).
machines_at_a_time() {
	local cpus memory
	cpus=$(nproc)
	memory=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo) >> 20))
	memory=$((memory / 3))
	[ "$memory" -ge 1 ] || memory=1
	echo $((cpus < memory ? cpus : memory))
}

# need_build KIND; has_build KIND: the second is false if the first reported a failure. The first is never part of a
# condition, in which bash would ignore errexit.
need_build() {
	local before=$failed
	if [ -z "${built[$1]-}" ]; then
		one "build/$1" build_kind "$1"
		built[$1]=$([ "$failed" -eq "$before" ] && echo yes || echo no)
	fi
}

has_build() {
	[ "${built[$1]}" = yes ]
}

build_kind() {
	local dir=$LOGS/build/$1
	mkdir -p "$LOGS/build"
	case $1 in
	gcc) build_kexec native "$dir" "$LOGS/configure-$1.log" CC=gcc ;;
	clang) build_kexec native "$dir" "$LOGS/configure-$1.log" CC=clang ;;
	# clang's find more, and -O1 compiles in half the time.
	sanitizers) build_kexec native "$dir" "$LOGS/configure-$1.log" CC=clang --enable-sanitizers CFLAGS='-g -O1' ;;
	s390x) build_kexec s390x "$dir" "$LOGS/configure-$1.log" CHECK_RUNNER="$QEMU_USER_S390X" ;;
	x86_64 | ppc64le | ppc64) build_kexec "$1" "$dir" "$LOGS/configure-$1.log" ;;
	esac
	file_is_not_empty "$dir/sbin/kexec"
}

# Packages, checked once, and an image that they are installed in; scenarios have both from GUEST_PACKAGES.
need_packages() {
	if [ -z "${built[package]-}" ]; then
		beside_end
		one package timeout -k 10 900 "$TESTS/package/check" "$LOGS/package"
		built[package]=yes
		export GUEST_PACKAGES=$LOGS/package/build
	fi
}

need_installed() {
	need_packages
	if [ -z "${built[package/installed]-}" ]; then
		beside_end
		one package/installed env GUEST_KEXEC="$LOGS/build/x86_64/kexec.guest" HOST_KEXEC="$LOGS/build/gcc/sbin/kexec" \
			"$TESTS/vm/run-scenario" "$LOGS/package-installed" "$TESTS/vm/packages/x86_64"
		built[package/installed]=yes
	fi
}

# What tests/mk makes is the same for each build, and takes half a minute: the first build's make runs it, the others copy.
share_fixtures() {
	local made=$LOGS/build/gcc/tests/fixtures own=$LOGS/build/$1/tests
	if [ "$1" != gcc ] && [ -e "$made/.made" ] && [ ! -e "$own/fixtures" ]; then
		mkdir -p "$own"
		cp -a "$made" "$own/" || rm -rf "$own/fixtures"
	fi
}

file_is_not_empty() {
	[ -s "$1" ] || {
		echo "$1 is missing or empty"
		return 1
	}
}

# demo/TARGET, vm/TARGET/NAME or vm/TARGET/NAME:VARIANT.
run_scenario() {
	local name=${1#*/} target variant=
	target=${name%%/*}
	name=${name#*/}
	case $name in *:*) variant=${name#*:} ;; esac
	need_build gcc
	need_build "$target"
	if ! has_build gcc || ! has_build "$target"; then
		report FAIL "$1" 0 "it needs a build that failed"
		return
	fi
	case $1 in demo/*)
		beside "$1" run_demo "$target"
		return
		;;
	esac
	if grep -qw debian_install "$TESTS/vm/scenarios/$target/${name%%:*}"; then
		need_installed
	fi
	export GUEST_KEXEC=$LOGS/build/$target/kexec.guest HOST_KEXEC=$LOGS/build/gcc/sbin/kexec
	beside "$1" "$TESTS/vm/run-scenario" "$LOGS/${1//\//_}" "$TESTS/vm/scenarios/$target/${name%%:*}" "$variant"
}

# With the builds that are there; the demo builds as they were built, by build_kexec.
run_demo() {
	local builds=$LOGS/demo-builds-$1
	mkdir "$builds"
	ln -s ../build/gcc "$builds/native"
	ln -s "../build/$1" "$builds/$1"
	timeout -k 10 1200 env TMPDIR="$LOGS" DEMO_BUILDS="$builds" "$TESTS/demo" "$1"
}

lint_shell() {
	# What is excluded comes of files that are made to be sourced (their variables and paths are not seen) or is wanted.
	local files options=(-x -S warning --exclude="SC1090,SC1091,SC2034,SC2046,SC2154,SC2164")
	cd "$SRC" || return 1
	mapfile -t files < <(shell_files)
	[ "${#files[@]}" -gt 20 ]
	printf '%s\0' "${files[@]}" | xargs -0 -n 10 -P "$(nproc)" shellcheck "${options[@]}"
	find tests/vm/scenarios tests/vm/demo tests/vm/packages -type f -print0 |
		xargs -0 -n 20 -P "$(nproc)" shellcheck "${options[@]}" -s bash
}

# Every file that says in its first lines which shell reads it.
shell_files() {
	find tests .ci purgatory debian completions kdump/initrd autogen.sh -type f -print0 |
		xargs -0 awk 'FNR == 1 && /^#!.*\/(ba)?sh$/ { print FILENAME; nextfile }
			FNR <= 3 && /^# shellcheck shell=/ { print FILENAME; nextfile } FNR > 3 { nextfile }'
}

# A release: packed, unpacked, built, installed below DESTDIR, and cleaned to what it was.
dist_round_trip() {
	local work=$LOGS/dist tarball
	mkdir -p "$work/pack" "$work/unpack" "$work/build" "$work/root"
	build_configure
	(cd "$work/pack" && "$SRC/configure" --with-purgatory=native && make --no-print-directory dist)
	tarball=$(echo "$work"/pack/kexec-*.tar.gz)
	tar -C "$work/unpack" --strip-components=1 -xf "$tarball"
	# The sources are read-only in the build that follows: it must not write into them.
	chmod -R a-w "$work/unpack"
	(
		cd "$work/build" || return 1
		"$work/unpack/configure" --prefix=/usr --sbindir=/sbin
		make -j"$(nproc)"
		make install DESTDIR="$work/root"
		file_is_not_empty "$work/root/sbin/kexec"
		file_is_not_empty "$work/root/usr/share/man/man8/kexec.8"
		"$work/root/sbin/kexec" -v
		make uninstall DESTDIR="$work/root"
		make distclean
	)
	if [ -n "$(find "$work/root" "$work/build" \( -type f -o -type l \))" ]; then
		echo "left behind by uninstall or distclean:"
		find "$work/root" "$work/build" \( -type f -o -type l \)
		return 1
	fi
	chmod -R u+w "$work/unpack"
}

bench_machine() {
	make -C "$LOGS/build/gcc" --no-print-directory bench-programs
	"$LOGS/build/gcc/tests/bench/bench_machine"
}

# Where the CPU has SHA instructions they must show; elsewhere we must not be slower.
bench_load() {
	local least=1.0 ratio
	if grep -qw sha_ni /proc/cpuinfo; then
		least=4.0
	fi
	gcc -std=c17 -D_GNU_SOURCE -o "$LOGS/nokexec" "$SRC/tests/cli/nokexec.c"
	/usr/bin/python3 -B "$SRC/tests/bench/load.py" "$LOGS/build/gcc/sbin/kexec" "$REF_KEXEC_AMD64" "$LOGS/nokexec" \
		"$SRC/tests/machines/x86_64-laptop.txt" "$LOGS/bench" | tee "$LOGS/bench.txt"
	ratio=$(sed -n 's,^load: reference / ours = ,,p' "$LOGS/bench.txt")
	awk -v ratio="$ratio" -v least="$least" 'BEGIN { exit !(ratio >= least) }' || {
		echo "the reference takes $ratio times as long, expected at least $least"
		return 1
	}
}

# What purgatory does at boot, on this CPU: against the reference's own code, compiled from Debian's source package.
bench_verify() {
	bench_verify_against 1.15
}

# The dump for bench/vmcore-save, of a machine of 4 GiB, beside the scenarios: nothing is measured here.
need_dump() {
	[ -z "${dump_started-}" ] || return 0
	dump_started=yes
	need_build gcc
	need_build x86_64
	if ! has_build gcc || ! has_build x86_64; then
		report FAIL bench/dump 0 "it needs a build that failed"
		return
	fi
	beside bench/dump env GUEST_KEXEC="$LOGS/build/x86_64/kexec.guest" HOST_KEXEC="$LOGS/build/gcc/sbin/kexec" \
		VM_LIFETIME=600 "$TESTS/vm/run-scenario" "$LOGS/bench-dump" "$TESTS/bench/dump/x86_64"
}

# Saving that dump, against makedumpfile and against zstd alone. What is written goes to memory, where there is a place
# for it: disks differ more than programs.
bench_vmcore-save() {
	local work=$LOGS/bench-save
	if [ ! -s "$LOGS/bench-dump/bench.vmcore" ]; then
		echo "there is no dump: see bench/dump"
		return 1
	fi
	[ "$(df --output=avail -k /dev/shm | tail -n 1)" -lt 2000000 ] || work=$(mktemp -d /dev/shm/kexec-bench.XXXXXX)
	make -C "$LOGS/build/gcc" --no-print-directory bench-programs
	set +e
	/usr/bin/python3 -B "$SRC/tests/bench/vmcore_save.py" --level=31 --close-level=25 --check \
		"$LOGS/build/gcc/sbin/vmcore-save" "$MAKEDUMPFILE" "$LOGS/build/gcc/tests/bench/bench_zstd" "$work" \
		"$LOGS/bench-dump/bench.vmcore"
	local status=$?
	rm -rf "$work" "$LOGS/bench-dump/bench.vmcore"
	return $status
}

bench_verify-sha-ni() {
	if ! grep -qw sha_ni /proc/cpuinfo; then
		echo "SKIP: hardware: this CPU has no SHA instructions"
		return 77
	fi
	bench_verify_against 5 --sha-ni
}

bench_verify_against() {
	local least=$1
	shift
	make -C "$LOGS/build/gcc" --no-print-directory bench-programs
	/usr/bin/python3 -B "$SRC/tests/bench/verify.py" "--least=$least" "$@" "$LOGS/build/gcc/tests/bench/bench_verify" \
		"$REF_KEXEC_SOURCE" "$LOGS/bench-verify"
}

# The tests leave the machine as it was: no process of theirs, no foreign architecture, nothing new in the tree.
no_traces() {
	local left
	if [ "$(dpkg --print-foreign-architectures)" != "$architectures_before" ]; then
		echo "the list of foreign architectures changed: $(dpkg --print-foreign-architectures)"
		return 1
	fi
	left=$(pgrep -fa "$LOGS" | grep -v -e "^$$ " -e 'tests/run' -e pgrep || :)
	if [ -n "$left" ]; then
		echo "processes are left: $left"
		return 1
	fi
	left=$(comm -13 <(printf '%s\n' "$untracked_before") <(untracked))
	if [ -n "$left" ]; then
		echo "files appeared in the tree: $left"
		return 1
	fi
}

# Files that git does not know and is not told to ignore; nothing where this is no repository.
untracked() {
	git -C "$SRC" ls-files --others --exclude-standard 2>/dev/null | LC_ALL=C sort || :
}

untracked_before=$(untracked)
architectures_before=
