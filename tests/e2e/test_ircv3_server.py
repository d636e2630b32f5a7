# SPDX-License-Identifier: GPL-2.0-or-later
"""The scripted IRC server itself: does it do what the specifications say?"""
import base64
import re

import pytest

from harness.irc import IrcClient

pytestmark = pytest.mark.harness

MODERN = ("message-tags server-time batch echo-message labeled-response "
          "account-tag extended-join away-notify draft/chathistory "
          "draft/multiline draft/message-redaction standard-replies").split()


@pytest.fixture
def server(ircv3):
    return ircv3(accounts={"anna": "pw"})


@pytest.fixture
def two(server):
    """anna knows everything, carl nothing; both are in #c."""
    anna = IrcClient(server.port, "anna", caps=MODERN)
    carl = IrcClient(server.port, "carl")
    anna.join("#c")
    carl.join("#c")
    anna.expect("JOIN #c")
    yield anna, carl
    anna.close()
    carl.close()


def test_capabilities(server):
    anna = IrcClient(server.port, "anna", caps=["server-time"])
    anna.send("CAP LS 302")
    assert anna.expect(r"CAP anna LS \* :(.*)")
    assert "sasl=PLAIN" in anna.expect(r"CAP anna LS :(.*)")[1]
    anna.send("CAP REQ :nonsense")
    anna.expect("CAP anna NAK :nonsense")
    server.withdraw("setname")
    anna.expect("CAP anna DEL :setname")
    server.offer(draft__new_thing="1")
    anna.expect("CAP anna NEW :draft/new-thing=1")
    anna.close()


def test_sasl_plain(server):
    anna = IrcClient(server.port, "anna", caps=["sasl"])
    for password, answer in ("no", "904"), ("pw", "903"):
        anna.send("AUTHENTICATE PLAIN")
        anna.expect(r"AUTHENTICATE :\+")
        anna.send("AUTHENTICATE " + base64.b64encode(
            b"\0anna\0" + password.encode()).decode())
        anna.expect(" %s anna " % answer)
    anna.close()


def test_labels(two):
    anna, carl = two
    anna.send("@label=1 PRIVMSG #c :hello")
    tags = anna.expect("^@(.*) :anna!.* PRIVMSG #c :hello")[1]
    assert "label=1" in tags and "msgid=" in tags
    carl.expect("^:anna!.* PRIVMSG #c :hello")
    anna.send("@label=2 PONG x")
    anna.expect("^@(?=.*label=2).* ACK")
    anna.send("@label=3 WHOIS carl")
    ref = anna.expect(
        r"^@(?=.*label=3).* BATCH \+(\w+) :labeled-response")[1]
    anna.expect("^@(?=.*batch=%s).* 311" % ref)
    anna.expect("BATCH :-" + ref)
    anna.send("@label=4 PRIVMSG nobody :hello")
    anna.expect("^@(?=.*label=4).* 401 anna nobody")


def test_tags_and_history(two):
    anna, carl = two
    anna.send("@+typing=active TAGMSG #c")
    carl.say("#c", "one")
    msgid = anna.expect(r"^@.*msgid=(\w+).* PRIVMSG #c :one")[1]
    carl.say("#c", "two")
    anna.expect("PRIVMSG #c :two")
    anna.send("CHATHISTORY AFTER #c msgid=%s 10" % msgid)
    ref = anna.expect(r"BATCH \+(\w+) chathistory :#c")[1]
    assert anna.expect("batch=%s.*PRIVMSG #c :(.*)" % ref)[1] == "two"
    anna.expect("BATCH :-" + ref)
    anna.send("REDACT #c " + msgid)
    anna.expect("REDACT #c :" + msgid)
    anna.send("REDACT #c " + msgid)
    anna.expect("FAIL REDACT UNKNOWN_MSGID #c %s :" % msgid)
    assert not carl.matching("TAGMSG|REDACT|^@")


def test_multiline(two):
    anna, carl = two
    anna.send("@label=9 BATCH +x draft/multiline #c")
    anna.send("@batch=x PRIVMSG #c :first")
    anna.send("@batch=x PRIVMSG #c :second ")
    anna.send("@batch=x;draft/multiline-concat PRIVMSG #c :half")
    anna.send("BATCH -x")
    for text in "first", "second ", "half":
        carl.expect("^:anna!.* PRIVMSG #c :%s$" % text)
    ref = anna.expect(
        r"^@(?=.*label=9).* BATCH \+(\w+) draft/multiline :#c")[1]
    anna.expect("batch=%s.*PRIVMSG #c :first" % ref)
    anna.expect("BATCH :-" + ref)


def test_people(server, two):
    anna, carl = two
    anna.send("MONITOR + carl,dora")
    assert re.match("carl!", anna.expect(" 730 anna :(.*)")[1])
    anna.expect(" 731 anna :dora")
    dora = IrcClient(server.port, "dora")
    anna.expect(" 730 anna :dora!")
    server.log_in("dora", "dorothea")
    dora.join("#c")
    assert anna.expect("JOIN #c dorothea :(.*)")[1] == "dora the tester"
    dora.send("AWAY :tea")
    anna.expect(":dora!.* AWAY :tea")
    anna.send("WHO #c %tcnfa,7")
    anna.expect(" 354 anna 7 #c dora G :dorothea")
    dora.close()
    anna.expect(":dora!.* QUIT")
    anna.expect(" 731 anna :dora")
