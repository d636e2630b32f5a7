# SPDX-License-Identifier: GPL-2.0-or-later
"""A fake X on a loopback port: what the published API answers, as far as the
backend uses it.  Tests set its state by methods of X, look at x.requests, and
make it misbehave with x.next().  Who may do what is in fake_x_auth.py."""
import collections
import datetime
import email.utils
import http.server
import itertools
import json
import re
import socket
import threading
import time
import urllib.parse

from fake_x_auth import Auth, Refused
from harness.process import SLOWER

Request = collections.namedtuple(
    "Request", "method path query body headers user")
Request.__doc__ = """What came in.  path: from / on, without the query; query: a
dict; body: JSON decoded, a dict of a form, else bytes; user: whose token."""

USER_FIELDS = {"id", "name", "username"}
POST_FIELDS = {"id", "text", "edit_history_tweet_ids"}
# Version 2.167 of X's description has other words than X's documentation; the
# fake speaks as it is spoken to: post.fields or tweet.fields.
NEW_WORDS = {"edit_history_tweet_ids": "edit_history_post_ids",
             "referenced_tweets": "referenced_posts"}
EVENT_FIELDS = {"id", "text", "event_type"}
ROUTES = []


def route(method, path):
    """A handler of X: handler(x, request, *stars) -> (status, answer)."""
    def add(handler):
        ROUTES.append((method, re.compile(
            "/2/" + path.replace("*", "([^/]+)") + "$"), handler))
        return handler
    return add


def now_text(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%S.000Z")


class X:
    """One server.  Ids are strings everywhere; people, posts and events are
    dicts with all fields that X has; what is answered depends on the fields
    that were asked for, as with X."""

    def __init__(self, **auth):
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.ids = itertools.count(1900000000000000001)
        self.clock = 0              # seconds that its clock is ahead
        self.people = {}            # id -> user
        self.posts = {}             # id -> post
        self.media = {}             # media_key -> media
        self.events = []            # direct messages, oldest first
        self.conversations = {}     # id -> ids of those who are in it
        self.chats = []             # conversations in the encrypted chat
        self.lists = {}             # id -> {..., "members": [id]}
        self.relations = collections.defaultdict(list)
        self.uploads = {}           # media id -> what is known of it
        self.processing = []        # states that a video goes through
        self.files = {}             # name -> bytes: see file()
        self.trends = []
        self.page_most = 1000       # no more on a page, whatever is asked for
        self.oldest_since = 0       # ids before that are refused as since_id
        self.requests = []
        self.switches = []
        self.limits = {}            # regex of a path -> [remaining, reset]
        self.auth = Auth(self, **auth)
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.x = self
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever,
                         kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def now(self):
        return time.time() + self.clock

    def new_id(self):
        return str(next(self.ids))

    # ---- state
    def user(self, username, name=None, **fields):
        """A new account; returns it.  By its name: find()."""
        with self.lock:
            u = {"id": self.new_id(), "username": username,
                 "name": name or username.title(), "protected": False,
                 "verified": False, "description": "",
                 "created_at": "2020-01-01T00:00:00.000Z",
                 "profile_image_url":
                     "%s/image/%s_normal.png" % (self.url, username),
                 "public_metrics": {"followers_count": 0, "following_count": 0,
                                    "tweet_count": 0, "post_count": 0,
                                    "listed_count": 0}}
            u.update(fields)
            self.people[u["id"]] = u
            return u

    def find(self, username):
        """None: there is nobody of that name (or id)."""
        for u in self.people.values():
            if u["username"].lower() == username.lower() or \
                    u["id"] == username:
                return u
        return None

    def follow(self, who, whom):
        self.relations["following", self.find(who)["id"]].append(
            self.find(whom)["id"])

    def post(self, author, text, reply_to=None, quote=None, repost=None,
             **fields):
        """Somebody posts; returns the post."""
        with self.changed:
            at = self.new_id()
            p = {"id": at, "text": text, "author_id": self.find(author)["id"],
                 "edit_history_tweet_ids": [at], "conversation_id": at,
                 "created_at": now_text(self.now()), "lang": "en",
                 "possibly_sensitive": False,
                 "public_metrics": {
                     "retweet_count": 0, "repost_count": 0,
                     "reply_count": 0, "like_count": 0, "quote_count": 0,
                     "bookmark_count": 0, "impression_count": 0}}
            refs = [{"type": kind, "id": to} for kind, to in (
                ("replied_to", reply_to), ("quoted", quote),
                ("retweeted", repost)) if to]
            if refs:
                p["referenced_tweets"] = refs
            if reply_to:
                parent = self.posts.get(reply_to, {})
                p["conversation_id"] = parent.get("conversation_id", reply_to)
                if parent:
                    p["in_reply_to_user_id"] = parent["author_id"]
            names = re.findall(r"@(\w+)", text)
            links = re.findall(r"https?://\S+", text)
            entities = {}
            if names:
                entities["mentions"] = [
                    {"start": text.index("@" + n), "username": n,
                     "end": text.index("@" + n) + len(n) + 1,
                     "id": (self.find(n) or {}).get("id", "0")}
                    for n in names]
            if links:
                entities["urls"] = [
                    {"start": text.index(u), "end": text.index(u) + len(u),
                     "url": u, "expanded_url": u, "display_url": u[8:]}
                    for u in links]
            if entities:
                p["entities"] = entities
            p.update(fields)
            self.posts[p["id"]] = p
            self.changed.notify_all()
            return p

    def dm(self, sender, recipients, text, conversation=None, **fields):
        """A direct message, to one (a name) or to several (a list)."""
        with self.changed:
            if isinstance(recipients, str):
                recipients = [recipients]
            people = sorted([self.find(sender)["id"]] +
                            [self.find(r)["id"] for r in recipients], key=int)
            if conversation is None:
                conversation = "-".join(people) if len(people) == 2 else \
                    self.new_id()
            self.conversations[conversation] = people
            e = {"id": self.new_id(), "event_type": "MessageCreate",
                 "text": text, "sender_id": self.find(sender)["id"],
                 "dm_conversation_id": conversation,
                 "created_at": now_text(self.now())}
            e.update(fields)
            self.events.append(e)
            self.changed.notify_all()
            return e

    def file(self, name, data):
        """Somebody has put a file somewhere; returns its URL."""
        self.files[name] = data
        return "%s/image/%s" % (self.url, name)

    # ---- misbehaviour
    def next(self, path, status=None, times=1, method=None, body=None,
             headers=None, delay=0, late=False, cut=False, hang_up=False):
        """What the next requests get whose path matches this regex.  delay:
        seconds before any answer; an Event: until it is set; late: when it
        has been done already.  cut: the answer ends in its middle.  hang_up:
        there is none."""
        with self.lock:
            self.switches.append({
                "path": path, "status": status, "times": times,
                "method": method, "body": body, "headers": headers or {},
                "delay": delay, "late": late, "cut": cut,
                "hang_up": hang_up})

    def limit(self, path, remaining, reset=900):
        """So many more requests are answered until reset (seconds)."""
        self.limits[path] = [remaining, int(self.now()) + reset]

    # ---- what was asked
    def asked(self, method, path):
        """All such requests so far; path is a regex."""
        with self.lock:
            return [r for r in self.requests
                    if r.method == method and re.search(path, r.path)]

    def wait(self, method, path, n=1, timeout=15 * SLOWER):
        """Until there were n such requests; returns the nth."""
        with self.changed:
            if not self.changed.wait_for(
                    lambda: len(self.asked(method, path)) >= n, timeout):
                raise AssertionError("no %s %s in %r" % (
                    method, path, [r[:2] for r in self.requests]))
            return self.asked(method, path)[n - 1]


# ------------------------------------------------------------------------ HTTP

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass        # a client that has gone


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(timestamp or self.server.x.now(),
                                      usegmt=True)

    def serve(self):
        x = self.server.x
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, True))
        kind = self.headers.get("Content-Type", "")
        body = raw
        if "json" in kind and raw:
            body = json.loads(raw)
        elif "x-www-form-urlencoded" in kind:
            body = dict(urllib.parse.parse_qsl(raw.decode(), True))
        with x.changed:
            problem = user = None
            try:
                user = x.auth.who(self, url, body)
            except Refused as e:
                problem = e
            r = Request(self.command, url.path, query, body, self.headers,
                        user)
            switch = self.switched(x, r)
            x.requests.append(r)
            x.changed.notify_all()
        headers = {}
        if switch and not switch["late"]:
            self.wait(switch["delay"])
        if switch and switch["hang_up"]:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        with x.lock:
            if switch and switch["status"]:
                status, answer = switch["status"], {
                    "title": "Trouble", "type": "about:blank",
                    "status": switch["status"], "detail": "a test wants it"}
            elif problem:
                status, answer = problem.status, problem.answer
            else:
                status, answer = self.answer(x, r, headers)
        if switch:
            if switch["late"]:
                self.wait(switch["delay"])
            headers.update(switch["headers"])
            if switch["body"] is not None:
                answer = switch["body"]
        self.reply(status, answer, headers, switch and switch["cut"])

    do_GET = do_POST = do_PUT = do_DELETE = serve

    @staticmethod
    def wait(delay):
        if hasattr(delay, "wait"):
            delay.wait(30 * SLOWER)
        else:
            time.sleep(delay)

    @staticmethod
    def switched(x, r):
        for s in x.switches:
            if re.search(s["path"], r.path) and s["method"] in (None,
                                                                r.method):
                s["times"] -= 1
                if s["times"] == 0:
                    x.switches.remove(s)
                return s
        return None

    def answer(self, x, r, headers):
        for path, limit in x.limits.items():
            if re.search(path, r.path):
                if limit[1] <= x.now():
                    continue
                limit[0] -= 1
                headers["x-rate-limit-limit"] = "180"
                headers["x-rate-limit-remaining"] = str(max(limit[0], 0))
                headers["x-rate-limit-reset"] = str(limit[1])
                if limit[0] < 0:
                    return problem(429, "Too Many Requests")
        answer = x.auth.answer(r)
        if answer:
            return answer
        if r.path.startswith("/image/"):
            headers["Content-Type"] = "image/png"
            name = r.path[len("/image/"):]
            if name in x.files:
                return 200, x.files[name]
            return 200, b"\x89PNG\r\n\x1a\n" + r.path.encode()
        for method, path, handler in ROUTES:
            m = path.match(r.path)
            if m and method == r.method:
                return handler(x, r, *map(urllib.parse.unquote, m.groups()))
        return problem(404, "Not Found")

    def reply(self, status, answer, headers, cut):
        data = answer if isinstance(answer, bytes) else \
            answer.encode() if isinstance(answer, str) else \
            json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        if "Content-Type" not in headers:
            kind = "problem+json" if status >= 400 else "json"
            headers["Content-Type"] = \
                "application/%s; charset=utf-8" % kind
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if cut:
            data = data[:len(data) // 2]
            self.close_connection = True
        self.wfile.write(data)


# --------------------------------------------------------------------- answers

def problem(status, title, detail=None):
    return status, {"title": title, "type": "about:blank", "status": status,
                    "detail": detail or title}


def missing(kind, value):
    """X says so with status 200."""
    return 200, {"errors": [{
        "title": "Not Found Error", "resource_type": kind, "value": value,
        "detail": "Could not find %s with id: [%s]." % (kind, value),
        "parameter": "id", "resource_id": value,
        "type": "https://api.x.com/2/problems/resource-not-found"}]}


def only(item, fields, asked):
    wanted = fields | set(filter(None, asked.split(",")))
    return {k: v for k, v in item.items() if k in wanted}


def show_user(r, u):
    return only(u, USER_FIELDS, r.query.get("user.fields", ""))


def in_new_words(r):
    return "post.fields" in r.query or \
        "referenced_posts" in r.query.get("expansions", "")


def show_post(r, p):
    expansions = r.query.get("expansions", "").split(",")
    fields = r.query.get("tweet.fields", "") + "," + r.query.get(
        "post.fields", "")
    fields += ",author_id" if "author_id" in expansions else ""
    if not in_new_words(r):
        return only(p, POST_FIELDS, fields)
    if "referenced_posts" in expansions:
        fields += ",referenced_tweets"
    if "in_reply_to_user_id" in expansions:
        fields += ",in_reply_to_user_id"
    return {NEW_WORDS.get(k, k): v
            for k, v in only(p, POST_FIELDS, fields).items()}


def include(x, r, posts):
    """What the expansions of the query add, without what is there twice."""
    expansions = set(r.query.get("expansions", "").split(","))
    people, others, media = {}, {}, {}
    for p in posts:
        refs = [x.posts[ref["id"]] for ref in p.get("referenced_tweets", [])
                if ref["id"] in x.posts]
        if "author_id" in expansions:
            people[p["author_id"]] = 1
        for q in refs:
            if {"referenced_tweets.id", "referenced_posts"} & expansions:
                others[q["id"]] = 1
            if "referenced_tweets.id.author_id" in expansions or \
                    {"referenced_posts", "author_id"} <= expansions:
                others[q["id"]] = 1
                people[q["author_id"]] = 1
        if "in_reply_to_user_id" in expansions and \
                "in_reply_to_user_id" in p:
            people[p["in_reply_to_user_id"]] = 1
        if "attachments.media_keys" in expansions:
            for key in p.get("attachments", {}).get("media_keys", []):
                media[key] = 1
    found = {
        "users": [show_user(r, x.people[i]) for i in people if i in x.people],
        "posts" if in_new_words(r) else "tweets":
            [show_post(r, x.posts[i]) for i in others],
        "media": [only(x.media[k], {"media_key", "type"},
                       r.query.get("media.fields", ""))
                  for k in media if k in x.media]}
    return {k: v for k, v in found.items() if v}


def page(x, r, items, least, most, usual):
    """(of these, one page, its meta); items are newest first."""
    n = int(r.query.get("max_results", usual))
    if not least <= n <= most:
        raise Bad("The `max_results` query parameter value [%d] is not "
                  "between %d and %d" % (n, least, most))
    n = min(n, x.page_most)
    token = r.query.get("pagination_token") or r.query.get("next_token")
    at = int(token[1:], 36) if token else 0
    some = items[at:at + n]
    meta = {"result_count": len(some)}
    if at + n < len(items):
        meta["next_token"] = token_of(at + n)
    if at > 0:
        meta["previous_token"] = token_of(max(at - n, 0))
    return some, meta


def token_of(n):
    """As long as X says that they are."""
    return "p" + base36(n).rjust(15, "0")


def base36(n):
    digits = ""
    while n:
        n, d = divmod(n, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[d] + digits
    return digits or "0"


class Bad(Exception):
    pass


def page_of_posts(x, r, posts, least=5, most=100, usual=10):
    posts = sorted(posts, key=lambda p: -int(p["id"]))
    if int(r.query.get("since_id", x.oldest_since)) < x.oldest_since:
        return problem(400, "Invalid Request", "'since_id' must be a post id "
                       "created after [TIME]. Please use a 'since_id' that is "
                       "larger than %d" % x.oldest_since)
    since = r.query.get("start_time", "2010-11-06T00:00:00Z")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", since):
        return problem(400, "Invalid Request", "start_time: not a time")
    posts = [p for p in posts if p["created_at"][:19] >= since[:19]]
    exclude = r.query.get("exclude", "").split(",")
    kinds = {"replies": "replied_to", "retweets": "retweeted"}
    posts = [p for p in posts
             if not any(ref["type"] == kinds.get(kind) for kind in exclude
                        for ref in p.get("referenced_tweets", []))]
    for name, test in (("since_id", lambda i, j: i > j),
                       ("until_id", lambda i, j: i < j)):
        if name in r.query:
            posts = [p for p in posts
                     if test(int(p["id"]), int(r.query[name]))]
    try:
        some, meta = page(x, r, posts, least, most, usual)
    except (Bad, ValueError) as e:
        return problem(400, "Invalid Request", str(e))
    answer = {"meta": meta}
    if some:
        answer["data"] = [show_post(r, p) for p in some]
        meta["newest_id"] = some[0]["id"]
        meta["oldest_id"] = some[-1]["id"]
    includes = include(x, r, some)
    if includes:
        answer["includes"] = includes
    return 200, answer


def page_of_people(x, r, ids, most=1000, usual=100):
    try:
        some, meta = page(x, r,
                          [x.people[i] for i in ids if i in x.people],
                          1, most, usual)
    except (Bad, ValueError) as e:
        return problem(400, "Invalid Request", str(e))
    answer = {"meta": meta}
    if some:
        answer["data"] = [show_user(r, u) for u in some]
    return 200, answer


def page_of_events(x, r, events):
    kinds = r.query.get("event_types",
                        "MessageCreate,ParticipantsJoin,ParticipantsLeave")
    events = [e for e in reversed(events)
              if e["event_type"] in kinds.split(",") and
              r.user in x.conversations[e["dm_conversation_id"]]]
    try:
        some, meta = page(x, r, events, 1, 100, 100)
    except (Bad, ValueError) as e:
        return problem(400, "Invalid Request", str(e))
    answer = {"meta": meta}
    fields = r.query.get("dm_event.fields", "")
    expansions = r.query.get("expansions", "")
    if "referenced_posts" in expansions:
        fields += ",referenced_tweets"
    if some:
        answer["data"] = [
            {NEW_WORDS.get(k, k) if in_new_words(r) else k: v
             for k, v in only(e, EVENT_FIELDS,
                              fields + "," + expansions).items()}
            for e in some]
    people, posts, media = {}, {}, {}
    for e in some:
        if "sender_id" in expansions:
            people[e.get("sender_id")] = 1
        if "participant_ids" in expansions:
            people.update(dict.fromkeys(e.get("participant_ids", []), 1))
        if "referenced_" in expansions:
            posts.update((ref["id"], 1)
                         for ref in e.get("referenced_tweets", [])
                         if ref["id"] in x.posts)
        for key in e.get("attachments", {}).get("media_keys", []):
            media[key] = 1
    includes = {
        "users": [show_user(r, x.people[i]) for i in people if i in x.people],
        "posts" if in_new_words(r) else "tweets":
            [show_post(r, x.posts[i]) for i in posts],
        "media": [only(x.media[k], {"media_key", "type"},
                       r.query.get("media.fields", ""))
                  for k in media if k in x.media
                  and "attachments.media_keys" in expansions]}
    includes = {k: v for k, v in includes.items() if v}
    if includes:
        answer["includes"] = includes
    return 200, answer


import fake_x_routes                                        # noqa: E402,F401
