# SPDX-License-Identifier: GPL-2.0-or-later
"""spectrum2_manager: what it says, how it exits, and that it never hangs."""
import os
import re
import signal
import stat
import time

import pytest

from harness.instance import MANAGER, run_manager
from harness.process import SLOWER, Process, alive, wait_for


@pytest.fixture
def running(irc_server_mode):
    return irc_server_mode


def test_usage(tmp_path):
    (tmp_path / "transports").mkdir()
    result = run_manager(tmp_path)
    assert result.returncode == 1 and "COMMAND" in (result.stdout +
                                                    result.stderr).upper()
    assert run_manager(tmp_path, "--no-such-option").returncode == 2


def test_missing_config(tmp_path):
    (tmp_path / "spectrum_manager.cfg").write_text(
        "[service]\nconfig_directory = %s/none/\n" % tmp_path)
    assert run_manager(tmp_path, "list").returncode == 6
    (tmp_path / "spectrum_manager.cfg").write_text("no section\n= what?\n")
    result = run_manager(tmp_path, "list")
    assert result.returncode == 4 and result.stderr


def test_list_and_status(running):
    assert running.manager("list").stdout == "localhost\n"
    result = running.manager("status")
    assert result.returncode == 0
    assert "localhost Running" in result.stdout
    assert running.config in result.stdout


def test_status_of_stopped(running):
    running.stop()
    result = running.manager("status")
    assert result.returncode == 3 and "localhost Stopped" in result.stdout
    begin = time.monotonic()
    result = running.ask("status")
    assert result.returncode != 0
    assert result.stdout + result.stderr
    assert time.monotonic() - begin < 10 * SLOWER


def test_unknown_jid(running):
    result = running.manager("nobody.example", "status")
    assert result.returncode != 0
    assert "nobody.example" in result.stdout + result.stderr


def refused(instance, words, *command):
    result = instance.ask(*command)
    assert result.returncode == 1 and not result.stdout, result
    # The manager itself may have a word about the file before.
    assert re.search("(?m)^Error: ", result.stderr), result
    assert words in result.stderr


def test_queries(running, clients, unique):
    assert running.answer("status").startswith("Running (0 users")
    assert running.answer("uptime").isdigit()
    assert running.answer("online_users_count") == "0"
    name = unique("anna")
    clients(running, name)
    jid = name + "@localhost"
    assert running.answer("online_users_count") == "1"
    assert jid in running.answer("online_users")
    assert running.answer("has_online_user", jid) == "1"
    assert running.answer("has_online_user", "x" + jid) == "0"
    assert running.answer("status").startswith("Running (1 users connected "
                                               "using ")
    count = int(running.answer("backends_count"))
    assert count >= 1
    listed = running.answer("backends")
    for pid in running.backends():
        assert str(pid) in listed
    assert running.answer("crashed_backends_count") == "0"
    assert "status" in running.answer("help")
    for name in ("messages_from_xmpp", "messages_to_xmpp", "used_memory",
                 "average_memory_per_user", "res_memory", "shr_memory"):
        assert running.answer(name).isdigit(), name
    refused(running, "Unknown variable or command", "no_such_command")


def test_crashed_backends(running):
    victim = running.backends()[0]
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: running.answer("crashed_backends_count") == "1", 20)
    assert running.answer("crashed_backends")
    wait_for(running.backends, 20)


def test_restart_backend(running, clients, irc, unique):
    nick, carl = unique("anna"), irc(unique("carl"))
    anna = clients(running, nick)
    anna.message(carl.nick + "@localhost", "before")
    carl.expect(":before")
    old = set(running.backends())
    listed = running.answer("backends")
    ident = listed.split()[0].rstrip(":")
    result = running.ask("restart_backend", ident)
    assert result.returncode == 0 and "Error" not in result.stdout, listed
    wait_for(lambda: set(running.backends()) != old, 20)
    refused(running, "", "restart_backend", "99999")

    def served():
        anna.message(carl.nick + "@localhost", "after")
        try:
            return carl.expect(":after", 2)
        except AssertionError:
            return None
    wait_for(served, 20)


def test_register_and_unregister(instances, prosody, ngircd, gateway_name):
    instance = instances("gateway", gateway_name + ".xmpp.test", prosody,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    user = "someone@xmpp.test"
    assert instance.answer("register", user, "nick", "pw") == \
        "User registered"
    refused(instance, "already registered", "register", user, "nick", "pw")
    refused(instance, "missing", "register", user)
    assert "unregistered" in instance.answer("unregister", user)
    refused(instance, "not registered", "unregister", user)


def test_reload(running):
    running.settings["identity.name"] = "Renamed"
    running.write_config()
    assert running.answer("reload") == "Config reloaded"
    running.settings["service.users_per_backend"] = "many"
    running.write_config()
    refused(running, "users_per_backend", "reload")
    result = running.manager("reload")
    assert result.returncode == 1 and "users_per_backend" in result.stderr
    running.settings["service.users_per_backend"] = "10"
    running.write_config()
    assert running.manager("reload").stdout == "Config reloaded\n"
    assert running.answer("status").startswith("Running")


def test_reload_shows(running, clients, unique):
    anna = clients(running, unique("anna"))
    running.settings["identity.name"] = "Renamed"
    running.write_config()
    running.answer("reload")
    query = anna.disco_info("localhost")
    assert [i for i in query.iter() if i.get("name") == "Renamed"]


def start_trace(instance, *words):
    """A manager that prints as it goes; its output is a log."""
    log = instance.directory / ("trace%d" % len(words))
    process = Process("trace", [
        MANAGER, "-c", str(instance.directory / "spectrum_manager.cfg"),
        instance.jid, "trace", *words], log)
    process.wait_log("^tracing")
    return process


def test_trace(running, clients, irc, unique):
    """Lines as they come, bodies only for who wants them."""
    anna, carl = clients(running, unique("anna")), irc(unique("carl"))
    quiet = start_trace(running, anna.bare)
    loud = start_trace(running, anna.bare, "bodies")
    anna.message(carl.nick + "@localhost", "between us")
    carl.expect(":between us")
    loud.wait_log("between us")
    quiet.wait_log("<message .*%s@localhost" % carl.nick)
    assert "between us" not in quiet.read_log()
    # Ctrl-C; nobody else sees a difference.
    quiet.signal(signal.SIGTERM)
    assert quiet.wait() == -signal.SIGTERM
    quiet.stop()
    anna.message(carl.nick + "@localhost", "once more")
    loud.wait_log("once more")
    # It ends with the instance.
    running.stop()
    assert loud.wait() == 0
    assert "the instance ends" in loud.read_log()
    loud.stop()


def test_trace_of_nobody(running):
    refused(running, "", "trace")
    refused(running, "bodies", "trace", "anna@localhost", "feet")


def test_help_is_whole(running):
    text = running.answer("help")
    for name in ("status", "upgrade", "trace USER", "restart_backends"):
        assert name in text


def test_control_socket_is_private(running):
    sockets = [path for path in running.directory.rglob("*")
               if stat.S_ISSOCK(path.lstat().st_mode)]
    assert sockets
    for path in sockets:
        assert not path.stat().st_mode & stat.S_IRWXO, path


def test_other_users_may_not_ask(running):
    """A process of another user gets no answer (as root only)."""
    if os.getuid() != 0:
        pytest.skip("needs root")
    path = next(path for path in running.directory.rglob("*")
                if stat.S_ISSOCK(path.lstat().st_mode))
    os.chmod(path, 0o777)
    for parent in list(path.parents)[:-2]:
        os.chmod(parent, os.stat(parent).st_mode | 0o011)
    import socket
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(5)
            sock.connect(str(path))
            sock.sendall(b"status\n")
            os.write(writer, b"got:" + sock.recv(4096))
        except OSError as problem:
            os.write(writer, b"got:" if isinstance(
                problem, (ConnectionError, PermissionError,
                          socket.timeout)) else str(problem).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    answer = os.read(reader, 4096)
    os.close(reader)
    assert answer == b"got:" or b"Running" not in answer, answer


@pytest.mark.slow
def test_hung_instance_does_not_hang_the_manager(running):
    running.process.popen.send_signal(signal.SIGSTOP)
    try:
        begin = time.monotonic()
        result = running.ask("status", timeout=90)
        assert result.returncode != 0
        assert time.monotonic() - begin < 60 * SLOWER
        assert result.stdout + result.stderr
    finally:
        running.process.popen.send_signal(signal.SIGCONT)
    wait_for(lambda: running.ask("status").returncode == 0, 20)


def ended(*pids):
    """Soon: the last that a process does under a sanitizer is to search for
    leaks."""
    wait_for(lambda: not any(alive(pid) for pid in pids if pid), 20)


@pytest.mark.timeout(180)
def test_start_stop_restart(instances, ngircd):
    """Two instances as daemons, by the manager alone."""
    one = instances("server_mode", "one.localhost", start=False,
                    service__irc_server="127.0.0.1:%d" % ngircd.port)
    one.write_config()
    two = instances("server_mode", "two.localhost", start=False,
                    service__irc_server="127.0.0.1:%d" % ngircd.port)
    two.config = str(one.directory / "transports" / "two.localhost.cfg")
    two.write_config()
    (one.directory / "transports" / "notes.txt").write_text("not a config")

    def pid_of(instance):
        path = instance.directory / "run" / (instance.jid + ".pid")
        return int(path.read_text()) if path.exists() else 0
    try:
        result = one.manager("start", timeout=60)
        assert result.returncode == 0, result
        assert one.manager("status").returncode == 0
        pids = [pid_of(one), pid_of(two)]
        assert all(alive(pid) for pid in pids)
        assert one.manager("start").returncode == 0
        assert [pid_of(one), pid_of(two)] == pids
        result = one.manager("two.localhost", "stop", timeout=60)
        assert result.returncode == 0, result
        ended(pids[1])
        assert alive(pids[0])
        result = one.manager("status")
        assert result.returncode == 3
        assert "two.localhost Stopped" in result.stdout
        assert one.manager("two.localhost", "start",
                           timeout=60).returncode == 0
        assert alive(pid_of(two))
        result = one.manager("restart", timeout=60)
        assert result.returncode == 0, result
        ended(pids[0])
        assert alive(pid_of(one))
        assert one.manager("nobody.localhost", "start").returncode != 0
    finally:
        pids = [pid_of(one), pid_of(two)]
        result = one.manager("stop", timeout=60)
    assert result.returncode == 0
    ended(*pids)
