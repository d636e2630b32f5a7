/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/xmpp/presence.h"

#include <string.h>

#include "backends/xmpp/build.h"

void
presence_send(struct session *s)
{
	xmpp_stanza_t *p = xmpp_presence_new(session_strophe(s));
	const char *show = s->show != NULL ? s->show : "online";

	if (strcmp(show, "invisible") == 0)
		xmpp_stanza_set_type(p, "unavailable");
	else if (strcmp(show, "online") != 0)
		build_text(p, "show", show);
	if (s->status != NULL && *s->status != '\0')
		build_text(p, "status", s->status);
	session_send(s, p, NULL);
}
