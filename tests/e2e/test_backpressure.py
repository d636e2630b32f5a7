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
NOISE = 0.002       # seconds that a busy machine may add


def private(pid):
    """Megabytes of a process's own."""
    with open("/proc/%d/smaps_rollup" % pid) as text:
        return sum(int(line.split()[1]) for line in text
                   if line.startswith("Private_Dirty")) / 1024


def latencies(stream, word, until):
    """Seconds from a message to its echo, sorted."""
    found, number = [], 0
    while time.monotonic() < until or number < 50:
        number += 1
        begin = time.monotonic()
        stream.send("<message to='echo@localhost' type='chat'>"
                    "<body>%s%d</body></message>" % (word, number))
        stream.expect("<body>%s%d</body>" % (word, number))
        found.append(time.monotonic() - begin)
        time.sleep(0.005)
    return sorted(found)


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
    other = raw(instance)
    other.login(unique("bert"), "pw")
    other.send("<presence/>")
    other.expect("echo@localhost")
    before = latencies(other, "before", time.monotonic() + 2)
    base = private(instance.process.pid)
    watch = Memory(instance.process.pid)
    flood = subprocess.Popen(
        [sys.executable, os.path.join(os.path.dirname(__file__), "flood.py"),
         str(instance.port), unique("anna"), str(SECONDS)],
        stdout=subprocess.PIPE, text=True)
    assert flood.stdout.readline() == "begin\n"
    watch.start()
    try:
        during = latencies(other, "during", time.monotonic() + SECONDS - 1)
    finally:
        watch.over.set()
        watch.join()
        result, _ = flood.communicate(timeout=60 * SLOWER)
    sent, refused = map(int, re.findall(r"\d+", result))
    middle, tail = (
        (during[len(during) * q // 100] / before[len(before) * q // 100])
        for q in (50, 99))
    print("%d messages to a deaf backend, %d refused; private memory %.1f MB "
          "-> %.1f MB at most; others' latency: p50 %.2f ms -> %.2f ms "
          "(ratio %.2f), p99 ratio %.2f" % (
              sent, refused, base, watch.most, before[len(before) // 2] * 1e3,
              during[len(during) // 2] * 1e3, middle, tail))
    assert refused > 100
    assert SANITIZED or watch.most < base + GROWTH
    assert during[len(during) // 2] < \
        before[len(before) // 2] * 2 + NOISE * SLOWER
    # The worst of a sanitized program among other tests says nothing.
    assert SANITIZED or during[len(during) * 99 // 100] < \
        before[len(before) * 99 // 100] * 2 + 10 * NOISE
