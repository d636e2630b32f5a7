# SPDX-License-Identifier: GPL-2.0-or-later
"""The Twitter backend alone: what is typed to twitter.com or in #twitter, and the
same chosen from a menu."""
import os
import re
import threading

import pytest

from driver import TOP, Failed
from twitter_driver import USER

X_SAYS = "twitter.com"


class Typing:
    """Somebody who types to X, or chooses from its menu."""

    def __init__(self, b):
        self.b = b
        self.n = 0

    def chat(self, line, room=None):
        """What X says to it."""
        self.n += 1
        self.b.call("message", user=USER, to=room or X_SAYS, id="m%d" % self.n,
                    kind="groupchat" if room else "chat", body=line)
        m = self.b.wait("message", user=USER)
        assert m["from"] == (room or X_SAYS) and "nick" not in m
        assert m["kind"] == ("groupchat" if room else "chat")
        return m["body"]

    def menu(self, name, first=None, rest=None, target=None):
        """Its answer, with a text in any case."""
        filled = {k: v for k, v in (("first", first), ("rest", rest))
                  if v is not None}
        where = {"target": target} if target else {}
        r = self.b.call("command", user=USER, name=name, arguments=filled,
                        **where)
        r.setdefault("text", "")
        return r

    def table(self, name, *args, **how):
        r = self.menu(name, *args, **how)
        columns = [c["var"] for c in r["columns"]]
        return [[row["values"].get(c) for c in columns] for row in r["rows"]]


@pytest.fixture
def me(x, twitter):
    b = twitter()
    b.enter()
    return Typing(b)


def said(x, n=-1):
    """What was posted last."""
    return list(x.posts.values())[n]


def short(text):
    """The first short id in it."""
    return re.search(r"\[([0-9a-f]{2})\]", text).group(1)


def test_posts(x, me):
    x.user("anna", "Anna")
    x.follow("alice", "anna")
    first = x.post("anna", "What a day!")
    seen = short(me.chat("#timeline anna"))
    url = "%s/alice/status/" % x.url

    text = me.chat("#post Hello\nworld")
    mine = said(x)
    assert mine["text"] == "Hello\nworld"
    assert text == "Posted: [%s] %s%s" % (short(text), url, mine["id"])
    # What is made can be meant by the id that was said.
    own = short(text)
    for line in ("#reply %s I think so", "#quote %s look", "#reply #%s yes",
                 "reply %s no"):
        text = me.chat(line % seen)
        assert text.startswith("Posted: ["), text
        ref = said(x)["referenced_tweets"]
        assert ref == [{"type": "quoted" if "quote" in line else "replied_to",
                        "id": first["id"]}]
    for how in (first["id"], "https://x.com/anna/status/%s?s=20" % first["id"],
                "@anna", seen.upper()):
        assert "Posted" in me.chat("#reply %s To %s" % (how, how[:3]))
        assert said(x)["referenced_tweets"][0]["id"] == first["id"]

    for line, relation, there, says in (
            ("#like " + seen, "likes", True, "You like [%s] now."),
            ("unlike " + seen, "likes", False, "You do not like [%s] any"),
            ("#fav @anna", "likes", True, "You like [%s] now."),
            ("#rt " + seen, "retweets", True, "You have reposted [%s].")):
        assert (says % seen) in me.chat(line)
        liked = x.relations[relation, x.find("alice")["id"]]
        assert (first["id"] in liked) == there, line
    assert "You like [%s] %s/i/status/%s now." % (
        seen, x.url, first["id"]) == me.chat("#like " + first["id"])

    assert me.chat("#delete " + own) == "Deleted: [%s]" % own
    assert mine["id"] not in x.posts
    # What is not there, not the user's, or not known.
    for line, says in (
            ("#delete " + own, "There is no such post on X"),
            ("#like 1234567890123", "There is no such post on X"),
            ("#delete " + seen, "X does not allow to delete a post: You are"),
            ("#like fe", "No post is known here as fe"),
            ("#reply fe x", "No post is known here as fe"),
            ("#rt @bob", "No post of @bob was shown here lately"),
            ("#rt @alice x", "Usage: #repost ID\nRepost a post."),
            ("#reply", "Usage: #reply ID TEXT"),
            ("#reply %s To %s" % (seen, first["id"][:3]), "duplicate"),
            ("#tweeet x", "Unknown command! Type #help for a list of "
             "available commands."),
            ("Good morning", "Unknown command! Type #help"),
            ("#pin 1234", "You are logged in already.")):
        n = len(x.posts)
        assert says in me.chat(line), line
        assert len(x.posts) == n

    # X answers, but not that it has done it.
    x.next("likes", status=200, body='{"data": {"liked": false}}')
    assert "X has not done it" in me.chat("#like " + seen)
    # In the room, where anything else would be posted.
    assert me.chat("#unlike " + seen, room="#twitter").startswith("You do not")


def test_long_posts(x, me):
    long = "word " * 70 + "end"
    n = len(x.posts)
    text = me.chat("#post " + long)
    assert "353 of 280" in text and "#thread" in text
    assert me.menu("post", rest=long)["refused"]
    assert len(x.posts) == n
    text = me.chat("#thread " + long)
    assert text.startswith("Posted in 2 pieces:\n[") and len(x.posts) == n + 2
    one, two = list(x.posts.values())[-2:]
    assert two["referenced_tweets"][0]["id"] == one["id"]
    assert one["text"] + " " + two["text"] == long
    assert one["id"] in text and two["id"] in text
    # All of it goes, and not what was there before or came between.
    me.chat("#post before")
    me.chat("#thread " + long.replace("word", "text"))
    assert len(x.posts) == n + 5
    assert me.chat("#undo") == "Taken back: what you posted is deleted."
    assert len(x.posts) == n + 3 and said(x)["text"] == "before"
    # One piece of it.
    text = me.chat("#undo " + short(text))
    assert "deleted" in text and one["id"] not in x.posts
    assert two["id"] in x.posts
    # What is short needs no pieces; nor does what stops in the middle vanish.
    assert me.chat("#thread a short one").startswith("Posted: [")
    x.next("tweets$", method="POST", times=1)
    x.next("tweets$", method="POST", status=503)
    text = me.chat("#thread " + long.replace("word", "talk"))
    assert "1 of them, are posted" in text and said(x)["id"] in text


def test_undo(x, me):
    x.user("anna")
    post = x.post("anna", "Hi")
    alice = x.find("alice")["id"]
    likes, mutes = x.relations["likes", alice], x.relations["muting", alice]
    assert me.chat("#undo") == "There is nothing to take back."
    assert "Nothing that you did to that" in me.chat("#undo " + post["id"])
    me.chat("#timeline anna")
    me.chat("#like " + post["id"])
    me.chat("#mute anna")
    assert likes and mutes
    assert "you do not like it any more" in me.chat("#undo @anna")
    assert not likes and mutes
    assert me.chat("#undo") == "Taken back: not muted any more."
    assert not mutes
    assert me.menu("undo")["text"] == "There is nothing to take back."
    assert me.b.call("command", user=USER, name="post", session="x",
                     action="cancel", arguments={"rest": "No"}) is None
    me.chat("#post Oops")
    assert me.menu("undo")["text"].startswith("Taken back")
    assert said(x)["text"] == "Hi"
    # What is gone by other ways is not in the way of what was before it.
    me.chat("#like " + post["id"])
    me.chat("#post Soon gone")
    del x.posts[said(x)["id"]]
    assert "X does not know that" in me.chat("#undo")
    assert "you do not like it any more" in me.chat("#undo")


def test_people(x, me):
    anna = x.user("anna", "Anna", description="Cats & dogs", verified=True,
                  location="Graz", url="https://anna.example/")
    anna["public_metrics"].update(followers_count=40, following_count=3,
                                  tweet_count=12, post_count=12)
    shy = x.user("shy", "Shy", protected=True)
    alice = x.find("alice")["id"]
    text = me.chat("#user @Anna")
    assert text == ("Anna (@anna), verified\nCats & dogs\nPlace: Graz\n"
                    "Website: https://anna.example/\nPosts: 12, Follows: 3, "
                    "Followers: 40\nOn X since 2020-01-01\n%s/anna" % x.url)
    assert me.menu("user", "anna")["text"] == text
    assert me.menu("user", target="anna")["text"] == text
    assert len(x.asked("GET", "by/username")) == 1
    assert "protected" in me.chat("#whois shy")

    for line, relation, there, says in (
            ("#follow anna", "following", True, "You follow @anna now."),
            ("#unfollow @anna", "following", False,
             "You do not follow @anna any more."),
            ("#mute anna", "muting", True, "@anna is muted on X."),
            ("#unmute anna", "muting", False, "@anna is not muted any more."),
            ("#block anna", "blocking", True,
             "X does not let a gateway block more"),
            ("#unblock anna", "blocking", False, "not blocked any more.")):
        assert says in me.chat(line), line
        key = (relation, alice)
        assert (anna["id"] in x.relations[key]) == there, line
        # The same from the menu of a contact, and from that of X.
        word = line.split()[0][1:]
        x.relations[key] = []
        assert says in me.menu(word, target="anna")["text"]
        assert says in me.menu(word, "@anna")["text"]
        r = me.menu(word, target=X_SAYS)
        assert r["refused"] and r["text"].startswith("Usage: #" + word)
    text = me.chat("#follow shy")
    assert "@shy is protected" in text and "pending" in text
    assert shy["id"] not in x.relations["following", alice]
    assert me.chat("#follow alice") == "@alice is yourself."
    assert me.chat("#follow nobody") == "There is nobody of that name on X."
    x.next("by/username/gone", body='{"errors": [{"title": "Forbidden", '
           '"detail": "User has been suspended: [gone]."}]}', status=200)
    assert me.chat("#user gone") == "X has suspended that account."
    assert me.chat("#follow a/b").startswith("Usage: #follow USER\nFollow")

    # Read once; the second time it is known, also what has changed.
    x.follow("alice", "anna")
    text = me.chat("#friends")
    assert "You follow 1." in text and "Anna (@anna)" in text
    x.user("bob", "Bob")
    me.chat("#follow bob")
    assert me.table("friends") == [["anna", "Anna"], ["bob", "Bob"]]
    me.chat("#unfollow anna")
    assert me.table("friends", rest="") == [["bob", "Bob"]]
    assert len(x.asked("GET", "/following")) == 1
    assert me.table("friends", rest="new") == [["bob", "Bob"]]
    assert len(x.asked("GET", "/following")) == 2
    assert me.chat("#friends old").startswith("Usage: #friends [new]")


def test_direct_messages(x, me):
    x.user("anna")
    for line in ("@anna Hello", "#message anna Hello", "dm @anna Hello"):
        text = me.chat(line)
        assert "anna" in text.lower() and "direct message" in text, text
    assert "direct" in me.menu("message", "anna", "Hello")["text"]
    assert [e["text"] for e in x.events] == ["Hello"] * 4
    x.user("bob")
    for line in "#group @anna @Bob Hello", "group @anna, @bob Hello":
        made = re.match("Sent to a new group, the room #dm-([0-9]+).",
                        me.chat(line)).group(1)
        assert x.events[-1]["dm_conversation_id"] == made
        assert len(x.conversations[made]) == 3
    assert "the room #dm-" in me.menu("group", rest="@anna @bob\nHo")["text"]
    assert x.events[-1]["text"] == "Ho"
    n = len(x.events)
    assert me.chat("#group @anna Hello").startswith("A group begins with")
    assert me.menu("group", rest="anna bob Hello")["refused"]
    assert me.chat("#group").startswith("Usage: #group @USER @USER TEXT\n")
    assert me.chat("group photo").startswith("Unknown command")
    assert len(x.events) == n
    assert not x.posts
    assert "nobody of that name" in me.chat("@nobody Hello")
    x.relations["blocking", x.find("anna")["id"]].append(x.find("alice")["id"])
    assert "cannot send" in me.chat("@anna Hello")
    assert me.menu("message", "anna", "Hello")["refused"]


def test_reading(x, me):
    for name in ("anna", "bob", "shy"):
        x.user(name, protected=name == "shy")
    x.follow("alice", "anna")
    assert me.chat("#timeline") == "There is nothing in your timeline."
    assert me.chat("#timeline bob") == "@bob has not posted anything."
    one, two = x.post("anna", "One"), x.post("anna", "Two", lang="de")
    three = x.post("bob", "Three about cats")
    text = me.chat("#timeline")
    assert re.fullmatch(r"\[(..)\] Anna \(@anna\): One\n\n"
                        r"\[(..)\] Anna \(@anna\): Two", text), text
    ids = re.findall(r"\[(..)\]", text)
    assert me.chat("#reply %s Yes" % ids[0]).startswith("Posted")
    assert said(x)["referenced_tweets"][0]["id"] == one["id"]
    assert me.table("timeline") == [
        [ids[0], "anna", "One", one["created_at"][:16].replace("T", " ")],
        [ids[1], "anna", "Two", two["created_at"][:16].replace("T", " ")],
        [short(me.chat("#thread " + said(x)["id"]).split("\n")[-1]), "alice",
         "Yes", said(x)["created_at"][:16].replace("T", " ")]]
    assert [row[2] for row in me.table("timeline", target="bob")] == [
        three["text"]]
    assert [row[2] for row in me.table("timeline", target=X_SAYS)] == [
        "One", "Two", "Yes"]
    text = me.chat("#timeline shy")
    assert "protected" in text and "let" in text
    assert "not on X" in me.chat("#thread 1234567890")

    # A conversation: its beginning, the post, and the others, each once.
    x.post("bob", "No", reply_to=one["id"])
    rows = me.table("thread", said(x)["id"])
    assert [row[2] for row in rows] == ["One", "Yes", "No"]
    assert [row[2] for row in me.table("thread", ids[0])] == ["One", "Yes",
                                                              "No"]
    x.next("search/recent", status=503)
    text = me.chat("#thread " + said(x)["id"])
    assert "One" in text and "No" in text and "Yes" not in text
    assert "The answers to it: X did not answer" in text

    assert me.chat("#search cats") == "[%s] Bob (@bob): Three about cats" % (
        short(me.chat("#timeline bob")))
    assert x.asked("GET", "search")[-1].query["query"] == "cats"
    assert me.table("search", rest="cats")[0][1] == "bob"
    assert "found nothing" in me.chat("#search dogs")
    assert "too long" in me.chat("#search " + "x" * 501)
    # What is too long for a message comes in several.
    for i in range(20):
        x.post("bob", "%d %s" % (i, "y" * 900), note_tweet={
            "text": "%d %s" % (i, "y" * 900)})
    first = me.chat("#timeline bob")
    rest = [me.b.wait("message")["body"] for _ in range(2)]
    assert first.startswith("[") and "0 yyy" in first
    assert "19 yyy" in rest[1] and rest[1].startswith("[")
    assert len(me.table("timeline", "bob")) == 20


def test_trends_and_lists(x, me):
    assert me.chat("#trends") == "X names no trends."
    x.trends[:] = ["cats", "dogs"]
    assert me.chat("#trends") == "cats\ndogs"
    assert me.table("trends") == [["cats", None], ["dogs", None]]
    x.next("personalized", status=403)
    assert me.chat("#trends") == "cats (1 posts)\ndogs (1 posts)"
    x.next("trends", status=403, times=2)
    assert me.chat("#trends") == "X does not offer trends to your account."

    anna, alice = x.user("anna"), x.find("alice")
    assert me.chat("#lists") == "You have no lists on X, and follow none."
    assert "No list is known by that" in me.chat("#list 1")
    for i, name, owner in (("101", "Cats", alice), ("102", "2026", alice),
                           ("103", "Cars", anna)):
        x.lists[i] = {"id": i, "name": name, "owner_id": owner["id"],
                      "private": name == "Cats", "members": [],
                      "member_count": 2}
    x.relations["lists", alice["id"]].append("103")
    text = me.chat("#lists")
    assert text == ("1. Cats (2 people, own, private)\n"
                    "2. 2026 (2 people, own)\n3. Cars (2 people, followed)\n"
                    "#list NUMBER shows the last posts of one.")
    assert me.table("lists")[2] == ["3", "Cars", "2", "followed"]
    assert me.chat("#listadd anna cats") == "@anna is on the list Cats now."
    assert x.lists["101"]["members"] == [anna["id"]]
    assert "yours" in me.chat("#listadd anna 3")
    x.post("anna", "Meow")
    for which in ("1", "Cats", "CAT", "101"):
        assert "Meow" in me.chat("#list " + which), which
    assert me.table("list", rest="1")[0][2] == "Meow"
    assert "no posts" in me.chat("#list 2026")
    assert "No list" in me.chat("#list ca")
    assert "No list" in me.chat("#list 4")
    n = len(x.asked("GET", "owned_lists"))
    assert "not on the list Cats" in me.menu("listremove", "anna", "1")["text"]
    assert x.lists["101"]["members"] == []
    assert len(x.asked("GET", "owned_lists")) == n


def test_gateway(x, me):
    assert "#twitter" in me.chat("#mode 2")
    assert me.b.kept["mode"] == "2"
    assert me.menu("mode", "0")["text"] == "Posts come from twitter.com."
    assert me.chat("#mode 7").startswith("Usage: #mode NUMBER")
    assert "today" in me.chat("#budget").lower()

    brief, text = me.chat("#help"), me.chat("#help all")
    # Of a phone that shows 24 lines of 40 letters.
    assert sum(1 + len(line) // 40 for line in brief.split("\n")) <= 24
    offered = {c["name"]: c for c in me.b.can["commands"]}
    for name, c in offered.items():
        assert re.search(r"^#%s( .*)? - %s$" % (name, re.escape(c["label"])),
                         text, re.M), name
        assert re.search(r" #%s\b" % name, brief), name
        one = me.chat("#help " + name)
        assert one.startswith("#%s" % name) and c["label"] in one
    assert len(offered) >= 28 and "pin" not in offered
    with open(os.path.join(TOP, "man", "spectrum2_twitter_backend.8.scd"),
              encoding="utf-8") as f:
        manual = f.read()
    for name in offered:
        assert "*#%s*" % name in manual
        for other in re.findall(r"[:,] #(\w+)", me.chat("#help " + name)):
            assert "_%s_" % other in manual
    assert me.menu("help")["text"] == text
    assert "Also: #rt, #retweet" in me.chat("#help #retweet")
    assert "no command of that name" in me.chat("#help me please")
    with pytest.raises(Failed) as e:
        me.menu("pin", rest="1")
    assert e.value.code == "not_found"
    # A contact has its own, which need nothing filled in.
    own = [c for c in me.b.can["commands"] if c.get("on") == ["contact"]]
    assert {c["name"] for c in own} == {
        "follow", "unfollow", "mute", "unmute", "block", "unblock", "user",
        "timeline"}
    assert not any(c.get("fields") for c in own)

    # What one field has is not taken for another.
    for name, first, rest in (("reply", "", "4f Hello"),
                              ("reply", "4f no", "Hello"),
                              ("message", "", "anna Hello"),
                              ("message", "anna", " "),
                              ("follow", "anna bob", None),
                              ("post", None, "\n")):
        r = me.menu(name, first, rest)
        assert r["refused"] and ("Usage: #" + name in r["text"] or
                                 "as 4f" in r["text"]), r
    assert not x.posts and not x.asked("POST", "dm_conv")


def test_trouble(x, me):
    x.user("anna")
    # Not of the timeline, which is looked at from time to time.
    for status, says in ((402, "for money"), (403, "X does not allow to"),
                         (500, "did not answer"), (404, "not know")):
        x.next("search/recent", status=status)
        text = me.chat("#search cats")
        assert says in text, text
    # Their words are one line of text, and not without end.
    x.next("search/recent", status=403, body={
        "detail": "This\x01 is\n" + "so" + "\u00f6" * 400})
    text = me.chat("#search cats")
    assert "This? is so\u00f6\u00f6" in text and text.endswith("\u00f6")
    assert "\n" not in text and len(text) < 400
    x.next("search/recent", cut=True)
    assert me.chat("#search cats").startswith("X did not answer: ")
    x.next("tweets$", status=500)
    assert "did not say whether" in me.chat("#post maybe")
    x.next("tweets$", status=500)
    with pytest.raises(Failed) as e:
        me.menu("post", rest="maybe")
    assert e.value.code == "uncertain"
    x.limit("search/recent", 0, 600)
    text = me.chat("#search cats")
    assert "so often" in text and "again in 10 minutes" in text
    assert me.menu("search", rest="cats")["refused"]
    # Nobody is made to wait for ever.
    for name in ("retry-after", "x-rate-limit-reset"):
        x.next("users/personalized_trends", status=429, headers={
            "retry-after": 9, name: str(2 ** 63 - 1)})
        assert "again in 24 hours" in me.chat("#trends")
        me.b.call("logout", user=USER)
        me.b.enter()
    x.limit("tweets$", 0, 600)
    for _ in range(2):
        assert "again in 10 minutes" in me.chat("#post maybe not")
    assert "again in 10 minutes" in me.menu("post", rest="so")["text"]
    # The session ends meanwhile: the message was not accepted.
    hold = threading.Event()
    x.next("by/username", delay=hold)
    call = me.b.start("message", user=USER, to=X_SAYS, kind="chat",
                      body="#user anna", id="late")
    x.wait("GET", "by/username/anna")
    me.b.call("logout", user=USER)
    hold.set()
    with pytest.raises(Failed) as e:
        me.b.finish(call)
    assert e.value.code == "not_connected"


def test_budget(x, twitter):
    b = twitter(reads_user=1)
    b.enter()
    me = Typing(b)
    x.follow("alice", "alice")
    for i in range(3):
        x.post("alice", "Number %d" % i)
    for _ in range(3):
        text = me.chat("#timeline")
    assert "again in" in text, text
    # What is under way counts: not everything that is asked for at once goes.
    b = twitter(budget_user="0.30")
    b.enter()
    hold = threading.Event()
    x.next("search/recent", delay=hold, times=20)
    calls = [b.start("message", user=USER, to=X_SAYS, kind="chat",
                     body="#search %d" % i) for i in range(20)]
    assert "used up" in b.wait("message")["body"]
    x.wait("GET", "search/recent")
    hold.set()
    for call in calls:
        b.finish(call)
    assert 3 <= len(x.asked("GET", "search/recent")) <= 6
