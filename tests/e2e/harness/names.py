# SPDX-License-Identifier: GPL-2.0-or-later
"""A name server, which can be one that means no good."""
import os
import socket
import struct
import threading


def silent(query):
    return None


def garbage(query):
    """It is the answer to this question, and nothing that can be read."""
    return query[:2] + b"\x81\x80\0\1\0\5\0\0\0\0" + query[12:] + bytes(
        range(0x40, 0xc0))


def loop(query):
    """The name is another name for itself."""
    return query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query[12:] + \
        b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\2\xc0\x0c"


class Names:
    """A name server: srv("_x._tcp.domain", (priority, port, host)...); every
    host in host.test is 127.0.0.1, in six.test it is ::1, and nothing else is
    known.  In a broken domain nothing is right: broken[domain] makes of a query
    what is answered to it, or None."""

    A, AAAA, SRV = 1, 28, 33

    def __init__(self):
        self.known = {}
        self.broken = {}
        self.asked = []                     # all names
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.env = {**os.environ, "CARES_SERVERS":
                    "127.0.0.1:%d" % self.socket.getsockname()[1]}
        threading.Thread(target=self._serve, daemon=True).start()

    @staticmethod
    def _name(text):
        return b"".join(bytes([len(part)]) + part.encode()
                        for part in text.split(".")) + b"\0"

    def srv(self, name, *targets):
        self.known[name] = [
            struct.pack(">HHH", priority, 0, port) + self._name(host)
            for priority, port, host in targets]

    def _answer(self, name, kind):
        if kind == self.SRV:
            return self.known.get(name, [])
        if name.endswith(".host.test") and kind == self.A:
            return [b"\x7f\0\0\1"]
        if name.endswith(".six.test") and kind == self.AAAA:
            return [bytes(15) + b"\1"]
        return []

    def _serve(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(512)
            except OSError:
                return
            at, parts = 12, []
            while query[at]:
                parts.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            name, query = ".".join(parts).lower(), query[:at + 5]
            kind, = struct.unpack(">H", query[-4:-2])
            self.asked.append(name)
            how = [how for domain, how in self.broken.items()
                   if ("." + name).endswith("." + domain)]
            answer = how[0](query) if how else \
                self._reply(query, kind, self._answer(name, kind))
            if answer is not None:
                self.socket.sendto(answer, peer)

    @staticmethod
    def _reply(query, kind, found):
        return query[:2] + struct.pack(
            ">HHHHH", 0x8180 if found else 0x8183, 1, len(found), 0, 0) + \
            query[12:] + b"".join(
                b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data))
                + data for data in found)

    def close(self):
        self.socket.close()
