# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives a backend over its pipes, as the main process would."""
import os
import subprocess
import threading

import msgpack

from harness.process import SLOWER

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.join(os.environ.get("B", os.path.join(TOP, "build")), "bin")

# GLib's own pools would hide from the sanitizer what is leaked or used after it
# is gone.
os.environ.setdefault("G_SLICE", "always-malloc")

# Seconds for what should come at once.
PATIENCE = 15 * SLOWER

LATER = object()


class Failed(Exception):
    """A request was answered with an error."""

    def __init__(self, error):
        super().__init__(str(error))
        self.code = error["code"]
        self.text = error.get("text", "")


class Backend:
    """One process; config is a map of sections of maps."""

    def __init__(self, program, config, **process):
        self.process = subprocess.Popen([os.path.join(BIN, program)],
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, **process)
        self.serial = 0
        self.answers = {}
        self.replies = {}           # method -> result, or error, or LATER;
                                    # none: an error
        self.unanswered = []        # ids of requests to be answered LATER
        self.waiting = []           # the same, each with its event
        self.events = []
        self.changed = threading.Condition()
        self.gone = False           # it says nothing any more
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.can = self.call(
            "initialize", version=1, instance="irc.example", backend_id=1,
            config={section: {k: str(v) for k, v in keys.items()}
                    for section, keys in config.items()})
        self.features = self.can["features"]

    def _read(self):
        self._read_all()
        with self.changed:
            self.gone = True
            self.changed.notify_all()

    def _read_all(self):
        unpacker = msgpack.Unpacker(raw=False)
        while True:
            try:
                data = os.read(self.process.stdout.fileno(), 65536)
            except (OSError, ValueError):
                return
            if not data:
                return
            unpacker.feed(data)
            with self.changed:
                for m in unpacker:
                    if m[0] == 1:
                        self.answers[m[1]] = (m[2], m[3])
                    elif m[0] == 0:
                        self.events.append((m[2], m[3][0]))
                        reply = self.replies.get(
                            m[2], {"code": "not_supported"})
                        if reply is LATER:
                            self.unanswered.append(m[1])
                            self.waiting.append((m[3][0], m[1]))
                        else:
                            self._answer_if_there(m[1], reply)
                    else:
                        self.events.append((m[1], m[2][0]))
                self.changed.notify_all()

    def _answer_if_there(self, serial, reply):
        try:
            self.answer(serial, reply)
        except (OSError, ValueError):   # its pipe is closed meanwhile
            pass

    def answer(self, serial, reply):
        """reply: the result, or an error, which has a code."""
        error = reply if "code" in reply else None
        self._send([1, serial, error, None if error else reply])

    def answer_event(self, event, reply):
        """To a request that was to be answered LATER."""
        serial = next(s for e, s in self.waiting if e is event)
        self.unanswered.remove(serial)
        self.answer(serial, reply)

    def start(self, method, /, **params):
        """Send a request; its id goes to finish()."""
        self.serial += 1
        self._send([0, self.serial, method, [params]])
        return self.serial

    def finish(self, serial, timeout=PATIENCE):
        with self.changed:
            self.changed.wait_for(
                lambda: serial in self.answers or self.gone, timeout)
            if serial not in self.answers:
                raise AssertionError("no answer; events: %r" % self.events)
            error, result = self.answers.pop(serial)
        if error is not None:
            raise Failed(error)
        return result

    def call(self, method, /, **params):
        return self.finish(self.start(method, **params))

    def notify(self, method, /, **params):
        self._send([2, method, [params]])

    def _send(self, message):
        self.process.stdin.write(msgpack.packb(message, use_bin_type=True))
        self.process.stdin.flush()

    def wait(self, method, /, timeout=PATIENCE, **fields):
        """The first event of this kind with these fields; it and what came
        before it are consumed."""
        def found():
            for i, (m, p) in enumerate(self.events):
                if m == method and all(p.get(k) == v
                                       for k, v in fields.items()):
                    return i
            return None

        with self.changed:
            if not self.changed.wait_for(lambda: found() is not None, timeout):
                raise AssertionError("no %s %r in %r" % (method, fields,
                                                         self.events))
            i = found()
            event = self.events[i][1]
            self.skipped = self.events[:i]
            del self.events[:i + 1]
            return event

    def login(self, user, account, **more):
        self.call("login", user=user, account=account, **more)

    def close(self):
        """End of the pipe: the backend must leave by itself."""
        self.process.stdin.close()
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        # Not before its reader has seen the end: it would go on with another
        # file of the same number.
        self.reader.join(PATIENCE)
        self.process.stdout.close()
        return code
