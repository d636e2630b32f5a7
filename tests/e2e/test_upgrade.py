# SPDX-License-Identifier: GPL-2.0-or-later
"""The main process executes its successor, and nobody is disconnected."""
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

from harness.instance import BAD_BACKEND, SPECTRUM
from harness.process import SLOWER, alive, free_port, make_environment
from harness.process import wait_for
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
        """The real one, or a script, or other bytes; its inode."""
        new = self.path + ".new"
        if text is None:
            shutil.copy2(SPECTRUM, new)
        else:
            with open(new, "wb") as file:
                file.write(text if isinstance(text, bytes) else text.encode())
            os.chmod(new, 0o755)
        os.rename(new, self.path)
        return os.stat(self.path).st_ino


@pytest.fixture
def program(tmp_path):
    return Program(tmp_path / "bin")


@pytest.fixture
def component(instances, prosody, gateway_name, program):
    """component(settings): an instance behind Prosody, which is told of
    everything that is not kept."""
    def make(**settings):
        instance = instances("gateway", gateway_name + ".xmpp.test", prosody,
                             start=False, **settings)
        instance.program = program.path
        instance.start()
        wait_for(lambda: "XMPP link up" in instance.answer("status"))
        return instance
    return make


@pytest.fixture
def irc_instance(component, ngircd):
    return component(service__irc_server="127.0.0.1:%d" % ngircd.port)


@pytest.fixture
def bad(component):
    return component(service__backend=BAD_BACKEND)


@pytest.fixture
def users(prosody, accounts):
    """users(instance): somebody of xmpp.test who is logged in there, and the
    name on the network."""
    def make(instance):
        anna = accounts(prosody, "anna")
        nick = anna.bare.split("@")[0]
        assert instance.answer("register", anna.bare, nick, "pw") == \
            "User registered"
        anna.send("<presence to='%s' type='subscribed'/>" % instance.jid)
        anna.send("<presence to='%s'/>" % instance.jid)
        anna.expect("presence", from_=instance.jid, type="", timeout=30)
        return anna, nick
    return make


def upgrade(instance):
    """Milliseconds for which nobody was served."""
    result = instance.ask("upgrade", timeout=60)
    assert result.returncode == 0, result
    done = DONE.match(result.stdout.strip())
    assert done, result
    return int(done.group(1))


def refused(instance, pattern):
    before = instance.read_log().count("not upgraded: ")
    result = instance.ask("upgrade", timeout=60)
    assert result.returncode == 1, result
    assert re.search("(?m)^Error: not upgraded: .*%s.*; the old program goes "
                     "on$" % pattern, result.stderr), result
    assert instance.read_log().count("not upgraded: ") == before + 1


def image(instance):
    return os.stat("/proc/%d/exe" % instance.process.pid).st_ino


def echo(instance, client, text, timeout=10):
    client.message("echo@" + instance.jid, text)
    return client.expect_body(text, timeout)


def files(instance):
    return len(os.listdir("/proc/%d/fd" % instance.process.pid))


def path_of(instance):
    with open("/proc/%d/environ" % instance.process.pid, "rb") as environ:
        return [line for line in environ.read().split(b"\0")
                if line.startswith(b"PATH=")]


def gone(client):
    return len(client.matching("presence", type="unavailable"))


def test_nobody_is_disconnected(irc_instance, program, users, irc, unique):
    channel = "#up" + unique("r")
    room = "%s@%s" % (channel, irc_instance.jid)
    carl = irc(unique("carl"))
    to_carl = "%s@%s" % (carl.nick, irc_instance.jid)
    anna, nick = users(irc_instance)
    carl.send("JOIN " + channel)
    carl.expect(" 366 ")
    anna.join(room, nick)
    carl.expect("JOIN")
    anna.message(to_carl, "before")
    carl.expect(":before")
    pid, backends = irc_instance.process.pid, irc_instance.backends()
    absent = gone(anna)
    new = program.install()
    assert image(irc_instance) != new
    pause = upgrade(irc_instance)
    assert image(irc_instance) == new
    assert irc_instance.process.pid == pid and irc_instance.process.running()
    assert irc_instance.backends() == backends
    assert irc_instance.answer("status").startswith("Running (1 users")
    anna.message(to_carl, "after")
    carl.expect(":after")
    carl.send("PRIVMSG %s :and back" % nick)
    anna.expect_body("and back")
    anna.message(room, "in the room", kind="groupchat")
    carl.expect(":in the room")
    anna.expect_body("in the room", type="groupchat")
    carl.send("PRIVMSG %s :heard there" % channel)
    anna.expect_body("heard there", type="groupchat")
    assert not carl.matching(" (QUIT|PART) ")
    assert gone(anna) == absent
    # The same stream to the server.
    assert len(re.findall(": (?:connected to|lost) ",
                          irc_instance.read_log())) == 1
    # A busy machine makes one of them longer, not all.
    assert min(pause, *(upgrade(irc_instance) for _ in range(2))) < \
        PAUSE_MAX * SLOWER


def test_by_a_signal(bad, program, users):
    anna, _ = users(bad)
    new = program.install()
    bad.process.signal(signal.SIGUSR2)
    bad.process.wait_log(r"upgrade: Upgraded to \S+ in \d+ ms")
    assert image(bad) == new
    echo(bad, anna, "hello")


def test_again_and_again(irc_instance, program, users, irc, unique):
    """Nothing grows."""
    carl = irc(unique("carl"))
    to_carl = "%s@%s" % (carl.nick, irc_instance.jid)
    anna, nick = users(irc_instance)
    upgrade(irc_instance)
    anna.message(to_carl, "before")
    carl.expect(":before")
    count, path = files(irc_instance), path_of(irc_instance)
    for number in range(8):
        program.install()
        upgrade(irc_instance)
        anna.message(to_carl, "m%d" % number)
        carl.expect(":m%d" % number)
        carl.send("PRIVMSG %s :r%d" % (nick, number))
        anna.expect_body("r%d" % number)
    # One may have been open only for a moment when they were counted.
    wait_for(lambda: files(irc_instance) <= count, 5)
    assert path_of(irc_instance) == path


def test_under_traffic(irc_instance, users, irc, unique):
    """Each message arrives once, in order."""
    carl = irc(unique("carl"))
    to_carl = "%s@%s" % (carl.nick, irc_instance.jid)
    anna, nick = users(irc_instance)
    anna.message(to_carl, "first")
    carl.expect(":first")
    stop = threading.Event()
    sent = []

    def talk():
        while not stop.is_set():
            sent.append(len(sent))
            anna.message(to_carl, "t%d." % sent[-1])
            carl.send("PRIVMSG %s :r%d." % (nick, sent[-1]))
            stop.wait(0.005)
    thread = threading.Thread(target=talk)
    thread.start()
    try:
        pauses = [upgrade(irc_instance) for _ in range(10)]
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
    assert sorted(pauses)[len(pauses) // 2] < PAUSE_MAX * SLOWER, pauses


def test_in_server_mode(instances, program, clients, unique):
    """Encrypted streams cannot be handed over: clients come back, and find
    their port open all the time."""
    instance = instances("server_mode", start=False,
                         service__backend=BAD_BACKEND)
    instance.program = program.path
    instance.start()
    backends = instance.backends()
    clients(instance, unique("anna"))
    new = program.install()
    upgrade(instance)
    assert image(instance) == new
    assert instance.backends() == backends
    berta = clients(instance, unique("berta"))
    berta.message("echo@localhost", "hello")
    berta.expect_body("hello")


def test_a_bad_program(bad, program, users):
    """Whatever is there now, the old one goes on; and then a good one."""
    anna, _ = users(bad)
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
    echo(bad, anna, "still here")
    new = program.install()
    upgrade(bad)
    assert image(bad) == new
    echo(bad, anna, "and now")


def test_a_program_that_cannot_start(bad, program, users):
    """Good in its rehearsal, and gone when it counts."""
    anna, _ = users(bad)
    old = image(bad)
    program.install("#!/bin/sh\nrm -f %s\necho rehearsed 9.9\n"
                    % program.path)
    refused(bad, "cannot be executed")
    assert image(bad) == old
    echo(bad, anna, "still here")
    program.install()
    upgrade(bad)
    echo(bad, anna, "and now")


def test_a_program_that_cannot_go_on(bad, program, users):
    """Good in its rehearsal, and does not find what is handed over: the old
    program is executed again, whose file has no name any more."""
    anna, _ = users(bad)
    echo(bad, anna, "before")
    old, backends, absent = image(bad), bad.backends(), gone(anna)
    with open(SPECTRUM, "rb") as file:
        bytes_ = file.read()
    assert b"\0listener\0" in bytes_
    program.install(bytes_.replace(b"\0listener\0", b"\0listeneX\0"))
    for number in range(3):
        refused(bad, "control socket .* was not handed over")
        assert image(bad) == old and bad.backends() == backends
        echo(bad, anna, "still here %d" % number)
    assert "going back to the old program" in bad.read_log()
    with open("/proc/%d/comm" % bad.process.pid) as comm:
        assert comm.read() == "spectrum2\n"
    new = program.install()
    upgrade(bad)
    assert image(bad) == new and bad.backends() == backends
    echo(bad, anna, "and now")
    assert gone(anna) == absent
    assert len(re.findall(": (?:connected to|lost) ",
                          bad.read_log())) == 1


def test_a_bad_configuration(bad, users):
    anna, _ = users(bad)
    good = dict(bad.settings)
    for key, value, words, found in (
            # found: does the manager still find us by what is written there?
            ("service.users_per_backend", "many", "users_per_backend", True),
            ("service.jid", "other.localhost", "jid: has changed", False),
            ("service.pidfile", "/tmp/other.pid", "pidfile: has changed",
             False),
            ("database.type", "none", "type: has changed", True),
            ("service.backend", "/no/such/program", "cannot be executed",
             True),
            ("logging.file", "/nonexistent/log", "cannot be opened", True)):
        bad.settings[key] = value
        bad.write_config()
        if found:
            refused(bad, words)
        else:
            bad.process.signal(signal.SIGUSR2)
        bad.process.wait_log("not upgraded: .*" + words)
        bad.settings = dict(good)
        bad.write_config()
    echo(bad, anna, "still here")


def test_as_a_daemon(instances, program):
    """In the background, called by relative names from a directory that it has
    left since."""
    instance = instances("server_mode", start=False,
                         service__backend=BAD_BACKEND)
    instance.write_config()
    pidfile = instance.directory / "run" / (instance.jid + ".pid")
    where = instance.directory
    result = subprocess.run(
        [os.path.relpath(program.path, where),
         os.path.relpath(instance.config, where)],
        cwd=str(where), env={**os.environ, **make_environment(where)},
        timeout=20 * SLOWER)
    assert result.returncode == 0
    pid = int(pidfile.read_text())
    try:
        for _ in range(2):
            new = program.install()
            upgrade(instance)
            assert int(pidfile.read_text()) == pid
            assert os.stat("/proc/%d/exe" % pid).st_ino == new
        assert os.getsid(pid) == pid
    finally:
        assert instance.manager("stop", timeout=60).returncode == 0
    assert not alive(pid)


def test_a_bad_certificate(instances, program):
    """It would keep the old one from going on as well."""
    instance = instances("server_mode", start=False, tls=True,
                         service__backend=BAD_BACKEND)
    instance.program = program.path
    instance.start()
    path = str(instance.settings["service.cert"])
    with open(path, "rb") as file:
        good = file.read()
    with open(path, "wb") as file:
        file.write(b"rubbish")
    refused(instance, re.escape(path))
    with open(path, "wb") as file:
        file.write(good)
    port = instance.settings["service.port"]
    instance.settings["service.port"] = free_port()
    instance.write_config()
    refused(instance, "port: has changed")
    instance.settings["service.port"] = port
    instance.write_config()
    upgrade(instance)


def test_it_is_a_reload(bad, users):
    anna, _ = users(bad)
    bad.settings["identity.name"] = "Renamed"
    bad.write_config()
    upgrade(bad)
    query = anna.disco_info(bad.jid)
    assert [i for i in query.iter() if i.get("name") == "Renamed"]


def test_it_stays_alone(bad):
    """Lock, pidfile and control socket are where they were."""
    upgrade(bad)
    pidfile = bad.directory / "run" / (bad.jid + ".pid")
    assert int(pidfile.read_text()) == bad.process.pid
    assert bad.manager("status").returncode == 0
    code = os.spawnv(os.P_WAIT, SPECTRUM, [SPECTRUM, "-n", bad.config])
    assert code == 73
    assert bad.answer("status").startswith("Running")
    backends = bad.backends()
    bad.stop()
    assert not pidfile.exists()
    wait_for(lambda: not any(alive(pid) for pid in backends))


class Lingering:
    """The real program, that waits to be told when it counts, and not in its
    rehearsal, before it takes over; without children, which would not know
    those of the old one from their own."""

    def __init__(self, program, directory):
        self.inside, self.go = directory / "inside", directory / "go"
        self.rehearsed = directory / "rehearsed"
        program.install("""#!/bin/sh
if [ -e %(rehearsed)s ]; then
    : >%(inside)s
    until [ -e %(go)s ]; do :; done
fi
: >%(rehearsed)s
exec %(real)s "$@"
""" % {"rehearsed": self.rehearsed, "inside": self.inside, "go": self.go,
            "real": SPECTRUM})

    def begin(self, instance):
        """Nobody is at home when this returns."""
        for path in self.inside, self.go, self.rehearsed:
            path.unlink(missing_ok=True)
        self.before = instance.read_log().count("Upgraded to ")
        instance.process.signal(signal.SIGUSR2)
        wait_for(self.inside.exists, 10, "the successor to be executed")

    def end(self, instance):
        assert instance.read_log().count("Upgraded to ") == self.before
        self.go.touch()
        wait_for(lambda: instance.read_log().count("Upgraded to ") ==
                 self.before + 1, 10, "the upgrade to be done")


def test_told_to_end_at_any_time(bad):
    """SIGTERM before, in and after an upgrade: it is taken, once."""
    begin = time.monotonic()
    upgrade(bad)
    whole, inside = time.monotonic() - begin, 0
    for turn in range(45):
        if inside and turn >= 15:
            break
        log = len(bad.read_log())
        bad.process.signal(signal.SIGUSR2)
        time.sleep(whole * (turn % 15) / 12)
        early = "Upgraded to" not in bad.read_log()[log:]
        bad.process.signal(signal.SIGTERM)
        assert bad.process.wait(20) == 0
        text = bad.read_log()[log:]
        assert text.count("signal 15: stopping") == 1, text
        inside += early and "Upgraded to" in text
        bad.start()
    assert inside


def test_told_to_end_meanwhile(bad, program, tmp_path):
    """Signals are kept while nobody can take them."""
    lingering = Lingering(program, tmp_path)
    log = len(bad.read_log())
    lingering.begin(bad)
    bad.process.signal(signal.SIGTERM)
    lingering.end(bad)
    assert bad.process.wait(20) == 0
    assert re.search("Upgraded to .*signal 15: stopping",
                     bad.read_log()[log:], re.S)


def test_a_backend_that_dies_meanwhile(bad, program, tmp_path, users):
    """It is seen by the successor as by the old one."""
    anna, _ = users(bad)
    echo(bad, anna, "hello")
    lingering = Lingering(program, tmp_path)
    lingering.begin(bad)
    log = len(bad.read_log())
    victims = bad.backends()
    assert victims
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(alive(pid) for pid in victims), 5)
    lingering.end(bad)

    def served():
        try:
            return echo(bad, anna, "again", 2)
        except AssertionError:
            return None
    wait_for(served, 30)
    assert re.search("Upgraded to .*signal 9",
                     bad.read_log()[log:], re.S)
    assert not set(victims) & set(bad.backends())
    assert "signal 9" in bad.answer("crash_report")


@pytest.mark.slow
def test_a_backend_that_freezes_later(bad, users):
    """They are watched as before: a frozen one does not stay so."""
    anna, _ = users(bad)
    upgrade(bad)
    echo(bad, anna, "hello")
    for pid in bad.backends():
        os.kill(pid, signal.SIGSTOP)

    def served():
        try:
            return echo(bad, anna, "again", 2)
        except AssertionError:
            return None
    wait_for(served, 30)
