# SPDX-License-Identifier: GPL-2.0-or-later
"""Channels as rooms, people as contacts, the server as somebody to talk to:
scripted servers, for what real ones do rarely."""
import re

import pytest

from irc_driver import Failed, Server
from test_irc_backend import ANA, join, online  # noqa: F401


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


@pytest.mark.parametrize("first", ["typed", "ours"])
def test_a_typed_join_is_refused(online, first):
    """Of two that wait, the refusal is about the older one."""
    b, p = online

    def type_join():
        b.call("message", user=ANA, to="", kind="chat", body="JOIN #typed")
        p.expect("JOIN #typed")
    with pytest.raises(Failed):
        b.call("message", user=ANA, to="", kind="chat", body="JOIN")
    if first == "typed":
        type_join()
    r = b.start("room_join", user=ANA, room="#c", nick="ana")
    p.expect("JOIN #c")
    if first == "ours":
        type_join()
    p.send(":irc.test 263 ana JOIN :Busy")
    if first == "typed":
        assert b.wait("message", kind="chat")["body"] == "JOIN Busy"
        p.joined("#c", "ana", "bob")
        b.finish(r)
    else:
        with pytest.raises(Failed) as e:
            b.finish(r)
        assert e.value.code == "rate_limited"


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
    p.send(*(":n%d!u@h QUIT :hub.test leaf.test" % i for i in range(20)),
           ":z!u@h QUIT :see www.test")
    for i in range(20):
        b.wait("room_occupant_gone", nick="n%d" % i, room="#c", how="quit")
    told = [b.wait("message") for _ in range(2)]
    assert sorted((t["from"], t["body"]) for t in told) == [
        ("#c", "Netsplit hub.test <-> leaf.test: 20 people"),
        ("#d", "Netsplit hub.test <-> leaf.test: 1 person")]


@pytest.mark.parametrize("names,text,shown", [
    ("hub.test leaf.test", "hub.test leaf.test", " hub.test <-> leaf.test"),
    ("hub.test leaf.test", "*.net *.split", " hub.test <-> leaf.test"),
    ("hub.test leaf.test", "bye all", " hub.test <-> leaf.test"),
    ("", "*.net *.split", " *.net <-> *.split"),
    ("a b", "bye all", "")])
def test_netsplit_in_a_batch(online, names, text, shown):
    b, p = online
    join(b, p, "#c", "ana", "@bob", "n0", "n1", "n2")
    p.send("BATCH +s netsplit %s" % names,
           "@batch=s :n0!u@h QUIT :%s" % text)
    # Longer than the time in which the others would be waited for.
    with pytest.raises(AssertionError):
        b.wait("message", timeout=2.5)
    p.send("@batch=s :n1!u@h QUIT :%s" % text,
           ":n2!u@h QUIT :see you", "BATCH -s", "PING end")
    for i in range(3):
        b.wait("room_occupant_gone", nick="n%d" % i, room="#c", how="quit")
    # At once: before the answer to what came behind.
    p.expect("PONG end")
    b.call("contact_update", user=ANA, contact="x")
    assert room_lines(b) == ["Netsplit%s: 2 people" % shown]
    b.wait("message")
    # Who is back is told in one line, however they come.
    p.send(":n1!u@h JOIN #c", "BATCH +j netjoin %s" % names,
           "@batch=j :n0!u@h JOIN #c", "@batch=j :new!u@h JOIN #c",
           "BATCH -j")
    for nick in ("n1", "n0", "new"):
        b.wait("room_occupant", nick=nick, room="#c")
    assert b.wait("message")["body"] == "Netsplit over: 3 people are back"


def test_back_after_a_netsplit(online):
    b, p = online
    join(b, p, "#c", "ana", "@bob", *("n%d" % i for i in range(20)))
    join(b, p, "#d", "ana", "n0", "z")
    p.send(*(":n%d!u@h QUIT :hub.test leaf.test" % i for i in range(20)),
           ":z!u@h QUIT :leaving")
    for _ in range(2):
        assert "Netsplit hub" in b.wait("message")["body"]
    p.send(*(":N%d!u@h JOIN #c" % i for i in range(20)),
           ":z!u@h JOIN #d", ":N0!u@h JOIN #d")
    for i in range(20):
        b.wait("room_occupant", nick="N%d" % i, room="#c")
    told = [b.wait("message") for _ in range(2)]
    assert sorted((t["from"], t["body"]) for t in told) == [
        ("#c", "Netsplit over: 20 people are back"),
        ("#d", "Netsplit over: 1 person is back")]
    # Once.
    p.send(":N0!u@h PART #c", ":N0!u@h JOIN #c")
    b.wait("room_occupant", nick="N0")
    with pytest.raises(AssertionError):
        b.wait("message", timeout=2)


def test_modes_are_told_whole(online):
    b, p = online
    join(b, p)
    p.send(":bob!b@h MODE #c +lko 20 sesame bob")
    b.wait("message", body="Mode +lko 20 sesame bob by bob")
    p.send(":bob!b@h MODE #c +v ana")
    b.wait("room_occupant", nick="ana", role="participant")
    assert not room_lines(b)


@pytest.mark.parametrize("line", [
    ":bob!b@h MODE #c +nc", ":irc.test 404 ana #c :No colours here (+c)",
    ":irc.test 408 ana #c :You cannot use colors on this channel"])
def test_no_looks_where_they_are_refused(online, line):
    b, p = online
    p.send(":irc.test 005 ana CHANMODES=b,k,l,imnpstc :are supported")
    join(b, p)
    look = {"user": ANA, "to": "#c", "kind": "groupchat",
            "body": "is big\nand red",
            "xhtml": "is <b>big</b><br/>and <i>red</i>"}
    b.start("message", **look)
    assert p.expect("PRIVMSG") == "PRIVMSG #c :is \x02big"
    p.expect("PRIVMSG")
    p.send(line)
    p.send("PING seen")
    p.expect("PONG seen")
    b.start("message", **look)
    assert p.expect("PRIVMSG") == "PRIVMSG #c :is big"
    assert p.expect("PRIVMSG") == "PRIVMSG #c :and red"
    # Elsewhere as before, and here when the mode is gone.
    b.start("message", **dict(look, to="bob", kind="chat"))
    assert "\x02" in p.expect("PRIVMSG bob")
    p.send(":bob!b@h MODE #c -c")
    p.send("PING seen")
    p.expect("PONG seen")
    b.start("message", **look)
    assert "\x02" in p.expect("PRIVMSG #c")


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
    p.welcome(None, "WHOX", "BOT=b")
    b.wait("connected")
    join(b, p, "#c", "ana", "bob", "Same", "helper", "blob")
    assert p.expect("WHO ") == "WHO #c %tcnfa,41"
    p.send(":irc.test 354 ana 41 #c Same H same",
           ":irc.test 354 ana 41 #c blob HB 0",
           ":irc.test 354 ana 41 #c helper Hb 0",
           ":irc.test 354 ana 41 #c bob G*@ bobby",
           ":irc.test 315 ana #c :End")
    assert b.wait("room_occupant", nick="helper")["bot"] is True
    # The nick says as much, and nobody is none.
    assert not b.skipped
    b.wait("room_occupant", nick="bob", show="away")
    b.wait("room_occupant", nick="bob", account="bobby")
    p.send(":eve!e@h JOIN #c evelyn :Eve")
    b.wait("room_occupant", nick="eve", account="evelyn")
    p.send(":eve!e@h ACCOUNT *")
    b.wait("room_occupant", nick="eve", account="")
    p.send(":eve!e@h ACCOUNT other")
    b.wait("room_occupant", nick="eve", account="other")
    p.send(":eve!e@h NICK other")
    b.wait("room_occupant", nick="eve", new_nick="other", account="")
    p.send(":other!e@h NICK eve")
    b.wait("room_occupant", nick="other", new_nick="eve", account="other")


def test_sender_tags(server, backend):
    """What the tags of a message say of who speaks."""
    b = backend(irc_server=server.address)
    b.login(ANA, "ana")
    p = server.peer()
    p.nick = p.expect("NICK").split()[1]
    p.send(":irc.test CAP * LS :message-tags account-tag batch "
           "draft/chathistory")
    req = p.expect("CAP REQ").split(":", 1)[1]
    p.send(":irc.test CAP * ACK :" + req, ":irc.test 001 ana :Welcome",
           ":irc.test 422 ana :no motd")
    b.wait("connected")
    join(b, p, "#c", "ana", "bob", "eve")
    p.send("@account=robert;bot :bob!b@h PRIVMSG #c :one")
    b.wait("room_occupant", nick="bob", account="robert")
    assert b.wait("room_occupant", nick="bob")["bot"] is True
    b.wait("message", body="one")
    p.send("@account=robert :bob!b@h PRIVMSG #c :two",
           ":eve!e@h PRIVMSG #c :three")
    b.wait("message", body="three")
    assert not [e for e in b.skipped if e[0] == "room_occupant"]
    # Yesterday's senders are not those of today.
    p.send(":irc.test BATCH +h chathistory #c",
           "@batch=h;account=old :eve!e@h PRIVMSG #c :five",
           ":irc.test BATCH -h", ":eve!e@h PRIVMSG #c :six")
    b.wait("message", body="six")
    assert not [e for e in b.skipped if e[0] == "room_occupant"]


# -------------------------------------------------------------- the server

def hears(b, who, *words):
    """What is said in that name, up to all of this: what comes within a moment is
    one message, and in another moment the next."""
    said = []
    while not all(w in "\n".join(said) + "\n" for w in words):
        said.append(b.wait("message", **{"from": who})["body"])
    return "\n".join(said)


def type_to(b, to, body):
    return b.start("message", user=ANA, to=to, kind="chat", body=body)


def test_console(online):
    b, p = online
    # Nobody asked for any of this: quiet, where there is one network.
    p.send(":irc.test 251 ana :There are 3 users", ":irc.test 999 ana x :odd",
           ":irc.test 421 ana FOO :Unknown command", "PING x")
    p.expect("PONG x")
    r = type_to(b, "127.0.0.1", "lusers")
    assert p.expect("LUSERS") == "LUSERS"
    b.finish(r)
    p.send(":irc.test 251 ana :There are 3 users",
           ":irc.test 252 ana 1 :operators online",
           ":irc.test 999 ana x :odd")
    m = b.wait("message")
    assert (m["from"], m["body"]) == (
        "127.0.0.1", "There are 3 users\n1 operators online\nx odd")
    assert not m.get("headline")
    r = type_to(b, "", "/MODE #c +b\r\nVERSION")
    assert p.line() == "MODE #c +b"
    assert p.line() == "VERSION"
    b.finish(r)
    p.send(":irc.test 367 ana #c x!*@* bob 17", ":irc.test 368 ana #c :End",
           ":irc.test 351 ana v1 irc.test :best")
    assert b.wait("message", **{"from": ""})["body"] == (
        "#c x!*@* bob 17\n#c End\nv1 irc.test best")
    b.finish(type_to(b, "", "help"))
    assert "WHOIS NICK" in b.wait("message", **{"from": ""})["body"]


def test_console_takes_over(online):
    b, p = online
    join(b, p)
    for bad in ("QUIT :x", "PASS x", "CAP END", "USER a b c d", "LIST",
                ":bob PRIVMSG x :y", "@a=b PRIVMSG x :y", "PING spectrum-1",
                "P@RT #c", "PRIVMSG bob", "PRIVMSG a,b :x", "NICK a@b",
                "WHOIS a,b", "x" * 600, "a\n" * 20):
        with pytest.raises(Failed):
            b.finish(type_to(b, "", bad))
    p.send("PING quiet")
    assert p.line() == "PONG quiet"         # nothing of it has left
    r = type_to(b, "", "NICK ana2")
    p.expect("NICK ana2")
    p.send(":irc.test 433 ana ana2 :Nickname is already in use")
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert e.value.code == "conflict"
    p.answer_pings = False
    r = type_to(b, "", "PRIVMSG nobody :hello there")
    assert p.expect("PRIVMSG") == "PRIVMSG nobody :hello there"
    p.send(":irc.test 401 ana nobody :No such nick")
    with pytest.raises(Failed):
        b.finish(r)
    # Of several commands those that fail say so as text.
    r = type_to(b, "", "CAP END\nPRIVMSG nobody :x\nTIME")
    p.expect("PRIVMSG nobody")
    p.send(":irc.test 401 ana nobody :No such nick")
    p.expect("TIME")
    b.finish(r)
    hears(b, "", "the gateway does that itself\nnobody No such nick")
    # PART of a room is a part of the room.
    b.finish(type_to(b, "", "PART #c"))
    p.expect("PART #c")
    p.send(":ana!u@h PART #c")
    b.wait("room_occupant_gone", nick="ana", how="removed")


def test_console_is_bounded(online):
    b, p = online
    b.finish(type_to(b, "", "INFO"))
    p.expect("INFO")
    p.send(*[":irc.test 371 ana :" + "x" * 100] * 400)
    lines = left_out = 0
    while lines + left_out < 400:       # one message, where it is fast
        body = b.wait("message")["body"]
        assert len(body) < 9000
        lines += body.count("x" * 100)
        cut = re.search(r"\((\d+) more lines\)$", body)
        left_out += int(cut[1]) if cut else 0
    assert left_out > 0 and lines + left_out == 400
    p.send("PING x")
    p.expect("PONG x")


def test_console_whois(online):
    b, p = online
    r = type_to(b, "", "whois bob")
    assert p.expect("WHOIS") == "WHOIS bob bob"
    p.send(":irc.test 311 ana bob b h.test * :Bob B.",
           ":irc.test 378 ana bob :is connecting from *@h.test 192.0.2.1",
           ":irc.test 319 ana bob :@#c", ":irc.test 312 ana bob irc.test :S",
           ":irc.test 313 ana bob :is an IRC operator",
           ":irc.test 330 ana bob bobby :is logged in as",
           ":irc.test 276 ana bob :has client certificate fingerprint f00",
           ":irc.test 671 ana bob :is using a secure connection",
           ":irc.test 317 ana bob 3700 1700000000 :seconds idle, signon",
           ":irc.test 318 ana bob :End")
    b.finish(r)
    assert b.wait("message")["body"].split("\n") == [
        "bob!b@h.test (Bob B.)", "is connecting from *@h.test 192.0.2.1",
        "Rooms: @#c", "Server: irc.test (S)", "is an IRC operator",
        "Account: bobby", "has client certificate fingerprint f00",
        "is using a secure connection", "Idle: 1 h 1 min 40 s",
        "Connected since: 2023-11-14 22:13:20 UTC"]
    join(b, p)
    r = b.start("message", user=ANA, to="#c", kind="groupchat",
                body="/whowas eve")
    p.expect("WHOWAS eve")
    p.send(":irc.test 314 ana eve e h.test * :Eve",
           ":irc.test 312 ana eve irc.test :yesterday",
           ":irc.test 369 ana eve :End")
    b.finish(r)
    assert b.wait("message", **{"from": "#c"})["body"] == (
        "eve!e@h.test (Eve)\nServer: irc.test (yesterday)")
    r = type_to(b, "", "WHOWAS nobody")
    p.expect("WHOWAS")
    p.send(":irc.test 406 ana nobody :There was no such nickname",
           ":irc.test 369 ana nobody :End")
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert e.value.code == "not_found"


def test_console_of_many(server, backend):
    b = backend()
    b.login(ANA, "ana")
    r = type_to(b, server.address, "MOTD")      # connects, and waits for it
    p = server.peer()
    p.expect("USER")
    p.send(":irc.test 001 ana :Welcome", ":irc.test 002 ana :Your host",
           ":irc.test 375 ana :- motd", ":irc.test 372 ana :- be nice",
           ":irc.test 376 ana :End", ":irc.test NOTICE ana :a notice")
    p.expect("MOTD")
    b.finish(r)
    said = hears(b, server.address, "Connecting to 127.0.0.1",
                 "\nConnected as ana\n", "be nice", "a notice")
    assert said.startswith("Connecting to 127.0.0.1")
    p.close()
    hears(b, server.address, "Connection lost")
    p = server.peer()
    p.welcome()
    b.finish(type_to(b, server.address, "QUIT :bye"))
    p.expect("QUIT")
    hears(b, server.address, "Disconnected")
    with pytest.raises(Failed) as e:
        b.finish(type_to(b, "nowhere", "x"))
    assert e.value.code == "not_found"


# ------------------------------------------------------- programs, by CTCP

def test_asking_programs(online):
    b, p = online
    join(b, p)

    def ask(what, reply, **where):
        r = b.start("query", user=ANA, contact="bob", what=what, **where)
        got = p.expect("PRIVMSG bob ").split(" ", 2)[2].lstrip(":")
        assert got.strip("\1").split()[0] == what.upper()
        p.send(":bob!b@h NOTICE ana :" + reply.replace("SAME", got))
        return b.finish(r)

    assert ask("ping", "SAME") == {}
    assert ask("version", "\1VERSION HexChat 2.16 / Linux\1", room="#c") == {
        "text": "HexChat 2.16 / Linux"}
    assert ask("version", "\1VERSION cat:1.0:Plan 9\1") == {
        "name": "cat", "version": "1.0", "os": "Plan 9"}
    assert ask("time", "\1TIME Tue, 14 Nov 2023 23:13:20 +0100\1")[
        "time"] == 1700000000000
    assert ask("time", "\1TIME about noon\1") == {"text": "about noon"}
    r = b.start("query", user=ANA, contact="eve", what="version")
    p.expect("PRIVMSG eve")
    p.send(":irc.test 401 ana eve :No such nick")
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert e.value.code == "not_found"
    for bad in {"what": "shoesize"}, {"contact": "a b"}:
        with pytest.raises(Failed):
            b.call("query", **{"user": ANA, "contact": "bob",
                               "what": "version", **bad})


def test_being_asked(online):
    b, p = online
    b.replies["query"] = {"name": "Gajim", "version": "1.8", "os": "Hurd"}
    p.send(":bob!b@h PRIVMSG ana :\1VERSION\1")
    assert p.expect("NOTICE bob").startswith(
        "NOTICE bob :\1VERSION Gajim 1.8 / Hurd (through Spectrum ")
    b.wait("query", contact="bob", what="version")
    b.replies["query"] = {"code": "not_supported"}
    p.send(":bob!b@h PRIVMSG ana :\1VERSION\1")
    assert p.expect("NOTICE bob").startswith(
        "NOTICE bob :\1VERSION Spectrum ")
    p.send(":bob!b@h PRIVMSG ana :\1PING 12 34\1")
    assert p.expect("NOTICE bob") == "NOTICE bob :\1PING 12 34\1"
    # Neither asked nor known: the user sees it, once.
    p.send(":bob!b@h PRIVMSG ana :\1DCC SEND x.bin 1 2 3\1",
           ":bob!b@h NOTICE ana :\1VERSION nobody asked\1")
    assert b.wait("message")["body"] == "CTCP DCC SEND x.bin 1 2 3"
    assert b.wait("message")["body"] == "CTCP VERSION nobody asked"


# -------------------------------------------------------------------- contacts

def watch(b, *contacts, gone=()):
    b.notify("contact_watch", user=ANA, contacts=list(contacts),
             gone=list(gone))


def presence(b, contact):
    return b.wait("contact_presence", contact=contact)["show"]


@pytest.mark.slow
def test_monitor(server, backend):
    b = backend(irc_server=server.address)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome(None, "MONITOR=2")
    b.wait("connected")
    watch(b, "bob", "eve", "zoe", "#room", "bob")
    added = p.expect("MONITOR + ").split()[2].split(",")
    assert len(added) == 2
    p.send(":irc.test 730 ana :%s!x@y" % added[0].upper(),
           ":irc.test 731 ana :%s" % added[1])
    assert presence(b, added[0]) == "online"
    assert presence(b, added[1]) == "offline"
    # The third is one too many for the list: it is asked for.
    third = ({"bob", "eve", "zoe"} - set(added)).pop()
    assert p.expect("ISON") == "ISON " + third
    p.send(":irc.test 303 ana :" + third)
    assert presence(b, third) == "online"
    p.send(":%s!x@y AWAY :lunch" % added[0])
    e = b.wait("contact_presence", contact=added[0])
    assert (e["show"], e["status"]) == ("away", "lunch")
    p.send(":%s!x@y AWAY" % added[0])
    assert presence(b, added[0]) == "online"
    p.send(":%s!x@y NICK other" % added[0])
    e = b.wait("contact_presence", contact=added[0])
    assert (e["show"], e["status"]) == ("offline", "is now called other")
    watch(b, gone=[added[0]])
    assert p.expect("MONITOR -") == "MONITOR - " + added[0]
    # Told anew by every connection.
    p.close()
    assert presence(b, third) == "offline"
    p = server.peer()
    p.welcome(None, "MONITOR=100")
    p.expect("MONITOR + ")
    p.send(":irc.test 734 ana 1 %s :full" % third,
           ":irc.test 731 ana :bob,eve,zoe")
    assert p.expect("ISON") == "ISON " + third


def test_ison(online):
    b, p = online
    join(b, p, "#c", "ana", "eve")
    names = ["n%03d" % i for i in range(150)]
    watch(b, "eve", *names)
    assert presence(b, "eve") == "online"       # seen in a room
    first = p.expect("ISON :")[6:].split()
    assert 50 < len(first) < 151 and len(set(first)) == len(first)
    p.send(":irc.test 303 ana :" + " ".join(first[:2]))
    assert {presence(b, n) for n in first[:2]} == {"online"}
    second = p.expect("ISON :")[6:].split()     # the others have their turn
    assert set(second) >= set(names) - set(first)
    p.send(":irc.test 303 ana :")
    p.send(":eve!e@h QUIT :bye", ":%s!e@h JOIN #c" % second[-1])
    assert presence(b, "eve") == "offline"
    b.wait("contact_presence", contact=second[-1], show="online")


def test_contacts_of_many(server, backend):
    b = backend()
    b.login(ANA, "ana")
    bob = "bob@" + server.address
    watch(b, bob, "eve@elsewhere.test", "nowhere")
    for contact in bob, "eve@elsewhere.test", "nowhere":
        assert presence(b, contact) == "offline"
    b.start("message", user=ANA, to=bob, kind="chat", body="hi")
    p = server.peer()
    p.welcome(None, "MONITOR")
    assert p.expect("MONITOR") == "MONITOR + bob"
    p.send(":irc.test 730 ana :bob!b@h")
    assert presence(b, bob) == "online"
    b.finish(type_to(b, server.address, "QUIT"))
    assert presence(b, bob) == "offline"


# ----------------------------------------------------------------------- modes

def fields(result):
    return {f["var"]: f.get("value", "") for f in result["fields"]}


def test_modes_as_a_form(online):
    b, p = online
    join(b, p)
    r = b.start("room_config", user=ANA, room="#c")
    assert p.expect("MODE") == "MODE #c"
    p.send(":irc.test 324 ana #c +ntkl sesame 20",
           ":irc.test 329 ana #c 1700000000")
    form = b.finish(r)
    assert {k: v for k, v in fields(form).items() if k[:5] == "mode_"} == {
        "mode_i": "0", "mode_m": "0", "mode_n": "1", "mode_p": "0",
        "mode_s": "0", "mode_t": "1", "mode_l": "20", "mode_k": "sesame"}
    assert {f["var"]: f["type"] for f in form["fields"]}["mode_k"] == "secret"
    # What is as it was is not touched.
    r = b.start("room_config_set", user=ANA, room="#c", values={
        **fields(form), "mode_n": "true", "mode_b": "x", "other": "y"})
    assert p.expect("MODE") == "MODE #c"
    p.send(":irc.test 324 ana #c +ntkl sesame 20")
    b.finish(r)
    r = b.start("room_config_set", user=ANA, room="#c", values={
        **fields(form), "mode_m": "1", "mode_t": "0", "mode_k": "new",
        "mode_l": ""})
    assert p.expect("MODE") == "MODE #c"
    p.send(":irc.test 324 ana #c +ntkl sesame 20")
    changes = p.line(), p.line()
    assert set(" ".join(changes).split()) >= {"sesame", "new"}
    assert p.line() == "MODE #c"
    p.send(":ana!u@h MODE #c +mk-tl new")
    b.wait("message", body="Mode +mk-tl new by ana")
    p.send(":irc.test 324 ana #c +nmk new")
    b.finish(r)
    assert "2023-11-14" in config(b, p)["instructions"]


def config(b, p):
    r = b.start("room_config", user=ANA, room="#c")
    assert p.expect("MODE") == "MODE #c"
    p.send(":irc.test 324 ana #c +n")
    return b.finish(r)


def test_modes_refused(online):
    b, p = online
    join(b, p)
    assert "instructions" not in config(b, p)
    r = b.start("room_config_set", user=ANA, room="#c",
                values={"mode_m": "1"})
    p.expect("MODE #c")
    p.send(":irc.test 324 ana #c +n")
    assert p.line() == "MODE #c +m"
    p.send(":irc.test 482 ana #c :You're not an operator")
    assert p.line() == "MODE #c"
    p.send(":irc.test 324 ana #c +n")
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert (e.value.code, e.value.text) == ("forbidden",
                                            "You're not an operator")
    # In silence, some of it.
    r = b.start("room_config_set", user=ANA, room="#c",
                values={"mode_m": "1", "mode_s": "1"})
    p.expect("MODE #c")
    p.send(":irc.test 324 ana #c +n")
    assert p.line() == "MODE #c +ms"
    p.expect("MODE #c")
    p.send(":irc.test 324 ana #c +nm")
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert e.value.code == "not_allowed"
    for bad in {"mode_k": "a b"}, {"mode_l": "many"}, {"mode_k": ":x"}:
        with pytest.raises(Failed) as e:
            b.call("room_config_set", user=ANA, room="#c", values=bad)
        assert e.value.code == "not_acceptable"
    r = b.start("room_config", user=ANA, room="#c")
    p.expect("MODE #c")
    p.send(":irc.test 442 ana #c :You're not on that channel")
    with pytest.raises(Failed):
        b.finish(r)


def test_key_is_kept_for_rejoining(online, server):
    b, p = online
    join(b, p)
    p.send(":bob!b@h MODE #c +k sesame")
    b.wait("message")
    p.close()
    p = server.peer()
    p.welcome()
    assert p.expect("JOIN") == "JOIN #c sesame"
