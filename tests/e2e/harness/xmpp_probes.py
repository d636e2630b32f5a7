# SPDX-License-Identifier: GPL-2.0-or-later
"""What passes between a user and somebody on another XMPP server: one probe for
each thing that XMPP can say, in both directions.

A probe returns where it got: "both", "to contact", "to user", or "no".  What is
lost is known without waiting where that is possible: when something that was
said later on the same way has arrived."""
import base64
import hashlib
import itertools

from .process import wait_for
from .xmpp import NS, body_of, local, quote

LANG = "{http://www.w3.org/XML/1998/namespace}lang"
XHTML = "http://jabber.org/protocol/xhtml-im"
RECEIPTS = "urn:xmpp:receipts"
MARKERS = "urn:xmpp:chat-markers:0"
PUBSUB = "http://jabber.org/protocol/pubsub"
DEVICES = "eu.siacs.conversations.axolotl.devicelist"
OMEMO = "eu.siacs.conversations.axolotl"
TUNE = "http://jabber.org/protocol/tune"
JINGLE = "urn:xmpp:jingle:1"
CUSTOM = "urn:example:probe"
BLOCKING = "urn:xmpp:blocking"
COMMANDS = "http://jabber.org/protocol/commands"
BOOKMARKS = "urn:xmpp:bookmarks:1"
PIXEL = base64.b64encode(base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg==")).decode()

SHA1 = hashlib.sha1(base64.b64decode(PIXEL)).hexdigest()

_numbers = itertools.count(1)
probes = []             # (title, function)


def probe(title):
    def add(function):
        probes.append((title, function))
        return function
    return add


def outcome(down, up):
    down, up = (there not in (None, False) for there in (down, up))
    return {(True, True): "both", (True, False): "to contact",
            (False, True): "to user", (False, False): "no"}[down, up]


def holds(check, *arguments, **how):
    """Did it come in time, or at all?"""
    try:
        return check(*arguments, **how)
    except AssertionError:
        return None


def child(stanza, ns, name):
    return stanza.find(".//{%s}%s" % (ns, name))


class Meeting:
    """anna, a user of a pair, and bob, whom she knows on the far server."""

    def __init__(self, pair, patience=20):
        """patience: seconds for what takes a question or two on the way."""
        self.pair, self.patience = pair, patience
        self.anna, self.bob = pair.user("anna", login=False), pair.peer(
            "bob", "phone", login=False)
        self.bob.login(presence=False)
        self.bob.get(None, "<query xmlns='jabber:iq:roster'/>")
        self.bob.send("<presence/>")
        self.anna.enter(not pair.server_mode)
        pair.friends(self.anna, self.bob)
        # slixmpp keeps them by the full JID: not before that is known.
        for client, own in ((self.anna, "near"), (self.bob, "far")):
            for feature in "urn:example:" + own, TUNE + "+notify":
                client.xmpp["xep_0030"].add_feature(feature)
        self.tell_what_they_can()
        self.bob_here = pair.jid_of(self.bob)
        self._base()

    def tell_what_they_can(self):
        """By a presence; those that probes send are without it."""
        for client in self.anna, self.bob:
            client._call(client.xmpp["xep_0115"].update_caps())

    def _base(self):
        """One message each way, that others can be about."""
        ask = "<request xmlns='%s'/><markable xmlns='%s'/>" % (RECEIPTS,
                                                               MARKERS)
        self.a_own = self.anna.message(self.bob_here, "base down", extra=ask)
        heard = self.bob.expect_body("base down")
        self.a_seen, self.anna_far = heard.get("id"), heard.get("from")
        self.b_own = self.bob.message(self.anna_far, "base up", extra=ask)
        heard = self.anna.expect_body("base up")
        self.b_seen, self.bob_full = heard.get("id"), heard.get("from")

    def word(self):
        return "word %d" % next(_numbers)

    def carry(self, down, inside, kind="chat", attributes="", to=None,
              back=None):
        """Send a message and return what of it has come."""
        source, sink = (self.anna, self.bob) if down else (self.bob, self.anna)
        to = to or (self.bob_here if down else self.anna_far)
        fence, ident = self.word(), "p%d" % next(_numbers)
        sink.clear()
        source.send("<message to=%s type='%s' id='%s' %s>%s</message>"
                    % (quote(to), kind, ident, attributes, inside))
        source.message(to, fence, kind)
        sink.expect_body(fence)
        with sink.changed:
            return [xml for _, xml in sink.inbox if local(xml) == "message"]

    def both(self, inside, check, **how):
        """inside: of a message, with %(own)s, an earlier one of its sender, and
        %(theirs)s; check(message, own, theirs), as its receiver knows them."""
        down = self.carry(True, inside % {"own": self.a_own,
                                          "theirs": self.b_seen}, **how)
        up = self.carry(False, inside % {"own": self.b_own,
                                         "theirs": self.a_seen}, **how)
        return outcome(
            any(check(m, self.a_seen, self.b_own) for m in down),
            any(check(m, self.b_seen, self.a_own) for m in up))


def message(title, inside, check, **how):
    """A probe of something in a message."""
    probe(title)(lambda meeting: meeting.both(inside, check, **how))


def has(ns, name, **attributes):
    """attributes: values, or "own" or "theirs" for the id of a message."""
    def check(stanza, own, theirs):
        found = child(stanza, ns, name)
        return found is not None and all(
            found.get(key) == {"own": own, "theirs": theirs}.get(value, value)
            for key, value in attributes.items())
    return check


# ----------------------------------------------------------------- messages

message("text", "<body>grüße &lt;&amp;&gt;</body>",
        lambda m, *_: body_of(m) == "grüße <&>")


@probe("ids of messages")
def _ids(m):
    return outcome(m.a_own == m.a_seen, m.b_own == m.b_seen)


message("language (`xml:lang`)", "<body>eins</body>",
        lambda m, *_: m.get(LANG) == "de", attributes="xml:lang='de'")
message("subject", "<subject>about</subject><body>two</body>",
        lambda m, *_: m.findtext("c:subject", None, NS) == "about" or
        "about" in (body_of(m) or ""))
message("thread", "<body>three</body><thread>t-1</thread>",
        lambda m, *_: m.findtext("c:thread", None, NS) == "t-1")
message("formatting (XHTML-IM)", "<body>bold</body><html xmlns='%s'><body "
        "xmlns='http://www.w3.org/1999/xhtml'><p><strong>bold</strong></p>"
        "</body></html>" % XHTML,
        lambda m, *_: child(m, "http://www.w3.org/1999/xhtml", "strong")
        is not None or "font-weight" in str(child(m, XHTML, "html")))
message("links to files (XEP-0066)", "<body>https://x.test/a.png</body>"
        "<x xmlns='jabber:x:oob'><url>https://x.test/a.png</url></x>",
        has("jabber:x:oob", "url"))
message("receipts (XEP-0184)", "<received xmlns='%s' id='%%(theirs)s'/>"
        % RECEIPTS, has(RECEIPTS, "received", id="theirs"))
message("chat states (XEP-0085)", "<composing xmlns='%s'/>" % NS["states"],
        has(NS["states"], "composing"))
message("markers (XEP-0333)", "<displayed xmlns='%s' id='%%(theirs)s'/>"
        % MARKERS, has(MARKERS, "displayed", id="theirs"))
message("corrections (XEP-0308)", "<body>better</body><replace xmlns="
        "'urn:xmpp:message-correct:0' id='%(own)s'/>",
        has("urn:xmpp:message-correct:0", "replace", id="own"))
message("reactions (XEP-0444)", "<reactions xmlns='urn:xmpp:reactions:0' "
        "id='%(theirs)s'><reaction>👍</reaction></reactions>",
        has("urn:xmpp:reactions:0", "reactions", id="theirs"))
message("replies (XEP-0461)", "<body>yes</body><reply xmlns='urn:xmpp:reply:0'"
        " id='%(theirs)s'/>", has("urn:xmpp:reply:0", "reply", id="theirs"))
message("attention (XEP-0224)", "<attention xmlns='urn:xmpp:attention:0'/>"
        "<body>hey</body>", has("urn:xmpp:attention:0", "attention"))
message("OMEMO messages (XEP-0384)", "<body>You cannot read this.</body>"
        "<encrypted xmlns='%s'><header sid='1'><key rid='2'>AAAA</key><iv>BBBB"
        "</iv></header><payload>CCCC</payload></encrypted><store xmlns="
        "'urn:xmpp:hints'/>" % OMEMO, has(OMEMO, "payload"))
message("calls (XEP-0353)", "<propose xmlns='urn:xmpp:jingle-message:0' "
        "id='call'><description xmlns='urn:xmpp:jingle:apps:rtp:1' media="
        "'audio'/></propose>", has("urn:xmpp:jingle-message:0", "propose"))
message("any other element in a message", "<x xmlns='%s'><y z='1'/></x>"
        % CUSTOM, has(CUSTOM, "y", z="1"))
message("retraction (XEP-0424)", "<retract xmlns='urn:xmpp:message-retract:1' "
        "id='%(own)s'/><body>It was retracted.</body>",
        has("urn:xmpp:message-retract:1", "retract", id="own"))


@probe("errors of what could not be delivered")
def _errors(m):
    ident = m.anna.message(m.pair.jid_of("nobody@" + m.pair.far.domain), "?")
    return outcome(False, holds(m.anna.expect, "message", type="error",
                                id=ident, timeout=m.patience) is not None)


# ----------------------------------------------------------------- presence

@probe("presence: show and status")
def _presence(m):
    def seen(source, sink):
        source.send("<presence><show>dnd</show><status>busy</status>"
                    "</presence>")
        return holds(sink.expect, "presence", lambda p: (
            p.findtext("c:show", "", NS), p.findtext("c:status", "", NS)) ==
            ("dnd", "busy"), timeout=m.patience)
    return outcome(seen(m.anna, m.bob), seen(m.bob, m.anna))


@probe("priority")
def _priority(m):
    def seen(source, sink):
        source.send("<presence><priority>7</priority></presence>")
        return holds(sink.expect, "presence", lambda p: p.findtext(
            "c:priority", "", NS) == "7", timeout=m.patience)
    return outcome(seen(m.anna, m.bob), seen(m.bob, m.anna))


@probe("capabilities, and service discovery of clients")
def _discovery(m):
    def knows(who, whom, feature):
        return holds(wait_for, lambda: feature in who.features(whom) or None,
                     m.patience, feature)
    m.tell_what_they_can()
    return outcome(knows(m.bob, m.anna_far, "urn:example:near"),
                   knows(m.anna, m.pair.jid_of(m.bob.jid), "urn:example:far"))


@probe("the clients of a contact, told apart")
def _clients(m):
    second = m.pair.far_client(m.bob.bare, "tablet")
    full = m.pair.jid_of(second.jid)
    seen = holds(m.anna.expect, "presence", from_=full, type="",
                 timeout=m.patience)
    word, last = m.word(), m.word()
    m.bob.clear()
    m.anna.message(full, word)
    m.anna.message(m.pair.jid_of(m.bob.jid), last)
    heard = holds(second.expect_body, word, timeout=m.patience)
    only = heard is not None and holds(m.bob.expect_body, last, timeout=m.patience) \
        is not None and not m.bob.matching("message",
                                           lambda s: body_of(s) == word)
    second.close()
    return outcome(only, seen is not None)


@probe("any other element in a presence")
def _in_presence(m):
    def seen(source, sink):
        fence = m.word()
        source.send("<presence><x xmlns='%s'/></presence>" % CUSTOM)
        source.send("<presence><status>%s</status></presence>" % fence)
        holds(sink.expect, "presence", lambda p: p.findtext(
            "c:status", "", NS) == fence, timeout=m.patience)
        return sink.matching("presence", lambda p: child(
            p, CUSTOM, "x") is not None) or None
    return outcome(seen(m.anna, m.bob), seen(m.bob, m.anna))


# ------------------------------------------------------------------- roster

@probe("subscriptions: asked for and granted")
def _subscriptions(m):
    carol = m.pair.peer("carol")
    carol.send("<presence to=%s type='subscribe'/>" % quote(m.anna.account))
    here = m.pair.jid_of(carol)
    up = holds(m.anna.expect, "presence", from_=here, type="subscribe",
               timeout=m.patience)
    m.anna.send("<presence to=%s type='subscribed'/>" % quote(here))
    up = up is not None and holds(carol.expect, "presence", type="subscribed",
                                  timeout=m.patience)
    carol.close()
    return outcome(True, up)            # the meeting began with the other


@probe("roster: names and groups")
def _roster(m):
    other = m.anna.elsewhere("pc")
    there = "<query xmlns='%s'><item jid=%s name='%s'><group>%s</group>" \
        "</item></query>"

    def said(name, group):
        return lambda iq: any(
            i.get("name") == name and [g.text for g in i] == [group]
            for i in iq.findall("roster:query/roster:item", NS))
    other.set(None, there % (NS["roster"], quote(m.bob.bare), "Bob U.", "Up"))
    up = holds(m.anna.expect, "iq", said("Bob U.", "Up"), type="set",
               timeout=m.patience)
    holds(m.anna.set, None, there % (NS["roster"], quote(m.bob_here),
                                     "Bob D.", "Down"))
    down = holds(other.expect, "iq", said("Bob D.", "Down"), type="set",
                 timeout=m.patience)
    other.close()
    return outcome(down is not None, up is not None)


@probe("blocking (XEP-0191)")
def _blocking(m):
    other = m.anna.elsewhere("pc")

    def listed(client, jid):
        answer = client.iq("get", None, "<blocklist xmlns='%s'/>" % BLOCKING)
        return any(i.get("jid") == jid for i in answer.iter(
            "{%s}item" % BLOCKING))
    eve, mallory = ("%s@%s" % (name, m.pair.far.domain)
                    for name in ("eve", "mallory"))
    for name in eve, mallory:
        other.set(None, "<query xmlns='%s'><item jid=%s/></query>"
                  % (NS["roster"], quote(name)))
    holds(m.anna.expect, "iq", lambda s: any(
        i.get("jid") == m.pair.jid_of(mallory) for i in s.iter(
            "{%s}item" % NS["roster"])), type="set", timeout=m.patience)
    listed(m.anna, "")
    act = "<%s xmlns='%s'><item jid=%s/></%s>"
    other.set(None, act % ("block", BLOCKING, quote(eve), "block"))
    up = holds(m.anna.expect, "iq", lambda s: any(
        i.get("jid") == m.pair.jid_of(eve) for i in s.iter(
            "{%s}item" % BLOCKING)), type="set", timeout=m.patience)
    m.anna.iq("set", None, act % ("block", BLOCKING,
                                  quote(m.pair.jid_of(mallory)), "block"))
    down = listed(other, mallory)
    other.close()
    return outcome(down, up)


# ------------------------------------------------------------ who people are

@probe("vCards (XEP-0054)")
def _vcard(m):
    card = "<vCard xmlns='vcard-temp'><FN>%s</FN></vCard>"

    def name(client, jid):
        answer = client.iq("get", jid, "<vCard xmlns='vcard-temp'/>")
        return answer.findtext("vcard:vCard/vcard:FN", None, NS)
    m.bob.set(None, card % "Bob Far")
    holds(m.anna.set, None, card % "Anna Near")
    return outcome(name(m.bob, m.anna.account) == "Anna Near",
                   name(m.anna, m.bob_here) == "Bob Far")


@probe("pictures (XEP-0153)")
def _pictures(m):
    card = "<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>%s" \
        "</BINVAL></PHOTO></vCard>" % PIXEL

    def seen(source, sink, jid):
        source.iq("set", None, card)
        source.send("<presence><x xmlns='%s'><photo>%s</photo></x></presence>"
                    % (NS["photo"], SHA1))
        return holds(sink.expect, "presence", lambda p: p.findtext(
            "photo:x/photo:photo", "", NS) == SHA1, timeout=m.patience,
            from_=lambda f: f.startswith(jid)) is not None
    return outcome(seen(m.anna, m.bob, m.anna.account),
                   seen(m.bob, m.anna, m.bob_here))


@probe("version of a contact's program (XEP-0092)")
def _version(m):
    def known(who, whom):
        answer = who.iq("get", whom, "<query xmlns='%s'/>" % NS["ver"])
        return "Slixmpp" in (answer.findtext("ver:query/ver:name", "", NS))
    return outcome(known(m.bob, m.anna_far),
                   known(m.anna, m.pair.jid_of(m.bob.jid)))


@probe("nodes of others, such as keys of OMEMO (XEP-0163)")
def _nodes(m):
    publish = "<pubsub xmlns='%s'><publish node='%s'><item id='current'><list " \
        "xmlns='%s'><device id='%%d'/></list></item></publish></pubsub>" % (
            PUBSUB, DEVICES, OMEMO)
    ask = "<pubsub xmlns='%s'><items node='%s'/></pubsub>" % (PUBSUB, DEVICES)

    def reads(who, whom, device):
        found = child(who.iq("get", whom, ask), OMEMO, "device")
        return found is not None and found.get("id") == device
    m.bob.set(None, publish % 71)
    m.anna.iq("set", None, publish % 72)
    return outcome(reads(m.bob, m.anna.account, "72"),
                   reads(m.anna, m.bob_here, "71"))


@probe("events of nodes, such as a tune (XEP-0163)")
def _events(m):
    publish = "<pubsub xmlns='%s'><publish node='%s'><item><tune xmlns='%s'>" \
        "<title>song</title></tune></item></publish></pubsub>" % (PUBSUB, TUNE,
                                                                  TUNE)

    # Servers forget who wants them at a presence that does not say so.
    m.tell_what_they_can()

    def heard(source, sink):
        source.iq("set", None, publish)
        return holds(sink.expect, "message", lambda s: child(
            s, TUNE, "title") is not None, timeout=m.patience) is not None
    return outcome(heard(m.anna, m.bob), heard(m.bob, m.anna))


# ------------------------------------------------------------------ requests

def asked(m, payload, ns, name):
    """Does a request reach the other client, and its answer the one who
    asked?"""
    def reaches(who, whom, other):
        answer = holds(who.iq, "set", whom, payload)
        return answer is not None and holds(
            other.expect, "iq", lambda s: child(s, ns, name) is not None,
            type="set", timeout=0.2) is not None
    return outcome(reaches(m.anna, m.pair.jid_of(m.bob.jid), m.bob),
                   reaches(m.bob, m.anna_far, m.anna))


@probe("Jingle: calls and files (XEP-0166)")
def _jingle(m):
    return asked(m, "<jingle xmlns='%s' action='session-initiate' sid='s'>"
                 "<content creator='initiator' name='a'/></jingle>" % JINGLE,
                 JINGLE, "content")


@probe("any other request between clients")
def _custom(m):
    return asked(m, "<x xmlns='%s'><y/></x>" % CUSTOM, CUSTOM, "y")


@probe("commands of the remote server (XEP-0050)")
def _commands(m):
    items = m.anna.iq("get", m.pair.gateway, "<query xmlns='%s' node='%s'/>"
                      % (NS["items"], COMMANDS))
    offered = m.bob.iq("get", m.pair.far.domain, "<query xmlns='%s' "
                       "node='%s'/>" % (NS["items"], COMMANDS))
    here = [i.get("name") for i in items.iter("{%s}item" % NS["items"])]
    return outcome(any(name.startswith(i.get("name")) for name in here
                       for i in offered.iter("{%s}item" % NS["items"])), False)


# -------------------------------------------------------- elsewhere, and away

@probe("what the user writes with other clients (XEP-0280)")
def _carbons(m):
    other, word = m.anna.elsewhere("pc"), m.word()
    other.set(None, "<enable xmlns='urn:xmpp:carbons:2'/>")
    other.message(m.bob.bare, word)
    up = holds(m.anna.expect, "message", lambda s: any(
        b.text == word for b in s.iter("{jabber:client}body")), timeout=m.patience)
    down = m.word()
    m.anna.message(m.bob_here, down)
    down = holds(other.expect, "message", lambda s: any(
        b.text == down for b in s.iter("{jabber:client}body")), timeout=m.patience)
    other.close()
    return outcome(down is not None, up is not None)


@probe("what was said while the user was away")
def _away(m):
    word, last = m.word(), m.word()
    away(m)
    m.bob.message(m.anna.account, word)
    back(m)
    m.bob.message(m.anna.account, last)
    m.anna.expect_body(last)
    heard = m.anna.matching("message", lambda s: body_of(s) == word)
    return outcome(False, len(heard) == 1)


@probe("and was shown elsewhere meanwhile (XEP-0313)")
def _archive(m):
    word, other = m.word(), m.anna.elsewhere("pc")
    away(m)
    m.bob.message(m.anna.account, word)
    other.expect_body(word)
    other.close()
    back(m)
    return outcome(False, holds(m.anna.expect_body, word, timeout=m.patience)
                   is not None)


def away(m):
    m.bob.clear()
    m.anna.close()
    m.bob.expect("presence", type="unavailable", from_=lambda f: ours(m, f))


def back(m):
    m.anna.clear()
    m.anna.enter()
    m.anna_far = m.bob.expect("presence", type="", from_=lambda f: ours(
        m, f)).get("from")


def ours(m, jid):
    """Is it anna through us, not her other client?"""
    bare, _, resource = jid.partition("/")
    return bare == m.anna.account and resource != "pc"


@probe("bookmarks (XEP-0402)")
def _bookmarks(m):
    tea, other = m.pair.room("bookmark"), m.anna.elsewhere("pc")
    other.set(None, "<pubsub xmlns='%s'><publish node='%s'><item id=%s>"
              "<conference xmlns='%s' name='Tea' autojoin='true'/></item>"
              "</publish></pubsub>" % (PUBSUB, BOOKMARKS, quote(tea.far), BOOKMARKS))
    away(m)
    other.close()
    back(m)
    return outcome(False, holds(m.anna.expect, "message", lambda s: tea.here in
                                (s.get("from"), *(c.get("jid") for c in s)),
                                timeout=m.patience))
