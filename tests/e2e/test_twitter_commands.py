# SPDX-License-Identifier: GPL-2.0-or-later
"""Every word of the backend for X, as an XMPP user has it: typed in the chat
with X and in its room, chosen from the menu of a client, and from that of a
contact."""
import re

import pytest

from harness import x as network
from harness.instance import ROOT
from harness.process import wait_for
from harness.raw import register_account
from harness.xmpp import NS, Client, body_of, condition_of, show
from test_commands import nodes
from test_gateway import Gateway
from test_settings import COMMANDS, command, fields, note
from test_twitter import enter

pytestmark = pytest.mark.skipif(network.MISSING is not None,
                                reason=str(network.MISSING))

# {name: (first, rest)} of all that is offered, as the backend has it.
with open(ROOT + "/backends/twitter/words.def", encoding="utf-8") as table:
    WORDS = {word: (first, rest) for word, first, rest, group in re.findall(
        r'^WORD\((\w+), *"[^"]*", *(\w+), *(\w+), *(\w+),', table.read(),
        re.M) if group != "HIDDEN"}
OF_CONTACTS = {"user", "follow", "unfollow", "mute", "unmute", "block",
               "unblock", "timeline"}


class Scene:
    """anna, who follows bob and knows shy, behind Prosody; and X."""

    def __init__(self, x, gateway, client):
        self.x, self.gateway, self.client = x, gateway, client
        self.contact = "%s@%s" % (network.CONTACT, gateway.jid)
        self.room = "%s@%s" % (network.ROOM, gateway.jid)
        self.me = x.find("anna")["id"]

    def related(self, name):
        return self.x.relations[name, self.me]

    def last(self):
        """The post that was made last."""
        return list(self.x.posts.values())[-1]

    # What is asked for, by all the ways that there are.
    def typed(self, to, kind, line):
        self.client.message(to, line, kind)
        return body_of(self.client.expect(
            "message", lambda m: body_of(m) not in (None, line), 15, type=kind,
            from_=to if kind == "groupchat" else
            lambda jid: jid.partition("/")[0] == to))

    def in_chat(self, word, first="", rest=""):
        return self.typed(self.contact, "chat", " ".join(
            i for i in ("#" + word, first, rest) if i))

    def in_room(self, word, first="", rest=""):
        return self.typed(self.room, "groupchat", " ".join(
            i for i in ("#" + word, first, rest) if i))

    def by_menu(self, word, first="", rest="", at=None):
        """The form has what the word needs, and no more."""
        jid = at or self.gateway.jid
        step = command(self.client, jid, word)
        if step.get("status") == "executing":
            kinds = dict(zip(("first", "rest"), WORDS[word]))
            assert set(fields(step)) == {
                var for var, kind in kinds.items() if kind != "NOTHING"}
            assert {var for var, f in fields(step).items()
                    if f.find("x:required", NS) is not None} == {
                var for var, kind in kinds.items() if kind != "NOTHING"
                and "MAYBE" not in kind}, show(step)
            step = command(self.client, jid, word, {
                var: value for var, value in (("first", first), ("rest", rest))
                if var in fields(step)},
                "sessionid='%s'" % step.get("sessionid"))
        assert step.get("status") == "completed", show(step)
        return "\n".join([text_of_table(step)] + list(note(step) or ()))


def text_of_table(step):
    """As it would be in a chat: [4f] Anna (@anna): text."""
    lines = []
    for item in step.findall("x:x/x:item", NS):
        cells = {f.get("var"): f.findtext("x:value", "", NS)
                 for f in item.findall("x:field", NS)}
        if "id" in cells:
            lines.append("[%(id)s] (@%(author)s): %(text)s" % cells)
        else:
            lines.append(" ".join(cells.values()))
    return "\n".join(lines)


@pytest.fixture(scope="module")
def scene(prosody, shared_instances):
    x = network.X()
    for name in "anna", "bob", "carol", "shy":
        x.user(name, protected=name == "shy")
    x.follow("anna", "bob")
    x.trends[:] = ["cats", "dogs"]
    x.lists["101"] = {"id": "101", "name": "Cats", "private": True,
                      "owner_id": x.find("anna")["id"], "members": [],
                      "member_count": 0}
    gateway = Gateway(prosody, "gw2", shared_instances, **network.settings(
        x)).start()
    register_account(prosody.port, prosody.domain, "anna-words", "pw")
    client = Client("anna-words@" + prosody.domain, "pw", prosody.port).login()
    enter(x, gateway, client, "anna")
    s = Scene(x, gateway, client)
    # What comes after the first answers is new.
    x.wait("GET", "/2/dm_events$", 2, timeout=20)
    yield s
    client.close()
    x.close()


def short(text):
    """The first short id in it."""
    return re.search(r"\[([0-9a-f]{2})\]", text).group(1)


def heard(s, text, sender):
    """The short id of a post that X has just told."""
    return short(body_of(s.client.expect("message", lambda m: (
        body_of(m) or "").endswith(text), 20, from_=sender)))


# ------------------------------------------------------------------- all words

def on_posts(s, do, tag, sender):
    x = s.x
    url = "%s/anna/status/" % x.url
    theirs = x.post("bob", "Tea or coffee, %s?" % tag)
    seen = heard(s, theirs["text"], sender)
    text = do("post", rest="Hello &\nall, " + tag)
    mine = s.last()
    assert mine["text"] == "Hello &\nall, " + tag
    assert "Posted: [%s] %s%s" % (short(text), url, mine["id"]) in text
    for word, kind in ("reply", "replied_to"), ("quote", "quoted"):
        assert "Posted: [" in do(word, seen, "%s of %s" % (word, tag))
        assert s.last()["text"] == "%s of %s" % (word, tag)
        assert s.last()["referenced_tweets"] == [{"type": kind,
                                                  "id": theirs["id"]}]
    text = do("thread", seen)
    assert theirs["text"] in text and "reply of " + tag in text
    long = "word " * 70 + tag
    assert "of 280" in do("post", rest=long)
    assert "Posted in 2 pieces:\n[" in do("thread", long)
    one, two = list(x.posts.values())[-2:]
    assert one["text"] + " " + two["text"] == long
    assert "what you posted is deleted" in do("undo")
    assert one["id"] not in x.posts and two["id"] not in x.posts
    for word, relation, there, says in (
            ("like", "likes", True, "You like [%s] now."),
            ("unlike", "likes", False, "You do not like [%s] any more."),
            ("repost", "retweets", True, "You have reposted [%s].")):
        assert says % seen in do(word, seen)
        assert (theirs["id"] in s.related(relation)) == there, word
    assert "Taken back: " in do("undo", seen)
    assert theirs["id"] not in s.related("retweets")
    assert "Deleted: [" in do("delete", mine["id"])
    assert mine["id"] not in x.posts
    assert "X does not allow to delete a post" in do("delete", seen)
    assert theirs["id"] in x.posts


def on_reading(s, do, tag):
    assert "(@bob): Tea or coffee, %s?" % tag in do("timeline")
    text = do("timeline", "bob")
    assert "Tea or coffee, %s?" % tag in text and "reply of" not in text
    assert "protected" in do("timeline", "shy")
    assert "coffee, " + tag in do("search", rest="coffee, " + tag)
    assert s.x.asked("GET", "search")[-1].query["query"] == "coffee, " + tag
    assert "cats\ndogs" in do("trends")
    assert re.search(r"1.* Cats .*own, private", do("lists"))
    assert "@bob is on the list Cats now." in do("listadd", "bob", "Cats")
    assert s.x.lists["101"]["members"] == [s.x.find("bob")["id"]]
    assert "Tea or coffee, %s?" % tag in do("list", rest="1")
    assert "not on the list Cats" in do("listremove", "@bob", "1")
    assert s.x.lists["101"]["members"] == []


def on_people(s, do, tag):
    carol = s.x.find("carol")["id"]
    text = do("user", "carol")
    assert "Carol (@carol)" in text and s.x.url + "/carol" in text
    assert "direct message" in do("message", "carol", "Only you, " + tag)
    assert s.x.events[-1]["text"] == "Only you, " + tag
    assert s.x.conversations[s.x.events[-1]["dm_conversation_id"]] == sorted(
        [s.me, carol], key=int)
    assert "the room #dm-" in do("group", rest="@bob @carol All, " + tag)
    assert s.x.events[-1]["text"] == "All, " + tag
    for word, relation, there, says in (
            ("follow", "following", True, "You follow @carol now."),
            ("unfollow", "following", False, "not follow @carol any more."),
            ("mute", "muting", True, "@carol is muted on X."),
            ("unmute", "muting", False, "@carol is not muted any more."),
            ("block", "blocking", True, "of @carol are blocked"),
            ("unblock", "blocking", False, "of @carol are not blocked")):
        assert says in do(word, "carol"), word
        assert (carol in s.related(relation)) == there, word
    assert "pending" in do("follow", "shy")
    text = do("friends", rest="new")
    assert "You follow 1." in text and "bob" in text
    assert "nobody of that name" in do("follow", "nobody")
    assert "is yourself" in do("block", "anna")


def on_gateway(do, mode):
    assert "All users here: $0." in do("budget")
    text = do("help", rest="all")
    for word in WORDS:
        assert re.search("^#%s( .*)? - " % word, text, re.M), word
    assert "#repost ID\nRepost a post.\nAlso: #rt, #retweet" in do(
        "help", rest="rt")
    for value, says in ("1", "from their authors"), (mode, ""):
        assert says in do("mode", value)


@pytest.mark.parametrize("way", ["in_chat", "by_menu", "in_room"])
def test_words(scene, way):
    s, used = scene, {"mode"}
    room = way == "in_room"
    s.client.clear()
    if room:
        assert "join it" in s.in_chat("mode", "2")
        presences, _ = s.client.join(s.room, "anything")
        assert presences[-1].get("from") == s.room + "/anna"

    def do(word, *arguments, **more):
        used.add(word)
        return getattr(s, way)(word, *arguments, **more)

    on_posts(s, do, way, s.room + "/bob" if room else
             lambda jid: jid.startswith(s.contact))
    on_reading(s, do, way)
    on_people(s, do, way)
    if not room:
        on_gateway(do, "0")
    else:
        assert "#mode NUMBER" in do("help", rest="mode")
        do("budget")
        # What ends the room is said in it, before.
        assert "Posts come from twitter.com." in do("mode", "0")
        s.client.expect("presence", type="unavailable",
                        from_=s.room + "/anna")
    assert used == set(WORDS)


def test_menus(scene):
    s = scene
    client, gateway = s.client, s.gateway.jid
    assert set(nodes(client, gateway)) == set(WORDS) | {"settings"}
    # Of a contact, and of X: what needs nothing but a person.
    bob = "bob@" + gateway
    assert set(nodes(client, bob)) == OF_CONTACTS
    assert "Bob (@bob)" in s.by_menu("user", at=bob)
    bob_id = s.x.find("bob")["id"]
    assert "@bob is muted" in s.by_menu("mute", at=bob)
    assert s.related("muting") == [bob_id]
    assert "not muted" in s.by_menu("unmute", at=bob)
    assert s.related("muting") == []
    text = s.x.post("bob", "Only mine")["text"]
    assert text in s.by_menu("timeline", at=bob)
    assert text in s.by_menu("timeline", at=s.contact)
    assert "error\nUsage: #follow USER" in s.by_menu("follow", at=s.contact)
    # Not there, not allowed, given up.
    for jid, node in ((gateway, "pin"), (gateway, "tweeet"), (bob, "post")):
        answer = client.iq("set", jid, "<command xmlns='%s' node='%s'/>" % (
            COMMANDS, node))
        assert condition_of(answer)[1] == "item-not-found", show(answer)
    step = command(client, gateway, "post")
    posts = len(s.x.posts)
    step = command(client, gateway, "post", None, "action='cancel' "
                   "sessionid='%s'" % step.get("sessionid"))
    assert step.get("status") == "canceled" and len(s.x.posts) == posts
    # Misused: nothing of one field is taken for another.
    for word, first, rest in (("reply", "", "4f Hello"), ("post", "", "\n"),
                              ("message", "", "bob Hello"),
                              ("follow", "bob carol", ""),
                              ("mode", "7", "")):
        assert "error\nUsage: #%s " % word in s.by_menu(word, first, rest)
    # X does not say whether it has done it: no result, but an error.
    s.x.next("tweets$", method="POST", status=500)
    step = command(client, gateway, "post")
    answer = client.iq("set", gateway, "<command xmlns='%s' node='post'><x "
                       "xmlns='jabber:x:data' type='submit'><field var='rest'>"
                       "<value>maybe</value></field></x></command>" % COMMANDS)
    assert "did not say whether" in show(answer)
    assert answer.get("type") == "error"


def test_misused(scene):
    """In the chat nothing becomes a post that was not meant to."""
    s = scene
    # After that there is a last one of his, and nothing else comes by itself.
    s.x.post("bob", "To be liked")
    heard(s, "To be liked", lambda jid: jid.startswith(s.contact))
    s.client.clear()

    def changes():
        return [r for r in s.x.requests if r.method != "GET"]
    before = len(changes())
    for line, says in (
            ("Good morning", "Unknown command! Type #help"),
            ("#tweeet x", "Unknown command! Type #help"),
            ("#", "Unknown command!"), ("#post", "Usage: #post TEXT"),
            ("#reply", "Usage: #reply ID TEXT"),
            ("#like", "Usage: #like ID"), ("#like zz", "Usage: #like ID"),
            ("#like fe", "No post is known here as fe"),
            ("#like 1234567890123", "There is no such post on X"),
            ("#rt @shy", "No post of @shy was shown here lately"),
            ("#delete fe and all", "Usage: #delete ID"),
            ("#follow a/b", "Usage: #follow USER"),
            ("#follow a b", "Usage: #follow USER"),
            ("#list", "Usage: #list LIST"),
            ("#list dogs", "No list is known by that"),
            ("#search " + "x" * 501, "too long to search for"),
            ("#mode 7", "Usage: #mode NUMBER"), ("#mode", "Usage: #mode"),
            ("#friends old", "Usage: #friends [new]"),
            ("#help me please", "no command of that name"),
            ("#pin 1234", "You are logged in already.")):
        assert says in s.typed(s.contact, "chat", line), line
    tried = [r.path for r in changes()[before:]]
    assert tried == ["/2/users/%s/likes" % s.me]    # of a post that is none
    # Other names, without #, and in capitals.
    for line, relation, there in (
            ("fav @bob", "likes", True), ("UNFAV @bob", "likes", False),
            ("rt @bob", "retweets", True)):
        assert "You " in s.typed(s.contact, "chat", line)
        assert bool(s.related(relation)) == there, line
    assert "reposted" in s.typed(s.contact, "chat", "undo")
    assert "direct message" in s.typed(s.contact, "chat", "@carol Hi!")
    assert s.x.events[-1]["text"] == "Hi!"
    # In the room what is no command is a post, or for an occupant alone.
    s.in_chat("mode", "2")
    s.client.join(s.room, "anna", history=0)
    s.x.post("bob", "Here I am")
    s.client.expect("message", lambda m: "Here I am" in (body_of(m) or ""), 20,
                    from_=s.room + "/bob")
    before = len(s.x.posts)
    assert "Unknown command!" in s.typed(s.room, "groupchat", "#tweeet x")
    assert "direct message" in s.typed(s.room, "groupchat", "bob: Hello you")
    assert s.x.events[-1]["text"] == "Hello you"
    assert len(s.x.posts) == before
    s.client.message(s.room, "whoever: who are you?", "groupchat")
    wait_for(lambda: len(s.x.posts) == before + 1, 10, "the post")
    assert s.last()["text"] == "whoever: who are you?"
    s.in_chat("mode", "0")
    s.client.expect("presence", type="unavailable", from_=s.room + "/anna")
