# SPDX-License-Identifier: GPL-2.0-or-later
"""XMPP accounts when things go wrong on the way: each message is delivered once,
or whoever has sent it knows."""
import os
import re
import shutil
import signal
import threading
import time

import pytest

from harness import names, servers, xmpp_pair
from harness.process import wait_for
from harness.relay import Relay
from harness.tls import Authority
from harness.xmpp import NS, LoginFailed, body_of, show

pytestmark = pytest.mark.skipif(xmpp_pair.MISSING is not None,
                                reason=str(xmpp_pair.MISSING))
GATEWAY = "pair.xmpp.test"
PAUSE = 0.03            # seconds between two messages
KEEPALIVE = 1


class Trouble(xmpp_pair.Pair):
    """A pair of which everything may be killed; a relay is in between."""

    def __init__(self, near, far, relay, make, authority, name="pair"):
        self.relay = relay

        def with_relay(kind, *arguments, **settings):
            return make(kind, *arguments, **{
                **settings, "xmpp__port": relay.port,
                "xmpp__keepalive": KEEPALIVE})

        super().__init__("trouble", with_relay, near, far, name, authority)

    def backend(self):
        return self.instance.backends()[0]


@pytest.fixture(scope="module")
def scene(tmp_path_factory, shared_instances, authority):
    near = servers.Prosody(tmp_path_factory.mktemp("near"),
                           components=[GATEWAY], privileged=[GATEWAY],
                           modules=["smacks"]).start()
    far = servers.FarProsody(tmp_path_factory.mktemp("far"),
                             authority).start()
    relay = Relay(far.port)
    yield Trouble(near, far, relay, shared_instances, authority)
    relay.close()
    far.stop()
    near.stop()


@pytest.fixture
def trouble(scene):
    yield scene
    scene.dismiss()


@pytest.fixture
def mixed(near, request, tmp_path, instances, authority, gateway_name):
    """Far is a server of the other kind than near, and is the test's own."""
    if not servers.Ejabberd.libraries():
        pytest.skip("ejabberd is missing")
    kind = servers.FarEjabberd if near == "prosody" else servers.FarProsody
    (tmp_path / "far").mkdir()
    far = kind(tmp_path / "far", authority).start()
    relay = Relay(far.port)
    pair = Trouble(request.getfixturevalue(near), far, relay, instances,
                   authority, gateway_name)
    yield pair
    pair.dismiss()
    relay.close()
    far.stop()


# ------------------------------------------------------------------- accounts

MAM = "urn:xmpp:mam:2"
RSM = "http://jabber.org/protocol/rsm"


def archived(client, who):
    """Bodies of what the archive of that client's account has of somebody, in
    its order: [(own, body)]."""
    after, found = "", []
    while True:
        client.clear()
        answer = client.iq("set", None, (
            "<query xmlns='%s'><x xmlns='jabber:x:data' type='submit'>"
            "<field var='FORM_TYPE'><value>%s</value></field><field "
            "var='with'><value>%s</value></field></x><set xmlns='%s'>"
            "<max>50</max>%s</set></query>") % (
                MAM, MAM, who, RSM, after and "<after>%s</after>" % after))
        page = [m for _, m in client.inbox if m.find("{%s}result" % MAM)
                is not None]
        found += [(m.get("from").partition("/")[0] != who, body_of(m))
                  for m in (p.find(".//{jabber:client}message") for p in page)]
        fin = answer.find("{%s}fin" % MAM)
        if fin is None or fin.get("complete") == "true" or not page:
            return [x for x in found if x[1]]
        after = page[-1].find("{%s}result" % MAM).get("id")


class Traffic:
    """Numbered messages both ways.  The archives of the far server say what
    has passed it: what is there of anna's has arrived, what is there of bob's
    is to arrive."""

    def __init__(self, pair, lossy=False):
        """lossy: the far server may lose what it has acknowledged."""
        self.pair, self.lossy = pair, lossy
        self.anna = pair.user("anna")
        self.there = self.anna.account
        self.account = pair.account("bob")
        self.bob = pair.far_client(self.account)
        pair.friends(self.anna, self.bob)
        self.here = pair.jid_of(self.account)
        self.sent, self.ups = [], 0     # (id, body) of anna's; number of bob's
        self.over = threading.Event()
        self.threads = [threading.Thread(target=t, daemon=True)
                        for t in (self._down, self._up)]
        for thread in self.threads:
            thread.start()

    # ------------------------------------------------------- each in a thread

    def _down(self):
        while not self.over.wait(PAUSE):
            back(self.anna)
            body = "down %d" % len(self.sent)
            self.sent.append((self.anna.message(self.here, body), body))

    def _up(self):
        while not self.over.wait(PAUSE):
            back(self.bob)
            self.bob.message(self.there, "up %d" % self.ups)
            self.ups += 1

    # ------------------------------------------------------------- the account

    def run(self, seconds):
        """Let it go on, with nothing wrong."""
        end = time.monotonic() + seconds
        wait_for(lambda: time.monotonic() > end, seconds + 5)

    def flows(self):
        """Wait until both hear what is said now, so that nothing is wrong any
        more: what breaks while it is made or read takes other ways, and more
        time."""
        said = (self.bob, "down ", len(self.sent)), (self.anna, "up ", self.ups)

        def heard(client, word):
            return max((number(body_of(m)) for m in client.matching(
                "message", lambda m: (body_of(m) or "").startswith(word))),
                default=-1)
        wait_for(lambda: all(heard(client, word) >= last for client, word, last
                             in said), 60, "messages to pass")

    def _errors(self):
        """id -> what she was told."""
        return {m.get("id"): show(m) for m in self.anna.matching(
            "message", type="error")}

    def _heard(self, every):
        """every: nothing may have been sent to her again."""
        ids = set()
        for m in self.anna.matching("message", body_of, type="chat"):
            if every or m.get("id") not in ids or \
                    m.find("delay:delay", NS) is None:
                yield m
            ids.add(m.get("id"))

    def _problems(self, every):
        """every: what anna has sent is all accounted for."""
        arrived = [body for own, body in archived(
            self.auditors[1], self.there) if not own]
        due = [body for own, body in archived(
            self.auditors[0], self.account) if not own]
        heard = [body_of(m) for m in self._heard(every)]
        errors = self._errors()
        found = ["doubled: " + b for b in set(arrived)
                 if arrived.count(b) > 1]
        found += ["came %d times: %s" % (heard.count(b), b) for b in due
                  if heard.count(b) != 1]
        strict = () if self.lossy else self.sent
        found += ["from nowhere: " + b for b in set(heard) - set(due)
                  if strict]
        for ident, body in strict:
            if body in arrived and "may have been delivered" not in \
                    errors.get(ident, "may have been delivered"):
                found.append("a lie: %s: %s" % (body, errors[ident]))
            if every and body not in arrived and ident not in errors:
                found.append("lost: " + body)
        if heard != sorted(heard, key=number):
            found.append("out of order: %s" % heard)
        if arrived != sorted(arrived, key=number):
            found.append("out of order there: %s" % arrived)
        return found

    def settle(self, every=True):
        """Nobody says any more; all that was said is accounted for."""
        self.over.set()
        for thread in self.threads:
            thread.join()
        back(self.anna)
        back(self.bob)
        self.auditors = [self.pair.far_client(account, "audit", login=False)
                         .login(presence=False)
                         for account in (self.there, self.account)]
        found = []

        def settled():
            found[:] = self._problems(every)
            return not found

        try:
            wait_for(settled, 20)
        except AssertionError as e:
            raise AssertionError("\n".join([str(e)] + found)) from None


def number(body):
    return int(body.split()[1])


def back(client):
    """Online again, however often it takes."""
    end = time.monotonic() + 60
    while not client.ready:
        try:
            client.login()
        except (LoginFailed, AssertionError):
            assert time.monotonic() < end, client.failure
            time.sleep(0.1)


def restart_far(pair):
    pair.far.restart()


def kill_far(pair):
    pair.far.process.signal(signal.SIGKILL)
    pair.far.restart()


def cut(pair):
    pair.relay.cut()


def stall(pair):
    """Nothing passes; one of both ends finds out."""
    pair.relay.open.clear()
    count = pair.relay.count
    try:
        wait_for(lambda: pair.relay.count > count, 45)
    finally:
        pair.relay.open.set()
        pair.relay.cut()


def kill_backend(pair):
    os.kill(pair.backend(), signal.SIGKILL)


def test_traffic(trouble):
    """One after the other, while messages flow."""
    traffic = Traffic(trouble)
    for stroke in cut, stall, restart_far, kill_backend, kill_far:
        traffic.flows()
        stroke(trouble)
        traffic.run(1)
    traffic.settle()


@pytest.mark.parametrize("near, strokes", [
    ("prosody", [cut, restart_far]), ("ejabberd", [restart_far])])
def test_mixed_traffic(mixed, strokes):
    """The same, shorter, with servers of two kinds.  ejabberd acknowledges for
    one process what another has still to deliver, and ends both at once."""
    traffic = Traffic(mixed, lossy=isinstance(mixed.far, servers.Ejabberd) and
                      restart_far in strokes)
    for stroke in strokes:
        traffic.run(0.3)
        stroke(mixed)
        traffic.run(0.5)
    traffic.settle()


def kill_near(pair):
    pair.near.process.signal(signal.SIGKILL)
    pair.near.restart()


def test_our_server(trouble):
    """What it has in hand is lost with it; of what comes from over there nothing
    is, and what comes twice has the old id and a delay."""
    traffic = Traffic(trouble)
    traffic.run(0.5)
    kill_near(trouble)
    traffic.run(1)
    traffic.settle(every=False)


# --------------------------------------------------------------- the account

REGISTER = "<query xmlns='jabber:iq:register'>%s</query>"


def told(user, words):
    """The gateway says something with these words."""
    return body_of(user.expect(
        "message", lambda m: words in (body_of(m) or ""), 15,
        from_=user.pair.gateway))


def offline(user):
    user.expect("presence", from_=user.pair.gateway, timeout=15,
                type=lambda kind: kind in ("unavailable", "error"))


def online(user):
    user.send("<presence to='%s'/>" % user.pair.gateway)
    user.expect("presence", from_=user.pair.gateway, type="", timeout=20)


def nobody_tries(pair):
    """For longer than the first pause, nobody connects to the far server."""
    count = pair.relay.count
    end = time.monotonic() + 1.5
    wait_for(lambda: time.monotonic() > end)
    assert pair.relay.count == count


def talks(pair, user):
    peer = pair.peer()
    user.message(pair.jid_of(peer), "all is well")
    peer.expect_body("all is well")


def test_password(trouble):
    """Changed over there: the user is told once, and says the new one."""
    anna = trouble.user("anna")
    there = anna.elsewhere("there")
    name = anna.account.partition("@")[0]
    there.set(None, REGISTER % (
        "<username>%s</username><password>new</password>" % name))
    trouble.relay.cut()
    assert "password" in told(anna, "not-authorized")
    offline(anna)
    nobody_tries(trouble)
    assert not anna.matching("message", lambda m: "not-authorized" in (
        body_of(m) or ""))[1:]
    answer = anna.register(anna.account, "new")
    assert answer.get("type") == "result", show(answer)
    online(anna)
    talks(trouble, anna)


def test_removed(trouble):
    """The account is gone, while it is online and before a login."""
    anna = trouble.user("anna")
    anna.elsewhere("there").send(
        "<iq type='set' id='bye'>%s</iq>" % REGISTER % "<remove/>")
    told(anna, "does not let this account in")
    offline(anna)
    nobody_tries(trouble)
    anna.send("<presence to='%s'/>" % trouble.gateway)
    told(anna, "not-authorized")


def test_conflict(trouble):
    """Another client takes the resource: nobody takes it back."""
    anna = trouble.user("anna")
    other = anna.elsewhere("Spectrum." + trouble.gateway)
    told(anna, "another client")
    offline(anna)
    nobody_tries(trouble)
    assert not other.ended
    other.close()
    online(anna)
    talks(trouble, anna)


def change_certificate(pair, authority):
    for source, end in zip(authority.issue(pair.far.domain), ("crt", "key")):
        shutil.copy(source, pair.far.directory / (pair.far.domain + "." + end))
    pair.far.restart()


def test_certificate(trouble, tmp_path, authority):
    """It changes to one that cannot be verified: the user decides, and what was
    accepted is kept."""
    anna = trouble.user("anna")
    change_certificate(trouble, Authority(tmp_path))
    try:
        told(anna, "fingerprint")
        anna.message(trouble.gateway, "no")
        told(anna, "not accepted")
        offline(anna)
        anna.send("<presence to='%s'/>" % trouble.gateway)
        told(anna, "fingerprint")
        anna.message(trouble.gateway, "yes")
        anna.expect("presence", from_=trouble.gateway, type="", timeout=20)
        talks(trouble, anna)
        trouble.relay.cut()
        talks(trouble, anna)
        os.kill(trouble.backend(), signal.SIGKILL)
        talks(trouble, anna)
        assert len(anna.matching("message", lambda m: "fingerprint" in (
            body_of(m) or ""))) == 2
    finally:
        change_certificate(trouble, authority)


def test_bad_names(instances, prosody, authority, gateway_name, far_prosody):
    """A domain whose name server answers nothing, or nonsense, is that domain's
    trouble: who wants it is told, and nobody waits for it."""
    server = names.Names()
    server.srv("_xmpp-client._tcp.far.test",
               (1, far_prosody.port, "a.host.test"))
    server.broken = {"silent.test": names.silent, "loop.test": names.loop,
                     "garbage.test": names.garbage}

    def with_names(*arguments, **settings):
        instance = instances(*arguments, start=False, **{
            **settings, "xmpp__host": None, "xmpp__port": None})
        instance.environment = server.env
        return instance.start()
    pair = xmpp_pair.Pair("names", with_names, prosody, far_prosody,
                          gateway_name, authority)
    for domain, words in (("silent.test", None), ("loop.test", "no address"),
                          ("garbage.test", "makes no sense")):
        eve = pair.user("eve", "eve@" + domain, login=False)
        eve.login()
        pair.wait_for_gateway(eve)
        eve.register(eve.account)
        eve.send("<presence to='%s'/>" % pair.gateway)
        wait_for(lambda: any(name.endswith(domain) for name in server.asked))
        if words:
            eve.expect("presence", lambda p: words in p.findtext(
                "c:status", "", NS), from_=pair.gateway, timeout=20)
    talks(pair, pair.user("anna"))
    pair.dismiss()
    server.close()


@pytest.mark.parametrize("far", [pytest.param(
    "far_prosody", marks=pytest.mark.xdist_group("far_prosody"))])
def test_shards(far, request, instances, authority):
    """users_max is of one backend: for more there are more."""
    pair = xmpp_pair.Pair("shards", lambda *a, **k: instances(
        *a, **k, xmpp__users_max=2), None, request.getfixturevalue(far),
        "pair", authority)
    users = [pair.user("anna") for _ in range(5)]
    wait_for(lambda: len(pair.instance.backends()) >= 3)
    for user in users:
        talks(pair, user)
    held = sorted(int(n) for n in re.findall(
        r"(\d+) users?", pair.instance.answer("backends")))
    assert sum(held) == 5 and held[-1] == 2, held
    pair.dismiss()
