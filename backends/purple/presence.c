/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the protocol's statuses stands for an XMPP presence? */
#include "backends/purple/presence.h"

#include <stdlib.h>
#include <string.h>

#include "util/macros.h"
#include "util/utf8.h"
#include "util/xalloc.h"

/* Bytes of a status text; networks have limits of their own. */
#define TEXT_MAX	1024

static const struct {
	const char		*show;
	PurpleStatusPrimitive	 likes[3];	/* the first that it knows */
} statuses[] = {
	{ "online",    { PURPLE_STATUS_AVAILABLE } },
	{ "chat",      { PURPLE_STATUS_AVAILABLE } },
	{ "away",      { PURPLE_STATUS_AWAY } },
	{ "xa",        { PURPLE_STATUS_EXTENDED_AWAY, PURPLE_STATUS_AWAY } },
	{ "dnd",       { PURPLE_STATUS_UNAVAILABLE, PURPLE_STATUS_AWAY } },
	{ "invisible", { PURPLE_STATUS_INVISIBLE, PURPLE_STATUS_AWAY } },
};

static const struct {
	const char	*protocol;
	size_t		 max;
} limits[] = {
	{ "prpl-gg", 255 },
	{ "prpl-eionrobb-discord", 128 },
};

static PurpleStatusType *
status_type(PurpleAccount *account, const char *show)
{
	PurpleStatusType *type;

	/* Being free to chat has no primitive, but a name that is common. */
	if (strcmp(show, "chat") == 0 && (type =
	    purple_account_get_status_type(account, "freeforchat")) != NULL)
		return type;
	for (size_t i = 0; i < LENGTH(statuses); i++) {
		if (strcmp(statuses[i].show, show) != 0)
			continue;
		for (size_t j = 0; j < LENGTH(statuses[i].likes) &&
		    statuses[i].likes[j] != PURPLE_STATUS_UNSET; j++) {
			type = purple_account_get_status_type_with_primitive(
			    account, statuses[i].likes[j]);
			if (type != NULL)
				return type;
		}
	}
	return purple_account_get_status_type_with_primitive(account,
	    PURPLE_STATUS_AVAILABLE);
}

/* Not longer than the network takes, and as HTML, which is what plug-ins take
 * it for. */
static char *
markup(PurpleAccount *account, const char *status)
{
	const char *protocol = purple_account_get_protocol_id(account);
	size_t n = strlen(status), max = TEXT_MAX;
	char *cut, *escaped;

	for (size_t i = 0; i < LENGTH(limits); i++) {
		if (strcmp(limits[i].protocol, protocol) == 0)
			max = limits[i].max;
	}
	cut = xstrndup(status, n > max ? utf8_cut(status, n, max) : n);
	escaped = g_markup_escape_text(cut, -1);
	free(cut);
	return escaped;
}

void
presence_set(struct session *s, const char *show, const char *status)
{
	PurpleStatusType *type = status_type(s->account, show ? show :
	    "online");
	char *text;

	if (type == NULL)
		return;
	if (status == NULL || *status == '\0' ||
	    purple_status_type_get_attr(type, "message") == NULL) {
		purple_account_set_status(s->account,
		    purple_status_type_get_id(type), TRUE, NULL);
		return;
	}
	text = markup(s->account, status);
	purple_account_set_status(s->account, purple_status_type_get_id(type),
	    TRUE, "message", text, NULL);
	g_free(text);
}

const struct module presence_module = { 0 };
