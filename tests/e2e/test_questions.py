# SPDX-License-Identifier: GPL-2.0-or-later
"""What a library would put in a dialog: questions by chat with the gateway and
as the form of a command, before and after the login."""
import pytest

from harness.network import Refusal
from harness.xmpp import NS, body_of, condition_of, quote
from test_manager import start_trace

COMMANDS = "http://jabber.org/protocol/commands"
OOB = "{jabber:x:oob}x/{jabber:x:oob}url"

FORM = [
    {"var": "hint", "type": "fixed", "value": "Both are on the card."},
    {"var": "user", "label": "Name", "required": True},
    {"var": "pin", "label": "PIN", "type": "secret", "required": True},
    {"var": "how", "label": "How", "type": "choice", "options": [
        {"value": "sms", "label": "By text message"},
        {"value": "app", "label": "In the app"}]},
    {"var": "keep", "label": "Remember me", "type": "bool", "value": "0"},
    {"var": "token", "type": "hidden", "value": "t0ken"},
]


def said(person, words, client=None):
    """The gateway has said something with these words."""
    client = client or person.client
    return body_of(client.expect(
        "message", lambda m: words in (body_of(m) or ""),
        from_=person.gateway))


def reply(person, text, client=None):
    (client or person.client).message(person.gateway, text)


def command(client, jid, action="execute", session="", form=None):
    """One step; the command element, or the error stanza."""
    fields = "".join("<field var=%s><value>%s</value></field>"
                     % (quote(var), value)
                     for var, value in (form or {}).items())
    answer = client.iq(
        "set", jid, "<command xmlns='%s' node='answer' action='%s'%s>%s"
        "</command>" % (COMMANDS, action, " sessionid=" + quote(session)
                        if session else "",
                        form is not None and "<x xmlns='jabber:x:data' "
                        "type='submit'>%s</x>" % fields or ""))
    return answer[0] if answer.get("type") == "result" else answer


def fields_of(step):
    return {f.get("var"): f for f in step.findall("x:x/x:field", NS)}


def offers(client, jid):
    items = client.get(jid, "<query xmlns='%s' node='%s'/>"
                       % (NS["items"], COMMANDS))
    return {item.get("node") for item in items}


def refused_with(code):
    return pytest.raises(Refusal, match=code)


def test_field_after_field(scene):
    anna = scene.person()
    ask = anna.network.ask(anna.bare, "Sign in", fields=FORM,
                           instructions="Your bank asks.",
                           url="https://bank.example/",
                           image="https://bank.example/qr.png")
    first = said(anna, "Sign in")
    assert first == "Sign in\nYour bank asks.\nhttps://bank.example/"
    picture = anna.client.expect("message", from_=anna.gateway)
    assert body_of(picture) == picture.findtext(OOB) == \
        "https://bank.example/qr.png"
    assert said(anna, "Name") == "Both are on the card.\nName"
    reply(anna, "anna b")
    assert "history" in said(anna, "PIN")
    reply(anna, "12 34")
    assert "1. By text message\n2. In the app" in said(anna, "How")
    reply(anna, "3")
    said(anna, "That is no answer")
    reply(anna, "2")
    said(anna, "Remember me\nAnswer yes or no.")
    reply(anna, "/skip")
    assert ask.answer() == {"user": "anna b", "pin": "12 34", "how": "app",
                            "keep": "0", "token": "t0ken"}


def test_confirmations(scene):
    """Nothing to fill in: yes or no; and a word that gives up."""
    anna = scene.person()
    for answer, code in (("maybe", None), ("Yes", ""), ("no", "forbidden"),
                         ("/cancel", "forbidden")):
        if code is None:
            ask = anna.network.ask(anna.bare, "Trust it?")
            said(anna, "Trust it?\nAnswer yes or no.")
            reply(anna, answer)
            said(anna, "That is no answer")
            reply(anna, "yes")
        else:
            ask = anna.network.ask(anna.bare, "Trust it?")
            said(anna, "Trust it?")
            reply(anna, answer)
        if code:
            with refused_with(code):
                ask.answer()
        else:
            assert ask.answer() == {}
    # There is no question any more: these are words to the gateway.
    ident = anna.client.message(anna.gateway, "yes")
    anna.client.expect("message", type="error", id=ident)


def test_form(scene):
    anna = scene.person()
    client, gateway = anna.client, anna.gateway
    assert "answer" not in offers(client, gateway)
    ask = anna.network.ask(anna.bare, "Sign in", fields=FORM)
    said(anna, "Sign in")
    assert "answer" in offers(client, gateway)
    step = command(client, gateway)
    fields = fields_of(step)
    assert step.get("status") == "executing"
    assert step.findtext("x:x/x:title", None, NS) == "Sign in"
    assert [fields[v].get("type") for v in ("hint", "user", "pin", "how",
                                            "keep", "token")] == [
        "fixed", "text-single", "text-private", "list-single", "boolean",
        "hidden"]
    assert [o.findtext("x:value", None, NS) for o in
            fields["how"].findall("x:option", NS)] == ["sms", "app"]
    session = step.get("sessionid")
    for bad in ({"user": "anna"}, {"user": "anna", "pin": "1", "how": "fax"}):
        step = command(client, gateway, "complete", session, bad)
        assert step.get("status") == "executing"
        assert step.find("{%s}note" % COMMANDS).get("type") == "error"
    step = command(client, gateway, "complete", session, {
        "user": "anna", "pin": "1", "how": "sms", "keep": "true"})
    assert step.get("status") == "completed"
    assert ask.answer() == {"user": "anna", "pin": "1", "how": "sms",
                            "keep": "1", "token": "t0ken"}
    again = command(client, gateway, "complete", session, {"user": "x"})
    assert condition_of(again) == ("cancel", "item-not-found")
    assert ask.answers == 1


def test_queue(scene):
    """Several at a time wait their turn, within bounds; one is withdrawn."""
    anna = scene.person()
    asks = [anna.network.ask(anna.bare, "Number %d" % n, key="k%d" % n)
            for n in range(8)]
    with refused_with("rate_limited"):
        anna.network.ask(anna.bare, "One too many").answer()
    said(anna, "Number 0")
    assert not anna.client.matching(
        "message", lambda m: "Number 1" in (body_of(m) or ""))
    anna.notify("ask_gone", key="k1")
    with refused_with("not_found"):
        asks[1].answer()
    reply(anna, "yes")
    said(anna, "Number 2")
    # The form of one that is not the first any more.
    step = command(anna.client, anna.gateway)
    assert step.findtext("x:x/x:title", None, NS) == "Number 2"
    reply(anna, "yes")
    said(anna, "Number 3")
    done = command(anna.client, anna.gateway, "complete",
                   step.get("sessionid"), {"confirm": "1"})
    assert "not open any more" in done.findtext("{%s}note" % COMMANDS)
    anna.notify("ask_gone", key="k3")
    said(anna, "No answer is needed")
    said(anna, "Number 4")
    # With the session all of them are gone.
    anna.notify("disconnected", reason="other", text="over", retry=False)
    for ask in asks[4:]:
        with refused_with("not_connected"):
            ask.answer()
    assert [ask.answers for ask in asks] == [1] * 8


def code_at_login(scene):
    """Whoever logs in is asked: {user: the question}; somebody of before may
    come back, too."""
    asks = {}
    scene.network.answer("login", lambda p: asks.update({
        p["user"]: scene.network.ask(p["user"], "Code?", fields=[
            {"var": "code", "label": "Code"}])}))
    return asks


def test_during_the_login(scene):
    """A code that is needed before the network lets the user in: in server
    mode the client is let in for that."""
    asks = code_at_login(scene)
    anna = scene.person(wait=False)
    said(anna, "Code?")
    anna.client.expect("presence", from_=anna.gateway, type="unavailable")
    assert not anna.client.matching("presence", from_=anna.gateway, type="")
    reply(anna, "4711")
    assert asks[anna.bare].answer() == {"code": "4711"}
    anna.contact("bob", subscription="both")
    anna.notify("connected")
    anna.client.expect("presence", from_=anna.gateway, type="")
    anna.client.message(anna.jid("bob"), "hello")
    anna.expect("message", body="hello")


def test_refused_after_the_question(scene):
    asks = code_at_login(scene)
    anna = scene.person(wait=False)
    said(anna, "Code?")
    reply(anna, "wrong")
    asks[anna.bare].answer()
    anna.notify("disconnected", reason="auth", text="That was wrong.",
                retry=False)
    if scene.server_mode:
        anna.client.wait_end()
        assert anna.client.failure == "not-authorized"
    else:
        anna.client.expect("presence", from_=anna.gateway, type="unavailable",
                           check=lambda p: p.findtext("c:status", None, NS)
                           == "That was wrong.")


def test_guests_see_nothing(server_scene):
    """Whoever only knows a name must not come to see anything of the user's
    because the network has a question for him."""
    scene = server_scene
    anna = scene.person()
    client = anna.client
    jid = anna.contact("secretfriend", name="S", subscription="both")
    anna.settle()
    client.close()
    anna.expect("logout")
    scene.network.answer("login", lambda p: scene.network.ask(
        p["user"], "Captcha?", fields=[{"var": "text"}]) and None, anna.bare)
    guest = anna.another("guest", presence=False)
    roster = guest.get(None, "<query xmlns='jabber:iq:roster'/>")
    assert len(roster) == 0
    guest.send("<presence/>")
    said(anna, "Captcha?", guest)
    for payload in ("<query xmlns='jabber:iq:private'><storage "
                    "xmlns='storage:bookmarks'/></query>",
                    "<vCard xmlns='vcard-temp'/>",
                    "<blocklist xmlns='urn:xmpp:blocking'/>"):
        answer = guest.iq("get", None, payload)
        assert condition_of(answer) == ("auth", "not-authorized"), payload
    answer = guest.iq("set", anna.gateway, "<command xmlns='%s' "
                      "node='settings'/>" % COMMANDS)
    assert condition_of(answer) == ("auth", "not-authorized")
    ident = guest.message(jid, "are you there?")
    error = guest.expect("message", type="error", id=ident)
    assert condition_of(error) == ("auth", "not-authorized")
    # What is for anna waits for anna.
    anna.notify("message", from_="secretfriend", kind="chat", body="psst")
    ask = anna.network.ask(anna.bare, "Another?")
    reply(anna, "abc", guest)
    said(anna, "Another?", guest)
    assert not guest.matching("message", lambda m: body_of(m) == "psst")
    reply(anna, "yes", guest)
    ask.answer()
    # It is anna.
    scene.network.notify("connected", anna.bare)
    guest.expect("presence", from_=anna.gateway, type="")
    guest.expect_body("psst")
    push = guest.expect("iq", lambda q: q.find("roster:query", NS) is not
                        None, type="set")
    assert push.find("roster:query/roster:item", NS).get("jid") == jid


def test_secrets_are_not_traced(server_scene):
    """An admin who looks on with all texts does not see the answer."""
    anna = server_scene.person()
    trace = start_trace(server_scene.instance, anna.bare, "bodies")
    ask = anna.network.ask(anna.bare, "Password?", fields=[
        {"var": "pw", "type": "secret"}])
    said(anna, "Password?")
    reply(anna, "sesame99")
    assert ask.answer() == {"pw": "sesame99"}
    anna.client.message(anna.jid("bob"), "the end")
    trace.wait_log("the end")
    assert "sesame99" not in trace.read_log()
    trace.stop()
    assert "sesame99" not in server_scene.instance.read_log()
