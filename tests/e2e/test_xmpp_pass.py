# SPDX-License-Identifier: GPL-2.0-or-later
"""What passes between a user's client and that of somebody on another XMPP
server: requests nobody in between knows, sessions of Jingle, messages that are
encrypted, and who can do what."""
import pytest
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from harness.xmpp import NS, body_of, condition_of, quote, show
from harness.xmpp_pair import pairs_of

JINGLE = "urn:xmpp:jingle:1"
CUSTOM = "urn:example:custom"
OMEMO = "eu.siacs.conversations.axolotl"
DEVICES = OMEMO + ".devicelist"
BUNDLE = OMEMO + ".bundles:7"
PUBSUB = "http://jabber.org/protocol/pubsub"
TUNE = "http://jabber.org/protocol/tune"
ENCRYPTED = ("<encrypted xmlns='%s'><header sid='7'><key rid='8'>a2V5</key>"
             "<iv>aXY=</iv></header><payload>eA==</payload></encrypted>"
             "<encryption xmlns='urn:xmpp:eme:0' namespace='%s'/>"
             "<store xmlns='urn:xmpp:hints'/>" % (OMEMO, OMEMO))
KEY = "<encrypted xmlns='%s'><header sid='7'/></encrypted>" % OMEMO

each_mode = pytest.mark.parametrize(
    "pair", pairs_of("prosody-ejabberd", "server-prosody"), indirect=True)


def answers(client, tag, inside=""):
    """Requests with this payload are answered by that."""
    def answer(iq):
        client.send("<iq type='result' id=%s to=%s>%s</iq>" % (
            quote(iq["id"]), quote(str(iq["from"])), inside))
    client.xmpp.register_handler(Callback(
        tag, MatchXPath("{jabber:client}iq/%s" % tag), answer))


def encrypted(message):
    return message.find("{%s}encrypted" % OMEMO) is not None


def jingle(action):
    return ("<jingle xmlns='%s' action='%s' sid='s1'><content creator="
            "'initiator' name='voice'><description media='audio' xmlns="
            "'urn:xmpp:jingle:apps:rtp:1'/></content></jingle>"
            % (JINGLE, action))


def acts(action):
    def check(iq):
        element = iq.find("{%s}jingle" % JINGLE)
        return element is not None and element.get("action") == action
    return check


def publish(client, node, payload):
    client.set(None, "<pubsub xmlns='%s'><publish node='%s'><item "
               "id='current'>%s</item></publish></pubsub>"
               % (PUBSUB, node, payload))


def items(client, jid, node):
    return client.get(jid, "<pubsub xmlns='%s'><items node='%s'/></pubsub>"
                      % (PUBSUB, node))


def events(node):
    def check(message):
        found = message.find("{%s#event}event/{%s#event}items"
                             % (PUBSUB, PUBSUB))
        return found is not None and found.get("node") == node
    return check


@pytest.fixture
def two(pair):
    """Anna, who wants events, and bob; and how each addresses the other's
    client."""
    class Two:
        anna, bob = pair.user("anna", resource="desk"), pair.peer("bob",
                                                                  "phone")
        here = pair.jid_of(bob)
        to_bob = pair.jid_of(bob.jid)
    pair.friends(Two.anna, Two.bob)
    Two.anna.message(Two.here, "where are you?")
    Two.to_anna = Two.bob.expect_body("where are you?").get("from")
    return Two


@each_mode
def test_requests(pair, two):
    """Answers and errors reach exactly who asked."""
    anna, bob = two.anna, two.bob
    for client in anna, bob:
        answers(client, "{%s}q" % CUSTOM, "<q xmlns='%s'>%s</q>"
                % (CUSTOM, client.bare))
        answers(client, "{%s}jingle" % JINGLE)
    for asks, to, asked in ((anna, two.to_bob, bob), (bob, two.to_anna, anna)):
        for kind in "get", "set":
            answer = asks.iq(kind, to, "<q xmlns='%s'/>" % CUSTOM, 20)
            assert answer.get("from") == to
            assert answer[0].text == asked.bare, show(answer)
        answer = asks.iq("set", to, "<q xmlns='urn:example:none'/>", 20)
        assert answer.get("type") == "error"
        assert condition_of(answer)[1] in ("feature-not-implemented",
                                           "service-unavailable")
        # A session from beginning to end.
        for by, at, end, action in (
                (asks, to, asked, "session-initiate"),
                (asked, two.to_bob if asked is anna else two.to_anna, asks,
                 "session-accept"),
                (asks, to, asked, "session-terminate")):
            by.set(at, jingle(action), 20)
            iq = end.expect("iq", acts(action), type="set")
            assert iq.find("*/*/*").get("media") == "audio"
    # To a client that is not there, and what never passes.
    answer = anna.iq("get", two.here + "/nowhere", "<q xmlns='%s'/>" % CUSTOM,
                     20)
    assert answer.get("type") == "error"
    answer = bob.iq("set", two.to_anna, "<query xmlns='jabber:iq:register'/>",
                    20)
    assert condition_of(answer)[1] == "service-unavailable"
    # Of two clients, that which has written.
    lap = anna.another("lap")
    answers(lap, "{%s}q" % CUSTOM, "<q xmlns='%s'>lap</q>" % CUSTOM)
    lap.get(two.to_bob, "<q xmlns='%s'/>" % CUSTOM, 20)
    assert bob.get(two.to_anna, "<q xmlns='%s'/>" % CUSTOM, 20).text == "lap"
    anna.get(two.to_bob, "<q xmlns='%s'/>" % CUSTOM, 20)
    assert bob.get(two.to_anna, "<q xmlns='%s'/>" % CUSTOM, 20).text == \
        anna.bare


@each_mode
def test_encrypted(pair, two):
    """OMEMO: messages beside and without words; devices and keys of a
    contact."""
    anna, bob = two.anna, two.bob
    publish(bob, DEVICES, "<list xmlns='%s'><device id='7'/></list>" % OMEMO)
    publish(bob, BUNDLE, "<bundle xmlns='%s'><identityKey>aWQ=</identityKey>"
            "</bundle>" % OMEMO)
    assert "id=\"7\"" in show(items(anna, two.here, DEVICES))
    assert "aWQ=" in show(items(anna, two.here, BUNDLE))
    for by, at, end in ((anna, two.here, bob), (bob, two.to_anna, anna)):
        by.message(at, "you cannot read this", extra=ENCRYPTED)
        message = end.expect("message", encrypted, timeout=20)
        assert body_of(message) == "you cannot read this"
        assert message.find(".//{%s}key" % OMEMO).text == "a2V5"
        by.send("<message to=%s type='chat' id='k'>%s</message>"
                % (quote(at), KEY))
        message = end.expect("message", encrypted, id="k", timeout=20)
        assert body_of(message) is None and message.get("type") == "chat"


@each_mode
def test_clients(pair, two):
    """Two clients of a contact, each with its own abilities; events of its
    account, for who wants them."""
    anna, bob = two.anna, two.bob
    pad = pair.far_client(bob.bare, "pad", login=False)
    pad.login(presence=False)
    pad.xmpp["xep_0030"].add_feature(CUSTOM)
    pad._call(pad.xmpp["xep_0115"].update_caps())
    presence = anna.expect("presence", lambda p: p.find("caps:c", NS)
                           is not None, from_=two.here + "/pad", timeout=20)
    caps = presence.find("caps:c", NS)
    info = anna.disco_info(two.here + "/pad", "%s#%s" % (caps.get("node"),
                                                         caps.get("ver")))
    assert CUSTOM in [f.get("var") for f in info.findall("info:feature", NS)]
    pad.close()
    anna.expect("presence", type="unavailable", from_=two.here + "/pad")
    assert not anna.matching("presence", type="unavailable",
                             from_=lambda j: j in (two.here, two.to_bob))
    # What anna's client can do is told as her account's.
    bob.clear()
    anna.xmpp["xep_0030"].add_feature(TUNE + "+notify")
    anna.xmpp["xep_0030"].add_feature(CUSTOM)
    anna._call(anna.xmpp["xep_0115"].update_caps())
    if not pair.server_mode:
        anna._call(_directed(anna, pair.gateway))

    def knows(presence):
        c = presence.find("caps:c", NS)
        # One of before is not answered for any more.
        answer = bob.iq("get", two.to_anna, "<query xmlns='%s' node='%s#%s'/>"
                        % (NS["info"], c.get("node"), c.get("ver")), 20)
        return {CUSTOM, TUNE + "+notify"} <= {
            f.get("var") for f in answer.findall("*/info:feature", NS)}
    while not knows(bob.expect("presence", lambda p: p.find("caps:c", NS)
                               is not None, from_=two.to_anna, timeout=20)):
        pass
    publish(bob, TUNE, "<tune xmlns='%s'><title>Alle Jahre wieder</title>"
            "</tune>" % TUNE)
    event = anna.expect("message", events(TUNE), from_=two.here, timeout=20)
    assert "Alle Jahre wieder" in show(event)


async def _directed(client, to):
    """Its presence, with what it can do, to the gateway itself."""
    client.xmpp.send_presence(pto=to)
