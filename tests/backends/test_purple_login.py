# SPDX-License-Identifier: GPL-2.0-or-later
"""Logging in with prpl-jabber: proxies, servers that misbehave, how it ends,
and what the user's presence becomes."""
import os
import queue
import re
import socket
import threading

import pytest

from driver import PATIENCE
from harness.process import SLOWER

HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams' id='1' "
          "from='fake.test' version='1.0'>")
FEATURES = ("<stream:features><mechanisms xmlns="
            "'urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism>"
            "</mechanisms></stream:features>")
BIND = ("<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        "</stream:features>")
BOUND = (b"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
         b"<jid>ana@fake.test/1</jid></bind>")
PEP = b"><identity category='pubsub' type='pep'/></query>"
SUCCESS = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"


class Listener:
    """serve(socket) for each connection, in a thread of its own."""

    def __init__(self, serve):
        self.serve = serve
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.open.append(peer)
            threading.Thread(target=self._run, args=(peer,),
                             daemon=True).start()

    def _run(self, peer):
        try:
            self.serve(peer)
        except OSError:
            pass

    def close(self):
        self.socket.close()
        for peer in self.open:
            peer.close()


@pytest.fixture
def listener():
    started = []

    def start(serve):
        started.append(Listener(serve))
        return started[-1]

    yield start
    for one in started:
        one.close()


# ----------------------------------------------------------------------- ends

def hold(peer):
    """Say nothing until it hangs up."""
    while peer.recv(65536):
        pass


def garbage(peer):
    peer.recv(65536)
    peer.sendall(os.urandom(4096))
    hold(peer)


def half(peer):
    peer.recv(65536)
    peer.sendall((HEADER + FEATURES)[:-20].encode())
    peer.close()


def flood(peer):
    """Ten megabytes in one stanza, without an end."""
    peer.recv(65536)
    peer.sendall((HEADER + "<stream:features>").encode())
    for _ in range(160):
        peer.sendall(b"<a b='" + b"x" * 65500 + b"'>")
    hold(peer)


def deep(peer):
    peer.recv(65536)
    peer.sendall((HEADER + "<stream:features>" + "<a>" * 200000).encode())
    peer.close()


def bad_text(peer):
    """Nothing that is said may be anything but a line of text."""
    peer.recv(65536)
    peer.sendall((HEADER + FEATURES).encode())
    peer.recv(65536)
    peer.sendall(b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                 b"<not-authorized/><text>\n\n" + b"y\n" * 5000 +
                 b"</text></failure>")
    hold(peer)


def well(b, name):
    """Somebody logs in, and once more if he did not get the time for it."""
    for _ in range(4):
        b.login("good@x", name, password="secret")
        with b.changed:
            assert b.changed.wait_for(lambda: [
                m for m, p in b.events if p.get("user") == "good@x" and
                m in ("connected", "disconnected")], PATIENCE)
            ended = [p for m, p in b.events if m == "disconnected"]
            b.events.clear()
        if not ended:
            return
    raise AssertionError(ended)


@pytest.mark.parametrize("serve, reason", [
    (garbage, "network"), (half, "network"), (flood, None), (deep, None),
    (bad_text, "auth"), (hold, "network"),
], ids=lambda x: getattr(x, "__name__", ""))
def test_hostile_server(jabber, listener, account, prosody, serve, reason):
    """It costs who has chosen it, at most, his login; others stay."""
    b = jabber({"user_options": "port"}, service={"login_timeout": 4 * SLOWER})
    well(b, account("good"))
    b.login("u@x", "ana@fake.test", password="secret",
            settings={"port": str(listener(serve).port)})
    end = b.wait("disconnected", user="u@x", timeout=30 * SLOWER)
    assert reason is None or end["reason"] == reason, end
    assert 0 < len(end["text"]) <= 600 and "\n" not in end["text"]
    assert bool(end.get("retry")) == (end["reason"] == "network")
    assert not [p for m, p in b.skipped + b.events
                if m == "disconnected" and p["user"] == "good@x"]
    b.call("logout", user="good@x")
    well(b, account("good"))


def test_why_it_ends(jabber, account):
    """Each has a reason, a text, and whether to try again."""
    b = jabber({"user_options": "port connect_server"})

    def end(name, password="secret", **settings):
        b.login("u@x", name, password=password, settings=settings)
        e = b.wait("disconnected", user="u@x", timeout=30 * SLOWER)
        assert e["text"]
        return e["reason"], bool(e.get("retry"))

    with socket.socket() as nobody:     # bound, but not listening
        nobody.bind(("127.0.0.1", 0))
        assert end("ana@x.test", port=str(nobody.getsockname()[1])) == (
            "network", True)
    assert end("ana@x.test", connect_server="x" * 64 + ".test") == (
        "network", True)
    assert end(account("ana"), password="wrong") == ("auth", False)
    assert end("no jid at all") == ("settings", False)
    assert end("") == ("settings", False)
    assert end("a\nb@x.test") == ("settings", False)
    assert end("ana@" + "x" * 2000) == ("settings", False)


def let_in(peer, until):
    """Let it log in, and answer everything until it says that; returns all
    that it has said."""
    said = b""
    while until not in said:
        data = peer.recv(65536)
        if not data:
            raise OSError("gone")
        said += data
        if b"<auth " in data:
            peer.sendall(SUCCESS.encode())
        elif b"<stream:stream" in data:
            peer.sendall((HEADER + (BIND if b"<auth " in said else
                                    FEATURES)).encode())
        for ident, inside in re.findall(rb"<iq[^>]* id='([^']*)'[^>]*>(.*?)"
                                        rb"</iq>", data):
            what = re.match(rb"<query xmlns='[^']*'", inside)
            peer.sendall(b"<iq type='result' from='fake.test' id='%s'>%s</iq>" % (
                ident, BOUND if b"xmpp-bind" in inside else
                what.group() + PEP if what else b""))
    return said


def thrown_out(peer):
    """Say that somebody else has logged in."""
    let_in(peer, b"<query xmlns='jabber:iq:roster'")
    peer.sendall(b"<stream:error><conflict xmlns="
                 b"'urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
    hold(peer)


def test_thrown_out(jabber, listener):
    """Another program has taken the session: not to be taken back."""
    b = jabber({"port": listener(thrown_out).port})
    b.connect("u@x", "ana@fake.test")
    e = b.wait("disconnected", user="u@x")
    assert e["reason"] == "replaced" and not e.get("retry"), e


# --------------------------------------------------------------------- proxies

def relay(a, b):
    def copy(source, sink):
        try:
            while (data := source.recv(65536)):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    threading.Thread(target=copy, args=(a, b), daemon=True).start()
    copy(b, a)


def read(peer, n):
    data = b""
    while len(data) < n:
        more = peer.recv(n - len(data))
        if not more:
            raise OSError("gone")
        data += more
    return data


def socks5(seen, port):
    """RFC 1928 and 1929; whatever is asked for, it is our server."""
    def serve(peer):
        _, n = read(peer, 2)
        assert 2 in read(peer, n)
        peer.sendall(b"\5\2")
        _, n = read(peer, 2)
        user = read(peer, n)
        password = read(peer, read(peer, 1)[0])
        peer.sendall(b"\1\0")
        read(peer, 3)
        kind = read(peer, 1)[0]
        host = read(peer, 4 if kind == 1 else read(peer, 1)[0])
        read(peer, 2)
        seen.append((user, password, kind, host))
        peer.sendall(b"\5\0\0\1\0\0\0\0\0\0")
        relay(peer, socket.create_connection(("127.0.0.1", port)))

    return serve


def http(seen, port):
    def serve(peer):
        head = b""
        while b"\r\n\r\n" not in head:
            head += peer.recv(4096)
        seen.append(head)
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        relay(peer, socket.create_connection(("127.0.0.1", port)))

    return serve


def test_socks5(jabber, account, prosody, listener):
    """The name of the server is for the proxy to look up."""
    seen = []
    proxy = listener(socks5(seen, prosody.port))
    b = jabber({"connect_server": "far.invalid"}, sections={"proxy": {
        "type": "socks5", "host": "127.0.0.1", "port": proxy.port,
        "username": "gate", "password": "way"}})
    b.connect("u@x", account("ana"))
    assert seen == [(b"gate", b"way", 3, b"far.invalid")]


def test_http_proxy(jabber, account, prosody, listener):
    seen = []
    proxy = listener(http(seen, prosody.port))
    b = jabber({"connect_server": "far.invalid"}, sections={"proxy": {
        "type": "http", "server": "127.0.0.1", "port": proxy.port}})
    b.connect("u@x", account("ana"))
    assert seen[0].startswith(b"CONNECT far.invalid:%d " % prosody.port)


# ------------------------------------------------------------ a user's presence

def test_presence(jabber, account, friend):
    """As the login says, and as it changes; texts are texts, not HTML."""
    bob = friend("bob")
    name = account("ana")
    b = jabber()

    def seen(show):
        def check(p):
            return p.findtext(".//{jabber:client}show") == show

        p = bob.expect("presence", check)
        return p.findtext("{jabber:client}status")

    b.connect("u@x", name, show="away", status="at <lunch> & back")
    b.call("contact_add", user="u@x", contact=bob.bare)
    bob.expect("presence", type="subscribe")
    bob.send("<presence to='%s' type='subscribed'/>" % name)
    bob.send("<presence to='%s' type='subscribe'/>" % name)
    b.wait("contact_request", user="u@x")
    b.call("contact_allow", user="u@x", contact=bob.bare)
    assert seen("away") == "at <lunch> & back"
    b.notify("presence", user="u@x", show="chat")
    assert seen("chat") is None
    b.notify("presence", user="u@x", show="dnd", status="x" * 5000)
    assert seen("dnd") == "x" * 1024


def test_mood(jabber, listener):
    """A command with the moods that there are; the network is told."""
    told = queue.Queue()

    def serve(peer):
        let_in(peer, b"<happy/>")
        told.put("happy")
        while True:
            told.put(peer.recv(65536))

    b = jabber({"port": listener(serve).port})
    b.connect("u@x", "ana@fake.test")
    form = b.call("command", user="u@x", name="mood")
    moods = [o["value"] for o in form["fields"][0]["options"]]
    assert moods[0] == "" and "happy" in moods
    for mood in "nonsense", "happy":
        form = b.call("command", user="u@x", name="mood")
        done = b.call("command", user="u@x", name="mood",
                      session=form["session"],
                      arguments={"mood": mood, "text": "<b>sun</b>"})
        assert "mood" in done["text"]
    assert told.get(timeout=PATIENCE) == "happy"


# ------------------------------------------------------------------- no traces

def directory(pid):
    held = [os.path.realpath("/proc/%d/fd/%s" % (pid, fd))
            for fd in os.listdir("/proc/%d/fd" % pid)]
    return [d for d in os.listdir("/dev/shm") if
            d.startswith("spectrum2-purple-") and
            "/dev/shm/%s/lock" % d in held]


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="no /dev/shm")
def test_files(jabber, account):
    """Its directory is private and has nothing in it that is anybody's; what
    one leaves that is killed, the next removes."""
    b = jabber()
    name = account("ana")
    b.connect("u@x", name)
    own = "/dev/shm/" + directory(b.process.pid)[0]
    assert os.stat(own).st_mode & 0o777 == 0o700
    for at, _, files in os.walk(own):
        for file in files:
            text = open(os.path.join(at, file), "rb").read()
            assert b"secret" not in text and name.encode() not in text, file
    other = jabber()
    left = directory(other.process.pid)[0]
    other.process.kill()
    other.process.wait()
    jabber()
    now = os.listdir("/dev/shm")
    assert own.split("/")[-1] in now and left not in now
    other.close = lambda: 0
