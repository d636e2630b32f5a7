# SPDX-License-Identifier: GPL-2.0-or-later
"""Users who change backends while all is well: nobody sees it, and no message
is lost; and what the admin is told."""
import os
import re
import signal
import subprocess
import time

import pytest

from harness.instance import BUILD
from harness.process import wait_for
from test_supervision import Traffic, four  # noqa: F401 (a fixture)


def ids(instance):
    """{number: pid} of the backends that serve."""
    return dict(re.findall(r"^(\d+): pid (\d+), ready", instance.answer(
        "backends"), re.M))


def check(four, traffic, since):
    wait_for(lambda: not traffic.unaccounted(), 30,
             "every message to have arrived or failed")
    four.carl.sync()
    for client, nick in four.people:
        changed = [p for p in client.matching("presence", since=since)]
        assert not changed, "%s saw %d presences" % (nick, len(changed))
        assert not client.matching("message", type="error")
        assert not client.ended
        wait_for(lambda: len(traffic.unheard(client, nick)) <=
                 traffic.refusals(nick), 10, "everything for %s, less %d" % (
                     nick, traffic.refusals(nick)))
        traffic.all_heard(client, nick)
    seen = traffic.seen()
    assert len(seen) == len(set(seen)), "doubled"


@pytest.mark.timeout(180)
def test_rolling_restart_under_traffic(four):  # noqa: F811
    before = four.instance.backends()
    for client, _ in four.people:
        client.sync("localhost")
    with Traffic(four.people, four.carl, 100) as traffic:
        wait_for(lambda: traffic.count > 50, 60)
        begin = time.monotonic()
        assert "2 backends" in four.instance.answer("restart_backends")
        wait_for(lambda: not set(before) & set(four.instance.backends()), 30,
                 "all backends to be new ones")
        done = traffic.count
        wait_for(lambda: traffic.count > done + 50, 60)
    check(four, traffic, begin)
    assert int(four.instance.answer("crashed_backends_count")) == 0
    for client, nick in four.people:
        client.message(four.rooms[nick] + "@localhost", "back", "groupchat")
        four.carl.expect("^:%s!.* PRIVMSG %s :back" % (nick,
                                                       four.rooms[nick]))


@pytest.mark.timeout(180)
def test_move_user(four):  # noqa: F811
    client, nick = four.people[0]
    for other, _ in four.people:
        other.sync("localhost")
    with Traffic(four.people, four.carl, 100) as traffic:
        wait_for(lambda: traffic.count > 50, 60)
        begin = time.monotonic()
        answer = four.instance.answer("move_user", nick + "@localhost")
        assert "is moving from backend" in answer
        wait_for(lambda: len(four.carl.matching("^:%s!.* JOIN" % nick)) == 2,
                 20, nick + " to be in the room again")
        done = traffic.count
        wait_for(lambda: traffic.count > done + 50, 60)
    check(four, traffic, begin)
    events = four.instance.answer("events")
    assert "%s@localhost: online -> moving" % nick in events
    assert "%s@localhost: recovering -> online" % nick in events
    refused = four.instance.ask("move_user", "nobody@localhost")
    assert refused.returncode == 1 and "not online" in refused.stderr


def test_backends_and_their_ends(four):  # noqa: F811
    victim, pid = sorted(ids(four.instance).items())[0]
    os.kill(int(pid), signal.SIGKILL)

    def replaced():
        now = ids(four.instance)
        return len(now) == 2 and pid not in now.values()
    wait_for(replaced, 20, "a new backend")
    text = four.instance.answer("backends")
    assert "signal 9" in text, text
    assert "Crashed" in text, text
    assert "signal 9" in four.instance.answer("events")


def trace(four, *words):  # noqa: F811
    return subprocess.Popen(
        [BUILD + "/bin/spectrum2_manager", "-c",
         str(four.instance.directory / "spectrum_manager.cfg"),
         four.instance.jid, "trace", *words], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)


def test_trace(four):  # noqa: F811
    client, nick = four.people[0]
    other, other_nick = four.people[1]
    four.instance.answer("status")          # writes the manager's config
    quiet = trace(four, nick + "@localhost")
    loud = trace(four, nick + "@localhost", "bodies")
    for process in quiet, loud:
        assert "tracing" in process.stdout.readline()
    other.message(four.carl.nick + "@localhost", "not of interest")
    client.message(four.carl.nick + "@localhost", "a secret word")
    four.carl.expect(":a secret word")
    four.carl.say(nick, "an answer")
    client.expect_body("an answer")

    def read(process):
        text = ""
        while "XMPP < <message " not in text:
            line = process.stdout.readline()
            assert line, "the trace has ended: " + text
            text += line
        return text
    hidden, shown = read(quiet), read(loud)
    assert "secret" not in hidden and "answer" not in hidden, hidden
    assert "a secret word" in shown and "an answer" in shown, shown
    for text in hidden, shown:
        assert re.search(r"XMPP > <message ", text), text
        assert re.search(r"backend \d+ < message ", text), text
        assert re.search(r"backend \d+ > message ", text), text
        assert "of interest" not in text and other_nick not in text
    for process in quiet, loud:
        process.terminate()
        process.wait(10)
    refused = four.instance.ask("trace", "nonsense")
    assert refused.returncode == 1 and "not the JID" in refused.stderr
