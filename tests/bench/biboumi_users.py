#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""biboumi_users.py DATABASE USERS: the users' options for biboumi, which has
no other way to switch off its limit of one message a second and its message
history.  (With the history on, a line to a room of 100 costs it forty times
as much: we compare with the better figure.)"""
import sqlite3
import sys

SERVER = {"address_": "127.0.0.1", "server_": "127.0.0.1", "ports_": "6667",
          "verifycert_": 1, "maxhistorylength_": 20, "throttlelimit_": -1}
TEXTS = ("owner_ server_ pass_ tlsports_ ports_ username_ realname_ "
         "trustedfingerprint_ encodingout_ encodingin_ address_ nick_ "
         "saslpassword_").split()
NUMBERS = "verifycert_ maxhistorylength_ throttlelimit_".split()


def main(path, users):
    database = sqlite3.connect(path)
    columns = ["%s TEXT" % name for name in TEXTS]
    columns += ["%s INTEGER" % name for name in NUMBERS]
    database.execute("CREATE TABLE ircserveroptions_ (id_ INTEGER PRIMARY "
                     "KEY AUTOINCREMENT,%s)" % ",".join(columns))
    database.execute("CREATE TABLE globaloptions_ (id_ INTEGER PRIMARY KEY "
                     "AUTOINCREMENT, owner_ TEXT, maxhistorylength_ INTEGER,"
                     "recordhistory_ INTEGER, persistent_ INTEGER)")
    names = TEXTS + NUMBERS
    for number in range(users):
        owner = "u%d@bench.local" % number
        row = {"owner_": owner, **SERVER}
        database.execute(
            "INSERT INTO ircserveroptions_(%s) VALUES(%s)"
            % (",".join(names), ",".join("?" * len(names))),
            [row.get(name, "") for name in names])
        database.execute("INSERT INTO globaloptions_(owner_,"
                         "maxhistorylength_,recordhistory_,persistent_) "
                         "VALUES(?,20,0,0)", [owner])
    database.commit()


main(sys.argv[1], int(sys.argv[2]))
