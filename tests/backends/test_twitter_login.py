# SPDX-License-Identifier: GPL-2.0-or-later
"""The Twitter backend alone: who is let in by X, and for how long."""
import pytest

import fake_x_auth
from twitter_driver import USER

needs_judge = pytest.mark.skipif(
    fake_x_auth.SignatureOnlyEndpoint is None,
    reason="python3-oauthlib is missing: nobody to judge signatures")


def test_kept_tokens(x, twitter):
    b = twitter()
    assert b.enter()["display_name"] == "Alice"
    assert x.asked("GET", "/2/users/me")[0].user == x.find("alice")["id"]


@needs_judge
def test_kept_tokens_of_1(x, twitter):
    b = twitter()
    assert b.enter(oauth1=True)["account"] == "alice"
    x.auth.revoke("alice")
    b.login(USER, "alice", settings={"tokens": "1 no-token wrong"})
    gone = b.wait("disconnected", user=USER)
    assert gone["reason"] == "auth" and not gone.get("retry")
