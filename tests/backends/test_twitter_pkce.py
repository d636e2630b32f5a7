# SPDX-License-Identifier: GPL-2.0-or-later
"""OAuth 2.0 with PKCE, judged by a server that is not ours: oauth2-mock-server
(tests/npm.sh).  It gives the tokens; the fake X passes on what it is asked for
them, and takes them after that."""
import json
import urllib.error
import urllib.parse
import urllib.request

import pytest

from irc_driver import free_port
from twitter_driver import USER, judge, judging

SERVER = judge("oauth2-mock-server")

pytestmark = pytest.mark.skipif(
    not SERVER, reason="oauth2-mock-server is not installed (tests/npm.sh)")


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Server:
    def __init__(self, url, x):
        self.url = url
        self.x = x
        self.forms = []             # what it was asked for tokens with
        x.auth.token = self.token

    def browse(self, link):
        """A browser at the link: where it is sent on to."""
        page = self.url + "/authorize?" + urllib.parse.urlsplit(link).query
        try:
            urllib.request.build_opener(Stay).open(page, timeout=30)
        except urllib.error.HTTPError as e:
            assert e.code == 302, e.read()
            return e.headers["Location"]
        raise AssertionError("not sent on")

    def token(self, r):
        """In place of the fake's own."""
        self.forms.append(r.body)
        ask = urllib.request.Request(
            self.url + "/token", urllib.parse.urlencode(r.body).encode())
        try:
            with urllib.request.urlopen(ask, timeout=30) as answer:
                status, got = answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read())
        self.x.auth.access[got["access_token"]] = {
            "user": self.x.find("alice")["id"],
            "until": self.x.now() + got["expires_in"]}
        return status, got


@pytest.fixture
def server(x, tmp_path):
    port = free_port()
    with judging([SERVER, "-a", "127.0.0.1", "-p", str(port)], port,
                 tmp_path / "log") as url:
        yield Server(url, x)


def test_pkce(x, server, twitter):
    b = twitter()
    b.login(USER, "alice")
    b.asked(lambda q: server.browse(q["url"]))
    b.wait("connected", account="alice")
    form, = server.forms
    assert form["grant_type"] == "authorization_code"
    assert 43 <= len(form["code_verifier"]) <= 128
    first = b.kept["tokens"]

    # A token is renewed, with what came with it.
    x.auth.expire()
    b.login(USER, "alice", settings={"tokens": first})
    b.wait("connected")
    assert server.forms[1] == {"grant_type": "refresh_token",
                               "refresh_token": first.split()[3],
                               "client_id": x.auth.client}
    assert b.kept["tokens"].split()[3] != first.split()[3]

    # Each login has a verifier of its own: the code of another one is refused.
    b.login(USER, "alice")
    stolen = []

    def late(q):
        stolen.append(server.browse(q["url"]))
        return {"code": "forbidden"}

    b.asked(late)
    b.wait("disconnected")
    code = dict(urllib.parse.parse_qsl(
        urllib.parse.urlsplit(stolen[0]).query))["code"]
    b.login(USER, "alice")
    b.asked(code)
    b.asked(lambda q: server.browse(q["url"]))
    b.wait("connected")
    assert len(server.forms) == 4
