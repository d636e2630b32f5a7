# SPDX-License-Identifier: GPL-2.0-or-later
"""The XMPP backend and messages between two: everything that one of them can
say, both ways."""
import xml.etree.ElementTree as ET

import pytest

from driver import Failed
from harness.xmpp import NS, body_of
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
    with pytest.raises(Failed) as e:
        b.finish(b.say("nobody@xmpp.test", "hello", id="m1"))
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
    m = b.wait("message")
    assert m["from"] == "ann@far.test" and m["headline"]
    assert "not delivered" in m["body"] and "one" in m["body"]
    f.say("<message from='eve@far.test'><body>end</body></message>")
    assert b.wait("message")["body"] == "end"
