# SPDX-License-Identifier: GPL-2.0-or-later
"""The libpurple backend from end to end: an XMPP client, our two modes, and
behind prpl-jabber another XMPP server, behind prpl-irc an IRC server."""
import base64
import hashlib
import os
import re
import signal
import time

import pytest

from harness.instance import PURPLE_BACKEND
from harness.process import wait_for
from harness.raw import register_account
from harness.servers import Prosody
from harness.xmpp import NS, body_of, condition_of, quote, statuses
from test_gateway import Gateway

pytestmark = pytest.mark.skipif(not os.path.exists(PURPLE_BACKEND),
                                reason="no libpurple backend")


class Network(Prosody):
    """Not the server on our own side."""
    domain = "network.test"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    server = Network(tmp_path_factory.mktemp("network"), rooms=True).start()
    yield server
    server.stop()


@pytest.fixture
def people(network, unique, clients):
    """people("bob"): somebody with an account there, logged in."""
    def make(name, login=True):
        user = unique(name)
        register_account(network.port, network.domain, user, "pw")
        return clients(network, user) if login else user
    return make


def options(network):
    return {"service__backend": PURPLE_BACKEND,
            "service__protocol": "prpl-jabber",
            "purple__connect_server": "127.0.0.1",
            "purple__port": network.port,
            "purple__connection_security": "opportunistic_tls",
            "purple__auth_plain_in_clear": 1}


def here(name, domain):
    """What an address of the network is on our side."""
    return name.replace("@", "\\40") + "@" + domain


def room_of(network, unique):
    return "%s@conference.%s" % (unique("tea"), network.domain)


def enter(client, room, nick):
    """A room that lets everybody in at once."""
    presences, _ = client.join(room, nick)
    if 201 in statuses(presences[-1]):
        client.set(room, "<query xmlns='http://jabber.org/protocol/muc#owner'>"
                   "<x xmlns='jabber:x:data' type='submit'/></query>")


def test_gateway(network, prosody, instances, gateway_name, accounts, people,
                 unique):
    """From registration to a room, through a component of a server."""
    gateway = Gateway(prosody, gateway_name, instances,
                      **options(network)).start()
    bob, anna = people("bob"), accounts(prosody, "anna")
    name = people("anna", login=False)
    gateway.register(anna, "%s@%s" % (name, network.domain), "pw")
    bob_here = here(bob.bare, gateway.jid)

    anna.message(bob_here, "one < two")
    heard = bob.expect_body("one < two", type="chat")
    bob.message(heard.get("from"), "three & four")
    anna.expect_body("three & four",
                     from_=lambda jid: jid.startswith(bob_here))

    room = room_of(network, unique)
    enter(bob, room, "Bob B")
    bob.message(room, "said before", "groupchat")
    bob.expect_body("said before")
    tea = here(room, gateway.jid)
    presences, subject = anna.join(tea, "Anna")
    assert [p.get("from") for p in presences] == [tea + "/Bob B", tea + "/Anna"]
    item = presences[0].find("user:x/user:item", NS)
    assert (item.get("role"), item.get("affiliation")) == ("moderator",
                                                           "owner")
    assert not subject.findtext("c:subject", "", NS)
    old = anna.expect_body("said before", from_=tea + "/Bob B")
    assert old.find("delay:delay", NS) is not None
    ident = anna.message(tea, "hello", "groupchat")
    bob.expect_body("hello", from_=room + "/Anna")
    anna.expect_body("hello", from_=tea + "/Anna", id=ident)
    bob.message(room, "to you", "groupchat")
    anna.expect_body("to you", from_=tea + "/Bob B", type="groupchat")
    anna.message(tea + "/Bob B", "psst")
    bob.expect_body("psst", from_=room + "/Anna", type="chat")
    bob.message(room + "/Anna", "what?")
    anna.expect_body("what?", from_=tea + "/Bob B", type="chat")

    bob.send("<presence to=%s><show>away</show></presence>"
             % quote(room + "/Bob C"))
    gone = anna.expect("presence", from_=tea + "/Bob B", type="unavailable")
    assert 303 in statuses(gone)
    anna.expect("presence", lambda p: p.findtext("c:show", "", NS) == "away",
                from_=tea + "/Bob C")
    anna.send("<presence to=%s/>" % quote(tea + "/Bob C"))
    error = anna.expect("presence", type="error")
    assert condition_of(error)[1] == "conflict"
    bob.send("<message to=%s type='groupchat'><subject>leaves</subject>"
             "</message>" % quote(room))
    anna.expect("message", lambda m: m.findtext("c:subject", "", NS) ==
                "leaves", from_=tea + "/Bob C")
    assert any(tea == i.get("jid") for i in anna.get(
        gateway.jid, "<query xmlns='%s'/>" % NS["items"]))
    bob.set(room, "<query xmlns='http://jabber.org/protocol/muc#admin'><item "
            "nick='Anna' role='none'><reason>enough</reason></item></query>")
    gone = anna.expect("presence", from_=tea + "/Anna", type="unavailable")
    assert {110, 307} <= statuses(gone)
    assert gone.findtext("user:x/user:item/user:reason", "", NS) == "enough"
    bob.send("<message to=%s><x xmlns='%s'><invite to=%s><reason>again</reason>"
             "</invite></x></message>" % (
                 quote(room), NS["user"],
                 quote("%s@%s" % (name, network.domain))))
    invited = anna.expect("message", lambda m: m.find("user:x/user:invite", NS)
                          is not None or "jabber:x:conference" in
                          [c.tag[1:].partition("}")[0] for c in m])
    assert tea in (invited.get("from"),
                   *(c.get("jid") for c in invited))


def roster_item(jid, inside="", **attributes):
    return "<query xmlns='%s'><item jid=%s%s>%s</item></query>" % (
        NS["roster"], quote(jid), "".join(" %s=%s" % (k, quote(v))
                                          for k, v in attributes.items()),
        inside)


def pushed(client, jid, **attributes):
    """Wait for a roster push that says this of jid."""
    def says(iq):
        item = iq.find("roster:query/roster:item", NS)
        return item is not None and item.get("jid") == jid and all(
            item.get(k) == v for k, v in attributes.items())
    return client.expect("iq", says, type="set")


def test_contacts(network, instances, clients, people):
    """In server mode, where our roster is the network's list."""
    instance = instances("server_mode", **options(network))
    bob, elsewhere = people("bob"), people("anna")
    account = elsewhere.bare.replace("@", "%")
    anna = clients(instance, account, password="pw")
    anna.get(None, "<query xmlns='%s'/>" % NS["roster"])
    bob_here = here(bob.bare, instance.jid)
    # Asked to be a contact, which is for both.
    bob.send("<presence type='subscribe' to=%s/>" % quote(elsewhere.bare))
    anna.expect("presence", type="subscribe", from_=bob_here)
    anna.send("<presence type='subscribed' to=%s/>" % quote(bob_here))
    bob.expect("presence", type="subscribe")
    bob.send("<presence type='subscribed' to=%s/>" % quote(elsewhere.bare))
    anna.expect("presence", type="", from_=lambda j: j.startswith(bob_here))
    bob.send("<presence><show>dnd</show><status>a &lt; b</status></presence>")
    anna.expect("presence", lambda p: (
        p.findtext("c:show", "", NS), p.findtext("c:status", "", NS)) ==
        ("dnd", "a < b"), from_=lambda j: j.startswith(bob_here))
    # Named and grouped here, then there, then removed there.
    anna.set(None, roster_item(bob_here, "<group>Friends</group>",
                               name="Robert"))

    def known():
        item, = elsewhere.get(None, "<query xmlns='%s'/>" % NS["roster"])
        return (item.get("name"), item.findtext("roster:group", "", NS)) == (
            "Robert", "Friends")
    wait_for(known, 10, "the network to know the name")
    anna.clear()
    elsewhere.set(None, roster_item(bob.bare, name="Bobby"))
    pushed(anna, bob_here, name="Bobby")
    # His picture; it is fetched when a client asks.
    picture = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x20"
               + b"x" * 500)
    bob.set(None, "<vCard xmlns='vcard-temp'><FN>Robert B</FN><PHOTO><TYPE>"
            "image/png</TYPE><BINVAL>%s</BINVAL></PHOTO></vCard>" %
            base64.b64encode(picture).decode())
    bob.send("<presence/>")
    sha1 = hashlib.sha1(picture).hexdigest()
    anna.expect("presence", lambda p: p.findtext("photo:x/photo:photo", "",
                                                 NS) == sha1)
    card = anna.get(bob_here, "<vCard xmlns='vcard-temp'/>", timeout=25)
    assert card.findtext("vcard:FN", "", NS) == "Robert B"
    assert base64.b64decode(card.findtext("vcard:PHOTO/vcard:BINVAL", "",
                                          NS)) == picture
    elsewhere.set(None, roster_item(bob.bare, subscription="remove"))
    pushed(anna, bob_here, subscription="remove")
    # Two are added; one of them is removed there while anna is away.
    eve, carl = (here(name + "@" + network.domain, instance.jid)
                 for name in ("eve", "carl"))
    for jid in (eve, carl):
        anna.set(None, roster_item(jid))
    wait_for(lambda: len(elsewhere.get(
        None, "<query xmlns='%s'/>" % NS["roster"])) == 2, 10, "both")
    anna.close()
    elsewhere.set(None, roster_item("eve@" + network.domain,
                                    subscription="remove"))
    anna.login()
    anna.get(None, "<query xmlns='%s'/>" % NS["roster"])
    wait_for(lambda: [i.get("jid") for i in anna.get(
        None, "<query xmlns='%s'/>" % NS["roster"])] == [carl], 10,
        "the one who has gone to be gone")


class Crowd:
    """Anna in a room with bob, who both number what they say."""

    def __init__(self, network, instance, anna, bob, room):
        self.anna, self.bob, self.room = anna, bob, room
        self.tea = here(room, instance.jid)
        self.sent, self.count = {}, 0

    def talk(self, turns):
        for _ in range(turns):
            self.count += 1
            ident = self.anna.message(self.tea, "a%d." % self.count,
                                      "groupchat")
            self.sent[ident] = "a%d." % self.count
            self.bob.message(self.room, "b%d." % self.count, "groupchat")
            time.sleep(0.01)

    def bodies(self, client, letter):
        return [body_of(m) for m in client.matching("message", type="groupchat")
                if re.fullmatch(letter + r"\d+\.", body_of(m) or "")]

    def unaccounted(self):
        """Neither seen by bob nor reported as failed."""
        seen = set(self.bodies(self.bob, "a"))
        failed = {m.get("id") for m in
                  self.anna.matching("message", type="error")}
        return [i for i, body in self.sent.items()
                if body not in seen and i not in failed]

    def served(self, text):
        """Both hear each other, and anna hears herself, once."""
        def both():
            self.count += 1
            body = "%s%d" % (text, self.count)
            self.anna.message(self.tea, body, "groupchat")
            try:
                self.bob.expect_body(body, 1)
                self.anna.expect_body(body, 1)
            except AssertionError:
                return False
            return True
        wait_for(both, 20, "the room to be there again")
        self.bob.message(self.room, text + " bob", "groupchat")
        self.anna.expect_body(text + " bob", from_=self.tea + "/bob")


@pytest.mark.timeout(180)
def test_killed_and_hung(network, instances, clients, people, unique):
    """kill -9 of the backend while all talk, then one that hangs: the room is
    there again, no client sees presences, and every message has arrived or is
    refused."""
    instance = instances("server_mode", service__ping_interval=1,
                         **options(network))
    bob = people("bob")
    name = people("anna", login=False)
    anna = clients(instance, name + "%" + network.domain)
    room = room_of(network, unique)
    enter(bob, room, "bob")
    crowd = Crowd(network, instance, anna, bob, room)
    anna.join(crowd.tea, "anna")
    crowd.talk(50)
    wait_for(lambda: len(crowd.bodies(anna, "b")) == 50, 20)
    killed = time.monotonic()
    victim, = instance.backends()
    os.kill(victim, signal.SIGKILL)
    crowd.talk(100)
    wait_for(lambda: not crowd.unaccounted(), 30,
             "every message to have arrived or failed")
    crowd.served("back")
    heard = crowd.bodies(bob, "a")
    assert heard == sorted(set(heard), key=lambda b: int(b[1:-1]))
    heard = crowd.bodies(anna, "b")
    assert len(heard) == len(set(heard)), "told twice"
    assert not anna.matching("presence", since=killed)

    victim, = instance.backends()
    os.kill(victim, signal.SIGSTOP)
    crowd.talk(20)
    wait_for(lambda: not crowd.unaccounted(), 30,
             "every message to have arrived or failed")
    crowd.served("awake")
    assert not anna.matching("presence", since=killed)
    assert not anna.ended


def test_irc(instances, prosody, gateway_name, ngircd, accounts, irc, unique):
    """prpl-irc, and its backend killed.  The plug-in says a line a second."""
    gateway = Gateway(prosody, gateway_name, instances,
                      service__backend=PURPLE_BACKEND,
                      service__protocol="prpl-irc",
                      purple__port=ngircd.port).start()
    carl, nick, channel = irc(unique("carl")), unique("anna"), "#" + unique("c")
    carl.join(channel)
    anna = accounts(prosody, "anna")
    gateway.register(anna, nick + "@127.0.0.1")
    tea = "%s@%s" % (channel, gateway.jid)
    presences, _ = anna.join(tea, nick)
    assert tea + "/" + carl.nick in [p.get("from") for p in presences]
    carl.expect("^:%s!.* JOIN" % nick)
    ident = anna.message(tea, "hello", "groupchat")
    carl.expect("^:%s!.* PRIVMSG %s :hello" % (nick, channel))
    anna.expect_body("hello", from_=tea + "/" + nick, id=ident)
    carl.say(channel, "hi there")
    anna.expect_body("hi there", from_=tea + "/" + carl.nick)
    killed = time.monotonic()
    victim, = gateway.instance.backends()
    os.kill(victim, signal.SIGKILL)
    carl.expect("^:%s!.* JOIN" % nick, 20)
    carl.say(channel, "are you back?")
    anna.expect_body("are you back?", from_=tea + "/" + carl.nick)
    assert not anna.matching("presence", since=killed)
