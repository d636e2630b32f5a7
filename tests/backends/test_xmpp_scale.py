# SPDX-License-Identifier: GPL-2.0-or-later
"""Many accounts in one process, against a real server, with TLS and without:
what one costs, that nobody waits, and what the same costs with libpurple.
SCALE=500 in the environment says how many; without, a few, and libpurple is
not asked."""
import os
import shutil
import socket
import statistics
import threading
import time

import pytest

import xmpp_driver
from harness import servers
from harness.process import wait_for
from harness.raw import RawStream
from harness.tls import Authority
from purple_driver import JABBER, Purple
from xmpp_driver import Xmpp

SCALE = "SCALE" in os.environ
USERS = int(os.environ.get("SCALE", "30"))
EACH = 20 if SCALE else 5           # messages of an account
IDLE = 30 if SCALE else 0.5         # seconds of silence that are watched
# No turn of the loop takes longer; all their passwords hashed in one would.
TURN = 0.1

pytestmark = [
    pytest.mark.skipif(xmpp_driver.MISSING is not None,
                       reason=str(xmpp_driver.MISSING)),
    pytest.mark.skipif(
        "sanitize" in os.environ.get("B", ""),
        reason="sanitizers have sizes and times of their own")]


def memory(pid):
    """Of its own, in KiB."""
    with open("/proc/%d/smaps_rollup" % pid) as rollup:
        sizes = dict(x.split(":") for x in rollup if ":" in x)
    return int(sizes["Private_Dirty"].split()[0])


def processor(pid):
    """Seconds that it had of it, and that it waited for it."""
    with open("/proc/%s/schedstat" % pid) as stat:
        return [int(n) / 1e9 for n in stat.read().split()[:2]]


def turn(b):
    """Seconds until the loop is there for a question, without those in which
    others had the processor."""
    before = processor(b.process.pid)[1] + processor("thread-self")[1]
    begin = time.monotonic()
    b.call("ping")
    end = time.monotonic()
    return end - begin - (processor(b.process.pid)[1] +
                          processor("thread-self")[1] - before)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def crowded(tmp_path_factory, authority):
    """A server that has all those accounts, and one more."""
    directory = tmp_path_factory.mktemp("crowd")
    cert, key = authority.issue("xmpp.test")
    shutil.copy(cert, directory / "xmpp.test.crt")
    shutil.copy(key, directory / "xmpp.test.key")
    s = servers.Prosody(directory, modules=("tls", "smacks"))
    accounts = directory / "data" / "xmpp%2etest" / "accounts"
    accounts.mkdir(parents=True)
    for i in range(USERS + 1):
        (accounts / ("user%d.dat" % i)).write_text(
            'return { ["password"] = "secret"; };\n')
    s.start()
    yield s
    s.stop()


class Peer:
    """The other end of all that is said: it counts, and says something."""

    def __init__(self, server):
        self.raw = RawStream(server.port, server.domain)
        self.jid = self.raw.login("user%d" % USERS, "secret", "peer")
        self.raw.send("<presence/>")
        self.count = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        tail = b""
        self.raw.sock.settimeout(None)
        while True:
            try:
                data = self.raw.sock.recv(65536)
            except OSError:
                return
            if not data:
                return
            data = tail + data
            self.count += data.count(b"</message>")
            tail = data[-9:] if not data.endswith(b"</message>") else b""

    def say(self, to, body):
        self.raw.send("<message type='chat' to='%s' id='%s'><body>%s</body>"
                      "</message>" % (to, body.split()[0], body))

    def close(self):
        self.raw.sock.shutdown(socket.SHUT_RDWR)
        self.raw.close()


def make_xmpp(server, authority, tls):
    if tls:
        return Xmpp(host="127.0.0.1", port=server.port,
                    ca_file=authority.cert)
    return Xmpp(host="127.0.0.1", port=server.port, tls="off")


def make_purple(server, authority, tls):
    options = {**JABBER, "port": server.port}
    if tls:
        options["connection_security"] = "require_tls"
    return Purple("prpl-jabber", options, {"verify_certs": 0})


class Costs:
    """Does the work, and keeps in words and numbers what it took."""

    def __init__(self, b, peer, domain):
        self.b, self.peer, self.domain = b, peer, domain
        self.turns, self.figures = [], {}

    def cpu(self):
        return processor(self.b.process.pid)[0]

    def look(self):
        self.turns.append(turn(self.b))

    def heard(self, method):
        with self.b.changed:
            return sum(1 for m, _ in self.b.events if m == method)

    def until(self, condition, what):
        def done():
            self.look()
            time.sleep(0.02)
            return condition()

        wait_for(done, 100, what)

    def per(self, name, n, cpu):
        self.figures[name] = (self.cpu() - cpu) / n

    def login(self):
        before, cpu = memory(self.b.process.pid), self.cpu()
        for i in range(USERS):
            self.b.login("u%d@x" % i, "user%d@%s" % (i, self.domain),
                         password="secret", show="online")
        self.until(lambda: self.heard("connected") == USERS, "all of them")
        end = time.monotonic() + IDLE / 10      # what comes behind
        self.until(lambda: time.monotonic() > end, "silence")
        self.per("login", USERS, cpu)
        self.empty = before
        self.weigh("memory")

    def weigh(self, name):
        self.figures[name] = (memory(self.b.process.pid) - self.empty) / USERS

    def idle(self):
        begin, cpu = time.monotonic(), self.cpu()
        time.sleep(IDLE)
        self.figures["idle"] = (self.cpu() - cpu) / (time.monotonic() - begin)

    def send(self):
        cpu, count = self.cpu(), self.peer.count
        calls = []
        for n in range(EACH):
            for i in range(USERS):
                calls.append(self.b.start(
                    "message", user="u%d@x" % i, to=self.peer.jid.split(
                        "/")[0], kind="chat", body="%d words of mine" % n,
                    id="m%d" % n))
            self.look()
        for call in calls:
            self.b.finish(call, timeout=60)
        self.until(lambda: self.peer.count - count >= len(calls), "sent")
        self.per("out", len(calls), cpu)

    def receive(self):
        cpu, before = self.cpu(), self.heard("message")
        for n in range(EACH):
            for i in range(USERS):
                self.peer.say("user%d@%s" % (i, self.domain),
                              "%d words of others" % n)
            self.look()
        self.until(lambda: self.heard("message") - before == EACH * USERS,
                   "heard")
        self.per("in", EACH * USERS, cpu)

    def words(self):
        f = self.figures
        return ("%.1f KiB an account, %.1f after talking; CPU: %.2f ms a login, %.0f us a message "
                "out, %.0f in, %.2f %% of a core idle; turns: %.1f ms in the "
                "middle, %.1f at most" % (
                    f["memory"], f["talked"], f["login"] * 1e3, f["out"] * 1e6,
                    f["in"] * 1e6, f["idle"] * 1e2,
                    statistics.median(self.turns) * 1e3,
                    max(self.turns) * 1e3))


def measure(make, server, authority, tls):
    peer = Peer(server)
    b = make(server, authority, tls)
    costs = Costs(b, peer, server.domain)
    costs.login()
    assert b.call("ping")["sessions"] == USERS
    costs.idle()
    costs.send()
    costs.receive()
    costs.weigh("talked")
    peer.close()
    assert b.close() == 0
    return costs


@pytest.mark.parametrize("tls", (False, True), ids=("plain", "tls"))
def test_crowd(crowded, authority, tls):
    ours = measure(make_xmpp, crowded, authority, tls)
    print("\n%d accounts, %s: %s" % (USERS, "TLS" if tls else "no TLS",
                                     ours.words()))
    f = ours.figures
    assert max(ours.turns) < TURN
    assert f["memory"] < 100
    if not SCALE:
        return
    theirs = measure(make_purple, crowded, authority, tls)
    print("libpurple: " + theirs.words())
    for name, value in theirs.figures.items():
        print("  %s: %.2f times ours" % (name, value / max(f[name], 1e-9)))
