# SPDX-License-Identifier: GPL-2.0-or-later
"""From the first byte to the welcome: capabilities, SASL, nicks."""
import base64

import pytest

from irc_driver import Backend, Server

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
