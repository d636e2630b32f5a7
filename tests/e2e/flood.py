#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""flood.py PORT USER SECONDS: log in, make the backend stop reading, and write
to it, far more than all queues hold, however long that takes.  Says how much
was sent and how much was refused; a process of its own, so that its work is not
its watcher's."""
import re
import sys
import time

from harness.raw import RawStream

RATE = 3000         # messages a second, of 2 KB
PATIENCE = 60       # seconds to the first hundred that are refused

port, user, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
stream = RawStream(port, "localhost")
stream.login(user, "pw")
stream.send("<presence/>")
stream.expect("echo@localhost")
message = "<message to='echo@localhost' type='chat' id='f%d'><body>%s</body>" \
    "</message>"
stream.send(message % (0, "!hang"))
print("begin", flush=True)
begin, sent, refused = time.monotonic(), 0, 0
stream.sock.setblocking(False)
pending = b""
while (now := time.monotonic()) < begin + seconds or \
        refused <= 100 and now < begin + PATIENCE:
    if not pending and sent < RATE * (time.monotonic() - begin):
        pending = "".join(message % (sent + i, "x" * 2000)
                          for i in range(30)).encode()
        sent += 30
    try:
        pending = pending[stream.sock.send(pending):] if pending else b""
    except BlockingIOError:
        pass
    time.sleep(0.002)
    try:
        refused += len(re.findall(b"<resource-constraint",
                                  stream.sock.recv(1 << 20)))
    except BlockingIOError:
        pass
print("sent %d refused %d" % (sent, refused))
