# SPDX-License-Identifier: GPL-2.0-or-later
"""The Twitter backend alone: people as contacts, their pictures and profiles,
and finding them."""
import hashlib
import threading
import time

import pytest

from driver import Failed
from twitter_driver import USER

WEEK = 7 * 86400
TODAY = int(time.time()) // 86400


def followed(x, *names, who="alice"):
    for name in names:
        x.user(name)
        x.follow(who, name)


def reads(x):
    return len(x.asked("GET", "/following$"))


def told(b, method="contact"):
    """Of people, what has come before the last event that was waited for."""
    return [p for m, p in b.skipped
            if m == method and p["contact"] != "twitter.com"]


def refused(b, method, /, **params):
    with pytest.raises(Failed) as e:
        b.call(method, user=USER, **params)
    return e.value


def settle(b):
    """All that was told so far and not waited for, but of people only."""
    b.call("profile", user=USER, contact="twitter.com")
    with b.changed:
        events, b.events = b.events, []
    for m, p in events:
        if m == "setting":
            b.kept[p["name"]] = p.get("value")
    return [(m, p) for m, p in events if p.get("contact") != "twitter.com"]


def test_list(x, twitter):
    """Mode 1: who is followed is on the list, from then on without asking."""
    followed(x, *("u%04d" % i for i in range(1100)))
    b = twitter(budget_user="100", budget="100")
    b.enter(mode="1")
    b.wait("contacts_end")
    contacts = {p["contact"]: p for p in told(b)}
    online = {p["contact"]: p for p in told(b, "contact_presence")}
    assert len(contacts) == 1100
    # Or contacts_end would take it away.
    assert any(p.get("contact") == "twitter.com" for m, p in b.skipped)
    assert contacts["u0000"]["name"] == "U0000"
    assert contacts["u1099"]["subscription"] == "to"
    assert online["u1099"]["show"] == "online" and len(online) == 1100
    pages = [r.query for r in x.asked("GET", "/following$")]
    assert [q["max_results"] for q in pages] == ["1000", "1000"]
    assert "pagination_token" in pages[1]
    settle(b)
    assert abs(int(b.kept["twitter_following_read"]) - time.time()) < 60

    # The next session: what the main process has is online, and that is all;
    # the name that it has may be the user's own.
    kept = dict(b.kept)
    b.enter(mode="1", **{k: kept[k] for k in kept if k.startswith("twitter_")})
    b.notify("contact_watch", user=USER, contacts=["u0000", "twitter.com"])
    assert b.wait("contact_presence", contact="u0000") == {
        "user": USER, "contact": "u0000", "show": "online"}
    assert not told(b) and reads(x) == 2
    b.notify("contact_watch", user=USER, contacts=["u0000", "u0001"])
    b.wait("contact_presence", contact="u0001")
    assert not told(b, "contact_presence")
    b.notify("contact_watch", user=USER, gone=["u0001", "u0002"])

    # A week later, two are not followed any more and one has another name.
    # One of them the main process has not told us of.
    kept["twitter_following_read"] = str(int(time.time()) - WEEK - 1)
    x.relations["following", x.find("alice")["id"]][:2] = []
    hold = threading.Event()
    x.next("/following$", delay=hold)
    b.enter(mode="1", **{k: kept[k] for k in kept if k.startswith("twitter_")})
    b.notify("contact_watch", user=USER, contacts=["u0000", "u0002"])
    b.wait("contact_presence", contact="u0002")
    hold.set()
    b.wait("contacts_end")
    assert [p["contact"] for p in told(b, "contact_removed")] == ["u0000"]
    contacts = {p["contact"]: p for p in told(b)}
    assert len(contacts) == 1098 and "u0001" not in contacts
    assert reads(x) == 4

    # Mode 1 is over, and begins again: without another reading.
    settle(b)
    b.notify("setting", user=USER, name="mode", value="0")
    b.wait("contacts_end")
    assert len(told(b, "contact_removed")) == 1098
    assert not told(b)
    settle(b)
    assert b.kept["twitter_contacts"] is None
    b.notify("setting", user=USER, name="mode", value="1")
    assert not [m for m, p in settle(b) if m.startswith("contact")]
    assert reads(x) == 4


def test_posts(x, twitter):
    """Mode 1: each author is a contact, whose status is the last post."""
    followed(x, "anna", "bert", "dora")
    x.user("carl")
    b = twitter(poll_active="1")
    # The list was read yesterday; bert is on the user's.
    b.enter(mode="1", twitter_following_read=str(int(time.time()) - 86400),
            twitter_last_tweet="1", twitter_blocked="carl dora")
    b.notify("contact_watch", user=USER, contacts=["bert"])
    b.wait("contact_presence", contact="bert", show="online")
    with x.lock:
        x.post("anna", "one\nand &amp; two", id="2000000000000000001")
        x.post("bert", "three", id="2000000000000000002")
        theirs = x.post("carl", "four", id="2000000000000000003")
        x.post("bert", "RT", repost=theirs["id"], id="2000000000000000004")
        x.post("dora", "unheard", id="2000000000000000014")
        x.post("anna", "five", id="2000000000000000015")
    b.wait("message", **{"from": "anna"}, id="2000000000000000015")
    assert [p["name"] for p in told(b)] == ["Anna"]
    assert [(p["contact"], p.get("status"))
            for p in told(b, "contact_presence")] == [
        ("anna", "one and & two"), ("bert", "three"), ("anna", "five")]
    # What is from whom is blocked is not shown.
    assert [p["id"][-1] for m, p in b.skipped if m == "message"] == ["1", "2"]
    b.wait("avatar", contact="anna")

    # Another name, another picture; and one that is on the user's list by its
    # name there gets the new one, too.
    for name in ("anna", "bert"):
        x.find(name)["name"] = "Dr. " + name
    x.find("anna")["profile_image_url"] = x.url + "/image/new_normal.png"
    with x.lock:
        x.post("bert", "six", id="2000000000000000026")
        x.post("anna", "seven", id="2000000000000000027")
    b.wait("avatar", contact="anna")
    assert sorted(p["name"] for p in told(b)) == ["Dr. anna", "Dr. bert"]
    # The user has a better one.
    b.call("contact_update", user=USER, contact="bert", name="Bertie")
    x.find("bert")["name"] = "Prof. bert"
    x.post("bert", "eight", id="2000000000000000028")
    b.wait("message", id="2000000000000000028")
    assert [p.get("name") for p in told(b)] == [None]
    assert reads(x) == 0


def test_left_before(x, twitter):
    """Mode 1 was left while the user was away: its contacts go, those that the
    user has added stay."""
    b = twitter()
    b.enter(twitter_contacts="1", twitter_added="anna carl")
    b.wait("contacts_end")
    assert [p["contact"] for p in told(b)] == ["anna", "carl"]
    settle(b)
    assert b.kept["twitter_contacts"] is None and reads(x) == 0
    # In other modes they are online, too.
    b.notify("contact_watch", user=USER, contacts=["anna"])
    b.wait("contact_presence", contact="anna", show="online")


def test_budget(x, twitter):
    """A list that is too dear for a day is read over several."""
    followed(x, *("u%03d" % i for i in range(60)))
    b = twitter(budget_user="1")
    b.enter(mode="1")
    b.wait("setting", name="twitter_following_next")
    day, token = b.kept["twitter_following_next"].split()
    assert int(day) == TODAY and reads(x) == 1
    n = len(set(p["contact"] for p in told(b)))
    assert 40 <= n <= 50            # half of what is left

    # Not on the same day.
    where = {"twitter_following_next": b.kept["twitter_following_next"],
             "spent": b.kept.get("spent")}
    b.enter(mode="1", **{k: v for k, v in where.items() if v})
    assert not [m for m, p in settle(b) if m == "contact"] and reads(x) == 1
    # On another one; nobody is taken away, as the whole is not known.
    b.enter(mode="1", twitter_following_next="%d %s" % (TODAY - 1, token))
    b.wait("setting", name="twitter_following_read")
    assert len(told(b)) == 60 - n and reads(x) == 2
    assert x.asked("GET", "/following$")[1].query[
        "pagination_token"] == token
    assert "contacts_end" not in [m for m, p in b.skipped + settle(b)]
    assert b.kept["twitter_following_next"] is None

    # A place that X does not know any more.
    b.enter(mode="1", twitter_following_next="1 !")
    b.wait("setting", name="twitter_following_next")
    assert reads(x) == 4 and "pagination_token" not in \
        x.asked("GET", "/following$")[3].query


def test_trouble(x, twitter):
    followed(x, "anna")
    x.next("/following$", status=403, times=1)
    b = twitter()
    b.enter(mode="1")
    assert "Your contacts: X does not allow" in b.wait("message")["body"]
    assert "twitter_following_read" not in b.kept and reads(x) == 1
    # Nobody, but no word that it is so: nobody is taken away.
    for body in ('{"meta": {}}', '{"data": 7, "meta": {"result_count": 1}}',
                 '{"data": [], "errors": [{"title": "Oops"}], '
                 '"meta": {"result_count": 0}}'):
        x.next("/following$", body=body)
        b.enter(mode="1")
        b.wait("setting", name="twitter_following_read")
        assert "contacts_end" not in [m for m, p in b.skipped + settle(b)]
    x.next("/following$", body='{"meta": {"result_count": 0}}')
    b.enter(mode="1")
    b.wait("contacts_end")
    # The session ends while the list is on its way.
    n = reads(x)
    hold = threading.Event()
    x.next("/following$", delay=hold, times=1)
    b.login(USER, "alice", settings={"tokens": b.x.auth.kept2("alice"),
                                     "mode": "1"})
    x.wait("GET", "/following$", n + 1)
    b.call("logout", user=USER)
    hold.set()
    # The mode does.
    hold = threading.Event()
    x.next("/following$", delay=hold, times=1)
    b.enter(mode="1")
    x.wait("GET", "/following$", n + 2)
    b.notify("setting", user=USER, name="mode", value="2")
    hold.set()
    b.call("search", user=USER, fields={"query": "nobody"})
    assert not [m for m, p in settle(b) if m == "contact"]


def test_follow(x, twitter):
    anna = x.user("Anna", "Anna A.")
    carl = x.user("carl", protected=True)
    alice = x.find("alice")["id"]
    b = twitter()
    b.enter()

    b.call("contact_add", user=USER, contact="anna")
    assert x.relations["following", alice] == [anna["id"]]
    contact = b.wait("contact", contact="anna")
    assert contact["name"] == "Anna A." and contact["subscription"] == "to"
    b.wait("contact_presence", contact="anna", show="online")
    # The user's own name for somebody stays.
    b.call("contact_add", user=USER, contact="carl", name="Charly")
    contact = b.wait("contact", contact="carl")
    assert contact["subscription"] == "ask" and "name" not in contact
    settle(b)
    assert b.kept["twitter_added"] == "anna carl"
    assert b.kept["twitter_asked"] == "carl"
    b.call("contact_update", user=USER, contact="anna", name="Mum",
           groups=["Family"])

    for name in ("nobody", "no body", "x" * 300, ""):
        assert refused(b, "contact_add", contact=name).code == "not_found"
    assert refused(b, "contact_add", contact="alice").code == "not_acceptable"
    assert len(x.asked("GET", "/by/username/")) == 4
    b.call("contact_add", user=USER, contact="twitter.com")
    b.call("contact_remove", user=USER, contact="twitter.com")
    b.call("contact_remove", user=USER, contact="no body")
    x.next("/following$", status=403, method="POST", times=1)
    x.user("dora")
    error = refused(b, "contact_add", contact="dora")
    assert error.code == "forbidden" and "follow somebody" in error.text

    # In mode 1: carl has not answered, so is not in the list, and stays.
    kept = {k: v for k, v in b.kept.items() if k.startswith("twitter_")}
    b.enter(mode="1", **kept)
    b.wait("contacts_end")
    assert {p["contact"]: p["subscription"] for p in told(b)} == {
        "anna": "to", "carl": "ask"}
    x.follow("alice", "carl")
    kept["twitter_following_read"] = "1"
    b.enter(mode="1", **kept)
    b.wait("contacts_end")
    assert [p["subscription"] for p in told(b) if p["contact"] == "carl"][-1] \
        == "to"
    settle(b)
    assert b.kept["twitter_asked"] is None

    b.call("contact_remove", user=USER, contact="anna")
    assert x.relations["following", alice] == [carl["id"]]
    x.next("/following/", status=403, method="DELETE", times=1)
    assert refused(b, "contact_remove", contact="carl").code == "forbidden"
    assert "still follow @carl" in b.wait("message")["body"]
    assert b.kept["twitter_added"] is None
    b.call("contact_remove", user=USER, contact="gone_from_x")


def test_block(x, twitter):
    anna = x.user("anna")
    alice = x.find("alice")["id"]
    b = twitter()
    b.enter()
    b.call("contact_block", user=USER, contact="anna", blocked=True)
    assert x.relations["blocking", alice] == [anna["id"]]
    assert "@anna cannot write" in b.wait("message")["body"]
    settle(b)
    assert b.kept["twitter_blocked"] == "anna"
    b.call("contact_block", user=USER, contact="anna", blocked=False)
    assert x.relations["blocking", alice] == []
    settle(b)
    assert b.kept["twitter_blocked"] is None
    assert refused(b, "contact_block", contact="twitter.com",
                   blocked=True).code == "not_allowed"
    assert refused(b, "contact_block", contact="nobody",
                   blocked=True).code == "not_found"
    b.call("contact_block", user=USER, contact="nobody", blocked=False)


def say(b, text):
    """A command in the chat with X; what it answers."""
    b.call("message", user=USER, to="twitter.com", kind="chat", body=text)
    return b.wait("message", **{"from": "twitter.com"})["body"]


def test_commands(x, twitter):
    """What is typed changes the list, too."""
    followed(x, "anna", "bert", "carl")
    x.user("dora")
    b = twitter(budget_user="0")
    b.enter(mode="1", twitter_last_tweet="1")
    b.wait("contacts_end")
    b.notify("contact_watch", user=USER, contacts=["anna", "bert", "carl"])
    n = reads(x)
    assert "You follow 3." in say(b, "#friends")
    assert reads(x) == n + 1 and b.kept["twitter_following_read"]
    assert "contacts_end" in [m for m, p in b.skipped]

    say(b, "#follow dora")
    assert [p["contact"] for p in told(b)] == ["dora"]
    say(b, "#undo")
    assert [p["contact"] for p in told(b, "contact_removed")] == ["dora"]
    say(b, "#unfollow anna")
    assert [p["contact"] for p in told(b, "contact_removed")] == ["anna"]

    say(b, "#block bert")
    assert [(p["contact"], p["blocked"]) for p in told(b)] == [("bert", True)]
    assert b.kept["twitter_blocked"] == "bert"
    say(b, "#block dora")
    assert not told(b)                          # a stranger
    assert b.kept["twitter_blocked"] == "bert dora"
    say(b, "#undo")
    say(b, "#unblock bert")
    assert [(p["contact"], p["blocked"]) for p in told(b)] == [("bert", False)]
    assert b.kept["twitter_blocked"] is None

    # The list is asked for while it is on its way, and the session ends.
    hold = threading.Event()
    x.next("/following$", delay=hold)
    for _ in range(3):
        b.start("message", user=USER, to="twitter.com", kind="chat",
                body="#friends new")
    x.wait("GET", "/following$", n + 2)
    b.call("logout", user=USER)
    hold.set()


def picture(path):
    return b"\x89PNG\r\n\x1a\n" + path.encode()


def test_pictures(x, twitter):
    followed(x, "anna", "bert", "carl", "dora", "emil", "fred")
    # Not to be had in that size; not at all; not a picture; too large.
    x.next("/image/bert_400", status=404)
    x.next("/image/carl_", status=404, times=-1)
    x.next("/image/dora_", times=-1, headers={"Content-Type": "text/html"})
    x.next("/image/emil_", times=-1, body=b"x" * (256 * 1024 + 1))
    x.find("fred")["profile_image_url"] = x.url + "/image/plain.jpg"
    b = twitter()
    b.enter(mode="1")
    seen = {}
    while len(seen) < 3:
        p = b.wait("avatar")
        seen[p["contact"]] = p
    assert sorted(seen) == ["anna", "bert", "fred"]
    assert seen["anna"]["data"] == picture("/image/anna_400x400.png")
    assert seen["anna"]["type"] == "image/png"
    assert seen["anna"]["hash"] == hashlib.sha1(
        seen["anna"]["data"]).hexdigest()
    assert seen["bert"]["data"] == picture("/image/bert_normal.png")
    x.wait("GET", "/image/emil_")
    # Nobody's token goes there.
    assert all("Authorization" not in r.headers
               for r in x.asked("GET", "^/image/"))

    # Another session here: as before, but nothing is fetched again.
    n = len(x.asked("GET", "^/image/(anna|bert|plain)"))
    b.enter(mode="1", user="you@example.org")
    for name in ("anna", "bert", "fred"):
        b.wait("avatar", contact=name, user="you@example.org")
    assert len(x.asked("GET", "^/image/(anna|bert|plain)")) == n

    # A session that ends while it waits.
    hold = threading.Event()
    x.next("/image/late_", delay=hold, times=1)
    followed(x, "late")
    b.enter(mode="1", user="late@example.org")
    x.wait("GET", "/image/late_")
    b.call("logout", user="late@example.org")
    hold.set()
    assert b.call("profile", user="you@example.org",
                  contact="late")["photo"] == picture("/image/late_400x400.png")


def test_profile(x, twitter):
    anna = x.user("Anna", "Anna & Co", description="Likes cats.\nAnd dogs.",
                  location="Berlin", verified=True, protected=True,
                  url="https://t.co/1", entities={"url": {"urls": [{
                      "url": "https://t.co/1", "start": 0, "end": 14,
                      "expanded_url": "https://anna.example/"}]}})
    anna["public_metrics"].update(followers_count=3, following_count=4,
                                  tweet_count=5, post_count=5)
    b = twitter(web_url="https://x.example")
    b.enter()
    card = b.call("profile", user=USER, contact="anna")
    assert card["full_name"] == "Anna & Co" and card["nick"] == "Anna"
    assert card["url"] == "https://anna.example/"
    assert card["note"].split("\n") == [
        "Likes cats.", "And dogs.", "Place: Berlin",
        "Website: https://anna.example/",
        "3 followers, follows 4, 5 posts",
        "Protected: only who is accepted sees the posts", "Verified by X",
        "On X since 2020-01-01", "https://x.example/Anna"]
    assert card["photo_type"] == "image/png"
    assert card["photo"] == picture("/image/Anna_400x400.png")
    # Known from now on; also as an occupant.
    again = b.call("profile", user=USER, contact="Anna", room="#twitter")
    assert again == card and len(x.asked("GET", "/by/username/")) == 1
    assert "commands" in b.call("profile", user=USER,
                                contact="twitter.com")["note"]
    # The user's own, by whatever name it is registered.
    own = b.call("profile", user=USER, contact="alice")
    assert own["nick"] == "alice" and own["url"] == "https://x.example/alice"
    # No picture: the rest is there.
    x.user("bert", profile_image_url=None)
    x.next("/image/carl", status=500)
    x.user("carl")
    for name in ("bert", "carl"):
        card = b.call("profile", user=USER, contact=name)
        assert card["full_name"] == name.title() and "photo" not in card
    assert refused(b, "profile", contact="nobody").code == "not_found"
    assert refused(b, "profile", contact="no body").code == "not_found"
    # A client that wants everybody's does not get what costs money.
    for i in range(20):
        x.user("u%d" % i)
        card = b.call("profile", user=USER, contact="u%d" % i)
    assert card == {"nick": "u19", "url": "https://x.example/u19"}
    assert len(x.asked("GET", "/by/username/")) == 10
    b.call("logout", user=USER)
    assert refused(b, "profile", contact="anna").code == "not_connected"


def test_search(x, twitter):
    x.user("anna", "Anna O'Neil", description="Cats")
    x.user("Annabel", "Annabel")
    b = twitter()
    assert [f["var"] for f in b.can["search_fields"]] == ["query"]
    b.enter()

    def search(words):
        return [r["values"] for r in b.call(
            "search", user=USER, fields={"query": words})["rows"]]

    assert search("  anna!! ") == [
        {"contact": "anna", "name": "Anna O'Neil", "about": "Cats",
         "followers": "0"},
        {"contact": "annabel", "name": "Annabel", "followers": "0"}]
    q = x.asked("GET", "users/search")[0].query
    assert q["query"] == "anna" and q["max_results"] == "10"
    assert [r["contact"] for r in search("anna o'neil")] == ["anna"]
    assert search("nothing like it") == []
    n = len(x.asked("GET", "users/search"))
    # One by name; known by now, and so for nothing.
    assert [r["contact"] for r in search("@Annabel")] == ["annabel"]
    assert search("@nobody") == []
    assert len(x.asked("GET", "users/search")) == n
    # Where X does not let us search.
    x.next("users/search", status=403, times=2)
    assert [r["contact"] for r in search("annabel")] == ["annabel"]
    assert refused(b, "search", fields={"query": "an na"}).code == "forbidden"
    for words in ("", "!?", "Müller"):
        assert refused(b, "search",
                       fields={"query": words}).code == "not_acceptable"
    assert refused(b, "search", fields={}).code == "not_acceptable"
