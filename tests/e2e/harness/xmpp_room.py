# SPDX-License-Identifier: GPL-2.0-or-later
"""A room of another XMPP server, and what its people do there."""
import pytest

from .xmpp import NS, condition_of, show
from .xmpp_pair import pairs_of

ADMIN = "http://jabber.org/protocol/muc#admin"
OWNER = "http://jabber.org/protocol/muc#owner"
CONFIG = "http://jabber.org/protocol/muc#roomconfig"
CORRECT = "urn:xmpp:message-correct:0"
REPLY = "urn:xmpp:reply:0"
REACT = "urn:xmpp:reactions:0"
RETRACT = "urn:xmpp:message-retract:1"
MODERATE = "urn:xmpp:message-moderate:1"
DIRECT = "jabber:x:conference"
MAM = "urn:xmpp:mam:2"

# Each far server once, and each way to us.
each_server = pytest.mark.parametrize(
    "pair", pairs_of("prosody-ejabberd", "server-prosody"), indirect=True)


class Tea:
    """A room that anna, a user, has made; bob, a peer, is in it."""

    def __init__(self, pair):
        self.pair, self.room = pair, pair.room("tea")
        self.far, self.here = self.room
        self.anna, self.bob = pair.user("anna"), pair.peer("bob")
        self.anna.join(self.here, "anna")
        self.bob.join(self.far, "bob")
        self.anna_sees("bob")

    def anna_sees(self, nick, check=None, type=""):
        return self.anna.expect("presence", check, type=type,
                                from_=self.here + "/" + nick)

    def bob_sees(self, nick, check=None, type=""):
        return self.bob.expect("presence", check, type=type,
                               from_=self.far + "/" + nick)

    def say(self, who, body, extra=""):
        """Said by anna or bob, and heard by both: (theirs, hers)."""
        here = who is self.anna
        ident = who.message(self.here if here else self.far, body,
                            "groupchat", extra)
        back = who.expect_body(body)
        assert back.get("id") == ident or not here
        return (back, self.bob.expect_body(body)) if here else (
            self.anna.expect_body(body), back)


def item(presence):
    return presence.find("user:x/user:item", NS)


def rank(presence):
    return item(presence).get("affiliation"), item(presence).get("role")


def named(room_id, message):
    """The id that the room has given to a message."""
    return [sid.get("id") for sid in message.findall("sid:stanza-id", NS)
            if sid.get("by") == room_id][0]


def has(ns, name):
    return lambda stanza: stanza.find("{%s}%s" % (ns, name)) is not None


def configure(client, room, **values):
    client.set(room, "<query xmlns='%s'><x xmlns='jabber:x:data' "
               "type='submit'><field var='FORM_TYPE'><value>%s</value></field>"
               "%s</x></query>" % (OWNER, CONFIG, "".join(
                   "<field var='muc#roomconfig_%s'><value>%s</value></field>"
                   % pair for pair in values.items())))


def fields(client, room):
    query = client.get(room, "<query xmlns='%s'/>" % OWNER)
    return {f.get("var"): f for f in query.findall("x:x/x:field", NS)}


def admin(client, room, inside):
    client.set(room, "<query xmlns='%s'>%s</query>" % (ADMIN, inside))


def listed(client, room, **what):
    query = client.get(room, "<query xmlns='%s'><item %s/></query>" % (
        ADMIN, " ".join("%s='%s'" % pair for pair in what.items())))
    return {i.get("jid") or i.get("nick") for i in query}


def refused(client, room, nick, **how):
    client.clear()
    client.send_join(room, nick, **how)
    answer = client.expect("presence", from_=room + "/" + nick, timeout=20)
    assert answer.get("type") == "error", show(answer)
    return condition_of(answer)[1]
