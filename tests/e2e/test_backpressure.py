# SPDX-License-Identifier: GPL-2.0-or-later
"""A backend that stops reading: memory stays bounded, others notice nothing."""
import os
import re
import subprocess
import sys
import threading
import time

import pytest

from harness.instance import BAD_BACKEND
from harness.process import SANITIZED, SLOWER, wait_for

SECONDS = 6
GROWTH = 24         # megabytes: the queue of a backend and some of its users
NOISE = 2           # milliseconds that a busy machine may add


def private(pid):
    """Megabytes of a process's own."""
    with open("/proc/%d/smaps_rollup" % pid) as text:
        return sum(int(line.split()[1]) for line in text
                   if line.startswith("Private_Dirty")) / 1024


def latencies(streams, over):
    """Seconds from a message to its echo, for each in turn, so that a busy
    machine does the same to all; sorted."""
    found, number = [[] for _ in streams], 0
    while not over() or number < 50:
        number += 1
        for stream, times in zip(streams, found):
            begin = time.monotonic()
            stream.send("<message to='echo@localhost' type='chat'>"
                        "<body>word%d</body></message>" % number)
            stream.expect("<body>word%d</body>" % number)
            times.append(time.monotonic() - begin)
            time.sleep(0.002)
    return [sorted(times) for times in found]


def at(times, share):
    """Milliseconds within which that many of a hundred came."""
    return times[(len(times) - 1) * share // 100] * 1000


class Memory(threading.Thread):
    """The most that a process has while it runs."""

    def __init__(self, pid):
        super().__init__()
        self.pid, self.most, self.over = pid, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            self.most = max(self.most, private(self.pid))


@pytest.mark.slow
def test_backend_that_does_not_read(instances, raw, unique):
    # It shall neither be woken nor killed as hung before the test is over.
    instance = instances("server_mode", service__backend=BAD_BACKEND,
                         service__users_per_backend=1,
                         service__backends_min=3,
                         service__ping_interval=60,
                         service__stop_timeout=2)
    wait_for(lambda: len(instance.backends()) >= 3, what="three backends")
    # Somebody whom this cannot disturb is at another one.
    calm = instances("server_mode", service__backend=BAD_BACKEND)
    streams = raw(instance), raw(calm)
    for stream in streams:
        stream.login(unique("bert"), "pw")
        stream.send("<presence/>")
        stream.expect("echo@localhost")
    base = private(instance.process.pid)
    watch = Memory(instance.process.pid)
    flood = subprocess.Popen(
        [sys.executable, os.path.join(os.path.dirname(__file__), "flood.py"),
         str(instance.port), unique("anna"), str(SECONDS)],
        stdout=subprocess.PIPE, text=True)
    assert flood.stdout.readline() == "begin\n"
    watch.start()
    try:
        here, there = latencies(streams, lambda: flood.poll() is not None)
    finally:
        watch.over.set()
        watch.join()
        result, _ = flood.communicate(timeout=60 * SLOWER)
    sent, refused = map(int, re.findall(r"\d+", result))
    usual, unusual = ((at(here, share), at(there, share))
                      for share in (50, 99))
    print("%d messages to a deaf backend, %d refused; private memory %.1f MB "
          "-> %.1f MB at most; others' latency, here and elsewhere: p50 %.2f "
          "and %.2f ms, p99 %.2f and %.2f ms, at most %.2f and %.2f ms" % (
              sent, refused, base, watch.most, *usual, *unusual, at(here, 100),
              at(there, 100)))
    assert refused > 100
    assert SANITIZED or watch.most < base + GROWTH
    assert usual[0] < usual[1] * 2 + NOISE * SLOWER
    # The worst of a sanitized program among other tests says nothing.
    assert SANITIZED or unusual[0] < at(there, 100) * 2 + 10 * NOISE
