# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives spectrum2_xmpp_backend over its pipes; what stands between it and an
XMPP server, and a server that means no good."""
import base64
import os
import re
import socket
import threading
import time
import xml.etree.ElementTree as ET

import driver
from harness.names import Names                # noqa: F401
from harness.raw import RawStream
from harness.xmpp import local
from harness.relay import Relay, serve         # noqa: F401

PROGRAM = "spectrum2_xmpp_backend"
MISSING = None if os.path.exists(os.path.join(driver.BIN, PROGRAM)) else \
    "this build is without the XMPP backend"
USER = "me@example.org"


class Xmpp(driver.Backend):
    """keys: of [xmpp]; service: those of [service]; env: of the process."""

    def __init__(self, env=None, service=None, **keys):
        super().__init__(PROGRAM, {"xmpp": keys, "service": service or {}},
                         env=env)
        self.replies["ask"] = driver.LATER

    def enter(self, account, user=USER, password="secret", **settings):
        self.login(user, account, password=password,
                   settings={k: str(v) for k, v in settings.items()})
        return self.wait("connected", user=user)

    def refused(self, account, user=USER, password="secret", **settings):
        self.login(user, account, password=password,
                   settings={k: str(v) for k, v in settings.items()})
        return self.wait("disconnected", user=user)

    def say(self, to, body, user=USER, **more):
        """Start to send a message; its answer is finish()'s."""
        return self.start("message", user=user, to=to, kind="chat", body=body,
                          **more)


HEAD = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams' id='1' "
        "from='xmpp.test' version='1.0'>")
PLAIN = ("<stream:features><mechanisms "
         "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN"
         "</mechanism></mechanisms></stream:features>")
BIND = ("<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        "%s</stream:features>")


class Fake:
    """Lets everybody in without TLS, and then says what it likes; first: in
    place of the first features.  The backend's words are in got.  breaks: how
    far connections get, one after the other; see _reach()."""

    def __init__(self, then="", first=None, features="", after=None,
                 resume="", breaks=()):
        self.then, self.first, self.features = then, first, features
        self.after = after or {}        # pattern -> what is said to it, once
        self.resume = resume            # the answer to who asks for it
        self.resumes = 0
        self.asked = ""                 # the last one's words
        self.breaks = list(breaks)
        self.got = ""
        self.changed = threading.Condition()
        self.open = threading.Event()       # who comes is spoken to
        self.open.set()
        self.closed = threading.Event()     # the backend has gone
        self.times = []                     # when somebody came
        self.client = None
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        serve(self.server, self._each)

    def _take(self, pattern):
        hit = re.search(pattern, self.got, re.S)
        if hit:
            self.got = self.got[hit.end():]
        return hit

    def _until(self, pattern):
        """None: whatever comes, for expect()."""
        while True:
            with self.changed:
                hit = pattern and self._take(pattern)
            if hit:
                return hit
            data = self.client.recv(65536)
            if not data:
                raise EOFError
            with self.changed:
                self.got += data.decode(errors="replace")
                self.changed.notify_all()

    def expect(self, pattern):
        """Wait for what the backend says when all was said to it."""
        hit = None

        def found():
            nonlocal hit
            hit = self._take(pattern)
            return hit

        with self.changed:
            assert self.changed.wait_for(found, driver.PATIENCE), self.got
        return hit

    def say(self, text):
        self.client.sendall(text if isinstance(text, bytes)
                            else text.encode())

    def _reach(self, stage):
        if self.breaks and self.breaks[0] == stage:
            self.breaks.pop(0)
            self.client.shutdown(2)
            raise EOFError

    def cut(self):
        """A break, of which the backend knows when this returns: until open is
        set."""
        self.open.clear()
        before = len(self.times)
        self.client.shutdown(2)
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.times) > before,
                                         driver.PATIENCE)

    def _talk(self):
        self._reach("tcp")
        self._until("<stream:stream[^>]*>")
        if self.first is not None:
            self.say(self.first)
            self._until(None)
        self.say(HEAD + PLAIN)
        self.word = base64.b64decode(self._until("<auth[^>]*>([^<]*)<")[1])
        self._reach("auth")
        if self.breaks[:1] == ["denied"]:
            self.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                     "<not-authorized/></failure>")
        self._reach("denied")
        self.say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        self._reach("success")
        self._until("<stream:stream[^>]*>")
        self.say(HEAD + BIND % self.features)
        self._reach("features")
        if self._until("<(resume|iq) ")[1] == "resume":
            self.asked = self._until("([^>]*)>")[1]
            self._reach("resume")
            if self.breaks[:1] == ["half"]:
                self.say(self.resume[:len(self.resume) // 4])
            self._reach("half")
            self.say(self.resume)
            self.resumes += 1
            if "<resumed" in self.resume:
                self._until(None)
        name = self._until("(?<!prev)id=.([^'\" ]*).*?</iq>")[1]
        self.say("<iq type='result' id='%s'><bind "
                 "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>"
                 "bob@xmpp.test/there</jid></bind></iq>" % name)
        self.say(self.then)
        for pattern, text in self.after.items():
            self._until(pattern)
            self.say(text)
        self._until(None)

    def _each(self, client):
        self.client = client
        with self.changed:
            self.times.append(time.monotonic())
            self.changed.notify_all()
        self.open.wait()
        try:
            self._talk()
        except (OSError, EOFError):
            pass
        self.closed.set()

    def close(self):
        self.server.close()
        if self.client is not None:
            self.client.close()


class Peer:
    """A client of the other server, which answers nothing by itself."""

    def __init__(self, server, account, resource):
        self.stream = RawStream(server.port, server.domain)
        self.jid = self.stream.login(account.partition("@")[0], "secret",
                                     resource)
        self.bare = account
        self.parser = ET.XMLPullParser(("start", "end"))
        self.parser.feed("<stream:stream xmlns='jabber:client' xmlns:stream="
                         "'http://etherx.jabber.org/streams'>")
        self.stream.expect("^[^<]*>")   # of the end of its session
        self.depth, self.inbox = 0, []

    def send(self, xml):
        self.stream.send(xml)

    def _read(self):
        self.parser.feed(self.stream.got)
        self.stream.got = ""
        for event, e in self.parser.read_events():
            self.depth += 1 if event == "start" else -1
            if event == "end" and self.depth == 1:
                self.inbox.append(e)

    def expect(self, name, check=None, **attributes):
        while True:
            self._read()
            for e in self.inbox:
                if local(e) == name and all(
                        e.get(k.rstrip("_")) == v
                        for k, v in attributes.items()) and (
                            check is None or check(e)):
                    self.inbox.remove(e)
                    return e
            if not self.stream._receive(driver.PATIENCE):
                raise AssertionError([ET.tostring(e) for e in self.inbox])

    def ask(self, kind, to, xml, ident):
        self.send("<iq type='%s' id='%s' to='%s'>%s</iq>" % (kind, ident, to,
                                                             xml))

    def close(self):
        self.stream.close()
