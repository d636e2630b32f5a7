#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run the unit test programs named; print the failing ones whole.  The last
# line counts test cases.
out=$(mktemp); trap 'rm -f "$out"' EXIT
passed=0; failed=0
for test in "$@"; do
	bad=0
	if ! timeout -k 5 60 "$test" >"$out" 2>&1; then
		echo "== $(basename "$test") failed"
		cat "$out"
		bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p' "$out")
	fi
	ok=$(grep -c '^\[       OK \]' "$out")
	# No number: it died before it could count, or leaked.
	passed=$((passed + ok)); failed=$((failed + ${bad:-1}))
done
echo "unit: $passed passed, $failed failed"
[ $failed -eq 0 ]
