# SPDX-License-Identifier: GPL-2.0-or-later
"""An XMPP client on slixmpp that a test can drive step by step.

slixmpp runs in one thread of its own; a test sends XML and waits for stanzas
as ElementTree elements, in the order in which they came."""
import asyncio
import itertools
import ssl
import threading
import time
import xml.etree.ElementTree as ET

import slixmpp

from .process import SLOWER

NS = {
    "c": "jabber:client", "muc": "http://jabber.org/protocol/muc",
    "user": "http://jabber.org/protocol/muc#user",
    "info": "http://jabber.org/protocol/disco#info",
    "items": "http://jabber.org/protocol/disco#items",
    "reg": "jabber:iq:register", "roster": "jabber:iq:roster",
    "x": "jabber:x:data", "rsm": "http://jabber.org/protocol/rsm",
    "caps": "http://jabber.org/protocol/caps", "delay": "urn:xmpp:delay",
    "states": "http://jabber.org/protocol/chatstates",
    "receipts": "urn:xmpp:receipts", "sid": "urn:xmpp:sid:0",
    "occ": "urn:xmpp:occupant-id:0", "ping": "urn:xmpp:ping",
    "e": "urn:ietf:params:xml:ns:xmpp-stanzas",
    "vcard": "vcard-temp", "ver": "jabber:iq:version",
    "time": "urn:xmpp:time", "last": "jabber:iq:last",
    "gateway": "jabber:iq:gateway", "photo": "vcard-temp:x:update",
}

_loop = asyncio.new_event_loop()


def _run_loop():
    asyncio.set_event_loop(_loop)
    _loop.run_forever()


threading.Thread(target=_run_loop, daemon=True, name="slixmpp").start()


class LoginFailed(Exception):
    """str() is the condition, such as not-authorized."""


def local(stanza):
    return stanza.tag.rpartition("}")[2]


def condition_of(stanza):
    """(error type, condition) of an error stanza, or None."""
    error = stanza.find("c:error", NS)
    if error is None:
        return None
    for child in error:
        if child.tag.startswith("{%s}" % NS["e"]) and local(child) != "text":
            return error.get("type"), local(child)
    return error.get("type"), None


def statuses(presence):
    return {int(code.get("code"))
            for code in presence.findall("user:x/user:status", NS)}


def body_of(message):
    return message.findtext("c:body", None, NS)


def show(stanza):
    return ET.tostring(stanza, encoding="unicode")


class Client:
    _ids = itertools.count(1)

    def __init__(self, jid, password, port, resource=None, tls=None,
                 plugins=()):
        self.inbox, self.log = [], []
        self.changed = threading.Condition()
        self.failure, self.ready, self.ended = None, False, False
        self.port, self.tls = port, tls
        full = jid + ("/" + resource if resource else "")
        self._call(self._create(full, password, plugins))

    async def _create(self, full, password, plugins):
        xmpp = self.xmpp = slixmpp.ClientXMPP(full, password)
        xmpp.auto_authorize = xmpp.auto_subscribe = None
        xmpp["feature_mechanisms"].unencrypted_plain = True
        xmpp.ssl_context.check_hostname = False
        xmpp.ssl_context.verify_mode = ssl.CERT_NONE
        for plugin in ("xep_0030", "xep_0004", "xep_0092", "xep_0115",
                       "xep_0199", *plugins):
            xmpp.register_plugin(plugin)
        xmpp.add_filter("in", self._seen)
        xmpp.add_event_handler("session_start", self._started)
        xmpp.add_event_handler("failed_auth", self._failed)
        xmpp.add_event_handler("stream_error", self._failed)
        xmpp.add_event_handler("connection_failed", self._no_connection)
        xmpp.add_event_handler("disconnected", self._disconnected)

    # ----------------------------------------------- in the thread of slixmpp

    def _note(self, **what):
        with self.changed:
            for key, value in what.items():
                setattr(self, key, value)
            self.changed.notify_all()

    def _seen(self, stanza):
        if stanza.name in ("message", "presence", "iq"):
            with self.changed:
                stamp = time.monotonic(), stanza.xml
                self.inbox.append(stamp)
                self.log.append(stamp)
                self.changed.notify_all()
        return stanza

    def _started(self, _event):
        self._note(ready=True)

    def _failed(self, stanza):
        self._note(failure=stanza["condition"])

    def _no_connection(self, why):
        self._note(failure="connection-failed: %s" % why)
        self.xmpp.cancel_connection_attempt()

    def _disconnected(self, _why):
        self._note(ended=True, ready=False)

    async def _connect(self):
        # None: clear text on loopback; "starttls"; "direct"
        self.xmpp.connect(("127.0.0.1", self.port),
                          use_ssl=self.tls == "direct",
                          force_starttls=self.tls == "starttls",
                          disable_starttls=self.tls is None)

    async def _disconnect(self):
        if self.ended:      # nothing would say so again
            self.xmpp.abort()
            return
        self.xmpp.disconnect(wait=0.5)
        try:
            await asyncio.wait_for(asyncio.shield(self.xmpp.disconnected), 2)
        except asyncio.TimeoutError:
            self.xmpp.abort()

    async def _abort(self):
        self.xmpp.abort()

    @staticmethod
    def _call(coroutine, timeout=30):
        return asyncio.run_coroutine_threadsafe(coroutine, _loop).result(
            timeout)

    # ------------------------------------------------------------- for tests

    @property
    def jid(self):
        return str(self.xmpp.boundjid.full)

    @property
    def bare(self):
        return str(self.xmpp.boundjid.bare)

    @property
    def password(self):
        """Of the next login."""
        return self.xmpp.credentials["password"]

    @password.setter
    def password(self, value):
        self.xmpp.credentials["password"] = value

    def _wait(self, check, timeout, complaint):
        end = time.monotonic() + timeout * SLOWER
        with self.changed:
            while True:
                value = check()
                if value is not None:
                    return value
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(complaint())
                self.changed.wait(left)

    def login(self, presence=True, timeout=20):
        """Connect, authenticate, bind, and (if asked) send presence."""
        self.failure, self.ready, self.ended = None, False, False
        self._call(self._connect())

        def outcome():
            if self.failure or (self.ended and not self.ready):
                return "failed"
            return self.ready or None
        result = self._wait(outcome, timeout,
                            lambda: "%s: login hangs" % self.bare)
        if result == "failed":
            raise LoginFailed(self.failure or "disconnected")
        if presence:
            self.send("<presence/>")
        return self

    def close(self):
        try:
            self._call(self._disconnect())
        except Exception:       # it may be gone already, which is as good
            pass

    def drop(self):
        """Lose the connection without a word."""
        self._call(self._abort())

    def wait_end(self, timeout=10):
        self._wait(lambda: self.ended or None, timeout,
                   lambda: self.bare + ": still connected")

    def send(self, xml):
        _loop.call_soon_threadsafe(self.xmpp.send_raw, xml)

    def matching(self, name, check=None, since=0, **attributes):
        """All stanzas ever received that match, oldest first."""
        with self.changed:
            return [xml for at, xml in self.log if at >= since and
                    self._match(xml, name, check, attributes)]

    @staticmethod
    def _match(xml, name, check, attributes):
        if local(xml) != name:
            return False
        for key, value in attributes.items():
            have = xml.get(key.rstrip("_"))
            if callable(value):
                if not value(have or ""):
                    return False
            elif (have or "") != (value or ""):
                return False
        return check is None or bool(check(xml))

    def expect(self, name, check=None, timeout=10, **attributes):
        """Take the first stanza that matches out of the inbox.  Attributes
        are compared (from_ is from); type_=None means none."""
        def found():
            for at, (_, xml) in enumerate(self.inbox):
                if self._match(xml, name, check, attributes):
                    return self.inbox.pop(at)[1]
            return None

        def complaint():
            return "%s never got <%s> %s; its inbox:\n  %s" % (
                self.bare, name, attributes,
                "\n  ".join(show(xml) for _, xml in self.inbox[-25:]))
        return self._wait(found, timeout, complaint)

    def clear(self):
        with self.changed:
            self.inbox.clear()

    def message(self, to, body, kind="chat", extra=""):
        """Send a message, return its id."""
        ident = "m%d" % next(self._ids)
        self.send("<message to=%s type='%s' id='%s'><body>%s</body>%s"
                  "</message>" % (quote(to), kind, ident, escape(body),
                                  extra))
        return ident

    def expect_body(self, body, timeout=10, **attributes):
        return self.expect("message", lambda m: body_of(m) == body, timeout,
                           **attributes)

    def iq(self, kind, to, payload, timeout=10):
        """Send an iq and return the answer, result or error."""
        ident = "q%d" % next(self._ids)
        self.send("<iq type='%s' id='%s'%s>%s</iq>" % (
            kind, ident, " to=" + quote(to) if to else "", payload))
        return self.expect("iq", id=ident, timeout=timeout,
                           type=lambda t: t in ("result", "error"))

    def get(self, to, payload, timeout=10):
        """iq get that must succeed: its child element (None: empty)."""
        answer = self.iq("get", to, payload, timeout)
        assert answer.get("type") == "result", show(answer)
        return answer[0] if len(answer) else None

    def set(self, to, payload, timeout=10):
        answer = self.iq("set", to, payload, timeout)
        assert answer.get("type") == "result", show(answer)
        return answer[0] if len(answer) else None

    def disco_info(self, to, node=None):
        return self.get(to, "<query xmlns='%s'%s/>" % (
            NS["info"], " node=" + quote(node) if node else ""))

    def features(self, to):
        return {f.get("var") for f in
                self.disco_info(to).findall("info:feature", NS)}

    def sync(self, to):
        """A round trip: what was sent to us before it has arrived."""
        self.iq("get", to, "<ping xmlns='urn:xmpp:ping'/>")

    # ------------------------------------------------------------------ rooms

    def send_join(self, room, nick, password=None, history=None):
        inside = ""
        if password:
            inside += "<password>%s</password>" % escape(password)
        if history is not None:
            inside += "<history maxstanzas='%d'/>" % history
        self.send("<presence to=%s><x xmlns='%s'>%s</x></presence>" % (
            quote(room + "/" + nick), NS["muc"], inside))

    def join(self, room, nick, timeout=20, **how):
        """Join and wait for all of it: occupants, self, subject.  Returns
        (presences in order, subject message)."""
        self.send_join(room, nick, **how)
        presences = []
        while True:
            presence = self.expect(
                "presence", timeout=timeout,
                from_=lambda jid: jid.startswith(room + "/"),
                type=lambda t: t in ("", "error"))
            presences.append(presence)
            assert presence.get("type") != "error", show(presence)
            if 110 in statuses(presence):
                break
        subject = self.expect(
            "message", lambda m: m.find("c:subject", NS) is not None,
            from_=lambda jid: jid.startswith(room), type="groupchat",
            timeout=timeout)
        return presences, subject

    def leave(self, room, nick):
        self.send("<presence type='unavailable' to=%s/>"
                  % quote(room + "/" + nick))


def escape(text):
    return (text.replace("&", "&amp;").replace("<", "&lt;")
            .replace(">", "&gt;"))


def quote(text):
    return "'%s'" % escape(text).replace("'", "&apos;")
