#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh: a local IRC server, spectrum2 in front of it, and a conversation
# between people on both sides, printed as it goes.  Ends by itself with
# "demo: PASSED" or "demo: FAILED".
set -eu
cd "$(dirname "$0")/.."
: "${B:=build}"
B=$(cd "$B" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/spectrum2-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# Debian's python3 has slixmpp; another one first in PATH may not.
python=/usr/bin/python3
[ -x "$python" ] || python=python3

if timeout -k 10 90 "$python" examples/demo.py "$B" "$work"; then
	echo "demo: PASSED"
else
	echo "demo: FAILED"
	exit 1
fi
