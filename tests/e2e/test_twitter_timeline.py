# SPDX-License-Identifier: GPL-2.0-or-later
"""The timeline of X in an XMPP client: from one contact, from each author, and
as a room."""
import pytest

from harness import x as network
from harness.xmpp import NS, body_of, condition_of, show
from test_twitter import asked, is_on
from test_twitter_send import says, set_settings

pytestmark = pytest.mark.skipif(network.MISSING is not None,
                                reason=str(network.MISSING))

OOB = "jabber:x:oob"


def from_(jid):
    return {"from_": lambda full: full.partition("/")[0] == jid}


def test_modes(x, shared_instances, clients, unique):
    instance = shared_instances("server_mode", **network.settings(x))
    name, bob = unique("anna"), unique("bob")
    contact, room, author = ("%s@%s" % (i, instance.jid) for i in (
        network.CONTACT, "#twitter", bob))
    for who in name, bob:
        x.user(who)
    x.follow(name, bob)
    anna = clients(instance, name)
    anna.message(instance.jid, x.auth.approve(network.link_in(asked(
        anna, instance.jid)), name))
    is_on(anna, contact)

    # One contact; what is answered, and a picture by itself.
    first = x.post(bob, "Look")
    x.media["3_9"] = {"media_key": "3_9", "type": "photo",
                      "url": x.url + "/image/cat.png", "alt_text": "a cat"}
    x.post(bob, "at that", reply_to=first["id"],
           attachments={"media_keys": ["3_9"]})
    anna.expect("message", says("Look"), 20, **from_(contact))
    m = anna.expect("message", says("Picture: a cat"), 20, **from_(contact))
    reply = m.find("{urn:xmpp:reply:0}reply")
    assert reply is not None and reply.get("to").startswith(contact), show(m)
    file = anna.expect_body(x.url + "/image/cat.png", **from_(contact))
    assert file.find("{%s}x" % OOB) is not None, show(file)
    assert condition_of(refused(anna, room, name))[1] == "not-allowed"

    # A chat with each author, whose status is the last post.
    set_settings(anna, instance.jid, mode="1")
    x.post(bob, "My own chat")
    anna.expect("presence", lambda p: p.findtext("c:status", "", NS) ==
                "My own chat", 20, **from_(author))
    anna.expect("message", says("My own chat"), 20, **from_(author))

    # A room: asked in, and told when in it.
    set_settings(anna, instance.jid, mode="2")
    anna.expect("message", lambda m: room in show(m) and "invite" in show(m),
                20)
    x.post(bob, "In the room")
    assert "http://jabber.org/protocol/muc" in anna.features(room)
    presences, subject = anna.join(room, "somebody")
    assert presences[-1].get("from") == "%s/%s" % (room, name)
    assert "Timeline of @" + name in show(subject)
    m = anna.expect("message", says("In the room"), 20,
                    from_="%s/%s" % (room, bob))
    assert m.get("type") == "groupchat"
    # What is posted from here is shown once.
    anna.message(room, "Hello, X", "groupchat")
    anna.expect_body("Hello, X", from_="%s/%s" % (room, name))
    x.post(bob, "After that")
    anna.expect("message", says("After that"), 20)
    assert len(anna.matching("message", lambda m: "Hello, X" in
                             (body_of(m) or ""))) == 1
    # Elsewhere again: out of it.
    set_settings(anna, instance.jid, mode="0")
    anna.expect("presence", type="unavailable",
                from_="%s/%s" % (room, name), timeout=20)
    x.post(bob, "Back")
    anna.expect("message", says("Back"), 20, **from_(contact))


def refused(client, room, nick):
    client.send_join(room, nick)
    return client.expect("presence", type="error", **from_(room))
