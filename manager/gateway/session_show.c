/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session as XMPP sees it: presence of the gateway and of the contacts. */
#include "manager/gateway/session_show.h"

#include "manager/gateway/contact.h"
#include "manager/gateway/keys.h"
#include "manager/gateway/say.h"
#include "manager/gateway/say_roster.h"
#include "manager/gateway/session.h"

void
session_show_online(struct user *user)
{
	struct client *client;

	user->shown = true;
	/* Only a presence to the bare JID has the user's server ask what events
	 * we want (XEP-0163 4.3.2). */
	if (keys_wanted(user->gw)) {
		say_gateway(user, user->jid);
	} else {
		TAILQ_FOREACH(client, &user->clients, entry)
			session_greet(user, client);
	}
	roster_session_up(user);
}

void
session_greet(struct user *user, const struct client *client)
{
	say_gateway(user, client->full);
}

void
session_show_offline(struct user *user, const char *text)
{
	user->shown = false;
	roster_client_down(user, NULL);
	session_show_trouble(user, text);
}

void
session_show_trouble(struct user *user, const char *text)
{
	struct client *client;

	TAILQ_FOREACH(client, &user->clients, entry)
		say_presence(user->gw, user->gw->config->jid, client->full,
		    "unavailable", SHOW_OFFLINE, text);
}
