# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures and other files, as URLs, in both directions; and what the user
writes with another program of the network."""
from harness.xmpp import NS, body_of, quote, show

OOB = "{jabber:x:oob}x"
URL = "https://files.example/cat%20two.png?x=1"
OTHER = "http://files.example/dog.pdf"
CARBON = "{urn:xmpp:carbons:2}sent/{urn:xmpp:forward:0}forwarded/c:message"


def oob(url, desc=None):
    return "<x xmlns='jabber:x:oob'><url>%s</url>%s</x>" % (
        url, desc and "<desc>%s</desc>" % desc or "")


def files_of(message):
    return [x.findtext("{jabber:x:oob}url") for x in message.findall(OOB)]


def expect_file(client, url):
    """A message that is nothing but this file."""
    message = client.expect("message", lambda m: body_of(m) == url)
    assert files_of(message) == [url], show(message)
    return message


def test_from_the_network(scene):
    anna = scene.person()
    bob = anna.contact("bob", subscription="both")
    say = {"from_": "bob", "kind": "chat"}
    anna.notify("message", body=URL, id="one", **say,
                attachments=[{"url": URL, "name": "cat.png"}])
    message = expect_file(anna.client, URL)
    assert message.get("id") == "one"
    assert message.get("from").startswith(bob)
    anna.notify("message", body="look\n" + URL, id="two", **say,
                attachments=[{"url": URL}, {"url": OTHER}])
    words = anna.client.expect_body("look")
    assert words.get("id") == "two" and files_of(words) == []
    expect_file(anna.client, URL)
    expect_file(anna.client, OTHER)
    anna.notify("message", body="", attachments=[{"url": "file:///etc"}],
                **say)
    assert files_of(anna.client.expect_body("file:///etc")) == []


def test_to_the_network(scene):
    anna = scene.person()
    bob = anna.contact("bob", subscription="both")
    anna.client.message(bob, URL, extra=oob(URL))
    sent = anna.expect("message", body=URL)
    assert sent["attachments"] == [{"url": URL, "name": "cat%20two.png"}]
    anna.client.message(bob, "look", extra=oob(URL, "cat.png") + oob(
        "javascript:alert(1)"))
    sent = anna.expect("message", body="look\n" + URL)
    assert sent["attachments"] == [{"url": URL, "name": "cat.png"}]
    anna.client.send("<message to='%s' type='chat' id='x9'>%s</message>"
                     % (bob, oob(OTHER)))
    sent = anna.expect("message", body=OTHER)
    assert sent["attachments"] == [{"url": OTHER, "name": "dog.pdf"}]
    anna.client.message(bob, "see " + URL)
    assert "attachments" not in anna.expect("message", body="see " + URL)


def test_in_rooms(scene):
    anna = scene.person()
    room = anna.jid("#pets")
    anna.join("#pets")
    anna.notify("message", from_="#pets", kind="groupchat", nick="bob",
                body="two", id="n1",
                attachments=[{"url": URL, "name": "cat"}, {"url": OTHER}])
    assert anna.client.expect_body("two").find("sid:stanza-id", NS).get(
        "id") == "n1"
    ids = {expect_file(anna.client, url).find("sid:stanza-id", NS).get("id")
           for url in (URL, OTHER)}
    assert len(ids) == 2 and "n1" not in ids
    anna.client.message(room, URL, "groupchat", oob(URL))
    sent = anna.expect("message", kind="groupchat")
    assert sent["attachments"][0]["url"] == URL
    expect_file(anna.client, URL)
    # History has the same.
    two = anna.another("two")
    if not scene.server_mode:
        two.send("<presence to='%s'/>" % anna.gateway)
    two.join(room, anna.name)
    old = [m for m in two.matching("message", lambda m: body_of(m))
           if m.get("from").startswith(room)]
    assert [body_of(m) for m in old] == ["two", URL, OTHER, URL]
    assert [files_of(m) for m in old] == [[], [URL], [OTHER], [URL]]


def test_sent_elsewhere(scene):
    """What the user writes with the network's own client is shown as sent,
    and does not go to the network again."""
    anna = scene.person()
    bob = anna.contact("bob", subscription="both")
    anna.notify("contact_presence", contact="bob", show="online")
    anna.client.set(None, "<enable xmlns='urn:xmpp:carbons:2'/>")
    anna.notify("message", from_="bob", kind="chat", carbon=True, id="c1",
                body="from my phone\n" + URL, attachments=[{"url": URL}])

    def own(message, body):
        if scene.kind == "plain":
            return body_of(message) == "[you] " + body
        inner = message.find(CARBON, NS)
        return inner is not None and body_of(inner) == body and \
            inner.get("to").startswith(bob) and \
            inner.get("from").startswith(anna.bare)
    for body in ("from my phone", URL):
        anna.client.expect("message", lambda m: own(m, body))
    anna.client.message(bob, "the end")
    anna.expect("message", body="the end")
    assert len(anna.network.seen("message", anna.bare)) == 1
