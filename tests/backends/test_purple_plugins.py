# SPDX-License-Identifier: GPL-2.0-or-later
"""Which plug-ins run, and what they may do to the process."""
import os
import re
import signal
import subprocess

import pytest

import driver

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    """A directory of plug-ins that are named after what they do."""
    d = tmp_path_factory.mktemp("plugins")
    flags = subprocess.run(["pkg-config", "--cflags", "purple"], check=True,
                           capture_output=True, text=True).stdout.split()
    for name, kind, more in (("refuses", "STANDARD", ()),
                             ("libincomplete", "PROTOCOL", ()),
                             ("libmissing", "PROTOCOL", ("-DMISSING",))):
        subprocess.run(
            [os.environ.get("CC", "cc"), "-shared", "-fPIC", *flags, *more,
             "-DKIND=PURPLE_PLUGIN_" + kind, '-DNAME="%s"' % name,
             "-o", d / (name + ".so"), os.path.join(HERE, "plugin_bad.c")],
            check=True)
    for name in ("exits", "blocks", "forks"):
        os.link(d / "refuses.so", d / (name + ".so"))
    (d / "liblies.so").write_text("this is no library")
    return d


@pytest.fixture
def start(plugins, tmp_path):
    """start(protocol, plug-ins...) starts a backend; start.log() is what it has
    written to standard error."""
    started = []
    log = tmp_path / "log"

    def start(protocol, *names):
        started.append(driver.Backend("spectrum2_purple_backend", {
            "service": {"protocol": protocol},
            "purple": {"plugins": "\n".join(names), "plugins_dir": plugins}},
            stderr=open(log, "w")))
        return started[-1]

    start.log = lambda: log.read_text()
    yield start
    for b in started:
        b.close()


def libraries(b):
    """The plug-ins that are mapped into the process."""
    with open("/proc/%d/maps" % b.process.pid) as f:
        paths = {line.split()[-1] for line in f}
    return {os.path.basename(p) for p in paths
            if "purple-2" in p or "plugins" in p}


def test_old_files(start, tmp_path, monkeypatch):
    """Files on their way that were left a day ago go, no others do."""
    names = ("spectrum2-file-old", "spectrum2-file-new", "another-old")
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_text("x")
        if name.endswith("old"):
            os.utime(tmp_path / name, (1, 1))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    start("prpl-irc")
    assert [(tmp_path / name).exists() for name in names] == [0, 1, 1]


def test_only_what_is_wanted(start):
    b = start("prpl-irc")
    assert libraries(b) == {"libirc.so", "ssl.so", "ssl-nss.so"}
    assert "plug-in" not in start.log()


def test_a_plugin_that_is_named(start):
    b = start("prpl-jabber", "carbons", "blocks")
    assert {"carbons.so", "libxmpp.so"} <= libraries(b)
    b.call("ping")                  # the turn is over when this is answered
    assert re.search(r"nobody was served for \d+ ms", start.log())


@pytest.mark.parametrize("name, what", [
    ("lurhc", "lurhc is not installed; there are: autoaccept, blocks, "),
    ("perl", "perl runs scripts"), ("refuses", "refuses to be loaded")])
def test_a_name_that_is_of_no_use(start, name, what):
    with pytest.raises(driver.Failed, match=what):
        start("prpl-irc", name)


def test_all_protocols(start):
    b = start("any")
    have = libraries(b)
    assert {"libirc.so", "libxmpp.so", "libzephyr.so"} <= have
    assert not have & {"perl.so", "tcl.so", "dbus-example.so", "log_reader.so"}
    log = start.log()
    assert "libmissing.so: undefined symbol: spectrum2_nowhere_defined" in log
    assert "libincomplete.so: Plugin does not implement" in log


def test_exit(start):
    with pytest.raises(AssertionError, match="no answer"):
        start("prpl-irc", "exits")
    assert "a library has called exit()" in start.log()


def test_fork(start):
    """Neither the stream nor its end suffers."""
    b = start("prpl-irc", "forks")
    b.call("ping")
    b.process.stdin.close()
    assert b.process.wait(5) == 0
    child = int(start.log().split("child ")[1].split()[0])
    assert "a plug-in prints" in start.log()
    b.reader.join(5)
    assert not b.reader.is_alive()
    os.kill(child, signal.SIGKILL)
