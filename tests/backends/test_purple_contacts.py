# SPDX-License-Identifier: GPL-2.0-or-later
"""prpl-jabber against a real Prosody: the list of contacts, from both sides.
"elsewhere" is another client of the user's account: what it does to the roster
is what the network does."""
import base64
import hashlib
import struct
import time
import zlib

import pytest

from driver import Failed, PATIENCE
from harness import servers
from harness.irc import IrcClient
from harness.xmpp import NS, Client, escape, quote

ANA = "ana@example.com"
ODD = "d\\27artagnan\\20.\u00fc@xmpp.test"


def png(width=32, height=32, extra=b""):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0,
                                       0, 0)) +
            (chunk(b"tEXt", b"Comment\0" + extra) if extra else b"") +
            chunk(b"IDAT", zlib.compress(b"\0" * (width + 1) * height)) +
            chunk(b"IEND", b""))


def item(jid, name=None, groups=(), subscription=None):
    return "<query xmlns='jabber:iq:roster'><item jid=%s%s%s>%s</item></query>" % (
        quote(jid), " name=" + quote(name) if name is not None else "",
        " subscription='%s'" % subscription if subscription else "",
        "".join("<group>%s</group>" % escape(g) for g in groups))


def poll(ask, check, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = ask()
        if check(answer):
            return answer
    raise AssertionError("%s: %r" % (what, answer))


class Side:
    """The user ana: her account, her session, and her other client."""

    def __init__(self, b, account, prosody, roster=()):
        self.b, self.jid = b, account("ana")
        self.elsewhere = Client(self.jid, "secret", prosody.port)
        self.elsewhere.login()
        for entry in roster:
            self.set_item(*entry)

    def connect(self, **more):
        self.b.connect(ANA, self.jid, **more)
        return self

    def set_item(self, *args):
        self.elsewhere.set(None, item(*args))

    def roster(self):
        """jid -> (name, groups, subscription) as the server has it."""
        query = self.elsewhere.get(None, "<query xmlns='jabber:iq:roster'/>")
        return {i.get("jid"): (i.get("name"), sorted(
            g.text for g in i.findall("roster:group", NS)),
            i.get("subscription")) for i in query}

    def until(self, check, what):
        """Wait until the server's roster is so."""
        poll(self.roster, check, what)

    def told(self, *contacts):
        """The first thing told of each, which is left where it is."""
        def found():
            have = {}
            for method, m in self.b.events:
                if method == "contact":
                    have.setdefault(m["contact"], m)
            return have if all(c in have for c in contacts) else None

        with self.b.changed:
            assert self.b.changed.wait_for(found, PATIENCE), self.b.events
            return found()

    def wait(self, method, contact, **fields):
        return self.b.wait(method, user=ANA, contact=contact, **fields)

    def call(self, method, contact, **params):
        return self.b.call(method, user=ANA, contact=contact, **params)

    def close(self):
        self.elsewhere.close()


@pytest.fixture
def side(jabber, account, prosody):
    """side(roster) -> Side"""
    made = []

    def make(roster=(), **how):
        s = Side(jabber(**how), account, prosody, roster)
        made.append(s)
        return s

    yield make
    for s in made:
        s.close()


def befriend(s, friend):
    """Both on each other's roster, without the backend."""
    s.elsewhere.send("<presence to=%s type='subscribe'/>" % quote(friend.bare))
    friend.expect("presence", type="subscribe")
    friend.send("<presence to=%s type='subscribed'/>" % quote(s.jid))
    friend.send("<presence to=%s type='subscribe'/>" % quote(s.jid))
    s.elsewhere.expect("presence", type="subscribe")
    s.elsewhere.send("<presence to=%s type='subscribed'/>" %
                     quote(friend.bare))
    friend.expect("presence", type=None, from_=lambda j: j.startswith(s.jid))


def test_list_of_the_network(side, friend):
    bob = friend("bob")
    s = side([(bob.bare, "Bob", ["Work", "Play"]),
              ("carl@xmpp.test", None, []),
              (ODD, "  D'Art <b>&amp;\u2603\u202e ", ["G<&> \u00e9"])])
    befriend(s, bob)
    s.connect()
    told = s.told(bob.bare, "carl@xmpp.test", ODD)
    s.wait("contact_presence", bob.bare, show="online")
    got = told[bob.bare]
    assert got["name"] == "Bob" and got["groups"] == ["Play", "Work"]
    assert got["subscription"] == "both" and got["blocked"] is False
    got = told["carl@xmpp.test"]
    assert got["name"] == "" and got["groups"] == []
    assert got["subscription"] == "none"
    got = told[ODD]
    assert "D'Art <b>&amp;\u2603" in got["name"]
    assert got["groups"] == ["G<&> \u00e9"]

    # Renamed, moved, moved out of all groups: and there all the time.
    s.b.events.clear()
    for name, groups in (("Bobby", ["Work"]), ("Bobby", ["Other", "Play"]),
                         ("Bobby", ["Play"]), ("B", ["New"]), ("B", []),
                         ("", []), ("C", []), ("", ["Work"])):
        s.set_item(bob.bare, name, groups)
        s.wait("contact", bob.bare, name=name, groups=groups)
        assert not [m for m in s.b.skipped if m[0] == "contact_presence"]
    s.set_item("carl@xmpp.test", None, [], "remove")
    s.wait("contact_removed", "carl@xmpp.test")
    s.set_item("carl@xmpp.test", "Back", [])
    s.wait("contact", "carl@xmpp.test", name="Back")
    # A subscription that ends is no removal.
    bob.send("<presence to=%s type='unsubscribed'/>" % quote(s.jid))
    s.wait("contact", bob.bare, subscription="from")
    assert not [m for m in s.b.skipped if m[0] == "contact_removed"]


def test_presence(side, friend):
    bob = friend("bob")
    s = side([(bob.bare, "Bob", [])])
    befriend(s, bob)
    s.connect()
    s.wait("contact_presence", bob.bare, show="online")
    for show in ("away", "xa", "dnd", "chat"):
        bob.send("<presence><show>%s</show><status>I am &lt;b&gt; %s"
                 "</status></presence>" % (show, show))
        s.wait("contact_presence", bob.bare, show=show,
               status="I am <b> %s" % show)
    # Two resources: the better one; then the other.
    phone = Client(bob.bare, "secret", bob.port, resource="phone")
    phone.login(presence=False)
    phone.send("<presence><priority>9</priority><show>dnd</show></presence>")
    s.wait("contact_presence", bob.bare, show="dnd")
    phone.close()
    s.wait("contact_presence", bob.bare, show="chat")
    # Idle (XEP-0256); nothing is told twice.
    bob.send("<presence><query xmlns='jabber:iq:last' seconds='500'/>"
             "</presence>")
    idle = s.wait("contact_presence", bob.bare, show="online")
    if "since" not in idle:
        idle = s.wait("contact_presence", bob.bare, show="online")
    assert idle["since"] > 0
    s.b.events.clear()
    begun = time.monotonic()
    # The last of many changes is told; of the others only some.
    for i in range(500):
        bob.send("<presence><show>away</show><status>%d</status></presence>"
                 % i)
    s.wait("contact_presence", bob.bare, status="499")
    assert len(s.b.skipped) < 100 + 10 * (time.monotonic() - begun)
    bob.close()
    s.wait("contact_presence", bob.bare, show="offline")


def test_changes_of_the_user(side, friend):
    bob = friend("bob")
    s = side([("eve@xmpp.test", "Eve", ["Old"])]).connect()
    s.wait("contact", "eve@xmpp.test")
    # Added, with a name and groups; the other accepts.
    s.call("contact_add", bob.bare, name="Bob", groups=["One", "Two"],
           text="Hello, it is me")
    bob.expect("presence", type="subscribe")
    s.wait("contact", bob.bare, name="Bob", groups=["One", "Two"])
    s.until(lambda r: r.get(bob.bare, [0, 0])[:2] == ("Bob", ["One", "Two"]),
            "added")
    bob.send("<presence to=%s type='subscribed'/>" % quote(s.jid))
    s.wait("contact_presence", bob.bare, show="online")
    # Named, grouped: in one step from one group to one, and not so.
    s.call("contact_update", "eve@xmpp.test", name="Evelyn")
    s.until(lambda r: r["eve@xmpp.test"][:2] == ("Evelyn", ["Old"]), "named")
    s.call("contact_update", "eve@xmpp.test", groups=["New"])
    s.until(lambda r: r["eve@xmpp.test"][1] == ["New"], "moved")
    s.call("contact_update", bob.bare, name="", groups=["Two", "Three", "4"])
    s.until(lambda r: r[bob.bare][1] == ["4", "Three", "Two"] and
            not r[bob.bare][0], "regrouped")
    s.call("contact_update", bob.bare, groups=["Three"])
    s.until(lambda r: r[bob.bare][1] == ["Three"], "fewer groups")
    s.wait("contact", bob.bare, groups=["Three"])
    # Out of all groups and back into one.
    s.call("contact_update", bob.bare, groups=[])
    s.wait("contact", bob.bare, groups=[])
    # Removed: from the network's list, and nobody is told what they know.
    s.b.events.clear()
    s.call("contact_remove", "eve@xmpp.test")
    s.until(lambda r: "eve@xmpp.test" not in r, "removed")
    s.call("contact_update", bob.bare, groups=["A", "B", "C"])
    s.wait("contact", bob.bare, groups=["A", "B", "C"])
    s.call("contact_remove", bob.bare)
    s.until(lambda r: bob.bare not in r, "removed from three groups")
    s.call("contact_add", "new@xmpp.test", name="New")
    s.wait("contact", "new@xmpp.test", name="New")
    assert not [m for m in s.b.skipped if m[0] == "contact_removed"]
    # What cannot be.
    for method, contact, code in (
            ("contact_add", "a b@@x", "not_acceptable"),
            ("contact_add", "", "not_acceptable"),
            ("contact_add", "x" * 3000, "not_acceptable"),
            ("contact_update", "nobody@xmpp.test", "not_found"),
            ("contact_remove", "eve@xmpp.test", "not_found"),
            ("contact_allow", "nobody@xmpp.test", "not_found"),
            ("contact_deny", "nobody@xmpp.test", "not_found")):
        with pytest.raises(Failed) as error:
            s.call(method, contact)
        assert error.value.code == code, (method, contact)


def test_requests(side, friend):
    bob, eve = friend("bob"), friend("eve")
    # Only who has asked for its roster hears of answers.
    eve.get(None, "<query xmlns='jabber:iq:roster'/>")
    s = side().connect()
    for who in (bob, eve):
        who.send("<presence to=%s type='subscribe'><status>Please, %s"
                 "</status></presence>" % (quote(s.jid), "me"))
    s.wait("contact_request", bob.bare)
    if not any(m[0] == "contact_request" for m in s.b.skipped):
        s.wait("contact_request", eve.bare)
    s.call("contact_allow", bob.bare)
    bob.expect("presence", type=None, from_=lambda j: j.startswith(s.jid))
    # It is mutual.
    bob.expect("presence", type="subscribe")
    bob.send("<presence to=%s type='subscribed'/>" % quote(s.jid))
    s.wait("contact_presence", bob.bare, show="online")
    s.until(lambda r: r[bob.bare][2] == "both", "mutual")
    s.call("contact_deny", eve.bare)
    assert eve.bare not in s.roster()
    # An answer is for once.
    with pytest.raises(Failed) as error:
        s.call("contact_deny", eve.bare)
    assert error.value.code == "not_found"
    # The server takes a second request for the first until it is refused.
    eve.expect("presence", type="unsubscribed",
               from_=lambda j: j.startswith(s.jid))
    # Left open: the end of the session is no answer.
    eve.send("<presence to=%s type='subscribe'/>" % quote(s.jid))
    s.wait("contact_request", eve.bare)
    s.b.call("logout", user=ANA)
    eve.send("<presence to=%s type='subscribe'/>" % quote(s.jid))
    s.elsewhere.expect("presence", type="subscribe", from_=eve.bare)
    assert not eve.matching("presence", type=None,
                            from_=lambda j: j.startswith(s.jid))


def set_photo(client, data, kind="image/png"):
    client.set(None, "<vCard xmlns='vcard-temp'><FN>Robert &lt;B&gt;</FN>"
               "<NICKNAME>bobby</NICKNAME><BDAY>1990-05-17</BDAY>"
               "<URL>http://bob.example</URL><EMAIL><USERID>bob@example.org"
               "</USERID></EMAIL><DESC>two\nlines</DESC><PHOTO><TYPE>%s</TYPE>"
               "<BINVAL>%s</BINVAL></PHOTO></vCard>" % (
                   kind, base64.b64encode(data).decode()), timeout=20)
    sha1 = hashlib.sha1(data).hexdigest()
    client.send("<presence><x xmlns='vcard-temp:x:update'><photo>%s</photo>"
                "</x></presence>" % sha1)
    return sha1


def test_pictures_and_profiles(side, friend):
    bob, eve = friend("bob"), friend("eve")
    s = side([(bob.bare, None, [])])
    befriend(s, bob)
    s.connect()
    s.wait("contact", bob.bare)
    picture = png()
    sha1 = set_photo(bob, picture, "text/html")
    got = s.wait("avatar", bob.bare)
    assert got["hash"] == sha1 and got["data"] == picture
    assert got["type"] == "image/png"
    assert any(m[0] == "contact" and m[1].get("avatar_hash") == sha1
               for m in s.b.skipped)
    # What is no picture is none; then another one.
    set_photo(bob, b"<svg>" + b"x" * 1000)
    second = png(64, 64, b"second")
    sha1 = set_photo(bob, second)
    assert s.wait("avatar", bob.bare)["hash"] == sha1
    # Two ask at once.
    calls = [s.b.start("profile", user=ANA, contact=bob.bare)
             for _ in range(2)]
    for answer in [s.b.finish(c, 25) for c in calls]:
        assert answer["full_name"] == "Robert <B>"
        assert answer["nick"] == "bobby" and answer["birthday"] == "1990-05-17"
        assert answer["email"] == "bob@example.org"
        assert "Slixmpp" in answer["note"]
        assert answer["photo"] == second
        assert answer["photo_type"] == "image/png"
    # A stranger.
    set_photo(eve, picture)
    answer = s.b.finish(s.b.start("profile", user=ANA, contact=eve.bare), 25)
    assert answer["nick"] == "bobby" and answer["photo"] == picture
    # The user's own.
    own = png(200, 200, b"own")
    s.b.call("profile_set", user=ANA, nick="annie", full_name="Ana N.",
             photo=own, photo_type="image/png")
    card = poll(lambda: s.elsewhere.get(None, "<vCard xmlns='vcard-temp'/>"),
                lambda c: c is not None and c.findtext(
                    "vcard:NICKNAME", None, NS) == "annie", "own vCard")
    assert card.findtext("vcard:FN", None, NS) == "Ana N."
    assert base64.b64decode(card.findtext("vcard:PHOTO/vcard:BINVAL", "",
                                          NS)) == own
    bob.expect("presence", lambda p: p.findtext(
        "photo:x/photo:photo", None, NS) == hashlib.sha1(own).hexdigest())
    with pytest.raises(Failed) as error:
        s.b.call("profile_set", user=ANA, photo=b"no picture at all")
    assert error.value.code == "not_acceptable" and error.value.text
    # Gone again.
    bob.set(None, "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
            "<publish node='urn:xmpp:avatar:metadata'><item id='none'>"
            "<metadata xmlns='urn:xmpp:avatar:metadata'/></item></publish>"
            "</pubsub>")
    s.wait("contact", bob.bare, avatar_hash="")


def test_blocking(side, friend):
    bob = friend("bob")
    s = side([(bob.bare, "Bob", [])])
    befriend(s, bob)
    s.connect()
    s.wait("contact_presence", bob.bare, show="online")
    s.call("contact_block", bob.bare, blocked=True)
    s.wait("contact", bob.bare, blocked=True)
    blocklist = "<blocklist xmlns='urn:xmpp:blocking'/>"
    found = poll(lambda: s.elsewhere.get(None, blocklist), len, "blocked")
    assert [i.get("jid") for i in found] == [bob.bare]
    s.call("contact_block", bob.bare, blocked=False)
    s.wait("contact", bob.bare, blocked=False)
    # By the other client, and known at the next login.
    s.elsewhere.set(None, "<block xmlns='urn:xmpp:blocking'><item jid=%s/>"
                    "</block>" % quote(bob.bare))
    s.wait("contact", bob.bare, blocked=True)
    s.b.call("logout", user=ANA)
    s.b.events.clear()
    s.connect()
    s.wait("contact", bob.bare, blocked=True)


def test_removed_meanwhile(side):
    """Whom the main process remembers and the network does not is gone; but
    an empty list is no proof of that."""
    s = side([("eve@xmpp.test", "Eve", [])]).connect()
    s.wait("contact", "eve@xmpp.test")
    s.b.notify("contact_watch", user=ANA, contacts=[
        "Eve@xmpp.test", "gone@xmpp.test", "\x01", "x" * 3000])
    s.wait("contact_removed", "gone@xmpp.test")
    s.b.call("logout", user=ANA)
    s.set_item("eve@xmpp.test", None, [], "remove")
    s.connect()
    s.b.events.clear()
    s.b.notify("contact_watch", user=ANA, contacts=["eve@xmpp.test"])
    s.set_item("carl@xmpp.test", "Carl", [])
    s.wait("contact", "carl@xmpp.test")
    assert not [m for m in s.b.skipped if m[0] == "contact_removed"]


def test_groups_are_shared(jabber, account, prosody):
    """Two users, one group, one list in libpurple."""
    b = jabber()
    sides = []
    for user in ("u@x", "v@x"):
        s = Side(b, account, prosody, [("eve@xmpp.test", user, ["Friends"])])
        b.connect(user, s.jid)
        b.wait("contact", user=user, name=user, groups=["Friends"])
        sides.append(s)
    sides[0].set_item("eve@xmpp.test", "u@x", ["Enemies"])
    b.wait("contact", user="u@x", groups=["Enemies"])
    b.call("contact_update", user="u@x", contact="eve@xmpp.test",
           groups=["Rest"])
    sides[0].until(lambda r: r["eve@xmpp.test"][1] == ["Rest"], "moved")
    b.call("contact_update", user="v@x", contact="eve@xmpp.test", name="V")
    got = b.wait("contact", user="v@x")
    assert got["groups"] == ["Friends"] and got["name"] == "V"
    sides[0].set_item("eve@xmpp.test", None, [], "remove")
    b.wait("contact_removed", user="u@x")
    sides[1].until(lambda r: r["eve@xmpp.test"][1] == ["Friends"], "kept")
    for s in sides:
        s.close()


def test_watched(purple, tmp_path):
    """Where the network has no list, the main process's own is watched; what
    is kept there stays as it is."""
    ircd = servers.Ngircd(tmp_path).start()
    try:
        bob = IrcClient(ircd.port, "Bob")
        b = purple("prpl-irc", {"port": ircd.port})
        b.connect(ANA, "ana@127.0.0.1", password="")
        b.notify("contact_watch", user=ANA, contacts=["Bob", "eve"])
        # By the name that it has there, whatever is the same to the network.
        got = b.wait("contact", contact="Bob")
        assert "name" not in got and "groups" not in got
        b.wait("contact_presence", contact="Bob", show="online")
        b.notify("contact_watch", user=ANA, gone=["bob"])
        b.call("contact_add", user=ANA, contact="carl", name="Carl",
               groups=["Friends"])
        got = b.wait("contact", contact="carl")
        assert got["name"] == "Carl" and got["groups"] == ["Friends"]
        with pytest.raises(Failed):
            b.call("contact_update", user=ANA, contact="bob", name="x")
        assert not [m for m in b.skipped if m[0] == "contact_removed"]
        bob.close()
    finally:
        ircd.stop()
