# SPDX-License-Identifier: GPL-2.0-or-later
"""Rooms (XEP-0045) in front of a real IRC server, seen from both sides."""
import pytest

from harness.process import wait_for
from harness.xmpp import NS, body_of, condition_of, show, statuses


@pytest.fixture
def scene(irc_server_mode, clients, irc, unique):
    """carl, an IRC user, is operator of a fresh channel; anna, an XMPP user,
    is logged in and not in it."""
    class Scene:
        instance = irc_server_mode
        carl = irc(unique("carl"))
        channel = "#" + unique("room")
        room = channel + "@localhost"
        nick = unique("anna")
        anna = clients(irc_server_mode, nick, resource="one")

        def another(self, word="bert", **how):
            name = unique(word)
            return clients(irc_server_mode, name, **how), name
    Scene.carl.join(Scene.channel)
    return Scene()


@pytest.fixture
def joined(scene):
    scene.presences, scene.subject = scene.anna.join(scene.room, scene.nick)
    scene.carl.expect("^:%s!.* JOIN" % scene.nick)
    return scene


def item(presence):
    return presence.find("user:x/user:item", NS)


def occupant(scene, nick, type_=""):
    return scene.anna.expect("presence", from_=scene.room + "/" + nick,
                             type=lambda t: t == type_)


def test_join(joined):
    names = [p.get("from") for p in joined.presences]
    assert sorted(names) == sorted(joined.room + "/" + nick for nick in
                                   (joined.carl.nick, joined.nick))
    own = joined.presences[-1]
    assert 110 in statuses(own)
    assert item(own).get("role") == "participant"
    assert item(joined.presences[0]).get("role") == "moderator"
    for presence in joined.presences[:-1]:
        assert 110 not in statuses(presence)


def test_the_subject_comes_last(scene):
    scene.carl.send("TOPIC %s :roses, tulips" % scene.channel)
    scene.carl.expect("TOPIC")
    _, subject = scene.anna.join(scene.room, scene.nick)
    assert subject.findtext("c:subject", None, NS) == "roses, tulips"
    assert body_of(subject) is None


def test_messages(joined):
    anna, carl = joined.anna, joined.carl
    bert, bnick = joined.another()
    bert.join(joined.room, bnick)
    ident = anna.message(joined.room, "good morning ☀", "groupchat")
    carl.expect("^:%s!.* PRIVMSG %s :good morning ☀"
                % (joined.nick, joined.channel))
    own = joined.room + "/" + joined.nick
    echo = anna.expect_body("good morning ☀", from_=own)
    assert echo.get("id") == ident and echo.get("type") == "groupchat"
    heard = bert.expect_body("good morning ☀", from_=own)
    assert heard.get("type") == "groupchat"
    carl.say(joined.channel, "hello, both")
    for client in anna, bert:
        message = client.expect_body(
            "hello, both", from_=joined.room + "/" + carl.nick)
        assert message.get("type") == "groupchat"
        by = message.find("sid:stanza-id", NS)
        assert by is not None and by.get("by") == joined.room, show(message)
        assert message.find("occ:occupant-id", NS) is not None


def test_each_message_once(joined):
    """The echo is an echo, not a second message."""
    for number in range(10):
        joined.anna.message(joined.room, "line %d" % number, "groupchat")
    joined.carl.expect("PRIVMSG .*:line 9")
    joined.anna.expect_body("line 9")
    joined.anna.sync("localhost")
    bodies = [body_of(m) for m in joined.anna.matching("message")
              if (body_of(m) or "").startswith("line ")]
    assert bodies == ["line %d" % number for number in range(10)]
    assert len(joined.carl.matching("PRIVMSG .*:line ")) == 10


def test_somebody_joins_and_leaves(joined, irc, unique):
    dora = irc(unique("dora"))
    dora.join(joined.channel)
    here = occupant(joined, dora.nick)
    assert item(here).get("role") == "participant"
    dora.send("PART %s :tea" % joined.channel)
    gone = occupant(joined, dora.nick, "unavailable")
    assert item(gone).get("role") == "none"
    assert not statuses(gone) & {301, 303, 307, 110}
    dora.join(joined.channel)
    occupant(joined, dora.nick)
    dora.close()
    occupant(joined, dora.nick, "unavailable")


def test_own_nick_change(joined, unique):
    new = unique("anja")
    joined.anna.send("<presence to='%s/%s'/>" % (joined.room, new))
    gone = occupant(joined, joined.nick, "unavailable")
    assert {303, 110} <= statuses(gone) and item(gone).get("nick") == new
    assert 110 in statuses(occupant(joined, new))
    joined.carl.expect("^:%s!.* NICK :?%s" % (joined.nick, new))
    joined.anna.message(joined.room, "it is me", "groupchat")
    joined.anna.expect_body("it is me", from_=joined.room + "/" + new)


def test_nick_change_of_others(joined, unique):
    new = unique("karl")
    joined.carl.send("NICK " + new)
    gone = occupant(joined, joined.carl.nick, "unavailable")
    assert 303 in statuses(gone) and item(gone).get("nick") == new
    assert 110 not in statuses(gone)
    assert item(occupant(joined, new)).get("role") == "moderator"


def test_nick_conflict(joined):
    joined.anna.send("<presence to='%s/%s'/>"
                     % (joined.room, joined.carl.nick))
    answer = occupant(joined, joined.carl.nick, "error")
    assert condition_of(answer) == ("cancel", "conflict")
    joined.anna.message(joined.room, "still here", "groupchat")
    joined.anna.expect_body("still here",
                            from_=joined.room + "/" + joined.nick)


def test_nick_in_use_at_login(scene, irc, clients, unique):
    """Somebody on the network has the name already: another nick is taken,
    and the client is told which (210)."""
    taken = unique("erna")
    irc(taken)
    erna = clients(scene.instance, taken)
    presences, _ = erna.join(scene.room, taken)
    own = presences[-1]
    got = own.get("from").partition("/")[2]
    assert got != taken and {110, 210} <= statuses(own), show(own)
    erna.message(scene.room, "under another name", "groupchat")
    scene.carl.expect("^:%s!.*:under another name" % got)


def test_invalid_nick(joined):
    joined.anna.send("<presence to='%s/no spaces, please'/>" % joined.room)
    answer = occupant(joined, "no spaces, please", "error")
    assert condition_of(answer)[1] in ("not-acceptable", "jid-malformed",
                                       "bad-request")


def test_kick(joined):
    joined.carl.send("KICK %s %s :enough" % (joined.channel, joined.nick))
    gone = occupant(joined, joined.nick, "unavailable")
    assert {307, 110} <= statuses(gone), show(gone)
    assert item(gone).get("role") == "none"
    assert item(gone).findtext("user:reason", None, NS) == "enough"
    actor = item(gone).find("user:actor", NS)
    assert actor is not None and actor.get("nick") == joined.carl.nick
    joined.anna.message(joined.room, "am I?", "groupchat")
    error = joined.anna.expect("message", type="error")
    assert condition_of(error)[1] == "not-acceptable"


def test_kick_is_seen_by_others(joined):
    bert, bnick = joined.another()
    bert.join(joined.room, bnick)
    occupant(joined, bnick)
    joined.carl.send("KICK %s %s :out" % (joined.channel, bnick))
    gone = occupant(joined, bnick, "unavailable")
    assert 307 in statuses(gone) and 110 not in statuses(gone)


def moderate(client, room, attributes, reason="because"):
    return client.iq("set", room, "<query xmlns='http://jabber.org/protocol/"
                     "muc#admin'><item %s><reason>%s</reason></item></query>"
                     % (attributes, reason))


def test_moderators_kick_and_ban(scene, irc, unique):
    """anna made the channel, so she is its operator."""
    room = "#" + unique("annas") + "@localhost"
    channel = room.partition("@")[0]
    presences, _ = scene.anna.join(room, scene.nick)
    assert item(presences[-1]).get("role") == "moderator"
    dora = irc(unique("dora"))
    dora.join(channel)
    scene.anna.expect("presence", from_=room + "/" + dora.nick)
    answer = moderate(scene.anna, room, "nick='%s' role='none'" % dora.nick)
    assert answer.get("type") == "result", show(answer)
    dora.expect("KICK %s %s :because" % (channel, dora.nick))
    gone = scene.anna.expect("presence", type="unavailable",
                             from_=room + "/" + dora.nick)
    assert 307 in statuses(gone)
    dora.join(channel)
    scene.anna.expect("presence", from_=room + "/" + dora.nick)
    answer = moderate(scene.anna, room,
                      "nick='%s' affiliation='outcast'" % dora.nick)
    assert answer.get("type") == "result", show(answer)
    gone = scene.anna.expect("presence", type="unavailable",
                             from_=room + "/" + dora.nick)
    assert 301 in statuses(gone), show(gone)
    dora.send("JOIN " + channel)
    dora.expect(" 474 ")


def test_kick_without_rights(joined):
    answer = moderate(joined.anna, joined.room,
                      "nick='%s' role='none'" % joined.carl.nick)
    assert condition_of(answer)[1] in ("forbidden", "not-allowed")


@pytest.mark.parametrize("mode, condition", [
    ("+b %s!*@*", ("auth", "forbidden")),
    ("+k secret", ("auth", "not-authorized")),
    ("+i", ("auth", "registration-required")),
    ("+l 1", ("wait", "service-unavailable")),
])
def test_join_refused(scene, mode, condition):
    if "%s" in mode:
        mode %= scene.nick
    scene.carl.send("MODE %s %s" % (scene.channel, mode))
    scene.carl.expect("MODE %s" % scene.channel)
    scene.anna.send_join(scene.room, scene.nick)
    answer = occupant(scene, scene.nick, "error")
    assert condition_of(answer) == condition, show(answer)


def test_join_with_password(scene):
    scene.carl.send("MODE %s +k secret" % scene.channel)
    scene.carl.expect("MODE %s" % scene.channel)
    scene.anna.join(scene.room, scene.nick, password="secret")
    scene.carl.expect("^:%s!.* JOIN" % scene.nick)


def test_leave(joined):
    joined.anna.leave(joined.room, joined.nick)
    gone = occupant(joined, joined.nick, "unavailable")
    assert 110 in statuses(gone)
    joined.carl.expect("^:%s!.* PART %s" % (joined.nick, joined.channel))


def test_join_again_sends_all_again(joined):
    """A client that has lost its state gets it back; the IRC side sees
    nothing."""
    presences, _ = joined.anna.join(joined.room, joined.nick)
    assert [p.get("from") for p in presences] == \
        [p.get("from") for p in joined.presences]
    joined.carl.sync()
    assert len(joined.carl.matching("^:%s!.* JOIN" % joined.nick)) == 1
    assert not joined.carl.matching("^:%s!.* PART" % joined.nick)


def test_two_resources(joined, clients):
    two = clients(joined.instance, joined.nick, resource="two")
    presences, _ = two.join(joined.room, joined.nick)
    assert len(presences) == 2
    joined.carl.say(joined.channel, "to both of you")
    joined.anna.expect_body("to both of you")
    two.expect_body("to both of you")
    two.message(joined.room, "from two", "groupchat")
    joined.anna.expect_body("from two")
    two.expect_body("from two")
    joined.anna.leave(joined.room, joined.nick)
    occupant(joined, joined.nick, "unavailable")
    joined.carl.say(joined.channel, "one is left")
    two.expect_body("one is left")
    assert not joined.carl.matching("^:%s!.* PART" % joined.nick)
    two.close()
    joined.carl.expect("^:%s!.* PART" % joined.nick)


def test_history_for_the_second_client(joined, clients):
    for word in ("first", "second", "third"):
        joined.carl.say(joined.channel, word)
        joined.anna.expect_body(word)
    two = clients(joined.instance, joined.nick, resource="two")
    two.join(joined.room, joined.nick)
    past = [(body_of(m), m.find("delay:delay", NS) is not None)
            for m in two.matching("message") if body_of(m)]
    assert past == [("first", True), ("second", True), ("third", True)]
    three = clients(joined.instance, joined.nick, resource="three")
    three.join(joined.room, joined.nick, history=1)
    past = [body_of(m) for m in three.matching("message") if body_of(m)]
    assert past == ["third"]
    four = clients(joined.instance, joined.nick, resource="four")
    four.join(joined.room, joined.nick, history=0)
    assert not [m for m in four.matching("message") if body_of(m)]


def test_self_ping(joined, clients):
    ping = "<ping xmlns='urn:xmpp:ping'/>"
    own = "%s/%s" % (joined.room, joined.nick)
    joined.anna.get(own, ping)
    two = clients(joined.instance, joined.nick, resource="two")
    answer = two.iq("get", own, ping)
    assert condition_of(answer)[1] == "not-acceptable"


def test_private_messages(joined):
    ident = joined.anna.message(
        "%s/%s" % (joined.room, joined.carl.nick), "between us")
    joined.carl.expect("^:%s!.* PRIVMSG %s :between us"
                       % (joined.nick, joined.carl.nick))
    joined.carl.say(joined.nick, "my lips are sealed")
    answer = joined.anna.expect_body(
        "my lips are sealed", from_=joined.room + "/" + joined.carl.nick)
    assert answer.get("type") == "chat"
    joined.anna.sync("localhost")
    assert not joined.anna.matching("message", id=ident, type="error")


def test_private_message_to_nobody(joined):
    ident = joined.anna.message(joined.room + "/nobody", "hello?")
    error = joined.anna.expect("message", type="error", id=ident)
    assert condition_of(error)[1] == "item-not-found"


def test_speaking_without_joining(scene):
    ident = scene.anna.message(scene.room, "let me in", "groupchat")
    error = scene.anna.expect("message", type="error", id=ident)
    assert condition_of(error)[1] in ("not-acceptable", "item-not-found")


def test_speaking_when_moderated(joined):
    joined.carl.send("MODE %s +m" % joined.channel)
    joined.carl.expect("MODE")
    ident = joined.anna.message(joined.room, "may I?", "groupchat")
    error = joined.anna.expect("message", type="error", id=ident)
    assert condition_of(error)[1] in ("forbidden", "not-allowed")


def test_subject(joined):
    joined.anna.send("<message type='groupchat' id='s1' to='%s'><subject>"
                     "watering</subject></message>" % joined.room)
    joined.carl.expect("^:%s!.* TOPIC %s :watering"
                       % (joined.nick, joined.channel))
    joined.anna.expect(
        "message", lambda m: m.findtext("c:subject", None, NS) == "watering",
        from_=joined.room + "/" + joined.nick)
    joined.carl.send("TOPIC %s :pruning" % joined.channel)
    joined.anna.expect(
        "message", lambda m: m.findtext("c:subject", None, NS) == "pruning",
        from_=joined.room + "/" + joined.carl.nick)


def test_subject_without_rights(joined):
    joined.carl.send("MODE %s +t" % joined.channel)
    joined.carl.expect("MODE")
    joined.anna.send("<message type='groupchat' id='s2' to='%s'><subject>"
                     "mine</subject></message>" % joined.room)
    error = joined.anna.expect("message", type="error", id="s2")
    assert condition_of(error)[1] == "forbidden"


def test_actions(joined):
    joined.anna.message(joined.room, "/me waves", "groupchat")
    joined.carl.expect("PRIVMSG %s :\x01ACTION waves\x01" % joined.channel)
    joined.anna.expect_body("/me waves")
    joined.carl.say(joined.channel, "\x01ACTION bows\x01")
    joined.anna.expect_body("/me bows")


def test_several_lines(joined):
    joined.anna.message(joined.room, "one\ntwo\r\n\nthree", "groupchat")
    for line in "one", "two", "three":
        joined.carl.expect("^:%s!.* PRIVMSG %s :%s$"
                           % (joined.nick, joined.channel, line))
    joined.carl.sync()
    joined.anna.message(joined.room, "x\nQUIT :injected\nPART #a",
                        "groupchat")
    joined.carl.expect("PRIVMSG %s :QUIT :injected" % joined.channel)
    joined.carl.expect("PRIVMSG %s :PART #a" % joined.channel)


def test_long_lines_are_cut_between_characters(joined):
    text = "".join("grün\U0001f33f%03d " % n for n in range(150)).strip()
    joined.anna.message(joined.room, text, "groupchat")
    joined.carl.expect("PRIVMSG .*149", timeout=40)
    parts = [line.partition(" :")[2] for line in joined.carl.matching(
        "^:%s!.* PRIVMSG %s" % (joined.nick, joined.channel))]
    assert len(parts) > 3
    assert not any("�" in part for part in parts)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")


def test_away(joined):
    joined.anna.send("<presence><show>away</show><status>lunch</status>"
                     "</presence>")

    def is_away():
        joined.carl.send("WHOIS " + joined.nick)
        joined.carl.sync()
        return joined.carl.matching(" 301 \\S+ %s :lunch" % joined.nick)
    wait_for(is_away, 10)


def test_op_and_voice_are_seen(joined):
    joined.carl.send("MODE %s +o %s" % (joined.channel, joined.nick))
    own = joined.anna.expect(
        "presence", from_=joined.room + "/" + joined.nick,
        check=lambda p: item(p).get("role") == "moderator")
    assert 110 in statuses(own)
    joined.carl.send("MODE %s -o %s" % (joined.channel, joined.nick))
    joined.anna.expect(
        "presence", from_=joined.room + "/" + joined.nick,
        check=lambda p: item(p).get("role") == "participant")


def test_room_info(joined):
    query = joined.anna.disco_info(joined.room)
    identity = query.find("info:identity", NS)
    assert identity.get("category") == "conference"
    features = {f.get("var") for f in query.findall("info:feature", NS)}
    assert {NS["muc"], NS["info"], "urn:xmpp:occupant-id:0"} <= features


def test_room_list_in_pages(scene, irc, unique):
    made = sorted("#%s" % unique("list") for _ in range(5))
    for channel in made:
        scene.carl.join(channel)
    found, after = [], ""
    for _ in range(50):
        query = scene.anna.get(
            "localhost", "<query xmlns='%s'><set xmlns='%s'><max>2</max>%s"
            "</set></query>" % (NS["items"], NS["rsm"], after), timeout=30)
        items = query.findall("items:item", NS)
        if not items:
            break
        assert len(items) <= 2
        found += [i.get("jid") for i in items]
        last = query.findtext("rsm:set/rsm:last", None, NS)
        assert last, show(query)
        after = "<after>%s</after>" % last
    names = [jid.partition("@")[0] for jid in found]
    assert set(made) <= set(names), found
    assert len(found) == len(set(found))


def test_case_of_names(joined):
    """Channel names have no case, on either side."""
    joined.carl.say(joined.channel.upper(), "LOUD")
    joined.anna.expect_body("LOUD", from_=joined.room + "/"
                            + joined.carl.nick)


def test_stopping_tells_the_rooms(joined):
    joined.instance.process.popen.terminate()
    gone = occupant(joined, joined.nick, "unavailable")
    assert {332, 110} <= statuses(gone), show(gone)
    joined.anna.wait_end()
    joined.carl.expect("^:%s!.* QUIT" % joined.nick)


def test_rooms_survive_many_users(scene, clients, unique):
    """Ten users in one room: everyone sees everyone, once."""
    people = [scene.another("p") for _ in range(10)]
    for client, nick in people:
        client.join(scene.room, nick)
    first, _ = people[0]
    for _, nick in people[1:]:
        first.expect("presence", from_=scene.room + "/" + nick)
    scene.carl.say(scene.channel, "roll call")
    for client, nick in people:
        client.expect_body("roll call")
        client.message(scene.room, nick + " is here", "groupchat")
    for client, _ in people:
        for _, nick in people:
            client.expect_body(nick + " is here")


def test_flood_control(instances, ngircd, clients, irc, unique):
    """What the network would punish is slowed down, not lost."""
    instance = instances("server_mode", service__irc_flood_burst=4,
                         service__irc_flood_rate=5,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    nick, carl, channel = unique("anna"), irc(unique("carl")), "#flood"
    carl.join(channel)
    anna = clients(instance, nick)
    anna.join(channel + "@localhost", nick)
    for number in range(20):
        anna.message(channel + "@localhost", "line %d" % number, "groupchat")
    for number in range(20):
        carl.expect(":line %d$" % number, timeout=20)
    for number in range(20):
        anna.expect_body("line %d" % number)
