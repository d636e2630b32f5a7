# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives spectrum2_irc_backend over its pipes, as the main process would, and
plays IRC servers for it on loopback sockets."""
import queue
import socket
import threading
import time

import driver
from driver import Failed, PATIENCE                 # noqa: F401
from harness.process import free_port               # noqa: F401


class Backend(driver.Backend):
    def __init__(self, **service):
        super().__init__("spectrum2_irc_backend", {"service": service})

    def close(self):
        self.process.stdin.close()
        for peer in Peer.all:       # IRC servers hang up after QUIT
            peer.hang_up()
        Peer.all.clear()
        return super().close()


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

    def line(self, timeout=PATIENCE):
        line = self.lines.get(timeout=timeout)
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

    def expect(self, start, timeout=PATIENCE):
        """Read up to a line that begins like this."""
        seen = []
        while True:
            try:
                line = self.line(timeout)
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

    def peer(self, timeout=PATIENCE):
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


def wait_port(port, timeout=PATIENCE):
    end = time.monotonic() + timeout
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
