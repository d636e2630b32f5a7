# SPDX-License-Identifier: GPL-2.0-or-later
"""The backend for X from end to end, when X does not want, or it dies: what an
XMPP user sees of that."""
import os
import signal
import threading
import time

import pytest

from harness import x as network
from harness.process import wait_for
from harness.xmpp import body_of
from test_gateway import Gateway
from test_twitter import asked, is_on

pytestmark = pytest.mark.skipif(network.MISSING is not None,
                                reason=str(network.MISSING))
HOME = "reverse_chronological"


@pytest.fixture(scope="module")
def x():
    server = network.X()
    server.user("author")
    yield server
    server.close()


@pytest.fixture(scope="module")
def behind(x, prosody, shared_instances):
    return Gateway(prosody, "gw1", shared_instances,
                   **network.settings(x)).start()


@pytest.fixture
def anna(x, behind, prosody, accounts, unique):
    """Logged in; .name is that of her account of X, .contact X here."""
    client = accounts(prosody, "anna")
    client.name = unique("anna")
    client.contact = "%s@%s" % (network.CONTACT, behind.jid)
    x.user(client.name)
    x.follow(client.name, "author")
    behind.register(client, client.name, presence=False)
    client.send("<presence to='%s' type='subscribed'/>" % behind.jid)
    client.send("<presence to='%s'/>" % behind.jid)
    link = network.link_in(asked(client, behind.jid))
    client.message(behind.jid, x.auth.approve(link, client.name))
    is_on(client, client.contact)
    return client


def hears(client, text, timeout=20):
    return client.expect(
        "message", lambda m: (body_of(m) or "").endswith(text), timeout,
        from_=lambda jid: jid.startswith(client.contact))


def told(client, words):
    return client.expect("message", lambda m: words in (body_of(m) or ""), 20,
                         from_=lambda jid: jid.startswith(client.contact))


def test_trouble(x, behind, anna):
    """Each is told once, and when it is over; nothing is lost by it."""
    x.post("author", "before all of it %s" % anna.name)
    hears(anna, "before all of it %s" % anna.name)
    # The token expires: nobody sees anything of it.
    renewed = len(x.asked("POST", "oauth2/token"))
    x.auth.expire()
    x.post("author", "with a new token %s" % anna.name)
    hears(anna, "with a new token %s" % anna.name)
    assert len(x.asked("POST", "oauth2/token")) == renewed + 1
    # Too often, not paid for, not allowed, broken.
    for name, how in (("too often", {"status": 429,
                                     "headers": {"retry-after": "1"}}),
                      ("unpaid", {"status": 402}),
                      ("forbidden", {"status": 403}),
                      ("broken", {"status": 500, "times": 3}),
                      ("cut", {"cut": True}),
                      ("no JSON", {"body": "{\"data\": ["})):
        anna.clear()
        text = "%s %s" % (name, anna.name)
        x.next(HOME, **how)
        wait_for(lambda: not x.switches, 20, name)
        x.post("author", text)
        hears(anna, text)
        said = [body_of(m) for m in anna.matching(
            "message", lambda m: (body_of(m) or "").startswith("The timeline:"))]
        assert len(said) == len(set(said)) or "all is well again." in \
            " ".join(said), said
    # Slow, and a clock that is not ours.
    x.next(HOME, delay=1)
    x.clock = 5000
    text = "late %s" % anna.name
    x.post("author", text)
    hears(anna, text)
    x.clock = 0
    for text in ("with a new token %s" % anna.name, "late %s" % anna.name):
        assert len(anna.matching("message", lambda m, text=text: (
            body_of(m) or "").endswith(text))) == 1


def test_revoked(x, behind, anna):
    """Told, and out; no try without the user, who is asked at the next one."""
    anna.clear()
    x.auth.revoke(anna.name)
    anna.expect("presence", from_=behind.jid, type="unavailable", timeout=20)
    def refused():
        """What was asked with a token that X does not know, and for others."""
        return [r.path for r in x.requests if r.user is None]
    before = refused()
    anna.sync(behind.jid)
    time.sleep(1.5)         # longer than any pause of this instance
    assert refused() == before
    anna.clear()
    anna.send("<presence type='unavailable' to='%s'/>" % behind.jid)
    anna.send("<presence to='%s'/>" % behind.jid)
    link = network.link_in(asked(anna, behind.jid))
    anna.message(behind.jid, x.auth.approve(link, anna.name))
    is_on(anna, anna.contact)


def test_killed(x, behind, anna):
    """kill -9 while posts flow: none is lost, none comes twice, but perhaps the
    page that was being told."""
    over, texts = threading.Event(), []
    # Somebody whose timeline was empty gets no more than 20 at first.
    x.post("author", "before %s" % anna.name)
    hears(anna, "before %s" % anna.name)

    def write():
        while not over.wait(0.03):
            texts.append("%s number %d." % (anna.name, len(texts)))
            x.post("author", texts[-1])

    def heard():
        return [body_of(m).split("): ")[-1] for m in anna.matching(
            "message", lambda m: anna.name + " number" in (body_of(m) or ""))]

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(2):
            n = len(heard())
            wait_for(lambda n=n: len(heard()) > n, 20, "posts to come")
            victim, = behind.instance.backends()
            os.kill(victim, signal.SIGKILL)
            wait_for(lambda: victim not in behind.instance.backends() and
                     behind.instance.backends(), 20, "another backend")
    finally:
        over.set()
        writer.join()
    wait_for(lambda: set(texts) <= set(heard()), 30, "all of them")
    got = heard()
    assert len(got) - len(set(got)) <= 200, "told twice"
    once = list(dict.fromkeys(got))
    assert once == texts
