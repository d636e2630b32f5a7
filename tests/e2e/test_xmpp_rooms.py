# SPDX-License-Identifier: GPL-2.0-or-later
"""Rooms of other XMPP servers, from both sides: into them, out of them, and who
may do what."""
import time

import pytest

from harness.process import wait_for
from harness.xmpp import NS, body_of, condition_of, show, statuses
from harness.xmpp_room import (ADMIN, DIRECT, OWNER, admin, configure,
                               each_server, fields, has, item, listed, rank,
                               refused)


@each_server
def test_new(pair):
    """Made, set up, found, and left."""
    room, anna, bob = pair.room("tëe"), pair.user("anna"), pair.peer("bob")
    presences, subject = anna.join(room.here, "anna")
    assert 201 in statuses(presences[-1])
    assert rank(presences[-1]) == ("owner", "moderator")
    assert not subject.findtext("c:subject", None, NS)
    # It is not locked.
    presences, _ = bob.join(room.far, "bob")
    anna.expect("presence", from_=room.here + "/bob")
    assert rank(presences[0]) == ("owner", "moderator")
    # The form: asked for, changed, and the change told.
    form = fields(anna, room.here)
    assert form["muc#roomconfig_roomname"].get("type") == "text-single"
    assert form["muc#roomconfig_whois"].findall("x:option", NS)
    configure(anna, room.here, roomname="Tea &amp; Äpfel", whois="anyone",
              publicroom=1)
    anna.expect("message", lambda m: 104 in statuses(m), from_=room.here)
    form = fields(anna, room.here)
    assert form["muc#roomconfig_roomname"].findtext(
        "x:value", None, NS) == "Tea & Äpfel"
    identity = anna.disco_info(room.here).find("info:identity", NS)
    assert identity.get("name") == "Tea & Äpfel", show(identity)
    # Found by others.
    dora = pair.user("dora")
    items = dora.get(pair.gateway, "<query xmlns='%s'/>" % NS["items"])
    names = {i.get("jid"): i.get("name") for i in items}
    assert names[room.here].startswith("Tea & Äpfel")
    # Everybody sees who everybody is; ours is who we are there.
    presences, _ = dora.join(room.here, "dora")
    seen = {p.get("from").partition("/")[2]: p for p in presences}
    assert rank(seen["anna"]) == ("owner", "moderator")
    assert rank(seen["bob"]) == rank(seen["dora"]) == ("none", "participant")
    assert item(seen["bob"]).get("jid").partition("/")[0] == pair.jid_of(bob)
    p = bob.expect("presence", from_=room.far + "/dora")
    assert item(p).get("jid").partition("/")[0] == dora.account
    # Away, back, and gone with a word.
    bob.send("<presence to='%s/bob'><show>dnd</show><status>busy</status>"
             "</presence>" % room.far)
    p = anna.expect("presence", from_=room.here + "/bob",
                    check=lambda p: p.findtext("c:show", "", NS) == "dnd")
    assert p.findtext("c:status", None, NS) == "busy"
    anna.send("<presence to='%s'><show>away</show><status>tea</status>"
              "</presence>" % pair.gateway if not pair.server_mode else
              "<presence><show>away</show><status>tea</status></presence>")
    bob.expect("presence", lambda p: p.findtext("c:status", "", NS) == "tea",
               from_=room.far + "/anna")
    dora.send("<presence type='unavailable' to='%s/dora'><status>bye</status>"
              "</presence>" % room.here)
    dora.expect("presence", lambda p: 110 in statuses(p),
                type="unavailable", from_=room.here + "/dora")
    p = bob.expect("presence", type="unavailable", from_=room.far + "/dora")
    assert p.findtext("c:status", None, NS) == "bye"
    p = anna.expect("presence", type="unavailable", from_=room.here + "/dora")
    assert p.findtext("c:status", None, NS) == "bye"
    bob.leave(room.far, "bob")
    anna.expect("presence", type="unavailable", from_=room.here + "/bob")


@each_server
def test_doors(pair):
    """Every door that is closed, and why."""
    room, anna, bob = pair.room("tea"), pair.user("anna"), pair.peer("bob")
    bob.join(room.far, "bob")
    # Moderated ones of ejabberd let in whom they have banned.
    configure(bob, room.far, roomsecret="key", passwordprotectedroom=1,
              persistentroom=1, moderatedroom=0)
    assert refused(anna, room.here, "anna") == "not-authorized"
    assert refused(anna, room.here, "anna", password="x") == "not-authorized"
    assert refused(anna, room.here, "bob", password="key") == "conflict"
    anna.join(room.here, "anna", password="key")
    anna.leave(room.here, "anna")
    anna.expect("presence", type="unavailable", from_=room.here + "/anna")
    configure(bob, room.far, roomsecret="", passwordprotectedroom=0,
              membersonly=1)
    assert refused(anna, room.here, "anna") == "registration-required"
    admin(bob, room.far, "<item affiliation='member' jid='%s'/>"
          % anna.account)
    presences, _ = anna.join(room.here, "anna")
    assert rank(presences[-1]) == ("member", "participant")
    anna.leave(room.here, "anna")
    anna.expect("presence", type="unavailable", from_=room.here + "/anna")
    configure(bob, room.far, membersonly=0)
    admin(bob, room.far, "<item affiliation='outcast' jid='%s'/>"
          % anna.account)
    assert refused(anna, room.here, "anna") == "forbidden"
    if "ejabberd" in pair.kind.split("-")[1]:
        configure(bob, room.far, maxusers=5)
        for number in range(4):
            pair.peer("eve").join(room.far, "eve%d" % number)
        assert refused(pair.user("carl"), room.here,
                       "carl") == "service-unavailable"
    nowhere = pair.jid_of("tea@conference.nowhere.test")
    assert refused(anna, nowhere, "anna") in (
        "remote-server-not-found", "item-not-found", "not-allowed",
        "remote-server-timeout")


@each_server
def test_nicks(tea):
    """Changed by both, also to what is no ASCII."""
    anna, bob, here, far = tea.anna, tea.bob, tea.here, tea.far
    bob.send("<presence to='%s/Zoë Ж'/>" % far)
    p = tea.anna_sees("bob", type="unavailable")
    assert 303 in statuses(p) and item(p).get("nick") == "Zoë Ж"
    tea.anna_sees("Zoë Ж")
    anna.send("<presence to='%s/Änne'/>" % here)
    p = tea.bob_sees("anna", type="unavailable")
    assert 303 in statuses(p) and item(p).get("nick") == "Änne"
    p = tea.anna_sees("anna", type="unavailable")
    assert {303, 110} <= statuses(p) and item(p).get("nick") == "Änne"
    assert 110 in statuses(tea.anna_sees("Änne"))
    tea.say(anna, "as another")
    assert anna.matching("message", lambda m: body_of(m) == "as another")[
        0].get("from") == here + "/Änne"
    # One that is taken.
    anna.send("<presence to='%s/Zoë Ж' id='n1'/>" % here)
    p = tea.anna_sees("Zoë Ж", type="error")
    assert condition_of(p)[1] == "conflict"
    # XEP-0410
    anna.get(here + "/Änne", "<ping xmlns='urn:xmpp:ping'/>")
    bob.message(far + "/Änne", "psst", "chat")
    anna.expect_body("psst", from_=here + "/Zoë Ж")


@each_server
def test_masters(tea):
    """What anna does to others."""
    anna, bob, here, far = tea.anna, tea.bob, tea.here, tea.far
    them = tea.pair.jid_of(bob)
    configure(anna, here, moderatedroom=0)
    admin(anna, here, "<item nick='bob' role='moderator'/>")
    assert rank(tea.bob_sees("bob", lambda p: rank(p)[1] == "moderator"))
    tea.anna_sees("bob", lambda p: rank(p)[1] == "moderator")
    assert listed(anna, here, role="moderator") == {"anna", "bob"}
    for affiliation in "member", "admin", "owner", "none":
        admin(anna, here, "<item jid='%s' affiliation='%s'/>" % (
            them, affiliation))
        tea.anna_sees("bob", lambda p: rank(p)[0] == affiliation)
        if affiliation != "none":
            assert them in listed(anna, here, affiliation=affiliation)
    admin(anna, here, "<item nick='bob' role='none'><reason>go</reason>"
          "</item>")
    p = tea.bob_sees("bob", type="unavailable")
    assert 307 in statuses(p)
    assert p.findtext(".//user:reason", None, NS) == "go"
    p = tea.anna_sees("bob", type="unavailable")
    assert 307 in statuses(p)
    assert p.findtext(".//user:reason", None, NS) == "go"
    bob.join(far, "bob")
    admin(anna, here, "<item jid='%s' affiliation='outcast'><reason>out"
          "</reason></item>" % them)
    p = tea.anna_sees("bob", type="unavailable")
    assert 301 in statuses(p) and rank(p)[0] == "outcast"
    assert 301 in statuses(tea.bob_sees("bob", type="unavailable"))
    assert listed(anna, here, affiliation="outcast") == {them}
    assert refused(bob, far, "bob") == "forbidden"
    admin(anna, here, "<item jid='%s' affiliation='none'/>" % them)
    assert not listed(anna, here, affiliation="outcast")
    bob.join(far, "bob")
    # Whoever has no right is told.
    bob.clear()
    carl = tea.pair.user("carl")
    carl.join(here, "carl")
    answer = carl.iq("set", here, "<query xmlns='%s'><item nick='bob' "
                     "role='none'/></query>" % ADMIN)
    assert condition_of(answer)[1] in ("forbidden", "not-allowed")
    answer = carl.iq("get", here, "<query xmlns='%s'><item "
                     "affiliation='outcast'/></query>" % ADMIN)
    assert condition_of(answer)[1] == "forbidden"


@each_server
def test_put_out(pair):
    """What others do to anna."""
    room, anna, bob = pair.room("tea"), pair.user("anna"), pair.peer("bob")
    bob.join(room.far, "bob")
    configure(bob, room.far, persistentroom=1, moderatedroom=0)
    put = (307, "<item nick='anna' role='none'><reason>go</reason></item>"), (
        301, "<item jid='%s' affiliation='outcast'><reason>go</reason></item>"
        % anna.account)
    for code, inside in put:
        anna.join(room.here, "anna")
        admin(bob, room.far, "<item nick='anna' role='visitor'/>")
        anna.expect("presence", lambda p: rank(p)[1] == "visitor",
                    from_=room.here + "/anna")
        admin(bob, room.far, inside)
        p = anna.expect("presence", type="unavailable",
                        from_=room.here + "/anna")
        assert {code, 110} <= statuses(p), show(p)
        assert p.findtext(".//user:reason", None, NS) == "go"
        ident = anna.message(room.here, "anybody?", "groupchat")
        error = anna.expect("message", type="error", id=ident)
        assert condition_of(error)[1] == "not-acceptable"
    admin(bob, room.far, "<item jid='%s' affiliation='none'/>" % anna.account)
    anna.join(room.here, "anna")
    configure(bob, room.far, membersonly=1)
    p = anna.expect("presence", type="unavailable", from_=room.here + "/anna")
    assert {321, 322} & statuses(p), show(p)
    configure(bob, room.far, membersonly=0)
    # No room any more.
    anna.join(room.here, "anna")
    bob.set(room.far, "<query xmlns='%s'><destroy jid='new@x.test'><reason>old"
            "</reason></destroy></query>" % OWNER)
    p = anna.expect("presence", type="unavailable", from_=room.here + "/anna")
    assert "old" in show(p) and "new@x.test" in show(p)


@each_server
def test_invitations(tea):
    """By way of the room, from one to another, and no thanks."""
    anna, bob, here, far, pair = (tea.anna, tea.bob, tea.here, tea.far,
                                  tea.pair)
    carl, dora = pair.peer("carl"), pair.user("dora")
    configure(anna, here, allowinvites=1)
    ask = ("<message to='%s'><x xmlns='" + NS["user"] + "'><invite to='%s'>"
           "<reason>come</reason></invite></x></message>")
    anna.send(ask % (here, pair.jid_of(carl)))
    m = carl.expect("message", lambda m: m.find("user:x/user:invite", NS)
                    is not None, from_=far)
    assert m.findtext(".//user:reason", None, NS) == "come"
    carl.send("<message to='%s'><x xmlns='%s'><decline to='%s'><reason>no time"
              "</reason></decline></x></message>" % (
                  far, NS["user"], m.find("user:x/user:invite", NS).get(
                      "from")))
    anna.expect("message", lambda m: "no time" in (body_of(m) or ""),
                from_=here)
    bob.send(ask % (far, dora.account))
    m = dora.expect("message", lambda m: m.find("user:x/user:invite", NS)
                    is not None)
    assert m.get("from") == here
    assert "come" in m.findtext(".//user:reason", None, NS)
    dora.send("<message to='%s'><x xmlns='%s'><decline to='%s'><reason>not "
              "today</reason></decline></x></message>" % (
                  here, NS["user"], m.find("user:x/user:invite", NS).get(
                      "from")))
    m = bob.expect("message", lambda m: m.find("user:x/user:decline", NS)
                   is not None, from_=far)
    assert m.findtext(".//user:reason", None, NS) == "not today"
    # Direct ones.
    carl.send("<message to='%s'><x xmlns='%s' jid='%s' reason='now' "
              "password='key'/></message>" % (dora.account, DIRECT, far))
    m = dora.expect("message", lambda m: m.findtext(
        ".//user:reason", None, NS) == "now")
    invite = m.find("user:x/user:invite", NS)
    assert (m.get("from"), invite.get("from").partition("/")[0]) == (
        here, pair.jid_of(carl))
    assert m.findtext("user:x/user:password", None, NS) == "key"
    dora.send("<message to='%s'><x xmlns='%s' jid='%s' reason='later'/>"
              "</message>" % (pair.jid_of(carl), DIRECT, here))
    m = carl.expect("message", has(DIRECT, "x"), from_=lambda jid:
                    jid.startswith(dora.account))
    x = m.find("{%s}x" % DIRECT)
    assert (x.get("jid"), x.get("reason")) == (far, "later")
    # And in she comes.
    dora.join(here, "dora")
    tea.bob_sees("dora")


@each_server
def test_clients(tea):
    """Several clients of one user are one occupant."""
    anna, bob, here, far = tea.anna, tea.bob, tea.here, tea.far
    second = anna.another("second")
    presences, _ = second.join(here, "anna")
    assert {p.get("from").partition("/")[2] for p in presences} == {
        "anna", "bob"}
    ident = second.message(here, "from the second", "groupchat")
    for client in anna, second:
        m = client.expect_body("from the second", from_=here + "/anna")
        assert m.get("id") == ident
    bob.expect_body("from the second", from_=far + "/anna")
    bob.message(far + "/anna", "psst", "chat")
    for client in anna, second:
        client.expect_body("psst", from_=here + "/bob")
    # One leaves, and the other stays.
    anna.leave(here, "anna")
    anna.expect("presence", type="unavailable", from_=here + "/anna")
    answer = anna.iq("get", here + "/anna", "<ping xmlns='urn:xmpp:ping'/>")
    assert condition_of(answer)[1] == "not-acceptable"
    second.get(here + "/anna", "<ping xmlns='urn:xmpp:ping'/>")
    second.message(here, "still here", "groupchat")
    bob.expect_body("still here")
    assert not bob.matching("presence", from_=far + "/anna",
                            type="unavailable")
    # The last one goes without a word.
    second.drop()
    tea.bob_sees("anna", type="unavailable")


@pytest.mark.slow
@each_server
def test_restart(tea):
    """The rooms' server is restarted: she is in again, without a word to her,
    and hears and says all of it once."""
    anna, bob, here, far, pair = (tea.anna, tea.bob, tea.here, tea.far,
                                  tea.pair)
    configure(anna, here, persistentroom=1)
    tea.say(bob, "before")
    began = time.monotonic()
    pair.far.restart()
    bob.wait_end()
    bob.login()
    bob.join(far, "bob")
    # She comes behind him, or was there before.
    wait_for(lambda: bob.matching("presence", from_=far + "/anna", type="",
                                  since=began), 20, "anna to be in again")
    tea.say(bob, "after")
    tea.say(anna, "hers")
    for client in anna, bob:
        bodies = [body_of(m) for m in client.matching("message", body_of)]
        assert [b for b in bodies if b != "before"] == ["after", "hers"]
    assert not anna.matching("presence", type="unavailable", since=began,
                             from_=here + "/anna")


@each_server
def test_addresses(pair):
    """Rooms and nicks with what cannot stand in a node; both spellings."""
    anna, bob = pair.user("anna"), pair.peer("bob")
    word = pair.unique("tëe&café").replace("&", "\\26")
    far = "%s@conference.%s" % (word, pair.far.domain)
    here = pair.jid_of(far)
    bob.join(far, "Bob & <C>/d")
    configure(bob, far)
    anna.join(here, "anna")
    bob.message(far, "hi", "groupchat")
    m = anna.expect_body("hi")
    assert m.get("from") == here + "/Bob & <C>/d"
    anna.message(here + "/Bob & <C>/d", "psst", "chat")
    bob.expect_body("psst", from_=far + "/anna")
    anna.leave(here, "anna")
    anna.expect("presence", type="unavailable", from_=here + "/anna")
    room = pair.room("plain")
    other = room.far.replace("@", "%") + "@" + pair.gateway
    anna.join(other, "anna")
    bob.join(room.far, "bob")
    anna.expect("presence", from_=other + "/bob")
    anna.message(other, "hello", "groupchat")
    anna.expect_body("hello", from_=other + "/anna")
    bob.expect_body("hello")


@each_server
def test_destroy(tea):
    """She may, as it is hers; who may not is told."""
    anna, here = tea.anna, tea.here
    destroy = ("<query xmlns='%s'><destroy jid='%s'><reason>enough</reason>"
               "</destroy></query>" % (OWNER, tea.pair.room("new").here))
    carl = tea.pair.user("carl")
    carl.join(here, "carl")
    assert condition_of(carl.iq("set", here, destroy)) == ("auth",
                                                           "forbidden")
    anna.set(here, destroy)
    p = tea.bob_sees("bob", type="unavailable")
    assert p.findtext(".//user:reason", None, NS) == "enough"
    assert p.find(".//user:destroy", NS).get("jid").startswith("new.")
    assert p.find(".//user:destroy", NS).get("jid").endswith(
        "@conference." + tea.pair.far.domain)
    for client, nick in (anna, "anna"), (carl, "carl"):
        p = client.expect("presence", type="unavailable",
                          from_=here + "/" + nick)
        assert "enough" in show(p)


@each_server
def test_found(pair):
    """From the server to its rooms, which say what they are before one is
    in."""
    room, anna, bob = pair.room("tea"), pair.user("anna"), pair.peer("bob")
    bob.join(room.far, "bob")
    configure(bob, room.far, roomname="Tea", membersonly=1)

    def items(where):
        query = anna.get(where, "<query xmlns='%s'/>" % NS["items"])
        return {i.get("jid"): i.get("name") for i in query}

    server = "%s@%s" % (pair.far.domain, pair.gateway)
    service = "conference." + server
    assert service in items(server)
    assert items(service)[room.here].startswith("Tea")
    info = anna.disco_info(service)
    assert info.find("info:identity", NS).get("category") == "conference"
    info = anna.disco_info(room.here)
    assert info.find("info:identity", NS).get("name") == "Tea"
    assert "muc_membersonly" in {f.get("var") for f in info}
    assert all(jid.endswith(pair.gateway) or "@%s/" % pair.gateway in jid
               for jid in items(room.here))
