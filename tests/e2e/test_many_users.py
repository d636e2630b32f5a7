# SPDX-License-Identifier: GPL-2.0-or-later
"""Hundreds and thousands of users on one IRC server."""
import os
import re
import time

import pytest

from harness import servers
from harness.crowd import Crowd
from harness.ircv3 import Message
from harness.process import SANITIZED, SLOWER, stat_of

USERS = 500
CHANNELS = 20
ROOMS_EACH = 2          # of the channels
CONNECTIONS, SECONDS = 200, 5       # what the server puts up with
TIME = 60               # seconds for all to be back


@pytest.fixture
def crowd():
    made = Crowd("gw0.crowd.test")
    yield made
    made.close()


def rss(pid):
    """Megabytes."""
    with open("/proc/%d/status" % pid) as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024


@pytest.mark.slow
def test_two_thousand_in_one_backend(crowd, ircv3, instances):
    """Far beyond the 1024 descriptors of select()."""
    number = 2000
    server = ircv3()
    gateway = instances(
        "gateway", crowd.gateway, crowd, identity__type="irc",
        service__irc_server="127.0.0.1:%d" % server.port,
        service__users_per_backend=3000, service__backend_spare=0,
        service__login_rate=0, service__irc_connect_rate=1000)
    users = ["u%d" % n for n in range(number)]
    before, = gateway.backends()
    empty = rss(before)
    crowd.register(*users)
    crowd.log_in(*users)
    pairs = [(user, "#c%d@%s" % (n // 10, crowd.gateway))
             for n, user in enumerate(users)]
    crowd.join(pairs)
    backend, = gateway.backends()
    assert backend == before
    assert len(os.listdir("/proc/%d/fd" % backend)) > number
    each = (rss(backend) - empty) / number * 1024
    for n in 0, number // 2, number - 1:
        crowd.say(users[n], pairs[n][1], "last one of %d" % n)
        for user, room in pairs:
            if room == pairs[n][1]:
                crowd.hear(user, "last one of %d" % n)
    used = stat_of(backend)[2]
    time.sleep(2)
    used = stat_of(backend)[2] - used
    print("%.1f KB for each of %d sessions; %.2f s of CPU in 2 s of quiet" % (
        each, number, used))
    assert used < 0.2
    if not SANITIZED:
        assert each < 32


def test_a_huge_channel_stalls_nobody(crowd, ircv3, instances):
    """Somebody joins a room of 5,000 while others talk."""
    server = ircv3()
    names = ["somebody%d" % n for n in range(5000)]

    def join(conn, msg):
        if msg.params[0] != "#huge":
            return False
        conn.send(Message("JOIN", "#huge", source=conn.mask))
        for at in range(0, len(names), 30):
            conn.reply(353, "=", "#huge", " ".join(names[at:at + 30]))
        conn.reply(353, "=", "#huge", conn.nick)
        conn.reply(366, "#huge", "End of /NAMES list.")
        return True
    server.hooks["JOIN"] = join
    gateway = instances(
        "gateway", crowd.gateway, crowd, identity__type="irc",
        service__irc_server="127.0.0.1:%d" % server.port)
    assert gateway
    users = ["u%d" % n for n in range(14)]
    crowd.register(*users)
    crowd.log_in(*users)
    small, huge = ("#%s@%s" % (name, crowd.gateway)
                   for name in ("small", "huge"))
    crowd.join([("u0", small), ("u1", small)])

    def worst(label):
        delays = []
        for n in range(100):
            begin = time.monotonic()
            crowd.say("u0", small, "%s %d" % (label, n))
            delays.append(crowd.hear("u1", "%s %d" % (label, n)) - begin)
            time.sleep(0.01)
        return max(delays)
    quiet = worst("quiet")
    # Most of it is our own reading of it: on a busy machine more than once.
    for at in range(2, len(users), 4):
        newcomers = users[at:at + 4]
        for user in newcomers:
            crowd.send("<presence from='%s' to='%s/%s'><x xmlns='http://"
                       "jabber.org/protocol/muc'/></presence>" % (
                           crowd.jid(user), huge, user))
        loud = worst("loud %d" % at)
        crowd.wait(lambda: all((user, huge) in crowd.rooms
                               for user in newcomers), 60,
                   lambda: "the huge room")
        print("longest delay: %.0f ms, %.0f ms while four join" % (
            quiet * 1000, loud * 1000))
        if loud < 1 * SLOWER:
            break
    assert loud < 1 * SLOWER


class Throttling(servers.Inspircd):
    """connflood: who comes while more than so many have come within that
    time is turned away, and so is everybody else for a while."""

    def __init__(self, directory):
        super().__init__(directory)
        config = directory / "inspircd.conf"
        text = config.read_text()
        servers.write(config, text + """
<module name="connflood">
<connflood period="%d" maxconns="%d" timeout="10" bootwait="2"
 quitmsg="Trying to reconnect too fast.">
""" % (SECONDS, CONNECTIONS))

    def refused(self):
        return len(re.findall("Trying to reconnect too fast|[Tt]hrottl",
                              self.read_log()))

    def read_log(self):
        return "".join(path.read_text(errors="replace") for path in
                       self.directory.glob("*.log"))


@pytest.fixture
def network(tmp_path):
    directory = tmp_path / "inspircd"
    directory.mkdir()
    server = Throttling(directory).start()
    yield server
    server.stop()


def members(observer):
    """In all channels together, by LIST."""
    with observer.changed:
        begin = observer.seen
    observer.send("LIST")
    observer.expect(" 323 ")
    with observer.changed:
        found = [re.search(r" 322 \S+ #c\d+ (\d+) ", line)
                 for line in observer.lines[begin:]]
    return sum(int(hit[1]) for hit in found if hit)


@pytest.mark.slow
def test_all_are_back(crowd, network, instances, irc):
    """The server is restarted, and so soon that nobody's client notices; the
    server need not turn anybody away."""
    instances(
        "gateway", crowd.gateway, crowd, identity__type="irc",
        service__irc_server="127.0.0.1:%d" % network.port,
        service__irc_connect_burst=40, service__irc_connect_rate=25)
    users = ["u%d" % n for n in range(USERS)]
    pairs = [(user, "#c%d@%s" % ((n + k * 7) % CHANNELS, crowd.gateway))
             for n, user in enumerate(users) for k in range(ROOMS_EACH)]
    crowd.register(*users)
    crowd.log_in(*users)
    crowd.join(pairs)
    assert members(irc("observer", server=network)) == len(pairs)
    before = network.refused()
    network.stop()
    begin = time.monotonic()
    network.start()
    observer = irc("observer2", server=network)
    while (there := members(observer)) < len(pairs):
        assert time.monotonic() - begin < TIME * SLOWER, there
        time.sleep(0.2)
    took = time.monotonic() - begin
    print("%d users in %d channels were back after %.1f s" % (
        USERS, CHANNELS, took))
    assert network.refused() == before
    assert not [one for one in crowd.lost if 332 in one[2]]
    assert not crowd.errors
    crowd.say(users[0], pairs[0][1], "all here?")
    for user, room in pairs:
        if room == pairs[0][1]:
            crowd.hear(user, "all here?")
