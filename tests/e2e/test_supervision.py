# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes that are killed under traffic: nobody notices, or is told."""
import os
import re
import signal
import threading
import time

import pytest

from harness.process import LIBC, SLOWER, alive, wait_for
from harness.xmpp import body_of, statuses


LAST = 0.1      # seconds: no more may be on its way when a process is killed


class Traffic:
    """Numbered messages between each client and one IRC user, about that
    many a second in all, until stopped."""

    def __init__(self, people, carl, rate):
        self.people, self.carl, self.rate = people, carl, rate
        self.sent = {}          # id -> (client, text)
        self.at = {}            # id -> when, monotonic
        self.said = {}          # number of what carl said -> (nick, when)
        self.count, self.stopping = 0, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def run(self):
        begin = time.monotonic()
        while not self.stopping.is_set():
            client, nick = self.people[self.count % len(self.people)]
            self.count += 1
            text = "t%d." % self.count
            ident = client.message(self.carl.nick + "@localhost", text)
            self.sent[ident] = client, text
            self.at[ident] = time.monotonic()
            self.said[self.count] = nick, time.monotonic()
            self.carl.say(nick, "r%d." % self.count)
            late = begin + self.count * 2 / self.rate - time.monotonic()
            self.stopping.wait(max(late, 0))

    def seen(self):
        """Texts that came out on the IRC side, as often as they did."""
        return re.findall(r" :(t\d+\.)$", "\n".join(
            self.carl.matching("PRIVMSG %s :t" % self.carl.nick)), re.M)

    def heard(self, client):
        """Numbers of what carl said that came to that client."""
        return [int(body_of(m)[1:-1]) for m in client.matching("message")
                if re.match(r"r\d+\.$", body_of(m) or "")]

    def unheard(self, client, nick):
        """Those that did not come."""
        heard = set(self.heard(client))
        return [number for number, (to, _) in list(self.said.items())
                if to == nick and number not in heard]

    def refusals(self, nick):
        """How often carl was told that there is nobody of that name."""
        return len(self.carl.matching(" 401 %s %s " % (self.carl.nick, nick)))

    def in_hand(self):
        """Since when what was said may be on its way still, either way."""
        now, unsent = time.monotonic(), set(self.unaccounted())
        return min([now] + [at for ident, at in list(self.at.items())
                            if ident in unsent] +
                   [self.said[number][1] for client, nick in self.people
                    for number in self.unheard(client, nick)])

    def in_time(self):
        """Wait until that is not long; the moment."""
        def soon():
            since = self.in_hand()
            return time.monotonic() - since < LAST * SLOWER and since
        return wait_for(soon, 60, "what was said to be heard")

    def all_heard(self, client, nick, since=None):
        """Each of what carl said came once and in order, or was refused.  If
        the backend was killed, and that was in hand since then: or was on its
        way to it until IRC had seen its end."""
        missing = self.unheard(client, nick)
        refused = self.refusals(nick)
        if since:
            end = self.carl.when("^:%s!.* QUIT" % nick)
            late = [n for n in missing if self.said[n][1] > end]
            lost = [n for n in missing if since <= self.said[n][1] <= end]
            assert len(late) <= refused <= len(late) + len(lost), \
                "%s: %s lost, %d refused" % (nick, late, refused)
            missing, refused = [n for n in missing
                                if n not in late + lost], 0
        assert len(missing) == refused, "%s: %s did not come, %d refused" % (
            nick, missing, refused)
        heard = self.heard(client)
        assert heard == sorted(set(heard)), "doubled or out of order"

    def unaccounted(self, since=0, gone=0):
        """Sent, neither arrived nor reported as failed.  IRC acknowledges
        nothing without echo-message: what its server, gone at that moment,
        had taken off the wire and not passed on yet nobody can know of."""
        seen = set(self.seen())
        failed = {m.get("id") for client, _ in self.people
                  for m in client.matching("message", type="error")}
        return [ident for ident, (_, text) in list(self.sent.items())
                if text not in seen and ident not in failed and not
                since <= self.at.get(ident, 0) < gone]


@pytest.fixture
def four(instances, ngircd, clients, irc, unique):
    """Two users on each of two backends, each in a room of their own with
    carl."""
    instance = instances("server_mode", service__users_per_backend=2,
                         service__backends_min=2, service__backend_spare=0,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)

    class Four:
        carl = irc(unique("carl"))
        people = []
    four = Four()
    four.instance = instance
    four.rooms = {}
    for number in range(4):
        nick = unique("u")
        client = clients(instance, nick)
        channel = "#" + unique("room")
        four.carl.join(channel)
        client.join(channel + "@localhost", nick)
        four.rooms[nick] = channel
        four.people.append((client, nick))
    return four


def users_of_backends(four):
    """{pid: [(client, nick)]}, found by who disappears from IRC: the
    sockets of a process tell which nick it holds."""
    inode_of = {}
    with open("/proc/net/tcp") as table:
        for line in table.readlines()[1:]:
            words = line.split()
            inode_of[words[9]] = int(words[1].partition(":")[2], 16)
    ports = {}
    for pid in four.instance.backends():
        for fd in os.listdir("/proc/%d/fd" % pid):
            try:
                link = os.readlink("/proc/%d/fd/%s" % (pid, fd))
            except OSError:
                continue
            inode = link[8:-1] if link.startswith("socket:[") else None
            if inode in inode_of:
                ports.setdefault(pid, []).append(inode_of[inode])
    return {pid: found for pid, found in ports.items() if found}


def test_load_is_spread(four):
    assert len(four.instance.backends()) >= 2
    assert sorted(len(p) for p in users_of_backends(four).values()) == [2, 2]


@pytest.mark.timeout(180)
@pytest.mark.slow
def test_backend_killed_under_traffic(four):
    """Issue: its users are back within 2 s, their clients see no presence
    change, the others notice nothing, no message is lost silently."""
    victim = sorted(users_of_backends(four))[0]
    for client, _ in four.people:
        client.sync("localhost")
    with Traffic(four.people, four.carl, 200) as traffic:
        wait_for(lambda: traffic.count > 200, 60)
        since, killed = traffic.in_time(), time.monotonic()
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: traffic.count > 1000, 90)
    four.carl.sync()
    hit = [(client, nick) for client, nick in four.people
           if four.carl.matching("^:%s!.* QUIT" % nick)]
    spared = [pair for pair in four.people if pair not in hit]
    assert len(hit) == 2, "hit: %s" % [nick for _, nick in hit]

    wait_for(lambda: not traffic.unaccounted(), 30,
             "every message to have arrived or failed")
    for client, nick in four.people:
        changed = [p for p in client.matching("presence", since=killed)]
        assert not changed, "%s saw %d presences" % (nick, len(changed))
        assert not client.ended
    for client, nick in spared:
        assert not client.matching("message", type="error")
        wait_for(lambda: not traffic.unheard(client, nick), 10,
                 "everything for %s, who was not hit" % nick)
        traffic.all_heard(client, nick)
    for client, nick in hit:
        last = max(n for n, (to, _) in traffic.said.items() if to == nick)
        wait_for(lambda: last in traffic.heard(client), 10,
                 "the last one for " + nick)
        traffic.all_heard(client, nick, since)

        def joins():
            return four.carl.matching("^:%s!.* JOIN" % nick)
        wait_for(lambda: len(joins()) > 1, 10, nick + " to join again")
        assert len(joins()) == 2, "%s: %s" % (nick, joins())
        client.message(four.rooms[nick] + "@localhost", "back", "groupchat")
        four.carl.expect("^:%s!.* PRIVMSG %s :back" % (nick,
                                                       four.rooms[nick]))


def test_back_within_two_seconds(four):
    victim = sorted(users_of_backends(four))[0]
    begin = time.monotonic()
    seen = len(four.carl.lines)
    os.kill(victim, signal.SIGKILL)

    def rejoined():
        new = "\n".join(four.carl.lines[seen:])
        return len(re.findall(r"^:u\d+!\S+ JOIN", new, re.M)) >= 2
    wait_for(rejoined, 10, "two users to rejoin")
    took = time.monotonic() - begin
    assert took < 2 * SLOWER, "took %.1f s" % took
    for client, nick in four.people:
        client.message(four.rooms[nick] + "@localhost", "hi " + nick,
                       "groupchat")
        four.carl.expect("^:%s!.*:hi %s" % (nick, nick))


def test_killed_again_and_again(four):
    """Five backends in a row: still everyone is served."""
    for turn in range(5):
        victims = [pid for pid in users_of_backends(four)]
        os.kill(victims[0], signal.SIGKILL)
        wait_for(lambda: not alive(victims[0]), 5)
        wait_for(lambda: sum(len(p) for p in
                             users_of_backends(four).values()) == 4, 40,
                 "four sessions after kill %d" % turn)
    for client, nick in four.people:
        def served():
            client.message(four.rooms[nick] + "@localhost", "hi " + nick,
                           "groupchat")
            try:
                return four.carl.expect("^:%s!.*:hi %s" % (nick, nick), 2)
            except AssertionError:
                return None
        wait_for(served, 30, nick + " to be served")
    assert int(four.instance.answer("crashed_backends_count")) == 5


def test_stopped_process_is_woken(instances, ngircd, clients, irc, unique):
    """SIGSTOP: no answer to a ping; it is woken, and nothing is lost."""
    instance = instances("server_mode", service__ping_interval=1,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    nick, carl = unique("anna"), irc(unique("carl"))
    anna = clients(instance, nick)
    anna.message(carl.nick + "@localhost", "one")
    carl.expect(":one$")
    before = instance.backends()
    for pid in before:
        os.kill(pid, signal.SIGSTOP)
    anna.message(carl.nick + "@localhost", "two")
    carl.expect(":two$", 10)
    assert instance.backends() == before
    assert len(carl.matching(":two$")) == 1


PTRACE_ATTACH = 16
SERVED_MAX = 15     # seconds


class Held:
    """By a debugger, which is this thread: nothing wakes it."""

    def __init__(self, pid):
        self.pid, self.dead = pid, False
        assert LIBC.ptrace(PTRACE_ATTACH, pid, None, None) == 0

    def is_dead(self):
        """That is the debugger's to see first, and to take away."""
        if not self.dead:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.dead = bool(pid) and os.WIFSIGNALED(status)
        return self.dead


@pytest.mark.slow
def test_hung_process_is_killed(instances, ngircd, clients, irc, unique):
    """A debugger holds it, and it cannot be woken: it is killed and its user
    recovered, under its own name: the old connection is gone before the new
    one is made."""
    instance = instances("server_mode", service__ping_interval=1,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    nick, carl = unique("anna"), irc(unique("carl"))
    anna = clients(instance, nick)
    anna.message(carl.nick + "@localhost", "one")
    carl.expect(":one$")
    held = [Held(pid) for pid in instance.backends()]
    wait_for(lambda: all([one.is_dead() for one in held]), 20,
             "the hung backend to be killed")

    def served():
        anna.message(carl.nick + "@localhost", "two")
        try:
            return carl.expect(":two$", 1)
        except AssertionError:
            return None
    wait_for(served, 30, "anna to be served again")
    first = carl.matching(":two$")[0]
    assert first.startswith(":%s!" % nick), first


@pytest.mark.parametrize("how", ["stopped", "held"])
@pytest.mark.timeout(180)
@pytest.mark.slow
def test_served_again_by_default(instances, ngircd, clients, irc, unique,
                                 how):
    """Issue: users of a hung backend are served within 15 s."""
    instance = instances("server_mode",
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    nick, carl = unique("anna"), irc(unique("carl"))
    anna = clients(instance, nick)
    anna.message(carl.nick + "@localhost", "one")
    carl.expect(":one$")
    victim, = instance.backends()
    begin = time.monotonic()
    if how == "held":
        held = Held(victim)
    else:
        os.kill(victim, signal.SIGSTOP)
        held = None
    count = 0

    def served():
        nonlocal count
        if held:
            held.is_dead()
        count += 1
        anna.message(carl.nick + "@localhost", "two %d" % count)
        carl.sync()
        return carl.matching(":two ")
    wait_for(served, SERVED_MAX, "anna to be served again")
    assert time.monotonic() - begin > 1, "it was not hung"
    carl.say(nick, "back")
    anna.expect_body("back")
    if held:
        assert held.is_dead(), "served by one that is held"


def test_main_killed(four):
    """No child survives it by more than 2 s, and a restart serves."""
    children = four.instance.process.children()
    assert children
    begin = time.monotonic()
    four.instance.kill()
    wait_for(lambda: not any(alive(pid) for pid in children), 2,
             "all children to be gone")
    assert time.monotonic() - begin < 2 * SLOWER
    for client, _ in four.people:
        client.wait_end()
    four.instance.start()
    client, nick = four.people[0]

    def back():
        try:
            return client.login()
        except Exception:
            return None
    wait_for(back, 30, "the client to log in again")
    client.join(four.rooms[nick] + "@localhost", nick)
    client.message(four.rooms[nick] + "@localhost", "again", "groupchat")
    four.carl.expect(":again$")


def test_stop_is_quick_and_complete(four):
    """SIGTERM: exit code 0 within the stop time-out, nobody left."""
    children = four.instance.process.children()
    begin = time.monotonic()
    four.instance.process.popen.send_signal(signal.SIGTERM)
    assert four.instance.process.wait(12) == 0
    assert time.monotonic() - begin < 12 * SLOWER
    wait_for(lambda: not any(alive(pid) for pid in children), 2)
    for _, nick in four.people:
        four.carl.expect("QUIT", 10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals(instances, ngircd, number):
    instance = instances("server_mode", service__irc_server="127.0.0.1:%d"
                         % ngircd.port)
    instance.process.signal(number)
    assert instance.process.wait(12) == 0


def test_stop_with_stopped_backend(instances, ngircd, clients, unique):
    """Even a backend that does not listen does not outlive the stop."""
    instance = instances("server_mode", service__stop_timeout=2,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    clients(instance, unique("anna"))
    children = instance.process.children()
    for pid in instance.backends():
        os.kill(pid, signal.SIGSTOP)
    instance.process.signal(signal.SIGTERM)
    instance.process.wait(12)
    wait_for(lambda: not any(alive(pid) for pid in children), 2)


@pytest.mark.timeout(180)
@pytest.mark.slow
def test_irc_server_restarted(instances, own_ngircd, clients, irc, unique):
    """The network goes and comes back: rooms are joined again, and what is
    sent meanwhile fails audibly."""
    instance = instances("server_mode", service__irc_server="127.0.0.1:%d"
                         % own_ngircd.port)
    nick, channel = unique("anna"), "#" + unique("room")
    anna, carl = clients(instance, nick), irc(unique("carl"),
                                              server=own_ngircd)
    room = channel + "@localhost"
    carl.join(channel)
    anna.join(room, nick)
    with Traffic([(anna, nick)], carl, 100) as traffic:
        wait_for(lambda: traffic.count > 50, 60)
        since = traffic.in_time()
        own_ngircd.stop()
        gone = time.monotonic()
        instance.process.wait_log("connections to the network are lost")
        done = traffic.count
        wait_for(lambda: traffic.count > done + 50, 60)
    wait_for(lambda: not traffic.unaccounted(since, gone), 60,
             "every message to have arrived or failed")
    assert not [number for number in traffic.unheard(anna, nick)
                if traffic.said[number][1] < since]
    own_ngircd.start()
    carl = irc(unique("carl"), server=own_ngircd)
    carl.join(channel)

    def rejoined():
        carl.send("NAMES " + channel)
        carl.sync()
        return carl.matching(" 353 .*[ :@]%s\\b" % nick)
    wait_for(rejoined, 60, "anna to be in the room again")
    instance.process.wait_log("connections to the network are back")
    carl.say(channel, "welcome back")
    anna.expect_body("welcome back", from_=room + "/" + carl.nick)
    anna.message(room, "thank you", "groupchat")
    carl.expect(":thank you$")
    presences = [p for p in anna.matching("presence")
                 if p.get("from") == room + "/" + nick]
    if presences[-1].get("type") == "unavailable":
        raise AssertionError("the client thinks it is out: %s"
                             % statuses(presences[-1]))


@pytest.mark.slow
def test_network_gone_tells_the_room(instances, own_ngircd, clients, unique):
    """When the network does not come back, the rooms say so (332)."""
    instance = instances("server_mode", service__irc_reconnect_timeout=3,
                         service__irc_server="127.0.0.1:%d" % own_ngircd.port)
    nick, room = unique("anna"), "#" + unique("room") + "@localhost"
    anna = clients(instance, nick)
    anna.join(room, nick)
    own_ngircd.stop()
    gone = anna.expect("presence", type="unavailable", timeout=60,
                       from_=room + "/" + nick)
    assert {332, 110} <= statuses(gone)
