# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said between two, by prpl-jabber and a real Prosody."""
import pytest

from driver import Failed
from harness.process import SANITIZED, SLOWER
from harness.xmpp import NS, Client, body_of

USER = "u@x"
STATES = NS["states"]


class Scene:
    """A user of the backend, and a friend on the network."""

    def __init__(self, backend, friend, name):
        self.b, self.friend, self.name = backend, friend, name

    def start(self, body, to=None, **more):
        return self.b.start("message", user=USER, kind="chat", body=body,
                            to=to or self.friend.bare, **more)

    def say(self, body, heard=None, **more):
        """Say it; returns the stanza that the friend gets."""
        serial = self.start(body, **more)
        stanza = self.friend.expect_body(heard or body)
        self.b.finish(serial)
        return stanza

    def tell(self, body=None, extra=""):
        self.friend.send("<message to='%s' type='chat'>%s%s</message>" % (
            self.name, "<body>%s</body>" % body if body else "", extra))

    def got(self, **fields):
        return self.b.wait("message", user=USER, kind="chat",
                           **{"from": self.friend.bare, **fields})

    def state(self, state):
        self.b.wait("chat_state", user=USER, peer=self.friend.bare,
                    state=state)

    def type(self, state):
        self.b.notify("chat_state", user=USER, peer=self.friend.bare,
                      state=state)

    def sees(self, state):
        self.friend.expect("message", lambda m: m.find(
            "{%s}%s" % (STATES, state)) is not None)


def befriend(one, other):
    """Both see each other's presence from now on."""
    for a, b in ((one, other), (other, one)):
        a.send("<presence type='subscribe' to='%s'/>" % b.bare)
        b.expect("presence", type="subscribe")
        b.send("<presence type='subscribed' to='%s'/>" % a.bare)
        a.expect("presence", type=None, from_=lambda f: f.startswith(b.bare))


@pytest.fixture
def scene(jabber, friend):
    def begin(plugins=(), **how):
        one, other = friend("ana"), friend("friend", plugins=plugins)
        befriend(one, other)
        one.close()
        b = jabber(**how)
        b.connect(USER, one.bare)
        b.wait("contact_presence", contact=other.bare, show="online")
        return Scene(b, other, one.bare)

    return begin


def test_words(scene):
    s = scene()
    s.say("hello <you> & \"all\"\nsecond 'line'")
    s.tell("and you &lt;b&gt;&amp;\nnext")
    m = s.got()
    assert m["body"] == "and you <b>&\nnext"
    assert not {"time", "xhtml", "carbon", "headline"} & set(m)

    # Marked up, and made harmless.
    xhtml = s.say("bold link", "bold link <http://x.example/>", xhtml="<strong>bold</strong> "
                  "<a href='http://x.example/'>link</a>").find(
        ".//{http://www.w3.org/1999/xhtml}body")
    assert xhtml.find(".//*[@style='font-weight: bold;']").text == "bold"
    assert xhtml.find(".//*[@href='http://x.example/']").text == "link"
    s.tell("b x", "<html xmlns='http://jabber.org/protocol/xhtml-im'>"
           "<body xmlns='http://www.w3.org/1999/xhtml'><p onclick='evil()'>"
           "<strong>b</strong> <a href='javascript:evil()'>x</a></p></body>"
           "</html>")
    m = s.got()
    assert m["body"] == "b x" and m["xhtml"] == "<strong>b</strong> x"
    # On XMPP these words are the action.
    s.say("/me waves")

    # Who is typing: told when it changes.
    s.tell(extra="<composing xmlns='%s'/>" % STATES)
    s.state("composing")
    s.tell(extra="<paused xmlns='%s'/>" % STATES)
    s.state("paused")
    s.tell(extra="<composing xmlns='%s'/>" % STATES)
    s.state("composing")
    s.tell("said", "<active xmlns='%s'/>" % STATES)
    s.got(body="said")
    s.tell(extra="<gone xmlns='%s'/>" % STATES)
    s.state("gone")
    assert not [e for e in s.b.events if e[0] == "message"]
    for state in ("composing", "paused"):
        s.type(state)
        s.sees(state)

    # Attention; the friend's client cannot be called, and says so.
    s.tell(extra="<attention xmlns='urn:xmpp:attention:0'/>")
    s.b.wait("attention", user=USER, peer=s.friend.bare)
    s.b.notify("attention", user=USER, peer=s.friend.bare)
    assert "buzz" in s.got()["body"]

    # Old, and from the archive of the server.
    s.tell("old", "<delay xmlns='urn:xmpp:delay' "
           "stamp='2020-01-01T00:00:00Z'/>")
    assert s.got(body="old")["time"] == 1577836800000
    # Nothing of this is text.
    s.tell("a&#x1f600;b \u202e &amp;#0;")
    assert s.got()["body"] == "a\U0001f600b \u202e &#0;"


def test_refused(scene):
    """The network's no comes as the answer, with its reason."""
    s = scene()
    nobody = "nobody@" + s.name.partition("@")[2]
    with pytest.raises(Failed) as no:
        s.b.finish(s.start("anybody?", to=nobody))
    assert no.value.code != "network" and no.value.text
    # Others are not mixed up with it.
    first, bad, last = (s.start("1"), s.start("2", to=nobody), s.start("3"))
    s.b.finish(first)
    s.b.finish(last)
    with pytest.raises(Failed):
        s.b.finish(bad)
    with pytest.raises(Failed) as no:
        s.b.finish(s.start("x", to="\x01"))
    assert no.value.code == "not_found"
    # What waits for an answer at the end gets one.
    last = s.start("on its way")
    s.friend.expect_body("on its way")
    s.b.call("logout", user=USER)
    s.b.finish(last)


def test_many(scene):
    """In order, none lost, and nothing stays of them."""
    s = scene()

    def round_trip(n):
        for i in range(n):
            s.tell("m%d" % i)
        serials = [s.start("a%d" % i) for i in range(n)]
        for i in range(n):
            assert s.got()["body"] == "m%d" % i
        for serial in serials:
            s.b.finish(serial, timeout=60 * SLOWER)
        s.friend.expect_body("a%d" % (n - 1), timeout=60)
        s.friend.clear()
        return s.b.call("ping")["rss_kb"]

    before = round_trip(2000)
    grown = round_trip(4000) - before
    # libpurple would keep 290 bytes for each: a MB or more.  The address
    # sanitizer keeps for a while what has been freed.
    assert SANITIZED or grown < 500, \
        "%d KiB more after 8000 messages" % grown


def test_too_long(scene):
    s = scene()
    s.tell("&lt;" + "x" * 200000)
    assert s.got()["body"] == "<" + "x" * 200000
    s.say("y" * 100000)


def test_offline(jabber, friend):
    """What was said while the user was away is the first that comes."""
    one, other = friend("ana"), friend("friend")
    one.close()
    other.message(one.bare, "you are away")
    other.sync(other.bare)
    b = jabber()
    b.login(USER, one.bare, password="secret")
    m = b.wait("message", user=USER)
    assert m["body"] == "you are away" and m["from"] == other.bare


def test_elsewhere(scene, prosody):
    """What the user says with another client of the network (XEP-0280)."""
    s = scene(options={"plugins": "carbons"})
    phone = Client(s.name, "secret", prosody.port)
    try:
        phone.login()
        phone.message(s.friend.bare, "from the phone")
        s.friend.expect_body("from the phone")
        assert s.got(body="from the phone")["carbon"]
        # Not those that went through here.
        s.say("from here")
        phone.message(s.friend.bare, "again")
        assert s.got()["body"] == "again"
    finally:
        phone.close()


def test_irc(purple, server):
    """One line is one message there; "/me" is a command."""
    b = purple("prpl-irc", {"port": server.port, "ratelimit-interval": 0})
    b.login(USER, "ana@127.0.0.1")
    peer = server.peer()
    peer.expect("NICK ana")
    peer.send(":irc.test 001 ana :Welcome", ":irc.test 376 ana :End of MOTD")
    b.wait("connected", user=USER)
    no = b.start("message", user=USER, to="Carl", kind="chat", body="x")
    peer.expect("PRIVMSG")
    peer.send(":irc.test 401 ana Carl :No such nick")
    with pytest.raises(Failed):
        b.finish(no)
    b.start("message", user=USER, to="Bob", kind="chat", body="one\n\ntwo <b>")
    b.start("message", user=USER, to="Bob", kind="chat", body="/me waves")
    b.start("message", user=USER, to="Bob", kind="chat", body="/quit")
    for line in ("one", "two <b>", "\x01ACTION waves\x01", "/quit"):
        assert peer.expect("PRIVMSG") == "PRIVMSG Bob :" + line
    peer.send(":bob!b@h PRIVMSG ana :\x02bold\x02 <i>",
              ":bob!b@h PRIVMSG ana :\x01ACTION nods\x01")
    m = b.wait("message", user=USER)
    assert m["body"] == "bold <i>" and m["from"] == "bob"
    assert m["xhtml"] == "<strong>bold</strong> &lt;i&gt;"
    assert b.wait("message", user=USER)["body"] == "/me nods"
    b.process.stdin.close()
    peer.hang_up()
