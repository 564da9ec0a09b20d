#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A kernel that was damaged between the first call and the second: not started, named on the console and by the
# wait's address, with memory at absolute 0 as it was; or the machine loads itself anew.
# shellcheck source-path=SCRIPTDIR source=common
. "$(dirname "$0")/common"
find_tool S390X_CC s390x-linux-gnu-gcc
find_tool QEMU_S390X qemu-system-s390x
find_purgatory

high=(-DBASE='UINT64_C(0xa0000000)')
reboot=(-DPOLICY=PURGATORY_ON_CORRUPTION_REBOOT)
kernel=(-DDAMAGE='*at(BASE + 0x12345) ^= 1')
kernel_said='not started: kernel (0x812000-0x843000) was changed after it was loaded'

build_bare kernel refuse.c "${kernel[@]}"
run_bare kernel --expect 0x4b5841 --kept --says "$kernel_said"
run_bare kernel --expect 0x4b5841 --kept --console none
run_bare kernel --expect 0x4b5841 --kept --console line --says "$kernel_said"
build_bare kernel-high refuse.c "${kernel[@]}" "${high[@]}"
run_bare kernel-high --expect 0x4b5841 --kept --memory 3072 \
	--says 'not started: kernel (0xa0012000-0xa0043000) was changed after it was loaded'
build_bare initrd refuse.c -DDAMAGE='*at(BASE + 0x100123) ^= 0x80'
run_bare initrd --expect 0x4b5842 --kept --says 'initrd (0x900123-0x923582)'
build_bare parmarea refuse.c -DDAMAGE='*at(BASE + 0x10480) ^= 0x80'
run_bare parmarea --expect 0x4b5846 --kept --says 'parmarea (0x810000-0x812000)'
build_bare meminfo refuse.c -DDAMAGE='*at(BASE + 0xffff) ^= 0x80'
run_bare meminfo --expect 0x4b5845 --kept --says 'meminfo (0x80f000-0x810000)'
build_bare table refuse.c -DDAMAGE='placed.regions[0].length.b[7] ^= 1'
run_bare table --expect 0x4b5803 --kept --says "purgatory's own parameters were changed after it was loaded"
build_bare malformed refuse.c -DDAMAGE='placed.params->handoff[0] = raw64_make(0x8000, ORDER_BIG); sign(&placed)'
run_bare malformed --expect 0x4b5802 --kept --says 'parameters that contradict each other'
build_bare reboot refuse.c "${kernel[@]}" "${reboot[@]}"
run_bare reboot --expect 0x600d --resets 1 --says "$kernel_said"

# Purgatory's own code is not covered by its digest; what the CPU refuses to execute must not run astray.
elf=${PURGATORY_S390X%.bin}.elf
if [ -e "$elf" ]; then
	nm=${S390X_NM:-$($S390X_CC -print-prog-name=nm)}
	verify=$("$nm" "$elf" | sed -n 's/^\([0-9a-f]*\) . purgatory_verify$/\1/p')
	build_bare code refuse.c -DDAMAGE="memset(placed.purgatory + 0x$verify, 0, 64)"
	run_bare code --expect 0x4b5801
else
	echo "failed: $elf is needed for the test with damaged code"
	failures=$((failures + 1))
fi
finish
