# SPDX-License-Identifier: GPL-2.0-or-later
"""Channels as rooms, people as contacts, the server as somebody to talk to:
scripted servers, for what real ones do rarely."""
import pytest

from irc_driver import Failed, Server
from test_irc_backend import ANA, backend, join, online, server  # noqa: F401


def room_lines(b, room="#c"):
    return [e[1]["body"] for e in b.events if e[0] == "message" and
            e[1]["kind"] == "groupchat" and e[1]["from"] == room and
            "nick" not in e[1]]


# ---------------------------------------------------------------------- joins

@pytest.mark.parametrize("numeric,code", [
    (403, "not_found"), (405, "not_allowed"), (407, "not_acceptable"),
    (437, "not_allowed"), (439, "rate_limited"), (442, "not_allowed"),
    (448, "not_allowed"), (470, "not_allowed"), (471, "full"),
    (473, "members_only"), (474, "banned"), (475, "not_authorized"),
    (476, "not_acceptable"), (477, "members_only"), (479, "not_acceptable"),
    (480, "not_allowed"), (485, "forbidden"), (489, "not_allowed"),
    (492, "not_allowed"), (495, "not_allowed"), (500, "rate_limited"),
    (519, "not_allowed"), (520, "not_allowed"), (926, "not_allowed")])
def test_join_refused(online, numeric, code):
    b, p = online
    r = b.start("room_join", user=ANA, room="#c", nick="ana")
    p.expect("JOIN #c")
    p.send(":irc.test %d ana #C :because" % numeric)
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert (e.value.code, e.value.text) == (code, "because")


@pytest.mark.parametrize("line,code,text", [
    (":irc.test 461 ana JOIN :Not enough parameters", "not_acceptable",
     "Not enough parameters"),
    (":irc.test 263 ana JOIN :Busy", "rate_limited", "Busy"),
    (":irc.test 470 ana #c #d :Forwarding to another channel", "not_allowed",
     "Forwarding to another channel: #d"),
    (":irc.test 470 ana :[Link] #c has become full, go to #cd", "not_allowed",
     "[Link] #c has become full, go to #cd")])
def test_join_refused_otherwise(online, line, code, text):
    b, p = online
    r = b.start("room_join", user=ANA, room="#c", nick="ana")
    p.expect("JOIN #c")
    p.send(line)
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert (e.value.code, e.value.text) == (code, text)


def test_join_forwarded(online):
    b, p = online
    r = b.start("room_join", user=ANA, room="#c", nick="ana")
    p.expect("JOIN #c")
    p.send(":irc.test 470 ana #c ##c :Forwarding to another channel")
    p.joined("##c", "ana", "bob")
    with pytest.raises(Failed):
        b.finish(r)
    assert b.wait("room_invite")["room"] == "##c"
    b.call("room_join", user=ANA, room="##c", nick="ana")


def test_one_room_by_two_names(online):
    b, p = online
    join(b, p, "#foo{")
    for other in "#foo[", "#FOO[":
        with pytest.raises(Failed) as e:
            b.call("room_join", user=ANA, room=other, nick="ana")
        assert e.value.code == "not_allowed" and "#foo{" in e.value.text
        b.call("room_leave", user=ANA, room=other)
    p.send(":bob!b@h PRIVMSG #FOO[ :still here")
    assert b.wait("message")["from"] == "#foo{"
    b.call("room_leave", user=ANA, room="#foo{")
    p.expect("PART #foo{")
    join(b, p, "#foo[")


def test_too_long_a_name(server, backend):
    b = backend(irc_server=server.address)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome(None, "CHANNELLEN=10", "CHANTYPES=&!")
    b.wait("connected")
    for bad in "&234567890x", "#c":
        with pytest.raises(Failed) as e:
            b.call("room_join", user=ANA, room=bad, nick="ana")
        assert e.value.code == "not_acceptable"
    join(b, p, "&23456789")
    join(b, p, "!12345c")


# --------------------------------------------------------------- life in rooms

def test_netsplit_is_one_line(online):
    b, p = online
    join(b, p, "#c", "ana", "@bob", *("n%d" % i for i in range(20)))
    join(b, p, "#d", "ana", "n0", "z")
    for i in range(20):
        p.send(":n%d!u@h QUIT :hub.test leaf.test" % i)
    p.send(":z!u@h QUIT :see www.test")
    for i in range(20):
        b.wait("room_occupant_gone", nick="n%d" % i, room="#c", how="quit")
    told = [b.wait("message") for _ in range(2)]
    assert sorted((t["from"], t["body"]) for t in told) == [
        ("#c", "Netsplit hub.test <-> leaf.test: 20 people"),
        ("#d", "Netsplit hub.test <-> leaf.test: 1 person")]


def test_modes_are_told_whole(online):
    b, p = online
    join(b, p)
    p.send(":bob!b@h MODE #c +lko 20 sesame bob")
    b.wait("message", body="Mode +lko 20 sesame bob by bob")
    p.send(":bob!b@h MODE #c +v ana")
    b.wait("room_occupant", nick="ana", role="participant")
    assert not room_lines(b)


def test_invite_notify(online):
    b, p = online
    join(b, p)
    p.send(":bob!b@h INVITE eve #c")
    b.wait("message", body="bob has invited eve", **{"from": "#c"})
    p.send(":bob!b@h INVITE eve #other", "PING x")
    p.expect("PONG x")


def test_accounts(server, backend):
    b = backend(irc_server=server.address)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome(None, "WHOX")
    b.wait("connected")
    join(b, p, "#c", "ana", "bob")
    assert p.expect("WHO ") == "WHO #c %tcnfa,41"
    p.send(":irc.test 354 ana 41 #c bob G*@ bobby",
           ":irc.test 315 ana #c :End")
    b.wait("room_occupant", nick="bob", show="away")
    b.wait("room_occupant", nick="bob", account="bobby")
    p.send(":eve!e@h JOIN #c evelyn :Eve")
    b.wait("room_occupant", nick="eve", account="evelyn")
    p.send(":eve!e@h ACCOUNT *")
    b.wait("room_occupant", nick="eve", account="")
    p.send(":eve!e@h ACCOUNT other")
    b.wait("room_occupant", nick="eve", account="other")
