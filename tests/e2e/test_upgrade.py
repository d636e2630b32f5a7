# SPDX-License-Identifier: GPL-2.0-or-later
"""The main process executes its successor, and nobody is disconnected."""
import os
import re
import shutil
import signal
import threading
import time

import pytest

from harness.instance import BAD_BACKEND, SPECTRUM
from harness.process import SLOWER, alive, wait_for
from harness.xmpp import body_of

PAUSE_MAX = 200         # ms, on a machine that does nothing else
DONE = re.compile(r"Upgraded to \S+ in (\d+) ms \(rehearsal (\d+) ms\)$")


class Program:
    """A copy of spectrum2 that may be replaced as a package manager does."""

    def __init__(self, directory):
        directory.mkdir()
        self.path = str(directory / "spectrum2")
        self.install()

    def install(self, text=None):
        new = self.path + ".new"
        if text is None:
            shutil.copy2(SPECTRUM, new)
        else:
            with open(new, "w") as script:
                script.write(text)
            os.chmod(new, 0o755)
        os.rename(new, self.path)
        return os.stat(self.path).st_ino


@pytest.fixture
def program(tmp_path):
    return Program(tmp_path / "bin")


SERVER_MODE = pytest.mark.skip(reason="not possible in server mode")


@pytest.fixture
def irc_instance(instances, ngircd, program):
    instance = instances("server_mode", start=False,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    instance.program = program.path
    return instance.start()


@pytest.fixture
def bad(instances, program):
    instance = instances("server_mode", start=False,
                         service__backend=BAD_BACKEND)
    instance.program = program.path
    return instance.start()


def upgrade(instance):
    """Milliseconds for which nobody was served."""
    result = instance.ask("upgrade", timeout=60)
    assert result.returncode == 0, result
    done = DONE.match(result.stdout.strip())
    assert done, result
    return int(done.group(1))


def refused(instance, pattern):
    result = instance.ask("upgrade", timeout=60)
    assert result.returncode == 1, result
    assert re.match("Error: not upgraded: .*%s.*; the old program goes on$"
                    % pattern, result.stderr.strip()), result
    assert "not upgraded: " in instance.read_log()


def image(instance):
    return os.stat("/proc/%d/exe" % instance.process.pid).st_ino


def files(instance):
    return len(os.listdir("/proc/%d/fd" % instance.process.pid))


def path_of(instance):
    with open("/proc/%d/environ" % instance.process.pid, "rb") as environ:
        return [line for line in environ.read().split(b"\0")
                if line.startswith(b"PATH=")]


@SERVER_MODE
def test_nobody_is_disconnected(irc_instance, program, clients, irc, unique):
    room = "#up%s@localhost" % unique("r")
    nick, carl = unique("anna"), irc(unique("carl"))
    anna = clients(irc_instance, nick)
    carl.send("JOIN " + room.split("@")[0])
    anna.join(room, nick)
    carl.expect("JOIN")
    anna.message(carl.nick + "@localhost", "before")
    carl.expect(":before")
    pid, backends = irc_instance.process.pid, irc_instance.backends()
    new = program.install()
    assert image(irc_instance) != new
    pause = upgrade(irc_instance)
    assert image(irc_instance) == new
    assert irc_instance.process.pid == pid and irc_instance.process.running()
    assert irc_instance.backends() == backends
    assert irc_instance.answer("status").startswith("Running (1 users")
    anna.message(carl.nick + "@localhost", "after")
    carl.expect(":after")
    carl.send("PRIVMSG %s :and back" % nick)
    anna.expect_body("and back")
    anna.message(room, "in the room", kind="groupchat")
    carl.expect(":in the room")
    anna.expect_body("in the room", type="groupchat")
    assert not carl.matching("QUIT|PART")
    assert not anna.matching("presence", type="unavailable")
    assert pause < PAUSE_MAX * SLOWER


@SERVER_MODE
def test_by_a_signal(irc_instance, program, clients, unique):
    anna = clients(irc_instance, unique("anna"))
    new = program.install()
    irc_instance.process.signal(signal.SIGUSR2)
    irc_instance.process.wait_log(r"upgrade: Upgraded to \S+ in \d+ ms")
    assert image(irc_instance) == new
    anna.get("localhost", "<ping xmlns='urn:xmpp:ping'/>")


@SERVER_MODE
def test_again_and_again(irc_instance, program, clients, irc, unique):
    """Nothing grows."""
    nick, carl = unique("anna"), irc(unique("carl"))
    anna = clients(irc_instance, nick)
    upgrade(irc_instance)
    anna.message(carl.nick + "@localhost", "before")
    carl.expect(":before")
    count, path = files(irc_instance), path_of(irc_instance)
    for number in range(8):
        program.install()
        upgrade(irc_instance)
        anna.message(carl.nick + "@localhost", "m%d" % number)
        carl.expect(":m%d" % number)
        carl.send("PRIVMSG %s :r%d" % (nick, number))
        anna.expect_body("r%d" % number)
    wait_for(lambda: files(irc_instance) == count, 5)
    assert path_of(irc_instance) == path


@SERVER_MODE
def test_under_traffic(irc_instance, clients, irc, unique):
    """Each message arrives once, in order."""
    nick, carl = unique("anna"), irc(unique("carl"))
    anna = clients(irc_instance, nick)
    anna.message(carl.nick + "@localhost", "first")
    carl.expect(":first")
    stop = threading.Event()
    sent = []

    def talk():
        while not stop.is_set():
            sent.append(len(sent))
            anna.message(carl.nick + "@localhost", "t%d." % sent[-1])
            carl.send("PRIVMSG %s :r%d." % (nick, sent[-1]))
            stop.wait(0.01)
    thread = threading.Thread(target=talk)
    thread.start()
    try:
        pauses = [upgrade(irc_instance) for _ in range(5)]
    finally:
        stop.set()
        thread.join()
    last = "%d." % sent[-1]
    carl.expect(":t" + re.escape(last), 20)
    anna.expect_body("r" + last, 20)
    down = re.findall(r" :t(\d+)\.$", "\n".join(
        carl.matching("PRIVMSG %s :t" % carl.nick)), re.M)
    up = [body_of(m)[1:-1] for m in anna.matching("message")
          if re.match(r"r\d+\.$", body_of(m) or "")]
    expected = [str(number) for number in sent]
    assert down == expected
    assert up == expected
    assert not anna.matching("message", type="error")
    print("pauses", pauses)


def test_as_a_component(instances, own_prosody, ngircd, gateway_name, program,
                        accounts, irc):
    name = gateway_name + ".xmpp.test"
    instance = instances("gateway", name, own_prosody, start=False,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    instance.program = program.path
    instance.start()
    wait_for(lambda: "XMPP link up" in instance.answer("status"))
    anna = accounts(own_prosody, "anna")
    nick, carl = anna.bare.split("@")[0], irc("carlcomp")
    assert instance.answer("register", anna.bare, nick, "pw") == \
        "User registered"
    anna.send("<presence to='%s' type='subscribed'/>" % name)
    anna.send("<presence to='%s'/>" % name)
    anna.expect("presence", from_=name, type="", timeout=30)
    gone = len(anna.matching("presence", type="unavailable", from_=name))
    for number in range(3):
        program.install()
        upgrade(instance)
        assert "XMPP link up" in instance.answer("status")
        anna.message("%s@%s" % (carl.nick, name), "m%d" % number)
        carl.expect(":m%d" % number)
        carl.send("PRIVMSG %s :r%d" % (nick, number))
        anna.expect_body("r%d" % number)
    assert len(re.findall("the XMPP side is (?:up|down)",
                          instance.read_log())) == 1
    assert len(anna.matching("presence", type="unavailable",
                             from_=name)) == gone


@SERVER_MODE
def test_a_bad_program(bad, program, clients, unique):
    """Whatever is there now, the old one goes on; and then a good one."""
    anna = clients(bad, unique("anna"))
    old, backends = image(bad), bad.backends()
    program.install("#!/bin/sh\necho it is not here >&2\nexit 3\n")
    refused(bad, "it is not here")
    program.install("#!/bin/sh\nexit 0\n")
    refused(bad, "no program that can take over")
    program.install("#!/bin/sh\nkill -SEGV $$\n")
    refused(bad, "killed by signal 11")
    program.install("rubbish")
    refused(bad, "(cannot be executed|not found)")
    os.unlink(program.path)
    refused(bad, "cannot be executed: No such file or directory")
    assert image(bad) == old and bad.backends() == backends
    anna.message("echo@localhost", "still here")
    anna.expect_body("still here")
    new = program.install()
    upgrade(bad)
    assert image(bad) == new
    anna.message("echo@localhost", "and now")
    anna.expect_body("and now")


@SERVER_MODE
def test_a_program_that_cannot_start(bad, program, clients, unique):
    """Good in its rehearsal, and gone when it counts."""
    anna = clients(bad, unique("anna"))
    old = image(bad)
    program.install("#!/bin/sh\nrm -f %s\necho rehearsed 9.9\n"
                    % program.path)
    refused(bad, "cannot be executed")
    assert image(bad) == old
    anna.message("echo@localhost", "still here")
    anna.expect_body("still here")
    program.install()
    upgrade(bad)
    anna.message("echo@localhost", "and now")
    anna.expect_body("and now")


@SERVER_MODE
def test_a_bad_configuration(bad, clients, unique):
    anna = clients(bad, unique("anna"))
    good = dict(bad.settings)
    for key, value, words in (
            ("service.users_per_backend", "many", "users_per_backend"),
            ("service.jid", "other.localhost", "jid: has changed"),
            ("service.pidfile", "/tmp/other.pid", "pidfile: has changed"),
            ("logging.file", "/nonexistent/log", "cannot be opened")):
        bad.settings[key] = value
        bad.write_config()
        result = bad.ask("upgrade", timeout=60) if key.startswith(
            "logging") or "users" in key else None
        if result is None:
            bad.process.signal(signal.SIGUSR2)
        bad.process.wait_log("not upgraded: .*" + words)
        bad.settings = dict(good)
        bad.write_config()
    anna.message("echo@localhost", "still here")
    anna.expect_body("still here")


@SERVER_MODE
def test_it_is_a_reload(bad, clients, unique):
    anna = clients(bad, unique("anna"))
    bad.settings["identity.name"] = "Renamed"
    bad.write_config()
    upgrade(bad)
    query = anna.disco_info("localhost")
    assert [i for i in query.iter() if i.get("name") == "Renamed"]


@SERVER_MODE
def test_it_stays_alone(bad):
    """Lock, pidfile and control socket are where they were."""
    upgrade(bad)
    pidfile = bad.directory / "run" / "localhost.pid"
    assert int(pidfile.read_text()) == bad.process.pid
    assert bad.manager("status").returncode == 0
    code = os.spawnv(os.P_WAIT, SPECTRUM, [SPECTRUM, "-n", bad.config])
    assert code == 73
    assert bad.answer("status").startswith("Running")
    backends = bad.backends()
    bad.stop()
    assert not pidfile.exists()
    wait_for(lambda: not any(alive(pid) for pid in backends))


@SERVER_MODE
def test_told_to_end_meanwhile(bad):
    """Signals are kept while nobody can take them."""
    for wait in (0, 0.02, 0.04):
        bad.process.signal(signal.SIGUSR2)
        time.sleep(wait)
        bad.process.signal(signal.SIGTERM)
        assert bad.process.wait(20) == 0
        bad.start()


@SERVER_MODE
def test_a_backend_that_dies_meanwhile(bad, clients, unique):
    """It is seen by the successor as by the old one."""
    anna = clients(bad, unique("anna"))
    anna.message("echo@localhost", "hello")
    anna.expect_body("hello")
    for pid in bad.backends():
        os.kill(pid, signal.SIGKILL)
        upgrade(bad)

    def served():
        anna.message("echo@localhost", "again")
        try:
            return anna.expect_body("again", 2)
        except AssertionError:
            return None
    wait_for(served, 30)


@SERVER_MODE
def test_the_backends_are_told_apart(bad, clients, unique):
    """They are watched as before: a frozen one is replaced."""
    anna = clients(bad, unique("anna"))
    upgrade(bad)
    anna.message("echo@localhost", "hello")
    anna.expect_body("hello")
    old = bad.backends()
    for pid in old:
        os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: not set(bad.backends()) & set(old), 30)

    def served():
        anna.message("echo@localhost", "again")
        try:
            return anna.expect_body("again", 2)
        except AssertionError:
            return None
    wait_for(served, 30)
