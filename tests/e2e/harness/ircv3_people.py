# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is there, who is away, who is who: commands of the scripted server."""
import time

from . import ircv3
from .ircv3_commands import command, prefix_of


@command("AWAY")
def away(_server, conn, msg):
    conn.away = msg.param(0) or None
    conn.reply(306 if conn.away else 305, "You have been marked as " +
               ("being away" if conn.away else "back"))
    conn.tell_peers(ircv3.Message("AWAY", *([conn.away] if conn.away else []),
                                  source=conn.mask, tags=conn.tags()),
                    "away-notify", watchers=True)


@command("SETNAME", 1)
def setname(_server, conn, msg):
    conn.real = msg.params[0]
    conn.tell_peers(ircv3.Message("SETNAME", conn.real, source=conn.mask),
                    "setname", me=True, watchers=True)


@command("MONITOR", 1)
def monitor(server, conn, msg):
    what, nicks = msg.params[0].upper(), msg.param(1).split(",")
    limit = int(server.isupport["MONITOR"])
    if what == "+":
        free = max(0, limit - len(conn.watched))
        taken, left = nicks[:free], nicks[free:]
        conn.watched.update((server.fold(nick), nick) for nick in taken)
        tell_state(server, conn, taken)
        if left:
            conn.reply(734, str(limit), ",".join(left), "Monitor list is full")
    elif what == "-":
        for nick in nicks:
            conn.watched.pop(server.fold(nick), None)
    elif what == "C":
        conn.watched.clear()
    elif what == "L":
        if conn.watched:
            conn.reply(732, ",".join(conn.watched.values()))
        conn.reply(733, "End of MONITOR list")
    elif what == "S":
        tell_state(server, conn, conn.watched.values())


def tell_state(server, conn, nicks):
    there = {nick: server.find(nick) for nick in nicks if nick}
    online = [other.mask for other in there.values() if other]
    offline = [nick for nick, other in there.items() if not other]
    if online:
        conn.reply(730, ",".join(online))
    if offline:
        conn.reply(731, ",".join(offline))


@command("ISON", 1)
def ison(server, conn, msg):
    found = [server.find(nick) for nick in " ".join(msg.params).split()]
    conn.reply(303, " ".join(other.nick for other in found if other))


def flags(server, conn, other, channel):
    return ("G" if other.away else "H") + \
        ("B" if "B" in other.modes else "") + \
        (prefix_of(server, other, channel.members[other],
                   "multi-prefix" in conn.caps) if channel else "")


@command("WHO", 1)
def who(server, conn, msg):
    """WHOX: WHO mask %fields,token"""
    mask, fields = msg.params[0], msg.param(1)
    channel = server.channel(mask)
    if channel:
        found = list(channel.members)
    else:
        found = [other] if (other := server.find(mask)) else []
    for other in found:
        if fields.startswith("%"):
            whox(server, conn, other, channel, fields[1:])
        else:
            conn.reply(352, mask if channel else "*", other.user.lstrip("~"),
                       other.host, ircv3.NAME, other.nick,
                       flags(server, conn, other, channel),
                       "0 " + other.real)
    conn.reply(315, mask, "End of /WHO list.")


def whox(server, conn, other, channel, wanted):
    letters, _, token = wanted.partition(",")
    value = {"t": token, "c": channel.name if channel else "*",
             "u": other.user, "i": other.host, "h": other.host,
             "s": ircv3.NAME, "n": other.nick,
             "f": flags(server, conn, other, channel), "d": "0", "l": "0",
             "a": other.account or "0", "o": "n/a", "r": other.real}
    conn.reply(354, *[value[letter] for letter in "tcuihsnfdlaor"
                      if letter in letters])


@command("WHOIS", 1)
def whois(server, conn, msg):
    other = server.find(msg.params[-1])
    if not other:
        conn.reply(401, msg.params[-1], "No such nick")
    else:
        conn.reply(311, other.nick, other.user, other.host, "*", other.real)
        names = " ".join(
            prefix_of(server, other, c.members[other]) + c.name
            for c in other.channels())
        if names:
            conn.reply(319, other.nick, names)
        conn.reply(312, other.nick, ircv3.NAME, "a server in a test")
        if other.away:
            conn.reply(301, other.nick, other.away)
        if "B" in other.modes:
            conn.reply(335, other.nick, "is a bot")
        if other.account:
            conn.reply(330, other.nick, other.account, "is logged in as")
        if other.tls:
            conn.reply(671, other.nick, "is using a secure connection")
        conn.reply(317, other.nick, "5", str(int(time.time()) - 60),
                   "seconds idle, signon time")
    conn.reply(318, msg.params[-1], "End of /WHOIS list.")


@command("WHOWAS", 1)
def whowas(_server, conn, msg):
    conn.reply(406, msg.params[0], "There was no such nickname")
    conn.reply(369, msg.params[0], "End of WHOWAS")
