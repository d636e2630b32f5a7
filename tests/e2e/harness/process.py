# SPDX-License-Identifier: GPL-2.0-or-later
"""Start a program, wait for what it does, and leave nothing of it behind."""
import ctypes
import itertools
import os
import random
import re
import resource
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None, use_errno=True)

# Names of children that died before their parent did: what init would reap
# comes to us, so that a left-over process cannot hide.
LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

# inspircd crashes when it is stopped; nobody wants the core files.
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

# A sanitized program is many times slower, and shares two cores.
SANITIZED = "sanitize" in os.environ.get("B", "")
SLOWER = 3 if SANITIZED else 1


def wait_for(condition, timeout=10, what=None):
    """Poll until condition() is true; return what it returned."""
    end = time.monotonic() + timeout * SLOWER
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("waited %g s for %s" % (
                timeout * SLOWER, what or condition.__name__))
        time.sleep(0.01)


# Ports that nobody is given by the kernel, and of those a range for each worker
# of pytest-xdist: what is free now is so when a server binds it.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
PORTS = itertools.cycle(random.sample(range(10000 + 2500 * (WORKER % 8),
                                            12500 + 2500 * (WORKER % 8)),
                                      2500))


def free_port():
    for port in PORTS:
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def free_ports(number):
    return [free_port() for _ in range(number)]


def listening(port):
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def stat_of(pid):
    """(state, parent, cpu seconds) of a process, or None."""
    try:
        with open("/proc/%d/stat" % pid) as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    ticks = int(fields[11]) + int(fields[12])
    return fields[0], int(fields[1]), ticks / os.sysconf("SC_CLK_TCK")


def descendants(pid):
    """Live processes below pid, not pid itself."""
    children = {}
    for name in os.listdir("/proc"):
        stat = stat_of(int(name)) if name.isdigit() else None
        if stat and stat[0] not in "ZX":
            children.setdefault(stat[1], []).append(int(name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def command_of(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as line:
            return line.read().replace(b"\0", b" ").decode().strip()
    except OSError:
        return ""


def alive(pid):
    stat = stat_of(pid)
    return bool(stat) and stat[0] not in "ZX"


def make_environment(directory):
    """For a sanitized program: its reports as files, should its standard
    error go elsewhere; for any other it means nothing."""
    path = "log_path=%s/sanitizer" % directory
    return {"ASAN_OPTIONS": path, "UBSAN_OPTIONS":
            path + ":print_stacktrace=1"}


def die_with_us():
    """In the child: should pytest be killed, nothing it started stays."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A program in the foreground, in a session of its own, with a log."""

    everyone = []       # running, or not yet stopped
    logs = []           # (name, path) of all since the last test began

    def __init__(self, name, command, log, env=None, **popen):
        self.name, self.log = name, str(log)
        self.known = set()
        output = open(self.log, "ab")
        self.popen = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, preexec_fn=die_with_us,
            env={**os.environ, **(env or {})}, **popen)
        output.close()
        self.pid = self.popen.pid
        Process.everyone.append(self)
        Process.logs.append((name, self.log))

    def running(self):
        return self.popen.poll() is None

    def children(self):
        found = descendants(self.pid)
        self.known.update(found)
        return found

    def read_log(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def wait_log(self, pattern, timeout=15):
        def found():
            hit = re.search(pattern, self.read_log())
            assert hit or self.running(), "%s exited with %s:\n%s" % (
                self.name, self.popen.returncode, self.read_log()[-2000:])
            return hit
        return wait_for(found, timeout, "/%s/ in the log of %s"
                        % (pattern, self.name))

    def wait_port(self, port, timeout=30):
        def ready():
            assert self.running(), "%s exited with %s:\n%s" % (
                self.name, self.popen.returncode, self.read_log()[-2000:])
            return listening(port)
        wait_for(ready, timeout, "%s to listen on %d" % (self.name, port))

    def signal(self, number):
        self.children()
        self.popen.send_signal(number)

    def wait(self, timeout=10):
        """Exit code, negative for a signal."""
        try:
            return self.popen.wait(timeout * SLOWER)
        except subprocess.TimeoutExpired:
            raise AssertionError("%s (pid %d) still runs after %g s"
                                 % (self.name, self.pid, timeout * SLOWER))

    def left(self):
        """Processes it once had that are still there."""
        return [pid for pid in self.known if alive(pid)]

    def stop(self, timeout=15):
        """SIGTERM, then SIGKILL for whatever is left.  Returns the exit
        code."""
        self.children()
        if self.running():
            self.popen.terminate()
            try:
                self.popen.wait(timeout * SLOWER)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        for pid in self.left():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self in Process.everyone:
            Process.everyone.remove(self)
        reap()
        return self.popen.returncode


def reap():
    """Take away the orphans that became ours; Popen objects keep theirs."""
    ours = {process.pid for process in Process.everyone}
    for pid in os.listdir("/proc"):
        stat = stat_of(int(pid)) if pid.isdigit() else None
        if stat and stat[0] == "Z" and stat[1] == os.getpid() and \
                int(pid) not in ours:
            try:
                os.waitpid(int(pid), os.WNOHANG)
            except ChildProcessError:
                pass
