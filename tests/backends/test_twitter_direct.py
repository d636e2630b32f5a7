# SPDX-License-Identifier: GPL-2.0-or-later
"""The Twitter backend alone: direct messages, with one and with several."""
import threading

import pytest

from driver import Failed, PATIENCE
from twitter_driver import USER

X = "twitter.com"
FAST = {"dm_poll": 1, "poll_active": 1, "poll_idle": 1, "poll_away": 1,
        "budget": 0, "budget_user": 0}
POLL = "/2/dm_events$"


def send(b, to, body, kind="chat", **more):
    return b.call("message", user=USER, to=to, kind=kind, body=body, **more)


def refused(b, code, *args, **more):
    with pytest.raises(Failed) as e:
        send(b, *args, **more)
    assert e.value.code == code, e.value
    return e.value.text


def mid(event):
    return "dm-" + event["id"]


def told(b, event, **fields):
    """The message of this event, after which nothing else may have come."""
    return b.wait("message", id=mid(event), **fields)


def messages(b):
    return [p for m, p in b.skipped if m == "message"]


def enter(b, **settings):
    settings.setdefault("twitter_last_dm", "1")
    return b.enter(**settings)


def kept(b):
    """What the next session begins with."""
    return {k: v for k, v in b.kept.items()
            if k.startswith("twitter_") and v is not None}


def group(x, text, sender="bob", others=("alice", "carol"), **more):
    return x.dm(sender, list(others), text, **more)


def test_first_login_and_since(x, twitter):
    x.user("bob")
    old = [x.dm("bob", "alice", "old %d" % i) for i in range(30)]
    b = twitter(**FAST)
    b.enter()
    # No flood: one notice, and one event that is paid for.
    assert "from now on" in b.wait("message", **{"from": X})["body"]
    assert b.wait("setting", name="twitter_last_dm")["value"] == old[-1]["id"]
    first = x.asked("GET", POLL)[0]
    assert first.query["max_results"] == "1"
    assert "sender_id" not in first.query["expansions"]
    with x.lock:
        new = [x.dm("bob", "alice", "new %d" % i) for i in range(40)]
    assert told(b, new[-1])["body"] == "new 39"
    got = messages(b) + [{"id": mid(new[-1])}]
    assert [p["id"] for p in got] == [mid(e) for e in new]  # oldest first
    assert b.wait("setting", name="twitter_last_dm")["value"] == new[-1]["id"]
    # Where it had stopped, when it was away: nothing twice, nothing lost.
    since = b.kept["twitter_last_dm"]
    b.call("logout", user=USER)
    more = x.dm("bob", "alice", "while away")
    b.enter(twitter_last_dm=since)
    told(b, more)
    assert not messages(b)
    # The event that was told last is gone: the walk ends at what is older.
    b.call("logout", user=USER)
    x.events.remove(more)
    last = x.dm("bob", "alice", "again")
    b.enter(twitter_last_dm=more["id"])
    told(b, last)
    assert not messages(b)
    # From years ago: not all that X has.
    b.call("logout", user=USER)
    b.enter(twitter_last_dm="1500000000000000000")
    told(b, last)
    assert "more new direct messages" in messages(b)[0]["body"]
    assert len(messages(b)) == 1 + 27       # 28 events are four pages
    # More than will be read.
    b.call("logout", user=USER)
    with x.lock:
        flood = [x.dm("bob", "alice", "%d" % i) for i in range(400)]
    b.enter(twitter_last_dm=last["id"])
    told(b, flood[-1])
    assert "more new direct messages" in messages(b)[0]["body"]
    assert len(messages(b)) == 1 + 327      # 328 events are seven pages


def test_chat(x, twitter):
    bob = x.user("Bob", "Bobby")["id"]
    x.user("carol")
    x.media["3_1"] = {"media_key": "3_1", "type": "photo", "alt_text": "a cat",
                      "url": "https://ton.twitter.com/1/2/3.jpg"}
    post = x.post("carol", "What a day")
    b = twitter(**FAST)
    assert "carbons" in b.features
    enter(b)
    e = x.dm("Bob", "alice", "Look &amp; see https://t.co/1", entities={
        "urls": [{"url": "https://t.co/1", "start": 15, "end": 30,
                  "expanded_url": "https://example.org/long"}]})
    m = told(b, e)
    assert m["body"] == "Look & see https://example.org/long"
    assert m["from"] == "bob" and m["kind"] == "chat"
    assert m["time"] > 10 ** 12 and not m.get("carbon")
    assert len(x.asked("GET", "/2/users$")) == 1
    # A post, a picture that no client could fetch, something unknown.
    e = x.dm("Bob", "alice", "This", referenced_tweets=[{"id": post["id"]}],
             attachments={"media_keys": ["3_1"]})
    lines = told(b, e)["body"].split("\n")
    assert lines[0] == "This"
    assert lines[1].startswith("> [") and lines[1].endswith(
        "Carol (@carol): What a day")
    assert lines[2].startswith("Picture (a cat)") and "ton.twitter" in lines[2]
    e = x.dm("Bob", "alice", "")
    m = told(b, e)
    assert "only X" in m["body"] and "attachments" not in m
    # Own ones: those from elsewhere are told as that, those from here are not.
    e = x.dm("alice", "Bob", "from my phone")
    m = told(b, e, carbon=True)
    assert m["from"] == "bob"
    sent = send(b, "bob", "from here", id="s1")
    assert not sent.get("delivered")
    assert [sent["ids"][0], "from here"] == [mid(x.events[-1]),
                                             x.events[-1]["text"]]
    e = x.dm("Bob", "alice", "thanks")
    told(b, e)
    assert not [p for p in messages(b) if p["body"] == "from here"]
    assert len(x.asked("GET", "/2/users$")) == 2     # bob, carol
    # Neither in the next session.
    sent = send(b, "bob", "just before", id="s2")["ids"][0]
    b.call("logout", user=USER)
    b.wait("setting", name="twitter_dm_sent", value=sent[3:])
    b.enter(**kept(b))
    e = x.dm("Bob", "alice", "there?")
    told(b, e)
    assert not messages(b)
    # One that X tells of before it has answered who sent it.
    hold = threading.Event()
    x.next("with/%s/messages" % bob, delay=hold, late=True)
    serial = b.start("message", user=USER, to="bob", kind="chat", body="slow")
    x.wait("POST", "with/%s/messages" % bob, 3)
    n = len(x.asked("GET", POLL))
    e = x.dm("Bob", "alice", "meanwhile")
    x.wait("GET", POLL, n + 2)
    b.call("room_list", user=USER)
    assert not [p for m, p in b.events if m == "message"]
    hold.set()
    b.finish(serial)
    told(b, e)
    assert not messages(b)


def test_errors(x, twitter):
    bob, carol = x.user("bob"), x.user("carol")
    b = twitter(**{**FAST, "dm_poll": 0})
    b.enter()
    to_bob = "with/%s/messages" % bob["id"]
    assert "nobody" in refused(b, "not_found", "nobody", "hello")
    assert "10000" in refused(b, "too_long", "bob", "x" * 10001)
    send(b, "bob", "\u00e4" * 10000)
    x.relations["blocking", carol["id"]].append(x.find("alice")["id"])
    assert "cannot send messages" in refused(b, "forbidden", "carol", "hello")
    for status, code in (500, "uncertain"), (503, "network"), \
            (400, "not_acceptable"), (402, "network"):
        x.next(to_bob, status=status)
        refused(b, code, "bob", "hello")
    x.next(to_bob, hang_up=True)
    refused(b, "uncertain", "bob", "hello")
    # Where X says so, it is said what that means, once as a message.
    moved = '{"title": "Forbidden", "status": 403, "detail": "This ' \
        'conversation is encrypted."}'
    for _ in range(2):
        x.next(to_bob, status=403, body=moved)
        assert "encrypted chat" in refused(b, "forbidden", "bob", "hello")
    send(b, "bob", "well")
    b.wait("setting", name="twitter_chat_told", value=bob["id"])
    b.call("ping")
    notes = [p for m, p in b.events + b.skipped if m == "message"]
    assert [p["from"] for p in notes] == [X]
    assert notes[0]["body"].startswith("Bob (@bob): ")
    assert "X's own app" in notes[0]["body"]
    # To an occupant of the timeline.
    send(b, "Bob", "psst", "private", room="#twitter")
    assert x.events[-1]["text"] == "psst"
    assert len(x.conversations[x.events[-1]["dm_conversation_id"]]) == 2
    # A quotation is part of the text; a file is given to X.
    send(b, "bob", "yes", reply_to={"id": "dm-1", "text": "> Well?\n"})
    assert x.events[-1]["text"] == "> Well?\nyes"
    url = x.url + "/image/cat"
    send(b, "bob", url, attachments=[{"url": url, "type": "image/png"}])
    assert x.events[-1]["text"] == "" and x.events[-1]["attachments"]
    refused(b, "not_acceptable", "bob", url, attachments=[
        {"url": url}, {"url": url + "2"}])
    # In order, to one; the others do not wait.
    hold = threading.Event()
    x.next(to_bob, delay=hold)
    one = [b.start("message", user=USER, to="Bob" if i else "bob", body=str(i),
                   kind="chat") for i in range(3)]
    x.user("dave")
    send(b, "dave", "no waiting")
    hold.set()
    for serial in one:
        b.finish(serial)
    assert [e["text"] for e in x.events[-4:]] == ["no waiting", "0", "1", "2"]
    # Taken back.
    sent = send(b, "bob", "oops")["ids"][0]
    b.call("retract", user=USER, peer="bob", id=sent)
    assert not [e for e in x.events if e["text"] == "oops"]
    with pytest.raises(Failed) as e:
        b.call("retract", user=USER, peer="bob", id=sent)
    assert e.value.code == "not_found"
    x.next(to_bob, status=429)
    assert "often" in refused(b, "rate_limited", "bob", "hello")


def test_group(x, twitter):
    for name in "bob", "carol", "dave":
        x.user(name)
    b = twitter(**FAST)
    enter(b)
    e = group(x, "hi all")
    conversation = e["dm_conversation_id"]
    room = "#dm-" + conversation
    # Not joined: told by X, and asked in once.
    m = told(b, e)
    assert m["from"] == X and m["kind"] == "chat"
    assert m["body"] == "[group Bob] Bob: hi all"
    call = b.wait("room_invite", room=room)
    assert call["peer"] == "bob"
    # An answer to that goes there.
    send(b, X, "hello back", reply_to={"id": mid(e)})
    assert x.events[-1]["dm_conversation_id"] == conversation
    e = group(x, "and more", "carol", ("alice", "bob"),
              conversation=conversation)
    told(b, e)
    rows = b.call("room_list", user=USER)["rooms"]
    assert [(r["room"], r["name"], r["occupants"]) for r in rows] == [
        (room, "Bob, Carol", 3)]
    # Joined: who was heard of is there, and what was told before is history.
    b.wait("setting", name="twitter_last_dm", value=e["id"])
    hold = threading.Event()
    with x.lock:
        x.next(POLL, delay=hold)
        n = len(x.asked("GET", POLL)) + 1
    x.wait("GET", POLL, n)
    late = group(x, "not yet told", "carol", ("alice", "bob"),
                 conversation=conversation)
    joined = b.call("room_join", user=USER, room=room, nick="me", history=-1)
    assert joined["nick"] == "alice" and joined["name"] == "Bob, Carol"
    assert not [m for m, p in b.events if m == "room_invite"]
    past = [(p["nick"], p["body"]) for m, p in b.events if m == "message"]
    assert past == [("bob", "hi all"), ("alice", "hello back"),
                    ("carol", "and more")]
    there = {p["nick"]: p for m, p in b.events if m == "room_occupant"}
    assert set(there) == {"alice", "bob", "carol"}
    assert there["alice"]["self"] and there["bob"]["real"] == "bob"
    b.events.clear()
    hold.set()
    assert told(b, late)["kind"] == "groupchat"
    # Said here, said there, said elsewhere by the user.
    sent = send(b, room, "now here", "groupchat", id="s1")
    assert not sent.get("echo") and x.events[-1]["text"] == "now here"
    e = x.dm("alice", ["bob", "carol"], "from my phone", conversation)
    m = told(b, e)
    assert (m["nick"], m["from"], m["kind"]) == ("alice", room, "groupchat")
    assert not messages(b)
    # Coming and going.
    dave, carol = x.find("dave")["id"], x.find("carol")["id"]
    x.dm("bob", ["alice", "carol", "dave"], "", conversation,
         event_type="ParticipantsJoin", participant_ids=[dave])
    b.wait("room_occupant", room=room, nick="dave")
    x.dm("carol", ["alice", "bob", "dave"], "", conversation,
         event_type="ParticipantsLeave", participant_ids=[carol])
    b.wait("room_occupant_gone", room=room, nick="carol", how="left")
    # Taken back: told in the room.
    b.call("retract", user=USER, peer=room, id=sent["ids"][0])
    b.wait("retract", room=room, peer="alice", id=sent["ids"][0])
    for method, more in (("room_nick", {"nick": "x"}),
                         ("room_subject", {"subject": "x"}),
                         ("room_invite", {"peer": "dave"})):
        with pytest.raises(Failed) as err:
            b.call(method, user=USER, room=room, **more)
        assert err.value.code == "not_supported"
    # Out of the room again, and in the next session.
    b.call("room_leave", user=USER, room=room)
    e = group(x, "still", "bob", ("alice", "dave"), conversation=conversation)
    assert told(b, e)["from"] == X
    b.wait("setting", name="twitter_last_dm", value=e["id"])
    assert kept(b)["twitter_groups"] == conversation
    b.call("logout", user=USER)
    b.enter(**kept(b))
    asked = len(x.asked("GET", "dm_conversations"))
    b.call("room_join", user=USER, room=room, nick="me", history=0)
    # Who is there is known from before, also to another process: what was paid
    # for is not asked for again, whatever history is wanted.
    before = kept(b)
    b.call("logout", user=USER)
    twitter.forget(b)
    b.close()
    b = twitter(**FAST)
    b.enter(**before)
    joined = b.call("room_join", user=USER, room=room, nick="me", history=-1)
    assert joined["name"] == "bob, dave"
    assert {p["nick"]: p.get("real") for m, p in b.events
            if m == "room_occupant"} == {"bob": "bob", "dave": "dave",
                                         "alice": None}
    assert len(x.asked("GET", "dm_conversations")) == asked
    with pytest.raises(Failed) as err:
        b.call("room_join", user=USER, room="#dm-123456789012345678",
               nick="me")
    assert err.value.code == "not_found" and "encrypted" in err.value.text
    # Out of the group.
    x.dm("bob", ["alice", "dave"], "", conversation,
         event_type="ParticipantsLeave",
         participant_ids=[x.find("alice")["id"]])
    b.wait("room_closed", room=room)


def test_trouble_and_switch(x, twitter):
    x.user("bob")
    b = twitter(**FAST)
    x.next(POLL, status=403, times=2)
    enter(b)
    b.wait("message", **{"from": X})
    e = x.dm("bob", "alice", "after all")
    told(b, e)
    assert not messages(b)          # the second time it was not said again
    assert "well again" in b.wait("message", **{"from": X})["body"]
    # Unknown people cannot be asked for: told when they can.
    x.user("carol")
    x.next("/2/users$", status=503)
    e = x.dm("carol", "alice", "who am I?")
    assert told(b, e)["from"] == "carol"
    assert len(x.asked("GET", "/2/users$")) == 3
    # Nobody may be asked for: told without a name, rather than never.
    x.user("nobody")
    x.next("/2/users$", status=403)
    e = x.dm("nobody", "alice", "anyone?")
    m = told(b, e)
    assert m["from"] == X and m["body"].endswith(": anyone?")
    # Gone from X.
    ghost = x.user("ghost")
    e = x.dm("ghost", "alice", "boo")
    del x.people[ghost["id"]]
    m = told(b, e)
    assert m["from"] == X and m["body"].endswith(": boo")
    b.notify("setting", user=USER, name="direct", value="0")
    b.call("ping")
    n = len(x.asked("GET", POLL))
    e = x.dm("bob", "alice", "later")
    b.call("room_list", user=USER)
    b.notify("setting", user=USER, name="direct", value="1")
    told(b, e)
    assert len(x.asked("GET", POLL)) <= n + 3
    # No more requests in the middle: what was read is kept, and nothing said.
    hold = threading.Event()
    with x.lock:
        x.next(POLL, delay=hold)
        n = len(x.asked("GET", POLL))
    x.wait("GET", POLL, n + 1)
    with x.lock:
        x.limit(POLL, 1, reset=3)
        many = [x.dm("bob", "alice", "%d" % i) for i in range(6)]
    hold.set()
    told(b, many[-1])
    assert [p["id"] for p in messages(b)] == [mid(e) for e in many[:-1]]
    sizes = [r.query["max_results"] for r in x.asked("GET", POLL)[n:]]
    assert sizes[:2] == ["2", "5"]
    # What nobody can make sense of.
    x.next(POLL, body='{"data": [1, {"id": 5}, {"id": "7"}, {"event_type": '
           '"MessageCreate", "id": "18446744073709551615"}, {"event_type": '
           '"MessageCreate", "id": "1900000000000001000", "text": 1, '
           '"dm_conversation_id": "../1"}]}')
    m = b.wait("message", id="dm-1900000000000001000")
    assert m["from"] == X and "only X" in m["body"]
    assert b.wait("setting", name="twitter_last_dm")["value"] == m["id"][3:]


def test_encrypted(x, twitter):
    bob = x.user("bob")
    alice = x.find("alice")
    x.chats = [{"id": "%s-%s" % (alice["id"], bob["id"]), "type": "direct"},
               {"id": "g1234", "type": "group", "group_name": "Family"},
               {"id": "g5", "type": "group"}, {"id": 7}, {}]
    b = twitter(**FAST)
    enter(b)
    text = b.wait("message", **{"from": X})["body"]
    assert 'Bob (@bob), the group "Family", a group.' in text
    x.chats.append({"id": "g6", "type": "group", "group_name": "Work"})
    settings = kept(b)
    settings["twitter_last_dm"] = "1"
    b.call("logout", user=USER)
    # Once a week, and each once.
    b.enter(**settings)
    told(b, x.dm("bob", "alice", "hello"))
    x.wait("GET", POLL, len(x.asked("GET", POLL)) + 1)
    assert not messages(b) and len(x.asked("GET", "chat/conv")) == 1
    b.call("logout", user=USER)
    settings["twitter_chat_read"] = "5"
    settings["twitter_last_dm"] = x.events[-1]["id"]
    b.enter(**settings)
    text = b.wait("message", **{"from": X})["body"]
    assert '"Work"' in text and "Family" not in text


def test_end_in_the_middle(x, twitter):
    """Of all that takes X several answers."""
    bob = x.user("bob")
    b = twitter(**FAST)
    group(x, "hi", others=("alice",), conversation="1234567890123456789")
    room = "#dm-1234567890123456789"
    asking = {"kind": "chat", "body": "hello"}
    for path, request in (
            (POLL, None), ("/2/users$", None), ("chat/conversations$", None),
            ("by/username/dave", ("message", {"to": "dave", **asking})),
            ("with/%s/messages" % bob["id"],
             ("message", {"to": "bob", **asking})),
            ("/dm_conversations/.*/dm_events$",
             ("room_join", {"room": room, "nick": "a", "history": 5})),
            ("/2/dm_events/5$", ("retract", {"peer": "bob", "id": "dm-5"}))):
        hold = threading.Event()
        x.next(path, delay=hold, times=2)

        def asked():
            return sum(len(x.asked(m, path)) for m in ("GET", "POST",
                                                       "DELETE"))
        before = asked()
        enter(b)
        serials = [b.start(request[0], user=USER, **request[1])
                   for _ in range(2)] if request else []
        with x.changed:
            assert x.changed.wait_for(lambda: asked() > before,
                                      PATIENCE), path
        b.call("logout", user=USER)
        for serial in serials:
            with pytest.raises(Failed) as e:
                b.finish(serial)
            assert e.value.code == "not_connected"
        hold.set()
    enter(b)
    b.wait("message")
