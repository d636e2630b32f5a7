# SPDX-License-Identifier: GPL-2.0-or-later
"""What users of biboumi are used to, with many networks as there: each test is
a row of the table in docs/IRC.md.  Most of it is said by other tests already;
these are the rest."""
import re

import pytest

from harness.process import free_port, wait_for
from harness.xmpp import NS, body_of, condition_of, escape, show, statuses

MUC_USER = "http://jabber.org/protocol/muc#user"


class Scene:
    """anna and her client, carl on IRC, and names as anna writes them."""

    def __init__(self, instance, client, nick, carl, port, channel):
        self.instance, self.anna, self.nick = instance, client, nick
        self.carl, self.channel = carl, channel
        self.server = "127.0.0.1\\3a%d@localhost" % port
        self.room = "%s%%%s" % (channel, self.server)

    def person(self, nick):
        return "%s%%%s" % (nick, self.server)

    def join(self, **how):
        result = self.anna.join(self.room, self.nick, **how)
        self.carl.expect("^:%s!.* JOIN" % self.nick)
        return result

    def occupant(self, nick, kind="", check=None):
        return self.anna.expect("presence", check, type=kind,
                                from_=self.room + "/" + nick)


@pytest.fixture
def many(instances):
    return instances("server_mode")


@pytest.fixture
def scene(many, ngircd, clients, irc, unique):
    carl, channel = irc(unique("carl")), "#" + unique("room")
    carl.join(channel)
    nick = unique("anna")
    return Scene(many, clients(many, nick, resource="one"), nick, carl,
                 ngircd.port, channel)


@pytest.fixture
def joined(scene):
    scene.join()
    return scene


def item(presence):
    return presence.find("user:x/user:item", NS)


def is_from(text):
    return lambda jid: jid.startswith(text)


# ------------------------------------------------------------- connecting

@pytest.mark.slow
def test_connected_by_joining_and_closed_by_leaving(joined):
    joined.anna.message(joined.room, "bye", "groupchat")
    joined.carl.expect("PRIVMSG .*:bye")
    joined.anna.leave(joined.room, joined.nick)
    joined.carl.expect(":%s!.* PART" % joined.nick)
    joined.carl.send("ISON " + joined.nick)
    joined.carl.expect(" 303 .*:%s" % joined.nick)

    def gone():
        joined.carl.send("ISON " + joined.nick)
        return not joined.carl.expect(" 303 [^ ]+ :(.*)")[1]
    wait_for(gone, 20, "the connection to be closed")


def test_state_of_the_connection_is_told(joined):
    """Chat from server@gateway, in which the name of the server is."""
    joined.anna.expect("message", lambda m: "Connecting to 127.0.0.1" in (
        body_of(m) or ""), from_=is_from(joined.server), type="chat")


def test_message_of_the_day_in_one_message(joined):
    motd = joined.anna.expect(
        "message", lambda m: "hello" in (body_of(m) or ""),
        from_=is_from(joined.server))
    assert motd.get("type") == "chat"


def test_no_server_there(many, clients):
    """The join is answered by an error, and soon."""
    anna = clients(many, "anna")
    anna.send_join("#c%%127.0.0.1\\3a%d@localhost" % free_port(), "anna")
    error = anna.expect("presence", type="error")
    assert condition_of(error)[1] == "remote-server-not-found", show(error)


# ------------------------------------------------------------- joining

@pytest.mark.parametrize("mode,condition,kind", [
    ("+i", "registration-required", "auth"),
    ("+k secret", "not-authorized", "auth"),
    ("+l 1", "service-unavailable", "wait"),
    ("+b *!*@*", "forbidden", "auth")])
def test_no_client_waits_for_a_refused_join(scene, mode, condition, kind):
    """biboumi sends a text for most of these; here each is an error of the
    presence, with the server's words."""
    scene.carl.send("MODE %s %s" % (scene.channel, mode))
    scene.carl.expect("MODE")
    scene.anna.send_join(scene.room, scene.nick)
    error = scene.anna.expect("presence", type="error",
                              from_=is_from(scene.room))
    assert condition_of(error) == (kind, condition), show(error)
    assert error.findtext("c:error/e:text", None, NS)


def test_the_newcomer_is_told_who_is_there(scene):
    """Occupants, self with 110 last, history, subject."""
    presences, subject = scene.join()
    others, own = presences[:-1], presences[-1]
    assert [p.get("from") for p in others] == [
        scene.room + "/" + scene.carl.nick]
    assert item(others[0]).get("affiliation") == "admin"
    assert item(others[0]).get("role") == "moderator"
    assert item(own).get("role") == "participant"
    assert subject.findtext("c:subject", None, NS) in ("", None)


def test_topic_with_its_setter(scene):
    scene.carl.send("TOPIC %s :roses" % scene.channel)
    scene.carl.expect("TOPIC")
    _, subject = scene.join()
    assert subject.get("from") == scene.room + "/" + scene.carl.nick
    assert subject.findtext("c:subject", None, NS) == "roses"
    scene.anna.send("<message type='groupchat' to='%s'><subject>one\ntwo"
                    "</subject></message>" % escape(scene.room))
    scene.carl.expect("TOPIC .*:one two")


# ------------------------------------------------------------- talking

def test_not_utf8(joined):
    joined.carl.sock.sendall(b"PRIVMSG %s :caf\xe9\r\n"
                             % joined.channel.encode())
    joined.anna.expect_body("café")


def test_colours_and_styles(joined):
    joined.carl.say(joined.channel, "\x02bold\x02 \x1ditalic\x1d "
                    "\x0304,01red\x03 \x1funder\x0f plain")
    message = joined.anna.expect_body("bold italic red under plain")
    html = message.find(".//{http://www.w3.org/1999/xhtml}body")
    assert html is not None, show(message)
    assert "".join(html.itertext()) == "bold italic red under plain"
    assert "red" in show(html)


def test_notices_in_rooms(joined):
    joined.carl.send("NOTICE %s :attention please" % joined.channel)
    notice = joined.anna.expect(
        "message", lambda m: "attention please" in (body_of(m) or ""))
    assert notice.get("from").startswith(joined.room)
    assert notice.get("type") == "groupchat"


def test_private_messages(joined):
    """To nick%server@gateway, and from there."""
    joined.anna.message(joined.person(joined.carl.nick), "psst")
    joined.carl.expect("PRIVMSG %s :psst" % joined.carl.nick)
    joined.carl.say(joined.nick, "what?")
    joined.anna.expect_body("what?",
                            from_=is_from(joined.person(joined.carl.nick)))


def test_raw_commands_and_answers(joined):
    """Text to server@gateway is a command of IRC."""
    joined.anna.message(joined.server, "VERSION")
    joined.anna.expect("message", lambda m: "ngircd" in (
        body_of(m) or "").lower(), from_=is_from(joined.server))
    joined.anna.message(joined.server, "NONSENSE")
    joined.anna.expect("message", lambda m: "nknown command" in (
        body_of(m) or ""), from_=is_from(joined.server))


def test_mode_by_a_typed_command(scene):
    scene.join()
    scene.carl.send("MODE %s +o %s" % (scene.channel, scene.nick))
    scene.occupant(scene.nick, check=lambda p:
                   item(p).get("role") == "moderator")
    scene.anna.message(scene.room, "/mode +m", "groupchat")
    scene.carl.expect(r":%s!.* MODE %s :?\+m" % (scene.nick, scene.channel))


# ------------------------------------------------------------- roles

def moderate(scene, attributes, reason=""):
    return scene.anna.iq("set", scene.room, (
        "<query xmlns='http://jabber.org/protocol/muc#admin'><item %s>"
        "<reason>%s</reason></item></query>") % (attributes, reason))


@pytest.mark.parametrize("attributes,mode", [
    ("role='moderator'", r"\+[oh]"), ("affiliation='admin'", r"\+o"),
    ("affiliation='member'", r"\+v")])
def test_roles_and_affiliations_become_modes(scene, attributes, mode):
    scene.join()
    refused = moderate(scene, "nick='%s' affiliation='none'"
                       % scene.carl.nick)
    assert condition_of(refused) == ("auth", "forbidden"), show(refused)
    scene.carl.send("MODE %s +o %s" % (scene.channel, scene.nick))
    scene.occupant(scene.nick, check=lambda p:
                   item(p).get("role") == "moderator")
    scene.carl.send("MODE %s -o %s" % (scene.channel, scene.carl.nick))
    scene.occupant(scene.carl.nick, check=lambda p:
                   item(p).get("role") == "participant")
    answer = moderate(scene, "nick='%s' %s" % (scene.carl.nick, attributes))
    assert answer.get("type") == "result", show(answer)
    scene.carl.expect(":%s!.* MODE %s :?%s" % (scene.nick, scene.channel,
                                               mode))


def test_quit_reason(joined, irc, unique):
    dora = irc(unique("dora"))
    dora.join(joined.channel)
    joined.occupant(dora.nick)
    dora.send("QUIT :my train leaves")
    gone = joined.occupant(dora.nick, "unavailable")
    assert "my train leaves" in gone.findtext("c:status", "", NS)


# ------------------------------------------------------------- history

@pytest.fixture
def past(joined, clients):
    """Five messages were said; a second client of anna can now join."""
    for n in range(5):
        joined.carl.say(joined.channel, "old %d" % n)
    joined.anna.expect_body("old 4")
    joined.second = clients(joined.instance, joined.nick, resource="two")
    return joined


@pytest.mark.parametrize("wish,expected", [
    ("maxstanzas='2'", 2), ("maxchars='0'", 0), ("seconds='3600'", 5),
    ("since='2099-01-01T00:00:00Z'", 0), ("", 5)])
def test_history_as_wished(past, wish, expected):
    past.second.send(
        "<presence to='%s/%s'><x xmlns='http://jabber.org/protocol/muc'>%s"
        "</x></presence>" % (escape(past.room), past.nick,
                             "<history %s/>" % wish if wish else ""))
    past.second.expect("message", lambda m: m.find("c:subject", NS)
                       is not None)
    old = [m for m in past.second.matching("message")
           if (body_of(m) or "").startswith("old ")]
    assert len(old) == expected, [body_of(m) for m in old]
    assert all(m.find("delay:delay", NS) is not None for m in old)


# ------------------------------------------------------------- other things

def test_invitations_both_ways(joined, irc, unique):
    other = "#" + unique("other")
    joined.carl.join(other)
    joined.carl.send("INVITE %s %s" % (joined.nick, other))
    invited = joined.anna.expect("message", lambda m: m.find(
        "user:x/user:invite", NS) is not None)
    assert invited.get("from").startswith(other + "%")
    dora = irc(unique("dora"))
    joined.anna.send("<message to='%s'><x xmlns='%s'><invite to='%s'/></x>"
                     "</message>" % (escape(joined.room), MUC_USER,
                                     escape(joined.person(dora.nick))))
    dora.expect("INVITE %s :?%s" % (dora.nick, joined.channel))


def test_gateway_and_server_accept_subscriptions(joined):
    joined.anna.send("<presence type='subscribe' to='%s'/>"
                     % escape(joined.server))
    joined.anna.expect("presence", type="subscribed",
                       from_=is_from(joined.server))
    joined.anna.expect("presence", type="", from_=is_from(joined.server))
    joined.anna.message(joined.server, "QUIT :enough")
    joined.anna.expect("presence", type="unavailable",
                       from_=is_from(joined.server))


def test_version_of_an_occupant(joined):
    """XEP-0092 is CTCP VERSION."""
    ident = "v1"
    joined.anna.send("<iq type='get' id='%s' to='%s/%s'><query xmlns="
                     "'jabber:iq:version'/></iq>" % (
                         ident, escape(joined.room), joined.carl.nick))
    joined.carl.expect("PRIVMSG %s :\x01VERSION\x01" % joined.carl.nick)
    joined.carl.send("NOTICE %s :\x01VERSION tester 1.0\x01" % joined.nick)
    answer = joined.anna.expect("iq", id=ident, type="result")
    assert "tester" in show(answer)


def test_version_asked_on_irc(joined):
    """CTCP VERSION is asked of the user's client."""
    joined.carl.say(joined.nick, "\x01VERSION\x01")
    joined.carl.expect("NOTICE %s :\x01VERSION .+\x01" % joined.carl.nick)


def test_ping_of_an_occupant(joined):
    """XEP-0199 is CTCP PING; to oneself it says that one is in."""
    joined.anna.send("<iq type='get' id='p1' to='%s/%s'><ping xmlns="
                     "'urn:xmpp:ping'/></iq>" % (escape(joined.room),
                                                 joined.carl.nick))
    what = joined.carl.expect("PRIVMSG %s :(\x01PING .*\x01)"
                              % joined.carl.nick)[1]
    joined.carl.send("NOTICE %s :%s" % (joined.nick, what))
    joined.anna.expect("iq", id="p1", type="result")
    for jid in joined.server, "localhost", joined.room + "/" + joined.nick:
        joined.anna.get(jid, "<ping xmlns='urn:xmpp:ping'/>")


def test_other_ctcp_is_shown_or_ignored(joined):
    joined.carl.say(joined.nick, "\x01FINGER\x01")
    joined.carl.say(joined.nick, "after")
    joined.anna.expect_body("after")


def test_list_of_channels(joined):
    """disco#items of the server, in pages."""
    items = joined.anna.get(joined.server, "<query xmlns='%s'><set xmlns='%s'>"
                            "<max>1</max></set></query>" % (NS["items"],
                                                            NS["rsm"]))
    assert len(items.findall("items:item", NS)) == 1
    assert items.find("rsm:set/rsm:last", NS) is not None
    assert items.find("items:item", NS).get("jid").endswith(joined.server)


def test_what_things_are(joined):
    for jid, category in ("localhost", "conference"), (
            joined.server, "conference"), (joined.room, "conference"):
        info = joined.anna.disco_info(jid)
        categories = {i.get("category") for i in
                      info.findall("info:identity", NS)}
        assert category in categories, show(info)


def test_real_jid_of_occupants(joined):
    """Where the client may see it: nick%server@gateway."""
    joined.anna.leave(joined.room, joined.nick)
    joined.anna.expect("presence", type="unavailable")
    presences, _ = joined.anna.join(joined.room, joined.nick)
    assert item(presences[0]).get("jid").startswith(
        joined.person(joined.carl.nick))


def test_lost_and_back(many, own_ngircd, clients, irc):
    """biboumi never reconnects; here rooms come back by themselves."""
    carl = irc("carl", server=own_ngircd)
    carl.join("#c")
    scene = Scene(many, clients(many, "anna"), "anna", carl, own_ngircd.port,
                  "#c")
    scene.join()
    own_ngircd.restart()
    carl = irc("carl2", server=own_ngircd)
    carl.join("#c")
    if not carl.matching(" 353 .*anna"):
        carl.expect(":anna!.* JOIN", timeout=40)
    scene.anna.message(scene.room, "back", "groupchat")
    carl.expect("PRIVMSG #c :back")
    assert not [p for p in scene.anna.matching("presence")
                if 332 in statuses(p)]


def test_odd_nicks(joined, irc, unique):
    """JID escaping (XEP-0106) where biboumi has %server@gateway/nick."""
    nick = unique("a") + "`[x]"
    odd = irc(nick)
    joined.anna.message(joined.person(nick.lower()), "hello, odd one")
    odd.expect("PRIVMSG %s :hello, odd one" % re.escape(nick.lower()))
    odd.say(joined.nick, "hello yourself")
    heard = joined.anna.expect_body("hello yourself")
    assert heard.get("from").partition("/")[0] == \
        joined.person(nick.lower()), show(heard)
