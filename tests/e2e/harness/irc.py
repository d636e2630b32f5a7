# SPDX-License-Identifier: GPL-2.0-or-later
"""A plain IRC client: lines out, lines in, nothing clever."""
import re
import socket
import threading
import time

from .process import SLOWER


class IrcClient:
    def __init__(self, port, nick, password=None, caps=()):
        self.nick = nick
        self.lines, self.seen = [], 0
        self.stamps = []        # when each line came, monotonic
        self.changed = threading.Condition()
        self.sock = socket.create_connection(("127.0.0.1", port), 10)
        self.sock.settimeout(None)
        threading.Thread(target=self._read, daemon=True).start()
        if caps:
            self.send("CAP REQ :" + " ".join(caps))
            self.send("CAP END")
        if password:
            self.send("PASS " + password)
        self.send("NICK " + nick)
        self.send("USER %s 0 * :%s the tester" % (
            re.sub(r"\W", "", nick), nick))
        self.expect(r" 001 ")

    def _read(self):
        pending = b""
        try:
            while data := self.sock.recv(65536):
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    self._line(line.rstrip(b"\r").decode(errors="replace"))
        except OSError:
            pass
        self._line("CLOSED")

    def _line(self, line):
        if line.startswith("PING"):
            self.send("PONG" + line[4:])
            return
        with self.changed:
            self.stamps.append(time.monotonic())
            self.lines.append(line)
            self.changed.notify_all()

    def send(self, line):
        try:
            self.sock.sendall((line + "\r\n").encode())
        except OSError:
            pass

    def expect(self, pattern, timeout=10):
        """Wait for a line that matches, consume all up to it, return the
        match."""
        end = time.monotonic() + timeout * SLOWER
        with self.changed:
            at = self.seen
            while True:
                while at < len(self.lines):
                    hit = re.search(pattern, self.lines[at])
                    at += 1
                    if hit:
                        self.seen = at
                        return hit
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(
                        "IRC client %s never saw /%s/; since the last match:"
                        "\n  %s" % (self.nick, pattern, "\n  ".join(
                            self.lines[self.seen:][-30:])))
                self.changed.wait(left)

    def matching(self, pattern):
        with self.changed:
            return [line for line in self.lines if re.search(pattern, line)]

    def when(self, pattern):
        """The moment of the first line that matches."""
        with self.changed:
            for at, line in zip(self.stamps, self.lines):
                if re.search(pattern, line):
                    return at
        raise AssertionError("%s never saw /%s/" % (self.nick, pattern))

    def sync(self):
        """Wait until the server has handled all that was sent."""
        token = "sync%d" % time.monotonic_ns()
        self.send("PING :" + token)
        self.expect("PONG .*" + token)

    def join(self, channel):
        self.send("JOIN " + channel)
        self.expect(r" 366 \S+ %s " % re.escape(channel))

    def say(self, target, text):
        self.send("PRIVMSG %s :%s" % (target, text))

    def close(self):
        self.send("QUIT :bye")
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()
