# SPDX-License-Identifier: GPL-2.0-or-later
"""Contacts of a plug-in that misbehaves: prpl-people, whose commands are names
of contacts to be added."""
import os
import time

import pytest

from driver import BIN, Failed
from harness.process import SLOWER

ANA = "ana@example.com"
PLUGINS = os.path.join(os.path.dirname(BIN), "plugins")


class People:
    def __init__(self, b):
        self.b = b
        b.connect(ANA, "me")

    def run(self, *words, user=ANA):
        """The command is not a contact: it is refused."""
        for word in words:
            with pytest.raises(Failed) as error:
                self.b.call("contact_add", user=user, contact=word)
            assert error.value.code == "not_allowed", word

    def wait(self, method, contact, **fields):
        return self.b.wait(method, user=ANA, contact=contact, **fields)

    def call(self, method, **params):
        return self.b.call(method, user=ANA, **params)

    def refused(self, code, method, **params):
        with pytest.raises(Failed) as error:
            self.call(method, **params)
        assert error.value.code == code, (method, params)
        return error.value.text


@pytest.fixture
def people(purple):
    return People(purple("prpl-people", {"plugins_dir": PLUGINS}))


def test_odd_lists(people):
    p = people
    p.run("odd")
    p.wait("contact", "last", name="Last")
    told = {m["contact"]: m for kind, m in p.b.skipped if kind == "contact"}
    shown = {m["contact"]: m for kind, m in p.b.skipped
             if kind == "contact_presence"}
    assert set(told) <= {"wordy", "social", "sad", "!refused"}
    assert 0 < len(told["wordy"]["name"]) <= 512
    assert len(told["wordy"]["groups"]) == 1
    assert len(told["wordy"]["groups"][0]) <= 512
    assert len(told["social"]["groups"]) == 32
    assert told["sad"]["name"] == "Server's"
    assert 0 < len(shown["wordy"]["status"]) <= 1024
    assert shown["sad"]["status"] == "at home & alone (sad: oh)"
    assert shown["sad"]["since"] == 1000000000000
    # Blocked here only: what the main process knows stays.
    assert "blocked" not in told["sad"]
    p.call("contact_block", contact="sad", blocked=True)
    # Renamed before and after it has been told.
    p.run("renamed")
    p.wait("contact", "after", name="Name")
    assert not [m for m in p.b.skipped if m[1].get("contact") == "before"]
    p.run("renamed late")
    got = {p.b.wait("contact", contact="later")["name"]}
    got |= {m[1]["contact"] for m in p.b.skipped if m[0] == "contact_removed"}
    if "after" not in got:
        p.wait("contact_removed", "after")
    # One who is on the list only while it is there is not removed.
    p.run("passing!")
    p.wait("contact_presence", "passing", show="online")
    p.run("passed")
    p.wait("contact_presence", "passing", show="offline")
    p.run("twice!")
    p.wait("contact", "twice", name="Here")
    assert not [m for m in p.b.skipped if m[0] == "contact_removed"]
    # The main process's own name for somebody stays, as long as it is one.
    p.call("contact_add", contact="ANN")
    p.wait("contact", "ANN")
    p.call("contact_update", contact="ann", name="A")
    p.wait("contact", "ANN", name="A")


def test_group_renamed(people):
    """By the network, for one user: others have a group of that name."""
    p, bob = people, "bob@example.com"
    p.b.connect(bob, "me")
    for user in (ANA, bob):
        p.run("club", user=user)
        p.b.wait("contact", user=user, contact="member", groups=["Club"])
    p.run("club renamed")
    p.b.call("contact_update", user=bob, contact="member", name="M")
    assert p.b.wait("contact", user=bob, name="M")["groups"] == ["Club"]
    p.b.call("contact_remove", user=bob, contact="member")
    p.run("club renamed")
    p.wait("contact", "member", groups=["Pub"])


def test_large_and_restless(people):
    """Thousands at once, and one who never rests: nothing is lost, little is
    told, and others are served."""
    p = people
    p.run("many", "endless")
    began = time.monotonic()
    longest = 0
    while p.b.events == [] or not any(
            m[1].get("status") == "tired" for m in p.b.events):
        start = time.monotonic()
        p.call("contact_block", contact="x", blocked=False)
        longest = max(longest, time.monotonic() - start)
        assert start - began < 30
    # A turn of the loop is never long.
    assert longest < 1 * SLOWER
    p.wait("contact_presence", "restless", status="tired")
    told = sum(m[1].get("contact") == "restless" for m in p.b.skipped)
    assert told <= 3 + 10 * (time.monotonic() - began)
    with p.b.changed:
        have = {m[1]["contact"] for m in p.b.skipped + p.b.events
                if m[0] == "contact_presence" and
                m[1]["contact"].startswith("many")}
        wanted = 5000 - len(have)
    for _ in range(wanted):
        p.b.wait("contact_presence", show="online", status="here")
    p.b.call("logout", user=ANA)


def test_requests(people):
    p = people
    p.run("request")
    for text in (None, "Please"):
        got = p.wait("contact_request", "asker", text=text)
        assert got["name"] == "<Asker>"
    # One answer for both, and the other is on the list then.
    p.call("contact_allow", contact="ASKER")
    p.wait("contact", "count", name="yes 2, no 0")
    p.refused("not_found", "contact_deny", contact="asker")
    # As many as are kept; the oldest are refused.
    p.run("request many")
    p.wait("contact", "count", name="yes 2, no 150")
    p.refused("not_found", "contact_allow", contact="asker149")
    p.call("contact_deny", contact="asker249")
    p.wait("contact", "count", name="yes 2, no 151")
    p.run("request back")
    p.wait("contact_request", "shy")
    p.refused("not_found", "contact_allow", contact="shy")
    p.refused("not_found", "contact_allow", contact="asker200")
    # Those with nobody behind them, once; not whom one has.
    p.run("offer")
    p.wait("contact_request", "fan")
    p.wait("contact_request", "found", name="F")
    assert not [m for m in p.b.skipped if m[0] == "contact_request"]
    p.call("contact_allow", contact="fan")
    p.wait("contact", "fan")
    p.call("contact_deny", contact="found")
    p.run("count!")
    p.refused("not_found", "contact_update", contact="found")


def test_pictures_and_profiles(people):
    p = people
    p.run("picture odd", "picture good")
    got = p.wait("avatar", "model")
    assert got["type"] == "image/gif" and len(got["data"]) == 12
    assert not [m for m in p.b.skipped if m[0] == "avatar"]
    p.run("picture none")
    p.wait("contact", "model", avatar_hash="")
    # Pages, shown twice and never.
    got = p.call("profile", contact="model")
    assert got == {"full_name": "Ann Bee", "nick": "N",
                   "note": "No label\nNick: second\nBirthday: in May\n"
                           "Odd: ??"}
    silent = [p.b.start("profile", user=ANA, contact="silent")
              for _ in range(60)]
    codes = []
    for serial in silent[50:]:
        with pytest.raises(Failed) as error:
            p.b.finish(serial)
        codes.append(error.value.code)
    assert set(codes) == {"rate_limited"}
    p.refused("not_found", "profile", contact="x\ny")
    p.refused("not_found", "profile", contact="model", room="nowhere")
    # The picture must be as the network wants it.
    for photo, word in ((b"no picture at all", "known kind"),
                        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x41\0\0\0\x40",
                         "16 x 16 to 64 x 64"),
                        (b"GIF89a\x0f\0\x40\0;;", "15 x 64"),
                        (b"GIF89a\x40\0\x40\0" + b";" * 2000, "2000 bytes"),
                        (b"BM" + b"\0" * 12 + b"\x28\0\0\0\x20\0\0\0\x20"
                         b"\0\0\0", "png,gif,jpg"),
                        (b"GIF89a" + b"x" * 300000, "256 KiB")):
        assert word in p.refused("not_acceptable", "profile_set", photo=photo)
    p.call("profile_set", photo=b"GIF89a\x40\0\x40\0;;", nick="good")
    p.call("profile_set", photo=b"")
    assert p.refused("network", "profile_set", nick="bad") == "Bad name"
    p.call("profile_set")
    # The end of the session answers what waits.
    never = p.b.start("profile_set", user=ANA, nick="never")
    p.refused("rate_limited", "profile_set", nick="good")
    p.call("logout")
    for serial in silent[:50] + [never]:
        with pytest.raises(Failed) as error:
            p.b.finish(serial)
        assert error.value.code == "not_connected"


def test_list_is_kept_by_us(purple):
    """Where the admin says so, the main process's list is the list."""
    for keep in (0, 1):
        p = People(purple("prpl-people", {"plugins_dir": PLUGINS,
                                          "keep_contacts": keep}))
        p.b.notify("contact_watch", user=ANA, contacts=["Watched"])
        p.run("renamed")
        p.wait("contact", "after")
        assert bool([m for m in p.b.skipped if m[0] == "contact" and
                     m[1]["contact"] == "Watched"]) == bool(keep)


def test_session_that_ends_when_looked_at(people):
    p = people
    p.run("deadly!")
    end = p.b.wait("disconnected", user=ANA)
    assert end["text"] == "looked at"
    p.b.connect(ANA, "me")
    p.run("renamed")
    p.wait("contact", "after", name="Name")
