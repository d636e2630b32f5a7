#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# npm.sh: install into build/npm what tests use and only npm has, as
# tests/npm/package.json says.  Does nothing when it is there already.  Where it
# cannot be had, the tests that want it skip: that is said, and no failure.
set -eu
cd "$(dirname "$0")/.."
there=build/npm

[ ! -e $there/complete ] ||
    ! cmp -s tests/npm/package.json $there/complete || exit 0
if ! command -v npm >/dev/null; then
	echo "npm: is not installed; tests that want what it has are skipped"
	exit 0
fi
rm -rf $there
mkdir -p $there
cp tests/npm/package.json $there/package.json
# Nothing of it is run here: no scripts of packages.
if npm install --prefix $there --ignore-scripts --no-package-lock --no-audit \
    --no-fund --loglevel=error; then
	cp tests/npm/package.json $there/complete
else
	echo "npm: has not got it; tests that want it are skipped"
	rm -rf $there
fi
