# SPDX-License-Identifier: GPL-2.0-or-later
"""The IRC backend against real servers: ngircd, and inspircd with the services
of atheme.  Each test is skipped where the server is not installed."""
import hashlib
import os
import shutil
import ssl
import subprocess

import pytest

from harness.process import SLOWER, wait_for
from irc_driver import Backend, Failed, free_port, wait_port

ANA, BOB = "ana@example", "bob@example"

NGIRCD = """
[Global]
Name = irc.test
Info = test
Listen = 127.0.0.1
Ports = %(port)d
ServerUID = nobody
ServerGID = nogroup
MotdPhrase = hi
[Limits]
MaxConnectionsIP = 0
MaxNickLength = 30
PingTimeout = 120
[Options]
DNS = no
Ident = no
PAM = no
"""

INSPIRCD = """
<server name="irc.insp.test" description="test" network="TestNet" id="001">
<admin name="a" nick="a" email="a@b">
<bind address="127.0.0.1" port="%(port)d" type="clients">
<bind address="127.0.0.1" port="%(tls)d" type="clients" sslprofile="g">
<bind address="127.0.0.1" port="%(link)d" type="servers">
<sslprofile name="g" provider="gnutls" certfile="%(dir)s/cert.pem" keyfile="%(dir)s/key.pem" hash="sha256">
<connect name="main" allow="*" localmax="2000" globalmax="2000" maxconnwarn="no" timeout="20" pingfreq="120" fakelag="no" commandrate="100000" threshold="100000" resolvehostnames="no" useident="no">
<cidr ipv4clone="32" ipv6clone="128">
<dns enabled="no">
<log method="file" level="default" type="*" target="%(dir)s/insp.log">
<path configdir="%(dir)s" datadir="%(dir)s" logdir="%(dir)s" moduledir="/usr/lib/inspircd/modules">
<pid file="%(dir)s/inspircd.pid">
<options prefixquit="Quit: " syntaxhints="no" casemapping="rfc1459" allowhalfop="yes">
<performance nouserdns="yes">
<class name="all" commands="*" privs="*" usermodes="*" chanmodes="*">
<type name="Admin" classes="all">
%(modules)s
<sasl target="services.test">
<link name="services.test" ipaddr="127.0.0.1" port="%(link)d" allowmask="127.0.0.1" sendpass="linkpw" recvpass="linkpw">
<uline server="services.test" silent="yes">
<customprefix name="founder" letter="q" prefix="~" rank="50000" ranktoset="50000">
<customprefix name="admin" letter="a" prefix="&amp;" rank="40000" ranktoset="50000">
<customprefix name="halfop" letter="h" prefix="%%" rank="20000" ranktoset="30000">
"""

INSP_MODULES = """ssl_gnutls spanningtree cap ircv3 ircv3_accounttag
ircv3_batch ircv3_capnotify ircv3_chghost ircv3_ctctags ircv3_echomessage
ircv3_invitenotify ircv3_labeledresponse ircv3_msgid ircv3_servertime monitor
namesx setname sasl services_account chghost customprefix banexception
hidechans sslinfo deaf svshold servprotect permchannels hideoper cban topiclock
globops chgident chgname swhois sajoin samode sanick satopic allowinvite
inviteexception"""

ATHEME = """
loadmodule "modules/protocol/inspircd";
loadmodule "modules/backend/opensex";
loadmodule "modules/crypto/pbkdf2v2";
loadmodule "modules/nickserv/main"; loadmodule "modules/nickserv/register";
loadmodule "modules/nickserv/identify"; loadmodule "modules/nickserv/info";
loadmodule "modules/nickserv/cert"; loadmodule "modules/nickserv/ghost";
loadmodule "modules/saslserv/main"; loadmodule "modules/saslserv/plain";
loadmodule "modules/saslserv/external";
serverinfo { name = "services.test"; desc = "services"; numeric = "00A";
  recontime = 2; netname = "TestNet"; hidehostsuffix = "users.test";
  adminname = "a"; adminemail = "a@b"; registeremail = "noreply@test";
  auth = none; loglevel = { error; info; network; };
  maxlogins = 50; maxusers = 50; mta = "/bin/true"; };
uplink "irc.insp.test" { host = "127.0.0.1"; port = %(link)d;
  send_password = "linkpw"; receive_password = "linkpw"; };
nickserv { nick = "NickServ"; user = "NickServ"; host = "services.test";
  real = "Nick"; };
saslserv { nick = "SaslServ"; user = "SaslServ"; host = "services.test";
  real = "Sasl"; };
general { flood_msgs = 0; commit_interval = 5; };
logfile "%(dir)s/atheme.log" { error; info; network; };
"""


def need(program):
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    if path is None:
        pytest.skip(program + " is not installed")
    return path


def run_as_irc(*command):
    if os.geteuid() == 0:
        return subprocess.Popen(["runuser", "-u", "irc", "--", *command],
                                stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
    return subprocess.Popen(command, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def stop(*processes):
    for p in processes:
        p.terminate()
        try:
            p.wait(10)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()


class Ngircd:
    def __init__(self, path, conf):
        self.port = free_port()
        self.path, self.conf = path, conf
        conf.write_text(NGIRCD % {"port": self.port})
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.path, "-n", "-f", str(self.conf)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_port(self.port)

    def stop(self):
        stop(self.process)

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port


@pytest.fixture(scope="module")
def ngircd(tmp_path_factory):
    s = Ngircd(need("ngircd"), tmp_path_factory.mktemp("ng") / "ngircd.conf")
    yield s
    s.stop()


@pytest.fixture(scope="module")
def inspircd(tmp_path_factory):
    ircd, atheme = need("inspircd"), need("atheme-services")
    d = tmp_path_factory.mktemp("insp")
    v = {"dir": d, "port": free_port(), "tls": free_port(),
         "link": free_port()}
    v["modules"] = "\n".join('<module name="%s">' % m
                             for m in INSP_MODULES.split())
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                    "-keyout", d / "key.pem", "-out", d / "cert.pem",
                    "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost"],
                   check=True, capture_output=True)
    (d / "inspircd.conf").write_text(INSPIRCD % v)
    (d / "atheme.conf").write_text(ATHEME % v)
    if os.geteuid() == 0:
        at = d
        while str(at) != "/tmp" and str(at) != "/":
            os.chmod(at, 0o755)
            at = at.parent
        subprocess.run(["chown", "-R", "irc", str(d)], check=True)
    started = [run_as_irc(ircd, "--config=%s/inspircd.conf" % d, "--nofork",
                          "--nolog")]
    try:
        wait_port(v["port"])
        started.append(run_as_irc(atheme, "-n", "-c", "%s/atheme.conf" % d,
                                  "-D", str(d), "-l", "%s/a.log" % d,
                                  "-p", "%s/a.pid" % d))
        yield v
    finally:
        stop(*reversed(started))


@pytest.fixture
def backend():
    started = []

    def start(**service):
        b = Backend(irc_flood_burst=0, **service)
        started.append(b)
        return b

    yield start
    for b in started:
        assert b.close() == 0


def both(backend, server):
    """Two backends, so that the events of each user are apart."""
    users = []
    for jid in (ANA, BOB):
        b = backend(irc_server=server)
        b.login(jid, jid.split("@")[0])
        b.wait("connected", user=jid)
        users.append(b)
    return users


@pytest.mark.slow
def test_ngircd(backend, ngircd):
    a, b = both(backend, ngircd.address)
    assert a.call("room_join", user=ANA, room="#Room", nick="ana") == \
        {"nick": "ana", "features": []}
    o = a.wait("room_occupant", self=True)
    assert (o["affiliation"], o["role"]) in (("owner", "moderator"),
                                             ("admin", "moderator"))
    b.call("room_join", user=BOB, room="#room", nick="bob")
    b.wait("room_occupant", nick="bob", self=True)
    a.wait("room_occupant", nick="bob", room="#Room")

    a.call("message", user=ANA, to="#Room", kind="groupchat", body="hello")
    b.wait("message", kind="groupchat", nick="ana", body="hello",
           **{"from": "#room"})
    long = "word \u00e9 " * 150
    b.call("message", user=BOB, to="ana", kind="chat", body=long)
    got = ""
    while len(got.replace(" ", "")) < len(long.replace(" ", "")):
        got += a.wait("message", kind="chat", **{"from": "bob"})["body"]
    assert got.replace(" ", "") == long.replace(" ", "")

    a.call("room_subject", user=ANA, room="#Room", subject="news")
    b.wait("room_subject", subject="news", nick="ana")
    with pytest.raises(Failed) as e:
        b.call("room_moderate", user=BOB, room="#room", target="ana",
               role="none")
    assert e.value.code == "forbidden"
    a.call("room_moderate", user=ANA, room="#Room", target="bob",
           affiliation="member")
    b.wait("room_occupant", nick="bob", affiliation="member")
    a.call("room_nick", user=ANA, room="#Room", nick="anna")
    assert b.wait("room_occupant", nick="ana")["new_nick"] == "anna"
    with pytest.raises(Failed) as e:
        b.call("room_nick", user=BOB, room="#room", nick="anna")
    assert e.value.code == "conflict"
    a.call("room_moderate", user=ANA, room="#Room", target="bob", role="none",
           reason="out")
    b.wait("room_occupant_gone", nick="bob", how="kicked", actor="anna",
           reason="out")
    a.call("room_moderate", user=ANA, room="#Room", target="bob",
           affiliation="outcast")
    with pytest.raises(Failed) as e:
        b.call("room_join", user=BOB, room="#room", nick="bob")
    assert e.value.code == "banned"
    rows = a.call("room_affiliations", user=ANA, room="#Room",
                  affiliation="outcast")["rows"]
    assert [r["target"] for r in rows] == ["bob!*@*"]
    rooms = b.call("room_list", user=BOB)["rooms"]
    assert ("#room", "news") in [(r["room"].lower(), r["topic"])
                                 for r in rooms]
    assert "anna" in b.call("profile", user=BOB, contact="anna")["note"]
    b.call("logout", user=BOB, reason="bye")


def test_ngircd_nick_in_use(backend, ngircd):
    a, _ = both(backend, ngircd.address)
    c = backend(irc_server=ngircd.address)
    c.login("eve@example", "ana")
    assert c.wait("connected")["account"] == "ana_"


@pytest.mark.slow
def test_ngircd_restarts(backend, ngircd):
    a, b = both(backend, ngircd.address)
    for u, jid in ((a, ANA), (b, BOB)):
        u.call("room_join", user=jid, room="#r", nick=jid.split("@")[0])
        u.wait("room_subject", room="#r")
    ngircd.stop()
    assert a.wait("room_closed")["retry"] is True
    ngircd.start()
    a.wait("room_occupant", room="#r", self=True, timeout=30 * SLOWER)
    b.wait("room_occupant", room="#r", self=True, timeout=30 * SLOWER)
    b.call("message", user=BOB, to="#r", kind="groupchat", body="back")
    a.wait("message", body="back")


def test_inspircd_echo_tags_and_away(backend, inspircd):
    a, b = both(backend, "127.0.0.1:%d" % inspircd["port"])
    for u, jid in ((a, ANA), (b, BOB)):
        u.call("room_join", user=jid, room="#r", nick=jid.split("@")[0])
        u.wait("room_subject", room="#r")
    sent = a.call("message", user=ANA, to="#r", kind="groupchat", body="hi",
                  id="s1")
    assert sent["echo"] is True
    echo = a.wait("message", nick="ana")
    heard = b.wait("message", nick="ana")
    assert echo["origin"] == "s1" and echo["id"] == heard["id"]
    assert not heard.get("time")
    b.notify("presence", user=BOB, show="away", status="lunch")
    a.wait("room_occupant", nick="bob", show="away", status="lunch")
    a.call("room_moderate", user=ANA, room="#r", target="bob",
           role="moderator")
    assert b.wait("room_occupant", nick="bob")["affiliation"] == "member"
    a.call("room_moderate", user=ANA, room="#r", target="bob",
           affiliation="admin")
    b.wait("room_occupant", nick="bob", affiliation="admin")
    with pytest.raises(Failed) as e:
        a.call("message", user=ANA, to="nobody", kind="chat", body="x")
    assert e.value.code == "not_found"


def test_inspircd_services(backend, inspircd):
    server = "127.0.0.1:%d" % inspircd["port"]
    register(backend, inspircd, ANA, "anareg").call("logout", user=ANA)

    for password, good in (("secretpw", True), ("wrong", False)):
        c = backend(irc_server=server, irc_sasl="require")
        c.login(ANA, "anareg", password=password)
        if good:
            c.wait("connected")
            c.call("logout", user=ANA)
        else:
            d = c.wait("disconnected")
            assert d["reason"] == "auth" and not d.get("retry")

    # Without SASL: NickServ hears the password, nobody sees it again.
    d = backend(irc_server=server, irc_sasl="off")
    d.login(ANA, "anareg", password="secretpw")
    while "identified" not in d.wait("message",
                                     **{"from": "NickServ"})["body"]:
        pass
    assert "secretpw" not in str(d.skipped)


def test_inspircd_tls(backend, inspircd):
    server = "localhost:+%d" % inspircd["tls"]
    a = backend(irc_server=server)
    a.login(ANA, "ana")
    d = a.wait("disconnected")
    assert d["reason"] == "certificate" and not d.get("retry"), d
    for more in ({"irc_verify_certs": 0},
                 {"irc_ca_file": "%s/cert.pem" % inspircd["dir"]}):
        b = backend(irc_server=server, **more)
        b.login(ANA, "ana")
        b.wait("connected")
        b.call("logout", user=ANA)


def test_many_networks_at_once(backend, ngircd, inspircd):
    a = backend()
    a.login(ANA, "ana")
    for port in (ngircd.port, inspircd["port"]):
        room = "#multi@127.0.0.1:%d" % port
        assert a.call("room_join", user=ANA, room=room, nick="ana3")[
            "nick"] == "ana3"
        a.wait("room_occupant", room=room, self=True,
               real="ana3@127.0.0.1:%d" % port)


@pytest.mark.parametrize("which", ["ngircd", "inspircd"])
@pytest.mark.slow
def test_console_modes_and_contacts(backend, request, which):
    if which == "ngircd":
        server = request.getfixturevalue("ngircd").address
    else:
        server = "127.0.0.1:%d" % request.getfixturevalue("inspircd")["port"]
    a, b = both(backend, server)
    a.call("room_join", user=ANA, room="#m", nick="ana")
    # The server, in its own words.
    a.call("message", user=ANA, to="", kind="chat", body="lusers\nVERSION")
    text = ""
    while "ircd" not in text.lower():
        text += a.wait("message", **{"from": ""})["body"]
    assert "users" in text
    a.call("message", user=ANA, to="", kind="chat", body="WHOIS bob")
    while "bob!" not in text:
        text += a.wait("message", **{"from": ""})["body"]
    with pytest.raises(Failed) as e:
        a.call("message", user=ANA, to="", kind="chat", body="WHOIS nobody")
    assert e.value.code == "not_found"
    # Modes as a form, changed and refused.
    form = a.call("room_config", user=ANA, room="#m")["fields"]
    assert "mode_m" in [f["var"] for f in form]
    a.call("room_config_set", user=ANA, room="#m", values={
        "mode_m": "1", "mode_k": "sesame", "mode_l": "7"})
    now = {f["var"]: f.get("value") for f in
           a.call("room_config", user=ANA, room="#m")["fields"]}
    assert (now["mode_m"], now["mode_k"], now["mode_l"]) == (
        "1", "sesame", "7")
    with pytest.raises(Failed) as e:
        b.call("room_join", user=BOB, room="#m", nick="bob")
    assert e.value.code == "not_authorized"
    b.call("room_join", user=BOB, room="#m", nick="bob", password="sesame")
    with pytest.raises(Failed) as e:
        b.call("room_config_set", user=BOB, room="#m",
               values={"mode_m": "0"})
    assert e.value.code == "forbidden"
    # Programs ask each other.
    b.replies["query"] = {"name": "Cat", "version": "9"}
    got = a.call("query", user=ANA, contact="bob", what="version")["text"]
    assert got.startswith("Cat 9 (through Spectrum")
    assert a.call("query", user=ANA, contact="bob", what="ping") == {}
    # Who is there, by MONITOR or ISON.
    a.notify("contact_watch", user=ANA, contacts=["bob", "nobody"])
    a.wait("contact_presence", contact="bob", show="online")
    a.wait("contact_presence", contact="nobody", show="offline")
    b.call("logout", user=BOB)
    a.wait("contact_presence", contact="bob", show="offline")


def register(backend, inspircd, user, nick):
    """An account with services; the backend stays connected."""
    a = backend(irc_server="127.0.0.1:%d" % inspircd["port"])
    a.login(user, nick)
    a.wait("connected")

    def linked():
        try:
            a.call("message", user=user, to="NickServ", kind="chat",
                   body="REGISTER secretpw %s@example.com" % nick)
        except Failed:
            return False
        return True

    wait_for(linked, 20, "services")
    a.wait("message", **{"from": "NickServ"})
    return a


def test_inspircd_certificate(backend, inspircd, tmp_path):
    """SASL EXTERNAL by a certificate of the user's, known to services by its
    fingerprint."""
    a = register(backend, inspircd, "cert@example", "certreg")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "9",
                    "-subj", "/CN=cert", "-keyout", tmp_path / "k",
                    "-out", tmp_path / "c"], check=True, capture_output=True)
    pem = (tmp_path / "c").read_text() + (tmp_path / "k").read_text()
    pin = hashlib.sha256(ssl.PEM_cert_to_DER_cert(
        (tmp_path / "c").read_text())).hexdigest()
    a.call("message", user="cert@example", to="NickServ", kind="chat",
           body="CERT ADD " + pin)
    a.wait("message", **{"from": "NickServ"})
    a.call("logout", user="cert@example")
    b = backend(irc_server="localhost:+%d" % inspircd["tls"],
                irc_ca_file="%s/cert.pem" % inspircd["dir"])
    b.login("cert@example", "certreg", settings={
        "client_certificate": pem, "sasl": "external"})
    assert b.wait("connected", timeout=30 * SLOWER)["account"] == "certreg"
    # Somebody else's is known to nobody.
    c = backend(irc_server="localhost:+%d" % inspircd["tls"],
                irc_ca_file="%s/cert.pem" % inspircd["dir"])
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "9",
                    "-subj", "/CN=cert", "-keyout", tmp_path / "k",
                    "-out", tmp_path / "c"], check=True, capture_output=True)
    c.login("bob@example", "bob", settings={
        "client_certificate": (tmp_path / "c").read_text() +
        (tmp_path / "k").read_text(), "sasl": "external"})
    d = c.wait("disconnected", timeout=30 * SLOWER)
    assert d["reason"] == "auth" and not d.get("retry")


def test_inspircd_nick_is_regained(backend, inspircd):
    """Services drive somebody else from the nick of who is logged in."""
    a = register(backend, inspircd, "own@example", "ownreg")
    a.call("logout", user="own@example")
    thief = backend(irc_server="127.0.0.1:%d" % inspircd["port"])
    thief.login(BOB, "ownreg")
    thief.wait("connected")
    b = backend(irc_server="127.0.0.1:%d" % inspircd["port"])
    b.login("own@example", "ownreg", password="secretpw")
    assert b.wait("connected")["account"] == "ownreg_"
    b.call("room_join", user="own@example", room="#own", nick="ownreg")
    b.wait("room_occupant", room="#own", new_nick="ownreg", self=True)
