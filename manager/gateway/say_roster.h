/* SPDX-License-Identifier: GPL-2.0-or-later */
/* say_roster.h - contacts as XMPP sees them: presence, roster items, offers. */
#ifndef MANAGER_GATEWAY_SAY_ROSTER_H
#define MANAGER_GATEWAY_SAY_ROSTER_H

#include "manager/gateway/contact_client.h"
#include "manager/xmpp/xml.h"

/* Presence of a contact as a whole, to a full or bare JID; and of one of its
 * clients. */
void	say_contact(const struct user *, const struct contact *,
	    const char *to);
void	say_client(const struct user *, const struct contact *,
	    const struct contact_client *, const char *to);
/* All that is there of it, as a whole and its clients. */
void	say_contact_all(const struct user *, const struct contact *,
	    const char *to);
/* That client is not there any more; status may be NULL. */
void	say_client_gone(const struct user *, const struct contact *,
	    const struct contact_client *, const char *status,
	    const char *to);
/* Nor is anything of it that was shown. */
void	say_contact_gone(const struct user *, const struct contact *,
	    const char *to);
/* The gateway itself is available, as the best of the user's clients is. */
void	say_gateway(const struct user *, const char *to);
/* <item/> of a roster query; subscription "both", "remove" ..., NULL: as the
 * network says. */
void	say_roster_item(struct xml *, const struct contact *,
	    const char *subscription);
/* Server mode: a roster push to one client. */
void	say_roster_push(const struct user *, const struct contact *,
	    const char *subscription, const char *to);
/* Neither sees the other any more; kept for a link that is down. */
void	say_unsubscribe(struct gateway *, const char *from, const char *to);
/* "May I see your presence?" with the contact's name (XEP-0172) and words. */
void	say_subscribe(const struct user *, const struct contact *,
	    const char *text);

#endif
