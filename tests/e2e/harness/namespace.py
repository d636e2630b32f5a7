# SPDX-License-Identifier: GPL-2.0-or-later
"""What networks with fixed ports, names and files need, in the namespaces that
run-e2e.sh has put us into: an address that is not 127.0.0.1, multicast, names
of hosts, files of the system's with other contents.

Nothing is undone: it all ends with the run."""
import os
import shutil
import socket
import subprocess

from .process import Process

ADDRESS, HOST = "10.77.1.1", "peer.test"
OURS = bool(os.environ.get("E2E_NAMESPACE"))


def missing(*programs):
    """Why these peers cannot run here, or None."""
    if not OURS:
        return "no namespaces of our own: tests/run-e2e.sh, run by root, " \
            "makes them"
    for program in programs:
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
            return program + " is not installed"
    return None


def run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


def prepare(directory):
    """An address beside the loopback's, which libraries take for the one
    that others see; and the names of hosts."""
    run("ip", "link", "set", "lo", "up", "multicast", "on")
    run("ip", "address", "replace", ADDRESS + "/32", "dev", "lo")
    run("ip", "route", "replace", "224.0.0.0/4", "dev", "lo")
    socket.sethostname(HOST)
    replace("/etc/hosts", "127.0.0.1 localhost discord.com gateway.discord.gg"
            " cdn.discordapp.com\n%s %s\n" % (ADDRESS, HOST), directory)


def replace(path, text, directory):
    """That text in place of a file of the system's."""
    ours = directory / os.path.basename(path)
    ours.write_text(text)
    run("mount", "--bind", str(ours), path)


class Whole(Process):
    """A program in a process namespace: with the first process goes, at once,
    whatever that has started; it, too, when we are killed."""

    def __init__(self, name, command, log, **how):
        super().__init__(name, ["unshare", "-p", "-f", "--kill-child", "--",
                                *command], log, **how)

    def stop(self, timeout=15):
        self.children()
        self.popen.kill()       # unshare does not heed SIGTERM
        return super().stop(timeout)
