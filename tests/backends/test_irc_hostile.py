# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers that lie, say too much, or say it at the wrong time."""
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


# ------------------------------------------------------------------------ login

def test_welcome_without_the_login_that_is_required(server, backend):
    """Nobody may strip the login by leaving CAP unanswered."""
    b = backend(irc_server=server.address, irc_sasl="require")
    b.login(ANA, "ana", password="sesame")
    p = server.peer()
    p.welcome()
    d = b.wait("disconnected", user=ANA, reason="auth")
    assert "SASL" in d["text"] and not d.get("retry")
    assert "sesame" not in p.rest()


def test_welcome_amid_the_login_that_is_required(server, backend):
    b = backend()
    b.login(ANA, "ana@example",
            settings={"sasl_password/" + server.address: "sesame"})
    r = b.start("room_join", user=ANA, room="#c@" + server.address, nick="ana")
    p = server.peer()
    p.expect("USER ")
    p.send(":irc.test CAP * LS :sasl=PLAIN")
    p.expect("CAP REQ")
    p.send(":irc.test 001 ana :Welcome")
    with pytest.raises(Failed) as e:
        b.finish(r)
    assert "SASL" in e.value.text
    assert "sesame" not in p.rest()


def test_services_that_come_back_last(server, backend):
    """A restart of the network must not end what insists on its login."""
    b = backend(irc_server=server.address, irc_sasl="require")
    b.login(ANA, "ana", password="sesame")
    p = server.peer()
    p.expect("USER ")
    p.send(":irc.test CAP * LS :sasl=PLAIN")
    p.expect("CAP REQ")
    p.send(":irc.test CAP * ACK :sasl")
    p.expect("AUTHENTICATE PLAIN")
    p.send(":irc.test 903 ana :SASL authentication successful",
           ":irc.test 001 ana :Welcome")
    b.wait("connected", user=ANA)
    p.close()
    p = server.peer()
    p.expect("USER ")
    p.send(":irc.test CAP * LS :multi-prefix")
    p.expect("CAP REQ")
    p.send(":irc.test CAP * ACK :multi-prefix")
    p = server.peer(timeout=30)
    p.expect("USER ")
    p.send(":irc.test CAP * LS :sasl=PLAIN")
    p.expect("CAP REQ")
    p.send(":irc.test CAP * ACK :sasl")
    p.expect("AUTHENTICATE PLAIN")
    p.send(":irc.test 904 ana :SASL authentication failed")
    d = b.wait("disconnected", user=ANA)
    assert d["reason"] == "auth" and not d.get("retry")
