# SPDX-License-Identifier: GPL-2.0-or-later
"""What [service], [purple] and [proxy] may say to the libpurple backend, and
what is said to an admin who wrote something else."""
import os
import subprocess

import pytest

import driver


class Refused:
    """A backend that does not start."""

    def __init__(self, protocol, purple, sections):
        service = {"protocol": protocol, **sections.pop("service", {})}
        try:
            driver.Backend("spectrum2_purple_backend",
                           {"service": service, "purple": purple or {},
                            **sections})
        except driver.Failed as e:
            self.text = e.text
        else:
            raise SystemExit("it has started")


@pytest.mark.parametrize("protocol, section, key, value, says", [
    ("", None, None, None, ["protocol is not set", "--list-protocols"]),
    ("prpl-none", None, None, None,
     ["prpl-none is not installed", "prpl-irc", "prpl-jabber"]),
    ("prpl-irc", "purple", "usrname", "x",
     ["[purple] usrname", "no such option", "username (text)",
      "port (a number)", "ssl (0 or 1)"]),
    ("prpl-irc", "purple", "port", "ircd",
     ["[purple] port = ircd", "want a number"]),
    ("prpl-irc", "purple", "port", "99999999999", ["want a number"]),
    ("prpl-irc", "purple", "ssl", "maybe", ["ssl = maybe", "0 or 1"]),
    ("prpl-irc", "purple", "username", "a\nb", ["may be given once"]),
    ("prpl-irc", "purple", "prpl-jabber.port", "1",
     ["is for prpl-jabber", "serves prpl-irc"]),
    ("prpl-jabber", "purple", "connection_security", "none",
     ["want one of require_tls opportunistic_tls old_ssl"]),
    ("any", "purple", "nothing_has_this", "1", ["no protocol has such"]),
    ("any", "purple", "prpl-irc.port", "x", ["want a number"]),
    ("prpl-irc", "purple", "user_options", "port frobnicate",
     ["frobnicate", "want all, none"]),
    ("prpl-irc", "purple", "cacerts_dir", "/nonexistent",
     ["[purple] cacerts_dir = /nonexistent: no such"]),
    ("prpl-irc", "purple", "user_dir", "relative", ["user_dir", "/"]),
    ("prpl-irc", "service", "verify_certs", "perhaps",
     ["verify_certs", "0 or 1"]),
    ("prpl-irc", "proxy", "type", "carrier-pigeon",
     ["carrier-pigeon", "http, socks4, socks5"]),
    ("prpl-irc", "proxy", "type", "http", ["[proxy] host is not set"]),
])
def test_wrong(protocol, section, key, value, says):
    sections = {"service": {}, "purple": {}}
    if section is not None:
        sections.setdefault(section, {})[key] = value
    purple = sections.pop("purple")
    text = Refused(protocol, purple, sections).text
    for part in says:
        assert part in text, text


def test_right(purple):
    """All spellings; keys that the C++ program had; keys of any protocol."""
    b = purple("any", {"port": "7", "prpl-irc.ssl": "Yes",
                       "prpl-jabber.connect_server": "x", "plugins_dir": "/usr/lib",
                       "libpurple_dll_path": "x", "fb_api_key": "k"})
    b.login("u@x", "juliet@example.org")
    end = b.wait("disconnected", user="u@x")
    assert end["reason"] == "settings" and "prpl-jabber." in end["text"]
    b.login("u@x", "prpl-none.juliet")
    assert "There are: prpl-" in b.wait("disconnected", user="u@x")["text"]
    b.login("u@x", "prpl-gg.4711")
    assert "password" in b.wait("disconnected", user="u@x")["text"]


def test_what_users_may_set(purple):
    """Nothing that leads elsewhere or runs something, unless the admin says."""
    def offered(protocol, **keys):
        return {f["var"]: f for f in
                purple(protocol, keys).can.get("settings", [])}

    irc = offered("prpl-irc", realname="A Gateway")
    assert irc["ssl"]["type"] == "bool" and irc["ssl"]["value"] == "0"
    assert irc["encoding"]["value"] == "UTF-8"
    assert not {"port", "realname"} & set(irc)
    assert "realname" in offered("prpl-irc", realname="A Gateway",
                                 user_options="realname")
    assert not offered("prpl-irc", user_options="none")
    assert not {"tzc_command", "use_tzc", "write_anyone"} & set(
        offered("prpl-zephyr"))
    jabber = offered("prpl-jabber")
    assert [o["value"] for o in jabber["connection_security"]["options"]] == [
        "require_tls", "opportunistic_tls", "old_ssl"]
    assert "connect_server" not in jabber


def test_list_protocols():
    program = os.path.join(driver.BIN, "spectrum2_purple_backend")
    out = subprocess.run([program, "--list-protocols"], text=True,
                         capture_output=True, timeout=90, check=True).stdout
    assert "\nprpl-jabber  XMPP\n    account: NAME@Domain/Resource, " in out
    assert "one of require_tls opportunistic_tls old_ssl\n" in out
    line = [x for x in out.split("\n") if x.startswith("    port ")][0]
    assert line.split()[1:3] == ["number", "5298"]
    out = subprocess.run([program, "--help"], text=True, capture_output=True,
                         timeout=90, check=True).stdout
    assert "--list-protocols" in out
