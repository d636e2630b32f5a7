# SPDX-License-Identifier: GPL-2.0-or-later
"""Settings of users all the way: the form of a client, the backend's table, the
database, a restart, and what a server of IRC sees of them."""
import glob

import pytest

from harness.process import wait_for
from harness.xmpp import NS, condition_of, escape, quote, show
from test_gateway import Gateway, server        # noqa: F401

COMMANDS = "http://jabber.org/protocol/commands"
OWNER = "http://jabber.org/protocol/muc#owner"
SECRET = "gehe1m-0815"


def submitted(values):
    return "<x xmlns='jabber:x:data' type='submit'>%s</x>" % "".join(
        "<field var=%s>%s</field>" % (quote(var), "".join(
            "<value>%s</value>" % escape(line)
            for line in value.split("\n")))
        for var, value in values.items())


def command(client, jid, node, values=None, attributes=""):
    answer = client.iq("set", jid, "<command xmlns='%s' node='%s' %s>%s"
                       "</command>" % (COMMANDS, node, attributes,
                                       submitted(values) if values else ""))
    assert answer.get("from") == jid
    assert answer.get("type") == "result", show(answer)
    return answer[0]


def fields(parent):
    return {f.get("var"): f for f in parent.findall("x:x/x:field", NS)}


def value(parent, var):
    return fields(parent)[var].findtext("x:value", None, NS)


def note(answer):
    found = answer.find("{%s}note" % COMMANDS)
    return (found.get("type"), found.text) if found is not None else None


def owner_form(client, room):
    return client.get(room, "<query xmlns='%s'/>" % OWNER)


def owner_set(client, room, **values):
    return client.iq("set", room, "<query xmlns='%s'>%s</query>" % (
        OWNER, submitted(values)))


def stored(instance):
    """All bytes of the database."""
    found = b""
    for path in glob.glob("%s/database.sql*" % instance.directory):
        with open(path, "rb") as f:
            found += f.read()
    return found


class Scene:
    def __init__(self, instance, clients, nick, carl, port, channel):
        self.instance, self.nick, self.carl = instance, nick, carl
        self.clients = clients
        self.server = "127.0.0.1\\3a%d@localhost" % port
        self.room = "%s%%%s" % (channel, self.server)
        self.channel = channel
        self.log_in()

    def log_in(self):
        self.anna = self.clients(self.instance, self.nick, resource="one")

    def restart(self):
        self.anna.close()
        self.instance.stop()
        self.instance.start()
        self.log_in()


@pytest.fixture
def scene(instances, ngircd, clients, irc, unique):
    carl, channel = irc(unique("carl")), "#" + unique("room")
    carl.join(channel)
    return Scene(instances("server_mode"), clients, unique("anna"), carl,
                 ngircd.port, channel)


def test_from_the_form_over_a_restart_to_the_server(scene):
    form = command(scene.anna, scene.server, "configure")
    assert form.get("status") == "executing"
    assert form.find("{%s}actions/{%s}complete" % (COMMANDS, COMMANDS)) \
        is not None
    assert {"nick", "sasl_password", "ports", "tls", "encoding",
            "throttle_burst"} <= set(fields(form))
    done = command(scene.anna, scene.server, "configure", {
        "after_connect": "PRIVMSG %s :%s of $nick" % (scene.carl.nick,
                                                      SECRET),
        "encoding": "KOI8-R", "nick": "", "sasl_password": SECRET,
        "sasl": "off"}, "sessionid=%s" % quote(form.get("sessionid")))
    assert done.get("status") == "completed"
    assert note(done)[0] == "info" and "Saved" in note(done)[1]
    scene.anna.join(scene.room, scene.nick)
    told = "PRIVMSG %s :%s of %s" % (scene.carl.nick, SECRET, scene.nick)
    scene.carl.expect(told)
    form = command(scene.anna, scene.server, "configure")
    assert value(form, "encoding") == "KOI8-R"
    assert SECRET not in show(form)
    assert {o.findtext("x:value", None, NS) for o in fields(form)[
        "forget"].findall("x:option", NS)} == {"sasl_password",
                                               "after_connect"}
    scene.restart()
    assert SECRET.encode() not in stored(scene.instance)
    assert b"$sp2$1$" in stored(scene.instance)
    assert b"KOI8-R" in stored(scene.instance)
    scene.anna.join(scene.room, scene.nick)
    wait_for(lambda: len(scene.carl.matching(told)) == 2, 10,
             "what is done after connecting")
    # Forgotten, it is gone from the database, too.
    command(scene.anna, scene.server, "configure", {
        "forget": "sasl_password\nafter_connect"})
    scene.restart()
    assert b"after_connect" not in stored(scene.instance)
    assert SECRET not in scene.instance.read_log()


def test_a_bad_value_is_pointed_out(scene):
    command(scene.anna, scene.server, "configure", {"encoding": "CP1251"})
    form = command(scene.anna, scene.server, "configure", {
        "nick": "a b", "encoding": "klingon", "realname": "Anna",
        "server_password": SECRET})
    assert form.get("status") == "executing"
    kind, text = note(form)
    assert kind == "error"
    assert "Nick: want" in text and "Character set" in text
    assert "Real name" not in text
    # What was typed is still there, and none of it is kept.
    assert value(form, "nick") == "a b" and value(form, "realname") == "Anna"
    assert SECRET not in show(form)
    form = command(scene.anna, scene.server, "configure")
    assert value(form, "encoding") == "CP1251"
    assert not value(form, "realname")
    # The same for what is the gateway's own.
    form = command(scene.anna, scene.server, "settings", {
        "record_history": "0", "max_history_length": "lots"})
    assert note(form)[0] == "error" and "number" in note(form)[1]
    assert value(command(scene.anna, scene.server, "settings"),
                 "record_history") == ""


def test_room_before_server_before_user(scene):
    """In the form of a room, without being in it."""
    def shown():
        label = fields(owner_form(scene.anna, scene.room))[
            "max_history_length"].get("label")
        return label.split("empty: ")[1]
    assert "usual here" in shown()
    command(scene.anna, "localhost", "settings", {"max_history_length": "7"})
    assert "7, as in your settings" in shown()
    command(scene.anna, scene.server, "settings", {"max_history_length": "8"})
    assert "8, as set for its server" in shown()
    answer = owner_set(scene.anna, scene.room, max_history_length="9",
                       record_history="0", encoding="ISO-8859-15")
    assert answer.get("type") == "result", show(answer)
    scene.restart()
    form = owner_form(scene.anna, scene.room)
    assert value(form, "max_history_length") == "9"
    assert value(form, "record_history") == "0"
    assert value(form, "persistent") == ""
    assert value(form, "encoding") == "ISO-8859-15"
    # By the command, with the same fields.
    assert set(fields(command(scene.anna, scene.room, "configure"))) == \
        set(fields(form))
    done = command(scene.anna, scene.room, "configure", {
        "max_history_length": "", "encoding": ""})
    assert done.get("status") == "completed"
    assert "8, as set for its server" in shown()
    answer = owner_set(scene.anna, scene.room, encoding="klingon",
                       record_history="1")
    assert condition_of(answer)[1] == "not-acceptable"
    assert "Character set" in show(answer)
    assert value(owner_form(scene.anna, scene.room), "record_history") == "0"


def test_encoding_of_a_room_applies_at_once(scene, ngircd):
    scene.anna.join(scene.room, scene.nick)
    scene.carl.expect("JOIN")
    owner_set(scene.anna, scene.room, encoding="CP1251")
    # What has been answered by the backend is behind that.
    command(scene.anna, scene.server, "get-irc-connection-info")
    scene.carl.sock.sendall(b"PRIVMSG %s :\xef\xf0\xe8\r\n"
                            % scene.channel.encode())
    scene.anna.expect_body("при")


def test_where_commands_are(scene):
    def nodes(jid):
        query = scene.anna.get(jid, "<query xmlns='%s' node='%s'/>" % (
            NS["items"], COMMANDS))
        assert all(i.get("jid") == jid for i in query)
        return {i.get("node") for i in query}
    assert {"settings", "configure", "disconnect-from-irc-server"} <= \
        nodes("localhost")
    assert {"settings", "configure", "get-irc-connection-info", "reconnect",
            "disconnect-from-irc-server"} <= nodes(scene.server)
    assert "configure" in nodes(scene.room)
    for jid in "localhost", scene.server, scene.room:
        assert COMMANDS in scene.anna.features(jid)
        info = scene.anna.disco_info(jid, "configure")
        identity = info.find("info:identity", NS)
        assert identity.get("type") == "command-node"
    assert condition_of(scene.anna.iq(
        "set", scene.room, "<command xmlns='%s' node='reconnect'/>"
        % COMMANDS))[1] == "item-not-found"


def test_connection_info_and_leaving(scene):
    scene.anna.join(scene.room, scene.nick)
    kind, text = note(command(scene.anna, scene.server,
                              "get-irc-connection-info"))
    assert "Connection: up" in text and scene.channel in text
    assert "Lag: " in text and "Nick: " + scene.nick in text
    form = command(scene.anna, "localhost", "disconnect-from-irc-server")
    options = [o.findtext("x:value", None, NS) for o in
               fields(form)["irc-servers"].findall("x:option", NS)]
    done = command(scene.anna, "localhost", "disconnect-from-irc-server", {
        "irc-servers": options[0], "quit-message": "so long"})
    assert done.get("status") == "completed"
    scene.carl.expect("QUIT.*so long")
    scene.anna.expect("presence", type="unavailable",
                      from_=scene.room + "/" + scene.nick)


# ---------------------------------------------------------------- gateway mode

@pytest.fixture
def gateway(server, instances, ngircd, gateway_name):     # noqa: F811
    return Gateway(server, gateway_name, instances, identity__type="irc",
                   service__irc_server="127.0.0.1:%d" % ngircd.port).start()


def test_one_network_behind_a_server(gateway, accounts, unique, irc):
    """With one network its commands are the gateway's."""
    anna, nick = accounts(gateway.server, "anna", resource="one"), unique("a")
    gateway.register(anna, nick)
    room = "#" + unique("room") + "@" + gateway.jid
    answer = owner_set(anna, room, encoding="CP1251", record_history="0")
    assert answer.get("type") == "result", show(answer)
    done = command(anna, gateway.jid, "configure", {
        "encoding": "KOI8-R", "sasl_password": SECRET, "sasl": "off"})
    assert note(done)[0] == "info"
    assert note(command(anna, gateway.jid, "get-irc-connection-info"))
    gateway.instance.stop()
    assert SECRET.encode() not in stored(gateway.instance)
    gateway.start()
    gateway.wait_for_answers(anna)
    gateway.login(anna)
    # Until the login is done the form has the gateway's own part only.
    wait_for(lambda: "encoding" in show(anna.iq(
        "get", room, "<query xmlns='%s'/>" % OWNER)), 20, "anna's session")
    form = owner_form(anna, room)
    assert value(form, "encoding") == "CP1251"
    assert value(form, "record_history") == "0"
    assert value(command(anna, gateway.jid, "configure"),
                 "encoding") == "KOI8-R"
