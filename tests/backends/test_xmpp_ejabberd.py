# SPDX-License-Identifier: GPL-2.0-or-later
"""The XMPP backend and ejabberd as the server of its accounts: what is not the
same there as with Prosody, which the other files have."""
import itertools

import pytest

from driver import Failed
from harness import servers
from harness.raw import register_account
from harness.tls import Authority
from harness.xmpp import Client
from xmpp_driver import Relay

ME = "me@example.org"
YOU = "you@example.org"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(tmp_path_factory, authority):
    if servers.Ejabberd.libraries() is None:
        pytest.skip("no ejabberd here")
    s = servers.FarEjabberd(tmp_path_factory.mktemp("ejabberd"), authority)
    s.start()
    register_account(s.port, s.domain, "admin", "secret")
    yield s
    s.stop()


@pytest.fixture
def account(server):
    def register(name):
        name = "%s%d" % (name, next(_numbers))
        register_account(server.port, server.domain, name, "secret")
        return "%s@%s" % (name, server.domain)

    return register


@pytest.fixture
def friend(server, account):
    """friend("bob"): a client of another account there, logged in."""
    clients = []

    def login(name, **how):
        c = Client(account(name), "secret", server.port, **how)
        clients.append(c)
        return c.login()

    yield login
    for c in clients:
        c.close()


@pytest.fixture
def secure(xmpp, server, authority):
    return xmpp(host="127.0.0.1", port=server.port, ca_file=authority.cert)


def test_search(secure, account, friend):
    """Its directory, by XEP-0004 forms."""
    ann = friend("ann")
    ann.set(None, "<vCard xmlns='vcard-temp'><FN>Ann Smith</FN><NICKNAME>annie"
            "</NICKNAME><N><GIVEN>Ann</GIVEN><FAMILY>Smith</FAMILY></N>"
            "<EMAIL><USERID>ann@mail.test</USERID></EMAIL></vCard>")
    secure.enter(account("bob"))
    for fields in ({"nick": "annie"}, {"first": "Ann", "last": "Smith"},
                   {"email": "ann@mail.test"}):
        found = secure.call("search", user=ME, fields=fields)
        row, = [r["values"] for r in found["rows"]]
        assert row == {"contact": ann.bare, "fn": "Ann Smith",
                       "first": "Ann", "last": "Smith", "nick": "annie",
                       "email": "ann@mail.test"}
        assert set(row) - {"contact"} <= {c["var"] for c in found["columns"]}
        assert {"var": "nick", "label": "Nickname"} in found["columns"]
    assert secure.call("search", user=ME, fields={"nick": "x"})["rows"] == []


def test_commands(secure, server):
    """What an admin may do; a form without hidden words, a result that is
    one."""
    secure.enter("admin@" + server.domain)
    names = {c["label"]: c["name"] for c in secure.wait("commands")["commands"]}

    def run(label, **more):
        return secure.call("command", user=ME,
                           name=names["%s (%s)" % (label, server.domain)],
                           **more)

    form = run("Add User")
    assert [f["var"] for f in form["fields"]] == [
        "accountjid", "password", "password-verify"]
    end = run("Add User", session=form["session"], arguments={
        "accountjid": "new@" + server.domain, "password": "pw",
        "password-verify": "pw"})
    assert end == {}
    assert run("Get Number of Online Users")["text"].endswith(": 1")
    secure.call("logout", user=ME)
    secure.enter("new@" + server.domain, password="pw")
    assert "Add User (%s)" % server.domain not in {
        c["label"] for c in secure.wait("commands")["commands"]}


def test_talk(xmpp, server, authority, account, friend):
    """A login with STARTTLS and SCRAM, a break that is bridged, a server that
    has forgotten the session, and what was missed when nobody was here."""
    relay = Relay(server.port)
    bob, ann = account("bob"), account("ann")
    b = xmpp(host="127.0.0.1", port=server.port, ca_file=authority.cert)
    b.enter(bob, port=relay.port)
    b.enter(ann, user=YOU)
    calls = [b.say(ann, "one"), b.say(bob, "two", user=YOU)]
    relay.deaf = True
    calls.append(b.say(ann, "three"))
    relay.cut()
    calls += [b.say(ann, "four"), b.say(bob, "five", user=YOU)]
    for call in calls:
        assert b.finish(call) == {}
    assert relay.count == 2
    heard = {ME: [], YOU: []}
    for _ in range(5):
        m = b.wait("message")
        heard[m["user"]].append(m["body"])
    assert heard == {ME: ["two", "five"], YOU: ["one", "three", "four"]}
    assert b.refused(bob, user="x@example.org", password="wrong")["reason"] \
        == "auth"
    # The archive has what came meanwhile, and once.
    last = b.wait("setting", name="archive_last")["value"]
    b.call("logout", user=ME)
    for i in range(3):
        assert b.finish(b.say(bob, "missed %d" % i, user=YOU)) == {}
    b.enter(bob, archive_last=last)
    for i in range(3):
        m = b.wait("message", user=ME, body="missed %d" % i)
        assert m["time"] > 0
    relay.close()


def test_room(secure, server, account, friend):
    """A new room is made and entered; what others say there, and who comes."""
    room = "tea%d@conference.%s" % (next(_numbers), server.domain)
    secure.enter(account("bob"))
    answer = secure.call("room_join", user=ME, room=room, nick="bob")
    assert (answer["nick"], answer["created"]) == ("bob", True)
    ann = friend("ann")
    ann.join(room, "Ann")
    secure.wait("room_occupant", room=room, nick="Ann")
    ann.message(room, "hello", "groupchat")
    assert secure.wait("message", body="hello")["nick"] == "Ann"
    secure.call("message", user=ME, to=room, kind="groupchat", body="hi")
    assert secure.wait("message", body="hi")["nick"] == "bob"
    secure.call("room_subject", user=ME, room=room, subject="Tea")
    secure.wait("room_subject", subject="Tea")
    assert [m["body"] for m in secure.call(
        "room_history", user=ME, room=room, max=10)["messages"]][:2] == [
            "hello", "hi"]
    secure.call("room_leave", user=ME, room=room)
