# SPDX-License-Identifier: GPL-2.0-or-later
"""What the gateway has no word for goes through as it is (feature "raw"),
behind a server and in server mode."""
import pytest

from harness.network import Refusal
from harness.xmpp import condition_of, local, show

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
