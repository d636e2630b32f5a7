# SPDX-License-Identifier: GPL-2.0-or-later
"""The set-up is itself right: the peers serve, the clients see."""
import os
import subprocess

import msgpack
import pytest

from harness.gadu import GaduPerson, GaduServer
from harness.instance import BAD_BACKEND
from harness.process import (Process, alive, command_of, descendants,
                             free_port, wait_for)
from harness.xmpp import LoginFailed, NS

pytestmark = pytest.mark.harness


@pytest.mark.parametrize("peer", ["prosody", "ejabberd"])
def test_two_users_chat(request, accounts, peer):
    server = request.getfixturevalue(peer)
    anna = accounts(server, "anna", resource="garden")
    bert = accounts(server, "bert", tls="starttls" if peer == "ejabberd"
                    else None)
    assert anna.jid.endswith("/garden")
    bert.message(anna.jid, "schön <hier> & \U0001f339")
    assert anna.expect_body("schön <hier> & \U0001f339",
                            from_=bert.jid).get("type") == "chat"


def test_wrong_password_is_told(prosody, accounts, clients):
    anna = accounts(prosody, "anna")
    name = anna.bare.partition("@")[0]
    with pytest.raises(LoginFailed, match="not-authorized"):
        clients(prosody, name, password="wrong")


def test_disco_of_server(prosody, accounts):
    anna = accounts(prosody, "anna")
    assert NS["ping"] in anna.features(prosody.domain)


def test_raw_stream(prosody, accounts, raw):
    anna = accounts(prosody, "anna")
    stream = raw(prosody)
    jid = stream.login(anna.bare.partition("@")[0], "pw", "raw")
    stream.send("<message to='%s'><body>raw</body></message>" % anna.jid)
    anna.expect_body("raw", from_=jid)


@pytest.mark.parametrize("peer", ["ngircd", "inspircd"])
def test_irc_users_talk(request, irc, unique, peer):
    server = request.getfixturevalue(peer)
    carl = irc(unique("carl"), server=server)
    dora = irc(unique("dora"), server=server)
    carl.join("#h")
    dora.join("#h")
    carl.expect("^:%s!.* JOIN" % dora.nick)
    dora.say("#h", "hello there")
    carl.expect("PRIVMSG #h :hello there")


def test_services(inspircd, irc, unique):
    carl = irc(unique("carl"), server=inspircd)
    carl.say("NickServ", "REGISTER pw carl@example.com")
    carl.expect("^:NickServ!.*registered")


@pytest.fixture
def gadu(tmp_path):
    server = GaduServer({1001: "one", 2002: "two"},
                        {1001: {"nickname": "ann", "city": "Łódź"}},
                        free_port())
    yield server
    server.close()


def test_gadu_server_serves_libgadu(gadu, tmp_path):
    """Our server, and the library of the network's clients as its judge."""
    stranger = GaduPerson(tmp_path, gadu, 2002, "wrong")
    stranger.expect("refused")
    ann = GaduPerson(tmp_path, gadu, 1001, "one")
    bob = GaduPerson(tmp_path, gadu, 2002, "two")
    ann.say("watch", 2002)
    ann.expect("status 2002 2 $")
    bob.say("status", 5, "na rowerze żółtym")
    ann.expect("status 2002 5 na rowerze żółtym")
    ann.say("say", 2002, "zażółć <b>")
    bob.expect("message 1001 zażółć <b>$")
    ann.expect("sent")
    bob.say("typing", 1001, 3)
    ann.expect("typing 2002 3")
    bob.say("search", 1001)
    bob.expect("found 1")
    gadu.drop(2002)
    ann.expect("status 2002 1 ")
    for person in (stranger, ann, bob):
        person.close()
    assert not gadu.offences


def test_orphans_are_seen_and_killed(tmp_path):
    process = Process("shell", [
        "sh", "-c", "setsid sh -c 'trap \"\" TERM; while :; do sleep 1; done'"
        " & echo $!; sleep 60"], tmp_path / "log")
    orphan = int(process.wait_log(r"^(\d+)\n").group(1))
    wait_for(lambda: orphan in process.children(), 5)
    process.popen.kill()
    process.popen.wait()
    assert process.left() == [orphan] or orphan in process.left()
    assert orphan in descendants(os.getpid()), command_of(orphan)
    process.stop()
    wait_for(lambda: not alive(orphan), 5)


def test_bad_backend_behaves_until_told_otherwise():
    child = subprocess.Popen(BAD_BACKEND.split(), stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    answers = msgpack.Unpacker(raw=False)

    def call(ident, method, **params):
        child.stdin.write(msgpack.packb([0, ident, method, [params]]))
        child.stdin.flush()
        found = []
        while not any(answer[:2] == [1, ident] for answer in found):
            answers.feed(os.read(child.stdout.fileno(), 65536))
            found += list(answers)
        return found
    try:
        ready, = call(1, "initialize", version=1, config={})
        assert ready[2] is None and ready[3]["version"] == 1
        call(2, "login", user="a@b", account="a", password="pw")
        found = call(3, "message", user="a@b", to="echo", kind="chat",
                     body="hi")
        found += call(4, "ping")
        assert any(answer[1] == "message" and answer[2][0]["body"] == "hi"
                   for answer in found if answer[0] == 2)
        child.stdin.close()
        assert child.wait(5) == 0
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
