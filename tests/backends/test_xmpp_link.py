# SPDX-License-Identifier: GPL-2.0-or-later
"""The XMPP backend and the connection to its server: logins, certificates,
breaks, and servers that mean no good."""
import base64
import hashlib
import hmac
import itertools
import os
import re
import shutil
import time

import pytest

from driver import Failed, PATIENCE
from harness import servers
from harness.process import SLOWER, wait_for
from harness.raw import register_account
from harness.tls import Authority, Front, fingerprint
from xmpp_driver import HEAD, Names, Relay

_numbers = itertools.count(1)
ROOM = "room@conference.xmpp.test"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
IDN, IDN_ASCII = "b\u00fccher.test", "xn--bcher-kva.test"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def remote(tmp_path_factory, authority):
    """A server with STARTTLS and stream management."""
    directory = tmp_path_factory.mktemp("remote")
    cert, key = authority.issue("xmpp.test")
    shutil.copy(cert, directory / "xmpp.test.crt")
    shutil.copy(key, directory / "xmpp.test.key")
    s = servers.Prosody(directory, modules=("tls", "smacks"))
    with open(s.directory / "prosody.cfg.lua", "a") as file:
        for host, name in (("wrong.test", "right.test"), (IDN, IDN_ASCII)):
            file.write('VirtualHost "%s"\nssl = { certificate = "%s"; '
                       'key = "%s" }\n' % ((host,) + authority.issue(name)))
    s.start()
    yield s
    s.stop()


@pytest.fixture
def account(remote):
    def register(name="bob", domain=remote.domain):
        name = "%s%d" % (name, next(_numbers))
        register_account(remote.port, domain, name, "secret")
        return "%s@%s" % (name, domain)

    return register


@pytest.fixture
def secure(xmpp, remote, authority):
    """A backend for that server, with what it needs to trust it."""
    return xmpp(host="127.0.0.1", port=remote.port, ca_file=authority.cert)


@pytest.fixture
def relay(remote):
    r = Relay(remote.port)
    yield r
    r.close()


def test_chat(secure, account):
    """STARTTLS, SCRAM; text both ways; two users of one process."""
    bob, ann = account(), account("ann")
    secure.enter(bob)
    secure.enter(ann, user="you@example.org")
    text = "grüße <&> \"'\nsecond line"
    assert secure.finish(secure.say(ann, text, id="m1")) == {}
    m = secure.wait("message", user="you@example.org")
    assert (m["from"], m["body"], m["id"], m["kind"]) == (
        bob, text, "m1", "chat")
    secure.call("logout", user="you@example.org")
    assert secure.finish(secure.say(ann, "offline")) == {}
    secure.enter(ann.upper(), user="you@example.org")
    secure.wait("message", user="you@example.org", body="offline")
    # A login while there is one takes its place, and nobody hears of it.
    secure.enter(bob)
    assert secure.finish(secure.say(ann, "still here")) == {}
    secure.wait("message", user="you@example.org", body="still here")
    assert not [e for e in secure.events if e[0] == "disconnected"]


def test_refusals(secure, account, xmpp, remote, fake):
    bob = account()
    end = secure.refused(bob, password="wrong")
    assert (end["reason"], end.get("retry", False)) == ("auth", False)
    assert "not-authorized" in end["text"]
    for name in ("bob", "@xmpp.test", "bob@", "bob@x y", "b@a:1"):
        assert secure.refused(name)["reason"] == "settings"
    end = secure.refused("bob@other.test")
    assert (end["reason"], end.get("retry", False)) == ("auth", False)
    # No TLS, where it must be; nobody there.
    end = secure.refused(bob, port=fake().port)
    assert (end["reason"], end.get("retry", False)) == ("other", False)
    assert "encrypt" in end["text"]
    end = secure.refused(bob, port=1)
    assert (end["reason"], end["retry"]) == ("network", True)
    one = xmpp(host="127.0.0.1", port=remote.port, tls="off", users_max=1)
    assert one.can["users_max"] == 1
    one.enter(bob)
    with pytest.raises(Failed) as e:
        one.login("you@example.org", bob, password="secret")
    assert e.value.code == "full"


@pytest.mark.parametrize("kind", ["name", "expired", "authority", "starttls",
                                  "starttls name"])
def test_certificate(kind, xmpp, remote, authority, account, tmp_path):
    """What cannot be verified is asked about, and remembered."""
    other = Authority(tmp_path)
    cert, key = {"name": lambda: authority.issue("wrong.test"),
                 "expired": lambda: authority.issue("xmpp.test", -1),
                 "authority": lambda: other.issue("xmpp.test"),
                 "starttls": lambda: (str(remote.directory / "xmpp.test.crt"),
                                      None),
                 "starttls name": lambda: (os.path.join(
                     authority.directory, "right.test+2.cert"), None)}[kind]()
    said = {"name": "wrong.test", "expired": "expired",
            "authority": "unknown authority", "starttls": "unknown authority",
            "starttls name": "right.test"}[kind]
    front = None if key is None else Front(cert, key, remote.port)
    b = xmpp(host="127.0.0.1", port=front.port if front else remote.port,
             tls="direct" if front else "required",
             ca_file=other.cert if kind == "starttls" else authority.cert)
    pin = fingerprint(cert).replace(":", "").lower()
    bob = account(domain="wrong.test" if kind == "starttls name" else
                  remote.domain)

    def ask(answer, **settings):
        b.login("me@example.org", bob, password="secret", settings=settings)
        q = b.wait("ask")
        assert said in q["instructions"] or settings, q
        assert pin in q["instructions"], q
        b.answer(b.unanswered.pop(0), answer)

    ask({"code": "forbidden"})
    assert b.wait("disconnected")["reason"] == "certificate"
    # Another one than the one that was trusted.
    ask({"values": {}}, tls_fingerprint="00" * 32)
    b.wait("setting", name="tls_fingerprint", value=pin)
    b.wait("connected")
    b.call("logout", user="me@example.org")
    b.enter(bob, tls_fingerprint=pin)
    assert not [e for e in b.events if e[0] == "ask"]
    # Asked, and gone: nothing is left of it.
    b.login("me@example.org", bob, password="secret")
    b.wait("ask")
    b.call("logout", user="me@example.org")
    b.wait("ask_gone")
    b.answer(b.unanswered.pop(0), {"code": "not_found"})
    if front:
        front.close()


def test_found_by_domain(xmpp, remote, authority, account):
    """SRV records of both kinds; the next one where nobody answers."""
    names = Names()
    front = Front(*authority.issue("xmpp.test"), remote.port)
    b = xmpp(ca_file=authority.cert, env=names.env)
    bob = account()
    # TLS from the first byte, and nothing else.
    names.srv("_xmpps-client._tcp.xmpp.test", (1, front.port, "a.host.test"))
    b.enter(bob)
    # Two that are not there, one that is nothing, and one that is.
    names.srv("_xmpps-client._tcp.xmpp.test", (1, 1, "a.host.test"))
    names.srv("_xmpp-client._tcp.xmpp.test", (1, 1, "b.host.test"),
              (2, 1, "nowhere.test"), (3, remote.port, "c.host.test"))
    b.enter(bob)
    front.close()
    names.known.clear()
    end = b.refused(bob)
    assert (end["reason"], end["retry"]) == ("network", True)
    names.close()


def test_idn(xmpp, remote, authority, account):
    """A domain is looked up, asked for and verified by its A-label, and called
    by its U-label."""
    names = Names()
    b = xmpp(ca_file=authority.cert, env=names.env)
    names.srv("_xmpp-client._tcp." + IDN_ASCII, (1, remote.port, "a.host.test"))
    bob = account(domain=IDN)
    assert b.enter(bob)["account"] == bob
    b.enter(bob.replace(IDN, IDN_ASCII), user="you@example.org", resource="x")
    assert b.finish(b.say(bob, "hello")) == {}
    assert b.wait("message", body="hello")["from"] == bob
    names.close()


def test_ipv6(xmpp, remote, authority, account):
    """A server that has nothing else, by its name, and by its address."""
    try:
        relay = Relay(remote.port, "::1")
    except OSError:
        pytest.skip("no IPv6 here")
    names = Names()
    bob = account()
    b = xmpp(ca_file=authority.cert, env=names.env)
    names.srv("_xmpp-client._tcp.xmpp.test", (1, relay.port, "a.six.test"))
    b.enter(bob)
    b.enter(bob, host="::1", port=relay.port)
    assert relay.count == 2
    names.close()
    relay.close()


def test_resumption(xmpp, remote, authority, account, relay):
    """The network goes away, again and again, with stanzas under way in both
    directions: nothing is lost, and nothing comes twice, even if it goes away
    once more before the server has answered."""
    bob, ann = account(), account("ann")
    b = xmpp(host="127.0.0.1", port=remote.port, ca_file=authority.cert)
    b.enter(bob, port=relay.port)
    b.enter(ann, user="you@example.org")
    calls, back = [], []
    for i in range(3):
        for j in range(5):
            calls.append(b.say(ann, "to %d %d" % (i, j)))
            back.append(b.say(bob, "fro %d %d" % (i, j),
                              user="you@example.org"))
        # Some of what was written never arrives.
        relay.deaf = True
        for j in range(5):
            calls.append(b.say(ann, "lost %d %d" % (i, j)))
        before = relay.count
        relay.refuse = i // 2
        relay.cut()
        for j in range(5):
            calls.append(b.say(ann, "meanwhile %d %d" % (i, j)))
            back.append(b.say(bob, "missed %d %d" % (i, j),
                              user="you@example.org"))
        for call in calls + back:
            assert b.finish(call) == {}
        assert relay.count > before
        calls, back = [], []
    b.finish(b.say(ann, "end"))
    b.wait("message", user="you@example.org", body="end")
    first = b.skipped
    b.finish(b.say(bob, "end", user="you@example.org"))
    b.wait("message", user="me@example.org", body="end")
    heard = [(p["user"], p["body"]) for m, p in first + b.skipped
             if m == "message"]
    for user, words in (("you@example.org", ("to", "lost", "meanwhile")),
                        ("me@example.org", ("fro", "missed"))):
        want = [w + " %d %d" % (i, j) for i in range(3) for w in words
                for j in range(5)]
        assert [body for who, body in heard if who == user] == want
    assert not [m for m, _ in first + b.skipped if m == "disconnected"]


def test_said_and_left(xmpp, remote, authority, account):
    """What was said just before the end has arrived, and that is known."""
    bob, ann = account(), account("ann")
    b = xmpp(host="127.0.0.1", port=remote.port, ca_file=authority.cert)
    b.enter(ann, user="you@example.org")
    for i in range(3):
        b.enter(bob)
        said = [b.say(ann, "%d %d" % (i, j)) for j in range(3)]
        left = b.start("logout", user="me@example.org")
        for call in said:
            assert b.finish(call) == {}
        b.finish(left)
        b.wait("message", user="you@example.org", body="%d 2" % i)


@pytest.mark.slow
def test_silence(xmpp, remote, authority, account, relay):
    """A server that is not heard any more is asked, given up, and tried again;
    one that has nothing to say is not."""
    bob, ann = account(), account("ann")
    b = xmpp(host="127.0.0.1", port=remote.port, ca_file=authority.cert,
             keepalive=2)
    b.enter(bob, port=relay.port)
    b.enter(ann, user="you@example.org")
    before = relay.count
    relay.open.clear()
    b.finish(b.say(bob, "lost on its way", user="you@example.org"))
    wait_for(lambda: relay.count > before, 30)
    relay.open.set()
    b.wait("message", user="me@example.org", body="lost on its way")
    assert b.finish(b.say(ann, "here")) == {}
    assert relay.count == before + 1
    # Longer than it was given up after, and it is still there.
    end = time.monotonic() + 9
    wait_for(lambda: time.monotonic() > end)
    assert relay.count == before + 1
    assert b.finish(b.say(ann, "still here")) == {}


def test_restart(secure, remote, account):
    """The server is restarted: no session is left there, and nobody here sees
    more of it than that answers take their time."""
    bob, ann = account(), account("ann")
    secure.enter(bob)
    secure.enter(ann, user="you@example.org")
    remote.stop()
    secure.call("ping")                 # it has noticed
    calls = [secure.say(ann, "meanwhile %d" % i) for i in range(5)]
    remote.start()
    for call in calls:
        assert secure.finish(call) == {}
    for i in range(5):
        secure.wait("message", user="you@example.org",
                    body="meanwhile %d" % i)
        assert not [m for m, _ in secure.skipped if m == "disconnected"]
    assert not [p for m, p in secure.events if m == "message"]


# ---- what others write, and an honest server passes on

TOO_LARGE = {
    "deep": "<x xmlns='urn:x'>" + "<a>" * 100 + "</a>" * 100 + "</x>",
    "attributes": "<x xmlns='urn:x' " + " ".join(
        "a%d='1'" % i for i in range(500)) + "/>",
    "tag": "<x xmlns='urn:x' a='%s'/>" % ("x" * 200000),
    "text": "<body>" + "x" * 3000000 + "</body>",
    "elements": "<x xmlns='urn:x'>" + "<a/>" * 1000000 + "</x>",
    "names": "<x xmlns='urn:x'>" + "".join(
        "<n%d/>" % i for i in range(50000)) + "</x>" + "<a/>" * 300000,
}


def test_too_large(xmpp, fake):
    """It costs whoever wrote it an error, and nobody a connection; otherwise it
    would come again and again."""
    f = fake(features=SM, after={
        "<enable": "<enabled xmlns='urn:xmpp:sm:3' id='x' resume='true'/>"},
        resume="<resumed xmlns='urn:xmpp:sm:3' h='0' previd='x'/>")
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("bob@xmpp.test")
    contacts = f.expect("<iq [^>]*id=.([^ '\"]*)[^>]*>(?=<query [^>]*roster)")
    for name, inside in TOO_LARGE.items():
        f.say("<message from='eve@far.test/x' type='chat' id='%s'>%s"
              "<body>bad</body></message>" % (name, inside))
        f.say("<message from='ann@far.test/x' type='chat'><body>after %s"
              "</body></message>" % name)
        assert "too large" in b.wait("message")["body"], name
        if name == "names":     # they are forgotten with the connection
            f.closed.wait(PATIENCE)
        else:
            assert b.wait("message")["body"] == "after " + name
            hit = f.expect("<message [^>]*type=.error.[^>]*>")[0]
            assert name in hit and "eve@far.test/x" in hit
            assert f.resumes == 0
    wait_for(lambda: f.resumes > 0)
    assert f.resumes == 1
    assert not [m for m, _ in b.events if m == "disconnected"]


# ---- servers that mean no good

DEEP = "<a>" * 100000 + "</a>" * 100000 + "</message>"
BOMB = ("<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    "<!ENTITY %s '%s'>" % (b, ("&%s;" % a) * 10)
    for a, b in zip("abcdefgh", "bcdefghi")) + "]><a>&i;</a>")
HOSTILE = {
    "nested": "<message>" + DEEP,
    "bomb": BOMB,
    "garbage": "\x00\xff\xfe<<<<>>>>&&&;",
    "binary": bytes(range(256)) * 10,
    "huge": "<message><body>" + "x" * 3000000,
    "entities": "<message><body>" + "&lt;" * 400000 + "</body></message>",
    "attributes": "<message " + " ".join(
        "a%d='1'" % i for i in range(500)) + "/>",
    "tag": "<message a='" + "x" * 200000,
    "comment": "<!-- -->",
    "end": "</stream:stream>",
    "error": "<stream:error><conflict "
             "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
    "empty error": "<stream:error/></stream:stream>",
    "root": "<stream:features/>" + HEAD,
}
SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
SCRAM = ("<stream:features><mechanisms %s><mechanism>SCRAM-SHA-1</mechanism>"
         "</mechanisms></stream:features>" % SASL)
CHALLENGE = "<challenge " + SASL + ">%s</challenge>"
EARLY = {
    "no features": HEAD,
    "features": HEAD + "<stream:features/>",
    "mechanisms": HEAD + "<stream:features><mechanisms "
                  "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
                  "</stream:features>",
    "success": HEAD + "<success "
               "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
    "proceed": HEAD + "<proceed xmlns='%s'/>" % TLS,
    "rounds": HEAD + SCRAM + CHALLENGE % base64.b64encode(
        b"r=x,s=c2FsdA==,i=4000000000").decode(),
    "no challenge": HEAD + SCRAM + CHALLENGE % "",
    "half a challenge": HEAD + SCRAM + CHALLENGE % "cj14",
    "no resource": HEAD + "<stream:features/>" + "<success %s/>" % SASL +
                   "<stream:features/>",
    "other root": "<html><body>",
    "http": "HTTP/1.1 400 Bad Request\r\n\r\n",
    **{"early " + k: v if isinstance(v, bytes) else HEAD + v
       for k, v in HOSTILE.items()},
}


def lives(b, peer):
    """The other user of this process notices nothing."""
    began = time.monotonic()
    assert b.finish(b.say(peer, "ping")) == {}
    b.wait("message", user="me@example.org", body="ping")
    assert time.monotonic() - began < 2 * SLOWER
    assert not [p for m, p in b.skipped if m == "disconnected" and
                p["user"] == "me@example.org"]


def test_hostile(xmpp, remote, account, fake):
    """Whatever a server sends, before the login or after it, costs its own
    connection only."""
    bob = account()
    b = xmpp(host="127.0.0.1", port=remote.port, tls="off")
    b.enter(bob)
    for i, (name, bad) in enumerate(HOSTILE.items()):
        f = fake(then=bad)
        user = "u%d@example.org" % i
        b.login(user, "eve@xmpp.test", password="secret",
                settings={"port": str(f.port)})
        # What may have been written by others is cut.
        if name in ("nested", "huge", "entities", "attributes", "tag"):
            b.wait("connected", user=user)
        else:
            assert f.closed.wait(PATIENCE), name
        lives(b, bob)
    for i, (name, bad) in enumerate(EARLY.items()):
        f = fake(first=bad)
        user = "e%d@example.org" % i
        b.login(user, "eve@xmpp.test", password="secret",
                settings={"port": str(f.port)})
        if name not in ("no features", "success", "proceed"):
            assert f.closed.wait(PATIENCE), name
        lives(b, bob)
    for call in [b.start("logout", user="%s%d@example.org" % (kind, i))
                 for kind, all in (("e", EARLY), ("u", HOSTILE))
                 for i in range(len(all))]:
        b.finish(call)


def test_stalls(xmpp, remote, authority, account, fake):
    """TLS that begins and never ends, and a stream that does not begin: others
    are served meanwhile, and a log-out does not wait for it."""
    bob = account()
    b = xmpp(host="127.0.0.1", port=remote.port, ca_file=authority.cert)
    b.enter(bob)
    stalls = [fake(first=HEAD + "<stream:features><starttls xmlns='%s'/>"
                   "</stream:features><proceed xmlns='%s'/>"
                   % (TLS, TLS)), fake(first="")]
    for i, f in enumerate(stalls):
        b.login("s%d@example.org" % i, "eve@xmpp.test", password="secret",
                settings={"port": str(f.port)})
    began = time.monotonic()
    for _ in range(20):
        lives(b, bob)
    for i, f in enumerate(stalls):
        b.call("logout", user="s%d@example.org" % i)
        assert f.closed.wait(PATIENCE)
    assert time.monotonic() - began < 5 * SLOWER


def test_starttls_injection(xmpp, remote, fake, authority):
    """What follows the word that TLS begins was not protected by it."""
    f = fake(first=HEAD + "<stream:features><starttls xmlns='%s'/>"
             "</stream:features>" % TLS)
    b = xmpp(host="127.0.0.1", port=f.port, ca_file=authority.cert)
    b.login("me@example.org", "eve@xmpp.test", password="secret")
    f.expect("<starttls[^>]*>")
    f.say("<proceed xmlns='%s'/></stream:stream><stream:error>"
          "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
          "</stream:error>" % TLS)
    f.expect("\x16")                        # a TLS hello
    assert "stream" not in f.got
    assert not b.events
    f.say("no TLS at all")
    assert b.wait("disconnected")["reason"] == "network"


def test_scram(xmpp, fake):
    """A server that lets everybody in, whatever the password, is no good: it
    has to prove that it knows the password, too."""
    def server(success):
        f = fake(first=HEAD + SCRAM)
        b.login("me@example.org", "bob@xmpp.test", password="secret",
                settings={"port": str(f.port)})
        first = base64.b64decode(f.expect("<auth[^>]*>([^<]*)<")[1]).decode()
        challenge = first.split("r=")[1].join(("r=", "x,s=c2FsdA==,i=4096"))
        f.say(CHALLENGE % base64.b64encode(challenge.encode()).decode())
        final = base64.b64decode(f.expect("<response[^>]*>([^<]*)<")[1])
        key = hmac.digest(hashlib.pbkdf2_hmac("sha1", b"secret", b"salt",
                                              4096), b"Server Key", "sha1")
        proof = base64.b64encode(hmac.digest(key, ",".join((
            first[3:], challenge, final.decode().split(",p=")[0])).encode(),
            "sha1"))
        f.say("<success %s>%s</success>" % (SASL, success and base64.b64encode(
            success(b"v=" + proof)).decode()))
        return f

    b = xmpp(host="127.0.0.1", tls="off")
    for success in (None, lambda v: v[:-5] + b"AAAA=", lambda v: b"v="):
        server(success or (lambda v: b""))
        end = b.wait("disconnected")
        assert (end["reason"], end.get("retry", False)) == ("auth", False)
        assert "prove" in end["text"]
    server(lambda v: v).expect("<stream:stream")
    b.call("logout", user="me@example.org")


PONG = r"<iq type='get' id='([^']*)'><ping"


def test_without_management(xmpp, fake):
    """No acknowledgements: what was sent has arrived when the ping behind it
    is answered; without an answer, nobody knows."""
    f = fake()
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("bob@xmpp.test")
    # The first is behind our presence.
    name = f.expect(PONG)[1]
    call = b.say("ann@xmpp.test", "one")
    f.expect("<body>one")
    assert "ping" not in f.got
    f.say("<iq type='result' id='%s'/>" % name)
    name = f.expect(PONG)[1]
    assert call not in b.answers
    f.say("<iq type='error' id='%s'/>" % name)
    assert b.finish(call) == {}
    f.say("<iq type='get' id='q1'><query xmlns='urn:x'/></iq>")
    f.expect("service-unavailable")
    call = b.say("ann@xmpp.test", "two")
    f.expect("<body>two")
    f.client.shutdown(2)
    with pytest.raises(Failed) as e:
        b.finish(call)
    assert e.value.code == "uncertain"


SM = "<sm xmlns='urn:xmpp:sm:3'/>"
STANZA = re.compile("<(?:iq|presence|message)[ >]")


def test_resumption_refused(xmpp, fake):
    """The server has forgotten the session: what it may have had is
    uncertain, what it has not had is sent in the new one."""
    f = fake(features=SM, after={
        "<enable": "<enabled xmlns='urn:xmpp:sm:3' id='x' resume='true'/>"},
        resume="<failed xmlns='urn:xmpp:sm:3'><item-not-found xmlns="
        "'urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("bob@xmpp.test")
    def ping(who):
        return b.start("query", user="me@example.org", contact=who,
                       what="ping")

    # Questions that it has, has perhaps, and has not had, when it forgets who
    # asked.
    had = ping("one@xmpp.test")
    sent = len(STANZA.findall(f.expect("^.*one@xmpp.test.*?</iq>")[0]))
    f.say("<a xmlns='urn:xmpp:sm:3' h='%d'/>" % sent)
    one = b.say("ann@xmpp.test", "one")
    perhaps = ping("two@xmpp.test")
    f.expect("<body>one.*two@xmpp.test")
    f.cut()
    two = b.say("ann@xmpp.test", "two")
    new = ping("three@xmpp.test")
    f.open.set()
    began = time.monotonic()
    asked = f.expect("<body>two.*?<iq ([^>]*three@xmpp.test[^>]*)>.*"
                     "<presence")[1]
    assert f.resumes == 1
    for call, code in ((one, "uncertain"), (had, "timeout"),
                       (perhaps, "timeout")):
        with pytest.raises(Failed) as e:
            b.finish(call)
        assert e.value.code == code
    assert time.monotonic() - began < 10 * SLOWER
    f.say("<a xmlns='urn:xmpp:sm:3' h='1'/>")
    assert b.finish(two) == {}
    f.say("<iq type='result' from='three@xmpp.test' id='%s'/>" % re.search(
        "id=.([^'\"]*)", asked)[1])
    assert b.finish(new) == {}
    assert not [m for m, _ in b.events if m == "disconnected"]


HALF_WAY = (("tcp", "tcp"), ("auth", "success"), ("features", "tcp"),
            ("resume", "half"), ())
RESUMED = ("<resumed xmlns='urn:xmpp:sm:3' h='%d' previd='a&amp;b'/><message "
           "from='ann@far.test' type='chat'><body>after</body></message>"
           "<r xmlns='urn:xmpp:sm:3'/>")
SESSION = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"


class Session:
    """One of several, in a room, that breaks."""

    def __init__(self, b, fake, number, session=""):
        self.b, self.user = b, "h%d@example.org" % number
        self.f = fake(features=SM + session, after={
            **({"<session": "<iq type='result' id='_xmpp_session1'/>"}
               if session else {}),
            "<enable": "<enabled xmlns='urn:xmpp:sm:3' id='a&amp;b' "
            "resume='true'/>"})
        b.enter("bob@xmpp.test", user=self.user, port=self.f.port)

    def says(self, body):
        return self.b.say("ann@xmpp.test", body, user=self.user)

    def heard(self):
        return [p["body"] for m, p in self.b.events
                if m == "message" and p["user"] == self.user]

    def lose(self, breaks=(), answer=RESUMED):
        """The server has had one of two messages; breaks: as Fake's; answer:
        to who wants to go on."""
        f = self.f
        self.b.start("room_join", user=self.user, room="tea@far.test",
                     nick="me")
        had = f.expect("^.*<presence [^>]*tea@far.test.*?</presence>")[0]
        f.say("<message from='ann@far.test' type='chat'><body>before</body>"
              "</message><r xmlns='urn:xmpp:sm:3'/>")
        had += f.expect("^.*<a [^>]*h=.1.")[0]
        self.one, self.two = self.says("one"), self.says("two")
        had += f.expect("^.*<body>one.*?</message>")[0]
        self.had = len(STANZA.findall(had))
        f.expect("<body>two")
        f.resume, f.breaks = answer % self.had, list(breaks)
        f.client.shutdown(2)


@pytest.mark.slow
def test_broken_half_way(xmpp, fake):
    """The session outlives connections that break before it goes on."""
    b = xmpp(host="127.0.0.1", tls="off")
    all = [Session(b, fake, i, "" if breaks else SESSION)
           for i, breaks in enumerate(HALF_WAY)]
    for s, breaks in zip(all, HALF_WAY):
        s.lose(breaks)
    three = [s.says("three") for s in all]
    for s, call in zip(all, three):
        wait_for(lambda: s.heard() == ["before", "after"], 30)
        assert b.finish(s.one) == {}
        got = s.f.expect("^(?=.*<a [^>]*h=.2.).*<body>three.*?</message>")[0]
        assert "previd=\"a&amp;b\"" in s.f.asked and "h=\"1\"" in s.f.asked
        assert re.findall("<body>(.*?)<", got) == ["two", "three"]
        s.f.say("<a xmlns='urn:xmpp:sm:3' h='%d'/>" % (
            s.had + len(STANZA.findall(got))))
        assert b.finish(s.two) == b.finish(call) == {}
        assert s.f.resumes == 1 and not s.f.breaks
        s.says("four")
        # Nobody was greeted or entered anew.
        assert not re.search("<(presence|bind|session)", got + s.f.expect(
            "^.*<body>four")[0])
    assert not [m for m, _ in b.events if m == "disconnected"]


def test_session_lost(xmpp, fake):
    """The server says how much it had of a session that it has given up; and
    one that does not let the account in any more is not asked again."""
    b = xmpp(host="127.0.0.1", tls="off")
    s, out = Session(b, fake, 1), Session(b, fake, 2)
    s.lose(answer="<failed xmlns='urn:xmpp:sm:3' h='%d'><item-not-found xmlns="
           "'urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
    out.lose(["denied"], "%d")
    assert b.finish(s.one) == {}
    assert b.wait("disconnected", user=out.user)["reason"] == "auth"
    for call, code in ((s.two, "uncertain"), (out.one, "uncertain"),
                       (out.two, "uncertain"), (out.says("three"),
                                               "not_connected")):
        with pytest.raises(Failed) as e:
            b.finish(call)
        assert e.value.code == code
    three = s.says("three")
    s.f.say("<a xmlns='urn:xmpp:sm:3' h='%d'/>" % len(STANZA.findall(
        s.f.expect("^.*<body>three.*?</message>")[0])))
    assert b.finish(three) == {}


def test_stanza_refused(xmpp, fake):
    """A server that hangs up because of what the user sent does not get it a
    second time."""
    f = fake(features=SM, after={
        "<enable": "<enabled xmlns='urn:xmpp:sm:3' id='x' resume='true'/>"},
        resume="<resumed xmlns='urn:xmpp:sm:3' h='0' previd='x'/>")
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("bob@xmpp.test")
    call = b.say("ann@xmpp.test", "one")
    f.expect("<body>one")
    f.say("<stream:error><policy-violation xmlns="
          "'urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
    with pytest.raises(Failed) as e:
        b.finish(call)
    assert e.value.code == "uncertain"
    assert f.resumes == 0 and "<body>one" not in f.got
    assert not [m for m, _ in b.events if m == "disconnected"]


def test_management_that_lies(xmpp, fake):
    """A server that has had more than there was."""
    f = fake(features=SM, after={
        "<enable": "<enabled xmlns='urn:xmpp:sm:3'/>",
        "<presence": "<a xmlns='urn:xmpp:sm:3' h='1000'/>"})
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("bob@xmpp.test")
    assert f.closed.wait(PATIENCE)


def test_answered_in_time(xmpp, fake):
    """The main process waits for so long only, and a break may be longer: what
    could not leave until then does not leave later."""
    f = fake()
    b = xmpp(host="127.0.0.1", port=f.port, tls="off",
             service={"request_timeout": 2})
    b.enter("bob@xmpp.test")
    join = b.start("room_join", user="me@example.org", room=ROOM, nick="me")
    name = f.expect(r"<iq[^>]*id=.(\w+)[^>]*>\s*<query[^>]*disco#info")[1]
    f.expect("<presence [^>]*%s/me" % ROOM)
    f.say("<iq type='result' from='%s' id='%s'/><presence from='%s/me'><x "
          "xmlns='http://jabber.org/protocol/muc#user'><item affiliation="
          "'none' role='participant'/><status code='110'/></x></presence>"
          % (ROOM, name, ROOM))
    b.finish(join)
    left = b.say("ann@xmpp.test", "left")
    f.expect("<body>left")
    f.cut()
    files = [{"url": "http://x.test/%d" % i} for i in range(2)]
    late = [b.say("ann@xmpp.test", "late", attachments=files),
            b.start("reaction", user="me@example.org", peer="ann@xmpp.test",
                    id="a1", emojis=["late"]),
            b.start("message", user="me@example.org", to=ROOM, body="late",
                    kind="groupchat")]
    b.notify("chat_state", user="me@example.org", peer="ann@xmpp.test",
             state="composing")
    for call, code in zip([left] + late, ("uncertain", "not_connected",
                                          "not_connected", "timeout")):
        with pytest.raises(Failed) as e:
            b.finish(call)
        assert e.value.code == code
    f.open.set()
    before = f.expect("^.*?<presence")[0]
    b.say("ann@xmpp.test", "new")
    assert not re.search("late|x.test/|composing", before +
                         f.expect("^.*<body>new")[0])


def test_thrown_out(xmpp, fake):
    """A server that lets us in only to close the connection, each time, is not
    asked each second."""
    f = fake(then="</stream:stream>")
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("bob@xmpp.test")
    wait_for(lambda: len(f.times) >= 4)
    assert f.times[3] - f.times[2] > 1.4
    assert not [m for m, _ in b.events if m == "disconnected"]


def test_queue_is_bounded(xmpp, fake):
    """A server that does not acknowledge: who writes on is told, and all that
    waits is answered in the end."""
    f = fake(features=SM, after={
        "<enable": "<enabled xmlns='urn:xmpp:sm:3'/>"})
    b = xmpp(host="127.0.0.1", port=f.port, tls="off")
    b.enter("bob@xmpp.test")
    big = "x" * 60000
    calls = [b.say("ann@xmpp.test", big) for _ in range(75)]
    # The file alone would have room.
    calls.append(b.say("ann@xmpp.test", big, attachments=[
        {"url": "http://x.test/"}]))
    calls += [b.say("ann@xmpp.test", "x") for _ in range(1100)]
    codes = []
    for call in calls[70:76] + calls[-50:]:
        with pytest.raises(Failed) as e:
            b.finish(call)
        codes.append(e.value.code)
    assert set(codes) == {"rate_limited"}
    b.start("logout", user="me@example.org")
    with pytest.raises(Failed) as e:
        b.finish(calls[0])
    assert e.value.code in ("uncertain", "not_connected")
