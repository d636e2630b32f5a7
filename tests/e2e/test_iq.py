# SPDX-License-Identifier: GPL-2.0-or-later
"""Every request gets an answer, and what is announced is true."""
import base64
import hashlib

import pytest

from harness.instance import ECHO_BACKEND
from harness.process import wait_for
from harness.xmpp import NS, condition_of, local, show


@pytest.fixture
def anna(irc_server_mode, clients, unique):
    return clients(irc_server_mode, unique("anna"))


def test_gateway_info(anna):
    query = anna.disco_info("localhost")
    identities = {(i.get("category"), i.get("type"))
                  for i in query.findall("info:identity", NS)}
    assert identities
    features = {f.get("var") for f in query.findall("info:feature", NS)}
    assert {NS["info"], NS["items"], NS["muc"], NS["ping"],
            NS["ver"], NS["time"]} <= features
    assert len(features) == len(query.findall("info:feature", NS))


def test_unknown_node(anna):
    answer = anna.iq("get", "localhost", "<query xmlns='%s' node='no such'/>"
                     % NS["info"])
    assert condition_of(answer) == ("cancel", "item-not-found")


def test_contact_info(anna):
    query = anna.disco_info("someone@localhost")
    assert query.find("info:identity", NS).get("category") == "client"


def caps_hash(query):
    """XEP-0115 5.1, for queries without forms."""
    parts = sorted("%s/%s/%s/%s" % (
        i.get("category"), i.get("type") or "",
        i.get("{http://www.w3.org/XML/1998/namespace}lang") or "",
        i.get("name") or "") for i in query.findall("info:identity", NS))
    parts += sorted(f.get("var") for f in query.findall("info:feature", NS))
    for form in query.findall("x:x", NS):
        fields = {f.get("var"): sorted(v.text or "" for v in
                                       f.findall("x:value", NS))
                  for f in form.findall("x:field", NS)}
        parts += fields.pop("FORM_TYPE", [])
        for name in sorted(fields):
            parts += [name] + fields[name]
    text = "".join(part + "<" for part in parts)
    return base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()


def test_caps_hash_is_right(instances, clients):
    """Whatever sends us presence with caps answers disco#info for it, and
    the hash is of what it answers."""
    instance = instances("server_mode", service__backend=ECHO_BACKEND)
    client = clients(instance, "anna")
    client.expect("presence", lambda p: p.find("caps:c", NS) is not None,
                  from_=lambda f: "@" in f and not f.startswith("anna@"))
    for presence in client.matching("presence"):
        caps = presence.find("caps:c", NS)
        if caps is None or presence.get("from") == client.jid:
            continue
        assert caps.get("hash") == "sha-1"
        node = caps.get("node") + "#" + caps.get("ver")
        query = client.disco_info(presence.get("from"), node)
        assert query.get("node") == node
        assert caps_hash(query) == caps.get("ver"), show(query)


def test_version(anna):
    query = anna.get("localhost", "<query xmlns='jabber:iq:version'/>")
    assert query.findtext("ver:name", None, NS)
    assert query.findtext("ver:version", None, NS)


def test_ping(anna):
    for to in "localhost", None, "someone@localhost":
        anna.iq("get", to, "<ping xmlns='urn:xmpp:ping'/>")
    anna.get("localhost", "<ping xmlns='urn:xmpp:ping'/>")


def test_time(anna):
    answer = anna.get("localhost", "<time xmlns='urn:xmpp:time'/>")
    assert answer.findtext("time:utc", None, NS).endswith("Z")
    assert answer.findtext("time:tzo", None, NS)


def test_uptime(anna):
    query = anna.get("localhost", "<query xmlns='jabber:iq:last'/>")
    assert 0 <= int(query.get("seconds")) < 1000


def test_vcard_of_irc_user(anna, irc, unique):
    carl = irc(unique("carl"))
    answer = anna.get(carl.nick + "@localhost",
                      "<vCard xmlns='vcard-temp'/>", timeout=30)
    assert local(answer) == "vCard"
    text = show(answer)
    assert carl.nick in text or "the tester" in text


def test_bookmarks(instances, prosody, ngircd, gateway_name, accounts,
                   unique):
    """XEP-0049 with the gateway: what is stored comes back."""
    jid = gateway_name + ".xmpp.test"
    instances("gateway", jid, prosody, service__irc_server="127.0.0.1:%d"
              % ngircd.port)
    client = accounts(prosody, "anna")
    wait_for(lambda: client.iq("set", jid, "<query xmlns='jabber:iq:register'"
                               "><username>%s</username><password/></query>"
                               % unique("a")).get("type") == "result", 20)
    client.send("<presence to='%s'/>" % jid)
    client.expect("presence", from_=jid, type="")
    storage = "<storage xmlns='storage:bookmarks'><conference jid='#a@%s' " \
        "name='a &amp; b' autojoin='true'><nick>x</nick></conference>" \
        "</storage>" % jid
    client.set(jid, "<query xmlns='jabber:iq:private'>%s</query>" % storage)
    query = client.get(jid, "<query xmlns='jabber:iq:private'><storage xmlns="
                       "'storage:bookmarks'/></query>")
    found = query.find("{storage:bookmarks}storage/"
                       "{storage:bookmarks}conference")
    assert found is not None and found.get("name") == "a & b", show(query)


ADDRESSES = ["localhost", "someone@localhost", "someone@localhost/bot",
             "#room@localhost", "#room@localhost/nick", None, "OWN",
             "other.example", "x@other.example"]
QUERIES = [
    "<query xmlns='jabber:iq:roster'/>",
    "<query xmlns='jabber:iq:register'/>",
    "<query xmlns='jabber:iq:gateway'/>",
    "<query xmlns='jabber:iq:search'/>",
    "<query xmlns='jabber:iq:last'/>",
    "<query xmlns='jabber:iq:version'/>",
    "<query xmlns='jabber:iq:time'/>",
    "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/>"
    "</query>",
    "<query xmlns='jabber:iq:privacy'/>",
    "<query xmlns='jabber:iq:auth'><username>x</username></query>",
    "<query xmlns='http://jabber.org/protocol/disco#info'/>",
    "<query xmlns='http://jabber.org/protocol/disco#info' node='x&amp;y'/>",
    "<query xmlns='http://jabber.org/protocol/disco#items'/>",
    "<query xmlns='http://jabber.org/protocol/disco#items' node='http://"
    "jabber.org/protocol/commands'/>",
    "<query xmlns='http://jabber.org/protocol/muc#admin'><item "
    "affiliation='outcast'/></query>",
    "<query xmlns='http://jabber.org/protocol/muc#admin'/>",
    "<query xmlns='http://jabber.org/protocol/muc#owner'/>",
    "<query xmlns='urn:xmpp:mam:2'/>",
    "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='x'/>"
    "</pubsub>",
    "<command xmlns='http://jabber.org/protocol/commands' node='none'/>",
    "<command xmlns='http://jabber.org/protocol/commands' action='execute'/>",
    "<vCard xmlns='vcard-temp'/>",
    "<time xmlns='urn:xmpp:time'/>",
    "<ping xmlns='urn:xmpp:ping'/>",
    "<blocklist xmlns='urn:xmpp:blocking'/>",
    "<enable xmlns='urn:xmpp:carbons:2'/>",
    "<disable xmlns='urn:xmpp:carbons:2'/>",
    "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>",
    "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>",
    "<si xmlns='http://jabber.org/protocol/si'/>",
    "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='1'/>",
    "<request xmlns='urn:xmpp:http:upload:0' filename='x' size='1'/>",
    "<unknown xmlns='urn:example:unknown'/>",
    "<query xmlns=''/>",
    "<query/>",
    "",
    "<a xmlns='urn:a'/><b xmlns='urn:b'/>",
]


@pytest.mark.parametrize("kind", ["get", "set"])
def test_every_iq_is_answered_once(irc_server_mode, clients, unique, kind):
    asked = {}
    anna = clients(irc_server_mode, unique("anna"))
    for number, to in enumerate(ADDRESSES):
        for at, query in enumerate(QUERIES):
            if kind == "set" and "iq:register" in query:
                continue
            ident = "f%d-%d" % (number, at)
            target = anna.bare if to == "OWN" else to
            asked[ident] = (target, query)
            anna.send("<iq type='%s' id='%s'%s>%s</iq>" % (
                kind, ident, " to='%s'" % target if target else "", query))
    for ident, what in asked.items():
        try:
            anna.expect("iq", id=ident, timeout=70,
                        type=lambda t: t in ("result", "error"))
        except AssertionError:
            raise AssertionError("never answered: %s %s" % (kind, what))
    anna.sync("localhost")
    for ident, what in asked.items():
        answers = anna.matching("iq", id=ident)
        assert len(answers) == 1, (what, [show(a) for a in answers])
        target = what[0]
        if target and "@" not in target:
            assert answers[0].get("from") == target, show(answers[0])


def test_odd_iqs(anna):
    """Without id, of an unknown type, or answers to nothing: no harm."""
    anna.send("<iq type='get' to='localhost'><ping xmlns='urn:xmpp:ping'/>"
              "</iq>")
    anna.send("<iq type='result' id='z1' to='localhost'/>")
    anna.send("<iq type='error' id='z2' to='localhost'/>")
    anna.send("<iq type='bogus' id='z3' to='localhost'><ping xmlns="
              "'urn:xmpp:ping'/></iq>")
    anna.send("<iq id='z4' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    anna.sync("localhost")
    for ident in "z1", "z2":
        assert not anna.matching("iq", id=ident)


def test_bad_addresses(anna):
    for number, to in enumerate(("@localhost", "a b@localhost", "localhost/",
                                 "x@", "a@b@c", "x" * 1100 + "@localhost",
                                 "..", "")):
        anna.send("<iq type='get' id='ad%d' to='%s'><ping xmlns="
                  "'urn:xmpp:ping'/></iq>" % (number, to))
    anna.sync("localhost")
    for number in (0, 1, 5):
        answer = anna.expect("iq", id="ad%d" % number)
        assert condition_of(answer)[1] == "jid-malformed", show(answer)


def test_from_of_somebody_else(irc_server_mode, clients, unique):
    """A client speaks for itself only."""
    anna = clients(irc_server_mode, unique("anna"))
    bert = clients(irc_server_mode, unique("bert"))
    anna.send("<iq type='get' id='fake' from='%s' to='localhost'><ping "
              "xmlns='urn:xmpp:ping'/></iq>" % bert.jid)
    try:
        anna.sync("localhost")
    except AssertionError:
        assert anna.ended           # invalid-from closes the stream
    bert.sync("localhost")
    assert not bert.matching("iq", id="fake")
