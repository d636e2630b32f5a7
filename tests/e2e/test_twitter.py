# SPDX-License-Identifier: GPL-2.0-or-later
"""The backend for X from end to end: an XMPP client, our two modes, and a fake
X, as its published API is."""
import time

import pytest

from harness import x as network
from harness.process import wait_for
from harness.xmpp import NS, LoginFailed, body_of, escape
from test_gateway import Gateway
from test_questions import command, fields_of

pytestmark = pytest.mark.skipif(network.MISSING is not None,
                                reason=str(network.MISSING))
needs_judge = pytest.mark.skipif(network.NO_JUDGE is not None,
                                 reason=str(network.NO_JUDGE))


@pytest.fixture(scope="module")
def behind(x, prosody, shared_instances):
    """Behind Prosody, with OAuth 2.0."""
    return Gateway(prosody, "gw0", shared_instances,
                   **network.settings(x)).start()


@pytest.fixture(scope="module")
def alone(x, shared_instances):
    """A server of its own, with PINs."""
    return shared_instances("server_mode", **network.settings(x, pin=True))


def asked(client, jid):
    """What the gateway says that has a link in it."""
    return body_of(client.expect(
        "message", lambda m: "/authorize" in (body_of(m) or ""), 20,
        from_=jid))


def is_on(client, jid, timeout=20):
    client.expect("presence", type="", timeout=timeout,
                  from_=lambda full: full.partition("/")[0] == jid)


def enter(x, gateway, client, name):
    """Registered there, and let in by X."""
    gateway.register(client, name, presence=False)
    client.send("<presence to='%s' type='subscribed'/>" % gateway.jid)
    client.send("<presence to='%s'/>" % gateway.jid)
    link = network.link_in(asked(client, gateway.jid))
    client.message(gateway.jid, x.auth.approve(link, name))
    is_on(client, "%s@%s" % (network.CONTACT, gateway.jid))


def answer_form(client, jid, value):
    """The same by the command; what it says at the end."""
    step = command(client, jid)
    assert step.get("status") == "executing"
    link = network.link_in(step.findtext("x:x/x:instructions", "", NS))
    assert "answer" in fields_of(step)
    step = command(client, jid, "complete", step.get("sessionid"),
                   {"answer": escape(value(link))})
    assert step.get("status") == "completed"
    return link


# ----------------------------------------------------------------------- login

def test_login_by_chat(x, behind, prosody, accounts, unique):
    """Registered without a password; a link comes, wrong answers bring it
    again, the address at its end is the login.  The next one asks nothing."""
    name = unique("Anna")
    x.user(name)
    anna = accounts(prosody, "anna")
    behind.register(anna, "@" + name, presence=False)
    anna.send("<presence to='%s' type='subscribed'/>" % behind.jid)
    anna.send("<presence to='%s'/>" % behind.jid)
    link = network.link_in(asked(anna, behind.jid))
    assert "code_challenge=" in link
    for wrong in "hello", "http://127.0.0.1/?state=other&code=code-1":
        anna.message(behind.jid, wrong)
        assert network.link_in(asked(anna, behind.jid)) == link
    anna.message(behind.jid, x.auth.approve(link, name))
    is_on(anna, behind.jid)
    is_on(anna, "%s@%s" % (network.CONTACT, behind.jid))

    anna.send("<presence type='unavailable' to='%s'/>" % behind.jid)
    anna.expect("presence", from_=behind.jid, type="unavailable")
    anna.clear()
    begin = time.monotonic()
    anna.send("<presence to='%s'/>" % behind.jid)
    is_on(anna, "%s@%s" % (network.CONTACT, behind.jid))
    assert not anna.matching("message", body_of, since=begin,
                             from_=behind.jid)


def test_login_by_form(x, behind, prosody, accounts, unique):
    name = unique("bert")
    x.user(name)
    bert = accounts(prosody, "bert")
    behind.register(bert, name, presence=False)
    bert.send("<presence to='%s' type='subscribed'/>" % behind.jid)
    bert.send("<presence to='%s'/>" % behind.jid)
    asked(bert, behind.jid)
    answer_form(bert, behind.jid, lambda link: x.auth.approve(link, name))
    is_on(bert, behind.jid)


@needs_judge
def test_login_with_pin(x, alone, clients, unique):
    """In server mode, where the client is let in to be asked; its password is
    for this gateway, and the tokens are for who has it."""
    name = unique("carl")
    x.user(name)
    carl = clients(alone, name, password="one")
    text = asked(carl, alone.jid)
    pin = x.auth.approve(network.link_in(text), name)
    carl.message(alone.jid, "0")
    assert network.link_in(asked(carl, alone.jid)) == network.link_in(text)
    carl.message(alone.jid, "#pin " + pin)
    is_on(carl, alone.jid)
    carl.close()
    wait_for(lambda: "sessions 0" in alone.answer("backends") or
             alone.answer("online_users_count") == "0", 20, "the end")
    again = clients(alone, name, password="one")
    is_on(again, alone.jid)
    with pytest.raises(LoginFailed):
        clients(alone, name, password="two")
    again.close()
    wait_for(lambda: alone.answer("online_users_count") == "0", 20, "the end")
    # By the form, as another password is none.
    guess = clients(alone, name, password="two")
    assert "another password" in asked(guess, alone.jid)
    answer_form(guess, alone.jid, lambda link: x.auth.approve(link, name))
    is_on(guess, alone.jid)
