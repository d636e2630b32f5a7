# SPDX-License-Identifier: GPL-2.0-or-later
"""The Twitter backend alone: X, or who stands in its place, answers with anything.
All its users live on, are told of it no more than once, and have what is new when
sense is back."""
import copy
import json

import pytest

from driver import Failed, PATIENCE
from harness.process import SLOWER

HOME, EVENTS = "reverse_chronological", "/2/dm_events"
USERS = ["u%d@example.org" % i for i in range(30)]
WRONG = (None, 5, -1.5, True, "", " ", "\0", "\ud800", "0x10", "1 2", "9" * 400,
         [], {}, [[]], [None], {"id": {}}, "<\u202e>" * 50)

PAGE = {
    "data": [{
        "id": "1800000000000000001", "text": "hello @alice https://t.co/a",
        "author_id": "7", "created_at": "2026-11-26T10:00:00.000Z",
        "lang": "en", "possibly_sensitive": False, "conversation_id": "5",
        "in_reply_to_user_id": "8",
        "referenced_tweets": [{"type": "quoted", "id": "6"}],
        "attachments": {"media_keys": ["3_1"]},
        "entities": {"urls": [{"start": 13, "end": 27, "url": "https://t.co/a",
                               "expanded_url": "https://example.org/"}],
                     "mentions": [{"start": 6, "end": 12, "id": "1",
                                   "username": "alice"}]},
        "note_tweet": {"text": "longer"}}],
    "includes": {
        "users": [{"id": "7", "name": "Eve", "username": "eve",
                   "profile_image_url": "https://example.org/a.png"}],
        "tweets": [{"id": "6", "text": "quoted", "author_id": "7"}],
        "media": [{"media_key": "3_1", "type": "photo", "url": "ftp://a",
                   "alt_text": "x"}]},
    "meta": {"result_count": 1, "newest_id": "1800000000000000001",
             "oldest_id": "1800000000000000001"}}


def places(value, at=()):
    """Where there is something in it: tuples of keys."""
    if at:
        yield at
    items = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for key, inside in items:
        yield from places(inside, at + (key,))


def changed_pages():
    """Each place of a page with something wrong in it."""
    for i, at in enumerate(places(PAGE)):
        for k in (i, i + 5, i + 11):
            page = copy.deepcopy(PAGE)
            inside = page
            for key in at[:-1]:
                inside = inside[key]
            inside[at[-1]] = WRONG[k % len(WRONG)]
            yield {"body": json.dumps(page)}


def misbehaviours():
    for status in (204, 304, 400, 402, 403, 404, 418, 500, 502, 503, 504):
        yield {"status": status}
        yield {"status": status, "body": ""}
    for status in 301, 302, 307, 308:
        for where in ("/", "file:///etc/passwd", "http://127.0.0.1:1/",
                      "//", "gopher://127.0.0.1/x"):
            yield {"status": status, "headers": {"Location": where}}
    yield {"cut": True}
    yield {"hang_up": True}
    yield {"delay": 0.3}
    yield {"status": 429, "headers": {"retry-after": "1"}}
    for body in (b"", b"null", b"[]", b"5", b'"x"', b"{", b"{}\0{}", b"\xff",
                 b'{"data":' + b"[" * 200000, b'{"a":' * 100000,
                 b"<html>" * 1000, b" " * 3000000, b'{"data": "\xed\xa0\x80"}',
                 b'{"data": [], "data": {}}', b'{"data": 1e999}',
                 b'{"data": [{"id": 1800000000000000001, "text": "n"}]}'):
        yield {"body": body}
        yield {"body": body, "headers": {"Content-Type": "text/html"}}
    for value in "-5", "99999999999999999999", "soon", "":
        yield {"headers": {"x-rate-limit-remaining": "7", "Date": value,
                           "x-rate-limit-reset": value}}
    yield {"headers": {"x-%d" % i: "y" * 50 for i in range(90)}}
    yield {"headers": {"x-long": "y" * 250000}}
    yield {"headers": {"Content-Encoding": "gzip"}}
    # Pages without end.
    yield {"body": json.dumps(dict(PAGE, meta={"next_token": "again"}))}
    yield from changed_pages()


def troubles(told):
    """What is told of trouble again, without its end between."""
    bad, twice = set(), []
    for text in told:
        what, _, _ = text.partition(": ")
        if text.endswith("all is well again."):
            bad = {t for t in bad if not t.startswith(what + ":")}
        elif text in bad:
            twice.append(text)
        else:
            bad.add(text)
    return twice


def test_pages(x, twitter):
    x.user("bob")
    x.follow("alice", "bob")
    b = twitter(poll_active=1, poll_idle=1, poll_away=1, dm_poll=1, budget=0,
                budget_user=0)
    x.post("bob", "the first")
    for user in USERS:
        b.enter(user=user)
    todo = list(misbehaviours())
    with x.lock:
        for how in todo:
            x.next(HOME, **how)
        for how in todo[:90]:
            x.next(EVENTS, **how)
        # The token is good, whatever these say.
        x.next(HOME, status=401, times=8)
    with x.changed:
        assert x.changed.wait_for(lambda: not [
            s for s in x.switches if s["path"] == HOME], 30 * SLOWER), \
            "%d are left" % len(x.switches)
    assert b.call("ping")["sessions"] == len(USERS)
    with x.lock:
        x.switches.clear()
    last = x.post("bob", "the last")["id"]
    with b.changed:
        assert b.changed.wait_for(lambda: {
            p["user"] for m, p in b.events
            if m == "message" and p.get("id") == last} == set(USERS), PATIENCE)
        events = list(b.events)
    assert not [p for m, p in events if m == "disconnected"]
    for user in USERS:
        mine = [p for m, p in events if m == "message" and p["user"] == user]
        assert [p.get("id") for p in mine].count(last) == 1
        told = [p["body"] for p in mine
                if p["from"] == "twitter.com" and "id" not in p]
        assert not troubles(told), told
        assert len(told) < 60, told


@pytest.mark.parametrize("how", [
    {"body": b"{"}, {"body": b'{"data": {"id": 5}}'}, {"status": 500},
    {"status": 302, "headers": {"Location": "/2/tweets"}}, {"cut": True},
    {"hang_up": True}, {"body": b'{"data": {"id": "../../x"}}'}],
    ids=str)
def test_posting(x, twitter, how):
    """It is not said to be done, and not done twice."""
    b = twitter()
    b.enter()
    x.next("/2/tweets$", method="POST", **how)
    with pytest.raises(Failed):
        b.call("message", user="me@example.org", to="#twitter",
               kind="groupchat", body="once")
    assert len(x.asked("POST", "/2/tweets$")) == 1
    r = b.call("message", user="me@example.org", to="#twitter",
               kind="groupchat", body="twice")
    assert x.posts[r["ids"][0]]["text"] == "twice"
