# SPDX-License-Identifier: GPL-2.0-or-later
"""Kamailio, a SIP server: it registers users, passes messages on, and tells of
presence, which is what SIMPLE (RFC 3428, 3856, 3903) needs.  Everybody's
password is the same."""
import contextlib
import os
import sqlite3

from .namespace import Whole
from .process import free_port
from .servers import Server, write

PASSWORD = "pw"
TABLES = "/usr/share/kamailio/db_sqlite/%s-create.sql"


class Kamailio(Server):
    domain = "sip.test"

    def __init__(self, directory):
        self.directory, self.port = directory, free_port()
        database = str(directory / "kamailio.db")
        with contextlib.closing(sqlite3.connect(database)) as tables:
            for name in ("standard", "presence"):
                with open(TABLES % name) as script:
                    tables.executescript(script.read())
        modules = "kex tm sl rr pv maxfwd usrloc registrar textops siputils" \
            " xlog auth db_sqlite presence presence_xml nathelper".split()
        write(directory / "kamailio.cfg", CONFIG % {
            "port": self.port, "domain": self.domain, "database": database,
            "libraries": "/usr/lib/%s-linux-gnu/kamailio/modules/"
            % os.uname().machine, "password": PASSWORD,
            "modules": "".join('loadmodule "%s.so"\n' % m for m in modules)})

    def launch(self):
        here = str(self.directory)
        return Whole("kamailio", [
            "kamailio", "-DD", "-E", "-m", "16", "-M", "4",
            "-f", here + "/kamailio.cfg", "-Y", here,
            "-P", here + "/kamailio.pid"], self.directory / "kamailio.log",
            env={"PATH": os.environ["PATH"] + ":/usr/sbin"})


# The contact that prpl-simple gives has an address that is not the one it
# connects from, and a port on which it does not listen.
CONFIG = """#!KAMAILIO
debug=2
log_stderror=yes
children=1
tcp_children=1
listen=udp:127.0.0.1:%(port)d
listen=tcp:127.0.0.1:%(port)d
alias="%(domain)s"
auto_aliases=no
dns=no
rev_dns=no
use_dns_cache=off
mpath="%(libraries)s"
%(modules)s
modparam("db_sqlite", "db_set_journal_mode", "%(database)s=WAL")
modparam("usrloc", "db_mode", 0)
modparam("presence", "db_url", "sqlite:///%(database)s")
modparam("presence", "server_address", "sip:127.0.0.1:%(port)d")
modparam("presence", "subs_db_mode", 0)
modparam("presence_xml", "db_url", "sqlite:///%(database)s")
modparam("presence_xml", "force_active", 1)
modparam("nathelper|registrar", "received_avp", "$avp(received)")

request_route {
	xlog("L_NOTICE", "$rm from $fu to $tu by $proto\\n");
	if (!mf_process_maxfwd_header("10")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	force_rport();
	if (has_totag() && !is_method("SUBSCRIBE")) {
		loose_route();
		t_relay();
		exit;
	}
	if (is_method("REGISTER")) {
		if (!pv_www_authenticate("$fd", "%(password)s", "0")) {
			www_challenge("$fd", "0");
			exit;
		}
		fix_nated_register();
		if (!save("location"))
			sl_reply_error();
		exit;
	}
	if (is_method("PUBLISH|SUBSCRIBE")) {
		if (is_method("SUBSCRIBE"))
			fix_nated_contact();
		if (!t_newtran())
			sl_reply_error();
		else if (is_method("PUBLISH"))
			handle_publish();
		else
			handle_subscribe();
		t_release();
		exit;
	}
	record_route();
	if (!lookup("location")) {
		send_reply("404", "Not Found");
		exit;
	}
	t_relay();
}
"""
