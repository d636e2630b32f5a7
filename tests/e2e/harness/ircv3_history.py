# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages, and what is kept of them: commands of the scripted server."""
import re

from . import ircv3
from .ircv3_commands import banned, command, is_op

# How many bounds each kind of request has.
BOUNDS = {"LATEST": 1, "BEFORE": 1, "AFTER": 1, "AROUND": 1, "BETWEEN": 2}


# ------------------------------------------------------------- talking

def audience_of(server, conn, target, quiet):
    """Those who get what is said to target; None: it was refused.  Tests add
    refusals of their own by a hook."""
    def refuse(numeric, text):
        if not quiet:
            conn.reply(numeric, target, text)
    if not server.is_channel(target.lstrip("@+")):
        other = server.find(target)
        if not other:
            return refuse(401, "No such nick/channel")
        if other.away and not quiet:
            conn.reply(301, other.nick, other.away)
        return {other}
    channel = server.channel(target.lstrip("@+"))
    if not channel:
        return refuse(403, "No such channel")
    letters = channel.members.get(conn)
    if letters is None and "n" in channel.modes:
        return refuse(404, "Cannot send to channel (+n)")
    if not letters and ("m" in channel.modes or banned(channel, conn)):
        return refuse(404, "Cannot send to channel (+m)")
    return {member for member in channel.members if member is not conn and
            (target[0] not in "@+" or channel.members[member])}


def key_of(server, conn, target):
    """Where the history of it is kept: for two people, by both names."""
    if server.is_channel(target):
        return target
    return " ".join(sorted([server.fold(conn.nick), server.fold(target)]))


def says(server, conn, msg, command_name):
    """It goes to each target, and back where echo-message is."""
    quiet = command_name != "PRIVMSG"
    for target in msg.params[0].split(","):
        audience = audience_of(server, conn, target, quiet)
        if audience is None:
            continue
        tags = {key: value for key, value in msg.tags.items()
                if key.startswith("+")}
        message = ircv3.Message(
            command_name, target, *msg.params[1:], source=conn.mask,
            tags={**conn.tags(), "msgid": server.unique("id"), **tags})
        if command_name != "TAGMSG":
            server.remember(key_of(server, conn, target), message)
        needed = "message-tags" if command_name == "TAGMSG" else None
        for other in audience:
            if needed is None or needed in other.caps:
                other.send(message)
        if "echo-message" in conn.caps:
            conn.send(message)


@command("PRIVMSG", 2)
def privmsg(server, conn, msg):
    if "batch" in msg.tags:
        return add_to_batch(conn, msg)
    if not msg.params[1]:
        return conn.reply(412, "No text to send")
    says(server, conn, msg, "PRIVMSG")


@command("NOTICE", 2)
def notice(server, conn, msg):
    if "batch" in msg.tags:
        return add_to_batch(conn, msg)
    says(server, conn, msg, "NOTICE")


@command("TAGMSG", 1)
def tagmsg(server, conn, msg):
    if "message-tags" not in conn.caps:
        return conn.reply(421, "TAGMSG", "Unknown command")
    says(server, conn, msg, "TAGMSG")


# ------------------------------------------------------------- multiline

@command("BATCH", 1)
def batch(server, conn, msg):
    ref = msg.params[0][1:]
    if msg.params[0].startswith("+"):
        if msg.param(1) != "draft/multiline" or \
                "draft/multiline" not in conn.caps:
            return conn.fail("BATCH", "UNKNOWN_TYPE", "no such batch")
        conn.batches[ref] = msg, [], msg.label
        return None
    if ref not in conn.batches:
        return conn.fail("BATCH", "UNKNOWN_REFERENCE", "no such batch")
    start, lines, label = conn.batches.pop(ref)
    if label is not None:
        conn.captured = []
    multiline(server, conn, start, lines)
    answers, conn.captured = conn.captured, None
    if label is not None:
        conn.answer_label(label, answers)


def add_to_batch(conn, msg):
    if msg.tags["batch"] not in conn.batches:
        return conn.fail("BATCH", "UNKNOWN_REFERENCE", "no such batch")
    conn.batches[msg.tags["batch"]][1].append(msg)


def multiline(server, conn, start, lines):
    """Checked as draft/multiline says, then sent as a batch, and line by line
    to those who have it not."""
    target = start.param(2)
    size = sum(len(m.params[1].encode()) + 1 for m in lines) - 1
    if any(m.params[0] != target or m.command != lines[0].command
           for m in lines):
        return conn.fail("BATCH", "MULTILINE_INVALID_TARGET", target,
                         "another target")
    limits = dict(one.split("=") for one in
                  server.caps["draft/multiline"].split(","))
    if size > int(limits["max-bytes"]):
        return conn.fail("BATCH", "MULTILINE_MAX_BYTES", limits["max-bytes"],
                         "too much")
    if len(lines) > int(limits["max-lines"]):
        return conn.fail("BATCH", "MULTILINE_MAX_LINES", limits["max-lines"],
                         "too many lines")
    if not lines or not any(m.params[1] for m in lines) or \
            any("draft/multiline-concat" in m.tags and not m.params[1]
                for m in lines):
        return conn.fail("BATCH", "MULTILINE_INVALID", "blank")
    audience = audience_of(server, conn, target, False)
    if audience is None:
        return None
    tags = {**conn.tags(), "msgid": server.unique("id"),
            **{k: v for k, v in start.tags.items() if k.startswith("+")}}
    text = lines[0].params[1] + "".join(
        ("" if "draft/multiline-concat" in m.tags else "\n") + m.params[1]
        for m in lines[1:])
    server.remember(key_of(server, conn, target), ircv3.Message(
        "PRIVMSG", target, text, source=conn.mask, tags=tags))
    for other in audience | ({conn} if "echo-message" in conn.caps else set()):
        send_multiline(conn, other, target, lines, tags)


def send_multiline(conn, other, target, lines, tags):
    if "draft/multiline" in other.caps:
        inner = [ircv3.Message(
            m.command, target, m.params[1], source=conn.mask,
            tags={k: v for k, v in m.tags.items()
                  if k == "draft/multiline-concat"}) for m in lines]
        return other.batch("draft/multiline", target, tags=tags,
                           source=conn.mask, messages=inner)
    for message in lines:
        if message.params[1]:
            other.send(ircv3.Message(message.command, target,
                                     message.params[1], source=conn.mask,
                                     tags=tags))
            tags = {k: v for k, v in tags.items() if k != "msgid"}


# ------------------------------------------------------------- history

@command("CHATHISTORY", 3)
def chathistory(server, conn, msg):
    what, target = msg.params[0].upper(), msg.params[1]
    bounds = msg.params[2:2 + BOUNDS.get(what, 0)]
    if what == "TARGETS":
        return targets(server, conn, msg)
    if not bounds or not msg.params[-1].isdigit():
        return conn.fail("CHATHISTORY", "INVALID_PARAMS", what, "bad command")
    channel = server.channel(target)
    if server.is_channel(target) and (not channel or
                                      conn not in channel.members):
        return conn.fail("CHATHISTORY", "INVALID_TARGET", what, target,
                         "Messages could not be retrieved")
    kept = server.history.get(server.fold(key_of(server, conn, target)), [])
    times = [time_of(kept, bound) for bound in bounds]
    if None in times:
        return conn.fail("CHATHISTORY", "MESSAGE_ERROR", what, target,
                         "Messages could not be retrieved")
    limit = min(int(msg.params[-1]), int(server.isupport["CHATHISTORY"]))
    conn.batch("chathistory", target,
               messages=selected(kept, what, times, limit))


def time_of(kept, bound):
    """The moment that a selector means; "" for *, None for nonsense."""
    kind, _, value = bound.partition("=")
    if bound == "*":
        return ""
    if kind == "timestamp" and re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value):
        return value
    if kind == "msgid":
        for message in kept:
            if message.tags["msgid"] == value:
                return message.tags["time"]
    return None


def selected(kept, what, times, limit):
    """Oldest first; the bounds themselves are not part of it."""
    kept, first = sorted(kept, key=lambda m: m.tags["time"]), times[0]
    if what == "LATEST":
        return [m for m in kept if m.tags["time"] > first][-limit:]
    if what == "BEFORE":
        return [m for m in kept if m.tags["time"] < first][-limit:]
    if what == "AFTER":
        return [m for m in kept if m.tags["time"] > first][:limit]
    if what == "BETWEEN":
        inside = [m for m in kept if min(times) < m.tags["time"] < max(times)]
        return inside[:limit] if times[0] < times[1] else inside[-limit:]
    older = [m for m in kept if m.tags["time"] < first]
    return (older[-(limit // 2):] if limit > 1 else []) + \
        [m for m in kept if m.tags["time"] >= first][:limit - limit // 2]


def targets(server, conn, msg):
    """TARGETS from to limit: with whom there was talk in that time."""
    low, high = sorted(one.partition("=")[2] for one in msg.params[1:3])
    found = []
    for key, kept in server.history.items():
        last = max(m.tags["time"] for m in kept)
        people = key.split()
        mine = server.fold(conn.nick) in people if len(people) == 2 else \
            server.channel(key) and conn in server.channel(key).members
        if mine and low < last < high:
            others = [p for p in people if p != server.fold(conn.nick)]
            found.append(ircv3.Message("CHATHISTORY", "TARGETS",
                                       (others or people)[0], last,
                                       source=ircv3.NAME))
    conn.batch("draft/chathistory-targets", messages=found)


@command("REDACT", 2)
def redact(server, conn, msg):
    target, msgid = msg.params[:2]
    if "draft/message-redaction" not in conn.caps:
        return conn.reply(421, "REDACT", "Unknown command")
    kept = server.history.get(server.fold(key_of(server, conn, target)), [])
    victim = next((m for m in kept if m.tags["msgid"] == msgid), None)
    channel = server.channel(target)
    if not victim:
        return conn.fail("REDACT", "UNKNOWN_MSGID", target, msgid,
                         "This message does not exist or is too old")
    if victim.source.split("!")[0] != conn.nick and not (
            channel and is_op(channel, conn)):
        return conn.fail("REDACT", "REDACT_FORBIDDEN", target, msgid,
                         "You are not authorised to delete this message")
    kept.remove(victim)
    audience = audience_of(server, conn, target, True) or set()
    for other in audience | ({conn} if "echo-message" in conn.caps else set()):
        if "draft/message-redaction" in other.caps:
            other.send(ircv3.Message("REDACT", target, msgid, *msg.params[2:3],
                                     source=conn.mask, tags=conn.tags()))
