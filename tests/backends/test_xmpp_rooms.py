# SPDX-License-Identifier: GPL-2.0-or-later
"""The XMPP backend and rooms (XEP-0045) of a real server."""
import itertools
import re
import time

import pytest

from driver import Failed
from harness import servers
from harness.process import wait_for
from harness.raw import register_account
from harness.xmpp import NS, Client, body_of
from xmpp_driver import Relay

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


def test_settings(me, room):
    """The form of a new room, and what is changed in it."""
    join(me, room)
    form = me.call("room_config", user=ME, room=room)
    fields = {f["var"]: f for f in form["fields"]}
    assert form["title"] and "FORM_TYPE" not in fields
    assert fields["muc#roomconfig_roomname"]["type"] == "text-single"
    assert fields["muc#roomconfig_whois"]["options"]
    me.call("room_config_set", user=ME, room=room, values={
        "muc#roomconfig_roomname": "A & B", "muc#roomconfig_membersonly":
        "1"})
    me.wait("room_name", room=room, name="A & B")
    form = me.call("room_config", user=ME, room=room)
    values = {f["var"]: f.get("value") for f in form["fields"]}
    assert values["muc#roomconfig_roomname"] == "A & B"
    assert values["muc#roomconfig_membersonly"] == "1"
    assert values["muc#roomconfig_whois"] == fields[
        "muc#roomconfig_whois"]["value"]
    me.call("room_leave", user=ME, room=room)
    assert refused(me, "room_config", room=room) == "not_found"


def test_invitations(me, room, friend):
    """By way of the room, from one to another, and no thanks."""
    f = friend()
    enter(f, room)
    f.send("<message to='%s'><x xmlns='http://jabber.org/protocol/muc#user'>"
           "<invite to='%s'><reason>come</reason></invite></x></message>"
           % (room, me.jid))
    p = me.wait("room_invite", room=room)
    # This one hides who it is.
    assert (p.get("peer"), p["reason"]) == (None, "Ann: come")
    me.call("room_decline", user=ME, room=room, reason="tired")
    m = f.expect("message", lambda m: m.find("user:x/user:decline", NS)
                 is not None, from_=room)
    assert m.find("user:x/user:decline", NS).get("from").startswith(me.jid)
    assert m.findtext(".//user:reason", None, NS) == "tired"
    f.send("<message to='%s'><x xmlns='jabber:x:conference' jid='%s' "
           "reason='now' password='key'/></message>" % (me.jid, room))
    p = me.wait("room_invite", room=room)
    assert (p["peer"], p["reason"], p["password"]) == (f.bare, "now", "key")
    # Nobody waits for an answer to that, nor to none.
    for name in room, "other@" + room.partition("@")[2], "@":
        me.call("room_decline", user=ME, room=name, peer=f.bare)
    me.call("room_invite", user=ME, room=room, peer=f.bare, reason="you")
    m = f.expect("message", lambda m: m.find(
        "{jabber:x:conference}x") is not None, from_=lambda j: me.jid in j)
    assert m.find("{jabber:x:conference}x").get("jid") == room
    join(me, room)
    me.call("room_invite", user=ME, room=room, peer=f.bare, reason="again")
    m = f.expect("message", lambda m: m.find("user:x/user:invite", NS)
                 is not None, from_=room)
    assert m.findtext(".//user:reason", None, NS) == "again"
    # From somebody in a room to another one there.
    f.send("<message to='%s/me' type='chat'><x xmlns='jabber:x:conference' "
           "jid='other@x.test' reason='psst'/></message>" % room)
    p = me.wait("room_invite", room="other@x.test")
    assert (p.get("peer"), p["reason"]) == (None, "Ann: psst")
    f.send("<message to='%s'><x xmlns='http://jabber.org/protocol/muc#user'>"
           "<decline to='%s'><reason>no time</reason></decline></x>"
           "</message>" % (room, me.jid))
    p = me.wait("message", **{"from": room})
    assert "no time" in p["body"] and "nick" not in p


def test_list(me, room, friend):
    """The rooms of the user's server, which is asked what it has."""
    f = friend()
    names = ["%s-%s" % (x, room) for x in ("list1", "list2", "list3")]
    for name in names:
        enter(f, name)
    rows = me.call("room_list", user=ME)["rooms"]
    assert set(names) <= {r["room"] for r in rows}
    rows = me.call("room_list", user=ME, search="LIST2")["rooms"]
    assert [r["room"] for r in rows] == [names[1]]
    seen, after = [], {}
    while True:
        page = me.call("room_list", user=ME, max=1, **after)
        assert len(page["rooms"]) == 1
        seen.append(page["rooms"][0]["room"])
        if not page.get("more"):
            break
        after = {"after": seen[-1]}
    assert set(names) <= set(seen) and len(set(seen)) == len(seen)
    assert refused(me, "room_list", network="nowhere.xmpp.test")


PUBSUB = "http://jabber.org/protocol/pubsub"


@pytest.mark.parametrize("kind", ["pep", "private"])
def test_bookmarks(kind, xmpp, prosody, friend, room):
    """Rooms kept at the server are told at the login, those that the user
    enters by themselves only."""
    f = friend("keeper")
    other = "not-" + room

    def keep(**autojoin):
        if kind == "pep":
            for name, auto in zip((room, other), autojoin.values()):
                f.set(None, "<pubsub xmlns='%s'><publish node="
                      "'urn:xmpp:bookmarks:1'><item id='%s'><conference xmlns="
                      "'urn:xmpp:bookmarks:1' autojoin='%s'><nick>K</nick>"
                      "<password>key</password></conference></item></publish>"
                      "<publish-options><x xmlns='jabber:x:data' type='submit'>"
                      "<field var='FORM_TYPE'><value>%s#publish-options"
                      "</value></field><field var='pubsub#max_items'><value>99"
                      "</value></field><field var='pubsub#persist_items'>"
                      "<value>1</value></field></x></publish-options></pubsub>"
                      % (PUBSUB, name, auto, PUBSUB))
        else:
            f.set(None, "<query xmlns='jabber:iq:private'><storage xmlns="
                  "'storage:bookmarks'>%s</storage></query>" % "".join(
                      "<conference jid='%s' autojoin='%s'><password>key"
                      "</password></conference>" % pair
                      for pair in zip((room, other), autojoin.values())))

    keep(room="true", other="false")
    relay = Relay(prosody.port)
    b = xmpp(host="127.0.0.1", port=relay.port, tls="off")
    b.enter(f.bare)
    p = b.wait("room_invite")
    assert (p["room"], p["password"]) == (room, "key")
    assert b.call("message", user=ME, to=f.bare, kind="chat", body="x") == {}
    assert not [p for m, p in b.events if m == "room_invite"]
    # One more, while nobody listens.
    relay.open.clear()
    relay.cut()
    keep(room="1", other="1")
    relay.open.set()
    assert b.wait("room_invite")["room"] == other
    # The user's client knows one of them, and is not asked to enter it again.
    b.call("logout", user=ME)
    b.enter(f.bare)
    join(b, room)
    assert b.wait("room_invite")["room"] == other
    relay.close()


def test_archive(xmpp, tmp_path):
    """A room that keeps what is said, and takes it back when a moderator says
    so."""
    s = servers.Prosody(tmp_path, rooms=True, room_modules=(
        "muc_mam", "muc_moderation")).start()
    try:
        for name in "me", "ann":
            register_account(s.port, s.domain, name, "secret")
        f = Client("ann@" + s.domain, "secret", s.port).login()
        b = xmpp(host="127.0.0.1", port=s.port, tls="off")
        b.enter("me@" + s.domain)
        room = "tea@conference." + s.domain
        join(b, room)
        f.join(room, "Ann")
        for i in range(5):
            f.message(room, "line %d" % i, "groupchat")
        b.wait("message", body="line 4")
        ids = [p["id"] for m, p in b.skipped if m == "message"]
        archive = "urn:xmpp:sid:0"
        f.expect("message", lambda m: m.find("{%s}stanza-id" % archive).get(
            "id") == ids[0] if body_of(m) == "line 0" else False)

        def past(**what):
            rows = b.call("room_history", user=ME, room=room, **what)
            return [(m["body"], m["nick"]) for m in rows["messages"]]

        assert past(max=2) == [("line 3", "Ann"), ("line 4", "Ann")]
        assert past(max=2, before=ids[3]) == [("line 1", "Ann"),
                                              ("line 2", "Ann")]
        assert past(max=9, after=ids[2]) == [("line 3", "Ann"),
                                             ("line 4", "Ann")]
        assert past(max=9, since=int(time.time() + 3600) * 1000) == []
        b.call("retract", user=ME, peer=room, room=room, id=ids[1],
               reason="rude")
        p = b.wait("retract", room=room)
        assert (p["id"], p["peer"], p["moderated_by"], p["reason"]) == (
            ids[1], "Ann", "me", "rude")
        f.close()
    finally:
        s.stop()


class Room:
    """A server with a room that is none: what the backend says to it is
    f's."""

    def __init__(self, f, jid, nick):
        self.f, self.jid, self.nick = f, jid, nick

    def let_in(self, *codes, behind=None):
        """Answer who asks what it is, and who enters; behind that, it tells of
        the end of an earlier stay."""
        name = self.f.expect(r"<iq[^>]*id=.(\w+)[^>]*>\s*<query[^>]*disco#info"
                             )[1]
        self.f.expect("<presence[^>]*to=.%s/%s" % (self.jid, self.nick))
        if behind:
            self.gone(self.nick, 110, behind)
        self.f.say("<iq type='result' id='%s' from='%s'><query xmlns='%s'>"
                   "<identity category='conference' type='text' name='Tea'/>"
                   "<feature var='urn:xmpp:sid:0'/><feature "
                   "var='urn:xmpp:message-moderate:1'/></query></iq>"
                   % (name, self.jid, NS["info"]))
        self.here(self.nick, 110, *codes)

    def here(self, nick, *codes, extra=""):
        self.f.say("<presence from='%s/%s'><x xmlns='%s'><item role="
                   "'participant' affiliation='none'/>%s</x></presence>" % (
                       self.jid, nick, NS["user"], "".join(
                           "<status code='%d'/>" % code for code in codes)))

    def gone(self, nick, *codes, to=None):
        self.f.say("<presence type='unavailable' from='%s/%s'><x xmlns='%s'>"
                   "<item role='none' affiliation='none'%s/>%s</x></presence>"
                   % (self.jid, nick, NS["user"],
                      " nick='%s'" % to if to else "", "".join(
                       "<status code='%d'/>" % code for code in codes)))

    def say(self, nick, inside, **attributes):
        self.f.say("<message type='groupchat' from='%s%s' %s>%s</message>" % (
            self.jid, "/" + nick if nick else "", " ".join(
                "%s='%s'" % pair for pair in attributes.items()), inside))


def test_forgotten(xmpp, fake):
    """A room whose ids can be trusted; then it forgets the user, who is there
    again without any word, and hears what was missed, once."""
    f = fake()
    b = xmpp(host="127.0.0.1", port=f.port, tls="off", room_ping=1)
    b.enter("bob@xmpp.test")
    r = Room(f, "tea@rooms.test", "me")
    call = b.start("room_join", user=ME, room=r.jid, nick="me")
    r.let_in(behind=322)
    assert b.finish(call)["name"] == "Tea"
    r.here("Ann")
    r.here("Zoe")
    own = "<stanza-id xmlns='urn:xmpp:sid:0' by='tea@rooms.test' id='%s'/>"
    bad = "<stanza-id xmlns='urn:xmpp:sid:0' by='x@rooms.test' id='bad'/>"
    r.say("Ann", "<body>one</body>" + bad + own % "n1", id="a1")
    assert b.wait("message", body="one")["id"] == "n1"
    r.say("Ann", "<body>uno</body><replace xmlns='urn:xmpp:message-correct:0'"
          " id='a1'/>" + own % "n2", id="a2")
    assert b.wait("message", body="uno")["replaces"] == "n1"
    # By a moderator: only the room itself can say so.
    taken = ("<retract xmlns='urn:xmpp:message-retract:1' id='n1'><moderated "
             "xmlns='urn:xmpp:message-moderate:1' by='tea@rooms.test/Zoe'/>"
             "<reason>%s</reason></retract>")
    r.say("Zoe", taken % "forged", id="z1")
    r.say(None, taken % "rude", id="z2")
    p = b.wait("retract", room=r.jid)
    assert (p["peer"], p["id"], p["moderated_by"], p["reason"]) == (
        "Ann", "n1", "Zoe", "rude")
    call = b.start("retract", user=ME, peer=r.jid, room=r.jid, id="n2",
                   reason="no")
    name = f.expect(r"<iq[^>]*id=.(\w+)[^>]*>\s*<moderate[^>]*id=.n2")[1]
    f.say("<iq type='error' id='%s' from='%s'><error type='auth'><forbidden "
          "xmlns='%s'/></error></iq>" % (name, r.jid, NS["e"]))
    with pytest.raises(Failed) as e:
        b.finish(call)
    assert e.value.code == "forbidden"
    # Silence; asked; it does not know us.
    name = f.expect(r"<iq[^>]*to=.tea@rooms.test/me[^>]*id=.(\w+)|"
                    r"<iq[^>]*id=.(\w+)[^>]*to=.tea@rooms.test/me")
    f.say("<iq type='error' id='%s' from='%s/me'><error type='cancel'>"
          "<not-acceptable xmlns='%s'/></error></iq>" % (
              name[1] or name[2], r.jid, NS["e"]))
    f.expect("disco#info")
    f.expect("<presence.*<history since=")
    r.here("Ann")
    r.here("me", 110)
    late = "<delay xmlns='urn:xmpp:delay' stamp='2024-01-01T00:00:00Z'/>"
    r.say("Ann", "<body>uno</body>" + late + own % "n2", id="a2")
    r.say("Ann", "<body>two</body>" + late + own % "n3", id="a3")
    b.wait("message", body="two")
    assert [p["nick"] for m, p in b.skipped if m == "room_occupant_gone"] == [
        "Zoe"]
    assert not [p for m, p in b.skipped if m in ("room_closed", "message")]
    # Its server shuts down: we come again.
    r.gone("me", 332, 110)
    assert b.wait("room_closed", room=r.jid)["retry"]
    f.expect("<presence[^>]*to=.tea@rooms.test/me")
    r.here("me", 110)
    b.wait("room_occupant", nick="me", self=True)
    # That the user writes is refused, which is nothing he has to hear of.
    b.notify("chat_state", user=ME, room=r.jid, peer=r.jid, state="composing")
    tag = f.expect(r"<message([^>]*)>(?:(?!</message).)*<composing")[1]
    name = re.search(" id=.([^'\"]*)", tag)
    f.say("<message type='error' from='%s'%s><error type='auth'><forbidden "
          "xmlns='%s'/></error></message>" % (
              r.jid, " id='%s'" % name[1] if name else "", NS["e"]))
    # One that was given up lets us in after all.
    Room(f, "late@rooms.test", "me").here("me", 110)
    f.expect("<presence(?=[^>]*unavailable)[^>]*to=.late@rooms.test/me")
    r.say("Ann", "<body>end</body>", id="e1")
    assert b.wait("message")["body"] == "end"


def test_nicks(xmpp, fake):
    """Those that the room does not answer to do not stand in the way of
    others."""
    f = fake()
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("bob@xmpp.test")
    r = Room(f, "tea@rooms.test", "me")
    call = b.start("room_join", user=ME, room=r.jid, nick="me")
    r.let_in()
    b.finish(call)
    first = b.start("room_nick", user=ME, room=r.jid, nick="one")
    asked = f.expect("<presence[^>]*to=.tea@rooms.test/one[^>]*")[0]
    call = b.start("room_nick", user=ME, room=r.jid, nick="you")
    f.expect("<presence[^>]*to=.tea@rooms.test/you")
    with pytest.raises(Failed) as e:
        b.finish(first)
    assert e.value.code == "uncertain"
    f.say("<presence type='error' from='%s/one' id='%s'><error type='cancel'>"
          "<conflict xmlns='%s'/></error></presence>" % (
              r.jid, re.search("id=.([^'\"]*)", asked)[1], NS["e"]))
    r.gone("me", 303, 110, to="you")
    r.here("you", 110)
    b.finish(call)
    call = b.start("room_nick", user=ME, room=r.jid, nick="me")
    r.gone("you", 303, 110, to="me")
    r.here("me", 110)
    b.finish(call)
    lost = b.start("room_nick", user=ME, room=r.jid, nick="two")
    f.expect("<presence[^>]*to=.tea@rooms.test/two")
    r.gone("me", 332, 110)
    with pytest.raises(Failed) as e:
        b.finish(lost)
    assert e.value.code == "network"
    assert refused(b, "room_nick", room=r.jid, nick="x") == "not_connected"


def test_shown(xmpp, fake):
    """What a room was not told in a break, it is told behind it."""
    f = fake(features="<sm xmlns='urn:xmpp:sm:3'/>", after={
        "<enable": "<enabled xmlns='urn:xmpp:sm:3' id='x' resume='true'/>"},
        resume="<resumed xmlns='urn:xmpp:sm:3' h='0' previd='x'/>")
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("bob@xmpp.test")
    r = Room(f, "tea@rooms.test", "me")
    call = b.start("room_join", user=ME, room=r.jid, nick="me")
    r.let_in()
    b.finish(call)
    f.client.shutdown(2)
    b.call("ping")                      # it has noticed
    b.notify("presence", user=ME, show="away")
    f.expect("to=.tea@rooms.test/me[^>]*><show>away")
    assert f.resumes == 1


def test_said_meanwhile(xmpp, prosody, account, friend, room):
    """What is said after a break, before the room is entered again, is said
    then, in its order; what cannot be is answered."""
    relay = Relay(prosody.port)
    ann = friend("ann")
    enter(ann, room)
    try:
        b = xmpp(host="127.0.0.1", port=relay.port, tls="off")
        b.enter(account("me"))
        join(b, room)
        relay.open.clear()
        relay.cut()
        wait_for(lambda: relay.count == 2)
        calls = [b.start("message", user=ME, to=room, kind="groupchat",
                         body=str(i)) for i in range(60)]
        # It takes so many, and no more.
        for call in calls[50:]:
            with pytest.raises(Failed) as e:
                b.finish(call)
            assert e.value.code == "rate_limited"
        relay.open.set()
        for call in calls[:50]:
            b.finish(call)
        heard = [body_of(ann.expect("message", body_of))
                 for i in range(50)]
        assert heard == [str(i) for i in range(50)]
        relay.open.clear()
        relay.cut()
        wait_for(lambda: relay.count == 3)
        call = b.start("message", user=ME, to="Ann", room=room,
                       kind="private", body="psst")
        b.notify("presence", user=ME, show="away", status="tea")
        relay.open.set()
        assert b.finish(call) == {}
        assert ann.expect("message", body_of, type="chat")
        ann.expect("presence", lambda p: p.findtext("c:status", None, NS) ==
                   "tea", from_=room + "/me")
        # The session ends before: it has not been said.
        relay.open.clear()
        relay.cut()
        wait_for(lambda: relay.count == 4)
        call = b.start("message", user=ME, to=room, kind="groupchat",
                       body="never")
        b.call("logout", user=ME)
        with pytest.raises(Failed) as e:
            b.finish(call)
        assert e.value.code == "not_connected"
    finally:
        relay.open.set()
        relay.close()
