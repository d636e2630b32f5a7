# SPDX-License-Identifier: GPL-2.0-or-later
"""XMPP accounts as a network, end to end: Prosody in front of ejabberd, ejabberd
in front of Prosody, and our own server in front of each.  Logins, people, and
what two people say to each other."""
import base64
import hashlib

import pytest

from harness.process import wait_for
from harness.xmpp import (NS, Client, LoginFailed, body_of, condition_of,
                          quote, show)
from test_avatars import find, has_hash, item, picture
from test_contacts import BLOCKING, blocked, roster, set_item, sub

XM = {
    "r": "urn:xmpp:receipts", "mark": "urn:xmpp:chat-markers:0",
    "cs": NS["states"], "correct": "urn:xmpp:message-correct:0",
    "react": "urn:xmpp:reactions:0", "reply": "urn:xmpp:reply:0",
    "fb": "urn:xmpp:fallback:0", "retract": "urn:xmpp:message-retract:1",
    "att": "urn:xmpp:attention:0", "im": "http://jabber.org/protocol/xhtml-im",
    "x": "http://www.w3.org/1999/xhtml", "oob": "jabber:x:oob",
}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGA"
    "hKmMIQAAAABJRU5ErkJggg==")
META, DATA = "urn:xmpp:avatar:metadata", "urn:xmpp:avatar:data"
HASH = hashlib.sha1(PNG).hexdigest()


def has(prefix, name, **attributes):
    """A check for expect(): an element of XM is in it, with these."""
    def check(stanza):
        element = stanza.find(".//{%s}%s" % (XM[prefix], name))
        return element is not None and all(
            element.get(key) == value for key, value in attributes.items())
    return check


@pytest.fixture
def two(pair):
    """The pair, with two people who see each other."""
    class Two:
        anna, bob = pair.user("anna"), pair.peer("bob")
        here, there = pair.jid_of(bob), anna.account

        def from_bob(self, name, check=None, **how):
            return self.anna.expect(name, check, from_=pair.is_from(self.bob),
                                    **how)

        def from_anna(self, name, check=None, **how):
            return self.bob.expect(
                name, check, from_=lambda jid:
                jid.partition("/")[0] == self.there, **how)
    pair.friends(Two.anna, Two.bob)
    Two.pair = pair
    return Two()


# ----------------------------------------------------------------------- login

def enter_and_fail(pair, account, password):
    """Try to log in through us; who has tried, and what is said."""
    eve = pair.user("eve", account, login=False)
    if pair.server_mode:
        eve.password = password
        with pytest.raises(LoginFailed) as refusal:
            eve.login()
        return eve.bare, str(refusal.value)
    eve.login()
    pair.wait_for_gateway(eve)
    answer = eve.register(account, password)
    assert answer.get("type") == "result", show(answer)
    eve.send("<presence to='%s'/>" % pair.gateway)
    said = eve.expect("message", from_=pair.gateway, timeout=20)
    return eve.bare, body_of(said)


def test_refused(pair):
    """A wrong password is not tried again, but for presence that comes anew:
    through a gateway there may be two, as we ask the server for one."""
    account = pair.account("anna")
    who = []
    for name, word in ((account, "wrong"), ("nobody@" + pair.far.domain, "pw"),
                       ("no address", "pw")):
        eve, said = enter_and_fail(pair, name, word)
        who.append(eve)
        if pair.server_mode:
            assert said == "not-authorized"
        else:
            assert ("user@example.org" if name == "no address" else
                    "not-authorized") in said
    log = [line for line in pair.instance.read_log().splitlines()
           if any(eve in line for eve in who)]
    tried = len([line for line in log if "disconnected: auth" in line])
    assert 2 <= tried <= (2 if pair.server_mode else 4), log
    assert not [line for line in log if "again in" in line]


def test_account(pair):
    """The password is changed over there; then the gateway forgets a user, whom
    the other server keeps."""
    anna, bob = pair.user("anna"), pair.peer("bob")
    far = anna.elsewhere()
    name, _, domain = anna.account.partition("@")
    far.set(domain, "<query xmlns='%s'><username>%s</username><password>new"
            "</password></query>" % (NS["reg"], name))
    if pair.server_mode:
        anna.close()
        wait_for(lambda: "1" not in pair.instance.answer(
            "has_online_user", anna.bare), 10, "the logout")
        with pytest.raises(LoginFailed, match="not-authorized"):
            anna.another()
        anna = anna.another(login=False)
        anna.password = "new"
        anna.enter()
    else:
        anna.send("<presence type='unavailable' to='%s'/>" % pair.gateway)
        anna.expect("presence", type="unavailable", from_=pair.gateway)
        anna.clear()
        anna.send("<presence to='%s'/>" % pair.gateway)
        said = anna.expect("message", from_=pair.gateway)
        assert "not-authorized" in body_of(said)
        assert anna.register(anna.account, "new").get("type") == "result"
        anna.expect("presence", type="", from_=pair.gateway)
    bob.message(anna.account, "still here?")
    anna.expect_body("still here?", from_=pair.is_from(bob))
    if pair.server_mode:
        return
    query = anna.get(pair.gateway, "<query xmlns='%s'/>" % NS["reg"])
    assert query.findtext("reg:username", None, NS) == anna.account
    anna.set(pair.gateway, "<query xmlns='%s'><remove/></query>" % NS["reg"])
    query = anna.get(pair.gateway, "<query xmlns='%s'/>" % NS["reg"])
    assert query.find("reg:registered", NS) is None
    wait_for(lambda: roster(anna).get(pair.gateway, "--")[1] in ("-", "none"))
    again = pair.keep(Client(anna.account, "new", pair.far.port)).login()
    bob.message(again.jid, "and here?")
    again.expect_body("and here?")


# ---------------------------------------------------------------------- people

def test_subscriptions(pair):
    """Asked for, refused, agreed and taken back, by either side."""
    anna, bob = pair.user("anna"), pair.peer("bob")
    here, there = pair.jid_of(bob), anna.account

    def state(client, jid):
        return roster(client).get(jid, (None, "gone", None, []))[1:3]

    set_item(anna, here, "Bobby", ["Club"])
    sub(anna, "subscribe", here, "It's me")
    asked = bob.expect("presence", from_=there, type="subscribe")
    # In server mode the roster alone asks, as it may be all that comes.
    assert pair.server_mode or \
        asked.findtext("c:status", None, NS) == "It's me"
    wait_for(lambda: state(anna, here) == ("none", "subscribe"))
    assert roster(anna.elsewhere())[bob.bare] == (
        "Bobby", "none", "subscribe", ["Club"])
    sub(bob, "unsubscribed", there)
    anna.expect("presence", from_=here, type="unsubscribed")
    wait_for(lambda: state(anna, here) in (("none", None), ("gone", None)))
    sub(anna, "subscribe", here)
    bob.expect("presence", from_=there, type="subscribe")
    sub(bob, "subscribed", there)
    anna.expect("presence", from_=here, type="subscribed")
    wait_for(lambda: state(anna, here)[0] in ("to", "both"))
    anna.expect("presence", from_=pair.is_from(bob), type="")
    # The other way round.
    sub(bob, "subscribe", there, "It's Bob")
    asked = anna.expect("presence", from_=here, type="subscribe")
    assert asked.findtext("c:status", None, NS) == "It's Bob"
    sub(anna, "unsubscribed", here)
    bob.expect("presence", from_=there, type="unsubscribed")
    wait_for(lambda: state(bob, there)[0] == "from", 10, "refused")
    sub(bob, "subscribe", there)
    anna.expect("presence", from_=here, type="subscribe")
    sub(anna, "subscribed", here)
    bob.expect("presence", from_=there, type="subscribed")
    bob.expect("presence", type="", from_=lambda jid:
               jid.partition("/")[0] == there)
    wait_for(lambda: state(bob, there)[0] == "both", 10, "both")
    wait_for(lambda: state(anna, here)[0] == "both", 10, "both")
    # Taken back by him, and then by her.
    sub(bob, "unsubscribed", there)
    anna.expect("presence", from_=pair.is_from(bob), type="unavailable")
    wait_for(lambda: state(bob, there)[0] == "to", 10, "to")
    set_item(anna, here, remove=True)
    bob.expect("presence", from_=there, type="unsubscribed")
    bob.expect("presence", type="unavailable", from_=lambda jid:
               jid.partition("/")[0] == there)
    wait_for(lambda: here not in roster(anna))
    wait_for(lambda: state(bob, there)[0] == "none", 10, "none")
    assert there not in roster(anna.elsewhere())


def befriend_there(one, other):
    for client, peer in ((one, other), (other, one)):
        sub(client, "subscribe", peer.bare)
        peer.expect("presence", type="subscribe", from_=client.bare)
        sub(peer, "subscribed", client.bare)
        client.expect("presence", type="subscribed", from_=peer.bare)


def test_roster(pair):
    """There before the first login; then changed on either side."""
    account = pair.account("anna")
    far, bob = pair.far_client(account), pair.peer("bob")
    befriend_there(far, bob)
    set_item(far, bob.bare, "Robert", ["Friends", "Work &amp; so"])
    far.close()
    anna = pair.user("anna", account)
    here = pair.jid_of(bob)
    if not pair.writes_rosters:
        anna.expect("presence", type="subscribe", from_=here)
        sub(anna, "subscribed", here)
        sub(anna, "subscribe", here)
        wait_for(lambda: roster(anna)[here][1] == "both", 10, "both")
    else:
        wait_for(lambda: roster(anna).get(here) == (
            "Robert", "both", None, ["Friends", "Work & so"]), 10,
            "the contact")
    anna.expect("presence", type="", from_=pair.is_from(bob))
    far = anna.elsewhere()
    if pair.writes_rosters:
        set_item(far, bob.bare, "Bob")
        wait_for(lambda: roster(anna)[here] == ("Bob", "both", None, []), 10,
                 "the change")
    set_item(anna, here, "Bobby", ["Club"])
    if not pair.server_mode:
        anna.send("<presence type='unavailable' to='%s'/>" % pair.gateway)
        anna.expect("presence", type="unavailable", from_=pair.gateway)
        anna.send("<presence to='%s'/>" % pair.gateway)
        anna.expect("presence", type="", from_=pair.gateway)
    wait_for(lambda: roster(far)[bob.bare] == ("Bobby", "both", None,
                                               ["Club"]), 10, "the new name")
    set_item(far, bob.bare, remove=True)
    anna.expect("presence", type="unavailable", from_=pair.is_from(bob))
    wait_for(lambda: roster(anna).get(here, "--")[1] in ("-", "none"), 10,
             "gone")


def test_presence(two):
    anna, bob, here, there = two.anna, two.bob, two.here, two.there

    def here_is(show_, status, since=None):
        p = two.from_bob("presence", lambda p: (
            p.findtext("c:show", "", NS), p.findtext("c:status", "", NS)) ==
            (show_, status), type="")
        idle = p.find("{urn:xmpp:idle:1}idle")
        assert (idle is not None and idle.get("since")) == (since or False)

    def there_is(show_, status, priority="0"):
        two.from_anna("presence", lambda p: (
            p.findtext("c:show", "", NS), p.findtext("c:status", "", NS),
            p.findtext("c:priority", "0", NS)) == (show_, status, priority),
            type="")

    bob.send("<presence><show>dnd</show><status>a &lt; ü\U0001f339</status>"
             "</presence>")
    here_is("dnd", "a < ü\U0001f339")
    bob.send("<presence><show>xa</show><idle xmlns='urn:xmpp:idle:1' "
             "since='2026-01-02T03:04:05Z'/></presence>")
    here_is("xa", "", "2026-01-02T03:04:05.000Z")
    other = two.pair.far_client(bob.bare, "ö'ther & <it>")
    other.send("<presence><priority>9</priority><show>chat</show></presence>")
    here_is("chat", "")
    other.send("<presence type='unavailable'/>")
    anna.expect("presence", type="unavailable",
                from_=two.pair.jid_of(other.jid))
    bob.send("<presence type='unavailable'><status>bye</status></presence>")
    gone = two.from_bob("presence", type="unavailable")
    assert gone.findtext("c:status", "", NS) == "bye"
    bob.send("<presence/>")
    here_is("", "")

    show_it = "<presence%s><show>away</show><status>t&amp;t</status>" \
        "<priority>5</priority></presence>"
    if not two.pair.server_mode:
        anna.send(show_it % (" to='%s'" % two.pair.gateway))
    anna.send(show_it % "")
    there_is("away", "t&t", "5")
    second = anna.another("b")
    second.send("<presence%s><show>dnd</show><priority>7</priority>"
                "</presence>" % ("" if two.pair.server_mode else " to='%s'"
                                 % two.pair.gateway))
    there_is("dnd", "", "7")
    second.close()
    there_is("away", "t&t", "5")
    anna.close()
    two.from_anna("presence", type="unavailable")
    assert here


# ------------------------------------------------------------------------ talk

def gesture(client, to, inside, kind="chat", ident=""):
    client.send("<message to=%s type='%s'%s>%s</message>" % (
        quote(to), kind, ident and " id='%s'" % ident, inside))


def test_talk(two):
    """All that words have with them, in both directions."""
    anna, bob, here, there = two.anna, two.bob, two.here, two.there
    bob.message(there, "wake up")
    anna.expect_body("wake up")
    for client, to, hear in ((anna, here, two.from_anna),
                             (bob, there, two.from_bob)):
        def say(body, extra="", kind="chat"):
            ident = client.message(to, body, kind, extra)
            heard = hear("message", lambda m: body in (body_of(m) or ""))
            assert heard.get("id") == ident, show(heard)
            assert heard.get("type") == "chat", show(heard)
            return ident, heard

        ident, heard = say("grüße <&>\n ]]> \"'", "<request xmlns='%s'/>"
                           "<markable xmlns='%s'/>" % (XM["r"], XM["mark"]))
        assert has("r", "request")(heard), show(heard)
        _, heard = say("bold", "<thread>t1</thread><html xmlns='%s'><body "
                       "xmlns='%s'><p><strong>bold</strong> &amp; <a "
                       "href='http://x.test/?a&amp;b'>y</a></p></body></html>"
                       % (XM["im"], XM["x"]))
        assert heard.findtext("c:thread", None, NS) == "t1", show(heard)
        html = heard.find(".//{%s}body" % XM["x"])
        assert "".join(html.itertext()) == "bold & y", show(heard)
        link = html.find(".//{%s}a" % XM["x"])
        assert link.get("href") == "http://x.test/?a&b"
        url = "http://127.0.0.1:9/a%%20b.png?%s" % ident
        _, heard = say(url, "<x xmlns='jabber:x:oob'><url>%s</url></x>" % url)
        assert heard.findtext("{jabber:x:oob}x/{jabber:x:oob}url") == url
        _, heard = say("with subject", "<subject>About</subject>")
        assert body_of(heard) == "About\n\nwith subject"
        _, heard = say("new words", "<replace xmlns='%s' id='%s'/>"
                       % (XM["correct"], ident))
        assert has("correct", "replace", id=ident)(heard), show(heard)
        _, heard = say("> größe?\nyes", "<reply xmlns='%s' to=%s id='%s'/>"
                       "<fallback xmlns='%s' for='%s'><body start='0' end='9'/>"
                       "</fallback>" % (XM["reply"], quote(client.bare), ident,
                                        XM["fb"], XM["reply"]))
        assert has("reply", "reply", id=ident)(heard), show(heard)
        author = heard.find("{%s}reply" % XM["reply"]).get("to")
        assert author.partition("/")[0] == (there if client is anna else
                                            here), show(heard)
        gesture(client, to, "<reactions xmlns='%s' id='%s'><reaction>👍"
                "</reaction><reaction>🎉</reaction></reactions>"
                % (XM["react"], ident))
        heard = hear("message", has("react", "reactions", id=ident))
        assert sorted(e.text for e in heard.iter(
            "{%s}reaction" % XM["react"])) == ["🎉", "👍"], show(heard)
        gesture(client, to, "<retract xmlns='%s' id='%s'/><body>gone</body>"
                "<fallback xmlns='%s' for='%s'/>" % (
                    XM["retract"], ident, XM["fb"], XM["retract"]))
        hear("message", has("retract", "retract", id=ident))
        gesture(client, to, "<attention xmlns='%s'/>" % XM["att"], "headline")
        hear("message", has("att", "attention"))
        for state in ("composing", "paused", "inactive", "active", "gone"):
            gesture(client, to, "<%s xmlns='%s'/>" % (state, XM["cs"]))
            hear("message", has("cs", state))
        # Its receipt and markers go the other way.
        back, to_back, hear_back = (bob, there, two.from_bob) if client is \
            anna else (anna, here, two.from_anna)
        ident, _ = say("read me", "<request xmlns='%s'/><markable xmlns='%s'/>"
                       % (XM["r"], XM["mark"]))
        gesture(back, to_back, "<received xmlns='%s' id='%s'/>"
                % (XM["r"], ident))
        hear_back("message", has("r", "received", id=ident))
        gesture(back, to_back, "<displayed xmlns='%s' id='%s'/>"
                % (XM["mark"], ident))
        hear_back("message", has("mark", "displayed", id=ident))
        # Nothing of all this was told as words, too.
        end, _ = say("end")
        words = [body_of(m) for m in (bob if client is anna else anna)
                 .matching("message") if body_of(m)]
        assert not [w for w in words if w == "gone" or "👍" in w], words


def test_odd(pair):
    """Long texts, odd ones, and odd names."""
    anna = pair.user("anna", pair.account("o\\27neil\\40x"))
    bob = pair.peer("d\\27artägnan", "a/b @ c'<d>")
    pair.friends(anna, bob)
    here, there = pair.jid_of(bob), anna.account
    for text in ("x" * 65536, "ü\U0001f469\u200d\U0001f467" * 2000,
                 "\u202eright to left\u202c \u05d0\u05d1", "tab\tand\n\nlines",
                 " spaces ", "\u0085\u2028\ufeff\ufffd", "]]>&amp;",
                 "/me waves", "?OTRv2?", "\U0010fffd"):
        anna.message(here, text)
        bob.expect("message", lambda m: body_of(m) == text, type="chat")
        bob.message(there, text)
        anna.expect("message", lambda m: body_of(m) == text, type="chat",
                    from_=pair.is_from(bob))


def test_whereabouts(pair):
    """Nobody, somebody who is not there, one of several clients."""
    anna = pair.user("anna")
    nobody = pair.jid_of("nobody@" + pair.far.domain)
    for to in (nobody, "noaddress@" + pair.gateway,
               pair.jid_of("x@" + pair.unique("elsewhere") + ".test")):
        ident = anna.message(to, "anybody?")
        error = anna.expect("message", id=ident, type="error")
        assert error.get("from") == to
        assert condition_of(error)[1] in ("item-not-found",
                                          "not-allowed"), show(error)
    account = pair.account("bob")
    anna.message(pair.jid_of(account), "for later")
    carl = pair.peer("carl")        # what he hears is behind that
    anna.message(pair.jid_of(carl), "done")
    carl.expect_body("done")
    one = pair.far_client(account, "one")
    late = one.expect_body("for later")
    assert late.find("delay:delay", NS) is not None
    two = pair.far_client(account, "two <2>")
    pair.friends(anna, one)
    anna.message(pair.jid_of(two.jid), "to the second")
    two.expect_body("to the second")
    two.message(anna.account, "from the second")
    anna.expect_body("from the second", from_=pair.jid_of(two.jid))
    anna.message(pair.jid_of(account), "to both")
    two.expect_body("to both")
    one.expect_body("to both")
    assert not one.matching("message",
                            lambda m: body_of(m) == "to the second")


# -------------------------------------------------------------------- blocking

def test_blocking(two):
    anna, bob, here, there = two.anna, two.bob, two.here, two.there
    to = None if two.pair.server_mode else two.pair.gateway
    far = anna.elsewhere()
    change = "<%%s xmlns='%s'><item jid=%%s/></%%s>" % BLOCKING
    assert BLOCKING in anna.features(two.pair.gateway)
    anna.set(to, change % ("block", quote(here), "block"))
    assert blocked(anna, to) == [here]
    wait_for(lambda: blocked(far, None) == [bob.bare], 10, "blocked there")
    if two.pair.far.domain == "far.test":   # ejabberd does not tell
        two.from_anna("presence", type="unavailable")
    ident = bob.message(there, "do you hear me?")
    error = bob.expect("message", id=ident, type="error")
    assert condition_of(error)[1] == "service-unavailable"
    ident = anna.message(here, "and you?")
    anna.expect("message", id=ident, type="error")
    # Lifted by the other client.
    far.set(None, change % ("unblock", quote(bob.bare), "unblock"))
    wait_for(lambda: blocked(anna, to) == [], 10, "unblocked here")
    bob.message(there, "again")
    anna.expect_body("again")
    # He blocks her.
    bob.set(None, change % ("block", quote(there), "block"))
    if two.pair.far.domain == "far.test":
        two.from_bob("presence", type="unavailable")
    ident = anna.message(here, "anybody?")
    error = anna.expect("message", id=ident, type="error")
    assert error.get("from") == here, show(error)


# -------------------------------------------------------------------- profiles

CARD = ("<vCard xmlns='vcard-temp'><FN>%s</FN><NICKNAME>%s</NICKNAME>"
        "<URL>http://a.test/</URL><BDAY>2000-01-02</BDAY><EMAIL><INTERNET/>"
        "<USERID>ann@mail.test</USERID></EMAIL><DESC>Hello</DESC>%s</vCard>")
PHOTO = "<PHOTO><TYPE>image/png</TYPE><BINVAL>%s</BINVAL></PHOTO>" \
    % base64.b64encode(PNG).decode()


def test_profiles(two):
    anna, bob, here, there = two.anna, two.bob, two.here, two.there
    bob.set(None, CARD % ("Bob &amp; Co", "b", PHOTO))
    bob.send("<presence><x xmlns='vcard-temp:x:update'><photo>%s</photo></x>"
             "</presence>" % HASH)
    two.from_bob("presence", has_hash(HASH))
    card = anna.get(here, "<vCard xmlns='vcard-temp'/>")
    assert picture(card) == PNG
    assert [card.findtext("vcard:" + name, None, NS) for name in
            ("FN", "NICKNAME", "BDAY", "URL", "EMAIL/vcard:USERID")] == [
        "Bob & Co", "b", "2000-01-02", "http://a.test/", "ann@mail.test"], \
        show(card)
    four = item(anna, here, "urn:xmpp:vcard4")
    assert find(four, "fn")[0].text == "Bob & Co", show(four)
    # Her own: by the account in server mode, else by the gateway.
    to = None if two.pair.server_mode else two.pair.gateway
    anna.set(to, CARD % ("Anna", "an", PHOTO))
    two.from_anna("presence", has_hash(HASH))
    card = bob.get(there, "<vCard xmlns='vcard-temp'/>")
    assert picture(card) == PNG
    assert card.findtext("vcard:FN", None, NS) == "Anna"


PUBLISH = ("<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish "
           "node='%s'><item id='%s'>%s</item></publish></pubsub>")


def publish(client):
    """A picture, as XEP-0084 has it."""
    client.set(None, PUBLISH % (DATA, HASH, "<data xmlns='%s'>%s</data>" % (
        DATA, base64.b64encode(PNG).decode())))
    client.set(None, PUBLISH % (
        META, HASH, "<metadata xmlns='%s'><info id='%s' bytes='%d' "
        "type='image/png'/></metadata>" % (META, HASH, len(PNG))))


def pep_id(client, jid):
    info = find(item(client, jid, META), "info")
    return info is not None and info.get("id")


def test_published(two):
    """Pictures and profiles that are published (XEP-0084, XEP-0292)."""
    anna, bob, here, there = two.anna, two.bob, two.here, two.there
    publish(bob)
    bob.set(None, PUBLISH % ("urn:xmpp:vcard4", "current", "<vcard "
                             "xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn>"
                             "<text>Bob 4</text></fn></vcard>"))
    two.from_bob("presence", has_hash(HASH))
    assert pep_id(anna, here) == HASH
    data = find(item(anna, here, DATA, HASH), "data")
    assert base64.b64decode(data.text) == PNG
    card = anna.get(here, "<vCard xmlns='vcard-temp'/>")
    assert picture(card) == PNG, show(card)
    assert card.findtext("vcard:FN", None, NS) == "Bob 4", show(card)
    bob.set(None, PUBLISH % (META, "none", "<metadata xmlns='%s'/>" % META))
    two.from_bob("presence", has_hash(""))
    if two.pair.server_mode:
        publish(anna)
    else:
        anna.set(two.pair.gateway, CARD % ("Anna", "an", PHOTO))
    wait_for(lambda: pep_id(bob, there) == HASH, 10, "hers to be published")
    two.from_anna("presence", has_hash(HASH))


def test_search(pair):
    """In the directory of the far server, which Prosody has not."""
    anna, bob = pair.user("anna"), pair.peer("bob")
    nick = pair.unique("zoë")
    bob.set(None, CARD % ("Zoë &lt;Z&gt;", nick, ""))
    query = "<query xmlns='jabber:iq:search'>%s</query>"
    form = anna.get(pair.gateway, query % "")
    assert "nick" in [f.get("var") for f in form.iter("{jabber:x:data}field")]
    ask = query % ("<x xmlns='jabber:x:data' type='submit'><field var='nick'>"
                   "<value>%s</value></field></x>")
    answer = anna.iq("set", pair.gateway, ask % nick)
    if pair.far.domain == "far.test":
        assert condition_of(answer)[1] in ("feature-not-implemented",
                                           "service-unavailable")
        return
    rows = [{f.get("var"): f.findtext("x:value", "", NS) for f in
             row.findall("x:field", NS)}
            for row in answer.iter("{jabber:x:data}item")]
    assert [row["jid"] for row in rows] == [pair.jid_of(bob)], show(answer)
    assert "Zoë <Z>" in rows[0].values()
    answer = anna.set(pair.gateway, ask % "nobody at all")
    assert answer.find("x:x/x:item", NS) is None
