# SPDX-License-Identifier: GPL-2.0-or-later
"""The Twitter backend alone: how the timeline is shown, in each mode."""
import json
import threading

import pytest

from driver import Failed
from twitter_driver import USER

HOME = "reverse_chronological"
X, ROOM = "twitter.com", "#twitter"
WIDTH = 33000


@pytest.fixture
def world(x):
    """Alice follows Anna and Bob; nobody follows Carol."""
    for name, shown in ("Anna", "Anna A."), ("Bob", "Bob"):
        x.user(name, shown)
        x.follow("alice", name)
    x.user("carol", "Carol C.", protected=True)
    x.base = x.post("anna", "before")["id"]
    return x


def picture(x, key, **fields):
    x.media[key] = {"media_key": key, "type": "photo",
                    "url": "https://pbs.example/%s.jpg" % key, **fields}
    return key


def with_media(*keys):
    return {"attachments": {"media_keys": list(keys)}}


def enter(b, x, **settings):
    return b.enter(twitter_last_tweet=x.base, **settings)


def told(b, post):
    return b.wait("message", id=post["id"])


def since(b, *kinds):
    """What came before the last event that was waited for."""
    return [(m, p) for m, p in b.skipped if m in kinds]


def set_(b, name, value):
    b.notify("setting", user=USER, name=name, value=value)


def join(b, room=ROOM, **more):
    return b.call("room_join", user=USER, room=room, nick="me", **more)


def error(call, *args, **more):
    with pytest.raises(Failed) as e:
        call(*args, **more)
    return e.value.code


def test_form(x, twitter):
    b = twitter()
    fields = {f["var"]: f for f in b.can["settings"]}
    assert [o["value"] for o in fields["mode"]["options"]] == ["0", "1", "2"]
    assert fields["show_replies"]["value"] == "1"
    assert "oauth" in fields
    assert {"rooms", "room_list", "contacts", "attachments",
            "identity=twitter", "room_prefixes=#"} <= set(b.features)
    b = twitter(client_id=None)
    assert "oauth" not in [f["var"] for f in b.can["settings"]]


def test_one_contact(world, twitter):
    x = world
    b = twitter(poll_active=1)
    with x.lock:
        plain = x.post("anna", "Hi &amp; bye", created_at="2026-01-02T03:04:05.000Z")
        repost = x.post("bob", "RT @carol: S", repost=x.post(
            "carol", "Secret <b>")["id"])
        quote = x.post("bob", "See", quote=plain["id"])
        reply = x.post("anna", "@Bob no", reply_to=quote["id"])
        lost = x.post("anna", "@who yes", reply_to="17")
        mine = x.post("alice", "from my phone")
        answer = x.post("bob", "@alice good", reply_to=mine["id"])
        media = x.post("anna", "Look", **with_media(
            picture(x, "3_1", alt_text="a cat"),
            picture(x, "3_2", url="https://pbs.example/2"),
            picture(x, "7_3", type="video", preview_image_url=
                    "https://pbs.example/p.jpg", variants=[
                        {"content_type": "video/mp4", "bit_rate": 1,
                         "url": "https://v.example/3.mp4?a=b"}])))
        risky = x.post("bob", "Oh", possibly_sensitive=True,
                       **with_media("3_1"))
        long = x.post("anna", "x" * WIDTH)
    enter(b, x)
    contact = b.wait("contact", contact=X)
    assert b.wait("contact_presence", contact=X)["show"] == "online"
    assert contact["name"] == "X"

    m = told(b, plain)
    assert m["from"] == X and m["kind"] == "chat" and not m.get("nick")
    assert m["body"][4:] == " Anna A. (@Anna): Hi & bye"
    assert m["time"] == 1767323045000 and "attachments" not in m
    m = told(b, repost)
    assert m["body"][4:] == " @Bob reposted Carol C. (@carol, protected): " \
        "Secret <b>"
    m = told(b, quote)
    assert m["body"].endswith("See\n> Anna A. (@Anna): Hi & bye")
    m = told(b, reply)
    assert m["reply_to"]["id"] == quote["id"] and \
        m["reply_to"]["author"] == X
    assert m["reply_to"]["text"].startswith("@Bob: See")
    m = told(b, lost)
    assert m["reply_to"] == {"id": "17", "author": X}
    m = told(b, mine)
    assert m["from"] == X and "@alice): from my phone" in m["body"]
    m = told(b, answer)
    # The user's own words are not those of the contact.
    assert m["reply_to"]["author"] == x.find("alice")["id"]
    m = told(b, media)
    assert m["body"].split("\n")[1:] == [
        "Picture: a cat", "https://pbs.example/3_1.jpg",
        "https://pbs.example/2", "https://v.example/3.mp4?a=b"]
    assert m["attachments"] == [
        {"url": "https://pbs.example/3_1.jpg", "type": "image/jpeg"},
        {"url": "https://pbs.example/2"},
        {"url": "https://v.example/3.mp4?a=b", "type": "video/mp4"}]
    m = told(b, risky)
    assert "[sensitive] " in m["body"] and "attachments" not in m
    assert "\nPicture (a cat): https://pbs.example/3_1.jpg" in m["body"]
    m = told(b, long)
    assert len(m["body"]) < WIDTH and \
        m["body"].endswith("...\n%s/i/status/%s" % (x.url, long["id"]))

    # There is no room in this mode.
    assert error(join, b) == "not_allowed"
    assert b.call("room_list", user=USER)["rooms"] == []
    assert b.call("room_list")["rooms"] == []


def test_filters(world, twitter):
    x = world
    b = twitter(poll_active=1)
    enter(b, x, sensitive="hide", languages="de", show_replies="0",
          show_reposts="0")
    with x.lock:
        hidden = [x.post("anna", "bad", possibly_sensitive=True, lang="de"),
                  x.post("anna", "english"),
                  x.post("anna", "RT", repost=x.base, lang="de"),
                  x.post("anna", "@Bob", reply_to=x.post(
                      "bob", "deutsch", lang="de")["id"], lang="de")]
        shown = [x.post("anna", "https://example.org/", lang="zxx"),
                 x.post("alice", "my own", possibly_sensitive=True),
                 x.post("anna", "ende", lang="de")]
    told(b, shown[-1])
    ids = [p.get("id") for m, p in since(b, "message")]
    assert not {p["id"] for p in hidden} & set(ids)
    assert [i for i in ids if i in [p["id"] for p in shown]] == [
        p["id"] for p in shown[:-1]]
    # Nor is paid for.
    assert x.asked("GET", HOME)[-1].query["exclude"] == "replies,retweets"
    set_(b, "show_replies", "1")
    set_(b, "sensitive", "show")
    set_(b, "languages", None)
    risky = x.post("anna", "fine", possibly_sensitive=True,
                   **with_media(picture(x, "3_1")))
    m = told(b, risky)
    assert "[sensitive]" not in m["body"] and len(m["attachments"]) == 1
    assert x.asked("GET", HOME)[-1].query["exclude"] == "retweets"


def test_made_here(world, twitter):
    """What the user has posted from here is known, also if X is slow to say
    that it was; what was posted elsewhere is told."""
    x = world
    b = twitter(poll_active=1)
    enter(b, x, post_plain="1")
    told(b, x.post("anna", "begin"))
    # It is in the timeline already when its answer comes.
    hold = threading.Event()
    x.next("/2/tweets$", method="POST", delay=hold, status=201)
    switch = x.switches[-1]
    asked = b.start("message", user=USER, to=X, kind="chat", body="by me")
    x.wait("POST", "/2/tweets$")
    made = x.post("alice", "by me")
    switch["body"] = json.dumps({"data": {"id": made["id"],
                                          "text": "by me"}})
    x.wait("GET", HOME, len(x.asked("GET", HOME)) + 1)
    hold.set()
    b.finish(asked)
    told(b, x.post("bob", "meanwhile"))
    assert not [p for m, p in since(b, "message") if "by me" in p["body"]]
    other = x.post("alice", "by phone")
    told(b, other)
    assert not [p for m, p in since(b, "message") if "by me" in p["body"]]
    b.wait("setting", name="twitter_last_tweet", value=other["id"])
    # And after a restart.
    kept = dict(b.kept)
    assert kept["made"] == made["id"]
    kept["twitter_last_tweet"] = x.base
    b = twitter(poll_active=1)
    b.enter(**kept)
    told(b, other)
    assert len(since(b, "message")) == 2
    assert made["id"] not in [p.get("id") for m, p in since(b, "message")]


def test_contacts(world, twitter):
    x = world
    b = twitter(poll_active=1)
    enter(b, x, mode="1", show_mentions="1")
    with x.lock:
        first = x.post("anna", "one\ntwo")
        thread = x.post("anna", "three", reply_to=first["id"])
        reply = x.post("bob", "@Anna hm", reply_to=first["id"])
        mine = x.post("alice", "me too")
        back = x.post("anna", "@alice yes", reply_to=mine["id"])
        repost = x.post("bob", "RT", repost=x.post("carol", "Carol's")["id"])
    b.wait("contact", contact=X)
    b.wait("contact", contact="anna")
    b.wait("contact_presence", contact="anna", status="one two",
           show="online")
    m = told(b, first)
    assert m["from"] == "anna" and m["kind"] == "chat"
    assert m["body"][4:] == " one\ntwo"
    assert told(b, thread)["reply_to"]["author"] == "anna"
    m = told(b, reply)
    # Somebody else's words, in this chat: nobody's.
    assert m["from"] == "bob" and "author" not in m["reply_to"]
    assert "one" in m["reply_to"]["text"]
    assert told(b, mine)["from"] == X
    assert told(b, back)["reply_to"]["author"] == x.find("alice")["id"]
    m = told(b, repost)
    assert m["from"] == "bob"
    assert m["body"][4:] == " Reposted Carol C. (@carol, protected): Carol's"
    # Who is not followed comes through X.
    m = told(b, x.post("carol", "@alice psst"))
    assert m["from"] == X and "(@carol, protected): @alice psst" in m["body"]
    assert not [p for m, p in since(b, "contact") if p["contact"] == "carol"]


def test_room(world, twitter):
    x = world
    b = twitter(poll_active=1)
    enter(b, x, mode="2")
    b.wait("contact", contact=X)
    waiting = x.post("anna", "waits")
    # Asked in, once; nothing is read before.
    invited = b.wait("room_invite", room=ROOM)
    assert invited["peer"] == X
    assert not x.asked("GET", HOME)
    assert error(join, b, "#other") == "not_found"
    assert error(join, b, "dm-17") != "not_allowed"
    got = join(b)
    assert got["nick"] == "alice" and got["name"] == "Timeline of @alice"
    me = b.wait("room_occupant", room=ROOM, self=True)
    assert me["nick"] == "alice"
    assert b.wait("room_subject", room=ROOM)["subject"] == got["name"]
    m = told(b, waiting)
    who = since(b, "room_occupant")[-1][1]
    assert who["nick"] == "Anna" and who["real"] == "anna"
    assert m["from"] == ROOM and m["kind"] == "groupchat"
    assert m["nick"] == "Anna" and m["body"][4:] == " waits"
    m = told(b, x.post("bob", "@Anna re", reply_to=waiting["id"]))
    assert m["reply_to"] == {"id": waiting["id"], "author": "Anna",
                             "text": "waits"}
    m = told(b, x.post("alice", "I am here"))
    assert m["nick"] == "alice" and not m.get("carbon")
    # Nobody is told twice; a new name is another nick.
    x.find("bob")["username"] = "Robert"
    m = told(b, x.post("Robert", "new name"))
    assert [(p["nick"], p["new_nick"]) for _, p in
            since(b, "room_occupant")] == [("Bob", "Robert")]
    assert m["nick"] == "Robert"
    rooms = b.call("room_list", user=USER)["rooms"]
    assert rooms == [{"room": ROOM, "name": got["name"], "occupants": 3}]
    assert error(b.call, "room_nick", user=USER, room=ROOM,
                 nick="x") == "not_supported"
    assert error(b.call, "room_subject", user=USER, room=ROOM,
                 subject="x") == "not_supported"

    # Who leaves is left in peace, and finds what was missed.
    b.call("room_leave", user=USER, room=ROOM)
    missed = x.post("anna", "missed")
    x.user("dave")
    x.user("erin")      # who came without having been asked in
    b.enter("erin", user="erin@example.org", mode="2")
    for method in "room_join", "room_leave":
        b.call(method, user="erin@example.org", room=ROOM, nick="e")
    b.enter("dave", user="dave@example.org")
    n = len(x.asked("GET", HOME))
    x.wait("GET", HOME, n + 3)
    b.call("ping")
    assert not [p for m, p in b.events if m in ("room_invite", "message")
                and p["user"] != "dave@example.org"]
    join(b)
    b.wait("room_occupant", self=True)
    assert {p["nick"] for _, p in since(b, "room_occupant")} == {
        "Anna", "Robert"}
    told(b, missed)

    # Another mode ends it; and back.
    set_(b, "mode", "0")
    assert b.wait("room_closed", room=ROOM)["reason"]
    assert told(b, x.post("anna", "elsewhere"))["from"] == X
    assert error(join, b) == "not_allowed"
    set_(b, "mode", "2")
    b.wait("room_invite", room=ROOM)
    join(b)
    assert told(b, x.post("anna", "and back"))["from"] == ROOM
    set_(b, "mode", "1")
    b.wait("room_closed", room=ROOM)
    last = x.post("anna", "a chat")
    assert told(b, last)["from"] == "anna"
    # What would be for her alone is not public when she is not there yet.
    b.call("logout", user=USER)
    b.enter(twitter_last_tweet=last["id"], mode="2")
    join(b)
    assert error(b.call, "message", user=USER, to=ROOM, kind="groupchat",
                 body="anna: psst") == "not_acceptable"
    assert not x.asked("POST", "/2/tweets$")
