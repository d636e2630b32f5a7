# SPDX-License-Identifier: GPL-2.0-or-later
"""People of X on an XMPP roster: as the mode has them, as they are followed
elsewhere, and as the user adds, removes and blocks them."""
import pytest

from harness import x as network
from harness.process import wait_for
from harness.xmpp import NS, body_of, show
from test_contacts import BLOCKING, roster, set_item
from test_gateway import Gateway
from test_settings import command
from test_twitter import asked, is_on

pytestmark = pytest.mark.skipif(network.MISSING is not None,
                                reason=str(network.MISSING))


class Person:
    """Somebody who is logged in, and whose account follows two others."""

    def __init__(self, x, unique):
        self.x = x
        self.name = unique("alice")
        self.bob, self.carol = unique("bob"), unique("carol")
        for name in self.name, self.bob, self.carol:
            x.user(name)
        for name in self.bob, self.carol:
            x.follow(self.name, name)

    def at(self, name):
        return "%s@%s" % (name, self.gateway)

    def enter(self, client, gateway):
        self.client, self.gateway = client, gateway
        # XEP-0191: of the account; of the gateway behind another server.
        self.blocklist = None if client.bare.endswith("@" + gateway) else \
            gateway
        link = network.link_in(asked(client, gateway))
        client.message(gateway, self.x.auth.approve(link, self.name))
        is_on(client, self.at(network.CONTACT))
        return self

    def mode(self, mode):
        command(self.client, self.gateway, "settings", {"mode": mode})

    def people(self):
        """Who is on the roster, beside what is always there."""
        return {jid.partition("@")[0]: item[0]
                for jid, item in roster(self.client).items()
                if jid.endswith("@" + self.gateway) and
                item[1] not in ("none", "remove") and
                jid != self.at(network.CONTACT)}

    def follows(self):
        return {self.x.people[i]["username"] for i in self.x.relations[
            "following", self.x.find(self.name)["id"]]}


@pytest.fixture(params=["server", "behind"])
def alice(request, x, shared_instances, clients, prosody, accounts, unique):
    """In server mode, and behind a server that lets rosters be written."""
    p = Person(x, unique)
    if request.param == "server":
        instance = shared_instances("server_mode", **network.settings(
            x, service__enable_remove_buddy=1))
        return p.enter(clients(instance, p.name), instance.jid)
    gateway = Gateway(prosody, "gw1", shared_instances,
                      **network.settings(
                          x, service__enable_remove_buddy=1)).start()
    client = accounts(prosody, "alice")
    gateway.register(client, p.name, presence=False)
    client.send("<presence to='%s' type='subscribed'/>" % gateway.jid)
    client.send("<presence to='%s'/>" % gateway.jid)
    return p.enter(client, gateway.jid)


def test_roster(x, alice):
    client, bob, carol = alice.client, alice.at(alice.bob), \
        alice.at(alice.carol)
    assert alice.people() == {}
    alice.mode("1")
    is_on(client, bob)
    is_on(client, carol)
    wait_for(lambda: alice.people() == {alice.bob: alice.bob.title(),
                                        alice.carol: alice.carol.title()})
    # The last post is the status; the picture is told with the presence.
    x.post(alice.bob, "what a day")
    client.expect("presence", lambda p: p.findtext("c:status", "", NS) ==
                  "what a day", 20, from_=lambda j: j.startswith(bob))
    client.expect("message", lambda m: "what a day" in (body_of(m) or ""),
                  from_=lambda j: j.startswith(bob))
    card = client.get(bob, "<vCard xmlns='vcard-temp'/>")
    assert card.findtext("{vcard-temp}NICKNAME") == alice.bob
    assert card.find("{vcard-temp}PHOTO") is not None, show(card)

    # What the user does to the roster is done on X.
    x.user(alice.name + "_dave")
    dave = alice.at(alice.name + "_dave")
    client.send("<presence type='subscribe' to='%s'/>" % dave)
    client.expect("presence", type="subscribed", from_=dave)
    is_on(client, dave)
    assert alice.name + "_dave" in alice.follows()
    client.set(alice.blocklist, "<block xmlns='%s'><item jid='%s'/></block>"
               % (BLOCKING, carol))
    assert x.relations["blocking", x.find(alice.name)["id"]] == [
        x.find(alice.carol)["id"]]

    # The user's own name and groups for somebody stay, whatever X says.
    set_item(client, bob, "Mum", ["Family"])
    if alice.blocklist is not None:
        client.send("<presence type='unavailable' to='%s'/>" % alice.gateway)
        client.expect("presence", type="unavailable", from_=alice.gateway)
        client.clear()
        client.send("<presence to='%s'/>" % alice.gateway)
        is_on(client, bob)
    x.find(alice.bob)["name"] = "Dr. Bob"
    for text in "what a night", "and another day":  # the roster comes later
        x.post(alice.bob, text)
        client.expect("presence", lambda p: p.findtext("c:status", "", NS) ==
                      text, 20, from_=lambda j: j.startswith(bob))
    name, _, _, groups = roster(client)[bob]
    assert (name, groups) == ("Mum", ["Family"])

    # Mode 1 is over: only whom the user has added is left.
    alice.mode("0")
    wait_for(lambda: list(alice.people()) == [alice.name + "_dave"])
    assert alice.follows() == {alice.bob, alice.carol, alice.name + "_dave"}
    set_item(client, dave, remove=True)
    wait_for(lambda: alice.people() == {})
    wait_for(lambda: alice.follows() == {alice.bob, alice.carol})
