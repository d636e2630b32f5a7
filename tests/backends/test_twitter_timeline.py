# SPDX-License-Identifier: GPL-2.0-or-later
"""The Twitter backend alone: what is new is read once, and told once."""
import os
import signal
import threading

from fake_x import now_text, token_of
from twitter_driver import USER

HOME = "reverse_chronological"


def say(x, name, text, **more):
    return x.post(name, text, **more)["id"]


def told(b, last, **fields):
    """Messages up to the one with that id; {id: message}."""
    end = b.wait("message", id=last, **fields)
    all_ = [p for m, p in b.skipped + [("message", end)]
            if m == "message" and "id" in p]
    by_id = {p["id"]: p for p in all_}
    assert len(by_id) == len(all_)
    return by_id


def people(x, *names):
    for name in names:
        x.user(name)
        x.follow("alice", name)


def test_first_and_next(x, twitter):
    people(x, "anna", "bob")
    old = [say(x, "anna", "number %d" % i) for i in range(30)]
    b = twitter(poll_active=1, budget_user=0, budget=0)
    b.enter()
    got = told(b, old[-1])
    assert list(got) == old[-20:]               # oldest first, and no flood
    assert got[old[-1]]["body"].endswith("Anna (@anna): number 29")
    assert got[old[-1]]["from"] == "twitter.com"
    assert b.wait("setting", name="twitter_last_tweet")["value"] == old[-1]
    first, *polls = [r.query for r in x.asked("GET", HOME)]
    assert first["max_results"] == "20" and "since_id" not in first
    assert all(q["since_id"] == old[-1] for q in polls)

    new = say(x, "bob", "fresh")
    assert list(told(b, new)) == [new]
    assert x.asked("GET", HOME)[-1].query["since_id"] == old[-1]
    b.wait("setting", name="twitter_last_tweet", value=new)

    # Several pages, in order; then more than will be read.
    with x.lock:
        many = [say(x, "anna", "many %d" % i) for i in range(230)]
    assert list(told(b, many[-1])) == many
    b.wait("setting", name="twitter_last_tweet", value=many[-1])
    with x.lock:
        flood = [say(x, "anna", "flood %d" % i) for i in range(520)]
    got = told(b, flood[-1])
    notices = [p["body"] for m, p in b.skipped
               if m == "message" and "id" not in p]
    assert len(notices) == 1 and "500" in notices[0]
    assert list(got) == flood[20:]
    b.wait("setting", name="twitter_last_tweet", value=flood[-1])

    # A page is missing: nothing is told before it has come, nothing twice.
    with x.lock:
        x.next(HOME)
        x.next(HOME, status=503)
        parts = [say(x, "bob", "part %d" % i) for i in range(150)]
    assert list(told(b, parts[-1])) == parts
    b.wait("setting", name="twitter_last_tweet", value=parts[-1])
    asked = [r.query.get("pagination_token") for r in x.asked("GET", HOME)
             if r.query.get("since_id") == flood[-1]]
    assert asked == [None] + 2 * [token_of(100)]


def test_empty(x, twitter):
    """Where there was nothing, all that comes is new, and nothing older."""
    people(x, "anna")
    x.user("bob")
    b = twitter(poll_active=1, budget_user=0, budget=0)
    b.enter()
    mark = b.wait("setting", name="twitter_last_tweet")["value"]
    assert mark[0] == "@"
    x.wait("GET", HOME, 2)
    b.call("logout", user=USER)
    with x.lock:
        for i in range(30):
            say(x, "bob", "old %d" % i, created_at="2020-01-01T00:00:00.000Z")
        x.follow("alice", "bob")
        many = [say(x, "anna", "many %d" % i) for i in range(130)]
    b.enter(twitter_last_tweet=mark)
    assert list(told(b, many[-1])) == many
    b.wait("setting", name="twitter_last_tweet", value=many[-1])
    after = say(x, "bob", "now")
    assert list(told(b, after)) == [after]
    assert "start_time" not in x.asked("GET", HOME)[-1].query
    # X does not take it, or it is none: as if nothing were known.
    for kept in (mark, "@", "@-5", "@1x", "@99999999999", "@" + 30 * "9"):
        b.call("logout", user=USER)
        if kept == mark:
            x.next(HOME, status=400)
        n = len(x.asked("GET", HOME))
        b.enter(twitter_last_tweet=kept)
        assert list(told(b, after)) == (many + [after])[-20:]
        b.wait("setting", name="twitter_last_tweet", value=after)
        asked = ["start_time" in r.query for r in x.asked("GET", HOME)[n:]]
        assert asked[0] == (kept == mark) and not any(asked[1:])


def test_budget(x, twitter):
    """What has been paid for is shown, and that there is more."""
    people(x, "anna")
    base = say(x, "anna", "hello")
    with x.lock:
        many = [say(x, "anna", "many %d" % i) for i in range(200)]
    b = twitter(poll_active=1, price_post_read="0.005", budget_user="1.00")
    b.enter(twitter_last_tweet=base)
    got = told(b, many[-1])
    said = [p["body"] for m, p in b.skipped if m == "message" and "id" not in p]
    assert len(said) == 2
    # Not as a headline, which phones do not show.
    assert not any(p.get("headline") for m, p in b.skipped)
    assert "midnight" in said[0] and "last %d posts" % len(got) in said[1]
    assert list(got) == many[-len(got):] and len(got) in range(150, 200)


def test_killed(x, twitter):
    """Whenever it dies, the next one goes on from what was kept."""
    people(x, "anna")
    first = say(x, "anna", "hello")
    b = twitter(poll_active=1)
    b.enter()
    told(b, first)
    b.wait("setting", name="twitter_last_tweet")
    kept = dict(b.kept)
    hold = threading.Event()
    x.next(HOME, delay=hold)
    # X tells the second, and of the one of the login nobody knows.
    missed = [say(x, "anna", "missed %d" % i,
                  created_at=now_text(x.now() - 10)) for i in range(3)]
    x.wait("GET", HOME, 2)
    os.kill(b.process.pid, signal.SIGKILL)
    b.process.wait()
    hold.set()
    twitter.forget(b)
    b = twitter(poll_active=1)
    b.enter(**kept)
    got = told(b, missed[-1])
    assert list(got) == missed
    # Nobody knows what of this was told live: a client, and a room, knows it
    # by its id and its time.
    assert all(m["time"] for m in got.values())
    live = say(x, "anna", "now")
    assert "time" not in told(b, live)[live]


def test_old_since(x, twitter):
    """An id that X has forgotten, or never had."""
    people(x, "anna")
    old = say(x, "anna", "long ago")
    x.oldest_since = int(say(x, "anna", "not so long ago"))
    newest = say(x, "anna", "now")
    b = twitter(poll_active=1)
    b.enter(twitter_last_tweet=old)
    assert newest in told(b, newest)
    b.wait("setting", name="twitter_last_tweet", value=newest)
    assert len([r for r in x.asked("GET", HOME)
                if r.query.get("since_id") != newest]) == 2
    b.call("logout", user=USER)
    b.enter(twitter_last_tweet="99999999999999999999")
    x.oldest_since = 10 ** 30
    b.wait("setting", name="twitter_last_tweet", value=newest)
    x.oldest_since = 0
    fresh = say(x, "anna", "and on it goes")
    told(b, fresh)
    b.call("logout", user=USER)
    # More than one page since: that there is more is said.
    b.call("logout", user=USER)
    with x.lock:
        many = [say(x, "anna", "many %d" % i) for i in range(120)]
        x.oldest_since = int(fresh)
    b.enter(twitter_last_tweet=old)
    assert list(told(b, many[-1])) == many[-100:]
    assert "last 100 posts" in [p["body"] for m, p in b.skipped
                                if m == "message"][0]
    x.oldest_since, fresh = 0, many[-1]
    # Not an id at all: as if there were none.
    b.enter(twitter_last_tweet="1 or 2")
    told(b, fresh)


def test_trouble(x, twitter):
    """Told once, when it begins and when it is over; asked rarely meanwhile."""
    people(x, "anna")
    b = twitter(poll_active=1, poll_away=1)
    for switch, word in (({"status": 403, "times": 1}, "read your timeline"),
                         ({"status": 402, "times": 1}, "money"),
                         ({"status": 503, "times": 3}, "sensibly")):
        post = say(x, "anna", "after " + word)
        x.next(HOME, **switch)
        b.enter()
        said = b.wait("message")
        assert "id" not in said and word in said["body"]
        assert said["body"].startswith("The timeline: ")
        told(b, post)
        notices = [p["body"] for m, p in b.skipped
                   if m == "message" and "id" not in p]
        assert len(notices) == 1 and "well again" in notices[0]
        b.call("logout", user=USER)
    # X says until when: no request before that.
    x.limit(HOME, 0, reset=5)
    n = len(x.asked("GET", HOME))
    b.enter()
    assert "so often" in b.wait("message")["body"]
    after = say(x, "anna", "after the limit")
    told(b, after)
    assert len([r for r in x.asked("GET", HOME)
                if r.query.get("since_id") != after]) == n + 2
    # Nor is one that has to wait as the user has asked meanwhile.
    b.wait("setting", name="twitter_last_tweet", value=after)
    n = len(x.asked("GET", HOME))
    x.limit(HOME, 1, reset=5)
    b.call("message", user=USER, to="twitter.com", kind="chat",
           body="#timeline")
    x.wait("GET", HOME, n + 2)
    b.call("ping")
    assert not [p["body"] for m, p in b.events if m == "message" and
                "so often" in p["body"]]
    # One that stumbles once is not worth a word.
    x.next(HOME, cut=True)
    x.next(HOME, body="[")
    after = say(x, "anna", "after that")
    told(b, after)
    assert not [p for m, p in b.skipped
                if m == "message" and p["body"].startswith("The timeline:")]


def test_presence(x, twitter):
    """Who is away is not worth the money; who comes back is."""
    people(x, "anna")
    b = twitter(poll_active=1)
    first = say(x, "anna", "hello")
    b.enter()
    told(b, first)
    b.notify("presence", user=USER, show="away")
    b.notify("presence", user=USER, show="xa")
    b.call("ping")
    n = len(x.asked("GET", HOME))
    post = say(x, "anna", "while away")
    # Long enough for a second one of somebody else.
    x.user("carol")
    b.enter("carol", user="carol@example.org")
    x.wait("GET", HOME, n + 3)
    assert [r.user for r in x.asked("GET", HOME)[n + 1:]].count(
        x.find("alice")["id"]) == 0
    b.notify("presence", user=USER, show="online")
    told(b, post)


def test_mentions(x, twitter):
    people(x, "anna")
    x.user("stranger")
    base = say(x, "anna", "hello")
    b = twitter(poll_active=1)
    b.enter(show_mentions="1", show_replies="0", languages="en")
    told(b, base)
    x.wait("GET", "mentions", 1)
    # In both feeds; and in one only, in whatever language.
    both = say(x, "anna", "@alice look")
    only = say(x, "stranger", "@alice hallo", reply_to=base, lang="de")
    assert list(told(b, only)) == [both, only]
    b.wait("setting", name="twitter_last_mention", value=only)
    b.notify("setting", user=USER, name="show_mentions", value="0")
    b.call("ping")
    n = len(x.asked("GET", "mentions"))
    told(b, say(x, "anna", "one"))
    told(b, say(x, "anna", "two"))
    assert len(x.asked("GET", "mentions")) <= n + 1
