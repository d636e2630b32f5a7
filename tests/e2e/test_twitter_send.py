# SPDX-License-Identifier: GPL-2.0-or-later
"""What an XMPP client does with posts of X: answers, reactions, retractions,
and files; by the ids that the client knows."""
import pytest

from harness import x as network
from harness.process import wait_for
from harness.xmpp import NS, body_of, condition_of, show
from test_twitter import asked, is_on

pytestmark = pytest.mark.skipif(network.MISSING is not None,
                                reason=str(network.MISSING))

REACT, REPLY = "urn:xmpp:reactions:0", "urn:xmpp:reply:0"
RETRACT, FALLBACK = "urn:xmpp:message-retract:1", "urn:xmpp:fallback:0"
COMMANDS = "http://jabber.org/protocol/commands"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture
def scene(x, shared_instances, clients, unique):
    """anna, in server mode, who follows bob on X."""
    class Scene:
        instance = shared_instances("server_mode", **network.settings(x))
        name, bob = unique("anna"), unique("bob")

        def at(self, what):
            return "%s@%s" % (what, self.instance.jid)

        def posts(self):
            me = x.find(self.name)["id"]
            return [p for p in x.posts.values() if p["author_id"] == me]

        def posted(self, text):
            """The post of anna with that text, once it is there."""
            return wait_for(lambda: [p for p in self.posts()
                                     if p["text"] == text], 10, text)[0]

        def likes(self):
            return x.relations["likes", x.find(self.name)["id"]]
    s = Scene()
    x.user(s.name)
    x.user(s.bob)
    x.follow(s.name, s.bob)
    s.anna = clients(s.instance, s.name)
    link = network.link_in(asked(s.anna, s.instance.jid))
    s.anna.message(s.instance.jid, x.auth.approve(link, s.name))
    is_on(s.anna, s.at(network.CONTACT))
    return s


def says(text):
    """Behind the short id, and perhaps a name."""
    return lambda m: (body_of(m) or "").endswith(text)


def parent(post):
    return post["referenced_tweets"][0]["id"]


def set_settings(client, jid, **values):
    step = client.set(jid, "<command xmlns='%s' node='settings'/>" % COMMANDS)
    client.set(jid, "<command xmlns='%s' node='settings' sessionid='%s'><x "
               "xmlns='jabber:x:data' type='submit'>%s</x></command>" % (
                   COMMANDS, step.get("sessionid"), "".join(
                       "<field var='%s'><value>%s</value></field>" % i
                       for i in values.items())))


def reply(to, ident):
    return "<reply xmlns='%s' to='%s' id='%s'/>" % (REPLY, to, ident)


def quoted(line, to, ident):
    """As a client does it: the quotation is for those who know no replies."""
    return reply(to, ident) + (
        "<fallback xmlns='%s' for='%s'><body start='0' end='%d'/></fallback>"
        % (FALLBACK, REPLY, len(line)))


def react(client, to, ident, *emojis, kind="chat"):
    client.send("<message type='%s' to='%s' id='react'><reactions xmlns='%s' "
                "id='%s'>%s</reactions></message>" % (
                    kind, to, REACT, ident, "".join(
                        "<reaction>%s</reaction>" % e for e in emojis)))


def retract(client, to, ident, kind="chat"):
    client.send("<message type='%s' to='%s' id='retract'><retract xmlns='%s' "
                "id='%s'/></message>" % (kind, to, RETRACT, ident))


def test_chat(x, scene):
    anna, contact = scene.anna, scene.at(network.CONTACT)
    theirs = x.post(scene.bob, "Tea or coffee?")
    heard = anna.expect("message", says("Tea or coffee?"), 20,
                        from_=lambda j: j.startswith(contact))
    # By the id that the message had here.
    line = "> Tea or coffee?\n"
    mine = anna.message(contact, line + "Tea.", extra=quoted(
        line, contact, heard.get("id")))
    post = scene.posted("Tea.")
    assert parent(post) == theirs["id"]
    react(anna, contact, heard.get("id"), "\u2764")
    wait_for(lambda: scene.likes() == [theirs["id"]], 10, "the like")
    react(anna, contact, heard.get("id"))
    wait_for(lambda: scene.likes() == [], 10, "the end of it")
    # One's own, by the id that the client gave it.
    anna.message(contact, "With milk.", extra=reply(anna.bare, mine))
    assert parent(scene.posted("With milk.")) == post["id"]
    react(anna, contact, mine, "\U0001f44d")
    anna.expect("message", lambda m: "only likes" in (body_of(m) or ""))
    wait_for(lambda: scene.likes() == [post["id"]], 10, "the like")
    retract(anna, contact, mine)
    wait_for(lambda: post["id"] not in x.posts, 10, "its deletion")
    # Not what is somebody else's, and not too long.
    retract(anna, contact, heard.get("id"))
    error = anna.expect("message", type="error", id="retract")
    assert condition_of(error)[1] == "forbidden"
    assert not x.asked("DELETE", "/2/tweets/" + theirs["id"])
    bad = anna.message(contact, "x" * 300, extra=reply(contact,
                                                       heard.get("id")))
    error = anna.expect("message", type="error", id=bad)
    assert "300 of 280" in show(error)
    # A file that a client has put somewhere.
    url = x.file("cat.png", PNG)
    anna.message(contact, url, extra=reply(contact, heard.get("id")) +
                 "<x xmlns='jabber:x:oob'><url>%s</url></x>" % url)
    post = scene.posted("")
    assert [x.uploads[k[2:]]["bytes"] for k in post["attachments"][
        "media_keys"]] == [PNG]
    # Nothing of that was told again.
    x.post(scene.bob, "Enough.")
    anna.expect("message", says("Enough."), 20)
    assert not anna.matching("message", says("With milk."))


def test_room(x, scene):
    anna, room = scene.anna, scene.at(network.ROOM)
    set_settings(anna, scene.instance.jid, mode="2")
    anna.join(room, scene.name)
    features = anna.features(room)
    assert {REPLY, REACT, RETRACT} <= set(features)
    theirs = x.post(scene.bob, "Who is there?")
    heard = anna.expect("message", says("Who is there?"), 20,
                        from_="%s/%s" % (room, scene.bob))
    sid = heard.find("sid:stanza-id", NS).get("id")
    ident = anna.message(room, "Me!", "groupchat", reply(room, sid))
    echo = anna.expect_body("Me!", from_="%s/%s" % (room, scene.name))
    post = scene.posted("Me!")
    assert parent(post) == theirs["id"] and echo.get("id") == ident
    mine = echo.find("sid:stanza-id", NS).get("id")
    assert mine == post["id"]
    react(anna, room, sid, "\U0001f44d", kind="groupchat")
    back = anna.expect("message", lambda m: m.find(
        "{%s}reactions[@id='%s']" % (REACT, sid)) is not None,
        from_="%s/%s" % (room, scene.name))
    assert "\u2764" in show(back) and scene.likes() == [theirs["id"]]
    retract(anna, room, mine, "groupchat")
    anna.expect("message", lambda m: m.find(
        "{%s}retract[@id='%s']" % (RETRACT, mine)) is not None,
        from_="%s/%s" % (room, scene.name))
    assert post["id"] not in x.posts
    retract(anna, room, sid, "groupchat")
    error = anna.expect("message", type="error", id="retract")
    assert condition_of(error)[1] == "forbidden"
    # Seen once.
    x.post(scene.bob, "Enough.")
    anna.expect("message", says("Enough."), 20)
    assert len(anna.matching("message", says("Me!"))) == 1
