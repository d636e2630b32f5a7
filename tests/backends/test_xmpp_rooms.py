# SPDX-License-Identifier: GPL-2.0-or-later
"""The XMPP backend and rooms (XEP-0045) of a real server."""
import itertools
import time

import pytest

from driver import Failed
from harness.xmpp import NS

ME = "me@example.org"
_numbers = itertools.count(1)


@pytest.fixture
def me(xmpp, prosody, account):
    """A backend with a user; me.jid is who it is there."""
    b = xmpp(host="127.0.0.1", port=prosody.port, tls="off")
    b.jid = account("me")
    b.enter(b.jid)
    return b


@pytest.fixture
def room(prosody):
    return "room%d@conference.%s" % (next(_numbers), prosody.domain)


def join(b, room, nick="me", **more):
    """Join; the answer and what was told of occupants before it, by nick."""
    answer = b.call("room_join", user=ME, room=room, nick=nick, **more)
    b.wait("room_occupant", room=room, self=True)
    return answer, {p["nick"]: p for m, p in b.skipped
                    if m == "room_occupant"}


def say(b, room, body, **more):
    return b.call("message", user=ME, to=room, kind="groupchat", body=body,
                  **more)


def refused(b, method, **what):
    with pytest.raises(Failed) as e:
        b.call(method, user=ME, **what)
    return e.value.code


def configure(friend, room, **values):
    friend.set(room, "<query xmlns='http://jabber.org/protocol/muc#owner'>"
               "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
               "<value>http://jabber.org/protocol/muc#roomconfig</value>"
               "</field>%s</x></query>" % "".join(
                   "<field var='muc#roomconfig_%s'><value>%s</value></field>"
                   % pair for pair in values.items()))


def enter(friend, room):
    """Its owner is who comes first."""
    friend.join(room, "Ann")
    configure(friend, room)


def admin(friend, room, item):
    friend.set(room, "<query xmlns='http://jabber.org/protocol/muc#admin'>"
               "%s</query>" % item)


def test_join(me, room, friend):
    """A new room; then one with somebody in it, whose life there is told."""
    assert "rooms" in me.features
    answer, others = join(me, room)
    assert (answer["nick"], answer["created"]) == ("me", True)
    f = friend()
    f.join(room, "Ann")                     # it is not locked
    p = me.wait("room_occupant", room=room, nick="Ann")
    assert (p["role"], p["affiliation"], p["show"], p["real"]) == (
        "participant", "none", "online", f.bare)
    f.send("<presence to='%s/Ann'><show>dnd</show><status>busy</status>"
           "</presence>" % room)
    p = me.wait("room_occupant", room=room, nick="Ann", show="dnd")
    assert p["status"] == "busy"
    f.send("<presence to='%s/Zoë'/>" % room)
    me.wait("room_occupant", room=room, nick="Ann", new_nick="Zoë")
    f.send("<presence type='unavailable' to='%s/Zoë'><status>bye</status>"
           "</presence>" % room)
    p = me.wait("room_occupant_gone", room=room, nick="Zoë")
    assert (p["how"], p["reason"]) == ("left", "bye")
    # Our own presence, nick and leave.
    f.join(room, "Ann")
    me.notify("presence", user=ME, show="away", status="tea")
    f.expect("presence", lambda p: p.findtext("c:status", None, NS) == "tea",
             from_=room + "/me")
    assert refused(me, "room_nick", room=room, nick="Ann") == "conflict"
    me.call("room_nick", user=ME, room=room, nick="I")
    me.wait("room_occupant", room=room, nick="me", new_nick="I", self=True)
    me.call("room_leave", user=ME, room=room, reason="enough")
    p = f.expect("presence", from_=room + "/I", type="unavailable")
    assert p.findtext("c:status", None, NS) == "enough"
    assert refused(me, "room_nick", room=room, nick="x") == "not_found"


def test_refused(me, room, friend):
    """Every door that is closed, and why."""
    f = friend()
    f.join(room, "Ann")
    configure(f, room, roomsecret="key", passwordprotectedroom=1)

    def door(nick="me", **more):
        return refused(me, "room_join", room=room, nick=nick, **more)

    assert door() == "not_authorized"
    assert door(password="wrong") == "not_authorized"
    assert door(nick="Ann", password="key") == "conflict"
    assert door(nick="") == "not_acceptable"
    assert refused(me, "room_join", room="none", nick="me") == "not_found"
    assert refused(me, "room_join", room="a@nowhere.xmpp.test",
                   nick="me") in ("not_found", "not_allowed")
    answer, others = join(me, room, password="key")
    assert others["Ann"]["affiliation"] == "owner"
    assert not answer.get("created")
    me.call("room_leave", user=ME, room=room)
    configure(f, room, roomsecret="", passwordprotectedroom=0, membersonly=1)
    assert door() == "members_only"
    configure(f, room, membersonly=0)
    admin(f, room, "<item affiliation='outcast' jid='%s'/>" % me.jid)
    assert door() == "banned"


def test_put_out(me, room, friend):
    """Kicked, banned, not a member any more, and no room any more."""
    f = friend()
    enter(f, room)
    put = {
        "kicked": "<item nick='me' role='none'><reason>go</reason></item>",
        "banned": "<item jid='%s' affiliation='outcast'><reason>go</reason>"
                  "</item>" % me.jid,
    }
    for how, item in put.items():
        join(me, room)
        admin(f, room, item)
        p = me.wait("room_occupant_gone", room=room, nick="me")
        assert (p["how"], p["reason"]) == (how, "go")
        p = me.wait("room_closed", room=room)
        assert "go" in p["reason"] and not p.get("retry")
        assert refused(me, "message", to=room, kind="groupchat",
                       body="x") == "not_found"
    admin(f, room, "<item affiliation='none' jid='%s'/>" % me.jid)
    join(me, room)
    configure(f, room, membersonly=1)
    assert me.wait("room_occupant_gone", nick="me")["how"] == "removed"
    me.wait("room_closed", room=room)
    configure(f, room, membersonly=0)
    join(me, room)
    f.set(room, "<query xmlns='http://jabber.org/protocol/muc#owner'>"
          "<destroy jid='new@x.test'><reason>old</reason></destroy></query>")
    p = me.wait("room_closed", room=room)
    assert "old" in p["reason"] and "new@x.test" in p["reason"]


def test_words(me, room, friend):
    """Said by all sides: messages, what is done to them, subjects."""
    f = friend()
    enter(f, room)
    say_history = f.message(room, "before", "groupchat")
    f.expect_body("before")
    join(me, room, history=10)
    p = me.wait("message", body="before")
    assert (p["nick"], p["id"], p["kind"]) == ("Ann", say_history,
                                               "groupchat")
    assert abs(p["time"] / 1000 - time.time()) < 60
    assert me.wait("room_subject", room=room)["subject"] == ""
    # Ours comes back, and by that it has been said.
    answer = say(me, room, "hello & <you>", id="m1",
                 xhtml="<b>hello</b>")
    assert answer["echo"]
    p = me.wait("message", body="hello & <you>")
    assert (p["origin"], p["nick"], [p["id"]]) == ("m1", "me", answer["ids"])
    m = f.expect_body("hello & <you>", from_=room + "/me")
    theirs = m.get("id")
    assert m.find(".//{http://www.w3.org/1999/xhtml}b") is not None
    # Corrected, answered, reacted to, taken back.
    say(me, room, "hello all", id="m2", replaces=answer["ids"][0])
    m = f.expect_body("hello all")
    assert m.find("{urn:xmpp:message-correct:0}replace").get("id") == theirs
    p = me.wait("message", body="hello all")
    assert (p["replaces"], p["origin"]) == (answer["ids"][0], "m2")
    said = f.message(room, "hi", "groupchat")
    assert me.wait("message", body="hi", nick="Ann")["id"] == said
    f.message(room, "hi all", "groupchat", "<replace xmlns="
              "'urn:xmpp:message-correct:0' id='%s'/>" % said)
    assert me.wait("message", body="hi all")["replaces"] == said
    # Not somebody else's.
    f.message(room, "hacked", "groupchat", "<replace xmlns="
              "'urn:xmpp:message-correct:0' id='%s'/>" % theirs)
    assert "replaces" not in me.wait("message", body="hacked")
    say(me, room, "well", reply_to={"id": said, "author": "Ann",
                                    "text": "> hi\n"})
    m = f.expect("message", lambda m: m.find(
        "{urn:xmpp:reply:0}reply") is not None)
    reply = m.find("{urn:xmpp:reply:0}reply")
    assert (reply.get("id"), reply.get("to")) == (said, room + "/Ann")
    f.message(room, "why", "groupchat", "<reply xmlns='urn:xmpp:reply:0' "
              "id='%s' to='%s/me'/>" % (theirs, room))
    p = me.wait("message", body="why")
    assert (p["reply_to"]["id"], p["reply_to"]["author"]) == (theirs, "me")
    me.call("reaction", user=ME, peer=room, room=room, id=said,
            emojis=["👍"])
    p = me.wait("reaction", peer="me", room=room, id=said)
    assert p["emojis"] == ["👍"] and not p.get("private")
    me.call("retract", user=ME, peer=room, room=room, id=answer["ids"][0])
    m = f.expect("message", lambda m: m.find(
        "{urn:xmpp:message-retract:1}retract") is not None)
    me.wait("retract", peer="me", id=answer["ids"][0])
    assert refused(me, "retract", peer=room, room=room,
                   id=said) == "not_supported"
    f.send("<message to='%s' type='groupchat' id='r'><composing xmlns="
           "'http://jabber.org/protocol/chatstates'/></message>" % room)
    me.wait("chat_state", room=room, peer="Ann", state="composing")
    me.notify("chat_state", user=ME, room=room, peer=room,
              state="composing")
    f.expect("message", lambda m: m.find("states:composing", NS) is not None,
             from_=room + "/me")
    # Subjects: only the owner may.
    f.send("<message to='%s' type='groupchat'><subject>Tea</subject>"
           "</message>" % room)
    assert me.wait("room_subject", nick="Ann")["subject"] == "Tea"
    assert refused(me, "room_subject", room=room,
                   subject="No") == "forbidden"
    admin(f, room, "<item affiliation='admin' jid='%s'/>" % me.jid)
    me.call("room_subject", user=ME, room=room, subject="Yes")
    assert me.wait("room_subject", nick="me")["subject"] == "Yes"


def test_private(me, room, friend):
    f = friend()
    enter(f, room)
    join(me, room)
    me.call("message", user=ME, to="Ann", room=room, kind="private",
            body="psst", id="p1")
    m = f.expect_body("psst", from_=room + "/me", type="chat", id="p1")
    f.message(room + "/me", "what", "chat")
    p = me.wait("message", body="what")
    assert (p["kind"], p["from"], p["nick"]) == ("private", room, "Ann")
    me.call("reaction", user=ME, peer="Ann", room=room, id=p["id"],
            emojis=["x"])
    m = f.expect("message", lambda m: m.find(
        "{urn:xmpp:reactions:0}reactions") is not None)
    assert m.get("type") == "chat"
    # The server takes it, and the room does not.
    try:
        me.call("message", user=ME, to="Nobody", room=room, kind="private",
                body="psst", id="p2")
    except Failed as e:
        assert e.code == "not_found"
    else:
        p = me.wait("message", room=room, nick="Nobody")
        assert "not delivered" in p["body"]


def test_rights(me, room, friend):
    """What an owner does: roles, affiliations, lists."""
    join(me, room)
    f = friend()
    f.join(room, "Ann")
    me.wait("room_occupant", nick="Ann")
    me.call("room_moderate", user=ME, room=room, target="Ann",
            role="moderator")
    assert me.wait("room_occupant", nick="Ann")["role"] == "moderator"
    me.call("room_moderate", user=ME, room=room, target="Ann",
            affiliation="member")
    me.wait("room_occupant", nick="Ann", affiliation="member")
    rows = me.call("room_affiliations", user=ME, room=room,
                   affiliation="member")["rows"]
    assert [row["target"] for row in rows] == [f.bare]
    me.call("room_moderate", user=ME, room=room, target="Ann", role="none",
            reason="out")
    p = me.wait("room_occupant_gone", nick="Ann")
    assert (p["how"], p["reason"]) == ("kicked", "out")
    me.call("room_moderate", user=ME, room=room, target=f.bare,
            affiliation="outcast", reason="bad")
    rows = me.call("room_affiliations", user=ME, room=room,
                   affiliation="outcast")["rows"]
    assert [row["target"] for row in rows] == [f.bare]
    assert refused(me, "room_moderate", room=room, target="Nobody",
                   role="none") in ("not_found", "not_acceptable",
                                    "bad_request")
