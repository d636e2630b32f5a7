# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives spectrum2_twitter_backend over its pipes, with a fake X behind it."""
import os

import driver

PROGRAM = "spectrum2_twitter_backend"
MISSING = None if os.path.exists(os.path.join(driver.BIN, PROGRAM)) else \
    "this build is without the Twitter backend"
USER = "me@example.org"


class Twitter(driver.Backend):
    """x: a fake_x.X; more: keys of [twitter]."""

    def __init__(self, x, **more):
        self.x = x
        config = {"base_url": x.url, "client_id": x.auth.client,
                  "consumer_key": x.auth.consumer[0],
                  "consumer_secret": x.auth.consumer[1],
                  "private_urls": 1}
        config.update(more)
        super().__init__(PROGRAM, {"twitter": {
            k: v for k, v in config.items() if v is not None}})

    def enter(self, account="alice", user=USER, oauth1=False, **settings):
        """Log in somebody who has logged in before; what connected says."""
        kept = self.x.auth.kept1 if oauth1 else self.x.auth.kept2
        settings.setdefault("tokens", kept(account))
        self.login(user, account, settings=settings)
        return self.wait("connected", user=user)
