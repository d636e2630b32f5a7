/* SPDX-License-Identifier: GPL-2.0-or-later */
/* room_text.h - what can be told of rooms from texts alone.  No libpurple. */
#ifndef BACKENDS_PURPLE_ROOM_TEXT_H
#define BACKENDS_PURPLE_ROOM_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define ROOM_NICK_BYTES	200	/* a nick is cut there */
#define ROOM_TEXT_BYTES	8192	/* so is a topic, a reason, a status */

/* Why could the user not enter?  What plug-ins say is meant for people: the
 * error code whose words are in there, or NULL. */
const char	*room_failure(const char *text);
/* The condition of an XMPP stanza error, as an error code; or NULL. */
const char	*room_condition(const char *condition);

/* A line of an IRC server that refuses something: its numeric, the error code
 * for it (NULL: not a refusal), what it is about (a channel or a nick) and why,
 * both pointing into line. */
struct irc_refusal {
	int		 numeric;
	const char	*code;
	const char	*about;
	size_t		 about_len;
	const char	*text;		/* to the end of the line */
};
bool		 room_irc_refusal(const char *line, struct irc_refusal *);

/* A nick for everybody's eyes, malloced: one line of valid UTF-8 without
 * spaces around it, cut to ROOM_NICK_BYTES; "?" when nothing is left. */
char		*room_nick_clean(const char *name);
/* The same nick with a number behind it, malloced, still short enough. */
char		*room_nick_numbered(const char *nick, unsigned number);

/* Text of the network, malloced: valid, legal in XML, at most that long. */
char		*room_text_clean(const char *text, size_t max);

/* Does name stand in text as a word of its own, in any case of ASCII? */
bool		 room_text_names(const char *text, const char *name);

#endif
