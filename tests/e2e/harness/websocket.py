# SPDX-License-Identifier: GPL-2.0-or-later
"""The server's side of a WebSocket (RFC 6455) on a socket whose request has
been read."""
import base64
import hashlib
import struct

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class WebSocket:
    def __init__(self, key, reader, writer):
        self.reader, self.writer = reader, writer
        accept = base64.b64encode(hashlib.sha1(
            (key + GUID).encode()).digest()).decode()
        self._write(("HTTP/1.1 101 Switching Protocols\r\n"
                     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n\r\n" % accept).encode())

    def _write(self, data):
        self.writer.write(data)
        self.writer.flush()

    def _read(self, size):
        data = self.reader.read(size)
        if len(data) < size:
            raise ConnectionError("end of stream")
        return data

    def send(self, data, kind=TEXT):
        head = bytes([0x80 | kind])
        if len(data) < 126:
            head += bytes([len(data)])
        elif len(data) < 0x10000:
            head += b"\x7e" + struct.pack(">H", len(data))
        else:
            head += b"\x7f" + struct.pack(">Q", len(data))
        self._write(head + data)

    def _frame(self):
        first, second = self._read(2)
        if not second & 0x80:
            raise ConnectionError("a frame of the client's without a mask")
        size = second & 0x7f
        if size == 126:
            size, = struct.unpack(">H", self._read(2))
        elif size == 127:
            size, = struct.unpack(">Q", self._read(8))
        mask = self._read(4)
        data = bytes(byte ^ mask[at % 4]
                     for at, byte in enumerate(self._read(size)))
        return first & 0x80, first & 0x0f, data

    def messages(self):
        """What the client says, until it goes."""
        whole = b""
        while True:
            final, kind, data = self._frame()
            if kind == CLOSE:
                self.send(data, CLOSE)
                return
            if kind == PING:
                self.send(data, PONG)
            elif kind != PONG:
                whole += data
                if final:
                    yield whole
                    whole = b""

    def close(self, code, why):
        self.send(struct.pack(">H", code) + why.encode(), CLOSE)
