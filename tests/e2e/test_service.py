# SPDX-License-Identifier: GPL-2.0-or-later
"""An instance as a service: what systemd hears, how it ends, and what one that
did not end well leaves to the next."""
import os
import re
import select
import signal
import socket
import subprocess
import time

import pytest

from harness.instance import BAD_BACKEND, SPECTRUM
from harness.process import (SLOWER, alive, make_environment, stat_of,
                             wait_for)

BURIAL = 3      # seconds that an end may take beyond stop_timeout


class Systemd:
    """The socket of a service manager, and all that came through it."""

    def __init__(self, directory):
        self.path = str(directory / "notify")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.sock.setblocking(False)
        self.heard, self.ever = [], []

    def listen(self):
        while True:
            try:
                text = self.sock.recv(4096).decode()
                self.heard.append(text)
                self.ever.append(text)
            except BlockingIOError:
                return self.heard

    def expect(self, pattern, timeout=10):
        """The first that fits, and forget all up to it."""
        def found():
            for at, text in enumerate(self.listen()):
                if re.match(pattern, text):
                    del self.heard[:at + 1]
                    return text
            return None
        return wait_for(found, timeout, "systemd to hear " + pattern)

    def environment(self, watchdog=None):
        more = {"WATCHDOG_USEC": str(watchdog)} if watchdog else {}
        return {"NOTIFY_SOCKET": self.path, **more}


@pytest.fixture
def systemd(tmp_path):
    made = Systemd(tmp_path)
    yield made
    made.sock.close()


@pytest.fixture
def bad(instances):
    """One with a backend that does what it is told."""
    return instances("server_mode", service__backend=BAD_BACKEND,
                     service__stop_timeout=2)


def seconds_to_end(instance):
    begin = time.monotonic()
    assert instance.process.wait(30) == 0, instance.read_log()[-2000:]
    return time.monotonic() - begin


def freeze(pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


@pytest.mark.slow
def test_systemd_hears(instances, ngircd, clients, unique, systemd):
    instance = instances("server_mode", start=False,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    instance.environment = systemd.environment(watchdog=400000)
    begin = time.monotonic()
    instance.start()
    systemd.expect("READY=1$")
    systemd.expect("STATUS=0 users on [01] backends, listening for clients$")
    for _ in range(3):
        systemd.expect("WATCHDOG=1$")
    clients(instance, unique("anna"))
    systemd.expect("STATUS=1 users on 1 backends, listening for clients$", 20)
    instance.process.signal(signal.SIGHUP)
    systemd.expect(r"RELOADING=1\nMONOTONIC_USEC=\d+$")
    systemd.expect("READY=1$")
    instance.process.signal(signal.SIGTERM)
    systemd.expect("STOPPING=1$")
    systemd.expect("STATUS=stopping: ")
    assert instance.process.wait() == 0
    systemd.listen()
    # Half of what it allows, not more often; the status only when it changes.
    fed = systemd.ever.count("WATCHDOG=1")
    assert 3 <= fed <= (time.monotonic() - begin) / 0.2 + 1
    status = [text for text in systemd.ever if text.startswith("STATUS=")]
    assert not [text for text, next_ in zip(status, status[1:])
                if text == next_], status
    assert len(status) < 8, status


def test_a_hung_loop_is_seen(instances, systemd):
    """Nothing but the turning loop feeds the watchdog."""
    instance = instances("server_mode", start=False)
    instance.environment = systemd.environment(watchdog=200000)
    instance.start()
    systemd.expect("WATCHDOG=1$")
    os.kill(instance.process.pid, signal.SIGSTOP)
    wait_for(lambda: stat_of(instance.process.pid)[0] == "T", what="its stop")
    systemd.listen()
    systemd.heard.clear()
    assert not select.select([systemd.sock], [], [], 1)[0]
    os.kill(instance.process.pid, signal.SIGCONT)
    systemd.expect("WATCHDOG=1$")


def test_an_upgrade_is_heard(instances, systemd):
    """As a reload; and the successor goes on telling."""
    instance = instances("server_mode", start=False,
                         service__backend=BAD_BACKEND)
    instance.environment = systemd.environment(watchdog=400000)
    instance.start()
    systemd.expect("READY=1$")
    instance.process.signal(signal.SIGUSR2)
    systemd.expect(r"RELOADING=1\nMONOTONIC_USEC=\d+$")
    systemd.expect("READY=1$")
    systemd.expect("STATUS=0 users on 1 backends, listening for clients$")
    for _ in range(3):
        systemd.expect("WATCHDOG=1$")
    instance.process.wait_log("Upgraded to ")


def test_the_watchdog_of_another(instances, systemd):
    """What systemd said to another process is not for us."""
    instance = instances("server_mode", start=False)
    instance.environment = {**systemd.environment(watchdog=100000),
                            "WATCHDOG_PID": "1"}
    instance.start()
    systemd.expect("READY=1$")
    instance.stop()
    assert "WATCHDOG=1" not in systemd.listen()


def test_link_state(instances, own_prosody, gateway_name):
    instance = instances("gateway", gateway_name + ".xmpp.test", own_prosody,
                         service__backend=BAD_BACKEND)
    wait_for(lambda: "XMPP link up" in instance.answer("status"))
    own_prosody.stop()
    wait_for(lambda: "XMPP link down" in instance.answer("status"))
    assert instance.answer("status").startswith("Running (0 users connected "
                                                "using 1 backends)")


def test_stop_with_a_frozen_backend(bad, clients, unique):
    anna = clients(bad, unique("anna"))
    anna.message("echo@localhost", "hello")
    anna.expect_body("hello")
    backends = bad.backends()
    freeze(backends)
    bad.process.signal(signal.SIGTERM)
    wait_for(lambda: bad.ask("status").stdout.startswith("Stopping ("))
    assert seconds_to_end(bad) < (2 + BURIAL) * SLOWER
    assert not any(alive(pid) for pid in backends)


def test_a_second_signal_hurries(instances):
    instance = instances("server_mode", service__backend=BAD_BACKEND,
                         service__stop_timeout=60)
    backends = instance.backends()
    freeze(backends)
    instance.process.signal(signal.SIGTERM)
    wait_for(lambda: instance.ask("status").stdout.startswith("Stopping ("))
    assert "letting nobody in" in instance.answer("status")
    # Questions are answered, nothing is begun.
    assert instance.answer("online_users_count") == "0"
    for words in (["reload"], ["set", "reload"], ["restart_backends"],
                  ["register", "a@localhost", "a", "b"], ["upgrade"]):
        result = instance.ask(*words)
        assert result.returncode == 1, words
        assert "the instance is stopping" in result.stderr
    instance.process.signal(signal.SIGTERM)
    assert seconds_to_end(instance) < 2 * SLOWER
    wait_for(lambda: not any(alive(pid) for pid in backends), 5)
    log = instance.read_log()
    assert " localhost: signal 15: stopping, without waiting for anybody\n" \
        in log
    assert " localhost: stopped\n" in log


def test_stop_with_a_frozen_server(instances, own_prosody, gateway_name):
    instance = instances("gateway", gateway_name + ".xmpp.test", own_prosody,
                         service__backend=BAD_BACKEND,
                         service__stop_timeout=2)
    wait_for(lambda: "XMPP link up" in instance.answer("status"))
    freeze([own_prosody.process.pid])
    try:
        instance.process.signal(signal.SIGTERM)
        assert seconds_to_end(instance) < (2 + BURIAL) * SLOWER
    finally:
        os.kill(own_prosody.process.pid, signal.SIGCONT)


def test_users_are_told(bad, clients, unique):
    anna = clients(bad, unique("anna"))
    anna.message("echo@localhost", "hello")
    anna.expect_body("hello")
    freeze(bad.backends())
    bad.process.signal(signal.SIGTERM)
    anna.expect("presence", type="unavailable")
    # What is said now is not taken silently.
    anna.message("echo@localhost", "too late")
    anna.expect("message", type="error")
    assert bad.process.wait() == 0


def test_a_killed_one_leaves_no_hindrance(bad):
    """Its pidfile and its socket are still there."""
    backends = bad.backends()
    pidfile = bad.directory / "run" / "localhost.pid"
    bad.kill()
    assert pidfile.exists() and pidfile.with_suffix(".sock").exists()
    assert bad.manager("status").returncode == 3
    wait_for(lambda: not any(alive(pid) for pid in backends))
    bad.start()
    assert int(pidfile.read_text()) == bad.process.pid


def run_another(instance, *options):
    return subprocess.run(
        [SPECTRUM, "-n", *options, instance.config], capture_output=True,
        text=True, timeout=20 * SLOWER, cwd=str(instance.directory),
        env={**os.environ, **make_environment(instance.directory)})


def test_a_second_one_is_refused(bad):
    """And does no harm to the first."""
    pidfile = bad.directory / "run" / "localhost.pid"
    result = run_another(bad)
    assert result.returncode == 73
    assert "already running as process %d" % bad.process.pid in result.stderr
    assert int(pidfile.read_text()) == bad.process.pid
    assert bad.answer("status").startswith("Running")


def test_a_failed_start_leaves_nothing(instances):
    """The port is taken: that shows when most of the start is over."""
    instance = instances("server_mode", start=False,
                         service__backend=BAD_BACKEND)
    instance.write_config()
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", instance.port))
        sock.listen()
        result = run_another(instance)
    assert result.returncode == 78
    assert str(instance.port) in result.stderr
    assert instance.manager("status").returncode == 3
    run = instance.directory / "run"
    assert not [path for path in run.iterdir() if path.suffix == ".sock"]
    instance.start()
    assert instance.answer("status").startswith("Running")


def test_a_start_as_daemon_tells(instances):
    """Who starts it in the background has the exit code of the start."""
    instance = instances("server_mode", start=False,
                         service__backend=BAD_BACKEND)
    instance.write_config()
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", instance.port))
        sock.listen()
        result = instance.manager("start")
    assert result.returncode == 78, result
    assert str(instance.port) in result.stderr
