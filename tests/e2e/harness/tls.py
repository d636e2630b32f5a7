# SPDX-License-Identifier: GPL-2.0-or-later
"""Certificates of every kind, and a server that shows one of them before it
passes everything on to another server, which knows nothing of TLS."""
import os
import select
import socket
import ssl
import subprocess
import threading


class Socket(ssl.SSLSocket):
    """One that a thread may read while another one writes.  OpenSSL has both
    take turns, or it spoils what either of them does."""

    def do_handshake(self, block=False):
        super().do_handshake(block)
        self._lock = threading.Lock()
        self.setblocking(False)         # who waits leaves the turn to others

    def _in_turn(self, act, *args):
        while True:
            with self._lock:
                if self.fileno() == -1:
                    raise OSError("closed")
                try:
                    return act(*args)
                except ssl.SSLWantReadError:
                    wanted = select.POLLIN
                except ssl.SSLWantWriteError:
                    wanted = select.POLLOUT
            poll = select.poll()
            poll.register(self, wanted)
            poll.poll()

    def read(self, *args):
        return self._in_turn(super().read, *args)

    def send(self, *args):
        return self._in_turn(super().send, *args)

    def shutdown(self, how):
        socket.socket.shutdown(self, how)   # what has come can be read still


def server_context(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.sslsocket_class = Socket
    return context


def _openssl(*args):
    subprocess.run(("openssl",) + args, check=True, capture_output=True)


class Authority:
    """Issues certificates; its own is NAME/ca.pem."""

    def __init__(self, directory):
        self.directory = str(directory)
        self.cert = os.path.join(self.directory, "ca.pem")
        self.key = os.path.join(self.directory, "ca.key")
        _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                 "2", "-subj", "/CN=Test Authority", "-keyout", self.key,
                 "-out", self.cert)

    def issue(self, name, days=2):
        """A certificate for a host; returns (cert, key)."""
        base = os.path.join(self.directory, "%s%+d" % (name, days))
        with open(base + ".ext", "w") as file:
            file.write("subjectAltName=DNS:%s\n" % name)
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj",
                 "/CN=" + name, "-keyout", base + ".key", "-out",
                 base + ".req")
        _openssl("x509", "-req", "-in", base + ".req", "-CA", self.cert,
                 "-CAkey", self.key, "-CAcreateserial", "-days", str(days),
                 "-extfile", base + ".ext", "-out", base + ".cert")
        return base + ".cert", base + ".key"


def fingerprint(cert):
    out = subprocess.run(["openssl", "x509", "-in", cert, "-noout",
                          "-fingerprint", "-sha256"], check=True,
                         capture_output=True, text=True).stdout
    return out.strip().split("=")[1]


class Front:
    """TLS on a port of its own, plain to the port behind it."""

    def __init__(self, cert, key, behind):
        self.context = server_context(cert, key)
        self.behind = behind
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,),
                             daemon=True).start()

    def _serve(self, client):
        try:
            client = self.context.wrap_socket(client, server_side=True)
        except (OSError, ssl.SSLError):
            client.close()
            return
        server = socket.create_connection(("127.0.0.1", self.behind))
        threading.Thread(target=self._pass, args=(server, client),
                         daemon=True).start()
        self._pass(client, server)

    @staticmethod
    def _pass(source, sink):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                sink.sendall(data)
        except (OSError, ssl.SSLError):
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.socket.close()
