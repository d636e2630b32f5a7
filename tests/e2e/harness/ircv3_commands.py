# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scripted IRC server answers to each command; see ircv3.py."""
import base64
import fnmatch
import hashlib
import hmac
import os
import time

from . import ircv3

SCRAM_ROUNDS = 4096
BEFORE_WELCOME = {"CAP", "AUTHENTICATE", "PASS", "NICK", "USER", "QUIT",
                  "PING", "PONG", "WEBIRC"}
table = {}


def command(name, params=0):
    """params: fewer are answered by 461."""
    def enter(function):
        table[name] = function, params
        return function
    return enter


def run(server, conn, msg):
    function, params = table.get(msg.command, (None, 0))
    if not function:
        conn.reply(421, msg.command, "Unknown command")
    elif not conn.registered and msg.command not in BEFORE_WELCOME:
        conn.reply(451, "You have not registered")
    elif len(msg.params) < params:
        conn.reply(461, msg.command, "Not enough parameters")
    else:
        function(server, conn, msg)


# ------------------------------------------------------------- registration

@command("CAP", 1)
def cap(server, conn, msg):
    what = msg.params[0].upper()
    if not conn.registered and what in ("LS", "REQ"):
        conn.negotiating = True
    if what == "LS":
        conn.version = max(conn.version, int(msg.param(1) or 0))
        if conn.version >= 302:
            conn.caps.add("cap-notify")
        cap_list(server, conn)
    elif what == "LIST":
        conn.send(ircv3.Message("CAP", conn.nick, "LIST",
                                " ".join(sorted(conn.caps)),
                                source=ircv3.NAME))
    elif what == "REQ":
        cap_request(server, conn, msg.param(1))
    elif what == "END":
        conn.negotiating = False
        welcome(server, conn)


def cap_list(server, conn):
    """Two lines, so that nobody forgets that there may be several."""
    words = [name + ("=" + value if value and conn.version >= 302 else "")
             for name, value in server.caps.items()]
    half = len(words) // 2 if conn.version >= 302 else 0
    for part, more in (words[:half], ["*"]), (words[half:], []):
        if part or not more:
            conn.send(ircv3.Message("CAP", conn.nick, "LS", *more,
                                    " ".join(part), source=ircv3.NAME))


def cap_request(server, conn, text):
    names = text.split()
    known = all(n.lstrip("-") in server.caps for n in names)
    conn.send(ircv3.Message("CAP", conn.nick, "ACK" if known else "NAK", text,
                            source=ircv3.NAME))
    if not known:
        server.offences.append("CAP REQ " + text)
        return
    for name in names:
        if name.startswith("-"):
            conn.caps.discard(name[1:])
        else:
            conn.caps.add(name)


@command("PASS", 1)
def pass_(_server, conn, msg):
    conn.password = msg.params[0]


@command("WEBIRC", 4)
def webirc(_server, conn, msg):
    conn.host = msg.params[2]


@command("NICK", 1)
def nick(server, conn, msg):
    new = msg.params[0]
    if not new or not new.isprintable() or \
            any(c in " ,*?!@.:#&" for c in new) or new[0] in "0123456789-":
        return conn.reply(432, new, "Erroneous nickname")
    if len(new) > int(server.isupport.get("NICKLEN", 30)):
        return conn.reply(432, new, "Nickname is too long")
    if server.find(new) not in (None, conn):
        return conn.reply(433, new, "Nickname is already in use")
    if not conn.registered:
        conn.nick = new
        return welcome(server, conn)
    change = ircv3.Message("NICK", new, source=conn.mask, tags=conn.tags())
    watchers, peers = conn.watchers(), conn.peers() | {conn}
    old, conn.nick = conn.nick, new
    for other in peers:
        other.send(change)
    for other in watchers:
        other.reply(731, old)
    tell_online(conn)


@command("USER", 4)
def user(server, conn, msg):
    if conn.registered:
        return conn.reply(462, "You may not reregister")
    conn.user, conn.real = "~" + msg.params[0], msg.params[3]
    welcome(server, conn)


def welcome(server, conn):
    if conn.registered or conn.negotiating or conn.nick == "*" or \
            conn.user is None:
        return
    conn.registered = True
    conn.reply(1, "Welcome to the test network, " + conn.mask)
    conn.reply(2, "Your host is irc.test")
    conn.reply(3, "This server was created today")
    conn.reply(4, ircv3.NAME, "scripted-1", "iB", "beIklimnpstqaohv")
    tokens = [k + ("=" + v if v else "") for k, v in server.isupport.items()]
    for at in range(0, len(tokens), 13):
        conn.reply(5, *tokens[at:at + 13], "are supported by this server")
    motd(server, conn, None)
    tell_online(conn)


def tell_online(conn):
    for other in conn.watchers():
        other.reply(730, conn.mask)


@command("MOTD")
def motd(server, conn, _msg):
    if not server.motd:
        return conn.reply(422, "MOTD File is missing")
    conn.reply(375, "- irc.test Message of the day -")
    for line in server.motd:
        conn.reply(372, "- " + line)
    conn.reply(376, "End of /MOTD command.")


@command("PING", 1)
def ping(_server, conn, msg):
    conn.send(ircv3.Message("PONG", ircv3.NAME, msg.params[0],
                            source=ircv3.NAME))


@command("PONG")
def pong(_server, _conn, _msg):
    pass


@command("QUIT")
def quit_(_server, conn, msg):
    conn.quit("Quit: " + msg.param(0))


# ------------------------------------------------------------- SASL

@command("AUTHENTICATE", 1)
def authenticate(server, conn, msg):
    text = msg.params[0]
    if "sasl" not in conn.caps:
        return conn.reply(904, "SASL authentication failed")
    if text == "*":
        conn.sasl = None
        return conn.reply(906, "SASL authentication aborted")
    if conn.sasl is None:
        mechanism = MECHANISMS.get(text.upper())
        if not mechanism or text.upper() not in server.caps["sasl"]:
            conn.reply(908, server.caps["sasl"], "are available mechanisms")
            return conn.reply(904, "SASL authentication failed")
        conn.sasl, conn.chunks = mechanism(server, conn), ""
        next(conn.sasl)
        return conn.send(ircv3.Message("AUTHENTICATE", "+"))
    if len(text) > 400:
        return conn.reply(905, "SASL message too long")
    conn.chunks += "" if text == "+" else text
    if len(text) == 400:
        return None                     # more to come
    data, conn.chunks = base64.b64decode(conn.chunks), ""
    step_sasl(server, conn, data)


def step_sasl(server, conn, data):
    """A mechanism is a generator: it is sent what the client says, yields
    what to answer, and returns the account, or None."""
    try:
        answer = conn.sasl.send(data)
    except StopIteration as end:
        conn.sasl = None
        if end.value is None:
            return conn.reply(904, "SASL authentication failed")
        server.set_account(conn, end.value)
        conn.reply(900, "%s!%s@%s" % (conn.nick, conn.user or "*", conn.host),
                   end.value, "You are now logged in as " + end.value)
        return conn.reply(903, "SASL authentication successful")
    conn.send(ircv3.Message("AUTHENTICATE",
                            base64.b64encode(answer).decode() or "+"))


def plain(server, _conn):
    """RFC 4616"""
    _, name, password = (yield).split(b"\0")
    name = name.decode()
    return name if server.accounts.get(name) == password.decode() else None


def external(_server, conn):
    """RFC 4422 appendix A; a certificate is not looked at here."""
    name = (yield).decode()
    return (name or conn.nick) if conn.tls else None


def scram_sha_256(server, _conn):
    """RFC 5802, RFC 7677"""
    def mac(key, text):
        return hmac.new(key, text, "sha256").digest()
    first = (yield).decode()
    header, _, bare = first.partition(",,")
    fields = dict(f.split("=", 1) for f in bare.split(","))
    name = fields["n"].replace("=2C", ",").replace("=3D", "=")
    nonce = fields["r"] + base64.b64encode(os.urandom(12)).decode()
    salt = os.urandom(16)
    challenge = "r=%s,s=%s,i=%d" % (nonce, base64.b64encode(salt).decode(),
                                    SCRAM_ROUNDS)
    final = (yield challenge.encode()).decode()
    without, _, proof = final.rpartition(",p=")
    signed = ",".join([bare, challenge, without]).encode()
    salted = hashlib.pbkdf2_hmac(
        "sha256", server.accounts.get(name, "").encode(), salt, SCRAM_ROUNDS)
    key = mac(salted, b"Client Key")
    expected = bytes(a ^ b for a, b in zip(key, mac(
        hashlib.sha256(key).digest(), signed)))
    binding = "c=%s,r=%s" % (base64.b64encode(
        (header + ",,").encode()).decode(), nonce)
    if without != binding or name not in server.accounts or \
            base64.b64decode(proof) != expected:
        return None
    verifier = mac(mac(salted, b"Server Key"), signed)
    assert (yield b"v=" + base64.b64encode(verifier)) == b""
    return name


MECHANISMS = {"PLAIN": plain, "EXTERNAL": external,
              "SCRAM-SHA-256": scram_sha_256}


# ------------------------------------------------------------- channels

def prefix_of(server, conn, letters, all_of_them=True):
    modes, signs = server.isupport["PREFIX"][1:].split(")")
    marks = "".join(s for m, s in zip(modes, signs) if m in letters)
    return marks if all_of_them else marks[:1]


def is_op(channel, conn):
    return bool(channel.members.get(conn, set()) & set("qao"))


def banned(channel, conn):
    """nick!user@host masks, and ~a:account (extended bans of accounts)."""
    return any(fnmatch.fnmatchcase(conn.mask.lower(), mask.lower()) or
               mask == "~a:%s" % conn.account for mask in channel.bans)


def named_channel(server, conn, name, op=False):
    """It, or None: then the client has been told why."""
    channel = server.channel(name)
    if not channel:
        conn.reply(403, name, "No such channel")
    elif conn not in channel.members:
        conn.reply(442, name, "You're not on that channel")
    elif op and not is_op(channel, conn):
        conn.reply(482, name, "You're not channel operator")
    else:
        return channel
    return None


@command("JOIN", 1)
def join(server, conn, msg):
    keys = msg.param(1).split(",")
    for number, name in enumerate(msg.params[0].split(",")):
        join_one(server, conn, name, (keys + [""] * (number + 1))[number])


def refusal(server, conn, channel, key):
    if channel.key and key != channel.key:
        return 475, "Cannot join channel (+k)"
    if "i" in channel.modes and conn not in channel.invited:
        return 473, "Cannot join channel (+i)"
    if channel.limit and len(channel.members) >= channel.limit:
        return 471, "Cannot join channel (+l)"
    if banned(channel, conn):
        return 474, "Cannot join channel (+b)"
    if "r" in channel.modes and not conn.account:
        return 477, "Cannot join channel (+r)"
    return None


def join_one(server, conn, name, key):
    if not server.is_channel(name) or "," in name or "\x07" in name:
        return conn.reply(403, name, "No such channel")
    channel = server.channel(name)
    if channel:
        if conn in channel.members:
            return None
        why = refusal(server, conn, channel, key)
        if why:
            return conn.reply(why[0], channel.name, why[1])
    else:
        channel = ircv3.Channel(name)
        server.channels[server.fold(name)] = channel
    enter(server, conn, channel)


def enter(server, conn, channel):
    """Also for a join that nobody asked for (SAJOIN)."""
    channel.members[conn] = set() if channel.members else {"o"}
    channel.invited.discard(conn)
    for other in channel.members:
        extended = "extended-join" in other.caps
        other.send(ircv3.Message(
            "JOIN", channel.name, *([conn.account or "*", conn.real]
                                    if extended else []),
            source=conn.mask, tags=conn.tags()))
        if conn.away and other is not conn and "away-notify" in other.caps:
            other.send(ircv3.Message("AWAY", conn.away, source=conn.mask))
    send_topic(conn, channel, quiet=True)
    send_names(server, conn, channel)


def send_topic(conn, channel, quiet=False):
    if channel.topic:
        conn.reply(332, channel.name, channel.topic[0])
        conn.reply(333, channel.name, channel.topic[1], str(channel.topic[2]))
    elif not quiet:
        conn.reply(331, channel.name, "No topic is set")


def send_names(server, conn, channel):
    names = [prefix_of(server, member, letters, "multi-prefix" in conn.caps) +
             (member.mask if "userhost-in-names" in conn.caps
              else member.nick) for member, letters in channel.members.items()]
    while names:
        some, size = [], 0
        while names and size < 380:
            some.append(names.pop(0))
            size += len(some[-1].encode()) + 1
        conn.reply(353, "=", channel.name, " ".join(some))
    conn.reply(366, channel.name, "End of /NAMES list.")


@command("NAMES", 1)
def names(server, conn, msg):
    channel = server.channel(msg.params[0])
    if channel:
        send_names(server, conn, channel)
    else:
        conn.reply(366, msg.params[0], "End of /NAMES list.")


@command("PART", 1)
def part(server, conn, msg):
    for name in msg.params[0].split(","):
        channel = named_channel(server, conn, name)
        if channel:
            say_all(channel, ircv3.Message(
                "PART", channel.name, *msg.params[1:2], source=conn.mask,
                tags=conn.tags()))
            server.remove(channel, conn)


def say_all(channel, message):
    for member in channel.members:
        member.send(message)


@command("KICK", 2)
def kick(server, conn, msg):
    channel = named_channel(server, conn, msg.params[0], op=True)
    victim = server.find(msg.params[1])
    if not channel:
        return
    if victim not in channel.members:
        return conn.reply(441, msg.params[1], channel.name,
                          "They aren't on that channel")
    say_all(channel, ircv3.Message("KICK", channel.name, victim.nick,
                                   msg.param(2, conn.nick), source=conn.mask,
                                   tags=conn.tags()))
    server.remove(channel, victim)


@command("TOPIC", 1)
def topic(server, conn, msg):
    channel = named_channel(server, conn, msg.params[0])
    if not channel:
        return
    if len(msg.params) == 1:
        return send_topic(conn, channel)
    if "t" in channel.modes and not is_op(channel, conn):
        return conn.reply(482, channel.name, "You're not channel operator")
    text = msg.params[1]
    channel.topic = text and (text, conn.mask, int(time.time())) or None
    say_all(channel, ircv3.Message("TOPIC", channel.name, text,
                                   source=conn.mask, tags=conn.tags()))


@command("INVITE", 2)
def invite(server, conn, msg):
    guest, channel = server.find(msg.params[0]), msg.params[1]
    if not guest:
        return conn.reply(401, msg.params[0], "No such nick")
    room = named_channel(server, conn, channel,
                         op="i" in getattr(server.channel(channel), "modes",
                                           ""))
    if not room:
        return
    if guest in room.members:
        return conn.reply(443, guest.nick, room.name, "is already on channel")
    room.invited.add(guest)
    conn.reply(341, guest.nick, room.name)
    message = ircv3.Message("INVITE", guest.nick, room.name, source=conn.mask,
                            tags=conn.tags())
    guest.send(message)
    for member in room.members:
        if "invite-notify" in member.caps and is_op(room, member) and \
                member is not conn:
            member.send(message)


@command("MODE", 1)
def mode(server, conn, msg):
    target = msg.params[0]
    if not server.is_channel(target):
        return user_mode(server, conn, msg)
    channel = server.channel(target)
    if not channel:
        return conn.reply(403, target, "No such channel")
    if len(msg.params) == 1:
        extra = [str(v) for v in (channel.key, channel.limit) if v]
        return conn.reply(324, channel.name, "+" + "".join(sorted(
            channel.modes)) + ("k" if channel.key else "") +
            ("l" if channel.limit else ""), *extra)
    changes, words = msg.params[1], msg.params[2:]
    if changes.lstrip("+") == "b" and not words:
        for mask, (setter, when) in channel.bans.items():
            conn.reply(367, channel.name, mask, setter, str(when))
        return conn.reply(368, channel.name, "End of channel ban list")
    if not is_op(channel, conn):
        return conn.reply(482, channel.name, "You're not channel operator")
    change_modes(server, conn, channel, changes, words)


def change_modes(server, conn, channel, changes, words):
    adding, done, used = True, "", []
    for letter in changes:
        if letter in "+-":
            adding = letter == "+"
            continue
        word = ""
        if letter in "qaohvb" or letter == "k" or (letter == "l" and adding):
            if not words:
                continue
            word = words.pop(0)
        if change_mode(server, conn, channel, adding, letter, word):
            done += ("+" if adding else "-") + letter
            used += [word] if word else []
    if done:
        say_all(channel, ircv3.Message("MODE", channel.name, done, *used,
                                       source=conn.mask, tags=conn.tags()))


def change_mode(server, conn, channel, adding, letter, word):
    if letter in "qaohv":
        whom = server.find(word)
        if whom not in channel.members:
            conn.reply(441, word, channel.name, "They aren't on that channel")
            return False
        whose = channel.members[whom]
        changed = (letter in whose) != adding
        (whose.add if adding else whose.discard)(letter)
        return changed
    if letter == "b":
        if adding:
            channel.bans[word] = conn.mask, int(time.time())
        return adding or channel.bans.pop(word, None) is not None
    if letter == "k":
        channel.key = word if adding else None
    elif letter == "l":
        channel.limit = int(word) if adding else None
    elif letter in "imnpstr":
        (channel.modes.add if adding else channel.modes.discard)(letter)
    else:
        conn.reply(472, letter, "is unknown mode char to me")
        return False
    return True


def user_mode(server, conn, msg):
    if server.find(msg.params[0]) is not conn:
        return conn.reply(502, "Cannot change mode for other users")
    changes = msg.param(1)
    for letter in changes.lstrip("+-"):
        if letter not in "iB":
            conn.reply(501, "Unknown MODE flag")
        elif changes.startswith("-"):
            conn.modes.discard(letter)
        else:
            conn.modes.add(letter)
    if changes:
        conn.send(ircv3.Message("MODE", conn.nick, changes, source=conn.mask))
    else:
        conn.reply(221, "+" + "".join(sorted(conn.modes)))


@command("LIST")
def list_(server, conn, _msg):
    conn.reply(321, "Channel", "Users  Name")
    for channel in server.channels.values():
        conn.reply(322, channel.name, str(len(channel.members)),
                   channel.topic[0] if channel.topic else "")
    conn.reply(323, "End of /LIST")


# The other commands enter themselves into the table.
from . import ircv3_history, ircv3_people   # noqa: E402,F401
