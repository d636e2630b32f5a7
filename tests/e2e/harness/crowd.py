# SPDX-License-Identifier: GPL-2.0-or-later
"""Hundreds of XMPP users at the cost of one connection: what a gateway sees
of an XMPP server (XEP-0114) and of all users there.

Only for tests about many users.  Nothing is known here of sessions, rosters or
routing between users; where those matter, a real server is asked."""
import asyncio
import re
import threading
import time
import xml.parsers.expat

from .process import SLOWER, free_port
from .xmpp import escape, quote

STREAM = ("<?xml version='1.0'?><stream:stream xmlns:stream="
          "'http://etherx.jabber.org/streams' id='s1' from='%s' "
          "xmlns='jabber:component:accept'>")


class Stanza:
    """What the tests ask for, without building trees of 50,000 presences."""
    __slots__ = "name", "attributes", "codes", "nick", "body", "names"

    def __init__(self, name, attributes):
        self.name, self.attributes = name, attributes
        self.codes, self.names, self.body = set(), [], None

    def get(self, key):
        return self.attributes.get(key, "")


class Crowd(asyncio.Protocol):
    """crowd.component_port is what Instance.gateway() wants of a server."""

    domain = "crowd.test"

    def __init__(self, gateway):
        self.gateway = gateway
        self.component_port = free_port()
        self.transport = None
        self.connected = False  # the component, at least once
        self.rooms = {}         # (user, room) -> when the user was in, last
        self.online = set()     # users whose login the gateway has shown
        self.lost = []          # (user, room, codes): shown out of a room
        self.errors = []        # error presences and messages
        self.bodies = {}        # user -> list of (moment, body)
        self.answers = {}       # id -> Stanza
        self.changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

        async def listen():
            return await self._loop.create_server(
                lambda: self, "127.0.0.1", self.component_port)
        self._listener = asyncio.run_coroutine_threadsafe(
            listen(), self._loop).result(10)

    def close(self):
        self._loop.call_soon_threadsafe(self._listener.close)
        self._loop.call_soon_threadsafe(self._loop.stop)

    # ------------------------------------------------------- the stream

    def connection_made(self, transport):
        self.transport, self.depth, self.stanza = transport, 0, None
        self.parser = xml.parsers.expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def data_received(self, data):
        with self.changed:
            self.parser.Parse(data)
            self.changed.notify_all()

    def _start(self, name, attributes):
        self.depth += 1
        if self.depth == 1:
            self.transport.write((STREAM % self.gateway).encode())
        elif self.depth == 2:
            self.stanza = Stanza(name, attributes)
        else:
            self.stanza.names.append(name)
            if name == "status" and "code" in attributes:
                self.stanza.codes.add(int(attributes["code"]))
        self.inside = name

    def _text(self, text):
        if self.depth == 3 and self.inside == "body":
            self.stanza.body = (self.stanza.body or "") + text

    def _end(self, name):
        self.depth -= 1
        self.inside = None
        if self.depth == 1:
            self._stanza(self.stanza)
        elif self.depth == 0:
            self.transport.close()

    def _stanza(self, stanza):
        if stanza.name == "handshake":
            self.transport.write(b"<handshake/>")
            self.connected = True
        elif stanza.get("to").partition("/")[0] == self.gateway:
            self._reflect(stanza)
        elif stanza.name == "presence":
            self._presence(stanza)
        elif stanza.name == "message":
            self._message(stanza)
        elif stanza.get("type") in ("result", "error"):
            self.answers[stanza.get("id")] = stanza
        else:
            self._write("<iq type='error' id=%s from=%s to=%s><error "
                        "type='cancel'><service-unavailable xmlns='urn:ietf:"
                        "params:xml:ns:xmpp-stanzas'/></error></iq>" % (
                            quote(stanza.get("id")), quote(stanza.get("to")),
                            quote(stanza.get("from"))))

    def _reflect(self, stanza):
        """Its pings to itself, by which it knows what has arrived."""
        self._write("<%s%s>%s</%s>" % (stanza.name, "".join(
            " %s=%s" % (key, quote(value))
            for key, value in stanza.attributes.items()
            if key != "xmlns"),
            "<ping xmlns='urn:xmpp:ping'/>" if "ping" in stanza.names else "",
            stanza.name))

    def _presence(self, stanza):
        user = stanza.get("to").partition("@")[0]
        room, _, _nick = stanza.get("from").partition("/")
        kind = stanza.get("type")
        if kind == "subscribe":
            self._write("<presence type='subscribed' from=%s to=%s/>" % (
                quote(stanza.get("to").partition("/")[0]), quote(room)))
        elif kind == "error":
            self.errors.append((user, room, stanza.names))
        elif room == self.gateway:
            (self.online.discard if kind else self.online.add)(user)
        elif 110 in stanza.codes:
            if kind == "unavailable" and 303 not in stanza.codes:
                self.rooms.pop((user, room), None)
                self.lost.append((user, room, stanza.codes))
            elif kind == "":
                self.rooms[user, room] = time.monotonic()

    def _message(self, stanza):
        if stanza.get("type") == "error":
            self.errors.append((stanza.get("to"), stanza.get("from"),
                                stanza.names))
        elif stanza.body is not None:
            self.bodies.setdefault(stanza.get("to").partition("@")[0],
                                   []).append((time.monotonic(), stanza.body))

    def _write(self, xml_text):
        self.transport.write(xml_text.encode())

    # ------------------------------------------------------- for tests

    def send(self, *stanzas):
        self._loop.call_soon_threadsafe(self._write, "".join(stanzas))

    def jid(self, user):
        return "%s@%s/x" % (user, self.domain)

    def wait(self, condition, timeout, what):
        """Until condition() holds; returns the seconds it took."""
        begin = time.monotonic()
        end = begin + timeout * SLOWER
        with self.changed:
            while not condition():
                left = end - time.monotonic()
                if left <= 0 or not self.changed.wait(left):
                    raise AssertionError("waited %g s for %s" % (
                        timeout * SLOWER, what()))
        return time.monotonic() - begin

    def register(self, *users):
        self.wait(lambda: self.connected, 20, lambda: "the component")
        self.send(*[
            "<iq type='set' id='reg-%s' from=%s to='%s'><query xmlns="
            "'jabber:iq:register'><username>%s</username><password/>"
            "</query></iq>" % (
                user, quote(self.jid(user)), self.gateway, user)
            for user in users])
        self.wait(lambda: all("reg-" + u in self.answers for u in users), 60,
                  lambda: "registrations; there are %d" % len(self.answers))
        for user in users:
            answer = self.answers.pop("reg-" + user)
            assert answer.get("type") == "result", answer.names

    def log_in(self, *users):
        self.send(*["<presence from=%s to='%s'/>" % (
            quote(self.jid(user)), self.gateway) for user in users])
        self.wait(lambda: self.online.issuperset(users), 100,
                  lambda: "logins; there are %d" % len(self.online))

    def join(self, pairs, timeout=100):
        """pairs: (user, room)."""
        self.send(*[
            "<presence from=%s to=%s><x xmlns='http://jabber.org/protocol/"
            "muc'/></presence>" % (quote(self.jid(user)),
                                   quote("%s/%s" % (room, user)))
            for user, room in pairs])
        self.wait(lambda: self.rooms.keys() >= set(pairs), timeout,
                  lambda: "rooms; there are %d of %d; errors: %s" % (
                      len(self.rooms), len(pairs), self.errors[:5]))

    def say(self, user, to, body, kind="groupchat"):
        self.send("<message type='%s' from=%s to=%s id='%s'><body>%s</body>"
                  "</message>" % (kind, quote(self.jid(user)), quote(to),
                                  re.sub(r"\W", "", body), escape(body)))

    def hear(self, user, body, timeout=20):
        """The moment at which the user got this."""
        def found():
            return [at for at, text in self.bodies.get(user, [])
                    if text == body]
        self.wait(found, timeout, lambda: "%s to get %r; got %s" % (
            user, body, self.bodies.get(user, [])[-10:]))
        return found()[0]
