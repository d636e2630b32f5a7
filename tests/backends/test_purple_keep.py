# SPDX-License-Identifier: GPL-2.0-or-later
"""What a plug-in remembers of an account comes back with the next login."""
import os

from driver import TOP

PLUGINS = os.path.join(os.environ.get("B", os.path.join(TOP, "build")),
                       "plugins")


def kept(b, told):
    """Into told, by name; all of it secret but what the user may see."""
    for m, p in b.skipped:
        if m == "setting" and p["user"] == "u@x":
            assert p["secret"] and p["name"] not in told, p
            told[p["name"]] = p.get("value")


def start(purple, **keys):
    return purple("prpl-test", {"plugins_dir": PLUGINS,
                                "at_login": "remember", **keys})


def one_login(b, **more):
    """Log in and out; what is to be kept."""
    told = {}
    b.connect("u@x", "ana", **more)
    kept(b, told)
    b.call("logout", user="u@x")
    b.connect("v@x", "bob")     # whatever comes at the end comes before this
    kept(b, told)
    return told


def test_kept(purple):
    b = start(purple)
    first = one_login(b)
    assert first["plugin/count"] == "i:1" and first["plugin/even"] == "b:0"
    # The last value counts, when it is text.
    assert first["plugin/refresh"] == "s:1"
    assert first["plugin/token"] == "s:+"
    second = one_login(b, settings=first)
    assert second["plugin/count"] == "i:2" and second["plugin/even"] == "b:1"
    assert second["plugin/refresh"] == "s:2"
    assert second["plugin/token"] == "s:++"


def test_the_users_own(purple):
    """An option that the user has set is kept as that."""
    b = start(purple)
    first = one_login(b, settings={"token": "mine"})
    assert first["token"] == "mine+" and "plugin/token" not in first
    # What the user says now is before what the plug-in said then.
    again = one_login(b, settings={"token": "new", "plugin/token": "s:old"})
    assert again["token"] == "new+"


def test_the_admins(purple):
    b = start(purple, token="fixed")
    first = one_login(b, settings={"token": "mine", "plugin/token": "s:x"})
    assert "token" not in first and "plugin/token" not in first


def test_password(purple):
    """One that the plug-in has changed holds until the user changes his."""
    b = start(purple)
    first = one_login(b, password="old")
    value = first["plugin-password"]
    assert value.endswith(":+") and "old" not in value
    same = one_login(b, password="old", settings={"plugin-password": value})
    assert "plugin-password" not in same    # it has it already
    other = one_login(b, password="new", settings={"plugin-password": value})
    assert other["plugin-password"].split(":")[0] != value.split(":")[0]

    # One that is not accepted any more goes, and the user's own is tried.
    old = other["plugin-password"].split(":")[0] + ":+++"
    b.login("u@x", "ana", password="new", settings={"plugin-password": old})
    # Before the end, after which nothing is taken.
    assert b.wait("setting", user="u@x", name="plugin-password").get(
        "value") is None
    end = b.wait("disconnected", user="u@x")
    assert end["retry"] and end["text"] == "too old"


def test_another_password(purple):
    """What is kept is for whoever has the password of the last login."""
    b = start(purple)
    first = one_login(b, password="right")
    assert first["plugin-given"] and "right" not in first["plugin-given"]
    same = one_login(b, password="right", settings=first)
    assert same["plugin/count"] == "i:2" and "plugin-given" not in same
    other = one_login(b, password="other", settings=first)
    assert other["plugin/count"] == "i:1" and other["plugin/token"] == "s:+"
    assert other["plugin-given"] != first["plugin-given"]


def test_another_password_of_a_client(purple):
    """In server mode that goes for a token that the user has set: it would
    let anybody in.  Elsewhere it is the user who has another password."""
    for mode, token in (0, "mine+"), (1, "+"):
        b = purple("prpl-test", {"plugins_dir": PLUGINS, "at_login":
                                 "remember"}, service={"server_mode": mode})
        first = one_login(b, password="right", settings={"token": "mine"})
        assert first["token"] == "mine+"
        other = one_login(b, password="wrong", settings={
            "token": "mine", "plugin-given": first["plugin-given"]})
        assert other["token"] == token
