# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers that lie, say too much, or say it at the wrong time."""
import hashlib
import queue
import ssl
import subprocess

import pytest

from harness.process import SLOWER
from harness.tls import server_context
from irc_driver import Failed, Peer, Server, free_port

ANA = "ana@example"


def online(server, backend, **settings):
    b = backend(irc_server=server.address)
    b.login(ANA, "ana", settings=settings)
    p = server.peer()
    p.welcome()
    b.wait("connected", user=ANA)
    return b, p


# -------------------------------------------------------------- character sets

@pytest.mark.parametrize("encoding,text", [
    ("CP856", "a\u25d9QUIT"), ("CP922", "a\u266aQUIT"),
    ("ISO-2022-JP-2", "a\u008aQUIT")])
def test_no_line_out_of_a_picture(server, backend, encoding, text):
    b, p = online(server, backend, encoding=encoding)
    b.call("message", user=ANA, kind="chat", to="bob", body=text)
    assert p.expect("PRIVMSG bob") == "PRIVMSG bob " + text


@pytest.mark.parametrize("nick", ["bob\u00bd", "bob\u201aeve"])
def test_no_other_target_out_of_a_nick(server, backend, nick):
    b, p = online(server, backend, encoding="US-ASCII")
    b.call("message", user=ANA, kind="chat", to=nick, body="psst now")
    assert p.expect("PRIVMSG") == "PRIVMSG %s :psst now" % nick


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


@pytest.mark.slow
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
    p = server.peer(timeout=30 * SLOWER)
    p.expect("USER ")
    p.send(":irc.test CAP * LS :sasl=PLAIN")
    p.expect("CAP REQ")
    p.send(":irc.test CAP * ACK :sasl")
    p.expect("AUTHENTICATE PLAIN")
    p.send(":irc.test 904 ana :SASL authentication failed")
    d = b.wait("disconnected", user=ANA)
    assert d["reason"] == "auth" and not d.get("retry")


# --------------------------------------------------------------------- throttle

def test_own_throttle_allows_longer_messages(server, backend):
    b = backend(irc_flood_burst=1, irc_flood_rate=0.1)
    b.login(ANA, "ana", settings={"throttle_burst": "50"})
    b.start("message", user=ANA, kind="chat", to="bob@" + server.address,
            body="\n".join("line %d" % i for i in range(20)))
    p = server.peer()
    p.welcome()
    p.expect("PRIVMSG bob :line 19")


def test_own_throttle_is_no_more_than_all_have(server, backend):
    """The one network that all use would throw out all of them."""
    b = backend(irc_server=server.address, irc_flood_burst=2,
                irc_flood_rate=0.1)
    b.login(ANA, "ana", settings={"throttle_burst": "50"})
    server.peer().welcome()
    b.wait("connected", user=ANA)
    with pytest.raises(Failed, match="too long"):
        b.call("message", user=ANA, kind="chat", to="bob",
               body="\n".join("line %d" % i for i in range(20)))


# ----------------------------------------------------------------- reconnection

@pytest.mark.slow
def test_another_server_after_a_reconnection(server, backend):
    """Nothing is believed of it that the one before has said."""
    b = backend(irc_server=server.address)
    b.login(ANA, "ana")
    p = server.peer()
    p.welcome(None, "LINELEN=2048", "MONITOR=10", "TOPICLEN=5")
    b.wait("connected", user=ANA)
    b.notify("contact_watch", user=ANA, contacts=["bob"], gone=[])
    p.expect("MONITOR + bob")
    p.close()
    p = server.peer()
    p.welcome(None, "CASEMAPPING=ascii")
    assert p.expect("ISON") == "ISON bob"
    b.call("message", user=ANA, kind="chat", to="bob", body="x" * 900)
    for line in (p.expect("PRIVMSG bob"), p.expect("PRIVMSG bob")):
        assert len(line) < 510


# ------------------------------------------------------------------------- TLS

class TlsServer(Server):
    """Its fingerprint is what users pin."""

    def __init__(self, where):
        files = [str(where / "cert.pem"), str(where / "key.pem")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                        "-nodes", "-subj", "/CN=irc.test", "-out", files[0],
                        "-keyout", files[1]], check=True, capture_output=True)
        self.context = server_context(*files)
        der = ssl.PEM_cert_to_DER_cert(open(files[0]).read())
        self.fingerprint = hashlib.sha256(der).hexdigest()
        super().__init__()

    def _accept(self):
        while True:
            try:
                sock, _ = self.sock.accept()
                sock = self.context.wrap_socket(sock, server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                return
            self.peers.put(Peer(sock))


@pytest.fixture
def secure(tmp_path):
    s = TlsServer(tmp_path)
    yield s
    s.close()


def routes(secure, server, **more):
    return {"ports": "+%d %d" % (secure.port, server.port),
            "tls_fingerprint": secure.fingerprint, **more}


def test_no_plain_after_tls_that_worked(secure, server, backend):
    """Whoever can cut lines must not get to hear what is said in them."""
    b = backend(irc_server="127.0.0.1")
    b.login(ANA, "ana", settings=routes(secure, server))
    p = secure.peer()
    p.expect("USER ")
    p.send("ERROR :Closing link: bye")
    p.hang_up()
    b.wait("disconnected", user=ANA)
    with pytest.raises(queue.Empty):
        server.peer(timeout=1)


@pytest.mark.slow
def test_no_plain_where_tls_was(secure, server, backend):
    b = backend(irc_server="127.0.0.1")
    b.login(ANA, "ana", settings=routes(secure, server))
    p = secure.peer()
    p.welcome()
    b.wait("connected", user=ANA)
    secure.close()
    p.close()
    with pytest.raises(queue.Empty):
        server.peer(timeout=8)


@pytest.mark.parametrize("secret", [
    {"server_password": "x"}, {"sasl_password": "x"},
    {"after_connect": "PRIVMSG Q :AUTH ana x"}, {}])
def test_no_secret_in_plain(server, backend, secret):
    """Whoever stops TLS on the way must not hear what was meant for it."""
    b = backend(irc_server="127.0.0.1")
    b.login(ANA, "ana", settings={
        "ports": "+%d %d" % (free_port(), server.port), **secret})
    if secret:
        b.wait("disconnected", user=ANA)
        with pytest.raises(queue.Empty):
            server.peer(timeout=1)
    else:
        server.peer()


def test_policies_are_written_once(secure, server, backend):
    b = backend(irc_server="127.0.0.1")
    b.login(ANA, "ana", settings=routes(secure, server))
    p = secure.peer()
    p.expect("USER ")
    p.send(":irc.test CAP * LS :sts=duration=1000")
    p.expect("CAP END")
    p.send(":irc.test 001 ana :Welcome")
    b.wait("connected", user=ANA)
    p.send(*[":irc.test CAP ana NEW :sts=duration=%d" % (n % 2 * 1000)
             for n in range(100)], "PING :end")
    p.expect("PONG")
    assert not [e for e in b.events if e[0] == "setting"]


def test_late_policy_is_followed_at_once(secure, server, backend):
    b = backend(irc_server="127.0.0.1")
    b.login(ANA, "ana", settings={"ports": str(server.port),
                                  "tls_fingerprint": secure.fingerprint})
    p = server.peer()
    p.expect("USER ")
    p.send(":irc.test CAP * NEW :sts=port=%d away-notify" % secure.port)
    p = secure.peer()
    assert p.line() == "CAP LS 302"
