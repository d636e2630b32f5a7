# SPDX-License-Identifier: GPL-2.0-or-later
"""The network's list of contacts and the user's roster: each follows what is
changed on the other, in server mode, with and without privileges."""
import pytest

from harness.network import Refusal
from harness.process import wait_for
from harness.xmpp import NS, condition_of, local, quote, show

BLOCKING = "urn:xmpp:blocking"


def roster(client):
    """{jid: (name, subscription, ask, groups)}"""
    query = client.get(None, "<query xmlns='jabber:iq:roster'/>")
    return {item.get("jid"): (
        item.get("name"), item.get("subscription"), item.get("ask"),
        sorted(g.text for g in item.findall("roster:group", NS)))
        for item in query}


def set_item(client, jid, name=None, groups=(), remove=False):
    return client.iq("set", None, "<query xmlns='jabber:iq:roster'><item "
                     "jid=%s%s%s>%s</item></query>" % (
                         quote(jid), name and " name=" + quote(name) or "",
                         remove and " subscription='remove'" or "",
                         "".join("<group>%s</group>" % g for g in groups)))


def befriend(person, name, /, **params):
    """On the list and on the roster; what a client does for that, too."""
    jid = person.contact(name, **params).lower()
    if person.scene.kind == "plain":
        person.client.expect("presence", type="subscribe", from_=jid)
        person.client.send("<presence type='subscribed' to='%s'/>" % jid)
        person.client.send("<presence type='subscribe' to='%s'/>" % jid)
        person.client.expect("presence", type="subscribed", from_=jid)
    wait_for(lambda: roster(person.client).get(jid, "--")[1] == "both")
    return jid


def sub(client, kind, jid, text=""):
    client.send("<presence type='%s' to=%s>%s</presence>" % (
        kind, quote(jid), text and "<status>%s</status>" % text))


def test_changes_of_the_network(scene):
    anna = scene.person()
    bob = befriend(anna, "bob", name="Bob", groups=["Friends", "Work"])
    anna.notify("contact_presence", contact="bob", show="away", status="hm",
                since=86400000)
    here = anna.client.expect("presence", type="",
                              from_=lambda f: f.startswith(bob))
    assert here.findtext("c:show", None, NS) == "away"
    assert here.find("{urn:xmpp:idle:1}idle").get("since").startswith(
        "1970-01-02")
    last = anna.client.get(bob, "<query xmlns='jabber:iq:last'/>")
    assert int(last.get("seconds")) > 50 * 365 * 86400
    if scene.kind != "plain":
        assert roster(anna.client)[bob] == ("Bob", "both", None,
                                            ["Friends", "Work"])
        anna.contact("bob", name="Robert", groups=["Family"])
        wait_for(lambda: roster(anna.client)[bob] == (
            "Robert", "both", None, ["Family"]))
        anna.contact("bob", groups=[])
        wait_for(lambda: roster(anna.client)[bob][3] == [])
    anna.notify("contact_removed", contact="bob")
    anna.client.expect("presence", type="unavailable",
                       from_=lambda f: f.startswith(bob))
    wait_for(lambda: roster(anna.client).get(bob, "--")[1] in ("-", "none"))


def test_seen_behind_the_item(scene):
    """Who is on the roster is seen there, and told once."""
    if scene.kind == "plain":
        pytest.skip("the user says who is on that roster")
    anna = scene.person()
    bob = anna.jid("bob")

    def is_item(iq, name=None):
        item = iq.find("roster:query/roster:item", NS)
        return iq.get("type") == "set" and item is not None and (
            item.get("jid") == bob and name in (None, item.get("name")))
    for name in "Bob", "Robert":
        anna.contact("bob", name=name)
        anna.notify("contact_presence", contact="bob", show="away")
        anna.client.expect("iq", lambda iq: is_item(iq, name))
        anna.settle()
    told = [local(xml) for _, xml in anna.client.log if is_item(xml) or
            local(xml) == "presence" and
            xml.get("from").startswith(bob + "/")]
    assert told == ["iq", "presence", "iq"]


def test_removed_meanwhile(scene):
    """Who is not on the list any more at the next login is not on the roster
    either."""
    anna = scene.person()
    bob, carl = befriend(anna, "bob"), befriend(anna, "carl")
    anna.client.close()
    anna.expect("logout")
    anna.network.expect("login", anna.bare)
    anna.clients.clear()
    anna.login()
    anna.contact("carl")
    anna.notify("contacts_end")
    wait_for(lambda: roster(anna.client).get(bob, "--")[1] in ("-", "none"))
    assert roster(anna.client)[carl][1] == "both"


def test_renamed_by_the_user(scene):
    if scene.kind == "plain":
        pytest.skip("the gateway cannot see that roster")
    anna = scene.person()
    bob = befriend(anna, "Bob", name="Bob", groups=["Friends"])

    def pushed(name):
        anna.client.expect("iq", lambda q: name in [
            i.get("name") for i in q.findall("roster:query/roster:item", NS)],
            type="set")
    pushed("Bob")
    assert set_item(anna.client, bob, "Bobby",
                    ["Work"]).get("type") == "result"
    if not scene.server_mode:       # it looks when a client comes
        anna.client.send("<presence type='unavailable' to='%s'/>"
                         % anna.gateway)
        anna.expect("logout")
        anna.client.send("<presence to='%s'/>" % anna.gateway)
    # ... ten seconds after another look, at the earliest.
    change = anna.expect("contact_update", timeout=25, contact="Bob")
    assert change["name"] == "Bobby" and change["groups"] == ["Work"]
    # Every client is told; and a network that refuses has the last word.
    pushed("Bobby")
    if not scene.server_mode:
        return

    def refuse(_):
        raise Refusal("not_allowed", "no")
    anna.network.answer("contact_update", refuse, anna.bare)
    assert condition_of(set_item(anna.client, bob, "Bill")) == (
        "cancel", "not-allowed")
    assert roster(anna.client)[bob][0] == "Bobby"


def test_added_and_removed_by_the_user(scene):
    anna = scene.person()
    bob = anna.jid("bob")
    set_item(anna.client, bob, "Bob", ["Friends"])
    sub(anna.client, "subscribe", bob, "It is me")
    added = anna.expect("contact_add", contact="bob")
    if scene.kind != "plain":
        assert added["name"] == "Bob" and added["groups"] == ["Friends"]
    if not scene.server_mode:
        assert added["text"] == "It is me"
    anna.client.expect("presence", type="subscribed", from_=bob)
    wait_for(lambda: roster(anna.client)[bob][1] in ("to", "both"))
    assert len(anna.network.seen("contact_add", anna.bare)) == 1
    wait_for(lambda: roster(anna.client)[bob][3] == ["Friends"])
    set_item(anna.client, bob, remove=True)
    anna.expect("contact_remove", contact="bob")
    wait_for(lambda: bob not in roster(anna.client))


def test_waiting_for_an_answer(scene):
    """The contact is asked by the network, and answers some day."""
    anna = scene.person()
    bob, eve = anna.jid("bob"), anna.jid("eve")
    anna.network.answer("contact_add", lambda p: anna.notify(
        "contact", contact=p["contact"], subscription="ask"), anna.bare)
    for jid, name in ((bob, "bob"), (eve, "eve")):
        set_item(anna.client, jid)
        sub(anna.client, "subscribe", jid)
        anna.expect("contact_add", contact=name)
        if scene.server_mode:       # it is the server that has the roster
            anna.expect("contact_add", contact=name)
        wait_for(lambda: roster(anna.client).get(jid, "---")[1:3] == (
            "none", "subscribe"))
    assert not anna.client.matching("presence", type="subscribed", from_=bob)
    anna.contact("bob", subscription="both")
    anna.client.expect("presence", type="subscribed", from_=bob)
    wait_for(lambda: roster(anna.client)[bob][1] in ("to", "both"))
    anna.contact("eve", subscription="none")
    anna.client.expect("presence", type="unsubscribed", from_=eve)
    wait_for(lambda: roster(anna.client)[eve][1:3] == ("none", None))


def test_refused_at_once(scene):
    anna = scene.person()

    def refuse(_):
        raise Refusal("not_found", "Nobody has this name.")
    anna.network.answer("contact_add", refuse, anna.bare)
    sub(anna.client, "subscribe", anna.jid("bob"))
    no = anna.client.expect("presence", type="unsubscribed",
                            from_=anna.jid("bob"))
    if scene.server_mode:           # a server may leave the text out
        assert no.findtext("c:status", None, NS) == "Nobody has this name."


def test_somebody_asks(scene):
    anna = scene.person()
    for name in ("bob", "eve"):
        anna.notify("contact_request", contact=name, name=name.title(),
                    text="Hello, it is " + name)
        asked = anna.client.expect("presence", type="subscribe",
                                   from_=anna.jid(name))
        assert asked.findtext("c:status", None, NS) == \
            "Hello, it is " + name, show(asked)
    assert anna.jid("bob") not in roster(anna.client)
    sub(anna.client, "subscribed", anna.jid("bob"))
    anna.expect("contact_allow", contact="bob")
    sub(anna.client, "subscribe", anna.jid("bob"))
    anna.expect("contact_add", contact="bob")
    anna.client.expect("presence", type="subscribed", from_=anna.jid("bob"))
    sub(anna.client, "unsubscribed", anna.jid("eve"))
    anna.expect("contact_deny", contact="eve")


def blocked(client, to):
    items = client.get(to, "<blocklist xmlns='%s'/>" % BLOCKING)
    return [item.get("jid") for item in items]


def test_blocking(scene):
    anna = scene.person()
    client, to = anna.client, None if scene.server_mode else anna.gateway
    bob, eve = befriend(anna, "bob"), anna.jid("eve")
    item = "<%%s xmlns='%s'><item jid=%%s/></%%s>" % BLOCKING
    assert BLOCKING in client.features(anna.gateway)
    for jid, name in ((bob, "bob"), (eve, "eve")):
        client.set(to, item % ("block", quote(jid), "block"))
        anna.expect("contact_block", contact=name, blocked=True)
        client.expect("iq", lambda q: q.find("{%s}block" % BLOCKING) is not
                      None, type="set")
    assert sorted(blocked(client, to)) == [bob, eve]
    # A stranger is on no list by that.
    assert eve not in roster(client)
    client.set(to, item % ("unblock", quote(eve), "unblock"))
    anna.expect("contact_block", contact="eve", blocked=False)
    anna.contact("bob", blocked=False)
    wait_for(lambda: blocked(client, to) == [])

    def refuse(_):
        raise Refusal("not_allowed")
    anna.network.answer("contact_block", refuse, anna.bare)
    assert condition_of(client.iq("set", to, item % (
        "block", quote(bob), "block"))) == ("cancel", "not-allowed")
    assert blocked(client, to) == []
