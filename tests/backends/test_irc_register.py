# SPDX-License-Identifier: GPL-2.0-or-later
"""From the first byte to the welcome: capabilities, SASL, nicks."""
import base64
import hashlib
import hmac
import queue
import socket
import ssl
import subprocess
import time

import pytest

from driver import PATIENCE
from harness.process import SLOWER, wait_for
from harness.tls import server_context
from irc_driver import Backend, Failed, Peer, Server, free_port

ANA = "ana@example"


def login(server, b, caps, **more):
    b.login(ANA, "ana", **more)
    p = server.peer()
    p.expect("CAP LS 302")
    p.expect("USER")
    p.send(*caps)
    return p


# ---------------------------------------------------------------- capabilities

def test_refused_list_is_asked_one_by_one(server, backend):
    b = backend(irc_server=server.address)
    p = login(server, b, [":irc.test CAP * LS :away-notify chghost setname"])
    names = p.expect("CAP REQ").split(" ", 2)[2].lstrip(":")
    assert set(names.split()) == {"away-notify", "chghost", "setname"}
    p.send(":irc.test CAP * NAK :" + names)
    alone = [p.expect("CAP REQ").split(" ", 2)[2].lstrip(":").strip()
             for _ in range(3)]
    assert sorted(alone) == ["away-notify", "chghost", "setname"]
    for name in alone:
        p.send(":irc.test CAP * %s :%s" % (
            "NAK" if name == "setname" else "ACK", name))
    # Not before the last of them is answered, and not again.
    assert p.line() == "CAP END"
    p.send(":irc.test CAP * NAK :setname", ":irc.test 001 ana :Welcome")
    b.wait("connected", user=ANA)
    p.send("PING :end")
    assert p.line() == "PONG end"


def test_a_cut_refusal_refuses_all(server, backend):
    b = backend(irc_server=server.address)
    p = login(server, b, [":irc.test CAP * LS :away-notify chghost"])
    p.expect("CAP REQ")
    p.send(":irc.test CAP * NAK :away-not")
    p.expect("CAP REQ")
    p.expect("CAP REQ")
    p.send(":irc.test CAP * NAK :", ":irc.test CAP * NAK :chghost")
    p.expect("CAP END")


def test_capabilities_come_and_go(server, backend):
    b = backend(irc_server=server.address)
    p = login(server, b, [":irc.test CAP * LS * :foo=a=b bar",
                          ":irc.test CAP * LS :away-notify"])
    p.expect("CAP REQ")
    p.send(":irc.test CAP * ACK :away-notify")
    p.expect("CAP END")
    p.send(":irc.test 001 ana :Welcome", ":irc.test CAP ana DEL :away-notify",
           ":irc.test CAP ana NEW :away-notify chghost unheard/of=1")
    assert set(p.expect("CAP REQ").split(" ", 2)[2].lstrip(":").split()) == {
        "away-notify", "chghost"}
    p.send(":irc.test CAP ana ACK :away-notify chghost",
           ":irc.test CAP ana NEW :chghost", "PING :end")
    assert p.line() == "PONG end"


def test_late_sasl(server, backend):
    """Services come up after the user has."""
    b = backend(irc_server=server.address)
    p = login(server, b, [":irc.test CAP * LS :chghost"], password="pw")
    p.expect("CAP REQ")
    p.send(":irc.test CAP * ACK :chghost")
    p.expect("CAP END")
    p.send(":irc.test 001 ana :Welcome")
    b.wait("connected", user=ANA)
    p.send(":irc.test CAP ana NEW :sasl=PLAIN")
    assert p.expect("CAP REQ").split()[2].lstrip(":") == "sasl"
    p.send(":irc.test CAP ana ACK :sasl")
    p.expect("AUTHENTICATE PLAIN")
    p.send("AUTHENTICATE +")
    text = p.expect("AUTHENTICATE").split()[1]
    assert base64.b64decode(text) == b"ana\0ana\0pw"
    p.send(":irc.test 900 ana ana!u@h ana :You are now logged in as ana",
           ":irc.test 903 ana :SASL authentication successful",
           ":irc.test CAP ana NEW :sasl=PLAIN", "PING :end")
    assert p.line() == "PONG end"


def test_sasl_taken_back(server, backend):
    b = backend(irc_server=server.address)
    p = login(server, b, [":irc.test CAP * LS :sasl=PLAIN"], password="pw")
    p.expect("CAP REQ")
    p.send(":irc.test CAP * ACK :sasl")
    p.expect("AUTHENTICATE PLAIN")
    p.send(":irc.test CAP * DEL :sasl", "AUTHENTICATE +")
    assert p.line() == "CAP END"
    assert "SASL" in b.wait("message", user=ANA)["body"]


def test_server_that_says_too_much(server, backend):
    b = backend(irc_server=server.address)
    p = login(server, b, [":irc.test CAP * LS :sasl=PLAIN"], password="pw")
    p.expect("CAP REQ")
    p.send(":irc.test CAP * ACK :sasl")
    p.expect("AUTHENTICATE PLAIN")
    p.send(*["AUTHENTICATE " + "A" * 400] * 20)
    p.expect("AUTHENTICATE *")
    p.expect("CAP END")


# ------------------------------------------------------------------------ SASL

def b64(data):
    return base64.b64encode(data).decode()


def hear(p):
    """What the client says in one step, out of its chunks."""
    text = ""
    while True:
        chunk = p.expect("AUTHENTICATE ").split()[1]
        text += "" if chunk == "+" else chunk
        if len(chunk) < 400:
            return base64.b64decode(text).decode()


def say(p, text):
    text = b64(text.encode())
    for at in range(0, len(text) + 1, 400):
        p.send("AUTHENTICATE " + (text[at:at + 400] or "+"))


def sasl(p, mechanism):
    assert p.expect("CAP REQ").split()[2].lstrip(":") == "sasl"
    p.send(":irc.test CAP * ACK :sasl")
    p.expect("AUTHENTICATE " + mechanism)
    p.send("AUTHENTICATE +")


class Scram:
    """The server's side of RFC 5802, knowing the password."""

    def __init__(self, p, password, iterations=4096, filler=""):
        self.p = p
        bare = hear(p)
        assert bare.startswith("n,,")
        bare = bare[3:]
        self.user, nonce = [part[2:] for part in bare.split(",")]
        salt = b"0123456789abcdef" * 20 if filler else b"0123456789abcdef"
        first = "r=%s%s,s=%s,i=%d" % (nonce, "srv" + filler, b64(salt[:250]),
                                      iterations)
        say(p, first)
        self.nonce, self.signed = nonce + "srv" + filler, bare + "," + first
        self.salted = hashlib.pbkdf2_hmac("sha256", password.encode(),
                                          salt[:250], iterations)

    def mac(self, key, text):
        return hmac.new(key, text, "sha256").digest()

    def check(self):
        """Is the client's proof right?  Signs, as the server that it is."""
        final = hear(self.p)
        without, proof = final.rsplit(",p=", 1)
        assert without == "c=biws,r=" + self.nonce
        text = (self.signed + "," + without).encode()
        client = self.mac(self.salted, b"Client Key")
        wanted = self.mac(hashlib.sha256(client).digest(), text)
        wanted = bytes(a ^ b for a, b in zip(wanted, client))
        self.signature = self.mac(self.mac(self.salted, b"Server Key"), text)
        return base64.b64decode(proof) == wanted


@pytest.mark.parametrize("filler", ["", "x" * 700])
def test_scram(server, backend, filler):
    b = backend(irc_server=server.address)
    p = login(server, b, [":irc.test CAP * LS :sasl=PLAIN,SCRAM-SHA-256"],
              password="sesame")
    sasl(p, "SCRAM-SHA-256")
    s = Scram(p, "sesame", 64000, filler)
    assert s.user == "ana" and s.check()
    say(p, "v=" + b64(s.signature))
    assert p.expect("AUTHENTICATE") == "AUTHENTICATE +"
    p.send(":irc.test 900 ana ana!u@h ana :logged in",
           ":irc.test 903 ana :SASL authentication successful")
    p.expect("CAP END")
    p.send(":irc.test 001 ana :Welcome")
    b.wait("connected", user=ANA)


def test_scram_refused_then_plain(server, backend):
    """The account may be older than its SCRAM secrets."""
    b = backend(irc_server=server.address)
    p = login(server, b, [":irc.test CAP * LS :sasl=PLAIN,SCRAM-SHA-256"],
              password="sesame")
    sasl(p, "SCRAM-SHA-256")
    hear(p)
    p.send(":irc.test 904 ana :SASL authentication failed")
    p.expect("AUTHENTICATE PLAIN")
    p.send("AUTHENTICATE +")
    assert hear(p) == "ana\0ana\0sesame"
    p.send(":irc.test 903 ana :SASL authentication successful")
    p.expect("CAP END")


@pytest.mark.parametrize("lie", ["signature", "none", "work"])
def test_scram_server_lies(server, backend, lie):
    b = backend(irc_server=server.address, irc_sasl="require")
    p = login(server, b, [":irc.test CAP * LS :sasl=SCRAM-SHA-256"],
              password="sesame")
    sasl(p, "SCRAM-SHA-256")
    if lie == "work":
        first = hear(p)
        say(p, "r=%sx,s=%s,i=2000000000" % (first.split("r=")[1],
                                            b64(b"salt")))
    else:
        s = Scram(p, "guess")
        assert not s.check()
        if lie == "signature":
            say(p, "v=" + b64(s.signature))
        else:
            p.send(":irc.test 903 ana :SASL authentication successful")
    d = b.wait("disconnected", user=ANA, reason="auth")
    assert "SCRAM" in d["text"] and not d.get("retry")


def test_own_account(server, backend):
    """Settings of the user go before what the gateway was given; refused,
    they end it."""
    b = backend(irc_server=server.address)
    p = login(server, b, [":irc.test CAP * LS :sasl=PLAIN,SCRAM-SHA-256"],
              password="session", settings={
                  "sasl": "plain", "sasl_user": "me", "sasl_password": "own"})
    sasl(p, "PLAIN")
    assert hear(p) == "me\0me\0own"
    p.send(":irc.test 904 ana :SASL authentication failed")
    d = b.wait("disconnected", user=ANA, reason="auth")
    assert "authentication failed" in d["text"] and not d.get("retry")


def test_refused_password_of_one_of_many(server, backend):
    b = backend()
    b.login(ANA, "ana@example", settings={
        "sasl_password/" + server.address: "wrong", "sasl_user": "me"})
    r = b.start("room_join", user=ANA, room="#c@" + server.address,
                nick="ana")
    p = server.peer()
    p.expect("USER")
    p.send(":irc.test CAP * LS :sasl=PLAIN")
    sasl(p, "PLAIN")
    assert hear(p) == "me\0me\0wrong"
    p.send(":irc.test 904 ana :SASL authentication failed")
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert "authentication failed" in e.value.text
    assert "authentication failed" in b.wait(
        "message", user=ANA, **{"from": server.address})["body"]
    with pytest.raises(queue.Empty):
        server.peer(timeout=3)


@pytest.mark.slow
def test_services_that_do_not_answer(server, backend):
    b = backend(irc_server=server.address)
    p = login(server, b, [":irc.test CAP * LS :sasl=PLAIN"], password="pw")
    assert p.expect("CAP REQ").split()[2].lstrip(":") == "sasl"
    p.send(":irc.test CAP * ACK :sasl")
    p.expect("AUTHENTICATE PLAIN")
    p.lines.queue.clear()
    end = time.time() + 25
    while time.time() < end and p.lines.empty():
        time.sleep(0.1)
    p.expect("CAP END")
    assert "in time" in b.wait("message", user=ANA)["body"]


# ------------------------------------------------------------ unwelcome guests

def gone(server, seconds=4):
    with pytest.raises(queue.Empty):
        server.peer(timeout=seconds)


@pytest.mark.parametrize("text", [
    "Closing Link: h (K-Lined)", "Closing link: (u@h) [G:Lined: spam]",
    "Closing Link: [1.2.3.4] (You are banned from this server)"])
def test_banned_while_online(server, backend, text):
    b = backend(irc_server=server.address)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome()
    b.wait("connected", user=ANA)
    p.send("ERROR :" + text)
    p.close()
    d = b.wait("disconnected", user=ANA)
    assert not d.get("retry") and text in d["text"]
    gone(server)


def test_killed_is_not_banned(server, backend):
    b = backend(irc_server=server.address)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome()
    b.wait("connected", user=ANA)
    p.send("ERROR :Closing Link: h (Killed (op (you are banned from #c)))")
    p.close()
    server.peer()


@pytest.mark.slow
def test_throttled_comes_again_later(server, backend):
    """Even at the first attempt, and not at once."""
    b = backend()
    b.login(ANA, "ana@example")
    r = b.start("room_join", user=ANA, room="#c@" + server.address,
                nick="ana")
    p = server.peer()
    p.expect("USER")
    p.send("ERROR :Trying to reconnect too fast.")
    p.close()
    began = time.monotonic()
    p = server.peer(timeout=40 * SLOWER)
    assert time.monotonic() - began > 8
    p.welcome()
    p.expect("JOIN #c")
    p.joined("#c", "ana")
    b.finish(r)


def test_crowd_is_paced(server, backend):
    b = backend(irc_server=server.address, irc_connect_burst=3,
                irc_connect_rate=4)
    began = time.monotonic()
    for i in range(9):
        b.login("u%d@example" % i, "u%d" % i)
    peers = [server.peer() for _ in range(9)]
    assert 1.0 < time.monotonic() - began < 8 * SLOWER
    for p in peers:
        p.welcome()
    assert len({b.wait("connected")["user"] for _ in range(9)}) == 9


# ------------------------------------------------------------- ways to a server

def make_certificate(tmp_path, name="irc"):
    key, cert = tmp_path / (name + ".key"), tmp_path / (name + ".pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "9",
                    "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", str(key),
                    "-out", str(cert)], check=True, capture_output=True)
    return str(cert), str(key)


def tls_context(cert, key, client=None):
    c = server_context(cert, key)
    if client:
        c.verify_mode = ssl.CERT_OPTIONAL
        c.load_verify_locations(client)
    return c


class TlsServer(Server):
    """Every connection begins with a handshake."""
    def __init__(self, context):
        self.context = context
        self.failures = queue.Queue()
        super().__init__()

    def _accept(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            try:
                sock = self.context.wrap_socket(sock, server_side=True)
            except OSError as e:
                self.failures.put(str(e))
                continue
            if not self.open:
                sock.close()
                return
            self.peers.put(Peer(sock))


@pytest.fixture
def secure(tmp_path):
    s = TlsServer(tls_context(*make_certificate(tmp_path)))
    yield s
    s.close()


def pin_of(cert):
    der = ssl.PEM_cert_to_DER_cert(open(cert).read())
    return hashlib.sha256(der).hexdigest()


def test_pin_is_told_and_used(secure, backend, tmp_path):
    pin = pin_of(str(tmp_path / "irc.pem"))
    b = backend(irc_server="127.0.0.1:+%d" % secure.port)
    b.login(ANA, "ana")
    d = b.wait("disconnected", user=ANA, reason="certificate")
    assert pin in d["text"] and not d.get("retry")
    b.login(ANA, "ana", settings={"tls_fingerprint": pin})
    secure.peer().welcome()
    b.wait("connected", user=ANA)
    b.login(ANA, "ana", settings={"tls_fingerprint": "0" * 64})
    d = b.wait("disconnected", user=ANA, reason="certificate")
    assert pin in d["text"]
    assert secure.peer().rest() == ""       # it heard nothing
    b.login(ANA, "ana", settings={"tls_verify": "0"})
    secure.peer().welcome()
    b.wait("connected", user=ANA)


def test_info_tells_of_tls(secure, backend, tmp_path):
    b = backend(irc_server="127.0.0.1:+%d" % secure.port,
                irc_ca_file=str(tmp_path / "irc.pem"))
    b.login(ANA, "ana")
    p = secure.peer()
    p.welcome()
    b.wait("connected", user=ANA)
    r = b.start("command", user=ANA, name="get-irc-connection-info")
    p.expect("PING spectrum/lag")
    p.send(":irc.test PONG irc.test spectrum/lag")
    text = b.finish(r)["text"]
    assert "Encryption: %s" % p.sock.version() in text
    assert p.sock.cipher()[0] in text


def test_wrong_certificate_is_never_followed_by_plain(secure, server, backend):
    b = backend(irc_server="127.0.0.1:1")
    b.login(ANA, "ana", settings={"ports": "+%d %d" % (secure.port,
                                                       server.port)})
    b.wait("disconnected", user=ANA, reason="certificate")
    assert server.peers.empty()


def test_ports_in_order(server, backend):
    with Closed() as closed:
        b = backend(irc_server="127.0.0.1:1")
        b.login(ANA, "ana", settings={"ports": "%d +%d %d" % (
            closed.port, closed.port, server.port)})
        server.peer().welcome()
        b.wait("connected", user=ANA)


def test_tls_required_of_a_plain_port(secure, backend, tmp_path):
    b = backend(irc_server="127.0.0.1:%d" % secure.port,
                irc_ca_file=str(tmp_path / "irc.pem"))
    b.login(ANA, "ana", settings={"tls": "required"})
    secure.peer().welcome()
    b.wait("connected", user=ANA)


class Closed:
    """A port that nobody listens on."""
    def __enter__(self):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        return self

    def __exit__(self, *_):
        self.sock.close()


def test_sts(secure, server, backend, tmp_path):
    """Plain is left at once and never seen again while the promise holds,
    not even by another process."""
    b = backend(irc_server=server.address,
                irc_ca_file=str(tmp_path / "irc.pem"))
    b.login(ANA, "ana", password="pw")
    p = server.peer()
    p.expect("CAP LS 302")
    # What follows on the plain connection must not reach the other.
    p.raw(b":irc.test CAP * LS :sasl=PLAIN sts=port=%d,duration=99999\r\n"
          b":irc.test 001 evil :Welcome\r\n:irc.test CAP * AC" % secure.port)
    s = secure.peer()
    assert "REQ" not in p.rest()
    s.expect("CAP LS 302")
    s.expect("USER")
    s.send(":irc.test CAP * LS :sts=port=1,duration=86400")
    s.expect("CAP END")
    s.send(":irc.test 001 ana :Welcome")
    assert b.wait("connected", user=ANA)["account"] == "ana"
    kept = [e[1] for e in b.skipped if e[0] == "setting"]
    assert [k["name"] for k in kept] == ["sts/127.0.0.1"]
    assert kept[0]["value"].split()[0] == str(secure.port)
    # Another user, and a loss: no plain connection any more.
    b.login("bob@example", "bob")
    secure.peer()
    s.close()
    secure.peer(timeout=20 * SLOWER)
    other = backend(irc_server=server.address,
                    irc_ca_file=str(tmp_path / "irc.pem"))
    other.login(ANA, "ana", settings={"sts/127.0.0.1": kept[0]["value"]})
    secure.peer()
    assert server.peers.empty()


def test_sts_of_a_server_that_may_be_anybody(secure, backend):
    b = backend(irc_server="127.0.0.1:+%d" % secure.port, irc_verify_certs=0)
    b.login(ANA, "ana")
    p = secure.peer()
    p.expect("USER")
    p.send(":irc.test CAP * LS :sts=duration=86400")
    p.expect("CAP END")
    p.send(":irc.test 001 ana :Welcome")
    b.wait("connected", user=ANA)
    assert not [e for e in b.skipped if e[0] == "setting"]


def test_external(backend, tmp_path):
    cert, key = make_certificate(tmp_path, "own")
    s = TlsServer(tls_context(*make_certificate(tmp_path), cert))
    try:
        b = backend(irc_server="127.0.0.1:+%d" % s.port,
                    irc_ca_file=str(tmp_path / "irc.pem"))
        pem = open(key).read() + open(cert).read()
        b.login(ANA, "ana", password="pw",
                settings={"client_certificate": pem})
        p = s.peer()
        assert p.sock.getpeercert()["subject"]
        p.expect("USER")
        p.send(":irc.test CAP * LS :sasl=PLAIN,EXTERNAL")
        sasl(p, "EXTERNAL")
        assert hear(p) == ""
        # Not registered with services yet: the password does it.
        p.send(":irc.test 904 ana :SASL authentication failed")
        p.expect("AUTHENTICATE PLAIN")
        p.send("AUTHENTICATE +")
        assert hear(p) == "ana\0ana\0pw"
        # The certificate is this user's only.
        b.login("bob@example", "bob")
        assert not s.peer().sock.getpeercert()
    finally:
        s.close()


# ---------------------------------------------------------------- who we are

def test_names_and_passwords(server, backend):
    b = backend(irc_server=server.address, irc_webirc_password="gate word")
    b.login(ANA, "ana", settings={
        "nick": "Anna", "username": "au", "realname": "A U Thor",
        "server_password": "open"})
    p = server.peer()
    # A space in it: it is for the server "gate", and not for this one.
    assert p.line().startswith("CAP LS")
    assert p.expect("PASS") == "PASS open"
    assert p.expect("NICK") == "NICK Anna"
    assert p.expect("USER") == "USER au 0 * :A U Thor"


def test_webirc(server, backend):
    b = backend(irc_webirc_password="%s gate" % "127.0.0.1")
    b.login(ANA, "ana@example")
    b.start("room_join", user=ANA, room="#c@" + server.address, nick="ana")
    words = server.peer().line().split()
    assert words[:3] == ["WEBIRC", "gate", "spectrum"]
    assert words[3].endswith(".irc.example")
    assert words[4].startswith("fd")


def test_alternatives_then_regain(server, backend):
    b = backend(irc_server=server.address)
    b.login(ANA, "ana", settings={"nick_alternatives": "anna annie"})
    p = server.peer()
    p.expect("USER")
    p.send(":irc.test 433 * ana :in use")
    assert p.expect("NICK") == "NICK anna"
    p.send(":irc.test 437 * anna :reserved")
    assert p.expect("NICK") == "NICK annie"
    p.send(":irc.test 433 * annie :in use")
    assert p.expect("NICK") == "NICK ana_"
    p.send(":irc.test 001 ana_ :Welcome",
           ":irc.test 005 ana_ MONITOR=100 :are supported")
    b.wait("connected", user=ANA)
    assert p.expect("NICK") == "NICK ana"
    p.send(":irc.test 433 ana_ ana :in use")
    assert p.expect("MONITOR") == "MONITOR + ana"
    p.send(":irc.test 730 ana_ :ana!u@h", ":irc.test 731 ana_ :bob,ana")
    assert p.expect("NICK") == "NICK ana"
    p.send(":ana_!u@h NICK ana")
    assert p.expect("MONITOR") == "MONITOR - ana"


# ----------------------------------------------------------------------- identd

def ask(port, question, source="127.0.0.1"):
    with socket.create_connection(("127.0.0.1", port), PATIENCE,
                                  (source, 0)) as s:
        s.sendall(question)
        return s.makefile("rb").read().decode()


def whose(port, peer, server):
    return ask(port, b"%d , %d\r\n" % (peer.sock.getpeername()[1],
                                       server.port))


def test_identd(server, backend, tmp_path):
    port, path = free_port(), tmp_path / "oidentd.conf"
    config = dict(irc_server=server.address, irc_identd_port=port,
                  irc_identd_bind="127.0.0.1", irc_oidentd_file=path)
    b = Backend(**config)
    b.login(ANA, "ana")
    p = server.peer()
    assert " : USERID : UNIX : u" in whose(port, p, server)
    p.welcome()
    b.wait("connected", user=ANA)
    mine = whose(port, p, server).split()[-1]
    # Another process; it has not got the port, and is answered for.
    other = backend(**config)
    other.login("bob@example", "bob")
    q = server.peer()
    q.welcome()
    other.wait("connected", user="bob@example")
    his = whose(port, q, server)
    assert "USERID" in his and his.split()[-1] != mine
    text = path.read_text()
    assert text.count("reply") == 2 and 'reply "%s"' % mine in text
    assert "to 127.0.0.1 fport %d lport %d {" % (
        server.port, p.sock.getpeername()[1]) in text
    # Nobody is told of others' connections, nor of none.
    assert "NO-USER" in ask(port, b"%d,%d\r\n" % (
        p.sock.getpeername()[1], server.port), "127.0.0.9")
    assert "NO-USER" in ask(port, b"1,2\r\n")
    for junk in b"\r\n", b"x,y\r\n", b"1,70000\r\n", b"1" * 500, b"1,2,3\r\n":
        try:
            assert ask(port, junk) == ""
        except ConnectionError:
            pass
    # Gone with the connection.
    gone = p.sock.getpeername()[1]
    b.call("logout", user=ANA)
    assert "NO-USER" in ask(port, b"%d,%d\r\n" % (gone, server.port))
    # The keeper dies: the other takes its place.
    b.process.kill()
    b.process.wait()
    def is_kept():
        try:
            return "USERID" in whose(port, q, server)
        except OSError:
            return False

    wait_for(is_kept, 15)
    wait_for(lambda: path.read_text().count("reply") == 1)
