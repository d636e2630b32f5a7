# SPDX-License-Identifier: GPL-2.0-or-later
"""One-to-one messages through a real IRC server."""
import pytest

from harness.process import free_port
from harness.xmpp import NS, body_of, condition_of, show


@pytest.fixture
def pair(irc_server_mode, clients, irc, unique):
    class Pair:
        instance = irc_server_mode
        nick = unique("anna")
        anna = clients(irc_server_mode, nick)
        carl = irc(unique("carl"))
        to_carl = carl.nick + "@localhost"
    return Pair()


def test_there_and_back(pair):
    pair.anna.message(pair.to_carl, "hello <carl> & co")
    pair.carl.expect("^:%s!.* PRIVMSG %s :hello <carl> & co$"
                     % (pair.nick, pair.carl.nick))
    pair.carl.say(pair.nick, "hello ]]> \"anna\" ü")
    message = pair.anna.expect_body("hello ]]> \"anna\" ü")
    assert message.get("type") == "chat"
    assert message.get("from").partition("/")[0] == pair.to_carl
    assert message.get("id"), "no id: " + show(message)
    assert pair.anna.jid.startswith(message.get("to").partition("/")[0])


def test_order_is_kept(pair):
    for number in range(50):
        pair.anna.message(pair.to_carl, "down %d" % number)
        pair.carl.say(pair.nick, "up %d" % number)
    for number in range(50):
        pair.carl.expect(":down %d$" % number, timeout=60)
        pair.anna.expect_body("up %d" % number, timeout=60)
    ups = [body_of(m) for m in pair.anna.matching("message")
           if (body_of(m) or "").startswith("up ")]
    assert ups == ["up %d" % number for number in range(50)]


def test_to_nobody(pair, unique):
    ident = pair.anna.message(unique("nobody") + "@localhost", "hello?")
    error = pair.anna.expect("message", type="error", id=ident)
    assert condition_of(error)[1] in ("item-not-found",
                                      "recipient-unavailable")


def test_chat_state_alone_is_no_message(pair):
    pair.anna.send("<message to='%s' type='chat'><composing xmlns='%s'/>"
                   "</message>" % (pair.to_carl, NS["states"]))
    pair.anna.message(pair.to_carl, "after")
    pair.carl.expect(":after$")
    assert len(pair.carl.matching("^:%s!.* PRIVMSG" % pair.nick)) == 1


def test_control_characters(pair):
    """What XML cannot carry does not break the stream."""
    pair.carl.say(pair.nick, "\x02bold\x02 \x0304red\x03 \x1funder\x0f"
                             " \x01\x07 \xad end1")
    pair.anna.expect("message", lambda m: "end1" in (body_of(m) or ""))
    pair.carl.sock.sendall(b"PRIVMSG %s :broken \xff\xfe\xc3( end2\r\n"
                           % pair.nick.encode())
    pair.anna.expect("message", lambda m: "end2" in (body_of(m) or ""))
    assert not pair.anna.ended


def test_ctcp_is_not_a_message(pair):
    pair.carl.say(pair.nick, "\x01VERSION\x01")
    pair.carl.expect("^:%s!.* NOTICE .*\x01VERSION " % pair.nick)
    pair.carl.say(pair.nick, "then a word")
    pair.anna.expect_body("then a word")
    assert not [m for m in pair.anna.matching("message")
                if "VERSION" in (body_of(m) or "")]


def test_notice(pair):
    pair.carl.send("NOTICE %s :mind the step" % pair.nick)
    pair.anna.expect("message",
                     lambda m: "mind the step" in (body_of(m) or ""))


def test_error_messages_are_not_answered(pair):
    pair.anna.send("<message type='error' to='%s' id='e1'><body>x</body>"
                   "<error type='cancel'><gone xmlns='%s'/></error>"
                   "</message>" % (pair.to_carl, NS["e"]))
    pair.anna.message(pair.to_carl, "after")
    pair.carl.expect(":after$")
    pair.anna.sync("localhost")
    assert not pair.anna.matching("message", id="e1")
    assert len(pair.carl.matching("PRIVMSG")) == 1


def test_empty_message_is_harmless(pair):
    pair.anna.send("<message to='%s' type='chat' id='e2'/>" % pair.to_carl)
    pair.anna.send("<message to='%s' type='chat' id='e3'><body/></message>"
                   % pair.to_carl)
    pair.anna.message(pair.to_carl, "after")
    pair.carl.expect(":after$")
    assert len(pair.carl.matching("PRIVMSG")) == 1


def test_message_to_all_resources(pair, clients):
    two = clients(pair.instance, pair.nick, resource="two")
    two.sync("localhost")
    pair.carl.say(pair.nick, "anybody there?")
    pair.anna.expect_body("anybody there?")
    two.expect_body("anybody there?")


class TestSeveralNetworks:
    """irc_server unset: the room's name says which network."""

    @pytest.fixture
    def multi(self, instances):
        return instances("server_mode")

    @staticmethod
    def room(channel, server):
        return "%s\\40127.0.0.1\\3a%d@localhost" % (channel, server.port)

    def test_room_on_each_of_two(self, multi, clients, irc, ngircd, inspircd,
                                 unique):
        nick, channel = unique("anna"), "#" + unique("room")
        anna = clients(multi, nick)
        for server in ngircd, inspircd:
            carl = irc(unique("carl"), server=server)
            carl.join(channel)
            room = self.room(channel, server)
            anna.join(room, nick)
            carl.expect("^:%s!.* JOIN" % nick)
            anna.message(room, "to " + str(server.port), "groupchat")
            carl.expect(":to %d" % server.port)
            carl.say(channel, "from %d" % server.port)
            anna.expect_body("from %d" % server.port,
                             from_=room + "/" + carl.nick)

    def test_unreachable_network(self, multi, clients, unique):
        nick = unique("anna")
        anna = clients(multi, nick)
        room = "#x\\40127.0.0.1\\3a%d@localhost" % free_port()
        anna.send_join(room, nick)
        error = anna.expect("presence", type="error", timeout=60)
        assert condition_of(error)[1] in (
            "remote-server-not-found", "remote-server-timeout",
            "item-not-found", "service-unavailable"), show(error)
        assert error.get("from") == room + "/" + nick

    def test_private_message_across(self, multi, clients, irc, ngircd,
                                    unique):
        nick, channel = unique("anna"), "#" + unique("room")
        anna = clients(multi, nick)
        carl = irc(unique("carl"))
        carl.join(channel)
        anna.join(self.room(channel, ngircd), nick)
        to_carl = "%s\\40127.0.0.1\\3a%d@localhost" % (carl.nick,
                                                       ngircd.port)
        anna.message(to_carl, "psst")
        carl.expect("^:%s!.* PRIVMSG %s :psst" % (nick, carl.nick))
