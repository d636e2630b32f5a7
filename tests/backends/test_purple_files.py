# SPDX-License-Identifier: GPL-2.0-or-later
"""Files and pictures: by prpl-jabber's SI and IBB (XEP-0096, XEP-0047), and by
the address at which XMPP users put theirs."""
import base64
import http.server
import os
import queue
import threading

import pytest
from slixmpp.xmlstream.handler import CoroutineCallback
from slixmpp.xmlstream.matcher import StanzaPath

from driver import Failed, PATIENCE
from test_purple_talk import USER, befriend, Scene

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg==")
SI = "http://jabber.org/protocol/si"
FT = SI + "/profile/file-transfer"
IBB = "http://jabber.org/protocol/ibb"


class Web:
    """A web server on loopback with some files and some traps."""

    def __init__(self):
        self.files, self.asked = {}, []
        self.hold = None
        self.changed = threading.Condition()
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with web.changed:
                    web.asked.append(self.path)
                    web.changed.notify_all()
                if web.hold is not None:
                    web.hold.wait(30)
                name = self.path[1:]
                if name.startswith("loop"):
                    self.send_response(302)
                    self.send_header("Location", "/loop%d" % (
                        int(name[4:] or 0) + 1))
                    self.end_headers()
                    return
                data = web.files.get(name)
                self.send_response(200 if data is not None else 404)
                # Of "endless" nobody knows how long it is.
                if name != "endless":
                    self.send_header("Content-Length", len(data or b""))
                self.end_headers()
                try:
                    self.wfile.write(data or b"")
                except OSError:
                    pass

            def log_message(self, *_args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()
        self.base = "http://127.0.0.1:%d/" % self.server.server_address[1]

    def wait_for(self, path):
        with self.changed:
            assert self.changed.wait_for(lambda: path in self.asked, PATIENCE)

    def put(self, name, data):
        self.files[name] = data
        return self.base + name


@pytest.fixture
def web():
    w = Web()
    yield w
    w.server.shutdown()
    w.server.server_close()


@pytest.fixture
def scene(jabber, friend, tmp_path):
    """Like the one of test_purple_talk, with a place for files."""
    def begin(receives=True, plugins=(), **service):
        one, other = friend("ana"), friend("friend", plugins=plugins)
        befriend(one, other)
        one.close()
        place = {"web_directory": str(tmp_path), "fetch_private": 1,
                 "web_url": "https://media.example/m/"} if receives else {}
        b = jabber(service={**place, **service})
        b.connect(USER, one.bare)
        b.wait("contact_presence", contact=other.bare, show="online")
        s = Scene(b, other, one.bare)
        s.full = other.expect(
            "presence", type=None,
            from_=lambda f: f.startswith(one.bare)).get("from")
        s.directory = str(tmp_path)
        return s

    return begin


def offer(s, name, data, size=None):
    """The friend offers a file and, if it is wanted, sends it.  Returns the
    answer to the offer."""
    answer = s.friend.iq("set", s.full, """
        <si xmlns='%s' id='sid-%s' mime-type='x/y' profile='%s'>
        <file xmlns='%s' name='%s' size='%d'/>
        <feature xmlns='http://jabber.org/protocol/feature-neg'>
        <x xmlns='jabber:x:data' type='form'>
        <field var='stream-method' type='list-single'>
        <option><value>%s</value></option></field></x></feature></si>""" % (
        SI, name, FT, FT, name, size or len(data), IBB))
    if answer.get("type") != "result":
        return "refused"
    s.friend.iq("set", s.full, "<open xmlns='%s' block-size='4096' "
                "sid='sid-%s' stanza='iq'/>" % (IBB, name))
    for seq, at in enumerate(range(0, len(data), 4096)):
        s.friend.iq("set", s.full, "<data xmlns='%s' seq='%d' sid='sid-%s'>%s"
                    "</data>" % (IBB, seq, name, base64.b64encode(
                        data[at:at + 4096]).decode()))
    # Which libpurple leaves unanswered when it has all.
    s.friend.send("<iq type='set' id='close' to='%s'><close xmlns='%s' "
                  "sid='sid-%s'/></iq>" % (s.full, IBB, name))
    return "taken"


def stored(s, url):
    prefix = "https://media.example/m/"
    assert url.startswith(prefix)
    path = os.path.join(s.directory, url[len(prefix):])
    assert os.stat(path).st_mode & 0o777 == 0o644
    # Nobody can list what is there.
    assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o711
    with open(path, "rb") as f:
        return f.read()


def arrive(s, urls):
    """The friend gets these as addresses."""
    serials = [attach(s, url) for url in urls]
    for url in urls:
        s.friend.expect_body(url)
    for serial in serials:
        s.b.finish(serial)


def test_received(scene):
    s = scene(web_maxfilesize=50000)
    data = os.urandom(20000)
    assert offer(s, "my notes.pdf", data) == "taken"
    m = s.got()
    file, = m["attachments"]
    assert m["body"] == file["url"] and file["url"].endswith("/my_notes.pdf")
    assert file["name"] == "my notes.pdf" and file["size"] == len(data)
    assert file["type"] == "application/pdf"
    assert stored(s, file["url"]) == data
    # What libpurple writes about it is none of the user's business.
    assert not [e for e in s.b.skipped + s.b.events if e[0] == "message"]

    # By content, not by name: and never as something that could be run.
    for name, content, end, kind in (
            ("cat", PNG, "/cat.png", "image/png"),
            ("x.php", b"<?php evil();", "/x.bin", "application/octet-stream"),
            ("x.png", b"<script>", "/x.bin", "application/octet-stream")):
        assert offer(s, name, content) == "taken"
        file, = s.got()["attachments"]
        assert file["url"].endswith(end) and file["type"] == kind
        assert stored(s, file["url"]) == content

    # Too large: refused, and both know.
    assert offer(s, "big.zip", b"", 50001) == "refused"
    assert "big.zip" in s.got()["body"]
    # Of another size than was said: libpurple cuts it there.
    assert offer(s, "more.txt", b"x" * 9000, 5000) == "taken"
    s.b.wait("message", user=USER)
    # Nothing half done stays.
    s.b.call("logout", user=USER)
    assert not [f for _, _, files in os.walk(s.directory)
                for f in files if f == "part"]


def test_not_received(scene):
    """Without a place, and from strangers."""
    s = scene(receives=False)
    assert offer(s, "cat.png", PNG) == "refused"
    m = s.got()
    assert "cat.png" in m["body"] and "cannot receive" in m["body"]
    assert "attachments" not in m


def test_stranger(scene, friend):
    s = scene()
    s.friend = friend("stranger")
    assert offer(s, "cat.png", PNG) == "refused"
    assert "contact list" in s.b.wait("message", user=USER)["body"]


TAKES_FILES = ("xep_0047", "xep_0095", "xep_0096")


def receive(s, wanted=True):
    """The friend takes files, or not; returns a queue of (name, content)."""
    xmpp, names, files = s.friend.xmpp, [], queue.Queue()

    async def decide(iq):
        names.append(iq["si"]["file"]["name"])
        await getattr(xmpp["xep_0095"], "accept" if wanted else "decline")(
            iq["from"], iq["si"]["id"])

    content = bytearray()

    def ended(_stream):
        files.put((names.pop(0), bytes(content)))
        content.clear()

    # As slixmpp registers it, it is never awaited.
    xmpp.remove_handler("SI Request")
    xmpp.register_handler(CoroutineCallback(
        "SI Request", StanzaPath("iq@type=set/si"),
        xmpp["xep_0095"]._handle_request))
    xmpp["xep_0047"].auto_accept = True
    xmpp.add_event_handler("si_request", decide)
    xmpp.add_event_handler("ibb_stream_data", lambda stream: content.extend(
        stream.recv_queue.get_nowait()))
    xmpp.add_event_handler("ibb_stream_end", ended)
    return files


def attach(s, url, body=None, **more):
    return s.start(url if body is None else body,
                   attachments=[{"url": url, **more}])


def test_sent(scene, web):
    """Fetched, offered, taken."""
    s = scene(plugins=TAKES_FILES)
    files = receive(s)
    data = os.urandom(30000)
    s.b.finish(attach(s, web.put("a%20b.bin", data)))
    assert files.get(timeout=PATIENCE) == ("a b.bin", data)
    # With words, and under another name.
    url = web.put("x", PNG)
    serial = attach(s, url, "look: " + url + "\nnice", name="cat.png")
    s.friend.expect_body("look: nice")
    s.b.finish(serial)
    assert files.get(timeout=PATIENCE) == ("cat.png", PNG)


def test_sent_as_address(scene, web):
    s = scene(plugins=TAKES_FILES, web_maxfilesize=50000)
    web.put("big", b"x" * 50001)
    web.put("endless", b"x" * 400000)
    # What cannot be had, and what is not of the web.
    arrive(s, [web.base + path for path in ("missing", "big", "endless",
                                            "loop")] +
           ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/y"])
    assert len([p for p in web.asked if p.startswith("/loop")]) == 4
    # Offered, and not wanted: then the address, and the user hears of it.
    receive(s, wanted=False)
    url = web.put("unwanted", PNG)
    s.b.finish(attach(s, url))
    s.friend.expect_body(url)
    assert "address" in s.got(headline=True)["body"]


def test_nothing_private(scene, web):
    """The gateway does not look around in its own network for users."""
    s = scene(plugins=TAKES_FILES, fetch_private=0)
    port = web.base.rsplit(":", 1)[1]
    arrive(s, ["http://%s:%ssecret" % (host, port) for host in (
        "127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433",
        "[::ffff:127.0.0.1]")])
    assert not web.asked


def test_end(scene, web):
    """The end of the session answers what is under way."""
    s = scene(plugins=TAKES_FILES)
    web.hold = threading.Event()
    serial = attach(s, web.put("x.png", PNG))
    web.wait_for("/x.png")
    s.b.call("logout", user=USER)
    with pytest.raises(Failed):
        s.b.finish(serial)
    web.hold.set()
