# SPDX-License-Identifier: GPL-2.0-or-later
"""IRCv3 through the whole gateway, second part: what people do with messages
beyond saying them, and what was said before."""
import time

from harness.xmpp import NS, body_of, condition_of, show

REACT, REPLY = "urn:xmpp:reactions:0", "urn:xmpp:reply:0"
RETRACT, FALLBACK = "urn:xmpp:message-retract:1", "urn:xmpp:fallback:0"
STATES, MAM = "http://jabber.org/protocol/chatstates", "urn:xmpp:mam:2"


def child(stanza, namespace, name):
    return stanza.find("{%s}%s" % (namespace, name))


def said_by_carl(room, text):
    """He says it; returns the msgid."""
    room.carl.say("#c", text)
    return room.carl.expect(r"^@.*msgid=(\w+).* PRIVMSG #c :%s" % text)[1]


def said_by_anna(room, text, extra=""):
    """She says it; returns the reflection and the tags that carl saw."""
    room.anna.message(room.jid, text, "groupchat", extra)
    line = room.carl.expect("^@(.*) :anna!.* PRIVMSG #c :")[1]
    echo = room.anna.expect("message", lambda m: text in (body_of(m) or ""),
                            from_=room.jid + "/anna")
    return echo, dict(tag.partition("=")[::2] for tag in line.split(";"))


# ------------------------------------------------------------- typing

def test_typing_in_a_room(room):
    room.carl.send("@+typing=active TAGMSG #c")
    room.anna.expect("message", lambda m: child(m, STATES, "composing")
                     is not None, from_=room.jid + "/carl")
    room.carl.send("@+typing=done TAGMSG #c")
    room.anna.expect("message", lambda m: child(m, STATES, "active")
                     is not None, from_=room.jid + "/carl")
    room.anna.send("<message type='groupchat' to='%s'><composing xmlns='%s'/>"
                   "</message>" % (room.jid, STATES))
    room.carl.expect(r"^@(?=.*\+typing=active).* :anna!.* TAGMSG :?#c")


def test_typing_to_a_person(room):
    room.carl.send("@+typing=active TAGMSG anna")
    room.anna.expect("message", lambda m: child(m, STATES, "composing")
                     is not None,
                     from_=lambda j: j.startswith("carl@localhost"))
    room.anna.send("<message type='chat' to='carl@localhost'><composing "
                   "xmlns='%s'/></message>" % STATES)
    room.carl.expect(r"^@(?=.*\+typing=active).* :anna!.* TAGMSG :?anna"
                     r"|^@(?=.*\+typing=active).* :anna!.* TAGMSG :?carl")
    room.anna.send("<message type='chat' to='carl@localhost'><paused "
                   "xmlns='%s'/></message>" % STATES)
    room.carl.expect(r"\+typing=paused.* TAGMSG :?carl")


# ------------------------------------------------------------- replies

def test_reply_from_irc(room):
    echo, tags = said_by_anna(room, "who is in?")
    room.carl.send("@+draft/reply=%s PRIVMSG #c :me" % tags["msgid"])
    answer = room.anna.expect("message", lambda m: body_of(m) and
                              body_of(m).endswith("me"),
                              from_=room.jid + "/carl")
    reply = child(answer, REPLY, "reply")
    assert reply is not None, show(answer)
    assert reply.get("id") == echo.find("sid:stanza-id", NS).get("id")


def test_reply_to_irc(room):
    msgid = said_by_carl(room, "anybody here")
    heard = room.anna.expect_body("anybody here")
    quote = "> anybody here\n"
    _, tags = said_by_anna(room, quote + "yes", (
        "<reply xmlns='%s' id='%s' to='%s/carl'/><fallback xmlns='%s' for='%s'"
        "><body start='0' end='%d'/></fallback>") % (
            REPLY, heard.find("sid:stanza-id", NS).get("id"), room.jid,
            FALLBACK, REPLY, len(quote)))
    assert tags.get("+draft/reply") == msgid
    # The quotation is for those who cannot see what is replied to.
    assert not room.carl.matching("PRIVMSG #c :>")


# ------------------------------------------------------------- reactions

def test_reaction_from_irc(room):
    echo, tags = said_by_anna(room, "cake for all")
    room.carl.send("@+draft/react=🎂;+draft/reply=%s TAGMSG #c"
                   % tags["msgid"])
    message = room.anna.expect(
        "message", lambda m: child(m, REACT, "reactions") is not None,
        from_=room.jid + "/carl")
    reactions = child(message, REACT, "reactions")
    assert reactions.get("id") == echo.find("sid:stanza-id", NS).get("id")
    assert [r.text for r in reactions] == ["🎂"]


def test_reaction_to_irc(room):
    msgid = said_by_carl(room, "cake for all")
    heard = room.anna.expect_body("cake for all")
    sid = heard.find("sid:stanza-id", NS).get("id")
    room.anna.send("<message type='groupchat' id='r1' to='%s'><reactions "
                   "id='%s' xmlns='%s'><reaction>🎂</reaction></reactions>"
                   "</message>" % (room.jid, sid, REACT))
    tags = room.carl.expect("^@(.*) :anna!.* TAGMSG #c|^@(.*) :anna!.* TAGMSG "
                            ":#c").group(0)
    assert "+draft/react=🎂" in tags and "+draft/reply=" + msgid in tags
    room.anna.expect("message", lambda m: child(m, REACT, "reactions")
                     is not None, from_=room.jid + "/anna")


# ------------------------------------------------------------- redaction

def test_redaction_from_irc(room):
    msgid = said_by_carl(room, "the password is mouse")
    heard = room.anna.expect_body("the password is mouse")
    room.carl.send("REDACT #c %s :oops" % msgid)
    gone = room.anna.expect("message", lambda m: child(
        m, RETRACT, "retract") is not None, from_=room.jid + "/carl")
    assert child(gone, RETRACT, "retract").get("id") == \
        heard.find("sid:stanza-id", NS).get("id")


def test_redaction_to_irc(room):
    echo, tags = said_by_anna(room, "the password is mouse")
    sid = echo.find("sid:stanza-id", NS).get("id")
    room.anna.send("<message type='groupchat' id='t1' to='%s'><retract id='%s'"
                   " xmlns='%s'/><fallback xmlns='%s' for='%s'/><body>This "
                   "person retracted a message</body></message>" % (
                       room.jid, sid, RETRACT, FALLBACK, RETRACT))
    room.carl.expect("REDACT #c :?" + tags["msgid"])
    assert not room.carl.matching("retracted a message")


def test_redaction_refused(room):
    said_by_carl(room, "carved in stone")
    heard = room.anna.expect_body("carved in stone")
    sid = heard.find("sid:stanza-id", NS).get("id")
    room.anna.send("<message type='groupchat' id='t2' to='%s'><retract id='%s'"
                   " xmlns='%s'/></message>" % (room.jid, sid, RETRACT))
    error = room.anna.expect("message", type="error", id="t2")
    assert condition_of(error)[1] in ("forbidden", "not-allowed")
    room.server.offences.clear()


# ------------------------------------------------------------- multiline

def test_several_lines_are_one_message(room):
    text = "first\nsecond\n\nfourth"
    echo, _ = said_by_anna(room, text)
    assert body_of(echo) == text
    assert len(room.server.lines("anna", r"BATCH \+")) == 1
    room.carl.send("BATCH +1 draft/multiline #c")
    for line in "eins", "zwei ", "drei":
        room.carl.send("@batch=1%s PRIVMSG #c :%s" % (
            ";draft/multiline-concat" if line == "drei" else "", line))
    room.carl.send("BATCH -1")
    room.anna.expect_body("eins\nzwei drei", from_=room.jid + "/carl")


def test_longest_message(room):
    """What does not fit max-bytes goes in several messages, whole."""
    text = "\n".join("%d %s" % (n, "ä" * 300) for n in range(20))
    room.anna.message(room.jid, text, "groupchat")
    room.carl.expect("PRIVMSG #c :19 ä")
    room.carl.sync()
    heard = "".join(line.partition(" PRIVMSG #c :")[2] for line in
                    room.carl.matching(":anna!.* PRIVMSG #c"))
    assert heard == text.replace("\n", "")


# ------------------------------------------------------------- history

def test_history_on_joining(modern):
    begin = time.time() - 3600
    for n in range(3):
        modern.server.say_in_the_past("#c", "bert", "old %d" % n, begin + n)
    modern.anna.send_join(modern.jid, "anna")
    for n in range(3):
        old = modern.anna.expect_body("old %d" % n,
                                      from_=modern.jid + "/bert")
        assert old.find("delay:delay", NS) is not None, show(old)
    modern.anna.expect("message", lambda m: m.find("c:subject", NS)
                       is not None)


def test_no_history_when_none_is_wanted(modern):
    modern.server.say_in_the_past("#c", "bert", "old", time.time() - 3600)
    modern.anna.join(modern.jid, "anna", history=0)
    modern.carl.say("#c", "new")
    modern.anna.expect_body("new")
    assert not [m for m in modern.anna.matching("message")
                if body_of(m) == "old"]


def archive(client, room, form="", rsm=""):
    """(stanzas of the page, fin)"""
    ident = "mam%d" % time.monotonic_ns()
    fin = client.iq("set", room, "<query xmlns='%s' queryid='%s'><x xmlns="
                    "'jabber:x:data' type='submit'><field var='FORM_TYPE' type"
                    "='hidden'><value>%s</value></field>%s</x><set xmlns='http"
                    "://jabber.org/protocol/rsm'>%s</set></query>" % (
                        MAM, ident, MAM, form, rsm))
    assert fin.get("type") == "result", show(fin)
    return [m for m in client.matching("message") if (
        result := child(m, MAM, "result")) is not None and
        result.get("queryid") == ident], child(fin, MAM, "fin")


def test_taken_back_is_not_archived(room):
    """Nor is it told to who comes later; that it was taken back is."""
    msgid = said_by_carl(room, "the password is mouse")
    sid = room.anna.expect_body("the password is mouse").find(
        "sid:stanza-id", NS).get("id")
    room.carl.send("@+draft/reply=%s;+draft/react=x TAGMSG #c" % msgid)
    room.anna.expect("message", lambda m: child(m, REACT, "reactions")
                     is not None)
    room.carl.send("REDACT #c %s :oops" % msgid)
    room.anna.expect("message", lambda m: child(m, RETRACT, "retract")
                     is not None)
    page, _ = archive(room.anna, room.jid)
    assert not [m for m in page if "mouse" in show(m)]
    tombstone, reaction, retraction = [
        m.find(".//{jabber:client}message") for m in page]
    assert child(tombstone, RETRACT, "retracted") is not None
    assert child(tombstone, NS["sid"], "stanza-id").get("id") == sid
    assert child(reaction, REACT, "reactions").get("id") == sid
    assert child(retraction, RETRACT, "retract").get("id") == sid


def test_archive_has_what_there_was(modern):
    begin = time.time() - 86400
    for n in range(30):
        modern.server.say_in_the_past("#c", "bert", "old %d" % n, begin + n)
    modern.anna.join(modern.jid, "anna", history=0)
    # The server is asked once the room is joined: our question waits for that.
    page, _ = archive(modern.anna, modern.jid, rsm="<max>10</max><before/>")
    assert [m.findtext(".//{jabber:client}body") for m in page] == [
        "old %d" % n for n in range(20, 30)]


def test_nothing_is_doubled_over_a_restart(room):
    """What was said while the server was away from us comes once."""
    said_by_carl(room, "before")
    room.anna.expect_body("before")
    room.server.call(lambda: room.server.find("anna").transport.abort())
    room.carl.expect(":anna!.* QUIT")
    room.carl.say("#c", "meanwhile")
    room.carl.expect("^.*:anna!.* JOIN", timeout=30)
    room.anna.expect_body("meanwhile")
    said_by_carl(room, "after")
    room.anna.expect_body("after")
    bodies = [body_of(m) for m in room.anna.matching("message")]
    for text in "before", "meanwhile", "after":
        assert bodies.count(text) == 1, bodies
