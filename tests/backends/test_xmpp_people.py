# SPDX-License-Identifier: GPL-2.0-or-later
"""The XMPP backend and people: the roster, presence, who they are."""
import base64
import hashlib
import re
import time

import pytest

from driver import Failed, PATIENCE
from harness.xmpp import NS, Client, condition_of
from xmpp_driver import Relay

ME = "me@example.org"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGA"
    "hKmMIQAAAABJRU5ErkJggg==")


@pytest.fixture
def bob(xmpp, prosody, account):
    """A backend in which the account bob is logged in; bob.jid is its."""
    b = xmpp(host="127.0.0.1", port=prosody.port, tls="off")
    b.jid = account("bob")
    b.enter(b.jid)
    b.wait("contacts_end")
    return b


@pytest.fixture
def person(friend):
    """A friend who wants to hear of subscriptions."""
    def login(name):
        c = friend(name)
        c.get(None, "<query xmlns='jabber:iq:roster'/>")
        return c

    return login


def add(bob, friend, **more):
    """Both see each other."""
    bob.call("contact_add", user=ME, contact=friend.bare, **more)
    friend.expect("presence", type="subscribe", from_=bob.jid)
    friend.send("<presence type='subscribed' to='%s'/>"
                "<presence type='subscribe' to='%s'/>" % (bob.jid, bob.jid))
    bob.wait("contact_request", contact=friend.bare)
    bob.call("contact_allow", user=ME, contact=friend.bare)
    bob.wait("contact", contact=friend.bare, subscription="both")
    friend.expect("presence", type="", from_=lambda j: j.startswith(bob.jid))


def test_subscriptions(bob, person):
    """The life of a contact: asked for, agreed, changed by both, gone."""
    ann = person("ann")
    bob.call("contact_add", user=ME, contact=ann.bare, name="Ann & co",
             groups=["Friends", "Work"], text="It's me")
    c = bob.wait("contact", contact=ann.bare, subscription="ask")
    assert (c["name"], sorted(c["groups"])) == ("Ann & co",
                                                ["Friends", "Work"])
    p = ann.expect("presence", type="subscribe", from_=bob.jid)
    assert p.findtext("c:status", None, NS) == "It's me"
    ann.send("<presence to='%s' type='subscribed'/>" % bob.jid)
    bob.wait("contact", contact=ann.bare, subscription="to")
    bob.wait("contact_presence", contact=ann.bare, show="online")
    ann.send("<presence to='%s' type='subscribe'><status>and me</status>"
             "<nick xmlns='http://jabber.org/protocol/nick'>Annie</nick>"
             "</presence>" % bob.jid)
    r = bob.wait("contact_request", contact=ann.bare)
    assert (r["name"], r["text"]) == ("Annie", "and me")
    bob.call("contact_allow", user=ME, contact=ann.bare.upper())
    bob.wait("contact", contact=ann.bare, subscription="both")
    # What is not said stays as it is.
    bob.call("contact_update", user=ME, contact=ann.bare, groups=[])
    c = bob.wait("contact", contact=ann.bare)
    assert (c["name"], c["groups"]) == ("Ann & co", [])
    bob.call("contact_update", user=ME, contact=ann.bare, name="")
    assert bob.wait("contact", contact=ann.bare)["name"] == ""
    # The other side takes it back.
    ann.send("<presence to='%s' type='unsubscribed'/>" % bob.jid)
    bob.wait("contact", contact=ann.bare, subscription="from")
    bob.wait("contact_presence", contact=ann.bare, show="offline")
    bob.call("contact_remove", user=ME, contact=ann.bare)
    bob.wait("contact_removed", contact=ann.bare)
    ann.expect("presence", type="unsubscribed", from_=bob.jid)
    # Another one, who is refused.
    eve = person("eve")
    eve.send("<presence to='%s' type='subscribe'/>" % bob.jid)
    bob.wait("contact_request", contact=eve.bare)
    bob.call("contact_deny", user=ME, contact=eve.bare)
    eve.expect("presence", type="unsubscribed", from_=bob.jid)
    for name, code in (("@", "not_found"), ("a b@c d", "not_found"),
                       (bob.jid, "not_allowed")):
        with pytest.raises(Failed) as e:
            bob.call("contact_add", user=ME, contact=name)
        assert e.value.code == code


def test_presence(bob, friend, prosody):
    """The best client of a contact; the user's own presence; and what is asked
    about programs, both ways."""
    ann = friend("ann")
    add(bob, ann, name="Ann")
    bob.notify("presence", user=ME, show="dnd", status="<busy>", priority=7)
    p = ann.expect("presence", lambda p: p.find("c:show", NS) is not None,
                   from_=lambda j: j.startswith(bob.jid))
    assert [p.findtext("c:" + n, None, NS) for n in
            ("show", "status", "priority")] == ["dnd", "<busy>", "7"]
    there = p.get("from")
    caps = p.find("caps:c", NS)
    info = ann.disco_info(there, caps.get("node") + "#" + caps.get("ver"))
    text = "".join(
        ["%s/%s//%s<" % tuple(i.get(k) for k in ("category", "type", "name"))
         for i in info.findall("info:identity", NS)] +
        sorted(f.get("var") + "<" for f in info.findall("info:feature", NS)))
    assert base64.b64encode(hashlib.sha1(text.encode()).digest()).decode() \
        == caps.get("ver")
    assert ann.features(there) >= {"urn:xmpp:ping", "urn:xmpp:time",
                                  "urn:xmpp:receipts"}
    assert condition_of(ann.iq("get", there, "<query xmlns='%s' node='%s#x'/>"
                               % (NS["info"], caps.get("node")))) == (
        "cancel", "item-not-found")
    assert condition_of(ann.iq("set", there, "<x xmlns='urn:x'/>")) == (
        "cancel", "service-unavailable")
    # Two clients, and one that is idle.
    ann.send("<presence><show>away</show><status>out</status><idle "
             "xmlns='urn:xmpp:idle:1' since='2026-01-02T03:04:05Z'/>"
             "</presence>")
    p = bob.wait("contact_presence", contact=ann.bare, show="away")
    assert (p["status"], p["since"]) == ("out", 1767323045000)
    other = Client(ann.bare, "secret", prosody.port, resource="other")
    other.login(presence=False)
    try:
        other.send("<presence><priority>9</priority><show>chat</show>"
                   "</presence>")
        bob.wait("contact_presence", contact=ann.bare, show="chat")
        q = bob.call("query", user=ME, contact=ann.bare, what="version")
        assert q["name"] == "Slixmpp"
        assert bob.call("query", user=ME, contact=ann.bare, what="ping") == {}
        with pytest.raises(Failed) as e:
            bob.call("query", user=ME, contact=ann.bare, what="time")
        assert e.value.code == "not_supported"
        q = bob.call("query", user=ME, contact=prosody.domain, what="time")
        assert abs(q["time"] / 1000 - time.time()) < 60
        ann.send("<presence type='unavailable'/>")
        other.expect("presence", type="unavailable", from_=ann.jid)
        other.send("<presence type='unavailable'><status>bye</status>"
                   "</presence>")
        p = bob.wait("contact_presence", contact=ann.bare, show="offline",
                     resource="other")
        assert p["status"] == "bye"
    finally:
        other.close()
    # A friend is told the user's program, a stranger that this is a gateway.
    bob.replies["query"] = {"name": "Dino", "version": "9", "os": "Linux"}
    v = ann.get(there, "<query xmlns='jabber:iq:version'/>")
    assert v.findtext("ver:name", None, NS) == "Dino"
    eve = friend("eve")
    v = eve.get(there, "<query xmlns='jabber:iq:version'/>")
    assert v.findtext("ver:name", None, NS) == "Spectrum 2"
    t = ann.get(there, "<time xmlns='urn:xmpp:time'/>")
    assert t.findtext("time:utc", None, NS).endswith("Z")
    # Invisible: gone, and blind.
    ann.send("<presence/>")
    bob.wait("contact_presence", contact=ann.bare, show="online")
    bob.notify("presence", user=ME, show="invisible")
    ann.expect("presence", type="unavailable", from_=there)
    bob.wait("contact_presence", contact=ann.bare, show="offline")
    bob.notify("presence", user=ME, show="online")
    bob.wait("contact_presence", contact=ann.bare, show="online")


def test_again(xmpp, prosody, account, friend):
    """A server that has forgotten the session tells everything anew: what is
    as it was is no news, and what has changed is."""
    relay = Relay(prosody.port)
    try:
        bob = xmpp(host="127.0.0.1", port=relay.port, tls="off")
        bob.jid = account("bob")
        bob.enter(bob.jid)
        ann, eve = friend("ann"), friend("eve")
        add(bob, ann)
        add(bob, eve)
        bob.call("contact_block", user=ME, contact=eve.bare, blocked=True)
        bob.events.clear()
        relay.cut()
        bob.wait("contact", contact=ann.bare, subscription="both")
        told = bob.skipped
        ann.send("<presence><show>away</show></presence>")
        bob.wait("contact_presence", contact=ann.bare, show="away")
        told += bob.skipped
        assert not [e for e in told if e[0] in (
            "contact_presence", "contact_removed", "contacts_end") and
            e[1].get("contact") != eve.bare]
        assert not [e for e in told if e[0] == "contact" and
                    e[1]["contact"] == eve.bare and not e[1]["blocked"]]
        assert relay.count == 2
    finally:
        relay.close()


def test_blocking(bob, friend):
    ann, eve = friend("ann"), friend("eve")
    add(bob, ann)
    bob.call("contact_block", user=ME, contact=ann.bare, blocked=True)
    bob.wait("contact", contact=ann.bare, blocked=True)
    ann.expect("presence", type="unavailable",
               from_=lambda j: j.startswith(bob.jid))
    bob.call("contact_block", user=ME, contact=eve.bare, blocked=True)
    # It is the server that remembers; strangers come on no list for that.
    bob.call("logout", user=ME)
    bob.enter(bob.jid)
    bob.wait("contact", contact=ann.bare, blocked=True)
    bob.wait("contacts_end")
    assert not [e for e in bob.skipped if e[1].get("contact") == eve.bare]
    bob.call("contact_block", user=ME, contact=ann.bare, blocked=False)
    bob.wait("contact", contact=ann.bare, blocked=False)


HASH = hashlib.sha1(PICTURE).hexdigest()


def test_profiles(bob, friend):
    """vCards of both kinds, pictures of both kinds, and the user's own."""
    ann = friend("ann")
    add(bob, ann)
    photo = base64.encodebytes(PICTURE).decode()
    ann.set(None, "<vCard xmlns='vcard-temp'><FN>Ann &amp; Co</FN><NICKNAME>a"
            "</NICKNAME><URL>http://a.test/</URL><BDAY>2000-01-02</BDAY>"
            "<EMAIL><INTERNET/><USERID>ann@mail.test</USERID></EMAIL>"
            "<DESC>Hello</DESC><ORG><ORGNAME>Acme</ORGNAME></ORG><PHOTO>"
            "<TYPE>image/png</TYPE><BINVAL>%s</BINVAL></PHOTO></vCard>" % photo)
    bob.wait("contact", contact=ann.bare, avatar_hash=HASH)
    assert bob.call("profile", user=ME, contact=ann.bare) == {
        "full_name": "Ann & Co", "nick": "a", "url": "http://a.test/",
        "email": "ann@mail.test", "birthday": "2000-01-02",
        "note": "Hello\nOrganisation: Acme", "photo_type": "image/png",
        "photo": PICTURE}
    # Taken away, and then published.
    ann.set(None, "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish "
            "node='urn:xmpp:avatar:metadata'><item><metadata "
            "xmlns='urn:xmpp:avatar:metadata'/></item></publish></pubsub>")
    bob.wait("contact", contact=ann.bare, avatar_hash="")
    for name in ("nobody@xmpp.test", "x y"):
        with pytest.raises(Failed) as e:
            bob.call("profile", user=ME, contact=name)
        assert e.value.code == "not_found"
    # The user's own: others see it, and what is not said stays.
    bob.call("profile_set", user=ME, full_name="Bob", nick="b",
             photo=PICTURE, photo_type="image/png")
    # Two at once.
    for call in [bob.start("profile_set", user=ME, full_name="Robert"),
                 bob.start("profile_set", user=ME, nick="")]:
        bob.finish(call)
    card = ann.get(bob.jid, "<vCard xmlns='vcard-temp'/>")
    assert [card.findtext("vcard:" + n, None, NS) for n in
            ("FN", "NICKNAME")] == ["Robert", None]
    data = card.findtext("vcard:PHOTO/vcard:BINVAL", None, NS)
    assert base64.b64decode(data) == PICTURE
    ann.expect("presence", lambda p: p.findtext("photo:x/photo:photo", None,
                                                NS) == HASH,
               from_=lambda j: j.startswith(bob.jid))
    assert bob.call("profile", user=ME, contact=bob.jid)["photo"] == PICTURE
    bob.call("profile_set", user=ME, photo=b"")
    card = ann.get(bob.jid, "<vCard xmlns='vcard-temp'/>")
    assert card.find("vcard:PHOTO", NS) is None
    with pytest.raises(Failed) as e:
        bob.call("profile_set", user=ME, photo=bytes(200 * 1024))
    assert e.value.code == "too_long"


def answer(server, asked, payload):
    """Answer the iq whose payload is like that."""
    iq = server.expect("<iq([^>]*)><" + asked)[1]
    ident = re.search("id=.([^'\"]*)", iq)[1]
    server.say("<iq type='%s' id='%s' from='ann@xmpp.test'>%s</iq>" % (
        "result" if payload else "error", ident, payload or "<error "
        "type='cancel'><service-unavailable "
        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"))


def items(inner):
    return ("<pubsub xmlns='http://jabber.org/protocol/pubsub'><items>"
            "<item id='1'>%s</item></items></pubsub>" % inner)


def test_published_only(xmpp, fake):
    """Who has no vcard-temp may have published both; and somebody who has
    neither, or rubbish."""
    server = fake(
        IQ % ("p0", "", "<item jid='cat@xmpp.test' subscription='both'/>") +
        IQ % ("p1", "", "<item jid='ann@xmpp.test' subscription='both'/>") +
        "<presence from='cat@xmpp.test/x'><x xmlns='vcard-temp:x:update'>"
        "<photo>" + HASH.upper() + "</photo></x></presence>"
        "<message from='ann@xmpp.test'><event xmlns='http://jabber.org/"
        "protocol/pubsub#event'><items node='urn:xmpp:avatar:metadata'>"
        "<item id='%s'><metadata xmlns='urn:xmpp:avatar:metadata'><info/>"
        "</metadata></item></items></event></message>" % HASH)
    b = xmpp(host="127.0.0.1", port=server.port, tls="off")
    b.enter("bob@xmpp.test")
    b.wait("contact", contact="cat@xmpp.test", avatar_hash=HASH)
    b.wait("contact", contact="ann@xmpp.test", avatar_hash=HASH)
    asked = b.start("profile", user=ME, contact="ann@xmpp.test")
    answer(server, "vCard", None)
    answer(server, "pubsub", items(
        "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>Ann"
        "</text></fn><tel><uri>tel:1</uri></tel></vcard>"))
    answer(server, "pubsub", items(
        "<data xmlns='urn:xmpp:avatar:data'>%s</data>" %
        base64.b64encode(PICTURE).decode()))
    assert b.finish(asked) == {"full_name": "Ann", "note": "Telephone: tel:1",
                               "photo": PICTURE}
    for payload in (None, items("<data xmlns='urn:xmpp:avatar:data'>??</data>"),
                    items(""), "<pubsub/>"):
        asked = b.start("profile", user=ME, contact="ann@xmpp.test")
        answer(server, "vCard", "<vCard xmlns='vcard-temp'/>")
        answer(server, "pubsub", None)
        answer(server, "pubsub", payload)
        with pytest.raises(Failed) as e:
            b.finish(asked)
        assert e.value.code == "not_found"
    # It ends in the middle of two changes, and one too many.
    calls = [b.start("profile_set", user=ME, nick=str(i)) for i in range(9)]
    with pytest.raises(Failed) as e:
        b.finish(calls.pop())
    assert e.value.code == "rate_limited"
    b.call("logout", user=ME)
    for call in calls:
        with pytest.raises(Failed):
            b.finish(call)


def test_search(bob, xmpp, fake):
    """Directories are found; both kinds of forms, both kinds of results."""
    with pytest.raises(Failed) as e:
        bob.call("search", user=ME, fields={"nick": "ann"})
    assert e.value.code == "not_supported"
    server = fake()
    b = xmpp(host="127.0.0.1", port=server.port, tls="off")
    b.enter("bob@xmpp.test")

    answered = set()

    def answer_to(whom, payload, more=""):
        """They are asked all at once, in any order."""
        def asked():
            for m in re.finditer("(<iq (?=[^>]*to=.%s['\"])[^>]*>)<query %s" %
                                 (re.escape(whom), more), server.got):
                ident = re.search(" id=.([^'\"]*)", m[1])[1]
                if ident not in answered:
                    return ident
            return None

        with server.changed:
            assert server.changed.wait_for(asked, PATIENCE), server.got
            ident = asked()
        answered.add(ident)
        server.say("<iq type='%s' id='%s' from='%s'>%s</iq>" % (
            "result" if payload else "error", ident, whom, payload or ""))

    def info(identity, more=""):
        return ("<query xmlns='%s'>%s<feature var='jabber:iq:search'/>%s"
                "</query>" % (NS["info"], identity, more))

    def find(*forms, **fields):
        """Those are of as many directories."""
        asked = b.start("search", user=ME, fields=fields)
        answer_to("xmpp.test", "<query xmlns='%s'><item/><item "
                  "jid='xmpp.test' node='x'/><item jid='irc.test'/>%s"
                  "</query>" % (NS["items"], "".join(
                      "<item jid='d%d.test'/>" % i
                      for i in range(len(forms)))),
                  "(?![^>]*node=)[^>]*disco#items")
        answer_to("xmpp.test", None, "[^>]*disco#info")
        # A gateway has the word, too.
        answer_to("irc.test", info("<identity category='gateway' "
                                   "type='irc'/>"))
        for i, form in enumerate(forms):
            answer_to("d%d.test" % i, info(
                "<identity type='user' category='directory'/>"))
            answer_to("d%d.test" % i, form, "xmlns=.jabber:iq:search")
        return asked

    plain = "<query xmlns='jabber:iq:search'><nick/><email/></query>"
    data = ("<query xmlns='jabber:iq:search'><x xmlns='jabber:x:data' "
            "type='form'><field var='nick'/></x></query>")
    asked = find(plain, data, plain, nick="A&B", first="", email="")
    answer_to("d0.test", "<query xmlns='jabber:iq:search'><item "
              "jid='ann@xmpp.test'><nick>Ann</nick><email/><contact>x"
              "</contact></item><item/></query>",
              "[^>]*><nick>A&amp;B</nick></query>")
    answer_to("d1.test", "<query xmlns='jabber:iq:search'><x "
              "xmlns='jabber:x:data' type='result'><reported><field "
              "var='jid'/><field var='nick' label='Name'/><field var='age'/>"
              "</reported><item><field var='jid'><value>eve@xmpp.test</value>"
              "</field><field var='age'><value>7</value></field></item></x>"
              "</query>", "[^>]*><x[^>]*type=.submit")
    answer_to("d2.test", None, "[^>]*><nick>")
    found = b.finish(asked)
    assert found["columns"] == [{"var": "nick", "label": "Nickname"},
                                {"var": "email", "label": "E-mail"},
                                {"var": "age"}]
    assert found["rows"] == [
        {"values": {"contact": "ann@xmpp.test", "nick": "Ann"}},
        {"values": {"contact": "eve@xmpp.test", "age": "7"}}]
    for form in (data, "<x/>"):
        with pytest.raises(Failed) as e:
            b.finish(find(form, last="A"))
        assert e.value.code == "not_supported"
    # The session is lost meanwhile.
    asked = b.start("search", user=ME, fields={"nick": "x"})
    b.call("logout", user=ME)
    with pytest.raises(Failed) as e:
        b.finish(asked)
    assert e.value.code == "not_connected"


IQ = "<iq type='set' id='%s' %s><query xmlns='jabber:iq:roster'>%s</query></iq>"


def test_pushes(xmpp, fake):
    """Only the account's own server changes the list; what it says of the list
    may be anything."""
    long = "\u00e4" * 1000
    server = fake(
        IQ % ("p1", "from='eve@xmpp.test'", "<item jid='eve@xmpp.test' "
              "subscription='both'/>") +
        IQ % ("p2", "", "<item jid='ann@xmpp.test' subscription='both' name="
              "'%s'>%s<group/></item>" % (long, "<group>%s</group>" % long +
                                          "<group>g</group>" * 100)) +
        IQ % ("p3", "from='bob@xmpp.test'", "<item/>") +
        IQ % ("p4", "from='bob@xmpp.test'", "<item jid='a@b@c'/>") +
        IQ % ("p5", "from='bob@xmpp.test'", "") +
        "<presence from='ann@xmpp.test/%s'><show>x</show><priority>1e9"
        "</priority><status>%s</status><idle xmlns='urn:xmpp:idle:1'/>"
        "<x xmlns='vcard-temp:x:update'><photo>0</photo></x></presence>"
        "<presence from='ann@xmpp.test' type='error'/>" % (long, long) +
        "<presence type='subscribe'/><presence from='/' type='subscribe'/>" +
        IQ % ("p9", "", "<item jid='ann@xmpp.test' subscription='remove'/>"))
    b = xmpp(host="127.0.0.1", port=server.port, tls="off")
    b.enter("bob@xmpp.test")
    c = b.wait("contact")
    assert c["contact"] == "ann@xmpp.test"
    assert (c["name"], len(c["groups"])) == (long[:256], 32)
    p = b.wait("contact_presence")
    assert (p["show"], p["status"]) == ("online", long[:512])
    b.wait("contact_presence", show="offline")
    b.wait("contact_removed", contact="ann@xmpp.test")
    server.expect("<iq[^>]*p9[^>]*>")
