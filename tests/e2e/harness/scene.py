# SPDX-License-Identifier: GPL-2.0-or-later
"""An instance in front of a scripted network, in each of the ways in which
users meet one, and people on it."""
import itertools

from .network import Network
from .raw import register_account
from .xmpp import Client

# server: clients log in to the instance itself.  privileged, plain: it is a
# component of Prosody, which lets it write rosters or does not (XEP-0356).
KINDS = ["server", "privileged", "plain"]

FEATURES = """contacts groups contact_commands blocking avatars vcard vcard_set
search attachments attention chat_states receipts markers correction carbons
xhtml rooms room_list room_prefixes=#""".split()

SEARCH = [{"var": "nick", "label": "Nick"}, {"var": "sex", "type": "choice",
                                            "options": [{"value": "f"}]}]
COMMANDS = [{"name": "common", "label": "For everybody"}]


class Scene:
    """Lives as long as the session; its people are new in each test."""
    _numbers = itertools.count(10001)       # those of "unique" are smaller

    def __init__(self, kind, make, prosody, name, features=FEATURES):
        self.kind, self.server_mode = kind, kind == "server"
        self.people = []
        self.network = Network(features, commands=COMMANDS,
                               search_fields=SEARCH)
        settings = {"service__backend": self.network.command,
                    "service__enable_remove_buddy": 1}
        if self.server_mode:
            self.domain = "localhost"
            self.instance = make("server_mode", **settings)
            self.xmpp = self.instance
        else:
            self.domain = name + ".xmpp.test"
            self.instance = make("gateway", self.domain, prosody, **settings)
            self.xmpp = prosody

    def person(self, name="anna", **how):
        """Somebody new, who is online on the network."""
        name = "%s.%d" % (name, next(self._numbers))
        person = Person(self, name)
        self.people.append(person)
        if not self.server_mode:
            register_account(self.xmpp.port, self.xmpp.domain, name, "pw")
        person.login(**how)
        return person

    def dismiss(self):
        for person in self.people:
            for client in person.clients:
                if not client.ended:
                    client.close()
            self.network.answers.pop(person.bare, None)
        self.people.clear()
        self.network.answers.clear()
        self.network.inbox.clear()


class Person:
    """A user; .client is the first client."""

    def __init__(self, scene, name):
        self.scene, self.network, self.name = scene, scene.network, name
        self.gateway = scene.domain
        self.bare = "%s@%s" % (name, getattr(scene.xmpp, "domain", None) or
                               scene.domain)
        self.clients, self.registered = [], False

    def another(self, resource=None, login=True, presence=True):
        client = Client(self.bare, "pw", self.scene.xmpp.port, resource)
        self.clients.append(client)
        if login:
            client.login(presence)
        return client

    @property
    def client(self):
        return self.clients[0]

    def login(self, wait=True, **how):
        """Register if there is need of it, and go online."""
        client = self.another(**how)
        # As all clients do: servers tell only those of subscriptions.
        client.get(None, "<query xmlns='jabber:iq:roster'/>")
        if not self.scene.server_mode and not self.registered:
            self.registered = True
            client.set(self.gateway, "<query xmlns='jabber:iq:register'>"
                       "<username>%s</username><password>pw</password>"
                       "</query>" % self.name, timeout=20)
            client.send("<presence to='%s' type='subscribed'/>"
                        % self.gateway)
        if not self.scene.server_mode:
            client.send("<presence to='%s'/>" % self.gateway)
        if wait:
            client.expect("presence", from_=self.gateway, type="",
                          timeout=20)

    def contact(self, contact, /, **params):
        """One on the network's list; its bare JID."""
        self.notify("contact", contact=contact, **params)
        return self.jid(contact)

    def jid(self, name):
        return "%s@%s" % (name, self.gateway)

    def notify(self, method, /, **params):
        self.network.notify(method, self.bare, **params)

    def expect(self, method, **fields):
        return self.network.expect(method, self.bare, **fields)

    def join(self, room, client=None, nick=None, **joined):
        """A room of the network; whoever joins is alone there."""
        def answer(params):
            self.notify("room_occupant", room=room, nick=params["nick"],
                        self=True)
            self.notify("room_subject", room=room, subject="")
            return {"nick": params["nick"], **joined}
        self.network.answer("room_join", answer, self.bare)
        client = client or self.client
        return client.join(self.jid(room), nick or self.name)

    def settle(self):
        """What the network has said so far has been heard."""
        word = "settled %d" % next(self.scene._numbers)
        self.notify("message", from_="settle", kind="chat", body=word)
        self.client.expect_body(word)
