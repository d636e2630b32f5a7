# SPDX-License-Identifier: GPL-2.0-or-later
"""What the README promises: run.sh, install and uninstall."""
import os
import signal
import subprocess

import pytest

from harness.instance import BUILD, ROOT
from harness.process import (Process, alive, free_port, listening,
                             make_environment, wait_for)
from harness.xmpp import Client


@pytest.fixture
def run_sh(tmp_path):
    """run.sh on a free port; stopped at the end."""
    started = []

    def start(port, **environment):
        env = {"B": BUILD, "PORT": str(port), "STATE": str(tmp_path / "run"),
               **make_environment(tmp_path), **environment}
        process = Process("run.sh", [ROOT + "/examples/run.sh"],
                          tmp_path / "run.log", env=env)
        started.append(process)
        return process
    yield start
    for process in started:
        process.stop()


def test_run(run_sh, ngircd, irc, unique, tmp_path):
    """It says how to log in, that is true, and Ctrl-C stops everything."""
    port, carl, channel = free_port(), irc(unique("carl")), "#run"
    carl.join(channel)
    process = run_sh(port, IRC_SERVER="127.0.0.1:%d" % ngircd.port)
    text = process.wait_log(r"(?s)JID +(\S+).*port +%d.*(#\S+)@localhost"
                            % port, 30)
    assert text
    nick = unique("anna")
    anna = Client(nick + "@localhost", "any", port, tls="starttls").login()
    anna.join(channel + "@localhost", nick)
    carl.say(channel, "it runs")
    anna.expect_body("it runs")
    children = process.children()
    assert children
    anna.close()
    # Ctrl-C reaches the whole foreground group.
    os.killpg(process.pid, signal.SIGINT)
    process.wait(20)
    wait_for(lambda: not any(alive(pid) for pid in children), 5)
    for name in os.listdir(tmp_path / "run"):
        mode = os.stat(tmp_path / "run" / name).st_mode
        assert not mode & 0o007, name


def test_run_again(run_sh, ngircd):
    """The state directory may be there already."""
    port = free_port()
    for _ in range(2):
        process = run_sh(port, IRC_SERVER="127.0.0.1:%d" % ngircd.port)
        process.wait_port(port)
        process.stop()
        wait_for(lambda: not listening(port), 5)


def test_run_with_taken_port(run_sh, ngircd):
    process = run_sh(ngircd.port)
    assert process.wait(10) != 0
    assert "port %d is taken" % ngircd.port in process.read_log()
    assert "PORT=" in process.read_log()


def test_install(tmp_path):
    env = {**os.environ, "B": BUILD, "DESTDIR": str(tmp_path),
           "BINDIR": "/usr/bin", "LIBEXECDIR": "/usr/libexec",
           "MANDIR": "/usr/share/man", "SYSCONFDIR": "/etc",
           "BACKENDS": "spectrum2_irc_backend",
           "ALIASES": "libcommuni:irc libpurple:purple swiften:xmpp"}

    def make(what):
        subprocess.run([ROOT + "/scripts/install.sh", what], env=env,
                       check=True, capture_output=True)
    make("install")
    for name in "spectrum2", "spectrum2_manager":
        assert os.access(tmp_path / "usr/bin" / name, os.X_OK)
    backend = tmp_path / "usr/libexec/spectrum2_irc_backend"
    assert os.access(backend, os.X_OK)
    old = "spectrum2_libcommuni_backend"
    assert (tmp_path / "usr/libexec" / old).resolve() == backend
    assert os.readlink(tmp_path / "usr/bin" / old) == \
        "/usr/libexec/spectrum2_irc_backend"
    for unbuilt in "libpurple", "swiften":
        assert not os.path.lexists(
            tmp_path / ("usr/bin/spectrum2_%s_backend" % unbuilt))
    config = tmp_path / "etc/spectrum2/transports/irc.cfg"
    config.write_text("mine")
    examples = list((tmp_path / "etc").rglob("*.cfg*"))
    for path in examples:
        path.write_text("mine")
    make("install")
    for path in examples:
        assert path.read_text() == "mine"
    make("uninstall")
    left = [path for path in tmp_path.rglob("*") if not path.is_dir()]
    assert sorted(left) == sorted(examples), left
