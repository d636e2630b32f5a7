# SPDX-License-Identifier: GPL-2.0-or-later
"""The XMPP backend and what it has no word for: requests and messages between
two clients, and what each of them can do."""
import base64
import hashlib
import xml.etree.ElementTree as ET

import pytest

import driver
from driver import Failed
from harness.xmpp import NS, condition_of, local
from xmpp_driver import USER, Peer

OMEMO = "eu.siacs.conversations.axolotl"
JINGLE = "urn:xmpp:jingle:1"
CALL = "urn:xmpp:jingle-message:0"
PUBSUB = "http://jabber.org/protocol/pubsub"
ENCRYPTED = ("<encrypted xmlns='%s'><header sid='1'><key rid='2'>a&amp;b</key>"
             "</header><payload>c</payload></encrypted>" % OMEMO)
KEY = "<encrypted xmlns='%s'><header sid='1'/></encrypted>" % OMEMO
HINT = "<store xmlns='urn:xmpp:hints'/>"


def same(a, b):
    """Are two pieces of XML the same?"""
    return len({ET.canonicalize("<x>%s</x>" % t) for t in (a, b)}) == 1


def jingle(action, inside=""):
    return "<jingle xmlns='%s' action='%s' sid='s1'>%s</jingle>" % (
        JINGLE, action, inside)


OFFER = ("<content creator='initiator' name='a'><description "
         "xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'><payload-type "
         "id='0' name='PCMU'/></description><transport "
         "xmlns='urn:xmpp:jingle:transports:ice-udp:1' pwd='&lt;p&apos;'/>"
         "</content>")


@pytest.fixture
def peer(prosody):
    peers = []

    def login(account, resource, presence="<presence/>"):
        peers.append(Peer(prosody, account, resource))
        if presence:
            peers[-1].send(presence)
        return peers[-1]

    yield login
    for p in peers:
        p.close()


class Pair:
    """Bob, who has a backend, and ann, who has a client; each sees the
    other."""

    def __init__(self, b, bob, ann):
        self.b, self.bob, self.ann = b, bob, ann
        b.replies["stanza"] = driver.LATER
        b.enter(bob)
        b.wait("contacts_end")
        ann.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/>"
                 "</iq>")
        ann.expect("iq", id="r")
        b.call("contact_add", user=USER, contact=ann.bare)
        ann.expect("presence", type="subscribe")
        ann.send("<presence type='subscribed' to='%s'/>" % bob)
        self.presence = b.wait("contact_presence", contact=ann.bare)
        ann.send("<presence type='subscribe' to='%s'/>" % bob)
        b.wait("contact_request", contact=ann.bare)
        b.call("contact_allow", user=USER, contact=ann.bare)
        self.there = ann.expect("presence", lambda p: p.find("caps:c", NS)
                                is not None and not p.get("type")).get("from")

    def down(self, kind, type_, xml, **more):
        return self.b.start("stanza", user=USER, **{
            "kind": kind, "type": type_, "xml": xml, "peer": self.ann.bare,
            **more})

    def up(self, reply=None, **fields):
        """What the main process is asked to pass, and its answer."""
        m = self.b.wait("stanza", user=USER, **fields)
        if reply is not None:
            self.b.answer_event(m, reply)
        return m


@pytest.fixture
def pair(xmpp, prosody, account, peer):
    b = xmpp(host="127.0.0.1", port=prosody.port, tls="off")
    assert "raw" in b.features
    return Pair(b, account("bob"), peer(account("ann"), "phone"))


def test_requests(pair, account, peer):
    """A Jingle session, and requests that nobody knows, both ways."""
    b, ann = pair.b, pair.ann

    # ---- begun there, accepted here, ended there
    ann.ask("set", pair.there, jingle("session-initiate", OFFER), "j1")
    m = pair.up({}, kind="iq", type="set")
    assert (m["peer"], m["resource"], m["id"]) == (ann.bare, "phone", "j1")
    assert "client" not in m and "room" not in m
    assert same(m["xml"], jingle("session-initiate", OFFER))
    answer = ann.expect("iq", id="j1", type="result", from_=pair.there)
    assert len(answer) == 0
    call = pair.down("iq", "set", jingle("session-accept", OFFER),
                     resource="phone", client="desk", id="x")
    iq = ann.expect("iq", type="set", from_=pair.there)
    assert iq.get("to") == ann.jid
    assert iq[0].get("action") == "session-accept"
    assert iq[0][0][1].get("pwd") == "<p'"
    ann.send("<iq type='result' id='%s' to='%s'/>" % (iq.get("id"),
                                                      pair.there))
    assert b.finish(call) == {"type": "result"}
    ann.ask("set", pair.there, jingle("session-terminate"), "j2")
    # The one that has written to it.
    assert pair.up({}, kind="iq", client="desk")["id"] == "j2"
    ann.expect("iq", id="j2", type="result")
    # ---- begun here; refused
    call = pair.down("iq", "set", jingle("session-initiate", OFFER),
                     resource="phone", client="lap")
    iq = ann.expect("iq", type="set", from_=pair.there)
    error = ("<error type='cancel'><unexpected-request xmlns='%s'/>"
             "<out-of-order xmlns='urn:xmpp:jingle:errors:1'/></error>"
             % NS["e"])
    ann.send("<iq type='error' id='%s' to='%s'>%s%s</iq>" % (
        iq.get("id"), pair.there, jingle("session-initiate"), error))
    r = b.finish(call)
    assert r["type"] == "error"
    assert same(r["xml"], error.replace("<error", "<error "
                                        "xmlns='jabber:client'", 1))

    # ---- answers: something, an error, none, what cannot be
    def answered(reply, sender=ann, **fields):
        sender.ask("get", pair.there, "<q xmlns='urn:custom'/>", "c")
        m = pair.up(reply, kind="iq", type="get", **fields)
        return m, sender.expect("iq", id="c", from_=pair.there)

    m, iq = answered({"type": "result", "xml": "<q xmlns='urn:custom'>&lt;<r "
                      "xmlns='urn:r' a='&quot;'/></q>"}, client="lap")
    assert iq.get("type") == "result" and iq[0].text == "<"
    assert iq[0][0].tag == "{urn:r}r" and iq[0][0].get("a") == '"'
    m, iq = answered({"type": "error", "xml": "<error xmlns='jabber:client' "
                      "type='wait'><conflict xmlns='%s'/><custom xmlns='urn:c'"
                      "/></error>" % NS["e"]})
    assert condition_of(iq) == ("wait", "conflict")
    assert iq.find("c:error", NS)[1].tag == "{urn:c}custom"
    for reply, condition in (
            ({"code": "not_found"}, ("cancel", "service-unavailable")),
            ({"code": "timeout"}, ("wait", "remote-server-timeout")),
            ({"code": "rate_limited"}, ("wait", "resource-constraint")),
            ({"type": "error"}, ("cancel", "service-unavailable")),
            ({"xml": "<q xmlns='urn:custom'>"},
             ("cancel", "service-unavailable")),
            ({"xml": "<query xmlns='jabber:iq:roster'/>"},
             ("cancel", "service-unavailable"))):
        m, iq = answered(reply)
        assert condition_of(iq) == condition
    # Another client of ann's is told to who wrote to her; a stranger is not.
    pad = peer(ann.bare, "pad")
    m, iq = answered({}, pad, client="lap")
    assert m["resource"] == "pad" and iq.get("type") == "result"
    eve = peer(account("eve"), "x", None)
    m, iq = answered({}, eve)
    assert m["peer"] == eve.bare and "client" not in m

    # ---- whom: the best of them, the account, what is nobody
    pad.send("<presence><priority>9</priority></presence>")
    b.wait("contact_presence", resource="pad", priority=9)
    call = pair.down("iq", "get", "<q xmlns='urn:custom'/>", resource="",
                     client="tv")
    iq = pad.expect("iq", type="get")
    pad.send("<iq type='result' id='%s' to='%s'><q xmlns='urn:custom'>2</q>"
             "</iq>" % (iq.get("id"), pair.there))
    assert same(b.finish(call)["xml"], "<q xmlns='urn:custom'>2</q>")
    answered({}, pad, client="tv")
    answered({}, ann, client="lap")
    r = b.finish(pair.down("iq", "get", "<query xmlns='%s'/>" % NS["info"]))
    assert r["type"] == "result" and PUBSUB in r["xml"]
    # Of it the user's own clients may ask for nodes only.
    r = b.finish(pair.down("iq", "get", "<pubsub xmlns='%s'><items node='x'/>"
                           "</pubsub>" % PUBSUB, peer=""))
    assert r["type"] == "error" and "item-not-found" in r["xml"]
    with pytest.raises(Failed) as e:
        b.finish(pair.down("iq", "get", "<query xmlns='%s'/>" % NS["info"],
                           peer=""))
    assert e.value.code == "bad_request"
    r = b.finish(pair.down("iq", "get", "<q xmlns='urn:c'/>", resource="no"))
    assert r["type"] == "error" and "service-unavailable" in r["xml"]
    for more in ({"peer": "@"}, {"room": "r@nowhere.test", "peer": "x"}):
        with pytest.raises(Failed) as e:
            b.finish(pair.down("iq", "get", "<q xmlns='urn:c'/>", **more))
        assert e.value.code == "not_found"

    # ---- what never passes, and what is none
    ann.ask("set", pair.there, "<query xmlns='jabber:iq:register'/>", "n")
    assert condition_of(ann.expect("iq", id="n")) == (
        "cancel", "service-unavailable")
    for kind, type_, xml in (
            ("iq", "set", "<query xmlns='jabber:iq:roster'/>"),
            ("iq", "set", "<pubsub xmlns='%s#owner'/>" % PUBSUB),
            ("iq", "get", "<q xmlns='urn:c'/><q xmlns='urn:c'/>"),
            ("iq", "get", "<q xmlns='urn:c'>"), ("iq", "get", ""),
            ("iq", "get", "</iq><iq>"), ("iq", "result", "<q xmlns='urn:c'/>"),
            ("message", "chat", "<sent xmlns='urn:xmpp:carbons:2'/>"),
            ("message", "error", KEY), ("presence", "get", KEY)):
        with pytest.raises(Failed) as e:
            b.finish(pair.down(kind, type_, xml))
        assert e.value.code == "bad_request"
    assert not [m for m, p in b.events if m == "stanza"]

    # ---- who waits hears of the end
    ann.ask("get", pair.there, "<q xmlns='urn:custom'/>", "last")
    pair.up()
    b.call("logout", user=USER)
    assert condition_of(ann.expect("iq", id="last")) == (
        "cancel", "service-unavailable")


def test_messages(pair, peer):
    """What stands beside words, and what stands alone."""
    b, ann = pair.b, pair.ann

    # ---- to ann
    b.finish(b.say(ann.bare, "words", id="m1", extra=ENCRYPTED + HINT +
                   "<sent xmlns='urn:xmpp:carbons:2'/>", resource="phone"))
    m = ann.expect("message", id="m1")
    assert m.get("to") == ann.jid and m.findtext("c:body", None, NS) == "words"
    e = m.find("{%s}encrypted" % OMEMO)
    assert e[0][0].text == "a&b" and e[1].text == "c"
    assert m.find("{urn:xmpp:hints}store") is not None
    assert m.find("{urn:xmpp:carbons:2}sent") is None
    # Of a client that has gone: whichever.
    b.finish(b.say(ann.bare, "more", id="m2", resource="pad", extra="<broken"))
    assert ann.expect("message", id="m2").get("to") == ann.bare
    b.notify("chat_state", user=USER, peer=ann.bare, state="composing",
             resource="phone")
    assert ann.expect("message", lambda m: m.find("cs:composing", {
        "cs": NS["states"]}) is not None).get("to") == ann.jid
    b.finish(pair.down("message", "normal", KEY + HINT, id="k1"))
    m = ann.expect("message", id="k1", to=ann.bare)
    assert m.get("type") in (None, "normal")
    assert [local(e) for e in m][:2] == ["encrypted", "store"]
    propose = "<propose xmlns='%s' id='c1'/>" % CALL
    b.finish(pair.down("message", "chat", propose, resource="phone"))
    ann.expect("message", lambda m: m.find("{%s}propose" % CALL) is not None,
               to=ann.jid, type="chat")
    # One that comes back, to the client that has sent it.
    try:
        b.finish(pair.down("message", "chat", KEY, peer="nobody@xmpp.test",
                           id="k2", client="desk"))
    except Failed as e:
        assert e.code == "not_found"
    else:
        m = pair.up({}, kind="message", type="error")
        assert (m["peer"], m["id"], m["client"]) == (
            "nobody@xmpp.test", "k2", "desk")
        assert "service-unavailable" in m["xml"]

    # ---- from ann
    def hear(xml, kind="chat", ident="h"):
        ann.send("<message to='%s' type='%s' id='%s'>%s</message>" % (
            pair.there, kind, ident, xml))

    hear("<body>words</body><thread>t</thread><request "
         "xmlns='urn:xmpp:receipts'/>" + ENCRYPTED + HINT)
    m = b.wait("message", body="words")
    assert (m["resource"], m["thread"]) == ("phone", "t")
    assert same(m["extra"], ENCRYPTED + HINT)
    hear("<composing xmlns='%s'/>" % NS["states"])
    assert b.wait("chat_state", state="composing")["resource"] == "phone"
    hear(KEY + HINT, ident="k3")
    m = pair.up({}, kind="message")
    assert (m["peer"], m["resource"], m["type"], m["id"]) == (
        ann.bare, "phone", "chat", "k3")
    assert same(m["xml"], KEY + HINT) and "client" not in m
    hear(propose, "normal")
    assert pair.up({}, kind="message", type="normal")["xml"]
    # Beside what has a word, and what means nothing alone.
    for word, method in (("<received xmlns='urn:xmpp:receipts' id='m1'/>",
                          "receipt"),
                         ("<displayed xmlns='urn:xmpp:chat-markers:0' "
                          "id='m1'/>", "marker"),
                         ("<reactions xmlns='urn:xmpp:reactions:0' id='m1'>"
                          "<reaction>x</reaction></reactions>", "reaction")):
        hear(word + HINT)
        hear(word + KEY)
        m = pair.up({}, kind="message")
        assert same(m["xml"], KEY)
        b.events[:0] = b.skipped
        b.wait(method, peer=ann.bare)
        b.wait(method, peer=ann.bare)
    # Nobody is there: who has sent it wants to know, if it was no news.
    for kind, code in (("headline", "not_found"), ("chat", "timeout"),
                       ("chat", "not_found")):
        hear(KEY, kind, "e-%s-%s" % (kind, code))
        pair.up({"code": code}, kind="message", type=kind)
    m = ann.expect("message", type="error")
    assert m.get("id") == "e-chat-not_found"
    assert condition_of(m) == ("cancel", "service-unavailable")
    # What another client of the user's has said, in words or without.
    other = peer(pair.bob, "other")
    other.send("<message to='%s' type='chat' id='o1'><proceed xmlns='%s' "
               "id='c1'/></message>" % (ann.jid, CALL))
    m = pair.up({}, kind="message", carbon=True)
    assert (m["peer"], m["resource"], m["type"], m["id"]) == (
        ann.bare, "phone", "chat", "o1")
    assert same(m["xml"], "<proceed xmlns='%s' id='c1'/>" % CALL)
    other.send("<message to='%s' type='chat'><active xmlns='%s'/>%s"
               "</message>" % (ann.bare, NS["states"], HINT))
    other.send("<message to='%s' type='chat' id='o'><body>mine</body>%s"
               "</message>" % (ann.bare, ENCRYPTED))
    m = b.wait("message", carbon=True)
    assert same(m["extra"], ENCRYPTED) and "resource" not in m
    # What it says to the account itself is no business of the user's clients
    # here.
    other.send("<message to='%s' type='chat' id='o2'><accept xmlns='%s' "
               "id='c1'/></message><message to='%s' type='chat'><body>end"
               "</body></message>" % (pair.bob, CALL, pair.bob))
    b.wait("message", body="end")
    assert "stanza" not in [m for m, p in b.skipped]


def test_clients(pair, peer):
    """Two clients of a contact; ours, and what it can do."""
    b, ann = pair.b, pair.ann
    assert pair.presence["resource"] == "phone"
    caps = ("<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' "
            "node='urn:c' ver='v&amp;'/>")
    ann.send("<presence><show>away</show><priority>-3</priority>%s<x "
             "xmlns='urn:custom'/><x xmlns='vcard-temp:x:update'/><delay "
             "xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/>"
             "</presence>" % caps)
    p = b.wait("contact_presence", resource="phone", show="away")
    assert p["priority"] == -3
    assert same(p["extra"], caps + "<x xmlns='urn:custom'/>")
    pad = peer(ann.bare, "pad", "<presence><priority>5</priority><x "
               "xmlns='urn:big'>%s</x>%s</presence>" % ("x" * 2048, caps))
    p = b.wait("contact_presence", resource="pad")
    assert (p["show"], p["priority"]) == ("online", 5)
    assert same(p["extra"], caps)
    # What it can do is asked of it by the name in its presence.
    call = b.start("stanza", user=USER, peer=ann.bare, resource="phone",
                   kind="iq", type="get",
                   xml="<query xmlns='%s' node='urn:c#v&amp;'/>" % NS["info"])
    iq = ann.expect("iq", type="get", from_=pair.there)
    assert iq[0].get("node") == "urn:c#v&"
    ann.send("<iq type='result' id='%s' to='%s'><query xmlns='%s' "
             "node='urn:c#v&amp;'><feature var='f'/></query></iq>" % (
                 iq.get("id"), pair.there, NS["info"]))
    assert "var='f'" in b.finish(call)["xml"]
    # Not news; then one goes, then the other.
    pad.send("<presence><priority>5</priority><x xmlns='urn:big'>%s</x>%s"
             "</presence><presence type='unavailable'><status>bye</status>"
             "</presence>" % ("x" * 2048, caps))
    p = b.wait("contact_presence", contact=ann.bare)
    assert (p["show"], p["resource"], p["status"]) == ("offline", "pad", "bye")
    ann.send("<presence type='unavailable'/><presence/>")
    p = b.wait("contact_presence", contact=ann.bare)
    assert (p["show"], p["resource"]) == ("offline", "phone")
    b.wait("contact_presence", resource="phone", show="online")

    # ---- ours
    def can(*features):
        b.notify("presence", user=USER, show="online", features=features,
                 status="%d+" % len(features))
        p = ann.expect("presence", lambda p: p.findtext("c:status", None, NS)
                       == "%d+" % len(features))
        c = p.find("caps:c", NS)
        node = "%s#%s" % (c.get("node"), c.get("ver"))
        ann.ask("get", pair.there, "<query xmlns='%s' node='%s'/>" % (
            NS["info"], node), "i")
        query = ann.expect("iq", id="i", type="result")[0]
        told = [f.get("var") for f in query.findall("info:feature", NS)]
        text = "".join(
            ["%s/%s//%s<" % tuple(i.get(k) for k in ("category", "type",
                                                     "name"))
             for i in query.findall("info:identity", NS)] +
            [f + "<" for f in sorted(told)])
        assert base64.b64encode(hashlib.sha1(text.encode()).digest()
                                ).decode() == c.get("ver")
        ann.ask("get", pair.there, "<query xmlns='%s'/>" % NS["info"], "j")
        plain = ann.expect("iq", id="j", type="result")[0]
        assert told == [f.get("var") for f in plain.findall("info:feature",
                                                             NS)]
        assert len(told) == len(set(told))
        return c.get("ver"), set(told)

    first, ours = can()
    second, told = can(JINGLE, "urn:xmpp:ping", "jabber:iq:roster",
                       "http://jabber.org/protocol/muc", "a<b", "c\x01", "",
                       "x" * 300, OMEMO + ".devicelist+notify",
                       "jabber:iq:roster+notify")
    assert told == ours | {JINGLE, OMEMO + ".devicelist+notify"}
    assert second != first
    # The server knows it now: what ann publishes is told.
    node = OMEMO + ".devicelist"
    publish = ("<pubsub xmlns='%s'><publish node='%s'><item id='current'>"
               "<list xmlns='%s'><device id='%d'/></list></item></publish>"
               "</pubsub>")
    ann.send("<iq type='set' id='p'>%s</iq>" % (publish % (
        PUBSUB, node, OMEMO, 7)))
    ann.expect("iq", id="p", type="result")
    m = pair.up({"code": "not_found"}, kind="message", peer=ann.bare)
    assert m["type"] == "headline" and "resource" not in m
    assert "device id='7'" in m["xml"] and node in m["xml"]
    r = b.finish(pair.down("iq", "get", "<pubsub xmlns='%s'><items node='%s'/>"
                           "</pubsub>" % (PUBSUB, node)))
    assert r["type"] == "result" and "device id='7'" in r["xml"]
    # And what the user's own client does.
    r = b.finish(pair.down("iq", "set", publish % (PUBSUB, node, OMEMO, 9),
                           peer=""))
    assert r["type"] == "result"
    m = pair.up({}, kind="message", peer="")
    assert "device id='9'" in m["xml"] and "resource" not in m
    assert can() == (first, ours)
    # Another node of it is asked of the client.
    for ns, name in (("items", "http://jabber.org/protocol/commands"),
                     ("info", "urn:other")):
        ann.ask("get", pair.there, "<query xmlns='%s' node='%s'/>" % (
            NS[ns], name), "d")
        m = pair.up({"xml": "<query xmlns='%s' node='%s'/>" % (NS[ns], name)},
                    kind="iq")
        assert name in m["xml"]
        ann.expect("iq", id="d", type="result")


def test_room(pair, prosody):
    """The same in a room: to all, and between two."""
    b, ann = pair.b, pair.ann
    room = "pass@conference." + prosody.domain
    ann.send("<presence to='%s/ann'><x xmlns='%s'/></presence>" % (
        room, NS["muc"]))
    ann.expect("message", lambda m: m.find("c:subject", NS) is not None)
    ann.send("<iq type='set' id='f' to='%s'><query xmlns='%s#owner'><x "
             "xmlns='jabber:x:data' type='submit'/></query></iq>" % (
                 room, NS["muc"]))
    ann.expect("iq", id="f")
    b.call("room_join", user=USER, room=room, nick="bob")
    ann.expect("presence", from_=room + "/bob")
    # With words, from and to.
    ann.send("<message to='%s' type='groupchat' id='g1'><body>hi</body>%s"
             "</message>" % (room, ENCRYPTED))
    assert same(b.wait("message", body="hi")["extra"], ENCRYPTED)
    b.call("message", user=USER, to=room, kind="groupchat", body="ho",
           id="g2", extra=ENCRYPTED)
    m = ann.expect("message", lambda m: m.findtext("c:body", None, NS) == "ho")
    assert m.find("{%s}encrypted" % OMEMO) is not None
    assert same(b.wait("message", body="ho")["extra"], ENCRYPTED)
    # Without: all of it comes back.
    ann.send("<message to='%s' type='groupchat' id='g3'>%s</message>" % (
        room, KEY))
    m = pair.up({"code": "not_found"}, kind="message", type="groupchat")
    assert (m["room"], m["peer"]) == (room, "ann") and same(m["xml"], KEY)
    b.call("stanza", user=USER, peer=room, kind="message", type="groupchat",
           id="g4", xml=KEY)
    m = pair.up({}, kind="message", type="groupchat")
    assert (m["room"], m["peer"]) == (room, "bob") and same(m["xml"], KEY)
    ann.expect("message", from_=room + "/bob", id="g4")
    # Between two.
    b.call("message", user=USER, to="ann", room=room, kind="private",
           body="psst", extra=ENCRYPTED)
    m = ann.expect("message", type="chat", from_=room + "/bob")
    assert m.find("{%s}encrypted" % OMEMO) is not None
    ann.send("<message to='%s/bob' type='chat' id='p1'><body>what</body>%s"
             "</message><message to='%s/bob' type='chat' id='p2'>%s</message>"
             % (room, ENCRYPTED, room, KEY))
    m = b.wait("message", kind="private")
    assert same(m["extra"], ENCRYPTED) and "resource" not in m
    m = pair.up({"code": "not_found"}, kind="message")
    assert (m["room"], m["peer"], m["type"], m["id"]) == (
        room, "ann", "chat", "p2")
    call = pair.down("iq", "get", "<q xmlns='urn:custom'/>", room=room,
                     peer="ann", client="desk")
    iq = ann.expect("iq", from_=room + "/bob", type="get")
    ann.send("<iq type='result' id='%s' to='%s/bob'/>" % (iq.get("id"), room))
    assert b.finish(call) == {"type": "result"}
    ann.ask("get", room + "/bob", "<q xmlns='urn:custom'/>", "r1")
    m = pair.up({"xml": "<q xmlns='urn:custom'/>"}, kind="iq", client="desk")
    assert (m["room"], m["peer"]) == (room, "ann") and "resource" not in m
    ann.expect("iq", id="r1", type="result", from_=room + "/bob")
    # The room itself.
    r = b.finish(pair.down("iq", "get", "<query xmlns='%s'/>" % NS["info"],
                           peer=room))
    assert "conference" in r["xml"]
    # Who is not in a room says nothing there, and nothing was said of errors.
    with pytest.raises(Failed) as e:
        b.call("stanza", user=USER, peer="x@conference." + prosody.domain,
               kind="message", type="groupchat", xml=KEY)
    assert e.value.code == "not_found"
    ann.send("<message to='%s' type='groupchat' id='end'><body>end</body>"
             "</message>" % room)
    ann.expect("message", id="end")
    assert not [e for e in ann.inbox if e.get("type") == "error"]


def test_hostile(xmpp, fake):
    """A server that passes what it likes."""
    f = fake()
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.replies["stanza"] = driver.LATER
    b.enter("bob@xmpp.test")

    def ask(xml, ident="a", sender=" from='ann@far.test/x'"):
        f.say("<iq type='get' id='%s'%s to='bob@xmpp.test/there'>%s</iq>" % (
            ident, sender, xml))

    # Too deep, too long, too much; in no namespace, in one that never passes.
    for xml in ("<a xmlns='x'>" * 33 + "</a>" * 33,
                "<a xmlns='x'>%s</a>" % ("&lt;" * 70000),
                "<a xmlns='x'/><a xmlns='x'/>", "<a/>", "",
                "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"):
        ask(xml)
        assert "service-unavailable" in f.expect('<iq [^>]*id="a".*?</iq>')[0]
    # In messages each costs itself.
    beside = "<a xmlns='x'>%s</a>" % ("y" * 70000)
    for n, xml in enumerate((beside, "<a xmlns='x'/>" * 33)):
        f.say("<message from='ann@far.test/x' id='m'><body>%d</body>%s"
              "</message>" % (n, xml))
        m = b.wait("message", body=str(n))
        assert "extra" not in m
    f.say("<presence from='ann@far.test/x'>%s</presence>" % beside)
    # One too many waits for the user's client; the others are answered.
    for n in range(65):
        ask("<a xmlns='x'/>", "q%d" % n)
    full = f.expect("<iq [^>]*id=.q64.*?</iq>")[0]
    assert "resource-constraint" in full
    b.wait("stanza", id="q63")
    for serial in b.unanswered[:]:
        b.answer(serial, {})
    b.unanswered.clear()
    for n in range(64):
        f.expect("<iq [^>]*id=.q%d[^0-9]" % n)
    # Those without a sender are of our own server, and the account: they ask
    # nothing.
    ask("<a xmlns='x'/>", "own", "")
    answer = f.expect("<iq [^>]*id=.own.*?</iq>")[0]
    assert " to=" not in answer and "service-unavailable" in answer
    # A late error of what was never sent, and an error of nothing.
    for body in ("", "<error/>", "<error type='cancel'><a xmlns='b'/></error>"):
        f.say("<message type='error' id='zz' from='ann@far.test'>%s</message>"
              "<iq type='error' id='zz' from='ann@far.test'>%s</iq>" % (
                  body, body))
    # An answer that may not pass, or is none.
    for answer, code in (
            ("<query xmlns='jabber:iq:roster'/>", "not_acceptable"),
            ("<a xmlns='x'/><a xmlns='x'/>", "not_acceptable")):
        call = b.start("stanza", user=USER, peer="ann@far.test", kind="iq",
                       type="get", xml="<a xmlns='x'/>")
        ident = f.expect("<iq [^>]*id=.([^'\"]*)[^>]*><a ")[1]
        f.say("<iq type='result' id='%s' from='ann@far.test'>%s</iq>" % (
            ident, answer))
        with pytest.raises(Failed) as e:
            b.finish(call)
        assert e.value.code == code
    call = b.start("stanza", user=USER, peer="ann@far.test", kind="iq",
                   type="get", xml="<a xmlns='x'/>")
    f.expect("<a xmlns=.x./></iq>")
    gone = b.start("logout", user=USER)
    with pytest.raises(Failed) as e:
        b.finish(call)
    assert e.value.code == "timeout"
    f.say("</stream:stream>")
    b.finish(gone)
