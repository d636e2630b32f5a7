#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Chaos: real Prosody, real ngircd, one instance with 500 users on more than
five backends, a thousand messages a second, and at random moments something
dies, hangs, babbles, restarts or is replaced.  At the end every message was
received once or its sender knows that it may not have been.  See README.md."""
import argparse
import collections
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

from harness.instance import BUILD, Instance                # noqa: E402
from harness.process import (Process, alive, die_with_us,   # noqa: E402
                             stat_of, wait_for)
from harness.servers import Ngircd, Prosody                 # noqa: E402

GATEWAY = "gw.xmpp.test"
CALM = 6            # seconds without disturbance at the beginning
SETTLE = 12         # and at the end, still talking
RATE_KEPT = 0.8     # of what was asked for, or the run does not count
QUIET = 8           # seconds without news: nothing more will come
DRAIN = 60
HUNG_MAX = 20


def say(text):
    print("chaos: " + text, flush=True)


class Load:
    """The program that is all users, and people on IRC."""

    def __init__(self, directory, prosody, ngircd, options):
        self.errors = open(directory / "load.log", "w")
        self.popen = subprocess.Popen(
            [BUILD + "/chaos/load", str(prosody.port), str(ngircd.port),
             str(options.users), str(options.peers), prosody.domain, GATEWAY,
             str(directory), str(options.rate), str(options.seed)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=self.errors, preexec_fn=die_with_us)
        self.lock = threading.Lock()

    def tell(self, line):
        with self.lock:
            self.popen.stdin.write(line + "\n")
            self.popen.stdin.flush()

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
        """({way: {word: count}}, {way: latencies}, lines about missing)"""
        self.tell("report")
        ways, latencies, missing = {}, {}, []
        for line in self.popen.stdout:
            words = line.split()
            if words[0] == "end":
                break
            if words[0] == "way":
                ways[int(words[1])] = dict(
                    zip(words[2::2], map(int, words[3::2])))
            elif words[0] == "latency":
                latencies[int(words[1])] = words[2:]
            elif words[0] == "missing":
                missing.append(line.strip())
        return ways, latencies, missing

    def close(self):
        try:
            self.tell("quit")
            self.popen.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self.popen.kill()
            self.popen.wait()


class Chaos:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.random = random.Random(options.seed)
        self.done = []          # (from, to, kind, text)
        self.skipped = set()
        self.stopped = []       # pulses that must be taken back
        self.hung = []          # (pid, since), left stopped
        self.woken = []         # seconds until the supervisor did it
        self.problems = []

    # ------------------------------------------------------------ setting up

    def start(self):
        for name in ("prosody", "ngircd", "instance"):
            (self.directory / name).mkdir()
        self.prosody = Prosody(self.directory / "prosody",
                               components=[GATEWAY])
        self.set_up_prosody()
        self.ngircd = Ngircd(self.directory / "ngircd")
        self.prosody.start()
        self.ngircd.start()
        backends = max(5, -(-self.options.users // 100) + 1)
        self.instance = Instance.gateway(
            self.directory / "instance", GATEWAY, self.prosody,
            service__irc_server="127.0.0.1:%d" % self.ngircd.port,
            service__users_per_backend=100, service__backends_min=backends,
            service__login_rate=200, **dict(
                one.split("=", 1) for one in self.options.set or []))
        self.instance.start()
        self.commands = self.instance.answer("help")
        self.load = Load(self.directory, self.prosody, self.ngircd,
                         self.options)
        wait_for(self.everybody_is_there, 90, "all users to be there")
        for _ in range(20):
            time.sleep(0.1)
        self.main = self.instance.process.pid
        self.memory = self.private(self.main)
        self.descriptors = self.count_fds(self.main)

    def set_up_prosody(self):
        """XEP-0198, and the accounts, made by hand: 500 of them."""
        path = self.prosody.directory / "prosody.cfg.lua"
        text = path.read_text().replace('"offline";', '"offline"; "smacks";')
        path.write_text(text)
        accounts = self.prosody.directory / "data" / "xmpp%2etest" / "accounts"
        accounts.mkdir(parents=True)
        for user in range(self.options.users):
            (accounts / ("u%d.dat" % user)).write_text(
                'return {\n\t["password"] = "pw";\n};\n')

    def everybody_is_there(self):
        status = self.load.status()
        self.last_status = status
        return status["seen"] == self.options.users and \
            status["clients"] == self.options.users

    @staticmethod
    def count_fds(pid):
        return len(os.listdir("/proc/%d/fd" % pid))

    @staticmethod
    def private(pid):
        """Megabytes of its own."""
        with open("/proc/%d/smaps_rollup" % pid) as text:
            return sum(int(line.split()[1]) for line in text
                       if line.startswith("Private_")) / 1024

    # ------------------------------------------------------------- the chaos

    def backend(self):
        """A backend that has users and is not stopped: (number, pid)."""
        found = []
        for line in self.instance.ask("backends").stdout.splitlines():
            number, _, rest = line.partition(": pid ")
            pid = rest.split(",")[0]
            if not number.isdigit() or not pid.isdigit():
                continue
            state = stat_of(int(pid))
            if " ready" in rest and state and state[0] not in "TZ" and \
                    ", 0 users" not in rest:
                found.append((int(number), int(pid)))
        return self.random.choice(found) if found else (None, None)

    def kill(self):
        number, pid = self.backend()
        if pid:
            os.kill(pid, signal.SIGKILL)
        return "backend %s" % number

    def terminate(self):
        number, pid = self.backend()
        if pid:
            os.kill(pid, signal.SIGTERM)
        return "backend %s" % number

    def hang(self):
        number, pid = self.backend()
        if pid:
            os.kill(pid, signal.SIGSTOP)
            self.hung.append((pid, time.monotonic()))
        return "backend %s" % number

    def garbage(self):
        """Nonsense in a backend's pipe to the main process."""
        number, pid = self.backend()
        if not pid:
            return "none"
        fds = "/proc/%d/fd/" % pid
        log = os.readlink(fds + "2")
        for fd in os.listdir(fds):
            try:
                kind = os.readlink(fds + fd)
                with open("/proc/%d/fdinfo/%s" % (pid, fd)) as info:
                    flags = int(info.read().split("flags:")[1].split()[0], 8)
            except OSError:
                continue
            if kind.startswith("pipe:") and kind != log and flags & 1:
                pipe = os.open(fds + fd, os.O_WRONLY | os.O_NONBLOCK)
                try:
                    os.write(pipe, self.random.choice([
                        os.urandom(300), b"printf() debugging\n" * 20,
                        b"\xdd\xff\xff\xff\xff", b"\xc1" * 4000]))
                except BlockingIOError:
                    pass
                os.close(pipe)
                return "backend %s" % number
        return "no pipe found"

    def pulse(self, pid, times, longest):
        for _ in range(times):
            if not alive(pid):
                return
            os.kill(pid, signal.SIGSTOP)
            time.sleep(self.random.uniform(0.05, longest))
            os.kill(pid, signal.SIGCONT)
            time.sleep(self.random.uniform(0.02, 0.2))

    def slow_backend(self):
        number, pid = self.backend()
        if pid:
            self.pulse(pid, 4, 1.0)
        return "backend %s" % number

    def slow_main(self):
        self.pulse(self.main, 4, 0.4)
        return "main process"

    def slow_prosody(self):
        self.pulse(self.prosody.process.pid, 3, 0.6)
        return "Prosody"

    def prosody_restart(self):
        self.prosody.restart()
        return "orderly"

    def prosody_kill(self):
        self.prosody.process.signal(signal.SIGKILL)
        self.prosody.process.wait()
        self.prosody.restart()
        return "killed"

    def ngircd_restart(self):
        self.ngircd.restart()
        return "orderly"

    def ngircd_kill(self):
        self.ngircd.process.signal(signal.SIGKILL)
        self.ngircd.process.wait()
        self.ngircd.restart()
        return "killed"

    def drop_clients(self):
        self.load.tell("drop 20")
        return "a fifth of the clients"

    def command(self, *words):
        if words[0] not in self.commands and words[0] != "upgrade":
            return None
        result = self.instance.ask(*words, timeout=60)
        text = (result.stdout + result.stderr).strip()
        if "nknown" in text or "upgrade" == words[0] and \
                "not" in text.lower() and result.returncode != 0 and \
                "pgrade" not in self.commands:
            return None
        return text

    def upgrade(self):
        text = self.command("upgrade")
        if text is not None and not text.startswith("Upgraded"):
            self.problems.append("upgrade: " + text)
        return text

    def restart_backend(self):
        number, _ = self.backend()
        return self.command("restart_backend", str(number))

    def restart_backends(self):
        return self.command("restart_backends")

    KINDS = [
        # how often, what, name
        (3, kill, "kill"), (1, terminate, "terminate"), (2, hang, "hang"),
        (2, garbage, "garbage"),
        (2, slow_backend, "slow backend"), (2, slow_main, "slow main"),
        (1, slow_prosody, "slow Prosody"), (1, drop_clients, "clients cut"),
        (1, prosody_restart, "Prosody restart"),
        (1, prosody_kill, "Prosody kill"),
        (1, ngircd_restart, "IRC restart"), (1, ngircd_kill, "IRC kill"),
        (2, upgrade, "upgrade"), (2, restart_backend, "restart_backend"),
        (1, restart_backends, "restart_backends"),
    ]

    def watch_hung(self):
        """A stopped backend is woken by the supervisor, or killed: then its
        users' connections end."""
        for pid, since in list(self.hung):
            state = stat_of(pid)
            if not state or state[0] in "ZX":
                self.load.tell("hung %.4f %.4f" % (since, time.monotonic()))
            elif time.monotonic() < since + 0.5:
                continue        # the signal may be on its way
            elif state[0] != "T":
                self.woken.append(time.monotonic() - since)
            elif time.monotonic() > since + HUNG_MAX:
                self.problems.append("backend %d hung for long" % pid)
                os.kill(pid, signal.SIGKILL)
            else:
                continue
            self.hung.remove((pid, since))

    def rest(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.watch_hung()
            time.sleep(0.05)

    def disturb(self, until):
        """Each kind at least once, if there is time, in random order; then at
        random."""
        only = (self.options.only or "").split(",")
        kinds = [k for k in self.KINDS
                 if not self.options.only or k[2] in only]
        queue = []
        while kinds and time.monotonic() < until:
            if not queue:
                queue = [k for k in kinds for _ in range(k[0])]
                self.random.shuffle(queue)
                if not self.done:       # first one of each
                    queue = self.random.sample(kinds, len(kinds)) + queue
            _, what, name = queue.pop(0)
            if name in self.skipped:
                continue
            begin = time.monotonic()
            text = what(self)
            if text is None:
                self.skipped.add(name)
                say("%s: this instance does not know the command: skipped"
                    % name)
                continue
            self.done.append((begin, time.monotonic(), name,
                              text.splitlines()[0] if text else ""))
            self.rest(self.random.uniform(*self.options.pause))
            assert self.instance.process.running(), "the main process ended"

    def run(self):
        self.load.tell("talk")
        begin = time.monotonic()
        self.began = begin
        self.rest(CALM)
        self.disturb(begin + self.options.seconds - SETTLE)
        while time.monotonic() < begin + self.options.seconds or self.hung:
            self.rest(0.5)
        self.load.tell("hush")
        self.drain()

    def drain(self):
        """Until nothing is open, or nothing has come for a while."""
        last, since = None, time.monotonic()
        end = since + DRAIN
        while time.monotonic() < end:
            self.rest(0.2)
            status = self.load.status()
            if status["open"] == 0 and self.everybody_is_there():
                break
            if status["open"] != last:
                last, since = status["open"], time.monotonic()
            elif time.monotonic() > since + QUIET and \
                    self.everybody_is_there():
                break
        self.load.status()

    # ------------------------------------------------------------ the result

    def recoveries(self):
        """{kind: [seconds until all users it threw out were back]}"""
        events = []
        for line in (self.directory / "journal").read_text(
                errors="replace").splitlines():
            words = line.split()
            if len(words) == 3 and words[1] in ("seen", "unseen"):
                events.append((float(words[0]), words[1], words[2]))
        found = collections.defaultdict(list)
        for i, (begin, _, kind, _) in enumerate(self.done):
            after = self.done[i + 1][0] if i + 1 < len(self.done) else 1e12
            until = max(after, begin + 14) if kind == "hang" else after
            gone, back = set(), 0
            for at, what, user in events:
                if what == "unseen" and begin <= at < until:
                    gone.add(user)
                elif what == "seen" and user in gone and at > begin:
                    gone.discard(user)
                    back = at
            found[kind].append((back - begin if back else 0, len(gone)))
        return found

    def table(self):
        ways, latencies, missing = self.load.report()
        self.ways, self.missing = ways, missing
        status = self.load.status()
        self.rates = [sent / status["talked"] for sent in status["sent"]]
        for way, name in ((0, "XMPP to IRC"), (1, "IRC to XMPP")):
            w = ways[way]
            say("%s: %d sent at %.0f/s, %d received, p50 %s ms, p99 %s ms, "
                "max %s ms" % (name, w["sent"], self.rates[way],
                               w["received"], *latencies[way]))
            say("  not received: %d answered by an error, %d: sender's "
                "connection lost before proof; IRC told by QUIT of %d, by the "
                "server's end of %d, by QUIT from a hung backend of %d"
                % (w["error"], w["sender_lost"], w["quit"], w["server"],
                   w["hung"]))
            say("  received and error: %d, repeated and marked: %d, out of "
                "order: %d" % (w["both"], w["marked"], w["reordered"]))
        say("%-18s %5s  %s" % ("disturbance", "times",
                               "seconds until all users were back"))
        for kind, times in sorted(self.recoveries().items()):
            say("%-18s %5d  %s" % (kind, len(times), " ".join(
                "%.1f%s" % (back, "!" if left else "")
                for back, left in times)))
        if self.woken:
            say("stopped backends that were woken: after %s s" % " ".join(
                "%.1f" % seconds for seconds in self.woken))
        return missing

    def judge(self):
        w = self.ways
        for way in (0, 1):
            if self.rates[way] < RATE_KEPT * self.options.rate:
                self.problems.append("only %.0f messages a second, want %.0f"
                                     % (self.rates[way], self.options.rate))
        if not self.everybody_is_there():
            self.problems.append("not everybody is back: %s"
                                 % self.last_status)
        memory, fds = self.private(self.main), self.count_fds(self.main)
        say("main process: %.1f MB private (was %.1f), %d descriptors "
            "(was %d)" % (memory, self.memory, fds, self.descriptors))
        if fds > self.descriptors + 16:
            self.problems.append("descriptors have grown")
        if memory > 2 * self.memory + 32:
            self.problems.append("memory has grown")
        self.blame()
        for line in self.missing[:10]:
            self.explain(line)
        return sum(x["missing"] for x in w.values()) == 0 and \
            sum(x["doubled"] for x in w.values()) == 0

    def blame(self):
        """How many are missing near what."""
        count = collections.Counter()
        for line in self.missing:
            words = line.split()
            at = float(words[3])
            near = [kind for begin, end, kind, _ in self.done
                    if begin - 0.5 < at < end + 3]
            near = near or [kind for begin, end, kind, _ in self.done
                            if begin - 0.5 < at < end + 15]
            count[words[2], near[-1] if near else "nothing"] += 1
        for (way, kind), number in count.most_common():
            say("missing %s near %s: %d" % (way, kind, number))

    def explain(self, line):
        """A missing one, and what was going on then."""
        at = float(line.split()[3])
        say("%s (%.1f s after the start)" % (line, at - self.began))
        for begin, end, kind, text in self.done:
            if begin - 2 < at < end + 15:
                say("    %+.3f s: %s (%s), %.1f s long"
                    % (begin - at, kind, text, end - begin))

    def cores(self):
        found = [str(path) for path in self.directory.rglob("core*")]
        if found:
            self.problems.append("core files: " + " ".join(found))

    def stop(self):
        for pid, _ in self.hung:
            if alive(pid):
                os.kill(pid, signal.SIGCONT)
        if hasattr(self, "load"):
            self.load.close()
        if hasattr(self, "instance"):
            try:
                self.instance.stop(30)
            except AssertionError as problem:
                self.problems.append(str(problem))
            self.instance.discard()
            self.problems += self.instance.complaints()
        for server in ("ngircd", "prosody"):
            if hasattr(self, server):
                getattr(self, server).stop()


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int,
                        default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--peers", type=int, default=50)
    parser.add_argument("--rate", type=float, default=500,
                        help="messages a second, each way")
    parser.add_argument("--pause", type=float, nargs=2, default=(2, 7),
                        help="seconds between disturbances, from and to")
    parser.add_argument("--only", help="these disturbances, with commas")
    parser.add_argument("--set", action="append", metavar="service__key=value")
    return parser.parse_args()


def main():
    options = parse()
    resource.setrlimit(resource.RLIMIT_NOFILE, (
        min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    try:        # should one of ours crash, its core is beside the logs
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
    except ValueError:
        pass
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    directory = Path(BUILD) / "chaos" / "last"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    chaos = Chaos(options, directory)
    say("%g s, %d users, %g messages/s each way, SEED=%d"
        % (options.seconds, options.users, options.rate, options.seed))
    good = False
    try:
        chaos.start()
        chaos.run()
        chaos.table()
        good = chaos.judge()
    except AssertionError as problem:
        chaos.problems.append(str(problem))
    finally:
        chaos.stop()
        for process in list(Process.everyone):
            process.stop()
    chaos.cores()
    for problem in chaos.problems:
        say("PROBLEM: " + problem)
    if chaos.problems or not good:
        say("logs are in %s; again: make chaos SECONDS=%g SEED=%d"
            % (directory, options.seconds, options.seed))
    ways = getattr(chaos, "ways", None)
    if ways is None:
        return 1
    print("%d sent, %d received, %d errored, %d missing, %d doubled" % (
        sum(w["sent"] for w in ways.values()),
        sum(w["received"] for w in ways.values()),
        sum(w[k] for w in ways.values() for k in (
            "error", "sender_lost", "quit", "server", "hung")),
        sum(w["missing"] for w in ways.values()),
        sum(w["doubled"] for w in ways.values())))
    return 0 if good and not chaos.problems else 1


if __name__ == "__main__":
    sys.exit(main())
