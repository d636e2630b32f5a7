# SPDX-License-Identifier: GPL-2.0-or-later
"""Gateway mode: a component of a real XMPP server.  Every test runs under
Prosody (XEP-0356 for rosters) and under ejabberd 23.01, whose privileged
roster set always fails, so that subscriptions must do."""
import time

import pytest

from harness.instance import ECHO_BACKEND
from harness.process import wait_for
from harness.xmpp import NS, condition_of, local, show, statuses


@pytest.fixture(params=["prosody", "ejabberd"])
def server(request):
    return request.getfixturevalue(request.param)


class Gateway:
    def __init__(self, server, name, make, **settings):
        self.server = server
        self.jid = "%s.%s" % (name, server.domain)
        self.instance = make("gateway", self.jid, server, start=False,
                             **settings)

    def start(self):
        self.instance.start()
        self.instance.process.wait_log("(?i)component|connected|%s"
                                       % self.jid)
        return self

    def wait_for_answers(self, client):
        wait_for(lambda: client.iq(
            "get", self.jid, "<query xmlns='jabber:iq:register'/>")
            .get("type") == "result", 20, "the gateway to answer")

    def register(self, client, name, password="", presence=True):
        """Plain fields; then whatever XEP-0100 4.1 brings is accepted."""
        self.wait_for_answers(client)
        client.set(self.jid, "<query xmlns='jabber:iq:register'><username>%s"
                   "</username><password>%s</password></query>"
                   % (name, password), timeout=20)
        if presence:
            self.login(client)

    def login(self, client):
        """Accept the gateway as a contact if it asks, go online with it."""
        client.send("<presence to='%s' type='subscribed'/>" % self.jid)
        client.send("<presence to='%s'/>" % self.jid)
        client.expect("presence", from_=self.jid, type="", timeout=30)


@pytest.fixture
def gateway(server, instances, ngircd, gateway_name):
    return Gateway(server, gateway_name, instances, identity__type="irc",
                   service__irc_server="127.0.0.1:%d" % ngircd.port).start()


@pytest.fixture
def anna(gateway, accounts, unique):
    client = accounts(gateway.server, "anna", resource="one")
    client.nick = unique("a")
    return client


def test_registration_form(gateway, anna):
    gateway.wait_for_answers(anna)
    query = anna.get(gateway.jid, "<query xmlns='jabber:iq:register'/>")
    assert query.find("reg:registered", NS) is None
    assert query.findtext("reg:instructions", None, NS)
    assert query.find("reg:username", NS) is not None
    form = query.find("x:x", NS)
    assert form is not None and form.get("type") == "form"
    fields = {f.get("var"): f for f in form.findall("x:field", NS)}
    assert fields["FORM_TYPE"].findtext("x:value", None, NS) == NS["reg"]
    assert "username" in fields


def submit(client, to, **values):
    fields = "<field var='FORM_TYPE' type='hidden'><value>jabber:iq:register" \
        "</value></field>" + "".join(
            "<field var='%s'><value>%s</value></field>" % pair
            for pair in values.items())
    return client.iq("set", to, "<query xmlns='jabber:iq:register'><x xmlns="
                     "'jabber:x:data' type='submit'>%s</x></query>" % fields,
                     timeout=20)


def test_register_by_form_change_remove(gateway, anna, irc, unique):
    carl = irc(unique("carl"))
    wait_for(lambda: submit(anna, gateway.jid, username=anna.nick,
                            password="pw").get("type") == "result", 20)
    query = anna.get(gateway.jid, "<query xmlns='jabber:iq:register'/>")
    assert query.find("reg:registered", NS) is not None
    assert query.findtext("reg:username", None, NS) == anna.nick
    assert "pw" not in (query.findtext("reg:password", None, NS) or "")
    gateway.login(anna)
    new = unique("neu")
    answer = submit(anna, gateway.jid, username=new, password="pw2")
    assert answer.get("type") == "result", show(answer)
    query = anna.get(gateway.jid, "<query xmlns='jabber:iq:register'/>")
    assert query.findtext("reg:username", None, NS) == new
    anna.set(gateway.jid, "<query xmlns='jabber:iq:register'><remove/>"
             "</query>", timeout=20)
    query = anna.get(gateway.jid, "<query xmlns='jabber:iq:register'/>")
    assert query.find("reg:registered", NS) is None

    def gone():
        for nick in anna.nick, new:
            carl.send("WHOIS " + nick)
        carl.sync()
        return {anna.nick, new} == {
            line.split()[3] for line in carl.matching(" 401 ")}
    wait_for(gone, 20, "both nicks to be gone from IRC")


@pytest.mark.parametrize("values", [
    {}, {"username": ""}, {"password": "only"}])
def test_incomplete_registration(gateway, anna, values):
    gateway.wait_for_answers(anna)
    answer = submit(anna, gateway.jid, **values)
    assert condition_of(answer)[1] in ("not-acceptable", "bad-request"), \
        show(answer)


def test_the_gateway_becomes_a_contact(gateway, anna):
    """XEP-0100 4.1: at the end both may see each other's presence."""
    gateway.register(anna, anna.nick, presence=False)
    asked = []

    def subscribed():
        for request in anna.matching("presence", type="subscribe",
                                     from_=gateway.jid)[len(asked):]:
            asked.append(request)
            anna.send("<presence to='%s' type='subscribed'/>" % gateway.jid)
            anna.send("<presence to='%s' type='subscribe'/>" % gateway.jid)
        roster = anna.get(None, "<query xmlns='jabber:iq:roster'/>")
        return [item for item in roster.findall("roster:item", NS)
                if item.get("jid") == gateway.jid and
                item.get("subscription") in ("both", "from")]
    wait_for(subscribed, 20, "the gateway in the roster")
    anna.expect("presence", from_=gateway.jid, type="", timeout=20)


def test_iq_gateway(gateway, anna):
    gateway.register(anna, anna.nick)
    query = anna.get(gateway.jid, "<query xmlns='jabber:iq:gateway'/>")
    assert query.find("gateway:prompt", NS) is not None
    query = anna.set(gateway.jid, "<query xmlns='jabber:iq:gateway'><prompt>"
                     "carl</prompt></query>")
    assert query.findtext("gateway:jid", None, NS) == "carl@" + gateway.jid


def test_chat_both_ways(gateway, anna, irc, unique):
    carl = irc(unique("carl"))
    gateway.register(anna, anna.nick)
    anna.message("%s@%s" % (carl.nick, gateway.jid), "grüß dich")
    carl.expect("^:%s!.* PRIVMSG %s :grüß dich" % (anna.nick, carl.nick))
    carl.say(anna.nick, "dich auch")
    message = anna.expect_body("dich auch")
    assert message.get("from").startswith("%s@%s" % (carl.nick, gateway.jid))


def test_room(gateway, anna, irc, unique):
    carl, channel = irc(unique("carl")), "#" + unique("room")
    carl.join(channel)
    gateway.register(anna, anna.nick)
    room = "%s@%s" % (channel, gateway.jid)
    presences, _ = anna.join(room, anna.nick, timeout=30)
    assert len(presences) == 2 and 110 in statuses(presences[-1])
    anna.message(room, "hello, room", "groupchat")
    carl.expect("PRIVMSG %s :hello, room" % channel)
    carl.say(channel, "hello, anna")
    anna.expect_body("hello, anna", from_=room + "/" + carl.nick)
    carl.send("KICK %s %s :out" % (channel, anna.nick))
    gone = anna.expect("presence", type="unavailable",
                       from_=room + "/" + anna.nick)
    assert {110, 307} <= statuses(gone)


def test_two_users_in_a_room(gateway, anna, accounts, unique):
    bert = accounts(gateway.server, "bert")
    bert.nick = unique("b")
    gateway.register(anna, anna.nick)
    gateway.register(bert, bert.nick)
    room = "#%s@%s" % (unique("room"), gateway.jid)
    anna.join(room, anna.nick, timeout=30)
    bert.join(room, bert.nick, timeout=30)
    bert.message(room, "over here", "groupchat")
    anna.expect_body("over here", from_=room + "/" + bert.nick)
    bert.close()        # the server sends unavailable for him
    anna.expect("presence", type="unavailable",
                from_=room + "/" + bert.nick, timeout=20)


def test_presence_over_several_resources(gateway, anna, clients, irc,
                                         unique):
    carl = irc(unique("carl"))
    name = anna.bare.partition("@")[0]
    gateway.register(anna, anna.nick)
    two = clients(gateway.server, name, resource="two")
    two.send("<presence to='%s'><priority>5</priority><show>away</show>"
             "<status>tea</status></presence>" % gateway.jid)

    def away_is(text):
        def check():
            seen = len(carl.lines)
            carl.send("WHOIS " + anna.nick)
            carl.sync()
            away = [line for line in carl.lines[seen:] if " 301 " in line]
            return bool(away and away[0].endswith(":" + text)) if text \
                else not away
        wait_for(check, 15, "away %r" % text)
    away_is("tea")
    two.send("<presence to='%s' type='unavailable'/>" % gateway.jid)
    away_is("")
    anna.send("<presence to='%s' type='unavailable'/>" % gateway.jid)
    wait_for(lambda: (carl.send("WHOIS " + anna.nick), carl.sync(),
                      carl.matching(" 401 \\S+ %s" % anna.nick))[2], 15,
             "the last resource to log out")


def test_stranger(server, instances, gateway_name, accounts):
    """Who is not registered with a network that needs it is told so."""
    gateway = echo_gateway(server, instances, gateway_name)
    anna = accounts(server, "anna")
    gateway.wait_for_answers(anna)
    ident = anna.message("someone@" + gateway.jid, "hello?")
    anna.expect("message", type="error", id=ident)
    refusals = ("registration-required", "not-authorized",
                "subscription-required", "forbidden")
    anna.send_join("#room@" + gateway.jid, "anna")
    error = anna.expect("presence", type="error",
                        from_="#room@%s/anna" % gateway.jid)
    assert condition_of(error)[1] in refusals


def test_message_before_login(gateway, anna):
    """A network that needs no registration, but the user never came."""
    gateway.wait_for_answers(anna)
    ident = anna.message("someone@" + gateway.jid, "hello?")
    anna.expect("message", type="error", id=ident)


def test_message_when_not_logged_in(gateway, anna, irc, unique):
    """Registered, but the login may not have happened yet: a delivery or an
    error, never silence."""
    carl = irc(unique("carl"))
    gateway.register(anna, anna.nick, presence=False)
    ident = anna.message("%s@%s" % (carl.nick, gateway.jid), "hello?")
    wait_for(lambda: carl.matching(":hello\\?$") or
             anna.matching("message", type="error", id=ident), 30,
             "a delivery or an error")


def test_registered_again_after_restart(gateway, anna, irc, unique):
    """The registration is in the database, the password sealed in it."""
    carl = irc(unique("carl"))
    gateway.register(anna, anna.nick, password="topsecret")
    gateway.instance.stop()
    for path in gateway.instance.directory.rglob("*"):
        if path.is_file() and path.name != "spectrum2.log":
            assert b"topsecret" not in path.read_bytes(), path
    assert "topsecret" not in gateway.instance.read_log()
    gateway.instance.start()
    anna.clear()
    gateway.login(anna)
    anna.message("%s@%s" % (carl.nick, gateway.jid), "me again")
    carl.expect("^:%s!.* PRIVMSG %s :me again" % (anna.nick, carl.nick))


def test_wrong_secret(server, instances, gateway_name):
    """Told in the log, tried again with pauses; no busy loop, no exit."""
    instance = instances("gateway", "%s.%s" % (gateway_name, server.domain),
                         server, start=False, service__password="wrong")
    instance.launch()
    instance.process.wait_log("(?i)%s: .*(not-authorized|refused|secret"
                              "|handshake)" % instance.jid, 20)
    assert instance.process.running()
    assert len(instance.read_log().splitlines()) < 50


def echo_gateway(server, instances, name):
    return Gateway(server, name, instances,
                   service__backend=ECHO_BACKEND).start()


def test_contacts_come_into_the_roster(server, instances, gateway_name,
                                       accounts, unique):
    """XEP-0356 where it works; otherwise subscription requests, never
    repeated once answered."""
    gateway = echo_gateway(server, instances, gateway_name)
    anna = accounts(server, "anna")
    gateway.register(anna, unique("a"), password="pw")

    def contacts():
        roster = anna.get(None, "<query xmlns='jabber:iq:roster'/>")
        return [item for item in roster.findall("roster:item", NS)
                if item.get("jid").endswith("@" + gateway.jid) and
                item.get("subscription") in ("both", "to")]

    done = set()

    def answered():
        for request in anna.matching("presence", type="subscribe"):
            if request.get("from") not in done:
                done.add(request.get("from"))
                for kind in "subscribed", "subscribe":
                    anna.send("<presence to='%s' type='%s'/>"
                              % (request.get("from"), kind))
        return contacts()
    found = wait_for(answered, 30, "a contact in the roster")
    jid = found[0].get("jid")
    anna.expect("presence", type="", timeout=20,
                from_=lambda f: f.partition("/")[0] == jid)
    anna.message(jid, "ping?")
    anna.expect("message", lambda m: "ping?" in show(m),
                from_=lambda f: f.startswith(jid))
    asked = len(anna.matching("presence", type="subscribe",
                              from_=lambda f: f.startswith(jid)))
    gateway.instance.stop()
    anna.clear()
    gateway.instance.start()
    gateway.login(anna)
    anna.expect("presence", type="", timeout=20,
                from_=lambda f: f.partition("/")[0] == jid)
    assert len(anna.matching("presence", type="subscribe",
                             from_=lambda f: f.startswith(jid))) == asked


def test_removing_the_registration_removes_the_contacts(
        server, instances, gateway_name, accounts, unique):
    gateway = echo_gateway(server, instances, gateway_name)
    anna = accounts(server, "anna")
    gateway.register(anna, unique("a"), password="pw")

    answered = set()

    def mine():
        for request in anna.matching("presence", type="subscribe"):
            if request.get("from") not in answered:
                answered.add(request.get("from"))
                anna.send("<presence to='%s' type='subscribed'/>"
                          % request.get("from"))
        roster = anna.get(None, "<query xmlns='jabber:iq:roster'/>")
        return [item for item in roster.findall("roster:item", NS)
                if gateway.jid in item.get("jid") and
                item.get("subscription") != "none"]
    wait_for(lambda: len(mine()) >= 2, 30, "the gateway and a contact")
    end = time.monotonic() + 20
    anna.set(gateway.jid, "<query xmlns='jabber:iq:register'><remove/>"
             "</query>", timeout=20)
    wait_for(lambda: not mine() or time.monotonic() > end, 40)
    assert not mine(), [show(item) for item in mine()]


def test_every_iq_is_answered(gateway, anna):
    gateway.register(anna, anna.nick)
    targets = [gateway.jid, "x@" + gateway.jid, "#x@" + gateway.jid,
               "#x@%s/y" % gateway.jid]
    queries = ["<query xmlns='jabber:iq:version'/>",
               "<query xmlns='jabber:iq:last'/>",
               "<query xmlns='jabber:iq:search'/>",
               "<time xmlns='urn:xmpp:time'/>",
               "<ping xmlns='urn:xmpp:ping'/>",
               "<vCard xmlns='vcard-temp'/>",
               "<query xmlns='http://jabber.org/protocol/disco#info'/>",
               "<query xmlns='http://jabber.org/protocol/disco#items'/>",
               "<unknown xmlns='urn:example:unknown'/>"]
    for target in targets:
        for query in queries:
            answer = anna.iq("get", target, query, timeout=40)
            assert answer.get("from") == target, show(answer)
            if local(answer[0] if len(answer) else answer) == "unknown":
                assert condition_of(answer)[1] in (
                    "service-unavailable", "feature-not-implemented")


def test_disco_of_the_gateway(gateway, anna):
    wait_for(lambda: anna.iq("get", gateway.jid, "<query xmlns='%s'/>"
                             % NS["info"]).get("type") == "result", 20)
    query = anna.disco_info(gateway.jid)
    assert ("gateway", "irc") in {
        (i.get("category"), i.get("type"))
        for i in query.findall("info:identity", NS)}
    assert {NS["reg"], NS["gateway"], NS["muc"]} <= {
        f.get("var") for f in query.findall("info:feature", NS)}


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_server_restarted_under_traffic(own_prosody, instances, ngircd, irc,
                                        accounts, gateway_name, unique, how):
    """The XMPP server goes and comes back.  When it was killed, the session
    on the network stays and what was said to the user meanwhile is not
    lost.  When it was stopped it has told us that its users are gone."""
    carl = irc(unique("carl"))
    gateway = Gateway(own_prosody, gateway_name, instances,
                      service__irc_server="127.0.0.1:%d" % ngircd.port)
    gateway.start()
    anna = accounts(own_prosody, "anna")
    nick = unique("a")
    gateway.register(anna, nick)
    carl.say(nick, "before")
    anna.expect_body("before")
    if how == "killed":
        own_prosody.process.popen.kill()
    own_prosody.stop()
    gateway.instance.process.wait_log("(?i)lost|closed|disconnected|down",
                                      20)
    for number in range(20):
        carl.say(nick, "while away %d" % number)
    carl.sync()
    own_prosody.start()
    anna.wait_end()
    anna.login()
    if how == "killed":
        for number in range(20):
            anna.expect_body("while away %d" % number, timeout=40)
        assert not carl.matching("^:%s!.* (QUIT|NICK)" % nick)
    else:
        wait_for(lambda: len(carl.matching(" 401 ")) + len(anna.matching(
            "message", lambda m: "while away" in show(m))) >= 20, 20,
            "each to be refused or heard")
    gateway.wait_for_answers(anna)
    anna.clear()
    gateway.login(anna)
    carl.say(nick, "after")
    anna.expect_body("after", timeout=20)
    anna.message("%s@%s" % (carl.nick, gateway.jid), "and back")
    carl.expect(":and back")
