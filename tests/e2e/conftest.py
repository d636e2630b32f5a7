# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures: real servers once per session, instances and clients per test."""
import itertools
import logging
import os
import signal
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from harness import process, servers, x as fake_x, xmpp_pair     # noqa: E402
from harness.instance import SPECTRUM, Instance             # noqa: E402
from harness.irc import IrcClient                           # noqa: E402
from harness.ircv3 import Ircv3Server                       # noqa: E402
from harness.process import Process                         # noqa: E402
from harness.raw import RawStream, register_account         # noqa: E402
from harness.scene import FEATURES, KINDS, Scene                      # noqa: E402
from harness.tls import Authority                           # noqa: E402
from harness.xmpp import Client                             # noqa: E402
from harness.xmpp_room import Tea                           # noqa: E402

logging.getLogger("slixmpp").setLevel(logging.CRITICAL)
logging.getLogger("asyncio").setLevel(logging.CRITICAL)

# "timeout make check" ends in good order, too.
signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", 143))

GATEWAYS = ["gw%d" % number for number in range(40)]
PAIR = "pair"            # in front of another XMPP server
RAW = "raw"              # in front of a network that speaks XMPP, too
PLAIN = ["plain%d" % number for number in range(2)]     # no privileges
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items):
    if os.path.exists(SPECTRUM):
        return
    missing = pytest.mark.skip(reason="no " + SPECTRUM)
    for item in items:
        if not item.get_closest_marker("harness"):
            item.add_marker(missing)


def tail(path, lines=60):
    try:
        with open(path, errors="replace") as log:
            return "".join(log.readlines()[-lines:])
    except OSError:
        return "(none)"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if call.when != "setup" and report.failed:
        seen = {}
        for name, path in Process.logs + [(p.name, p.log)
                                          for p in Process.everyone]:
            seen[path] = name
        for path, name in seen.items():
            report.sections.append(("log of " + name, tail(path)))


@pytest.fixture(autouse=True)
def fresh_logs():
    Process.logs.clear()


@pytest.fixture(scope="session", autouse=True)
def nothing_left():
    """After the last test no process of ours is there any more."""
    yield
    for running in list(Process.everyone):
        running.stop()
    process.reap()
    left = process.descendants(os.getpid())
    assert not left, [process.command_of(pid) for pid in left]


def started(server):
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def ngircd(tmp_path_factory):
    yield from started(servers.Ngircd(tmp_path_factory.mktemp("ngircd")))


@pytest.fixture
def own_ngircd(tmp_path):
    """One that the test may restart."""
    directory = tmp_path / "ngircd"
    directory.mkdir()
    yield from started(servers.Ngircd(directory))


@pytest.fixture(scope="session")
def inspircd(tmp_path_factory):
    yield from started(servers.Inspircd(tmp_path_factory.mktemp("inspircd"),
                                        services=True))


def new_prosody(directory):
    names = [name + ".xmpp.test" for name in GATEWAYS + [RAW, PAIR]]
    plain = [name + ".xmpp.test" for name in PLAIN]
    return servers.Prosody(directory, components=names + plain,
                           privileged=names)


@pytest.fixture(scope="session")
def prosody(tmp_path_factory):
    yield from started(new_prosody(tmp_path_factory.mktemp("prosody")))


@pytest.fixture
def own_prosody(tmp_path):
    directory = tmp_path / "prosody"
    directory.mkdir()
    yield from started(new_prosody(directory))


@pytest.fixture(scope="session")
def ejabberd(tmp_path_factory):
    names = [name + ".xmpp2.test" for name in GATEWAYS + [PAIR]]
    yield from started(servers.Ejabberd(tmp_path_factory.mktemp("ejabberd"),
                                        components=names))


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """Who signs the certificates of the far servers."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def far_prosody(tmp_path_factory, authority):
    """A server behind the gateway: see harness/xmpp_pair.py."""
    yield from started(servers.FarProsody(
        tmp_path_factory.mktemp("far_prosody"), authority))


@pytest.fixture(scope="session")
def far_ejabberd(tmp_path_factory, authority):
    if not servers.Ejabberd.libraries():
        pytest.skip("ejabberd is missing")
    yield from started(servers.FarEjabberd(
        tmp_path_factory.mktemp("far_ejabberd"), authority))


@pytest.fixture
def ircv3():
    """ircv3(caps=..., ...): a scripted server, see harness/ircv3.py."""
    made = []

    def make(**how):
        made.append(Ircv3Server(**how).start())
        return made[-1]
    yield make
    for server in made:
        server.close()


# What carl knows of IRCv3 in the fixture "modern".
CARL_CAPS = ("message-tags batch echo-message labeled-response server-time "
             "setname draft/multiline draft/message-redaction").split()


@pytest.fixture
def modern(ircv3, instances, clients, irc):
    """anna, an XMPP user, on a scripted server with all of IRCv3; carl is
    operator of #c there."""
    network = ircv3(accounts={"anna": "pw"})

    class Scene:
        server, channel, jid = network, "#c", "#c@localhost"
        instance = instances("server_mode", service__irc_server="127.0.0.1:%d"
                             % network.port)
        carl = irc("carl", server=network, caps=CARL_CAPS)
        anna = clients(instance, "anna", resource="one")

        def occupant(self, nick, kind="", check=None):
            """A presence of somebody in the room."""
            return self.anna.expect("presence", check, type=kind,
                                    from_=self.jid + "/" + nick)
    Scene.carl.join("#c")
    yield Scene()
    assert not network.offences, network.offences


@pytest.fixture
def room(modern):
    """The same, and anna is in #c, too."""
    modern.anna.join(modern.jid, "anna")
    modern.carl.expect("^.*:anna!.* JOIN")
    modern.anna.clear()
    return modern


@pytest.fixture(scope="module")
def x():
    """A fake X, for all tests of a module."""
    server = fake_x.X()
    yield server
    server.close()


@pytest.fixture
def unique():
    """unique("anna"): a name that no other test uses."""
    return lambda word: "%s%d" % (word, next(_numbers))


def made_instances(tmp_path):
    """The factory, and what is true of each instance at the end."""
    made = []

    def make(kind, *arguments, start=True, **settings):
        directory = tmp_path / ("i%d" % len(made))
        directory.mkdir()
        instance = getattr(Instance, kind)(directory, *arguments, **settings)
        made.append(instance)
        return instance.start() if start else instance
    yield make
    problems = []
    for instance in made:
        main = instance.process
        try:
            if main and main.running():
                instance.stop()
        except AssertionError as problem:
            problems.append(str(problem))
        finally:
            if main:
                instance.discard()
        if main and main.left():
            problems.append("left behind: %s" % main.left())
        problems += instance.complaints()
    assert not problems, "\n".join(problems)


@pytest.fixture
def instances(tmp_path):
    """Instance factory; when the test is over each must stop cleanly,
    leave no process behind, and have given the sanitizers no cause."""
    yield from made_instances(tmp_path)


@pytest.fixture(scope="module")
def shared_instances(tmp_path_factory):
    """The same, for all tests of a module."""
    yield from made_instances(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def irc_server_mode(instances, ngircd):
    """A server-mode instance in front of one IRC network."""
    return instances("server_mode",
                     service__irc_server="127.0.0.1:%d" % ngircd.port)


@pytest.fixture
def clients():
    """clients(instance or server, "anna", ...): a slixmpp client, logged in
    unless login=False."""
    made = []

    def make(where, name, password="pw", login=True, presence=True, **how):
        domain = getattr(where, "domain", None) or where.jid
        client = Client("%s@%s" % (name, domain), password, where.port, **how)
        made.append(client)
        return client.login(presence) if login else client
    yield make
    for client in made:
        client.close()


@pytest.fixture
def accounts(clients, unique):
    """accounts(server, "anna"): a fresh account there, logged in."""
    def make(server, name, **how):
        user = unique(name)
        register_account(server.port, server.domain, user, "pw")
        return clients(server, user, **how)
    return make


@pytest.fixture
def raw():
    made = []

    def make(where, **how):
        stream = RawStream(where.port, getattr(where, "domain", None) or
                           where.jid, **how)
        made.append(stream)
        return stream
    yield make
    for stream in made:
        stream.close()


@pytest.fixture
def irc(ngircd):
    """irc("nick"): an IRC client on the session's ngircd, or on server=."""
    made = []

    def make(nick, server=ngircd, **how):
        client = IrcClient(server.port, nick, **how)
        made.append(client)
        return client
    yield make
    for client in made:
        client.close()


_gateways = itertools.cycle(GATEWAYS)


@pytest.fixture
def gateway_name():
    return next(_gateways)


@pytest.fixture(scope="session")
def scenes(tmp_path_factory, request):
    """scenes(kind): see harness/scene.py; started when first asked for."""
    made = {}
    directory = tmp_path_factory.mktemp("scenes")
    factory = made_instances(directory)
    make = next(factory)

    def scene(kind, name=None, **how):
        key = kind, name
        if key not in made:
            server = kind != "server" and request.getfixturevalue("prosody")
            name = name or (PLAIN[0] if kind == "plain" else GATEWAYS[-1])
            made[key] = Scene(kind, make, server, name, **how)
        return made[key]
    yield scene
    next(factory, None)


@pytest.fixture(params=KINDS)
def scene(request, scenes):
    """An instance in front of a network that the test plays, in each way."""
    yield from people_gone(scenes(request.param))


@pytest.fixture
def server_scene(scenes):
    yield from people_gone(scenes("server"))


@pytest.fixture
def gateway_scene(scenes):
    yield from people_gone(scenes("privileged"))


@pytest.fixture(params=["server", "privileged"])
def raw_scene(request, scenes):
    """The same where what the gateway does not know passes as it is."""
    yield from people_gone(scenes(request.param, RAW,
                                  features=FEATURES + ["raw"]))


def people_gone(scene):
    yield scene
    scene.dismiss()


@pytest.fixture(scope="session")
def pairs(tmp_path_factory, request):
    """pairs(kind): see harness/xmpp_pair.py; started when first asked for."""
    made = {}
    factory = made_instances(tmp_path_factory.mktemp("pairs"))
    make = next(factory)

    def pair(kind):
        if xmpp_pair.MISSING:
            pytest.skip(xmpp_pair.MISSING)
        if kind not in made:
            near, far = map(lambda name: name and
                            request.getfixturevalue(name),
                            xmpp_pair.PAIRS[kind])
            made[kind] = xmpp_pair.Pair(
                kind, make, near, far, PAIR,
                request.getfixturevalue("authority"))
        return made[kind]
    yield pair
    next(factory, None)


@pytest.fixture(params=xmpp_pair.pairs_of(*xmpp_pair.PAIRS))
def pair(request, pairs):
    """A user's side and a far XMPP server, in each way."""
    yield from people_gone(pairs(request.param))


@pytest.fixture
def tea(pair):
    """A room that somebody of ours has made, and a peer in it."""
    return Tea(pair)
