#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run the unit test programs named, ten at a time, as they mostly wait; print the
# failing ones whole.  The last line counts test cases.

# --one DIRECTORY PROGRAM: its output, and whether it failed, to files there.
if [ "${1:-}" = --one ]; then
	log=$2/$(basename "$3")
	timeout -k 5 300 "$3" >"$log" 2>&1 || : >"$log.bad"
	exit 0
fi

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
printf '%s\n' "$@" | xargs -P 10 -n 1 "$0" --one "$out"
passed=0; failed=0
for test in "$@"; do
	log=$out/$(basename "$test")
	bad=0
	if [ -e "$log.bad" ]; then
		echo "== $(basename "$test") failed"
		cat "$log"
		bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p' "$log")
	fi
	ok=$(grep -c '^\[       OK \]' "$log")
	# No number: it died before it could count, or leaked.
	passed=$((passed + ok)); failed=$((failed + ${bad:-1}))
done
echo "unit: $passed passed, $failed failed"
[ $failed -eq 0 ]
