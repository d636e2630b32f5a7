# SPDX-License-Identifier: GPL-2.0-or-later
"""What the gateway has no word for goes through as it is (feature "raw"),
behind a server and in server mode."""
import pytest

from harness.network import Refusal
from harness.xmpp import NS, condition_of, local, show

JINGLE = "<jingle xmlns='urn:xmpp:jingle:1' action='session-info' sid='s1'/>"
DISCO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
FEATURE = "<query xmlns='http://jabber.org/protocol/disco#info'>" \
    "<feature var='urn:cats'/></query>"
ERROR = "<error type='cancel'><item-not-found " \
    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" \
    "<unknown-session xmlns='urn:xmpp:jingle:errors:1'/></error>"


@pytest.fixture
def anna(raw_scene):
    return raw_scene.person()


def test_requests_down(anna):
    """Each is answered to the client that has asked, by what was answered."""
    bob, phone = anna.jid("bob"), anna.another("phone")

    def answer(params):
        assert params["kind"] == "iq" and "room" not in params
        return {"xml": "<seen xmlns='urn:seen' client='%s' resource='%s'/>" % (
            params["client"], params.get("resource", "(none)"))}
    anna.network.answer("stanza", answer, anna.bare)
    for client in anna.client, phone:
        for to, resource in ((bob, "(none)"), (bob + "/home", "home"),
                             (bob + "/bot", "")):
            seen = client.set(to, JINGLE)
            assert seen.get("resource") == resource, show(seen)
            assert client.jid.endswith("/" + seen.get("client"))
            told = anna.expect("stanza", type="set", xml=lambda x:
                               "sid='s1'" in x.replace('"', "'"))
            assert told["peer"] == "bob"

    anna.network.answer("stanza", {"type": "error", "xml": ERROR}, anna.bare)
    refused = anna.client.iq("set", bob + "/home", JINGLE)
    assert condition_of(refused) == ("cancel", "item-not-found")
    assert "unknown-session" in show(refused)

    def fail(_params):
        raise Refusal("timeout")
    anna.network.answer("stanza", fail, anna.bare)
    assert condition_of(anna.client.iq("set", bob, JINGLE)) == (
        "wait", "remote-server-timeout")
    # Nothing that a backend says ends a stream.
    for xml in "</iq></stream:stream>", "<a>", "\x01", \
            "<query xmlns='jabber:iq:roster'/>":
        anna.network.answer("stanza", {"xml": xml}, anna.bare)
        assert condition_of(anna.client.iq("set", bob, JINGLE)) == (
            "cancel", "undefined-condition")
    assert condition_of(anna.client.iq(
        "set", bob, "<query xmlns='jabber:iq:register'/>")) == (
            "cancel", "service-unavailable")
    assert not [s for s in anna.network.seen("stanza", anna.bare)
                if "register" in s["xml"]]


def test_discovery_from_the_other_side(anna):
    bob = anna.jid("bob")
    anna.network.answer("stanza", {"xml": FEATURE}, anna.bare)
    assert "urn:cats" in show(anna.client.get(bob, DISCO))

    def fail(_params):
        raise Refusal("not_supported")
    anna.network.answer("stanza", fail, anna.bare)
    assert "client" in show(anna.client.get(bob, DISCO))
    # Of a room that the user is in the gateway knows itself.
    anna.join("#cats")
    assert "conference" in show(anna.client.get(anna.jid("#cats"), DISCO))


def test_lost_while_asked(anna):
    """The backend dies with the question."""
    def die(_params):
        anna.network.crash(anna.bare)
    anna.network.answer("stanza", die, anna.bare)
    assert condition_of(anna.client.iq("set", anna.jid("bob"), JINGLE,
                                       timeout=30)) == (
        "wait", "remote-server-timeout")
    anna.network.expect("login", anna.bare, timeout=30)
    anna.network.expect("login", anna.bare, timeout=30)


def test_requests_up(anna):
    def ask(**how):
        return anna.network.request("stanza", anna.bare, **{
            "peer": "bob", "kind": "iq", "type": "set", "resource": "home",
            "xml": JINGLE, **how})
    question = ask()
    asked = anna.client.expect("iq", type="set",
                               from_=anna.jid("bob") + "/home")
    assert local(asked[0]) == "jingle"
    # A client that does not know it says so (RFC 6120 8.3.3.3).
    result = question.outcome()
    assert result["type"] == "error"
    assert "feature-not-implemented" in result["xml"] or \
        "service-unavailable" in result["xml"]
    for how, code in (({"client": "nobody"}, "not_found"),
                      ({"xml": "</iq>"}, "bad_request"),
                      ({"xml": "<query xmlns='jabber:iq:roster'/>"},
                       "bad_request"), ({"type": "result"}, "bad_request")):
        with pytest.raises(Refusal) as refusal:
            ask(**how).outcome()
        assert refusal.value.error["code"] == code
    anna.settle()


OMEMO = "<encrypted xmlns='eu.siacs.conversations.axolotl'>" \
    "<header sid='1'/></encrypted>"
PROPOSE = "<propose xmlns='urn:xmpp:jingle-message:0' id='c'/>"
AXOLOTL = "{eu.siacs.conversations.axolotl}encrypted"


def axolotl(xml):
    return "eu.siacs.conversations.axolotl" in (xml or "")


def test_messages_down(anna):
    bob = anna.jid("bob")
    phone = anna.scene.server_mode and anna.another("phone")
    if phone:
        for client in phone, anna.client:
            client.set(None, "<enable xmlns='urn:xmpp:carbons:2'/>")
    anna.client.message(bob, "cannot read", extra=OMEMO)
    said = anna.expect("message", body="cannot read", extra=axolotl)
    assert "sid=" in said["extra"]
    if phone:       # the user's other clients can read it, too
        phone.expect("message", lambda m: axolotl(show(m)))
    anna.client.send("<message type='chat' id='p1' to='%s'>%s</message>" % (
        bob, PROPOSE))
    told = anna.expect("stanza", kind="message", type="chat", id="p1")
    assert "jingle-message" in told["xml"] and told["peer"] == "bob"
    anna.client.message(bob, "plain")
    assert not anna.expect("message", body="plain").get("extra")

    def fail(_params):
        raise Refusal("not_supported")
    anna.network.answer("stanza", fail, anna.bare)
    anna.client.send("<message type='chat' id='p2' to='%s'>%s</message>" % (
        bob, PROPOSE))
    error = anna.client.expect("message", type="error", id="p2")
    assert condition_of(error) == ("cancel", "feature-not-implemented")


def test_messages_up(anna):
    bob = anna.jid("bob")
    anna.notify("message", from_="bob", kind="chat", body="cannot read",
                extra=OMEMO + "<body>forged</body>")
    message = anna.client.expect_body("cannot read")
    assert message.find(AXOLOTL) is not None
    assert "forged" not in show(message)
    for garbage in "</message><message>", "<a", "</stream:stream>", "\x01":
        anna.notify("message", from_="bob", kind="chat", body="fine",
                    extra=garbage)
        assert "stream" not in show(anna.client.expect_body("fine"))
    assert not anna.network.request(
        "stanza", anna.bare, peer="bob", kind="message", type="chat", id="p",
        resource="home", xml=PROPOSE).outcome().get("xml")
    message = anna.client.expect("message", id="p", from_=bob + "/home")
    assert [local(child) for child in message] == ["propose"]


def test_rooms(anna):
    """In a room everybody's words keep what is with them, also in history."""
    anna.join("#cats")
    room = anna.jid("#cats")
    anna.notify("room_occupant", room="#cats", nick="carl")
    anna.client.expect("presence", from_=room + "/carl")
    anna.client.message(room, "cannot read", "groupchat", OMEMO)
    assert axolotl(anna.expect("message", kind="groupchat")["extra"])
    anna.notify("message", from_="#cats", kind="groupchat", nick="carl",
                body="nor this", id="n1", extra=OMEMO)
    assert anna.client.expect_body("nor this").find(AXOLOTL) is not None
    again = anna.another("later")
    if not anna.scene.server_mode:
        again.send("<presence to='%s'/>" % anna.gateway)
    again.send_join(room, anna.name)
    assert again.expect_body("nor this").find(AXOLOTL) is not None

    anna.client.send("<message type='groupchat' id='g' to='%s'>%s</message>"
                     % (room, OMEMO))
    told = anna.expect("stanza", type="groupchat", id="g")
    assert told["peer"] == "#cats" and "room" not in told
    anna.client.send("<message type='chat' to='%s/carl'>%s</message>"
                     % (room, PROPOSE))
    told = anna.expect("stanza", type="chat")
    assert (told["peer"], told["room"]) == ("carl", "#cats")
    anna.network.answer("stanza", {"xml": "<b xmlns='urn:b'/>"}, anna.bare)
    assert local(anna.client.set(room + "/carl", JINGLE)) == "b"
    anna.network.request("stanza", anna.bare, peer="carl", room="#cats",
                         kind="message", type="groupchat", id="u",
                         xml=OMEMO).outcome()
    for client in anna.client, again:
        client.expect("message", type="groupchat", id="u",
                      from_=room + "/carl")


CAPS = "<c xmlns='%s' hash='sha-1' node='urn:theirs' ver='v'/>" % NS["caps"]


def test_clients_of_a_contact(anna):
    """Each is shown and withdrawn once, also over the death of a backend."""
    bob = anna.contact("bob")
    home, work = bob + "/home", bob + "/B\u00fcro"

    def tell(resource, show_="online", **how):
        anna.notify("contact_presence", contact="bob", resource=resource,
                    show=show_, **how)

    def tell_all():
        tell("home", priority=5, extra=CAPS)
        tell("B\u00fcro", "away", extra="</presence>")
    tell_all()
    tell("\x01")            # no resource: the contact as a whole
    seen = anna.client.expect("presence", from_=home, type="")
    assert seen.findtext("c:priority", None, NS) == "5"
    assert seen.find("caps:c", NS).get("node") == "urn:theirs"
    assert seen.find("photo:x", NS) is not None
    seen = anna.client.expect("presence", from_=work, type="")
    assert seen.findtext("c:show", None, NS) == "away"
    assert seen.find("caps:c", NS).get("node") == "spectrum"
    anna.client.expect("presence", from_=bob + "/bot", type="")

    for resource, sender in ("home", home), ("\x01", bob + "/bot"):
        anna.notify("message", from_="bob", resource=resource, kind="chat",
                    body="from " + resource.strip("\x01"))
        anna.notify("chat_state", peer="bob", resource=resource,
                    state="composing")
        anna.client.expect("message", lambda m: m.find(
            "states:composing", NS) is not None, from_=sender)
    anna.client.expect_body("from home", from_=home)
    anna.client.expect_body("from ", from_=bob + "/bot")
    anna.client.message(work, "hello")
    assert anna.expect("message", body="hello")["resource"] == "B\u00fcro"
    anna.client.message(bob, "whoever")
    assert "resource" not in anna.expect("message", body="whoever")

    anna.client.clear()
    anna.network.crash(anna.bare)
    anna.network.expect("login", anna.bare)     # the first one
    anna.network.expect("login", anna.bare, timeout=20)
    anna.contact("bob")
    tell_all()
    anna.settle()
    assert not anna.client.matching("presence", from_=home)[1:]
    tell("home", "offline")
    anna.client.expect("presence", from_=home, type="unavailable")
    tell(None, "offline", status="bye")
    for full in work, bob + "/bot":
        gone = anna.client.expect("presence", from_=full, type="unavailable")
        assert gone.findtext("c:status", None, NS) == "bye"
    anna.settle()
    assert len(anna.client.matching(
        "presence", from_=lambda f: f.startswith(bob + "/"))) == 6


def test_what_a_client_can_do(anna):
    client = anna.client
    client._call(client.xmpp["xep_0115"].update_caps())
    for _ in range(2):
        told = anna.expect("presence", features=lambda f: f)
        assert "urn:xmpp:ping" in told["features"]
        assert not [f for f in told["features"] if "protocol/muc" in f]
        # Another backend knows nothing yet; and nobody is asked again.
        anna.network.crash(anna.bare)
    asked = client.matching("iq", lambda iq: iq.find("info:query", NS)
                            is not None and iq[0].get("node"),
                            type="get", from_=anna.gateway)
    assert len(asked) <= 1


def test_own_account(anna):
    """In server mode the account on the network is the only one there is."""
    event = "<event xmlns='http://jabber.org/protocol/pubsub#event'>" \
        "<items node='urn:n'/></event>"
    said = anna.network.request("stanza", anna.bare, peer="", kind="message",
                                type="headline", xml=event + OMEMO)
    assert not said.outcome().get("xml")
    if not anna.scene.server_mode:
        anna.settle()
        assert not anna.client.matching("message", type="headline")
        return
    message = anna.client.expect("message", from_=anna.bare, type="headline")
    assert [local(child) for child in message] == ["event"]
    info = anna.client.disco_info(anna.bare)
    assert info.find("info:identity[@type='pep']", NS) is not None
    assert "http://jabber.org/protocol/pubsub#publish-options" in \
        anna.client.features(anna.bare)
    anna.network.answer("stanza", lambda params: {"xml": params["xml"]},
                        anna.bare)
    pubsub = "<pubsub xmlns='http://jabber.org/protocol/pubsub%s'>" \
        "<%s node='%s'/></pubsub>"
    for kind, to, payload in (
            ("get", None, pubsub % ("", "items", "urn:n")),
            ("set", anna.bare, pubsub % ("", "publish", "urn:n")),
            ("set", None, pubsub % ("#owner", "delete", "urn:n"))):
        answer = anna.client.iq(kind, to, payload)
        assert answer.get("type") == "result" and local(answer[0]) == "pubsub"
        told = anna.expect("stanza", type=kind)
        assert told["peer"] == "" and "urn:n" in told["xml"]
    refused = anna.client.iq("set", None, pubsub % (
        "", "publish", "urn:xmpp:avatar:data"))
    assert refused.get("type") == "error"
    assert not [p for p in anna.network.seen("stanza", anna.bare)
                if "avatar" in p["xml"]]
