# SPDX-License-Identifier: GPL-2.0-or-later
"""Server mode: clients whose connections break take up their sessions
(XEP-0198).  Nothing is missing, nothing comes twice, nobody notices."""
import re
import socket
import xml.etree.ElementTree as ET

import pytest

from harness.process import wait_for
from harness.raw import RawStream
from harness.xmpp import body_of

SM = "urn:xmpp:sm:3"
STANZAS = ["{jabber:client}" + name for name in ("message", "presence", "iq")]


class Phone:
    """A client that counts, as XEP-0198 says, over all its connections."""

    def __init__(self, port, name):
        self.port, self.name = port, name
        self.session, self.handled, self.bodies = None, 0, []
        self.unacked, self.sent = [], 0
        self.connect()
        self.stream.bind("phone")
        self.stream.send("<enable xmlns='%s' resume='true'/>" % SM)
        self.session = self.stream.expect("<enabled [^>]* id='([^']*)'"
                                          "[^>]*/>").group(1)
        self.follow()

    def connect(self):
        self.stream = RawStream(self.port, "localhost")
        self.stream.open()
        self.stream.plain(self.name, "pw")
        self.stream.expect("<success[^>]*>")
        self.stream.open()

    def follow(self):
        """From here on every element is looked at."""
        self.parser = ET.XMLPullParser(["start", "end"])
        self.parser.feed("<stream xmlns='jabber:client' xmlns:stream="
                         "'http://etherx.jabber.org/streams'>")
        self.depth = 0

    def resume(self):
        """An upgrade may break the new connection, too."""
        for _ in range(10):
            try:
                return self.try_to_resume()
            except OSError:
                pass
            except AssertionError:
                if not self.stream.at_end:
                    raise
            self.stream.close()
        raise AssertionError("never resumed")

    def try_to_resume(self):
        self.connect()
        self.stream.send("<resume xmlns='%s' previd='%s' h='%d'/>"
                         % (SM, self.session, self.handled))
        answer = self.stream.expect("<(resumed|failed) [^>]*h='([0-9]+)'"
                                    "[^>]*/>")
        assert answer.group(1) == "resumed"
        self.confirmed(int(answer.group(2)))
        self.follow()
        for stanza in self.unacked:
            self.say(stanza)

    def say(self, text):
        """What does not leave is sent again when the session is resumed."""
        try:
            self.stream.send(text)
        except OSError:
            pass

    def confirmed(self, count):
        del self.unacked[:count - (self.sent - len(self.unacked))]

    def send(self, stanza):
        self.unacked.append(stanza)
        self.sent += 1
        self.say(stanza)

    def element(self, element):
        if element.tag in STANZAS:
            self.handled += 1
        if element.tag == "{%s}r" % SM:
            self.say("<a xmlns='%s' h='%d'/>" % (SM, self.handled))
        if element.tag == "{%s}a" % SM:
            self.confirmed(int(element.get("h")))
        body = element.findtext("{jabber:client}body")
        if body is not None:
            self.bodies.append(body)

    def read(self, timeout=0.1):
        """What is there, up to half a kilobyte."""
        try:
            self.stream.sock.settimeout(timeout)
            data = self.stream.got.encode() or self.stream.sock.recv(512)
        except socket.timeout:
            return
        except OSError:
            data = b""
        if not data:
            self.crash()
            self.resume()
            return
        self.stream.got = ""
        self.parser.feed(data)
        for event, element in self.parser.read_events():
            self.depth += 1 if event == "start" else -1
            if event == "end" and self.depth == 1:
                self.element(element)

    def crash(self):
        """No goodbye; what the kernel has read for us is lost."""
        self.stream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                    b"\1\0\0\0\0\0\0\0")
        self.stream.close()


def on_irc(carl, nick):
    def there():
        carl.send("ISON " + nick)
        return carl.matching(" 303 .*:%s" % nick)
    wait_for(there, 20, nick + " on IRC")


@pytest.fixture
def phone(irc_server_mode, unique):
    made = Phone(irc_server_mode.port, unique("anna"))
    made.send("<presence/>")
    yield made
    made.stream.close()


def test_broken_under_traffic(irc_server_mode, phone, irc, unique):
    """Both ways, and the connection breaks every few messages."""
    carl = irc(unique("carl"))
    on_irc(carl, phone.name)
    for number in range(300):
        carl.say(phone.name, "up %d" % number)
        phone.send("<message to='%s@localhost' type='chat' id='d%d'><body>"
                   "down %d</body></message>" % (carl.nick, number, number))
        if number % 7 == 0:
            phone.read(0.001)
        if number % 30 == 29:
            phone.crash()
            phone.resume()
    carl.expect(":down 299$", timeout=60)
    wait_for(lambda: phone.read() or "up 299" in phone.bodies, 60,
             "the last message")
    assert [b for b in phone.bodies if b.startswith("up ")] == \
        ["up %d" % number for number in range(300)]
    downs = [re.search(":down ([0-9]+)$", line).group(1)
             for line in carl.matching(":down [0-9]+$")]
    assert downs == [str(number) for number in range(300)]
    assert not carl.matching("%s.*QUIT" % phone.name)


def test_never_back(instances, ngircd, clients, irc, unique):
    """What it has not confirmed waits for the next login."""
    instance = instances("server_mode", service__resume_timeout=2,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    carl = irc(unique("carl"))
    phone = Phone(instance.port, unique("anna"))
    phone.send("<presence/>")
    on_irc(carl, phone.name)
    phone.crash()
    instance.process.wait_log("it may come back", 20)
    carl.say(phone.name, "are you there?")
    instance.process.wait_log("it has not come back", 20)
    anna = clients(instance, phone.name)
    message = anna.expect_body("are you there?")
    assert message.find("{urn:xmpp:delay}delay") is not None


def test_upgrade(irc_server_mode, phone, clients, irc, unique):
    """The program is exchanged under traffic: who can resume loses nothing,
    the others are told to log in again."""
    carl, nick = irc(unique("carl")), unique("bea")
    bea = clients(irc_server_mode, nick)
    on_irc(carl, phone.name)
    on_irc(carl, nick)
    for number in range(200):
        carl.say(phone.name, "up %d" % number)
        phone.send("<message to='%s@localhost' type='chat' id='d%d'><body>"
                   "down %d</body></message>" % (carl.nick, number, number))
        phone.read(0.001)
        if number in (50, 100, 150):
            result = irc_server_mode.ask("upgrade", timeout=60)
            assert result.returncode == 0, result
    wait_for(lambda: phone.read() or "up 199" in phone.bodies, 60,
             "the last message")
    carl.expect(":down 199$", timeout=60)
    assert [b for b in phone.bodies if b.startswith("up ")] == \
        ["up %d" % number for number in range(200)]
    downs = [re.search(":down ([0-9]+)$", line).group(1)
             for line in carl.matching(":down [0-9]+$")]
    assert downs == [str(number) for number in range(200)]
    assert not carl.matching("%s.*QUIT" % phone.name)
    bea.wait_end()
    assert bea.failure == "reset"


def test_slixmpp(irc_server_mode, clients, irc, unique):
    """A library that was not written by us."""
    carl = irc(unique("carl"))
    nick = unique("anna")
    anna = clients(irc_server_mode, nick, plugins=("xep_0198",))
    resumed = []
    anna.xmpp.add_event_handler("session_resumed", resumed.append)
    on_irc(carl, nick)
    carl.say(nick, "one")
    anna.expect_body("one")
    anna.drop()
    irc_server_mode.process.wait_log("it may come back", 20)
    carl.say(nick, "two")
    carl.sync()
    anna.failure = None
    anna._call(anna._connect())
    wait_for(lambda: resumed, 20, "the session to be resumed")
    anna.expect_body("two")
    carl.say(nick, "three")
    anna.expect_body("three")
    heard = [body_of(m) for m in anna.matching("message")]
    assert [b for b in heard if b in ("one", "two", "three")] == \
        ["one", "two", "three"]
    assert not carl.matching("%s.*QUIT" % nick)
