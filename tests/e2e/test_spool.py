# SPDX-License-Identifier: GPL-2.0-or-later
"""What waits when the main process ends is delivered by the next one."""
import os
import signal
import sqlite3

import pytest

from harness.instance import IRC_BACKEND
from harness.process import wait_for
from harness.xmpp import body_of, show
from test_gateway import Gateway


@pytest.fixture
def gateway(own_prosody, ngircd, instances, gateway_name, tmp_path):
    """Its backend can be taken away."""
    backend = tmp_path / "backend"
    backend.symlink_to(IRC_BACKEND)
    gateway = Gateway(own_prosody, gateway_name, instances,
                      service__backend=str(backend), service__crash_grace=300,
                      service__irc_server="127.0.0.1:%d" % ngircd.port)
    gateway.backend = backend
    return gateway.start()


@pytest.fixture
def anna(gateway, accounts, unique):
    client = accounts(gateway.server, "anna")
    client.nick = unique("a")
    gateway.register(client, client.nick)
    return client


def rows(place):
    with sqlite3.connect("file:%s/database.sql?mode=ro" %
                         place.instance.directory, uri=True) as database:
        return database.execute("SELECT jid, up, data FROM spool").fetchall()


class Place:
    """An instance whose backend can be taken away, and who uses it."""

    def __init__(self, instance, backend):
        self.instance, self.backend, self.jid = instance, backend, instance.jid

    def take_backend(self):
        self.backend.unlink()
        for pid in self.instance.backends():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: "online -> recovering" in
                 self.instance.answer("events"), 20, "the loss to be noticed")

    def give_backend(self):
        self.backend.symlink_to(IRC_BACKEND)


class BehindServer(Place):
    def __init__(self, gateway, accounts, unique):
        super().__init__(gateway.instance, gateway.backend)
        self.gateway = gateway
        self.anna = accounts(gateway.server, "anna")
        self.gateway.register(self.anna, unique("a"))

    def leave(self):
        self.anna.send("<presence to='%s' type='unavailable'/>" % self.jid)
        self.anna.expect("presence", from_=self.jid, type="unavailable")

    def enter(self):
        self.anna.send("<presence to='%s'/>" % self.jid)


class Server(Place):
    def __init__(self, instance, backend, clients, unique):
        super().__init__(instance, backend)
        self.anna = clients(instance, unique("anna"))

    def leave(self):
        self.anna.close()
        wait_for(lambda: self.instance.answer(
            "has_online_user", self.anna.bare) == "0", 10, "anna to be gone")

    def enter(self):
        self.anna.login()


@pytest.fixture(params=["gateway", "server"])
def place(request, instances, ngircd, clients, unique, tmp_path):
    if request.param == "gateway":
        return BehindServer(request.getfixturevalue("gateway"),
                            request.getfixturevalue("accounts"), unique)
    backend = tmp_path / "backend"
    backend.symlink_to(IRC_BACKEND)
    return Server(instances(
        "server_mode", service__backend=str(backend),
        service__crash_grace=300,
        service__irc_server="127.0.0.1:%d" % ngircd.port),
        backend, clients, unique)


def say_three(place, carl):
    """Messages that wait, as the spool shows, sealed."""
    for number in range(3):
        place.anna.message("%s@%s" % (carl.nick, place.jid),
                           "late %d" % number)
    wait_for(lambda: len(rows(place)) == 3, 10, "three rows")
    assert "late" not in repr(rows(place)), "not sealed"


def check_three(place, carl):
    """They come once each, in order."""
    for number in range(3):
        carl.expect(":late %d$" % number, 30)
    wait_for(lambda: not rows(place), 10, "no row to be left")
    carl.sync()
    errors = place.anna.matching("message", type="error")
    assert not errors, show(errors[0])
    assert len(carl.matching(":late ")) == 3


@pytest.mark.parametrize("end", ["kill -9", "orderly"])
@pytest.mark.timeout(180)
def test_to_the_network(place, irc, unique, end):
    """The backend dies and cannot be started, so messages wait; we end; the
    next one has a backend again.  Who is a client of ours logs in again."""
    carl = irc(unique("carl"))
    place.take_backend()
    say_three(place, carl)
    if end == "orderly":
        place.instance.stop()
    else:
        place.instance.kill()
    place.give_backend()
    place.instance.start()
    if isinstance(place, Server):
        place.anna.wait_end()
        place.enter()
    check_three(place, carl)


@pytest.mark.timeout(180)
def test_who_leaves(place, irc, unique):
    """Messages wait, and their sender goes: they are sent when she is back."""
    carl = irc(unique("carl"))
    place.take_backend()
    say_three(place, carl)
    place.leave()
    assert len(rows(place)) == 3
    place.give_backend()
    place.enter()
    check_three(place, carl)


@pytest.mark.timeout(180)
def test_to_xmpp(gateway, anna, irc, unique):
    """The XMPP server is away when we stop; the messages come in the end."""
    carl = irc(unique("carl"))
    carl.say(anna.nick, "first")
    anna.expect_body("first")
    gateway.server.process.signal(signal.SIGSTOP)
    for number in range(5):
        carl.say(anna.nick, "word %d" % number)
    wait_for(lambda: int(gateway.instance.answer("messages_to_xmpp")) == 6,
             20, "them to be on their way")
    gateway.server.process.popen.kill()
    gateway.server.stop()
    gateway.instance.stop()
    wait_for(lambda: len(rows(gateway)) >= 5, 10, "rows")
    gateway.server.start()
    gateway.instance.start()
    anna.login()

    def words():
        return [body_of(m) for m in anna.matching("message")
                if (body_of(m) or "").startswith("word")]
    wait_for(lambda: len(words()) == 5, 30, "five words")
    assert words() == ["word %d" % number for number in range(5)]
    wait_for(lambda: not rows(gateway), 10, "no row to be left")
