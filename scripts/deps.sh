#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# deps.sh [build] [run] [purple] [twitter] [xmpp] [test] [demo]: install what is
# missing of the Debian packages each of them needs.  Says first what it will do,
# does nothing when nothing is missing, and lets no server start because it was
# installed.
# shellcheck disable=SC2086 # lists of packages are split on purpose
set -eu

build="gcc make pkg-config libc6-dev libev-dev libmsgpack-dev libexpat1-dev
	libssl-dev libidn-dev libc-ares-dev libsqlite3-dev libsodium-dev
	scdoc"
# A certificate of one's own, and those of IRC servers.
run="openssl ca-certificates"
purple="libpurple-dev libcurl4-openssl-dev libglib2.0-dev"
twitter="libcurl4-openssl-dev libjansson-dev"
xmpp="libstrophe-dev"
demo="ngircd python3 python3-slixmpp python3-slixmpp-lib"
tests="$demo libcmocka-dev clang libclang-rt-14-dev
	prosody prosody-modules ejabberd inspircd atheme-services biboumi
	python3-pytest python3-pytest-timeout python3-pytest-xdist
	python3-msgpack python3-oauthlib
	kamailio kamailio-presence-modules kamailio-sqlite-modules
	zephyr-server zephyr-clients avahi-daemon dbus libgadu-dev
	purple-discord purple-rocketchat purple-mm-sms pidgin-sipe
	purple-lurch purple-xmpp-carbons purple-xmpp-http-upload
	openssl procps iproute2 util-linux sqlite3 shellcheck"
# Of these, the ones with a service that the system would start; where that has
# another name, package=service.
services="epmd prosody ejabberd ngircd inspircd atheme-services biboumi
	kamailio zephyr-server=zephyrd zephyr-clients=zhm avahi-daemon dbus"

wanted=
for set in "${@:-build}"; do
	case $set in
	build) wanted="$wanted $build" ;;
	run)   wanted="$wanted $run" ;;
	purple) wanted="$wanted $purple" ;;
	twitter) wanted="$wanted $twitter" ;;
	xmpp)  wanted="$wanted $xmpp" ;;
	test)
		wanted="$wanted $tests"
		# Node's own packages have npm in them, which rules out
		# Debian's.
		command -v npm >/dev/null || wanted="$wanted nodejs npm"
		;;
	demo)  wanted="$wanted $demo" ;;
	*)
		echo "usage: deps.sh [build] [run] [purple] [twitter] [xmpp]" \
		    "[test] [demo]" >&2
		exit 64
		;;
	esac
done

installed() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null |
	    grep -qx installed
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "deps: this is not Debian; these are its names for what is needed:"
	echo $wanted | fold -s -w 72 | sed 's/^/deps:   /; s/ $//'
	exit 0
fi

missing=
have=$(dpkg-query -W -f '${binary:Package} ${db:Status-Status}\n' |
    sed -n 's/^\([^: ]*\)\(:[^ ]*\)\{0,1\} installed$/\1/p')
for package in $wanted; do
	printf '%s\n' "$have" | grep -qxF "$package" || case " $missing " in
	*" $package "*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
	root=
elif command -v sudo >/dev/null; then
	root=sudo
else
	echo "deps: as root, please: apt-get install$missing" >&2
	exit 1
fi

echo "deps: will install with ${root:+$root }apt-get:"
echo $missing | fold -s -w 72 | sed 's/^/deps:   /; s/ $//'

fresh=
for service in $services; do
	installed "${service%=*}" || fresh="$fresh $service"
done

# Maintainer scripts ask this file whether they may start a service.
policy=/usr/sbin/policy-rc.d
ours=
cleanup() {
	[ -z "$ours" ] || $root rm -f "$policy"
	ours=
}
trap cleanup EXIT
trap 'exit 130' INT TERM
if [ ! -e "$policy" ]; then
	ours=yes
	printf '#!/bin/sh\nexit 101\n' | $root tee "$policy" >/dev/null
	$root chmod 755 "$policy"
fi

apt() {
	$root env DEBIAN_FRONTEND=noninteractive \
	    apt-get -y -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"
}

# Its installation fails where the machine's own name is not known.
case $missing in
*zephyr-server*)
	echo "zephyr-server zephyr-server/servers string localhost" |
	    $root debconf-set-selections ;;
esac

# The lists may be absent, or older than the archive: then fetch them and try
# once more.
echo "deps: downloading"
if ! apt install --no-install-recommends --download-only $missing \
    >/dev/null 2>&1; then
	echo "deps: apt-get update"
	apt update
fi
apt install --no-install-recommends $missing

# Not at the next boot either: the tests run these programs by themselves.
for service in $fresh; do
	package=${service%=*}
	service=${service#*=}
	if installed "$package"; then
		$root update-rc.d "$service" disable >/dev/null 2>&1 || :
		if [ -d /run/systemd/system ]; then
			$root systemctl --quiet disable "$service" \
			    >/dev/null 2>&1 || :
		fi
		echo "deps: $package is installed, its service is off"
	fi
done
