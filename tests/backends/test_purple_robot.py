# SPDX-License-Identifier: GPL-2.0-or-later
"""What plug-ins may do with words, by one that does it all (prpl_talk.c)."""
import os
import time

import pytest

import driver
from driver import Failed

PLUGINS = os.path.join(os.path.dirname(driver.BIN), "plugins")
USER = "u@x"


class Robot:
    def __init__(self, backend):
        self.b = backend

    def tell(self, body, **more):
        return self.b.start("message", user=USER, to="robot", kind="chat",
                            body=body, **more)

    def said(self, **fields):
        return self.b.wait("message", user=USER, **{"from": "robot",
                                                   **fields})

    def hears(self, body, **more):
        """What the plug-in was given."""
        self.tell(body, **more)
        return self.said()["body"]

    def refused(self, word):
        with pytest.raises(Failed) as no:
            self.b.finish(self.tell(word))
        return no.value


@pytest.fixture
def robot(purple):
    def start(ends=0, service=None, **options):
        b = purple("prpl-talk", {"plugins_dir": PLUGINS, **options},
                   ends=ends, service=service)
        b.connect(USER, "ana")
        return Robot(b)

    return start


def test_sent(robot):
    """An answer for each, and an error to whom it concerns."""
    r = robot()
    assert r.refused("large").code == "too_long"
    assert r.refused("offline").code == "not_connected"
    assert r.refused("broken").code == "not_acceptable"
    assert r.refused("at once").text == "never arrived"
    assert r.refused("soon").text == "never arrived"
    assert "busy" in r.refused("dialog").text
    # Nothing was heard for a second; now it is a message.
    r.b.finish(r.tell("late"))
    assert r.said()["body"] == "never arrived"
    assert not [e for e in r.b.skipped if e[0] == "message"]
    # The user's own words come once, those from elsewhere as such.
    r.b.finish(r.tell("echo"))
    r.b.finish(r.tell("remote"))
    m = r.said()
    assert m["body"] == "from the phone" and m["carbon"]
    # In the middle of it the window is closed, the session over.
    r.b.finish(r.tell("close"))
    r.refused("leave")
    r.b.wait("disconnected", user=USER)
    assert r.refused("too late").code == "not_connected"


def test_html(robot):
    """As much of it as the network takes."""
    bold = "<strong>a</strong> &lt;b&gt;"
    r = robot()
    assert r.hears("a <b>", xhtml=bold) == "a &lt;b&gt;"
    assert r.hears("1\n\n2\n") == "1<br><br>2<br>"
    r = robot(html=1)
    assert r.hears("a <b>", xhtml=bold) == "<b>a</b> &lt;b&gt;"
    r = robot(one_line=1)
    lines = r.tell("1\n\n2 <br>\n")
    nothing = r.tell("\n")
    assert [r.said()["body"] for _ in "12"] == ["1", "2 &lt;br&gt;"]
    r.b.finish(lines)
    r.b.finish(nothing)
    # Of several lines one may be refused.
    no = r.refused("1\nlarge\n3")
    assert no.code == "too_long" and "first 1 lines" in no.text
    assert r.said()["body"] == "1"
    # Who writes has read; so has who says that he has.
    r = robot(receipts=1)
    r.tell("x")
    assert r.said()["body"] == "you have seen it"
    assert r.said()["body"] == "x"
    r.b.notify("marker", user=USER, peer="robot", id="1", state="received")
    r.b.notify("marker", user=USER, peer="robot", id="1", state="displayed")
    assert r.said()["body"] == "you have seen it"


def test_heard(robot, tmp_path):
    r = robot(service={"web_directory": str(tmp_path),
                       "web_url": "http://m.example"})
    r.tell("auto")
    m = r.said()
    assert m["body"] == "[auto-reply] I am away" and "xhtml" in m
    r.tell("notice")
    assert r.said(body="missed a call")["headline"]
    # A picture is a message of its own.
    r.tell("image")
    assert r.said()["body"] == "look  here"
    m = r.said()
    picture, = m["attachments"]
    assert m["body"] == picture["url"] and picture["type"] == "image/png"
    assert picture["name"] == 'a "cat".png' and "xhtml" not in m
    path = str(tmp_path) + picture["url"][len("http://m.example"):]
    assert path.endswith("/a_cat.png")
    with open(path, "rb") as f:
        assert f.read().startswith(b"\x89PNG")
    r.tell("no image")
    assert "not there" in r.said()["body"]
    # Not what no network should send.
    r.tell("odd")
    assert r.said()["body"] == "bad ?? ? utf8 "
    assert len(r.said()["body"]) == 512 * 1024 + 6
    # Typing ends when it is said to hold no longer, and ours is repeated.
    r.tell("typing")
    r.b.wait("chat_state", peer="robot", state="composing")
    r.b.wait("chat_state", peer="robot", state="active")
    r.b.notify("chat_state", user=USER, peer="robot", state="composing")
    assert r.said()["body"] == "you are typing"
    assert r.said()["body"] == "you are typing"
    # Windows that nobody sees are closed again.
    r.tell("crowd")
    r.b.call("ping")
    r.tell("windows")
    assert int(r.said()["body"].split()[0]) <= 201


def test_no_place_for_pictures(robot):
    for service in ({}, {"web_directory": "/nonexistent", "web_url": "x"}):
        r = robot(service=service)
        r.tell("image")
        assert r.said()["body"] == "look  here"
        m = r.said()
        assert 'a "cat".png' in m["body"] and "attachments" not in m
        assert ("not store" if service else "cannot receive") in m["body"]


def test_old_files_go(robot, tmp_path):
    """Ours, after web_lifetime days; nothing else that is there."""
    today = time.strftime("%Y%m%d", time.gmtime())
    token = "abcdefghijklmnopqrstuvwxyz"
    ours = ["20200101/%s/cat.png" % token, "20200102/%s/part" % token]
    others = ["20200101/mine/cat.png", "20200101/cat.png", "readme",
              "2020/%s/cat.png" % token, "%s/%s/cat.png" % (today, token)]
    for name in ours + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    # A way out of there is not followed.
    (tmp_path / "20200103").mkdir()
    (tmp_path / "20200103" / token).symlink_to(tmp_path / "2020" / token)
    robot(service={"web_directory": str(tmp_path), "web_url": "x"})
    assert not [n for n in ours if (tmp_path / n).exists()]
    assert not [n for n in others if not (tmp_path / n).exists()]
    assert not (tmp_path / "20200102").exists()


def test_endless_file(robot, tmp_path):
    """Nobody knows its size, and it does not end: that is no reason to fill
    the disk."""
    r = robot(service={"web_directory": str(tmp_path),
                       "web_url": "http://m.example",
                       "web_maxfilesize": 50000})
    r.tell("endless")
    assert "endless.txt" in r.said()["body"]
    r.b.call("ping")
    assert not [f for _, _, fs in os.walk(tmp_path) for f in fs]
