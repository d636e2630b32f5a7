/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.h - which of the user's contacts are there?  Told by MONITOR where the
 * server has it and its list is long enough, else asked by ISON, a line at a
 * time; and by whatever they are seen doing. */
#ifndef BACKENDS_IRC_WATCH_H
#define BACKENDS_IRC_WATCH_H

#include "backends/irc/network.h"

/* The connection is lost: who was there is shown as gone. */
void	watch_lost(struct network *);
/* The same for good. */
void	watch_finish(struct network *);

/* id as the main process knows the contact, nick on this network.  Twice is
 * once; too many are not watched. */
void	watch_add(struct network *, const char *id, const char *nick);
void	watch_remove(struct network *, const char *nick);
/* The server has introduced itself: begin. */
void	watch_begin(struct network *);

/* After CASEMAPPING was announced. */
void	watch_refold(struct network *);

/* Seen here, or seen leaving. */
void	watch_seen(struct network *, const char *nick, bool here);
/* nick is no more, to is there. */
void	watch_renamed(struct network *, const char *nick, const char *to);
/* status NULL: none. */
void	watch_away(struct network *, const char *nick, bool away,
	    const char *status);

/* 730, 731; 734; 303. */
void	watch_monitor_line(struct network *, struct line *);
void	watch_monitor_full(struct network *, struct line *);
void	watch_ison_line(struct network *, struct line *);

#endif
