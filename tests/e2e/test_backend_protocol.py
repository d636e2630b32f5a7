# SPDX-License-Identifier: GPL-2.0-or-later
"""A backend is just an executable: the Python example as a network."""
import pytest

from harness.instance import BAD_BACKEND, ECHO_BACKEND
from harness.process import wait_for
from harness.xmpp import LoginFailed, NS, body_of, show


@pytest.fixture
def echo(instances):
    return instances("server_mode", service__backend=ECHO_BACKEND)


def contact_of(client):
    """The first contact the network has, from the roster or a push."""
    def items():
        roster = client.get(None, "<query xmlns='jabber:iq:roster'/>")
        return roster.findall("roster:item", NS)
    return wait_for(items, 20, "a contact")[0]


def test_contact_and_chat(echo, clients):
    anna = clients(echo, "anna")
    item = contact_of(anna)
    assert item.get("subscription") == "both"
    jid = item.get("jid")
    anna.expect("presence", from_=lambda f: f.partition("/")[0] == jid,
                type="")
    anna.message(jid, "is there an echo? ä&<")
    answer = anna.expect("message",
                         lambda m: "is there an echo? ä&<" in
                         (body_of(m) or ""))
    assert answer.get("from").partition("/")[0] == jid
    assert answer.get("type") == "chat"


def test_receipt(echo, clients):
    """XEP-0184, where the network gives them."""
    anna = clients(echo, "anna")
    jid = contact_of(anna).get("jid")
    if NS["receipts"] not in anna.features(jid):
        pytest.skip("this network has no receipts")
    ident = anna.message(jid, "did you get it?", extra="<request xmlns='%s'/>"
                         % NS["receipts"])
    receipt = anna.expect("message", lambda m:
                          m.find("receipts:received", NS) is not None)
    assert receipt.find("receipts:received", NS).get("id") == ident
    ident = anna.message(jid, "and this one, unasked?")
    anna.expect("message", lambda m: "unasked" in (body_of(m) or ""))
    assert not [m for m in anna.matching("message") if
                m.find("receipts:received", NS) is not None and
                m.find("receipts:received", NS).get("id") == ident]


def test_each_user_has_a_session(echo, clients):
    people = [clients(echo, "user%d" % number) for number in range(5)]
    for number, client in enumerate(people):
        client.message(contact_of(client).get("jid"), "mine %d" % number)
    for number, client in enumerate(people):
        client.expect("message",
                      lambda m: "mine %d" % number in (body_of(m) or ""))
        assert not [m for m in client.matching("message")
                    if (body_of(m) or "").startswith("mine ") and
                    not body_of(m).endswith(str(number))]


def test_contact_push_to_a_later_client(echo, clients):
    anna = clients(echo, "anna", resource="one")
    jid = contact_of(anna).get("jid")
    two = clients(echo, "anna", resource="two")
    assert contact_of(two).get("jid") == jid
    two.expect("presence", type="",
               from_=lambda f: f.partition("/")[0] == jid)


def test_wrong_password(instances, clients):
    """The network's refusal reaches the client as one."""
    instance = instances("server_mode", service__backend=BAD_BACKEND)
    with pytest.raises(LoginFailed, match="not-authorized"):
        clients(instance, "anna", password="wrong")
    clients(instance, "anna", password="right")


def test_groups_and_names(instances, clients):
    instance = instances("server_mode", service__backend=BAD_BACKEND)
    anna = clients(instance, "anna")
    item = contact_of(anna)
    assert item.get("name") == "Echo" and item.get("jid") == "echo@localhost"
    assert item.findtext("roster:group", None, NS) == "Machines"
    present = anna.expect("presence", type="",
                          from_=lambda f: f.startswith("echo@localhost"))
    assert present.findtext("c:status", None, NS) == "here", show(present)
