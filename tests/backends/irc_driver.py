# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives spectrum2_irc_backend over its pipes, as the main process would, and
plays IRC servers for it on loopback sockets."""
import os
import queue
import socket
import subprocess
import threading
import time

import msgpack

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(os.environ.get("B", os.path.join(TOP, "build")),
                       "bin", "spectrum2_irc_backend")


class Failed(Exception):
    """A request was answered with an error."""

    def __init__(self, error):
        super().__init__(str(error))
        self.code = error["code"]
        self.text = error.get("text", "")


class Backend:
    def __init__(self, **service):
        self.process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.serial = 0
        self.answers = {}
        self.replies = {}           # method -> result; None: an error
        self.events = []
        self.changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        self.can = self.call(
            "initialize", version=1, instance="irc.example", backend_id=1,
            config={"service": {k: str(v) for k, v in service.items()}})
        self.features = self.can["features"]

    def _read(self):
        unpacker = msgpack.Unpacker(raw=False)
        while True:
            try:
                data = os.read(self.process.stdout.fileno(), 65536)
            except (OSError, ValueError):
                return
            if not data:
                return
            unpacker.feed(data)
            with self.changed:
                for m in unpacker:
                    if m[0] == 1:
                        self.answers[m[1]] = (m[2], m[3])
                    elif m[0] == 0:
                        self.events.append((m[2], m[3][0]))
                        reply = self.replies.get(m[2])
                        self._send([1, m[1], None if reply is not None else
                                    {"code": "not_supported"}, reply])
                    else:
                        self.events.append((m[1], m[2][0]))
                self.changed.notify_all()

    def start(self, method, /, **params):
        """Send a request; its id goes to finish()."""
        self.serial += 1
        self._send([0, self.serial, method, [params]])
        return self.serial

    def finish(self, serial, timeout=15):
        with self.changed:
            if not self.changed.wait_for(lambda: serial in self.answers,
                                         timeout):
                raise AssertionError("no answer; events: %r" % self.events)
            error, result = self.answers.pop(serial)
        if error is not None:
            raise Failed(error)
        return result

    def call(self, method, /, **params):
        return self.finish(self.start(method, **params))

    def notify(self, method, /, **params):
        self._send([2, method, [params]])

    def _send(self, message):
        self.process.stdin.write(msgpack.packb(message, use_bin_type=True))
        self.process.stdin.flush()

    def wait(self, method, /, timeout=15, **fields):
        """The first event of this kind with these fields; it and what came
        before it are consumed."""
        def found():
            for i, (m, p) in enumerate(self.events):
                if m == method and all(p.get(k) == v
                                       for k, v in fields.items()):
                    return i
            return None

        with self.changed:
            if not self.changed.wait_for(lambda: found() is not None, timeout):
                raise AssertionError("no %s %r in %r" % (method, fields,
                                                         self.events))
            i = found()
            event = self.events[i][1]
            self.skipped = self.events[:i]
            del self.events[:i + 1]
            return event

    def login(self, user, account, **more):
        self.call("login", user=user, account=account, **more)

    def close(self):
        """End of the pipe: the backend must leave by itself."""
        self.process.stdin.close()
        for peer in Peer.all:       # IRC servers hang up after QUIT
            peer.hang_up()
        Peer.all.clear()
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.process.stdout.close()
        return code


class Peer:
    """One connection that the backend has made to a Server."""
    all = []

    def __init__(self, sock):
        Peer.all.append(self)
        self.sock = sock
        self.file = sock.makefile("rb")
        self.lines = queue.Queue()
        self.answer_pings = True
        self.charset = "utf-8"
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for line in self.file:
                line = line.decode(self.charset, "replace").rstrip("\r\n")
                if line.startswith("PING spectrum-") and self.answer_pings:
                    self.send(":irc.test PONG irc.test " + line.split()[1])
                else:
                    self.lines.put(line)
        except (OSError, ValueError):
            pass
        self.lines.put(None)

    def line(self):
        line = self.lines.get(timeout=15)
        if line is None:
            self.lines.put(None)
            raise EOFError
        return line

    def rest(self):
        """Everything up to the end of the connection."""
        lines = []
        while True:
            try:
                lines.append(self.line())
            except EOFError:
                return "\n".join(lines)

    def expect(self, start):
        """Read up to a line that begins like this."""
        seen = []
        while True:
            try:
                line = self.line()
            except (EOFError, queue.Empty) as e:
                raise AssertionError("no %r in %r" % (start, seen)) from e
            seen.append(line)
            if line.startswith(start):
                return line

    def send(self, *lines):
        self.sock.sendall("".join(l + "\r\n" for l in lines).encode())

    def raw(self, data):
        self.sock.sendall(data)

    def hang_up(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    # ---- what a plain server says
    def welcome(self, nick=None, *isupport):
        got = self.expect("NICK ").split()[1]
        self.nick = nick or got
        self.expect("USER ")
        self.send(":irc.test 001 %s :Welcome" % self.nick,
                  ":irc.test 005 %s %s :are supported by this server" % (
                      self.nick, " ".join(isupport or ["CASEMAPPING=rfc1459"])),
                  ":irc.test 422 %s :no motd" % self.nick)

    def joined(self, channel, *names, topic=None):
        self.send(":%s!u@h JOIN %s" % (self.nick, channel))
        if topic:
            self.send(":irc.test 332 %s %s :%s" % (self.nick, channel, topic),
                      ":irc.test 333 %s %s bob!b@h 1700000000" % (
                          self.nick, channel))
        self.send(":irc.test 353 %s = %s :%s" % (self.nick, channel,
                                                 " ".join(names)),
                  ":irc.test 366 %s %s :end" % (self.nick, channel))


class Server:
    def __init__(self, port=0, host="127.0.0.1"):
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((host, port))
        self.sock.listen(50)
        self.port = self.sock.getsockname()[1]
        self.peers = queue.Queue()
        self.open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            if not self.open:
                sock.close()
                return
            self.peers.put(Peer(sock))

    def peer(self, timeout=15):
        return self.peers.get(timeout=timeout)

    def close(self):
        self.open = False
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, timeout=15):
    end = time.time() + timeout
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.time() > end:
                raise
            time.sleep(0.05)
