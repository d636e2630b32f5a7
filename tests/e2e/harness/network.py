# SPDX-License-Identifier: GPL-2.0-or-later
"""A network that is the test itself: it sees what spectrum2 asks of a backend
and says what one would say, message by message of spectrum2-backend(7)."""
import itertools
import os
import socket
import threading
import time

import msgpack

from .instance import ROOT
from .process import SLOWER

RELAY = "/usr/bin/python3 " + os.path.join(ROOT, "tests/e2e/relay_backend.py")


class Refusal(Exception):
    """Raised by an answer: the request fails with this code and text."""

    def __init__(self, code, text=None):
        super().__init__(code, text)
        self.error = {"code": code, "text": text}


class Question:
    """A request that is out: .answer() waits for the end of an ask,
    .outcome() for that of others."""

    def __init__(self, network):
        self.network, self.result, self.error = network, None, None
        self.answers = 0

    def answer(self, timeout=10):
        """The values, or the code of the error as a Refusal."""
        return self.outcome(timeout)["values"]

    def outcome(self, timeout=10):
        """The whole result."""
        self.network.wait(lambda: self.answers > 0 or None, timeout,
                          lambda: "the question was never answered")
        if self.error:
            raise Refusal(self.error["code"], self.error.get("text"))
        return self.result


class Network:
    def __init__(self, features=(), **initialize):
        self.initialize = {"version": 1, "name": "Scripted",
                           "features": list(features), **initialize}
        self.inbox, self.log = [], []
        self.changed = threading.Condition()
        self.sending = threading.Lock()     # of one message after the other
        self.answers = {}           # (method, user) or method: how
        self.homes = {}             # user: the connection that has him
        self.questions = {}
        self.configs = []
        self._ids = itertools.count(1)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.command = "%s %d" % (RELAY, self.port)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.socket.close()

    # ------------------------------------------------------------ the threads

    def _accept(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,),
                             daemon=True).start()

    def _serve(self, peer):
        unpacker = msgpack.Unpacker(raw=False, max_buffer_size=8 << 20)
        while True:
            try:
                data = peer.recv(65536)
            except OSError:
                return
            if not data:
                return
            unpacker.feed(data)
            for message in unpacker:
                self._take(peer, message)

    def _take(self, peer, message):
        if message[0] == 1:
            self._answered(*message[1:])
        elif message[0] == 2:
            self._note(message[1], message[2][0])
            if message[1] == "exit":
                self._hang_up(peer)
        else:
            self._request(peer, *message[1:])

    def _answered(self, ident, error, result):
        with self.changed:
            question = self.questions[ident]
            question.error, question.result = error, result
            question.answers += 1
            self.changed.notify_all()

    def _note(self, method, params):
        with self.changed:
            self.log.append((method, params))
            self.inbox.append((method, params))
            self.changed.notify_all()

    def _request(self, peer, ident, method, params):
        params, user = params[0], params[0].get("user")
        if method == "ping":
            self._send(peer, [1, ident, None, {}])
            return
        if method == "initialize":
            self.configs.append(params["config"])
            self._send(peer, [1, ident, None, self.initialize])
            return
        if method == "login":
            self.homes[user] = peer
        how = self.answers.get((method, user), self.answers.get(method))
        try:
            result = how(params) if callable(how) else how
            self._send(peer, [1, ident, None, result])
        except Refusal as refusal:
            self._send(peer, [1, ident, refusal.error, None])
        if method == "login" and how is None:
            self.notify("connected", user)
        self._note(method, params)

    def _send(self, peer, message):
        try:
            with self.sending:
                peer.sendall(msgpack.packb(message, use_bin_type=True))
        except OSError:
            pass            # the process is gone, as some tests want it

    @staticmethod
    def _hang_up(peer):
        try:
            peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    # -------------------------------------------------------------- for tests

    def wait(self, check, timeout, complaint):
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

    def _find(self, method, fields):
        for at, (name, params) in enumerate(self.inbox):
            if name == method and all(
                    value(params.get(key)) if callable(value) else
                    params.get(key) == value
                    for key, value in fields.items()):
                return self.inbox.pop(at)[1]
        return None

    def expect(self, method, user=None, timeout=10, **fields):
        """Take the first message with this method and these fields."""
        if user is not None:
            fields["user"] = user
        return self.wait(
            lambda: self._find(method, fields), timeout,
            lambda: "no %s %s; there were:\n  %s" % (
                method, fields, "\n  ".join(map(repr, self.inbox[-15:]))))

    def seen(self, method, user):
        """All such messages ever."""
        with self.changed:
            return [p for name, p in self.log
                    if name == method and p.get("user") == user]

    def answer(self, method, how, user=None):
        """What requests of a method are answered with from now on: a result,
        a function of the parameters that returns one, or raises Refusal."""
        self.answers[(method, user) if user else method] = how

    def notify(self, method, user, /, **params):
        if "from_" in params:
            params["from"] = params.pop("from_")
        self._send(self.homes[user], [2, method, [{"user": user, **params}]])

    def ask(self, user, title, **params):
        return self.request("ask", user, title=title, **params)

    def request(self, method, user, /, **params):
        ident = next(self._ids)
        with self.changed:
            question = self.questions[ident] = Question(self)
        self._send(self.homes[user], [0, ident, method, [
            {"user": user, **params}]])
        return question

    def crash(self, user):
        """The process that has him dies."""
        self._hang_up(self.homes[user])
