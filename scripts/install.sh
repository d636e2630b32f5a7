#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# install.sh install|uninstall: put the built programs, man pages, examples and
# units where the Makefile's variables say.  The names that configurations of
# the C++ program use become links.  Configuration is never overwritten and
# never removed.
set -eu
: "${B:?}" "${BINDIR:?}" "${LIBEXECDIR:?}" "${MANDIR:?}" "${SYSCONFDIR:?}"
: "${DESTDIR:=}" "${BACKENDS:=}" "${ALIASES:=}" "${LOCALSTATEDIR:=/var}"
: "${UNITDIR:=${BINDIR%/bin}/lib/systemd/system}"
: "${COMPLETIONDIR:=${BINDIR%/bin}/share/bash-completion/completions}"
cd "$(dirname "$0")/.."

put() {				# put MODE SOURCE DIRECTORY
	install -D -m "$1" "$2" "$DESTDIR$3/$(basename "$2")"
	echo "  $DESTDIR$3/$(basename "$2")"
}

# put_text SOURCE DIRECTORY: with the paths in it made this installation's
put_text() {
	to=$DESTDIR$2/$(basename "$1")
	mkdir -p "$(dirname "$to")"
	sed "s|/usr/bin/|$BINDIR/|g
	    s|/usr/libexec/|$LIBEXECDIR/|g
	    s|/etc/spectrum2|$SYSCONFDIR/spectrum2|g
	    s|/var/|$LOCALSTATEDIR/|g" "$1" >"$to"
	chmod 644 "$to"
	echo "  $to"
}

link() {			# link TARGET NAME
	mkdir -p "$DESTDIR$(dirname "$2")"
	ln -sfn "$1" "$DESTDIR$2"
	echo "  $DESTDIR$2 -> $1"
}

gone() {
	for file in "$@"; do
		if [ -e "$DESTDIR$file" ] || [ -L "$DESTDIR$file" ]; then
			rm -f "$DESTDIR$file"
			echo "  removed $DESTDIR$file"
		fi
	done
}

# old:new pairs of the aliases whose program was built
aliases() {
	for pair in $ALIASES; do
		case " $BACKENDS " in
		*" spectrum2_${pair#*:}_backend "*) echo "$pair" ;;
		esac
	done
}

manuals() {
	for page in "$B"/man/*.[1-8]; do
		[ ! -f "$page" ] || basename "$page"
	done
}

# where a page goes below the manual: spectrum2.8 -> man8
section() {
	echo "man${1##*.}"
}

do_install() {
	for program in spectrum2 spectrum2_manager; do
		[ ! -f "$B/bin/$program" ] ||
		    put 755 "$B/bin/$program" "$BINDIR"
	done
	for backend in $BACKENDS; do
		put 755 "$B/bin/$backend" "$LIBEXECDIR"
		link "$LIBEXECDIR/$backend" "$BINDIR/$backend"
	done
	for pair in $(aliases); do
		old=spectrum2_${pair%:*}_backend new=spectrum2_${pair#*:}_backend
		link "$new" "$LIBEXECDIR/$old"
		link "$LIBEXECDIR/$new" "$BINDIR/$old"
	done
	for page in $(manuals); do
		put 644 "$B/man/$page" "$MANDIR/$(section "$page")"
	done
	find etc -type f \( -name '*.cfg' -o -name '*.cfg.example' \) \
	    2>/dev/null | sort | while read -r file; do
		there=$SYSCONFDIR/spectrum2/${file#etc/}
		if [ -e "$DESTDIR$there" ]; then
			echo "  $DESTDIR$there is kept"
		else
			put_text "$file" "$(dirname "$there")"
		fi
	done
	mkdir -p "$DESTDIR$SYSCONFDIR/spectrum2/transports"
	for unit in etc/systemd/*.service; do
		put_text "$unit" "$UNITDIR"
	done
	put 644 etc/bash-completion/spectrum2_manager "$COMPLETIONDIR"
}

do_uninstall() {
	gone "$BINDIR/spectrum2" "$BINDIR/spectrum2_manager"
	for backend in $BACKENDS; do
		gone "$LIBEXECDIR/$backend" "$BINDIR/$backend"
	done
	for pair in $(aliases); do
		old=spectrum2_${pair%:*}_backend
		gone "$LIBEXECDIR/$old" "$BINDIR/$old"
	done
	for page in man/*.scd; do
		[ -f "$page" ] || continue
		page=$(basename "$page" .scd)
		gone "$MANDIR/$(section "$page")/$page"
	done
	for unit in etc/systemd/*.service; do
		gone "$UNITDIR/$(basename "$unit")"
	done
	gone "$COMPLETIONDIR/spectrum2_manager"
}

case ${1:-} in
install)   do_install ;;
uninstall) do_uninstall ;;
*)         echo "usage: install.sh install|uninstall" >&2; exit 64 ;;
esac
