# SPDX-License-Identifier: GPL-2.0-or-later
"""Rooms of a network that is not IRC: with names for humans, invitations,
pictures, private messages; and the small things of conversations."""
import time

import pytest

from harness.xmpp import NS, body_of, condition_of, quote, show, statuses
from test_avatars import CAT, VCARD, asked_little, has_hash, ident, picture
from test_contacts import befriend

# Without privileges it is the same.
pytestmark = pytest.mark.parametrize("scene", ["server", "privileged"],
                                     indirect=True)

OWNER = "http://jabber.org/protocol/muc#owner"
CONFERENCE = "{jabber:x:conference}x"
INVITE = "user:x/user:invite"


def name_of(client, jid):
    return client.disco_info(jid).find("info:identity", NS).get("name")


def occupant(person, room, nick, **params):
    person.notify("room_occupant", room=room, nick=nick, **params)
    return "%s/%s" % (person.jid(room), nick)


def test_names(scene):
    anna = scene.person()
    room = anna.jid("#4711")
    anna.network.answer("room_list", {"rooms": [
        {"room": "#4711", "name": "Kitchen", "topic": "food",
         "occupants": 3}, {"room": "#x"}], "total": 2})
    items = anna.client.get(anna.gateway, "<query xmlns='%s'/>" % NS["items"])
    assert {(i.get("jid"), i.get("name")) for i in items} == {
        (room, "Kitchen"), (anna.jid("#x"), "#x")}
    assert name_of(anna.client, room) == "Kitchen"
    anna.join("#4711", name="The kitchen")
    assert name_of(anna.client, room) == "The kitchen"
    anna.notify("room_name", room="#4711", name="Kitchen 2")
    changed = anna.client.expect("message", lambda m: 104 in statuses(m))
    assert changed.get("from") == room
    assert name_of(anna.client, room) == "Kitchen 2"


def test_created(scene):
    """An instant room (XEP-0045 10.1.2)."""
    anna = scene.person()
    presences, _ = anna.join("#new", created=True)
    assert 201 in statuses(presences[-1])
    answer = anna.client.iq("set", anna.jid("#new"), "<query xmlns='%s'><x "
                            "xmlns='jabber:x:data' type='submit'/></query>"
                            % OWNER)
    assert answer.get("type") == "result", show(answer)


def test_people(scene):
    anna, begin = scene.person(), time.monotonic()
    anna.join("#pets")
    bob = occupant(anna, "#pets", "bob", avatar_hash=ident(CAT),
                   role="moderator", affiliation="owner", show="away")
    here = anna.client.expect("presence", has_hash(ident(CAT)), from_=bob)
    assert here.findtext("c:show", None, NS) == "away"
    anna.network.answer("profile", {"photo": CAT, "nick": "Bobby"}, anna.bare)
    assert picture(anna.client.get(bob, VCARD)) == CAT
    asked = anna.expect("profile")
    assert (asked["room"], asked["contact"]) == ("#pets", "bob")
    for _ in range(9):
        assert picture(anna.client.get(bob, VCARD)) == CAT
    assert asked_little(anna, begin)
    anna.client.message(bob, "between us", extra="<x xmlns='%s'/>"
                        % NS["user"])
    sent = anna.expect("message", kind="private", body="between us")
    assert (sent["room"], sent["to"]) == ("#pets", "bob")
    anna.notify("message", from_="#pets", kind="private", nick="bob",
                body="and back")
    back = anna.client.expect_body("and back", from_=bob, type="chat")
    assert back.find("user:x", NS) is not None
    occupant(anna, "#pets", "bob", new_nick="bobby")
    gone = anna.client.expect("presence", from_=bob, type="unavailable")
    assert 303 in statuses(gone)
    anna.client.expect("presence", from_=anna.jid("#pets") + "/bobby",
                       type="")


def test_invitations(scene):
    anna = scene.person()
    room, bob = anna.jid("#pets"), befriend(anna, "bob")
    anna.notify("room_invite", room="#pets", peer="bob", reason="come",
                password="pw")
    invited = anna.client.expect(
        "message", lambda m: m.find(INVITE, NS) is not None, from_=room)
    assert invited.find(INVITE, NS).get("from").startswith(bob)
    assert invited.findtext(INVITE + "/user:reason", None, NS) == "come"
    assert invited.find(CONFERENCE).get("jid") == room
    anna.join("#pets")
    anna.client.send("<message to=%s><x xmlns='%s'><invite to=%s><reason>hi"
                     "</reason></invite></x></message>"
                     % (quote(room), NS["user"], quote(bob)))
    sent = anna.expect("room_invite", peer="bob")
    assert sent["room"] == "#pets" and sent["reason"] == "hi"
    anna.client.send("<message to=%s><x xmlns='jabber:x:conference' jid=%s/>"
                     "</message>" % (quote(bob), quote(room)))
    assert anna.expect("room_invite", peer="bob")["room"] == "#pets"


def test_small_things(scene):
    """Typing, buzzing, notices, messages that are late, receipts."""
    anna = scene.person()
    bob = befriend(anna, "bob")
    anna.notify("chat_state", peer="bob", state="composing")
    anna.client.expect("message", lambda m: m.find("states:composing", NS) is
                       not None, from_=lambda f: f.startswith(bob))
    anna.notify("attention", peer="bob")
    anna.client.expect("message", lambda m: m.find(
        "{urn:xmpp:attention:0}attention") is not None)
    anna.notify("message", from_="bob", kind="chat", body="old", time=1000)
    old = anna.client.expect_body("old")
    assert old.find("delay:delay", NS).get("stamp").startswith(
        "1970-01-01T00:00:01")
    anna.notify("message", from_="bob", kind="chat", body="notice",
                headline=True)
    anna.client.expect_body("notice")
    anna.client.send("<message to='%s' type='chat'><composing xmlns='%s'/>"
                     "</message>" % (bob, NS["states"]))
    assert anna.expect("chat_state", peer="bob")["state"] == "composing"
    anna.client.send("<message to='%s' type='chat'><attention xmlns="
                     "'urn:xmpp:attention:0'/></message>" % bob)
    anna.expect("attention", peer="bob")
    ident_ = anna.client.message(bob, "got it?", extra="<request xmlns='%s'/>"
                                 % NS["receipts"])
    anna.expect("message", body="got it?")
    anna.notify("receipt", peer="bob", id=ident_, state="delivered")
    got = anna.client.expect("message", lambda m: m.find(
        "receipts:received", NS) is not None)
    assert got.find("receipts:received", NS).get("id") == ident_
    assert body_of(got) is None
