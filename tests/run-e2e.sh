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

# Networks with fixed ports and names need an own network, own mounts and an own
# host name; everything else has the loopback for itself then.  Without the
# right to make them, the tests that need them are skipped.
if [ -z "${E2E_NAMESPACE:-}" ] && unshare -n -m -u true 2>/dev/null; then
	export E2E_NAMESPACE=1
	# shellcheck disable=SC2016
	exec unshare -n -m -u sh -c 'ip link set lo up; exec "$@"' sh \
	    tests/run-e2e.sh "$pattern" "$@"
fi
exec "$python" -m pytest -c tests/pytest.ini \
    -q ${pattern:+-k "$pattern"} "$@" tests/e2e
