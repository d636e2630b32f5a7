# SPDX-License-Identifier: GPL-2.0-or-later
"""Whom the fake X lets in: OAuth 1.0a, judged by python3-oauthlib, and OAuth
2.0 with PKCE and refresh tokens that are good for one use."""
import base64
import hashlib
import itertools
import urllib.parse

try:
    from oauthlib.oauth1 import RequestValidator, SignatureOnlyEndpoint
except ImportError:
    RequestValidator = object
    SignatureOnlyEndpoint = None

CONSUMER = ("consumer-key", "consumer-secret")
CLIENT = "client-id"
SKEW = 300                  # seconds that a signature may be old
PATHS = ("/oauth/request_token", "/oauth/access_token", "/2/oauth2/token",
         "/2/oauth2/revoke")


class Refused(Exception):
    def __init__(self, status=401, answer=None):
        super().__init__(status)
        self.status = status
        self.answer = answer or {"title": "Unauthorized", "status": status,
                                 "type": "about:blank",
                                 "detail": "Unauthorized"}


class Judge(RequestValidator):
    """What oauthlib asks about keys and secrets."""
    enforce_ssl = False
    dummy_client = dummy_access_token = dummy_request_token = "dummy"
    # The clock of the fake decides, not that of this host.
    timestamp_lifetime = 10 ** 9

    def __init__(self, auth):
        super().__init__()
        self.auth = auth
        self.seen = set()

    def check_client_key(self, key):
        return True

    check_nonce = check_access_token = check_request_token = \
        check_client_key

    def validate_client_key(self, key, request):
        return key == self.auth.consumer[0]

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce,
                                     request, request_token=None,
                                     access_token=None):
        new = (timestamp, nonce) not in self.seen
        self.seen.add((timestamp, nonce))
        return new and abs(int(timestamp) - self.auth.x.now()) < SKEW

    def get_client_secret(self, key, request):
        return self.auth.consumer[1] if key == self.auth.consumer[0] else "-"

    def get_access_token_secret(self, key, token, request):
        for tokens in (self.auth.tokens1, self.auth.asked1):
            if token in tokens:
                return tokens[token]["secret"]
        return "-"

    get_request_token_secret = get_access_token_secret


class Auth:
    def __init__(self, x, consumer=CONSUMER, client=CLIENT,
                 client_secret=None, lifetime=7200):
        self.x = x
        self.consumer = consumer
        self.client = client
        self.client_secret = client_secret
        self.lifetime = lifetime        # of an access token, in seconds
        self.numbers = itertools.count(1)
        self.asked1 = {}        # request token -> {secret, user, pin}
        self.tokens1 = {}       # token -> {secret, user}
        self.codes = {}         # code -> what /authorize was asked
        self.access = {}        # access token -> {user, until}
        self.refresh = {}       # refresh token -> user
        self.judge = SignatureOnlyEndpoint(Judge(self)) \
            if SignatureOnlyEndpoint else None

    def name(self, what):
        return "%s-%d" % (what, next(self.numbers))

    # ---- for tests
    def kept1(self, username):
        """The setting tokens of a user who has logged in with OAuth 1.0a."""
        token, secret = self.name("token"), self.name("secret")
        self.tokens1[token] = {"secret": secret,
                               "user": self.x.find(username)["id"]}
        return "1 %s %s" % (token, secret)

    def kept2(self, username, lifetime=None):
        """The same with OAuth 2.0; lifetime: of the access token."""
        lifetime = self.lifetime if lifetime is None else lifetime
        t = self.issue(self.x.find(username)["id"], lifetime)
        return "2 %d %s %s" % (self.x.now() - self.x.clock + lifetime,
                               t["access_token"], t["refresh_token"])

    def revoke(self, username):
        """The user does not want this app any more."""
        user = self.x.find(username)["id"]
        self.tokens1 = {k: v for k, v in self.tokens1.items()
                        if v["user"] != user}
        self.access = {k: v for k, v in self.access.items()
                       if v["user"] != user}
        self.refresh = {k: v for k, v in self.refresh.items() if v != user}

    def expire(self):
        """All access tokens are too old from now on."""
        for t in self.access.values():
            t["until"] = 0

    def approve(self, link, username):
        """The user's browser, at a link that was given to the user: the PIN,
        or the address that it is sent on to."""
        url = urllib.parse.urlsplit(link)
        query = dict(urllib.parse.parse_qsl(url.query))
        user = self.x.find(username)["id"]
        assert link.startswith(self.x.url), link
        if url.path == "/oauth/authorize":
            asked = self.asked1[query["oauth_token"]]
            asked["user"] = user
            asked["pin"] = "%07d" % next(self.numbers)
            return asked["pin"]
        assert url.path == "/i/oauth2/authorize", link
        assert query["response_type"] == "code"
        assert query["client_id"] == self.client
        assert query["code_challenge_method"] == "S256"
        assert len(query["code_challenge"]) == 43
        assert {"tweet.read", "users.read", "offline.access"} <= \
            set(query["scope"].split())
        code = self.name("code")
        self.codes[code] = dict(query, user=user)
        return query["redirect_uri"] + "?" + urllib.parse.urlencode(
            {"state": query["state"], "code": code})

    # ---- for the server
    def who(self, http, url, body):
        """The id of the user whose request this is; Refused."""
        if url.path in PATHS or url.path.startswith("/image/"):
            if url.path.startswith("/oauth/"):
                self.signed(http, body)
            return None
        proof = http.headers.get("Authorization", "")
        if proof.startswith("Bearer "):
            t = self.access.get(proof[7:])
            if t is None or t["until"] <= self.x.now():
                raise Refused()
            return t["user"]
        token = self.signed(http, body).resource_owner_key
        if token not in self.tokens1:
            raise Refused()
        return self.tokens1[token]["user"]

    def signed(self, http, body):
        if self.judge is None:
            raise Refused(500, {"detail": "python3-oauthlib is missing"})
        kind = http.headers.get("Content-Type", "")
        form = urllib.parse.urlencode(body) if "form-urlenc" in kind else ""
        ok, request = self.judge.validate_request(
            self.x.url + http.path, http.command, form,
            {"Authorization": http.headers.get("Authorization", ""),
             "Content-Type": kind if form else "text/plain"})
        if not ok:
            raise Refused(401, {"errors": [
                {"code": 32, "message": "Could not authenticate you."}]})
        http.signed = request
        self.last = request
        return request

    def answer(self, r):
        """(status, answer) where this is about logging in, else None."""
        if r.path == "/oauth/request_token":
            return self.request_token()
        if r.path == "/oauth/access_token":
            return self.access_token(r)
        if r.path == "/2/oauth2/token":
            return self.token(r)
        return None

    def request_token(self):
        if self.last.redirect_uri != "oob":
            return 403, {"errors": [{"code": 415, "message":
                                     "Callback URL not approved."}]}
        token, secret = self.name("asked"), self.name("secret")
        self.asked1[token] = {"secret": secret, "user": None, "pin": None}
        return 200, ("oauth_token=%s&oauth_token_secret=%s"
                     "&oauth_callback_confirmed=true" % (token, secret))

    def access_token(self, r):
        asked = self.asked1.get(self.last.resource_owner_key)
        verifier = self.last.verifier
        if asked is None or not asked["pin"] or verifier != asked["pin"]:
            return 401, "Error processing your OAuth request: Invalid " \
                "oauth_verifier parameter"
        del self.asked1[self.last.resource_owner_key]
        token, secret = self.name("token"), self.name("secret")
        self.tokens1[token] = {"secret": secret, "user": asked["user"]}
        u = self.x.people[asked["user"]]
        return 200, "oauth_token=%s&oauth_token_secret=%s&user_id=%s" \
            "&screen_name=%s" % (token, secret, u["id"], u["username"])

    def issue(self, user, lifetime):
        access, refresh = self.name("access"), self.name("refresh")
        self.access[access] = {"user": user, "until":
                               self.x.now() + lifetime}
        self.refresh[refresh] = user
        return {"token_type": "bearer", "expires_in": lifetime,
                "access_token": access, "refresh_token": refresh,
                "scope": "tweet.read users.read offline.access"}

    def token(self, r):
        def bad(text, error="invalid_request", status=400):
            return status, {"error": error, "error_description": text}

        basic = "Basic " + base64.b64encode(("%s:%s" % (
            self.client, self.client_secret)).encode()).decode()
        if self.client_secret is not None:
            if r.headers.get("Authorization") != basic:
                return bad("Missing valid authorization header",
                           "unauthorized_client", 401)
        elif r.body.get("client_id") != self.client:
            return bad("Missing required parameter [client_id].")
        if r.body.get("grant_type") == "refresh_token":
            user = self.refresh.pop(r.body.get("refresh_token"), None)
            if user is None:
                return bad("Value passed for the token was invalid.")
            return 200, self.issue(user, self.lifetime)
        asked = self.codes.pop(r.body.get("code"), None)
        if r.body.get("grant_type") != "authorization_code" or asked is None:
            return bad("Value passed for the authorization code was invalid.")
        digest = hashlib.sha256(r.body.get("code_verifier", "").encode())
        if base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode() \
                != asked["code_challenge"] or \
                r.body.get("redirect_uri") != asked["redirect_uri"]:
            return bad("Value passed for the authorization code was invalid.")
        return 200, self.issue(asked["user"], self.lifetime)
