#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run-fuzz.sh SECONDS FUZZER...: each one for that long, from its seed corpus.
set -eu
seconds=$1; shift
here=$(cd "$(dirname "$0")" && pwd)
for fuzzer in "$@"; do
	name=$(basename "$fuzzer")
	work=$(mktemp -d)
	if [ -d "$here/fuzz/corpus/$name" ]; then
		cp "$here/fuzz/corpus/$name"/* "$work"
	fi
	if ! "$fuzzer" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=1024 \
	    -verbosity=0 -print_final_stats=0 -artifact_prefix="$work/" "$work" 2>"$work.log"; then
		echo "fuzz: $name found something, input in $work:"
		tail -n 40 "$work.log"
		exit 1
	fi
	rm -rf "$work" "$work.log"
	echo "fuzz: $name ran $seconds s, nothing found"
done
