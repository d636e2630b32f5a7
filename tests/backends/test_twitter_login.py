# SPDX-License-Identifier: GPL-2.0-or-later
"""The Twitter backend alone: who is let in by X, and for how long."""
import threading
import time

import pytest

import fake_x_auth
from twitter_driver import USER

needs_judge = pytest.mark.skipif(
    fake_x_auth.SignatureOnlyEndpoint is None,
    reason="python3-oauthlib is missing: nobody to judge signatures")
NO = {"code": "forbidden"}


def refused(b, reason="auth"):
    gone = b.wait("disconnected", user=USER)
    assert gone["reason"] == reason
    assert bool(gone.get("retry")) == (reason == "network"), gone
    return gone["text"]


def test_oauth2(x, twitter):
    x.user("bob")
    b = twitter()
    b.login(USER, "@Alice")
    q = b.asked(lambda q: x.auth.approve(q["url"], "alice"))
    assert q["url"].startswith(x.url) and "http://127.0.0.1/" in \
        q["instructions"]
    b.wait("connected", account="alice")
    how, expires, access, refresh = b.kept["tokens"].split()
    assert how == "2" and access in x.auth.access
    assert abs(int(expires) - time.time() - 7200) < 60
    assert all(p["secret"] for m, p in b.skipped
               if m == "setting" and p["name"] == "tokens")

    # Wrong answers: not an address, one of another login, a code that is made
    # up; then the session ends.
    b.login(USER, "alice")
    q = b.asked("hello there")
    b.asked("http://127.0.0.1/?state=other&code=code-1")
    again = b.asked("http://127.0.0.1/nothing")
    assert again["url"] == q["url"] and "another login" in \
        again["instructions"]
    assert "no code" in refused(b)
    # Two wrong ones, and then just the code.
    b.login(USER, "alice")
    q = b.asked("made-up")
    b.asked("http://127.0.0.1/?code=stateless")
    url = x.auth.approve(q["url"], "alice")
    b.asked("  %s\n" % url.split("code=")[1])
    b.wait("connected")

    # The user does not want to, here or there.
    b.login(USER, "alice")
    b.asked(NO)
    refused(b)
    b.login(USER, "alice")
    b.asked("http://127.0.0.1/?error=access_denied&state=1")
    refused(b)

    # A logout while the question is open, and its answer after that.
    b.login(USER, "alice")
    b.wait("ask")
    b.call("logout", user=USER)
    b.answer(b.unanswered.pop(), {"values": {"answer": "late"}})

    # Somebody else than was said: asked, and the tokens forgotten.
    b.login(USER, "alice")
    b.asked(lambda q: x.auth.approve(q["url"], "bob"))
    q = b.asked(NO)
    assert "fields" not in q or not q["fields"]
    assert "@bob" in q["instructions"] and "@alice" in q["instructions"]
    refused(b)
    assert b.kept["tokens"] is None
    b.login(USER, "alice")
    b.asked(lambda q: x.auth.approve(q["url"], "bob"))
    b.asked()
    assert b.wait("connected")["account"] == "bob"
    # Known from then on, also under another name.
    settings = {"tokens": b.kept["tokens"], "identity": b.kept["identity"]}
    x.find("bob")["username"] = "robert"
    b.login(USER, "alice", settings=settings)
    assert b.wait("connected")["account"] == "robert"


@needs_judge
def test_oauth1(x, twitter):
    b = twitter(client_id=None)
    b.login(USER, "alice")
    pins = []

    def wrong(q):
        pins.append(x.auth.approve(q["url"], "alice"))
        return "999"

    q = b.asked(wrong)
    again = b.asked("#pin " + pins[0])
    assert again["url"] == q["url"]
    assert "does not know" in again["instructions"]
    b.wait("connected", account="alice")
    how, token, secret = b.kept["tokens"].split()
    assert how == "1" and x.auth.tokens1[token]["secret"] == secret

    b.login(USER, "alice")
    for _ in range(3):
        b.asked("0")
    assert "PIN" in refused(b)

    # Our clock is wrong, or theirs: noticed at the first request.
    x.clock = 7200
    b.login(USER, "alice", settings={"tokens": "1 %s %s" % (token, secret)})
    b.wait("connected")
    x.clock = -7200
    b.login(USER, "alice")
    b.asked(lambda q: x.auth.approve(q["url"], "alice"))
    b.wait("connected")
    x.clock = 0

    # As the C++ program kept them.
    b.login(USER, "alice", settings={"twitter_oauth_token": token,
                                     "twitter_oauth_secret": secret})
    b.wait("connected")

    # Tokens that X does not know: asked for new ones in the same login.
    b.login(USER, "alice", settings={"tokens": "1 unknown wrong"})
    q = b.asked(NO)
    assert "does not let" in q["instructions"]
    refused(b)

    # X cannot be reached, or does not know this gateway.
    x.next("request_token", status=503)
    b.login(USER, "alice")
    refused(b, "network")
    x.next("request_token", hang_up=True)
    b.login(USER, "alice")
    refused(b, "network")
    x.next("request_token", body="oauth_token=%0d%0aX&oauth_token_secret=1")
    b.login(USER, "alice")
    refused(b, "network")
    x.auth.consumer = ("other", "other")
    b.login(USER, "alice")
    assert "consumer_key" in refused(b)


@needs_judge
def test_either(x, twitter):
    b = twitter()
    b.login(USER, "alice", settings={"oauth": "1"})
    q = b.asked(lambda q: x.auth.approve(q["url"], "alice"))
    assert "/oauth/authorize" in q["url"]
    b.wait("connected")
    # Tokens of the way that is not configured any more are of no use.
    b = twitter(consumer_key=None, consumer_secret=None)
    b.login(USER, "alice", settings={"tokens": x.auth.kept1("alice")})
    assert "/i/oauth2/authorize" in b.asked(NO)["url"]


def test_renewal(x, twitter):
    b = twitter()
    # Too old when it is used first; and a server that says so.
    b.enter(tokens=x.auth.kept2("alice", lifetime=-5))
    assert len(x.asked("POST", "oauth2/token")) == 1
    first = b.kept["tokens"]
    assert first.split()[3] in x.auth.refresh
    x.auth.expire()
    b.login(USER, "alice", settings={"tokens": first})
    b.wait("connected")
    assert len(x.asked("POST", "oauth2/token")) == 2
    second = b.kept["tokens"]
    assert second != first and second.split()[3] in x.auth.refresh

    # Kept before it is used.
    x.auth.expire()
    hold = threading.Event()
    x.next("users/me", times=1)         # the one that is refused
    x.next("users/me", delay=hold)
    b.login(USER, "alice", settings={"tokens": second})
    third = b.wait("setting", name="tokens")["value"]
    assert third != second
    hold.set()
    b.wait("connected")

    # The user leaves while one is under way: it is kept all the same, and the
    # logout is answered after that.
    x.auth.expire()
    hold = threading.Event()
    x.next("oauth2/token", delay=hold)
    b.login(USER, "alice", settings={"tokens": third})
    x.wait("POST", "oauth2/token", 4)
    out = b.start("logout", user=USER)
    b.call("logout", user="nobody@example.org")
    with pytest.raises(AssertionError):
        b.finish(out, timeout=0.1)
    hold.set()
    b.finish(out)
    fourth = b.wait("setting", name="tokens")["value"]
    assert fourth.split()[3] in x.auth.refresh

    # No answer is not a refusal: the old one is as good as before.
    x.auth.expire()
    x.next("oauth2/token", status=503)
    b.login(USER, "alice", settings={"tokens": fourth})
    refused(b, "network")
    x.next("oauth2/token", body="{")
    x.next("oauth2/token", body='{"access_token": "a b"}')
    for _ in range(2):
        tokens = x.auth.kept2("alice", lifetime=-5)
        b.login(USER, "alice", settings={"tokens": tokens})
        refused(b, "network")

    # What a failed login has kept may be gone, and the old one is void.
    tokens = x.auth.kept2("alice", lifetime=-5)
    for _ in range(2):
        x.next("users/me", status=503)
        b.login(USER, "alice", settings={"tokens": tokens})
        refused(b, "network")
        x.auth.expire()
    b.enter(tokens=tokens)
    assert b.kept["tokens"].split()[3] in x.auth.refresh

    # One that was used before: the user is asked.
    b.login(USER, "alice", settings={"tokens": first})
    b.asked(lambda q: x.auth.approve(q["url"], "alice"))
    b.wait("connected")


def test_confidential_client(x, twitter):
    x.auth.client_secret = "a secret/with+signs"
    b = twitter(client_secret=x.auth.client_secret)
    x.auth.client_secret = "a%20secret%2Fwith%2Bsigns"      # RFC 6749, 2.3.1
    b.login(USER, "alice")
    b.asked(lambda q: x.auth.approve(q["url"], "alice"))
    b.wait("connected")


def test_server_mode(x, twitter):
    """Nobody but us looks at the password: what is kept of a user is for who
    has the one it was kept with."""
    x.user("bob")
    b = twitter(sections={"service": {"server_mode": 1}})
    for password in None, "":
        b.login(USER, "alice", password=password)
        assert "password" in refused(b)
    # An address belongs to the account of that name.
    b.login(USER, "alice", password="first")
    b.asked(lambda q: x.auth.approve(q["url"], "bob"))
    assert "another account" in refused(b)
    assert "password" not in b.kept
    b.login(USER, "alice", password="first")
    q = b.asked(lambda q: x.auth.approve(q["url"], "alice"))
    assert "another password" not in q["instructions"]
    b.wait("connected")
    assert all(p["secret"] for m, p in b.skipped
               if m == "setting" and p["name"] in ("tokens", "password"))
    kept = dict(b.kept)
    assert "first" not in kept["password"]
    b.login(USER, "alice", password="first", settings=kept)
    b.wait("connected")

    # A guess gets a question, and nothing else; no answer of another account
    # is good.
    asked = len(x.requests)
    for password in "second", "first ", "f":
        b.login(USER, "alice", password=password, settings=kept)
        q = b.asked(lambda q: x.auth.approve(q["url"], "bob"))
        assert "another password" in q["instructions"]
        assert "another account" in refused(b)
    assert {r.user for r in x.requests[asked:]} <= {None, x.find("bob")["id"]}
    # Nor are tokens without a password, as the C++ program kept them.
    for more in {"password": ""}, {"password": "x"}, \
            {"password": kept["password"][:40]}:
        b.login(USER, "alice", password="first", settings={**kept, **more})
        b.asked(NO)
        refused(b)
    # Forgotten, or changed.
    b.login(USER, "alice", password="second", settings=kept)
    b.asked(lambda q: x.auth.approve(q["url"], "alice"))
    b.wait("connected")
    assert b.kept["password"] != kept["password"]
    b.login(USER, "alice", password="second", settings=b.kept)
    b.wait("connected")
    # Names change, and then somebody else may have this one.
    x.find("alice")["username"] = "anna"
    x.find("bob")["username"] = "alice"
    kept = dict(b.kept)
    b.login(USER, "alice", password="guess", settings=kept)
    b.asked(lambda q: x.auth.approve(q["url"], "alice"))
    assert "another account" in refused(b)
    b.login(USER, "alice", password="second", settings=kept)
    assert b.wait("connected")["account"] == "anna"


def test_proxy(x, twitter):
    """All that X is asked goes there; here the fake is that, too."""
    b = twitter(base_url="http://api.x.test", sections={"proxy": {
        "server": "127.0.0.1", "port": x.server.server_port, "user": "me",
        "password": "secret"}})
    b.enter()
    [r] = x.asked("GET", "users/me")
    assert r.headers["Host"] == "api.x.test"
    assert r.headers["Proxy-Authorization"] == "Basic bWU6c2VjcmV0"


def test_trouble(x, twitter):
    b = twitter()
    for switch, reason in (
            ({"status": 500}, "network"), ({"status": 429}, "network"),
            ({"status": 402}, "network"), ({"cut": True}, "network"),
            ({"body": "{\"data\":"}, "network"), ({"body": "[]"}, "network"),
            ({"body": '{"data": {"id": 5, "username": "alice"}}'}, "network"),
            ({"body": '{"data": {"id": "5 5", "username": "a"}}'}, "network"),
            ({"status": 403, "body":
              '{"title": "Forbidden", "detail": "suspended"}'}, "auth"),
            ({"status": 401, "times": 2, "body":
              '{"errors": [{"code": 64, "message": "Your account is '
              'suspended."}]}'}, "auth")):
        x.next("users/me", **switch)
        b.login(USER, "alice", settings={"tokens": x.auth.kept2("alice")})
        text = refused(b, reason)
        assert reason == "network" or "suspended" in text


def test_budget(x, twitter):
    """A login costs something, once a day; without that money it is known who
    this is, also to a process that has just been started."""
    b = twitter(budget_user="1.00", price_user_read="0.90")
    tokens = x.auth.kept2("alice")
    b.enter(tokens=tokens)
    b.call("logout", user=USER)
    b.enter(tokens=tokens, identity=b.kept["identity"])
    assert len(x.asked("GET", "users/me")) == 1
    assert b.kept["spent"].endswith(" 90000 1")
    spent = b.kept["spent"]
    b = twitter(budget_user="1.00", price_user_read="0.90")
    b.enter(tokens=tokens, identity="5 alice", spent=spent)
    # Who is not known must wait.
    b.login(USER, "alice", settings={"tokens": tokens, "spent": spent})
    assert "midnight" in refused(b, "network")
    assert len(x.asked("GET", "users/me")) == 1
    # The instance's is shared with its other backends, by users.
    b = twitter(budget="1.00", price_user_read="0.20")
    b.call("ping", users=10)
    b.login(USER, "alice", settings={"tokens": tokens})
    assert "all users" in refused(b, "network")
    b.call("ping", users=2)
    b.enter(tokens=tokens)
