# SPDX-License-Identifier: GPL-2.0-or-later
"""What was said while a user was away, or with other clients of the account, and
the rooms that it keeps on the far server."""
import time

import pytest

from harness.process import wait_for
from harness.xmpp import NS, body_of, show
from harness.xmpp_pair import pairs_of

CARBONS = "urn:xmpp:carbons:2"
FORWARD = "urn:xmpp:forward:0"
MARKERS = "urn:xmpp:chat-markers:0"
REACT = "urn:xmpp:reactions:0"
RETRACT = "urn:xmpp:message-retract:1"
MANY = 250

each_server = pytest.mark.parametrize(
    "pair", pairs_of("prosody-ejabberd", "server-prosody"), indirect=True)


def sent_elsewhere(message):
    """What is in a carbon of a message of our own, or None."""
    return message.find("{%s}sent/{%s}forwarded/c:message"
                        % (CARBONS, FORWARD), NS)


def own(user, body):
    """What the user has said elsewhere, as a client sees it."""
    def is_it(message):
        inner = sent_elsewhere(message)
        return inner is not None and body_of(inner) == body
    return sent_elsewhere(user.expect("message", is_it))


def heard(user, here):
    """All bodies that came from there, and what the user said to it."""
    return [body_of(m) for m in user.matching(
        "message", body_of, from_=lambda jid: jid.startswith(here))]


def friends(pair):
    anna, bob = pair.user("anna"), pair.peer("bob")
    pair.friends(anna, bob)
    return anna, bob


def gone(pair, anna, bob):
    """She has logged out everywhere."""
    bob.clear()
    anna.close()
    bob.expect("presence", type="unavailable",
               from_=lambda jid: jid.startswith(anna.account))
    anna.log.clear()
    anna.clear()


@each_server
def test_elsewhere(pair):
    """Another client of the account writes, and is written to."""
    anna, bob = friends(pair)
    anna.set(None, "<enable xmlns='%s'/>" % CARBONS)
    here = pair.jid_of(bob)
    desk = anna.elsewhere("desk")
    desk.message(bob.bare, "from the desk")
    bob.expect_body("from the desk")
    m = own(anna, "from the desk")
    assert m.get("to").partition("/")[0] == here
    # Its answer is for both.
    bob.message(desk.jid, "to the desk")
    m = anna.expect_body("to the desk")
    assert m.get("from").startswith(here)
    bob.message(anna.account, "to all")
    anna.expect_body("to all")
    desk.expect_body("to all")
    anna.message(here, "from here")
    bob.expect_body("from here")
    anna.message(here, "last")
    bob.expect_body("last")
    bob.message(anna.account, "end")
    anna.expect_body("end")
    assert heard(anna, here) == ["to the desk", "to all", "end"]
    assert len(anna.matching("message", lambda m: sent_elsewhere(m) is not
                             None)) == 1
    # What it does to messages, and what is read there.
    for inside, name in (
            ("<displayed xmlns='%s' id='x1'/>" % MARKERS, "displayed"),
            ("<reactions xmlns='%s' id='x1'><reaction>👍</reaction></reactions>"
             "<store xmlns='urn:xmpp:hints'/>" % REACT, "reactions"),
            ("<retract xmlns='%s' id='x1'/><body>gone</body>" % RETRACT,
             "retract")):
        desk.send("<message to='%s' type='chat' id='%s'>%s</message>"
                  % (bob.bare, name, inside))
        m = sent_elsewhere(anna.expect(
            "message", lambda m: sent_elsewhere(m) is not None))
        done = [e for e in m if e.tag.endswith("}" + name)]
        assert done and done[0].get("id") == "x1", show(m)
        assert m.get("to").partition("/")[0] == here


@each_server
def test_away(pair):
    """Said while she was away: all of it, once, in order, and when."""
    anna, bob = friends(pair)
    here = pair.jid_of(bob)
    bob.message(anna.account, "before")
    anna.expect_body("before")
    gone(pair, anna, bob)
    bodies = ["missed %d" % number for number in range(MANY)]
    began = time.time()
    for body in bodies:
        bob.message(anna.account, body)
    # Ids come again, with some clients.
    for body in "same", "again":
        bodies.append(body)
        bob.send("<message to='%s' type='chat' id='1'><body>%s</body>"
                 "</message>" % (anna.account, body))
    bob.sync(bob.bare)
    anna.enter()
    bob.expect("presence", type="",
               from_=lambda jid: jid.startswith(anna.account))
    bob.message(anna.account, "after")
    wait_for(lambda: len(heard(anna, here)) > MANY + 2, 20)
    anna.sync(pair.gateway)
    got = heard(anna, here)
    assert [b for b in got if b != "after"] == bodies
    assert got.count("after") == 1
    days = {time.strftime("%Y-%m-%d", time.gmtime(at))
            for at in (began, time.time())}
    for m in anna.matching("message", lambda m: (body_of(m) or "").startswith(
            "missed")):
        stamp = m.find("delay:delay", NS).get("stamp")
        assert stamp.partition("T")[0] in days
    # And not again the next time.
    gone(pair, anna, bob)
    anna.enter()
    bob.message(anna.account, "end")
    anna.expect_body("end")
    assert heard(anna, here) == ["end"]


BOOKMARKS = "urn:xmpp:bookmarks:1"
PUBSUB = "http://jabber.org/protocol/pubsub"
# Servers keep one item only, unless they are told otherwise.
MAKE = """<pubsub xmlns='%s'><create node='%s'/><configure>
<x xmlns='jabber:x:data' type='submit'>
<field var='FORM_TYPE' type='hidden'><value>%s#node_config</value></field>
<field var='pubsub#persist_items'><value>1</value></field>
<field var='pubsub#max_items'><value>10</value></field>
<field var='pubsub#access_model'><value>whitelist</value></field>
</x></configure></pubsub>""" % (PUBSUB, BOOKMARKS, PUBSUB)


def conference(room, autojoin, attributes=""):
    """XEP-0402; with attributes, of XEP-0048."""
    return ("<conference autojoin='%s' name='Tea' %s><nick>anna</nick>"
            "<password>key</password></conference>" % (autojoin, attributes))


def bookmark(client, room, autojoin):
    client.set(None, "<pubsub xmlns='%s'><publish node='%s'><item id='%s'>%s"
               "</item></publish></pubsub>" % (
                   PUBSUB, BOOKMARKS, room, conference(
                       room, autojoin, "xmlns='%s'" % BOOKMARKS)))


def store(client, *rooms):
    client.set(None, "<query xmlns='jabber:iq:private'><storage xmlns="
               "'storage:bookmarks'>%s</storage></query>" % "".join(
                   conference(room, autojoin, "jid='%s'" % room)
                   for room, autojoin in rooms))


def invited(message):
    return message.find("user:x/user:invite", NS) is not None


@each_server
def test_bookmarks(pair):
    """Rooms that the account keeps are to be entered."""
    rooms = [pair.room("kept") for _ in range(5)]
    account = pair.account("anna")
    desk = pair.far_client(account, "desk")
    desk.set(None, MAKE)
    bookmark(desk, rooms[0].far, "true")
    bookmark(desk, rooms[1].far, "false")
    anna = pair.user("anna", account)
    m = anna.expect("message", invited)
    assert m.get("from") == rooms[0].here
    assert m.findtext("user:x/user:password", None, NS) == "key"
    # Another client adds one.
    bookmark(desk, rooms[2].far, "1")
    m = anna.expect("message", invited)
    assert m.get("from") == rooms[2].here
    # Older ones.
    account = pair.account("dora")
    desk = pair.far_client(account, "desk")
    store(desk, (rooms[3].far, "1"), (rooms[4].far, "0"))
    dora = pair.user("dora", account)
    m = dora.expect("message", invited)
    assert m.get("from") == rooms[3].here
    assert len(dora.matching("message", invited)) == 1
    assert len(anna.matching("message", invited)) == 2


def pids(pair):
    return set(pair.instance.backends())


@each_server
def test_replaced(pair):
    """The backend is replaced while both write: nothing lost, nothing twice,
    and the room is still there."""
    anna, bob = friends(pair)
    here, room = pair.jid_of(bob), pair.room("tea")
    anna.join(room.here, "anna")
    bob.join(room.far, "bob")
    anna.expect("presence", from_=room.here + "/bob")
    before = pids(pair)
    for number in range(5):
        bob.message(anna.account, "to %d" % number)
        bob.message(room.far, "in %d" % number, "groupchat")
        anna.message(here, "from %d" % number)
        anna.message(room.here, "out %d" % number, "groupchat")
    assert "1 backend" in pair.instance.answer("restart_backends")
    number = 5
    while pids(pair) & before or number < 20:
        bob.message(anna.account, "to %d" % number)
        bob.message(room.far, "in %d" % number, "groupchat")
        anna.message(here, "from %d" % number)
        anna.message(room.here, "out %d" % number, "groupchat")
        number += 1
        time.sleep(0.1)
    bob.message(anna.account, "end to")
    bob.message(room.far, "end in", "groupchat")
    anna.message(here, "end from")
    anna.message(room.here, "end out", "groupchat")
    anna.expect_body("end to", timeout=30)
    anna.expect_body("end in", timeout=30)
    bob.expect_body("end from", timeout=30)
    bob.expect_body("end out", timeout=30)
    anna.expect_body("end out", timeout=30)
    numbers = range(number)
    got = heard(anna, here)
    assert [b for b in got if b != "end to"] == ["to %d" % n for n in numbers]
    got = [body_of(m) for m in anna.matching(
        "message", body_of, type="groupchat", from_=room.here + "/bob")]
    assert [b for b in got if b != "end in"] == ["in %d" % n for n in numbers]
    for client, word in (bob, "from"), (bob, "out"), (anna, "out"):
        got = [body_of(m) for m in client.matching(
            "message", lambda m: (body_of(m) or "").startswith(word + " "))]
        assert got == ["%s %d" % (word, n) for n in numbers], word
    assert not anna.matching("message", type="error")


@each_server
def test_both(pair):
    """Both sides of what was said while she was away, in order."""
    anna, bob = friends(pair)
    desk = anna.elsewhere("desk")
    bob.message(anna.account, "here")
    anna.expect_body("here")
    anna.close()
    bob.expect("presence", type="unavailable", from_=lambda jid: jid.startswith(
        anna.account) and not jid.endswith("/desk"))
    anna.log.clear()
    for number in range(3):
        bob.message(anna.account, "his %d" % number)
        desk.expect_body("his %d" % number)
        desk.message(bob.bare, "hers %d" % number)
        bob.expect_body("hers %d" % number)
    anna.login(presence=False)
    anna.set(None, "<enable xmlns='%s'/>" % CARBONS)
    anna.send("<presence/>")
    if not pair.server_mode:
        anna.send("<presence to='%s'/>" % pair.gateway)
    anna.expect("presence", from_=pair.gateway, type="", timeout=20)
    bob.message(anna.account, "end")
    anna.expect_body("end")

    def said(m):
        inner = sent_elsewhere(m)
        return body_of(m if inner is None else inner)
    got = [said(m) for m in anna.matching("message", said)]
    want = [w % n for n in range(3) for w in ("his %d", "hers %d")]
    assert got == want + ["end"]
