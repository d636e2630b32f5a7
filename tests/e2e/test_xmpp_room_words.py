# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said in rooms of other XMPP servers, and what is done to it."""
import base64
import hashlib

import pytest

from harness.xmpp import NS, body_of, condition_of, show
from harness.xmpp_pair import pairs_of
from harness.xmpp_room import (CORRECT, MAM, MODERATE, REACT, REPLY, RETRACT,
                               admin, configure, each_server, has, named,
                               rank)

# Of what XEP-0425 was before.
MODERATE_0 = "urn:xmpp:message-moderate:0"
PIXEL = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQ"
         "DwAEhQGAhKmMIQAAAABJRU5ErkJggg==")


@each_server
def test_words(tea):
    """Messages under their ids, and what is done to them."""
    anna, bob, here, far = tea.anna, tea.bob, tea.here, tea.far
    hers, theirs = tea.say(anna, "one & <two>",
                           "<origin-id xmlns='urn:xmpp:sid:0' id='o1'/>")
    assert hers.get("from") == here + "/anna"
    assert theirs.get("from") == far + "/anna"
    assert named(here, hers) == named(far, theirs)
    assert hers.find("occ:occupant-id", NS) is not None
    mine, said = tea.say(bob, "hi", "<active xmlns='%s'/>" % NS["states"])
    assert named(here, mine) == named(far, said)
    # Corrected, both ways.
    tea.say(anna, "one", "<replace xmlns='%s' id='%s'/>" % (
        CORRECT, hers.get("id")))
    replace = [m.find("{%s}replace" % CORRECT).get("id") for m in
               bob.matching("message", has(CORRECT, "replace"))]
    assert replace == [theirs.get("id")]
    tea.say(bob, "ho", "<replace xmlns='%s' id='%s'/>" % (
        CORRECT, said.get("id")))
    replace = [m.find("{%s}replace" % CORRECT).get("id") for m in
               anna.matching("message", has(CORRECT, "replace"),
                             from_=here + "/bob")]
    assert replace == [mine.get("id")]
    # Answered.
    tea.say(anna, "well", "<reply xmlns='%s' to='%s/bob' id='%s'/>" % (
        REPLY, here, named(here, mine)))
    reply = bob.matching("message", has(REPLY, "reply"))[0].find(
        "{%s}reply" % REPLY)
    assert (reply.get("to"), reply.get("id")) == (far + "/bob",
                                                  named(far, said))
    tea.say(bob, "why", "<reply xmlns='%s' to='%s/anna' id='%s'/>" % (
        REPLY, far, named(far, theirs)))
    reply = anna.matching("message", has(REPLY, "reply"), from_=here +
                          "/bob")[0].find("{%s}reply" % REPLY)
    assert (reply.get("to"), reply.get("id")) == (here + "/anna",
                                                  named(here, hers))
    # Reacted to.
    react = ("<message to='%s' type='groupchat' id='r'><reactions xmlns='" +
             REACT + "' id='%s'><reaction>👍</reaction></reactions></message>")
    anna.send(react % (here, named(here, mine)))
    bob.send(react % (far, named(far, theirs)))
    for client, room, nick, what in ((bob, far, "anna", said),
                                     (anna, here, "bob", hers)):
        m = client.expect("message", has(REACT, "reactions"),
                          from_=room + "/" + nick)
        assert m.find("{%s}reactions" % REACT).get("id") == named(room, what)
        assert m.findtext(".//{%s}reaction" % REACT) == "👍"
    # Typing.
    typing = ("<message to='%s' type='groupchat'><composing xmlns='" +
              NS["states"] + "'/></message>")
    for client, room in (anna, here), (bob, far):
        client.send(typing % room)
    for client, room, nick in (bob, far, "anna"), (anna, here, "bob"):
        client.expect("message", has(NS["states"], "composing"),
                      from_=room + "/" + nick)
    # Taken back by who has said it.
    retract = ("<message to='%s' type='groupchat' id='t'><retract xmlns='" +
               RETRACT + "' id='%s'/></message>")
    anna.send(retract % (here, named(here, hers)))
    m = bob.expect("message", has(RETRACT, "retract"), from_=far + "/anna")
    assert m.find("{%s}retract" % RETRACT).get("id") == named(far, theirs)
    bob.send(retract % (far, named(far, said)))
    m = anna.expect("message", has(RETRACT, "retract"), from_=here + "/bob")
    assert m.find("{%s}retract" % RETRACT).get("id") == named(here, mine)
    # Each came once.
    for client in anna, bob:
        bodies = [body_of(m) for m in client.matching(
            "message", body_of, type="groupchat")]
        for body in "one & <two>", "one", "hi", "ho", "well", "why":
            assert bodies.count(body) == 1, bodies
    # What is not allowed is answered: nobody may speak.
    configure(anna, here, moderatedroom=1)
    admin(anna, here, "<item nick='bob' role='visitor'/>")
    bob.message(far, "psst", "groupchat")
    bob.expect("message", type="error")


@each_server
def test_subject(tea):
    anna, bob, here, far = tea.anna, tea.bob, tea.here, tea.far
    configure(anna, here, changesubject=0)
    anna.send("<message to='%s' type='groupchat' id='s1'><subject>Tea &amp; Ü"
              "</subject></message>" % here)
    for client, room in (bob, far), (anna, here):
        client.expect("message", lambda m: m.findtext(
            "c:subject", None, NS) == "Tea & Ü", from_=room + "/anna")
    admin(anna, here, "<item nick='bob' role='moderator'/>")
    tea.anna_sees("bob", lambda p: rank(p) == ("none", "moderator"))
    bob.send("<message to='%s' type='groupchat'><subject>Coffee</subject>"
             "</message>" % far)
    anna.expect("message", lambda m: m.findtext(
        "c:subject", None, NS) == "Coffee", from_=here + "/bob")
    # Whoever comes sees it; who may not change it is told.
    carl = tea.pair.user("carl")
    _, subject = carl.join(here, "carl")
    assert subject.findtext("c:subject", None, NS) == "Coffee"
    carl.send("<message to='%s' type='groupchat' id='s2'><subject>No"
              "</subject></message>" % here)
    error = carl.expect("message", type="error", id="s2")
    assert condition_of(error) == ("auth", "forbidden")


@each_server
def test_private(tea):
    anna, bob, here, far = tea.anna, tea.bob, tea.here, tea.far
    ident = anna.message(here + "/bob", "psst", "chat",
                         "<x xmlns='%s'/>" % NS["user"])
    m = bob.expect_body("psst", from_=far + "/anna", type="chat")
    assert m.get("id") == ident
    bob.message(far + "/anna", "what", "chat")
    m = anna.expect_body("what", from_=here + "/bob", type="chat")
    assert m.find("user:x", NS) is not None
    anna.send("<message to='%s/bob' type='chat'><composing xmlns='%s'/>"
              "</message>" % (here, NS["states"]))
    bob.expect("message", has(NS["states"], "composing"), type="chat",
               from_=far + "/anna")
    ident = anna.message(here + "/nobody", "psst", "chat")
    error = anna.expect("message", type="error", id=ident)
    assert condition_of(error)[1] == "item-not-found"


@each_server
def test_past(tea):
    """History, as much of it as is wanted, and the room's archive."""
    anna, bob, here, far = tea.anna, tea.bob, tea.here, tea.far
    for number in range(5):
        bob.message(far, "line %d" % number, "groupchat")
    anna.expect_body("line 4")
    lines = ["line %d" % number for number in range(5)]
    carl = tea.pair.user("carl")
    carl.join(here, "carl")
    old = [m for m in carl.matching("message", body_of, from_=here + "/bob")]
    assert [body_of(m) for m in old] == lines
    for m in old:
        delay = m.find("delay:delay", NS)
        assert delay is not None and delay.get("stamp"), show(m)
    carl.leave(here, "carl")
    carl.expect("presence", type="unavailable", from_=here + "/carl")
    bob.message(far, "unheard", "groupchat")
    bob.expect_body("unheard")
    carl.clear()
    carl.join(here, "carl", history=0)
    assert "unheard" not in [body_of(m) for m in carl.matching("message")]

    def archived(client, inside=""):
        ident = client.iq("set", here, "<query xmlns='%s' queryid='a'>%s"
                          "</query>" % (MAM, inside))
        assert ident.get("type") == "result", show(ident)
        found = []
        for m in client.matching("message", has(MAM, "result"), from_=here):
            inner = m.find(".//c:message", NS)
            found.append((body_of(inner), inner.get("from")))
        return found

    assert archived(carl)[-6:] == [
        (line, here + "/bob") for line in lines + ["unheard"]]


@pytest.mark.parametrize("pair", pairs_of("server-prosody"), indirect=True)
def test_moderated(tea):
    """Words of others taken back, by her and by him; ejabberd cannot."""
    anna, bob, here, far = tea.anna, tea.bob, tea.here, tea.far
    mine, said = tea.say(bob, "rude")
    anna.set(here, "<moderate xmlns='%s' id='%s'><retract xmlns='%s'/><reason>"
             "no</reason></moderate>" % (MODERATE, named(here, mine), RETRACT))
    m = anna.expect("message", has(RETRACT, "retract"), from_=here)
    retract = m.find("{%s}retract" % RETRACT)
    assert retract.get("id") == named(here, mine)
    assert retract.find("{%s}moderated" % MODERATE).get("by") == here + "/anna"
    assert retract.findtext("{%s}reason" % RETRACT) == "no"
    bob.expect("message", lambda m: m.find(".//{%s}moderated" % MODERATE_0)
               is not None, from_=far)
    admin(anna, here, "<item nick='bob' role='moderator'/>")
    tea.bob_sees("bob", lambda p: rank(p)[1] == "moderator")
    hers, theirs = tea.say(anna, "rude, too")
    bob.set(far, "<apply-to xmlns='urn:xmpp:fasten:0' id='%s'><moderate xmlns="
            "'%s'><retract xmlns='urn:xmpp:message-retract:0'/></moderate>"
            "</apply-to>" % (named(far, theirs), MODERATE_0))
    m = anna.expect("message", has(RETRACT, "retract"), from_=here)
    retract = m.find("{%s}retract" % RETRACT)
    assert retract.get("id") == named(here, hers)
    assert retract.find("{%s}moderated" % MODERATE).get("by") == here + "/bob"


@each_server
def test_faces(pair):
    """Pictures and cards of who is in a room."""
    room, anna, bob = pair.room("tea"), pair.user("anna"), pair.peer("bob")
    bob.set(None, "<vCard xmlns='vcard-temp'><FN>Bob B.</FN><PHOTO><TYPE>"
            "image/png</TYPE><BINVAL>%s</BINVAL></PHOTO></vCard>" % PIXEL)
    anna.join(room.here, "anna")
    bob.join(room.far, "bob")
    bob.send("<presence to='%s/bob'><x xmlns='%s'><photo>%s</photo></x>"
             "</presence>" % (room.far, NS["photo"], hashlib.sha1(
                 base64.b64decode(PIXEL)).hexdigest()))
    anna.expect("presence", lambda p: len(p.findtext(
        "photo:x/photo:photo", "", NS)) == 40, from_=room.here + "/bob")
    card = anna.get(room.here + "/bob", "<vCard xmlns='vcard-temp'/>",
                    timeout=20)
    assert card.findtext("vcard:FN", None, NS) == "Bob B."
    assert card.find("vcard:PHOTO/vcard:BINVAL", NS) is not None
    anna.set(None if pair.server_mode else pair.gateway, "<vCard xmlns="
             "'vcard-temp'><FN>Anna A.</FN></vCard>", timeout=20)
    card = bob.get(room.far + "/anna", "<vCard xmlns='vcard-temp'/>")
    assert card.findtext("vcard:FN", None, NS) == "Anna A."
