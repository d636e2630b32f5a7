# SPDX-License-Identifier: GPL-2.0-or-later
"""Real peers, each in a directory of its own, on loopback, in the
foreground."""
import glob
import os
import shutil
import subprocess

from .process import Process, free_ports
from .raw import register_account

SECRET = "secret"


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
    return str(path)


def make_certificate(directory, *names):
    """Self-signed; returns (cert, key), made once per directory."""
    cert, key = directory / "cert.pem", directory / "key.pem"
    if not cert.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
             "-days", "2", "-subj", "/CN=" + names[0], "-addext",
             "subjectAltName=" + ",".join("DNS:" + name for name in names),
             "-keyout", str(key), "-out", str(cert)],
            check=True, capture_output=True)
    return str(cert), str(key)


class Server:
    """start and stop may be repeated; the ports stay."""

    process = None

    def start(self):
        self.process = self.launch()
        for port in self.waited():
            self.process.wait_port(port)
        return self

    def waited(self):
        return [self.port]

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None

    def restart(self):
        self.stop()
        self.start()


class Prosody(Server):
    domain = "xmpp.test"

    def __init__(self, directory, components=(), privileged=(), rooms=False,
                 modules=(), room_modules=()):
        """rooms: has some, at conference.<domain>; modules: more of
        them."""
        self.directory = directory
        self.components = components
        self.port, self.component_port = free_ports(2)
        (directory / "data").mkdir()
        rights = "".join(
            '["%s"] = { roster = "both"; message = "outgoing"; };\n' % name for name in privileged)
        parts = "".join(
            'Component "%s"\ncomponent_secret = "%s"\n'
            'modules_enabled = { "privilege" }\n' % (name, SECRET)
            for name in components)
        if rooms:
            parts += ('Component "conference.%s" "muc"\n'
                      'muc_room_default_public = true\n'
                      'modules_enabled = { %s }\n' % (self.domain, "".join(
                          '"%s"; ' % name for name in room_modules)))
        write(directory / "prosody.cfg.lua", """
run_as_root = true
pidfile = "%(dir)s/prosody.pid"
data_path = "%(dir)s/data"
certificates = "%(dir)s"
admin_socket = "%(dir)s/admin.sock"
log = { { levels = { min = "info" }, to = "console", timestamps = true } }
interfaces = { "127.0.0.1" }
local_interfaces = { "127.0.0.1" }
c2s_ports = { %(port)d }
component_ports = { %(component)d }
component_interfaces = { "127.0.0.1" }
modules_disabled = { "s2s" }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
storage = "internal"
allow_registration = true
modules_enabled = { "roster"; "saslauth"; "disco"; "ping"; "version";
  "time"; "private"; "vcard4"; "vcard_legacy"; "pep"; "carbons"; "register";
  "register_ibr"; "offline"; "privilege"; "blocklist";
  %(modules)s }
VirtualHost "%(domain)s"
privileged_entities = { %(rights)s }
%(parts)s
""" % {"dir": directory, "port": self.port, "domain": self.domain,
            "component": self.component_port, "rights": rights,
            "modules": "".join('"%s"; ' % name for name in modules),
            "parts": parts})

    def waited(self):
        # Without components it does not listen for any.
        return [self.port] + [self.component_port] * bool(self.components)

    def launch(self):
        return Process("prosody", ["prosody", "-F", "--config",
                                   str(self.directory / "prosody.cfg.lua")],
                       self.directory / "prosody.log")


class Ejabberd(Server):
    """Without Erlang distribution: no epmd, no node name, no cookie."""

    domain = "xmpp2.test"
    modules = """
  mod_adhoc: {}
  mod_roster: {}
  mod_privilege:
    roster: { both: privaccess }
    message: { outgoing: privaccess }
  mod_disco: {}
  mod_caps: {}
  mod_vcard: {}
  mod_ping: {}
  mod_offline: {}
  mod_carboncopy: {}
"""

    def __init__(self, directory, components=(), certificate=None):
        """certificate: (cert, key), else it signs its own."""
        self.directory = directory
        self.port, self.component_port = free_ports(2)
        cert, key = certificate or make_certificate(directory, self.domain)
        with open(directory / "both.pem", "w") as both:
            both.write(open(cert).read() + open(key).read())
        self.components = components
        hosts = "".join('      "%s": { password: "%s" }\n' % (name, SECRET)
                        for name in components)
        listener = """
  - port: %d
    ip: "127.0.0.1"
    module: ejabberd_service
    access: all
    global_routes: false
    hosts:
%s""" % (self.component_port, hosts) if components else ""
        write(directory / "ejabberd.yml", """
hosts: [ "%(domain)s" ]
loglevel: info
certfiles: [ "%(dir)s/both.pem" ]
auth_method: internal
auth_password_format: plain
registration_timeout: infinity
acl:
  local: { user_regexp: "" }
  admin: { user: "admin@%(domain)s" }
access_rules:
  c2s: { allow: all }
  register: { allow: all }
  privaccess: { allow: all }
  configure: { allow: admin }
listen:
  - port: %(port)d
    ip: "127.0.0.1"
    module: ejabberd_c2s
    starttls: true
    access: c2s
%(listener)s
modules:
%(modules)s
  mod_register: { ip_access: all, access: register, password_strength: 0 }
""" % {"domain": self.domain, "dir": directory, "port": self.port,
            "listener": listener, "modules": self.modules})

    def waited(self):
        return [self.port] + [self.component_port] * bool(self.components)

    @staticmethod
    def libraries():
        """Where Debian has it, or None."""
        found = "/usr/lib/" + os.uname().machine + "-linux-gnu"
        return found if glob.glob(found + "/ejabberd-*") else None

    def launch(self):
        here = str(self.directory)
        libraries = self.libraries()
        assert libraries, "no ejabberd here"
        return Process(
            "ejabberd",
            ["erl", "+K", "true", "-noinput", "-mnesia", "dir",
             '"%s/mnesia"' % here, "-s", "ejabberd"],
            self.directory / "ejabberd.log",
            env={"ERL_LIBS": libraries, "HOME": here,
                 "EJABBERD_CONFIG_PATH": here + "/ejabberd.yml",
                 "EJABBERD_LOG_PATH": here + "/ejabberd-own.log",
                 "ERL_CRASH_DUMP": here + "/crash.dump"},
            cwd=here)


class FarProsody(Prosody):
    """A server behind spectrum2_xmpp_backend, with all that one has today, and
    a certificate to verify."""

    domain = "far.test"
    modules = """tls smacks mam csi_simple bookmarks adhoc admin_adhoc uptime
lastactivity""".split()

    def __init__(self, directory, authority):
        cert, key = authority.issue(self.domain)
        shutil.copy(cert, directory / (self.domain + ".crt"))
        shutil.copy(key, directory / (self.domain + ".key"))
        super().__init__(directory, rooms=True, modules=self.modules,
                         room_modules=["muc_mam", "muc_moderation"])


class FarEjabberd(Ejabberd):
    """The same; it has a directory of people, too."""

    _admin = False              # registered

    domain = "far2.test"
    modules = """
  mod_adhoc: {}
  mod_configure: {}
  mod_roster: { versioning: true }
  mod_disco: {}
  mod_caps: {}
  mod_vcard: { search: true }
  mod_vcard_xupdate: {}
  mod_avatar: {}
  mod_pubsub: { plugins: [ flat, pep ] }
  mod_private: {}
  mod_privacy: {}
  mod_blocking: {}
  mod_ping: {}
  mod_last: {}
  mod_time: {}
  mod_version: {}
  mod_offline: {}
  mod_carboncopy: {}
  mod_stream_mgmt: { resend_on_timeout: true }
  mod_mam: { default: always }
  mod_muc:
    host: "conference.@HOST@"
    default_room_options: { mam: true }
"""

    def __init__(self, directory, authority):
        super().__init__(directory, certificate=authority.issue(self.domain))

    def admin(self):
        """The account of its admin."""
        if not self._admin:
            register_account(self.port, self.domain, "admin", "pw")
            self._admin = True
        return "admin@" + self.domain


class Ngircd(Server):
    def __init__(self, directory, nick_length=30, password=""):
        self.directory = directory
        self.port, = free_ports(1)
        write(directory / "ngircd.conf", """[Global]
Name = irc.test
Info = test
Listen = 127.0.0.1
Ports = %d
ServerUID = nobody
ServerGID = nogroup
MotdPhrase = hello
%s
[Limits]
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = %d
MaxPenaltyTime = 0
PingTimeout = 120
[Options]
DNS = no
Ident = no
PAM = no
[Operator]
Name = oper
Password = operpw
""" % (self.port, password and "Password = " + password, nick_length))

    def launch(self):
        return Process("ngircd", ["/usr/sbin/ngircd", "-n", "-f",
                                  str(self.directory / "ngircd.conf")],
                       self.directory / "ngircd.log")


INSPIRCD_MODULES = """ssl_gnutls spanningtree cap ircv3 ircv3_accounttag
ircv3_batch ircv3_capnotify ircv3_chghost ircv3_ctctags ircv3_echomessage
ircv3_invitenotify ircv3_labeledresponse ircv3_msgid ircv3_servertime monitor
namesx uhnames setname sasl services_account chghost customprefix banexception
chanhistory knock cloaking sslinfo botmode allowinvite inviteexception alias
deaf svshold servprotect permchannels hideoper cban topiclock globops""".split()


class Inspircd(Server):
    """With atheme's services when services=True: SASL and NickServ."""

    services = None

    def __init__(self, directory, services=False):
        self.directory, self.with_services = directory, services
        self.port, self.tls_port, self.link_port = free_ports(3)
        cert, key = make_certificate(directory, "irc.insp.test", "localhost")
        link = ""
        if services:
            link = """
<bind address="127.0.0.1" port="%d" type="servers">
<link name="services.test" ipaddr="127.0.0.1" port="%d"
 allowmask="127.0.0.1" sendpass="linkpw" recvpass="linkpw">
<uline server="services.test" silent="yes">
""" % (self.link_port, self.link_port)
        modules = "".join('<module name="%s">' % m for m in INSPIRCD_MODULES)
        write(directory / "inspircd.conf", """
<server name="irc.insp.test" description="test" network="TestNet" id="001">
<admin name="a" nick="a" email="a@b">
<bind address="127.0.0.1" port="%(port)d" type="clients">
<bind address="127.0.0.1" port="%(tls)d" type="clients" sslprofile="g">
<sslprofile name="g" provider="gnutls" certfile="%(cert)s" keyfile="%(key)s"
 hash="sha256">
<connect name="main" allow="*" localmax="2000" globalmax="2000"
 maxconnwarn="no" timeout="20" pingfreq="120" fakelag="no"
 commandrate="100000" threshold="100000" sendq="10M" recvq="1M"
 hardsendq="10M" softsendq="10M" resolvehostnames="no" useident="no">
<cidr ipv4clone="32" ipv6clone="128">
<dns enabled="no">
<path configdir="%(dir)s" datadir="%(dir)s" logdir="%(dir)s"
 moduledir="/usr/lib/inspircd/modules">
<log method="file" level="default" type="*" target="%(dir)s/insp.log">
<pid file="%(dir)s/inspircd.pid">
<options prefixquit="Quit: " syntaxhints="no" casemapping="rfc1459"
 allowhalfop="yes" ircumsgprefix="no">
<performance netbuffersize="10240" nouserdns="yes">
<security userstats="Pu" customversion=""><sasl target="services.test">
%(modules)s
<cloak mode="half" key="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" prefix="net-">
<customprefix name="founder" letter="q" prefix="~" rank="50000"
 ranktoset="50000"><customprefix name="admin" letter="a" prefix="&amp;"
 rank="40000" ranktoset="50000"><customprefix name="halfop" letter="h"
 prefix="%%" rank="20000" ranktoset="30000">
%(link)s
""" % {"port": self.port, "tls": self.tls_port, "cert": cert, "key": key,
            "dir": directory, "modules": modules, "link": link})

    def launch(self):
        return Process("inspircd",
                       ["/usr/sbin/inspircd", "--runasroot", "--config=%s/"
                        "inspircd.conf" % self.directory, "--nofork"],
                       self.directory / "inspircd.log")

    def start(self):
        super().start()
        if self.with_services:
            self.services = Atheme(self.directory, self.link_port)
        return self

    def stop(self):
        if self.services:
            self.services.stop()
            self.services = None
        super().stop()


class Atheme:
    def __init__(self, directory, link_port):
        names = """protocol/inspircd backend/opensex crypto/pbkdf2v2
nickserv/main nickserv/register nickserv/identify nickserv/info nickserv/ghost
nickserv/group nickserv/release nickserv/set_core nickserv/set_password
chanserv/main chanserv/register chanserv/op operserv/main saslserv/main
saslserv/plain""".split()
        write(directory / "atheme.conf", "".join(
            'loadmodule "modules/%s";\n' % name for name in names) + """
serverinfo { name = "services.test"; desc = "services"; numeric = "00A";
 recontime = 2; netname = "TestNet"; hidehostsuffix = "users.test";
 adminname = "a"; adminemail = "a@b"; registeremail = "noreply@test";
 auth = none; loglevel = { error; info; network; }; maxlogins = 50;
 maxusers = 50; mta = "/bin/true"; };
uplink "irc.insp.test" { host = "127.0.0.1"; port = %d;
 send_password = "linkpw"; receive_password = "linkpw"; };
nickserv { nick = "NickServ"; user = "NickServ"; host = "services.test";
 real = "Nick"; };
chanserv { nick = "ChanServ"; user = "ChanServ"; host = "services.test";
 real = "Chan"; };
saslserv { nick = "SaslServ"; user = "SaslServ"; host = "services.test";
 real = "Sasl"; };
operserv { nick = "OperServ"; user = "OperServ"; host = "services.test";
 real = "Oper"; };
general { helpchan = "#h"; flood_msgs = 0; commit_interval = 5; };
""" % link_port)
        data = directory / "atheme"
        data.mkdir(exist_ok=True)
        command = ["atheme-services", "-n", "-c",
                   str(directory / "atheme.conf"), "-D", str(data),
                   "-l", str(directory / "atheme-own.log"),
                   "-p", str(directory / "atheme.pid")]
        self.process = Process("atheme", command, directory / "atheme.log")
        self.process.wait_log("(?i)synchronized|end of burst", 20)

    def stop(self):
        self.process.stop()
