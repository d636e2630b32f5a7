# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands between a program and a server, and can fail."""
import socket
import threading


def serve(server, each):
    def accept():
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=each, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


class Relay:
    """Passes everything on to a port, until it is told not to."""

    def __init__(self, behind, host="127.0.0.1"):
        self.behind = behind
        self.open = threading.Event()       # what arrives is passed on
        self.open.set()
        self.deaf = False                   # what the backend says is lost
        self.refuse = 0                     # connections that break at once
        self.pairs = []
        self.count = 0                      # connections so far
        self.server = socket.create_server(
            (host, 0), family=socket.AF_INET6 if ":" in host else
            socket.AF_INET)
        self.port = self.server.getsockname()[1]
        serve(self.server, self._each)

    def _each(self, client):
        if self.refuse > 0:
            self.refuse -= 1
            client.close()
            return
        try:
            server = socket.create_connection(("127.0.0.1", self.behind))
        except OSError:
            client.close()
            return
        self.count += 1
        self.pairs.append((client, server))
        threading.Thread(target=self._pass, args=(server, client, False),
                         daemon=True).start()
        self._pass(client, server, True)

    def _pass(self, source, sink, up):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                self.open.wait()
                if not (up and self.deaf):
                    sink.sendall(data)
        except OSError:
            pass
        self._end(source, sink)

    @staticmethod
    def _end(*ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        """As when a network goes away: both sides lose the other."""
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            self._end(*pair)
        self.deaf = False

    def close(self):
        self.server.close()
        self.cut()
