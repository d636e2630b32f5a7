#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check.sh: everything that can be tested, from a fresh checkout on Debian.
# Goes on after a failure, so that one run tells all; the last line counts.
#   SKIP_DEPS=1        do not look for packages
#   FUZZ_SECONDS=5     for each fuzz target
#   CHAOS_SECONDS=120 CHAOS_SEED=7247971  everything dies and restarts under load
#   SOAK_MESSAGES=300000 through one instance
#   E2E=               only the end-to-end tests that match
# shellcheck disable=SC2317 # it does not see what a trap and "step" call
set -u
cd "$(dirname "$0")/.." || exit 1
: "${FUZZ_SECONDS:=5}" "${E2E:=}" "${SKIP_DEPS:=}"
: "${CHAOS_SECONDS:=120}" "${CHAOS_SEED:=7247971}" "${SOAK_MESSAGES:=300000}"
jobs=$(nproc 2>/dev/null || echo 2)
passed=0
failed=0
begin=$(date +%s)
out=$(mktemp -d)

cleanup() {
	for group in "$out"/*.group; do
		[ ! -e "$group" ] || [ -e "${group%.group}.end" ] ||
		    kill -- "-$(cat "$group")" 2>/dev/null
	done
	rm -rf "$out"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# step NAME PATTERN COMMAND...: run it, show it, and count: the numbers before
# "passed" and "failed" in the last line that matches PATTERN, or one for the
# step as a whole when there is none.
step() {
	name=$1 pattern=$2
	shift 2
	started=$(date +%s)
	echo "== $name"
	{ "$@" 2>&1; echo $? >"$out/rc"; } | tee "$out/log"
	rc=$(cat "$out/rc")
	echo "-- $name: took $(($(date +%s) - started)) s"
	line=$(grep -E "$pattern" "$out/log" | tail -n 1)
	ok=$(echo " $line" | sed -n 's/.*[^0-9]\([0-9][0-9]*\) passed.*/\1/p')
	bad=$(echo " $line" |
	    sed -n 's/.*[^0-9]\([0-9][0-9]*\) failed.*/\1/p')
	errors=$(echo " $line" |
	    sed -n 's/.*[^0-9]\([0-9][0-9]*\) error.*/\1/p')
	if [ -z "$pattern" ] || [ -z "$line" ]; then
		ok=0 bad=0 errors=0
		[ "$rc" -ne 0 ] || ok=1
	fi
	bad=$((${bad:-0} + ${errors:-0}))
	# What failed without saying how much of it.
	[ "$rc" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	passed=$((passed + ${ok:-0}))
	failed=$((failed + bad))
	return "$rc"
}

# aside KEY COMMAND...: begin it and let it have what time the next steps, that
# mostly wait, leave over.  "step ... joined KEY" shows and counts it.
aside() {
	key=$1
	shift
	# shellcheck disable=SC2016 # the inner shell's
	setsid nice sh -c '"$@" >"$0.log" 2>&1; echo $? >"$0.end"' \
	    "$out/$key" "$@" &
	echo $! >"$out/$key.group"
}

joined() {
	until [ -s "$out/$1.end" ]; do
		sleep 0.1
	done
	cat "$out/$1.log"
	return "$(cat "$out/$1.end")"
}

verdict() {
	echo "check: took $(($(date +%s) - begin)) s"
	echo "check: $passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit $?
}

if [ -z "$SKIP_DEPS" ]; then
	step "packages" "" scripts/deps.sh build purple twitter xmpp test demo || verdict
fi
if command -v shellcheck >/dev/null; then
	step "shell scripts" "" shellcheck scripts/*.sh examples/*.sh \
	    tests/*.sh tests/bench/*.sh .ci/run
fi
[ -n "$SKIP_DEPS" ] || aside npm tests/npm.sh
# "$@": make, as it is called below.
set -- make --no-print-directory -j"$jobs"
step "build" "" "$@" all unit-programs || verdict
aside sanitized "$@" SANITIZE=1 all unit-programs
step "layers" "" "$@" layers
step "unit tests" "^unit: " "$@" unit
step "sanitized build" "" joined sanitized || verdict
step "sanitized unit tests" "^unit: " "$@" SANITIZE=1 unit
aside fuzz "$@" fuzz FUZZ_SECONDS="$FUZZ_SECONDS"

[ -n "$SKIP_DEPS" ] || step "packages of npm" "" joined npm

# Tests mostly wait, so several at a time do (tests/conftest.py).
step "backends alone" " (passed|failed|error)" \
    env B="$PWD/build/sanitize" PYTHONDONTWRITEBYTECODE=1 \
    /usr/bin/python3 -m pytest -q -n 6 --dist loadgroup tests/backends
step "fuzz targets" "" joined fuzz

# Correctness with the sanitizers' eyes open; what is about time (kills, queues,
# memory) once more with the programs as they are shipped.
step "end-to-end tests, sanitized" " (passed|failed|error)" \
    env B="$PWD/build/sanitize" tests/run-e2e.sh "$E2E" -n 6 --dist loadgroup
step "end-to-end tests, timing" " (passed|failed|error)" \
    env B="$PWD/build" tests/run-e2e.sh \
    "${E2E:-supervision or (hostile and not ircv3) or backpressure or moves}" \
    -n 4 --dist loadgroup
step "soak" "" make --no-print-directory soak MESSAGES="$SOAK_MESSAGES"
step "chaos" "" make --no-print-directory chaos \
    SECONDS="$CHAOS_SECONDS" SEED="$CHAOS_SEED"
step "demo" "" make --no-print-directory demo
verdict
