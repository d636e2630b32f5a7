# SPDX-License-Identifier: GPL-2.0-or-later
"""Many users in one process who all poll: what one costs, and that nobody waits.
SCALE=500 in the environment says how many; without, a few.  Time runs faster
than at the default rates, by SPEEDUP; a poll costs the same."""
import multiprocessing
import os
import statistics
import threading
import time

import pytest

import twitter_driver
from fake_x import X
from twitter_driver import Twitter

USERS = int(os.environ.get("SCALE", "60"))
SPEEDUP = float(os.environ.get("SPEEDUP", "20"))
SECONDS = 6 if USERS < 200 else 20
ACTIVE, DIRECT = 120, 300           # default rates, in seconds
FOLLOWED = 20
TURN = 0.25                         # no turn of the loop takes longer

pytestmark = [
    pytest.mark.skipif(twitter_driver.MISSING is not None,
                       reason=str(twitter_driver.MISSING)),
    pytest.mark.skipif(
        "sanitize" in os.environ.get("B", ""),
        reason="sanitizers have sizes and times of their own")]


def serve(pipe):
    """A process of its own: its work is not to be taken for ours."""
    x = X()
    for i in range(FOLLOWED):
        x.user("author%d" % i)
    users = ["user%d" % i for i in range(USERS)]
    for name in users:
        x.user(name)
        x.relations["following", x.find(name)["id"]] = [
            x.find("author%d" % i)["id"] for i in range(FOLLOWED)]
    for i in range(20):
        x.post("author%d" % (i % FOLLOWED), "old post number %d" % i)
    pipe.send((x.url, x.auth.client,
               [(name, x.auth.kept2(name)) for name in users]))
    over = threading.Event()

    def talk():
        n = 0
        while not over.wait(1):     # what they write is read by all of them
            n += 1
            x.post("author%d" % (n % FOLLOWED), "new post number %d" % n)

    threading.Thread(target=talk, daemon=True).start()
    while pipe.recv() == "count":
        with x.lock:
            pipe.send((len(x.asked("GET", "reverse_chronological")),
                       len(x.asked("GET", "dm_events"))))
    over.set()
    x.close()


@pytest.fixture
def server():
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    yield ours
    ours.send("end")
    process.join(10)


def memory(pid):
    """Of its own, in KiB."""
    with open("/proc/%d/status" % pid) as status:
        return int([x for x in status if x.startswith("RssAnon")][0]
                   .split()[1])


def processor(pid):
    """Seconds that it had of it, and that it waited for it."""
    with open("/proc/%s/schedstat" % pid) as stat:
        return [int(n) / 1e9 for n in stat.read().split()[:2]]


def turn(b):
    """Seconds until the loop is there for a question, without those in which
    others had the processor."""
    before = processor(b.process.pid)[1] + processor("thread-self")[1]
    begin = time.monotonic()
    b.call("ping")
    end = time.monotonic()
    return end - begin - (processor(b.process.pid)[1] +
                          processor("thread-self")[1] - before)


def test_crowd(server):
    url, client, users = server.recv()

    class Fake:
        auth = type("Auth", (), {"client": client, "consumer": (None, None)})

    Fake.url = url
    b = Twitter(Fake, poll_active=max(1, round(ACTIVE / SPEEDUP)),
                dm_poll=max(1, round(DIRECT / SPEEDUP)), budget=0,
                budget_user=0)
    empty = memory(b.process.pid)
    turns = []
    for name, tokens in users:
        b.login(name + "@example.org", name, show="online",
                settings={"tokens": tokens})
        if len(turns) < USERS / 10:
            turns.append(turn(b))

    def read():
        return {p["user"] for m, p in b.events if m == "setting" and
                p["name"] == "twitter_last_tweet"}

    with b.changed:     # everybody's first page
        assert b.changed.wait_for(lambda: len(read()) == USERS, 60)
        b.events.clear()

    def count():
        server.send("count")
        return server.recv()

    before, (cpu, _) = count(), processor(b.process.pid)
    begin = time.monotonic()
    while time.monotonic() - begin < SECONDS:
        turns.append(turn(b))
        time.sleep(0.02)
    polls = [n - m for n, m in zip(count(), before)]
    took = time.monotonic() - begin
    cpu = processor(b.process.pid)[0] - cpu
    size = memory(b.process.pid)
    told = sum(1 for m, _ in b.events if m == "message")
    assert b.call("ping")["sessions"] == USERS
    assert b.close() == 0
    print("\n%d users, %.0f times as fast, %.0f s: %d polls of the timeline, "
          "%d of direct messages, %d posts told" % (
              USERS, SPEEDUP, took, *polls, told))
    print("CPU: %.0f us a poll, %.2f %% of a core at default rates" % (
        cpu / sum(polls) * 1e6, cpu / took / SPEEDUP * 100))
    print("memory: %.1f KiB a user (%d KiB without, %d with)" % (
        (size - empty) / USERS, empty, size))
    print("turns: %.1f ms in the middle, %.1f at most" % (
        statistics.median(turns) * 1e3, max(turns) * 1e3))
    assert max(turns) < TURN
    # They were all served: half as often as wanted is for a fake that is slow.
    assert polls[0] > USERS * SECONDS / (ACTIVE / SPEEDUP) / 2
    assert told >= USERS * (SECONDS - ACTIVE / SPEEDUP) / 2
    assert (size - empty) / USERS < 150
