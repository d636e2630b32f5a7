# SPDX-License-Identifier: GPL-2.0-or-later
"""The link to the XMPP server breaks at the worst of moments: nothing that was
said to our users is lost, and nothing of it comes twice."""
import signal

import pytest

from harness.process import wait_for
from harness.xmpp import body_of, show
from test_gateway import Gateway

COUNT = 200


@pytest.fixture
def gateway(own_prosody, instances, ngircd, gateway_name):
    return Gateway(own_prosody, gateway_name, instances,
                   service__irc_server="127.0.0.1:%d" % ngircd.port).start()


@pytest.fixture
def anna(gateway, accounts, unique):
    client = accounts(gateway.server, "anna")
    client.nick = unique("a")
    gateway.register(client, client.nick)
    return client


def said(gateway):
    return int(gateway.instance.answer("messages_to_xmpp"))


def numbers_of(messages):
    return [int(body_of(m).split()[1]) for m in messages]


def words(client):
    return [m for m in client.matching("message")
            if (body_of(m) or "").startswith("word ")]


def test_written_and_not_handled(gateway, own_prosody, anna, irc, unique):
    """The server has stopped reading when the messages are written; then it
    is killed, and the kernel takes them along."""
    carl = irc(unique("carl"))
    carl.say(anna.nick, "before")
    anna.expect_body("before")
    before = said(gateway)
    own_prosody.process.signal(signal.SIGSTOP)
    for number in range(COUNT):
        carl.say(anna.nick, "word %d" % number)
    wait_for(lambda: said(gateway) == before + COUNT, 20,
             "all of them to be written")
    own_prosody.process.popen.kill()
    own_prosody.stop()
    gateway.instance.process.wait_log("lost 127.0.0.1", 20)
    carl.say(anna.nick, "word %d" % COUNT)
    own_prosody.start()
    gateway.instance.process.wait_log("messages that waited or were not "
                                      "confirmed are sent", 40)
    anna.wait_end()
    anna.login()
    anna.expect_body("word %d" % COUNT, timeout=40)
    got = words(anna)
    assert numbers_of(got) == list(range(COUNT + 1))
    assert all("urn:xmpp:delay" in show(m) for m in got[:COUNT])


def test_slow_server(gateway, own_prosody, anna, irc, unique):
    """It was only slow: nothing comes twice."""
    carl = irc(unique("carl"))
    own_prosody.process.signal(signal.SIGSTOP)
    for number in range(COUNT):
        carl.say(anna.nick, "word %d" % number)
    carl.sync()
    own_prosody.process.signal(signal.SIGCONT)
    anna.expect_body("word %d" % (COUNT - 1), timeout=40)
    carl.say(anna.nick, "after")
    anna.expect_body("after")
    assert numbers_of(words(anna)) == list(range(COUNT))
