# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices and keys of OMEMO: the user's, as people of the network find them."""
import pytest

from harness.process import wait_for
from harness.xmpp_pair import pairs_of

PUBSUB = "http://jabber.org/protocol/pubsub"
OMEMO = "eu.siacs.conversations.axolotl"
OMEMO_2 = "urn:xmpp:omemo:2"
LIST = OMEMO + ".devicelist"
OPTIONS = ("<publish-options><x xmlns='jabber:x:data' type='submit'><field "
           "var='FORM_TYPE' type='hidden'><value>%s#publish-options</value>"
           "</field><field var='pubsub#access_model'><value>open</value>"
           "</field></x></publish-options>" % PUBSUB)


def publish(client, node, payload):
    client.set(None, "<pubsub xmlns='%s'><publish node='%s'><item id='current'>"
               "%s</item></publish>%s</pubsub>"
               % (PUBSUB, node, payload, OPTIONS))


def devices(client, *ids):
    publish(client, LIST, "<list xmlns='%s'>%s</list>" % (
        OMEMO, "".join("<device id='%s'/>" % one for one in ids)))


def keys(client, device, word):
    publish(client, "%s.bundles:%s" % (OMEMO, device),
            "<bundle xmlns='%s'><identityKey>%s</identityKey></bundle>"
            % (OMEMO, word))


def keys_in_one_node(client, *ids):
    """The newer scheme: the keys of all devices, and the list of them."""
    for one in ids:
        client.set(None, "<pubsub xmlns='%s'><publish node='%s:bundles'><item "
                   "id='%s'><bundle xmlns='%s'><ik>%s</ik></bundle></item>"
                   "</publish>%s</pubsub>" % (
                       PUBSUB, OMEMO_2, one, OMEMO_2, one, OPTIONS.replace(
                           "</x>", "<field var='pubsub#max_items'><value>max"
                           "</value></field></x>")))
    publish(client, OMEMO_2 + ":devices", "<devices xmlns='%s'>%s</devices>"
            % (OMEMO_2, "".join("<device id='%s'/>" % one for one in ids)))


def read(client, of, node):
    """The payload, or None."""
    answer = client.iq("get", of, "<pubsub xmlns='%s'><items node='%s'/>"
                       "</pubsub>" % (PUBSUB, node))
    items = answer.findall(".//{%s}item" % PUBSUB)
    return items[-1][0] if items else None


def found(client, of):
    """{device: identity key}, of those that are listed."""
    payload = read(client, of, LIST)
    out = {}
    for one in payload if payload is not None else ():
        bundle = read(client, of, "%s.bundles:%s" % (OMEMO, one.get("id")))
        out[one.get("id")] = None if bundle is None else bundle[0].text
    return out


@pytest.mark.parametrize("pair", pairs_of("prosody-ejabberd"), indirect=True)
def test_keys_of_the_user(pair):
    """What the user's clients publish at home is found in the account there,
    beside what is there already; what goes is taken back; and encrypted
    messages pass both ways."""
    user, peer = pair.user("anna"), pair.peer("bob")
    pair.friends(user, peer)
    other = user.elsewhere("other")
    devices(other, 99)
    keys(other, 99, "other")
    keys(user, 11, "eleven")
    devices(user, 11, 22)
    wait_for(lambda: found(peer, user.account) ==
             {"99": "other", "11": "eleven"}, 20, "the keys")

    # The peer's are asked for across the gateway.
    devices(peer, 7)
    keys(peer, 7, "seven")
    assert found(user, pair.jid_of(peer)) == {"7": "seven"}
    text = ("<encrypted xmlns='%s'><header sid='%d'/><payload>x</payload>"
            "</encrypted>")
    user.message(pair.jid_of(peer), "I sent you", extra=text % (OMEMO, 11))
    heard = peer.expect_body("I sent you")
    assert heard.find("{%s}encrypted/" % OMEMO).get("sid") == "11"
    peer.message(user.account, "And I you", extra=text % (OMEMO, 7))
    heard = user.expect_body("And I you")
    assert heard.find("{%s}encrypted/" % OMEMO).get("sid") == "7"

    # New keys of a device, another device, one less.
    keys(user, 11, "new")
    wait_for(lambda: found(peer, user.account).get("11") == "new", 20,
             "the new keys")
    keys(user, 22, "twenty-two")
    devices(user, 22)
    wait_for(lambda: found(peer, user.account) ==
             {"99": "other", "22": "twenty-two"}, 20, "the other device")

    # Where the keys of all are in one node, none has to go for another, nor
    # what is there already in a node that is for one.
    other.set(None, "<pubsub xmlns='%s'><publish node='%s:bundles'><item "
              "id='99'><bundle xmlns='%s'/></item></publish></pubsub>"
              % (PUBSUB, OMEMO_2, OMEMO_2))
    keys_in_one_node(user, 31, 32)

    def kept():
        node = other.iq("get", None, "<pubsub xmlns='%s'><items node='%s:"
                        "bundles'/></pubsub>" % (PUBSUB, OMEMO_2))
        return {one.get("id") for one in node.iter("{%s}item" % PUBSUB)}
    wait_for(lambda: kept() == {"31", "32", "99"}, 20, "all devices' keys")
