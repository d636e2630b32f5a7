/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/presence.h"

#include <stdio.h>
#include <string.h>

#include "backends/xmpp/avatar.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/contact.h"
#include "backends/xmpp/disco.h"

void
presence_send(struct session *s)
{
	xmpp_stanza_t *p = xmpp_presence_new(session_strophe(s));
	char priority[8];
	const char *show = s->show != NULL ? s->show : "online";

	if (s->status != NULL && *s->status != '\0')
		build_text(p, "status", s->status);
	/* Servers have no other way that most of them know.  Who is not there
	 * does not see anybody, either. */
	if (strcmp(show, "invisible") == 0) {
		xmpp_stanza_set_type(p, "unavailable");
		session_send(s, p, NULL);
		contacts_unseen(s);
		return;
	}
	if (strcmp(show, "online") != 0)
		build_text(p, "show", show);
	if (s->priority != 0) {
		snprintf(priority, sizeof(priority), "%d", s->priority);
		build_text(p, "priority", priority);
	}
	disco_caps(s, p);
	avatar_put(s, p);
	session_send(s, p, NULL);
}
