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
import re
import resource
import shutil
import signal
import sys
import time
from pathlib import Path

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

from harness.instance import BUILD, Instance                # noqa: E402
from harness.process import (Process, alive, stat_of,       # noqa: E402
                             wait_for)
from harness.servers import Ngircd, Prosody                 # noqa: E402
from parts import Hold, Load, count_fds, private            # noqa: E402

GATEWAY = "gw.xmpp.test"
CALM = 6            # seconds without disturbance at the beginning
SETTLE = 12         # and at the end, still talking
RATE_KEPT = 0.8     # of what was asked for, or the run does not count
QUIET = 8           # seconds without news: nothing more will come
DRAIN = 60
LATE = 5            # seconds for what comes although nothing is expected
HUNG_MAX = 15       # seconds until a hung backend is woken or killed
GARBAGE_MAX = 5     # until one that is fed garbage is dead
PER_BACKEND = 100   # users
BACK_MAX = 16.5     # until the users of a hung one are back ...
COSTS = {           # ... and what others add meanwhile (docs/SUPERVISION.md):
    "hold": 17.5, "stop": 9, "kill": 4, "terminate": 4, "garbage": 4,
    "Prosody restart": 6, "Prosody kill": 6,
}


def say(text):
    print("chaos: " + text, flush=True)


def send(pid, number):
    """A signal, if it is there still: backends come and go by themselves."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Chaos:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.random = random.Random(options.seed)
        self.done = []          # (from, to, kind, text)
        self.skipped = set()
        self.hung = []          # (pid, since), left stopped
        self.held = []          # Holds
        self.fed = []           # (pid, since), with garbage
        self.killed = []        # (from, to), backends that were held
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
        backends = max(5, -(-self.options.users // PER_BACKEND) + 1)
        self.instance = Instance.gateway(
            self.directory / "instance", GATEWAY, self.prosody,
            service__irc_server="127.0.0.1:%d" % self.ngircd.port,
            service__users_per_backend=PER_BACKEND, service__backends_min=backends,
            service__login_rate=200, service__irc_connect_rate=200, **dict(
                one.split("=", 1) for one in self.options.set or []))
        self.instance.start()
        self.commands = self.instance.answer("help")
        self.load = Load(self.directory, self.prosody, self.ngircd, GATEWAY,
                         self.options)
        wait_for(self.everybody_is_there, 90, "all users to be there")
        for _ in range(20):
            time.sleep(0.1)
        self.main = self.instance.process.pid
        self.memory = private(self.main)
        self.descriptors = count_fds(self.main)

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
            if " ready" in rest and state and state[0] not in "TtZ" and \
                    ", 0 users" not in rest:
                found.append((int(number), int(pid)))
        return self.random.choice(found) if found else (None, None)

    def kill(self):
        number, pid = self.backend()
        if pid:
            self.load.struck("backend", time.monotonic())
            send(pid, signal.SIGKILL)
        return "backend %s" % number

    def terminate(self):
        number, pid = self.backend()
        if pid:
            send(pid, signal.SIGTERM)
        return "backend %s" % number

    def hang(self):
        number, pid = self.backend()
        if pid:
            send(pid, signal.SIGSTOP)
            self.hung.append((pid, time.monotonic()))
        return "backend %s" % number

    def hold(self):
        number, pid = self.backend()
        if pid:
            self.held.append(Hold(pid, HUNG_MAX))
        return "backend %s" % number

    def garbage(self):
        """Nonsense in a backend's pipe to the main process."""
        number, pid = self.backend()
        if not pid:
            return "none"
        try:
            return "backend %s" % number if self.feed(pid) else "no pipe found"
        except OSError:
            return "backend %s, gone" % number

    def feed(self, pid):
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
                    self.fed.append((pid, time.monotonic()))
                except BlockingIOError:
                    pass
                os.close(pipe)
                return True
        return False

    def pulse(self, pid, times, longest):
        for _ in range(times):
            if not alive(pid):
                return
            send(pid, signal.SIGSTOP)
            time.sleep(self.random.uniform(0.05, longest))
            send(pid, signal.SIGCONT)
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
        begin = time.monotonic()
        self.prosody.restart()
        self.load.struck("prosody", begin, time.monotonic())
        return "orderly"

    def prosody_kill(self):
        begin = time.monotonic()
        self.prosody.process.signal(signal.SIGKILL)
        self.prosody.process.wait()
        self.prosody.restart()
        self.load.struck("prosody", begin, time.monotonic())
        return "killed"

    def tell_all(self):
        """Should a backend die when IRC does, nobody would know whose
        connection broke."""
        while self.held or self.fed:
            self.rest(0.1)
        self.rest(1)

    def ngircd_restart(self):
        self.tell_all()
        self.ngircd.restart()
        return "orderly"

    def ngircd_kill(self):
        self.tell_all()
        begin = time.monotonic()
        self.ngircd.process.signal(signal.SIGKILL)
        self.ngircd.process.wait()
        self.load.struck("irc", begin, time.monotonic())
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
        (3, kill, "kill"), (1, terminate, "terminate"), (2, hang, "stop"),
        (2, hold, "hold"), (2, garbage, "garbage"),
        (2, slow_backend, "slow backend"), (2, slow_main, "slow main"),
        (1, slow_prosody, "slow Prosody"), (1, drop_clients, "clients cut"),
        (1, prosody_restart, "Prosody restart"),
        (1, prosody_kill, "Prosody kill"),
        (1, ngircd_restart, "IRC restart"), (1, ngircd_kill, "IRC kill"),
        (2, upgrade, "upgrade"), (2, restart_backend, "restart_backend"),
        (1, restart_backends, "restart_backends"),
    ]

    def watch_stopped(self):
        """A stopped backend is woken by the supervisor."""
        for pid, since in list(self.hung):
            state = stat_of(pid)
            if time.monotonic() < since + 0.5:
                continue        # the signal may be on its way
            if not state or state[0] in "ZX":
                self.problems.append("backend %d was stopped, and died" % pid)
            elif state[0] != "T":
                self.woken.append(time.monotonic() - since)
            elif time.monotonic() > since + HUNG_MAX:
                self.problems.append("backend %d was not woken" % pid)
                send(pid, signal.SIGKILL)
            else:
                continue
            self.hung.remove((pid, since))

    def watch_held(self):
        """One that is held is killed for it."""
        for hold in [hold for hold in self.held if not hold.is_alive()]:
            self.held.remove(hold)
            if hold.died is None:
                self.problems.append("backend %d was not killed" % hold.pid)
                continue
            self.load.struck("hung", hold.begin, hold.died)
            self.killed.append((hold.begin, hold.died))

    def watch_fed(self):
        """What is fed garbage does not live on."""
        for pid, since in list(self.fed):
            if not alive(pid):
                self.load.struck("backend", since, time.monotonic())
            elif time.monotonic() > since + GARBAGE_MAX:
                self.problems.append("backend %d lives on garbage" % pid)
            else:
                continue
            self.fed.remove((pid, since))

    def watch(self):
        self.watch_stopped()
        self.watch_held()
        self.watch_fed()

    def rest(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.watch()
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
            self.write_down()
            self.rest(self.random.uniform(*self.options.pause))
            assert self.instance.process.running(), "the main process ended"

    def write_down(self):
        """Beside the journal, in its words."""
        begin, end, kind, text = self.done[-1]
        with open(self.directory / "disturbances", "a") as out:
            print("%.4f %.4f %s (%s)" % (begin, end, kind, text), file=out)

    def run(self):
        self.load.tell("talk")
        begin = time.monotonic()
        self.began = begin
        self.rest(CALM)
        self.disturb(begin + self.options.seconds - SETTLE)
        while time.monotonic() < begin + self.options.seconds or \
                self.hung or self.held:
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
        self.rest(LATE)

    # ------------------------------------------------------------ the result

    def events(self):
        """[(when, "seen" or "unseen", user)]"""
        found = []
        for line in (self.directory / "journal").read_text(
                errors="replace").splitlines():
            words = line.split()
            if len(words) == 3 and words[1] in ("seen", "unseen"):
                found.append((float(words[0]), words[1], words[2]))
        return found

    def kept_apart(self):
        """Users in quarantine, who wait for longer by intention."""
        return set(re.findall(r"u(\d+)@\S+: in quarantine",
                              self.instance.read_log()))

    def allowed(self, begin, end):
        """So long may the users of a backend held at begin wait, who were
        back at end."""
        return BACK_MAX + sum(
            COSTS.get(kind, 1) + until - at
            for at, until, kind, _ in self.done if begin < at < end)

    def served_again(self):
        """For each backend that was held, the seconds until all its users
        were there again, and how long they may take; not if IRC was restarted
        meanwhile."""
        events, found, apart = self.events(), [], self.kept_apart()
        for begin, died in self.killed:
            gone = {user for at, what, user in events
                    if what == "unseen" and died - 0.1 < at < died + 1} - apart
            back = {}
            for at, what, user in events:
                if what == "seen" and at > died and user in gone:
                    back.setdefault(user, at)
            end = max(back.values(), default=died)
            if not [1 for at, until, kind, _ in self.done
                    if "IRC" in kind and at < end and until > begin]:
                found.append((
                    end - begin if len(back) == len(gone) else 1e9,
                    self.allowed(begin, end)))
        return found

    def recoveries(self):
        """{kind: [seconds until all users it threw out were back]}"""
        events = self.events()
        found = collections.defaultdict(list)
        for i, (begin, _, kind, _) in enumerate(self.done):
            after = self.done[i + 1][0] if i + 1 < len(self.done) else 1e12
            until = max(after, begin + HUNG_MAX) \
                if kind in ("stop", "hold") else after
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
        ways, latencies, self.faults = self.load.report()
        self.ways = ways
        status = self.load.status()
        self.rates = [sent / status["talked"] for sent in status["sent"]]
        for way, name in ((0, "XMPP to IRC"), (1, "IRC to XMPP")):
            w = ways[way]
            say("%s: %d sent at %.0f/s, %d received, p50 %s ms, p99 %s ms, "
                "max %s ms" % (name, w["sent"], self.rates[way],
                               w["received"], *latencies[way]))
            say("  not received: %d answered by an error, %d: sender's "
                "connection lost before proof; in the hands of a killed "
                "backend %d, of a hung one %d, of the killed IRC server %d"
                % (w["error"], w["sender_lost"], w["quit"], w["hung"],
                   w["server"]))
            say("  received and error: %d (%d lies), repeated and marked near "
                "Prosody's end: %d, out of order: %d" % (
                    w["both"], w["lied"], w["marked"], w["reordered"]))
        say("%-18s %5s  %s" % ("disturbance", "times",
                               "seconds until all users were back"))
        for kind, times in sorted(self.recoveries().items()):
            say("%-18s %5d  %s" % (kind, len(times), " ".join(
                "%.1f%s" % (back, "!" if left else "")
                for back, left in times)))
        if self.woken:
            say("stopped backends that were woken: after %s s" % " ".join(
                "%.1f" % seconds for seconds in self.woken))
        self.again = self.served_again()
        if self.killed:
            say("held backends: killed after %s s, users served again after "
                "(of at most) %s s" % (
                    " ".join("%.1f" % (died - begin)
                             for begin, died in self.killed),
                    " ".join("%.1f (%.1f)" % pair for pair in self.again)))

    def judge(self):
        w = self.ways
        for way in (0, 1):
            if self.rates[way] < RATE_KEPT * self.options.rate:
                self.problems.append("only %.0f messages a second, want %.0f"
                                     % (self.rates[way], self.options.rate))
        if not self.everybody_is_there():
            self.problems.append("not everybody is back: %s"
                                 % self.last_status)
        memory, fds = private(self.main), count_fds(self.main)
        say("main process: %.1f MB private (was %.1f), %d descriptors "
            "(was %d)" % (memory, self.memory, fds, self.descriptors))
        if fds > self.descriptors + 16:
            self.problems.append("descriptors have grown")
        if memory > 2 * self.memory + 32:
            self.problems.append("memory has grown")
        if any(seconds > most for seconds, most in self.again):
            self.problems.append("users of a hung backend waited too long")
        self.blame()
        for line in self.faults[:5]:
            self.explain(line)
        return not any(x[fault] for x in w.values() for fault in
                       ("missing", "doubled", "lied", "reordered"))

    def blame(self):
        """How many are not as they should be near what."""
        count = collections.Counter()
        for line in self.faults:
            words = line.split()
            at = float(words[3])
            near = [kind for begin, end, kind, _ in self.done
                    if begin - 0.5 < at < end + 3]
            near = near or [kind for begin, end, kind, _ in self.done
                            if begin - 0.5 < at < end + 15]
            count[words[0], words[2], near[-1] if near else "nothing"] += 1
        for words in count.most_common():
            say("%s %s near %s: %d" % (*words[0], words[1]))

    def explain(self, line):
        """One of them, and what was going on then."""
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
                send(pid, signal.SIGCONT)
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
