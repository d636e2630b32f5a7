# SPDX-License-Identifier: GPL-2.0-or-later
"""What the configuration says to the XMPP backend: its own section, and those
that were written for another program."""
import itertools
import os
import subprocess

import pytest

from driver import Backend, Failed
from harness.raw import register_account
from harness.servers import Prosody, make_certificate
from xmpp_driver import MISSING, PROGRAM

pytestmark = pytest.mark.skipif(bool(MISSING), reason=str(MISSING))
_numbers = itertools.count(1)


@pytest.fixture
def configured():
    """configured(section={key: value}) starts a backend, whose log is
    log_of()'s; at the end it must have exited cleanly."""
    started = []

    def start(**sections):
        b = Backend(PROGRAM, sections, stderr=subprocess.PIPE)
        started.append(b)
        return b

    yield start
    for b in started:
        b.process.stderr.close()
        assert b.close() == 0


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    """A server with STARTTLS; nobody has to know who signed for it."""
    directory = tmp_path_factory.mktemp("remote")
    for made, name in zip(make_certificate(directory, Prosody.domain),
                          ("crt", "key")):
        os.rename(made, directory / ("%s.%s" % (Prosody.domain, name)))
    s = Prosody(directory, modules=("tls",)).start()
    yield s
    s.stop()


@pytest.fixture
def account(remote):
    name = "bob%d" % next(_numbers)
    register_account(remote.port, remote.domain, name, "secret")
    return "%s@%s" % (name, remote.domain)


def refusal(**sections):
    with pytest.raises(Failed) as failed:
        Backend(PROGRAM, sections)
    return failed.value.text


def log_of(backend):
    """What it has said, up to its end."""
    backend.process.stdin.close()
    text = backend.process.stderr.read().decode()
    assert backend.process.wait() == 0
    return text


@pytest.mark.parametrize("sections, words", [
    ({"xmpp": {"hots": "x"}}, "[xmpp] hots: there is no such setting; those "),
    ({"xmpp": {"tls": "maybe"}}, "must be required, direct or off"),
    ({"xmpp": {"tls": "off"}}, "are for one host="),
    ({"xmpp": {"verify_certs": "perhaps"}}, "must be 0 or 1"),
    ({"xmpp": {"host": "a.example:5222"}}, "port= is its port"),
    ({"xmpp": {"host": "[::1]"}}, "port= is its port"),
    ({"xmpp": {"host": "::1", "port": "65536"}}, "port=65536: must be a numb"),
    ({"xmpp": {"host": "a.example", "port": "http"}}, "from 1 to 65535"),
    ({"purple": {"connect_server": "a.example", "port": "0"}},
     "[purple] port is taken for [xmpp] port=0: must be a number from 1 to "),
    ({"xmpp": {"ca_file": "/none"}}, "[xmpp] ca_file: /none: No such file"),
    ({"xmpp": {"ca_file": "/dev/null"}}, "ca_file: /dev/null: no certificate"),
    ({"proxy": {"type": "tor"}}, "without any proxy"),
    ({"proxy": {"host": "127.0.0.1"}}, "[proxy] host"),
])
def test_wrong(sections, words):
    assert words in refusal(**sections)


def test_settings_of_libpurple(configured, remote, account):
    """The server that they name is the server; what else they want is told."""
    b = configured(
        service={"protocol": "prpl-jabber", "verify_certs": "0"},
        purple={"connect_server": "127.0.0.1", "port": remote.port,
                "connection_security": "require_tls",
                "auth_plain_in_clear": "1", "custom_smileys": "0"})
    # A resource in the account's name, as prpl-jabber has it.
    b.login("me@example.org", account + "/Old Phone", password="secret")
    assert b.wait("connected")["account"] == account
    b.call("logout", user="me@example.org")
    b.login("me@example.org", account, password="secret")
    b.wait("connected")
    text = log_of(b)
    assert "connected as %s/Old Phone" % account in text
    assert "connected as %s/Spectrum.irc.example" % account in text
    assert "[purple] auth_plain_in_clear: does nothing here: a pass" in text
    assert "[purple] custom_smileys: does nothing here" in text
    assert "[purple] port" not in text and "connect_server" not in text


def test_its_own_settings_win(configured, remote, account):
    b = configured(
        service={"protocol": "any", "verify_certs": "1"},
        xmpp={"host": "127.0.0.1", "port": remote.port, "verify_certs": 0,
              "resource": "here"},
        purple={"connect_server": "192.0.2.1", "port": 1,
                "connection_security": "opportunistic_tls"})
    # Where users choose a protocol its name stands in front.
    b.login("me@example.org", "prpl-jabber." + account, password="secret")
    assert b.wait("connected")["account"] == account
    b.login("you@example.org", "prpl-irc.bob@irc.test", password="secret")
    assert b.wait("disconnected", user="you@example.org")["reason"]
    assert "connected as %s/here" % account in log_of(b)
