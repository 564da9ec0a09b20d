# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Kernels built from Debian's linux-source packages, for guests whose stock kernels cannot do what is tested.
#
# What differs between them is in kernel-NAME.sh, in two functions that run in the middle of kernel_build and see its
# tree (the unpacked source), make (an array: make with its options), fragment and out:
#   kernel_NAME_configure   makes the configuration from the fragment
#   kernel_NAME_make        builds and puts into out what the guests need
# with underscores for dashes in NAME.

# Most of the files of a kernel's source, and none that is used here. Kconfig wants its own files of every folder, and a
# few scripts look into those of other architectures.
KERNEL_UNNEEDED=("*/Documentation/*.rst" "*/Documentation/*.txt" "*/Documentation/*.yaml" "*/arch/*.dts" "*/arch/*.dtsi"
	"*/tools/testing/*" "*/tools/perf/*" "*/sound/*.[ch]" "*/drivers/gpu/*.[ch]" "*/drivers/media/*.[ch]"
	"*/drivers/net/ethernet/*.[ch]" "*/drivers/net/wireless/*.[ch]" "*/drivers/staging/*.[ch]" "*/drivers/scsi/*.[ch]")

# kernel_build NAME ARCH CROSS PACKAGE FRAGMENT WORK OUT: everything that decides what comes out is in the fragment, in
# this function and in those two, and all are part of the key. PACKAGE is where the source package is unpacked, WORK an
# empty directory, CROSS the prefix of the compiler.
kernel_build() {
	local name=$1 arch=$2 cross=$3 package=$4 fragment=$5 work=$6 out=$7 tree make missing
	tar -C "$work" "${KERNEL_UNNEEDED[@]/#/--exclude=}" -xf "$package"/usr/src/linux-source-*.tar.xz
	tree=$(echo "$work"/linux-source-*)
	make=(make -C "$tree" -s "ARCH=$arch" "CROSS_COMPILE=$cross" KBUILD_BUILD_USER=test KBUILD_BUILD_HOST=test
		# Where variables live is much of the work of debug information, and no reader of dumps asks for it.
		KCFLAGS=-fno-var-tracking)
	"kernel_${name//-/_}_configure"
	# Kconfig drops what it cannot have without a word; it would show as a puzzling failure in a scenario.
	missing=$(grep -E '^CONFIG_[A-Z0-9_]+=[^n]' "$fragment" | grep -vxFf "$tree/.config" || :)
	if [ -n "$missing" ]; then
		echo "the kernel's configuration did not take: $missing"
		return 1
	fi
	"kernel_${name//-/_}_make"
	cp "$tree/System.map" "$out/"
	cp "$tree/.config" "$out/config"
	cp "$tree/include/config/kernel.release" "$out/release"
}

# kernel_from_source NAME ARCH CROSS SUITE PACKAGE DIR MINUTES: starts to build Debian's PACKAGE of SUITE with
# kernels/NAME.config into DIR, if what is there was made from anything else; kernels_wait waits for it. MINUTES is what to
# tell who waits, on 2 CPUs.
kernel_from_source() {
	local name=$1 arch=$2 cross=$3 suite=$4 package=$KEXEC_TEST_CACHE/roots/$5 dir=$6 minutes=$7
	local fragment=$SETUP_DIR/kernels/$1.config key
	private_apt_unpack "$5" amd64 "$suite" only "$5"
	key=$( (cat "$fragment" "$package/.versions" && declare -p KERNEL_UNNEEDED &&
		declare -f kernel_build "kernel_${name//-/_}_configure" "kernel_${name//-/_}_make") | setup_hash)
	if [ -e "$dir/key" ] && [ "$(cat "$dir/key")" = "$key" ]; then
		return
	fi
	setup_say "building the $name kernel ($(cat "$package/.versions")) into $dir: about $minutes minutes on 2 CPUs"
	# Beside what is fetched meanwhile; in a process group of its own, to be ended with all that it has started.
	set -m
	kernel_into "$name" "$arch" "$cross" "$package" "$fragment" "$dir" "$key" </dev/null &
	set +m
	kernels_building+=("$!")
}

kernels_building=()

# kernel_into NAME ARCH CROSS PACKAGE FRAGMENT DIR KEY
kernel_into() {
	local name=$1 dir=$6 work=$KEXEC_TEST_CACHE/kernels/.$1.new start=$SECONDS
	rm -rf "$work"
	mkdir -p "$work/build" "$work/out"
	setup_quiet "kernel-$name" kernel_build "${@:1:5}" "$work/build" "$work/out"
	printf '%s\n' "$7" >"$work/out/key"
	rm -rf "$dir"
	mv "$work/out" "$dir"
	rm -rf "$work"
	setup_say "the $name kernel is built after $((SECONDS - start)) s: $dir"
}

kernels_wait() {
	local building
	for building in ${kernels_building[@]+"${kernels_building[@]}"}; do
		wait "$building" || setup_die "a kernel was not built"
	done
	kernels_building=()
}

# What was started and not waited for is ended.
kernels_end() {
	local building
	for building in ${kernels_building[@]+"${kernels_building[@]}"}; do
		kill -- "-$building" 2>/dev/null || :
	done
}
