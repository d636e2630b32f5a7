#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A directory is a layer: fail when a file includes one it may not see.
set -eu
cd "$(dirname "$0")/.."

allowed() {
	case $1 in
	util)            echo "util" ;;
	net)             echo "util net" ;;
	protocol)        echo "util protocol" ;;
	manager/xmpp)    echo "util net manager/xmpp" ;;
	manager/store)   echo "util manager/store" ;;
	manager/pool)    echo "util protocol manager/pool" ;;
	manager/gateway) echo "util protocol manager/xmpp manager/store manager/pool manager/gateway" ;;
	manager|manager/ctl)
		echo "util net protocol manager manager/xmpp manager/store manager/pool manager/gateway manager/ctl" ;;
	backends/kit)    echo "util protocol backends/kit" ;;
	backends/*)      echo "util net protocol backends/kit $1" ;;
	*)               echo "" ;;
	esac
}

bad=0
for dir in util net protocol manager manager/* backends/*; do
	[ -d "$dir" ] || continue
	may=" $(allowed "$dir") "
	for file in "$dir"/*.[ch] "$dir"/*.def; do
		[ -f "$file" ] || continue
		# shellcheck disable=SC2013 # no name has a blank in it
		for inc in $(sed -n 's/^#include "\(.*\)"/\1/p' "$file"); do
			of=$(dirname "$inc")
			case $may in
			*" $of "*) ;;
			*) echo "$file: may not include $inc"; bad=1 ;;
			esac
		done
	done
done
[ $bad -eq 0 ] && echo "layers: every include goes down"
exit $bad
