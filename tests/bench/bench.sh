#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# bench.sh: CPU, memory and latency of spectrum2 and, where it is installed, of
# Debian's biboumi, under the same load in the same run; ends with a table.
#   B=build                     where the programs are; results go to $B/bench
#   GATEWAYS="spectrum2 biboumi"
#   SIZES="100 1000"            users of the message runs
#   IDLE_USERS=2000             users of the idle run; 0: none
#   SPAN=5                      seconds of each traffic phase
#   UPB=100                     users per backend of spectrum2
#   SOAK=10000000               instead of all that: that many messages through
#                               spectrum2 with 500 users; memory must stay flat
# Ours runs without irc_connect_burst and irc_flood_*: biboumi connects all users
# at once, too, and has its flood limit off.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
: "${B:=$PWD/build}" "${SIZES:=100 1000}" "${IDLE_USERS:=2000}" "${SPAN:=5}"
: "${UPB:=100}" "${SOAK:=}"
if [ -z "${GATEWAYS:-}" ]; then
	GATEWAYS=spectrum2
	if command -v biboumi >/dev/null; then
		GATEWAYS="$GATEWAYS biboumi"
	else
		echo "bench: biboumi is not installed: no comparison"
	fi
fi
export B SIZES IDLE_USERS SPAN UPB GATEWAYS SOAK

# A network of our own: the ports are free and nobody else is measured.
if [ -z "${BENCH_INSIDE:-}" ]; then
	export BENCH_INSIDE=1
	for how in "-n" "-rn"; do
		if unshare $how true 2>/dev/null; then
			# shellcheck disable=SC2016
			exec unshare $how sh -c \
			    'ip link set lo up; exec "$0"' "$here/bench.sh"
		fi
	done
	echo "bench: no network namespace, using this machine's loopback"
fi

out=$B/bench
work=$out/work
rm -rf "$work"
mkdir -p "$out" "$work"
trap 'rm -rf "$work"' EXIT
results=$out/results.jsonl
: >"$results"
${CC:-cc} -D_GNU_SOURCE -std=gnu11 -O2 -g -o "$out/gwbench" \
    "$here"/gwbench.c "$here"/sock.c "$here"/traffic.c "$here"/xmpp.c \
    "$here"/irc.c "$here"/phases.c "$here"/util.c "$here"/proc.c

# Each sets $profile and $command for a fresh directory and that many users.
setup_spectrum2() {
	profile=spectrum2
	command="$B/bin/spectrum2 -n $1/gw.cfg"
	cat >"$1/gw.cfg" <<-END
	[service]
	jid = gw.bench.local
	password = secret
	server = 127.0.0.1
	port = 5347
	backend = $B/bin/spectrum2_irc_backend
	irc_server = 127.0.0.1:6667
	irc_connect_burst = 0
	irc_flood_burst = 1000000
	irc_flood_rate = 1000000
	users_per_backend = $UPB
	login_rate = 0
	working_dir = $1
	pidfile = $1/gw.pid
	[identity]
	name = bench
	type = irc
	[logging]
	level = warn
	[database]
	type = sqlite3
	database = $1/db.sqlite
	END
}

setup_biboumi() {
	profile=biboumi
	command="biboumi $1/biboumi.cfg"
	cat >"$1/biboumi.cfg" <<-END
	hostname=gw.bench.local
	password=secret
	xmpp_server_ip=127.0.0.1
	port=5347
	db_name=$1/biboumi.sqlite
	log_level=2
	log_file=$1/biboumi.log
	identd_port=0
	END
	"${PYTHON:-python3}" "$here/biboumi_users.py" "$1/biboumi.sqlite" "$2"
}

bench() {			# bench GATEWAY USERS PHASES
	dir=$work/$1-$2
	mkdir "$dir"
	"setup_$1" "$dir" "$2"
	echo "bench: $1, $2 users"
	if ! timeout -k 10 600 "$out/gwbench" --profile "$profile" \
	    --label "$1" --users "$2" --out "$results" --phases "$3" \
	    --gateway-cmd "$command >$dir/log 2>&1"; then
		echo "bench: $1 with $2 users failed; its last lines:"
		tail -n 20 "$dir/log"
		failed=1
	fi
}

failed=
if [ -n "$SOAK" ]; then
	bench spectrum2 500 "wait,idle:1,register,login,idle:1,soak:$SOAK,stop"
	grep '"phase":"soak"' "$results" || true
	if [ -z "$failed" ] && grep -q '"phase":"soak".*"ok":true' "$results"
	then
		echo "soak: passed: $SOAK messages, memory and descriptors flat"
		exit 0
	fi
	echo "soak: failed"
	exit 1
fi
loads="x2i-lat:200:$SPAN,i2x-lat:200:$SPAN,x2i-sat:256:$SPAN,i2x-sat:256:$SPAN"
for users in $SIZES; do
	for gateway in $GATEWAYS; do
		bench "$gateway" "$users" "wait,idle:2,mem,register,login,\
idle:3,mem,$loads,idle:1,fanjoin:100,idle:1,fan:4:$SPAN,stop"
	done
done
if [ "$IDLE_USERS" -gt 0 ]; then
	for gateway in $GATEWAYS; do
		bench "$gateway" "$IDLE_USERS" \
		    "wait,idle:2,mem,register,login,idle:5,mem:10,stop"
	done
fi
"${PYTHON:-python3}" "$here/report.py" "$results"
[ -z "$failed" ]
