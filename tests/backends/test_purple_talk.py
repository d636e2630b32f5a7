# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said between two, by prpl-jabber and a real Prosody."""
import time

import pytest

from driver import Failed
from harness.xmpp import NS, body_of

USER = "u@x"
STATE = "{%s}" % NS["states"]
XHTML = "{http://www.w3.org/1999/xhtml}"


class Scene:
    """A user of the backend, and a friend on the network."""

    def __init__(self, backend, friend, name):
        self.b, self.friend, self.name = backend, friend, name

    def say(self, body, **more):
        return self.b.start("message", user=USER, to=self.friend.bare,
                            kind="chat", body=body, **more)

    def heard(self, body):
        """The friend has got this; returns the stanza."""
        return self.friend.expect("message", lambda m: body_of(m) == body)

    def tell(self, xml, body="", attrs=""):
        self.friend.send("<message to='%s' type='chat' %s>%s%s</message>" % (
            self.name, attrs, "<body>%s</body>" % body if body else "", xml))

    def message(self, **fields):
        return self.b.wait("message", user=USER, **{"from": self.friend.bare,
                                                   **fields})


@pytest.fixture
def scene(jabber, account, friend):
    b, name = jabber(), account("ana")
    b.connect(USER, name)
    return Scene(b, friend("friend"), name)


def test_text(scene):
    asked = scene.say("hello <you> & \"all\"\nsecond line")
    scene.heard("hello <you> & \"all\"\nsecond line")
    scene.tell("", "and you &lt;b&gt;&amp;\nnext")
    m = scene.message()
    assert m["body"] == "and you <b>&\nnext" and m["kind"] == "chat"
    assert "time" not in m and "xhtml" not in m and "carbon" not in m
    scene.b.finish(asked)
