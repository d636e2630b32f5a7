# SPDX-License-Identifier: GPL-2.0-or-later
"""Rooms of libpurple's plug-ins: prpl-jabber at Prosody, prpl-irc at a server
that the test plays, and one that does what no plug-in should."""
import itertools
import os
import time

import pytest

from driver import BIN, Failed
from harness.process import SLOWER
from purple_driver import Purple

MUC = "http://jabber.org/protocol/muc"
PLUGINS = os.path.join(os.path.dirname(BIN), "plugins")
U = "u@x"
_numbers = itertools.count(1)


class Occupant:
    """Somebody else, in a MUC, with a client of their own."""

    def __init__(self, client, room, nick):
        self.client, self.room = client, room
        self.enter(nick)

    def enter(self, nick, more=""):
        self.nick = nick
        self.client.send("<presence to='%s/%s'><x xmlns='%s'>%s</x></presence>"
                         % (self.room, nick, MUC, more))
        self.client.expect("presence", from_="%s/%s" % (self.room, nick))

    def show(self, show, status=""):
        self.client.send("<presence to='%s/%s'><show>%s</show><status>%s"
                         "</status></presence>" % (self.room, self.nick, show,
                                                   status))

    def say(self, body, kind="groupchat", to=""):
        self.client.send("<message to='%s%s' type='%s' id='i%d'><body>%s</body>"
                         "</message>" % (self.room, to, kind, next(_numbers),
                                         body))

    def subject(self, subject):
        self.client.send("<message to='%s' type='groupchat'><subject>%s"
                         "</subject></message>" % (self.room, subject))

    def admin(self, item, reason=""):
        self.client.set(self.room, "<query xmlns='%s#admin'><item %s><reason>"
                        "%s</reason></item></query>" % (MUC, item, reason))

    def configure(self, **fields):
        self.client.set(self.room, "<query xmlns='%s#owner'><x xmlns='jabber:x:"
                        "data' type='submit'><field var='FORM_TYPE'><value>%s"
                        "#roomconfig</value></field>%s</x></query>" % (
                            MUC, MUC, "".join(
                                "<field var='muc#roomconfig_%s'><value>%s"
                                "</value></field>" % pair
                                for pair in fields.items())))


class Muc:
    """One backend and a user in it, for all tests of MUCs."""

    def __init__(self, prosody, backend, account):
        self.backend, self.account = backend, account
        self.domain = prosody.domain
        backend.connect(U, account("ana"))

    def new(self):
        return "tea%d@conference.%s" % (next(_numbers), self.domain)

    def join(self, room, nick="Ana", user=U, **how):
        return self.backend.call("room_join", user=user, room=room, nick=nick,
                                 **how)


@pytest.fixture(scope="module")
def muc(prosody):
    from conftest import JABBER, register_account
    names = itertools.count(1)

    def account(name):
        name = "%s.rooms%d" % (name, next(names))
        register_account(prosody.port, prosody.domain, name, "secret")
        return "%s@%s" % (name, prosody.domain)

    b = Purple("prpl-jabber", {**JABBER, "port": prosody.port})
    yield Muc(prosody, b, account)
    assert b.close() == 0


@pytest.fixture
def bob(muc, friend):
    """A room in which bob is the owner, and nobody else yet."""
    room = muc.new()
    o = Occupant(friend("bob"), room, "bob")
    o.configure(roomname="Tea room")
    return o


def occupants(events):
    return [e["nick"] for m, e in events if m == "room_occupant"]


def seen(b, method, **fields):
    """Two users' events come in any order: among those passed over, or
    next."""
    for m, e in b.skipped:
        if m == method and all(e.get(k) == v for k, v in fields.items()):
            return e
    return b.wait(method, **fields)


def test_create(muc):
    """The plug-in asks about a new room, the user is not asked."""
    b, room = muc.backend, muc.new()
    r = muc.join(room, "Ana B")
    assert r["nick"] == "Ana B" and r["created"]
    me = b.wait("room_occupant", room=room)
    assert me["self"] and me["role"] == "moderator"
    assert me["affiliation"] == "owner"
    # Others can enter only when the server's question has been answered, which
    # is before it answers this.
    b.call("room_affiliations", user=U, room=room, affiliation="owner")
    v = "v%d@x" % next(_numbers)
    b.connect(v, muc.account("eve"))
    r = muc.join(room, "Eve", user=v)
    assert not r.get("created")
    assert b.wait("room_occupant", room=room, nick="Eve", user=v)["self"]
    assert "room_subject" not in [m for m, e in b.skipped]
    assert [e for m, e in b.skipped
            if m == "room_occupant" and e["nick"] == "Ana B"]
    seen(b, "room_occupant", room=room, nick="Eve", user=U)
    seen(b, "room_subject", room=room, user=v)
    b.call("room_leave", user=v, room=room, reason="no <time>")
    gone = b.wait("room_occupant_gone", room=room, nick="Eve", user=U)
    assert gone["how"] == "left" and gone["reason"] == "no <time>"
    # The plug-in still has the old stay when this is asked.
    assert muc.join(room, "Eve 2", user=v)["nick"] == "Eve 2"
    b.call("logout", user=v)
    b.wait("room_occupant_gone", room=room, nick="Eve 2", user=U)


def test_occupants(muc, bob):
    b, room = muc.backend, bob.room
    bob.show("away", "at lunch")
    bob.subject("What &amp; why")
    bob.client.expect("message", lambda m: m.findtext(
        "{jabber:client}subject") == "What & why")
    muc.join(room)
    him = b.wait("room_occupant", room=room, nick="bob")
    assert him["show"] == "away" and him["affiliation"] == "owner"
    assert not him.get("self")
    assert b.wait("room_occupant", room=room, nick="Ana")["self"]
    subject = b.wait("room_subject", room=room)
    assert subject["subject"] == "What & why" and subject["nick"] == "bob"
    bob.show("dnd", "busy")
    him = b.wait("room_occupant", room=room, nick="bob", show="dnd")
    assert him["status"] == "busy"
    # ANA is not Ana, though libpurple takes them for the same.
    bob.enter("ANA")
    him = b.wait("room_occupant", room=room, nick="bob", new_nick="ANA")
    assert not him.get("self")
    bob.say("I am ANA")
    m = b.wait("message", body="I am ANA")
    assert m["nick"] == "ANA" and "id" in m and "origin" not in m
    bob.admin("nick='Ana' role='visitor'")
    me = b.wait("room_occupant", room=room, nick="Ana", self=True,
                role="visitor")
    with pytest.raises(Failed) as e:
        b.call("message", user=U, to=room, kind="groupchat", body="me too",
               id="x1")
    assert e.value.code == "forbidden"
    bob.client.send("<presence to='%s/ANA' type='unavailable'><status>bye"
                    "</status></presence>" % room)
    gone = b.wait("room_occupant_gone", room=room, nick="ANA")
    assert gone["how"] == "left" and gone["reason"] == "bye"
    b.call("room_leave", user=U, room=room)
    # Nor is it when it was there before.
    bob.enter("ANA")
    bob.configure()
    assert muc.join(room)["nick"] == "Ana"
    him = b.wait("room_occupant", room=room, nick="ANA")
    assert not him.get("self")
    b.call("room_leave", user=U, room=room)


def test_talk(muc, bob):
    b, room = muc.backend, bob.room
    bob.say("before")
    bob.client.expect_body("before")
    muc.join(room, history=20)
    old = b.wait("message", body="before")
    assert old["time"] > 1e12 and old["nick"] == "bob"
    r = b.call("message", user=U, to=room, kind="groupchat", id="m1",
               body="1 < 2 & 3")
    assert r["ids"] and not r.get("echo")
    assert bob.client.expect(
        "message", from_=room + "/Ana").findtext("{jabber:client}body") == \
        "1 < 2 & 3"
    # It has come back, and is not told as well.
    bob.say("done")
    b.wait("message", body="done")
    assert not [e for m, e in b.skipped if m == "message"]
    for i in range(20):
        b.start("message", user=U, to=room, kind="groupchat", id="n%d" % i,
                body="same")
    b.finish(b.start("message", user=U, to=room, kind="groupchat", id="n",
                     body="same"))
    bob.say("psst", kind="chat", to="/Ana")
    m = b.wait("message", body="psst")
    assert (m["kind"], m["from"], m["nick"]) == ("private", room, "bob")
    b.call("message", user=U, to="bob", room=room, kind="private", id="p1",
           body="yes?")
    assert bob.client.expect("message", type_="chat").get("from") == \
        room + "/Ana"
    with pytest.raises(Failed) as e:
        b.call("message", user=U, to="nobody", room=room, kind="private",
               id="p2", body="?")
    assert e.value.code == "not_found"
    b.call("room_leave", user=U, room=room)


def test_change(muc, bob):
    """Subject, nick, and what a moderator does."""
    b, room = muc.backend, bob.room
    muc.join(room)
    with pytest.raises(Failed) as e:
        b.call("room_subject", user=U, room=room, subject="mine")
    assert e.value.code == "forbidden"
    with pytest.raises(Failed) as e:
        b.call("room_moderate", user=U, room=room, target="bob", role="none")
    assert e.value.code in ("not_allowed", "forbidden")
    bob.admin("nick='Ana' role='moderator'")
    b.wait("room_occupant", room=room, nick="Ana", role="moderator")
    b.call("room_subject", user=U, room=room, subject="<mine>")
    assert b.wait("room_subject", room=room)["subject"] == "<mine>"
    told = [m for m, e in b.skipped]
    with pytest.raises(Failed) as e:
        b.call("room_nick", user=U, room=room, nick="bob")
    assert e.value.code == "conflict"
    b.call("room_nick", user=U, room=room, nick="Ana the 2nd")
    assert b.wait("room_occupant", room=room, new_nick="Ana the 2nd")["self"]
    told += [m for m, e in b.skipped]
    # Without a dialog or a message about any of these.
    assert "ask" not in told and "message" not in told
    eve = Occupant(muc_client(muc, bob), room, "Eve B")
    b.wait("room_occupant", room=room, nick="Eve B")
    b.call("room_moderate", user=U, room=room, target="Eve B", role="none",
           reason="<out>")
    gone = b.wait("room_occupant_gone", room=room, nick="Eve B")
    assert gone["how"] == "kicked" and gone["reason"] == "<out>"
    assert gone["actor"] == "Ana the 2nd"
    eve.client.close()
    bob.admin("nick='Ana the 2nd' role='none'", "you too")
    gone = b.wait("room_occupant_gone", room=room, nick="Ana the 2nd")
    assert gone["how"] == "kicked" and gone["reason"] == "you too"
    assert gone["actor"] == "bob"
    with pytest.raises(Failed) as e:
        b.call("room_nick", user=U, room=room, nick="x")
    assert e.value.code == "not_found"
    muc.join(room)
    b.call("room_leave", user=U, room=room)


def muc_client(muc, bob):
    from conftest import Client
    c = Client(muc.account("eve"), "secret", bob.client.port)
    c.login()
    return c


def test_refused(muc, bob):
    b, room = muc.backend, bob.room
    with pytest.raises(Failed) as e:
        muc.join(room, "bob")
    assert e.value.code == "conflict"
    bob.configure(passwordprotectedroom=1, roomsecret="sesame")
    with pytest.raises(Failed) as e:
        muc.join(room)
    assert e.value.code == "not_authorized"
    assert muc.join(room, password="sesame")["nick"] == "Ana"
    me = b.wait("room_occupant", room=room, nick="Ana")
    bob.admin("jid='%s' affiliation='outcast'" % me.get(
        "real", muc.account("nobody")), "spam")
    gone = b.wait("room_occupant_gone", room=room, nick="Ana")
    assert gone["how"] == "banned" and gone["reason"] == "spam"
    with pytest.raises(Failed) as e:
        muc.join(room, password="sesame")
    assert e.value.code == "forbidden"
    for name, code in (("a b@conference." + muc.domain, "not_acceptable"),
                       ("x@rooms.nowhere.test", "not_allowed"),
                       ("x" * 2000, "not_acceptable")):
        with pytest.raises(Failed) as e:
            muc.join(name)
        assert (name, e.value.code) == (name, code)
    assert not [p for m, p in b.events if m in ("ask", "message")]


def test_invitations(muc, bob):
    b, room = muc.backend, bob.room
    bob.configure(passwordprotectedroom=1, roomsecret="sesame")
    v, name = "v%d@x" % next(_numbers), muc.account("eve")
    b.connect(v, name)
    bob.client.send("<message to='%s'><x xmlns='%s#user'><invite to='%s'>"
                    "<reason>come &amp; see</reason></invite></x></message>"
                    % (room, MUC, name))
    invited = b.wait("room_invite", user=v, room=room)
    assert "peer" not in invited            # an address in the room is none
    assert invited["reason"] == "bob: come & see"
    assert invited["password"] == "sesame"
    # What came with it is used, too.
    assert muc.join(room, "Eve", user=v)["nick"] == "Eve"
    bob.admin("nick='Eve' role='moderator'")
    b.call("room_invite", user=v, room=room, peer=bob.client.bare,
           reason="<you>")
    invite = bob.client.expect("message", lambda m: m.find(".//{%s#user}invite"
                                                           % MUC) is not None)
    assert invite.findtext(".//{%s#user}reason" % MUC) == "<you>"
    b.call("logout", user=v)


def test_list(muc, bob):
    b, room = muc.backend, bob.room
    r = b.call("room_list", user=U, search="tea")
    found = [x for x in r["rooms"] if x["room"] == room]
    assert found and found[0]["topic"] == "Tea room"
    r = b.call("room_list", user=U, max=1)
    assert len(r["rooms"]) == 1
    assert r.get("more", False) == (r["total"] > 1)
    r = b.call("room_list", user=U, after=r["rooms"][0]["room"])
    assert len(r["rooms"]) == r["total"] - 1
    with pytest.raises(Failed) as e:
        b.call("room_list", user=U, network="nowhere.test")
    assert e.value.code in ("network", "not_found", "not_allowed")


def test_affiliations(muc, bob):
    b, room = muc.backend, muc.new()
    muc.join(room)
    b.call("room_moderate", user=U, room=room, target="eve@x.test",
           affiliation="outcast", reason="why & how")
    r = b.call("room_affiliations", user=U, room=room, affiliation="outcast")
    assert r["rows"][0]["target"] == "eve@x.test"
    assert not b.call("room_affiliations", user=U, room=room,
                      affiliation="member")["rows"]
    b.call("room_leave", user=U, room=room)


# ------------------------------------------------------------------------ IRC

@pytest.fixture
def irc(purple, server):
    """A user logged in: (backend, the server's side of it)."""
    # The plug-in sends once a second at most: ask for much at a time.
    b = purple("prpl-irc", {"port": server.port, "ratelimit-interval": 1,
                            "ratelimit-burst": 100})
    b.login(U, "ana@127.0.0.1", password="")
    peer = server.peer()
    peer.nick = "ana"
    peer.expect("NICK ana")
    peer.send(":irc.test 001 ana :Welcome", ":irc.test 376 ana :end")
    b.wait("connected", user=U)
    yield b, peer
    peer.close()


def enter(irc, room="#tea", names=("ana", "@bob", "+eve"), **how):
    b, peer = irc
    join = b.start("room_join", user=U, room=room, nick="ana", **how)
    assert peer.expect("JOIN ").split()[1] == room
    peer.joined(room, *names, topic="leaves")
    return b.finish(join)


def error(b, request):
    with pytest.raises(Failed) as e:
        b.finish(request)
    return e.value.code


def test_irc_room(irc):
    b, peer = irc
    assert enter(irc)["nick"] == "ana"
    bob = b.wait("room_occupant", nick="bob")
    assert bob["role"] == "moderator" and bob["affiliation"] == "admin"
    me = b.wait("room_occupant", self=True)
    assert me["nick"] == "ana" and "bob" not in occupants(b.skipped)
    subject = b.wait("room_subject")
    assert (subject["subject"], subject["nick"], subject["time"]) == (
        "leaves", "bob", 1700000000000)
    peer.send(":bob!b@h PRIVMSG #tea :hi \x02all\x02",
              ":bob!b@h TOPIC #tea :milk")
    m = b.wait("message")
    assert m["body"] == "hi all" and m["nick"] == "bob"
    assert b.wait("room_subject")["nick"] == "bob"
    # The plug-in shows it itself, and it is not told.
    r = b.call("message", user=U, to="#tea", kind="groupchat", body="<hi>",
               id="m1")
    assert not r or not r.get("echo")
    assert peer.expect("PRIVMSG ") == "PRIVMSG #tea :<hi>"
    b.call("message", user=U, to="#tea", kind="groupchat", body="/me waves",
           id="m2")
    assert peer.expect("PRIVMSG ") == "PRIVMSG #tea :\x01ACTION waves\x01"
    peer.send(":eve!e@h NICK eva", ":bob!b@h MODE #tea +o eva",
              ":eva!e@h PART #tea :later", ":zoe!z@h JOIN #tea",
              ":zoe!z@h QUIT :gone", ":bob!b@h KICK #tea ana :out you")
    assert b.wait("room_occupant", nick="eve")["new_nick"] == "eva"
    assert not [e for m, e in b.skipped if m == "message"]
    b.wait("room_occupant", nick="eva", role="moderator")
    gone = b.wait("room_occupant_gone", nick="eva")
    assert gone["how"] == "left" and gone["reason"] == "later"
    gone = b.wait("room_occupant_gone", nick="zoe")
    assert gone["how"] == "quit" and gone["reason"] == "gone"
    gone = b.wait("room_occupant_gone", nick="ana")
    assert (gone["how"], gone["actor"], gone["reason"]) == (
        "kicked", "bob", "out you")
    # All of it was told as facts, but for who made eva an operator.
    texts = [e["body"] for m, e in b.skipped if m == "message"]
    assert not [t for t in texts if "mode" not in t]
    assert enter(irc)["nick"] == "ana"


def test_irc_change(irc):
    b, peer = irc
    enter(irc)

    def ask(method, **params):
        return b.start(method, user=U, room="#tea", **params)

    kick = ask("room_moderate", target="eve", role="none", reason="a\r\nQUIT")
    nick = ask("room_nick", nick="bob")
    topic = ask("room_subject", subject="milk")
    ask("room_invite", peer="zoe")
    assert peer.expect("KICK ") == "KICK #tea eve :a  QUIT"
    peer.expect("NICK :bob")
    assert peer.expect("TOPIC ") == "TOPIC #tea :milk"
    peer.expect("INVITE zoe #tea")
    peer.send(":irc.test 433 ana bob :Nickname is already in use",
              ":ana!a@h TOPIC #tea :milk",
              ":irc.test 482 ana #tea :You're not channel operator")
    b.finish(topic)
    assert error(b, nick) == "conflict"
    assert error(b, kick) == "forbidden"
    ban = ask("room_moderate", target="eve", affiliation="outcast")
    nick = ask("room_nick", nick="anna")
    lines = b.start("message", user=U, to="#tea", kind="groupchat", id="l",
                    body="one\ntwo")
    assert peer.expect("MODE ") == "MODE #tea +b eve!*@*"
    peer.expect("KICK #tea eve ")
    peer.expect("PRIVMSG #tea :one")
    peer.expect("PRIVMSG #tea :two")
    peer.send(":ana!a@h NICK anna", ":anna!a@h KICK #tea eve :spam")
    b.finish(ban)
    b.finish(nick)
    b.finish(lines)
    assert b.wait("room_occupant", new_nick="anna")["self"]
    b.call("room_leave", user=U, room="#tea", reason="so long")
    assert peer.expect("PART ") == "PART #tea :so long"


def test_irc_refused(irc):
    b, peer = irc
    lines = {"#key": "475 ana #key :Cannot join channel (+k)",
             "#ban": "474 ana #BAN :Cannot join channel (+b)",
             "#inv": "473 ana #inv :Cannot join channel (+i)",
             "#lim": "471 ana #lim :Cannot join channel (+l)"}
    joins = {room: b.start("room_join", user=U, room=room, nick="ana")
             for room in (*lines, "#out", "#tea")}
    peer.expect("JOIN #tea")
    peer.send(*(":s " + line for line in lines.values()),
              # Kicked before anybody has been told.
              ":ana!a@h JOIN #out", ":bob!b@h KICK #out ana :no")
    assert {room: error(b, joins[room]) for room in lines} == {
        "#key": "not_authorized", "#ban": "banned", "#inv": "members_only",
        "#lim": "full"}
    assert error(b, joins["#out"]) == "network"
    # Nothing of it is told to the user as well.
    assert not [e for m, e in b.events
                if m == "message" or m.startswith("room_occupant")]
    # Left before it was in: once in, it leaves.
    b.call("room_leave", user=U, room="#tea")
    assert error(b, joins["#tea"]) == "conflict"
    peer.joined("#tea", "ana")
    peer.expect("PART #tea")


def test_irc_forced(irc):
    """The server puts the user where nobody wanted to be."""
    b, peer = irc
    peer.joined("#lobby", "ana", "@bob")
    assert b.wait("room_invite")["room"] == "#lobby"
    peer.send(":bob!b@h PRIVMSG #lobby :unheard", ":bob!b@h INVITE ana :#tea")
    invited = b.wait("room_invite", room="#tea")
    assert invited["peer"] == "bob"
    assert "message" not in [m for m, e in b.skipped]
    assert b.call("room_join", user=U, room="#lobby", nick="ana")
    b.wait("room_occupant", nick="bob")


def test_irc_list(irc):
    b, peer = irc
    list_ = b.start("room_list", user=U)
    again = b.start("room_list", user=U, search="MILK tea")
    peer.expect("LIST")
    peer.send(":s 321 ana Channel :Users Name",
              *(":s 322 ana #tea%d %d :with milk" % (i, i)
                for i in range(250)), ":s 323 ana :End")
    r = b.finish(list_)
    assert len(r["rooms"]) == 100 and r["more"] and r["total"] == 250
    assert r["rooms"][7] == {"room": "#tea7", "name": "#tea7", "occupants": 7,
                             "topic": "with milk"}
    assert b.finish(again)["total"] == 250
    r = b.call("room_list", user=U, after="#tea199", max=200)
    assert [x["room"] for x in r["rooms"]] == ["#tea%d" % i
                                               for i in range(200, 250)]


def test_irc_hostile(irc):
    """Thousands of occupants, a storm of nicks, names of any kind."""
    b, peer = irc
    join = b.start("room_join", user=U, room="#big", nick="ana")
    peer.expect("JOIN ")
    peer.send(":ana!a@h JOIN #big",
              *(":s 353 ana = #big :" + " ".join(
                  "n%d" % i for i in range(at, at + 20))
                for at in range(0, 10000, 20)),
              ":s 353 ana = #big :ana @ana2", ":s 366 ana #big :end")
    begun = time.monotonic()
    assert b.finish(join, 60 * SLOWER)["nick"] == "ana"
    assert time.monotonic() - begun < 10 * SLOWER
    b.wait("room_occupant", nick="n9999")
    peer.send(*(":n%d!x@h NICK m%d" % (i, i) for i in range(3000)),
              *(":m%d!x@h NICK n%d" % (i, i) for i in range(3000)),
              ":n1!x@h NICK \x02\x01", ":n2!x@h NICK ana",
              ":n3!x@h NICK", ":!x@h NICK", ":n4!x@h KICK #big",
              ":n4!x@h KICK #big n5", ":n4!x@h PART", ":n4 QUIT",
              ":s 333 ana #big", ":s 333 ana #big x 99999999999999999999",
              ":n6!x@h TOPIC #big", ":n6!x@h MODE #big +ooo n7",
              ":n6!x@h PRIVMSG #big :still here")
    assert b.wait("message", body="still here",
                  timeout=30 * SLOWER)["nick"] == "n6"
    peer.send(":s 353 ana = #big :ana ana ana n8 n8", ":s 366 ana #big :end",
              *(":n%d!x@h QUIT :split" % i for i in range(9000)),
              ":n9001!x@h PRIVMSG #big :quiet now")
    b.wait("message", body="quiet now", timeout=30 * SLOWER)
    b.call("ping")


# ------------------------------------------------- a plug-in of the test's own

class Odd:
    """See prpl_rooms.c."""

    def __init__(self, backend):
        self.b = backend
        self.b.connect(U, "ana")

    def join(self, room, user=U):
        return self.b.call("room_join", user=user, room=room, nick="ana")

    def refused(self, room):
        with pytest.raises(Failed) as e:
            self.join(room)
        return e.value

    def start(self, room, text):
        return self.b.start("message", user=U, to=room, kind="groupchat",
                            body=text, id="i%d" % next(_numbers))

    def say(self, room, text):
        return self.b.finish(self.start(room, text))


@pytest.fixture
def odd(purple):
    return Odd(purple("prpl-rooms", {"plugins_dir": PLUGINS}))


def test_odd_joins(odd):
    b = odd.b
    missing = odd.refused("tea")
    assert missing.code == "not_acceptable"
    assert "Secret word" in missing.text and "Channel" not in missing.text
    assert odd.refused("fail/x").code == "banned"
    assert odd.refused("told/x").code == "full"
    assert odd.refused("gone/x").code == "network"
    assert odd.refused("dies/x").code == "network"
    assert not [e for m, e in b.events if m in ("message", "room_closed")]
    r = odd.join("tea/x")
    assert (r["nick"], r["name"]) == ("Myself", "A <room>")
    assert b.wait("room_occupant", nick="Myself")["self"]
    assert {e["real"]: e["nick"] for m, e in b.skipped
            if m == "room_occupant"} == {"bob#2": "Bob", "bob#3": "Bob (2)"}
    # It is the same, under another name.
    assert odd.refused("tea").code == "not_allowed"
    odd.join("twice/x")
    # The plug-in does not count us among the users.
    assert odd.join("alone/x")["nick"] == "ana"
    assert b.wait("room_occupant", room="alone/x", nick="ana")["self"]
    # What is needed is known of a room among the contacts.
    assert odd.join("den")["name"] == "My den"
    r = b.call("room_list", user=U)
    assert r["rooms"] == [
        {"room": "tea", "name": "Drinks / tea", "topic": "hot"},
        {"room": "den", "name": "My den"}]
    # To ask for it is the end of the session.
    b.connect("cut@x", "cut off")
    with pytest.raises(Failed) as e:
        b.call("room_list", user="cut@x")
    assert e.value.code == "network"
    b.wait("disconnected", user="cut@x")


def test_odd_talk(odd):
    b, room = odd.b, "tea/x"
    odd.join(room)
    mute = odd.start(room, "mute")
    begun = time.monotonic()
    assert not odd.say(room, "shown").get("echo")
    assert time.monotonic() - begun < 3         # what is shown is done
    begun = time.monotonic()
    odd.say(room, "echo later")
    assert time.monotonic() - begun >= 0.04     # not before it is shown
    with pytest.raises(Failed) as e:
        odd.say(room, "long")
    assert e.value.code == "too_long"
    odd.say(room, "whisper psst")
    m = b.wait("message", body="psst")
    assert (m["kind"], m["nick"], m["from"]) == ("private", "Bob (2)", room)
    # Who is answered to out of a room answers there.
    b.call("message", user=U, to="Bob (2)", room=room, kind="private",
           body="yes", id="p")
    m = b.wait("message", body="bob#3 got yes")
    assert (m["kind"], m["nick"], m["from"]) == ("private", "Bob (2)", room)
    b.call("message", user=U, to="bob#3", kind="chat", body="and", id="q")
    assert b.wait("message", body="bob#3 got and")["kind"] == "chat"
    odd.say(room, "invite den")
    invited = b.wait("room_invite")
    assert (invited["room"], invited["peer"], invited["reason"]) == (
        "den", "zoe", "come")
    assert odd.join("den")          # the secret word came with it
    # Declined in nobody's name.
    assert not [e for m, e in b.events + b.skipped if m == "message"]
    for unsupported in ("room_subject", "room_nick", "room_moderate"):
        with pytest.raises(Failed) as e:
            b.call(unsupported, user=U, room=room, subject="x", nick="x",
                   target="Bob", role="none")
        assert e.value.code == "not_supported"
    # No echo for long: then it is as good as shown.
    b.finish(mute)


def test_users_listed_anew(odd):
    """We have not left."""
    b, room = odd.b, "tea/x"
    odd.join(room)
    odd.say(room, "clear")
    assert b.wait("room_occupant_gone")["nick"] == "Bob"
    odd.say(room, "whisper psst")
    assert b.wait("message", body="psst")["nick"] == "Bob (2)"
    assert not [e for m, e in b.events + b.skipped
                if m in ("room_occupant_gone", "room_closed")]


def test_odd_names(odd):
    b, room = odd.b, "tea/x"
    odd.join(room)
    odd.say(room, "alias Bob")
    b.wait("room_occupant", nick="Myself", new_nick="Bob (3)", self=True)
    odd.say(room, "odd")
    m = b.wait("message", body="said by ?")
    assert m["nick"] == "?"
    begun = time.monotonic()
    odd.say(room, "crowd 5000")
    assert time.monotonic() - begun < 10 * SLOWER
    same = {e["real"]: e.get("new_nick") or e["nick"] for m, e in b.events
            if m == "room_occupant" and e.get("real", "").startswith("c#")}
    assert len(same) == len(set(same.values())) == 5000
    odd.say(room, "close The <end>")
    assert b.wait("room_closed")["reason"] == "The <end>"
    odd.join(room)
    odd.say(room, "destroy")
    b.wait("room_closed")
    odd.join(room)
    b.call("room_leave", user=U, room=room)
    b.call("room_leave", user=U, room=room)
    odd.join(room)
