# SPDX-License-Identifier: GPL-2.0-or-later
"""What passes to people on another XMPP server by the XMPP backend, and by
prpl-jabber: the same questions to both.  docs/XMPP.md has the answers; -s shows
them."""
import os
import sys

import pytest

from conftest import made_instances
from harness import xmpp_pair, xmpp_room_probes  # noqa: F401
from harness.instance import PURPLE_BACKEND, ROOT
from harness.process import SANITIZED
from harness.xmpp_pair import pairs_of
from harness.xmpp_probes import Meeting, probes

PAGE = ROOT + "/docs/XMPP.md"


def documented():
    """{title: [by this backend, by prpl-jabber, by the C++ program]}"""
    with open(PAGE) as page:
        rows = [[cell.strip() for cell in line.strip().strip("|").split("|")]
                for line in page if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows if len(row) == 4}


def measured(pair, *patience):
    meeting, found = Meeting(pair, *patience), {}
    for title, function in probes:
        try:
            found[title] = function(meeting)
        except AssertionError as problem:
            found[title] = "no"
            print(title, str(problem)[:300], file=sys.stderr)
            if meeting.anna.ended:          # for those that follow
                meeting.anna.enter()
    pair.dismiss()
    return found


def told(name, found):
    print("\n%s:" % name)
    for title, where in found.items():
        print("%-55s %s" % (title, where))


@pytest.mark.parametrize("pair", pairs_of("server-prosody"), indirect=True)
def test_by_this_backend(pair):
    found = measured(pair)
    told("spectrum2_xmpp_backend", found)
    said = documented()
    assert found == {title: said.get(title, ["missing"])[0]
                     for title in found}


def purple_settings(far):
    """Of prpl-jabber in front of that server."""
    return {"service__backend": PURPLE_BACKEND,
            "service__protocol": "prpl-jabber", "service__verify_certs": 0,
            "service__enable_remove_buddy": 1,
            "purple__connect_server": "127.0.0.1", "purple__port": far.port,
            "purple__connection_security": "require_tls"}


@pytest.fixture
def jabber(tmp_path, far_prosody, authority):
    """The same, with prpl-jabber."""
    factory = made_instances(tmp_path)
    make = next(factory)

    def with_purple(kind, **_settings):
        return make(kind, **purple_settings(far_prosody))
    yield xmpp_pair.Pair("server-prosody", with_purple, None, far_prosody,
                         None, authority)
    next(factory, None)


@pytest.mark.xdist_group("far_prosody")
@pytest.mark.skipif(not os.path.exists(PURPLE_BACKEND),
                    reason="no libpurple backend")
@pytest.mark.skipif(SANITIZED, reason="it waits a minute, and measures others")
def test_by_prpl_jabber(jabber):
    """What the page says of it was measured once: a library of others may
    change, which is told."""
    found = measured(jabber, 1)
    told("prpl-jabber", found)
    said = documented()
    for title, where in found.items():
        if where != said.get(title, ["", "missing"])[1]:
            print("docs/XMPP.md says otherwise: %s: %s" % (title, where))
    assert found["text"] == "both"
