# SPDX-License-Identifier: GPL-2.0-or-later
"""Settings of users: what they do, and the commands by which they are made."""
import hashlib
import ssl
import time

import pytest

from harness.process import SLOWER
from irc_driver import Failed, Server
from test_irc_backend import ANA, join

ROOM = "#c"


def log_in(backend, server, settings=None, **service):
    """ana on a fixed network, and her connection."""
    b = backend(irc_server=server.address, irc_who_max=0, **service)
    b.login(ANA, "ana", settings=settings or {})
    p = server.peer()
    p.welcome(None, "PREFIX=(qaohv)~&@%+", "CASEMAPPING=rfc1459")
    b.wait("connected", user=ANA)
    return b, p


def change(b, **setting):
    b.notify("setting", user=ANA, **setting)
    b.call("contact_update", user=ANA, contact="x")     # in order


def hears(b, p, raw, room=ROOM):
    """The body of a message in a room that comes as these bytes."""
    p.raw(b":bob!b@h PRIVMSG " + room.encode() + b" :" + raw + b"\r\n")
    return b.wait("message", **{"from": room, "nick": "bob"})["body"]


def says(b, p, body, room=ROOM):
    """The bytes that a message in a room becomes."""
    b.start("message", user=ANA, to=room, kind="groupchat", body=body)
    line = p.expect("PRIVMSG " + room)
    text = line[len("PRIVMSG %s " % room):].removeprefix(":")
    return text.encode(p.charset)


# -------------------------------------------------------------------- encoding

def test_encoding_both_ways(backend, server):
    b, p = log_in(backend, server, {"encoding": "KOI8-R"})
    join(b, p)
    word = "привет"
    assert hears(b, p, word.encode("koi8-r")) == word
    assert hears(b, p, word.encode()) == word           # UTF-8 is UTF-8
    p.charset = "latin-1"
    assert says(b, p, word) == word.encode("koi8-r")
    # What the set does not have becomes something similar.
    assert says(b, p, "да \N{SNOWMAN}!") == \
        "да ".encode("koi8-r") + b"?!"
    assert says(b, p, "plain") == b"plain"
    # What becomes similar must not become a second parameter.
    assert says(b, p, "да\N{IDEOGRAPHIC SPACE}да") == \
        "да да".encode("koi8-r")
    p.charset = "utf-8"
    b.start("message", user=ANA, to="боб\N{FULLWIDTH COMMA}", kind="chat",
            body="hi")
    assert p.expect("PRIVMSG бо").split()[1] == "боб\N{FULLWIDTH COMMA}"


def test_encoding_unset_is_utf8_then_cp1252(backend, server):
    b, p = log_in(backend, server)
    join(b, p)
    assert hears(b, p, b"caf\xe9 \x80") == "café €"
    assert says(b, p, "привет") == "привет".encode()


def test_encoding_of_a_room(backend, server):
    b, p = log_in(backend, server, {
        "encoding": "CP1251", "encoding/#c": "ISO-8859-15"})
    join(b, p)
    join(b, p, "#d")
    assert hears(b, p, b"\xa4", "#c") == "€"
    assert hears(b, p, b"\xef\xf0", "#d") == "пр"
    # Changed while it is used; then forgotten.
    change(b, name="encoding/#c", value="CP1252")
    assert hears(b, p, b"\xa4", "#c") == "¤"
    change(b, name="encoding/#c")
    assert hears(b, p, b"\xef\xf0", "#c") == "пр"
    change(b, name="encoding", value="klingon")
    assert hears(b, p, b"\xef\xf0", "#c") == "пр"


def test_encoding_with_states(backend, server):
    b, p = log_in(backend, server, {"encoding": "ISO-2022-JP"})
    join(b, p)
    word = "日本語"
    assert hears(b, p, word.encode("iso-2022-jp") + b" ok") == word + " ok"
    p.charset = "latin-1"
    assert says(b, p, word) == word.encode("iso-2022-jp")


def test_encoding_of_rubbish(backend, server):
    b, p = log_in(backend, server, {"encoding": "GB18030"})
    join(b, p)
    assert "ok" in hears(b, p, b"\xff\x81\xfe\x00ok")
    assert hears(b, p, b"\x81") == "?"
    # What would not fit a line any more goes as UTF-8 rather than be cut.
    p.charset = "latin-1"
    text = "ä" * 200
    sent = says(b, p, text)
    assert text.encode().startswith(sent)


# -------------------------------------------------------------------- throttle

def test_throttle_of_a_user(backend, server):
    b, p = log_in(backend, server, {
        "throttle_burst": "3", "throttle_rate": "0.2"},
        irc_flood_burst=0)
    for i in range(6):
        b.start("message", user=ANA, to="bob", kind="chat", body="n%d" % i)
    assert "slowly: 3 will" in b.wait("message", kind="chat")["body"]
    p.send("PING now")
    sent = [p.line() for _ in range(3)]
    assert sent[2].startswith("PONG now"), sent
    change(b, name="throttle_rate", value="50")
    p.expect("PRIVMSG bob n5")


# --------------------------------------------------------------- after_connect

def test_after_connect(backend, server):
    b = backend(irc_server=server.address, irc_who_max=0)
    b.login(ANA, "ana", settings={"after_connect":
            "MODE $nick +B\nPRIVMSG NickServ :identify $nick geheim"})
    r = b.start("room_join", user=ANA, room="#c", nick="ana")
    p = server.peer()
    p.welcome("ana", "CASEMAPPING=ascii")
    lines = []
    while not lines or not lines[-1].startswith("JOIN"):
        lines.append(p.line())
    lines = [l for l in lines if l.split()[0] in ("MODE", "PRIVMSG", "JOIN")]
    assert lines == ["MODE ana +B", "PRIVMSG NickServ :identify ana geheim",
                     "JOIN #c"]
    p.joined("#c", "ana")
    b.finish(r)


# -------------------------------------------------------------------- commands

def run(b, name, **more):
    return b.call("command", user=ANA, name=name, **more)


def fields(form):
    return {f["var"]: f for f in form["fields"]}


def kept(b):
    """Settings that the main process was asked to keep since the last call."""
    with b.changed:
        found = [p for m, p in b.events if m == "setting"]
        b.events[:] = [(m, p) for m, p in b.events if m != "setting"]
    return {p["name"]: (p.get("value"), p.get("secret", False))
            for p in found}


def test_offered(backend, server):
    b = backend(irc_server=server.address)
    on = {c["name"]: c["on"] for c in b.can["commands"]}
    assert on == {
        "configure": ["gateway", "network"],
        "client-certificate": ["gateway", "network"],
        "get-irc-connection-info": ["network"],
        "reconnect": ["network"],
        "disconnect-from-irc-server": ["gateway", "network"]}
    with pytest.raises(Failed) as e:
        run(b, "configure")
    assert e.value.code == "not_connected"
    b.login(ANA, "ana")
    with pytest.raises(Failed) as e:
        run(b, "configurate")
    assert e.value.code == "not_found"


def test_configure_one_network(backend, server):
    b, p = log_in(backend, server, {"nick": "anna", "server_password": "geheim"})
    form = run(b, "configure")
    f = fields(form)
    assert f["nick"]["value"] == "anna"
    assert {"ports", "tls_fingerprint", "after_connect", "encoding"} <= set(f)
    assert f["server_password"]["type"] == "secret"
    assert "is set" in f["server_password"]["label"]
    assert "value" not in f["server_password"]
    assert [o["value"] for o in f["forget"]["options"]] == ["server_password"]
    assert f["tls_verify"]["options"][0] == {
        "value": "", "label": "yes, usual here"}
    assert "geheim" not in repr(form)
    assert run(b, "configure", session=form["session"], action="cancel",
               arguments={"nick": "anna"}) is None
    assert kept(b) == {}

    done = run(b, "configure", session=form["session"], arguments={
        "nick": "anna", "username": " ana ", "encoding": "CP1251",
        "server_password": "", "tls_verify": "0", "throttle_burst": "20"})
    assert "username, tls_verify" in done["text"]
    assert kept(b) == {
        "username": ("ana", False), "encoding": ("CP1251", False),
        "tls_verify": ("0", False), "throttle_burst": ("20", False)}
    join(b, p)
    assert hears(b, p, b"\xef\xf0") == "пр"         # at once
    done = run(b, "configure", arguments={
        "forget": "server_password", "nick": "", "sasl_password": "tür"})
    assert kept(b) == {"server_password": (None, True), "nick": (None, False),
                       "sasl_password": ("tür", True)}
    # As it is now: nothing to be done.
    assert run(b, "configure", arguments={"username": "ana"})["text"] == \
        "Saved."
    assert kept(b) == {}


def test_setname(backend, server):
    b = backend(irc_server=server.address, irc_who_max=0)
    b.login(ANA, "ana")
    p = server.peer()
    p.expect("NICK")
    p.send(":irc.test CAP * LS :setname")
    p.expect("CAP REQ")
    p.send(":irc.test CAP * ACK :setname")
    p.expect("CAP END")
    p.send(":irc.test 001 ana :Welcome")
    b.wait("connected", user=ANA)
    done = run(b, "configure", arguments={"realname": "Ana Pla"})
    assert done["text"] == "Saved."
    p.expect("SETNAME :Ana Pla")


def test_configure_says_what_is_wrong(backend, server):
    b, p = log_in(backend, server, {"nick": "anna"})
    form = run(b, "configure", arguments={
        "nick": "a b", "ports": "70000", "realname": "Ana",
        "server_password": "geheim", "encoding": "UTF-16",
        "client_certificate": "-----BEGIN"})
    assert form["refused"] is True
    assert form["text"].count("\n") == 3
    for label in "Nick:", "Ports", "Character set", "Client certificate":
        assert label in form["text"]
    f = fields(form)
    assert f["nick"]["value"] == "a b" and f["realname"]["value"] == "Ana"
    assert "geheim" not in repr(form)
    assert kept(b) == {}
    assert fields(run(b, "configure"))["nick"]["value"] == "anna"


def test_configure_servers(backend, server):
    b = backend()
    b.login(ANA, "ana")
    target = server.address
    f = fields(run(b, "configure"))
    assert "nick" in f and "sasl_password" not in f and "ports" in f
    run(b, "configure", arguments={"nick": "anna", "encoding": "CP1251"})
    # What is only for one server is not taken for all.
    run(b, "configure", arguments={"sasl_password": "geheim"})
    assert set(kept(b)) == {"nick", "encoding"}
    f = fields(run(b, "configure", target=target))
    assert f["nick"]["value"] == ""
    assert "anna, as in your settings" in f["nick"]["label"]
    assert run(b, "configure", target=target, arguments={
        "nick": "anny", "sasl_password": "geheim"})["text"] == "Saved."
    assert kept(b) == {"nick/" + target: ("anny", False),
                       "sasl_password/" + target: ("geheim", True)}
    assert fields(run(b, "configure", target=target.upper()))["nick"][
        "value"] == "anny"
    for bad in "a@b", "a b", "x/y", "":
        with pytest.raises(Failed) as e:
            run(b, "configure", target=bad)
        assert e.value.code == "not_found"


def test_usual_port_is_the_same_server(backend):
    server = Server(6667, "127.0.0.9")
    try:
        b = backend()
        b.login(ANA, "ana", settings={"nick/127.0.0.9": "anny",
                                      "sasl/127.0.0.9": "plain",
                                      "sasl/127.0.0.9:6667": "off"})
        f = fields(run(b, "configure", target="127.0.0.9:6667"))
        assert "anny, as without the port" in f["nick"]["label"]
        assert f["sasl"]["value"] == "off"
        b.start("room_join", user=ANA, room="#c@127.0.0.9:6667", nick="ana")
        p = server.peer()
        p.welcome()
        assert p.nick == "anny"
        run(b, "configure", target="127.0.0.9", arguments={"nick": "annie"})
        assert p.expect("NICK") == "NICK annie"
        run(b, "configure", target="127.0.0.9:6667",
            arguments={"nick": "anno"})
        assert p.expect("NICK") == "NICK anno"
        p.send(":anny!u@h NICK anno")
        run(b, "configure", target="127.0.0.9", arguments={"nick": "ann"})
        run(b, "configure", target="127.0.0.9:6667",
            arguments={"nick": "anja"})
        assert p.expect("NICK") == "NICK anja"
    finally:
        server.close()


def test_room_form(backend, server):
    b, p = log_in(backend, server, {"encoding": "CP1251"})
    form = b.call("room_config", user=ANA, room="#c")       # not in it
    f = fields(form)
    assert list(f) == ["encoding"]
    assert "CP1251, as in your settings" in f["encoding"]["label"]
    b.call("room_config_set", user=ANA, room="#C",
           values={"encoding": "ISO-8859-15"})
    assert kept(b) == {"encoding/#c": ("ISO-8859-15", False)}
    join(b, p)
    assert hears(b, p, b"\xa4") == "€"
    with pytest.raises(Failed) as e:
        b.call("room_config_set", user=ANA, room="#c",
               values={"encoding": "klingon"})
    assert e.value.code == "not_acceptable"
    assert "Character set" in e.value.text
    b.call("room_config_set", user=ANA, room="#c", values={"encoding": ""})
    assert kept(b) == {"encoding/#c": (None, False)}


def test_connection_info(backend, server):
    b, p = log_in(backend, server)
    join(b, p)
    r = b.start("command", user=ANA, name="get-irc-connection-info")
    p.expect("PING spectrum/lag")
    p.send(":irc.test PONG irc.test spectrum/lag")
    text = b.finish(r)["text"]
    for part in ("Connection: up", "Connected since: 2", "Nick: ana",
                 "Rooms: 1: #c", "Lag: ", "Encryption: none",
                 "Server: 127.0.0.1, port %s" % server.address.split(":")[1],
                 "Capabilities:"):
        assert part in text
    p.close()
    b.wait("room_closed", room="#c")
    r = run(b, "get-irc-connection-info")
    assert "Connection: lost" in r["text"]
    assert "The last one ended:" in r["text"]


def test_reconnect(backend, server):
    b, p = log_in(backend, server)
    join(b, p)
    run(b, "configure", arguments={"realname": "Ana"})
    assert "again" in run(b, "reconnect")["text"]
    p.expect("QUIT")
    p.send("ERROR :Closing link")
    p.hang_up()
    b.wait("room_closed", room="#c", retry=True)
    run(b, "reconnect")             # now rather than later
    q = server.peer()
    q.welcome()
    q.expect("JOIN #c")


@pytest.mark.slow
def test_reconnect_that_is_ignored(backend, server):
    """The server takes the QUIT and says nothing."""
    b, p = log_in(backend, server)
    join(b, p)
    run(b, "reconnect")
    p.expect("QUIT")
    run(b, "reconnect")
    start = time.monotonic()
    assert "QUIT" not in p.rest()
    assert time.monotonic() - start < 4 * SLOWER
    b.wait("room_closed", room="#c", retry=True)
    q = server.peer()
    q.welcome()
    q.expect("JOIN #c")
    q.joined("#c", "ana")
    b.wait("room_occupant", nick="ana")
    # It is not taken for the one that was left.
    time.sleep(2.5)
    q.send("PING still")
    q.expect("PONG still")


def test_reconnect_one_of_many(backend, server):
    other = Server()
    try:
        b = backend()
        b.login(ANA, "ana")
        peers = {}
        for s in server, other:
            r = b.start("room_join", user=ANA, room="#c@" + s.address,
                        nick="ana")
            peers[s] = s.peer()
            peers[s].welcome()
            peers[s].expect("JOIN")
            peers[s].joined("#c", "ana")
            b.finish(r)
        for target in "irc.example", "127.0.0.1:1":
            with pytest.raises(Failed):
                run(b, "get-irc-connection-info", target=target)
        run(b, "reconnect", target=other.address.upper())
        peers[other].expect("QUIT")
        peers[other].hang_up()
        b.wait("room_closed", room="#c@" + other.address, retry=True)
        q = other.peer()
        q.welcome()
        q.expect("JOIN #c")
        # The other one has not noticed.
        peers[server].send("PING here")
        peers[server].expect("PONG here")
    finally:
        other.close()


def test_disconnect_one_network(backend, server):
    b, p = log_in(backend, server)
    form = run(b, "disconnect-from-irc-server")
    assert list(fields(form)) == ["quit-message"]
    run(b, "disconnect-from-irc-server", arguments={"quit-message": "bye"})
    assert p.expect("QUIT").split(":", 1)[-1] in ("bye", "QUIT bye")
    p.hang_up()
    gone = b.wait("disconnected", user=ANA)
    assert not gone.get("retry")


def test_disconnect_some(backend, server):
    b = backend()
    b.login(ANA, "ana")
    assert "not connected" in run(b, "disconnect-from-irc-server")["text"]
    r = b.start("room_join", user=ANA, room="#c@" + server.address,
                nick="ana")
    p = server.peer()
    p.welcome()
    p.expect("JOIN")
    p.joined("#c", "ana")
    b.finish(r)
    form = run(b, "disconnect-from-irc-server")
    servers = fields(form)["irc-servers"]
    assert [o["value"] for o in servers["options"]] == [server.address]
    form = run(b, "disconnect-from-irc-server",
               arguments={"irc-servers": "irc.other", "quit-message": ""})
    assert form["refused"] is True and "irc-servers" in fields(form)
    run(b, "disconnect-from-irc-server", arguments={
        "irc-servers": server.address, "quit-message": "bye"})
    b.wait("room_closed", room="#c@" + server.address)
    p.expect("QUIT")
    p.hang_up()
    with pytest.raises(Failed):
        run(b, "get-irc-connection-info", target=server.address)


def test_nick_at_once(backend, server):
    b, p = log_in(backend, server)
    assert run(b, "configure", arguments={"nick": "anna"})["text"] == "Saved."
    p.expect("NICK anna")
    p.send(":ana!a@h NICK anna")
    p.nick = "anna"
    # And wanted again after the connection was lost.
    join(b, p, "#c", "anna")
    p.close()
    q = server.peer()
    assert q.expect("NICK") == "NICK anna"


@pytest.mark.parametrize("line", [
    ":irc.test 433 ana anna :Nickname is already in use.",
    ":irc.test 432 ana anna :Nickname is already in use.",
    ":irc.test 438 ana anna :Nickname is already in use.",
    "FAIL NICK NICKNAME_IN_USE anna :Nickname is already in use."])
def test_nick_refused_later(backend, server, line):
    """The form was answered long ago; the user is told all the same."""
    b, p = log_in(backend, server)
    run(b, "configure", arguments={"nick": "anna"})
    p.expect("NICK anna")
    p.send(line)
    told = b.wait("message", kind="chat", **{"from": "127.0.0.1"})
    assert told["body"] == ("You cannot be called anna here: "
                            "Nickname is already in use.")
    # A refusal that somebody waits for is theirs alone.
    r = b.start("room_nick", user=ANA, room="#c", nick="eve")
    with pytest.raises(Failed):
        b.finish(r)


def test_client_certificate(backend, server):
    b, p = log_in(backend, server)
    assert fields(run(b, "client-certificate"))["make"]["value"] == "1"
    assert run(b, "client-certificate", arguments={"make": "0"})["text"] == \
        "There is none."
    text = run(b, "client-certificate", arguments={"make": "1"})["text"]
    (name, (pem, secret)), = kept(b).items()
    assert name == "client_certificate" and secret
    assert "PRIVATE KEY" in pem and "PRIVATE" not in text
    der = ssl.PEM_cert_to_DER_cert(
        pem[pem.index("-----BEGIN CERTIFICATE"):
            pem.index("-----END CERTIFICATE-----") + 25])
    assert "sha256: " + hashlib.sha256(der).hexdigest() in text
    assert fields(run(b, "client-certificate"))["make"]["value"] == "0"
    again = run(b, "client-certificate", arguments={"make": "0"})["text"]
    assert hashlib.sha256(der).hexdigest() in again
    assert kept(b) == {}
