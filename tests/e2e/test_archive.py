# SPDX-License-Identifier: GPL-2.0-or-later
"""Rooms without a client: archives (XEP-0313, asked by slixmpp), staying in
over absence, restarts, kills and upgrades; nothing lost, nothing twice."""
import sqlite3
import time

import pytest

from harness.process import wait_for
from harness.xmpp import NS, Client, body_of, show
from test_gateway import Gateway
from test_upgrade import upgrade

MAM = {**NS, "mam": "urn:xmpp:mam:2", "fwd": "urn:xmpp:forward:0"}


class Place:
    """anna, a user of ours, and carl, on IRC, in the same room."""

    def __init__(self, instance, carl, channel, nick):
        self.instance, self.carl, self.nick = instance, carl, nick
        self.channel, self.room = channel, channel + "@" + instance.jid
        carl.join(channel)

    def enter(self, **how):
        found = self.anna.join(self.room, self.nick, **how)
        return found

    def say(self, *texts):
        for text in texts:
            self.carl.say(self.channel, text)
            self.carl.sync()

    def hear(self, *texts):
        return [self.anna.expect_body(text, 20) for text in texts]

    def rows(self):
        with sqlite3.connect("file:%s/database.sql?mode=ro" %
                             self.instance.directory, uri=True) as database:
            return database.execute(
                "SELECT sum(n) FROM archive").fetchone()[0] or 0

    def told(self):
        """Messages to users, so far."""
        return int(self.instance.answer("messages_to_xmpp"))

    def restart(self, how):
        if how == "orderly":
            self.instance.stop()
        else:
            self.instance.kill()
        self.instance.start()


class BehindServer(Place):
    def __init__(self, gateway, accounts, *more):
        super().__init__(gateway.instance, *more)
        self.gateway = gateway
        self.anna = accounts(gateway.server, "anna", resource="one",
                             plugins=("xep_0313",))
        gateway.register(self.anna, self.nick)

    def leave(self):
        self.anna.send("<presence to='%s' type='unavailable'/>"
                       % self.instance.jid)
        self.anna.send("<presence to='%s/%s' type='unavailable'/>"
                       % (self.room, self.nick))
        self.anna.expect("presence", from_=self.instance.jid,
                         type="unavailable")
        self.anna.clear()

    def come(self):
        self.anna.send("<presence to='%s'/>" % self.instance.jid)
        self.anna.expect("presence", from_=self.instance.jid, type="",
                         timeout=30)


class Server(Place):
    def __init__(self, instance, clients, unique, *more):
        super().__init__(instance, *more)
        self.anna = clients(instance, self.nick, resource="one",
                            plugins=("xep_0313",))

    def leave(self):
        self.anna.close()
        self.anna.wait_end()
        self.anna.clear()

    def come(self):
        self.anna.login()


@pytest.fixture(params=["gateway", "server"])
def place(request, instances, ngircd, irc, unique):
    """place(setting=...)"""
    def make(**settings):
        where = irc(unique("carl")), "#" + unique("room"), unique("anna")
        settings["service__irc_server"] = "127.0.0.1:%d" % ngircd.port
        if request.param == "server":
            clients = request.getfixturevalue("clients")
            return Server(instances("server_mode", **settings), clients,
                          unique, *where)
        gateway = Gateway(request.getfixturevalue("prosody"),
                          request.getfixturevalue("gateway_name"), instances,
                          **settings)
        return BehindServer(gateway.start(),
                            request.getfixturevalue("accounts"), *where)
    return make


def archive(client, room, page=10, **how):
    """All that slixmpp finds there, a page at a time: [(id, body)]."""
    async def ask():
        found = []
        async for message in client.xmpp["xep_0313"].iterate(
                jid=room, rsm={"max": page}, **how):
            result = message["mam_result"]
            inner = result["forwarded"]["stanza"]
            found.append((result["id"], inner["body"]))
        return found
    return Client._call(ask())


def stanza_id(message):
    return message.find("sid:stanza-id", NS).get("id")


def query(client, room, inside=""):
    """The results and the <fin/> of a question in plain XML."""
    client.clear()
    answer = client.iq("set", room, "<query xmlns='urn:xmpp:mam:2'>%s</query>"
                       % inside)
    return [m for m in client.matching("message", from_=room)
            if m.find("mam:result", MAM) is not None], answer


def test_archive(place):
    """What was heard is found, page by page, under the ids that it had; in the
    room, out of it, and after a restart."""
    here = place()
    here.enter()
    texts = ["number %d" % n for n in range(25)]
    here.say(*texts)
    heard = [(stanza_id(m), body_of(m)) for m in here.hear(*texts)]
    here.anna.message(here.room, "mine", "groupchat")
    heard += [(stanza_id(m), "mine") for m in here.hear("mine")]
    assert "urn:xmpp:mam:2" in here.anna.features(here.room)
    assert archive(here.anna, here.room) == heard
    assert archive(here.anna, here.room, page=100) == heard
    assert archive(here.anna, here.room, page=7, reverse=True) == \
        list(reversed(heard))
    results, fin = query(here.anna, here.room, "<set xmlns='http://jabber.org/"
                         "protocol/rsm'><after>unknown</after></set>")
    assert fin.get("type") == "error", show(fin)
    here.leave()
    here.come()
    assert archive(here.anna, here.room) == heard
    here.restart("orderly")
    if isinstance(here, Server):
        here.anna.wait_end()
        here.come()
    else:
        here.gateway.wait_for_answers(here.anna)
    assert archive(here.anna, here.room) == heard


def test_only_ones_own(place, clients, accounts, unique):
    here = place()
    here.enter()
    here.say("between us")
    here.hear("between us")
    if isinstance(here, Server):
        other = clients(here.instance, unique("eve"), plugins=("xep_0313",))
    else:
        other = accounts(here.gateway.server, "eve", plugins=("xep_0313",))
    assert archive(other, here.room) == []
    assert len(archive(here.anna, here.room)) == 1


@pytest.mark.slow
def test_not_recorded(place):
    here = place(service__record_history=0)
    here.enter()
    here.say("off the record")
    here.hear("off the record")
    time.sleep(4)           # longer than gathering takes: nothing comes of it
    assert here.rows() == 0
    assert archive(here.anna, here.room) == []


@pytest.mark.parametrize("end", ["orderly", "kill -9"])
@pytest.mark.timeout(180)
def test_history_after_a_restart(place, end):
    """Whoever joins after a restart gets history as before, once."""
    here = place()
    here.enter()
    texts = ["before %d" % n for n in range(5)]
    here.say(*texts)
    ids = [stanza_id(m) for m in here.hear(*texts)]
    wait_for(lambda: here.rows() == 5, 10, "all of it to be written")
    here.restart(end)
    if isinstance(here, Server):
        here.anna.wait_end()
        here.come()
    else:
        here.gateway.wait_for_answers(here.anna)
        here.come()
    here.anna.clear()
    here.anna.send_join(here.room, here.nick)
    again = here.hear(*texts)
    assert [stanza_id(m) for m in again] == ids
    assert all(m.find("delay:delay", NS) is not None for m in again)
    here.anna.sync(here.instance.jid)
    assert not [m for m in here.anna.inbox if body_of(m[1]) in texts]


def test_away(place):
    """The user goes, and is away; is spoken to; and comes back without a
    word on IRC, to all that was said meanwhile."""
    here = place(service__persistent_by_default=1)
    here.enter()
    here.carl.expect("^:%s!.* JOIN" % here.nick)
    here.leave()

    def is_away():
        here.carl.send("WHOIS " + here.nick)
        here.carl.expect(" 318 ")
        return any(" 301 " in line for line in here.carl.lines[-10:])
    wait_for(is_away, 20, "%s to be away" % here.nick)
    texts = ["missed %d" % n for n in range(25)]
    here.say(*texts)
    here.come()
    presences, _ = here.enter()
    assert len(presences) == 2
    found = here.hear(*texts)
    assert len(here.anna.matching("message", lambda m: body_of(m) in texts)
               ) == 25
    assert archive(here.anna, here.room) == \
        [(stanza_id(m), body_of(m)) for m in found]
    wait_for(lambda: not is_away(), 20, "%s to be back" % here.nick)
    here.say("welcome")
    here.hear("welcome")
    assert not here.carl.matching("^:%s!.* (PART|QUIT)" % here.nick)
    assert len(here.carl.matching("^:%s!.* JOIN" % here.nick)) == 1


@pytest.mark.parametrize("end", ["orderly", "kill -9"])
@pytest.mark.timeout(180)
@pytest.mark.slow
def test_joined_again_at_the_start(place, end):
    """Nobody is there when it begins again, and still the user is in, hears
    all, and finds it."""
    here = place(service__persistent_by_default=1)
    here.enter()
    here.say("before")
    here.hear("before")
    here.leave()
    here.say("while away")
    wait_for(lambda: here.rows() == 2, 10, "both to be written")
    here.restart(end)
    here.carl.expect("^:%s!.* (QUIT|PART)" % here.nick, 30)
    here.carl.expect("^:%s!.* JOIN" % here.nick, 40)
    here.say("after")
    wait_for(lambda: here.rows() == 3, 10, "the third to be written")
    here.come()
    here.enter()
    assert [body for _, body in archive(here.anna, here.room)] == [
        "before", "while away", "after"]
    here.anna.message(here.room, "I am back", "groupchat")
    here.carl.expect("^:%s!.*PRIVMSG.*I am back" % here.nick)


@pytest.mark.timeout(180)
def test_over_an_upgrade(place):
    """The network sees nothing of it; what is said before, meanwhile and
    after is there once."""
    here = place(service__persistent_by_default=1)
    here.enter()
    here.leave()
    here.say("before")
    upgrade(here.instance)
    here.say("after")
    here.come()
    here.enter()
    here.hear("before", "after")
    assert [body for _, body in archive(here.anna, here.room)] == [
        "before", "after"]
    here.carl.sync()
    assert not here.carl.matching("^:%s!.* (PART|QUIT)" % here.nick)
    assert len(here.carl.matching("^:%s!.* JOIN" % here.nick)) == 1


@pytest.mark.timeout(180)
@pytest.mark.parametrize("end", [None, "orderly"])
def test_private_messages_meanwhile(place, end):
    """Those to the user alone are kept, too, by whoever is their server."""
    here = place(service__persistent_by_default=1)
    here.enter()
    here.leave()
    if not isinstance(here, Server):
        here.anna.close()
        here.anna.wait_end()
        here.anna.clear()
    before = here.told()
    here.carl.say(here.nick, "psst")
    here.carl.sync()
    if end is not None:
        wait_for(lambda: here.told() > before, 10, "it to be on its way")
        here.restart(end)
        here.carl.expect("^:%s!.* JOIN" % here.nick, 40)
    if isinstance(here, Server):
        here.come()
    else:
        here.anna.login()
        here.come()
    here.hear("psst")
    here.anna.sync(here.instance.jid)
    assert len(here.anna.matching("message", lambda m: body_of(m) == "psst")
               ) == 1
