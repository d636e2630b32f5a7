# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands of one user, which come and go, and commands on contacts."""
import pytest

from harness.process import wait_for
from harness.xmpp import NS, quote

COMMANDS = "http://jabber.org/protocol/commands"


def nodes(client, jid):
    """{node: name} of what a JID offers."""
    items = client.get(jid, "<query xmlns='%s' node='%s'/>"
                       % (NS["items"], COMMANDS))
    return {item.get("node"): item.get("name") for item in items}


def run(client, jid, node):
    answer = client.set(jid, "<command xmlns='%s' node=%s action='execute'/>"
                        % (COMMANDS, quote(node)))
    return answer.findtext("{%s}note" % COMMANDS)


@pytest.mark.parametrize("scene", ["server", "privileged"], indirect=True)
def test_of_one_user(scene):
    anna, bert = scene.person("anna"), scene.person("bert")
    anna.notify("commands", commands=[
        {"name": "mail", "label": "Open the mailbox"},
        {"name": "buzz", "label": "Buzz", "on": ["contact"]},
        {"name": "common", "label": "For anna"}])
    client, gateway = anna.client, scene.domain
    wait_for(lambda: "mail" in nodes(client, gateway))
    assert nodes(client, gateway)["common"] == "For anna"
    assert nodes(bert.client, gateway) == {
        "common": "For everybody",
        "settings": nodes(bert.client, gateway)["settings"]}
    scene.network.answer("command", lambda p: {"text": "%s of %s" % (
        p["name"], p.get("target"))})
    assert run(client, gateway, "mail") == "mail of None"
    # The JID is in lower case, the network's name is not.
    jid = anna.contact("Carl").lower()
    anna.settle()
    assert nodes(client, jid) == {"buzz": "Buzz"}
    assert COMMANDS in client.features(jid)
    assert run(client, jid + "/bot", "buzz") == "buzz of Carl"
    anna.notify("commands")
    wait_for(lambda: "mail" not in nodes(client, gateway))
    assert nodes(client, jid) == {}


def test_gone_with_the_session(server_scene):
    anna = server_scene.person("anna")
    anna.notify("commands", commands=[{"name": "old", "label": "Old"}])
    wait_for(lambda: "old" in nodes(anna.client, server_scene.domain))
    anna.network.crash(anna.bare)
    anna.expect("login")
    anna.expect("login")
    wait_for(lambda: "old" not in nodes(anna.client, server_scene.domain))
