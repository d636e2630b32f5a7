# SPDX-License-Identifier: GPL-2.0-or-later
"""prpl-irc against a real server."""
import pytest

from harness import servers


@pytest.fixture
def ngircd(tmp_path):
    s = servers.Ngircd(tmp_path, password="sesame").start()
    yield s
    s.stop()


def test_password(purple, ngircd):
    """A wrong one is not a lost connection, to be tried again."""
    b = purple("prpl-irc", {"port": ngircd.port})
    b.login("a@x", "ana@127.0.0.1", password="wrong")
    end = b.wait("disconnected", user="a@x")
    assert end["reason"] == "auth" and not end.get("retry"), end
    assert "password" in end["text"]
    b.connect("b@x", "bob@127.0.0.1", password="sesame")
