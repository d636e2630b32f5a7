# SPDX-License-Identifier: GPL-2.0-or-later
"""Two people with an instance of spectrum2_xmpp_backend between them.

A user is on our side: at the server of which the instance is a component
(gateway mode), or logged in to the instance itself (server mode).  A peer has an
account on the far server, as the user has through us, and knows nothing of
gateways."""
import collections
import itertools
import os

import pytest

from .instance import XMPP_BACKEND
from .process import wait_for
from .raw import register_account
from .servers import Ejabberd
from .xmpp import NS, Client, quote, show

MISSING = None if os.path.exists(XMPP_BACKEND) else \
    "this build is without the XMPP backend"

# What each pair is made of: who is near (None: server mode), who is far.
PAIRS = {
    "prosody-ejabberd": ("prosody", "far_ejabberd"),
    "ejabberd-prosody": ("ejabberd", "far_prosody"),
    "server-prosody": (None, "far_prosody"),
    "server-ejabberd": (None, "far_ejabberd"),
}
PASSWORD = "pw"


def pairs_of(*kinds):
    """For parametrize("pair", ..., indirect=True): those that share a far
    server are one worker's."""
    return [pytest.param(kind, marks=pytest.mark.xdist_group(PAIRS[kind][1]))
            for kind in kinds]


# far: its own JID, for peers; here: the same to users.
Room = collections.namedtuple("Room", "far here")


def escaped(jid):
    """A name of the network as a node (XEP-0106)."""
    node = ""
    for at, char in enumerate(jid):
        if char in " \"&'/:<>@" or char == "\\" and _is_escape(jid[at:]):
            char = "\\%02x" % ord(char)
        node += char
    return node


def _is_escape(text):
    return text[1:3] in ("20", "22", "26", "27", "2f", "3a", "3c", "3e", "40",
                         "5c")


def settings(far, authority):
    """Of an instance in front of a far server, whose certificate is
    verified."""
    return {"service__backend": XMPP_BACKEND, "service__jid_escaping": 1,
            "service__enable_remove_buddy": 1, "identity__type": "xmpp",
            "xmpp__host": "127.0.0.1", "xmpp__port": far.port,
            "xmpp__ca_file": authority.cert}


class User(Client):
    """A user of ours; .account is the address on the far server."""

    def __init__(self, pair, jid, account, port, resource=None):
        super().__init__(jid, PASSWORD, port, resource)
        self.pair, self.account, self._own_port = pair, account, port

    def another(self, resource=None, login=True):
        """One more client of the same user, on our side."""
        client = self.pair.keep(User(self.pair, self.bare, self.account,
                                     self._own_port, resource))
        return client.enter() if login else client

    def elsewhere(self, resource=None):
        """A client of the account directly on the far server."""
        return self.pair.far_client(self.account, resource)

    def enter(self, register=False):
        """Online, as clients do it: roster first.  So is the gateway when this
        returns."""
        self.login(presence=False)
        self.get(None, "<query xmlns='jabber:iq:roster'/>")
        self.send("<presence/>")
        if register:
            self.pair.wait_for_gateway(self)
            answer = self.register(self.account)
            assert answer.get("type") == "result", show(answer)
            if not self.pair.writes_rosters:
                self.expect("presence", type="subscribe",
                            from_=self.pair.gateway)
                self.send("<presence to='%s' type='subscribed'/>"
                          % self.pair.gateway)
        if not self.pair.server_mode:
            self.send("<presence to='%s'/>" % self.pair.gateway)
        self.expect("presence", from_=self.pair.gateway, type="", timeout=20)
        return self

    def register(self, account, password=PASSWORD, timeout=20):
        """With the gateway; the answer."""
        return self.iq("set", self.pair.gateway, "<query xmlns='%s'><username>"
                       "%s</username><password>%s</password></query>"
                       % (NS["reg"], account, password), timeout)

    def roster(self):
        """{jid: item}"""
        query = self.get(None, "<query xmlns='jabber:iq:roster'/>")
        return {item.get("jid"): item for item in query}


class Pair:
    """Lives as long as the session; its people are new in each test."""

    _numbers = itertools.count(1)

    def __init__(self, kind, make, near, far, name, authority):
        self.kind, self.near, self.far = kind, near, far
        self.server_mode = near is None
        # What our ejabberd offers of this it does not do.
        self.writes_rosters = not isinstance(near, Ejabberd)
        self.people = []
        how = settings(far, authority)
        if self.server_mode:
            self.gateway = "localhost"
            self.instance = make("server_mode", **how)
        else:
            self.gateway = "%s.%s" % (name, near.domain)
            self.instance = make("gateway", self.gateway, near, **how)

    # ------------------------------------------------------------------ names

    def unique(self, word):
        return "%s.%d" % (word, next(self._numbers))

    def jid_of(self, who):
        """How users see a far JID (of a client, or as text): escaped, and with
        its resource if it has one."""
        bare, slash, resource = getattr(who, "bare", who).partition("/")
        return "%s@%s%s%s" % (escaped(bare), self.gateway, slash, resource)

    def is_from(self, who):
        """For expect(from_=...): that JID, whatever the resource."""
        here = self.jid_of(who)
        return lambda jid: jid.partition("/")[0] == here

    def room(self, word="room"):
        """A fresh one, which nobody has entered."""
        far = "%s@conference.%s" % (self.unique(word), self.far.domain)
        return Room(far, self.jid_of(far))

    # ----------------------------------------------------------------- people

    def keep(self, client):
        self.people.append(client)
        return client

    def account(self, word):
        """A fresh account on the far server: its address."""
        name = self.unique(word)
        register_account(self.far.port, self.far.domain, name, PASSWORD)
        return "%s@%s" % (name, self.far.domain)

    def far_client(self, account, resource=None, login=True):
        client = self.keep(Client(account, PASSWORD, self.far.port, resource))
        if login:
            client.login(presence=False)
            client.get(None, "<query xmlns='jabber:iq:roster'/>")
            client.send("<presence/>")
        return client

    def peer(self, word="bob", resource=None, login=True):
        """Somebody new on the far server."""
        return self.far_client(self.account(word), resource, login)

    def user(self, word="anna", account=None, resource=None, login=True):
        """Somebody new on our side, with a fresh account over there, or this
        one.  login=False: with a client that is not connected, and not
        registered with the gateway."""
        account = account or self.account(word)
        if self.server_mode:
            jid, port = self.jid_of(account), self.instance.port
        else:
            jid = "%s@%s" % (self.unique(word), self.near.domain)
            port = self.near.port
            register_account(port, self.near.domain, jid.partition("@")[0],
                             PASSWORD)
        user = self.keep(User(self, jid, account, port, resource))
        return user.enter(not self.server_mode) if login else user

    def wait_for_gateway(self, client):
        """A component may be known to its server a little later."""
        wait_for(lambda: client.iq("get", self.gateway, "<query xmlns='%s'/>"
                                   % NS["reg"]).get("type") == "result",
                 20, "the gateway to answer")

    def friends(self, user, peer):
        """Each sees the other's presence from now on."""
        here = self.jid_of(peer)
        user.send("<presence to=%s type='subscribe'/>" % quote(here))
        peer.expect("presence", from_=user.account, type="subscribe")
        for kind in "subscribed", "subscribe":
            peer.send("<presence to=%s type='%s'/>"
                      % (quote(user.account), kind))
        user.expect("presence", from_=here, type="subscribe")
        user.send("<presence to=%s type='subscribed'/>" % quote(here))
        user.expect("presence", type="", from_=self.is_from(peer))
        peer.expect("presence", type="", from_=lambda jid:
                    jid.partition("/")[0] == user.account)

    def dismiss(self):
        for client in self.people:
            if not client.ended:
                client.close()
        self.people.clear()
