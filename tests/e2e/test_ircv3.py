# SPDX-License-Identifier: GPL-2.0-or-later
"""IRCv3 from an XMPP client through the whole gateway, against the scripted
server (harness/ircv3.py): registering, capabilities, and who is who."""
import base64

import pytest

from harness.ircv3 import Message
from harness.servers import make_certificate
from harness.xmpp import NS, body_of, condition_of, show

def item(presence):
    return presence.find("user:x/user:item", NS)


# ------------------------------------------------------------- registering

def test_all_that_is_offered_is_taken(room):
    """CAP LS 302 came in two lines."""
    taken = room.server.call(lambda: room.server.find("anna").caps)
    assert taken >= {
        "account-notify", "account-tag", "away-notify", "batch", "cap-notify",
        "chghost", "echo-message", "extended-join", "invite-notify",
        "labeled-response", "message-tags", "multi-prefix", "server-time",
        "setname", "userhost-in-names"}


@pytest.mark.parametrize("mechanisms", ["SCRAM-SHA-256", "PLAIN",
                                        "EXTERNAL,SCRAM-SHA-256,PLAIN"])
def test_sasl(ircv3, instances, clients, mechanisms):
    server = ircv3(accounts={"anna": "pässword" * 60},
                   caps={"sasl": mechanisms})
    instance = instances("server_mode", service__irc_server="127.0.0.1:%d"
                         % server.port)
    anna = clients(instance, "anna", "pässword" * 60)
    anna.join("#c@localhost", "anna")
    assert server.call(lambda: server.find("anna").account) == "anna"
    used = server.lines("anna", "^AUTHENTICATE [A-Z]+-?")[0].split()[1]
    assert used == ("PLAIN" if mechanisms == "PLAIN" else "SCRAM-SHA-256")


def test_sasl_wrong_password(ircv3, instances, clients):
    """It is told, and without irc_sasl = require the login goes on."""
    server = ircv3(accounts={"anna": "right"})
    instance = instances("server_mode", service__irc_server="127.0.0.1:%d"
                         % server.port)
    anna = clients(instance, "anna", "wrong")
    anna.expect("message", lambda m: "SASL" in (body_of(m) or ""))
    anna.join("#c@localhost", "anna")
    assert server.call(lambda: server.find("anna").account) is None


def test_a_server_that_lies_learns_nothing(ircv3, instances, clients):
    """SCRAM proves the server, too: one that cannot sign does not know the
    password, and is not told it in another way."""
    server = ircv3(accounts={"anna": "pw"})

    def lie(conn, msg):
        if msg.params[0] == "*":
            conn.reply(906, "SASL authentication aborted")
        elif len(server.lines("anna", "^AUTHENTICATE")) >= 3:
            conn.send(Message("AUTHENTICATE", base64.b64encode(
                b"v=" + base64.b64encode(bytes(32))).decode()))
        else:
            return False
        return True
    server.hooks["AUTHENTICATE"] = lie
    instance = instances("server_mode", service__irc_server="127.0.0.1:%d"
                         % server.port)
    anna = clients(instance, "anna", "pw")
    server.expect("anna", r"^AUTHENTICATE \*")
    anna.expect("message", lambda m: "SCRAM" in (body_of(m) or ""))
    anna.join("#c@localhost", "anna")
    assert not server.lines("anna", "^AUTHENTICATE PLAIN")
    assert not server.lines("anna", "identify|NickServ")


def test_capabilities_come_and_go(modern):
    modern.server.withdraw("away-notify")
    modern.server.offer(away_notify="", draft__nonsense="1")
    modern.server.expect("anna", "^CAP REQ :?away-notify$")
    modern.anna.join(modern.jid, "anna")
    modern.anna.clear()
    modern.carl.send("AWAY :tea")
    away = modern.occupant("carl")
    assert away.findtext("c:show", None, NS) == "away", show(away)


def test_strict_transport_security(ircv3, instances, clients, tmp_path):
    """sts: what the plain port offers is that one should not use it."""
    certificate = make_certificate(tmp_path, "localhost")
    server = ircv3(tls=certificate)
    server.caps["sts"] = "port=%d" % server.tls_port
    instance = instances("server_mode", service__irc_server="localhost:%d"
                         % server.port, service__irc_ca_file=certificate[0])
    anna = clients(instance, "anna")
    anna.join("#c@localhost", "anna")
    assert server.call(lambda: server.find("anna").tls)


# ------------------------------------------------------------- people

def test_away(room):
    room.carl.send("AWAY :tea")
    away = room.occupant("carl")
    assert away.findtext("c:show", None, NS) == "away"
    assert away.findtext("c:status", None, NS) == "tea"
    room.carl.send("AWAY")
    assert room.occupant("carl").find("c:show", NS) is None


def test_user_goes_away(room):
    room.anna.send("<presence><show>away</show><status>lunch</status>"
                     "</presence>")
    room.server.expect("anna", "^(@.* )?AWAY :?lunch")
    room.anna.send("<presence/>")
    room.server.expect("anna", "^(@.* )?AWAY$")


def test_all_prefixes_are_known(room, irc):
    """multi-prefix: who is not operator any more may still speak."""
    dora = irc("dora", server=room.server)
    room.carl.send("MODE #c +m")
    dora.join("#c")
    room.occupant("dora")
    room.carl.send("MODE #c +v dora")
    room.occupant("dora", check=lambda p:
                    item(p).get("role") == "participant")
    room.carl.send("MODE #c +o dora")
    room.occupant("dora", check=lambda p:
                    item(p).get("role") == "moderator")
    room.anna.leave(room.jid, "anna")
    room.anna.expect("presence", type="unavailable",
                       from_=room.jid + "/anna")
    room.anna.join(room.jid, "anna")
    room.anna.clear()
    room.carl.send("MODE #c -o dora")
    assert item(room.occupant("dora")).get("role") == "participant"


def test_host_and_name_change(room, irc):
    """chghost and setname are no leaving and joining."""
    room.server.change_host("carl", "me", "cloak.test")
    room.carl.send("SETNAME :Carl the Great")
    room.carl.say("#c", "still me")
    room.anna.expect_body("still me", from_=room.jid + "/carl")
    assert not room.anna.matching("presence", type="unavailable",
                                    from_=room.jid + "/carl")
    card = room.anna.get("carl@localhost", "<vCard xmlns='vcard-temp'/>")
    assert card.findtext("vcard:FN", None, NS) == "Carl the Great"


def test_netsplit(room, irc):
    """Many leave at once, in a batch; nobody is forgotten, and the room says
    what it was."""
    names = ["n%d" % n for n in range(20)]
    crowd = [irc(name, server=room.server) for name in names]
    for one in crowd:
        one.join("#c")
    for name in names:
        room.occupant(name)
    room.server.netsplit(*names)
    for name in names:
        room.occupant(name, "unavailable")
    room.anna.expect_body("Netsplit a.test <-> b.test: 20 people")
    room.carl.say("#c", "lonely here")
    room.anna.expect_body("lonely here")


def test_invitation(room, irc):
    room.carl.join("#other")
    room.carl.send("INVITE anna #other")
    invited = room.anna.expect("message", lambda m: m.find(
        "user:x/user:invite", NS) is not None)
    assert invited.get("from") == "#other@localhost"
    sender = invited.find("user:x/user:invite", NS).get("from")
    assert sender.startswith("carl@localhost")


# ------------------------------------------------------------- messages

def test_ids_and_echo(room, clients):
    """msgid is the stanza-id of both sides; the server's echo is the
    reflection."""
    ident = room.anna.message(room.jid, "hello", "groupchat")
    tags = room.carl.expect("^@(.*) :anna!.* PRIVMSG #c :hello")[1]
    msgid = dict(tag.partition("=")[::2] for tag in tags.split(";"))["msgid"]
    echo = room.anna.expect_body("hello", from_=room.jid + "/anna")
    assert echo.get("id") == ident
    stanza_id = echo.find("sid:stanza-id", NS)
    assert stanza_id.get("id") == msgid and \
        stanza_id.get("by") == room.jid, show(echo)
    room.carl.say("#c", "hi")
    mine = room.carl.expect(r"^@.*msgid=(\w+).* PRIVMSG #c :hi")[1]
    heard = room.anna.expect_body("hi")
    assert heard.find("sid:stanza-id", NS).get("id") == mine


def test_errors_belong_to_their_message(room):
    """labeled-response: of several on the way, the right one is refused."""
    def refuse_bad(conn, msg):
        if "bad" not in msg.params[1]:
            return False
        conn.reply(404, msg.params[0], "Cannot send that")
        return True
    room.server.hooks["PRIVMSG"] = refuse_bad
    good = [room.anna.message(room.jid, "good %d" % n, "groupchat")
            for n in range(3)]
    bad = room.anna.message(room.jid, "a bad one", "groupchat")
    good += [room.anna.message(room.jid, "good %d" % n, "groupchat")
             for n in range(3, 6)]
    error = room.anna.expect("message", type="error")
    assert error.get("id") == bad, show(error)
    assert "Cannot send that" in show(error)
    for n, ident in enumerate(good):
        assert room.anna.expect_body("good %d" % n).get("id") == ident


def test_a_message_to_nobody(room):
    ident = room.anna.message("nobody@localhost", "are you there?")
    error = room.anna.expect("message", type="error")
    assert error.get("id") == ident
    assert condition_of(error)[1] == "item-not-found"


def test_old_messages_have_their_time(room):
    """server-time: a bouncer plays back."""
    room.server.send(
        "anna", "@time=2024-03-01T12:30:00.250Z;msgid=x1 "
        ":carl!u@h PRIVMSG #c :long ago")
    old = room.anna.expect_body("long ago")
    delay = old.find("delay:delay", NS)
    assert delay.get("stamp").startswith("2024-03-01T12:30:00"), show(old)
    room.carl.say("#c", "now")
    assert room.anna.expect_body("now").find("delay:delay", NS) is None


def test_long_lines(ircv3, instances, clients, irc):
    """LINELEN: what fits one line of this server is one line."""
    server = ircv3(line_max=2048, caps={"draft/multiline": None})
    instance = instances("server_mode", service__irc_server="127.0.0.1:%d"
                         % server.port)
    carl = irc("carl", server=server)
    carl.join("#c")
    anna = clients(instance, "anna")
    anna.join("#c@localhost", "anna")
    text = "ä" * 900
    anna.message("#c@localhost", text, "groupchat")
    assert carl.expect("PRIVMSG #c :(.*)")[1] == text
    anna.expect_body(text)
    assert not server.offences


def test_standard_replies(room):
    """FAIL is told, whatever it is about."""
    room.server.send("anna", ":irc.test FAIL * ACCOUNT_REQUIRED_TO_CONNECT "
                       ":You must be logged in here")
    room.anna.expect("message", lambda m: "You must be logged in here"
                       in (body_of(m) or ""))


# ------------------------------------------------------------- contacts

def test_contacts_by_monitor(modern, irc):
    modern.anna.send("<presence type='subscribe' to='dora@localhost'/>")
    modern.anna.expect("presence", type="subscribed",
                      from_=lambda j: j.startswith("dora@localhost"))
    modern.server.expect("anna", r"^(@.* )?MONITOR \+ :?dora")
    dora = irc("dora", server=modern.server)
    modern.anna.expect("presence", type="",
                      from_=lambda j: j.startswith("dora@localhost"))
    dora.close()
    modern.anna.expect("presence", type="unavailable",
                      from_=lambda j: j.startswith("dora@localhost"))


def test_contacts_by_ison(ircv3, instances, clients, irc):
    """Where there is no MONITOR it is asked for now and then."""
    server = ircv3(isupport={"MONITOR": None})
    server.hooks["MONITOR"] = lambda conn, msg: \
        conn.reply(421, "MONITOR", "Unknown command") or True
    instance = instances("server_mode", service__irc_server="127.0.0.1:%d"
                         % server.port)
    irc("dora", server=server)
    anna = clients(instance, "anna")
    anna.send("<presence type='subscribe' to='dora@localhost'/>")
    anna.expect("presence", type="", timeout=30,
                from_=lambda j: j.startswith("dora@localhost"))
    assert server.lines("anna", "ISON.*dora")
