#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh: serve IRC to any XMPP client on 127.0.0.1, with everything it keeps
# in one directory.  Environment:
#   PORT=5222          where clients connect
#   JID=localhost      the domain of their addresses
#   IRC_SERVER=        one network for all (host, host:port or +port for TLS);
#                      empty: the room's name says which network
#   STATE=run          directory of configuration, database and certificate
#   B=build            where the programs were built
set -eu
cd "$(dirname "$0")/.."
: "${B:=build}" "${PORT:=5222}" "${JID:=localhost}" "${IRC_SERVER:=}"
: "${STATE:=run}"

case $PORT in
''|*[!0-9]*) echo "run: PORT=$PORT is not a number" >&2; exit 64 ;;
esac

listening() {
	grep -qi ":$(printf %04X "$PORT") [0-9A-F]*:0000 0A" \
	    /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

if listening; then
	cat >&2 <<-END
	run: port $PORT is taken by another program (an XMPP server, perhaps,
	run: or this one in another terminal).  Stop it, or choose another port:
	run:     make run PORT=15222
	END
	exit 1
fi

umask 077
mkdir -p "$STATE"
STATE=$(cd "$STATE" && pwd)
B=$(cd "$B" && pwd)

# STARTTLS with a certificate of our own making: clients ask once whether it
# is to be trusted.  Without openssl, clients on this machine do without.
tls='' trust="(without TLS)" profanity=allow
if [ ! -f "$STATE/cert.p12" ] && command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=$JID" \
	    -addext "subjectAltName=DNS:$JID" -keyout "$STATE/key.pem" \
	    -out "$STATE/cert.pem" 2>/dev/null
	openssl pkcs12 -export -passout pass:spectrum -in "$STATE/cert.pem" \
	    -inkey "$STATE/key.pem" -out "$STATE/cert.p12"
	rm -f "$STATE/key.pem" "$STATE/cert.pem"
fi
if [ -f "$STATE/cert.p12" ]; then
	tls="cert = $STATE/cert.p12
cert_password = spectrum"
	trust="(trust the certificate when asked)" profanity=trust
fi

cat >"$STATE/spectrum.cfg" <<END
# Written by "make run" at every start.
[service]
jid = $JID
server_mode = 1
server = 127.0.0.1
port = $PORT
$tls
more_resources = 1
backend = $B/bin/spectrum2_irc_backend
${IRC_SERVER:+irc_server = $IRC_SERVER}
users_per_backend = 100
working_dir = $STATE
pidfile = $STATE/spectrum2.pid

[identity]
name = IRC
type = irc

[database]
type = sqlite3
database = $STATE/database.sql
END

"$B/bin/spectrum2" -n "$STATE/spectrum.cfg" &
pid=$!

# shellcheck disable=SC2317 # the traps call it
stop() {
	trap '' INT TERM
	kill -TERM "$pid" 2>/dev/null || :
	wait "$pid" 2>/dev/null || :
	echo "run: stopped"
	exit 0
}
trap stop INT TERM HUP

tries=0
until listening; do
	if ! kill -0 "$pid" 2>/dev/null; then
		echo "run: it did not start; the reason is above" >&2
		wait "$pid" || exit $?
		exit 1
	fi
	tries=$((tries + 1))
	if [ "$tries" -gt 300 ]; then
		echo "run: not listening after 30 s, giving up" >&2
		kill -TERM "$pid"
		exit 1
	fi
	sleep 0.1
done

room="#spectrum%irc.libera.chat@$JID"
password="any (it is not checked in this mode)"
if [ -n "$IRC_SERVER" ]; then
	room="#spectrum@$JID"
	password="any, or the one that NickServ knows"
fi
cat <<END

  Serving IRC to XMPP clients.  Log in with any client on this machine:

      JID       ${USER:-anna}@$JID   (any name: it becomes the nick)
      password  $password
      server    127.0.0.1  port $PORT   $trust

  then join a room, as you would any group chat:

      $room

  With profanity, for example:

      profanity
      /connect ${USER:-anna}@$JID server 127.0.0.1 port $PORT tls $profanity
      /join $room

  Settings and data are in $STATE.  Ctrl-C stops everything.

END
rc=0
wait "$pid" || rc=$?
# A signal may have come, and it be gone, before the trap could run.
trap '' INT TERM HUP
[ "$rc" -eq 0 ] || echo "run: it ended with exit code $rc" >&2
echo "run: stopped"
exit "$rc"
