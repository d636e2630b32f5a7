# SPDX-License-Identifier: GPL-2.0-or-later
"""The networks of libpurple besides XMPP and IRC: an XMPP client on one side of
us, the network's own server or client on the other."""
import re
import socket
import subprocess
import threading

import pytest

from harness import discord, namespace
from harness.bonjour import Bonjour
from harness.gadu import GaduPerson, GaduServer
from harness.instance import PURPLE_BACKEND
from harness.kamailio import Kamailio
from harness.process import SLOWER, free_port, make_environment, wait_for
from harness.xmpp import NS, LoginFailed, body_of, quote, show
from harness.zephyr import ME, Zephyr

MISSING = namespace.missing("kamailio", "zephyrd", "zhm", "zwgc",
                            "avahi-daemon", "dbus-daemon", "cc")
# Ports and names are fixed: there is one of each.
pytestmark = [pytest.mark.xdist_group("purple_networks"),
              pytest.mark.skipif(bool(MISSING), reason=str(MISSING))]
LOCAL = "127.0.0.1"


def node(account):
    """As a user writes it (XEP-0106)."""
    return "".join("\\%02x" % ord(char) if char in "\\ \"&'/:<>@" else char
                   for char in account)


def jid(account):
    return node(account) + "@localhost"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    directory = tmp_path_factory.mktemp("place")
    namespace.prepare(directory)
    return directory


def subdirectory(place, name):
    (place / name).mkdir()
    return place / name


def purple(instances, protocol, environment=None, **settings):
    """An instance in server mode; purple__x= are the plug-in's options."""
    instance = instances("server_mode", start=False,
                         service__backend=PURPLE_BACKEND,
                         service__protocol=protocol, **settings)
    instance.environment = environment or {}
    return instance


def forgiving(instance, plugin):
    """The sanitizers are to say nothing of a plug-in that reads behind the end
    of what it got, and leaks in ways that do not tell it from others."""
    flaws = instance.directory / "flaws"
    flaws.write_text("interceptor_via_lib:%s.so\n" % plugin)
    options = make_environment(instance.directory)["ASAN_OPTIONS"]
    return {"ASAN_OPTIONS": "%s:detect_leaks=0:suppressions=%s" % (options,
                                                                   flaws)}


def leaky(instance, *plugins):
    """They forget what belongs to a login that has failed; whether that shows
    depends on what comes after it."""
    leaks = instance.directory / "leaks"
    leaks.write_text("".join("leak:%s.so\n" % one for one in plugins))
    return {"LSAN_OPTIONS": "print_suppressions=0:suppressions=%s" % leaks}


def online(client, account, **how):
    """Wait until that contact is online; returns the presence."""
    return client.expect("presence", type="", from_=jid(account) + "/bot",
                         **how)


def composing(message):
    return message.find("states:composing", NS) is not None


def type_to(client, account):
    client.send("<message to=%s type='chat'><composing xmlns='%s'/></message>"
                % (quote(jid(account)), NS["states"]))


def talk(anna, to_bert, bert, to_anna):
    """Both ways, and not as markup."""
    anna.message(to_bert, "zażółć & <b>")
    bert.expect_body("zażółć & <b>", from_=to_anna + "/bot", type="chat")
    bert.message(to_anna, "gęślą <i> &amp;")
    anna.expect_body("gęślą <i> &amp;", from_=to_bert + "/bot", type="chat")


# ------------------------------------------------------------------- SIMPLE

@pytest.fixture(scope="module")
def simple(place, shared_instances):
    server = Kamailio(subdirectory(place, "kamailio")).start()
    instance = purple(shared_instances, "prpl-simple", purple__useproxy=1,
                      purple__proxy=LOCAL, purple__port=server.port)
    yield instance.start()
    server.stop()


@pytest.mark.slow
def test_simple(simple, clients):
    anna, bert = [clients(simple, node(name + "@sip.test"))
                  for name in ("anna", "bert")]
    anna.send("<presence type='subscribe' to=%s/>"
              % quote(jid("sip:bert@sip.test")))
    # The plug-in asks who is online ten seconds after it has logged in.
    online(anna, "sip:bert@sip.test", timeout=20)
    # Not earlier: of two things that come at once it sees only the first.
    talk(anna, jid("sip:bert@sip.test"), bert, jid("sip:anna@sip.test"))
    bert.close()
    anna.expect("presence", type="unavailable",
                from_=jid("sip:bert@sip.test") + "/bot")


def test_simple_wrong_password(simple, clients):
    with pytest.raises(LoginFailed, match="not-authorized"):
        clients(simple, node("dora@sip.test"), password="wrong")


# ------------------------------------------------------------------ Bonjour

@pytest.fixture(scope="module")
def bonjour(place, shared_instances):
    server = Bonjour(subdirectory(place, "bonjour")).start()
    yield purple(shared_instances, "prpl-bonjour",
                 server.environment).start()
    server.stop()


def test_bonjour(bonjour, clients):
    """Nobody adds anybody: who is in the local network is in the roster."""
    anna, bert = [clients(bonjour, name) for name in ("anna", "bert")]
    online(anna, "bert@lan")
    online(bert, "anna@lan")
    roster = anna.get(None, "<query xmlns='jabber:iq:roster'/>")
    assert [(item.get("jid"), item.get("name")) for item in roster] == [
        (jid("bert@lan"), "bert")]
    bert.send("<presence><show>away</show><status>a &lt; b</status>"
              "</presence>")
    anna.expect("presence", lambda p: (
        p.findtext("c:show", None, NS), p.findtext("c:status", None, NS)) ==
        ("away", "a < b"), from_=jid("bert@lan") + "/bot")
    talk(anna, jid("bert@lan"), bert, jid("anna@lan"))
    bert.close()
    anna.expect("presence", type="unavailable", from_=jid("bert@lan") + "/bot")


# ------------------------------------------------------------------- Zephyr

@pytest.fixture(scope="module")
def zephyr(place, shared_instances):
    """Its library knows one user per process."""
    server = Zephyr(subdirectory(place, "zephyr")).start()
    instance = purple(shared_instances, "prpl-zephyr")
    instance.environment = forgiving(instance, "libzephyr")
    instance.server = server
    yield instance.start()
    server.stop()


@pytest.fixture
def zoe(zephyr):
    person = zephyr.server.person("zoe")
    yield person
    person.close()


def test_zephyr(zephyr, zoe, clients):
    anna, bert = clients(zephyr, "anna"), clients(zephyr, "bert")
    assert len(zephyr.backends()) >= 2
    anna.message(jid("zoe"), "hello & <b>")
    zoe.expect(ME, "hello & <b>")
    # All of our processes are the same system's user's.
    zoe.say(ME, "hi & <i>")
    anna.expect_body("hi & <i>", from_=jid("zoe@local-realm") + "/bot")
    bert.expect_body("hi & <i>", from_=jid("zoe@local-realm") + "/bot")


# ---------------------------------------------------------------- Gadu-Gadu

@pytest.fixture(scope="module")
def gadu(place, shared_instances):
    server = GaduServer({1001: "one", 2002: "two"}, {
        1001: {"nickname": "carl", "city": "Łódź"}})
    instance = purple(shared_instances, "prpl-gg", purple__gg_server=LOCAL,
                      purple__encryption="none")
    instance.server = server
    yield instance.start()
    server.close()
    assert not server.offences


@pytest.fixture
def carl(gadu, tmp_path):
    person = GaduPerson(tmp_path, gadu.server, 1001, "one")
    yield person
    person.close()


def test_gadu_contacts(gadu, carl, clients):
    server = gadu.server
    anna = clients(gadu, "2002", password="two")
    carl.say("watch", 2002)
    carl.expect("status 2002 2 $")
    anna.send("<presence type='subscribe' to='1001@localhost'/>")
    anna.expect("presence", type="subscribed", from_="1001@localhost")
    server.wait_watched(2002, 1001)
    online(anna, "1001")
    carl.say("status", 5, "na rowerze żółtym")
    anna.expect("presence", lambda p: (
        p.findtext("c:show", None, NS), p.findtext("c:status", None, NS)) ==
        ("away", "na rowerze żółtym"), from_="1001@localhost/bot")
    anna.send("<presence><show>away</show><status>obiad &lt;3</status>"
              "</presence>")
    carl.expect("status 2002 5 obiad <3$")
    card = anna.get("1001@localhost", "<vCard xmlns='vcard-temp'/>")
    assert "Łódź" in show(card)
    anna.set(None, "<query xmlns='jabber:iq:roster'><item subscription="
             "'remove' jid='1001@localhost'/></query>")
    wait_for(lambda: 1001 not in server.sessions[2002].watched, 10,
             "1001 to be forgotten")


def test_gadu_talk(gadu, carl, clients):
    anna = clients(gadu, "2002", password="two")
    anna.message(jid("1001"), "zażółć & <b>")
    carl.expect("message 2002 zażółć & <b>$")
    carl.say("typing", 2002, 3)
    anna.expect("message", composing, from_="1001@localhost/bot")
    carl.say("say", 2002, "cześć & <i>")
    anna.expect_body("cześć & <i>", from_="1001@localhost/bot", type="chat")
    type_to(anna, "1001")
    carl.expect("typing 2002 [1-9]")


def test_gadu_wrong_password(gadu, clients):
    """The plug-in does not tell that from a network that is not there."""
    with pytest.raises(LoginFailed, match="temporary-auth-failure"):
        clients(gadu, "2002", password="wrong")


def test_gadu_connection_is_lost(gadu, clients):
    """It comes back by itself, and so does the list, which only we have."""
    anna = clients(gadu, "2002", password="two")
    anna.send("<presence type='subscribe' to='1001@localhost'/>")
    gadu.server.wait_watched(2002, 1001)
    first = gadu.server.sessions[2002]
    gadu.server.drop(2002)
    wait_for(lambda: gadu.server.sessions.get(2002) not in (None, first), 20,
             "the next login")
    gadu.server.wait_watched(2002, 1001)
    anna.sync(gadu.jid)


# ------------------------------------------------------------------ Discord

@pytest.fixture(scope="module")
def discord_network(place, shared_instances):
    authority, *own = discord.make_certificates(
        subdirectory(place, "discord"))
    server = discord.DiscordServer(
        {"anna": "pw", "carl": "pw", "eve": "pw"}, *own,
        codes={"eve": "123456"})
    instance = purple(shared_instances, "prpl-eionrobb-discord",
                      purple__cacerts_dir=authority.parent)
    instance.server = server
    yield instance.start()
    server.close()
    assert not server.offences


def test_discord_contacts(discord_network, clients):
    """Friends are in the roster, their presence is seen, and one's own."""
    server = discord_network.server
    server.set_status("carl", "idle")
    anna = clients(discord_network, node("anna@mail.test"))
    server.wait_status("anna", "online")
    away = online(anna, "carl#0002")
    assert away.findtext("c:show", None, NS) == "away"
    server.set_status("carl", "offline")
    anna.expect("presence", type="unavailable",
                from_=jid("carl#0002") + "/bot")
    anna.send("<presence><show>dnd</show></presence>")
    server.wait_status("anna", "dnd")


def test_discord_talk(discord_network, clients):
    server = discord_network.server
    channel = server.dm("anna", "carl")
    anna = clients(discord_network, node("anna@mail.test"))
    anna.message(jid("carl#0002"), "zażółć & <b>")
    assert server.wait_message(channel, "zażółć & <b>") == "anna"
    server.typing("carl", channel)
    anna.expect("message", composing, from_=jid("carl#0002") + "/bot")
    server.say("carl", channel, "cześć & **wow**")
    anna.expect_body("cześć & wow", from_=jid("carl#0002") + "/bot",
                     type="chat")


def test_discord_room(discord_network, clients):
    """A channel of a guild; its name says nothing, so the list does."""
    server = discord_network.server
    server.set_status("carl", "online")
    anna = clients(discord_network, node("anna@mail.test"))
    rooms = anna.get(discord_network.jid, "<query xmlns='%s'/>" % NS["items"])
    assert [(item.get("jid"), item.get("name")) for item in rooms] == [
        ("201@localhost", "Guild / general")]
    presences, _ = anna.join("201@localhost", "anna")
    assert presences[-1].get("from") == "201@localhost/anna"
    # Some of it the plug-in hears once it is there.
    wait_for(lambda: anna.matching("presence", from_="201@localhost/carl"),
             10, "carl to be there")
    wait_for(lambda: anna.matching("message", lambda m: m.findtext(
        "c:subject", None, NS) == "About general"), 10, "the subject")
    server.say("carl", server.general, "cześć & **wow**")
    anna.expect_body("cześć & wow", from_="201@localhost/carl",
                     type="groupchat")
    anna.message("201@localhost", "zażółć & <b>", kind="groupchat")
    assert server.wait_message(server.general, "zażółć & <b>") == "anna"
    anna.expect_body("zażółć & <b>", from_="201@localhost/anna",
                     type="groupchat")


def test_discord_second_factor(discord_network, clients):
    """The plug-in's dialog is a question in a chat."""
    eve = clients(discord_network, node("eve@mail.test"))
    eve.expect("message", lambda m: "auth code" in (body_of(m) or ""))
    eve.message(discord_network.jid, "123456")
    discord_network.server.wait_status("eve", "online")


def test_discord_token_is_not_a_key(discord_network, clients):
    """What the plug-in keeps in place of the password is used, and not for
    whoever has another password."""
    server, account = discord_network.server, node("anna@mail.test")

    def passwords():
        return [body["password"] for _, path, body in server.requests
                if path.endswith("auth/login")]

    def log_in():
        anna = clients(discord_network, account)
        server.wait_status("anna", "online")
        return anna

    def log_out(anna):
        anna.close()
        server.wait_status("anna", "offline")

    log_out(log_in())
    before = passwords()
    log_out(log_in())
    assert passwords() == before
    with pytest.raises(LoginFailed, match="not-authorized"):
        clients(discord_network, account, password="wrong")
    assert passwords() == before + ["wrong"]
    anna = log_in()
    assert passwords() == before + ["wrong"]
    with pytest.raises(LoginFailed, match="not-authorized"):
        clients(discord_network, account, password="wrong")
    anna.sync(discord_network.jid)


def test_discord_wrong_password(discord_network, clients):
    with pytest.raises(LoginFailed, match="not-authorized"):
        clients(discord_network, node("carl@mail.test"), password="wrong")


# ------------------------------------------------- protocols without a peer

# What to log in as; the options are those of all.
ALONE = {
    "prpl-novell": "%(name)s",
    "prpl-meanwhile": "%(name)s:" + LOCAL,
    "prpl-sipe": "%(name)s@corp.test,%(name)s",
    "prpl-eionrobb-rocketchat": "%(name)s|" + LOCAL + ":%(port)d",
    "prpl-simple": "%(name)s@sip.test",
    "prpl-irc": "%(name)s@" + LOCAL,
    "prpl-jabber": "%(name)s@xmpp.test",
}


PACKAGED = {    # an option of each
    "prpl-bonjour": "first", "prpl-eionrobb-discord": "token",
    "prpl-eionrobb-rocketchat": "server_path", "prpl-gg": "gg_server",
    "prpl-irc": "encoding", "prpl-jabber": "connect_server",
    "prpl-meanwhile": "force_login", "prpl-mm-sms": "validity",
    "prpl-novell": "server", "prpl-simple": "useproxy",
    "prpl-sipe": "transport", "prpl-zephyr": "realm",
}


def test_packaged_protocols_are_listed():
    listed = subprocess.run([PURPLE_BACKEND, "--list-protocols"], check=True,
                            capture_output=True, text=True).stdout
    found = {part.split()[0]: part for part in listed.split("\n\n") if part}
    for protocol, option in PACKAGED.items():
        assert re.search(r"(?m)^ +%s " % option, found[protocol]), protocol


class Listener:
    """Something on a port that is no server of any of these networks."""

    def __init__(self, port, says):
        self.says, self.taken = says, []
        self.sock = socket.create_server((LOCAL, port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            says = self.says
            self.taken.append(sock)
            if says is not None:
                sock.recv(1000)         # in all of them the client begins
                sock.sendall(says)
                sock.close()

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        for sock in self.taken:
            sock.close()


@pytest.fixture(scope="module")
def alone(place, shared_instances):
    instance = purple(shared_instances, "any",
                      service__login_timeout=5 * SLOWER,
                      purple__port=free_port(), purple__connect_server=LOCAL,
                      purple__server=LOCAL, purple__transport="tcp",
                      purple__useproxy=1, purple__proxy=LOCAL)
    instance.environment = leaky(instance, "librocketchat", "libnovell")
    return instance.start()


def begin(alone, raw, protocol, name):
    """Log in to that, with what alone's settings say."""
    stream = raw(alone)
    stream.open()
    account = ALONE[protocol] % {"name": name,
                                 "port": alone.settings["purple.port"]}
    stream.plain(node("%s.%s" % (protocol, account)), "pw")
    return stream


def why(stream):
    """What the client is told."""
    return stream.expect("<failure.*<text[^>]*>(.*)</text></failure>",
                         20).group(1)


@pytest.mark.parametrize("protocol", ALONE)
def test_closed_port_is_told(alone, raw, protocol):
    assert re.search("(?i)connect", why(begin(alone, raw, protocol, "anna")))


@pytest.mark.slow
def test_bad_server_is_told(alone, raw):
    """One that says garbage, and one that says nothing.  There are plug-ins
    that do not notice the end of a connection before the login."""
    listener = Listener(int(alone.settings["purple.port"]),
                        b"\0\xff\x80<garbage>\r\n" * 200)
    garbage = {protocol: begin(alone, raw, protocol, "bert")
               for protocol in ALONE}
    wait_for(lambda: len(listener.taken) >= len(ALONE), 10, "all to connect")
    # Some connect twice; who has been told has surely heard the garbage.
    may_be_deaf = {"prpl-simple", "prpl-sipe"}
    for protocol, stream in garbage.items():
        if protocol not in may_be_deaf:
            assert "did not answer" not in why(stream), protocol
    listener.says = None
    silence = [begin(alone, raw, protocol, "carl") for protocol in ALONE]
    for stream in silence:
        assert "did not answer" in why(stream)
    for protocol in may_be_deaf:
        why(garbage[protocol])
    listener.close()


def test_crash_is_told(alone, raw):
    """Without a message bus this plug-in aborts: a matter of one user."""
    stream = raw(alone)
    stream.open()
    stream.plain("prpl-mm-sms.anna", "pw")
    assert "disturbed others" in why(stream)
