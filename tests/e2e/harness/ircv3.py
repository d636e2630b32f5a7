# SPDX-License-Identifier: GPL-2.0-or-later
"""An IRC server that can do what no packaged one does: IRCv3 in full, written
from the specifications on ircv3.net, modern.ircdocs.horse and RFC 2812.

Several real clients can talk through it.  It is strict: a line that is too
long, a tag that was not negotiated or a wrong batch is answered by the error
of the specification, and kept in server.offences, which a test expects empty.
Tests change what it does by hooks, and have the last word about every byte:

    server.hooks["JOIN"] = lambda conn, msg: True      # swallow it
    server.send("anna", ":irc.test NOTE * HELLO :hi")  # a line to one client
    server.expect("anna", "^AWAY")                     # what a client sent

What it answers to commands is in ircv3_commands.py and ircv3_history.py.  One
thread runs it all; what tests call from theirs goes through call()."""
import asyncio
import datetime
import re
import ssl
import threading
import time

from .process import SLOWER, free_ports

NAME = "irc.test"
TAGS_MAX, LINE_MAX = 4096, 512      # bytes that a client may send

# Capabilities and, after '=', what CAP LS 302 says of them.
CAPS = {
    "account-notify": "", "account-tag": "", "away-notify": "", "batch": "",
    "cap-notify": "", "chghost": "", "echo-message": "", "extended-join": "",
    "extended-monitor": "", "invite-notify": "", "labeled-response": "",
    "message-tags": "", "multi-prefix": "", "sasl": "PLAIN,SCRAM-SHA-256",
    "server-time": "", "setname": "", "standard-replies": "",
    "userhost-in-names": "", "draft/chathistory": "",
    "draft/message-redaction": "",
    "draft/multiline": "max-bytes=4096,max-lines=24",
}

ISUPPORT = {
    "CASEMAPPING": "rfc1459", "CHANTYPES": "#&", "PREFIX": "(qaohv)~&@%+",
    "CHANMODES": "beI,k,l,imnpst", "NETWORK": "TestNet", "MONITOR": "100",
    "WHOX": "", "BOT": "B", "CHATHISTORY": "50", "NICKLEN": "30",
    "MSGREFTYPES": "timestamp,msgid", "TOPICLEN": "300",
}

# Tags that a server may put on a line, and what has to be negotiated for it.
TAG_CAPS = {"time": "server-time", "account": "account-tag", "batch": "batch",
            "label": "labeled-response", "msgid": "message-tags",
            "bot": "message-tags"}

_ESCAPES = {";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n"}
_PLAIN = {escape[1]: plain for plain, escape in _ESCAPES.items()}


class Message:
    """One line: @tags :source COMMAND params."""

    def __init__(self, command, *params, source=None, tags=None):
        self.command, self.params = command, list(params)
        self.source, self.tags = source, dict(tags or {})
        self.label = None       # of a client's line, taken from the tags

    @classmethod
    def parse(cls, line):
        tags, source = {}, None
        if line.startswith("@"):
            text, _, line = line[1:].partition(" ")
            for one in text.split(";"):
                key, _, value = one.partition("=")
                tags[key] = re.sub(
                    r"\\(.?)", lambda m: _PLAIN.get(m[1], m[1]), value)
        line = line.lstrip(" ")
        if line.startswith(":"):
            source, _, line = line[1:].partition(" ")
        head, colon, last = (" " + line).partition(" :")
        command, *params = head.split() or [""]
        return cls(command.upper(), *params, *([last] if colon else []),
                   source=source, tags=tags)

    def param(self, number, default=""):
        return self.params[number] if number < len(self.params) else default

    def with_tags(self, **tags):
        return Message(self.command, *self.params, source=self.source,
                       tags={**self.tags, **tags})

    def __str__(self):
        tags = ";".join(
            key + ("=" + "".join(_ESCAPES.get(c, c) for c in value)
                   if value else "") for key, value in self.tags.items())
        last = self.params[-1:] and ":" + self.params[-1]
        return " ".join(filter(None, [
            tags and "@" + tags, self.source and ":" + self.source,
            self.command, *self.params[:-1], last]))


def stamp(at=None):
    """server-time: ISO 8601 with milliseconds, in UTC."""
    at = datetime.datetime.fromtimestamp(time.time() if at is None else at,
                                         datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (
        at.microsecond // 1000)


class Channel:
    def __init__(self, name):
        self.name, self.topic = name, None      # (text, setter, seconds)
        self.members = {}       # connection -> set of "qaohv"
        self.modes = set("nt")
        self.key, self.limit = None, None
        self.bans, self.invited = {}, set()     # mask -> (setter, seconds)


class Conn(asyncio.Protocol):
    """One client."""

    def __init__(self, server):
        self.server, self.transport = server, None
        self.nick, self.user, self.real = "*", None, ""
        self.host, self.account, self.away = "127.0.0.1", None, None
        self.caps, self.version = set(), 0
        self.negotiating = self.registered = self.gone = False
        self.password = self.sasl = None
        self.chunks = ""                # of AUTHENTICATE
        self.modes, self.watched = set(), {}    # folded -> nick
        self.batches = {}               # the client's own that are open
        self.captured = None            # what answers a labelled command
        self.pending = b""

    # ------------------------------------------------------------- asyncio's

    def connection_made(self, transport):
        self.transport = transport
        self.tls = transport.get_extra_info("ssl_object") is not None
        self.server.connected(self)

    def data_received(self, data):
        *lines, self.pending = (self.pending + data).split(b"\n")
        for line in lines:
            if not self.gone:
                self.server.line(self, line.rstrip(b"\r"))

    def connection_lost(self, why):
        self.quit("Connection closed" if why is None else str(why))

    # ------------------------------------------------------------- to it

    def raw(self, data):
        if not self.transport.is_closing():
            self.transport.write(data)

    def send(self, message):
        """Send it with the tags that were negotiated."""
        if self.captured is not None:
            self.captured.append(message)
            return
        tags = {key: value for key, value in message.tags.items()
                if TAG_CAPS.get(key, "message-tags") in self.caps}
        if "server-time" in self.caps and "batch" not in tags:
            tags.setdefault("time", stamp())
        text = str(Message(message.command, *message.params,
                           source=message.source))
        text = text.encode()[:self.server.line_max - 2]
        head = str(Message("", tags=tags)).encode() + b" " if tags else b""
        self.raw(head + text + b"\r\n")

    def reply(self, numeric, *params):
        self.send(Message("%03d" % numeric, self.nick, *params, source=NAME))

    def fail(self, command, code, *context_and_text):
        """standard-replies; a notice for whoever knows none."""
        self.server.offences.append("FAIL %s %s" % (command, code))
        if "standard-replies" in self.caps:
            self.send(Message("FAIL", command, code, *context_and_text,
                              source=NAME))
        else:
            self.send(Message("NOTICE", self.nick, context_and_text[-1],
                              source=NAME))

    def batch(self, kind, *params, tags=None, source=NAME, messages=()):
        """All messages inside one batch; to clients without it, bare."""
        if "batch" not in self.caps:
            for message in messages:
                self.send(message)
            return
        ref = self.server.unique("b")
        self.send(Message("BATCH", "+" + ref, kind, *params, source=source,
                          tags=tags))
        for message in messages:
            self.send(message.with_tags(batch=ref))
        self.send(Message("BATCH", "-" + ref, source=source))

    def answer_label(self, label, answers):
        """labeled-response: nothing is answered by ACK, one line carries the
        label itself, and so does the start of a batch; else a new batch."""
        if not answers:
            self.send(Message("ACK", source=NAME, tags={"label": label}))
        elif len(answers) == 1 or (
                answers[0].command == answers[-1].command == "BATCH" and
                answers[0].params[0][1:] == answers[-1].params[0][1:]):
            self.send(answers[0].with_tags(label=label))
            for message in answers[1:]:
                self.send(message)
        else:
            ref, inner = self.server.unique("l"), 0
            self.send(Message("BATCH", "+" + ref, "labeled-response",
                              source=NAME, tags={"label": label}))
            for message in answers:
                start = message.command == "BATCH" and \
                    message.params[0][0] == "+"
                end = message.command == "BATCH" and not start
                inner -= end
                self.send(message if inner or end
                          else message.with_tags(batch=ref))
                inner += start
            self.send(Message("BATCH", "-" + ref, source=NAME))

    # ------------------------------------------------------------- its state

    @property
    def mask(self):
        return "%s!%s@%s" % (self.nick, self.user, self.host)

    def tags(self):
        """Of a line that comes from this client."""
        tags = {"time": stamp()}
        if self.account:
            tags["account"] = self.account
        if "B" in self.modes:
            tags["bot"] = ""
        return tags

    def channels(self):
        return [c for c in self.server.channels.values() if self in c.members]

    def peers(self):
        """Who shares a channel with it, itself not."""
        return {conn for c in self.channels() for conn in c.members} - {self}

    def watchers(self):
        return {conn for conn in self.server.conns
                if self.server.fold(self.nick) in conn.watched}

    def tell_peers(self, message, cap=None, me=False, watchers=False):
        """watchers: those with extended-monitor get it, too."""
        audience = self.peers() | ({self} if me else set())
        if watchers:
            audience |= {conn for conn in self.watchers()
                         if "extended-monitor" in conn.caps}
        for conn in audience:
            if cap is None or cap in conn.caps:
                conn.send(message)

    def quit(self, why, tags=None):
        if self.gone:
            return
        self.gone = True
        self.tell_peers(Message("QUIT", why, source=self.mask,
                                tags=tags or self.tags()))
        for channel in self.channels():
            self.server.remove(channel, self)
        self.server.disconnected(self)
        self.captured = None
        self.send(Message("ERROR", "Closing link: " + why))
        self.transport.close()


class Ircv3Server:
    def __init__(self, caps=None, isupport=None, accounts=None, line_max=512,
                 tls=None):
        """caps: name -> value, added to CAPS; None takes one away, and so
        with isupport.  accounts: name -> password.  tls: (cert, key)."""
        self.caps = merge(CAPS, caps)
        self.isupport = merge(ISUPPORT, isupport)
        self.accounts = accounts or {}
        self.line_max = line_max
        if line_max != LINE_MAX:
            self.isupport["LINELEN"] = str(line_max)
        self.port, self.tls_port = free_ports(2)
        self.certificate = tls
        self.hooks = {}         # command -> f(conn, msg): True when handled
        self.conns, self.channels = set(), {}
        self.history = {}       # folded target -> list of Message
        self.offences = []
        self.seen = []          # (nick at that time, line) from clients
        self.positions = {}     # nick -> how far expect() has read
        self.changed = threading.Condition()
        self.motd = ["Be excellent", "to each other"]
        self._serial = 0
        self._listeners = []
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, daemon=True,
                         name="ircv3").start()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    # ------------------------------------------------------- called by tests

    def call(self, function, *args):
        """Run it in the server's thread and return what it returns."""
        async def run():
            return function(*args)
        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    def start(self):
        async def listen():
            where = [(self.port, None)]
            if self.certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*self.certificate)
                where.append((self.tls_port, context))
            for port, context in where:
                self._listeners.append(await self._loop.create_server(
                    lambda: Conn(self), "127.0.0.1", port, ssl=context,
                    backlog=1000))
        asyncio.run_coroutine_threadsafe(listen(), self._loop).result(30)
        return self

    def stop(self):
        def end():
            for listener in self._listeners:
                listener.close()
            self._listeners.clear()
            for conn in list(self.conns):
                conn.gone = True
                conn.transport.abort()
            self.conns.clear()
            self.channels.clear()
        self.call(end)

    def close(self):
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def send(self, nick, *lines):
        """Raw lines to one client, as they are: no check, no tags."""
        data = "".join(line + "\r\n" for line in lines)
        self.raw(nick, data.encode())

    def raw(self, nick, data):
        """Nothing is sent to who is gone."""
        def write():
            conn = self.find(nick)
            if conn:
                conn.raw(data)
        self.call(write)

    def expect(self, nick, pattern, timeout=10):
        """Wait for a line of that client (by its nick when it was sent) that
        matches; consume all up to it and return the match."""
        end = time.monotonic() + timeout * SLOWER
        with self.changed:
            at = self.positions.get(nick, 0)
            while True:
                for number in range(at, len(self.seen)):
                    whose, line = self.seen[number]
                    hit = whose == nick and re.search(pattern, line)
                    if hit:
                        self.positions[nick] = number + 1
                        return hit
                at, left = len(self.seen), end - time.monotonic()
                if left <= 0:
                    raise AssertionError(
                        "the server never saw /%s/ from %s; it saw:\n  %s" % (
                            pattern, nick, "\n  ".join(
                                "%s: %s" % one for one in self.seen[-40:])))
                self.changed.wait(left)

    def lines(self, nick, pattern=""):
        """All that this client ever sent and that matches."""
        with self.changed:
            return [line for whose, line in self.seen
                    if whose == nick and re.search(pattern, line)]

    def offer(self, **caps):
        """CAP NEW with these (dots for '/', underscores for '-')."""
        new = {named(key): value for key, value in caps.items()}
        self.caps.update(new)

        def tell():
            text = " ".join(k + ("=" + v if v else "")
                            for k, v in new.items())
            for conn in self.conns:
                if "cap-notify" in conn.caps:
                    conn.send(Message("CAP", conn.nick, "NEW", text,
                                      source=NAME))
        self.call(tell)

    def withdraw(self, *names):
        """CAP DEL."""
        def tell():
            for name in names:
                self.caps.pop(name, None)
            for conn in self.conns:
                if "cap-notify" in conn.caps:
                    conn.send(Message("CAP", conn.nick, "DEL",
                                      " ".join(names), source=NAME))
                conn.caps -= set(names)
        self.call(tell)

    def netsplit(self, *nicks):
        """They quit in a batch, as servers do that part."""
        def split():
            gone = [self.find(nick) for nick in nicks]
            left = self.conns - set(gone)
            for conn in left:
                if any(conn in c.members for one in gone
                       for c in one.channels()):
                    conn.batch("netsplit", "a.test", "b.test", messages=[
                        Message("QUIT", "a.test b.test", source=one.mask)
                        for one in gone])
            for conn in gone:
                for channel in conn.channels():
                    self.remove(channel, conn)
                conn.quit("a.test b.test")
        self.call(split)

    def log_in(self, nick, account):
        """What services do: the account of somebody changes (None: none)."""
        self.call(lambda: self.set_account(self.find(nick), account))

    def change_host(self, nick, user, host):
        """A cloak was set."""
        def change():
            conn = self.find(nick)
            message = Message("CHGHOST", user, host, source=conn.mask)
            conn.tell_peers(message, "chghost", me=True, watchers=True)
            conn.user, conn.host = user, host
        self.call(change)

    def say_in_the_past(self, target, nick, text, at, **tags):
        """A line of history that nobody has seen; returns its msgid."""
        msgid = self.unique("old")
        self.remember(target, Message(
            "PRIVMSG", target, text, source="%s!u@h" % nick,
            tags={"time": stamp(at), "msgid": msgid, **tags}))
        return msgid

    # ------------------------------------------------------- for the commands

    def unique(self, word):
        self._serial += 1
        return "%s%d" % (word, self._serial)

    def fold(self, name):
        name = name.lower()
        if self.isupport.get("CASEMAPPING") == "rfc1459":
            name = name.translate(str.maketrans("[]\\~", "{}|^"))
        return name

    def find(self, nick):
        """The connection of that nick, or None."""
        for conn in self.conns:
            if self.fold(conn.nick) == self.fold(nick):
                return conn
        return None

    def channel(self, name):
        return self.channels.get(self.fold(name))

    def is_channel(self, name):
        return name[:1] in self.isupport.get("CHANTYPES", "#&") and name != ""

    def remove(self, channel, conn):
        channel.members.pop(conn, None)
        if not channel.members:
            self.channels.pop(self.fold(channel.name), None)

    def remember(self, target, message):
        self.history.setdefault(self.fold(target), []).append(message)

    def set_account(self, conn, account):
        conn.account = account
        message = Message("ACCOUNT", account or "*", source=conn.mask)
        if conn.registered:
            conn.tell_peers(message, "account-notify", me=True, watchers=True)

    def connected(self, conn):
        self.conns.add(conn)

    def disconnected(self, conn):
        self.conns.discard(conn)
        if conn.registered:
            for other in conn.watchers():
                other.reply(731, conn.nick)

    def line(self, conn, data):
        """One line of a client: check it, note it, do it."""
        tags = data.find(b" ") + 1 if data.startswith(b"@") else 0
        text = data.decode("utf-8", "replace")
        if tags > TAGS_MAX or len(data) - tags > self.line_max - 2:
            self.offences.append("too long: " + text[:600])
            return conn.reply(417, "Input line was too long")
        if not text.strip():
            return None
        with self.changed:
            self.seen.append((conn.nick, text))
            self.changed.notify_all()
        message = Message.parse(text)
        needed = "message-tags" if "label" not in message.tags else \
            "labeled-response"
        if tags and needed not in conn.caps and "batch" not in message.tags:
            self.offences.append("tags that were not negotiated: " + text)
        self.handle(conn, message)

    def handle(self, conn, message):
        message.label = message.tags.pop("label", None)
        # A batch is answered when it has ended.
        labelled = message.label is not None and message.command != "BATCH" \
            and "labeled-response" in conn.caps
        if labelled:
            conn.captured = []
        try:
            hook = self.hooks.get(message.command)
            if not hook or not hook(conn, message):
                commands.run(self, conn, message)
        finally:
            answers, conn.captured = conn.captured, None
        if labelled and not conn.gone:
            conn.answer_label(message.label, answers)


def merge(base, changes):
    merged = {**base, **(changes or {})}
    return {key: value for key, value in merged.items() if value is not None}


def named(keyword):
    return keyword.replace("__", "/").replace("_", "-")


from . import ircv3_commands as commands    # noqa: E402 (they need each other)
