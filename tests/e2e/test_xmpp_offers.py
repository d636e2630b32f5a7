# SPDX-License-Identifier: GPL-2.0-or-later
"""XMPP accounts as a network: what the far server offers, commands (XEP-0050)
and its directory (XEP-0055), to users of the gateway."""
from harness.process import wait_for
from harness.xmpp import NS, condition_of, quote

COMMANDS = "http://jabber.org/protocol/commands"
X = {**NS, "cmd": COMMANDS, "search": "jabber:iq:search"}


def offered(user):
    """{label: node} of the gateway's."""
    items = user.get(user.pair.gateway, "<query xmlns='%s' node='%s'/>" % (
        NS["items"], COMMANDS))
    return {i.get("name"): i.get("node") for i in items}


def run(user, node, inner="", **more):
    return user.set(user.pair.gateway, "<command xmlns='%s' node=%s%s>%s"
                    "</command>" % (COMMANDS, quote(node), "".join(
                        " %s=%s" % (k, quote(v)) for k, v in more.items()),
                        inner))


def theirs(user):
    """What of it the far server has; label -> node."""
    mark = " (%s)" % user.pair.far.domain
    wait_for(lambda: [l for l in offered(user) if l.endswith(mark)], 20,
             "commands of the far server")
    return {label[:-len(mark)]: node
            for label, node in offered(user).items() if label.endswith(mark)}


def test_offers(pair):
    """What everybody may do there; and an admin, where the first who calls
    himself that is one."""
    anna = pair.user("anna")
    has = theirs(anna)
    assert not [label for label in has if "Delete User" in label]
    done = run(anna, has.get("Ping") or has["Get uptime"])
    assert done.get("status") == "completed"
    assert done.findtext("cmd:note", "", X)
    assert condition_of(anna.iq("set", pair.gateway, "<command xmlns='%s' "
                                "node='server:x#y'/>" % COMMANDS)) == (
        "cancel", "item-not-found")
    if not hasattr(pair.far, "admin"):
        return
    boss = pair.user(account=pair.far.admin())
    has = theirs(boss)
    node = has["Add User"]
    form = run(boss, node)
    assert form.get("status") == "executing"
    assert [f.get("var") for f in form.iterfind(".//x:field", X)] == [
        "accountjid", "password", "password-verify"]
    name = "%s@%s" % (pair.unique("new"), pair.far.domain)
    for other, status in (("typo", None), ("pw", "completed")):
        answer = boss.iq("set", pair.gateway, "<command xmlns='%s' node=%s "
                         "sessionid=%s action='complete'><x "
                         "xmlns='jabber:x:data' type='submit'><field "
                         "var='accountjid'><value>%s</value></field><field "
                         "var='password'><value>pw</value></field><field "
                         "var='password-verify'><value>%s</value></field></x>"
                         "</command>" % (COMMANDS, quote(node), quote(
                             form.get("sessionid")), name, other))
        # What was filled in wrong may be filled in once more.
        if status is None:
            assert answer.get("type") == "error"
        else:
            assert answer[0].get("status") == status
    pair.far_client(name)
    # The directory of the far server, which has him as he says he is.
    bob = pair.peer("bob")
    nick = pair.unique("bobby")
    bob.set(None, "<vCard xmlns='vcard-temp'><NICKNAME>%s</NICKNAME></vCard>"
            % nick)
    found = anna.set(pair.gateway, "<query xmlns='jabber:iq:search'><x "
                     "xmlns='jabber:x:data' type='submit'><field var='nick'>"
                     "<value>%s</value></field></x></query>" % nick)
    shown = {f.get("var") for f in found.iterfind(".//x:reported/x:field", X)}
    row, = [{f.get("var"): f.findtext("x:value", None, X)
             for f in item.iterfind("x:field", X)}
            for item in found.iterfind(".//x:item", X)]
    assert row == {"jid": pair.jid_of(bob), "nick": nick}
    assert set(row) <= shown
