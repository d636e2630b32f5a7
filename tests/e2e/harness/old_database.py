# SPDX-License-Identifier: GPL-2.0-or-later
"""A database as the C++ program made it."""
import sqlite3

TABLES = """
CREATE TABLE users (id INTEGER PRIMARY KEY NOT NULL, jid varchar(255) NOT NULL,
 uin varchar(4095) NOT NULL, password varchar(255) NOT NULL,
 language varchar(25) NOT NULL, encoding varchar(50) NOT NULL DEFAULT 'utf8',
 last_login datetime, vip int(1) NOT NULL DEFAULT '0',
 online int(1) NOT NULL DEFAULT '0');
CREATE TABLE buddies (id INTEGER PRIMARY KEY NOT NULL,
 user_id int(10) NOT NULL, uin varchar(255) NOT NULL,
 subscription varchar(20) NOT NULL, nickname varchar(255) NOT NULL,
 groups varchar(255) NOT NULL, flags int(4) NOT NULL DEFAULT '0');
CREATE TABLE buddies_settings (user_id int(10) NOT NULL,
 buddy_id int(10) NOT NULL, var varchar(50) NOT NULL, type int(4) NOT NULL,
 value varchar(255) NOT NULL, PRIMARY KEY (buddy_id, var));
CREATE TABLE users_settings (user_id int(10) NOT NULL,
 var varchar(50) NOT NULL, type int(4) NOT NULL,
 value varchar(4095) NOT NULL, PRIMARY KEY (user_id, var));
CREATE TABLE db_version (ver INTEGER NOT NULL DEFAULT '3');
CREATE UNIQUE INDEX user_id ON buddies (user_id, uin);
CREATE INDEX user_id02 ON buddies_settings (user_id);
CREATE UNIQUE INDEX jid ON users (jid);
CREATE INDEX user_id03 ON users_settings (user_id);
REPLACE INTO db_version (ver) VALUES (3);
"""


def old_database(instance, *users, buddies=()):
    """users: (JID here, name there, password); buddies of the first of them:
    (name there, nickname, group, flags)."""
    base = sqlite3.connect(str(instance.directory / "database.sql"))
    base.executescript(TABLES)
    for number, user in enumerate(users, 1):
        base.execute("INSERT INTO users (id, jid, uin, password, language) "
                     "VALUES (?, ?, ?, ?, 'en')", (number, *user))
    for buddy in buddies:
        base.execute("INSERT INTO buddies (user_id, uin, subscription, "
                     "nickname, groups, flags) VALUES (1, ?, 'both', ?, ?, ?)",
                     buddy)
    base.commit()
    base.close()
