# SPDX-License-Identifier: GPL-2.0-or-later
"""Every dialog that a plug-in can open, by a plug-in that opens them all
(prpl_test.c), and what happens to others when a plug-in misbehaves."""
import os
import signal
import subprocess

import pytest

import driver
from driver import LATER, Failed, PATIENCE
from harness.process import SANITIZED

PLUGINS = os.path.join(os.path.dirname(driver.BIN), "plugins")


@pytest.fixture
def robot(purple):
    """robot() starts a backend whose user u@x talks to the robot."""
    def start(ends=0, **options):
        b = purple("prpl-test", {"plugins_dir": PLUGINS, **options},
                   ends=ends)
        b.connect("u@x", "ana")
        return b

    return start


def tell(b, word):
    return b.start("message", user="u@x", to="robot", kind="chat", body=word)


def said(b):
    m = b.wait("message", user="u@x", **{"from": "robot"})
    return m["body"]


def ask(b, word, values):
    """Tell the robot to ask; answer; returns the question."""
    b.replies["ask"] = {"values": values} if values is not None else \
        {"code": "timeout"}
    tell(b, word)
    return b.wait("ask", user="u@x")


def test_requests(robot):
    b = robot()
    q = ask(b, "input", {"answer": "456"})
    assert q["title"] == "Code"
    assert q["instructions"] == "Please type the code\nfrom the box"
    field, = q["fields"]
    assert (field["type"], field["value"]) == ("secret", "123")
    assert said(b) == "input: 456"
    ask(b, "input", None)
    assert said(b) == "closed"

    assert ask(b, "anonymous", {"answer": "x\ny"})["fields"][0]["type"] == \
        "multi"
    assert said(b) == "input: x\ny"

    q = ask(b, "choice", {"answer": "1"})
    field, = q["fields"]
    assert [o["label"] for o in field["options"]] == ["red", "green"]
    assert field["value"] == "2"
    assert said(b) == "number: 10"
    ask(b, "choice", None)
    assert said(b) == "closed"

    q = ask(b, "action", {"answer": "1"})
    assert [o["label"] for o in q["fields"][0]["options"]] == ["Yes", "No"]
    assert said(b) == "yes: 0"
    ask(b, "action", None)
    assert said(b) == "no: 1"
    # What is none of them is asked again, three times in all.
    ask(b, "action", {"answer": "7"})
    for _ in range(2):
        assert b.wait("ask")["instructions"].startswith("That is not")
    assert said(b) == "no: 1"


def test_form(robot):
    b = robot()
    q = ask(b, "fields", {"f1": "text", "f2": "geheim", "f4": "-5",
                          "f5": "0", "f6": "2", "f7": "south"})
    kinds = {f["var"]: f["type"] for f in q["fields"]}
    assert kinds == {"f1": "text", "f2": "secret", "f3": "fixed",
                     "f4": "text", "f5": "bool", "f6": "choice",
                     "f7": "choice"}
    assert said(b) == "fields: text geheim -5 0 2 south"
    # Nothing in a field that is required.
    ask(b, "fields", {"f1": ""})
    assert "required" in b.wait("ask")["instructions"]
    b.wait("ask")
    assert said(b) == "closed"
    # What the plug-in did not offer is not chosen.
    ask(b, "fields", {"f6": "99", "f7": "west"})
    assert said(b) == "fields: x (null) 7 1 1 none"


def test_files_are_refused(robot):
    b = robot()
    for word in ("file", "folder"):
        tell(b, word)
        m = b.wait("message", user="u@x", **{"from": ""})
        assert "cannot be given through this gateway" in m["body"]
        assert said(b) == "closed"


def test_closed_requests_call_nobody(robot):
    b = robot()
    b.replies["ask"] = LATER
    tell(b, "close")
    key = b.wait("ask")["key"]
    assert b.wait("ask_gone", user="u@x")["key"] == key
    b.answer(b.unanswered.pop(), {"values": {"answer": "late"}})
    ask(b, "input", {"answer": "in time"})
    assert said(b) == "input: in time"


def test_a_flood_of_questions_is_bounded(robot):
    b = robot()
    b.replies["ask"] = {"values": {"answer": "x"}}
    tell(b, "twenty")
    # Eight are asked; for the others the dialog was closed.
    answers = sorted(said(b) for _ in range(20))
    assert answers == ["closed"] * 12 + ["input: x"] * 8


def test_notices(robot):
    b = robot()
    texts = {
        "notice": "Title\nSomething\nhas happened",
        "formatted": "Title\nPage\nbold & more",
        "uri": "Please open this address:\nhttps://login.example/?a=1&b=2",
        "mail": "Mail from ana@example\nSubject\nhttps://mail.example/",
        "search": "People\nFound\nName: Juliet, Town: Verona\n",
    }
    for word, text in texts.items():
        tell(b, word)
        m = b.wait("message", user="u@x", **{"from": ""})
        assert m["body"] == text
    tell(b, "book")
    body = b.wait("message", user="u@x", **{"from": ""})["body"]
    assert body.startswith("Book\nxxx") and body.endswith("x\n[...]")


def test_question_at_login(purple):
    b = purple("prpl-test", {"plugins_dir": PLUGINS, "at_login": "input"})
    b.replies["ask"] = {"values": {"answer": "123456"}}
    b.login("u@x", "ana")
    assert b.wait("ask", user="u@x")["title"] == "Code"
    assert said(b) == "input: 123456"


def test_logout_with_an_open_question(robot):
    b = robot()
    b.replies["ask"] = driver.LATER
    tell(b, "input")
    b.wait("ask")
    b.call("logout", user="u@x")
    b.connect("u@x", "ana")
    b.notify("presence", user="u@x", show="away")
    b.call("ping")


# ------------------------------------------------------------------- commands

def command(b, name, **more):
    return b.call("command", user="u@x", name=name, **more)


def test_actions_are_commands(purple):
    b = purple("prpl-test", {"plugins_dir": PLUGINS})
    b.login("u@x", "ana")
    offered = b.wait("commands", user="u@x")["commands"]
    assert "input" in [c["name"] for c in offered]

    form = command(b, "input")
    assert form["title"] == "Code" and form["fields"][0]["type"] == "secret"
    # The robot answers by a message, which is not a result.
    end = b.start("command", user="u@x", name="input",
                  session=form["session"], arguments={"answer": "9"})
    assert said(b) == "input: 9"
    assert b.finish(end)["text"] == "Done."
    assert command(b, "notice")["text"] == "Title\nSomething\nhas happened"
    table = command(b, "search")
    assert [c["label"] for c in table["columns"]] == ["Name", "Town"]
    assert list(table["rows"][0]["values"].values()) == ["Juliet", "Verona"]
    with pytest.raises(Failed) as e:
        command(b, "none such")
    assert e.value.code == "not_found"
    with pytest.raises(Failed) as e:
        command(b, "input", session=form["session"])
    assert e.value.code == "not_found"


def test_abandoned_form(robot):
    b = robot()
    command(b, "input")
    assert command(b, "notice")["text"].startswith("Title")
    assert said(b) == "closed"
    form = command(b, "input")
    assert command(b, "input", session=form["session"], action="cancel",
                   arguments={"answer": "9"}) is None
    assert said(b) == "closed"
    with pytest.raises(Failed) as e:
        command(b, "input", session=form["session"], action="cancel")
    assert e.value.code == "not_found"
    # To close the one is the end of the session, before the other begins.
    command(b, "never")
    with pytest.raises(Failed) as e:
        command(b, "notice")
    assert e.value.code == "not_connected"
    b.wait("disconnected", user="u@x")
    b.connect("u@x", "ana")
    # The same within the command.
    with pytest.raises(Failed) as e:
        command(b, "fail")
    assert e.value.code == "not_connected"


def test_menu_of_a_contact(robot):
    b = robot()
    b.call("contact_add", user="u@x", contact="robot")
    form = command(b, "menu", target="robot")
    options = [o["value"] for o in form["fields"][0]["options"]]
    assert options == ["Notice", "Sub / Ask"]
    assert command(b, "menu", target="robot", session=form["session"],
                   arguments={"entry": "Notice"})["text"].startswith("Title")
    form = command(b, "menu", target="robot")
    form = command(b, "menu", target="robot", session=form["session"],
                   arguments={"entry": "Sub / Ask"})
    assert form["title"] == "Code"
    with pytest.raises(Failed) as e:
        command(b, "menu", target="nobody")
    assert e.value.code == "not_found"


# --------------------------------------------------------------- misbehaviour

def test_printing_does_no_harm(robot):
    b = robot()
    tell(b, "print")
    assert said(b) == "printed"
    b.call("ping")


def test_failing_connection(robot):
    b = robot()
    tell(b, "fail")
    end = b.wait("disconnected", user="u@x")
    assert end["text"] == "the wire is cut" and end["retry"]
    b.connect("u@x", "ana")


# AddressSanitizer makes an exit of a crash.
@pytest.mark.parametrize("word, code", (
    ("crash", 1 if SANITIZED else -signal.SIGSEGV), ("exit", 70)))
def test_dying_plugin(robot, word, code):
    b = robot(ends=code)
    tell(b, word)
    assert b.process.wait(PATIENCE) == code


def test_hanging_plugin(robot):
    """The loop is blocked: no signal but SIGKILL helps, which is the main
    process's business (tests/e2e/test_supervision.py)."""
    b = robot(ends=-signal.SIGKILL)
    tell(b, "hang")
    with pytest.raises(AssertionError):
        b.finish(b.start("ping"), 0.3)
    b.process.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        b.process.wait(0.3)
    b.process.kill()
