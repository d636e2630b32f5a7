# SPDX-License-Identifier: GPL-2.0-or-later
"""Zephyr: zephyrd and the host manager, without Kerberos, and people who use
Debian's own clients.

Who somebody is there is said by the system's users: a process of root's is
root.  The others get a user of their own, in a list of users that only this
run sees."""
import os
import subprocess

from . import namespace
from .process import Process, wait_for
from .servers import Server

ME = "root"
PATH = os.environ["PATH"] + ":/usr/sbin"


def udp_ports():
    """Bound ones."""
    with open("/proc/net/udp") as table:
        return {int(line.split()[1].split(":")[1], 16)
                for line in list(table)[1:]}


class Zephyr(Server):
    SERVER, MANAGER = 2103, 2104

    def __init__(self, directory, people=("zoe",)):
        self.directory = directory
        self.ids = {name: 4001 + at for at, name in enumerate(people)}
        with open("/etc/passwd") as users:
            known = users.read()
        namespace.replace("/etc/passwd", known + "".join(
            "%s:x:%d:%d::/nonexistent:/bin/false\n" % (name, number, number)
            for name, number in self.ids.items()), directory)
        namespace.replace("/etc/zephyr/server.list", namespace.HOST + "\n",
                          directory)

    def launch(self):
        # zephyrd goes to the background, whatever one says; zhm sulks for
        # seconds when it is not there yet.
        return namespace.Whole("zephyr", [
            "sh", "-c", "zephyrd -d; until grep -q ':%04X ' /proc/net/udp; do "
            "sleep 0.01; done; exec zhm -n %s" % (self.SERVER,
                                                  namespace.HOST)],
            self.directory / "zephyr.log", env={"PATH": PATH})

    def start(self):
        self.process = self.launch()
        wait_for(lambda: udp_ports() >= {self.SERVER, self.MANAGER}, 10,
                 "zephyrd and zhm to listen")
        return self

    def waited(self):
        return []

    def person(self, name):
        return Person(self, name)


class Person:
    """Somebody who reads with zwgc and writes with zwrite."""

    def __init__(self, server, name):
        self.name, number = name, server.ids[name]
        self.become = ["setpriv", "--reuid", str(number), "--regid",
                       str(number), "--clear-groups", "env", "HOME=/"]
        self.reader = Process("zwgc " + name, self.become + [
            "zwgc", "-nofork", "-ttymode", "-f", "/etc/zephyr/zwgc.desc",
            "-subfile", "/dev/null"], server.directory / (name + ".log"))
        wait_for(self.located, 10, name + " to be there")

    def located(self):
        """The server knows where to find this user."""
        found = subprocess.run(["zlocate", self.name], capture_output=True,
                               text=True, timeout=10)
        return namespace.HOST in found.stdout

    def say(self, to, text):
        subprocess.run(self.become + ["zwrite", "-d", "-n", "-q", to, "-m",
                                      text], check=True, timeout=10,
                       stdin=subprocess.DEVNULL, capture_output=True)

    def expect(self, sender, text):
        """A message, whatever its signature."""
        self.reader.wait_log(r"From: .*\b%s\b[^\0]*?%s" % (sender, text))

    def close(self):
        self.reader.stop()
