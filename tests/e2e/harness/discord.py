# SPDX-License-Identifier: GPL-2.0-or-later
"""Discord, as much as a chat client needs: gateway and REST of version 9, after
the published documentation of the API and, for what only clients of people do
(logging in, friends), after what purple-discord asks.  There is no other
server.

Everybody is everybody's friend and in one guild.  A test speaks for those who
are not logged in:

    server.say("bob", server.dm("alice", "bob"), "hi")

One thread for each connection; whatever is shared is behind one lock."""
import http.server
import itertools
import json
import re
import socketserver
import subprocess
import sys
import threading
import time
import urllib.parse
import zlib

from .process import wait_for
from .tls import server_context
from .websocket import BINARY, WebSocket

PORT = 443
NAMES = ("discord.com", "gateway.discord.gg", "cdn.discordapp.com")
GUILD = "200"
DISPATCH, HEARTBEAT, IDENTIFY, STATUS, RESUME = 0, 1, 2, 3, 6
HELLO, HEARTBEAT_ACK, WATCH_GUILD = 10, 11, 14
NOT_AUTHENTICATED = 4004        # the gateway's reason to close
CHANNEL_TEXT, CHANNEL_DM, FRIEND = 0, 1, 1


def make_certificates(directory):
    """An authority, which is to be trusted, and what it signed: (certificate
    of the authority, certificate, key)."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=directory, check=True,
                       capture_output=True)
    trusted = directory / "trusted"
    trusted.mkdir()
    (directory / "names").write_text("subjectAltName=" + ",".join(
        "DNS:" + name for name in NAMES))
    new = ["req", "-newkey", "rsa:2048", "-nodes", "-subj"]
    openssl(*new, "/CN=Test authority", "-x509", "-days", "2",
            "-keyout", "authority.key", "-out", "trusted/e2e-authority.pem")
    openssl(*new, "/CN=" + NAMES[0], "-keyout", "key.pem", "-out", "request")
    openssl("x509", "-req", "-in", "request", "-days", "2",
            "-CA", "trusted/e2e-authority.pem", "-CAkey", "authority.key",
            "-CAcreateserial", "-extfile", "names", "-out", "cert.pem")
    return (trusted / "e2e-authority.pem", str(directory / "cert.pem"),
            str(directory / "key.pem"))


class User:
    def __init__(self, number, name, password, code):
        self.id, self.name, self.password = str(number), name, password
        self.code = code        # of two-factor authentication, or None
        self.token = "token-" + name
        self.email = name + "@mail.test"
        self.status = "offline"
        self.gateway = None

    @property
    def tag(self):
        return "%s#%04d" % (self.name, int(self.id))

    def public(self):
        return {"id": self.id, "username": self.name, "avatar": None,
                "discriminator": "%04d" % int(self.id)}

    def presence(self):
        return {"user": {"id": self.id}, "status": self.status,
                "activities": [], "client_status": {}, "game": None}


class Channel:
    def __init__(self, number, kind, name=None, members=()):
        self.id, self.kind, self.name = str(number), kind, name
        self.members, self.messages = members, []

    def seen_by(self, user):
        found = {"id": self.id, "type": self.kind, "last_message_id":
                 self.messages[-1]["id"] if self.messages else None}
        if self.kind == CHANNEL_DM:
            return {**found, "recipients": [
                other.public() for other in self.members if other != user]}
        return {**found, "name": self.name, "topic": "About " + self.name,
                "guild_id": GUILD, "position": 0,
                "permission_overwrites": []}


class Gateway:
    """One connection to the gateway."""

    def __init__(self, server, web, compress):
        self.server, self.web, self.user = server, web, None
        self.deflate = zlib.compressobj() if compress else None
        self.sequence = 0

    def send(self, op, data, event=None):
        if event:
            self.sequence += 1
        raw = json.dumps({"op": op, "d": data, "t": event,
                          "s": self.sequence if event else None}).encode()
        try:
            if self.deflate:
                raw = self.deflate.compress(raw)
                raw += self.deflate.flush(zlib.Z_SYNC_FLUSH)
                self.web.send(raw, BINARY)
            else:
                self.web.send(raw)
        except (OSError, ValueError):
            pass

    def serve(self):
        self.send(HELLO, {"heartbeat_interval": 41250})
        for data in self.web.messages():
            with self.server.lock:
                packet = json.loads(data)
                self.server.packets.append(packet)
                self.packet(packet["op"], packet["d"])

    def packet(self, op, data):
        if op == HEARTBEAT:
            self.send(HEARTBEAT_ACK, None)
        elif op in (IDENTIFY, RESUME):
            user = self.server.user_of(data["token"])
            if user is None:
                self.web.close(NOT_AUTHENTICATED, "Authentication failed.")
                return
            self.user, user.gateway = user, self
            self.send(DISPATCH, self.server.ready(user), "READY")
            self.send(DISPATCH, {"merged_presences": {"friends": [
                {"user_id": other.id, "status": other.status,
                 "activities": []}
                for other in self.server.users.values()
                if other != user and other.status != "offline"]}},
                "READY_SUPPLEMENTAL")
            self.server.set_status(user.name, "online")
        elif op == STATUS and self.user:
            self.server.set_status(self.user.name, data["status"])
        elif op == WATCH_GUILD and self.user:
            self.send(DISPATCH, self.server.member_list(),
                      "GUILD_MEMBER_LIST_UPDATE")

    def gone(self):
        if self.user and self.user.gateway is self:
            self.user.gateway = None
            self.server.set_status(self.user.name, "offline")


class Refused(Exception):
    """status, body"""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do(self):
        server = self.server.discord
        key = self.headers.get("Sec-WebSocket-Key")
        if key:
            gateway = Gateway(server, WebSocket(key, self.rfile, self.wfile),
                              "compress=zlib-stream" in self.path)
            self.close_connection = True
            try:
                gateway.serve()
            except OSError:
                pass
            with server.lock:
                gateway.gone()
            return
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        with server.lock:
            status, answer = server.rest(
                self.command, self.path, json.loads(body) if body else {},
                self.headers.get("Authorization"))
        answer = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do


class Listener(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):      # as is one of TLS
            self.discord.offences.append(repr(error))

    def get_request(self):
        sock, address = super().get_request()
        return self.tls.wrap_socket(sock, server_side=True,
                                    do_handshake_on_connect=False), address

    def finish_request(self, request, client_address):
        """In the thread, which the handshake is up to."""
        request.do_handshake()
        super().finish_request(request, client_address)


class DiscordServer:
    """people: {name: password}, of which codes say who has a second factor;
    the certificate and its key are files."""

    def __init__(self, people, certificate, key, codes=None):
        self.lock = threading.RLock()
        self.users = {
            name: User(1 + at, name, password, (codes or {}).get(name))
            for at, (name, password) in enumerate(people.items())}
        self.numbers = itertools.count(1000)
        self.general = Channel(201, CHANNEL_TEXT, "general")
        self.channels = {"201": self.general}
        for pair in itertools.combinations(self.users.values(), 2):
            number = str(next(self.numbers))
            self.channels[number] = Channel(number, CHANNEL_DM, members=pair)
        self.packets, self.requests, self.offences = [], [], []
        self.listener = Listener(("127.0.0.1", PORT), Handler)
        self.listener.discord = self
        self.listener.tls = server_context(certificate, key)
        threading.Thread(target=self.listener.serve_forever,
                         daemon=True).start()

    # ------------------------------------------------- inside, with the lock

    def user_of(self, token):
        return next((user for user in self.users.values()
                     if user.token == token), None)

    def user_with(self, number):
        return next(user for user in self.users.values()
                    if user.id == number)

    def audience(self, channel):
        return channel.members or self.users.values()

    def tell(self, users, event, data):
        for user in users:
            if user.gateway:
                user.gateway.send(DISPATCH, data, event)

    def ready(self, me):
        others = [user for user in self.users.values() if user != me]
        return {
            "v": 9, "session_id": "session-" + me.name,
            "user": {**me.public(), "email": me.email, "verified": True,
                     "mfa_enabled": bool(me.code)},
            "guilds": [{
                "id": GUILD, "name": "Guild", "unavailable": False,
                "owner_id": "1", "large": False, "emojis": [], "threads": [],
                "member_count": len(self.users), "voice_states": [],
                "roles": [{"id": GUILD, "name": "@everyone", "color": 0,
                           "permissions": "2147483647", "position": 0}],
                "channels": [self.general.seen_by(me)],
                "members": [self.member(user)
                            for user in self.users.values()],
                "presences": []}],
            "private_channels": [
                channel.seen_by(me) for channel in self.channels.values()
                if me in channel.members],
            "relationships": [
                {"id": user.id, "type": FRIEND, "user": user.public(),
                 "nickname": None} for user in others],
            "user_settings": {"status": "online", "guild_folders": []},
            "read_state": {"entries": [], "version": 1, "partial": False},
            "user_guild_settings": {"entries": [], "version": 1,
                                    "partial": False}, "notes": {},
        }

    def member(self, user):
        return {"user": user.public(), "roles": [], "nick": None,
                "joined_at": "2020-01-01T00:00:00+00:00"}

    def member_list(self):
        """Who is there, as what a client shows beside a channel."""
        there = [user for user in self.users.values()
                 if user.status != "offline"]
        return {"guild_id": GUILD, "id": "everyone",
                "member_count": len(self.users), "online_count": len(there),
                "groups": [{"id": "online", "count": len(there)}],
                "ops": [{"op": "SYNC", "range": [0, 99], "items": [
                    {"group": {"id": "online", "count": len(there)}}] + [
                    {"member": {**self.member(user),
                                "presence": user.presence()}}
                    for user in there]}]}

    def create(self, channel, author, text, nonce=None):
        message = {
            "id": str(next(self.numbers)), "channel_id": channel.id,
            "author": author.public(), "content": text, "nonce": nonce,
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00",
                                       time.gmtime()),
            "edited_timestamp": None, "tts": False, "type": 0,
            "mention_everyone": False, "mentions": [], "mention_roles": [],
            "attachments": [], "embeds": [], "pinned": False}
        if channel.kind == CHANNEL_TEXT:
            message["guild_id"] = GUILD
        channel.messages.append(message)
        self.tell(self.audience(channel), "MESSAGE_CREATE", message)
        return message

    # ------------------------------------------------------------------ REST

    def rest(self, method, path, body, token):
        """(status, answer)"""
        path = urllib.parse.unquote(path).partition("?")[0]
        self.requests.append((method, path, body))
        me = self.user_of(token)
        for verb, pattern, handle in ROUTES:
            hit = re.fullmatch("/api/v9/" + pattern, path)
            if hit is None or verb not in (method, "*"):
                continue
            if me is None and not pattern.startswith("auth/"):
                return 401, {"message": "401: Unauthorized", "code": 0}
            try:
                return 200, handle(self, me, body, *hit.groups())
            except Refused as refusal:
                return refusal.args
        self.offences.append((method, path))
        return 404, {"message": "404: Not Found", "code": 0}

    def rest_login(self, _me, body):
        for user in self.users.values():
            if (user.email, user.password) == (body["email"],
                                               body["password"]):
                if user.code is None:
                    return {"token": user.token}
                return {"token": None, "mfa": True, "sms": False,
                        "ticket": "ticket-" + user.name}
        why = [{"code": "INVALID_LOGIN",
                "message": "Login or password is invalid."}]
        raise Refused(400, {"code": 50035, "message": "Invalid Form Body",
                            "errors": {"email": {"_errors": why},
                                       "password": {"_errors": why}}})

    def rest_code(self, _me, body):
        for user in self.users.values():
            if body["ticket"] == "ticket-" + user.name and \
                    body["code"] == user.code:
                return {"token": user.token}
        raise Refused(400, {"code": 60008,
                            "message": "Invalid two-factor code"})

    def rest_channel(self, me, _body, channel):
        return self.channels[channel].seen_by(me)

    def rest_history(self, _me, _body, channel):
        return self.channels[channel].messages[::-1]

    def rest_create(self, me, body, channel):
        return self.create(self.channels[channel], me, body["content"],
                           body.get("nonce"))

    def rest_typing(self, me, _body, channel):
        self.typing(me.name, self.channels[channel])
        return {}

    def rest_open(self, me, body):
        numbers = body.get("recipients") or [body["recipient_id"]]
        other = self.user_with(str(numbers[0]))
        return self.dm(me.name, other.name).seen_by(me)

    def rest_profile(self, _me, _body, number):
        return {"user": self.user_with(number).public(),
                "connected_accounts": [], "mutual_guilds": []}

    def rest_nothing(self, *_):
        return {}

    # ------------------------------------------------------------- for tests

    def dm(self, *names):
        """The channel of two people."""
        return next(channel for channel in self.channels.values()
                    if {user.name for user in channel.members} == set(names))

    def say(self, name, channel, text):
        with self.lock:
            self.create(channel, self.users[name], text)

    def typing(self, name, channel):
        with self.lock:
            user = self.users[name]
            self.tell([other for other in self.audience(channel)
                       if other != user], "TYPING_START",
                      {"channel_id": channel.id, "user_id": user.id,
                       "timestamp": int(time.time())})

    def set_status(self, name, status):
        with self.lock:
            user = self.users[name]
            user.status = status
            self.tell([other for other in self.users.values()
                       if other != user], "PRESENCE_UPDATE", user.presence())

    def wait_message(self, channel, text, timeout=10):
        """A message of that text has come; returns its author's name."""
        def come():
            return [m["author"]["username"] for m in channel.messages
                    if m["content"] == text]
        return wait_for(come, timeout, "a message %r" % text)[0]

    def wait_request(self, method, pattern, timeout=10):
        def come():
            return [body for verb, path, body in self.requests
                    if verb == method and re.search(pattern, path)]
        return wait_for(come, timeout, "%s %s" % (method, pattern))[-1]

    def wait_status(self, name, status, timeout=10):
        wait_for(lambda: self.users[name].status == status, timeout,
                 "%s to be %s" % (name, status))

    def close(self):
        self.listener.shutdown()
        self.listener.server_close()


ROUTES = [
    ("POST", "auth/login", DiscordServer.rest_login),
    ("POST", "auth/mfa/totp", DiscordServer.rest_code),
    ("GET", r"channels/(\d+)", DiscordServer.rest_channel),
    ("GET", r"channels/(\d+)/messages", DiscordServer.rest_history),
    ("POST", r"channels/(\d+)/messages", DiscordServer.rest_create),
    ("POST", r"channels/(\d+)/typing", DiscordServer.rest_typing),
    ("POST", r"channels/\d+/messages/\d+/ack", DiscordServer.rest_nothing),
    ("POST", "users/@me/channels", DiscordServer.rest_open),
    ("GET", r"users/(\d+)/profile", DiscordServer.rest_profile),
    ("*", r"users/@me/(settings|guilds/.*|relationships.*)",
     DiscordServer.rest_nothing),
]
