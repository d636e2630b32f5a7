# SPDX-License-Identifier: GPL-2.0-or-later
"""The load, a hold on a backend, and what a process uses."""
import os
import signal
import subprocess
import threading
import time

from harness.instance import BUILD
from harness.process import LIBC, die_with_us

PTRACE_ATTACH, PTRACE_DETACH = 16, 17


def count_fds(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def private(pid):
    """Megabytes of its own."""
    with open("/proc/%d/smaps_rollup" % pid) as text:
        return sum(int(line.split()[1]) for line in text
                   if line.startswith("Private_")) / 1024


class Load:
    """The program that is all users, and people on IRC."""

    def __init__(self, directory, prosody, ngircd, gateway, options):
        self.errors = open(directory / "load.log", "w")
        self.popen = subprocess.Popen(
            [BUILD + "/chaos/load", str(prosody.port), str(ngircd.port),
             str(options.users), str(options.peers), prosody.domain, gateway,
             str(directory), str(options.rate), str(options.seed)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=self.errors, preexec_fn=die_with_us)
        self.lock = threading.Lock()

    def tell(self, line):
        with self.lock:
            self.popen.stdin.write(line + "\n")
            self.popen.stdin.flush()

    def struck(self, what, begin, end=None):
        """Before the ledger judges: what may be missing for that."""
        self.tell("struck %s %.4f %.4f" % (what, begin, end or begin))

    def status(self):
        with self.lock:
            self.popen.stdin.write("status\n")
            self.popen.stdin.flush()
            words = self.popen.stdout.readline().split()
        found = dict(zip(words[2::2], words[3::2]))
        # "sent" has two numbers
        at = words.index("sent")
        rest = dict(zip(words[at + 3::2], words[at + 4::2]))
        return {**{k: float(v) for k, v in found.items()
                   if k in ("clients", "settled", "peers", "seen")},
                **{k: float(v) for k, v in rest.items()},
                "sent": (int(words[at + 1]), int(words[at + 2]))}

    def report(self):
        """({way: {word: count}}, {way: latencies}, lines about messages
        that are not as they should be)"""
        self.tell("report")
        ways, latencies, faults = {}, {}, []
        for line in self.popen.stdout:
            words = line.split()
            if words[0] == "end":
                break
            if words[0] == "way":
                ways[int(words[1])] = dict(
                    zip(words[2::2], map(int, words[3::2])))
            elif words[0] == "latency":
                latencies[int(words[1])] = words[2:]
            elif words[0] in ("missing", "doubled", "lied"):
                faults.append(line.strip())
        return ways, latencies, faults

    def close(self):
        try:
            self.tell("quit")
            self.popen.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self.popen.kill()
            self.popen.wait()


class Hold(threading.Thread):
    """On a process, as a debugger has it: nothing wakes it, and only SIGKILL
    ends it.  Whoever holds has to be one and the same thread."""

    def __init__(self, pid, longest):
        super().__init__(daemon=True)
        self.pid, self.longest = pid, longest
        self.begin, self.died = time.monotonic(), None
        self.start()

    def run(self):
        if LIBC.ptrace(PTRACE_ATTACH, self.pid, None, None) != 0:
            return
        while time.monotonic() < self.begin + self.longest:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid and (os.WIFSIGNALED(status) or os.WIFEXITED(status)):
                self.died = time.monotonic()
                return
            time.sleep(0.005)
        LIBC.ptrace(PTRACE_DETACH, self.pid, None, None)
        os.kill(self.pid, signal.SIGKILL)
