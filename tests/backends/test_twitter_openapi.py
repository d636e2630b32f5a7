# SPDX-License-Identifier: GPL-2.0-or-later
"""Is the fake X like X?  prism, a validating proxy, judges what is asked and
answered by X's own description of its API.  That file is X's and not ours to
pass on: X_OPENAPI says where it is; without it, or without prism
(tests/npm.sh), this is skipped."""
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest

import driver
from irc_driver import free_port
from twitter_driver import USER as ALICE, judge, judging

SPEC = os.environ.get("X_OPENAPI", os.path.join(
    os.path.dirname(driver.TOP), "shared", "reference", "x-openapi.json"))
PRISM = judge("prism")

pytestmark = [
    pytest.mark.skipif(not os.path.exists(SPEC),
                       reason="without X's description of its API"),
    pytest.mark.skipif(not PRISM, reason="prism is not installed")]

USER = "user.fields=id,name,username,description,profile_image_url," \
    "protected,verified,public_metrics,created_at"
POST = "post.fields=id,text,created_at,conversation_id,entities," \
    "attachments,lang,possibly_sensitive,public_metrics&" \
    "expansions=author_id,referenced_posts,attachments.media_keys," \
    "in_reply_to_user_id&media.fields=url,alt_text,type&" + USER
EVENT = "dm_event.fields=id,text,event_type,created_at," \
    "dm_conversation_id,attachments&expansions=sender_id," \
    "participant_ids,attachments.media_keys&" + USER


@pytest.fixture
def proxy(x, tmp_path):
    """The URL of prism in front of the fake."""
    port = free_port()
    with judging([PRISM, "proxy", SPEC, x.url, "-h", "127.0.0.1", "-p",
                  str(port), "--errors"], port, tmp_path / "log") as url:
        yield url


class Client:
    def __init__(self, url, token):
        self.url = url
        self.token = token
        self.bad = []

    def ask(self, method, path, body=None, status=200):
        r = urllib.request.Request(
            self.url + "/2/" + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + self.token,
                     "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(r, timeout=30) as answer:
                got, text = answer.status, answer.read()
        except urllib.error.HTTPError as e:
            got, text = e.code, e.read()
        if got != status or (status < 300 and b"prism" in text):
            self.bad.append((method, path, got, text.decode()[:700]))
        return json.loads(text) if got < 300 else {}


def direct_messages(x, b, first):
    """What the backend itself asks and sends for them."""
    group = x.dm("bob", ["alice", "carol"], "all of you")
    x.chats = [{"id": "g1900000000000000001", "type": "group",
                "group_name": "Family"}]
    b.enter(twitter_last_dm="1")
    assert b.wait("message", id="dm-" + first["id"])["body"] == "psst"
    b.wait("message", id="dm-" + group["id"])
    told = b.wait("message", **{"from": "twitter.com"})
    assert "Family" in told["body"], told
    room = "#dm-" + group["dm_conversation_id"]
    b.call("room_join", user=ALICE, room=room, nick="alice", history=20)
    for to, kind in ("bob", "chat"), (room, "groupchat"):
        sent = b.call("message", user=ALICE, to=to, kind=kind, body="hi")
        b.call("retract", user=ALICE, peer=to, id=sent["ids"][0])


def posts(x, b, theirs):
    """What it writes, with files; anything wrong with it is an error."""
    said = {"user": ALICE, "kind": "chat", "to": "twitter.com"}
    # prism spoils bytes that are no text.
    cat = x.file("cat.gif", b"GIF89a" + b"x" * (1 << 20))
    b.notify("setting", user=ALICE, name="post_plain", value="1")
    mine = b.call("message", **said, body="Look\n" + cat, attachments=[
        {"url": cat, "name": "a cat on a wall"}])["ids"][0]
    b.call("message", **said, body="Well", reply_to={"id": theirs})
    b.call("message", **said, body="#quote %s So\n%s" % (theirs, cat),
           attachments=[{"url": cat}])
    for emojis in ["\u2764"], []:
        b.call("reaction", user=ALICE, peer="twitter.com", id=theirs,
               emojis=emojis)
    b.call("retract", user=ALICE, peer="twitter.com", id=mine)
    assert mine not in x.posts


class Menu:
    """Commands, each of which must be done."""

    def __init__(self, b):
        self.b = b

    def __call__(self, name, first=None, rest=None):
        filled = {k: v for k, v in (("first", first), ("rest", rest)) if v}
        r = self.b.call("command", user=ALICE, name=name, arguments=filled)
        assert not r.get("refused"), (name, r)
        return r


def reading(x, b, menu, theirs):
    """What shows posts, page by page, with all that is set for it."""
    for name in "timeline", "trends", "lists":
        assert menu(name)["rows"], name
    for name, first, rest in (("timeline", "bob", None),
                              ("search", None, "hello there"),
                              ("list", None, "Cats"), ("thread", theirs, None)):
        assert menu(name, first, rest)["rows"], name
    x.next("personalized_trends", status=403,
           headers={"Content-Type": "application/json"},
           body='{"code": 403, "message": "not to everybody"}')
    assert menu("trends")["rows"]
    with x.lock:
        x.page_most = 5
        many = [x.post("bob", "@alice look %d" % i)["id"] for i in range(12)]
    for name in "show_replies", "show_reposts":
        b.notify("setting", user=ALICE, name=name, value="0")
    b.notify("setting", user=ALICE, name="show_mentions", value="1")
    b.wait("message", id=many[-1])
    last = b.wait("setting", name="twitter_last_mention")["value"]
    only = x.post("dave", "@alice and that")["id"]
    b.wait("message", id=only)
    queries = [r.query for r in x.asked("GET", "reverse_chrono|mentions$")]
    assert any(q.get("since_id") == last for q in queries)
    for key in "pagination_token", "exclude", "start_time":
        assert any(key in q for q in queries), key


def people(x, b, menu, theirs):
    """What is done to them, and to what they have posted, and undone."""
    x.page_most = 2
    assert len(menu("friends", rest="new")["rows"]) == 3
    x.page_most = 1000
    menu("user", "@erin")
    for on, off in (("follow", "unfollow"), ("mute", "unmute"),
                    ("block", "unblock")):
        menu(on, "dave")
        menu(off, "dave")
    menu("listadd", "dave", "Cats")
    menu("listremove", "dave", "Cats")
    for on in "like", "repost":
        menu(on, theirs)
        menu("undo", theirs)
    menu("reply", theirs, "Yes")
    menu("undo")
    menu("thread", "words " * 60)
    menu("undo")
    menu("delete", x.find("alice")["last"])
    menu("group", rest="@bob @dave Hi you two")
    menu("message", "bob", "Hi")
    assert b.call("search", user=ALICE, fields={"query": "bo"})["rows"]
    b.call("profile", user=ALICE, contact="frank")


def not_asked(x):
    """What of endpoint.def was not."""
    with open(os.path.join(driver.TOP, "backends", "twitter", "endpoint.def"),
              encoding="utf-8") as f:
        rows = re.findall(r'^ENDPOINT\((\w+),\s*"(\w+)",\s*"([^"]+)"',
                          f.read(), re.M)
    return {name for name, method, path in rows if not any(
        r.method == method and re.fullmatch(
            "/2/" + path.replace("*", "[^/]+"), r.path) for r in x.requests)}


def test_backend_asks_like_x(x, proxy, twitter, tmp_path):
    """All that the backend asks of X."""
    for name in "bob", "carol", "dave", "erin", "frank":
        x.user(name)
    alice = x.find("alice")
    b = twitter(base_url=proxy, post_words=1, dm_poll=1, poll_active=1,
                budget=0, budget_user=0)
    b.enter()
    assert b.wait("setting", name="twitter_last_tweet")["value"][0] == "@"
    for name in "bob", "carol", "erin":
        x.follow("alice", name)
    x.trends = ["cats", "dogs"]
    x.lists["101"] = {"id": "101", "name": "Cats", "owner_id": alice["id"],
                      "members": [x.find("bob")["id"]], "private": False,
                      "member_count": 1}
    theirs = x.post("bob", "hello there")["id"]
    alice["last"] = x.post("alice", "mine", reply_to=theirs)["id"]
    b.wait("message", id=theirs)
    direct_messages(x, b, x.dm("bob", "alice", "psst"))
    menu = Menu(b)
    reading(x, b, menu, theirs)
    people(x, b, menu, theirs)
    posts(x, b, theirs)
    # Who is not told about is asked for; and a film takes its time.
    gina = x.user("gina")["id"]
    x.next("dm_events$", body=json.dumps({"meta": {"result_count": 1}, "data": [
        {"id": x.new_id(), "event_type": "MessageCreate", "text": "hello",
         "sender_id": gina, "dm_conversation_id": "-".join(sorted(
             (gina, alice["id"]), key=int))}]}))
    b.wait("message", **{"from": "gina"}, body="hello")
    x.processing = ["pending", "in_progress"]
    film = x.file("a.mp4", b"\0\0\0\x18ftypmp42" + b"x" * 2000)
    b.call("message", user=ALICE, kind="chat", to="twitter.com", body=film,
           attachments=[{"url": film}])
    assert not not_asked(x)
    with open(tmp_path / "log", encoding="utf-8") as f:
        assert "prism/errors#" not in f.read()


def test_fake_is_like_x(x, proxy):
    for name in "bob", "carol":
        x.user(name)
    x.follow("alice", "bob")
    alice, bob = x.find("alice")["id"], x.find("bob")["id"]
    first = x.post("bob", "hello @alice, see https://example.org/a?b=1")
    x.post("alice", "an answer", reply_to=first["id"])
    x.post("bob", "look", quote=first["id"])
    message = x.dm("bob", "alice", "psst")
    tokens = x.auth.kept2("alice")
    c = Client(proxy, tokens.split()[2])

    c.ask("GET", "users/me?" + USER)
    c.ask("GET", "users/%s?%s" % (bob, USER))
    c.ask("GET", "users/by/username/bob?" + USER)
    c.ask("GET", "users/by/username/nobody")
    c.ask("GET", "users?ids=%s,%s" % (alice, bob))
    c.ask("GET", "users/search?query=bob")
    c.ask("GET", "users/%s/following?max_results=100" % alice)
    c.ask("GET", "users/%s/followers?max_results=100" % bob)
    c.ask("GET", "users/%s/muting?max_results=100" % alice)
    page = c.ask("GET", "users/%s/timelines/reverse_chronological?"
                 "max_results=1&%s" % (alice, POST))
    c.ask("GET", "users/%s/timelines/reverse_chronological?max_results=1&"
          "pagination_token=%s" % (alice, page.get("meta", {}).get(
              "next_token", "none")))
    c.ask("GET", "users/%s/timelines/reverse_chronological?since_id=%s" % (
        alice, first["id"]))
    c.ask("GET", "users/%s/tweets?max_results=5&%s" % (bob, POST))
    c.ask("GET", "users/%s/mentions?%s" % (alice, POST))
    c.ask("GET", "tweets/%s?%s" % (first["id"], POST))
    c.ask("GET", "tweets?ids=%s&%s" % (first["id"], POST))
    c.ask("GET", "tweets/search/recent?query=hello&max_results=10&" + POST)
    mine = c.ask("POST", "tweets", {"text": "mine"}, 201)["data"]["id"]
    c.ask("POST", "tweets", {"text": "re", "reply": {
        "in_reply_to_tweet_id": mine}}, 201)
    c.ask("DELETE", "tweets/" + mine)
    for path, key, value in (("likes", "tweet_id", first["id"]),
                             ("retweets", "tweet_id", first["id"]),
                             ("following", "target_user_id", bob),
                             ("muting", "target_user_id", bob)):
        c.ask("POST", "users/%s/%s" % (alice, path), {key: value})
        c.ask("DELETE", "users/%s/%s/%s" % (alice, path, value))
    c.ask("POST", "users/%s/dm/block" % bob)
    c.ask("POST", "users/%s/dm/unblock" % bob)
    c.ask("GET", "dm_events?max_results=100&" + EVENT)
    c.ask("GET", "dm_conversations/with/%s/dm_events?%s" % (bob, EVENT))
    c.ask("GET", "dm_conversations/%s/dm_events" %
          message["dm_conversation_id"])
    c.ask("POST", "dm_conversations/with/%s/messages" % bob,
          {"text": "hi"}, 201)
    c.ask("POST", "dm_conversations/%s/messages" %
          message["dm_conversation_id"], {"text": "ho"}, 201)
    c.ask("POST", "dm_conversations", {
        "conversation_type": "Group", "message": {"text": "all of you"},
        "participant_ids": [bob, x.find("carol")["id"]]}, 201)
    c.ask("DELETE", "dm_events/" + message["id"])
    c.ask("GET", "chat/conversations?max_results=20&"
          "chat_conversation.fields=group_name,id,type")
    upload = c.ask("POST", "media/upload/initialize", {
        "media_type": "image/png", "total_bytes": 3,
        "media_category": "tweet_image"})["data"]["id"]
    c.ask("POST", "media/upload/%s/append" % upload,
          {"media": "YWJj", "segment_index": 0})
    c.ask("POST", "media/upload/%s/finalize" % upload)
    c.ask("GET", "media/upload?media_id=" + upload)
    c.ask("POST", "media/metadata", {"id": upload, "metadata": {
        "alt_text": {"text": "three letters"}}})
    # Errors are as X's documentation shows them, which is not as it describes
    # them here.
    assert not c.bad, "\n".join(map(str, c.bad))
