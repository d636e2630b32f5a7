# SPDX-License-Identifier: GPL-2.0-or-later
"""The IRC backend alone: scripted servers for what real ones do rarely."""
import base64
import os
import time

import pytest

from driver import PATIENCE
from harness.process import SLOWER, wait_for
from irc_driver import Backend, Failed, Server, free_port

ANA = "ana@example"


@pytest.fixture
def online(server, backend):
    """A backend on a fixed network and ana's connection."""
    b = backend(irc_server=server.address, irc_who_max=0)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome(None, "PREFIX=(qaohv)~&@%+", "CHANMODES=beI,k,l,imnpst",
              "CASEMAPPING=rfc1459")
    b.wait("connected", user=ANA)
    return b, p


def join(b, p, room="#c", *names, **more):
    r = b.start("room_join", user=ANA, room=room, nick="ana", **more)
    p.expect("JOIN " + room)
    p.joined(room, *(names or ("ana", "@bob")))
    result = b.finish(r)
    b.wait("room_subject", room=room)
    return result


# ---------------------------------------------------------------- registration

def sasl_server(server, caps="sasl=PLAIN"):
    p = server.peer()
    p.expect("CAP LS 302")
    nick = p.expect("NICK").split()[1]
    p.send(":irc.test CAP * LS * :multi-prefix away-notify",
           ":irc.test CAP * LS :server-time " + caps)
    req = p.expect("CAP REQ").split(":", 1)[1].split()
    p.send(":irc.test CAP * ACK :" + " ".join(req))
    p.nick = nick
    return p, req


def test_sasl_plain(server, backend):
    b = backend(irc_server=server.address)
    password = "x" * 293        # base64 of all of it is 400 bytes: two chunks
    b.login(ANA, "ana", password=password)
    p, req = sasl_server(server)
    assert {"sasl", "multi-prefix", "server-time", "away-notify"} <= set(req)
    p.expect("AUTHENTICATE PLAIN")
    p.send("AUTHENTICATE +")
    text = ""
    while True:
        chunk = p.expect("AUTHENTICATE").split()[1]
        assert len(chunk) <= 400
        if chunk != "+":
            text += chunk
        if len(chunk) < 400:
            break
    assert base64.b64decode(text).decode() == "ana\0ana\0" + password
    p.send(":irc.test 900 ana ana!u@h ana :logged in",
           ":irc.test 903 ana :SASL successful")
    p.expect("CAP END")
    p.send(":irc.test 001 ana :Welcome")
    b.wait("connected", user=ANA, account="ana")


def test_sasl_wrong_is_told_and_survived(server, backend):
    b = backend(irc_server=server.address)
    b.login(ANA, "ana", password="wrong")
    p, _ = sasl_server(server)
    p.expect("AUTHENTICATE PLAIN")
    p.send("AUTHENTICATE +")
    p.expect("AUTHENTICATE")
    p.send(":irc.test 904 * :SASL authentication failed")
    p.expect("CAP END")
    m = b.wait("message", user=ANA, kind="chat")
    assert "SASL authentication failed" in m["body"]
    p.send(":irc.test 001 ana :Welcome")
    b.wait("connected", user=ANA)


def test_sasl_required(server, backend):
    b = backend(irc_server=server.address, irc_sasl="require")
    b.login(ANA, "ana", password="wrong")
    p, _ = sasl_server(server)
    p.expect("AUTHENTICATE PLAIN")
    p.send("AUTHENTICATE +")
    p.expect("AUTHENTICATE")
    p.send(":irc.test 904 * :SASL authentication failed")
    d = b.wait("disconnected", user=ANA, reason="auth")
    assert not d.get("retry")


def test_no_plain_no_sasl(server, backend):
    b = backend(irc_server=server.address)
    b.login(ANA, "ana", password="pw")
    p = server.peer()
    p.expect("NICK")
    p.send(":irc.test CAP * LS :sasl=EXTERNAL,ECDSA-NIST256P-CHALLENGE")
    p.expect("CAP END")
    p.send(":irc.test 001 ana :Welcome")
    b.wait("connected", user=ANA)
    assert p.expect("PRIVMSG NickServ") == "PRIVMSG NickServ :identify pw"


def test_identify_template(server, backend):
    b = backend(irc_server=server.address,
                irc_identify="Q@services auth $name $password")
    b.login(ANA, "ana", password="pw")
    p = server.peer()
    p.welcome()
    assert p.expect("PRIVMSG Q") == "PRIVMSG Q@services :auth ana pw"


def test_pass(server, backend):
    b = backend(irc_server=server.address, irc_send_pass=1)
    b.login(ANA, "ana", password="se cret")
    p = server.peer()
    assert p.expect("PASS") == "PASS :se cret"
    p.expect("NICK")
    p.send(":irc.test 464 ana :Password incorrect")
    d = b.wait("disconnected", user=ANA)
    assert d["reason"] == "auth" and not d.get("retry")
    assert "Password incorrect" in d["text"]


def test_nick_in_use(server, backend):
    b = backend(irc_server=server.address)
    b.login(ANA, "ana")
    p = server.peer()
    p.expect("USER")
    p.send(":irc.test 433 * ana :Nickname is already in use")
    assert p.expect("NICK") == "NICK ana_"
    p.send(":irc.test 433 * ana_ :Nickname is already in use")
    assert p.expect("NICK") == "NICK ana__"
    p.send(":irc.test 001 ana__ :Welcome")
    assert b.wait("connected")["account"] == "ana__"
    p.nick = "ana__"
    r = b.start("room_join", user=ANA, room="#c", nick="ana")
    p.expect("JOIN #c")
    p.joined("#c", "ana__", "ana")
    assert b.finish(r) == {"nick": "ana__", "features": []}
    assert b.wait("room_occupant", self=True)["nick"] == "ana__"


def test_nick_is_regained(server, backend):
    b = backend(irc_server=server.address, irc_who_max=0)
    b.login(ANA, "ana")
    p = server.peer()
    p.expect("USER")
    p.send(":irc.test 433 * ana :Nickname is already in use")
    p.expect("NICK ana_")
    p.nick = "ana_"
    p.send(":irc.test 001 ana_ :Welcome")
    b.wait("connected")
    join(b, p, "#c", "ana_", "bob")
    assert p.expect("NICK") == "NICK ana"       # after a second
    p.send(":irc.test 433 ana_ ana :Nickname is already in use")
    assert p.expect("NICK") == "NICK ana"
    p.send(":ana_!u@h NICK :ana")
    o = b.wait("room_occupant", nick="ana_", new_nick="ana", self=True)
    assert not [e for e in b.skipped if e[0] == "message"]


def test_every_nick_in_use(server, backend):
    b = backend(irc_server=server.address)
    b.login(ANA, "ana")
    p = server.peer()
    for _ in range(8):
        nick = p.expect("NICK").split()[1]
        p.send(":irc.test 433 * %s :Nickname is already in use" % nick)
    d = b.wait("disconnected")
    assert d["reason"] == "name_in_use" and not d.get("retry")


@pytest.mark.parametrize("account,nick", [
    ("ana", "ana"), ("ana@example", "ana"), ("9lives", "_9lives"),
    ("#ops", "_ops"), ("a b!c", "a_b_c"), ("", "ana"), ("\u00e9", "\u00e9"),
    ("a\r\nQUIT", "a__QUIT")])
def test_account_to_nick(server, backend, account, nick):
    b = backend(irc_server=server.address)
    b.login(ANA, account)
    p = server.peer()
    assert p.expect("NICK") == "NICK " + nick
    assert p.line().startswith("USER ")


def test_refused(backend):
    b = backend(irc_server="127.0.0.1:%d" % free_port())
    b.login(ANA, "ana")
    d = b.wait("disconnected", user=ANA)
    assert d["reason"] == "network" and d["retry"] is True


def test_fail_over(server, backend):
    b = backend(irc_server="127.0.0.1:%d\n%s" % (free_port(), server.address))
    b.login(ANA, "ana")
    server.peer().welcome()
    b.wait("connected", user=ANA)


def test_banned(server, backend):
    b = backend(irc_server=server.address)
    b.login(ANA, "ana")
    p = server.peer()
    p.expect("USER")
    p.send(":irc.test 465 ana :You are K-lined: spam", "ERROR :Closing Link")
    d = b.wait("disconnected", user=ANA)
    assert not d.get("retry") and "K-lined" in d["text"]


def test_certificate_is_checked(server, backend):
    # Not even TLS on the other side: never anything in the clear.
    b = backend(irc_server="127.0.0.1:+%d" % server.port)
    b.login(ANA, "ana", password="secret")
    p = server.peer()
    p.send("NOTICE AUTH :*** hello")
    d = b.wait("disconnected", user=ANA)
    assert "secret" not in p.rest()


def test_wrong_setting():
    with pytest.raises(Exception):
        b = Backend(irc_server="no such host:x")
        b.close()


def test_ping(online):
    b, p = online
    p.send("PING :some thing")
    assert p.expect("PONG") == "PONG :some thing"


def test_logout(online):
    b, p = online
    r = b.start("logout", user=ANA, reason="bye\r\nJOIN #x")
    assert p.expect("QUIT") == "QUIT :bye  JOIN #x"
    p.close()
    assert b.finish(r) is None
    with pytest.raises(Failed) as e:
        b.call("message", user=ANA, to="bob", kind="chat", body="x")
    assert e.value.code == "not_connected"


def test_logout_from_a_silent_server(online):
    b, p = online
    b.finish(b.start("logout", user=ANA), 5 * SLOWER)


# ----------------------------------------------------------------------- rooms

def test_occupants_and_order(online):
    b, p = online
    r = b.start("room_join", user=ANA, room="#C", nick="ana", password="key")
    assert p.expect("JOIN") == "JOIN #C key"
    p.joined("#c", "~own", "&adm", "@op", "%half", "+voice", "plain", "ana",
             topic="\x02old\x02 topic")
    assert b.finish(r) == {"nick": "ana", "features": []}
    b.wait("room_subject", room="#C", subject="old topic", nick="bob",
           time=1700000000000)
    seen = [p for m, p in b.skipped if m == "room_occupant"]
    assert seen[-1]["nick"] == "ana" and seen[-1]["self"] is True
    got = {o["nick"]: (o["affiliation"], o["role"]) for o in seen}
    assert got == {"own": ("owner", "moderator"), "adm": ("owner", "moderator"),
                   "op": ("admin", "moderator"),
                   "half": ("member", "moderator"),
                   "voice": ("member", "participant"),
                   "plain": ("none", "participant"),
                   "ana": ("none", "participant")}


@pytest.mark.parametrize("numeric,code", [
    (403, "not_found"), (405, "not_allowed"), (437, "not_allowed"),
    (471, "full"), (473, "members_only"), (474, "banned"),
    (475, "not_authorized"), (476, "not_acceptable"), (477, "members_only"),
    (489, "not_allowed"), (520, "not_allowed")])
def test_join_refused(online, numeric, code):
    b, p = online
    r = b.start("room_join", user=ANA, room="#c", nick="ana")
    p.expect("JOIN #c")
    p.send(":irc.test %d ana #C :because" % numeric)
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert (e.value.code, e.value.text) == (code, "because")


@pytest.mark.parametrize("room", ["c", "", "#a b", "#a,#b", "#a\r\nQUIT", "0",
                                  "#" + "x" * 300])
def test_bad_room_names(online, room):
    b, p = online
    with pytest.raises(Failed) as e:
        b.call("room_join", user=ANA, room=room, nick="ana")
    assert e.value.code == "not_acceptable"
    p.send("PING x")
    assert p.line() == "PONG x"


def test_room_life(online):
    b, p = online
    join(b, p)
    p.send(":eve!e@h JOIN :#c")
    b.wait("room_occupant", nick="eve", show="online")
    p.send(":bob!b@h MODE #c +v-o eve bob")
    assert b.wait("room_occupant", nick="eve")["affiliation"] == "member"
    assert b.wait("room_occupant", nick="bob")["affiliation"] == "none"
    p.send(":eve!e@h NICK :Eve2")
    assert b.wait("room_occupant", nick="eve")["new_nick"] == "Eve2"
    p.send(":EVE2!e@h PART #c :bye")
    b.wait("room_occupant_gone", nick="Eve2", how="left", reason="bye")
    p.send(":bob!b@h QUIT :a.net b.net")
    b.wait("room_occupant_gone", nick="bob", how="quit")
    p.send(":ana!u@h NICK ana2")
    o = b.wait("room_occupant", nick="ana", self=True)
    assert o["new_nick"] == "ana2"
    p.send(":srv.test KICK #c ana2 :out")
    b.wait("room_occupant_gone", nick="ana2", how="kicked", actor="srv.test",
           reason="out")
    with pytest.raises(Failed) as e:
        b.call("message", user=ANA, to="#c", kind="groupchat", body="x")
    assert e.value.code == "not_found"


def test_forced_part_and_join(online):
    b, p = online
    join(b, p)
    p.send(":ana!u@h PART #c :SAPART")
    b.wait("room_occupant_gone", nick="ana", how="removed")
    p.joined("#d", "ana", "x")
    assert b.wait("room_invite")["room"] == "#d"
    p.send(":x!x@h PRIVMSG #d :nobody hears this yet")
    # Joining it now needs no JOIN: we are in.
    b.call("room_join", user=ANA, room="#d", nick="ana")
    b.wait("room_occupant", room="#d", self=True)
    assert not [e for e in b.skipped if e[0] == "message"]


def test_topic(online):
    b, p = online
    join(b, p)
    r = b.start("room_subject", user=ANA, room="#c", subject="new\nlines")
    assert p.expect("TOPIC") == "TOPIC #c :new lines"
    p.send(":ana!u@h TOPIC #c :new lines")
    assert b.finish(r) is None
    b.wait("room_subject", subject="new lines", nick="ana")
    r = b.start("room_subject", user=ANA, room="#c", subject="again")
    p.expect("TOPIC")
    p.send(":irc.test 482 ana #c :You're not channel operator")
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert e.value.code == "forbidden"


def test_moderate(online):
    b, p = online
    join(b, p, "#c", "@ana", "bob", "+eve")

    def moderate(expected, *reply, **what):
        r = b.start("room_moderate", user=ANA, room="#c", **what)
        assert p.expect(expected.split()[0]) == expected
        p.send(*reply)
        return b.finish(r)

    moderate("MODE #c +o bob", ":ana!u@h MODE #c +o bob", target="bob",
             affiliation="admin")
    moderate("MODE #c -o bob", ":ana!u@h MODE #c -o bob", target="bob",
             role="participant")
    moderate("MODE #c -v eve", ":ana!u@h MODE #c -v eve", target="eve",
             affiliation="none")
    b.call("room_moderate", user=ANA, room="#c", target="ana",
           role="moderator")            # an operator is one already
    with pytest.raises(Failed) as e:
        moderate("MODE #c +h bob", ":irc.test 482 ana #c :no", target="bob",
                 role="moderator")
    assert e.value.code == "forbidden"
    moderate("KICK #c bob :go away", ":ana!u@h KICK #c bob :go away",
             target="bob", role="none", reason="go away")
    moderate("MODE #c +b eve!*@*", ":ana!u@h MODE #c +b eve!*@*",
             target="eve", affiliation="outcast")
    assert p.expect("KICK") == "KICK #c eve ana"
    p.send(":ana!u@h KICK #c eve :ana")
    b.wait("room_occupant_gone", nick="eve")
    moderate("MODE #c -b eve!*@*", ":ana!u@h MODE #c -b eve!*@*",
             target="eve", affiliation="none")
    with pytest.raises(Failed) as e:
        b.call("room_moderate", user=ANA, room="#c", target="ana\r\nQUIT",
               role="none")
    assert e.value.code == "not_acceptable"


def test_affiliations(online):
    b, p = online
    join(b, p, "#c", "~ana", "@bob", "eve")
    rows = b.call("room_affiliations", user=ANA, room="#c",
                  affiliation="admin")["rows"]
    assert rows == [{"target": "bob"}]
    r = b.start("room_affiliations", user=ANA, room="#c",
                affiliation="outcast")
    p.expect("MODE #c +b")
    p.send(":irc.test 367 ana #c x!*@* bob 1700000000",
           ":irc.test 367 ana #c *!*@bad.host",
           ":irc.test 368 ana #c :end")
    rows = b.finish(r)["rows"]
    assert [r["target"] for r in rows] == ["x!*@*", "*!*@bad.host"]


def test_invite_both_ways(online):
    b, p = online
    join(b, p)
    r = b.start("room_invite", user=ANA, room="#c", peer="eve")
    assert p.expect("INVITE") == "INVITE eve #c"
    p.send(":irc.test 341 ana eve #c")
    assert b.finish(r) is None
    p.send(":bob!b@h INVITE ana :#secret")
    b.wait("room_invite", room="#secret", peer="bob")


def test_nick_change(online):
    b, p = online
    join(b, p)
    r = b.start("room_nick", user=ANA, room="#c", nick="ana2")
    p.expect("NICK ana2")
    p.send(":irc.test 433 ana ana2 :in use")
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert e.value.code == "conflict"
    r = b.start("room_nick", user=ANA, room="#c", nick="ana3")
    p.expect("NICK ana3")
    p.send(":ana!u@h NICK :ana3")
    assert b.finish(r) is None
    for bad in ("a b", "a\r\nQUIT", "a!b", ""):
        with pytest.raises(Failed) as e:
            b.call("room_nick", user=ANA, room="#c", nick=bad)
        assert e.value.code == "not_acceptable"


def test_leave(online):
    b, p = online
    join(b, p)
    assert b.call("room_leave", user=ANA, room="#c", reason="a\r\nb") is None
    assert p.expect("PART") == "PART #c :a  b"
    p.send(":bob!b@h PRIVMSG #c :late", ":ana!u@h PART #c")
    join(b, p)
    assert not [e for e in b.skipped if e[0] in ("message",
                                                 "room_occupant_gone")]


def test_room_list(online):
    b, p = online
    r = b.start("room_list", user=ANA, max=2)
    p.expect("LIST")
    p.send(":irc.test 321 ana Channel :Users Name",
           *[":irc.test 322 ana %s %d :topic %s" % (c, i, c)
             for i, c in enumerate(["#d", "#a", "#c", "*", "#b"])])
    second = b.start("room_list", user=ANA, search="topic #c")
    p.send(":irc.test 323 ana :End")
    got = b.finish(r)
    assert [x["room"] for x in got["rooms"]] == ["#a", "#b"]
    assert got["more"] is True and got["total"] == 4
    assert [x["room"] for x in b.finish(second)["rooms"]] == ["#c"]
    got = b.call("room_list", user=ANA, max=5, after="#b")
    assert [x["room"] for x in got["rooms"]] == ["#c", "#d"]
    assert not got.get("more")


def test_whois(online):
    b, p = online
    r = b.start("profile", user=ANA, contact="bob")
    p.expect("WHOIS bob")
    p.send(":irc.test 311 ana bob b h * :Bob B.",
           ":irc.test 319 ana bob :#c @#d", ":irc.test 318 ana bob :End")
    got = b.finish(r)
    assert got["full_name"] == "Bob B." and "#c @#d" in got["note"]
    r = b.start("profile", user=ANA, contact="nobody")
    p.expect("WHOIS nobody")
    p.send(":irc.test 401 ana nobody :No such nick",
           ":irc.test 318 ana nobody :End")
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert e.value.code == "not_found"


# -------------------------------------------------------------------- messages

def test_messages_both_ways(online):
    b, p = online
    join(b, p)
    assert not b.call("message", user=ANA, to="#c", kind="groupchat",
                      body="hi").get("echo")
    assert p.expect("PRIVMSG") == "PRIVMSG #c hi"
    b.call("message", user=ANA, to="#c", kind="groupchat", body="/me waves")
    assert p.expect("PRIVMSG") == "PRIVMSG #c :\x01ACTION waves\x01"
    b.call("message", user=ANA, to="bob", kind="chat", body="a\r\nQUIT\nb")
    assert p.expect("PRIVMSG") == "PRIVMSG bob a"
    assert p.expect("PRIVMSG") == "PRIVMSG bob QUIT"
    assert p.expect("PRIVMSG") == "PRIVMSG bob b"
    p.send(":bob!b@h PRIVMSG ana :\x01ACTION nods\x01")
    assert b.wait("message", kind="chat", **{"from": "bob"})["body"] == "/me nods"
    p.send(":bob!b@h PRIVMSG #c :\x0304red\x03 & <b>")
    m = b.wait("message", kind="groupchat", nick="bob", **{"from": "#c"})
    assert m["body"] == "red & <b>"
    assert m["xhtml"] == "<span style='color:#ff0000;'>red</span> &amp; &lt;b&gt;"
    p.raw(b":bob!b@h PRIVMSG #c :caf\xe9\x00\x07\r\n")
    assert b.wait("message")["body"] == "caf\u00e9"


def test_private_through_the_room(online):
    b, p = online
    join(b, p)
    p.send(":bob!b@h PRIVMSG ana :direct")
    b.wait("message", kind="chat", body="direct")
    b.call("message", user=ANA, room="#c", to="bob", kind="private", body="psst")
    assert p.expect("PRIVMSG") == "PRIVMSG bob psst"
    p.send(":bob!b@h PRIVMSG ana :what")
    m = b.wait("message", body="what")
    assert (m["kind"], m["from"], m["nick"]) == ("private", "#c", "bob")
    b.call("message", user=ANA, to="bob", kind="chat", body="openly")
    p.send(":bob!b@h PRIVMSG ana :and")
    b.wait("message", body="and", kind="chat")
    with pytest.raises(Failed) as e:
        b.call("message", user=ANA, room="#c", to="nobody", kind="private",
               body="psst")
    assert e.value.code == "not_found"


def test_bouncers_pseudo_nicks(online):
    b, p = online
    p.send(":*status!znc@znc.in PRIVMSG ana :connected")
    b.wait("message", kind="chat", **{"from": "*status"})
    b.call("message", user=ANA, to="*status", kind="chat", body="help")
    assert p.expect("PRIVMSG") == "PRIVMSG *status help"


def test_long_message_is_split(online):
    b, p = online
    join(b, p)
    text = "\u00e9 word" * 200
    b.call("message", user=ANA, to="#c", kind="groupchat", body=text)
    got = []
    while len("".join(got).replace(" ", "")) < len(text.replace(" ", "")):
        line = p.expect("PRIVMSG")
        assert len((":ana!u@h " + line + "\r\n").encode()) <= 512
        got.append(line.split(":", 1)[1])
    assert "".join(got).replace(" ", "") == text.replace(" ", "")
    with pytest.raises(Failed) as e:
        b.call("message", user=ANA, to="#c", kind="groupchat", body="x\n" * 99)
    assert e.value.code == "too_long"


@pytest.mark.parametrize("to", ["a b", "a,b", "#c", "bob\r\nQUIT", "$*",
                                "bob!b@h"])
def test_bad_targets(online, to):
    b, p = online
    with pytest.raises(Failed):
        b.call("message", user=ANA, to=to, kind="chat", body="x") \
            if to != "$*" else b.call("message", user=ANA, to="$*,x",
                                      kind="chat", body="x")
    p.send("PING x")
    assert p.line() == "PONG x"


def test_refusals_reach_the_sender(online):
    b, p = online
    join(b, p)
    for to, kind, refusal, code in (
            ("nobody", "chat", "401 ana nobody", "not_found"),
            ("#c", "groupchat", "404 ana #C", "forbidden")):
        p.answer_pings = False
        r = b.start("message", user=ANA, to=to, kind=kind, body="x")
        p.expect("PRIVMSG")
        ping = p.expect("PING").split()[1]
        p.send(":irc.test %s :No" % refusal, ":irc.test PONG t " + ping)
        with pytest.raises(Failed) as e:
            b.finish(r)
        assert (e.value.code, e.value.text) == (code, "No")
        # The next one is accepted by the PONG.
        r = b.start("message", user=ANA, to=to, kind=kind, body="x")
        p.expect("PRIVMSG")
        p.send(":irc.test PONG t " + p.expect("PING").split()[1])
        b.finish(r)
    # Where a refusal was not expected it is told in words.
    p.send(":irc.test 401 ana nobody :No such nick/channel")
    assert b.wait("message", **{"from": "nobody"})["body"] == \
        "No such nick/channel"
    # Somebody has changed the rules of the room.
    p.send(":bob!b@h MODE #c +m")
    b.wait("message", **{"from": "#c"})
    r = b.start("message", user=ANA, to="#c", kind="groupchat", body="x")
    p.expect("PING")
    p.send(":irc.test 404 ana #c :Moderated")
    with pytest.raises(Failed):
        b.finish(r)


def test_messages_share_a_fence(server, backend):
    """One PING is out at a time; the next one covers all since; a refusal in
    between is about its own message and no other."""
    b = backend(irc_server=server.address, irc_flood_burst=100000,
                irc_flood_rate=100000)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome()
    b.wait("connected")
    p.answer_pings = False
    first = b.start("message", user=ANA, to="bob", kind="chat", body="0")
    p.expect("PRIVMSG")
    fence = p.expect("PING").split()[1]
    more = [b.start("message", user=ANA, to="eve" if i == 5 else "bob",
                    kind="chat", body=str(i)) for i in range(1, 1000)]
    for i in range(1, 1000):
        assert p.line().endswith(" %d" % i)
    p.send(":irc.test 401 ana eve :No such nick", ":irc.test PONG t " + fence)
    b.finish(first)
    with pytest.raises(Failed) as e:
        b.finish(more.pop(4))
    assert e.value.code == "not_found"
    assert p.line().startswith("PING ")     # nothing else had a PING
    assert not b.answers
    p.send(":irc.test PONG t spectrum-1", ":irc.test PONG t spectrum-99")
    p.send(":irc.test PONG t spectrum-2")
    for r in more:
        assert b.finish(r) == {}


@pytest.mark.slow
def test_loss_fails_what_is_unconfirmed(online):
    b, p = online
    p.answer_pings = False
    sent = [b.start("message", user=ANA, to="bob", kind="chat", body="m0")]
    p.expect("PRIVMSG")
    fence = p.expect("PING").split()[1]
    sent += [b.start("message", user=ANA, to="bob", kind="chat",
                     body="m%d" % i) for i in range(1, 20)]
    p.expect("PRIVMSG bob m19")
    p.send(":irc.test PONG t " + fence)
    p.expect("PING")
    assert b.finish(sent[0]) == {}
    p.close()
    for r in sent[1:]:
        with pytest.raises(Failed) as e:
            b.finish(r)
        assert e.value.code == "uncertain"
        assert e.value.text.endswith("; the message may have been delivered")


def test_loss_says_what_never_left(server, backend):
    b = backend(irc_server=server.address, irc_flood_burst=4,
                irc_flood_rate=0.1, irc_who_max=0)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome()
    b.wait("connected")
    p.answer_pings = False
    sent = [b.start("message", user=ANA, to="bob", kind="chat",
                    body="m%d" % i) for i in range(6)]
    lines = [p.line() for _ in range(4)]
    left = {"PRIVMSG bob m%d" % i for i in range(6)} & set(lines)
    assert 2 <= len(left) <= 3
    p.close()
    for i, r in enumerate(sent):
        with pytest.raises(Failed) as e:
            b.finish(r)
        assert e.value.text.endswith(
            "; the message may have been delivered"
            if "PRIVMSG bob m%d" % i in left else
            "; the message was not sent"), (i, e.value.text)


def test_logout_hears_the_server_out(online):
    """What the server said before it hung up comes before the answer, and
    so does the proof that it has taken what was said before QUIT."""
    b, p = online
    p.answer_pings = False
    taken = b.start("message", user=ANA, to="bob", kind="chat", body="a")
    p.expect("PRIVMSG")
    refused = b.start("message", user=ANA, to="eve", kind="chat", body="b")
    p.expect("PRIVMSG")
    unknown = b.start("message", user=ANA, to="bob", kind="chat", body="c")
    p.expect("PRIVMSG")
    out = b.start("logout", user=ANA)
    fence = p.expect("PING spectrum-2").split()[1]
    p.expect("QUIT")
    # At once: it is heard for two seconds.
    p.send(":irc.test PONG t spectrum-1",
           *[":bob!b@h PRIVMSG ana :late %d" % i for i in range(500)],
           ":irc.test 401 ana eve :No such nick",
           ":bob!b@h PRIVMSG ana :last", "ERROR :Closing link")
    p.hang_up()
    b.finish(out)
    assert out not in b.answers and {taken, refused} <= set(b.answers)
    b.finish(taken)
    with pytest.raises(Failed) as e:
        b.finish(refused)
    assert e.value.code == "not_found"
    got = [f["body"] for m, f in b.events if m == "message"]
    assert got == ["late %d" % i for i in range(500)] + ["last"]
    with pytest.raises(Failed) as e:        # it never said PONG
        b.finish(unknown)
    assert "may have been delivered" in e.value.text and fence


def test_exit_delivers_what_was_read(online):
    b, p = online
    b.notify("exit")
    p.expect("QUIT")
    p.send(*[":bob!b@h PRIVMSG ana :late %d" % i for i in range(3000)])
    p.hang_up()
    assert b.process.wait(PATIENCE) == 0
    for i in range(3000):
        assert b.wait("message")["body"] == "late %d" % i


def test_ban_is_not_just_a_kick(online):
    b, p = online
    join(b, p, "#c", "@bob", "ana", "eve", "zoe")
    p.send(":bob!b@h MODE #c +b *!*@evil", ":bob!b@h KICK #c eve :out")
    b.wait("room_occupant_gone", nick="eve", how="banned")
    p.send(":srv.test KICK #c zoe :out")
    b.wait("room_occupant_gone", nick="zoe", how="kicked")


def test_ctcp(online):
    b, p = online
    p.send(":bob!b@h PRIVMSG ana :\x01VERSION\x01")
    assert p.expect("NOTICE").startswith("NOTICE bob :\x01VERSION Spectrum")
    p.send(":bob!b@h PRIVMSG ana :\x01PING 12 34\x01")
    assert p.expect("NOTICE") == "NOTICE bob :\x01PING 12 34\x01"
    p.send(*[":bob!b@h PRIVMSG ana :\x01TIME\x01"] * 50)
    p.send("PING done")
    seen = []
    while not seen or seen[-1] != "PONG done":
        seen.append(p.line())
    assert len(seen) <= 4       # two of four tokens are gone
    p.send(":bob!b@h PRIVMSG ana :\x01DCC SEND x 1 2 3\x01",
           ":bob!b@h PRIVMSG ana :after")
    b.wait("message", body="after")
    assert [e[1]["body"] for e in b.skipped if e[0] == "message"] == [
        "CTCP DCC SEND x 1 2 3"]


@pytest.mark.slow
def test_typed_commands(online):
    b, p = online
    join(b, p, "#c", "@ana", "bob")

    def typed(body, expected, *reply):
        r = b.start("message", user=ANA, to="#c", kind="groupchat", body=body)
        assert p.expect(expected.split()[0]) == expected
        p.send(*reply)
        return b.finish(r)

    assert typed("/topic new one", "TOPIC #c :new one",
                 ":ana!u@h TOPIC #c :new one") == {}
    typed("/kick bob be gone", "KICK #c bob :be gone",
          ":ana!u@h KICK #c bob :be gone")
    typed("/mode +m", "MODE #c +m")
    typed("/msg eve hello you", "PRIVMSG eve :hello you")
    typed("/ns identify pw", "PRIVMSG NickServ :identify pw")
    typed("/nick ana2", "NICK ana2", ":ana!u@h NICK ana2")
    typed("/invite eve", "INVITE eve #c", ":irc.test 341 ana2 eve #c")
    typed("/ban eve", "MODE #c +b eve!*@*", ":ana2!u@h MODE #c +b eve!*@*")
    typed("/whois eve", "WHOIS eve eve",
          ":irc.test 311 ana2 eve e h * :Eve E.",
          ":irc.test 318 ana2 eve :End")
    b.wait("message", body="eve!e@h (Eve E.)", kind="groupchat",
           **{"from": "#c"})
    typed("/etc/passwd is text", "PRIVMSG #c :/etc/passwd is text")
    typed("/kickoff at nine", "PRIVMSG #c :/kickoff at nine")
    with pytest.raises(Failed) as e:
        typed("/topic x", "TOPIC #c x", ":irc.test 482 ana2 #c :no")
    assert e.value.code == "forbidden"
    for wrong in ("/kick", "/nick a,b", "/msg eve", "/mode", "/invite a,b"):
        with pytest.raises(Failed):
            b.call("message", user=ANA, to="#c", kind="groupchat", body=wrong)


def test_flood_queue_is_paced_and_bounded(server, backend):
    b = backend(irc_server=server.address, irc_flood_burst=3,
                irc_flood_rate=5, irc_who_max=0)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome()
    b.wait("connected")
    start = time.monotonic()
    sent = [b.start("message", user=ANA, to="bob", kind="chat", body=str(i))
            for i in range(300)]
    for i in range(8):
        assert p.expect("PRIVMSG").endswith(" %d" % i)
    assert time.monotonic() - start > 0.7
    failed = 0
    for r in sent[-20:]:
        with pytest.raises(Failed) as e:
            b.finish(r)
        assert e.value.code == "rate_limited"
    assert b.finish(sent[0]) == {}
    p.close()                   # what waits is not lost silently
    with pytest.raises(Failed) as e:
        b.finish(sent[150])
    assert e.value.code == "network"


@pytest.mark.slow
def test_late_pong(server, backend):
    """A PONG that does not come in time is missed by the messages before it,
    not by those that have a PING of their own."""
    b = backend(irc_server=server.address, irc_flood_burst=3,
                irc_flood_rate=3, irc_who_max=0, request_timeout=8)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome()
    b.wait("connected")
    p.answer_pings = False
    late = [b.start("message", user=ANA, to="bob", kind="chat", body="a%d" % i)
            for i in range(8)]
    p.expect("PING spectrum-2")
    timed = [b.start("message", user=ANA, to="bob", kind="chat",
                     body="b%d" % i) for i in range(8)]
    p.expect("PING spectrum-3")
    for r in late:
        with pytest.raises(Failed) as e:
            b.finish(r)
        assert (e.value.code, e.value.text) == (
            "timeout", "the IRC server did not answer; "
            "the message may have been delivered")
    p.send(*[":irc.test PONG t spectrum-%d" % i for i in (1, 2, 3)])
    for r in timed:
        assert b.finish(r) == {}


def test_too_long_is_refused_at_once(server, backend):
    # So slow that nothing becomes possible meanwhile.
    b = backend(irc_server=server.address, irc_who_max=0, irc_flood_burst=31,
                irc_flood_rate=0.05)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome()
    b.wait("connected")

    def say(lines):
        return b.start("message", user=ANA, to="bob", kind="chat",
                       body="\n".join(["x"] * lines))

    def refused(lines):
        with pytest.raises(Failed) as e:
            b.finish(say(lines))
        return e.value.code, e.value.text

    # 31 at once and 45 s / 20 s
    code, text = refused(33)
    assert code == "too_long" and "at most 32 lines of " in text
    say(20)
    code, text = refused(20)
    assert code == "rate_limited" and text.endswith(
        "at most 11 lines can be sent now")
    say(11)                     # and two PINGs
    code, text = refused(1)
    assert (code, text) == ("rate_limited", "the IRC server takes messages "
                            "slowly: wait a little")


# -------------------------------------------------------------------- IRCv3

def echoing(server, b, caps=""):
    b.login(ANA, "ana")
    p = server.peer()
    p.expect("NICK")
    p.send(":irc.test CAP * LS :echo-message " + caps)
    req = p.expect("CAP REQ").split(" ", 2)[2].lstrip(":")
    assert "unknown" not in req
    p.send(":irc.test CAP * ACK :" + req)
    p.expect("CAP END")
    p.nick = "ana"
    p.send(":irc.test 001 ana :Welcome")
    b.wait("connected")
    return p


@pytest.fixture
def modern(server, backend):
    b = backend(irc_server=server.address)
    return b, echoing(server, b, "server-time message-tags away-notify "
                      "extended-join multi-prefix unknown/cap=1")


@pytest.mark.slow
def test_a_long_message_is_awaited(server, backend):
    """Its time begins when its last line has left."""
    b = backend(irc_server=server.address, irc_flood_burst=2,
                irc_flood_rate=0.5)
    p = echoing(server, b)
    r = b.start("message", user=ANA, to="bob", kind="chat",
                body="\n".join("line %d" % i for i in range(20)))
    for i in range(20):
        p.send(":ana!u@h " + p.expect("PRIVMSG bob"))
    assert b.finish(r) == {}


def test_echo_is_acceptance(modern):
    b, p = modern
    join(b, p)
    r = b.start("message", user=ANA, to="#c", kind="groupchat", body="hi",
                id="stanza-1")
    line = p.expect("PRIVMSG")
    p.send("@msgid=m1;time=2026-01-01T00:00:00.000Z :ana!u@h " + line)
    assert b.finish(r) == {"echo": True, "ids": ["m1"], "time": 1767225600000}
    m = b.wait("message", nick="ana")
    assert m["origin"] == "stanza-1" and m["id"] == "m1" and m["body"] == "hi"
    assert m["time"] == 1767225600000
    # in pieces: one message, whole
    r = b.start("message", user=ANA, to="#c", kind="groupchat", body="a\nb",
                id="stanza-2")
    for _ in range(2):
        p.send(":ana!u@h " + p.expect("PRIVMSG"))
    assert b.finish(r) == {"echo": True}
    m = b.wait("message", nick="ana")
    assert m["origin"] == "stanza-2" and m["body"] == "a\nb"
    # refused
    r = b.start("message", user=ANA, to="#c", kind="groupchat", body="x")
    p.expect("PRIVMSG")
    p.send(":irc.test 404 ana #c :Cannot send to channel")
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert e.value.code == "forbidden"
    # in private, to ourselves: once as echo, once for real
    r = b.start("message", user=ANA, to="ana", kind="chat", body="me")
    line = p.expect("PRIVMSG")
    p.send(":ana!u@h " + line, ":ana!u@h " + line)
    assert not b.finish(r).get("echo")
    b.wait("message", body="me", kind="chat", **{"from": "ana"})


def test_away_notify_and_who(modern):
    b, p = modern
    join(b, p, "#c", "ana", "bob", "eve")
    p.expect("WHO #c")
    p.send(":irc.test 352 ana #c b h s bob G :0 Bob",
           ":irc.test 352 ana #c e h s eve H :0 Eve",
           ":irc.test 315 ana #c :End")
    b.wait("room_occupant", nick="bob", show="away")
    p.send(":eve!e@h AWAY :gone fishing")
    b.wait("room_occupant", nick="eve", show="away", status="gone fishing")
    p.send(":eve!e@h AWAY")
    b.wait("room_occupant", nick="eve", show="online")
    p.send(":new!n@h JOIN #c account :Real Name")
    b.wait("room_occupant", nick="new")
    p.send("@+typing=active :bob!b@h TAGMSG #c")
    b.notify("presence", user=ANA, show="away", status="lunch")
    assert p.expect("AWAY") == "AWAY lunch"
    b.notify("presence", user=ANA, show="online")
    assert p.expect("AWAY") == "AWAY"


# ---------------------------------------------------------------- reconnection

def test_reconnect_and_rejoin(online, server):
    b, p = online
    join(b, p, "#c")
    join(b, p, "#d")
    p.send("ERROR :Closing Link: server restarts")
    p.close()
    for room in ("#c", "#d"):
        c = b.wait("room_closed")
        assert c["retry"] is True and "server restarts" in c["reason"]
    r = say(b, "banned", to="#d", kind="groupchat")
    p = server.peer()
    p.welcome()
    rooms = p.expect("JOIN").split()[1].split(",")
    assert sorted(rooms) == ["#c", "#d"]
    p.joined("#c", "ana", "new")
    b.wait("room_occupant", room="#c", nick="new")
    b.wait("room_occupant", room="#c", self=True)
    p.send(":irc.test 474 ana #d :Banned meanwhile")
    c = b.wait("room_closed", room="#d")
    assert not c.get("retry") and c["reason"] == "Banned meanwhile"
    unsent(b, r, "not_found", "you are not in that room")


def say(b, body, to="bob", kind="chat", **more):
    return b.start("message", user=ANA, to=to, kind=kind, body=body, **more)


def unsent(b, request, code, why):
    with pytest.raises(Failed) as e:
        b.finish(request)
    assert (e.value.code, e.value.text) == \
        (code, why + "; the message was not sent")


@pytest.mark.slow
def test_messages_wait_for_the_server(online, server):
    b, p = online
    join(b, p, "#c")
    p.close()
    b.wait("room_closed")
    sent = [say(b, "1"), say(b, "a", "#c", "groupchat"), say(b, "2"),
            say(b, "psst", kind="private", room="#c"), say(b, "3"),
            say(b, "b", "#c", "groupchat"),
            say(b, "gone", "eve", "private", room="#c")]
    asked = say(b, "/whois bob")
    p = server.peer()
    assert not b.answers
    p.welcome()
    p.expect("JOIN #c")
    sent.insert(0, say(b, "4"))             # does not overtake
    for i in "123":
        assert p.line() == "PRIVMSG bob " + i
    assert p.line() == "WHOIS bob bob"
    assert p.line() == "PRIVMSG bob 4"
    p.joined("#c", "ana", "bob")
    b.wait("room_occupant", room="#c", self=True)
    sent.insert(0, say(b, "c", "#c", "groupchat"))
    for line in ("PRIVMSG #c a", "PRIVMSG bob psst", "PRIVMSG #c b",
                 "PRIVMSG #c c"):
        assert p.line() == line
    with pytest.raises(Failed) as e:
        b.finish(sent.pop())
    assert e.value.code == "not_found"
    for r in sent:
        assert b.finish(r) == {}
    p.send(":irc.test 311 ana bob b h * :Bob", ":irc.test 318 ana bob :End")
    b.finish(asked)
    out = b.start("logout", user=ANA)
    p.hang_up()
    assert "PRIVMSG" not in p.rest()        # each left once
    b.finish(out)


@pytest.mark.slow
def test_messages_do_not_wait_forever(server, backend):
    b = backend(irc_server=server.address, irc_who_max=0, request_timeout=6)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome()
    b.wait("connected")
    join(b, p, "#c")
    p.send("ERROR :Restarting")
    p.close()
    b.wait("room_closed")
    # It comes back in time for those who wait longest, but says nothing.
    r = say(b, "x")
    p = server.peer()
    unsent(b, r, "network", "127.0.0.1: Restarting")
    asked = [say(b, str(i)) for i in range(100)]
    unsent(b, say(b, "x"), "rate_limited",
           "too much waits for the IRC server already")
    p.send(":irc.test 001 ana :Welcome")
    for r in asked:
        try:
            b.finish(r)
        except Failed as e:     # the pace is that of the server
            assert e.code == "rate_limited"
    # Nor for a room.
    unsent(b, say(b, "x", "#c", "groupchat"), "not_connected",
           "the room is still being joined")


@pytest.mark.parametrize("end", ["logout", "exit", "gave up"])
def test_messages_do_not_wait_behind_the_end(server, backend, end):
    b = backend(irc_server=server.address, irc_reconnect_timeout=0)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome()
    b.wait("connected")
    join(b, p)
    p.close()
    server.close()
    b.wait("room_closed")
    asked = [say(b, "x"), say(b, "y", "#c", "groupchat")]
    why = "logged out"
    if end == "logout":
        b.call("logout", user=ANA)
    elif end == "exit":
        b.notify("exit")
    else:
        why = b.wait("disconnected", retry=True)["text"]
    for r in asked:
        unsent(b, r, "network", why)


def test_gives_up(server, backend):
    b = backend(irc_server=server.address, irc_reconnect_timeout=1)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome()
    b.wait("connected")
    server.close()
    p.close()
    d = b.wait("disconnected", timeout=30 * SLOWER)
    assert d["reason"] == "network" and d["retry"] is True


# -------------------------------------------------------------- many networks

@pytest.mark.slow
def test_many_networks(server, backend):
    b = backend(irc_who_max=0)
    b.login(ANA, "ana@example")
    b.wait("connected", user=ANA)
    room = "#c@" + server.address
    r = b.start("room_join", user=ANA, room=room, nick="Ana")
    p = server.peer()
    p.welcome()
    assert p.nick == "Ana"
    p.expect("JOIN #c")
    p.joined("#c", "Ana", "bob")
    assert b.finish(r) == {"nick": "Ana", "features": []}
    b.wait("room_subject", room=room)
    real = {e[1]["nick"]: e[1].get("real") for e in b.skipped
            if e[0] == "room_occupant"}
    assert real["bob"] == "bob@" + server.address
    p.send(":bob!b@h PRIVMSG Ana :psst")
    b.wait("message", kind="chat", **{"from": "bob@" + server.address})
    b.call("message", user=ANA, to="bob%" + server.address, kind="chat",
           body="yes")
    assert p.expect("PRIVMSG") == "PRIVMSG bob yes"
    # the second way to write the same room
    b.call("message", user=ANA, to="#c%" + server.address, kind="groupchat",
           body="all")
    assert p.expect("PRIVMSG") == "PRIVMSG #c all"
    # A connection that comes back is waited for.
    p.close()
    b.wait("room_closed")
    sent = [say(b, "again", "bob%" + server.address),
            say(b, "all again", room, "groupchat")]
    p = server.peer()
    p.welcome()
    p.expect("JOIN #c")
    assert p.line() == "PRIVMSG bob again"
    p.joined("#c", "Ana", "bob")
    assert p.line() == "PRIVMSG #c :all again"
    for r in sent:
        b.finish(r)
    b.call("room_leave", user=ANA, room=room)
    p.expect("PART #c")
    # A private talk keeps the connection; nobody else does.
    other = Server()
    r = b.start("room_join", user=ANA, room="#x%" + other.address, nick="Ana")
    q = other.peer()
    q.welcome()
    q.expect("JOIN #x")
    q.joined("#x", "Ana")
    b.finish(r)
    b.call("room_leave", user=ANA, room="#x%" + other.address)
    q.expect("QUIT")
    other.close()


def test_many_networks_errors(server, backend):
    b = backend()
    b.login(ANA, "ana")
    for room, code in (("#c", "not_found"), ("#c@bad host", "not_found"),
                       ("@x", "not_acceptable"),
                       ("#c@127.0.0.1:%d" % free_port(), "network")):
        with pytest.raises(Failed) as e:
            b.call("room_join", user=ANA, room=room, nick="ana")
        assert e.value.code == code, room
    # A private message opens a connection too, and waits for it.
    r = b.start("message", user=ANA, to="bob@" + server.address, kind="chat",
                body="hello")
    p = server.peer()
    p.welcome()
    assert p.expect("PRIVMSG") == "PRIVMSG bob hello"
    b.finish(r)
    r = b.start("message", user=ANA,
                to="bob@127.0.0.1:%d" % free_port(), kind="chat", body="lost")
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert e.value.code == "network"



def test_an_id_is_no_markup(online):
    b, p = online
    join(b, p)
    p.send("@msgid=\x02<b>" + "a" * 200 + " :bob!b@h PRIVMSG #c :\x02hi <")
    m = b.wait("message", nick="bob")
    assert "hi &lt;" in m["xhtml"] and "aaa" not in m["xhtml"]
    assert m["id"] == "<b>" + "a" * 200


# ------------------------------------------------------------- hostile servers

@pytest.mark.parametrize("attack", [
    b"x" * 40000,
    b"\r\n" * 10000,
    b"\0\xff\xfe" * 5000 + b"\r\n",
    b"PING\r\n" * 100 + b":\r\n:a\r\n@\r\n@a\r\n 001\r\n",
    b":ana!u@h JOIN\r\n:ana!u@h JOIN :\r\n:ana!u@h JOIN #" + b"y" * 9000
    + b"\r\n",
    b"".join(b":n%d!u@h NICK n%d\r\n:n%d!u@h JOIN #c\r\n" % (i, i + 1, i)
             for i in range(2000)),
    b"".join(b":irc.test %03d ana\r\n:irc.test %03d ana #c\r\n"
             b":irc.test %03d\r\n:irc.test %03d ana a b c d e f g\r\n"
             % (i, i, i, i) for i in range(2, 1000)
             if i not in (464, 465)),
    b":ana!u@h NICK bob\r\n:bob!u@h NICK ana\r\n:bob!b@h KICK #c ana\r\n"
    b":ana!u@h MODE #c +ovqah ana\r\n:ana!u@h MODE #c +bbbbbb\r\n"
    b":ana!u@h MODE #c -----+++++\r\n",
])
def test_hostile(online, server, attack):
    b, p = online
    join(b, p)
    try:
        p.raw(attack + b"\r\n")
    except OSError:
        pass
    # Whatever became of this connection, others are served.
    b.login("eve@example", "eve")
    while True:
        q = server.peer()
        try:
            q.welcome()
        except AssertionError:
            continue
        if q.nick == "eve":
            break
    b.wait("connected", user="eve@example")


def test_huge_channel(online):
    b, p = online
    r = b.start("room_join", user=ANA, room="#big", nick="ana")
    p.expect("JOIN #big")
    p.send(":ana!u@h JOIN #big")
    lines = []
    for i in range(0, 100000, 40):
        lines.append(":irc.test 353 ana = #big :" + " ".join(
            "n%d" % j for j in range(i, i + 40)))
    p.send(*lines)
    p.send(":irc.test 366 ana #big :end")
    b.finish(r, timeout=60 * SLOWER)
    b.wait("room_subject", timeout=60 * SLOWER)
    with open("/proc/%d/statm" % b.process.pid) as f:
        rss = int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    assert rss < 100 * 1024 * 1024


def peak_memory(b):
    with open("/proc/%d/status" % b.process.pid) as f:
        for line in f:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024


def test_coarser_casemapping_makes_two_rooms_one(server, backend):
    b = backend(irc_server=server.address, irc_who_max=0)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome(None, "CASEMAPPING=ascii")
    b.wait("connected", user=ANA)
    rooms = ["#a[", "#a{"]
    asked = [b.start("room_join", user=ANA, room=r, nick="ana") for r in rooms]
    for r in rooms:
        p.expect("JOIN " + r)
    p.send(":irc.test 005 ana CASEMAPPING=rfc1459 :are supported")
    p.joined("#a{", "ana")
    codes = []
    for a in asked:
        try:
            b.finish(a)
            codes.append(None)
        except Failed as e:
            codes.append(e.code)
    assert sorted(codes, key=str) == [None, "conflict"]


def test_one_line_many_rooms(server, backend):
    """A few bytes about someone in all rooms are many messages to the main
    process, which does not read just now."""
    b = backend(irc_server=server.address, irc_who_max=0, irc_flood_burst=0)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome()
    b.wait("connected", user=ANA)
    rooms = ["#" + "x" * 150 + "%d" % i for i in range(240)]
    for i in range(0, 240, 40):
        asked = [b.start("room_join", user=ANA, room=r, nick="ana")
                 for r in rooms[i:i + 40]]
        for r in rooms[i:i + 40]:
            p.joined(r, "ana", "a")
        for a in asked:
            b.finish(a)
    p.raw(b":a!u@h NICK b\r\n:b!u@h NICK a\r\n" * 400 + b"PING all\r\n")
    assert p.expect("PONG", 30 * SLOWER) == "PONG all"
    # The address sanitizer keeps for a while what has been freed.
    limit = 200 if "sanitize" in os.environ.get("B", "") else 20
    assert peak_memory(b) < limit * 1024 * 1024
    wait_for(lambda: sum(e.get("new_nick") == "a" for m, e in list(b.events))
             == 240 * 400, 30, "all of it")



# --------------------------------------------------------------- configuration

@pytest.mark.parametrize("key, value, words", [
    ("irc_server", "irc.example.org:99999", "irc_server = irc.example.org:99999"),
    ("irc_server", "http://irc.example.org", "irc_server = http://"),
    ("irc_ca_file", "/nonexistent.pem", "irc_ca_file: /nonexistent.pem: No such"),
    ("irc_sasl", "yes", "irc_sasl = yes: want auto"),
    ("irc_flood_rate", "0", "irc_flood_rate = 0: want"),
])
def test_wrong_setting_is_named(key, value, words):
    with pytest.raises(Failed) as e:
        Backend(**{key: value})
    assert words in e.value.text


# --------------------------------------------------------------------- logout

def test_nothing_counts_as_sent_behind_quit(server, backend):
    b = backend(irc_server=server.address, irc_flood_burst=2, irc_flood_rate=1,
                irc_who_max=0)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome()
    b.wait("connected", user=ANA)
    join(b, p)
    asked = [b.start("message", user=ANA, to="bob", kind="chat",
                     body="m%d" % i) for i in range(5)]
    out = b.start("logout", user=ANA)
    accepted = set()
    for i, a in enumerate(asked):       # the server does not hang up
        try:
            b.finish(a)
            accepted.add("PRIVMSG bob m%d" % i)
        except Failed as e:
            assert e.code == "network"
    b.finish(out)
    lines = p.rest().split("\n")
    assert len(accepted) < 5
    assert accepted == {l for l in lines if l.startswith("PRIVMSG")}


@pytest.mark.parametrize("caps", [None, "echo-message"])
@pytest.mark.parametrize("end", ["logout", "loss"])
def test_half_a_message_is_not_sent(server, backend, caps, end):
    """The rest of it never leaves the queue."""
    b = backend(irc_server=server.address, irc_flood_burst=4,
                irc_flood_rate=0.2, irc_who_max=0)
    if caps:
        p = echoing(server, b)
    else:
        b.login(ANA, "ana")
        p = server.peer()
        p.welcome()
        b.wait("connected")
    r = b.start("message", user=ANA, to="bob", kind="chat",
                body="\n".join("line %d" % i for i in range(8)))
    p.expect("PRIVMSG bob")
    if end == "logout":
        out = b.start("logout", user=ANA)
        p.expect("QUIT")
        p.hang_up()
        b.finish(out)
    else:
        p.close()
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert e.value.code == "network"
    assert e.value.text.endswith("; only a part of the message was sent")
