# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs under test: one instance, and its manager."""
import glob
import os
import re
import signal
import subprocess

from .process import SLOWER, Process, command_of, free_port
from .process import make_environment, wait_for
from .servers import SECRET, make_certificate, write

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
BUILD = os.path.abspath(os.environ.get("B") or os.path.join(ROOT, "build"))
SPECTRUM = BUILD + "/bin/spectrum2"
MANAGER = BUILD + "/bin/spectrum2_manager"
IRC_BACKEND = BUILD + "/bin/spectrum2_irc_backend"
XMPP_BACKEND = BUILD + "/bin/spectrum2_xmpp_backend"
PURPLE_BACKEND = BUILD + "/bin/spectrum2_purple_backend"
ECHO_BACKEND = "/usr/bin/python3 " + ROOT + "/examples/echo_backend.py"
BAD_BACKEND = "/usr/bin/python3 " + ROOT + "/tests/e2e/bad_backend.py"

SANITIZER = re.compile(r"AddressSanitizer|runtime error:|LeakSanitizer"
                       r"|UndefinedBehaviorSanitizer")
READY = re.compile(r"Running \(\d+ users connected using [1-9]\d* backends\), "
                   r"(?:XMPP link up|listening for clients)")


def config_text(settings):
    """{"section.key": value or list of values} as the file's text."""
    sections = {}
    for key, value in settings.items():
        section, _, name = key.partition(".")
        lines = sections.setdefault(section, [])
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                lines.append("%s = %s" % (name, one))
    return "\n".join("[%s]\n%s\n" % (section, "\n".join(lines))
                     for section, lines in sections.items())


class Instance:
    """One configuration in one directory.  start and stop may be
    repeated; port and data stay."""

    process = None
    environment = {}        # more of it
    program = SPECTRUM

    def __init__(self, directory, jid, settings):
        self.directory, self.jid = directory, jid
        self.log = directory / "spectrum2.log"
        (directory / "transports").mkdir(parents=True, exist_ok=True)
        (directory / "work").mkdir(exist_ok=True)
        self.settings = {
            "service.jid": jid,
            "service.backend": IRC_BACKEND,
            # ngircd takes what it gets: no need to be slow with it
            "service.irc_connect_burst": 0,
            "service.irc_flood_burst": 100000,
            "service.irc_flood_rate": 100000,
            "service.working_dir": "%s/work" % directory,
            "service.pidfile": "%s/run/$jid.pid" % directory,
            "service.portfile": "%s/run/$jid.port" % directory,
            "database.type": "sqlite3",
            "database.database": "%s/database.sql" % directory,
            **settings}
        self.config = str(directory / "transports" / (jid + ".cfg"))
        self.port = int(self.settings.get("service.port", 0))

    @classmethod
    def server_mode(cls, directory, jid="localhost", tls=False, **more):
        """Clients log in to it directly."""
        settings = {"service.server_mode": 1, "service.server": "127.0.0.1",
                    "service.port": free_port(), "service.more_resources": 1}
        if tls:
            directory.mkdir(parents=True, exist_ok=True)
            cert, key = make_certificate(directory, jid)
            store = directory / "cert.p12"
            subprocess.run(
                ["openssl", "pkcs12", "-export", "-passout", "pass:pw",
                 "-in", cert, "-inkey", key, "-out", str(store)], check=True)
            settings["service.cert"] = store
            settings["service.cert_password"] = "pw"
        return cls(directory, jid, {**settings, **dotted(more)})

    @classmethod
    def gateway(cls, directory, jid, server, **more):
        """A component of that XMPP server."""
        return cls(directory, jid, {
            "service.server": "127.0.0.1",
            "service.port": server.component_port,
            "service.password": SECRET, **dotted(more)})

    def write_config(self):
        return write(self.config, config_text(self.settings))

    def launch(self, *arguments):
        """Start it, wait for nothing."""
        self.write_config()
        self.process = Process(
            "spectrum2 " + self.jid,
            [self.program, "-n", *arguments, self.config], self.log,
            env={**make_environment(self.directory), **self.environment},
            cwd=str(self.directory))
        return self.process

    def start(self, *arguments, timeout=20):
        self.launch(*arguments)
        if self.settings.get("service.server_mode"):
            self.process.wait_port(self.port, timeout)
        self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=20):
        """Serving: its manager says so, with a backend that has begun, and
        the server knows the component."""
        def ready():
            assert self.process.running(), "spectrum2 exited with %s:\n%s" \
                % (self.process.popen.returncode, self.read_log()[-3000:])
            return READY.match(self.ask("status").stdout)
        wait_for(ready, timeout, self.jid + " to be ready")

    def stop(self, timeout=15):
        """Exit code; asserts that nothing is left."""
        if not self.process:
            return None
        process, self.process = self.process, None
        code = process.stop(timeout)
        assert code == 0, "%s: exit code %s\n%s" % (
            self.jid, code, self.read_log()[-3000:])
        return code

    def discard(self):
        """Whatever state it is in: gone."""
        if self.process:
            self.process.stop()
            self.process = None

    def kill(self):
        """SIGKILL to the main process only."""
        self.process.signal(signal.SIGKILL)
        self.process.wait()

    def read_log(self):
        if not self.log.exists():
            return ""
        return self.log.read_text(errors="replace")

    def backends(self):
        """Pids of the backend processes."""
        return [pid for pid in self.process.children()
                if "backend" in command_of(pid)]

    def complaints(self):
        """What the sanitizers said, in any file of ours."""
        found = []
        for path in [str(self.log)] + glob.glob("%s/sanitizer*"
                                                % self.directory):
            if os.path.exists(path):
                with open(path, errors="replace") as log:
                    found += [line.rstrip() for line in log
                              if SANITIZER.search(line)]
        return found

    # ------------------------------------------------------------ the manager

    def manager(self, *words, timeout=20):
        return run_manager(self.directory, *words, timeout=timeout)

    def ask(self, *words, timeout=20):
        """A query to this instance."""
        return self.manager(self.jid, *words, timeout=timeout)

    def answer(self, *words):
        result = self.ask(*words)
        assert result.returncode == 0, (words, result)
        return result.stdout.strip()


def run_manager(directory, *words, timeout=20, env=None):
    config = directory / "spectrum_manager.cfg"
    if not config.exists():
        write(config, "[service]\nconfig_directory = %s/transports/\n"
              % directory)
    return subprocess.run(
        [MANAGER, "-c", str(config), *words], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=timeout * SLOWER,
        env={**os.environ, **make_environment(directory), **(env or {}),
             "PATH": BUILD + "/bin:" + os.environ["PATH"]})


def dotted(keywords):
    """service__irc_server=... -> {"service.irc_server": ...}"""
    return {key.replace("__", "."): value for key, value in keywords.items()}



