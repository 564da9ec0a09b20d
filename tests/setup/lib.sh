# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by the set-up steps. Sourced after tests/setup/env.

setup_die() {
	printf 'set-up: %s\n' "$*" >&2
	exit 1
}

setup_say() {
	printf 'set-up: %s\n' "$*"
}

# Runs a command with its output in a log, which is shown only when the command fails. The subshell stands outside any
# condition, because bash ignores errexit inside one and a function would run on after its first error.
setup_quiet() {
	local what=$1 log status
	shift
	mkdir -p "$KEXEC_TEST_CACHE/log"
	log=$KEXEC_TEST_CACHE/log/$what.log
	set +e
	(
		set -e
		"$@"
	) >"$log" 2>&1
	status=$?
	set -e
	if [ "$status" -ne 0 ]; then
		tail -n 30 "$log" >&2
		setup_die "$what failed with exit code $status; the whole log is $log"
	fi
}

# One set-up at a time per cache: two test runs that start together must not build the same kernel twice.
setup_lock() {
	mkdir -p "$KEXEC_TEST_CACHE"
	exec {setup_lock_fd}>"$KEXEC_TEST_CACHE/lock"
	if ! flock -n "$setup_lock_fd"; then
		setup_say "another set-up works on $KEXEC_TEST_CACHE; waiting for it"
		flock "$setup_lock_fd"
	fi
}

setup_hash() {
	sha256sum | cut -c1-16
}

# setup_script PATH: what is read becomes an executable. In one step, because tests may be running the one before.
setup_script() {
	mkdir -p "$(dirname "$1")"
	cat >"$1.new"
	chmod +x "$1.new"
	mv "$1.new" "$1"
}
