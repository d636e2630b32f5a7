# SPDX-License-Identifier: GPL-2.0-or-later
"""A socket that speaks as much XMPP as a test wants, rightly or wrongly."""
import base64
import re
import socket
import ssl
import time

from .process import SLOWER

HEADER = ("<?xml version='1.0'?><stream:stream xmlns='%s' "
          "xmlns:stream='http://etherx.jabber.org/streams' to='%s' "
          "version='1.0'>")


class RawStream:
    def __init__(self, port, domain, namespace="jabber:client"):
        self.domain, self.namespace = domain, namespace
        self.got, self.at_end = "", False
        self.sock = socket.create_connection(("127.0.0.1", port), 10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, text, bytes_at_a_time=0):
        data = text if isinstance(text, bytes) else text.encode()
        step = bytes_at_a_time or len(data) or 1
        for at in range(0, len(data), step):
            self.sock.sendall(data[at:at + step])

    def open(self, **how):
        """Send a stream header, wait for the features."""
        self.got = ""
        self.send(HEADER % (self.namespace, self.domain), **how)
        self.expect("</stream:features>|<stream:features/>|</features>")

    def _receive(self, timeout):
        self.sock.settimeout(max(timeout, 0.001))
        try:
            data = self.sock.recv(65536)
        except (socket.timeout, ssl.SSLWantReadError):
            return False
        except OSError:
            data = b""
        if not data:
            self.at_end = True
            return False
        self.got += data.decode(errors="replace")
        return True

    def expect(self, pattern, timeout=10):
        """Wait until what was received matches; consume up to the end of the
        match."""
        end = time.monotonic() + timeout * SLOWER
        while True:
            hit = re.search(pattern, self.got, re.S)
            if hit:
                self.got = self.got[hit.end():]
                return hit
            left = end - time.monotonic()
            if self.at_end or left <= 0:
                raise AssertionError("never got /%s/, but%s: %s" % (
                    pattern, " (closed)" if self.at_end else "",
                    self.got[-2000:]))
            self._receive(left)

    def closed(self, timeout=10):
        """Wait for the end of the stream; returns what came before it."""
        end = time.monotonic() + timeout * SLOWER
        while not self.at_end:
            left = end - time.monotonic()
            assert left > 0, "not closed; got " + self.got[-1000:]
            self._receive(left)
        return self.got

    def starttls(self):
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.expect("<proceed[^>]*>")
        self.wrap()

    def wrap(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock.settimeout(10)
        self.sock = context.wrap_socket(self.sock,
                                        server_hostname=self.domain)

    def plain(self, user, password):
        secret = base64.b64encode(("\0%s\0%s" % (user, password)).encode())
        self.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                  "mechanism='PLAIN'>%s</auth>" % secret.decode())

    def bind(self, resource=None, **how):
        self.send("<iq type='set' id='bind'><bind xmlns="
                  "'urn:ietf:params:xml:ns:xmpp-bind'>%s</bind></iq>" %
                  ("<resource>%s</resource>" % resource if resource else ""),
                  **how)
        return self.expect("<jid>([^<]*)</jid>").group(1)

    def login(self, user, password, resource="raw", tls=False):
        self.open()
        if tls:
            self.starttls()
            self.open()
        self.plain(user, password)
        self.expect("<success[^>]*>")
        self.open()
        jid = self.bind(resource)
        self.send("<iq type='set' id='session'><session xmlns="
                  "'urn:ietf:params:xml:ns:xmpp-session'/></iq>")
        self.expect("id=['\"]session['\"]")
        return jid

    def close(self):
        try:
            self.sock.close()
        except OSError:
            pass


def register_account(port, domain, user, password):
    """Make an account on a real server by in-band registration."""
    stream = RawStream(port, domain)
    stream.open()
    stream.send("<iq type='set' id='reg'><query xmlns='jabber:iq:register'>"
                "<username>%s</username><password>%s</password></query></iq>"
                % (user, password))
    answer = stream.expect(r"<iq [^>]*type=['\"](result|error)['\"].*")
    assert answer.group(1) == "result", answer.group(0)
    stream.close()
