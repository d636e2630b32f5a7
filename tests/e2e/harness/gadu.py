# SPDX-License-Identifier: GPL-2.0-or-later
"""A Gadu-Gadu server of protocol 11, after the descriptions that libgadu
publishes (its packets.proto and its header).  There is no other: the network
itself is one company's.  What judges it is libgadu, which the people of
gadu_client.c use.

Numbers and their passwords are given; a wrong password is refused.  One thread
for each connection; whatever is shared is behind one lock."""
import hashlib
import os
import socket
import struct
import subprocess
import threading
import time

from .process import Process, wait_for

PORT = 8074             # prpl-gg knows no other
SEED = 0x53545032

WELCOME, PONG, PING, DISCONNECTING = 0x01, 0x07, 0x08, 0x0b
PUBDIR_REPLY, PUBDIR_REQUEST, LIST_EMPTY = 0x0e, 0x14, 0x12
STATUS80, LOGIN80_FAILED, RECV_MSG_ACK, TYPING = 0x36, 0x43, 0x46, 0x59
NEW_STATUS80, NEW_STATUS105 = 0x38, 0x63
NOTIFY_FIRST, NOTIFY_LAST, NOTIFY_EMPTY = 0x77, 0x78, 0x79
ADD_NOTIFY, REMOVE_NOTIFY, SEND_MSG110, RECV_MSG110 = 0x7b, 0x7c, 0x7d, 0x7e
LOGIN105, ACK110, SEND_MSG_ACK110, LOGIN110_OK = 0x83, 0x86, 0x87, 0x9d

AWAY_FOR_GOOD, AVAILABLE = 0x01, 0x02
INVISIBLE = (0x14, 0x16)
DESCRIBED = {0x01: 0x15, 0x02: 0x04, 0x03: 0x05, 0x17: 0x18, 0x21: 0x22}

# ---------------------------------------------------------- protocol buffers


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, value, bits=0):
    """Text and bytes, or a number of 32, 64 or as many bits as it takes."""
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if bits:
        return varint(number << 3 | (5 if bits == 32 else 1)) + struct.pack(
            "<I" if bits == 32 else "<Q", value)
    return varint(number << 3) + varint(value)


def fields(data):
    """{number: value}, the last one of each."""
    at, found = 0, {}

    def take_varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while at < len(data):
        number, kind = divmod(take_varint(), 8)
        if kind == 0:
            found[number] = take_varint()
            continue
        size = {1: 8, 2: None, 5: 4}[kind]
        size = take_varint() if size is None else size
        value = data[at:at + size]
        at += size
        found[number] = value if kind == 2 else int.from_bytes(value, "little")
    return found


def packed_uin(uin):
    digits = str(uin).encode()
    return b"\0" + bytes([len(digits)]) + digits


def unpacked_uin(data):
    """(number, length of all of it)"""
    size = data[1]
    return int(data[2:2 + size]), 2 + size


# ------------------------------------------------------------------ server


class Session(threading.Thread):
    """One connection."""

    def __init__(self, server, sock):
        super().__init__(daemon=True, name="gadu")
        self.server, self.sock = server, sock
        self.uin, self.status, self.description = None, AVAILABLE, ""
        self.watched, self.sequence = set(), 0
        self.handlers = {
            LOGIN105: self.login, PING: lambda data: self.send(PONG),
            NOTIFY_FIRST: self.notify, NOTIFY_LAST: self.notify,
            NOTIFY_EMPTY: self.notify, LIST_EMPTY: self.notify,
            ADD_NOTIFY: self.notify, REMOVE_NOTIFY: self.forget,
            NEW_STATUS80: self.new_status,
            NEW_STATUS105: self.new_status, SEND_MSG110: self.message,
            TYPING: self.typing, PUBDIR_REQUEST: self.directory,
            RECV_MSG_ACK: lambda data: None, ACK110: lambda data: None,
        }

    def send(self, kind, data=b""):
        try:
            self.sock.sendall(struct.pack("<II", kind, len(data)) + data)
        except OSError:
            pass

    def read(self, size):
        data = b""
        while len(data) < size:
            more = self.sock.recv(size - len(data))
            if not more:
                raise ConnectionError("end of stream")
            data += more
        return data

    def run(self):
        self.send(WELCOME, struct.pack("<I", SEED))
        try:
            while True:
                kind, size = struct.unpack("<II", self.read(8))
                data = self.read(size)
                with self.server.lock:
                    self.server.packets.append((self.uin, kind, data))
                    handle = self.handlers.get(kind)
                    if handle is None or (self.uin is None and
                                          kind != LOGIN105):
                        self.server.offences.append((self.uin, hex(kind)))
                    else:
                        handle(data)
        except OSError:
            pass
        with self.server.lock:
            self.server.leave(self)
        self.sock.close()

    def login(self, data):
        login = fields(data)
        uin, _ = unpacked_uin(login[2])
        password = self.server.accounts.get(uin)
        right = password is not None and hashlib.sha1(
            password.encode() + struct.pack("<I", SEED)).digest()
        if login[3] != right:
            self.send(LOGIN80_FAILED, struct.pack("<I", 1))
            self.sock.shutdown(socket.SHUT_WR)
            return
        self.send(LOGIN110_OK, field(1, 1) + field(2, "hash") +
                  field(3, uin) + field(4, int(time.time()), 32))
        self.status = login.get(8, AVAILABLE) & 0xff
        self.description = login.get(9, b"").decode()
        self.server.enter(self, uin)

    def notify(self, data):
        """Numbers to watch, each followed by one byte of what it is."""
        while data:
            uin, size = unpacked_uin(data)
            data = data[size + 1:]
            self.watched.add(uin)
            if self.server.visible(uin):
                self.tell(uin)

    def forget(self, data):
        uin, _ = unpacked_uin(data)
        self.watched.discard(uin)

    def new_status(self, data):
        self.status, _, size = struct.unpack("<III", data[:12])
        self.status &= 0xff
        self.description = data[12:12 + size].rstrip(b"\0").decode()
        self.server.announce(self.uin)

    def tell(self, uin):
        status, description = self.server.status_of(uin)
        text = description.encode()
        if text:
            status = DESCRIBED.get(status, status)
        self.send(STATUS80, struct.pack(
            "<IIIIHBBII", uin, status, 0, 0, 0, 255, 0, 0, len(text)) + text)

    def message(self, data):
        message, now = fields(data), int(time.time())
        to, _ = unpacked_uin(message[1])
        self.server.sequence += 1
        self.send(SEND_MSG_ACK110, field(1, 0) + field(2, message[3]) +
                  field(3, now, 32) + field(4, self.server.sequence, 64) +
                  field(5, 0, 64) + field(7, 0))
        self.server.deliver(self.uin, to, message[5].decode(),
                            message.get(6, b"").decode())

    def receive(self, sender, text, xhtml, when=None):
        self.sequence += 1
        when = int(when or time.time())
        self.send(RECV_MSG110, field(1, packed_uin(sender)) + field(2, 0) +
                  field(3, self.sequence) + field(4, when, 32) +
                  field(5, text) + (field(6, xhtml) if xhtml else b"") +
                  field(9, self.server.sequence, 64))

    def typing(self, data):
        length, to = struct.unpack("<HI", data)
        other = self.server.sessions.get(to)
        if other:
            other.send(TYPING, struct.pack("<HI", length, self.uin))

    def directory(self, data):
        """A search: everybody of that number, as the answer to it."""
        kind, sequence = struct.unpack("<BI", data[:5])
        asked = data[5:].decode("cp1250").split("\0")
        asked = dict(zip(asked[::2], asked[1::2]))
        uin = int(asked.get("FmNumber") or 0)
        entry = self.server.people.get(uin)
        text = "" if entry is None else "".join(
            "%s\0%s\0" % pair for pair in
            {"FmNumber": uin, "FmStatus": AVAILABLE, **entry}.items())
        self.send(PUBDIR_REPLY, struct.pack("<BI", 5, sequence) +
                  text.encode("cp1250"))


class GaduServer:
    """accounts: {number: password}; people: {number: {"nickname": ...}}, the
    public directory."""

    def __init__(self, accounts, people=None, port=PORT):
        self.port = port
        self.accounts, self.people = accounts, people or {}
        self.lock = threading.RLock()
        self.sessions, self.sequence = {}, 100
        self.packets = []       # (number, kind, data) of all that came
        self.offences = []      # packets that made no sense
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            Session(self, sock).start()

    # ------------------------------------------------- inside, with the lock

    def enter(self, session, uin):
        old = self.sessions.get(uin)
        if old:
            old.send(DISCONNECTING)
            self.leave(old)
        session.uin = uin
        self.sessions[uin] = session
        self.announce(uin)

    def leave(self, session):
        if session.uin and self.sessions.get(session.uin) is session:
            del self.sessions[session.uin]
            self.announce(session.uin)
        session.uin = None

    def status_of(self, uin):
        session = self.sessions.get(uin)
        if session is None or session.status in INVISIBLE:
            return AWAY_FOR_GOOD, ""
        return session.status, session.description

    def visible(self, uin):
        return self.status_of(uin)[0] != AWAY_FOR_GOOD

    def announce(self, uin):
        for session in list(self.sessions.values()):
            if uin in session.watched:
                session.tell(uin)

    def deliver(self, sender, to, text, xhtml):
        session = self.sessions.get(to)
        if session:
            session.receive(sender, text, xhtml)

    # ------------------------------------------------------------- for tests

    def wait_login(self, uin, timeout=15):
        wait_for(lambda: uin in self.sessions, timeout,
                 "%d to log in" % uin)

    def wait_watched(self, uin, other, timeout=15):
        """The server has been asked for the status of somebody."""
        self.wait_login(uin, timeout)
        wait_for(lambda: other in self.sessions[uin].watched, timeout,
                 "%d to watch %d" % (uin, other))

    def drop(self, uin):
        """Its connection is cut."""
        with self.lock:
            self.sessions[uin].sock.shutdown(socket.SHUT_RDWR)

    def raw(self, uin, kind, data):
        """Any bytes as a packet."""
        with self.lock:
            self.sessions[uin].send(kind, data)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for session in list(self.sessions.values()):
                session.sock.close()


# ------------------------------------------------------------------ people


class GaduPerson:
    """gadu_client.c: somebody who uses libgadu.  Words in, lines out."""

    program = None

    def __init__(self, directory, server, uin, password):
        if GaduPerson.program is None:
            GaduPerson.program = str(directory / "gadu_client")
            subprocess.run(
                ["cc", "-O1", "-o", self.program, os.path.join(
                    os.path.dirname(__file__), "gadu_client.c"), "-lgadu"],
                check=True, capture_output=True)
        self.uin = uin
        read, self.words = os.pipe()
        self.process = Process(
            "libgadu %d" % uin, [
                self.program, str(server.port), str(uin), password],
            directory / ("gadu-%d.log" % uin), pass_fds=[read],
            env={"WORDS": str(read)})
        os.close(read)

    def say(self, *words):
        os.write(self.words, (" ".join(map(str, words)) + "\n").encode())

    def expect(self, line, timeout=15):
        """A line that begins so."""
        self.process.wait_log("(?m)^" + line, timeout)

    def close(self):
        os.close(self.words)
        self.process.stop()
