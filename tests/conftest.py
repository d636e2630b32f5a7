# SPDX-License-Identifier: GPL-2.0-or-later
"""Several workers (pytest -n 6 --dist loadgroup): which test is begun when.

Any worker takes any test, in this order.  Those that wait longest go first, so
that none is left to the end for one worker alone; so do those that share what
is slow to start, one worker for all of them: a fixture of a module, or of these
of the session."""
import os

import pytest

SHARED = "ejabberd", "inspircd"


def wanted(item):
    """Names of its fixtures; of one asked for by name, that is a parameter."""
    parameters = getattr(item, "callspec", None)
    return item.fixturenames + list(
        map(str, parameters.params.values() if parameters else []))


def shared_by(item):
    """What the test shares with others, or None."""
    fixtures = item._fixtureinfo.name2fixturedefs
    for name in wanted(item):
        if name in SHARED:
            return name
        if name in fixtures and fixtures[name][-1].scope == "module":
            return "%s of %s" % (name, item.module.__name__)
    return None


def pytest_collection_modifyitems(items):
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    later = set()
    for item in items:
        group = item.get_closest_marker("xdist_group")
        if not group and shared_by(item):
            group = pytest.mark.xdist_group(shared_by(item))
            item.add_marker(group)
        if not group and not item.get_closest_marker("slow"):
            later.add(item)
    items.sort(key=later.__contains__)
