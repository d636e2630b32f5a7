#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A backend that echoes, and misbehaves when told to.

Everything a user writes to the contact "echo" comes back.  A body that begins
with "!" makes the process do what no backend should; BAD_START in the
configuration ([bad] start = ...) makes it do so before "initialize"."""
import os
import signal
import sys
import time

import msgpack

OUT = sys.stdout.buffer
unpacker = msgpack.Unpacker(raw=False, max_buffer_size=8 << 20)
silent = False
users = set()


def write(data):
    OUT.write(data)
    OUT.flush()


def notify(method, **params):
    write(msgpack.packb([2, method, [params]]))


def message(user, body, sender="echo"):
    notify("message", user=user, kind="chat", body=body, **{"from": sender})


def flood(user):
    """Far more than anybody reads, about users that are not ours."""
    lines = b"".join(msgpack.packb([2, "message", [{
        "user": "nobody%d@nowhere" % number, "from": "echo", "kind": "chat",
        "body": "x" * 500}]]) for number in range(1000))
    while True:
        write(lines)


def flood_own(user):
    """The same, with a user that is ours."""
    line = msgpack.packb([2, "message", [{
        "user": user, "from": "echo", "kind": "chat", "body": "y" * 500}]])
    for _ in range(200):
        write(line * 100)


def impersonate(user):
    for other in ("bert@localhost", "", "@", "localhost", "x" * 5000):
        message(other, "forged")
        notify("connected", user=other)
        notify("disconnected", user=other, reason="other")
        notify("contact", user=other, contact="forged", name="forged")


def nonsense(user):
    """Right in form, wrong in content: to be logged and ignored, or the end
    of us; never the end of anybody else."""
    notify("message", user=user)
    notify("message", user=user, kind="chat", body=5, **{"from": []})
    notify("contact", user=user, contact="", name="\u202e")
    notify("contact", user=user, contact="x" * 3000)
    notify("contact_presence", user=user, contact="echo", show="sideways")
    notify("room_occupant", user=user, room="#never-joined", nick="x")
    notify("receipt", user=user, peer="echo", id="never sent", state="read")
    notify("no_such_method", user=user)
    notify("connected", user=user)
    write(msgpack.packb([1, 4000000000, None, {}]))
    write(msgpack.packb([0, 7, "no_such_request", [{}]]))


def deaf(_user):
    os.close(0)
    while True:
        time.sleep(1)


def hang(_user):
    while True:
        signal.pause()


BAD = {
    "!garbage": lambda _: write(os.urandom(100000)),
    "!text": lambda _: write(b"printf() debugging was here\n" * 10),
    "!count": lambda _: write(b"\xdd\xff\xff\xff\xff"),
    "!length": lambda _: write(b"\x93\x02\xdb\xff\xff\xff\xf0aaaa"),
    "!deep": lambda _: write(b"\x91" * 100000),
    "!big": lambda _: write(msgpack.packb(
        [2, "message", [{"user": "x", "body": "z" * (3 << 20)}]])),
    "!utf8": lambda user: write(msgpack.packb([2, "message", [{
        b"user": user.encode(), b"from": b"echo", b"kind": b"chat",
        b"body": b"\xff\xfe\xc0\x80"}]], use_bin_type=False)),
    "!half": lambda _: (write(b"\x93\x02\xa7mess"), hang(_)),
    "!flood": flood, "!flood-own": flood_own, "!hang": hang, "!deaf": deaf,
    "!exit": lambda _: os._exit(0),
    "!fail": lambda _: os._exit(7),
    "!abort": lambda _: os.abort(),
    "!close": lambda _: (os.close(1), hang(_)),
    "!impersonate": impersonate, "!nonsense": nonsense,
    "!stderr": lambda _: os.write(2, b"noise \x1b[31m\xff\0\n" * 20000),
}


def on_request(ident, method, params):
    result = None
    if method == "initialize":
        bad = params.get("config", {}).get("bad", {}).get("start")
        if bad == "never":
            hang(None)
        elif bad == "version":
            write(msgpack.packb([1, ident, None, {"version": 99}]))
            return
        elif bad == "refuse":
            write(msgpack.packb([1, ident, {"code": "not_supported",
                                            "text": "not today"}, None]))
            return
        elif bad:
            BAD[bad](None)
        result = {"version": 1, "name": "Bad manners",
                  "features": ["contacts", "chat_states", "receipts"]}
    elif method == "ping":
        result = {"sessions": len(users)}
    write(msgpack.packb([1, ident, None, result]))
    user = params.get("user")
    if method == "login":
        users.add(user)
        if params.get("password") == "poison":
            os.abort()
        if params.get("password") == "wrong":
            notify("disconnected", user=user, reason="auth",
                   text="wrong password", retry=False)
            return
        notify("connected", user=user)
        notify("contact", user=user, contact="echo", name="Echo",
               groups=["Machines"])
        notify("contact_presence", user=user, contact="echo", show="online",
               status="here")
    elif method == "logout":
        users.discard(user)
    elif method == "message":
        body = params["body"]
        if body in BAD:
            BAD[body](user)
        elif body == "?pid":
            message(user, "pid %d" % os.getpid())
        else:
            message(user, body)


while True:
    data = os.read(0, 65536)
    if not data:
        break
    unpacker.feed(data)
    for kind, *rest in unpacker:
        if kind == 0:
            on_request(rest[0], rest[1], rest[2][0])
        elif kind == 2 and rest[0] == "exit":
            sys.exit(0)
