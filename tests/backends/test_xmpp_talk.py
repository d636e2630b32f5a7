# SPDX-License-Identifier: GPL-2.0-or-later
"""The XMPP backend and messages between two: everything that one of them can
say, both ways."""
import xml.etree.ElementTree as ET

import pytest

from driver import Failed
from harness import servers
from harness.raw import register_account
from harness.xmpp import NS, Client, body_of
from xmpp_driver import USER

XM = {"c": "jabber:client", "reply": "urn:xmpp:reply:0",
      "fb": "urn:xmpp:fallback:0", "react": "urn:xmpp:reactions:0",
      "retract": "urn:xmpp:message-retract:1", "oob": "jabber:x:oob",
      "correct": "urn:xmpp:message-correct:0", "sid": "urn:xmpp:sid:0",
      "mark": "urn:xmpp:chat-markers:0", "r": "urn:xmpp:receipts",
      "cs": NS["states"], "im": "http://jabber.org/protocol/xhtml-im",
      "x": "http://www.w3.org/1999/xhtml", "att": "urn:xmpp:attention:0"}
PING = r"<iq type='get' id='([^']*)'><ping"


@pytest.fixture
def plain(xmpp, prosody):
    """A backend for the server of account() and friend(), without TLS."""
    return xmpp(host="127.0.0.1", port=prosody.port, tls="off")


def test_to_network(plain, account, friend):
    """All that the user can say to somebody of another server."""
    b, ann = plain, friend()
    plain.enter(account("bob"))

    def say(body, **more):
        assert b.finish(b.say(ann.bare, body, **more)) == {}
        return ann.expect("message", lambda m: body_of(m) is not None)

    m = say("*bold* <&>", id="m1", xhtml="<b>bold</b> &lt;&amp;<br/>",
            thread="t1")
    assert (m.get("id"), m.get("type"), body_of(m)) == (
        "m1", "chat", "*bold* <&>")
    assert m.find("sid:origin-id", XM).get("id") == "m1"
    assert m.find("r:request", XM) is not None
    assert m.find("mark:markable", XM) is not None
    assert m.find("cs:active", XM) is not None
    assert m.findtext("c:thread", None, XM) == "t1"
    html = m.find("im:html/x:body", XM)
    assert "".join(html.itertext()) == "bold <&"
    assert [e.tag for e in html] == ["{%s}b" % XM["x"], "{%s}br" % XM["x"]]
    # One that is not well-formed costs itself only.
    m = say("still", xhtml="<b>half</i>")
    assert m.get("id") and m.find("im:html", XM) is None
    m = say("corrected", replaces="m1")
    assert m.find("correct:replace", XM).get("id") == "m1"
    # An answer, with what it answers for who knows no answers.
    m = say("yes", reply_to={"id": "a1", "author": "ann%x@gw.example",
                             "text": "> größe?\n"})
    assert body_of(m) == "> größe?\nyes"
    reply = m.find("reply:reply", XM)
    assert (reply.get("id"), reply.get("to")) == ("a1", ann.bare)
    span = m.find("fb:fallback/fb:body", XM)
    assert (span.get("start"), span.get("end")) == ("0", "9")
    m = say("me", reply_to={"id": "m1", "author": USER + "/home"})
    assert m.find("reply:reply", XM).get("to").startswith("bob")
    # Files: where there is a text beside, it comes first.
    m = say("http://x.test/a.png", id="f1",
            attachments=[{"url": "http://x.test/a.png"}])
    assert m.get("id") == "f1"
    assert m.findtext("oob:x/oob:url", None, XM) == "http://x.test/a.png"
    m = say("two:", attachments=[{"url": "http://x.test/1"},
                                 {"url": "http://x.test/2", "name": "n"}])
    assert body_of(m) == "two:" and m.find("oob:x", XM) is None
    for i in ("1", "2"):
        m = ann.expect_body("http://x.test/" + i)
        assert m.findtext("oob:x/oob:url", None, XM) == body_of(m)
    # What is no text.
    b.call("reaction", user=USER, peer=ann.bare, id="a1", emojis=["👍", "❤"])
    m = ann.expect("message", lambda m: m.find("react:reactions", XM)
                   is not None)
    r = m.find("react:reactions", XM)
    assert (r.get("id"), [e.text for e in r]) == ("a1", ["👍", "❤"])
    b.call("retract", user=USER, peer=ann.bare, id="m1")
    m = ann.expect("message", lambda m: m.find("retract:retract", XM)
                   is not None)
    assert m.find("retract:retract", XM).get("id") == "m1"
    assert m.find("fb:fallback", XM).get("for") == XM["retract"]
    for state, tag in (("received", "r:received"),
                       ("displayed", "mark:displayed")):
        b.notify("marker", user=USER, peer=ann.bare, id="a1", state=state)
        m = ann.expect("message", lambda m: m.find(tag, XM) is not None)
        assert m.find(tag, XM).get("id") == "a1"
    b.notify("chat_state", user=USER, peer=ann.bare, state="<nonsense>")
    b.notify("chat_state", user=USER, peer=ann.bare, state="composing")
    m = ann.expect("message", from_=lambda j: j.startswith("bob"))
    assert m.find("cs:composing", XM) is not None
    b.notify("attention", user=USER, peer=ann.bare)
    m = ann.expect("message", type="headline")
    assert m.find("att:attention", XM) is not None
    with pytest.raises(Failed) as e:
        b.finish(b.say("x" * 4000, "far"))
    assert e.value.code == "not_found"


def test_from_network(plain, account, friend):
    """And all that can be said to the user."""
    b, bob, ann = plain, account("bob"), friend()
    b.enter(bob)
    # By now the server knows that we are there.
    b.finish(b.say(ann.bare, "hello"))

    def hear(body, extra="", kind="chat"):
        name = ann.message(bob, body, kind, extra)
        m = b.wait("message")
        assert (m["from"], m["kind"], m["id"]) == (ann.bare, "chat", name)
        return m

    m = hear("bold", "<thread>t</thread><html xmlns='%s'><body xmlns='%s'>"
             "<b>bold</b> &amp; <a href='http://x.test/?a&amp;b'>y</a>"
             "</body></html>" % (XM["im"], XM["x"]))
    html = ET.fromstring("<body>%s</body>" % m["xhtml"])
    assert "".join(html.itertext()) == "bold & y"
    assert html.find("a").get("href") == "http://x.test/?a&b"
    assert m["thread"] == "t" and not m.get("time")
    m = hear("new", "<replace xmlns='%s' id='old'/>" % XM["correct"])
    assert m["replaces"] == "old"
    m = hear("> größe?\nyes", "<reply xmlns='%s' to='%s' id='m1'/>"
             "<fallback xmlns='%s' for='%s'><body start='0' end='9'/>"
             "</fallback>" % (XM["reply"], bob, XM["fb"], XM["reply"]))
    assert m["body"] == "yes"
    assert m["reply_to"] == {"id": "m1", "author": bob, "text": "größe?"}
    m = hear("http://x.test/a", "<x xmlns='jabber:x:oob'><url>"
             "http://x.test/a</url></x>")
    assert m["attachments"] == [{"url": "http://x.test/a"}]
    m = hear("late", "<subject>About</subject><delay xmlns='urn:xmpp:delay' "
             "stamp='2020-01-01T00:00:00Z'/><composing xmlns='%s'/>"
             % XM["cs"], "normal")
    assert (m["body"], m["time"]) == ("About\n\nlate", 1577836800000)
    m = hear("hallo", "<body xml:lang='en'>hello</body>")
    assert m["body"] == "hallo"
    assert hear("news", kind="headline")["headline"] is True

    def gesture(method, xml):
        ann.send("<message to='%s' type='chat'>%s</message>" % (bob, xml))
        p = b.wait(method)
        assert p["peer"] == ann.bare
        return p

    p = gesture("reaction", "<reactions xmlns='%s' id='m1'><reaction>👍"
                "</reaction><reaction>🎉</reaction></reactions>"
                "<body>&gt; it\n👍</body><fallback xmlns='%s' for='%s'/>"
                % (XM["react"], XM["fb"], XM["react"]))
    assert (p["id"], p["emojis"]) == ("m1", ["👍", "🎉"])
    p = gesture("reaction", "<reactions xmlns='%s' id='m1'/>" % XM["react"])
    assert p["emojis"] == []
    p = gesture("retract", "<retract xmlns='%s' id='m2'/><body>gone</body>"
                % XM["retract"])
    assert p["id"] == "m2"
    p = gesture("retract", "<apply-to xmlns='urn:xmpp:fasten:0' id='m3'>"
                "<retract xmlns='urn:xmpp:message-retract:0'/></apply-to>")
    assert p["id"] == "m3"
    p = gesture("receipt", "<received xmlns='%s' id='m1'/>" % XM["r"])
    assert (p["id"], p["state"]) == ("m1", "delivered")
    p = gesture("marker", "<displayed xmlns='%s' id='m1'/>" % XM["mark"])
    assert (p["id"], p["state"]) == ("m1", "displayed")
    p = gesture("chat_state", "<composing xmlns='%s'/>" % XM["cs"])
    assert p["state"] == "composing"
    gesture("attention", "<attention xmlns='%s'/>" % XM["att"])
    # Nothing of it was told as words, too.
    assert not [p for m, p in b.events + b.skipped if m == "message"]


def test_refused(plain, account, xmpp, fake):
    """What comes back is an error of the message that went out: of its
    request, or, when that was answered, in words."""
    b, bob = plain, account("bob")
    b.enter(bob)
    for to in "nobody@xmpp.test", "NoBody@XMPP.test":
        with pytest.raises(Failed) as e:
            b.finish(b.say(to, "hello", id="m1"))
        assert e.value.code == "not_found"

    f = fake()
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("bob@xmpp.test")
    name = f.expect(PING)[1]
    call = b.say("ann@far.test", "one", id="m1")
    error = ("<message type='error' from='%s' id='%s'><body>one</body><error "
             "type='cancel'><%s "
             "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>")
    f.expect("<body>one")
    # Of somebody else, of what was never sent, and the right one.
    f.say(error % ("eve@far.test", "m1", "forbidden"))
    f.say(error % ("ann@far.test", "m9", "forbidden"))
    f.say(error % ("ann@far.test", "m1", "remote-server-timeout"))
    with pytest.raises(Failed) as e:
        b.finish(call)
    assert e.value.code == "timeout"
    # The server has it already.
    call = b.say("ann@far.test", "two", id="m2")
    f.expect("<body>two")
    f.say("<iq type='result' id='%s'/>" % name)
    f.say("<iq type='result' id='%s'/>" % f.expect(PING)[1])
    assert b.finish(call) == {}
    for _ in range(2):
        f.say(error % ("ann@far.test", "m2", "forbidden"))
    m = b.wait("undelivered")
    assert (m["peer"], m["id"], m["code"]) == ("ann@far.test", "m2",
                                               "forbidden")
    # One that no client knows by its id: in words.
    call = b.say("ann@far.test", "three")
    ident = f.expect("<message[^>]*? id=.([^'\"]*)")[1]
    f.say("<iq type='result' id='%s'/>" % f.expect(PING)[1])
    assert b.finish(call) == {}
    f.say(error % ("ann@far.test", ident, "forbidden"))
    m = b.wait("message")
    assert m["from"] == "ann@far.test" and m["headline"]
    assert "not delivered" in m["body"] and "one" in m["body"]
    f.say("<message from='eve@far.test'><body>end</body></message>")
    assert b.wait("message")["body"] == "end"


# ---- other clients, and time without any

@pytest.fixture(scope="module")
def remembers(tmp_path_factory):
    """A server with an archive."""
    s = servers.Prosody(tmp_path_factory.mktemp("remembers"),
                        modules=("mam", "smacks")).start()
    yield s
    s.stop()


class Home:
    """Bob, with a backend and another client; ann, who writes to him."""

    def __init__(self, server, xmpp, name):
        self.bob, self.ann = (n + name + "@" + server.domain
                              for n in ("bob", "ann"))
        for jid in (self.bob, self.ann):
            register_account(server.port, server.domain,
                             jid.partition("@")[0], "secret")
        self.clients = []
        self.server = server
        self.friend = self.client(self.ann)
        self.backend = xmpp(host="127.0.0.1", port=server.port, tls="off")

    def client(self, jid):
        c = Client(jid, "secret", self.server.port).login()
        c.sync(jid.partition("@")[2])
        self.clients.append(c)
        return c

    def enter(self, **settings):
        self.backend.enter(self.bob, **settings)
        self.backend.finish(self.backend.say(self.ann, "here"))

    def leave(self):
        """Returns where the archive was left."""
        self.backend.call("logout", user=USER)
        return [p for m, p in self.backend.skipped + self.backend.events
                if m == "setting" and p["name"] == "archive_last"][-1]["value"]

    def until(self, end):
        """All that is heard before this text."""
        self.backend.wait("message", body=end)
        return [p["body"] for m, p in self.backend.skipped if m == "message"]

    def heard(self, end):
        """The same when ann says it."""
        self.friend.message(self.bob, end)
        return self.until(end)


@pytest.fixture
def home(remembers, xmpp, request):
    h = Home(remembers, xmpp, request.node.name[5:9])
    yield h
    for c in h.clients:
        c.close()


def test_carbons(home):
    """What the user says elsewhere; a copy that somebody made up."""
    b, ann = home.backend, home.friend
    home.enter()
    other = home.client(home.bob)
    name = other.message(home.ann, "from the other client")
    m = b.wait("message")
    assert (m["from"], m["body"], m["id"], m["carbon"]) == (
        home.ann, "from the other client", name, True)
    # To the other one only.
    ann.message(other.jid, "to the other client")
    m = b.wait("message")
    assert m["body"] == "to the other client" and not m.get("carbon")
    for kind in ("sent", "received"):
        ann.send("<message to='%s' type='chat'><%s xmlns='urn:xmpp:carbons:2'>"
                 "<forwarded xmlns='urn:xmpp:forward:0'><message "
                 "xmlns='jabber:client' from='%s' to='%s'><body>forged</body>"
                 "</message></forwarded></%s></message>"
                 % (home.bob, kind, home.bob, home.ann, kind))
    assert home.heard("end") == []


def test_archive(home):
    """What was said while the user was away, once and in order; what he has
    seen already, not again."""
    b, ann = home.backend, home.friend
    other = home.client(home.bob)
    ann.message(home.bob, "before the first time")
    other.expect_body("before the first time")
    home.enter()
    ann.message(home.bob, "live")
    assert home.heard("live too") == ["live"]
    other.message(home.ann, "carbon")
    b.wait("message", body="carbon", carbon=True)
    last = home.leave()
    words = ["missed %d" % i for i in range(120)]
    for word in words:
        ann.message(home.bob, word)
    other.expect_body(words[-1])
    other.message(home.ann, "mine")
    ann.expect_body("mine")
    home.enter(archive_last=last)
    assert home.until("mine") == words
    assert all(p["time"] > 0 for m, p in b.skipped if m == "message")
    assert home.heard("end") == []
    # Nobody was there: now they are kept for him as well.
    last = home.leave()
    other.close()
    beside = "<encrypted xmlns='eu.siacs.conversations.axolotl'/>"
    ann.message(home.bob, "offline 1", extra=beside)
    ann.message(home.bob, "offline 2")
    ann.sync(home.server.domain)
    home.enter(archive_last=last)
    assert home.until("offline 2") == ["offline 1"]
    assert [p.get("extra") for m, p in b.skipped if m == "message"] == [beside]
    assert home.heard("end") == []
    # A place that the archive does not know any more: by the time then.
    home.leave()
    home.enter(archive_last="2020-01-01T00:00:00Z unknown")
    assert home.until("offline 2")[:2] == ["before the first time", "live"]
    # None at all, and not wanted.
    last = home.leave()
    home.enter(archive_last="nonsense")
    assert home.heard("end 2") == []
    home.leave()
    home.enter(archive="0", archive_last=last)
    assert home.heard("end 3") == []


MAM = "urn:xmpp:mam:2"
QUERY = r'<iq [^>]*?id="([^"]*)"[^>]*><query [^>]*?queryid="([^"]*)".*?</query>'


def result(word, query, key, sender="", own=""):
    return ("<message%s><result xmlns='%s' queryid='%s' id='%s'><forwarded "
            "xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' "
            "stamp='2026-01-01T00:00:00Z'/><message xmlns='jabber:client' "
            "from='%s' to='bob@xmpp.test' type='chat' id='%s'><body>%s</body>"
            "</message></forwarded></result></message>"
            % (sender, MAM, query, key, own or "ann@far.test/a", key, word))


def fin(name, last, complete="false"):
    return ("<iq type='result' id='%s'><fin xmlns='%s' complete='%s'><set "
            "xmlns='http://jabber.org/protocol/rsm'><last>%s</last></set>"
            "</fin></iq>" % (name, MAM, complete, last))


def test_archive_of_others(xmpp, fake):
    """Archives that nobody asked for, or without an end; a server that does
    not say what it keeps."""
    f = fake()
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("bob@xmpp.test", archive_last="2026-01-01T00:00:00Z a0")
    hit = f.expect(QUERY)
    assert "<after>a0</after>" in hit[0]
    # Of somebody else; of another question; sent by ourselves.
    f.say(result("forged", hit[2], "e1", " from='eve@far.test'"))
    f.say(result("forged", "guessed", "e2"))
    f.say(result("own", hit[2], "a1", own="bob@xmpp.test/there"))
    f.say(result("one", hit[2], "a2"))
    # By itself while it is read, and then in the archive, under no id.
    f.say("<message from='ann@far.test/a' type='chat' id='a3'><body>two"
          "</body></message>")
    f.say(result("two", hit[2], "a3"))
    # The other way round: what was kept for the user, too.
    f.say("<message from='ann@far.test/a' type='chat' id='a2'><body>one"
          "</body><delay xmlns='urn:xmpp:delay' "
          "stamp='2026-01-01T00:00:00Z'/></message>")
    f.say(fin(hit[1], "a3"))
    # It goes on where it was, until nothing comes any more.
    hit = f.expect(QUERY)
    assert "<after>a3</after>" in hit[0]
    f.say(fin(hit[1], "a3"))
    f.say("<message from='ann@far.test' type='chat'><body>end</body>"
          "</message>")
    for word in ("one", "two", "end"):
        assert b.wait("message")["body"] == word
    # What is said in a room comes to us by itself.  What the user says
    # elsewhere has no id here: it is looked for.
    for word, extra in (("in private", "<x xmlns='http://jabber.org/protocol/"
                         "muc#user'/>"), ("mine", "")):
        f.say("<message from='bob@xmpp.test'><sent "
              "xmlns='urn:xmpp:carbons:2'><forwarded "
              "xmlns='urn:xmpp:forward:0'><message from='bob@xmpp.test/x' "
              "to='ann@far.test' xmlns='jabber:client' id='c1'><body>%s"
              "</body>%s</message></forwarded></sent></message>"
              % (word, extra))
    m = b.wait("message")
    assert (m["carbon"], m["body"]) == (True, "mine")
    hit = f.expect(QUERY)
    assert "<before/>" in hit[0]
    f.say(result("mine", hit[2], "a4") + fin(hit[1], "a4", "true"))
    f.say("<message from='ann@far.test'><body>end</body></message>")
    assert b.wait("message")["body"] == "end"
    call = b.start("logout", user=USER)
    f.expect("</stream:stream>")
    f.say("</stream:stream>")
    b.finish(call)
    kept = [p["value"] for m, p in b.skipped + b.events if m == "setting"]
    assert kept[-1].endswith(" a4")
    assert not [p for m, p in b.events if m == "message"]


def test_archive_later(xmpp, fake):
    """One that cannot be read now is read later, and what came meanwhile is
    not told a second time, nor at the next login.  This server has another
    name for the account than the user."""
    f = fake()
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("robert@xmpp.test", archive_last="2026-01-01T00:00:00Z a0")
    mine = " from='bob@xmpp.test'"
    name = f.expect(QUERY)[1]
    f.say("<message from='ann@far.test/a' type='chat' id='m2'><body>two"
          "</body><stanza-id xmlns='urn:xmpp:sid:0' by='bob@xmpp.test' "
          "id='a2'/></message><iq type='error' id='%s'><error type='wait'>"
          "<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
          "</error></iq>"
          "<message from='bob@xmpp.test'><sent xmlns='urn:xmpp:carbons:2'>"
          "<forwarded xmlns='urn:xmpp:forward:0'><message from="
          "'bob@xmpp.test/x' to='ann@far.test' xmlns='jabber:client' id='m3'>"
          "<body>three</body><stanza-id xmlns='urn:xmpp:sid:0' "
          "by='bob@xmpp.test' id='a3'/></message></forwarded></sent>"
          "</message>" % name)
    assert b.wait("message")["body"] == "two"
    m = b.wait("message")
    assert (m["body"], m["from"], m["carbon"]) == ("three", "ann@far.test",
                                                   True)
    hit = f.expect(QUERY)
    assert "<after>a0</after>" in hit[0]
    for i, word in enumerate(("one", "two", "three"), 1):
        f.say(result(word, hit[2], "a%d" % i, mine))
    f.say(fin(hit[1], "a3", "true"))
    f.say("<message from='ann@far.test'><body>end</body></message>")
    assert [b.wait("message")["body"] for _ in range(2)] == ["one", "end"]
    call = b.start("logout", user=USER)
    f.expect("</stream:stream>")
    f.say("</stream:stream>")
    b.finish(call)
    kept = [p["value"] for m, p in b.skipped + b.events if m == "setting"]
    assert kept[-1].endswith(" a3")


def test_archive_without_end(xmpp, fake):
    """One that always has more is left, and the newest one is known then."""
    f = fake()
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("bob@xmpp.test", archive_last="2026-01-01T00:00:00Z a0")
    for i in range(300):
        hit = f.expect(QUERY)
        if "<before/>" in hit[0]:
            break
        f.say(result("w", hit[2], "p%d" % i) + fin(hit[1], "p%d" % i))
    assert 100 < i < 300
    # Where it was left is kept, at every page.
    f.say(result("w", hit[2], "z") + fin(hit[1], "z", "true"))
    f.say("<stream:error><conflict xmlns="
          "'urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
    b.wait("disconnected")
    kept = [p["value"] for m, p in b.skipped if m == "setting"]
    assert kept[-1].endswith(" z")
