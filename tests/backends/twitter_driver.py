# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives spectrum2_twitter_backend over its pipes, with a fake X behind it."""
import contextlib
import os
import shutil
import subprocess

import driver
from driver import LATER
from irc_driver import wait_port

PROGRAM = "spectrum2_twitter_backend"
MISSING = None if os.path.exists(os.path.join(driver.BIN, PROGRAM)) else \
    "this build is without the Twitter backend"
USER = "me@example.org"


def judge(name):
    """A program that tests/npm.sh has installed, or where the environment says
    it is (PRISM=...); None."""
    here = os.path.join(driver.TOP, "build", "npm", "node_modules", ".bin",
                        name)
    found = os.environ.get(name.upper().replace("-", "_"),
                           here if os.path.exists(here) else
                           shutil.which(name))
    return found if shutil.which("node") else None


@contextlib.contextmanager
def judging(command, port, log):
    """It runs, until the end of the block."""
    with open(log, "w") as out:
        p = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        wait_port(port, 100)
        yield "http://127.0.0.1:%d" % port
    finally:
        p.terminate()
        p.wait(60)
        with open(log) as out:
            print(out.read()[-8000:])


class Twitter(driver.Backend):
    """x: a fake_x.X; more: keys of [twitter]; sections: others than that."""

    def __init__(self, x, sections=None, **more):
        self.x = x
        config = {"base_url": x.url, "web_url": x.url,
                  "client_id": x.auth.client,
                  "consumer_key": x.auth.consumer[0],
                  "consumer_secret": x.auth.consumer[1],
                  "private_urls": 1}
        config.update(more)
        self.kept = {}              # settings that were to be kept
        super().__init__(PROGRAM, {**(sections or {}), "twitter": {
            k: v for k, v in config.items() if v is not None}})
        self.replies["ask"] = LATER

    def enter(self, account="alice", user=USER, oauth1=False, **settings):
        """Log in somebody who has logged in before; what connected says."""
        kept = self.x.auth.kept1 if oauth1 else self.x.auth.kept2
        settings.setdefault("tokens", kept(account))
        self.login(user, account, settings=settings)
        return self.wait("connected", user=user)

    def wait(self, method, /, **how):
        event = super().wait(method, **how)
        for m, p in self.skipped + [(method, event)]:
            if m == "setting":
                self.kept[p["name"]] = p.get("value")
        return event

    def asked(self, answer=None, user=USER):
        """The next question to the user; answer(question) or a text is what
        the user says to it; an error is a dict with a code."""
        q = self.wait("ask", user=user)
        serial = self.unanswered.pop(0)
        if callable(answer):
            answer = answer(q)
        if answer is None or isinstance(answer, str):
            answer = {"values": {f["var"]: answer
                                 for f in q.get("fields", [])}}
        self.answer(serial, answer)
        return q
