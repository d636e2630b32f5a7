#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run-e2e.sh [PATTERN [pytest options]]: the end-to-end tests whose names
# match, against the programs in $B (build).
set -eu
cd "$(dirname "$0")/.."
: "${B:=$PWD/build}"
export B PYTHONDONTWRITEBYTECODE=1
pattern=${1:-}
[ $# -eq 0 ] || shift

# Debian's python has the packages; another one first in PATH may not.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
if ! "$python" -c 'import pytest, pytest_timeout, slixmpp' 2>/dev/null; then
	echo "e2e: pytest or slixmpp is missing; 'make deps-test'" >&2
	exit 1
fi
exec "$python" -m pytest -c tests/pytest.ini \
    -q ${pattern:+-k "$pattern"} "$@" tests/e2e
