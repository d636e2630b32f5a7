/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the protocol's statuses stands for an XMPP presence? */
#include "backends/purple/presence.h"

#include <string.h>

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

static PurpleStatusType *
status_type(PurpleAccount *account, const char *show)
{
	PurpleStatusType *type;

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

void
presence_set(struct session *s, const char *show, const char *status)
{
	PurpleStatusType *type = status_type(s->account, show ? show :
	    "online");

	if (type == NULL)
		return;
	if (status != NULL &&
	    purple_status_type_get_attr(type, "message") != NULL)
		purple_account_set_status(s->account,
		    purple_status_type_get_id(type), TRUE, "message", status,
		    NULL);
	else
		purple_account_set_status(s->account,
		    purple_status_type_get_id(type), TRUE, NULL);
}

const struct module presence_module = { 0 };
