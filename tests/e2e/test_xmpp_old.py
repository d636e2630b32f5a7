# SPDX-License-Identifier: GPL-2.0-or-later
"""Whoever comes from the C++ program's swiften backend, or from prpl-jabber,
exchanges the backend and keeps configuration, database and JIDs."""
import os

import pytest

from harness.instance import PURPLE_BACKEND, XMPP_BACKEND
from harness.old_database import old_database
from harness.raw import register_account
from harness.xmpp import NS
from harness.xmpp_pair import MISSING, PASSWORD
from test_xmpp_purple import purple_settings

pytestmark = [pytest.mark.xdist_group("far_prosody"),
              pytest.mark.skipif(bool(MISSING), reason=str(MISSING))]


@pytest.fixture
def far(far_prosody, clients, unique):
    """far("bob"): somebody logged in there; far("acc", False): an address."""
    def make(word, login=True):
        name = unique(word)
        register_account(far_prosody.port, far_prosody.domain, name, PASSWORD)
        if not login:
            return "%s@%s" % (name, far_prosody.domain)
        return clients(far_prosody, name, PASSWORD)
    make.server = far_prosody
    return make


def old_settings(directory, far, authority):
    """What a file of the C++ program says, by the old name of the backend."""
    link = directory / "spectrum2_swiften_backend"
    os.symlink(XMPP_BACKEND, link)
    return {"service__backend": link, "service__protocol": "any",
            "service__backend_host": "localhost", "features__rawxml": 1,
            "features__muc": 1, "xmpp__host": "127.0.0.1",
            "xmpp__port": far.server.port, "xmpp__ca_file": authority.cert}


@pytest.mark.parametrize("escaping", [1, 0])
def test_gateway(escaping, tmp_path, instances, prosody, far, authority,
                 accounts, gateway_name):
    jid = gateway_name + ".xmpp.test"
    instance = instances("gateway", jid, prosody, start=False,
                         service__jid_escaping=escaping,
                         **old_settings(tmp_path, far, authority))
    anna, account, bob = accounts(prosody, "anna"), far("acc", False), far(
        "bob")
    # auto_register stored full JIDs.
    old_database(instance, (anna.bare, account + "/Spectrum", PASSWORD),
                 buddies=[(bob.bare, "Bob", "Friends", 2 * escaping)])
    instance.start()
    anna.send("<presence to='%s'/>" % jid)
    anna.expect("presence", from_=jid, type="", timeout=30)
    percent = "%s@%s" % (bob.bare.replace("@", "%"), jid)
    escaped = "%s@%s" % (bob.bare.replace("@", "\\40"), jid)
    for to in percent, escaped:
        anna.message(to, "still me")
        heard = bob.expect_body("still me")
        assert heard.get("from") == account + "/Spectrum"
    bob.message(heard.get("from"), "so it is")
    anna.expect_body("so it is", from_=lambda f: f.partition("/")[0] ==
                     (escaped if escaping else percent))
    # A room, as the C++ program spelt it.
    tea = "%s%%conference.far.test@%s" % (gateway_name, jid)
    presences, _ = anna.join(tea, "anna")
    assert presences[-1].get("from") == tea + "/anna"
    log = instance.read_log()
    assert "[features] rawxml: does nothing" in log
    assert "[features] muc: does nothing" in log
    instance.stop()


def test_server(tmp_path, instances, far, authority, clients):
    """The ways to write an address as a name: of the same account."""
    instance = instances("server_mode",
                         **old_settings(tmp_path, far, authority))
    account, bob = far("acc", False), far("bob")
    for at in "%", "\\40":
        anna = clients(instance, account.replace("@", at), PASSWORD)
        anna.expect("presence", from_="localhost", type="", timeout=20)
        anna.message(bob.bare.replace("@", "%") + "@localhost", "from " + at)
        heard = bob.expect_body("from " + at)
        assert heard.get("from").partition("/")[0] == account
        anna.close()
    # Where users chose a protocol, its name stood in front.
    anna = clients(instance, "prpl-jabber." + account.replace("@", "%"),
                   PASSWORD)
    anna.message(bob.bare.replace("@", "%") + "@localhost", "any")
    assert bob.expect_body("any").get("from").partition("/")[0] == account


@pytest.mark.skipif(not os.path.exists(PURPLE_BACKEND),
                    reason="no libpurple backend")
def test_from_prpl_jabber(instances, prosody, far, accounts, gateway_name):
    """Another backend= in the file, and no more."""
    jid = gateway_name + ".xmpp.test"
    instance = instances("gateway", jid, prosody,
                         **purple_settings(far.server))
    anna, account, bob = accounts(prosody, "anna"), far("acc", False), far(
        "bob")
    anna.set(jid, "<query xmlns='%s'><username>%s/Phone</username><password>%s"
             "</password></query>" % (NS["reg"], account, PASSWORD))
    anna.send("<presence to='%s' type='subscribed'/>" % jid)
    bob_here = "%s@%s" % (bob.bare.replace("@", "\\40"), jid)

    def meet():
        anna.send("<presence to='%s'/>" % jid)
        anna.expect("presence", from_=jid, type="", timeout=30)
        anna.message(bob_here, "hello")
        heard = bob.expect_body("hello")
        bob.message(account, "hello, too")
        anna.expect_body("hello, too",
                         from_=lambda f: f.partition("/")[0] == bob_here)
        return heard.get("from")
    assert meet() == account + "/Phone"
    instance.stop()
    instance.settings["service.backend"] = XMPP_BACKEND
    instance.start()
    anna.clear()
    assert meet() == account + "/Phone"
    assert "[purple]" not in instance.read_log()
