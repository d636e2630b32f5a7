/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isupport.h - what the server says of itself in numeric 005. */
#ifndef BACKENDS_IRC_ISUPPORT_H
#define BACKENDS_IRC_ISUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "backends/irc/casemap.h"

#define ISUPPORT_LINE_MAX 4096
#define ISUPPORT_PREFIXES 8	/* ranks of channel members we tell apart */

/* Tags of clients that a server may refuse to pass on (CLIENTTAGDENY). */
enum client_tag { TAG_TYPING = 1, TAG_REPLY = 2, TAG_REACT = 4 };

/* Read by everyone, written by isupport_init() and isupport_token() only. */
struct isupport {
	enum casemap	casemap;
	uint16_t	line_len;	/* bytes, CR LF included; from 512 on */
	uint16_t	nick_len;	/* 0: not said; so for all of these */
	uint16_t	topic_len;
	uint16_t	channel_len;
	uint16_t	monitor;	/* on the list of MONITOR; 0: no such */
	uint16_t	kick_len;
	uint16_t	away_len;
	uint8_t		modes;		/* per MODE command, >= 1 */
	bool		whox;
	char		bot;		/* flag of bots in WHO, or '\0' */
	uint8_t		tags_denied;	/* enum client_tag */
	char		chantypes[8];	/* "#&" */
	char		statusmsg[8];
	/* Highest rank first, same index: "qaohv" and "~&@%+". */
	char		prefix_modes[ISUPPORT_PREFIXES + 1];
	char		prefix_chars[ISUPPORT_PREFIXES + 1];
	/* Channel modes that are lists; that take a parameter always; only
	 * when set; never (CHANMODES=A,B,C,D). */
	char		chanmodes[4][24];
	char		network[48];	/* its name for humans, or "" */
};

/* What holds until a server says otherwise (RFC 1459). */
void	isupport_init(struct isupport *);
/* One parameter of 005: KEY, KEY=value or -KEY. */
void	isupport_token(struct isupport *, const char *token);

/* Does the name begin like a channel's? */
bool	isupport_is_channel(const struct isupport *, const char *name);
/* Index into prefix_modes of the letter, or into prefix_chars of the sign;
 * -1 when it is none. */
int	isupport_prefix_mode(const struct isupport *, char letter);
int	isupport_prefix_char(const struct isupport *, char sign);
/* 0 to 3 for a channel mode of CHANMODES, -1 for unknown. */
int	isupport_mode_kind(const struct isupport *, char letter);

#endif
