# SPDX-License-Identifier: GPL-2.0-or-later
"""What every test of the backend alone begins with."""
import itertools
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "e2e"))

from fake_x import X                                        # noqa: E402
from harness import servers                                 # noqa: E402
from harness.process import SLOWER                          # noqa: E402
from harness.raw import register_account                    # noqa: E402
from harness.xmpp import Client                             # noqa: E402
from irc_driver import Backend, Server                      # noqa: E402
from purple_driver import JABBER, Purple                    # noqa: E402
import twitter_driver                                       # noqa: E402
import xmpp_driver                                          # noqa: E402

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items):
    """One that starts seven sanitized backends, beside five other tests, took
    96 seconds of its two minutes."""
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(120 * SLOWER))


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


@pytest.fixture
def purple():
    """purple(protocol, ...) starts a libpurple backend; at the end its exit
    status must be ends."""
    started = []

    def start(*args, ends=0, **how):
        b = Purple(*args, **how)
        started.append((b, ends))
        return b

    yield start
    for b, ends in started:
        assert b.close() == ends


@pytest.fixture
def x():
    """A fake X with the account alice."""
    fake = X()
    fake.user("alice", "Alice")
    yield fake
    fake.close()


@pytest.fixture
def twitter(x):
    """twitter(**keys) starts a backend for that X, with these keys of
    [twitter]; at the end it must exit cleanly."""
    started = []

    def start(**keys):
        b = twitter_driver.Twitter(x, **keys)
        started.append(b)
        return b

    if twitter_driver.MISSING:
        pytest.skip(twitter_driver.MISSING)
    start.forget = started.remove       # one that a test has killed
    yield start
    for b in started:
        assert b.close() == 0


@pytest.fixture
def xmpp():
    """xmpp(**keys) starts a backend with these keys of [xmpp]; at the end it
    must exit cleanly."""
    started = []

    def start(**keys):
        b = xmpp_driver.Xmpp(**keys)
        started.append(b)
        return b

    if xmpp_driver.MISSING:
        pytest.skip(xmpp_driver.MISSING)
    yield start
    for b in started:
        assert b.close() == 0


@pytest.fixture
def fake():
    """fake(...) starts an XMPP server that is none."""
    started = []

    def start(*args, **how):
        started.append(xmpp_driver.Fake(*args, **how))
        return started[-1]

    yield start
    for f in started:
        f.close()


@pytest.fixture(scope="session")
def prosody(tmp_path_factory):
    """The XMPP server behind prpl-jabber: the network, not our own side."""
    directory = tmp_path_factory.mktemp("prosody")
    servers.make_certificate(directory, servers.Prosody.domain)
    s = servers.Prosody(directory, rooms=True).start()
    yield s
    s.stop()


@pytest.fixture
def account(prosody):
    """account("bob") registers a new one there; returns its bare JID."""
    def register(name):
        name = "%s%d" % (name, next(_numbers))
        register_account(prosody.port, prosody.domain, name, "secret")
        return "%s@%s" % (name, prosody.domain)

    return register


@pytest.fixture
def friend(prosody, account):
    """friend("bob"): a client of another account there, logged in."""
    clients = []

    def login(name="friend", **how):
        c = Client(account(name), "secret", prosody.port, **how)
        clients.append(c)
        c.login()
        return c

    yield login
    for c in clients:
        c.close()


@pytest.fixture
def jabber(purple, prosody):
    """jabber() starts a backend of prpl-jabber for that server."""
    def start(options=None, **how):
        return purple("prpl-jabber", {**JABBER, "port": prosody.port,
                                      **(options or {})}, **how)

    return start
