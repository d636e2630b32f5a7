# SPDX-License-Identifier: GPL-2.0-or-later
"""One account of X behind an XMPP server, from mode to mode and back: what its
user sees and does in each; then without money, and without a database."""
import hashlib
import os
import re
import signal
import threading
import time

import pytest

from harness import x as network
from harness.process import SLOWER, wait_for
from harness.xmpp import NS, body_of, condition_of, show
from test_avatars import META, has_hash, item, metadata, picture
from test_contacts import BLOCKING, roster
from test_gateway import Gateway
from test_settings import command, value
from test_twitter import asked, enter, is_on, needs_judge
from test_twitter_send import PNG, parent, react, reply, retract, says

pytestmark = pytest.mark.skipif(network.MISSING is not None,
                                reason=str(network.MISSING))
DAY = 86400


class Scene:
    """anna follows bob and carol, and knows dave."""

    def __init__(self, x, client, gateway):
        self.x, self.client, self.gateway = x, client, gateway
        self.contact, self.room, self.bob, self.carol = (
            "%s@%s" % (name, gateway) for name in (
                network.CONTACT, network.ROOM, "bob", "carol"))
        self.me = x.find("anna")["id"]

    def hears(self, text, jid, **more):
        """A message that ends so, from any resource of that JID."""
        return self.client.expect(
            "message", says(text), 20, from_=lambda full: full == jid or
            full.startswith(jid + "/"), **more)

    def likes(self):
        return self.x.relations["likes", self.me]

    def posted(self, text):
        return wait_for(lambda: [
            p for p in self.x.posts.values() if p["text"] == text and
            p["author_id"] == self.me], 10, "the post " + text)[0]

    def sent(self, text, to):
        """A direct message of anna to one person."""
        e = wait_for(lambda: [e for e in self.x.events
                              if e["text"] == text], 10, text)[0]
        assert e["sender_id"] == self.me
        assert self.x.conversations[e["dm_conversation_id"]] == sorted(
            [self.me, self.x.find(to)["id"]], key=int)
        return e

    def people(self):
        """Who is on the roster, beside the gateway and X."""
        return {jid: i[0] for jid, i in roster(self.client).items()
                if jid.endswith("@" + self.gateway) and
                i[1] not in ("none", "remove") and jid != self.contact}

    def mode(self):
        return value(command(self.client, self.gateway, "settings"), "mode")

    def set(self, **values):
        step = command(self.client, self.gateway, "settings")
        step = command(self.client, self.gateway, "settings", values,
                       "sessionid='%s'" % step.get("sessionid"))
        assert step.get("status") == "completed", show(step)

    def told(self, line, says_):
        """What X says to a command."""
        self.client.message(self.contact, line)
        return body_of(self.client.expect(
            "message", lambda m: says_ in (body_of(m) or ""),
            from_=lambda jid: jid.startswith(self.contact)))

    def restart(self):
        """Gone from the gateway, and back."""
        self.client.send("<presence type='unavailable' to='%s'/>"
                         % self.gateway)
        self.client.expect("presence", type="unavailable", from_=self.gateway)
        self.client.clear()
        self.client.send("<presence to='%s'/>" % self.gateway)
        is_on(self.client, self.contact)


@pytest.fixture
def x():
    server = network.X()
    for name in "anna", "bob", "carol", "dave":
        server.user(name)
    for name in "bob", "carol":
        server.follow("anna", name)
        server.files[name + "_400x400.png"] = PNG + name.encode()
    yield server
    server.close()


def mode_0(s):
    """All of it in one chat; people are not on the roster, but can be asked
    for, and written to."""
    post = s.x.post("bob", "In one chat")
    m = s.hears("Bob (@bob): In one chat", s.contact)
    assert m.get("type") == "chat"
    assert s.people() == {} and s.mode() == "0"
    card = s.client.get(s.bob, "<vCard xmlns='vcard-temp'/>")
    assert card.findtext("vcard:NICKNAME", None, NS) == "bob"
    assert card.findtext("vcard:FN", None, NS) == "Bob"
    assert picture(card) == PNG + b"bob"
    assert not s.client.matching("presence", type="", from_=lambda jid:
                                 jid.startswith(s.bob))
    s.client.send_join(s.room, "anna")
    refused = s.client.expect("presence", type="error",
                              from_=lambda jid: jid.startswith(s.room))
    assert condition_of(refused)[1] == "not-allowed"
    # A file alone is not posted, as it might not be meant to be; with #post.
    url = s.x.file("cat.png", PNG)
    oob = "<x xmlns='jabber:x:oob'><url>%s</url></x>" % url
    before = len(s.x.posts)
    ident = s.client.message(s.contact, url, extra=oob)
    error = s.client.expect("message", type="error", id=ident)
    assert "Nothing was posted" in show(error) and len(s.x.posts) == before
    s.client.message(s.contact, "#post A cat\n" + url, extra=oob)
    check_picture(s, s.posted("A cat"))
    s.client.message(s.bob, "Only for you")
    s.sent("Only for you", "bob")
    # The setting, from the form, at once.
    s.set(post_plain="1")
    s.client.message(s.contact, "Hello, X")
    s.posted("Hello, X")
    s.set(post_plain="0")
    return post


def check_picture(s, post):
    keys = post["attachments"]["media_keys"]
    assert [s.x.uploads[k[2:]]["bytes"] for k in keys] == [PNG]


def native(s, to, heard, ident, kind="chat"):
    """What a client's own buttons do with a post of bob: a reply that is taken
    back, and a like."""
    theirs = [p for p in s.x.posts.values() if says(p["text"])(heard)][-1]
    text = "An answer in " + kind
    mine = s.client.message(to, text, kind, reply(heard.get("from"), ident))
    post = s.posted(text)
    assert parent(post) == theirs["id"]
    if kind == "groupchat":
        echo = s.client.expect_body(text, from_=to + "/anna")
        mine = echo.find("sid:stanza-id", NS).get("id")
    react(s.client, to, ident, "\u2764", kind=kind)
    wait_for(lambda: s.likes() == [theirs["id"]], 10, "the like")
    react(s.client, to, ident, kind=kind)
    wait_for(lambda: s.likes() == [], 10, "the end of it")
    retract(s.client, to, mine, kind)
    wait_for(lambda: post["id"] not in s.x.posts, 10, "its deletion")
    retract(s.client, to, ident, kind)
    error = s.client.expect("message", type="error", id="retract")
    assert condition_of(error)[1] == "forbidden"


def mode_1(s):
    """A chat, a contact, a status and a picture for everybody followed."""
    s.set(mode="1")
    assert s.mode() == "1"
    for name in "bob", "carol":
        data = PNG + name.encode()
        jid, sha1 = "%s@%s" % (name, s.gateway), hashlib.sha1(data).hexdigest()
        s.client.expect("presence", has_hash(sha1), 20, type="",
                        from_=lambda full, jid=jid: full.startswith(jid))
        assert picture(s.client.get(jid, "<vCard xmlns='vcard-temp'/>")) == data
        assert metadata(item(s.client, jid, META)) == sha1
    wait_for(lambda: s.people() == {s.bob: "Bob", s.carol: "Carol"})
    s.x.media["3_9"] = {"media_key": "3_9", "type": "photo",
                        "url": s.x.url + "/image/cat.png", "alt_text": "cat"}
    dave = s.x.post("dave", "Not followed")
    with s.x.lock:
        s.x.post("bob", "My own chat", attachments={"media_keys": ["3_9"]})
        s.x.post("bob", "Who answers?")
        s.x.post("carol", "RT @dave: Not followed", repost=dave["id"])
    s.client.expect("presence", lambda p: p.findtext("c:status", "", NS) ==
                    "My own chat", 20, from_=lambda j: j.startswith(s.bob))
    s.hears("Picture: cat", s.bob)
    file = s.hears("/image/cat.png", s.bob)
    assert file.findtext("{jabber:x:oob}x/{jabber:x:oob}url") == \
        s.x.url + "/image/cat.png"
    heard = s.hears("Who answers?", s.bob)
    assert re.fullmatch(r"\[..\] Who answers\?", body_of(heard))
    native(s, s.bob, heard, heard.get("id"))
    # Somebody not followed comes from whom it came by.
    m = s.hears("Not followed", s.carol)
    assert "] Reposted Dave (@dave): " in body_of(m)
    # Text is for bob alone; commands are X's, in every chat.
    s.client.message(s.bob, "Between us")
    s.sent("Between us", "bob")
    s.x.dm("bob", "anna", "Yes, you and me")
    assert body_of(s.hears("Yes, you and me", s.bob)) == "Yes, you and me"
    # Blocked: neither posts nor messages, and back again.
    s.client.set(s.gateway, "<block xmlns='%s'><item jid='%s'/></block>"
                 % (BLOCKING, s.carol))
    wait_for(lambda: s.x.relations["blocking", s.me] == [
        s.x.find("carol")["id"]])
    s.x.post("carol", "Can you hear me?")
    s.x.post("bob", "Who was that?")
    s.hears("Who was that?", s.bob)
    assert not s.client.matching("message", says("Can you hear me?"))
    s.client.set(s.gateway, "<unblock xmlns='%s'><item jid='%s'/></unblock>"
                 % (BLOCKING, s.carol))
    wait_for(lambda: s.x.relations["blocking", s.me] == [])
    s.x.post("carol", "And now?")
    s.hears("And now?", s.carol)


def search(s):
    form = s.client.get(s.gateway, "<query xmlns='jabber:iq:search'/>")
    assert "query" in {f.get("var") for f in form.findall("x:x/x:field", NS)}
    found = s.client.set(
        s.gateway, "<query xmlns='jabber:iq:search'><x xmlns='jabber:x:data' "
        "type='submit'><field var='query'><value>dav</value></field></x>"
        "</query>")
    row, = [{f.get("var"): f.findtext("x:value", None, NS) for f in i}
            for i in found.findall("x:x/x:item", NS)]
    assert row["jid"] == "dave@" + s.gateway and row["name"] == "Dave"


def mode_2(s):
    """A room whose occupants are who wrote something."""
    s.client.clear()
    s.told("#mode 2", "join it")
    s.client.expect("presence", type="unavailable", timeout=20,
                    from_=lambda jid: jid.startswith(s.bob))
    s.client.expect("message", lambda m: s.room in show(m) and
                    "invite" in show(m), 20)
    wait_for(lambda: s.people() == {})
    assert s.mode() == "2"
    s.x.post("bob", "While you were out")
    items = s.client.get(s.gateway, "<query xmlns='%s'/>" % NS["items"])
    assert (s.room, "Timeline of @anna") in [
        (i.get("jid"), i.get("name")) for i in items]
    presences, subject = s.client.join(s.room, "whoever")
    assert presences[-1].get("from") == s.room + "/anna"
    assert subject.findtext("c:subject", None, NS) == "Timeline of @anna"
    s.hears("While you were out", s.room + "/bob", type="groupchat")
    s.client.expect("presence", type="", from_=s.room + "/bob")
    s.x.post("bob", "Is anybody here?")
    heard = s.hears("Is anybody here?", s.room + "/bob")
    native(s, s.room, heard, heard.find("sid:stanza-id", NS).get("id"),
           "groupchat")
    # Posted; with a picture; for one alone, in two ways.
    s.client.message(s.room, "I am", "groupchat")
    s.client.expect_body("I am", from_=s.room + "/anna")
    s.posted("I am")
    url = s.x.file("dog.png", PNG)
    s.client.message(s.room, url, "groupchat", "<x xmlns='jabber:x:oob'><url>"
                     "%s</url></x>" % url)
    s.client.expect_body(url, from_=s.room + "/anna")
    check_picture(s, wait_for(lambda: [
        p for p in s.x.posts.values() if "attachments" in p and
        p["author_id"] == s.me and p["text"] == ""], 10, "the picture")[0])
    before = len(s.x.posts)
    s.client.message(s.room + "/bob", "In private", extra="<x xmlns='%s'/>"
                     % NS["user"])
    s.sent("In private", "bob")
    s.x.dm("bob", "anna", "In private, too")
    s.hears("In private, too", s.bob)
    assert len(s.x.posts) == before
    # What is too long is not posted, and shown as such.
    ident = s.client.message(s.room, "x" * 281, "groupchat")
    error = s.client.expect("message", type="error", id=ident)
    assert "281 of 280" in show(error) and len(s.x.posts) == before
    # Who comes again sees who is there, and what was said.
    s.client.leave(s.room, "anna")
    s.client.expect("presence", type="unavailable", from_=s.room + "/anna")
    s.client.clear()
    presences, _ = s.client.join(s.room, "anna")
    assert {p.get("from") for p in presences} == {
        s.room + "/anna", s.room + "/bob"}
    past = s.hears("Is anybody here?", s.room + "/bob")
    assert past.find("delay:delay", NS) is not None
    # As a setting it is there the next time.
    s.restart()
    assert s.mode() == "2"
    s.client.join(s.room, "anna", history=0)


def test_modes(x, prosody, shared_instances, accounts):
    gateway = Gateway(prosody, "gw3", shared_instances,
                      **network.settings(x)).start()
    client = accounts(prosody, "anna")
    s = Scene(x, client, gateway.jid)
    enter(x, gateway, client, "anna")
    mode_0(s)
    mode_1(s)
    search(s)
    mode_2(s)
    # Back, from the room, which ends.
    client.message(s.room, "#mode 0", "groupchat")
    client.expect("presence", type="unavailable", from_=s.room + "/anna")
    x.post("bob", "Where we were")
    s.hears("Bob (@bob): Where we were", s.contact)
    assert s.people() == {} and s.mode() == "0"
    # Nothing was told twice by all that.
    for text in ("While you were out", "Who was that?", "In one chat"):
        live = [m for m in client.matching("message", says(text))
                if m.find("delay:delay", NS) is None]
        assert len(live) == 1, text


# ---------------------------------------------------------------------- budget

@needs_judge
def test_budget(x, prosody, shared_instances, accounts):
    """OAuth 1.0a, as its signatures need X's clock, of which we are told that
    its day will end soon."""
    gateway = Gateway(prosody, "gw4", shared_instances, **network.settings(
        x, pin=True, twitter__budget_user="0.40")).start()
    client = accounts(prosody, "anna")
    s, begin = Scene(x, client, gateway.jid), time.monotonic()
    enter(x, gateway, client, "anna")
    x.post("bob", "Before")
    s.hears("Before", s.contact)
    # Several times what the rest takes: as long as that has taken.
    left = max(9 * SLOWER, 6 * (time.monotonic() - begin))
    x.clock = (-x.now() - left) % DAY
    midnight = x.now() + left
    # 80 % of 0.40 are 64 posts, at half a cent.
    with x.lock:
        for i in range(65):
            x.post("bob", "Post %d of many" % i)
    told = client.expect("message", lambda m: "may cost at X today is nearly "
                         "used up" in (body_of(m) or ""), 20)
    assert told.get("from").startswith(s.contact)
    s.told("#budget", "of $0.40 spent")
    x.post("bob", "The next day")
    asked_for = len(x.requests)
    # What is asked for is done while some is left; not more, if at once.
    s.told("#block dave", "are blocked")
    hold = threading.Event()
    x.next("/muting", delay=hold, times=8)
    try:
        for i in range(4):
            client.message(s.contact, "#mute dave")
            client.message(s.contact, "#unmute dave")
        client.expect("message", lambda m: "is used up, until midnight" in (
            body_of(m) or ""), from_=lambda jid: jid.startswith(s.contact))
    finally:
        hold.set()
    wait_for(lambda: len(client.matching("message", lambda m: any(
        i in (body_of(m) or "") for i in ("muted", "is used up, until")))) ==
        8, 10, "all answers")
    x.switches.clear()
    spent = re.search(r"You: \$(\S+) of \$0.40", s.told("#budget", "You: "))
    assert 0.385 < float(spent.group(1)) <= 0.40
    mine = [r.path for r in x.requests[asked_for:]]
    assert x.now() < midnight
    assert not [p for p in mine if p.endswith(("reverse_chronological",
                                               "dm_events"))], mine
    client.expect("message", says("): The next day"), left + 20,
                  from_=lambda jid: jid.startswith(s.contact))
    assert x.now() > midnight - 2       # Clocks are told in seconds.
    s.told("#budget", "today")
    assert len(client.matching("message", lambda m: "nearly used up" in (
        body_of(m) or ""))) == 1


# -------------------------------------------------------------- without storage

def test_no_database(x, shared_instances, clients):
    """Tokens are in the memory of the main process."""
    instance = shared_instances("server_mode", database__type="none",
                                **network.settings(x))
    contact = "%s@%s" % (network.CONTACT, instance.jid)

    def log_in():
        client = clients(instance, "anna")
        client.message(instance.jid, x.auth.approve(network.link_in(asked(
            client, instance.jid)), "anna"))
        is_on(client, contact)
        return client

    anna = log_in()
    s = Scene(x, anna, instance.jid)
    s.set(mode="1")
    is_on(anna, s.bob)
    # Another backend is given them, and so is the next session.
    victim, = instance.backends()
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: "back or over" in instance.read_log(), 30, "the session")
    x.post("bob", "As before")
    s.hears("As before", s.bob)
    anna.close()
    wait_for(lambda: instance.answer("online_users_count") == "0", 20,
             "the end")
    again = clients(instance, "anna")
    is_on(again, contact)
    for client in again, anna:
        assert len(client.matching("message", lambda m: "/authorize" in (
            body_of(m) or ""))) == (client is anna)
    again.close()
    # After a start of that one all is new: the login, and the settings.
    instance.stop()
    instance.start()
    s = Scene(x, log_in(), instance.jid)
    assert s.mode() == "0"
    x.post("bob", "In mode 0")
    s.hears("Bob (@bob): In mode 0", s.contact)
