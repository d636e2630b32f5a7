# SPDX-License-Identifier: GPL-2.0-or-later
"""The Twitter backend alone: files of messages, from where the user's client
has put them to X."""
import threading
import time

import pytest

from driver import Failed
from test_twitter_send import ROOM, X, notice, refused, say, the_post
from twitter_driver import USER

MIB = 1 << 20
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
GIF = b"GIF89a" + b"\r\n--boundary" * 50
MP4 = b"\0\0\0\x18ftypmp42" + b"\0" * 100


def files(*urls, **more):
    return [{"url": u, **more} for u in urls]


def send(b, text, *urls, to=X, **more):
    """As the main process has it: the URLs are in the body, too."""
    return say(b, "\n".join((text,) + urls if text else urls), to,
               attachments=files(*urls), **more)


def sent(x, post):
    """(category, type, bytes) of the files of a post."""
    ids = [k[2:] for k in post["attachments"]["media_keys"]]
    return [(x.uploads[i]["category"], x.uploads[i]["type"],
             x.uploads[i]["bytes"]) for i in ids]


def test_files(x, twitter):
    b = twitter(sections={"service": {"request_timeout": 20}})
    x.user("bob")
    x.follow("alice", "bob")
    x.post("bob", "Hi")
    b.enter(post_plain="1", mode="2")
    b.call("room_join", user=USER, room=ROOM, nick="alice")
    b.wait("room_occupant", nick="bob")
    cat, big = x.file("cat.png", PNG), x.file("big.png", PNG + b"x" * (
        2 * MIB + 17))
    gif, mp4 = x.file("cat.gif", GIF), x.file("cat", MP4)

    p = the_post(x, send(b, "Look!", cat))
    assert p["text"] == "Look!"
    assert sent(x, p) == [("tweet_image", "image/png", PNG)]
    # No text at all; several, in pieces, in their order; in the room.
    p = the_post(x, send(b, "", cat, big, to=ROOM))
    assert p["text"] == "" and [d for _, _, d in sent(x, p)] == [
        PNG, x.files["big.png"]]
    assert len(x.asked("POST", "/append$")) == 1 + 1 + 3
    # X takes its time with some: it is asked how far it is.
    x.processing = ["pending", "in_progress"]
    p = the_post(x, send(b, "It moves", gif))
    assert sent(x, p) == [("tweet_gif", "image/gif", GIF)]
    assert len(x.asked("GET", "/media/upload$")) == 2
    x.processing = []
    theirs = x.post("alice", "What does it do?")["id"]
    p = the_post(x, send(b, "This", mp4, reply_to={"id": theirs}))
    assert sent(x, p) == [("tweet_video", "video/mp4", MP4)]
    assert p["referenced_tweets"][0]["id"] == theirs
    # Commands that have files; without post_plain that is how it is done.
    b.notify("setting", user=USER, name="post_plain", value="0")
    p = the_post(x, send(b, "#quote %s So it does" % theirs, cat))
    assert p["text"] == "So it does" and sent(x, p)
    p = the_post(x, send(b, "#post With a cat", cat))
    assert p["text"] == "With a cat" and sent(x, p)
    assert "#post" in refused(b, "what now\n" + cat, "not_acceptable",
                              attachments=files(cat))
    refused(b, "#reply @nobody Hi\n" + cat, "not_found",
            attachments=files(cat))
    # Those that have none do not leave it out.
    for line, says in (("@bob look", "alone"), ("#message bob look", "alone"),
                       ("#user bob", "Nothing was done")):
        assert says in refused(b, line + "\n" + cat, "not_acceptable",
                               attachments=files(cat))
    assert not x.asked("POST", "dm_conversations")
    # To somebody in the room, so it is not for all.
    assert "alone" in refused(b, "Bob: look\n" + cat, "not_acceptable", ROOM,
                              attachments=files(cat))
    # What it shows, where that is said; a name is not that.
    n = len(x.asked("POST", "/media/metadata$"))
    p = the_post(x, say(b, "#post A\n" + cat, attachments=files(
        cat, name="a cat on a wall")))
    assert x.media[p["attachments"]["media_keys"][0]]["alt_text"] == \
        "a cat on a wall"
    the_post(x, say(b, "#post B\n" + cat, attachments=files(
        cat, name="my cat.png")))
    assert len(x.asked("POST", "/media/metadata$")) == n + 1
    x.next("/media/metadata$", status=400)
    the_post(x, say(b, "#post C\n" + cat, attachments=files(
        cat, name="a cat on a wall")))
    assert notice(b, "description")


def test_refused(x, twitter):
    b = twitter(media_max="6")
    b.enter(post_plain="1")
    cat, gif = x.file("cat.png", PNG), x.file("cat.gif", GIF)
    pdf = x.file("cat.pdf", b"%PDF-1.7")
    large = x.file("large.png", PNG + b"x" * (5 * MIB))
    huge = x.file("huge.mp4", MP4 + b"x" * (6 * MIB))
    heic = x.file("cat.heic", b"\0\0\0\x18ftypheic" + b"\0" * 100)

    def no(code, *urls, text="Look", **more):
        return refused(b, "\n".join((text,) + urls), code,
                       attachments=files(*urls), **more)

    assert "pictures" in no("not_acceptable", pdf)
    no("not_acceptable", heic)
    assert "5 MiB" in no("too_long", large)
    assert "6 MiB" in no("too_long", huge)
    assert "both" in no("not_acceptable", cat, gif)
    assert "four" in no("not_acceptable", cat, cat, cat, cat, cat)
    n = len(x.asked("GET", "/image/cat"))
    assert "280" in no("too_long", cat, text="x" * 300)
    assert len(x.asked("GET", "/image/cat")) == n
    # Where they should be there is nothing, or no server, or no end.
    x.next("/image/cat", status=404)
    assert "404" in no("not_found", cat)
    x.next("/image/cat", status=500)
    no("network", cat)
    x.next("/image/cat", cut=True)
    no("network", cat)
    no("network", "http://127.0.0.1:1/cat.png")
    no("network", "file:///etc/passwd")
    assert not x.asked("POST", "/2/tweets$")
    # X does not want them, at any step; no post, so nothing is uncertain.
    for path, how, code in (
            ("initialize$", {"status": 403}, "forbidden"),
            ("initialize$", {"body": '{"data": {}}'}, "network"),
            ("initialize$", {"body": '{"data": {"id": "../x"}}'}, "network"),
            ("append$", {"status": 400}, "not_acceptable"),
            ("append$", {"hang_up": True}, "network"),
            ("finalize$", {"status": 500}, "network"),
            ("finalize$", {"body": '{"data": {"processing_info": '
                           '{"state": "failed"}}}'}, "not_acceptable")):
        x.next("/media/upload/.*" + path, method="POST", **how)
        no(code, cat)
    assert not x.asked("POST", "/2/tweets$")
    # Files on this network are nobody's business.
    b = twitter(private_urls="0")
    b.enter(post_plain="1")
    n = len(x.asked("GET", "/image/cat"))
    with pytest.raises(Failed) as e:
        send(b, "Look", cat)
    assert e.value.code == "network"
    assert len(x.asked("GET", "/image/cat")) == n


def start(b, text, url, user=USER):
    return b.start("message", user=user, to=X, kind="chat",
                   body=text + "\n" + url, attachments=files(url))


def fails(b, serial, code):
    with pytest.raises(Failed) as e:
        b.finish(serial)
    assert e.value.code == code, e.value
    return e.value.text


def test_queue(x, twitter):
    """One message of a user at a time, four of all, and none for ever."""
    b = twitter()
    users = ["u%d@example.org" % i for i in range(5)]
    for u in users:
        b.enter(user=u, post_plain="1")
    cat = x.file("cat.png", PNG)
    hold = threading.Event()
    x.next("/image/cat", delay=hold, times=4)
    first = [start(b, "first of %s" % u, cat, u) for u in users]
    again = [start(b, "%d" % i, cat, users[0]) for i in range(8)]
    assert "Too many" in fails(b, again[7], "not_acceptable")
    x.wait("GET", "/image/cat", 4)
    b.call("reaction", user=users[4], peer=X, id=x.post("alice", "Hi")["id"],
           emojis=["\u2764"])          # there and back
    assert len(x.asked("GET", "/image/cat")) == 4
    # Whoever leaves makes room, and hears of it.
    b.call("logout", user=users[1])
    fails(b, first.pop(1), "not_connected")
    x.wait("GET", "/image/cat", 5)
    hold.set()
    for serial in first + again[:7]:
        assert b.finish(serial)["ids"]
    assert [p["text"] for p in x.posts.values() if p["text"].isdigit()] == [
        str(i) for i in range(7)]


def test_order(x, twitter):
    """What is said after a picture is posted after it, however it is said."""
    b = twitter()
    b.enter(post_plain="1")
    cat = x.file("cat.png", PNG)
    x.user("bob")
    for method, hurdle in ("GET", "/image/cat"), ("POST", "/append$"):
        hold = threading.Event()
        before = len(x.asked(method, hurdle))
        x.next(hurdle, delay=hold)
        n = len(x.asked("POST", "/2/tweets$"))
        texts = ["%d at %s" % (i, hurdle[1:-1]) for i in range(3)]
        calls = [start(b, texts[0], cat)]
        x.wait(method, hurdle, before + 1)
        for text in texts[1], "#post " + texts[2]:
            calls.append(b.start("message", user=USER, to=X, kind="chat",
                                 body=text))
        say(b, "#user bob")             # there and back
        b.wait("message")
        assert len(x.asked("POST", "/2/tweets$")) == n
        hold.set()
        for serial in calls:
            b.finish(serial)
        assert [p["text"] for p in list(x.posts.values())[-3:]] == texts
    # One that fails is in nobody's way.
    calls = [start(b, "4", x.file("poem.txt", b"Oh!")), start(b, "5", cat)]
    assert "only pictures" in fails(b, calls[0], "not_acceptable")
    assert the_post(x, b.finish(calls[1]))["text"] == "5"


def test_too_slow(x, twitter):
    b = twitter(sections={"service": {"request_timeout": 3}})
    b.enter(post_plain="1")
    mp4 = x.file("cat.mp4", MP4)
    x.processing = ["pending"] * 50
    begun = time.monotonic()
    assert "too long" in fails(b, start(b, "Look", mp4), "timeout")
    assert time.monotonic() - begun < 20
    # The answer to what was under way comes when nobody waits for it.
    hold = threading.Event()
    x.next("/append$", delay=hold)
    fails(b, start(b, "Look", mp4), "timeout")
    hold.set()
    assert the_post(x, say(b, "text"))["text"] == "text"
    assert len(x.asked("POST", "/2/tweets$")) == 1


def test_session_ends(x, twitter):
    """At each step of a file's way."""
    b = twitter()
    mp4 = x.file("cat.mp4", MP4)
    x.processing = ["pending"]
    for path, method in (("initialize$", "POST"), ("append$", "POST"),
                         ("finalize$", "POST"), ("upload$", "GET"),
                         ("metadata$", "POST")):
        b.enter(post_plain="1")
        hold = threading.Event()
        x.next("/media/.*" + path, method=method, delay=hold)
        n = len(x.asked(method, "/media/.*" + path))
        serial = b.start("message", user=USER, to=X, kind="chat", body=mp4,
                         attachments=files(mp4, name="it moves a lot"))
        x.wait(method, "/media/.*" + path, n + 1)
        b.call("logout", user=USER)
        fails(b, serial, "not_connected")
        hold.set()
    # While it is waited for what X makes of it; and with no end at all.
    b.enter(post_plain="1")
    x.processing = ["pending"] * 9
    start(b, "Look", mp4)
    x.wait("POST", "/finalize$", 4)
    assert not x.asked("POST", "/2/tweets$")
