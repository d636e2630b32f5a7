# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said, on a server that speaks IRCv3: labels, batches, ids, reactions,
answers, taking back, typing, several lines, history."""
import time

import pytest

from irc_driver import Failed

ANA = "ana@example.com"
ALL = ("batch labeled-response echo-message message-tags server-time "
       "standard-replies draft/multiline=max-bytes=2000,max-lines=10 "
       "draft/message-redaction draft/chathistory=100")


def tags_of(line):
    """The tags of a line and the rest."""
    if not line.startswith("@"):
        return {}, line
    tags, rest = line[1:].split(" ", 1)
    out = {}
    for t in tags.split(";"):
        key, _, value = t.partition("=")
        out[key] = value.replace("\\s", " ").replace("\\:", ";")
    return out, rest


class Modern:
    """A peer that has welcomed ana, with these capabilities."""

    def __init__(self, server, b, caps, *isupport):
        b.login(ANA, "ana")
        self.b, self.p = b, server.peer()
        p = self.p
        p.expect("NICK")
        p.send(":irc.test CAP * LS :" + caps)
        req = p.expect("CAP REQ").split(" ", 2)[2].lstrip(":")
        p.send(":irc.test CAP * ACK :" + req)
        p.expect("CAP END")
        p.nick = "ana"
        p.send(":irc.test 001 ana :Welcome",
               ":irc.test 005 ana %s :are supported" % " ".join(
                   isupport or ["CASEMAPPING=ascii"]),
               ":irc.test 422 ana :no motd")
        b.wait("connected")

    def next(self, command):
        """The next line of that command: tags, rest."""
        for _ in range(50):
            tags, rest = tags_of(self.p.line())
            if rest.split(" ", 1)[0] == command:
                return tags, rest
        raise AssertionError("no " + command)

    def echo(self, tags, rest, **more):
        tags = {k: v for k, v in tags.items() if k[0] in "+lb"}
        tags.update(more)
        self.p.send("@%s :ana!u@h %s" % (";".join(
            "%s=%s" % t for t in tags.items()), rest))

    def send(self, *lines):
        self.p.send(*lines)

    def join(self, *names, history=0):
        r = self.b.start("room_join", user=ANA, room="#c", nick="ana",
                         history=history)
        self.p.expect("JOIN #c")
        self.p.joined("#c", "ana", *names)
        return self.b.finish(r)

    def again(self, server, caps, *names):
        """The connection is lost, and comes back with #c."""
        self.p.close()
        self.b.wait("room_closed")
        p = self.p = server.peer()
        p.expect("NICK")
        p.send(":irc.test CAP * LS :" + caps)
        req = p.expect("CAP REQ").split(" ", 2)[2].lstrip(":")
        p.send(":irc.test CAP * ACK :" + req)
        p.expect("CAP END")
        p.nick = "ana"
        p.send(":irc.test 001 ana :Welcome")
        p.expect("JOIN #c")
        p.joined("#c", "ana", *names)


@pytest.fixture
def modern(server, backend):
    m = Modern(server, backend(irc_server=server.address, irc_who_max=0), ALL)
    m.features = m.join("bob", "eve")["features"]
    return m


def say(m, body, to="#c", kind="groupchat", **more):
    return m.b.start("message", user=ANA, to=to, kind=kind, body=body, **more)


def failed(m, r, code):
    with pytest.raises(Failed) as e:
        m.b.finish(r)
    assert e.value.code == code
    return e.value.text


# --------------------------------------------------------------------- labels

def test_features_of_the_room(modern):
    assert sorted(modern.features) == ["chat_states", "reactions", "replies",
                                       "retraction"]


def test_labels_tell_messages_apart(modern):
    m = modern
    sent = [say(m, "one", id="i1"), say(m, "two", id="i2"),
            say(m, "three", id="i3")]
    lines = [m.next("PRIVMSG") for _ in sent]
    assert len({t["label"] for t, _ in lines}) == 3
    # out of order, one refused by a number without names, one by FAIL
    m.send("@label=%s FAIL PRIVMSG SPAM_FORBIDDEN #c :no spam"
           % lines[2][0]["label"])
    assert failed(m, sent[2], "forbidden") == "no spam"
    m.send("@label=%s :irc.test 999 ana :strange" % lines[0][0]["label"])
    failed(m, sent[0], "not_allowed")
    m.echo(*lines[1], msgid="m2")
    assert m.b.finish(sent[1]) == {"echo": True, "ids": ["m2"]}
    e = m.b.wait("message", nick="ana")
    assert (e["body"], e["id"], e["origin"]) == ("two", "m2", "i2")


def test_receipts_in_private(modern):
    m = modern
    r = say(m, "psst", "bob", "chat")
    t, line = m.next("PRIVMSG")
    # away: a batch with the echo and 301
    m.send("@label=%s :irc.test BATCH +x labeled-response" % t["label"],
           "@batch=x :irc.test 301 ana bob :gone",
           "@batch=x;msgid=p1 :ana!u@h " + line, ":irc.test BATCH -x")
    assert m.b.finish(r) == {"delivered": True, "ids": ["p1"]}
    r = say(m, "psst", "carl", "chat")
    t, line = m.next("PRIVMSG")
    m.send("@label=%s :irc.test 401 ana carl :No such nick" % t["label"])
    failed(m, r, "not_found")
    # nothing to say about it
    r = say(m, "psst", "bob", "chat")
    m.send("@label=%s ACK" % m.next("PRIVMSG")[0]["label"])
    assert m.b.finish(r)["delivered"]


def test_labels_without_echo(server, backend):
    m = Modern(server, backend(irc_server=server.address, irc_who_max=0),
               "labeled-response batch message-tags")
    m.join("bob")
    r = say(m, "hi")
    m.send("@label=%s ACK" % m.next("PRIVMSG")[0]["label"])
    assert m.b.finish(r) == {}
    r = say(m, "hi", "bob", "chat")
    m.send("@label=%s :irc.test 301 ana bob :gone"
           % m.next("PRIVMSG")[0]["label"])
    assert m.b.finish(r) == {"delivered": True}


def test_said_elsewhere_answers_nothing(modern):
    m = modern
    r = say(m, "mine")
    t, line = m.next("PRIVMSG")
    m.send(":ana!u@h PRIVMSG #c :from my phone")
    assert m.b.wait("message", body="from my phone").get("origin") is None
    m.echo(t, line)
    assert m.b.finish(r)["echo"]


def test_lost_means_uncertain(modern):
    m = modern
    r = say(m, "hi")
    t, _ = m.next("PRIVMSG")
    m.send("@label=%s :irc.test BATCH +x labeled-response" % t["label"])
    m.p.close()
    failed(m, r, "uncertain")


# -------------------------------------------------------------------- batches

def test_lines_in_one_message(modern):
    m = modern
    m.send("@msgid=m1 :bob!b@h BATCH +1 draft/multiline #c",
           "@batch=1 :bob!b@h PRIVMSG #c :one",
           ":eve!e@h PRIVMSG #c :between",
           "@batch=1 :bob!b@h PRIVMSG #c :",
           "@batch=1 :bob!b@h PRIVMSG #c :tw",
           "@batch=1;draft/multiline-concat :bob!b@h PRIVMSG #c :o",
           "@batch=1 :mallory!x@h PRIVMSG #c :not bob's",
           ":irc.test BATCH -1")
    assert m.b.wait("message", nick="eve")["body"] == "between"
    assert m.b.wait("message", nick="mallory")["body"] == "not bob's"
    e = m.b.wait("message", nick="bob")
    assert e["body"] == "one\n\ntwo" and e["id"] == "m1"


def test_lines_of_a_batch_in_the_servers_name(modern):
    m = modern
    m.send(":irc.test BATCH +1 draft/multiline #c",
           "@batch=1;msgid=m1 :bob!b@h PRIVMSG #c :one",
           "@batch=1 :bob!b@h PRIVMSG #c :two", ":irc.test BATCH -1")
    e = m.b.wait("message", nick="bob")
    assert (e["body"], e["id"]) == ("one\ntwo", "m1")


def test_a_batch_without_end_is_told_in_parts(modern):
    m = modern
    m.send(":bob!b@h BATCH +1 draft/multiline #c",
           *("@batch=1 :bob!b@h PRIVMSG #c :%d %s" % (i, "x" * 400)
             for i in range(200)))
    got = m.b.wait("message", nick="bob")["body"].split("\n")
    assert 100 < len(got) < 200 and got[0].startswith("0 ")
    # the rest when the connection ends
    m.p.close()
    got += m.b.wait("message", nick="bob")["body"].split("\n")
    assert len(got) == 200


def test_many_open_batches(modern):
    m = modern
    m.send(*(":irc.test BATCH +%d x" % i for i in range(200)))
    m.send(*("@batch=%d :bob!b@h PRIVMSG #c :%d" % (i, i)
             for i in range(200)))
    for i in range(200):
        assert m.b.wait("message", nick="bob")["body"] == str(i)
    m.send(":irc.test BATCH -nothing", ":irc.test BATCH", ":irc.test BATCH +",
           ":bob!b@h PRIVMSG #c :still here")
    m.b.wait("message", body="still here")


def test_a_paste_is_one_message(modern):
    m = modern
    text = "one\n\n  two " + "\u00e4" * 400 + "\nhttps://x.example/" + "a" * 300
    r = say(m, text, id="i1")
    t, line = m.next("BATCH")
    _, ref, kind, target = line.split()
    assert ref[0] == "+" and (kind, target) == ("draft/multiline", "#c")
    lines, said = [], ""
    while True:
        lt, rest = tags_of(m.p.line())
        if rest.startswith("BATCH -"):
            break
        assert lt["batch"] == ref[1:] and len(rest.encode()) < 510
        body = rest.split(" ", 2)[2]
        body = body[1:] if body.startswith(":") else body
        if lines and "draft/multiline-concat" not in lt:
            said += "\n"
        said += body
        lines.append(rest)
    assert said == text and rest == "BATCH -" + ref[1:]
    m.send("@label=%s;msgid=p7 :ana!u@h BATCH +e draft/multiline #c"
           % t["label"],
           *("@batch=e :ana!u@h " + x for x in lines),
           ":irc.test BATCH -e")
    assert m.b.finish(r) == {"echo": True, "ids": ["p7"]}
    e = m.b.wait("message", nick="ana")
    assert (e["id"], e["origin"], e["body"]) == ("p7", "i1", text)


@pytest.mark.slow
def test_a_paste_over_the_bounds(modern):
    m = modern
    r = say(m, "\n".join("line %d" % i for i in range(15)), id="i1")
    ids = []
    for i in range(15):
        m.echo(*m.next("PRIVMSG"), msgid="p%d" % i)
        ids.append("p%d" % i)
    assert m.b.finish(r) == {"echo": True, "ids": ids}
    e = m.b.wait("message", nick="ana")
    assert e["id"] == "p0" and e["body"].count("\n") == 14
    # what is said about a piece is said about the message
    m.send("@+draft/react=x;+draft/reply=p9 :bob!b@h TAGMSG #c",
           "@+draft/reply=p9 :bob!b@h PRIVMSG #c :yes")
    e = m.b.wait("reaction")
    assert (e["id"], e["emojis"]) == ("p0", ["x"])
    assert m.b.wait("message", nick="bob")["reply_to"]["id"] == "p0"
    m.send("@+draft/react=y;+draft/reply=p0 :bob!b@h TAGMSG #c",
           "@+draft/react=z;+draft/reply=p14 :bob!b@h TAGMSG #c")
    assert m.b.wait("reaction")["emojis"] == ["x", "y"]
    e = m.b.wait("reaction")
    assert (e["id"], e["emojis"]) == ("p0", ["x", "y", "z"])


def test_a_paste_is_refused_as_one(modern):
    m = modern
    r = say(m, "a\nb")
    t, _ = m.next("BATCH")
    m.send("@label=%s FAIL BATCH MULTILINE_MAX_LINES 1 :too many lines"
           % t["label"])
    assert failed(m, r, "too_long") == "too many lines"


# ------------------------------------------------------------------ reactions

def test_reactions_add_up(modern):
    m = modern
    m.send("@msgid=m1 :bob!b@h PRIVMSG #c :hi")
    for tag, want in (("react=\U0001f44d", ["\U0001f44d"]),
                      ("react=\u2764", ["\U0001f44d", "\u2764"]),
                      ("react=\u2764", ["\U0001f44d", "\u2764"]),
                      ("unreact=\U0001f44d", ["\u2764"]),
                      ("unreact=\u2764", [])):
        m.send("@+draft/%s;+draft/reply=m1 :eve!e@h TAGMSG #c" % tag)
        e = m.b.wait("reaction")
        assert e == {"user": ANA, "peer": "eve", "room": "#c", "id": "m1",
                     "emojis": want}
    # in private
    m.send("@+draft/react=x;+reply=q :eve!e@h TAGMSG ana")
    e = m.b.wait("reaction")
    assert (e["peer"], e.get("room"), e["id"]) == ("eve", None, "q")


def test_reacting(modern):
    m = modern
    m.send("@msgid=m1 :bob!b@h PRIVMSG #c :hi")
    m.b.wait("message")

    def react(*emojis):
        return m.b.start("reaction", user=ANA, peer="#c", room="#c", id="m1",
                         emojis=list(emojis))

    r = react("a", "b")
    for emoji in "ab":
        t, line = m.next("TAGMSG")
        assert t["+draft/react"] == emoji and t["+draft/reply"] == "m1"
        assert line == "TAGMSG #c"
        m.echo(t, line)
    assert m.b.finish(r) is None
    assert m.b.wait("reaction")["emojis"] == ["a"]
    assert m.b.wait("reaction") == {"user": ANA, "peer": "ana", "room": "#c",
                                    "id": "m1", "emojis": ["a", "b"]}
    # only what changes
    r = react("b", "c")
    t, line = m.next("TAGMSG")
    assert t["+draft/react"] == "c"
    m.echo(t, line)
    t, line = m.next("TAGMSG")
    assert t["+draft/unreact"] == "a"
    m.echo(t, line)
    assert m.b.finish(r) is None
    m.b.wait("reaction", emojis=["b", "c"])
    # nothing changes
    assert m.b.finish(react("c", "b")) is None
    m.b.wait("reaction", emojis=["b", "c"])
    # refused
    r = react("b", "c", "d")
    t, _ = m.next("TAGMSG")
    m.send("@label=%s :irc.test 404 ana #c :Cannot send" % t["label"])
    failed(m, r, "forbidden")
    with pytest.raises(Failed):
        m.b.call("reaction", user=ANA, peer="#c", room="#c", id="a b",
                 emojis=[])


def test_reacting_where_nothing_comes_back(server, backend):
    m = Modern(server, backend(irc_server=server.address, irc_who_max=0),
               "message-tags")
    m.join("bob")
    assert m.b.call("reaction", user=ANA, peer="#c", room="#c", id="m1",
                    emojis=["a"]) is None
    assert m.next("TAGMSG")[0] == {"+draft/react": "a", "+draft/reply": "m1"}
    assert m.b.wait("reaction")["emojis"] == ["a"]


@pytest.mark.parametrize("caps, isupport", [
    ("server-time", "CASEMAPPING=ascii"),
    ("message-tags", "CLIENTTAGDENY=*,-typing"),
    ("message-tags", "CLIENTTAGDENY=draft/react"),
])
def test_no_reactions_here(server, backend, caps, isupport):
    m = Modern(server, backend(irc_server=server.address), caps, isupport)
    assert "reactions" not in m.join()["features"]
    with pytest.raises(Failed) as e:
        m.b.call("reaction", user=ANA, peer="#c", room="#c", id="m1",
                 emojis=["a"])
    assert e.value.code == "not_supported"


# -------------------------------------------------------------------- answers

def test_answers_are_quoted(modern):
    m = modern
    m.send("@msgid=m1 :bob!b@h PRIVMSG #c :\x02hi\x02 all",
           "@msgid=m2;+draft/reply=m1 :eve!e@h PRIVMSG #c :hello",
           "@msgid=m3;+reply=gone :eve!e@h PRIVMSG #c :what?")
    m.b.wait("message", nick="bob")
    assert m.b.wait("message")["reply_to"] == {
        "id": "m1", "author": "bob", "text": "hi all"}
    assert m.b.wait("message")["reply_to"] == {"id": "gone"}
    # what was said elsewhere is no business of a room
    m.send("@msgid=s1 :bob!b@h PRIVMSG ana :secret",
           "@msgid=m4;+draft/reply=s1 :eve!e@h PRIVMSG #c :ha")
    assert m.b.wait("message", body="ha")["reply_to"] == {"id": "s1"}


def test_answering(modern):
    m = modern
    m.send("@msgid=m1 :bob!b@h PRIVMSG #c :hi")
    m.b.wait("message")
    r = say(m, "hello", reply_to={"id": "m1", "text": "> hi\n"})
    t, line = m.next("PRIVMSG")
    assert t["+draft/reply"] == "m1" and line == "PRIVMSG #c hello"
    m.echo(t, line)
    m.b.finish(r)
    # not seen here: quoted, too
    say(m, "hm", reply_to={"id": "m0", "text": "> what\n"})
    t, line = m.next("BATCH")
    assert t["+draft/reply"] == "m0"
    assert m.next("PRIVMSG")[1] == "PRIVMSG #c :> what"


def test_answering_in_words(server, backend):
    m = Modern(server, backend(irc_server=server.address), "server-time")
    m.join()
    say(m, "hello", reply_to={"id": "m1", "text": "> hi\n"})
    assert m.next("PRIVMSG") == ({}, "PRIVMSG #c :> hi")
    assert m.next("PRIVMSG") == ({}, "PRIVMSG #c hello")
    say(m, "hullo", replaces="x")
    assert m.next("PRIVMSG") == ({}, "PRIVMSG #c :[corrected] hullo")


# ---------------------------------------------------------------- taking back

def test_taken_back(modern):
    m = modern
    m.send("@msgid=m1 :bob!b@h PRIVMSG #c :oops", ":bob!b@h REDACT #c m1 :typo")
    assert m.b.wait("retract") == {"user": ANA, "peer": "bob", "room": "#c",
                                   "id": "m1", "reason": "typo"}
    m.send("@msgid=m2 :bob!b@h PRIVMSG #c :spam", ":eve!e@h REDACT #c m2 :spam",
           ":eve!e@h REDACT #c unknown")
    assert m.b.wait("retract") == {
        "user": ANA, "peer": "bob", "room": "#c", "id": "m2",
        "reason": "spam", "moderated_by": "eve"}
    assert m.b.wait("retract")["moderated_by"] == "eve"
    m.send(":bob!b@h REDACT ana q1")
    assert m.b.wait("retract") == {"user": ANA, "peer": "bob", "id": "q1"}


def test_taking_back(modern):
    m = modern

    def retract(**more):
        return m.b.start("retract", user=ANA, peer="#c", room="#c", id="m1",
                         **more)

    r = retract(reason="my mistake")
    t, line = m.next("REDACT")
    assert line == "REDACT #c m1 :my mistake"
    m.echo(t, line)
    assert m.b.finish(r) is None
    m.b.wait("retract", id="m1")
    r = retract()
    t, line = m.next("REDACT")
    assert line == "REDACT #c m1"
    m.send("@label=%s FAIL REDACT REDACT_FORBIDDEN #c m1 :not yours"
           % t["label"])
    assert failed(m, r, "forbidden") == "not yours"
    r = retract()
    m.next("REDACT")
    m.send("FAIL REDACT UNKNOWN_MSGID #c m1 :no such message")
    failed(m, r, "not_found")


def test_nothing_can_be_taken_back(server, backend):
    m = Modern(server, backend(irc_server=server.address), "message-tags")
    m.join()
    with pytest.raises(Failed) as e:
        m.b.call("retract", user=ANA, peer="#c", room="#c", id="m1")
    assert e.value.code == "not_supported"


# --------------------------------------------------------------------- typing

@pytest.mark.slow
def test_typing_is_heard(modern):
    m = modern
    m.b.wait("room_subject")
    m.send(*["@+typing=active :bob!b@h TAGMSG #c"] * 3)
    m.send("@+typing=paused :bob!b@h TAGMSG #c",
           "@+typing=active :bob!b@h TAGMSG ana",
           "@+typing=done :bob!b@h TAGMSG #c",
           "@+typing=active :eve!e@h TAGMSG #c")
    for peer, room, state in (("bob", "#c", "composing"),
                              ("bob", "#c", "paused"),
                              ("bob", None, "composing"),
                              ("bob", "#c", "active"),
                              ("eve", "#c", "composing")):
        e = m.b.wait("chat_state")
        assert (e["peer"], e.get("room"), e["state"]) == (peer, room, state)
        assert not m.b.skipped
    # nobody types for ever
    m.b.wait("chat_state", peer="eve", state="active")


def test_typing_is_told(modern):
    m = modern

    def state(state, **where):
        m.b.notify("chat_state", user=ANA, state=state, **where)

    began = time.time()
    for _ in range(5):
        state("composing", peer="#c", room="#c")
    assert m.next("TAGMSG") == ({"+typing": "active"}, "TAGMSG #c")
    assert m.next("TAGMSG") == ({"+typing": "active"}, "TAGMSG #c")
    assert time.time() - began > 1.5
    state("paused", peer="#c", room="#c")
    assert m.next("TAGMSG") == ({"+typing": "paused"}, "TAGMSG #c")
    state("composing", peer="bob", room="#c")
    assert m.next("TAGMSG") == ({"+typing": "active"}, "TAGMSG bob")
    state("active", peer="bob", room="#c")
    assert m.next("TAGMSG") == ({"+typing": "done"}, "TAGMSG bob")


# -------------------------------------------------------------------- history

def batch(m, *lines, label=None):
    m.send("%s:irc.test BATCH +h chathistory #c"
           % ("@label=%s " % label if label else ""),
           *("@batch=h;" + x for x in lines), ":irc.test BATCH -h")


def test_history_on_join(server, backend):
    m = Modern(server, backend(irc_server=server.address, irc_who_max=0), ALL)
    m.join("bob", history=20)
    t, line = m.next("CHATHISTORY")
    assert line == "CHATHISTORY LATEST #c * 20"
    m.send("@time=2030-01-01T00:00:00.000Z;msgid=live :bob!b@h PRIVMSG #c :now")
    batch(m, "time=2026-01-01T00:00:00.000Z;msgid=o1 :bob!b@h PRIVMSG #c :old",
          "time=2026-01-01T00:00:01.000Z;msgid=o2 :ana!u@h PRIVMSG #c :mine",
          "time=2026-01-01T00:00:02.000Z :bob!b@h JOIN #c",
          "time=2030-01-01T00:00:00.000Z;msgid=live "
          ":bob!b@h PRIVMSG #c :now", label=t["label"])
    assert m.b.wait("message")["body"] == "now"
    e = m.b.wait("message")
    assert (e["body"], e["id"], e["time"]) == ("old", "o1", 1767225600000)
    e = m.b.wait("message")
    assert (e["body"], e["nick"], e.get("origin")) == ("mine", "ana", None)
    m.send(":bob!b@h PRIVMSG #c :end")
    assert m.b.wait("message")["body"] == "end" and not m.b.skipped


def test_history_of_what_was_missed(modern, server):
    m = modern
    m.send("@time=2026-01-01T00:00:00.000Z;msgid=m1 :bob!b@h PRIVMSG #c :last")
    m.b.wait("message")
    m.again(server, ALL, "bob")
    assert m.next("CHATHISTORY")[1] == "CHATHISTORY AFTER #c msgid=m1 100"
    batch(m, "time=2026-01-01T00:01:00.000Z;msgid=m2 "
          ":bob!b@h PRIVMSG #c :missed")
    assert m.b.wait("message")["body"] == "missed"


def test_history_of_many_rooms_waits_its_turn(server, backend):
    """Three rooms at a time, and each of them in the end."""
    m = Modern(server, backend(irc_server=server.address, irc_who_max=0,
                               irc_flood_burst=0), ALL)
    rooms = ["#r%d" % i for i in range(8)]
    joins = [m.b.start("room_join", user=ANA, room=room, nick="ana", history=5)
             for room in rooms]
    for room in rooms:
        m.p.expect("JOIN " + room)
    for room in rooms:
        m.p.joined(room, "ana", "bob")
    for r in joins:
        m.b.finish(r)
    asked = [m.next("CHATHISTORY") for _ in range(3)]
    r = m.b.start("message", user=ANA, to="#r7", kind="groupchat", body="hi")
    assert " PRIVMSG #r7 " in m.p.line()        # not behind the others
    done = 0
    while done < len(rooms):
        tags, line = asked[done]
        m.send("@label=%s :irc.test BATCH +h chathistory %s"
               % (tags["label"], line.split()[2]), ":irc.test BATCH -h")
        done += 1
        if len(asked) < len(rooms):
            asked.append(m.next("CHATHISTORY"))
    assert sorted(line.split()[2] for _, line in asked) == rooms


def test_history_in_pages(server, backend):
    """More was missed than the server gives at once."""
    caps = ALL.replace("chathistory=100", "chathistory=2")
    m = Modern(server, backend(irc_server=server.address, irc_who_max=0), caps)
    m.join("bob", history=0)
    m.send("@time=2026-01-01T00:00:00.000Z;msgid=m0 :bob!b@h PRIVMSG #c :last")
    m.b.wait("message")
    m.again(server, caps, "bob")
    for first, count in ((1, 2), (3, 2), (5, 0)):
        assert m.next("CHATHISTORY")[1] == (
            "CHATHISTORY AFTER #c msgid=m%d 2" % (first - 1))
        batch(m, *("time=2026-01-01T00:0%d:00.000Z;msgid=m%d "
                   ":bob!b@h PRIVMSG #c :missed %d" % (n, n, n)
                   for n in range(first, first + count)))
    for n in range(1, 5):
        assert m.b.wait("message")["body"] == "missed %d" % n


@pytest.mark.parametrize("answer", [
    ":irc.test ACK", ":ana!u@h PRIVMSG #c :x", ":ana!u@h TAGMSG #c",
    ":ana!u@h REDACT #c m9 :x"])
def test_history_is_no_message(modern, answer):
    """What else the server calls by the label of a question is no answer."""
    r = modern.b.start("room_history", user=ANA, room="#c", max=10)
    t, _ = modern.next("CHATHISTORY")
    label = t["label"]
    if answer.endswith("ACK"):
        modern.send("@label=%s %s" % (label, answer))
        assert modern.b.finish(r)["messages"] == []
        batch(modern, label=label)
    else:
        modern.send("@label=%s;msgid=y %s" % (label, answer))
        batch(modern, "time=2026-01-01T00:00:00.000Z;msgid=o1 "
              ":bob!b@h PRIVMSG #c :old", label=label)
        assert [x["id"] for x in modern.b.finish(r)["messages"]] == ["o1"]
    modern.send(":bob!b@h PRIVMSG #c :end")
    modern.b.wait("message", body="end")


def test_history_for_the_archive(modern):
    m = modern

    def ask(max=10, **more):
        return m.b.start("room_history", user=ANA, room="#c", max=max, **more)

    r = ask(before="m9")
    t, line = m.next("CHATHISTORY")
    assert line == "CHATHISTORY BEFORE #c msgid=m9 10"
    batch(m, "time=2026-01-01T00:00:00.000Z;msgid=o1 "
          ":bob!b@h PRIVMSG #c :\x01ACTION waves\x01",
          "time=2026-01-01T00:00:01.000Z :ana!u@h PRIVMSG #c :\x02bold",
          label=t["label"])
    got = m.b.finish(r)["messages"]
    assert [x["body"] for x in got] == ["/me waves", "bold"]
    assert got[0] == {"id": "o1", "nick": "bob", "body": "/me waves",
                      "time": 1767225600000}
    r = ask(since=1767225600123, max=1000)
    t, line = m.next("CHATHISTORY")
    assert line == ("CHATHISTORY AFTER #c timestamp=2026-01-01T00:00:00.123Z "
                    "100")
    batch(m, label=t["label"])
    assert m.b.finish(r)["messages"] == []
    r = ask()
    t, line = m.next("CHATHISTORY")
    assert line == "CHATHISTORY LATEST #c * 10"
    m.send("@label=%s FAIL CHATHISTORY MESSAGE_ERROR LATEST #c :no"
           % t["label"])
    failed(m, r, "not_found")


# ------------------------------------------------------------------- the look

@pytest.mark.parametrize("body, xhtml, line", [
    ("*bold* _it_ ~no~ `c*d*`", None,
     "\x02*bold*\x02 \x1d_it_\x1d \x1e~no~\x1e \x11`c*d*`\x11"),
    ("2 * 3 * 4 and a_b_c http://x.example/_a_", None,
     "2 * 3 * 4 and a_b_c http://x.example/_a_"),
    ("big red", "<strong>big</strong> <span style='color: #f00'>red</span>",
     "\x02big\x02 \x0304red"),
    ("see here", "see <a href='https://x.example/?a=1&amp;b=2'>here</a>",
     "see here <https://x.example/?a=1&b=2>"),
    ("https://x.example/a", "<a href='https://x.example/a'>https://x.example/a"
     "</a>", "https://x.example/a"),
    ("what was said", "<b>something else</b>", "what was said"),
    ("/me is big", "/me is <b>big</b>", "\1ACTION is \x02big\1"),
    ("/me is *big*", None, "\1ACTION is \x02*big*\x02\1"),
    ("/me is big", "<b>/me is big</b>", "\1ACTION is big\1"),
    ("a < b", "<em>a &lt; b</em>", "\x1da < b"),
])
def test_looks(modern, body, xhtml, line):
    more = {"xhtml": xhtml} if xhtml else {}
    say(modern, body, **more)
    got = modern.next("PRIVMSG")[1].split(" ", 2)[2]
    assert got.removeprefix(":") == line


def test_looks_go_on_in_the_next_piece(server, backend):
    m = Modern(server, backend(irc_server=server.address), "server-time")
    m.join()
    say(m, " ".join(["word"] * 200), xhtml="<b>%s</b>" % " ".join(
        ["word"] * 200))
    words = 0
    while words < 200:
        line = m.next("PRIVMSG")[1]
        assert len(line.encode()) + len(":ana!u@h ") <= 510
        assert line.startswith("PRIVMSG #c :\x02word")
        words += line.count("word")


# ------------------------------------------------------------ floods, notices

def test_a_flood_is_told_and_cancelled(server, backend):
    b = backend(irc_server=server.address, irc_flood_burst=4,
                irc_flood_rate=0.5, irc_who_max=0)
    m = Modern(server, b, "server-time")
    m.join("bob")
    r = say(m, "\n".join("line %d" % i for i in range(20)))
    note = m.b.wait("message")
    assert note.get("nick") is None and "/cancel" in note["body"]
    m.next("PRIVMSG")
    assert m.b.call("message", user=ANA, to="#c", kind="groupchat",
                    body="/cancel") == {}
    assert "only the beginning" in failed(m, r, "not_allowed")
    say(m, "after")
    lines = []
    while not lines or "after" not in lines[-1]:
        lines.append(m.next("PRIVMSG")[1])
    assert len(lines) < 8


def test_notes_of_the_server(modern):
    m = modern
    m.send("NOTE * OPER_MESSAGE :The server goes down at \x02noon\x02",
           "WARN REHASH CERTS_EXPIRED :certificates have expired",
           "FAIL * STRANGE :something else")
    for text in ("*: The server goes down at noon", "REHASH: certificates",
                 "*: something else"):
        assert m.b.wait("message")["body"].startswith(text)
