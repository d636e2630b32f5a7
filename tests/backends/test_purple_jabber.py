# SPDX-License-Identifier: GPL-2.0-or-later
"""prpl-jabber against a real Prosody: logging in."""


def test_login(jabber, account):
    b = jabber()
    assert "contacts" in b.features and "identity=xmpp" in b.features
    b.connect("u@x", account("ana"))
    b.call("logout", user="u@x")


def test_wrong_password(jabber, account):
    b = jabber()
    b.login("u@x", account("ana"), password="wrong")
    end = b.wait("disconnected", user="u@x")
    assert end["reason"] == "auth" and not end.get("retry")


def test_two_users_of_one_account(jabber, account):
    b = jabber()
    name = account("ana")
    b.connect("u@x", name)
    b.connect("v@x", name)
