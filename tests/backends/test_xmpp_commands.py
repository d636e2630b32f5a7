# SPDX-License-Identifier: GPL-2.0-or-later
"""The XMPP backend and what the account's server offers: commands (XEP-0050),
directories (XEP-0055)."""
import os
import re

import pytest

from driver import Failed
from harness import servers
from harness.raw import register_account
from harness.xmpp import Client
from xmpp_driver import Relay

ME = "me@example.org"
HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    s = servers.Prosody(tmp_path_factory.mktemp("commands"),
                        modules=("admin_adhoc", "test_commands"))
    path = s.directory / "prosody.cfg.lua"
    path.write_text('plugin_paths = { "%s/prosody" }\n'
                    'admins = { "admin@%s" }\n' % (HERE, s.domain) +
                    path.read_text().replace('"vcard4"; "vcard_legacy";',
                                             '"vcard";') +
                    'Component "users.%s" "vjud"\nvjud_mode = "all"\n'
                    'Component "more.%s" "vjud"\nvjud_mode = "all"\n' %
                    (s.domain, s.domain))
    s.start()
    for name in ("admin", "bob"):
        register_account(s.port, s.domain, name, "secret")
    yield s
    s.stop()


def offered(b):
    """label -> name of what is offered."""
    return {c["label"]: c["name"] for c in b.wait("commands")["commands"]}


@pytest.fixture
def bob(xmpp, server):
    b = xmpp(host="127.0.0.1", port=server.port, tls="off")
    b.enter("bob@" + server.domain)
    b.has = offered(b)
    return b


def run(b, label, **more):
    return b.call("command", user=ME, name=b.has[label + " (xmpp.test)"],
                  **more)


def step(b, answer, action=None, label="Test of steps", **filled):
    return run(b, label, session=answer["session"], arguments=filled,
               **({"action": action} if action else {}))


def refused(function, *args, **how):
    with pytest.raises(Failed) as e:
        function(*args, **how)
    return e.value.code, e.value.text


def test_steps(bob):
    """Several forms: on, back, wrong, to the end; and what is hidden."""
    first = run(bob, "Test of steps")
    assert (first["title"], first["text"]) == ("First", "Who?")
    assert first["fields"] == [{"var": "who", "label": "Name",
                                "type": "text-single", "required": True}]
    assert first["actions"] == ["next"]
    wrong = step(bob, first, who="nobody")
    assert wrong["refused"] and "no such person" in wrong["text"]
    assert [f["var"] for f in wrong["fields"]] == ["who"]
    second = step(bob, wrong, "next", who="Ann <&>")
    assert second["session"] == first["session"]
    assert second["actions"] == ["prev", "complete"]
    assert [o["value"] for o in second["fields"][0]["options"]] == ["red",
                                                                    "blue"]
    assert refused(step, bob, second, "next")[0] == "bad_request"
    assert step(bob, second, "prev")["title"] == "First"
    second = step(bob, second, who="Eve")
    end = step(bob, second, kinds="red\nblue")
    assert end == {"text": "Eve: red+blue"}
    assert refused(step, bob, second)[0] == "not_found"


def test_results(bob):
    """A table, lines, an error; names that are none."""
    r = run(bob, "Test of table")
    assert r["title"] == "People"
    assert r["columns"] == [{"var": "jid", "label": "Address"}, {"var": "n"}]
    assert [row["values"] for row in r["rows"]] == [
        {"jid": "p%d@xmpp.test" % i, "n": str(i)} for i in (1, 2, 3)]
    assert run(bob, "Test of lines")["text"] == \
        "One: 1\nSeveral:\nx\ny\nThe end."
    assert refused(run, bob, "Test of failing") == ("forbidden", "Not you.")
    assert refused(bob.call, "command", user=ME, name="x")[0] == "not_found"
    assert refused(bob.call, "command", user=ME, name="x",
                   session="y")[0] == "not_found"


def test_given_up(bob, xmpp, server):
    """What the user leaves is cancelled there: on his word, when there is too
    much of it, and when he logs out."""
    def count():
        return int(run(bob, "Test of count")["text"].split()[1])

    before = count()
    begun = [run(bob, "Test of steps") for _ in range(6)]
    # To count needs room, too.
    assert count() == before + 3
    assert refused(step, bob, begun[2])[0] == "not_found"
    assert step(bob, begun[3], "cancel") == {}
    assert count() == before + 4
    bob.call("logout", user=ME)
    bob.enter("bob@" + server.domain)
    offered(bob)
    assert count() == before + 6


def test_again(xmpp, server):
    """They are told anew when the server has forgotten the session, and are
    those that this user may run."""
    relay = Relay(server.port)
    b = xmpp(host="127.0.0.1", port=relay.port, tls="off")
    b.enter("bob@" + server.domain)
    mine = offered(b)
    assert "Add User (xmpp.test)" not in mine
    assert all(name.startswith("server:xmpp.test#") for name in mine.values())
    relay.cut()
    assert offered(b) == mine
    b.call("logout", user=ME)
    b.enter("admin@" + server.domain)
    b.has = offered(b)
    form = run(b, "Add User")
    assert [f["var"] for f in form["fields"] if f["type"] == "text-private"] \
        == ["password", "password-verify"]
    end = step(b, form, label="Add User", accountjid="new@xmpp.test",
               password="pw", **{"password-verify": "pw"})
    assert "uccess" in end["text"] and not end.get("refused")
    b.call("logout", user=ME)
    b.enter("new@" + server.domain, password="pw")
    relay.close()


def test_directories(bob, server):
    """Two of them, which have the same people here."""
    other = Client("bob@" + server.domain, "secret", server.port).login()
    other.set(None, "<vCard xmlns='vcard-temp'><NICKNAME>bobby</NICKNAME>"
              "<EMAIL><USERID>bob@mail.test</USERID></EMAIL></vCard>")
    other.close()
    # It fails without an address to look for.
    found = bob.call("search", user=ME, fields={"email": "BOB@MAIL"})
    assert [c["var"] for c in found["columns"]] == ["first", "last", "nick",
                                                    "email"]
    assert [r["values"] for r in found["rows"]] == [
        {"contact": "bob@" + server.domain, "nick": "bobby",
         "email": "bob@mail.test"}] * 2
    assert refused(bob.call, "search", user=ME, fields={"email": "b"})[0] == \
        "not_acceptable"


ITEMS = ("<query xmlns='http://jabber.org/protocol/disco#items'>%s</query>")
STEP = ("<command xmlns='http://jabber.org/protocol/commands' node='n' "
        "status='executing' sessionid='s'>%s</command>")


def answering(server):
    def answer(pattern, payload):
        iq = server.expect("<iq([^>]*)><" + pattern)[1]
        ident = re.search("id=.([^'\"]*)", iq)[1]
        server.say("<iq type='result' id='%s'>%s</iq>" % (ident, payload))
    return answer


def test_long_names(xmpp, fake):
    """There is an end to them, whatever fits in before it."""
    server = fake()
    b = xmpp(host="127.0.0.1", port=server.port, tls="off")
    b.enter("bob@xmpp.test")
    sizes = [24000, 12000, 6000, 3000, 1500, 700, 300, 98, 1] + [60000] * 8
    answering(server)("query[^>]*commands", ITEMS % "".join(
        "<item jid='%d' node='%s' name='%s'/>" % (i % 10, "n" * n, "x" * 128)
        for i, n in enumerate(sizes)))
    told = b.wait("commands")["commands"]
    assert len(told) >= 8
    assert sum(len(c["name"] + c["label"]) for c in told) < 48 * 1024


def test_hostile(xmpp, fake):
    """A server that has too much of everything."""
    server = fake()
    b = xmpp(host="127.0.0.1", port=server.port, tls="off")
    b.enter("bob@xmpp.test")
    answer = answering(server)
    answer("query[^>]*commands", ITEMS % (
        "<item/><item jid='xmpp.test'/><item node='n'/>"
        "<item jid='xmpp.test' node='%s'/>" % ("n" * 60000) +
        "<item jid='xmpp.test' node='n' name='%s'/>" % ("\u00e4" * 1000) +
        "<item jid='xmpp.test' node='n' name='again'/>" + "".join(
            "<item jid='xmpp.test' node='%d'/>" % i for i in range(1000))))
    told = b.wait("commands")["commands"]
    assert len(told) == 90
    assert told[0] == {"name": "server:xmpp.test#n",
                       "label": "\u00e4" * 64 + " (xmpp.test)"}
    for payload, code in (
            ("", "network"), ("<command xmlns='urn:x'/>", "network"),
            (STEP % ("<a>%s</a>" % ("<a/>" * 3000) * 2), "too_long")):
        asked = b.start("command", user=ME, name=told[0]["name"])
        answer("command[^>]*action=.execute", payload)
        assert refused(b.finish, asked)[0] == code
    # A step without a form is one, too; and one that never ends is left.
    asked = b.start("command", user=ME, name=told[0]["name"])
    answer("command[^>]*action=.execute",
           STEP % "<actions><next/></actions><note>Go on?</note>")
    step = b.finish(asked)
    assert step["fields"] == [{"var": "text", "type": "fixed",
                               "value": "Go on?"}]
    asked = b.start("command", user=ME, name=told[0]["name"],
                    session=step["session"])
    server.expect("<command[^>]*action=.next")
    assert refused(b.call, "command", user=ME, name=told[0]["name"],
                   session=step["session"])[0] == "conflict"
    begun = [b.start("command", user=ME, name=told[0]["name"])
             for _ in range(4)]
    assert refused(b.finish, begun[3])[0] == "rate_limited"
    b.start("logout", user=ME)
    for call in [asked] + begun[:3]:
        refused(b.finish, call)
