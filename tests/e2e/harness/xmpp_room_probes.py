# SPDX-License-Identifier: GPL-2.0-or-later
"""The probes of rooms: see xmpp_probes.py."""
import itertools

from .process import wait_for
from .xmpp import NS, body_of, quote, statuses
from .xmpp_probes import CUSTOM, child, holds, outcome, probe

OWNER = "http://jabber.org/protocol/muc#owner"
ADMIN = "http://jabber.org/protocol/muc#admin"

_numbers = itertools.count(1)


class Room:
    """anna has made it, and bob is in it."""

    def __init__(self, m):
        self.far, self.here = m.pair.room("probe")
        self.anna, self.bob = m.anna, m.bob
        self.anna.join(self.here, "anna")
        # It is unlocked for others a little later.
        wait_for(lambda: holds(self.bob.join, self.far, "bob"), 10)
        self.anna.expect("presence", from_=self.here + "/bob", type="")

    def said(self, down, inside="", kind="groupchat"):
        word = "in the room %d" % next(_numbers)
        source, sink = (self.anna, self.bob) if down else (self.bob, self.anna)
        source.message(self.here if down else self.far, word, kind, inside)
        return sink.expect_body(word)


def room(m):
    if not hasattr(m, "room"):
        m.room = Room(m)
    return m.room


@probe("rooms: joining and talking")
def _room(m):
    r = room(m)
    return outcome(r.said(True), r.said(False))


@probe("rooms: replies, reactions and the like")
def _room_payload(m):
    payload = "<reply xmlns='urn:xmpp:reply:0' id='unknown'/>"
    r = room(m)

    def passes(down):
        return child(r.said(down, payload), "urn:xmpp:reply:0",
                     "reply") is not None
    return outcome(passes(True), passes(False))


@probe("rooms: any other element")
def _room_custom(m):
    r = room(m)

    def passes(down):
        return child(r.said(down, "<x xmlns='%s'/>" % CUSTOM), CUSTOM,
                     "x") is not None
    return outcome(passes(True), passes(False))


@probe("rooms: lasting ids (XEP-0359)")
def _room_ids(m):
    r = room(m)
    heard = r.said(False)
    return outcome(False, any(s.get("by") == r.here for s in heard.findall(
        "sid:stanza-id", NS)))


@probe("rooms: ids of occupants (XEP-0421)")
def _occupants(m):
    return outcome(False, room(m).said(False).find("occ:occupant-id", NS)
                   is not None)


@probe("rooms: private messages")
def _private(m):
    r, down, up = room(m), m.word(), m.word()
    m.anna.message(r.here + "/bob", down)
    m.bob.message(r.far + "/anna", up)
    return outcome(
        holds(m.bob.expect_body, down, from_=r.far + "/anna",
              timeout=m.patience) is not None,
        holds(m.anna.expect_body, up, from_=r.here + "/bob",
              timeout=m.patience) is not None)


@probe("rooms: subject")
def _subject(m):
    r = room(m)

    def changed(source, to, sink):
        word = m.word()
        source.send("<message to=%s type='groupchat'><subject>%s</subject>"
                    "</message>" % (quote(to), word))
        return holds(sink.expect, "message", lambda s: s.findtext(
            "c:subject", None, NS) == word, timeout=m.patience) is not None
    return outcome(changed(m.anna, r.here, m.bob),
                   changed(m.bob, r.far, m.anna) if allowed(m, r) else False)


def make_room(client, far, nick):
    """On the far server; others may enter."""
    client.join(far, nick)
    client.set(far, "<query xmlns='%s'><x xmlns='jabber:x:data' type='submit'/>"
               "</query>" % OWNER)


def allowed(m, r):
    """Let everybody change the subject, with another client of hers."""
    m.bob.clear()
    own = m.anna.elsewhere("owner")
    own.iq("set", r.far, "<query xmlns='%s'><x xmlns='jabber:x:data' type="
           "'submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/"
           "muc#roomconfig</value></field><field var='muc#roomconfig_changesub"
           "ject'><value>1</value></field></x></query>" % OWNER)
    own.close()
    return True


@probe("rooms: nicks")
def _nicks(m):
    r = room(m)

    def renamed(source, to, sink, seen):
        source.send("<presence to=%s/>" % quote(to))
        return holds(sink.expect, "presence", lambda p: 303 in statuses(p),
                     from_=seen, timeout=m.patience) is not None
    result = outcome(renamed(m.anna, r.here + "/ann", m.bob, r.far + "/anna"),
                     renamed(m.bob, r.far + "/bo", m.anna, r.here + "/bob"))
    return result


@probe("rooms: form of the owner")
def _form(m):
    r = room(m)
    query = holds(m.anna.get, r.here, "<query xmlns='%s'/>" % OWNER)
    return outcome(query is not None and any(
        f.get("var") == "muc#roomconfig_roomname"
        for f in query.iter("{jabber:x:data}field")), False)


@probe("rooms: lists of members and the banned")
def _members(m):
    r = room(m)
    query = holds(m.anna.get, r.here, "<query xmlns='%s'><item affiliation="
                  "'owner'/></query>" % ADMIN)
    return outcome(query is not None and any(
        i.get("jid") for i in query), False)


@probe("rooms: being in it is asked (XEP-0410)")
def _self_ping(m):
    r = room(m)
    answer = m.anna.iq("get", r.here + "/ann", "<ping xmlns='urn:xmpp:ping'/>")
    return outcome(answer.get("type") == "result", False)


@probe("rooms: what was said before")
def _history(m):
    r, said = room(m), room(m).said(False)
    second = m.anna.another("two")
    second.send_join(r.here, "ann")
    heard = holds(second.expect_body, body_of(said), timeout=m.patience)
    second.close()
    return outcome(False, heard is not None and heard.find(
        "delay:delay", NS) is not None)


@probe("rooms: invitations")
def _invitations(m):
    tea = m.pair.room("invite")
    m.anna.join(tea.here, "anna")
    carol = m.pair.peer("carol")
    invite = "<message to=%s><x xmlns='%s'><invite to=%s><reason>come</reason>" \
        "</invite></x></message>"
    m.anna.send(invite % (quote(tea.here), NS["user"],
                          quote(m.pair.jid_of(carol))))
    down = holds(carol.expect, "message", lambda s: child(
        s, NS["user"], "invite") is not None or child(
            s, "jabber:x:conference", "x") is not None, timeout=m.patience)
    other = m.pair.room("invite")
    make_room(carol, other.far, "carol")
    carol.send(invite % (quote(other.far), NS["user"],
                         quote(m.anna.account)))
    up = holds(m.anna.expect, "message", lambda s: other.here in (
        s.get("from"), *(c.get("jid") for c in s)), timeout=m.patience)
    carol.close()
    return outcome(down is not None, up is not None)


@probe("rooms: kicks")
def _kicks(m):
    r = room(m)
    kick = "<query xmlns='%s'><item nick=%s role='none'><reason>go</reason>" \
        "</item></query>"
    m.anna.iq("set", r.here, kick % (ADMIN, "'bo'"))
    down = holds(m.bob.expect, "presence", lambda p: 307 in statuses(p),
                 type="unavailable", timeout=m.patience)
    other = m.pair.room("kick")
    make_room(m.bob, other.far, "bob")
    m.anna.join(other.here, "anna")
    m.bob.iq("set", other.far, kick % (ADMIN, "'anna'"))
    up = holds(m.anna.expect, "presence", lambda p: 307 in statuses(p) and
               child(p, NS["user"], "reason") is not None,
               type="unavailable", timeout=m.patience)
    return outcome(down is not None, up is not None)
