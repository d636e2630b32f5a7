# SPDX-License-Identifier: GPL-2.0-or-later
"""Configuration files: old ones work, wrong ones are explained."""
import os
import sqlite3
import subprocess

import pytest

from harness.instance import BUILD, IRC_BACKEND, SPECTRUM
from harness.old_database import old_database
from harness.process import SLOWER, free_port, make_environment, wait_for


def run(directory, *arguments):
    return subprocess.run(
        [SPECTRUM, *arguments], stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=20 * SLOWER, cwd=str(directory),
        env={"PATH": "/usr/bin:/bin", **make_environment(directory)})


GOOD = """[service]
jid = irc.example.org
password = secret
server = 127.0.0.1
port = 5347
backend_host = localhost
users_per_backend = 10
backend = %s
irc_server = irc.example.net
working_dir = %s/work

[database]
type = sqlite3
database = %s/db.sql
"""


@pytest.fixture
def write(tmp_path):
    def make(text):
        path = tmp_path / "irc.cfg"
        path.write_text(text)
        return path
    return make


@pytest.fixture
def good(tmp_path):
    return GOOD % (IRC_BACKEND, tmp_path, tmp_path)


def test_good_file(write, good, tmp_path):
    result = run(tmp_path, "--check-config", str(write(good)))
    assert result.returncode == 0, result


@pytest.mark.parametrize("line, word", [
    ("port = many", "port"),
    ("port = 70000", "port"),
    ("users_per_backend = 0", "users_per_backend"),
    ("server_mode = maybe", "server_mode"),
    ("jid = @@@", "jid"),
    ("port = 5347\nport = 5348", "port"),
    ("no equals sign here", "="),
])
def test_bad_line(write, good, tmp_path, line, word):
    """File, line, key and what would be right; exit code 78."""
    head = good.partition("[database]")[0]
    if not line.startswith("no "):
        key = line.split()[0]
        head = "\n".join(old for old in head.splitlines()
                         if not old.startswith(key + " ")) + "\n"
    path = write(head.rstrip() + "\n" + line + "\n")
    number = len(path.read_text().splitlines())
    for arguments in (["--check-config", str(path)], ["-n", str(path)]):
        result = run(tmp_path, *arguments)
        text = result.stdout + result.stderr
        assert result.returncode == 78, result
        assert "irc.cfg:%d" % number in text, text
        assert word in text, text
        assert len(text.strip().splitlines()) <= 2, text


@pytest.mark.parametrize("command, words", [
    ("no_such_program --x", "no program \"no_such_program\""),
    ("/no/such/program", "No such file"),
    ("./irc.cfg", "No such file"),          # not in working_dir
    ("/usr", "Permission denied"),
    ("'cat", "a quote is not closed"),
    ("/usr/lib/spectrum2_swiften_backend", "spectrum2_xmpp_backend serves"),
    ("spectrum2_frotz_backend", "this version has none"),
    ("cat -u", None), ("spectrum2 --x", None), ("env A=b cat", None),
])
def test_the_program(write, good, tmp_path, command, words):
    """Only asked here and in rehearsals: it may come later."""
    path = write(good.replace(IRC_BACKEND, command))
    result = run(tmp_path, "--check-config", str(path))
    if words is None:
        assert result.returncode == 0, result
        return
    assert result.returncode == 78, result
    assert "irc.cfg:8: [service] backend: " in result.stderr, result
    assert words in result.stderr, result


def test_missing_file(tmp_path):
    result = run(tmp_path, "-n", "/no/such/file.cfg")
    assert result.returncode not in (0, -6, -11)
    assert "/no/such/file.cfg" in result.stderr + result.stdout


def test_missing_jid(write, good, tmp_path):
    path = write(good.replace("jid = irc.example.org\n", ""))
    result = run(tmp_path, "--check-config", str(path))
    assert result.returncode == 78 and "jid" in result.stderr + result.stdout


def test_typo_is_seen(write, good, tmp_path):
    """An unknown key belongs to the backend, but one that is nearly a known
    one is worth a word."""
    path = write(good.replace("users_per_backend", "user_per_backend"))
    result = run(tmp_path, "--check-config", str(path))
    assert result.returncode == 0
    assert "users_per_backend" in result.stdout + result.stderr


def test_options(tmp_path):
    result = run(tmp_path, "--version")
    assert result.returncode == 0 and result.stdout.strip()
    result = run(tmp_path, "--help")
    assert "--check-config" in result.stdout + result.stderr
    assert run(tmp_path, "--no-such-option").returncode not in (0, 78)


def test_overrides(write, good, tmp_path):
    path = str(write(good))
    result = run(tmp_path, "--service.port=nonsense", "--check-config", path)
    assert result.returncode == 78 and "port" in result.stderr + result.stdout
    result = run(tmp_path, "--service.port=15347", "--check-config", path)
    assert result.returncode == 0, result
    result = run(tmp_path, "-j", "other.example", "--check-config", path)
    assert result.returncode == 0, result


@pytest.mark.parametrize("backend, section, key, value, right", [
    ("irc", "service", "irc_sasl", "yes", "want auto"),
    ("xmpp", "xmpp", "tls", "maybe", "must be required, direct or off"),
    ("twitter", "twitter", "poll_idle", "0", "must be a second at least"),
    ("purple", "purple", "plugins", "none-such", "is not installed"),
])
def test_settings_of_backends(instances, backend, section, key, value, right):
    """They are found wrong later, and explained as well: in the log, and to
    the admin who asks."""
    program = "%s/bin/spectrum2_%s_backend" % (BUILD, backend)
    if not os.path.exists(program):
        pytest.skip("this build is without it")
    instance = instances("server_mode", start=False, **{
        "service__backend": program, "service__protocol": "any",
        "service__irc_frob": 1, "%s__%s" % (section, key): value})
    instance.launch()

    def place(name):
        lines = open(instance.config).read().splitlines()
        number, = (n for n, line in enumerate(lines, 1)
                   if line.startswith(name + " ="))
        return "%s:%d: [%s] %s" % (instance.config, number, section, name)
    wait_for(lambda: "did not start" in instance.read_log(), 20)
    line, = [line for line in instance.read_log().splitlines()
             if "did not start" in line][:1]
    assert place(key) in line and right in line, line
    assert place(key) in instance.answer("crash_report")
    if backend == "irc":
        assert place("irc_frob") + ": there is no" in instance.read_log()


def test_taken_port(instances, irc_server_mode):
    """Said in words, exit code not 0, no endless loop."""
    other = instances("server_mode", "other.localhost", start=False,
                      service__port=irc_server_mode.port)
    process = other.launch()
    code = process.wait(20)
    assert code != 0
    assert str(irc_server_mode.port) in other.read_log()


def test_second_start_of_the_same(instances, irc_server_mode):
    """The pidfile's lock: the first goes on, the second says why not."""
    first = irc_server_mode
    second = instances("server_mode", start=False)
    second.settings.update(first.settings)
    second.settings["service.port"] = free_port()
    process = second.launch()
    assert process.wait(20) != 0
    assert str(first.process.pid) in second.read_log()
    assert first.ask("status").returncode == 0


def test_database_of_the_old_program(instances, prosody, ngircd, irc,
                                     accounts, gateway_name, unique):
    """A database that the C++ program made: its user logs in without
    registering again."""
    jid = gateway_name + ".xmpp.test"
    instance = instances("gateway", jid, prosody, start=False,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    anna, nick, carl = accounts(prosody, "anna"), unique("old"), irc(
        unique("carl"))
    old_database(instance, (anna.bare, nick, "plain"))
    instance.start()
    anna.send("<presence to='%s'/>" % jid)
    anna.expect("presence", from_=jid, type="", timeout=30)
    anna.message("%s@%s" % (carl.nick, jid), "still me")
    carl.expect("^:%s!.* PRIVMSG %s :still me" % (nick, carl.nick))
    instance.stop()
    base = sqlite3.connect(str(instance.directory / "database.sql"))
    uin, password = base.execute("SELECT uin, password FROM users").fetchone()
    assert uin == nick and password != "plain"
