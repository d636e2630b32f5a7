# SPDX-License-Identifier: GPL-2.0-or-later
"""Certificates of servers: who decides, who is asked, and who is not."""
import pytest

from driver import LATER
from harness.tls import Authority, Front, fingerprint

HOST = "127.0.0.1"
SETTING = "certificate/" + HOST


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    """Servers with certificates, one of each kind: name -> (cert, key)."""
    ours = Authority(tmp_path_factory.mktemp("ours"))
    other = Authority(tmp_path_factory.mktemp("other"))
    return {
        "authority": ours.directory,
        "good": ours.issue("xmpp.test"),
        "wrong": ours.issue("elsewhere.test"),
        "unknown": other.issue("xmpp.test"),
        "changed": other.issue("changed.test"),
        "self": (other.cert, other.key),
    }


@pytest.fixture
def fronts(certs, prosody):
    """fronts("good"): the port of a server with that certificate."""
    started = []

    def start(kind):
        f = Front(*certs[kind], behind=prosody.port)
        started.append(f)
        return f.port

    yield start
    for f in started:
        f.close()


@pytest.fixture
def tls(purple, certs):
    """A backend that trusts our authority; users choose their server."""
    def start(**service):
        return purple("prpl-jabber", {
            "connect_server": HOST, "connection_security": "old_ssl",
            "auth_plain_in_clear": 1, "user_options": "port",
            "cacerts_dir": certs["authority"]}, service)

    return start


def refused(b, user):
    end = b.wait("disconnected", user=user)
    assert end["reason"] == "certificate" and not end.get("retry"), end
    return end["text"]


def test_valid(tls, fronts, account):
    b = tls()
    b.replies["ask"] = {"values": {"accept": "1"}}
    b.connect("u@x", account("ana"), settings={"port": str(fronts("good"))})
    assert not [e for e in b.skipped if e[0] == "ask"]


def test_refused(tls, fronts, account, certs):
    """What is wrong is said in words, with what one needs to decide."""
    b = tls()
    for kind, what, answer in [
            ("self", "is self-signed", {"code": "timeout"}),
            ("unknown", "unknown authority, Test Authority",
             {"values": {"accept": "0"}}),
            ("wrong", "is for elsewhere.test and not for " + HOST,
             {"values": {}})]:
        b.replies["ask"] = answer
        b.login("u@x", account("ana"), password="secret",
                settings={"port": str(fronts(kind))})
        asked = b.wait("ask", user="u@x")
        assert what in asked["title"], asked
        assert fingerprint(certs[kind][0]) in asked["instructions"]
        text = refused(b, "u@x")
        assert what in text and fingerprint(certs[kind][0]) in text
        assert HOST in text


def test_accepted_for_one_user(tls, fronts, account, certs):
    b = tls()
    port = str(fronts("unknown"))
    name = account("ana")
    b.replies["ask"] = {"values": {"accept": "1"}}
    b.connect("u@x", name, settings={"port": port})
    kept = [p for m, p in b.skipped if m == "setting"]
    assert [(p["name"], p["value"]) for p in kept] == [
        (SETTING, fingerprint(certs["unknown"][0]))]
    settings = {"port": port, SETTING: kept[0]["value"]}

    # It is known the next time, and nobody else's.
    b.replies["ask"] = {"code": "forbidden"}
    b.call("logout", user="u@x")
    b.connect("u@x", name, settings=settings)
    assert not [m for m, p in b.skipped if m == "ask"]
    b.login("v@x", name, password="secret", settings={"port": port})
    b.wait("ask", user="v@x")
    refused(b, "v@x")

    # He may think better of it.
    b.connect("u@x", name, settings=settings)
    b.wait("commands", user="u@x")
    assert HOST in b.call("command", user="u@x",
                          name="forget-certificates")["text"]
    assert b.wait("setting", user="u@x", name=SETTING).get("value") is None
    b.login("u@x", name, password="secret", settings={"port": port})
    b.wait("ask", user="u@x")
    refused(b, "u@x")

    # Another certificate of the same host is another matter.
    settings["port"] = str(fronts("changed"))
    b.login("u@x", name, password="secret", settings=settings)
    asked = b.wait("ask", user="u@x")
    assert settings[SETTING] in asked["instructions"], asked
    assert fingerprint(certs["changed"][0]) in asked["instructions"]
    refused(b, "u@x")

    # Where the authorities vouch for it, what was accepted is forgotten.
    settings["port"] = str(fronts("good"))
    b.connect("u@x", name, settings=settings)
    assert [p for m, p in b.skipped if m == "setting"] == [
        {"user": "u@x", "name": SETTING}]


def test_gone_before_the_answer(tls, fronts, account):
    """The user leaves, or logs in again, while the question is open."""
    b = tls()
    settings = {"port": str(fronts("self"))}
    b.replies["ask"] = LATER
    b.login("u@x", account("ana"), password="secret", settings=settings)
    b.wait("ask", user="u@x")
    b.call("logout", user="u@x")
    b.login("u@x", account("ana"), password="secret", settings=settings)
    b.wait("ask", user="u@x")
    b.login("u@x", account("ana"), password="secret", settings=settings)
    b.wait("ask", user="u@x")
    b.answer(b.unanswered[0], {"values": {"accept": "1"}})
    b.answer(b.unanswered[1], {"values": {"accept": "1"}})
    b.answer(b.unanswered[2], {"code": "timeout"})
    assert "Log in again" in refused(b, "u@x")
    assert not [m for m, p in b.skipped if m in ("connected", "setting")]


def test_not_verified(tls, fronts, account):
    b = tls(verify_certs=0)
    b.connect("u@x", account("ana"), settings={"port": str(fronts("self"))})
    assert not [m for m, p in b.skipped if m == "ask"]
