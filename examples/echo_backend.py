#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An echo network: everybody may log in, and the contact "echo" repeats what
it is told.  All that spectrum2-backend(7) asks of a backend is in here."""
import os
import sys
import msgpack

output, sys.stdout = sys.stdout.buffer, sys.stderr   # print() is for the log
users = set()


def send(*message):
    output.write(msgpack.packb(message))
    output.flush()


def notify(method, user, **params):
    send(2, method, [{"user": user, **params}])


def initialize(params):
    return {"version": 1, "name": "Echo", "features": ["contacts", "receipts"]}


def ping(params):
    return {"sessions": len(users)}


def login(params):
    users.add(user := params["user"])
    notify("connected", user)
    notify("contact", user, contact="echo", name="Echo", subscription="both")
    notify("contact_presence", user, contact="echo", show="online")


def logout(params):
    users.discard(params["user"])


def message(params):
    notify("message", params["user"], kind=params["kind"],
           body=params["body"], **{"from": params["to"]})
    return {"delivered": True}


requests = {f.__name__: f for f in (initialize, ping, login, logout, message)}
unpacker = msgpack.Unpacker()
while data := os.read(0, 65536):                 # none left: spectrum2 is gone
    unpacker.feed(data)
    for kind, *rest in unpacker:
        if kind == 2 and rest[0] == "exit":
            sys.exit()
        if kind == 0:
            ident, method, (params,) = rest
            if method in requests:
                send(1, ident, None, requests[method](params))
            else:
                send(1, ident, {"code": "not_supported"}, None)
