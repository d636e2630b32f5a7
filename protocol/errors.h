/* SPDX-License-Identifier: GPL-2.0-or-later */
/* errors.h - why a request failed, on the wire a string. */
#ifndef PROTOCOL_ERRORS_H
#define PROTOCOL_ERRORS_H

#include <stdbool.h>
#include <string.h>

#define ERR_BAD_REQUEST		"bad_request"
#define ERR_NOT_SUPPORTED	"not_supported"
#define ERR_NOT_CONNECTED	"not_connected"	/* no session, or not yet */
#define ERR_NOT_FOUND		"not_found"	/* contact, room, nick */
#define ERR_CONFLICT		"conflict"	/* nick in use */
#define ERR_NOT_AUTHORIZED	"not_authorized"	/* password */
#define ERR_FORBIDDEN		"forbidden"	/* not enough rights */
#define ERR_BANNED		"banned"
#define ERR_MEMBERS_ONLY	"members_only"
#define ERR_FULL		"full"
#define ERR_NOT_ALLOWED		"not_allowed"
#define ERR_NOT_ACCEPTABLE	"not_acceptable"	/* bad nick, bad name */
#define ERR_TOO_LONG		"too_long"
#define ERR_RATE_LIMITED	"rate_limited"
#define ERR_NETWORK		"network"	/* the network's side failed */
#define ERR_TIMEOUT		"timeout"
#define ERR_UNCERTAIN		"uncertain"	/* nobody knows if it was done */
/* Made by the main process, never sent by a backend. */
#define ERR_LOST		"lost"		/* the backend died meanwhile */
#define ERR_UNSENT		"unsent"	/* it died before it could read
						 * any of this: send it again */
#define ERR_QUEUE_FULL		"queue_full"

/* Does it only mean that the backend has died?  Whoever has a session there
 * hears of that next. */
static inline bool
error_is_loss(const char *code)
{
	return strcmp(code, ERR_LOST) == 0 || strcmp(code, ERR_UNSENT) == 0;
}

#endif
