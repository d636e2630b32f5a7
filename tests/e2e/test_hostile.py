# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers that mean harm, or are broken: they are dropped with a line in the
log, and everyone else keeps working."""
import os
import socket
import time

import pytest

from harness.instance import BAD_BACKEND
from harness.process import SANITIZED, SLOWER, alive, stat_of, wait_for
from harness.xmpp import body_of, show


def rss_kb(pid):
    with open("/proc/%d/status" % pid) as status:
        for line in status:
            if line.startswith("VmRSS"):
                return int(line.split()[1])
    return 0


@pytest.fixture
def witness(irc_server_mode, clients, irc, unique):
    """anna and carl, who want to talk while somebody misbehaves."""
    class Witness:
        instance = irc_server_mode
        nick = unique("anna")
        anna = clients(irc_server_mode, nick)
        carl = irc(unique("carl"))
        said = 0

        def talks(self):
            self.said += 1
            text = "all is well %d" % self.said
            self.anna.message(self.carl.nick + "@localhost", text)
            self.carl.expect(text)
            self.carl.say(self.nick, text)
            self.anna.expect_body(text)
    it = Witness()
    it.talks()
    return it


def attack(stream, data):
    """Send it; the peer may hang up in the middle."""
    try:
        stream.send(data)
    except OSError:
        pass


LONG = "a" * 100000
DROPPED = {
    "big-stanza": ("<message to='x@localhost'><body>" + "x" * (10 << 20) +
                   "</body></message>", "policy-violation|resource-constr"),
    "big-attribute": ("<message to='" + "x" * (10 << 20) + "'/>",
                      "policy-violation|resource-constr"),
    "deep": ("<a>" * 100000, "policy-violation|resource-constr"),
    "many-attributes": ("<message " + " ".join(
        "a%d='b'" % n for n in range(50000)) + "/>", "policy-violation"),
    "long-name": ("<" + LONG * 5 + "/>", "policy-violation|resource-constr"),
    "many-children": ("<message>" + "<a/>" * 2000000 + "</message>",
                      "policy-violation|resource-constr"),
    "endless-whitespace-in-tag": ("<message " + " " * (10 << 20),
                                  "policy-violation|resource-constr"),
    "comment": ("<!-- hello -->", "restricted-xml"),
    "instruction": ("<?php echo 1 ?>", "restricted-xml"),
    "entity": ("<message><body>&bomb;</body></message>",
               "restricted-xml|not-well-formed"),
    "not-well-formed": ("<message><body></message>", "not-well-formed"),
    "two-roots": ("</stream:stream><x/>", ""),
    "bad-utf8": (b"<message><body>\xff\xfe\xc0\x80</body></message>",
                 "not-well-formed|unsupported-encoding|bad-format"),
    "null-byte": (b"<message><body>\0</body></message>", "not-well-formed"),
    "bad-namespace": ("<q:message xmlns:q='urn:q'/>",
                      "unsupported-stanza-type|bad-namespace|"
                      "invalid-namespace"),
    "unbound-prefix": ("<nope:message/>", "not-well-formed|bad-namespace"),
    "unknown-stanza": ("<order/>", "unsupported-stanza-type"),
}


@pytest.mark.parametrize("name", sorted(DROPPED))
def test_client_is_dropped(witness, raw, unique, name):
    data, condition = DROPPED[name]
    mallory = raw(witness.instance)
    mallory.login(unique("mallory"), "pw")
    before = rss_kb(witness.instance.process.pid)
    attack(mallory, data)
    witness.talks()
    rest = mallory.closed(30)
    if condition and "</stream" in rest:
        assert any(word in rest for word in condition.split("|")), rest
    witness.talks()
    if not SANITIZED:
        grown = rss_kb(witness.instance.process.pid) - before
        assert grown < 20000, "%d KB more" % grown


BOMB = ("<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY a 'lol'>" + "".join(
    "<!ENTITY %c '%s'>" % (97 + n, ("&%c;" % (96 + n)) * 10)
    for n in range(1, 10)) + "]><stream:stream xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' to='localhost' "
    "version='1.0'>&j;")
BEFORE_LOGIN = {
    "entity-bomb": (BOMB, "restricted-xml"),
    "http": ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", ""),
    "tls-on-plain-port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" +
                          bytes(500), ""),
    "random": (bytes(range(256)) * 100, ""),
    "not-a-stream": ("<?xml version='1.0'?><html/>", "invalid-namespace|"
                     "bad-format|invalid-xml|not-well-formed"),
    "wrong-namespace": ("<?xml version='1.0'?><stream:stream xmlns="
                        "'jabber:client' xmlns:stream='urn:wrong' "
                        "to='localhost' version='1.0'>",
                        "invalid-namespace"),
    "utf16": ("<?xml version='1.0' encoding='UTF-16'?>".encode("utf-16"),
              ""),
    "latin1": ("<?xml version='1.0' encoding='ISO-8859-1'?><stream:stream "
               "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org"
               "/streams' to='localhost' version='1.0'>",
               "unsupported-encoding"),
    "big-header": ("<?xml version='1.0'?><stream:stream a='" +
                   "b" * (1 << 20), "policy-violation|resource-constraint"),
    "big-auth": ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                 "xmlns:stream='http://etherx.jabber.org/streams' "
                 "to='localhost' version='1.0'><auth xmlns='urn:ietf:params:"
                 "xml:ns:xmpp-sasl' mechanism='PLAIN'>" + "A" * (1 << 20),
                 "policy-violation|resource-constraint"),
}


@pytest.mark.parametrize("name", sorted(BEFORE_LOGIN))
def test_stranger_is_dropped(witness, raw, name):
    data, condition = BEFORE_LOGIN[name]
    mallory = raw(witness.instance)
    attack(mallory, data)
    rest = mallory.closed(30)
    if condition and "</stream" in rest:
        assert any(word in rest for word in condition.split("|")), rest
    witness.talks()


def test_half_open_connections(witness, raw, unique):
    """Gone without a word: reset, and half closed."""
    for _ in range(10):
        stream = raw(witness.instance)
        stream.open()
        stream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               b"\1\0\0\0\0\0\0\0")
        stream.close()
    half = raw(witness.instance)
    half.login(unique("half"), "pw")
    half.sock.shutdown(socket.SHUT_WR)
    half.closed(20)
    witness.talks()


def test_client_that_does_not_read(witness, raw, unique):
    """Its queue has a limit; then it is cut off, and nobody waits."""
    name = unique("sleepy")
    sleepy = raw(witness.instance)
    sleepy.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleepy.login(name, "pw")
    sleepy.send("<presence/>")
    before = rss_kb(witness.instance.process.pid)
    ping = "<iq type='get' id='%s' to='localhost'><ping xmlns=" \
        "'urn:xmpp:ping'/></iq>" % ("i" * 1000) * 50
    sleepy.sock.settimeout(0.5)
    sent, end = 0, time.monotonic() + 20
    try:
        while time.monotonic() < end and sent < (64 << 20):
            sleepy.sock.sendall(ping.encode())
            sent += len(ping)
    except OSError:
        pass        # it stopped reading us, or cut us off: both are right
    witness.talks()
    if not SANITIZED:
        assert rss_kb(witness.instance.process.pid) - before < 30000


def test_loud_client_does_not_starve_others(witness, raw, unique):
    loud = raw(witness.instance)
    loud.login(unique("loud"), "pw")
    ping = "<iq type='get' id='l' to='localhost'><ping xmlns='urn:xmpp:ping'" \
        "/></iq>" * 200
    begin = time.monotonic()
    for _ in range(50):
        loud.send(ping)
        loud._receive(0.001)
        loud.got = ""
    witness.talks()
    assert time.monotonic() - begin < 30 * SLOWER


# ------------------------------------------------------------------- backends

@pytest.fixture
def two_users(instances, clients):
    """anna and bert, each on a backend of their own."""
    instance = instances("server_mode", service__backend=BAD_BACKEND,
                         service__users_per_backend=1,
                         service__ping_interval=1)

    class Two:
        pass
    two = Two()
    two.instance = instance
    two.anna = clients(instance, "anna")
    two.bert = clients(instance, "bert")
    two.pids = [pid_of(client) for client in (two.anna, two.bert)]
    assert two.pids[0] != two.pids[1]
    return two


def pid_of(client, timeout=20):
    client.message("echo@localhost", "?pid")
    answer = client.expect(
        "message", lambda m: (m.findtext("{jabber:client}body") or "")
        .startswith("pid "), timeout=timeout)
    return int(answer.findtext("{jabber:client}body").split()[1])


def echoes(client, text, timeout=20):
    client.message("echo@localhost", text)
    client.expect_body(text, timeout=timeout, type="chat")


@pytest.mark.parametrize("deed", [
    "!garbage", "!text", "!count", "!length", "!deep", "!big", "!utf8",
    "!half", "!flood", "!hang", "!deaf", "!exit", "!fail", "!abort",
    "!close"])
def test_backend_is_replaced(two_users, deed):
    """The one that misbehaves dies, its user is back on another, and the
    other user's backend is the same as before."""
    anna, bert = two_users.anna, two_users.bert
    anna.clear()
    anna.message("echo@localhost", deed)
    echoes(bert, "undisturbed")
    wait_for(lambda: not alive(two_users.pids[0]), 40,
             "the backend to be gone after " + deed)

    def back():
        try:
            return pid_of(anna, timeout=1) != two_users.pids[0]
        except AssertionError:
            return False
    wait_for(back, 40, "anna to be back after " + deed)
    assert pid_of(bert) == two_users.pids[1]
    assert not bert.matching("message", type="error")
    assert not [p for p in bert.matching("presence")
                if p.get("type") == "unavailable"]
    lines = two_users.instance.read_log().splitlines()
    about = [line for line in lines if str(two_users.pids[0]) in line]
    assert about, "no line about the backend that died"
    assert len(lines) < 200, "%d lines of log" % len(lines)


@pytest.mark.parametrize("deed", ["!impersonate", "!nonsense", "!stderr"])
def test_backend_is_not_believed(two_users, deed):
    bert = two_users.bert
    bert.clear()
    two_users.anna.message("echo@localhost", deed)
    echoes(bert, "undisturbed")
    bert.sync("localhost")
    assert not [m for m in bert.matching("message")
                if "forged" in (m.findtext("{jabber:client}body") or "")]
    assert not [p for p in bert.matching("presence")
                if p.get("type") == "unavailable"]
    assert pid_of(bert) == two_users.pids[1]

    def served():
        # What meets the end of her first backend comes back as an error.
        try:
            return echoes(two_users.anna, "still served", timeout=1) is None
        except AssertionError:
            return False
    wait_for(served, 40, "anna to be served")
    assert os.path.getsize(two_users.instance.log) < 2 << 20


def test_backend_floods_its_own_user(two_users):
    """20,000 messages at once: the user gets them or is cut off; the other
    does not wait."""
    two_users.anna.message("echo@localhost", "!flood-own")
    begin = time.monotonic()
    echoes(two_users.bert, "undisturbed")
    assert time.monotonic() - begin < 10 * SLOWER


@pytest.mark.parametrize("deed", ["never", "version", "refuse", "!garbage",
                                  "!fail", "!exit", "!close"])
def test_backend_never_becomes_ready(instances, raw, deed):
    """Tried again with growing pauses; the reason is in the log and in the
    status; no user is left waiting for ever."""
    instance = instances("server_mode", service__backend=BAD_BACKEND,
                         service__start_timeout=1, bad__start=deed,
                         start=False)
    process = instance.launch()
    wait_for(lambda: instance.ask("status").returncode == 0, 20, "status")
    process.wait_log("(?i)backend", 20)
    instance.process.children()
    end = time.monotonic() + 4
    seen = set()
    wait_for(lambda: seen.update(instance.backends()) or
             time.monotonic() > end, 10)
    assert len(seen) < 8, "%d starts in 4 s" % len(seen)
    cpu = stat_of(process.pid)[2]
    assert cpu < 3 * SLOWER, "busy: %g s of CPU" % cpu


def test_backend_that_is_not_there(instances):
    instance = instances("server_mode", start=False,
                         service__backend="/no/such/backend")
    process = instance.launch()
    process.wait_log("/no/such/backend", 20)


def test_what_a_hung_backend_had(two_users):
    """Has it read the message, then there is an error that says that it may
    have been delivered; if not, the message goes to the next one."""
    anna = two_users.anna
    anna.message("echo@localhost", "!hang")
    ident = anna.message("echo@localhost", "and then")

    def ends():
        return anna.matching("message", type="error", id=ident) + \
            anna.matching("message", lambda m: body_of(m) == "and then",
                          type="chat")
    wait_for(ends, 40, "an end of the message")
    end, = ends()
    if end.get("type") == "error":
        assert "may have been delivered" in show(end)