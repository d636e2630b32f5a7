# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures and vCards: of contacts by presence and vCard (XEP-0153) and by
events (XEP-0084), the user's own to the network; and finding people."""
import base64
import hashlib
import time

import pytest

from harness.network import Refusal
from harness.xmpp import NS, condition_of, local, show
from test_contacts import befriend

two_ways = pytest.mark.parametrize("scene", ["server", "privileged"],
                                   indirect=True)
META, DATA = "urn:xmpp:avatar:metadata", "urn:xmpp:avatar:data"
PUBSUB = "http://jabber.org/protocol/pubsub"
VCARD = "<vCard xmlns='vcard-temp'/>"
VCARD4 = "urn:ietf:params:xml:ns:vcard-4.0"
CAT, DOG = b"\x89PNG cat" * 1000, b"\x89PNG dog"


def ident(picture):
    return hashlib.sha1(picture).hexdigest()


def text(picture):
    return base64.b64encode(picture).decode()


def has_hash(value):
    return lambda p: p.findtext("photo:x/photo:photo", None, NS) == value


def picture(vcard):
    value = vcard.findtext("vcard:PHOTO/vcard:BINVAL", None, NS)
    return value and base64.b64decode(value)


def item(client, jid, node, which=None):
    return client.iq("get", jid, "<pubsub xmlns='%s'><items node='%s'>%s"
                     "</items></pubsub>" % (
                         PUBSUB, node, which and "<item id='%s'/>" % which
                         or ""))


def find(xml, name):
    return next((e for e in xml.iter() if local(e) == name), None)


def metadata(message):
    """The id in an event about a picture; "" when there is none any more."""
    event = find(message, "metadata")
    if event is None:
        return None
    info = find(event, "info")
    return "" if info is None else info.get("id")


def asked_little(person, begin):
    """Five times in ten seconds, and what a client asks in other ways."""
    return len(person.network.seen("profile", person.bare)) <= 2 + 5 * (
        1 + (time.monotonic() - begin) // 10)


def test_by_presence(scene):
    anna, begin = scene.person(), time.monotonic()
    bob = befriend(anna, "bob", name="Bob")
    anna.notify("contact_presence", contact="bob", show="online")
    anna.notify("avatar", contact="bob", hash="0" * 40, type="image/png",
                data=CAT)
    anna.client.expect("presence", has_hash(ident(CAT)),
                       from_=lambda f: f.startswith(bob))
    anna.network.answer("profile", {
        "full_name": "Bob B.", "email": "bob@example.org",
        "birthday": "1970-01-01", "note": "hi", "url": "http://b.example"},
        anna.bare)
    vcard = anna.client.get(bob, VCARD)
    assert picture(vcard) == CAT
    assert [vcard.findtext("vcard:" + name, None, NS) for name in
            ("FN", "NICKNAME", "BDAY", "DESC", "URL", "EMAIL/vcard:USERID")
            ] == ["Bob B.", "Bob", "1970-01-01", "hi", "http://b.example",
                  "bob@example.org"]
    four = anna.client.get(bob, "<vcard xmlns='%s'/>" % VCARD4)
    assert find(four, "fn")[0].text == "Bob B."
    assert find(four, "bday")[0].text == "1970-01-01"
    four = item(anna.client, bob, "urn:xmpp:vcard4")
    assert find(four, "email")[0].text == "bob@example.org", show(four)
    # A client that asks for all its pictures is no reason to ask much.
    for _ in range(10):
        assert picture(anna.client.get(bob, VCARD)) == CAT
    assert asked_little(anna, begin)
    # A hash alone: the picture is asked for.
    anna.network.answer("profile", {"photo": DOG, "photo_type": "image/gif"},
                        anna.bare)
    anna.contact("bob", avatar_hash=ident(DOG))
    anna.client.expect("presence", has_hash(ident(DOG)))
    assert picture(anna.client.get(bob, VCARD)) == DOG
    anna.contact("bob", avatar_hash="")
    anna.client.expect("presence", has_hash(""))


def test_by_event(scene):
    anna = scene.person()
    bob = befriend(anna, "bob")
    anna.notify("avatar", contact="bob", hash="", type="image/jpeg", data=CAT)
    anna.settle()
    # Only who wants to know is told.
    anna.client.sync(anna.gateway)
    assert not anna.client.matching("message", metadata)
    two = anna.another("two", presence=False)
    two.xmpp["xep_0030"].add_feature(META + "+notify")
    two.get(None, "<query xmlns='jabber:iq:roster'/>")
    two.send("<presence/>")
    if not scene.server_mode:
        two.send("<presence to='%s'/>" % anna.gateway)
    told = two.expect("message", lambda m: metadata(m) == ident(CAT),
                      from_=bob, type="headline")
    info = find(told, "info")
    assert (info.get("bytes"), info.get("type")) == (
        str(len(CAT)), "image/jpeg")
    data = item(two, bob, DATA, ident(CAT))
    assert base64.b64decode(find(data, "data").text) == CAT
    assert metadata(item(two, bob, META)) == ident(CAT)
    assert condition_of(item(two, bob, DATA, "1" * 40)) == (
        "cancel", "item-not-found")
    assert condition_of(item(two, bob, "urn:xmpp:omemo:2:devices"))
    assert {("pubsub", "pep"), ("client", "pc")} <= {
        (i.get("category"), i.get("type")) for i in
        two.disco_info(bob).findall("info:identity", NS)}
    anna.notify("avatar", contact="bob", hash="", type="image/png", data=DOG)
    two.expect("message", lambda m: metadata(m) == ident(DOG))
    anna.notify("avatar", contact="bob", hash="", type="", data=b"")
    two.expect("message", lambda m: metadata(m) == "")


def test_own_in_server_mode(server_scene):
    anna = server_scene.person()
    client = anna.client
    publish = "<pubsub xmlns='%s'><publish node='%%s'><item id='%%s'>%%s" \
        "</item></publish></pubsub>" % PUBSUB
    client.set(None, publish % (DATA, ident(CAT), "<data xmlns='%s'>%s</data>"
                                % (DATA, text(CAT))))
    client.set(None, publish % (
        META, ident(CAT), "<metadata xmlns='%s'><info id='%s' bytes='1' "
        "type='image/png'/></metadata>" % (META, ident(CAT))))
    sent = anna.expect("profile_set")
    assert sent["photo"] == CAT and sent["photo_type"] == "image/png"
    own = item(client, None, DATA, ident(CAT))
    assert base64.b64decode(find(own, "data").text) == CAT
    client.set(None, publish % (META, "x", "<metadata xmlns='%s'/>" % META))
    assert anna.expect("profile_set")["photo"] == b""
    assert condition_of(client.iq("set", None, publish % (
        META, "x", "<metadata xmlns='%s'><info id='%s' bytes='1' type='x'/>"
        "</metadata>" % (META, "2" * 40))))
    assert condition_of(client.iq("set", None, publish % (
        "urn:xmpp:bookmarks:1", "x", "<x/>")))


@two_ways
def test_own_vcard(scene):
    """Set by hand: to the account in server mode, else to the gateway."""
    anna = scene.person()
    to = None if scene.server_mode else anna.gateway
    vcard = "<vCard xmlns='vcard-temp'><FN>Anna</FN><NICKNAME>an</NICKNAME>" \
        "<PHOTO><TYPE>image/png</TYPE><BINVAL>%s</BINVAL></PHOTO></vCard>"
    anna.client.set(to, vcard % text(DOG))
    sent = anna.expect("profile_set")
    assert (sent["full_name"], sent["nick"], sent["photo"]) == (
        "Anna", "an", DOG)
    assert condition_of(anna.client.iq("set", to, vcard % "!!")) == (
        "modify", "not-acceptable")

    def refuse(_):
        raise Refusal("too_long", "at most 8 KB")
    anna.network.answer("profile_set", refuse, anna.bare)
    assert condition_of(anna.client.iq("set", to, vcard % text(CAT))) == (
        "modify", "policy-violation")


def test_own_behind_a_server(gateway_scene):
    """The vCard of the account is read when presence says that it has changed;
    not at each login."""
    anna = gateway_scene.person()
    client = anna.client
    vcard = "<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>" \
        "%s</BINVAL></PHOTO></vCard>"
    update = "<presence%s><x xmlns='vcard-temp:x:update'><photo>%s</photo>" \
        "</x></presence>"
    to = " to='%s'" % anna.gateway
    client.set(None, vcard % text(CAT))
    client.send(update % (to, ident(CAT)))
    assert anna.expect("profile_set")["photo"] == CAT
    client.send("<presence type='unavailable'%s/>" % to)
    anna.expect("logout")
    client.send(update % (to, ident(CAT)))
    client.expect("presence", from_=anna.gateway, type="")
    client.set(None, vcard % text(DOG))
    client.send(update % (to, ident(DOG)))
    assert anna.expect("profile_set")["photo"] == DOG
    client.send(update % (to, ""))
    assert anna.expect("profile_set")["photo"] == b""
    assert len(anna.network.seen("profile_set", anna.bare)) == 3


@two_ways
def test_search(scene):
    anna = scene.person()
    form = anna.client.get(anna.gateway, "<query xmlns='jabber:iq:search'/>")
    assert {f.get("var"): f.get("type") for f in
            form.findall("x:x/x:field", NS)} == {
        "FORM_TYPE": "hidden", "nick": "text-single", "sex": "list-single"}
    anna.network.answer("search", {
        "columns": [{"var": "name", "label": "Name"}, {"var": "city"}],
        "rows": [{"values": {"contact": "Bob 7", "name": "Bob",
                             "city": "Ulm"}}]}, anna.bare)
    found = anna.client.set(
        anna.gateway, "<query xmlns='jabber:iq:search'><x xmlns="
        "'jabber:x:data' type='submit'><field var='nick'><value>bo</value>"
        "</field></x></query>")
    assert anna.expect("search")["fields"] == {"nick": "bo"}
    row = {f.get("var"): f.findtext("x:value", None, NS) for f in
           found.findall("x:x/x:item/x:field", NS)}
    assert row["name"] == "Bob" and row["city"] == "Ulm"
    assert row["jid"] == "bob\\207@" + anna.gateway
