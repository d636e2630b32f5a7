# SPDX-License-Identifier: GPL-2.0-or-later
"""What every test of the backend alone begins with."""
import pytest

from irc_driver import Backend, Server


@pytest.fixture
def server():
    s = Server()
    yield s
    s.close()


@pytest.fixture
def backend():
    """backend(**service) starts one; at the end it must exit cleanly."""
    started = []

    def start(**service):
        b = Backend(**service)
        started.append(b)
        return b

    yield start
    for b in started:
        assert b.close() == 0
