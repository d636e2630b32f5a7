# SPDX-License-Identifier: GPL-2.0-or-later
"""Several workers (pytest -n 6 --dist loadgroup): which test is begun when.

Any worker takes any test, in this order.  Those that wait longest go first, so
that none is left to the end for one worker alone; so do those that share a
server which is slow to start, one worker for all of them."""
import os

import pytest

# Fixtures, of a session or a module.
SHARED = "ejabberd", "inspircd"


def wanted(item):
    """Names of its fixtures; of one asked for by name, that is a parameter."""
    parameters = getattr(item, "callspec", None)
    return item.fixturenames + list(
        map(str, parameters.params.values() if parameters else []))


def pytest_collection_modifyitems(items):
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    later = set()
    for item in items:
        group = item.get_closest_marker("xdist_group")
        for name in SHARED:
            if not group and name in wanted(item):
                group = pytest.mark.xdist_group(name)
                item.add_marker(group)
        if not group and not item.get_closest_marker("slow"):
            later.add(item)
    items.sort(key=later.__contains__)
