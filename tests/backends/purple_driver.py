# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives spectrum2_purple_backend over its pipes."""
import driver

# Options of prpl-jabber for a server on this port, without TLS.
JABBER = {"connect_server": "127.0.0.1", "connection_security":
          "opportunistic_tls", "auth_plain_in_clear": 1}


class Purple(driver.Backend):
    def __init__(self, protocol, purple=None, service=None, sections=None,
                 **process):
        super().__init__("spectrum2_purple_backend", {
            "service": {"protocol": protocol, **(service or {})},
            "purple": purple or {}, **(sections or {})},
            **process)

    def connect(self, user, account, password="secret", **more):
        """Log in and wait until the session is up."""
        self.login(user, account, password=password, **more)
        return self.wait("connected", user=user)
