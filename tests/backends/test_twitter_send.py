# SPDX-License-Identifier: GPL-2.0-or-later
"""The Twitter backend alone: what the user says, as posts, answers, likes and
deletions."""
import threading

import pytest

from driver import Failed
from twitter_driver import USER

X, ROOM = "twitter.com", "#twitter"


def say(b, body, to=X, **more):
    more.setdefault("kind", "groupchat" if to.startswith("#") else "chat")
    return b.call("message", user=USER, to=to, body=body, **more)


def refused(b, body, code, to=X, **more):
    with pytest.raises(Failed) as e:
        say(b, body, to, **more)
    assert e.value.code == code, e.value
    return e.value.text


def notice(b, words, where=X):
    """The next message from there with these words in it."""
    while True:
        m = b.wait("message", **{"from": where})
        if words in m["body"]:
            return m


def answer(post, text=None):
    return {"id": post["id"], **({"text": text} if text else {})}


def the_post(x, result):
    assert len(result["ids"]) == 1 and not result.get("echo")
    return x.posts[result["ids"][0]]


def parent(post):
    return [r["id"] for r in post.get("referenced_tweets", [])
            if r["type"] == "replied_to"]


def test_posts(x, twitter):
    b = twitter()
    assert {"replies", "reactions", "retraction", "attachments"} <= \
        set(b.features)
    assert not {"repeats", "correction"} & set(b.features)
    b.enter(post_plain="1")
    x.user("bob")
    theirs = x.post("bob", "What do you think?")
    alice = x.find("alice")["id"]

    mine = the_post(x, say(b, " Hello, world\n"))
    assert mine["text"] == "Hello, world" and mine["author_id"] == alice
    # An answer; what quotes the other is not in it, and # or @ mean no more
    # than they do on X.
    for text in "I think so", "@bob well", "like 4f":
        p = the_post(x, say(b, text, reply_to=answer(
            theirs, "> What do you think?")))
        assert p["text"] == text and parent(p) == [theirs["id"]]
    # To one's own, to a file of one, and from the contact who wrote it.
    p = the_post(x, say(b, "more", reply_to=answer(mine)))
    assert parent(p) == [mine["id"]]
    p = the_post(x, say(b, "of that file", reply_to={
        "id": theirs["id"] + ".1"}))
    assert parent(p) == [theirs["id"]]
    p = the_post(x, say(b, "to you", "bob", reply_to=answer(theirs)))
    assert parent(p) == [theirs["id"]]
    p = the_post(x, say(b, "#thread it goes on", reply_to=answer(mine)))
    assert p["text"] == "it goes on" and parent(p) == [mine["id"]]

    # As X counts; what does not fit costs nothing.
    n = len(x.asked("POST", "/2/tweets$"))
    assert the_post(x, say(b, "y" * 256 + " https://example.org/" + "z" * 99))
    text = refused(b, "y" * 312, "too_long")
    assert "312 of 280" in text and "#thread" in text
    assert "281 of 280" in refused(b, "x\n" + "\u65e5" * 139 + "z", "too_long")
    refused(b, " \n", "bad_request")
    assert len(x.asked("POST", "/2/tweets$")) == n + 1

    # Nothing is guessed, nothing private made public.
    say(b, "psst", "bob")
    say(b, "#like a walk?", "bob", kind="private", room=ROOM,
        reply_to=answer(theirs))
    assert [e["text"] for e in x.events] == ["psst", "#like a walk?"]
    for to in "dm-1", "hello", "client-id-7":
        refused(b, "to what?", "not_found", reply_to={"id": to})
    refused(b, "Hello?", "not_found", "#other")
    assert "Delete" in refused(b, "Hallo", "not_supported",
                               replaces=mine["id"])
    assert len(x.asked("POST", "/2/tweets$")) == n + 1


def test_trouble(x, twitter):
    b = twitter(budget_user="0.40")
    b.enter(post_plain="1")
    say(b, "once")
    assert "duplicate" in refused(b, "once", "forbidden")
    assert "deleted" in refused(b, "late", "forbidden",
                                reply_to={"id": "19000000000"})
    n = len(x.posts)
    for how, code in (({"status": 402}, "network"),
                      ({"status": 403}, "forbidden"),
                      ({"status": 400}, "not_acceptable"),
                      ({"status": 503}, "network"),
                      ({"status": 500}, "uncertain"),
                      ({"hang_up": True}, "uncertain"),
                      ({"status": 201, "body": "{"}, "uncertain"),
                      ({"status": 201, "body": "{}"}, "uncertain"),
                      ({"status": 201, "body": '{"data": {"id": "no"}}'},
                       "uncertain")):
        x.next("/2/tweets$", method="POST", **how)
        assert refused(b, "text", code), how
    assert len(x.posts) == n
    # With a link it is twenty cents: once, and not again.
    say(b, "https://example.org/1")
    assert "midnight" in refused(b, "https://example.org/2", "rate_limited")
    # In the order in which they were said, whatever X does.
    hold = threading.Event()
    x.next("/2/tweets$", method="POST", delay=hold)
    n = len(x.asked("POST", "/2/tweets$"))
    first = b.start("message", user=USER, to=X, kind="chat", body="1st")
    second = b.start("message", user=USER, to=X, kind="chat", body="2nd")
    x.wait("POST", "/2/tweets$", n + 1)
    react(b, next(iter(x.posts)), "\u2764")         # there and back
    assert len(x.asked("POST", "/2/tweets$")) == n + 1
    hold.set()
    ids = [int(b.finish(i)["ids"][0]) for i in (first, second)]
    assert ids == sorted(ids)
    # Too often; and nobody is asked until then.
    x.limit("/2/tweets$", 1)
    say(b, "the last one")
    n = len(x.asked("POST", "/2/tweets$"))
    assert "again in 15 minutes" in refused(b, "one more", "rate_limited")
    assert len(x.asked("POST", "/2/tweets$")) == n
    # The session ends meanwhile.
    x.limits.clear()
    b.enter(post_plain="1")
    hold = threading.Event()
    x.next("/2/tweets$", method="POST", delay=hold)
    waiting = [b.start("message", user=USER, to=X, kind="chat", body=text)
               for text in ("3rd", "4th")]
    x.wait("POST", "/2/tweets$", n + 1)
    b.call("logout", user=USER)
    hold.set()
    for i in waiting:
        with pytest.raises(Failed) as e:
            b.finish(i)
        assert e.value.code == "not_connected"
    refused(b, "gone", "not_connected")


def react(b, post_id, *emojis, **more):
    more.setdefault("peer", X)
    b.call("reaction", user=USER, id=post_id, emojis=list(emojis), **more)


def retract(b, post_id, **more):
    more.setdefault("peer", X)
    b.call("retract", user=USER, id=post_id, **more)


def test_gestures(x, twitter):
    b = twitter()
    b.enter(mode="2")
    b.call("room_join", user=USER, room=ROOM, nick="alice")
    x.user("bob")
    theirs = x.post("bob", "Hi")["id"]
    likes = x.relations["likes", x.find("alice")["id"]]

    react(b, theirs, "\u2764\ufe0f")
    assert likes == [theirs]
    react(b, theirs, "\U0001f44d", "\U0001f600")
    assert notice(b, "only likes")
    react(b, theirs, "\U0001f44d")
    assert len(x.asked("POST", "/likes$")) == 1     # each costs money
    react(b, theirs)
    assert likes == []
    # In the room it comes back, as what it is on X.
    where = {"peer": ROOM, "room": ROOM}
    react(b, theirs, "\U0001f44d", **where)
    back = b.wait("reaction", id=theirs, room=ROOM, peer="alice")
    assert back["emojis"] == ["\u2764\ufe0f"] and likes == [theirs]
    assert not any("only likes" in p["body"]
                   for m, p in b.skipped if m == "message")
    react(b, theirs, **where)
    assert b.wait("reaction", id=theirs)["emojis"] == []

    # X says yes, and that it has not done it.
    for says in {"data": {"liked": False}}, {"errors": [{"detail": "No!"}]}:
        x.next("/likes$", status=200, body=says)
        with pytest.raises(Failed) as e:
            react(b, theirs, "\u2764")
        assert e.value.code == "not_acceptable"
        assert "X has not done" in e.value.text or "No!" in e.value.text

    mine = say(b, "Mine", ROOM)["ids"][0]
    x.next("/2/tweets/", method="DELETE", status=200,
           body={"data": {"deleted": False}})
    with pytest.raises(Failed) as e:
        retract(b, mine, **where)
    assert "X has not done" in e.value.text and mine in x.posts
    x.next("/likes$", status=403)
    for bad, code in ((theirs, "forbidden"), ("dm-1", "not_supported"),
                      ("1" * 21, "not_found"), ("a-r1", "not_found"),
                      ("19.", "not_found"), ("19.x", "not_found")):
        with pytest.raises(Failed) as e:
            react(b, bad, "\u2764", **where)
        assert e.value.code == code, (bad, e.value)
    react(b, mine, "\u2764", **where)
    assert b.wait("reaction", room=ROOM)["id"] == mine

    # One's own, somebody else's, and one that is reposted.
    retract(b, mine, **where)
    assert b.wait("retract", room=ROOM, peer="alice")["id"] == mine
    assert mine not in x.posts
    x.next("/2/tweets/", method="DELETE", status=404)
    retract(b, mine)        # gone is gone
    with pytest.raises(Failed) as e:
        retract(b, theirs, **where)
    assert e.value.code == "forbidden" and theirs in x.posts
    for bad in "19x", "", "id-of-a-client":
        with pytest.raises(Failed) as e:
            retract(b, bad)
        assert e.value.code == "not_found", bad


def test_room(x, twitter):
    b = twitter()
    b.enter(mode="2")
    b.call("room_join", user=USER, room=ROOM, nick="alice")
    x.user("bob")
    theirs = x.post("bob", "Hi all")
    p = the_post(x, say(b, "bobby: no name, so a post", ROOM))
    assert p["text"] == "bobby: no name, so a post"
    p = the_post(x, say(b, "like 4f", ROOM))        # only # is a command
    assert p["text"] == "like 4f"
    p = the_post(x, say(b, "Hi", ROOM, reply_to=answer(theirs)))
    assert parent(p) == [theirs["id"]]
    refused(b, "x" * 281, "too_long", ROOM)
    n = len(x.posts)
    refused(b, "to what?", "not_found", ROOM, reply_to={"id": "a-r1"})
    # What is made here is not told again by the timeline.
    assert len(x.posts) == n


def test_commands(x, twitter):
    """A command in an answer is about the post that it answers; one in the
    room begins with #, or with a name and is a direct message."""
    x.user("bob")
    x.follow("alice", "bob")
    theirs = x.post("bob", "Hi all")
    b = twitter()
    b.enter(mode="2")
    b.call("room_join", user=USER, room=ROOM, nick="alice")
    b.wait("room_occupant", nick="bob")
    me = x.find("alice")["id"]
    for to in X, ROOM, "bob":
        told = ROOM if to == ROOM else X
        n = len(x.posts)
        say(b, "#like", to, reply_to=answer(theirs))
        assert notice(b, "You like", told)
        assert x.relations["likes", me] == [theirs["id"]]
        say(b, "#unlike", to, reply_to=answer(theirs))
        assert notice(b, "do not like", told)
        assert x.relations["likes", me] == [] and len(x.posts) == n
        say(b, "#quote be a %s" % to, to, reply_to=answer(theirs))
        assert notice(b, "Posted", told)
        mine = list(x.posts.values())[-1]
        assert mine["text"] == "be a %s" % to
        assert mine["referenced_tweets"] == [
            {"type": "quoted", "id": theirs["id"]}]
        say(b, "#delete", to, reply_to=answer(mine))
        assert notice(b, "Deleted", told)
        assert mine["id"] not in x.posts
    # What begins with # is never a post by mistake.
    say(b, "#nothing like that", ROOM, reply_to=answer(theirs))
    say(b, "#nothing like that", ROOM)
    say(b, "not a command")
    assert notice(b, "Unknown command")
    say(b, "BOB: for you", ROOM)
    assert notice(b, "irect message", ROOM)
    assert x.events[-1]["text"] == "for you" and len(x.posts) == n
    # Somebody else's that is reposted: that goes, not the post.
    say(b, "#repost", reply_to=answer(theirs))
    assert notice(b, "have reposted")
    assert x.relations["retweets", me] == [theirs["id"]]
    retract(b, theirs["id"])
    assert x.relations["retweets", me] == [] and theirs["id"] in x.posts
