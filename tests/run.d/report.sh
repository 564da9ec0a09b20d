# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Counting and printing. LOGS is the directory of the run.

passed=0
failed=0
skipped=0
unexcused=0

# report RESULT NAME SECONDS [WHY]
report() {
	case $1 in
	PASS) passed=$((passed + 1)) ;;
	FAIL) failed=$((failed + 1)) ;;
	SKIP)
		skipped=$((skipped + 1))
		case ${4-} in hardware:*) ;; *) unexcused=$((unexcused + 1)) ;; esac
		;;
	esac
	printf '%s %s %d s%s\n' "$1" "$2" "$3" "${4:+: $4}"
}

log_of() {
	printf '%s/%s.log\n' "$LOGS" "${1//[^A-Za-z0-9._-]/_}"
}

# one NAME COMMAND...: a test that is one command. Exit code 77 is a skip, whose reason its last line gives.
one() {
	attempt "$@"
	settle "$1"
}

# attempt NAME COMMAND...: the first half of it, for a process of its own; settle NAME: the second, in this one.
attempt() {
	local log status=0 start=$SECONDS
	log=$(log_of "$1")
	shift
	# Not in a condition: errexit must hold inside a function that is called here.
	set +e
	(
		set -e
		"$@"
	) >"$log" 2>&1 </dev/null
	status=$?
	set -e
	echo "$status $((SECONDS - start))" >"$log.end"
}

settle() {
	local name=$1 log status=none seconds=0
	log=$(log_of "$name")
	# None where the process was killed.
	[ ! -e "$log.end" ] || read -r status seconds <"$log.end"
	case $status in
	0) report PASS "$name" "$seconds" ;;
	77) report SKIP "$name" "$seconds" "$(tail -n 1 "$log" | sed 's/^SKIP:* *//')" ;;
	*)
		report FAIL "$name" "$seconds" "exit code $status, log $log"
		tail -n 30 "$log" | sed 's/^/    /'
		;;
	esac
	return 0
}

# Tests that run beside each other. beside NAME COMMAND... starts one when fewer than BESIDE run; beside_end waits for all.
declare -A beside_names=()

beside() {
	while [ "${#beside_names[@]}" -ge "$BESIDE" ]; do
		beside_one_less
	done
	attempt "$@" &
	beside_names[$!]=$1
}

beside_one_less() {
	local pid
	wait -n "${!beside_names[@]}" || :
	for pid in "${!beside_names[@]}"; do
		kill -0 "$pid" 2>/dev/null && continue
		settle "${beside_names[$pid]}"
		unset "beside_names[$pid]"
	done
}

beside_end() {
	while [ "${#beside_names[@]}" -gt 0 ]; do
		beside_one_less
	done
}

# many PREFIX COMMAND...: a command that prints a line "PASS name", "SKIP name: why" or "FAIL name ..." for each of its
# tests. Without one such line, or when it fails though no line says so, the whole counts as a failure.
many() {
	local prefix=$1 log line text seen=0 bad=0 status=none start=$SECONDS
	shift
	log=$(log_of "$prefix")
	: >"$log"
	while IFS= read -r line; do
		printf '%s\n' "$line" >>"$log"
		text=${line#* }
		case $line in
		'PASS '*) report PASS "$prefix/$text" $((SECONDS - start)) ;;
		'SKIP '*) report SKIP "$prefix/${text%%: *}" $((SECONDS - start)) "${text#*: }" ;;
		'FAIL '*)
			report FAIL "$prefix/${text%% *}" $((SECONDS - start)) "log $log"
			bad=$((bad + 1))
			;;
		'many: exit code '*)
			status=${line##* }
			continue
			;;
		'    '*)
			[ "$bad" -eq 0 ] || printf '%s\n' "$line"
			continue
			;;
		*)
			# What the compiler says before the first test is not that test's time.
			[ "$seen" -gt 0 ] || start=$SECONDS
			continue
			;;
		esac
		seen=$((seen + 1))
		start=$SECONDS
	done < <(
		set +e
		(
			set -e
			"$@"
		) 2>&1 </dev/null
		echo "many: exit code $?"
	)
	if [ "$seen" -eq 0 ] || { [ "$status" != 0 ] && [ "$bad" -eq 0 ]; }; then
		report FAIL "$prefix" $((SECONDS - start)) "exit code $status after $seen tests, log $log"
		tail -n 30 "$log" | sed 's/^/    /'
	fi
}

report_end() {
	local where=$LOGS
	if [ "$failed" -eq 0 ] && [ "$unexcused" -eq 0 ]; then
		rm -rf "$LOGS"
	else
		echo "the logs are in $where"
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] && [ "$unexcused" -eq 0 ]
}

report_interrupted() {
	echo "interrupted; the logs are in $LOGS"
	echo "$passed passed, $((failed + 1)) failed, $skipped skipped"
	trap - INT TERM HUP
	# Each scenario ends its own machine.
	[ "${#beside_names[@]}" -eq 0 ] || kill "${!beside_names[@]}" 2>/dev/null || :
	exit 130
}
