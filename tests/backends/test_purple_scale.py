# SPDX-License-Identifier: GPL-2.0-or-later
"""Many users in one process, against a real server: nobody waits, and an
account takes little more memory than libpurple itself needs for it.
SCALE=500 in the environment says how many; without, a few."""
import os
import re
import subprocess
import time

import pytest

from driver import TOP
from harness import servers
from purple_driver import JABBER, Purple

USERS = int(os.environ.get("SCALE", "60"))
BUILD = os.environ.get("B", os.path.join(TOP, "build"))
ALONE = os.path.join(BUILD, "tests", "purple_alone")

pytestmark = pytest.mark.skipif(
    "sanitize" in BUILD, reason="sanitizers have sizes and times of their own")


def memory(pid):
    """Of its own, in KiB."""
    with open("/proc/%d/status" % pid) as status:
        return int([x for x in status if x.startswith("RssAnon")][0]
                   .split()[1])


def option(name, value):
    """As the program without us takes it."""
    kind = "b" if value in (0, 1) else "i" if isinstance(value, int) else "s"
    return "%s:%s=%s" % (kind, name, value)


def of_jabber(directory):
    """(server, protocol, options, names of accounts, password of all)"""
    s = servers.Prosody(directory)
    accounts = directory / "data" / "xmpp%2etest" / "accounts"
    accounts.mkdir(parents=True)
    names = ["user%d" % i for i in range(USERS)]
    for name in names:
        (accounts / (name + ".dat")).write_text(
            'return { ["password"] = "secret"; };\n')
    return (s, "prpl-jabber", {**JABBER, "port": s.port},
            ["%s@%s" % (name, s.domain) for name in names], "secret")


def of_irc(directory):
    s = servers.Ngircd(directory)
    return (s, "prpl-irc", {"port": s.port},
            ["user%d@127.0.0.1" % i for i in range(USERS)], "")


@pytest.fixture(scope="module", params=(of_jabber, of_irc))
def crowd(request, tmp_path_factory):
    """A server that has all those users."""
    server, *rest = request.param(tmp_path_factory.mktemp("crowd"))
    server.start()
    yield rest
    server.stop()


def alone(protocol, options, names, password, directory):
    """KiB for an account, of libpurple alone."""
    out = subprocess.run(
        [ALONE, protocol, str(directory), password,
         *(option(*o) for o in options.items())],
        input="\n".join(names) + "\n", text=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=True, timeout=110).stdout.split()
    return (int(out[3]) - int(out[1])) / len(names)


def test_crowd(crowd, tmp_path):
    protocol, options, names, password = crowd
    log = open(tmp_path / "log", "w+")
    b = Purple(protocol, options, stderr=log)
    before = memory(b.process.pid)
    for i, name in enumerate(names):
        b.login("u%d@x" % i, name, password=password)
    for _ in names:
        b.wait("connected", timeout=100)
    time.sleep(2)       # as the other program does, for what comes behind
    ours = (memory(b.process.pid) - before) / len(names)
    assert b.call("ping")["sessions"] == len(names)
    assert b.close() == 0
    log.seek(0)
    # Where others use the processor too, that is not to be counted.
    stalls = re.findall(r"nobody was served.* at work for (\d+) ms",
                        log.read())
    assert not [ms for ms in stalls if int(ms) >= 250], stalls
    theirs = alone(protocol, options, names, password, tmp_path / "alone")
    print("KiB for an account: %.1f, libpurple alone %.1f" % (ours, theirs))
    # A page here or there is much where users are few.
    assert ours < theirs * 1.2 + 1000 / len(names)
