# SPDX-License-Identifier: GPL-2.0-or-later
"""Direct messages of X in an XMPP client: chats, and groups as rooms."""
import pytest

from harness import x as network
from harness.process import wait_for
from harness.xmpp import NS, body_of, show
from test_twitter import asked

pytestmark = pytest.mark.skipif(network.MISSING is not None,
                                reason=str(network.MISSING))


RETRACT = "urn:xmpp:message-retract:1"


def retract(client, to, ident, kind="chat"):
    client.send("<message type='%s' id='r%s' to='%s'><retract id='%s' xmlns='"
                "%s'/></message>" % (kind, ident, to, ident, RETRACT))


@pytest.fixture
def scene(x, shared_instances, clients, unique):
    """anna, in server mode, and accounts of X for her and two others."""
    class Scene:
        instance = shared_instances("server_mode", **network.settings(x))
        name = unique("anna")
        bob, carol = unique("bob"), unique("carol")

        def at(self, what):
            return "%s@%s" % (what, self.instance.jid)

        def dm(self, sender, text, *others, **more):
            return x.dm(sender, list(others) or self.name, text, **more)
    s = Scene()
    for name in s.name, s.bob, s.carol:
        x.user(name)
    s.anna = clients(s.instance, s.name)
    link = network.link_in(asked(s.anna, s.instance.jid))
    s.anna.message(s.instance.jid, x.auth.approve(link, s.name))
    # What comes after the first answer is new.
    x.wait("GET", "/2/dm_events$", 2, timeout=20)
    return s


def test_direct(x, scene):
    anna, bob, carol = scene.anna, scene.bob, scene.carol
    scene.dm(bob, "hello & welcome")
    m = anna.expect_body("hello & welcome", 20,
                         from_=lambda j: j.startswith(scene.at(bob)))
    assert m.get("type") == "chat"
    ident = anna.message(scene.at(bob), "thank you",
                         extra="<request xmlns='urn:xmpp:receipts'/>")
    # What comes behind it is not sent before the answer to it has come.
    anna.message(scene.at(bob), "so much")
    wait_for(lambda: x.events[-1]["text"] == "so much", 10, "the messages")
    # Taken back, by the id that the client gave it.
    retract(anna, scene.at(bob), ident)
    wait_for(lambda: "thank you" not in [e["text"] for e in x.events], 10,
             "its deletion")
    # Not to a stranger.
    x.relations["blocking", x.find(carol)["id"]].append(
        x.find(scene.name)["id"])
    bad = anna.message(scene.at(carol), "hello?")
    error = anna.expect("message", type="error", id=bad)
    assert error.find("c:error/", NS) is not None
    assert "cannot send" in show(error)
    assert not anna.matching("message", type="error", id=ident)

    # A group: by X first, with an invitation; then as a room.
    e = scene.dm(bob, "hi all", scene.name, carol)
    told = anna.expect(
        "message", lambda m: (body_of(m) or "").endswith(": hi all"), 20)
    assert told.get("from").startswith(scene.at(network.CONTACT))
    room = scene.at("#dm-" + e["dm_conversation_id"])
    anna.expect("message", lambda m: room in show(m) and "invite" in show(m))
    assert "http://jabber.org/protocol/muc" in anna.features(room)
    presences, subject = anna.join(room, scene.name)
    assert sorted(p.get("from") for p in presences) == sorted(
        "%s/%s" % (room, n) for n in (bob, scene.name))
    past = anna.expect_body("hi all", from_="%s/%s" % (room, bob))
    assert past.find("delay:delay", NS) is not None, show(past)
    anna.message(room, "here I am", "groupchat")
    mine = anna.expect_body("here I am", from_="%s/%s" % (room, scene.name))
    assert x.events[-1]["text"] == "here I am"
    scene.dm(carol, "me too", scene.name, bob,
             conversation=e["dm_conversation_id"])
    m = anna.expect_body("me too", 20, from_="%s/%s" % (room, carol))
    assert m.get("type") == "groupchat"
    assert len(anna.matching("message", lambda m: body_of(m) ==
                             "here I am")) == 1
    sid = mine.find("sid:stanza-id", NS).get("id")
    retract(anna, room, sid, "groupchat")
    anna.expect("message", lambda m: m.find(
        "{%s}retract[@id='%s']" % (RETRACT, sid)) is not None,
        from_="%s/%s" % (room, scene.name))
    assert "here I am" not in [e["text"] for e in x.events]
