# SPDX-License-Identifier: GPL-2.0-or-later
"""A user whose login kills backends: the others are disturbed twice, and no
more."""
import re

import pytest

from harness.instance import BAD_BACKEND
from harness.process import wait_for
from harness.xmpp import body_of


@pytest.fixture
def crowd(instances, clients, unique):
    """Six users on two backends that die of a certain password."""
    instance = instances("server_mode", service__backend=BAD_BACKEND,
                         service__users_per_backend=4,
                         service__backends_min=2, service__backend_spare=0,
                         service__admin_jid="root@localhost",
                         service__admin_password="pw")
    names = [unique("u") for _ in range(6)]
    return instance, {name: clients(instance, name) for name in names}


def losses(instance, name):
    """How often this user's session was lost."""
    return instance.answer("events").count(
        "%s@localhost: online -> recovering" % name)


def crashes(instance):
    return int(instance.answer("crashed_backends_count"))


@pytest.mark.slow
def test_poison_disturbs_twice(crowd, clients, raw, unique):
    instance, others = crowd
    poison = unique("poison")
    admin = clients(instance, "root")

    def attempt():
        """Try to log in until that is refused."""
        stream = raw(instance)
        stream.open()
        stream.plain(poison, "poison")
        stream.expect("<failure", 30)
        stream.close()
    attempt()
    wait_for(lambda: crashes(instance) == 2, 10, "two deaths to be counted")
    assert poison in instance.answer("quarantine")
    told = admin.expect("message", lambda m: poison in (body_of(m) or ""))
    assert re.match("%s@localhost: in quarantine: .*next login in \\d+ s" %
                    poison, body_of(told)), body_of(told)

    def died_alone():
        attempt()
        return crashes(instance) == 4
    wait_for(died_alone, 60, "two more deaths")
    for name, client in others.items():
        assert losses(instance, name) <= 2, instance.answer("events")
        client.message("echo@localhost", "still there")
        client.expect_body("still there")
        # Nobody has seen anything of it.
        assert not client.matching("presence", type="unavailable")
    report = instance.answer("crash_report")
    assert report.count("signal 6") == 4, report
    # The last two were its own, with nobody else on them.
    for line in report.splitlines()[2:]:
        assert "1 user," in line, report
