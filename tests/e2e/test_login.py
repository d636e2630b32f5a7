# SPDX-License-Identifier: GPL-2.0-or-later
"""Server mode: getting in, and being told clearly why not."""
import time

import pytest

from harness.process import SLOWER, free_port, listening, wait_for
from harness.xmpp import LoginFailed, NS, show


@pytest.fixture
def tls_instance(instances, ngircd):
    return instances("server_mode", tls=True,
                     service__irc_server="127.0.0.1:%d" % ngircd.port,
                     service__tls_port=free_port())


def test_starttls(tls_instance, clients, unique):
    anna = clients(tls_instance, unique("anna"), tls="starttls")
    anna.sync(tls_instance.jid)


def test_direct_tls(tls_instance, clients, unique):
    anna = clients(tls_instance, unique("anna"), tls="direct", login=False)
    anna.port = tls_instance.settings["service.tls_port"]
    anna.login()
    anna.sync(tls_instance.jid)


def test_plain_on_loopback(irc_server_mode, clients, unique):
    clients(irc_server_mode, unique("anna")).sync(irc_server_mode.jid)


def test_offers(tls_instance, irc_server_mode, raw):
    """STARTTLS where there is a certificate, PLAIN for loopback, and after
    TLS no STARTTLS again."""
    stream = raw(tls_instance)
    stream.send("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                "xmlns:stream='http://etherx.jabber.org/streams' "
                "to='localhost' version='1.0'>")
    features = stream.expect("<stream:features>.*</stream:features>").group()
    assert "urn:ietf:params:xml:ns:xmpp-tls" in features
    stream.starttls()
    stream.send("<stream:stream xmlns='jabber:client' xmlns:stream="
                "'http://etherx.jabber.org/streams' to='localhost' "
                "version='1.0'>")
    features = stream.expect("<stream:features>.*</stream:features>").group()
    assert "xmpp-tls" not in features
    assert "<mechanism>PLAIN</mechanism>" in features


def test_resource_is_honoured(irc_server_mode, clients, unique):
    anna = clients(irc_server_mode, unique("anna"), resource="balcony")
    assert anna.jid.endswith("/balcony")


def test_resource_is_made_when_none_is_asked(irc_server_mode, raw, unique):
    stream = raw(irc_server_mode)
    jid = stream.login(unique("anna"), "pw", resource=None)
    assert jid.partition("/")[2]


def test_several_resources(irc_server_mode, clients, unique):
    name = unique("anna")
    one = clients(irc_server_mode, name, resource="one")
    two = clients(irc_server_mode, name, resource="two")
    for client in one, two:
        client.sync(irc_server_mode.jid)
        assert not client.ended


def test_one_byte_at_a_time(irc_server_mode, raw, unique):
    """Nothing waits for more bytes than the stanza has."""
    stream = raw(irc_server_mode)
    stream.open(bytes_at_a_time=1)
    stream.plain(unique("anna"), "pw")
    stream.expect("<success[^>]*>")
    stream.open(bytes_at_a_time=1)
    assert stream.bind("slow", bytes_at_a_time=1).endswith("/slow")
    stream.send("<presence/>", bytes_at_a_time=1)
    for number in range(5):
        stream.send("<iq type='get' id='b%d' to='localhost'><ping xmlns="
                    "'urn:xmpp:ping'/></iq>" % number, bytes_at_a_time=1)
        stream.expect("<iq [^>]*id=['\"]b%d['\"][^>]*>" % number)


def test_wrong_domain(irc_server_mode, raw):
    stream = raw(irc_server_mode)
    stream.domain = "elsewhere.example"
    with pytest.raises(AssertionError, match="host-unknown"):
        stream.open()


def test_stanzas_before_login_are_refused(irc_server_mode, raw):
    stream = raw(irc_server_mode)
    stream.open()
    stream.send("<message to='x@localhost'><body>early</body></message>")
    assert "not-authorized" in stream.closed()


def test_malformed_sasl(irc_server_mode, raw):
    stream = raw(irc_server_mode)
    stream.open()
    stream.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                "mechanism='PLAIN'>%%%</auth>")
    stream.expect("<failure[^>]*>.*(incorrect-encoding|malformed-request)")
    stream.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                "mechanism='X-NONE'/>")
    stream.expect("<failure[^>]*>.*invalid-mechanism")


def test_network_unreachable_is_told(instances, clients, unique):
    """No success that is none: the login fails, in bounded time."""
    instance = instances("server_mode", service__irc_server="127.0.0.1:%d"
                         % free_port())
    begin = time.monotonic()
    anna = clients(instance, unique("anna"), login=False)
    try:
        anna.login(timeout=60)
        # Let in meanwhile: then the end of it must say why.
        anna.expect("message", timeout=60)
    except LoginFailed:
        pass
    assert time.monotonic() - begin < 60 * SLOWER


def test_wrong_password_on_the_network(instances, inspircd, irc, clients,
                                       unique):
    name = unique("anna")
    owner = irc(name, server=inspircd)
    owner.say("NickServ", "REGISTER right %s@example.com" % name)
    owner.expect("^:NickServ!.*registered")
    owner.close()
    instance = instances("server_mode", service__irc_sasl="require",
                         service__irc_server="127.0.0.1:%d" % inspircd.port)
    with pytest.raises(LoginFailed):
        clients(instance, name, password="wrong")
    clients(instance, name, password="right")
    watcher = irc(unique("watch"), server=inspircd)
    watcher.send("WHOIS " + name)
    watcher.expect(r" 330 .* %s " % name)


def test_roster_get(irc_server_mode, clients, unique):
    anna = clients(irc_server_mode, unique("anna"))
    roster = anna.get(None, "<query xmlns='jabber:iq:roster'/>")
    assert roster.tag == "{%s}query" % NS["roster"], show(roster)


def test_conflict_of_resources(irc_server_mode, clients, unique):
    """The same resource again: the old connection is told and closed, or
    the new one gets another resource."""
    name = unique("anna")
    old = clients(irc_server_mode, name, resource="same")
    new = clients(irc_server_mode, name, resource="same")
    new.sync(irc_server_mode.jid)
    if new.jid == old.jid:
        old.wait_end()


def test_no_more_resources(instances, ngircd, clients, unique):
    """more_resources = 0: the new login replaces the old one."""
    instance = instances("server_mode", service__more_resources=0,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    name = unique("anna")
    old = clients(instance, name, resource="old")
    new = clients(instance, name, resource="new")
    old.wait_end()
    new.sync(instance.jid)


def test_idle_before_login_is_cut(instances, ngircd, raw):
    instance = instances("server_mode", service__login_timeout=2,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    silent, opened = raw(instance), raw(instance)
    opened.open()
    silent.closed(10)
    opened.closed(10)


def test_many_half_open_from_one_address(instances, ngircd, raw, clients,
                                         unique):
    instance = instances("server_mode", service__clients_per_address=5,
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    anna = clients(instance, unique("anna"))
    held = [raw(instance) for _ in range(5)]
    for stream in held:
        stream.open()
    extra = raw(instance)
    try:
        extra.open()
        raise SystemExit("a sixth connection was served")
    except (AssertionError, OSError):
        pass
    anna.sync(instance.jid)
    held[0].close()
    wait_for(lambda: listening(instance.port), 5)


def test_address_families(instances, ngircd, clients, unique):
    """"::" serves IPv6 and IPv4."""
    instance = instances("server_mode", service__server="::",
                         service__irc_server="127.0.0.1:%d" % ngircd.port)
    clients(instance, unique("anna")).sync(instance.jid)


def test_no_noise_at_login(irc_server_mode, clients, irc, unique):
    """A network without NickServ: nobody is told about our own attempt to
    talk to it."""
    name, carl = unique("anna"), irc(unique("carl"))
    anna = clients(irc_server_mode, name)
    anna.message(carl.nick + "@localhost", "first")
    carl.expect(":first$")
    carl.say(name, "second")
    anna.expect_body("second")
    noise = anna.matching("message", lambda m: "second" not in show(m))
    assert not noise, [show(m) for m in noise]
