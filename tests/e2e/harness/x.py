# SPDX-License-Identifier: GPL-2.0-or-later
"""X, of which there is no other server: the fake of tests/backends, and what an
instance in front of it is configured with."""
import os
import re
import sys

from .instance import BUILD, ROOT

sys.path.insert(0, ROOT + "/tests/backends")

import fake_x                                               # noqa: E402
import fake_x_auth                                          # noqa: E402

BACKEND = BUILD + "/bin/spectrum2_twitter_backend"
MISSING = None if os.path.exists(BACKEND) else "no backend for X"
NO_JUDGE = None if fake_x_auth.SignatureOnlyEndpoint else \
    "python3-oauthlib is missing: nobody to judge signatures"
CONTACT = "twitter.com"
ROOM = "#twitter"
X = fake_x.X


def settings(x, pin=False, **more):
    """Of an instance; with PINs when pin, else with addresses to come back
    to.  protocol=none is what the C++ program's example had."""
    keys = {"service__backend": BACKEND, "service__protocol": "none",
            "twitter__base_url": x.url, "twitter__web_url": x.url,
            "twitter__private_urls": 1, "twitter__poll_active": 1,
            "twitter__poll_idle": 1, "twitter__poll_away": 1,
            "twitter__dm_poll": 1, "twitter__budget": 0,
            "twitter__budget_user": 0}
    if pin:
        keys["twitter__consumer_key"], keys["twitter__consumer_secret"] = \
            x.auth.consumer
    else:
        keys["twitter__client_id"] = x.auth.client
    return {**keys, **more}


def link_in(text):
    """The page of X where the user says yes, in what the gateway has said."""
    return re.search(r"https?://\S+/authorize\S+", text).group()
