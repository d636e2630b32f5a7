# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives spectrum2_twitter_backend over its pipes, with a fake X behind it."""
import os

import driver
from driver import LATER

PROGRAM = "spectrum2_twitter_backend"
MISSING = None if os.path.exists(os.path.join(driver.BIN, PROGRAM)) else \
    "this build is without the Twitter backend"
USER = "me@example.org"


class Twitter(driver.Backend):
    """x: a fake_x.X; more: keys of [twitter]; sections: others than that."""

    def __init__(self, x, sections=None, **more):
        self.x = x
        config = {"base_url": x.url, "web_url": x.url, "client_id": x.auth.client,
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
