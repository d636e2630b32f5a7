#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""demo.py BUILD WORK: alice and bob with XMPP clients, rosa with an IRC
client, one room.  Every line printed is one that really arrived; a line that
does not arrive in time ends the demo with exit code 1."""
import asyncio
import os
import signal
import socket
import subprocess
import sys
import time

import slixmpp

BUILD, WORK = sys.argv[1:3]
NGIRCD = next((path for path in ("/usr/sbin/ngircd", "/usr/bin/ngircd")
               if os.access(path, os.X_OK)), "ngircd")
DOMAIN, ROOM = "localhost", "#garden@localhost"
PATIENCE = 20


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def wait_port(port, process):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("demo: %s does not listen on port %d"
                     % (process.args[0], port))


def start_servers(irc_port, xmpp_port):
    with open(WORK + "/ngircd.conf", "w") as conf:
        conf.write("[Global]\nName = irc.demo\nInfo = demo\n"
                   "Listen = 127.0.0.1\nPorts = %d\nMotdPhrase = hello\n"
                   "[Limits]\nMaxConnectionsIP = 0\nMaxJoins = 0\n"
                   "MaxPenaltyTime = 0\n"
                   "[Options]\nDNS = no\nIdent = no\nPAM = no\n" % irc_port)
    with open(WORK + "/spectrum.cfg", "w") as conf:
        conf.write("""[service]
jid = %s
server_mode = 1
server = 127.0.0.1
port = %d
backend = %s/bin/spectrum2_irc_backend
irc_server = 127.0.0.1:%d
working_dir = %s
pidfile = %s/demo.pid
[identity]
name = IRC
[database]
type = none
""" % (DOMAIN, xmpp_port, BUILD, irc_port, WORK, WORK))
    log = open(WORK + "/log", "w")
    started = []
    for port, command in ((irc_port, [NGIRCD, "-n", "-f",
                                      WORK + "/ngircd.conf"]),
                          (xmpp_port, [BUILD + "/bin/spectrum2", "-n",
                                       WORK + "/spectrum.cfg"])):
        started.append(subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log))
        try:
            wait_port(port, started[-1])
        except SystemExit:
            stop_servers(started)
            raise
    return started


def stop_servers(processes):
    for process in reversed(processes):
        process.terminate()
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Person:
    """Somebody who says things and waits for what he should hear."""

    def __init__(self, name, protocol):
        self.name, self.protocol = name, protocol
        self.heard = asyncio.Queue()

    async def hears(self, *wanted):
        """Wait for (kind, author, text); what else comes is not for us."""
        try:
            while True:
                what = await asyncio.wait_for(self.heard.get(), PATIENCE)
                if what == wanted:
                    break
        except asyncio.TimeoutError:
            raise SystemExit("demo: %s never got %s" % (self.name, wanted))
        kind, author, text = wanted
        print("  %-5s (%s)  %-7s %s: %s"
              % (self.name, self.protocol, kind, author, text), flush=True)


class XmppPerson(Person, slixmpp.ClientXMPP):
    def __init__(self, name, port):
        slixmpp.ClientXMPP.__init__(self, "%s@%s" % (name, DOMAIN), "secret")
        Person.__init__(self, name, "XMPP")
        self["feature_mechanisms"].unencrypted_plain = True
        self.name, self.port = name, port
        for event in "message", "presence_available", "groupchat_subject":
            self.add_event_handler(event, getattr(self, "on_" + event))
        self.online = asyncio.Event()
        self.add_event_handler("session_start", lambda _: self.online.set())

    async def login(self):
        self.connect(("127.0.0.1", self.port), disable_starttls=True)
        await asyncio.wait_for(self.online.wait(), PATIENCE)
        self.send_presence()
        print("  %s is logged in as %s" % (self.name, self.boundjid),
              flush=True)

    def join(self):
        presence = self.make_presence(pto="%s/%s" % (ROOM, self.name))
        presence.xml.append(slixmpp.ET.Element(
            "{http://jabber.org/protocol/muc}x"))
        presence.send()

    def say(self, to, text, kind="groupchat"):
        self.send_message(mto=to, mbody=text, mtype=kind)

    def on_message(self, stanza):
        if not stanza["body"]:
            return
        author = stanza["from"]
        kind = {"groupchat": "room", "error": "error"}.get(stanza["type"],
                                                           "private")
        if author.bare == ROOM:
            self.heard.put_nowait((kind, author.resource, stanza["body"]))
        else:
            self.heard.put_nowait((kind, author.user, stanza["body"]))

    def on_presence_available(self, stanza):
        if stanza["from"].bare == ROOM:
            self.heard.put_nowait(("room", stanza["from"].resource, "(joins)"))

    def on_groupchat_subject(self, stanza):
        if stanza["subject"]:
            self.heard.put_nowait(("topic", stanza["from"].resource,
                                   stanza["subject"]))


class IrcPerson(Person):
    def __init__(self, name, port):
        super().__init__(name, "IRC ")
        self.port = port

    async def login(self):
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.port)
        self.task = asyncio.ensure_future(self.listen())
        self.send("NICK " + self.name)
        self.send("USER %s 0 * :%s" % (self.name, self.name))
        self.send("JOIN #garden")

    def send(self, line):
        self.writer.write((line + "\r\n").encode())

    def say(self, to, text):
        self.send("PRIVMSG %s :%s" % (to, text))

    async def listen(self):
        while line := (await self.reader.readline()).decode().rstrip():
            prefix, _, rest = line.partition(" ")
            author = prefix[1:].partition("!")[0]
            words = rest.split(" ", 2)
            if prefix == "PING":
                self.send("PONG " + rest)
            elif words[0] == "PRIVMSG":
                kind = "room" if words[1][0] == "#" else "private"
                self.heard.put_nowait((kind, author, words[2].lstrip(":")))
            elif words[0] == "JOIN":
                self.heard.put_nowait(("room", author, "(joins)"))
            elif words[0] == "TOPIC":
                self.heard.put_nowait(("topic", author,
                                       words[2].lstrip(":")))


async def conversation(irc_port, xmpp_port):
    rosa = IrcPerson("rosa", irc_port)
    alice, bob = (XmppPerson(name, xmpp_port) for name in ("alice", "bob"))
    everybody = alice, bob, rosa

    await rosa.login()
    await rosa.hears("room", "rosa", "(joins)")
    await alice.login()
    alice.join()
    await alice.hears("room", "rosa", "(joins)")
    await rosa.hears("room", "alice", "(joins)")
    await bob.login()
    bob.join()
    await bob.hears("room", "bob", "(joins)")
    await alice.hears("room", "bob", "(joins)")
    await rosa.hears("room", "bob", "(joins)")

    for who, text in ((alice, "Good morning! Who waters the roses today?"),
                      (bob, "I did, at seven. Grüße aus dem Gewächshaus 🌹"),
                      (rosa, "Thank you both.")):
        who.say("#garden" if who is rosa else ROOM, text)
        for other in everybody:
            if other is not rosa or who is not rosa:
                await other.hears("room", who.name, text)

    bob.say("rosa@" + DOMAIN, "A word in private: is the pond leaking?",
            "chat")
    await rosa.hears("private", "bob",
                     "A word in private: is the pond leaking?")
    rosa.say("bob", "Only a little.")
    await bob.hears("private", "rosa", "Only a little.")
    bob.say(ROOM + "/alice", "alice, bring the blue bucket", "chat")
    await alice.hears("private", "bob", "alice, bring the blue bucket")

    for person in alice, bob:
        person.disconnect()
        await asyncio.wait_for(person.disconnected, PATIENCE)
    rosa.writer.close()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


def main():
    irc_port, xmpp_port = free_port(), free_port()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    servers = start_servers(irc_port, xmpp_port)
    print("demo: an IRC server on port %d, spectrum2 on port %d; who hears "
          "what:" % (irc_port, xmpp_port), flush=True)
    failed = True
    try:
        loop = asyncio.get_event_loop()
        loop.run_until_complete(conversation(irc_port, xmpp_port))
        failed = False
    finally:
        stop_servers(servers)
        if failed:
            sys.stderr.write(open(WORK + "/log").read()[-4000:])


if __name__ == "__main__":
    main()
