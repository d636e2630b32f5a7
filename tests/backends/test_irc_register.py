# SPDX-License-Identifier: GPL-2.0-or-later
"""From the first byte to the welcome: capabilities, SASL, nicks."""
import base64
import hashlib
import hmac
import queue
import time

import pytest

from irc_driver import Backend, Failed, Server

ANA = "ana@example"


@pytest.fixture
def server():
    s = Server()
    yield s
    s.close()


@pytest.fixture
def backend():
    running = []

    def start(**service):
        b = Backend(**service)
        running.append(b)
        return b

    yield start
    for b in running:
        assert b.close() == 0


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
