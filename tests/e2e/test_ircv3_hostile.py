# SPDX-License-Identifier: GPL-2.0-or-later
"""A server that means harm costs at most the connection to it: whoever else
uses the gateway goes on, and so does its user, elsewhere."""
import time

import pytest

from harness.process import SLOWER


def garbage(server):
    server.raw("anna", bytes(range(256)) * 200 + b"\r\n" * 500)


def endless_line(server):
    server.raw("anna", b":irc.test 353 anna = #c :" + b"x" * 3000000)


def endless_tags(server):
    server.raw("anna", (b"@" + b"a=b;" * 4000 + b" :x!y@z PRIVMSG #c :x\r\n")
               * 20)


def unfinished_batches(server):
    for n in range(3000):
        server.send("anna", ":carl!u@h BATCH +%d draft/multiline #c" % n,
                    "@batch=%d :carl!u@h PRIVMSG #c :never whole" % n)


def nested_batches(server):
    server.send("anna", *["@batch=%d :irc.test BATCH +%d netsplit a b"
                          % (n - 1, n) for n in range(3000)])


def batch_within_itself(server):
    server.send("anna", "@batch=1 :irc.test BATCH +1 chathistory #c",
                "@batch=1 :carl!u@h PRIVMSG #c :x", "@batch=1 BATCH -1",
                "BATCH -1", "BATCH -", "BATCH +", "BATCH")


def flood_of_names(server):
    for n in range(150):        # a Python client has to read it all
        server.send("anna", ":irc.test 353 anna = #c :" + " ".join(
            "n%dx%d" % (n, k) for k in range(60)))
    server.send("anna", ":irc.test 366 anna #c :End")


def absurd_isupport(server):
    server.send("anna", *[":irc.test 005 anna %s :are supported" % token
                          for token in (
        "LINELEN=1", "LINELEN=99999999999999999999", "NICKLEN=0",
        "CHANTYPES=", "PREFIX=()", "PREFIX=(ov)", "PREFIX=(" + "o" * 400 +
        ")" + "@" * 400, "MONITOR=-1", "CHATHISTORY=0", "MODES=0",
        "CHANMODES=,,,,,,,,", "CASEMAPPING=\\x00", "TARGMAX=PRIVMSG:0",
        "=", "-CHANTYPES", "NETWORK=" + "%s" * 100, "STATUSMSG=" + "@" * 300)])


def wrong_labels(server):
    server.send("anna", *["@label=%s :irc.test ACK" % label for label in (
        "", "0", "1", "2", "3", "-1", "9" * 400, "x\\:\\s", "1;label=2")])
    server.send("anna", "@label=1 :irc.test BATCH +l labeled-response",
                "@batch=l :irc.test 404 anna #c :no",
                "@batch=l;label=1 :irc.test BATCH -l")


def false_capabilities(server):
    server.send("anna", *[":irc.test CAP anna %s :%s" % (what, names)
                          for what in ("ACK", "NAK", "DEL", "NEW", "LS", "X")
                          for names in ("sasl", "echo-message batch", "",
                                        "x" * 400, "sasl=" + "PLAIN," * 60)])


def answers_to_nothing(server):
    server.send("anna", *[":irc.test %03d anna #c %s :text" % (number, word)
                          for number in range(1000) for word in ("x", "")
                          if number not in (433, 465, 466)])


def impossible_times(server):
    server.send("anna", *["@time=%s;msgid=%s :carl!u@h PRIVMSG #c :x" % pair
                          for pair in (
        ("0000-00-00T00:00:00.000Z", ""), ("9999-12-31T23:59:60.999Z", "a"),
        ("-1", "<&'\\:"), ("2024-13-45T99:99:99Z", "b" * 3000),
        ("", "\x7f"), ("2024-01-01T00:00:00." + "9" * 300 + "Z", "c"))])


@pytest.mark.parametrize("attack", [
    garbage, endless_line, endless_tags, unfinished_batches, nested_batches,
    batch_within_itself, flood_of_names, absurd_isupport, wrong_labels,
    false_capabilities, answers_to_nothing, impossible_times])
def test_attack(modern, raw, attack):
    """bert is on the same gateway, even in the same backend.  He does not wait
    for what reads for anna, either."""
    modern.server.offences.clear()
    bert = raw(modern.instance)
    bert.login("bert", "pw")
    bert.send("<presence/><presence to='#other@localhost/bert'><x xmlns='http:"
              "//jabber.org/protocol/muc'/></presence>")
    bert.expect("<subject")
    modern.anna.join(modern.jid, "anna", history=0)
    backends = modern.instance.backends()
    attack(modern.server)
    begin = time.monotonic()
    bert.send("<message type='groupchat' to='#other@localhost'><body>all well?"
              "</body></message>")
    echo = bert.expect(r"<message ([^>]*)>(?:(?!</message>).)*all well\?")[1]
    assert "#other@localhost/bert" in echo and "error" not in echo
    assert time.monotonic() - begin < 2 * SLOWER
    assert modern.instance.backends() == backends
    # anna herself is there, or comes back when the server is sane again.
    modern.anna.iq("get", "localhost", "<ping xmlns='urn:xmpp:ping'/>", 60)
    modern.server.call(lambda: [conn.transport.abort() for conn in
                                modern.server.conns if conn.nick == "anna"])
    modern.server.expect("anna", r"^(@.* )?JOIN :?#c", timeout=1)
    modern.server.expect("anna", r"^(@.* )?JOIN :?#c", timeout=30)
    modern.anna.message(modern.jid, "I am back", "groupchat")
    modern.carl.expect("PRIVMSG #c :I am back", timeout=30)
    modern.server.offences.clear()
