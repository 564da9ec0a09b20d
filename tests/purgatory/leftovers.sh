#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a purgatory must not contain stops its build: the linker script or purgatory/check.sh says so.
# shellcheck source-path=SCRIPTDIR source=common
. "$(dirname "$0")/common"
small=(-std=gnu17 -O2 -ffreestanding -fvisibility=hidden -fno-asynchronous-unwind-tables)
# shellcheck disable=SC2054
link=(-nostdlib -static-pie -Wl,-z,text -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack)

# attempt NAME SCRIPT: builds $work/NAME.c. Its last words are in $work/log.
attempt() {
	local name=$1 script=$2
	# shellcheck disable=SC2086
	$cc "${small[@]}" -fpie -c -o "$work/$name.o" "$work/$name.c" &&
		$cc "${link[@]}" -Wl,-T,"$script" -o "$work/$name.elf" "$work/$name.o" >"$work/log" 2>&1 &&
		$objcopy -O binary -j .image "$work/$name.elf" "$work/$name.bin" &&
		sh "$SRCDIR/purgatory/check.sh" "$work/$name.elf" "$work/$name.bin" >"$work/log" 2>&1
}

refused() {
	local name=$1 script=$2 words=$3
	if attempt "$name" "$script"; then
		echo "$name: was built"
		exit 1
	fi
	grep -qe "$words" "$work/log" || {
		echo "$name: refused, but not for $words:"
		cat "$work/log"
		exit 1
	}
	echo "ok $name"
}

strict=$SRCDIR/purgatory/purgatory.lds
grep -v ASSERT "$strict" >"$work/lax.lds"
entries='int entry_crash(void); void entry_normal(void); void entry_normal(void) { }'

# check_compiler CC
check_compiler() {
	cc=$1
	NM=$($cc -print-prog-name=nm)
	READELF=$($cc -print-prog-name=readelf)
	objcopy=$($cc -print-prog-name=objcopy)
	export NM READELF
	rm -f "$work"/*.o "$work"/*.elf "$work"/*.bin

	printf '%s\nint entry_crash(void) { return 0; }\n' "$entries" >"$work/sound.c"
	sed -i 's/void entry_normal(void) { }/__attribute__((section(".entry"))) void entry_normal(void) { }/' "$work/sound.c"
	attempt sound "$strict" || {
		cat "$work/log"
		echo "sound: was refused"
		exit 1
	}
	echo "ok sound"

	cat >"$work/pointers.c" <<'END'
int entry_crash(void);
void entry_normal(void);
__attribute__((section(".entry"))) void entry_normal(void) { }
static const char *const volatile names[] = { "a", "b" };
__attribute__((section(".entry"))) int entry_crash(void) { return *names[0] + *names[1]; }
END
	refused pointers "$strict" 'run-time relocations'
	refused pointers "$work/lax.lds" 'relocations remain'

	cat >"$work/undefined.c" <<'END'
int entry_crash(void);
void entry_normal(void);
int elsewhere(void);
__attribute__((section(".entry"))) void entry_normal(void) { }
__attribute__((section(".entry"))) int entry_crash(void) { return elsewhere(); }
END
	refused undefined "$strict" 'undefined reference'
	# Some linkers let it pass in position-independent output; the object file stands for what they make.
	: >"$work/undefined.bin"
	if sh "$SRCDIR/purgatory/check.sh" "$work/undefined.o" "$work/undefined.bin" 2>"$work/log" ||
		! grep -q 'undefined symbols remain' "$work/log"; then
		echo "check.sh does not see undefined symbols"
		exit 1
	fi

	cat >"$work/large.c" <<'END'
int entry_crash(void);
void entry_normal(void);
static volatile char memory[60000];
__attribute__((section(".entry"))) void entry_normal(void) { }
__attribute__((section(".entry"))) int entry_crash(void) { return memory[1]; }
END
	refused large "$strict" 'are free for it'
}

find_tool S390X_CC s390x-linux-gnu-gcc
check_compiler "$S390X_CC"
if [ "$(uname -m)" = x86_64 ]; then
	check_compiler "${CC:-cc}"
fi
find_tool PPC64_CC powerpc64-linux-gnu-gcc
check_compiler "$PPC64_CC -mabi=elfv2"
find_tool PPC64LE_CC powerpc64le-linux-gnu-gcc
check_compiler "$PPC64LE_CC"
