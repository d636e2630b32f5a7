# SPDX-License-Identifier: GPL-2.0-or-later
"""A local network for Bonjour (XEP-0174): Avahi, on a message bus of its
own."""
import os

from . import namespace
from .process import Process, wait_for
from .servers import Server, write


class Bonjour(Server):
    host = "lan"

    def __init__(self, directory):
        self.directory = directory
        self.bus_path = directory / "bus"
        self.environment = {
            "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=%s" % self.bus_path,
            "PATH": os.environ["PATH"] + ":/usr/sbin"}
        self.bus = None
        write(directory / "bus.conf", BUS % self.bus_path)
        write(directory / "avahi.conf", AVAHI % self.host)

    def launch(self):
        self.bus = Process("dbus-daemon", [
            "dbus-daemon", "--config-file=%s/bus.conf" % self.directory,
            "--nofork", "--nopidfile"], self.directory / "bus.log")
        wait_for(self.bus_path.exists, 10, "dbus-daemon to listen")
        # The name of its socket and of its file is built in.
        return Process("avahi-daemon", [
            "unshare", "-m", "sh", "-c",
            "mount -t tmpfs tmpfs /run && mkdir /run/avahi-daemon && "
            "exec avahi-daemon -f '%s/avahi.conf' --no-drop-root "
            "--no-chroot --no-rlimits" % self.directory],
            self.directory / "avahi.log", env=self.environment)

    def start(self):
        super().start()
        self.process.wait_log("Server startup complete")
        return self

    def waited(self):
        return []

    def stop(self):
        super().stop()
        if self.bus:
            self.bus.stop()
            self.bus = None


BUS = """<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
"""

AVAHI = """[server]
host-name=%s
use-ipv4=yes
use-ipv6=no
allow-interfaces=lo
enable-dbus=yes
disallow-other-stacks=no
[wide-area]
enable-wide-area=no
[publish]
publish-hinfo=no
publish-workstation=no
"""
