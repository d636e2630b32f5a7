# SPDX-License-Identifier: GPL-2.0-or-later
"""What waits when the main process ends is delivered by the next one."""
import os
import signal
import sqlite3

import pytest

from harness.instance import IRC_BACKEND
from harness.process import wait_for
from harness.xmpp import body_of
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


def rows(gateway):
    with sqlite3.connect("file:%s/database.sql?mode=ro" %
                         gateway.instance.directory, uri=True) as database:
        return database.execute("SELECT jid, up, data FROM spool").fetchall()


@pytest.mark.parametrize("end", ["kill -9", "orderly"])
@pytest.mark.timeout(180)
def test_to_the_network(gateway, anna, irc, unique, end):
    """The backend dies and cannot be started, so messages wait; we end; the
    next one has a backend again."""
    carl = irc(unique("carl"))
    gateway.backend.unlink()
    for pid in gateway.instance.backends():
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: "online -> recovering" in
             gateway.instance.answer("events"), 20, "the loss to be noticed")
    for number in range(3):
        anna.message("%s@%s" % (carl.nick, gateway.jid), "late %d" % number)
    wait_for(lambda: len(rows(gateway)) == 3, 10, "three rows")
    assert "late" not in repr(rows(gateway)), "not sealed"
    if end == "orderly":
        gateway.instance.stop()
    else:
        gateway.instance.kill()
    gateway.backend.symlink_to(IRC_BACKEND)
    gateway.instance.start()
    for number in range(3):
        carl.expect(":late %d$" % number, 30)
    wait_for(lambda: not rows(gateway), 10, "no row to be left")
    assert not anna.matching("message", type="error")
    assert len(carl.matching(":late ")) == 3


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
