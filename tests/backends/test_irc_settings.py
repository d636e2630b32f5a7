# SPDX-License-Identifier: GPL-2.0-or-later
"""Settings of users: what they do, and the commands by which they are made."""
import time

import pytest

from irc_driver import Failed
from test_irc_backend import ANA, backend, join, server  # noqa: F401

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
    p.expect("PRIVMSG bob n0")
    time.sleep(0.5)
    assert "PRIVMSG bob n5" not in list(p.lines.queue)
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
