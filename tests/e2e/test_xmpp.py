# SPDX-License-Identifier: GPL-2.0-or-later
"""XMPP accounts as a network, end to end: Prosody in front of ejabberd, ejabberd
in front of Prosody, and our own server in front of each."""

def test_chat(pair):
    anna, bob = pair.user("anna"), pair.peer("bob")
    pair.friends(anna, bob)
    anna.message(pair.jid_of(bob), "grüße <&>")
    heard = bob.expect_body("grüße <&>", type="chat")
    bob.message(heard.get("from"), "back")
    anna.expect_body("back", type="chat", from_=pair.is_from(bob))
