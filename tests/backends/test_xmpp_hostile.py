# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers that have too much of everything, or lie about others: it costs their
own user, and nobody who shares the process with him.  SCALE=20000 in the environment
is how much of everything; without, less."""
import itertools
import os
import re
import threading
import time

import pytest

from driver import Failed, PATIENCE
from harness import servers
from harness.process import SANITIZED, SLOWER, wait_for
from harness.raw import register_account
from xmpp_driver import USER

MANY = int(os.environ.get("SCALE", "700" if SANITIZED else "1500"))
LATENCY = 1.5 * SLOWER      # seconds; others are served as fast at least
GROWTH = 64 * 1024          # KiB, of all that is sent here
EVE = "eve@example.org"
ROOM = "room@conference.xmpp.test"
MUC = "<x xmlns='http://jabber.org/protocol/muc#user'>%s</x>"
ROSTER = "<query xmlns='jabber:iq:roster'>%s</query>"


def many(text):
    return "".join(text.replace("#", str(i)) for i in range(MANY))


FLOODS = {
    "messages": many("<message from='a@b.c' type='chat' id='#'><body>#"
                     "</body></message>"),
    "senders": many("<message from='a#@b.c/x' type='chat'><body>x</body>"
                    "<composing xmlns='http://jabber.org/protocol/chatstates'"
                    "/></message>"),
    "requests": many("<iq type='get' id='#' from='a@b.c/#'><query xmlns="
                     "'http://jabber.org/protocol/disco#info'/></iq>"),
    "answers": many("<iq type='result' id='#'/>"),
    "presences": many("<presence from='a#@b.c/x'><status>#</status>"
                      "</presence>"),
    "clients": many("<presence from='ann@b.c/#'><c xmlns='http://jabber.org/"
                    "protocol/caps' hash='sha-1' node='n' ver='#'/>"
                    "</presence>"),
    "subscriptions": many("<presence type='subscribe' from='a#@b.c'/>"),
    "pushes": many("<iq type='set' id='#'>%s</iq>" % ROSTER %
                   "<item jid='a#@b.c' name='#' subscription='both'>"
                   "<group>#</group></item>"),
    "receipts": many("<message from='a@b.c/x'><received xmlns="
                     "'urn:xmpp:receipts' id='#'/></message>"),
    "errors": many("<message type='error' from='a#@b.c' id='#'/>"),
    "rooms": many("<presence from='r#@conference.xmpp.test/n'>%s</presence>" %
                  MUC % "<item affiliation='none' role='participant'/>"),
    "invitations": many("<message from='r#@c.b'>%s</message>" %
                        MUC % "<invite from='a#@b.c'/>"),
    "acknowledgements": many("<a xmlns='urn:xmpp:sm:3' h='#'/><r xmlns="
                             "'urn:xmpp:sm:3'/>"),
    "spaces": " " * 100 * MANY,
}


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    s = servers.Prosody(tmp_path_factory.mktemp("remote")).start()
    register_account(s.port, s.domain, "bob", "secret")
    yield s
    s.stop()


def memory(b):
    """Of its own, in KiB."""
    with open("/proc/%d/status" % b.process.pid) as status:
        return int([x for x in status if x.startswith("RssAnon")][0]
                   .split()[1])


class Other:
    """Another user of the process, who talks to himself."""

    def __init__(self, b, jid):
        self.b, self.jid = b, jid
        self.numbers = itertools.count()
        self.slowest = 0

    def speaks(self):
        body = "ping %d" % next(self.numbers)
        begin = time.monotonic()
        assert self.b.finish(self.b.say(self.jid, body)) == {}
        with self.b.changed:
            assert self.b.changed.wait_for(lambda: any(
                m == "message" and p["user"] == USER and p["body"] == body
                for m, p in self.b.events), PATIENCE)
        self.slowest = max(self.slowest, time.monotonic() - begin)


@pytest.fixture
def crowd(xmpp, remote):
    """A backend, and somebody in it who means well."""
    b = xmpp(host="127.0.0.1", port=remote.port, tls="off")
    b.enter("bob@" + remote.domain)
    other = Other(b, "bob@" + remote.domain)
    other.speaks()
    return b, other


END = "<message from='end@b.c' type='chat'><body>the end</body></message>"


def has_ended(b):
    with b.changed:
        return any(m == "message" and p["user"] == EVE and
                   p["body"] == "the end" or
                   m == "disconnected" and p["user"] == EVE
                   for m, p in b.events)


def wait_served(b, other):
    """All that was said was read, and the other one was served meanwhile."""
    end = time.monotonic() + 60
    while not has_ended(b):
        other.speaks()
        assert time.monotonic() < end
    with b.changed:
        b.events.clear()


def flood(b, other, fake, then, **settings):
    """All of it is read, while the other one is served."""
    f = fake(then=then + END)
    b.login(EVE, "eve@xmpp.test", password="secret",
            settings={"port": str(f.port), **settings})
    other.slowest = 0
    wait_served(b, other)
    call = b.start("logout", user=EVE)
    f.client.close()
    b.finish(call)
    return other.slowest


def test_floods(crowd, fake):
    b, other = crowd
    before, slow = memory(b), {}
    for name, then in FLOODS.items():
        slow[name] = flood(b, other, fake, then)
    grown = memory(b) - before
    print("\nslowest answer, ms: %s; grown by %d KiB" % (
        {k: round(v * 1e3) for k, v in slow.items()}, grown))
    assert max(slow.values()) < LATENCY, slow
    if not SANITIZED:
        assert grown < GROWTH


def later(f, text):
    """Say it while others are looked at."""
    threading.Thread(target=f.say, args=(text,), daemon=True).start()


def test_giants(crowd, fake):
    """A roster, and a room, larger than there are."""
    b, other = crowd
    before = memory(b)
    f = fake()
    b.enter("eve@xmpp.test", user=EVE, port=f.port)
    iq = f.expect("<iq ([^>]*)><query [^>]*jabber:iq:roster")[1]
    ident = re.search("id=.([^'\"]*)", iq)[1]
    other.slowest = 0
    later(f, "<iq type='result' id='%s'>%s</iq>" % (ident, ROSTER % "".join(
        "<item jid='a%d@b.c' subscription='both'/>" % i
        for i in range(5 * MANY))) + END)
    wait_served(b, other)
    b.start("room_join", user=EVE, room=ROOM, nick="me")
    f.expect("<presence [^>]*%s/me" % ROOM)
    occupant = "<presence from='" + ROOM + "/%s'>" + MUC + "</presence>"
    item = "<item affiliation='none' role='participant'/>"
    later(f, "".join(occupant % ("n%d" % i, item) for i in range(5 * MANY)) +
          occupant % ("me", item + "<status code='110'/>") + END)
    wait_served(b, other)
    print("\nslowest answer: %d ms, grown by %d KiB" % (
        other.slowest * 1e3, memory(b) - before))
    assert other.slowest < LATENCY
    if not SANITIZED:
        assert memory(b) - before < GROWTH
    call = b.start("logout", user=EVE)
    f.client.close()
    b.finish(call)


def test_forged(crowd, fake):
    """What only one's own server may say, said by somebody else."""
    b, _ = crowd
    f = fake()
    b.enter("eve@xmpp.test", user=EVE, port=f.port)
    f.expect("jabber:iq:roster")
    item = ROSTER % "<item jid='bad@b.c' subscription='both'/>"
    for name, sender in enumerate(("mallory@b.c", "mallory@xmpp.test",
                                   "eve@xmpp.test.b.c", "xmpp.test.b.c")):
        f.say("<iq type='set' id='f%d' from='%s'>%s</iq>" % (
            name, sender, item))
        f.expect("<iq [^>]*id=.f%d[^>]*>|<iq [^>]*type=.error[^>]*>" % name)
        for kind in "sent", "received":
            f.say("<message from='%s'><%s xmlns='urn:xmpp:carbons:2'>"
                  "<forwarded xmlns='urn:xmpp:forward:0'><message "
                  "xmlns='jabber:client' from='eve@xmpp.test' to='a@b.c'>"
                  "<body>bad</body></message></forwarded></%s></message>" % (
                      sender, kind, kind))
    f.say(END)
    assert b.wait("message", user=EVE)["body"] == "the end"
    assert "bad" not in repr(b.skipped)


GOES_ON = "<resumed xmlns='urn:xmpp:sm:3' h='%s' previd='%s'/>"
LIES = [GOES_ON % ("4294967295", "x"), GOES_ON % (1000, "x"),
        GOES_ON % ("x", "x"), GOES_ON % (0, "y"),
        "<resumed xmlns='urn:xmpp:sm:3'/>",
        "<failed xmlns='urn:xmpp:sm:3' h='1000'/>",
        # The answer to what it was not asked.
        "<iq type='result' id='_xmpp_bind1'><bind xmlns="
        "'urn:ietf:params:xml:ns:xmpp-bind'><jid>a@b.c/d</jid></bind></iq>" +
        GOES_ON % (0, "x") + "<failed xmlns='urn:xmpp:sm:3'/>",
        "<iq type='error' id='_xmpp_bind1'/>"]


def test_resumed_with_a_lie(xmpp, fake):
    """A session cannot go on in this way: another one, and no harm."""
    b = xmpp(host="127.0.0.1", tls="off")
    calls = []
    for i, lie in enumerate(LIES):
        f = fake(features="<sm xmlns='urn:xmpp:sm:3'/>", after={
            "<enable": "<enabled xmlns='urn:xmpp:sm:3' id='x' resume='true'/>"
        }, resume=lie)
        user = "u%d@example.org" % i
        b.enter("eve@xmpp.test", user=user, port=f.port)
        calls.append((user, b.say("ann@xmpp.test", "one", user=user), f))
        f.expect("<body>one")
        f.client.shutdown(2)
    for user, call, f in calls:
        wait_for(lambda: f.resumes >= 1)
        b.start("logout", user=user)
        with pytest.raises(Failed) as e:
            b.finish(call)
        assert e.value.code == "uncertain"
        assert "<body>one" not in f.got


def test_too_large(xmpp, fake):
    """Who hears of what was too large to be read."""
    f = fake()
    b = xmpp(host="127.0.0.1", port=f.port, tls="off", stanza_max=10000)
    b.enter("eve@xmpp.test")
    # A tag may be larger than all that is read of a stanza.
    for inside in " x='%s'/>", "><body>%s</body></message>":
        f.say("<message from='ann@b.c'" + inside % ("x" * 100000))
        m = b.wait("message", **{"from": "ann@b.c"})
        assert "too large" in m["body"]
    b.start("room_join", user=USER, room=ROOM, nick="me")
    f.expect("<presence [^>]*%s/me" % ROOM)
    # To an event nobody wants an answer: an error may be the end of it.  What
    # is said to all in a room others have; the rest is for the user alone.
    for who, kind in (("a@b.c", "headline"), (ROOM + "/ann", "groupchat"),
                      (ROOM, "normal"), (ROOM + "/ann", "chat"),
                      ("a@b.c/x", "chat")):
        f.say("<message from='%s' type='%s'>%s</message>" % (
            who, kind, "<a>" * 70 + "</a>" * 70))
    m = b.wait("message")
    assert (m["from"], m["kind"], m["nick"]) == (ROOM, "private", "ann")
    m = b.wait("message")
    assert (m["from"], m["kind"]) == ("a@b.c", "chat")
    assert 'to="a@b.c/x"' in f.expect("<message [^>]*type=.error[^>]*>")[0]
