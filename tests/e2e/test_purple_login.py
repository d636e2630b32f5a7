# SPDX-License-Identifier: GPL-2.0-or-later
"""The libpurple backend behind the whole program: what an admin is told of a
wrong setting, and how a user decides about a certificate."""
import pytest

from harness.instance import PURPLE_BACKEND
from harness.process import wait_for
from harness.raw import register_account
from harness.tls import Authority, Front, fingerprint
from harness.xmpp import body_of

pytestmark = pytest.mark.xdist_group("purple_login")


def test_wrong_option(instances):
    """The log says which, and what there is; so does the manager."""
    instance = instances("server_mode", start=False,
                         service__backend=PURPLE_BACKEND,
                         service__protocol="prpl-irc", purple__usrname="x")
    instance.launch()
    says = "[purple] usrname: prpl-irc has no such option"
    wait_for(lambda: says in instance.read_log(), 20, "a line in the log")
    assert "username (text)" in instance.read_log()
    wait_for(lambda: says in instance.ask("backends").stdout, 20,
             "the manager's word")


@pytest.fixture
def front(prosody, tmp_path):
    f = Front(*Authority(tmp_path).issue("xmpp.test"), behind=prosody.port)
    f.fingerprint = fingerprint(tmp_path / "xmpp.test+2.cert")
    yield f
    f.close()


def test_certificate(instances, clients, prosody, front, unique):
    """Asked once, in a chat, in the middle of the login; then known."""
    instance = instances("server_mode", service__backend=PURPLE_BACKEND,
                         service__protocol="prpl-jabber",
                         purple__connect_server="127.0.0.1",
                         purple__port=front.port,
                         purple__connection_security="old_ssl",
                         purple__auth_plain_in_clear=1)
    name = unique("ana")
    register_account(prosody.port, prosody.domain, name, "pw")
    node = "%s\\40%s" % (name, prosody.domain)
    ana = clients(instance, node)
    question = body_of(ana.expect("message", from_=instance.jid,
                                  check=lambda m: "do you accept" in
                                  (body_of(m) or "").lower()))
    assert "unknown authority" in question and front.fingerprint in question
    ana.message(instance.jid, "yes")
    ana.expect("presence", from_=instance.jid, type="", timeout=20)
    ana.close()
    wait_for(lambda: "logging out" in instance.read_log(), 20, "the end")
    again = clients(instance, node)
    again.expect("presence", from_=instance.jid, type="", timeout=20)
    assert not [m for m in again.matching("message")
                if "accept" in (body_of(m) or "")]
