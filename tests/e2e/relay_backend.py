#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A backend that thinks nothing: what it is told goes to a port of the
loopback, and what comes from there it says (harness/network.py)."""
import os
import select
import socket
import sys

peer = socket.create_connection(("127.0.0.1", int(sys.argv[1]))).detach()
other = {0: peer, peer: 1}
while True:
    for source in select.select([0, peer], [], [])[0]:
        data = os.read(source, 65536)
        if not data:
            sys.exit(0)
        while data:
            data = data[os.write(other[source], data):]
